// SPDX-License-Identifier: GPL-2.0
/*
 * Making a zone: every parameter is checked, and what is refused leaves nothing
 * behind.
 */
#include <kunit/test.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/string.h>

#include "common.h"

#define PARAMS(...) { .name = "kunit", .node = NUMA_NO_NODE, __VA_ARGS__ }

struct refused_param {
	const char			*what;
	struct labyrinth_zone_params	params;
	int				error;
};

static const struct refused_param refused_params[] = {
	{ "order too large", PARAMS(.order = LABYRINTH_MAX_ORDER + 1), -EINVAL },
	{ "order wild", PARAMS(.order = UINT_MAX), -EINVAL },
	{ "reserve too large", PARAMS(.reserve = LABYRINTH_RESERVE_MAX + 1), -EINVAL },
	{ "reserve wild", PARAMS(.reserve = UINT_MAX), -EINVAL },
	{ "max_pages below reserve",
	  PARAMS(.reserve = 64, .max_pages = 63, .cache = LABYRINTH_NO_CACHE), -EINVAL },
	{ "max_pages without room for the caches",
	  PARAMS(.reserve = 64, .max_pages = 64, .cache = 2), -EINVAL },
	{ "max_pages too large", PARAMS(.max_pages = LABYRINTH_PAGES_MAX + 1), -EINVAL },
	{ "max_pages wild", PARAMS(.max_pages = UINT_MAX), -EINVAL },
	{ "cache of 513 pages", PARAMS(.cache = 513), -EINVAL },
	{ "cache wild", PARAMS(.cache = LABYRINTH_NO_CACHE - 1), -EINVAL },
	{ "node below NUMA_NO_NODE", { .name = "kunit", .node = -2 }, -EINVAL },
	{ "node beyond the last", { .name = "kunit", .node = MAX_NUMNODES }, -EINVAL },
	{ "node wild", { .name = "kunit", .node = INT_MAX }, -EINVAL },
	{ "gfp_zone highmem", PARAMS(.gfp_zone = __GFP_HIGHMEM), -EINVAL },
	{ "gfp_zone with more than a zone",
	  PARAMS(.gfp_zone = __GFP_DMA32 | __GFP_ZERO), -EINVAL },
	{ "gfp_zone GFP_KERNEL", PARAMS(.gfp_zone = GFP_KERNEL), -EINVAL },
	{ "policy beyond the last", PARAMS(.policy = LABYRINTH_RESERVE_ONLY + 1), -EINVAL },
	{ "policy negative", PARAMS(.policy = (enum labyrinth_policy)-1), -EINVAL },
	{ "quality ZERO with POISON",
	  PARAMS(.quality = LABYRINTH_QUALITY_ZERO | LABYRINTH_QUALITY_POISON), -EINVAL },
	{ "quality unknown",
	  PARAMS(.quality = (__force labyrinth_quality_t)BIT(6)), -EINVAL },
	{ "quality top bit",
	  PARAMS(.quality = (__force labyrinth_quality_t)BIT(31)), -EINVAL },
	{ "quality ACCOUNT with RESERVE_ONLY",
	  PARAMS(.quality = LABYRINTH_QUALITY_ACCOUNT, .policy = LABYRINTH_RESERVE_ONLY),
	  -EINVAL },
	{ "more memory than memory_limit allows",
	  PARAMS(.order = LABYRINTH_MAX_ORDER, .reserve = LABYRINTH_RESERVE_MAX / 4),
	  -ENOSPC },
};

static void refused_desc(const struct refused_param *param, char *desc)
{
	strscpy(desc, param->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(refused, refused_params, refused_desc);

static void bad_parameter_is_refused(struct kunit *test)
{
	const struct refused_param *param = test->param_value;

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(labyrinth_zone_create(&param->params)),
			param->error);
}

static void refused_zone_leaves_its_name_usable(struct kunit *test)
{
	const struct refused_param *param = test->param_value;

	KUNIT_ASSERT_TRUE(test, IS_ERR(labyrinth_zone_create(&param->params)));
	KUNIT_EXPECT_FALSE(test,
			   labyrinth_test_file_exists("/sys/kernel/labyrinth/kunit"));
	KUNIT_EXPECT_FALSE(test,
			   labyrinth_test_file_exists("/sys/kernel/debug/labyrinth/kunit"));
	labyrinth_test_zone(test, .reserve = 1);
}

static void null_params_are_refused(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(labyrinth_zone_create(NULL)), -EINVAL);
}

