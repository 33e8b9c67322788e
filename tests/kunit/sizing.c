// SPDX-License-Identifier: GPL-2.0
/*
 * What the size of the reserve is to be told from: how many pages it would have needed,
 * to the page, and what is recommended from that. tests/kunit/sizing_time.c has what
 * goes by the clock.
 */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/minmax.h>

#include "common.h"

#define NONE		LABYRINTH_QUALITY_NONE
#define NOWAIT		LABYRINTH_QUALITY_NOWAIT
#define RESERVE		16U
#define FILES		"/sys/kernel/labyrinth/kunit/"

static struct labyrinth_sizing_figures figures(struct labyrinth_zone *zone)
{
	struct labyrinth_sizing_figures read;

	labyrinth_sizing_read(zone, &read);
	return read;
}

/* Nothing but the reserve serves, and nobody fills it. */
static struct labyrinth_zone *dry_zone(struct kunit *test)
{
	struct labyrinth_zone *zone;

	zone = labyrinth_test_zone(test, .reserve = RESERVE, .max_pages = 1024,
				   .cache = LABYRINTH_NO_CACHE);
	labyrinth_test_cut_off(zone);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	/* Nor may the worker be at it already, on another CPU. */
	labyrinth_refill_flush(zone);
	return zone;
}

/* As many requests as that, one after the other, whether they get a page or not. */
static void ask(struct labyrinth_zone *zone, labyrinth_quality_t quality, unsigned int nr)
{
	while (nr--)
		(void)labyrinth_test_alloc(zone, quality);
}

/* The system has memory again, and the worker has seen to the zone. */
static void let_recover(struct kunit *test, struct labyrinth_zone *zone)
{
	labyrinth_test_reconnect(zone);
	labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(!labyrinth_reserve_lack(zone) &&
						    !labyrinth_test_is_latched(zone)));
	/* A pass that has filled it settles after that. */
	labyrinth_refill_flush(zone);
	labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
	labyrinth_refill_flush(zone);
}

static void go_dry(struct labyrinth_zone *zone)
{
	labyrinth_test_cut_off(zone);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	labyrinth_refill_flush(zone);
}

/* --- the peak --- */

static const unsigned int need_params[] = { 1, 5, RESERVE - 1, RESERVE, RESERVE + 1, 50 };

static void need_desc(const unsigned int *need, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u of %u pages", *need, RESERVE);
}

KUNIT_ARRAY_PARAM(need, need_params, need_desc);

static void peak_is_what_was_asked_for_at_once(struct kunit *test)
{
	const unsigned int *need = test->param_value;
	struct labyrinth_zone *zone = dry_zone(test);

	KUNIT_EXPECT_EQ(test, figures(zone).reserve_peak, 0);
	ask(zone, NONE, *need);
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_peak, *need);
	KUNIT_EXPECT_EQ(test, figures(zone).denied, *need - min(*need, RESERVE));
	let_recover(test, zone);
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_peak, *need);
}

/* The condition that it is all about. */
static void recommended_reserve_serves_and_three_quarters_of_it_do_not(struct kunit *test)
{
	const unsigned int *need = test->param_value;
	struct labyrinth_zone *zone = dry_zone(test);
	unsigned int recommended, less;

	ask(zone, NONE, *need);
	let_recover(test, zone);
	recommended = figures(zone).reserve_recommended;
	KUNIT_ASSERT_GE(test, recommended, *need);
	KUNIT_ASSERT_EQ(test, labyrinth_zone_resize(zone, recommended), 0);
	go_dry(zone);
	ask(zone, NONE, *need);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).starvations,
			*need - min(*need, RESERVE));
	let_recover(test, zone);

	less = max(recommended * 3 / 4, 1U);
	KUNIT_ASSERT_EQ(test, labyrinth_zone_resize(zone, less), 0);
	go_dry(zone);
	ask(zone, NONE, *need);
	if (*need > 1)
		KUNIT_EXPECT_GT(test, labyrinth_test_stats(zone).starvations,
				*need - min(*need, RESERVE));
}

static void each_page_of_a_bulk_is_denied(struct kunit *test)
{
	struct page **pages = labyrinth_test_pages(test, 64);
	struct labyrinth_zone *zone = dry_zone(test);

	ask(zone, NONE, 6);
	KUNIT_EXPECT_NE(test, labyrinth_alloc_bulk_atomic(zone, NONE, 40, pages), 0);
	KUNIT_EXPECT_EQ(test, figures(zone).denied, 40);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).starvations, 1);
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_peak, 46);
}

/* No reserve whatever could have served it. */
static void bulk_of_more_than_the_zone_may_own_is_no_evidence(struct kunit *test)
{
	struct page **pages = labyrinth_test_pages(test, 1025);
	struct labyrinth_zone *zone = dry_zone(test);

	KUNIT_EXPECT_NE(test, labyrinth_alloc_bulk_atomic(zone, NONE, 1025, pages), 0);
	KUNIT_EXPECT_EQ(test, figures(zone).denied, 0);
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_recommended, RESERVE);
}

