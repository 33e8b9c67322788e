// SPDX-License-Identifier: GPL-2.0
/*
 * Allocation, from any context.
 *
 * The steps are: the stock of clean pages for who wants one zeroed; this CPU's
 * cache, refilled from the depot in batches; the
 * system; the reserve; NULL. The zone's policy orders the last two or leaves the
 * system out. A request that is not critical (NOWAIT) leaves the reserve alone,
 * one that is charged (ACCOUNT) can only be served by the system.
 *
 * The fast path serves a request without flags from this CPU's cache. Whatever
 * is special about a zone or a request leaves it by one test of the flags or-ed
 * together. Some cases more are quick, though not as quick: a clean page, one of the
 * reserve while that serves in the system's place or by policy, and a bulk from the
 * cache and whole batches of the depot. All else is the slow path's.
 *
 * Until it is handed out a page is idle, in the hands of the one CPU that took
 * it: it can be compared, filled, or put back. It becomes live, and visible in
 * the registry's listing, by one store.
 *
 * A bulk request collects pages from the first steps and takes what is missing
 * from the reserve at once, as a chain, so that two of them cannot starve each
 * other with half of the reserve each. If that fails, all goes back.
 */
#include <linux/instruction_pointer.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/timekeeping.h>

#include "page.h"
#include "reserve.h"
#include <trace/events/labyrinth.h>

/**
 * struct labyrinth_signature - what is noted of an allocation
 * @caller: who has the page
 * @when: since when, in jiffies
 * @context: preempt_count() with preemption disabled once more than the caller
 *	has it, as on the fast path
 */
struct labyrinth_signature {
	unsigned long	caller;
	unsigned long	when;
	u32		context;
};

static __always_inline void labyrinth_sign(struct labyrinth_desc *desc,
					   struct labyrinth_signature by)
{
	desc->caller = by.caller;
	desc->when = by.when;
	desc->context = by.context;
}

static __always_inline struct labyrinth_signature
labyrinth_fast_signature(unsigned long caller)
{
	return (struct labyrinth_signature) {
		.caller = caller, .when = jiffies, .context = preempt_count(),
	};
}

/*
 * The same on the slow path, whose rcu_read_lock() disables preemption only
 * where RCU readers cannot be preempted.
 */
u32 labyrinth_slow_context(void)
{
	return preempt_count() +
	       (IS_ENABLED(CONFIG_PREEMPT_RCU) ? PREEMPT_DISABLE_OFFSET : 0);
}

static struct labyrinth_signature labyrinth_slow_signature(unsigned long caller)
{
	return (struct labyrinth_signature) {
		.caller = caller, .when = jiffies,
		.context = labyrinth_slow_context(),
	};
}

/* Not so if the page was freed by two CPUs at once, or the cache is empty. */
static __always_inline bool labyrinth_alloc_idle(const struct labyrinth_desc *desc)
{
	/* data_race(): as long as it is what it should be, nobody changes it. */
	return likely(data_race(desc->state) == LABYRINTH_DESC_IDLE);
}

/*
 * The fast path, for a caller that holds @cache locked: its top page, idle, taken
 * out. False: nothing has been done, the slow path will.
 */
static __always_inline bool labyrinth_alloc_pop(struct labyrinth_cache *cache,
						struct labyrinth_desc **desc)
{
	*desc = cache->slot[cache->nr];
	if (unlikely(!labyrinth_alloc_idle(*desc)))
		return false;
	/* The compiler had better count in memory than keep the number. */
	barrier();
	cache->nr--;
	return true;
}

/* And it is handed out. */
static __always_inline struct page *
labyrinth_alloc_commit(struct labyrinth_desc *desc, struct labyrinth_signature by)
{
	struct page *page = desc->page;

	labyrinth_sign(desc, by);
	WRITE_ONCE(desc->state, LABYRINTH_DESC_LIVE);
	return page;
}

/* All of it, with preemption disabled. False: nothing has been done. */
static __always_inline bool labyrinth_alloc_cached(struct labyrinth_cache *cache,
						   unsigned long caller,
						   struct page **page)
{
	struct labyrinth_desc *desc;

	if (unlikely(!labyrinth_cache_trylock(cache)))
		return false;
	if (unlikely(!labyrinth_alloc_pop(cache, &desc))) {
		labyrinth_cache_unlock(cache);
		return false;
	}
	*page = labyrinth_alloc_commit(desc, labyrinth_fast_signature(caller));
	labyrinth_cache_unlock(cache);
	return true;
}

