// SPDX-License-Identifier: GPL-2.0
/*
 * Tickets: pages set aside in advance for one purpose of a consumer.
 *
 * A ticket is a stack of its own, with the descriptors of its pages on it. They
 * are in the state TICKET, which nothing else looks for: resizing, the shrinker
 * and destroy pass them by. Whoever pops one has it alone, and makes it live.
 *
 * The pages come from the system, on top of what the reserve lacks, or from the
 * zone's surplus in caches and depot if the system has nothing. One ticket at a
 * time collects, and one that cannot have all its pages gives back what it has
 * before it waits, so that two cannot wait for each other with half of the pages
 * each.
 *
 * An open ticket holds a pin of its zone, as an orphan does. Destroy leaves its
 * pages alone and says so; from then on the ticket gives nothing any more, and
 * releasing it gives its pages to the system.
 */
#define pr_fmt(fmt) "labyrinth: " fmt

#include <linux/instruction_pointer.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "internal.h"

#define LABYRINTH_TICKET_TRIES	32	/* in a row that bring no page with a slot */
#define LABYRINTH_TICKET_GFP	(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN)

/* Longest pause between two attempts. */
#define LABYRINTH_TICKET_PAUSE	msecs_to_jiffies(50)

static struct labyrinth_stack *labyrinth_ticket_stack(struct labyrinth_ticket *ticket)
{
	BUILD_BUG_ON(sizeof(struct labyrinth_stack) != sizeof(ticket->pages));
	return container_of(&ticket->pages, struct labyrinth_stack, head);
}

/* Put an idle page in that the caller has alone. False: it was freed twice. */
static bool labyrinth_ticket_push(struct labyrinth_zone *zone,
				  struct labyrinth_ticket *ticket,
				  struct labyrinth_desc *desc, unsigned long caller)
{
	if (!labyrinth_desc_link(desc, 1)) {
		labyrinth_record_freed_twice(zone, desc);
		return false;
	}
	if (cmpxchg(&desc->state, LABYRINTH_DESC_IDLE, LABYRINTH_DESC_TICKET) !=
	    LABYRINTH_DESC_IDLE) {
		labyrinth_desc_unlink(desc);
		labyrinth_record_freed_twice(zone, desc);
		return false;
	}
	/* Who has it, should the zone be destroyed. */
	desc->caller = caller;
	preempt_disable();
	labyrinth_stack_push(labyrinth_ticket_stack(ticket), zone->table, desc,
			     U32_MAX);
	preempt_enable();
	atomic_inc(&zone->ticketed);
	return true;
}

/* A page of the ticket, idle again and the caller's alone. NULL: none left. */
static struct labyrinth_desc *labyrinth_ticket_pop(struct labyrinth_zone *zone,
						   struct labyrinth_ticket *ticket)
{
	struct labyrinth_desc *desc;
	u32 left;

	preempt_disable();
	desc = labyrinth_stack_pop(labyrinth_ticket_stack(ticket), zone->table, 1, 0,
				   &left);
	preempt_enable();
	if (!desc)
		return NULL;
	labyrinth_desc_unlink(desc);
	atomic_dec(&zone->ticketed);
	return desc;
}

/* As many of @nr pages as the system gives beyond what the reserve lacks. */
static unsigned int labyrinth_ticket_from_system(struct labyrinth_zone *zone,
						 struct labyrinth_ticket *ticket,
						 unsigned int nr,
						 unsigned long caller)
{
	struct labyrinth_desc *desc[LABYRINTH_DRAIN];
	const struct list_head *newest;
	unsigned int got, have = 0, tries = 0, i;
	LIST_HEAD(rejected);

	do {
		newest = rejected.next;
		got = labyrinth_system_get(zone, nr - have,
					   labyrinth_reserve_lack(zone),
					   LABYRINTH_TICKET_GFP, desc, &rejected);
		for (i = 0; i < got; i++)
			have += labyrinth_ticket_push(zone, ticket, desc[i], caller);
		cond_resched();
		/* One for which there is no slot is kept; another may have one. */
		tries = got ? 0 : tries + 1;
	} while ((got || rejected.next != newest) && have < nr &&
		 tries < LABYRINTH_TICKET_TRIES);
	labyrinth_system_put_rejected(zone, &rejected);
	/* The worker may have given up because this had taken all max_pages. */
	labyrinth_room(zone);
	return have;
}

