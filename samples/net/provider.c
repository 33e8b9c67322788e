// SPDX-License-Identifier: GPL-2.0
/*
 * Where a ring's pages come from: the list, and the account.
 *
 * A provider is opened when its device goes up and closed when that goes down; its
 * counters live as long as the device. When it is closed, each page it ever took
 * must have been given back or passed to the stack for good; one that was not
 * is lost, and the log says so.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/string.h>

#include "labnet.h"

static const struct provider_ops *const providers[] = {
	&provider_buddy,
#ifdef CONFIG_PAGE_POOL
	&provider_page_pool,
#endif
	&provider_labyrinth,
};

const struct provider_ops *provider_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(providers); i++)
		if (!strcmp(name, providers[i]->name))
			return providers[i];
	if (!IS_ENABLED(CONFIG_PAGE_POOL) && !strcmp(name, "page_pool"))
		pr_err("provider=page_pool: this kernel has none, must be buddy or labyrinth\n");
	else
		pr_err("provider=%s: must be buddy, page_pool or labyrinth\n",
		       name);
	return NULL;
}

int provider_open(struct labnet *labnet)
{
	labnet->provider.ops = labnet_config.provider;
	return labnet->provider.ops->open(labnet, labnet->ring_size,
					  labnet_config.reserve);
}

void provider_close(struct labnet *labnet)
{
	struct provider *provider = &labnet->provider;

	provider->ops->close(provider);
	if (provider->taken != provider->given + provider->passed)
		netdev_err(labnet->dev, "%s: pages lost: %llu taken, %llu given back, %llu passed on\n",
			   provider->ops->name, provider->taken,
			   provider->given, provider->passed);
}
