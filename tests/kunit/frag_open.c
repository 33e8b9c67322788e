// SPDX-License-Identifier: GPL-2.0
/*
 * The page that a CPU has open for fragments: when it comes, when it goes, and what
 * happens where it cannot be used.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "common.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define HALF	(PAGE_SIZE / 2)

static struct page *page_of(const void *addr)
{
	return virt_to_head_page(addr);
}

static void *frag(struct kunit *test, struct labyrinth_zone *zone, unsigned int size)
{
	void *addr = labyrinth_test_frag(zone, size, 0, NONE);

	KUNIT_ASSERT_NOT_NULL(test, addr);
	return addr;
}

/* --- it goes back with its last fragment --- */

static void closed_page_goes_with_its_last_fragment(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	void *first = frag(test, zone, 64), *second = frag(test, zone, 64);
	void *rest = frag(test, zone, PAGE_SIZE - PAGE_SIZE / 32);
	struct page *page = page_of(first);

	KUNIT_ASSERT_PTR_EQ(test, page_of(second), page);
	KUNIT_ASSERT_PTR_EQ(test, page_of(rest), page);
	/* There is no room left: the next fragment opens another page. */
	KUNIT_ASSERT_PTR_NE(test, page_of(frag(test, zone, 64)), page);
	labyrinth_test_frag_free(zone, second);
	labyrinth_test_frag_free(zone, rest);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_live(zone, page));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frees, 0);
	labyrinth_test_frag_free(zone, first);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_idle(zone, page));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frees, 1);
	KUNIT_EXPECT_EQ(test, atomic64_read(&labyrinth_test_desc(zone, page)->frags), 0);
}

/* Where it is not renewed, it is the closing that gives it back. */
static void empty_page_goes_when_it_is_closed(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2,
							  .quality = LABYRINTH_QUALITY_VERIFY);
	void *first = frag(test, zone, PAGE_SIZE - HALF / 2);
	struct page *page = page_of(first);

	labyrinth_test_frag_free(zone, first);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_live(zone, page));
	KUNIT_EXPECT_PTR_NE(test, page_of(frag(test, zone, HALF)), page);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_idle(zone, page));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frees, 1);
}

static void page_that_others_hold_leaves_with_its_last_fragment(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	u8 *addr = frag(test, zone, PAGE_SIZE);
	struct page *page = page_of(addr);

	memset(addr, 0x17, PAGE_SIZE);
	get_page(page);
	labyrinth_test_frag_free(zone, addr);
	KUNIT_EXPECT_PTR_EQ(test, labyrinth_test_desc(zone, page), NULL);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).detached, 1);
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 1);
	KUNIT_EXPECT_NULL(test, memchr_inv(addr, 0x17, PAGE_SIZE));
	put_page(page);
}

/* --- it is used again, if nobody else looks at it --- */

static bool renewable(struct labyrinth_zone *zone)
{
	return !test_bit(LABYRINTH_FREE_CLEAR, &zone->free_attention);
}

static void empty_page_is_used_again_from_its_start(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	void *first = frag(test, zone, HALF), *addr;
	unsigned int i;

	if (!renewable(zone))
		kunit_skip(test, "init_on_free: pages are cleared by freeing them");
	labyrinth_test_frag_free(zone, first);
	/* It does not fit behind the one that is gone. */
	addr = frag(test, zone, HALF + 1);
	KUNIT_EXPECT_PTR_EQ(test, addr, first);
	labyrinth_test_frag_free(zone, addr);
	for (i = 0; i < 1000; i++) {
		addr = frag(test, zone, 1 + i);
		KUNIT_EXPECT_PTR_EQ(test, page_of(addr), page_of(first));
		labyrinth_test_frag_free(zone, addr);
	}
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).allocs, 1);
}

/* As the network stack does with what it was given. */
static void page_that_others_hold_is_not_used_again(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	u8 *first = frag(test, zone, PAGE_SIZE - HALF / 2);
	struct page *page = page_of(first);
	void *addr;

	memset(first, 0x17, PAGE_SIZE - HALF / 2);
	get_page(page);
	labyrinth_test_frag_free(zone, first);
	addr = frag(test, zone, HALF);
	KUNIT_EXPECT_PTR_NE(test, page_of(addr), page);
	memset(addr, 0x71, HALF);
	KUNIT_EXPECT_NULL(test, memchr_inv(first, 0x17, PAGE_SIZE - HALF / 2));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).detached, 1);
	put_page(page);
}

