// SPDX-License-Identifier: GPL-2.0
/*
 * Fragments asked for or freed in a wrong way: it is counted, and nothing else happens.
 */
#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "common.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define GRANULE	(PAGE_SIZE / 64)

/* --- asked for --- */

struct request_param {
	const char		*what;
	unsigned int		size;
	unsigned int		align;
	labyrinth_quality_t	quality;
};

static const struct request_param request_params[] = {
	{ "0 bytes", 0, 0, NONE },
	{ "a byte too many", PAGE_SIZE + 1, 0, NONE },
	{ "all bytes there are", UINT_MAX, 0, NONE },
	{ "aligned to 3", 64, 3, NONE },
	{ "aligned to almost a page", 64, PAGE_SIZE - 1, NONE },
	{ "aligned to two pages", 64, 2 * PAGE_SIZE, NONE },
	{ "aligned to 2 GiB", 64, BIT(31), NONE },
	{ "aligned to all bits", 64, UINT_MAX, NONE },
	{ "charged", 64, 0, LABYRINTH_QUALITY_ACCOUNT },
	{ "verified", 64, 0, LABYRINTH_QUALITY_VERIFY },
	{ "zero and poison", 64, 0, LABYRINTH_QUALITY_ZERO | LABYRINTH_QUALITY_POISON },
	{ "of unknown quality", 64, 0, (__force labyrinth_quality_t)BIT(10) },
};

static void request_desc(const struct request_param *param, char *desc)
{
	strscpy(desc, param->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(request, request_params, request_desc);

/* Once with no page open, and once with one. */
static void wrong_request_gets_nothing(struct kunit *test)
{
	const struct request_param *param = test->param_value;
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	unsigned int i;

	for (i = 1; i <= 2; i++) {
		KUNIT_EXPECT_NULL(test, labyrinth_test_frag(zone, param->size, param->align,
							    param->quality));
		KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, i);
		KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).failed, i);
		KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).starvations, 0);
		KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frag_allocs, i - 1);
		KUNIT_EXPECT_EQ(test, labyrinth_test_live(zone), i - 1);
		KUNIT_ASSERT_NOT_NULL(test, labyrinth_test_frag(zone, 64, 0, NONE));
	}
}

static void zone_of_charged_pages_has_no_fragments(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2,
							  .quality = LABYRINTH_QUALITY_ACCOUNT);

	KUNIT_EXPECT_NULL(test, labyrinth_test_frag(zone, 64, 0, NONE));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).allocs, 0);
}

/* --- freed --- */

#define NR	3U

/**
 * struct neighbours - fragments side by side, one of which is freed in a wrong way
 * @zone: their zone
 * @addr: the fragments, of two granules each
 */
struct neighbours {
	struct labyrinth_zone	*zone;
	u8			*addr[NR];
};

static struct neighbours neighbours(struct kunit *test)
{
	struct neighbours some = { .zone = labyrinth_test_zone(test, .reserve = 2) };
	unsigned int i;

	for (i = 0; i < NR; i++) {
		some.addr[i] = labyrinth_test_frag(some.zone, 2 * GRANULE, 0, NONE);
		KUNIT_ASSERT_NOT_NULL(test, some.addr[i]);
		memset(some.addr[i], i, 2 * GRANULE);
	}
	KUNIT_ASSERT_EQ(test, labyrinth_test_live(some.zone), 1);
	return some;
}

static void expect_as_before(struct kunit *test, const struct neighbours *some,
			     unsigned int misuse, unsigned int frees)
{
	unsigned int i;

	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(some->zone).misuse, misuse);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(some->zone).frag_frees, frees);
	KUNIT_EXPECT_EQ(test, labyrinth_test_live(some->zone), 1);
	for (i = 0; i < NR; i++)
		KUNIT_EXPECT_NULL(test, memchr_inv(some->addr[i], i, 2 * GRANULE));
}

static void double_free_of_a_fragment_is_caught(struct kunit *test)
{
	struct neighbours some = neighbours(test);

	labyrinth_test_frag_free(some.zone, some.addr[1]);
	expect_as_before(test, &some, 0, 1);
	labyrinth_test_frag_free(some.zone, some.addr[1]);
	expect_as_before(test, &some, 1, 1);
	/* The others are as free to go as they ever were. */
	labyrinth_test_frag_free(some.zone, some.addr[0]);
	labyrinth_test_frag_free(some.zone, some.addr[2]);
	expect_as_before(test, &some, 1, 3);
	labyrinth_test_frag_free(some.zone, some.addr[2]);
	expect_as_before(test, &some, 2, 3);
	labyrinth_zone_trim(some.zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_live(some.zone), 0);
}

