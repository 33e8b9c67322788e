/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the rooms of labyrinth.ko share. Dependencies point one way:
 *
 *	params, sysfs, debugfs, shrink, oom -> zone -> ticket, frag -> alloc, free ->
 *		cache, reserve, refill, system, quality -> registry, dma -> stack
 *
 * with report, uevent, sizing, history, trace, attention, limit and inject usable by all.
 * debugfs shows what owners, ages, placement and stacks read off the registry.
 */
#ifndef LABYRINTH_INTERNAL_H
#define LABYRINTH_INTERNAL_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/fault-inject.h>
#include <linux/irq_work.h>
#include <linux/jump_label.h>
#include <linux/labyrinth.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/ratelimit.h>
#include <linux/string.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "history.h"
#include "sizing.h"
#include "stack.h"

#ifndef CONFIG_64BIT
#error "Labyrinth needs a 64-bit kernel: native 64-bit atomics and counters that do not wrap"
#endif

#define LABYRINTH_RESERVE_MAX		1048576U
#define LABYRINTH_PAGES_MAX		4194304U
#define LABYRINTH_PAGES_MIN		1024U
#define LABYRINTH_CACHE_MAX		512U
#define LABYRINTH_BATCH_MAX		64U	/* pages moved between two places at once */
#define LABYRINTH_BATCHES		8U	/* of a depot, for one bulk request */
#define LABYRINTH_DRAIN			32U	/* pages taken out of a cache at once */
#define LABYRINTH_VERIFY_TRIES		4	/* pages tried before a VERIFY zone gives up */

#define LABYRINTH_QUALITY_KNOWN \
	(LABYRINTH_QUALITY_ZERO | LABYRINTH_QUALITY_POISON | \
	 LABYRINTH_QUALITY_CL_ALIGN | LABYRINTH_QUALITY_VERIFY | \
	 LABYRINTH_QUALITY_NOWAIT | LABYRINTH_QUALITY_ACCOUNT)

/* In ->alloc_attention, beside the zone's own quality: the slow path decides. */
#define LABYRINTH_QUALITY_ATTENTION	((__force labyrinth_quality_t)BIT(31))

/*
 * Bits of ->free_attention: any of them keeps a free off the fast path. As with
 * ->alloc_attention, fast paths read it plainly, beside others that change it: it
 * is a hint there, and what it tells too late is decided by the slow path, looked for
 * again once the page is where it belongs (STARVED), or waited for by
 * synchronize_rcu().
 */
enum {
	LABYRINTH_FREE_SHORT,		/* the reserve wants pages */
	LABYRINTH_FREE_VERIFY,		/* pattern the page */
	LABYRINTH_FREE_CLEAR,		/* init_on_free */
	LABYRINTH_FREE_STRICT,		/* claim with a locked instruction */
	LABYRINTH_FREE_STARVED,		/* a critical request got nothing */
	LABYRINTH_FREE_DYING,		/* destroy has begun */
	LABYRINTH_FREE_TAILS,		/* order > 0: look at all of the page */
	LABYRINTH_FREE_BUFFER,		/* and of the buffer, by its record */
	LABYRINTH_FREE_TRACED,		/* see src/attention.c */
};

/* Bits of ->state. */
enum {
	LABYRINTH_ZONE_LATCHED,		/* the system failed; the worker will tell */
	LABYRINTH_ZONE_BURST,		/* the reserve served in the system's place */
	LABYRINTH_ZONE_BURST_TOLD,	/* and the log says so */
	LABYRINTH_ZONE_STARVED_TOLD,	/* the history says so */
	LABYRINTH_ZONE_STARVED_NEWS,	/* for user space, src/uevent.c */
	LABYRINTH_ZONE_RESERVE,		/* the policy has it before the system */
	LABYRINTH_ZONE_DYING,		/* destroy has begun */
	LABYRINTH_ZONE_UNMAPPED,	/* and the device is let go */
	LABYRINTH_ZONE_SAMPLED,		/* stacks are, see src/stacks.c */
};

/* Bits of ->kicks: what labyrinth_kick() asks of process context. */
enum labyrinth_kick {
	LABYRINTH_KICK_REFILL,
	LABYRINTH_KICK_REPORT,
	LABYRINTH_KICK_CLEANUP,
	LABYRINTH_KICK_GONE,
	LABYRINTH_KICK_CLEAN,
	LABYRINTH_KICK_HANDOFF,
	LABYRINTH_KICK_STACKS,
};

