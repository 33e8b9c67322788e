// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/debug/maze/
 *
 *	control	"run": explore until the next pause or the end; returns then.
 *		"recover": wait until the provider is fit for the next burst, one
 *		second at most. One command at a time, others wait.
 *	status	lines of key=value
 *	map	the map as it is now, a binary PPM
 *
 * A command is carried out by the write() that brings it, so that a script need
 * neither poll nor start a process while memory is exhausted.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "maze.h"

#define RECOVER_MS	1000
#define POLL_US		50

/* ---------------------------------------------------------------- control */

static int run(struct maze *maze)
{
	unsigned int limit = UINT_MAX;

	if (maze->next_pause < maze->pauses)
		limit = maze->pause_at[maze->next_pause++];
	maze->map.limit = limit;
	return robot_run(&maze->robot);
}

static int recover(struct maze *maze)
{
	struct provider *provider = &maze->provider;
	ktime_t deadline = ktime_add_ms(ktime_get(), RECOVER_MS);

	WRITE_ONCE(maze->recovered_ns, 0);
	while (!provider->ops->whole(provider)) {
		if (ktime_after(ktime_get(), deadline))
			return 0;
		usleep_range(POLL_US, 2 * POLL_US);
	}
	WRITE_ONCE(maze->recovered_ns, ktime_get_ns());
	return 0;
}

static ssize_t control_write(struct file *file, const char __user *from,
			     size_t length, loff_t *pos)
{
	struct maze *maze = file->private_data;
	char command[16] = "";
	int ret;

	if (length >= sizeof(command))
		return -EINVAL;
	if (copy_from_user(command, from, length))
		return -EFAULT;
	ret = mutex_lock_killable(&maze->lock);
	if (ret)
		return ret;

	if (sysfs_streq(command, "run"))
		ret = run(maze);
	else if (sysfs_streq(command, "recover"))
		ret = recover(maze);
	else
		ret = -EINVAL;
	mutex_unlock(&maze->lock);
	return ret ?: length;
}

static const struct file_operations control_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = control_write,
};

/* ----------------------------------------------------------------- status */

static int status_show(struct seq_file *seq, void *unused)
{
	struct maze *maze = seq->private;
	struct provider *provider = &maze->provider;

	seq_printf(seq, "provider=%s\n", provider->ops->name);
	seq_printf(seq, "state=%s\n", robot_state_name(&maze->robot));
	seq_printf(seq, "rooms=%u/%u\n", READ_ONCE(maze->robot.rooms_seen), ROOMS);
	seq_printf(seq, "sectors=%u\n", SECTORS);
	seq_printf(seq, "asked=%u\n", READ_ONCE(maze->map.asked));
	seq_printf(seq, "lost=%u\n", READ_ONCE(maze->map.lost));
	seq_printf(seq, "from_reserve=%llu\n",
		   provider->ops->from_reserve(provider));
	seq_printf(seq, "recovered_ns=%llu\n", READ_ONCE(maze->recovered_ns));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(status);

/* -------------------------------------------------------------------- map */

struct picture {
	size_t length;
	u8 bytes[];
};

static int map_open(struct inode *inode, struct file *file)
{
	const struct maze *maze = inode->i_private;
	size_t pixels = 3 * PICTURE_PIXELS * PICTURE_PIXELS;
	char header[32];
	size_t header_length = scnprintf(header, sizeof(header),
					 "P6\n%u %u\n255\n",
					 PICTURE_PIXELS, PICTURE_PIXELS);
	struct picture *picture;

	picture = vmalloc(sizeof(*picture) + header_length + pixels);
	if (!picture)
		return -ENOMEM;
	picture->length = header_length + pixels;
	memcpy(picture->bytes, header, header_length);
	map_draw(&maze->map, picture->bytes + header_length);
	file->private_data = picture;
	return 0;
}

static ssize_t map_read(struct file *file, char __user *to, size_t length,
			loff_t *pos)
{
	struct picture *picture = file->private_data;

	return simple_read_from_buffer(to, length, pos, picture->bytes,
				       picture->length);
}

static int map_release(struct inode *inode, struct file *file)
{
	vfree(file->private_data);
	return 0;
}

static const struct file_operations map_fops = {
	.owner = THIS_MODULE,
	.open = map_open,
	.read = map_read,
	.llseek = default_llseek,
	.release = map_release,
};

/* ------------------------------------------------------------- life cycle */

void maze_debugfs_create(struct maze *maze)
{
	maze->dir = debugfs_create_dir("maze", NULL);
	debugfs_create_file("control", 0200, maze->dir, maze, &control_fops);
	debugfs_create_file("status", 0444, maze->dir, maze, &status_fops);
	debugfs_create_file("map", 0444, maze->dir, maze, &map_fops);
}

/* Waits for commands and reads that are under way. */
void maze_debugfs_remove(struct maze *maze)
{
	debugfs_remove(maze->dir);
}
