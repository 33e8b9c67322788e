// SPDX-License-Identifier: GPL-2.0
/*
 * The stock of clean pages: a request for a zeroed page that finds one there is
 * spared the clearing, which costs more than everything else about it.
 *
 * It is a second cache on each CPU, and a second depot behind them, which hold
 * nothing but zeroed pages. Only the worker here fills that depot, in process
 * context: with pages of the other depot, which it clears, and with new ones. Requests
 * take from there and free to the other side. Nothing is kept in stock for a zone that
 * does not ask for zeroed pages, and no request waits: where the stock has run out,
 * it is cleared in place.
 *
 * What lies here is surplus like all that lies in caches: it may be used for any
 * request that would get nothing otherwise, and is given up when the system is short.
 */
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/string.h>

#include "internal.h"

/* After an attempt that brought nothing. */
#define LABYRINTH_CLEAN_PAUSE	(HZ / 10)

/* What is there without waiting for it. */
#define LABYRINTH_CLEAN_GFP	(GFP_NOWAIT | __GFP_NOWARN | __GFP_NORETRY | __GFP_ZERO)

/* Ask for the worker, if the stock is low and it is not known to be in vain. */
void labyrinth_clean_ask(struct labyrinth_zone *zone)
{
	if (labyrinth_stack_depth(&zone->clean_depot, zone->table) > zone->depot_max / 2 ||
	    time_before(jiffies, READ_ONCE(zone->clean_pause)))
		return;
	labyrinth_kick(zone, LABYRINTH_KICK_CLEAN);
}

/* A clean page of the stock, for whatever request. */
struct labyrinth_desc *labyrinth_clean_take(struct labyrinth_zone *zone)
{
	/* Whichever CPU's: there is mostly none, and this is not exact anyway. */
	if (labyrinth_stack_empty(&zone->clean_depot) &&
	    /* data_race(): likewise. */
	    !data_race(READ_ONCE(raw_cpu_ptr(zone->clean)->nr)))
		return NULL;
	return labyrinth_cache_take(zone, zone->clean, &zone->clean_depot) ?:
	       labyrinth_depot_take(zone, &zone->clean_depot);
}

/* The same for a request that wants it clean. */
struct labyrinth_desc *labyrinth_clean_take_zeroed(struct labyrinth_zone *zone)
{
	struct labyrinth_desc *desc = labyrinth_clean_take(zone);

	if (zone->clean_size)
		labyrinth_clean_ask(zone);
	return desc;
}

static void labyrinth_clean_clear(struct labyrinth_zone *zone, struct page *page)
{
	memset(page_address(page), 0, labyrinth_bytes(zone));
}

/* Idle pages for a batch, cleared. Returns how many. */
static unsigned int labyrinth_clean_get(struct labyrinth_zone *zone,
					struct labyrinth_desc **desc, unsigned int nr)
{
	LIST_HEAD(rejected);
	unsigned int got, more, i;

	got = labyrinth_depot_take_batch(zone, desc, nr);
	for (i = 0; i < got; i++)
		labyrinth_clean_clear(zone, desc[i]->page);
	if (got || test_bit(LABYRINTH_ZONE_LATCHED, &zone->state))
		return got;
	/* The bulk allocator may give one page at a time, with page_owner for one. */
	do {
		more = labyrinth_system_get(zone, nr - got, labyrinth_reserve_lack(zone),
					    LABYRINTH_CLEAN_GFP, desc + got, &rejected);
		got += more;
	} while (more && got < nr);
	labyrinth_system_put_rejected(zone, &rejected);
	/* Who was told meanwhile that all of max_pages is owned has given up. */
	labyrinth_room(zone);
	return got;
}

/*
 * The reserve lacks pages, and max_pages are owned: what is kept clean goes there.
 * Other CPUs' shares follow later.
 */
void labyrinth_clean_give_up(struct labyrinth_zone *zone)
{
	unsigned int cpu;

	labyrinth_depot_drain_from(zone, &zone->clean_depot, labyrinth_reserve_lack(zone));
	for_each_online_cpu(cpu) {
		/* data_race(): one that fills up this very moment may be left out. */
		if (data_race(READ_ONCE(per_cpu_ptr(zone->clean, cpu)->nr))) {
			labyrinth_cache_drain_ask(zone);
			return;
		}
	}
}

void labyrinth_clean_work(struct work_struct *work)
{
	struct labyrinth_zone *zone = container_of(work, struct labyrinth_zone,
						   clean_work);
	unsigned int passes = DIV_ROUND_UP(zone->depot_max, zone->batch);
	struct labyrinth_desc *desc[LABYRINTH_DRAIN];
	unsigned int nr;

	if (labyrinth_injected(zone, LABYRINTH_INJECT_HOLD))
		return;
	while (passes-- && !test_bit(LABYRINTH_ZONE_DYING, &zone->state)) {
		nr = min_t(u32, zone->batch, ARRAY_SIZE(desc));
		if (labyrinth_stack_depth(&zone->clean_depot, zone->table) + nr >
		    zone->depot_max)
			return;
		nr = labyrinth_clean_get(zone, desc, nr);
		if (!nr) {
			WRITE_ONCE(zone->clean_pause, jiffies + LABYRINTH_CLEAN_PAUSE);
			return;
		}
		labyrinth_depot_give_batch(zone, &zone->clean_depot, desc, nr);
		cond_resched();
	}
}
