// SPDX-License-Identifier: GPL-2.0
/*
 * template: the driver to begin with.
 *
 * A device raises an interrupt for some frames that it has; the handler takes a page for
 * each at once, in hard interrupt context, and leaves the frames to a work, which is
 * done with them a little later and gives the pages back. What stands for the device is
 * marked: put your own in its place. The rest is what a driver with a zone has:
 *
 * - a zone, made before the first interrupt can come
 * - in the handler, what to do without a page: drop, count, have the device wait
 * - the callback by which it resumes
 * - the way down: first the callback is told, then what takes pages stops, then what has some,
 *   then the zone goes
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/labyrinth.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/numa.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <asm/barrier.h>

/*
 * Pages that no shortage can take away: as many as come before the worker of the zone can
 * have refilled it. labyrinth size tells, once the driver has run for a while. The range
 * is labyrinth_zone_create()'s to check.
 */
static unsigned int reserve = 64;
module_param(reserve, uint, 0444);
MODULE_PARM_DESC(reserve, "pages kept in reserve, 1..1048576; 0: labyrinth's default_reserve (default 64)");

/* Frames for each interrupt: 1 to 4096, default 8. */
static unsigned int burst = 8;
module_param(burst, uint, 0444);
MODULE_PARM_DESC(burst, "frames for each interrupt, 1..4096 (default 8)");

/* Frames that wait for the work; a power of two. */
#define FRAMES		1024

/**
 * struct template - all that the driver has of one device
 * @zone: where its pages come from
 * @lock: of @frames, @head, @tail, @going and the counters; raw, since the handler runs in
 *	hard interrupts on PREEMPT_RT, too
 * @frames: received and not yet done with
 * @head: frames that came, ever
 * @tail: frames that are done with, ever
 * @going: template_exit() has begun: nothing is started any more
 * @done: is done with them
 * @waiting: the device waits for pages to be back; set before a page is
 *	missed, cleared by template_available()
 * @received: frames
 * @dropped: frames without a page, or without a place in @frames
 * @resumed: times that the device went on after it had waited
 * @interrupt: the device: raises the interrupt
 * @device: the device: has frames now and then
 */
struct template {
	struct labyrinth_zone *zone;
	raw_spinlock_t lock;
	struct page *frames[FRAMES];
	unsigned int head;
	unsigned int tail;
	bool going;
	struct work_struct done;
	bool waiting;
	unsigned long received;
	unsigned long dropped;
	unsigned long resumed;
	struct irq_work interrupt;
	struct delayed_work device;
};

static struct template template;

/* ----------------------------------------------------------------- receiving */

/* NULL: there is none left. */
static struct page *template_next(struct template *tp)
{
	struct page *page = NULL;
	unsigned long flags;

	raw_spin_lock_irqsave(&tp->lock, flags);
	if (tp->tail != tp->head) {
		page = tp->frames[tp->tail % FRAMES];
		tp->tail++;
	}
	raw_spin_unlock_irqrestore(&tp->lock, flags);
	return page;
}

/*
 * Any context. A device that is to wait is marked before the failure that it waits for: of
 * one before, template_available() may have been told already, on another CPU.
 */
static struct page *template_page(struct template *tp)
{
	struct page *page;

	page = labyrinth_alloc_page_atomic(tp->zone, LABYRINTH_QUALITY_NONE);
	if (likely(page))
		return page;
	/* Pairs with the work being queued that calls template_available(). */
	smp_store_mb(tp->waiting, true);
	page = labyrinth_alloc_page_atomic(tp->zone, LABYRINTH_QUALITY_NONE);
	if (page)
		WRITE_ONCE(tp->waiting, false);
	return page;
}

