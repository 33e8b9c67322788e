// SPDX-License-Identifier: GPL-2.0
/* Memory freed with another order, or by another family's function. */
#include <linux/gfp.h>
#include <linux/slab.h>

#define RING_ORDER	2
#define LINE_ORDER	0
#define LOG_SIZE	(4 * PAGE_SIZE)

int bad_local(struct device *dev)
{
	unsigned long address = __get_free_pages(GFP_KERNEL, RING_ORDER);

	if (!address)
		return -ENOMEM;
	if (start(dev, address)) {
		free_page(address); /* audit: free_mismatch: address is freed by free_page() */
		return -EIO;
	}
	return 0;
}

int bad_field(struct bad *bad)
{
	bad->pages = alloc_pages(GFP_KERNEL | __GFP_COMP, 1);
	return bad->pages ? 0 : -ENOMEM;
}

void bad_field_free(struct bad *bad)
{
	__free_pages(bad->pages, RING_ORDER); /* audit: free_mismatch: of order 1 */
}

int bad_slab(struct bad *bad)
{
	bad->list = kmalloc_array(16, sizeof(*bad->list), GFP_KERNEL);
	if (!bad->list)
		return -ENOMEM;
	bad->map = (u8 *)get_zeroed_page(GFP_KERNEL);
	if (!bad->map) {
		free_page((unsigned long)bad->list); /* audit: free_mismatch: comes from kmalloc_array() */
		return -ENOMEM;
	}
	return 0;
}

void bad_map_free(struct bad *bad)
{
	kfree(bad->map); /* audit: free_mismatch: kfree() */
}

void *bad_exact(struct bad *bad)
{
	bad->exact = alloc_pages_exact(LOG_SIZE, GFP_KERNEL);
	return bad->exact;
}

void bad_exact_free(struct bad *bad)
{
	free_pages((unsigned long)bad->exact, get_order(LOG_SIZE)); /* audit: free_mismatch: alloc_pages_exact() */
}

int bad_address(void)
{
	void *memory = (void *)__get_free_pages(GFP_KERNEL, RING_ORDER);

	if (!memory)
		return -ENOMEM;
	__free_pages(memory, RING_ORDER); /* audit: free_mismatch: memory is freed by __free_pages() */
	return 0;
}

int bad_moved(struct queue *queue, int node)
{
	struct page *page = alloc_pages_node(node, GFP_KERNEL, !!queue->wide);

	if (!page)
		return -ENOMEM;
	queue->entries = page_address(page);
	return 0;
}

void bad_moved_free(struct queue *queue)
{
	free_page((unsigned long)queue->entries); /* audit: free_mismatch: alloc_pages_node() */
}

int good_orders(struct ring *ring)
{
	ring->buffer = (void *)__get_free_pages(GFP_KERNEL, get_order(LOG_SIZE));
	return ring->buffer ? 0 : -ENOMEM;
}

void good_orders_free(struct ring *ring)
{
	/* The same by another name. */
	free_pages((unsigned long)ring->buffer, RING_ORDER);
}

int good_zero(void)
{
	unsigned long address = __get_free_pages(GFP_KERNEL, LINE_ORDER);

	if (!address)
		return -ENOMEM;
	free_page(address);
	return 0;
}

int good_by_page(void)
{
	struct page *page = alloc_page(GFP_KERNEL);
	void *base;

	if (!page)
		return -ENOMEM;
	base = page_address(page);
	free_page((unsigned long)base);
	return 0;
}

void *good_either(size_t size)
{
	void *table;

	/* As it was allocated, so it is freed: only whoever knows the size can tell. */
	if (size <= PAGE_SIZE)
		table = kzalloc(size, GFP_KERNEL);
	else
		table = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, get_order(size));
	if (table && !fill(table)) {
		if (size <= PAGE_SIZE)
			kfree(table);
		else
			free_pages((unsigned long)table, get_order(size));
		return NULL;
	}
	return table;
}

int good_split(struct page **pages)
{
	struct page *page = alloc_pages(GFP_KERNEL, RING_ORDER);
	int i;

	if (!page)
		return -ENOMEM;
	split_page(page, RING_ORDER);
	for (i = 1; i < 1 << RING_ORDER; i++)
		__free_page(page + i);
	__free_page(page);
	return 0;
}

int good_namesake(struct one *one, struct other *other)
{
	/* Two structures, one name. */
	one->data = (void *)__get_free_pages(GFP_KERNEL, 3);
	other->data = kmalloc(64, GFP_KERNEL);
	return one->data && other->data ? 0 : -ENOMEM;
}

void good_namesake_free(struct one *one, struct other *other)
{
	kfree(other->data);
	free_pages((unsigned long)one->data, 3);
}

void good_parameter(unsigned long address, struct page *page)
{
	free_page(address);
	__free_pages(page, 2);
}

static void *good_wrapper(size_t size)
{
	int order = get_order(size);

	return (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, order);
}

int good_wrapped(struct wrapped *wrapped)
{
	wrapped->semaphore = good_wrapper(8);
	if (!wrapped->semaphore)
		return -ENOMEM;
	free_page((unsigned long)wrapped->semaphore);
	return 0;
}

int good_handed(struct handed *handed, void *given)
{
	void *memory = (void *)__get_free_pages(GFP_KERNEL, 1);

	handed->memory = memory;
	memory = given;
	kfree(memory);
	return 0;
}

/* Somebody else fills the array, or another file does. */
int good_element(int n)
{
	struct page **pages = kcalloc(n, sizeof(*pages), GFP_KERNEL);
	int i;

	if (!pages)
		return -ENOMEM;
	fill_pages(pages, n);
	for (i = 0; i < n; i++)
		__free_page(pages[i]);
	kfree(pages);
	return 0;
}

int good_table(struct table *table, int n)
{
	table->entries = kmalloc_array(n, sizeof(*table->entries), GFP_KERNEL);
	if (!table->entries)
		return -ENOMEM;
	fill_entries(table->entries, n);
	free_page((unsigned long)table->entries[0]);
	kfree(table->entries);
	return 0;
}

/* The array is another file's allocation. */
int good_array(struct listed *listed, int i)
{
	listed->leaves[i] = alloc_page(GFP_KERNEL);
	if (listed->leaves[i])
		return 0;
	kfree(listed->leaves);
	return -ENOMEM;
}

void bad_element(struct rows *rows, int i)
{
	rows->row[i] = kmalloc(64, GFP_KERNEL);
	free_page((unsigned long)rows->row[i]); /* audit: free_mismatch: rows->row[i] is freed by free_page() */
}
