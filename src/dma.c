// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that a device can reach: mapped once, when they join a zone.
 *
 * A zone with a device keeps the DMA address of each page in an array beside its
 * descriptors, by slot. The address comes with the page's joining the registry and
 * goes just before its slot is emptied; recycling knows nothing of either, so that
 * the fast paths do not. An address is looked up only when somebody asks for it.
 *
 * Who owns the content. Pages are mapped and unmapped with DMA_ATTR_SKIP_CPU_SYNC:
 * at neither moment is there anything in them that the other side is to see. A page
 * is handed out as the CPU's, and comes back as the CPU's. In between, its consumer
 * gives it to the device and takes it back, by the two calls at the end of this file.
 * Synchronising at unmapping would even do harm: it would put what a bounce buffer
 * held, or drop what the CPU has written, into a page that is still live at destroy,
 * or was freed behind the zone's back and is somebody else's.
 *
 * Contexts. Mapping and unmapping take locks of the IOMMU's and of bounce buffers',
 * which are like those of the page allocator: where the system may not be entered, they
 * may not be taken. Pages from there leave by the exit stack in any case; one that
 * was detached there, or lost, being somebody else's already, leaves its slot behind on
 * the same stack, in state LOST, until it can be unmapped (src/system.c).
 *
 * Destroy. The device may be gone, with devm it is going, once destroy has returned.
 * So that takes away the mapping of every page that is still owned then, live ones
 * and those of tickets. Each address is taken out of the array by an exchange: of
 * destroy and a free at the same time, one unmaps. A look-up is a reader that looks
 * for a mark first; destroy sets that when all hand-off functions have been called, and
 * waits for whoever did not see it.
 *
 * Which memory. What lies above the device's mask is either mapped by an IOMMU to an
 * address below it, or copied to and fro by swiotlb, at each synchronisation, from a
 * pool that all devices share and that pages mapped for good would use up. So without
 * an IOMMU the zone takes its pages where all of the memory that they may come from
 * lies below the mask: anywhere, or from ZONE_DMA32, or from ZONE_DMA, judged by
 * where those end on this machine. A mask that reaches not even the lowest is
 * refused. dma_addressing_limited() alone would not do: in 6.1 it knows nothing of
 * IOMMUs. Buses that number memory differently from CPUs (dma_range_map) are left to
 * gfp_zone, which their driver has to know about.
 *
 * Bounce buffers that are forced on every device (swiotlb=force, encrypted guests) no
 * choice of memory can avoid: those are used, and the log says so when the zone is
 * made. A page which is bounced otherwise, because memory was added above the
 * mask, say, counts as one that could not be mapped. Both can be told only where
 * caches are coherent anyway, so that what dma_need_sync() reports is a copy.
 */
#define pr_fmt(fmt) "labyrinth: " fmt

#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/instruction_pointer.h>
#include <linux/iommu.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/pfn.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"

#define LABYRINTH_DMA_ATTRS	(DMA_ATTR_SKIP_CPU_SYNC | DMA_ATTR_NO_WARN)

/* Never anything but bounce buffers to be synchronised? */
#define LABYRINTH_DMA_COHERENT	(!IS_ENABLED(CONFIG_ARCH_HAS_SYNC_DMA_FOR_DEVICE) && \
				 !IS_ENABLED(CONFIG_ARCH_HAS_SYNC_DMA_FOR_CPU))

/* As in system.c: where these locks sleep, they are not taken. */
static DEFINE_WAIT_OVERRIDE_MAP(labyrinth_dma_wait_map, LD_WAIT_CONFIG);

/* --- parameters --- */

static bool labyrinth_dma_translated(struct device *dev)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(dev);

	return domain && (domain->type & __IOMMU_DOMAIN_DMA_API);
}

/* Where the memory ends that @gfp allows, on @node or all of them; 0: there is none. */
static u64 labyrinth_dma_top(gfp_t gfp, int node)
{
	enum zone_type type, highest = gfp_zone(gfp);
	u64 top = 0;
	int nid;

	for_each_online_node(nid) {
		if (node != NUMA_NO_NODE && node != nid)
			continue;
		for (type = 0; type <= highest; type++) {
			struct zone *zone = &NODE_DATA(nid)->node_zones[type];

			if (populated_zone(zone))
				top = max_t(u64, top, PFN_PHYS(zone_end_pfn(zone)));
		}
	}
	return top;
}

static bool labyrinth_dma_reaches(struct device *dev, gfp_t gfp, int node)
{
	u64 limit = min_not_zero(dma_get_mask(dev), dev->bus_dma_limit);
	u64 top = labyrinth_dma_top(gfp, node);

	return top && top - 1 <= limit;
}

