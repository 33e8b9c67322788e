// SPDX-License-Identifier: GPL-2.0
/*
 * Giving up surplus when the system is short of memory.
 *
 * What lies in caches and depots is surplus: it makes allocation cheap, and is
 * promised to nobody. Reserves and tickets are promised, and stay. Where a reserve
 * is short, surplus goes there rather than to the system.
 *
 * The depot is given up at once. A cache belongs to its CPU, which is asked to
 * empty it and does so in a while; nothing here waits.
 */
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/math.h>
#include <linux/mutex.h>
#include <linux/shrinker.h>

#include "internal.h"

static struct shrinker *labyrinth_shrinker;

/*
 * Reclaim may be on behalf of somebody who holds the lock of all zones: it is
 * tried only.
 */
static unsigned long labyrinth_shrink_count(struct shrinker *shrinker,
					    struct shrink_control *control)
{
	struct labyrinth_zone *zone;
	unsigned long nr = 0;

	if (!mutex_trylock(&labyrinth_zones_lock))
		return 0;
	list_for_each_entry(zone, &labyrinth_zones, list)
		nr += (labyrinth_cached(zone) + labyrinth_frag_idle(zone)) * zone->unit;
	mutex_unlock(&labyrinth_zones_lock);
	return nr ?: SHRINK_EMPTY;
}

/*
 * Have a zone give up so many pages of surplus: the depot at once, caches, if that has
 * too few, in a while. Returns what the system got. Waits for nothing.
 */
unsigned int labyrinth_shrink_zone(struct labyrinth_zone *zone, unsigned int nr)
{
	unsigned int given = labyrinth_depot_drain(zone, nr);

	if (given < nr)
		labyrinth_cache_drain_ask(zone);
	return given;
}

static unsigned long labyrinth_shrink_scan(struct shrinker *shrinker,
					   struct shrink_control *control)
{
	unsigned long wanted = control->nr_to_scan, freed = 0, nr;
	struct labyrinth_zone *zone;

	if (!mutex_trylock(&labyrinth_zones_lock))
		return SHRINK_STOP;
	list_for_each_entry(zone, &labyrinth_zones, list) {
		if (freed >= wanted)
			break;
		nr = DIV_ROUND_UP(wanted - freed, zone->unit);
		nr = labyrinth_shrink_zone(zone, min_t(unsigned long, nr, UINT_MAX));
		freed += nr * zone->unit;
		if (nr)
			labyrinth_note(zone, LABYRINTH_NOTE_TRIMMED, 0, nr, 0);
	}
	mutex_unlock(&labyrinth_zones_lock);
	return freed ?: SHRINK_STOP;
}

int labyrinth_shrink_init(void)
{
	labyrinth_shrinker = labyrinth_shrinker_register(labyrinth_shrink_count,
							 labyrinth_shrink_scan);
	return labyrinth_shrinker ? 0 : -ENOMEM;
}

void labyrinth_shrink_exit(void)
{
	labyrinth_shrinker_unregister(labyrinth_shrinker);
}
