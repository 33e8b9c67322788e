/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the bench share.
 *
 * A loop is one case of one provider: it does the same thing a number of times
 * and returns the ticks that took. It is made of inline functions, so that what
 * is counted is a direct call of the provider's functions and nothing else; what
 * is indirect happens once, before the clock is read. A loop runs with preemption
 * and interrupts off, and what the same loop costs without a provider is
 * subtracted.
 *
 * The clock is the processor's. In an emulator that gives each instruction one tick
 * of time (qemu -icount shift=0) a tick is an instruction, exactly; elsewhere ticks
 * are turned into nanoseconds. All values here are thousandths of either.
 */
#ifndef LABYRINTH_TESTS_BENCH_H
#define LABYRINTH_TESTS_BENCH_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/ktime.h>
#include <linux/labyrinth.h>
#include <linux/types.h>

#define BENCH_WARM	32	/* rounds before those that are counted */
#define BENCH_BURST	64	/* pages out, then in */
#define BENCH_REPEATS	32	/* most repeats of one measurement */
#define BENCH_VALUES	96	/* most values that are summed up by one figure */

#ifdef CONFIG_X86_64
/* UML has no rdtsc() of its own. Nothing before or after it is to overlap. */
static __always_inline u64 bench_clock(void)
{
	u32 low, high;

	asm volatile("lfence; rdtsc; lfence" : "=a" (low), "=d" (high) : : "memory");
	return (u64)high << 32 | low;
}
#else
static __always_inline u64 bench_clock(void)
{
	return ktime_get_ns();
}
#endif

/**
 * struct bench_loop - one case of one provider
 * @name: of the case
 * @run: does it @rounds times, returns the ticks
 * @baseline: what a round costs without a provider; NULL: nothing is subtracted
 * @per: pages, or pairs, in a round
 * @slow: costs thousands of ticks a page
 * @softirq: for softirq context only
 */
struct bench_loop {
	const char	*name;
	u64		(*run)(void *handle, unsigned int rounds);
	const u64	*baseline;
	unsigned int	per;
	bool		slow;
	bool		softirq;
};

#define BENCH_RING	256	/* pages on their way from one CPU to another */

/* One CPU writes, another one reads: NULL is an empty place. */
struct bench_ring {
	unsigned int	head ____cacheline_aligned_in_smp;
	unsigned int	tail ____cacheline_aligned_in_smp;
	void		*page[BENCH_RING] ____cacheline_aligned_in_smp;
};

/**
 * struct bench_ops - single pages, for who has more to do than to repeat it
 * @take: one page; *ticks: how long that took, the clock's own cost included
 * @give: it goes back
 * @produce: pages into the ring, up to @nr or until that is full; returns how many
 * @consume: pages out of the ring and back, likewise
 */
struct bench_ops {
	void		*(*take)(void *handle, u64 *ticks);
	void		(*give)(void *handle, void *page);
	unsigned int	(*produce)(void *handle, struct bench_ring *ring, unsigned int nr);
	unsigned int	(*consume)(void *handle, struct bench_ring *ring, unsigned int nr);
};

/**
 * struct bench_provider - where pages come from
 * @name: of the provider
 * @setup: returns the handle that the others get, or an ERR_PTR()
 * @teardown: gives up everything
 * @ops: single pages
 * @loops: its cases, a pair first
 * @nr: how many
 */
struct bench_provider {
	const char		*name;
	void			*(*setup)(void);
	void			(*teardown)(void *handle);
	const struct bench_ops	*ops;
	const struct bench_loop	*loops;
	unsigned int		nr;
};

/* @one is always inlined, and so is what it calls by a constant pointer. */
static __always_inline u64 bench_timed(void (*one)(void *handle), void *handle,
				       unsigned int rounds)
{
	u64 start = bench_clock();
	unsigned int i;

	for (i = 0; i < rounds; i++) {
		one(handle);
		barrier();
	}
	return bench_clock() - start;
}

/* The same once everything is where it will be. */
static __always_inline u64 bench_loop(void (*one)(void *handle), void *handle,
				      unsigned int rounds)
{
	unsigned int i;

	for (i = 0; i < BENCH_WARM; i++)
		one(handle);
	return bench_timed(one, handle, rounds);
}

static __always_inline void bench_pair(void *(*take)(void *handle),
				       void (*give)(void *handle, void *page),
				       void *handle)
{
	void *page = take(handle);

	OPTIMIZER_HIDE_VAR(page);
	give(handle, page);
}

static __always_inline void bench_burst(void *(*take)(void *handle),
					void (*give)(void *handle, void *page),
					void *handle)
{
	void *page[BENCH_BURST];
	unsigned int i;

	for (i = 0; i < BENCH_BURST; i++)
		page[i] = take(handle);
	for (i = 0; i < BENCH_BURST; i++)
		give(handle, page[i]);
}

/* A function for struct bench_loop, and the inline one that it repeats. */
#define BENCH_LOOP(name)							\
static noinline u64 name##_loop(void *handle, unsigned int rounds)		\
{										\
	return bench_loop(name, handle, rounds);				\
}