void labyrinth_alloc_misuse(struct labyrinth_zone *zone,
			    enum labyrinth_event_type type, unsigned int detail,
			    unsigned long caller)
{
	labyrinth_count(zone, LABYRINTH_MISUSE);
	labyrinth_record(zone, type, NULL, detail, caller, 0, 0);
}

/* Is this request one that can be served? @quality: the call's own flags. */
bool labyrinth_request_valid(struct labyrinth_zone *zone,
			     labyrinth_quality_t quality, unsigned long caller)
{
	labyrinth_quality_t all = quality | zone->quality;

	if (unlikely(test_bit(LABYRINTH_FREE_DYING, &zone->free_attention))) {
		labyrinth_alloc_misuse(zone, LABYRINTH_EVENT_DYING, 0, caller);
		return false;
	}
	if (unlikely((quality & LABYRINTH_QUALITY_VERIFY) ||
		     !labyrinth_quality_valid(all))) {
		labyrinth_alloc_misuse(zone, LABYRINTH_EVENT_BAD_FLAGS,
				       (__force unsigned int)all, caller);
		return false;
	}
	if (unlikely((all & LABYRINTH_QUALITY_ACCOUNT) && !in_task())) {
		labyrinth_alloc_misuse(zone, LABYRINTH_EVENT_BAD_CONTEXT,
				       labyrinth_slow_context(), caller);
		return false;
	}
	return true;
}

/* One page from the reserve, for a request that may have it. */
static struct labyrinth_desc *
labyrinth_take_reserve(struct labyrinth_zone *zone, labyrinth_quality_t quality)
{
	struct labyrinth_desc *desc;
	unsigned int tries;

	if (quality & LABYRINTH_QUALITY_NOWAIT)
		return NULL;
	for (tries = 0; tries < LABYRINTH_VERIFY_TRIES; tries++) {
		desc = labyrinth_reserve_take(zone, 1);
		if (!desc)
			return NULL;
		labyrinth_stack_next(zone->table, desc);
		if (likely(labyrinth_desc_sound(zone, desc)))
			return desc;
	}
	return NULL;
}

/* The kick of the page that was taken may have been answered before this. */
static void labyrinth_note_burst(struct labyrinth_zone *zone, unsigned long caller)
{
	if (test_bit(LABYRINTH_ZONE_BURST, &zone->state) ||
	    test_and_set_bit(LABYRINTH_ZONE_BURST, &zone->state))
		return;
	labyrinth_note_level(zone, LABYRINTH_NOTE_BURST, caller);
	/* The worker may have found memory, and cleared both, meanwhile. */
	if (test_bit(LABYRINTH_ZONE_LATCHED, &zone->state))
		labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
	else
		clear_bit(LABYRINTH_ZONE_BURST, &zone->state);
}

/*
 * What the reserve has served is counted as what? If it did so in the system's place,
 * the worker will say so.
 */
static enum labyrinth_count labyrinth_note_reserve(struct labyrinth_zone *zone,
						   unsigned long caller)
{
	if (READ_ONCE(zone->policy) != LABYRINTH_SYSTEM_FIRST ||
	    !test_bit(LABYRINTH_ZONE_LATCHED, &zone->state))
		return LABYRINTH_FROM_RESERVE;
	WRITE_ONCE(zone->fallback_caller, caller);
	labyrinth_note_burst(zone, caller);
	if (trace_labyrinth_fallback_enabled())
		trace_labyrinth_fallback(zone->name, labyrinth_reserve_level(zone),
					 READ_ONCE(zone->reserve_target), caller);
	return LABYRINTH_FALLBACKS;
}

static struct labyrinth_desc *
labyrinth_take_cached(struct labyrinth_zone *zone)
{
	return labyrinth_cache_take(zone, zone->cache, &zone->depot) ?:
	       labyrinth_depot_take(zone, &zone->depot);
}

/* One idle page by the steps of the zone's policy; where from is in *source. */
struct labyrinth_desc *labyrinth_take(struct labyrinth_zone *zone,
				      labyrinth_quality_t quality,
				      enum labyrinth_count *source)
{
	enum labyrinth_policy policy = READ_ONCE(zone->policy);
	struct labyrinth_desc *desc = NULL;

	if (labyrinth_injected(zone, LABYRINTH_INJECT_RESERVE_ONLY)) {
		*source = LABYRINTH_FROM_RESERVE;
		return quality & LABYRINTH_QUALITY_ACCOUNT ? NULL :
		       labyrinth_take_reserve(zone, quality);
	}
	if (quality & LABYRINTH_QUALITY_ACCOUNT) {
		*source = LABYRINTH_FROM_SYSTEM;
		return policy == LABYRINTH_RESERVE_ONLY ? NULL :
		       labyrinth_system_take(zone, quality);
	}

