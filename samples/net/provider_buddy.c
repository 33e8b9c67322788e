// SPDX-License-Identifier: GPL-2.0
/*
 * buddy: alloc_page(GFP_ATOMIC), as most drivers have it.
 *
 * A page is the stack's once it is passed up. Nobody calls back when there is memory
 * again: a starved ring is left to the watchdog.
 *
 * Not dev_alloc_page(): with __GFP_MEMALLOC it may draw on what the kernel keeps to free
 * memory with, and what arrives in such a page is dropped by every ordinary socket. What
 * it has besides, __GFP_COMP, means nothing for a single page; it tells a ring's pages
 * from all others where the kernel's allocations are traced.
 */
#include <linux/gfp.h>
#include <linux/mm.h>

#include "labnet.h"

static int buddy_open(struct labnet *labnet, unsigned int ring,
		      unsigned int reserve)
{
	return 0;
}

static void buddy_close(struct provider *provider)
{
}

static struct page *buddy_take(struct provider *provider)
{
	struct page *page = alloc_page(GFP_ATOMIC | __GFP_NOWARN | __GFP_COMP);

	if (page)
		WRITE_ONCE(provider->taken, provider->taken + 1);
	return page;
}

static void buddy_give(struct provider *provider, struct page *page)
{
	WRITE_ONCE(provider->given, provider->given + 1);
	__free_page(page);
}

static void buddy_pass(struct provider *provider, struct sk_buff *skb,
		       struct page *page)
{
	WRITE_ONCE(provider->passed, provider->passed + 1);
}

const struct provider_ops provider_buddy = {
	.name = "buddy",
	.open = buddy_open,
	.close = buddy_close,
	.take = buddy_take,
	.give = buddy_give,
	.pass = buddy_pass,
};
