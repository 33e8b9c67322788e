// SPDX-License-Identifier: GPL-2.0
/*
 * The real thing: no fault is injected, the system has no memory left.
 *
 * All that GFP_ATOMIC can get is taken, the kernel's atomic reserves included,
 * and held while the zone is asked. Nothing here sleeps for memory meanwhile; somebody
 * else who does, and would have the kernel look for a process to kill, is given some.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/notifier.h>
#include <linux/oom.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "common.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define RESERVE	64U

/* More than that is not taken away from whatever else runs here. */
#define MEMORY_MAX	(4UL << (30 - PAGE_SHIFT))

/**
 * struct hog - who has all the memory
 * @oom: gives some of it back before a process is killed
 * @lock: for @pages
 * @pages: what it holds, hung on ->lru, their orders in ->private
 */
struct hog {
	struct notifier_block	oom;
	spinlock_t		lock;	/* for @pages */
	struct list_head	pages;
};

static struct page *hog_pop(struct hog *hog)
{
	struct page *page;

	spin_lock(&hog->lock);
	/* The largest first. */
	page = list_empty(&hog->pages) ? NULL :
	       list_last_entry(&hog->pages, struct page, lru);
	if (page)
		list_del(&page->lru);
	spin_unlock(&hog->lock);
	return page;
}

static unsigned long hog_give(struct hog *hog)
{
	struct page *page = hog_pop(hog);
	unsigned int order;

	if (!page)
		return 0;
	order = page_private(page);
	set_page_private(page, 0);
	__free_pages(page, order);
	return 1UL << order;
}

/* Who cannot do without, such as a new thread, is not to kill the tests for it. */
static int hog_oom(struct notifier_block *oom, unsigned long action, void *freed)
{
	*(unsigned long *)freed += hog_give(container_of(oom, struct hog, oom));
	return NOTIFY_OK;
}

static void hog_take(struct hog *hog)
{
	int order = LABYRINTH_MAX_ORDER;
	struct page *page;

	while (order >= 0) {
		page = alloc_pages(GFP_ATOMIC | __GFP_NOWARN, order);
		if (!page) {
			order--;
			continue;
		}
		set_page_private(page, order);
		spin_lock(&hog->lock);
		list_add(&page->lru, &hog->pages);
		spin_unlock(&hog->lock);
		/* Where each page is poisoned it takes long; but the end in one go. */
		if (order == LABYRINTH_MAX_ORDER)
			cond_resched();
	}
}

static void hog_release(struct hog *hog)
{
	while (hog_give(hog))
		cond_resched();
}

static int exhaust_init(struct kunit *test)
{
	struct hog *hog;

	if (totalram_pages() > MEMORY_MAX) {
		kunit_mark_skipped(test, "more than 4 GiB of memory");
		return 0;
	}
	hog = kunit_kzalloc(test, sizeof(*hog), GFP_KERNEL);
	if (!hog)
		return -ENOMEM;
	INIT_LIST_HEAD(&hog->pages);
	spin_lock_init(&hog->lock);
	hog->oom.notifier_call = hog_oom;
	test->priv = hog;
	return register_oom_notifier(&hog->oom);
}

/* Whatever way a case ended: the kernel needs its memory. */
static void exhaust_exit(struct kunit *test)
{
	struct hog *hog = test->priv;

	if (!hog)
		return;
	unregister_oom_notifier(&hog->oom);
	hog_release(hog);
}

/* A zone with its caches empty, for a case that finds no memory in the system. */
static struct labyrinth_zone *zone_for(struct kunit *test, unsigned int order)
{
	struct labyrinth_zone *zone;

	if (!test->priv)
		kunit_skip(test, "more than 4 GiB of memory");
	zone = labyrinth_test_zone(test, .reserve = RESERVE, .order = order);
	labyrinth_zone_trim(zone);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	return zone;
}

static const unsigned int order_params[] = { 0, 2 };

static void order_desc(const unsigned int *order, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "order %u", *order);
}

KUNIT_ARRAY_PARAM(order, order_params, order_desc);

/* More from the system than that: it was not exhausted. */
#define STRAY_MAX	8

/**
 * struct drain - a zone emptied while there is no memory
 * @zone: the zone
 * @page: its pages
 * @nr: how many
 */
struct drain {
	struct labyrinth_zone	*zone;
	struct page		*page[RESERVE + 2 * STRAY_MAX];
	unsigned int		nr;
};

static void drain_zone(void *arg)
{
	struct drain *drain = arg;

	drain->nr = labyrinth_test_take(drain->zone, NONE, drain->page,
					ARRAY_SIZE(drain->page));
}

/*
 * Reclaim runs beside this and may bring back what was taken away before the zone
 * asks: then it is done again, with another zone.
 */