	if (labyrinth_quality_zeroed(zone, quality)) {
		*source = LABYRINTH_FROM_CLEAN;
		desc = labyrinth_clean_take_zeroed(zone);
		if (desc)
			return desc;
	}
	*source = LABYRINTH_FROM_CACHE;
	desc = labyrinth_take_cached(zone);
	if (desc)
		return desc;

	if (policy != LABYRINTH_SYSTEM_FIRST) {
		*source = LABYRINTH_FROM_RESERVE;
		desc = labyrinth_take_reserve(zone, quality);
	}
	if (!desc && policy != LABYRINTH_RESERVE_ONLY) {
		*source = LABYRINTH_FROM_SYSTEM;
		desc = labyrinth_system_take(zone, quality);
	}
	if (!desc && policy == LABYRINTH_SYSTEM_FIRST) {
		*source = LABYRINTH_FROM_RESERVE;
		desc = labyrinth_take_reserve(zone, quality);
	}
	/* Better a page that was meant for something else than none. */
	if (!desc) {
		*source = LABYRINTH_FROM_CLEAN;
		desc = labyrinth_clean_take(zone);
	}
	return desc;
}

/* LABYRINTH_TRACE_SOURCES has their names. */
#define LABYRINTH_TRACE_FALLBACK	5U
#define LABYRINTH_TRACE_BULK		6U

static unsigned int labyrinth_trace_source(enum labyrinth_count source)
{
	BUILD_BUG_ON(LABYRINTH_FROM_CACHE != 0 || LABYRINTH_FROM_CLEAN != 1 ||
		     LABYRINTH_FROM_SYSTEM != 2 || LABYRINTH_FROM_RESERVE != 3 ||
		     LABYRINTH_FROM_TICKET != 4);
	return source == LABYRINTH_FALLBACKS ? LABYRINTH_TRACE_FALLBACK : source;
}

static __always_inline void labyrinth_trace_alloc(struct labyrinth_zone *zone,
						  struct page *page,
						  labyrinth_quality_t quality,
						  unsigned int source,
						  unsigned long caller)
{
	if (trace_labyrinth_alloc_enabled())
		trace_labyrinth_alloc(zone->name, page_to_pfn(page), zone->order,
				      (__force unsigned int)quality, source, caller);
}

/* An idle page becomes the caller's. */
struct page *labyrinth_hand_out(struct labyrinth_zone *zone,
				struct labyrinth_desc *desc,
				labyrinth_quality_t quality,
				enum labyrinth_count source, unsigned long caller)
{
	bool fresh = source == LABYRINTH_FROM_SYSTEM || source == LABYRINTH_FROM_CLEAN;
	struct page *page = desc->page;

	if (source == LABYRINTH_FROM_RESERVE)
		source = labyrinth_note_reserve(zone, caller);
	labyrinth_quality_apply(zone, page, quality, fresh);
	labyrinth_sign(desc, labyrinth_slow_signature(caller));
	WRITE_ONCE(desc->state, LABYRINTH_DESC_LIVE |
		   (desc->state & LABYRINTH_DESC_NORECYCLE));
	if (unlikely(test_bit(LABYRINTH_ZONE_SAMPLED, &zone->state)))
		labyrinth_stacks_sample(zone, desc);
	labyrinth_count(zone, source);
	labyrinth_trace_alloc(zone, page, quality, labyrinth_trace_source(source), caller);
	return page;
}

/* An idle page that was taken is not handed out after all. */
static void labyrinth_put_back(struct labyrinth_zone *zone,
			       struct labyrinth_desc *desc)
{
	if (desc->state == LABYRINTH_DESC_IDLE)
		labyrinth_give_idle(zone, desc);
	else
		labyrinth_system_give(zone, desc);
}

static bool labyrinth_aligned(struct labyrinth_zone *zone, struct page *page,
			      labyrinth_quality_t quality, unsigned long caller)
{
	if (!(quality & LABYRINTH_QUALITY_CL_ALIGN) ||
	    likely(IS_ALIGNED((unsigned long)labyrinth_address(zone, page),
			      L1_CACHE_BYTES)))
		return true;
	labyrinth_alloc_misuse(zone, LABYRINTH_EVENT_UNALIGNED, 0, caller);
	return false;
}

