// SPDX-License-Identifier: GPL-2.0
/*
 * The module's parameters, set as the administrator does it, and what they mean
 * for zones made afterwards.
 */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "common.h"

#define NONE		LABYRINTH_QUALITY_NONE
#define DIRECTORY	"/sys/module/labyrinth/parameters/"
#define TEXT		256

/* What a parameter was before the case. */
struct saved {
	const char	*name;
	char		text[TEXT];
};

static int read_param(const char *name, char *text)
{
	char path[80];

	snprintf(path, sizeof(path), DIRECTORY "%s", name);
	return labyrinth_test_file_read(path, text, TEXT);
}

static int write_param(const char *name, const char *text)
{
	char path[80];

	snprintf(path, sizeof(path), DIRECTORY "%s", name);
	return labyrinth_test_file_write(path, text);
}

/* Set it until the case ends; one parameter a case. */
static void set_param(struct kunit *test, const char *name, const char *text)
{
	struct saved *saved = kunit_kzalloc(test, sizeof(*saved), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, saved);
	KUNIT_ASSERT_GT(test, read_param(name, saved->text), 0);
	saved->name = name;
	test->priv = saved;
	KUNIT_ASSERT_EQ(test, write_param(name, text), 0);
}

static void params_exit(struct kunit *test)
{
	struct saved *saved = test->priv;

	if (saved)
		KUNIT_EXPECT_EQ(test, write_param(saved->name, saved->text), 0);
}

struct text_param {
	const char	*name;
	const char	*text;
};

static const struct text_param bad_params[] = {
	{ "default_reserve", "0" }, { "default_reserve", "1048577" },
	{ "default_reserve", "-1" }, { "default_reserve", "many" },
	{ "default_reserve", "7 pages" }, { "default_reserve", "99999999999" },
	{ "refill_low", "0" }, { "refill_low", "101" },
	{ "refill_high", "0" }, { "refill_high", "101" },
	{ "cache_size", "513" }, { "cache_size", "-1" },
	{ "memory_limit", "0" }, { "memory_limit", "91" },
	{ "poison_pattern", "0" }, { "poison_pattern", "256" },
	{ "default_policy", "first" }, { "default_policy", "2" },
	{ "strict_free", "perhaps" },
	{ "zones", ":reserve=1" }, { "zones", "=1" }, { "zones", "a b:reserve=1" },
	{ "zones", "a:" }, { "zones", "a:reserve" }, { "zones", "a:reserve=" },
	{ "zones", "a:reserve=0" }, { "zones", "a:reserve=x" },
	{ "zones", "a:reserve=-1" }, { "zones", "a:reserve=1048577" },
	{ "zones", "a:reserve=1:" }, { "zones", "a:reserve=1 :cache=2" },
	{ "zones", "a:max_pages=0" }, { "zones", "a:max_pages=4194305" },
	{ "zones", "a:cache=513" }, { "zones", "a:policy=" }, { "zones", "a:policy=any" },
	{ "zones", "a:colour=red" }, { "zones", "a:reserve=1,b:reserve=0" },
	{ "zones", "a:reserve=1,,b:reserve=2" }, { "zones", ",a:reserve=1" },
	{ "zones", "../a:reserve=1" },
	{ "zones", "0123456789abcdef0123456789abcdef:reserve=1" },
};

static void text_desc(const struct text_param *param, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s=%s", param->name, param->text);
}

KUNIT_ARRAY_PARAM(bad, bad_params, text_desc);

static void nonsense_is_refused_and_changes_nothing(struct kunit *test)
{
	const struct text_param *param = test->param_value;
	char before[TEXT], after[TEXT];

	KUNIT_ASSERT_GT(test, read_param(param->name, before), 0);
	KUNIT_EXPECT_EQ(test, write_param(param->name, param->text), -EINVAL);
	KUNIT_ASSERT_GT(test, read_param(param->name, after), 0);
	KUNIT_EXPECT_STREQ(test, before, after);
}

