// SPDX-License-Identifier: GPL-2.0
/*
 * What went wrong, told by the worker.
 *
 * The paths that notice a misuse may run in NMI and must not print. They record
 * an event in a ring of the zone: a slot is taken by one compare-and-exchange and
 * published by ->ready. There is one reader at a time, the report worker or, at
 * last, destroy. A full ring drops events; they were counted before they were
 * recorded.
 *
 * A page is named by its pfn only if the zone knows it; a pointer that may be
 * wild is printed hashed and never followed. A call site is printed as symbol,
 * or as unknown if its module is gone: never as a raw address.
 */
#define pr_fmt(fmt) "labyrinth: " fmt

#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmstat.h>

#include "owners.h"
#include <trace/events/labyrinth.h>

const char *labyrinth_caller_name(char *buffer, unsigned long caller)
{
	snprintf(buffer, LABYRINTH_CALLER_LEN, "%pS", (void *)caller);
	if (!caller || strstarts(buffer, "0x"))
		strscpy(buffer, "(unknown)", LABYRINTH_CALLER_LEN);
	return buffer;
}

const char *labyrinth_context_name(u32 context)
{
	if (context & NMI_MASK)
		return "nmi";
	if (context & HARDIRQ_MASK)
		return "hardirq";
	if (context & SOFTIRQ_OFFSET)
		return "softirq";
	if (context & SOFTIRQ_MASK)
		return "bh-off";
	/* One level is the allocator's own. */
	if ((context & PREEMPT_MASK) > PREEMPT_DISABLE_OFFSET)
		return "preempt-off";
	return "task";
}

/* What the system, or the zone's node, has free. */
unsigned long labyrinth_free_kib(const struct labyrinth_zone *zone)
{
	unsigned long pages = 0;
	unsigned int i;

	if (zone->node == NUMA_NO_NODE)
		return global_zone_page_state(NR_FREE_PAGES) << (PAGE_SHIFT - 10);
	for (i = 0; i < MAX_NR_ZONES; i++)
		pages += zone_page_state(&NODE_DATA(zone->node)->node_zones[i],
					 NR_FREE_PAGES);
	return pages << (PAGE_SHIFT - 10);
}

/* For messages on pages that the system has not: where it has not got them. */
const char *labyrinth_node_text(const struct labyrinth_zone *zone, char *buffer)
{
	*buffer = '\0';
	if (zone->node != NUMA_NO_NODE)
		snprintf(buffer, LABYRINTH_NODE_LEN, " on node %d", zone->node);
	return buffer;
}

static const char * const labyrinth_event_names[] = {
	[LABYRINTH_EVENT_NONE] = "none",
	[LABYRINTH_EVENT_DOUBLE_FREE] = "double_free",
	[LABYRINTH_EVENT_DOUBLE_FREE_FOUND] = "double_free_found",
	[LABYRINTH_EVENT_FOREIGN] = "foreign",
	[LABYRINTH_EVENT_BAD_FLAGS] = "bad_flags",
	[LABYRINTH_EVENT_BAD_CONTEXT] = "bad_context",
	[LABYRINTH_EVENT_UNALIGNED] = "unaligned",
	[LABYRINTH_EVENT_DYING] = "dying",
	[LABYRINTH_EVENT_STALE_LIVE] = "stale_live",
	[LABYRINTH_EVENT_STALE_IDLE] = "stale_idle",
	[LABYRINTH_EVENT_CORRUPTED] = "corrupted",
	[LABYRINTH_EVENT_STOLEN] = "stolen",
	[LABYRINTH_EVENT_HANDED_OFF] = "handed_off",
	[LABYRINTH_EVENT_HANDOFF_DYING] = "handoff_dying",
	[LABYRINTH_EVENT_HANDOFF_NOWHERE] = "handoff_nowhere",
	[LABYRINTH_EVENT_DMA_NONE] = "dma_none",
	[LABYRINTH_EVENT_DMA_GONE] = "dma_gone",
	[LABYRINTH_EVENT_DMA_PAGE] = "dma_page",
	[LABYRINTH_EVENT_DMA_RANGE] = "dma_range",
	[LABYRINTH_EVENT_DMA_NMI] = "dma_nmi",
	[LABYRINTH_EVENT_BUFFER_DETACH] = "buffer_detach",
	[LABYRINTH_EVENT_BUFFER_PAGES] = "buffer_pages",
	[LABYRINTH_EVENT_SPLIT] = "split",
	[LABYRINTH_EVENT_FRAG_SIZE] = "frag_size",
	[LABYRINTH_EVENT_FRAG_ALIGN] = "frag_align",
	[LABYRINTH_EVENT_FRAG_ACCOUNT] = "frag_account",
	[LABYRINTH_EVENT_FRAG_BUFFER] = "frag_buffer",
	[LABYRINTH_EVENT_FRAG_FREE] = "frag_free",
};

