// SPDX-License-Identifier: GPL-2.0
/*
 * Hard interrupts against process context on one CPU: no page is handed out
 * twice, and none is lost.
 *
 * The account is kept by the callers alone, in page->private, which is theirs
 * while the page is live: whoever gets a page puts his name there and must find
 * nobody else's; whoever gives it back must find his own.
 */
#include <kunit/test.h>
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/prandom.h>
#include <linux/sched.h>

#include "common.h"

#define NONE		LABYRINTH_QUALITY_NONE
#define STEPS		100000U		/* of the process */
#define INTERRUPTS	1000U		/* or as many as come in the time given */
#define BURST		24U		/* steps of one interrupt */
#define HELD		64U		/* pages that one caller holds at most */
#define PERIOD_NS	(100 * NSEC_PER_USEC)

struct race_param {
	const char			*what;
	struct labyrinth_zone_params	params;
	bool				dry;	/* the system gives nothing */
	unsigned int			bulk;	/* pages taken and freed at once */
};

#define PARAMS(...) { .name = "kunit", .node = NUMA_NO_NODE, .reserve = 32, __VA_ARGS__ }

static const struct race_param race_params[] = {
	{ "cached", PARAMS(.cache = 128) },
	{ "cache of one page", PARAMS(.cache = 1) },
	{ "cache that spills", PARAMS(.cache = 16) },
	{ "no cache", PARAMS(.cache = LABYRINTH_NO_CACHE) },
	{ "reserve first", PARAMS(.policy = LABYRINTH_RESERVE_FIRST, .cache = 8) },
	{ "reserve only", PARAMS(.policy = LABYRINTH_RESERVE_ONLY, .cache = 8) },
	{ "VERIFY", PARAMS(.quality = LABYRINTH_QUALITY_VERIFY, .cache = 8) },
	{ "dry", PARAMS(.cache = 8), .dry = true },
	{ "dry and no cache", PARAMS(.cache = LABYRINTH_NO_CACHE), .dry = true },
	{ "bulk", PARAMS(.cache = 16), .bulk = 7 },
	{ "bulk and dry", PARAMS(.cache = 8), .dry = true, .bulk = 5 },
};

