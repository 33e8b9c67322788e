// SPDX-License-Identifier: GPL-2.0
/* Who is charged for what is allocated in an interrupt? */

#include <linux/gfp.h>
#include <linux/interrupt.h>

struct rx {
	struct timer_list timer;
	struct hrtimer beat;
	struct work_struct refill;
	struct work_struct copy;
	struct napi_struct napi;
	struct page *page;
	struct mem_cgroup *memcg;
};

static irqreturn_t rx_irq(int irq, void *data)
{
	struct rx *rx = data;

	rx->page = alloc_page(GFP_ATOMIC | __GFP_ACCOUNT); /* audit: account_atomic: in rx_irq() */
	return IRQ_HANDLED;
}

static int rx_poll(struct napi_struct *napi, int budget)
{
	struct rx *rx = container_of(napi, struct rx, napi);

	if (!rx->page) {
		rx->page = alloc_pages(GFP_NOWAIT | __GFP_NOWARN | __GFP_ACCOUNT, 0); /* audit: account_atomic */
		if (!rx->page)
			return 0;
	}
	return budget;
}

static void rx_timeout(struct timer_list *timer)
{
	struct rx *rx = from_timer(rx, timer, timer);

	rx->page = alloc_page(__GFP_ACCOUNT | GFP_ATOMIC); /* audit: account_atomic */
}

static enum hrtimer_restart rx_beat(struct hrtimer *timer)
{
	struct rx *rx = container_of(timer, struct rx, beat);
	void *copy = kmalloc(64, GFP_ATOMIC | __GFP_ACCOUNT); /* audit: account_atomic: kmalloc() */

	rx_copy(rx, copy);
	return HRTIMER_NORESTART;
}

static void rx_refill(struct work_struct *work)
{
	struct rx *rx = container_of(work, struct rx, refill);

	rx->page = alloc_page(GFP_KERNEL_ACCOUNT); /* audit: account_atomic: a work item */
}

/* It charges whom the request came from. */
static void rx_copy_for_user(struct work_struct *work)
{
	struct rx *rx = container_of(work, struct rx, copy);
	struct mem_cgroup *old = set_active_memcg(rx->memcg);

	rx->page = alloc_page(GFP_KERNEL_ACCOUNT);
	set_active_memcg(old);
}

/* The task's own interrupt thread would be no user's either, but this is no handler. */
static long rx_ioctl(struct file *file, unsigned int command, unsigned long arg)
{
	struct rx *rx = file->private_data;

	rx->page = alloc_page(GFP_KERNEL_ACCOUNT);
	return rx->page ? 0 : -ENOMEM;
}

/* In a task's context under a lock it can be charged. */
static int rx_map(struct rx *rx, spinlock_t *lock)
{
	spin_lock(lock);
	rx->page = alloc_page(GFP_ATOMIC | __GFP_ACCOUNT);
	spin_unlock(lock);
	return rx->page ? 0 : -ENOMEM;
}

static irqreturn_t rx_irq_uncharged(int irq, void *data)
{
	struct rx *rx = data;

	rx->page = alloc_page(GFP_ATOMIC | __GFP_NOWARN);
	return IRQ_HANDLED;
}

/* A tree that is filled from a task. */
static void rx_index(struct rx *rx, struct radix_tree_root *root)
{
	INIT_RADIX_TREE(root, GFP_ATOMIC | __GFP_ACCOUNT);
}

static int rx_start(struct rx *rx, int irq, struct net_device *dev)
{
	timer_setup(&rx->timer, rx_timeout, 0);
	hrtimer_init(&rx->beat, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	rx->beat.function = rx_beat;
	INIT_WORK(&rx->refill, rx_refill);
	INIT_WORK(&rx->copy, rx_copy_for_user);
	netif_napi_add(dev, &rx->napi, rx_poll);
	if (request_irq(irq + 1, rx_irq_uncharged, 0, "rx2", rx))
		return -EIO;
	return request_irq(irq, rx_irq, 0, "rx", rx);
}