/* In tracing, and in the history. */
const char *labyrinth_event_name(enum labyrinth_event_type type)
{
	BUILD_BUG_ON(ARRAY_SIZE(labyrinth_event_names) != LABYRINTH_NR_EVENTS);
	return labyrinth_event_names[type];
}

void labyrinth_record(struct labyrinth_zone *zone, enum labyrinth_event_type type,
		      const struct page *page, unsigned int detail,
		      unsigned long caller, unsigned long owner,
		      unsigned long freer)
{
	struct labyrinth_event *event;
	int head = atomic_read(&zone->events_head);

	labyrinth_note(zone, LABYRINTH_NOTE_MISUSE, caller ?: owner, type,
		       (unsigned long)page);
	trace_labyrinth_misuse(zone->name, labyrinth_event_name(type), page, caller, owner,
			       freer);
	do {
		/* Pairs with the release of ->events_tail: the slot was read. */
		/* A head that the reader has overtaken is stale, not a full ring. */
		if ((int)(head - smp_load_acquire(&zone->events_tail)) >=
		    (int)LABYRINTH_NR_RECORDED)
			return;
	} while (!atomic_try_cmpxchg(&zone->events_head, &head, head + 1));

	event = &zone->event[(unsigned int)head % LABYRINTH_NR_RECORDED];
	event->type = type;
	event->page = page;
	event->detail = detail;
	event->caller = caller;
	event->owner = owner;
	event->freer = freer;
	/* Pairs with the acquire in the report worker. */
	smp_store_release(&event->ready, true);
	labyrinth_kick(zone, LABYRINTH_KICK_REPORT);
}

/* A descriptor turned up where only an idle page's may be. */
void labyrinth_record_freed_twice(struct labyrinth_zone *zone,
				  struct labyrinth_desc *desc)
{
	labyrinth_count(zone, LABYRINTH_MISUSE);
	labyrinth_record(zone, LABYRINTH_EVENT_DOUBLE_FREE_FOUND,
			 READ_ONCE(desc->page), 0, 0, labyrinth_desc_caller(desc),
			 labyrinth_desc_freer(desc));
}

/* An idle page turned up that is no longer as it was put away. */
void labyrinth_record_stolen(struct labyrinth_zone *zone,
			     struct labyrinth_desc *desc)
{
	labyrinth_count(zone, LABYRINTH_MISUSE);
	labyrinth_count(zone, LABYRINTH_STOLEN);
	labyrinth_record(zone, LABYRINTH_EVENT_STOLEN, desc->page,
			 page_ref_count(desc->page), 0, desc->caller, desc->freer);
}

