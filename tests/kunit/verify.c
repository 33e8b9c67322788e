// SPDX-License-Identifier: GPL-2.0
/*
 * VERIFY zones: a page that is written to after it was freed is found out.
 */
#include <kunit/test.h>

#include "common.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define VERIFY	LABYRINTH_QUALITY_VERIFY

struct write_param {
	labyrinth_quality_t	zone;
	unsigned int		offset;
	unsigned int		mask;	/* exclusive-ored into the byte */
};

static const struct write_param write_params[] = {
	{ VERIFY, 0, 0x01 },
	{ VERIFY, 1, 0x80 },
	{ VERIFY, PAGE_SIZE / 2, 0xff },
	{ VERIFY, PAGE_SIZE - 1, 0x10 },
	{ VERIFY | LABYRINTH_QUALITY_ZERO, 0, 0x01 },
	{ VERIFY | LABYRINTH_QUALITY_ZERO, PAGE_SIZE - 1, 0x80 },
	{ VERIFY | LABYRINTH_QUALITY_POISON, 17, 0x04 },
};

static void write_desc(const struct write_param *param, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "zone quality 0x%x, byte %u ^ 0x%x",
		 (__force unsigned int)param->zone, param->offset, param->mask);
}

KUNIT_ARRAY_PARAM(write, write_params, write_desc);

/* An idle page of the zone's cache. */
static struct page *cached_page(struct kunit *test, struct labyrinth_zone *zone)
{
	struct page *page = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_test_free(zone, page);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_is_idle(zone, page));
	return page;
}

static void flip(struct page *page, unsigned int offset, u8 mask)
{
	u8 *byte = page_address(page);

	byte[offset] ^= mask;
}

static void write_after_free_is_found(struct kunit *test)
{
	const struct write_param *param = test->param_value;
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2,
							  .quality = param->zone);
	struct page *page = cached_page(test, zone), *next;

	flip(page, param->offset, param->mask);
	next = labyrinth_test_alloc(zone, NONE);
	KUNIT_EXPECT_NOT_NULL(test, next);
	KUNIT_EXPECT_PTR_NE(test, next, page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).verify_failures, 1);
}

static void write_to_a_reserved_page_is_found(struct kunit *test)
{
	const struct write_param *param = test->param_value;
	struct labyrinth_zone *zone;
	struct page *page, *next;

	zone = labyrinth_test_zone(test, .reserve = 2, .quality = param->zone,
				   .policy = LABYRINTH_RESERVE_ONLY);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	page = labyrinth_test_alloc(zone, NONE);
	labyrinth_test_free(zone, page);
	KUNIT_ASSERT_EQ(test, labyrinth_test_stats(zone).reserve, 2);
	flip(page, param->offset, param->mask);
	next = labyrinth_test_alloc(zone, NONE);
	KUNIT_EXPECT_NOT_NULL(test, next);
	KUNIT_EXPECT_PTR_NE(test, next, page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).verify_failures, 1);
}

/* Pages that the worker brings have never been handed out, but are idle, too. */
static void write_to_a_page_never_handed_out_is_found(struct kunit *test)
{
	struct labyrinth_zone *zone;
	struct labyrinth_desc *desc;
	struct page *page;

	zone = labyrinth_test_zone(test, .reserve = 1, .quality = VERIFY,
				   .policy = LABYRINTH_RESERVE_ONLY);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	desc = labyrinth_test_reserve_top(zone);
	page = desc->page;
	flip(page, 100, 1);
	KUNIT_EXPECT_NULL(test, labyrinth_test_alloc(zone, NONE));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).verify_failures, 1);
}

static void page_written_to_is_never_handed_out_again(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2,
							  .quality = VERIFY);
	struct page *page = cached_page(test, zone), *next;
	unsigned int i;

	flip(page, 0, 1);
	for (i = 0; i < 100; i++) {
		next = labyrinth_test_alloc(zone, NONE);
		KUNIT_ASSERT_NOT_NULL(test, next);
		KUNIT_ASSERT_PTR_NE(test, next, page);
		if (i % 2)
			labyrinth_test_free(zone, next);
	}
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).verify_failures, 1);
}