static const struct text_param good_params[] = {
	{ "default_reserve", "1" }, { "default_reserve", "0x100" },
	{ "refill_low", "1" }, { "refill_high", "100" },
	{ "cache_size", "0" }, { "cache_size", "512" },
	{ "memory_limit", "1" }, { "memory_limit", "90" },
	{ "poison_pattern", "1" }, { "poison_pattern", "0xff" },
	{ "default_policy", "system_first" }, { "default_policy", "reserve_first" },
	{ "default_policy", "reserve_only\n" },
	{ "strict_free", "1" }, { "strict_init_on_alloc", "Y" },
	{ "zones", "a:reserve=1" }, { "zones", "a:reserve=1,b:cache=0" },
	{ "zones", "a:reserve=0x10:max_pages=512:cache=2:policy=reserve_only\n" },
};

KUNIT_ARRAY_PARAM(good, good_params, text_desc);

static void sense_is_accepted(struct kunit *test)
{
	const struct text_param *param = test->param_value;

	set_param(test, param->name, param->text);
}

static void default_reserve_is_that_of_a_zone_that_names_none(struct kunit *test)
{
	set_param(test, "default_reserve", "7");
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(labyrinth_test_zone(test)).reserve, 7);
}

static void default_reserve_leaves_a_zone_alone_that_names_one(struct kunit *test)
{
	struct labyrinth_zone *zone;

	set_param(test, "default_reserve", "7");
	zone = labyrinth_test_zone(test, .reserve = 3);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 3);
}

static void default_policy_is_that_of_a_zone_that_names_none(struct kunit *test)
{
	struct labyrinth_zone *zone;

	set_param(test, "default_policy", "reserve_only");
	zone = labyrinth_test_zone(test);
	KUNIT_EXPECT_NOT_NULL(test, labyrinth_test_alloc(zone, NONE));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_reserve, 1);
}

static void cache_size_of_zero_means_no_caches(struct kunit *test)
{
	struct labyrinth_zone *zone;

	set_param(test, "cache_size", "0");
	zone = labyrinth_test_zone(test);
	labyrinth_test_free(zone, labyrinth_test_alloc(zone, NONE));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frees, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, 0);
}

static void poison_pattern_fills_what_names_none(struct kunit *test)
{
	struct page *page;

	set_param(test, "poison_pattern", "0x42");
	page = labyrinth_test_alloc(labyrinth_test_zone(test), LABYRINTH_QUALITY_POISON);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_filled(page, 0, 0x42));
}

static void memory_limit_holds_for_zones_made_later(struct kunit *test)
{
	struct labyrinth_zone_params params = {
		.name = "kunit", .node = NUMA_NO_NODE,
		.order = 3, .reserve = (totalram_pages() / 50) >> 3,
	};

	if (!params.reserve || params.reserve > LABYRINTH_RESERVE_MAX)
		kunit_skip(test, "memory of another size");
	set_param(test, "memory_limit", "1");
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(labyrinth_zone_create(&params)), -ENOSPC);
}

/* A ticket of six thousandths of the memory, where a hundredth is the limit. */
static void memory_limit_holds_for_tickets(struct kunit *test)
{
	const unsigned int order = 3, nr = (totalram_pages() / 1000 * 6) >> order;
	struct labyrinth_ticket *ticket, *other;
	struct labyrinth_zone *zone;
	unsigned int i;

	if (!nr || nr > 65536)
		kunit_skip(test, "memory of another size");
	zone = labyrinth_test_zone(test, .reserve = 1, .order = order,
				   .max_pages = 3 * nr + 1024);
	set_param(test, "memory_limit", "1");
	ticket = labyrinth_test_ticket_new(test);
	other = labyrinth_test_ticket_new(test);
	/* What is released, or was not to be had, is charged no longer. */
	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_EQ(test, labyrinth_ticket_reserve(zone, nr, 0, ticket), 0);
		KUNIT_EXPECT_EQ(test, labyrinth_ticket_reserve(zone, nr, 0, other), -ENOMEM);
		/* Waiting does not help. */
		KUNIT_EXPECT_EQ(test, labyrinth_ticket_reserve(zone, nr, MAX_SCHEDULE_TIMEOUT,
							       other), -ENOMEM);
		KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).ticketed, nr);
		labyrinth_ticket_release(ticket);
		labyrinth_zone_trim(zone);
		labyrinth_inject_set(zone, LABYRINTH_INJECT_FILL, true);
		KUNIT_EXPECT_EQ(test, labyrinth_ticket_reserve(zone, nr, 0, ticket), -ENOMEM);
		labyrinth_inject_set(zone, LABYRINTH_INJECT_FILL, false);
	}
}

