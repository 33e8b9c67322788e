// SPDX-License-Identifier: GPL-2.0
/*
 * labyrinth_readcost.ko: what does it cost a zone that somebody reads its files?
 *
 * Two zones that are alike, "busy" and "calm", each with 512 live pages for the listings
 * to list. Pages are taken from "busy" and given back, one at a time, on the CPU that asks
 * for it, while somebody reads the files of either on another CPU. What the difference
 * is between the two is the cost.
 *
 *	echo MS > /sys/module/labyrinth_readcost/parameters/rate	for so long; then it
 *		reads pairs in a second
 *	echo N > /sys/module/labyrinth_readcost/parameters/exact	so many pairs, without
 *		interrupts; then it reads how many ns that took. Where a ns is an instruction,
 *		that is exact.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/labyrinth.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/numa.h>
#include <linux/preempt.h>
#include <linux/sched.h>

#define LIVE		512
#define CHUNK		1024
#define MOST_MS		10000
#define MOST_PAIRS	1000000

static DEFINE_MUTEX(lock);
static struct labyrinth_zone *busy, *calm;	/* under lock; NULL: not yet or no longer */
static struct page *live[2][LIVE];
static u64 pairs_a_second, exact_ns;		/* under lock */

/* The two ways to measure do the very same. */
static noinline void pairs(unsigned int nr)
{
	struct page *page;

	while (nr--) {
		page = labyrinth_alloc_page_atomic(busy, LABYRINTH_QUALITY_NONE);
		labyrinth_free_page(busy, page);
	}
}

static void measure_rate(unsigned int ms)
{
	u64 begin = ktime_get_ns(), end = begin + ms * NSEC_PER_MSEC, now, count = 0;

	do {
		pairs(CHUNK);
		count += CHUNK;
		cond_resched();
		now = ktime_get_ns();
	} while (now < end);
	pairs_a_second = div64_u64(count * NSEC_PER_SEC, now - begin);
}

static void measure_exact(unsigned int nr)
{
	unsigned long flags;
	u64 begin;

	preempt_disable();
	local_irq_save(flags);
	/* So that nothing is done for the first time. */
	pairs(CHUNK);
	begin = ktime_get_ns();
	pairs(nr);
	exact_ns = ktime_get_ns() - begin;
	local_irq_restore(flags);
	preempt_enable();
}

static int measure(const char *text, unsigned int most, void (*what)(unsigned int nr))
{
	unsigned int nr;
	int ret = kstrtouint(text, 0, &nr);

	if (ret)
		return ret;
	if (!nr || nr > most)
		return -ERANGE;
	mutex_lock(&lock);
	if (busy)
		what(nr);
	else
		ret = -ENODEV;
	mutex_unlock(&lock);
	return ret;
}

static int rate_set(const char *text, const struct kernel_param *kp)
{
	return measure(text, MOST_MS, measure_rate);
}

static int exact_set(const char *text, const struct kernel_param *kp)
{
	return measure(text, MOST_PAIRS, measure_exact);
}

static int result_get(char *buffer, const struct kernel_param *kp)
{
	const u64 *result = kp->arg;

	return sysfs_emit(buffer, "%llu\n", READ_ONCE(*result));
}

static const struct kernel_param_ops rate_ops = { .set = rate_set, .get = result_get };
static const struct kernel_param_ops exact_ops = { .set = exact_set, .get = result_get };

module_param_cb(rate, &rate_ops, &pairs_a_second, 0600);
MODULE_PARM_DESC(rate, "for how many ms to take and free pages, 1..10000; then: pairs in a second");
module_param_cb(exact, &exact_ops, &exact_ns, 0600);
MODULE_PARM_DESC(exact, "pairs to take and free without interrupts, 1..1000000; then: how many ns it took");

/* ------------------------------------------------------------- life cycle */

static void close_zone(struct labyrinth_zone *zone, struct page **page)
{
	labyrinth_free_bulk(zone, LIVE, page);
	labyrinth_zone_destroy(zone);
}

static struct labyrinth_zone *open_zone(const char *name, struct page **page)
{
	const struct labyrinth_zone_params params = {
		.name = name, .reserve = 256, .max_pages = 2048, .node = NUMA_NO_NODE,
	};
	struct labyrinth_zone *zone = labyrinth_zone_create(&params);
	unsigned int i;

	for (i = 0; !IS_ERR(zone) && i < LIVE; i++) {
		page[i] = labyrinth_alloc_page_atomic(zone, LABYRINTH_QUALITY_NONE);
		if (page[i])
			continue;
		labyrinth_free_bulk(zone, i, page);
		labyrinth_zone_destroy(zone);
		return ERR_PTR(-ENOMEM);
	}
	return zone;
}

static int __init readcost_init(void)
{
	struct labyrinth_zone *zone;

	calm = open_zone("calm", live[0]);
	if (IS_ERR(calm))
		return PTR_ERR(calm);
	zone = open_zone("busy", live[1]);
	if (IS_ERR(zone)) {
		close_zone(calm, live[0]);
		return PTR_ERR(zone);
	}
	mutex_lock(&lock);
	busy = zone;
	mutex_unlock(&lock);
	return 0;
}

static void __exit readcost_exit(void)
{
	mutex_lock(&lock);
	close_zone(busy, live[1]);
	busy = NULL;
	mutex_unlock(&lock);
	close_zone(calm, live[0]);
}

module_init(readcost_init);
module_exit(readcost_exit);

MODULE_DESCRIPTION("Labyrinth: what reading costs a zone at full load");
MODULE_AUTHOR("The Labyrinth developers");
MODULE_LICENSE("GPL");
LABYRINTH_IMPORT_NS;
