// SPDX-License-Identifier: GPL-2.0
/*
 * Faults on demand: each goes wrong as it says, alone, and until it is lifted.
 */
#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/mm.h>

#include "common.h"

#define NONE		LABYRINTH_QUALITY_NONE
#define NOWAIT		LABYRINTH_QUALITY_NOWAIT
#define ACCOUNT		LABYRINTH_QUALITY_ACCOUNT
#define RESERVE		8U

static void inject(struct kunit *test, struct labyrinth_zone *zone,
		   labyrinth_fault_t faults, unsigned int nth)
{
	KUNIT_ASSERT_EQ(test, labyrinth_zone_inject(zone, faults, nth), 0);
}

/* Every request asks the system first. */
static struct labyrinth_zone *zone_for(struct kunit *test)
{
	return labyrinth_test_zone(test, .reserve = RESERVE, .cache = LABYRINTH_NO_CACHE);
}

/* One that does not touch the reserve, so that NULL is the system's answer. */
static bool system_serves(struct labyrinth_zone *zone)
{
	return labyrinth_test_alloc(zone, NOWAIT);
}

static bool worker_serves(struct labyrinth_zone *zone)
{
	labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
	labyrinth_refill_flush(zone);
	return labyrinth_test_wait(!labyrinth_reserve_lack(zone));
}

/* Take a page of the reserve, whatever the policy. */
static struct page *take_reserved(struct kunit *test, struct labyrinth_zone *zone)
{
	enum labyrinth_policy policy = zone->policy;
	struct page *page;

	labyrinth_policy_set(zone, LABYRINTH_RESERVE_ONLY);
	page = labyrinth_test_alloc(zone, NONE);
	labyrinth_policy_set(zone, policy);
	KUNIT_ASSERT_NOT_NULL(test, page);
	return page;
}

/* --- the system --- */

static void system_fault_fails_every_request(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page[RESERVE + 1];
	unsigned int i;

	inject(test, zone, LABYRINTH_FAULT_SYSTEM, 0);
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_FALSE(test, system_serves(zone));
	KUNIT_EXPECT_NULL(test, labyrinth_test_alloc(zone, ACCOUNT));
	/* The reserve is what it is for. */
	KUNIT_EXPECT_EQ(test, labyrinth_test_take(zone, NONE, page, RESERVE + 1), RESERVE);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_system, 0);
}

static void system_fault_fails_what_the_zone_asks_for(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket_new(test);

	inject(test, zone, LABYRINTH_FAULT_SYSTEM, 0);
	take_reserved(test, zone);
	KUNIT_EXPECT_TRUE(test,
			  labyrinth_test_wait(labyrinth_test_stats(zone).refill_failures > 2));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, RESERVE - 1);
	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, 2 * RESERVE), -ENOMEM);
	KUNIT_EXPECT_EQ(test, labyrinth_ticket_reserve(zone, 1, 0, ticket), -ENOMEM);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).taken, RESERVE);
	inject(test, zone, LABYRINTH_FAULT_NONE, 0);
	KUNIT_EXPECT_TRUE(test, worker_serves(zone));
	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, 2 * RESERVE), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_ticket_reserve(zone, 1, 0, ticket), 0);
}

static void system_fault_leaves_cached_pages_alone(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	inject(test, zone, LABYRINTH_FAULT_SYSTEM, 0);
	labyrinth_test_free(zone, page);
	KUNIT_EXPECT_PTR_EQ(test, labyrinth_test_alloc(zone, NONE), page);
}

/* --- the nth attempt --- */

static const unsigned int nth_params[] = { 1, 2, 3, 7, 50 };

static void nth_desc(const unsigned int *nth, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "attempt %u", *nth);
}

KUNIT_ARRAY_PARAM(nth, nth_params, nth_desc);

static void nth_attempt_fails_and_no_other(struct kunit *test)
{
	const unsigned int *nth = test->param_value;
	struct labyrinth_zone *zone = zone_for(test);
	unsigned int i;

	/* Attempts before do not count. */
	KUNIT_ASSERT_TRUE(test, system_serves(zone));
	inject(test, zone, LABYRINTH_FAULT_NTH, *nth);
	for (i = 1; i <= *nth + 20; i++)
		KUNIT_EXPECT_EQ_MSG(test, system_serves(zone), i != *nth, "attempt %u", i);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).failed, 1);
}

