// SPDX-License-Identifier: GPL-2.0
/*
 * The workers: what a zone does in process context on its own behalf.
 *
 * A request, from whatever context, asks for a worker by labyrinth_kick(): a bit
 * and a hard irq_work, which are legal in NMI. The irq_work queues
 *
 *   refill	fills the reserve up to its target and clears the pressure latch;
 *	backs off, longer each time, while the system has nothing. Below the low
 *	watermark pauses are short, and a longer one is cut short by a kick.
 *   clean	puts zeroed pages in stock (src/clean.c).
 *   handoff	calls what pages were handed off to (src/handoff.c).
 *   report	prints what went wrong (src/report.c), and tells user space of
 *	starvation and its end (src/uevent.c).
 *   stacks	keeps sampled stacks (src/stacks.c).
 *   owners	notes who has how many pages, while they are short (src/owners.c).
 *   cleanup	gives pages back that could not leave in the context where they
 *	were freed.
 *   gone	frees a destroyed zone after its last live page and ticket.
 *   watchdog	says so if the refill worker was asked for and has not run since.
 *
 * refill and cleanup have a queue of their own with a rescuer, because reclaim
 * may be waiting for the driver that waits for the page, and no filesystem or
 * block I/O is started from there for the same reason. The rest and the consumer's
 * available() callback run on another queue: one that waits for pages does not
 * hold up the worker that brings them.
 *
 * A burst begins with the first request that the reserve serves because the
 * system could not; it is over, and the latch open again, when the worker has
 * brought the reserve to the high watermark, or found memory for a reserve that
 * lacks nothing.
 */
#define pr_fmt(fmt) "labyrinth: " fmt

#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/timekeeping.h>
#include <linux/timer.h>

#include "internal.h"
#include <trace/events/labyrinth.h>

/* Pauses between attempts while the system has nothing. */
#define LABYRINTH_DELAY_MIN	msecs_to_jiffies(10)
#define LABYRINTH_DELAY_URGENT	msecs_to_jiffies(40)
#define LABYRINTH_DELAY_MAX	msecs_to_jiffies(200)

/* Within which the worker has to run, however loaded the machine. */
#define LABYRINTH_STALL		(5 * HZ)

/* Times in a row that a pass goes on although the reserve did not grow. */
#define LABYRINTH_REFILL_TRIES	32

#define LABYRINTH_REFILL_GFP	(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN)

static struct workqueue_struct *labyrinth_refill_wq;
static struct workqueue_struct *labyrinth_event_wq;

static u32 labyrinth_percent(u32 target, unsigned int percent)
{
	return max_t(u32, (u64)target * percent / 100, 1);
}

static bool labyrinth_refill_urgent(struct labyrinth_zone *zone)
{
	return labyrinth_reserve_level(zone) <
	       labyrinth_percent(READ_ONCE(zone->reserve_target),
				 READ_ONCE(labyrinth_refill_low));
}

/* Look after the worker, from now on if nobody does yet. */
static void labyrinth_refill_watch(struct labyrinth_zone *zone)
{
	if (timer_pending(&zone->watchdog))
		return;
	WRITE_ONCE(zone->watched, READ_ONCE(zone->refill_passes));
	mod_timer(&zone->watchdog, jiffies + LABYRINTH_STALL);
}

/* A pause that began when it was not urgent ends when it becomes so. */
static void labyrinth_refill_queue(struct labyrinth_zone *zone)
{
	labyrinth_refill_watch(zone);
	if (READ_ONCE(zone->refill_delay) > LABYRINTH_DELAY_URGENT &&
	    labyrinth_refill_urgent(zone))
		mod_delayed_work(labyrinth_refill_wq, &zone->refill, 0);
	else
		queue_delayed_work(labyrinth_refill_wq, &zone->refill, 0);
}

