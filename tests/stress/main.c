// SPDX-License-Identifier: GPL-2.0
/*
 * labyrinth_torture.ko: everything at once, for a while, and nothing may be lost.
 *
 * insmod takes as long as the run, and succeeds if that was carried through,
 * whatever it found: an insmod that tries twice must not torture twice. It ends
 * with lines for machines to read:
 *
 *	CONTEXT kernel=<release> context=<name> allocs=<pages> frees=<pages>
 *	TORTURE platform=<name> seed=<n> ops=<pages> faults=<n> lost=<n> doubled=<n> corrupted=<n>
 *
 * The first thing that is wrong stops the run; a line says which page it is,
 * and who had it where.
 *
 * The machine should have nothing else to do: it loses all its memory and some
 * of its CPUs now and then.
 */
#define pr_fmt(fmt) "labyrinth_torture: " fmt

#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "torture.h"

/* How long to torture: 1 to 86400 s, default 20. */
unsigned int torture_seconds = 20;
module_param_named(seconds, torture_seconds, uint, 0444);
MODULE_PARM_DESC(seconds, "how long, 1..86400 s (default 20)");

/* What all decisions follow from: any number, default 1. */
unsigned long torture_seed = 1;
module_param_named(seed, torture_seed, ulong, 0444);
MODULE_PARM_DESC(seed, "what all decisions follow from (default 1)");

/* Threads: 0 to 256, default 0, which is two for each CPU. */
unsigned int torture_threads;
module_param_named(threads, torture_threads, uint, 0444);
MODULE_PARM_DESC(threads, "threads, 1..256 (default 0: two for each CPU)");

/* Mean time between two timer interrupts of a CPU: 50 to 1000000 us, default 1000. */
unsigned int torture_period_us = 1000;
module_param_named(period_us, torture_period_us, uint, 0444);
MODULE_PARM_DESC(period_us, "mean time between timer interrupts, 50..1000000 us (default 1000)");

/* Take the machine's memory away now and then: Y or N, default Y. */
bool torture_hogs = true;
module_param_named(hog, torture_hogs, bool, 0444);
MODULE_PARM_DESC(hog, "take the machine's memory away now and then (default Y)");

/*
 * Pages that others may have taken in the meantime. UML 7.3 on two CPUs differs by up to
 * 30, with any of our versions, while exactly as many pages went back as were taken. A
 * leak worth the name is one in each million operations at least.
 */
unsigned int torture_slack = 64;
module_param_named(slack, torture_slack, uint, 0444);
MODULE_PARM_DESC(slack, "pages that others may take meanwhile (default 64)");

/* What stands for the platform in the last line: a word, default unknown. */
char *torture_platform = "unknown";
module_param_named(platform, torture_platform, charp, 0444);
MODULE_PARM_DESC(platform, "a word for the result (default unknown)");

static struct torture_worker *workers[TORTURE_WORKERS_MAX];
static unsigned int nr_workers;

static const char * const context_name[TORTURE_NR_CONTEXTS] = {
	[TORTURE_TASK] = "task",
	[TORTURE_PREEMPT_OFF] = "preempt-off",
	[TORTURE_BH_OFF] = "bh-off",
	[TORTURE_IRQ_OFF] = "irq-off",
	[TORTURE_RAW_SPINLOCK] = "raw-spinlock",
	[TORTURE_SOFTIRQ] = "softirq",
	[TORTURE_HARDIRQ] = "hardirq",
	[TORTURE_IRQ_WORK] = "irq-work",
	[TORTURE_NMI] = "nmi",
};

const char *torture_context_name(enum torture_context context)
{
	return context < TORTURE_NR_CONTEXTS ? context_name[context] : "no context";
}

/* One caller at a time, in process context. */
struct torture_worker *torture_worker_new(void)
{
	struct torture_worker *worker;

	if (nr_workers == TORTURE_WORKERS_MAX)
		return NULL;
	worker = kzalloc(sizeof(*worker), GFP_KERNEL);
	if (!worker)
		return NULL;
	worker->id = nr_workers;
	prandom_seed_state(&worker->rnd, torture_seed * TORTURE_WORKERS_MAX + nr_workers);
	workers[nr_workers++] = worker;
	return worker;
}

unsigned int torture_nr_workers(void)
{
	return nr_workers;
}

struct torture_worker *torture_worker(unsigned int id)
{
	return workers[id];
}

static void free_workers(void)
{
	while (nr_workers)
		kfree(workers[--nr_workers]);
}

static int check_parameters(void)
{
	if (torture_seconds < 1 || torture_seconds > 86400) {
		pr_err("seconds=%u: must be 1 to 86400\n", torture_seconds);
		return -EINVAL;
	}
	if (torture_threads > 256) {
		pr_err("threads=%u: must be 0 to 256\n", torture_threads);
		return -EINVAL;
	}
	if (torture_period_us < 50 || torture_period_us > 1000000) {
		pr_err("period_us=%u: must be 50 to 1000000\n", torture_period_us);
		return -EINVAL;
	}
	if (!torture_threads)
		torture_threads = 2 * num_online_cpus();
	return 0;
}

/* Zones in a machine that has had zones before, up to the result. */
static int torture_zones_run(struct torture_worker *control)
{
	struct torture_sum sum = { 0 };
	long unknown;
	int ret;

	/* What is made once and kept is no growth. */
	ret = torture_zones_create();
	torture_zones_destroy();
	if (ret)
		return ret;
	unknown = torture_memory_unknown();

	ret = torture_zones_create();
	if (ret)
		goto out;
	ret = torture_contexts_start() ?: torture_disturb_start();
	if (!ret)
		torture_control(control, jiffies + torture_seconds * HZ);
	torture_disturb_stop();
	torture_contexts_stop();
	pr_info("all at rest\n");
	torture_judge(control, &sum);
out:
	torture_zones_destroy();
	if (ret)
		return ret;
	torture_judge_memory(unknown);
	torture_print(&sum);
	return 0;
}

static int __init torture_init(void)
{
	struct torture_worker *control;
	int ret;

	ret = check_parameters();
	if (ret)
		return ret;
	ret = torture_account_init();
	if (ret)
		return ret;
	ret = -ENOMEM;
	control = torture_worker_new();
	if (!control)
		goto out_account;
	ret = torture_hog_init();
	if (ret)
		goto out_workers;
	pr_info("seed %lu, %u s, %u threads, %u CPUs\n", torture_seed, torture_seconds,
		torture_threads, num_online_cpus());
	ret = torture_zones_run(control);
	torture_hog_exit();
out_workers:
	free_workers();
out_account:
	torture_account_exit();
	return ret;
}

static void __exit torture_exit(void)
{
}

module_init(torture_init);
module_exit(torture_exit);

LABYRINTH_IMPORT_NS;
LABYRINTH_IMPORT_PRIVATE_NS;
MODULE_DESCRIPTION("Torture of Labyrinth, with an account of its own");
MODULE_AUTHOR("The Labyrinth developers");
MODULE_LICENSE("GPL");
