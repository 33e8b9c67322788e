// SPDX-License-Identifier: GPL-2.0
/*
 * Cost against size: of the reserve, of the registry, and of the distance between
 * pages. It is to be the same everywhere.
 *
 * A zone that knows where to look for most pages but not for all must not be judged
 * by one of them. So a pair is measured with one page after the other, each of
 * them kept until the end; the figure is the mean, beside the least and the most.
 *
 * For exhausted the zone is latched by hand, as a failed attempt would do it, lest
 * memory had to run out once for each size; exhaust.c has it for real.
 */
#define pr_fmt(fmt) "labyrinth_bench: " fmt

#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "../../src/internal.h"
#include "bench.h"
#include "zone.h"

#define NONE		LABYRINTH_QUALITY_NONE
#define SAMPLES		96	/* pages, of those that are cached */
#define DRY_SAMPLES	32	/* of those in a reserve */
#define CACHE		(2 * BENCH_BURST)
#define FILL_MAX	8192U
#define ENOUGH_PERCENT	90	/* of what a zone is to have out */
#define NAME		48

/**
 * struct growth - a zone to be measured
 * @name: what tells it from the others
 * @reserve: its size
 * @max_pages: the registry's; 0: whatever the reserve asks for
 * @fill: of max_pages, in percent, are live
 * @scattered: its pages lie far apart
 */
struct growth {
	const char	*name;
	unsigned int	reserve;
	unsigned int	max_pages;
	unsigned int	fill;
	bool		scattered;
};

static const struct growth zones[] = {
	{ .name = "reserve64", .reserve = 64 },
	{ .name = "reserve512", .reserve = 512 },
	{ .name = "reserve4096", .reserve = 4096 },
	{ .name = "reserve16384", .reserve = 16384 },
	{ .name = "reserve65536", .reserve = 65536 },
	{ .name = "fill0", .reserve = 64, .max_pages = FILL_MAX },
	{ .name = "fill25", .reserve = 64, .max_pages = FILL_MAX, .fill = 25 },
	{ .name = "fill50", .reserve = 64, .max_pages = FILL_MAX, .fill = 50 },
	{ .name = "fill75", .reserve = 64, .max_pages = FILL_MAX, .fill = 75 },
	{ .name = "fill90", .reserve = 64, .max_pages = FILL_MAX, .fill = 90 },
	{ .name = "full", .reserve = 64, .max_pages = FILL_MAX, .fill = 100 },
	{ .name = "scattered", .reserve = 64, .scattered = true },
	{ .name = "scattered-full", .reserve = 64, .max_pages = FILL_MAX,
	  .fill = 100, .scattered = true },
	{ .name = "scattered-reserve4096", .reserve = 4096, .scattered = true },
};

/* --- a memory in disorder --- */

static struct page **scattered;
static unsigned long nr_scattered;

