// SPDX-License-Identifier: GPL-2.0
/*
 * Where a request is served from, for each policy.
 */
#include <kunit/test.h>

#include "common.h"

enum source { CACHE, SYSTEM, RESERVE, NOWHERE };

/**
 * struct step_param - a request in a situation, and who is to serve it
 * @what: the situation in words
 * @policy: the zone's
 * @quality: the request's
 * @cached: there is a page in the cache
 * @system: the system has pages
 * @reserve: the reserve has pages
 * @served_by: who serves it
 */
struct step_param {
	const char		*what;
	enum labyrinth_policy	policy;
	labyrinth_quality_t	quality;
	bool			cached;
	bool			system;
	bool			reserve;
	enum source		served_by;
};

#define NONE	LABYRINTH_QUALITY_NONE
#define NOWAIT	LABYRINTH_QUALITY_NOWAIT
#define ACCOUNT	LABYRINTH_QUALITY_ACCOUNT

static const struct step_param step_params[] = {
	{ "system_first: the cache comes first",
	  LABYRINTH_SYSTEM_FIRST, NONE, true, true, true, CACHE },
	{ "system_first: then the system",
	  LABYRINTH_SYSTEM_FIRST, NONE, false, true, true, SYSTEM },
	{ "system_first: then the reserve",
	  LABYRINTH_SYSTEM_FIRST, NONE, false, false, true, RESERVE },
	{ "system_first: then nothing",
	  LABYRINTH_SYSTEM_FIRST, NONE, false, false, false, NOWHERE },
	{ "system_first: NOWAIT is served by the cache",
	  LABYRINTH_SYSTEM_FIRST, NOWAIT, true, true, true, CACHE },
	{ "system_first: NOWAIT is served by the system",
	  LABYRINTH_SYSTEM_FIRST, NOWAIT, false, true, true, SYSTEM },
	{ "system_first: NOWAIT leaves the reserve alone",
	  LABYRINTH_SYSTEM_FIRST, NOWAIT, false, false, true, NOWHERE },
	{ "system_first: ACCOUNT passes the cache by",
	  LABYRINTH_SYSTEM_FIRST, ACCOUNT, true, true, true, SYSTEM },
	{ "system_first: ACCOUNT leaves the reserve alone",
	  LABYRINTH_SYSTEM_FIRST, ACCOUNT, true, false, true, NOWHERE },
	{ "reserve_first: the cache comes first",
	  LABYRINTH_RESERVE_FIRST, NONE, true, true, true, CACHE },
	{ "reserve_first: then the reserve",
	  LABYRINTH_RESERVE_FIRST, NONE, false, true, true, RESERVE },
	{ "reserve_first: then the system",
	  LABYRINTH_RESERVE_FIRST, NONE, false, true, false, SYSTEM },
	{ "reserve_first: then nothing",
	  LABYRINTH_RESERVE_FIRST, NONE, false, false, false, NOWHERE },
	{ "reserve_first: NOWAIT passes the reserve by",
	  LABYRINTH_RESERVE_FIRST, NOWAIT, false, true, true, SYSTEM },
	{ "reserve_first: NOWAIT leaves the reserve alone",
	  LABYRINTH_RESERVE_FIRST, NOWAIT, false, false, true, NOWHERE },
	{ "reserve_first: ACCOUNT is the system's",
	  LABYRINTH_RESERVE_FIRST, ACCOUNT, true, true, true, SYSTEM },
	{ "reserve_only: the cache comes first",
	  LABYRINTH_RESERVE_ONLY, NONE, true, true, true, CACHE },
	{ "reserve_only: then the reserve",
	  LABYRINTH_RESERVE_ONLY, NONE, false, true, true, RESERVE },
	{ "reserve_only: never the system",
	  LABYRINTH_RESERVE_ONLY, NONE, false, true, false, NOWHERE },
	{ "reserve_only: NOWAIT has nobody left to ask",
	  LABYRINTH_RESERVE_ONLY, NOWAIT, false, true, true, NOWHERE },
	{ "reserve_only: ACCOUNT has nobody left to ask",
	  LABYRINTH_RESERVE_ONLY, ACCOUNT, true, true, true, NOWHERE },
	{ "default: the system comes before the reserve",
	  LABYRINTH_POLICY_DEFAULT, NONE, false, true, true, SYSTEM },
	{ "default: then the reserve",
	  LABYRINTH_POLICY_DEFAULT, NONE, false, false, true, RESERVE },
};

