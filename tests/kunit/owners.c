// SPDX-License-Identifier: GPL-2.0
/*
 * Live pages by call site: who has how many, since when, and the most that was found.
 */
#include <kunit/test.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "../../src/owners.h"
#include "log.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define RESERVE	8U
#define FILE	"/sys/kernel/debug/labyrinth/kunit/owners"

/* A count as the file makes it; it goes with the case. */
static struct labyrinth_owners *count(struct kunit *test, struct labyrinth_zone *zone)
{
	struct labyrinth_owners *owners = labyrinth_owners_read(zone);

	KUNIT_ASSERT_FALSE(test, IS_ERR(owners));
	labyrinth_test_keep(test, owners);
	return owners;
}

/* Another kind of count, likewise, not sorted. */
static struct labyrinth_owners *count_of(struct kunit *test, struct labyrinth_zone *zone,
					 enum labyrinth_owned owned)
{
	struct labyrinth_owners *owners = labyrinth_owners_alloc();

	KUNIT_ASSERT_NOT_NULL(test, owners);
	labyrinth_test_keep(test, owners);
	labyrinth_owners_count(zone, owned, labyrinth_registry_moment(), owners);
	return owners;
}

static unsigned int pages_of(const struct labyrinth_owners *owners)
{
	unsigned int i, pages = owners->others.pages;

	for (i = 0; i < owners->nr; i++)
		pages += owners->site[i].pages;
	return pages;
}

static void expect_site(struct kunit *test, const struct labyrinth_owner *owner,
			const char *name, unsigned int pages)
{
	char caller[LABYRINTH_CALLER_LEN];

	snprintf(caller, sizeof(caller), "%pS", (void *)owner->key);
	KUNIT_EXPECT_TRUE_MSG(test, !strncmp(caller, name, strlen(name)),
			      "%s is not in %s", caller, name);
	KUNIT_EXPECT_EQ(test, owner->pages, pages);
}

static void take_by(struct kunit *test, struct labyrinth_zone *zone,
		    unsigned int nr, struct page **page)
{
	while (nr--) {
		*page = taker(zone, NONE);
		KUNIT_ASSERT_NOT_NULL(test, *page++);
	}
}

static void live_pages_are_counted_by_who_took_them_most_first(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct page *page[5];
	struct labyrinth_owners *owners;
	unsigned int i;

	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_NOT_NULL(test, second_taker(zone));
	take_by(test, zone, 5, page);
	owners = count(test, zone);
	KUNIT_ASSERT_EQ(test, owners->nr, 2);
	expect_site(test, &owners->site[0], "taker+", 5);
	expect_site(test, &owners->site[1], "second_taker+", 3);

	for (i = 0; i < 3; i++)
		freer(zone, page[i]);
	owners = count(test, zone);
	KUNIT_ASSERT_EQ(test, owners->nr, 2);
	expect_site(test, &owners->site[0], "second_taker+", 3);
	expect_site(test, &owners->site[1], "taker+", 2);
	KUNIT_EXPECT_EQ(test, owners->others.pages, 0);
}

static void who_has_given_all_back_is_not_listed(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct page *page[4];

	KUNIT_EXPECT_EQ(test, count(test, zone)->nr, 0);
	take_by(test, zone, 4, page);
	KUNIT_EXPECT_EQ(test, count(test, zone)->nr, 1);
	bulk_freer(zone, 4, page);
	KUNIT_EXPECT_EQ(test, count(test, zone)->nr, 0);
}

static void oldest_page_is_the_one_that_counts(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct page *page[3];
	unsigned long when;

	take_by(test, zone, 3, page);
	when = jiffies - 1000 * HZ;
	labyrinth_test_desc(zone, page[1])->when = when;
	labyrinth_test_desc(zone, page[2])->when = when + HZ;
	KUNIT_EXPECT_EQ(test, count(test, zone)->site[0].since, when);
}

/* Whoever walks a table while pages change hands must not count them twice. */
static void what_is_taken_during_the_count_is_not_in_it(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct page *page[3];

	take_by(test, zone, 3, page);
	labyrinth_test_desc(zone, page[1])->when = jiffies + 1000 * HZ;
	KUNIT_EXPECT_EQ(test, pages_of(count(test, zone)), 2);
}

