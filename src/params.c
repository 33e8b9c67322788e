// SPDX-License-Identifier: GPL-2.0
/*
 * Module parameters: the administrator's defaults and overrides.
 *
 * Every setter rejects what is out of range and says what is allowed. Nothing
 * here acts on existing zones; a value is read when a zone is made, the refill
 * watermarks each time the worker runs.
 */
#define pr_fmt(fmt) "labyrinth: " fmt

#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"

/**
 * struct labyrinth_range - a number and what it may be
 * @unit: what is counted
 * @value: where it is kept
 * @min: least
 * @max: most
 */
struct labyrinth_range {
	const char	*unit;
	unsigned int	*value;
	unsigned int	min;
	unsigned int	max;
};

static int labyrinth_range_set(const char *text, const struct kernel_param *kp)
{
	const struct labyrinth_range *range = kp->arg;
	unsigned int value;

	if (kstrtouint(text, 0, &value) || value < range->min || value > range->max) {
		pr_err("parameter %s is '%.*s'; allowed are %u to %u %s\n",
		       kp->name, labyrinth_given(text), text, range->min, range->max, range->unit);
		return -EINVAL;
	}
	WRITE_ONCE(*range->value, value);
	return 0;
}

static int labyrinth_range_get(char *buffer, const struct kernel_param *kp)
{
	const struct labyrinth_range *range = kp->arg;

	return sysfs_emit(buffer, "%u\n", READ_ONCE(*range->value));
}

static const struct kernel_param_ops labyrinth_range_ops = {
	.set = labyrinth_range_set,
	.get = labyrinth_range_get,
};

#define LABYRINTH_RANGE_PARAM_OPS(param, ops, what, variable, from, to)		\
static const struct labyrinth_range labyrinth_range_##param = {			\
	.unit = what, .value = &(variable), .min = from, .max = to,		\
};										\
module_param_cb(param, &(ops), (void *)&labyrinth_range_##param, 0644);		\
__MODULE_PARM_TYPE(param, "uint")

#define LABYRINTH_RANGE_PARAM(param, what, variable, from, to)			\
	LABYRINTH_RANGE_PARAM_OPS(param, labyrinth_range_ops, what, variable, from, to)

static int labyrinth_bool_set(const char *text, const struct kernel_param *kp)
{
	int ret = param_set_bool(text, kp);

	if (ret)
		pr_err("parameter %s is '%.*s'; allowed are Y and N\n", kp->name,
		       labyrinth_given(text), text);
	return ret;
}

static const struct kernel_param_ops labyrinth_bool_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = labyrinth_bool_set,
	.get = param_get_bool,
};

/* Pages guaranteed to a zone that names no figure of its own. */
unsigned int labyrinth_default_reserve = 64;
LABYRINTH_RANGE_PARAM(default_reserve, "pages", labyrinth_default_reserve, 1,
		      LABYRINTH_RESERVE_MAX);
MODULE_PARM_DESC(default_reserve,
		 "pages guaranteed to a zone that names no figure of its own; 1 to 1048576, default 64; applies to zones made later");

unsigned int labyrinth_refill_low = 50;
unsigned int labyrinth_refill_high = 75;

/* Both are settled: from now on each is held against the other. */
static bool labyrinth_watermarks_set;

static int labyrinth_watermarks_check(unsigned int low, unsigned int high)
{
	if (low <= high)
		return 0;
	pr_err("parameter refill_low is %u, refill_high %u; allowed is refill_low up to refill_high percent\n",
	       low, high);
	return -EINVAL;
}

/* At load they come one by one in any order, and only together must they fit. */
static int labyrinth_watermark_set(const char *text, const struct kernel_param *kp)
{
	const struct labyrinth_range *range = kp->arg;
	unsigned int old = *range->value;
	int ret = labyrinth_range_set(text, kp);

	if (ret || !labyrinth_watermarks_set)
		return ret;
	ret = labyrinth_watermarks_check(labyrinth_refill_low,
					 labyrinth_refill_high);
	if (ret)
		WRITE_ONCE(*range->value, old);
	return ret;
}

