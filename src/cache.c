// SPDX-License-Identifier: GPL-2.0
/*
 * The per-CPU caches, and the depot that they share.
 *
 * A cache is guarded by a flag which is tried, never waited for, with preemption
 * off: only its own CPU ever touches it, so the flag can be found taken only
 * by an interrupt (an NMI included) of the very code that holds it, and that
 * interrupt goes on to the depot or the reserve. In task context with
 * preemption off the flag is therefore always free. Nothing is disabled.
 *
 * The fast paths of alloc.c and free.c take and give single pages here; this
 * file has what they leave over. Pages move between a cache and the depot in
 * batches: a batch is a chain by ->next, led by a descriptor whose weight is the
 * number of pages, so that it moves by one compare-and-exchange.
 *
 * A descriptor found in a cache or on a stack must be of an idle page. If it is
 * not, the page was freed twice in the same instant by two CPUs, and the other one
 * has handed it out since, or let it go: it is reported and dropped, the other
 * reference is the good one.
 *
 * VERIFY zones use the cache as a queue, so that a page lies idle as long as
 * possible before it is compared and handed out.
 *
 * Who wants a cache emptied asks its CPU, by work on that CPU; a dead CPU's is
 * emptied by the hotplug callback. The fast paths know nothing of either, and an
 * idle CPU gives its pages up like a busy one.
 */
#include <linux/cpu.h>
#include <linux/minmax.h>
#include <linux/preempt.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "internal.h"

static struct workqueue_struct *labyrinth_drain_wq;

/* What lies below the pages of every cache. */
static const struct labyrinth_desc labyrinth_no_desc = {
	.state = LABYRINTH_DESC_NONE,
};

/*
 * Pages change places, with the cache locked. Statistics read the counters in the
 * order opposite to that in which they are written.
 */
static void labyrinth_cache_push(struct labyrinth_cache *cache,
				 struct labyrinth_desc *desc)
{
	WRITE_ONCE(cache->given, cache->given + 1);
	cache->slot[cache->nr + 1] = desc;
	WRITE_ONCE(cache->nr, cache->nr + 1);
}

static void labyrinth_cache_took(struct labyrinth_cache *cache, unsigned int nr)
{
	WRITE_ONCE(cache->nr, cache->nr - nr);
	WRITE_ONCE(cache->taken, cache->taken + nr);
}

#define LABYRINTH_HITS_TRIES	8

/*
 * What the fast path has handed out: all that came, less what went otherwise and
 * what is still there. It is the CPU's own that counts meanwhile, so this is what the
 * figures give that belong together, or nearly.
 */
unsigned long labyrinth_cache_hits(const struct labyrinth_cache *cache)
{
	unsigned int tries = LABYRINTH_HITS_TRIES;
	unsigned long came, taken;
	long hits;

	do {
		/* data_race(): as good as a moment's statistics can be. */
		taken = data_race(READ_ONCE(cache->taken));
		smp_rmb();	/* what has gone since is seen to have come, too */
		/* data_race(): likewise. */
		hits = -data_race(READ_ONCE(cache->nr));
		smp_rmb();	/* likewise */
		/* data_race(): likewise. */
		came = data_race(READ_ONCE(cache->frees) + READ_ONCE(cache->given));
		hits += came - taken;
		smp_rmb();	/* nothing may have been moved in between */
		/* data_race(): likewise. */
	} while (data_race(READ_ONCE(cache->taken)) != taken && --tries);
	return max(hits, 0L);
}

static struct labyrinth_desc *labyrinth_depot_pop(struct labyrinth_zone *zone,
						  struct labyrinth_stack *depot,
						  u32 *nr)
{
	struct labyrinth_desc *first;
	u32 left;

	first = labyrinth_stack_pop(depot, zone->table, 1, 0, &left);
	if (first)
		*nr = first->weight;
	return first;
}

/* Next of the batch that @desc belongs to, and off with @desc. */
static struct labyrinth_desc *labyrinth_batch_next(struct labyrinth_zone *zone,
						   struct labyrinth_desc *desc)
{
	struct labyrinth_desc *next = labyrinth_at(zone->table, READ_ONCE(desc->next));

	labyrinth_desc_unlink(desc);
	return next;
}

