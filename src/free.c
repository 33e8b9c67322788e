// SPDX-License-Identifier: GPL-2.0
/*
 * Freeing, from any context.
 *
 * A page goes into the reserve while that is short, else into this CPU's cache,
 * else into the depot, else back to the system. It is recycled only if it is in
 * all respects what the buddy allocator would take back without complaint, with
 * nobody else holding a reference; anything else leaves, and the kernel's own
 * checks speak.
 *
 * Whoever frees a page first claims its descriptor. The fast path claims by a
 * compare-and-exchange that is not locked, with the page staying in this CPU's
 * cache. That is exact against anything on this CPU, an NMI included, and against
 * another CPU except within that one instruction; a page freed twice in the very
 * instant is found when it is popped, or when it is linked into a shared stack
 * (src/stack.h). Everything else claims by a locked one, and a strict zone always
 * does.
 *
 * Nothing of the page itself is read before the registry knows it.
 */
#include <linux/instruction_pointer.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>

#include "page.h"
#include "registry.h"
#include <trace/events/labyrinth.h>

/*
 * The caller's page becomes idle; @locked: exactly so, against other CPUs as well.
 * False: nothing has been done, the slow path will.
 */
static __always_inline bool labyrinth_free_commit(struct labyrinth_zone *zone,
						  struct labyrinth_desc *desc,
						  struct page *page,
						  unsigned long caller, bool locked)
{
	u32 state;

	if (unlikely(!labyrinth_recyclable(zone, page)))
		return false;
	/* One that fails writes, too, perhaps over another CPU's change: look first. */
	state = READ_ONCE(desc->state);
	if (unlikely(state != LABYRINTH_DESC_LIVE ||
		     !(locked ? try_cmpxchg(&desc->state, &state, LABYRINTH_DESC_IDLE) :
		       try_cmpxchg_local(&desc->state, &state, LABYRINTH_DESC_IDLE))))
		return false;
	/* Found, freed by another CPU, and the slot has another page; as in slow. */
	if (locked && unlikely(READ_ONCE(desc->page) != page)) {
		WRITE_ONCE(desc->state, LABYRINTH_DESC_LIVE);
		return false;
	}
	desc->freer = caller;
	labyrinth_page_reset(page);
	return true;
}

/* And goes into @cache, which the caller holds locked. */
static __always_inline bool labyrinth_free_push(struct labyrinth_zone *zone,
						struct labyrinth_cache *cache,
						struct labyrinth_desc *desc,
						struct page *page,
						unsigned long caller, bool locked)
{
	unsigned long nr = cache->nr;

	if (unlikely(nr >= zone->cache_size ||
		     !labyrinth_free_commit(zone, desc, page, caller, locked)))
		return false;
	cache->frees++;
	cache->slot[nr + 1] = desc;
	cache->nr++;
	return true;
}

/*
 * Is an idle page, whose descriptor the caller has alone, still the zone's? One
 * that is not must not be handed out, nor given to the system a second time.
 */
bool labyrinth_desc_kept(struct labyrinth_zone *zone, struct labyrinth_desc *desc)
{
	if (likely(labyrinth_intact(zone, desc->page)))
		return true;
	/*
	 * The system may give the page to this zone again in this very moment: a
	 * record without a state does not keep it. Should that have happened since
	 * the look above, the page is nobody's for good, but never two people's.
	 */
	WRITE_ONCE(desc->state, LABYRINTH_DESC_NONE);
	labyrinth_record_stolen(zone, desc);
	labyrinth_system_lose(zone, desc);
	return false;
}

/*
 * Is a page that was popped somewhere what was put there: idle, and still as the
 * allocator would take it? If not, it is reported and dropped: freed twice by two
 * CPUs in the same instant, the other reference is the good one; freed behind the
 * zone's back, it belongs to somebody else.
 */
bool labyrinth_desc_sound(struct labyrinth_zone *zone, struct labyrinth_desc *desc)
{
	if (unlikely(!labyrinth_desc_idle(desc))) {
		labyrinth_record_freed_twice(zone, desc);
		return false;
	}
	return labyrinth_desc_kept(zone, desc);
}

