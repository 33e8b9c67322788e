// SPDX-License-Identifier: GPL-2.0
/*
 * The shrinker, asked by the kernel itself: surplus goes, what is promised stays.
 *
 * /proc/sys/vm/drop_caches has all shrinkers give up all they have. Ours asks the
 * CPUs for their caches and does not wait for them.
 */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/smp.h>
#include <linux/workqueue.h>

#include "common.h"

#define NONE		LABYRINTH_QUALITY_NONE
#define RESERVE		16U
#define NR		24U	/* surplus; more than a cache of 8 pages holds */
#define DROP_CACHES	"/proc/sys/vm/drop_caches"

static int shrink_init(struct kunit *test)
{
	if (!labyrinth_test_file_exists(DROP_CACHES))
		kunit_skip(test, "no " DROP_CACHES);
	return 0;
}

static void shrink(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, labyrinth_test_file_write(DROP_CACHES, "2"), 0);
}

/* Idle pages in this CPU's cache, and those that it has no room for in the depot. */
static void make_surplus(struct kunit *test, struct labyrinth_zone *zone)
{
	struct page *page[NR];

	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, NR), NR);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(!labyrinth_reserve_lack(zone)));
	labyrinth_free_bulk(zone, NR, page);
}

struct surplus_param {
	const char			*what;
	struct labyrinth_zone_params	params;
};

#define ZONE(...) { .name = "kunit", .node = NUMA_NO_NODE, .reserve = RESERVE, __VA_ARGS__ }

static const struct surplus_param surplus_params[] = {
	{ "cache alone", ZONE(.cache = 64) },
	{ "cache and depot", ZONE(.cache = 16) },
	{ "order 2", ZONE(.order = 2, .cache = 16) },
	{ "VERIFY", ZONE(.quality = LABYRINTH_QUALITY_VERIFY, .cache = 64) },
};

static void surplus_desc(const struct surplus_param *param, char *desc)
{
	strscpy(desc, param->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(surplus, surplus_params, surplus_desc);

static void surplus_goes_and_what_is_promised_stays(struct kunit *test)
{
	const struct surplus_param *param = test->param_value;
	struct labyrinth_zone *zone = labyrinth_test_zone_make(test, &param->params);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket(test, zone, 10);
	struct page *page[RESERVE + 1];
	struct labyrinth_stats stats;

	make_surplus(test, zone);
	KUNIT_ASSERT_EQ(test, labyrinth_test_stats(zone).cached, NR);
	shrink(test);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(!labyrinth_test_stats(zone).cached));
	labyrinth_refill_flush(zone);
	stats = labyrinth_test_stats(zone);
	KUNIT_EXPECT_EQ(test, stats.reserve, RESERVE);
	KUNIT_EXPECT_EQ(test, stats.reserve_min_seen, RESERVE);
	KUNIT_EXPECT_EQ(test, stats.ticketed, 10);
	KUNIT_EXPECT_EQ(test, stats.owned, RESERVE + 10);
	KUNIT_EXPECT_EQ(test, stats.returned, NR);
	labyrinth_test_books(test, zone);

	labyrinth_test_cut_off(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_take(zone, NONE, page, RESERVE + 1), RESERVE);
	KUNIT_EXPECT_EQ(test, labyrinth_test_ticket_take(ticket, NONE, page, 11), 10);
}

/* Again and again, with nothing left that it could take. */
static void promised_pages_stay_however_often_it_is_asked(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	unsigned int i;

	labyrinth_test_ticket(test, zone, 10);
	for (i = 0; i < 5; i++)
		shrink(test);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_min_seen, RESERVE);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).owned, RESERVE + 10);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).returned, 0);
}

static void live_pages_stay(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct page *page[NR];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, NR), NR);
	shrink(test);
	labyrinth_refill_flush(zone);
	for (i = 0; i < NR; i++)
		KUNIT_EXPECT_TRUE(test, labyrinth_test_is_live(zone, page[i]));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).returned, 0);
}

/* Rather than to the system, where the worker would ask for it again. */
static noinline u64 cached(struct labyrinth_zone *zone)
{
	return labyrinth_test_stats(zone).cached;
}

static void surplus_goes_to_a_short_reserve_first(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE,
							  .cache = 16);
	struct labyrinth_stats stats;
	struct page *page[RESERVE];

	make_surplus(test, zone);
	KUNIT_ASSERT_EQ(test, labyrinth_zone_inject(zone, LABYRINTH_FAULT_RESERVE_ONLY |
							  LABYRINTH_FAULT_WORKER |
							  LABYRINTH_FAULT_SYSTEM, 0), 0);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, RESERVE), RESERVE);
	labyrinth_zone_get_stats(zone, &stats);
	KUNIT_ASSERT_EQ(test, stats.reserve, 0);
	KUNIT_ASSERT_EQ(test, stats.cached, NR);
	shrink(test);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(!cached(zone)));
	labyrinth_refill_flush(zone);
	labyrinth_zone_get_stats(zone, &stats);
	KUNIT_EXPECT_EQ(test, stats.reserve, RESERVE);
	KUNIT_EXPECT_EQ(test, stats.returned, NR - RESERVE);
	labyrinth_test_books(test, zone);
}

static long make_surplus_there(void *zone)
{
	struct page *page[NR];
	unsigned int nr = labyrinth_test_take(zone, NONE, page, NR);

	labyrinth_free_bulk(zone, nr, page);
	return nr;
}

static void caches_of_all_cpus_are_given_up(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE,
							  .cache = 64);
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		KUNIT_ASSERT_EQ(test, work_on_cpu(cpu, make_surplus_there, zone), NR);
		KUNIT_ASSERT_EQ(test, per_cpu_ptr(zone->cache, cpu)->nr, NR);
	}
	shrink(test);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(!labyrinth_test_stats(zone).cached));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_min_seen, RESERVE);
	labyrinth_refill_flush(zone);
	labyrinth_test_books(test, zone);
}

static void zone_works_on_after_it_was_shrunk(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE,
							  .cache = 16);
	unsigned int i;

	for (i = 0; i < 5; i++) {
		make_surplus(test, zone);
		KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, NR);
		shrink(test);
		KUNIT_EXPECT_TRUE(test,
				  labyrinth_test_wait(!labyrinth_test_stats(zone).cached));
	}
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).owned, RESERVE);
}

/* Between the work on its CPU being asked for and done, it may be over. */
static void zone_may_be_destroyed_while_it_is_shrunk(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 20; i++) {
		struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE,
								  .cache = 16);

		make_surplus(test, zone);
		shrink(test);
		KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	}
}

static struct kunit_case shrink_cases[] = {
	KUNIT_CASE_PARAM(surplus_goes_and_what_is_promised_stays, surplus_gen_params),
	KUNIT_CASE(promised_pages_stay_however_often_it_is_asked),
	KUNIT_CASE(live_pages_stay),
	KUNIT_CASE(surplus_goes_to_a_short_reserve_first),
	KUNIT_CASE(caches_of_all_cpus_are_given_up),
	KUNIT_CASE(zone_works_on_after_it_was_shrunk),
	KUNIT_CASE(zone_may_be_destroyed_while_it_is_shrunk),
	{}
};

static struct kunit_suite shrink_suite = {
	.name = "labyrinth_shrink",
	.init = shrink_init,
	.test_cases = shrink_cases,
};

kunit_test_suite(shrink_suite);
