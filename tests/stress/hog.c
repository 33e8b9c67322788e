// SPDX-License-Identifier: GPL-2.0
/*
 * The machine's memory: taken away for a while, and counted.
 *
 * The hog claims what it takes in the account, as everybody else. It must not
 * bring the guest down: when the kernel is about to kill a process for want of
 * memory, the hog gives some back instead.
 */
#define pr_fmt(fmt) "labyrinth_torture: " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/oom.h>
#include <linux/overflow.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>
#include <linux/vmstat.h>

#include "torture.h"

#define TORTURE_HOG_GFP		(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN)
#define TORTURE_HOG_ATOMIC	(GFP_ATOMIC | __GFP_NOWARN)
#define TORTURE_OOM_PAGES	1024
#define TORTURE_ENOUGH		(SZ_32M / PAGE_SIZE)	/* for everybody else */

static DEFINE_SPINLOCK(hog_lock);
static u64 *held;		/* claims, under hog_lock */
static unsigned long nr_held;	/* under hog_lock */
static unsigned long max_held;

/* False: nothing was left, or enough is held. */
static bool hog_take(struct torture_worker *worker, gfp_t gfp)
{
	struct page *page;
	u64 claim;

	if (READ_ONCE(nr_held) == max_held)
		return false;
	page = alloc_page(gfp);
	if (!page)
		return false;
	claim = torture_claim(worker, TORTURE_TASK, TORTURE_ZONE_SYSTEM, page,
			      LABYRINTH_QUALITY_NONE);
	if (!claim)
		return false;
	spin_lock(&hog_lock);
	held[nr_held] = claim;
	WRITE_ONCE(nr_held, nr_held + 1);
	spin_unlock(&hog_lock);
	return true;
}

static bool hog_give(void)
{
	u64 claim = 0;

	spin_lock(&hog_lock);
	if (nr_held) {
		WRITE_ONCE(nr_held, nr_held - 1);
		claim = held[nr_held];
	}
	spin_unlock(&hog_lock);
	if (claim && torture_release(claim))
		__free_page(torture_claim_page(claim));
	return claim;
}

static int hog_oom(struct notifier_block *unused, unsigned long action, void *freed)
{
	unsigned long given = 0;

	while (given < TORTURE_OOM_PAGES && hog_give())
		given++;
	*(unsigned long *)freed += given;
	return NOTIFY_OK;
}

static struct notifier_block oom_notifier = { .notifier_call = hog_oom };

static void give_back(unsigned long nr)
{
	while (nr-- && hog_give())
		cond_resched();
}

/*
 * All that can be had, for some ticks; sometimes what is left for atomic callers,
 * too. As a rule only a part is given back, as to take it all again takes long.
 */
void torture_hog(struct torture_worker *worker, struct torture_dice *dice)
{
	unsigned long until = jiffies + 1 + torture_roll(dice, max(HZ / 20, 1));
	bool atomic = torture_roll(dice, 2);

	do {
		while (hog_take(worker, TORTURE_HOG_GFP) && !torture_stopped())
			cond_resched();
		while (atomic && hog_take(worker, TORTURE_HOG_ATOMIC) && !torture_stopped())
			cond_resched();
		usleep_range(1000, 2000);
	} while (time_before(jiffies, until) && !torture_stopped());
	give_back(torture_roll(dice, 8) ? TORTURE_ENOUGH : max_held);
}

void torture_hog_end(void)
{
	give_back(max_held);
}

int torture_hog_init(void)
{
	max_held = totalram_pages();
	held = vmalloc(array_size(max_held, sizeof(*held)));
	if (!held)
		return -ENOMEM;
	return register_oom_notifier(&oom_notifier);
}

void torture_hog_exit(void)
{
	unregister_oom_notifier(&oom_notifier);
	vfree(held);
}

/* --- what is in use, and for what --- */

/* Free pages that one CPU or another has set aside for itself. */
static unsigned long pages_per_cpu(void)
{
	unsigned long nr = 0;
	int node, zone, cpu;

	for_each_online_node(node) {
		for (zone = 0; zone < MAX_NR_ZONES; zone++) {
			struct zone *of = &NODE_DATA(node)->node_zones[zone];

			if (!populated_zone(of))
				continue;
			for_each_possible_cpu(cpu)
				nr += READ_ONCE(per_cpu_ptr(of->per_cpu_pageset, cpu)->count);
		}
	}
	return nr;
}

/* Have each CPU add its share to the kernel's counters. */
static void settle_counters(void)
{
	struct file *file = filp_open("/proc/sys/vm/stat_refresh", O_WRONLY, 0);
	loff_t pos = 0;

	if (IS_ERR(file))
		return;
	kernel_write(file, "1", 1, &pos);
	filp_close(file, NULL);
}

/*
 * Pages that are neither free nor used for what the kernel has a counter for.
 * What modules take by alloc_page() is among them: pages that leak make it grow.
 */
long torture_memory_unknown(void)
{
	static const enum node_stat_item known[] = {
		NR_FILE_PAGES, NR_ANON_MAPPED, NR_SLAB_RECLAIMABLE_B,
		NR_SLAB_UNRECLAIMABLE_B, NR_KERNEL_MISC_RECLAIMABLE, NR_PAGETABLE,
	};
	unsigned long nr;
	unsigned int i;

	settle_counters();
	nr = global_zone_page_state(NR_FREE_PAGES) + pages_per_cpu() +
	     global_node_page_state(NR_KERNEL_STACK_KB) / (PAGE_SIZE / 1024);
	for (i = 0; i < ARRAY_SIZE(known); i++)
		nr += global_node_page_state_pages(known[i]);
	return totalram_pages() - nr;
}
