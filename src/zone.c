// SPDX-License-Identifier: GPL-2.0
/*
 * Zones: how they come and go.
 *
 * Creation checks every parameter, applies the administrator's override, fills
 * the reserve and then makes the zone known. Nothing is left behind if a step
 * fails.
 *
 * Destruction has to cope with pages that are still live and with frees that
 * are under way on other CPUs, in any context:
 *
 * 1. The zone is marked dying. From then on allocations are refused, frees take
 *    the slow path, and nothing enters a cache or stack any more, save the
 *    exit stack.
 * 2. The name goes, and with it sysfs and debugfs, which wait for their readers.
 * 3. synchronize_rcu() waits for whoever has not seen the mark: fast paths run
 *    with preemption off, slow paths under rcu_read_lock().
 * 4. The workers are stopped, and pages that were open for fragments closed. Now idle
 *    pages and the marking below are ours.
 * 5. Every idle page goes back to the system. Every live one is marked as an
 *    orphan by compare-and-exchange and counted in ->pins; a free that claims
 *    the descriptor first is not counted, one that comes later finds the mark
 *    and drops the pin. An open ticket has held a pin all along, and keeps
 *    its pages. A device reaches none of them any more (src/dma.c).
 * 6. Whoever drops the last pin sees to it that the zone is freed: this
 *    function at once, or the last orphan's free or ticket's release, from
 *    whatever context, by a kick. labyrinth.ko is pinned as long as that is
 *    to come.
 *
 * A zone with orphans is freed only after labyrinth_zone_quiesce(): who dropped
 * the last pin may not have left the zone yet.
 */
#define pr_fmt(fmt) "labyrinth: " fmt

#include <linux/cpuhotplug.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/instruction_pointer.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmstat.h>

#include "stacks.h"
#include <trace/events/labyrinth.h>

#define LABYRINTH_FILL_GFP	(GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

LIST_HEAD(labyrinth_zones);
DEFINE_MUTEX(labyrinth_zones_lock);	/* the list, and names in sysfs and debugfs */

static enum cpuhp_state labyrinth_cpuhp;

static void labyrinth_zone_configure(struct labyrinth_zone *zone,
				     const struct labyrinth_zone_params *params)
{
	strscpy(zone->name, params->name, sizeof(zone->name));
	zone->order = params->order;
	zone->buffer_pages = params->buffer_pages;
	zone->unit = labyrinth_unit(params);
	zone->node = params->node;
	zone->gfp = params->gfp_zone | (params->order ? __GFP_COMP : 0) |
		    (params->node == NUMA_NO_NODE ? 0 : __GFP_THISNODE);
	labyrinth_policy_set(zone, params->policy);
	zone->quality = params->quality;
	zone->max_pages = params->max_pages;
	zone->cache_size = params->cache;
	zone->depot_max = labyrinth_zone_surplus_max(params->cache) / 2;
	zone->batch = clamp(params->cache / 2, 1U, LABYRINTH_BATCH_MAX);
	zone->poison = params->poison_pattern;
	zone->verify_pattern = params->quality & LABYRINTH_QUALITY_ZERO ?
			       0 : params->poison_pattern;
	zone->handoff_max = params->handoff_max;
	zone->available = params->available;
	zone->available_ctx = params->ctx;

	/* A compound page is marked as one; any other mark is the consumer's. */
	zone->page_flags = PAGEFLAGS_MASK;
	if (params->order) {
		zone->page_flags &= ~BIT(PG_head);
		set_bit(LABYRINTH_FREE_TAILS, &zone->free_attention);
	}
	if (params->buffer_pages)
		set_bit(LABYRINTH_FREE_BUFFER, &zone->free_attention);

	zone->init_on_alloc = labyrinth_strict_init_on_alloc && want_init_on_alloc(0);
	if (zone->quality & LABYRINTH_QUALITY_VERIFY)
		set_bit(LABYRINTH_FREE_VERIFY, &zone->free_attention);
	if (zone->quality & LABYRINTH_QUALITY_VERIFY || labyrinth_strict_free)
		set_bit(LABYRINTH_FREE_STRICT, &zone->free_attention);
	if (want_init_on_free())
		set_bit(LABYRINTH_FREE_CLEAR, &zone->free_attention);
	/* Idle pages that are patterned, or cleared when freed, are not kept clean. */
	if (zone->cache_size && !zone->buffer_pages &&
	    !(zone->quality & LABYRINTH_QUALITY_VERIFY) && !want_init_on_free())
		zone->clean_size = zone->batch;
}

