// SPDX-License-Identifier: GPL-2.0
/*
 * Changing how many pages are guaranteed, pages being live all the while.
 */
#include <kunit/test.h>

#include "common.h"

#define NONE	LABYRINTH_QUALITY_NONE

struct size_param {
	unsigned int	from;
	unsigned int	to;
	unsigned int	live;
};

static const struct size_param size_params[] = {
	{ 1, 2, 0 }, { 8, 64, 0 }, { 64, 8, 0 }, { 1000, 1, 0 }, { 1, 1000, 0 },
	{ 8, 8, 0 }, { 8, 64, 20 }, { 64, 8, 20 }, { 64, 8, 100 }, { 2, 1, 1 },
};

static void size_desc(const struct size_param *param, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "from %u to %u with %u live", param->from,
		 param->to, param->live);
}

KUNIT_ARRAY_PARAM(size, size_params, size_desc);

/* Fill the pages so that a change would show. */
static void paint(struct page **pages, unsigned int nr)
{
	while (nr--)
		memset(page_address(pages[nr]), nr, PAGE_SIZE);
}

static void expect_painted(struct kunit *test, struct labyrinth_zone *zone,
			   struct page **pages, unsigned int nr)
{
	while (nr--) {
		KUNIT_EXPECT_TRUE(test, labyrinth_test_is_live(zone, pages[nr]));
		KUNIT_EXPECT_TRUE(test, labyrinth_test_is_filled(pages[nr], 0, nr));
	}
}

static void resize_sets_exactly_the_new_guarantee(struct kunit *test)
{
	const struct size_param *param = test->param_value;
	struct page **pages = labyrinth_test_pages(test, param->live + param->to + 1);
	struct labyrinth_zone *zone;

	zone = labyrinth_test_zone(test, .reserve = param->from, .max_pages = 4096);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, pages, param->live),
			param->live);
	paint(pages, param->live);
	KUNIT_ASSERT_EQ(test, labyrinth_zone_resize(zone, param->to), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_target, param->to);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, param->to);
	expect_painted(test, zone, pages, param->live);

	labyrinth_test_cut_off(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_take(zone, NONE, pages + param->live,
						  param->to + 1), param->to);
}

static void shrinking_gives_the_surplus_back(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 100);

	KUNIT_ASSERT_EQ(test, labyrinth_zone_resize(zone, 10), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).owned, 10);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).returned, 90);
}

static void live_pages_of_a_shrunk_zone_come_home(struct kunit *test)
{
	struct page **pages = labyrinth_test_pages(test, 64);
	struct labyrinth_zone *zone;
	unsigned int nr;

	zone = labyrinth_test_zone(test, .reserve = 64, .policy = LABYRINTH_RESERVE_ONLY,
				   .cache = LABYRINTH_NO_CACHE);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	nr = labyrinth_test_take(zone, NONE, pages, 64);
	KUNIT_ASSERT_EQ(test, nr, 64);
	KUNIT_ASSERT_EQ(test, labyrinth_zone_resize(zone, 16), 0);
	while (nr)
		labyrinth_test_free(zone, pages[--nr]);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 16);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).owned, 16);
}

static void zero_pages_are_refused(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 10);

	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_target, 10);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 10);
}

static void resize_past_max_pages_is_refused(struct kunit *test)
{
	const unsigned int caches = 2 * 4 * num_possible_cpus();
	struct labyrinth_zone *zone;

	zone = labyrinth_test_zone(test, .reserve = 10, .cache = 4,
				   .max_pages = 50 + caches);
	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, 51), -ERANGE);
	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, UINT_MAX), -ERANGE);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_target, 10);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).owned, 10);
	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, 50), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 50);
}

static void resize_past_the_memory_limit_is_refused(struct kunit *test)
{
	struct labyrinth_zone *zone;

	zone = labyrinth_test_zone(test, .reserve = 1, .max_pages = 65536,
				   .order = LABYRINTH_MAX_ORDER,
				   .cache = LABYRINTH_NO_CACHE);
	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, 65536), -ENOSPC);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_target, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).owned, 1);
}

/* Each round sets a sixteenth of the memory aside: four would pass the limit. */
static void memory_set_aside_is_given_back_by_shrinking(struct kunit *test)
{
	const unsigned int order = 3, pages = totalram_pages() >> (order + 4);
	struct labyrinth_zone *zone;
	unsigned int i;

	if (pages > 65536)
		kunit_skip(test, "more than 32 GiB of memory");
	zone = labyrinth_test_zone(test, .reserve = 1, .order = order,
				   .max_pages = pages + 1024);
	for (i = 0; i < 6; i++) {
		KUNIT_ASSERT_EQ(test, labyrinth_zone_resize(zone, pages), 0);
		KUNIT_ASSERT_EQ(test, labyrinth_zone_resize(zone, 1), 0);
	}
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).owned, 1);
}