static void race_desc(const struct race_param *param, char *desc)
{
	strscpy(desc, param->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(race, race_params, race_desc);

/**
 * struct caller - one of the two, with the pages that it holds
 * @zone: the zone
 * @random: its dice
 * @name: what it writes into its pages
 * @bulk: pages taken and freed at once; 0: by single calls
 * @nr: pages held
 * @page: the pages
 * @stolen: pages that came with somebody else's name, or lost their own
 * @taken: pages got
 * @given: pages given back
 */
struct caller {
	struct labyrinth_zone	*zone;
	struct rnd_state	random;
	unsigned long		name;
	unsigned int		bulk;
	unsigned int		nr;
	struct page		*page[HELD];
	unsigned int		stolen;
	u64			taken;
	u64			given;
};

/**
 * struct race - both callers, and the timer that makes the interrupts
 * @timer: expires again and again
 * @process: the caller in process context
 * @interrupt: the other one
 * @interrupts: how often the timer has expired
 * @stop: it is not to do so any more
 */
struct race {
	struct hrtimer	timer;
	struct caller	process;
	struct caller	interrupt;
	unsigned int	interrupts;
	bool		stop;
};

static void sign(struct caller *caller, unsigned int nr)
{
	while (nr--) {
		struct page *page = caller->page[caller->nr++];

		if (xchg(&page->private, caller->name) != 0)
			caller->stolen++;
		caller->taken++;
	}
}

static void unsign(struct caller *caller, unsigned int nr)
{
	while (nr--) {
		struct page *page = caller->page[--caller->nr];

		if (xchg(&page->private, 0) != caller->name)
			caller->stolen++;
		caller->given++;
	}
}

static void take(struct caller *caller)
{
	unsigned int nr = caller->bulk;

	if (nr) {
		if (!labyrinth_alloc_bulk_atomic(caller->zone, NONE, nr,
						 caller->page + caller->nr))
			sign(caller, nr);
		return;
	}
	caller->page[caller->nr] = labyrinth_alloc_page_atomic(caller->zone, NONE);
	if (caller->page[caller->nr])
		sign(caller, 1);
}

static void give(struct caller *caller, u32 dice)
{
	unsigned int nr = caller->bulk ?: 1;

	/* Any of its pages, not just the last one. */
	swap(caller->page[caller->nr - 1], caller->page[dice % caller->nr]);
	unsign(caller, nr);
	if (caller->bulk)
		labyrinth_free_bulk(caller->zone, nr, caller->page + caller->nr);
	else
		labyrinth_free_page(caller->zone, caller->page[caller->nr]);
}

static void step(struct caller *caller)
{
	u32 dice = prandom_u32_state(&caller->random);
	unsigned int nr = caller->bulk ?: 1;

	if (caller->nr + nr <= HELD && (caller->nr < nr || dice & 1))
		take(caller);
	else if (caller->nr >= nr)
		give(caller, dice >> 1);
}

static enum hrtimer_restart race_interrupt(struct hrtimer *timer)
{
	struct race *race = container_of(timer, struct race, timer);
	ktime_t start = ktime_get();
	unsigned int i;
	s64 took;

	for (i = 0; i < BURST; i++)
		step(&race->interrupt);
	race->interrupts++;
	if (READ_ONCE(race->stop))
		return HRTIMER_NORESTART;
	/* The process must get somewhere, however slow a debug kernel is. */
	took = ktime_to_ns(ktime_sub(ktime_get(), start));
	hrtimer_forward_now(timer, ns_to_ktime(max_t(s64, PERIOD_NS, 8 * took)));
	return HRTIMER_RESTART;
}

static void run(struct race *race)
{
	unsigned long deadline = jiffies + LABYRINTH_TEST_PATIENCE_S * HZ;
	unsigned int i = 0;

	hrtimer_setup(&race->timer, race_interrupt, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_HARD);
	hrtimer_start(&race->timer, ns_to_ktime(PERIOD_NS), HRTIMER_MODE_REL_PINNED_HARD);
	while ((i < STEPS || READ_ONCE(race->interrupts) < INTERRUPTS) &&
	       time_before(jiffies, deadline)) {
		step(&race->process);
		/* The worker is the third party. */
		if (++i % 1024 == 0)
			cond_resched();
	}
	WRITE_ONCE(race->stop, true);
	hrtimer_cancel(&race->timer);
}

static void give_all(struct caller *caller)
{
	caller->bulk = 0;
	while (caller->nr)
		give(caller, 0);
}

static void no_page_is_handed_out_twice_or_lost(struct kunit *test)
{
	const struct race_param *param = test->param_value;
	struct labyrinth_zone *zone = labyrinth_test_zone_make(test, &param->params);
	struct labyrinth_stats stats;
	struct race *race;

	race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, race);
	race->process = (struct caller) { .zone = zone, .name = 1, .bulk = param->bulk };
	race->interrupt = (struct caller) { .zone = zone, .name = 2, .bulk = param->bulk };
	prandom_seed_state(&race->process.random, 1);
	prandom_seed_state(&race->interrupt.random, 2);
	if (param->dry)
		labyrinth_test_cut_off(zone);

	run(race);
	/* How many is the machine's affair; without any there was no race. */
	KUNIT_EXPECT_GT(test, race->interrupts, 0);
	stats = labyrinth_test_stats(zone);
	KUNIT_EXPECT_EQ(test, stats.live, race->process.nr + race->interrupt.nr);
	KUNIT_EXPECT_EQ(test, stats.allocs, race->process.taken + race->interrupt.taken);
	KUNIT_EXPECT_EQ(test, stats.frees, race->process.given + race->interrupt.given);
	if (param->dry)
		KUNIT_EXPECT_EQ(test, stats.owned, 32);

	give_all(&race->process);
	give_all(&race->interrupt);
	KUNIT_EXPECT_EQ(test, race->process.stolen, 0);
	KUNIT_EXPECT_EQ(test, race->interrupt.stolen, 0);
	labyrinth_test_reconnect(zone);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(!labyrinth_reserve_lack(zone)));
	labyrinth_refill_flush(zone);
	stats = labyrinth_test_stats(zone);
	KUNIT_EXPECT_EQ(test, stats.live, 0);
	KUNIT_EXPECT_EQ(test, stats.misuse, 0);
	KUNIT_EXPECT_EQ(test, stats.verify_failures, 0);
	KUNIT_EXPECT_EQ(test, stats.owned, stats.reserve + stats.cached);
	KUNIT_EXPECT_EQ(test, stats.taken - stats.returned, stats.owned);
}

static struct kunit_case interrupt_cases[] = {
	KUNIT_CASE_PARAM(no_page_is_handed_out_twice_or_lost, race_gen_params),
	{}
};

static struct kunit_suite interrupt_suite = {
	.name = "labyrinth_interrupt",
	.test_cases = interrupt_cases,
};

kunit_test_suite(interrupt_suite);
