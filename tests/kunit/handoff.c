// SPDX-License-Identifier: GPL-2.0
/*
 * Hand-off: what is done with a page in process context, and when it is not.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/mm.h>

#include "log.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define PAGES	40U

/**
 * struct worker - what the function has seen
 * @zone: the zone
 * @nr: pages so far
 * @page: those pages, in order
 * @in_task: it was called where it may sleep, each time
 * @held: it waits for @go the first time
 * @go: completes that
 * @page_action: what it does with a page, or NULL
 * @ret: of that
 */
struct worker {
	struct labyrinth_zone	*zone;
	unsigned int		nr;
	struct page		*page[PAGES];
	bool			in_task;
	bool			held;
	struct completion	go;
	int			(*page_action)(struct worker *worker, struct page *page);
	int			ret;
};

static void finish(struct page *page, void *ctx)
{
	struct worker *worker = ctx;

	might_sleep();
	worker->in_task &= in_task() && !irqs_disabled();
	if (worker->nr < PAGES)
		worker->page[worker->nr] = page;
	if (worker->held && !worker->nr)
		wait_for_completion(&worker->go);
	if (worker->page_action)
		worker->ret = worker->page_action(worker, page);
	/* Whoever reads it may see the rest. */
	smp_store_release(&worker->nr, worker->nr + 1);
}

static struct worker *worker_for(struct kunit *test, struct labyrinth_zone *zone)
{
	struct worker *worker = kunit_kzalloc(test, sizeof(*worker), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, worker);
	worker->zone = zone;
	worker->in_task = true;
	init_completion(&worker->go);
	return worker;
}

static unsigned int done(struct worker *worker)
{
	/* Pairs with the release in finish(). */
	return smp_load_acquire(&worker->nr);
}

static void function_gets_the_page_and_then_it_is_free(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct worker *worker = worker_for(test, zone);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, labyrinth_handoff_page(zone, page, finish, worker), 0);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, done(worker), 1);
	KUNIT_EXPECT_PTR_EQ(test, worker->page[0], page);
	KUNIT_EXPECT_TRUE(test, worker->in_task);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_idle(zone, page));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).handed_off, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
}

static void pages_are_done_in_the_order_they_came(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct worker *worker = worker_for(test, zone);
	struct page *page[PAGES];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, PAGES), PAGES);
	for (i = 0; i < PAGES; i++) {
		KUNIT_ASSERT_EQ(test, labyrinth_handoff_page(zone, page[i], finish, worker), 0);
		/* Some are a batch, some come alone. */
		if (i % 7 == 0)
			labyrinth_refill_flush(zone);
	}
	labyrinth_refill_flush(zone);
	KUNIT_ASSERT_EQ(test, done(worker), PAGES);
	for (i = 0; i < PAGES; i++)
		KUNIT_EXPECT_PTR_EQ(test, worker->page[i], page[i]);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, 0);
}

static void full_queue_is_busy_and_the_page_stays_the_callers(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2, .handoff_max = 4);
	struct worker *worker = worker_for(test, zone);
	struct page *page[6];
	unsigned int i;

	worker->held = true;
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 6), 6);
	for (i = 0; i < 4; i++)
		KUNIT_ASSERT_EQ(test, labyrinth_handoff_page(zone, page[i], finish, worker), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_handoff_page(zone, page[4], finish, worker), -EBUSY);
	/* Nor is there room while the first of them is being done. */
	KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(READ_ONCE(worker->page[0])));
	KUNIT_EXPECT_EQ(test, labyrinth_handoff_page(zone, page[4], finish, worker), -EBUSY);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_live(zone, page[4]));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
	complete(&worker->go);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, done(worker), 4);
	KUNIT_EXPECT_EQ(test, labyrinth_handoff_page(zone, page[4], finish, worker), 0);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, done(worker), 5);
	labyrinth_test_free(zone, page[5]);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, 0);
}