/* Is a page that this zone does not know live in another one? */
static bool labyrinth_report_elsewhere(struct labyrinth_zone *zone,
				       const struct labyrinth_event *event,
				       const char *caller)
{
	char owner[LABYRINTH_CALLER_LEN];
	struct labyrinth_desc *desc, copy;
	struct labyrinth_zone *other;
	bool found = false;

	mutex_lock(&labyrinth_zones_lock);
	list_for_each_entry(other, &labyrinth_zones, list) {
		desc = other == zone ? NULL :
		       labyrinth_registry_find(other, event->page);
		found = desc && labyrinth_registry_read(other, desc - other->table,
							LABYRINTH_DESC_LIVE, &copy);
		if (!found)
			continue;
		pr_err("zone %s: %s freed a page (pfn %lu) of zone %s, taken there by %s; it stays live\n",
		       zone->name, caller, page_to_pfn(event->page), other->name,
		       labyrinth_caller_name(owner, copy.caller));
		break;
	}
	mutex_unlock(&labyrinth_zones_lock);
	return found;
}

static void labyrinth_report_event(struct labyrinth_zone *zone,
				   const struct labyrinth_event *event)
{
	char caller[LABYRINTH_CALLER_LEN], owner[LABYRINTH_CALLER_LEN];
	char freer[LABYRINTH_CALLER_LEN];

	labyrinth_caller_name(caller, event->caller);
	labyrinth_caller_name(owner, event->owner);
	labyrinth_caller_name(freer, event->freer);

	switch (event->type) {
	case LABYRINTH_EVENT_DOUBLE_FREE:
		pr_err("zone %s: double free of pfn %lu by %s: taken by %s, freed before by %s\n",
		       zone->name, page_to_pfn(event->page), caller, owner, freer);
		break;
	case LABYRINTH_EVENT_DOUBLE_FREE_FOUND:
		pr_err("zone %s: a page was freed twice at the same time, last by %s, now taken by %s\n",
		       zone->name, freer, owner);
		break;
	case LABYRINTH_EVENT_FOREIGN:
		if (!labyrinth_report_elsewhere(zone, event, caller))
			pr_err("zone %s: %s freed %p, which is no page of any zone\n",
			       zone->name, caller, event->page);
		break;
	case LABYRINTH_EVENT_BAD_FLAGS:
		pr_err("zone %s: %s asked for quality 0x%x; known are 0x%x, not ZERO with POISON, VERIFY for the whole zone only\n",
		       zone->name, caller, event->detail,
		       (__force unsigned int)LABYRINTH_QUALITY_KNOWN);
		break;
	case LABYRINTH_EVENT_BAD_CONTEXT:
		pr_err("zone %s: %s asked for an ACCOUNT page in %s context, where none is charged; allowed in task context\n",
		       zone->name, caller, labyrinth_context_name(event->detail));
		break;
	case LABYRINTH_EVENT_UNALIGNED:
		pr_err("zone %s: the page for %s is not aligned to %u bytes\n",
		       zone->name, caller, L1_CACHE_BYTES);
		break;
	case LABYRINTH_EVENT_DYING:
		pr_err("zone %s: %s allocates from a zone that is being destroyed\n",
		       zone->name, caller);
		break;
	case LABYRINTH_EVENT_STALE_LIVE:
		pr_err("zone %s: pfn %lu, taken by %s, was freed behind the zone's back\n",
		       zone->name, page_to_pfn(event->page), owner);
		break;
	case LABYRINTH_EVENT_STALE_IDLE:
		pr_err("zone %s: idle pfn %lu was freed behind the zone's back; last taken by %s, freed by %s\n",
		       zone->name, page_to_pfn(event->page), owner, freer);
		break;
	case LABYRINTH_EVENT_CORRUPTED:
		pr_err("zone %s: pfn %lu was written to after free, first at byte %u: last taken by %s, freed by %s; set aside\n",
		       zone->name, page_to_pfn(event->page), event->detail, owner,
		       freer);
		break;
	case LABYRINTH_EVENT_STOLEN:
		pr_err("zone %s: idle pfn %lu was freed or taken behind the zone's back (%u references to it): last taken by %s, freed by %s; dropped\n",
		       zone->name, page_to_pfn(event->page), event->detail, owner,
		       freer);
		break;
	case LABYRINTH_EVENT_HANDED_OFF:
		pr_err("zone %s: %s frees or passes on pfn %lu, which is handed off to %s; taken by %s\n",
		       zone->name, caller, page_to_pfn(event->page), freer, owner);
		break;
	case LABYRINTH_EVENT_HANDOFF_DYING:
		pr_err("zone %s: %s hands off a page of a zone that is being destroyed; the page remains the caller's\n",
		       zone->name, caller);
		break;
	case LABYRINTH_EVENT_HANDOFF_NOWHERE:
		pr_err("zone %s: %s hands off a page to no function; the page remains the caller's\n",
		       zone->name, caller);
		break;
	case LABYRINTH_EVENT_DMA_NONE:
		pr_err("zone %s: %s asked for the DMA address of a page; the zone has no device, none was given in dma_dev\n",
		       zone->name, caller);
		break;
	case LABYRINTH_EVENT_DMA_GONE:
		pr_err("zone %s: %s asked for the DMA address of a page of a zone that was destroyed; none is mapped any more\n",
		       zone->name, caller);
		break;
	case LABYRINTH_EVENT_DMA_PAGE:
		pr_err("zone %s: %s asked for the DMA address of %p, which is no live page of the zone\n",
		       zone->name, caller, event->page);
		break;
	case LABYRINTH_EVENT_DMA_RANGE:
		pr_err("zone %s: %s synchronised %lu bytes at offset %u of a page; allowed are 1 byte and more, within %zu\n",
		       zone->name, caller, event->freer, event->detail,
		       labyrinth_bytes(zone));
		break;
	case LABYRINTH_EVENT_DMA_NMI:
		pr_err("zone %s: %s synchronised a page in nmi context; allowed in all others\n",
		       zone->name, caller);
		break;
	case LABYRINTH_EVENT_BUFFER_DETACH:
		pr_err("zone %s: %s detaches a buffer, whose pages cannot leave one by one; it remains the caller's\n",
		       zone->name, caller);
		break;
	case LABYRINTH_EVENT_BUFFER_PAGES:
		pr_err("zone %s: %s asked for the pages of a buffer at %p, where no live one of the zone begins\n",
		       zone->name, caller, event->page);
		break;
	case LABYRINTH_EVENT_SPLIT:
		pr_err("zone %s: %s frees or passes on pfn %lu as a page, which is split: %u fragments live, the last taken by %s; they go by labyrinth_frag_free()\n",
		       zone->name, caller, page_to_pfn(event->page), event->detail,
		       owner);
		break;
	case LABYRINTH_EVENT_FRAG_SIZE:
		pr_err("zone %s: %s asked for a fragment of %u bytes; allowed are 1 to %zu\n",
		       zone->name, caller, event->detail, labyrinth_bytes(zone));
		break;
	case LABYRINTH_EVENT_FRAG_ALIGN:
		pr_err("zone %s: %s asked for a fragment aligned to %u bytes; allowed are 0 and powers of two up to %zu\n",
		       zone->name, caller, event->detail, labyrinth_bytes(zone));
		break;
	case LABYRINTH_EVENT_FRAG_ACCOUNT:
		pr_err("zone %s: %s asked for an ACCOUNT fragment; a page that several share is charged to none of them\n",
		       zone->name, caller);
		break;
	case LABYRINTH_EVENT_FRAG_BUFFER:
		pr_err("zone %s: %s asked for a fragment in a zone of buffers (buffer_pages %u); fragments are parts of single or compound pages\n",
		       zone->name, caller, zone->buffer_pages);
		break;
	case LABYRINTH_EVENT_FRAG_FREE:
		pr_err("zone %s: %s freed a fragment at byte %u of pfn %lu, where none is live: last taken there by %s, last freed by %s\n",
		       zone->name, caller, event->detail, page_to_pfn(event->page),
		       owner, freer);
		break;
	case LABYRINTH_EVENT_NONE:
	case LABYRINTH_NR_EVENTS:
		break;
	}
}