/* Events counted where nothing else protects the counter. */
enum labyrinth_count {
	LABYRINTH_FROM_CACHE,
	LABYRINTH_FROM_CLEAN,
	LABYRINTH_FROM_SYSTEM,
	LABYRINTH_FROM_RESERVE,		/* otherwise than as FALLBACKS */
	LABYRINTH_FROM_TICKET,
	LABYRINTH_FREES,
	LABYRINTH_FAILED,
	LABYRINTH_MISUSE,
	LABYRINTH_REFILLED,
	LABYRINTH_VERIFY_FAILURES,
	LABYRINTH_STARVATIONS,
	LABYRINTH_CAPPED,
	LABYRINTH_TAKEN,
	LABYRINTH_RETURNED,
	LABYRINTH_FALLBACKS,		/* from the reserve in the system's place */
	LABYRINTH_REFILL_FAILURES,
	LABYRINTH_UNJOINED,
	LABYRINTH_DETACHED,
	LABYRINTH_STOLEN,
	LABYRINTH_STALLS,
	LABYRINTH_PASSED_ON,
	LABYRINTH_RECYCLED,
	LABYRINTH_HANDED_OFF,
	LABYRINTH_DMA_ERRORS,
	LABYRINTH_FRAG_ALLOCS,		/* with this CPU's page in use */
	LABYRINTH_FRAG_FREES,		/* likewise */
	LABYRINTH_DENIED,		/* pages that critical requests did not get */
	LABYRINTH_NR_COUNTS
};

/* What a recorded event is about; src/report.c has the sentences. */
enum labyrinth_event_type {
	LABYRINTH_EVENT_NONE,
	LABYRINTH_EVENT_DOUBLE_FREE,
	LABYRINTH_EVENT_DOUBLE_FREE_FOUND,
	LABYRINTH_EVENT_FOREIGN,
	LABYRINTH_EVENT_BAD_FLAGS,
	LABYRINTH_EVENT_BAD_CONTEXT,
	LABYRINTH_EVENT_UNALIGNED,
	LABYRINTH_EVENT_DYING,
	LABYRINTH_EVENT_STALE_LIVE,
	LABYRINTH_EVENT_STALE_IDLE,
	LABYRINTH_EVENT_CORRUPTED,
	LABYRINTH_EVENT_STOLEN,
	LABYRINTH_EVENT_HANDED_OFF,
	LABYRINTH_EVENT_HANDOFF_DYING,
	LABYRINTH_EVENT_HANDOFF_NOWHERE,
	LABYRINTH_EVENT_DMA_NONE,
	LABYRINTH_EVENT_DMA_GONE,
	LABYRINTH_EVENT_DMA_PAGE,
	LABYRINTH_EVENT_DMA_RANGE,
	LABYRINTH_EVENT_DMA_NMI,
	LABYRINTH_EVENT_BUFFER_DETACH,
	LABYRINTH_EVENT_BUFFER_PAGES,
	LABYRINTH_EVENT_SPLIT,
	LABYRINTH_EVENT_FRAG_SIZE,
	LABYRINTH_EVENT_FRAG_ALIGN,
	LABYRINTH_EVENT_FRAG_ACCOUNT,
	LABYRINTH_EVENT_FRAG_BUFFER,
	LABYRINTH_EVENT_FRAG_FREE,
	LABYRINTH_NR_EVENTS
};

/**
 * struct labyrinth_event - one thing that went wrong, until the worker prints it
 * @page: the page it is about, never followed
 * @type: what happened
 * @detail: flags, size, alignment or offset given, offset of the first changed byte,
 *	or fragments in the page
 * @caller: who made the call
 * @owner: who had taken the page, if known
 * @freer: who had freed it, if known; or the size given
 * @ready: the fields above are complete
 */
struct labyrinth_event {
	const struct page		*page;
	enum labyrinth_event_type	type;
	unsigned int			detail;
	unsigned long			caller;
	unsigned long			owner;
	unsigned long			freer;
	bool				ready;
};

#define LABYRINTH_NR_RECORDED	16U

/**
 * struct labyrinth_cache - one CPU's free pages
 * @busy: taken by labyrinth_cache_trylock(); a long is compared without being loaded
 * @frees: pages freed into here by the fast path
 * @given: pages that came otherwise
 * @taken: pages that went otherwise than handed out by the fast path
 * @nr: pages in @slot
 * @slot: the pages from 1 on, most recently freed last; below them stands a
 *	descriptor that is never idle, so that an empty cache needs no test of its own
 *
 * What the fast path has handed out is not counted: it follows from the others,
 * see labyrinth_cache_hits().
 */
struct labyrinth_cache {
	unsigned long		busy;
	unsigned long		frees;
	unsigned long		given;
	unsigned long		taken;
	unsigned long		nr;
	struct labyrinth_desc	*slot[];
};

/**
 * struct labyrinth_frag - the page of which one CPU cuts fragments
 * @busy: taken by labyrinth_flag_try()
 * @used: bytes cut off; all of them if there is no page
 * @start: address of the page
 * @desc: its descriptor; NULL: there is no page
 * @allocs: fragments cut here
 * @frees: fragments of whatever page freed on this CPU
 */
struct labyrinth_frag {
	unsigned long		busy;
	unsigned long		used;
	void			*start;
	struct labyrinth_desc	*desc;
	unsigned long		allocs;
	unsigned long		frees;
};

/* What has one CPU's cache emptied by that CPU; see src/cache.c. */
struct labyrinth_drain {
	struct work_struct	work;
	struct labyrinth_zone	*zone;
};

/*
 * One consumer's pool.
 *
 * The first group is all that the fast paths read; it is written at creation
 * and destruction, @free_attention also whenever the reserve turns short or
 * full, or somebody gets nothing. Everything contended stands on lines of its own.
 */
