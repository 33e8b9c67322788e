// SPDX-License-Identifier: GPL-2.0
/*
 * Every quality flag, alone and combined, for a zone and for a request, from each
 * place that a page can come from: what does the page hold?
 */
#include <kunit/test.h>
#include <linux/cache.h>
#include <linux/highmem.h>
#include <linux/string.h>

#include "common.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define ZERO	LABYRINTH_QUALITY_ZERO
#define POISON	LABYRINTH_QUALITY_POISON
#define CL_ALIGN	LABYRINTH_QUALITY_CL_ALIGN
#define VERIFY	LABYRINTH_QUALITY_VERIFY
#define NOWAIT	LABYRINTH_QUALITY_NOWAIT
#define ACCOUNT	LABYRINTH_QUALITY_ACCOUNT

#define DIRT	0xa5
#define PATTERN	0x5c

enum source { CACHE, SYSTEM, RESERVE };

struct content_param {
	labyrinth_quality_t	zone;
	enum source		source;
};

/* What is NOWAIT is never served by the reserve. */
static const struct content_param content_params[] = {
	{ NONE, CACHE }, { NONE, SYSTEM }, { NONE, RESERVE },
	{ ZERO, CACHE }, { ZERO, SYSTEM }, { ZERO, RESERVE },
	{ POISON, CACHE }, { POISON, SYSTEM }, { POISON, RESERVE },
	{ CL_ALIGN, CACHE }, { CL_ALIGN, SYSTEM }, { CL_ALIGN, RESERVE },
	{ VERIFY, CACHE }, { VERIFY, SYSTEM }, { VERIFY, RESERVE },
	{ VERIFY | ZERO, CACHE }, { VERIFY | ZERO, SYSTEM }, { VERIFY | ZERO, RESERVE },
	{ VERIFY | POISON, CACHE }, { VERIFY | POISON, SYSTEM },
	{ VERIFY | POISON, RESERVE },
	{ NOWAIT, CACHE }, { NOWAIT, SYSTEM },
	{ NOWAIT | ZERO, CACHE }, { NOWAIT | ZERO, SYSTEM },
	{ NOWAIT | VERIFY, CACHE }, { NOWAIT | VERIFY, SYSTEM },
};

static const labyrinth_quality_t requests[] = {
	NONE, ZERO, POISON, CL_ALIGN, ZERO | CL_ALIGN, POISON | CL_ALIGN, ZERO | POISON,
	ZERO | POISON | CL_ALIGN, VERIFY, VERIFY | ZERO, NOWAIT, ZERO | NOWAIT,
	POISON | NOWAIT, CL_ALIGN | NOWAIT, ZERO | CL_ALIGN | NOWAIT,
	POISON | CL_ALIGN | NOWAIT,
};

static const char *flag_names(labyrinth_quality_t quality, char *text, size_t size)
{
	static const struct {
		labyrinth_quality_t	flag;
		const char		*name;
	} flags[] = {
		{ ZERO, "ZERO" }, { POISON, "POISON" }, { CL_ALIGN, "CL_ALIGN" },
		{ VERIFY, "VERIFY" }, { NOWAIT, "NOWAIT" }, { ACCOUNT, "ACCOUNT" },
	};
	unsigned int i;

	strscpy(text, quality ? "" : "NONE", size);
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		if (!(quality & flags[i].flag))
			continue;
		if (*text)
			strlcat(text, "|", size);
		strlcat(text, flags[i].name, size);
	}
	return text;
}

static void content_desc(const struct content_param *param, char *desc)
{
	static const char * const source_names[] = { "cache", "system", "reserve" };
	char zone[40];

	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "zone %s, from %s",
		 flag_names(param->zone, zone, sizeof(zone)),
		 source_names[param->source]);
}

KUNIT_ARRAY_PARAM(content, content_params, content_desc);

/* The next page that the system gives is most likely this one. */
static void dirty_the_system(struct kunit *test)
{
	struct page *page = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	memset(page_address(page), DIRT, PAGE_SIZE);
	__free_page(page);
}

/* A page that has been used goes to where the next request will find it. */
static void prepare_source(struct kunit *test, struct labyrinth_zone *zone,
			   enum source source)
{
	struct page *page;

	if (source == SYSTEM) {
		labyrinth_zone_trim(zone);
		dirty_the_system(test);
		return;
	}
	page = labyrinth_test_alloc(zone, NONE);
	KUNIT_ASSERT_NOT_NULL(test, page);
	memset(page_address(page), DIRT, PAGE_SIZE);
	labyrinth_test_free(zone, page);
	KUNIT_ASSERT_TRUE(test, labyrinth_test_is_idle(zone, page));
	KUNIT_ASSERT_EQ(test, labyrinth_test_stats(zone).cached, source == CACHE);
}