static struct labyrinth_stats drain_exhausted(struct kunit *test, struct drain *drain,
					      unsigned int order, bool hardirq)
{
	unsigned int tries = 20;
	struct labyrinth_stats stats;

	do {
		drain->zone = zone_for(test, order);
		hog_take(test->priv);
		if (hardirq)
			labyrinth_test_in_hardirq(drain_zone, drain);
		else
			drain_zone(drain);
		stats = labyrinth_test_stats(drain->zone);
		hog_release(test->priv);
	} while (stats.from_system >= STRAY_MAX && --tries);
	return stats;
}

static void reserve_serves_when_memory_is_exhausted(struct kunit *test)
{
	struct drain *drain = kunit_kzalloc(test, sizeof(*drain), GFP_KERNEL);
	const unsigned int *order = test->param_value;
	struct labyrinth_stats stats;

	KUNIT_ASSERT_NOT_NULL(test, drain);
	stats = drain_exhausted(test, drain, *order, false);
	/* Others may have freed a page in between; the reserve is exact. */
	KUNIT_EXPECT_EQ(test, stats.from_reserve, RESERVE);
	KUNIT_EXPECT_EQ(test, drain->nr, RESERVE + stats.from_system);
	KUNIT_EXPECT_LT(test, stats.from_system, STRAY_MAX);
	KUNIT_EXPECT_EQ(test, stats.failed, 1);
	KUNIT_EXPECT_EQ(test, stats.starvations, 1);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_latched(drain->zone));
}

static void reserve_serves_hard_interrupts_when_memory_is_exhausted(struct kunit *test)
{
	struct drain *drain = kunit_kzalloc(test, sizeof(*drain), GFP_KERNEL);
	struct labyrinth_stats stats;

	KUNIT_ASSERT_NOT_NULL(test, drain);
	stats = drain_exhausted(test, drain, 0, true);
	KUNIT_EXPECT_EQ(test, stats.from_reserve, RESERVE);
	KUNIT_EXPECT_EQ(test, drain->nr, RESERVE + stats.from_system);
	KUNIT_EXPECT_LT(test, stats.from_system, STRAY_MAX);
}

static void zone_recovers_by_itself_when_memory_is_back(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test, 0);
	struct page *page[RESERVE + 16];

	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, false);
	hog_take(test->priv);
	(void)labyrinth_test_take(zone, NONE, page, ARRAY_SIZE(page));
	hog_release(test->priv);
	/* Nothing is freed and nobody asks: only the worker can bring it back. */
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(!labyrinth_reserve_lack(zone)));
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(!labyrinth_test_is_latched(zone)));
	KUNIT_EXPECT_GE(test, labyrinth_test_stats(zone).refilled, 2 * RESERVE);
	KUNIT_EXPECT_NOT_NULL(test, labyrinth_test_alloc(zone, NONE));
}

static void worker_lives_through_the_time_without_memory(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test, 0);
	struct page *page[RESERVE + 16];
	unsigned int tries;

	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, false);
	/*
	 * The worker may reclaim some page cache, or find pages in the system's
	 * own lists of another CPU. Have those, too, and empty the reserve again,
	 * for as long as it takes.
	 */
	for (tries = 0; tries < LABYRINTH_TEST_PATIENCE_S * 50; tries++) {
		hog_take(test->priv);
		(void)labyrinth_test_take(zone, NONE, page, ARRAY_SIZE(page));
		if (tries > 20 && labyrinth_test_stats(zone).refill_failures)
			break;
		msleep(20);
	}
	hog_release(test->priv);
	KUNIT_EXPECT_GT(test, labyrinth_test_stats(zone).refill_failures, 0);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(!labyrinth_reserve_lack(zone)));
}

static void pages_freed_are_served_again_when_memory_is_exhausted(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test, 0);
	struct page *page[RESERVE + 16];
	unsigned int served = 0, nr, i;

	hog_take(test->priv);
	nr = labyrinth_test_take(zone, NONE, page, ARRAY_SIZE(page));
	for (i = 0; i < nr; i++) {
		labyrinth_test_free(zone, page[i]);
		page[i] = labyrinth_test_alloc(zone, NONE);
		served += !!page[i];
	}
	hog_release(test->priv);
	KUNIT_EXPECT_GE(test, nr, RESERVE);
	KUNIT_EXPECT_EQ(test, served, nr);
}

static struct kunit_case exhaust_cases[] = {
	KUNIT_CASE_PARAM(reserve_serves_when_memory_is_exhausted, order_gen_params),
	KUNIT_CASE(reserve_serves_hard_interrupts_when_memory_is_exhausted),
	KUNIT_CASE(zone_recovers_by_itself_when_memory_is_back),
	KUNIT_CASE(worker_lives_through_the_time_without_memory),
	KUNIT_CASE(pages_freed_are_served_again_when_memory_is_exhausted),
	{}
};

static struct kunit_suite exhaust_suite = {
	.name = "labyrinth_exhaust",
	.init = exhaust_init,
	.exit = exhaust_exit,
	.test_cases = exhaust_cases,
};

kunit_test_suite(exhaust_suite);
