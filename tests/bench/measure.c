// SPDX-License-Identifier: GPL-2.0
/*
 * How things are measured, and what of it is printed.
 */
#define pr_fmt(fmt) "labyrinth_bench: " fmt

#include <linux/bottom_half.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/sort.h>

#include "bench.h"

#define BENCH_CALIBRATE_NS	(50 * NSEC_PER_MSEC)
#define BENCH_SCALE_SHIFT	20

u64 bench_empty_pair;
u64 bench_empty_burst;

/* Thousandths of the unit in a tick, shifted. */
static u64 scale = 1000ULL << BENCH_SCALE_SHIFT;

u64 bench_scale(u64 ticks)
{
	return mul_u64_u64_shr(ticks, scale, BENCH_SCALE_SHIFT);
}

/* How long is a tick? Not asked where it is an instruction. */
void bench_calibrate(void)
{
	u64 begin, end, ticks;

	if (bench_icount)
		return;
	begin = ktime_get_ns();
	ticks = bench_clock();
	do {
		end = ktime_get_ns();
	} while (end - begin < BENCH_CALIBRATE_NS);
	ticks = bench_clock() - ticks;
	scale = div64_u64(((end - begin) * 1000) << BENCH_SCALE_SHIFT, ticks);
	pr_info("a tick is %llu ps\n", scale >> BENCH_SCALE_SHIFT);
}

/*
 * A pending reschedule would be looked at in every preempt_enable(), and an
 * interrupt be counted in.
 */
struct bench_quiet bench_quiet_begin(bool softirq)
{
	struct bench_quiet quiet = { .softirq = softirq };

	if (softirq)
		local_bh_disable();
	else
		preempt_disable();
	local_irq_save(quiet.flags);
	return quiet;
}

void bench_quiet_end(struct bench_quiet quiet)
{
	local_irq_restore(quiet.flags);
	if (quiet.softirq)
		local_bh_enable();
	else
		preempt_enable();
}

/* As many pages as for every other case, fewer if each takes its time. */
unsigned int bench_loop_rounds(const struct bench_loop *loop)
{
	return max(bench_rounds / loop->per / (loop->slow ? 10 : 1), 1U);
}

/* What one page costs in a loop that took so long. */
u64 bench_round_cost(const struct bench_loop *loop, u64 ticks, unsigned int rounds)
{
	u64 cost = div_u64(bench_scale(ticks), rounds);
	u64 baseline = loop->baseline ? *loop->baseline : 0;

	return div_u64(cost > baseline ? cost - baseline : 0, loop->per);
}

void bench_add(struct bench_values *values, u64 value)
{
	if (values->nr < ARRAY_SIZE(values->value))
		values->value[values->nr++] = value;
}

static int compare(const void *a, const void *b)
{
	u64 first = *(const u64 *)a, second = *(const u64 *)b;

	return first < second ? -1 : first > second;
}

/* RESULT case provider median least most repeats, in thousandths of the unit. */
void bench_print(const char *name, const char *provider, struct bench_values *values)
{
	u64 *value = values->value;

	if (!values->nr)
		return;
	sort(value, values->nr, sizeof(*value), compare, NULL);
	pr_info("RESULT %s %s %llu %llu %llu %u\n", name, provider,
		value[values->nr / 2], value[0], value[values->nr - 1], values->nr);
}

/* For values of which each counts, not those of one thing: the first is their mean. */
void bench_print_mean(const char *name, const char *provider,
		      const struct bench_values *values)
{
	u64 sum = 0, least = U64_MAX, most = 0;
	unsigned int i;

	for (i = 0; i < values->nr; i++) {
		sum += values->value[i];
		least = min(least, values->value[i]);
		most = max(most, values->value[i]);
	}
	if (values->nr)
		pr_info("RESULT %s %s %llu %llu %llu %u\n", name, provider,
			div_u64(sum, values->nr), least, most, values->nr);
}

