/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the suites on DMA share: a device that is none. Its operations count, refuse
 * when they are told to, and notice who calls them where that is not allowed.
 */
#ifndef LABYRINTH_TESTS_DMA_H
#define LABYRINTH_TESTS_DMA_H

#include <linux/device.h>
#include <linux/dma-mapping.h>

#include "common.h"

/* What the device sees at 0. */
#define FAKE_BASE	BIT_ULL(40)

/**
 * struct fake - the device, and what it has seen in this case
 * @dev: the device
 * @mask: its DMA mask
 * @room: pages that it can have mapped yet
 * @mapped: pages that are mapped now
 * @maps: how often one was mapped
 * @wrong: calls in NMI, or with arguments that no page of the zone fits
 * @bytes: of a page
 * @dir: of the zone
 * @synced: address of what was synchronised last
 * @size: bytes of that
 * @for_cpu: and for whom
 */
struct fake {
	struct device		*dev;
	u64			mask;
	atomic_t		room;
	atomic_t		mapped;
	atomic_t		maps;
	atomic_t		wrong;
	size_t			bytes;
	enum dma_data_direction	dir;
	dma_addr_t		synced;
	size_t			size;
	bool			for_cpu;
};

extern struct fake fake;

/*
 * The case's device, gone with it: with operations of its own; or none, and this mask, so
 * that the kernel maps directly. A kernel that cannot have it skips the case.
 */
struct device *fake_device(struct kunit *test);
struct device *plain_device(struct kunit *test, u64 mask);

/* A zone named "kunit" for the device that counts. */
#define fake_zone(test, ...)							\
	labyrinth_test_zone(test, .dma_dev = fake_device(test), __VA_ARGS__)

static inline dma_addr_t fake_address(const struct page *page)
{
	return page_to_phys(page) + FAKE_BASE;
}

/* At rest: every page that the zone owns is mapped, no other is, nothing went wrong. */
void fake_balanced(struct kunit *test, struct labyrinth_zone *zone);

#endif /* LABYRINTH_TESTS_DMA_H */