/* Put an idle page where it is wanted most. */
void labyrinth_give_idle(struct labyrinth_zone *zone, struct labyrinth_desc *desc)
{
	if (test_bit(LABYRINTH_FREE_SHORT, &zone->free_attention) &&
	    labyrinth_reserve_give(zone, desc)) {
		labyrinth_starved_kick(zone);
		return;
	}
	if (labyrinth_cache_give(zone, desc) || labyrinth_depot_give(zone, desc))
		return;
	labyrinth_system_give_idle(zone, desc);
}

static void labyrinth_free_misuse(struct labyrinth_zone *zone,
				  enum labyrinth_event_type type,
				  const struct page *page,
				  const struct labyrinth_desc *desc,
				  unsigned long caller)
{
	unsigned int frags = type == LABYRINTH_EVENT_SPLIT ? labyrinth_frag_live(desc) : 0;

	labyrinth_count(zone, LABYRINTH_MISUSE);
	labyrinth_record(zone, type, page, frags, caller,
			 desc ? labyrinth_desc_caller(desc) : 0,
			 desc ? labyrinth_desc_freer(desc) : 0);
}

/*
 * What a live page is not to be while it is freed or passed on, or 0: the misuse that it
 * would be.
 */
static enum labyrinth_event_type labyrinth_claim_refused(u32 state)
{
	if (!(state & LABYRINTH_DESC_LIVE))
		return LABYRINTH_EVENT_DOUBLE_FREE;
	if (state & LABYRINTH_DESC_FRAG)
		return LABYRINTH_EVENT_SPLIT;
	return state & LABYRINTH_DESC_HANDOFF ? LABYRINTH_EVENT_HANDED_OFF :
						LABYRINTH_EVENT_NONE;
}

/*
 * A caller's page is to be freed, or passed on: from now on its descriptor is the
 * caller's alone, LEAVING, and *state says what it was. NULL: the page is not live in
 * the zone, which has been reported. Any context, under rcu_read_lock().
 */
static __always_inline struct labyrinth_desc *
labyrinth_claim_page(struct labyrinth_zone *zone, struct page *page,
		     unsigned long caller, u32 *state)
{
	struct labyrinth_desc *desc = labyrinth_registry_find(zone, page);
	enum labyrinth_event_type refused;

	if (unlikely(!desc)) {
		labyrinth_free_misuse(zone, LABYRINTH_EVENT_FOREIGN, page, NULL,
				      caller);
		return NULL;
	}
	*state = READ_ONCE(desc->state);
	do {
		/* A look that leaves little for the second one to find. */
		if (unlikely(READ_ONCE(desc->page) != page)) {
			labyrinth_free_misuse(zone, LABYRINTH_EVENT_FOREIGN, page,
					      NULL, caller);
			return NULL;
		}
		refused = labyrinth_claim_refused(*state);
		if (unlikely(refused)) {
			labyrinth_free_misuse(zone, refused, page, desc, caller);
			return NULL;
		}
	} while (!try_cmpxchg(&desc->state, state, LABYRINTH_DESC_LEAVING));
	if (unlikely(READ_ONCE(desc->page) != page)) {
		/*
		 * Freed by another CPU since it was found: the slot has a new page.
		 * Should that be freed within these few instructions, the free is
		 * taken for a second one: it leaks, until destroy finds it live.
		 */
		WRITE_ONCE(desc->state, *state);
		labyrinth_free_misuse(zone, LABYRINTH_EVENT_FOREIGN, page, NULL,
				      caller);
		return NULL;
	}
	return desc;
}

struct labyrinth_desc *labyrinth_claim(struct labyrinth_zone *zone, struct page *page,
				       unsigned long caller, u32 *state)
{
	return labyrinth_claim_page(zone, page, caller, state);
}

/* A page that was claimed turns out to have been freed past the zone before. */
static noinline void labyrinth_free_stale(struct labyrinth_zone *zone,
					  struct labyrinth_desc *desc,
					  unsigned long caller)
{
	/* Nothing is left to give, or to keep. */
	WRITE_ONCE(desc->state, LABYRINTH_DESC_NONE);
	labyrinth_free_misuse(zone, LABYRINTH_EVENT_STALE_LIVE, desc->page, desc, caller);
	labyrinth_system_lose(zone, desc);
}

