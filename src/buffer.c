// SPDX-License-Identifier: GPL-2.0
/*
 * Buffers: several pages, each from anywhere, at one address.
 *
 * In a zone of buffers what is reserved, cached, handed out and freed is a number of
 * single pages that have been mapped side by side. Contiguous memory is not needed for
 * that, but mapping may sleep: so the system is asked in process context only, by
 * the worker, by creating and growing, and by tickets; a request finds a buffer in
 * the caches or the reserve, or none.
 *
 * A buffer is known by its first page, which stands for it in the registry and on
 * every stack. Its record, with address and pages, hangs in an array beside the
 * descriptors, by slot; outside of the registry it is in that page's ->private. The
 * fast paths know nothing of buffers: a mark that they heed anyway keeps requests
 * and frees of such a zone off them.
 *
 * From an address to its first page the kernel's page tables lead, without a lock; the
 * record confirms it. A record may be looked at by who has no business to, having
 * freed its buffer before: its memory goes after an RCU grace period.
 *
 * A buffer that leaves does so by a lock-free list, whatever the context, until cleanup
 * unmaps it in process context and drops a reference of each of its pages, save for
 * those that were given away behind the zone's back. It is not owned any more from
 * the moment it is in the list, so that memory comes back a little later than the books say.
 *
 * vmap() takes no gfp mask: its page tables are asked for with GFP_KERNEL, and may have
 * the OOM killer do its work where the pages themselves would not.
 */
#define pr_fmt(fmt) "labyrinth: " fmt

#include <linux/err.h>
#include <linux/instruction_pointer.h>
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "page.h"

#define LABYRINTH_BUFFER_MIN	2U
#define LABYRINTH_BUFFER_MAX	256U

/**
 * struct labyrinth_buffer - pages mapped side by side
 * @leaving: place in the list of those that leave
 * @rcu: for the record, after that
 * @address: where they are mapped
 * @page: as many as the zone's buffers have; NULL: another's by now
 */
struct labyrinth_buffer {
	union {
		struct llist_node	leaving;
		struct rcu_head		rcu;
	};
	void		*address;
	struct page	*page[];
};

/* --- parameters --- */

int labyrinth_buffer_check(const struct labyrinth_zone_params *params)
{
	if (!params->buffer_pages)
		return 0;
	if (params->buffer_pages < LABYRINTH_BUFFER_MIN ||
	    params->buffer_pages > LABYRINTH_BUFFER_MAX) {
		pr_err("zone %s: buffer_pages is %u; allowed are %u to %u, and 0 for single pages\n",
		       params->name, params->buffer_pages, LABYRINTH_BUFFER_MIN,
		       LABYRINTH_BUFFER_MAX);
		return -EINVAL;
	}
	if (params->order) {
		pr_err("zone %s: buffer_pages is %u and order %u; buffers are made of pages of order 0\n",
		       params->name, params->buffer_pages, params->order);
		return -EINVAL;
	}
	if (params->dma_dev) {
		pr_err("zone %s: buffer_pages is %u and dma_dev given; pages of buffers are not mapped for a device, dma_map_sgtable() maps what labyrinth_buffer_pages() returns\n",
		       params->name, params->buffer_pages);
		return -EINVAL;
	}
	if (params->quality & LABYRINTH_QUALITY_ACCOUNT) {
		pr_err("zone %s: buffer_pages is %u and quality ACCOUNT; buffers are made in advance, when nobody is there to be charged\n",
		       params->name, params->buffer_pages);
		return -EINVAL;
	}
	return 0;
}

/* The administrator's word included: only what lies ready can be handed out. */
int labyrinth_buffer_policy(struct labyrinth_zone_params *params)
{
	if (!params->buffer_pages)
		return 0;
	if (params->policy && params->policy != LABYRINTH_RESERVE_ONLY) {
		pr_err("zone %s: policy is %s; buffers are mapped in advance, allowed is %s\n",
		       params->name, labyrinth_policy_name(params->policy),
		       labyrinth_policy_name(LABYRINTH_RESERVE_ONLY));
		return -EINVAL;
	}
	params->policy = LABYRINTH_RESERVE_ONLY;
	return 0;
}

unsigned long labyrinth_buffer_table_pages(const struct labyrinth_zone_params *params)
{
	unsigned long slots = labyrinth_registry_slots_for(params->max_pages);

	return params->buffer_pages ? PFN_UP(slots * sizeof(struct labyrinth_buffer *)) : 0;
}

/* The registry is there, and empty. */
int labyrinth_buffer_init(struct labyrinth_zone *zone)
{
	if (!zone->buffer_pages)
		return 0;
	zone->buffer = kvcalloc(labyrinth_registry_slots(zone), sizeof(*zone->buffer),
				GFP_KERNEL);
	return zone->buffer ? 0 : -ENOMEM;
}

