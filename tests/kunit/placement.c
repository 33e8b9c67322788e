// SPDX-License-Identifier: GPL-2.0
/*
 * Where a zone's pages lie.
 */
#include <kunit/test.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/string.h>

#include "../../src/listing.h"
#include "common.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define RESERVE	8U
#define NR	5U
#define FILE	"/sys/kernel/debug/labyrinth/kunit/placement"

/* A count that goes with the case. */
static struct labyrinth_place *count(struct kunit *test, struct labyrinth_zone *zone)
{
	struct labyrinth_place *place = labyrinth_placement_count(zone);

	KUNIT_ASSERT_NOT_NULL(test, place);
	labyrinth_test_keep(test, place);
	return place;
}

static struct labyrinth_place sum(const struct labyrinth_place *place)
{
	struct labyrinth_place all = {};
	unsigned int i;

	for (i = 0; i < labyrinth_places(); i++) {
		all.live += place[i].live;
		all.idle += place[i].idle;
	}
	return all;
}

/* Live ones, one in a fragment's page, reserved ones, cached ones. */
static struct labyrinth_zone *zone_with_all(struct kunit *test, unsigned int order,
					    struct page **page)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = RESERVE,
							  .order = order);
	struct page *cached[3];

	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, NR), NR);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, cached, 3), 3);
	labyrinth_free_bulk(zone, 3, cached);
	labyrinth_test_ticket(test, zone, 2);
	labyrinth_refill_flush(zone);
	return zone;
}

static const unsigned int order_params[] = { 0, 2 };

static void order_desc(const unsigned int *order, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "order %u", *order);
}

KUNIT_ARRAY_PARAM(order, order_params, order_desc);

static void all_pages_that_the_zone_owns_are_in_it(struct kunit *test)
{
	const unsigned int *order = test->param_value;
	struct labyrinth_place *place, live = {};
	struct labyrinth_zone *zone;
	struct page *page[NR];
	unsigned int i, nr, at;

	zone = zone_with_all(test, *order, page);
	place = count(test, zone);
	KUNIT_EXPECT_EQ(test, sum(place).live, NR);
	KUNIT_EXPECT_EQ(test, sum(place).live + sum(place).idle,
			labyrinth_test_stats(zone).owned);
	for (i = 0; i < NR; i++) {
		at = page_to_nid(page[i]) * MAX_NR_ZONES + page_zonenum(page[i]);
		KUNIT_EXPECT_GT(test, place[at].live, 0);
		live.live += place[at].live;
		for (nr = i + 1; nr < NR; nr++)
			if (page_zone(page[nr]) == page_zone(page[i]))
				break;
		/* Each place once. */
		if (nr < NR)
			live.live -= place[at].live;
	}
	KUNIT_EXPECT_EQ(test, live.live, NR);
}

static void page_that_is_taken_during_the_count_is_not_in_it(struct kunit *test)
{
	struct labyrinth_zone *zone;
	struct page *page[NR];

	zone = zone_with_all(test, 0, page);
	labyrinth_test_desc(zone, page[0])->when = jiffies + 1000 * HZ;
	KUNIT_EXPECT_EQ(test, sum(count(test, zone)).live, NR - 1);
}

/*
 * Pages that leave and pages that join during the walk may both be seen, idle. A table
 * with idle pages in more slots than the zone may own pages is what such a walk finds.
 */
static void there_are_never_more_than_the_zone_may_own(struct kunit *test)
{
	unsigned int slots, slot, forged = 0;
	struct labyrinth_place all;
	struct labyrinth_zone *zone;
	struct page *page[NR];

	zone = zone_with_all(test, 0, page);
	slots = zone->slot_mask / sizeof(*zone->table) + 1;
	for (slot = 0; slot < slots && forged <= zone->max_pages; slot++) {
		struct labyrinth_desc *desc = &zone->table[slot];

		if (desc->page)
			continue;
		desc->page = page[0];
		desc->state = LABYRINTH_DESC_IDLE;
		desc->context = U32_MAX;
		forged++;
	}
	all = sum(count(test, zone));
	for (slot = 0; slot < slots; slot++) {
		struct labyrinth_desc *desc = &zone->table[slot];

		if (desc->context != U32_MAX || desc->state != LABYRINTH_DESC_IDLE)
			continue;
		desc->context = 0;
		desc->state = LABYRINTH_DESC_NONE;
		desc->page = NULL;
	}
	KUNIT_ASSERT_GT(test, forged, zone->max_pages);
	KUNIT_EXPECT_EQ(test, all.live, NR);
	KUNIT_EXPECT_EQ(test, all.live + all.idle, zone->max_pages);
}

static void file_names_node_and_zone_of_the_system(struct kunit *test)
{
	char text[1024], line[64];
	struct page *page[NR];
	int length;

	zone_with_all(test, 0, page);
	length = labyrinth_test_seq_read(FILE, text, sizeof(text));
	if (length == -ENOENT)
		kunit_skip(test, "no debugfs");
	KUNIT_ASSERT_GT(test, length, 0);
	KUNIT_EXPECT_EQ(test, strncmp(text, "# node memzone live idle\n", 25), 0);
	snprintf(line, sizeof(line), "\n%d %s ", page_to_nid(page[0]),
		 page_zone(page[0])->name);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, line));
}

static struct kunit_case placement_cases[] = {
	KUNIT_CASE_PARAM(all_pages_that_the_zone_owns_are_in_it, order_gen_params),
	KUNIT_CASE(page_that_is_taken_during_the_count_is_not_in_it),
	KUNIT_CASE(there_are_never_more_than_the_zone_may_own),
	KUNIT_CASE(file_names_node_and_zone_of_the_system),
	{}
};

static struct kunit_suite placement_suite = {
	.name = "labyrinth_placement",
	.test_cases = placement_cases,
};

kunit_test_suite(placement_suite);
