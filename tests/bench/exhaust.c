// SPDX-License-Identifier: GPL-2.0
/*
 * No memory left: the hog has it all, and nothing is injected.
 *
 * exhausted is a pair of which the page comes out of the reserve and goes back into
 * it, of a zone that has tried the system once and is latched. Each such pair asks
 * for the worker; as interrupts are off, the first of them raises the interrupt and
 * all others find it raised, which is what they cost in a burst. Neither the raising
 * nor what the interrupt and the worker do is in the figure. For alloc_page() it
 * is the call that fails.
 *
 * exhausted-kick is the same with the interrupt answered in between, so that each
 * pair has to raise it; the answer is not in the figure, either.
 *
 * worst is the dearest of many single calls, each timed on its own: first with
 * memory to be had, in bursts that fill and spill the cache, then without, the
 * raising of the interrupt included, down to the end of the reserve and beyond, and
 * all the way back. Calls that entered the system are told apart, as worst-system;
 * worst-alloc-cached and others are the dearest of one kind each. Of alloc_page() and
 * mempool it is the dearest allocation without memory.
 */
#define pr_fmt(fmt) "labyrinth_bench: " fmt

#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/printk.h>

#include "../../src/internal.h"
#include "bench.h"
#include "zone.h"

#define NONE		LABYRINTH_QUALITY_NONE
#define RESERVE		64
#define BURSTS		64
#define KICKS		256

static __always_inline void zone_pair(void *handle)
{
	struct page *page = labyrinth_alloc_page_atomic(handle, NONE);

	labyrinth_free_page(handle, page);
}

static __always_inline void pool_pair(void *handle)
{
	void *page = mempool_alloc(handle, GFP_ATOMIC);

	mempool_free(page, handle);
}

/* One that is to fail; two instructions more than the call itself. */
static __always_inline void buddy_attempt(void *handle)
{
	struct page *page = alloc_page(GFP_ATOMIC | __GFP_NOWARN);

	if (page)
		__free_page(page);
}

static __always_inline void nothing(void *handle)
{
	OPTIMIZER_HIDE_VAR(handle);
}

BENCH_LOOP(zone_pair)
BENCH_LOOP(pool_pair)
BENCH_LOOP(buddy_attempt)

/* Of a zone that is latched, and has nothing cached. */
const struct bench_loop bench_exhausted_pair = {
	.name = "exhausted", .run = zone_pair_loop,
	.baseline = &bench_empty_pair, .per = 1,
};

/* Single calls, the clock's own cost included. */
static noinline u64 time_alloc(struct labyrinth_zone *zone, struct page **page)
{
	u64 start = bench_clock();

	*page = labyrinth_alloc_page_atomic(zone, NONE);
	return bench_clock() - start;
}

static noinline u64 time_free(struct labyrinth_zone *zone, struct page *page)
{
	u64 start = bench_clock();

	labyrinth_free_page(zone, page);
	return bench_clock() - start;
}

static noinline u64 time_zone_pair(void *handle)
{
	return bench_timed(zone_pair, handle, 1);
}

static noinline u64 time_pool_pair(void *handle)
{
	return bench_timed(pool_pair, handle, 1);
}

static noinline u64 time_pool_alloc(mempool_t *pool, void **page)
{
	u64 start = bench_clock();

	*page = mempool_alloc(pool, GFP_ATOMIC);
	return bench_clock() - start;
}

static noinline u64 time_buddy_attempt(void *handle)
{
	return bench_timed(buddy_attempt, handle, 1);
}

static noinline u64 time_empty_pair(void *handle)
{
	return bench_timed(nothing, handle, 1);
}

/* --- the worst of many --- */

/* Calls, by what they met; the second half without memory. */
enum { ALLOC_CACHED, FREE_CACHED, ALLOC_EXHAUSTED, FREE_EXHAUSTED, STARVED, KINDS };

static const char *const kinds[KINDS] = {
	"worst-alloc-cached", "worst-free-cached", "worst-alloc-exhausted",
	"worst-free-exhausted", "worst-starved",
};

