// SPDX-License-Identifier: GPL-2.0
/*
 * What a worker does in one step, in whatever context.
 *
 * Pages go from hand to hand through the slots: whoever leaves one there takes
 * what was there before, by one exchange, and it is his to free. So most pages
 * are freed by another worker, in another context, on another CPU, some time
 * later, and the number of live pages has a bound.
 *
 * A zone that is being destroyed is closed first, and then waited for: who takes
 * pages looks at ->open under rcu_read_lock(). Who frees need not, as a zone
 * lives at least as long as its last page.
 */
#include <linux/bitfield.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>

#include "torture.h"

#define TORTURE_NR_SLOTS	1024U
#define TORTURE_BULK_MAX	16U
#define TORTURE_JUGGLED		4U

static atomic64_t slots[TORTURE_NR_SLOTS];

/* --- single pages --- */

static void count_alloc(struct torture_worker *worker, enum torture_context context,
			unsigned int zone)
{
	worker->allocs[context]++;
	worker->zone_allocs[zone]++;
}

static void count_free(struct torture_worker *worker, enum torture_context context,
		       unsigned int zone)
{
	worker->frees[context]++;
	worker->zone_frees[zone]++;
}

/*
 * Half of all requests are for one zone, which the control changes from time to
 * time: who interrupts somebody in the midst of something must change just that,
 * there and back, to find a fault.
 */
static unsigned int roll_zone(struct torture_dice *dice)
{
	u32 zone = torture_roll(dice, 2 * TORTURE_NR_USED);

	return zone < TORTURE_NR_USED ? zone : READ_ONCE(torture_hot_zone);
}

static labyrinth_quality_t roll_quality(struct torture_dice *dice,
					const struct torture_zone *place)
{
	static const labyrinth_quality_t content[] = {
		LABYRINTH_QUALITY_NONE, LABYRINTH_QUALITY_NONE,
		LABYRINTH_QUALITY_NONE, LABYRINTH_QUALITY_NONE,
		LABYRINTH_QUALITY_NONE, LABYRINTH_QUALITY_NONE,
		LABYRINTH_QUALITY_ZERO, LABYRINTH_QUALITY_POISON,
	};
	labyrinth_quality_t quality = content[torture_roll(dice, ARRAY_SIZE(content))];

	if (torture_roll(dice, 8) == 0)
		quality |= LABYRINTH_QUALITY_NOWAIT;
	if (torture_roll(dice, 8) == 0)
		quality |= LABYRINTH_QUALITY_CL_ALIGN;
	if (torture_roll(dice, 32) == 0 && in_task())
		quality |= LABYRINTH_QUALITY_ACCOUNT;
	return quality & ~place->forbidden;
}

/* One page of @zone, now claimed, or 0. */
static u64 take_from(struct torture_worker *worker, enum torture_context context,
		     struct torture_dice *dice, unsigned int zone)
{
	struct torture_zone *place = &torture_zones[zone];
	labyrinth_quality_t quality = roll_quality(dice, place);
	bool by_address = torture_roll(dice, 4) == 0;
	struct page *page = NULL;
	void *address;

	rcu_read_lock();
	/* Pairs with the release in opening: the zone is there. */
	if (smp_load_acquire(&place->open)) {
		if (!by_address) {
			page = labyrinth_alloc_page_atomic(place->zone, quality);
		} else {
			address = labyrinth_alloc_atomic(place->zone, quality);
			page = address ? virt_to_page(address) : NULL;
		}
		if (page)
			atomic_inc(&place->live);
	}
	rcu_read_unlock();
	if (!page)
		return 0;
	count_alloc(worker, context, zone);
	return torture_claim(worker, context, zone, page, quality);
}

static u64 take(struct torture_worker *worker, enum torture_context context,
		struct torture_dice *dice)
{
	return take_from(worker, context, dice, roll_zone(dice));
}

static void give(struct torture_worker *worker, enum torture_context context,
		 struct torture_dice *dice, u64 claim)
{
	unsigned int zone = torture_claim_zone(claim);
	struct torture_zone *place = &torture_zones[zone];
	struct page *page = torture_claim_page(claim);

