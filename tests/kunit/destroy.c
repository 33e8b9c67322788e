// SPDX-License-Identifier: GPL-2.0
/*
 * Giving a zone up, with pages live or without.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/vmstat.h>
#include <linux/workqueue.h>

#include "common.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define LIVE	20U

/**
 * struct orphans - a zone that was destroyed with pages live
 * @zone: the zone; its memory stays until the last page is freed
 * @page: the pages
 * @refcount: of labyrinth.ko before
 */
struct orphans {
	struct labyrinth_zone	*zone;
	struct page		*page[LIVE];
	int			refcount;
};

static void make_orphans(struct kunit *test, struct orphans *orphans)
{
	unsigned int i;

	orphans->refcount = labyrinth_test_module_refcount();
	KUNIT_ASSERT_GT(test, orphans->refcount, 0);
	orphans->zone = labyrinth_test_zone(test, .reserve = 4);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(orphans->zone, NONE, orphans->page, LIVE),
			LIVE);
	for (i = 0; i < LIVE; i++)
		memset(page_address(orphans->page[i]), i, PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, orphans->zone), 0);
}

static void free_orphans(struct orphans *orphans)
{
	unsigned int i;

	for (i = 0; i < LIVE; i++)
		labyrinth_test_free(orphans->zone, orphans->page[i]);
}

/* The zone itself cannot be asked any more: the module shows that it is gone. */
static bool wait_until_gone(const struct orphans *orphans)
{
	return labyrinth_test_wait(labyrinth_test_module_refcount() == orphans->refcount);
}

static void destroying_null_does_nothing(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, labyrinth_zone_destroy(NULL), 0);
}

static void destroyed_zone_has_no_directory(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test);

	KUNIT_ASSERT_TRUE(test,
			  labyrinth_test_file_exists("/sys/kernel/labyrinth/kunit"));
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_EXPECT_FALSE(test,
			   labyrinth_test_file_exists("/sys/kernel/labyrinth/kunit"));
	KUNIT_EXPECT_FALSE(test,
			   labyrinth_test_file_exists("/sys/kernel/debug/labyrinth/kunit"));
}

static void live_pages_stay_valid_after_destroy(struct kunit *test)
{
	struct orphans orphans;
	unsigned int i;

	make_orphans(test, &orphans);
	for (i = 0; i < LIVE; i++) {
		KUNIT_EXPECT_EQ(test, page_count(orphans.page[i]), 1);
		KUNIT_EXPECT_TRUE(test, labyrinth_test_is_filled(orphans.page[i], 0, i));
		memset(page_address(orphans.page[i]), 0xff, PAGE_SIZE);
	}
	free_orphans(&orphans);
	KUNIT_EXPECT_TRUE(test, wait_until_gone(&orphans));
}

static void module_stays_until_the_last_page_is_freed(struct kunit *test)
{
	struct orphans orphans;
	unsigned int i;

	make_orphans(test, &orphans);
	KUNIT_EXPECT_GT(test, labyrinth_test_module_refcount(), orphans.refcount);
	for (i = 0; i < LIVE - 1; i++)
		labyrinth_test_free(orphans.zone, orphans.page[i]);
	/* Long enough for a cleanup that comes too early. */
	labyrinth_refill_flush(orphans.zone);
	KUNIT_EXPECT_GT(test, labyrinth_test_module_refcount(), orphans.refcount);
	labyrinth_test_free(orphans.zone, orphans.page[i]);
	KUNIT_EXPECT_TRUE(test, wait_until_gone(&orphans));
}

static void destroy_without_live_pages_holds_nothing(struct kunit *test)
{
	int before = labyrinth_test_module_refcount();
	struct labyrinth_zone *zone = labyrinth_test_zone(test);

	labyrinth_test_free(zone, labyrinth_test_alloc(zone, NONE));
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_module_refcount(), before);
}

static void name_is_free_while_pages_are_still_live(struct kunit *test)
{
	struct labyrinth_zone *zone;
	struct orphans orphans;
	unsigned int i;

	make_orphans(test, &orphans);
	zone = labyrinth_test_zone(test, .reserve = 3);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, 0);
	/* The new one of that name does not take the old one's pages. */
	labyrinth_test_free(zone, orphans.page[0]);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 1);
	for (i = 0; i < LIVE; i++)
		KUNIT_EXPECT_EQ(test, page_count(orphans.page[i]), 1);
	free_orphans(&orphans);
	KUNIT_EXPECT_TRUE(test, wait_until_gone(&orphans));
}

