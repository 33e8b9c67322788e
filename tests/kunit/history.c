// SPDX-License-Identifier: GPL-2.0
/*
 * debugfs' events: what a zone remembers of itself.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "common.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define RESERVE	4U
#define EVENTS	"/sys/kernel/debug/labyrinth/kunit/events"
#define TEXT	65536
#define KEPT	256

/* The file, as far as it is there; the case fails if it is not. */
static char *events(struct kunit *test)
{
	char *text = kunit_kzalloc(test, TEXT, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, text);
	KUNIT_ASSERT_GT(test, labyrinth_test_seq_read(EVENTS, text, TEXT), 0);
	return text;
}

static unsigned int occurrences(const char *text, const char *what)
{
	unsigned int nr = 0;

	for (text = strstr(text, what); text; text = strstr(text + 1, what))
		nr++;
	return nr;
}

static noinline struct page *starving_driver(struct labyrinth_zone *zone)
{
	struct page *page = labyrinth_alloc_page_atomic(zone, NONE);

	barrier();
	return page;
}

static noinline void freeing_driver(struct labyrinth_zone *zone, struct page *page)
{
	labyrinth_free_page(zone, page);
	barrier();
}

static void creation_is_the_first_event(struct kunit *test)
{
	char *text;

	labyrinth_test_zone(test, .reserve = RESERVE, .max_pages = 1024);
	text = events(test);
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(text, "# time event caller detail\n"),
			      "'%s'", text);
	KUNIT_EXPECT_NOT_NULL_MSG(test,
				  strstr(text, " created - reserve=4 max_pages=1024\n"),
				  "'%s'", text);
	KUNIT_EXPECT_EQ(test, occurrences(text, "\n"), 2);
}

static void resize_is_told_with_both_figures_and_who_asked(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	char *text;

	KUNIT_ASSERT_EQ(test, labyrinth_zone_resize(zone, 9), 0);
	text = events(test);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(text, " from=4 to=9\n"), "'%s'", text);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(text, " resized resize_is_told"), "'%s'",
				  text);
	/* What changes nothing is no event, and what is refused neither. */
	KUNIT_ASSERT_EQ(test, labyrinth_zone_resize(zone, 9), 0);
	KUNIT_ASSERT_NE(test, labyrinth_zone_resize(zone, 0), 0);
	KUNIT_EXPECT_EQ(test, occurrences(events(test), " resized "), 1);
}

/* From the system's failure to its having memory again, in this order, once each. */
static void exhaustion_is_told_from_beginning_to_end(struct kunit *test)
{
	static const char * const order[] = {
		" created ", " latched ", " burst starving_driver+", " starved starving_driver+",
		" recovered ",
	};
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE,
							  .cache = LABYRINTH_NO_CACHE);
	struct page *page[RESERVE];
	unsigned int i;
	char *text, *at;

	KUNIT_ASSERT_EQ(test, labyrinth_zone_inject(zone, LABYRINTH_FAULT_SYSTEM, 0), 0);
	for (i = 0; i < RESERVE; i++) {
		page[i] = starving_driver(zone);
		KUNIT_ASSERT_NOT_NULL(test, page[i]);
	}
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_NULL(test, starving_driver(zone));
	KUNIT_ASSERT_EQ(test, labyrinth_zone_inject(zone, LABYRINTH_FAULT_NONE, 0), 0);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(!labyrinth_test_is_latched(zone) &&
						    !labyrinth_reserve_lack(zone)));
	labyrinth_refill_flush(zone);
	for (i = 0; i < RESERVE; i++)
		labyrinth_free_page(zone, page[i]);

	text = events(test);
	for (i = 0, at = text; i < ARRAY_SIZE(order); i++) {
		at = strstr(at, order[i]);
		KUNIT_ASSERT_NOT_NULL_MSG(test, at, "no '%s' where it should be in '%s'",
					  order[i], text);
		KUNIT_EXPECT_EQ_MSG(test, occurrences(text, order[i]), 1, "'%s' in '%s'",
				    order[i], text);
	}
	KUNIT_EXPECT_EQ_MSG(test, occurrences(text, " unlatched "), 1, "'%s'", text);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(text, " pages=1 starvations="), "'%s'", text);
}