/* Hard interrupt. Under a raw spinlock as well, a page may be taken. */
static void template_interrupt(struct irq_work *work)
{
	struct template *tp = container_of(work, struct template, interrupt);
	struct page *page;
	unsigned int nr;

	raw_spin_lock(&tp->lock);
	for (nr = 0; nr < burst && tp->head - tp->tail < FRAMES; nr++) {
		page = template_page(tp);
		/* No other try: the zone's worker is at it, and tells us. */
		if (unlikely(!page))
			break;
		tp->frames[tp->head % FRAMES] = page;
		tp->head++;
	}
	tp->received += nr;
	tp->dropped += burst - nr;
	raw_spin_unlock(&tp->lock);
	schedule_work(&tp->done);
}

/*
 * Process context, when the zone has pages again; a driver unmasks its interrupt here, unless
 * it is going: see template_exit().
 */
static void template_available(struct labyrinth_zone *zone, void *ctx)
{
	struct template *tp = ctx;
	unsigned long flags;

	raw_spin_lock_irqsave(&tp->lock, flags);
	tp->resumed++;
	WRITE_ONCE(tp->waiting, false);
	if (!tp->going)
		irq_work_queue(&tp->interrupt);
	raw_spin_unlock_irqrestore(&tp->lock, flags);
}

/* Process context: whatever a driver does with a frame, and its page goes back. */
static void template_done(struct work_struct *work)
{
	struct template *tp = container_of(work, struct template, done);
	struct page *page;

	while ((page = template_next(tp)))
		labyrinth_free_page(tp->zone, page);
}

/* ---------------------------------------------------------------- the device */

/* Stands for hardware, which has an interrupt of its own. */
static void template_device(struct work_struct *work)
{
	struct template *tp = container_of(to_delayed_work(work), struct template, device);

	if (!READ_ONCE(tp->waiting))
		irq_work_queue(&tp->interrupt);
	schedule_delayed_work(&tp->device, msecs_to_jiffies(10));
}

/* ---------------------------------------------------------------- life cycle */

static int __init template_init(void)
{
	struct template *tp = &template;
	const struct labyrinth_zone_params params = {
		.name = KBUILD_MODNAME,
		.reserve = reserve,
		/* A zeroed structure would mean node 0. */
		.node = NUMA_NO_NODE,
		.available = template_available,
		.ctx = tp,
	};

	if (!burst || burst > 4096) {
		pr_err("burst=%u: must be 1 to 4096\n", burst);
		return -EINVAL;
	}
	raw_spin_lock_init(&tp->lock);
	INIT_WORK(&tp->done, template_done);
	tp->interrupt = IRQ_WORK_INIT_HARD(template_interrupt);
	INIT_DELAYED_WORK(&tp->device, template_device);

	/* The reserve is full when this returns; what is wrong with params is in the log. */
	tp->zone = labyrinth_zone_create(&params);
	if (IS_ERR(tp->zone))
		return PTR_ERR(tp->zone);

	/* Last of all: interrupts may come from now on. */
	schedule_delayed_work(&tp->device, 0);
	return 0;
}

static void __exit template_exit(void)
{
	struct template *tp = &template;

	/* template_available() may run until destroy has returned, and starts nothing any more. */
	raw_spin_lock_irq(&tp->lock);
	tp->going = true;
	raw_spin_unlock_irq(&tp->lock);
	/* No more interrupts, and the last one has returned. */
	cancel_delayed_work_sync(&tp->device);
	irq_work_sync(&tp->interrupt);
	/* Nobody queues this any more; what is left over is given back here. */
	cancel_work_sync(&tp->done);
	template_done(&tp->done);
	/* All pages are back, and template_available() is not called any more after it. */
	labyrinth_zone_destroy(tp->zone);
	pr_info("%lu frames received, %lu dropped, resumed %lu times\n",
		tp->received, tp->dropped, tp->resumed);
}

module_init(template_init);
module_exit(template_exit);

MODULE_DESCRIPTION("The driver to begin with, whose pages come from a Labyrinth zone");
MODULE_LICENSE("GPL");
LABYRINTH_IMPORT_NS;
