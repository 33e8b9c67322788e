// SPDX-License-Identifier: GPL-2.0
/*
 * What people use today: the page allocator, mempool, kmalloc; and a bare per-CPU
 * array, below which nobody can be that disables preemption.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/slab.h>

#include "../../src/compat.h"
#include "bench.h"

#define BENCH_POOL	64	/* pages of a mempool: as many as a reserve has by default */
#define BENCH_ARRAY	64

/* A failure is counted here, nobody has to be told. */
#define BENCH_GFP	(GFP_ATOMIC | __GFP_NOWARN)

/* For providers without anything of their own to hand about. */
static char no_handle;

static void *no_setup(void)
{
	return &no_handle;
}

/* --- alloc_page --- */

static __always_inline void *buddy_take(void *handle)
{
	return alloc_page(BENCH_GFP);
}

static __always_inline void buddy_give(void *handle, void *page)
{
	__free_page(page);
}

static __always_inline void *buddy_zero_take(void *handle)
{
	return alloc_page(BENCH_GFP | __GFP_ZERO);
}

static __always_inline void buddy_zero_give(void *handle, void *page)
{
	__free_page(page);
}

static __always_inline void buddy_bulk(unsigned int nr)
{
	struct page *page[BENCH_BURST] = { NULL };
	unsigned int i;

	nr = labyrinth_alloc_pages_bulk(BENCH_GFP, NUMA_NO_NODE, nr, page);
	for (i = 0; i < nr; i++)
		__free_page(page[i]);
}

static __always_inline void buddy_bulk16(void *handle)
{
	buddy_bulk(16);
}

static __always_inline void buddy_bulk64(void *handle)
{
	buddy_bulk(64);
}

BENCH_PAIR(buddy)
BENCH_BURST_OF(buddy)
BENCH_PAIR(buddy_zero)
BENCH_LOOP(buddy_bulk16)
BENCH_LOOP(buddy_bulk64)
BENCH_OPS(buddy);

static void no_teardown(void *handle)
{
}

static const struct bench_loop buddy_loops[] = {
	{ .name = "pair", .run = buddy_pair_loop,
	  .baseline = &bench_empty_pair, .per = 1 },
	{ .name = "burst64", .run = buddy_burst_loop,
	  .baseline = &bench_empty_burst, .per = BENCH_BURST },
	{ .name = "zero", .run = buddy_zero_pair_loop,
	  .baseline = &bench_empty_pair, .per = 1, .slow = true },
	{ .name = "bulk16", .run = buddy_bulk16_loop,
	  .baseline = &bench_empty_pair, .per = 16 },
	{ .name = "bulk64", .run = buddy_bulk64_loop,
	  .baseline = &bench_empty_pair, .per = 64 },
};

const struct bench_provider bench_alloc_page = {
	.name = "alloc_page", .setup = no_setup, .teardown = no_teardown,
	.ops = &buddy_ops, .loops = buddy_loops, .nr = ARRAY_SIZE(buddy_loops),
};

/* --- mempool --- */

static void *pool_setup(void)
{
	return mempool_create_page_pool(BENCH_POOL, 0) ?: ERR_PTR(-ENOMEM);
}

static void pool_teardown(void *handle)
{
	mempool_destroy(handle);
}

static __always_inline void *pool_take(void *handle)
{
	return mempool_alloc(handle, GFP_ATOMIC);
}

static __always_inline void pool_give(void *handle, void *page)
{
	mempool_free(page, handle);
}

/* It must not be asked for a page that is zeroed: those of the pool are dirty. */
static __always_inline void *pool_zero_take(void *handle)
{
	struct page *page = mempool_alloc(handle, GFP_ATOMIC);

	clear_highpage(page);
	return page;
}

static __always_inline void pool_zero_give(void *handle, void *page)
{
	mempool_free(page, handle);
}

BENCH_PAIR(pool)
BENCH_BURST_OF(pool)
BENCH_PAIR(pool_zero)
BENCH_OPS(pool);