static void page_set_aside_stays_the_zones_own(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2,
							  .quality = VERIFY);
	struct page *page = cached_page(test, zone);
	struct labyrinth_desc *desc;

	flip(page, 0, 1);
	KUNIT_ASSERT_NOT_NULL(test, labyrinth_test_alloc(zone, NONE));
	desc = labyrinth_test_desc(zone, page);
	KUNIT_ASSERT_NOT_NULL(test, desc);
	KUNIT_EXPECT_EQ(test, desc->state, LABYRINTH_DESC_ASIDE);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).owned, 4);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, 0);
}

static void page_not_written_to_is_handed_out(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2,
							  .quality = VERIFY);
	struct page *page = cached_page(test, zone);

	KUNIT_EXPECT_PTR_EQ(test, labyrinth_test_alloc(zone, NONE), page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).verify_failures, 0);
}

/* It holds whatever its owner left, and must not be compared. */
static void use_of_a_live_page_is_no_failure(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2,
							  .quality = VERIFY);
	unsigned int i;

	for (i = 0; i < 20; i++) {
		struct page *page = labyrinth_test_alloc(zone, NONE);

		KUNIT_ASSERT_NOT_NULL(test, page);
		memset(page_address(page), i, PAGE_SIZE);
		labyrinth_test_free(zone, page);
	}
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).verify_failures, 0);
	KUNIT_EXPECT_GT(test, labyrinth_test_stats(zone).from_cache, 0);
}

static void four_pages_are_tried_in_a_call(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 8,
							  .quality = VERIFY, .cache = 8);
	struct page *page[6];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 6), 6);
	for (i = 0; i < 6; i++)
		labyrinth_test_free(zone, page[i]);
	for (i = 0; i < 5; i++)
		flip(page[i], i, 1);
	KUNIT_EXPECT_NULL(test, labyrinth_test_alloc(zone, NONE));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).verify_failures, 4);
	/* The next call finds the fifth, and then the one that is all right. */
	KUNIT_EXPECT_PTR_EQ(test, labyrinth_test_alloc(zone, NONE), page[5]);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).verify_failures, 5);
}

static void page_freed_longest_ago_is_handed_out_first(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2,
							  .quality = VERIFY, .cache = 16);
	struct page *page[8];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 8), 8);
	for (i = 0; i < 8; i++)
		labyrinth_test_free(zone, page[i]);
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_PTR_EQ(test, labyrinth_test_alloc(zone, NONE), page[i]);
}

static void bulk_request_leaves_pages_written_to_out(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 8,
							  .quality = VERIFY, .cache = 16);
	struct page *page[6], *bulk[6];
	unsigned int i, j;

	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 6), 6);
	labyrinth_free_bulk(zone, 6, page);
	flip(page[1], 1, 1);
	flip(page[4], 4, 1);
	KUNIT_ASSERT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, 6, bulk), 0);
	for (i = 0; i < 6; i++)
		for (j = 1; j < 6; j += 3)
			KUNIT_EXPECT_PTR_NE(test, bulk[i], page[j]);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).verify_failures, 2);
}

static struct kunit_case verify_cases[] = {
	KUNIT_CASE_PARAM(write_after_free_is_found, write_gen_params),
	KUNIT_CASE_PARAM(write_to_a_reserved_page_is_found, write_gen_params),
	KUNIT_CASE(write_to_a_page_never_handed_out_is_found),
	KUNIT_CASE(page_written_to_is_never_handed_out_again),
	KUNIT_CASE(page_set_aside_stays_the_zones_own),
	KUNIT_CASE(page_not_written_to_is_handed_out),
	KUNIT_CASE(use_of_a_live_page_is_no_failure),
	KUNIT_CASE(four_pages_are_tried_in_a_call),
	KUNIT_CASE(page_freed_longest_ago_is_handed_out_first),
	KUNIT_CASE(bulk_request_leaves_pages_written_to_out),
	{}
};

static struct kunit_suite verify_suite = {
	.name = "labyrinth_verify",
	.test_cases = verify_cases,
};

kunit_test_suite(verify_suite);
