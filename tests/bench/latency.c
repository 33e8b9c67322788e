// SPDX-License-Identifier: GPL-2.0
/*
 * Single allocations in a hard interrupt, while the machine is short of memory.
 *
 * A timer takes a page each time. How many it keeps goes up and down, as with a
 * driver whose traffic does, up to what the reserve of a zone or a mempool has; the
 * oldest go back. Only the taking is timed. Meanwhile somebody in process context
 * takes all memory, down to the last page that an atomic request can have, keeps it
 * for a while and gives some of it back, again and again; reclaim and the zone's
 * worker run in between, as they can.
 *
 * Every sample is kept and sorted, so that the quantiles are exact. A request that
 * got nothing took its time, too, and is counted besides.
 */
#define pr_fmt(fmt) "labyrinth_bench: " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/hrtimer.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/oom.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sort.h>
#include <linux/vmalloc.h>

#include "../../src/internal.h"
#include "bench.h"

#define KEPT_MOST	64U		/* pages that are out: what reserve and mempool promise */
#define KEPT_LEAST	16U
#define KEPT_ROOM	128U		/* a power of two, above the most */
#define KEPT_SAMPLES	256U		/* until it is to be another number */
#define PERIOD_NS	20000U		/* icount: as many instructions */
#define PERIOD_NATIVE_NS 200000U
#define GIVE_PAGES	2048		/* what is let go before all is taken again */
#define BREATH		64		/* pages taken between two looks around */
#define FAMINES		10		/* looks for pages that came back, FAMINE_US apart */
#define FAMINE_US	50

/**
 * struct latency - one provider's turn
 * @provider: the provider
 * @handle: its own
 * @page: pages that are out, a ring
 * @oldest: of them
 * @kept: how many there are
 * @keep: how many there may be
 * @ticks: the samples
 * @nr: how many there are
 * @failed: requests that got nothing
 * @random: for the time to the next one
 * @done: enough of them
 * @timer: that asks
 */
struct latency {
	const struct bench_provider	*provider;
	void				*handle;
	void				*page[KEPT_ROOM];
	unsigned int			oldest;
	unsigned int			kept;
	unsigned int			keep;
	u32				*ticks;
	unsigned int			nr;
	unsigned int			failed;
	u32				random;
	bool				done;
	struct hrtimer			timer;
};

/* The same numbers each time. */
static unsigned int latency_random(struct latency *latency, unsigned int below)
{
	latency->random = latency->random * 1664525 + 1013904223;
	return (latency->random >> 8) % below;
}

static void give_oldest(struct latency *latency)
{
	latency->provider->ops->give(latency->handle, latency->page[latency->oldest]);
	latency->oldest = (latency->oldest + 1) % KEPT_ROOM;
	latency->kept--;
}

/* At most two go back: traffic ebbs away slowly. */
static void take_one(struct latency *latency)
{
	unsigned int back = 2;
	void *page;
	u64 ticks;

	while (back-- && latency->kept >= latency->keep)
		give_oldest(latency);
	page = latency->provider->ops->take(latency->handle, &ticks);
	latency->ticks[latency->nr++] = min_t(u64, ticks, U32_MAX);
	if (page)
		latency->page[(latency->oldest + latency->kept++) % KEPT_ROOM] = page;
	else
		latency->failed++;
	if (latency->nr % KEPT_SAMPLES == 0)
		latency->keep = KEPT_LEAST +
				latency_random(latency, KEPT_MOST - KEPT_LEAST + 1);
}

static enum hrtimer_restart latency_tick(struct hrtimer *timer)
{
	struct latency *latency = container_of(timer, struct latency, timer);
	unsigned int period = bench_icount ? PERIOD_NS : PERIOD_NATIVE_NS;

	take_one(latency);
	if (latency->nr == bench_samples) {
		WRITE_ONCE(latency->done, true);
		return HRTIMER_NORESTART;
	}
	/* Never in step with what is interrupted. */
	hrtimer_forward_now(timer, ns_to_ktime(period + latency_random(latency, period)));
	return HRTIMER_RESTART;
}

