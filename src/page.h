/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the zone wants to see in a struct page that comes back, or lies idle: what
 * the buddy allocator would take without complaint; and how a page is told by its
 * address.
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
 * And its tails, if it is a compound page? What matters of them, which is above all a page
 * that the hardware has lost (hwpoison): the head is not marked for it. Bounded by the
 * zone's order.
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

/*
 * The page of an address, by arithmetic alone: safe for any value whatsoever where
 * struct pages are one array. Only page_address() hands out what comes back, and its
 * addresses are of the direct map; what virt_to_page() does for others is not needed.
 */
#if defined(CONFIG_X86_64) && defined(CONFIG_SPARSEMEM_VMEMMAP)
#define LABYRINTH_ADDR_COMES_BACK	true	/* page_to_virt() undoes it, for any value */
#else
#define LABYRINTH_ADDR_COMES_BACK	false
#endif

static __always_inline struct page *labyrinth_addr_page(const void *addr)
{
#if defined(CONFIG_X86_64) && defined(CONFIG_SPARSEMEM_VMEMMAP)
	return pfn_to_page(((unsigned long)addr - PAGE_OFFSET) >> PAGE_SHIFT);
#else
	return virt_to_page(addr);
#endif
}

/*
 * An address is turned into its page by arithmetic where that is safe for any
 * value whatsoever; elsewhere the kernel is asked first.
 */
static inline bool labyrinth_addr_plausible(const void *addr)
{
	if (!PAGE_ALIGNED(addr))
		return false;
	if (IS_ENABLED(CONFIG_SPARSEMEM_VMEMMAP) && !IS_ENABLED(CONFIG_DEBUG_VIRTUAL))
		return true;
	return virt_addr_valid(addr);
}

#endif /* LABYRINTH_PAGE_H */
