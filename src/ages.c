// SPDX-License-Identifier: GPL-2.0
/*
 * The debugfs file "ages": live pages by how long they have been so, in ranges that
 * double. What is used and given back crowds at the top; what is forgotten sinks to the
 * bottom, a row further each time that its age has doubled.
 */
#include <linux/bitops.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "listing.h"

void labyrinth_ages_count(struct labyrinth_zone *zone, struct labyrinth_ages *ages)
{
	unsigned long moment = labyrinth_registry_moment(), now = jiffies;
	struct labyrinth_desc copy;
	unsigned int range;
	u32 slot = 0;

	memset(ages, 0, sizeof(*ages));
	while (labyrinth_registry_walk(zone, LABYRINTH_DESC_LIVE, moment, &slot, &copy)) {
		range = min(fls64(jiffies64_to_msecs(now - copy.when)), LABYRINTH_AGES - 1);
		ages->pages[range]++;
		ages->nr = max(ages->nr, range + 1);
	}
}
EXPORT_SYMBOL_LABYRINTH_PRIVATE(labyrinth_ages_count);

int labyrinth_ages_show(struct seq_file *seq, void *unused)
{
	struct labyrinth_ages ages;
	unsigned int i;

	labyrinth_ages_count(seq->private, &ages);
	seq_puts(seq, "# from_ms to_ms pages\n");
	for (i = 0; i < ages.nr; i++)
		seq_printf(seq, "%llu %llu %u\n", i ? BIT_ULL(i - 1) : 0, BIT_ULL(i),
			   ages.pages[i]);
	return 0;
}
