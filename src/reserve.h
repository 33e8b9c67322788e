/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is known after pages were taken from the reserve: inlined where they are taken
 * one by one while the system has nothing; src/reserve.c has the rest.
 */
#ifndef LABYRINTH_RESERVE_H
#define LABYRINTH_RESERVE_H

#include "internal.h"

/* Never so few pages were there before. */
static __always_inline void labyrinth_reserve_seen(struct labyrinth_zone *zone, u32 left)
{
	u32 seen = READ_ONCE(zone->reserve_min_seen);

	while (left < seen && !try_cmpxchg(&zone->reserve_min_seen, &seen, left))
		;
}

/*
 * The last page taken was the one at @depth. Who takes pages asks for the worker, too.
 * Taking it was fully ordered, so that plain looks will do: an instruction less each.
 */
static __always_inline void labyrinth_reserve_taken(struct labyrinth_zone *zone,
						    u32 depth)
{
	/* data_race(): who changes it meanwhile makes it less, or a resize settles it. */
	if (unlikely(depth <= data_race(zone->reserve_min_seen)))
		labyrinth_reserve_seen(zone, depth - 1);
	/* data_race(): who clears it looks at the reserve again. */
	if (unlikely(!(data_race(zone->free_attention) & BIT(LABYRINTH_FREE_SHORT))))
		set_bit(LABYRINTH_FREE_SHORT, &zone->free_attention);
}

#endif /* LABYRINTH_RESERVE_H */
