// SPDX-License-Identifier: GPL-2.0
/*
 * Several pages at once: all or none, from wherever they come.
 */
#include <kunit/test.h>
#include <linux/minmax.h>

#include "common.h"

#define NONE	LABYRINTH_QUALITY_NONE

static const unsigned int count_params[] = { 1, 2, 31, 32, 63, 64, 65, 200 };

static void count_desc(const unsigned int *count, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u pages", *count);
}

KUNIT_ARRAY_PARAM(count, count_params, count_desc);

static unsigned int wanted(struct kunit *test)
{
	const unsigned int *count = test->param_value;

	return *count;
}

/* Live, each of them once. */
static void expect_all(struct kunit *test, struct labyrinth_zone *zone,
		       struct page **pages, unsigned int nr)
{
	unsigned int i;

	KUNIT_EXPECT_EQ(test, labyrinth_test_live(zone), nr);
	for (i = 0; i < nr; i++) {
		KUNIT_ASSERT_NOT_NULL(test, pages[i]);
		KUNIT_EXPECT_EQ(test, page_private(pages[i]), 0);
		set_page_private(pages[i], 1);
	}
}

static void bulk_comes_from_the_system(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 1);
	unsigned int nr = wanted(test);
	struct page **pages = labyrinth_test_pages(test, nr);

	KUNIT_ASSERT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, nr, pages), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_system, nr);
	expect_all(test, zone, pages, nr);
}

static void bulk_comes_from_the_reserve(struct kunit *test)
{
	unsigned int nr = wanted(test);
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = nr);
	struct page **pages = labyrinth_test_pages(test, nr);

	labyrinth_test_cut_off(zone);
	KUNIT_ASSERT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, nr, pages), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_reserve, nr);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_min_seen, 0);
	expect_all(test, zone, pages, nr);
}

static void bulk_comes_from_cache_and_depot(struct kunit *test)
{
	unsigned int nr = wanted(test);
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 1,
							  .cache = max(nr, 2U));
	struct page **pages = labyrinth_test_pages(test, nr);

	KUNIT_ASSERT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, nr, pages), 0);
	labyrinth_free_bulk(zone, nr, pages);
	KUNIT_ASSERT_EQ(test, labyrinth_test_stats(zone).cached, nr);
	KUNIT_ASSERT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, nr, pages), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_cache, nr);
	expect_all(test, zone, pages, nr);
}

/* More than the cache holds: its batches in the depot are served as quickly. */
static void bulk_larger_than_the_cache_takes_batches(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 1, .cache = 32);
	struct page **pages = labyrinth_test_pages(test, 64);
	struct labyrinth_stats before;
	u64 slow;

	KUNIT_ASSERT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, 64, pages), 0);
	labyrinth_free_bulk(zone, 64, pages);
	before = labyrinth_test_stats(zone);
	KUNIT_ASSERT_GT(test, before.cached, 32);
	/* Only the slow path counts here. */
	slow = labyrinth_counted(zone, LABYRINTH_FROM_CACHE);
	KUNIT_ASSERT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, before.cached, pages), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_counted(zone, LABYRINTH_FROM_CACHE), slow);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_cache, before.cached);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_system, before.from_system);
	expect_all(test, zone, pages, before.cached);
}

/* Pages that the cache and the depot lack come from where they come from otherwise. */
static void bulk_that_the_depot_cannot_complete_loses_nothing(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 16, .cache = 16);
	struct page **pages = labyrinth_test_pages(test, 64);
	struct labyrinth_stats stats;
	u64 cached;

	KUNIT_ASSERT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, 24, pages), 0);
	labyrinth_free_bulk(zone, 24, pages);
	cached = labyrinth_test_stats(zone).cached;
	KUNIT_ASSERT_GT(test, cached, 16);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_ATOMIC, true);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_FILL, true);
	KUNIT_EXPECT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, 64, pages), -ENOMEM);
	stats = labyrinth_test_stats(zone);
	KUNIT_EXPECT_EQ(test, stats.live, 0);
	KUNIT_EXPECT_EQ(test, stats.cached + stats.reserve, cached + 16);
	KUNIT_ASSERT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, cached + 16, pages), 0);
	expect_all(test, zone, pages, cached + 16);
}

