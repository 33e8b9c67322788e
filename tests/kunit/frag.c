// SPDX-License-Identifier: GPL-2.0
/*
 * Fragments are what was asked for, none is in another one's way, and their pages go
 * back when the last of them does.
 */
#include <kunit/test.h>
#include <linux/align.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/string.h>

#include "common.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define ZERO	LABYRINTH_QUALITY_ZERO
#define POISON	LABYRINTH_QUALITY_POISON
#define NR	100U

/* --- sizes and alignments --- */

struct shape_param {
	unsigned int	order;
	unsigned int	size;
};

static const struct shape_param shape_params[] = {
	{ 0, 1 }, { 0, 63 }, { 0, 64 }, { 0, 65 }, { 0, 192 }, { 0, 1500 }, { 0, 2048 },
	{ 0, PAGE_SIZE - 1 }, { 0, PAGE_SIZE }, { 1, 1 }, { 1, 129 }, { 1, 1500 },
	{ 1, PAGE_SIZE + 1 }, { 1, 2 * PAGE_SIZE }, { 3, 9000 },
};

static void shape_desc(const struct shape_param *param, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "order %u, %u bytes", param->order,
		 param->size);
}

KUNIT_ARRAY_PARAM(shape, shape_params, shape_desc);

static bool within_one_page(const struct labyrinth_zone *zone, const void *addr, size_t size)
{
	unsigned long first = (unsigned long)addr, last = first + size - 1;

	return first / labyrinth_bytes(zone) == last / labyrinth_bytes(zone);
}

/* Each has its own content, which none of the others may disturb. */
static void fragments_of(struct kunit *test, struct labyrinth_zone *zone, size_t size,
			 unsigned int align)
{
	u8 *addr[NR];
	unsigned int i;

	for (i = 0; i < NR; i++) {
		addr[i] = labyrinth_test_frag(zone, size, align, NONE);
		KUNIT_ASSERT_NOT_NULL(test, addr[i]);
		KUNIT_EXPECT_EQ(test, (unsigned long)addr[i] % max(align, 1U), 0UL);
		KUNIT_EXPECT_TRUE(test, within_one_page(zone, addr[i], size));
		KUNIT_EXPECT_TRUE(test, labyrinth_test_is_live(zone, virt_to_head_page(addr[i])));
		memset(addr[i], i, size);
	}
	for (i = 0; i < NR; i++)
		KUNIT_EXPECT_NULL(test, memchr_inv(addr[i], i, size));
	for (i = 0; i < NR; i++) {
		/* Not in the order in which they came: 37 and NR have no divisor in common. */
		labyrinth_test_frag_free(zone, addr[i * 37 % NR]);
		KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).frag_allocs -
				      labyrinth_test_stats(zone).frag_frees, NR - 1 - i);
	}
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 0);
	/* One may be open. */
	KUNIT_EXPECT_LE(test, labyrinth_test_live(zone), 1);
}

static void fragments_are_aligned_whole_and_apart(struct kunit *test)
{
	const struct shape_param *param = test->param_value;
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4,
							  .order = param->order);
	unsigned int align;

	fragments_of(test, zone, param->size, 0);
	for (align = 1; align <= labyrinth_bytes(zone); align *= 2)
		fragments_of(test, zone, param->size, align);
	labyrinth_test_books(test, zone);
}

static void cl_align_aligns_to_a_cache_line(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	unsigned int i;
	void *addr;

	for (i = 0; i < NR; i++) {
		addr = labyrinth_test_frag(zone, 1 + i, 1 << i % 4,
					   LABYRINTH_QUALITY_CL_ALIGN);
		KUNIT_ASSERT_NOT_NULL(test, addr);
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)addr, L1_CACHE_BYTES));
	}
}

/* As many as there are granules but the last, and then another page. */
static void small_fragments_share_a_page(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2);
	void *first = labyrinth_test_frag(zone, 1, 0, NONE), *addr;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, first);
	for (i = 1; i < 63; i++) {
		addr = labyrinth_test_frag(zone, 1, 0, NONE);
		KUNIT_ASSERT_PTR_EQ(test, addr, first + i * PAGE_SIZE / 64);
	}
	KUNIT_EXPECT_EQ(test, labyrinth_test_live(zone), 1);
	addr = labyrinth_test_frag(zone, 1, 0, NONE);
	KUNIT_ASSERT_NOT_NULL(test, addr);
	KUNIT_EXPECT_PTR_NE(test, virt_to_page(addr), virt_to_page(first));
	KUNIT_EXPECT_EQ(test, labyrinth_test_live(zone), 2);
}

