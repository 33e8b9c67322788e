// SPDX-License-Identifier: GPL-2.0
/*
 * Two CPUs at once: each allocates and frees for itself, or one allocates what the
 * other frees.
 *
 * throughput-1cpu and throughput-2cpu are the time from one pair to the next, of all
 * CPUs together, while one or two of them do nothing else; throughput-factor is the
 * one divided by the other. Each measurement of one is followed by one of two.
 *
 * cross-cpu is the time from one page to the next that has been allocated on one
 * CPU and freed on the other.
 *
 * Who emulates the CPUs may have other things to do, and then there are no two. So
 * they are looked at before, between and after: both count up, and if one of them does
 * so more slowly than a CPU has been seen to, what was measured is thrown away. How
 * often it was not is the number of repeats. The provider "spin" only counts, too, and
 * shows what is left of that.
 */
#define pr_fmt(fmt) "labyrinth_bench: " fmt

#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "bench.h"

#define WINDOW_NS	(30 * NSEC_PER_MSEC)
#define LOOK_NS		(5 * NSEC_PER_MSEC)
#define LOOKS		50		/* until it is known what a CPU can do */
#define FREE_PERCENT	70		/* of that, from a CPU that is all ours */
#define TRIES		40		/* for each measurement that is kept */
#define CHUNK		1024		/* pairs between two looks at the time */
#define CROSS_CHUNK	64
#define CPUS		2

enum job { PAIRS, PRODUCE, CONSUME };

/**
 * struct runner - a thread bound to a CPU
 * @provider: whose pages
 * @handle: the provider's
 * @ring: between two of them
 * @job: what it does
 * @window_ns: for how long
 * @ready: how many of all have started; they begin together
 * @nr: how many have to
 * @count: pairs or pages so far
 * @ns: time that it took
 * @done: has ended
 */
struct runner {
	const struct bench_provider	*provider;
	void				*handle;
	struct bench_ring		*ring;
	enum job			job;
	u64				window_ns;
	atomic_t			*ready;
	int				nr;
	u64				count;
	u64				ns;
	struct completion		done;
};

static u64 run_chunk(struct runner *runner)
{
	const struct bench_provider *provider = runner->provider;

	switch (runner->job) {
	case PAIRS:
		provider->loops[0].run(runner->handle, CHUNK);
		return CHUNK + BENCH_WARM;
	case PRODUCE:
		return provider->ops->produce(runner->handle, runner->ring, CROSS_CHUNK);
	case CONSUME:
		return provider->ops->consume(runner->handle, runner->ring, CROSS_CHUNK);
	}
	return 0;
}

static int runner_thread(void *arg)
{
	struct runner *runner = arg;
	u64 begin, now;

	atomic_inc(runner->ready);
	while (atomic_read(runner->ready) < runner->nr)
		cpu_relax();
	begin = ktime_get_ns();
	do {
		u64 count = run_chunk(runner);

		runner->count += count;
		if (!count)
			cpu_relax();
		cond_resched();
		now = ktime_get_ns();
	} while (now - begin < runner->window_ns);
	runner->ns = now - begin;
	complete(&runner->done);
	return 0;
}

/* Have @nr of them run, each on a CPU of its own. False: they could not. */
static bool run_all(struct runner *runner, unsigned int nr)
{
	struct task_struct *task[CPUS];
	atomic_t ready = ATOMIC_INIT(0);
	unsigned int started, i, cpu = cpumask_first(cpu_online_mask);

	for (i = 0; i < nr; i++) {
		init_completion(&runner[i].done);
		runner[i].ready = &ready;
		runner[i].nr = nr;
		task[i] = kthread_create(runner_thread, &runner[i], "bench/%u", i);
		if (IS_ERR(task[i]))
			break;
		get_task_struct(task[i]);
		kthread_bind(task[i], cpu);
		cpu = cpumask_next(cpu, cpu_online_mask);
	}
	started = i;
	for (i = 0; started == nr && i < nr; i++)
		wake_up_process(task[i]);
	for (i = 0; started == nr && i < nr; i++)
		wait_for_completion(&runner[i].done);
	/* Until not even its last instruction is ours; or lets it not begin. */
	for (i = 0; i < started; i++) {
		kthread_stop(task[i]);
		put_task_struct(task[i]);
	}
	return started == nr;
}

