// SPDX-License-Identifier: GPL-2.0
/*
 * page_pool: straight into its cache, as NAPI may, and through its ring, as others
 * have to.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/mm.h>
/* 6.6: the header is two; Kbuild looks. */
#ifdef HAVE_PAGE_POOL_HELPERS
#include <net/page_pool/helpers.h>
#include <net/page_pool/types.h>
#else
#include <net/page_pool.h>
#endif

#include "bench.h"

static void *pool_setup(void)
{
	const struct page_pool_params params = {
		.pool_size = 256, .nid = NUMA_NO_NODE,
	};

	return page_pool_create(&params);
}

static void pool_teardown(void *handle)
{
	page_pool_destroy(handle);
}

static __always_inline void *direct_take(void *handle)
{
	return page_pool_alloc_pages(handle, GFP_ATOMIC | __GFP_NOWARN);
}

static __always_inline void direct_give(void *handle, void *page)
{
	page_pool_put_full_page(handle, page, true);
}

static __always_inline void *ring_take(void *handle)
{
	return page_pool_alloc_pages(handle, GFP_ATOMIC | __GFP_NOWARN);
}

static __always_inline void ring_give(void *handle, void *page)
{
	page_pool_put_full_page(handle, page, false);
}

BENCH_PAIR(direct)
BENCH_BURST_OF(direct)
BENCH_OPS(direct);
BENCH_PAIR(ring)
BENCH_BURST_OF(ring)
BENCH_OPS(ring);

static const struct bench_loop direct_loops[] = {
	{ .name = "pair", .run = direct_pair_loop,
	  .baseline = &bench_empty_pair, .per = 1, .softirq = true },
	{ .name = "burst64", .run = direct_burst_loop,
	  .baseline = &bench_empty_burst, .per = BENCH_BURST, .softirq = true },
};

static const struct bench_loop ring_loops[] = {
	{ .name = "pair", .run = ring_pair_loop,
	  .baseline = &bench_empty_pair, .per = 1, .softirq = true },
	{ .name = "burst64", .run = ring_burst_loop,
	  .baseline = &bench_empty_burst, .per = BENCH_BURST, .softirq = true },
};

const struct bench_provider bench_page_pool_direct = {
	.name = "page_pool-direct", .setup = pool_setup, .teardown = pool_teardown,
	.ops = &direct_ops, .loops = direct_loops, .nr = ARRAY_SIZE(direct_loops),
};

const struct bench_provider bench_page_pool_ring = {
	.name = "page_pool-ring", .setup = pool_setup, .teardown = pool_teardown,
	.ops = &ring_ops, .loops = ring_loops, .nr = ARRAY_SIZE(ring_loops),
};
