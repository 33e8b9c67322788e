// SPDX-License-Identifier: GPL-2.0
/*
 * Pages from alloc_pages(), and back.
 *
 * Where the system may be entered depends on the context of the caller, and is
 * asked before anything here disables preemption. Not in NMI: the allocator's
 * locks may be held by what was interrupted. On PREEMPT_RT those are sleeping
 * locks, so not in any atomic section either. A page that has to leave from
 * there waits on the exit stack until cleanup runs in process context; dropping
 * the last reference is a free like any other.
 *
 * Every page that the zone owns is counted in ->owned before it is asked for,
 * so that max_pages holds at every moment. What the reserve still lacks is
 * not a request's to take: it could otherwise keep the worker from restoring
 * the floor for as long as nothing is freed.
 */
#include <linux/err.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/preempt.h>

#include "internal.h"

bool labyrinth_system_usable(void)
{
	if (in_nmi())
		return false;
	return !IS_ENABLED(CONFIG_PREEMPT_RT) || preemptible();
}

/* Count a page as the zone's if that leaves @spare more to be owned. */
static bool labyrinth_own(struct labyrinth_zone *zone, u32 spare)
{
	int owned = atomic_read(&zone->owned);

	while ((u32)owned + 1 + spare <= zone->max_pages)
		if (atomic_try_cmpxchg(&zone->owned, &owned, owned + 1))
			return true;
	labyrinth_count(zone, LABYRINTH_CAPPED);
	return false;
}

/* A page less is owned: the worker may have been waiting for that. */
static void labyrinth_room(struct labyrinth_zone *zone)
{
	if (test_bit(LABYRINTH_FREE_SHORT, &zone->free_attention))
		labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
}

