// SPDX-License-Identifier: GPL-2.0
/*
 * Tickets that are given back, and those that are still open when their zone is
 * destroyed.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "common.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define RESERVE	8U
#define NR	6U

/* --- release --- */

static void release(void *ticket)
{
	labyrinth_ticket_release(ticket);
}

static void in_task_context(void (*fn)(void *arg), void *arg)
{
	fn(arg);
}

struct context_param {
	const char	*what;
	void		(*call)(void (*fn)(void *arg), void *arg);
};

static const struct context_param context_params[] = {
	{ "task", in_task_context },
	{ "hard interrupt", labyrinth_test_in_hardirq },
	{ "NMI", labyrinth_test_in_nmi },
};

static void context_desc(const struct context_param *param, char *desc)
{
	strscpy(desc, param->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(context, context_params, context_desc);

static void release_in(struct kunit *test, struct labyrinth_ticket *ticket)
{
	const struct context_param *param = test->param_value;

	param->call(release, ticket);
}

static void pages_released_go_to_a_short_reserve_first(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket(test, zone, NR);
	struct labyrinth_stats stats;
	struct page *page[4];

	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	labyrinth_policy_set(zone, LABYRINTH_RESERVE_ONLY);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 4), 4);
	release_in(test, ticket);
	stats = labyrinth_test_stats(zone);
	KUNIT_EXPECT_EQ(test, stats.reserve, RESERVE);
	KUNIT_EXPECT_EQ(test, stats.cached, NR - 4);
	KUNIT_EXPECT_EQ(test, stats.ticketed, 0);
	KUNIT_EXPECT_EQ(test, stats.returned, 0);
	KUNIT_EXPECT_EQ(test, stats.frees, 0);
	labyrinth_test_books(test, zone);
}

static void pages_released_are_recycled(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket(test, zone, NR);
	struct page *page[NR];

	release_in(test, ticket);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, NR);
	KUNIT_EXPECT_EQ(test, labyrinth_test_take(zone, NONE, page, NR), NR);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_cache, NR);
}

/* Nowhere in the zone: in NMI they cannot leave at once. */
static void pages_released_that_nobody_wants_go_to_the_system(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE,
							  .cache = LABYRINTH_NO_CACHE);

	release_in(test, labyrinth_test_ticket(test, zone, NR));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).ticketed, 0);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).returned, NR);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).owned, RESERVE);
}

static void release_gives_back_what_was_not_taken(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket(test, zone, NR);
	struct page *page[2];

	KUNIT_ASSERT_EQ(test, labyrinth_test_ticket_take(ticket, NONE, page, 2), 2);
	release_in(test, ticket);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, 2);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, NR - 2);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).owned, RESERVE + NR);
	labyrinth_test_books(test, zone);
}

static void second_release_does_nothing(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket(test, zone, NR);
	struct labyrinth_ticket *other = labyrinth_test_ticket(test, zone, 2);
	struct labyrinth_stats before, after;
	struct page *page[3];

	release_in(test, ticket);
	before = labyrinth_test_stats(zone);
	release_in(test, ticket);
	release_in(test, NULL);
	after = labyrinth_test_stats(zone);
	KUNIT_EXPECT_EQ(test, memcmp(&after, &before, sizeof(after)), 0);
	KUNIT_EXPECT_NULL(test, labyrinth_ticket_alloc(ticket, NONE));
	KUNIT_EXPECT_EQ(test, labyrinth_test_ticket_take(other, NONE, page, 3), 2);
}

static void ticket_may_be_reserved_again(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket_new(test);
	struct page *page[NR + 1];
	unsigned int i, nr;

	for (i = 0; i < 20; i++) {
		KUNIT_ASSERT_EQ(test, labyrinth_ticket_reserve(zone, 1 + i % NR, 0, ticket), 0);
		nr = labyrinth_test_ticket_take(ticket, NONE, page, i % 2 ? NR + 1 : 1);
		KUNIT_EXPECT_EQ(test, nr, i % 2 ? 1 + i % NR : 1);
		labyrinth_ticket_release(ticket);
		labyrinth_free_bulk(zone, nr, page);
	}
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).ticketed, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
	labyrinth_test_books(test, zone);
}

static void page_released_in_a_verify_zone_is_still_watched(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE,
							  .quality = LABYRINTH_QUALITY_VERIFY);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket(test, zone, 1);
	struct page *page = labyrinth_test_desc_in(zone, LABYRINTH_DESC_TICKET)->page;

	*(u8 *)page_address(page) ^= 1;
	labyrinth_ticket_release(ticket);
	KUNIT_EXPECT_PTR_NE(test, labyrinth_test_alloc(zone, NONE), page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).verify_failures, 1);
}

/* --- destroy --- */

/**
 * struct open_ticket - one whose zone has been destroyed
 * @zone: the zone; its memory stays as long as the ticket
 * @ticket: the ticket
 * @refcount: of labyrinth.ko before
 */
struct open_ticket {
	struct labyrinth_zone	*zone;
	struct labyrinth_ticket	*ticket;
	int			refcount;
};

static void make_open_ticket(struct kunit *test, struct open_ticket *open)
{
	open->refcount = labyrinth_test_module_refcount();
	KUNIT_ASSERT_GT(test, open->refcount, 0);
	if (!open->zone)
		open->zone = labyrinth_test_zone(test, .reserve = RESERVE);
	open->ticket = labyrinth_test_ticket(test, open->zone, NR);
	/* As long as the zone lives, its consumer keeps the module. */
	KUNIT_ASSERT_EQ(test, labyrinth_test_module_refcount(), open->refcount);
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, open->zone), 0);
}

