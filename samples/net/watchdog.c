// SPDX-License-Identifier: GPL-2.0
/*
 * The watchdog: what a driver has whose allocator does not call back.
 *
 * A ring with nothing posted stands still for good. Drivers have learnt that from
 * reports of machines that were deaf after one bad moment, and look now and then. So
 * does this one, whatever the provider: without it the demonstration would end with the
 * first burst. Where there was memory by then and only nobody had asked for it, that
 * was a stall, and counted (by NAPI, which is who finds out); with no memory there
 * either, it was none, and the watchdog comes again.
 *
 * It reads the ring without a lock: an answer that is out of date costs one poll too
 * many. stop() comes before NAPI is disabled.
 */
#include <linux/jiffies.h>

#include "labnet.h"

static void watchdog_look(struct work_struct *work)
{
	struct labnet *labnet = container_of(to_delayed_work(work),
					     struct labnet, watchdog.work);

	/* Not a ring that is just being replaced. Pairs with the release in ring_go(). */
	if (smp_load_acquire(&labnet->running) && ring_starved(labnet)) {
		WRITE_ONCE(labnet->watchdog.restarted, true);
		labnet_kick(labnet);
	}
	schedule_delayed_work(&labnet->watchdog.work, labnet->watchdog.period);
}

void watchdog_init(struct labnet *labnet)
{
	INIT_DELAYED_WORK(&labnet->watchdog.work, watchdog_look);
}

void watchdog_start(struct labnet *labnet, unsigned int period_ms)
{
	labnet->watchdog.period = msecs_to_jiffies(period_ms);
	labnet->watchdog.restarted = false;
	if (labnet->watchdog.period)
		schedule_delayed_work(&labnet->watchdog.work,
				      labnet->watchdog.period);
}

void watchdog_stop(struct labnet *labnet)
{
	cancel_delayed_work_sync(&labnet->watchdog.work);
}