/* A critical request gets its page all the same. */
static void reserve_serves_where_the_nth_attempt_failed(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	unsigned int i;

	inject(test, zone, LABYRINTH_FAULT_NTH, 3);
	for (i = 1; i <= 6; i++) {
		KUNIT_EXPECT_NOT_NULL(test, labyrinth_test_alloc(zone, NONE));
		KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_reserve, i >= 3);
		/* What failed has set the latch. */
		KUNIT_ASSERT_TRUE(test, worker_serves(zone));
		KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(!labyrinth_test_is_latched(zone)));
	}
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_system, 5);
}

static void nth_attempt_of_a_bulk_request_fails(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page[6];

	inject(test, zone, LABYRINTH_FAULT_NTH, 4);
	KUNIT_EXPECT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NOWAIT, 6, page), -ENOMEM);
	KUNIT_EXPECT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NOWAIT, 6, page), 0);
}

static void attempts_of_the_worker_do_not_count(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket_new(test);
	unsigned int i;

	inject(test, zone, LABYRINTH_FAULT_NTH, 2);
	for (i = 0; i < 5; i++) {
		take_reserved(test, zone);
		KUNIT_ASSERT_TRUE(test, worker_serves(zone));
	}
	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, 2 * RESERVE), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_ticket_reserve(zone, RESERVE, 0, ticket), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).refill_failures, 0);
	KUNIT_EXPECT_TRUE(test, system_serves(zone));
	KUNIT_EXPECT_FALSE(test, system_serves(zone));
	KUNIT_EXPECT_TRUE(test, system_serves(zone));
}

static void counting_starts_again_with_each_call(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);

	inject(test, zone, LABYRINTH_FAULT_NTH, 2);
	KUNIT_EXPECT_TRUE(test, system_serves(zone));
	inject(test, zone, LABYRINTH_FAULT_NTH, 2);
	KUNIT_EXPECT_TRUE(test, system_serves(zone));
	KUNIT_EXPECT_FALSE(test, system_serves(zone));
	inject(test, zone, LABYRINTH_FAULT_NTH, 1);
	KUNIT_EXPECT_FALSE(test, system_serves(zone));
	inject(test, zone, LABYRINTH_FAULT_NTH, 1);
	inject(test, zone, LABYRINTH_FAULT_NONE, 0);
	KUNIT_EXPECT_TRUE(test, system_serves(zone));
}

/* --- the worker --- */

static void worker_fault_leaves_the_reserve_short(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);

	inject(test, zone, LABYRINTH_FAULT_WORKER, 0);
	take_reserved(test, zone);
	labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, RESERVE - 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).taken, RESERVE);
	KUNIT_EXPECT_TRUE(test, system_serves(zone));
	/* Lifting the fault is all that it takes. */
	inject(test, zone, LABYRINTH_FAULT_NONE, 0);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(!labyrinth_reserve_lack(zone)));
}

/* --- the reserve and nothing else --- */

/* Its reserve is full, its cache has pages, and the worker does nothing. */
static struct labyrinth_zone *zone_with_reserve_only(struct kunit *test,
						     labyrinth_quality_t quality)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE,
							  .quality = quality);
	struct page *page[2 * RESERVE];

	/* Nor does it put clean pages in stock. */
	inject(test, zone, LABYRINTH_FAULT_WORKER, 0);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 2 * RESERVE), 2 * RESERVE);
	labyrinth_free_bulk(zone, 2 * RESERVE, page);
	inject(test, zone, LABYRINTH_FAULT_RESERVE_ONLY | LABYRINTH_FAULT_WORKER, 0);
	KUNIT_ASSERT_EQ(test, labyrinth_test_stats(zone).cached, 2 * RESERVE);
	return zone;
}

static const labyrinth_quality_t quality_params[] = {
	LABYRINTH_QUALITY_NONE, LABYRINTH_QUALITY_ZERO, LABYRINTH_QUALITY_VERIFY,
};

static void quality_desc(const labyrinth_quality_t *quality, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "zone quality 0x%x",
		 (__force unsigned int)*quality);
}

KUNIT_ARRAY_PARAM(quality, quality_params, quality_desc);

