// SPDX-License-Identifier: GPL-2.0
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#define RX_GFP (GFP_ATOMIC | __GFP_NOWARN)
#define RX_ORDER 3

/* Bad: a failure is expected, and floods the log. */

static struct page *smaller_page(struct ring *ring)
{
	struct page *page;

	page = alloc_pages(GFP_ATOMIC | __GFP_COMP, 3); /* audit: fallback_nowarn: in atomic context */
	if (!page)
		page = alloc_page(GFP_ATOMIC);
	return page;
}

static void *slab_or_vmalloc(size_t size)
{
	void *table = kzalloc(size, GFP_KERNEL); /* audit: fallback_nowarn: falls back to vzalloc() */

	if (!table)
		table = vzalloc(size);
	return table;
}

static int reserve_after(struct ring *ring)
{
	ring->entry = kmalloc(ring->size, GFP_ATOMIC); /* audit: fallback_nowarn: ring->entry */
	if (unlikely(ring->entry == NULL)) {
		ring->missed++;
		ring->entry = mempool_alloc(ring->pool, GFP_ATOMIC);
		if (!ring->entry)
			return -ENOMEM;
	}
	return 0;
}

static struct page *by_variable(struct ring *ring)
{
	gfp_t gfp = GFP_ATOMIC | __GFP_COMP;
	struct page *page;

	page = alloc_pages(gfp, ring->order); /* audit: fallback_nowarn */
	if (page)
		return page;
	return alloc_pages(gfp, 0);
}

static unsigned long shrinking(unsigned int order)
{
	unsigned long address;

	do {
		address = __get_free_pages(GFP_KERNEL, order); /* audit: fallback_nowarn: for order order falls back to a smaller order */
		if (address)
			break;
	} while (order-- > 0);
	return address;
}

static struct page *under_a_guard(struct ring *ring)
{
	guard(spinlock)(&ring->lock);
	ring->page = alloc_pages_node(ring->node, GFP_ATOMIC, RX_ORDER); /* audit: fallback_nowarn */
	if (!ring->page)
		ring->page = alloc_pages_node(ring->node, GFP_ATOMIC, 0);
	return ring->page;
}

/* Good. */

static struct page *quiet(struct ring *ring)
{
	struct page *page;

	page = alloc_pages(GFP_ATOMIC | __GFP_COMP | __GFP_NOWARN, 3);
	if (!page)
		page = alloc_page(GFP_ATOMIC);
	return page;
}

static struct page *quiet_by_variable(struct ring *ring)
{
	gfp_t gfp = GFP_ATOMIC;
	struct page *page;

	if (ring->order)
		gfp |= __GFP_NOWARN;
	page = alloc_pages(gfp, ring->order);
	if (!page)
		page = alloc_page(GFP_ATOMIC);
	return page;
}

static struct page *callers_mask(struct ring *ring, gfp_t gfp)
{
	struct page *page = alloc_pages(gfp, ring->order);

	if (!page)
		page = alloc_page(gfp);
	return page;
}

static struct page *mask_in_a_macro(struct ring *ring)
{
	struct page *page = alloc_pages(RX_GFP, RX_ORDER);

	if (!page)
		page = alloc_page(GFP_ATOMIC);
	return page;
}

static struct page *mask_without(struct ring *ring, bool first)
{
	struct page *page = alloc_pages(first ? GFP_ATOMIC | __GFP_NOWARN : GFP_ATOMIC, RX_ORDER);

	if (!page)
		page = alloc_page(GFP_ATOMIC);
	return page;
}

static struct page *not_waiting(struct ring *ring)
{
	struct page *page = alloc_page(GFP_NOWAIT);

	if (!page)
		page = alloc_page(GFP_KERNEL);
	return page;
}

static int no_fallback(struct ring *ring)
{
	ring->page = alloc_pages(GFP_ATOMIC, RX_ORDER);
	if (!ring->page) {
		ring->missed++;
		return -ENOMEM;
	}
	ring->head = kmalloc(ring->size, GFP_ATOMIC);
	if (!ring->head) {
		__free_pages(ring->page, RX_ORDER);
		return -ENOMEM;
	}
	return 0;
}

static int two_independent(struct ring *ring)
{
	ring->head = kmalloc(ring->size, GFP_ATOMIC);
	ring->tail = kmalloc(ring->size, GFP_ATOMIC);
	if (!ring->head || !ring->tail) {
		kfree(ring->head);
		kfree(ring->tail);
		return -ENOMEM;
	}
	return 0;
}

static int next_round(struct ring *ring)
{
	int i;

	for (i = 0; i < ring->size; i++) {
		ring->pages[i] = alloc_pages(GFP_ATOMIC, ring->order);
		if (!ring->pages[i])
			break;
	}
	return i;
}

static struct page *small_and_sleeping(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 0);

	if (!page)
		page = alloc_page(GFP_KERNEL);
	return page;
}

static void *as_the_kernel_does_it(size_t size)
{
	return kvmalloc(size, GFP_KERNEL);
}

static void *with_an_object(struct ring *ring)
{
	struct entry *entry = kmalloc_obj(*entry);

	if (!entry)
		return NULL;
	entry->page = alloc_page(GFP_ATOMIC);
	return entry;
}
