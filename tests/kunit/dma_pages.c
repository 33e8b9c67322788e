// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of a zone with a device that are passed on, come in, or are asked about.
 */
#include <kunit/test.h>
#include <linux/mm.h>

#include "dma.h"

#define NONE	LABYRINTH_QUALITY_NONE

static void detached_page_is_unmapped(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 8);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_PTR_EQ(test, labyrinth_detach_page(zone, page), page);
	KUNIT_EXPECT_NULL(test, labyrinth_test_desc(zone, page));
	fake_balanced(test, zone);
	KUNIT_EXPECT_EQ(test, labyrinth_page_dma_addr(zone, page), DMA_MAPPING_ERROR);
	put_page(page);
}

/**
 * struct passing - a page that is passed on in an NMI
 * @zone: the zone
 * @page: the page
 * @detached: what came of it
 * @early: whether it could come back there and then
 */
struct passing {
	struct labyrinth_zone	*zone;
	struct page		*page;
	struct page		*detached;
	bool			early;
};

static void pass_on(void *arg)
{
	struct passing *passing = arg;

	passing->detached = labyrinth_detach_page(passing->zone, passing->page);
	passing->early = labyrinth_recycle_page(passing->zone, passing->page);
}

static void page_detached_in_an_nmi_is_unmapped_soon(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 8);
	struct passing passing = { zone, labyrinth_test_alloc(zone, NONE) };
	struct labyrinth_stats stats;

	KUNIT_ASSERT_NOT_NULL(test, passing.page);
	labyrinth_test_in_nmi(pass_on, &passing);
	KUNIT_EXPECT_PTR_EQ(test, passing.detached, passing.page);
	KUNIT_EXPECT_FALSE(test, passing.early);
	fake_balanced(test, zone);
	KUNIT_EXPECT_NULL(test, labyrinth_test_desc(zone, passing.page));
	stats = labyrinth_test_stats(zone);
	KUNIT_EXPECT_EQ(test, stats.taken - stats.returned, stats.owned);
	KUNIT_EXPECT_EQ(test, stats.passed_on, 1);
	KUNIT_EXPECT_EQ(test, stats.misuse, 0);
	/* Now it may. */
	KUNIT_EXPECT_EQ(test, page_ref_count(passing.page), 1);
	KUNIT_EXPECT_TRUE(test, labyrinth_recycle_page(zone, passing.page));
	fake_balanced(test, zone);
}

static void page_that_comes_in_is_mapped(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 8);
	struct page *page = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_refill_flush(zone);
	KUNIT_ASSERT_TRUE(test, labyrinth_recycle_page(zone, page));
	fake_balanced(test, zone);
	KUNIT_ASSERT_PTR_EQ(test, labyrinth_test_alloc(zone, NONE), page);
	KUNIT_EXPECT_EQ(test, labyrinth_page_dma_addr(zone, page), fake_address(page));
}

static void page_that_cannot_be_mapped_does_not_come_in(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 8);
	struct page *page = alloc_page(GFP_KERNEL);
	struct labyrinth_stats before, stats;

	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_refill_flush(zone);
	before = labyrinth_test_stats(zone);
	atomic_set(&fake.room, 0);
	KUNIT_EXPECT_FALSE(test, labyrinth_recycle_page(zone, page));
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 1);
	stats = labyrinth_test_stats(zone);
	KUNIT_EXPECT_EQ(test, stats.dma_errors, 1);
	KUNIT_EXPECT_EQ(test, stats.recycled, 0);
	KUNIT_EXPECT_EQ(test, stats.owned, before.owned);
	KUNIT_EXPECT_EQ(test, stats.taken - stats.returned, stats.owned);
	fake_balanced(test, zone);
	__free_page(page);
}

static void address_is_among_what_is_known_of_a_page(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 8);
	struct page *page = labyrinth_test_alloc(zone, NONE);
	struct labyrinth_page_info info;

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, labyrinth_page_info(zone, page, &info), 0);
	KUNIT_EXPECT_EQ(test, info.dma, fake_address(page));
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_ASSERT_EQ(test, labyrinth_page_info(zone, page, &info), 0);
	KUNIT_EXPECT_EQ(test, info.dma, DMA_MAPPING_ERROR);
	labyrinth_test_free(zone, page);
}

/**
 * struct finishing - what a hand-off function finds
 * @zone: the zone
 * @dma: the page's address then
 */
struct finishing {
	struct labyrinth_zone	*zone;
	dma_addr_t		dma;
};

static void finish(struct page *page, void *ctx)
{
	struct finishing *finishing = ctx;

	labyrinth_dma_sync_for_cpu(finishing->zone, page, 0, 100);
	finishing->dma = labyrinth_page_dma_addr(finishing->zone, page);
}

/* Its work is not done before it has read what the device has written. */
static void page_handed_off_is_mapped_until_that_is_done(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 8);
	struct page *page = labyrinth_test_alloc(zone, NONE);
	struct finishing finishing = { .zone = zone };
	dma_addr_t address;

	KUNIT_ASSERT_NOT_NULL(test, page);
	address = fake_address(page);
	fake.size = 0;
	KUNIT_ASSERT_EQ(test, labyrinth_handoff_page(zone, page, finish, &finishing), 0);
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_EXPECT_EQ(test, finishing.dma, address);
	KUNIT_EXPECT_EQ(test, fake.size, 100);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake.mapped), 0);
}

static struct kunit_case dma_pages_cases[] = {
	KUNIT_CASE(detached_page_is_unmapped),
	KUNIT_CASE(page_detached_in_an_nmi_is_unmapped_soon),
	KUNIT_CASE(page_that_comes_in_is_mapped),
	KUNIT_CASE(page_that_cannot_be_mapped_does_not_come_in),
	KUNIT_CASE(address_is_among_what_is_known_of_a_page),
	KUNIT_CASE(page_handed_off_is_mapped_until_that_is_done),
	{}
};

static struct kunit_suite dma_pages_suite = {
	.name = "labyrinth_dma_pages",
	.test_cases = dma_pages_cases,
};

kunit_test_suite(dma_pages_suite);
