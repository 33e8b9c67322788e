// SPDX-License-Identifier: GPL-2.0
/*
 * The stock of clean pages: it spares the clearing, is never noticed otherwise, and
 * belongs to whoever would get nothing without it.
 */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "common.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define ZERO	LABYRINTH_QUALITY_ZERO
#define RESERVE	16U
#define CACHE	16U	/* batches, and a CPU's clean pages, are half of that */
#define ROUNDS	200U
#define MANY	(RESERVE + 8 * CACHE)

static void make_dirty(struct labyrinth_zone *zone, struct page *page)
{
	memset(page_address(page), 0xa5, labyrinth_bytes(zone));
}

static bool is_clean(struct labyrinth_zone *zone, struct page *page)
{
	return labyrinth_test_is_filled(page, zone->order, 0);
}

static u64 from_clean(struct labyrinth_zone *zone)
{
	return labyrinth_test_stats(zone).from_clean;
}

/* One request that finds nothing in stock, and what it has asked for is done. */
static void make_stock(struct kunit *test, struct labyrinth_zone *zone)
{
	struct page *page = labyrinth_test_alloc(zone, ZERO);

	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_test_free(zone, page);
	labyrinth_refill_flush(zone);
}

/* A zeroed page is taken, looked at, left dirty and freed. */
static bool round_is_clean(struct kunit *test, struct labyrinth_zone *zone)
{
	struct page *page = labyrinth_test_alloc(zone, ZERO);
	bool clean;

	KUNIT_ASSERT_NOT_NULL(test, page);
	clean = is_clean(zone, page);
	make_dirty(zone, page);
	labyrinth_test_free(zone, page);
	return clean;
}

static const unsigned int order_params[] = { 0, 2 };

static void order_desc(const unsigned int *order, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "order %u", *order);
}

KUNIT_ARRAY_PARAM(order, order_params, order_desc);

static void zeroed_pages_come_from_stock_while_the_worker_keeps_up(struct kunit *test)
{
	const unsigned int *order = test->param_value;
	struct labyrinth_zone *zone =
		labyrinth_test_zone(test, .reserve = RESERVE, .cache = CACHE, .order = *order);
	unsigned int i, clean = 0;

	if (want_init_on_free())
		kunit_skip(test, "pages are cleared when they are freed");
	make_stock(test, zone);
	for (i = 0; i < ROUNDS; i++) {
		clean += round_is_clean(test, zone);
		labyrinth_refill_flush(zone);
	}
	KUNIT_EXPECT_EQ(test, clean, ROUNDS);
	/* This may move to another CPU, whose share of the stock is empty, now and then. */
	KUNIT_EXPECT_GE(test, from_clean(zone), ROUNDS / 2);
	/* Pages go round: the system is not asked for one for each. */
	KUNIT_EXPECT_LE(test, labyrinth_test_stats(zone).taken,
			RESERVE + 4 * CACHE * num_possible_cpus());
}

static void zone_of_zeroed_pages_is_served_from_stock(struct kunit *test)
{
	struct labyrinth_zone *zone =
		labyrinth_test_zone(test, .reserve = RESERVE, .cache = CACHE, .quality = ZERO);
	struct page *page;

	if (want_init_on_free())
		kunit_skip(test, "pages are cleared when they are freed");
	make_stock(test, zone);
	page = labyrinth_test_alloc(zone, NONE);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_TRUE(test, is_clean(zone, page));
	KUNIT_EXPECT_GE(test, from_clean(zone), 1);
}

/* What was freed full of something is what the worker clears first. */
static void stock_is_made_of_pages_that_were_freed(struct kunit *test)
{
	struct labyrinth_zone *zone =
		labyrinth_test_zone(test, .reserve = RESERVE, .cache = CACHE);
	struct page *page[3 * CACHE / 2];
	unsigned int i, clean = 0;
	u64 taken;

	if (want_init_on_free())
		kunit_skip(test, "pages are cleared when they are freed");
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, ARRAY_SIZE(page)),
			ARRAY_SIZE(page));
	for (i = 0; i < ARRAY_SIZE(page); i++)
		make_dirty(zone, page[i]);
	labyrinth_free_bulk(zone, ARRAY_SIZE(page), page);
	KUNIT_ASSERT_FALSE(test, labyrinth_stack_empty(&zone->depot));
	taken = labyrinth_test_stats(zone).taken;
	make_stock(test, zone);
	KUNIT_EXPECT_TRUE(test, labyrinth_stack_empty(&zone->depot));
	for (i = 0; i < CACHE / 2; i++) {
		page[i] = labyrinth_test_alloc(zone, ZERO);
		KUNIT_ASSERT_NOT_NULL(test, page[i]);
		clean += is_clean(zone, page[i]);
	}
	KUNIT_EXPECT_EQ(test, clean, CACHE / 2);
	/* The pages of one batch were there. */
	KUNIT_EXPECT_LE(test, labyrinth_test_stats(zone).taken,
			taken + CACHE * num_possible_cpus());
}

