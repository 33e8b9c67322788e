// SPDX-License-Identifier: GPL-2.0
/*
 * A zone's parameters: checked, and completed by the administrator's override
 * and the defaults. Every refusal names the parameter, the value given and the
 * values allowed.
 */
#define pr_fmt(fmt) "labyrinth: " fmt

#include <linux/cpumask.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>

#include "internal.h"

/* Pages that may be handed off at once, where nothing is said. */
#define LABYRINTH_HANDOFF_DEFAULT	256U

/* Percent of the memory above which a reserve is large. */
#define LABYRINTH_LARGE_SHARE		5U

/* Pages of the system in each of the zone's. */
unsigned int labyrinth_unit(const struct labyrinth_zone_params *params)
{
	return params->buffer_pages ?: 1U << params->order;
}

/* Most pages that caches and depot can hold. */
unsigned int labyrinth_zone_surplus_max(unsigned int cache)
{
	return 2 * cache * num_possible_cpus();
}

static int labyrinth_params_check(const struct labyrinth_zone_params *params)
{
	if (!params->name || !labyrinth_name_valid(params->name)) {
		pr_err("zone name '%.*s' is invalid; allowed are 1 to %u characters of A-Z a-z 0-9 _ . -, the first a letter or digit\n",
		       LABYRINTH_NAME_MAX + 1, params->name ?: "(null)",
		       LABYRINTH_NAME_MAX);
		return -EINVAL;
	}
	if (params->order > LABYRINTH_MAX_ORDER) {
		pr_err("zone %s: order is %u; allowed are 0 to %u\n", params->name,
		       params->order, LABYRINTH_MAX_ORDER);
		return -EINVAL;
	}
	if (params->node != NUMA_NO_NODE &&
	    (params->node < 0 || params->node >= MAX_NUMNODES ||
	     !node_online(params->node))) {
		pr_err("zone %s: node is %d; allowed are NUMA_NO_NODE (%d) and online nodes\n",
		       params->name, params->node, NUMA_NO_NODE);
		return -EINVAL;
	}
	if (params->gfp_zone &&
	    !(params->gfp_zone == __GFP_DMA32 && IS_ENABLED(CONFIG_ZONE_DMA32)) &&
	    !(params->gfp_zone == __GFP_DMA && IS_ENABLED(CONFIG_ZONE_DMA))) {
		pr_err("zone %s: gfp_zone is %pGg; allowed are 0%s%s in this kernel\n",
		       params->name, &params->gfp_zone,
		       IS_ENABLED(CONFIG_ZONE_DMA32) ? ", __GFP_DMA32" : "",
		       IS_ENABLED(CONFIG_ZONE_DMA) ? ", __GFP_DMA" : "");
		return -EINVAL;
	}
	if ((unsigned int)params->policy > LABYRINTH_RESERVE_ONLY) {
		pr_err("zone %s: policy is %d; allowed are %d to %d\n", params->name,
		       params->policy, LABYRINTH_POLICY_DEFAULT,
		       LABYRINTH_RESERVE_ONLY);
		return -EINVAL;
	}
	if (!labyrinth_quality_valid(params->quality)) {
		pr_err("zone %s: quality is 0x%x; allowed are 0x%x, but not ZERO with POISON\n",
		       params->name, (__force unsigned int)params->quality,
		       (__force unsigned int)LABYRINTH_QUALITY_KNOWN);
		return -EINVAL;
	}
	return labyrinth_buffer_check(params);
}

/* A power of two wastes no descriptors. */
static unsigned int labyrinth_default_max(unsigned int reserve, unsigned int surplus)
{
	unsigned int most = max3(8 * reserve, reserve + 2 * surplus,
				 LABYRINTH_PAGES_MIN);

	return min_t(unsigned long, roundup_pow_of_two(most), LABYRINTH_PAGES_MAX);
}