static void labyrinth_kicked(struct irq_work *work)
{
	struct labyrinth_zone *zone = container_of(work, struct labyrinth_zone, kick);
	unsigned long what = xchg(&zone->kicks, 0);

	if ((what & BIT(LABYRINTH_KICK_REFILL)) &&
	    !test_bit(LABYRINTH_ZONE_DYING, &zone->state)) {
		labyrinth_sizing_kicked(zone);
		labyrinth_refill_queue(zone);
	}
	if ((what & BIT(LABYRINTH_KICK_CLEAN)) &&
	    !test_bit(LABYRINTH_ZONE_DYING, &zone->state))
		queue_work(labyrinth_refill_wq, &zone->clean_work);
	/* What comes later than destroy's mark, destroy does itself. */
	if ((what & BIT(LABYRINTH_KICK_HANDOFF)) &&
	    !test_bit(LABYRINTH_ZONE_DYING, &zone->state))
		queue_work(labyrinth_event_wq, &zone->handoff_work);
	if (what & BIT(LABYRINTH_KICK_REPORT))
		queue_work(labyrinth_event_wq, &zone->report);
	if (what & BIT(LABYRINTH_KICK_STACKS))
		queue_work(labyrinth_event_wq, &zone->stacks_work);
	if (what & BIT(LABYRINTH_KICK_CLEANUP))
		queue_work(labyrinth_refill_wq, &zone->cleanup);
	if (what & BIT(LABYRINTH_KICK_GONE))
		queue_work(labyrinth_event_wq, &zone->gone);
}

/*
 * True: everything the reserve lacks was brought, or cannot be owned. *gained:
 * the system has given something.
 */
static bool labyrinth_refill_fill(struct labyrinth_zone *zone, bool *gained)
{
	unsigned int lack, level, tries = 0;
	LIST_HEAD(rejected);
	bool filled = false;

	while (tries < LABYRINTH_REFILL_TRIES) {
		const struct list_head *newest = rejected.next;

		level = labyrinth_reserve_level(zone);
		lack = labyrinth_reserve_lack(zone);
		filled = !lack || test_bit(LABYRINTH_ZONE_DYING, &zone->state) ||
			 atomic_read(&zone->owned) >= zone->max_pages;
		if (filled && lack)
			labyrinth_clean_give_up(zone);
		if (filled)
			break;
		if (labyrinth_system_fill(zone, lack, LABYRINTH_REFILL_GFP, &rejected))
			*gained = true;
		else if (rejected.next == newest)
			break;
		/* Drained as fast as it is filled, or no slot for what came. */
		if (labyrinth_reserve_level(zone) <= level)
			tries++;
		cond_resched();
	}
	labyrinth_system_put_rejected(zone, &rejected);
	return filled;
}

/* Has the system a page again, and one that can be mapped? */
static bool labyrinth_refill_probe(struct labyrinth_zone *zone)
{
	struct page *page;
	bool has;

	if (labyrinth_injected(zone, LABYRINTH_INJECT_FILL))
		return false;
	page = alloc_pages_node(zone->node, LABYRINTH_REFILL_GFP | zone->gfp,
				zone->order);
	if (!page)
		return false;
	has = labyrinth_dma_probe(zone, page);
	__free_pages(page, zone->order);
	return has;
}

/* Whoever was the first to starve is told of once, by the worker alone. */
static void labyrinth_refill_tell_starved(struct labyrinth_zone *zone)
{
	u64 since;

	if (!test_bit(LABYRINTH_FREE_STARVED, &zone->free_attention) ||
	    test_and_set_bit(LABYRINTH_ZONE_STARVED_TOLD, &zone->state))
		return;
	/* Pairs with the barrier before the bit is set. */
	smp_rmb();
	since = READ_ONCE(zone->starved_since);
	/* Its bit may come after the end of what it was stamped for. */
	labyrinth_note_at(zone, LABYRINTH_NOTE_STARVED, since ?: ktime_get_mono_fast_ns(),
			  READ_ONCE(zone->starved_caller), READ_ONCE(zone->starved_nr),
			  labyrinth_counted(zone, LABYRINTH_STARVATIONS));
	set_bit(LABYRINTH_ZONE_STARVED_NEWS, &zone->state);
	queue_work(labyrinth_event_wq, &zone->report);
}

/*
 * There are pages for who starved. The time goes first: who starves before the bit has
 * gone as well belongs to the same starvation.
 */
static void labyrinth_refill_recovered(struct labyrinth_zone *zone)
{
	labyrinth_refill_tell_starved(zone);
	labyrinth_sizing_recovered(zone, xchg(&zone->starved_since, 0));
	clear_bit(LABYRINTH_ZONE_STARVED_TOLD, &zone->state);
	clear_bit(LABYRINTH_FREE_STARVED, &zone->free_attention);
	/* Stamped meanwhile by one who saw the bit clear before another set it? */
	smp_mb__after_atomic();
	if (!test_bit(LABYRINTH_FREE_STARVED, &zone->free_attention))
		xchg(&zone->starved_since, 0);
	labyrinth_note_level(zone, LABYRINTH_NOTE_RECOVERED, 0);
	queue_work(labyrinth_event_wq, &zone->report);
	if (zone->available)
		queue_work(labyrinth_event_wq, &zone->available_work);
}

