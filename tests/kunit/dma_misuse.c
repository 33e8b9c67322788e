// SPDX-License-Identifier: GPL-2.0
/*
 * DMA that cannot be: refused, told with what is allowed, and nothing lost.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/pfn.h>

#include "dma.h"
#include "log.h"

#define NONE	LABYRINTH_QUALITY_NONE

static int create(struct labyrinth_zone_params *params)
{
	struct labyrinth_zone *zone;

	params->name = "kunit";
	params->node = NUMA_NO_NODE;
	params->reserve = 8;
	zone = labyrinth_zone_create(params);
	if (IS_ERR(zone))
		return PTR_ERR(zone);
	labyrinth_zone_destroy(zone);
	return 0;
}

/* --- parameters --- */

static void kernel_without_dma_and_no_other_refuses_a_device(struct kunit *test)
{
	struct device nobody = { .init_name = "nobody" };
	struct labyrinth_zone_params params = { .dma_dev = &nobody };
	bool has = IS_ENABLED(CONFIG_HAS_DMA);

	if (has)
		params.dma_dev = plain_device(test, DMA_BIT_MASK(64));
	KUNIT_EXPECT_EQ(test, create(&params), has ? 0 : -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, told("zone kunit: dma_dev is nobody", "has no DMA"), !has);
}

