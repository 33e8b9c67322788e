// SPDX-License-Identifier: GPL-2.0
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/slab.h>

/* Bad: what was to be done is not, and nobody hears of it. */

static void note_event(struct device_state *state, u32 value)
{
	struct event *event;

	event = kmalloc(sizeof(*event), GFP_ATOMIC | __GFP_NOWARN); /* audit: nowarn_silent: kmalloc() of event */
	if (!event)
		return;
	event->value = value;
	list_add_tail(&event->list, &state->events);
}

static netdev_tx_t start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct page *page = alloc_page(GFP_ATOMIC | __GFP_NOWARN); /* audit: nowarn_silent */

	if (unlikely(!page)) {
		return NETDEV_TX_OK;
	}
	card_send(dev, skb, page);
	return NETDEV_TX_OK;
}

static void take_all(struct ring *ring)
{
	gfp_t gfp = GFP_ATOMIC | __GFP_NOWARN;
	int i;

	for (i = 0; i < ring->size; i++) {
		struct entry *entry = kzalloc(sizeof(*entry), gfp); /* audit: nowarn_silent: kzalloc() of entry */

		if (entry == NULL)
			continue;
		ring_take(ring, i, entry);
	}
}

static void under_a_guard(struct device_state *state)
{
	scoped_guard(spinlock_irqsave, &state->lock) {
		state->copy = kmemdup(state->data, state->size, GFP_ATOMIC | __GFP_NOWARN); /* audit: nowarn_silent: state->copy */
		if (!state->copy)
			return;
		queue_work(system_wq, &state->work);
	}
}

/* Good. */

static void counted(struct device_state *state)
{
	struct event *event = kmalloc(sizeof(*event), GFP_ATOMIC | __GFP_NOWARN);

	if (!event) {
		state->lost++;
		return;
	}
	list_add_tail(&event->list, &state->events);
}

static void told_by_a_helper(struct device_state *state)
{
	struct event *event = kmalloc(sizeof(*event), GFP_ATOMIC | __GFP_NOWARN);

	if (!event) {
		event_lost(state);
		return;
	}
	list_add_tail(&event->list, &state->events);
}

static int returned(struct device_state *state)
{
	state->page = alloc_page(GFP_ATOMIC | __GFP_NOWARN);
	if (!state->page)
		return -ENOMEM;
	return 0;
}

static struct page *caller_decides(void)
{
	struct page *page = alloc_page(GFP_ATOMIC | __GFP_NOWARN);

	if (!page)
		return NULL;
	clear_page(page_address(page));
	return page;
}

static void falls_back(struct device_state *state)
{
	void *p = kmalloc(state->size, GFP_ATOMIC | __GFP_NOWARN);

	if (!p)
		p = mempool_alloc(state->pool, GFP_ATOMIC);
	state->p = p;
}

static void by_label(struct device_state *state)
{
	struct event *event = kmalloc(sizeof(*event), GFP_ATOMIC | __GFP_NOWARN);

	if (!event)
		goto lost;
	list_add_tail(&event->list, &state->events);
	return;
lost:
	state->lost++;
}

static void warns_itself(struct device_state *state)
{
	struct event *event = kmalloc(sizeof(*event), GFP_ATOMIC);

	if (!event)
		return;
	list_add_tail(&event->list, &state->events);
}

static void counted_after_the_loop(struct ring *ring)
{
	int i;

	for (i = 0; i < ring->size; i++) {
		struct entry *entry = kzalloc(sizeof(*entry), GFP_ATOMIC | __GFP_NOWARN);

		if (!entry)
			break;
		ring_take(ring, i, entry);
	}
	if (i < ring->size)
		ring->short_of++;
}

static void smaller_next(struct device_state *state)
{
	unsigned int order;

	for (order = 4; order; order--) {
		state->page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order);
		if (!state->page)
			continue;
		break;
	}
}

static void optional(struct device_state *state)
{
	struct prefetch *prefetch = kmalloc(sizeof(*prefetch), GFP_NOWAIT | __GFP_NOWARN);

	if (!prefetch)
		return;
	queue_work(system_wq, &prefetch->work);
}

static void callers_mask(struct device_state *state, gfp_t gfp)
{
	struct event *event = kmalloc(sizeof(*event), gfp);

	if (!event)
		return;
	list_add_tail(&event->list, &state->events);
}
