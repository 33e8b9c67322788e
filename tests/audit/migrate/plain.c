// SPDX-License-Identifier: GPL-2.0
/* What can be migrated, in every spelling. */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/skbuff.h>

#define RX_ORDER 0
#define RX_GFP (GFP_ATOMIC | __GFP_NOWARN)

struct ring {
	struct page *rx;
	struct page *slots[4];
	struct { struct page *page; } nested[2];
	unsigned long address;
	u8 *buffer;
};

static int fill(struct ring *ring, int i)
{
	struct page *page = alloc_page(GFP_ATOMIC);

	if (!page)
		return -ENOMEM;
	ring->rx = page;
	ring->slots[i] = alloc_pages(GFP_ATOMIC | __GFP_NOWARN, 0);
	if (unlikely(ring->slots[i] == NULL))
		goto no_slot;
	ring->nested[i].page = alloc_pages(RX_GFP, RX_ORDER);
	if (!ring->nested[i].page)
		goto no_page;
	memset(page_address(ring->rx), 0, PAGE_SIZE);
	return 0;

no_page:
	__free_pages(ring->slots[i], RX_ORDER);
	ring->slots[i] = NULL;
no_slot:
	__free_page(ring->rx);
	ring->rx = NULL;
	return -ENOMEM;
}

static void clean(struct ring *ring)
{
	int i;

	for (i = 0; i < 4; i++)
		if (ring->slots[i])
			put_page(ring->slots[i]);
	put_page(ring->nested[0].page);
	if (ring->rx) {
		__free_page(ring->rx);
		ring->rx = NULL;
	}
}

/* Cleared ones, and the network's own name for them. */
static int kinds(void)
{
	struct page *zeroed, *received;
	struct page *again;

	zeroed = alloc_page(GFP_ATOMIC | __GFP_ZERO);
	if (!(received = dev_alloc_page()))
		goto out;
	again = __dev_alloc_page(GFP_ATOMIC);
	if (again)
		put_page(again);
	put_page(received);
out:
	if (zeroed)
		__free_page(zeroed);
	return 0;
}

/* By address. */
static int addresses(struct ring *ring)
{
	unsigned long scratch = __get_free_page(GFP_ATOMIC);
	char *text = (char *)get_zeroed_page(GFP_ATOMIC | __GFP_NOWARN);

	ring->address = __get_free_page(GFP_ATOMIC | __GFP_ZERO);
	ring->buffer = (u8 *)__get_free_pages(GFP_ATOMIC, 0);
	if (ring->buffer)
		ring->buffer[0] = 1;
	if (text)
		text[0] = 'a';
	free_page((unsigned long)text);
	free_pages((unsigned long)ring->buffer, 0);
	free_page(ring->address);
	free_page(scratch);
	return 0;
}

static int __init plain_init(void)
{
	struct ring ring = {};

	if (fill(&ring, 0))
		return -ENOMEM;
	clean(&ring);
	return kinds() ?: addresses(&ring);
}
module_init(plain_init);

MODULE_DESCRIPTION("fixture");
MODULE_LICENSE("GPL");
