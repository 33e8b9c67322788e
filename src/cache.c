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
 */
#include <linux/cpu.h>
#include <linux/minmax.h>
#include <linux/preempt.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "internal.h"

static struct labyrinth_desc *labyrinth_depot_pop(struct labyrinth_zone *zone,
						  u32 *nr)
{
	struct labyrinth_desc *first;
	u32 left;

	first = labyrinth_stack_pop(&zone->depot, zone->table, 1, 0, &left);
	if (first)
		*nr = first->weight;
	return first;
}

/* Next of the batch that @desc belongs to, and off with @desc. */
static struct labyrinth_desc *labyrinth_batch_next(struct labyrinth_zone *zone,
						   struct labyrinth_desc *desc)
{
	struct labyrinth_desc *next = &zone->table[READ_ONCE(desc->next)];

	labyrinth_desc_unlink(desc);
	return next;
}

/* Move a batch from the depot into an empty cache. */
static void labyrinth_cache_fill(struct labyrinth_zone *zone,
				 struct labyrinth_cache *cache)
{
	struct labyrinth_desc *desc, *next;
	u32 nr, i;

	desc = labyrinth_depot_pop(zone, &nr);
	if (!desc)
		return;
	for (i = 0; i < nr; i++) {
		next = labyrinth_batch_next(zone, desc);
		cache->slot[cache->nr++] = desc;
		desc = next;
	}
}

static struct labyrinth_desc *labyrinth_cache_pop(struct labyrinth_zone *zone,
						  struct labyrinth_cache *cache)
{
	struct labyrinth_desc *desc;

	cache->nr--;
	if (!(zone->quality & LABYRINTH_QUALITY_VERIFY))
		return cache->slot[cache->nr];
	desc = cache->slot[0];
	memmove(&cache->slot[0], &cache->slot[1],
		cache->nr * sizeof(cache->slot[0]));
	return desc;
}

/* An idle page of this CPU's cache, refilled from the depot if empty. */
struct labyrinth_desc *labyrinth_cache_take(struct labyrinth_zone *zone)
{
	struct labyrinth_desc *desc = NULL;
	struct labyrinth_cache *cache;

	if (!zone->cache_size)
		return NULL;
	preempt_disable();
	cache = this_cpu_ptr(zone->cache);
	if (labyrinth_cache_trylock(cache)) {
		if (!cache->nr)
			labyrinth_cache_fill(zone, cache);
		while (cache->nr) {
			desc = labyrinth_cache_pop(zone, cache);
			if (likely(labyrinth_desc_idle(desc)))
				break;
			labyrinth_record_freed_twice(zone, desc);
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
	u32 i, length = 0;

	for (i = 0; i < nr; i++) {
		struct labyrinth_desc *desc = slot[i];

		if (unlikely(!labyrinth_desc_link(desc, 1))) {
			labyrinth_record_freed_twice(zone, desc);
			continue;
		}
		WRITE_ONCE(desc->next, head ? head - zone->table : 0);
		head = desc;
		length++;
	}
	if (head)
		WRITE_ONCE(head->weight, length);
	*first = head;
	return length;
}

/* Make room in a full cache: its oldest pages become a batch of the depot. */
static bool labyrinth_cache_spill(struct labyrinth_zone *zone,
				  struct labyrinth_cache *cache)
{
	struct labyrinth_desc *first, *next;
	u32 nr = zone->batch, length;

	/* Nothing is chained in vain: a depot that looks full mostly is. */
	if (labyrinth_stack_depth(&zone->depot, zone->table) + nr > zone->depot_max)
		return false;
	length = labyrinth_batch_make(zone, cache->slot, nr, &first);
	cache->nr -= nr;
	memmove(&cache->slot[0], &cache->slot[nr],
		cache->nr * sizeof(cache->slot[0]));
	if (!length || labyrinth_stack_push(&zone->depot, zone->table, first,
					    zone->depot_max))
		return true;
	/* Another CPU was faster: put them back. */
	while (length--) {
		next = labyrinth_batch_next(zone, first);
		cache->slot[cache->nr++] = first;
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
			cache->slot[cache->nr++] = desc;
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
struct labyrinth_desc *labyrinth_depot_take(struct labyrinth_zone *zone)
{
	struct labyrinth_desc *first, *rest;
	u32 nr;

	preempt_disable();
	first = labyrinth_depot_pop(zone, &nr);
	if (first) {
		rest = labyrinth_batch_next(zone, first);
		if (nr > 1) {
			WRITE_ONCE(rest->weight, nr - 1);
			/* It has just been there: no limit turns it away. */
			labyrinth_stack_push(&zone->depot, zone->table, rest,
					     LABYRINTH_NIL);
		}
	}
	preempt_enable();
	if (first && unlikely(!labyrinth_desc_idle(first))) {
		labyrinth_record_freed_twice(zone, first);
		return NULL;
	}
	return first;
}

/* Empty the cache of @cpu, which is this one or dead. */
void labyrinth_cache_drain_cpu(struct labyrinth_zone *zone, unsigned int cpu)
{
	struct labyrinth_cache *cache = per_cpu_ptr(zone->cache, cpu);
	struct labyrinth_desc *desc[LABYRINTH_DRAIN];
	unsigned int nr, i;

	do {
		nr = 0;
		preempt_disable();
		if (labyrinth_cache_trylock(cache)) {
			nr = min_t(unsigned int, cache->nr, ARRAY_SIZE(desc));
			cache->nr -= nr;
			memcpy(desc, &cache->slot[cache->nr], nr * sizeof(desc[0]));
			labyrinth_cache_unlock(cache);
		}
		preempt_enable();
		for (i = 0; i < nr; i++)
			labyrinth_system_give_idle(zone, desc[i]);
	} while (nr);
}

static long labyrinth_cache_drain_this(void *zone)
{
	labyrinth_cache_drain_cpu(zone, raw_smp_processor_id());
	return 0;
}

/* Give all pages of caches and depot back to the system. Process context. */
void labyrinth_zone_trim(struct labyrinth_zone *zone)
{
	struct labyrinth_desc *desc, *next;
	unsigned int cpu;
	u32 nr;

	cpus_read_lock();
	for_each_online_cpu(cpu)
		work_on_cpu(cpu, labyrinth_cache_drain_this, zone);
	cpus_read_unlock();

	for (;;) {
		preempt_disable();
		desc = labyrinth_depot_pop(zone, &nr);
		preempt_enable();
		if (!desc)
			break;
		while (nr--) {
			next = labyrinth_batch_next(zone, desc);
			labyrinth_system_give_idle(zone, desc);
			desc = next;
		}
	}
}
EXPORT_SYMBOL_LABYRINTH_PRIVATE(labyrinth_zone_trim);

u64 labyrinth_cached(struct labyrinth_zone *zone)
{
	u64 cached = labyrinth_stack_depth(&zone->depot, zone->table);
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		cached += READ_ONCE(per_cpu_ptr(zone->cache, cpu)->nr);
	return cached;
}
