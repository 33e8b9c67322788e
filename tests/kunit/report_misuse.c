// SPDX-License-Identifier: GPL-2.0
/*
 * What the log says of each kind of misuse, with the call sites by name.
 */
#include <kunit/test.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "log.h"

#define NONE	LABYRINTH_QUALITY_NONE

struct double_free_param {
	const char			*what;
	struct labyrinth_zone_params	params;
};

#define ZONE(...) { .name = "kunit", .node = NUMA_NO_NODE, .reserve = 2, __VA_ARGS__ }

/* Each takes and frees on another path. */
static const struct double_free_param double_free_params[] = {
	{ "cached", ZONE(.cache = 8) },
	{ "no cache", ZONE(.cache = LABYRINTH_NO_CACHE,
			   .policy = LABYRINTH_RESERVE_ONLY) },
	{ "VERIFY", ZONE(.quality = LABYRINTH_QUALITY_VERIFY, .cache = 8) },
	{ "order 1", ZONE(.order = 1, .cache = 8) },
};

static void double_free_desc(const struct double_free_param *param, char *desc)
{
	strscpy(desc, param->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(double_free, double_free_params, double_free_desc);

static void double_free_is_told_with_all_three_call_sites(struct kunit *test)
{
	const struct double_free_param *param = test->param_value;
	struct labyrinth_zone *zone = labyrinth_test_zone_make(test, &param->params);
	struct page *page;

	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	page = taker(zone, NONE);
	KUNIT_ASSERT_NOT_NULL(test, page);
	freer(zone, page);
	KUNIT_EXPECT_EQ(test, heard_lines(), 0);
	second_freer(zone, page);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: double free of ",
				   pfn_text(page, " by second_freer+"),
				   "taken by taker+", "freed before by freer+"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

/* Now by address and in bulk, and the page has been through several hands. */
static void double_free_names_the_last_who_had_the_page(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page = taker(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	freer(zone, page);
	KUNIT_ASSERT_PTR_EQ(test, address_taker(zone), page);
	bulk_freer(zone, 1, &page);
	address_freer(zone, page_address(page));
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: double free of ",
				   pfn_text(page, " by address_freer+"),
				   "taken by address_taker+",
				   "freed before by bulk_freer+"), 1);
	bulk_freer(zone, 1, &page);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: double free of ",
				   pfn_text(page, " by bulk_freer+"),
				   "taken by address_taker+",
				   "freed before by bulk_freer+"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 2);
}

/* As two CPUs that free a page in the same instant leave it: cached twice. */
static void cache_again(struct labyrinth_zone *zone)
{
	struct labyrinth_cache *cache;

	preempt_disable();
	cache = this_cpu_ptr(zone->cache);
	cache->given++;
	cache->slot[cache->nr + 1] = cache->slot[cache->nr];
	cache->nr++;
	preempt_enable();
}

static void page_found_freed_twice_is_told(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2, .cache = 8);
	struct page *page = taker(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	freer(zone, page);
	cache_again(zone);
	KUNIT_ASSERT_PTR_EQ(test, second_taker(zone), page);
	KUNIT_ASSERT_PTR_NE(test, taker(zone, NONE), page);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: ", "freed twice", "by freer+",
				   "by second_taker+"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

static void foreign_page_is_told_with_who_freed_it(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page = alloc_page(GFP_KERNEL);
	char hashed[32];

	KUNIT_ASSERT_NOT_NULL(test, page);
	heard.hashed = page;
	snprintf(hashed, sizeof(hashed), "freed %p,", page);
	freer(zone, page);
	labyrinth_refill_flush(zone);
	__free_page(page);
	KUNIT_EXPECT_EQ(test, told("zone kunit: freer+", hashed, "no page of any zone"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

static void address_inside_a_page_is_told_with_who_freed_it(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page = taker(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	heard.hashed = page_address(page) + 64;
	address_freer(zone, page_address(page) + 64);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: address_freer+", "no page of any zone"), 1);
}

static void page_of_another_zone_is_told_with_that_zone_and_its_taker(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2), *other;
	struct page *page;

	other = labyrinth_test_zone_make(test, &(const struct labyrinth_zone_params) {
		.name = "kunit2", .reserve = 2, .node = NUMA_NO_NODE,
	});
	page = taker(other, NONE);
	KUNIT_ASSERT_NOT_NULL(test, page);
	freer(zone, page);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: freer+", pfn_text(page, ")"),
				   "of zone kunit2, taken there by taker+"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
	/* There it is idle afterwards, and no page of any zone any more. */
	second_freer(other, page);
	heard.hashed = page;
	freer(zone, page);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("of zone kunit2"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 2);
}

static void write_after_free_is_told_with_offset_owner_and_freer(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2,
							  .quality = LABYRINTH_QUALITY_VERIFY);
	struct page *page = taker(zone, NONE);
	u8 *byte;

	KUNIT_ASSERT_NOT_NULL(test, page);
	freer(zone, page);
	byte = page_address(page);
	byte[1234] ^= 1;
	byte[4000] ^= 1;
	KUNIT_ASSERT_NOT_NULL(test, second_taker(zone));
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: ", pfn_text(page, " "), "written to after free",
				   " byte 1234:", "taken by taker+", "freed by freer+"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

static void bad_flags_are_told_with_who_gave_them(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page[2];

	KUNIT_ASSERT_NULL(test, taker(zone, LABYRINTH_QUALITY_ZERO | LABYRINTH_QUALITY_POISON));
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: taker+", "quality 0x3;", "0x3f"), 1);
	KUNIT_ASSERT_NULL(test, taker(zone, (__force labyrinth_quality_t)0x400));
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: taker+", "quality 0x400;", "0x3f"), 1);
	KUNIT_ASSERT_EQ(test, bulk_taker(zone, LABYRINTH_QUALITY_VERIFY, 2, page), -ENOMEM);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: bulk_taker+", "quality 0x8;", "0x3f"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 3);
}

static void take_charged(void *zone)
{
	(void)taker(zone, LABYRINTH_QUALITY_ACCOUNT);
}

static void charged_request_in_an_interrupt_is_told(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);

	labyrinth_test_in_hardirq(take_charged, zone);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: taker+", "ACCOUNT", "in hardirq context"), 1);
	labyrinth_test_in_nmi(take_charged, zone);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: taker+", "ACCOUNT", "in nmi context"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 2);
}

/*
 * Allocate from the system, past the caches, until it gives a page that the zone
 * has already.
 */
static bool join_again(struct labyrinth_zone *zone)
{
	unsigned int i;

	for (i = 0; i < 500; i++) {
		(void)taker(zone, LABYRINTH_QUALITY_ACCOUNT);
		if (labyrinth_test_stats(zone).misuse)
			return true;
	}
	return false;
}

static void live_page_freed_behind_the_back_is_told_with_its_taker(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page = second_taker(zone);

	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_test_steal(test, zone, page);
	if (!join_again(zone))
		kunit_skip(test, "the system did not give the page again");
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: ", pfn_text(page, ","), "taken by second_taker+",
				   "behind the zone's back"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

static void idle_page_freed_behind_the_back_is_told_with_both(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page = second_taker(zone);

	KUNIT_ASSERT_NOT_NULL(test, page);
	freer(zone, page);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_is_idle(zone, page));
	labyrinth_test_steal(test, zone, page);
	if (!join_again(zone))
		kunit_skip(test, "the system did not give the page again");
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: idle ", pfn_text(page, " "),
				   "behind the zone's back", "taken by second_taker+",
				   "freed by freer+"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

/* Ten messages in five seconds; the count goes on. */
static void flood_of_misuse_is_cut_short(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned long start = jiffies;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, page);
	heard.hashed = page;
	for (i = 0; i < 40; i++) {
		freer(zone, page);
		labyrinth_refill_flush(zone);
	}
	__free_page(page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 40);
	KUNIT_EXPECT_GE(test, told("zone kunit: freer+"), 10);
	if (time_before(jiffies, start + 5 * HZ))
		KUNIT_EXPECT_EQ(test, told("zone kunit: freer+"), 10);
}

static struct kunit_case report_misuse_cases[] = {
	KUNIT_CASE_PARAM(double_free_is_told_with_all_three_call_sites,
			 double_free_gen_params),
	KUNIT_CASE(double_free_names_the_last_who_had_the_page),
	KUNIT_CASE(page_found_freed_twice_is_told),
	KUNIT_CASE(foreign_page_is_told_with_who_freed_it),
	KUNIT_CASE(address_inside_a_page_is_told_with_who_freed_it),
	KUNIT_CASE(page_of_another_zone_is_told_with_that_zone_and_its_taker),
	KUNIT_CASE(write_after_free_is_told_with_offset_owner_and_freer),
	KUNIT_CASE(bad_flags_are_told_with_who_gave_them),
	KUNIT_CASE(charged_request_in_an_interrupt_is_told),
	KUNIT_CASE(live_page_freed_behind_the_back_is_told_with_its_taker),
	KUNIT_CASE(idle_page_freed_behind_the_back_is_told_with_both),
	KUNIT_CASE(flood_of_misuse_is_cut_short),
	{}
};

static struct kunit_suite report_misuse_suite = {
	.name = "labyrinth_report_misuse",
	.suite_init = log_suite_init,
	.suite_exit = log_suite_exit,
	.init = log_init,
	.exit = log_exit,
	.test_cases = report_misuse_cases,
};

kunit_test_suite(report_misuse_suite);
