// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/labyrinth/<zone>/: one value a file.
 *
 * Removing the directory waits for whoever is in a file, and an open file answers
 * -ENODEV from then on.
 *
 * User space is told that a zone comes, goes and (src/uevent.c) starves. Every file
 * stands in Documentation/ABI/testing/sysfs-kernel-labyrinth.
 */
#define pr_fmt(fmt) "labyrinth: " fmt

#include <linux/completion.h>
#include <linux/kobject.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "internal.h"

struct labyrinth_sysfs {
	struct kobject		kobj;
	struct labyrinth_zone	*zone;
	struct completion	released;
};

struct labyrinth_attribute {
	struct attribute	attr;
	ssize_t			(*show)(struct labyrinth_zone *zone, char *buffer);
	ssize_t			(*store)(struct labyrinth_zone *zone,
					 const char *text, size_t size);
};

static struct kset *labyrinth_kset;

#define LABYRINTH_STAT(name)							\
static ssize_t name##_show(struct labyrinth_zone *zone, char *buffer)		\
{										\
	struct labyrinth_stats stats;						\
										\
	labyrinth_zone_get_stats(zone, &stats);					\
	return sysfs_emit(buffer, "%llu\n", stats.name);			\
}										\
static struct labyrinth_attribute labyrinth_attr_##name = __ATTR_RO(name)

LABYRINTH_STAT(allocs);
LABYRINTH_STAT(frees);
LABYRINTH_STAT(from_cache);
LABYRINTH_STAT(from_system);
LABYRINTH_STAT(from_reserve);
LABYRINTH_STAT(failed);
LABYRINTH_STAT(misuse);
LABYRINTH_STAT(live);
LABYRINTH_STAT(reserve);
LABYRINTH_STAT(cached);
LABYRINTH_STAT(detached);
LABYRINTH_STAT(refilled);
LABYRINTH_STAT(verify_failures);
LABYRINTH_STAT(starvations);
LABYRINTH_STAT(capped);
LABYRINTH_STAT(owned);
LABYRINTH_STAT(max_pages);
LABYRINTH_STAT(taken);
LABYRINTH_STAT(returned);
LABYRINTH_STAT(fallbacks);
LABYRINTH_STAT(refill_failures);
LABYRINTH_STAT(unjoined);
LABYRINTH_STAT(from_clean);
LABYRINTH_STAT(from_ticket);
LABYRINTH_STAT(ticketed);
LABYRINTH_STAT(stolen);
LABYRINTH_STAT(stalls);
LABYRINTH_STAT(passed_on);
LABYRINTH_STAT(recycled);
LABYRINTH_STAT(handed_off);
LABYRINTH_STAT(dma_errors);
LABYRINTH_STAT(frag_allocs);
LABYRINTH_STAT(frag_frees);

static ssize_t reserve_target_show(struct labyrinth_zone *zone, char *buffer)
{
	return sysfs_emit(buffer, "%u\n", READ_ONCE(zone->reserve_target));
}

static ssize_t reserve_target_store(struct labyrinth_zone *zone, const char *text,
				    size_t size)
{
	unsigned int reserve;
	int ret;

	ret = kstrtouint(text, 0, &reserve);
	if (ret) {
		pr_err("zone %s: reserve_target '%.*s' is no number of pages\n",
		       zone->name, labyrinth_given(text), text);
		return ret;
	}
	ret = labyrinth_zone_resize(zone, reserve);
	return ret ?: size;
}

static struct labyrinth_attribute labyrinth_attr_reserve_target =
	__ATTR_RW(reserve_target);

static ssize_t reserve_min_seen_show(struct labyrinth_zone *zone, char *buffer)
{
	return sysfs_emit(buffer, "%u\n", READ_ONCE(zone->reserve_min_seen));
}

static ssize_t reserve_min_seen_store(struct labyrinth_zone *zone, const char *text,
				      size_t size)
{
	labyrinth_sizing_restart(zone);
	return size;
}

static struct labyrinth_attribute labyrinth_attr_reserve_min_seen =
	__ATTR_RW(reserve_min_seen);

#define LABYRINTH_FIGURE(name)							\
static ssize_t name##_show(struct labyrinth_zone *zone, char *buffer)		\
{										\
	struct labyrinth_sizing_figures figures;				\
										\
	labyrinth_sizing_read(zone, &figures);					\
	return sysfs_emit(buffer, "%llu\n", figures.name);			\
}										\
static struct labyrinth_attribute labyrinth_attr_##name = __ATTR_RO(name)