/* Ten were left after the bulk got none of them. */
static void what_is_taken_after_something_was_denied_is_added(struct kunit *test)
{
	struct page **pages = labyrinth_test_pages(test, 64);
	struct labyrinth_zone *zone = dry_zone(test);

	ask(zone, NONE, 6);
	KUNIT_EXPECT_NE(test, labyrinth_alloc_bulk_atomic(zone, NONE, 40, pages), 0);
	ask(zone, NONE, 10);
	KUNIT_EXPECT_EQ(test, figures(zone).denied, 40);
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_peak, 56);
}

static void requests_that_are_not_critical_need_nothing(struct kunit *test)
{
	struct labyrinth_zone *zone = dry_zone(test);

	ask(zone, NOWAIT, 100);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).failed, 100);
	KUNIT_EXPECT_EQ(test, figures(zone).denied, 0);
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_peak, 0);
}

static void bursts_between_which_it_recovers_do_not_add_up(struct kunit *test)
{
	struct labyrinth_zone *zone = dry_zone(test);

	ask(zone, NONE, 40);
	let_recover(test, zone);
	go_dry(zone);
	ask(zone, NONE, 30);
	KUNIT_EXPECT_EQ(test, figures(zone).denied, 40 + 30 - 2 * RESERVE);
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_peak, 40);
	let_recover(test, zone);
	go_dry(zone);
	ask(zone, NONE, 45);
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_peak, 45);
}

/* Frees bring pages back, but the system has none: that is one burst still. */
static void bursts_without_recovery_add_up(struct kunit *test)
{
	struct labyrinth_zone *zone = dry_zone(test);

	ask(zone, NONE, 40);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, false);
	labyrinth_refill_flush(zone);
	ask(zone, NONE, 30);
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_peak, 70);
}

/*
 * A driver that would live on 32 pages and has half of them, each for as long as it
 * takes to ask for 32 more: half of its requests are denied, for ever.
 */
static void pages_that_come_back_are_not_needed_twice(struct kunit *test)
{
	struct labyrinth_zone *zone = dry_zone(test);
	struct page *pages[RESERVE];
	unsigned int i;

	for (i = 0; i < RESERVE; i++)
		pages[i] = labyrinth_test_alloc(zone, NONE);
	for (i = 0; i < 50 * RESERVE; i++) {
		struct page **page = &pages[i % RESERVE];

		ask(zone, NONE, 1);
		/* The handler of kicks may come late, and would find more at once. */
		figures(zone);
		labyrinth_test_free(zone, *page);
		*page = labyrinth_test_alloc(zone, NONE);
		KUNIT_ASSERT_NOT_NULL(test, *page);
	}
	KUNIT_EXPECT_EQ(test, figures(zone).denied, 50 * RESERVE);
	KUNIT_EXPECT_GE(test, figures(zone).reserve_peak, 2 * RESERVE - 1);
	KUNIT_EXPECT_LE(test, figures(zone).reserve_peak, 2 * RESERVE + 2);
}

/* --- resize and restart --- */

static void growth_keeps_the_peak_and_adds_nothing(struct kunit *test)
{
	struct labyrinth_zone *zone = dry_zone(test);

	ask(zone, NONE, 5);
	let_recover(test, zone);
	KUNIT_ASSERT_EQ(test, labyrinth_zone_resize(zone, 100), 0);
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_peak, 5);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_min_seen, 100);
	go_dry(zone);
	ask(zone, NONE, 7);
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_peak, 7);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_min_seen, 93);
}

static void shrinking_keeps_the_peak_and_adds_nothing(struct kunit *test)
{
	struct labyrinth_zone *zone = dry_zone(test);

	ask(zone, NONE, 12);
	let_recover(test, zone);
	KUNIT_ASSERT_EQ(test, labyrinth_zone_resize(zone, 4), 0);
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_peak, 12);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_min_seen, 4);
	go_dry(zone);
	ask(zone, NONE, 9);
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_peak, 12);
	ask(zone, NONE, 6);
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_peak, 15);
}

static void growth_that_fails_leaves_the_evidence(struct kunit *test)
{
	struct labyrinth_zone *zone = dry_zone(test);

	ask(zone, NONE, 5);
	KUNIT_ASSERT_EQ(test, labyrinth_zone_resize(zone, 100), -ENOMEM);
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_peak, 5);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_min_seen, RESERVE - 5);
}

static void write_file(struct kunit *test, const char *name, const char *text)
{
	char path[80];

	snprintf(path, sizeof(path), FILES "%s", name);
	KUNIT_ASSERT_EQ(test, labyrinth_test_file_write(path, text), 0);
}

