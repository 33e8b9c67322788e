// SPDX-License-Identifier: GPL-2.0
/*
 * The registry: which pages a zone owns, and the record of each.
 *
 * The descriptors themselves are the hash table. A page can stand in eight
 * slots: the four of the aligned group that holds its home slot, and the four
 * of a second group. A page is looked for in all eight, always, in its home slot
 * first. Hence nothing depends on the order in which slots
 * were filled, a slot that was emptied is simply empty, and there are no
 * tombstones. With at least two slots for each page that the zone may own, and
 * the emptier of two groups to choose from, practically every page finds one;
 * one that does not is given back to the system and counted.
 *
 * Each zone hashes by a multiplier of its own. A zone that is destroyed gives its
 * pages back in the order of its slots, and the system's per-CPU lists hand them
 * out in that very order: to the same hash it is one dense run.
 *
 * A page joins by one compare-and-exchange of ->page from NULL and leaves by
 * one store, so both are bounded and legal in any context. Only the owner of a
 * page joins it, and only whoever claimed its descriptor makes it leave, which
 * is why one page cannot stand in two slots.
 *
 * A page must have left before it is given to the system: from then on another
 * CPU may be given the same page and join it. If a page that joins is found to
 * be here already, somebody freed it behind the zone's back. If the old record
 * is live, its holder is the culprit, and the new owner takes the record over.
 * If it is idle, the page is in a cache or on a stack and cannot be pulled out
 * of there; then the old record keeps the page, and the reference that the
 * system has just given stands for the one which it lost.
 */
#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "registry.h"

#define LABYRINTH_SLOTS_MIN	64U

u32 labyrinth_registry_slots(const struct labyrinth_zone *zone)
{
	return zone->slot_mask / sizeof(struct labyrinth_desc) + 1;
}

u32 labyrinth_registry_slots_for(unsigned int max_pages)
{
	return max_t(u32, roundup_pow_of_two(2 * max_pages), LABYRINTH_SLOTS_MIN);
}

unsigned long labyrinth_registry_table_pages(unsigned int max_pages)
{
	return PFN_UP(labyrinth_registry_slots_for(max_pages) *
		      sizeof(struct labyrinth_desc));
}

/*
 * 2^64 / (k + phi), for k from 2 to 9 and phi the golden ratio. Multiples of each
 * are spread as evenly as those of the golden ratio itself, but to the order that
 * one of them makes the others are blind.
 */
static const u64 labyrinth_multipliers[] = {
	0x46c1b47480244d95ULL, 0x376f520668caaee6ULL, 0x2d914a6f80098daeULL,
	0x26aea386d84ce13dULL, 0x219abe9792bfbe88ULL, 0x1db484c4c5d4c13cULL,
	0x1a9dddd5b9b33b8cULL, 0x181c24068b837a4aULL,
};

/* Another one for the next zone. */
static u64 labyrinth_multiplier(void)
{
	static atomic_t next = ATOMIC_INIT(0);

	return labyrinth_multipliers[(unsigned int)atomic_fetch_inc(&next) %
				     ARRAY_SIZE(labyrinth_multipliers)];
}

int labyrinth_registry_init(struct labyrinth_zone *zone)
{
	u32 slots = labyrinth_registry_slots_for(zone->max_pages);
	unsigned int i;

	/* The fast path's constants, and a stack's room for a place. */
	BUILD_BUG_ON(sizeof(struct labyrinth_desc) != 1 << (32 - LABYRINTH_HASH_SHIFT));
	BUILD_BUG_ON(2 * LABYRINTH_PAGES_MAX * sizeof(struct labyrinth_desc) >
		     BIT(LABYRINTH_PLACE_BITS));

	zone->table = kvcalloc(slots, sizeof(struct labyrinth_desc), GFP_KERNEL);
	if (!zone->table)
		return -ENOMEM;
	/*
	 * A NULL in the middle of a bulk is looked for like a page, and an empty slot
	 * would match: its home slot and the others of that group are no page's. What
	 * stands there is the name of none.
	 */
	for (i = 0; i < LABYRINTH_GROUP; i++)
		zone->table[i].page = (struct page *)&zone->table[i];
	zone->slot_mask = (slots - 1) * sizeof(struct labyrinth_desc);
	/* A page's number times that is wanted, see home. */
	zone->hash_multiplier = (labyrinth_multiplier() / sizeof(struct page)) >>
				(32 - ilog2(slots)) | 1;
	return 0;
}

void labyrinth_registry_free(struct labyrinth_zone *zone)
{
	kvfree(zone->table);
}

