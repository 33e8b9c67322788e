// SPDX-License-Identifier: GPL-2.0
/*
 * A device that reaches the pages by itself: QEMU's educational one (1234:11e8), which
 * copies between memory and a buffer of its own. It has 28 address lines.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/pci.h>

#include "dma.h"

#define NONE		LABYRINTH_QUALITY_NONE

/* Its registers, and where it finds its buffer. */
#define EDU_SOURCE	0x80
#define EDU_TARGET	0x88
#define EDU_COUNT	0x90
#define EDU_COMMAND	0x98
#define EDU_START	BIT(0)
#define EDU_TO_MEMORY	BIT(1)
#define EDU_BUFFER	0x40000
#define EDU_BITS	28

/* Up to the very end of its buffer it does not copy. */
#define EDU_MOST	2048U

static struct pci_dev *edu;
static void __iomem *edu_registers;
/* What probe is to make, and has made. */
static struct labyrinth_zone_params *edu_params;
static struct labyrinth_zone *edu_zone;

static int edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int ret;

	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(EDU_BITS));
	if (ret)
		return ret;
	edu_registers = pcim_iomap(pdev, 0, 0);
	if (!edu_registers)
		return -ENOMEM;
	pci_set_master(pdev);
	edu = pdev;
	if (edu_params)
		edu_zone = devm_labyrinth_zone_create(&pdev->dev, edu_params);
	return 0;
}

static void edu_remove(struct pci_dev *pdev)
{
	pci_clear_master(pdev);
	edu = NULL;
}

static const struct pci_device_id edu_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{}
};

static struct pci_driver edu_driver = {
	.name = "labyrinth_kunit_edu",
	.id_table = edu_ids,
	.probe = edu_probe,
	.remove = edu_remove,
};

static int edu_suite_init(struct kunit_suite *suite)
{
	/* Of no module: the cases run while theirs is not known to sysfs yet. */
	return __pci_register_driver(&edu_driver, NULL, edu_driver.name);
}

static void edu_suite_exit(struct kunit_suite *suite)
{
	pci_unregister_driver(&edu_driver);
}

static int edu_init(struct kunit *test)
{
	if (!edu)
		kunit_skip(test, "no educational device of QEMU's");
	return 0;
}

/* Copy, and wait until it is done. False: it does not end. */
static bool edu_copy(dma_addr_t from, dma_addr_t to, unsigned int nr, u32 direction)
{
	u32 command;

	writeq(from, edu_registers + EDU_SOURCE);
	writeq(to, edu_registers + EDU_TARGET);
	writeq(nr, edu_registers + EDU_COUNT);
	writel(EDU_START | direction, edu_registers + EDU_COMMAND);
	return !readl_poll_timeout(edu_registers + EDU_COMMAND, command,
				   !(command & EDU_START), 10 * USEC_PER_MSEC,
				   LABYRINTH_TEST_PATIENCE_S * USEC_PER_SEC);
}

static void edu_read(struct kunit *test, dma_addr_t from, unsigned int nr)
{
	KUNIT_ASSERT_TRUE(test, edu_copy(from, EDU_BUFFER, nr, 0));
}

static void edu_write(struct kunit *test, dma_addr_t to, unsigned int nr)
{
	KUNIT_ASSERT_TRUE(test, edu_copy(EDU_BUFFER, to, nr, EDU_TO_MEMORY));
}

static void fill(struct page *page, unsigned int seed)
{
	u8 *byte = page_address(page);
	unsigned int i;

	for (i = 0; i < PAGE_SIZE; i++)
		byte[i] = seed + i * 7 + (i >> 8) * 13;
}

/* Are @nr bytes from @offset on those that fill() put at @from? */
static bool same(struct page *page, unsigned int offset, struct page *source,
		 unsigned int from, unsigned int nr)
{
	return !memcmp(page_address(page) + offset, page_address(source) + from, nr);
}

/* Through the device, half a page at a time, from one page into another. */
static void carry(struct kunit *test, struct labyrinth_zone *out, struct page *source,
		  struct labyrinth_zone *in, struct page *target)
{
	dma_addr_t from = labyrinth_page_dma_addr(out, source);
	dma_addr_t to = labyrinth_page_dma_addr(in, target);
	unsigned int offset;

