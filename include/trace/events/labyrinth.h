/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What happens in Labyrinth's zones, for perf, ftrace and bpftrace.
 *
 * While labyrinth_alloc or labyrinth_fallback is traced, every request takes a zone's
 * slow path, and so does every free while labyrinth_free is: nothing on the fast paths
 * asks whether they are. They then cost some hundred instructions more. The others are
 * on slow paths anyway.
 *
 * A page is named by its pfn once the zone knows it. A pointer that may be wild is
 * recorded as it was given, and never followed.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM labyrinth

#if !defined(LABYRINTH_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define LABYRINTH_TRACE_H

#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/types.h>

/* Of a zone's name, and of a kind of misuse; a number, as tools read the format. */
#define LABYRINTH_TRACE_NAME	32

#define LABYRINTH_TRACE_QUALITIES						\
	{ 1, "ZERO" }, { 2, "POISON" }, { 4, "CL_ALIGN" },			\
	{ 8, "VERIFY" }, { 16, "NOWAIT" }, { 32, "ACCOUNT" }

#define LABYRINTH_TRACE_SOURCES							\
	{ 0, "cache" }, { 1, "clean" }, { 2, "system" }, { 3, "reserve" },	\
	{ 4, "ticket" }, { 5, "fallback" }, { 6, "bulk" }

#ifndef LABYRINTH_TRACE_HOOKS
#define LABYRINTH_TRACE_HOOKS
int labyrinth_trace_allocs_on(void);
void labyrinth_trace_allocs_off(void);
int labyrinth_trace_frees_on(void);
void labyrinth_trace_frees_off(void);
#endif

/* A page was handed out. @source: of a bulk request it is not kept for each page. */
TRACE_EVENT_FN(labyrinth_alloc,
	TP_PROTO(const char *zone, unsigned long pfn, unsigned int order,
		 unsigned int quality, unsigned int source, unsigned long caller),
	TP_ARGS(zone, pfn, order, quality, source, caller),
	TP_STRUCT__entry(
		__array(char, zone, LABYRINTH_TRACE_NAME)
		__field(unsigned long, pfn)
		__field(unsigned int, order)
		__field(unsigned int, quality)
		__field(unsigned int, source)
		__field(unsigned long, caller)
	),
	TP_fast_assign(
		strscpy(__entry->zone, zone, LABYRINTH_TRACE_NAME);
		__entry->pfn = pfn;
		__entry->order = order;
		__entry->quality = quality;
		__entry->source = source;
		__entry->caller = caller;
	),
	TP_printk("zone=%s pfn=%lu order=%u quality=%s source=%s caller=%pS",
		  __entry->zone, __entry->pfn, __entry->order,
		  __print_flags(__entry->quality, "|", LABYRINTH_TRACE_QUALITIES),
		  __print_symbolic(__entry->source, LABYRINTH_TRACE_SOURCES),
		  (void *)__entry->caller),
	labyrinth_trace_allocs_on, labyrinth_trace_allocs_off
);

/* A page came back, or left with its holder. @owner: who had taken it. */
TRACE_EVENT_FN(labyrinth_free,
	TP_PROTO(const char *zone, unsigned long pfn, unsigned int order,
		 u64 age_ms, unsigned long owner, unsigned long caller),
	TP_ARGS(zone, pfn, order, age_ms, owner, caller),
	TP_STRUCT__entry(
		__array(char, zone, LABYRINTH_TRACE_NAME)
		__field(unsigned long, pfn)
		__field(unsigned int, order)
		__field(u64, age_ms)
		__field(unsigned long, owner)
		__field(unsigned long, caller)
	),
	TP_fast_assign(
		strscpy(__entry->zone, zone, LABYRINTH_TRACE_NAME);
		__entry->pfn = pfn;
		__entry->order = order;
		__entry->age_ms = age_ms;
		__entry->owner = owner;
		__entry->caller = caller;
	),
	TP_printk("zone=%s pfn=%lu order=%u age_ms=%llu owner=%pS caller=%pS",
		  __entry->zone, __entry->pfn, __entry->order, __entry->age_ms,
		  (void *)__entry->owner, (void *)__entry->caller),
	labyrinth_trace_frees_on, labyrinth_trace_frees_off
);

/* The reserve served in the system's place. @reserve: what is left of @target. */
TRACE_EVENT_FN(labyrinth_fallback,
	TP_PROTO(const char *zone, unsigned int reserve, unsigned int target,
		 unsigned long caller),
	TP_ARGS(zone, reserve, target, caller),
	TP_STRUCT__entry(
		__array(char, zone, LABYRINTH_TRACE_NAME)
		__field(unsigned int, reserve)
		__field(unsigned int, target)
		__field(unsigned long, caller)
	),
	TP_fast_assign(
		strscpy(__entry->zone, zone, LABYRINTH_TRACE_NAME);
		__entry->reserve = reserve;
		__entry->target = target;
		__entry->caller = caller;
	),
	TP_printk("zone=%s reserve=%u target=%u caller=%pS", __entry->zone,
		  __entry->reserve, __entry->target, (void *)__entry->caller),
	labyrinth_trace_allocs_on, labyrinth_trace_allocs_off
);

/* A critical request for so many pages got nothing. */
TRACE_EVENT(labyrinth_starved,
	TP_PROTO(const char *zone, unsigned int pages, unsigned int quality,
		 unsigned long caller),
	TP_ARGS(zone, pages, quality, caller),
	TP_STRUCT__entry(
		__array(char, zone, LABYRINTH_TRACE_NAME)
		__field(unsigned int, pages)
		__field(unsigned int, quality)
		__field(unsigned long, caller)
	),
	TP_fast_assign(
		strscpy(__entry->zone, zone, LABYRINTH_TRACE_NAME);
		__entry->pages = pages;
		__entry->quality = quality;
		__entry->caller = caller;
	),
	TP_printk("zone=%s pages=%u quality=%s caller=%pS", __entry->zone, __entry->pages,
		  __print_flags(__entry->quality, "|", LABYRINTH_TRACE_QUALITIES),
		  (void *)__entry->caller)
);