/* The first to starve leaves word for the worker, who tells. */
static void labyrinth_starved_begin(struct labyrinth_zone *zone, unsigned int nr,
				    unsigned long caller)
{
	u64 none = 0;

	/* Of one of those who were first: who comes second here may be first to stamp. */
	WRITE_ONCE(zone->starved_nr, nr);
	WRITE_ONCE(zone->starved_caller, caller);
	try_cmpxchg(&zone->starved_since, &none, ktime_get_mono_fast_ns());
	/* Pairs with the smp_rmb() of the worker: the bit comes last. */
	smp_mb__before_atomic();
}

/* A request for so many pages got nothing. */
void labyrinth_failed(struct labyrinth_zone *zone, labyrinth_quality_t quality,
		      unsigned int nr, unsigned long caller)
{
	labyrinth_count(zone, LABYRINTH_FAILED);
	if (quality & (LABYRINTH_QUALITY_NOWAIT | LABYRINTH_QUALITY_ACCOUNT))
		return;
	labyrinth_count(zone, LABYRINTH_STARVATIONS);
	/* What no reserve could have served says nothing of its size. */
	if (likely(nr <= zone->max_pages))
		atomic64_add(nr, &zone->count[LABYRINTH_DENIED]);
	trace_labyrinth_starved(zone->name, nr, (__force unsigned int)quality, caller);
	if (!test_bit(LABYRINTH_FREE_STARVED, &zone->free_attention)) {
		labyrinth_starved_begin(zone, nr, caller);
		set_bit(LABYRINTH_FREE_STARVED, &zone->free_attention);
	}
	labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
}

static noinline struct page *labyrinth_alloc_slow(struct labyrinth_zone *zone,
						  labyrinth_quality_t quality,
						  unsigned long caller)
{
	labyrinth_quality_t all = quality | zone->quality;
	struct labyrinth_desc *desc = NULL;
	enum labyrinth_count source;
	struct page *page = NULL;
	unsigned int tries;

	rcu_read_lock();
	if (!labyrinth_request_valid(zone, quality, caller)) {
		labyrinth_count(zone, LABYRINTH_FAILED);
		goto out;
	}
	for (tries = 0; tries < LABYRINTH_VERIFY_TRIES; tries++) {
		desc = labyrinth_take(zone, all, &source);
		if (!desc || source == LABYRINTH_FROM_SYSTEM ||
		    labyrinth_quality_verify(zone, desc, caller))
			break;
		desc = NULL;
	}
	if (desc && !labyrinth_aligned(zone, desc->page, all, caller)) {
		labyrinth_put_back(zone, desc);
		labyrinth_count(zone, LABYRINTH_FAILED);
		goto out;
	}
	if (!desc) {
		labyrinth_failed(zone, all, 1, caller);
		goto out;
	}
	page = labyrinth_hand_out(zone, desc, all, source, caller);
out:
	rcu_read_unlock();
	return page;
}

/* The last of it: with preemption disabled, ask for the worker, and return. */
static noinline struct page *labyrinth_alloc_kick(struct labyrinth_zone *zone,
						  struct page *page)
{
	labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
	preempt_enable();
	return page;
}

/* A page of the reserve that does not look as it was left there, likewise. */
static noinline struct page *labyrinth_alloc_doubtful(struct labyrinth_zone *zone,
						      struct labyrinth_desc *desc,
						      unsigned long caller)
{
	rcu_read_lock();
	preempt_enable();
	labyrinth_desc_unlink(desc);
	if (labyrinth_desc_sound(zone, desc))
		labyrinth_give_idle(zone, desc);
	labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
	rcu_read_unlock();
	return labyrinth_alloc_slow(zone, LABYRINTH_QUALITY_NONE, caller);
}

/* This CPU's cache is empty, but its depot is not; likewise. */
static noinline struct page *labyrinth_alloc_refill(struct labyrinth_zone *zone,
						    labyrinth_quality_t quality,
						    unsigned long caller)
{
	bool zeroed = quality == LABYRINTH_QUALITY_ZERO;
	struct labyrinth_cache *cache = this_cpu_ptr(zeroed ? zone->clean : zone->cache);
	struct page *page = NULL;
	struct labyrinth_desc *desc;

	if (likely(labyrinth_cache_trylock(cache))) {
		/* Otherwise its top page was freed by two CPUs at once. */
		if (likely(!cache->nr))
			labyrinth_cache_fill(zone, cache,
					     zeroed ? &zone->clean_depot : &zone->depot);
		if (likely(labyrinth_alloc_pop(cache, &desc)))
			page = labyrinth_alloc_commit(desc,
						      labyrinth_fast_signature(caller));
		labyrinth_cache_unlock(cache);
	}
	if (zeroed && page)
		labyrinth_clean_ask(zone);
	preempt_enable();
	return page ?: labyrinth_alloc_slow(zone, quality, caller);
}

