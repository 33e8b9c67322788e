// SPDX-License-Identifier: GPL-2.0
/*
 * Which freed pages are handed out again, and in what state; and what happens to
 * pages that somebody else had a hand in.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/poison.h>

#include "common.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define ACCOUNT	LABYRINTH_QUALITY_ACCOUNT

static const unsigned int order_params[] = { 0, 1, 3 };

static void order_desc(const unsigned int *order, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "order %u", *order);
}

KUNIT_ARRAY_PARAM(order, order_params, order_desc);

static struct labyrinth_zone *zone_for(struct kunit *test)
{
	const unsigned int *order = test->param_value;

	return labyrinth_test_zone(test, .reserve = 2, .order = order ? *order : 0);
}

static void freed_page_is_handed_out_again(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_test_free(zone, page);
	KUNIT_EXPECT_PTR_EQ(test, labyrinth_test_alloc(zone, NONE), page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_cache, 1);
}

static void page_looks_like_one_from_the_system(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	KUNIT_EXPECT_EQ(test, page_private(page), 0);
	KUNIT_EXPECT_NULL(test, page->mapping);
	KUNIT_EXPECT_FALSE(test, page_is_pfmemalloc(page));
	KUNIT_EXPECT_EQ(test, compound_order(page), zone->order);
}

static void what_the_owner_left_in_the_page_struct_is_gone(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	set_page_private(page, 0x12345678);
	page->lru.next = (void *)-1L;
	page->lru.prev = LIST_POISON2;
	KUNIT_ASSERT_TRUE(test, page_is_pfmemalloc(page));
	labyrinth_test_free(zone, page);
	KUNIT_ASSERT_PTR_EQ(test, labyrinth_test_alloc(zone, NONE), page);
	KUNIT_EXPECT_EQ(test, page_private(page), 0);
	KUNIT_EXPECT_FALSE(test, page_is_pfmemalloc(page));
}

/* The owner may hang its live pages on lists: the zone needs none of it. */
static void page_struct_is_the_owners_while_live(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page[4];
	LIST_HEAD(list);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 4), 4);
	for (i = 0; i < 4; i++) {
		list_add_tail(&page[i]->lru, &list);
		set_page_private(page[i], i + 1);
	}
	labyrinth_refill_flush(zone);
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, page_private(page[i]), i + 1);
		KUNIT_EXPECT_PTR_EQ(test, list_first_entry(&list, struct page, lru),
				    page[i]);
		list_del(&page[i]->lru);
		labyrinth_test_free(zone, page[i]);
	}
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frees, 4);
}

static void page_with_another_reference_leaves(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	get_page(page);
	labyrinth_test_free(zone, page);
	/* The zone has dropped its reference, and only that. */
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	KUNIT_EXPECT_NULL(test, labyrinth_test_desc(zone, page));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).returned, 1);
	put_page(page);
}

static void page_that_the_owner_has_marked_leaves(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_test_mark(page);
	labyrinth_test_free(zone, page);
	KUNIT_EXPECT_NULL(test, labyrinth_test_desc(zone, page));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).returned, 1);
}

static void page_whose_mark_was_removed_is_recycled(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_test_mark(page);
	labyrinth_test_unmark(page);
	labyrinth_test_free(zone, page);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_idle(zone, page));
}

/**
 * struct freeing - a page to be freed in another context
 * @zone: its zone
 * @page: the page
 * @count: its references when it had been freed, still in that context
 */
struct freeing {
	struct labyrinth_zone	*zone;
	struct page		*page;
	int			count;
};

static void free_one(void *arg)
{
	struct freeing *freeing = arg;

	labyrinth_free_page(freeing->zone, freeing->page);
	freeing->count = page_count(freeing->page);
}

static void page_that_leaves_in_a_hard_interrupt_is_given_back(struct kunit *test)
{
	struct freeing freeing = { .zone = zone_for(test) };

	freeing.page = labyrinth_test_alloc(freeing.zone, NONE);
	KUNIT_ASSERT_NOT_NULL(test, freeing.page);
	get_page(freeing.page);
	labyrinth_test_in_hardirq(free_one, &freeing);
	/* Where the allocator's locks sleep, that takes a worker. */
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(page_count(freeing.page) == 1));
	KUNIT_EXPECT_EQ(test, page_count(freeing.page), 1);
	KUNIT_EXPECT_NULL(test, labyrinth_test_desc(freeing.zone, freeing.page));
	put_page(freeing.page);
}

