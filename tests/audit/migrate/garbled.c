// SPDX-License-Identifier: GPL-2.0
/* C for the compiler, not for spatch; what it does not see is said. */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>

#define BEGIN {
#define END }
#define UNLESS(condition) if (!(condition)) BEGIN

struct ring {
	struct page *page;
	struct page *other;
};

static void garbled(struct ring *ring)
BEGIN
	ring->page = alloc_page(GFP_ATOMIC);
	UNLESS(ring->page)
		return;
	END
	__free_page(ring->page);
END

static void plain(struct ring *ring)
{
	ring->page = alloc_page(GFP_ATOMIC);
	if (ring->page)
		__free_page(ring->page);
	ring->other = alloc_page(GFP_ATOMIC);
	if (ring->other)
		__free_page(ring->other);
}

static int __init garbled_init(void)
{
	struct ring ring = {};

	garbled(&ring);
	plain(&ring);
	return 0;
}
module_init(garbled_init);

MODULE_DESCRIPTION("fixture");
MODULE_LICENSE("GPL");