static const struct kernel_param_ops labyrinth_watermark_ops = {
	.set = labyrinth_watermark_set,
	.get = labyrinth_range_get,
};

/*
 * Percent of the target. Below it the refill worker pauses for 40 ms at most
 * while the system has nothing, and available() is not called yet.
 */
LABYRINTH_RANGE_PARAM_OPS(refill_low, labyrinth_watermark_ops, "percent",
			  labyrinth_refill_low, 1, 100);
MODULE_PARM_DESC(refill_low,
		 "reserve level in percent of its target below which refill is urgent; 1 to 100 and no more than refill_high, default 50");

/* Percent of the target. There a burst is over and the system is asked again. */
LABYRINTH_RANGE_PARAM_OPS(refill_high, labyrinth_watermark_ops, "percent",
			  labyrinth_refill_high, 1, 100);
MODULE_PARM_DESC(refill_high,
		 "reserve level in percent of its target at which a burst is over and requests ask the system again; 1 to 100 and no less than refill_low, default 75");

/* Pages in each CPU's cache; 0 turns caches off. */
unsigned int labyrinth_cache_size = 32;
LABYRINTH_RANGE_PARAM(cache_size, "pages", labyrinth_cache_size, 0,
		      LABYRINTH_CACHE_MAX);
MODULE_PARM_DESC(cache_size,
		 "pages in each CPU's cache of a zone that names no figure of its own; 0 (none) to 512, default 32; applies to zones made later");

/* Percent of RAM that reserves and descriptors of all zones may take. */
unsigned int labyrinth_memory_limit = 20;
LABYRINTH_RANGE_PARAM(memory_limit, "percent", labyrinth_memory_limit, 1, 90);
MODULE_PARM_DESC(memory_limit,
		 "most memory that all zones together may set aside (reserves and descriptors), in percent of RAM; 1 to 90, default 20; applies to zones made or resized later");

/* The byte that fills POISON and VERIFY pages. */
unsigned int labyrinth_poison_pattern = 0x6b;
LABYRINTH_RANGE_PARAM(poison_pattern, "(a byte, not 0)", labyrinth_poison_pattern,
		      1, 255);
MODULE_PARM_DESC(poison_pattern,
		 "byte that fills POISON and VERIFY pages of a zone that names none; 1 to 255, default 107 (0x6b); applies to zones made later");

bool labyrinth_strict_init_on_alloc;
module_param_cb(strict_init_on_alloc, &labyrinth_bool_ops,
		&labyrinth_strict_init_on_alloc, 0644);
__MODULE_PARM_TYPE(strict_init_on_alloc, "bool");
MODULE_PARM_DESC(strict_init_on_alloc,
		 "with init_on_alloc=1, clear a page each time that it is handed out, not only when it joins a zone; bool, default N; applies to zones made later");

bool labyrinth_strict_free;
module_param_cb(strict_free, &labyrinth_bool_ops, &labyrinth_strict_free, 0644);
__MODULE_PARM_TYPE(strict_free, "bool");
MODULE_PARM_DESC(strict_free,
		 "claim each freed page with a locked instruction, so that two CPUs freeing one page in the same instant are told apart; bool, default N; applies to zones made later");

/* Policies by name. */
static const char * const labyrinth_policy_names[] = {
	[LABYRINTH_SYSTEM_FIRST]	= "system_first",
	[LABYRINTH_RESERVE_FIRST]	= "reserve_first",
	[LABYRINTH_RESERVE_ONLY]	= "reserve_only",
};

const char *labyrinth_policy_name(enum labyrinth_policy policy)
{
	return labyrinth_policy_names[policy];
}

int labyrinth_policy_parse(const char *text, enum labyrinth_policy *policy)
{
	unsigned int i;

	for (i = LABYRINTH_SYSTEM_FIRST; i <= LABYRINTH_RESERVE_ONLY; i++) {
		if (sysfs_streq(text, labyrinth_policy_names[i])) {
			*policy = i;
			return 0;
		}
	}
	return -EINVAL;
}

