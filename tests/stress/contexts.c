// SPDX-License-Identifier: GPL-2.0
/*
 * The contexts that workers work in.
 *
 * Threads move from CPU to CPU and take their steps with preemption, softirqs or
 * interrupts off, under a raw spinlock, or with nothing of it. Each CPU has a timer
 * that expires in hard-interrupt context; from there it raises a tasklet, for the
 * softirq, and a hard irq_work. NMIs come from outside, where the platform has
 * them: the host injects them, and this module has a handler.
 */
#define pr_fmt(fmt) "labyrinth_torture: " fmt

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#ifdef CONFIG_X86_LOCAL_APIC
#include <asm/nmi.h>
#endif

#include "torture.h"

/**
 * struct torture_cpu - the interrupts of one CPU
 * @timer: hard interrupts
 * @tasklet: softirqs
 * @work: hard irq_work
 * @hardirq: who works in @timer
 * @softirq: who works in @tasklet
 * @irq_work: who works in @work
 * @nmi: who works in NMIs
 */
struct torture_cpu {
	struct hrtimer		timer;
	struct tasklet_struct	tasklet;
	struct irq_work		work;
	struct torture_worker	*hardirq;
	struct torture_worker	*softirq;
	struct torture_worker	*irq_work;
	struct torture_worker	*nmi;
};

static struct torture_cpu *cpus;	/* by number, nr_cpu_ids of them */
static struct torture_worker **threads;
static unsigned int nr_threads;
static bool ending;
static DEFINE_RAW_SPINLOCK(section_lock);

/* --- threads --- */

/* Steps in a section like those in which callers that cannot wait find themselves. */
static void torture_section(struct torture_worker *worker, struct torture_dice *dice)
{
	enum torture_context context = torture_roll(dice, TORTURE_RAW_SPINLOCK + 1);
	unsigned int steps = 1 + torture_roll(dice, 8);
	unsigned long flags;

	switch (context) {
	case TORTURE_PREEMPT_OFF:
		preempt_disable();
		while (steps--)
			torture_step(worker, context);
		preempt_enable();
		break;
	case TORTURE_BH_OFF:
		local_bh_disable();
		while (steps--)
			torture_step(worker, context);
		local_bh_enable();
		break;
	case TORTURE_IRQ_OFF:
		local_irq_save(flags);
		while (steps--)
			torture_step(worker, context);
		local_irq_restore(flags);
		break;
	case TORTURE_RAW_SPINLOCK:
		raw_spin_lock(&section_lock);
		while (steps--)
			torture_step(worker, context);
		raw_spin_unlock(&section_lock);
		break;
	default:
		while (steps--)
			torture_step(worker, TORTURE_TASK);
		break;
	}
}

/*
 * Elsewhere, if that CPU is there, and not on its way out: a kernel thread may ask
 * for a CPU that is online but takes no tasks any more, stays where it is, and the
 * scheduler of 6.1 with PREEMPT_RT warns when it next enables migration there.
 */
static void torture_move(u32 cpu)
{
	if (!cpus_read_trylock())
		return;
	if (cpu_online(cpu))
		set_cpus_allowed_ptr(current, cpumask_of(cpu));
	cpus_read_unlock();
}

static int torture_thread(void *data)
{
	struct torture_worker *worker = data;

	while (!kthread_should_stop()) {
		struct torture_dice dice = torture_dice(worker);

		torture_section(worker, &dice);
		if (torture_roll(&dice, 64) == 0)
			torture_move(torture_roll(&dice, nr_cpu_ids));
		if (torture_roll(&dice, 16384) == 0 || torture_stopped())
			usleep_range(1000, 2000);
		cond_resched();
	}
	torture_drop_held(worker);
	return 0;
}

static int torture_threads_start(void)
{
	struct task_struct *task;

	threads = kcalloc(torture_threads, sizeof(*threads), GFP_KERNEL);
	if (!threads)
		return -ENOMEM;
	for (nr_threads = 0; nr_threads < torture_threads; nr_threads++) {
		struct torture_worker *worker = torture_worker_new();

		if (!worker)
			return -ENOMEM;
		task = kthread_run(torture_thread, worker, "torture/%u", nr_threads);
		if (IS_ERR(task))
			return PTR_ERR(task);
		worker->task = task;
		threads[nr_threads] = worker;
	}
	return 0;
}

static void torture_threads_stop(void)
{
	while (nr_threads--)
		kthread_stop(threads[nr_threads]->task);
	kfree(threads);
}

/* --- interrupts --- */

/*
 * Timer and tasklet move elsewhere when their CPU goes away, and may meet what is
 * left of themselves: a worker has one set of books.
 */
static void torture_interrupt(struct torture_worker *worker,
			      enum torture_context context)
{
	struct torture_dice dice;
	unsigned int steps;

	if (READ_ONCE(ending) || atomic_xchg(&worker->busy, 1))
		return;
	dice = torture_dice(worker);
	steps = 1 + torture_roll(&dice, 16);
	while (steps--)
		torture_step(worker, context);
	/* Pairs with the fully ordered exchange above. */
	atomic_set_release(&worker->busy, 0);
}

static void torture_softirq(struct tasklet_struct *tasklet)
{
	torture_interrupt(container_of(tasklet, struct torture_cpu, tasklet)->softirq,
			  TORTURE_SOFTIRQ);
}

