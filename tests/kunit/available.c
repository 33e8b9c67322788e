// SPDX-License-Identifier: GPL-2.0
/*
 * available(): called once after critical requests got nothing, as soon as there
 * are pages again.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/workqueue.h>

#include "common.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define RESERVE	8U

/**
 * struct consumer - a driver that starves
 * @zone: its zone
 * @calls: how often available() was called
 * @running: calls under way
 * @overlapped: two were at once
 * @reserve: pages that were in the reserve at the last call
 * @in_task: the last call was in task context
 * @action: what the driver does then, or NULL
 * @page: the page that the action took
 * @ret: what the action got from the zone
 * @hold: the action waits for this
 * @release: completes it
 */
struct consumer {
	struct labyrinth_zone	*zone;
	atomic_t		calls;
	atomic_t		running;
	bool			overlapped;
	u64			reserve;
	bool			in_task;
	void			(*action)(struct consumer *consumer);
	struct page		*page;
	int			ret;
	struct completion	hold;
	struct delayed_work	release;
};

static void available(struct labyrinth_zone *zone, void *ctx)
{
	struct consumer *consumer = ctx;

	if (atomic_inc_return(&consumer->running) > 1)
		consumer->overlapped = true;
	consumer->zone = zone;
	consumer->reserve = labyrinth_test_stats(zone).reserve;
	consumer->in_task = in_task() && !irqs_disabled();
	if (consumer->action)
		consumer->action(consumer);
	atomic_dec(&consumer->running);
	atomic_inc(&consumer->calls);
}

static int available_init(struct kunit *test)
{
	struct consumer *consumer = kunit_kzalloc(test, sizeof(*consumer), GFP_KERNEL);

	if (!consumer)
		return -ENOMEM;
	init_completion(&consumer->hold);
	test->priv = consumer;
	return 0;
}

static struct labyrinth_zone *zone_for(struct kunit *test)
{
	return labyrinth_test_zone(test, .reserve = RESERVE, .available = available,
				   .ctx = test->priv);
}

/* Empty the reserve, and ask @more times in vain; the pages stay out. */
static void starve(struct kunit *test, struct labyrinth_zone *zone, unsigned int more)
{
	struct page *page[RESERVE];

	labyrinth_test_cut_off(zone);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, RESERVE), RESERVE);
	while (more--)
		KUNIT_ASSERT_NULL(test, labyrinth_test_alloc(zone, NONE));
}

static bool called(const struct consumer *consumer)
{
	return labyrinth_test_wait(atomic_read(&consumer->calls) > 0);
}

static void available_is_called_after_starvation(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct consumer *consumer = test->priv;

	starve(test, zone, 1);
	labyrinth_test_reconnect(zone);
	KUNIT_ASSERT_TRUE(test, called(consumer));
	KUNIT_EXPECT_PTR_EQ(test, consumer->zone, zone);
	KUNIT_EXPECT_GT(test, consumer->reserve, 0);
	KUNIT_EXPECT_TRUE(test, consumer->in_task);
}

static void several_starvations_make_one_call(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct consumer *consumer = test->priv;

	starve(test, zone, 20);
	labyrinth_test_reconnect(zone);
	KUNIT_ASSERT_TRUE(test, called(consumer));
	msleep(50);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, atomic_read(&consumer->calls), 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).starvations, 20);
}

/* The worker goes on working, but nobody has starved since. */
static void consumer_that_recovered_is_not_told_again(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct consumer *consumer = test->priv;
	unsigned int i;

	starve(test, zone, 1);
	labyrinth_test_reconnect(zone);
	KUNIT_ASSERT_TRUE(test, called(consumer));
	labyrinth_policy_set(zone, LABYRINTH_RESERVE_ONLY);
	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(!labyrinth_reserve_lack(zone)));
		KUNIT_ASSERT_NOT_NULL(test, labyrinth_test_alloc(zone, NONE));
	}
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, atomic_read(&consumer->calls), 1);
}

static void each_starvation_later_makes_another_call(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct consumer *consumer = test->priv;
	int i;

	for (i = 1; i <= 3; i++) {
		starve(test, zone, 2);
		labyrinth_test_reconnect(zone);
		KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(atomic_read(&consumer->calls) == i));
		KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(!labyrinth_reserve_lack(zone)));
	}
}

static void available_is_not_called_while_there_is_nothing(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct consumer *consumer = test->priv;

	starve(test, zone, 1);
	KUNIT_ASSERT_TRUE(test,
			  labyrinth_test_wait(labyrinth_test_stats(zone).refill_failures > 3));
	KUNIT_EXPECT_EQ(test, atomic_read(&consumer->calls), 0);
}