static void reserve_serves_although_the_caches_are_full(struct kunit *test)
{
	const labyrinth_quality_t *quality = test->param_value;
	struct labyrinth_zone *zone = zone_with_reserve_only(test, *quality);
	struct labyrinth_stats before = labyrinth_test_stats(zone), after;
	struct page *page[RESERVE + 1];

	KUNIT_EXPECT_EQ(test, labyrinth_test_take(zone, NONE, page, RESERVE + 1), RESERVE);
	after = labyrinth_test_stats(zone);
	KUNIT_EXPECT_EQ(test, after.from_reserve, before.from_reserve + RESERVE);
	KUNIT_EXPECT_EQ(test, after.from_cache, before.from_cache);
	KUNIT_EXPECT_EQ(test, after.from_system, before.from_system);
	KUNIT_EXPECT_EQ(test, after.cached, 2 * RESERVE);
	KUNIT_EXPECT_EQ(test, after.starvations, 1);
	inject(test, zone, LABYRINTH_FAULT_NONE, 0);
	KUNIT_EXPECT_NOT_NULL(test, labyrinth_test_alloc(zone, NONE));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_cache, after.from_cache + 1);
}

static void reserve_serves_bulk_requests_although_the_caches_are_full(struct kunit *test)
{
	const labyrinth_quality_t *quality = test->param_value;
	struct labyrinth_zone *zone = zone_with_reserve_only(test, *quality);
	struct page *page[RESERVE + 1];

	KUNIT_EXPECT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, RESERVE + 1, page),
			-ENOMEM);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, RESERVE);
	KUNIT_EXPECT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NOWAIT, 1, page), -ENOMEM);
	KUNIT_EXPECT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, RESERVE - 1, page), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_reserve, RESERVE - 1);
	KUNIT_EXPECT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, 2, page), -ENOMEM);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, 2 * RESERVE);
}

static void what_does_not_touch_the_reserve_gets_nothing(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_with_reserve_only(test, NONE);

	KUNIT_EXPECT_NULL(test, labyrinth_test_alloc(zone, NOWAIT));
	KUNIT_EXPECT_NULL(test, labyrinth_test_alloc(zone, ACCOUNT));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, RESERVE);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).starvations, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).failed, 2);
}

/* It does not need anything else either. */
static void ticket_serves_whatever_goes_wrong(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket(test, zone, 4);
	struct page *page[5];

	inject(test, zone, LABYRINTH_FAULT_SYSTEM | LABYRINTH_FAULT_WORKER |
			   LABYRINTH_FAULT_RESERVE_ONLY | LABYRINTH_FAULT_NTH, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_ticket_take(ticket, NONE, page, 5), 4);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_ticket, 4);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, RESERVE);
}

/* --- which faults there are --- */

static void faults_take_the_place_of_those_before(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);

	inject(test, zone, LABYRINTH_FAULT_SYSTEM | LABYRINTH_FAULT_WORKER, 0);
	KUNIT_EXPECT_FALSE(test, system_serves(zone));
	inject(test, zone, LABYRINTH_FAULT_WORKER, 0);
	KUNIT_EXPECT_TRUE(test, system_serves(zone));
	take_reserved(test, zone);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_reserve_lack(zone), 1);
	inject(test, zone, LABYRINTH_FAULT_RESERVE_ONLY, 0);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(!labyrinth_reserve_lack(zone)));
	KUNIT_EXPECT_FALSE(test, system_serves(zone));
	inject(test, zone, LABYRINTH_FAULT_SYSTEM, 0);
	inject(test, zone, LABYRINTH_FAULT_NONE, 0);
	KUNIT_EXPECT_TRUE(test, system_serves(zone));
	KUNIT_EXPECT_EQ(test, zone->inject, 0);
}

static void same_faults_twice_are_lifted_once(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);

	inject(test, zone, LABYRINTH_FAULT_SYSTEM, 0);
	inject(test, zone, LABYRINTH_FAULT_SYSTEM, 0);
	inject(test, zone, LABYRINTH_FAULT_NONE, 0);
	inject(test, zone, LABYRINTH_FAULT_NONE, 0);
	KUNIT_EXPECT_TRUE(test, system_serves(zone));
}

