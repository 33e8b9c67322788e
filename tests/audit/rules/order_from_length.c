// SPDX-License-Identifier: GPL-2.0
/* A length from user space or a request decides on the order, unbounded. */
#include <linux/slab.h>
#include <linux/uaccess.h>

static ssize_t bad_write(struct file *file, const char __user *user, size_t count, loff_t *offset)
{
	char *buffer = kzalloc(count + 1, GFP_KERNEL); /* audit: order_from_length: count, which nobody */

	if (!buffer)
		return -ENOMEM;
	if (copy_from_user(buffer, user, count)) {
		kfree(buffer);
		return -EFAULT;
	}
	kfree(buffer);
	return count;
}

static long bad_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct transfer transfer;
	void *buffer;

	if (copy_from_user(&transfer, (void __user *)argument, sizeof(transfer)))
		return -EFAULT;
	if (!transfer.length)
		return -EINVAL;
	buffer = kmalloc(transfer.length, GFP_KERNEL); /* audit: order_from_length: transfer.length */
	if (!buffer)
		return -ENOMEM;
	return run(file, &transfer, buffer);
}

static int bad_option(struct socket *sock, int level, int name, sockptr_t value, unsigned int length)
{
	unsigned int order = get_order(length);
	unsigned long table;

	table = __get_free_pages(GFP_KERNEL, order); /* audit: order_from_length: length */
	return table ? 0 : -ENOMEM;
}

static int bad_command(struct scsi_cmnd *command)
{
	void *buffer = kmalloc(scsi_bufflen(command), GFP_ATOMIC); /* audit: order_from_length */

	return buffer ? 0 : -ENOMEM;
}

static ssize_t bad_table(struct file *file, const char __user *user, size_t count, loff_t *offset)
{
	u32 *table = kcalloc(count, sizeof(u32), GFP_KERNEL); /* audit: order_from_length: kcalloc() */

	return table ? fill(table, user, count) : -ENOMEM;
}

static ssize_t good_write(struct file *file, const char __user *user, size_t count, loff_t *offset)
{
	char *buffer;

	if (count >= PAGE_SIZE)
		return -EINVAL;
	buffer = kzalloc(count + 1, GFP_KERNEL);
	return buffer ? count : -ENOMEM;
}

static ssize_t good_min(struct file *file, const char __user *user, size_t count, loff_t *offset)
{
	size_t length = min_t(size_t, count, PAGE_SIZE);
	char *buffer = kzalloc(length, GFP_KERNEL);

	return buffer ? length : -ENOMEM;
}

static ssize_t good_virtual(struct file *file, const char __user *user, size_t count, loff_t *offset)
{
	char *buffer = vmemdup_user(user, count);

	return IS_ERR(buffer) ? PTR_ERR(buffer) : count;
}

static ssize_t good_fixed(struct file *file, char __user *user, size_t count, loff_t *offset)
{
	size_t size = SZ_4K;
	char *buffer = kzalloc(size, GFP_KERNEL);

	if (!buffer)
		return -ENOMEM;
	/* Only now is it the length asked for. */
	size = simple_read_from_buffer(user, count, offset, buffer, size);
	kfree(buffer);
	return size;
}

static long good_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct transfer transfer;
	void *buffer;

	if (copy_from_user(&transfer, (void __user *)argument, sizeof(transfer)))
		return -EFAULT;
	if (transfer_valid(&transfer))
		return -EINVAL;
	buffer = kmalloc(transfer.length, GFP_KERNEL);
	return buffer ? run(file, &transfer, buffer) : -ENOMEM;
}

static long good_quiet(struct file *file, const char __user *user, size_t count, loff_t *offset)
{
	void *buffer = kmalloc(count, GFP_KERNEL | __GFP_NOWARN);

	/* Its failure is an answer, and not a warning. */
	return buffer ? fill(buffer, user, count) : -ENOMEM;
}

int good_helper(void **to, sockptr_t value, int length)
{
	*to = kzalloc(length, GFP_KERNEL);
	return *to ? 0 : -ENOMEM;
}

static int good_command(struct scsi_cmnd *command, unsigned int expected)
{
	void *buffer;

	if (scsi_bufflen(command) != expected)
		return -EINVAL;
	buffer = kmalloc(scsi_bufflen(command), GFP_ATOMIC);
	return buffer ? 0 : -ENOMEM;
}

static ssize_t good_structure(struct file *file, const char __user *user, size_t count, loff_t *offset)
{
	struct transfer *transfer = kzalloc(sizeof(*transfer), GFP_KERNEL);

	return transfer ? copy(transfer, user, count) : -ENOMEM;
}

/* What is compared is the member of a member. */
static long good_nested(struct file *file, unsigned int command, unsigned long argument)
{
	struct control control;
	void *buffer;

	if (copy_from_user(&control, (void __user *)argument, sizeof(control)))
		return -EFAULT;
	if (control.request.length > MOST)
		return -EMSGSIZE;
	buffer = kmalloc(control.request.length, GFP_KERNEL);
	return buffer ? run(&control, buffer) : -ENOMEM;
}

static long bad_nested(struct file *file, unsigned int command, unsigned long argument)
{
	struct control control;
	void *buffer;

	if (copy_from_user(&control, (void __user *)argument, sizeof(control)))
		return -EFAULT;
	if (control.request.type > MOST)
		return -EMSGSIZE;
	buffer = kmalloc(ALIGN(control.request.length, 8), GFP_KERNEL); /* audit: order_from_length: control.request.length */
	return buffer ? run(&control, buffer) : -ENOMEM;
}

#define BUFFERS(word)	(((word) >> 16) & 0xff)

/* A few bits of it only. */
static long good_masked(struct file *file, unsigned int command, unsigned long argument)
{
	struct control control;
	void *buffer, *other;
	u32 n;

	if (copy_from_user(&control, (void __user *)argument, sizeof(control)))
		return -EFAULT;
	n = BUFFERS(control.word);
	buffer = kcalloc(n, 16, GFP_KERNEL);
	other = kmalloc(control.word & 0xfff, GFP_KERNEL);
	return buffer && other ? run(&control, buffer, other) : -ENOMEM;
}