/* In ticks, the clock's own included. */
struct worst {
	u64	own[KINDS];
	u64	system;
	bool	exhausted;
};

static u64 system_calls(struct labyrinth_zone *zone)
{
	struct labyrinth_stats stats;

	labyrinth_zone_get_stats(zone, &stats);
	return stats.taken + stats.returned + test_bit(LABYRINTH_ZONE_LATCHED, &zone->state);
}

static void worst_add(struct worst *worst, unsigned int kind, bool system, u64 ticks)
{
	u64 *most = system ? &worst->system : &worst->own[kind];

	*most = max(*most, ticks);
}

/* One call, in which interrupts are off: those that it raises come afterwards. */
static struct page *worst_alloc(struct labyrinth_zone *zone, struct worst *worst)
{
	unsigned int kind = worst->exhausted ? ALLOC_EXHAUSTED : ALLOC_CACHED;
	u64 before = system_calls(zone), ticks;
	struct page *page;
	unsigned long flags;

	local_irq_save(flags);
	ticks = time_alloc(zone, &page);
	local_irq_restore(flags);
	worst_add(worst, page ? kind : STARVED, system_calls(zone) != before, ticks);
	return page;
}

static void worst_free(struct labyrinth_zone *zone, struct worst *worst,
		       struct page *page)
{
	unsigned int kind = worst->exhausted ? FREE_EXHAUSTED : FREE_CACHED;
	u64 before = system_calls(zone), ticks;
	unsigned long flags;

	local_irq_save(flags);
	ticks = time_free(zone, page);
	local_irq_restore(flags);
	worst_add(worst, kind, system_calls(zone) != before, ticks);
}

/* All that can be had up to @nr, and back. */
static void worst_burst(struct labyrinth_zone *zone, struct worst *worst,
			unsigned int nr)
{
	static struct page *page[2 * RESERVE];
	unsigned int i;

	for (i = 0; i < nr; i++)
		page[i] = worst_alloc(zone, worst);
	while (i--)
		if (page[i])
			worst_free(zone, worst, page[i]);
}

static void print_worst(const char *name, const char *provider, u64 ticks, u64 less)
{
	if (ticks)
		bench_print_one(name, provider, bench_scale(ticks - min(ticks, less)));
}

/* --- without memory --- */

/*
 * From here on nobody else runs, and there is no memory. False: there is, or will be
 * in the middle of it.
 */
static bool famine_begin(void)
{
	preempt_disable();
	bench_hog_take();
	return bench_hog_exhausted();
}

static void famine_end(void)
{
	bench_hog_give();
	preempt_enable();
}

struct famine {
	struct labyrinth_zone	*zone;
	mempool_t		*pool;
	struct bench_values	zone_pair;
	struct bench_values	pool_pair;
	struct bench_values	failure;
	struct bench_values	zone_kick;
	struct worst		worst;
	u64			worst_pool;
	u64			worst_failure;
	u64			first_zone;
	u64			first_pool;
	u64			first_buddy;
};

static u64 round_cost(u64 (*run)(void *handle, unsigned int rounds), void *handle)
{
	unsigned int rounds = bench_rounds;
	u64 cost = div_u64(bench_scale(run(handle, rounds)), rounds);

	return cost - min(cost, bench_empty_pair);
}

/* Each pair has to raise the interrupt, which has been answered before. */
static u64 kick_cost(struct labyrinth_zone *zone)
{
	u64 ticks = 0, empty = 0;
	unsigned long flags;
	unsigned int i;

	for (i = 0; i < KICKS; i++) {
		local_irq_save(flags);
		ticks += time_zone_pair(zone);
		local_irq_restore(flags);
		local_irq_save(flags);
		empty += time_empty_pair(zone);
		local_irq_restore(flags);
	}
	return div_u64(bench_scale(ticks - min(ticks, empty)), KICKS);
}