static void without_a_worker_pages_are_cleared_in_place(struct kunit *test)
{
	struct labyrinth_zone *zone =
		labyrinth_test_zone(test, .reserve = RESERVE, .cache = CACHE);
	unsigned int i, clean = 0;

	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	for (i = 0; i < ROUNDS; i++)
		clean += round_is_clean(test, zone);
	KUNIT_EXPECT_EQ(test, clean, ROUNDS);
	KUNIT_EXPECT_EQ(test, from_clean(zone), 0);
}

static void nothing_is_kept_in_stock_that_nobody_asks_for(struct kunit *test)
{
	struct labyrinth_zone *zone =
		labyrinth_test_zone(test, .reserve = RESERVE, .cache = CACHE);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	labyrinth_test_free(zone, page);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, 1);
	KUNIT_EXPECT_TRUE(test, labyrinth_stack_empty(&zone->clean_depot));
}

struct other_param {
	const char			*what;
	struct labyrinth_zone_params	params;
};

#define ZONE(...) { .name = "kunit", .node = NUMA_NO_NODE, .reserve = RESERVE, __VA_ARGS__ }

static const struct other_param other_params[] = {
	{ "no cache", ZONE(.cache = LABYRINTH_NO_CACHE) },
	{ "cache of one page", ZONE(.cache = 1) },
	{ "VERIFY", ZONE(.cache = CACHE, .quality = LABYRINTH_QUALITY_VERIFY) },
	{ "VERIFY of zeroed pages",
	  ZONE(.cache = CACHE, .quality = LABYRINTH_QUALITY_VERIFY | ZERO) },
	{ "RESERVE_ONLY", ZONE(.cache = CACHE, .policy = LABYRINTH_RESERVE_ONLY) },
	{ "RESERVE_FIRST", ZONE(.cache = CACHE, .policy = LABYRINTH_RESERVE_FIRST) },
};

static void other_desc(const struct other_param *param, char *desc)
{
	strscpy(desc, param->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(other, other_params, other_desc);

static void zeroed_pages_are_zeroed_in_every_zone(struct kunit *test)
{
	const struct other_param *param = test->param_value;
	struct labyrinth_zone *zone = labyrinth_test_zone_make(test, &param->params);
	unsigned int i, clean = 0;

	for (i = 0; i < ROUNDS; i++) {
		clean += round_is_clean(test, zone);
		if (i % 8 == 0)
			labyrinth_refill_flush(zone);
	}
	KUNIT_EXPECT_EQ(test, clean, ROUNDS);
}

static void clean_pages_serve_who_would_get_nothing(struct kunit *test)
{
	struct labyrinth_zone *zone =
		labyrinth_test_zone(test, .reserve = RESERVE, .cache = CACHE);
	struct page **page = labyrinth_test_pages(test, MANY);
	struct labyrinth_stats stats;
	unsigned int nr;

	if (want_init_on_free())
		kunit_skip(test, "pages are cleared when they are freed");
	if (num_possible_cpus() > 2)
		kunit_skip(test, "other CPUs may keep more than a few pages");
	make_stock(test, zone);
	KUNIT_ASSERT_FALSE(test, labyrinth_stack_empty(&zone->clean_depot));
	labyrinth_inject_set(zone, LABYRINTH_INJECT_ATOMIC, true);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_FILL, true);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	stats = labyrinth_test_stats(zone);
	KUNIT_ASSERT_LT(test, stats.reserve + stats.cached, MANY);
	nr = labyrinth_test_take(zone, NONE, page, MANY);
	/* The one page that make_stock() has freed may be another CPU's. */
	KUNIT_EXPECT_GE(test, nr, stats.reserve + stats.cached - 1);
	KUNIT_EXPECT_LE(test, nr, stats.reserve + stats.cached);
	KUNIT_EXPECT_GE(test, from_clean(zone), stats.cached - 1);
}

/* The same for all at once. */
static void clean_pages_complete_a_bulk(struct kunit *test)
{
	struct labyrinth_zone *zone =
		labyrinth_test_zone(test, .reserve = RESERVE, .cache = CACHE);
	struct page *page[RESERVE + 4];

	if (want_init_on_free())
		kunit_skip(test, "pages are cleared when they are freed");
	make_stock(test, zone);
	KUNIT_ASSERT_FALSE(test, labyrinth_stack_empty(&zone->clean_depot));
	labyrinth_inject_set(zone, LABYRINTH_INJECT_ATOMIC, true);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_FILL, true);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	/* The reserve alone is not enough, and there is one page in a cache at most. */
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, RESERVE), RESERVE);
	KUNIT_EXPECT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, 4, page + RESERVE), 0);
	labyrinth_free_bulk(zone, RESERVE + 4, page);
}