struct name_param {
	const char	*what;
	const char	*name;
	bool		valid;
};

static const struct name_param name_params[] = {
	{ "NULL", NULL, false },
	{ "empty", "", false },
	{ "32 characters", "0123456789abcdef0123456789abcdef", false },
	{ "with a slash", "a/b", false },
	{ "with a space", "a b", false },
	{ "with a colon", "a:b", false },
	{ "with a comma", "a,b", false },
	{ "with a newline", "a\n", false },
	{ "with an umlaut", "\xc3\xa4", false },
	{ "with a later umlaut", "a\xc3\xa4", false },
	{ "hidden file", ".a", false },
	{ "parent directory", "..", false },
	{ "leading underscore", "_a", false },
	{ "leading hyphen", "-a", false },
	{ "with a per cent sign", "a%s", false },
	{ "one letter", "a", true },
	{ "one digit", "7", true },
	{ "31 characters", "0123456789abcdef0123456789abcde", true },
	{ "of every kind of character", "aZ0_.-", true },
};

static void name_desc(const struct name_param *param, char *desc)
{
	strscpy(desc, param->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(name, name_params, name_desc);

static void name_must_be_a_plain_word(struct kunit *test)
{
	const struct name_param *param = test->param_value;
	const struct labyrinth_zone_params params = {
		.name = param->name, .reserve = 1, .node = NUMA_NO_NODE,
	};
	struct labyrinth_zone *zone = labyrinth_zone_create(&params);

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(zone), param->valid ? 0 : -EINVAL);
	if (!IS_ERR(zone))
		labyrinth_zone_destroy(zone);
}

static void second_zone_of_a_name_is_refused(struct kunit *test)
{
	const struct labyrinth_zone_params params = PARAMS(.reserve = 2);
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 3);

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(labyrinth_zone_create(&params)), -EEXIST);
	/* The first one has not noticed. */
	KUNIT_EXPECT_TRUE(test,
			  labyrinth_test_file_exists("/sys/kernel/labyrinth/kunit"));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 3);
}

static void name_is_free_again_after_destroy(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 1);

	KUNIT_ASSERT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	labyrinth_test_zone(test, .reserve = 1);
}

static void name_need_not_outlive_the_call(struct kunit *test)
{
	char name[] = "kunit";
	struct labyrinth_zone *zone;

	zone = labyrinth_test_zone_make(test, &(const struct labyrinth_zone_params) {
		.name = name, .reserve = 1, .node = NUMA_NO_NODE,
	});
	memset(name, 'x', sizeof(name) - 1);
	KUNIT_EXPECT_STREQ(test, zone->name, "kunit");
	KUNIT_EXPECT_TRUE(test,
			  labyrinth_test_file_exists("/sys/kernel/labyrinth/kunit"));
}

static void new_zone_has_its_reserve_full(struct kunit *test)
{
	struct labyrinth_stats stats;

	stats = labyrinth_test_stats(labyrinth_test_zone(test, .reserve = 37));
	KUNIT_EXPECT_EQ(test, stats.reserve, 37);
	KUNIT_EXPECT_EQ(test, stats.reserve_target, 37);
	KUNIT_EXPECT_EQ(test, stats.reserve_min_seen, 37);
	KUNIT_EXPECT_EQ(test, stats.owned, 37);
	KUNIT_EXPECT_EQ(test, stats.allocs, 0);
	KUNIT_EXPECT_EQ(test, stats.misuse, 0);
}

static void figures_left_out_have_defaults(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test);
	struct labyrinth_stats stats = labyrinth_test_stats(zone);

	KUNIT_EXPECT_GT(test, stats.reserve_target, 0);
	KUNIT_EXPECT_EQ(test, stats.reserve, stats.reserve_target);
	KUNIT_EXPECT_GE(test, stats.max_pages, 1024);
	KUNIT_EXPECT_GE(test, stats.max_pages, 8 * stats.reserve_target);
	KUNIT_EXPECT_EQ(test, zone->policy, LABYRINTH_SYSTEM_FIRST);
}

