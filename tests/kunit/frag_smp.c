// SPDX-License-Identifier: GPL-2.0
/*
 * Fragments taken on one CPU and freed on another, in the same instant.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/string.h>

#include "common.h"
#include "pair.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define HALF	(PAGE_SIZE / 2)
#define ROUNDS	2000U

/* --- the last free against the closing --- */

/**
 * struct parting - a page that one CPU closes while the other frees its last fragment
 * @zone: the zone
 * @addr: the fragment
 * @failed: requests that got nothing
 */
struct parting {
	struct labyrinth_zone	*zone;
	void			*addr;
	unsigned int		failed;
};

static void part(struct labyrinth_test_pair *pair, unsigned int who)
{
	struct parting *parting = pair->arg;
	unsigned int i;
	void *next;

	for (i = 0; i < ROUNDS; i++) {
		if (who == 0)
			parting->addr = labyrinth_frag_alloc_atomic(parting->zone, HALF, 0, NONE);
		if (!labyrinth_test_meet(pair, who))
			return;
		if (who == 1) {
			labyrinth_frag_free(parting->zone, parting->addr);
		} else {
			/* Behind the first one there is no room for it. */
			next = labyrinth_frag_alloc_atomic(parting->zone, HALF + 1, 0, NONE);
			parting->failed += !parting->addr + !next;
			labyrinth_frag_free(parting->zone, next);
		}
		if (!labyrinth_test_meet(pair, who))
			return;
	}
}

struct parting_param {
	const char			*what;
	struct labyrinth_zone_params	params;
};

#define ZONE(...) { .name = "kunit", .node = NUMA_NO_NODE, .reserve = 8, __VA_ARGS__ }

static const struct parting_param parting_params[] = {
	{ "pages renewed", ZONE(.cache = 8) },
	{ "pages closed", ZONE(.cache = 8, .quality = LABYRINTH_QUALITY_VERIFY) },
	{ "no cache", ZONE(.cache = LABYRINTH_NO_CACHE) },
};

static void parting_desc(const struct parting_param *param, char *desc)
{
	strscpy(desc, param->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(parting, parting_params, parting_desc);

static void expect_none_live(struct kunit *test, struct labyrinth_zone *zone)
{
	struct labyrinth_stats stats;

	labyrinth_zone_trim(zone);
	labyrinth_refill_flush(zone);
	stats = labyrinth_test_stats(zone);
	KUNIT_EXPECT_EQ(test, stats.frag_allocs, stats.frag_frees);
	KUNIT_EXPECT_EQ(test, stats.live, 0);
	KUNIT_EXPECT_EQ(test, stats.verify_failures, 0);
	labyrinth_test_books(test, zone);
}

static void page_goes_back_once_whoever_is_last(struct kunit *test)
{
	const struct parting_param *param = test->param_value;
	struct labyrinth_test_pair pair = { .fn = part };
	struct parting *parting;

	parting = kunit_kzalloc(test, sizeof(*parting), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, parting);
	parting->zone = labyrinth_test_zone_make(test, &param->params);
	pair.arg = parting;
	labyrinth_test_pair_run(test, &pair);
	KUNIT_EXPECT_EQ(test, parting->failed, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(parting->zone).misuse, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(parting->zone).frag_allocs, 2 * ROUNDS);
	expect_none_live(test, parting->zone);
}

/* --- freed twice in the same instant --- */

static void free_both(struct labyrinth_test_pair *pair, unsigned int who)
{
	struct parting *parting = pair->arg;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		if (who == i % 2)
			parting->addr = labyrinth_frag_alloc_atomic(parting->zone, 64, 0, NONE);
		if (!labyrinth_test_meet(pair, who))
			return;
		labyrinth_frag_free(parting->zone, parting->addr);
		if (!labyrinth_test_meet(pair, who))
			return;
	}
}

static void fragment_freed_by_two_cpus_at_once_is_freed_once(struct kunit *test)
{
	struct labyrinth_test_pair pair = { .fn = free_both };
	struct parting *parting;

	parting = kunit_kzalloc(test, sizeof(*parting), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, parting);
	parting->zone = labyrinth_test_zone(test, .reserve = 8, .cache = 8);
	pair.arg = parting;
	labyrinth_test_pair_run(test, &pair);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(parting->zone).misuse, ROUNDS);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(parting->zone).frag_frees, ROUNDS);
	expect_none_live(test, parting->zone);
}

/* --- from hand to hand --- */

#define PLACES	48U
#define STEPS	40000U

/**
 * struct market - where both CPUs put fragments, and take those of either
 * @zone: the zone
 * @place: a fragment, or NULL; its size and content follow from which place it is
 * @spoilt: fragments with something else in them
 */
struct market {
	struct labyrinth_zone	*zone;
	u8			*place[PLACES];
	atomic_t		spoilt;
};

static size_t size_at(unsigned int place)
{
	return 1 + place * place * PAGE_SIZE / (PLACES * PLACES);
}

static void market_give(struct market *market, unsigned int place, u8 *addr)
{
	if (!addr)
		return;
	if (memchr_inv(addr, place, size_at(place)))
		atomic_inc(&market->spoilt);
	labyrinth_frag_free(market->zone, addr);
}

static void trade(struct labyrinth_test_pair *pair, unsigned int who)
{
	struct market *market = pair->arg;
	struct rnd_state random;
	unsigned int i, place;
	u8 *addr;

	prandom_seed_state(&random, who + 1);
	if (!labyrinth_test_meet(pair, who))
		return;
	for (i = 0; i < STEPS; i++) {
		place = prandom_u32_state(&random) % PLACES;
		addr = NULL;
		if (prandom_u32_state(&random) & 1)
			addr = labyrinth_frag_alloc_atomic(market->zone, size_at(place), 0, NONE);
		if (addr)
			memset(addr, place, size_at(place));
		market_give(market, place, xchg(&market->place[place], addr));
		if (i % 256 == 0)
			cond_resched();
	}
}

static void fragments_change_hands_unharmed(struct kunit *test)
{
	const struct parting_param *param = test->param_value;
	struct labyrinth_test_pair pair = { .fn = trade };
	struct market *market;
	unsigned int i;

	market = kunit_kzalloc(test, sizeof(*market), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, market);
	market->zone = labyrinth_test_zone_make(test, &param->params);
	pair.arg = market;
	labyrinth_test_pair_run(test, &pair);
	for (i = 0; i < PLACES; i++)
		market_give(market, i, market->place[i]);
	KUNIT_EXPECT_EQ(test, atomic_read(&market->spoilt), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(market->zone).misuse, 0);
	expect_none_live(test, market->zone);
}

static struct kunit_case frag_smp_cases[] = {
	KUNIT_CASE_PARAM(page_goes_back_once_whoever_is_last, parting_gen_params),
	KUNIT_CASE(fragment_freed_by_two_cpus_at_once_is_freed_once),
	KUNIT_CASE_PARAM(fragments_change_hands_unharmed, parting_gen_params),
	{}
};

static struct kunit_suite frag_smp_suite = {
	.name = "labyrinth_frag_smp",
	.test_cases = frag_smp_cases,
};

kunit_test_suite(frag_smp_suite);