static void second_free_in_a_strict_zone_is_misuse(struct kunit *test)
{
	struct labyrinth_zone *zone;
	struct page *page;

	set_param(test, "strict_free", "Y");
	zone = labyrinth_test_zone(test);
	page = labyrinth_test_alloc(zone, NONE);
	labyrinth_test_free(zone, page);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_idle(zone, page));
	labyrinth_test_free(zone, page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frees, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 1);
}

static void administrators_figures_come_before_the_drivers(struct kunit *test)
{
	struct labyrinth_zone *zone;

	set_param(test, "zones",
		  "other:reserve=1,kunit:reserve=5:max_pages=500:cache=0:policy=reserve_only");
	zone = labyrinth_test_zone(test, .reserve = 9, .max_pages = 900, .cache = 16,
				   .policy = LABYRINTH_SYSTEM_FIRST);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 5);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).max_pages, 500);
	KUNIT_EXPECT_EQ(test, zone->cache_size, 0);
	KUNIT_EXPECT_EQ(test, zone->policy, LABYRINTH_RESERVE_ONLY);
}

static void figures_that_the_administrator_left_out_are_the_drivers(struct kunit *test)
{
	struct labyrinth_zone *zone;

	set_param(test, "zones", "kunit:cache=4");
	zone = labyrinth_test_zone(test, .reserve = 9, .max_pages = 900, .cache = 16);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 9);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).max_pages, 900);
	KUNIT_EXPECT_EQ(test, zone->cache_size, 4);
}

static void figures_for_a_longer_name_are_not_taken(struct kunit *test)
{
	struct labyrinth_zone *zone;

	set_param(test, "zones", "kunit2:reserve=5,kun:reserve=6");
	zone = labyrinth_test_zone(test, .reserve = 9);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, 9);
}

/* Each figure is right by itself; together they are not. */
static void administrators_figures_are_checked_like_the_drivers(struct kunit *test)
{
	const struct labyrinth_zone_params params = {
		.name = "kunit", .node = NUMA_NO_NODE, .reserve = 9,
	};

	set_param(test, "zones", "kunit:reserve=100:max_pages=50");
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(labyrinth_zone_create(&params)), -EINVAL);
}

/* --- with init_on_alloc=1 and init_on_free=1 on the kernel's command line --- */

#define DIRT	0xa5

struct content_param {
	const char			*what;
	struct labyrinth_zone_params	params;
};

#define PARAMS(...) { .name = "kunit", .node = NUMA_NO_NODE, .reserve = 2, __VA_ARGS__ }

/* A page that is freed is in another place each time. */
static const struct content_param content_params[] = {
	{ "cache", PARAMS(.cache = 8) },
	{ "cache, order 1", PARAMS(.cache = 8, .order = 1) },
	{ "reserve", PARAMS(.policy = LABYRINTH_RESERVE_ONLY) },
	{ "reserve, order 2", PARAMS(.policy = LABYRINTH_RESERVE_ONLY, .order = 2) },
};

static void content_desc(const struct content_param *param, char *desc)
{
	strscpy(desc, param->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(content, content_params, content_desc);

static void dirty(struct labyrinth_zone *zone, struct page *page)
{
	memset(page_address(page), DIRT, labyrinth_bytes(zone));
}

/* A page that is idle and has been written to, by whomever, as the next will see. */
static struct page *dirty_idle_page(struct kunit *test, struct labyrinth_zone *zone)
{
	struct page *page;

	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	page = labyrinth_test_alloc(zone, NONE);
	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_test_free(zone, page);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_is_idle(zone, page));
	dirty(zone, page);
	return page;
}

static void strict_init_on_alloc_clears_each_page(struct kunit *test)
{
	const struct content_param *param = test->param_value;
	struct labyrinth_zone *zone;
	struct page *page;

	if (!want_init_on_alloc(0))
		kunit_skip(test, "booted without init_on_alloc=1");
	set_param(test, "strict_init_on_alloc", "Y");
	zone = labyrinth_test_zone_make(test, &param->params);
	page = dirty_idle_page(test, zone);
	KUNIT_ASSERT_PTR_EQ(test, labyrinth_test_alloc(zone, NONE), page);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_filled(page, zone->order, 0));
}

