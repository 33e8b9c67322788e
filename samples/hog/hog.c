// SPDX-License-Identifier: GPL-2.0
/*
 * hog: holds all free memory, so that alloc_page(GFP_ATOMIC) really fails.
 *
 *	echo 1 > /sys/module/hog/parameters/hold	returns when it does fail
 *	echo 0 > /sys/module/hog/parameters/hold	gives everything back
 *
 * It takes pages the way its victims do, with GFP_ATOMIC, and hence down to the
 * same mark. Then a timer keeps it so: what kswapd and others free is taken at
 * the next tick. GFP_ATOMIC never enters reclaim, so that the hog itself does not
 * start the OOM killer; if somebody else is about to, the hog's OOM notifier
 * gives pages back and leaves them alone for some ticks.
 *
 * Bounds: max_pages, limit_ms after which it lets go by itself, TICK_PAGES a
 * tick, SETTLE_TRIES to make memory run out.
 *
 * Locking: hog_mutex makes one start or stop at a time; hog_lock guards the list
 * of pages against the timer. The timer is a soft one, as alloc_page() takes
 * sleeping locks on PREEMPT_RT.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/oom.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "../compat.h"

#define TICK_NS		250000	/* between two looks for freed pages */
#define TICK_PAGES	256	/* most taken in one */
#define BATCH_PAGES	256	/* taken or given back between two reschedules */
#define SETTLE_QUIET	20	/* looks in a row, a millisecond apart, that find none */
#define SETTLE_TRIES	1000	/* looks until it admits that memory does not run out */
#define OOM_PAGES	256	/* given back to who is out of memory */
#define OOM_TICKS	80	/* and left alone for so long, or it would thrash */

/* Most pages to hold: 1 to the machine's pages; 0, the default: all of them. */
static unsigned long max_pages;
module_param(max_pages, ulong, 0444);
MODULE_PARM_DESC(max_pages, "most pages to hold, 1 to the machine's pages; 0: all of them (default 0)");

/* Time after which it lets go by itself in milliseconds: 1 to 60000, default 10000. */
static unsigned int limit_ms = 10000;
module_param(limit_ms, uint, 0444);
MODULE_PARM_DESC(limit_ms, "longest time to hold memory in ms, 1..60000 (default 10000)");

static DEFINE_MUTEX(hog_mutex);
static bool loaded;		/* under hog_mutex; the parameter outlives hog_exit() */
static bool holding;		/* under hog_mutex */
static u64 held_ns;		/* under hog_mutex; when memory last was all gone */
static u64 released_ns;		/* under hog_mutex; when it last began to let go */
static struct hrtimer timer;
static ktime_t deadline;
static struct dentry *dir;

static DEFINE_SPINLOCK(hog_lock);
static LIST_HEAD(pages);	/* under hog_lock */
static unsigned long held;	/* under hog_lock */
static unsigned long oom_given;	/* under the kernel's oom_lock */
static unsigned int oom_ticks;	/* under hog_lock */

/* ------------------------------------------------------------------ pages */

/* Take up to @most pages. Return: false if the system had none left. */
static bool take_pages(unsigned int most)
{
	while (most-- && READ_ONCE(held) < max_pages) {
		struct page *page = alloc_page(GFP_ATOMIC | __GFP_NOWARN);

		if (!page)
			return false;
		spin_lock_bh(&hog_lock);
		list_add(&page->lru, &pages);
		WRITE_ONCE(held, held + 1);
		spin_unlock_bh(&hog_lock);
	}
	return true;
}

/* Return: how many of @most pages were given back. */
static unsigned int give_pages(unsigned int most)
{
	struct page *page, *next;
	unsigned int given = 0;
	LIST_HEAD(list);

	spin_lock_bh(&hog_lock);
	list_for_each_entry_safe(page, next, &pages, lru) {
		if (given == most)
			break;
		list_move(&page->lru, &list);
		given++;
	}
	WRITE_ONCE(held, held - given);
	spin_unlock_bh(&hog_lock);

	list_for_each_entry_safe(page, next, &list, lru) {
		list_del(&page->lru);
		__free_page(page);
	}
	return given;
}

/* ---------------------------------------------------------------- holding */

static void let_go(void)
{
	lockdep_assert_held(&hog_mutex);

	if (!holding)
		return;
	WRITE_ONCE(holding, false);
	hrtimer_cancel(&timer);
	pr_info("letting go of %lu pages, others out of memory had %lu so far\n",
		READ_ONCE(held), READ_ONCE(oom_given));
	released_ns = ktime_get_ns();
	while (give_pages(BATCH_PAGES))
		cond_resched();
}

static void let_go_late(struct work_struct *work)
{
	mutex_lock(&hog_mutex);
	if (holding && ktime_after(ktime_get(), deadline)) {
		pr_warn("limit_ms=%u has passed\n", limit_ms);
		let_go();
	}
	mutex_unlock(&hog_mutex);
}

static DECLARE_WORK(late_work, let_go_late);

static enum hrtimer_restart hog_tick(struct hrtimer *unused)
{
	bool wait;

