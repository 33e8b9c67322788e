// SPDX-License-Identifier: GPL-2.0
/*
 * How large should the reserve be? What has happened tells.
 *
 * Nothing of this costs those anything who ask for pages, but one counter those who get
 * none: all is read off counters and levels that are there anyway, by the handler of
 * their kicks, by the worker, and by a timer that runs while the reserve is in use. So
 * one lock will do: nobody in an NMI takes it. Documentation/sizing.rst is for who wants
 * to use the figures; this is how they come about.
 *
 * Peak. As long as nothing is denied, the most that the reserve ever lacked is what it
 * would have needed: its target less ->reserve_min_seen, which allocation keeps. Once
 * it is empty its level says nothing any more, and what is denied has to be added: a
 * larger reserve would have lacked those pages, too. They are owed until the worker
 * finds the reserve complete, be it by max_pages, and the system willing; then the
 * episode is over. But a page that was not handed out would not have been kept for
 * ever, either. Of so many live pages so many are freed; the same share of what is owed
 * is settled with them,
 *
 *	owed x live / (live + freed meanwhile)
 *
 * without which a driver that lives on a fixed number of pages, and asks again and
 * again, would seem to need ever more. (Of what is found at once, frees are taken to have
 * come first: it may be too much, not too little.) Who frees nothing, as a map, settles
 * nothing, and the peak is exact. A free that finds the reserve short is counted in the
 * zone and not by its CPU, so that looking at one counter is enough.
 *
 * A resize keeps the peak, as it is in pages and not in parts of a reserve, and has the
 * lowest level begin again: what a larger reserve has never been down to is not known.
 * While it grows it is measured by its old target; what it lacks towards the new one
 * nobody has taken.
 *
 * Drain. A timer of 1 ms samples how many pages were taken from the reserve or denied,
 * less what was freed: pages that go round and round drain nothing. (That counts frees
 * that went elsewhere, too; it may be too little, the peak is not.) It is started by
 * the kick of the first page taken, which is thus the beginning of the first sample, and
 * stops when nothing was taken for the longest window. A window is measured from the
 * last sample that is at least as old as the window is long, but for a quarter of a
 * tick: a sample that comes late makes it longer, so that the figure is too large if
 * anything; where there are no high resolution timers a tick is a jiffy, and so is the
 * shortest window. Only a burst that does not begin from rest may lie across two. It is
 * a soft timer: many zones on a slow machine may make softirqs late, but keep no hard
 * interrupt busy.
 *
 * The sampler decides under the lock that it stops, and the handler that starts it holds
 * it, too. It may do so while the function of the timer is about to return; it is queued
 * on the CPU where that runs then, and comes after it. Destroy has its mark seen by every
 * handler before it cancels the timer.
 *
 * Times. The reserve is short from the first kick that finds it so until the worker
 * finds it full or, for max_pages, as full as can be; both look under the lock. It is
 * starved from the first request that got nothing, which is stamped by that, until the
 * worker has pages again.
 */
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "reserve.h"

#define LABYRINTH_SAMPLE_NS		NSEC_PER_MSEC
/* One that follows a late one closely would otherwise belong to neither window. */
#define LABYRINTH_SAMPLE_SLACK_US	250U

static const u32 labyrinth_window_us[LABYRINTH_NR_DRAINS] = {
	[LABYRINTH_DRAIN_1MS] = USEC_PER_MSEC,
	[LABYRINTH_DRAIN_10MS] = 10 * USEC_PER_MSEC,
	[LABYRINTH_DRAIN_100MS] = 100 * USEC_PER_MSEC,
};

#define LABYRINTH_WINDOW_MAX	labyrinth_window_us[LABYRINTH_DRAIN_100MS]

/* How long, as far as the evidence goes; 0 for what has not begun. */
static u64 labyrinth_sizing_us(const struct labyrinth_sizing *sizing, u64 since)
{
	u64 now = ktime_get_ns();

	since = since ? max(since, sizing->since) : now;
	/* What was stamped in an NMI may be a little ahead. */
	return since < now ? div_u64(now - since, NSEC_PER_USEC) : 0;
}

/* --- peak --- */

#define LABYRINTH_OWED_FRACTION	10

static u32 labyrinth_sizing_lack(struct labyrinth_zone *zone, u32 level)
{
	u32 base = zone->sizing.base;

	return level < base ? base - level : 0;
}