static void labyrinth_zone_free(struct labyrinth_zone *zone)
{
	labyrinth_uncharge(zone->charged);
	labyrinth_dma_free(zone);
	labyrinth_buffer_free(zone);
	labyrinth_registry_free(zone);
	labyrinth_cache_free(zone);
	free_percpu(zone->frag);
	labyrinth_inject_free(zone);
	labyrinth_attention_leave(zone);
	labyrinth_history_free(zone);
	lockdep_unregister_key(&zone->handoff_key);
	lockdep_unregister_key(&zone->available_key);
	mutex_destroy(&zone->sysfs_lock);
	mutex_destroy(&zone->ticket_lock);
	mutex_destroy(&zone->report_lock);
	mutex_destroy(&zone->resize_lock);
	mutex_destroy(&zone->stacks_lock);
	mutex_destroy(&zone->owners_lock);
	kvfree(zone->owners);
	kfree(zone);
}

static struct labyrinth_zone *
labyrinth_zone_alloc(const struct labyrinth_zone_params *params)
{
	unsigned long charge = (unsigned long)params->reserve * labyrinth_unit(params) +
			       labyrinth_registry_table_pages(params->max_pages) +
			       labyrinth_buffer_table_pages(params) +
			       labyrinth_dma_table_pages(params);
	struct labyrinth_zone *zone;

	if (labyrinth_charge(params->name, charge))
		return ERR_PTR(-ENOSPC);
	zone = kzalloc(sizeof(*zone), GFP_KERNEL);
	if (!zone) {
		labyrinth_uncharge(charge);
		return ERR_PTR(-ENOMEM);
	}
	zone->charged = charge;
	labyrinth_stack_init(&zone->reserve);
	labyrinth_stack_init(&zone->depot);
	labyrinth_stack_init(&zone->clean_depot);
	labyrinth_stack_init(&zone->exit);
	labyrinth_stack_init(&zone->handoff);
	atomic_set(&zone->pins, 1);
	mutex_init(&zone->resize_lock);
	mutex_init(&zone->report_lock);
	mutex_init(&zone->ticket_lock);
	mutex_init(&zone->sysfs_lock);
	mutex_init(&zone->owners_lock);
	mutex_init(&zone->stacks_lock);
	ratelimit_state_init(&zone->misuse_limit, DEFAULT_RATELIMIT_INTERVAL,
			     DEFAULT_RATELIMIT_BURST);
	ratelimit_state_init(&zone->burst_limit, DEFAULT_RATELIMIT_INTERVAL,
			     DEFAULT_RATELIMIT_BURST);
	init_llist_head(&zone->strays);
	init_llist_head(&zone->buffers);
	lockdep_register_key(&zone->available_key);
	lockdep_register_key(&zone->handoff_key);
	labyrinth_zone_configure(zone, params);
	labyrinth_inject_setup(zone);
	labyrinth_refill_setup(zone);
	labyrinth_attention_join(zone);

	if (labyrinth_history_init(zone) || labyrinth_cache_setup(zone) ||
	    labyrinth_frag_setup(zone) || labyrinth_registry_init(zone) ||
	    labyrinth_buffer_init(zone) || labyrinth_dma_init(zone, params)) {
		labyrinth_zone_free(zone);
		return ERR_PTR(-ENOMEM);
	}
	return zone;
}

/* Keep the reserve at a smaller @target and give back what it has above. */
static void labyrinth_reserve_lower(struct labyrinth_zone *zone, u32 target)
{
	labyrinth_reserve_target_set(zone, target);
	/* A free that still goes by the old target has preemption off. */
	synchronize_rcu();
	labyrinth_reserve_shrink(zone);
}

#define LABYRINTH_FILL_TRIES	3	/* in a row without a gain */

