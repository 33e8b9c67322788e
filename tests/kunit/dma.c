// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that are mapped for a device: which of them, when, and for how long.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "dma.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define NOWAIT	LABYRINTH_QUALITY_NOWAIT
#define ACCOUNT	LABYRINTH_QUALITY_ACCOUNT
#define LIVE	40U

static void device_is_told_where_each_page_is(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 4);
	struct page *page[LIVE];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, LIVE), LIVE);
	for (i = 0; i < LIVE; i++)
		KUNIT_EXPECT_EQ(test, labyrinth_page_dma_addr(zone, page[i]),
				fake_address(page[i]));
	fake_balanced(test, zone);
}

static void recycled_page_keeps_its_address_and_is_not_mapped_again(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 4);
	struct page *first, *page;
	unsigned int i;
	int maps;

	first = labyrinth_test_alloc(zone, NONE);
	KUNIT_ASSERT_NOT_NULL(test, first);
	labyrinth_refill_flush(zone);
	maps = atomic_read(&fake.maps);
	for (i = 0; i < 100; i++) {
		labyrinth_test_free(zone, first);
		page = labyrinth_test_alloc(zone, NONE);
		KUNIT_ASSERT_PTR_EQ(test, page, first);
		KUNIT_EXPECT_EQ(test, labyrinth_page_dma_addr(zone, page),
				fake_address(page));
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&fake.maps), maps);
	fake_balanced(test, zone);
}

/* In caches, depot, reserve, tickets and the clean stock, and with consumers. */
static void every_page_that_is_owned_is_mapped(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 8, .cache = 8);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket(test, zone, 12);
	struct page *page[LIVE], *one;
	unsigned int i;

	fake_balanced(test, zone);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, LIVE), LIVE);
	fake_balanced(test, zone);
	for (i = 0; i < LIVE; i++)
		labyrinth_test_free(zone, page[i]);
	fake_balanced(test, zone);
	labyrinth_test_free(zone, labyrinth_test_alloc(zone, LABYRINTH_QUALITY_ZERO));
	fake_balanced(test, zone);
	one = labyrinth_ticket_alloc(ticket, NONE);
	KUNIT_ASSERT_NOT_NULL(test, one);
	KUNIT_EXPECT_EQ(test, labyrinth_page_dma_addr(zone, one), fake_address(one));
	KUNIT_ASSERT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, LIVE, page), 0);
	for (i = 0; i < LIVE; i++)
		KUNIT_EXPECT_EQ(test, labyrinth_page_dma_addr(zone, page[i]),
				fake_address(page[i]));
	fake_balanced(test, zone);
}

static void page_that_leaves_is_unmapped(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 8);
	struct page *page = labyrinth_test_alloc(zone, ACCOUNT);

	/* Charged. */
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, labyrinth_page_dma_addr(zone, page), fake_address(page));
	labyrinth_test_free(zone, page);
	fake_balanced(test, zone);
	/* Held by somebody else. */
	page = labyrinth_test_alloc(zone, NONE);
	KUNIT_ASSERT_NOT_NULL(test, page);
	get_page(page);
	labyrinth_test_free(zone, page);
	KUNIT_EXPECT_NULL(test, labyrinth_test_desc(zone, page));
	fake_balanced(test, zone);
	put_page(page);
	/* Surplus. */
	labyrinth_zone_trim(zone);
	fake_balanced(test, zone);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake.mapped), 8);
	/* Of a reserve that shrinks. */
	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, 3), 0);
	fake_balanced(test, zone);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake.mapped), 3);
}

static void reserve_that_grows_is_mapped(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 8);

	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, 100), 0);
	fake_balanced(test, zone);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake.mapped), 100);
}

