// SPDX-License-Identifier: GPL-2.0
/*
 * Faults on demand, for tests: a zone whose system attempts fail, or whose
 * worker is held back. Off the fast paths altogether, and a patched no-op on
 * the others while no zone asks for a fault.
 */
#include "internal.h"

DEFINE_STATIC_KEY_FALSE(labyrinth_inject_key);

/* Process context; one caller at a time for each zone. */
void labyrinth_inject_set(struct labyrinth_zone *zone, unsigned int bit, bool on)
{
	if (on && !test_and_set_bit(bit, &zone->inject)) {
		static_branch_inc(&labyrinth_inject_key);
	} else if (!on && test_and_clear_bit(bit, &zone->inject)) {
		static_branch_dec(&labyrinth_inject_key);
		/* The worker may have been held back from something to do. */
		labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
	}
}
EXPORT_SYMBOL_LABYRINTH_PRIVATE(labyrinth_inject_set);