void labyrinth_buffer_free(struct labyrinth_zone *zone)
{
	kvfree(zone->buffer);
}

/* --- made and unmade --- */

static void labyrinth_buffer_unmake(struct labyrinth_buffer *buffer, unsigned int nr)
{
	unsigned int i;

	if (buffer->address)
		vunmap(buffer->address);
	for (i = 0; i < nr; i++)
		if (buffer->page[i])
			put_page(buffer->page[i]);
	kfree_rcu(buffer, rcu);
}

/* The pages of one, or as many as there are: the bulk allocator may give fewer. */
static unsigned int labyrinth_buffer_fetch(struct labyrinth_zone *zone, gfp_t gfp,
					   struct page **page)
{
	unsigned int got, want = zone->buffer_pages;

	got = labyrinth_alloc_pages_bulk(gfp, zone->node, want, page);
	for (; got < want; got++) {
		page[got] = alloc_pages_node(zone->node, gfp, 0);
		if (!page[got])
			break;
	}
	return got;
}

/* Outside of the registry it is known by its first page. */
void labyrinth_buffer_pack(struct page *page, struct labyrinth_buffer *buffer)
{
	set_page_private(page, (unsigned long)buffer);
}

/* A new buffer, by its first page, which nobody knows yet. Process context. */
struct page *labyrinth_buffer_make(struct labyrinth_zone *zone, gfp_t gfp)
{
	unsigned int nr = zone->buffer_pages, got, i;
	struct labyrinth_buffer *buffer;

	buffer = kzalloc(struct_size(buffer, page, nr), gfp);
	if (!buffer)
		return NULL;
	got = labyrinth_buffer_fetch(zone, gfp | zone->gfp, buffer->page);
	if (got == nr)
		buffer->address = vmap(buffer->page, nr, VM_MAP, PAGE_KERNEL);
	if (!buffer->address) {
		labyrinth_buffer_unmake(buffer, got);
		return NULL;
	}
	/* Even if the filler was allowed pages of the kernel's last reserves. */
	for (i = 0; i < nr; i++)
		clear_page_pfmemalloc(buffer->page[i]);
	labyrinth_buffer_pack(buffer->page[0], buffer);
	return buffer->page[0];
}

/* Let one go that no descriptor refers to. Any context. */
static void labyrinth_buffer_drop(struct labyrinth_zone *zone,
				  struct labyrinth_buffer *buffer)
{
	llist_add(&buffer->leaving, &zone->buffers);
	labyrinth_kick(zone, LABYRINTH_KICK_CLEANUP);
}

/* Process context. */
void labyrinth_buffer_drain(struct labyrinth_zone *zone)
{
	struct labyrinth_buffer *buffer, *next;

	llist_for_each_entry_safe(buffer, next, llist_del_all(&zone->buffers), leaving)
		labyrinth_buffer_unmake(buffer, zone->buffer_pages);
}

/* --- in the registry and out of it --- */

static struct labyrinth_buffer **labyrinth_buffer_slot(struct labyrinth_zone *zone,
						       const struct labyrinth_desc *desc)
{
	return &zone->buffer[desc - zone->table];
}

/* Its first page was given away, or is the zone's in another record: the rest goes. */
void labyrinth_buffer_bereave(struct labyrinth_zone *zone,
			      struct labyrinth_buffer *buffer)
{
	/* Pairs with the READ_ONCE() of who looks without owning it. */
	WRITE_ONCE(buffer->page[0], NULL);
	labyrinth_buffer_drop(zone, buffer);
}

/* Before its first page joins: from then on that may be somebody's. */
struct labyrinth_buffer *labyrinth_buffer_unpack(struct page *page)
{
	struct labyrinth_buffer *buffer = (void *)page_private(page);

	set_page_private(page, 0);
	return buffer;
}

/* The first page of a buffer has joined. */
void labyrinth_buffer_join(struct labyrinth_zone *zone, struct labyrinth_desc *desc,
			   struct labyrinth_buffer *buffer)
{
	struct labyrinth_buffer *old;

	/* Pairs with the READ_ONCE() of find: the record is complete. */
	old = xchg(labyrinth_buffer_slot(zone, desc), buffer);
	/* Freed behind the zone's back, the page is here again, as another's first. */
	if (unlikely(old))
		labyrinth_buffer_bereave(zone, old);
}

/* It has no slot, and is nobody's: it leaves with the page that it is known by. */
void labyrinth_buffer_reject(struct labyrinth_zone *zone, struct page *page)
{
	labyrinth_buffer_drop(zone, labyrinth_buffer_unpack(page));
}