/* A batch that has just been in a depot goes back: no limit turns it away. */
void labyrinth_depot_return(struct labyrinth_zone *zone, struct labyrinth_stack *depot,
			    struct labyrinth_desc *batch)
{
	labyrinth_stack_push(depot, zone->table, batch, U32_MAX);
}

/*
 * Batches of the depot that together hold @nr pages, each by the one that leads it: all
 * of them, or none. Returns how many there are.
 */
unsigned int labyrinth_depot_gather(struct labyrinth_zone *zone, u32 nr,
				    struct labyrinth_desc *batch[LABYRINTH_BATCHES])
{
	unsigned int batches = 0;
	u32 length;

	/* Nothing is taken in vain, mostly. */
	if (nr > LABYRINTH_BATCHES * zone->batch ||
	    nr > labyrinth_stack_depth(&zone->depot, zone->table))
		return 0;
	while (batches < LABYRINTH_BATCHES) {
		batch[batches] = labyrinth_depot_pop(zone, &zone->depot, &length);
		if (!batch[batches])
			break;
		batches++;
		if (length >= nr)
			return batches;
		nr -= length;
	}
	while (batches--)
		labyrinth_depot_return(zone, &zone->depot, batch[batches]);
	return 0;
}

/*
 * A batch that was taken from a depot moves into an empty cache, which the caller holds
 * locked.
 */
void labyrinth_cache_load(struct labyrinth_zone *zone, struct labyrinth_cache *cache,
			  struct labyrinth_desc *desc)
{
	u32 nr = desc->weight, i;

	for (i = 1; i <= nr; i++) {
		cache->slot[i] = desc;
		desc = labyrinth_batch_next(zone, desc);
	}
	WRITE_ONCE(cache->given, cache->given + nr);
	WRITE_ONCE(cache->nr, nr);
}

/* Move a batch from a depot into an empty cache, likewise. */
void labyrinth_cache_fill(struct labyrinth_zone *zone, struct labyrinth_cache *cache,
			  struct labyrinth_stack *depot)
{
	struct labyrinth_desc *desc;
	u32 nr;

	desc = labyrinth_depot_pop(zone, depot, &nr);
	if (desc)
		labyrinth_cache_load(zone, cache, desc);
}

static struct labyrinth_desc *labyrinth_cache_pop(struct labyrinth_zone *zone,
						  struct labyrinth_cache *cache)
{
	struct labyrinth_desc *desc;

	labyrinth_cache_took(cache, 1);
	if (!(zone->quality & LABYRINTH_QUALITY_VERIFY))
		return cache->slot[cache->nr + 1];
	desc = cache->slot[1];
	memmove(&cache->slot[1], &cache->slot[2],
		cache->nr * sizeof(cache->slot[0]));
	return desc;
}

/* An idle page of this CPU's cache, refilled from its depot if empty. */
struct labyrinth_desc *labyrinth_cache_take(struct labyrinth_zone *zone,
					    struct labyrinth_cache __percpu *caches,
					    struct labyrinth_stack *depot)
{
	struct labyrinth_desc *desc = NULL;
	struct labyrinth_cache *cache;

	if (!zone->cache_size)
		return NULL;
	preempt_disable();
	cache = this_cpu_ptr(caches);
	if (labyrinth_cache_trylock(cache)) {
		if (!cache->nr)
			labyrinth_cache_fill(zone, cache, depot);
		while (cache->nr) {
			desc = labyrinth_cache_pop(zone, cache);
			if (likely(labyrinth_desc_sound(zone, desc)))
				break;
			desc = NULL;
		}
		labyrinth_cache_unlock(cache);
	}
	preempt_enable();
	return desc;
}

/*
 * Chain @nr descriptors of an array into a batch; those that are on a stack
 * already are freed twice and left out. Returns the length of the chain.
 */
static u32 labyrinth_batch_make(struct labyrinth_zone *zone,
				struct labyrinth_desc **slot, u32 nr,
				struct labyrinth_desc **first)
{
	struct labyrinth_desc *head = NULL;
	u32 i, below = LABYRINTH_NIL, length = 0;