/*
 * @complete: the reserve holds all that it can have now, be it less than its
 * target because live pages use up max_pages. @gained: the system has given
 * something; a level that others' frees have brought about says nothing of it.
 */
static void labyrinth_refill_settle(struct labyrinth_zone *zone, bool complete,
				    bool gained)
{
	u32 target = READ_ONCE(zone->reserve_target);
	u32 level = labyrinth_reserve_level(zone);

	if (complete ||
	    (gained && level >= labyrinth_percent(target, labyrinth_refill_high))) {
		if (test_and_clear_bit(LABYRINTH_ZONE_LATCHED, &zone->state)) {
			labyrinth_note_level(zone, LABYRINTH_NOTE_UNLATCHED, 0);
			trace_labyrinth_latch(zone->name, false);
		}
		clear_bit(LABYRINTH_ZONE_BURST, &zone->state);
		clear_bit(LABYRINTH_ZONE_BURST_TOLD, &zone->state);
	}
	if (level && (complete ||
		      level >= labyrinth_percent(target, labyrinth_refill_low)) &&
	    test_bit(LABYRINTH_FREE_STARVED, &zone->free_attention))
		labyrinth_refill_recovered(zone);
	labyrinth_sizing_settle(zone, complete);
}

static void labyrinth_refill_pause(struct labyrinth_zone *zone)
{
	unsigned long longest = labyrinth_refill_urgent(zone) ?
				LABYRINTH_DELAY_URGENT : LABYRINTH_DELAY_MAX;

	labyrinth_count(zone, LABYRINTH_REFILL_FAILURES);
	/* Once a row: it is told when memory is back, too. */
	if (!zone->refill_delay)
		labyrinth_note_level(zone, LABYRINTH_NOTE_REFILL_FAILED, 0);
	WRITE_ONCE(zone->refill_delay,
		   clamp(2 * zone->refill_delay, LABYRINTH_DELAY_MIN, longest));
	/* Kicks that came during this pass get their answer from the next one. */
	mod_delayed_work(labyrinth_refill_wq, &zone->refill, zone->refill_delay);
}

static void labyrinth_refill_work(struct work_struct *work)
{
	struct labyrinth_zone *zone = container_of(to_delayed_work(work),
						   struct labyrinth_zone, refill);
	u64 refilled = labyrinth_counted(zone, LABYRINTH_REFILLED);
	bool served, gained = false;
	unsigned int noio;

	if (labyrinth_injected(zone, LABYRINTH_INJECT_HOLD))
		return;
	WRITE_ONCE(zone->refill_passes, zone->refill_passes + 1);
	if (test_bit(LABYRINTH_ZONE_BURST, &zone->state) &&
	    !test_and_set_bit(LABYRINTH_ZONE_BURST_TOLD, &zone->state))
		labyrinth_report_fallback(zone);
	labyrinth_refill_tell_starved(zone);
	if ((test_bit(LABYRINTH_ZONE_BURST, &zone->state) ||
	     test_bit(LABYRINTH_FREE_STARVED, &zone->free_attention)) &&
	    labyrinth_owners_due(zone))
		queue_work(labyrinth_event_wq, &zone->owners_work);

	noio = memalloc_noio_save();
	served = labyrinth_refill_fill(zone, &gained);
	if (served && test_bit(LABYRINTH_ZONE_LATCHED, &zone->state))
		served = labyrinth_refill_probe(zone);
	memalloc_noio_restore(noio);

	labyrinth_refill_settle(zone, served, gained);
	trace_labyrinth_refill(zone->name,
			       labyrinth_counted(zone, LABYRINTH_REFILLED) - refilled,
			       labyrinth_reserve_level(zone),
			       READ_ONCE(zone->reserve_target), served);
	if (!served && !gained) {
		labyrinth_refill_pause(zone);
		return;
	}
	WRITE_ONCE(zone->refill_delay, 0);
	if (!served)
		mod_delayed_work(labyrinth_refill_wq, &zone->refill, 1);
}

/* A timer: what keeps one work from running may keep all of them. */
static void labyrinth_watchdog(struct timer_list *timer)
{
	struct labyrinth_zone *zone = container_of(timer, struct labyrinth_zone,
						   watchdog);

	if (READ_ONCE(zone->refill_passes) != READ_ONCE(zone->watched)) {
		/* It has run, and may have been asked for again. */
		if (work_busy(&zone->refill.work))
			labyrinth_refill_watch(zone);
		return;
	}
	labyrinth_count(zone, LABYRINTH_STALLS);
	labyrinth_note_level(zone, LABYRINTH_NOTE_STALLED, 0);
	pr_err("zone %s: the refill worker was asked for %u s ago and %s; the reserve has %u of %u pages\n",
	       zone->name, LABYRINTH_STALL / HZ,
	       work_busy(&zone->refill.work) & WORK_BUSY_RUNNING ?
	       "is not done yet" : "has not run",
	       labyrinth_reserve_level(zone), READ_ONCE(zone->reserve_target));
}