static void idle_pages_are_given_back_at_once(struct kunit *test)
{
	struct orphans orphans;
	struct labyrinth_stats stats;

	make_orphans(test, &orphans);
	stats = labyrinth_test_stats(orphans.zone);
	KUNIT_EXPECT_EQ(test, stats.owned, LIVE);
	KUNIT_EXPECT_EQ(test, stats.taken - stats.returned, LIVE);
	free_orphans(&orphans);
	KUNIT_EXPECT_TRUE(test, wait_until_gone(&orphans));
}

static void page_freed_after_destroy_leaves(struct kunit *test)
{
	struct orphans orphans;

	make_orphans(test, &orphans);
	get_page(orphans.page[0]);
	labyrinth_test_free(orphans.zone, orphans.page[0]);
	KUNIT_EXPECT_EQ(test, page_count(orphans.page[0]), 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(orphans.zone).owned, LIVE - 1);
	put_page(orphans.page[0]);
	orphans.page[0] = NULL;
	free_orphans(&orphans);
	KUNIT_EXPECT_TRUE(test, wait_until_gone(&orphans));
}

static void double_free_after_destroy_is_misuse(struct kunit *test)
{
	struct orphans orphans;

	make_orphans(test, &orphans);
	labyrinth_test_free(orphans.zone, orphans.page[0]);
	labyrinth_test_free(orphans.zone, orphans.page[0]);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(orphans.zone).misuse, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(orphans.zone).live, LIVE - 1);
	orphans.page[0] = NULL;
	free_orphans(&orphans);
	KUNIT_EXPECT_TRUE(test, wait_until_gone(&orphans));
}

static void allocation_after_destroy_is_misuse(struct kunit *test)
{
	struct orphans orphans;
	struct page *page[2];

	make_orphans(test, &orphans);
	KUNIT_EXPECT_NULL(test, labyrinth_test_alloc(orphans.zone, NONE));
	KUNIT_EXPECT_NULL(test, labyrinth_alloc_atomic(orphans.zone, NONE));
	KUNIT_EXPECT_EQ(test, labyrinth_alloc_bulk_atomic(orphans.zone, NONE, 2, page),
			-ENOMEM);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(orphans.zone).misuse, 3);
	free_orphans(&orphans);
	KUNIT_EXPECT_TRUE(test, wait_until_gone(&orphans));
}

static void orphans_may_be_freed_by_address_and_in_bulk(struct kunit *test)
{
	struct orphans orphans;

	make_orphans(test, &orphans);
	labyrinth_free(orphans.zone, page_address(orphans.page[0]));
	labyrinth_free_bulk(orphans.zone, LIVE - 1, orphans.page + 1);
	KUNIT_EXPECT_TRUE(test, wait_until_gone(&orphans));
}

static void free_in_interrupt(void *orphans)
{
	free_orphans(orphans);
}

static void last_page_may_be_freed_in_a_hard_interrupt(struct kunit *test)
{
	struct orphans orphans;

	make_orphans(test, &orphans);
	labyrinth_test_in_hardirq(free_in_interrupt, &orphans);
	KUNIT_EXPECT_TRUE(test, wait_until_gone(&orphans));
}

static void last_page_may_be_freed_in_nmi(struct kunit *test)
{
	struct orphans orphans;

	make_orphans(test, &orphans);
	labyrinth_test_in_nmi(free_in_interrupt, &orphans);
	KUNIT_EXPECT_TRUE(test, wait_until_gone(&orphans));
}

/* Pages on their way out when destroy begins are neither lost nor live. */
static void page_leaving_at_destroy_is_given_back(struct kunit *test)
{
	struct orphans orphans = { .refcount = labyrinth_test_module_refcount() };

	orphans.zone = labyrinth_test_zone(test, .reserve = 4);
	orphans.page[0] = labyrinth_test_alloc(orphans.zone, NONE);
	KUNIT_ASSERT_NOT_NULL(test, orphans.page[0]);
	get_page(orphans.page[0]);
	labyrinth_test_in_nmi(free_in_interrupt, &orphans);
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, orphans.zone), 0);
	KUNIT_EXPECT_EQ(test, page_count(orphans.page[0]), 1);
	KUNIT_EXPECT_TRUE(test, wait_until_gone(&orphans));
	put_page(orphans.page[0]);
}

