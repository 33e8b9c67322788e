/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the zone wants to see in a struct page that comes back, or lies idle: what
 * the buddy allocator would take without complaint.
 */
#ifndef LABYRINTH_PAGE_H
#define LABYRINTH_PAGE_H

#include <linux/mm.h>
#include <linux/types.h>

#include "internal.h"

/* What the buddy allocator would find fault with, but for the counts. */
static __always_inline unsigned long
labyrinth_page_faults(const struct labyrinth_zone *zone, const struct page *page)
{
	return (unsigned long)page->mapping | labyrinth_page_memcg_data(page) |
	       (labyrinth_page_flags(page) & zone->page_flags);
}

/*
 * Zero for a page with one reference that is mapped nowhere. The two counts stand
 * side by side: one comparison will do.
 */
static __always_inline u64 labyrinth_page_counts(const struct page *page)
{
	const u64 sole = IS_ENABLED(CONFIG_CPU_BIG_ENDIAN) ?
			 0xffffffff00000001ULL : 0x00000001ffffffffULL;

	BUILD_BUG_ON(offsetof(struct page, _mapcount) % sizeof(u64));
	BUILD_BUG_ON(offsetof(struct page, _refcount) !=
		     offsetof(struct page, _mapcount) + sizeof(u32));
	/* data_race(): another's reference comes and goes; ours is what matters. */
	return data_race(*(const u64 *)&page->_mapcount) ^ sole;
}

/* Would the buddy allocator take the page as it is, from its only holder? */
static __always_inline bool labyrinth_recyclable(const struct labyrinth_zone *zone,
						 const struct page *page)
{
	return likely(!labyrinth_page_counts(page) &&
		      !labyrinth_page_faults(zone, page));
}

/*
 * And its tails, if it is a compound page? What the buddy allocator would see of them,
 * which is above all a page that the hardware has lost (hwpoison): the head is not
 * marked for it. Bounded by the zone's order.
 */
static inline bool labyrinth_tails_sound(const struct labyrinth_zone *zone,
					 struct page *page)
{
	unsigned int i;

	for (i = 1; i < 1U << zone->order; i++)
		if (page_ref_count(page + i) || PageHWPoison(page + i))
			return false;
	return true;
}

/*
 * Is an idle page still the zone's? Whoever once found it in the page cache may
 * hold a reference for an instant, until he sees that it has changed hands: more
 * than one say nothing, none at all says that it was freed.
 */
static __always_inline bool labyrinth_intact(const struct labyrinth_zone *zone,
					     struct page *page)
{
	return !labyrinth_page_faults(zone, page) && page_ref_count(page) &&
	       atomic_read(&page->_mapcount) == -1 && labyrinth_tails_sound(zone, page);
}

/* As the page allocator would hand it out. */
static __always_inline void labyrinth_page_reset(struct page *page)
{
	set_page_private(page, 0);
	clear_page_pfmemalloc(page);
}

#endif /* LABYRINTH_PAGE_H */