/* As many as lie idle, without the reserve. */
static unsigned int labyrinth_ticket_from_surplus(struct labyrinth_zone *zone,
						  struct labyrinth_ticket *ticket,
						  unsigned int nr,
						  unsigned long caller)
{
	struct labyrinth_desc *desc;
	unsigned int have = 0;

	while (have < nr) {
		desc = labyrinth_cache_take(zone, zone->cache, &zone->depot) ?:
		       labyrinth_depot_take(zone, &zone->depot) ?:
		       labyrinth_clean_take(zone);
		if (!desc)
			break;
		have += labyrinth_ticket_push(zone, ticket, desc, caller);
	}
	return have;
}

/* Take the rest out and give it where it is wanted most. Any context. */
static void labyrinth_ticket_empty(struct labyrinth_zone *zone,
				   struct labyrinth_ticket *ticket)
{
	struct labyrinth_desc *desc;

	do {
		/* One at a time: readers must not keep destroy waiting. */
		rcu_read_lock();
		desc = labyrinth_ticket_pop(zone, ticket);
		if (desc && test_bit(LABYRINTH_FREE_DYING, &zone->free_attention)) {
			WRITE_ONCE(desc->state, LABYRINTH_DESC_LEAVING);
			if (labyrinth_desc_kept(zone, desc))
				labyrinth_system_give(zone, desc);
		} else if (desc) {
			/* Pairs with what pops it. */
			smp_store_release(&desc->state, LABYRINTH_DESC_IDLE);
			labyrinth_give_idle(zone, desc);
		}
		rcu_read_unlock();
	} while (desc);
}

/* All pages, or none: what there was has gone back. */
static bool labyrinth_ticket_fill(struct labyrinth_zone *zone,
				  struct labyrinth_ticket *ticket, unsigned int nr,
				  unsigned long caller)
{
	unsigned int have;

	mutex_lock(&zone->ticket_lock);
	have = labyrinth_ticket_from_system(zone, ticket, nr, caller);
	if (have < nr)
		have += labyrinth_ticket_from_surplus(zone, ticket, nr - have, caller);
	if (have < nr)
		labyrinth_ticket_empty(zone, ticket);
	mutex_unlock(&zone->ticket_lock);
	return have == nr;
}

/* Fill a ticket that is charged for, within the time given. */
static int labyrinth_ticket_wait(struct labyrinth_zone *zone,
				 struct labyrinth_ticket *ticket, unsigned int nr,
				 unsigned long timeout, unsigned long caller)
{
	unsigned long end = jiffies + timeout, pause = 1, left;
	bool forever = timeout >= MAX_SCHEDULE_TIMEOUT;

	while (!labyrinth_ticket_fill(zone, ticket, nr, caller)) {
		/* Destroy waits for available(), which may wait here. */
		if (!timeout || test_bit(LABYRINTH_ZONE_DYING, &zone->state))
			return -ENOMEM;
		left = end - jiffies;
		if (!forever && (long)left <= 0)
			return -ETIMEDOUT;
		/* Idle pages of other CPUs may be what is missing. */
		labyrinth_cache_drain_ask(zone);
		schedule_timeout_idle(forever ? pause : min(pause, left));
		pause = min(2 * pause, LABYRINTH_TICKET_PAUSE);
	}
	return 0;
}