static void labyrinth_sizing_seen(struct labyrinth_zone *zone, u32 lack)
{
	zone->sizing.peak = max(zone->sizing.peak, lack);
}

static u32 labyrinth_sizing_settled(struct labyrinth_zone *zone, u32 owed, u32 freed)
{
	int live = atomic_read(&zone->owned) - (int)labyrinth_reserve_level(zone);

	return div64_u64((u64)owed * max(live, 1), max(live, 1) + (u64)freed);
}

/* What was denied and freed since the last time; how much is lacking with that? */
static void labyrinth_sizing_account(struct labyrinth_zone *zone)
{
	struct labyrinth_sizing *sizing = &zone->sizing;
	u32 freed = labyrinth_counted(zone, LABYRINTH_FREES);
	u32 denied = labyrinth_counted(zone, LABYRINTH_DENIED);
	u64 owed = sizing->owed;

	if (owed && freed != sizing->owed_freed)
		owed = labyrinth_sizing_settled(zone, owed, freed - sizing->owed_freed);
	owed += (u64)(denied - sizing->owed_denied) << LABYRINTH_OWED_FRACTION;
	sizing->owed = min_t(u64, owed, U32_MAX);
	sizing->owed_denied = denied;
	sizing->owed_freed = freed;
	if (sizing->owed)
		labyrinth_sizing_seen(zone, (sizing->owed >> LABYRINTH_OWED_FRACTION) +
				      labyrinth_sizing_lack(zone, labyrinth_reserve_level(zone)));
}

/* Has the lowest level begin again, and keeps what it has said. */
static void labyrinth_sizing_rebase_locked(struct labyrinth_zone *zone, u32 target)
{
	struct labyrinth_sizing *sizing = &zone->sizing;

	/*
	 * Who takes pages looks at it after that, both fully ordered: either what it
	 * has taken is missing from the level, or it finds the new value.
	 */
	labyrinth_sizing_seen(zone, labyrinth_sizing_lack(zone,
							  xchg(&zone->reserve_min_seen,
							       target)));
	sizing->base = target;
	labyrinth_reserve_seen(zone, labyrinth_reserve_level(zone));
}

/*
 * From now on the reserve is measured by @target. Before a smaller one gives anything
 * back, but after a larger one was filled.
 */
void labyrinth_sizing_rebase(struct labyrinth_zone *zone, u32 target)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&zone->sizing.lock, flags);
	labyrinth_sizing_rebase_locked(zone, target);
	raw_spin_unlock_irqrestore(&zone->sizing.lock, flags);
}

/* --- drain --- */

static u32 labyrinth_sizing_taken(struct labyrinth_zone *zone)
{
	return labyrinth_from_reserve(zone) + labyrinth_counted(zone, LABYRINTH_DENIED);
}

/* The ring has one sample, of the time before the last so many were drained. */
static void labyrinth_sample_first(struct labyrinth_zone *zone, u32 drained)
{
	struct labyrinth_sizing *sizing = &zone->sizing;

	sizing->sample[0] = (struct labyrinth_sample) {
		.when = div_u64(ktime_get_ns(), NSEC_PER_USEC),
		.drained = labyrinth_sizing_taken(zone) -
			   (u32)labyrinth_counted(zone, LABYRINTH_FREES) - drained,
	};
	sizing->head = 1;
	memset(sizing->tail, 0, sizeof(sizing->tail));
}

static struct labyrinth_sample *labyrinth_sample_at(struct labyrinth_sizing *sizing,
						    u32 nr)
{
	return &sizing->sample[nr % LABYRINTH_SAMPLES];
}

/* One more; each window's tail moves up behind it. */
static void labyrinth_sample_add(struct labyrinth_sizing *sizing,
				 struct labyrinth_sample sample)
{
	u32 head = sizing->head++;
	unsigned int i;

	*labyrinth_sample_at(sizing, head) = sample;
	for (i = 0; i < LABYRINTH_NR_DRAINS; i++) {
		u32 least = labyrinth_window_us[i] - LABYRINTH_SAMPLE_SLACK_US;
		u32 tail = sizing->tail[i];
		s32 drained;

		if (head - tail >= LABYRINTH_SAMPLES)
			tail = head - LABYRINTH_SAMPLES + 1;
		while (head - tail > 1 &&
		       sample.when - labyrinth_sample_at(sizing, tail + 1)->when >= least)
			tail++;
		sizing->tail[i] = tail;
		drained = sample.drained - labyrinth_sample_at(sizing, tail)->drained;
		/* The shorter window is part of it, without the frees that came before. */
		if (i)
			drained = max(drained, (s32)sizing->drain[i - 1]);
		if (drained > (s32)sizing->drain[i])
			sizing->drain[i] = drained;
	}
}

