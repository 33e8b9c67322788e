// SPDX-License-Identifier: GPL-2.0
/*
 * Several CPUs at once: what they do wrong in the same instant, and CPUs that
 * come and go.
 */
#include <kunit/test.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/workqueue.h>

#include "common.h"
#include "pair.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define RESERVE	8U
#define NR	12U

/* --- freed twice in the same instant, where no locked claim is made --- */

#define ROUNDS	500U

/**
 * struct muddle - a zone whose pages are freed twice by two CPUs
 * @zone: the zone
 * @page: the page that both free
 * @held: what each of them takes afterwards
 * @nr: how many
 * @doubled: pages that were somebody else's at the time
 */
struct muddle {
	struct labyrinth_zone	*zone;
	struct page		*page;
	struct page		*held[2][NR];
	unsigned int		nr[2];
	atomic_t		doubled;
};

static void take_and_sign(struct muddle *muddle, unsigned int who)
{
	unsigned int i;

	muddle->nr[who] = labyrinth_test_take(muddle->zone, NONE, muddle->held[who], NR);
	for (i = 0; i < muddle->nr[who]; i++)
		if (xchg(&muddle->held[who][i]->private, who + 1))
			atomic_inc(&muddle->doubled);
}

static void unsign_and_free(struct muddle *muddle, unsigned int who)
{
	unsigned int i;

	for (i = 0; i < muddle->nr[who]; i++) {
		if (xchg(&muddle->held[who][i]->private, 0) != who + 1)
			atomic_inc(&muddle->doubled);
		labyrinth_test_free(muddle->zone, muddle->held[who][i]);
	}
}

/* Both free one page; then one takes what it gets, the other, and both give back. */
static void muddle_up(struct labyrinth_test_pair *pair, unsigned int who)
{
	struct muddle *muddle = pair->arg;
	unsigned int i, turn;

	for (i = 0; i < ROUNDS; i++) {
		if (who == i % 2)
			muddle->page = labyrinth_test_alloc(muddle->zone, NONE);
		if (!labyrinth_test_meet(pair, who))
			return;
		labyrinth_test_free(muddle->zone, muddle->page);
		for (turn = 0; turn < 4; turn++) {
			if (!labyrinth_test_meet(pair, who))
				return;
			if (who != turn % 2)
				continue;
			if (turn < 2)
				take_and_sign(muddle, who);
			else
				unsign_and_free(muddle, who);
		}
		if (!labyrinth_test_meet(pair, who))
			return;
	}
}

static const unsigned int cache_params[] = { LABYRINTH_NO_CACHE, 1, 8, 64 };

static void cache_desc(const unsigned int *cache, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "cache %d", (int)*cache);
}

KUNIT_ARRAY_PARAM(cache, cache_params, cache_desc);

static void page_freed_by_two_cpus_at_once_is_never_two_peoples(struct kunit *test)
{
	const unsigned int *cache = test->param_value;
	struct labyrinth_test_pair pair = { .fn = muddle_up };
	struct labyrinth_stats stats;
	struct muddle *muddle;

	muddle = kunit_kzalloc(test, sizeof(*muddle), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, muddle);
	muddle->zone = labyrinth_test_zone(test, .reserve = RESERVE, .cache = *cache);
	pair.arg = muddle;
	labyrinth_test_pair_run(test, &pair);
	KUNIT_EXPECT_EQ(test, atomic_read(&muddle->doubled), 0);
	/* What still stands somewhere twice is found when it is given up. */
	labyrinth_zone_trim(muddle->zone);
	labyrinth_refill_flush(muddle->zone);
	KUNIT_EXPECT_TRUE(test, labyrinth_test_wait(!labyrinth_reserve_lack(muddle->zone)));
	labyrinth_refill_flush(muddle->zone);
	stats = labyrinth_test_stats(muddle->zone);
	KUNIT_EXPECT_EQ(test, stats.misuse, ROUNDS);
	KUNIT_EXPECT_EQ(test, stats.owned, RESERVE);
	KUNIT_EXPECT_EQ(test, stats.stolen, 0);
	labyrinth_test_books(test, muddle->zone);
}

