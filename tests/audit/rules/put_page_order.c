// SPDX-License-Identifier: GPL-2.0
/* put_page() and the like on pages in one piece that are no compound page. */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/skbuff.h>

#define LINE_ORDER	0

int bad_error(struct device *dev, int node, size_t size)
{
	unsigned int order = get_order(size);
	struct page *page;
	dma_addr_t dma;

	page = alloc_pages_node(node, GFP_KERNEL, order);
	if (!page)
		return -ENOMEM;
	dma = dma_map_page(dev, page, 0, size, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, dma)) {
		put_page(page); /* audit: put_page_order: the first page of page, which has order order */
		return -ENOMEM;
	}
	return 0;
}

int bad_kept(struct shared *shared)
{
	shared->area = (u8 *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, 3);
	return shared->area ? 0 : -ENOMEM;
}

void bad_kept_free(struct shared *shared)
{
	put_page(virt_to_page(shared->area)); /* audit: put_page_order: order 3 */
}

int bad_array(struct bad *bad)
{
	int i;

	for (i = 0; i < bad->count; i++) {
		bad->chunks[i] = alloc_pages(GFP_KERNEL, bad->order);
		if (!bad->chunks[i])
			goto free;
	}
	return 0;
free:
	while (i--)
		put_page(bad->chunks[i]); /* audit: put_page_order */
	return -ENOMEM;
}

void bad_fragment(void)
{
	void *data = (void *)__get_free_pages(GFP_ATOMIC, 2);

	if (data)
		page_frag_free(data); /* audit: put_page_order: page_frag_free() */
}

int good_compound(struct device *dev, size_t size)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, get_order(size));

	if (!page)
		return -ENOMEM;
	put_page(page);
	return 0;
}

int good_network(unsigned int order)
{
	struct page *page = dev_alloc_pages(order);

	if (!page)
		return -ENOMEM;
	put_page(page);
	return 0;
}

int good_variable(unsigned int order)
{
	gfp_t gfp = GFP_KERNEL;
	struct page *page;

	if (order)
		gfp |= __GFP_COMP;
	page = alloc_pages(gfp, order);
	if (!page)
		return -ENOMEM;
	put_page(page);
	return 0;
}

struct page *good_callers(gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp, order);

	if (page && !fill(page)) {
		put_page(page);
		return NULL;
	}
	return page;
}

void good_single(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, LINE_ORDER);

	if (page)
		put_page(page);
}

int good_split(unsigned int order)
{
	struct page *page = alloc_pages(GFP_KERNEL, order);
	int i;

	if (!page)
		return -ENOMEM;
	split_page(page, order);
	for (i = 1; i < 1 << order; i++)
		__free_page(page + i);
	put_page(page);
	return 0;
}

int good_smaller(struct good *good)
{
	/* One of them is fine: which of them it is, is not to be seen. */
	good->page = alloc_pages(GFP_KERNEL | __GFP_NORETRY, 3);
	if (!good->page)
		good->page = alloc_page(GFP_KERNEL);
	return good->page ? 0 : -ENOMEM;
}

void good_smaller_free(struct good *good)
{
	put_page(good->page);
}

void good_foreign(struct page *page)
{
	put_page(page);
}

void good_own(struct page *other)
{
	struct page *page = alloc_pages(GFP_KERNEL, 1);

	if (page)
		__free_pages(page, 1);
	page = other;
	put_page(page);
}
