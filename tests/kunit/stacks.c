// SPDX-License-Identifier: GPL-2.0
/*
 * Sampled stacks: each n-th page handed out is known with the stack that took it, for
 * as long as it is live.
 */
#include <kunit/test.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "../../src/owners.h"
#include "../../src/stacks.h"
#include "log.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define RESERVE	8U
#define FILE	"/sys/kernel/debug/labyrinth/kunit/stacks"

static int stacks_init(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_STACKDEPOT))
		kunit_skip(test, "a kernel without stack depot");
	return 0;
}

static struct labyrinth_zone *sampled_zone(struct kunit *test, unsigned int every)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);

	KUNIT_ASSERT_EQ(test, labyrinth_stacks_set(zone, every), 0);
	return zone;
}

/* Once the worker is done. The count goes with the case. */
static struct labyrinth_owners *count(struct kunit *test, struct labyrinth_zone *zone)
{
	struct labyrinth_owners *owners;

	labyrinth_refill_flush(zone);
	owners = labyrinth_stacks_read(zone);
	KUNIT_ASSERT_FALSE(test, IS_ERR(owners));
	labyrinth_test_keep(test, owners);
	return owners;
}

static unsigned int kept(struct kunit *test, struct labyrinth_zone *zone)
{
	struct labyrinth_owners *owners = count(test, zone);
	unsigned int i, pages = owners->others.pages;

	for (i = 0; i < owners->nr; i++)
		pages += owners->site[i].pages;
	return pages;
}

static void expect_stack(struct kunit *test, const struct labyrinth_owner *owner,
			 unsigned int pages, const char *name)
{
	char caller[LABYRINTH_CALLER_LEN] = "";
	unsigned long *entry;

	if (labyrinth_stacks_fetch(owner->key, &entry))
		snprintf(caller, sizeof(caller), "%pS", (void *)entry[0]);
	KUNIT_EXPECT_TRUE_MSG(test, !strncmp(caller, name, strlen(name)),
			      "%s is not in %s", caller, name);
	KUNIT_EXPECT_EQ(test, owner->pages, pages);
}

static void live_pages_are_known_by_the_stack_that_took_them(struct kunit *test)
{
	struct labyrinth_zone *zone = sampled_zone(test, 1);
	struct labyrinth_owners *owners;
	unsigned int i, three = 3, five = 5;
	struct page *page;

	/* A loop that is unrolled takes from as many places. */
	OPTIMIZER_HIDE_VAR(three);
	OPTIMIZER_HIDE_VAR(five);
	for (i = 0; i < three; i++)
		KUNIT_ASSERT_NOT_NULL(test, second_taker(zone));
	for (i = 0; i < five; i++) {
		page = taker(zone, NONE);
		KUNIT_ASSERT_NOT_NULL(test, page);
	}
	owners = count(test, zone);
	KUNIT_ASSERT_EQ(test, owners->nr, 2);
	expect_stack(test, &owners->site[0], 5, "taker+");
	expect_stack(test, &owners->site[1], 3, "second_taker+");
	freer(zone, page);
	KUNIT_EXPECT_EQ(test, kept(test, zone), 7);
}

/* Has this kernel an unwinder that finds who called the case? */
static bool has_unwinder(void)
{
	unsigned long entry[8];

	return labyrinth_stacks_save(entry, ARRAY_SIZE(entry)) >= 3;
}

/* One call site, by two ways: which is all that stacks are for. */
static noinline struct page *by_one_way(struct labyrinth_zone *zone)
{
	struct page *page = taker(zone, NONE);

	barrier();
	return page;
}

static noinline struct page *by_another_way(struct labyrinth_zone *zone)
{
	struct page *page = taker(zone, NONE);

	barrier_data(page);
	return page;
}

static void ways_to_one_call_site_are_told_apart(struct kunit *test)
{
	struct labyrinth_zone *zone = sampled_zone(test, 1);
	struct labyrinth_owners *owners;
	char way[LABYRINTH_CALLER_LEN];
	unsigned int twice = 2;
	unsigned long *entry;

	if (!has_unwinder())
		kunit_skip(test, "a kernel without an unwinder that finds its way");
	/* A loop that is unrolled makes two ways of it. */
	OPTIMIZER_HIDE_VAR(twice);
	while (twice--)
		KUNIT_ASSERT_NOT_NULL(test, by_one_way(zone));
	KUNIT_ASSERT_NOT_NULL(test, by_another_way(zone));
	owners = count(test, zone);
	KUNIT_ASSERT_EQ(test, owners->nr, 2);
	expect_stack(test, &owners->site[0], 2, "taker+");
	expect_stack(test, &owners->site[1], 1, "taker+");
	KUNIT_ASSERT_GE(test, labyrinth_stacks_fetch(owners->site[0].key, &entry), 2);
	snprintf(way, sizeof(way), "%pS", (void *)entry[1]);
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(way, "by_one_way+"), "%s", way);
}