int labyrinth_ticket_reserve(struct labyrinth_zone *zone, unsigned int nr,
			     unsigned long timeout, struct labyrinth_ticket *ticket)
{
	unsigned long charge = (unsigned long)nr * zone->unit;
	unsigned int most = zone->max_pages - READ_ONCE(zone->reserve_target);
	int ret;

	might_sleep();
	ticket->zone = NULL;
	ticket->nr = nr;
	labyrinth_stack_init(labyrinth_ticket_stack(ticket));
	if (zone->quality & LABYRINTH_QUALITY_ACCOUNT) {
		pr_err("zone %s: a ticket in a zone of quality ACCOUNT; charged pages cannot be set aside\n",
		       zone->name);
		return -EINVAL;
	}
	if (!nr || nr > most) {
		pr_err("zone %s: a ticket for %u pages; allowed are 1 to %u (max_pages %u less the reserve)\n",
		       zone->name, nr, most, zone->max_pages);
		return nr ? -ENOMEM : -EINVAL;
	}
	if (labyrinth_charge(zone->name, charge))
		return -ENOMEM;
	ret = labyrinth_ticket_wait(zone, ticket, nr, timeout, _RET_IP_);
	if (ret) {
		labyrinth_uncharge(charge);
		return ret;
	}
	atomic_inc(&zone->tickets);
	atomic_inc(&zone->pins);
	/* Pairs with the acquire in labyrinth_ticket_alloc(). */
	smp_store_release(&ticket->zone, zone);
	return 0;
}
EXPORT_SYMBOL_LABYRINTH(labyrinth_ticket_reserve);

/* A page as it has to be. One that is not is reported, and replaced. */
static struct labyrinth_desc *labyrinth_ticket_take(struct labyrinth_zone *zone,
						    struct labyrinth_ticket *ticket,
						    labyrinth_quality_t quality,
						    enum labyrinth_count *source,
						    unsigned long caller)
{
	struct labyrinth_desc *desc = labyrinth_ticket_pop(zone, ticket);
	unsigned int tries;

	*source = LABYRINTH_FROM_TICKET;
	if (!desc) {
		/* Used up: that is no starvation, and nothing to refill. */
		labyrinth_count(zone, LABYRINTH_FAILED);
		return NULL;
	}
	WRITE_ONCE(desc->state, LABYRINTH_DESC_IDLE);
	if (!labyrinth_desc_sound(zone, desc))
		desc = NULL;
	for (tries = 0;; tries++) {
		if (desc && (*source == LABYRINTH_FROM_SYSTEM ||
			     labyrinth_quality_verify(zone, desc, caller)))
			return desc;
		if (tries == LABYRINTH_VERIFY_TRIES)
			break;
		desc = labyrinth_take(zone, quality, source);
	}
	labyrinth_failed(zone, quality, 1, caller);
	return NULL;
}

struct page *labyrinth_ticket_alloc(struct labyrinth_ticket *ticket,
				    labyrinth_quality_t quality)
{
	/* Pairs with the release in labyrinth_ticket_reserve(). */
	struct labyrinth_zone *zone = smp_load_acquire(&ticket->zone);
	unsigned long caller = _RET_IP_;
	enum labyrinth_count source;
	struct labyrinth_desc *desc;
	struct page *page = NULL;
	labyrinth_quality_t all;

	if (!zone)
		return NULL;
	rcu_read_lock();
	if (!labyrinth_request_valid(zone, quality, caller)) {
		labyrinth_count(zone, LABYRINTH_FAILED);
		goto out;
	}
	if (quality & LABYRINTH_QUALITY_ACCOUNT) {
		labyrinth_alloc_misuse(zone, LABYRINTH_EVENT_BAD_FLAGS,
				       (__force unsigned int)quality, caller);
		labyrinth_count(zone, LABYRINTH_FAILED);
		goto out;
	}
	all = (quality | zone->quality) & ~LABYRINTH_QUALITY_NOWAIT;
	desc = labyrinth_ticket_take(zone, ticket, all, &source, caller);
	if (desc)
		page = labyrinth_hand_out(zone, desc, all, source, caller);
out:
	rcu_read_unlock();
	return page;
}
EXPORT_SYMBOL_LABYRINTH(labyrinth_ticket_alloc);

void labyrinth_ticket_release(struct labyrinth_ticket *ticket)
{
	struct labyrinth_zone *zone = ticket ? ticket->zone : NULL;

	if (!zone)
		return;
	WRITE_ONCE(ticket->zone, NULL);
	labyrinth_ticket_empty(zone, ticket);
	labyrinth_uncharge((unsigned long)ticket->nr * zone->unit);
	rcu_read_lock();
	atomic_dec(&zone->tickets);
	labyrinth_zone_unpin(zone);
	rcu_read_unlock();
}
EXPORT_SYMBOL_LABYRINTH(labyrinth_ticket_release);