static void compound_page_is_mapped_in_one_piece(struct kunit *test)
{
	struct device *dev = fake_device(test);
	struct labyrinth_zone *zone;
	struct page *page;

	fake.bytes = 4 * PAGE_SIZE;
	zone = labyrinth_test_zone(test, .reserve = 4, .order = 2, .dma_dev = dev);
	page = labyrinth_test_alloc(zone, NONE);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, labyrinth_page_dma_addr(zone, page), fake_address(page));
	labyrinth_dma_sync_for_cpu(zone, page, 3 * PAGE_SIZE, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, fake.synced, fake_address(page) + 3 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
	fake_balanced(test, zone);
}

static void part_of_a_page_is_synchronised_and_no_more(struct kunit *test)
{
	static const enum dma_data_direction dirs[] = {
		DMA_BIDIRECTIONAL, DMA_TO_DEVICE, DMA_FROM_DEVICE,
	};
	struct device *dev = fake_device(test);
	struct labyrinth_zone *zone;
	struct page *page;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		fake.dir = dirs[i];
		zone = labyrinth_test_zone(test, .reserve = 4, .dma_dev = dev,
					   .dma_dir = dirs[i]);
		page = labyrinth_test_alloc(zone, NONE);
		KUNIT_ASSERT_NOT_NULL(test, page);
		labyrinth_dma_sync_for_device(zone, page, 64, 1500);
		KUNIT_EXPECT_EQ(test, fake.synced, fake_address(page) + 64);
		KUNIT_EXPECT_EQ(test, fake.size, 1500);
		KUNIT_EXPECT_FALSE(test, fake.for_cpu);
		labyrinth_dma_sync_for_cpu(zone, page, PAGE_SIZE - 1, 1);
		KUNIT_EXPECT_EQ(test, fake.synced, fake_address(page) + PAGE_SIZE - 1);
		KUNIT_EXPECT_EQ(test, fake.size, 1);
		KUNIT_EXPECT_TRUE(test, fake.for_cpu);
		KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
		labyrinth_test_free(zone, page);
		fake_balanced(test, zone);
		KUNIT_EXPECT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	}
}

/* --- contexts --- */

static void take_and_free(void *zone)
{
	struct page *page[LIVE];
	unsigned int nr = labyrinth_test_take(zone, NONE, page, LIVE), i;

	for (i = 0; i < nr; i++)
		if (labyrinth_page_dma_addr(zone, page[i]) != fake_address(page[i]))
			atomic_inc(&fake.wrong);
	for (i = 0; i < nr; i++)
		labyrinth_test_free(zone, page[i]);
}

/* Without caches pages come from the system, and go back there. */
static void pages_come_and_go_in_interrupts(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 8,
						.cache = LABYRINTH_NO_CACHE);

	labyrinth_test_in_hardirq(take_and_free, zone);
	fake_balanced(test, zone);
	labyrinth_test_in_nmi(take_and_free, zone);
	fake_balanced(test, zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
}

static void free_it(void *arg)
{
	void **zone_and_page = arg;

	labyrinth_test_free(zone_and_page[0], zone_and_page[1]);
}

static void page_that_cannot_leave_in_an_nmi_stays_mapped_until_it_can(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 8);
	struct page *page = labyrinth_test_alloc(zone, NONE);
	void *arg[] = { zone, page };

	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_test_mark(page);
	labyrinth_test_in_nmi(free_it, arg);
	fake_balanced(test, zone);
	KUNIT_EXPECT_NULL(test, labyrinth_test_desc(zone, page));
}

/* --- pages that are somebody else's --- */

static void idle_page_that_was_stolen_is_unmapped(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 8);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_test_free(zone, page);
	labyrinth_test_steal(test, zone, page);
	/* Found by the next request. */
	KUNIT_ASSERT_NOT_NULL(test, labyrinth_test_alloc(zone, LABYRINTH_QUALITY_CL_ALIGN));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).stolen, 1);
	fake_balanced(test, zone);
}

static void take_one(void *zone)
{
	(void)labyrinth_test_alloc(zone, LABYRINTH_QUALITY_CL_ALIGN);
}