/* Give back a page that is counted as owned but did not join. */
static void labyrinth_disown(struct labyrinth_zone *zone, struct page *page)
{
	atomic_dec(&zone->owned);
	labyrinth_count(zone, LABYRINTH_RETURNED);
	put_page(page);
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

/*
 * One attempt on behalf of a request. A full atomic attempt that fails sets the
 * latch, so that the requests after it do not fail as dearly; the worker is
 * asked to find out when that is over.
 */
struct labyrinth_desc *labyrinth_system_take(struct labyrinth_zone *zone,
					     labyrinth_quality_t quality)
{
	struct labyrinth_desc *desc;
	struct page *page = NULL;

	if (!labyrinth_system_usable() ||
	    test_bit(LABYRINTH_ZONE_LATCHED, &zone->state))
		return NULL;
	if (!labyrinth_own(zone, labyrinth_reserve_lack(zone)))
		return NULL;
	if (!labyrinth_injected(zone, LABYRINTH_INJECT_ATOMIC))
		page = alloc_pages_node(zone->node, labyrinth_gfp(zone, quality),
					zone->order);
	if (!page) {
		atomic_dec(&zone->owned);
		labyrinth_room(zone);
		if (!(quality & LABYRINTH_QUALITY_NOWAIT)) {
			set_bit(LABYRINTH_ZONE_LATCHED, &zone->state);
			labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
		}
		return NULL;
	}
	labyrinth_count(zone, LABYRINTH_TAKEN);
	desc = labyrinth_registry_join(zone, page);
	if (IS_ERR(desc)) {
		labyrinth_room(zone);
		return NULL;
	}
	if (!desc) {
		labyrinth_disown(zone, page);
		labyrinth_room(zone);
		return NULL;
	}
	/* A page of the kernel's last reserves is not ours to keep. */
	if (page_is_pfmemalloc(page) || quality & LABYRINTH_QUALITY_ACCOUNT)
		WRITE_ONCE(desc->state, LABYRINTH_DESC_NORECYCLE);
	else
		WRITE_ONCE(desc->state, LABYRINTH_DESC_IDLE);
	return desc;
}

/* Let a page go whose descriptor the caller has claimed. Any context. */
void labyrinth_system_give(struct labyrinth_zone *zone,
			   struct labyrinth_desc *desc)
{
	if (labyrinth_system_usable()) {
		put_page(labyrinth_registry_leave(zone, desc));
		labyrinth_room(zone);
		return;
	}
	if (unlikely(!labyrinth_desc_link(desc, 1))) {
		labyrinth_record_freed_twice(zone, desc);
		return;
	}
	preempt_disable();
	labyrinth_stack_push(&zone->exit, zone->table, desc, LABYRINTH_NIL);
	preempt_enable();
	labyrinth_kick(zone, LABYRINTH_KICK_CLEANUP);
}

/* Let an idle page go, unless it turns out to have been freed twice. */
void labyrinth_system_give_idle(struct labyrinth_zone *zone,
				struct labyrinth_desc *desc)
{
	if (likely(cmpxchg(&desc->state, LABYRINTH_DESC_IDLE,
			   LABYRINTH_DESC_LEAVING) == LABYRINTH_DESC_IDLE))
		labyrinth_system_give(zone, desc);
	else
		labyrinth_record_freed_twice(zone, desc);
}

/* Let the pages go that could not leave where they were freed. */
void labyrinth_system_drain_exit(struct labyrinth_zone *zone)
{
	struct labyrinth_desc *desc, *next;

	preempt_disable();
	desc = labyrinth_stack_pop_all(&zone->exit, zone->table);
	preempt_enable();
	while (desc) {
		next = labyrinth_reserve_next(zone, desc);
		labyrinth_system_give(zone, desc);
		desc = next;
	}
}

static unsigned int labyrinth_fetch(struct labyrinth_zone *zone, unsigned int nr,
				    gfp_t gfp, struct page **page)
{
	unsigned int i;

	if (labyrinth_injected(zone, LABYRINTH_INJECT_FILL))
		return 0;
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

/* A page from the system goes into the reserve. False: it did not join. */
static bool labyrinth_fill_one(struct labyrinth_zone *zone, struct page *page,
			       struct list_head *rejected)
{
	struct labyrinth_desc *desc;

	labyrinth_count(zone, LABYRINTH_TAKEN);
	desc = labyrinth_registry_join(zone, page);
	if (IS_ERR(desc))
		return false;
	if (!desc) {
		list_add(&page->lru, rejected);
		return false;
	}
	/* Even if the filler was allowed a page of the kernel's last reserves. */
	clear_page_pfmemalloc(page);
	labyrinth_quality_idle(zone, page);
	/* Pairs with what pops it: the content comes before the state. */
	smp_store_release(&desc->state, LABYRINTH_DESC_IDLE);
	if (labyrinth_reserve_give(zone, desc))
		labyrinth_count(zone, LABYRINTH_REFILLED);
	else
		labyrinth_system_give_idle(zone, desc);
	return true;
}

/*
 * Ask the system for up to @nr pages and put them into the reserve. Returns how
 * many joined; the reserve may have been filled by others meanwhile.
 * Pages that find no slot in the registry are kept in @rejected until the caller
 * is done, or the system would give the very same ones again.
 * Process context.
 */
unsigned int labyrinth_system_fill(struct labyrinth_zone *zone, unsigned int nr,
				   gfp_t gfp, struct list_head *rejected)
{
	struct page *page[LABYRINTH_DRAIN] = { NULL };
	unsigned int owned, got, joined = 0, i;

	nr = min_t(unsigned int, nr, ARRAY_SIZE(page));
	for (owned = 0; owned < nr; owned++)
		if (!labyrinth_own(zone, 0))
			break;
	got = owned ? labyrinth_fetch(zone, owned, gfp, page) : 0;
	atomic_sub(owned - got, &zone->owned);
	for (i = 0; i < got; i++)
		joined += labyrinth_fill_one(zone, page[i], rejected);
	return joined;
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
