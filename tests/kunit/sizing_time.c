// SPDX-License-Identifier: GPL-2.0
/*
 * How fast the reserve is drained, how long it takes to be filled, and how long nobody
 * gets anything. How long something takes is nothing to be asserted; but that it took
 * as long as the case has had it take, at least.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/math64.h>
#include <linux/timekeeping.h>

#include "common.h"

#define NONE		LABYRINTH_QUALITY_NONE
#define RESERVE		64U

static struct labyrinth_sizing_figures figures(struct labyrinth_zone *zone)
{
	struct labyrinth_sizing_figures read;

	labyrinth_sizing_read(zone, &read);
	return read;
}

static bool sampled(struct labyrinth_zone *zone)
{
	return READ_ONCE(zone->sizing.samples);
}

/* Nothing but the reserve serves, and nobody fills it. */
static struct labyrinth_zone *dry_zone(struct kunit *test)
{
	struct labyrinth_zone *zone;

	zone = labyrinth_test_zone(test, .reserve = RESERVE, .cache = LABYRINTH_NO_CACHE);
	labyrinth_test_cut_off(zone);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	labyrinth_refill_flush(zone);
	return zone;
}

/* Up to @nr pages in one go. */
static void burst(struct labyrinth_zone *zone, struct page **pages, unsigned int nr)
{
	preempt_disable();
	labyrinth_test_take(zone, NONE, pages, nr);
	preempt_enable();
}

/* Until the sampler, which may start a tick late, has seen so many and come to rest. */
static bool rests_after(struct labyrinth_zone *zone, u32 taken)
{
	return labyrinth_test_wait(READ_ONCE(zone->sizing.settled) == taken &&
				   !sampled(zone));
}

static void burst_is_drained_within_each_window(struct kunit *test)
{
	struct page **pages = labyrinth_test_pages(test, RESERVE);
	struct labyrinth_zone *zone = dry_zone(test);
	struct labyrinth_sizing_figures drain;
	u64 start = ktime_get_ns(), ms;

	burst(zone, pages, 40);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(figures(zone).drain_100ms == 40));
	drain = figures(zone);
	KUNIT_EXPECT_LE(test, drain.drain_1ms, drain.drain_10ms);
	KUNIT_EXPECT_LE(test, drain.drain_10ms, drain.drain_100ms);
	/* However long it has taken: as many windows as cover that. */
	ms = div_u64(ktime_get_ns() - start, NSEC_PER_MSEC);
	KUNIT_EXPECT_GE(test, drain.drain_1ms * (ms + 2), 40);
	KUNIT_EXPECT_GE(test, drain.drain_10ms * (ms / 10 + 2), 40);
}

/* Twice the longest window apart: each for itself. */
static void bursts_far_apart_are_not_added(struct kunit *test)
{
	struct page **pages = labyrinth_test_pages(test, RESERVE);
	struct labyrinth_zone *zone = dry_zone(test);

	burst(zone, pages, 20);
	KUNIT_ASSERT_TRUE(test, rests_after(zone, 20));
	burst(zone, pages, 30);
	KUNIT_ASSERT_TRUE(test, rests_after(zone, 50));
	KUNIT_EXPECT_EQ(test, figures(zone).drain_100ms, 30);
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_peak, 50);
}

static void denied_pages_are_drained_as_well(struct kunit *test)
{
	struct page **pages = labyrinth_test_pages(test, RESERVE);
	struct labyrinth_zone *zone = dry_zone(test);
	unsigned int i;

	burst(zone, pages, RESERVE);
	KUNIT_ASSERT_TRUE(test, rests_after(zone, RESERVE));
	preempt_disable();
	for (i = 0; i < 100; i++)
		(void)labyrinth_test_alloc(zone, NONE);
	preempt_enable();
	KUNIT_EXPECT_TRUE(test, rests_after(zone, RESERVE + 100));
	KUNIT_EXPECT_EQ(test, figures(zone).drain_100ms, 100);
}

static void pages_that_go_round_drain_nothing(struct kunit *test)
{
	struct labyrinth_zone *zone = dry_zone(test);
	unsigned int i;

	for (i = 0; i < 1000; i++)
		labyrinth_test_free(zone, labyrinth_test_alloc(zone, NONE));
	KUNIT_ASSERT_TRUE(test, rests_after(zone, 1000));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_reserve, 1000);
	KUNIT_EXPECT_LE(test, figures(zone).drain_100ms, 1);
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_peak, 1);
}

static void sampler_rests_while_nothing_is_taken(struct kunit *test)
{
	struct page **pages = labyrinth_test_pages(test, RESERVE);
	struct labyrinth_zone *zone = dry_zone(test);

	KUNIT_EXPECT_FALSE(test, sampled(zone));
	labyrinth_test_take(zone, NONE, pages, 1);
	KUNIT_EXPECT_TRUE(test, rests_after(zone, 1));
	KUNIT_EXPECT_EQ(test, figures(zone).drain_100ms, 1);
	KUNIT_EXPECT_FALSE(test, hrtimer_active(&zone->sizing.timer));
}

