// SPDX-License-Identifier: GPL-2.0
/*
 * What the administrator sees and sets below /sys/kernel/labyrinth.
 */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "common.h"

#define NONE		LABYRINTH_QUALITY_NONE
#define DIRECTORY	"/sys/kernel/labyrinth/kunit/"

struct file_param {
	const char	*name;
	size_t		offset;
};

#define FILE(name)	{ #name, offsetof(struct labyrinth_stats, name) }

static const struct file_param file_params[] = {
	FILE(allocs), FILE(frees), FILE(from_cache), FILE(from_system),
	FILE(from_reserve), FILE(failed), FILE(misuse), FILE(live), FILE(reserve),
	FILE(reserve_target), FILE(reserve_min_seen), FILE(cached), FILE(refilled),
	FILE(verify_failures), FILE(starvations), FILE(capped), FILE(owned),
	FILE(max_pages), FILE(taken), FILE(returned), FILE(fallbacks),
	FILE(refill_failures), FILE(unjoined),
};

static void file_desc(const struct file_param *param, char *desc)
{
	strscpy(desc, param->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(file, file_params, file_desc);

/* A zone for which nearly every figure is another one. */
static struct labyrinth_zone *busy_zone(struct kunit *test)
{
	struct labyrinth_zone *zone;
	struct page *page[40];
	unsigned int nr, i;

	zone = labyrinth_test_zone(test, .reserve = 9, .cache = 8,
				   .quality = LABYRINTH_QUALITY_VERIFY);
	nr = labyrinth_test_take(zone, NONE, page, 40);
	KUNIT_ASSERT_EQ(test, nr, 40);
	for (i = 0; i < 30; i++)
		labyrinth_test_free(zone, page[i]);
	labyrinth_test_free(zone, page[0]);
	/* One of those that found room in the caches. */
	*(u8 *)page_address(page[5]) ^= 1;
	labyrinth_inject_set(zone, LABYRINTH_INJECT_ATOMIC, true);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_FILL, true);
	while (labyrinth_test_alloc(zone, NONE))
		;
	(void)labyrinth_test_alloc(zone, LABYRINTH_QUALITY_NOWAIT);
	labyrinth_refill_flush(zone);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	labyrinth_refill_flush(zone);
	return zone;
}

static int read_file(const char *name, char *text, size_t size)
{
	char path[80];

	snprintf(path, sizeof(path), DIRECTORY "%s", name);
	return labyrinth_test_file_read(path, text, size);
}

static int write_file(const char *name, const char *text)
{
	char path[80];

	snprintf(path, sizeof(path), DIRECTORY "%s", name);
	return labyrinth_test_file_write(path, text);
}

static void file_shows_its_figure(struct kunit *test)
{
	const struct file_param *param = test->param_value;
	struct labyrinth_stats stats = labyrinth_test_stats(busy_zone(test));
	char text[32];
	u64 value;

	KUNIT_ASSERT_GT(test, read_file(param->name, text, sizeof(text)), 1);
	KUNIT_EXPECT_EQ(test, text[strlen(text) - 1], '\n');
	KUNIT_ASSERT_EQ(test, kstrtou64(text, 10, &value), 0);
	KUNIT_EXPECT_EQ(test, value, *(u64 *)((void *)&stats + param->offset));
}

static void figures_of_a_busy_zone_tell_what_has_happened(struct kunit *test)
{
	struct labyrinth_stats stats = labyrinth_test_stats(busy_zone(test));

	KUNIT_EXPECT_EQ(test, stats.misuse, 1);
	KUNIT_EXPECT_EQ(test, stats.verify_failures, 1);
	KUNIT_EXPECT_EQ(test, stats.from_reserve, 9);
	KUNIT_EXPECT_EQ(test, stats.frees, 30);
	KUNIT_EXPECT_EQ(test, stats.failed, 2);
	KUNIT_EXPECT_EQ(test, stats.starvations, 1);
	KUNIT_EXPECT_EQ(test, stats.reserve_min_seen, 0);
	KUNIT_EXPECT_EQ(test, stats.reserve_target, 9);
	KUNIT_EXPECT_EQ(test, stats.taken - stats.returned, stats.owned);
}

static void order_and_policy_are_shown(struct kunit *test)
{
	char text[32];

	labyrinth_test_zone(test, .reserve = 2, .order = 1,
			    .policy = LABYRINTH_RESERVE_FIRST);
	KUNIT_ASSERT_GT(test, read_file("order", text, sizeof(text)), 0);
	KUNIT_EXPECT_STREQ(test, text, "1\n");
	KUNIT_ASSERT_GT(test, read_file("policy", text, sizeof(text)), 0);
	KUNIT_EXPECT_STREQ(test, text, "reserve_first\n");
}

static void target_written_resizes_the_zone(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);

	KUNIT_EXPECT_EQ(test, write_file("reserve_target", "77\n"), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 77);
}

struct text_param {
	const char	*file;
	const char	*text;
	int		error;
};

static const struct text_param bad_text_params[] = {
	{ "reserve_target", "0", -EINVAL },
	{ "reserve_target", "-1", -EINVAL },
	{ "reserve_target", "many", -EINVAL },
	{ "reserve_target", "5 pages", -EINVAL },
	{ "reserve_target", "4294967295", -ERANGE },
	{ "reserve_target", "99999999999999999999", -ERANGE },
	{ "policy", "first", -EINVAL },
	{ "policy", "default", -EINVAL },
	{ "policy", "system_first reserve_first", -EINVAL },
	{ "live", "0", -EACCES },
};

static void text_desc(const struct text_param *param, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s '%s'", param->file, param->text);
}

KUNIT_ARRAY_PARAM(bad_text, bad_text_params, text_desc);

static void nonsense_is_refused_and_changes_nothing(struct kunit *test)
{
	const struct text_param *param = test->param_value;
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	int ret = write_file(param->file, param->text);

	/* Root may open a file that it cannot write to. */
	if (param->error == -EACCES)
		KUNIT_EXPECT_LT(test, ret, 0);
	else
		KUNIT_EXPECT_EQ(test, ret, param->error);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_target, 2);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 2);
	KUNIT_EXPECT_EQ(test, zone->policy, LABYRINTH_SYSTEM_FIRST);
}

/* Frees are read first, whatever happens meanwhile. */
static void live_is_never_negative(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	struct labyrinth_stats stats;
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		labyrinth_test_free(zone, labyrinth_test_alloc(zone, NONE));
		stats = labyrinth_test_stats(zone);
		KUNIT_ASSERT_LE(test, stats.frees, stats.allocs);
		KUNIT_ASSERT_EQ(test, stats.live, 0);
	}
}

static struct kunit_case interface_cases[] = {
	KUNIT_CASE_PARAM(file_shows_its_figure, file_gen_params),
	KUNIT_CASE(figures_of_a_busy_zone_tell_what_has_happened),
	KUNIT_CASE(order_and_policy_are_shown),
	KUNIT_CASE(target_written_resizes_the_zone),
	KUNIT_CASE_PARAM(nonsense_is_refused_and_changes_nothing, bad_text_gen_params),
	KUNIT_CASE(live_is_never_negative),
	{}
};

static struct kunit_suite interface_suite = {
	.name = "labyrinth_interface",
	.test_cases = interface_cases,
};

kunit_test_suite(interface_suite);