/* --- CPUs that go, and come again --- */

static unsigned int gone = -1U;

static int take_cpu_away(unsigned int cpu)
{
	int ret = -EPERM;

	if (IS_ENABLED(CONFIG_HOTPLUG_CPU))
		ret = remove_cpu(cpu);
	if (!ret)
		gone = cpu;
	return ret;
}

static int bring_cpu_back(void)
{
	unsigned int cpu = gone;

	gone = -1U;
	return IS_ENABLED(CONFIG_HOTPLUG_CPU) ? add_cpu(cpu) : -EPERM;
}

static void smp_exit(struct kunit *test)
{
	if (gone != -1U)
		KUNIT_EXPECT_EQ(test, bring_cpu_back(), 0);
}

static long make_surplus_here(void *zone)
{
	struct page *page[NR];
	unsigned int nr = labyrinth_test_take(zone, NONE, page, NR);

	labyrinth_free_bulk(zone, nr, page);
	return nr;
}

/* Another CPU than this case's, with pages in its cache. */
static unsigned int fill_another_cpu(struct kunit *test, struct labyrinth_zone *zone)
{
	unsigned int cpu = cpumask_last(cpu_online_mask);

	if (cpu == raw_smp_processor_id())
		cpu = cpumask_any_but(cpu_online_mask, cpu);
	KUNIT_ASSERT_EQ(test, work_on_cpu(cpu, make_surplus_here, zone), NR);
	KUNIT_ASSERT_EQ(test, per_cpu_ptr(zone->cache, cpu)->nr, NR);
	return cpu;
}

static struct labyrinth_zone *zone_on_several_cpus(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_HOTPLUG_CPU))
		kunit_skip(test, "a kernel without CONFIG_HOTPLUG_CPU");
	if (num_online_cpus() < 2)
		kunit_skip(test, "one CPU");
	/* The first is often one that cannot go, so it shall be the case's own. */
	set_cpus_allowed_ptr(current, cpumask_of(cpumask_first(cpu_online_mask)));
	return labyrinth_test_zone(test, .reserve = RESERVE, .cache = 64);
}

static void need_unplugged(struct kunit *test, unsigned int cpu)
{
	int ret = take_cpu_away(cpu);

	if (ret)
		kunit_skip(test, "CPU %u cannot be unplugged: error %d", cpu, ret);
}

static void cache_of_an_unplugged_cpu_is_given_back(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_on_several_cpus(test);
	unsigned int cpu = fill_another_cpu(test, zone);

	need_unplugged(test, cpu);
	KUNIT_EXPECT_EQ(test, per_cpu_ptr(zone->cache, cpu)->nr, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).returned, NR);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve_min_seen, RESERVE);
	labyrinth_test_books(test, zone);
	KUNIT_ASSERT_EQ(test, bring_cpu_back(), 0);
	/* As good as new. */
	fill_another_cpu(test, zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, NR);
	labyrinth_test_books(test, zone);
}

static void cache_of_an_unplugged_cpu_goes_to_a_short_reserve_first(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_on_several_cpus(test);
	unsigned int cpu = fill_another_cpu(test, zone);
	struct page *page[RESERVE];

	KUNIT_ASSERT_EQ(test, labyrinth_zone_inject(zone, LABYRINTH_FAULT_RESERVE_ONLY |
							  LABYRINTH_FAULT_WORKER, 0), 0);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, RESERVE), RESERVE);
	need_unplugged(test, cpu);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).reserve, RESERVE);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).returned, NR - RESERVE);
	labyrinth_test_books(test, zone);
}