	if (!torture_release(claim))
		return;
	if (!dice || torture_roll(dice, 4))
		labyrinth_free_page(place->zone, page);
	else
		labyrinth_free(place->zone, page_address(page));
	count_free(worker, context, zone);
	/* From here on the zone may be another one. */
	atomic_dec(&place->live);
}

/* Leave @claim, or nothing, in a slot; what was there is the caller's. */
static u64 exchange(struct torture_dice *dice, u64 claim)
{
	return atomic64_xchg(&slots[torture_roll(dice, TORTURE_NR_SLOTS)], claim);
}

static void take_and_leave(struct torture_worker *worker,
			   enum torture_context context, struct torture_dice *dice)
{
	u64 claim = take(worker, context, dice);

	if (claim)
		claim = exchange(dice, claim);
	if (claim)
		give(worker, context, dice, claim);
}

static void find_and_give(struct torture_worker *worker,
			  enum torture_context context, struct torture_dice *dice)
{
	u64 claim = exchange(dice, 0);

	if (claim)
		give(worker, context, dice, claim);
}

static void take_and_give(struct torture_worker *worker,
			  enum torture_context context, struct torture_dice *dice)
{
	u64 claim = take(worker, context, dice);

	if (claim)
		give(worker, context, dice, claim);
}

/* A page of a ticket goes the way of all others. */
static void take_ticket(struct torture_worker *worker, enum torture_context context,
			struct torture_dice *dice)
{
	labyrinth_quality_t quality = torture_roll(dice, 4) ? LABYRINTH_QUALITY_NONE :
				      LABYRINTH_QUALITY_ZERO;
	unsigned int zone;
	struct page *page = torture_ticket_take(dice, quality, &zone);
	u64 claim;

	if (!page)
		return;
	count_alloc(worker, context, zone);
	claim = torture_claim(worker, context, zone, page, quality);
	if (claim)
		claim = exchange(dice, claim);
	if (claim)
		give(worker, context, dice, claim);
}

/* --- several pages --- */

/* Free those of one zone together, NULLs between them, the others singly. */
static void give_bulk(struct torture_worker *worker, enum torture_context context,
		      struct torture_dice *dice, unsigned int zone, u64 *claim,
		      unsigned int nr)
{
	struct torture_zone *place = &torture_zones[zone];
	struct page *page[TORTURE_BULK_MAX];
	unsigned int i, freed = 0;

	for (i = 0; i < nr; i++) {
		page[i] = NULL;
		if (!claim[i])
			continue;
		if (torture_claim_zone(claim[i]) != zone) {
			give(worker, context, dice, claim[i]);
			continue;
		}
		if (!torture_release(claim[i]))
			continue;
		page[i] = torture_claim_page(claim[i]);
		count_free(worker, context, zone);
		freed++;
	}
	if (!freed)
		return;
	labyrinth_free_bulk(place->zone, nr, page);
	atomic_sub(freed, &place->live);
}

static void take_bulk(struct torture_worker *worker, enum torture_context context,
		      struct torture_dice *dice)
{
	unsigned int nr = 1 + torture_roll(dice, TORTURE_BULK_MAX);
	unsigned int zone = roll_zone(dice), i;
	struct torture_zone *place = &torture_zones[zone];
	labyrinth_quality_t quality = torture_roll(dice, 2) ?
				      LABYRINTH_QUALITY_NONE : roll_quality(dice, place);
	struct page *page[TORTURE_BULK_MAX];
	u64 claim[TORTURE_BULK_MAX];
	int ret = -ENOENT;

	rcu_read_lock();
	/* Pairs with the release in opening: the zone is there. */
	if (smp_load_acquire(&place->open)) {
		ret = labyrinth_alloc_bulk_atomic(place->zone, quality, nr, page);
		if (!ret)
			atomic_add(nr, &place->live);
	}
	rcu_read_unlock();
	if (ret)
		return;
	for (i = 0; i < nr; i++) {
		count_alloc(worker, context, zone);
		claim[i] = torture_claim(worker, context, zone, page[i], quality);
	}
	/* Either all go through the slots, or all go back as they came. */
	if (torture_roll(dice, 4))
		for (i = 0; i < nr; i++)
			if (claim[i])
				claim[i] = exchange(dice, claim[i]);
	give_bulk(worker, context, dice, zone, claim, nr);
}

/*
 * Some pages of one zone, given back in another order, and one of them not: what
 * was on top of a stack is so again, on something else.
 */
