// SPDX-License-Identifier: GPL-2.0
/* A page lost on an error path. */
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/slab.h>

int bad_return(struct device *dev)
{
	struct page *page;
	int err;

	page = alloc_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	err = prepare(dev);
	if (err)
		return err; /* audit: leak_on_error: page, which alloc_page() returned */
	dev->page = page;
	return 0;
}

int bad_label(struct device *dev)
{
	unsigned long address = __get_free_page(GFP_KERNEL);
	int err = -ENOMEM;

	if (!address)
		goto out;
	dev->ring = kzalloc(sizeof(*dev->ring), GFP_KERNEL);
	if (!dev->ring)
		goto out;
	err = fill(dev, address);
	free_page(address);
out:
	return err; /* audit: leak_on_error: address */
}

int bad_two(struct device *dev)
{
	struct page *head = alloc_page(GFP_ATOMIC);
	struct page *tail = alloc_page(GFP_ATOMIC);

	if (!head || !tail)
		return -ENOMEM; /* audit: leak_on_error */
	return join(dev, head, tail);
}

int bad_filled(struct device *dev, size_t length)
{
	char *text = (char *)get_zeroed_page(GFP_KERNEL);

	if (!text)
		return -ENOMEM;
	if (copy_from_user(text, dev->user, length))
		return -EFAULT; /* audit: leak_on_error: text */
	show(text);
	free_page((unsigned long)text);
	return 0;
}

int bad_condition(struct device *dev)
{
	struct page *page;

	if (!(page = alloc_page(GFP_KERNEL)))
		return -ENOMEM;
	if (dev->gone)
		return -ENODEV; /* audit: leak_on_error */
	dev->page = page;
	return 0;
}

int good_label(struct device *dev)
{
	struct page *page;
	int err;

	page = alloc_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	err = prepare(dev);
	if (err)
		goto free;
	dev->page = page;
	return 0;
free:
	__free_page(page);
	return err;
}

int good_stored(struct device *dev)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return -ENOMEM;
	dev->page = page;
	if (prepare(dev))
		return -EIO;	/* whoever has dev frees it */
	return 0;
}

int good_alias(struct device *dev)
{
	struct page *page = alloc_page(GFP_KERNEL);
	void *base;

	if (!page)
		return -ENOMEM;
	base = page_address(page);
	if (prepare(dev)) {
		free_page((unsigned long)base);
		return -EIO;
	}
	dev->base = base;
	return 0;
}

int good_wrapper(struct device *dev)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return -ENOMEM;
	if (prepare(dev)) {
		release_one(dev, page);
		return -EIO;
	}
	return give(dev, page);
}

int good_correlated(struct device *dev)
{
	struct page *page = NULL;
	int err = 0;

	if (dev->wants) {
		page = alloc_page(GFP_KERNEL);
		if (!page)
			return -ENOMEM;
	}
	err = prepare(dev);
	if (page)
		__free_page(page);
	return err;
}

int good_scoped(struct device *dev)
{
	struct page *page __free(scoped_page) = alloc_page(GFP_KERNEL);

	if (!page)
		return -ENOMEM;
	if (prepare(dev))
		return -EIO;
	return 0;
}

int good_managed(struct device *dev)
{
	struct page *page = alloc_page(GFP_KERNEL);
	int err;

	if (!page)
		return -ENOMEM;
	err = devm_add_action_or_reset(dev, release_page, page);
	if (err)
		return err;
	return prepare(dev);
}

int good_list(struct list_head *pages, int count)
{
	struct page *page;

	while (count--) {
		page = alloc_page(GFP_KERNEL);
		if (!page)
			return -ENOMEM;	/* the caller frees the list */
		list_add(&page->lru, pages);
	}
	return 0;
}

struct page *good_returned(struct device *dev)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return NULL;
	prepare(dev);
	return page;
}

int good_two(struct device *dev)
{
	struct page *head = alloc_page(GFP_ATOMIC);
	struct page *tail = alloc_page(GFP_ATOMIC);
	int err = -ENOMEM;

	if (!head || !tail)
		goto free;
	err = join(dev, head, tail);
free:
	if (head)
		__free_page(head);
	if (tail)
		__free_page(tail);
	return err;
}

static int good_test(void)
{
	struct page *page = alloc_page(GFP_KERNEL);
	int err = -ENOMEM;

	if (page) {
		err = run();
		__free_page(page);
	}
	return err;
}

