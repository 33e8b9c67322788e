// SPDX-License-Identifier: GPL-2.0
/*
 * User space is told that a zone starves, and that it does no more: KOBJ_CHANGE of
 * /sys/kernel/labyrinth/<zone>, with
 *
 *	LABYRINTH_ZONE=<name>
 *	LABYRINTH_EVENT=starved or recovered
 *	LABYRINTH_STARVATIONS=<critical requests that got nothing so far>
 *
 * The refill worker, which notes both, leaves bits and asks for the report worker, which
 * tells. The end is told if the beginning was, and the beginning only so often in a
 * while: a zone that starves all the time is known to. If it starves again before its
 * recovery was told, that is one starvation for user space.
 *
 * Destroy takes the directory away before it stops the workers; ->sysfs_lock keeps it
 * for as long as an event takes, and no longer. Under that lock no I/O is started for
 * the memory of a message: destroy may be called where reclaim waits for it.
 */
#include <linux/kobject.h>
#include <linux/ratelimit.h>
#include <linux/sched/mm.h>

#include "internal.h"

static void labyrinth_uevent_send(struct labyrinth_zone *zone, struct kobject *kobj,
				  const char *event)
{
	char name[sizeof("LABYRINTH_ZONE=") + LABYRINTH_NAME_MAX];
	char starvations[48], what[32];
	char *environment[4] = { name, what, starvations };
	unsigned int noio;

	snprintf(name, sizeof(name), "LABYRINTH_ZONE=%s", zone->name);
	snprintf(what, sizeof(what), "LABYRINTH_EVENT=%s", event);
	snprintf(starvations, sizeof(starvations), "LABYRINTH_STARVATIONS=%llu",
		 labyrinth_counted(zone, LABYRINTH_STARVATIONS));
	noio = memalloc_noio_save();
	/* Who does not hear of it can read as much. */
	kobject_uevent_env(kobj, KOBJ_CHANGE, environment);
	memalloc_noio_restore(noio);
}

/* Process context. */
void labyrinth_uevent_tell(struct labyrinth_zone *zone)
{
	struct kobject *kobj;

	mutex_lock(&zone->sysfs_lock);
	kobj = labyrinth_sysfs_kobj(zone);
	if (!kobj)
		goto out;
	if (test_and_clear_bit(LABYRINTH_ZONE_STARVED_NEWS, &zone->state) &&
	    !zone->uevent_told && __ratelimit(&zone->uevent_limit)) {
		zone->uevent_told = true;
		labyrinth_uevent_send(zone, kobj, "starved");
	}
	if (zone->uevent_told && !test_bit(LABYRINTH_ZONE_STARVED_TOLD, &zone->state)) {
		zone->uevent_told = false;
		labyrinth_uevent_send(zone, kobj, "recovered");
	}
out:
	mutex_unlock(&zone->sysfs_lock);
}

void labyrinth_uevent_setup(struct labyrinth_zone *zone)
{
	ratelimit_state_init(&zone->uevent_limit, DEFAULT_RATELIMIT_INTERVAL,
			     DEFAULT_RATELIMIT_BURST);
	/* What was not told is no news for the log. */
	ratelimit_set_flags(&zone->uevent_limit, RATELIMIT_MSG_ON_RELEASE);
}