/**
 * struct labyrinth_candidates - where a page can stand
 * @home: index of its home slot; the others of that group differ in two bits
 * @second: index into the second group, likewise
 */
struct labyrinth_candidates {
	u32	home;
	u32	second;
};

static struct labyrinth_candidates
labyrinth_candidates(const struct labyrinth_zone *zone, const struct page *page)
{
	const struct labyrinth_desc *home = labyrinth_registry_home(zone, page);

	return (struct labyrinth_candidates) {
		.home = home - zone->table,
		.second = labyrinth_registry_second(zone, page, home) - zone->table,
	};
}

struct labyrinth_desc *labyrinth_registry_find(struct labyrinth_zone *zone,
					       const struct page *page)
{
	struct labyrinth_candidates at = labyrinth_candidates(zone, page);
	unsigned int i;

	/* An empty slot must not match. */
	if (!page)
		return NULL;
	for (i = 0; i < LABYRINTH_GROUP; i++) {
		if (READ_ONCE(zone->table[at.home ^ i].page) == page)
			return &zone->table[at.home ^ i];
		if (READ_ONCE(zone->table[at.second ^ i].page) == page)
			return &zone->table[at.second ^ i];
	}
	return NULL;
}

/* Does somebody rely on this record who does not come by its page? */
static bool labyrinth_registry_tied(const struct labyrinth_desc *desc, u32 state)
{
	return (state & LABYRINTH_DESC_HANDOFF) ||
	       ((state & LABYRINTH_DESC_FRAG) &&
		(atomic64_read(&desc->frags) & LABYRINTH_FRAG_OPEN));
}

/* The zone owns @page already, says @desc: free it of its stale past, or NULL. */
static struct labyrinth_desc *
labyrinth_registry_replace(struct labyrinth_zone *zone,
			   struct labyrinth_desc *desc, struct page *page)
{
	u32 state = READ_ONCE(desc->state);

	while (state & LABYRINTH_DESC_LIVE) {
		/* Its worker, or CPU, goes by the record alone, and finds out by itself. */
		if (unlikely(labyrinth_registry_tied(desc, state)))
			return NULL;
		if (!try_cmpxchg(&desc->state, &state, LABYRINTH_DESC_LEAVING))
			continue;
		/* Dropped since it was found, and another page has the slot. */
		if (unlikely(READ_ONCE(desc->page) != page)) {
			WRITE_ONCE(desc->state, state);
			return NULL;
		}
		labyrinth_count(zone, LABYRINTH_MISUSE);
		/* What was handed out will not come back: as if freed. */
		labyrinth_count(zone, LABYRINTH_FREES);
		labyrinth_record(zone, LABYRINTH_EVENT_STALE_LIVE, page, 0, 0,
				 labyrinth_desc_caller(desc), 0);
		atomic_dec(&zone->owned);
		return desc;
	}
	/* About to be dropped: the page comes too early to join. */
	if (state == LABYRINTH_DESC_NONE || state == LABYRINTH_DESC_LOST)
		return NULL;
	labyrinth_count(zone, LABYRINTH_MISUSE);
	labyrinth_record(zone, LABYRINTH_EVENT_STALE_IDLE, page, 0, 0,
			 labyrinth_desc_caller(desc), labyrinth_desc_freer(desc));
	atomic_dec(&zone->owned);
	return ERR_PTR(-EEXIST);
}

/* Free slots of the group that @slot is in. */
static unsigned int labyrinth_group_room(const struct labyrinth_zone *zone, u32 slot)
{
	unsigned int i, room = 0;

	for (i = 0; i < LABYRINTH_GROUP; i++)
		room += !READ_ONCE(zone->table[slot ^ i].page);
	return room;
}

static struct labyrinth_desc *labyrinth_group_join(struct labyrinth_zone *zone,
						   u32 slot, struct page *page)
{
	unsigned int i;

	for (i = 0; i < LABYRINTH_GROUP; i++) {
		struct labyrinth_desc *desc = &zone->table[slot ^ i];

		if (!READ_ONCE(desc->page) && !cmpxchg(&desc->page, NULL, page))
			return desc;
	}
	return NULL;
}

/*
 * The caller owns @page, and has counted it in ->owned. NULL: no slot, the page
 * remains the caller's. -EEXIST: the zone has it, the caller has no longer.
 */
struct labyrinth_desc *labyrinth_registry_join(struct labyrinth_zone *zone,
					       struct page *page)
{
	struct labyrinth_candidates at = labyrinth_candidates(zone, page);
	struct labyrinth_desc *desc;
	u32 first = at.home, then = at.second;
	unsigned int room;