static __always_inline void labyrinth_trace_free(struct labyrinth_zone *zone,
						 const struct labyrinth_desc *desc,
						 unsigned long caller)
{
	if (trace_labyrinth_free_enabled())
		trace_labyrinth_free(zone->name, page_to_pfn(desc->page), zone->order,
				     jiffies64_to_msecs(jiffies - desc->when),
				     desc->caller, caller);
}

/* A page that was claimed, in this state, is freed. Any context, under rcu_read_lock(). */
static __always_inline void
labyrinth_free_claimed_page(struct labyrinth_zone *zone, struct labyrinth_desc *desc,
			    u32 state, unsigned long caller)
{
	struct page *page = desc->page;

	desc->freer = caller;
	labyrinth_count(zone, LABYRINTH_FREES);
	labyrinth_trace_free(zone, desc, caller);

	if (unlikely(!page_ref_count(page))) {
		labyrinth_free_stale(zone, desc, caller);
	} else if (unlikely(test_bit(LABYRINTH_FREE_DYING, &zone->free_attention))) {
		labyrinth_system_give(zone, desc);
	} else if ((state & LABYRINTH_DESC_NORECYCLE) ||
		   !labyrinth_recyclable(zone, page) ||
		   !labyrinth_tails_sound(zone, page) ||
		   (zone->buffer_pages && !labyrinth_buffer_sound(zone, desc))) {
		if (page_ref_count(page) > 1)
			labyrinth_count(zone, LABYRINTH_DETACHED);
		labyrinth_system_give(zone, desc);
	} else {
		labyrinth_quality_idle(zone, page);
		labyrinth_page_reset(page);
		/* Pairs with what pops it: the content comes before the state. */
		smp_store_release(&desc->state, LABYRINTH_DESC_IDLE);
		labyrinth_give_idle(zone, desc);
	}
	if (unlikely(state & LABYRINTH_DESC_ORPHAN))
		labyrinth_zone_unpin(zone);
}

void labyrinth_free_claimed(struct labyrinth_zone *zone, struct labyrinth_desc *desc,
			    u32 state, unsigned long caller)
{
	labyrinth_free_claimed_page(zone, desc, state, caller);
}

static noinline void labyrinth_free_slow(struct labyrinth_zone *zone,
					 struct page *page, unsigned long caller)
{
	struct labyrinth_desc *desc;
	u32 state;

	rcu_read_lock();
	desc = labyrinth_claim_page(zone, page, caller, &state);
	if (likely(desc))
		labyrinth_free_claimed_page(zone, desc, state, caller);
	rcu_read_unlock();
}

/*
 * A page that was claimed, in this state, leaves the zone with the reference that its
 * caller has. NULL: nobody has one. Any context, under rcu_read_lock().
 */
struct page *labyrinth_release_claimed(struct labyrinth_zone *zone,
				       struct labyrinth_desc *desc, u32 state,
				       unsigned long caller)
{
	struct page *page = NULL;

	labyrinth_count(zone, LABYRINTH_FREES);
	labyrinth_trace_free(zone, desc, caller);
	if (unlikely(!page_ref_count(desc->page))) {
		labyrinth_free_stale(zone, desc, caller);
	} else {
		page = labyrinth_system_leave(zone, desc);
		labyrinth_room(zone);
	}
	if (unlikely(state & LABYRINTH_DESC_ORPHAN))
		labyrinth_zone_unpin(zone);
	return page;
}

/*
 * The last of it: a page that is idle and claimed for the reserve, which is full after
 * all; with preemption disabled.
 */
static noinline void labyrinth_free_full(struct labyrinth_zone *zone,
					 struct labyrinth_desc *desc)
{
	rcu_read_lock();
	preempt_enable();
	if (labyrinth_reserve_give_linked(zone, desc))
		labyrinth_starved_kick(zone);
	else
		labyrinth_give_idle(zone, desc);
	rcu_read_unlock();
}

/* Likewise: the page is in the reserve, and somebody has starved meanwhile. */
static noinline void labyrinth_free_starved(struct labyrinth_zone *zone)
{
	labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
	preempt_enable();
}

