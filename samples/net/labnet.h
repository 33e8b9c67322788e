/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rooms of labnet, and what they tell each other.
 *
 *	main.c		parameters, life cycle
 *	netdev.c	a network device: up, down, transmission, counters
 *	ring.c		reception: the ring, the wire's end of it, and NAPI's
 *	stock.c		sk_buffs for when the slab allocator has none
 *	watchdog.c	what drivers without a callback have: somebody looks
 *	ethtool.c	counters, ring sizes
 *	debugfs.c	packets over time
 *	provider.c	where a ring's pages come from; one file for each way
 */
#ifndef _SAMPLES_LABNET_H
#define _SAMPLES_LABNET_H

#include <linux/cache.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#define LABNET_DEVICES		2
#define LABNET_RING_MIN		16
#define LABNET_RING_MAX		1024
#define LABNET_RESERVE_MAX	16384
#define LABNET_STOCK_MAX	65536

/* Headers that are copied out of a page, at most: what eth_get_headlen() finds. */
#define LABNET_HEADERS		128

struct labnet;
struct dentry;

/* ------------------------------------------------------------- provider.c */

/**
 * struct provider - where the pages of one ring come from
 * @ops: which way
 * @priv: that way's own
 * @taken: pages taken from where they come from
 * @given: pages that the driver itself gave back there
 * @passed: pages that became the stack's alone. Nothing is lost while
 *	@taken is @given, @passed, and what the driver still holds
 * @reused: pages that came back from the stack and were posted again
 * @wakeups: times that the provider itself had a starved ring go on
 */
struct provider {
	const struct provider_ops *ops;
	void *priv;
	u64 taken;
	u64 given;
	u64 passed;
	u64 reused;
	atomic64_t wakeups;
};

/**
 * struct provider_ops - one way
 * @name: value of the module parameter ``provider``
 * @open: prepare for a ring of @ring pages; process context
 * @close: undo @open; the ring has given its pages back. Process context, NAPI is off
 * @take: a page that nobody else uses, or NULL; NAPI, or process context with NAPI off
 * @give: a page from @take that was never passed up; as @take
 * @pass: @page is a fragment of @skb from now on; NAPI
 * @polled: a poll of the ring is over; may be NULL
 */
struct provider_ops {
	const char *name;
	int (*open)(struct labnet *labnet, unsigned int ring,
		    unsigned int reserve);
	void (*close)(struct provider *provider);
	struct page *(*take)(struct provider *provider);
	void (*give)(struct provider *provider, struct page *page);
	void (*pass)(struct provider *provider, struct sk_buff *skb,
		     struct page *page);
	void (*polled)(struct provider *provider);
};

extern const struct provider_ops provider_buddy;
extern const struct provider_ops provider_page_pool;
extern const struct provider_ops provider_labyrinth;

const struct provider_ops *provider_find(const char *name);
int provider_open(struct labnet *labnet);
void provider_close(struct labnet *labnet);

/* ----------------------------------------------------------------- ring.c */

/**
 * struct rx_entry - a descriptor: a page, and how much of it the wire has filled
 * @page: the page
 * @len: bytes in it
 */
struct rx_entry {
	struct page *page;
	unsigned int len;
};

/**
 * struct rx_ring - what a device receives into
 * @entries: a power of two of them
 * @mask: their number less one
 * @clean: the next one to be passed up; NAPI's own
 * @tail: behind the last one with a page; NAPI's own
 * @received: packets that the wire brought
 * @bytes: their lengths
 * @refill_failed: refills that got fewer pages than were missing
 * @skb_failed: of @received, dropped for want of an sk_buff
 * @short_of: some descriptor has no page, as a refill failed
 * @full_ns: when that was last over
 * @posted: @tail as the wire may see it
 * @filled: behind the last one that the wire has filled
 * @missed: frames that found no descriptor; the wire's
 */
struct rx_ring {
	struct rx_entry *entries;
	u32 mask;
	u32 clean;
	u32 tail;
	u64 received;
	u64 bytes;
	u64 refill_failed;
	u64 skb_failed;
	bool short_of;
	u64 full_ns;
	u32 posted;
	u32 filled ____cacheline_aligned_in_smp;
	u64 missed;
};

