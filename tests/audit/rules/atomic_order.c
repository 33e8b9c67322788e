// SPDX-License-Identifier: GPL-2.0
/* More than one page in one piece in atomic context. */
#include <linux/gfp.h>
#include <linux/skbuff.h>

#define RX_ORDER	0
#define JUMBO_ORDER	(JUMBO_SHIFT - PAGE_SHIFT)
#define JUMBO_SHIFT	14
#define RX_PIECE	(2 * SZ_4K + sizeof(struct skb_shared_info))
#define RX_LINE		SZ_2K

struct page *bad_literal(void)
{
	return alloc_pages(GFP_ATOMIC | __GFP_COMP, 2); /* audit: atomic_order: order 2 */
}

struct page *bad_macro(int node)
{
	return alloc_pages_node(node, GFP_ATOMIC, JUMBO_ORDER); /* audit: atomic_order: order JUMBO_ORDER */
}

struct page *bad_field(struct ring *ring)
{
	struct page *page;

	page = dev_alloc_pages(ring->order); /* audit: atomic_order: dev_alloc_pages() */
	if (!page)
		ring->dropped++;
	return page;
}

int bad_length(struct ring *ring)
{
	ring->buffer = (void *)__get_free_pages(GFP_NOWAIT | __GFP_ZERO, /* audit: atomic_order */
						get_order(RX_PIECE));
	return ring->buffer ? 0 : -ENOMEM;
}

int bad_variable(struct ring *ring)
{
	unsigned int order = get_order(ring->length);
	gfp_t gfp = GFP_ATOMIC | __GFP_NOWARN;

	ring->page = alloc_pages(gfp, order); /* audit: atomic_order: order order */
	if (!ring->page)
		return -ENOMEM;
	return 0;
}

void *bad_slab(void)
{
	return kmalloc(4 * PAGE_SIZE, GFP_ATOMIC); /* audit: atomic_order: 16384 bytes */
}

struct page *bad_ternary(bool napi, struct ring *ring)
{
	return alloc_pages(__GFP_COMP | (napi ? GFP_ATOMIC : GFP_KERNEL), ring->order); /* audit: atomic_order */
}

int bad_loop(struct ring *ring)
{
	int i;

	/* The next turn's attempt is no fallback of this one's. */
	for (i = 0; i < ring->size; i++) {
		ring->pages[i] = alloc_pages(GFP_ATOMIC, 1); /* audit: atomic_order */
		if (!ring->pages[i])
			return -ENOMEM;
	}
	return 0;
}

struct page *good_literal(void)
{
	return alloc_pages(GFP_ATOMIC, 0);
}

struct page *good_macro(void)
{
	return dev_alloc_pages(RX_ORDER);
}

void *good_length(void)
{
	return (void *)__get_free_pages(GFP_ATOMIC, get_order(RX_LINE));
}

struct page *good_variable(int node)
{
	const unsigned int order = RX_ORDER;

	return alloc_pages_node(node, GFP_ATOMIC, order);
}

int good_field_setup(struct line *line)
{
	line->line_order = RX_ORDER;
	return 0;
}

struct page *good_field(struct line *line)
{
	return alloc_pages(GFP_ATOMIC, line->line_order);
}

struct page *good_process(void)
{
	return alloc_pages(GFP_KERNEL | __GFP_COMP, 3);
}

struct page *good_callers_mask(gfp_t gfp)
{
	return alloc_pages(gfp, 3);
}

struct page *good_fallback(void)
{
	struct page *page;

	page = alloc_pages(GFP_ATOMIC | __GFP_NORETRY | __GFP_NOWARN, 3);
	if (likely(page))
		return page;
	page = alloc_page(GFP_ATOMIC);
	return page;
}

int good_fallback_cast(struct ring *ring)
{
	ring->table = (struct entry *)__get_free_pages(GFP_ATOMIC | __GFP_NOWARN, ring->order);
	if (!ring->table)
		ring->table = vzalloc(PAGE_SIZE << ring->order);
	return ring->table ? 0 : -ENOMEM;
}

void *good_other(struct ring *ring)
{
	void *out = (void *)__get_free_pages(GFP_NOWAIT | __GFP_NOWARN, ring->order);

	if (!out) {
		struct page *page = mempool_alloc(ring->pool, GFP_NOIO);

		out = page_address(page);
	}
	return out;
}

unsigned long good_smaller(unsigned int order)
{
	unsigned long address;

	do {
		address = __get_free_pages(GFP_ATOMIC | __GFP_NOWARN, order);
	} while (!address && order--);
	return address;
}

void *good_slab(void)
{
	return kmalloc(2 * PAGE_SIZE, GFP_ATOMIC);
}
