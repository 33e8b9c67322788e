// SPDX-License-Identifier: GPL-2.0
/*
 * The end: nobody works any more, and everything must be where it belongs.
 *
 * What the zones say of themselves is compared with what the workers have counted,
 * and what they own with what they took from the system and gave back. The last
 * word has the kernel: memory in use for nothing that it has a counter for must
 * not have grown, save for a slack, as others take pages, too.
 */
#define pr_fmt(fmt) "labyrinth_torture: " fmt

#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/utsname.h>

#include "torture.h"

/* For what the worker brings about; none is expected to take nearly as long. */
#define TORTURE_PATIENCE	(10 * HZ)

static struct labyrinth_stats settled_stats(struct labyrinth_zone *zone)
{
	unsigned long end = jiffies + TORTURE_PATIENCE;
	struct labyrinth_stats stats;

	do {
		labyrinth_refill_flush(zone);
		labyrinth_zone_get_stats(zone, &stats);
		if (stats.reserve == stats.reserve_target)
			break;
		msleep(20);
	} while (time_before(jiffies, end));
	return stats;
}

/* @what must be @right. */
static void judge_figure(const struct torture_zone *place, const char *what,
			 u64 figure, u64 right)
{
	if (figure != right)
		torture_wrong(TORTURE_LOST, max(figure, right) - min(figure, right),
			      "zone %s: %s %llu, must be %llu", place->name, what,
			      figure, right);
}

/* Nobody here makes wrong calls: what a zone took for one is its own fault. */
void torture_judge_misuse(const struct torture_zone *place,
			  const struct labyrinth_stats *stats)
{
	/* What was stolen is counted as misuse, too. */
	if (stats->misuse || stats->verify_failures)
		torture_wrong(TORTURE_CORRUPTED, stats->misuse + stats->verify_failures,
			      "zone %s saw misuse %llu times, of that %llu stolen pages, and pages written to after free %llu times",
			      place->name, stats->misuse, stats->stolen,
			      stats->verify_failures);
}

static void judge_zone(unsigned int index)
{
	const struct torture_zone *place = &torture_zones[index];
	struct labyrinth_stats stats;
	u64 allocs = 0, frees = 0;
	unsigned int i;

	for (i = 0; i < torture_nr_workers(); i++) {
		allocs += torture_worker(i)->zone_allocs[index];
		frees += torture_worker(i)->zone_frees[index];
	}
	judge_figure(place, "pages that are still in somebody's hands",
		     atomic_read(&place->live), 0);

	stats = settled_stats(place->zone);
	judge_figure(place, "pages handed out", stats.allocs, allocs);
	judge_figure(place, "pages taken back", stats.frees, frees);
	judge_figure(place, "pages by source",
		     stats.from_cache + stats.from_system + stats.from_reserve +
		     stats.from_ticket, allocs);
	judge_figure(place, "live pages", stats.live, 0);
	judge_figure(place, "pages in tickets", stats.ticketed, 0);
	judge_figure(place, "pages in the reserve", stats.reserve, stats.reserve_target);
	judge_figure(place, "idle pages", stats.reserve + stats.cached, stats.owned);
	judge_figure(place, "pages from the system", stats.taken,
		     stats.returned + stats.owned);
	torture_judge_misuse(place, &stats);

	labyrinth_zone_trim(place->zone);
	stats = settled_stats(place->zone);
	judge_figure(place, "cached pages after trimming", stats.cached, 0);
	judge_figure(place, "pages owned after trimming", stats.owned, stats.reserve_target);
	judge_figure(place, "pages from the system after trimming", stats.taken,
		     stats.returned + stats.owned);
}

/*
 * Requests and refills of the zone whose every attempt at the system fails by
 * injection: each that had to do without the system.
 */
static u64 count_faults(void)
{
	struct labyrinth_stats stats;

	labyrinth_zone_get_stats(torture_zones[TORTURE_ZONE_FAULTY].zone, &stats);
	return stats.failed + stats.fallbacks;
}

void torture_judge(struct torture_worker *worker, struct torture_sum *sum)
{
	unsigned int i;

	sum->faults = count_faults();
	torture_faults_end();
	torture_transients_end(worker);
	torture_account_left();
	for (i = 0; i < TORTURE_NR_LASTING; i++)
		judge_zone(i);
}

/* The zones are gone, and so must be what they took. */
void torture_judge_memory(long before)
{
	long grown = 0;
	unsigned int tries;

	/* Some of it is freed a little later. */
	for (tries = 0; tries < 20; tries++) {
		grown = torture_memory_unknown() - before;
		if (grown <= (long)torture_slack)
			break;
		msleep(100);
	}
	pr_info("memory in use for nothing known: %+ld pages\n", grown);
	if (grown > (long)torture_slack)
		torture_wrong(TORTURE_LOST, grown,
			      "%ld pages of the system are in use for nothing known; allowed are %u",
			      grown, torture_slack);
}

void torture_print(const struct torture_sum *sum)
{
	enum torture_context context;
	u64 ops = 0;
	unsigned int i;

	for (context = 0; context < TORTURE_NR_CONTEXTS; context++) {
		u64 allocs = 0, frees = 0;

		for (i = 0; i < torture_nr_workers(); i++) {
			allocs += torture_worker(i)->allocs[context];
			frees += torture_worker(i)->frees[context];
		}
		ops += allocs + frees;
		/* What the platform has not got is no figure. */
		if (allocs || frees)
			pr_info("CONTEXT kernel=%s context=%s allocs=%llu frees=%llu\n",
				init_utsname()->release, torture_context_name(context),
				allocs, frees);
	}
	pr_info("TORTURE platform=%s seed=%lu ops=%llu faults=%llu lost=%llu doubled=%llu corrupted=%llu\n",
		torture_platform, torture_seed, ops, sum->faults,
		torture_wrongs(TORTURE_LOST), torture_wrongs(TORTURE_DOUBLED),
		torture_wrongs(TORTURE_CORRUPTED));
}