static void direction_without_device_is_refused(struct kunit *test)
{
	struct labyrinth_zone_params params = { .dma_dir = DMA_TO_DEVICE };

	KUNIT_EXPECT_EQ(test, create(&params), -EINVAL);
	KUNIT_EXPECT_EQ(test, told("zone kunit: dma_dir is 1", "needs a device"), 1);
	params.dma_dir = DMA_FROM_DEVICE;
	KUNIT_EXPECT_EQ(test, create(&params), -EINVAL);
	KUNIT_EXPECT_EQ(test, told("zone kunit: dma_dir is 2", "needs a device"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 2);
	/* That is none. */
	params.dma_dir = DMA_NONE;
	KUNIT_EXPECT_EQ(test, create(&params), 0);
}

static const int dir_params[] = { DMA_NONE, DMA_NONE + 1, 17, -1, INT_MIN };

static void dir_desc(const int *dir, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%d", *dir);
}

KUNIT_ARRAY_PARAM(dir, dir_params, dir_desc);

static void direction_that_is_none_is_refused(struct kunit *test)
{
	const int *dir = test->param_value;
	struct labyrinth_zone_params params = {
		.dma_dev = plain_device(test, DMA_BIT_MASK(64)),
		.dma_dir = *dir,
	};
	char given[32];

	KUNIT_EXPECT_EQ(test, create(&params), -EINVAL);
	snprintf(given, sizeof(given), "dma_dir is %d;", *dir);
	KUNIT_EXPECT_EQ(test, told("zone kunit: ", given, "DMA_BIDIRECTIONAL (0)",
				   "DMA_TO_DEVICE (1)", "DMA_FROM_DEVICE (2)"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
	/* Without a device as well, but for the one that says that there is none. */
	params.dma_dev = NULL;
	KUNIT_EXPECT_EQ(test, create(&params), *dir == DMA_NONE ? 0 : -EINVAL);
}

static void device_without_mask_is_refused(struct kunit *test)
{
	struct device *dev = plain_device(test, 0);
	struct labyrinth_zone_params params = { .dma_dev = dev };

	KUNIT_EXPECT_EQ(test, create(&params), -EINVAL);
	KUNIT_EXPECT_EQ(test, told("zone kunit: dma_dev labyrinth_kunit has no DMA mask",
				   "dma_set_mask()"), 1);
	dev->dma_mask = NULL;
	KUNIT_EXPECT_EQ(test, create(&params), -EINVAL);
	KUNIT_EXPECT_EQ(test, told("has no DMA mask"), 2);
	KUNIT_EXPECT_EQ(test, heard_lines(), 2);
}

/* --- which memory --- */

static phys_addr_t highest(struct labyrinth_zone *zone)
{
	u32 slots = zone->slot_mask / sizeof(zone->table[0]) + 1, slot;
	phys_addr_t last = 0;

	for (slot = 0; slot < slots; slot++)
		if (READ_ONCE(zone->table[slot].state) == LABYRINTH_DESC_IDLE)
			last = max(last, page_to_phys(zone->table[slot].page));
	return last + PAGE_SIZE - 1;
}

static u64 end_of_memory(void)
{
	u64 end = 0;
	int node;

	for_each_online_node(node)
		end = max_t(u64, end, PFN_PHYS(pgdat_end_pfn(NODE_DATA(node))));
	return end;
}

/* Where everything is bounced it is the bounce buffers that have to be within reach. */
static void need_direct_mapping(struct kunit *test)
{
	struct device *dev = plain_device(test, DMA_BIT_MASK(64));
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4, .dma_dev = dev);
	bool bounces = zone->dma_bounces;

	KUNIT_EXPECT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	if (bounces)
		kunit_skip(test, "a kernel that bounces every page");
	heard_forget();
}

static void mask_decides_where_pages_come_from(struct kunit *test)
{
	unsigned int bits;

	need_direct_mapping(test);
	for (bits = 24; bits <= 64; bits += 4) {
		struct labyrinth_zone *zone;
		struct device *dev = plain_device(test, DMA_BIT_MASK(bits));
		bool all = end_of_memory() - 1 <= DMA_BIT_MASK(bits);

		if (!all && bits < 32 && !IS_ENABLED(CONFIG_ZONE_DMA))
			continue;
		zone = labyrinth_test_zone(test, .reserve = 60, .dma_dev = dev);
		KUNIT_EXPECT_LE(test, highest(zone), DMA_BIT_MASK(bits));
		/* No scarce memory is taken where any would do. */
		KUNIT_EXPECT_EQ(test, !(zone->gfp & (__GFP_DMA | __GFP_DMA32)), all);
		KUNIT_EXPECT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	}
}

static void mask_below_all_memory_is_refused(struct kunit *test)
{
	struct labyrinth_zone_params params = {
		.dma_dev = plain_device(test, DMA_BIT_MASK(20)),
	};

	KUNIT_EXPECT_EQ(test, create(&params), -EINVAL);
	KUNIT_EXPECT_EQ(test, told("zone kunit: the DMA mask of labyrinth_kunit is 0xfffff;",
				   "no memory zone", "goes up to 0x"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

static void memory_that_the_mask_does_not_reach_is_refused(struct kunit *test)
{
	struct labyrinth_zone_params params = {
		.gfp_zone = __GFP_DMA32,
	};

	if (!IS_ENABLED(CONFIG_ZONE_DMA32) || !IS_ENABLED(CONFIG_ZONE_DMA))
		kunit_skip(test, "a kernel without ZONE_DMA or ZONE_DMA32");
	need_direct_mapping(test);
	params.dma_dev = plain_device(test, DMA_BIT_MASK(24));
	KUNIT_EXPECT_EQ(test, create(&params), -EINVAL);
	KUNIT_EXPECT_EQ(test, told("zone kunit: gfp_zone is ", "DMA32", "goes up to 0x",
				   "0xffffff,"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
	params.gfp_zone = __GFP_DMA;
	KUNIT_EXPECT_EQ(test, create(&params), 0);
}

/* --- mapping errors --- */

static void reserve_that_cannot_be_mapped_is_told(struct kunit *test)
{
	struct labyrinth_zone_params params = { .dma_dev = fake_device(test) };
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 4,
							  .dma_dev = params.dma_dev);

	labyrinth_refill_flush(zone);
	heard_forget();
	atomic_set(&fake.room, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, 20), -EIO);
	KUNIT_EXPECT_EQ(test, told("zone kunit: no reserve of 20 pages",
				   "for labyrinth_kunit has failed"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	heard_forget();
	atomic_set(&fake.room, 0);
	KUNIT_EXPECT_EQ(test, create(&params), -EIO);
	KUNIT_EXPECT_EQ(test, told("zone kunit: no reserve of 8 pages",
				   "for labyrinth_kunit has failed"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

static void bounce_buffers_are_told_once(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 4);

	/* Where caches have to be synchronised, nobody can tell. */
	if (IS_ENABLED(CONFIG_ARCH_HAS_SYNC_DMA_FOR_DEVICE))
		kunit_skip(test, "an architecture whose caches need it as well");
	KUNIT_EXPECT_TRUE(test, zone->dma_bounces);
	(void)labyrinth_test_alloc(zone, NONE);
	KUNIT_EXPECT_EQ(test, told("zone kunit: labyrinth_kunit", "bounce buffers"), 1);
	KUNIT_EXPECT_EQ(test, heard_lines(), 1);
}

/* A page that needs what the others do not lies where it should not. */
static void page_that_alone_is_bounced_is_not_kept(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 8,
						.cache = LABYRINTH_NO_CACHE);

	if (!zone->dma_bounces)
		kunit_skip(test, "an architecture whose caches need it as well");
	zone->dma_bounces = false;
	KUNIT_EXPECT_NULL(test, labyrinth_test_alloc(zone, LABYRINTH_QUALITY_NOWAIT));
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).dma_errors, 1);
	fake_balanced(test, zone);
}

/* --- questions --- */

static noinline dma_addr_t asker(struct labyrinth_zone *zone, const struct page *page)
{
	dma_addr_t addr = labyrinth_page_dma_addr(zone, page);

	barrier();
	return addr;
}

static void page_that_is_not_live_has_no_address(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 8);
	struct page *page = labyrinth_test_alloc(zone, NONE), *foreign;

	KUNIT_ASSERT_NOT_NULL(test, page);
	heard_forget();
	labyrinth_test_free(zone, page);
	KUNIT_EXPECT_EQ(test, asker(zone, page), DMA_MAPPING_ERROR);
	foreign = alloc_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, foreign);
	KUNIT_EXPECT_EQ(test, asker(zone, foreign), DMA_MAPPING_ERROR);
	__free_page(foreign);
	KUNIT_EXPECT_EQ(test, asker(zone, NULL), DMA_MAPPING_ERROR);
	KUNIT_EXPECT_EQ(test, asker(zone, (struct page *)0x1234567UL), DMA_MAPPING_ERROR);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 4);
	KUNIT_EXPECT_EQ(test, told("zone kunit: asker+", "no live page"), 4);
	fake_balanced(test, zone);
}

static void zone_without_device_has_no_addresses(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 8);
	struct page *page = labyrinth_test_alloc(zone, NONE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, asker(zone, page), DMA_MAPPING_ERROR);
	labyrinth_dma_sync_for_cpu(zone, page, 0, PAGE_SIZE);
	labyrinth_dma_sync_for_device(zone, page, 0, PAGE_SIZE);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 3);
	KUNIT_EXPECT_EQ(test, told("zone kunit: asker+", "no device", "dma_dev"), 1);
	KUNIT_EXPECT_EQ(test, told("no device"), 3);
	/* Faults of a device that is not there have no effect. */
	KUNIT_EXPECT_EQ(test, labyrinth_zone_inject(zone, LABYRINTH_FAULT_DMA, 0), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_zone_resize(zone, 20), 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).dma_errors, 0);
}