	KUNIT_ASSERT_NE(test, from, DMA_MAPPING_ERROR);
	KUNIT_ASSERT_NE(test, to, DMA_MAPPING_ERROR);
	KUNIT_EXPECT_LE(test, to + PAGE_SIZE - 1, DMA_BIT_MASK(EDU_BITS));
	KUNIT_EXPECT_LE(test, from + PAGE_SIZE - 1, DMA_BIT_MASK(EDU_BITS));
	labyrinth_dma_sync_for_device(out, source, 0, PAGE_SIZE);
	labyrinth_dma_sync_for_device(in, target, 0, PAGE_SIZE);
	for (offset = 0; offset < PAGE_SIZE; offset += EDU_MOST) {
		edu_read(test, from + offset, EDU_MOST);
		edu_write(test, to + offset, EDU_MOST);
	}
	labyrinth_dma_sync_for_cpu(in, target, 0, PAGE_SIZE);
}

static void device_reads_one_page_and_writes_another(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 8,
							  .dma_dev = &edu->dev);
	struct page *source = labyrinth_test_alloc(zone, NONE);
	struct page *target = labyrinth_test_alloc(zone, LABYRINTH_QUALITY_ZERO);

	KUNIT_ASSERT_NOT_NULL(test, source);
	KUNIT_ASSERT_NOT_NULL(test, target);
	fill(source, 1);
	carry(test, zone, source, zone, target);
	KUNIT_EXPECT_TRUE(test, same(target, 0, source, 0, PAGE_SIZE));
	/* Any memory will do behind an IOMMU. */
	if (zone->dma_translated)
		KUNIT_EXPECT_EQ(test, (__force u32)(zone->gfp & (__GFP_DMA | __GFP_DMA32)), 0);
}

static void each_direction_suffices_for_what_it_says(struct kunit *test)
{
	const struct labyrinth_zone_params out_params = {
		.name = "kunit-out", .node = NUMA_NO_NODE, .reserve = 8,
		.dma_dev = &edu->dev, .dma_dir = DMA_TO_DEVICE,
	};
	const struct labyrinth_zone_params in_params = {
		.name = "kunit-in", .node = NUMA_NO_NODE, .reserve = 8,
		.dma_dev = &edu->dev, .dma_dir = DMA_FROM_DEVICE,
	};
	struct labyrinth_zone *out = labyrinth_test_zone_make(test, &out_params);
	struct labyrinth_zone *in = labyrinth_test_zone_make(test, &in_params);
	struct page *source, *target;

	source = labyrinth_test_alloc(out, NONE);
	target = labyrinth_test_alloc(in, LABYRINTH_QUALITY_POISON);
	KUNIT_ASSERT_NOT_NULL(test, source);
	KUNIT_ASSERT_NOT_NULL(test, target);
	fill(source, 2);
	carry(test, out, source, in, target);
	KUNIT_EXPECT_TRUE(test, same(target, 0, source, 0, PAGE_SIZE));
}

static void recycled_pages_are_reached_where_they_were(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 8,
							  .dma_dev = &edu->dev);
	struct page *source, *target;
	dma_addr_t first = 0, addr;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		source = labyrinth_test_alloc(zone, NONE);
		target = labyrinth_test_alloc(zone, LABYRINTH_QUALITY_ZERO);
		KUNIT_ASSERT_NOT_NULL(test, source);
		KUNIT_ASSERT_NOT_NULL(test, target);
		addr = labyrinth_page_dma_addr(zone, source);
		KUNIT_EXPECT_EQ(test, addr, first ?: addr);
		first = addr;
		fill(source, 10 + i);
		carry(test, zone, source, zone, target);
		KUNIT_EXPECT_TRUE(test, same(target, 0, source, 0, PAGE_SIZE));
		labyrinth_test_free(zone, target);
		labyrinth_test_free(zone, source);
	}
}

static void pages_of_the_reserve_are_reached(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 8,
							  .dma_dev = &edu->dev);
	struct page *page[9];

	labyrinth_test_cut_off(zone);
	KUNIT_ASSERT_EQ(test, labyrinth_test_take(zone, NONE, page, 9), 8);
	fill(page[0], 3);
	memset(page_address(page[7]), 0, PAGE_SIZE);
	carry(test, zone, page[0], zone, page[7]);
	KUNIT_EXPECT_TRUE(test, same(page[7], 0, page[0], 0, PAGE_SIZE));
}