/*
 * A request with something special about it, with preemption disabled: for a zeroed
 * page there is the stock of clean ones.
 */
static noinline struct page *labyrinth_alloc_special(struct labyrinth_zone *zone,
						     labyrinth_quality_t quality,
						     unsigned long caller)
{
	struct page *page;

	/* data_race(): a hint, see LABYRINTH_FREE_SHORT. */
	if (likely((quality | data_race(zone->alloc_attention)) == LABYRINTH_QUALITY_ZERO)) {
		if (likely(labyrinth_alloc_cached(this_cpu_ptr(zone->clean), caller, &page))) {
			preempt_enable();
			return page;
		}
		if (!labyrinth_stack_empty(&zone->clean_depot))
			return labyrinth_alloc_refill(zone, LABYRINTH_QUALITY_ZERO, caller);
	}
	preempt_enable();
	return labyrinth_alloc_slow(zone, quality, caller);
}

/*
 * One of the reserve, likewise, for a request without flags that nothing else can serve.
 * @fallback: the system could not, as the zone's state says.
 */
static __always_inline struct page *
labyrinth_alloc_reserve(struct labyrinth_zone *zone, unsigned long caller, bool fallback)
{
	struct labyrinth_desc *desc;
	struct page *page;
	u32 depth;

	if (unlikely(!labyrinth_stack_pop_one(&zone->reserve, &zone->table, &desc, &depth))) {
		preempt_enable();
		return labyrinth_alloc_slow(zone, LABYRINTH_QUALITY_NONE, caller);
	}
	labyrinth_reserve_taken(zone, depth);
	page = desc->page;
	if (unlikely(!labyrinth_alloc_idle(desc) || !labyrinth_recyclable(zone, page)))
		return labyrinth_alloc_doubtful(zone, desc, caller);
	labyrinth_sign(desc, labyrinth_fast_signature(caller));
	labyrinth_desc_alloc_linked(desc);
	labyrinth_count(zone, fallback ? LABYRINTH_FALLBACKS : LABYRINTH_FROM_RESERVE);
	if (fallback)
		WRITE_ONCE(zone->fallback_caller, caller);
	if (unlikely(!labyrinth_kicked_already(zone, LABYRINTH_KICK_REFILL)))
		return labyrinth_alloc_kick(zone, page);
	preempt_enable();
	return page;
}

/* Where the policy has it before the system. */
static noinline struct page *
labyrinth_alloc_reserve_first(struct labyrinth_zone *zone, unsigned long caller)
{
	/* data_race(): a hint, as below. */
	if (likely(data_race(zone->state) & BIT(LABYRINTH_ZONE_RESERVE)))
		return labyrinth_alloc_reserve(zone, caller, false);
	preempt_enable();
	return labyrinth_alloc_slow(zone, LABYRINTH_QUALITY_NONE, caller);
}

/*
 * A request without flags that this CPU's cache could not serve, likewise. If there is
 * nothing in the depot either, and the reserve is serving in the system's place already,
 * it goes straight there: it is then that allocation has to be quick, as everybody else
 * is slow.
 */
static noinline struct page *labyrinth_alloc_dry(struct labyrinth_zone *zone,
						 labyrinth_quality_t quality,
						 unsigned long caller)
{
	if (unlikely(!labyrinth_stack_empty(&zone->depot)))
		return labyrinth_alloc_refill(zone, quality, caller);
	/* data_race(): a hint; the worker has just found memory, or will. */
	if (likely(data_race(zone->state) & BIT(LABYRINTH_ZONE_BURST)))
		return labyrinth_alloc_reserve(zone, caller, true);
	return labyrinth_alloc_reserve_first(zone, caller);
}

/* With preemption disabled: is there something special about it? */
static __always_inline bool labyrinth_alloc_begin(struct labyrinth_zone *zone,
						  labyrinth_quality_t quality,
						  struct labyrinth_cache **cache)
{
	/* Preemption off is a read-side section, too: destroy waits for it. */
	preempt_disable();
	*cache = this_cpu_ptr(zone->cache);
	/* data_race(): a hint, see LABYRINTH_FREE_SHORT. */
	return quality | data_race(zone->alloc_attention);
}

