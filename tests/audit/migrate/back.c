// SPDX-License-Identifier: GPL-2.0
/* Pages that come back from the network stack, and some that do not. */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>

struct back {
	struct page *stale;
	struct page *shut;
	struct page *cleared;
	struct page *fresh;
};

int fixture_bad(struct sk_buff *skb);

/* By a fragment that is taken away again. */
static void undone(struct sk_buff *skb)
{
	struct page *page = alloc_page(GFP_ATOMIC);

	if (!page)
		return;
	skb_fill_page_desc(skb, 0, page, 0, 100);
	if (fixture_bad(skb)) {
		skb_shinfo(skb)->nr_frags = 0;
		put_page(page);
	}
}

/* On the way out. */
static int failing(struct sk_buff *skb)
{
	struct page *page = alloc_page(GFP_ATOMIC);
	int err = -ENOMEM;

	if (!page)
		return err;
	skb_fill_page_desc(skb, 0, page, 0, 100);
	err = fixture_bad(skb);
	if (err)
		goto err;
	return 0;
err:
	put_page(page);
	return err;
}

/* More than once. */
static void often(struct sk_buff *skb)
{
	struct page *page = alloc_page(GFP_ATOMIC);
	int i;

	if (!page)
		return;
	for (i = 0; i < 3; i++)
		skb_fill_page_desc(skb, i, page, 0, 100);
}

/* By the name that it had before, and where that is not always cleared. */
static void by_name(struct sk_buff *skb, struct back *back)
{
	struct page *page;

	back->stale = alloc_page(GFP_ATOMIC);
	page = back->stale;
	if (!page)
		return;
	skb_fill_page_desc(skb, 0, page, 0, 100);
	if (fixture_bad(skb))
		put_page(back->stale);
}

static void not_always(struct sk_buff *skb, struct back *back)
{
	back->shut = alloc_page(GFP_ATOMIC);
	if (!back->shut)
		return;
	skb_fill_page_desc(skb, 0, back->shut, 0, 100);
	if (!fixture_bad(skb))
		back->shut = NULL;
	if (back->shut)
		put_page(back->shut);
}

static void clear(struct back *back)
{
	back->cleared = NULL;
}

/* All of these have something else by then, or are not there on that way. */
static int good(struct sk_buff *skb, struct back *back, int n)
{
	struct page *page;
	int err = -ENOMEM;

	while (n--) {
		page = alloc_page(GFP_ATOMIC);
		if (!page)
			goto err;
		if (fixture_bad(skb))
			goto err_page;
		if (n & 1) {
			skb_fill_page_desc(skb, 0, page, 0, 100);
			continue;
		}
		skb_fill_page_desc(skb, 1, page, 0, 100);
		back->cleared = alloc_page(GFP_ATOMIC);
		if (!back->cleared)
			break;
		skb_fill_page_desc(skb, 2, back->cleared, 0, 100);
		clear(back);
		if (back->cleared)
			put_page(back->cleared);
	}
	back->fresh = alloc_page(GFP_ATOMIC);
	if (!back->fresh)
		goto err;
	switch (n) {
	case 0:
		skb_fill_page_desc(skb, 3, back->fresh, 0, 100);
		break;
	default:
		put_page(back->fresh);
		break;
	}
	return 0;
err_page:
	put_page(page);
err:
	return err;
}

int fixture_back(struct sk_buff *skb, struct back *back);
int fixture_back(struct sk_buff *skb, struct back *back)
{
	undone(skb);
	often(skb);
	by_name(skb, back);
	not_always(skb, back);
	return failing(skb) ?: good(skb, back, 5);
}
EXPORT_SYMBOL_GPL(fixture_back);

MODULE_DESCRIPTION("fixture");
MODULE_LICENSE("GPL");