static void bulk_freed_fills_a_short_reserve(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 16);
	struct page **pages = labyrinth_test_pages(test, 20);

	KUNIT_ASSERT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, 4, pages), 0);
	labyrinth_test_cut_off(zone);
	KUNIT_ASSERT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, 16, pages + 4), 0);
	KUNIT_ASSERT_EQ(test, labyrinth_test_stats(zone).reserve, 0);
	labyrinth_free_bulk(zone, 20, pages);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 16);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, 4);
	KUNIT_EXPECT_EQ(test, labyrinth_test_live(zone), 0);
}

/* A third each: the system stops at max_pages, so narrow that nothing is left. */
static void bulk_is_put_together_from_everywhere(struct kunit *test)
{
	struct page **pages = labyrinth_test_pages(test, 30);
	struct labyrinth_zone *zone;

	zone = labyrinth_test_zone(test, .reserve = 10, .max_pages = 30 + 64,
				   .cache = 16);
	zone->max_pages = 30;
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, pages, 10), 10);
	labyrinth_free_bulk(zone, 10, pages);
	KUNIT_ASSERT_EQ(test, labyrinth_test_stats(zone).cached, 10);
	KUNIT_ASSERT_EQ(test, labyrinth_test_stats(zone).reserve, 10);
	KUNIT_ASSERT_EQ(test, labyrinth_test_stats(zone).owned, 20);
	KUNIT_ASSERT_FALSE(test, labyrinth_test_is_latched(zone));
	KUNIT_ASSERT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, 30, pages), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_cache, 10);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_system, 10 + 10);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_reserve, 10);
	expect_all(test, zone, pages, 30);
}

static void one_page_too_many_loses_nothing(struct kunit *test)
{
	unsigned int nr = wanted(test);
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = nr);
	struct page **pages = labyrinth_test_pages(test, nr + 1);

	labyrinth_test_cut_off(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, nr + 1, pages),
			-ENOMEM);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, nr);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_min_seen, nr);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).starvations, 1);
	/* And it can all be had by who asks for what there is. */
	KUNIT_EXPECT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, nr, pages), 0);
}

static void failing_bulk_leaves_cached_pages_cached(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 5, .cache = 32);
	struct page *page[26];

	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 20), 20);
	labyrinth_free_bulk(zone, 20, page);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_ATOMIC, true);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_FILL, true);
	KUNIT_EXPECT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, 26, page), -ENOMEM);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, 20);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 5);
	KUNIT_EXPECT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, 25, page), 0);
}

static void nowait_bulk_leaves_the_reserve_alone(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 8);
	struct page *page[2];

	labyrinth_test_cut_off(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_alloc_bulk_atomic(zone, LABYRINTH_QUALITY_NOWAIT,
							  2, page), -ENOMEM);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 8);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).starvations, 0);
	KUNIT_EXPECT_FALSE(test, labyrinth_test_is_latched(zone));
}

static void bulk_of_none_succeeds(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);

	KUNIT_EXPECT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, 0, NULL), 0);
	labyrinth_free_bulk(zone, 0, NULL);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).allocs, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
}

static void bulk_pages_hold_what_was_asked_for(struct kunit *test)
{
	unsigned int nr = wanted(test), i;
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = nr,
							  .poison_pattern = 0x5c);
	struct page **pages = labyrinth_test_pages(test, nr);

	KUNIT_ASSERT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, nr, pages), 0);
	for (i = 0; i < nr; i++)
		memset(page_address(pages[i]), 0xa5, PAGE_SIZE);
	labyrinth_free_bulk(zone, nr, pages);
	KUNIT_ASSERT_EQ(test, labyrinth_alloc_bulk_atomic(zone, LABYRINTH_QUALITY_ZERO, nr,
							  pages), 0);
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_TRUE(test, labyrinth_test_is_filled(pages[i], 0, 0));
	labyrinth_free_bulk(zone, nr, pages);
	KUNIT_ASSERT_EQ(test, labyrinth_alloc_bulk_atomic(zone, LABYRINTH_QUALITY_POISON,
							  nr, pages), 0);
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_TRUE(test, labyrinth_test_is_filled(pages[i], 0, 0x5c));
}