struct labyrinth_zone {
	struct labyrinth_cache __percpu	*cache;
	struct labyrinth_desc	*table;
	u64			hash_multiplier;
	unsigned long		slot_mask;	/* in bytes: (slots - 1) << 6 */
	unsigned long		page_flags;	/* any of these: not recycled */
	unsigned long		free_attention;	/* LABYRINTH_FREE_* bits */
	unsigned long		cache_size;
	labyrinth_quality_t	alloc_attention;
	struct labyrinth_cache __percpu	*clean;
	struct labyrinth_frag __percpu	*frag;

	unsigned int		order;
	unsigned int		buffer_pages;	/* 0: no buffers */
	unsigned int		unit;		/* pages of the system in one of the zone */
	int			node;
	gfp_t			gfp;		/* zone, compound, node */
	enum labyrinth_policy	policy;
	labyrinth_quality_t	quality;
	unsigned int		reserve_target;
	unsigned int		max_pages;
	unsigned int		depot_max;
	unsigned int		batch;		/* pages moved to and from the depot */
	unsigned int		clean_size;	/* clean pages for a CPU at once, 0: none */
	unsigned int		handoff_max;
	u8			poison;
	u8			verify_pattern;
	bool			init_on_alloc;	/* clear whatever is handed out */
	unsigned long		state;		/* LABYRINTH_ZONE_* bits */

	struct labyrinth_stack	reserve ____cacheline_aligned_in_smp;
	struct labyrinth_stack	depot ____cacheline_aligned_in_smp;
	struct labyrinth_stack	clean_depot;
	/* For cleanup to give back: pages of the zone, what did not join, buffers. */
	struct labyrinth_stack	exit ____cacheline_aligned_in_smp;
	struct llist_head	strays;
	struct llist_head	buffers;
	struct labyrinth_stack	handoff ____cacheline_aligned_in_smp;
	atomic_t		handoffs;	/* pages in it, or with their function */

	atomic_t		owned ____cacheline_aligned_in_smp;
	u32			reserve_min_seen;
	atomic_t		pins;		/* zone, orphans, tickets */
	struct mutex		ticket_lock;	/* one collects pages for a ticket */
	atomic_t		tickets;	/* open ones */
	atomic_t		ticketed;	/* pages in them */
	unsigned long		kicks;		/* LABYRINTH_KICK_* bits */
	atomic64_t		count[LABYRINTH_NR_COUNTS];
	unsigned long		fallback_caller;
	u64			starved_since;	/* ns, CLOCK_MONOTONIC; 0: not starved */
	unsigned long		starved_caller;
	unsigned int		starved_nr;	/* pages asked for by the first */

	struct irq_work		kick;
	struct delayed_work	refill;
	unsigned long		refill_delay;	/* jiffies; 0: not backing off */
	unsigned long		refill_passes;
	struct timer_list	watchdog;
	unsigned long		watched;	/* refill_passes when it was set */
	struct work_struct	clean_work;
	unsigned long		clean_pause;	/* jiffies; not asked for before */
	struct work_struct	report;
	struct work_struct	available_work;
	struct work_struct	cleanup;
	struct work_struct	gone;
	void			(*available)(struct labyrinth_zone *zone, void *ctx);
	void			*available_ctx;
	struct task_struct	*available_task;
	struct lock_class_key	available_key;	/* of available_work's lockdep map */
	struct work_struct	handoff_work;
	struct task_struct	*handoff_task;
	struct lock_class_key	handoff_key;
	struct labyrinth_drain __percpu	*drain;

	atomic_t		events_head;
	unsigned int		events_tail;	/* written under report_lock */
	struct mutex		report_lock;	/* one reader of the events */
	struct labyrinth_event	event[LABYRINTH_NR_RECORDED];
	struct ratelimit_state	misuse_limit;
	struct ratelimit_state	burst_limit;

	struct labyrinth_sizing	sizing;
	bool			uevent_told;	/* that it starves; under sysfs_lock */
	struct ratelimit_state	uevent_limit;
	struct mutex		resize_lock;	/* reserve_target, its charge, faults */
	unsigned long		charged;	/* pages of labyrinth_charge() */
	struct list_head	list;		/* under labyrinth_zones_lock */
	struct list_head	attended;	/* see src/attention.c */
	struct labyrinth_history	*history;
	struct hlist_node	cpuhp;
	unsigned long		inject;		/* LABYRINTH_INJECT_* bits */
	atomic_t		inject_nth;	/* attempts up to the one that fails */
#ifdef CONFIG_FAULT_INJECTION
	struct fault_attr	fail_system;
	struct fault_attr	fail_refill;
#endif
	struct labyrinth_buffer	**buffer;	/* by slot */
	dma_addr_t		*dma;		/* by slot; NULL: no device */
	struct device		*dma_dev;	/* NULL once destroyed, too */
	enum dma_data_direction	dma_dir;
	bool			dma_translated;	/* by an IOMMU */
	bool			dma_looked;	/* whether there are bounce buffers: */
	bool			dma_bounces;	/* for every page, wherever it lies */
	struct mutex		sysfs_lock;	/* its directory stays while events are told */
	struct labyrinth_sysfs	*sysfs;		/* under it; NULL: there is none */
	struct mutex		owners_lock;	/* what is known of owners; see src/owners.c */
	struct labyrinth_owners_kept	*owners;
	struct work_struct	owners_work;
	unsigned long		owners_counted;	/* jiffies, by the worker */
	struct mutex		stacks_lock;	/* sampling them is switched, or listed */
	struct labyrinth_stacks __rcu	*stacks;	/* NULL: off */
	struct work_struct	stacks_work;
	struct dentry		*debugfs;
	char			name[LABYRINTH_NAME_MAX + 1];
};