int bad_mapping(struct device *dev, struct ring *ring)
{
	struct page *page = dev_alloc_page();
	dma_addr_t dma;

	if (!page)
		return -ENOMEM;
	dma = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
	if (dma_mapping_error(dev, dma))
		return -EIO; /* audit: leak_on_error: page */
	ring->dma = dma;
	ring->page = page;
	return 0;
}

int bad_lent(struct device *dev)
{
	void *reply = (void *)get_zeroed_page(GFP_KERNEL);
	int err;

	if (!reply)
		return -ENOMEM;
	err = ask(dev, reply);
	if (err)
		return -EIO; /* audit: leak_on_error: reply */
	err = use(dev, reply);
	free_page((unsigned long)reply);
	return err;
}

int bad_owner(struct device *dev)
{
	struct ring *ring = kzalloc(sizeof(*ring), GFP_KERNEL);

	if (!ring)
		return -ENOMEM;
	ring->page = alloc_page(GFP_KERNEL);
	if (!ring->page)
		goto free;
	if (prepare(dev))
		goto free;
	dev->ring = ring;
	return 0;
free:
	kfree(ring); /* audit: leak_on_error: ring is freed, but not its page */
	return -ENOMEM;
}

int good_mapping(struct device *dev, struct ring *ring)
{
	struct page *page = dev_alloc_page();
	dma_addr_t dma;

	if (!page)
		return -ENOMEM;
	dma = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
	if (dma_mapping_error(dev, dma)) {
		__free_page(page);
		return -EIO;
	}
	/* The device has it, by its address; fill() frees what it does not take. */
	return fill(ring, dma);
}

int good_mapping_stored(struct device *dev, struct ring *ring)
{
	struct page *page = dev_alloc_page();

	if (!page)
		return -ENOMEM;
	ring->page = page;
	ring->dma = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
	if (dma_mapping_error(dev, ring->dma))
		return -EIO;	/* ring_free() looks at ring->page */
	return 0;
}

int good_partial(struct device *dev, bool whole, struct page *page)
{
	int err;

	if (!whole) {
		page = alloc_page(GFP_NOIO);
		if (!page)
			return -ENOMEM;
	}
	err = read_in(dev, page);
	if (err)
		goto out;
	err = use(dev, page);
out:
	if (!whole)
		__free_page(page);
	return err;
}

int good_entry(struct device *dev, pmd_t *pmd)
{
	unsigned long table = get_zeroed_page(GFP_KERNEL);

	if (!table)
		return -ENOMEM;
	set_pmd(pmd, __pmd(__pa(table)));
	if (prepare(dev))
		return -EIO;	/* the table is in use */
	return 0;
}

int good_either(struct device *dev, struct page *reserved)
{
	unsigned long table = 0;

	if (!reserved)
		table = __get_free_page(GFP_KERNEL);
	if (!reserved && !table)
		return -ENOMEM;
	if (prepare(dev)) {
		if (reserved)
			give_back(reserved);
		else
			free_page(table);
		return -EIO;
	}
	return start(dev, table);
}

int good_lent(struct device *dev)
{
	void *reply = (void *)get_zeroed_page(GFP_KERNEL);
	int err;

	if (!reply)
		return -ENOMEM;
	err = enqueue(dev, reply);
	if (err)
		goto free;
	err = start(dev);
	if (err)
		return err;	/* the queue has it */
	return 0;
free:
	free_page((unsigned long)reply);
	return err;
}

int good_error(struct device *dev)
{
	struct page *page = alloc_page(GFP_KERNEL);
	int err;

	if (!page)
		return -ENOMEM;
	err = insert(dev, page);
	if (err)
		__free_page(page);
	return err;
}

int good_owner(struct device *dev)
{
	struct ring *ring = kzalloc(sizeof(*ring), GFP_KERNEL);

	if (!ring)
		return -ENOMEM;
	ring->page = alloc_page(GFP_KERNEL);
	if (!ring->page) {
		kfree(ring);
		return -ENOMEM;
	}
	if (prepare(dev)) {
		__free_page(ring->page);
		kfree(ring);
		return -EIO;
	}
	dev->ring = ring;
	return 0;
}

int good_loop(struct device *dev, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		u8 *page = (u8 *)get_zeroed_page(GFP_KERNEL);
		int k;

		if (!page)
			return -ENOMEM;
		for (k = 0; k < dev->parts; k++)
			dev->part[i * dev->parts + k] = page + k * dev->size;
	}
	return 0;
}
