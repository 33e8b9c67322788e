// SPDX-License-Identifier: GPL-2.0
/*
 * The registry: it names exactly the pages that are live, whatever was allocated
 * and freed before in whatever order.
 */
#include <kunit/test.h>
#include <linux/jiffies.h>
#include <linux/prandom.h>
#include <linux/string.h>

#include "common.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define STEPS	4000U
#define MOST	256U

static const unsigned int seed_params[] = { 1, 2, 3, 4 };

static void seed_desc(const unsigned int *seed, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "seed %u", *seed);
}

KUNIT_ARRAY_PARAM(seed, seed_params, seed_desc);

/* Take or free a page of @pages by chance; the account of what is live. */
static unsigned int random_step(struct labyrinth_zone *zone, struct rnd_state *random,
				struct page **pages, unsigned int nr)
{
	u32 dice = prandom_u32_state(random);
	unsigned int i;

	if (nr < MOST && (!nr || dice & 1)) {
		pages[nr] = labyrinth_test_alloc(zone, NONE);
		return pages[nr] ? nr + 1 : nr;
	}
	i = (dice >> 1) % nr;
	labyrinth_test_free(zone, pages[i]);
	pages[i] = pages[--nr];
	return nr;
}

static void expect_live(struct kunit *test, struct labyrinth_zone *zone,
			struct page **pages, unsigned int nr)
{
	unsigned int i;

	KUNIT_EXPECT_EQ(test, labyrinth_test_live(zone), nr);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, nr);
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_TRUE(test, labyrinth_test_is_live(zone, pages[i]));
}

static void registry_lists_exactly_what_is_live(struct kunit *test)
{
	const unsigned int *seed = test->param_value;
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 32, .cache = 8);
	struct page **pages = labyrinth_test_pages(test, MOST);
	unsigned int nr = 0, step;
	struct rnd_state random;

	prandom_seed_state(&random, *seed);
	for (step = 0; step < STEPS; step++) {
		nr = random_step(zone, &random, pages, nr);
		if (step % 400 == 0)
			expect_live(test, zone, pages, nr);
	}
	expect_live(test, zone, pages, nr);
	while (nr)
		labyrinth_test_free(zone, pages[--nr]);
	expect_live(test, zone, pages, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
}

static void no_page_stands_in_two_slots(struct kunit *test)
{
	const unsigned int *seed = test->param_value;
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 32, .cache = 8);
	struct page **pages = labyrinth_test_pages(test, MOST);
	unsigned int slots = zone->slot_mask / sizeof(*zone->table) + 1;
	unsigned int nr = 0, step, i, j;
	struct rnd_state random;

	prandom_seed_state(&random, *seed);
	for (step = 0; step < STEPS; step++)
		nr = random_step(zone, &random, pages, nr);
	for (i = 0; i < slots; i++)
		for (j = 0; zone->table[i].page && j < i; j++)
			KUNIT_ASSERT_PTR_NE(test, zone->table[i].page,
					    zone->table[j].page);
}

/* A table at its limit: practically all of max_pages find a slot. */
static void registry_has_room_for_max_pages(struct kunit *test)
{
	struct page **pages = labyrinth_test_pages(test, 4096);
	struct labyrinth_zone *zone;
	unsigned int nr = 0, before;

	zone = labyrinth_test_zone(test, .reserve = 1, .max_pages = 4096,
				   .cache = LABYRINTH_NO_CACHE);
	do {
		before = nr;
		nr += labyrinth_test_take(zone, NONE, pages + nr, 4096 - nr);
		labyrinth_refill_flush(zone);
	} while (nr != before && nr < 4096);
	KUNIT_EXPECT_GE(test, nr, 4096 - 40);
	while (nr)
		labyrinth_test_free(zone, pages[--nr]);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
}

/* What the registry says about a page, as symbol+offset. */
static void expect_caller(struct kunit *test, unsigned long caller, const char *symbol)
{
	char text[128];

	snprintf(text, sizeof(text), "%pS", (void *)caller);
	KUNIT_EXPECT_PTR_EQ_MSG(test, (void *)strstr(text, symbol), (void *)text,
				"'%s' is not in %s", text, symbol);
}

static noinline struct page *taker(struct labyrinth_zone *zone, struct kunit *test)
{
	struct page *page = labyrinth_alloc_page_atomic(zone, NONE);

	/* No tail call: this function is to be the call site. */
	KUNIT_EXPECT_NOT_NULL(test, page);
	return page;
}

static noinline void *address_taker(struct labyrinth_zone *zone, struct kunit *test)
{
	void *address = labyrinth_alloc_atomic(zone, NONE);

	KUNIT_EXPECT_NOT_NULL(test, address);
	return address;
}