static void idle_page_found_stolen_in_an_nmi_is_unmapped_later(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 8);
	struct page *page = labyrinth_test_alloc(zone, NONE);
	int owned;

	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_test_free(zone, page);
	labyrinth_refill_flush(zone);
	/* It might be given the very same page again. */
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	owned = labyrinth_test_stats(zone).owned;
	labyrinth_test_steal(test, zone, page);
	labyrinth_test_in_nmi(take_one, zone);
	fake_balanced(test, zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).stolen, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).owned, owned - 1);
	KUNIT_EXPECT_NULL(test, labyrinth_test_desc(zone, page));
	KUNIT_EXPECT_NULL(test, labyrinth_test_desc_in(zone, LABYRINTH_DESC_LOST));
}

static void live_page_that_was_stolen_is_unmapped_when_freed(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 8);
	struct page *page[2] = { labyrinth_test_alloc(zone, NONE),
				 labyrinth_test_alloc(zone, NONE) };
	void *arg[] = { zone, page[1] };

	KUNIT_ASSERT_NOT_NULL(test, page[0]);
	KUNIT_ASSERT_NOT_NULL(test, page[1]);
	labyrinth_test_steal(test, zone, page[0]);
	labyrinth_test_steal(test, zone, page[1]);
	labyrinth_test_free(zone, page[0]);
	fake_balanced(test, zone);
	labyrinth_test_in_nmi(free_it, arg);
	fake_balanced(test, zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 2);
}

/* The record that it had is taken over, and with it the mapping. */
static void stolen_page_that_comes_again_is_mapped_once(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 4);
	struct page *page = labyrinth_test_alloc(zone, NONE);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_test_steal(test, zone, page);
	for (i = 0; i < 500 && !labyrinth_test_stats(zone).misuse; i++)
		(void)labyrinth_test_alloc(zone, ACCOUNT);
	if (!labyrinth_test_stats(zone).misuse)
		kunit_skip(test, "the system did not give the page again");
	fake_balanced(test, zone);
}

/* --- mapping fails --- */

static void request_that_cannot_be_mapped_is_served_by_the_reserve(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 8,
						.cache = LABYRINTH_NO_CACHE);
	struct labyrinth_stats stats;
	struct page *page;

	labyrinth_refill_flush(zone);
	atomic_set(&fake.room, 0);
	page = labyrinth_test_alloc(zone, NONE);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, labyrinth_page_dma_addr(zone, page), fake_address(page));
	stats = labyrinth_test_stats(zone);
	KUNIT_EXPECT_EQ(test, stats.from_reserve, 1);
	KUNIT_EXPECT_GE(test, stats.dma_errors, 1);
	KUNIT_EXPECT_EQ(test, stats.starvations, 0);
	fake_balanced(test, zone);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_latched(zone));
	/* Nobody frees a page, but the device has room again. */
	atomic_set(&fake.room, INT_MAX / 2);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(!labyrinth_test_is_latched(zone) &&
						    !labyrinth_reserve_lack(zone)));
	fake_balanced(test, zone);
}

/* The latch stays while there is memory, but none that could be mapped. */
static void probe_asks_for_a_page_that_can_be_mapped(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 8,
						.cache = LABYRINTH_NO_CACHE);

	labyrinth_refill_flush(zone);
	atomic_set(&fake.room, 0);
	/* The reserve is left alone, and lacks nothing. */
	set_bit(LABYRINTH_ZONE_LATCHED, &zone->state);
	labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_latched(zone));
	atomic_set(&fake.room, 1);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(!labyrinth_test_is_latched(zone)));
	fake_balanced(test, zone);
}

static void request_that_may_not_touch_the_reserve_fails(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 8,
						.cache = LABYRINTH_NO_CACHE);
	struct page *page[2];

	KUNIT_ASSERT_EQ(test, labyrinth_zone_inject(zone, LABYRINTH_FAULT_DMA, 0), 0);
	KUNIT_EXPECT_NULL(test, labyrinth_test_alloc(zone, NOWAIT));
	KUNIT_EXPECT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NOWAIT, 2, page), -ENOMEM);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).dma_errors, 2);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 8);
	KUNIT_EXPECT_FALSE(test, labyrinth_test_is_latched(zone));
	fake_balanced(test, zone);
	KUNIT_ASSERT_EQ(test, labyrinth_zone_inject(zone, LABYRINTH_FAULT_NONE, 0), 0);
	KUNIT_EXPECT_NOT_NULL(test, labyrinth_test_alloc(zone, NOWAIT));
}