enum labyrinth_policy labyrinth_default_policy = LABYRINTH_SYSTEM_FIRST;

static int labyrinth_default_policy_set(const char *text,
					const struct kernel_param *kp)
{
	if (labyrinth_policy_parse(text, &labyrinth_default_policy)) {
		pr_err("parameter default_policy is '%.*s'; allowed are "
		       LABYRINTH_POLICIES "\n", labyrinth_given(text), text);
		return -EINVAL;
	}
	return 0;
}

static int labyrinth_default_policy_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n",
			  labyrinth_policy_name(labyrinth_default_policy));
}

static const struct kernel_param_ops labyrinth_default_policy_ops = {
	.set = labyrinth_default_policy_set,
	.get = labyrinth_default_policy_get,
};

module_param_cb(default_policy, &labyrinth_default_policy_ops, NULL, 0644);
__MODULE_PARM_TYPE(default_policy, "charp");
MODULE_PARM_DESC(default_policy,
		 "where requests go when the caches are empty, for zones that do not say: "
		 LABYRINTH_POLICIES "; default system_first; applies to zones made later");

bool labyrinth_name_valid(const char *name)
{
	size_t i, length = strnlen(name, LABYRINTH_NAME_MAX + 1);

	if (length < 1 || length > LABYRINTH_NAME_MAX || !isascii(name[0]) ||
	    !isalnum(name[0]))
		return false;
	for (i = 1; i < length; i++)
		if (!isascii(name[i]) ||
		    !(isalnum(name[i]) || strchr("_.-", name[i])))
			return false;
	return true;
}

/*
 * zones=NAME:KEY=VALUE[:KEY=VALUE...][,NAME:...]
 *
 * The text is checked as a whole when it is set, and parsed again whenever a
 * zone is made: that is rare, and there is only one truth.
 */
static DEFINE_MUTEX(labyrinth_zones_param_lock);
static char *labyrinth_zones_param;

#define LABYRINTH_ZONES_KEYS	"reserve, max_pages, cache, policy"

static int labyrinth_override_number(const char *zone, const char *key,
				     const char *value, unsigned int min,
				     unsigned int max, unsigned int *number)
{
	if (kstrtouint(value, 0, number) || *number < min || *number > max) {
		pr_err("parameter zones: %s of zone %s is '%.32s'; allowed are %u to %u pages\n",
		       key, zone, value, min, max);
		return -EINVAL;
	}
	return 0;
}

static int labyrinth_override_cache(const char *zone, const char *value,
				    unsigned int *cache)
{
	int ret = labyrinth_override_number(zone, "cache", value, 0,
					    LABYRINTH_CACHE_MAX, cache);

	if (!ret && !*cache)
		*cache = LABYRINTH_NO_CACHE;
	return ret;
}

static int labyrinth_override_key(const char *zone, char *text,
				  struct labyrinth_override *over)
{
	char *key = strsep(&text, "=");

	if (!text) {
		pr_err("parameter zones: '%.32s' of zone %s lacks '=VALUE'; allowed are "
		       LABYRINTH_ZONES_KEYS "\n", key, zone);
		return -EINVAL;
	}
	if (!strcmp(key, "reserve"))
		return labyrinth_override_number(zone, key, text, 1,
						 LABYRINTH_RESERVE_MAX,
						 &over->reserve);
	if (!strcmp(key, "max_pages"))
		return labyrinth_override_number(zone, key, text, 1,
						 LABYRINTH_PAGES_MAX,
						 &over->max_pages);
	if (!strcmp(key, "cache"))
		return labyrinth_override_cache(zone, text, &over->cache);
	if (!strcmp(key, "policy")) {
		if (!labyrinth_policy_parse(text, &over->policy))
			return 0;
		pr_err("parameter zones: policy of zone %s is '%.32s'; allowed are "
		       LABYRINTH_POLICIES "\n", zone, text);
		return -EINVAL;
	}
	pr_err("parameter zones: zone %s has no '%.32s'; allowed are "
	       LABYRINTH_ZONES_KEYS "\n", zone, key);
	return -EINVAL;
}