static void destroy_does_what_waits(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	int before = labyrinth_test_module_refcount();
	struct worker *worker = worker_for(test, zone);
	struct page *page[PAGES];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, PAGES), PAGES);
	for (i = 0; i < PAGES; i++)
		KUNIT_ASSERT_EQ(test, labyrinth_handoff_page(zone, page[i], finish, worker), 0);
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_ASSERT_EQ(test, done(worker), PAGES);
	for (i = 0; i < PAGES; i++)
		KUNIT_EXPECT_PTR_EQ(test, worker->page[i], page[i]);
	KUNIT_EXPECT_TRUE(test, worker->in_task);
	/* No orphan has kept the zone. */
	KUNIT_EXPECT_EQ(test, labyrinth_test_module_refcount(), before);
	KUNIT_EXPECT_EQ(test, heard_lines(), 0);
}

static noinline int giver(struct worker *worker, struct page *page)
{
	int ret = labyrinth_handoff_page(worker->zone, page, finish, worker);

	/* Not a tail call. */
	barrier();
	return ret;
}

static void nothing_is_handed_off_after_destroy_began(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct worker *worker = worker_for(test, zone);
	struct page *page[2];

	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 2), 2);
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	heard_forget();
	KUNIT_EXPECT_EQ(test, giver(worker, page[0]), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 1);
	KUNIT_EXPECT_EQ(test, page_count(page[0]), 1);
	labyrinth_test_free(zone, page[0]);
	KUNIT_EXPECT_EQ(test, done(worker), 0);
	labyrinth_test_free(zone, page[1]);
	KUNIT_EXPECT_TRUE(test,
			  labyrinth_test_wait(told("zone kunit: giver+",
						   "is being destroyed", "the caller's")));
}

static void page_that_waits_is_nobody_elses(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct worker *worker = worker_for(test, zone);
	struct page *page = taker(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	worker->held = true;
	KUNIT_ASSERT_EQ(test, labyrinth_handoff_page(zone, page, finish, worker), 0);
	freer(zone, page);
	KUNIT_EXPECT_NULL(test, labyrinth_detach_page(zone, page));
	KUNIT_EXPECT_EQ(test, labyrinth_handoff_page(zone, page, finish, worker), -EINVAL);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 3);
	complete(&worker->go);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, done(worker), 1);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_idle(zone, page));
	KUNIT_EXPECT_EQ(test, told("zone kunit: freer+", pfn_text(page, ", "),
				   "handed off to finish+", "taken by taker+"), 1);
	/* The bound is not used up by what was refused. */
	KUNIT_EXPECT_EQ(test, atomic_read(&zone->handoffs), 0);
}

/* Afterwards the function is who has freed it. */
static void second_free_names_the_function(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct worker *worker = worker_for(test, zone);
	struct page *page = taker(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, labyrinth_handoff_page(zone, page, finish, worker), 0);
	labyrinth_refill_flush(zone);
	freer(zone, page);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: double free of ",
				   pfn_text(page, " by freer+"), "taken by taker+",
				   "freed before by finish+"), 1);
}

static void handing_off_nothing_or_to_nobody_is_refused(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct worker *worker = worker_for(test, zone);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	heard.hashed = zone;
	KUNIT_EXPECT_EQ(test, labyrinth_handoff_page(zone, page, NULL, worker), -EINVAL);
	KUNIT_EXPECT_EQ(test, labyrinth_handoff_page(zone, NULL, finish, worker), -EINVAL);
	KUNIT_EXPECT_EQ(test, labyrinth_handoff_page(zone, (struct page *)zone, finish, worker),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 3);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).handed_off, 0);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_live(zone, page));
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: ", "to no function"), 1);
	KUNIT_EXPECT_EQ(test, done(worker), 0);
	labyrinth_test_free(zone, page);
}

static int keep(struct worker *worker, struct page *page)
{
	get_page(page);
	return 0;
}

static void function_may_keep_a_reference(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct worker *worker = worker_for(test, zone);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	worker->page_action = keep;
	KUNIT_ASSERT_EQ(test, labyrinth_handoff_page(zone, page, finish, worker), 0);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	KUNIT_EXPECT_NULL(test, labyrinth_test_desc(zone, page));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).detached, 1);
	put_page(page);
}

static int free_it(struct worker *worker, struct page *page)
{
	labyrinth_test_free(worker->zone, page);
	return 0;
}

static void function_that_frees_the_page_itself_is_told(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct worker *worker = worker_for(test, zone);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	worker->page_action = free_it;
	KUNIT_ASSERT_EQ(test, labyrinth_handoff_page(zone, page, finish, worker), 0);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frees, 1);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_idle(zone, page));
}