/* One for what does not last as long as to be warmed up. */
#define BENCH_LOOP_COLD(name)							\
static noinline u64 name##_loop(void *handle, unsigned int rounds)		\
{										\
	return bench_timed(name, handle, rounds);				\
}

/* From name_take() and name_give(): one page out and in, a burst, a trial. */
#define BENCH_PAIR(name)							\
static __always_inline void name##_pair(void *handle)				\
{										\
	bench_pair(name##_take, name##_give, handle);				\
}										\
BENCH_LOOP(name##_pair)

#define BENCH_BURST_OF(name)							\
static __always_inline void name##_burst(void *handle)				\
{										\
	bench_burst(name##_take, name##_give, handle);				\
}										\
BENCH_LOOP(name##_burst)

static __always_inline bool bench_ring_put(struct bench_ring *ring, void *page)
{
	void **place = &ring->page[ring->head % BENCH_RING];

	if (READ_ONCE(*place))
		return false;
	/* Pairs with the acquire of get. */
	smp_store_release(place, page);
	ring->head++;
	return true;
}

static __always_inline void *bench_ring_get(struct bench_ring *ring)
{
	void **place = &ring->page[ring->tail % BENCH_RING];
	/* Pairs with the release of put. */
	void *page = smp_load_acquire(place);

	if (page) {
		WRITE_ONCE(*place, NULL);
		ring->tail++;
	}
	return page;
}

#define BENCH_OPS(name)								\
static noinline void *name##_timed(void *handle, u64 *ticks)			\
{										\
	u64 start = bench_clock();						\
	void *page = name##_take(handle);					\
										\
	*ticks = bench_clock() - start;						\
	return page;								\
}										\
										\
static noinline void name##_untimed(void *handle, void *page)			\
{										\
	name##_give(handle, page);						\
}										\
										\
static noinline unsigned int name##_produce(void *handle,			\
					    struct bench_ring *ring,		\
					    unsigned int nr)			\
{										\
	unsigned int i;								\
										\
	for (i = 0; i < nr; i++) {						\
		void *page = name##_take(handle);				\
										\
		if (!page)							\
			break;							\
		if (!bench_ring_put(ring, page)) {				\
			name##_give(handle, page);				\
			break;							\
		}								\
	}									\
	return i;								\
}										\
										\
static noinline unsigned int name##_consume(void *handle,			\
					    struct bench_ring *ring,		\
					    unsigned int nr)			\
{										\
	unsigned int i;								\
										\
	for (i = 0; i < nr; i++) {						\
		void *page = bench_ring_get(ring);				\
										\
		if (!page)							\
			break;							\
		name##_give(handle, page);					\
	}									\
	return i;								\
}										\
										\
static const struct bench_ops name##_ops = {					\
	.take = name##_timed, .give = name##_untimed,				\
	.produce = name##_produce, .consume = name##_consume,			\
}

/* main.c */
extern const struct bench_provider *const bench_providers[];
extern const unsigned int bench_nr_providers;
extern bool bench_own;
extern bool bench_icount;
extern unsigned int bench_rounds;
extern unsigned int bench_repeats;
extern unsigned int bench_samples;

/* measure.c */
struct bench_quiet {
	unsigned long	flags;
	bool		softirq;
};

struct bench_values {
	u64		value[BENCH_VALUES];	/* thousandths */
	unsigned int	nr;
};

extern const struct bench_provider bench_spin;
extern u64 bench_empty_pair;
extern u64 bench_empty_burst;

void bench_calibrate(void);
struct bench_quiet bench_quiet_begin(bool softirq);
void bench_quiet_end(struct bench_quiet quiet);
u64 bench_scale(u64 ticks);
u64 bench_overhead(void);
u64 bench_round_cost(const struct bench_loop *loop, u64 ticks, unsigned int rounds);
unsigned int bench_loop_rounds(const struct bench_loop *loop);
void bench_add(struct bench_values *values, u64 value);
void bench_print(const char *name, const char *provider,
		 struct bench_values *values);
void bench_print_mean(const char *name, const char *provider,
		      const struct bench_values *values);
void bench_print_one(const char *name, const char *provider, u64 value);
void bench_measure(const struct bench_provider *provider, void *handle);
void bench_baselines(void);
void bench_print_baselines(void);

/* latency.c, smp.c */
void bench_latency(void);
void bench_smp(void);

/* hog.c */
void bench_hog_take(void);
void bench_hog_give(void);
bool bench_hog_exhausted(void);
unsigned long bench_hog_more(gfp_t gfp, unsigned long nr);
void bench_hog_less(unsigned long nr);

/* labyrinth.c, system.c, page_pool.c, gen_pool.c */
extern const struct bench_provider bench_labyrinth;
extern const struct bench_provider bench_labyrinth_bulk;
extern const struct bench_provider bench_labyrinth_strict;
extern const struct bench_provider bench_labyrinth_verify;
extern const struct bench_provider bench_alloc_page;
extern const struct bench_provider bench_mempool;
extern const struct bench_provider bench_kmalloc;
extern const struct bench_provider bench_percpu_array;
extern const struct bench_provider bench_page_pool_direct;
extern const struct bench_provider bench_page_pool_ring;
extern const struct bench_provider bench_gen_pool;

#endif /* LABYRINTH_TESTS_BENCH_H */