static void node_given_is_the_only_one_used(struct kunit *test)
{
	struct labyrinth_zone *zone;
	struct page *page[8];
	unsigned int nr;

	zone = labyrinth_test_zone_make(test, &(const struct labyrinth_zone_params) {
		.name = "kunit", .reserve = 4, .node = first_online_node,
	});
	nr = labyrinth_test_take(zone, LABYRINTH_QUALITY_NONE, page, ARRAY_SIZE(page));
	KUNIT_ASSERT_EQ(test, nr, ARRAY_SIZE(page));
	while (nr--) {
		KUNIT_EXPECT_EQ(test, page_to_nid(page[nr]), first_online_node);
		labyrinth_free_page(zone, page[nr]);
	}
}

static void smallest_max_pages_is_reserve_and_caches(struct kunit *test)
{
	const unsigned int caches = 2 * 2 * num_possible_cpus();

	labyrinth_test_zone(test, .reserve = 5, .cache = 2, .max_pages = 5 + caches);
}

static void zones_have_pages_of_their_own(struct kunit *test)
{
	struct labyrinth_zone *first = labyrinth_test_zone(test, .reserve = 4);
	struct labyrinth_zone *second;

	second = labyrinth_test_zone_make(test, &(const struct labyrinth_zone_params) {
		.name = "kunit2", .reserve = 6, .node = NUMA_NO_NODE,
	});
	labyrinth_test_cut_off(first);
	while (labyrinth_test_alloc(first, LABYRINTH_QUALITY_NONE))
		;
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(first).live, 4);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(second).reserve, 6);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(second).reserve_min_seen, 6);
}

/* Without an owner: while its tests run, the module has no sysfs directory yet. */
static struct device *test_device(void)
{
	return __root_device_register("labyrinth_kunit", NULL);
}

static void managed_zone_goes_with_its_device(struct kunit *test)
{
	const struct labyrinth_zone_params params = PARAMS(.reserve = 2);
	struct device *dev = test_device();
	struct labyrinth_zone *zone;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	zone = devm_labyrinth_zone_create(dev, &params);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(zone), 0);
	KUNIT_EXPECT_TRUE(test,
			  labyrinth_test_file_exists("/sys/kernel/labyrinth/kunit"));
	root_device_unregister(dev);
	KUNIT_EXPECT_FALSE(test,
			   labyrinth_test_file_exists("/sys/kernel/labyrinth/kunit"));
}

static void managed_zone_is_checked_like_any_other(struct kunit *test)
{
	const struct labyrinth_zone_params params = PARAMS(.cache = 513);
	struct device *dev = test_device();

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(devm_labyrinth_zone_create(dev, &params)),
			-EINVAL);
	root_device_unregister(dev);
}

static struct kunit_case create_cases[] = {
	KUNIT_CASE_PARAM(bad_parameter_is_refused, refused_gen_params),
	KUNIT_CASE_PARAM(refused_zone_leaves_its_name_usable, refused_gen_params),
	KUNIT_CASE(null_params_are_refused),
	KUNIT_CASE_PARAM(name_must_be_a_plain_word, name_gen_params),
	KUNIT_CASE(second_zone_of_a_name_is_refused),
	KUNIT_CASE(name_is_free_again_after_destroy),
	KUNIT_CASE(name_need_not_outlive_the_call),
	KUNIT_CASE(new_zone_has_its_reserve_full),
	KUNIT_CASE(figures_left_out_have_defaults),
	KUNIT_CASE(node_given_is_the_only_one_used),
	KUNIT_CASE(smallest_max_pages_is_reserve_and_caches),
	KUNIT_CASE(zones_have_pages_of_their_own),
	KUNIT_CASE(managed_zone_goes_with_its_device),
	KUNIT_CASE(managed_zone_is_checked_like_any_other),
	{}
};

static struct kunit_suite create_suite = {
	.name = "labyrinth_create",
	.test_cases = create_cases,
};

kunit_test_suite(create_suite);
