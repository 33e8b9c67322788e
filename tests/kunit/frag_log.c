// SPDX-License-Identifier: GPL-2.0
/*
 * What the log and the registry say of fragments, with the call sites by name.
 */
#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "log.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define GRANULE	(PAGE_SIZE / 64)

static unsigned int left_at;
/* The call before it is made from this very function, see log.c. */
#define STAY_HERE()	WRITE_ONCE(left_at, __LINE__)

static noinline __noclone void *cutter(struct labyrinth_zone *zone, unsigned int size,
				       unsigned int align, labyrinth_quality_t quality)
{
	void *addr = labyrinth_frag_alloc_atomic(zone, size, align, quality);

	STAY_HERE();
	return addr;
}

static noinline __noclone void *second_cutter(struct labyrinth_zone *zone, unsigned int size)
{
	void *addr = labyrinth_frag_alloc_atomic(zone, size, 0, NONE);

	STAY_HERE();
	return addr;
}

static noinline __noclone void frag_freer(struct labyrinth_zone *zone, const void *addr)
{
	labyrinth_frag_free(zone, addr);
	STAY_HERE();
}

static noinline __noclone void second_frag_freer(struct labyrinth_zone *zone,
						 const void *addr)
{
	labyrinth_frag_free(zone, addr);
	STAY_HERE();
}

static void wrong_requests_are_told_with_what_is_allowed(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	char most[16];

	snprintf(most, sizeof(most), " %lu", PAGE_SIZE);
	KUNIT_EXPECT_NULL(test, cutter(zone, 0, 0, NONE));
	KUNIT_EXPECT_NULL(test, cutter(zone, 77777, 0, NONE));
	KUNIT_EXPECT_NULL(test, cutter(zone, 64, 24, NONE));
	KUNIT_EXPECT_NULL(test, cutter(zone, 64, 65536, NONE));
	KUNIT_EXPECT_NULL(test, cutter(zone, 64, 0, LABYRINTH_QUALITY_ACCOUNT));
	KUNIT_EXPECT_NULL(test, cutter(zone, 64, 0, LABYRINTH_QUALITY_VERIFY));
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: cutter+", " of 0 bytes;", " 1 to", most), 1);
	KUNIT_EXPECT_EQ(test, told("zone kunit: cutter+", " of 77777 bytes;", " 1 to", most), 1);
	KUNIT_EXPECT_EQ(test, told("zone kunit: cutter+", " to 24 bytes;",
				   "powers of two up to", most), 1);
	KUNIT_EXPECT_EQ(test, told("zone kunit: cutter+", " to 65536 bytes;",
				   "powers of two up to", most), 1);
	KUNIT_EXPECT_EQ(test, told("zone kunit: cutter+", "ACCOUNT fragment"), 1);
	KUNIT_EXPECT_EQ(test, told("zone kunit: cutter+", "quality 0x8;"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 6);
}

static void wrong_frees_are_told_with_place_and_call_sites(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	void *first = cutter(zone, 2 * GRANULE, 0, NONE);
	void *second = second_cutter(zone, 64);
	char place[32];

	KUNIT_ASSERT_NOT_NULL(test, first);
	KUNIT_ASSERT_PTR_EQ(test, second, first + 2 * GRANULE);
	frag_freer(zone, second);
	second_frag_freer(zone, second);
	labyrinth_refill_flush(zone);
	snprintf(place, sizeof(place), "at byte %lu of ", 2 * GRANULE);
	KUNIT_EXPECT_EQ(test, told("zone kunit: second_frag_freer+", place,
				   pfn_text(virt_to_page(first), ","),
				   "taken there by second_cutter+", "freed by frag_freer+"), 1);
	second_frag_freer(zone, first + 17);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: second_frag_freer+", "at byte 17 of ",
				   pfn_text(virt_to_page(first), ",")), 1);
	freer(zone, virt_to_page(first));
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: freer+",
				   pfn_text(virt_to_page(first), " as a page"),
				   "split: 1 fragments live", "by second_cutter+",
				   "labyrinth_frag_free()"), 1);
	frag_freer(zone, page_address(taker(zone, NONE)));
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: frag_freer+", "at byte 0 of ",
				   "none is live", "taken there by taker+"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 4);
}

