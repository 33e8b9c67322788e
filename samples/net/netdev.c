// SPDX-License-Identifier: GPL-2.0
/*
 * A network device: up, down, transmission, counters.
 *
 * Two of them are joined by a wire, for good: they are made and freed together. What one
 * sends is received by the other within its own transmission (see ring.c): no page of an
 * sk_buff ever goes over, only a copy, as over a real wire. The carrier is there while
 * both are up.
 *
 * Races: the core serialises transmission by a lock for each device, so that there is one
 * wire in each direction. The peer may go down meanwhile: it clears @running and waits
 * until nobody who has seen it set is still at it.
 *
 * The counters have one writer each, NAPI or the wire, and are read without a lock:
 * only 64-bit kernels are supported, where a u64 is read in one piece.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "labnet.h"

static int labnet_open(struct net_device *dev)
{
	struct labnet *labnet = netdev_priv(dev);
	int ret = stock_start(&labnet->stock, labnet_config.skbs);

	if (ret)
		return ret;
	ret = provider_open(labnet);
	if (ret)
		goto stop_stock;
	ret = ring_start(labnet, labnet->ring_size);
	if (ret)
		goto close_provider;
	watchdog_start(labnet, labnet_config.watchdog_ms);

	if (labnet->peer->running) {
		netif_carrier_on(labnet->dev);
		netif_carrier_on(labnet->peer->dev);
	}
	netif_start_queue(dev);
	return 0;

close_provider:
	provider_close(labnet);
stop_stock:
	stock_stop(&labnet->stock);
	return ret;
}

static int labnet_stop(struct net_device *dev)
{
	struct labnet *labnet = netdev_priv(dev);

	netif_stop_queue(dev);
	netif_carrier_off(labnet->peer->dev);
	netif_carrier_off(dev);
	watchdog_stop(labnet);
	ring_stop(labnet);
	provider_close(labnet);
	stock_stop(&labnet->stock);
	return 0;
}

static netdev_tx_t labnet_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct labnet *labnet = netdev_priv(dev);
	struct labnet *peer = labnet->peer;

	/* Pairs with the release in ring_go(). */
	if (unlikely(!smp_load_acquire(&peer->running)) ||
	    unlikely(skb->len < ETH_HLEN || skb->len > PAGE_SIZE)) {
		WRITE_ONCE(labnet->tx_dropped, labnet->tx_dropped + 1);
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}
	/* What the other side misses, it counts; the wire does not know. */
	if (!ring_receive(peer, skb))
		return NETDEV_TX_BUSY;
	skb_tx_timestamp(skb);
	WRITE_ONCE(labnet->tx_packets, labnet->tx_packets + 1);
	WRITE_ONCE(labnet->tx_bytes, labnet->tx_bytes + skb->len);
	dev_consume_skb_any(skb);
	return NETDEV_TX_OK;
}

static void labnet_get_stats64(struct net_device *dev,
			       struct rtnl_link_stats64 *stats)
{
	const struct labnet *labnet = netdev_priv(dev);

	stats->rx_packets = READ_ONCE(labnet->rx.received);
	stats->rx_bytes = READ_ONCE(labnet->rx.bytes);
	stats->rx_missed_errors = READ_ONCE(labnet->rx.missed);
	stats->rx_dropped = READ_ONCE(labnet->rx.skb_failed);
	stats->tx_packets = READ_ONCE(labnet->tx_packets);
	stats->tx_bytes = READ_ONCE(labnet->tx_bytes);
	stats->tx_dropped = READ_ONCE(labnet->tx_dropped);
}

static const struct net_device_ops labnet_netdev_ops = {
	.ndo_open = labnet_open,
	.ndo_stop = labnet_stop,
	.ndo_start_xmit = labnet_xmit,
	.ndo_get_stats64 = labnet_get_stats64,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_set_mac_address = eth_mac_addr,
};

struct net_device *labnet_create(unsigned int index)
{
	struct net_device *dev = alloc_etherdev(sizeof(struct labnet));
	struct labnet *labnet;

	if (!dev)
		return NULL;
	labnet = netdev_priv(dev);
	labnet->dev = dev;
	labnet->ring_size = labnet_config.ring;
	labnet->history = kvzalloc(sizeof(*labnet->history), GFP_KERNEL);
	if (!labnet->history) {
		free_netdev(dev);
		return NULL;
	}
	watchdog_init(labnet);
	snprintf(labnet->name, sizeof(labnet->name), "labnet%u", index);
	strscpy(dev->name, labnet->name, sizeof(dev->name));
	dev->netdev_ops = &labnet_netdev_ops;
	dev->ethtool_ops = &labnet_ethtool_ops;
	/* A frame has one page. */
	dev->max_mtu = PAGE_SIZE - VLAN_ETH_HLEN;
	eth_hw_addr_random(dev);
	netif_napi_add(dev, &labnet->napi, ring_poll);
	netif_carrier_off(dev);
	return dev;
}

void labnet_pair(struct net_device *a, struct net_device *b)
{
	struct labnet *labnet_a = netdev_priv(a);
	struct labnet *labnet_b = netdev_priv(b);

	labnet_a->peer = labnet_b;
	labnet_b->peer = labnet_a;
}

void labnet_free(struct net_device *dev)
{
	struct labnet *labnet;

	if (!dev)
		return;
	labnet = netdev_priv(dev);
	kvfree(labnet->history);
	free_netdev(dev);
}