/* Without this nobody could bring the reserve back: all pages are the zone's. */
static void stock_goes_to_a_short_reserve(struct kunit *test)
{
	unsigned int most = RESERVE + 2 * CACHE * num_possible_cpus();
	struct labyrinth_zone *zone =
		labyrinth_test_zone(test, .reserve = RESERVE, .cache = CACHE, .max_pages = most);
	struct page **page = labyrinth_test_pages(test, most);
	unsigned int nr;

	if (want_init_on_free())
		kunit_skip(test, "pages are cleared when they are freed");
	make_stock(test, zone);
	KUNIT_ASSERT_FALSE(test, labyrinth_stack_empty(&zone->clean_depot));
	/* All that can be had but the stock; the last of it from the reserve. */
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	nr = labyrinth_test_take(zone, NONE, page, most - RESERVE);
	KUNIT_ASSERT_EQ(test, labyrinth_test_stats(zone).owned, most);
	KUNIT_ASSERT_GT(test, labyrinth_reserve_lack(zone), 0);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, false);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(!labyrinth_reserve_lack(zone)));
	labyrinth_free_bulk(zone, nr, page);
}

static void stock_is_surplus(struct kunit *test)
{
	struct labyrinth_zone *zone =
		labyrinth_test_zone(test, .reserve = RESERVE, .cache = CACHE);

	if (want_init_on_free())
		kunit_skip(test, "pages are cleared when they are freed");
	make_stock(test, zone);
	KUNIT_ASSERT_GT(test, labyrinth_test_stats(zone).cached, 1);
	/* Some of it is in this CPU's share. */
	labyrinth_test_free(zone, labyrinth_test_alloc(zone, ZERO));
	labyrinth_refill_flush(zone);
	labyrinth_zone_trim(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).owned, RESERVE);
}

/* The system's own share stays what it was: what the reserve lacks is not taken. */
static void stock_leaves_the_reserve_its_due(struct kunit *test)
{
	unsigned int most = RESERVE + 2 * CACHE * num_possible_cpus();
	struct labyrinth_zone *zone =
		labyrinth_test_zone(test, .reserve = RESERVE, .cache = CACHE, .max_pages = most);
	struct page **page = labyrinth_test_pages(test, most);

	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, ZERO, page, most - RESERVE),
			most - RESERVE);
	/* Clean pages of another CPU, out of reach here, had to be given up for it. */
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(!labyrinth_reserve_lack(zone)));
	KUNIT_EXPECT_LE(test, labyrinth_test_stats(zone).owned, most);
}

static void alloc_zeroed(void *zone)
{
	struct page *page = labyrinth_test_alloc(zone, ZERO);

	if (page && is_clean(zone, page)) {
		make_dirty(zone, page);
		labyrinth_test_free(zone, page);
	}
}

static void stock_serves_any_context(struct kunit *test)
{
	struct labyrinth_zone *zone =
		labyrinth_test_zone(test, .reserve = RESERVE, .cache = CACHE);
	unsigned int i;

	make_stock(test, zone);
	for (i = 0; i < CACHE; i++) {
		labyrinth_test_in_hardirq(alloc_zeroed, zone);
		labyrinth_test_in_nmi(alloc_zeroed, zone);
	}
	/* A page that was not clean was kept. */
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frees, 2 * CACHE + 1);
}

static struct kunit_case clean_cases[] = {
	KUNIT_CASE_PARAM(zeroed_pages_come_from_stock_while_the_worker_keeps_up,
			 order_gen_params),
	KUNIT_CASE(zone_of_zeroed_pages_is_served_from_stock),
	KUNIT_CASE(stock_is_made_of_pages_that_were_freed),
	KUNIT_CASE(without_a_worker_pages_are_cleared_in_place),
	KUNIT_CASE(nothing_is_kept_in_stock_that_nobody_asks_for),
	KUNIT_CASE_PARAM(zeroed_pages_are_zeroed_in_every_zone, other_gen_params),
	KUNIT_CASE(clean_pages_serve_who_would_get_nothing),
	KUNIT_CASE(clean_pages_complete_a_bulk),
	KUNIT_CASE(stock_goes_to_a_short_reserve),
	KUNIT_CASE(stock_is_surplus),
	KUNIT_CASE(stock_leaves_the_reserve_its_due),
	KUNIT_CASE(stock_serves_any_context),
	{}
};

static struct kunit_suite clean_suite = {
	.name = "labyrinth_clean",
	.test_cases = clean_cases,
};

kunit_test_suite(clean_suite);
