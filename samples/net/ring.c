// SPDX-License-Identifier: GPL-2.0
/*
 * Reception: a ring of pages, filled by the wire and emptied by NAPI.
 *
 * The wire is the other device's transmission. It copies a frame into the next page
 * that is posted, which stands for the DMA of a real device, and starts NAPI. A frame
 * that finds no page posted is dropped, as a real device has to. Only while NAPI has yet
 * to run is the sender held up instead, as pause frames would: a fast sender is
 * no shortage of memory.
 *
 * NAPI passes a page up as a fragment, not copied; only the headers are, for the stack
 * wants them linear and GRO wants nothing but them there. A frame that is all headers
 * leaves its page to the ring. Checksums are left to the stack (CHECKSUM_NONE), so that
 * they cover the way of the data through the ring.
 *
 * Why it is correct: there is one producer and one consumer for each index. Behind the
 * transmission lock of the other device, the wire moves @filled up to @posted; NAPI,
 * which never runs twice at a time, moves @clean up to @filled and @tail up to @clean
 * plus the size, then publishes it as @posted. Each index is released after what it
 * covers was written, and acquired before that is read.
 *
 * Starvation: a refill that gets too few pages is tried again by the next poll. If not
 * one is posted, there is no next poll, because no packet starts it: the stall that real
 * drivers have had. Who then starts NAPI is the provider's business, or the
 * watchdog's.
 *
 * Teardown: @running is cleared and a grace period waited for: transmission runs with
 * bottom halves off. Then no wire is left, and after napi_disable() no poll; a callback
 * or timer that comes now finds NAPI disabled, which is no harm. Pages that the
 * stack still holds are its own affair.
 */
#include <linux/etherdevice.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "labnet.h"

/* ---------------------------------------------------------------- refill */

static void ring_post(struct rx_ring *rx, struct page *page)
{
	rx->entries[rx->tail++ & rx->mask].page = page;
}

/* Nothing is posted, nothing filled: no packet will start NAPI. */
static bool ring_empty(const struct rx_ring *rx)
{
	return READ_ONCE(rx->posted) == READ_ONCE(rx->filled);
}

static void ring_full_again(struct rx_ring *rx)
{
	WRITE_ONCE(rx->short_of, false);
	WRITE_ONCE(rx->full_ns, ktime_get_ns());
}

static void ring_refill(struct labnet *labnet)
{
	struct provider *provider = &labnet->provider;
	struct rx_ring *rx = &labnet->rx;

	while (rx->tail - rx->clean <= rx->mask) {
		struct page *page = provider->ops->take(provider);

		if (unlikely(!page))
			break;
		ring_post(rx, page);
	}
	/* Pairs with the acquire in ring_receive(). */
	smp_store_release(&rx->posted, rx->tail);

	if (unlikely(rx->tail - rx->clean <= rx->mask)) {
		WRITE_ONCE(rx->short_of, true);
		WRITE_ONCE(rx->refill_failed, rx->refill_failed + 1);
	} else if (unlikely(rx->short_of)) {
		ring_full_again(rx);
	}
}

/* --------------------------------------------------------------- the wire */

/*
 * Return: true if the sender is held up, until ring_unpause(). Each side writes, has a
 * full barrier, and reads what the other writes: not both can miss it.
 */
static bool ring_pause(struct labnet *labnet)
{
	struct net_device *sender = labnet->peer->dev;

	if (!test_bit(NAPI_STATE_SCHED, &labnet->napi.state))
		return false;
	netif_stop_queue(sender);
	/* Pairs with that in ring_unpause(). */
	smp_mb__after_atomic();
	if (test_bit(NAPI_STATE_SCHED, &labnet->napi.state))
		return true;
	netif_start_queue(sender);
	return false;
}

/* NAPI has run, or never will again. */
static void ring_unpause(struct labnet *labnet)
{
	struct net_device *sender = labnet->peer->dev;

	/* Pairs with that in ring_pause(). */
	smp_mb();
	if (unlikely(netif_queue_stopped(sender)) && netif_running(sender))
		netif_wake_queue(sender);
}

/*
 * A frame arrives. Bottom halves are off, the sender's lock is held.
 * Return: false if the sender is to try again later.
 */
bool ring_receive(struct labnet *labnet, const struct sk_buff *skb)
{
	struct rx_ring *rx = &labnet->rx;
	struct rx_entry *entry;

	/* Pairs with the release in ring_refill(). */
	if (unlikely(rx->filled == smp_load_acquire(&rx->posted))) {
		if (ring_pause(labnet))
			return false;
		goto missed;
	}
	entry = &rx->entries[rx->filled & rx->mask];
	if (unlikely(skb_copy_bits(skb, 0, page_address(entry->page), skb->len)))
		goto missed;
	entry->len = skb->len;
	/* Pairs with the acquire in ring_clean(). */
	smp_store_release(&rx->filled, rx->filled + 1);
	napi_schedule(&labnet->napi);
	return true;

missed:
	WRITE_ONCE(rx->missed, rx->missed + 1);
	return true;
}

/* ------------------------------------------------------------------- NAPI */

