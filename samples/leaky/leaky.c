// SPDX-License-Identifier: GPL-2.0
/*
 * leaky: a consumer with a planted leak, for those who look for leaks to find.
 *
 * Frames are received into pages of a zone, one after the other. A frame is in
 * flight for a while, in a ring that turns over, and is freed then. Of a frame that
 * is damaged, leaky_rx_forgets() forgets the page: it returns an error, and nobody
 * frees it. Of a million frames three are damaged.
 *
 * What makes it hard to see is there, too: a few pages of many are missing, all of
 * them taken where all others are; and a table that is filled once and kept, whose
 * pages are many more, and older.
 *
 * When all frames of the parameter ``requests`` were received, some more come every
 * now and then, none of them damaged, so that the ring goes on to turn over. See
 * /sys/kernel/debug/leaky/:
 *
 *	received	frames received so far
 *	errors		frames that were damaged, or had no page
 *	forgotten	pages that nobody will free
 *	done		Y once ``requests`` frames were received
 *
 * The module does know what it has forgotten, and frees it when the zone is gone, or
 * labyrinth.ko could never be unloaded; that is later than anybody who looks for
 * leaks could tell.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/labyrinth.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/numa.h>
#include <linux/sched.h>

#define LEAKS_MAX	64
#define IN_FLIGHT	48
#define STEADY		96
#define BURST		1000	/* frames at once, and then a moment's rest */
#define AFTERWARDS	16

/* Pages to forget: 0 to 64, default 3. */
static unsigned int leaks = 3;
module_param(leaks, uint, 0444);
MODULE_PARM_DESC(leaks, "pages to forget, 0..64 (default 3)");

/* Frames to receive: 1000 to 4294967295, default 1000000. */
static unsigned int requests = 1000000;
module_param(requests, uint, 0444);
MODULE_PARM_DESC(requests, "frames to receive, 1000..4294967295 (default 1000000)");

static struct labyrinth_zone *zone;
static struct task_struct *thread;
static struct dentry *dir;

/* The thread's own; others may look. */
static struct page *ring[IN_FLIGHT];
static struct page *steady[STEADY];
static struct page *lost[LEAKS_MAX];
static unsigned int forgotten;
static u64 received, errors;
static bool done;

/* -------------------------------------------------------------- the device */

/* Damaged frames are as far from each other as from the first and the last one. */
static bool damaged(u64 nr)
{
	unsigned int every = requests / (leaks + 1);

	return leaks && nr < requests && nr % every == every - 1 && nr / every < leaks;
}

/* The frame takes its turn in the ring: the oldest one there is done with. */
static void deliver(struct page *page, u64 nr)
{
	struct page **slot = &ring[nr % IN_FLIGHT];

	labyrinth_free_page(zone, *slot);
	*slot = page;
}

/* What a leak finder has to name. */
static noinline int leaky_rx_forgets(u64 nr)
{
	struct page *page = labyrinth_alloc_page_atomic(zone, LABYRINTH_QUALITY_NONE);

	if (!page)
		return -ENOMEM;
	if (unlikely(damaged(nr))) {
		/* For leaky_exit(); a driver with this mistake has no such line. */
		lost[forgotten] = page;
		WRITE_ONCE(forgotten, forgotten + 1);
		return -EBADMSG;
	}
	deliver(page, nr);
	return 0;
}

/* What it must not name: all of it is in use, for as long as the device is. */
static noinline int leaky_fill_table(void)
{
	unsigned int i;

	for (i = 0; i < STEADY; i++) {
		steady[i] = labyrinth_alloc_page_atomic(zone, LABYRINTH_QUALITY_NONE);
		if (!steady[i])
			return -ENOMEM;
	}
	return 0;
}

static int leaky_thread(void *unused)
{
	unsigned int burst;
	u64 nr = 0;

	while (!kthread_should_stop()) {
		burst = done ? AFTERWARDS : min_t(u64, BURST, requests - nr);
		for (; burst; burst--)
			errors += !!leaky_rx_forgets(nr++);
		WRITE_ONCE(received, nr);
		WRITE_ONCE(done, done || nr >= requests);
		usleep_range(1000, 1500);
	}
	return 0;
}

/* ------------------------------------------------------------- life cycle */

/* A page that is NULL was not taken. */
static void give_back(struct page **page, unsigned int nr)
{
	while (nr--)
		labyrinth_free_page(zone, page[nr]);
}

static int __init leaky_init(void)
{
	const struct labyrinth_zone_params params = {
		.name = "leaky",
		.reserve = 64,
		.node = NUMA_NO_NODE,
	};
	int ret;

	if (leaks > LEAKS_MAX) {
		pr_err("leaks=%u: must be 0 to %u\n", leaks, LEAKS_MAX);
		return -EINVAL;
	}
	if (requests < BURST) {
		pr_err("requests=%u: must be %u to %u\n", requests, BURST, UINT_MAX);
		return -EINVAL;
	}
	zone = labyrinth_zone_create(&params);
	if (IS_ERR(zone))
		return PTR_ERR(zone);
	ret = leaky_fill_table();
	if (ret)
		goto out;
	thread = kthread_run(leaky_thread, NULL, "leaky");
	if (IS_ERR(thread)) {
		ret = PTR_ERR(thread);
		goto out;
	}
	dir = debugfs_create_dir("leaky", NULL);
	debugfs_create_u64("received", 0444, dir, &received);
	debugfs_create_u64("errors", 0444, dir, &errors);
	debugfs_create_u32("forgotten", 0444, dir, &forgotten);
	debugfs_create_bool("done", 0444, dir, &done);
	return 0;

out:
	give_back(steady, STEADY);
	labyrinth_zone_destroy(zone);
	return ret;
}

static void __exit leaky_exit(void)
{
	debugfs_remove(dir);
	kthread_stop(thread);
	give_back(ring, IN_FLIGHT);
	give_back(steady, STEADY);
	labyrinth_zone_destroy(zone);
	give_back(lost, forgotten);
}

module_init(leaky_init);
module_exit(leaky_exit);

MODULE_DESCRIPTION("A consumer that forgets three pages of a million");
MODULE_LICENSE("GPL");
LABYRINTH_IMPORT_NS;
