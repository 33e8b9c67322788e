/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sampled stacks; and what the kernel has to offer for them, if it has.
 */
#ifndef LABYRINTH_STACKS_H
#define LABYRINTH_STACKS_H

#include <linux/errno.h>
#include <linux/stackdepot.h>
#include <linux/stacktrace.h>

#include "internal.h"

#define LABYRINTH_STACKS_EVERY_MAX	1000000U

struct labyrinth_owners;

int labyrinth_stacks_set(struct labyrinth_zone *zone, unsigned int every);
struct labyrinth_owners *labyrinth_stacks_read(struct labyrinth_zone *zone);

extern const struct file_operations labyrinth_stacks_fops;
extern const struct file_operations labyrinth_stack_sample_fops;

#ifdef CONFIG_STACKDEPOT	/* selects STACKTRACE */
static inline unsigned int labyrinth_stacks_save(unsigned long *entry, unsigned int nr)
{
	return stack_trace_save(entry, nr, 0);
}

static inline int labyrinth_stacks_depot_init(void)
{
	return stack_depot_init();
}

static inline depot_stack_handle_t labyrinth_stacks_depot(unsigned long *entry,
							  unsigned int nr)
{
	return stack_depot_save(entry, nr, GFP_KERNEL | __GFP_NOWARN);
}

static inline unsigned int labyrinth_stacks_fetch(depot_stack_handle_t handle,
						  unsigned long **entry)
{
	return stack_depot_fetch(handle, entry);
}
#else
static inline unsigned int labyrinth_stacks_save(unsigned long *entry, unsigned int nr)
{
	return 0;
}

static inline int labyrinth_stacks_depot_init(void)
{
	return -EOPNOTSUPP;
}

static inline depot_stack_handle_t labyrinth_stacks_depot(unsigned long *entry,
							  unsigned int nr)
{
	return 0;
}

static inline unsigned int labyrinth_stacks_fetch(depot_stack_handle_t handle,
						  unsigned long **entry)
{
	return 0;
}
#endif /* CONFIG_STACKDEPOT */

#endif /* LABYRINTH_STACKS_H */