/* Where pages can come from, the most of them first. */
static const gfp_t labyrinth_dma_zones[] = {
	0,
	IS_ENABLED(CONFIG_ZONE_DMA32) ? __GFP_DMA32 : 0,
	IS_ENABLED(CONFIG_ZONE_DMA) ? __GFP_DMA : 0,
};

/* Take pages from where the device can reach them, if the caller has not said where. */
static int labyrinth_dma_place(struct labyrinth_zone_params *params)
{
	struct device *dev = params->dma_dev;
	u64 lowest = 0;
	unsigned int i;

	if (labyrinth_dma_translated(dev) || dev->dma_range_map ||
	    !dma_addressing_limited(dev))
		return 0;
	if (params->gfp_zone) {
		if (labyrinth_dma_reaches(dev, params->gfp_zone, params->node))
			return 0;
		pr_err("zone %s: gfp_zone is %pGg, which goes up to 0x%llx; allowed is memory within the DMA mask of %s, 0x%llx, or 0 for a choice by it\n",
		       params->name, &params->gfp_zone,
		       labyrinth_dma_top(params->gfp_zone, params->node),
		       dev_name(dev), dma_get_mask(dev));
		return -EINVAL;
	}
	for (i = 0; i < ARRAY_SIZE(labyrinth_dma_zones); i++) {
		params->gfp_zone = labyrinth_dma_zones[i];
		if (labyrinth_dma_reaches(dev, params->gfp_zone, params->node))
			return 0;
		lowest = min_not_zero(lowest,
				      labyrinth_dma_top(params->gfp_zone, params->node));
	}
	pr_err("zone %s: the DMA mask of %s is 0x%llx; no memory zone lies within it, the lowest goes up to 0x%llx, and there is no IOMMU for it\n",
	       params->name, dev_name(dev), dma_get_mask(dev), lowest);
	return -EINVAL;
}

/* What a consumer has said of a device, and where its pages come from then. */
int labyrinth_dma_settle(struct labyrinth_zone_params *params)
{
	struct device *dev = params->dma_dev;
	size_t bytes = PAGE_SIZE << params->order;

	if ((unsigned int)params->dma_dir > DMA_NONE ||
	    (dev && params->dma_dir == DMA_NONE)) {
		pr_err("zone %s: dma_dir is %d; allowed are DMA_BIDIRECTIONAL (%d), DMA_TO_DEVICE (%d), DMA_FROM_DEVICE (%d)\n",
		       params->name, params->dma_dir, DMA_BIDIRECTIONAL, DMA_TO_DEVICE,
		       DMA_FROM_DEVICE);
		return -EINVAL;
	}
	if (!dev) {
		/* 0 is a direction as well, and cannot be told from none. */
		if (params->dma_dir == DMA_BIDIRECTIONAL || params->dma_dir == DMA_NONE)
			return 0;
		pr_err("zone %s: dma_dir is %d, and dma_dev is NULL; a direction needs a device\n",
		       params->name, params->dma_dir);
		return -EINVAL;
	}
	if (!IS_ENABLED(CONFIG_HAS_DMA)) {
		pr_err("zone %s: dma_dev is %s; this kernel has no DMA (CONFIG_HAS_DMA), allowed is NULL\n",
		       params->name, dev_name(dev));
		return -EOPNOTSUPP;
	}
	if (!dev->dma_mask || !*dev->dma_mask) {
		pr_err("zone %s: dma_dev %s has no DMA mask; dma_set_mask() comes first\n",
		       params->name, dev_name(dev));
		return -EINVAL;
	}
	if (bytes > dma_max_mapping_size(dev)) {
		pr_err("zone %s: order is %u, pages of %zu bytes; %s can have %zu mapped in one piece\n",
		       params->name, params->order, bytes, dev_name(dev),
		       dma_max_mapping_size(dev));
		return -EINVAL;
	}
	return labyrinth_dma_place(params);
}

/* --- mapping --- */

static dma_addr_t *labyrinth_dma_slot(struct labyrinth_zone *zone,
				      const struct labyrinth_desc *desc)
{
	return &zone->dma[desc - zone->table];
}

static void labyrinth_dma_unmap_page(struct labyrinth_zone *zone, dma_addr_t addr)
{
	labyrinth_wait_override(&labyrinth_dma_wait_map);
	dma_unmap_page_attrs(zone->dma_dev, addr, labyrinth_bytes(zone), zone->dma_dir,
			     LABYRINTH_DMA_ATTRS);
	labyrinth_wait_restore(&labyrinth_dma_wait_map);
}

