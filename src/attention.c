// SPDX-License-Identifier: GPL-2.0
/*
 * What keeps requests and frees off the fast paths, and who is traced.
 *
 * The fast paths look at one word of the zone each: ->alloc_attention beside a
 * request's own flags, ->free_attention. Tracepoints need no more than that: while
 * one that wants every page is on, all zones have a bit set there, and everybody goes
 * by the slow paths, where the tracepoints are. A fast path that was under way when
 * the bit was set is not traced. Sampled stacks (src/stacks.c) come by the same way.
 *
 * The list is one of its own: tracepoints come and go under locks of the tracing
 * core's, below which the lock of all zones, with sysfs and debugfs under it, is
 * better not taken.
 */
#include <linux/list.h>
#include <linux/spinlock.h>

#include "internal.h"
#include <trace/events/labyrinth.h>

/* The list, the counts, and ->alloc_attention; nothing is taken below it. */
static DEFINE_SPINLOCK(labyrinth_attention_lock);
static LIST_HEAD(labyrinth_attended);
static unsigned int labyrinth_alloc_tracers;
static unsigned int labyrinth_free_tracers;

static void labyrinth_attention_set(struct labyrinth_zone *zone)
{
	bool wanted = zone->init_on_alloc || zone->buffer_pages ||
		      test_bit(LABYRINTH_INJECT_RESERVE_ONLY, &zone->inject) ||
		      test_bit(LABYRINTH_ZONE_SAMPLED, &zone->state) ||
		      test_bit(LABYRINTH_ZONE_DYING, &zone->state) ||
		      labyrinth_alloc_tracers;

	lockdep_assert_held(&labyrinth_attention_lock);
	WRITE_ONCE(zone->alloc_attention, zone->quality |
		   (wanted ? LABYRINTH_QUALITY_ATTENTION : LABYRINTH_QUALITY_NONE));
	assign_bit(LABYRINTH_FREE_TRACED, &zone->free_attention, labyrinth_free_tracers);
}

/* Something that it depends on has changed. Process context. */
void labyrinth_attention_settle(struct labyrinth_zone *zone)
{
	spin_lock(&labyrinth_attention_lock);
	labyrinth_attention_set(zone);
	spin_unlock(&labyrinth_attention_lock);
}

void labyrinth_attention_join(struct labyrinth_zone *zone)
{
	spin_lock(&labyrinth_attention_lock);
	list_add_tail(&zone->attended, &labyrinth_attended);
	labyrinth_attention_set(zone);
	spin_unlock(&labyrinth_attention_lock);
}

void labyrinth_attention_leave(struct labyrinth_zone *zone)
{
	spin_lock(&labyrinth_attention_lock);
	list_del(&zone->attended);
	spin_unlock(&labyrinth_attention_lock);
}

static void labyrinth_tracers_add(unsigned int *tracers, int nr)
{
	struct labyrinth_zone *zone;

	spin_lock(&labyrinth_attention_lock);
	*tracers += nr;
	list_for_each_entry(zone, &labyrinth_attended, attended)
		labyrinth_attention_set(zone);
	spin_unlock(&labyrinth_attention_lock);
}

int labyrinth_trace_allocs_on(void)
{
	labyrinth_tracers_add(&labyrinth_alloc_tracers, 1);
	return 0;
}
EXPORT_SYMBOL_LABYRINTH_PRIVATE(labyrinth_trace_allocs_on);

void labyrinth_trace_allocs_off(void)
{
	labyrinth_tracers_add(&labyrinth_alloc_tracers, -1);
}
EXPORT_SYMBOL_LABYRINTH_PRIVATE(labyrinth_trace_allocs_off);

int labyrinth_trace_frees_on(void)
{
	labyrinth_tracers_add(&labyrinth_free_tracers, 1);
	return 0;
}
EXPORT_SYMBOL_LABYRINTH_PRIVATE(labyrinth_trace_frees_on);

void labyrinth_trace_frees_off(void)
{
	labyrinth_tracers_add(&labyrinth_free_tracers, -1);
}
EXPORT_SYMBOL_LABYRINTH_PRIVATE(labyrinth_trace_frees_off);
