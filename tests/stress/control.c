// SPDX-License-Identifier: GPL-2.0
/*
 * The zones, and who disturbs them while they are used.
 *
 * The control is one process. It resizes reserves, has zones come and go, with
 * pages live or not, reads whatever can be read, and changes injected faults.
 * Another one takes the machine's memory and its CPUs away, and trims caches.
 *
 * Of the places in torture_zones[], the first are for zones that last. One of
 * them has the system fail each of its requests all the time; so the static
 * key of fault injection is not switched over and over, which means stopping
 * all CPUs. The other places are empty, or open, or closed with pages still
 * live, and are not used again until the last of those is freed.
 */
#define pr_fmt(fmt) "labyrinth_torture: " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/sched.h>

#include "torture.h"

#define TORTURE_RESERVE		64
#define TORTURE_RESERVE_MAX	160
#define TORTURE_MAX_PAGES	1024

struct torture_zone torture_zones[TORTURE_NR_ZONES] = {
	[TORTURE_ZONE_SYSTEM] = { .name = "(the system)" },
};

static struct task_struct *disturber;
unsigned int torture_hot_zone;	/* one that lasts; see roll_zone() */

/* --- zones that last --- */

static const struct labyrinth_zone_params lasting[TORTURE_NR_LASTING] = {
	[TORTURE_ZONE_PLAIN] = {
		.name = "plain", .cache = 8,
	},
	[TORTURE_ZONE_RESERVE_FIRST] = {
		.name = "reserve-first", .cache = 4, .policy = LABYRINTH_RESERVE_FIRST,
	},
	[TORTURE_ZONE_RESERVE_ONLY] = {
		.name = "reserve-only", .cache = 16, .policy = LABYRINTH_RESERVE_ONLY,
	},
	[TORTURE_ZONE_VERIFY] = {
		.name = "verify", .cache = 8, .quality = LABYRINTH_QUALITY_VERIFY,
	},
	[TORTURE_ZONE_STRICT_ZERO] = {
		.name = "zero", .cache = 8, .quality = LABYRINTH_QUALITY_ZERO,
	},
	[TORTURE_ZONE_NO_CACHE] = {
		.name = "no-cache", .cache = LABYRINTH_NO_CACHE,
		.policy = LABYRINTH_RESERVE_FIRST,
	},
	[TORTURE_ZONE_ORDER_1] = {
		.name = "order-1", .cache = 4, .order = 1,
	},
	[TORTURE_ZONE_FAULTY] = {
		.name = "faulty", .cache = 2,
	},
	[TORTURE_ZONE_FICKLE] = {
		.name = "fickle", .cache = 1,
	},
};

static void zone_open(struct torture_zone *place, struct labyrinth_zone *zone,
		      const struct labyrinth_zone_params *params)
{
	place->zone = zone;
	place->order = params->order;
	place->poison = params->poison_pattern;
	place->forbidden = params->quality & LABYRINTH_QUALITY_ZERO ?
			   LABYRINTH_QUALITY_POISON : LABYRINTH_QUALITY_NONE;
	/* Pairs with the acquire of who takes pages. */
	smp_store_release(&place->open, true);
}

static int zone_create(struct torture_zone *place,
		       const struct labyrinth_zone_params *given)
{
	struct labyrinth_zone_params params = *given;
	struct labyrinth_zone *zone;

	strscpy(place->name, params.name, sizeof(place->name));
	params.node = NUMA_NO_NODE;
	params.max_pages = TORTURE_MAX_PAGES;
	/* One of its own, so that it is known here and differs from zone to zone. */
	params.poison_pattern = 0x51 + (place - torture_zones);
	if (!params.reserve)
		params.reserve = TORTURE_RESERVE;
	zone = labyrinth_zone_create(&params);
	if (IS_ERR(zone))
		return PTR_ERR(zone);
	zone_open(place, zone, &params);
	return 0;
}

int torture_zones_create(void)
{
	unsigned int i;
	int ret;

	for (i = 0; i < TORTURE_NR_USED; i++)
		init_rwsem(&torture_zones[i].users);
	for (i = 0; i < TORTURE_NR_LASTING; i++) {
		ret = zone_create(&torture_zones[i], &lasting[i]);
		if (ret)
			return ret;
	}
	/* Of requests only: the worker goes on, so that they come to try the system. */
	labyrinth_inject_set(torture_zones[TORTURE_ZONE_FAULTY].zone,
			     LABYRINTH_INJECT_ATOMIC, true);
	return 0;
}