static void labyrinth_cleanup_work(struct work_struct *work)
{
	labyrinth_system_drain_exit(container_of(work, struct labyrinth_zone,
						 cleanup));
}

static void labyrinth_available_work(struct work_struct *work)
{
	struct labyrinth_zone *zone = container_of(work, struct labyrinth_zone,
						   available_work);

	/* Who asks to destroy the zone from within must be known. */
	WRITE_ONCE(zone->available_task, current);
	zone->available(zone, zone->available_ctx);
	WRITE_ONCE(zone->available_task, NULL);
}

/* Wait until all that was asked for so far has been done, pauses cut short. */
void labyrinth_refill_flush(struct labyrinth_zone *zone)
{
	irq_work_sync(&zone->kick);
	flush_delayed_work(&zone->refill);
	flush_work(&zone->clean_work);
	flush_work(&zone->cleanup);
	flush_work(&zone->report);
	flush_work(&zone->owners_work);
	flush_work(&zone->stacks_work);
	flush_work(&zone->available_work);
	flush_work(&zone->handoff_work);
}
EXPORT_SYMBOL_LABYRINTH_PRIVATE(labyrinth_refill_flush);

/* Neither refill, clean, available() nor a hand-off is running or will run afterwards. */
void labyrinth_refill_stop(struct labyrinth_zone *zone)
{
	irq_work_sync(&zone->kick);
	cancel_delayed_work_sync(&zone->refill);
	cancel_work_sync(&zone->clean_work);
	cancel_work_sync(&zone->owners_work);
	timer_delete_sync(&zone->watchdog);
	labyrinth_sizing_stop(zone);
	cancel_work_sync(&zone->available_work);
	cancel_work_sync(&zone->handoff_work);
	/* Pages that are handed off are not lost. */
	labyrinth_handoff_work(&zone->handoff_work);
	/* Not flushed: destroy may be called from a queue that reclaim waits for. */
	cancel_work_sync(&zone->report);
	labyrinth_report_work(&zone->report);
}

void labyrinth_refill_setup(struct labyrinth_zone *zone)
{
	zone->kick = IRQ_WORK_INIT_HARD(labyrinth_kicked);
	INIT_DELAYED_WORK(&zone->refill, labyrinth_refill_work);
	timer_setup(&zone->watchdog, labyrinth_watchdog, 0);
	INIT_WORK(&zone->available_work, labyrinth_available_work);
	/* One zone's callback may destroy another zone: they are not alike. */
	lockdep_init_map(&zone->available_work.lockdep_map, "labyrinth_available",
			 &zone->available_key, 0);
	INIT_WORK(&zone->handoff_work, labyrinth_handoff_work);
	lockdep_init_map(&zone->handoff_work.lockdep_map, "labyrinth_handoff",
			 &zone->handoff_key, 0);
	INIT_WORK(&zone->clean_work, labyrinth_clean_work);
	INIT_WORK(&zone->report, labyrinth_report_work);
	INIT_WORK(&zone->owners_work, labyrinth_owners_work);
	INIT_WORK(&zone->stacks_work, labyrinth_stacks_work);
	zone->owners_counted = jiffies - HZ;
	INIT_WORK(&zone->cleanup, labyrinth_cleanup_work);
	INIT_WORK(&zone->gone, labyrinth_zone_gone);
	labyrinth_sizing_setup(zone);
	labyrinth_uevent_setup(zone);
}

int labyrinth_refill_init(void)
{
	labyrinth_refill_wq = alloc_workqueue("labyrinth_refill",
					      WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	if (!labyrinth_refill_wq)
		return -ENOMEM;
	labyrinth_event_wq = alloc_workqueue("labyrinth_event", WQ_UNBOUND, 0);
	if (!labyrinth_event_wq) {
		destroy_workqueue(labyrinth_refill_wq);
		return -ENOMEM;
	}
	return 0;
}

void labyrinth_refill_exit(void)
{
	destroy_workqueue(labyrinth_event_wq);
	destroy_workqueue(labyrinth_refill_wq);
}
