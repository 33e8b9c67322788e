// SPDX-License-Identifier: GPL-2.0
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>
#include "ring.h"

void ring_clean(struct ring *ring)
{
	if (ring->rx)
		put_page(ring->rx);
	if (ring->aside)
		ring_put_aside(ring);
}

/* The only one who fills tx with what is not the zone's. */
static void ring_swap(struct ring *ring, struct page *page)
{
	if (ring->tx)
		__free_page(ring->tx);
	ring->tx = page;
}

static int __init multi_init(void)
{
	struct ring ring = {};

	ring_fill(&ring);
	ring_swap(&ring, alloc_page(GFP_KERNEL));
	ring_clean(&ring);
	return 0;
}
module_init(multi_init);

static void __exit multi_exit(void)
{
}
module_exit(multi_exit);

MODULE_DESCRIPTION("fixture");
MODULE_LICENSE("GPL");
