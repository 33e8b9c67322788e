// SPDX-License-Identifier: GPL-2.0
/*
 * What zones do, and say, when the system is out of memory. The notifier is called as
 * the kernel would; a machine that really runs out of memory is scripts/uml-oom's.
 */
#include <kunit/test.h>
#include <linux/jiffies.h>
#include <linux/mm.h>

#include "log.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define RESERVE	16U
#define NR	24U	/* surplus; more than a cache of 16 pages holds */
#define LIVE	3U

static struct labyrinth_zone *zone_with_surplus(struct kunit *test, unsigned int order)
{
	struct labyrinth_zone *zone;
	struct page *page[NR];

	zone = labyrinth_test_zone(test, .reserve = RESERVE, .cache = 16, .order = order);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, NR), NR);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(!labyrinth_reserve_lack(zone)));
	labyrinth_free_bulk(zone, NR, page);
	return zone;
}

static noinline u64 cached(struct labyrinth_zone *zone)
{
	return labyrinth_test_stats(zone).cached;
}

static const unsigned int order_params[] = { 0, 1 };

static void order_desc(const unsigned int *order, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "order %u", *order);
}

KUNIT_ARRAY_PARAM(order, order_params, order_desc);

static void surplus_goes_and_what_is_promised_stays(struct kunit *test)
{
	const unsigned int *order = test->param_value;
	struct labyrinth_zone *zone = zone_with_surplus(test, *order);
	u32 depot = labyrinth_stack_depth(&zone->depot, zone->table);
	struct labyrinth_stats stats;

	KUNIT_ASSERT_GT(test, depot, 0);
	/* What lies in caches comes later: it is no progress yet. */
	KUNIT_EXPECT_EQ(test, labyrinth_oom(), depot << *order);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(!cached(zone)));
	labyrinth_zone_get_stats(zone, &stats);
	KUNIT_EXPECT_EQ(test, stats.returned, NR);
	KUNIT_EXPECT_EQ(test, stats.reserve, RESERVE);
	KUNIT_EXPECT_EQ(test, labyrinth_oom(), 0);
}

/* Others print, too: at most every five seconds. */
static bool told_of(unsigned int live, const char *rest)
{
	char text[64];

	labyrinth_oom();
	snprintf(text, sizeof(text), "zone kunit: out of memory: %u pages live (", live);
	return told(text, rest);
}

static void log_says_what_the_zone_holds(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE, .order = 1);
	struct page *page[LIVE];
	char rest[128];

	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, LIVE), LIVE);
	labyrinth_test_ticket(test, zone, 2);
	labyrinth_refill_flush(zone);
	snprintf(rest, sizeof(rest),
		 "%lu KiB), reserve 16 of 16, 2 in tickets, 0 surplus left after 0 were given back",
		 LIVE * 2 * PAGE_SIZE / 1024);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(told_of(LIVE, rest)));
}

static void log_says_how_much_was_given_back(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_with_surplus(test, 0);
	u32 depot = labyrinth_stack_depth(&zone->depot, zone->table);
	unsigned long due = jiffies + 5 * HZ;
	char rest[64];

	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(time_after(jiffies, due)));
	snprintf(rest, sizeof(rest), "after %u were given back", depot);
	KUNIT_EXPECT_TRUE(test, told_of(0, rest));
}

static void log_is_not_flooded(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	unsigned long begin = jiffies;
	unsigned int i;

	for (i = 0; i < 1000; i++)
		labyrinth_oom();
	KUNIT_EXPECT_LE(test, told("zone kunit: out of memory"),
			1 + (jiffies - begin) / (5 * HZ));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
}

/* Or a consumer who frees all the time would put the killer off for ever. */
static void progress_is_told_once_a_second(struct kunit *test)
{
	unsigned long begin = jiffies, progress = 0;
	unsigned int i;

	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait((progress = labyrinth_oom_progress(7))));
	KUNIT_EXPECT_EQ(test, progress, 7);
	for (i = 0; i < 1000; i++)
		progress += labyrinth_oom_progress(7);
	KUNIT_EXPECT_LE(test, progress, 7 * (1 + (jiffies - begin) / HZ));
	KUNIT_EXPECT_GE(test, progress, 7);
}

static void nothing_freed_is_no_progress(struct kunit *test)
{
	unsigned long due = jiffies + HZ;

	KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(time_after(jiffies, due)));
	KUNIT_EXPECT_EQ(test, labyrinth_oom_progress(0), 0);
	/* And is not taken for it. */
	KUNIT_EXPECT_EQ(test, labyrinth_oom_progress(5), 5);
}

static struct kunit_case oom_cases[] = {
	KUNIT_CASE_PARAM(surplus_goes_and_what_is_promised_stays, order_gen_params),
	KUNIT_CASE(log_says_what_the_zone_holds),
	KUNIT_CASE(log_says_how_much_was_given_back),
	KUNIT_CASE(log_is_not_flooded),
	KUNIT_CASE(progress_is_told_once_a_second),
	KUNIT_CASE(nothing_freed_is_no_progress),
	{}
};

static struct kunit_suite oom_suite = {
	.name = "labyrinth_oom",
	.suite_init = log_suite_init,
	.suite_exit = log_suite_exit,
	.init = log_init,
	.exit = log_exit,
	.test_cases = oom_cases,
};

kunit_test_suite(oom_suite);
