// SPDX-License-Identifier: GPL-2.0
/*
 * For ethtool: counters and ring sizes.
 *
 * ethtool calls under the RTNL lock, as bringing the device up and down does: a ring
 * does not come or go meanwhile. Counters are read as they are; the provider's lose
 * nothing when the device goes down.
 */
#include <linux/ethtool.h>
#include <linux/log2.h>
#include <linux/string.h>

#include "labnet.h"

static const char names[][ETH_GSTRING_LEN] = {
	"rx_missed", "rx_refill_failed", "rx_stalls", "rx_wakeups",
	"pages_taken", "pages_given", "pages_passed", "pages_reused",
	"skb_from_stock", "skb_failed",
};

static void get_values(const struct labnet *labnet, u64 *values)
{
	*values++ = READ_ONCE(labnet->rx.missed);
	*values++ = READ_ONCE(labnet->rx.refill_failed);
	*values++ = READ_ONCE(labnet->watchdog.stalls);
	*values++ = atomic64_read(&labnet->provider.wakeups);
	*values++ = READ_ONCE(labnet->provider.taken);
	*values++ = READ_ONCE(labnet->provider.given);
	*values++ = READ_ONCE(labnet->provider.passed);
	*values++ = READ_ONCE(labnet->provider.reused);
	*values++ = READ_ONCE(labnet->stock.used);
	*values++ = READ_ONCE(labnet->rx.skb_failed);
}

static int labnet_get_sset_count(struct net_device *dev, int set)
{
	return set == ETH_SS_STATS ? ARRAY_SIZE(names) : -EOPNOTSUPP;
}

static void labnet_get_strings(struct net_device *dev, u32 set, u8 *data)
{
	if (set == ETH_SS_STATS)
		memcpy(data, names, sizeof(names));
}

static void labnet_get_ethtool_stats(struct net_device *dev,
				     struct ethtool_stats *stats, u64 *values)
{
	get_values(netdev_priv(dev), values);
}

static void labnet_get_drvinfo(struct net_device *dev,
			       struct ethtool_drvinfo *info)
{
	strscpy(info->driver, KBUILD_MODNAME, sizeof(info->driver));
	strscpy(info->bus_info, labnet_config.provider->name,
		sizeof(info->bus_info));
}

static void labnet_get_ringparam(struct net_device *dev,
				 struct ethtool_ringparam *param,
				 struct kernel_ethtool_ringparam *kernel_param,
				 struct netlink_ext_ack *extack)
{
	const struct labnet *labnet = netdev_priv(dev);

	param->rx_max_pending = LABNET_RING_MAX;
	param->rx_pending = labnet->ring_size;
}

static int labnet_set_ringparam(struct net_device *dev,
				struct ethtool_ringparam *param,
				struct kernel_ethtool_ringparam *kernel_param,
				struct netlink_ext_ack *extack)
{
	struct labnet *labnet = netdev_priv(dev);
	unsigned int size = param->rx_pending;
	int ret = 0;

	if (param->tx_pending || param->rx_mini_pending || param->rx_jumbo_pending) {
		NL_SET_ERR_MSG(extack, "labnet has a receive ring only: rx");
		return -EINVAL;
	}
	if (size < LABNET_RING_MIN || size > LABNET_RING_MAX ||
	    !is_power_of_2(size)) {
		netdev_err(dev, "rx %u: must be a power of two, %u to %u\n",
			   size, LABNET_RING_MIN, LABNET_RING_MAX);
		NL_SET_ERR_MSG(extack, "rx must be a power of two, 16 to 1024");
		return -EINVAL;
	}
	if (netif_running(dev))
		ret = ring_resize(labnet, size);
	if (!ret)
		labnet->ring_size = size;
	return ret;
}

const struct ethtool_ops labnet_ethtool_ops = {
	.get_drvinfo = labnet_get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_sset_count = labnet_get_sset_count,
	.get_strings = labnet_get_strings,
	.get_ethtool_stats = labnet_get_ethtool_stats,
	.get_ringparam = labnet_get_ringparam,
	.set_ringparam = labnet_set_ringparam,
};
