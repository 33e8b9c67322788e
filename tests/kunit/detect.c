// SPDX-License-Identifier: GPL-2.0
/*
 * The detectors, each proved by planting what it is for: a hundred times, and
 * caught as often. The lines that begin with DETECT are evaluated by others.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/utsname.h>

#include "log.h"
#include "pair.h"

#define NONE		LABYRINTH_QUALITY_NONE
#define VERIFY		LABYRINTH_QUALITY_VERIFY
#define PLANTED		100U

static void expect_all_caught(struct kunit *test, const char *fault, unsigned int caught)
{
	pr_info("DETECT kernel=%s fault=%s planted=%u caught=%u\n",
		init_utsname()->release, fault, PLANTED, caught);
	KUNIT_EXPECT_EQ(test, caught, PLANTED);
}

static bool misuse_is(struct labyrinth_zone *zone, u64 misuse)
{
	return labyrinth_test_stats(zone).misuse == misuse;
}

/* --- freed twice --- */

static void double_free_is_caught(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 8);
	unsigned int i, caught = 0;
	struct page *page[2];

	for (i = 0; i < PLANTED; i++) {
		KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 2), 2);
		labyrinth_test_free(zone, page[i % 2]);
		labyrinth_test_free(zone, page[i % 2]);
		caught += misuse_is(zone, i + 1);
		labyrinth_test_free(zone, page[!(i % 2)]);
	}
	expect_all_caught(test, "double-free", caught);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frees, 2 * PLANTED);
	labyrinth_test_books(test, zone);
}

/**
 * struct twice - a page that two CPUs free
 * @zone: its zone
 * @page: the page
 * @caught: how often just one of them was told off
 */
struct twice {
	struct labyrinth_zone	*zone;
	struct page		*page;
	unsigned int		caught;
};

static void free_twice_at_once(struct labyrinth_test_pair *pair, unsigned int who)
{
	struct twice *twice = pair->arg;
	unsigned int i;

	for (i = 0; i < PLANTED; i++) {
		if (who == 0)
			twice->page = labyrinth_test_alloc(twice->zone, NONE);
		if (!labyrinth_test_meet(pair, who))
			return;
		labyrinth_test_free(twice->zone, twice->page);
		if (!labyrinth_test_meet(pair, who))
			return;
		if (who == 0)
			twice->caught += misuse_is(twice->zone, i + 1);
	}
}

static void double_free_by_two_cpus_at_once_is_caught(struct kunit *test)
{
	struct twice twice = {
		.zone = labyrinth_test_zone(test, .reserve = 8, .quality = VERIFY),
	};
	struct labyrinth_test_pair pair = { .fn = free_twice_at_once, .arg = &twice };

	labyrinth_test_pair_run(test, &pair);
	expect_all_caught(test, "double-free-smp", twice.caught);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(twice.zone).frees, PLANTED);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(twice.zone).verify_failures, 0);
	labyrinth_test_books(test, twice.zone);
}

/* --- written to after it was freed --- */

static void write_after_free_of_one_byte_is_caught(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 8,
							  .quality = VERIFY);
	unsigned int i, offset, caught = 0;
	struct rnd_state random;
	struct page *page;
	u8 *byte;

	prandom_seed_state(&random, 1);
	for (i = 0; i < PLANTED; i++) {
		page = labyrinth_test_alloc(zone, NONE);
		KUNIT_ASSERT_NOT_NULL(test, page);
		labyrinth_test_free(zone, page);
		KUNIT_ASSERT_TRUE(test, labyrinth_test_is_idle(zone, page));
		offset = prandom_u32_state(&random) % PAGE_SIZE;
		byte = page_address(page) + offset;
		/* One bit of it is enough. */
		*byte ^= 1 << prandom_u32_state(&random) % 8;
		KUNIT_EXPECT_PTR_NE(test, labyrinth_test_alloc(zone, NONE), page);
		if (labyrinth_test_stats(zone).verify_failures == i + 1)
			caught++;
		else
			kunit_err(test, "byte %u was missed", offset);
	}
	expect_all_caught(test, "write-after-free", caught);
}

/* --- not the zone's --- */

static void foreign_page_is_caught(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 8);
	unsigned int i, caught = 0;
	struct page *page;

	for (i = 0; i < PLANTED; i++) {
		page = alloc_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, page);
		labyrinth_test_free(zone, page);
		caught += misuse_is(zone, i + 1) && page_count(page) == 1;
		__free_page(page);
	}
	expect_all_caught(test, "foreign-page", caught);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frees, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).owned, 8);
}

/* --- not given back --- */

