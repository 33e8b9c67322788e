// SPDX-License-Identifier: GPL-2.0
/* Labyrinth's results, looked at and not. */

static void bad_page(struct ring *ring)
{
	struct page *page = labyrinth_alloc_page_atomic(ring->zone, LABYRINTH_QUALITY_ZERO);

	ring->nr++;
	memcpy(page_address(page), ring->data, 64); /* audit: labyrinth_unchecked: page is used though */
	labyrinth_free_page(ring->zone, page);
}

static void bad_address(struct ring *ring)
{
	ring->header = labyrinth_alloc_atomic(ring->zone, LABYRINTH_QUALITY_NONE);
	ring->header->length = 0; /* audit: labyrinth_unchecked: ring->header is used */
}

static void bad_device(struct ring *ring)
{
	struct page *page;

	page = labyrinth_ticket_alloc(&ring->ticket, LABYRINTH_QUALITY_NONE);
	labyrinth_dma_sync_for_device(ring->zone, page, 0, PAGE_SIZE); /* audit: labyrinth_unchecked */
	post(ring, page);
}

static int bad_failing(struct ring *ring)
{
	u8 *frag;

	frag = labyrinth_frag_alloc_atomic(ring->zone, 256, 0, LABYRINTH_QUALITY_NONE);
	if (!frag) {
		frag[0] = 0; /* audit: labyrinth_unchecked: has returned NULL */
		return -ENOMEM;
	}
	labyrinth_frag_free(ring->zone, frag);
	return 0;
}

static void bad_bulk(struct ring *ring)
{
	struct page *pages[8];
	int ret;

	ret = labyrinth_alloc_bulk_atomic(ring->zone, LABYRINTH_QUALITY_NONE, 8, pages);
	post(ring, pages[0]); /* audit: labyrinth_unchecked: pages is used though */
	if (ret)
		ring->drops++;
}

static void bad_ignored(struct ring *ring)
{
	labyrinth_alloc_bulk_atomic(ring->zone, LABYRINTH_QUALITY_NONE, 8, ring->pages); /* audit: labyrinth_unchecked: is ignored */
	(void)labyrinth_ticket_reserve(ring->zone, 4, HZ, &ring->ticket); /* audit: labyrinth_unchecked: is ignored */
	labyrinth_recycle_page(ring->zone, ring->page); /* audit: labyrinth_unchecked: is ignored */
}

static int bad_ticket(struct ring *ring)
{
	int ret = 0;

	ret = labyrinth_ticket_reserve(ring->zone, 4, HZ, &ring->ticket);
	ring->page = labyrinth_ticket_alloc(&ring->ticket, LABYRINTH_QUALITY_NONE); /* audit: labyrinth_unchecked: the ticket is used */
	return ret;
}

static int bad_zone(struct ring *ring)
{
	ring->zone = labyrinth_zone_create(&params);
	if (!ring->zone) /* audit: labyrinth_unchecked: returns an error pointer */
		return -ENOMEM;
	return 0;
}

static int bad_zone_used(struct device *dev)
{
	struct labyrinth_zone *zone = devm_labyrinth_zone_create(dev, &params);

	return labyrinth_zone_resize(zone, 512); /* audit: labyrinth_unchecked: may have returned an error pointer */
}

static int good_page(struct ring *ring)
{
	struct page *page = labyrinth_alloc_page_atomic(ring->zone, LABYRINTH_QUALITY_ZERO);

	if (unlikely(!page))
		return -ENOMEM;
	memcpy(page_address(page), ring->data, 64);
	labyrinth_free_page(ring->zone, page);
	return 0;
}

/* NULL is a no-op for those that free; and it may be stored, and looked at later. */
static int good_free(struct ring *ring)
{
	struct page *page = labyrinth_alloc_page_atomic(ring->zone, LABYRINTH_QUALITY_NONE);
	int i;

	labyrinth_free_page(ring->zone, page);
	for (i = 0; i < 4; i++)
		ring->page[i] = labyrinth_alloc_page_atomic(ring->zone, LABYRINTH_QUALITY_NONE);
	for (i = 0; i < 4; i++)
		if (ring->page[i])
			post(ring, ring->page[i]);
	return 0;
}

static int good_condition(struct ring *ring)
{
	struct header *header;

	if (!(header = labyrinth_alloc_atomic(ring->zone, LABYRINTH_QUALITY_NONE)))
		return -ENOMEM;
	header->length = 0;

	header = labyrinth_alloc_atomic(ring->zone, LABYRINTH_QUALITY_NONE);
	if (!header || header->length)
		return -EIO;

	header = labyrinth_alloc_atomic(ring->zone, LABYRINTH_QUALITY_NONE);
	return header ? header->length : 0;
}

static int good_helper(struct ring *ring)
{
	struct header *header = labyrinth_alloc_atomic(ring->zone, LABYRINTH_QUALITY_NONE);

	if (dropped(ring, header))
		return -ENOMEM;
	header->length = 0;
	return 0;
}

static int good_fallback(struct ring *ring)
{
	struct page *page = labyrinth_alloc_page_atomic(ring->zone, LABYRINTH_QUALITY_NOWAIT);

	if (!page) {
		page = ring->spare;
		get_page(page);
	}
	post(ring, page);
	return 0;
}

static int good_bulk(struct ring *ring)
{
	struct page *pages[8];

	if (labyrinth_alloc_bulk_atomic(ring->zone, LABYRINTH_QUALITY_NONE, 8, pages))
		return -ENOMEM;
	post(ring, pages[0]);
	return labyrinth_ticket_reserve(ring->zone, 4, HZ, &ring->ticket);
}

static int good_zone(struct ring *ring)
{
	struct labyrinth_zone *zone;

	zone = labyrinth_zone_create(&params);
	if (IS_ERR(zone))
		return PTR_ERR(zone);
	ring->zone = zone;
	ring->other = labyrinth_zone_create(&params);
	return PTR_ERR_OR_ZERO(ring->other);
}

/* An error pointer of which NULL is made. */
static void good_optional_zone(struct ring *ring)
{
	ring->zone = labyrinth_zone_create(&params);
	if (IS_ERR(ring->zone))
		ring->zone = NULL;
	if (!ring->zone)
		pr_info("no reserve\n");
}