/* Bring the reserve to @target and keep it there from now on, or change nothing. */
static int labyrinth_zone_fill(struct labyrinth_zone *zone, u32 target)
{
	u64 unmapped = labyrinth_counted(zone, LABYRINTH_DMA_ERRORS);
	u32 old = zone->reserve_target, level;
	LIST_HEAD(rejected);
	unsigned int tries = 0;

	labyrinth_reserve_target_set(zone, target);
	/* The worker and whoever frees may be filling, others draining it. */
	while (labyrinth_reserve_lack(zone) && tries < LABYRINTH_FILL_TRIES) {
		level = labyrinth_reserve_level(zone);
		labyrinth_system_fill(zone, labyrinth_reserve_lack(zone),
				      LABYRINTH_FILL_GFP, &rejected);
		tries = labyrinth_reserve_level(zone) > level ? 0 : tries + 1;
		/* What the worker has in hand is among those, and so may idle pages be. */
		if (tries && atomic_read(&zone->owned) >= zone->max_pages) {
			flush_delayed_work(&zone->refill);
			labyrinth_zone_trim(zone);
		}
		cond_resched();
	}
	labyrinth_system_put_rejected(zone, &rejected);
	if (tries < LABYRINTH_FILL_TRIES) {
		labyrinth_sizing_rebase(zone, target);
		return 0;
	}
	labyrinth_reserve_lower(zone, old);
	/* The worker may have given up because this had taken all max_pages. */
	labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
	unmapped = labyrinth_counted(zone, LABYRINTH_DMA_ERRORS) - unmapped;
	if (!unmapped)
		return -ENOMEM;
	pr_err("zone %s: no reserve of %u pages; mapping them for %s has failed %llu times\n",
	       zone->name, target, dev_name(zone->dma_dev), unmapped);
	return -EIO;
}

static struct labyrinth_zone *labyrinth_zone_find(const char *name)
{
	struct labyrinth_zone *zone;

	lockdep_assert_held(&labyrinth_zones_lock);
	list_for_each_entry(zone, &labyrinth_zones, list)
		if (!strcmp(zone->name, name))
			return zone;
	return NULL;
}

/* Make the zone known under its name, to the administrator as well. */
static int labyrinth_zone_publish(struct labyrinth_zone *zone)
{
	int ret;

	mutex_lock(&labyrinth_zones_lock);
	if (labyrinth_zone_find(zone->name)) {
		pr_err("zone %s: the name is taken by another zone\n", zone->name);
		ret = -EEXIST;
		goto out;
	}
	ret = labyrinth_sysfs_add(zone);
	if (ret)
		goto out;
	list_add_tail(&zone->list, &labyrinth_zones);
	labyrinth_debugfs_add(zone);
	labyrinth_sysfs_announce(zone);
	labyrinth_note(zone, LABYRINTH_NOTE_CREATED, 0, zone->reserve_target,
		       zone->max_pages);
	trace_labyrinth_zone_create(zone->name, zone->order, zone->reserve_target,
				    zone->max_pages, zone->node);
out:
	mutex_unlock(&labyrinth_zones_lock);
	return ret;
}

/* Idle pages go; live ones become orphans, each with a pin. Returns how many. */
static unsigned int labyrinth_zone_sweep(struct labyrinth_zone *zone)
{
	unsigned int orphans = 0;
	u32 slot, state;

	for (slot = 0; slot < labyrinth_registry_slots(zone); slot++) {
		struct labyrinth_desc *desc = &zone->table[slot];

		state = READ_ONCE(desc->state);
		if (state == LABYRINTH_DESC_IDLE || state == LABYRINTH_DESC_ASIDE) {
			if (labyrinth_desc_kept(zone, desc))
				labyrinth_system_let_go(zone, desc);
			continue;
		}
		while (state & LABYRINTH_DESC_LIVE) {
			/* The pin comes first: the free may follow at once. */
			atomic_inc(&zone->pins);
			if (try_cmpxchg(&desc->state, &state,
					state | LABYRINTH_DESC_ORPHAN)) {
				orphans++;
				break;
			}
			atomic_dec(&zone->pins);
		}
		cond_resched();
	}
	return orphans;
}

/*
 * The last pin is gone: wait for whoever dropped it, and for its kick. Two CPUs can
 * run the handler at once, the first of them making irq_work_sync() believe that
 * all is done; but it is a hard interrupt, and thus a reader.
 */
static void labyrinth_zone_quiesce(struct labyrinth_zone *zone)
{
	synchronize_rcu();
	irq_work_sync(&zone->kick);
	synchronize_rcu();
}

/* Nobody refers to the zone any more. */
static void labyrinth_zone_release(struct labyrinth_zone *zone)
{
	cancel_work_sync(&zone->cleanup);
	cancel_work_sync(&zone->stacks_work);
	cancel_work_sync(&zone->report);
	labyrinth_system_drain_exit(zone);
	/* What the sweep and late frees have found. */
	labyrinth_report_work(&zone->report);
	labyrinth_zone_free(zone);
}