/* --- content --- */

/* The fragment between two others, in a page that is full of something else. */
static void expect_filled_alone(struct kunit *test, struct labyrinth_zone *zone,
				labyrinth_quality_t quality, u8 byte)
{
	u8 *first, *addr;

	first = labyrinth_test_frag(zone, PAGE_SIZE / 64, 0, NONE);
	KUNIT_ASSERT_NOT_NULL(test, first);
	KUNIT_ASSERT_TRUE(test, PAGE_ALIGNED(first));
	memset(first, 0xaa, PAGE_SIZE);
	addr = labyrinth_test_frag(zone, 3 * PAGE_SIZE / 64 - 7, 0, quality);
	KUNIT_ASSERT_PTR_EQ(test, addr, first + PAGE_SIZE / 64);
	KUNIT_EXPECT_NULL(test, memchr_inv(addr, byte, 3 * PAGE_SIZE / 64 - 7));
	KUNIT_EXPECT_NULL(test, memchr_inv(first, 0xaa, PAGE_SIZE / 64));
	addr += 3 * PAGE_SIZE / 64 - 7;
	KUNIT_EXPECT_NULL(test, memchr_inv(addr, 0xaa, first + PAGE_SIZE - addr));
}

static void zero_clears_the_fragment_alone(struct kunit *test)
{
	expect_filled_alone(test, labyrinth_test_zone(test, .reserve = 2), ZERO, 0);
}

static void poison_fills_the_fragment_alone(struct kunit *test)
{
	expect_filled_alone(test, labyrinth_test_zone(test, .reserve = 2,
						      .poison_pattern = 0x5c),
			    POISON, 0x5c);
}

static void zone_of_quality_zero_clears_each_fragment(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 2, .quality = ZERO);
	unsigned int i;
	u8 *addr;

	for (i = 0; i < 3 * NR; i++) {
		addr = labyrinth_test_frag(zone, 300, 0, NONE);
		KUNIT_ASSERT_NOT_NULL(test, addr);
		KUNIT_EXPECT_NULL(test, memchr_inv(addr, 0, 300));
		memset(addr, 0xaa, 300);
		labyrinth_test_frag_free(zone, addr);
	}
	/* The same memory again and again, unless pages are cleared by freeing them. */
	if (!test_bit(LABYRINTH_FREE_CLEAR, &zone->free_attention))
		KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).allocs, 1);
}

/* --- anything at all, against a record of what should be --- */

#define HELD	96U
#define STEPS	6000U

struct model_param {
	const char			*what;
	struct labyrinth_zone_params	params;
	bool				dry;
};

#define ZONE(...) { .name = "kunit", .node = NUMA_NO_NODE, .reserve = 24, __VA_ARGS__ }

static const struct model_param model_params[] = {
	{ "cached", ZONE(.cache = 8) },
	{ "no cache", ZONE(.cache = LABYRINTH_NO_CACHE) },
	{ "order 2", ZONE(.order = 2, .cache = 4) },
	{ "VERIFY", ZONE(.quality = LABYRINTH_QUALITY_VERIFY, .cache = 8) },
	{ "reserve first", ZONE(.policy = LABYRINTH_RESERVE_FIRST, .cache = 2) },
	{ "dry", ZONE(.cache = 4), .dry = true },
};