/* With interrupts off no softirq frees anything, either. */
static bool famine_loops(struct famine *famine)
{
	unsigned long flags;
	unsigned int i;
	bool lasting;

	local_irq_save(flags);
	bench_hog_take();
	for (i = 0; i < bench_repeats; i++) {
		bench_add(&famine->failure, round_cost(buddy_attempt_loop, famine));
		bench_add(&famine->zone_pair, round_cost(zone_pair_loop, famine->zone));
		bench_add(&famine->pool_pair, round_cost(pool_pair_loop, famine->pool));
	}
	lasting = bench_hog_exhausted();
	local_irq_restore(flags);
	return lasting;
}

static void famine_singles(struct famine *famine)
{
	unsigned long flags;
	unsigned int i;
	void *page;

	famine->worst.exhausted = true;
	for (i = 0; i < bench_repeats; i++)
		bench_add(&famine->zone_kick, kick_cost(famine->zone));
	for (i = 0; i < BURSTS; i++) {
		worst_burst(famine->zone, &famine->worst, RESERVE / 2);
		local_irq_save(flags);
		famine->worst_pool = max(famine->worst_pool,
					 time_pool_alloc(famine->pool, &page));
		mempool_free(page, famine->pool);
		famine->worst_failure = max(famine->worst_failure,
					    time_buddy_attempt(famine));
		local_irq_restore(flags);
	}
	for (i = 0; i < BURSTS / 4; i++)
		worst_burst(famine->zone, &famine->worst, RESERVE + 4);
}

/* Memory is back, and nobody has been told. */
static void famine_first(struct famine *famine)
{
	unsigned long flags;

	bench_hog_give();
	local_irq_save(flags);
	famine->first_zone = time_zone_pair(famine->zone);
	famine->first_pool = time_pool_pair(famine->pool);
	famine->first_buddy = time_buddy_attempt(famine);
	local_irq_restore(flags);
}

static void famine_print(struct famine *famine, u64 less)
{
	unsigned int i;
	u64 worst = 0;

	bench_print("exhausted", "labyrinth", &famine->zone_pair);
	bench_print("exhausted", "mempool", &famine->pool_pair);
	bench_print("exhausted", "alloc_page", &famine->failure);
	bench_print("exhausted-kick", "labyrinth", &famine->zone_kick);
	/* A single call can be judged only where nothing else gets in between. */
	if (!bench_icount)
		return;
	for (i = 0; i < KINDS; i++) {
		print_worst(kinds[i], "labyrinth", famine->worst.own[i], less);
		worst = max(worst, famine->worst.own[i]);
	}
	print_worst("worst", "labyrinth", worst, less);
	print_worst("worst-system", "labyrinth", famine->worst.system, less);
	print_worst("worst", "mempool", famine->worst_pool, less);
	print_worst("worst", "alloc_page", famine->worst_failure, less);
	print_worst("first-after-exhaustion", "labyrinth", famine->first_zone, less);
	print_worst("first-after-exhaustion", "mempool", famine->first_pool, less);
	print_worst("first-after-exhaustion", "alloc_page", famine->first_buddy, less);
}

static void famine(struct famine *famine)
{
	u64 less = bench_overhead();
	bool good;
	unsigned int i;

	for (i = 0; i < BURSTS; i++)
		worst_burst(famine->zone, &famine->worst, 2 * RESERVE);
	/* What is cached would be handed out first. */
	labyrinth_zone_trim(famine->zone);
	good = famine_begin();
	if (good)
		good = famine_loops(famine);
	if (good) {
		famine_singles(famine);
		famine_first(famine);
	}
	famine_end();
	if (good)
		famine_print(famine, less);
	else
		pr_err("memory does not run out\n");
}

void bench_exhausted(void)
{
	static struct famine all;

	all = (struct famine) {
		.zone = bench_zone((struct labyrinth_zone_params) { .reserve = RESERVE }),
		.pool = mempool_create_page_pool(RESERVE, 0),
	};
	if (IS_ERR(all.zone) || !all.pool)
		pr_err("no zone or no mempool for exhaustion\n");
	else
		famine(&all);
	mempool_destroy(all.pool);
	if (!IS_ERR(all.zone))
		labyrinth_zone_destroy(all.zone);
}
