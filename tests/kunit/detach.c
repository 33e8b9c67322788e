// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that are passed on and do not come back, and pages that come in from outside.
 */
#include <kunit/test.h>
#include <linux/kallsyms.h>
#include <linux/mm.h>

#include "common.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define RESERVE	8U
#define ROUNDS	24U	/* of it: three times as many pages as the zone may own */

static const unsigned int order_params[] = { 0, 2 };

static void order_desc(const unsigned int *order, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "order %u", *order);
}

KUNIT_ARRAY_PARAM(order, order_params, order_desc);

static struct labyrinth_zone *zone_for(struct kunit *test)
{
	const unsigned int *order = test->param_value;

	return labyrinth_test_zone(test, .reserve = RESERVE, .order = order ? *order : 0);
}

/* A page that has just left its zone. */
static struct page *detached(struct kunit *test, struct labyrinth_zone *zone)
{
	struct page *page = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_PTR_EQ(test, labyrinth_detach_page(zone, page), page);
	return page;
}

/* --- out --- */

static void detached_page_is_like_one_from_the_system(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = detached(test, zone);
	struct labyrinth_stats stats = labyrinth_test_stats(zone);

	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	KUNIT_EXPECT_EQ(test, compound_order(page), zone->order);
	KUNIT_EXPECT_NULL(test, labyrinth_test_desc(zone, page));
	KUNIT_EXPECT_EQ(test, stats.passed_on, 1);
	KUNIT_EXPECT_EQ(test, stats.live, 0);
	KUNIT_EXPECT_EQ(test, stats.detached, 0);
	KUNIT_EXPECT_EQ(test, stats.misuse, 0);
	put_page(page);
}

static void page_that_others_refer_to_can_be_detached(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	get_page(page);
	KUNIT_EXPECT_PTR_EQ(test, labyrinth_detach_page(zone, page), page);
	KUNIT_EXPECT_EQ(test, page_count(page), 2);
	put_page(page);
	put_page(page);
}

/* Nothing comes back, over and over: the floor is there each time. */
static void reserve_is_refilled_although_all_was_passed_on(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE,
							  .cache = LABYRINTH_NO_CACHE,
							  .max_pages = 64);
	struct page *page[RESERVE + 1];
	unsigned int round, i;

	for (round = 0; round < ROUNDS; round++) {
		labyrinth_test_cut_off(zone);
		KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, RESERVE + 1),
				RESERVE);
		labyrinth_test_reconnect(zone);
		for (i = 0; i < RESERVE; i++) {
			KUNIT_ASSERT_PTR_EQ(test, labyrinth_detach_page(zone, page[i]),
					    page[i]);
			put_page(page[i]);
		}
		KUNIT_ASSERT_TRUE(test,
				  labyrinth_test_wait(labyrinth_test_stats(zone).reserve ==
						      RESERVE));
	}
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).passed_on,
			ROUNDS * RESERVE);
}

static void page_is_detached_once(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = detached(test, zone);

	KUNIT_EXPECT_NULL(test, labyrinth_detach_page(zone, page));
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).passed_on, 1);
	put_page(page);
}

static void detached_page_freed_to_the_zone_is_left_alone(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = detached(test, zone);

	labyrinth_test_free(zone, page);
	labyrinth_test_free_address(zone, page_address(page));
	labyrinth_free_bulk(zone, 1, &page);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 3);
	put_page(page);
}

static void idle_page_is_not_detached(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_test_free(zone, page);
	KUNIT_EXPECT_NULL(test, labyrinth_detach_page(zone, page));
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_idle(zone, page));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 1);
}

static void nothing_is_detached_of_nothing(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);

	KUNIT_EXPECT_NULL(test, labyrinth_detach_page(zone, NULL));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
	KUNIT_EXPECT_NULL(test, labyrinth_detach_page(zone, (struct page *)zone));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 1);
}

struct passing {
	struct labyrinth_zone	*zone;
	struct page		*page;
	bool			done;
};

static void pass_on(void *arg)
{
	struct passing *passing = arg;

	passing->done = labyrinth_detach_page(passing->zone, passing->page);
}

static void take_in(void *arg)
{
	struct passing *passing = arg;

	passing->done = labyrinth_recycle_page(passing->zone, passing->page);
}

static void pages_go_and_come_in_every_context(struct kunit *test)
{
	void (*const context[])(void (*fn)(void *arg), void *arg) = {
		labyrinth_test_in_hardirq, labyrinth_test_in_nmi,
	};
	struct passing passing = { .zone = zone_for(test) };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(context); i++) {
		passing.page = labyrinth_test_alloc(passing.zone, NONE);
		KUNIT_ASSERT_NOT_NULL(test, passing.page);
		context[i](pass_on, &passing);
		KUNIT_EXPECT_TRUE(test, passing.done);
		context[i](take_in, &passing);
		KUNIT_EXPECT_TRUE(test, passing.done);
	}
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(passing.zone).passed_on, 2);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(passing.zone).recycled, 2);
}