void bench_print_one(const char *name, const char *provider, u64 value)
{
	struct bench_values values = { .value = { value }, .nr = 1 };

	bench_print(name, provider, &values);
}

static u64 run_quietly(const struct bench_loop *loop, void *handle,
		       unsigned int rounds)
{
	struct bench_quiet quiet = bench_quiet_begin(loop->softirq);
	u64 ticks = loop->run(handle, rounds);

	bench_quiet_end(quiet);
	return bench_round_cost(loop, ticks, rounds);
}

/* Ticks that timing a single call takes by itself. */
u64 bench_overhead(void)
{
	u64 least = U64_MAX;
	unsigned int i;

	for (i = 0; i < BENCH_WARM; i++) {
		u64 start = bench_clock();

		barrier();
		least = min(least, bench_clock() - start);
	}
	return least;
}

/* All of a provider's cases, each some times, one after the other. */
void bench_measure(const struct bench_provider *provider, void *handle)
{
	struct bench_values values;
	unsigned int i, j;

	for (i = 0; i < provider->nr; i++) {
		const struct bench_loop *loop = &provider->loops[i];

		values.nr = 0;
		for (j = 0; j < bench_repeats; j++)
			bench_add(&values, run_quietly(loop, handle,
						       bench_loop_rounds(loop)));
		bench_print(loop->name, provider->name, &values);
	}
}

/* --- baselines --- */

static __always_inline void *empty_take(void *handle)
{
	OPTIMIZER_HIDE_VAR(handle);
	return handle;
}

static __always_inline void empty_give(void *handle, void *page)
{
	OPTIMIZER_HIDE_VAR(page);
}

BENCH_PAIR(empty)
BENCH_BURST_OF(empty)

static __always_inline void irq_save_restore(void *handle)
{
	unsigned long flags;

	local_irq_save(flags);
	barrier();
	local_irq_restore(flags);
}

BENCH_LOOP(irq_save_restore)

static __always_inline void clear(void *handle)
{
	clear_page(handle);
}

BENCH_LOOP(clear)

static char baseline_page;

static const struct bench_loop pair_loop = {
	.name = "empty", .run = empty_pair_loop, .per = 1,
};

static const struct bench_loop burst_loop = {
	.name = "empty-burst64", .run = empty_burst_loop, .per = 1,
};

static const struct bench_loop loops[] = {
	{ .name = "empty", .run = empty_pair_loop, .per = 1 },
	{ .name = "irq-save-restore", .run = irq_save_restore_loop,
	  .baseline = &bench_empty_pair, .per = 1 },
	{ .name = "clear-page", .run = clear_loop, .baseline = &bench_empty_pair,
	  .per = 1, .slow = true },
};

static const struct bench_provider baseline = {
	.name = "baseline", .loops = loops, .nr = ARRAY_SIZE(loops),
};

static void *spin_setup(void)
{
	return &baseline_page;
}

static void spin_teardown(void *handle)
{
}

/* Nobody's page, for what only counts. */
const struct bench_provider bench_spin = {
	.name = "spin", .setup = spin_setup, .teardown = spin_teardown,
	.loops = loops, .nr = 1,
};

/* The least is what an undisturbed round takes. */
static u64 least_cost(const struct bench_loop *loop, unsigned int rounds)
{
	u64 least = U64_MAX;
	unsigned int i;

	for (i = 0; i < bench_repeats; i++)
		least = min(least, run_quietly(loop, &baseline_page, rounds));
	return least;
}

/* What the others are measured against, first of all. */
void bench_baselines(void)
{
	bench_empty_pair = least_cost(&pair_loop, bench_rounds);
	bench_empty_burst = least_cost(&burst_loop, max(bench_rounds / BENCH_BURST, 1U));
}

void bench_print_baselines(void)
{
	void *page = (void *)__get_free_page(GFP_KERNEL);

	if (!page)
		return;
	bench_measure(&baseline, page);
	free_page((unsigned long)page);
}