void labyrinth_report_work(struct work_struct *work)
{
	struct labyrinth_zone *zone = container_of(work, struct labyrinth_zone,
						   report);
	struct labyrinth_event *slot, event;

	mutex_lock(&zone->report_lock);
	while (zone->events_tail != (unsigned int)atomic_read(&zone->events_head)) {
		slot = &zone->event[zone->events_tail % LABYRINTH_NR_RECORDED];
		/* Its writer was interrupted: it kicks again when it is done. */
		if (!smp_load_acquire(&slot->ready))
			break;
		event = *slot;
		slot->ready = false;
		/* Pairs with the acquire in labyrinth_record(). */
		smp_store_release(&zone->events_tail, zone->events_tail + 1);
		if (__ratelimit(&zone->misuse_limit))
			labyrinth_report_event(zone, &event);
	}
	mutex_unlock(&zone->report_lock);
	labyrinth_uevent_tell(zone);
}

/* Once a burst: the figures that tell whether the reserve is large enough. */
void labyrinth_report_fallback(struct labyrinth_zone *zone)
{
	char caller[LABYRINTH_CALLER_LEN], node[LABYRINTH_NODE_LEN];

	if (!__ratelimit(&zone->burst_limit))
		return;
	labyrinth_caller_name(caller, READ_ONCE(zone->fallback_caller));
	pr_warn("zone %s: Atomic page allocation failed - using preallocated pool (reserve %u of %u left, lowest %u, %llu served from it so far, %llu starved, order %u, free in the system %lu KiB%s, last caller %s)\n",
		zone->name, labyrinth_reserve_level(zone), zone->reserve_target,
		READ_ONCE(zone->reserve_min_seen),
		labyrinth_from_reserve(zone),
		labyrinth_counted(zone, LABYRINTH_STARVATIONS), zone->order,
		labyrinth_free_kib(zone), labyrinth_node_text(zone, node), caller);
}