LABYRINTH_FIGURE(denied);
LABYRINTH_FIGURE(reserve_peak);
LABYRINTH_FIGURE(drain_1ms);
LABYRINTH_FIGURE(drain_10ms);
LABYRINTH_FIGURE(drain_100ms);
LABYRINTH_FIGURE(refill_latency_us);
LABYRINTH_FIGURE(starvation_longest_us);
LABYRINTH_FIGURE(evidence_seconds);
LABYRINTH_FIGURE(reserve_recommended);

static ssize_t policy_show(struct labyrinth_zone *zone, char *buffer)
{
	return sysfs_emit(buffer, "%s\n",
			  labyrinth_policy_name(READ_ONCE(zone->policy)));
}

static ssize_t policy_store(struct labyrinth_zone *zone, const char *text,
			    size_t size)
{
	enum labyrinth_policy policy;
	int ret;

	ret = labyrinth_policy_parse(text, &policy);
	if (ret) {
		pr_err("zone %s: policy '%.*s'; allowed are " LABYRINTH_POLICIES "\n",
		       zone->name, labyrinth_given(text), text);
		return ret;
	}
	if (policy != LABYRINTH_RESERVE_ONLY && zone->buffer_pages) {
		pr_err("zone %s: policy %s; buffers are mapped in advance, allowed is %s\n",
		       zone->name, labyrinth_policy_name(policy),
		       labyrinth_policy_name(LABYRINTH_RESERVE_ONLY));
		return -EINVAL;
	}
	if (policy == LABYRINTH_RESERVE_ONLY &&
	    (zone->quality & LABYRINTH_QUALITY_ACCOUNT)) {
		pr_err("zone %s: policy reserve_only; charged pages come from the system only\n",
		       zone->name);
		return -EINVAL;
	}
	mutex_lock(&zone->resize_lock);
	labyrinth_policy_set(zone, policy);
	mutex_unlock(&zone->resize_lock);
	return size;
}

static struct labyrinth_attribute labyrinth_attr_policy = __ATTR_RW(policy);

static ssize_t order_show(struct labyrinth_zone *zone, char *buffer)
{
	return sysfs_emit(buffer, "%u\n", zone->order);
}

static struct labyrinth_attribute labyrinth_attr_order = __ATTR_RO(order);

static ssize_t buffer_pages_show(struct labyrinth_zone *zone, char *buffer)
{
	return sysfs_emit(buffer, "%u\n", zone->buffer_pages);
}

static struct labyrinth_attribute labyrinth_attr_buffer_pages = __ATTR_RO(buffer_pages);

static ssize_t latched_show(struct labyrinth_zone *zone, char *buffer)
{
	return sysfs_emit(buffer, "%d\n",
			  test_bit(LABYRINTH_ZONE_LATCHED, &zone->state));
}

static struct labyrinth_attribute labyrinth_attr_latched = __ATTR_RO(latched);

static struct attribute *labyrinth_attrs[] = {
	&labyrinth_attr_allocs.attr,
	&labyrinth_attr_frees.attr,
	&labyrinth_attr_from_cache.attr,
	&labyrinth_attr_from_system.attr,
	&labyrinth_attr_from_reserve.attr,
	&labyrinth_attr_failed.attr,
	&labyrinth_attr_misuse.attr,
	&labyrinth_attr_live.attr,
	&labyrinth_attr_reserve.attr,
	&labyrinth_attr_reserve_target.attr,
	&labyrinth_attr_reserve_min_seen.attr,
	&labyrinth_attr_cached.attr,
	&labyrinth_attr_detached.attr,
	&labyrinth_attr_refilled.attr,
	&labyrinth_attr_verify_failures.attr,
	&labyrinth_attr_starvations.attr,
	&labyrinth_attr_capped.attr,
	&labyrinth_attr_owned.attr,
	&labyrinth_attr_max_pages.attr,
	&labyrinth_attr_taken.attr,
	&labyrinth_attr_returned.attr,
	&labyrinth_attr_fallbacks.attr,
	&labyrinth_attr_refill_failures.attr,
	&labyrinth_attr_unjoined.attr,
	&labyrinth_attr_from_clean.attr,
	&labyrinth_attr_from_ticket.attr,
	&labyrinth_attr_ticketed.attr,
	&labyrinth_attr_stolen.attr,
	&labyrinth_attr_stalls.attr,
	&labyrinth_attr_passed_on.attr,
	&labyrinth_attr_recycled.attr,
	&labyrinth_attr_handed_off.attr,
	&labyrinth_attr_dma_errors.attr,
	&labyrinth_attr_frag_allocs.attr,
	&labyrinth_attr_frag_frees.attr,
	&labyrinth_attr_policy.attr,
	&labyrinth_attr_order.attr,
	&labyrinth_attr_buffer_pages.attr,
	&labyrinth_attr_latched.attr,
	&labyrinth_attr_denied.attr,
	&labyrinth_attr_reserve_peak.attr,
	&labyrinth_attr_drain_1ms.attr,
	&labyrinth_attr_drain_10ms.attr,
	&labyrinth_attr_drain_100ms.attr,
	&labyrinth_attr_refill_latency_us.attr,
	&labyrinth_attr_starvation_longest_us.attr,
	&labyrinth_attr_evidence_seconds.attr,
	&labyrinth_attr_reserve_recommended.attr,
	NULL
};
ATTRIBUTE_GROUPS(labyrinth);