/* The same numbers each time. */
static u32 next_random(u32 *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void scatter_end(void)
{
	while (nr_scattered)
		__free_page(scattered[--nr_scattered]);
	vfree(scattered);
	scattered = NULL;
}

/*
 * Half of the memory is taken and shuffled, and some of it given back in that order:
 * these pages are the next ones to be had, as none of them has a neighbour to
 * merge with.
 */
static bool scatter_begin(unsigned long wanted)
{
	unsigned long most = totalram_pages() / 2, i;
	u32 state = 1;

	scattered = vmalloc(array_size(most, sizeof(*scattered)));
	if (!scattered)
		return false;
	while (nr_scattered < most &&
	       (scattered[nr_scattered] = alloc_page(GFP_KERNEL | __GFP_NORETRY |
						     __GFP_NOWARN)))
		nr_scattered++;
	if (nr_scattered < 2 * wanted) {
		scatter_end();
		return false;
	}
	for (i = nr_scattered - 1; i; i--) {
		unsigned long other = next_random(&state) % (i + 1);

		swap(scattered[i], scattered[other]);
	}
	while (wanted--)
		__free_page(scattered[--nr_scattered]);
	return true;
}

/* --- one zone --- */

static struct page **live;
static unsigned int nr_live;

static void print_shortage(struct labyrinth_zone *zone, const struct growth *growth)
{
	struct labyrinth_stats stats;

	labyrinth_zone_get_stats(zone, &stats);
	pr_err("%s: the zone does not give that many pages: %llu live, %llu owned of %llu, %llu without a slot, %llu capped\n",
	       growth->name, stats.live, stats.owned, stats.max_pages, stats.unjoined,
	       stats.capped);
}

/*
 * As many as the zone may have out with its reserve and its caches full, or as it
 * takes: a page for which there is no slot comes back from the system again and again.
 * Those that are idle then, and that the clean stock is made of, are any of them, and
 * not the ones that joined last.
 */
static bool fill(struct labyrinth_zone *zone, const struct growth *growth)
{
	unsigned int most = growth->max_pages * growth->fill / 100, i;
	/* Depots hold as much as caches do. */
	unsigned int surplus = 2 * CACHE;
	u32 state = 2;

	if (!growth->fill)
		most = 0;
	else if (growth->fill == 100)
		most -= growth->reserve + surplus;
	for (nr_live = 0; nr_live < most + surplus; nr_live++) {
		/* Not from the reserve, which what is freed would have to fill first. */
		live[nr_live] = labyrinth_alloc_page_atomic(zone,
							    LABYRINTH_QUALITY_NOWAIT);
		if (!live[nr_live])
			break;
		if (nr_live % 256 == 0)
			cond_resched();
	}
	if (nr_live < most + surplus)
		print_shortage(zone, growth);
	if (nr_live < (most + surplus) * ENOUGH_PERCENT / 100)
		return false;
	for (i = 0; i < surplus; i++) {
		unsigned int any = next_random(&state) % nr_live;

		labyrinth_free_page(zone, live[any]);
		live[any] = live[--nr_live];
	}
	return true;
}

static void empty(struct labyrinth_zone *zone)
{
	while (nr_live)
		labyrinth_free_page(zone, live[--nr_live]);
}

/* @loop with one page after the other. */
static void sample(const struct bench_loop *loop, struct labyrinth_zone *zone,
		   unsigned int samples, struct bench_values *values)
{
	unsigned int rounds = max(bench_loop_rounds(loop) / samples, 1U), i;
	static struct page *kept[SAMPLES];

	for (i = 0; i < samples; i++) {
		u64 ticks = loop->run(zone, rounds);

		bench_add(values, bench_round_cost(loop, ticks, rounds));
		kept[i] = labyrinth_alloc_page_atomic(zone, NONE);
	}
	while (i--)
		labyrinth_free_page(zone, kept[i]);
}

static void print(const char *name, const struct growth *growth,
		  struct bench_values *values)
{
	char full[NAME];

	snprintf(full, sizeof(full), "%s@%s", name, growth->name);
	bench_print_mean(full, "labyrinth", values);
}

static void measure_pair(const struct bench_loop *loop, struct labyrinth_zone *zone,
			 const struct growth *growth)
{
	static struct bench_values values;
	struct bench_quiet quiet;

	values.nr = 0;
	quiet = bench_quiet_begin(false);
	sample(loop, zone, SAMPLES, &values);
	bench_quiet_end(quiet);
	print(loop->name, growth, &values);
	/* Asked for so often that it has a name of its own. */
	if (loop == &bench_zone_pair && growth->fill == 100 && !growth->scattered)
		bench_print_mean("tracked-full", "labyrinth", &values);
}

static void measure_exhausted(struct labyrinth_zone *zone, const struct growth *growth)
{
	static struct bench_values values;
	struct bench_quiet quiet;

	values.nr = 0;
	/* What is cached would be handed out first. */
	labyrinth_zone_trim(zone);
	quiet = bench_quiet_begin(false);
	set_bit(LABYRINTH_ZONE_LATCHED, &zone->state);
	sample(&bench_exhausted_pair, zone, DRY_SAMPLES, &values);
	bench_quiet_end(quiet);
	print("exhausted", growth, &values);
}

static void measure_bulk(struct labyrinth_zone *zone, const struct growth *growth)
{
	const struct bench_loop *loop = &bench_zone_bulk64;
	static struct bench_values values;
	struct bench_quiet quiet;
	unsigned int i;

	values.nr = 0;
	for (i = 0; i < bench_repeats; i++) {
		unsigned int rounds = bench_loop_rounds(loop);
		u64 ticks;

		quiet = bench_quiet_begin(false);
		ticks = loop->run(zone, rounds);
		bench_quiet_end(quiet);
		bench_add(&values, bench_round_cost(loop, ticks, rounds));
	}
	print(loop->name, growth, &values);
}

static void measure_zone(struct labyrinth_zone *zone, const struct growth *growth)
{
	static struct bench_values values;

	values.nr = 0;
	measure_pair(&bench_zone_pair, zone, growth);
	measure_pair(&bench_zone_address, zone, growth);
	measure_bulk(zone, growth);
	bench_add(&values, bench_zero_stock(zone));
	print("zero", growth, &values);
	measure_exhausted(zone, growth);
}

static void measure_growth(const struct growth *growth)
{
	struct labyrinth_zone *zone;

	if (growth->scattered &&
	    !scatter_begin(growth->reserve + growth->max_pages + 4 * CACHE)) {
		pr_err("%s: not enough memory\n", growth->name);
		return;
	}
	zone = bench_zone((struct labyrinth_zone_params) {
		.reserve = growth->reserve, .max_pages = growth->max_pages,
		.cache = CACHE,
	});
	if (IS_ERR(zone))
		pr_err("%s: no such zone: %ld\n", growth->name, PTR_ERR(zone));
	else if (fill(zone, growth))
		measure_zone(zone, growth);
	if (growth->scattered)
		scatter_end();
	if (IS_ERR(zone))
		return;
	empty(zone);
	labyrinth_zone_destroy(zone);
}

void bench_growth(void)
{
	unsigned int i;

	live = vmalloc(array_size(FILL_MAX + 2 * CACHE, sizeof(*live)));
	if (!live)
		return;
	for (i = 0; i < ARRAY_SIZE(zones); i++)
		measure_growth(&zones[i]);
	vfree(live);
}