/* Return: was the page passed up? */
static bool ring_pass_up(struct labnet *labnet, struct page *page,
			 unsigned int len)
{
	struct provider *provider = &labnet->provider;
	struct sk_buff *skb = stock_skb(labnet);
	unsigned int headers;

	if (unlikely(!skb)) {
		WRITE_ONCE(labnet->rx.skb_failed, labnet->rx.skb_failed + 1);
		return false;
	}
	WRITE_ONCE(labnet->rx.received, labnet->rx.received + 1);
	WRITE_ONCE(labnet->rx.bytes, labnet->rx.bytes + len);
	headers = eth_get_headlen(labnet->dev, page_address(page),
				  min_t(unsigned int, len, LABNET_HEADERS));
	skb_put_data(skb, page_address(page), headers);
	if (len > headers) {
		skb_add_rx_frag(skb, 0, page, headers, len - headers, PAGE_SIZE);
		provider->ops->pass(provider, skb, page);
	}
	skb->protocol = eth_type_trans(skb, labnet->dev);
	napi_gro_receive(&labnet->napi, skb);
	return len > headers;
}

static int ring_clean(struct labnet *labnet, int budget)
{
	struct rx_ring *rx = &labnet->rx;
	int done = 0;

	/* Pairs with the release in ring_receive(). */
	while (done < budget && rx->clean != smp_load_acquire(&rx->filled)) {
		struct rx_entry entry = rx->entries[rx->clean++ & rx->mask];

		if (!ring_pass_up(labnet, entry.page, entry.len))
			ring_post(rx, entry.page);
		done++;
	}
	return done;
}

int ring_poll(struct napi_struct *napi, int budget)
{
	struct labnet *labnet = container_of(napi, struct labnet, napi);
	struct provider *provider = &labnet->provider;
	u32 tail = labnet->rx.tail;
	int done;

	/* Netpoll wants sent frames dealt with, in any context; there are none. */
	if (unlikely(!budget))
		return 0;
	done = ring_clean(labnet, budget);
	ring_refill(labnet);
	if (unlikely(READ_ONCE(labnet->watchdog.restarted))) {
		WRITE_ONCE(labnet->watchdog.restarted, false);
		/* There was memory, and nobody asked for it. */
		if (labnet->rx.tail != tail)
			WRITE_ONCE(labnet->watchdog.stalls,
				   labnet->watchdog.stalls + 1);
	}
	if (provider->ops->polled)
		provider->ops->polled(provider);
	if (done)
		history_add(labnet->history, done);
	if (done < budget)
		napi_complete_done(napi, done);
	ring_unpause(labnet);
	return done;
}

/* Would nothing but somebody's callback, timer or watchdog start NAPI? Any context. */
bool ring_starved(const struct labnet *labnet)
{
	return ring_empty(&labnet->rx) &&
	       !test_bit(NAPI_STATE_SCHED, &labnet->napi.state);
}

/* ------------------------------------------------------------- life cycle */

static struct rx_entry *ring_entries(unsigned int size)
{
	return kvcalloc(size, sizeof(struct rx_entry), GFP_KERNEL);
}

/* Reception is off. */
static void ring_drain(struct labnet *labnet)
{
	struct rx_ring *rx = &labnet->rx;

	for (; rx->clean != rx->tail; rx->clean++)
		labnet->provider.ops->give(&labnet->provider,
					   rx->entries[rx->clean & rx->mask].page);
	kvfree(rx->entries);
	rx->entries = NULL;
}

static void ring_go(struct labnet *labnet, struct rx_entry *entries,
		    unsigned int size)
{
	struct rx_ring *rx = &labnet->rx;

	rx->entries = entries;
	rx->mask = size - 1;
	rx->clean = 0;
	rx->tail = 0;
	rx->posted = 0;
	rx->filled = 0;
	WRITE_ONCE(rx->short_of, false);

	/*
	 * The first pages are NAPI's to take, as all others: providers count on that. A
	 * system that has none now leaves a starved ring, and that is provided for.
	 */
	napi_enable(&labnet->napi);
	labnet_kick(labnet);
	/* Pairs with the acquire in labnet_xmit(), and of the watchdog. */
	smp_store_release(&labnet->running, true);
}

static void ring_halt(struct labnet *labnet)
{
	WRITE_ONCE(labnet->running, false);
	synchronize_net();
	napi_disable(&labnet->napi);
	ring_unpause(labnet);
}

int ring_start(struct labnet *labnet, unsigned int size)
{
	struct rx_entry *entries = ring_entries(size);

	if (!entries)
		return -ENOMEM;
	ring_go(labnet, entries, size);
	return 0;
}

void ring_stop(struct labnet *labnet)
{
	ring_halt(labnet);
	ring_drain(labnet);
}

/* What can fail comes first: a device that is up stays up. */
int ring_resize(struct labnet *labnet, unsigned int size)
{
	struct rx_entry *entries = ring_entries(size);

	if (!entries)
		return -ENOMEM;
	ring_halt(labnet);
	ring_drain(labnet);
	ring_go(labnet, entries, size);
	return 0;
}