static int destroy_it(struct worker *worker, struct page *page)
{
	return labyrinth_zone_destroy(worker->zone);
}

static void zone_is_not_destroyed_by_its_own_function(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct worker *worker = worker_for(test, zone);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	worker->page_action = destroy_it;
	KUNIT_ASSERT_EQ(test, labyrinth_handoff_page(zone, page, finish, worker), 0);
	labyrinth_refill_flush(zone);
	KUNIT_ASSERT_EQ(test, done(worker), 1);
	KUNIT_EXPECT_EQ(test, worker->ret, -EDEADLK);
	KUNIT_EXPECT_EQ(test, told("zone kunit: destroy from", "hand-off function"), 1);
}

/* One more for each of the first ten. */
static int hand_off_another(struct worker *worker, struct page *page)
{
	struct page *next = worker->nr < 10 ? labyrinth_test_alloc(worker->zone, NONE) : NULL;

	return next ? labyrinth_handoff_page(worker->zone, next, finish, worker) : 0;
}

static void function_may_hand_off_more(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct worker *worker = worker_for(test, zone);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	worker->page_action = hand_off_another;
	KUNIT_ASSERT_EQ(test, labyrinth_handoff_page(zone, page, finish, worker), 0);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(done(worker) == 11));
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, 0);
}

static void hand_off(void *arg)
{
	struct worker *worker = arg;
	struct page *page = labyrinth_alloc_page_atomic(worker->zone, NONE);

	worker->ret = page ? labyrinth_handoff_page(worker->zone, page, finish, worker) :
			     -ENOMEM;
}

static void pages_are_handed_off_in_every_context(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 8);
	struct worker *worker = worker_for(test, zone);

	labyrinth_test_in_hardirq(hand_off, worker);
	KUNIT_EXPECT_EQ(test, worker->ret, 0);
	labyrinth_test_in_nmi(hand_off, worker);
	KUNIT_EXPECT_EQ(test, worker->ret, 0);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, done(worker), 2);
	KUNIT_EXPECT_TRUE(test, worker->in_task);
}

static void page_that_is_done_fills_a_short_reserve(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4);
	struct worker *worker = worker_for(test, zone);
	struct page *page[4];

	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	labyrinth_test_cut_off(zone);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 4), 4);
	KUNIT_ASSERT_EQ(test, labyrinth_handoff_page(zone, page[0], finish, worker), 0);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 1);
}

static void longest_queue_is_max_pages(struct kunit *test)
{
	struct labyrinth_zone_params params = {
		.name = "kunit", .node = NUMA_NO_NODE, .reserve = 2, .max_pages = 4096,
		.handoff_max = 4097,
	};

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(labyrinth_zone_create(&params)), -EINVAL);
	KUNIT_EXPECT_EQ(test, told("zone kunit: handoff_max is 4097; ", "1 to max_pages (4096)"),
			1);
}

static struct kunit_case handoff_cases[] = {
	KUNIT_CASE(function_gets_the_page_and_then_it_is_free),
	KUNIT_CASE(pages_are_done_in_the_order_they_came),
	KUNIT_CASE(full_queue_is_busy_and_the_page_stays_the_callers),
	KUNIT_CASE(destroy_does_what_waits),
	KUNIT_CASE(nothing_is_handed_off_after_destroy_began),
	KUNIT_CASE(page_that_waits_is_nobody_elses),
	KUNIT_CASE(second_free_names_the_function),
	KUNIT_CASE(handing_off_nothing_or_to_nobody_is_refused),
	KUNIT_CASE(function_may_keep_a_reference),
	KUNIT_CASE(function_that_frees_the_page_itself_is_told),
	KUNIT_CASE(zone_is_not_destroyed_by_its_own_function),
	KUNIT_CASE(function_may_hand_off_more),
	KUNIT_CASE(pages_are_handed_off_in_every_context),
	KUNIT_CASE(page_that_is_done_fills_a_short_reserve),
	KUNIT_CASE(longest_queue_is_max_pages),
	{}
};

static struct kunit_suite handoff_suite = {
	.name = "labyrinth_handoff",
	.suite_init = log_suite_init,
	.suite_exit = log_suite_exit,
	.init = log_init,
	.exit = log_exit,
	.test_cases = handoff_cases,
};

kunit_test_suite(handoff_suite);
