// SPDX-License-Identifier: GPL-2.0
/*
 * labyrinth.ko: pages for callers that cannot wait. See linux/labyrinth.h.
 */
#include <linux/init.h>
#include <linux/module.h>

#include "internal.h"

static int __init labyrinth_init(void)
{
	int ret;

	ret = labyrinth_params_init();
	if (ret)
		return ret;
	ret = labyrinth_refill_init();
	if (ret)
		return ret;
	ret = labyrinth_cache_init();
	if (ret)
		goto err_refill;
	ret = labyrinth_zone_init();
	if (ret)
		goto err_cache;
	ret = labyrinth_shrink_init();
	if (ret)
		goto err_zone;
	ret = labyrinth_oom_init();
	if (ret)
		goto err_shrink;
	ret = labyrinth_sysfs_init();
	if (ret)
		goto err_oom;
	labyrinth_debugfs_init();
	return 0;

err_oom:
	labyrinth_oom_exit();
err_shrink:
	labyrinth_shrink_exit();
err_zone:
	labyrinth_zone_exit();
err_cache:
	labyrinth_cache_exit();
err_refill:
	labyrinth_refill_exit();
	return ret;
}

/* Consumers pin the module, orphans too: there is no zone any more. */
static void __exit labyrinth_exit(void)
{
	labyrinth_debugfs_exit();
	labyrinth_sysfs_exit();
	labyrinth_oom_exit();
	labyrinth_shrink_exit();
	labyrinth_refill_exit();
	labyrinth_zone_exit();
	labyrinth_cache_exit();
}

module_init(labyrinth_init);
module_exit(labyrinth_exit);

MODULE_DESCRIPTION("Labyrinth: page pools for atomic context with an emergency reserve");
MODULE_AUTHOR("The Labyrinth developers");
MODULE_VERSION(LABYRINTH_VERSION);
MODULE_LICENSE("GPL");
