// SPDX-License-Identifier: GPL-2.0
/*
 * Tickets that cannot be had at once: who waits, for what, and what is left behind
 * by who gives up.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "common.h"

#define NONE		LABYRINTH_QUALITY_NONE
#define RESERVE		4U
#define NR		8U
#define SLACK		4U	/* pages that may find no slot in the registry */
#define LATER		(HZ / 10)
#define PATIENCE	(LABYRINTH_TEST_PATIENCE_S * HZ)

/**
 * struct later - something that happens while somebody waits for a ticket
 * @work: does it
 * @fn: what it does
 * @zone: with this zone
 * @ticket: or with this ticket
 * @page: or with these pages
 * @nr: how many there are
 */
struct later {
	struct delayed_work	work;
	void			(*fn)(struct later *later);
	struct labyrinth_zone	*zone;
	struct labyrinth_ticket	*ticket;
	struct page		**page;
	unsigned int		nr;
};

static void later_work(struct work_struct *work)
{
	struct later *later = container_of(to_delayed_work(work), struct later, work);

	later->fn(later);
}

static int wait_init(struct kunit *test)
{
	struct later *later = kunit_kzalloc(test, sizeof(*later), GFP_KERNEL);

	if (!later)
		return -ENOMEM;
	INIT_DELAYED_WORK(&later->work, later_work);
	test->priv = later;
	return 0;
}

static void wait_exit(struct kunit *test)
{
	struct later *later = test->priv;

	if (later)
		cancel_delayed_work_sync(&later->work);
}

/* On this CPU: what is freed then is in the cache here. */
static void happen_later(struct kunit *test, void (*fn)(struct later *later))
{
	struct later *later = test->priv;

	later->fn = fn;
	schedule_delayed_work_on(raw_smp_processor_id(), &later->work, LATER);
}

static struct labyrinth_zone *zone_without_system(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct later *later = test->priv;

	later->zone = zone;
	KUNIT_ASSERT_EQ(test, labyrinth_zone_inject(zone, LABYRINTH_FAULT_SYSTEM, 0), 0);
	return zone;
}

/*
 * Live pages until the zone owns all it may; not critical ones, so that the reserve
 * stays as it is. A page for which the registry has no slot would be given to us
 * again and again: it is held aside meanwhile.
 */
static unsigned int fill_up(struct labyrinth_zone *zone, struct page **page, unsigned int nr)
{
	struct page *aside[16];
	unsigned int got = 0, held = 0;

	for (;;) {
		got += labyrinth_test_take(zone, LABYRINTH_QUALITY_NOWAIT, page + got, nr - got);
		if (got == nr || held == ARRAY_SIZE(aside))
			break;
		aside[held] = alloc_page(GFP_KERNEL);
		if (!aside[held])
			break;
		held++;
	}
	while (held--)
		__free_page(aside[held]);
	return got;
}

/* A zone that owns all it may: @live live pages, and its reserve. */
static struct labyrinth_zone *full_zone(struct kunit *test, unsigned int live,
					unsigned int cache)
{
	unsigned int caches = cache == LABYRINTH_NO_CACHE ? 0 :
			      2 * cache * num_possible_cpus();
	struct later *later = test->priv;
	struct labyrinth_zone *zone;

	live = max(live, caches);
	zone = labyrinth_test_zone(test, .reserve = RESERVE, .cache = cache,
				   .max_pages = RESERVE + live);
	later->zone = zone;
	later->page = labyrinth_test_pages(test, live);
	later->nr = fill_up(zone, later->page, live);
	KUNIT_ASSERT_EQ(test, later->nr, live);
	KUNIT_ASSERT_EQ(test, labyrinth_test_stats(zone).owned, RESERVE + live);
	KUNIT_ASSERT_EQ(test, labyrinth_reserve_lack(zone), 0);
	return zone;
}

/* --- those that get none --- */

/* Nothing of a ticket that was not to be had. */
static void expect_nothing(struct kunit *test, struct labyrinth_zone *zone,
			   struct labyrinth_ticket *ticket)
{
	struct labyrinth_stats before = labyrinth_test_stats(zone), after;

