// SPDX-License-Identifier: GPL-2.0
#include <linux/dma-mapping.h>
#include <linux/highmem.h>
#include <linux/module.h>
#include <linux/skbuff.h>

/* Bad. */

static int no_descriptor(struct ring *ring, void *data, size_t n)
{
	struct descriptor *descriptor;
	dma_addr_t address;

	address = dma_map_single(ring->dev, data, n, DMA_TO_DEVICE);
	if (dma_mapping_error(ring->dev, address))
		return -ENOMEM;
	descriptor = next_descriptor(ring);
	if (!descriptor)
		return -EBUSY; /* audit: unmap_missing: address of dma_map_single() on line 14 */
	descriptor->address = cpu_to_le64(address);
	return 0;
}

static int one_of_two_paths(struct ring *ring, struct entry *entry)
{
	int error;

	entry->address = dma_map_page(ring->dev, entry->page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
	if (unlikely(dma_mapping_error(ring->dev, entry->address)))
		return -EIO;
	error = reserve_slot(ring);
	if (error) {
		dma_unmap_page(ring->dev, entry->address, PAGE_SIZE, DMA_FROM_DEVICE);
		return error;
	}
	if (ring->dead)
		return -ENODEV; /* audit: unmap_missing: entry->address */
	post(ring, entry);
	return 0;
}

static int local_map(struct page *page, const struct header *want)
{
	struct header *header = kmap_local_page(page);

	if (header->magic != want->magic)
		return -EINVAL; /* audit: unmap_missing: header of kmap_local_page() */
	kunmap_local(header);
	return 0;
}

static int through_a_label(struct ring *ring, skb_frag_t *frag)
{
	dma_addr_t address;
	int error = 0;

	address = skb_frag_dma_map(ring->dev, frag, 0, skb_frag_size(frag), DMA_TO_DEVICE);
	if (dma_mapping_error(ring->dev, address))
		return -ENOMEM;
	if (!ring->ready) {
		error = -EAGAIN;
		goto out;
	}
	write_descriptor(ring, address);
out:
	ring->users--;
	return error; /* audit: unmap_missing */
}

static int under_a_guard(struct ring *ring)
{
	guard(mutex)(&ring->lock);
	char *p = kmap(ring->page);

	if (p[0])
		return -EINVAL; /* audit: unmap_missing */
	kunmap(ring->page);
	return 0;
}

static int errors_that_come_from_below(struct ring *ring, void *data, size_t n)
{
	dma_addr_t address = dma_map_single(ring->dev, data, n, DMA_TO_DEVICE);
	int error;

	if (dma_mapping_error(ring->dev, address))
		return -ENOMEM;
	error = ring_reserve(ring);
	if (error < 0)
		return error; /* audit: unmap_missing: address of dma_map_single() */
	write_descriptor(ring, address);
	return 0;
}

static netdev_tx_t frees_the_data_only(struct sk_buff *skb, struct ring *ring)
{
	dma_addr_t address = dma_map_single(ring->dev, skb->data, skb->len, DMA_TO_DEVICE);

	if (dma_mapping_error(ring->dev, address))
		return NETDEV_TX_BUSY;
	if (!ring->ready) {
		dev_kfree_skb_any(skb);
		return -ENODEV; /* audit: unmap_missing */
	}
	write_descriptor(ring, address);
	return NETDEV_TX_OK;
}

/* Good. */

static int only_counts_down(struct ring *ring, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		ring->addresses[i] = dma_map_page(ring->dev, ring->pages[i], 0, PAGE_SIZE, DMA_FROM_DEVICE);
		if (dma_mapping_error(ring->dev, ring->addresses[i]))
			goto err_map;
	}
	return 0;

err_map:
	while (i--)
		dma_unmap_page(ring->dev, ring->addresses[i], PAGE_SIZE, DMA_FROM_DEVICE);
	return -ENOMEM;
}

static int only_where_there_is_one(struct ring *ring, struct entry *entry)
{
	if (entry->sense)
		entry->address = dma_map_single(ring->dev, entry->sense, 96, DMA_FROM_DEVICE);
	if (ring_full(ring)) {
		if (entry->sense)
			dma_unmap_single(ring->dev, entry->address, 96, DMA_FROM_DEVICE);
		return -EBUSY;
	}
	return 0;
}

static int under_the_same_condition(struct ring *ring, void *data, size_t n)
{
	dma_addr_t address;
	int error = 0;

	if (n) {
		address = dma_map_single(ring->dev, data, n, DMA_TO_DEVICE);
		if (dma_mapping_error(ring->dev, address))
			return -EIO;
		write_descriptor(ring, address);
	}
	start(ring);
	if (n)
		dma_unmap_single(ring->dev, address, n, DMA_TO_DEVICE);
	if (!ring->done) {
		error = -ETIMEDOUT;
		goto out;
	}
out:
	ring->head++;
	return error;
}

