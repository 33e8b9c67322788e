// SPDX-License-Identifier: GPL-2.0
/*
 * Pages from alloc_pages(), and back.
 *
 * Where the system may be entered depends on the context of the caller, and is
 * asked before anything here disables preemption. Not in NMI: the allocator's
 * locks may be held by what was interrupted. On PREEMPT_RT those are sleeping
 * locks, so not in any atomic section either. A page that has to leave from
 * there waits on the exit stack until cleanup runs in process context; dropping
 * the last reference is a free like any other. Kernels that have
 * alloc_pages_nolock() offer that as a source there, on best effort: it tries the
 * locks, and knows neither memory zones nor a binding to a node. A page from it
 * that does not join the registry has no descriptor to leave by; it waits as a
 * stray.
 *
 * A page of a zone with a device is mapped when it has joined and unmapped before it
 * leaves, which is legal where the system may be entered, and nowhere else. So what
 * cannot leave where it is freed, or found to be lost, waits for that as well; and
 * alloc_pages_nolock() is no source for such a zone.
 *
 * Every page that the zone owns is counted in ->owned before it is asked for,
 * so that max_pages holds at every moment. What the reserve still lacks is
 * not a request's to take: it could otherwise keep the worker from restoring
 * the floor for as long as nothing is freed.
 */
#include <linux/err.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/preempt.h>

#include "internal.h"
#include <trace/events/labyrinth.h>

/*
 * Lockdep, which checks on all kernels what PREEMPT_RT would mind, need not mind
 * the allocator's locks below a raw spinlock or in a hard interrupt: where they
 * sleep, the system is not entered there.
 */
static DEFINE_WAIT_OVERRIDE_MAP(labyrinth_system_map, LD_WAIT_CONFIG);

static void labyrinth_put_page(struct page *page)
{
	labyrinth_wait_override(&labyrinth_system_map);
	put_page(page);
	labyrinth_wait_restore(&labyrinth_system_map);
}

bool labyrinth_system_usable(void)
{
	if (in_nmi())
		return false;
	return !IS_ENABLED(CONFIG_PREEMPT_RT) || preemptible();
}

/* Count a page as the zone's if that leaves @spare more to be owned. */
bool labyrinth_own(struct labyrinth_zone *zone, u32 spare)
{
	int owned = atomic_read(&zone->owned);

	while ((u32)owned + 1 + spare <= zone->max_pages)
		if (atomic_try_cmpxchg(&zone->owned, &owned, owned + 1))
			return true;
	labyrinth_count(zone, LABYRINTH_CAPPED);
	return false;
}

/* A page less is owned: the worker may have been waiting for that. */
void labyrinth_room(struct labyrinth_zone *zone)
{
	if (test_bit(LABYRINTH_FREE_SHORT, &zone->free_attention))
		labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
}

/* A page that is nobody's else: its place in lists is free. */
static struct llist_node *labyrinth_stray(struct page *page)
{
	BUILD_BUG_ON(sizeof(struct llist_node) > sizeof(page->lru));
	return (struct llist_node *)&page->lru;
}

/*
 * Give back a page that did not join, and is not counted as owned any more: while it
 * is kept back, another one may join in its place. Any context.
 */
static void labyrinth_disown(struct labyrinth_zone *zone, struct page *page)
{
	labyrinth_count(zone, LABYRINTH_RETURNED);
	if (zone->buffer_pages) {
		labyrinth_buffer_reject(zone, page);
	} else if (labyrinth_system_usable()) {
		labyrinth_put_page(page);
	} else {
		llist_add(labyrinth_stray(page), &zone->strays);
		labyrinth_kick(zone, LABYRINTH_KICK_CLEANUP);
	}
}

static gfp_t labyrinth_gfp(struct labyrinth_zone *zone,
			   labyrinth_quality_t quality)
{
	gfp_t gfp = zone->gfp | __GFP_NOWARN;

	gfp |= quality & LABYRINTH_QUALITY_NOWAIT ? GFP_NOWAIT : GFP_ATOMIC;
	if (quality & LABYRINTH_QUALITY_ZERO)
		gfp |= __GFP_ZERO;
	if (quality & LABYRINTH_QUALITY_ACCOUNT)
		gfp |= __GFP_ACCOUNT;
	return gfp;
}

/* @full: as hard as an atomic request may try; else only by trying locks. */
static struct page *labyrinth_system_attempt(struct labyrinth_zone *zone,
					     labyrinth_quality_t quality, bool full)
{
	struct page *page;

	if (labyrinth_inject_request(zone, full))
		return NULL;
	if (!full)
		return labyrinth_alloc_page_nolock();
	labyrinth_wait_override(&labyrinth_system_map);
	page = alloc_pages_node(zone->node, labyrinth_gfp(zone, quality), zone->order);
	labyrinth_wait_restore(&labyrinth_system_map);
	return page;
}

