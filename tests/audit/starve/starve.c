// SPDX-License-Identifier: GPL-2.0
/*
 * starve: while it is loaded, no module gets a single page.
 *
 * What a driver asks for and what Labyrinth asks for, to serve it and to fill
 * its reserve, fails alike; the kernel itself, the slab allocator with
 * it, goes on as ever. So it is the pages of a receive ring that run out and not
 * the sk_buffs beside them, as they would in a machine whose memory is all gone,
 * where no driver can help it.
 *
 * Whose request it is the return address tells: requests of order 0 are
 * turned away at the functions that modules call, if a module has. x86-64 only,
 * where the kernel's modules have a range of addresses to themselves.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/kprobes.h>
#include <linux/mm_types.h>
#include <linux/module.h>
#include <linux/pgtable.h>
#include <linux/ptrace.h>

static atomic_long_t refused = ATOMIC_LONG_INIT(0);

static int refused_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%ld\n", atomic_long_read(&refused));
}

static const struct kernel_param_ops refused_ops = { .get = refused_get };

/* How many requests got nothing so far. */
module_param_cb(refused, &refused_ops, NULL, 0444);
MODULE_PARM_DESC(refused, "requests that were turned away");

static bool by_module(const struct pt_regs *regs)
{
	unsigned long caller = *(unsigned long *)regs->sp;

	return caller >= MODULES_VADDR && caller < MODULES_END;
}

/* What is called instead: NULL for who wants a page, none for who wants many. */
static noinline notrace struct page *nothing(void)
{
	return NULL;
}

static int refuse(struct pt_regs *regs)
{
	atomic_long_inc(&refused);
	regs->ip = (unsigned long)nothing;
	return 1;
}

/* alloc_pages(gfp, order), __alloc_pages(gfp, order, node, mask) */
static int single(struct kprobe *probe, struct pt_regs *regs)
{
	return regs->si == 0 && by_module(regs) ? refuse(regs) : 0;
}

/* __alloc_pages_bulk(), which is for single pages only */
static int bulk(struct kprobe *probe, struct pt_regs *regs)
{
	return by_module(regs) ? refuse(regs) : 0;
}

static struct kprobe probes[] = {
	{ .symbol_name = "alloc_pages", .pre_handler = single },
	{ .symbol_name = "__alloc_pages", .pre_handler = single },
	{ .symbol_name = "__alloc_pages_bulk", .pre_handler = bulk },
};

static struct kprobe *all[] = { &probes[0], &probes[1], &probes[2] };

static int __init starve_init(void)
{
	return register_kprobes(all, ARRAY_SIZE(all));
}
module_init(starve_init);

static void __exit starve_exit(void)
{
	unregister_kprobes(all, ARRAY_SIZE(all));
	pr_info("%ld requests were turned away\n", atomic_long_read(&refused));
}
module_exit(starve_exit);

MODULE_DESCRIPTION("No single page for any module");
MODULE_LICENSE("GPL");