struct range_param {
	unsigned int	offset;
	unsigned int	size;
};

static const struct range_param range_params[] = {
	{ 0, 0 }, { 100, 0 }, { 0, PAGE_SIZE + 1 }, { 1, PAGE_SIZE }, { PAGE_SIZE, 1 },
	{ PAGE_SIZE, 0 }, { PAGE_SIZE - 1, 2 }, { UINT_MAX, 1 }, { 1, UINT_MAX },
	{ UINT_MAX, UINT_MAX }, { UINT_MAX, 2 },
};

static void range_desc(const struct range_param *range, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u bytes at %u", range->size, range->offset);
}

KUNIT_ARRAY_PARAM(range, range_params, range_desc);

static void range_beyond_the_page_is_not_synchronised(struct kunit *test)
{
	const struct range_param *range = test->param_value;
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 8);
	struct page *page = labyrinth_test_alloc(zone, NONE);
	char given[48], allowed[32];

	KUNIT_ASSERT_NOT_NULL(test, page);
	heard_forget();
	labyrinth_dma_sync_for_cpu(zone, page, range->offset, range->size);
	labyrinth_dma_sync_for_device(zone, page, range->offset, range->size);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, fake.synced, 0);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 2);
	snprintf(given, sizeof(given), "%u bytes at offset %u ", range->size, range->offset);
	snprintf(allowed, sizeof(allowed), "within %lu", PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, told("zone kunit: range_beyond_", given, "allowed are 1 byte",
				   allowed), 2);
	KUNIT_EXPECT_EQ(test, heard_lines(), 2);
}

static void synchronise(void *arg)
{
	void **zone_and_page = arg;

	labyrinth_dma_sync_for_cpu(zone_and_page[0], zone_and_page[1], 0, 1);
	/* Not a tail call: who synchronises is to be seen. */
	barrier();
}

static void synchronising_in_an_nmi_is_refused(struct kunit *test)
{
	struct labyrinth_zone *zone = fake_zone(test, .reserve = 8);
	struct page *page = labyrinth_test_alloc(zone, NONE);
	void *arg[] = { zone, page };

	KUNIT_ASSERT_NOT_NULL(test, page);
	heard_forget();
	labyrinth_test_in_nmi(synchronise, arg);
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, fake.size, 0);
	KUNIT_EXPECT_EQ(test, told("zone kunit: synchronise+", "in nmi context"), 1);
	synchronise(arg);
	KUNIT_EXPECT_EQ(test, fake.size, 1);
	KUNIT_EXPECT_EQ(test, labyrinth_test_stats(zone).misuse, 1);
}

static struct kunit_case dma_misuse_cases[] = {
	KUNIT_CASE(kernel_without_dma_and_no_other_refuses_a_device),
	KUNIT_CASE(direction_without_device_is_refused),
	KUNIT_CASE_PARAM(direction_that_is_none_is_refused, dir_gen_params),
	KUNIT_CASE(device_without_mask_is_refused),
	KUNIT_CASE(mask_decides_where_pages_come_from),
	KUNIT_CASE(mask_below_all_memory_is_refused),
	KUNIT_CASE(memory_that_the_mask_does_not_reach_is_refused),
	KUNIT_CASE(reserve_that_cannot_be_mapped_is_told),
	KUNIT_CASE(bounce_buffers_are_told_once),
	KUNIT_CASE(page_that_alone_is_bounced_is_not_kept),
	KUNIT_CASE(page_that_is_not_live_has_no_address),
	KUNIT_CASE(zone_without_device_has_no_addresses),
	KUNIT_CASE_PARAM(range_beyond_the_page_is_not_synchronised, range_gen_params),
	KUNIT_CASE(synchronising_in_an_nmi_is_refused),
	{}
};

static struct kunit_suite dma_misuse_suite = {
	.name = "labyrinth_dma_misuse",
	.suite_init = log_suite_init,
	.suite_exit = log_suite_exit,
	.init = log_init,
	.exit = log_exit,
	.test_cases = dma_misuse_cases,
};

kunit_test_suite(dma_misuse_suite);