/* Nothing waits for a CPU that is not there. */
static void zone_works_while_a_cpu_is_unplugged(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_on_several_cpus(test), *other;
	unsigned int cpu = fill_another_cpu(test, zone);
	struct labyrinth_ticket *ticket;

	need_unplugged(test, cpu);
	other = labyrinth_test_zone_make(test, &(const struct labyrinth_zone_params) {
		.name = "kunit2", .reserve = 2, .node = NUMA_NO_NODE, .cache = 64,
	});
	KUNIT_EXPECT_EQ(test, make_surplus_here(zone), NR);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, NR);
	labyrinth_zone_trim(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).cached, 0);
	ticket = labyrinth_test_ticket(test, zone, NR);
	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, 3 * RESERVE), 0);
	labyrinth_ticket_release(ticket);
	KUNIT_ASSERT_EQ(test, bring_cpu_back(), 0);
	/* A zone made meanwhile has a cache there as well. */
	KUNIT_EXPECT_EQ(test, work_on_cpu(cpu, make_surplus_here, other), NR);
	KUNIT_EXPECT_EQ(test, per_cpu_ptr(other->cache, cpu)->nr, NR);
}

static void zone_may_be_destroyed_while_a_cpu_is_unplugged(struct kunit *test)
{
	struct labyrinth_zone *zone = zone_on_several_cpus(test);
	int refcount = labyrinth_test_module_refcount();

	need_unplugged(test, fill_another_cpu(test, zone));
	KUNIT_EXPECT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_module_refcount(), refcount);
}

/**
 * struct elsewhere - fragments taken on another CPU
 * @zone: the zone
 * @addr: two of them
 */
struct elsewhere {
	struct labyrinth_zone	*zone;
	void			*addr[2];
};

static long cut_here(void *arg)
{
	struct elsewhere *elsewhere = arg;
	unsigned int i;

	for (i = 0; i < 2; i++)
		elsewhere->addr[i] = labyrinth_test_frag(elsewhere->zone, 64, 0, NONE);
	return elsewhere->addr[0] && elsewhere->addr[1];
}

/* The page that it cut fragments of: with one of them live, and without any. */
static void open_page_of_an_unplugged_cpu_is_given_back(struct kunit *test)
{
	struct elsewhere elsewhere = { .zone = zone_on_several_cpus(test) };
	unsigned int cpu = fill_another_cpu(test, elsewhere.zone);

	KUNIT_ASSERT_EQ(test, work_on_cpu(cpu, cut_here, &elsewhere), 1);
	labyrinth_test_frag_free(elsewhere.zone, elsewhere.addr[0]);
	need_unplugged(test, cpu);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(elsewhere.zone).live, 1);
	labyrinth_test_frag_free(elsewhere.zone, elsewhere.addr[1]);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(elsewhere.zone).live, 0);
	KUNIT_ASSERT_EQ(test, bring_cpu_back(), 0);

	KUNIT_ASSERT_EQ(test, work_on_cpu(cpu, cut_here, &elsewhere), 1);
	labyrinth_test_frag_free(elsewhere.zone, elsewhere.addr[0]);
	labyrinth_test_frag_free(elsewhere.zone, elsewhere.addr[1]);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(elsewhere.zone).live, 1);
	need_unplugged(test, cpu);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(elsewhere.zone).live, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(elsewhere.zone).misuse, 0);
	labyrinth_test_books(test, elsewhere.zone);
}

static struct kunit_case smp_cases[] = {
	KUNIT_CASE_PARAM(page_freed_by_two_cpus_at_once_is_never_two_peoples,
			 cache_gen_params),
	KUNIT_CASE(cache_of_an_unplugged_cpu_is_given_back),
	KUNIT_CASE(cache_of_an_unplugged_cpu_goes_to_a_short_reserve_first),
	KUNIT_CASE(zone_works_while_a_cpu_is_unplugged),
	KUNIT_CASE(zone_may_be_destroyed_while_a_cpu_is_unplugged),
	KUNIT_CASE(open_page_of_an_unplugged_cpu_is_given_back),
	{}
};

static struct kunit_suite smp_suite = {
	.name = "labyrinth_smp",
	.exit = smp_exit,
	.test_cases = smp_cases,
};

kunit_test_suite(smp_suite);