/* Those that last; nobody uses them any more. */
void torture_zones_destroy(void)
{
	unsigned int i;

	for (i = 0; i < TORTURE_NR_LASTING; i++) {
		WRITE_ONCE(torture_zones[i].open, false);
		labyrinth_zone_destroy(torture_zones[i].zone);
		torture_zones[i].zone = NULL;
	}
}

/* --- zones that come and go --- */

static void transient_create(struct torture_zone *place, struct torture_dice *dice)
{
	static const labyrinth_quality_t quality[] = {
		LABYRINTH_QUALITY_NONE, LABYRINTH_QUALITY_NONE,
		LABYRINTH_QUALITY_VERIFY, LABYRINTH_QUALITY_ZERO,
	};
	char name[LABYRINTH_NAME_MAX + 1];
	struct labyrinth_zone_params params = {
		.name = name,
		.reserve = 1 + torture_roll(dice, TORTURE_RESERVE),
		.cache = 1 + torture_roll(dice, 16),
		.policy = torture_roll(dice, LABYRINTH_RESERVE_ONLY + 1),
		.quality = quality[torture_roll(dice, ARRAY_SIZE(quality))],
	};

	snprintf(name, sizeof(name), "transient-%td", place - torture_zones);
	/* Under the hog there may be no memory for it. */
	zone_create(place, &params);
}

static void transient_destroy(struct torture_zone *place)
{
	int ret;

	/* Waits for those who sleep, and keeps others from it. */
	down_write(&place->users);
	WRITE_ONCE(place->open, false);
	up_write(&place->users);
	/* Who has seen it open may still be taking pages. */
	synchronize_rcu();
	ret = labyrinth_zone_destroy(place->zone);
	if (ret)
		torture_wrong(TORTURE_LOST, 1, "zone %s cannot be destroyed: %pe",
			      place->name, ERR_PTR(ret));
}

/* Its next state; as a rule a zone is destroyed with few pages live. */
static void transient_turn(struct torture_worker *worker, struct torture_dice *dice)
{
	unsigned int zone = TORTURE_NR_LASTING +
			    torture_roll(dice, TORTURE_NR_USED - TORTURE_NR_LASTING);
	struct torture_zone *place = &torture_zones[zone];
	bool sweep = torture_roll(dice, 4);

	if (place->open) {
		if (sweep) {
			torture_tickets_close(zone);
			torture_sweep(worker, zone);
		}
		transient_destroy(place);
	} else if (atomic_read(&place->live)) {
		torture_tickets_close(zone);
		torture_sweep(worker, zone);
	} else {
		transient_create(place, dice);
	}
}

/* All that there still are, with what is live in them. */
void torture_transients_end(struct torture_worker *worker)
{
	unsigned int zone, live;

	for (zone = TORTURE_NR_LASTING; zone < TORTURE_NR_USED; zone++) {
		struct torture_zone *place = &torture_zones[zone];

		if (place->open)
			transient_destroy(place);
	}
	torture_tickets_close(-1);
	torture_sweep(worker, -1);
	for (zone = TORTURE_NR_LASTING; zone < TORTURE_NR_USED; zone++) {
		live = atomic_read(&torture_zones[zone].live);
		if (live)
			torture_wrong(TORTURE_LOST, live, "%u pages of destroyed zone %s",
				      live, torture_zones[zone].name);
	}
}

/* --- what else there is to do with a zone --- */

static struct torture_zone *roll_lasting(struct torture_dice *dice)
{
	return &torture_zones[torture_roll(dice, TORTURE_NR_LASTING)];
}

static void resize(struct torture_dice *dice)
{
	struct torture_zone *place = roll_lasting(dice);

	/* Under the hog there may be no memory to grow. */
	labyrinth_zone_resize(place->zone, 1 + torture_roll(dice, TORTURE_RESERVE_MAX));
}

static void read_stats(struct torture_dice *dice)
{
	struct torture_zone *place = roll_lasting(dice);
	struct labyrinth_stats stats;

	labyrinth_zone_get_stats(place->zone, &stats);
	if (stats.frees > stats.allocs)
		torture_wrong(TORTURE_CORRUPTED, 1, "zone %s: %llu pages freed of %llu",
			      place->name, stats.frees, stats.allocs);
	if (stats.owned > stats.max_pages)
		torture_wrong(TORTURE_CORRUPTED, 1, "zone %s owns %llu pages of at most %llu",
			      place->name, stats.owned, stats.max_pages);
	torture_judge_misuse(place, &stats);
}

