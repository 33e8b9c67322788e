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

#include <linux/atomic.h>
#include <linux/dcache.h>
#include <linux/export.h>
#include <linux/fault-inject.h>
#include <linux/gfp.h>
#include <linux/hrtimer.h>
#include <linux/instrumented.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page-flags.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/version.h>
#include <linux/workqueue.h>

/* Instead of hundreds of errors one; scripts/kernel-range has the range. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0) && !defined(LABYRINTH_ANY_KERNEL)
#error "Labyrinth needs Linux 6.1 or newer; KCFLAGS=-DLABYRINTH_ANY_KERNEL tries anyway"
#endif

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

/* 6.15: unrolled_count() */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0)
#include <linux/unroll.h>
#else
#define unrolled_count(n)	_Pragma(__stringify(GCC unroll n))
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

/* 6.5: try_cmpxchg_local(), which leaves the comparison to the instruction. */
#ifndef try_cmpxchg_local
#ifdef __raw_try_cmpxchg
#define try_cmpxchg_local(ptr, old, new)					\
({										\
	instrument_atomic_read_write((ptr), sizeof(*(ptr)));			\
	__raw_try_cmpxchg((ptr), (old), (new), sizeof(*(ptr)), "");		\
})
#else
#define try_cmpxchg_local(ptr, old, new)					\
({										\
	typeof(*(ptr)) __was = *(old);						\
	*(old) = cmpxchg_local((ptr), __was, (new));				\
	likely(*(old) == __was);						\
})
#endif
#endif

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

/*
 * 6.18: alloc_pages_nolock(), which takes locks only if they are free, has its
 * present form, and modules may call it. It always clears the page.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
#define LABYRINTH_HAS_NOLOCK	1
static inline struct page *labyrinth_alloc_page_nolock(void)
{
	return alloc_pages_nolock(0, NUMA_NO_NODE, 0);
}
#else
#define LABYRINTH_HAS_NOLOCK	0
static inline struct page *labyrinth_alloc_page_nolock(void)
{
	return NULL;
}
#endif

/* 6.7: shrinkers are allocated. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
static inline struct shrinker *
labyrinth_shrinker_register(unsigned long (*count)(struct shrinker *,
						   struct shrink_control *),
			    unsigned long (*scan)(struct shrinker *,
						  struct shrink_control *))
{
	struct shrinker *shrinker = shrinker_alloc(0, "labyrinth");

	if (shrinker) {
		shrinker->count_objects = count;
		shrinker->scan_objects = scan;
		shrinker_register(shrinker);
	}
	return shrinker;
}

static inline void labyrinth_shrinker_unregister(struct shrinker *shrinker)
{
	shrinker_free(shrinker);
}
#else
static inline struct shrinker *
labyrinth_shrinker_register(unsigned long (*count)(struct shrinker *,
						   struct shrink_control *),
			    unsigned long (*scan)(struct shrinker *,
						  struct shrink_control *))
{
	struct shrinker *shrinker = kzalloc(sizeof(*shrinker), GFP_KERNEL);

	if (!shrinker)
		return NULL;
	shrinker->count_objects = count;
	shrinker->scan_objects = scan;
	shrinker->seeks = DEFAULT_SEEKS;
	if (!register_shrinker(shrinker, "labyrinth"))
		return shrinker;
	kfree(shrinker);
	return NULL;
}

static inline void labyrinth_shrinker_unregister(struct shrinker *shrinker)
{
	unregister_shrinker(shrinker);
	kfree(shrinker);
}
#endif

/* 6.4, and stable releases since: lockdep can be told what a lock may wait for. */
#ifdef DEFINE_WAIT_OVERRIDE_MAP
#define labyrinth_wait_override(map)	lock_map_acquire_try(map)
#define labyrinth_wait_restore(map)	lock_map_release(map)
#else
#define DEFINE_WAIT_OVERRIDE_MAP(name, type)	struct lockdep_map __maybe_unused name
#define labyrinth_wait_override(map)	do { } while (0)
#define labyrinth_wait_restore(map)	do { } while (0)
#endif

/* 6.18: a queue whose work stays on its CPU says so. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
#define WQ_PERCPU	0
#endif

/* 6.2, and stable releases since: del_timer_sync() has a better name. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define timer_delete_sync(timer)	del_timer_sync(timer)
#endif

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

/* 6.19: a device's own operations map physical addresses, not pages. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
#define LABYRINTH_DMA_OPS_MAP(phys, page, unmap)	\
	.map_phys = (phys), .unmap_phys = (unmap)
#else
#define LABYRINTH_DMA_OPS_MAP(phys, page, unmap)	\
	.map_page = (page), .unmap_page = (unmap)
#endif

/* 7.3: a fault_attr has a copy of its name, no longer a directory to put. */
#ifdef CONFIG_FAULT_INJECTION
static inline void labyrinth_fault_attr_put(struct fault_attr *attr)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 3, 0)
	dput(attr->dname);
#endif
}
#endif

#endif /* LABYRINTH_COMPAT_H */