static void torture_irq_work(struct irq_work *work)
{
	torture_interrupt(container_of(work, struct torture_cpu, work)->irq_work,
			  TORTURE_IRQ_WORK);
}

/* Not too regular, or it would always meet the same. */
static ktime_t torture_pause(struct torture_cpu *this)
{
	struct torture_dice dice = torture_dice(this->hardirq);

	return ns_to_ktime((torture_period_us / 2 + torture_roll(&dice, torture_period_us)) *
			   (u64)NSEC_PER_USEC);
}

static enum hrtimer_restart torture_hardirq(struct hrtimer *timer)
{
	struct torture_cpu *this = container_of(timer, struct torture_cpu, timer);

	if (READ_ONCE(ending))
		return HRTIMER_NORESTART;
	irq_work_queue(&this->work);
	tasklet_schedule(&this->tasklet);
	torture_interrupt(this->hardirq, TORTURE_HARDIRQ);
	hrtimer_forward_now(timer, torture_pause(this));
	return HRTIMER_RESTART;
}

static void torture_timer_start(void *unused)
{
	struct torture_cpu *this = &cpus[raw_smp_processor_id()];

	hrtimer_start(&this->timer, torture_pause(this), HRTIMER_MODE_REL_PINNED_HARD);
}

#ifdef CONFIG_X86_LOCAL_APIC
static bool nmi_registered;

static int torture_nmi(unsigned int type, struct pt_regs *regs)
{
	torture_interrupt(cpus[raw_smp_processor_id()].nmi, TORTURE_NMI);
	return NMI_HANDLED;
}

static int torture_nmi_start(void)
{
	int ret = register_nmi_handler(NMI_LOCAL, torture_nmi, 0, "labyrinth_torture");

	nmi_registered = !ret;
	return ret;
}

static void torture_nmi_stop(void)
{
	if (nmi_registered)
		unregister_nmi_handler(NMI_LOCAL, "labyrinth_torture");
}
#else
static int torture_nmi_start(void)
{
	return 0;
}

static void torture_nmi_stop(void)
{
}
#endif

static int torture_cpu_init(struct torture_cpu *this)
{
	this->hardirq = torture_worker_new();
	this->softirq = torture_worker_new();
	this->irq_work = torture_worker_new();
	this->nmi = torture_worker_new();
	if (!this->hardirq || !this->softirq || !this->irq_work || !this->nmi)
		return -ENOMEM;
	hrtimer_setup(&this->timer, torture_hardirq, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_HARD);
	tasklet_setup(&this->tasklet, torture_softirq);
	this->work = IRQ_WORK_INIT_HARD(torture_irq_work);
	return 0;
}

/* The timer first: it starts the other two. */
static void torture_cpu_stop(struct torture_cpu *this)
{
	/* Those of CPUs after one that could not be initialised. */
	if (!this->nmi)
		return;
	hrtimer_cancel(&this->timer);
	irq_work_sync(&this->work);
	tasklet_kill(&this->tasklet);
}

static int torture_interrupts_start(void)
{
	int cpu, ret;

	cpus = kcalloc(nr_cpu_ids, sizeof(*cpus), GFP_KERNEL);
	if (!cpus)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		ret = torture_cpu_init(&cpus[cpu]);
		if (ret)
			return ret;
	}
	ret = torture_nmi_start();
	if (ret)
		return ret;
	cpus_read_lock();
	on_each_cpu(torture_timer_start, NULL, 1);
	cpus_read_unlock();
	return 0;
}

static void torture_interrupts_stop(void)
{
	int cpu;

	torture_nmi_stop();
	if (!cpus)
		return;
	for_each_possible_cpu(cpu)
		torture_cpu_stop(&cpus[cpu]);
	kfree(cpus);
}

/* --- CPUs that come and go --- */

#ifdef CONFIG_HOTPLUG_CPU
/* Take a CPU away and bring it back: its timer moves, and is brought back, too. */
bool torture_cpu_cycle(struct torture_dice *dice)
{
	unsigned int cpu = torture_roll(dice, nr_cpu_ids);
	unsigned int away_ms = torture_roll(dice, 50);
	int ret;

	if (num_online_cpus() < 2 || !cpu_online(cpu) || !cpu_is_hotpluggable(cpu))
		return false;
	/* Without memory a CPU stays. */
	if (remove_cpu(cpu))
		return false;
	msleep(away_ms);
	while ((ret = add_cpu(cpu)) == -ENOMEM)
		msleep(20);
	if (ret) {
		pr_err("CPU %u does not come back: %pe\n", cpu, ERR_PTR(ret));
		return true;
	}
	hrtimer_cancel(&cpus[cpu].timer);
	smp_call_function_single(cpu, torture_timer_start, NULL, 1);
	return true;
}
#else
bool torture_cpu_cycle(struct torture_dice *dice)
{
	return false;
}
#endif

int torture_contexts_start(void)
{
	int ret = torture_interrupts_start();

	return ret ?: torture_threads_start();
}

/* In any case: what has started of it. */
void torture_contexts_stop(void)
{
	WRITE_ONCE(ending, true);
	torture_interrupts_stop();
	torture_threads_stop();
}