	KUNIT_EXPECT_EQ(test, before.ticketed, 0);
	KUNIT_EXPECT_NULL(test, labyrinth_ticket_alloc(ticket, NONE));
	labyrinth_ticket_release(ticket);
	after = labyrinth_test_stats(zone);
	KUNIT_EXPECT_EQ(test, after.allocs, before.allocs);
	KUNIT_EXPECT_EQ(test, after.owned, before.owned);
	KUNIT_EXPECT_EQ(test, after.cached, before.cached);
	KUNIT_EXPECT_EQ(test, after.reserve, RESERVE);
	KUNIT_EXPECT_EQ(test, after.reserve_min_seen, RESERVE);
	labyrinth_test_books(test, zone);
}

static const unsigned long timeout_params[] = { 1, 2, 3, HZ / 10, HZ / 3 };

static void timeout_desc(const unsigned long *timeout, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%lu jiffies", *timeout);
}

KUNIT_ARRAY_PARAM(timeout, timeout_params, timeout_desc);

static void ticket_not_to_be_had_times_out_and_not_before(struct kunit *test)
{
	const unsigned long *timeout = test->param_value;
	struct labyrinth_zone *zone = zone_without_system(test);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket_new(test);
	unsigned long start = jiffies;

	KUNIT_EXPECT_EQ(test, labyrinth_ticket_reserve(zone, NR, *timeout, ticket),
			-ETIMEDOUT);
	KUNIT_EXPECT_TRUE(test, time_after_eq(jiffies, start + *timeout));
	expect_nothing(test, zone, ticket);
}

static void ticket_without_timeout_fails_for_now(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_without_system(test);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket_new(test);

	KUNIT_EXPECT_EQ(test, labyrinth_ticket_reserve(zone, NR, 0, ticket), -ENOMEM);
	expect_nothing(test, zone, ticket);
	/* But not for ever. */
	KUNIT_ASSERT_EQ(test, labyrinth_zone_inject(zone, LABYRINTH_FAULT_NONE, 0), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_ticket_reserve(zone, NR, 0, ticket), 0);
}

static const unsigned int missing_params[] = { 1, 5, NR };

static void missing_desc(const unsigned int *missing, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u of %u missing", *missing, NR);
}

KUNIT_ARRAY_PARAM(missing, missing_params, missing_desc);

static void ticket_has_all_its_pages_or_none(struct kunit *test)
{
	const unsigned int *missing = test->param_value;
	struct labyrinth_zone *zone = full_zone(test, 4 * NR, LABYRINTH_NO_CACHE);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket_new(test);
	struct later *later = test->priv;

	labyrinth_free_bulk(zone, NR - *missing, later->page);
	KUNIT_ASSERT_EQ(test, labyrinth_test_stats(zone).owned,
			zone->max_pages - NR + *missing);
	KUNIT_EXPECT_EQ(test, labyrinth_ticket_reserve(zone, NR, 0, ticket), -ENOMEM);
	expect_nothing(test, zone, ticket);
	KUNIT_EXPECT_EQ(test, labyrinth_ticket_reserve(zone, NR, 2, ticket), -ETIMEDOUT);
	expect_nothing(test, zone, ticket);
	labyrinth_free_bulk(zone, *missing + SLACK, later->page + NR - *missing);
	KUNIT_EXPECT_EQ(test, labyrinth_ticket_reserve(zone, NR, 0, ticket), 0);
}

struct refused_param {
	unsigned int		nr;
	labyrinth_quality_t	quality;
	int			error;
};

static const struct refused_param refused_params[] = {
	{ 0, NONE, -EINVAL },
	{ 61, NONE, -ENOMEM },
	{ UINT_MAX, NONE, -ENOMEM },
	{ 1, LABYRINTH_QUALITY_ACCOUNT, -EINVAL },
	{ 1, LABYRINTH_QUALITY_ACCOUNT | LABYRINTH_QUALITY_ZERO, -EINVAL },
};

static void refused_desc(const struct refused_param *param, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u pages, zone quality 0x%x", param->nr,
		 (__force unsigned int)param->quality);
}

KUNIT_ARRAY_PARAM(refused, refused_params, refused_desc);

/* If they waited, they would wait for ever. */
static void ticket_that_can_never_be_is_refused_at_once(struct kunit *test)
{
	const struct refused_param *param = test->param_value;
	struct labyrinth_ticket *ticket;
	struct labyrinth_zone *zone;

	zone = labyrinth_test_zone(test, .reserve = RESERVE, .max_pages = RESERVE + 60,
				   .cache = LABYRINTH_NO_CACHE, .quality = param->quality);
	ticket = labyrinth_test_ticket_new(test);
	KUNIT_EXPECT_EQ(test, labyrinth_ticket_reserve(zone, param->nr, MAX_SCHEDULE_TIMEOUT,
						       ticket), param->error);
	expect_nothing(test, zone, ticket);
}

