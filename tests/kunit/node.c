// SPDX-License-Identifier: GPL-2.0
/*
 * Zones bound to a NUMA node: they hold that node's pages, wherever those came
 * from, and fail where it has none.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/workqueue.h>

#include "log.h"

#define NONE	LABYRINTH_QUALITY_NONE
#define RESERVE	16U
#define NR	40U

static int node_init(struct kunit *test)
{
	if (num_node_state(N_MEMORY) < 2)
		kunit_skip(test, "one node with memory");
	return 0;
}

/* Pages that the zone owns and are not of its node. */
static unsigned int strangers(struct labyrinth_zone *zone)
{
	unsigned int slot, nr = 0;
	struct page *page;

	for (slot = 0; slot <= zone->slot_mask / sizeof(*zone->table); slot++) {
		page = zone->table[slot].page;
		/* What has no state is no page, but keeps its slot from being one's. */
		nr += page && zone->table[slot].state != LABYRINTH_DESC_NONE &&
		      page_to_nid(page) != zone->node;
	}
	return nr;
}

static struct labyrinth_zone *zone_on(struct kunit *test, int node)
{
	char name[16];

	/* They go when the case has ended, and not before. */
	snprintf(name, sizeof(name), "kunit%d", node);
	return labyrinth_test_zone_make(test, &(const struct labyrinth_zone_params) {
		.name = name, .reserve = RESERVE, .node = node,
	});
}

static long refill_from_here(void *zone)
{
	labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
	labyrinth_refill_flush(zone);
	return labyrinth_reserve_lack(zone);
}

static void bound_zone_holds_pages_of_its_node_only(struct kunit *test)
{
	struct labyrinth_zone *zone;
	struct page *page[NR];
	unsigned int cpu;
	int node;

	for_each_node_state(node, N_MEMORY) {
		zone = zone_on(test, node);
		KUNIT_EXPECT_EQ_MSG(test, strangers(zone), 0, "reserve of node %d", node);
		KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, NR), NR);
		KUNIT_EXPECT_EQ_MSG(test, strangers(zone), 0, "requests of node %d", node);
		KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, 4 * RESERVE), 0);
		KUNIT_EXPECT_EQ_MSG(test, strangers(zone), 0, "resize of node %d", node);
		labyrinth_test_ticket(test, zone, NR);
		KUNIT_EXPECT_EQ_MSG(test, strangers(zone), 0, "ticket of node %d", node);
		/* Wherever it is that the worker is asked for. */
		for_each_online_cpu(cpu) {
			labyrinth_policy_set(zone, LABYRINTH_RESERVE_ONLY);
			(void)labyrinth_test_take(zone, NONE, page, RESERVE);
			KUNIT_EXPECT_EQ(test, work_on_cpu(cpu, refill_from_here, zone), 0);
		}
		KUNIT_EXPECT_EQ_MSG(test, strangers(zone), 0, "refill of node %d", node);
		KUNIT_EXPECT_EQ(test, labyrinth_reserve_lack(zone), 0);
	}
}

/* The lowest memory is all on the first node; the last one has none of it. */
static void node_without_such_memory_is_named(struct kunit *test)
{
	struct labyrinth_zone_params params = {
		.name = "kunit", .reserve = 2, .gfp_zone = __GFP_DMA,
	};
	int node, last = 0;
	char where[24];

	if (!IS_ENABLED(CONFIG_ZONE_DMA))
		kunit_skip(test, "a kernel without CONFIG_ZONE_DMA");
	log_init(test);
	for_each_node_state(node, N_MEMORY)
		last = node;
	params.node = last;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(labyrinth_zone_create(&params)), -ENOMEM);
	snprintf(where, sizeof(where), "on node %d", last);
	KUNIT_EXPECT_EQ(test, told("zone kunit: ", "2 pages", where), 1);
}

static struct kunit_case node_cases[] = {
	KUNIT_CASE(bound_zone_holds_pages_of_its_node_only),
	KUNIT_CASE(node_without_such_memory_is_named),
	{}
};

static struct kunit_suite node_suite = {
	.name = "labyrinth_node",
	.suite_init = log_suite_init,
	.suite_exit = log_suite_exit,
	.init = node_init,
	.test_cases = node_cases,
};

kunit_test_suite(node_suite);