/* What would leave less than there is does not take its place. */
static void page_with_more_room_stays_open(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4);
	void *first = frag(test, zone, 64);
	void *whole = frag(test, zone, PAGE_SIZE);

	KUNIT_EXPECT_PTR_NE(test, page_of(whole), page_of(first));
	KUNIT_EXPECT_PTR_EQ(test, page_of(frag(test, zone, 64)), page_of(first));
	/* And what leaves more does. */
	frag(test, zone, HALF + 64);
	whole = frag(test, zone, HALF);
	KUNIT_EXPECT_PTR_NE(test, page_of(whole), page_of(first));
	KUNIT_EXPECT_PTR_EQ(test, page_of(frag(test, zone, 64)), page_of(whole));
	KUNIT_EXPECT_EQ(test, labyrinth_test_live(zone), 3);
}

/* --- what is open and empty is surplus --- */

static void empty_page_is_given_up_when_the_zone_is_trimmed(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	void *addr = frag(test, zone, 64);
	struct page *page = page_of(addr);

	labyrinth_zone_trim(zone);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_live(zone, page));
	/* It is still open. */
	KUNIT_EXPECT_PTR_EQ(test, page_of(frag(test, zone, 64)), page);
	labyrinth_test_frag_free(zone, addr);
	labyrinth_test_frag_free(zone, addr + PAGE_SIZE / 64);
	KUNIT_EXPECT_EQ(test, labyrinth_test_live(zone), 1);
	labyrinth_zone_trim(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_live(zone), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
	labyrinth_test_books(test, zone);
}

static void ticket_gets_an_empty_page(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2,
							  .max_pages = 3,
							  .cache = LABYRINTH_NO_CACHE);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket_new(test);
	void *addr = frag(test, zone, 64);

	labyrinth_refill_flush(zone);
	labyrinth_test_frag_free(zone, addr);
	KUNIT_ASSERT_EQ(test, labyrinth_test_stats(zone).owned, 3);
	KUNIT_EXPECT_EQ(test, labyrinth_ticket_reserve(zone, 1, 5 * HZ, ticket), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_live(zone), 0);
}

static void empty_page_is_no_leak_of_a_destroyed_zone(struct kunit *test)
{
	int refcount = labyrinth_test_module_refcount();
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);

	labyrinth_test_frag_free(zone, frag(test, zone, 64));
	KUNIT_ASSERT_EQ(test, labyrinth_test_live(zone), 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_module_refcount(), refcount);
}

/* --- interrupts --- */

#define WITHIN	5U

/**
 * struct within - what an interrupt does while its CPU cuts a fragment
 * @zone: the zone
 * @addr: what it got
 */
struct within {
	struct labyrinth_zone	*zone;
	void			*addr[WITHIN];
};

static void take_within(void *arg)
{
	struct within *within = arg;
	unsigned int i;

	for (i = 0; i < WITHIN; i++) {
		within->addr[i] = labyrinth_test_frag(within->zone, 64, 0,
						      LABYRINTH_QUALITY_ZERO);
		if (within->addr[i])
			memset(within->addr[i], i, 64);
	}
}

static void give_within(void *arg)
{
	struct within *within = arg;
	unsigned int i;

	for (i = 0; i < WITHIN; i++)
		labyrinth_test_frag_free(within->zone, within->addr[i]);
}

/* As an interrupt of labyrinth_frag_alloc_atomic() finds it. */
static void while_busy(struct labyrinth_zone *zone, void (*fn)(void *arg), void *arg)
{
	preempt_disable();
	this_cpu_ptr(zone->frag)->busy = 1;
	labyrinth_test_in_nmi(fn, arg);
	this_cpu_ptr(zone->frag)->busy = 0;
	preempt_enable();
}