static void exhausted_zone_has_given_out_mapped_pages_only(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 30);
	struct page *page[LIVE];
	unsigned int nr, i;

	labyrinth_test_cut_off(zone);
	nr = labyrinth_test_take(zone, NONE, page, LIVE);
	KUNIT_EXPECT_EQ(test, nr, 30);
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_EQ(test, labyrinth_page_dma_addr(zone, page[i]),
				fake_address(page[i]));
	fake_balanced(test, zone);
}

static void zone_that_cannot_be_mapped_is_not_made(struct kunit *test)
{
	struct device *dev = fake_device(test);
	struct labyrinth_zone_params params = {
		.name = "kunit", .node = NUMA_NO_NODE, .reserve = 64, .dma_dev = dev,
	};
	unsigned int room, refs = kref_read(&dev->kobj.kref);

	for (room = 0; room < 64; room += 21) {
		atomic_set(&fake.room, room);
		KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(labyrinth_zone_create(&params)), -EIO);
		KUNIT_EXPECT_EQ(test, atomic_read(&fake.mapped), 0);
		KUNIT_EXPECT_EQ(test, kref_read(&dev->kobj.kref), refs);
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&fake.wrong), 0);
}

static void reserve_that_cannot_be_mapped_does_not_grow(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 8);

	labyrinth_refill_flush(zone);
	atomic_set(&fake.room, 50);
	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, 100), -EIO);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_target, 8);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 8);
	fake_balanced(test, zone);
	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, 50), 0);
	fake_balanced(test, zone);
}

static void ticket_that_cannot_be_mapped_is_refused(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 8);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket_new(test);

	labyrinth_refill_flush(zone);
	atomic_set(&fake.room, 5);
	KUNIT_EXPECT_EQ(test, labyrinth_ticket_reserve(zone, 20, 0, ticket), -ENOMEM);
	fake_balanced(test, zone);
	KUNIT_EXPECT_EQ(test, labyrinth_ticket_reserve(zone, 5, 0, ticket), 0);
	fake_balanced(test, zone);
}

/* --- destroy --- */

static void destroyed_zone_has_nothing_mapped(struct kunit *test)
{
	struct device *dev = fake_device(test);
	unsigned int refs = kref_read(&dev->kobj.kref);
	struct labyrinth_zone *zone;
	struct page *page[LIVE];
	unsigned int i;

	zone = labyrinth_test_zone(test, .reserve = 8, .dma_dev = dev);
	KUNIT_EXPECT_GT(test, kref_read(&dev->kobj.kref), refs);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, LIVE), LIVE);
	for (i = 0; i < LIVE / 2; i++)
		labyrinth_test_free(zone, page[i]);
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake.mapped), 0);
	KUNIT_EXPECT_EQ(test, kref_read(&dev->kobj.kref), refs);
	/* What is live stays, without an address. */
	memset(page_address(page[LIVE - 1]), 0xff, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, labyrinth_page_dma_addr(zone, page[LIVE - 1]),
			DMA_MAPPING_ERROR);
	fake.size = 0;
	labyrinth_dma_sync_for_cpu(zone, page[LIVE - 1], 0, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, fake.size, 0);
	for (; i < LIVE; i++)
		labyrinth_test_free(zone, page[i]);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake.mapped), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake.wrong), 0);
}

static void ticket_left_open_has_nothing_mapped(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 8);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket(test, zone, 20);

	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake.mapped), 0);
	labyrinth_ticket_release(ticket);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake.mapped), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake.wrong), 0);
}

