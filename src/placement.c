// SPDX-License-Identifier: GPL-2.0
/*
 * The debugfs file "placement": in which node and memory zone of the system the pages
 * lie. A buffer is where its first page is.
 *
 * A page may leave while it is looked at. The struct page of RAM stays what it is, and
 * its node and zone with it, unless the memory itself is removed: for this it has to be
 * offline before, which is asked in the same breath, as the kernel's own walks through
 * physical memory do.
 */
#include <linux/memory_hotplug.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "listing.h"

static void labyrinth_placement_add(struct labyrinth_place *place,
				    const struct labyrinth_desc *copy)
{
	struct page *page;

	rcu_read_lock();
	page = pfn_to_online_page(page_to_pfn(copy->page));
	if (page) {
		place += page_to_nid(page) * MAX_NR_ZONES + page_zonenum(page);
		if (copy->state & LABYRINTH_DESC_LIVE)
			place->live++;
		else
			place->idle++;
	}
	rcu_read_unlock();
}

/*
 * Live pages are all of one moment. Idle ones that leave and others that join during the
 * walk may both be seen; never are there more than the zone could own.
 */
static void labyrinth_placement_bound(struct labyrinth_zone *zone,
				      struct labyrinth_place *place)
{
	unsigned int i, room = zone->max_pages;

	for (i = 0; i < labyrinth_places(); i++)
		room -= min(room, place[i].live);
	for (i = 0; i < labyrinth_places(); i++) {
		place[i].idle = min(room, place[i].idle);
		room -= place[i].idle;
	}
}

/* The caller's to kvfree(); by node, and in each by memory zone. NULL: no memory. */
struct labyrinth_place *labyrinth_placement_count(struct labyrinth_zone *zone)
{
	struct labyrinth_place *place;
	struct labyrinth_desc copy;
	unsigned long moment;
	u32 slot = 0;

	place = kvcalloc(labyrinth_places(), sizeof(*place), GFP_KERNEL);
	if (!place)
		return NULL;
	moment = labyrinth_registry_moment();
	while (labyrinth_registry_walk(zone, LABYRINTH_DESC_OWNED, moment, &slot, &copy))
		labyrinth_placement_add(place, &copy);
	labyrinth_placement_bound(zone, place);
	return place;
}
EXPORT_SYMBOL_LABYRINTH_PRIVATE(labyrinth_placement_count);

int labyrinth_placement_show(struct seq_file *seq, void *unused)
{
	struct labyrinth_place *place = labyrinth_placement_count(seq->private);
	unsigned int i, node;

	if (!place)
		return -ENOMEM;
	seq_puts(seq, "# node memzone live idle\n");
	for (i = 0; i < labyrinth_places(); i++) {
		node = i / MAX_NR_ZONES;
		if (place[i].live || place[i].idle)
			seq_printf(seq, "%u %s %u %u\n", node,
				   NODE_DATA(node)->node_zones[i % MAX_NR_ZONES].name,
				   place[i].live, place[i].idle);
	}
	kvfree(place);
	return 0;
}
