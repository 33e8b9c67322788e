/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of labyrinth_torture.ko share.
 *
 *	main -> control, contexts, judge -> actions, ticket, hog -> account
 *
 * Workers, one for each thread and one for each CPU and kind of interrupt, take
 * pages from a set of zones and leave them in an array of slots, where any other
 * worker finds and frees them. The control, in process context, disturbs them.
 * Every decision comes from the worker's own random state, which follows from
 * the seed, and a step draws from it exactly once: step n of a worker decides the
 * same in every run with that seed, whatever the outcomes of others were.
 */
#ifndef LABYRINTH_STRESS_TORTURE_H
#define LABYRINTH_STRESS_TORTURE_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "../../src/internal.h"

/* --- contexts and workers --- */

enum torture_context {
	TORTURE_TASK,
	TORTURE_PREEMPT_OFF,
	TORTURE_BH_OFF,
	TORTURE_IRQ_OFF,
	TORTURE_RAW_SPINLOCK,
	TORTURE_SOFTIRQ,
	TORTURE_HARDIRQ,
	TORTURE_IRQ_WORK,
	TORTURE_NMI,
	TORTURE_NR_CONTEXTS
};

#define TORTURE_NR_ZONES	16
#define TORTURE_NR_HELD		8
#define TORTURE_NR_BURST	96

/**
 * struct torture_worker - one source of decisions, never run by two at a time
 * @rnd: what the next decision comes from
 * @id: its number, part of each claim
 * @sequence: pages it has claimed
 * @busy: an interrupt's worker is at work; see torture_interrupt()
 * @allocs: pages it took, by context
 * @frees: pages it freed, by context
 * @zone_allocs: the same by zone
 * @zone_frees: the same by zone
 * @held: claims of pages it has freed but holds a reference to; threads only
 * @burst: claims of pages that it is about to free; threads only
 * @task: the thread, if it is one
 */
struct torture_worker {
	struct rnd_state	rnd;
	unsigned int		id;
	unsigned int		sequence;
	atomic_t		busy;
	u64			allocs[TORTURE_NR_CONTEXTS];
	u64			frees[TORTURE_NR_CONTEXTS];
	u64			zone_allocs[TORTURE_NR_ZONES];
	u64			zone_frees[TORTURE_NR_ZONES];
	u64			held[TORTURE_NR_HELD];
	u64			burst[TORTURE_NR_BURST];
	struct task_struct	*task;
};

/* One step's decisions. */
struct torture_dice {
	u64			state;
};

static inline struct torture_dice torture_dice(struct torture_worker *worker)
{
	u64 high = prandom_u32_state(&worker->rnd);

	return (struct torture_dice){ high << 32 | prandom_u32_state(&worker->rnd) };
}

/* 0 to @sides - 1; a linear congruential generator, its upper bits are good. */
static inline u32 torture_roll(struct torture_dice *dice, u32 sides)
{
	dice->state = dice->state * 6364136223846793005ULL + 1442695040888963407ULL;
	return mul_u64_u32_shr(dice->state >> 32, sides, 32);
}

/* --- parameters and state, main.c --- */

extern unsigned int torture_seconds;
extern unsigned int torture_threads;
extern unsigned int torture_period_us;
extern unsigned int torture_slack;
extern unsigned long torture_seed;
extern bool torture_hogs;
extern char *torture_platform;

struct torture_worker *torture_worker_new(void);
unsigned int torture_nr_workers(void);
struct torture_worker *torture_worker(unsigned int id);
const char *torture_context_name(enum torture_context context);

/* --- zones, control.c --- */

/* Those that live as long as the run, then those that come and go. */
enum {
	TORTURE_ZONE_PLAIN,
	TORTURE_ZONE_RESERVE_FIRST,
	TORTURE_ZONE_RESERVE_ONLY,
	TORTURE_ZONE_VERIFY,
	TORTURE_ZONE_STRICT_ZERO,
	TORTURE_ZONE_NO_CACHE,
	TORTURE_ZONE_ORDER_1,
	TORTURE_ZONE_FAULTY,		/* the system always fails its requests */
	TORTURE_ZONE_FICKLE,		/* with faults that change */
	TORTURE_NR_LASTING,
	TORTURE_ZONE_SYSTEM = TORTURE_NR_ZONES - 1,	/* alloc_pages() itself */
	TORTURE_NR_USED = TORTURE_ZONE_SYSTEM,
};

