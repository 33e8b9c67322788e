// SPDX-License-Identifier: GPL-2.0
/// Pages in one piece (order > 0) are handed to what counts references, without __GFP_COMP.
///
/// Without it only the first page has a reference count that stands for memory in use: the others
/// have 0. Whoever takes a reference to one of these and drops it, frees it under the driver's
/// feet; whoever drops the last reference to the first, frees that one and leaks the others.
///
//# A page kept in a field is followed by the field's name within the file, so another structure's
//# field of that name misleads. A mask from the caller counts as one without __GFP_COMP if the
//# function is static and its file never names the flag. remap_pfn_range() takes no references and
//# is not looked for; pages separated by split_page() or from dma_alloc_*() need no flag.
///
// Confidence: Moderate
// Advice: add __GFP_COMP, or split_page() if each page is to be freed by itself.
// Needs: (alloc_pages(_node)?|get_free_pages|get_dma_pages) *\(
// URL: Documentation/audit.md#missing_comp
// Options: --no-includes --include-headers

virtual report
virtual org

@initialize:python@
@@
import os
import sys

# The rule's directory holds the module, too.
rule = next(each for each in open("/proc/self/cmdline").read().split("\0") if each.endswith(".cocci"))
sys.path.insert(0, os.path.dirname(os.path.abspath(rule)))
import orders

counted = {}	# (file, field): what counts references to the page in it
reported = set()

def plain(p, f, arguments):
    """Several pages, and certainly no compound page."""
    gfp, order, _ = orders.call(f, arguments)
    body = orders.function(p.file, p.line)
    if not orders.several(p.file, p.line, order) or "split_page" in body:
        return False
    masks = orders.masks(p.file, p.line, gfp)
    if masks is None:
        return "static" in body.partition("{")[0] and "__GFP_COMP" not in orders.text(p.file)
    return not any("__GFP_COMP" in each or each.islower() and "gfp" not in each for each in masks)

def say(kind, p, f, order, u):
    if (p.file, p.line) not in reported:
        reported.add((p.file, p.line))
        kind(p, f"pages of order {order} from {f}() go to {u}() without __GFP_COMP")

@ask@
identifier f = {alloc_pages, __get_free_pages, __get_dma_pages, alloc_pages_node, __alloc_pages_node};
expression list arguments;
position p;
@@

f@p(arguments)

@script:python several@
p << ask.p;
f << ask.f;
arguments << ask.arguments;
order;
@@
if plain(p[0], f, arguments):
    coccinelle.order = cocci.make_ident(orders.call(f, arguments)[1])
else:
    cocci.include_match(False)

@direct exists@
expression x, e;
type T;
identifier ask.f;
identifier u = {get_page, page_ref_inc, page_ref_add, skb_add_rx_frag, skb_fill_page_desc,
                skb_frag_fill_page_desc, __skb_frag_set_page, skb_frag_set_page, vm_insert_page,
                vmf_insert_page, vm_insert_pages, vm_map_pages, build_skb, napi_build_skb,
                __build_skb, tcp_sendpage, kernel_sendpage};
position ask.p;
@@

(
 x = f@p(...)
|
 x = (T)f@p(...)
)
 ... when any
     when != x = e
 u(..., <+... x ...+>, ...)

@uses depends on several@
expression E;
identifier fld;
identifier u = {get_page, page_ref_inc, page_ref_add, skb_add_rx_frag, skb_fill_page_desc,
                skb_frag_fill_page_desc, __skb_frag_set_page, skb_frag_set_page, vm_insert_page,
                vmf_insert_page, vm_insert_pages, vm_map_pages, build_skb, napi_build_skb,
                __build_skb, tcp_sendpage, kernel_sendpage};
position q;
@@

(
 u@q(..., \(E->fld\|E.fld\|E->fld[...]\|E.fld[...]\), ...)
|
 u@q(..., virt_to_page(<+... \(E->fld\|E.fld\|E->fld[...]\|E.fld[...]\) ...+>), ...)
|
 u@q(..., page_address(\(E->fld\|E.fld\|E->fld[...]\|E.fld[...]\)), ...)
)

@script:python@
q << uses.q;
fld << uses.fld;
u << uses.u;
@@
counted[q[0].file, fld] = u

@aliases depends on several exists@
expression E, e, y;
identifier fld;
identifier u = {get_page, page_ref_inc, page_ref_add, skb_add_rx_frag, skb_fill_page_desc,
                skb_frag_fill_page_desc, __skb_frag_set_page, skb_frag_set_page, vm_insert_page,
                vmf_insert_page, vm_insert_pages, vm_map_pages, build_skb, napi_build_skb,
                __build_skb, tcp_sendpage, kernel_sendpage};
position q;
@@

(
 y = \(E->fld\|E.fld\|E->fld[...]\|E.fld[...]\)
|
 y = virt_to_page(<+... \(E->fld\|E.fld\|E->fld[...]\|E.fld[...]\) ...+>)
)
 ... when any
     when != y = e
 u@q(..., y, ...)

@script:python@
q << aliases.q;
fld << aliases.fld;
u << aliases.u;
@@
counted[q[0].file, fld] = u

@kept@
expression E;
type T;
identifier ask.f, fld;
position ask.p;
@@

(
 \(E->fld\|E.fld\|E->fld[...]\|E.fld[...]\) = f@p(...)
|
 \(E->fld\|E.fld\|E->fld[...]\|E.fld[...]\) = (T)f@p(...)
)

@moved exists@
expression E, x, e;
type T;
identifier ask.f, fld;
position ask.p;
@@

 x = f@p(...)
 ... when any
     when != x = e
(
 \(E->fld\|E.fld\|E->fld[...]\|E.fld[...]\) = x
|
 \(E->fld\|E.fld\|E->fld[...]\|E.fld[...]\) = (T)x
)

@script:python depends on report@
p << ask.p;
f << ask.f;
order << several.order;
u << direct.u;
@@
say(coccilib.report.print_report, p[0], f, order, u)

@script:python depends on report@
p << ask.p;
f << ask.f;
order << several.order;
fld << kept.fld;
@@
if (p[0].file, fld) in counted:
    say(coccilib.report.print_report, p[0], f, order, counted[p[0].file, fld])

@script:python depends on report@
p << ask.p;
f << ask.f;
order << several.order;
fld << moved.fld;
@@
if (p[0].file, fld) in counted:
    say(coccilib.report.print_report, p[0], f, order, counted[p[0].file, fld])

@script:python depends on org@
p << ask.p;
f << ask.f;
order << several.order;
u << direct.u;
@@
say(coccilib.org.print_todo, p[0], f, order, u)

@script:python depends on org@
p << ask.p;
f << ask.f;
order << several.order;
fld << kept.fld;
@@
if (p[0].file, fld) in counted:
    say(coccilib.org.print_todo, p[0], f, order, counted[p[0].file, fld])

@script:python depends on org@
p << ask.p;
f << ask.f;
order << several.order;
fld << moved.fld;
@@
if (p[0].file, fld) in counted:
    say(coccilib.org.print_todo, p[0], f, order, counted[p[0].file, fld])
