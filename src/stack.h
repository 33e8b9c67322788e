/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lock-free stack of descriptors, and the descriptor itself.
 *
 * Reserve, depot, exit stack and tickets are all made of it. It may be used in
 * any context, NMI included, by any number of CPUs.
 *
 * The descriptors of a zone are one array that lives as long as the zone: any
 * place read at any time, however stale, names memory that is a descriptor. A
 * descriptor's place is its distance from the first one, in bytes; the first one is
 * never stacked, so that 0 says that there is none, and its depth is that of an
 * empty stack.
 *
 * The head packs the place of the top descriptor with a tag that every change
 * increments, so that a compare-and-exchange succeeds only if the stack has not
 * changed at all since it was read, not even there and back (ABA). The tag has
 * 35 bits; whoever changes a stack holds a stale head with preemption disabled or
 * from an interrupt, and the stack cannot change 2^35 times in that while: at 10 ns
 * each that is longer than five minutes.
 *
 * Each node also says how deep the stack is from itself down. Since the head
 * names the top node and the compare-and-exchange proves it unchanged, a push
 * or a pop learns the depth without a counter of its own: "is it full?" and
 * "how many are left?" are decided in the very step that changes the stack.
 * A node read through a stale head can hold anything; a refusal that rests on
 * such a value is therefore confirmed by reading the head again.
 *
 * A node weighs as many pages as hang on it: the reserve stacks single pages,
 * the depot whole batches chained by ->next below the node that leads them.
 *
 * Before a descriptor is pushed it is claimed by labyrinth_desc_link(). Two
 * CPUs that free one page in the same instant can both have it in their hands;
 * only one of them gets to link it, so that no stack can become a ring.
 */
#ifndef LABYRINTH_STACK_H
#define LABYRINTH_STACK_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/types.h>

#define LABYRINTH_PLACE_BITS	29
#define LABYRINTH_NIL		0U		/* place of no descriptor */

/*
 * What a descriptor's page is. Only the exact value LABYRINTH_DESC_LIVE is
 * taken by the fast path of free; a live page with more bits takes the slow one.
 */
#define LABYRINTH_DESC_NONE		0U		/* no page here */
#define LABYRINTH_DESC_IDLE		1U		/* in a cache or on a stack */
#define LABYRINTH_DESC_LEAVING		2U		/* between two states */
#define LABYRINTH_DESC_ASIDE		3U		/* written to after free */
#define LABYRINTH_DESC_TICKET		4U		/* in a ticket */
#define LABYRINTH_DESC_LOST		5U		/* somebody else's, but still mapped */
#define LABYRINTH_DESC_LIVE		BIT(8)		/* handed out */
#define LABYRINTH_DESC_NORECYCLE	BIT(9)		/* | LIVE: leaves when freed */
#define LABYRINTH_DESC_ORPHAN		BIT(10)		/* | LIVE: zone destroyed */
#define LABYRINTH_DESC_HANDOFF		BIT(11)		/* | LIVE: queued, src/handoff.c */
#define LABYRINTH_DESC_FRAG		BIT(12)		/* | LIVE: split, see src/frag.c */

/**
 * struct labyrinth_desc - the record of one page
 * @page: the page, and the key of the registry; NULL: the slot is free
 * @state: LABYRINTH_DESC_*
 * @weight: 0: on no stack; n: on one, with n - 1 others chained by @next
 * @standing: @state and @weight in one piece
 * @below: place of the next node of the stack
 * @depth: pages in the stack from this node down
 * @next: place of the next descriptor of the batch
 * @context: preempt_count() when it was handed out
 * @caller: who it was handed to last
 * @freer: who freed it last, or what it was handed off to
 * @when: jiffies when it was handed out
 * @ctx: of a page that is handed off: passed to what it was handed off to
 * @frags: of a split page: where live fragments begin, and whether a CPU cuts more, see
 *	src/frag.c
 *
 * One cache line, so that the registry's look-up has already brought in
 * everything that an allocation or a free needs to know.
 */
struct labyrinth_desc {
	struct page	*page;
	union {
		struct {
			u32	state;
			u32	weight;
		};
		u64	standing;
	};
	u32		below;
	u32		depth;
	u32		next;
	u32		context;
	unsigned long	caller;
	unsigned long	freer;
	unsigned long	when;
	union {
		void		*ctx;
		atomic64_t	frags;
	};
} __aligned(64);

/**
 * struct labyrinth_stack - a lock-free stack of descriptors
 * @head: place of the top descriptor in the low bits, tag above
 */
struct labyrinth_stack {
	atomic64_t	head;
};