static void interrupt_of_the_holder_gets_pages_of_its_own(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 8);
	void *mine = frag(test, zone, 64);
	struct within within = { .zone = zone };
	unsigned int i;

	while_busy(zone, take_within, &within);
	for (i = 0; i < WITHIN; i++) {
		KUNIT_ASSERT_NOT_NULL(test, within.addr[i]);
		KUNIT_EXPECT_PTR_NE(test, page_of(within.addr[i]), page_of(mine));
		KUNIT_EXPECT_NULL(test, memchr_inv(within.addr[i], i, 64));
	}
	KUNIT_EXPECT_EQ(test, labyrinth_test_live(zone), 1 + WITHIN);
	/* Who was interrupted goes on where he was. */
	KUNIT_EXPECT_PTR_EQ(test, frag(test, zone, 64), mine + PAGE_SIZE / 64);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frag_allocs, 2 + WITHIN);
	while_busy(zone, give_within, &within);
	KUNIT_EXPECT_EQ(test, labyrinth_test_live(zone), 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frag_frees, WITHIN);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
	labyrinth_test_books(test, zone);
}

static void fragments_are_taken_and_freed_in_interrupts(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4);
	struct within within = { .zone = zone };

	labyrinth_test_in_hardirq(take_within, &within);
	KUNIT_EXPECT_EQ(test, labyrinth_test_live(zone), 1);
	labyrinth_test_in_nmi(give_within, &within);
	labyrinth_test_in_nmi(take_within, &within);
	labyrinth_test_in_hardirq(give_within, &within);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frag_frees, 2 * WITHIN);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
	KUNIT_EXPECT_LE(test, labyrinth_test_live(zone), 1);
}

/* --- when there is nothing --- */

static unsigned int take_all(struct labyrinth_zone *zone, unsigned int size,
			     labyrinth_quality_t quality)
{
	unsigned int nr = 0;

	while (nr < 1000 && labyrinth_test_frag(zone, size, 0, quality))
		nr++;
	return nr;
}

static void reserve_serves_fragments(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 8);

	labyrinth_test_cut_off(zone);
	KUNIT_EXPECT_EQ(test, take_all(zone, HALF, LABYRINTH_QUALITY_NOWAIT), 0);
	KUNIT_EXPECT_EQ(test, take_all(zone, HALF, NONE), 2 * 8);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_reserve, 8);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).failed, 2);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).starvations, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
	labyrinth_test_reconnect(zone);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(!labyrinth_reserve_lack(zone)));
}

/* What is open may be cut up by a request that would not take a page for it. */
static void nowait_is_served_by_what_is_open(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	void *addr = frag(test, zone, PAGE_SIZE / 64);

	labyrinth_test_cut_off(zone);
	KUNIT_EXPECT_EQ(test, take_all(zone, PAGE_SIZE / 64, LABYRINTH_QUALITY_NOWAIT), 62);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_live(zone, page_of(addr)));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 2);
	labyrinth_test_reconnect(zone);
}

static struct kunit_case frag_open_cases[] = {
	KUNIT_CASE(closed_page_goes_with_its_last_fragment),
	KUNIT_CASE(empty_page_goes_when_it_is_closed),
	KUNIT_CASE(page_that_others_hold_leaves_with_its_last_fragment),
	KUNIT_CASE(empty_page_is_used_again_from_its_start),
	KUNIT_CASE(page_that_others_hold_is_not_used_again),
	KUNIT_CASE(page_with_more_room_stays_open),
	KUNIT_CASE(empty_page_is_given_up_when_the_zone_is_trimmed),
	KUNIT_CASE(ticket_gets_an_empty_page),
	KUNIT_CASE(empty_page_is_no_leak_of_a_destroyed_zone),
	KUNIT_CASE(interrupt_of_the_holder_gets_pages_of_its_own),
	KUNIT_CASE(fragments_are_taken_and_freed_in_interrupts),
	KUNIT_CASE(reserve_serves_fragments),
	KUNIT_CASE(nowait_is_served_by_what_is_open),
	{}
};

static struct kunit_suite frag_open_suite = {
	.name = "labyrinth_frag_open",
	.test_cases = frag_open_cases,
};

kunit_test_suite(frag_open_suite);