static noinline struct page *bulk_taker(struct labyrinth_zone *zone, struct kunit *test)
{
	struct page *page[2] = { NULL, NULL };

	KUNIT_EXPECT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, 2, page), 0);
	return page[1];
}

static noinline void freer(struct labyrinth_zone *zone, struct page *page,
			   struct kunit *test)
{
	labyrinth_free_page(zone, page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
}

static void page_is_known_with_who_took_it(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page = taker(zone, test);

	expect_caller(test, labyrinth_test_desc(zone, page)->caller, "taker+");
	labyrinth_test_free(zone, page);
	/* From the cache it comes by another path. */
	KUNIT_ASSERT_PTR_EQ(test, taker(zone, test), page);
	expect_caller(test, labyrinth_test_desc(zone, page)->caller, "taker+");
}

static void page_taken_by_address_is_known_with_who_took_it(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page = virt_to_page(address_taker(zone, test));

	expect_caller(test, labyrinth_test_desc(zone, page)->caller, "address_taker+");
}

static void page_of_a_bulk_is_known_with_who_took_it(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page[2];

	page[0] = bulk_taker(zone, test);
	expect_caller(test, labyrinth_test_desc(zone, page[0])->caller, "bulk_taker+");
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 2), 2);
	labyrinth_free_bulk(zone, 2, page);
	page[0] = bulk_taker(zone, test);
	expect_caller(test, labyrinth_test_desc(zone, page[0])->caller, "bulk_taker+");
}

static void freed_page_is_known_with_who_freed_it(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page = taker(zone, test);

	freer(zone, page, test);
	expect_caller(test, labyrinth_test_desc(zone, page)->freer, "freer+");
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	labyrinth_policy_set(zone, LABYRINTH_RESERVE_ONLY);
	labyrinth_zone_trim(zone);
	page = taker(zone, test);
	freer(zone, page, test);
	expect_caller(test, labyrinth_test_desc(zone, page)->freer, "freer+");
}

static void page_is_known_with_when_it_was_taken(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	unsigned long before = jiffies, when;
	struct page *page = taker(zone, test);

	when = labyrinth_test_desc(zone, page)->when;
	KUNIT_EXPECT_TRUE(test, time_in_range(when, before, jiffies));
}

/**
 * struct taking - an allocation in another context
 * @zone: from where
 * @page: the outcome
 */
struct taking {
	struct labyrinth_zone	*zone;
	struct page		*page;
};

static void take_one(void *arg)
{
	struct taking *taking = arg;

	taking->page = labyrinth_alloc_page_atomic(taking->zone, NONE);
}

static void page_is_known_with_the_context_it_was_taken_in(struct kunit *test)
{
	struct taking taking = { .zone = labyrinth_test_zone(test, .reserve = 2) };
	unsigned int i;

	/* First by the slow path, then out of the cache. */
	for (i = 0; i < 2; i++) {
		labyrinth_test_in_hardirq(take_one, &taking);
		KUNIT_ASSERT_NOT_NULL(test, taking.page);
		KUNIT_EXPECT_TRUE(test, labyrinth_test_desc(taking.zone, taking.page)->context &
				  HARDIRQ_MASK);
		labyrinth_test_free(taking.zone, taking.page);
		take_one(&taking);
		KUNIT_EXPECT_EQ(test, labyrinth_test_desc(taking.zone, taking.page)->context &
				(NMI_MASK | HARDIRQ_MASK | SOFTIRQ_MASK), 0);
		labyrinth_test_free(taking.zone, taking.page);
		labyrinth_zone_trim(taking.zone);
	}
}

static struct kunit_case registry_cases[] = {
	KUNIT_CASE_PARAM(registry_lists_exactly_what_is_live, seed_gen_params),
	KUNIT_CASE_PARAM(no_page_stands_in_two_slots, seed_gen_params),
	KUNIT_CASE(registry_has_room_for_max_pages),
	KUNIT_CASE(page_is_known_with_who_took_it),
	KUNIT_CASE(page_taken_by_address_is_known_with_who_took_it),
	KUNIT_CASE(page_of_a_bulk_is_known_with_who_took_it),
	KUNIT_CASE(freed_page_is_known_with_who_freed_it),
	KUNIT_CASE(page_is_known_with_when_it_was_taken),
	KUNIT_CASE(page_is_known_with_the_context_it_was_taken_in),
	{}
};

static struct kunit_suite registry_suite = {
	.name = "labyrinth_registry",
	.test_cases = registry_cases,
};

kunit_test_suite(registry_suite);
