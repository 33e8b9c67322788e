// SPDX-License-Identifier: GPL-2.0
/*
 * Tickets: threads reserve them, everybody takes their pages and releases them.
 *
 * A ticket is used by any number of workers at the same time, each with a
 * reference; who drops the last one releases it, wherever that is. How many pages
 * it still has is counted here: to whom one is left, it must be given. An open
 * ticket counts as one of its zone's live pages, so that the place of the zone is
 * not used for another one.
 *
 * Reserving sleeps, and so keeps its zone open by a semaphore.
 */
#include <linux/atomic.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>

#include "torture.h"

#define TORTURE_NR_TICKETS	16U
#define TORTURE_TICKET_MAX	24U

enum torture_ticket_state {
	TORTURE_TICKET_FREE,
	TORTURE_TICKET_BUSY,		/* on its way between the other two */
	TORTURE_TICKET_OPEN,
};

/**
 * struct torture_ticket - a ticket that all workers know
 * @ticket: the ticket
 * @zone: whose pages these are
 * @state: enum torture_ticket_state
 * @refs: of its users, and one that says that it is open
 * @left: pages in it that nobody is about to take
 */
struct torture_ticket {
	struct labyrinth_ticket	ticket;
	unsigned int		zone;
	atomic_t		state;
	atomic_t		refs;
	atomic_t		left;
};

static struct torture_ticket tickets[TORTURE_NR_TICKETS];

static void ticket_put(struct torture_ticket *slot)
{
	unsigned int zone = slot->zone;

	if (!atomic_dec_and_test(&slot->refs))
		return;
	labyrinth_ticket_release(&slot->ticket);
	/* Pairs with the cmpxchg() of who opens the next one. */
	atomic_set_release(&slot->state, TORTURE_TICKET_FREE);
	atomic_dec(&torture_zones[zone].live);
}

/* In a thread that may sleep. */
void torture_ticket_open(struct torture_dice *dice)
{
	struct torture_ticket *slot = &tickets[torture_roll(dice, TORTURE_NR_TICKETS)];
	unsigned int nr = 1 + torture_roll(dice, TORTURE_TICKET_MAX);
	unsigned int zone = torture_roll(dice, TORTURE_NR_USED);
	unsigned int timeout = torture_roll(dice, 3);
	struct torture_zone *place = &torture_zones[zone];
	int ret = -ENOENT;

	if (atomic_cmpxchg(&slot->state, TORTURE_TICKET_FREE, TORTURE_TICKET_BUSY) !=
	    TORTURE_TICKET_FREE)
		return;
	/* A zone that is about to be closed need not be waited for. */
	if (down_read_trylock(&place->users)) {
		if (place->open) {
			atomic_inc(&place->live);
			ret = labyrinth_ticket_reserve(place->zone, nr, timeout,
						       &slot->ticket);
			if (ret)
				atomic_dec(&place->live);
		}
		up_read(&place->users);
	}
	if (ret) {
		atomic_set(&slot->state, TORTURE_TICKET_FREE);
		return;
	}
	WRITE_ONCE(slot->zone, zone);
	atomic_set(&slot->left, nr);
	/* Pairs with the increment of who uses it: the ticket is filled in. */
	atomic_set_release(&slot->refs, 1);
	/* Pairs with the cmpxchg() of who closes it: the reference is there. */
	atomic_set_release(&slot->state, TORTURE_TICKET_OPEN);
}

/* Any context. NULL: there is none in this slot, or it is used up. */
struct page *torture_ticket_take(struct torture_dice *dice, labyrinth_quality_t quality,
				 unsigned int *zone)
{
	struct torture_ticket *slot = &tickets[torture_roll(dice, TORTURE_NR_TICKETS)];
	struct torture_zone *place;
	struct page *page = NULL;

	if (!atomic_inc_not_zero(&slot->refs))
		return NULL;
	*zone = slot->zone;
	place = &torture_zones[*zone];
	rcu_read_lock();
	/* Pairs with the release in opening: the zone is there. */
	if (smp_load_acquire(&place->open) && atomic_dec_if_positive(&slot->left) >= 0) {
		page = labyrinth_ticket_alloc(&slot->ticket, quality & ~place->forbidden);
		if (page)
			atomic_inc(&place->live);
		else
			torture_wrong(TORTURE_LOST, 1,
				      "a ticket of zone %s does not give a page that it holds",
				      place->name);
	}
	rcu_read_unlock();
	ticket_put(slot);
	return page;
}

static void ticket_close(struct torture_ticket *slot)
{
	if (atomic_cmpxchg(&slot->state, TORTURE_TICKET_OPEN, TORTURE_TICKET_BUSY) ==
	    TORTURE_TICKET_OPEN)
		ticket_put(slot);
}

/* Any context. */
void torture_ticket_close(struct torture_dice *dice)
{
	ticket_close(&tickets[torture_roll(dice, TORTURE_NR_TICKETS)]);
}

/* Those of one place, or of all (-1). Its users may still be at it. */
void torture_tickets_close(int zone)
{
	unsigned int i;

	for (i = 0; i < TORTURE_NR_TICKETS; i++) {
		struct torture_ticket *slot = &tickets[i];

		/* It may be another zone's by now; then that one's goes. */
		if (atomic_read(&slot->state) == TORTURE_TICKET_OPEN &&
		    (zone < 0 || READ_ONCE(slot->zone) == zone))
			ticket_close(slot);
	}
}