/* If not: true: *page is one, and not NULL, which spares a look at it. */
static __always_inline bool labyrinth_alloc_one(struct labyrinth_zone *zone,
						struct labyrinth_cache *cache,
						labyrinth_quality_t quality,
						unsigned long caller, struct page **page)
{
	if (unlikely(!labyrinth_alloc_cached(cache, caller, page))) {
		*page = labyrinth_alloc_dry(zone, quality, caller);
		return false;
	}
	preempt_enable();
	return true;
}

struct page *labyrinth_alloc_page_atomic(struct labyrinth_zone *zone,
					 labyrinth_quality_t quality)
{
	struct labyrinth_cache *cache;
	struct page *page;

	if (unlikely(labyrinth_alloc_begin(zone, quality, &cache)))
		page = labyrinth_alloc_special(zone, quality, _RET_IP_);
	else
		labyrinth_alloc_one(zone, cache, quality, _RET_IP_, &page);
	return page;
}
EXPORT_SYMBOL_LABYRINTH(labyrinth_alloc_page_atomic);

/* The same on behalf of @caller. */
struct page *labyrinth_alloc_for(struct labyrinth_zone *zone,
				 labyrinth_quality_t quality, unsigned long caller)
{
	struct labyrinth_cache *cache;
	struct page *page;

	if (unlikely(labyrinth_alloc_begin(zone, quality, &cache)))
		page = labyrinth_alloc_special(zone, quality, caller);
	else
		labyrinth_alloc_one(zone, cache, quality, caller, &page);
	return page;
}

/* Who alone knows of buffers, so that nobody else has to keep the zone for them. */
static noinline void *labyrinth_alloc_special_address(struct labyrinth_zone *zone,
						      labyrinth_quality_t quality,
						      unsigned long caller)
{
	struct page *page = labyrinth_alloc_special(zone, quality, caller);

	return page ? labyrinth_address(zone, page) : NULL;
}

void *labyrinth_alloc_atomic(struct labyrinth_zone *zone,
			     labyrinth_quality_t quality)
{
	struct labyrinth_cache *cache;
	struct page *page;

	if (unlikely(labyrinth_alloc_begin(zone, quality, &cache)))
		return labyrinth_alloc_special_address(zone, quality, _RET_IP_);
	if (likely(labyrinth_alloc_one(zone, cache, quality, _RET_IP_, &page)))
		return page_address(page);
	return page ? page_address(page) : NULL;
}
EXPORT_SYMBOL_LABYRINTH(labyrinth_alloc_atomic);

/**
 * struct labyrinth_bulk - a bulk request under way
 * @zone: the zone
 * @quality: all flags
 * @caller: who asks
 * @nr: pages collected so far, in @pages, idle
 * @want: pages asked for
 * @pages: the caller's array
 * @from: how many of them came from where
 */
struct labyrinth_bulk {
	struct labyrinth_zone	*zone;
	labyrinth_quality_t	quality;
	unsigned long		caller;
	unsigned int		nr;
	unsigned int		want;
	struct page		**pages;
	u64			from[LABYRINTH_FROM_RESERVE + 1];
};

static void labyrinth_bulk_add(struct labyrinth_bulk *bulk,
			       struct labyrinth_desc *desc,
			       enum labyrinth_count source)
{
	bool fresh = source == LABYRINTH_FROM_SYSTEM || source == LABYRINTH_FROM_CLEAN;

	if (!fresh && !labyrinth_quality_verify(bulk->zone, desc, bulk->caller))
		return;
	/* Content now: where the page came from is not kept. */
	labyrinth_quality_apply(bulk->zone, desc->page, bulk->quality, fresh);
	bulk->pages[bulk->nr++] = desc->page;
	bulk->from[source]++;
}

/* As many as there are idle pages of this CPU and the depot. */
static void labyrinth_bulk_cached(struct labyrinth_bulk *bulk)
{
	struct labyrinth_desc *desc;
	unsigned int tries = bulk->want + LABYRINTH_VERIFY_TRIES;

	while (bulk->nr < bulk->want && tries--) {
		desc = labyrinth_take_cached(bulk->zone);
		if (!desc)
			return;
		labyrinth_bulk_add(bulk, desc, LABYRINTH_FROM_CACHE);
	}
}

static void labyrinth_bulk_system(struct labyrinth_bulk *bulk)
{
	struct labyrinth_desc *desc;

	while (bulk->nr < bulk->want) {
		desc = labyrinth_system_take(bulk->zone, bulk->quality);
		if (!desc)
			return;
		labyrinth_bulk_add(bulk, desc, LABYRINTH_FROM_SYSTEM);
	}
}