/* The worker has had a pass. @complete: the reserve has all that it can have. */
TRACE_EVENT(labyrinth_refill,
	TP_PROTO(const char *zone, unsigned int gained, unsigned int reserve,
		 unsigned int target, bool complete),
	TP_ARGS(zone, gained, reserve, target, complete),
	TP_STRUCT__entry(
		__array(char, zone, LABYRINTH_TRACE_NAME)
		__field(unsigned int, gained)
		__field(unsigned int, reserve)
		__field(unsigned int, target)
		__field(bool, complete)
	),
	TP_fast_assign(
		strscpy(__entry->zone, zone, LABYRINTH_TRACE_NAME);
		__entry->gained = gained;
		__entry->reserve = reserve;
		__entry->target = target;
		__entry->complete = complete;
	),
	TP_printk("zone=%s gained=%u reserve=%u target=%u complete=%d", __entry->zone,
		  __entry->gained, __entry->reserve, __entry->target, __entry->complete)
);

/* The system failed a full atomic attempt, or has memory again. */
TRACE_EVENT(labyrinth_latch,
	TP_PROTO(const char *zone, bool latched),
	TP_ARGS(zone, latched),
	TP_STRUCT__entry(
		__array(char, zone, LABYRINTH_TRACE_NAME)
		__field(bool, latched)
	),
	TP_fast_assign(
		strscpy(__entry->zone, zone, LABYRINTH_TRACE_NAME);
		__entry->latched = latched;
	),
	TP_printk("zone=%s latched=%d", __entry->zone, __entry->latched)
);

TRACE_EVENT(labyrinth_resize,
	TP_PROTO(const char *zone, unsigned int from, unsigned int to, int ret),
	TP_ARGS(zone, from, to, ret),
	TP_STRUCT__entry(
		__array(char, zone, LABYRINTH_TRACE_NAME)
		__field(unsigned int, from)
		__field(unsigned int, to)
		__field(int, ret)
	),
	TP_fast_assign(
		strscpy(__entry->zone, zone, LABYRINTH_TRACE_NAME);
		__entry->from = from;
		__entry->to = to;
		__entry->ret = ret;
	),
	TP_printk("zone=%s from=%u to=%u ret=%d", __entry->zone, __entry->from,
		  __entry->to, __entry->ret)
);

/* What is wrong is in the log, rate-limited; here is all of it. */
TRACE_EVENT(labyrinth_misuse,
	TP_PROTO(const char *zone, const char *type, const void *page,
		 unsigned long caller, unsigned long owner, unsigned long freer),
	TP_ARGS(zone, type, page, caller, owner, freer),
	TP_STRUCT__entry(
		__array(char, zone, LABYRINTH_TRACE_NAME)
		__array(char, type, LABYRINTH_TRACE_NAME)
		__field(const void *, page)
		__field(unsigned long, caller)
		__field(unsigned long, owner)
		__field(unsigned long, freer)
	),
	TP_fast_assign(
		strscpy(__entry->zone, zone, LABYRINTH_TRACE_NAME);
		strscpy(__entry->type, type, LABYRINTH_TRACE_NAME);
		__entry->page = page;
		__entry->caller = caller;
		__entry->owner = owner;
		__entry->freer = freer;
	),
	TP_printk("zone=%s type=%s page=%p caller=%pS owner=%pS freer=%pS",
		  __entry->zone, __entry->type, __entry->page, (void *)__entry->caller,
		  (void *)__entry->owner, (void *)__entry->freer)
);

TRACE_EVENT(labyrinth_zone_create,
	TP_PROTO(const char *zone, unsigned int order, unsigned int reserve,
		 unsigned int max_pages, int node),
	TP_ARGS(zone, order, reserve, max_pages, node),
	TP_STRUCT__entry(
		__array(char, zone, LABYRINTH_TRACE_NAME)
		__field(unsigned int, order)
		__field(unsigned int, reserve)
		__field(unsigned int, max_pages)
		__field(int, node)
	),
	TP_fast_assign(
		strscpy(__entry->zone, zone, LABYRINTH_TRACE_NAME);
		__entry->order = order;
		__entry->reserve = reserve;
		__entry->max_pages = max_pages;
		__entry->node = node;
	),
	TP_printk("zone=%s order=%u reserve=%u max_pages=%u node=%d", __entry->zone,
		  __entry->order, __entry->reserve, __entry->max_pages, __entry->node)
);

/* @live: pages that are still somebody's. */
TRACE_EVENT(labyrinth_zone_destroy,
	TP_PROTO(const char *zone, unsigned int live, unsigned int tickets),
	TP_ARGS(zone, live, tickets),
	TP_STRUCT__entry(
		__array(char, zone, LABYRINTH_TRACE_NAME)
		__field(unsigned int, live)
		__field(unsigned int, tickets)
	),
	TP_fast_assign(
		strscpy(__entry->zone, zone, LABYRINTH_TRACE_NAME);
		__entry->live = live;
		__entry->tickets = tickets;
	),
	TP_printk("zone=%s live=%u tickets=%u", __entry->zone, __entry->live,
		  __entry->tickets)
);

#endif /* LABYRINTH_TRACE_H */

#include <trace/define_trace.h>