	if (ktime_after(ktime_get(), deadline)) {
		schedule_work(&late_work);
		return HRTIMER_NORESTART;
	}
	spin_lock(&hog_lock);
	wait = oom_ticks;
	if (wait)
		oom_ticks--;
	spin_unlock(&hog_lock);
	if (!wait)
		take_pages(TICK_PAGES);
	hrtimer_forward_now(&timer, ns_to_ktime(TICK_NS));
	return HRTIMER_RESTART;
}

static int hog_oom(struct notifier_block *unused, unsigned long action,
		   void *freed)
{
	unsigned int given;

	spin_lock_bh(&hog_lock);
	oom_ticks = OOM_TICKS;
	spin_unlock_bh(&hog_lock);
	given = give_pages(OOM_PAGES);
	oom_given += given;
	*(unsigned long *)freed += given;
	return NOTIFY_OK;
}

static struct notifier_block oom_notifier = { .notifier_call = hog_oom };

/* Return: is nothing left, and does kswapd find no more to free? */
static bool settle(void)
{
	unsigned int tries, quiet = 0;

	for (tries = 0; tries < SETTLE_TRIES && quiet < SETTLE_QUIET; tries++) {
		unsigned long before = READ_ONCE(held);

		while (take_pages(BATCH_PAGES)) {
			if (READ_ONCE(held) >= max_pages)
				return false;
			cond_resched();
		}
		/* Others have had nothing since then. */
		if (!held_ns)
			held_ns = ktime_get_ns();
		usleep_range(500, 1000);
		quiet = READ_ONCE(held) == before ? quiet + 1 : 0;
	}
	return quiet == SETTLE_QUIET;
}

static int hold_on(void)
{
	lockdep_assert_held(&hog_mutex);

	if (holding)
		return 0;
	WRITE_ONCE(holding, true);
	held_ns = 0;
	if (!settle()) {
		pr_err("alloc_page(GFP_ATOMIC) still succeeds with %lu pages held, max_pages=%lu\n",
		       READ_ONCE(held), max_pages);
		let_go();
		return -ENOSPC;
	}
	/* From here on the timer takes what is freed, and nobody else does. */
	deadline = ktime_add_ms(ktime_get(), limit_ms);
	hrtimer_start(&timer, ns_to_ktime(TICK_NS), HRTIMER_MODE_REL_SOFT);
	pr_info("alloc_page(GFP_ATOMIC) fails, %lu pages held\n",
		READ_ONCE(held));
	return 0;
}

/* -------------------------------------------------------------- interface */

static int hold_set(const char *value, const struct kernel_param *param)
{
	bool wanted;
	int ret = kstrtobool(value, &wanted);

	if (ret) {
		pr_err("hold=%.*s: must be 0 or 1\n",
		       (int)strcspn(value, "\n"), value);
		return ret;
	}
	mutex_lock(&hog_mutex);
	if (!loaded)
		ret = -EINVAL;
	else if (wanted)
		ret = hold_on();
	else
		let_go();
	mutex_unlock(&hog_mutex);
	return ret;
}

static int hold_get(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%d\n", READ_ONCE(holding));
}

static const struct kernel_param_ops hold_ops = {
	.set = hold_set,
	.get = hold_get,
};

/* Hold memory down: 0 or 1; 0 when loaded. */
module_param_cb(hold, &hold_ops, NULL, 0644);
MODULE_PARM_DESC(hold, "hold memory down, 0 or 1 (0 when loaded)");

static int __init hog_init(void)
{
	int ret;

	if (max_pages > totalram_pages()) {
		pr_err("max_pages=%lu: must be 0 to %lu\n", max_pages,
		       totalram_pages());
		return -EINVAL;
	}
	if (limit_ms < 1 || limit_ms > 60000) {
		pr_err("limit_ms=%u: must be 1 to 60000\n", limit_ms);
		return -EINVAL;
	}
	if (!max_pages)
		max_pages = totalram_pages();

	ret = register_oom_notifier(&oom_notifier);
	if (ret)
		return ret;
	hrtimer_setup(&timer, hog_tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);

	dir = debugfs_create_dir("hog", NULL);
	debugfs_create_ulong("held", 0444, dir, &held);
	debugfs_create_u64("held_ns", 0444, dir, &held_ns);
	debugfs_create_u64("released_ns", 0444, dir, &released_ns);

	mutex_lock(&hog_mutex);
	loaded = true;
	mutex_unlock(&hog_mutex);
	return 0;
}

static void __exit hog_exit(void)
{
	mutex_lock(&hog_mutex);
	loaded = false;
	let_go();
	mutex_unlock(&hog_mutex);
	/* The timer has been cancelled: nobody queues it any more. */
	cancel_work_sync(&late_work);
	debugfs_remove(dir);
	unregister_oom_notifier(&oom_notifier);
}

module_init(hog_init);
module_exit(hog_exit);

MODULE_DESCRIPTION("Holds free memory down, so that atomic allocations fail");
MODULE_LICENSE("GPL");