static void evidence_can_be_restarted(struct kunit *test)
{
	struct labyrinth_zone *zone = dry_zone(test);
	struct labyrinth_sizing_figures before, after;

	ask(zone, NONE, 40);
	let_recover(test, zone);
	before = figures(zone);
	KUNIT_ASSERT_EQ(test, before.reserve_peak, 40);
	KUNIT_ASSERT_GT(test, before.refill_latency_us, 0);
	KUNIT_ASSERT_GT(test, before.starvation_longest_us, 0);
	write_file(test, "reserve_min_seen", "1\n");
	after = figures(zone);
	KUNIT_EXPECT_EQ(test, after.reserve_peak, 0);
	KUNIT_EXPECT_EQ(test, after.drain_100ms, 0);
	KUNIT_EXPECT_EQ(test, after.refill_latency_us, 0);
	KUNIT_EXPECT_EQ(test, after.starvation_longest_us, 0);
	KUNIT_EXPECT_EQ(test, after.reserve_recommended, RESERVE);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_min_seen, RESERVE);
	/* Counters go on. */
	KUNIT_EXPECT_EQ(test, after.denied, before.denied);
	go_dry(zone);
	ask(zone, NONE, 3);
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_peak, 3);
	/* Where that takes more than a millisecond, it has been sampled. */
	KUNIT_EXPECT_LE(test, figures(zone).drain_100ms, 3);
}

static void evidence_restarted_in_a_burst_begins_with_what_is_lacking(struct kunit *test)
{
	struct labyrinth_zone *zone = dry_zone(test);

	ask(zone, NONE, 40);
	write_file(test, "reserve_min_seen", "reset");
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_min_seen, 0);
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_peak, RESERVE);
}

/* --- what is recommended --- */

static void unused_reserve_is_recommended_as_it_is(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 37);

	labyrinth_test_free(zone, labyrinth_test_alloc(zone, NONE));
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_recommended, 37);
	KUNIT_ASSERT_EQ(test, labyrinth_zone_resize(zone, 40), 0);
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_recommended, 40);
}

static void one_page_taken_is_no_reason_for_none(struct kunit *test)
{
	struct labyrinth_zone *zone = dry_zone(test);

	ask(zone, NONE, 1);
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_recommended, 2);
}

static void recommended_has_an_eighth_to_spare(struct kunit *test)
{
	struct labyrinth_zone *zone = dry_zone(test);

	ask(zone, NONE, 80);
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_recommended, 90);
	ask(zone, NONE, 1);
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_recommended, 92);
}

static void no_more_is_recommended_than_resize_allows(struct kunit *test)
{
	struct labyrinth_zone *zone;
	unsigned int most;

	zone = labyrinth_test_zone(test, .reserve = 4, .cache = 2, .max_pages = 1024);
	/* As in resize_past_max_pages_is_refused(). */
	most = 1024 - 2 * 2 * num_possible_cpus();
	labyrinth_test_cut_off(zone);
	ask(zone, NONE, 2000);
	KUNIT_EXPECT_GE(test, figures(zone).reserve_peak, 2000);
	KUNIT_EXPECT_EQ(test, figures(zone).reserve_recommended, most);
	labyrinth_test_reconnect(zone);
	KUNIT_EXPECT_NE(test, labyrinth_zone_resize(zone, most + 1), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, most), 0);
}

static struct kunit_case sizing_cases[] = {
	KUNIT_CASE_PARAM(peak_is_what_was_asked_for_at_once, need_gen_params),
	KUNIT_CASE_PARAM(recommended_reserve_serves_and_three_quarters_of_it_do_not,
			 need_gen_params),
	KUNIT_CASE(each_page_of_a_bulk_is_denied),
	KUNIT_CASE(bulk_of_more_than_the_zone_may_own_is_no_evidence),
	KUNIT_CASE(what_is_taken_after_something_was_denied_is_added),
	KUNIT_CASE(requests_that_are_not_critical_need_nothing),
	KUNIT_CASE(bursts_between_which_it_recovers_do_not_add_up),
	KUNIT_CASE(bursts_without_recovery_add_up),
	KUNIT_CASE(pages_that_come_back_are_not_needed_twice),
	KUNIT_CASE(growth_keeps_the_peak_and_adds_nothing),
	KUNIT_CASE(shrinking_keeps_the_peak_and_adds_nothing),
	KUNIT_CASE(growth_that_fails_leaves_the_evidence),
	KUNIT_CASE(evidence_can_be_restarted),
	KUNIT_CASE(evidence_restarted_in_a_burst_begins_with_what_is_lacking),
	KUNIT_CASE(unused_reserve_is_recommended_as_it_is),
	KUNIT_CASE(one_page_taken_is_no_reason_for_none),
	KUNIT_CASE(recommended_has_an_eighth_to_spare),
	KUNIT_CASE(no_more_is_recommended_than_resize_allows),
	{}
};

static struct kunit_suite sizing_suite = {
	.name = "labyrinth_sizing",
	.test_cases = sizing_cases,
};

kunit_test_suite(sizing_suite);