/* Nothing is asked of a page but that there be one? */
static bool labyrinth_nolock_suits(const struct labyrinth_zone *zone,
				   labyrinth_quality_t quality)
{
	return LABYRINTH_HAS_NOLOCK && !zone->order && !zone->gfp && !zone->dma &&
	       !(quality & LABYRINTH_QUALITY_ACCOUNT);
}

/* Are its pages nothing but pages? */
static bool labyrinth_plain(const struct labyrinth_zone *zone)
{
	return likely(!zone->dma && !zone->buffer_pages);
}

/* What has joined, if it has, is mapped. */
static struct labyrinth_desc *labyrinth_system_mapped(struct labyrinth_zone *zone,
						      struct labyrinth_desc *desc)
{
	if (IS_ERR_OR_NULL(desc) || likely(labyrinth_dma_map(zone, desc)))
		return desc;
	labyrinth_registry_leave(zone, desc);
	return ERR_PTR(-EIO);
}

/* A page with something else that belongs to it. */
static noinline struct labyrinth_desc *
labyrinth_system_join_special(struct labyrinth_zone *zone, struct page *page)
{
	struct labyrinth_buffer *buffer = NULL;
	struct labyrinth_desc *desc;

	if (zone->buffer_pages)
		buffer = labyrinth_buffer_unpack(page);
	desc = labyrinth_registry_join(zone, page);
	if (!buffer)
		return labyrinth_system_mapped(zone, desc);
	if (!desc)
		labyrinth_buffer_pack(page, buffer);
	else if (IS_ERR(desc))
		labyrinth_buffer_bereave(zone, buffer);
	else
		labyrinth_buffer_join(zone, desc, buffer);
	return desc;
}

/*
 * As labyrinth_registry_join(), and mapped; -EIO: it could not be, and is the caller's
 * again, owned no longer. Where the system may be entered, if there is a device.
 */
struct labyrinth_desc *labyrinth_system_join(struct labyrinth_zone *zone,
					     struct page *page)
{
	return labyrinth_plain(zone) ? labyrinth_registry_join(zone, page) :
				       labyrinth_system_join_special(zone, page);
}

/* It waits on the exit stack. */
static void labyrinth_system_wait(struct labyrinth_zone *zone,
				  struct labyrinth_desc *desc)
{
	if (unlikely(!labyrinth_desc_link(desc, 1))) {
		labyrinth_record_freed_twice(zone, desc);
		return;
	}
	preempt_disable();
	labyrinth_stack_push(&zone->exit, zone->table, desc, U32_MAX);
	preempt_enable();
	labyrinth_kick(zone, LABYRINTH_KICK_CLEANUP);
}

/*
 * The page of a claimed descriptor, whose state keeps it no longer, is not the zone's any
 * more. A device must not reach it for longer than cannot be helped. Any context.
 */
void labyrinth_system_lose(struct labyrinth_zone *zone, struct labyrinth_desc *desc)
{
	if (zone->dma && !labyrinth_system_usable()) {
		WRITE_ONCE(desc->state, LABYRINTH_DESC_LOST);
		labyrinth_system_wait(zone, desc);
		return;
	}
	labyrinth_dma_unmap(zone, desc);
	if (unlikely(zone->buffer_pages))
		labyrinth_buffer_lose(zone, desc);
	labyrinth_registry_lose(zone, desc);
	labyrinth_room(zone);
}

/*
 * Unmap the page of a claimed descriptor, and return it, the caller's. Any context; where
 * it cannot be unmapped, that follows.
 */
struct page *labyrinth_system_leave(struct labyrinth_zone *zone,
				    struct labyrinth_desc *desc)
{
	struct page *page = desc->page;

	if (zone->dma && !labyrinth_system_usable()) {
		labyrinth_count(zone, LABYRINTH_RETURNED);
		labyrinth_system_lose(zone, desc);
		return page;
	}
	labyrinth_dma_unmap(zone, desc);
	return labyrinth_registry_leave(zone, desc);
}

/*
 * The page of a claimed descriptor leaves, to the system: where that may be entered, or
 * any buffer.
 */
void labyrinth_system_let_go(struct labyrinth_zone *zone, struct labyrinth_desc *desc)
{
	if (labyrinth_plain(zone))
		labyrinth_put_page(labyrinth_registry_leave(zone, desc));
	else if (zone->buffer_pages)
		labyrinth_buffer_leave(zone, desc);
	else
		labyrinth_put_page(labyrinth_system_leave(zone, desc));
}

