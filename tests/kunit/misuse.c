// SPDX-License-Identifier: GPL-2.0
/*
 * What is not a live page of the zone is left alone, counted and reported.
 */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "common.h"

#define NONE	LABYRINTH_QUALITY_NONE

static struct labyrinth_zone *other_zone(struct kunit *test)
{
	return labyrinth_test_zone_make(test, &(const struct labyrinth_zone_params) {
		.name = "kunit2", .reserve = 2, .node = NUMA_NO_NODE,
	});
}

/* Something was freed that must not change anything but the count. */
static void expect_misuse(struct kunit *test, struct labyrinth_zone *zone,
			  const struct labyrinth_stats *before)
{
	struct labyrinth_stats after = labyrinth_test_stats(zone);

	KUNIT_EXPECT_EQ(test, after.misuse, before->misuse + 1);
	KUNIT_EXPECT_EQ(test, after.frees, before->frees);
	KUNIT_EXPECT_EQ(test, after.live, before->live);
	KUNIT_EXPECT_EQ(test, after.owned, before->owned);
	KUNIT_EXPECT_EQ(test, after.cached, before->cached);
	KUNIT_EXPECT_EQ(test, after.reserve, before->reserve);
	labyrinth_test_books(test, zone);
}

static void expect_page_is_misuse(struct kunit *test, struct labyrinth_zone *zone,
				  struct page *page)
{
	struct labyrinth_stats before = labyrinth_test_stats(zone);

	labyrinth_test_free(zone, page);
	expect_misuse(test, zone, &before);
}

static void expect_address_is_misuse(struct kunit *test, struct labyrinth_zone *zone,
				     const void *address)
{
	struct labyrinth_stats before = labyrinth_test_stats(zone);

	labyrinth_test_free_address(zone, address);
	expect_misuse(test, zone, &before);
}

static void free_of_null_does_nothing(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *none[2] = { NULL, NULL };

	labyrinth_free_page(zone, NULL);
	labyrinth_free(zone, NULL);
	labyrinth_free_bulk(zone, 2, none);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frees, 0);
	/* Nor does it look at the zone, which need not be there any more. */
	labyrinth_free_page(NULL, NULL);
	labyrinth_free(NULL, NULL);
	labyrinth_free_bulk(NULL, 2, none);
}

/* One in the middle of others is passed over, the others are not. */
static void null_in_a_bulk_is_passed_over(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page[4];

	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, LABYRINTH_QUALITY_NONE, page, 3), 3);
	page[3] = page[1];
	page[1] = NULL;
	labyrinth_free_bulk(zone, 4, page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, 0);
}

enum whereabouts { IN_CACHE, IN_DEPOT, IN_RESERVE, IN_SYSTEM };

static const enum whereabouts whereabouts_params[] = {
	IN_CACHE, IN_DEPOT, IN_RESERVE, IN_SYSTEM,
};

static void whereabouts_desc(const enum whereabouts *where, char *desc)
{
	static const char * const names[] = { "cache", "depot", "reserve", "system" };

	strscpy(desc, names[*where], KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(whereabouts, whereabouts_params, whereabouts_desc);

/* A page that has been freed, and is where the parameter says. */
static struct page *freed_page(struct kunit *test, struct labyrinth_zone *zone)
{
	const enum whereabouts *where = test->param_value;
	struct page *page[9];
	unsigned int i;

	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	if (*where == IN_RESERVE)
		labyrinth_policy_set(zone, LABYRINTH_RESERVE_ONLY);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 9), 9);
	if (*where == IN_SYSTEM)
		labyrinth_test_mark(page[0]);
	/* The depot gets the pages freed first, once the cache of 8 is full. */
	for (i = 0; i < (*where == IN_DEPOT ? 9 : 1); i++)
		labyrinth_test_free(zone, page[i]);
	KUNIT_ASSERT_EQ(test, labyrinth_test_is_idle(zone, page[0]),
			*where != IN_SYSTEM);
	KUNIT_ASSERT_EQ(test, labyrinth_stack_depth(&zone->depot, zone->table) > 0,
			*where == IN_DEPOT);
	return page[0];
}

static void second_free_is_misuse(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 10, .cache = 8);

	expect_page_is_misuse(test, zone, freed_page(test, zone));
}

static void third_free_is_misuse_again(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 10, .cache = 8);
	struct page *page = freed_page(test, zone);

	expect_page_is_misuse(test, zone, page);
	expect_page_is_misuse(test, zone, page);
}

static void second_free_by_address_is_misuse(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 10, .cache = 8);

	expect_address_is_misuse(test, zone, page_address(freed_page(test, zone)));
}

static void second_free_in_a_verify_zone_is_misuse(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 10, .cache = 8,
							  .quality = LABYRINTH_QUALITY_VERIFY);

	expect_page_is_misuse(test, zone, freed_page(test, zone));
}

static void page_freed_twice_is_handed_out_once(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 10, .cache = 8);
	struct page *page = freed_page(test, zone), *next;
	unsigned int i, found = 0;

	labyrinth_test_free(zone, page);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_ATOMIC, true);
	for (i = 0; i < 32; i++) {
		next = labyrinth_test_alloc(zone, NONE);
		found += next == page;
	}
	KUNIT_EXPECT_LE(test, found, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 1);
}

static void page_taken_again_may_be_freed_again(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	unsigned int i;

	for (i = 0; i < 10; i++)
		labyrinth_test_free(zone, labyrinth_test_alloc(zone, NONE));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frees, 10);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
}

static void same_page_twice_in_a_bulk_free_is_misuse(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page[3];

	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 2), 2);
	page[2] = page[0];
	labyrinth_free_bulk(zone, 3, page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frees, 2);
}

