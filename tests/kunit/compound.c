// SPDX-License-Identifier: GPL-2.0
/*
 * Zones of contiguous pages: what is particular to an order above 0.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/vmstat.h>

#include "log.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define RESERVE	8U

static const unsigned int order_params[] = { 1, 2, 3, 5 };

static void order_desc(const unsigned int *order, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "order %u", *order);
}

KUNIT_ARRAY_PARAM(order, order_params, order_desc);

static struct labyrinth_zone *zone_for(struct kunit *test)
{
	const unsigned int *order = test->param_value;

	return labyrinth_test_zone(test, .reserve = RESERVE, .order = *order);
}

static void page_is_compound_from_every_source(struct kunit *test)
{
	const enum labyrinth_policy policy[] = { LABYRINTH_SYSTEM_FIRST,
						 LABYRINTH_RESERVE_ONLY };
	const unsigned int *order = test->param_value;
	struct labyrinth_zone *zone;
	struct page *page;
	unsigned int i, tail;

	for (i = 0; i < ARRAY_SIZE(policy); i++) {
		zone = labyrinth_test_zone(test, .reserve = RESERVE, .order = *order,
					   .policy = policy[i]);
		page = labyrinth_test_alloc(zone, NONE);
		KUNIT_ASSERT_NOT_NULL(test, page);
		KUNIT_EXPECT_TRUE(test, PageHead(page));
		KUNIT_EXPECT_EQ(test, compound_order(page), *order);
		KUNIT_EXPECT_EQ(test, page_count(page), 1);
		for (tail = 1; tail < 1U << *order; tail++)
			KUNIT_EXPECT_PTR_EQ(test, compound_head(page + tail), page);
		labyrinth_test_free(zone, page);
		KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	}
}

/* A reference to a tail is one to the whole: it is freed with the last. */
static void page_is_freed_whole_by_who_holds_a_tail(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	get_page(page + 1);
	labyrinth_test_free(zone, page);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).detached, 1);
	put_page(page + 1);
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 0);
}

static void worker_fills_the_reserve_with_contiguous_pages(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page[RESERVE];
	unsigned int i;

	labyrinth_test_cut_off(zone);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, RESERVE), RESERVE);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 0);
	labyrinth_test_reconnect(zone);
	/* Nothing comes back: it is the system that fills it. */
	KUNIT_EXPECT_TRUE(test,
			  labyrinth_test_wait(labyrinth_test_stats(zone).reserve == RESERVE));
	for (i = 0; i < RESERVE; i++)
		labyrinth_test_free(zone, page[i]);
}

/**
 * struct spoilt - a page whose first tail is not as it was
 * @zone: its zone
 * @page: the page
 * @lost: by the hardware; else somebody has a reference to it
 * @state: what the zone made of the page when it was freed
 */
struct spoilt {
	struct labyrinth_zone	*zone;
	struct page		*page;
	bool			lost;
	u32			state;
};

/* The page cannot leave from here: its tail is put right before it does. */
static void free_spoilt(void *arg)
{
	struct spoilt *spoilt = arg;
	struct page *tail = spoilt->page + 1;

	if (spoilt->lost)
		SetPageHWPoison(tail);
	else
		set_page_count(tail, 1);
	labyrinth_free_page(spoilt->zone, spoilt->page);
	spoilt->state = READ_ONCE(labyrinth_test_desc(spoilt->zone, spoilt->page)->state);
	if (spoilt->lost)
		ClearPageHWPoison(tail);
	else
		set_page_count(tail, 0);
}

static void expect_not_recycled(struct kunit *test, bool lost)
{
	struct spoilt spoilt = { .zone = zone_for(test), .lost = lost };

	spoilt.page = labyrinth_test_alloc(spoilt.zone, NONE);
	KUNIT_ASSERT_NOT_NULL(test, spoilt.page);
	labyrinth_test_in_nmi(free_spoilt, &spoilt);
	KUNIT_EXPECT_EQ(test, spoilt.state, LABYRINTH_DESC_LEAVING);
	labyrinth_refill_flush(spoilt.zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(spoilt.zone).cached, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(spoilt.zone).returned, 1);
}

static void page_with_a_lost_tail_leaves(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_MEMORY_FAILURE))
		kunit_skip(test, "no CONFIG_MEMORY_FAILURE in this kernel");
	expect_not_recycled(test, true);
}

/* Without memory failures: somebody has taken a tail for a page of its own. */
static void page_with_a_counted_tail_leaves(struct kunit *test)
{
	expect_not_recycled(test, false);
}

static void high_order_is_warned_of(struct kunit *test)
{
	labyrinth_test_zone(test, .reserve = 2, .order = 4);
	KUNIT_EXPECT_EQ(test, told("zone kunit: order 4: above order 3 ", "fragmented"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

static void modest_order_is_not(struct kunit *test)
{
	labyrinth_test_zone(test, .reserve = 2, .order = 3);
	KUNIT_EXPECT_EQ(test, heard_lines(), 0);
}

static void large_share_of_memory_is_warned_of(struct kunit *test)
{
	unsigned int order = 3, reserve = totalram_pages() * 6 / 100 >> order;

	labyrinth_test_zone(test, .reserve = reserve, .order = order,
			    .max_pages = roundup_pow_of_two(reserve + 1024));
	KUNIT_EXPECT_EQ(test, told("zone kunit: a reserve of ", "more than 5 percent"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

static struct kunit_case compound_cases[] = {
	KUNIT_CASE_PARAM(page_is_compound_from_every_source, order_gen_params),
	KUNIT_CASE_PARAM(page_is_freed_whole_by_who_holds_a_tail, order_gen_params),
	KUNIT_CASE_PARAM(worker_fills_the_reserve_with_contiguous_pages, order_gen_params),
	KUNIT_CASE_PARAM(page_with_a_lost_tail_leaves, order_gen_params),
	KUNIT_CASE_PARAM(page_with_a_counted_tail_leaves, order_gen_params),
	KUNIT_CASE(high_order_is_warned_of),
	KUNIT_CASE(modest_order_is_not),
	KUNIT_CASE(large_share_of_memory_is_warned_of),
	{}
};

static struct kunit_suite compound_suite = {
	.name = "labyrinth_compound",
	.suite_init = log_suite_init,
	.suite_exit = log_suite_exit,
	.init = log_init,
	.exit = log_exit,
	.test_cases = compound_cases,
};

kunit_test_suite(compound_suite);
