// SPDX-License-Identifier: GPL-2.0
/*
 * For the demonstration: packets over time, below debugfs/labnet/<device>.
 *
 *	history		a line for each 10 ms since it was begun, "<ms> <packets>";
 *			whatever is written to it begins it anew
 *	start_ns	when that was, on the monotonic clock
 *	full_ns		when the ring last had all of its pages again after a refill that
 *			had failed, on that clock
 *	short		whether it has not, now
 *
 * NAPI counts, nobody else; to begin anew while it does can lose a few packets to
 * the old history, which is no harm to a picture. The files go before the devices do.
 */
#include <linux/debugfs.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/seq_file.h>

#include "labnet.h"

static struct dentry *root;

void history_add(struct history *history, unsigned int packets)
{
	u64 start = READ_ONCE(history->start_ns);
	u64 bucket;

	if (!start)
		return;
	bucket = div_u64(ktime_get_ns() - start, HISTORY_BUCKET_NS);
	if (bucket < HISTORY_BUCKETS)
		WRITE_ONCE(history->counts[bucket],
			   history->counts[bucket] + packets);
}

static int history_show(struct seq_file *file, void *unused)
{
	const struct history *history = file->private;
	u64 now = div_u64(ktime_get_ns() - READ_ONCE(history->start_ns),
			  HISTORY_BUCKET_NS);
	unsigned int i;

	for (i = 0; i < min_t(u64, now, HISTORY_BUCKETS); i++)
		seq_printf(file, "%u %u\n", i * 10, READ_ONCE(history->counts[i]));
	return 0;
}

static int history_open(struct inode *inode, struct file *file)
{
	return single_open(file, history_show, inode->i_private);
}

static ssize_t history_write(struct file *file, const char __user *buffer,
			     size_t size, loff_t *offset)
{
	struct history *history = ((struct seq_file *)file->private_data)->private;

	WRITE_ONCE(history->start_ns, 0);
	memset(history->counts, 0, sizeof(history->counts));
	WRITE_ONCE(history->start_ns, ktime_get_ns());
	return size;
}

static const struct file_operations history_fops = {
	.owner = THIS_MODULE,
	.open = history_open,
	.read = seq_read,
	.write = history_write,
	.llseek = seq_lseek,
	.release = single_release,
};

void labnet_debugfs_create(void)
{
	root = debugfs_create_dir(KBUILD_MODNAME, NULL);
}

void labnet_debugfs_add(struct labnet *labnet)
{
	struct dentry *dir = debugfs_create_dir(labnet->name, root);

	debugfs_create_file("history", 0644, dir, labnet->history, &history_fops);
	debugfs_create_u64("start_ns", 0444, dir, &labnet->history->start_ns);
	debugfs_create_u64("full_ns", 0444, dir, &labnet->rx.full_ns);
	debugfs_create_bool("short", 0444, dir, &labnet->rx.short_of);
}

void labnet_debugfs_remove(void)
{
	debugfs_remove(root);
}
