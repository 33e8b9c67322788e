// SPDX-License-Identifier: GPL-2.0
/*
 * What the log says of bursts, once each, and of zones that cannot be.
 */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/vmstat.h>

#include "log.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define RESERVE	8U
#define BURST	"labyrinth: zone kunit: Atomic page allocation failed - using preallocated pool ("

/* --- the tests' own ears --- */

static void address_in_a_line_is_seen(struct kunit *test)
{
	char line[LINE];

	snprintf(line, sizeof(line), "%pS freed %p, pfn %lu", has_address, test,
		 totalram_pages());
	heard.hashed = test;
	KUNIT_EXPECT_FALSE_MSG(test, has_address(line), "'%s'", line);
	snprintf(line, sizeof(line), "freed 0x%lx, pfn 1", (unsigned long)test);
	KUNIT_EXPECT_TRUE_MSG(test, has_address(line), "'%s'", line);
	snprintf(line, sizeof(line), "freed %016lx", (unsigned long)has_address);
	KUNIT_EXPECT_TRUE_MSG(test, has_address(line), "'%s'", line);
	KUNIT_EXPECT_TRUE(test, has_address("by ffff888100000000, again"));
}

/* --- bursts --- */

/* Nothing but the reserve serves, and its worker only sleeps. */
static struct labyrinth_zone *zone_cut_off(struct kunit *test, unsigned int order)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE,
							  .order = order);

	labyrinth_test_cut_off(zone);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	return zone;
}

/* Let it look, once at least; it will find no memory. */
static void wake_worker(struct labyrinth_zone *zone)
{
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, false);
	labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
	labyrinth_refill_flush(zone);
}

/*
 * A pass that the first page has set off may have looked for a burst before there was
 * one: then the next pass tells of it, after a pause.
 */
static bool burst_told(unsigned int times)
{
	return labyrinth_test_wait(told(BURST) >= times);
}

static void burst_is_told_once_and_not_with_every_page(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	unsigned int i;
	u64 passes;

	labyrinth_test_cut_off(zone);
	for (i = 0; i < RESERVE; i++) {
		KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));
		labyrinth_refill_flush(zone);
		KUNIT_ASSERT_TRUE(test, burst_told(1));
		KUNIT_EXPECT_EQ(test, told(BURST), 1);
	}
	/* Nor for each time that the worker finds nothing. */
	passes = labyrinth_test_stats(zone).refill_failures;
	KUNIT_ASSERT_TRUE(test,
			  labyrinth_test_wait(labyrinth_test_stats(zone).refill_failures >
					      passes + 3));
	KUNIT_EXPECT_EQ(test, told(BURST), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

static void next_burst_is_told_again(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	unsigned int burst;

	for (burst = 1; burst <= 3; burst++) {
		labyrinth_test_cut_off(zone);
		KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));
		KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));
		labyrinth_refill_flush(zone);
		KUNIT_ASSERT_TRUE(test, burst_told(burst));
		KUNIT_EXPECT_EQ(test, told(BURST), burst);
		labyrinth_test_reconnect(zone);
		labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
		KUNIT_ASSERT_TRUE(test,
				  labyrinth_test_wait(!test_bit(LABYRINTH_ZONE_BURST,
								&zone->state)));
		KUNIT_EXPECT_EQ(test, told(BURST), burst);
	}
}

static void burst_is_told_with_the_figures_of_the_reserve(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_cut_off(test, 1);
	struct page *page[6];
	unsigned int i;

	for (i = 0; i < 5; i++) {
		page[i] = taker(zone, NONE);
		KUNIT_ASSERT_NOT_NULL(test, page[i]);
	}
	page[5] = second_taker(zone);
	KUNIT_ASSERT_NOT_NULL(test, page[5]);
	freer(zone, page[0]);
	freer(zone, page[1]);
	KUNIT_EXPECT_EQ(test, heard_lines(), 0);
	wake_worker(zone);
	KUNIT_EXPECT_EQ(test, told(BURST "reserve 4 of 8 left, lowest 2, 6 served",
				   " 0 starved, order 1,", "last caller second_taker+"), 1);
}

static void burst_is_told_with_how_many_starved(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_cut_off(test, 0);
	unsigned int i;

	for (i = 0; i < RESERVE; i++)
		KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_NULL(test, second_taker(zone));
	wake_worker(zone);
	KUNIT_EXPECT_EQ(test, told(BURST "reserve 0 of 8 left, lowest 0, 8 served",
				   " 3 starved, order 0,", "last caller taker+"), 1);
}

/* Others take and free meanwhile, but no half of it. */
static void burst_is_told_with_what_the_system_has(struct kunit *test)
{
	static const char key[] = "free in the system ";
	struct labyrinth_zone *zone = zone_cut_off(test, 0);
	unsigned long now, said;
	const char *figure;
	int fields;

	KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));
	wake_worker(zone);
	KUNIT_ASSERT_EQ(test, told(BURST, key, " KiB,"), 1);
	figure = strstr(heard.line[0], key);
	KUNIT_ASSERT_NOT_NULL(test, figure);
	fields = sscanf(figure + strlen(key), "%lu", &said);
	KUNIT_ASSERT_EQ(test, fields, 1);
	now = global_zone_page_state(NR_FREE_PAGES) << (PAGE_SHIFT - 10);
	KUNIT_EXPECT_GE(test, said, now / 2);
	KUNIT_EXPECT_LE(test, said, now * 2);
}