static bool contradicts(labyrinth_quality_t request, labyrinth_quality_t all)
{
	return (request & VERIFY) || ((all & ZERO) && (all & POISON));
}

/**
 * struct request - an allocation in another context
 * @zone: from where
 * @quality: of what
 * @page: the outcome
 * @name: the quality in words
 */
struct request {
	struct labyrinth_zone	*zone;
	labyrinth_quality_t	quality;
	struct page		*page;
	char			name[40];
};

static void make_request(void *arg)
{
	struct request *request = arg;

	request->page = labyrinth_alloc_page_atomic(request->zone, request->quality);
}

static void check_page(struct kunit *test, struct page *page,
		       labyrinth_quality_t quality, const char *request)
{
	if (quality & ZERO)
		KUNIT_EXPECT_TRUE_MSG(test, labyrinth_test_is_filled(page, 0, 0),
				      "request %s", request);
	if (quality & POISON)
		KUNIT_EXPECT_TRUE_MSG(test, labyrinth_test_is_filled(page, 0, PATTERN),
				      "request %s", request);
	if (quality & CL_ALIGN)
		KUNIT_EXPECT_TRUE_MSG(test, IS_ALIGNED((unsigned long)page_address(page),
						       L1_CACHE_BYTES),
				      "request %s", request);
}

/*
 * The system is not entered from a hard interrupt on PREEMPT_RT, unless the kernel
 * has a way that only tries: then the reserve serves, if the request may have it.
 */
static enum source source_met(enum source source, bool hardirq)
{
	if (source == SYSTEM && hardirq && IS_ENABLED(CONFIG_PREEMPT_RT) &&
	    !LABYRINTH_HAS_NOLOCK)
		return RESERVE;
	return source;
}

static void check_request(struct kunit *test, struct request *request,
			  enum source source, bool hardirq)
{
	const char *name = flag_names(request->quality, request->name,
				      sizeof(request->name));
	labyrinth_quality_t all = request->quality | request->zone->quality;
	struct labyrinth_stats before, after;
	bool nowhere = false;

	prepare_source(test, request->zone, source);
	if (source_met(source, hardirq) != source) {
		source = source_met(source, hardirq);
		nowhere = all & NOWAIT;
	}
	before = labyrinth_test_stats(request->zone);
	if (hardirq)
		labyrinth_test_in_hardirq(make_request, request);
	else
		make_request(request);
	after = labyrinth_test_stats(request->zone);
	if (contradicts(request->quality, all)) {
		KUNIT_EXPECT_NULL_MSG(test, request->page, "request %s", name);
		KUNIT_EXPECT_EQ_MSG(test, after.misuse, before.misuse + 1, "request %s",
				    name);
		return;
	}
	KUNIT_EXPECT_EQ_MSG(test, after.misuse, before.misuse, "request %s", name);
	if (nowhere) {
		KUNIT_EXPECT_NULL_MSG(test, request->page, "request %s", name);
		return;
	}
	KUNIT_ASSERT_NOT_NULL_MSG(test, request->page, "request %s", name);
	KUNIT_EXPECT_EQ_MSG(test, after.from_cache - before.from_cache, source == CACHE,
			    "request %s", name);
	KUNIT_EXPECT_EQ_MSG(test, after.from_system - before.from_system,
			    source == SYSTEM, "request %s", name);
	KUNIT_EXPECT_EQ_MSG(test, after.from_reserve - before.from_reserve,
			    source == RESERVE, "request %s", name);
	check_page(test, request->page, all, name);
	labyrinth_test_free(request->zone, request->page);
}

static void check_content(struct kunit *test, bool hardirq)
{
	const struct content_param *param = test->param_value;
	struct request request;
	unsigned int i;

	request.zone = labyrinth_test_zone(test, .reserve = 1, .quality = param->zone,
					   .poison_pattern = PATTERN,
					   .policy = param->source == RESERVE ?
						     LABYRINTH_RESERVE_ONLY :
						     LABYRINTH_SYSTEM_FIRST);
	labyrinth_inject_set(request.zone, LABYRINTH_INJECT_HOLD, true);
	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		request.quality = requests[i];
		if (param->source == RESERVE && (request.quality & NOWAIT))
			continue;
		check_request(test, &request, param->source, hardirq);
	}
}

static void page_holds_what_was_asked_for(struct kunit *test)
{
	check_content(test, false);
}