static int abort_by_label(struct ring *ring, void *data, size_t n)
{
	dma_addr_t address = 0;
	int error = 0;

	if (n) {
		address = dma_map_single(ring->dev, data, n, DMA_TO_DEVICE);
		if (dma_mapping_error(ring->dev, address)) {
			error = -ENOMEM;
			goto abort;
		}
	}
	switch (ring->phase) {
	case 0:
		write_descriptor(ring, n);
		break;
	default:
		error = -EINVAL;
		goto abort;
	}
abort:
	if (address)
		dma_unmap_single(ring->dev, address, n, DMA_TO_DEVICE);
	if (ring->reply)
		dma_unmap_single(ring->dev, ring->reply, n, DMA_FROM_DEVICE);
	kfree(data);
	return error;
}

static int still_under_way(struct ring *ring, struct job *job)
{
	job->address = dma_map_single(ring->dev, job->data, job->size, DMA_TO_DEVICE);
	if (dma_mapping_error(ring->dev, job->address))
		return -EIO;
	if (ring_full(ring)) {
		dma_unmap_single(ring->dev, job->address, job->size, DMA_TO_DEVICE);
		return -ENOSPC;
	}
	enqueue(ring, job);
	return -EINPROGRESS;
}

static dma_addr_t returned_to_the_caller(struct ring *ring, void *data, size_t n)
{
	dma_addr_t address = dma_map_single(ring->dev, data, n, DMA_TO_DEVICE);

	if (dma_mapping_error(ring->dev, address))
		ring->errors++;
	return address;
}

static int unmapped(struct ring *ring, void *data, size_t n)
{
	struct descriptor *descriptor;
	dma_addr_t address;

	address = dma_map_single(ring->dev, data, n, DMA_TO_DEVICE);
	if (dma_mapping_error(ring->dev, address))
		return -ENOMEM;
	descriptor = next_descriptor(ring);
	if (!descriptor) {
		dma_unmap_single(ring->dev, address, n, DMA_TO_DEVICE);
		return -EBUSY;
	}
	descriptor->address = cpu_to_le64(address);
	return 0;
}

static int check_itself_fails(struct ring *ring, struct entry *entry)
{
	entry->address = dma_map_page(ring->dev, entry->page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
	if (dma_mapping_error(ring->dev, entry->address)) {
		put_page(entry->page);
		return -ENOMEM;
	}
	if (start(ring)) {
		dma_unmap_page(ring->dev, entry->address, PAGE_SIZE, DMA_FROM_DEVICE);
		return -EIO;
	}
	return 0;
}

static int caller_unwinds(struct ring *ring, struct sk_buff *skb)
{
	unsigned int i;

	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		skb_frag_t *frag = &skb_shinfo(skb)->frags[i];
		dma_addr_t address;

		address = skb_frag_dma_map(ring->dev, frag, 0, skb_frag_size(frag), DMA_TO_DEVICE);
		if (dma_mapping_error(ring->dev, address))
			return -ENOMEM;
		ring->entries[i].address = address;
		if (ring_full(ring))
			return -EBUSY;
	}
	return 0;
}

static int own_wrapper(struct ring *ring, struct entry *entry)
{
	entry->address = dma_map_single(ring->dev, entry->data, entry->size, DMA_TO_DEVICE);
	if (dma_mapping_error(ring->dev, entry->address))
		return -ENOMEM;
	if (ring->stopped) {
		dma_unmap_single(ring->dev, entry->address, entry->size, DMA_TO_DEVICE);
		return -ENODEV;
	}
	if (ring_full(ring)) {
		ring_unmap_entry(ring, entry);
		return -EBUSY;
	}
	if (submit(ring, entry))
		goto err_entry;
	return 0;

err_entry:
	entry_destroy(ring, entry);
	return -EIO;
}

static void *handed_to_the_caller(struct page *page)
{
	void *p = kmap_local_page(page);

	return p + 16;
}

static int kept_in_a_structure(struct walk *walk, struct page *page)
{
	void *p = kmap(page);

	walk->address = p;
	if (!walk->left)
		return -ENODATA;
	return 0;
}

static int unmapped_first(struct page *page, u32 magic)
{
	u32 *p = kmap_local_page(page);
	u32 found = *p;

	kunmap_local(p);
	if (found != magic)
		return -EINVAL;
	return 0;
}

static int in_a_loop(struct page **pages, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		u8 *p = kmap_local_page(pages[i]);
		bool empty = !p[0];

		kunmap_local(p);
		if (empty)
			return -ENODATA;
	}
	return 0;
}

static int by_label(struct page *page, struct header *to)
{
	struct header *header = kmap_local_page(page);
	int error = 0;

	if (!header->magic) {
		error = -EINVAL;
		goto out;
	}
	*to = *header;
out:
	kunmap_local(header);
	return error;
}
