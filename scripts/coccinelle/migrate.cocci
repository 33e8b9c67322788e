// SPDX-License-Identifier: GPL-2.0
/// Have the single pages that a driver takes by GFP_ATOMIC come from a Labyrinth zone.
///
//# -D zone=EXPR names the zone: an expression that means the same wherever it is put, a
//# variable at best.  What is handed to spatch in one go is taken for all of one
//# driver, with the "local.h" of it:
//#
//#	spatch -D patch -D zone=rx_zone --no-includes --sp-file migrate.cocci a.c b.c
//#
//# A page is followed by the variables and members that hold it, and by the static
//# functions that it is given to or returned by.  They are migrated together or not at
//# all: every page in them has to be the zone's, and every use of them one that is
//# understood.  Members count by their name, whatever the structure.  Where a page goes
//# into a fragment of an sk_buff it is detached from the zone first.  What is left
//# alone is said, and why.
//#
//# Not seen: a page that is found again by an address that only the device has had.
///
// Confidence: High
// URL: https://coccinelle.gitlabpages.inria.fr/website
// Comments: declarations, #include and the life of the zone are labyrinth-audit --migrate's
// Options: --no-includes

virtual patch
virtual report

@initialize:python@
@@
import os
import sys

# The rule's directory holds the module, too.
rule = next(each for each in open("/proc/self/cmdline").read().split(chr(0)) if each.endswith(".cocci"))
sys.path.insert(0, os.path.dirname(os.path.abspath(rule)))
import pages
import pages_code

reporting = False

def driver():
    return pages.driver(cocci.files())

// Of a file in which there is nothing to match, too.
@script:python depends on patch || report@
@@
driver()

@functions@
identifier f;
position p;
@@
f@p(...) { ... }

@script:python depends on patch || report@
f << functions.f;
p << functions.p;
@@
pages_code.add_function(driver(), f, p)

@parameters@
identifier f, x;
type T;
parameter list[n] before;
position p;
@@
f@p(before, T x, ...) { ... }

@script:python depends on patch || report@
f << parameters.f;
x << parameters.x;
n << parameters.n;
p << parameters.p;
@@
driver().parameters.setdefault((p[0].file, f), {})[int(n)] = (p[0].file, f, x, 0)

@arguments@
identifier f;
expression C;
expression list[n] before;
position p;
@@
f(before, C@p, ...)

@script:python depends on patch || report@
f << arguments.f;
C << arguments.C;
n << arguments.n;
p << arguments.p;
@@
d = driver()
d.arguments.setdefault(pages_code.end(p), []).append((f, int(n)))
d.calls.setdefault(f, []).append((int(n), C, p[0].current_element, pages_code.start(p), pages_code.end(p)))

@assignments@
expression C, E;
position p, q;
@@
C@p = E@q

@script:python depends on patch || report@
C << assignments.C;
E << assignments.E;
p << assignments.p;
q << assignments.q;
@@
d = driver()
key = d.key(C, p[0].file, p[0].current_element)
if key:
    d.assigned.append((key, E, pages_code.start(q), pages_code.end(q), pages_code.start(p), p[0].current_element))

@declarations@
identifier x;
type T;
expression E;
position p, q;
@@
T x@p = E@q;

@script:python depends on patch || report@
x << declarations.x;
E << declarations.E;
p << declarations.p;
q << declarations.q;
@@
d = driver()
d.assigned.append((d.key(x, p[0].file, p[0].current_element), E, pages_code.start(q), pages_code.end(q), pages_code.start(p), p[0].current_element))

@results@
expression E;
position p;
@@
return E@p;

@script:python depends on patch || report@
E << results.E;
p << results.p;
@@
driver().returned.append((p[0].file, p[0].current_element, E, pages_code.end(p), int(p[0].line)))

@left@
expression C, D;
position p;
@@
(
C@p == D
|
C@p != D
|
C@p && D
|
C@p || D
|
C@p ? ... : ...
)

@script:python depends on patch || report@
p << left.p;
@@
driver().fine.add(pages_code.end(p))