void labyrinth_zone_gone(struct work_struct *work)
{
	struct labyrinth_zone *zone = container_of(work, struct labyrinth_zone, gone);

	labyrinth_zone_quiesce(zone);
	pr_info("zone %s: the last live page was freed and the last ticket released\n",
		zone->name);
	labyrinth_zone_release(zone);
	/* labyrinth_refill_exit() waits for this function to return. */
	module_put(THIS_MODULE);
}

/* An orphan was freed, or a ticket released. Any context, under rcu_read_lock(). */
void labyrinth_zone_unpin(struct labyrinth_zone *zone)
{
	if (atomic_dec_and_test(&zone->pins))
		labyrinth_kick(zone, LABYRINTH_KICK_GONE);
}

static void labyrinth_zone_stop(struct labyrinth_zone *zone)
{
	unsigned int bit;

	labyrinth_stacks_set(zone, 0);
	set_bit(LABYRINTH_ZONE_DYING, &zone->state);
	set_bit(LABYRINTH_FREE_DYING, &zone->free_attention);
	labyrinth_attention_settle(zone);
	synchronize_rcu();
	labyrinth_refill_stop(zone);
	/* Last: available() may have waited for a ticket, and asked. */
	labyrinth_cache_drain_stop(zone);
	labyrinth_frag_stop(zone);
	/* Nothing may ask for the worker any more. */
	clear_bit(LABYRINTH_FREE_SHORT, &zone->free_attention);
	for (bit = 0; bit < LABYRINTH_NR_INJECT; bit++)
		labyrinth_inject_set(zone, bit, false);
}

