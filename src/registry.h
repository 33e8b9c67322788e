/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a page is looked for: inlined where pages are freed; src/registry.c has the rest,
 * and the reasons.
 */
#ifndef LABYRINTH_REGISTRY_H
#define LABYRINTH_REGISTRY_H

#include "internal.h"

/*
 * The first place a page is looked for: Fibonacci hashing of its number. The
 * zone's multiplier is such that the index comes out at LABYRINTH_HASH_SHIFT
 * already scaled to bytes, whatever the size of the table, so that the shift is
 * a constant. Pages side by side never collide, those at any stride rarely.
 */
#define LABYRINTH_HASH_SHIFT	26

static __always_inline unsigned long
labyrinth_registry_place(const struct labyrinth_zone *zone, const struct page *page)
{
	u64 hash = (unsigned long)page * zone->hash_multiplier;

	return hash >> LABYRINTH_HASH_SHIFT & zone->slot_mask;
}

static __always_inline struct labyrinth_desc *
labyrinth_registry_home(const struct labyrinth_zone *zone, const struct page *page)
{
	return (void *)zone->table + labyrinth_registry_place(zone, page);
}

/*
 * A second hash, of nothing that the home slot depends on, for a slot's place: the
 * constants of MurmurHash3's finaliser. Simulated with pages at random, in runs and at
 * strides up to a table's span and beyond, it leaves as many pages without a slot as
 * random numbers do; with one multiplication less it leaves four times as many at some.
 */
static __always_inline unsigned long labyrinth_mix(unsigned long page)
{
	u64 hash = page * 0xff51afd7ed558ccdULL;

	hash ^= hash >> 32;
	return hash * 0xc4ceb9fe1a85ec53ULL >> 29;
}

#define LABYRINTH_GROUP		4U	/* slots; they differ in the last two bits */

static __always_inline struct labyrinth_desc *
labyrinth_registry_beside(struct labyrinth_desc *desc, unsigned int i)
{
	return (void *)((unsigned long)desc ^ i * sizeof(*desc));
}

/*
 * A slot of the other group that a page can stand in, by any slot of its first one. The
 * two differ in the lowest bit of their number, if in nothing else.
 */
static __always_inline struct labyrinth_desc *
labyrinth_registry_second(const struct labyrinth_zone *zone, const struct page *page,
			  const struct labyrinth_desc *first)
{
	unsigned long other = labyrinth_mix((unsigned long)page) |
			      LABYRINTH_GROUP * sizeof(*first);

	return labyrinth_at(zone->table, labyrinth_place(zone->table, first) ^
					 (other & zone->slot_mask));
}

/*
 * Is a page in another slot of the group of *slot? Then that is *slot, otherwise any of
 * them is. For the fast paths: without a call, or they would have to save registers for
 * everybody; each slot by what differs from the last one.
 */
static __always_inline bool labyrinth_registry_near(const struct page *page,
						    struct labyrinth_desc **slot)
{
	*slot = labyrinth_registry_beside(*slot, 1);
	/* data_race(): other pages may come and go there, the caller's may not. */
	if (data_race((*slot)->page) == page)
		return true;
	*slot = labyrinth_registry_beside(*slot, 0x1 ^ 0x2);
	/* data_race(): likewise. */
	if (data_race((*slot)->page) == page)
		return true;
	*slot = labyrinth_registry_beside(*slot, 0x2 ^ 0x3);
	/* data_race(): likewise. */
	return data_race((*slot)->page) == page;
}

/*
 * Or in the other group? *slot: of the first one. Of NULL only that is known to be
 * nowhere: an empty slot would match.
 */
static __always_inline bool labyrinth_registry_far(const struct labyrinth_zone *zone,
						   const struct page *page,
						   struct labyrinth_desc **slot)
{
	if (unlikely(!page))
		return false;
	*slot = labyrinth_registry_second(zone, page, *slot);
	/* data_race(): as above. */
	return data_race((*slot)->page) == page || labyrinth_registry_near(page, slot);
}

/* In the group of its home slot? */
static __always_inline bool labyrinth_registry_nigh(const struct labyrinth_zone *zone,
						    const struct page *page,
						    struct labyrinth_desc **slot)
{
	*slot = labyrinth_registry_home(zone, page);
	/* data_race(): as above. */
	return likely(data_race((*slot)->page) == page) ||
	       labyrinth_registry_near(page, slot);
}

#endif /* LABYRINTH_REGISTRY_H */
