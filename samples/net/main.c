// SPDX-License-Identifier: GPL-2.0
/*
 * labnet: a network driver whose receive path lives on Labyrinth.
 *
 * Two network devices, joined by a wire, with all that the receive path of a real driver
 * has: a ring of pages that is refilled in softirq context, NAPI, GRO, fragments that
 * go up without being copied, counters and ring sizes for ethtool. The parameter
 * ``provider`` says where the ring's pages come from; everything else stays the same, so
 * that the providers can be compared.
 *
 *	ip netns add far; ip link set labnet1 netns far
 *
 * makes two hosts of it.
 *
 * Both devices are made before either is registered, as each needs its peer from the
 * first frame on, and freed after both are unregistered: that brings a device
 * down, which lets go of all it has. Sockets may still hold pages that came in here;
 * what frees them is the kernel's own code, and nothing of this module.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/labyrinth.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/rtnetlink.h>

#include "labnet.h"

/* Where a ring's pages come from: buddy, page_pool or labyrinth. */
static char *provider = "labyrinth";
module_param(provider, charp, 0444);
MODULE_PARM_DESC(provider, "where pages come from: buddy, page_pool or labyrinth (default labyrinth)");

/* Pages that each device's zone keeps in reserve: 1 to 16384, default 256. */
static unsigned int reserve = 256;
module_param(reserve, uint, 0444);
MODULE_PARM_DESC(reserve, "pages in reserve for each device with provider=labyrinth, 1..16384 (default 256)");

/* Descriptors of a ring: a power of two, 16 to 1024, default 256. */
static unsigned int ring = 256;
module_param(ring, uint, 0444);
MODULE_PARM_DESC(ring, "descriptors of a receive ring, a power of two, 16..1024 (default 256)");

/* sk_buffs that each device has in stock: 0 to 65536, default 512. */
static unsigned int skbs = 512;
module_param(skbs, uint, 0444);
MODULE_PARM_DESC(skbs, "sk_buffs in stock for each device, 0..65536 (default 512)");

/* Time between two looks for a ring that stands still, in ms: 0, never, to 60000. */
static unsigned int watchdog_ms = 1000;
module_param(watchdog_ms, uint, 0444);
MODULE_PARM_DESC(watchdog_ms, "time between two looks of the watchdog in ms, 0 (never)..60000 (default 1000)");

struct labnet_config labnet_config;
static struct net_device *devices[LABNET_DEVICES];

static int check_range(const char *name, unsigned int value, unsigned int least,
		       unsigned int most)
{
	if (value >= least && value <= most)
		return 0;
	pr_err("%s=%u: must be %u to %u\n", name, value, least, most);
	return -EINVAL;
}

static int check_ring(void)
{
	if (ring >= LABNET_RING_MIN && ring <= LABNET_RING_MAX &&
	    is_power_of_2(ring))
		return 0;
	pr_err("ring=%u: must be a power of two, %u to %u\n", ring,
	       LABNET_RING_MIN, LABNET_RING_MAX);
	return -EINVAL;
}

static int check_provider(void)
{
	labnet_config.provider = provider_find(provider);
	return labnet_config.provider ? 0 : -EINVAL;
}

static int check_parameters(void)
{
	int ret = check_provider() ?:
		  check_range("reserve", reserve, 1, LABNET_RESERVE_MAX) ?:
		  check_ring() ?:
		  check_range("skbs", skbs, 0, LABNET_STOCK_MAX) ?:
		  check_range("watchdog_ms", watchdog_ms, 0, 60000);

	labnet_config.reserve = reserve;
	labnet_config.ring = ring;
	labnet_config.skbs = skbs;
	labnet_config.watchdog_ms = watchdog_ms;
	return ret;
}

static void free_devices(void)
{
	unsigned int i;

	for (i = 0; i < LABNET_DEVICES; i++)
		labnet_free(devices[i]);
}

static int create_devices(void)
{
	unsigned int i;

	for (i = 0; i < LABNET_DEVICES; i++) {
		devices[i] = labnet_create(i);
		if (!devices[i]) {
			free_devices();
			return -ENOMEM;
		}
	}
	labnet_pair(devices[0], devices[1]);
	return 0;
}

static int __init labnet_init(void)
{
	int ret = check_parameters() ?: create_devices();

	if (ret)
		return ret;

	rtnl_lock();
	ret = register_netdevice(devices[0]);
	if (ret)
		goto unlock;
	ret = register_netdevice(devices[1]);
	if (ret)
		unregister_netdevice(devices[0]);
unlock:
	rtnl_unlock();
	if (ret) {
		free_devices();
		return ret;
	}
	labnet_debugfs_create();
	labnet_debugfs_add(netdev_priv(devices[0]));
	labnet_debugfs_add(netdev_priv(devices[1]));
	return 0;
}

static void __exit labnet_exit(void)
{
	unsigned int i;

	labnet_debugfs_remove();
	for (i = 0; i < LABNET_DEVICES; i++)
		unregister_netdev(devices[i]);
	free_devices();
}

module_init(labnet_init);
module_exit(labnet_exit);

MODULE_DESCRIPTION("A pair of network devices whose receive rings show where pages come from");
MODULE_LICENSE("GPL");
LABYRINTH_IMPORT_NS;