/* Thousandths of a nanosecond from one pair to the next. */
static u64 throughput(const struct bench_provider *provider, void *handle,
		      unsigned int cpus)
{
	struct runner runner[CPUS];
	u64 rate = 0;
	unsigned int i;

	for (i = 0; i < cpus; i++)
		runner[i] = (struct runner) {
			.provider = provider, .handle = handle, .job = PAIRS,
			.window_ns = WINDOW_NS };
	if (!run_all(runner, cpus))
		return 0;
	/* Pairs in a second. */
	for (i = 0; i < cpus; i++)
		rate += div64_u64(runner[i].count * NSEC_PER_SEC, runner[i].ns);
	return div64_u64(1000ULL * NSEC_PER_SEC, max(rate, 1ULL));
}

static u64 cross(const struct bench_provider *provider, void *handle)
{
	struct bench_ring *ring = kzalloc(sizeof(*ring), GFP_KERNEL);
	const struct runner one = {
		.provider = provider, .handle = handle, .ring = ring,
		.window_ns = WINDOW_NS };
	struct runner runner[CPUS] = { one, one };
	u64 cost = 0;

	if (!ring)
		return 0;
	runner[0].job = PRODUCE;
	runner[1].job = CONSUME;
	if (run_all(runner, CPUS))
		cost = div64_u64(1000 * runner[1].ns, max(runner[1].count, 1ULL));
	/* What has not arrived. */
	while (provider->ops->consume(handle, ring, BENCH_RING))
		;
	kfree(ring);
	return cost;
}

/* How fast a CPU has ever counted, in a second; and the slower of two right now. */
static u64 fastest;

static u64 slower(void)
{
	struct runner runner[CPUS];
	u64 least = U64_MAX;
	unsigned int i;

	for (i = 0; i < CPUS; i++)
		runner[i] = (struct runner) {
			.provider = &bench_spin, .handle = bench_spin.setup(),
			.job = PAIRS, .window_ns = LOOK_NS };
	if (!run_all(runner, CPUS))
		return 0;
	for (i = 0; i < CPUS; i++) {
		u64 rate = div64_u64(runner[i].count * NSEC_PER_SEC, runner[i].ns);

		least = min(least, rate);
		fastest = max(fastest, rate);
	}
	return least;
}

static bool all_ours(void)
{
	return slower() >= div_u64(fastest * FREE_PERCENT, 100);
}

struct sample {
	u64	one;
	u64	two;
	u64	crossed;
};

/* False: something else was going on. */
static bool measure_once(const struct bench_provider *provider, void *handle,
			 struct sample *sample)
{
	if (!all_ours())
		return false;
	sample->one = throughput(provider, handle, 1);
	if (!all_ours())
		return false;
	sample->two = throughput(provider, handle, CPUS);
	if (!all_ours())
		return false;
	sample->crossed = provider->ops ? cross(provider, handle) : 0;
	return all_ours();
}

static void measure(const struct bench_provider *provider, void *handle)
{
	static struct bench_values one, two, factor, crossed;
	unsigned int tries = bench_repeats * TRIES;
	struct sample sample;

	one.nr = 0;
	two.nr = 0;
	factor.nr = 0;
	crossed.nr = 0;
	while (one.nr < bench_repeats && tries--) {
		if (!measure_once(provider, handle, &sample))
			continue;
		bench_add(&one, sample.one);
		bench_add(&two, sample.two);
		bench_add(&factor, div64_u64(sample.one * 1000, max(sample.two, 1ULL)));
		if (provider->ops)
			bench_add(&crossed, sample.crossed);
	}
	bench_print("throughput-1cpu", provider->name, &one);
	bench_print("throughput-2cpu", provider->name, &two);
	bench_print("throughput-factor", provider->name, &factor);
	bench_print("cross-cpu", provider->name, &crossed);
	if (one.nr < bench_repeats)
		pr_err("%s: the machine was busy, %u of %u measurements\n",
		       provider->name, one.nr, bench_repeats);
}

void bench_smp(void)
{
	static const struct bench_provider *const providers[] = {
		&bench_spin, &bench_labyrinth, &bench_labyrinth_strict,
		&bench_alloc_page, &bench_mempool, &bench_kmalloc,
	};
	unsigned int i;

	if (num_online_cpus() < CPUS) {
		pr_err("smp: there is one CPU only\n");
		return;
	}
	for (i = 0; i < LOOKS; i++)
		slower();
	for (i = 0; i < ARRAY_SIZE(providers); i++) {
		void *handle = providers[i]->setup();

		if (IS_ERR(handle)) {
			pr_err("%s: cannot be set up: %ld\n", providers[i]->name,
			       PTR_ERR(handle));
			continue;
		}
		measure(providers[i], handle);
		providers[i]->teardown(handle);
	}
}