static void burst_of_a_bulk_request_is_told(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_cut_off(test, 0);
	struct page *page[5];

	KUNIT_ASSERT_EQ(test, bulk_taker(zone, NONE, 5, page), 0);
	wake_worker(zone);
	KUNIT_EXPECT_EQ(test, told(BURST "reserve 3 of 8 left, lowest 3, 5 served",
				   "last caller bulk_taker+"), 1);
}

static void burst_of_a_request_by_address_is_told(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_cut_off(test, 0);

	KUNIT_ASSERT_NOT_NULL(test, address_taker(zone));
	wake_worker(zone);
	KUNIT_EXPECT_EQ(test, told(BURST, "last caller address_taker+"), 1);
}

static void reserve_that_serves_by_policy_is_no_burst(struct kunit *test)
{
	struct labyrinth_zone *zone;

	zone = labyrinth_test_zone(test, .reserve = RESERVE,
				   .policy = LABYRINTH_RESERVE_FIRST);
	KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_reserve, 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 0);
}

static void flood_of_misuse_does_not_drown_a_burst(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, page);
	heard.hashed = page;
	for (i = 0; i < 20; i++) {
		freer(zone, page);
		labyrinth_refill_flush(zone);
	}
	__free_page(page);
	labyrinth_test_cut_off(zone);
	KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));
	labyrinth_refill_flush(zone);
	KUNIT_ASSERT_TRUE(test, burst_told(1));
	KUNIT_EXPECT_EQ(test, told(BURST), 1);
}

/* --- zones that cannot be --- */

struct refused_param {
	const char			*parameter;	/* and the value, in the log */
	struct labyrinth_zone_params	params;
};

#define BAD(...)	{ .name = "kunit", .node = NUMA_NO_NODE, __VA_ARGS__ }

static const struct refused_param refused_params[] = {
	{ "name 'a/b'", { .name = "a/b", .node = NUMA_NO_NODE } },
	{ "name '(null)'", { .node = NUMA_NO_NODE } },
	{ "order is 99;", BAD(.order = 99) },
	{ "node is 99999;", { .name = "kunit", .node = 99999 } },
	{ "gfp_zone is GFP_KERNEL", BAD(.gfp_zone = GFP_KERNEL) },
	{ "policy is 4;", BAD(.policy = 4) },
	{ "quality is 0x3;", BAD(.quality = LABYRINTH_QUALITY_ZERO |
					     LABYRINTH_QUALITY_POISON) },
	{ "cache is 513;", BAD(.cache = 513) },
	{ "reserve is 1048577;", BAD(.reserve = 1048577) },
	{ "max_pages is 9;", BAD(.reserve = 10, .max_pages = 9) },
};

static void refused_desc(const struct refused_param *param, char *desc)
{
	strscpy(desc, param->parameter, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(refused, refused_params, refused_desc);

static void refusal_is_told_with_value_and_what_is_allowed(struct kunit *test)
{
	const struct refused_param *param = test->param_value;

	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(labyrinth_zone_create(&param->params)),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, told("zone ", param->parameter, "allowed are "), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

static void refused_resize_is_told_with_value_and_what_is_allowed(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2,
							  .max_pages = 100,
							  .cache = LABYRINTH_NO_CACHE);

	KUNIT_ASSERT_EQ(test, labyrinth_zone_resize(zone, 101), -ERANGE);
	KUNIT_EXPECT_EQ(test, told("zone kunit: ", "reserve of 101 ", "1 to 100 "), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

static struct kunit_case report_cases[] = {
	KUNIT_CASE(address_in_a_line_is_seen),
	KUNIT_CASE(burst_is_told_once_and_not_with_every_page),
	KUNIT_CASE(next_burst_is_told_again),
	KUNIT_CASE(burst_is_told_with_the_figures_of_the_reserve),
	KUNIT_CASE(burst_is_told_with_how_many_starved),
	KUNIT_CASE(burst_is_told_with_what_the_system_has),
	KUNIT_CASE(burst_of_a_bulk_request_is_told),
	KUNIT_CASE(burst_of_a_request_by_address_is_told),
	KUNIT_CASE(reserve_that_serves_by_policy_is_no_burst),
	KUNIT_CASE(flood_of_misuse_does_not_drown_a_burst),
	KUNIT_CASE_PARAM(refusal_is_told_with_value_and_what_is_allowed,
			 refused_gen_params),
	KUNIT_CASE(refused_resize_is_told_with_value_and_what_is_allowed),
	{}
};

static struct kunit_suite report_suite = {
	.name = "labyrinth_report",
	.suite_init = log_suite_init,
	.suite_exit = log_suite_exit,
	.init = log_init,
	.exit = log_exit,
	.test_cases = report_cases,
};

kunit_test_suite(report_suite);