static void split_page_is_one_page_and_its_fragments_are_told_apart(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct page *page;
	void *frag[3];
	unsigned int i;

	take_by(test, zone, 1, &page);
	for (i = 0; i < ARRAY_SIZE(frag); i++) {
		frag[i] = labyrinth_test_frag(zone, 64, 0, NONE);
		KUNIT_ASSERT_NOT_NULL(test, frag[i]);
	}
	KUNIT_EXPECT_EQ(test, pages_of(count(test, zone)), 2);
	KUNIT_EXPECT_EQ(test, pages_of(count_of(test, zone, LABYRINTH_OWNED_LIVE)), 2);
	KUNIT_EXPECT_EQ(test, pages_of(count_of(test, zone, LABYRINTH_OWNED_WHOLE)), 1);
	KUNIT_EXPECT_EQ(test, pages_of(count_of(test, zone, LABYRINTH_OWNED_FRAGMENTS)), 3);
}

static void pages_of_tickets_are_a_count_of_their_own(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct page *page;

	labyrinth_test_ticket(test, zone, 3);
	take_by(test, zone, 1, &page);
	KUNIT_EXPECT_EQ(test, pages_of(count(test, zone)), 1);
	KUNIT_EXPECT_EQ(test, pages_of(count_of(test, zone, LABYRINTH_OWNED_TICKET)), 3);
}

/* --- the most that was found --- */

static void most_is_what_any_count_has_found(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);
	struct page *page[6];

	take_by(test, zone, 6, page);
	KUNIT_EXPECT_EQ(test, count(test, zone)->site[0].most, 6);
	bulk_freer(zone, 6, page);
	KUNIT_EXPECT_EQ(test, count(test, zone)->nr, 0);
	take_by(test, zone, 2, page);
	KUNIT_EXPECT_EQ(test, count(test, zone)->site[0].pages, 2);
	KUNIT_EXPECT_EQ(test, count(test, zone)->site[0].most, 6);
	take_by(test, zone, 1, page + 2);
	KUNIT_EXPECT_EQ(test, count(test, zone)->site[0].most, 6);
}

/* Let it look, once at least. */
static void wake_worker(struct labyrinth_zone *zone)
{
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, false);
	labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
	labyrinth_refill_flush(zone);
}

/* RESERVE pages are taken while nothing else can serve, and all but one given back. */
static void come_and_go(struct kunit *test, struct labyrinth_zone *zone, bool starve)
{
	struct page *page[RESERVE];

	labyrinth_test_cut_off(zone);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	take_by(test, zone, RESERVE, page);
	if (starve)
		KUNIT_ASSERT_NULL(test, taker(zone, NONE));
	wake_worker(zone);
	bulk_freer(zone, RESERVE - 1, page + 1);
	labyrinth_test_reconnect(zone);
}

static void worker_counts_when_a_burst_begins(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);

	come_and_go(test, zone, false);
	KUNIT_EXPECT_EQ(test, count(test, zone)->site[0].pages, 1);
	KUNIT_EXPECT_EQ(test, count(test, zone)->site[0].most, RESERVE);
}

static void worker_counts_when_somebody_starves(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE,
							  .policy = LABYRINTH_RESERVE_ONLY);

	come_and_go(test, zone, true);
	KUNIT_EXPECT_EQ(test, count(test, zone)->site[0].pages, 1);
	KUNIT_EXPECT_EQ(test, count(test, zone)->site[0].most, RESERVE);
}

static void worker_does_not_count_for_nothing(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE,
							  .policy = LABYRINTH_RESERVE_ONLY);

	come_and_go(test, zone, false);
	KUNIT_EXPECT_EQ(test, count(test, zone)->site[0].most, 1);
}

static void worker_does_not_count_again_within_a_second(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE);

	zone->owners_counted = jiffies + 1000 * HZ;
	come_and_go(test, zone, true);
	KUNIT_EXPECT_EQ(test, count(test, zone)->site[0].most, 1);
}

/* --- more call sites than places, and the file --- */

#define MANY	((unsigned int)LABYRINTH_OWNERS + 8)

