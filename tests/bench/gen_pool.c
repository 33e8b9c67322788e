// SPDX-License-Identifier: GPL-2.0
/*
 * gen_pool, a lock-free bitmap over memory of its own; a page from it has no
 * reference count that anybody could rely on.
 */
#include <linux/err.h>
#include <linux/genalloc.h>
#include <linux/gfp.h>
#include <linux/mm.h>

#include "bench.h"

#define BENCH_CHUNK_ORDER	8

static unsigned long chunk;

static void *pool_setup(void)
{
	struct gen_pool *pool = gen_pool_create(PAGE_SHIFT, NUMA_NO_NODE);

	if (!pool)
		return ERR_PTR(-ENOMEM);
	chunk = __get_free_pages(GFP_KERNEL, BENCH_CHUNK_ORDER);
	if (!chunk || gen_pool_add(pool, chunk, PAGE_SIZE << BENCH_CHUNK_ORDER,
				   NUMA_NO_NODE)) {
		free_pages(chunk, BENCH_CHUNK_ORDER);
		gen_pool_destroy(pool);
		return ERR_PTR(-ENOMEM);
	}
	return pool;
}

static void pool_teardown(void *handle)
{
	gen_pool_destroy(handle);
	free_pages(chunk, BENCH_CHUNK_ORDER);
}

static __always_inline void *bitmap_take(void *handle)
{
	return (void *)gen_pool_alloc(handle, PAGE_SIZE);
}

static __always_inline void bitmap_give(void *handle, void *page)
{
	gen_pool_free(handle, (unsigned long)page, PAGE_SIZE);
}

BENCH_PAIR(bitmap)
BENCH_BURST_OF(bitmap)
BENCH_OPS(bitmap);

static const struct bench_loop bitmap_loops[] = {
	{ .name = "pair", .run = bitmap_pair_loop,
	  .baseline = &bench_empty_pair, .per = 1 },
	{ .name = "burst64", .run = bitmap_burst_loop,
	  .baseline = &bench_empty_burst, .per = BENCH_BURST },
};

const struct bench_provider bench_gen_pool = {
	.name = "gen_pool", .setup = pool_setup, .teardown = pool_teardown,
	.ops = &bitmap_ops, .loops = bitmap_loops, .nr = ARRAY_SIZE(bitmap_loops),
};
