// SPDX-License-Identifier: GPL-2.0
/*
 * Labyrinth: what it is asked for, by zones as their drivers would make them.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/mm.h>

#include "../../src/internal.h"
#include "bench.h"
#include "zone.h"

#define NONE	LABYRINTH_QUALITY_NONE

/* --- zones --- */

/* One with these parameters, of which the name is nobody's business. */
struct labyrinth_zone *bench_zone(struct labyrinth_zone_params params)
{
	params.name = "bench";
	params.node = NUMA_NO_NODE;
	return labyrinth_zone_create(&params);
}

static void *zone_setup(void)
{
	return bench_zone((struct labyrinth_zone_params) { });
}

/* Who takes 64 pages at once has a cache that holds them. */
static void *zone_bulk_setup(void)
{
	return bench_zone((struct labyrinth_zone_params) { .cache = 2 * BENCH_BURST });
}

static void *zone_verify_setup(void)
{
	return bench_zone((struct labyrinth_zone_params) {
		.quality = LABYRINTH_QUALITY_VERIFY });
}

/* As an administrator sets it; only a zone that is being made looks. */
static int strict_free_set(const char *value)
{
	struct file *file = filp_open("/sys/module/labyrinth/parameters/strict_free",
				      O_WRONLY, 0);
	loff_t pos = 0;
	ssize_t written;

	if (IS_ERR(file))
		return PTR_ERR(file);
	written = kernel_write(file, value, 1, &pos);
	filp_close(file, NULL);
	return written == 1 ? 0 : -EIO;
}

static void *zone_strict_setup(void)
{
	struct labyrinth_zone *zone;
	int ret = strict_free_set("Y");

	if (ret)
		return ERR_PTR(ret);
	zone = zone_setup();
	ret = strict_free_set("N");
	if (!ret || IS_ERR(zone))
		return zone;
	labyrinth_zone_destroy(zone);
	return ERR_PTR(ret);
}

static void zone_teardown(void *handle)
{
	labyrinth_zone_destroy(handle);
}

/* What the registry takes for each page that a zone may own. */
void bench_memory(void)
{
	struct labyrinth_zone *zone = zone_setup();

	if (IS_ERR(zone))
		return;
	bench_print_one("memory", "labyrinth",
			1000 * (zone->slot_mask + sizeof(struct labyrinth_desc)) /
			zone->max_pages);
	labyrinth_zone_destroy(zone);
}

/* --- what is repeated --- */

static __always_inline void *zone_take(void *handle)
{
	return labyrinth_alloc_page_atomic(handle, NONE);
}

static __always_inline void zone_give(void *handle, void *page)
{
	labyrinth_free_page(handle, page);
}

static __always_inline void *address_take(void *handle)
{
	return labyrinth_alloc_atomic(handle, NONE);
}

static __always_inline void address_give(void *handle, void *page)
{
	labyrinth_free(handle, page);
}

static __always_inline void *poison_take(void *handle)
{
	return labyrinth_alloc_page_atomic(handle, LABYRINTH_QUALITY_POISON);
}

static __always_inline void poison_give(void *handle, void *page)
{
	labyrinth_free_page(handle, page);
}

static __always_inline void zone_bulk(void *handle, unsigned int nr)
{
	struct page *page[BENCH_BURST];

	if (likely(!labyrinth_alloc_bulk_atomic(handle, NONE, nr, page)))
		labyrinth_free_bulk(handle, nr, page);
}

static __always_inline void zone_bulk16(void *handle)
{
	zone_bulk(handle, 16);
}

static __always_inline void zone_bulk64(void *handle)
{
	zone_bulk(handle, 64);
}

/* As for a small packet. */
static __always_inline void *frag_take(void *handle)
{
	return labyrinth_frag_alloc_atomic(handle, 256, 0, NONE);
}

static __always_inline void frag_give(void *handle, void *addr)
{
	labyrinth_frag_free(handle, addr);
}

BENCH_PAIR(frag)
BENCH_PAIR(zone)
BENCH_BURST_OF(zone)
BENCH_OPS(zone);
BENCH_PAIR(address)
BENCH_PAIR(poison)
BENCH_LOOP(zone_bulk16)
BENCH_LOOP(zone_bulk64)

const struct bench_loop bench_zone_pair = {
	.name = "pair", .run = zone_pair_loop,
	.baseline = &bench_empty_pair, .per = 1,
};

const struct bench_loop bench_zone_address = {
	.name = "pair-address", .run = address_pair_loop,
	.baseline = &bench_empty_pair, .per = 1,
};

const struct bench_loop bench_zone_bulk64 = {
	.name = "bulk64", .run = zone_bulk64_loop,
	.baseline = &bench_empty_pair, .per = 64,
};

static const struct bench_loop zone_loops[] = {
	{ .name = "pair", .run = zone_pair_loop,
	  .baseline = &bench_empty_pair, .per = 1 },
	{ .name = "pair-address", .run = address_pair_loop,
	  .baseline = &bench_empty_pair, .per = 1 },
	{ .name = "frag256", .run = frag_pair_loop,
	  .baseline = &bench_empty_pair, .per = 1 },
	{ .name = "burst64", .run = zone_burst_loop,
	  .baseline = &bench_empty_burst, .per = BENCH_BURST },
	{ .name = "bulk16", .run = zone_bulk16_loop,
	  .baseline = &bench_empty_pair, .per = 16 },
	{ .name = "bulk64@cache32", .run = zone_bulk64_loop,
	  .baseline = &bench_empty_pair, .per = 64 },
	{ .name = "poison", .run = poison_pair_loop,
	  .baseline = &bench_empty_pair, .per = 1, .slow = true },
};

static const struct bench_loop bulk_loops[] = {
	{ .name = "bulk64", .run = zone_bulk64_loop,
	  .baseline = &bench_empty_pair, .per = 64 },
	{ .name = "burst64@cache128", .run = zone_burst_loop,
	  .baseline = &bench_empty_burst, .per = BENCH_BURST },
};

static const struct bench_loop strict_loops[] = {
	{ .name = "pair-strict", .run = zone_pair_loop,
	  .baseline = &bench_empty_pair, .per = 1 },
};

static const struct bench_loop verify_loops[] = {
	{ .name = "verify", .run = zone_pair_loop,
	  .baseline = &bench_empty_pair, .per = 1, .slow = true },
};

const struct bench_provider bench_labyrinth = {
	.name = "labyrinth", .setup = zone_setup, .teardown = zone_teardown,
	.ops = &zone_ops, .loops = zone_loops, .nr = ARRAY_SIZE(zone_loops),
};

const struct bench_provider bench_labyrinth_bulk = {
	.name = "labyrinth", .setup = zone_bulk_setup, .teardown = zone_teardown,
	.ops = &zone_ops, .loops = bulk_loops, .nr = ARRAY_SIZE(bulk_loops),
};

const struct bench_provider bench_labyrinth_strict = {
	.name = "labyrinth-strict", .setup = zone_strict_setup,
	.teardown = zone_teardown, .ops = &zone_ops,
	.loops = strict_loops, .nr = ARRAY_SIZE(strict_loops),
};

const struct bench_provider bench_labyrinth_verify = {
	.name = "labyrinth", .setup = zone_verify_setup, .teardown = zone_teardown,
	.ops = &zone_ops, .loops = verify_loops, .nr = ARRAY_SIZE(verify_loops),
};