static void available_is_not_called_without_starvation(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct consumer *consumer = test->priv;

	starve(test, zone, 0);
	labyrinth_test_reconnect(zone);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(!labyrinth_reserve_lack(zone)));
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, atomic_read(&consumer->calls), 0);
}

static void failed_nowait_request_is_no_starvation(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct consumer *consumer = test->priv;

	starve(test, zone, 0);
	KUNIT_ASSERT_NULL(test, labyrinth_test_alloc(zone, LABYRINTH_QUALITY_NOWAIT));
	labyrinth_test_reconnect(zone);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(!labyrinth_reserve_lack(zone)));
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, atomic_read(&consumer->calls), 0);
}

/* The system stays dry: what brings the pages back is the consumer itself. */
static void pages_that_are_freed_make_available_too(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct consumer *consumer = test->priv;
	struct page *page[RESERVE];

	labyrinth_test_cut_off(zone);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, RESERVE), RESERVE);
	KUNIT_ASSERT_NULL(test, labyrinth_test_alloc(zone, NONE));
	labyrinth_free_bulk(zone, RESERVE, page);
	KUNIT_EXPECT_TRUE(test, called(consumer));
}

/* So does a ticket that is released: its pages go to the reserve first. */
static void pages_of_a_released_ticket_make_available_too(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket(test, zone, RESERVE);

	starve(test, zone, 1);
	KUNIT_ASSERT_EQ(test, atomic_read(&((struct consumer *)test->priv)->calls), 0);
	labyrinth_ticket_release(ticket);
	KUNIT_EXPECT_TRUE(test, called(test->priv));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).taken, 2 * RESERVE);
}

static void used_up_ticket_is_no_starvation(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket(test, zone, 1);
	struct consumer *consumer = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, labyrinth_ticket_alloc(ticket, NONE));
	KUNIT_ASSERT_NULL(test, labyrinth_ticket_alloc(ticket, NONE));
	labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).starvations, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&consumer->calls), 0);
}

static void zone_without_callback_recovers_all_the_same(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);

	starve(test, zone, 3);
	labyrinth_test_reconnect(zone);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(!labyrinth_reserve_lack(zone)));
	KUNIT_EXPECT_NOT_NULL(test, labyrinth_test_alloc(zone, NONE));
}

static void take_and_give(struct consumer *consumer)
{
	consumer->page = labyrinth_test_alloc(consumer->zone, NONE);
	labyrinth_test_free(consumer->zone, consumer->page);
}

static void callback_may_allocate_and_free(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct consumer *consumer = test->priv;

	consumer->action = take_and_give;
	starve(test, zone, 1);
	labyrinth_test_reconnect(zone);
	KUNIT_ASSERT_TRUE(test, called(consumer));
	KUNIT_EXPECT_NOT_NULL(test, consumer->page);
}

static void double_the_reserve(struct consumer *consumer)
{
	consumer->ret = labyrinth_zone_resize(consumer->zone, 2 * RESERVE);
}

static void callback_may_resize_its_zone(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct consumer *consumer = test->priv;

	consumer->action = double_the_reserve;
	starve(test, zone, 1);
	labyrinth_test_reconnect(zone);
	KUNIT_ASSERT_TRUE(test, called(consumer));
	KUNIT_EXPECT_EQ(test, consumer->ret, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 2 * RESERVE);
}

static void destroy_the_zone(struct consumer *consumer)
{
	consumer->ret = labyrinth_zone_destroy(consumer->zone);
}

static void callback_cannot_destroy_its_own_zone(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct consumer *consumer = test->priv;

	consumer->action = destroy_the_zone;
	starve(test, zone, 1);
	labyrinth_test_reconnect(zone);
	KUNIT_ASSERT_TRUE(test, called(consumer));
	KUNIT_EXPECT_EQ(test, consumer->ret, -EDEADLK);
	/* Nothing has happened to it. */
	KUNIT_EXPECT_TRUE(test,
			  labyrinth_test_file_exists("/sys/kernel/labyrinth/kunit"));
	KUNIT_EXPECT_NOT_NULL(test, labyrinth_test_alloc(zone, NONE));
}

static void wait_for_go(struct consumer *consumer)
{
	wait_for_completion_timeout(&consumer->hold, LABYRINTH_TEST_PATIENCE_S * HZ);
}