static __always_inline unsigned long labyrinth_place(const struct labyrinth_desc *table,
						     const struct labyrinth_desc *desc)
{
	return (const void *)desc - (const void *)table;
}

static __always_inline struct labyrinth_desc *
labyrinth_at(struct labyrinth_desc *table, unsigned long place)
{
	return (void *)table + place;
}

static __always_inline unsigned long labyrinth_head_place(u64 head)
{
	return head & GENMASK(LABYRINTH_PLACE_BITS - 1, 0);
}

/* What comes after @head, which says @from, when @to is on top. */
static __always_inline u64 labyrinth_head_next(u64 head, unsigned long from,
					       unsigned long to)
{
	return head - from + to + BIT_ULL(LABYRINTH_PLACE_BITS);
}

static inline void labyrinth_stack_init(struct labyrinth_stack *stack)
{
	atomic64_set(&stack->head, LABYRINTH_NIL);
}

/* Nothing keeps it so. */
static inline bool labyrinth_stack_empty(const struct labyrinth_stack *stack)
{
	/* data_race(): as good as a look can be, and without a register it is short. */
	return labyrinth_head_place(data_race(stack->head.counter)) == LABYRINTH_NIL;
}

static inline bool labyrinth_desc_idle(const struct labyrinth_desc *desc)
{
	return READ_ONCE(desc->state) == LABYRINTH_DESC_IDLE &&
	       READ_ONCE(desc->page);
}

/* Claim a descriptor for a stack; false: it is on one already. */
static inline bool labyrinth_desc_link(struct labyrinth_desc *desc, u32 weight)
{
	u32 none = 0;

	return try_cmpxchg(&desc->weight, &none, weight);
}

/* A state and a weight as they stand side by side. */
static __always_inline u64 labyrinth_standing(u32 state, u32 weight)
{
	return IS_ENABLED(CONFIG_CPU_BIG_ENDIAN) ? (u64)state << 32 | weight :
						   (u64)weight << 32 | state;
}

/*
 * From live to idle and claimed for a stack in one step: false if it is not live, or
 * on a stack as well because two CPUs have freed it in the same instant.
 */
static __always_inline bool labyrinth_desc_free_linked(struct labyrinth_desc *desc)
{
	u64 live = labyrinth_standing(LABYRINTH_DESC_LIVE, 0);

	return try_cmpxchg(&desc->standing, &live,
			   labyrinth_standing(LABYRINTH_DESC_IDLE, 1));
}

/* And back, off the stack and handed out, by whoever took it. */
static __always_inline void labyrinth_desc_alloc_linked(struct labyrinth_desc *desc)
{
	/* Pairs with the cmpxchg() of link: links are read before they go. */
	smp_store_release(&desc->standing, labyrinth_standing(LABYRINTH_DESC_LIVE, 0));
}

/* By whoever took it off the stack. */
static inline void labyrinth_desc_unlink(struct labyrinth_desc *desc)
{
	/* Pairs with the cmpxchg() of link: links are read before they go. */
	smp_store_release(&desc->weight, 0);
}

/*
 * Is what was read through @head still so? The barrier orders the reads of the
 * node before the second read of the head; the tag makes the answer exact.
 */
static inline bool labyrinth_stack_unchanged(const struct labyrinth_stack *stack,
					     u64 head)
{
	smp_rmb();	/* pairs with the cmpxchg() of push and pop */
	return atomic64_read(&stack->head) == head;
}

/* Push a linked node unless more than @limit pages would then be stacked. */
static inline bool labyrinth_stack_push(struct labyrinth_stack *stack,
					struct labyrinth_desc *table,
					struct labyrinth_desc *node, u32 limit)
{
	unsigned long place = labyrinth_place(table, node), top;
	s64 old = atomic64_read(&stack->head);
	u32 depth;

	do {
		top = labyrinth_head_place(old);
		depth = READ_ONCE(labyrinth_at(table, top)->depth);
		while (unlikely(depth + node->weight > limit)) {
			if (labyrinth_stack_unchanged(stack, old))
				return false;
			old = atomic64_read(&stack->head);
			top = labyrinth_head_place(old);
			depth = READ_ONCE(labyrinth_at(table, top)->depth);
		}
		WRITE_ONCE(node->below, top);
		WRITE_ONCE(node->depth, depth + node->weight);
	} while (!atomic64_try_cmpxchg(&stack->head, &old,
				       labyrinth_head_next(old, top, place)));
	return true;
}

/*
 * Take @nr nodes at once, all or none, and only if at least @keep pages stay.
 * They hang together by ->below, in the order in which they were stacked; *left
 * is the depth that stays. For @nr above 1 every node must weigh 1.
 */
