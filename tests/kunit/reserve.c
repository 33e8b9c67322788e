// SPDX-License-Identifier: GPL-2.0
/*
 * The guarantee: with N pages in reserve and no help from the system, N critical
 * requests succeed, and the worker restores the floor, freed pages or not.
 */
#include <kunit/test.h>
#include <linux/minmax.h>

#include "common.h"

#define NONE	LABYRINTH_QUALITY_NONE

struct guarantee_param {
	unsigned int		reserve;
	enum labyrinth_policy	policy;
	unsigned int		cache;
};

#define SYSTEM		LABYRINTH_SYSTEM_FIRST
#define FIRST		LABYRINTH_RESERVE_FIRST
#define ONLY		LABYRINTH_RESERVE_ONLY
#define NO_CACHE	LABYRINTH_NO_CACHE

static const struct guarantee_param guarantee_params[] = {
	{ 1, SYSTEM, 0 }, { 2, SYSTEM, 0 }, { 3, SYSTEM, 0 }, { 7, SYSTEM, 0 },
	{ 64, SYSTEM, 0 }, { 255, SYSTEM, 0 }, { 1024, SYSTEM, 0 },
	{ 1, SYSTEM, NO_CACHE }, { 2, SYSTEM, NO_CACHE }, { 3, SYSTEM, NO_CACHE },
	{ 7, SYSTEM, NO_CACHE }, { 64, SYSTEM, NO_CACHE }, { 255, SYSTEM, NO_CACHE },
	{ 1024, SYSTEM, NO_CACHE },
	{ 1, FIRST, 2 }, { 2, FIRST, 2 }, { 3, FIRST, 2 }, { 7, FIRST, 2 },
	{ 64, FIRST, 2 }, { 255, FIRST, 2 }, { 1024, FIRST, 2 },
	{ 1, ONLY, 512 }, { 2, ONLY, 512 }, { 3, ONLY, 512 }, { 7, ONLY, 512 },
	{ 64, ONLY, 512 }, { 255, ONLY, 512 }, { 1024, ONLY, 512 },
};

static void guarantee_desc(const struct guarantee_param *param, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "reserve %u, policy %d, cache %d",
		 param->reserve, param->policy, (int)param->cache);
}

KUNIT_ARRAY_PARAM(guarantee, guarantee_params, guarantee_desc);

static struct labyrinth_zone *zone_for(struct kunit *test)
{
	const struct guarantee_param *param = test->param_value;

	return labyrinth_test_zone(test, .reserve = param->reserve,
				   .policy = param->policy, .cache = param->cache);
}

static void exactly_the_reserve_is_served_without_the_system(struct kunit *test)
{
	const struct guarantee_param *param = test->param_value;
	struct labyrinth_zone *zone = zone_for(test);
	struct page **pages = labyrinth_test_pages(test, param->reserve + 1);

	labyrinth_test_cut_off(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_take(zone, NONE, pages, param->reserve + 1),
			param->reserve);
	KUNIT_EXPECT_NULL(test, labyrinth_test_alloc(zone, NONE));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_reserve, param->reserve);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_min_seen, 0);
}

static void every_page_of_the_reserve_is_another_one(struct kunit *test)
{
	const struct guarantee_param *param = test->param_value;
	struct labyrinth_zone *zone = zone_for(test);
	struct page **pages = labyrinth_test_pages(test, param->reserve);
	unsigned int i;

	labyrinth_test_cut_off(zone);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, pages, param->reserve),
			param->reserve);
	for (i = 0; i < param->reserve; i++)
		pages[i]->private++;
	for (i = 0; i < param->reserve; i++)
		KUNIT_EXPECT_EQ_MSG(test, pages[i]->private, 1, "page %u", i);
}

/* However full the caches were: pages there come on top. */
static void cached_pages_come_on_top_of_the_reserve(struct kunit *test)
{
	const struct guarantee_param *param = test->param_value;
	struct labyrinth_zone *zone = zone_for(test);
	unsigned int nr = max(2 * param->reserve, 64U), cached, i;
	struct page **pages = labyrinth_test_pages(test, nr + param->reserve + 1);
	u64 before;

	nr = labyrinth_test_take(zone, NONE, pages, nr);
	/* Pages in use do not count: the reserve is brought back first. */
	KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(!labyrinth_reserve_lack(zone)));
	labyrinth_refill_flush(zone);
	for (i = 0; i < nr; i++)
		labyrinth_test_free(zone, pages[i]);
	cached = labyrinth_test_stats(zone).cached;
	before = labyrinth_test_stats(zone).from_reserve;
	labyrinth_inject_set(zone, LABYRINTH_INJECT_ATOMIC, true);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_FILL, true);

	KUNIT_EXPECT_EQ(test, labyrinth_test_take(zone, NONE, pages,
						  cached + param->reserve + 1),
			cached + param->reserve);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_reserve - before,
			param->reserve);
}