/* As an administrator does; a zone may be on its way meanwhile. */
static void read_file(struct torture_dice *dice)
{
	static const char * const name[] = {
		"allocs", "live", "reserve", "reserve_target", "cached", "owned",
		"policy", "latched",
	};
	const char *zone = torture_zones[torture_roll(dice, TORTURE_NR_USED)].name;
	char path[96], text[64];
	struct file *file;
	loff_t pos = 0;

	snprintf(path, sizeof(path), "/sys/kernel/labyrinth/%s/%s", zone,
		 name[torture_roll(dice, ARRAY_SIZE(name))]);
	file = filp_open(path, O_RDONLY, 0);
	if (IS_ERR(file))
		return;
	kernel_read(file, text, sizeof(text), &pos);
	filp_close(file, NULL);
}

static void change_faults(struct torture_dice *dice)
{
	static const labyrinth_fault_t fault[] = {
		LABYRINTH_FAULT_NONE, LABYRINTH_FAULT_SYSTEM, LABYRINTH_FAULT_NTH,
		LABYRINTH_FAULT_WORKER, LABYRINTH_FAULT_RESERVE_ONLY,
	};
	struct labyrinth_zone *zone = torture_zones[TORTURE_ZONE_FICKLE].zone;

	labyrinth_fault_t faults = fault[torture_roll(dice, ARRAY_SIZE(fault))] |
				   fault[torture_roll(dice, ARRAY_SIZE(fault))];
	unsigned int nth = 1 + torture_roll(dice, 100);

	labyrinth_zone_inject(zone, faults, faults & LABYRINTH_FAULT_NTH ? nth : 0);
}

void torture_faults_end(void)
{
	labyrinth_zone_inject(torture_zones[TORTURE_ZONE_FICKLE].zone, LABYRINTH_FAULT_NONE, 0);
	labyrinth_inject_set(torture_zones[TORTURE_ZONE_FAULTY].zone,
			     LABYRINTH_INJECT_ATOMIC, false);
}

/* --- all together --- */

/* The other process: a thread, with a worker of its own. */
static int disturb(void *data)
{
	struct torture_worker *worker = data;
	unsigned int hogs = 0, cpus = 0;

	while (!kthread_should_stop()) {
		struct torture_dice dice = torture_dice(worker);

		switch (torture_stopped() ? 0 : torture_roll(&dice, 16)) {
		case 1 ... 2:
			if (!torture_hogs)
				break;
			torture_hog(worker, &dice);
			hogs++;
			break;
		case 3 ... 6:
			cpus += torture_cpu_cycle(&dice);
			break;
		case 7 ... 10:
			labyrinth_zone_trim(roll_lasting(&dice)->zone);
			break;
		}
		msleep(10 + torture_roll(&dice, 50));
	}
	torture_hog_end();
	pr_info("memory was taken away %u times, a CPU %u times\n", hogs, cpus);
	return 0;
}

int torture_disturb_start(void)
{
	struct torture_worker *worker = torture_worker_new();

	if (!worker)
		return -ENOMEM;
	disturber = kthread_run(disturb, worker, "torture/d");
	return PTR_ERR_OR_ZERO(disturber);
}

void torture_disturb_stop(void)
{
	if (!IS_ERR_OR_NULL(disturber))
		kthread_stop(disturber);
}

void torture_control(struct torture_worker *worker, unsigned long end)
{
	while (time_before(jiffies, end) && !torture_stopped()) {
		struct torture_dice dice = torture_dice(worker);

		switch (torture_roll(&dice, 16)) {
		case 0 ... 7:
			resize(&dice);
			break;
		case 8 ... 10:
			transient_turn(worker, &dice);
			break;
		case 11 ... 12:
			change_faults(&dice);
			break;
		case 13 ... 14:
			read_stats(&dice);
			break;
		default:
			read_file(&dice);
			break;
		}
		if (torture_roll(&dice, 4) == 0)
			WRITE_ONCE(torture_hot_zone, torture_roll(&dice, TORTURE_NR_LASTING));
		msleep(1 + torture_roll(&dice, 8));
	}
}
