/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RING_H
#define RING_H

#include <linux/mm_types.h>

struct ring {
	struct page *rx;
	struct page *tx;
	struct page *aside;
};

int ring_fill(struct ring *ring);
void ring_clean(struct ring *ring);

/* Seen by all of the driver, and freed here. */
static inline void ring_put_aside(struct ring *ring)
{
	put_page(ring->aside);
}

#endif