/* True: it goes on. */
static bool labyrinth_sizing_sample(struct labyrinth_zone *zone)
{
	struct labyrinth_sizing *sizing = &zone->sizing;
	u32 now = div_u64(ktime_get_ns(), NSEC_PER_USEC);
	u32 taken = labyrinth_sizing_taken(zone);

	labyrinth_sample_add(sizing, (struct labyrinth_sample) {
		.when = now,
		.drained = taken - (u32)labyrinth_counted(zone, LABYRINTH_FREES),
	});
	/* What is taken after something was denied comes on top of it. */
	labyrinth_sizing_account(zone);
	if (taken != sizing->settled) {
		sizing->settled = taken;
		sizing->changed = now;
	}
	return now - sizing->changed < LABYRINTH_WINDOW_MAX;
}

static enum hrtimer_restart labyrinth_sampler(struct hrtimer *timer)
{
	struct labyrinth_zone *zone = container_of(timer, struct labyrinth_zone,
						   sizing.timer);
	struct labyrinth_sizing *sizing = &zone->sizing;
	unsigned long flags;
	bool goes_on;

	raw_spin_lock_irqsave(&sizing->lock, flags);
	goes_on = labyrinth_sizing_sample(zone);
	sizing->samples = goes_on;
	if (goes_on)
		hrtimer_forward_now(timer, ns_to_ktime(LABYRINTH_SAMPLE_NS));
	raw_spin_unlock_irqrestore(&sizing->lock, flags);
	return goes_on ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

/*
 * Samples begin where the sampler last came to rest: with what was taken since, and is
 * lacking still, or was denied. The handler may come late.
 */
static void labyrinth_sampler_start(struct labyrinth_zone *zone, u32 lacking)
{
	struct labyrinth_sizing *sizing = &zone->sizing;

	sizing->samples = true;
	labyrinth_sample_first(zone, min(lacking,
					 labyrinth_sizing_taken(zone) - sizing->settled));
	sizing->changed = sizing->sample[0].when;
	hrtimer_start(&sizing->timer, ns_to_ktime(LABYRINTH_SAMPLE_NS),
		      HRTIMER_MODE_REL_SOFT);
}

/* --- times --- */

/* Somebody has asked for the worker. Hard interrupt, of a zone that is not dying. */
void labyrinth_sizing_kicked(struct labyrinth_zone *zone)
{
	struct labyrinth_sizing *sizing = &zone->sizing;
	unsigned long flags;
	u32 lack, denied;

	raw_spin_lock_irqsave(&sizing->lock, flags);
	denied = labyrinth_counted(zone, LABYRINTH_DENIED) - sizing->owed_denied;
	labyrinth_sizing_account(zone);
	lack = labyrinth_sizing_lack(zone, labyrinth_reserve_level(zone));
	if (lack && !sizing->short_since)
		sizing->short_since = ktime_get_ns();
	if (!sizing->samples &&
	    (lack || labyrinth_sizing_taken(zone) != sizing->settled))
		labyrinth_sampler_start(zone, lack + denied);
	raw_spin_unlock_irqrestore(&sizing->lock, flags);
}

/* The worker has done what it could; @complete: all. */
void labyrinth_sizing_settle(struct labyrinth_zone *zone, bool complete)
{
	struct labyrinth_sizing *sizing = &zone->sizing;
	unsigned long flags;

	raw_spin_lock_irqsave(&sizing->lock, flags);
	labyrinth_sizing_account(zone);
	if (complete && !test_bit(LABYRINTH_ZONE_LATCHED, &zone->state))
		sizing->owed = 0;
	if (complete || !labyrinth_sizing_lack(zone, labyrinth_reserve_level(zone))) {
		sizing->refill_us = max(sizing->refill_us,
					labyrinth_sizing_us(sizing, sizing->short_since));
		sizing->short_since = 0;
	}
	raw_spin_unlock_irqrestore(&sizing->lock, flags);
}

/* There are pages for who starved, since then; 0: another one has starved meanwhile. */
void labyrinth_sizing_recovered(struct labyrinth_zone *zone, u64 since)
{
	struct labyrinth_sizing *sizing = &zone->sizing;
	unsigned long flags;

	raw_spin_lock_irqsave(&sizing->lock, flags);
	sizing->starved_us = max(sizing->starved_us, labyrinth_sizing_us(sizing, since));
	raw_spin_unlock_irqrestore(&sizing->lock, flags);
}

/* --- what is told --- */

/* As if nothing had happened so far. Process context. */
void labyrinth_sizing_restart(struct labyrinth_zone *zone)
{
	struct labyrinth_sizing *sizing = &zone->sizing;
	unsigned long flags;

	raw_spin_lock_irqsave(&sizing->lock, flags);
	labyrinth_sizing_account(zone);
	labyrinth_sizing_rebase_locked(zone, sizing->base);
	sizing->owed = 0;
	sizing->peak = 0;
	memset(sizing->drain, 0, sizeof(sizing->drain));
	sizing->settled = labyrinth_sizing_taken(zone);
	labyrinth_sample_first(zone, 0);
	sizing->refill_us = 0;
	sizing->starved_us = 0;
	sizing->since = ktime_get_ns();
	raw_spin_unlock_irqrestore(&sizing->lock, flags);
}

/* The fastest drain while the slowest refill is under way. */
static u64 labyrinth_sizing_drain(const struct labyrinth_sizing_figures *figures)
{
	if (figures->refill_latency_us <= labyrinth_window_us[LABYRINTH_DRAIN_1MS])
		return figures->drain_1ms;
	if (figures->refill_latency_us <= labyrinth_window_us[LABYRINTH_DRAIN_10MS])
		return figures->drain_10ms;
	return figures->drain_100ms;
}

static u64 labyrinth_sizing_recommend(const struct labyrinth_zone *zone,
				      const struct labyrinth_sizing_figures *figures)
{
	u64 most = zone->max_pages - labyrinth_zone_surplus_max(zone->cache_size);
	u64 need = max(figures->reserve_peak, labyrinth_sizing_drain(figures));

	if (!need)
		return READ_ONCE(zone->reserve_target);
	return min(need + DIV_ROUND_UP_ULL(need, 8), most);
}

void labyrinth_sizing_read(struct labyrinth_zone *zone,
			   struct labyrinth_sizing_figures *figures)
{
	/* A stamp without its bit is of somebody who is about to set it, or has recovered. */
	u64 starved = test_bit(LABYRINTH_FREE_STARVED, &zone->free_attention) ?
		      READ_ONCE(zone->starved_since) : 0;
	struct labyrinth_sizing *sizing = &zone->sizing;
	unsigned long flags;