/* All that the zone may own; it has slots for more than three times as many. */
static void largest_ticket_can_be_had(struct kunit *test)
{
	struct labyrinth_zone *zone;

	zone = labyrinth_test_zone(test, .reserve = RESERVE, .max_pages = RESERVE + 14,
				   .cache = LABYRINTH_NO_CACHE);
	labyrinth_test_ticket(test, zone, 14);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).owned, zone->max_pages);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, RESERVE);
}

/* --- those that wait and get it --- */

static const unsigned long enough_params[] = {
	PATIENCE, MAX_SCHEDULE_TIMEOUT, ULONG_MAX,
};

static void enough_desc(const unsigned long *timeout, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%lu jiffies", *timeout);
}

KUNIT_ARRAY_PARAM(enough, enough_params, enough_desc);

static void mend_the_system(struct later *later)
{
	labyrinth_zone_inject(later->zone, LABYRINTH_FAULT_NONE, 0);
}

static void ticket_waits_until_the_system_is_back(struct kunit *test)
{
	const unsigned long *timeout = test->param_value;
	struct labyrinth_zone *zone = zone_without_system(test);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket_new(test);
	unsigned long start = jiffies;
	struct page *page[NR + 1];

	happen_later(test, mend_the_system);
	KUNIT_ASSERT_EQ(test, labyrinth_ticket_reserve(zone, NR, *timeout, ticket), 0);
	KUNIT_EXPECT_TRUE(test, time_after_eq(jiffies, start + LATER));
	KUNIT_EXPECT_EQ(test, labyrinth_test_ticket_take(ticket, NONE, page, NR + 1), NR);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_min_seen, RESERVE);
}

static void free_pages_taken(struct later *later)
{
	labyrinth_free_bulk(later->zone, 2 * NR, later->page);
}

static const unsigned int cache_params[] = { LABYRINTH_NO_CACHE, 1, 64 };

static void cache_desc(const unsigned int *cache, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "cache %d", (int)*cache);
}

KUNIT_ARRAY_PARAM(cache, cache_params, cache_desc);

static void ticket_waits_until_pages_are_freed(struct kunit *test)
{
	const unsigned int *cache = test->param_value;
	struct labyrinth_zone *zone = full_zone(test, 4 * NR, *cache);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket_new(test);
	unsigned long start = jiffies;

	happen_later(test, free_pages_taken);
	KUNIT_ASSERT_EQ(test, labyrinth_ticket_reserve(zone, NR, PATIENCE, ticket), 0);
	KUNIT_EXPECT_TRUE(test, time_after_eq(jiffies, start + LATER));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).ticketed, NR);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_min_seen, RESERVE);
}

static void release_the_other(struct later *later)
{
	labyrinth_ticket_release(later->ticket);
}

static void ticket_waits_until_another_is_released(struct kunit *test)
{
	struct labyrinth_zone *zone = full_zone(test, 4 * NR, LABYRINTH_NO_CACHE);
	struct labyrinth_ticket *ticket = labyrinth_test_ticket_new(test);
	struct later *later = test->priv;

	labyrinth_free_bulk(zone, NR + SLACK, later->page);
	later->ticket = labyrinth_test_ticket(test, zone, NR);
	KUNIT_ASSERT_EQ(test, labyrinth_ticket_reserve(zone, NR, 0, ticket), -ENOMEM);
	happen_later(test, release_the_other);
	KUNIT_ASSERT_EQ(test, labyrinth_ticket_reserve(zone, NR, PATIENCE, ticket), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).ticketed, NR);
}

static long free_there(void *arg)
{
	struct later *later = arg;

	labyrinth_free_bulk(later->zone, NR + SLACK, later->page);
	return 0;
}