static void step_desc(const struct step_param *param, char *desc)
{
	strscpy(desc, param->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(step, step_params, step_desc);

/* A zone in the situation of @param: reserve of 2, at most one page cached. */
static struct labyrinth_zone *zone_for(struct kunit *test,
				       const struct step_param *param)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2,
							  .policy = param->policy);
	struct page *cached, *page[2];

	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	/* Nor may it be at work already, on another CPU. */
	labyrinth_refill_flush(zone);
	/* The reserve is emptied first, so that a page freed into it is not. */
	cached = labyrinth_test_alloc(zone, NONE);
	if (!param->reserve) {
		labyrinth_inject_set(zone, LABYRINTH_INJECT_ATOMIC, true);
		labyrinth_test_take(zone, NONE, page, ARRAY_SIZE(page));
	}
	KUNIT_ASSERT_NOT_NULL(test, cached);
	if (param->reserve && labyrinth_reserve_lack(zone)) {
		labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, false);
		labyrinth_test_free(zone, labyrinth_test_alloc(zone, NONE));
		KUNIT_ASSERT_TRUE(test,
				  labyrinth_test_wait(!labyrinth_reserve_lack(zone)));
		labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
		/* A worker on another CPU may have left that page nothing to mend. */
		labyrinth_zone_trim(zone);
	}
	if (param->cached)
		labyrinth_test_free(zone, cached);
	else
		labyrinth_zone_trim(zone);
	clear_bit(LABYRINTH_ZONE_LATCHED, &zone->state);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_ATOMIC, !param->system);
	KUNIT_ASSERT_EQ(test, labyrinth_test_stats(zone).cached, param->cached);
	KUNIT_ASSERT_EQ(test, labyrinth_test_stats(zone).reserve,
			param->reserve ? 2 : 0);
	return zone;
}

static void request_is_served_by_the_right_one(struct kunit *test)
{
	const struct step_param *param = test->param_value;
	struct labyrinth_zone *zone = zone_for(test, param);
	struct labyrinth_stats before = labyrinth_test_stats(zone), after;
	struct page *page = labyrinth_test_alloc(zone, param->quality);

	after = labyrinth_test_stats(zone);
	KUNIT_EXPECT_EQ(test, !page, param->served_by == NOWHERE);
	KUNIT_EXPECT_EQ(test, after.from_cache - before.from_cache,
			param->served_by == CACHE);
	KUNIT_EXPECT_EQ(test, after.from_system - before.from_system,
			param->served_by == SYSTEM);
	KUNIT_EXPECT_EQ(test, after.from_reserve - before.from_reserve,
			param->served_by == RESERVE);
	KUNIT_EXPECT_EQ(test, after.failed - before.failed,
			param->served_by == NOWHERE);
	KUNIT_EXPECT_EQ(test, before.reserve - after.reserve,
			param->served_by == RESERVE);
	KUNIT_EXPECT_EQ(test, after.misuse, before.misuse);
}

static void only_a_critical_request_starves(struct kunit *test)
{
	const struct step_param *param = test->param_value;
	struct labyrinth_zone *zone = zone_for(test, param);
	struct labyrinth_stats before = labyrinth_test_stats(zone);
	bool starves = param->served_by == NOWHERE && !param->quality;

	(void)labyrinth_test_alloc(zone, param->quality);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).starvations - before.starvations,
			starves);
}

static void nowait_failing_does_not_latch(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);

	labyrinth_test_cut_off(zone);
	KUNIT_EXPECT_NULL(test, labyrinth_test_alloc(zone, NOWAIT));
	KUNIT_EXPECT_FALSE(test, labyrinth_test_is_latched(zone));
}

static void nowait_zone_never_touches_its_reserve(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2,
							  .quality = NOWAIT);

	labyrinth_test_cut_off(zone);
	KUNIT_EXPECT_NULL(test, labyrinth_test_alloc(zone, NONE));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 2);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).starvations, 0);
}

static void fallbacks_count_what_the_system_should_have_served(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4);
	struct page *page[3];

	labyrinth_test_cut_off(zone);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 3), 3);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).fallbacks, 3);
}

static void serving_from_the_reserve_first_is_no_fallback(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4,
							  .policy = LABYRINTH_RESERVE_FIRST);

	KUNIT_ASSERT_NOT_NULL(test, labyrinth_test_alloc(zone, NONE));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_reserve, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).fallbacks, 0);
}

static void policy_set_later_counts_from_then_on(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);

	KUNIT_ASSERT_EQ(test,
			labyrinth_test_file_write("/sys/kernel/labyrinth/kunit/policy",
						  "reserve_only\n"), 0);
	KUNIT_EXPECT_NOT_NULL(test, labyrinth_test_alloc(zone, NONE));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_reserve, 1);
}

static struct kunit_case policy_cases[] = {
	KUNIT_CASE_PARAM(request_is_served_by_the_right_one, step_gen_params),
	KUNIT_CASE_PARAM(only_a_critical_request_starves, step_gen_params),
	KUNIT_CASE(nowait_failing_does_not_latch),
	KUNIT_CASE(nowait_zone_never_touches_its_reserve),
	KUNIT_CASE(fallbacks_count_what_the_system_should_have_served),
	KUNIT_CASE(serving_from_the_reserve_first_is_no_fallback),
	KUNIT_CASE(policy_set_later_counts_from_then_on),
	{}
};

static struct kunit_suite policy_suite = {
	.name = "labyrinth_policy",
	.test_cases = policy_cases,
};

kunit_test_suite(policy_suite);
