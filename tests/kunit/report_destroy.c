// SPDX-License-Identifier: GPL-2.0
/*
 * What the log says when a zone is destroyed, and afterwards.
 */
#include <kunit/test.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "log.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define FEW	3U
#define MANY	5U

/* Who has fewer comes first in the table, so that the order is not by chance. */
static void few_first(struct labyrinth_zone *zone, struct page **page)
{
	struct labyrinth_desc *few = labyrinth_test_desc(zone, page[0]), *first = few;
	unsigned int i;

	for (i = 1; i < FEW + MANY; i++)
		first = min(first, labyrinth_test_desc(zone, page[i]));
	swap(few->caller, first->caller);
}

static void leaks_are_told_by_call_site_most_of_them_first(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	int refcount = labyrinth_test_module_refcount();
	struct page *page[FEW + MANY + 1];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(page); i++) {
		page[i] = i < FEW ? taker(zone, NONE) : second_taker(zone);
		KUNIT_ASSERT_NOT_NULL(test, page[i]);
	}
	/* No leak. */
	freer(zone, page[FEW + MANY]);
	few_first(zone, page);
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_EXPECT_EQ(test, heard_lines(), 3);
	KUNIT_EXPECT_TRUE(test, strstr(heard.line[0], "zone kunit: destroyed with 8 pages live"));
	KUNIT_EXPECT_TRUE(test, strstr(heard.line[1], "5 of them taken by second_taker+"));
	KUNIT_EXPECT_TRUE(test, strstr(heard.line[2], "3 of them taken by taker+"));

	for (i = 0; i < FEW + MANY - 1; i++)
		freer(zone, page[i]);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, heard_lines(), 3);
	freer(zone, page[i]);
	KUNIT_EXPECT_TRUE(test,
			  labyrinth_test_wait(labyrinth_test_module_refcount() == refcount));
	KUNIT_EXPECT_EQ(test, told("zone kunit: the last live page was freed"), 1);
}

/* The caller's address, at the beginning of another instruction each. */
static void leaks_from_many_call_sites_are_summed_up(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	int refcount = labyrinth_test_module_refcount();
	struct page *page[11];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(page); i++) {
		page[i] = taker(zone, NONE);
		KUNIT_ASSERT_NOT_NULL(test, page[i]);
		labyrinth_test_desc(zone, page[i])->caller = (unsigned long)taker + i;
	}
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	labyrinth_free_bulk(zone, ARRAY_SIZE(page), page);
	KUNIT_EXPECT_TRUE(test,
			  labyrinth_test_wait(labyrinth_test_module_refcount() == refcount));
	KUNIT_EXPECT_EQ(test, told("zone kunit: destroyed with 11 pages live"), 1);
	KUNIT_EXPECT_EQ(test, told("zone kunit: 1 of them taken by taker+"), 8);
	KUNIT_EXPECT_EQ(test, told("zone kunit: and others from 3 more call sites"), 1);
}

static void nothing_is_told_of_a_zone_used_well(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	unsigned int i;

	for (i = 0; i < 100; i++)
		freer(zone, taker(zone, NONE));
	labyrinth_refill_flush(zone);
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_EXPECT_EQ(test, heard_lines(), 0);
}

static void request_after_destroy_is_told_with_who_made_it(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	int refcount = labyrinth_test_module_refcount();
	struct page *page = taker(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_EXPECT_NULL(test, second_taker(zone));
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: second_taker+", "being destroyed"), 1);
	freer(zone, page);
	KUNIT_EXPECT_TRUE(test,
			  labyrinth_test_wait(labyrinth_test_module_refcount() == refcount));
}

static void destroy_own(struct labyrinth_zone *zone, void *ctx)
{
	*(int *)ctx = labyrinth_zone_destroy(zone);
}

static void destroy_from_the_zones_own_callback_is_told(struct kunit *test)
{
	struct labyrinth_zone *zone;
	int ret = 0;

	zone = labyrinth_test_zone(test, .reserve = 1, .available = destroy_own,
				   .ctx = &ret);
	labyrinth_test_cut_off(zone);
	KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));
	KUNIT_ASSERT_NULL(test, taker(zone, NONE));
	labyrinth_test_reconnect(zone);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(READ_ONCE(ret)));
	KUNIT_EXPECT_EQ(test, ret, -EDEADLK);
	KUNIT_EXPECT_EQ(test, told("zone kunit: destroy from", "available()"), 1);
}

static struct kunit_case report_destroy_cases[] = {
	KUNIT_CASE(leaks_are_told_by_call_site_most_of_them_first),
	KUNIT_CASE(leaks_from_many_call_sites_are_summed_up),
	KUNIT_CASE(nothing_is_told_of_a_zone_used_well),
	KUNIT_CASE(request_after_destroy_is_told_with_who_made_it),
	KUNIT_CASE(destroy_from_the_zones_own_callback_is_told),
	{}
};

static struct kunit_suite report_destroy_suite = {
	.name = "labyrinth_report_destroy",
	.suite_init = log_suite_init,
	.suite_exit = log_suite_exit,
	.init = log_init,
	.exit = log_exit,
	.test_cases = report_destroy_cases,
};

kunit_test_suite(report_destroy_suite);
