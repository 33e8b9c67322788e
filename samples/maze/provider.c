// SPDX-License-Identifier: GPL-2.0
/*
 * Three ways to get a page in a hard interrupt.
 *
 *	buddy		alloc_page(GFP_ATOMIC). No reserve of its own; "whole" means
 *			that an atomic allocation succeeds again.
 *	mempool		asks the system, then its pool. The pool is refilled only by
 *			pages freed into it, and a map frees none; "whole" means that
 *			the pool is full.
 *	labyrinth	asks its zone. The zone's worker refills the reserve; "whole"
 *			means that the reserve is at its target.
 *
 * Nothing but take() and from_reserve() runs in the timer's interrupt.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/mm.h>

#include "maze.h"

static int buddy_open(struct provider *provider, unsigned int reserve)
{
	return 0;
}

static void buddy_close(struct provider *provider)
{
}

static struct page *buddy_take(struct provider *provider)
{
	return alloc_page(GFP_ATOMIC | __GFP_ZERO | __GFP_NOWARN);
}

static void buddy_give(struct provider *provider, struct page *page)
{
	__free_page(page);
}

static u64 buddy_from_reserve(struct provider *provider)
{
	return 0;
}

static bool buddy_whole(struct provider *provider)
{
	struct page *page = alloc_page(GFP_ATOMIC | __GFP_NOWARN);

	if (!page)
		return false;
	__free_page(page);
	return true;
}

static int pool_open(struct provider *provider, unsigned int reserve)
{
	provider->pool = mempool_create_page_pool(reserve, 0);
	return provider->pool ? 0 : -ENOMEM;
}

static void pool_close(struct provider *provider)
{
	mempool_destroy(provider->pool);
}

static struct page *pool_take(struct provider *provider)
{
	struct page *page = mempool_alloc(provider->pool, GFP_ATOMIC);

	/* mempool_alloc() must not be passed __GFP_ZERO: pooled pages are dirty. */
	if (page)
		clear_highpage(page);
	return page;
}

static void pool_give(struct provider *provider, struct page *page)
{
	mempool_free(page, provider->pool);
}

/* While nothing is freed into it, the pool only ever shrinks. */
static u64 pool_from_reserve(struct provider *provider)
{
	return provider->pool->min_nr - READ_ONCE(provider->pool->curr_nr);
}

static bool pool_whole(struct provider *provider)
{
	return READ_ONCE(provider->pool->curr_nr) == provider->pool->min_nr;
}

static int zone_open(struct provider *provider, unsigned int reserve)
{
	const struct labyrinth_zone_params params = {
		.name = "map",
		.reserve = reserve,
		/* The whole map, with a full reserve behind its last sector. */
		.max_pages = SECTORS + reserve,
		/* Caches live on freed pages, and a map frees none. */
		.cache = LABYRINTH_NO_CACHE,
		.node = NUMA_NO_NODE,
		.policy = LABYRINTH_SYSTEM_FIRST,
	};

	provider->zone = labyrinth_zone_create(&params);
	return PTR_ERR_OR_ZERO(provider->zone);
}

static void zone_close(struct provider *provider)
{
	labyrinth_zone_destroy(provider->zone);
}

static struct page *zone_take(struct provider *provider)
{
	return labyrinth_alloc_page_atomic(provider->zone,
					   LABYRINTH_QUALITY_ZERO);
}

static void zone_give(struct provider *provider, struct page *page)
{
	labyrinth_free_page(provider->zone, page);
}

static u64 zone_from_reserve(struct provider *provider)
{
	struct labyrinth_stats stats;

	labyrinth_zone_get_stats(provider->zone, &stats);
	return stats.from_reserve;
}

static bool zone_whole(struct provider *provider)
{
	struct labyrinth_stats stats;

	labyrinth_zone_get_stats(provider->zone, &stats);
	return stats.reserve == stats.reserve_target;
}

static const struct provider_ops providers[] = {
	{
		.name = "buddy",
		.open = buddy_open,
		.close = buddy_close,
		.take = buddy_take,
		.give = buddy_give,
		.from_reserve = buddy_from_reserve,
		.whole = buddy_whole,
	}, {
		.name = "mempool",
		.open = pool_open,
		.close = pool_close,
		.take = pool_take,
		.give = pool_give,
		.from_reserve = pool_from_reserve,
		.whole = pool_whole,
	}, {
		.name = "labyrinth",
		.any_context = true,
		.open = zone_open,
		.close = zone_close,
		.take = zone_take,
		.give = zone_give,
		.from_reserve = zone_from_reserve,
		.whole = zone_whole,
	},
};

const struct provider_ops *provider_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(providers); i++)
		if (!strcmp(name, providers[i].name))
			return &providers[i];
	return NULL;
}