static void leak_at_destroy_is_caught(struct kunit *test)
{
	int refcount = labyrinth_test_module_refcount();
	struct labyrinth_zone *zone;
	unsigned int i, caught = 0;
	struct page *page;

	if (log_init(test))
		return;
	for (i = 0; i < PLANTED; i++) {
		zone = labyrinth_test_zone(test, .reserve = 1, .max_pages = 64,
					   .cache = LABYRINTH_NO_CACHE);
		page = taker(zone, NONE);
		KUNIT_ASSERT_NOT_NULL(test, page);
		heard_forget();
		KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
		caught += told("zone kunit: destroyed with 1 pages live") == 1 &&
			  told("zone kunit: 1 of them taken by taker+") == 1;
		freer(zone, page);
	}
	expect_all_caught(test, "leak-at-destroy", caught);
	KUNIT_EXPECT_TRUE(test,
			  labyrinth_test_wait(labyrinth_test_module_refcount() == refcount));
}

/* --- a worker that does not work --- */

static struct labyrinth_zone *numbered_zone(struct kunit *test, unsigned int i)
{
	struct labyrinth_zone_params params = {
		.reserve = 2, .max_pages = 64, .cache = LABYRINTH_NO_CACHE,
		.node = NUMA_NO_NODE, .policy = LABYRINTH_RESERVE_ONLY,
	};
	char name[16];

	snprintf(name, sizeof(name), "kunit%u", i);
	params.name = name;
	return labyrinth_test_zone_make(test, &params);
}

/* All at once: each has to be waited for. The last one's worker does work. */
static void dead_worker_is_caught(struct kunit *test)
{
	struct labyrinth_zone **zone;
	unsigned int i, caught = 0;
	bool patient = true;

	zone = kunit_kcalloc(test, PLANTED + 1, sizeof(*zone), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, zone);
	for (i = 0; i <= PLANTED; i++) {
		zone[i] = numbered_zone(test, i);
		if (i < PLANTED)
			KUNIT_ASSERT_EQ(test, labyrinth_zone_inject(zone[i],
								    LABYRINTH_FAULT_WORKER,
								    0), 0);
	}
	for (i = 0; i <= PLANTED; i++)
		KUNIT_ASSERT_NOT_NULL(test, labyrinth_test_alloc(zone[i], NONE));
	for (i = 0; i < PLANTED; i++) {
		/* If one is not told in time, the others do not get as much again. */
		patient = patient && labyrinth_test_wait(labyrinth_test_stats(zone[i]).stalls);
		caught += labyrinth_test_stats(zone[i]).stalls == 1;
	}
	expect_all_caught(test, "worker-dead", caught);
	/* Its turn comes last: had it anything to say, it would have by then. */
	KUNIT_EXPECT_TRUE(test,
			  labyrinth_test_wait(!timer_pending(&zone[i]->watchdog)));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone[i]).stalls, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_reserve_lack(zone[i]), 0);
}

/* --- freed behind the zone's back --- */

static void stolen_reserve_is_caught(struct kunit *test)
{
	struct labyrinth_zone *zone;
	unsigned int i, caught = 0;
	struct page *page, *stolen;

	zone = labyrinth_test_zone(test, .reserve = 2 * PLANTED,
				   .cache = LABYRINTH_NO_CACHE);
	labyrinth_test_cut_off(zone);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	for (i = 0; i < PLANTED; i++) {
		stolen = labyrinth_test_reserve_top(zone)->page;
		labyrinth_test_steal(test, zone, stolen);
		page = labyrinth_test_alloc(zone, NONE);
		KUNIT_EXPECT_NOT_NULL(test, page);
		caught += page != stolen && labyrinth_test_stats(zone).stolen == i + 1;
	}
	expect_all_caught(test, "reserve-stolen", caught);
	KUNIT_EXPECT_TRUE(test, misuse_is(zone, PLANTED));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, PLANTED);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).owned, PLANTED);
	labyrinth_test_books(test, zone);
}

static struct kunit_case detect_cases[] = {
	KUNIT_CASE(double_free_is_caught),
	KUNIT_CASE(double_free_by_two_cpus_at_once_is_caught),
	KUNIT_CASE(write_after_free_of_one_byte_is_caught),
	KUNIT_CASE(foreign_page_is_caught),
	KUNIT_CASE(leak_at_destroy_is_caught),
	KUNIT_CASE(dead_worker_is_caught),
	KUNIT_CASE(stolen_reserve_is_caught),
	{}
};

static struct kunit_suite detect_suite = {
	.name = "labyrinth_detect",
	.suite_init = log_suite_init,
	.suite_exit = log_suite_exit,
	.test_cases = detect_cases,
};

kunit_test_suite(detect_suite);