	for (i = 0; i < nr; i++) {
		struct labyrinth_desc *desc = slot[i];

		if (unlikely(!labyrinth_desc_link(desc, 1))) {
			labyrinth_record_freed_twice(zone, desc);
			continue;
		}
		WRITE_ONCE(desc->next, below);
		below = labyrinth_place(zone->table, desc);
		head = desc;
		length++;
	}
	if (head)
		WRITE_ONCE(head->weight, length);
	*first = head;
	return length;
}

/* Make room in a full cache, likewise: its oldest pages become a batch of the depot. */
bool labyrinth_cache_spill(struct labyrinth_zone *zone, struct labyrinth_cache *cache)
{
	struct labyrinth_desc *first, *next;
	u32 nr = zone->batch, length;

	/* Nothing is chained in vain: a depot that looks full mostly is. */
	if (labyrinth_stack_depth(&zone->depot, zone->table) + nr > zone->depot_max)
		return false;
	length = labyrinth_batch_make(zone, &cache->slot[1], nr, &first);
	labyrinth_cache_took(cache, nr);
	memmove(&cache->slot[1], &cache->slot[1 + nr],
		cache->nr * sizeof(cache->slot[0]));
	if (!length || labyrinth_stack_push(&zone->depot, zone->table, first,
					    zone->depot_max))
		return true;
	/* Another CPU was faster: put them back. */
	while (length--) {
		next = labyrinth_batch_next(zone, first);
		labyrinth_cache_push(cache, first);
		first = next;
	}
	return cache->nr < zone->cache_size;
}

/* Put an idle page into this CPU's cache. False: busy, or all is full. */
bool labyrinth_cache_give(struct labyrinth_zone *zone,
			  struct labyrinth_desc *desc)
{
	struct labyrinth_cache *cache;
	bool given = false;

	if (!zone->cache_size)
		return false;
	preempt_disable();
	cache = this_cpu_ptr(zone->cache);
	if (labyrinth_cache_trylock(cache)) {
		if (cache->nr < zone->cache_size ||
		    labyrinth_cache_spill(zone, cache)) {
			labyrinth_cache_push(cache, desc);
			given = true;
		}
		labyrinth_cache_unlock(cache);
	}
	preempt_enable();
	return given;
}

/* Put a single idle page into the depot. False: it is full. */
bool labyrinth_depot_give(struct labyrinth_zone *zone, struct labyrinth_desc *desc)
{
	bool pushed;

	if (unlikely(!labyrinth_desc_link(desc, 1))) {
		labyrinth_record_freed_twice(zone, desc);
		return true;
	}
	preempt_disable();
	pushed = labyrinth_stack_push(&zone->depot, zone->table, desc,
				      zone->depot_max);
	if (!pushed)
		labyrinth_desc_unlink(desc);
	preempt_enable();
	return pushed;
}

/*
 * An idle page from the depot for a caller whose cache is busy. What else the
 * batch holds goes back as one, smaller, batch.
 */
struct labyrinth_desc *labyrinth_depot_take(struct labyrinth_zone *zone,
					    struct labyrinth_stack *depot)
{
	struct labyrinth_desc *first, *rest;
	u32 nr;

	preempt_disable();
	first = labyrinth_depot_pop(zone, depot, &nr);
	if (first) {
		rest = labyrinth_batch_next(zone, first);
		if (nr > 1) {
			WRITE_ONCE(rest->weight, nr - 1);
			labyrinth_depot_return(zone, depot, rest);
		}
	}
	preempt_enable();
	return first && labyrinth_desc_sound(zone, first) ? first : NULL;
}

/* Surplus goes to the reserve if that is short, else to the system: true. */
static bool labyrinth_surplus_give(struct labyrinth_zone *zone,
				   struct labyrinth_desc *desc)
{
	if (test_bit(LABYRINTH_FREE_SHORT, &zone->free_attention) &&
	    !test_bit(LABYRINTH_FREE_DYING, &zone->free_attention) &&
	    labyrinth_reserve_give(zone, desc)) {
		labyrinth_starved_kick(zone);
		return false;
	}
	labyrinth_system_give_idle(zone, desc);
	return true;
}

/*
 * A batch of the depot, for who wants to do something to its pages. What does not fit
 * into @desc, or turns out not to be idle, is dealt with. Returns how many there are.
 */