static dma_addr_t labyrinth_dma_map_page(struct labyrinth_zone *zone, struct page *page,
					 bool *bounced)
{
	dma_addr_t addr;

	*bounced = false;
	if (labyrinth_injected(zone, LABYRINTH_INJECT_DMA))
		return DMA_MAPPING_ERROR;
	labyrinth_wait_override(&labyrinth_dma_wait_map);
	addr = dma_map_page_attrs(zone->dma_dev, page, 0, labyrinth_bytes(zone),
				  zone->dma_dir, LABYRINTH_DMA_ATTRS);
	/* Under CONFIG_DMA_API_DEBUG that takes locks, too. */
	if (dma_mapping_error(zone->dma_dev, addr))
		addr = DMA_MAPPING_ERROR;
	labyrinth_wait_restore(&labyrinth_dma_wait_map);
	*bounced = addr != DMA_MAPPING_ERROR && LABYRINTH_DMA_COHERENT &&
		   !zone->dma_translated &&
		   dma_need_sync(zone->dma_dev, addr);
	return addr;
}

/*
 * The first page is one that the device reaches, by the choice of where it comes from: if
 * that is bounced, every page is. It is mapped before anybody else knows the zone.
 */
static void labyrinth_dma_look(struct labyrinth_zone *zone, bool bounced)
{
	zone->dma_looked = true;
	zone->dma_bounces = bounced;
	if (bounced)
		pr_notice("zone %s: %s reaches memory through bounce buffers (swiotlb); each synchronisation copies\n",
			  zone->name, dev_name(zone->dma_dev));
}

/*
 * Map a page that has just joined. False: it cannot be. Where the system may be entered,
 * by whoever has the descriptor alone.
 */
bool labyrinth_dma_map(struct labyrinth_zone *zone, struct labyrinth_desc *desc)
{
	dma_addr_t addr;
	bool bounced;

	if (!zone->dma)
		return true;
	/* Freed behind the zone's back, and here again: the old mapping is of this page. */
	if (*labyrinth_dma_slot(zone, desc) != DMA_MAPPING_ERROR)
		return true;
	addr = labyrinth_dma_map_page(zone, desc->page, &bounced);
	if (addr != DMA_MAPPING_ERROR && unlikely(!zone->dma_looked))
		labyrinth_dma_look(zone, bounced);
	if (addr != DMA_MAPPING_ERROR && bounced && !zone->dma_bounces) {
		labyrinth_dma_unmap_page(zone, addr);
		addr = DMA_MAPPING_ERROR;
	}
	if (addr == DMA_MAPPING_ERROR) {
		labyrinth_count(zone, LABYRINTH_DMA_ERRORS);
		return false;
	}
	WRITE_ONCE(*labyrinth_dma_slot(zone, desc), addr);
	return true;
}

/* Unmap a page that is about to leave its slot, unless destroy has. Likewise. */
void labyrinth_dma_unmap(struct labyrinth_zone *zone, struct labyrinth_desc *desc)
{
	dma_addr_t addr;

	if (!zone->dma)
		return;
	addr = xchg(labyrinth_dma_slot(zone, desc), DMA_MAPPING_ERROR);
	if (addr != DMA_MAPPING_ERROR)
		labyrinth_dma_unmap_page(zone, addr);
}

/* Could this page, which is no page of the zone's, be mapped? */
bool labyrinth_dma_probe(struct labyrinth_zone *zone, struct page *page)
{
	dma_addr_t addr;
	bool bounced;

	if (!zone->dma)
		return true;
	addr = labyrinth_dma_map_page(zone, page, &bounced);
	if (addr == DMA_MAPPING_ERROR)
		return false;
	labyrinth_dma_unmap_page(zone, addr);
	return true;
}

/* --- a zone's device comes and goes --- */

unsigned long labyrinth_dma_table_pages(const struct labyrinth_zone_params *params)
{
	unsigned long slots = labyrinth_registry_slots_for(params->max_pages);

	return params->dma_dev ? PFN_UP(slots * sizeof(dma_addr_t)) : 0;
}

/* The registry is there, and empty. */
int labyrinth_dma_init(struct labyrinth_zone *zone,
		       const struct labyrinth_zone_params *params)
{
	u32 slots = labyrinth_registry_slots(zone), i;

	if (!params->dma_dev)
		return 0;
	zone->dma = kvmalloc_array(slots, sizeof(*zone->dma), GFP_KERNEL);
	if (!zone->dma)
		return -ENOMEM;
	for (i = 0; i < slots; i++)
		zone->dma[i] = DMA_MAPPING_ERROR;
	zone->dma_dev = get_device(params->dma_dev);
	zone->dma_dir = params->dma_dir;
	zone->dma_translated = labyrinth_dma_translated(zone->dma_dev);
	return 0;
}

/*
 * Destroy has begun, and nothing joins any more: unmap what is left, and let the device
 * go. Live pages stay what they are, but for that.
 */