static void next_starvation_is_another_event(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct page *page[RESERVE];
	unsigned int i, times;

	for (times = 1; times <= 3; times++) {
		labyrinth_test_cut_off(zone);
		for (i = 0; i < RESERVE; i++)
			page[i] = starving_driver(zone);
		KUNIT_ASSERT_NULL(test, starving_driver(zone));
		labyrinth_test_reconnect(zone);
		labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
		KUNIT_ASSERT_TRUE(test, labyrinth_test_wait(!READ_ONCE(zone->starved_since)));
		labyrinth_refill_flush(zone);
		for (i = 0; i < RESERVE; i++)
			labyrinth_free_page(zone, page[i]);
		KUNIT_EXPECT_EQ(test, occurrences(events(test), " starved "), times);
		KUNIT_EXPECT_EQ(test, occurrences(events(test), " recovered "), times);
	}
}

static void misuse_is_told_by_kind_and_culprit(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct page *page = labyrinth_alloc_page_atomic(zone, NONE);
	char *text;

	KUNIT_ASSERT_NOT_NULL(test, page);
	freeing_driver(zone, page);
	freeing_driver(zone, page);
	text = events(test);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(text, " misuse freeing_driver+"), "'%s'", text);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(text, " type=double_free page="), "'%s'", text);
}

static void only_the_last_events_are_kept(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	unsigned int i;
	char *text;

	for (i = 1; i <= KEPT + 10; i++)
		labyrinth_note(zone, LABYRINTH_NOTE_RESIZED, 0, 1000 + i, 0);
	text = events(test);
	KUNIT_EXPECT_EQ(test, occurrences(text, "\n"), KEPT + 1);
	KUNIT_EXPECT_NULL(test, strstr(text, " created "));
	KUNIT_EXPECT_NULL(test, strstr(text, " from=1010 "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, " from=1011 "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, " from=1266 "));
	KUNIT_EXPECT_LT(test, (unsigned long)strstr(text, " from=1011 "),
			(unsigned long)strstr(text, " from=1266 "));
}

/* A consumer with a mistake must not push out what happened before. */
static void flood_of_misuse_leaves_the_rest(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	unsigned int i;
	char *text;

	for (i = 0; i < 2 * KEPT; i++)
		KUNIT_ASSERT_NULL(test, labyrinth_alloc_page_atomic(zone,
								    LABYRINTH_QUALITY_VERIFY));
	text = events(test);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, " created "));
	KUNIT_EXPECT_GT(test, occurrences(text, " misuse "), 0);
	KUNIT_EXPECT_LT(test, occurrences(text, " misuse "), KEPT / 2);
}

static void note_here(void *zone)
{
	labyrinth_note(zone, LABYRINTH_NOTE_RESIZED, 0, 77, 78);
}

static void events_can_be_noted_in_nmi(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);

	labyrinth_test_in_hardirq(note_here, zone);
	labyrinth_test_in_nmi(note_here, zone);
	KUNIT_EXPECT_EQ(test, occurrences(events(test), " from=77 to=78\n"), 2);
}

static struct kunit_case history_cases[] = {
	KUNIT_CASE(creation_is_the_first_event),
	KUNIT_CASE(resize_is_told_with_both_figures_and_who_asked),
	KUNIT_CASE(exhaustion_is_told_from_beginning_to_end),
	KUNIT_CASE(next_starvation_is_another_event),
	KUNIT_CASE(misuse_is_told_by_kind_and_culprit),
	KUNIT_CASE(only_the_last_events_are_kept),
	KUNIT_CASE(flood_of_misuse_leaves_the_rest),
	KUNIT_CASE(events_can_be_noted_in_nmi),
	{}
};

static struct kunit_suite history_suite = {
	.name = "labyrinth_history",
	.test_cases = history_cases,
};

kunit_test_suite(history_suite);
