// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that leave the zone with somebody, and pages that come in from outside.
 *
 * A page that a driver gives away, to the network stack say, is detached: it leaves
 * the registry with the caller's reference, and nobody needs to bring it back. The
 * reserve is none the poorer, since the page had been handed out already; it leaves
 * its descriptor to the page that takes its place.
 *
 * The other way round, a page that its holder alone holds may join the zone, be it
 * one that was detached before: what the free path asks of a page it recycles,
 * and what a request would have asked the system for (node, memory zone, order).
 * Unlike a page from the system its content is what its holder left in it, as that
 * of any page that is recycled.
 */
#include <linux/err.h>
#include <linux/instruction_pointer.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/rcupdate.h>

#include "page.h"

struct page *labyrinth_detach_page(struct labyrinth_zone *zone, struct page *page)
{
	struct labyrinth_desc *desc;
	u32 state;

	if (unlikely(!page))
		return NULL;
	rcu_read_lock();
	if (unlikely(zone->buffer_pages)) {
		labyrinth_alloc_misuse(zone, LABYRINTH_EVENT_BUFFER_DETACH, 0, _RET_IP_);
		rcu_read_unlock();
		return NULL;
	}
	desc = labyrinth_claim(zone, page, _RET_IP_, &state);
	page = desc ? labyrinth_release_claimed(zone, desc, state, _RET_IP_) : NULL;
	if (likely(page))
		labyrinth_count(zone, LABYRINTH_PASSED_ON);
	rcu_read_unlock();
	return page;
}
EXPORT_SYMBOL_LABYRINTH(labyrinth_detach_page);

/* Is a page, of which the caller holds the only reference, one as the zone's are? */
static bool labyrinth_fits(const struct labyrinth_zone *zone, struct page *page)
{
	return labyrinth_recyclable(zone, page) && !page_is_pfmemalloc(page) &&
	       compound_order(page) == zone->order &&
	       page_zonenum(page) <= gfp_zone(GFP_ATOMIC | zone->gfp) &&
	       (zone->node == NUMA_NO_NODE || page_to_nid(page) == zone->node) &&
	       labyrinth_tails_sound(zone, page);
}

/* False: the page is still the caller's, and the zone as before. */
static bool labyrinth_take_in(struct labyrinth_zone *zone, struct page *page)
{
	struct labyrinth_desc *desc;

	/* Where a page cannot be mapped for the zone's device, it cannot join. */
	if (zone->dma && !labyrinth_system_usable())
		return false;
	if (test_bit(LABYRINTH_FREE_DYING, &zone->free_attention) || zone->buffer_pages ||
	    (zone->quality & LABYRINTH_QUALITY_ACCOUNT) || !labyrinth_fits(zone, page) ||
	    atomic_read(&zone->owned) >= zone->max_pages || !labyrinth_own(zone, 0))
		return false;
	desc = labyrinth_system_join(zone, page);
	if (!desc) {
		atomic_dec(&zone->owned);
		labyrinth_room(zone);
		return false;
	}
	labyrinth_count(zone, LABYRINTH_TAKEN);
	if (unlikely(desc == ERR_PTR(-EIO))) {
		labyrinth_room(zone);
		return false;
	}
	labyrinth_count(zone, LABYRINTH_RECYCLED);
	/* An idle record, whose page had been freed, has it back by this. */
	if (IS_ERR(desc))
		return true;
	labyrinth_quality_idle(zone, page);
	labyrinth_page_reset(page);
	/* Pairs with what pops it: the content comes before the state. */
	smp_store_release(&desc->state, LABYRINTH_DESC_IDLE);
	labyrinth_give_idle(zone, desc);
	return true;
}

bool labyrinth_recycle_page(struct labyrinth_zone *zone, struct page *page)
{
	struct labyrinth_desc *desc;
	bool taken = true;
	u32 state = LABYRINTH_DESC_LIVE;

	if (unlikely(!page))
		return true;
	rcu_read_lock();
	desc = labyrinth_registry_find(zone, page);
	if (desc)
		state = READ_ONCE(desc->state);
	if (state == LABYRINTH_DESC_LEAVING || state == LABYRINTH_DESC_LOST) {
		/* It waits to leave, or to be unmapped: the caller's comes too early. */
		taken = false;
	} else if (desc) {
		desc = labyrinth_claim(zone, page, _RET_IP_, &state);
		if (likely(desc))
			labyrinth_free_claimed(zone, desc, state, _RET_IP_);
	} else {
		taken = labyrinth_take_in(zone, page);
	}
	rcu_read_unlock();
	return taken;
}
EXPORT_SYMBOL_LABYRINTH(labyrinth_recycle_page);
