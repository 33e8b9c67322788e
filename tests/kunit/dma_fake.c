// SPDX-License-Identifier: GPL-2.0
/*
 * A device for the suites on DMA.
 */
#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/preempt.h>

#include "dma.h"

struct fake fake;

#if IS_ENABLED(CONFIG_DMA_OPS) || IS_ENABLED(CONFIG_ARCH_HAS_DMA_OPS)
#include <linux/dma-map-ops.h>

static void fake_check(size_t size, enum dma_data_direction dir, unsigned long attrs)
{
	if (in_nmi() || (IS_ENABLED(CONFIG_PREEMPT_RT) && !preemptible()) ||
	    size != fake.bytes || dir != fake.dir || !(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		atomic_inc(&fake.wrong);
}

static dma_addr_t fake_map_phys(struct device *dev, phys_addr_t phys, size_t size,
				enum dma_data_direction dir, unsigned long attrs)
{
	fake_check(size, dir, attrs);
	if (atomic_dec_if_positive(&fake.room) < 0)
		return DMA_MAPPING_ERROR;
	atomic_inc(&fake.mapped);
	atomic_inc(&fake.maps);
	return phys + FAKE_BASE;
}

static __maybe_unused dma_addr_t
fake_map_page(struct device *dev, struct page *page, unsigned long offset, size_t size,
	      enum dma_data_direction dir, unsigned long attrs)
{
	return fake_map_phys(dev, page_to_phys(page) + offset, size, dir, attrs);
}

static void fake_unmap(struct device *dev, dma_addr_t addr, size_t size,
		       enum dma_data_direction dir, unsigned long attrs)
{
	fake_check(size, dir, attrs);
	atomic_inc(&fake.room);
	atomic_dec(&fake.mapped);
}

static void fake_sync(dma_addr_t addr, size_t size, bool for_cpu)
{
	fake.synced = addr;
	fake.size = size;
	fake.for_cpu = for_cpu;
}

static void fake_sync_for_cpu(struct device *dev, dma_addr_t addr, size_t size,
			      enum dma_data_direction dir)
{
	fake_sync(addr, size, true);
}

static void fake_sync_for_device(struct device *dev, dma_addr_t addr, size_t size,
				 enum dma_data_direction dir)
{
	fake_sync(addr, size, false);
}

static const struct dma_map_ops fake_ops = {
	LABYRINTH_DMA_OPS_MAP(fake_map_phys, fake_map_page, fake_unmap),
	.sync_single_for_cpu = fake_sync_for_cpu,
	.sync_single_for_device = fake_sync_for_device,
};

static bool fake_equip(struct device *dev)
{
	set_dma_ops(dev, &fake_ops);
	return true;
}
#else
static bool fake_equip(struct device *dev)
{
	return false;
}
#endif

static int fake_init(struct kunit_resource *resource, void *unused)
{
	/* Of no module: the cases run while theirs is not known to sysfs yet. */
	struct device *dev = __root_device_register("labyrinth_kunit", NULL);

	if (IS_ERR(dev))
		return PTR_ERR(dev);
	memset(&fake, 0, sizeof(fake));
	fake.dev = dev;
	atomic_set(&fake.room, INT_MAX / 2);
	fake.bytes = PAGE_SIZE;
	fake.dir = DMA_BIDIRECTIONAL;
	return 0;
}

static void fake_free(struct kunit_resource *resource)
{
	root_device_unregister(fake.dev);
	fake.dev = NULL;
}

struct device *plain_device(struct kunit *test, u64 mask)
{
	if (!IS_ENABLED(CONFIG_HAS_DMA))
		kunit_skip(test, "a kernel without DMA");
	if (!fake.dev) {
		/* What comes last goes first: after the zones, and before their memory. */
		kunit_alloc_resource(test, fake_init, fake_free, GFP_KERNEL, NULL);
		KUNIT_ASSERT_NOT_NULL(test, fake.dev);
	}
	fake.mask = mask;
	fake.dev->dma_mask = &fake.mask;
	fake.dev->coherent_dma_mask = mask;
	return fake.dev;
}

struct device *fake_device(struct kunit *test)
{
	struct device *dev = plain_device(test, DMA_BIT_MASK(64));

	if (!fake_equip(dev))
		kunit_skip(test, "a kernel whose devices have no DMA operations of their own");
	return dev;
}

void fake_balanced(struct kunit *test, struct labyrinth_zone *zone)
{
	labyrinth_refill_flush(zone);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake.mapped), labyrinth_test_stats(zone).owned);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake.wrong), 0);
}