static void page_taken_in_a_hard_interrupt_holds_the_same(struct kunit *test)
{
	check_content(test, true);
}

static void poison_has_a_default_pattern(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 1);
	struct page *page = labyrinth_test_alloc(zone, POISON);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_NE(test, zone->poison, 0);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_filled(page, 0, zone->poison));
}

static void zero_fills_all_of_a_compound_page(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 1, .order = 2);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	memset(page_address(page), DIRT, PAGE_SIZE << 2);
	labyrinth_test_free(zone, page);
	page = labyrinth_test_alloc(zone, ZERO);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_cache, 1);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_filled(page, 2, 0));
}

static void page_may_be_had_and_freed_by_its_address(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 1);
	void *address = labyrinth_void_allocpage_gfpatomic_extra_quality(zone, ZERO);

	KUNIT_ASSERT_NOT_NULL(test, address);
	KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(address));
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_live(zone, virt_to_page(address)));
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_filled(virt_to_page(address), 0, 0));
	labyrinth_test_free_address(zone, address);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).live, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
}

static const unsigned int unknown_bits[] = { 6, 7, 15, 16, 30, 31 };

static void bit_desc(const unsigned int *bit, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "bit %u", *bit);
}

KUNIT_ARRAY_PARAM(unknown, unknown_bits, bit_desc);

static void unknown_bit_is_misuse(struct kunit *test)
{
	const unsigned int *bit = test->param_value;
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 1);
	labyrinth_quality_t quality = (__force labyrinth_quality_t)BIT(*bit);

	KUNIT_EXPECT_NULL(test, labyrinth_test_alloc(zone, quality));
	KUNIT_EXPECT_NULL(test, labyrinth_test_alloc(zone, quality | ZERO));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 2);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).failed, 2);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).starvations, 0);
}

static void account_page_goes_back_to_the_system(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 1);
	struct page *page = labyrinth_test_alloc(zone, ACCOUNT);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_system, 1);
	labyrinth_test_free(zone, page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).returned, 1);
	KUNIT_EXPECT_NULL(test, labyrinth_test_desc(zone, page));
}

static void account_zone_is_served_by_the_system_alone(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2,
							  .quality = ACCOUNT);

	labyrinth_test_free(zone, labyrinth_test_alloc(zone, NONE));
	labyrinth_test_free(zone, labyrinth_test_alloc(zone, NONE));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).from_system, 2);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, 0);
}

static void account_combines_with_zero(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 1);
	struct page *page;

	dirty_the_system(test);
	page = labyrinth_test_alloc(zone, ACCOUNT | ZERO);
	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_is_filled(page, 0, 0));
}

static void account_in_a_hard_interrupt_is_misuse(struct kunit *test)
{
	struct request request = {
		.zone = labyrinth_test_zone(test, .reserve = 1), .quality = ACCOUNT,
	};

	labyrinth_test_in_hardirq(make_request, &request);
	KUNIT_EXPECT_NULL(test, request.page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(request.zone).misuse, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(request.zone).failed, 1);
}

static void account_with_bottom_halves_off_is_legal(struct kunit *test)
{
	struct request request = {
		.zone = labyrinth_test_zone(test, .reserve = 1), .quality = ACCOUNT,
	};

	local_bh_disable();
	make_request(&request);
	local_bh_enable();
	KUNIT_EXPECT_NOT_NULL(test, request.page);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(request.zone).misuse, 0);
}

static struct kunit_case quality_cases[] = {
	KUNIT_CASE_PARAM(page_holds_what_was_asked_for, content_gen_params),
	KUNIT_CASE_PARAM(page_taken_in_a_hard_interrupt_holds_the_same, content_gen_params),
	KUNIT_CASE(poison_has_a_default_pattern),
	KUNIT_CASE(zero_fills_all_of_a_compound_page),
	KUNIT_CASE(page_may_be_had_and_freed_by_its_address),
	KUNIT_CASE_PARAM(unknown_bit_is_misuse, unknown_gen_params),
	KUNIT_CASE(account_page_goes_back_to_the_system),
	KUNIT_CASE(account_zone_is_served_by_the_system_alone),
	KUNIT_CASE(account_combines_with_zero),
	KUNIT_CASE(account_in_a_hard_interrupt_is_misuse),
	KUNIT_CASE(account_with_bottom_halves_off_is_legal),
	{}
};

static struct kunit_suite quality_suite = {
	.name = "labyrinth_quality",
	.test_cases = quality_cases,
};

kunit_test_suite(quality_suite);
