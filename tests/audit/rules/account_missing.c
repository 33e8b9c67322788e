// SPDX-License-Identifier: GPL-2.0
/* What a file operation keeps, and who is charged. */

#include <linux/fs.h>
#include <linux/gfp.h>

struct rx_file {
	struct page *page;
	void *filter;
	struct list_head list;
};

static int rx_open(struct inode *inode, struct file *file)
{
	struct rx_file *rx;

	rx = kzalloc(sizeof(*rx), GFP_KERNEL); /* audit: account_missing: whoever calls open */
	if (!rx)
		return -ENOMEM;
	file->private_data = rx;
	return 0;
}

static long rx_ioctl(struct file *file, unsigned int command, unsigned long arg)
{
	struct rx_file *rx = file->private_data;

	rx->page = alloc_page(GFP_KERNEL | __GFP_ZERO); /* audit: account_missing: rx->page */
	return rx->page ? 0 : -ENOMEM;
}

static ssize_t rx_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct rx_file *rx = file->private_data;

	rx->filter = memdup_user(buf, size); /* audit: account_missing */
	return PTR_ERR_OR_ZERO(rx->filter);
}

static const struct file_operations rx_fops = {
	.owner = THIS_MODULE,
	.open = rx_open,
	.unlocked_ioctl = rx_ioctl,
	.write = rx_write,
};

/* Charged. */
static int tx_open(struct inode *inode, struct file *file)
{
	struct rx_file *rx;

	rx = kzalloc(sizeof(*rx), GFP_KERNEL_ACCOUNT);
	if (!rx)
		return -ENOMEM;
	file->private_data = rx;
	return 0;
}

static long tx_ioctl(struct file *file, unsigned int command, unsigned long arg)
{
	struct rx_file *rx = file->private_data;

	rx->page = alloc_page(GFP_KERNEL | __GFP_ACCOUNT);
	return rx->page ? 0 : -ENOMEM;
}

/* Gone when it returns. */
static ssize_t tx_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	void *copy = memdup_user(buf, size);

	if (IS_ERR(copy))
		return PTR_ERR(copy);
	tx_send(file->private_data, copy, size);
	kfree(copy);
	return size;
}

/* The caller's, for as long as it takes. */
static int tx_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct page **pages;

	pages = kcalloc(vma_pages(vma), sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	tx_map(file->private_data, pages);
	kfree(pages);
	return 0;
}

static const struct file_operations tx_fops = {
	.open = tx_open,
	.unlocked_ioctl = tx_ioctl,
	.write = tx_write,
	.mmap = tx_mmap,
};

/* No user calls these. */
static int rx_probe(struct rx_file *rx)
{
	rx->filter = kzalloc(4096, GFP_KERNEL);
	return rx->filter ? 0 : -ENOMEM;
}

static void rx_restart(struct rx_file *rx)
{
	rx->page = alloc_page(GFP_KERNEL);
}

static int rx_release(struct inode *inode, struct file *file)
{
	struct rx_file *rx = file->private_data;

	rx->page = alloc_page(GFP_KERNEL);
	return 0;
}

static const struct file_operations other_fops = {
	.release = rx_release,
};

/* Root's alone. */
static int debug_open(struct inode *inode, struct file *file)
{
	file->private_data = kzalloc(sizeof(struct rx_file), GFP_KERNEL);
	return file->private_data ? 0 : -ENOMEM;
}

static const struct file_operations debug_fops = {
	.open = debug_open,
};

static void debug_start(struct dentry *dir, struct rx_file *rx)
{
	debugfs_create_file("rx", 0400, dir, rx, &debug_fops);
}
