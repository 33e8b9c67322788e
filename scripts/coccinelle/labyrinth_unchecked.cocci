// SPDX-License-Identifier: GPL-2.0
/// A result of Labyrinth is used without a look at it.
///
/// A zone's reserve is finite: request N+1 gets NULL, and a bulk request that cannot be
/// met leaves nothing in its array. labyrinth_zone_create() never returns NULL, but an
/// error pointer. Each compiles without the test, and works until the day it matters.
///
//# Only the first use in the same function is looked at. A zone that is kept in a
//# structure and used by others is not followed.
///
// Confidence: Moderate
// Advice: Test pages and addresses for NULL, zones with IS_ERR(), and what returns an
//   error or a bool for that.
// Needs: labyrinth_(alloc|frag_alloc|ticket|zone_create|recycle|handoff|void_allocpage)
// URL: Documentation/audit.md#labyrinth_unchecked
// Options: --no-includes --include-headers

virtual report
virtual org

@initialize:python@
@@
places = {}

def key(p):
    return (p.file, int(p.line), int(p.column))

def found(p, message):
    places.setdefault(key(p), (p, message))

def tidy(expression):
    return expression.replace(" -> ", "->").replace(" . ", ".").replace(" [ ", "[").replace(" ]", "]")

// One run of spatch reads many files.
@script:python@
@@
places.clear()

@allocated@
identifier f = {labyrinth_alloc_page_atomic,labyrinth_alloc_atomic,labyrinth_frag_alloc_atomic,labyrinth_ticket_alloc,labyrinth_void_allocpage_gfpatomic_extra_quality};
expression x;
type T, C;
identifier i;
position p;
@@
(
x = (C)f@p(...);
|
T i = (C)f@p(...);
)

// A variable that is declared with its result, and any other target, are one below.
@script:python target@
assigned << allocated.x = "";
declared << allocated.i = "";
x;
@@
if assigned or declared:
    coccinelle.x = cocci.make_expr(assigned or declared)
else:
    cocci.include_match(False)

@used exists@
position allocated.p, q;
expression target.x;
identifier f, member;
identifier user = {memcpy,memset,memmove,memcpy_fromio,memset_io,strcpy,strscpy,sprintf,snprintf,copy_from_user,copy_to_user,get_page,put_page,page_address,page_to_pfn,page_to_phys,page_ref_count,kmap_local_page,clear_page,clear_highpage,copy_page,lock_page,set_page_private,skb_add_rx_frag,skb_fill_page_desc,skb_frag_set_page,sg_set_page,sg_init_one,virt_to_page,virt_to_head_page,virt_to_phys,dma_map_page,dma_map_single,build_skb,napi_build_skb};
identifier second = {labyrinth_page_dma_addr,labyrinth_dma_sync_for_device,labyrinth_dma_sync_for_cpu,labyrinth_page_info,labyrinth_buffer_pages,labyrinth_handoff_page,sg_set_page,sg_init_one,dma_map_page,dma_map_single,memcpy,skb_add_rx_frag};
expression e;
@@
f@p(...)
... when != x
(
x@q->member
|
 *x@q
|
x@q[e]
|
user(x@q, ...)
|
second(e, x@q, ...)
)

@script:python@
x << target.x;
f << used.f;
q << used.q;
@@
found(q[0], "%s is used though %s() may have returned NULL" % (tidy(x), f))

@failing exists@
position allocated.p, q;
expression target.x;
identifier f, member;
identifier user = {memcpy,memset,memmove,get_page,put_page,page_address,page_to_pfn,skb_add_rx_frag,virt_to_page};
expression e;
@@
f@p(...)
... when != x
if (\(!x\|x == NULL\|unlikely(!x)\|unlikely(x == NULL)\)) {
	... when != x
(
	x@q->member
|
	 *x@q
|
	x@q[e]
|
	user(x@q, ...)
)
	... when any
}

@script:python@
x << target.x;
f << failing.f;
q << failing.q;
@@
found(q[0], "%s is used where %s() has returned NULL" % (tidy(x), f))