static inline struct labyrinth_desc *
labyrinth_stack_pop(struct labyrinth_stack *stack, struct labyrinth_desc *table,
		    u32 nr, u32 keep, u32 *left)
{
	struct labyrinth_desc *node, *last;
	s64 old = atomic64_read(&stack->head);
	unsigned long top, below;
	u32 depth, rest, i;

again:
	top = labyrinth_head_place(old);
	if (top == LABYRINTH_NIL)
		return NULL;
	node = labyrinth_at(table, top);
	depth = READ_ONCE(node->depth);
	rest = nr > 1 ? nr : READ_ONCE(node->weight);
	if (unlikely(depth < rest || depth - rest < keep))
		goto refuse;
	for (last = node, i = 1; i < nr; i++) {
		below = READ_ONCE(last->below);
		if (unlikely(below == LABYRINTH_NIL))
			goto refuse;
		last = labyrinth_at(table, below);
	}
	if (!atomic64_try_cmpxchg(&stack->head, &old,
				  labyrinth_head_next(old, top, READ_ONCE(last->below))))
		goto again;
	*left = depth - rest;
	return node;

refuse:
	if (labyrinth_stack_unchanged(stack, old))
		return NULL;
	old = atomic64_read(&stack->head);
	goto again;
}

/*
 * The same for one page of a stack of single pages; *depth is what there was. A refusal
 * may rest on what a stale head says: the caller then asks the others, which are exact.
 */
static __always_inline bool
labyrinth_stack_pop_one(struct labyrinth_stack *stack,
			struct labyrinth_desc *const *table,
			struct labyrinth_desc **node, u32 *depth)
{
	s64 old = atomic64_read(&stack->head);
	unsigned long top, below;

	do {
		top = labyrinth_head_place(old);
		if (unlikely(top == LABYRINTH_NIL))
			return false;
		*node = labyrinth_at(*table, top);
		below = READ_ONCE((*node)->below);
		*depth = READ_ONCE((*node)->depth);
	} while (!atomic64_try_cmpxchg(&stack->head, &old,
				       labyrinth_head_next(old, top, below)));
	return true;
}

/* @place: of @node. */
static __always_inline bool
labyrinth_stack_push_one(struct labyrinth_stack *stack, struct labyrinth_desc *table,
			 struct labyrinth_desc *node, unsigned long place,
			 const u32 *limit)
{
	s64 old = atomic64_read(&stack->head);
	unsigned long top;
	u32 depth;

	do {
		top = labyrinth_head_place(old);
		/* data_race(): what changes under us makes the exchange fail. */
		depth = data_race(labyrinth_at(table, top)->depth);
		/* data_race(): whoever lowers it takes out what is too many. */
		if (unlikely(depth >= data_race(*limit)))
			return false;
		WRITE_ONCE(node->below, top);
		WRITE_ONCE(node->depth, depth + 1);
	} while (!atomic64_try_cmpxchg(&stack->head, &old,
				       labyrinth_head_next(old, top, place)));
	return true;
}

/* The node below @desc in a chain that was taken; @desc is the caller's. */
static inline struct labyrinth_desc *
labyrinth_stack_next(struct labyrinth_desc *table, struct labyrinth_desc *desc)
{
	u32 below = READ_ONCE(desc->below);

	labyrinth_desc_unlink(desc);
	return below == LABYRINTH_NIL ? NULL : labyrinth_at(table, below);
}

/* Take all nodes; they hang together by ->below. */
static inline struct labyrinth_desc *
labyrinth_stack_pop_all(struct labyrinth_stack *stack,
			struct labyrinth_desc *table)
{
	s64 old = atomic64_read(&stack->head);
	unsigned long top;

	do {
		top = labyrinth_head_place(old);
		if (top == LABYRINTH_NIL)
			return NULL;
	} while (!atomic64_try_cmpxchg(&stack->head, &old,
				       labyrinth_head_next(old, top, LABYRINTH_NIL)));
	return labyrinth_at(table, top);
}

/* Pages stacked now. Nothing keeps them there. */
static inline u32 labyrinth_stack_depth(const struct labyrinth_stack *stack,
					struct labyrinth_desc *table)
{
	s64 head;
	u32 depth;

	do {
		head = atomic64_read(&stack->head);
		depth = READ_ONCE(labyrinth_at(table, labyrinth_head_place(head))->depth);
	} while (!labyrinth_stack_unchanged(stack, head));
	return depth;
}

#endif /* LABYRINTH_STACK_H */