static void each_so_many_th_page_is_sampled(struct kunit *test)
{
	struct labyrinth_zone *zone = sampled_zone(test, 3);
	unsigned int i;

	for (i = 0; i < 10; i++)
		KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));
	KUNIT_EXPECT_EQ(test, kept(test, zone), 3);
	KUNIT_ASSERT_EQ(test, labyrinth_stacks_set(zone, 1), 0);
	for (i = 0; i < 4; i++)
		KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));
	KUNIT_EXPECT_EQ(test, kept(test, zone), 7);
}

static void pages_of_a_bulk_are_sampled(struct kunit *test)
{
	struct labyrinth_zone *zone = sampled_zone(test, 2);
	struct labyrinth_owners *owners;
	struct page *page[6];

	KUNIT_ASSERT_EQ(test, bulk_taker(zone, NONE, 6, page), 0);
	owners = count(test, zone);
	KUNIT_ASSERT_EQ(test, owners->nr, 1);
	expect_stack(test, &owners->site[0], 3, "bulk_taker+");
}

/* From wherever it comes: off the fast paths, all of them come by. */
static void pages_from_everywhere_are_sampled(struct kunit *test)
{
	struct labyrinth_zone *zone = sampled_zone(test, 1);
	struct page *page = taker(zone, NONE);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, page);	/* the system's */
	freer(zone, page);
	KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));		/* the cache's */
	KUNIT_ASSERT_NOT_NULL(test, taker(zone, LABYRINTH_QUALITY_ZERO));
	labyrinth_test_cut_off(zone);
	for (i = 0; i < 2; i++)
		KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));	/* the reserve's */
	KUNIT_EXPECT_EQ(test, kept(test, zone), 4);
}

static void note_is_of_one_allocation_only(struct kunit *test)
{
	struct labyrinth_zone *zone = sampled_zone(test, 1);
	struct page *page = taker(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, kept(test, zone), 1);
	freer(zone, page);
	KUNIT_ASSERT_EQ(test, labyrinth_stacks_set(zone, LABYRINTH_STACKS_EVERY_MAX), 0);
	/* The same page, from the cache. */
	KUNIT_ASSERT_PTR_EQ(test, second_taker(zone), page);
	KUNIT_EXPECT_EQ(test, kept(test, zone), 0);
	freer(zone, page);
	/* Likewise, by the one who had it, later. */
	KUNIT_ASSERT_PTR_EQ(test, taker(zone, NONE), page);
	labyrinth_test_desc(zone, page)->when += HZ;
	KUNIT_EXPECT_EQ(test, kept(test, zone), 0);
}

static void off_is_off_and_forgets(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);

	KUNIT_EXPECT_TRUE(test, zone->alloc_attention == LABYRINTH_QUALITY_NONE);
	KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));
	KUNIT_EXPECT_EQ(test, kept(test, zone), 0);
	KUNIT_ASSERT_EQ(test, labyrinth_stacks_set(zone, 1), 0);
	KUNIT_EXPECT_TRUE(test, zone->alloc_attention & LABYRINTH_QUALITY_ATTENTION);
	KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));
	KUNIT_EXPECT_EQ(test, kept(test, zone), 1);
	KUNIT_ASSERT_EQ(test, labyrinth_stacks_set(zone, 0), 0);
	KUNIT_EXPECT_TRUE(test, zone->alloc_attention == LABYRINTH_QUALITY_NONE);
	KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));
	KUNIT_EXPECT_EQ(test, kept(test, zone), 0);
	KUNIT_ASSERT_EQ(test, labyrinth_stacks_set(zone, 1), 0);
	KUNIT_EXPECT_EQ(test, kept(test, zone), 0);
}

/* Other reasons for attention stay when this one goes. */
static void off_leaves_attention_to_others(struct kunit *test)
{
	struct labyrinth_zone *zone = sampled_zone(test, 1);

	labyrinth_inject_set(zone, LABYRINTH_INJECT_RESERVE_ONLY, true);
	KUNIT_ASSERT_EQ(test, labyrinth_stacks_set(zone, 0), 0);
	KUNIT_EXPECT_TRUE(test, zone->alloc_attention & LABYRINTH_QUALITY_ATTENTION);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_RESERVE_ONLY, false);
	KUNIT_EXPECT_TRUE(test, zone->alloc_attention == LABYRINTH_QUALITY_NONE);
}

struct taking {
	struct labyrinth_zone	*zone;
	struct page		*page;
};

static void take_one(void *arg)
{
	struct taking *taking = arg;

	taking->page = taker(taking->zone, NONE);
}

static void page_taken_in_an_interrupt_is_sampled_in_nmi_it_is_not(struct kunit *test)
{
	struct taking taking = { .zone = sampled_zone(test, 1) };

	labyrinth_test_in_hardirq(take_one, &taking);
	KUNIT_ASSERT_NOT_NULL(test, taking.page);
	KUNIT_EXPECT_EQ(test, kept(test, taking.zone), 1);
	labyrinth_test_in_nmi(take_one, &taking);
	KUNIT_ASSERT_NOT_NULL(test, taking.page);
	KUNIT_EXPECT_EQ(test, kept(test, taking.zone), 1);
}

