// SPDX-License-Identifier: GPL-2.0
/*
 * The lock-free stack by itself, on a table of its own.
 */
#include <kunit/test.h>
#include <linux/cache.h>

#include "common.h"

#define NODES	8U

/* Whatever stands first in a table is on no stack. */
struct stack_test {
	struct labyrinth_desc	table[1 + NODES];
	struct labyrinth_stack	stack;
};

static struct labyrinth_desc *node_at(struct stack_test *ctx, unsigned int i)
{
	return &ctx->table[1 + i];
}

static int stack_init(struct kunit *test)
{
	struct stack_test *ctx;

	/* kmalloc() aligns a power of two to itself, and that is enough. */
	ctx = kunit_kzalloc(test, roundup_pow_of_two(sizeof(*ctx)), GFP_KERNEL);
	if (!ctx)
		return -ENOMEM;
	labyrinth_stack_init(&ctx->stack);
	test->priv = ctx;
	return 0;
}

static bool push_weighing(struct stack_test *ctx, unsigned int i, u32 weight, u32 limit)
{
	labyrinth_desc_link(node_at(ctx, i), weight);
	if (labyrinth_stack_push(&ctx->stack, ctx->table, node_at(ctx, i), limit))
		return true;
	labyrinth_desc_unlink(node_at(ctx, i));
	return false;
}

static bool push(struct stack_test *ctx, unsigned int i)
{
	return push_weighing(ctx, i, 1, NODES);
}

static struct labyrinth_desc *pop_keeping(struct stack_test *ctx, u32 nr, u32 keep,
					  u32 *left)
{
	return labyrinth_stack_pop(&ctx->stack, ctx->table, nr, keep, left);
}

/* The index of the node popped, or -1. */
static int pop(struct stack_test *ctx)
{
	struct labyrinth_desc *node;
	u32 left;

	node = pop_keeping(ctx, 1, 0, &left);
	if (!node)
		return -1;
	labyrinth_desc_unlink(node);
	return node - node_at(ctx, 0);
}

static u32 depth(struct stack_test *ctx)
{
	return labyrinth_stack_depth(&ctx->stack, ctx->table);
}

static u64 head(struct stack_test *ctx)
{
	return atomic64_read(&ctx->stack.head);
}

static void new_stack_is_empty(struct kunit *test)
{
	struct stack_test *ctx = test->priv;

	KUNIT_EXPECT_TRUE(test, labyrinth_stack_empty(&ctx->stack));
	KUNIT_EXPECT_EQ(test, depth(ctx), 0);
	KUNIT_EXPECT_EQ(test, pop(ctx), -1);
	KUNIT_EXPECT_NULL(test, labyrinth_stack_pop_all(&ctx->stack, ctx->table));
}

static void last_pushed_is_first_popped(struct kunit *test)
{
	struct stack_test *ctx = test->priv;
	int i;

	for (i = 0; i < NODES; i++)
		KUNIT_ASSERT_TRUE(test, push(ctx, i));
	for (i = NODES - 1; i >= 0; i--)
		KUNIT_EXPECT_EQ(test, pop(ctx), i);
	KUNIT_EXPECT_TRUE(test, labyrinth_stack_empty(&ctx->stack));
}

static void push_beyond_the_limit_is_refused(struct kunit *test)
{
	struct stack_test *ctx = test->priv;
	u64 before;

	KUNIT_ASSERT_TRUE(test, push_weighing(ctx, 0, 1, 2));
	KUNIT_ASSERT_TRUE(test, push_weighing(ctx, 1, 1, 2));
	before = head(ctx);
	KUNIT_EXPECT_FALSE(test, push_weighing(ctx, 2, 1, 2));
	KUNIT_EXPECT_EQ(test, head(ctx), before);
	KUNIT_EXPECT_EQ(test, depth(ctx), 2);
}

static void limit_counts_the_weight_of_a_batch(struct kunit *test)
{
	struct stack_test *ctx = test->priv;

	KUNIT_ASSERT_TRUE(test, push_weighing(ctx, 0, 5, 8));
	KUNIT_EXPECT_FALSE(test, push_weighing(ctx, 1, 4, 8));
	KUNIT_EXPECT_TRUE(test, push_weighing(ctx, 1, 3, 8));
	KUNIT_EXPECT_EQ(test, depth(ctx), 8);
}

static void limit_of_zero_takes_nothing(struct kunit *test)
{
	struct stack_test *ctx = test->priv;

	KUNIT_EXPECT_FALSE(test, push_weighing(ctx, 0, 1, 0));
	KUNIT_EXPECT_TRUE(test, labyrinth_stack_empty(&ctx->stack));
}