/* A callback that waits for pages must not keep the worker from bringing them. */
static void worker_goes_on_while_the_callback_waits(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct consumer *consumer = test->priv;
	struct page *page[RESERVE];

	consumer->action = wait_for_go;
	starve(test, zone, 1);
	labyrinth_test_reconnect(zone);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(atomic_read(&consumer->running) == 1));
	KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(!labyrinth_reserve_lack(zone)));
	labyrinth_policy_set(zone, LABYRINTH_RESERVE_ONLY);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, RESERVE), RESERVE);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(!labyrinth_reserve_lack(zone)));
	KUNIT_EXPECT_EQ(test, atomic_read(&consumer->calls), 0);
	complete_all(&consumer->hold);
	KUNIT_EXPECT_TRUE(test, called(consumer));
}

static void starvation_during_the_callback_makes_another_call(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct consumer *consumer = test->priv;

	consumer->action = wait_for_go;
	starve(test, zone, 1);
	labyrinth_test_reconnect(zone);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(atomic_read(&consumer->running) == 1));
	KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(!labyrinth_reserve_lack(zone)));
	labyrinth_inject_set(zone, LABYRINTH_INJECT_ATOMIC, true);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_FILL, true);
	while (labyrinth_test_alloc(zone, NONE))
		;
	labyrinth_test_reconnect(zone);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(!labyrinth_reserve_lack(zone)));
	complete_all(&consumer->hold);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(atomic_read(&consumer->calls) == 2));
	KUNIT_EXPECT_FALSE(test, consumer->overlapped);
}

static void release(struct work_struct *work)
{
	complete_all(&container_of(to_delayed_work(work), struct consumer, release)->hold);
}

static void destroy_waits_for_a_callback_that_is_running(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_for(test);
	struct consumer *consumer = test->priv;
	struct page *page[RESERVE];

	consumer->action = wait_for_go;
	labyrinth_test_cut_off(zone);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, RESERVE), RESERVE);
	KUNIT_ASSERT_NULL(test, labyrinth_test_alloc(zone, NONE));
	labyrinth_free_bulk(zone, RESERVE, page);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(atomic_read(&consumer->running) == 1));
	/* Not before destroy is waiting; then the callback takes its time. */
	INIT_DELAYED_WORK(&consumer->release, release);
	schedule_delayed_work(&consumer->release, HZ / 5);
	KUNIT_EXPECT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&consumer->running), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&consumer->calls), 1);
	KUNIT_EXPECT_TRUE(test, completion_done(&consumer->hold));
	flush_delayed_work(&consumer->release);
	KUNIT_EXPECT_TRUE(test, called(consumer));
}

static void available_is_never_called_after_destroy(struct kunit *test)
{
	int refcount = labyrinth_test_module_refcount();
	struct labyrinth_zone *zone = zone_for(test);
	struct consumer *consumer = test->priv;
	struct page *page[RESERVE];

	labyrinth_test_cut_off(zone);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, RESERVE), RESERVE);
	KUNIT_ASSERT_NULL(test, labyrinth_test_alloc(zone, NONE));
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	/* Freeing would now be what makes pages available. */
	labyrinth_free_bulk(zone, RESERVE, page);
	KUNIT_EXPECT_TRUE(test,
			  labyrinth_test_wait(labyrinth_test_module_refcount() == refcount));
	KUNIT_EXPECT_EQ(test, atomic_read(&consumer->calls), 0);
}

static struct kunit_case available_cases[] = {
	KUNIT_CASE(available_is_called_after_starvation),
	KUNIT_CASE(several_starvations_make_one_call),
	KUNIT_CASE(consumer_that_recovered_is_not_told_again),
	KUNIT_CASE(each_starvation_later_makes_another_call),
	KUNIT_CASE(available_is_not_called_while_there_is_nothing),
	KUNIT_CASE(available_is_not_called_without_starvation),
	KUNIT_CASE(failed_nowait_request_is_no_starvation),
	KUNIT_CASE(pages_that_are_freed_make_available_too),
	KUNIT_CASE(pages_of_a_released_ticket_make_available_too),
	KUNIT_CASE(used_up_ticket_is_no_starvation),
	KUNIT_CASE(zone_without_callback_recovers_all_the_same),
	KUNIT_CASE(callback_may_allocate_and_free),
	KUNIT_CASE(callback_may_resize_its_zone),
	KUNIT_CASE(callback_cannot_destroy_its_own_zone),
	KUNIT_CASE(worker_goes_on_while_the_callback_waits),
	KUNIT_CASE(starvation_during_the_callback_makes_another_call),
	KUNIT_CASE(destroy_waits_for_a_callback_that_is_running),
	KUNIT_CASE(available_is_never_called_after_destroy),
	{}
};

static struct kunit_suite available_suite = {
	.name = "labyrinth_available",
	.init = available_init,
	.test_cases = available_cases,
};

kunit_test_suite(available_suite);