static void contradictory_bulk_is_misuse(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4);
	struct page *page[2];

	KUNIT_EXPECT_EQ(test,
			labyrinth_alloc_bulk_atomic(zone, LABYRINTH_QUALITY_ZERO |
						    LABYRINTH_QUALITY_POISON, 2, page),
			-ENOMEM);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).starvations, 0);
}

static void account_bulk_is_never_recycled(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4);
	struct page *page[8];

	KUNIT_ASSERT_EQ(test, labyrinth_alloc_bulk_atomic(zone, LABYRINTH_QUALITY_ACCOUNT,
							  8, page), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_system, 8);
	labyrinth_free_bulk(zone, 8, page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).returned, 8);
}

/**
 * struct bulk - a bulk request in another context
 * @zone: from where
 * @nr: how many
 * @pages: the pages
 * @ret: the outcome
 */
struct bulk {
	struct labyrinth_zone	*zone;
	unsigned int		nr;
	struct page		**pages;
	int			ret;
};

static void take_bulk(void *arg)
{
	struct bulk *bulk = arg;

	bulk->ret = labyrinth_alloc_bulk_atomic(bulk->zone, NONE, bulk->nr, bulk->pages);
}

/* Two that together want more than there is: one of them gets all it wants. */
static void two_bulks_do_not_starve_each_other(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 100);
	struct bulk first = { .zone = zone, .nr = 60 }, second = first;

	first.pages = labyrinth_test_pages(test, first.nr);
	second.pages = labyrinth_test_pages(test, second.nr);
	labyrinth_test_cut_off(zone);
	take_bulk(&first);
	labyrinth_test_in_hardirq(take_bulk, &second);
	KUNIT_EXPECT_EQ(test, first.ret, 0);
	KUNIT_EXPECT_EQ(test, second.ret, -ENOMEM);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 40);
	labyrinth_free_bulk(zone, first.nr, first.pages);
	labyrinth_test_in_hardirq(take_bulk, &second);
	KUNIT_EXPECT_EQ(test, second.ret, 0);
}

static void empty_entries_of_a_bulk_free_are_skipped(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4);
	struct page *page[9] = { NULL };
	unsigned int i;

	for (i = 1; i < 9; i += 3)
		page[i] = labyrinth_test_alloc(zone, NONE);
	labyrinth_free_bulk(zone, 9, page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frees, 3);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
}

static void bulk_free_passes_over_what_is_not_live(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4);
	struct page *page[4];

	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 4), 4);
	labyrinth_test_free(zone, page[1]);
	labyrinth_free_bulk(zone, 4, page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frees, 4);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, 0);
}

static struct kunit_case bulk_cases[] = {
	KUNIT_CASE_PARAM(bulk_comes_from_the_system, count_gen_params),
	KUNIT_CASE_PARAM(bulk_comes_from_the_reserve, count_gen_params),
	KUNIT_CASE_PARAM(bulk_comes_from_cache_and_depot, count_gen_params),
	KUNIT_CASE(bulk_larger_than_the_cache_takes_batches),
	KUNIT_CASE(bulk_that_the_depot_cannot_complete_loses_nothing),
	KUNIT_CASE(bulk_freed_fills_a_short_reserve),
	KUNIT_CASE(bulk_is_put_together_from_everywhere),
	KUNIT_CASE_PARAM(one_page_too_many_loses_nothing, count_gen_params),
	KUNIT_CASE(failing_bulk_leaves_cached_pages_cached),
	KUNIT_CASE(nowait_bulk_leaves_the_reserve_alone),
	KUNIT_CASE(bulk_of_none_succeeds),
	KUNIT_CASE_PARAM(bulk_pages_hold_what_was_asked_for, count_gen_params),
	KUNIT_CASE(contradictory_bulk_is_misuse),
	KUNIT_CASE(account_bulk_is_never_recycled),
	KUNIT_CASE(two_bulks_do_not_starve_each_other),
	KUNIT_CASE(empty_entries_of_a_bulk_free_are_skipped),
	KUNIT_CASE(bulk_free_passes_over_what_is_not_live),
	{}
};

static struct kunit_suite bulk_suite = {
	.name = "labyrinth_bulk",
	.test_cases = bulk_cases,
};

kunit_test_suite(bulk_suite);
