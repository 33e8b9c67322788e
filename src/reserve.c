// SPDX-License-Identifier: GPL-2.0
/*
 * The reserve: pages handed out only when nothing else can serve.
 *
 * It is one lock-free stack that never holds more than its target: a push is
 * refused, in the very step that would exceed it, and the page goes elsewhere.
 * Every page taken asks for the worker.
 *
 * LABYRINTH_FREE_SHORT in ->free_attention tells the fast path of free that the
 * reserve wants pages. It is a hint that is always set after a page was
 * taken, and cleared only by somebody who saw the reserve full and then looks
 * again: whichever of the two comes last, it finds the other's change. The bit
 * may be set while the reserve is full, which costs the next free a look; it
 * is never lastingly clear while the reserve is short.
 */
#include <linux/preempt.h>

#include "reserve.h"

static void labyrinth_reserve_settle(struct labyrinth_zone *zone)
{
	if (labyrinth_reserve_lack(zone)) {
		set_bit(LABYRINTH_FREE_SHORT, &zone->free_attention);
		return;
	}
	if (!test_bit(LABYRINTH_FREE_SHORT, &zone->free_attention))
		return;
	clear_bit(LABYRINTH_FREE_SHORT, &zone->free_attention);
	/* Pairs with the stack's cmpxchg() before set_bit() in take. */
	smp_mb__after_atomic();
	if (labyrinth_reserve_lack(zone)) {
		set_bit(LABYRINTH_FREE_SHORT, &zone->free_attention);
		/* Who would have kicked may have found the bit clear. */
		labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
	}
}

/*
 * Take @nr pages, all or none. They come as a chain, still claimed for the
 * stack; labyrinth_stack_next() walks it.
 */
struct labyrinth_desc *labyrinth_reserve_take(struct labyrinth_zone *zone, u32 nr)
{
	struct labyrinth_desc *first;
	u32 left;

	preempt_disable();
	first = labyrinth_stack_pop(&zone->reserve, zone->table, nr, 0, &left);
	if (first)
		labyrinth_reserve_taken(zone, left + 1);
	preempt_enable();
	if (first)
		labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
	return first;
}

/*
 * Put an idle page in that is claimed for the stack. False: the reserve is full, the
 * page is the caller's, and not claimed any more.
 */
bool labyrinth_reserve_give_linked(struct labyrinth_zone *zone,
				   struct labyrinth_desc *desc)
{
	bool pushed;

	preempt_disable();
	pushed = labyrinth_stack_push(&zone->reserve, zone->table, desc,
				      READ_ONCE(zone->reserve_target));
	if (!pushed)
		labyrinth_desc_unlink(desc);
	labyrinth_reserve_settle(zone);
	preempt_enable();
	return pushed;
}

/* The same for a page that is not claimed yet. */
bool labyrinth_reserve_give(struct labyrinth_zone *zone,
			    struct labyrinth_desc *desc)
{
	if (likely(labyrinth_desc_link(desc, 1)))
		return labyrinth_reserve_give_linked(zone, desc);
	labyrinth_record_freed_twice(zone, desc);
	return true;
}

void labyrinth_reserve_target_set(struct labyrinth_zone *zone, u32 target)
{
	WRITE_ONCE(zone->reserve_target, target);
	/* What goes now is not taken; a larger one has to be filled first. */
	if (target < zone->sizing.base)
		labyrinth_sizing_rebase(zone, target);
	labyrinth_reserve_settle(zone);
}

/* Give back to the system what lies above the target. Process context. */
void labyrinth_reserve_shrink(struct labyrinth_zone *zone)
{
	struct labyrinth_desc *desc;
	u32 left;

	for (;;) {
		preempt_disable();
		desc = labyrinth_stack_pop(&zone->reserve, zone->table, 1,
					   READ_ONCE(zone->reserve_target), &left);
		preempt_enable();
		if (!desc)
			return;
		labyrinth_desc_unlink(desc);
		labyrinth_system_give_idle(zone, desc);
	}
}