/* They lie idle, where this CPU cannot take them. */
static void ticket_waits_for_idle_pages_of_another_cpu(struct kunit *test)
{
	struct labyrinth_ticket *ticket;
	struct labyrinth_zone *zone;
	unsigned int other;

	if (num_online_cpus() < 2)
		kunit_skip(test, "one CPU");
	zone = full_zone(test, 4 * NR, 64);
	ticket = labyrinth_test_ticket_new(test);
	other = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	KUNIT_ASSERT_EQ(test, work_on_cpu(other, free_there, test->priv), 0);
	KUNIT_ASSERT_EQ(test, per_cpu_ptr(zone->cache, other)->nr, NR + SLACK);
	KUNIT_EXPECT_EQ(test, labyrinth_ticket_reserve(zone, NR, 0, ticket), -ENOMEM);
	KUNIT_EXPECT_EQ(test, labyrinth_ticket_reserve(zone, NR, PATIENCE, ticket), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, 0);
}

/* --- several that wait --- */

#define WAITERS	3U
#define ROUNDS	10U

/**
 * struct waiter - a thread that wants tickets again and again
 * @zone: of this zone
 * @rounds: tickets that it got
 * @errors: and the one that it did not get; it gives up then
 * @done: it has ended
 */
struct waiter {
	struct labyrinth_zone	*zone;
	unsigned int		rounds;
	unsigned int		errors;
	struct completion	done;
};

static int wait_for_tickets(void *arg)
{
	struct labyrinth_ticket ticket;
	struct waiter *waiter = arg;
	struct page *page[NR + 1];
	unsigned int i, nr;

	for (i = 0; i < ROUNDS; i++) {
		if (labyrinth_ticket_reserve(waiter->zone, NR, 3 * PATIENCE, &ticket)) {
			waiter->errors++;
			break;
		}
		/* Hold it, so that the others do have to wait. */
		schedule_timeout_idle(1);
		nr = labyrinth_test_ticket_take(&ticket, NONE, page, i % 2 ? NR + 1 : NR / 2);
		waiter->rounds += nr == (i % 2 ? NR : NR / 2);
		labyrinth_free_bulk(waiter->zone, nr, page);
		labyrinth_ticket_release(&ticket);
	}
	complete(&waiter->done);
	return 0;
}

/* There is room for one and a half: nobody may hold on to a half. */
static void ticket_that_waits_holds_no_pages_meanwhile(struct kunit *test)
{
	struct labyrinth_zone *zone = full_zone(test, 4 * NR, LABYRINTH_NO_CACHE);
	struct later *later = test->priv;
	struct waiter *waiter;
	unsigned int i;

	waiter = kunit_kcalloc(test, WAITERS, sizeof(*waiter), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, waiter);
	labyrinth_free_bulk(zone, NR + SLACK, later->page);
	for (i = 0; i < WAITERS; i++) {
		waiter[i].zone = zone;
		init_completion(&waiter[i].done);
		if (IS_ERR(kthread_run(wait_for_tickets, &waiter[i], "kunit-waiter/%u", i)))
			complete(&waiter[i].done);
	}
	for (i = 0; i < WAITERS; i++)
		wait_for_completion(&waiter[i].done);
	for (i = 0; i < WAITERS; i++) {
		KUNIT_EXPECT_EQ(test, waiter[i].rounds, ROUNDS);
		KUNIT_EXPECT_EQ(test, waiter[i].errors, 0);
	}
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).ticketed, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_min_seen, RESERVE);
	labyrinth_test_books(test, zone);
}

static struct kunit_case wait_cases[] = {
	KUNIT_CASE_PARAM(ticket_not_to_be_had_times_out_and_not_before, timeout_gen_params),
	KUNIT_CASE(ticket_without_timeout_fails_for_now),
	KUNIT_CASE_PARAM(ticket_has_all_its_pages_or_none, missing_gen_params),
	KUNIT_CASE_PARAM(ticket_that_can_never_be_is_refused_at_once, refused_gen_params),
	KUNIT_CASE(largest_ticket_can_be_had),
	KUNIT_CASE_PARAM(ticket_waits_until_the_system_is_back, enough_gen_params),
	KUNIT_CASE_PARAM(ticket_waits_until_pages_are_freed, cache_gen_params),
	KUNIT_CASE(ticket_waits_until_another_is_released),
	KUNIT_CASE(ticket_waits_for_idle_pages_of_another_cpu),
	KUNIT_CASE(ticket_that_waits_holds_no_pages_meanwhile),
	{}
};

static struct kunit_suite wait_suite = {
	.name = "labyrinth_ticket_wait",
	.init = wait_init,
	.exit = wait_exit,
	.test_cases = wait_cases,
};

kunit_test_suite(wait_suite);
