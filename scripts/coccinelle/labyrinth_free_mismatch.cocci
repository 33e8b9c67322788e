// SPDX-License-Identifier: GPL-2.0
/// What a zone owns is freed by another function, or to another zone.
///
/// A page that goes back behind the zone's back stays live in its registry for ever, and
/// counts towards max_pages; one that is offered to another zone, or to the wrong one of
/// labyrinth_free_page(), labyrinth_free() and labyrinth_frag_free(), is refused as
/// misuse, and leaks.
///
//# A page that is passed to another function is not followed into it. In members of
//# structures, only those are compared that nothing else of the file fills. Of conditions
//# that keep an allocation and a free apart, only c and !c are known, each in an if of its own.
///
// Confidence: Moderate
// Advice: Free by the counterpart of the allocation, to the zone it came from; what is
//   passed on for good leaves the zone by labyrinth_detach_page() first.
// Needs: labyrinth_(alloc|frag_alloc|ticket_alloc|void_allocpage)
// URL: Documentation/audit.md#labyrinth_free_mismatch
// Options: --no-includes --include-headers

virtual report
virtual org

@initialize:python@
@@
import re

PAGE = {"labyrinth_alloc_page_atomic", "labyrinth_ticket_alloc"}
FRAGMENT = {"labyrinth_frag_alloc_atomic"}
places, same = {}, set()

def key(p):
    return (p.file, int(p.line), int(p.column))

def found(p, message):
    places.setdefault(key(p), (p, message))

def tidy(expression):
    for wide, narrow in ((" -> ", "->"), (" . ", "."), (" [ ", "["), (" ]", "]"), ("& ", "&")):
        expression = expression.replace(wide, narrow)
    return expression

def counterpart(f):
    if f in PAGE:
        return "labyrinth_free_page"
    return "labyrinth_frag_free" if f in FRAGMENT else "labyrinth_free"

def wrongly_freed(p, f, by, x):
    if by != counterpart(f):
        found(p, "%s comes from %s(), and is freed by %s() instead of %s()" %
              (tidy(x), f, by, counterpart(f)))

def comparable(zone, other):
    """Whether two names are of one kind, and so of two zones if they differ."""
    if re.fullmatch(r"\w+", zone):
        return bool(re.fullmatch(r"\w+", other))
    return zone.rpartition(" ")[0] == other.rpartition(" ")[0]

// One run of spatch reads many files.
@script:python@
@@
places.clear()
same.clear()

@allocated@
identifier f = {labyrinth_alloc_page_atomic,labyrinth_alloc_atomic,labyrinth_frag_alloc_atomic,labyrinth_ticket_alloc,labyrinth_void_allocpage_gfpatomic_extra_quality};
expression x;
type T, C;
identifier i;
statement S1, S2;
position p;
@@
(
x = (C)f@p(...);
|
if (<+... x = (C)f@p(...) ...+>) S1 else S2
|
T i = (C)f@p(...);
)

// A variable that is declared with its result, and any other target, are one below.
@script:python target@
assigned << allocated.x = "";
declared << allocated.i = "";
x;
@@
if not assigned and not declared:
    cocci.include_match(False)
else:
    coccinelle.x = cocci.make_expr(assigned or declared)

// A reference that was taken is dropped by put_page(); a page that was detached, or that
// labyrinth_recycle_page() has not taken, too.
@freed exists@
position allocated.p, q;
expression target.x;
expression e, e1, zone;
type C;
identifier f;
identifier by = {__free_page,__free_pages,put_page,free_page,free_pages,kfree,kvfree,kfree_sensitive,vfree,page_frag_free,skb_free_frag,mempool_free,folio_put,labyrinth_free_page,labyrinth_free,labyrinth_frag_free};
identifier takes = {get_page,page_ref_inc,page_ref_add,try_get_page,get_page_unless_zero,folio_get};
@@
f@p(...)
... when != x = e
    when != takes(x, ...)
    when != takes(virt_to_page(x), ...)
    when != takes(virt_to_head_page(x), ...)
    when != labyrinth_detach_page(e1, x)
    when != labyrinth_recycle_page(e1, x)
