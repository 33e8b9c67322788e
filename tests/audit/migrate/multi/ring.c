// SPDX-License-Identifier: GPL-2.0
/* Taken here, given back in the other file. */
#include <linux/gfp.h>
#include <linux/mm.h>
#include "ring.h"

int ring_fill(struct ring *ring)
{
	ring->rx = alloc_page(GFP_ATOMIC);
	ring->tx = alloc_page(GFP_ATOMIC);
	ring->aside = alloc_page(GFP_ATOMIC);
	return ring->rx && ring->tx && ring->aside ? 0 : -ENOMEM;
}