static void foreign_address_is_told_with_who_freed_it(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2), *other;
	void *addr = cutter(zone, 64, 0, NONE);
	struct page *page = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, addr);
	KUNIT_ASSERT_NOT_NULL(test, page);
	heard.hashed = page;
	frag_freer(zone, page_address(page) + 64);
	labyrinth_refill_flush(zone);
	__free_page(page);
	KUNIT_EXPECT_EQ(test, told("zone kunit: frag_freer+", "no page of any zone"), 1);
	other = labyrinth_test_zone_make(test, &(const struct labyrinth_zone_params) {
		.name = "kunit2", .reserve = 2, .node = NUMA_NO_NODE,
	});
	frag_freer(other, addr);
	labyrinth_refill_flush(other);
	KUNIT_EXPECT_EQ(test, told("zone kunit2: frag_freer+",
				   pfn_text(virt_to_page(addr), ")"), "of zone kunit,",
				   "by cutter+"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 2);
}

/* --- destroy --- */

static void open_page_without_fragments_is_not_told(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);

	frag_freer(zone, cutter(zone, 64, 0, NONE));
	KUNIT_ASSERT_EQ(test, labyrinth_test_live(zone), 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_EXPECT_EQ(test, heard_lines(), 0);
}

#define LEFT	5U

static void free_them_all(void *arg)
{
	void **left = arg;
	unsigned int i;

	for (i = 0; i < LEFT; i++)
		frag_freer(left[LEFT], left[i]);
}

/* From NMI, when nobody else knows the zone any more. */
static void fragments_live_at_destroy_are_told_and_may_be_freed(struct kunit *test)
{
	int refcount = labyrinth_test_module_refcount();
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4);
	void *left[LEFT + 1] = { [LEFT] = zone };
	struct page *page = taker(zone, NONE);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, page);
	for (i = 0; i < LEFT - 1; i++) {
		left[i] = cutter(zone, 64, 0, NONE);
		KUNIT_ASSERT_NOT_NULL(test, left[i]);
		memset(left[i], i, 64);
	}
	left[i] = second_cutter(zone, PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, left[i]);
	KUNIT_EXPECT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_EXPECT_EQ(test, told("zone kunit: destroyed with 3 pages live"), 1);
	KUNIT_EXPECT_EQ(test, told("zone kunit: 1 of them taken by taker+"), 1);
	KUNIT_EXPECT_EQ(test, told("zone kunit: 4 fragments ", "by cutter+"), 1);
	KUNIT_EXPECT_EQ(test, told("zone kunit: 1 fragments ", "by second_cutter+"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 4);
	heard_forget();

	KUNIT_EXPECT_EQ(test, labyrinth_test_module_refcount(), refcount + 1);
	for (i = 0; i < LEFT - 1; i++)
		KUNIT_EXPECT_NULL(test, memchr_inv(left[i], i, 64));
	freer(zone, page);
	labyrinth_test_in_nmi(free_them_all, left);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(labyrinth_test_module_refcount() ==
						    refcount));
	KUNIT_EXPECT_EQ(test, told("zone kunit: the last live page was freed"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

/* --- the listing --- */

#define REGISTRY	"/sys/kernel/debug/labyrinth/kunit/registry"

static void registry_lists_how_many_and_who_took_the_last(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	void *first = cutter(zone, 64, 0, NONE), *second = second_cutter(zone, 64);
	char text[512], line[64];
	int length;

	KUNIT_ASSERT_NOT_NULL(test, first);
	KUNIT_ASSERT_NOT_NULL(test, second);
	length = labyrinth_test_seq_read(REGISTRY, text, sizeof(text));
	if (length == -ENOENT)
		kunit_skip(test, "no debugfs");
	KUNIT_ASSERT_GT(test, length, 0);
	snprintf(line, sizeof(line), "\n%lu 0 ", page_to_pfn(virt_to_page(first)));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, line));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, " task 2 second_cutter+"));
	frag_freer(zone, second);
	KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));
	KUNIT_ASSERT_GT(test, labyrinth_test_seq_read(REGISTRY, text, sizeof(text)), 0);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, " task 1 second_cutter+"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, " task - taker+"));
}

static struct kunit_case frag_log_cases[] = {
	KUNIT_CASE(wrong_requests_are_told_with_what_is_allowed),
	KUNIT_CASE(wrong_frees_are_told_with_place_and_call_sites),
	KUNIT_CASE(foreign_address_is_told_with_who_freed_it),
	KUNIT_CASE(open_page_without_fragments_is_not_told),
	KUNIT_CASE(fragments_live_at_destroy_are_told_and_may_be_freed),
	KUNIT_CASE(registry_lists_how_many_and_who_took_the_last),
	{}
};

static struct kunit_suite frag_log_suite = {
	.name = "labyrinth_frag_log",
	.suite_init = log_suite_init,
	.suite_exit = log_suite_exit,
	.init = log_init,
	.exit = log_exit,
	.test_cases = frag_log_cases,
};

kunit_test_suite(frag_log_suite);
