// SPDX-License-Identifier: GPL-2.0
/*
 * Cleared pages.
 *
 * zero is what a request costs while the stock of clean pages lasts: a few pairs at
 * a time, and then the worker has all the time that it wants, uncounted. What it takes
 * to ask the worker and to fetch pages from the zone's stock is in it; zero-hit is a
 * pair in between, which finds its page at once, as most do.
 *
 * zero-sustained is what it costs in the long run. Nothing is kept out: interrupts
 * are on, the worker has the same processor, and all of its instructions are in the
 * figure, and so are the timer's. Nobody sleeps, as the time that a processor is
 * idle would be counted as well.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "../../src/internal.h"
#include "bench.h"
#include "zone.h"

#define ZERO	LABYRINTH_QUALITY_ZERO

#define CHUNK	16	/* pairs at a time: less than any stock */
#define CHUNKS	128	/* icount; elsewhere they take real time */
#define CHUNKS_NATIVE	32
#define SKIP	2	/* of these, until pages are at hand */
#define HITS	12
#define WORK_NS	(12 * NSEC_PER_MSEC)

static __always_inline void zone_zero(void *handle)
{
	struct page *page = labyrinth_alloc_page_atomic(handle, ZERO);

	labyrinth_free_page(handle, page);
}

static __always_inline void zone_any(void *handle)
{
	struct page *page = labyrinth_alloc_page_atomic(handle, LABYRINTH_QUALITY_NONE);

	labyrinth_free_page(handle, page);
}

static __always_inline void buddy_zero(void *handle)
{
	struct page *page = alloc_page(GFP_ATOMIC | __GFP_ZERO);

	__free_page(page);
}

static __always_inline void nothing(void *handle)
{
	OPTIMIZER_HIDE_VAR(handle);
}

BENCH_LOOP(zone_any)
BENCH_LOOP_COLD(zone_zero)
BENCH_LOOP_COLD(nothing)

/* While the worker had its time, the processor has forgotten all that is not its. */
static struct bench_quiet quiet_and_warm(void *zone)
{
	struct bench_quiet quiet = bench_quiet_begin(false);

	zone_any_loop(zone, 1);
	return quiet;
}

static u64 chunk(u64 (*run)(void *handle, unsigned int rounds), void *zone)
{
	struct bench_quiet quiet = quiet_and_warm(zone);
	u64 ticks = run(zone, CHUNK);

	bench_quiet_end(quiet);
	return ticks;
}

static unsigned int chunks(void)
{
	return bench_icount ? CHUNKS : CHUNKS_NATIVE;
}

/*
 * The worker is done with what it was asked for. UML asks at the next tick; who sleeps
 * until then finds the processor's caches full of other things.
 */
static void let_work(struct labyrinth_zone *zone)
{
	u64 end = ktime_get_ns() + WORK_NS;

	if (bench_icount)
		usleep_range(1000, 2000);
	while (!bench_icount && ktime_get_ns() < end)
		cond_resched();
	labyrinth_refill_flush(zone);
}

/* A pair, in thousandths of the unit. */
u64 bench_zero_stock(struct labyrinth_zone *zone)
{
	u64 ticks = 0, empty = 0;
	unsigned int i;

	let_work(zone);
	chunk(zone_zero_loop, zone);
	for (i = 0; i < chunks(); i++) {
		let_work(zone);
		ticks += chunk(zone_zero_loop, zone);
		empty += chunk(nothing_loop, zone);
	}
	return div_u64(bench_scale(ticks - min(ticks, empty)), CHUNK * chunks());
}

/* The pairs in the middle of a chunk; what is fetched or spilled comes before. */
static u64 hits(struct labyrinth_zone *zone)
{
	struct bench_quiet quiet = quiet_and_warm(zone);
	u64 ticks, empty;

	zone_zero_loop(zone, SKIP);
	ticks = zone_zero_loop(zone, HITS);
	zone_zero_loop(zone, CHUNK - SKIP - HITS);
	empty = nothing_loop(zone, HITS);
	bench_quiet_end(quiet);
	return div_u64(bench_scale(ticks - min(ticks, empty)), HITS);
}

static void print_hit(struct labyrinth_zone *zone)
{
	static struct bench_values values;
	unsigned int i;

	values.nr = 0;
	for (i = 0; i < BENCH_VALUES; i++) {
		let_work(zone);
		bench_add(&values, hits(zone));
	}
	bench_print("zero-hit", "labyrinth", &values);
}

/* Is what is handed out really clear? A page is dirty when it is freed. */
static bool zeroed(struct labyrinth_zone *zone)
{
	unsigned int i;
	bool good = true;

	for (i = 0; good && i < 4 * BENCH_BURST; i++) {
		void *page = labyrinth_alloc_atomic(zone, ZERO);

		good = page && !memchr_inv(page, 0, PAGE_SIZE);
		if (page)
			memset(page, 0xa5, PAGE_SIZE);
		labyrinth_free(zone, page);
		if (i % CHUNK == 0)
			let_work(zone);
	}
	return good;
}

static __always_inline u64 sustained(void (*one)(void *handle), void *handle)
{
	u64 start = bench_clock();
	unsigned int i;

	for (i = 0; i < bench_rounds; i++) {
		one(handle);
		if (i % CHUNK == 0)
			cond_resched();
	}
	return div_u64(bench_scale(bench_clock() - start), bench_rounds);
}

static noinline u64 zone_sustained(void *handle)
{
	return sustained(zone_zero, handle);
}

static noinline u64 buddy_sustained(void *handle)
{
	return sustained(buddy_zero, handle);
}

static noinline u64 nothing_sustained(void *handle)
{
	return sustained(nothing, handle);
}

static void print_sustained(const char *provider, u64 (*run)(void *handle), void *handle)
{
	struct bench_values values = { };
	unsigned int i;

	run(handle);
	for (i = 0; i < bench_repeats; i++) {
		u64 empty = nothing_sustained(handle);
		u64 cost = run(handle);

		bench_add(&values, cost - min(cost, empty));
	}
	bench_print("zero-sustained", provider, &values);
}

void bench_zero(void)
{
	struct labyrinth_zone *zone = bench_zone((struct labyrinth_zone_params) { });
	struct bench_values values = { };
	unsigned int i;

	if (IS_ERR(zone)) {
		pr_err("labyrinth_bench: no zone for zero: %ld\n", PTR_ERR(zone));
		return;
	}
	if (zeroed(zone)) {
		for (i = 0; i < bench_repeats; i++)
			bench_add(&values, bench_zero_stock(zone));
		bench_print("zero", "labyrinth", &values);
		print_hit(zone);
		print_sustained("labyrinth", zone_sustained, zone);
		print_sustained("alloc_page", buddy_sustained, zone);
	} else {
		pr_err("labyrinth_bench: a page that was to be zero is not\n");
	}
	labyrinth_zone_destroy(zone);
}