	desc = labyrinth_registry_find(zone, page);
	if (unlikely(desc))
		return labyrinth_registry_replace(zone, desc, page);

	/*
	 * The home slot is where it is looked for first, then the group of that; but
	 * before a group is full the emptier one has to do, for balance.
	 */
	room = labyrinth_group_room(zone, at.home);
	if (READ_ONCE(zone->table[at.home].page) && room < 2 &&
	    labyrinth_group_room(zone, at.second) > room)
		swap(first, then);
	desc = labyrinth_group_join(zone, first, page) ?:
	       labyrinth_group_join(zone, then, page);
	if (!desc)
		labyrinth_count(zone, LABYRINTH_UNJOINED);
	return desc;
}

/* The caller claimed @desc, whose page is not the zone's any more. */
void labyrinth_registry_lose(struct labyrinth_zone *zone,
			     struct labyrinth_desc *desc)
{
	WRITE_ONCE(desc->state, LABYRINTH_DESC_NONE);
	/* Pairs with the cmpxchg() in join: the slot is clean before it is free. */
	smp_store_release(&desc->page, NULL);
	atomic_dec(&zone->owned);
}

/* The caller claimed @desc. Returns its page, from now on the caller's. */
struct page *labyrinth_registry_leave(struct labyrinth_zone *zone,
				      struct labyrinth_desc *desc)
{
	struct page *page = desc->page;

	labyrinth_registry_lose(zone, desc);
	labyrinth_count(zone, LABYRINTH_RETURNED);
	return page;
}

static bool labyrinth_registry_wanted(u32 state, u32 wanted)
{
	switch (wanted) {
	case LABYRINTH_DESC_LIVE:
		return state & LABYRINTH_DESC_LIVE;
	case LABYRINTH_DESC_OWNED:
		return state != LABYRINTH_DESC_NONE && state != LABYRINTH_DESC_LOST;
	default:
		return state == wanted;
	}
}

/*
 * Copy a slot for a reader if its page is @wanted: LIVE, in a TICKET, or whatever is
 * OWNED. Nothing stops the page from being freed meanwhile; a record that changed under
 * the copy is not shown; one of a split page may be of two fragments.
 */
bool labyrinth_registry_read(struct labyrinth_zone *zone, u32 slot, u32 wanted,
			     struct labyrinth_desc *copy)
{
	const struct labyrinth_desc *desc = &zone->table[slot];

	copy->state = READ_ONCE(desc->state);
	if (!labyrinth_registry_wanted(copy->state, wanted))
		return false;
	copy->page = READ_ONCE(desc->page);
	atomic64_set(&copy->frags, atomic64_read(&desc->frags));
	copy->caller = labyrinth_desc_caller(desc);
	/* data_race(): if it changes, so does the state, and the copy is not shown. */
	copy->when = data_race(READ_ONCE(desc->when));
	/* data_race(): likewise. */
	copy->context = data_race(READ_ONCE(desc->context));
	smp_rmb();	/* the copy before the second look */
	return copy->page && READ_ONCE(desc->page) == copy->page &&
	       READ_ONCE(desc->state) == copy->state;
}

/*
 * The moment that a count is of: the end of the present tick, which is waited for. Who
 * was handed out by then and is live when the count comes by has been live all the
 * while, so that all that is counted was so at one time: pages that change hands during
 * the walk are not seen twice, and there are never more than the zone can own. (Whoever
 * is interrupted for a tick between signing and handing out has signed too early: a page,
 * or those of a bulk.)
 */
unsigned long labyrinth_registry_moment(void)
{
	unsigned long now = jiffies;

	while (time_before_eq(jiffies, now))
		schedule_timeout_uninterruptible(1);
	return now;
}
EXPORT_SYMBOL_LABYRINTH_PRIVATE(labyrinth_registry_moment);

#define LABYRINTH_WALK_SLOTS	1024U	/* between two reschedules */

/*
 * The next page from *slot on that is @wanted, if live, since @moment; its slot is *slot
 * less one then. False: no more. Process context.
 */
bool labyrinth_registry_walk(struct labyrinth_zone *zone, u32 wanted, unsigned long moment,
			     u32 *slot, struct labyrinth_desc *copy)
{
	while (*slot < labyrinth_registry_slots(zone)) {
		if (*slot % LABYRINTH_WALK_SLOTS == 0)
			cond_resched();
		if (labyrinth_registry_read(zone, (*slot)++, wanted, copy) &&
		    !((copy->state & LABYRINTH_DESC_LIVE) &&
		      time_after(copy->when, moment)))
			return true;
	}
	return false;
}
