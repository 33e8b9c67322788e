// SPDX-License-Identifier: GPL-2.0
#include <linux/gfp.h>
#include <linux/mempool.h>
#include <linux/module.h>
#include <linux/slab.h>

/* Bad. */

static void contradict(struct ring *ring, size_t size)
{
	ring->a = kmalloc(size, GFP_ATOMIC | GFP_KERNEL); /* audit: gfp_conflict: GFP_KERNEL lets the allocation sleep in spite of GFP_ATOMIC */
	ring->b = kmalloc(size, GFP_NOIO | GFP_USER | __GFP_NOWARN); /* audit: gfp_conflict: GFP_USER allows the I/O */
	ring->page = alloc_page(__GFP_NOFAIL | GFP_ATOMIC); /* audit: gfp_conflict: __GFP_NOFAIL cannot be kept */
	ring->page = alloc_pages(GFP_KERNEL | __GFP_NORETRY | __GFP_COMP |
				 __GFP_NOFAIL, 2); /* audit: gfp_conflict: exclude each other */
	ring->page = alloc_page(GFP_KERNEL | __GFP_DMA | __GFP_DMA32); /* audit: gfp_conflict: two zones */
	ring->page = alloc_page(GFP_HIGHUSER | GFP_DMA32); /* audit: gfp_conflict: two zones */
	ring->page = alloc_page(GFP_ATOMIC | __GFP_MEMALLOC | __GFP_NOMEMALLOC); /* audit: gfp_conflict: __GFP_NOMEMALLOC overrides */
}

static void in_a_variable(struct ring *ring, bool zeroed)
{
	gfp_t gfp = GFP_NOWAIT | __GFP_NOFAIL; /* audit: gfp_conflict */

	if (zeroed)
		gfp |= __GFP_ZERO;
	ring->page = alloc_page(gfp);
}

static void not_for_this_function(struct ring *ring, size_t size)
{
	ring->address = __get_free_page(GFP_KERNEL | __GFP_HIGHMEM); /* audit: gfp_conflict: which returns an address */
	ring->a = kzalloc(size, GFP_KERNEL | GFP_DMA32); /* audit: gfp_conflict: drop it with a warning */
	ring->c = mempool_alloc(ring->pool, GFP_NOIO | __GFP_ZERO); /* audit: gfp_conflict: whose reserve is not zeroed */
	ring->address = get_zeroed_page(GFP_KERNEL | __GFP_ZERO); /* audit: gfp_conflict: zeroes as it is */
	ring->d = kmalloc(size, GFP_DMA); /* audit: gfp_conflict: without a base */
	ring->page = alloc_pages(__GFP_ZERO | GFP_DMA32, 0); /* audit: gfp_conflict: without a base */
}

static int preload_atomic(struct ring *ring)
{
	return radix_tree_preload(GFP_ATOMIC); /* audit: gfp_conflict: whose use is to sleep */
}

static void clear_what_is_not_there(struct ring *ring)
{
	ring->page = alloc_page(GFP_ATOMIC & ~__GFP_DIRECT_RECLAIM); /* audit: gfp_conflict: no __GFP_DIRECT_RECLAIM that could be cleared */
}

/* Good. */

static void legal(struct ring *ring, size_t size)
{
	ring->a = kmalloc(size, GFP_KERNEL | GFP_DMA);
	ring->b = kmalloc(size, GFP_ATOMIC | __GFP_NOMEMALLOC | __GFP_NOWARN);
	ring->c = kmalloc(size, GFP_KERNEL | __GFP_NOFAIL);
	ring->page = alloc_page(GFP_NOIO | __GFP_HIGHMEM | __GFP_ZERO);
	ring->page = alloc_pages(GFP_KERNEL | __GFP_ZERO | GFP_DMA32, 1);
	ring->page = alloc_page(GFP_NOWAIT | __GFP_NORETRY | __GFP_NOWARN);
	ring->d = kvmalloc(size, GFP_KERNEL | __GFP_RETRY_MAYFAIL);
	ring->f = kvmalloc(size, GFP_ATOMIC);
	ring->e = kmalloc(size, GFP_KERNEL | __GFP_ZERO);
}

static void one_of_two(struct ring *ring, bool atomic)
{
	ring->a = kmalloc(8, (atomic ? GFP_ATOMIC : GFP_KERNEL) | __GFP_ZERO);
	ring->b = kmalloc(8, atomic ? GFP_ATOMIC : GFP_KERNEL | __GFP_NOFAIL);
	ring->c = kmalloc(8, GFP_KERNEL | (atomic ? 0 : __GFP_NOFAIL));
}

static void removed(struct ring *ring, gfp_t gfp)
{
	ring->page = alloc_page((GFP_KERNEL & ~__GFP_DIRECT_RECLAIM) | __GFP_NOWARN);
	ring->a = kmalloc(8, gfp & ~(__GFP_HIGHMEM | __GFP_NOWARN));
	ring->page = alloc_page(GFP_ATOMIC & ~__GFP_HIGH);
	ring->page = alloc_page((GFP_HIGHUSER & ~__GFP_HIGHMEM) | GFP_DMA32);
}

static void callers_mask(struct ring *ring, gfp_t gfp)
{
	ring->page = alloc_page(gfp | __GFP_HIGHMEM);
	ring->a = kmalloc(8, gfp | GFP_DMA);
}

static void deliberately_bare(struct ring *ring)
{
	ring->page = alloc_page(__GFP_HIGHMEM | __GFP_NOWARN);
	ring->a = kmalloc(8, __GFP_HIGH | __GFP_NOMEMALLOC | __GFP_NOWARN);
}

static void separate(struct ring *ring)
{
	ring->a = kmalloc(8, GFP_ATOMIC);
	ring->b = kmalloc(8, GFP_KERNEL);
	INIT_RADIX_TREE(&ring->tree, GFP_ATOMIC);
}

static bool asks(gfp_t gfp)
{
	return (gfp & GFP_ATOMIC) || (gfp & (__GFP_DMA | __GFP_HIGHMEM));
}

#define RING_GFP_MASK (__GFP_NORETRY | __GFP_NOFAIL | __GFP_DMA | __GFP_DMA32)

static gfp_t only_the_context(gfp_t gfp)
{
	gfp &= (GFP_ATOMIC | GFP_KERNEL);
	return gfp;
}

static void with_an_object(struct ring *ring)
{
	scoped_guard(spinlock_irqsave, &ring->lock)
		ring->entry = kmalloc_obj(*ring->entry, GFP_ATOMIC | __GFP_ZERO);
}