static inline void labyrinth_count(struct labyrinth_zone *zone,
				   enum labyrinth_count count)
{
	atomic64_inc(&zone->count[count]);
}

static inline u64 labyrinth_counted(struct labyrinth_zone *zone,
				    enum labyrinth_count count)
{
	return atomic64_read(&zone->count[count]);
}

static inline u64 labyrinth_from_reserve(struct labyrinth_zone *zone)
{
	return labyrinth_counted(zone, LABYRINTH_FROM_RESERVE) +
	       labyrinth_counted(zone, LABYRINTH_FALLBACKS);
}

static inline size_t labyrinth_bytes(const struct labyrinth_zone *zone)
{
	return PAGE_SIZE * zone->unit;
}

/*
 * Ask process context for something, from any context; see refill.c. What is to be
 * found there has been made known by a fully ordered atomic of the caller's: if the
 * question is there already, whoever takes it away finds that as well.
 */
static inline bool labyrinth_kicked_already(const struct labyrinth_zone *zone,
					    enum labyrinth_kick what)
{
	/* data_race(): one moment's look, in memory, which the atomic put in its place. */
	return data_race(zone->kicks) & BIT(what);
}

static inline void labyrinth_kick(struct labyrinth_zone *zone, enum labyrinth_kick what)
{
	/* Pairs with the xchg() in labyrinth_kicked(). */
	smp_mb();
	if (labyrinth_kicked_already(zone, what))
		return;
	/* Others rely on it from the moment the question is there. */
	preempt_disable();
	if (!test_and_set_bit(what, &zone->kicks))
		irq_work_queue(&zone->kick);
	preempt_enable();
}

/* The reserve was given a page, fully ordered: who starved waits for just this. */
static inline void labyrinth_starved_kick(struct labyrinth_zone *zone)
{
	if (test_bit(LABYRINTH_FREE_STARVED, &zone->free_attention))
		labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
}

/* A flag of this CPU's, with preemption off, against its own interrupts. */
static inline bool labyrinth_flag_try(unsigned long *busy)
{
	/* An interrupt that changes it has put it back when it returns. */
	if (unlikely(data_race(*busy)))
		return false;
	WRITE_ONCE(*busy, 1);
	/* Pairs with the barrier() of drop, against this CPU's interrupts. */
	barrier();
	return true;
}

static inline void labyrinth_flag_drop(unsigned long *busy)
{
	barrier();
	WRITE_ONCE(*busy, 0);
}

/* cache.c */
static inline bool labyrinth_cache_trylock(struct labyrinth_cache *cache)
{
	return labyrinth_flag_try(&cache->busy);
}

static inline void labyrinth_cache_unlock(struct labyrinth_cache *cache)
{
	labyrinth_flag_drop(&cache->busy);
}

void labyrinth_cache_fill(struct labyrinth_zone *zone, struct labyrinth_cache *cache,
			  struct labyrinth_stack *depot);
void labyrinth_cache_load(struct labyrinth_zone *zone, struct labyrinth_cache *cache,
			  struct labyrinth_desc *desc);
bool labyrinth_cache_spill(struct labyrinth_zone *zone, struct labyrinth_cache *cache);
unsigned long labyrinth_cache_hits(const struct labyrinth_cache *cache);
struct labyrinth_desc *labyrinth_cache_take(struct labyrinth_zone *zone,
					    struct labyrinth_cache __percpu *caches,
					    struct labyrinth_stack *depot);
bool labyrinth_cache_give(struct labyrinth_zone *zone,
			  struct labyrinth_desc *desc);
int labyrinth_cache_init(void);
void labyrinth_cache_exit(void);
int labyrinth_cache_setup(struct labyrinth_zone *zone);
void labyrinth_cache_free(struct labyrinth_zone *zone);
void labyrinth_cache_drain_dead(struct labyrinth_zone *zone, unsigned int cpu);
void labyrinth_cache_drain_ask(struct labyrinth_zone *zone);
void labyrinth_cache_drain_stop(struct labyrinth_zone *zone);
unsigned int labyrinth_depot_drain_from(struct labyrinth_zone *zone,
					struct labyrinth_stack *depot, unsigned int nr);
unsigned int labyrinth_depot_drain(struct labyrinth_zone *zone, unsigned int nr);
struct labyrinth_desc *labyrinth_depot_take(struct labyrinth_zone *zone,
					    struct labyrinth_stack *depot);
unsigned int labyrinth_depot_take_batch(struct labyrinth_zone *zone,
					struct labyrinth_desc **desc, unsigned int max);
