// SPDX-License-Identifier: GPL-2.0
/*
 * What all zones together may set aside: the module parameter memory_limit.
 *
 * Reserves, tickets and tables of descriptors are charged for as long as they
 * exist. Pages in caches are not, they come and go; max_pages bounds them.
 */
#define pr_fmt(fmt) "labyrinth: " fmt

#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/printk.h>

#include "internal.h"

static atomic_long_t labyrinth_charged;

/* Set @nr pages aside. @name: for whom, in the log. */
int labyrinth_charge(const char *name, unsigned long nr)
{
	unsigned long limit = totalram_pages() / 100 * labyrinth_memory_limit;
	long charged = atomic_long_read(&labyrinth_charged);

	while (charged + nr <= limit)
		if (atomic_long_try_cmpxchg(&labyrinth_charged, &charged,
					    charged + nr))
			return 0;
	pr_err("zone %s: setting %lu KiB aside would make %lu KiB in all zones; allowed are %lu KiB (memory_limit=%u percent)\n",
	       name, nr << (PAGE_SHIFT - 10), (charged + nr) << (PAGE_SHIFT - 10),
	       limit << (PAGE_SHIFT - 10), labyrinth_memory_limit);
	return -ENOSPC;
}

void labyrinth_uncharge(unsigned long nr)
{
	atomic_long_sub(nr, &labyrinth_charged);
}