static ssize_t labyrinth_attr_show(struct kobject *kobj, struct attribute *attr,
				   char *buffer)
{
	struct labyrinth_sysfs *sysfs = container_of(kobj, struct labyrinth_sysfs,
						     kobj);

	return container_of(attr, struct labyrinth_attribute, attr)
		->show(sysfs->zone, buffer);
}

static ssize_t labyrinth_attr_store(struct kobject *kobj, struct attribute *attr,
				    const char *text, size_t size)
{
	struct labyrinth_sysfs *sysfs = container_of(kobj, struct labyrinth_sysfs,
						     kobj);

	return container_of(attr, struct labyrinth_attribute, attr)
		->store(sysfs->zone, text, size);
}

static const struct sysfs_ops labyrinth_sysfs_ops = {
	.show = labyrinth_attr_show,
	.store = labyrinth_attr_store,
};

static void labyrinth_sysfs_release(struct kobject *kobj)
{
	complete(&container_of(kobj, struct labyrinth_sysfs, kobj)->released);
}

static const struct kobj_type labyrinth_ktype = {
	.release = labyrinth_sysfs_release,
	.sysfs_ops = &labyrinth_sysfs_ops,
	.default_groups = labyrinth_groups,
};

/* The module must not go before the release that kobjects may put off. */
static void labyrinth_sysfs_put(struct labyrinth_sysfs *sysfs)
{
	kobject_put(&sysfs->kobj);
	wait_for_completion(&sysfs->released);
	kfree(sysfs);
}

int labyrinth_sysfs_add(struct labyrinth_zone *zone)
{
	struct labyrinth_sysfs *sysfs = kzalloc(sizeof(*sysfs), GFP_KERNEL);
	int ret;

	if (!sysfs)
		return -ENOMEM;
	sysfs->zone = zone;
	sysfs->kobj.kset = labyrinth_kset;
	init_completion(&sysfs->released);
	ret = kobject_init_and_add(&sysfs->kobj, &labyrinth_ktype, NULL, "%s",
				   zone->name);
	if (ret) {
		labyrinth_sysfs_put(sysfs);
		return ret;
	}
	mutex_lock(&zone->sysfs_lock);
	zone->sysfs = sysfs;
	mutex_unlock(&zone->sysfs_lock);
	return 0;
}

/* Once there is something to be found. Under labyrinth_zones_lock. */
void labyrinth_sysfs_announce(struct labyrinth_zone *zone)
{
	unsigned int noio = memalloc_noio_save();

	kobject_uevent(&zone->sysfs->kobj, KOBJ_ADD);
	memalloc_noio_restore(noio);
}

/* What events are told of; NULL: the directory is gone. It stays under ->sysfs_lock. */
struct kobject *labyrinth_sysfs_kobj(struct labyrinth_zone *zone)
{
	lockdep_assert_held(&zone->sysfs_lock);
	return zone->sysfs ? &zone->sysfs->kobj : NULL;
}

/* Waits for whoever is in one of the files. The event of it is kobject_del()'s. */
void labyrinth_sysfs_remove(struct labyrinth_zone *zone)
{
	struct labyrinth_sysfs *sysfs = zone->sysfs;
	unsigned int noio;

	mutex_lock(&zone->sysfs_lock);
	zone->sysfs = NULL;
	mutex_unlock(&zone->sysfs_lock);
	/* Destroy may be called where reclaim waits for it. */
	noio = memalloc_noio_save();
	kobject_del(&sysfs->kobj);
	memalloc_noio_restore(noio);
	labyrinth_sysfs_put(sysfs);
}

/* A set, as user space is told of nothing that is in none. */
int labyrinth_sysfs_init(void)
{
	labyrinth_kset = kset_create_and_add("labyrinth", NULL, kernel_kobj);
	return labyrinth_kset ? 0 : -ENOMEM;
}

void labyrinth_sysfs_exit(void)
{
	kset_unregister(labyrinth_kset);
}