unsigned int labyrinth_depot_gather(struct labyrinth_zone *zone, u32 nr,
				    struct labyrinth_desc *batch[LABYRINTH_BATCHES]);
void labyrinth_depot_return(struct labyrinth_zone *zone, struct labyrinth_stack *depot,
			    struct labyrinth_desc *batch);
void labyrinth_depot_give_batch(struct labyrinth_zone *zone,
				struct labyrinth_stack *depot,
				struct labyrinth_desc **desc, unsigned int nr);
bool labyrinth_depot_give(struct labyrinth_zone *zone, struct labyrinth_desc *desc);
void labyrinth_zone_trim(struct labyrinth_zone *zone);
u64 labyrinth_cached(struct labyrinth_zone *zone);

/* clean.c */
struct labyrinth_desc *labyrinth_clean_take(struct labyrinth_zone *zone);
struct labyrinth_desc *labyrinth_clean_take_zeroed(struct labyrinth_zone *zone);
void labyrinth_clean_ask(struct labyrinth_zone *zone);
void labyrinth_clean_give_up(struct labyrinth_zone *zone);
void labyrinth_clean_work(struct work_struct *work);

/* reserve.c; src/reserve.h has what is inlined */
bool labyrinth_reserve_give_linked(struct labyrinth_zone *zone,
				   struct labyrinth_desc *desc);
struct labyrinth_desc *labyrinth_reserve_take(struct labyrinth_zone *zone,
					      u32 nr);
bool labyrinth_reserve_give(struct labyrinth_zone *zone,
			    struct labyrinth_desc *desc);
void labyrinth_reserve_shrink(struct labyrinth_zone *zone);
void labyrinth_reserve_target_set(struct labyrinth_zone *zone, u32 target);

static inline u32 labyrinth_reserve_level(const struct labyrinth_zone *zone)
{
	return labyrinth_stack_depth(&zone->reserve, zone->table);
}

static inline u32 labyrinth_reserve_lack(const struct labyrinth_zone *zone)
{
	u32 target = READ_ONCE(zone->reserve_target);
	u32 level = labyrinth_reserve_level(zone);

	return level < target ? target - level : 0;
}

/* Who took a page last, and who freed it, where another CPU may just be signing. */
static inline unsigned long labyrinth_desc_caller(const struct labyrinth_desc *desc)
{
	/* data_race(): for reports and listings, which may come late. */
	return data_race(READ_ONCE(desc->caller));
}

static inline unsigned long labyrinth_desc_freer(const struct labyrinth_desc *desc)
{
	/* data_race(): likewise. */
	return data_race(READ_ONCE(desc->freer));
}

/* registry.c; src/registry.h has what is inlined */
int labyrinth_registry_init(struct labyrinth_zone *zone);
void labyrinth_registry_free(struct labyrinth_zone *zone);
u32 labyrinth_registry_slots_for(unsigned int max_pages);
unsigned long labyrinth_registry_table_pages(unsigned int max_pages);
struct labyrinth_desc *labyrinth_registry_find(struct labyrinth_zone *zone,
					       const struct page *page);
struct labyrinth_desc *labyrinth_registry_join(struct labyrinth_zone *zone,
					       struct page *page);
struct page *labyrinth_registry_leave(struct labyrinth_zone *zone,
				      struct labyrinth_desc *desc);
void labyrinth_registry_lose(struct labyrinth_zone *zone,
			     struct labyrinth_desc *desc);
u32 labyrinth_registry_slots(const struct labyrinth_zone *zone);

/* For @wanted below: whatever is the zone's, in any state. */
#define LABYRINTH_DESC_OWNED	U32_MAX
bool labyrinth_registry_read(struct labyrinth_zone *zone, u32 slot, u32 wanted,
			     struct labyrinth_desc *copy);
unsigned long labyrinth_registry_moment(void);
bool labyrinth_registry_walk(struct labyrinth_zone *zone, u32 wanted, unsigned long moment,
			     u32 *slot, struct labyrinth_desc *copy);

/* quality.c */
bool labyrinth_quality_valid(labyrinth_quality_t quality);
bool labyrinth_quality_zeroed(const struct labyrinth_zone *zone,
			      labyrinth_quality_t quality);
bool labyrinth_quality_verify(struct labyrinth_zone *zone,
			      struct labyrinth_desc *desc, unsigned long caller);
void labyrinth_quality_apply(struct labyrinth_zone *zone, struct page *page,
			     labyrinth_quality_t quality, bool fresh);
void labyrinth_quality_idle(struct labyrinth_zone *zone, struct page *page);

/* system.c: pages to and from alloc_pages() */
bool labyrinth_system_usable(void);
bool labyrinth_own(struct labyrinth_zone *zone, u32 spare);
void labyrinth_room(struct labyrinth_zone *zone);
struct labyrinth_desc *labyrinth_system_join(struct labyrinth_zone *zone,
					     struct page *page);
struct page *labyrinth_system_leave(struct labyrinth_zone *zone,
				    struct labyrinth_desc *desc);