static noinline void labyrinth_system_latched(struct labyrinth_zone *zone)
{
	labyrinth_note_level(zone, LABYRINTH_NOTE_LATCHED, 0);
	trace_labyrinth_latch(zone->name, true);
}

/* An attempt came to nothing. @full: as below. */
static void labyrinth_system_failed(struct labyrinth_zone *zone,
				    labyrinth_quality_t quality, bool full)
{
	labyrinth_room(zone);
	if (full && !(quality & LABYRINTH_QUALITY_NOWAIT)) {
		if (!test_and_set_bit(LABYRINTH_ZONE_LATCHED, &zone->state))
			labyrinth_system_latched(zone);
		labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
	}
}

/*
 * One attempt on behalf of a request. A full atomic attempt that fails sets the
 * latch, so that the requests after it do not fail as dearly; the worker is
 * asked to find out when that is over. A page that the device cannot be given is as
 * good as none. *unjoined: a page for which the registry has no slot.
 */
static struct labyrinth_desc *labyrinth_system_take_one(struct labyrinth_zone *zone,
							labyrinth_quality_t quality,
							bool full,
							struct page **unjoined)
{
	struct labyrinth_desc *desc;
	struct page *page;

	if (!labyrinth_own(zone, labyrinth_reserve_lack(zone)))
		return NULL;
	page = labyrinth_system_attempt(zone, quality, full);
	if (!page) {
		atomic_dec(&zone->owned);
		labyrinth_system_failed(zone, quality, full);
		return NULL;
	}
	labyrinth_count(zone, LABYRINTH_TAKEN);
	desc = labyrinth_system_join(zone, page);
	if (unlikely(desc == ERR_PTR(-EIO))) {
		labyrinth_put_page(page);
		labyrinth_system_failed(zone, quality, full);
		return NULL;
	}
	if (IS_ERR(desc)) {
		labyrinth_room(zone);
		return NULL;
	}
	if (!desc) {
		atomic_dec(&zone->owned);
		*unjoined = page;
		return NULL;
	}
	/* A page of the kernel's last reserves is not ours to keep. */
	if (page_is_pfmemalloc(page) || quality & LABYRINTH_QUALITY_ACCOUNT)
		WRITE_ONCE(desc->state, LABYRINTH_DESC_NORECYCLE);
	else
		WRITE_ONCE(desc->state, LABYRINTH_DESC_IDLE);
	return desc;
}

/*
 * Of 8,192 scattered pages some six find no slot, and once they are free again they
 * lie on top of the system's list, all at once.
 */
#define LABYRINTH_JOIN_TRIES	16

/* A page from the system, on behalf of a request. */
struct labyrinth_desc *labyrinth_system_take(struct labyrinth_zone *zone,
					     labyrinth_quality_t quality)
{
	struct page *unjoined[LABYRINTH_JOIN_TRIES];
	bool full = labyrinth_system_usable();
	struct labyrinth_desc *desc = NULL;
	unsigned int held = 0;

	if (test_bit(LABYRINTH_ZONE_LATCHED, &zone->state) || zone->buffer_pages)
		return NULL;
	if (!full && !labyrinth_nolock_suits(zone, quality))
		return NULL;
	while (held < LABYRINTH_JOIN_TRIES) {
		unjoined[held] = NULL;
		desc = labyrinth_system_take_one(zone, quality, full, &unjoined[held]);
		if (likely(!unjoined[held]))
			break;
		/* Kept, or the system would give the very same one again. */
		held++;
	}
	if (unlikely(held)) {
		while (held--)
			labyrinth_disown(zone, unjoined[held]);
		labyrinth_room(zone);
	}
	return desc;
}

/* Let a page go whose descriptor the caller has claimed. Any context. */
void labyrinth_system_give(struct labyrinth_zone *zone,
			   struct labyrinth_desc *desc)
{
	/* A buffer waits by itself. */
	if (labyrinth_system_usable() || zone->buffer_pages) {
		labyrinth_system_let_go(zone, desc);
		labyrinth_room(zone);
		return;
	}
	labyrinth_system_wait(zone, desc);
}

/* Let an idle page go, unless it turns out to have been freed twice. */
void labyrinth_system_give_idle(struct labyrinth_zone *zone,
				struct labyrinth_desc *desc)
{
	if (unlikely(cmpxchg(&desc->state, LABYRINTH_DESC_IDLE,
			     LABYRINTH_DESC_LEAVING) != LABYRINTH_DESC_IDLE))
		labyrinth_record_freed_twice(zone, desc);
	else if (labyrinth_desc_kept(zone, desc))
		labyrinth_system_give(zone, desc);
}