/*
 * The same for a page that goes straight into the reserve, as that is short and nothing
 * else is to be heeded. False: nothing has been done.
 */
static __always_inline bool labyrinth_free_short(struct labyrinth_zone *zone,
						 struct labyrinth_desc *table,
						 struct labyrinth_desc *desc,
						 unsigned long place,
						 struct page *page, unsigned long caller)
{
	if (unlikely(!labyrinth_recyclable(zone, page) || !labyrinth_desc_free_linked(desc)))
		return false;
	/* data_race(): another CPU may free it, too, and the slot get another page. */
	if (unlikely(data_race(desc->page) != page)) {
		/* See labyrinth_free_slow(), which will tell. */
		labyrinth_desc_alloc_linked(desc);
		return false;
	}
	desc->freer = caller;
	labyrinth_page_reset(page);
	labyrinth_count(zone, LABYRINTH_FREES);
	if (unlikely(!labyrinth_stack_push_one(&zone->reserve, table, desc, place,
					       &zone->reserve_target))) {
		labyrinth_free_full(zone, desc);
		return true;
	}
	/* data_race(): ordered by the push, as whoever starved is by the kick. */
	if (unlikely(data_race(zone->free_attention) & BIT(LABYRINTH_FREE_STARVED))) {
		labyrinth_free_starved(zone);
		return true;
	}
	preempt_enable();
	return true;
}

/* The last of it: this CPU's cache, which is locked, is full; with preemption disabled. */
static noinline void labyrinth_free_spill(struct labyrinth_zone *zone,
					  struct page *page, unsigned long caller)
{
	struct labyrinth_cache *cache = this_cpu_ptr(zone->cache);
	struct labyrinth_desc *desc;
	bool freed;

	freed = labyrinth_cache_spill(zone, cache) &&
		(labyrinth_registry_nigh(zone, page, &desc) ||
		 labyrinth_registry_far(zone, page, &desc)) &&
		labyrinth_free_push(zone, cache, desc, page, caller, true);
	labyrinth_cache_unlock(cache);
	preempt_enable();
	if (unlikely(!freed))
		labyrinth_free_slow(zone, page, caller);
}

/*
 * What the fast paths could not do, with preemption disabled as they left it: the cache
 * is full or in use, or the zone is strict, or a page that goes into the reserve is hard
 * to find. What is wrong with a page the slow path will tell.
 */
static noinline void labyrinth_free_rest(struct labyrinth_zone *zone,
					 struct page *page, unsigned long caller)
{
	struct labyrinth_desc *desc;
	struct labyrinth_cache *cache;
	unsigned long attention;

	/* data_race(): a hint, see LABYRINTH_FREE_SHORT. */
	attention = data_race(zone->free_attention);
	if (unlikely(attention & ~(BIT(LABYRINTH_FREE_SHORT) | BIT(LABYRINTH_FREE_STRICT) |
				   BIT(LABYRINTH_FREE_TAILS))))
		goto slow;
	if (unlikely(!labyrinth_registry_nigh(zone, page, &desc) &&
		     !labyrinth_registry_far(zone, page, &desc)))
		goto slow;
	/* One test for both: strict zones get by. */
	if (attention & (BIT(LABYRINTH_FREE_SHORT) | BIT(LABYRINTH_FREE_TAILS))) {
		if (unlikely(!labyrinth_tails_sound(zone, page)))
			goto slow;
		if (attention & BIT(LABYRINTH_FREE_SHORT)) {
			if (likely(labyrinth_free_short(zone, zone->table, desc,
							labyrinth_place(zone->table, desc),
							page, caller)))
				return;
			goto slow;
		}
	}
	cache = this_cpu_ptr(zone->cache);
	if (unlikely(!zone->cache_size || !labyrinth_cache_trylock(cache)))
		goto slow;
	if (unlikely(cache->nr >= zone->cache_size))
		return labyrinth_free_spill(zone, page, caller);
	if (likely(labyrinth_free_push(zone, cache, desc, page, caller, true))) {
		labyrinth_cache_unlock(cache);
		preempt_enable();
		return;
	}
	labyrinth_cache_unlock(cache);
slow:
	preempt_enable();
	labyrinth_free_slow(zone, page, caller);
}