void labyrinth_system_lose(struct labyrinth_zone *zone, struct labyrinth_desc *desc);
struct labyrinth_desc *labyrinth_system_take(struct labyrinth_zone *zone,
					     labyrinth_quality_t quality);
void labyrinth_system_give(struct labyrinth_zone *zone,
			   struct labyrinth_desc *desc);
void labyrinth_system_give_idle(struct labyrinth_zone *zone,
				struct labyrinth_desc *desc);
unsigned int labyrinth_system_get(struct labyrinth_zone *zone, unsigned int nr,
				  u32 spare, gfp_t gfp, struct labyrinth_desc **desc,
				  struct list_head *rejected);
unsigned int labyrinth_system_fill(struct labyrinth_zone *zone, unsigned int nr,
				   gfp_t gfp, struct list_head *rejected);
void labyrinth_system_put_rejected(struct labyrinth_zone *zone,
				   struct list_head *rejected);
void labyrinth_system_drain_exit(struct labyrinth_zone *zone);

void labyrinth_system_let_go(struct labyrinth_zone *zone, struct labyrinth_desc *desc);

/* buffer.c */
int labyrinth_buffer_check(const struct labyrinth_zone_params *params);
int labyrinth_buffer_policy(struct labyrinth_zone_params *params);
unsigned long labyrinth_buffer_table_pages(const struct labyrinth_zone_params *params);
int labyrinth_buffer_init(struct labyrinth_zone *zone);
void labyrinth_buffer_free(struct labyrinth_zone *zone);
struct page *labyrinth_buffer_make(struct labyrinth_zone *zone, gfp_t gfp);
void labyrinth_buffer_drain(struct labyrinth_zone *zone);
struct labyrinth_buffer *labyrinth_buffer_unpack(struct page *page);
void labyrinth_buffer_pack(struct page *page, struct labyrinth_buffer *buffer);
void labyrinth_buffer_join(struct labyrinth_zone *zone, struct labyrinth_desc *desc,
			   struct labyrinth_buffer *buffer);
void labyrinth_buffer_reject(struct labyrinth_zone *zone, struct page *page);
void labyrinth_buffer_bereave(struct labyrinth_zone *zone, struct labyrinth_buffer *buffer);
void labyrinth_buffer_leave(struct labyrinth_zone *zone, struct labyrinth_desc *desc);
void labyrinth_buffer_lose(struct labyrinth_zone *zone, struct labyrinth_desc *desc);
bool labyrinth_buffer_sound(struct labyrinth_zone *zone, const struct labyrinth_desc *desc);
void *labyrinth_buffer_known(struct labyrinth_zone *zone, const struct labyrinth_desc *desc);
void *labyrinth_buffer_address(struct labyrinth_zone *zone, const struct page *page);
struct page *labyrinth_buffer_find(struct labyrinth_zone *zone, const void *address);

/* Where the consumer finds the content of a page, or buffer, that is its own. */
static inline void *labyrinth_address(struct labyrinth_zone *zone, const struct page *page)
{
	return unlikely(zone->buffer_pages) ? labyrinth_buffer_address(zone, page) :
					      page_address(page);
}

/* dma.c */
int labyrinth_dma_settle(struct labyrinth_zone_params *params);
unsigned long labyrinth_dma_table_pages(const struct labyrinth_zone_params *params);
int labyrinth_dma_init(struct labyrinth_zone *zone,
		       const struct labyrinth_zone_params *params);
void labyrinth_dma_stop(struct labyrinth_zone *zone);
void labyrinth_dma_free(struct labyrinth_zone *zone);
bool labyrinth_dma_map(struct labyrinth_zone *zone, struct labyrinth_desc *desc);
void labyrinth_dma_unmap(struct labyrinth_zone *zone, struct labyrinth_desc *desc);
bool labyrinth_dma_probe(struct labyrinth_zone *zone, struct page *page);

/* free.c */
struct labyrinth_desc *labyrinth_claim(struct labyrinth_zone *zone, struct page *page,
				       unsigned long caller, u32 *state);
void labyrinth_free_claimed(struct labyrinth_zone *zone, struct labyrinth_desc *desc,
			    u32 state, unsigned long caller);
struct page *labyrinth_release_claimed(struct labyrinth_zone *zone,
				       struct labyrinth_desc *desc, u32 state,
				       unsigned long caller);
void labyrinth_free_for(struct labyrinth_zone *zone, struct page *page,
			unsigned long caller);
void labyrinth_give_idle(struct labyrinth_zone *zone, struct labyrinth_desc *desc);
bool labyrinth_desc_kept(struct labyrinth_zone *zone, struct labyrinth_desc *desc);
bool labyrinth_desc_sound(struct labyrinth_zone *zone, struct labyrinth_desc *desc);

/* alloc.c */
struct page *labyrinth_alloc_for(struct labyrinth_zone *zone,
				 labyrinth_quality_t quality, unsigned long caller);
u32 labyrinth_slow_context(void);
bool labyrinth_request_valid(struct labyrinth_zone *zone,
			     labyrinth_quality_t quality, unsigned long caller);
struct labyrinth_desc *labyrinth_take(struct labyrinth_zone *zone,
				      labyrinth_quality_t quality,
				      enum labyrinth_count *source);