/* As the administrator and the defaults complete it. */
static int labyrinth_params_complete(struct labyrinth_zone_params *params)
{
	struct labyrinth_override over;
	unsigned int surplus;
	int ret;

	ret = labyrinth_params_override(params->name, &over);
	if (ret < 0)
		return ret;
	if (ret) {
		params->reserve = over.reserve ?: params->reserve;
		params->max_pages = over.max_pages ?: params->max_pages;
		params->cache = over.cache ?: params->cache;
		params->policy = over.policy ?: params->policy;
	}
	params->reserve = params->reserve ?: labyrinth_default_reserve;
	if (labyrinth_buffer_policy(params))
		return -EINVAL;
	params->policy = params->policy ?: labyrinth_default_policy;
	params->poison_pattern = params->poison_pattern ?: labyrinth_poison_pattern;
	if (!params->cache)
		params->cache = labyrinth_cache_size;
	if (params->cache == LABYRINTH_NO_CACHE)
		params->cache = 0;
	if (params->cache > LABYRINTH_CACHE_MAX) {
		pr_err("zone %s: cache is %u; allowed are 1 to %u pages, 0 for the default and LABYRINTH_NO_CACHE\n",
		       params->name, params->cache, LABYRINTH_CACHE_MAX);
		return -EINVAL;
	}
	if (params->reserve > LABYRINTH_RESERVE_MAX) {
		pr_err("zone %s: reserve is %u; allowed are 1 to %u pages, and 0 for the default\n",
		       params->name, params->reserve, LABYRINTH_RESERVE_MAX);
		return -EINVAL;
	}
	if ((params->quality & LABYRINTH_QUALITY_ACCOUNT) &&
	    params->policy == LABYRINTH_RESERVE_ONLY) {
		pr_err("zone %s: quality ACCOUNT and policy reserve_only; charged pages come from the system only\n",
		       params->name);
		return -EINVAL;
	}
	surplus = labyrinth_zone_surplus_max(params->cache);
	/* A driver's own limit must not stand in the administrator's way. */
	if (ret && !over.max_pages && params->max_pages)
		params->max_pages = max(params->max_pages, params->reserve + surplus);
	if (!params->max_pages)
		params->max_pages = labyrinth_default_max(params->reserve, surplus);
	if (params->max_pages < params->reserve + surplus ||
	    params->max_pages > LABYRINTH_PAGES_MAX) {
		pr_err("zone %s: max_pages is %u; allowed are %u (reserve %u and caches %u) to %u\n",
		       params->name, params->max_pages, params->reserve + surplus,
		       params->reserve, surplus, LABYRINTH_PAGES_MAX);
		return -EINVAL;
	}
	/* Nor must that of the administrator stand in the driver's. */
	if (ret && over.max_pages)
		params->handoff_max = min(params->handoff_max, params->max_pages);
	if (params->handoff_max > params->max_pages) {
		pr_err("zone %s: handoff_max is %u; allowed are 1 to max_pages (%u), and 0 for %u\n",
		       params->name, params->handoff_max, params->max_pages,
		       LABYRINTH_HANDOFF_DEFAULT);
		return -EINVAL;
	}
	params->handoff_max = params->handoff_max ?:
			      min(LABYRINTH_HANDOFF_DEFAULT, params->max_pages);
	return 0;
}

/* Allowed, but seldom what its author takes it for. */
static void labyrinth_params_warn(const struct labyrinth_zone_params *params)
{
	unsigned long share = totalram_pages() / 100 * LABYRINTH_LARGE_SHARE;
	unsigned long reserve = (unsigned long)params->reserve * labyrinth_unit(params);

	if (params->order > PAGE_ALLOC_COSTLY_ORDER)
		pr_warn("zone %s: order %u: above order %u the system has contiguous memory only until it is fragmented, and does not try hard to make some; requests then fail once the reserve of %u is used up, and it may not be refilled before the machine is booted again\n",
			params->name, params->order, PAGE_ALLOC_COSTLY_ORDER,
			params->reserve);
	if (reserve > share)
		pr_warn("zone %s: a reserve of %lu KiB is more than %u percent of this machine's memory (%lu KiB), which nobody else can use; reserve_min_seen tells after a while how much of it was ever needed\n",
			params->name, reserve << (PAGE_SHIFT - 10), LABYRINTH_LARGE_SHARE,
			totalram_pages() << (PAGE_SHIFT - 10));
}

/*
 * Make of what a consumer gave what its zone is to be: afterwards no field is
 * left to a default, and ->cache is 0 for none.
 */
int labyrinth_zone_params_settle(struct labyrinth_zone_params *params)
{
	int ret = labyrinth_params_check(params) ?: labyrinth_dma_settle(params) ?:
		  labyrinth_params_complete(params);

	if (!ret)
		labyrinth_params_warn(params);
	return ret;
}
