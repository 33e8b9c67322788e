// SPDX-License-Identifier: GPL-2.0
/* Whose are the pages of a pool? */

#include <linux/gfp.h>
#include <linux/mempool.h>

struct rx {
	struct list_head pool;
	struct list_head pages;
	struct page *page_pool[64];
	struct page *user[64];
	struct page *spare;
	struct ptr_ring recycle_ring;
	struct kmem_cache *cells;
	struct kmem_cache *users;
	mempool_t *cell_pool;
	void **page_cache;
	unsigned int nr;
};

static int fill_array(struct rx *rx)
{
	while (rx->nr < 64) {
		rx->page_pool[rx->nr] = alloc_page(GFP_KERNEL_ACCOUNT); /* audit: account_pool: rx->page_pool */
		if (!rx->page_pool[rx->nr])
			return -ENOMEM;
		rx->nr++;
	}
	return 0;
}

static int fill_list(struct rx *rx)
{
	struct page *page;

	page = alloc_page(GFP_KERNEL | __GFP_ACCOUNT); /* audit: account_pool: rx->pool */
	if (!page)
		return -ENOMEM;
	list_add(&page->lru, &rx->pool);
	return 0;
}

static int fill_ring(struct rx *rx)
{
	void *buffer;

	buffer = kmalloc(2048, GFP_KERNEL_ACCOUNT); /* audit: account_pool: rx->recycle_ring */
	if (!buffer)
		return -ENOMEM;
	return ptr_ring_produce(&rx->recycle_ring, buffer);
}

static int keep_spare(struct rx *rx)
{
	struct page *page = NULL;

	page = alloc_page(GFP_KERNEL_ACCOUNT); /* audit: account_pool: rx->spare */
	if (page)
		rx->spare = page;
	return 0;
}

static int cells_create(struct rx *rx)
{
	rx->cells = kmem_cache_create("cells", 256, 0, SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT, NULL); /* audit: account_pool: a mempool */
	if (!rx->cells)
		return -ENOMEM;
	rx->cell_pool = mempool_create_slab_pool(16, rx->cells);
	return 0;
}

static void *cell(struct rx *rx)
{
	return mempool_alloc(rx->cell_pool, GFP_NOIO | __GFP_ACCOUNT); /* audit: account_pool */
}

/* Charged to whose they are. */
static int pages_of_a_user(struct rx *rx)
{
	struct page *page;

	page = alloc_page(GFP_KERNEL_ACCOUNT);
	if (!page)
		return -ENOMEM;
	list_add(&page->lru, &rx->pages);
	return 0;
}

static int array_of_a_user(struct rx *rx)
{
	rx->user[rx->nr] = alloc_page(GFP_KERNEL_ACCOUNT);
	return rx->user[rx->nr] ? 0 : -ENOMEM;
}

/* Its book-keeping is the user's, what is kept there is not charged. */
static int cache_create(struct rx *rx)
{
	rx->page_cache = kcalloc(64, sizeof(*rx->page_cache), GFP_KERNEL_ACCOUNT);
	return rx->page_cache ? 0 : -ENOMEM;
}

static int fill_uncharged(struct rx *rx)
{
	struct page *page;

	page = alloc_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	list_add(&page->lru, &rx->pool);
	return 0;
}

/* A charged cache that no pool keeps anything of. */
static int users_create(struct rx *rx)
{
	rx->users = kmem_cache_create("users", 256, 0, SLAB_ACCOUNT, NULL);
	return rx->users ? 0 : -ENOMEM;
}

/* Another page by then. */
static int two_pages(struct rx *rx)
{
	struct page *page;

	page = alloc_page(GFP_KERNEL_ACCOUNT);
	if (!page)
		return -ENOMEM;
	list_add(&page->lru, &rx->pages);
	page = alloc_page(GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	list_add(&page->lru, &rx->pool);
	return 0;
}