struct page *labyrinth_hand_out(struct labyrinth_zone *zone,
				struct labyrinth_desc *desc,
				labyrinth_quality_t quality,
				enum labyrinth_count source,
				unsigned long caller);
void labyrinth_failed(struct labyrinth_zone *zone, labyrinth_quality_t quality,
		      unsigned int nr, unsigned long caller);
void labyrinth_alloc_misuse(struct labyrinth_zone *zone,
			    enum labyrinth_event_type type, unsigned int detail,
			    unsigned long caller);

/* handoff.c */
void labyrinth_handoff_work(struct work_struct *work);

/* frag.c */
#define LABYRINTH_FRAGS		64U		/* granules of a page */
#define LABYRINTH_FRAG_OPEN	BIT_ULL(LABYRINTH_FRAGS - 1)

/* Fragments live in a split page. */
static inline unsigned int labyrinth_frag_live(const struct labyrinth_desc *desc)
{
	return hweight64(atomic64_read(&desc->frags) & ~LABYRINTH_FRAG_OPEN);
}

int labyrinth_frag_setup(struct labyrinth_zone *zone);
bool labyrinth_frag_drainable(struct labyrinth_zone *zone, unsigned int cpu);
unsigned int labyrinth_frag_idle(struct labyrinth_zone *zone);
void labyrinth_frag_drain(struct labyrinth_zone *zone);
void labyrinth_frag_drain_dead(struct labyrinth_zone *zone, unsigned int cpu);
void labyrinth_frag_stop(struct labyrinth_zone *zone);
u64 labyrinth_frag_allocs(struct labyrinth_zone *zone);
u64 labyrinth_frag_frees(struct labyrinth_zone *zone);

/* refill.c */
int labyrinth_refill_init(void);
void labyrinth_refill_exit(void);
void labyrinth_refill_setup(struct labyrinth_zone *zone);
void labyrinth_refill_flush(struct labyrinth_zone *zone);
void labyrinth_refill_stop(struct labyrinth_zone *zone);

/* report.c */
void labyrinth_record(struct labyrinth_zone *zone, enum labyrinth_event_type type,
		      const struct page *page, unsigned int detail,
		      unsigned long caller, unsigned long owner,
		      unsigned long freer);
void labyrinth_record_freed_twice(struct labyrinth_zone *zone,
				  struct labyrinth_desc *desc);
void labyrinth_record_stolen(struct labyrinth_zone *zone,
			     struct labyrinth_desc *desc);
const char *labyrinth_event_name(enum labyrinth_event_type type);
void labyrinth_report_work(struct work_struct *work);
void labyrinth_report_fallback(struct labyrinth_zone *zone);
void labyrinth_report_leaks(struct labyrinth_zone *zone, unsigned int leaked);
void labyrinth_report_tickets(struct labyrinth_zone *zone, int tickets);

/* Room for what labyrinth_caller_name() writes. */
#define LABYRINTH_CALLER_LEN	128
const char *labyrinth_caller_name(char *buffer, unsigned long caller);
const char *labyrinth_context_name(u32 context);

/* Room for what labyrinth_node_text() writes. */
#define LABYRINTH_NODE_LEN	24
unsigned long labyrinth_free_kib(const struct labyrinth_zone *zone);
const char *labyrinth_node_text(const struct labyrinth_zone *zone, char *buffer);

/* zone.c */
extern struct list_head labyrinth_zones;
extern struct mutex labyrinth_zones_lock;
int labyrinth_zone_init(void);
void labyrinth_zone_exit(void);
void labyrinth_zone_gone(struct work_struct *work);
void labyrinth_zone_unpin(struct labyrinth_zone *zone);

/* limit.c */
int labyrinth_charge(const char *name, unsigned long nr);
void labyrinth_uncharge(unsigned long nr);

/* owners.c; src/owners.h has more */
void labyrinth_owners_work(struct work_struct *work);
bool labyrinth_owners_due(struct labyrinth_zone *zone);

/* stacks.c; src/stacks.h has more */
void labyrinth_stacks_sample(struct labyrinth_zone *zone, const struct labyrinth_desc *desc);
void labyrinth_stacks_work(struct work_struct *work);

/* shrink.c */
int labyrinth_shrink_init(void);
void labyrinth_shrink_exit(void);
unsigned int labyrinth_shrink_zone(struct labyrinth_zone *zone, unsigned int nr);

/* oom.c */
int labyrinth_oom_init(void);
void labyrinth_oom_exit(void);
unsigned long labyrinth_oom(void);
unsigned long labyrinth_oom_progress(unsigned long freed);

/* zone_params.c */
int labyrinth_zone_params_settle(struct labyrinth_zone_params *params);
unsigned int labyrinth_zone_surplus_max(unsigned int cache);
unsigned int labyrinth_unit(const struct labyrinth_zone_params *params);

/* For "%.*s": the length of what was written, without what echo appends. */
static inline int labyrinth_given(const char *text)
{
	return min_t(size_t, strcspn(text, "\n"), 32);
}