void labyrinth_dma_stop(struct labyrinth_zone *zone)
{
	u32 slot;

	if (!zone->dma_dev)
		return;
	set_bit(LABYRINTH_ZONE_UNMAPPED, &zone->state);
	synchronize_rcu();
	for (slot = 0; slot < labyrinth_registry_slots(zone); slot++) {
		labyrinth_dma_unmap(zone, &zone->table[slot]);
		cond_resched();
	}
	/* A free, or cleanup, may have taken one out before and be unmapping it now. */
	synchronize_rcu();
	flush_work(&zone->cleanup);
	put_device(zone->dma_dev);
	zone->dma_dev = NULL;
}

void labyrinth_dma_free(struct labyrinth_zone *zone)
{
	kvfree(zone->dma);
}

/* --- for consumers --- */

static dma_addr_t labyrinth_dma_misuse(struct labyrinth_zone *zone,
				       enum labyrinth_event_type type,
				       const struct page *page, unsigned int detail,
				       unsigned long caller)
{
	labyrinth_count(zone, LABYRINTH_MISUSE);
	labyrinth_record(zone, type, page, detail, caller, 0, 0);
	return DMA_MAPPING_ERROR;
}

/* The address of a live page; what it is not is misuse. Under rcu_read_lock(). */
static dma_addr_t labyrinth_dma_find(struct labyrinth_zone *zone,
				     const struct page *page, unsigned long caller)
{
	struct labyrinth_desc *desc;

	if (unlikely(!zone->dma))
		return labyrinth_dma_misuse(zone, LABYRINTH_EVENT_DMA_NONE, page, 0, caller);
	/* Destroy waits for who has not seen this before it unmaps. */
	if (unlikely(test_bit(LABYRINTH_ZONE_UNMAPPED, &zone->state)))
		return labyrinth_dma_misuse(zone, LABYRINTH_EVENT_DMA_GONE, page, 0, caller);
	desc = labyrinth_registry_find(zone, page);
	if (unlikely(!desc || !(READ_ONCE(desc->state) & LABYRINTH_DESC_LIVE)))
		return labyrinth_dma_misuse(zone, LABYRINTH_EVENT_DMA_PAGE, page, 0, caller);
	return READ_ONCE(*labyrinth_dma_slot(zone, desc));
}

dma_addr_t labyrinth_page_dma_addr(struct labyrinth_zone *zone, const struct page *page)
{
	dma_addr_t addr;

	rcu_read_lock();
	addr = labyrinth_dma_find(zone, page, _RET_IP_);
	rcu_read_unlock();
	return addr;
}
EXPORT_SYMBOL_LABYRINTH(labyrinth_page_dma_addr);

/* The same for who wants to synchronise a part of it. */
static dma_addr_t labyrinth_dma_range(struct labyrinth_zone *zone,
				      const struct page *page, unsigned int offset,
				      unsigned int size, unsigned long caller)
{
	size_t bytes = labyrinth_bytes(zone);

	if (unlikely(in_nmi()))
		return labyrinth_dma_misuse(zone, LABYRINTH_EVENT_DMA_NMI, page, 0, caller);
	if (unlikely(!size || offset >= bytes || size > bytes - offset)) {
		labyrinth_count(zone, LABYRINTH_MISUSE);
		labyrinth_record(zone, LABYRINTH_EVENT_DMA_RANGE, page, offset, caller,
				 0, size);
		return DMA_MAPPING_ERROR;
	}
	return labyrinth_dma_find(zone, page, caller);
}

void labyrinth_dma_sync_for_cpu(struct labyrinth_zone *zone, const struct page *page,
				unsigned int offset, unsigned int size)
{
	dma_addr_t addr;

	rcu_read_lock();
	addr = labyrinth_dma_range(zone, page, offset, size, _RET_IP_);
	if (likely(addr != DMA_MAPPING_ERROR))
		dma_sync_single_range_for_cpu(zone->dma_dev, addr, offset, size,
					      zone->dma_dir);
	rcu_read_unlock();
}
EXPORT_SYMBOL_LABYRINTH(labyrinth_dma_sync_for_cpu);

void labyrinth_dma_sync_for_device(struct labyrinth_zone *zone, const struct page *page,
				   unsigned int offset, unsigned int size)
{
	dma_addr_t addr;

	rcu_read_lock();
	addr = labyrinth_dma_range(zone, page, offset, size, _RET_IP_);
	if (likely(addr != DMA_MAPPING_ERROR))
		dma_sync_single_range_for_device(zone->dma_dev, addr, offset, size,
						 zone->dma_dir);
	rcu_read_unlock();
}
EXPORT_SYMBOL_LABYRINTH(labyrinth_dma_sync_for_device);
