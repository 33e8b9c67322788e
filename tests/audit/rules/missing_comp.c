// SPDX-License-Identifier: GPL-2.0
/* Pages in one piece handed to what counts references, without __GFP_COMP. */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/skbuff.h>

#define LINE_ORDER	0
#define RING_ORDER	get_order(SZ_16K)

int bad_fragment(struct sk_buff *skb, unsigned int length)
{
	struct page *page = alloc_pages(GFP_ATOMIC, 1); /* audit: missing_comp: skb_add_rx_frag() */

	if (!page)
		return -ENOMEM;
	skb_add_rx_frag(skb, 0, page, 0, length, PAGE_SIZE << 1);
	return 0;
}

int bad_mapped(struct vm_area_struct *vma, int node)
{
	struct page *page;
	int i, err = 0;

	page = alloc_pages_node(node, GFP_KERNEL | __GFP_ZERO, RING_ORDER); /* audit: missing_comp: order RING_ORDER */
	if (!page)
		return -ENOMEM;
	for (i = 0; i < 1 << RING_ORDER && !err; i++)
		err = vm_insert_page(vma, vma->vm_start + i * PAGE_SIZE, page + i);
	return err;
}

int bad_kept(struct shared *shared)
{
	shared->area = (void *)__get_free_pages(GFP_KERNEL, shared->order); /* audit: missing_comp: get_page() */
	return shared->area ? 0 : -ENOMEM;
}

vm_fault_t bad_kept_fault(struct vm_fault *vmf)
{
	struct shared *shared = vmf->vma->vm_private_data;

	vmf->page = virt_to_page(shared->area + (vmf->pgoff << PAGE_SHIFT));
	get_page(vmf->page);
	return 0;
}

static struct page *good_parameter(struct other *other, gfp_t gfp)
{
	struct page *page = alloc_pages(gfp | __GFP_COMP, other->order);

	if (page)
		get_page(page);
	return page;
}

int good_fragment(struct sk_buff *skb, unsigned int length)
{
	struct page *page = alloc_pages(GFP_ATOMIC | __GFP_COMP, 1);

	if (!page)
		return -ENOMEM;
	skb_add_rx_frag(skb, 0, page, 0, length, PAGE_SIZE << 1);
	return 0;
}

int good_variable(struct sk_buff *skb, unsigned int length, unsigned int order)
{
	gfp_t gfp = GFP_ATOMIC;
	struct page *page;

	if (order)
		gfp |= __GFP_COMP;
	page = alloc_pages(gfp, order);
	if (!page)
		return -ENOMEM;
	skb_add_rx_frag(skb, 0, page, 0, length, PAGE_SIZE << order);
	return 0;
}

int good_order(struct sk_buff *skb, unsigned int length)
{
	struct page *page = alloc_pages(GFP_ATOMIC, LINE_ORDER);

	if (!page)
		return -ENOMEM;
	skb_add_rx_frag(skb, 0, page, 0, length, PAGE_SIZE);
	return 0;
}

int good_network(struct sk_buff *skb, unsigned int length)
{
	struct page *page = dev_alloc_pages(2);

	if (!page)
		return -ENOMEM;
	skb_fill_page_desc(skb, 0, page, 0, length);
	return 0;
}

int good_split(struct vm_area_struct *vma)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);
	int i, err = 0;

	if (!page)
		return -ENOMEM;
	split_page(page, 2);
	for (i = 0; i < 4 && !err; i++)
		err = vm_insert_page(vma, vma->vm_start + i * PAGE_SIZE, page + i);
	return err;
}

void *good_coherent(struct device *dev, dma_addr_t *dma)
{
	return dma_alloc_coherent(dev, SZ_16K, dma, GFP_KERNEL);
}

int good_own(struct table *table)
{
	/* Nobody but the driver has it. */
	table->entries = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, 3);
	return table->entries ? 0 : -ENOMEM;
}

int good_remapped(struct vm_area_struct *vma)
{
	unsigned long address = __get_free_pages(GFP_KERNEL, 2);

	if (!address)
		return -ENOMEM;
	return remap_pfn_range(vma, vma->vm_start, virt_to_phys((void *)address) >> PAGE_SHIFT,
			       PAGE_SIZE << 2, vma->vm_page_prot);
}
