// SPDX-License-Identifier: GPL-2.0
/*
 * sk_buffs for when the slab allocator has none.
 *
 * A packet needs a page and an sk_buff. This driver is to show what becomes of rings
 * whose pages come from different places, so that sk_buffs must not be what is missing
 * first: whatever the provider, each device has the same stock of them, filled by a
 * worker that may sleep. As long as the slab allocator has any, they come from there.
 *
 * The list has a lock of its own; NAPI takes from it, the worker adds to it. A worker
 * that finds no memory comes again later: with __GFP_NORETRY it does not have
 * somebody killed for it. stop() is called when NAPI is off: nobody queues the work any
 * more.
 */
#include <linux/gfp.h>

#include "labnet.h"

#define STOCK_PAUSE	msecs_to_jiffies(100)

/* Up to 6.9 it is the caller who asks for silence; from then on it is silent. */
#ifdef HAVE_NAPI_ALLOC_SKB_GFP
#define napi_alloc_skb_quietly(napi, size) \
	__napi_alloc_skb(napi, size, GFP_ATOMIC | __GFP_NOWARN)
#else
#define napi_alloc_skb_quietly(napi, size)	napi_alloc_skb(napi, size)
#endif

static struct sk_buff *stock_make(void)
{
	struct sk_buff *skb = alloc_skb(NET_SKB_PAD + NET_IP_ALIGN + LABNET_HEADERS,
					GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);

	if (skb)
		skb_reserve(skb, NET_SKB_PAD + NET_IP_ALIGN);
	return skb;
}

static bool stock_fill(struct skb_stock *stock)
{
	while (skb_queue_len_lockless(&stock->list) < stock->size) {
		struct sk_buff *skb = stock_make();

		if (!skb)
			return false;
		skb_queue_tail(&stock->list, skb);
		cond_resched();
	}
	return true;
}

static void stock_work(struct work_struct *work)
{
	struct skb_stock *stock = container_of(to_delayed_work(work),
					       struct skb_stock, work);

	if (!stock_fill(stock))
		schedule_delayed_work(&stock->work, STOCK_PAUSE);
}

/* An sk_buff with room for headers, or NULL; NAPI. */
struct sk_buff *stock_skb(struct labnet *labnet)
{
	struct skb_stock *stock = &labnet->stock;
	struct sk_buff *skb = napi_alloc_skb_quietly(&labnet->napi, LABNET_HEADERS);

	if (likely(skb))
		return skb;
	skb = skb_dequeue(&stock->list);
	if (skb)
		WRITE_ONCE(stock->used, stock->used + 1);
	schedule_delayed_work(&stock->work, STOCK_PAUSE);
	return skb;
}

int stock_start(struct skb_stock *stock, unsigned int size)
{
	skb_queue_head_init(&stock->list);
	stock->size = size;
	INIT_DELAYED_WORK(&stock->work, stock_work);
	if (stock_fill(stock))
		return 0;
	skb_queue_purge(&stock->list);
	return -ENOMEM;
}

void stock_stop(struct skb_stock *stock)
{
	cancel_delayed_work_sync(&stock->work);
	skb_queue_purge(&stock->list);
}