static void last_orphan_may_be_detached(struct kunit *test)
{
	int before = labyrinth_test_module_refcount();
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_EXPECT_PTR_EQ(test, labyrinth_detach_page(zone, page), page);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(labyrinth_test_module_refcount() == before));
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	put_page(page);
}

/* --- in --- */

static void detached_page_comes_back(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = detached(test, zone);

	KUNIT_ASSERT_TRUE(test, labyrinth_recycle_page(zone, page));
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_idle(zone, page));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).recycled, 1);
	KUNIT_EXPECT_PTR_EQ(test, labyrinth_test_alloc(zone, NONE), page);
}

static void page_of_the_system_comes_in(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, zone->order);

	KUNIT_ASSERT_NOT_NULL(test, page);
	set_page_private(page, 4711);
	KUNIT_ASSERT_TRUE(test, labyrinth_recycle_page(zone, page));
	KUNIT_EXPECT_PTR_EQ(test, labyrinth_test_alloc(zone, NONE), page);
	KUNIT_EXPECT_EQ(test, page_private(page), 0);
}

static void page_that_comes_in_goes_into_a_short_reserve(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page[RESERVE];

	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	labyrinth_test_cut_off(zone);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, RESERVE), RESERVE);
	KUNIT_ASSERT_PTR_EQ(test, labyrinth_detach_page(zone, page[0]), page[0]);
	KUNIT_ASSERT_TRUE(test, labyrinth_recycle_page(zone, page[0]));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 1);
}

static void live_page_offered_is_freed(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_TRUE(test, labyrinth_recycle_page(zone, page));
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_idle(zone, page));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).recycled, 0);
	/* And once more is misuse, but nothing that is left to the caller. */
	KUNIT_EXPECT_TRUE(test, labyrinth_recycle_page(zone, page));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 1);
}

static void nothing_is_taken_in_of_nothing(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);

	KUNIT_EXPECT_TRUE(test, labyrinth_recycle_page(zone, NULL));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
}

/* Refused, and as it was. */
static void expect_refused(struct kunit *test, struct labyrinth_zone *zone,
			   struct page *page)
{
	struct labyrinth_stats before = labyrinth_test_stats(zone), after;
	int count = page_count(page);

	KUNIT_EXPECT_FALSE(test, labyrinth_recycle_page(zone, page));
	after = labyrinth_test_stats(zone);
	KUNIT_EXPECT_EQ(test, page_count(page), count);
	KUNIT_EXPECT_NULL(test, labyrinth_test_desc(zone, page));
	KUNIT_EXPECT_EQ(test, after.owned, before.owned);
	KUNIT_EXPECT_EQ(test, after.taken, before.taken);
	KUNIT_EXPECT_EQ(test, after.misuse, before.misuse);
}

static void page_that_others_hold_is_refused(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = detached(test, zone);

	get_page(page);
	expect_refused(test, zone, page);
	put_page(page);
	KUNIT_EXPECT_TRUE(test, labyrinth_recycle_page(zone, page));
}

/* What a free did where the page could not leave at once, and an offer after it. */
static void free_and_offer(void *arg)
{
	struct passing *passing = arg;

	labyrinth_free_page(passing->zone, passing->page);
	passing->done = labyrinth_recycle_page(passing->zone, passing->page);
}

static void page_that_waits_to_leave_is_refused(struct kunit *test)
{
	struct passing passing = { .zone = zone_for(test) };

	passing.page = labyrinth_test_alloc(passing.zone, NONE);
	KUNIT_ASSERT_NOT_NULL(test, passing.page);
	get_page(passing.page);
	labyrinth_test_in_nmi(free_and_offer, &passing);
	KUNIT_EXPECT_FALSE(test, passing.done);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(passing.zone).misuse, 0);
	labyrinth_refill_flush(passing.zone);
	KUNIT_EXPECT_EQ(test, page_count(passing.page), 1);
	KUNIT_EXPECT_TRUE(test, labyrinth_recycle_page(passing.zone, passing.page));
}

static void page_of_another_order_is_refused(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, zone->order + 1);

	KUNIT_ASSERT_NOT_NULL(test, page);
	expect_refused(test, zone, page);
	put_page(page);
}

static void marked_page_is_refused(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = detached(test, zone);

	labyrinth_test_mark(page);
	expect_refused(test, zone, page);
	labyrinth_test_unmark(page);
	put_page(page);
}

static void page_of_the_last_reserves_is_refused(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = detached(test, zone);

	set_page_pfmemalloc(page);
	KUNIT_ASSERT_TRUE(test, page_is_pfmemalloc(page));
	expect_refused(test, zone, page);
	put_page(page);
}

static void full_zone_refuses(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2, .max_pages = 4,
							  .cache = LABYRINTH_NO_CACHE);
	struct page *page = detached(test, zone), *more[3];

	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, more, 2), 2);
	KUNIT_ASSERT_EQ(test, labyrinth_test_stats(zone).owned, 4);
	expect_refused(test, zone, page);
	labyrinth_test_free(zone, more[0]);
	KUNIT_EXPECT_TRUE(test, labyrinth_recycle_page(zone, page));
}

