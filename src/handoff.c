// SPDX-License-Identifier: GPL-2.0
/*
 * Hand-off: what is left to do with a page is done in process context.
 *
 * A page that is handed off waits in a queue of its zone for a worker, which calls the
 * function given with it and frees it. The queue is made of the descriptors: they
 * are pushed on a lock-free stack, from any context, and the worker takes all of them
 * at once and turns them round. What one CPU hands off is thus called in that order,
 * and nothing is allocated. ->freer and ->ctx, which a live page does not need, keep
 * function and argument.
 *
 * A page that waits is live and has the bit HANDOFF: nobody can free it, pass it on or
 * hand it off a second time. ->handoffs bounds how many there are, including the
 * one whose function runs.
 *
 * Destroy refuses what comes after its mark, waits for who came before (RCU), stops the
 * worker and calls what is left itself.
 */
#include <linux/errno.h>
#include <linux/instruction_pointer.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "internal.h"

typedef void (*labyrinth_handoff_fn)(struct page *page, void *ctx);

static int labyrinth_handoff_refuse(struct labyrinth_zone *zone,
				    enum labyrinth_event_type type, int ret,
				    unsigned long caller)
{
	labyrinth_alloc_misuse(zone, type, 0, caller);
	return ret;
}

/* There is room, and everything is in order. Under rcu_read_lock(). */
static int labyrinth_handoff_queue(struct labyrinth_zone *zone, struct page *page,
				   labyrinth_handoff_fn fn, void *ctx,
				   unsigned long caller)
{
	struct labyrinth_desc *desc;
	u32 state;

	desc = labyrinth_claim(zone, page, caller, &state);
	if (unlikely(!desc))
		return -EINVAL;
	/* Freed twice by two CPUs at once, it may be on a stack: it stays live then. */
	if (unlikely(!labyrinth_desc_link(desc, 1))) {
		WRITE_ONCE(desc->state, state);
		labyrinth_record_freed_twice(zone, desc);
		return -EINVAL;
	}
	desc->freer = (unsigned long)fn;
	/* A split page has a word there that others look at, who see the state later. */
	WRITE_ONCE(desc->ctx, ctx);
	WRITE_ONCE(desc->state, state | LABYRINTH_DESC_HANDOFF);
	labyrinth_count(zone, LABYRINTH_HANDED_OFF);
	preempt_disable();
	labyrinth_stack_push(&zone->handoff, zone->table, desc, U32_MAX);
	preempt_enable();
	labyrinth_kick(zone, LABYRINTH_KICK_HANDOFF);
	return 0;
}

int labyrinth_handoff_page(struct labyrinth_zone *zone, struct page *page,
			   labyrinth_handoff_fn fn, void *ctx)
{
	int ret = -EBUSY;

	rcu_read_lock();
	if (unlikely(test_bit(LABYRINTH_FREE_DYING, &zone->free_attention))) {
		ret = labyrinth_handoff_refuse(zone, LABYRINTH_EVENT_HANDOFF_DYING,
					       -ESHUTDOWN, _RET_IP_);
	} else if (unlikely(!fn)) {
		ret = labyrinth_handoff_refuse(zone, LABYRINTH_EVENT_HANDOFF_NOWHERE,
					       -EINVAL, _RET_IP_);
	} else if (atomic_add_unless(&zone->handoffs, 1, zone->handoff_max)) {
		ret = labyrinth_handoff_queue(zone, page, fn, ctx, _RET_IP_);
		if (unlikely(ret))
			atomic_dec(&zone->handoffs);
	}
	rcu_read_unlock();
	return ret;
}
EXPORT_SYMBOL_LABYRINTH(labyrinth_handoff_page);

/* All that wait, the oldest first, chained by ->below. */
static struct labyrinth_desc *labyrinth_handoff_take(struct labyrinth_zone *zone)
{
	struct labyrinth_desc *desc, *oldest = NULL;
	u32 below;

	preempt_disable();
	desc = labyrinth_stack_pop_all(&zone->handoff, zone->table);
	preempt_enable();
	while (desc) {
		below = READ_ONCE(desc->below);
		WRITE_ONCE(desc->below, oldest ? labyrinth_place(zone->table, oldest) :
						 LABYRINTH_NIL);
		oldest = desc;
		desc = below == LABYRINTH_NIL ? NULL : labyrinth_at(zone->table, below);
	}
	return oldest;
}

static void labyrinth_handoff_call(struct labyrinth_zone *zone,
				   struct labyrinth_desc *desc)
{
	labyrinth_handoff_fn fn = (labyrinth_handoff_fn)desc->freer;
	u32 state;

	fn(desc->page, desc->ctx);
	/* The bit has kept everybody else away. */
	state = READ_ONCE(desc->state) & ~LABYRINTH_DESC_HANDOFF;
	WRITE_ONCE(desc->state, LABYRINTH_DESC_LEAVING);
	rcu_read_lock();
	labyrinth_free_claimed(zone, desc, state, (unsigned long)fn);
	rcu_read_unlock();
	atomic_dec(&zone->handoffs);
}

void labyrinth_handoff_work(struct work_struct *work)
{
	struct labyrinth_zone *zone = container_of(work, struct labyrinth_zone,
						   handoff_work);
	struct labyrinth_desc *desc, *next;

	/* Who asks to destroy the zone from within must be known. */
	WRITE_ONCE(zone->handoff_task, current);
	for (desc = labyrinth_handoff_take(zone); desc; desc = next) {
		next = labyrinth_stack_next(zone->table, desc);
		labyrinth_handoff_call(zone, desc);
		cond_resched();
	}
	WRITE_ONCE(zone->handoff_task, NULL);
}
