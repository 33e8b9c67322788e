// SPDX-License-Identifier: GPL-2.0
/* Pages that go to the network stack, and the ways by which others leave. */
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/scatterlist.h>
#include <linux/skbuff.h>

struct buffer {
	struct page *page;
	struct page *listed;
	struct page *mapped;
	struct page *shared;
	dma_addr_t dma;
};

static LIST_HEAD(spare);

/* The member, what is copied from it, and a branch without braces. */
static void receive(struct sk_buff *skb, struct buffer *buffer, int length)
{
	struct page *p;

	if (!buffer->page)
		buffer->page = alloc_page(GFP_ATOMIC);
	if (!buffer->page)
		return;
	p = buffer->page;
	if (length < 256)
		skb_add_rx_frag(skb, 0, p, 0, length, PAGE_SIZE);
	else
		skb_fill_page_desc(skb, 0, buffer->page, 0, length);
	buffer->page = NULL;
}

static void drop(struct buffer *buffer)
{
	if (buffer->page)
		put_page(buffer->page);
}

/* On a list, from which somebody takes it by its lru. */
static void keep(struct buffer *buffer)
{
	buffer->listed = alloc_page(GFP_ATOMIC);
	if (buffer->listed)
		list_add(&buffer->listed->lru, &spare);
}

/* In a scatter list, which has functions of its own to find it. */
static void map(struct buffer *buffer, struct scatterlist *sg)
{
	buffer->mapped = alloc_page(GFP_ATOMIC);
	if (!buffer->mapped)
		return;
	sg_set_page(sg, buffer->mapped, PAGE_SIZE, 0);
	put_page(buffer->mapped);
}

/* One reference more, and two puts. */
static void share(struct buffer *buffer)
{
	buffer->shared = alloc_page(GFP_ATOMIC);
	if (!buffer->shared)
		return;
	get_page(buffer->shared);
	put_page(buffer->shared);
	put_page(buffer->shared);
}

/* As the head of an sk_buff; and freed by an address, which is another name. */
static struct sk_buff *head(bool bad)
{
	struct page *page = alloc_page(GFP_ATOMIC);
	struct sk_buff *skb;
	void *base;

	if (!page)
		return NULL;
	base = page_address(page);
	skb = bad ? NULL : build_skb(base, PAGE_SIZE);
	if (!skb)
		put_page(virt_to_page(base));
	return skb;
}

/* Two of them, one leaves. */
static int pair(struct sk_buff *skb, struct buffer *buffer)
{
	struct page *stays = alloc_page(GFP_ATOMIC);
	struct page *goes = alloc_page(GFP_ATOMIC);

	if (!stays || !goes) {
		if (stays)
			__free_page(stays);
		if (goes)
			__free_page(goes);
		return -ENOMEM;
	}
	copy_highpage(goes, stays);
	skb_add_rx_frag(skb, 1, goes, 0, PAGE_SIZE, PAGE_SIZE);
	__free_page(stays);
	return 0;
}

int fixture_leaves(struct sk_buff *skb, struct buffer *buffer, struct scatterlist *sg);
int fixture_leaves(struct sk_buff *skb, struct buffer *buffer, struct scatterlist *sg)
{
	receive(skb, buffer, 1);
	drop(buffer);
	keep(buffer);
	map(buffer, sg);
	share(buffer);
	kfree_skb(head(false));
	return pair(skb, buffer);
}
EXPORT_SYMBOL_GPL(fixture_leaves);

MODULE_DESCRIPTION("fixture");
MODULE_LICENSE("GPL");