(
by@q((C)x, ...)
|
by@q(virt_to_page(x), ...)
|
by@q(virt_to_head_page(x), ...)
|
by@q(zone, x)
)

// The branches of one condition: with a zone and without.
@apart disable drop_else exists@
position allocated.p, freed.q;
expression c;
identifier f, by;
statement S1, S2;
@@
if (c) { <+... f@p(...) ...+> } else S1
...
(
if (c) S2 else { <+... by@q(...) ...+> }
|
if (!c) { <+... by@q(...) ...+> }
)

@script:python depends on !apart@
x << target.x;
f << freed.f;
by << freed.by;
q << freed.q;
@@
wrongly_freed(q[0], f, by, x)

// From one zone to another. That the two are one is said by an assignment.
@zones exists@
position allocated.p, q;
expression target.x;
expression zone, other, e;
identifier f = {labyrinth_alloc_page_atomic,labyrinth_alloc_atomic,labyrinth_frag_alloc_atomic,labyrinth_void_allocpage_gfpatomic_extra_quality};
identifier by = {labyrinth_free_page,labyrinth_free,labyrinth_frag_free,labyrinth_detach_page,labyrinth_page_dma_addr,labyrinth_dma_sync_for_device,labyrinth_dma_sync_for_cpu,labyrinth_handoff_page};
@@
f@p(zone, ...)
... when != x = e
by@q(other, x, ...)

@script:python@
zone << zones.zone;
other << zones.other;
@@
if zone == other:
    cocci.include_match(False)

@equal@
expression zones.zone, zones.other;
position at;
@@
(
zone@at = other
|
other@at = zone
|
zone@at == other
|
zone@at != other
)

@script:python@
at << equal.at;
zone << zones.zone;
other << zones.other;
@@
same.add(frozenset((zone, other)))

@declared_equal@
type T;
identifier i;
expression e;
@@
T i = e;

@script:python@
i << declared_equal.i;
e << declared_equal.e;
@@
same.add(frozenset((i, e)))

@script:python@
zone << zones.zone;
other << zones.other;
x << target.x;
by << zones.by;
q << zones.q;
@@
if comparable(zone, other) and frozenset((zone, other)) not in same:
    found(q[0], "%s comes from %s, and is given to %s() for %s" %
          (tidy(x), tidy(zone), by, tidy(other)))

// In a member, across functions.
@kept@
identifier f = {labyrinth_alloc_page_atomic,labyrinth_alloc_atomic,labyrinth_frag_alloc_atomic,labyrinth_ticket_alloc,labyrinth_void_allocpage_gfpatomic_extra_quality};
expression base;
identifier m;
@@
base->m = f(...)

@refilled@
identifier kept.m;
expression base, e;
identifier f != {labyrinth_alloc_page_atomic,labyrinth_alloc_atomic,labyrinth_frag_alloc_atomic,labyrinth_ticket_alloc,labyrinth_void_allocpage_gfpatomic_extra_quality};
@@
(
base->m = f(...)
|
labyrinth_detach_page(e, base->m)
|
labyrinth_recycle_page(e, base->m)
|
get_page(base->m)
)

@released depends on !refilled@
identifier kept.m;
identifier by = {__free_page,__free_pages,put_page,free_page,free_pages,kfree,kvfree,vfree,page_frag_free,skb_free_frag};
expression base;
type C;
position q;
@@
(
by@q((C)base->m, ...)
|
by@q(virt_to_page(base->m), ...)
)

@script:python@
m << kept.m;
f << kept.f;
by << released.by;
q << released.q;
base << released.base;
@@
wrongly_freed(q[0], f, by, "%s->%s" % (base, m))

@script:python depends on report@
@@
for place in sorted(places):
    coccilib.report.print_report(*places[place])

@script:python depends on org@
@@
for place in sorted(places):
    coccilib.org.print_todo(*places[place])