static void model_desc(const struct model_param *param, char *desc)
{
	strscpy(desc, param->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(model, model_params, model_desc);

/**
 * struct held - a live fragment
 * @addr: where
 * @size: how large
 * @byte: what it is full of
 */
struct held {
	u8	*addr;
	size_t	size;
	u8	byte;
};

/**
 * struct model - what should be
 * @zone: the zone
 * @random: its dice
 * @nr: fragments held
 * @held: the fragments
 * @taken: how many there were
 * @spoilt: fragments whose content was not what it should be
 * @overlaps: fragments in another one's way, or not where they may be
 */
struct model {
	struct labyrinth_zone	*zone;
	struct rnd_state	random;
	unsigned int		nr;
	struct held		held[HELD];
	u64			taken;
	unsigned int		spoilt;
	unsigned int		overlaps;
};

static u32 dice(struct model *model, u32 sides)
{
	return prandom_u32_state(&model->random) % sides;
}

static bool overlap(const struct held *a, const struct held *b)
{
	return a->addr < b->addr + b->size && b->addr < a->addr + a->size;
}

static void model_take(struct model *model)
{
	static const labyrinth_quality_t qualities[] = { NONE, NONE, ZERO, POISON };
	labyrinth_quality_t quality = qualities[dice(model, ARRAY_SIZE(qualities))];
	size_t bytes = labyrinth_bytes(model->zone);
	struct held *held = &model->held[model->nr];
	unsigned int align, i;

	/* Small ones mostly, and every size. */
	held->size = 1 + dice(model, dice(model, 4) ? bytes / 16 : bytes);
	align = dice(model, 2) ? 0 : 1U << dice(model, ilog2(bytes) + 1);
	held->byte = prandom_u32_state(&model->random);
	held->addr = labyrinth_test_frag(model->zone, held->size, align, quality);
	if (!held->addr)
		return;
	if (align && !IS_ALIGNED((unsigned long)held->addr, align))
		model->overlaps++;
	if (!within_one_page(model->zone, held->addr, held->size))
		model->overlaps++;
	for (i = 0; i < model->nr; i++)
		model->overlaps += overlap(held, &model->held[i]);
	if (quality == ZERO && memchr_inv(held->addr, 0, held->size))
		model->spoilt++;
	if (quality == POISON && memchr_inv(held->addr, model->zone->poison, held->size))
		model->spoilt++;
	memset(held->addr, held->byte, held->size);
	model->nr++;
	model->taken++;
}

static void model_give(struct model *model)
{
	struct held *held = &model->held[dice(model, model->nr)];

	if (memchr_inv(held->addr, held->byte, held->size))
		model->spoilt++;
	labyrinth_test_frag_free(model->zone, held->addr);
	*held = model->held[--model->nr];
}

/* Live in the books of the zone: just what the record holds. */
static unsigned int live_fragments(struct labyrinth_zone *zone)
{
	unsigned int slot, nr = 0;

	for (slot = 0; slot <= zone->slot_mask / sizeof(struct labyrinth_desc); slot++)
		if (zone->table[slot].page &&
		    zone->table[slot].state & LABYRINTH_DESC_FRAG)
			nr += labyrinth_frag_live(&zone->table[slot]);
	return nr;
}

static void whatever_comes_fragments_are_as_they_should_be(struct kunit *test)
{
	const struct model_param *param = test->param_value;
	struct labyrinth_zone *zone = labyrinth_test_zone_make(test, &param->params);
	struct labyrinth_stats stats;
	struct model *model;
	unsigned int i;

	model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, model);
	model->zone = zone;
	prandom_seed_state(&model->random, 1);
	if (param->dry)
		labyrinth_test_cut_off(zone);
	for (i = 0; i < STEPS; i++) {
		/* It fills up and empties again and again. */
		if (model->nr < HELD && dice(model, 16) < (i / 500 % 2 ? 6 : 10))
			model_take(model);
		else if (model->nr)
			model_give(model);
		if (i % 50)
			continue;
		KUNIT_ASSERT_EQ(test, live_fragments(zone), model->nr);
		labyrinth_refill_flush(zone);
		labyrinth_test_books(test, zone);
	}
	stats = labyrinth_test_stats(zone);
	KUNIT_EXPECT_EQ(test, stats.frag_allocs, model->taken);
	KUNIT_EXPECT_EQ(test, stats.frag_frees, model->taken - model->nr);
	while (model->nr)
		model_give(model);
	labyrinth_test_reconnect(zone);
	labyrinth_zone_trim(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_live(zone), 0);
	KUNIT_EXPECT_EQ(test, model->overlaps, 0);
	KUNIT_EXPECT_EQ(test, model->spoilt, 0);
	stats = labyrinth_test_stats(zone);
	KUNIT_EXPECT_EQ(test, stats.frag_frees, model->taken);
	KUNIT_EXPECT_EQ(test, stats.misuse, 0);
	KUNIT_EXPECT_EQ(test, stats.verify_failures, 0);
}

static struct kunit_case frag_cases[] = {
	KUNIT_CASE_PARAM(fragments_are_aligned_whole_and_apart, shape_gen_params),
	KUNIT_CASE(cl_align_aligns_to_a_cache_line),
	KUNIT_CASE(small_fragments_share_a_page),
	KUNIT_CASE(zero_clears_the_fragment_alone),
	KUNIT_CASE(poison_fills_the_fragment_alone),
	KUNIT_CASE(zone_of_quality_zero_clears_each_fragment),
	KUNIT_CASE_PARAM(whatever_comes_fragments_are_as_they_should_be, model_gen_params),
	{}
};

static struct kunit_suite frag_suite = {
	.name = "labyrinth_frag",
	.test_cases = frag_cases,
};

kunit_test_suite(frag_suite);