	raw_spin_lock_irqsave(&sizing->lock, flags);
	labyrinth_sizing_account(zone);
	*figures = (struct labyrinth_sizing_figures) {
		.denied = labyrinth_counted(zone, LABYRINTH_DENIED),
		.reserve_peak = max(sizing->peak,
				    labyrinth_sizing_lack(zone,
							  READ_ONCE(zone->reserve_min_seen))),
		.drain_1ms = sizing->drain[LABYRINTH_DRAIN_1MS],
		.drain_10ms = sizing->drain[LABYRINTH_DRAIN_10MS],
		.drain_100ms = sizing->drain[LABYRINTH_DRAIN_100MS],
		/* What is not over yet has been as long already. */
		.refill_latency_us = max(sizing->refill_us,
					 labyrinth_sizing_us(sizing, sizing->short_since)),
		.starvation_longest_us = max(sizing->starved_us,
					     labyrinth_sizing_us(sizing, starved)),
		.evidence_seconds = div_u64(labyrinth_sizing_us(sizing, sizing->since),
					    USEC_PER_SEC),
	};
	raw_spin_unlock_irqrestore(&sizing->lock, flags);
	figures->reserve_recommended = labyrinth_sizing_recommend(zone, figures);
}
EXPORT_SYMBOL_LABYRINTH_PRIVATE(labyrinth_sizing_read);

/* --- life cycle --- */

void labyrinth_sizing_setup(struct labyrinth_zone *zone)
{
	struct labyrinth_sizing *sizing = &zone->sizing;

	raw_spin_lock_init(&sizing->lock);
	sizing->since = ktime_get_ns();
	hrtimer_setup(&sizing->timer, labyrinth_sampler, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_SOFT);
}

/* Every kick handler has seen that the zone is dying. */
void labyrinth_sizing_stop(struct labyrinth_zone *zone)
{
	hrtimer_cancel(&zone->sizing.timer);
}
