// SPDX-License-Identifier: GPL-2.0
/*
 * page_pool: what the kernel has for this.
 *
 * The pool is NAPI's own; sk_buffs are marked, so that the stack gives their pages back
 * to it. It has no reserve, and nobody calls back: a starved ring is left to the
 * watchdog. A pool that is destroyed while the stack has pages of it lives on until the
 * last one is back, without this module.
 *
 * It is made for the size that the ring has when the device goes up, as is usual; a ring
 * that is resized later keeps it.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/mm.h>
/* 6.6: the header is two; Kbuild looks. */
#ifdef HAVE_PAGE_POOL_HELPERS
#include <net/page_pool/helpers.h>
#include <net/page_pool/types.h>
#else
#include <net/page_pool.h>
#endif

#include "labnet.h"

/* 6.4: a pool that knows its NAPI takes what is freed there without its lock. */
#ifdef HAVE_PAGE_POOL_NAPI
#define POOL_OF_NAPI(n)	.napi = (n),
#else
#define POOL_OF_NAPI(n)
#endif

static int pool_open(struct labnet *labnet, unsigned int ring,
		     unsigned int reserve)
{
	const struct page_pool_params params = {
		.pool_size = ring, .nid = NUMA_NO_NODE,
		POOL_OF_NAPI(&labnet->napi)
	};

	labnet->provider.priv = page_pool_create(&params);
	return PTR_ERR_OR_ZERO(labnet->provider.priv);
}

static void pool_close(struct provider *provider)
{
	page_pool_destroy(provider->priv);
}

static struct page *pool_take(struct provider *provider)
{
	struct page *page = page_pool_dev_alloc_pages(provider->priv);

	if (page)
		WRITE_ONCE(provider->taken, provider->taken + 1);
	return page;
}

static void pool_give(struct provider *provider, struct page *page)
{
	WRITE_ONCE(provider->given, provider->given + 1);
	page_pool_put_full_page(provider->priv, page, false);
}

static void pool_pass(struct provider *provider, struct sk_buff *skb,
		      struct page *page)
{
	WRITE_ONCE(provider->passed, provider->passed + 1);
	skb_mark_for_recycle(skb);
}

const struct provider_ops provider_page_pool = {
	.name = "page_pool",
	.open = pool_open,
	.close = pool_close,
	.take = pool_take,
	.give = pool_give,
	.pass = pool_pass,
};
