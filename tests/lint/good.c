// SPDX-License-Identifier: GPL-2.0
/*
 * The shapes of tests/lint/bad.c done right, and what else becomes of a page that is not
 * freed where it was taken: neither gcc -fanalyzer nor sparse may find fault with it.
 *
 * It is compiled by scripts/lint and run nowhere.
 */
#include <linux/err.h>
#include <linux/labyrinth.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>

#include "good.h"

LABYRINTH_IMPORT_NS;

#define QUALITY LABYRINTH_QUALITY_NONE

bool good_ready(struct labyrinth_zone *zone)
{
	struct labyrinth_stats stats;

	labyrinth_zone_get_stats(zone, &stats);
	return stats.reserve;
}

/* --- taken, looked at, freed ------------------------------------------------- */

int good_page(struct labyrinth_zone *zone)
{
	struct page *page = labyrinth_alloc_page_atomic(zone, QUALITY);
	int err = 0;

	if (!page)
		return -ENOMEM;
	if (!good_ready(zone)) {
		err = -EIO;
		goto free;
	}
	set_page_private(page, 1);
	memset(page_address(page), 0xff, PAGE_SIZE);
free:
	labyrinth_free_page(zone, page);
	return err;
}

int good_address(struct labyrinth_zone *zone)
{
	int *address = labyrinth_alloc_atomic(zone, LABYRINTH_QUALITY_ZERO);
	int value;

	if (!address)
		return -ENOMEM;
	value = *address;
	labyrinth_free(zone, address);
	return value;
}

/* Passed on with a reference of its page, as to the network. */
int good_fragment(struct labyrinth_zone *zone)
{
	char *fragment = labyrinth_frag_alloc_atomic(zone, 256, 0, QUALITY);

	if (!fragment)
		return -ENOMEM;
	*fragment = 0;
	get_page(virt_to_head_page(fragment));
	labyrinth_frag_free(zone, fragment);
	return 0;
}

int good_ticket(struct labyrinth_zone *zone)
{
	struct labyrinth_ticket ticket;
	struct page *page;
	int err;

	err = labyrinth_ticket_reserve(zone, 1, 0, &ticket);
	if (err)
		return err;
	page = labyrinth_ticket_alloc(&ticket, QUALITY);
	labyrinth_ticket_release(&ticket);
	labyrinth_free_page(zone, page);
	return 0;
}

/* An error of its own: what labyrinth_zone_create() returned is no zone then. */
int good_zone(struct good_ring *ring, const struct labyrinth_zone_params *params)
{
	struct labyrinth_zone *zone = labyrinth_zone_create(params);

	if (IS_ERR(zone))
		return -ENODEV;
	ring->zone = zone;
	return 0;
}

/* --- kept -------------------------------------------------------------------- */

int good_fill(struct good_ring *ring)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ring->page); i++) {
		ring->page[i] = labyrinth_alloc_page_atomic(ring->zone, QUALITY);
		if (!ring->page[i])
			goto undo;
	}
	return 0;
undo:
	labyrinth_free_bulk(ring->zone, i, ring->page);
	return -ENOMEM;
}

int good_keep(struct good_ring *ring)
{
	void *address = labyrinth_alloc_atomic(ring->zone, QUALITY);

	if (!address)
		return -ENOMEM;
	ring->address = address;
	return 0;
}

/* --- passed on --------------------------------------------------------------- */

int good_detach(struct labyrinth_zone *zone)
{
	struct page *page = labyrinth_alloc_page_atomic(zone, QUALITY);

	if (!page)
		return -ENOMEM;
	page = labyrinth_detach_page(zone, page);
	if (page)
		put_page(page);
	return 0;
}

int good_detach_unheeded(struct labyrinth_zone *zone)
{
	struct page *page = labyrinth_alloc_page_atomic(zone, QUALITY);

	if (!page)
		return -ENOMEM;
	labyrinth_detach_page(zone, page);
	put_page(page);
	return 0;
}

int good_recycle(struct labyrinth_zone *zone)
{
	struct page *page = labyrinth_alloc_page_atomic(zone, QUALITY);

	if (!page)
		return -ENOMEM;
	if (!labyrinth_recycle_page(zone, page))
		put_page(page);
	return 0;
}

int good_handoff(struct labyrinth_zone *zone, void (*fn)(struct page *page, void *ctx))
{
	struct page *page = labyrinth_alloc_page_atomic(zone, QUALITY);
	int err;

	if (!page)
		return -ENOMEM;
	err = labyrinth_handoff_page(zone, page, fn, NULL);
	if (err)
		labyrinth_free_page(zone, page);
	return err;
}

int good_pass_on(struct labyrinth_zone *zone, struct page **to)
{
	struct page *page = labyrinth_alloc_page_atomic(zone, QUALITY);

	if (!page)
		return -ENOMEM;
	get_page(page);
	*to = page;
	labyrinth_free_page(zone, page);
	return 0;
}

struct page *good_quality(struct labyrinth_zone *zone)
{
	return labyrinth_alloc_page_atomic(zone, LABYRINTH_QUALITY_ZERO | LABYRINTH_QUALITY_NOWAIT);
}

MODULE_DESCRIPTION("What a consumer of Labyrinth may do");
MODULE_LICENSE("GPL");