@right@
expression C, D;
position p;
@@
(
D == C@p
|
D != C@p
|
D && C@p
|
D || C@p
)

@script:python depends on patch || report@
p << right.p;
@@
driver().fine.add(pages_code.end(p))

@negated@
expression C;
position p;
@@
!C@p

@script:python depends on patch || report@
p << negated.p;
@@
driver().fine.add(pages_code.end(p))

@tested@
expression C;
statement S1, S2;
position p;
@@
(
if (C@p) S1 else S2
|
while (C@p) S1
)

@script:python depends on patch || report@
p << tested.p;
@@
driver().fine.add(pages_code.end(p))

@pointed disable ptr_to_array@
expression C, D;
position p;
@@
(
 *C@p
|
 *(C@p + D)
)

@script:python depends on patch || report@
p << pointed.p;
@@
driver().derefs.add(pages_code.end(p))

@alloc0@
identifier fn = {dev_alloc_page};
position p;
@@
fn@p()

@script:python depends on patch || report@
fn << alloc0.fn;
p << alloc0.p;
@@
pages_code.add_call(driver(), driver().allocs, fn, p, args=[])

@alloc1@
identifier fn = {alloc_page, __dev_alloc_page, __get_free_page, get_zeroed_page, dev_alloc_pages};
expression a;
position p;
@@
fn@p(a)

@script:python depends on patch || report@
fn << alloc1.fn;
p << alloc1.p;
a << alloc1.a;
@@
pages_code.add_call(driver(), driver().allocs, fn, p, args=[a])

@alloc2@
identifier fn = {alloc_pages, __dev_alloc_pages, __get_free_pages};
expression a, b;
position p;
@@
fn@p(a, b)

@script:python depends on patch || report@
fn << alloc2.fn;
p << alloc2.p;
a << alloc2.a;
b << alloc2.b;
@@
pages_code.add_call(driver(), driver().allocs, fn, p, args=[a, b])

@alloc3@
identifier fn = {alloc_pages_node};
expression a, b, c;
position p;
@@
fn@p(a, b, c)

@script:python depends on patch || report@
fn << alloc3.fn;
p << alloc3.p;
a << alloc3.a;
b << alloc3.b;
c << alloc3.c;
@@
pages_code.add_call(driver(), driver().allocs, fn, p, args=[a, b, c])

@free1@
identifier fn = {put_page, __free_page, free_page};
expression C;
position p;
@@
fn@p(C)

@script:python depends on patch || report@
fn << free1.fn;
C << free1.C;
p << free1.p;
@@
pages_code.add_call(driver(), driver().frees, fn, p, text=pages_code.CAST.sub("", C))

@free2@
identifier fn = {__free_pages, free_pages};
expression C, o;
position p;
@@
fn@p(C, o)

@script:python depends on patch || report@
fn << free2.fn;
C << free2.C;
o << free2.o;
p << free2.p;
@@
pages_code.add_call(driver(), driver().frees, fn, p, text=pages_code.CAST.sub("", C), order=o)

@leave1@
identifier fn = {__skb_frag_set_page, skb_frag_fill_page_desc};
expression a, C;
position p;
@@
fn@p(a, C, ...)

@script:python depends on patch || report@
fn << leave1.fn;
C << leave1.C;
p << leave1.p;
@@
pages_code.add_call(driver(), driver().leaves, fn, p, text=C)

@leave2@
identifier fn = {skb_fill_page_desc, skb_fill_page_desc_noacc, __skb_fill_page_desc, skb_add_rx_frag, skb_frag_set_page};
expression a, b, C;
position p;
@@
fn@p(a, b, C, ...)

@script:python depends on patch || report@
fn << leave2.fn;
C << leave2.C;
p << leave2.p;
@@
pages_code.add_call(driver(), driver().leaves, fn, p, text=C)

@alone@
identifier fn = {skb_fill_page_desc, skb_fill_page_desc_noacc, __skb_fill_page_desc, skb_add_rx_frag, skb_frag_set_page, __skb_frag_set_page, skb_frag_fill_page_desc};
position p;
@@
fn@p(...);

