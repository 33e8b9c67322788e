// SPDX-License-Identifier: GPL-2.0
/* Requests that have a fallback, and that have none. */

/* Without a lock, on the slow path. */
static struct entry *bad_slow(struct ring *ring)
{
	struct entry *entry;

	entry = kzalloc(sizeof(*entry), GFP_ATOMIC); /* audit: atomic_optional: kzalloc(GFP_ATOMIC) has a fallback, kzalloc() in line 12 */
	if (!entry) {
		spin_unlock(&ring->lock);
		entry = kzalloc(sizeof(*entry), GFP_NOFS);
		spin_lock(&ring->lock);
	}
	return entry;
}

static void bad_pool(struct ring *ring)
{
	struct page *page = alloc_page(GFP_ATOMIC | __GFP_NOWARN); /* audit: atomic_optional: mempool_alloc() in line */

	if (unlikely(!page))
		page = mempool_alloc(ring->pool, GFP_NOWAIT);
	post(ring, page);
}

/* The clone saves a copy later; the original will do. */
static void bad_clone(struct ring *ring, struct sk_buff *skb)
{
	struct sk_buff *clone = skb_clone(skb, GFP_ATOMIC); /* audit: atomic_optional: has a fallback, skb in line */

	if (clone == NULL)
		clone = skb;
	post(ring, clone);
}

static void bad_large(struct ring *ring)
{
	ring->buffer = kmalloc_obj(*ring->buffer, GFP_ATOMIC); /* audit: atomic_optional */
	if (!ring->buffer) {
		ring->slow++;
		ring->buffer = (struct buffer *)dma_pool_alloc(ring->pool, GFP_NOWAIT, &ring->dma);
	}
}

/* What there is but one of, may be gone the next time. */
static void good_spare(struct ring *ring)
{
	struct entry *entry;

	ring->buffer = kmalloc(sizeof(*ring->buffer), GFP_ATOMIC);
	if (!ring->buffer)
		ring->buffer = &ring->emergency;
	entry = kzalloc(sizeof(*entry), GFP_ATOMIC);
	if (!entry) {
		entry = ring->spare;
		ring->spare = NULL;
	}
	if (!entry)
		entry = xchg(&last, NULL);
	post(ring, entry);
}

/* As it was, before the error. */
static int good_restored(struct ring *ring)
{
	struct sk_buff *old = ring->skb;

	ring->skb = skb_copy(old, GFP_ATOMIC);
	if (!ring->skb) {
		ring->skb = old;
		return -ENOMEM;
	}
	return 0;
}

/* Lost if it fails. */
static int good_critical(struct ring *ring)
{
	struct entry *entry = kzalloc(sizeof(*entry), GFP_ATOMIC);

	if (!entry)
		return -ENOMEM;
	post(ring, entry);
	return 0;
}

/* Is the fallback. */
static struct page *good_last(struct ring *ring)
{
	struct page *page = alloc_pages(GFP_NOWAIT | __GFP_NOWARN | __GFP_COMP, 3);

	if (!page)
		page = alloc_page(GFP_ATOMIC);
	return page;
}

/* The same again, and an error, are no fallbacks. */
static struct entry *good_retry(struct ring *ring)
{
	struct entry *entry = kzalloc(sizeof(*entry), GFP_ATOMIC);

	if (!entry) {
		drop_caches(ring);
		entry = kzalloc(sizeof(*entry), GFP_ATOMIC);
	}
	if (!entry)
		entry = ERR_PTR(-ENOMEM);
	return entry;
}

/* NULL said once more. */
static void good_null(struct ring *ring)
{
	ring->entry = kzalloc(64, GFP_ATOMIC);
	if (!ring->entry) {
		ring->drops++;
		ring->entry = NULL;
	}
}

/* Chosen by the caller or the context, or without the reserve already. */
static void good_mask(struct ring *ring, gfp_t mask)
{
	ring->a = kmalloc(64, mask);
	if (!ring->a)
		ring->a = ring->spare;
	ring->b = kmalloc(64, ring->wait ? GFP_KERNEL : GFP_ATOMIC);
	if (!ring->b)
		ring->b = ring->spare;
	ring->c = kmalloc(64, GFP_ATOMIC | __GFP_NOMEMALLOC);
	if (!ring->c)
		ring->c = ring->spare;
	ring->d = kmalloc(64, GFP_NOWAIT);
	if (!ring->d)
		ring->d = ring->spare;
}

/* Another pointer is what gets a value. */
static int good_other(struct ring *ring)
{
	struct entry *entry = kzalloc(sizeof(*entry), GFP_ATOMIC);

	if (!entry) {
		ring->current_entry = ring->spare;
		return -ENOMEM;
	}
	ring->current_entry = entry;
	return 0;
}

/* In the next round of a loop, no longer the failing path. */
static void good_loop(struct ring *ring)
{
	struct entry *entry;
	int i;

	for (i = 0; i < ring->nr; i++) {
		entry = kzalloc(sizeof(*entry), GFP_ATOMIC);
		if (!entry)
			continue;
		entry = post(ring, entry);
	}
}

/* What was taken before is given back, by the same variable. */
static int good_unwind(struct ring *ring)
{
	struct entry *entry = kzalloc(sizeof(*entry), GFP_ATOMIC);

	if (!entry) {
		while ((entry = ring->first) != NULL) {
			ring->first = entry->next;
			kfree(entry);
		}
		return -ENOMEM;
	}
	ring->first = entry;
	return 0;
}
