// SPDX-License-Identifier: GPL-2.0
/* What a zone owns, freed rightly and wrongly. */

static void bad_system(struct ring *ring)
{
	struct page *page = labyrinth_alloc_page_atomic(ring->zone, LABYRINTH_QUALITY_NONE);

	if (!page)
		return;
	fill(page);
	__free_page(page); /* audit: labyrinth_free_mismatch: freed by __free_page() instead of labyrinth_free_page() */
}

static int bad_error(struct ring *ring)
{
	struct page *page;

	page = labyrinth_ticket_alloc(&ring->ticket, LABYRINTH_QUALITY_NONE);
	if (!page)
		return -ENOMEM;
	if (map(ring, page)) {
		put_page(page); /* audit: labyrinth_free_mismatch */
		return -EIO;
	}
	post(ring, page);
	return 0;
}

static void bad_address(struct ring *ring)
{
	void *address;

	address = labyrinth_alloc_atomic(ring->zone, LABYRINTH_QUALITY_ZERO);
	if (address)
		free_page((unsigned long)address); /* audit: labyrinth_free_mismatch: instead of labyrinth_free() */
	address = labyrinth_alloc_atomic(ring->zone, LABYRINTH_QUALITY_ZERO);
	kfree(address); /* audit: labyrinth_free_mismatch */
}

/* Each has its own. */
static void bad_kind(struct ring *ring)
{
	struct page *page = labyrinth_alloc_page_atomic(ring->zone, LABYRINTH_QUALITY_NONE);
	void *address = labyrinth_alloc_atomic(ring->zone, LABYRINTH_QUALITY_NONE);
	void *frag = labyrinth_frag_alloc_atomic(ring->zone, 64, 0, LABYRINTH_QUALITY_NONE);

	labyrinth_free(ring->zone, page); /* audit: labyrinth_free_mismatch */
	labyrinth_free_page(ring->zone, address); /* audit: labyrinth_free_mismatch */
	labyrinth_free(ring->zone, frag); /* audit: labyrinth_free_mismatch: instead of labyrinth_frag_free() */
}

static void bad_zone(struct ring *ring)
{
	struct page *page = labyrinth_alloc_page_atomic(ring->rx_zone, LABYRINTH_QUALITY_NONE);

	if (page)
		labyrinth_free_page(ring->tx_zone, page); /* audit: labyrinth_free_mismatch: page comes from ring->rx_zone */
}

/* Kept in a member. */
static void take(struct ring *ring)
{
	ring->own = labyrinth_alloc_page_atomic(ring->zone, LABYRINTH_QUALITY_NONE);
	ring->both = labyrinth_alloc_page_atomic(ring->zone, LABYRINTH_QUALITY_NOWAIT);
	if (!ring->both)
		ring->both = alloc_page(GFP_ATOMIC);
}

static void bad_member(struct ring *ring)
{
	if (ring->own)
		__free_page(ring->own); /* audit: labyrinth_free_mismatch: ring->own */
	ring->own = NULL;
}

/* Who knows whose page that is, knows how to free it. */
static void good_both(struct ring *ring, bool system)
{
	if (system)
		__free_page(ring->both);
	else
		labyrinth_free_page(ring->zone, ring->both);
	ring->both = NULL;
}

static void good_free(struct ring *ring)
{
	struct page *page = labyrinth_alloc_page_atomic(ring->zone, LABYRINTH_QUALITY_NONE);
	void *address = labyrinth_alloc_atomic(ring->zone, LABYRINTH_QUALITY_NONE);
	u8 *frag = labyrinth_frag_alloc_atomic(ring->zone, 64, 0, LABYRINTH_QUALITY_NONE);

	labyrinth_frag_free(ring->zone, frag);
	labyrinth_free(ring->zone, address);
	labyrinth_free_page(ring->zone, page);
}

/* Detached: from now on like any other. */
static void good_detached(struct ring *ring)
{
	struct page *page = labyrinth_alloc_page_atomic(ring->zone, LABYRINTH_QUALITY_NONE);

	if (!page)
		return;
	labyrinth_detach_page(ring->zone, page);
	put_page(page);
}

/* A reference of one's own is dropped by put_page(). */
static void good_reference(struct ring *ring)
{
	struct page *page = labyrinth_alloc_page_atomic(ring->zone, LABYRINTH_QUALITY_NONE);

	if (!page)
		return;
	get_page(page);
	if (!skb_add(ring->skb, page))
		put_page(page);
	labyrinth_free_page(ring->zone, page);
}

/* The fallback comes from the system, and goes there. */
static int good_fallback(struct ring *ring)
{
	struct page *page = labyrinth_alloc_page_atomic(ring->zone, LABYRINTH_QUALITY_NOWAIT);

	if (page) {
		post(ring, page);
		return 0;
	}
	page = alloc_page(GFP_ATOMIC);
	if (!page)
		return -ENOMEM;
	if (map(ring, page)) {
		__free_page(page);
		return -EIO;
	}
	return 0;
}

/* Two names of one zone. */
static void good_alias(struct ring *ring)
{
	struct labyrinth_zone *zone = ring->zone;
	struct page *page = labyrinth_alloc_page_atomic(zone, LABYRINTH_QUALITY_NONE);

	labyrinth_free_page(ring->zone, page);
	ring->old_zone = ring->zone;
	page = labyrinth_alloc_page_atomic(ring->zone, LABYRINTH_QUALITY_NONE);
	labyrinth_free_page(ring->old_zone, page);
}

/* The next one's in a loop. */
static void good_loop(struct ring *ring)
{
	struct page *page = alloc_page(GFP_ATOMIC);

	while (page) {
		__free_page(page);
		page = labyrinth_alloc_page_atomic(ring->zone, LABYRINTH_QUALITY_NONE);
		if (!page)
			break;
		labyrinth_free_page(ring->zone, page);
		page = alloc_page(GFP_ATOMIC);
	}
}

/* What the zone does not take back is the caller's. */
static void good_recycle(struct ring *ring)
{
	struct page *page = labyrinth_alloc_page_atomic(ring->zone, LABYRINTH_QUALITY_NONE);

	if (!page)
		return;
	fill(page);
	if (!labyrinth_recycle_page(ring->zone, page))
		put_page(page);
}

/* With a zone and without: one condition for both. */
static int good_either(struct ring *ring)
{
	struct page *page;

	if (ring->zone)
		page = labyrinth_alloc_page_atomic(ring->zone, LABYRINTH_QUALITY_NONE);
	else
		page = alloc_page(GFP_ATOMIC);
	if (!page)
		return -ENOMEM;
	fill(page);
	if (ring->zone)
		labyrinth_free_page(ring->zone, page);
	else
		__free_page(page);
	return 0;
}

static void good_without(struct ring *ring)
{
	struct page *page;

	if (!ring->zone)
		page = alloc_page(GFP_ATOMIC);
	else
		page = labyrinth_alloc_page_atomic(ring->zone, LABYRINTH_QUALITY_NONE);
	if (!page)
		return;
	fill(page);
	if (!ring->zone)
		__free_page(page);
	if (ring->zone)
		labyrinth_free_page(ring->zone, page);
}

static void bad_unrelated(struct ring *ring)
{
	struct page *page;

	if (ring->zone)
		page = labyrinth_alloc_page_atomic(ring->zone, LABYRINTH_QUALITY_NONE);
	else
		page = alloc_page(GFP_ATOMIC);
	if (!page)
		return;
	if (!ring->full)
		__free_page(page); /* audit: labyrinth_free_mismatch */
}