static void freed_pages_go_to_a_short_reserve_first(struct kunit *test)
{
	const struct guarantee_param *param = test->param_value;
	struct labyrinth_zone *zone = zone_for(test);
	struct page **pages = labyrinth_test_pages(test, param->reserve);
	unsigned int nr, i;

	labyrinth_test_cut_off(zone);
	nr = labyrinth_test_take(zone, NONE, pages, param->reserve);
	for (i = 0; i < nr; i++)
		labyrinth_test_free(zone, pages[i]);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, param->reserve);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, 0);
}

static void worker_restores_the_reserve_though_nothing_is_freed(struct kunit *test)
{
	const unsigned int rounds = 8, reserve = 16;
	struct labyrinth_zone *zone;
	struct page *page[16];
	unsigned int i;

	zone = labyrinth_test_zone(test, .reserve = reserve,
				   .policy = LABYRINTH_RESERVE_ONLY);
	for (i = 0; i < rounds; i++) {
		KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, reserve),
				reserve);
		KUNIT_ASSERT_TRUE(test,
				  labyrinth_test_wait(!labyrinth_reserve_lack(zone)));
	}
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, rounds * reserve);
	KUNIT_EXPECT_GE(test, labyrinth_test_stats(zone).refilled, rounds * reserve);
}

static void first_page_missing_wakes_the_worker(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 1000,
							  .policy = LABYRINTH_RESERVE_ONLY);

	KUNIT_ASSERT_NOT_NULL(test, labyrinth_test_alloc(zone, NONE));
	/* Another CPU's worker may have been as quick as that. */
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_min_seen, 999);
	KUNIT_EXPECT_TRUE(test,
			  labyrinth_test_wait(labyrinth_test_stats(zone).reserve == 1000));
}

static void worker_tries_again_when_the_system_had_nothing(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 8);
	struct page *page[8];

	labyrinth_test_cut_off(zone);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 8), 8);
	KUNIT_ASSERT_TRUE(test,
			  labyrinth_test_wait(labyrinth_test_stats(zone).refill_failures > 2));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 0);
	/* Nobody allocates or frees: the worker has to come back by itself. */
	labyrinth_inject_set(zone, LABYRINTH_INJECT_FILL, false);
	KUNIT_EXPECT_TRUE(test,
			  labyrinth_test_wait(labyrinth_test_stats(zone).reserve == 8));
}

static void lowest_level_is_remembered(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 8,
							  .policy = LABYRINTH_RESERVE_ONLY);
	struct page *page[5];

	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	/* Nor may it be at work already, on another CPU. */
	labyrinth_refill_flush(zone);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 5), 5);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, false);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_min_seen, 3);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(!labyrinth_reserve_lack(zone)));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_min_seen, 3);
	labyrinth_test_alloc(zone, NONE);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_min_seen, 3);
}

static void zone_never_owns_more_than_max_pages(struct kunit *test)
{
	struct labyrinth_zone *zone;
	unsigned int i, most = 0;

	zone = labyrinth_test_zone(test, .reserve = 8, .max_pages = 40,
				   .cache = LABYRINTH_NO_CACHE);
	for (i = 0; i < 200; i++) {
		(void)labyrinth_test_alloc(zone, NONE);
		if (i % 16 == 0)
			labyrinth_refill_flush(zone);
		most = max_t(unsigned int, most, labyrinth_test_stats(zone).owned);
	}
	KUNIT_EXPECT_EQ(test, most, 40);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, 40);
}

/* With the worker held back the system must leave room for what is missing. */
static void system_path_leaves_room_for_the_reserve(struct kunit *test)
{
	struct labyrinth_zone *zone;
	struct labyrinth_stats stats;
	struct page *page[24];

	zone = labyrinth_test_zone(test, .reserve = 16, .max_pages = 24,
				   .cache = LABYRINTH_NO_CACHE,
				   .policy = LABYRINTH_RESERVE_FIRST);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	KUNIT_EXPECT_EQ(test, labyrinth_test_take(zone, NONE, page, 24), 16);
	stats = labyrinth_test_stats(zone);
	KUNIT_EXPECT_EQ(test, stats.from_reserve, 16);
	KUNIT_EXPECT_EQ(test, stats.from_system, 0);
	KUNIT_EXPECT_EQ(test, stats.capped, 1);
	KUNIT_EXPECT_FALSE(test, labyrinth_test_is_latched(zone));
}

