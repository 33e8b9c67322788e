// SPDX-License-Identifier: GPL-2.0
/* A module whose init and exit are a macro's. */
#include <linux/module.h>
#include <linux/pci.h>

static int bus_probe(struct pci_dev *dev, const struct pci_device_id *id)
{
	unsigned long page = get_zeroed_page(GFP_ATOMIC);

	if (!page)
		return -ENOMEM;
	free_page(page);
	return -ENODEV;
}

static const struct pci_device_id bus_ids[] = { {} };

static struct pci_driver bus_driver = {
	.name = "fixture",
	.id_table = bus_ids,
	.probe = bus_probe,
};
module_pci_driver(bus_driver);

MODULE_DESCRIPTION("fixture");
MODULE_LICENSE("GPL");
