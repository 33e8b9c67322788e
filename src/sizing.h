/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a zone keeps so that the size of its reserve can be told from what has happened;
 * see src/sizing.c.
 */
#ifndef LABYRINTH_SIZING_H
#define LABYRINTH_SIZING_H

#include <linux/hrtimer.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct labyrinth_zone;

enum {
	LABYRINTH_DRAIN_1MS,
	LABYRINTH_DRAIN_10MS,
	LABYRINTH_DRAIN_100MS,
	LABYRINTH_NR_DRAINS
};

/* A power of two; the longest window has 101 samples. */
#define LABYRINTH_SAMPLES	128U

/**
 * struct labyrinth_sample - what the sampler has seen at one time
 * @when: microseconds, which wrap
 * @drained: pages taken or denied, less pages freed; wraps
 */
struct labyrinth_sample {
	u32	when;
	u32	drained;
};

/**
 * struct labyrinth_sizing - the evidence
 * @lock: for all of it
 * @since: nanoseconds, when it began
 * @base: the target that a lack is a lack of: that of a reserve which grows counts once
 *	it is filled
 * @peak: most pages lacked and denied at once, as far as ->reserve_min_seen does not say
 * @owed: pages denied that would still be live, with a fraction
 * @owed_denied: pages denied up to then; wraps
 * @owed_freed: pages freed up to then; wraps
 * @short_since: nanoseconds, since when the reserve lacks something; 0: it does not
 * @refill_us: longest that the reserve was short
 * @starved_us: longest that it was empty for who asked
 * @drain: most pages drained within each window
 * @samples: the sampler runs
 * @timer: the sampler
 * @settled: pages taken or denied when something was sampled last; wraps
 * @changed: microseconds, when that last changed
 * @head: samples taken since it runs; wraps
 * @tail: for each window the last sample before it
 * @sample: the ring
 */
struct labyrinth_sizing {
	raw_spinlock_t		lock;	/* for all of it */
	u64			since;
	u32			base;
	u32			peak;
	u32			owed;
	u32			owed_denied;
	u32			owed_freed;
	u64			short_since;
	u64			refill_us;
	u64			starved_us;
	u32			drain[LABYRINTH_NR_DRAINS];
	bool			samples;
	struct hrtimer		timer;
	u32			settled;
	u32			changed;
	u32			head;
	u32			tail[LABYRINTH_NR_DRAINS];
	struct labyrinth_sample	sample[LABYRINTH_SAMPLES];
};

/**
 * struct labyrinth_sizing_figures - what is told of it, as the files in sysfs
 * @denied: pages that critical requests did not get since the zone was made
 * @reserve_peak: most pages the reserve would have needed at once
 * @drain_1ms: most pages drained within a millisecond
 * @drain_10ms: within ten
 * @drain_100ms: within a hundred
 * @refill_latency_us: longest time that the reserve was short
 * @starvation_longest_us: longest time that requests got nothing
 * @evidence_seconds: since when, but for @denied
 * @reserve_recommended: pages
 */
struct labyrinth_sizing_figures {
	u64	denied;
	u64	reserve_peak;
	u64	drain_1ms;
	u64	drain_10ms;
	u64	drain_100ms;
	u64	refill_latency_us;
	u64	starvation_longest_us;
	u64	evidence_seconds;
	u64	reserve_recommended;
};

void labyrinth_sizing_setup(struct labyrinth_zone *zone);
void labyrinth_sizing_stop(struct labyrinth_zone *zone);
void labyrinth_sizing_kicked(struct labyrinth_zone *zone);
void labyrinth_sizing_settle(struct labyrinth_zone *zone, bool complete);
void labyrinth_sizing_recovered(struct labyrinth_zone *zone, u64 since);
void labyrinth_sizing_rebase(struct labyrinth_zone *zone, u32 target);
void labyrinth_sizing_restart(struct labyrinth_zone *zone);
void labyrinth_sizing_read(struct labyrinth_zone *zone,
			   struct labyrinth_sizing_figures *figures);

#endif /* LABYRINTH_SIZING_H */