/* Let the pages go that could not leave where they were freed. */
void labyrinth_system_drain_exit(struct labyrinth_zone *zone)
{
	struct labyrinth_desc *desc, *next;
	struct llist_node *stray, *after;

	preempt_disable();
	desc = labyrinth_stack_pop_all(&zone->exit, zone->table);
	preempt_enable();
	while (desc) {
		next = labyrinth_stack_next(zone->table, desc);
		if (READ_ONCE(desc->state) == LABYRINTH_DESC_LOST)
			labyrinth_system_lose(zone, desc);
		else
			labyrinth_system_give(zone, desc);
		desc = next;
	}
	llist_for_each_safe(stray, after, llist_del_all(&zone->strays))
		put_page(container_of((struct list_head *)stray, struct page, lru));
	labyrinth_buffer_drain(zone);
}

static unsigned int labyrinth_fetch(struct labyrinth_zone *zone, unsigned int nr,
				    gfp_t gfp, struct page **page)
{
	unsigned int i;

	if (labyrinth_inject_fill(zone))
		return 0;
	if (zone->buffer_pages) {
		for (i = 0; i < nr; i++) {
			page[i] = labyrinth_buffer_make(zone, gfp);
			if (!page[i])
				break;
		}
		return i;
	}
	gfp |= zone->gfp;
	if (zone->order == 0)
		return labyrinth_alloc_pages_bulk(gfp, zone->node, nr, page);
	for (i = 0; i < nr; i++) {
		page[i] = alloc_pages_node(zone->node, gfp, zone->order);
		if (!page[i])
			break;
	}
	return i;
}

/* A page from the system becomes an idle page of the zone. NULL: not so. */
static struct labyrinth_desc *labyrinth_adopt(struct labyrinth_zone *zone,
					      struct page *page,
					      struct list_head *rejected)
{
	struct labyrinth_desc *desc;

	labyrinth_count(zone, LABYRINTH_TAKEN);
	desc = labyrinth_system_join(zone, page);
	if (unlikely(desc == ERR_PTR(-EIO)))
		put_page(page);
	if (IS_ERR(desc))
		return NULL;
	if (!desc) {
		atomic_dec(&zone->owned);
		list_add(&page->lru, rejected);
		return NULL;
	}
	/* Even if the filler was allowed a page of the kernel's last reserves. */
	clear_page_pfmemalloc(page);
	labyrinth_quality_idle(zone, page);
	/* Pairs with what pops it: the content comes before the state. */
	smp_store_release(&desc->state, LABYRINTH_DESC_IDLE);
	return desc;
}

/*
 * Ask the system for up to @nr idle pages, LABYRINTH_DRAIN at most, leaving room
 * for @spare more to be owned. Returns how many there are in @desc.
 * Pages that find no slot in the registry are kept in @rejected until the caller
 * is done, or the system would give the very same ones again.
 * Process context.
 */
unsigned int labyrinth_system_get(struct labyrinth_zone *zone, unsigned int nr,
				  u32 spare, gfp_t gfp, struct labyrinth_desc **desc,
				  struct list_head *rejected)
{
	struct page *page[LABYRINTH_DRAIN] = { NULL };
	unsigned int owned, got, joined = 0, i;

	nr = min_t(unsigned int, nr, ARRAY_SIZE(page));
	for (owned = 0; owned < nr; owned++)
		if (!labyrinth_own(zone, spare))
			break;
	got = owned ? labyrinth_fetch(zone, owned, gfp, page) : 0;
	atomic_sub(owned - got, &zone->owned);
	for (i = 0; i < got; i++) {
		desc[joined] = labyrinth_adopt(zone, page[i], rejected);
		joined += !!desc[joined];
	}
	return joined;
}

/*
 * Ask the system for up to @nr pages and put them into the reserve. Returns how
 * many joined; the reserve may have been filled by others meanwhile.
 */
unsigned int labyrinth_system_fill(struct labyrinth_zone *zone, unsigned int nr,
				   gfp_t gfp, struct list_head *rejected)
{
	struct labyrinth_desc *desc[LABYRINTH_DRAIN];
	unsigned int got, i;

	got = labyrinth_system_get(zone, nr, 0, gfp, desc, rejected);
	for (i = 0; i < got; i++) {
		if (labyrinth_reserve_give(zone, desc[i]))
			labyrinth_count(zone, LABYRINTH_REFILLED);
		else
			labyrinth_system_give_idle(zone, desc[i]);
	}
	return got;
}

void labyrinth_system_put_rejected(struct labyrinth_zone *zone,
				   struct list_head *rejected)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, rejected, lru) {
		list_del(&page->lru);
		labyrinth_disown(zone, page);
	}
}