static void latency_lasts_until_the_reserve_is_full(struct kunit *test)
{
	struct page **pages = labyrinth_test_pages(test, RESERVE);
	struct labyrinth_zone *zone = dry_zone(test);

	labyrinth_test_take(zone, NONE, pages, 3);
	msleep(30);
	/* It goes on, and is told as far as it has got. */
	KUNIT_EXPECT_GE(test, figures(zone).refill_latency_us, 20 * USEC_PER_MSEC);
	labyrinth_test_reconnect(zone);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(!READ_ONCE(zone->sizing.short_since)));
	KUNIT_EXPECT_GE(test, figures(zone).refill_latency_us, 20 * USEC_PER_MSEC);
	KUNIT_EXPECT_EQ(test, figures(zone).starvation_longest_us, 0);
}

static void starvation_lasts_until_there_are_pages(struct kunit *test)
{
	struct page **pages = labyrinth_test_pages(test, RESERVE + 1);
	struct labyrinth_zone *zone = dry_zone(test);
	u64 told;

	labyrinth_test_take(zone, NONE, pages, RESERVE);
	msleep(20);
	KUNIT_EXPECT_EQ(test, figures(zone).starvation_longest_us, 0);
	KUNIT_ASSERT_NULL(test, labyrinth_test_alloc(zone, NONE));
	msleep(30);
	KUNIT_EXPECT_GE(test, figures(zone).starvation_longest_us, 20 * USEC_PER_MSEC);
	labyrinth_test_reconnect(zone);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(!READ_ONCE(zone->starved_since)));
	labyrinth_refill_flush(zone);
	told = figures(zone).starvation_longest_us;
	KUNIT_EXPECT_GE(test, told, 20 * USEC_PER_MSEC);
	msleep(20);
	KUNIT_EXPECT_EQ(test, figures(zone).starvation_longest_us, told);
}

/* A reserve that max_pages keeps short is not being refilled. */
static void latency_of_a_zone_that_may_own_no_more_ends(struct kunit *test)
{
	struct page **pages = labyrinth_test_pages(test, 24);
	struct labyrinth_zone *zone;

	zone = labyrinth_test_zone(test, .reserve = 16, .max_pages = 24,
				   .cache = LABYRINTH_NO_CACHE,
				   .policy = LABYRINTH_RESERVE_ONLY);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, pages, 16), 16);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(labyrinth_test_stats(zone).owned == 24));
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 8);
	KUNIT_EXPECT_EQ(test, READ_ONCE(zone->sizing.short_since), 0);
}

/* The timer must be gone before the zone is. */
static void zone_can_be_destroyed_while_it_is_sampled(struct kunit *test)
{
	struct labyrinth_zone *zone;
	struct page *page[8];
	unsigned int round, nr;

	for (round = 0; round < 20; round++) {
		zone = dry_zone(test);
		KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 8), 8);
		KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(sampled(zone)));
		usleep_range(100 * round, 100 * round + 10);
		for (nr = 0; nr < 8; nr++)
			labyrinth_test_free(zone, page[nr]);
		KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	}
}

static void zone_with_live_pages_can_be_destroyed_while_it_is_sampled(struct kunit *test)
{
	struct labyrinth_zone *zone = dry_zone(test);
	struct page *page[8];
	unsigned int nr = 8;

	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, nr), nr);
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	usleep_range(5000, 6000);
	while (nr)
		labyrinth_test_free(zone, page[--nr]);
}

static struct kunit_case sizing_time_cases[] = {
	KUNIT_CASE(burst_is_drained_within_each_window),
	KUNIT_CASE(bursts_far_apart_are_not_added),
	KUNIT_CASE(denied_pages_are_drained_as_well),
	KUNIT_CASE(pages_that_go_round_drain_nothing),
	KUNIT_CASE(sampler_rests_while_nothing_is_taken),
	KUNIT_CASE(latency_lasts_until_the_reserve_is_full),
	KUNIT_CASE(starvation_lasts_until_there_are_pages),
	KUNIT_CASE(latency_of_a_zone_that_may_own_no_more_ends),
	KUNIT_CASE(zone_can_be_destroyed_while_it_is_sampled),
	KUNIT_CASE(zone_with_live_pages_can_be_destroyed_while_it_is_sampled),
	{}
};

static struct kunit_suite sizing_time_suite = {
	.name = "labyrinth_sizing_time",
	.test_cases = sizing_time_cases,
};

kunit_test_suite(sizing_time_suite);
