// SPDX-License-Identifier: GPL-2.0
/*
 * When the system is out of memory, before somebody is killed for it: surplus is given
 * back, and the log says what each zone holds.
 *
 * The kernel tries again, and kills nobody, if a notifier has freed something. A
 * consumer may go on freeing pages as fast as others take them from the system: to tell
 * of each would put the killer off for ever. So what was given back is told as progress
 * once a second at most; given back it is always. Mostly the shrinker has been here
 * before, and there is nothing.
 *
 * Who is out of memory may hold any lock, and waits: nothing here waits for a lock or
 * asks for memory.
 */
#define pr_fmt(fmt) "labyrinth: " fmt

#include <linux/jiffies.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/oom.h>
#include <linux/printk.h>

#include "internal.h"

/* At least between two times that progress, and what zones hold, is told. */
#define LABYRINTH_OOM_PROGRESS	HZ
#define LABYRINTH_OOM_REPORT	(5 * HZ)

/* When that was last; under the kernel's oom_lock. */
static unsigned long labyrinth_oom_progressed;
static unsigned long labyrinth_oom_reported;

static bool labyrinth_oom_due(unsigned long *last, unsigned long pause)
{
	if (time_before(jiffies, *last + pause))
		return false;
	*last = jiffies;
	return true;
}

/* One line on a zone that has just given back so many of its pages. */
static void labyrinth_oom_report(struct labyrinth_zone *zone, unsigned int given)
{
	struct labyrinth_stats stats;

	labyrinth_zone_get_stats(zone, &stats);
	pr_warn("zone %s: out of memory: %llu pages live (%llu KiB), reserve %llu of %llu, %llu in tickets, %llu surplus left after %u were given back\n",
		zone->name, stats.live, stats.live * labyrinth_bytes(zone) / 1024,
		stats.reserve, stats.reserve_target, stats.ticketed, stats.cached, given);
}

/* Returns how many pages the system has got. Under the kernel's oom_lock. */
unsigned long labyrinth_oom(void)
{
	bool tell = labyrinth_oom_due(&labyrinth_oom_reported, LABYRINTH_OOM_REPORT);
	struct labyrinth_zone *zone;
	unsigned long freed = 0;
	unsigned int given;

	if (!mutex_trylock(&labyrinth_zones_lock)) {
		if (tell)
			pr_warn("out of memory while a zone comes or goes: none is looked at\n");
		return 0;
	}
	list_for_each_entry(zone, &labyrinth_zones, list) {
		given = labyrinth_shrink_zone(zone, UINT_MAX);
		/* A buffer is unmapped by cleanup: the system has not got it yet. */
		if (!zone->buffer_pages)
			freed += (unsigned long)given * zone->unit;
		if (tell)
			labyrinth_oom_report(zone, given);
		if (tell || given)
			labyrinth_note(zone, LABYRINTH_NOTE_OOM, 0, given, 0);
	}
	mutex_unlock(&labyrinth_zones_lock);
	return freed;
}
EXPORT_SYMBOL_LABYRINTH_PRIVATE(labyrinth_oom);

/* Of so many pages freed, how many may count as progress? Likewise. */
unsigned long labyrinth_oom_progress(unsigned long freed)
{
	return freed && labyrinth_oom_due(&labyrinth_oom_progressed, LABYRINTH_OOM_PROGRESS) ?
	       freed : 0;
}
EXPORT_SYMBOL_LABYRINTH_PRIVATE(labyrinth_oom_progress);

static int labyrinth_oom_notify(struct notifier_block *unused, unsigned long action,
				void *freed)
{
	*(unsigned long *)freed += labyrinth_oom_progress(labyrinth_oom());
	return NOTIFY_OK;
}

static struct notifier_block labyrinth_oom_notifier = {
	.notifier_call = labyrinth_oom_notify,
};

int labyrinth_oom_init(void)
{
	labyrinth_oom_progressed = jiffies - LABYRINTH_OOM_PROGRESS;
	labyrinth_oom_reported = jiffies - LABYRINTH_OOM_REPORT;
	return register_oom_notifier(&labyrinth_oom_notifier);
}

void labyrinth_oom_exit(void)
{
	unregister_oom_notifier(&labyrinth_oom_notifier);
}