struct labyrinth_zone *
labyrinth_zone_create(const struct labyrinth_zone_params *given)
{
	char node[LABYRINTH_NODE_LEN];
	struct labyrinth_zone_params params;
	struct labyrinth_zone *zone;
	int ret;

	might_sleep();
	if (!given) {
		pr_err("zone parameters are NULL\n");
		return ERR_PTR(-EINVAL);
	}
	params = *given;
	ret = labyrinth_zone_params_settle(&params);
	if (ret)
		return ERR_PTR(ret);
	zone = labyrinth_zone_alloc(&params);
	if (IS_ERR(zone))
		return zone;
	ret = labyrinth_zone_fill(zone, params.reserve);
	if (ret == -ENOMEM)
		pr_err("zone %s: the system has no %u pages of order %u for the reserve%s\n",
		       zone->name, params.reserve * (zone->buffer_pages ?: 1), zone->order,
		       labyrinth_node_text(zone, node));
	if (ret)
		goto fail;
	ret = cpuhp_state_add_instance_nocalls(labyrinth_cpuhp, &zone->cpuhp);
	if (ret)
		goto fail;
	ret = labyrinth_zone_publish(zone);
	if (!ret)
		return zone;
	cpuhp_state_remove_instance_nocalls(labyrinth_cpuhp, &zone->cpuhp);
fail:
	labyrinth_zone_stop(zone);
	labyrinth_zone_sweep(zone);
	labyrinth_dma_stop(zone);
	labyrinth_zone_quiesce(zone);
	labyrinth_zone_release(zone);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_LABYRINTH(labyrinth_zone_create);

int labyrinth_zone_destroy(struct labyrinth_zone *zone)
{
	unsigned int orphans;
	int tickets;

	might_sleep();
	if (!zone)
		return 0;
	if (READ_ONCE(zone->available_task) == current ||
	    READ_ONCE(zone->handoff_task) == current) {
		pr_err("zone %s: destroy from the zone's own %s\n", zone->name,
		       READ_ONCE(zone->handoff_task) == current ?
		       "hand-off function" : "available() callback");
		return -EDEADLK;
	}
	/*
	 * A callback that runs is waited for, with whatever locks it takes. Its
	 * work has a lockdep class for each zone, held while it runs.
	 */
	lock_map_acquire(&zone->available_work.lockdep_map);
	lock_map_release(&zone->available_work.lockdep_map);
	lock_map_acquire(&zone->handoff_work.lockdep_map);
	lock_map_release(&zone->handoff_work.lockdep_map);

	mutex_lock(&labyrinth_zones_lock);
	list_del(&zone->list);
	labyrinth_sysfs_remove(zone);
	labyrinth_debugfs_remove(zone);
	mutex_unlock(&labyrinth_zones_lock);
	cpuhp_state_remove_instance_nocalls(labyrinth_cpuhp, &zone->cpuhp);
	labyrinth_zone_stop(zone);

	/* The caller's own use of our symbols keeps the module until here. */
	__module_get(THIS_MODULE);
	orphans = labyrinth_zone_sweep(zone);
	labyrinth_dma_stop(zone);
	if (orphans)
		labyrinth_report_leaks(zone, orphans);
	tickets = atomic_read(&zone->tickets);
	trace_labyrinth_zone_destroy(zone->name, orphans, tickets);
	if (tickets)
		labyrinth_report_tickets(zone, tickets);
	if (!atomic_dec_and_test(&zone->pins))
		return 0;
	labyrinth_zone_quiesce(zone);
	labyrinth_zone_release(zone);
	module_put(THIS_MODULE);
	return 0;
}
EXPORT_SYMBOL_LABYRINTH(labyrinth_zone_destroy);

static void labyrinth_devm_destroy(void *zone)
{
	labyrinth_zone_destroy(zone);
}

struct labyrinth_zone *
devm_labyrinth_zone_create(struct device *dev,
			   const struct labyrinth_zone_params *params)
{
	struct labyrinth_zone *zone = labyrinth_zone_create(params);
	int ret;

	if (IS_ERR(zone))
		return zone;
	ret = devm_add_action_or_reset(dev, labyrinth_devm_destroy, zone);
	return ret ? ERR_PTR(ret) : zone;
}
EXPORT_SYMBOL_LABYRINTH(devm_labyrinth_zone_create);

static int labyrinth_zone_grow(struct labyrinth_zone *zone, unsigned int reserve)
{
	unsigned long more = (unsigned long)(reserve - zone->reserve_target) *
			     zone->unit;
	char node[LABYRINTH_NODE_LEN];
	int ret;

	ret = labyrinth_charge(zone->name, more);
	if (ret)
		return ret;
	ret = labyrinth_zone_fill(zone, reserve);
	if (ret == -ENOMEM)
		pr_err("zone %s: no pages%s to grow the reserve to %u; the zone owns %d of max_pages %u, %lu KiB are free in the system\n",
		       zone->name, labyrinth_node_text(zone, node), reserve,
		       atomic_read(&zone->owned), zone->max_pages,
		       labyrinth_free_kib(zone));
	if (ret) {
		labyrinth_uncharge(more);
		return ret;
	}
	zone->charged += more;
	return 0;
}

static void labyrinth_zone_shrink(struct labyrinth_zone *zone, unsigned int reserve)
{
	unsigned long less = (unsigned long)(zone->reserve_target - reserve) *
			     zone->unit;

	labyrinth_reserve_lower(zone, reserve);
	labyrinth_uncharge(less);
	zone->charged -= less;
}

int labyrinth_zone_resize(struct labyrinth_zone *zone, unsigned int reserve)
{
	unsigned int surplus = labyrinth_zone_surplus_max(zone->cache_size), old;
	int ret = 0;

	might_sleep();
	if (!reserve || reserve > zone->max_pages - surplus) {
		pr_err("zone %s: a reserve of %u pages; allowed are 1 to %u (max_pages %u less caches %u)\n",
		       zone->name, reserve, zone->max_pages - surplus,
		       zone->max_pages, surplus);
		return reserve ? -ERANGE : -EINVAL;
	}
	mutex_lock(&zone->resize_lock);
	old = zone->reserve_target;
	if (reserve > old)
		ret = labyrinth_zone_grow(zone, reserve);
	else if (reserve < old)
		labyrinth_zone_shrink(zone, reserve);
	if (!ret && reserve != old)
		labyrinth_note(zone, LABYRINTH_NOTE_RESIZED, _RET_IP_, old, reserve);
	trace_labyrinth_resize(zone->name, old, reserve, ret);
	mutex_unlock(&zone->resize_lock);
	return ret;
}
EXPORT_SYMBOL_LABYRINTH(labyrinth_zone_resize);

void labyrinth_zone_get_stats(struct labyrinth_zone *zone,
			      struct labyrinth_stats *stats)
{
	unsigned int cpu;

	memset(stats, 0, sizeof(*stats));
	stats->frees = labyrinth_counted(zone, LABYRINTH_FREES);
	for_each_possible_cpu(cpu)
		/* data_race(): each CPU counts for itself, and late is not lost. */
		stats->frees += data_race(READ_ONCE(per_cpu_ptr(zone->cache, cpu)->frees));
	stats->frag_frees = labyrinth_frag_frees(zone);
	/* A page is handed out before it is freed: all of those are seen below. */
	smp_rmb();
	stats->from_cache = labyrinth_counted(zone, LABYRINTH_FROM_CACHE);
	stats->from_clean = labyrinth_counted(zone, LABYRINTH_FROM_CLEAN);
	for_each_possible_cpu(cpu) {
		stats->from_cache += labyrinth_cache_hits(per_cpu_ptr(zone->cache, cpu));
		stats->from_clean += labyrinth_cache_hits(per_cpu_ptr(zone->clean, cpu));
	}
	stats->from_cache += stats->from_clean;
	stats->from_system = labyrinth_counted(zone, LABYRINTH_FROM_SYSTEM);
	stats->from_reserve = labyrinth_from_reserve(zone);
	stats->from_ticket = labyrinth_counted(zone, LABYRINTH_FROM_TICKET);
	stats->allocs = stats->from_cache + stats->from_system +
			stats->from_reserve + stats->from_ticket;
	/* A page freed twice in the same instant by two CPUs was counted twice. */
	stats->frees = min(stats->frees, stats->allocs);
	stats->live = stats->allocs - stats->frees;

	stats->failed = labyrinth_counted(zone, LABYRINTH_FAILED);
	stats->misuse = labyrinth_counted(zone, LABYRINTH_MISUSE);
	stats->detached = labyrinth_counted(zone, LABYRINTH_DETACHED);
	stats->reserve = labyrinth_reserve_level(zone);
	stats->reserve_target = READ_ONCE(zone->reserve_target);
	stats->reserve_min_seen = READ_ONCE(zone->reserve_min_seen);
	stats->cached = labyrinth_cached(zone);
	stats->refilled = labyrinth_counted(zone, LABYRINTH_REFILLED);
	stats->verify_failures = labyrinth_counted(zone, LABYRINTH_VERIFY_FAILURES);
	stats->starvations = labyrinth_counted(zone, LABYRINTH_STARVATIONS);
	stats->capped = labyrinth_counted(zone, LABYRINTH_CAPPED);
	stats->owned = atomic_read(&zone->owned);
	stats->max_pages = zone->max_pages;
	stats->taken = labyrinth_counted(zone, LABYRINTH_TAKEN);
	stats->returned = labyrinth_counted(zone, LABYRINTH_RETURNED);
	stats->fallbacks = labyrinth_counted(zone, LABYRINTH_FALLBACKS);
	stats->refill_failures = labyrinth_counted(zone, LABYRINTH_REFILL_FAILURES);
	stats->unjoined = labyrinth_counted(zone, LABYRINTH_UNJOINED);
	stats->ticketed = atomic_read(&zone->ticketed);
	stats->stolen = labyrinth_counted(zone, LABYRINTH_STOLEN);
	stats->stalls = labyrinth_counted(zone, LABYRINTH_STALLS);
	stats->passed_on = labyrinth_counted(zone, LABYRINTH_PASSED_ON);
	stats->recycled = labyrinth_counted(zone, LABYRINTH_RECYCLED);
	stats->handed_off = labyrinth_counted(zone, LABYRINTH_HANDED_OFF);
	stats->dma_errors = labyrinth_counted(zone, LABYRINTH_DMA_ERRORS);
	stats->frag_allocs = labyrinth_frag_allocs(zone);
}
EXPORT_SYMBOL_LABYRINTH(labyrinth_zone_get_stats);

/* A dead CPU's cache is nobody's: give it back. */
static int labyrinth_cpu_dead(unsigned int cpu, struct hlist_node *node)
{
	struct labyrinth_zone *zone = hlist_entry(node, struct labyrinth_zone, cpuhp);

	labyrinth_frag_drain_dead(zone, cpu);
	labyrinth_cache_drain_dead(zone, cpu);
	return 0;
}

int labyrinth_zone_init(void)
{
	int ret = cpuhp_setup_state_multi(CPUHP_BP_PREPARE_DYN, "labyrinth:dead",
					  NULL, labyrinth_cpu_dead);

	if (ret < 0)
		return ret;
	labyrinth_cpuhp = ret;
	return 0;
}

void labyrinth_zone_exit(void)
{
	cpuhp_remove_multi_state(labyrinth_cpuhp);
}