static void strict_init_on_alloc_clears_each_page_of_a_bulk(struct kunit *test)
{
	const struct content_param *param = test->param_value;
	struct labyrinth_zone *zone;
	struct page *page, *bulk[2];
	unsigned int i;

	if (!want_init_on_alloc(0))
		kunit_skip(test, "booted without init_on_alloc=1");
	set_param(test, "strict_init_on_alloc", "Y");
	zone = labyrinth_test_zone_make(test, &param->params);
	page = dirty_idle_page(test, zone);
	KUNIT_ASSERT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, 2, bulk), 0);
	KUNIT_EXPECT_TRUE(test, bulk[0] == page || bulk[1] == page);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_TRUE(test, labyrinth_test_is_filled(bulk[i], zone->order, 0));
}

/* Once each page has been cleared, when it joined, that is enough. */
static void init_on_alloc_that_is_not_strict_leaves_pages_alone(struct kunit *test)
{
	const struct content_param *param = test->param_value;
	struct labyrinth_zone *zone;
	struct page *page;

	if (!want_init_on_alloc(0))
		kunit_skip(test, "booted without init_on_alloc=1");
	set_param(test, "strict_init_on_alloc", "N");
	zone = labyrinth_test_zone_make(test, &param->params);
	page = dirty_idle_page(test, zone);
	KUNIT_ASSERT_PTR_EQ(test, labyrinth_test_alloc(zone, NONE), page);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_filled(page, zone->order, DIRT));
}

static void strict_init_on_alloc_alone_clears_nothing(struct kunit *test)
{
	const struct content_param *param = test->param_value;
	struct labyrinth_zone *zone;
	struct page *page;

	if (want_init_on_alloc(0))
		kunit_skip(test, "booted with init_on_alloc=1");
	set_param(test, "strict_init_on_alloc", "Y");
	zone = labyrinth_test_zone_make(test, &param->params);
	page = dirty_idle_page(test, zone);
	KUNIT_ASSERT_PTR_EQ(test, labyrinth_test_alloc(zone, NONE), page);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_filled(page, zone->order, DIRT));
}

/* The pattern of an idle page is compared first, and must not be seen then. */
static void strict_init_on_alloc_clears_the_pattern_of_verify(struct kunit *test)
{
	struct labyrinth_zone *zone;
	struct page *page;

	if (!want_init_on_alloc(0))
		kunit_skip(test, "booted without init_on_alloc=1");
	set_param(test, "strict_init_on_alloc", "Y");
	zone = labyrinth_test_zone(test, .quality = LABYRINTH_QUALITY_VERIFY);
	page = labyrinth_test_alloc(zone, NONE);
	KUNIT_ASSERT_NOT_NULL(test, page);
	labyrinth_test_free(zone, page);
	KUNIT_ASSERT_PTR_EQ(test, labyrinth_test_alloc(zone, NONE), page);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_filled(page, 0, 0));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).verify_failures, 0);
}

static void strict_init_on_alloc_leaves_poison_to_who_asks(struct kunit *test)
{
	struct labyrinth_zone *zone;
	struct page *page;

	if (!want_init_on_alloc(0))
		kunit_skip(test, "booted without init_on_alloc=1");
	set_param(test, "strict_init_on_alloc", "Y");
	zone = labyrinth_test_zone(test, .poison_pattern = 0x42);
	page = dirty_idle_page(test, zone);
	KUNIT_ASSERT_PTR_EQ(test, labyrinth_test_alloc(zone, LABYRINTH_QUALITY_POISON), page);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_filled(page, 0, 0x42));
}