static void freed_room_goes_to_the_reserve_before_the_system_path(struct kunit *test)
{
	struct labyrinth_zone *zone;
	struct page *page[24];
	unsigned int i;

	zone = labyrinth_test_zone(test, .reserve = 16, .max_pages = 24,
				   .cache = LABYRINTH_NO_CACHE,
				   .policy = LABYRINTH_RESERVE_FIRST);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 24), 16);
	/* They leave the zone, so that neither has them. */
	for (i = 0; i < 12; i++) {
		labyrinth_test_mark(page[i]);
		labyrinth_test_free(zone, page[i]);
	}
	KUNIT_ASSERT_EQ(test, labyrinth_test_stats(zone).owned, 4);
	/* 24 at most, 4 live, 16 missing: 4 may be had. */
	KUNIT_EXPECT_EQ(test, labyrinth_test_take(zone, NONE, page, 24), 4);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, false);
	labyrinth_test_mark(page[0]);
	labyrinth_test_free(zone, page[0]);
	KUNIT_EXPECT_TRUE(test,
			  labyrinth_test_wait(labyrinth_test_stats(zone).reserve == 16));
}

/* All of max_pages in use, the reserve empty: each page freed goes there. */
static void worker_settles_for_less_while_max_pages_are_in_use(struct kunit *test)
{
	struct labyrinth_zone *zone;
	struct page *page[12];

	zone = labyrinth_test_zone(test, .reserve = 4, .max_pages = 12,
				   .cache = LABYRINTH_NO_CACHE);
	while (labyrinth_test_stats(zone).live < 12) {
		unsigned int live = labyrinth_test_stats(zone).live;

		labyrinth_test_take(zone, NONE, page + live, 12 - live);
		labyrinth_refill_flush(zone);
	}
	KUNIT_EXPECT_NULL(test, labyrinth_test_alloc(zone, NONE));
	labyrinth_test_free(zone, page[0]);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 1);
	KUNIT_EXPECT_NOT_NULL(test, labyrinth_test_alloc(zone, NONE));
}

/* The hint that the reserve wants pages may be wrong; the reserve itself is not. */
static void full_reserve_takes_no_more(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	set_bit(LABYRINTH_FREE_SHORT, &zone->free_attention);
	labyrinth_test_free(zone, page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 4);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, 1);
	KUNIT_EXPECT_FALSE(test, test_bit(LABYRINTH_FREE_SHORT, &zone->free_attention));
}

static void caches_and_depot_are_bounded(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4, .cache = 8);
	struct page **pages = labyrinth_test_pages(test, 200);
	unsigned int nr = labyrinth_test_take(zone, NONE, pages, 200);

	KUNIT_ASSERT_EQ(test, nr, 200);
	while (nr--)
		labyrinth_test_free(zone, pages[nr]);
	KUNIT_EXPECT_GE(test, labyrinth_test_stats(zone).cached, 8);
	KUNIT_EXPECT_LE(test, labyrinth_test_stats(zone).cached,
			2 * 8 * num_possible_cpus());
}

static void zone_without_cache_keeps_nothing_but_its_reserve(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4,
							  .cache = LABYRINTH_NO_CACHE);
	struct page *page[16];
	unsigned int nr = labyrinth_test_take(zone, NONE, page, 16);

	while (nr--)
		labyrinth_test_free(zone, page[nr]);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).owned, 4);
}

static struct kunit_case reserve_cases[] = {
	KUNIT_CASE_PARAM(exactly_the_reserve_is_served_without_the_system,
			 guarantee_gen_params),
	KUNIT_CASE_PARAM(every_page_of_the_reserve_is_another_one, guarantee_gen_params),
	KUNIT_CASE_PARAM(cached_pages_come_on_top_of_the_reserve, guarantee_gen_params),
	KUNIT_CASE_PARAM(freed_pages_go_to_a_short_reserve_first, guarantee_gen_params),
	KUNIT_CASE(worker_restores_the_reserve_though_nothing_is_freed),
	KUNIT_CASE(first_page_missing_wakes_the_worker),
	KUNIT_CASE(worker_tries_again_when_the_system_had_nothing),
	KUNIT_CASE(lowest_level_is_remembered),
	KUNIT_CASE(zone_never_owns_more_than_max_pages),
	KUNIT_CASE(system_path_leaves_room_for_the_reserve),
	KUNIT_CASE(freed_room_goes_to_the_reserve_before_the_system_path),
	KUNIT_CASE(worker_settles_for_less_while_max_pages_are_in_use),
	KUNIT_CASE(full_reserve_takes_no_more),
	KUNIT_CASE(caches_and_depot_are_bounded),
	KUNIT_CASE(zone_without_cache_keeps_nothing_but_its_reserve),
	{}
};

static struct kunit_suite reserve_suite = {
	.name = "labyrinth_reserve",
	.test_cases = reserve_cases,
};

kunit_test_suite(reserve_suite);