// sizeof() does not look; and what stands right of a test of the pointer is tested.
@looked depends on used || failing@
expression x, e;
position q : script:python() { key(q[0]) in places };
@@
(
sizeof(<+... x@q ...+>)
|
 (<+... x ...+>) && <+... x@q ...+>
|
 (<+... x ...+>) || <+... x@q ...+>
|
 (<+... x ...+>) ? <+... x@q ...+> : e
|
 (<+... x ...+>) ? e : <+... x@q ...+>
)

@script:python@
q << looked.q;
@@
places.pop(key(q[0]), None)

@ignored@
identifier f = {labyrinth_alloc_page_atomic,labyrinth_alloc_atomic,labyrinth_frag_alloc_atomic,labyrinth_ticket_alloc,labyrinth_alloc_bulk_atomic,labyrinth_ticket_reserve,labyrinth_zone_create,devm_labyrinth_zone_create,labyrinth_recycle_page,labyrinth_handoff_page,labyrinth_void_allocpage_gfpatomic_extra_quality};
type C;
position p;
@@
 (C)f@p(...);

@script:python@
f << ignored.f;
p << ignored.p;
@@
found(p[0], "the result of %s() is ignored" % f)

// The status of a bulk request or a ticket; the array or the ticket is used before it.
@status exists@
identifier f = {labyrinth_alloc_bulk_atomic};
expression ret, zone, quality, nr, pages, i;
position q;
@@
ret = f(zone, quality, nr, pages);
... when != ret
    when != pages
pages@q[i]

@script:python@
pages << status.pages;
q << status.q;
@@
found(q[0], "%s is used though labyrinth_alloc_bulk_atomic() may have failed" % tidy(pages))

@ticket exists@
expression ret, ticket;
position q;
@@
ret = labyrinth_ticket_reserve(..., ticket);
... when != ret
    when != ticket
labyrinth_ticket_alloc@q(ticket, ...)

@script:python@
q << ticket.q;
@@
found(q[0], "the ticket is used though labyrinth_ticket_reserve() may have failed")

@zone@
identifier f = {labyrinth_zone_create,devm_labyrinth_zone_create};
expression x;
type T, C;
identifier i;
position p;
@@
(
x = (C)f@p(...);
|
T i = (C)f@p(...);
)

@script:python created@
assigned << zone.x = "";
declared << zone.i = "";
x;
@@
if assigned or declared:
    coccinelle.x = cocci.make_expr(assigned or declared)
else:
    cocci.include_match(False)

// IS_ERR(), PTR_ERR_OR_ZERO() and whatever else gets the zone may be the test.
@unchecked_zone exists@
position zone.p, q;
expression created.x;
identifier f;
identifier user = {labyrinth_alloc_page_atomic,labyrinth_alloc_atomic,labyrinth_alloc_bulk_atomic,labyrinth_frag_alloc_atomic,labyrinth_zone_resize,labyrinth_zone_destroy,labyrinth_zone_get_stats,labyrinth_zone_inject,labyrinth_ticket_reserve,labyrinth_recycle_page,labyrinth_free_page,labyrinth_free,labyrinth_void_allocpage_gfpatomic_extra_quality};
@@
f@p(...)
... when != x
user(x@q, ...)

@script:python@
x << created.x;
f << unchecked_zone.f;
q << unchecked_zone.q;
@@
found(q[0], "%s is used though %s() may have returned an error pointer" % (tidy(x), f))

// NULL it never is.
@null_zone exists@
position zone.p, q;
expression created.x;
identifier f;
statement S1, S2;
@@
f@p(...)
... when != x
if (\(!x@q\|x@q == NULL\|unlikely(!x@q)\|unlikely(x@q == NULL)\)) S1 else S2

@script:python@
x << created.x;
f << null_zone.f;
q << null_zone.q;
@@
found(q[0], "%s is compared with NULL, but %s() returns an error pointer" % (tidy(x), f))

@script:python depends on report@
@@
for place in sorted(places):
    coccilib.report.print_report(*places[place])

@script:python depends on org@
@@
for place in sorted(places):
    coccilib.org.print_todo(*places[place])
