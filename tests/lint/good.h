/* SPDX-License-Identifier: GPL-2.0 */
/* tests/lint/good.c's. */
#ifndef LABYRINTH_LINT_GOOD_H
#define LABYRINTH_LINT_GOOD_H

#include <linux/labyrinth.h>

struct good_ring {
	struct labyrinth_zone	*zone;
	void			*address;
	struct page		*page[4];
};

bool good_ready(struct labyrinth_zone *zone);
int good_page(struct labyrinth_zone *zone);
int good_address(struct labyrinth_zone *zone);
int good_fragment(struct labyrinth_zone *zone);
int good_ticket(struct labyrinth_zone *zone);
int good_zone(struct good_ring *ring, const struct labyrinth_zone_params *params);
int good_fill(struct good_ring *ring);
int good_keep(struct good_ring *ring);
int good_detach(struct labyrinth_zone *zone);
int good_detach_unheeded(struct labyrinth_zone *zone);
int good_recycle(struct labyrinth_zone *zone);
int good_handoff(struct labyrinth_zone *zone, void (*fn)(struct page *page, void *ctx));
int good_pass_on(struct labyrinth_zone *zone, struct page **to);
struct page *good_quality(struct labyrinth_zone *zone);

#endif /* LABYRINTH_LINT_GOOD_H */