static void charged_zone_refuses(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2,
							  .quality = LABYRINTH_QUALITY_ACCOUNT);
	struct page *page = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	expect_refused(test, zone, page);
	put_page(page);
}

static void destroyed_zone_refuses(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page = detached(test, zone), *orphan = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, orphan);
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_EXPECT_FALSE(test, labyrinth_recycle_page(zone, page));
	put_page(page);
	KUNIT_EXPECT_TRUE(test, labyrinth_recycle_page(zone, orphan));
}

/* --- what is known of a page --- */

static noinline struct page *info_taker(struct labyrinth_zone *zone)
{
	struct page *page = labyrinth_alloc_page_atomic(zone, NONE);

	/* Not a tail call. */
	barrier();
	return page;
}

static void info_says_where_a_page_is_and_whose(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = info_taker(zone);
	struct labyrinth_page_info info;
	char caller[KSYM_SYMBOL_LEN];

	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_test_desc(zone, page)->when = jiffies - 5 * HZ;
	KUNIT_ASSERT_EQ(test, labyrinth_page_info(zone, page, &info), 0);
	KUNIT_EXPECT_PTR_EQ(test, info.page, page);
	KUNIT_EXPECT_PTR_EQ(test, info.address, page_address(page));
	KUNIT_EXPECT_EQ(test, info.pfn, page_to_pfn(page));
	KUNIT_EXPECT_EQ(test, info.phys, virt_to_phys(page_address(page)));
	KUNIT_EXPECT_EQ(test, info.dma, ~(dma_addr_t)0);
	KUNIT_EXPECT_EQ(test, info.node, page_to_nid(page));
	KUNIT_EXPECT_EQ(test, info.order, zone->order);
	KUNIT_EXPECT_GE(test, info.age_ms, 5000);
	KUNIT_EXPECT_LT(test, info.age_ms, 5000 + 1000 * LABYRINTH_TEST_PATIENCE_S);
	snprintf(caller, sizeof(caller), "%pS", (void *)info.caller);
	KUNIT_EXPECT_EQ_MSG(test, strncmp(caller, "info_taker+", 11), 0, "%s", caller);
	labyrinth_test_free(zone, page);
}

static void info_knows_no_page_that_is_not_live(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct page *page = labyrinth_test_alloc(zone, NONE);
	struct labyrinth_page_info info;

	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_test_free(zone, page);
	KUNIT_EXPECT_EQ(test, labyrinth_page_info(zone, page, &info), -ENOENT);
	KUNIT_EXPECT_NULL(test, info.page);
	KUNIT_EXPECT_EQ(test, labyrinth_page_info(zone, NULL, &info), -ENOENT);
	KUNIT_EXPECT_EQ(test, labyrinth_page_info(zone, (struct page *)0x40UL, &info),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
}

static struct kunit_case detach_cases[] = {
	KUNIT_CASE_PARAM(detached_page_is_like_one_from_the_system, order_gen_params),
	KUNIT_CASE_PARAM(page_that_others_refer_to_can_be_detached, order_gen_params),
	KUNIT_CASE(reserve_is_refilled_although_all_was_passed_on),
	KUNIT_CASE_PARAM(page_is_detached_once, order_gen_params),
	KUNIT_CASE_PARAM(detached_page_freed_to_the_zone_is_left_alone, order_gen_params),
	KUNIT_CASE(idle_page_is_not_detached),
	KUNIT_CASE(nothing_is_detached_of_nothing),
	KUNIT_CASE(pages_go_and_come_in_every_context),
	KUNIT_CASE(last_orphan_may_be_detached),
	KUNIT_CASE_PARAM(detached_page_comes_back, order_gen_params),
	KUNIT_CASE_PARAM(page_of_the_system_comes_in, order_gen_params),
	KUNIT_CASE_PARAM(page_that_comes_in_goes_into_a_short_reserve, order_gen_params),
	KUNIT_CASE(live_page_offered_is_freed),
	KUNIT_CASE(nothing_is_taken_in_of_nothing),
	KUNIT_CASE_PARAM(page_that_others_hold_is_refused, order_gen_params),
	KUNIT_CASE_PARAM(page_that_waits_to_leave_is_refused, order_gen_params),
	KUNIT_CASE_PARAM(page_of_another_order_is_refused, order_gen_params),
	KUNIT_CASE_PARAM(marked_page_is_refused, order_gen_params),
	KUNIT_CASE(page_of_the_last_reserves_is_refused),
	KUNIT_CASE(full_zone_refuses),
	KUNIT_CASE(charged_zone_refuses),
	KUNIT_CASE(destroyed_zone_refuses),
	KUNIT_CASE_PARAM(info_says_where_a_page_is_and_whose, order_gen_params),
	KUNIT_CASE(info_knows_no_page_that_is_not_live),
	{}
};

static struct kunit_suite detach_suite = {
	.name = "labyrinth_detach",
	.test_cases = detach_cases,
};

kunit_test_suite(detach_suite);