/* What is synchronised is seen; what is not is seen only if nothing is bounced. */
static void part_that_is_synchronised_is_seen(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 8,
							  .dma_dev = &edu->dev);
	struct page *source = labyrinth_test_alloc(zone, NONE);
	struct page *target = labyrinth_test_alloc(zone, LABYRINTH_QUALITY_ZERO);
	dma_addr_t to;

	KUNIT_ASSERT_NOT_NULL(test, source);
	KUNIT_ASSERT_NOT_NULL(test, target);
	fill(source, 4);
	to = labyrinth_page_dma_addr(zone, target);
	labyrinth_dma_sync_for_device(zone, source, 100, 600);
	labyrinth_dma_sync_for_device(zone, target, 0, PAGE_SIZE);
	edu_read(test, labyrinth_page_dma_addr(zone, source) + 100, 600);
	edu_write(test, to + 1000, 600);
	KUNIT_EXPECT_EQ(test, same(target, 1000, source, 100, 600), !zone->dma_bounces);
	labyrinth_dma_sync_for_cpu(zone, target, 1000, 300);
	KUNIT_EXPECT_TRUE(test, same(target, 1000, source, 100, 300));
	KUNIT_EXPECT_EQ(test, same(target, 1300, source, 400, 300), !zone->dma_bounces);
	labyrinth_dma_sync_for_cpu(zone, target, 1300, 300);
	KUNIT_EXPECT_TRUE(test, same(target, 1000, source, 100, 600));
	/* Nothing beside it. */
	KUNIT_EXPECT_FALSE(test, memchr_inv(page_address(target), 0, 1000));
	KUNIT_EXPECT_FALSE(test, memchr_inv(page_address(target) + 1600, 0,
					    PAGE_SIZE - 1600));
}

/* A page that is live at destroy keeps what the CPU has written. */
static void destroy_leaves_live_pages_as_the_cpu_has_them(struct kunit *test)
{
	struct labyrinth_zone *zone = labyrinth_test_zone(test, .reserve = 8,
							  .dma_dev = &edu->dev);
	struct page *page = labyrinth_test_alloc(zone, NONE);
	struct page *copy = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_NOT_NULL(test, copy);
	fill(page, 5);
	labyrinth_dma_sync_for_device(zone, page, 0, PAGE_SIZE);
	labyrinth_dma_sync_for_cpu(zone, page, 0, PAGE_SIZE);
	fill(page, 6);
	fill(copy, 6);
	KUNIT_EXPECT_EQ(test, labyrinth_test_zone_destroy(test, zone), 0);
	KUNIT_EXPECT_TRUE(test, same(page, 0, copy, 0, PAGE_SIZE));
	labyrinth_test_free(zone, page);
	__free_page(copy);
}

/* The driver is unbound, and the kernel looks for mappings that it has left. */
static void zone_goes_with_its_device(struct kunit *test)
{
	struct labyrinth_zone_params params = {
		.name = "kunit", .node = NUMA_NO_NODE, .reserve = 8, .dma_dev = &edu->dev,
	};
	struct device *dev = get_device(&edu->dev);
	struct page *page = NULL;

	device_release_driver(dev);
	edu_params = &params;
	KUNIT_EXPECT_EQ(test, device_attach(dev), 1);
	edu_params = NULL;
	if (!IS_ERR_OR_NULL(edu_zone))
		page = labyrinth_test_alloc(edu_zone, NONE);
	KUNIT_EXPECT_NOT_NULL(test, page);
	if (page)
		KUNIT_EXPECT_NE(test, labyrinth_page_dma_addr(edu_zone, page),
				DMA_MAPPING_ERROR);
	device_release_driver(dev);
	KUNIT_EXPECT_FALSE(test,
			   labyrinth_test_file_exists("/sys/kernel/labyrinth/kunit"));
	if (page) {
		KUNIT_EXPECT_EQ(test, labyrinth_page_dma_addr(edu_zone, page),
				DMA_MAPPING_ERROR);
		labyrinth_test_free(edu_zone, page);
	}
	edu_zone = NULL;
	KUNIT_EXPECT_EQ(test, device_attach(dev), 1);
	put_device(dev);
}

static struct kunit_case dma_device_cases[] = {
	KUNIT_CASE(device_reads_one_page_and_writes_another),
	KUNIT_CASE(each_direction_suffices_for_what_it_says),
	KUNIT_CASE(recycled_pages_are_reached_where_they_were),
	KUNIT_CASE(pages_of_the_reserve_are_reached),
	KUNIT_CASE(part_that_is_synchronised_is_seen),
	KUNIT_CASE(destroy_leaves_live_pages_as_the_cpu_has_them),
	KUNIT_CASE(zone_goes_with_its_device),
	{}
};

static struct kunit_suite dma_device_suite = {
	.name = "labyrinth_dma_device",
	.suite_init = edu_suite_init,
	.suite_exit = edu_suite_exit,
	.init = edu_init,
	.test_cases = dma_device_cases,
};

kunit_test_suite(dma_device_suite);