unsigned int labyrinth_depot_take_batch(struct labyrinth_zone *zone,
					struct labyrinth_desc **desc, unsigned int max)
{
	struct labyrinth_desc *first, *next;
	unsigned int nr = 0;
	u32 batch = 0;

	preempt_disable();
	first = labyrinth_depot_pop(zone, &zone->depot, &batch);
	preempt_enable();
	for (; batch; batch--, first = next) {
		next = labyrinth_batch_next(zone, first);
		if (nr == max)
			labyrinth_give_idle(zone, first);
		else if (labyrinth_desc_sound(zone, first))
			desc[nr++] = first;
	}
	return nr;
}

/* Idle pages of the caller's become a batch of a depot, or surplus if that is full. */
void labyrinth_depot_give_batch(struct labyrinth_zone *zone,
				struct labyrinth_stack *depot,
				struct labyrinth_desc **desc, unsigned int nr)
{
	struct labyrinth_desc *first, *next;
	u32 length;
	bool given;

	length = labyrinth_batch_make(zone, desc, nr, &first);
	if (!length)
		return;
	preempt_disable();
	given = labyrinth_stack_push(depot, zone->table, first, zone->depot_max);
	preempt_enable();
	for (; !given && length; length--, first = next) {
		next = labyrinth_batch_next(zone, first);
		labyrinth_surplus_give(zone, first);
	}
}

/* Give up some pages of a cache that is this CPU's or dead. */
static unsigned int labyrinth_cache_drain_some(struct labyrinth_zone *zone,
					       struct labyrinth_cache __percpu *caches,
					       struct labyrinth_cache *dead)
{
	struct labyrinth_desc *desc[LABYRINTH_DRAIN];
	struct labyrinth_cache *cache;
	unsigned int nr = 0, i;

	preempt_disable();
	cache = dead ?: this_cpu_ptr(caches);
	if (labyrinth_cache_trylock(cache)) {
		nr = min_t(unsigned int, cache->nr, ARRAY_SIZE(desc));
		labyrinth_cache_took(cache, nr);
		memcpy(desc, &cache->slot[cache->nr + 1], nr * sizeof(desc[0]));
		labyrinth_cache_unlock(cache);
	}
	preempt_enable();
	for (i = 0; i < nr; i++)
		labyrinth_surplus_give(zone, desc[i]);
	return nr;
}

/* From the hotplug callback: nobody touches that cache any more. */
void labyrinth_cache_drain_dead(struct labyrinth_zone *zone, unsigned int cpu)
{
	while (labyrinth_cache_drain_some(zone, zone->cache,
					  per_cpu_ptr(zone->cache, cpu)))
		;
	while (labyrinth_cache_drain_some(zone, zone->clean,
					  per_cpu_ptr(zone->clean, cpu)))
		;
}

/* What is freed meanwhile may stay. */
static void labyrinth_cache_drain(struct labyrinth_zone *zone,
				  struct labyrinth_cache __percpu *caches)
{
	unsigned int passes = DIV_ROUND_UP(zone->cache_size, LABYRINTH_DRAIN);

	while (passes-- && labyrinth_cache_drain_some(zone, caches, NULL))
		cond_resched();
}

/*
 * On the CPU that was asked. Should that have gone offline meanwhile, this runs
 * somewhere else, and empties a cache too many.
 */
static void labyrinth_cache_drain_work(struct work_struct *work)
{
	struct labyrinth_zone *zone = container_of(work, struct labyrinth_drain,
						   work)->zone;

	labyrinth_frag_drain(zone);
	labyrinth_cache_drain(zone, zone->cache);
	labyrinth_cache_drain(zone, zone->clean);
}

/* Have all CPUs empty their caches, some time. Does not sleep. */
void labyrinth_cache_drain_ask(struct labyrinth_zone *zone)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		/* data_race(): one that fills up this very moment may be left out. */
		if (data_race(READ_ONCE(per_cpu_ptr(zone->cache, cpu)->nr)) ||
		    /* data_race(): likewise. */
		    data_race(READ_ONCE(per_cpu_ptr(zone->clean, cpu)->nr)) ||
		    labyrinth_frag_drainable(zone, cpu))
			queue_work_on(cpu, labyrinth_drain_wq,
				      &per_cpu_ptr(zone->drain, cpu)->work);
}