static void init_on_free_clears_a_page_at_once(struct kunit *test)
{
	const struct content_param *param = test->param_value;
	struct labyrinth_zone *zone;
	struct page *page;

	if (!want_init_on_free())
		kunit_skip(test, "booted without init_on_free=1");
	/* Whoever takes the page must not be who clears it. */
	set_param(test, "strict_init_on_alloc", "N");
	zone = labyrinth_test_zone_make(test, &param->params);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	page = labyrinth_test_alloc(zone, NONE);
	KUNIT_ASSERT_NOT_NULL(test, page);
	dirty(zone, page);
	labyrinth_test_free(zone, page);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_is_idle(zone, page));
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_filled(page, zone->order, 0));
	KUNIT_ASSERT_PTR_EQ(test, labyrinth_test_alloc(zone, NONE), page);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_filled(page, zone->order, 0));
}

static void init_on_free_clears_each_page_of_a_bulk(struct kunit *test)
{
	const struct content_param *param = test->param_value;
	struct labyrinth_zone *zone;
	struct page *page[2];
	unsigned int i;

	if (!want_init_on_free())
		kunit_skip(test, "booted without init_on_free=1");
	set_param(test, "strict_init_on_alloc", "N");
	zone = labyrinth_test_zone_make(test, &param->params);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD, true);
	KUNIT_ASSERT_EQ(test, labyrinth_alloc_bulk_atomic(zone, NONE, 2, page), 0);
	for (i = 0; i < 2; i++)
		dirty(zone, page[i]);
	labyrinth_free_bulk(zone, 2, page);
	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_TRUE(test, labyrinth_test_is_idle(zone, page[i]));
		KUNIT_EXPECT_TRUE(test, labyrinth_test_is_filled(page[i], zone->order, 0));
	}
}

static struct kunit_case params_cases[] = {
	KUNIT_CASE_PARAM(nonsense_is_refused_and_changes_nothing, bad_gen_params),
	KUNIT_CASE_PARAM(sense_is_accepted, good_gen_params),
	KUNIT_CASE(default_reserve_is_that_of_a_zone_that_names_none),
	KUNIT_CASE(default_reserve_leaves_a_zone_alone_that_names_one),
	KUNIT_CASE(default_policy_is_that_of_a_zone_that_names_none),
	KUNIT_CASE(cache_size_of_zero_means_no_caches),
	KUNIT_CASE(poison_pattern_fills_what_names_none),
	KUNIT_CASE(memory_limit_holds_for_zones_made_later),
	KUNIT_CASE(memory_limit_holds_for_tickets),
	KUNIT_CASE(second_free_in_a_strict_zone_is_misuse),
	KUNIT_CASE(administrators_figures_come_before_the_drivers),
	KUNIT_CASE(figures_that_the_administrator_left_out_are_the_drivers),
	KUNIT_CASE(figures_for_a_longer_name_are_not_taken),
	KUNIT_CASE(administrators_figures_are_checked_like_the_drivers),
	KUNIT_CASE_PARAM(strict_init_on_alloc_clears_each_page, content_gen_params),
	KUNIT_CASE_PARAM(strict_init_on_alloc_clears_each_page_of_a_bulk,
			 content_gen_params),
	KUNIT_CASE_PARAM(init_on_alloc_that_is_not_strict_leaves_pages_alone,
			 content_gen_params),
	KUNIT_CASE_PARAM(strict_init_on_alloc_alone_clears_nothing, content_gen_params),
	KUNIT_CASE(strict_init_on_alloc_clears_the_pattern_of_verify),
	KUNIT_CASE(strict_init_on_alloc_leaves_poison_to_who_asks),
	KUNIT_CASE_PARAM(init_on_free_clears_a_page_at_once, content_gen_params),
	KUNIT_CASE_PARAM(init_on_free_clears_each_page_of_a_bulk, content_gen_params),
	{}
};

static struct kunit_suite params_suite = {
	.name = "labyrinth_params",
	.exit = params_exit,
	.test_cases = params_cases,
};

kunit_test_suite(params_suite);