/* The live pages keep the zone's memory, and so it can be looked at. */
static void destroy_takes_the_worker_out_of_its_pause(struct kunit *test)
{
	struct orphans orphans = { .refcount = labyrinth_test_module_refcount() };
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = LIVE);
	u64 failures;

	orphans.zone = zone;
	labyrinth_test_cut_off(zone);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, orphans.page, LIVE), LIVE);
	KUNIT_ASSERT_TRUE(test,
			  labyrinth_test_wait(labyrinth_test_stats(zone).refill_failures > 2 &&
					      delayed_work_pending(&zone->refill)));
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&zone->refill));
	failures = labyrinth_test_stats(zone).refill_failures;
	/* Longer than any pause. */
	msleep(300);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).refill_failures, failures);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).owned, LIVE);
	free_orphans(&orphans);
	KUNIT_EXPECT_TRUE(test, wait_until_gone(&orphans));
}

static void page_set_aside_is_given_back(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4,
							  .quality = LABYRINTH_QUALITY_VERIFY);
	struct page *page = labyrinth_test_alloc(zone, NONE), *next;

	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_test_free(zone, page);
	*(u8 *)page_address(page) ^= 1;
	next = labyrinth_test_alloc(zone, NONE);
	KUNIT_ASSERT_EQ(test, labyrinth_test_stats(zone).verify_failures, 1);
	labyrinth_test_free(zone, next);
	get_page(page);
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	put_page(page);
}

/* In the system's own per-CPU lists pages are free, too, but not counted as such. */
static unsigned long pages_in_lists_of(const struct zone *zone)
{
	unsigned long nr = 0;
	unsigned int cpu;

	for_each_online_cpu(cpu)
		nr += READ_ONCE(per_cpu_ptr(zone->per_cpu_pageset, cpu)->count);
	return nr;
}

static unsigned long free_pages_of_the_system(void)
{
	unsigned long nr = global_zone_page_state(NR_FREE_PAGES);
	unsigned int i;
	int node;

	for_each_online_node(node) {
		for (i = 0; i < MAX_NR_ZONES; i++)
			if (populated_zone(&NODE_DATA(node)->node_zones[i]))
				nr += pages_in_lists_of(&NODE_DATA(node)->node_zones[i]);
	}
	return nr;
}

/* By the kernel's own count; what others take meanwhile is far less. */
static void everything_taken_from_the_system_goes_back(struct kunit *test)
{
	const unsigned int nr = 4096;
	struct page **pages = labyrinth_test_pages(test, nr);
	unsigned long before, during, after;
	struct labyrinth_zone *zone;
	unsigned int i;

	before = free_pages_of_the_system();
	zone = labyrinth_test_zone(test, .reserve = nr, .max_pages = 4 * nr);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, pages, nr), nr);
	during = free_pages_of_the_system();
	for (i = 0; i < nr; i++)
		labyrinth_test_free(zone, pages[i]);
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	after = free_pages_of_the_system();
	KUNIT_EXPECT_GE(test, before + nr / 4, during + 2 * nr);
	KUNIT_EXPECT_GE(test, after + nr / 4, before);
}

static struct kunit_case destroy_cases[] = {
	KUNIT_CASE(destroying_null_does_nothing),
	KUNIT_CASE(destroyed_zone_has_no_directory),
	KUNIT_CASE(live_pages_stay_valid_after_destroy),
	KUNIT_CASE(module_stays_until_the_last_page_is_freed),
	KUNIT_CASE(destroy_without_live_pages_holds_nothing),
	KUNIT_CASE(name_is_free_while_pages_are_still_live),
	KUNIT_CASE(idle_pages_are_given_back_at_once),
	KUNIT_CASE(page_freed_after_destroy_leaves),
	KUNIT_CASE(double_free_after_destroy_is_misuse),
	KUNIT_CASE(allocation_after_destroy_is_misuse),
	KUNIT_CASE(orphans_may_be_freed_by_address_and_in_bulk),
	KUNIT_CASE(last_page_may_be_freed_in_a_hard_interrupt),
	KUNIT_CASE(last_page_may_be_freed_in_nmi),
	KUNIT_CASE(page_leaving_at_destroy_is_given_back),
	KUNIT_CASE(destroy_takes_the_worker_out_of_its_pause),
	KUNIT_CASE(page_set_aside_is_given_back),
	KUNIT_CASE(everything_taken_from_the_system_goes_back),
	{}
};

static struct kunit_suite destroy_suite = {
	.name = "labyrinth_destroy",
	.test_cases = destroy_cases,
};

kunit_test_suite(destroy_suite);