/* Nobody asks any more: wait for those that were asked. */
void labyrinth_cache_drain_stop(struct labyrinth_zone *zone)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		cancel_work_sync(&per_cpu_ptr(zone->drain, cpu)->work);
}

/* Give up @nr pages of a depot, or a few more. Returns what the system got. */
unsigned int labyrinth_depot_drain_from(struct labyrinth_zone *zone,
					struct labyrinth_stack *depot, unsigned int nr)
{
	struct labyrinth_desc *desc, *next;
	unsigned int taken = 0, given = 0;
	u32 batch;

	while (taken < nr) {
		preempt_disable();
		desc = labyrinth_depot_pop(zone, depot, &batch);
		preempt_enable();
		if (!desc)
			break;
		taken += batch;
		while (batch--) {
			next = labyrinth_batch_next(zone, desc);
			given += labyrinth_surplus_give(zone, desc);
			desc = next;
		}
		cond_resched();
	}
	return given;
}

/*
 * Give up @nr pages of the depots, or a few more, the clean ones last. Returns what
 * the system got.
 */
unsigned int labyrinth_depot_drain(struct labyrinth_zone *zone, unsigned int nr)
{
	unsigned int given = labyrinth_depot_drain_from(zone, &zone->depot, nr);

	if (given < nr)
		given += labyrinth_depot_drain_from(zone, &zone->clean_depot, nr - given);
	return given;
}

/* Give up all pages of caches and depot, now. Process context. */
void labyrinth_zone_trim(struct labyrinth_zone *zone)
{
	unsigned int cpu;

	cpus_read_lock();
	labyrinth_cache_drain_ask(zone);
	for_each_possible_cpu(cpu)
		flush_work(&per_cpu_ptr(zone->drain, cpu)->work);
	cpus_read_unlock();
	labyrinth_depot_drain(zone, UINT_MAX);
}
EXPORT_SYMBOL_LABYRINTH_PRIVATE(labyrinth_zone_trim);

static struct labyrinth_cache __percpu *labyrinth_cache_alloc(unsigned int size)
{
	struct labyrinth_cache __percpu *caches;
	unsigned int cpu;

	caches = __alloc_percpu(struct_size((struct labyrinth_cache *)NULL, slot, size + 1),
				L1_CACHE_BYTES);
	if (!caches)
		return NULL;
	for_each_possible_cpu(cpu)
		/* It is only read there. */
		per_cpu_ptr(caches, cpu)->slot[0] =
			(struct labyrinth_desc *)&labyrinth_no_desc;
	return caches;
}

int labyrinth_cache_setup(struct labyrinth_zone *zone)
{
	unsigned int cpu;

	zone->cache = labyrinth_cache_alloc(zone->cache_size);
	/* It is refilled by batches, when it is empty. */
	zone->clean = labyrinth_cache_alloc(zone->clean_size);
	zone->drain = alloc_percpu(struct labyrinth_drain);
	if (!zone->cache || !zone->clean || !zone->drain)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct labyrinth_drain *drain = per_cpu_ptr(zone->drain, cpu);

		drain->zone = zone;
		INIT_WORK(&drain->work, labyrinth_cache_drain_work);
	}
	return 0;
}

void labyrinth_cache_free(struct labyrinth_zone *zone)
{
	free_percpu(zone->drain);
	free_percpu(zone->clean);
	free_percpu(zone->cache);
}

int labyrinth_cache_init(void)
{
	labyrinth_drain_wq = alloc_workqueue("labyrinth_drain",
					     WQ_MEM_RECLAIM | WQ_PERCPU, 0);
	return labyrinth_drain_wq ? 0 : -ENOMEM;
}

void labyrinth_cache_exit(void)
{
	destroy_workqueue(labyrinth_drain_wq);
}

u64 labyrinth_cached(struct labyrinth_zone *zone)
{
	u64 cached = labyrinth_stack_depth(&zone->depot, zone->table) +
		     labyrinth_stack_depth(&zone->clean_depot, zone->table);
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		/* data_race(): the level of a moment, for statistics. */
		cached += data_race(READ_ONCE(per_cpu_ptr(zone->cache, cpu)->nr) +
				    READ_ONCE(per_cpu_ptr(zone->clean, cpu)->nr));
	return cached;
}
