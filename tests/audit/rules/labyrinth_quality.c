// SPDX-License-Identifier: GPL-2.0
/* Flags and parameters that go together, and that do not. */

static struct page *bad_content(struct ring *ring)
{
	return labyrinth_alloc_page_atomic(ring->zone, /* audit: labyrinth_quality: ZERO contradicts */
					   LABYRINTH_QUALITY_ZERO | LABYRINTH_QUALITY_POISON);
}

static void *bad_verify(struct ring *ring)
{
	void *address = labyrinth_alloc_atomic(ring->zone, LABYRINTH_QUALITY_VERIFY); /* audit: labyrinth_quality: is a zone's */

	return address;
}

static struct page *bad_ticket(struct ring *ring)
{
	return labyrinth_ticket_alloc(&ring->ticket, LABYRINTH_QUALITY_ZERO | LABYRINTH_QUALITY_ACCOUNT); /* audit: labyrinth_quality: of a ticket */
}

static void *bad_frag(struct ring *ring)
{
	return labyrinth_frag_alloc_atomic(ring->zone, 128, 0, LABYRINTH_QUALITY_ACCOUNT); /* audit: labyrinth_quality: not for fragments */
}

static struct page *bad_mask(struct ring *ring)
{
	return labyrinth_alloc_page_atomic(ring->zone, GFP_ATOMIC | __GFP_ZERO); /* audit: labyrinth_quality: is given GFP_ATOMIC */
}

static const struct labyrinth_zone_params bad_params = {
	.name = "rx",
	.node = NUMA_NO_NODE,
	.quality = LABYRINTH_QUALITY_POISON | LABYRINTH_QUALITY_CL_ALIGN | LABYRINTH_QUALITY_ZERO, /* audit: labyrinth_quality */
};

static const struct labyrinth_zone_params bad_buffer = {
	.name = "rx",
	.node = NUMA_NO_NODE,
	.buffer_pages = 16,
	.order = 2, /* audit: labyrinth_quality: .order = 2 is not for a zone of buffers */
	.policy = LABYRINTH_SYSTEM_FIRST, /* audit: labyrinth_quality */
};

static const struct labyrinth_zone_params bad_single = {
	.name = "rx",
	.node = NUMA_NO_NODE,
	.buffer_pages = 1, /* audit: labyrinth_quality: one page */
	.gfp_zone = __GFP_DMA | __GFP_DMA32, /* audit: labyrinth_quality */
};

static int bad_node(struct ring *ring)
{
	struct labyrinth_zone_params params = { /* audit: labyrinth_quality: params names no node */
		.name = "rx",
		.reserve = 256,
	};

	ring->zone = labyrinth_zone_create(&params);
	return PTR_ERR_OR_ZERO(ring->zone);
}

static struct page *good_flags(struct ring *ring)
{
	return labyrinth_alloc_page_atomic(ring->zone, LABYRINTH_QUALITY_ZERO | LABYRINTH_QUALITY_NOWAIT);
}

/* One or the other. */
static struct page *good_choice(struct ring *ring)
{
	return labyrinth_alloc_page_atomic(ring->zone, ring->poison ? LABYRINTH_QUALITY_POISON :
					   LABYRINTH_QUALITY_ZERO);
}

/* One less. */
static struct page *good_mask(struct ring *ring, labyrinth_quality_t quality)
{
	return labyrinth_alloc_page_atomic(ring->zone, (quality & ~LABYRINTH_QUALITY_ZERO) |
					   LABYRINTH_QUALITY_POISON);
}

static struct page *good_account(struct ring *ring, gfp_t gfp)
{
	if (gfp & GFP_ATOMIC)
		return alloc_page(GFP_ATOMIC | __GFP_ZERO);
	return labyrinth_alloc_page_atomic(ring->zone, LABYRINTH_QUALITY_ACCOUNT);
}

static const struct labyrinth_zone_params good_params = {
	.name = "rx",
	.node = NUMA_NO_NODE,
	.order = 2,
	.gfp_zone = __GFP_DMA32,
	.quality = LABYRINTH_QUALITY_VERIFY | LABYRINTH_QUALITY_ZERO,
	.policy = LABYRINTH_RESERVE_FIRST,
};

static const struct labyrinth_zone_params good_buffer = {
	.node = NUMA_NO_NODE,
	.name = "rx",
	.order = 0,
	.policy = LABYRINTH_RESERVE_ONLY,
	.quality = LABYRINTH_QUALITY_ZERO,
	.buffer_pages = 16,
};

static int good_node(struct ring *ring, struct device *dev)
{
	struct labyrinth_zone_params own = { .name = "rx", .reserve = 256 };

	own.node = dev_to_node(dev);
	ring->zone = labyrinth_zone_create(&own);
	return PTR_ERR_OR_ZERO(ring->zone);
}

static void *good_frag(struct ring *ring)
{
	return labyrinth_frag_alloc_atomic(ring->zone, 128, 64, LABYRINTH_QUALITY_ZERO | LABYRINTH_QUALITY_CL_ALIGN);
}

/* The zone's own, and one flag of another request's. */
static int good_later(struct ring *ring)
{
	struct labyrinth_zone_params params = { .name = "rx", .node = NUMA_NO_NODE };

	params.quality = LABYRINTH_QUALITY_POISON | LABYRINTH_QUALITY_VERIFY;
	ring->other = labyrinth_ticket_alloc(&ring->ticket, LABYRINTH_QUALITY_ZERO);
	ring->zone = labyrinth_zone_create(&params);
	return PTR_ERR_OR_ZERO(ring->zone);
}