static void page_that_leaves_in_nmi_waits_for_the_worker(struct kunit *test)
{
	struct freeing freeing = { .zone = zone_for(test) };

	freeing.page = labyrinth_test_alloc(freeing.zone, NONE);
	KUNIT_ASSERT_NOT_NULL(test, freeing.page);
	get_page(freeing.page);
	labyrinth_test_in_nmi(free_one, &freeing);
	/* put_page() is not legal there: the reference was still held. */
	KUNIT_EXPECT_EQ(test, freeing.count, 2);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(freeing.zone).frees, 1);
	labyrinth_refill_flush(freeing.zone);
	KUNIT_EXPECT_EQ(test, page_count(freeing.page), 1);
	KUNIT_EXPECT_NULL(test, labyrinth_test_desc(freeing.zone, freeing.page));
	put_page(freeing.page);
}

static void page_waiting_to_leave_cannot_be_freed_again(struct kunit *test)
{
	struct freeing freeing = { .zone = zone_for(test) };

	freeing.page = labyrinth_test_alloc(freeing.zone, NONE);
	KUNIT_ASSERT_NOT_NULL(test, freeing.page);
	get_page(freeing.page);
	labyrinth_test_in_nmi(free_one, &freeing);
	labyrinth_test_free(freeing.zone, freeing.page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(freeing.zone).misuse, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(freeing.zone).frees, 1);
	labyrinth_refill_flush(freeing.zone);
	KUNIT_EXPECT_EQ(test, page_count(freeing.page), 1);
	put_page(freeing.page);
}

static void take_one(void *arg)
{
	struct freeing *freeing = arg;

	freeing->page = labyrinth_alloc_page_atomic(freeing->zone, NONE);
}

static void request_in_nmi_never_asks_the_system(struct kunit *test)
{
	struct freeing freeing = { .zone = zone_for(test) };

	if (LABYRINTH_HAS_NOLOCK)
		kunit_skip(test, "it may, by alloc_pages_nolock()");
	labyrinth_inject_set(freeing.zone, LABYRINTH_INJECT_HOLD, true);
	labyrinth_test_in_nmi(take_one, &freeing);
	KUNIT_EXPECT_NOT_NULL(test, freeing.page);
	labyrinth_test_in_nmi(take_one, &freeing);
	KUNIT_EXPECT_NOT_NULL(test, freeing.page);
	labyrinth_test_in_nmi(take_one, &freeing);
	KUNIT_EXPECT_NULL(test, freeing.page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(freeing.zone).from_reserve, 2);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(freeing.zone).from_system, 0);
	KUNIT_EXPECT_FALSE(test, labyrinth_test_is_latched(freeing.zone));
}

static void request_in_nmi_tries_the_system_and_does_not_blame_it(struct kunit *test)
{
	struct freeing freeing = { .zone = zone_for(test) };
	unsigned int i;

	if (!LABYRINTH_HAS_NOLOCK)
		kunit_skip(test, "this kernel has no alloc_pages_nolock()");
	labyrinth_inject_set(freeing.zone, LABYRINTH_INJECT_HOLD, true);
	/* One alone may meet a lock that is taken. */
	for (i = 0; i < 16; i++)
		labyrinth_test_in_nmi(take_one, &freeing);
	KUNIT_EXPECT_GT(test, labyrinth_test_stats(freeing.zone).from_system, 0);
	labyrinth_inject_set(freeing.zone, LABYRINTH_INJECT_ATOMIC, true);
	for (i = 0; i < 3; i++)
		labyrinth_test_in_nmi(take_one, &freeing);
	KUNIT_EXPECT_NULL(test, freeing.page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(freeing.zone).from_reserve, 2);
	KUNIT_EXPECT_FALSE(test, labyrinth_test_is_latched(freeing.zone));
}

static void page_freed_in_nmi_is_recycled(struct kunit *test)
{
	struct freeing freeing = { .zone = zone_for(test) };
	struct page *page = labyrinth_test_alloc(freeing.zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	freeing.page = page;
	labyrinth_test_in_nmi(free_one, &freeing);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_idle(freeing.zone, page));
	labyrinth_test_in_nmi(take_one, &freeing);
	KUNIT_EXPECT_PTR_EQ(test, freeing.page, page);
}

