// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that runs out, for real.
 *
 * The hog takes pages as its victims do, with GFP_ATOMIC, and hence down to the
 * same mark. Who calls keeps preemption off from the last page until what is
 * measured is done: nobody else runs in between, and so nothing is freed but by
 * softirqs, for which the hog is called once more.
 */
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/mm.h>

#include "bench.h"

static LIST_HEAD(pages);

/* Up to @nr pages more. Returns how many. */
unsigned long bench_hog_more(gfp_t gfp, unsigned long nr)
{
	unsigned long taken = 0;
	struct page *page;

	while (taken < nr && (page = alloc_page(gfp | __GFP_NOWARN))) {
		list_add(&page->lru, &pages);
		taken++;
	}
	return taken;
}

/* And @nr less. */
void bench_hog_less(unsigned long nr)
{
	while (nr-- && !list_empty(&pages)) {
		struct page *page = list_first_entry(&pages, struct page, lru);

		list_del(&page->lru);
		__free_page(page);
	}
}

/* Until there is not one more. Any context, one caller. */
void bench_hog_take(void)
{
	bench_hog_more(GFP_ATOMIC, ULONG_MAX);
}

void bench_hog_give(void)
{
	bench_hog_less(ULONG_MAX);
}

bool bench_hog_exhausted(void)
{
	return !bench_hog_more(GFP_ATOMIC, 1);
}