/* Whoever is about to be killed for want of memory has precedence. */
static int latency_oom(struct notifier_block *unused, unsigned long action, void *freed)
{
	bench_hog_less(GIVE_PAGES);
	*(unsigned long *)freed += GIVE_PAGES;
	return NOTIFY_OK;
}

static struct notifier_block oom_notifier = { .notifier_call = latency_oom };

/* Until there are samples enough. */
static void press(struct latency *latency)
{
	unsigned int i;

	while (!READ_ONCE(latency->done)) {
		while (bench_hog_more(GFP_ATOMIC, BREATH) == BREATH)
			if (READ_ONCE(latency->done))
				return;
		for (i = 0; i < FAMINES && !READ_ONCE(latency->done); i++) {
			udelay(FAMINE_US);
			bench_hog_more(GFP_ATOMIC, BREATH);
			cond_resched();
		}
		bench_hog_less(GIVE_PAGES);
		cond_resched();
	}
}

static int compare(const void *a, const void *b)
{
	u32 first = *(const u32 *)a, second = *(const u32 *)b;

	return first < second ? -1 : first > second;
}

static void print_quantile(struct latency *latency, const char *name, unsigned int rank)
{
	u64 less = bench_overhead(), ticks = latency->ticks[rank];

	bench_print_one(name, latency->provider->name,
			bench_scale(ticks - min(ticks, less)));
}

/* CCDF provider value rank samples: so many took longer. */
static void print_curve(struct latency *latency)
{
	unsigned int above, next;
	u64 less = bench_overhead();

	for (above = latency->nr - 1; ; above = next) {
		u64 ticks = latency->ticks[latency->nr - 1 - above];

		pr_info("CCDF %s %llu %u %u\n", latency->provider->name,
			bench_scale(ticks - min(ticks, less)), above, latency->nr);
		if (!above)
			return;
		next = above - DIV_ROUND_UP(above, 8);
	}
}

static void print_latency(struct latency *latency)
{
	unsigned int nr = latency->nr;

	sort(latency->ticks, nr, sizeof(u32), compare, NULL);
	print_quantile(latency, "latency-p50", nr / 2);
	print_quantile(latency, "latency-p99", nr - 1 - nr / 100);
	print_quantile(latency, "latency-p99.9", nr - 1 - nr / 1000);
	print_quantile(latency, "latency-p99.99", nr - 1 - nr / 10000);
	print_quantile(latency, "latency-max", nr - 1);
	print_curve(latency);
	pr_info("LATENCY %s %u %u\n", latency->provider->name, nr, latency->failed);
}

static void measure(struct latency *latency)
{
	hrtimer_setup(&latency->timer, latency_tick, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_HARD);
	hrtimer_start(&latency->timer, ns_to_ktime(PERIOD_NATIVE_NS),
		      HRTIMER_MODE_REL_PINNED_HARD);
	press(latency);
	hrtimer_cancel(&latency->timer);
	bench_hog_give();
	while (latency->kept)
		give_oldest(latency);
	print_latency(latency);
}

static void latency_of(const struct bench_provider *provider, u32 *ticks)
{
	static struct latency latency;

	latency = (struct latency) {
		.provider = provider, .ticks = ticks, .keep = KEPT_LEAST, .random = 1 };
	latency.handle = provider->setup();
	if (IS_ERR(latency.handle)) {
		pr_err("%s: cannot be set up: %ld\n", provider->name,
		       PTR_ERR(latency.handle));
		return;
	}
	measure(&latency);
	provider->teardown(latency.handle);
}

void bench_latency(void)
{
	static const struct bench_provider *const providers[] = {
		&bench_labyrinth, &bench_alloc_page, &bench_mempool, &bench_kmalloc,
	};
	u32 *ticks = vzalloc(array_size(bench_samples, sizeof(*ticks)));
	unsigned int i;

	if (!ticks || register_oom_notifier(&oom_notifier)) {
		vfree(ticks);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(providers); i++)
		latency_of(providers[i], ticks);
	unregister_oom_notifier(&oom_notifier);
	vfree(ticks);
}