/* Allocate from the system until it gives @page once more. */
static bool join_again(struct labyrinth_zone *zone, struct page *page, u64 misuse)
{
	unsigned int i;

	for (i = 0; i < 500; i++) {
		(void)labyrinth_test_alloc(zone, ACCOUNT);
		if (labyrinth_test_stats(zone).misuse > misuse)
			return true;
	}
	return false;
}

static void live_page_freed_behind_the_zones_back_is_noticed(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = labyrinth_test_alloc(zone, NONE);
	struct labyrinth_stats stats;

	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_test_steal(test, zone, page);
	if (!join_again(zone, page, 0))
		kunit_skip(test, "the system did not give the page again");
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_live(zone, page));
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	stats = labyrinth_test_stats(zone);
	KUNIT_EXPECT_EQ(test, stats.misuse, 1);
	KUNIT_EXPECT_EQ(test, stats.owned, stats.live + stats.reserve + stats.cached);
	labyrinth_test_free(zone, page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 1);
}

static void idle_page_freed_behind_the_zones_back_is_noticed(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = labyrinth_test_alloc(zone, NONE), *next;
	struct labyrinth_stats stats;

	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_test_free(zone, page);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_is_idle(zone, page));
	labyrinth_test_steal(test, zone, page);
	/* ACCOUNT passes the cache by: the page there waits for its return. */
	if (!join_again(zone, page, 0))
		kunit_skip(test, "the system did not give the page again");
	stats = labyrinth_test_stats(zone);
	KUNIT_EXPECT_EQ(test, stats.misuse, 1);
	KUNIT_EXPECT_EQ(test, stats.owned, stats.live + stats.reserve + stats.cached);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_idle(zone, page));
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	next = labyrinth_test_alloc(zone, NONE);
	KUNIT_EXPECT_PTR_EQ(test, next, page);
	KUNIT_EXPECT_PTR_NE(test, labyrinth_test_alloc(zone, NONE), page);
}

static void compound_zone_keeps_its_guarantee(struct kunit *test)
{
	const unsigned int *order = test->param_value;
	struct labyrinth_zone *zone;
	struct page *page[9];
	unsigned int nr, i;

	zone = labyrinth_test_zone(test, .reserve = 8, .order = *order);
	labyrinth_test_cut_off(zone);
	nr = labyrinth_test_take(zone, NONE, page, 9);
	KUNIT_EXPECT_EQ(test, nr, 8);
	for (i = 0; i < nr; i++) {
		memset(page_address(page[i]), 0xa5, PAGE_SIZE << *order);
		labyrinth_test_free(zone, page[i]);
	}
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 8);
}

static struct kunit_case recycle_cases[] = {
	KUNIT_CASE_PARAM(freed_page_is_handed_out_again, order_gen_params),
	KUNIT_CASE_PARAM(page_looks_like_one_from_the_system, order_gen_params),
	KUNIT_CASE_PARAM(what_the_owner_left_in_the_page_struct_is_gone,
			 order_gen_params),
	KUNIT_CASE_PARAM(page_struct_is_the_owners_while_live, order_gen_params),
	KUNIT_CASE_PARAM(page_with_another_reference_leaves, order_gen_params),
	KUNIT_CASE_PARAM(page_that_the_owner_has_marked_leaves, order_gen_params),
	KUNIT_CASE_PARAM(page_whose_mark_was_removed_is_recycled, order_gen_params),
	KUNIT_CASE(page_that_leaves_in_a_hard_interrupt_is_given_back),
	KUNIT_CASE(page_that_leaves_in_nmi_waits_for_the_worker),
	KUNIT_CASE(page_waiting_to_leave_cannot_be_freed_again),
	KUNIT_CASE(request_in_nmi_never_asks_the_system),
	KUNIT_CASE(request_in_nmi_tries_the_system_and_does_not_blame_it),
	KUNIT_CASE(page_freed_in_nmi_is_recycled),
	KUNIT_CASE(live_page_freed_behind_the_zones_back_is_noticed),
	KUNIT_CASE(idle_page_freed_behind_the_zones_back_is_noticed),
	KUNIT_CASE_PARAM(compound_zone_keeps_its_guarantee, order_gen_params),
	{}
};

static struct kunit_suite recycle_suite = {
	.name = "labyrinth_recycle",
	.test_cases = recycle_cases,
};

kunit_test_suite(recycle_suite);