/* One entry, destroyed in passing. The name is left in @entry. */
static int labyrinth_override_entry(char *entry, struct labyrinth_override *over)
{
	char *rest = entry, *text;
	char *name = strsep(&rest, ":");
	int ret;

	memset(over, 0, sizeof(*over));
	if (!labyrinth_name_valid(name)) {
		pr_err("parameter zones: '%.32s' is no zone name; allowed are 1 to %u characters of A-Z a-z 0-9 _ . -\n",
		       name, LABYRINTH_NAME_MAX);
		return -EINVAL;
	}
	while ((text = strsep(&rest, ":")) != NULL) {
		ret = labyrinth_override_key(name, text, over);
		if (ret)
			return ret;
	}
	return 0;
}

/* Look for @name, or check all if NULL. 1: found, in @over. */
static int labyrinth_zones_parse(const char *text, const char *name,
				 struct labyrinth_override *over)
{
	char *copy, *rest, *entry;
	int ret = 0;

	copy = kstrdup(text, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	rest = strim(copy);
	while (*rest && (entry = strsep(&rest, ",")) != NULL) {
		ret = labyrinth_override_entry(entry, over);
		if (ret)
			break;
		if (name && !strcmp(entry, name)) {
			ret = 1;
			break;
		}
		if (!rest)
			break;
	}
	kfree(copy);
	return ret;
}

/* 1: the administrator has figures for @name, now in @over; 0: none. */
int labyrinth_params_override(const char *name, struct labyrinth_override *over)
{
	int ret = 0;

	mutex_lock(&labyrinth_zones_param_lock);
	if (labyrinth_zones_param)
		ret = labyrinth_zones_parse(labyrinth_zones_param, name, over);
	mutex_unlock(&labyrinth_zones_param_lock);
	return ret;
}

static int labyrinth_zones_set(const char *text, const struct kernel_param *kp)
{
	struct labyrinth_override over;
	char *copy;
	int ret;

	ret = labyrinth_zones_parse(text, NULL, &over);
	if (ret)
		return ret;
	/* What echo appends is not part of it. */
	copy = kstrdup(skip_spaces(text), GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	strim(copy);
	mutex_lock(&labyrinth_zones_param_lock);
	swap(labyrinth_zones_param, copy);
	mutex_unlock(&labyrinth_zones_param_lock);
	kfree(copy);
	return 0;
}

static int labyrinth_zones_get(char *buffer, const struct kernel_param *kp)
{
	int ret;

	mutex_lock(&labyrinth_zones_param_lock);
	ret = sysfs_emit(buffer, "%s\n", labyrinth_zones_param ?: "");
	mutex_unlock(&labyrinth_zones_param_lock);
	return ret;
}

static void labyrinth_zones_free(void *arg)
{
	kfree(labyrinth_zones_param);
	labyrinth_zones_param = NULL;
}

static const struct kernel_param_ops labyrinth_zones_ops = {
	.set = labyrinth_zones_set,
	.get = labyrinth_zones_get,
	.free = labyrinth_zones_free,
};

module_param_cb(zones, &labyrinth_zones_ops, NULL, 0644);
__MODULE_PARM_TYPE(zones, "charp");
MODULE_PARM_DESC(zones,
		 "figures for zones by name, over those of their drivers: NAME:KEY=VALUE[:KEY=VALUE...][,NAME:...], keys reserve, max_pages, cache (pages) and policy; without max_pages the driver's own is raised as needed; applies to zones made later, default none");

int labyrinth_params_init(void)
{
	kernel_param_lock(THIS_MODULE);
	labyrinth_watermarks_set = true;
	kernel_param_unlock(THIS_MODULE);
	return labyrinth_watermarks_check(labyrinth_refill_low,
					  labyrinth_refill_high);
}
