/* SPDX-License-Identifier: GPL-2.0 */
/* tests/lint/bad.c's: no mistake is in here. */
#ifndef LABYRINTH_LINT_BAD_H
#define LABYRINTH_LINT_BAD_H

#include <linux/labyrinth.h>

int bad_leak_page(struct labyrinth_zone *zone, bool busy);
int bad_leak_address(struct labyrinth_zone *zone, bool busy);
int bad_leak_fragment(struct labyrinth_zone *zone, bool busy);
int bad_leak_from_ticket(struct labyrinth_zone *zone, struct labyrinth_ticket *ticket, bool busy);
int bad_double_free_page(struct labyrinth_zone *zone, bool late);
int bad_double_free_address(struct labyrinth_zone *zone, bool late);
int bad_double_free_fragment(struct labyrinth_zone *zone, bool late);
int bad_use_after_free(struct labyrinth_zone *zone);
unsigned long bad_unchecked_page(struct labyrinth_zone *zone);
void *bad_unchecked_address(struct labyrinth_zone *zone);
char *bad_unchecked_fragment(struct labyrinth_zone *zone);
void bad_discarded(const struct labyrinth_zone_params *params, struct labyrinth_zone *zone,
		   struct labyrinth_ticket *ticket, struct page **pages,
		   void (*fn)(struct page *page, void *ctx));
int bad_wrong_function(struct labyrinth_zone *zone);
int bad_wrong_kind(struct labyrinth_zone *zone);
struct page *bad_quality_integer(struct labyrinth_zone *zone);
struct page *bad_quality_gfp(struct labyrinth_zone *zone);

#endif /* LABYRINTH_LINT_BAD_H */
