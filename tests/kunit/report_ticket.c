// SPDX-License-Identifier: GPL-2.0
/*
 * What the log says of tickets, of faults that are refused, and of a worker or a
 * page that has gone astray.
 */
#include <kunit/test.h>
#include <linux/mm.h>

#include "log.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define ACCOUNT	LABYRINTH_QUALITY_ACCOUNT

static noinline __noclone struct page *
ticket_taker(struct labyrinth_ticket *ticket, labyrinth_quality_t quality)
{
	struct page *page = labyrinth_ticket_alloc(ticket, quality);

	/* No tail call. */
	barrier();
	return page;
}

static noinline __noclone int
ticket_reserver(struct labyrinth_zone *zone, unsigned int nr, struct labyrinth_ticket *ticket)
{
	int ret = labyrinth_ticket_reserve(zone, nr, 0, ticket);

	/* No tail call. */
	barrier();
	return ret;
}

/* --- tickets --- */

static void ticket_of_no_pages_is_told(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4,
							  .max_pages = 64,
							  .cache = LABYRINTH_NO_CACHE);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket_new(test);

	KUNIT_ASSERT_EQ(test, labyrinth_ticket_reserve(zone, 0, 0, ticket), -EINVAL);
	KUNIT_EXPECT_EQ(test, told("zone kunit: ", " 0 pages", "1 to 60 ", "max_pages 64"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

static void ticket_past_max_pages_is_told(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4,
							  .max_pages = 64,
							  .cache = LABYRINTH_NO_CACHE);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket_new(test);

	KUNIT_ASSERT_EQ(test, labyrinth_ticket_reserve(zone, 61, 0, ticket), -ENOMEM);
	KUNIT_EXPECT_EQ(test, told("zone kunit: ", " 61 pages", "1 to 60 ", "max_pages 64"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

static void ticket_in_a_charged_zone_is_told(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4,
							  .quality = ACCOUNT);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket_new(test);

	KUNIT_ASSERT_EQ(test, labyrinth_ticket_reserve(zone, 1, 0, ticket), -EINVAL);
	KUNIT_EXPECT_EQ(test, told("zone kunit: ", "ticket", "ACCOUNT"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

/* Both could be had another time: the caller knows what that means. */
static void ticket_not_to_be_had_now_is_not_told(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket_new(test);

	KUNIT_ASSERT_EQ(test, labyrinth_zone_inject(zone, LABYRINTH_FAULT_SYSTEM, 0), 0);
	KUNIT_ASSERT_EQ(test, labyrinth_ticket_reserve(zone, 8, 0, ticket), -ENOMEM);
	KUNIT_ASSERT_EQ(test, labyrinth_ticket_reserve(zone, 8, 2, ticket), -ETIMEDOUT);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, heard_lines(), 0);
}

static void bad_flags_for_a_ticket_are_told_with_who_gave_them(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket(test, zone, 1);

	KUNIT_ASSERT_NULL(test, ticket_taker(ticket, ACCOUNT));
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: ticket_taker+", "0x20"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

static void open_tickets_are_told_at_destroy(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4);
	struct labyrinth_ticket *one = labyrinth_test_ticket(test, zone, 3);
	struct labyrinth_ticket *two = labyrinth_test_ticket_new(test);
	int refcount = labyrinth_test_module_refcount();

	KUNIT_ASSERT_EQ(test, ticket_reserver(zone, 6, two), 0);
	labyrinth_ticket_release(labyrinth_test_ticket(test, zone, 5));
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_EXPECT_EQ(test, told("zone kunit: destroyed with 2 tickets open", " 9 pages"), 1);
	KUNIT_EXPECT_EQ(test, told("zone kunit: 6 of them reserved by ticket_reserver+"), 1);
	KUNIT_EXPECT_EQ(test, told("zone kunit: 3 of them reserved by labyrinth_test_ticket+"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 3);
	KUNIT_ASSERT_NULL(test, ticket_taker(one, NONE));
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: ticket_taker+", "being destroyed"), 1);
	labyrinth_ticket_release(one);
	KUNIT_EXPECT_EQ(test, told("the last ticket released"), 0);
	labyrinth_ticket_release(two);
	KUNIT_EXPECT_TRUE(test,
			  labyrinth_test_wait(labyrinth_test_module_refcount() == refcount));
	KUNIT_EXPECT_EQ(test, told("zone kunit: ", "the last ticket released"), 1);
}

static void page_of_a_ticket_that_leaks_is_told_with_its_taker(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket(test, zone, 2);
	int refcount = labyrinth_test_module_refcount();
	struct page *page = ticket_taker(ticket, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_ticket_release(ticket);
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_EXPECT_EQ(test, told("zone kunit: destroyed with 1 pages live"), 1);
	KUNIT_EXPECT_EQ(test, told("zone kunit: 1 of them taken by ticket_taker+"), 1);
	freer(zone, page);
	KUNIT_EXPECT_TRUE(test,
			  labyrinth_test_wait(labyrinth_test_module_refcount() == refcount));
}

/* --- faults --- */

static void refused_faults_are_told_with_what_is_allowed(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4);

	KUNIT_ASSERT_EQ(test, labyrinth_zone_inject(zone, (__force labyrinth_fault_t)0x60, 0),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, told("zone kunit: ", "faults 0x60", "0x1f"), 1);
	KUNIT_ASSERT_EQ(test, labyrinth_zone_inject(zone, LABYRINTH_FAULT_NTH, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, told("zone kunit: ", "nth is 0;", "1 to 2147483647"), 1);
	KUNIT_ASSERT_EQ(test, labyrinth_zone_inject(zone, LABYRINTH_FAULT_WORKER, 7), -EINVAL);
	KUNIT_EXPECT_EQ(test, told("zone kunit: ", "nth is 7;", "0 without"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 3);
}

/* --- what has gone astray --- */

static void worker_that_does_not_run_is_told(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4,
							  .policy = LABYRINTH_RESERVE_ONLY);

	KUNIT_ASSERT_EQ(test, labyrinth_zone_inject(zone, LABYRINTH_FAULT_WORKER, 0), 0);
	KUNIT_ASSERT_NOT_NULL(test, taker(zone, NONE));
	KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(labyrinth_test_stats(zone).stalls));
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(heard_lines()));
	KUNIT_EXPECT_EQ(test, told("zone kunit: the refill worker was asked for 5 s ago",
				   "has not run", "3 of 4 pages"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

static void page_stolen_from_the_reserve_is_told_with_both(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2,
							  .policy = LABYRINTH_RESERVE_ONLY,
							  .cache = LABYRINTH_NO_CACHE);
	struct page *page;

	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	page = taker(zone, NONE);
	KUNIT_ASSERT_NOT_NULL(test, page);
	freer(zone, page);
	labyrinth_test_steal(test, zone, page);
	KUNIT_EXPECT_PTR_NE(test, second_taker(zone), page);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, told("zone kunit: idle ", pfn_text(page, " "),
				   "behind the zone's back", "0 references",
				   "taken by taker+", "freed by freer+"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

static void growth_without_memory_is_told_with_the_node(struct kunit *test)
{
	const int node = first_online_node;
	struct labyrinth_zone *zone;
	char where[24];

	zone = labyrinth_test_zone_make(test, &(const struct labyrinth_zone_params) {
		.name = "kunit", .reserve = 2, .node = node,
	});
	KUNIT_ASSERT_EQ(test, labyrinth_zone_inject(zone, LABYRINTH_FAULT_SYSTEM, 0), 0);
	KUNIT_ASSERT_EQ(test, labyrinth_zone_resize(zone, 9), -ENOMEM);
	snprintf(where, sizeof(where), "on node %d ", node);
	KUNIT_EXPECT_EQ(test, told("zone kunit: no pages", where, "the reserve to 9;",
				   "max_pages", "KiB"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

static struct kunit_case report_ticket_cases[] = {
	KUNIT_CASE(ticket_of_no_pages_is_told),
	KUNIT_CASE(ticket_past_max_pages_is_told),
	KUNIT_CASE(ticket_in_a_charged_zone_is_told),
	KUNIT_CASE(ticket_not_to_be_had_now_is_not_told),
	KUNIT_CASE(bad_flags_for_a_ticket_are_told_with_who_gave_them),
	KUNIT_CASE(open_tickets_are_told_at_destroy),
	KUNIT_CASE(page_of_a_ticket_that_leaks_is_told_with_its_taker),
	KUNIT_CASE(refused_faults_are_told_with_what_is_allowed),
	KUNIT_CASE(worker_that_does_not_run_is_told),
	KUNIT_CASE(page_stolen_from_the_reserve_is_told_with_both),
	KUNIT_CASE(growth_without_memory_is_told_with_the_node),
	{}
};

static struct kunit_suite report_ticket_suite = {
	.name = "labyrinth_report_ticket",
	.suite_init = log_suite_init,
	.suite_exit = log_suite_exit,
	.init = log_init,
	.exit = log_exit,
	.test_cases = report_ticket_cases,
};

kunit_test_suite(report_ticket_suite);
