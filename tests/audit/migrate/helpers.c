// SPDX-License-Identifier: GPL-2.0
/* The driver's own functions, which take, give and look. */
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/module.h>

struct ring {
	struct page *page;
	struct page *odd;
};

static struct page *take(void)
{
	struct page *page;

	if (!(page = alloc_page(GFP_ATOMIC)))
		pr_debug("none\n");
	return page;
}

static void give(struct ring *ring, struct page *page)
{
	if (page)
		put_page(page);
}

static bool broadcast(const u8 *data, int length)
{
	u8 last = *(data + length - 1);

	return data[0] & 1 || last == 0xff;
}

static int use(struct ring *ring)
{
	u8 *address;
	bool all;

	ring->page = take();
	if (!ring->page)
		return -ENOMEM;
	address = kmap_atomic(ring->page);
	all = broadcast(address, 60);
	kunmap_atomic(address);
	give(ring, ring->page);
	ring->page = NULL;
	return all;
}

/* One that is called with pages of others, too. */
static void give_any(struct page *page)
{
	put_page(page);
}

static int odd(struct ring *ring, unsigned long pfn)
{
	ring->odd = alloc_page(GFP_ATOMIC);
	give_any(ring->odd);
	give_any(pfn_to_page(pfn));
	return 0;
}

static int __init helpers_init(void)
{
	struct ring ring = {};

	return use(&ring) ?: odd(&ring, 1);
}
module_init(helpers_init);

static void helpers_exit(void)
{
}
module_exit(helpers_exit);

MODULE_DESCRIPTION("fixture");
MODULE_LICENSE("GPL");