static const struct bench_loop pool_loops[] = {
	{ .name = "pair", .run = pool_pair_loop,
	  .baseline = &bench_empty_pair, .per = 1 },
	{ .name = "burst64", .run = pool_burst_loop,
	  .baseline = &bench_empty_burst, .per = BENCH_BURST },
	{ .name = "zero", .run = pool_zero_pair_loop,
	  .baseline = &bench_empty_pair, .per = 1, .slow = true },
};

const struct bench_provider bench_mempool = {
	.name = "mempool", .setup = pool_setup, .teardown = pool_teardown,
	.ops = &pool_ops, .loops = pool_loops, .nr = ARRAY_SIZE(pool_loops),
};

/* --- kmalloc --- */

static __always_inline void *slab_take(void *handle)
{
	return kmalloc(PAGE_SIZE, BENCH_GFP);
}

static __always_inline void slab_give(void *handle, void *page)
{
	kfree(page);
}

static __always_inline void *slab_zero_take(void *handle)
{
	return kzalloc(PAGE_SIZE, BENCH_GFP);
}

static __always_inline void slab_zero_give(void *handle, void *page)
{
	kfree(page);
}

BENCH_PAIR(slab)
BENCH_BURST_OF(slab)
BENCH_PAIR(slab_zero)
BENCH_OPS(slab);

static const struct bench_loop slab_loops[] = {
	{ .name = "pair", .run = slab_pair_loop,
	  .baseline = &bench_empty_pair, .per = 1 },
	{ .name = "burst64", .run = slab_burst_loop,
	  .baseline = &bench_empty_burst, .per = BENCH_BURST },
	{ .name = "zero", .run = slab_zero_pair_loop,
	  .baseline = &bench_empty_pair, .per = 1, .slow = true },
};

const struct bench_provider bench_kmalloc = {
	.name = "kmalloc", .setup = no_setup, .teardown = no_teardown,
	.ops = &slab_ops, .loops = slab_loops, .nr = ARRAY_SIZE(slab_loops),
};

/* --- per-CPU array --- */

struct array {
	unsigned int	nr;
	struct page	*page[BENCH_ARRAY];
};

static DEFINE_PER_CPU(struct array, arrays);

static void array_teardown(void *handle)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct array *array = per_cpu_ptr(&arrays, cpu);

		while (array->nr)
			__free_page(array->page[--array->nr]);
	}
}

static void *array_setup(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct array *array = per_cpu_ptr(&arrays, cpu);

		while (array->nr < BENCH_ARRAY) {
			struct page *page = alloc_page(GFP_KERNEL);

			if (!page) {
				array_teardown(NULL);
				return ERR_PTR(-ENOMEM);
			}
			array->page[array->nr++] = page;
		}
	}
	return &no_handle;
}

/* Calls, as all the others are. */
static noinline struct page *array_pop(void)
{
	struct page *page = NULL;
	struct array *array;

	preempt_disable();
	array = this_cpu_ptr(&arrays);
	if (likely(array->nr))
		page = array->page[--array->nr];
	preempt_enable();
	return page;
}

static noinline void array_push(struct page *page)
{
	struct array *array;

	preempt_disable();
	array = this_cpu_ptr(&arrays);
	if (likely(array->nr < BENCH_ARRAY))
		array->page[array->nr++] = page;
	preempt_enable();
}

static __always_inline void *array_take(void *handle)
{
	return array_pop();
}

static __always_inline void array_give(void *handle, void *page)
{
	array_push(page);
}

BENCH_PAIR(array)
BENCH_BURST_OF(array)
BENCH_OPS(array);

static const struct bench_loop array_loops[] = {
	{ .name = "pair", .run = array_pair_loop,
	  .baseline = &bench_empty_pair, .per = 1 },
	{ .name = "burst64", .run = array_burst_loop,
	  .baseline = &bench_empty_burst, .per = BENCH_BURST },
};

const struct bench_provider bench_percpu_array = {
	.name = "percpu-array", .setup = array_setup, .teardown = array_teardown,
	.ops = &array_ops, .loops = array_loops, .nr = ARRAY_SIZE(array_loops),
};