/* params.c */
struct labyrinth_override {
	unsigned int		reserve;
	unsigned int		max_pages;
	unsigned int		cache;
	enum labyrinth_policy	policy;
};

extern unsigned int labyrinth_default_reserve;
extern unsigned int labyrinth_refill_low;
extern unsigned int labyrinth_refill_high;
extern unsigned int labyrinth_cache_size;
extern unsigned int labyrinth_memory_limit;
extern unsigned int labyrinth_poison_pattern;
extern enum labyrinth_policy labyrinth_default_policy;
extern bool labyrinth_strict_init_on_alloc;
extern bool labyrinth_strict_free;
int labyrinth_params_init(void);
int labyrinth_params_override(const char *name, struct labyrinth_override *over);

/* In messages about a policy that is none of them. */
#define LABYRINTH_POLICIES	"system_first, reserve_first, reserve_only"
int labyrinth_policy_parse(const char *text, enum labyrinth_policy *policy);
const char *labyrinth_policy_name(enum labyrinth_policy policy);
bool labyrinth_name_valid(const char *name);

/* uevent.c */
void labyrinth_uevent_setup(struct labyrinth_zone *zone);
void labyrinth_uevent_tell(struct labyrinth_zone *zone);

/* sysfs.c, debugfs.c */
struct kobject *labyrinth_sysfs_kobj(struct labyrinth_zone *zone);
int labyrinth_sysfs_init(void);
void labyrinth_sysfs_exit(void);
int labyrinth_sysfs_add(struct labyrinth_zone *zone);
void labyrinth_sysfs_announce(struct labyrinth_zone *zone);
void labyrinth_sysfs_remove(struct labyrinth_zone *zone);
void labyrinth_debugfs_init(void);
void labyrinth_debugfs_exit(void);
void labyrinth_debugfs_add(struct labyrinth_zone *zone);
void labyrinth_debugfs_remove(struct labyrinth_zone *zone);

/* inject.c */
enum {
	LABYRINTH_INJECT_ATOMIC,	/* a request's attempt at the system fails */
	LABYRINTH_INJECT_FILL,		/* the worker's, resize's and tickets' fail */
	LABYRINTH_INJECT_HOLD,		/* the worker does nothing */
	LABYRINTH_INJECT_NTH,		/* a request's nth attempt fails */
	LABYRINTH_INJECT_RESERVE_ONLY,	/* requests see nothing else */
	LABYRINTH_INJECT_DMA,		/* no page can be mapped */
	LABYRINTH_NR_INJECT
};

DECLARE_STATIC_KEY_FALSE(labyrinth_inject_key);
void labyrinth_inject_set(struct labyrinth_zone *zone, unsigned int bit, bool on);
void labyrinth_inject_setup(struct labyrinth_zone *zone);
void labyrinth_inject_debugfs(struct labyrinth_zone *zone);
void labyrinth_inject_free(struct labyrinth_zone *zone);
bool labyrinth_inject_nth(struct labyrinth_zone *zone);

static inline bool labyrinth_injected(const struct labyrinth_zone *zone,
				      unsigned int bit)
{
	return static_branch_unlikely(&labyrinth_inject_key) &&
	       test_bit(bit, &zone->inject);
}

/*
 * Is this attempt at the system, on behalf of a request, to fail? @full: the
 * system may be entered; should_fail() prints, and asks for random numbers, as
 * is not allowed where it may not.
 */
static inline bool labyrinth_inject_request(struct labyrinth_zone *zone, bool full)
{
#ifdef CONFIG_FAULT_INJECTION
	if (full && should_fail(&zone->fail_system, labyrinth_bytes(zone)))
		return true;
#endif
	return labyrinth_injected(zone, LABYRINTH_INJECT_ATOMIC) ||
	       (labyrinth_injected(zone, LABYRINTH_INJECT_NTH) &&
		labyrinth_inject_nth(zone));
}

/* And this one, on the zone's own behalf? */
static inline bool labyrinth_inject_fill(struct labyrinth_zone *zone)
{
#ifdef CONFIG_FAULT_INJECTION
	if (should_fail(&zone->fail_refill, labyrinth_bytes(zone)))
		return true;
#endif
	return labyrinth_injected(zone, LABYRINTH_INJECT_FILL);
}

/* attention.c */
void labyrinth_attention_settle(struct labyrinth_zone *zone);
void labyrinth_attention_join(struct labyrinth_zone *zone);
void labyrinth_attention_leave(struct labyrinth_zone *zone);

/*
 * For the fast paths it is a bit among others; they need not see both at once. One
 * setter at a time. What the reserve serves from now on is no fallback under a policy
 * that wants it so.
 */
static inline void labyrinth_policy_set(struct labyrinth_zone *zone,
					enum labyrinth_policy policy)
{
	bool reserve = policy != LABYRINTH_SYSTEM_FIRST;

	WRITE_ONCE(zone->policy, policy);
	assign_bit(LABYRINTH_ZONE_RESERVE, &zone->state, reserve);
	if (reserve)
		clear_bit(LABYRINTH_ZONE_BURST, &zone->state);
}

#endif /* LABYRINTH_INTERNAL_H */
