// SPDX-License-Identifier: GPL-2.0
/*
 * What is known of a live page: the registry's record, and where the page lies.
 */
#include <linux/dma-mapping.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "internal.h"

int labyrinth_page_info(struct labyrinth_zone *zone, const struct page *page,
			struct labyrinth_page_info *info)
{
	struct labyrinth_desc *desc, copy;
	int ret = -ENOENT;

	memset(info, 0, sizeof(*info));
	info->node = NUMA_NO_NODE;
	info->dma = DMA_MAPPING_ERROR;
	rcu_read_lock();
	desc = labyrinth_registry_find(zone, page);
	/* It may be freed, and the slot be another page's, while it is copied. */
	if (!desc || !labyrinth_registry_read(zone, desc - zone->table,
					      LABYRINTH_DESC_LIVE, &copy) ||
	    copy.page != page)
		goto out;
	info->address = zone->buffer_pages ? labyrinth_buffer_known(zone, desc) :
					     page_address(copy.page);
	if (!info->address)
		goto out;
	info->page = copy.page;
	info->pfn = page_to_pfn(copy.page);
	info->phys = page_to_phys(copy.page);
	info->node = page_to_nid(copy.page);
	info->order = zone->order;
	if (zone->dma)
		info->dma = READ_ONCE(zone->dma[desc - zone->table]);
	info->caller = copy.caller;
	info->age_ms = jiffies_to_msecs(jiffies - copy.when);
	ret = 0;
out:
	rcu_read_unlock();
	return ret;
}
EXPORT_SYMBOL_LABYRINTH(labyrinth_page_info);