static void juggle(struct torture_worker *worker, enum torture_context context,
		   struct torture_dice *dice)
{
	unsigned int nr = 2 + torture_roll(dice, TORTURE_JUGGLED - 1);
	unsigned int zone = roll_zone(dice), i, other;
	u64 claim[TORTURE_JUGGLED];

	for (i = 0; i < nr; i++)
		claim[i] = take_from(worker, context, dice, zone);
	while (--nr) {
		other = torture_roll(dice, nr + 1);
		swap(claim[other], claim[nr]);
		if (claim[nr])
			give(worker, context, dice, claim[nr]);
	}
	if (claim[0])
		claim[0] = exchange(dice, claim[0]);
	if (claim[0])
		give(worker, context, dice, claim[0]);
}

/* As many pages as may well be too many for a reserve, held together. */
static void burst(struct torture_worker *worker, enum torture_context context,
		  struct torture_dice *dice)
{
	unsigned int nr = torture_roll(dice, TORTURE_NR_BURST), i;

	for (i = 0; i < nr; i++)
		worker->burst[i] = take(worker, context, dice);
	while (nr--)
		if (worker->burst[nr])
			give(worker, context, dice, worker->burst[nr]);
}

/* --- references --- */

/* The worker drops its reference to a page that is no zone's any more. */
static void drop(u64 *held)
{
	u64 claim = xchg(held, 0);

	if (claim && torture_release(claim))
		put_page(torture_claim_page(claim));
}

/*
 * A page is freed while somebody has a reference to it: it must leave the zone,
 * and stay what it is until the reference is dropped.
 */
static void hold(struct torture_worker *worker, struct torture_dice *dice)
{
	u64 *held = &worker->held[torture_roll(dice, TORTURE_NR_HELD)];
	u64 claim = take(worker, TORTURE_TASK, dice);
	unsigned int zone = torture_claim_zone(claim);
	struct page *page;

	drop(held);
	if (!claim)
		return;
	page = torture_claim_page(claim);
	get_page(page);
	labyrinth_free_page(torture_zones[zone].zone, page);
	count_free(worker, TORTURE_TASK, zone);
	atomic_dec(&torture_zones[zone].live);
	if (torture_intact(claim))
		*held = claim;
}

void torture_drop_held(struct torture_worker *worker)
{
	unsigned int i;

	for (i = 0; i < TORTURE_NR_HELD; i++)
		drop(&worker->held[i]);
}

/* --- all together --- */

void torture_step(struct torture_worker *worker, enum torture_context context)
{
	struct torture_dice dice = torture_dice(worker);
	bool thread = context <= TORTURE_RAW_SPINLOCK;

	if (torture_stopped())
		return;
	switch (torture_roll(&dice, 32)) {
	case 0 ... 7:
		find_and_give(worker, context, &dice);
		break;
	case 8 ... 11:
		take_bulk(worker, context, &dice);
		break;
	case 12 ... 15:
		take_and_give(worker, context, &dice);
		break;
	case 16 ... 17:
		if (thread)
			burst(worker, context, &dice);
		break;
	case 18:
		if (context == TORTURE_TASK)
			hold(worker, &dice);
		break;
	case 19:
		if (torture_roll(&dice, 4) == 0)
			torture_ticket_close(&dice);
		else if (context == TORTURE_TASK)
			torture_ticket_open(&dice);
		break;
	case 20 ... 22:
		take_ticket(worker, context, &dice);
		break;
	case 23 ... 27:
		juggle(worker, context, &dice);
		break;
	default:
		take_and_leave(worker, context, &dice);
		break;
	}
}

/*
 * Free what is in the slots, of one place or of all (-1). Returns how many; in
 * process context.
 */
unsigned int torture_sweep(struct torture_worker *worker, int zone)
{
	unsigned int i, swept = 0;
	s64 claim;

	for (i = 0; i < TORTURE_NR_SLOTS; i++) {
		claim = atomic64_read(&slots[i]);
		if (!claim || (zone >= 0 && torture_claim_zone(claim) != zone) ||
		    !atomic64_try_cmpxchg(&slots[i], &claim, 0))
			continue;
		give(worker, TORTURE_TASK, NULL, claim);
		swept++;
		cond_resched();
	}
	return swept;
}