static void foreign_page_stays_as_it_was(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	expect_page_is_misuse(test, zone, page);
	expect_address_is_misuse(test, zone, page_address(page));
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	__free_page(page);
}

static void page_of_another_zone_stays_live_there(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct labyrinth_zone *other = other_zone(test);
	struct page *page = labyrinth_test_alloc(other, NONE);

	expect_page_is_misuse(test, zone, page);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_live(other, page));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(other).misuse, 0);
	labyrinth_test_free(other, page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(other).frees, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(other).misuse, 0);
}

static void idle_page_of_the_reserve_cannot_be_freed(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);

	expect_page_is_misuse(test, zone, labyrinth_test_reserve_top(zone)->page);
}

static void wild_page_pointers_are_misuse(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page = labyrinth_test_alloc(zone, NONE);
	struct page *const wild[] = {
		(void *)1, (void *)8, (void *)0x1000, (void *)0xdead000000000122,
		(void *)ULONG_MAX, (void *)LONG_MAX, (void *)&zone, (void *)zone,
		(void *)wild_page_pointers_are_misuse, (void *)page + 1,
		(void *)page + 8, (void *)page - 8, (void *)page_address(page),
		ERR_PTR(-ENOMEM), ERR_PTR(-EINVAL), ERR_PTR(-MAX_ERRNO),
	};
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, page);
	for (i = 0; i < ARRAY_SIZE(wild); i++)
		expect_page_is_misuse(test, zone, wild[i]);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_live(zone, page));
}

static void wild_addresses_are_misuse(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	void *address = labyrinth_alloc_atomic(zone, NONE);
	void *vmalloced = vmalloc(PAGE_SIZE);
	struct page *none = NULL;
	const void *const wild[] = {
		(void *)1, (void *)8, (void *)PAGE_SIZE, (void *)0xdead000000000000,
		(void *)ULONG_MAX, (void *)(ULONG_MAX & PAGE_MASK), (void *)LONG_MAX,
		(void *)&zone, (void *)zone, (void *)wild_addresses_are_misuse,
		/* Not the page after the stack: that one may be the zone's. */
		(void *)((unsigned long)&zone & PAGE_MASK),
		(void *)((unsigned long)wild_addresses_are_misuse & PAGE_MASK),
		address + 1, address + PAGE_SIZE / 2, address + PAGE_SIZE - 1,
		vmalloced, vmalloced + 1, ERR_PTR(-ENOMEM), ERR_PTR(-MAX_ERRNO),
		/* Its page would be NULL, as an empty slot's is; elsewhere that is looked at. */
		IS_ENABLED(CONFIG_SPARSEMEM_VMEMMAP) ? page_to_virt(none) : (void *)(2 * PAGE_SIZE),
	};
	unsigned int i;

	KUNIT_EXPECT_NOT_NULL(test, address);
	for (i = 0; i < ARRAY_SIZE(wild); i++)
		expect_address_is_misuse(test, zone, wild[i]);
	vfree(vmalloced);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, 1);
	labyrinth_free(zone, address);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, 0);
}

static void inner_page_of_a_compound_page_is_misuse(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2, .order = 1);
	void *address = labyrinth_alloc_atomic(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, address);
	expect_address_is_misuse(test, zone, address + PAGE_SIZE);
	expect_page_is_misuse(test, zone, virt_to_page(address) + 1);
	labyrinth_free(zone, address);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, 0);
}

/* In a hard interrupt nothing may be printed or followed at once. */
static void free_wild_pages(void *arg)
{
	struct labyrinth_zone *zone = arg;
	unsigned long i;

	for (i = 1; i <= 100; i++)
		labyrinth_free_page(zone, (void *)(i << 3));
}

static void misuse_in_a_hard_interrupt_is_counted(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);

	labyrinth_test_in_hardirq(free_wild_pages, zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 100);
	/* More than the ring of events holds: the rest is counted only. */
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, atomic_read(&zone->events_head), zone->events_tail);
}

static struct kunit_case misuse_cases[] = {
	KUNIT_CASE(free_of_null_does_nothing),
	KUNIT_CASE(null_in_a_bulk_is_passed_over),
	KUNIT_CASE_PARAM(second_free_is_misuse, whereabouts_gen_params),
	KUNIT_CASE_PARAM(third_free_is_misuse_again, whereabouts_gen_params),
	KUNIT_CASE_PARAM(second_free_by_address_is_misuse, whereabouts_gen_params),
	KUNIT_CASE_PARAM(second_free_in_a_verify_zone_is_misuse, whereabouts_gen_params),
	KUNIT_CASE_PARAM(page_freed_twice_is_handed_out_once, whereabouts_gen_params),
	KUNIT_CASE(page_taken_again_may_be_freed_again),
	KUNIT_CASE(same_page_twice_in_a_bulk_free_is_misuse),
	KUNIT_CASE(foreign_page_stays_as_it_was),
	KUNIT_CASE(page_of_another_zone_stays_live_there),
	KUNIT_CASE(idle_page_of_the_reserve_cannot_be_freed),
	KUNIT_CASE(wild_page_pointers_are_misuse),
	KUNIT_CASE(wild_addresses_are_misuse),
	KUNIT_CASE(inner_page_of_a_compound_page_is_misuse),
	KUNIT_CASE(misuse_in_a_hard_interrupt_is_counted),
	{}
};

static struct kunit_suite misuse_suite = {
	.name = "labyrinth_misuse",
	.test_cases = misuse_cases,
};

kunit_test_suite(misuse_suite);
