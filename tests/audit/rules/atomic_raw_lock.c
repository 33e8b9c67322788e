// SPDX-License-Identifier: GPL-2.0
/* Allocations that PREEMPT_RT allows, and that it does not. */

static int bad_raw(struct chip *chip)
{
	struct event *event;
	unsigned long flags;

	raw_spin_lock_irqsave(&chip->lock, flags);
	event = kzalloc(sizeof(*event), GFP_ATOMIC); /* audit: atomic_raw_lock: kzalloc() inside raw_spin_lock_irqsave() */
	if (event)
		list_add(&event->list, &chip->events);
	raw_spin_unlock_irqrestore(&chip->lock, flags);
	return event ? 0 : -ENOMEM;
}

static void bad_irq_off(struct chip *chip)
{
	unsigned long flags;

	local_irq_save(flags);
	if (chip->dead)
		goto out;
	chip->page = alloc_page(GFP_NOWAIT); /* audit: atomic_raw_lock: alloc_page() inside local_irq_save() */
out:
	local_irq_restore(flags);
}

static void bad_cpu(struct chip *chip)
{
	int cpu = get_cpu();

	chip->skb[cpu] = dev_alloc_skb(128); /* audit: atomic_raw_lock: inside get_cpu() */
	put_cpu();
	preempt_disable();
	spin_lock(&chip->inner);
	chip->nr++;
	spin_unlock(&chip->inner);
	chip->object = kmalloc_obj(*chip->object, GFP_ATOMIC); /* audit: atomic_raw_lock: inside preempt_disable() */
	preempt_enable();
}

static void bad_guard(struct chip *chip)
{
	guard(raw_spinlock_irq)(&chip->lock);
	chip->page = alloc_page(GFP_ATOMIC | __GFP_NOWARN); /* audit: atomic_raw_lock: inside guard(raw_spinlock_irq) */
}

static void bad_scoped_guard(struct chip *chip)
{
	scoped_guard(irqsave) {
		chip->page = alloc_page(GFP_ATOMIC); /* audit: atomic_raw_lock: inside scoped_guard(irqsave) */
	}
}

/* A spinlock_t sleeps on PREEMPT_RT, and leaves interrupts alone. */
static void good_spinlock(struct chip *chip)
{
	unsigned long flags;

	spin_lock_irqsave(&chip->inner, flags);
	chip->page = alloc_page(GFP_ATOMIC);
	spin_unlock_irqrestore(&chip->inner, flags);
	local_bh_disable();
	chip->page = alloc_page(GFP_ATOMIC);
	local_bh_enable();
	rcu_read_lock();
	chip->page = alloc_page(GFP_ATOMIC);
	rcu_read_unlock();
}

/* Before it, after it, and where it is dropped. */
static int good_before(struct chip *chip)
{
	struct event *event = kzalloc(sizeof(*event), GFP_ATOMIC);

	if (!event)
		return -ENOMEM;
	raw_spin_lock(&chip->lock);
	while (chip->busy) {
		raw_spin_unlock(&chip->lock);
		chip->more = kzalloc(64, GFP_ATOMIC);
		raw_spin_lock(&chip->lock);
	}
	list_add(&event->list, &chip->events);
	raw_spin_unlock(&chip->lock);
	chip->spare = kzalloc(64, GFP_ATOMIC);
	return 0;
}

/* The back-edge. */
static void good_loop(struct chip *chip)
{
	unsigned long flags;

	while (chip->nr--) {
		chip->page = alloc_page(GFP_ATOMIC);
		local_irq_save(flags);
		post(chip);
		local_irq_restore(flags);
	}
}

/* Both, or none. */
static void good_either(struct chip *chip, bool atomic)
{
	if (atomic)
		raw_spin_lock(&chip->lock);
	post(chip);
	if (atomic)
		raw_spin_unlock(&chip->lock);
	chip->page = alloc_page(GFP_ATOMIC);
}

/* The scope has ended. */
static void good_scope(struct chip *chip)
{
	scoped_guard(raw_spinlock, &chip->lock)
		chip->nr++;
	{
		guard(preempt)();
		chip->nr++;
	}
	chip->page = alloc_page(GFP_ATOMIC);
}

static void good_local_lock(struct chip *chip)
{
	local_lock(&chip->local);
	chip->page = alloc_page(GFP_ATOMIC);
	local_unlock(&chip->local);
	guard(spinlock_irqsave)(&chip->inner);
	chip->page = alloc_page(GFP_ATOMIC);
}

/* The driver's own unlock. */
static void good_wrapper(struct chip *chip)
{
	raw_spin_lock(&chip->lock);
	chip->nr++;
	chip_unlock(chip);
	chip->page = alloc_page(GFP_ATOMIC);
}
