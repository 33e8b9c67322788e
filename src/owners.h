/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages counted by who has them.
 */
#ifndef LABYRINTH_OWNERS_H
#define LABYRINTH_OWNERS_H

#include <linux/fs.h>
#include <linux/seq_file.h>

#include "internal.h"

/* What is counted, by the call site that took it. */
enum labyrinth_owned {
	LABYRINTH_OWNED_LIVE,		/* live pages; one that is split is one */
	LABYRINTH_OWNED_WHOLE,		/* those that are not split */
	LABYRINTH_OWNED_FRAGMENTS,	/* live fragments of those that are */
	LABYRINTH_OWNED_TICKET,		/* pages in tickets */
};

/* Call sites that are told apart. */
#define LABYRINTH_OWNERS_ORDER	9
#define LABYRINTH_OWNERS	BIT(LABYRINTH_OWNERS_ORDER)

/**
 * struct labyrinth_owner - what one of them has
 * @key: the call site, or whatever else pages are told apart by
 * @since: when the oldest was taken, in jiffies
 * @pages: how many it has
 * @most: the most that it was found with
 */
struct labyrinth_owner {
	unsigned long	key;
	unsigned long	since;
	unsigned int	pages;
	unsigned int	most;
};

/**
 * struct labyrinth_owners - a table of them
 * @nr: how many there are in @site
 * @counted: when it was made, in jiffies
 * @others: all for which there was no room
 * @site: in the order in which they were found, or sorted: then nothing can be added
 * @place: hash table: 0, or an index into @site, plus one
 */
struct labyrinth_owners {
	unsigned int		nr;
	unsigned long		counted;
	struct labyrinth_owner	others;
	struct labyrinth_owner	site[LABYRINTH_OWNERS];
	u16			place[2 * LABYRINTH_OWNERS];
};

struct labyrinth_owners *labyrinth_owners_alloc(void);
void labyrinth_owners_add(struct labyrinth_owners *owners, unsigned long key,
			  unsigned int pages, unsigned long since);
void labyrinth_owners_sort(struct labyrinth_owners *owners);
void labyrinth_owners_count(struct labyrinth_zone *zone, enum labyrinth_owned owned,
			    unsigned long moment, struct labyrinth_owners *owners);
struct labyrinth_owners *labyrinth_owners_read(struct labyrinth_zone *zone);

/* For files that list them: a header, a record for each, and one for the others. */
int labyrinth_owners_list(struct file *file, struct labyrinth_owners *owners,
			  const struct seq_operations *sops);
int labyrinth_owners_release(struct inode *inode, struct file *file);
void *labyrinth_owners_start(struct seq_file *seq, loff_t *pos);
void *labyrinth_owners_next(struct seq_file *seq, void *v, loff_t *pos);
void labyrinth_owners_stop(struct seq_file *seq, void *v);

extern const struct file_operations labyrinth_owners_fops;

#endif /* LABYRINTH_OWNERS_H */