static struct labyrinth_zone *zone_of_many(struct kunit *test)
{
	struct page **page = labyrinth_test_pages(test, MANY);
	struct labyrinth_zone *zone;
	unsigned int i;

	zone = labyrinth_test_zone(test, .reserve = RESERVE, .max_pages = 4 * MANY);
	take_by(test, zone, MANY, page);
	for (i = 0; i < MANY; i++)
		labyrinth_test_desc(zone, page[i])->caller = (unsigned long)taker + i;
	return zone;
}

static void what_finds_no_place_is_counted_as_others(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_of_many(test);
	struct labyrinth_owners *owners = count(test, zone);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, owners->nr, LABYRINTH_OWNERS);
	KUNIT_EXPECT_EQ(test, owners->others.pages, 8);
	KUNIT_EXPECT_EQ(test, owners->others.most, 8);
	for (i = 0; i < owners->nr; i++)
		KUNIT_EXPECT_EQ(test, owners->site[i].pages, 1);
}

static char *read_file(struct kunit *test, size_t size)
{
	char *text = kunit_kzalloc(test, size, GFP_KERNEL);
	int length;

	KUNIT_ASSERT_NOT_NULL(test, text);
	length = labyrinth_test_seq_read(FILE, text, size);
	if (length == -ENOENT)
		kunit_skip(test, "no debugfs");
	KUNIT_ASSERT_GT(test, length, 0);
	return text;
}

static void file_has_others_last(struct kunit *test)
{
	const size_t size = (MANY + 1) * 160;
	const char *others;
	char *text;

	zone_of_many(test);
	text = read_file(test, size);
	KUNIT_ASSERT_LT(test, strlen(text), size - 1);
	others = strstr(text, " 8 (others)\n");
	KUNIT_ASSERT_NOT_NULL(test, others);
	KUNIT_EXPECT_STREQ(test, others, " 8 (others)\n");
}

static void file_has_each_call_site_with_its_figures(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE, .order = 1);
	struct page *page[3];
	int nr, at = 0;
	unsigned int ms;
	char *text;

	take_by(test, zone, 3, page);
	labyrinth_test_desc(zone, page[1])->when = jiffies - 1000 * HZ;
	KUNIT_ASSERT_NOT_NULL(test, second_taker(zone));
	text = read_file(test, 4096);
	KUNIT_ASSERT_EQ(test, strncmp(text, "# pages bytes oldest_ms most caller\n", 36), 0);
	nr = sscanf(text + 36, "3 24576 %u 3 taker+%n", &ms, &at);
	KUNIT_ASSERT_EQ(test, nr, 1);
	KUNIT_EXPECT_GT(test, at, 0);
	KUNIT_EXPECT_GE(test, ms, 1000000);
	KUNIT_EXPECT_LT(test, ms, 1100000);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "\n1 8192 "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, " 1 second_taker+"));
	KUNIT_EXPECT_FALSE(test, has_address(text));
}

static struct kunit_case owners_cases[] = {
	KUNIT_CASE(live_pages_are_counted_by_who_took_them_most_first),
	KUNIT_CASE(who_has_given_all_back_is_not_listed),
	KUNIT_CASE(oldest_page_is_the_one_that_counts),
	KUNIT_CASE(what_is_taken_during_the_count_is_not_in_it),
	KUNIT_CASE(split_page_is_one_page_and_its_fragments_are_told_apart),
	KUNIT_CASE(pages_of_tickets_are_a_count_of_their_own),
	KUNIT_CASE(most_is_what_any_count_has_found),
	KUNIT_CASE(worker_counts_when_a_burst_begins),
	KUNIT_CASE(worker_counts_when_somebody_starves),
	KUNIT_CASE(worker_does_not_count_for_nothing),
	KUNIT_CASE(worker_does_not_count_again_within_a_second),
	KUNIT_CASE(what_finds_no_place_is_counted_as_others),
	KUNIT_CASE(file_has_others_last),
	KUNIT_CASE(file_has_each_call_site_with_its_figures),
	{}
};

static struct kunit_suite owners_suite = {
	.name = "labyrinth_owners",
	.test_cases = owners_cases,
};

kunit_test_suite(owners_suite);