/* All that is missing, or nothing; again only for pages set aside. */
static void labyrinth_bulk_reserve(struct labyrinth_bulk *bulk)
{
	struct labyrinth_desc *desc, *next;
	unsigned int tries, missing;

	if (bulk->quality & LABYRINTH_QUALITY_NOWAIT)
		return;
	for (tries = 0; tries < LABYRINTH_VERIFY_TRIES; tries++) {
		missing = bulk->want - bulk->nr;
		if (!missing)
			return;
		desc = labyrinth_reserve_take(bulk->zone, missing);
		if (!desc)
			return;
		while (missing--) {
			next = labyrinth_stack_next(bulk->zone->table, desc);
			if (labyrinth_desc_sound(bulk->zone, desc))
				labyrinth_bulk_add(bulk, desc, LABYRINTH_FROM_RESERVE);
			desc = next;
		}
	}
}

/* Better pages that were meant for something else than none. */
static void labyrinth_bulk_clean(struct labyrinth_bulk *bulk)
{
	struct labyrinth_desc *desc;

	while (bulk->nr < bulk->want) {
		desc = labyrinth_clean_take(bulk->zone);
		if (!desc)
			return;
		labyrinth_bulk_add(bulk, desc, LABYRINTH_FROM_CLEAN);
	}
}

static void labyrinth_bulk_collect(struct labyrinth_bulk *bulk)
{
	enum labyrinth_policy policy = READ_ONCE(bulk->zone->policy);

	if (labyrinth_injected(bulk->zone, LABYRINTH_INJECT_RESERVE_ONLY)) {
		if (!(bulk->quality & LABYRINTH_QUALITY_ACCOUNT))
			labyrinth_bulk_reserve(bulk);
		return;
	}
	if (bulk->quality & LABYRINTH_QUALITY_ACCOUNT) {
		if (policy != LABYRINTH_RESERVE_ONLY)
			labyrinth_bulk_system(bulk);
		return;
	}
	labyrinth_bulk_cached(bulk);
	if (policy != LABYRINTH_SYSTEM_FIRST)
		labyrinth_bulk_reserve(bulk);
	if (policy != LABYRINTH_RESERVE_ONLY) {
		labyrinth_bulk_system(bulk);
		labyrinth_bulk_reserve(bulk);
	}
	labyrinth_bulk_clean(bulk);
}

static bool labyrinth_bulk_aligned(struct labyrinth_bulk *bulk)
{
	unsigned int i;

	for (i = 0; i < bulk->nr; i++)
		if (!labyrinth_aligned(bulk->zone, bulk->pages[i], bulk->quality,
				       bulk->caller))
			return false;
	return true;
}

static void labyrinth_bulk_undo(struct labyrinth_bulk *bulk)
{
	struct labyrinth_zone *zone = bulk->zone;
	struct labyrinth_desc *desc;

	while (bulk->nr--) {
		desc = labyrinth_registry_find(zone, bulk->pages[bulk->nr]);
		/* Whoever takes it next finds an idle page's content. */
		labyrinth_quality_idle(zone, desc->page);
		labyrinth_put_back(zone, desc);
	}
}

static void labyrinth_bulk_hand_out(struct labyrinth_bulk *bulk)
{
	struct labyrinth_signature by = labyrinth_slow_signature(bulk->caller);
	struct labyrinth_zone *zone = bulk->zone;
	struct labyrinth_desc *desc;
	unsigned int i;

	for (i = 0; i < bulk->nr; i++) {
		desc = labyrinth_registry_find(zone, bulk->pages[i]);
		labyrinth_sign(desc, by);
		WRITE_ONCE(desc->state, LABYRINTH_DESC_LIVE |
			   (desc->state & LABYRINTH_DESC_NORECYCLE));
		if (unlikely(test_bit(LABYRINTH_ZONE_SAMPLED, &zone->state)))
			labyrinth_stacks_sample(zone, desc);
		labyrinth_trace_alloc(zone, bulk->pages[i], bulk->quality,
				      LABYRINTH_TRACE_BULK, bulk->caller);
	}
	for (i = LABYRINTH_FROM_CACHE; i < LABYRINTH_FROM_RESERVE; i++)
		atomic64_add(bulk->from[i], &zone->count[i]);
	if (bulk->from[LABYRINTH_FROM_RESERVE])
		atomic64_add(bulk->from[LABYRINTH_FROM_RESERVE],
			     &zone->count[labyrinth_note_reserve(zone, bulk->caller)]);
}

