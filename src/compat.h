/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between kernel releases, and nothing else.
 *
 * The code is written for the newest kernel; what an older one lacks or spells
 * differently is put right here. Each check names the release that changed
 * it, so that it can go when the last older kernel leaves the support table.
 */
#ifndef LABYRINTH_COMPAT_H
#define LABYRINTH_COMPAT_H

#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page-flags.h>
#include <linux/version.h>

/* 6.13: the namespace of an exported symbol is a string. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define EXPORT_SYMBOL_LABYRINTH(symbol)	EXPORT_SYMBOL_NS_GPL(symbol, "LABYRINTH")
#define EXPORT_SYMBOL_LABYRINTH_PRIVATE(symbol) \
	EXPORT_SYMBOL_NS_GPL(symbol, "LABYRINTH_PRIVATE")
#define LABYRINTH_IMPORT_PRIVATE_NS	MODULE_IMPORT_NS("LABYRINTH_PRIVATE")
#else
#define EXPORT_SYMBOL_LABYRINTH(symbol)	EXPORT_SYMBOL_NS_GPL(symbol, LABYRINTH)
#define EXPORT_SYMBOL_LABYRINTH_PRIVATE(symbol) \
	EXPORT_SYMBOL_NS_GPL(symbol, LABYRINTH_PRIVATE)
#define LABYRINTH_IMPORT_PRIVATE_NS	MODULE_IMPORT_NS(LABYRINTH_PRIVATE)
#endif

/* 6.8: MAX_PAGE_ORDER; 6.4: MAX_ORDER became the largest order itself. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
#define LABYRINTH_MAX_ORDER	MAX_PAGE_ORDER
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#define LABYRINTH_MAX_ORDER	MAX_ORDER
#else
#define LABYRINTH_MAX_ORDER	(MAX_ORDER - 1)
#endif

/* 6.18: page->flags became a structure. */
static inline unsigned long labyrinth_page_flags(const struct page *page)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
	return page->flags.f;
#else
	return page->flags;
#endif
}

static inline unsigned long labyrinth_page_memcg_data(const struct page *page)
{
#ifdef CONFIG_MEMCG
	return page->memcg_data;
#else
	return 0;
#endif
}

/* 6.14: the array form of the bulk allocator is the only one, and named so. */
static inline unsigned long
labyrinth_alloc_pages_bulk(gfp_t gfp, int node, unsigned long nr,
			   struct page **pages)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 14, 0)
	if (node == NUMA_NO_NODE)
		return alloc_pages_bulk(gfp, nr, pages);
	return alloc_pages_bulk_node(gfp, node, nr, pages);
#else
	if (node == NUMA_NO_NODE)
		return alloc_pages_bulk_array(gfp, nr, pages);
	return alloc_pages_bulk_array_node(gfp, node, nr, pages);
#endif
}

/* 6.13: hrtimer_setup() takes the place of hrtimer_init(). */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void
hrtimer_setup(struct hrtimer *timer,
	      enum hrtimer_restart (*function)(struct hrtimer *),
	      clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

#endif /* LABYRINTH_COMPAT_H */