/*
 * Likewise where something is to be heeded: mostly that the reserve is short, and it is
 * then that others are in a hurry.
 */
static noinline void labyrinth_free_attended(struct labyrinth_zone *zone,
					     struct page *page, unsigned long caller)
{
	struct labyrinth_desc *table = zone->table, *desc;
	unsigned long place;

	/* data_race(): a hint, see LABYRINTH_FREE_SHORT. */
	if (unlikely(data_race(zone->free_attention) != BIT(LABYRINTH_FREE_SHORT)))
		return labyrinth_free_rest(zone, page, caller);
	place = labyrinth_registry_place(zone, page);
	desc = labyrinth_at(table, place);
	/* data_race(): other pages may come and go there, the caller's may not. */
	if (unlikely(data_race(desc->page) != page)) {
		if (!labyrinth_registry_near(page, &desc))
			return labyrinth_free_rest(zone, page, caller);
		place = labyrinth_place(table, desc);
	}
	if (likely(labyrinth_free_short(zone, table, desc, place, page, caller)))
		return;
	preempt_enable();
	labyrinth_free_slow(zone, page, caller);
}

/*
 * Likewise for a page that may be in the second group, with this CPU's cache locked;
 * @desc: any slot of the first one.
 */
static noinline void labyrinth_free_far(struct labyrinth_zone *zone, struct page *page,
					unsigned long caller, struct labyrinth_desc *desc)
{
	struct labyrinth_cache *cache = this_cpu_ptr(zone->cache);

	if (likely(labyrinth_registry_far(zone, page, &desc) &&
		   labyrinth_free_push(zone, cache, desc, page, caller, false))) {
		labyrinth_cache_unlock(cache);
		preempt_enable();
		return;
	}
	labyrinth_cache_unlock(cache);
	labyrinth_free_rest(zone, page, caller);
}

/* Nothing is to be heeded, and preemption is disabled. */
static __always_inline void labyrinth_free_calm(struct labyrinth_zone *zone,
						struct page *page, unsigned long caller)
{
	struct labyrinth_cache *cache;
	struct labyrinth_desc *desc;

	cache = this_cpu_ptr(zone->cache);
	if (likely(labyrinth_cache_trylock(cache))) {
		if (unlikely(!labyrinth_registry_nigh(zone, page, &desc)))
			return labyrinth_free_far(zone, page, caller, desc);
		if (likely(labyrinth_free_push(zone, cache, desc, page, caller, false))) {
			labyrinth_cache_unlock(cache);
			preempt_enable();
			return;
		}
		labyrinth_cache_unlock(cache);
	}
	labyrinth_free_rest(zone, page, caller);
}

static __always_inline void labyrinth_free_one(struct labyrinth_zone *zone,
					       struct page *page,
					       unsigned long caller)
{
	/* Preemption off is a read-side section, too: destroy waits for it. */
	preempt_disable();
	/* data_race(): a hint, see LABYRINTH_FREE_SHORT. */
	if (unlikely(data_race(zone->free_attention)))
		return labyrinth_free_attended(zone, page, caller);
	labyrinth_free_calm(zone, page, caller);
}

/* With NULL the zone is not looked at: only a live page keeps it there. */
void labyrinth_free_page(struct labyrinth_zone *zone, struct page *page)
{
	if (likely(page))
		labyrinth_free_one(zone, page, _RET_IP_);
}
EXPORT_SYMBOL_LABYRINTH(labyrinth_free_page);

/* The same on behalf of @caller. */
void labyrinth_free_for(struct labyrinth_zone *zone, struct page *page,
			unsigned long caller)
{
	labyrinth_free_one(zone, page, caller);
}

/* An address that is no page's own: a buffer's, or nobody's. */
static noinline void labyrinth_free_odd(struct labyrinth_zone *zone, const void *addr,
					unsigned long caller)
{
	struct page *page = zone->buffer_pages ? labyrinth_buffer_find(zone, addr) : NULL;

	if (likely(page))
		labyrinth_free_slow(zone, page, caller);
	else
		labyrinth_free_misuse(zone, LABYRINTH_EVENT_FOREIGN, addr, NULL, caller);
}