#define BURST	300U

static long take_many(void *arg)
{
	struct taking *taking = arg;
	unsigned int i;

	for (i = 0; i < BURST && taker(taking->zone, NONE); i++)
		;
	return i;
}

/* What the worker cannot follow goes without; nobody waits, and nothing is amiss then. */
static void burst_of_samples_is_survived(struct kunit *test)
{
	struct taking taking = { .zone = sampled_zone(test, 1) };
	unsigned int nr;

	/* With preemption off PREEMPT_RT has no pages but those of the reserve. */
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		preempt_disable();
	nr = take_many(&taking);
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		preempt_enable();
	KUNIT_ASSERT_GT(test, nr, 100);
	nr = kept(test, taking.zone);
	KUNIT_EXPECT_GE(test, nr, 64);
	KUNIT_EXPECT_LE(test, nr, BURST);
	KUNIT_ASSERT_NOT_NULL(test, taker(taking.zone, NONE));
	KUNIT_EXPECT_EQ(test, kept(test, taking.zone), nr + 1);
}

static void zone_may_be_destroyed_while_it_is_sampled(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 20; i++) {
		struct labyrinth_zone *zone = sampled_zone(test, 1);
		struct page *page = taker(zone, NONE);

		KUNIT_ASSERT_NOT_NULL(test, page);
		freer(zone, page);
		KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	}
}

/* Under the eyes of KASAN: whoever hands out, the worker, a reader and the switch. */
static void sampling_may_be_switched_at_any_time(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct taking taking = { .zone = zone };
	unsigned int i;

	for (i = 0; i < 100; i++) {
		KUNIT_ASSERT_EQ(test, labyrinth_stacks_set(zone, i % 3), 0);
		labyrinth_test_in_hardirq(take_one, &taking);
		KUNIT_ASSERT_NOT_NULL(test, taking.page);
		if (i % 10 == 0)
			kept(test, zone);
		freer(zone, taking.page);
	}
}

static void file_has_pages_and_stack(struct kunit *test)
{
	struct labyrinth_zone *zone = sampled_zone(test, 1);
	char *text = kunit_kzalloc(test, 8192, GFP_KERNEL), *at;
	int length, nr, eaten = 0;
	unsigned int i, ms, three = 3;

	KUNIT_ASSERT_NOT_NULL(test, text);
	/* A loop that is unrolled takes from as many places. */
	OPTIMIZER_HIDE_VAR(three);
	for (i = 0; i < three; i++)
		KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));
	KUNIT_ASSERT_NOT_NULL(test, second_taker(zone));
	labyrinth_refill_flush(zone);
	length = labyrinth_test_seq_read(FILE, text, 8192);
	if (length == -ENOENT)
		kunit_skip(test, "no debugfs");
	KUNIT_ASSERT_GT(test, length, 0);
	KUNIT_EXPECT_EQ(test, text[0], '#');
	at = strchr(text, '\n') + 1;
	nr = sscanf(at, "3 pages, oldest %u ms\n  taker+%n", &ms, &eaten);
	KUNIT_ASSERT_EQ(test, nr, 1);
	KUNIT_EXPECT_GT(test, eaten, 0);
	at = strstr(at, "\n\n1 pages, oldest ");
	KUNIT_ASSERT_NOT_NULL(test, at);
	KUNIT_EXPECT_NOT_NULL(test, strstr(at, " ms\n  second_taker+"));
	KUNIT_EXPECT_FALSE(test, has_address(text));
}

static struct kunit_case stacks_cases[] = {
	KUNIT_CASE(live_pages_are_known_by_the_stack_that_took_them),
	KUNIT_CASE(ways_to_one_call_site_are_told_apart),
	KUNIT_CASE(each_so_many_th_page_is_sampled),
	KUNIT_CASE(pages_of_a_bulk_are_sampled),
	KUNIT_CASE(pages_from_everywhere_are_sampled),
	KUNIT_CASE(note_is_of_one_allocation_only),
	KUNIT_CASE(off_is_off_and_forgets),
	KUNIT_CASE(off_leaves_attention_to_others),
	KUNIT_CASE(page_taken_in_an_interrupt_is_sampled_in_nmi_it_is_not),
	KUNIT_CASE(burst_of_samples_is_survived),
	KUNIT_CASE(zone_may_be_destroyed_while_it_is_sampled),
	KUNIT_CASE(sampling_may_be_switched_at_any_time),
	KUNIT_CASE(file_has_pages_and_stack),
	{}
};

static struct kunit_suite stacks_suite = {
	.name = "labyrinth_stacks",
	.init = stacks_init,
	.test_cases = stacks_cases,
};

kunit_test_suite(stacks_suite);