static void memory_set_aside_is_given_back_by_a_failed_growth(struct kunit *test)
{
	const unsigned int order = 3, pages = totalram_pages() >> (order + 4);
	struct labyrinth_zone *zone;
	unsigned int i;

	if (pages > 65536)
		kunit_skip(test, "more than 32 GiB of memory");
	zone = labyrinth_test_zone(test, .reserve = 1, .order = order,
				   .max_pages = pages + 1024);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_FILL, true);
	for (i = 0; i < 6; i++)
		KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, pages), -ENOMEM);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_FILL, false);
	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, pages), 0);
}

static void memory_set_aside_is_given_back_by_destroy(struct kunit *test)
{
	const unsigned int order = 3, pages = totalram_pages() >> (order + 4);
	struct labyrinth_zone *zone;
	unsigned int i;

	if (pages > 65536)
		kunit_skip(test, "more than 32 GiB of memory");
	for (i = 0; i < 6; i++) {
		zone = labyrinth_test_zone(test, .reserve = pages, .order = order);
		KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	}
}

static void growth_that_fails_changes_nothing(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 10,
							  .max_pages = 4096);
	struct labyrinth_stats stats;

	labyrinth_inject_set(zone, LABYRINTH_INJECT_FILL, true);
	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, 100), -ENOMEM);
	stats = labyrinth_test_stats(zone);
	KUNIT_EXPECT_EQ(test, stats.reserve_target, 10);
	KUNIT_EXPECT_EQ(test, stats.reserve, 10);
	KUNIT_EXPECT_EQ(test, stats.reserve_min_seen, 10);
	KUNIT_EXPECT_EQ(test, stats.owned, 10);
	/* Frees do not go on filling a reserve that did not grow. */
	labyrinth_test_free(zone, labyrinth_test_alloc(zone, NONE));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 10);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, 1);
}

/* Some pages could be had, not all: those go back. */
static void growth_that_gets_stuck_halfway_changes_nothing(struct kunit *test)
{
	struct labyrinth_zone *zone;
	struct page *page[10];

	zone = labyrinth_test_zone(test, .reserve = 4, .max_pages = 16,
				   .cache = LABYRINTH_NO_CACHE);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 10), 10);
	KUNIT_ASSERT_EQ(test, labyrinth_test_stats(zone).from_system, 10);
	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, 12), -ENOMEM);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_target, 4);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 4);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).owned, 14);
}

static void failed_growth_can_be_tried_again(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 10,
							  .max_pages = 4096);

	labyrinth_inject_set(zone, LABYRINTH_INJECT_FILL, true);
	KUNIT_ASSERT_EQ(test, labyrinth_zone_resize(zone, 100), -ENOMEM);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_FILL, false);
	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, 100), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 100);
}

static void shrinking_needs_no_memory(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 10);

	labyrinth_test_cut_off(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, 5), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 5);
}

static void lowest_level_of_a_shrunk_reserve_is_no_higher(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 10);

	KUNIT_ASSERT_EQ(test, labyrinth_zone_resize(zone, 5), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_min_seen, 5);
}

static struct kunit_case resize_cases[] = {
	KUNIT_CASE_PARAM(resize_sets_exactly_the_new_guarantee, size_gen_params),
	KUNIT_CASE(shrinking_gives_the_surplus_back),
	KUNIT_CASE(live_pages_of_a_shrunk_zone_come_home),
	KUNIT_CASE(zero_pages_are_refused),
	KUNIT_CASE(resize_past_max_pages_is_refused),
	KUNIT_CASE(resize_past_the_memory_limit_is_refused),
	KUNIT_CASE(memory_set_aside_is_given_back_by_shrinking),
	KUNIT_CASE(memory_set_aside_is_given_back_by_a_failed_growth),
	KUNIT_CASE(memory_set_aside_is_given_back_by_destroy),
	KUNIT_CASE(growth_that_fails_changes_nothing),
	KUNIT_CASE(growth_that_gets_stuck_halfway_changes_nothing),
	KUNIT_CASE(failed_growth_can_be_tried_again),
	KUNIT_CASE(shrinking_needs_no_memory),
	KUNIT_CASE(lowest_level_of_a_shrunk_reserve_is_no_higher),
	{}
};

static struct kunit_suite resize_suite = {
	.name = "labyrinth_resize",
	.test_cases = resize_cases,
};

kunit_test_suite(resize_suite);