static void faults_are_of_one_zone_only(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test), *other;

	other = labyrinth_test_zone_make(test, &(const struct labyrinth_zone_params) {
		.name = "kunit2", .reserve = 2, .node = NUMA_NO_NODE,
		.cache = LABYRINTH_NO_CACHE,
	});
	inject(test, zone, LABYRINTH_FAULT_SYSTEM | LABYRINTH_FAULT_WORKER, 0);
	KUNIT_EXPECT_FALSE(test, system_serves(zone));
	KUNIT_EXPECT_TRUE(test, system_serves(other));
	inject(test, other, LABYRINTH_FAULT_NTH, 1);
	KUNIT_EXPECT_FALSE(test, system_serves(other));
	KUNIT_EXPECT_TRUE(test, system_serves(other));
	/* Lifting one zone's does not lift the other's. */
	inject(test, other, LABYRINTH_FAULT_NONE, 0);
	KUNIT_EXPECT_FALSE(test, system_serves(zone));
}

struct bad_param {
	const char		*what;
	labyrinth_fault_t	faults;
	unsigned int		nth;
};

#define FAULT(bit)	((__force labyrinth_fault_t)BIT(bit))

static const struct bad_param bad_params[] = {
	{ "unknown", FAULT(5), 0 },
	{ "unknown, and one that is known", FAULT(31) | LABYRINTH_FAULT_SYSTEM, 0 },
	{ "all there could be", (__force labyrinth_fault_t)UINT_MAX, 1 },
	{ "NTH without an nth", LABYRINTH_FAULT_NTH, 0 },
	{ "an nth without NTH", LABYRINTH_FAULT_SYSTEM, 1 },
	{ "an nth without any fault", LABYRINTH_FAULT_NONE, 1 },
	{ "nth too large", LABYRINTH_FAULT_NTH, INT_MAX + 1U },
	{ "nth wild", LABYRINTH_FAULT_NTH, UINT_MAX },
};

static void bad_desc(const struct bad_param *param, char *desc)
{
	strscpy(desc, param->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bad, bad_params, bad_desc);

static void bad_faults_are_refused_and_change_nothing(struct kunit *test)
{
	const struct bad_param *param = test->param_value;
	struct labyrinth_zone *zone = zone_for(test);

	KUNIT_EXPECT_EQ(test, labyrinth_zone_inject(zone, param->faults, param->nth), -EINVAL);
	KUNIT_EXPECT_TRUE(test, system_serves(zone));
	inject(test, zone, LABYRINTH_FAULT_NTH, 2);
	KUNIT_EXPECT_EQ(test, labyrinth_zone_inject(zone, param->faults, param->nth), -EINVAL);
	KUNIT_EXPECT_TRUE(test, system_serves(zone));
	KUNIT_EXPECT_FALSE(test, system_serves(zone));
}

static void largest_nth_is_taken(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);

	inject(test, zone, LABYRINTH_FAULT_NTH, INT_MAX);
	KUNIT_EXPECT_TRUE(test, system_serves(zone));
}

static void faults_end_with_their_zone(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);

	inject(test, zone, LABYRINTH_FAULT_SYSTEM | LABYRINTH_FAULT_WORKER |
			   LABYRINTH_FAULT_RESERVE_ONLY | LABYRINTH_FAULT_NTH, 5);
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	zone = zone_for(test);
	KUNIT_EXPECT_EQ(test, zone->inject, 0);
	KUNIT_EXPECT_TRUE(test, system_serves(zone));
	take_reserved(test, zone);
	KUNIT_EXPECT_TRUE(test, worker_serves(zone));
}

/* --- the kernel's own fault injection --- */

#define DEBUGFS	"/sys/kernel/debug/labyrinth/kunit/"

static void kernels_own_attributes_are_in_debugfs(struct kunit *test)
{
	struct labyrinth_zone *zone;

	if (!IS_ENABLED(CONFIG_FAULT_INJECTION_DEBUG_FS))
		kunit_skip(test, "a kernel without CONFIG_FAULT_INJECTION_DEBUG_FS");
	zone = zone_for(test);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_file_exists(DEBUGFS "fail_system/probability"));
	KUNIT_EXPECT_TRUE(test, labyrinth_test_file_exists(DEBUGFS "fail_refill/probability"));
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_EXPECT_FALSE(test, labyrinth_test_file_exists(DEBUGFS "fail_system"));
}