static void depth_follows_every_push_and_pop(struct kunit *test)
{
	struct stack_test *ctx = test->priv;
	u32 i;

	for (i = 0; i < NODES; i++) {
		push(ctx, i);
		KUNIT_EXPECT_EQ(test, depth(ctx), i + 1);
	}
	for (i = NODES; i > 0; i--) {
		pop(ctx);
		KUNIT_EXPECT_EQ(test, depth(ctx), i - 1);
	}
}

static void popping_a_batch_says_what_is_left(struct kunit *test)
{
	struct stack_test *ctx = test->priv;
	u32 left = ~0;

	push_weighing(ctx, 0, 3, 100);
	push_weighing(ctx, 1, 7, 100);
	KUNIT_EXPECT_PTR_EQ(test, pop_keeping(ctx, 1, 0, &left), node_at(ctx, 1));
	KUNIT_EXPECT_EQ(test, left, 3);
	KUNIT_EXPECT_EQ(test, depth(ctx), 3);
}

static void chain_comes_off_in_stacked_order(struct kunit *test)
{
	struct stack_test *ctx = test->priv;
	struct labyrinth_desc *node;
	u32 left = ~0, i;

	for (i = 0; i < NODES; i++)
		push(ctx, i);
	node = pop_keeping(ctx, 3, 0, &left);
	for (i = 1; i <= 3; i++) {
		KUNIT_ASSERT_PTR_EQ(test, node, node_at(ctx, NODES - i));
		node = labyrinth_at(ctx->table, node->below);
	}
	KUNIT_EXPECT_EQ(test, left, NODES - 3);
	KUNIT_EXPECT_EQ(test, depth(ctx), NODES - 3);
	KUNIT_EXPECT_EQ(test, pop(ctx), NODES - 4);
}

static void chain_can_be_the_whole_stack(struct kunit *test)
{
	struct stack_test *ctx = test->priv;
	u32 left = ~0, i;

	for (i = 0; i < NODES; i++)
		push(ctx, i);
	KUNIT_EXPECT_NOT_NULL(test, pop_keeping(ctx, NODES, 0, &left));
	KUNIT_EXPECT_EQ(test, left, 0);
	KUNIT_EXPECT_TRUE(test, labyrinth_stack_empty(&ctx->stack));
}

static void chain_longer_than_the_stack_takes_nothing(struct kunit *test)
{
	struct stack_test *ctx = test->priv;
	u64 before;
	u32 left;

	push(ctx, 0);
	push(ctx, 1);
	before = head(ctx);
	KUNIT_EXPECT_NULL(test, pop_keeping(ctx, 3, 0, &left));
	KUNIT_EXPECT_EQ(test, head(ctx), before);
	KUNIT_EXPECT_EQ(test, depth(ctx), 2);
}

static void pop_leaves_what_is_to_be_kept(struct kunit *test)
{
	struct stack_test *ctx = test->priv;
	u32 left = ~0, i;

	for (i = 0; i < 4; i++)
		push(ctx, i);
	KUNIT_EXPECT_NULL(test, pop_keeping(ctx, 1, 4, &left));
	KUNIT_EXPECT_NULL(test, pop_keeping(ctx, 2, 3, &left));
	KUNIT_EXPECT_NOT_NULL(test, pop_keeping(ctx, 1, 3, &left));
	KUNIT_EXPECT_EQ(test, left, 3);
	KUNIT_EXPECT_NULL(test, pop_keeping(ctx, 1, 3, &left));
	KUNIT_EXPECT_EQ(test, depth(ctx), 3);
}

static void pop_all_takes_every_node_in_order(struct kunit *test)
{
	struct stack_test *ctx = test->priv;
	struct labyrinth_desc *node;
	int i;

	for (i = 0; i < NODES; i++)
		push(ctx, i);
	node = labyrinth_stack_pop_all(&ctx->stack, ctx->table);
	for (i = NODES - 1; i >= 0; i--) {
		KUNIT_ASSERT_PTR_EQ(test, node, node_at(ctx, i));
		node = node->below == LABYRINTH_NIL ? NULL :
		       labyrinth_at(ctx->table, node->below);
	}
	KUNIT_EXPECT_NULL(test, node);
	KUNIT_EXPECT_EQ(test, depth(ctx), 0);
}

