// SPDX-License-Identifier: GPL-2.0
/*
 * The bench: Labyrinth beside its peers, on the same kernel.
 *
 * It is loaded by scripts/bench-guest, prints what it found into the kernel's log
 * while it is being loaded, a line RESULT for each figure, and does nothing from
 * then on.
 */
#define pr_fmt(fmt) "labyrinth_bench: " fmt

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>

#include "../../src/internal.h"
#include "bench.h"
#include "zone.h"

/* Is a tick of the clock an instruction? */
bool bench_icount;
module_param_named(icount, bench_icount, bool, 0444);
MODULE_PARM_DESC(icount, "a tick is an instruction (N)");

/* Pairs in a measurement: 64 to 10000000. With interrupts off all the while. */
unsigned int bench_rounds = 10000;
module_param_named(rounds, bench_rounds, uint, 0444);
MODULE_PARM_DESC(rounds, "pairs in a measurement, 64..10000000 (10000)");

/* Measurements of which the median is taken: 1 to 32. */
unsigned int bench_repeats = 3;
module_param_named(repeats, bench_repeats, uint, 0444);
MODULE_PARM_DESC(repeats, "measurements of each, 1..32 (3)");

/* Allocations of which latency tells: 1000 to 10000000. */
unsigned int bench_samples = 100000;
module_param_named(samples, bench_samples, uint, 0444);
MODULE_PARM_DESC(samples, "allocations in latency, 1000..10000000 (100000)");

/* Labyrinth's own cases only, for the gate: Y or N. */
bool bench_own;
module_param_named(own, bench_own, bool, 0444);
MODULE_PARM_DESC(own, "nothing but Labyrinth (N)");

/* What to measure, words with commas in between. */
static char *sets = "base,exhausted";
module_param(sets, charp, 0444);
MODULE_PARM_DESC(sets, "base, zero, exhausted, growth, latency, smp (base,exhausted)");

#define BENCH_IF(config, provider)	(IS_ENABLED(CONFIG_##config) ? &(provider) : NULL)

const struct bench_provider *const bench_providers[] = {
	&bench_labyrinth,
	&bench_labyrinth_bulk,
	&bench_labyrinth_strict,
	&bench_labyrinth_verify,
	&bench_alloc_page,
	&bench_mempool,
	&bench_kmalloc,
	BENCH_IF(PAGE_POOL, bench_page_pool_direct),
	BENCH_IF(PAGE_POOL, bench_page_pool_ring),
	BENCH_IF(GENERIC_ALLOCATOR, bench_gen_pool),
	&bench_percpu_array,
};

const unsigned int bench_nr_providers = ARRAY_SIZE(bench_providers);

static void measure_provider(const struct bench_provider *provider)
{
	void *handle = provider->setup(), *page;
	u64 ticks;

	if (IS_ERR(handle)) {
		pr_err("%s: cannot be set up: %ld\n", provider->name, PTR_ERR(handle));
		return;
	}
	page = provider->ops->take(handle, &ticks);
	if (page) {
		provider->ops->give(handle, page);
		bench_measure(provider, handle);
	} else {
		pr_err("%s: gives no page\n", provider->name);
	}
	provider->teardown(handle);
}

static void bench_base(void)
{
	unsigned int i;

	bench_print_baselines();
	for (i = 0; i < bench_nr_providers; i++) {
		const struct bench_provider *provider = bench_providers[i];

		if (provider && (!bench_own || strstarts(provider->name, "labyrinth")))
			measure_provider(provider);
	}
	bench_zero();
	bench_memory();
}

static const struct {
	const char *name;
	void (*run)(void);
} known[] = {
	{ "base", bench_base },
	{ "zero", bench_zero },
	{ "exhausted", bench_exhausted },
	{ "growth", bench_growth },
	{ "latency", bench_latency },
	{ "smp", bench_smp },
};

static int run_set(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcmp(name, known[i].name))
			continue;
		known[i].run();
		return 0;
	}
	pr_err("sets: '%s' is unknown; allowed are base, zero, exhausted, growth, latency, smp\n",
	       name);
	return -EINVAL;
}

static int __init bench_init(void)
{
	char *name;
	int ret = 0;

	if (bench_rounds < 64 || bench_rounds > 10000000) {
		pr_err("rounds=%u: must be 64 to 10000000\n", bench_rounds);
		return -EINVAL;
	}
	if (bench_repeats < 1 || bench_repeats > BENCH_REPEATS) {
		pr_err("repeats=%u: must be 1 to %u\n", bench_repeats, BENCH_REPEATS);
		return -EINVAL;
	}
	if (bench_samples < 1000 || bench_samples > 10000000) {
		pr_err("samples=%u: must be 1000 to 10000000\n", bench_samples);
		return -EINVAL;
	}
	bench_calibrate();
	bench_baselines();
	while (!ret && (name = strsep(&sets, ",")))
		ret = run_set(name);
	return ret;
}

static void __exit bench_exit(void)
{
}

module_init(bench_init);
module_exit(bench_exit);

LABYRINTH_IMPORT_NS;
LABYRINTH_IMPORT_PRIVATE_NS;
MODULE_DESCRIPTION("Measures Labyrinth and its peers");
MODULE_AUTHOR("The Labyrinth developers");
MODULE_LICENSE("GPL");