/**
 * struct torture_zone - a zone, or the place of one that comes and goes
 * @zone: the zone
 * @name: its name
 * @open: may be allocated from; read under rcu_read_lock()
 * @order: of its pages
 * @poison: its pattern
 * @forbidden: qualities that its own would contradict
 * @users: held by who sleeps while using the zone, exclusively by who closes it
 * @live: pages taken from it and not yet freed, and open tickets; destroyed or not
 */
struct torture_zone {
	struct labyrinth_zone	*zone;
	char			name[LABYRINTH_NAME_MAX + 1];
	bool			open;
	unsigned int		order;
	u8			poison;
	labyrinth_quality_t	forbidden;
	struct rw_semaphore	users;
	atomic_t		live;
};

extern struct torture_zone torture_zones[TORTURE_NR_ZONES];
extern unsigned int torture_hot_zone;
int torture_zones_create(void);
void torture_zones_destroy(void);
void torture_control(struct torture_worker *worker, unsigned long end);
int torture_disturb_start(void);
void torture_disturb_stop(void);
void torture_faults_end(void);
void torture_transients_end(struct torture_worker *worker);

/* --- the account, account.c --- */

/* What can be wrong with a page. */
enum torture_wrong {
	TORTURE_LOST,
	TORTURE_DOUBLED,
	TORTURE_CORRUPTED,
	TORTURE_NR_WRONGS
};

/*
 * A claim says in one word which page somebody holds, who, since which of his
 * steps, taken where. Never 0, and the number of the page is the low part.
 */
#define TORTURE_CLAIM_PFN	GENMASK_ULL(23, 0)
#define TORTURE_CLAIM_SEQUENCE	GENMASK_ULL(45, 24)
#define TORTURE_CLAIM_ZONE	GENMASK_ULL(49, 46)
#define TORTURE_CLAIM_CONTEXT	GENMASK_ULL(53, 50)
#define TORTURE_CLAIM_WORKER	GENMASK_ULL(63, 54)
#define TORTURE_WORKERS_MAX	1023U

int torture_account_init(void);
void torture_account_exit(void);
u64 torture_claim(struct torture_worker *worker, enum torture_context context,
		  unsigned int zone, struct page *page,
		  labyrinth_quality_t quality);
bool torture_intact(u64 claim);
bool torture_release(u64 claim);
unsigned long torture_account_left(void);
struct page *torture_claim_page(u64 claim);
unsigned int torture_claim_zone(u64 claim);

__printf(3, 4)
void torture_wrong(enum torture_wrong wrong, u64 nr, const char *format, ...);
u64 torture_wrongs(enum torture_wrong wrong);
bool torture_stopped(void);

/* --- what workers do, actions.c --- */

void torture_step(struct torture_worker *worker, enum torture_context context);
void torture_drop_held(struct torture_worker *worker);
unsigned int torture_sweep(struct torture_worker *worker, int zone);

/* --- tickets, ticket.c --- */

void torture_ticket_open(struct torture_dice *dice);
struct page *torture_ticket_take(struct torture_dice *dice, labyrinth_quality_t quality,
				 unsigned int *zone);
void torture_ticket_close(struct torture_dice *dice);
void torture_tickets_close(int zone);

/* --- where they do it, contexts.c --- */

int torture_contexts_start(void);
void torture_contexts_stop(void);
bool torture_cpu_cycle(struct torture_dice *dice);

/* --- memory, hog.c --- */

int torture_hog_init(void);
void torture_hog_exit(void);
void torture_hog_end(void);
void torture_hog(struct torture_worker *worker, struct torture_dice *dice);
long torture_memory_unknown(void);

/* --- the end, judge.c --- */

struct torture_sum {
	u64	ops;
	u64	faults;
};

void torture_judge_misuse(const struct torture_zone *place,
			  const struct labyrinth_stats *stats);
void torture_judge(struct torture_worker *worker, struct torture_sum *sum);
void torture_judge_memory(long unknown_before);
void torture_print(const struct torture_sum *sum);

#endif /* LABYRINTH_STRESS_TORTURE_H */
