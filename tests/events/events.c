// SPDX-License-Identifier: GPL-2.0
/*
 * labyrinth_events.ko: a zone to look at while something happens to the machine:
 * a CPU goes, memory runs out, everything is suspended.
 *
 *	echo N > /sys/module/labyrinth_events/parameters/cycle	take N pages and give
 *		them back, all on the CPU that does this
 *	echo N > /sys/module/labyrinth_events/parameters/hold	take or give back until
 *		N pages are held; what is in them is written first and checked last
 *
 *	echo N > /sys/module/labyrinth_events/parameters/twice	take and free N pages, and
 *		free each of them once more: a mistake, as the zone will say
 *
 * They say -ENOMEM if not all could be had; hold keeps what it has got. What became
 * of the zone is in /sys/kernel/labyrinth/events.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/labyrinth.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/string.h>

#define EVENTS_RESERVE	128
#define EVENTS_CACHE	64
#define EVENTS_MOST	512

static DEFINE_MUTEX(lock);
static struct labyrinth_zone *zone;	/* under lock; NULL: not yet or no longer */
static struct page **pages;		/* under lock */
static unsigned int held;		/* under lock; of pages */

static u8 stamp_of(const struct page *page)
{
	return page_to_pfn(page) * 31 + 7;
}

static unsigned int take(struct page **to, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		to[i] = labyrinth_alloc_page_atomic(zone, LABYRINTH_QUALITY_NONE);
		if (!to[i])
			break;
		memset(page_address(to[i]), stamp_of(to[i]), PAGE_SIZE);
	}
	return i;
}

/* Returns how many were not as they had been left. */
static unsigned int give(struct page **from, unsigned int nr)
{
	unsigned int damaged = 0;

	while (nr--) {
		damaged += !!memchr_inv(page_address(from[nr]), stamp_of(from[nr]), PAGE_SIZE);
		labyrinth_free_page(zone, from[nr]);
	}
	return damaged;
}

static int verdict(unsigned int damaged)
{
	if (!damaged)
		return 0;
	pr_err("%u pages are not as they were left\n", damaged);
	return -EUCLEAN;
}

static int cycle(unsigned int nr)
{
	unsigned int got, damaged;

	/* Or the pages would come back to another CPU's cache. */
	migrate_disable();
	got = take(pages + held, nr);
	damaged = give(pages + held, got);
	migrate_enable();
	return verdict(damaged) ?: got < nr ? -ENOMEM : 0;
}

static int hold(unsigned int nr)
{
	unsigned int had = held;

	if (nr < held) {
		held = nr;
		return verdict(give(pages + nr, had - nr));
	}
	held += take(pages + held, nr - held);
	return held < nr ? -ENOMEM : 0;
}

static int twice(unsigned int nr)
{
	struct page *page, *again;

	while (nr--) {
		page = labyrinth_alloc_page_atomic(zone, LABYRINTH_QUALITY_NONE);
		if (!page)
			return -ENOMEM;
		again = page;
		/* Or the compiler would say so first. */
		OPTIMIZER_HIDE_VAR(again);
		labyrinth_free_page(zone, page);
		labyrinth_free_page(zone, again);
	}
	return 0;
}

static int number_set(const char *text, const struct kernel_param *kp)
{
	int (*what)(unsigned int nr) = kp->arg;
	unsigned int nr;
	int ret = kstrtouint(text, 0, &nr);

	if (ret)
		return ret;
	mutex_lock(&lock);
	if (!zone)
		ret = -ENODEV;
	else if (nr > EVENTS_MOST - (what == cycle ? held : 0))
		ret = -EINVAL;
	else
		ret = what(nr);
	mutex_unlock(&lock);
	return ret;
}

static int held_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%u\n", READ_ONCE(held));
}

static const struct kernel_param_ops cycle_ops = { .set = number_set };
static const struct kernel_param_ops twice_ops = { .set = number_set };
static const struct kernel_param_ops hold_ops = { .set = number_set, .get = held_get };

module_param_cb(cycle, &cycle_ops, cycle, 0200);
MODULE_PARM_DESC(cycle, "take so many pages and give them back, 0..512");
module_param_cb(twice, &twice_ops, twice, 0200);
MODULE_PARM_DESC(twice, "take so many pages and free each of them twice, 0..512");
module_param_cb(hold, &hold_ops, hold, 0600);
MODULE_PARM_DESC(hold, "hold so many pages, 0..512 (0 when loaded)");

/*
 * An emulator that runs several CPUs as threads does not bear a branch that is
 * patched over and over: with a fault injected somewhere all the time, though one
 * that never comes, other zones' faults patch nothing.
 */
static bool anchor;
module_param(anchor, bool, 0);
MODULE_PARM_DESC(anchor, "keep the code for injected faults patched in");

static int __init events_init(void)
{
	static const struct labyrinth_zone_params params = {
		.name = "events", .reserve = EVENTS_RESERVE, .cache = EVENTS_CACHE,
		.node = NUMA_NO_NODE,
	};
	struct labyrinth_zone *made;

	pages = kcalloc(EVENTS_MOST, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	made = labyrinth_zone_create(&params);
	if (IS_ERR(made)) {
		kfree(pages);
		return PTR_ERR(made);
	}
	if (anchor)
		labyrinth_zone_inject(made, LABYRINTH_FAULT_NTH, INT_MAX);
	mutex_lock(&lock);
	zone = made;
	mutex_unlock(&lock);
	return 0;
}

static void __exit events_exit(void)
{
	mutex_lock(&lock);
	hold(0);
	labyrinth_zone_destroy(zone);
	zone = NULL;
	mutex_unlock(&lock);
	kfree(pages);
}

module_init(events_init);
module_exit(events_exit);
LABYRINTH_IMPORT_NS;
MODULE_DESCRIPTION("Labyrinth: a zone to look at while something happens to the machine");
MODULE_AUTHOR("The Labyrinth developers");
MODULE_LICENSE("GPL");