#define MANY	600U

/**
 * struct late - who frees pages while their zone is destroyed
 * @zone: the zone
 * @page: the pages
 * @done: they are freed
 */
struct late {
	struct labyrinth_zone	*zone;
	struct page		**page;
	struct completion	done;
};

static int free_late(void *arg)
{
	struct late *late = arg;
	unsigned int i;

	for (i = 0; i < MANY; i++)
		labyrinth_test_free(late->zone, late->page[i]);
	complete(&late->done);
	/* Whoever stops it waits until it has left the module. */
	set_current_state(TASK_INTERRUPTIBLE);
	while (!kthread_should_stop()) {
		schedule();
		set_current_state(TASK_INTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static void pages_freed_during_destroy_are_unmapped_once(struct kunit *test)
{
	struct device *dev = fake_device(test);
	struct task_struct *task;
	struct late late = { .page = labyrinth_test_pages(test, MANY) };
	unsigned int round;

	for (round = 0; round < 8; round++) {
		late.zone = labyrinth_test_zone(test, .reserve = 8, .max_pages = 2 * MANY,
						.cache = 8, .dma_dev = dev);
		KUNIT_ASSERT_EQ(test, labyrinth_test_take(late.zone, NONE, late.page, MANY),
				MANY);
		init_completion(&late.done);
		task = kthread_run(free_late, &late, "labyrinth_kunit");
		KUNIT_ASSERT_FALSE(test, IS_ERR(task));
		KUNIT_EXPECT_EQ(test, labyrinth_test_zone_destroy(test, late.zone), 0);
		KUNIT_EXPECT_EQ(test, atomic_read(&fake.mapped), 0);
		wait_for_completion(&late.done);
		kthread_stop(task);
		KUNIT_EXPECT_EQ(test, atomic_read(&fake.mapped), 0);
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&fake.wrong), 0);
}

static struct kunit_case dma_cases[] = {
	KUNIT_CASE(device_is_told_where_each_page_is),
	KUNIT_CASE(recycled_page_keeps_its_address_and_is_not_mapped_again),
	KUNIT_CASE(every_page_that_is_owned_is_mapped),
	KUNIT_CASE(page_that_leaves_is_unmapped),
	KUNIT_CASE(reserve_that_grows_is_mapped),
	KUNIT_CASE(compound_page_is_mapped_in_one_piece),
	KUNIT_CASE(part_of_a_page_is_synchronised_and_no_more),
	KUNIT_CASE(pages_come_and_go_in_interrupts),
	KUNIT_CASE(page_that_cannot_leave_in_an_nmi_stays_mapped_until_it_can),
	KUNIT_CASE(idle_page_that_was_stolen_is_unmapped),
	KUNIT_CASE(idle_page_found_stolen_in_an_nmi_is_unmapped_later),
	KUNIT_CASE(live_page_that_was_stolen_is_unmapped_when_freed),
	KUNIT_CASE(stolen_page_that_comes_again_is_mapped_once),
	KUNIT_CASE(request_that_cannot_be_mapped_is_served_by_the_reserve),
	KUNIT_CASE(probe_asks_for_a_page_that_can_be_mapped),
	KUNIT_CASE(request_that_may_not_touch_the_reserve_fails),
	KUNIT_CASE(exhausted_zone_has_given_out_mapped_pages_only),
	KUNIT_CASE(zone_that_cannot_be_mapped_is_not_made),
	KUNIT_CASE(reserve_that_cannot_be_mapped_does_not_grow),
	KUNIT_CASE(ticket_that_cannot_be_mapped_is_refused),
	KUNIT_CASE(destroyed_zone_has_nothing_mapped),
	KUNIT_CASE(ticket_left_open_has_nothing_mapped),
	KUNIT_CASE(pages_freed_during_destroy_are_unmapped_once),
	{}
};

static struct kunit_suite dma_suite = {
	.name = "labyrinth_dma",
	.test_cases = dma_cases,
};

kunit_test_suite(dma_suite);