static void double_free_of_the_last_fragment_is_caught(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	void *addr = labyrinth_test_frag(zone, PAGE_SIZE, 0, NONE);

	KUNIT_ASSERT_NOT_NULL(test, addr);
	labyrinth_test_frag_free(zone, addr);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_is_idle(zone, virt_to_page(addr)));
	labyrinth_test_frag_free(zone, addr);
	labyrinth_free(zone, addr);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 2);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frees, 1);
	labyrinth_test_books(test, zone);
}

static const unsigned int offset_params[] = {
	1, GRANULE - 1, GRANULE, 2 * GRANULE + 1, 3 * GRANULE, 2 * NR * GRANULE,
	PAGE_SIZE - GRANULE, PAGE_SIZE - 1,
};

static void offset_desc(const unsigned int *offset, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "byte %u", *offset);
}

KUNIT_ARRAY_PARAM(offset, offset_params, offset_desc);

/* In the middle of one, behind all, and where the mark of an open page stands. */
static void place_where_no_fragment_begins_is_caught(struct kunit *test)
{
	const unsigned int *offset = test->param_value;
	struct neighbours some = neighbours(test);

	labyrinth_test_frag_free(some.zone, some.addr[0] + *offset);
	expect_as_before(test, &some, 1, 0);
	/* The page is still open. */
	KUNIT_EXPECT_PTR_EQ(test, labyrinth_test_frag(some.zone, 1, 0, NONE),
			    (void *)some.addr[0] + 2 * NR * GRANULE);
}

static void split_page_cannot_be_freed_as_a_page(struct kunit *test)
{
	struct neighbours some = neighbours(test);
	struct page *page = virt_to_page(some.addr[0]);

	labyrinth_test_free(some.zone, page);
	expect_as_before(test, &some, 1, 0);
	labyrinth_test_free_address(some.zone, some.addr[0]);
	expect_as_before(test, &some, 2, 0);
	labyrinth_free_bulk(some.zone, 1, &page);
	expect_as_before(test, &some, 3, 0);
	/* Nor as a fragment can be freed what is inside a page. */
	labyrinth_test_free_address(some.zone, some.addr[1]);
	expect_as_before(test, &some, 4, 0);
	labyrinth_test_frag_free(some.zone, some.addr[0]);
	expect_as_before(test, &some, 4, 1);
}

static void *called_with;

static void note_context(struct page *page, void *ctx)
{
	WRITE_ONCE(called_with, ctx);
}

static void split_page_cannot_be_passed_on(struct kunit *test)
{
	struct neighbours some = neighbours(test);
	struct page *page = virt_to_page(some.addr[0]);

	KUNIT_EXPECT_NULL(test, labyrinth_detach_page(some.zone, page));
	expect_as_before(test, &some, 1, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_handoff_page(some.zone, page, note_context, NULL),
			-EINVAL);
	expect_as_before(test, &some, 2, 0);
	/* The zone has it, one way or the other. */
	KUNIT_EXPECT_TRUE(test, labyrinth_recycle_page(some.zone, page));
	expect_as_before(test, &some, 3, 0);
}

/* What stands in its descriptor where a split page's fragments do stays as it is. */
static void page_handed_off_has_no_fragments(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page = labyrinth_test_alloc(zone, NONE);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, page);
	called_with = NULL;
	/* With one CPU the worker comes later. */
	preempt_disable();
	KUNIT_EXPECT_EQ(test, labyrinth_handoff_page(zone, page, note_context, (void *)-1UL), 0);
	for (i = 0; i < 64; i++)
		labyrinth_test_frag_free(zone, page_address(page) + i * GRANULE);
	preempt_enable();
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(READ_ONCE(called_with)));
	KUNIT_EXPECT_PTR_EQ(test, called_with, (void *)-1UL);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 64);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frag_frees, 0);
}

static void whole_page_cannot_be_freed_as_a_fragment(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_test_frag_free(zone, page_address(page));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 1);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_live(zone, page));
	labyrinth_test_free(zone, page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frees, 1);
}