int ring_start(struct labnet *labnet, unsigned int size);
void ring_stop(struct labnet *labnet);
int ring_resize(struct labnet *labnet, unsigned int size);
bool ring_receive(struct labnet *labnet, const struct sk_buff *skb);
bool ring_starved(const struct labnet *labnet);
int ring_poll(struct napi_struct *napi, int budget);

/* ---------------------------------------------------------------- stock.c */

/**
 * struct skb_stock - sk_buffs made in advance
 * @list: the sk_buffs, under its own lock
 * @size: how many there are to be
 * @work: fills it up
 * @used: taken from it so far; NAPI's
 */
struct skb_stock {
	struct sk_buff_head list;
	unsigned int size;
	struct delayed_work work;
	u64 used;
};

int stock_start(struct skb_stock *stock, unsigned int size);
void stock_stop(struct skb_stock *stock);
struct sk_buff *stock_skb(struct labnet *labnet);

/* -------------------------------------------------------------- debugfs.c */

#define HISTORY_BUCKETS		4096
#define HISTORY_BUCKET_NS	(10 * NSEC_PER_MSEC)

/**
 * struct history - packets received, over time
 * @start_ns: when it began
 * @counts: packets in each piece of HISTORY_BUCKET_NS since then
 */
struct history {
	u64 start_ns;
	u32 counts[HISTORY_BUCKETS];
};

void history_add(struct history *history, unsigned int packets);
void labnet_debugfs_create(void);
void labnet_debugfs_add(struct labnet *labnet);
void labnet_debugfs_remove(void);

/* ------------------------------------------------------------- watchdog.c */

/**
 * struct watchdog - looks whether reception stands still
 * @work: does it
 * @period: jiffies between two looks; 0: nobody looks
 * @restarted: NAPI was started by the watchdog and has not run yet
 * @stalls: times that this was all it took
 */
struct watchdog {
	struct delayed_work work;
	unsigned long period;
	bool restarted;
	u64 stalls;
};

void watchdog_init(struct labnet *labnet);
void watchdog_start(struct labnet *labnet, unsigned int period_ms);
void watchdog_stop(struct labnet *labnet);

/* ------------------------------------------------------ netdev.c, main.c */

/**
 * struct labnet - one of the pair
 * @dev: the network device
 * @name: as it was born: it may be renamed
 * @peer: the other one
 * @napi: reception
 * @running: the wire may deliver
 * @rx: the ring
 * @provider: its pages
 * @stock: sk_buffs in advance
 * @watchdog: the last resort
 * @history: what became of it
 * @ring_size: descriptors, from the next start on
 * @tx_packets: sent; under the transmission lock, as are the next two
 * @tx_bytes: their lengths
 * @tx_dropped: not sent, as nobody listened or the frame was too long
 */
struct labnet {
	struct net_device *dev;
	char name[IFNAMSIZ];
	struct labnet *peer;
	struct napi_struct napi;
	bool running;
	struct rx_ring rx;
	struct provider provider;
	struct skb_stock stock;
	struct watchdog watchdog;
	struct history *history;
	unsigned int ring_size;
	u64 tx_packets;
	u64 tx_bytes;
	u64 tx_dropped;
};

/**
 * struct labnet_config - the module's parameters, once they are checked
 * @provider: where pages come from
 * @reserve: pages that a zone keeps
 * @ring: descriptors of a ring
 * @skbs: sk_buffs in a stock
 * @watchdog_ms: between two looks of a watchdog
 */
struct labnet_config {
	const struct provider_ops *provider;
	unsigned int reserve;
	unsigned int ring;
	unsigned int skbs;
	unsigned int watchdog_ms;
};

extern struct labnet_config labnet_config;
extern const struct ethtool_ops labnet_ethtool_ops;

struct net_device *labnet_create(unsigned int index);
void labnet_pair(struct net_device *a, struct net_device *b);
void labnet_free(struct net_device *dev);

/* Have NAPI run, from process context or softirq. */
static inline void labnet_kick(struct labnet *labnet)
{
	local_bh_disable();
	napi_schedule(&labnet->napi);
	local_bh_enable();
}

#endif /* _SAMPLES_LABNET_H */