/* Pages of a buffer that somebody has given away are not given away again. */
static void labyrinth_buffer_lose_stolen(struct labyrinth_zone *zone,
					 const struct labyrinth_desc *desc,
					 struct labyrinth_buffer *buffer)
{
	unsigned int i;

	for (i = 1; i < zone->buffer_pages; i++) {
		struct page *page = buffer->page[i];

		if (likely(page_ref_count(page)))
			continue;
		buffer->page[i] = NULL;
		labyrinth_count(zone, LABYRINTH_MISUSE);
		labyrinth_record(zone, LABYRINTH_EVENT_STALE_LIVE, page, 0, 0,
				 labyrinth_desc_caller(desc), 0);
	}
}

/* The buffer of a claimed descriptor leaves. Any context. */
void labyrinth_buffer_leave(struct labyrinth_zone *zone, struct labyrinth_desc *desc)
{
	struct labyrinth_buffer *buffer = xchg(labyrinth_buffer_slot(zone, desc), NULL);

	labyrinth_buffer_lose_stolen(zone, desc, buffer);
	labyrinth_registry_leave(zone, desc);
	labyrinth_buffer_drop(zone, buffer);
}

/* Its first page is lost; the others are not. Any context. */
void labyrinth_buffer_lose(struct labyrinth_zone *zone, struct labyrinth_desc *desc)
{
	labyrinth_buffer_bereave(zone, xchg(labyrinth_buffer_slot(zone, desc), NULL));
}

/* --- of a buffer that is the caller's --- */

/* Are the pages after the first one as they are to be for a buffer that is recycled? */
bool labyrinth_buffer_sound(struct labyrinth_zone *zone, const struct labyrinth_desc *desc)
{
	struct labyrinth_buffer *buffer = READ_ONCE(*labyrinth_buffer_slot(zone, desc));
	unsigned int i;

	for (i = 1; i < zone->buffer_pages; i++)
		if (!labyrinth_recyclable(zone, buffer->page[i]))
			return false;
	return true;
}

/* For who may not own it; NULL: it has left meanwhile. Under rcu_read_lock(). */
void *labyrinth_buffer_known(struct labyrinth_zone *zone, const struct labyrinth_desc *desc)
{
	const struct labyrinth_buffer *buffer = READ_ONCE(*labyrinth_buffer_slot(zone, desc));

	return buffer ? buffer->address : NULL;
}

/* For who does. */
void *labyrinth_buffer_address(struct labyrinth_zone *zone, const struct page *page)
{
	return labyrinth_buffer_known(zone, labyrinth_registry_find(zone, page));
}

/* The buffer at just this address, whatever that is. Under rcu_read_lock(). */
static struct labyrinth_buffer *labyrinth_buffer_at(struct labyrinth_zone *zone,
						    const void *address)
{
	const struct labyrinth_desc *desc;
	struct labyrinth_buffer *buffer;
	struct page *page;

	if (!PAGE_ALIGNED(address) || !is_vmalloc_addr(address))
		return NULL;
	page = vmalloc_to_page(address);
	desc = page ? labyrinth_registry_find(zone, page) : NULL;
	buffer = desc ? READ_ONCE(*labyrinth_buffer_slot(zone, desc)) : NULL;
	return buffer && buffer->address == address ? buffer : NULL;
}

/* Its first page, or NULL. Any context. */
struct page *labyrinth_buffer_find(struct labyrinth_zone *zone, const void *address)
{
	struct labyrinth_buffer *buffer;
	struct page *page;

	rcu_read_lock();
	buffer = labyrinth_buffer_at(zone, address);
	page = buffer ? READ_ONCE(buffer->page[0]) : NULL;
	rcu_read_unlock();
	return page;
}

/* Is that one live? Of any other the record may be gone at any time. */
static bool labyrinth_buffer_live(struct labyrinth_zone *zone,
				  const struct labyrinth_buffer *buffer)
{
	const struct labyrinth_desc *desc;

	desc = labyrinth_registry_find(zone, READ_ONCE(buffer->page[0]));
	return desc && (READ_ONCE(desc->state) & LABYRINTH_DESC_LIVE);
}

struct page **labyrinth_buffer_pages(struct labyrinth_zone *zone, const void *address)
{
	struct labyrinth_buffer *buffer = NULL;

	rcu_read_lock();
	if (zone->buffer_pages)
		buffer = labyrinth_buffer_at(zone, address);
	if (unlikely(!buffer || !labyrinth_buffer_live(zone, buffer))) {
		labyrinth_count(zone, LABYRINTH_MISUSE);
		labyrinth_record(zone, LABYRINTH_EVENT_BUFFER_PAGES, address, 0, _RET_IP_, 0, 0);
		buffer = NULL;
	}
	rcu_read_unlock();
	return buffer ? buffer->page : NULL;
}
EXPORT_SYMBOL_LABYRINTH(labyrinth_buffer_pages);