static void fragment_of_another_zone_is_caught(struct kunit *test)
{
	struct neighbours some = neighbours(test);
	struct labyrinth_zone *other;

	other = labyrinth_test_zone_make(test, &(const struct labyrinth_zone_params) {
		.name = "kunit2", .reserve = 2, .node = NUMA_NO_NODE,
	});
	labyrinth_test_frag_free(other, some.addr[0]);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(other).misuse, 1);
	expect_as_before(test, &some, 0, 0);
}

static const unsigned long wild_params[] = {
	1, 64, PAGE_SIZE, 0x123456789abcUL, LONG_MAX,
	-1UL, -PAGE_SIZE, -64UL,
};

static void wild_desc(const unsigned long *addr, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "address %lx", *addr);
}

KUNIT_ARRAY_PARAM(wild, wild_params, wild_desc);

static void wild_address_is_caught(struct kunit *test)
{
	const unsigned long *addr = test->param_value;
	struct neighbours some = neighbours(test);

	labyrinth_test_frag_free(some.zone, (void *)*addr);
	expect_as_before(test, &some, 1, 0);
}

static void memory_of_others_is_caught(struct kunit *test)
{
	struct neighbours some = neighbours(test);
	void *memory = kunit_kzalloc(test, 64, GFP_KERNEL);
	int on_the_stack;

	KUNIT_ASSERT_NOT_NULL(test, memory);
	labyrinth_test_frag_free(some.zone, memory);
	labyrinth_test_frag_free(some.zone, &on_the_stack);
	labyrinth_test_frag_free(some.zone, memory_of_others_is_caught);
	expect_as_before(test, &some, 3, 0);
}

static void null_is_no_fragment_and_no_mistake(struct kunit *test)
{
	struct neighbours some = neighbours(test);

	labyrinth_test_frag_free(some.zone, NULL);
	labyrinth_test_frag_free(NULL, NULL);
	expect_as_before(test, &some, 0, 0);
}

/* One put_page() too many: what is left of the page is nobody's to cut. */
static void page_that_came_again_is_not_cut_any_more(struct kunit *test)
{
	struct neighbours some = neighbours(test);
	struct page *page = virt_to_page(some.addr[0]);
	struct page *again = NULL;
	unsigned int i;

	labyrinth_test_steal(test, some.zone, page);
	for (i = 0; i < 500 && again != page; i++)
		again = labyrinth_test_alloc(some.zone, LABYRINTH_QUALITY_ACCOUNT);
	if (again != page)
		kunit_skip(test, "the system did not give the page again");
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(some.zone).misuse, 1);
	for (i = 0; i < 100; i++) {
		void *addr = labyrinth_test_frag(some.zone, 1, 0, NONE);

		KUNIT_ASSERT_NOT_NULL(test, addr);
		KUNIT_EXPECT_PTR_NE(test, virt_to_page(addr), page);
	}
	/* Who had a fragment there has none any more. */
	labyrinth_test_frag_free(some.zone, some.addr[1]);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(some.zone).misuse, 2);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_live(some.zone, page));
}

static struct kunit_case frag_misuse_cases[] = {
	KUNIT_CASE_PARAM(wrong_request_gets_nothing, request_gen_params),
	KUNIT_CASE(zone_of_charged_pages_has_no_fragments),
	KUNIT_CASE(double_free_of_a_fragment_is_caught),
	KUNIT_CASE(double_free_of_the_last_fragment_is_caught),
	KUNIT_CASE_PARAM(place_where_no_fragment_begins_is_caught, offset_gen_params),
	KUNIT_CASE(split_page_cannot_be_freed_as_a_page),
	KUNIT_CASE(split_page_cannot_be_passed_on),
	KUNIT_CASE(page_handed_off_has_no_fragments),
	KUNIT_CASE(whole_page_cannot_be_freed_as_a_fragment),
	KUNIT_CASE(fragment_of_another_zone_is_caught),
	KUNIT_CASE_PARAM(wild_address_is_caught, wild_gen_params),
	KUNIT_CASE(memory_of_others_is_caught),
	KUNIT_CASE(null_is_no_fragment_and_no_mistake),
	KUNIT_CASE(page_that_came_again_is_not_cut_any_more),
	{}
};

static struct kunit_suite frag_misuse_suite = {
	.name = "labyrinth_frag_misuse",
	.test_cases = frag_misuse_cases,
};

kunit_test_suite(frag_misuse_suite);
