// SPDX-License-Identifier: GPL-2.0
/*
 * Live pages by age.
 */
#include <kunit/test.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "../../src/listing.h"
#include "common.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define NR	6U
#define FILE	"/sys/kernel/debug/labyrinth/kunit/ages"

/* Old enough for a slow machine to be still in the same range when it is counted. */
static const struct {
	unsigned int	age_ms;
	unsigned int	range;
} aged[NR] = {
	{ 140000, 18 }, { 140000, 18 }, { 140000, 18 },	/* 131072 to 262143 */
	{ 300000, 19 }, { 400000, 19 },			/* 262144 to 524287 */
	{ 2200000, 22 },				/* 2097152 to 4194303 */
};

static struct labyrinth_zone *zone_of_aged(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct page *page[NR];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, NR), NR);
	for (i = 0; i < NR; i++)
		labyrinth_test_desc(zone, page[i])->when -= msecs_to_jiffies(aged[i].age_ms);
	return zone;
}

static void page_is_in_the_range_of_its_age(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_of_aged(test);
	unsigned int expected[LABYRINTH_AGES] = {}, i;
	struct labyrinth_ages ages;

	for (i = 0; i < NR; i++)
		expected[aged[i].range]++;
	labyrinth_ages_count(zone, &ages);
	KUNIT_EXPECT_EQ(test, ages.nr, 23);
	for (i = 0; i < LABYRINTH_AGES; i++)
		KUNIT_EXPECT_EQ_MSG(test, ages.pages[i], expected[i], "range %u", i);
}

static void page_that_was_just_taken_is_in_it(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct labyrinth_ages ages;
	struct page *page;
	unsigned int i, sum = 0;

	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, &page, 1), 1);
	labyrinth_ages_count(zone, &ages);
	for (i = 0; i < LABYRINTH_AGES; i++)
		sum += ages.pages[i];
	KUNIT_EXPECT_EQ(test, sum, 1);
	KUNIT_EXPECT_LT(test, ages.nr, 18);
}

/* As many milliseconds as 64 bits hold, where so many ticks are an age, less an hour to spare. */
static void page_of_any_age_has_a_range(struct kunit *test)
{
	unsigned long oldest = min_t(unsigned long, ULONG_MAX / MSEC_PER_SEC * HZ, LONG_MAX) -
			       3600UL * HZ;
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct labyrinth_ages ages;
	struct page *page;

	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, &page, 1), 1);
	labyrinth_test_desc(zone, page)->when -= oldest;
	labyrinth_ages_count(zone, &ages);
	KUNIT_EXPECT_EQ(test, ages.nr, LABYRINTH_AGES);
	KUNIT_EXPECT_EQ(test, ages.pages[LABYRINTH_AGES - 1], 1);
}

static void zone_without_live_pages_has_no_ages(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct labyrinth_ages ages;

	labyrinth_ages_count(zone, &ages);
	KUNIT_EXPECT_EQ(test, ages.nr, 0);
}

static void file_has_a_line_per_range_up_to_the_last(struct kunit *test)
{
	unsigned int lines = 0;
	char text[1024], *line;
	int length;

	zone_of_aged(test);
	length = labyrinth_test_seq_read(FILE, text, sizeof(text));
	if (length == -ENOENT)
		kunit_skip(test, "no debugfs");
	KUNIT_ASSERT_GT(test, length, 0);
	KUNIT_EXPECT_TRUE(test, strstarts(text, "# from_ms to_ms pages\n0 1 0\n1 2 0\n2 4 0\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "\n131072 262144 3\n262144 524288 2\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "\n524288 1048576 0\n"));
	for (line = strchr(text, '\n'); line; line = strchr(line + 1, '\n'))
		lines++;
	KUNIT_EXPECT_EQ(test, lines, 24);
	line = strstr(text, "\n2097152 ");
	KUNIT_ASSERT_NOT_NULL(test, line);
	KUNIT_EXPECT_STREQ(test, line, "\n2097152 4194304 1\n");
}

static struct kunit_case ages_cases[] = {
	KUNIT_CASE(page_is_in_the_range_of_its_age),
	KUNIT_CASE(page_that_was_just_taken_is_in_it),
	KUNIT_CASE(page_of_any_age_has_a_range),
	KUNIT_CASE(zone_without_live_pages_has_no_ages),
	KUNIT_CASE(file_has_a_line_per_range_up_to_the_last),
	{}
};

static struct kunit_suite ages_suite = {
	.name = "labyrinth_ages",
	.test_cases = ages_cases,
};

kunit_test_suite(ages_suite);
