// SPDX-License-Identifier: GPL-2.0
/*
 * Faults on demand, for tests: a zone whose system attempts fail, whose worker
 * is held back, or which hands out its reserve only. Off the fast paths
 * altogether, and a patched no-op on the others while no zone asks for a fault.
 *
 * What is injected here is exact, so that a test can repeat it. Random failures
 * are the kernel's own trade: where it has them, each zone offers its attributes.
 */
#define pr_fmt(fmt) "labyrinth: " fmt

#include <linux/debugfs.h>
#include <linux/errno.h>
#include <linux/mutex.h>
#include <linux/printk.h>

#include "internal.h"

DEFINE_STATIC_KEY_FALSE(labyrinth_inject_key);

#define LABYRINTH_FAULTS							\
	(LABYRINTH_FAULT_SYSTEM | LABYRINTH_FAULT_NTH |				\
	 LABYRINTH_FAULT_WORKER | LABYRINTH_FAULT_RESERVE_ONLY |		\
	 LABYRINTH_FAULT_DMA)

/* Process context; one caller at a time for each zone. */
void labyrinth_inject_set(struct labyrinth_zone *zone, unsigned int bit, bool on)
{
	if (on && !test_and_set_bit(bit, &zone->inject)) {
		static_branch_inc(&labyrinth_inject_key);
	} else if (!on && test_and_clear_bit(bit, &zone->inject)) {
		static_branch_dec(&labyrinth_inject_key);
		/* The worker may have been held back from something to do. */
		labyrinth_kick(zone, LABYRINTH_KICK_REFILL);
	}
	labyrinth_attention_settle(zone);
}
EXPORT_SYMBOL_LABYRINTH_PRIVATE(labyrinth_inject_set);

/* Is this the attempt that was meant? */
bool labyrinth_inject_nth(struct labyrinth_zone *zone)
{
	return atomic_dec_if_positive(&zone->inject_nth) == 0;
}

int labyrinth_zone_inject(struct labyrinth_zone *zone, labyrinth_fault_t faults,
			  unsigned int nth)
{
	might_sleep();
	if (faults & ~LABYRINTH_FAULTS) {
		pr_err("zone %s: faults 0x%x; known are 0x%x\n", zone->name,
		       (__force unsigned int)faults,
		       (__force unsigned int)LABYRINTH_FAULTS);
		return -EINVAL;
	}
	if (!!nth != !!(faults & LABYRINTH_FAULT_NTH) || nth > INT_MAX) {
		pr_err("zone %s: nth is %u; allowed are 1 to %d with LABYRINTH_FAULT_NTH, and 0 without\n",
		       zone->name, nth, INT_MAX);
		return -EINVAL;
	}
	mutex_lock(&zone->resize_lock);
	atomic_set(&zone->inject_nth, nth);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_ATOMIC,
			     faults & LABYRINTH_FAULT_SYSTEM);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_FILL,
			     faults & LABYRINTH_FAULT_SYSTEM);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_NTH,
			     faults & LABYRINTH_FAULT_NTH);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_HOLD,
			     faults & LABYRINTH_FAULT_WORKER);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_RESERVE_ONLY,
			     faults & LABYRINTH_FAULT_RESERVE_ONLY);
	labyrinth_inject_set(zone, LABYRINTH_INJECT_DMA,
			     faults & LABYRINTH_FAULT_DMA);
	mutex_unlock(&zone->resize_lock);
	return 0;
}
EXPORT_SYMBOL_LABYRINTH(labyrinth_zone_inject);

#ifdef CONFIG_FAULT_INJECTION
void labyrinth_inject_setup(struct labyrinth_zone *zone)
{
	zone->fail_system = (struct fault_attr)FAULT_ATTR_INITIALIZER;
	zone->fail_refill = (struct fault_attr)FAULT_ATTR_INITIALIZER;
	/* The initializer's lock is one that lockdep does not know. */
	ratelimit_state_init(&zone->fail_system.ratelimit_state, 0,
			     DEFAULT_RATELIMIT_BURST);
	ratelimit_state_init(&zone->fail_refill.ratelimit_state, 0,
			     DEFAULT_RATELIMIT_BURST);
}
#else
void labyrinth_inject_setup(struct labyrinth_zone *zone)
{
}
#endif

#ifdef CONFIG_FAULT_INJECTION_DEBUG_FS
void labyrinth_inject_debugfs(struct labyrinth_zone *zone)
{
	fault_create_debugfs_attr("fail_system", zone->debugfs, &zone->fail_system);
	fault_create_debugfs_attr("fail_refill", zone->debugfs, &zone->fail_refill);
}

/* Only now: a failure that is told names the directory. */
void labyrinth_inject_free(struct labyrinth_zone *zone)
{
	labyrinth_fault_attr_put(&zone->fail_system);
	labyrinth_fault_attr_put(&zone->fail_refill);
}
#else
void labyrinth_inject_debugfs(struct labyrinth_zone *zone)
{
}

void labyrinth_inject_free(struct labyrinth_zone *zone)
{
}
#endif
