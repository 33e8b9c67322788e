// SPDX-License-Identifier: GPL-2.0
/*
 * A consumer with a deadlock in it, for lockdep to find.
 *
 * Its available() callback takes a mutex. With held=1 that is held around
 * labyrinth_zone_destroy() as well, which waits for a running callback: a
 * deadlock, if they meet. They do not meet here, as the callback has returned long
 * before. Whoever makes that mistake must hear of it all the same, from the map
 * that the zone keeps for lockdep. With held=0 the consumer is in order, and
 * nothing must be heard.
 *
 * Loading does everything and leaves nothing behind. Lockdep ends its work with
 * the first report: a report that is expected needs a boot of its own.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/labyrinth.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/numa.h>

#define RESERVE		4U
#define PATIENCE	(10 * HZ)	/* to be called back; milliseconds as a rule */

/* Hold the lock while the zone is destroyed: 0 or 1, default 1. */
static bool held = true;
module_param(held, bool, 0444);
MODULE_PARM_DESC(held, "hold the callback's lock around destroy, 0 or 1 (default 1)");

static DEFINE_MUTEX(consumer_lock);
static DECLARE_COMPLETION(called_back);

static void available(struct labyrinth_zone *zone, void *ctx)
{
	mutex_lock(&consumer_lock);
	mutex_unlock(&consumer_lock);
	complete(&called_back);
}

/* Until the zone owes a call to available(), and pays. */
static int starve(struct labyrinth_zone *zone)
{
	struct page *page[RESERVE + 1];
	unsigned int nr;
	int err;

	err = labyrinth_zone_inject(zone, LABYRINTH_FAULT_SYSTEM |
					  LABYRINTH_FAULT_RESERVE_ONLY, 0);
	if (err)
		return err;
	for (nr = 0; nr < ARRAY_SIZE(page); nr++) {
		page[nr] = labyrinth_alloc_page_atomic(zone, LABYRINTH_QUALITY_NONE);
		if (!page[nr])
			break;
	}
	labyrinth_free_bulk(zone, nr, page);
	if (nr != RESERVE)
		return -ERANGE;
	err = labyrinth_zone_inject(zone, LABYRINTH_FAULT_NONE, 0);
	if (err)
		return err;
	return wait_for_completion_timeout(&called_back, PATIENCE) ? 0 : -ETIMEDOUT;
}

static int destroy(struct labyrinth_zone *zone)
{
	int err;

	if (held)
		mutex_lock(&consumer_lock);
	err = labyrinth_zone_destroy(zone);
	if (held)
		mutex_unlock(&consumer_lock);
	return err;
}

static int __init labyrinth_lockdep_init(void)
{
	struct labyrinth_zone *zone;
	int err, gone;

	zone = labyrinth_zone_create(&(const struct labyrinth_zone_params) {
		.name = "lockdep", .reserve = RESERVE, .node = NUMA_NO_NODE,
		.available = available,
	});
	if (IS_ERR(zone))
		return PTR_ERR(zone);
	err = starve(zone);
	gone = destroy(zone);
	if (!err)
		err = gone;
	pr_info("held=%d: %d\n", held, err);
	return err;
}
module_init(labyrinth_lockdep_init);

static void __exit labyrinth_lockdep_exit(void)
{
}
module_exit(labyrinth_lockdep_exit);

LABYRINTH_IMPORT_NS;
MODULE_DESCRIPTION("A consumer whose deadlock lockdep has to find");
MODULE_LICENSE("GPL");
