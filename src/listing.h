/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is counted for a zone's files in debugfs that are short enough for one piece.
 */
#ifndef LABYRINTH_LISTING_H
#define LABYRINTH_LISTING_H

#include <linux/bits.h>

#include "internal.h"

struct seq_file;

/* As many as there are ranges with an upper end in 64 bits. */
#define LABYRINTH_AGES	64

/**
 * struct labyrinth_ages - live pages by age
 * @nr: ranges up to the last one that is not empty
 * @pages: how many of less than a millisecond, of 1, of 2 and 3, 4 to 7, and so on
 */
struct labyrinth_ages {
	unsigned int	nr;
	unsigned int	pages[LABYRINTH_AGES];
};

/**
 * struct labyrinth_place - pages of a zone in one of the system's memory zones
 * @live: handed out
 * @idle: all others
 */
struct labyrinth_place {
	unsigned int	live;
	unsigned int	idle;
};

void labyrinth_ages_count(struct labyrinth_zone *zone, struct labyrinth_ages *ages);
struct labyrinth_place *labyrinth_placement_count(struct labyrinth_zone *zone);

/* So many are in what labyrinth_placement_count() returns: nodes, and their memory zones. */
static inline unsigned int labyrinth_places(void)
{
	return nr_node_ids * MAX_NR_ZONES;
}

int labyrinth_ages_show(struct seq_file *seq, void *unused);
int labyrinth_placement_show(struct seq_file *seq, void *unused);

#endif /* LABYRINTH_LISTING_H */
