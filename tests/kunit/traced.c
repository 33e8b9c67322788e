// SPDX-License-Identifier: GPL-2.0
/*
 * While pages are traced everybody takes the slow paths, and nobody may notice
 * otherwise. That events come, with what is in them, user space sees by itself:
 * scripts/check-trace.
 */
#include <kunit/test.h>
#include <linux/mm.h>

#include "common.h"
#include <trace/events/labyrinth.h>

#define NONE	LABYRINTH_QUALITY_NONE
#define ZERO	LABYRINTH_QUALITY_ZERO
#define RESERVE	16U
#define BULK	8U

static void trace(void)
{
	labyrinth_trace_allocs_on();
	labyrinth_trace_frees_on();
}

static void untrace(void)
{
	labyrinth_trace_frees_off();
	labyrinth_trace_allocs_off();
}

static bool allocs_attended(struct labyrinth_zone *zone)
{
	return READ_ONCE(zone->alloc_attention) & LABYRINTH_QUALITY_ATTENTION;
}

static bool frees_attended(struct labyrinth_zone *zone)
{
	return test_bit(LABYRINTH_FREE_TRACED, &zone->free_attention);
}

static void fast_paths_are_left_while_anybody_traces(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);

	/* Somebody may be tracing this kernel. */
	if (allocs_attended(zone) || frees_attended(zone)) {
		kunit_skip(test, "traced already");
		return;
	}
	labyrinth_trace_allocs_on();
	KUNIT_EXPECT_TRUE(test, allocs_attended(zone));
	KUNIT_EXPECT_FALSE(test, frees_attended(zone));
	labyrinth_trace_frees_on();
	labyrinth_trace_allocs_on();
	KUNIT_EXPECT_TRUE(test, frees_attended(zone));
	labyrinth_trace_allocs_off();
	KUNIT_EXPECT_TRUE(test, allocs_attended(zone));
	labyrinth_trace_allocs_off();
	KUNIT_EXPECT_FALSE(test, allocs_attended(zone));
	KUNIT_EXPECT_TRUE(test, frees_attended(zone));
	labyrinth_trace_frees_off();
	KUNIT_EXPECT_FALSE(test, frees_attended(zone));
}

static void zones_made_meanwhile_are_traced_too(struct kunit *test)
{
	struct labyrinth_zone *zone;

	trace();
	zone = labyrinth_test_zone(test, .reserve = RESERVE);
	KUNIT_EXPECT_TRUE(test, allocs_attended(zone));
	KUNIT_EXPECT_TRUE(test, frees_attended(zone));
	untrace();
}

/* Other reasons to leave the fast path are not forgotten with the tracing. */
static void what_else_wants_attention_has_it_afterwards(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);

	trace();
	KUNIT_ASSERT_EQ(test, labyrinth_zone_inject(zone, LABYRINTH_FAULT_RESERVE_ONLY, 0), 0);
	untrace();
	KUNIT_EXPECT_TRUE(test, allocs_attended(zone));
	KUNIT_ASSERT_EQ(test, labyrinth_zone_inject(zone, LABYRINTH_FAULT_NONE, 0), 0);
}

static void caches_serve_as_ever_while_traced(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE,
							  .cache = 8);
	u64 cached, allocs, frees;
	struct page *page;
	unsigned int i;

	labyrinth_free_page(zone, labyrinth_alloc_page_atomic(zone, NONE));
	trace();
	cached = labyrinth_test_stats(zone).from_cache;
	allocs = labyrinth_test_stats(zone).allocs;
	frees = labyrinth_test_stats(zone).frees;
	for (i = 0; i < 100; i++) {
		page = labyrinth_alloc_page_atomic(zone, NONE);
		KUNIT_ASSERT_NOT_NULL(test, page);
		labyrinth_free_page(zone, page);
	}
	untrace();
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).allocs, allocs + 100);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frees, frees + 100);
	/* Another CPU's cache may have begun empty. */
	KUNIT_EXPECT_GE(test, labyrinth_test_stats(zone).from_cache, cached + 90);
}

static void every_kind_of_page_comes_and_goes_while_traced(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct page *pages[BULK] = { NULL };
	struct page *page;
	void *address;

	trace();
	page = labyrinth_alloc_page_atomic(zone, ZERO);
	KUNIT_EXPECT_NOT_NULL(test, page);
	if (page)
		KUNIT_EXPECT_TRUE(test, labyrinth_test_is_filled(page, 0, 0));
	labyrinth_free_page(zone, page);
	address = labyrinth_alloc_atomic(zone, NONE);
	KUNIT_EXPECT_NOT_NULL(test, address);
	labyrinth_free(zone, address);
	KUNIT_EXPECT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, BULK, pages), 0);
	labyrinth_free_bulk(zone, BULK, pages);
	page = labyrinth_alloc_page_atomic(zone, NONE);
	KUNIT_EXPECT_NOT_NULL(test, page);
	page = labyrinth_detach_page(zone, page);
	if (page)
		put_page(page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, 0);
	address = labyrinth_frag_alloc_atomic(zone, 100, 0, NONE);
	KUNIT_EXPECT_NOT_NULL(test, address);
	labyrinth_frag_free(zone, address);
	untrace();
}

static void guarantee_holds_while_traced(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE,
							  .cache = LABYRINTH_NO_CACHE);
	struct page *page[RESERVE + 1];
	unsigned int i;

	trace();
	labyrinth_test_cut_off(zone);
	for (i = 0; i <= RESERVE; i++)
		page[i] = labyrinth_alloc_page_atomic(zone, NONE);
	for (i = 0; i < RESERVE; i++)
		KUNIT_EXPECT_NOT_NULL(test, page[i]);
	KUNIT_EXPECT_NULL(test, page[RESERVE]);
	labyrinth_test_reconnect(zone);
	for (i = 0; i < RESERVE; i++)
		labyrinth_free_page(zone, page[i]);
	untrace();
}

static struct kunit_case traced_cases[] = {
	KUNIT_CASE(fast_paths_are_left_while_anybody_traces),
	KUNIT_CASE(zones_made_meanwhile_are_traced_too),
	KUNIT_CASE(what_else_wants_attention_has_it_afterwards),
	KUNIT_CASE(caches_serve_as_ever_while_traced),
	KUNIT_CASE(every_kind_of_page_comes_and_goes_while_traced),
	KUNIT_CASE(guarantee_holds_while_traced),
	{}
};

static struct kunit_suite traced_suite = {
	.name = "labyrinth_traced",
	.test_cases = traced_cases,
};

kunit_test_suite(traced_suite);