static bool wait_until_gone(const struct open_ticket *open)
{
	return labyrinth_test_wait(labyrinth_test_module_refcount() == open->refcount);
}

static void module_stays_until_the_ticket_is_released(struct kunit *test)
{
	struct open_ticket open = {};

	make_open_ticket(test, &open);
	/* Long enough for an end that comes too early. */
	labyrinth_refill_flush(open.zone);
	KUNIT_ASSERT_EQ(test, labyrinth_test_module_refcount(), open.refcount + 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(open.zone).ticketed, NR);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(open.zone).owned, NR);
	release_in(test, open.ticket);
	KUNIT_EXPECT_TRUE(test, wait_until_gone(&open));
}

static void ticket_of_a_destroyed_zone_gives_nothing(struct kunit *test)
{
	struct open_ticket open = {};

	make_open_ticket(test, &open);
	KUNIT_EXPECT_NULL(test, labyrinth_ticket_alloc(open.ticket, NONE));
	KUNIT_EXPECT_NULL(test, labyrinth_ticket_alloc(open.ticket, LABYRINTH_QUALITY_ZERO));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(open.zone).misuse, 2);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(open.zone).allocs, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(open.zone).ticketed, NR);
	labyrinth_ticket_release(open.ticket);
	KUNIT_EXPECT_TRUE(test, wait_until_gone(&open));
	KUNIT_EXPECT_NULL(test, labyrinth_ticket_alloc(open.ticket, NONE));
}

/* Held by a reference of its own, a page shows that it was given back. */
static void pages_of_a_destroyed_zone_go_to_the_system(struct kunit *test)
{
	struct open_ticket open = {};
	struct page *page;

	open.zone = labyrinth_test_zone(test, .reserve = RESERVE);
	make_open_ticket(test, &open);
	page = labyrinth_test_desc_in(open.zone, LABYRINTH_DESC_TICKET)->page;
	get_page(page);
	release_in(test, open.ticket);
	KUNIT_EXPECT_TRUE(test, wait_until_gone(&open));
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	put_page(page);
}

static const bool first_params[] = { false, true };

static void first_desc(const bool *page_first, char *desc)
{
	strscpy(desc, *page_first ? "page first" : "ticket first", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(first, first_params, first_desc);

static void zone_stays_for_its_pages_and_its_tickets(struct kunit *test)
{
	const bool *page_first = test->param_value;
	struct open_ticket open = {};
	struct page *page;

	open.zone = labyrinth_test_zone(test, .reserve = RESERVE);
	page = labyrinth_test_alloc(open.zone, NONE);
	KUNIT_ASSERT_NOT_NULL(test, page);
	make_open_ticket(test, &open);
	if (*page_first)
		labyrinth_test_free(open.zone, page);
	else
		labyrinth_ticket_release(open.ticket);
	labyrinth_refill_flush(open.zone);
	KUNIT_EXPECT_GT(test, labyrinth_test_module_refcount(), open.refcount);
	if (*page_first)
		labyrinth_ticket_release(open.ticket);
	else
		labyrinth_test_free(open.zone, page);
	KUNIT_EXPECT_TRUE(test, wait_until_gone(&open));
}

static void page_from_a_ticket_outlives_ticket_and_zone(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket(test, zone, NR);
	int refcount = labyrinth_test_module_refcount();
	struct page *page = labyrinth_ticket_alloc(ticket, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_ticket_release(ticket);
	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	memset(page_address(page), 0xff, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	labyrinth_free_page(zone, page);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(labyrinth_test_module_refcount() ==
						    refcount));
}

static void name_is_free_while_a_ticket_is_still_open(struct kunit *test)
{
	struct open_ticket open = {};
	struct labyrinth_zone *zone;

	make_open_ticket(test, &open);
	zone = labyrinth_test_zone(test, .reserve = RESERVE);
	KUNIT_EXPECT_NULL(test, labyrinth_ticket_alloc(open.ticket, NONE));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).ticketed, 0);
	labyrinth_ticket_release(open.ticket);
	KUNIT_EXPECT_TRUE(test, wait_until_gone(&open));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).owned, RESERVE);
}

static struct kunit_case end_cases[] = {
	KUNIT_CASE_PARAM(pages_released_go_to_a_short_reserve_first, context_gen_params),
	KUNIT_CASE_PARAM(pages_released_are_recycled, context_gen_params),
	KUNIT_CASE_PARAM(pages_released_that_nobody_wants_go_to_the_system,
			 context_gen_params),
	KUNIT_CASE_PARAM(release_gives_back_what_was_not_taken, context_gen_params),
	KUNIT_CASE_PARAM(second_release_does_nothing, context_gen_params),
	KUNIT_CASE(ticket_may_be_reserved_again),
	KUNIT_CASE(page_released_in_a_verify_zone_is_still_watched),
	KUNIT_CASE_PARAM(module_stays_until_the_ticket_is_released, context_gen_params),
	KUNIT_CASE(ticket_of_a_destroyed_zone_gives_nothing),
	KUNIT_CASE_PARAM(pages_of_a_destroyed_zone_go_to_the_system, context_gen_params),
	KUNIT_CASE_PARAM(zone_stays_for_its_pages_and_its_tickets, first_gen_params),
	KUNIT_CASE(page_from_a_ticket_outlives_ticket_and_zone),
	KUNIT_CASE(name_is_free_while_a_ticket_is_still_open),
	{}
};

static struct kunit_suite end_suite = {
	.name = "labyrinth_ticket_end",
	.test_cases = end_cases,
};

kunit_test_suite(end_suite);
