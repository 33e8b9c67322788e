/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is known after pages were taken from the reserve: inlined where they are taken
 * one by one while the system has nothing; src/reserve.c has the rest.
 */
#ifndef LABYRINTH_RESERVE_H
#define LABYRINTH_RESERVE_H

#include "internal.h"

/* Pages were taken, and @left is what stayed. Who takes pages asks for the worker, too. */
static __always_inline void labyrinth_reserve_taken(struct labyrinth_zone *zone,
						    u32 left)
{
	int seen = atomic_read(&zone->reserve_min_seen);

	while (unlikely((int)left < seen) &&
	       !atomic_try_cmpxchg(&zone->reserve_min_seen, &seen, left))
		;
	if (unlikely(!test_bit(LABYRINTH_FREE_SHORT, &zone->free_attention)))
		set_bit(LABYRINTH_FREE_SHORT, &zone->free_attention);
}

#endif /* LABYRINTH_RESERVE_H */
