// SPDX-License-Identifier: GPL-2.0
/*
 * What a page holds when it is handed out, and while it is idle.
 *
 * Content is written by whoever holds the page alone: by the freeing caller
 * before the page becomes idle, by the allocating one after it was taken. No
 * cache is held locked meanwhile.
 *
 * In a VERIFY zone each idle page is filled with the zone's pattern. Pages are
 * patterned when they are freed and when the worker puts them into the reserve,
 * and compared when they are handed out; one that comes straight from the system
 * never was idle and is not compared.
 */
#include <linux/mm.h>
#include <linux/string.h>

#include "internal.h"

/* May this be asked for in a call? What it means together with the zone's. */
bool labyrinth_quality_valid(labyrinth_quality_t quality)
{
	const labyrinth_quality_t both = LABYRINTH_QUALITY_ZERO |
					 LABYRINTH_QUALITY_POISON;

	return !(quality & ~LABYRINTH_QUALITY_KNOWN) && (quality & both) != both;
}

/* Does this request need a page full of zeros? */
bool labyrinth_quality_zeroed(const struct labyrinth_zone *zone,
			      labyrinth_quality_t quality)
{
	return (quality & LABYRINTH_QUALITY_ZERO) ||
	       (zone->init_on_alloc && !(quality & LABYRINTH_QUALITY_POISON));
}

/* False: the page was written to while idle; it is set aside for good. */
bool labyrinth_quality_verify(struct labyrinth_zone *zone,
			      struct labyrinth_desc *desc, unsigned long caller)
{
	const u8 *start, *bad;

	if (!(zone->quality & LABYRINTH_QUALITY_VERIFY))
		return true;
	start = labyrinth_address(zone, desc->page);
	bad = memchr_inv(start, zone->verify_pattern, labyrinth_bytes(zone));
	if (likely(!bad))
		return true;

	WRITE_ONCE(desc->state, LABYRINTH_DESC_ASIDE);
	labyrinth_count(zone, LABYRINTH_VERIFY_FAILURES);
	labyrinth_record(zone, LABYRINTH_EVENT_CORRUPTED, desc->page, bad - start,
			 caller, desc->caller, desc->freer);
	return false;
}

/*
 * Give a page the content asked for. @fresh: the system has just given it, and
 * has obeyed __GFP_ZERO and init_on_alloc, or it was kept clean.
 */
void labyrinth_quality_apply(struct labyrinth_zone *zone, struct page *page,
			     labyrinth_quality_t quality, bool fresh)
{
	bool patterned = !fresh && (zone->quality & LABYRINTH_QUALITY_VERIFY);

	if (quality & LABYRINTH_QUALITY_POISON) {
		if (!(patterned && zone->verify_pattern == zone->poison))
			memset(labyrinth_address(zone, page), zone->poison,
			       labyrinth_bytes(zone));
	} else if (!fresh && labyrinth_quality_zeroed(zone, quality)) {
		if (!(patterned && zone->verify_pattern == 0))
			memset(labyrinth_address(zone, page), 0, labyrinth_bytes(zone));
	}
}

/* A page is about to become idle. */
void labyrinth_quality_idle(struct labyrinth_zone *zone, struct page *page)
{
	if (zone->quality & LABYRINTH_QUALITY_VERIFY)
		memset(labyrinth_address(zone, page), zone->verify_pattern,
		       labyrinth_bytes(zone));
	else if (test_bit(LABYRINTH_FREE_CLEAR, &zone->free_attention))
		memset(labyrinth_address(zone, page), 0, labyrinth_bytes(zone));
}
