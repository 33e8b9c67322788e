// SPDX-License-Identifier: GPL-2.0
/*
 * What a consumer must not do, and what the compiler and sparse say of it.
 *
 * It is compiled by scripts/lint and run nowhere. A line with, or after, a comment that
 * begins with "expect:" has to be reported in just that way, and no other line may be: an
 * option of gcc's, or what sparse says, but for what it has in brackets.
 * tests/lint/good.c has the same shapes done right, and nothing of it may be reported.
 */
#include <linux/labyrinth.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/string.h>

#include "bad.h"

LABYRINTH_IMPORT_NS;

#define QUALITY LABYRINTH_QUALITY_NONE

/* --- what is lost: said where the way parts that loses it ---------------------- */

int bad_leak_page(struct labyrinth_zone *zone, bool busy)
{
	struct page *page = labyrinth_alloc_page_atomic(zone, QUALITY);

	if (!page)
		return -ENOMEM;
	if (busy) /* expect: -Wanalyzer-malloc-leak */
		return -EIO;
	labyrinth_free_page(zone, page);
	return 0;
}

int bad_leak_address(struct labyrinth_zone *zone, bool busy)
{
	void *address = labyrinth_alloc_atomic(zone, LABYRINTH_QUALITY_ZERO);

	if (!address)
		return -ENOMEM;
	if (busy) /* expect: -Wanalyzer-malloc-leak */
		return -EIO;
	labyrinth_free(zone, address);
	return 0;
}

int bad_leak_fragment(struct labyrinth_zone *zone, bool busy)
{
	void *fragment = labyrinth_frag_alloc_atomic(zone, 256, 0, QUALITY);

	if (!fragment)
		return -ENOMEM;
	if (busy) /* expect: -Wanalyzer-malloc-leak */
		return -EIO;
	labyrinth_frag_free(zone, fragment);
	return 0;
}

int bad_leak_from_ticket(struct labyrinth_zone *zone, struct labyrinth_ticket *ticket, bool busy)
{
	struct page *page = labyrinth_ticket_alloc(ticket, QUALITY);

	if (!page)
		return -ENOMEM;
	if (busy) /* expect: -Wanalyzer-malloc-leak */
		return -EIO;
	labyrinth_free_page(zone, page);
	return 0;
}

/* --- what is freed twice ----------------------------------------------------- */

int bad_double_free_page(struct labyrinth_zone *zone, bool late)
{
	struct page *page = labyrinth_alloc_page_atomic(zone, QUALITY);

	if (!page)
		return -ENOMEM;
	if (late)
		labyrinth_free_page(zone, page);
	labyrinth_free_page(zone, page); /* expect: -Wanalyzer-double-free */
	return 0;
}

int bad_double_free_address(struct labyrinth_zone *zone, bool late)
{
	void *address = labyrinth_alloc_atomic(zone, QUALITY);

	if (!address)
		return -ENOMEM;
	if (late)
		labyrinth_free(zone, address);
	labyrinth_free(zone, address); /* expect: -Wanalyzer-double-free */
	return 0;
}

int bad_double_free_fragment(struct labyrinth_zone *zone, bool late)
{
	void *fragment = labyrinth_frag_alloc_atomic(zone, 64, 64, QUALITY);

	if (!fragment)
		return -ENOMEM;
	if (late)
		labyrinth_frag_free(zone, fragment);
	labyrinth_frag_free(zone, fragment); /* expect: -Wanalyzer-double-free */
	return 0;
}

int bad_use_after_free(struct labyrinth_zone *zone)
{
	int *address = labyrinth_alloc_atomic(zone, LABYRINTH_QUALITY_ZERO);

	if (!address)
		return -ENOMEM;
	labyrinth_free(zone, address);
	/* expect: -Wanalyzer-use-after-free */
	return *address; /* expect: -Wuse-after-free */
}

/* --- what nobody looked at --------------------------------------------------- */

/* Of struct page gcc 12 knows the members that are in no union of it. */
unsigned long bad_unchecked_page(struct labyrinth_zone *zone)
{
	struct page *page = labyrinth_alloc_page_atomic(zone, QUALITY);
	unsigned long flags = page->flags; /* expect: -Wanalyzer-possible-null-dereference */

	labyrinth_free_page(zone, page);
	return flags;
}

void *bad_unchecked_address(struct labyrinth_zone *zone)
{
	void *address = labyrinth_alloc_atomic(zone, QUALITY);

	memset(address, 0xff, PAGE_SIZE); /* expect: -Wanalyzer-possible-null-argument */
	return address;
}

char *bad_unchecked_fragment(struct labyrinth_zone *zone)
{
	char *fragment = labyrinth_frag_alloc_atomic(zone, 16, 0, QUALITY);

	*fragment = 0; /* expect: -Wanalyzer-possible-null-dereference */
	return fragment;
}

void bad_discarded(const struct labyrinth_zone_params *params, struct labyrinth_zone *zone,
		   struct labyrinth_ticket *ticket, struct page **pages,
		   void (*fn)(struct page *page, void *ctx))
{
	labyrinth_zone_create(params); /* expect: -Wunused-result */
	labyrinth_ticket_reserve(zone, 4, 0, ticket); /* expect: -Wunused-result */
	labyrinth_alloc_page_atomic(zone, QUALITY); /* expect: -Wunused-result */
	labyrinth_alloc_bulk_atomic(zone, QUALITY, 4, pages); /* expect: -Wunused-result */
	labyrinth_recycle_page(zone, pages[0]); /* expect: -Wunused-result */
	labyrinth_handoff_page(zone, pages[1], fn, NULL); /* expect: -Wunused-result */
}

/* --- what is freed by another function --------------------------------------- */

int bad_wrong_function(struct labyrinth_zone *zone)
{
	void *fragment = labyrinth_frag_alloc_atomic(zone, 256, 0, QUALITY);

	if (!fragment)
		return -ENOMEM;
	/* expect: -Wmismatched-dealloc */
	labyrinth_free(zone, fragment); /* expect: -Wanalyzer-mismatching-deallocation */
	return 0;
}

int bad_wrong_kind(struct labyrinth_zone *zone)
{
	void *address = labyrinth_alloc_atomic(zone, QUALITY);

	if (!address)
		return -ENOMEM;
	/* expect: -Wmismatched-dealloc */
	labyrinth_free_page(zone, address); /* expect: -Wanalyzer-mismatching-deallocation */
	return 0;
}

/* --- what is no quality ------------------------------------------------------ */

struct page *bad_quality_integer(struct labyrinth_zone *zone)
{
	return labyrinth_alloc_page_atomic(zone, 1); /* expect: incorrect type in argument 2 */
}

struct page *bad_quality_gfp(struct labyrinth_zone *zone)
{
	/* expect: incorrect type in argument 2 */
	return labyrinth_alloc_page_atomic(zone, GFP_ATOMIC);
}

MODULE_DESCRIPTION("What a consumer of Labyrinth must not do");
MODULE_LICENSE("GPL");