#define LABYRINTH_LEAK_TOLD	8U

/* What is live at destroy, or in tickets, by call site, most of them first. */
static void labyrinth_report_sites(struct labyrinth_zone *zone, enum labyrinth_owned owned,
				   const char *what)
{
	char caller[LABYRINTH_CALLER_LEN];
	struct labyrinth_owners *owners;
	unsigned int i;

	owners = labyrinth_owners_alloc();
	if (!owners)
		return;
	labyrinth_owners_count(zone, owned, jiffies, owners);
	labyrinth_owners_sort(owners);
	for (i = 0; i < min(owners->nr, LABYRINTH_LEAK_TOLD); i++)
		pr_warn("zone %s: %u %s by %s\n", zone->name, owners->site[i].pages, what,
			labyrinth_caller_name(caller, owners->site[i].key));
	if (owners->nr > LABYRINTH_LEAK_TOLD)
		pr_warn("zone %s: and others from %u more call sites%s\n", zone->name,
			owners->nr - LABYRINTH_LEAK_TOLD,
			owners->others.pages ? " at least" : "");
	kvfree(owners);
}

void labyrinth_report_leaks(struct labyrinth_zone *zone, unsigned int leaked)
{
	pr_warn("zone %s: destroyed with %u pages live; they stay valid, and labyrinth.ko stays loaded until the last is freed\n",
		zone->name, leaked);
	labyrinth_report_sites(zone, LABYRINTH_OWNED_WHOLE, "of them taken");
	labyrinth_report_sites(zone, LABYRINTH_OWNED_FRAGMENTS,
			       "fragments in split ones, the last of each taken");
}

void labyrinth_report_tickets(struct labyrinth_zone *zone, int tickets)
{
	pr_warn("zone %s: destroyed with %d tickets open that hold %d pages; the zone and labyrinth.ko stay until they are released\n",
		zone->name, tickets, atomic_read(&zone->ticketed));
	labyrinth_report_sites(zone, LABYRINTH_OWNED_TICKET, "of them reserved");
}