#ifdef CONFIG_FAULT_INJECTION
/* As those files do it; the kernel itself cannot write to them. */
static void set_attribute(struct fault_attr *attr, unsigned long probability)
{
	attr->verbose = 0;
	atomic_set(&attr->times, -1);
	attr->probability = probability;
}

static void fail_system(struct labyrinth_zone *zone, unsigned long probability)
{
	set_attribute(&zone->fail_system, probability);
}

static void fail_refill(struct labyrinth_zone *zone, unsigned long probability)
{
	set_attribute(&zone->fail_refill, probability);
}
#else
static void fail_system(struct labyrinth_zone *zone, unsigned long probability)
{
}

static void fail_refill(struct labyrinth_zone *zone, unsigned long probability)
{
}
#endif

static void kernels_fail_system_fails_requests_only(struct kunit *test)
{
	struct labyrinth_zone *zone;

	if (!IS_ENABLED(CONFIG_FAULT_INJECTION))
		kunit_skip(test, "a kernel without CONFIG_FAULT_INJECTION");
	zone = zone_for(test);
	fail_system(zone, 100);
	KUNIT_EXPECT_FALSE(test, system_serves(zone));
	take_reserved(test, zone);
	KUNIT_EXPECT_TRUE(test, worker_serves(zone));
	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, 2 * RESERVE), 0);
	fail_system(zone, 0);
	KUNIT_EXPECT_TRUE(test, system_serves(zone));
}

static void kernels_fail_refill_fails_the_zones_own_attempts_only(struct kunit *test)
{
	struct labyrinth_zone *zone;

	if (!IS_ENABLED(CONFIG_FAULT_INJECTION))
		kunit_skip(test, "a kernel without CONFIG_FAULT_INJECTION");
	zone = zone_for(test);
	fail_refill(zone, 100);
	take_reserved(test, zone);
	KUNIT_EXPECT_TRUE(test,
			  labyrinth_test_wait(labyrinth_test_stats(zone).refill_failures > 2));
	KUNIT_EXPECT_EQ(test, labyrinth_reserve_lack(zone), 1);
	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, 2 * RESERVE), -ENOMEM);
	KUNIT_EXPECT_TRUE(test, system_serves(zone));
	fail_refill(zone, 0);
	KUNIT_EXPECT_TRUE(test, worker_serves(zone));
}

static struct kunit_case inject_cases[] = {
	KUNIT_CASE(system_fault_fails_every_request),
	KUNIT_CASE(system_fault_fails_what_the_zone_asks_for),
	KUNIT_CASE(system_fault_leaves_cached_pages_alone),
	KUNIT_CASE_PARAM(nth_attempt_fails_and_no_other, nth_gen_params),
	KUNIT_CASE(reserve_serves_where_the_nth_attempt_failed),
	KUNIT_CASE(nth_attempt_of_a_bulk_request_fails),
	KUNIT_CASE(attempts_of_the_worker_do_not_count),
	KUNIT_CASE(counting_starts_again_with_each_call),
	KUNIT_CASE(worker_fault_leaves_the_reserve_short),
	KUNIT_CASE_PARAM(reserve_serves_although_the_caches_are_full, quality_gen_params),
	KUNIT_CASE_PARAM(reserve_serves_bulk_requests_although_the_caches_are_full,
			 quality_gen_params),
	KUNIT_CASE(what_does_not_touch_the_reserve_gets_nothing),
	KUNIT_CASE(ticket_serves_whatever_goes_wrong),
	KUNIT_CASE(faults_take_the_place_of_those_before),
	KUNIT_CASE(same_faults_twice_are_lifted_once),
	KUNIT_CASE(faults_are_of_one_zone_only),
	KUNIT_CASE_PARAM(bad_faults_are_refused_and_change_nothing, bad_gen_params),
	KUNIT_CASE(largest_nth_is_taken),
	KUNIT_CASE(faults_end_with_their_zone),
	KUNIT_CASE(kernels_own_attributes_are_in_debugfs),
	KUNIT_CASE(kernels_fail_system_fails_requests_only),
	KUNIT_CASE(kernels_fail_refill_fails_the_zones_own_attempts_only),
	{}
};

static struct kunit_suite inject_suite = {
	.name = "labyrinth_inject",
	.test_cases = inject_cases,
};

kunit_test_suite(inject_suite);