static void node_cannot_be_linked_twice(struct kunit *test)
{
	struct stack_test *ctx = test->priv;

	KUNIT_EXPECT_TRUE(test, labyrinth_desc_link(node_at(ctx, 0), 1));
	KUNIT_EXPECT_FALSE(test, labyrinth_desc_link(node_at(ctx, 0), 1));
	labyrinth_desc_unlink(node_at(ctx, 0));
	KUNIT_EXPECT_TRUE(test, labyrinth_desc_link(node_at(ctx, 0), 2));
}

static void every_change_makes_a_head_never_seen_before(struct kunit *test)
{
	struct stack_test *ctx = test->priv;
	u64 seen[4 * NODES];
	unsigned int nr = 0, i, j;

	seen[nr++] = head(ctx);
	for (i = 0; i < NODES; i++) {
		push(ctx, i);
		seen[nr++] = head(ctx);
	}
	for (i = 0; i < NODES; i++) {
		pop(ctx);
		seen[nr++] = head(ctx);
	}
	push(ctx, 0);
	seen[nr++] = head(ctx);
	labyrinth_stack_pop_all(&ctx->stack, ctx->table);
	seen[nr++] = head(ctx);
	for (i = 0; i < nr; i++)
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_NE_MSG(test, seen[i], seen[j],
					    "changes %u and %u", j, i);
}

/* Popped by somebody else and put back meanwhile: the top is the same node. */
static void exchange_with_a_stale_head_fails(struct kunit *test)
{
	struct stack_test *ctx = test->priv;
	s64 stale, next;

	push(ctx, 0);
	push(ctx, 1);
	stale = head(ctx);
	next = labyrinth_head_next(stale, labyrinth_head_place(stale), LABYRINTH_NIL);
	KUNIT_ASSERT_EQ(test, pop(ctx), 1);
	KUNIT_ASSERT_EQ(test, pop(ctx), 0);
	KUNIT_ASSERT_TRUE(test, push(ctx, 1));
	KUNIT_ASSERT_EQ(test, labyrinth_head_place(head(ctx)),
			labyrinth_head_place(stale));

	KUNIT_EXPECT_FALSE(test, labyrinth_stack_unchanged(&ctx->stack, stale));
	KUNIT_EXPECT_FALSE(test, atomic64_try_cmpxchg(&ctx->stack.head, &stale, next));
	KUNIT_EXPECT_EQ(test, pop(ctx), 1);
	KUNIT_EXPECT_EQ(test, pop(ctx), -1);
}

static void tag_wraps_without_touching_the_place(struct kunit *test)
{
	struct stack_test *ctx = test->priv;
	u64 first = labyrinth_place(ctx->table, node_at(ctx, 0));

	push(ctx, 0);
	atomic64_set(&ctx->stack.head, GENMASK_ULL(63, LABYRINTH_PLACE_BITS) | first);
	KUNIT_ASSERT_TRUE(test, push(ctx, 5));
	KUNIT_EXPECT_EQ(test, head(ctx), labyrinth_place(ctx->table, node_at(ctx, 5)));
	KUNIT_EXPECT_EQ(test, pop(ctx), 5);
	KUNIT_EXPECT_EQ(test, pop(ctx), 0);
	KUNIT_EXPECT_EQ(test, pop(ctx), -1);
}

static struct kunit_case stack_cases[] = {
	KUNIT_CASE(new_stack_is_empty),
	KUNIT_CASE(last_pushed_is_first_popped),
	KUNIT_CASE(push_beyond_the_limit_is_refused),
	KUNIT_CASE(limit_counts_the_weight_of_a_batch),
	KUNIT_CASE(limit_of_zero_takes_nothing),
	KUNIT_CASE(depth_follows_every_push_and_pop),
	KUNIT_CASE(popping_a_batch_says_what_is_left),
	KUNIT_CASE(chain_comes_off_in_stacked_order),
	KUNIT_CASE(chain_can_be_the_whole_stack),
	KUNIT_CASE(chain_longer_than_the_stack_takes_nothing),
	KUNIT_CASE(pop_leaves_what_is_to_be_kept),
	KUNIT_CASE(pop_all_takes_every_node_in_order),
	KUNIT_CASE(node_cannot_be_linked_twice),
	KUNIT_CASE(every_change_makes_a_head_never_seen_before),
	KUNIT_CASE(exchange_with_a_stale_head_fails),
	KUNIT_CASE(tag_wraps_without_touching_the_place),
	{}
};

static struct kunit_suite stack_suite = {
	.name = "labyrinth_stack",
	.init = stack_init,
	.test_cases = stack_cases,
};

kunit_test_suite(stack_suite);