@script:python depends on patch || report@
p << alone.p;
@@
driver().leaves[pages_code.start(p)]["alone"] = True

// That is all there is to know.  What follows from it is done in stages, each of which
// finds its places again, since one that changes code leaves those of earlier rules behind.

@allocs@
identifier fn = {alloc_page, alloc_pages, __dev_alloc_page, __dev_alloc_pages, dev_alloc_page, dev_alloc_pages, __get_free_page, __get_free_pages, get_zeroed_page, alloc_pages_node};
position p;
@@
fn@p(...)

@script:python depends on patch@
p << allocs.p;
@@
pages.again(driver(), "allocs", p)

@script:python alloc depends on patch@
p << allocs.p;
zone << virtual.zone;
ours;
@@
call = pages.alloc_call(driver(), p, zone)
if call:
    coccinelle.ours = cocci.make_expr(call)
else:
    cocci.include_match(False)

@alloc_done depends on patch@
identifier allocs.fn;
expression alloc.ours;
position allocs.p;
@@
- fn@p(...)
+ ours

@uncast depends on patch@
type T;
expression list es;
@@
- (T *)(unsigned long)labyrinth_alloc_atomic(es)
+ labyrinth_alloc_atomic(es)

@frees depends on patch@
identifier fn = {put_page, __free_page, __free_pages, free_page, free_pages};
position p;
@@
fn@p(...)

@script:python depends on patch@
p << frees.p;
@@
pages.again(driver(), "frees", p)

@script:python free_of_page depends on patch@
p << frees.p;
fn << frees.fn;
ours;
@@
if fn not in pages.FREES_ADDRESS and pages.migrates(driver(), "frees", p):
    coccinelle.ours = cocci.make_ident("labyrinth_free_page")
else:
    cocci.include_match(False)

@free_of_page_done depends on patch@
identifier virtual.zone;
identifier frees.fn;
identifier free_of_page.ours;
position frees.p;
expression C;
@@
- fn@p(C, ...)
+ ours(zone, C)

@address_frees depends on patch@
identifier fn = {free_page, free_pages};
position p;
@@
fn@p(...)

@script:python depends on patch@
p << address_frees.p;
@@
pages.again(driver(), "address_frees", p)

@script:python free_of_address depends on patch@
p << address_frees.p;
ours;
@@
if pages.migrates(driver(), "address_frees", p):
    coccinelle.ours = cocci.make_ident("labyrinth_free")
else:
    cocci.include_match(False)

@free_of_address_done depends on patch@
identifier virtual.zone;
identifier address_frees.fn;
identifier free_of_address.ours;
position address_frees.p;
expression C;
@@
(
- fn@p((unsigned long)C, ...)
+ ours(zone, (void *)C)
|
- fn@p(C, ...)
+ ours(zone, (void *)C)
)

@leaves depends on patch@
identifier fn = {skb_fill_page_desc, skb_fill_page_desc_noacc, __skb_fill_page_desc, skb_add_rx_frag, skb_frag_set_page, __skb_frag_set_page, skb_frag_fill_page_desc};
position p;
@@
fn@p(...)

@script:python depends on patch@
p << leaves.p;
@@
pages.again(driver(), "leaves", p)

@script:python leave depends on patch@
p << leaves.p;
ours;
@@
if pages.migrates(driver(), "leaves", p):
    coccinelle.ours = cocci.make_ident("labyrinth_detach_page")
else:
    cocci.include_match(False)

@leave_done depends on patch@
identifier virtual.zone;
identifier fn1 = {__skb_frag_set_page, skb_frag_fill_page_desc};
identifier fn2 = {skb_fill_page_desc, skb_fill_page_desc_noacc, __skb_fill_page_desc, skb_add_rx_frag, skb_frag_set_page};
identifier leave.ours;
position leaves.p;
expression a, b, C;
@@
(
+ ours(zone, C);
  fn1@p(a, C, ...);
|
+ ours(zone, C);
  fn2@p(a, b, C, ...);
)

@script:python depends on report@
@@
reporting = True

@finalize:python@
@@
pages.say(reporting)