static noinline int labyrinth_bulk_slow(struct labyrinth_zone *zone,
					labyrinth_quality_t quality,
					unsigned int nr, struct page **pages,
					unsigned long caller)
{
	struct labyrinth_bulk bulk = {
		.zone = zone, .quality = quality | zone->quality,
		.caller = caller, .want = nr, .pages = pages,
	};
	int ret = -ENOMEM;

	rcu_read_lock();
	if (!labyrinth_request_valid(zone, quality, caller)) {
		labyrinth_count(zone, LABYRINTH_FAILED);
		goto out;
	}
	labyrinth_bulk_collect(&bulk);
	if (bulk.nr < nr) {
		labyrinth_bulk_undo(&bulk);
		labyrinth_failed(zone, bulk.quality, nr, caller);
	} else if (!labyrinth_bulk_aligned(&bulk)) {
		labyrinth_bulk_undo(&bulk);
		labyrinth_count(zone, LABYRINTH_FAILED);
	} else {
		labyrinth_bulk_hand_out(&bulk);
		ret = 0;
	}
out:
	rcu_read_unlock();
	return ret;
}

/*
 * So many of a cache that is locked and holds as many. It stops at a page that is not
 * what it should be.
 */
static __always_inline unsigned long
labyrinth_bulk_pop(struct labyrinth_cache *cache, unsigned long nr, struct page **pages,
		   struct labyrinth_signature by)
{
	struct labyrinth_desc **top = &cache->slot[cache->nr];
	unsigned long i;

	unrolled_count(4)
	for (i = 0; i < nr; i++) {
		struct labyrinth_desc *desc = *top--;

		if (unlikely(!labyrinth_alloc_idle(desc)))
			break;
		pages[i] = labyrinth_alloc_commit(desc, by);
	}
	cache->nr -= i;
	return i;
}

/*
 * The rest of it where this CPU's cache, which is locked, has too few: with batches of
 * the depot, if that has enough; with preemption disabled.
 */
static noinline int labyrinth_bulk_more(struct labyrinth_zone *zone, unsigned int nr,
					struct page **pages, unsigned long caller)
{
	struct labyrinth_signature by = labyrinth_fast_signature(caller);
	struct labyrinth_cache *cache = this_cpu_ptr(zone->cache);
	struct labyrinth_desc *batch[LABYRINTH_BATCHES];
	unsigned int batches, done = 0, i;

	batches = labyrinth_depot_gather(zone, nr - cache->nr, batch);
	if (batches)
		done = labyrinth_bulk_pop(cache, cache->nr, pages, by);
	for (i = 0; i < batches; i++) {
		if (unlikely(cache->nr)) {
			labyrinth_depot_return(zone, &zone->depot, batch[i]);
			continue;
		}
		labyrinth_cache_load(zone, cache, batch[i]);
		done += labyrinth_bulk_pop(cache, min_t(u32, cache->nr, nr - done),
					   pages + done, by);
	}
	labyrinth_cache_unlock(cache);
	preempt_enable();
	if (likely(done == nr))
		return 0;
	/* Now and then a page freed twice is in the way: the slow path deals with it. */
	labyrinth_free_bulk(zone, done, pages);
	return labyrinth_bulk_slow(zone, LABYRINTH_QUALITY_NONE, nr, pages, caller);
}

int labyrinth_alloc_bulk_atomic(struct labyrinth_zone *zone,
				labyrinth_quality_t quality, unsigned int nr,
				struct page **pages)
{
	struct labyrinth_cache *cache;
	unsigned long done;

	if (unlikely(quality || nr > LABYRINTH_BATCH_MAX))
		return labyrinth_bulk_slow(zone, quality, nr, pages, _RET_IP_);
	preempt_disable();
	cache = this_cpu_ptr(zone->cache);
	/* data_race(): a hint, see LABYRINTH_FREE_SHORT. */
	if (unlikely(data_race(zone->alloc_attention) || !labyrinth_cache_trylock(cache))) {
		preempt_enable();
		return labyrinth_bulk_slow(zone, quality, nr, pages, _RET_IP_);
	}
	if (unlikely(cache->nr < nr))
		return labyrinth_bulk_more(zone, nr, pages, _RET_IP_);
	done = labyrinth_bulk_pop(cache, nr, pages, labyrinth_fast_signature(_RET_IP_));
	labyrinth_cache_unlock(cache);
	preempt_enable();
	if (likely(done == nr))
		return 0;
	labyrinth_free_bulk(zone, done, pages);
	return labyrinth_bulk_slow(zone, quality, nr, pages, _RET_IP_);
}
EXPORT_SYMBOL_LABYRINTH(labyrinth_alloc_bulk_atomic);
