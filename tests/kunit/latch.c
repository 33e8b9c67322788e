// SPDX-License-Identifier: GPL-2.0
/*
 * The pressure latch: set by a full attempt at the system that failed, open again
 * when the worker has found memory.
 */
#include <kunit/test.h>

#include "common.h"

#define NONE	LABYRINTH_QUALITY_NONE

/* A zone that a failed attempt has latched; the worker does nothing yet. */
static struct labyrinth_zone *latched_zone(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 8);

	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_ATOMIC, true);
	KUNIT_ASSERT_NOT_NULL(test, labyrinth_test_alloc(zone, NONE));
	KUNIT_ASSERT_TRUE(test, labyrinth_test_is_latched(zone));
	return zone;
}

static void new_zone_is_not_latched(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, labyrinth_test_is_latched(labyrinth_test_zone(test)));
}

static void failed_attempt_sets_the_latch(struct kunit *test)
{
	latched_zone(test);
}

static void latched_zone_does_not_ask_the_system(struct kunit *test)
{
	struct labyrinth_zone *zone = latched_zone(test);
	struct page *page[7];

	/* Memory is back, but only the worker may find out. */
	labyrinth_inject_set(zone, LABYRINTH_INJECT_ATOMIC, false);
	KUNIT_EXPECT_EQ(test, labyrinth_test_take(zone, NONE, page, 7), 7);
	KUNIT_EXPECT_NULL(test, labyrinth_test_alloc(zone, NONE));
	KUNIT_EXPECT_NULL(test, labyrinth_test_alloc(zone, LABYRINTH_QUALITY_NOWAIT));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_system, 0);
}

static void worker_clears_the_latch_when_memory_is_back(struct kunit *test)
{
	struct labyrinth_zone *zone = latched_zone(test);
	u64 from_system;

	labyrinth_test_reconnect(zone);
	/* Another kick for the worker that was held back; it may be done before. */
	KUNIT_EXPECT_NOT_NULL(test, labyrinth_test_alloc(zone, NONE));
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(!labyrinth_test_is_latched(zone)));
	from_system = labyrinth_test_stats(zone).from_system;
	KUNIT_EXPECT_NOT_NULL(test, labyrinth_test_alloc(zone, NONE));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_system, from_system + 1);
}

static void latch_stays_while_the_worker_finds_nothing(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 8);
	u64 passes;

	labyrinth_test_cut_off(zone);
	KUNIT_ASSERT_NOT_NULL(test, labyrinth_test_alloc(zone, NONE));
	passes = labyrinth_test_stats(zone).refill_failures;
	KUNIT_ASSERT_TRUE(test,
			  labyrinth_test_wait(labyrinth_test_stats(zone).refill_failures >
					      passes + 1));
	/* 7 of 8 are above the high watermark, but not of the worker's doing. */
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_latched(zone));
}

static void latch_stays_below_the_high_watermark(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 8);
	struct page *page[4];
	u64 passes;

	labyrinth_test_cut_off(zone);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 4), 4);
	passes = labyrinth_test_stats(zone).refill_failures;
	KUNIT_ASSERT_TRUE(test,
			  labyrinth_test_wait(labyrinth_test_stats(zone).refill_failures >
					      passes + 1));
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_latched(zone));
}

static void failing_nowait_request_leaves_the_latch_open(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 8);

	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_ATOMIC, true);
	KUNIT_EXPECT_NULL(test, labyrinth_test_alloc(zone, LABYRINTH_QUALITY_NOWAIT));
	KUNIT_EXPECT_FALSE(test, labyrinth_test_is_latched(zone));
}

static void latch_is_cleared_though_nothing_but_time_passes(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 8);
	struct page *page[8];

	labyrinth_test_cut_off(zone);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 8), 8);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_is_latched(zone));
	labyrinth_test_reconnect(zone);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(!labyrinth_test_is_latched(zone)));
}

/* The reserve is full: no page is missing that could wake the worker again. */
static void latch_of_a_full_reserve_is_cleared_too(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 1);
	struct page *page;

	labyrinth_test_cut_off(zone);
	page = labyrinth_test_alloc(zone, NONE);
	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_test_free(zone, page);
	KUNIT_ASSERT_EQ(test, labyrinth_test_stats(zone).reserve, 1);
	labyrinth_test_reconnect(zone);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(!labyrinth_test_is_latched(zone)));
}

static void latch_is_shown_to_the_administrator(struct kunit *test)
{
	char text[8];

	latched_zone(test);
	KUNIT_ASSERT_GT(test,
			labyrinth_test_file_read("/sys/kernel/labyrinth/kunit/latched",
						 text, sizeof(text)), 0);
	KUNIT_EXPECT_STREQ(test, text, "1\n");
}

static struct kunit_case latch_cases[] = {
	KUNIT_CASE(new_zone_is_not_latched),
	KUNIT_CASE(failed_attempt_sets_the_latch),
	KUNIT_CASE(latched_zone_does_not_ask_the_system),
	KUNIT_CASE(worker_clears_the_latch_when_memory_is_back),
	KUNIT_CASE(latch_stays_while_the_worker_finds_nothing),
	KUNIT_CASE(latch_stays_below_the_high_watermark),
	KUNIT_CASE(failing_nowait_request_leaves_the_latch_open),
	KUNIT_CASE(latch_is_cleared_though_nothing_but_time_passes),
	KUNIT_CASE(latch_of_a_full_reserve_is_cleared_too),
	KUNIT_CASE(latch_is_shown_to_the_administrator),
	{}
};

static struct kunit_suite latch_suite = {
	.name = "labyrinth_latch",
	.test_cases = latch_cases,
};

kunit_test_suite(latch_suite);