/*
 * Something is to be heeded, with preemption disabled. @page is what an address has made;
 * to keep that as well would cost those a register who need it no more. It is got back
 * by arithmetic, and confirmed.
 */
static noinline void labyrinth_free_address(struct labyrinth_zone *zone, struct page *page,
					    unsigned long caller)
{
	if (likely(!zone->buffer_pages))
		return labyrinth_free_attended(zone, page, caller);
	preempt_enable();
	labyrinth_free_odd(zone, page_to_virt(page), caller);
}

void labyrinth_free(struct labyrinth_zone *zone, const void *addr)
{
	struct page *page;

	if (unlikely(!addr))
		return;
	if (unlikely(!labyrinth_addr_plausible(addr)) ||
	    (!LABYRINTH_ADDR_COMES_BACK && unlikely(zone->buffer_pages)))
		return labyrinth_free_odd(zone, addr, _RET_IP_);
	page = labyrinth_addr_page(addr);
	preempt_disable();
	/* data_race(): a hint, see LABYRINTH_FREE_SHORT. */
	if (unlikely(data_race(zone->free_attention)))
		return labyrinth_free_address(zone, page, _RET_IP_);
	labyrinth_free_calm(zone, page, _RET_IP_);
}
EXPORT_SYMBOL_LABYRINTH(labyrinth_free);

/*
 * As many pages as are where most pages are, and as they should be, become idle and go
 * into consecutive slots of a locked cache. For the one after those *desc is of its
 * first group.
 */
static __always_inline unsigned long
labyrinth_bulk_push(struct labyrinth_zone *zone, struct labyrinth_desc **slot,
		    struct page **pages, unsigned long nr, unsigned long caller,
		    struct labyrinth_desc **desc)
{
	unsigned long i;

	unrolled_count(4)
	for (i = 0; i < nr; i++) {
		if (unlikely(!labyrinth_registry_nigh(zone, pages[i], desc) ||
			     !labyrinth_free_commit(zone, *desc, pages[i], caller, false)))
			break;
		slot[i] = *desc;
	}
	return i;
}

/* What this CPU's cache takes of a few pages; the rest stays in @pages. */
static __always_inline unsigned int
labyrinth_free_some(struct labyrinth_zone *zone, unsigned int nr, struct page **pages,
		    unsigned long caller)
{
	struct labyrinth_desc *desc, **slot;
	struct labyrinth_cache *cache;
	unsigned long i = 0, most;

	preempt_disable();
	cache = this_cpu_ptr(zone->cache);
	/* data_race(): a hint, see LABYRINTH_FREE_SHORT. */
	if (likely(!data_race(zone->free_attention)) && labyrinth_cache_trylock(cache)) {
		slot = &cache->slot[cache->nr + 1];
		most = min(zone->cache_size - cache->nr, (unsigned long)nr);
		for (;;) {
			i += labyrinth_bulk_push(zone, slot + i, pages + i, most - i,
						 caller, &desc);
			if (likely(i == most))
				break;
			/* In the second group? */
			if (!labyrinth_registry_far(zone, pages[i], &desc) ||
			    !labyrinth_free_commit(zone, desc, pages[i], caller, false))
				break;
			slot[i++] = desc;
		}
		cache->frees += i;
		cache->nr += i;
		labyrinth_cache_unlock(cache);
	}
	preempt_enable();
	return i;
}

void labyrinth_free_bulk(struct labyrinth_zone *zone, unsigned int nr,
			 struct page **pages)
{
	unsigned int done = 0;

	while (done < nr) {
		/* Only a page that is still live keeps a zone from being freed. */
		if (!pages[done]) {
			done++;
			continue;
		}
		/* Preemption is off for a batch at most. */
		done += labyrinth_free_some(zone,
					    min(nr - done, LABYRINTH_BATCH_MAX),
					    pages + done, _RET_IP_);
		if (done < nr && pages[done]) {
			preempt_disable();
			labyrinth_free_rest(zone, pages[done++], _RET_IP_);
		}
	}
}
EXPORT_SYMBOL_LABYRINTH(labyrinth_free_bulk);
