// SPDX-License-Identifier: GPL-2.0
/*
 * labyrinth: a zone with a reserve, and pages that come back.
 *
 * In flight: the driver keeps a reference to each page that it passes up, and the page
 * in a queue, oldest first. The stack is done with pages about in the order that it got
 * them; so a refill looks at the queue's head. If the driver alone holds it, it is posted
 * again, without a word to anybody. If not, the zone is asked. A head that stays busy for
 * a whole ring's worth of looks, or that a full queue has no room for, is let go: it is
 * detached from the zone, and the stack's alone. Heads beyond what the ring can use
 * soon go back to the zone, whose reserve they fill first.
 *
 * Starved: the zone's worker fills the reserve as soon as the system has memory again,
 * and then calls available(), which starts NAPI. Nothing else does: neither a timer nor
 * the watchdog is needed.
 *
 * The queue is NAPI's, and close()'s when NAPI is off. Only page_ref_count() is
 * shared with the stack: a count of one can be nobody's but ours and cannot grow again.
 * The acquire pairs with the stack's put_page(), which is a full barrier: what it read
 * of the page it has read.
 *
 * Teardown: NAPI is off. The timer goes first, for it looks at the queue; available()
 * does no more than try to start NAPI, and ends with the zone. Pages that the stack still
 * has leave the zone, so that none is live when that is destroyed.
 */
#include <linux/err.h>
#include <linux/labyrinth.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/page_ref.h>
#include <linux/slab.h>

#include "labnet.h"

#define TRIM_PAGES	64	/* most given back by one poll */

/**
 * struct zone_priv - a zone, and what of it is in flight
 * @zone: the zone
 * @labnet: whose
 * @flight: the queue: a power of two of pages
 * @mask: their number less one
 * @in: behind the youngest
 * @out: the oldest
 * @keep: as many as are worth keeping when they are idle
 * @looks: times that the head was found busy
 * @patience: times that are enough
 */
struct zone_priv {
	struct labyrinth_zone *zone;
	struct labnet *labnet;
	struct page **flight;
	u32 mask;
	u32 in;
	u32 out;
	u32 keep;
	u32 looks;
	u32 patience;
};

/* ------------------------------------------------------------ the callback */

static void zone_available(struct labyrinth_zone *zone, void *ctx)
{
	struct zone_priv *priv = ctx;

	atomic64_inc(&priv->labnet->provider.wakeups);
	labnet_kick(priv->labnet);
}

/* --------------------------------------------------------------- in flight */

static struct page *flight_head(const struct zone_priv *priv)
{
	return priv->flight[priv->out & priv->mask];
}

/* Return: does the driver alone hold it? */
static bool flight_back(struct page *page)
{
	if (page_ref_count(page) != 1)
		return false;
	smp_acquire__after_ctrl_dep();
	return true;
}

/* Give the head back to the zone, or to the stack for good. */
static void flight_let_go(struct provider *provider)
{
	struct zone_priv *priv = provider->priv;
	struct page *page = flight_head(priv);

	if (flight_back(page)) {
		WRITE_ONCE(provider->given, provider->given + 1);
		labyrinth_free_page(priv->zone, page);
	} else if (labyrinth_detach_page(priv->zone, page)) {
		WRITE_ONCE(provider->passed, provider->passed + 1);
		put_page(page);
	}
	priv->out++;
	priv->looks = 0;
}

static struct page *flight_reuse(struct provider *provider)
{
	struct zone_priv *priv = provider->priv;
	struct page *page;

	if (unlikely(priv->in == priv->out))
		return NULL;
	page = flight_head(priv);
	if (likely(flight_back(page)) && likely(dev_page_is_reusable(page))) {
		priv->out++;
		priv->looks = 0;
		WRITE_ONCE(provider->reused, provider->reused + 1);
		return page;
	}
	if (unlikely(++priv->looks > priv->patience))
		flight_let_go(provider);
	return NULL;
}

/* ------------------------------------------------------------- the provider */

static struct page *zone_take(struct provider *provider)
{
	struct zone_priv *priv = provider->priv;
	struct page *page = flight_reuse(provider);

	if (likely(page))
		return page;
	page = labyrinth_alloc_page_atomic(priv->zone, LABYRINTH_QUALITY_NONE);
	if (page)
		WRITE_ONCE(provider->taken, provider->taken + 1);
	return page;
}

static void zone_give(struct provider *provider, struct page *page)
{
	struct zone_priv *priv = provider->priv;

	WRITE_ONCE(provider->given, provider->given + 1);
	labyrinth_free_page(priv->zone, page);
}

static void zone_pass(struct provider *provider, struct sk_buff *skb,
		      struct page *page)
{
	struct zone_priv *priv = provider->priv;

	if (unlikely(priv->in - priv->out > priv->mask))
		flight_let_go(provider);
	page_ref_inc(page);
	priv->flight[priv->in++ & priv->mask] = page;
}

static void zone_polled(struct provider *provider)
{
	struct zone_priv *priv = provider->priv;
	unsigned int most = TRIM_PAGES;

	while (unlikely(priv->in - priv->out > priv->keep) && most-- &&
	       flight_back(flight_head(priv)))
		flight_let_go(provider);
}

static int zone_open(struct labnet *labnet, unsigned int ring,
		     unsigned int reserve)
{
	u32 flight = roundup_pow_of_two(reserve + 4 * LABNET_RING_MAX);
	struct labyrinth_zone_params params = {
		.name = labnet->name,
		.reserve = reserve,
		/* All in flight, the largest ring, and caches and a full reserve. */
		.max_pages = roundup_pow_of_two(flight + 2 * LABNET_RING_MAX + reserve),
		.node = NUMA_NO_NODE,
		.available = zone_available,
	};
	struct zone_priv *priv = kzalloc(sizeof(*priv), GFP_KERNEL);
	int ret = -ENOMEM;

	if (!priv)
		return ret;
	priv->labnet = labnet;
	priv->mask = flight - 1;
	priv->keep = 2 * ring;
	priv->patience = ring;
	priv->flight = kvcalloc(flight, sizeof(*priv->flight), GFP_KERNEL);
	if (!priv->flight)
		goto free_priv;
	params.ctx = priv;
	priv->zone = labyrinth_zone_create(&params);
	ret = PTR_ERR_OR_ZERO(priv->zone);
	if (ret)
		goto free_flight;
	labnet->provider.priv = priv;
	return 0;

free_flight:
	kvfree(priv->flight);
free_priv:
	kfree(priv);
	return ret;
}

static void zone_close(struct provider *provider)
{
	struct zone_priv *priv = provider->priv;

	while (priv->in != priv->out)
		flight_let_go(provider);
	labyrinth_zone_destroy(priv->zone);
	kvfree(priv->flight);
	kfree(priv);
}

const struct provider_ops provider_labyrinth = {
	.name = "labyrinth",
	.open = zone_open,
	.close = zone_close,
	.take = zone_take,
	.give = zone_give,
	.pass = zone_pass,
	.polled = zone_polled,
};
