// SPDX-License-Identifier: GPL-2.0
/* Allocations that may sleep, inside and outside of atomic sections. */

static int bad_spinlock(struct ring *ring)
{
	struct entry *entry;

	spin_lock(&ring->lock);
	if (ring->dead)
		goto out;
	entry = kzalloc(sizeof(*entry), GFP_KERNEL | __GFP_NOWARN); /* audit: sleep_in_atomic: kzalloc(GFP_KERNEL) may sleep, but is called inside spin_lock() */
	if (entry)
		list_add(&entry->list, &ring->list);
out:
	spin_unlock(&ring->lock);
	return 0;
}

/* Another lock is dropped in between. */
static void bad_nested(struct ring *ring)
{
	read_lock_bh(&ring->lock);
	mutex_unlock(&ring->mutex);
	ring->page = alloc_pages(GFP_NOIO | __GFP_ZERO, 0); /* audit: sleep_in_atomic: alloc_pages(GFP_NOIO) */
	read_unlock_bh(&ring->lock);
}

/* GFP_NOFS and GFP_NOIO sleep as well. */
static void bad_irq_off(struct ring *ring)
{
	unsigned long flags;

	local_irq_save(flags);
	ring->data = kmalloc(64, GFP_NOFS); /* audit: sleep_in_atomic: inside local_irq_save() */
	local_irq_restore(flags);
	preempt_disable();
	ring->object = kzalloc_obj(*ring->object, GFP_KERNEL_ACCOUNT); /* audit: sleep_in_atomic */
	preempt_enable();
}

static void bad_rcu(struct ring *ring)
{
	struct urb *urb;

	rcu_read_lock();
	list_for_each_entry_rcu(urb, &ring->urbs, list)
		usb_submit_urb(urb, GFP_KERNEL); /* audit: sleep_in_atomic: usb_submit_urb(GFP_KERNEL) may sleep, but is called inside rcu_read_lock() */
	rcu_read_unlock();
}

static void bad_guard(struct ring *ring)
{
	if (!ring->first) {
		guard(spinlock_irqsave)(&ring->lock);
		ring->first = kmalloc(64, GFP_KERNEL); /* audit: sleep_in_atomic: inside guard(spinlock_irqsave) */
	}
	ring->second = kmalloc(64, GFP_KERNEL);
}

static void bad_scoped_guard(struct ring *ring)
{
	scoped_guard(rcu) {
		ring->first = kmalloc(64, GFP_KERNEL); /* audit: sleep_in_atomic: inside scoped_guard(rcu) */
	}
	scoped_guard(spinlock, &ring->lock)
		ring->second = kmalloc(64, GFP_KERNEL); /* audit: sleep_in_atomic */
	ring->third = kmalloc(64, GFP_KERNEL);
}

static int helper(struct ring *ring)
{
	ring->name = kstrdup("ring", GFP_KERNEL);
	return ring->name ? 0 : -ENOMEM;
}

/* A function of this file sleeps. */
static int bad_call(struct ring *ring)
{
	int ret;

	spin_lock_irq(&ring->lock);
	ret = helper(ring); /* audit: sleep_in_atomic: helper() may sleep in kstrdup(GFP_KERNEL) */
	spin_unlock_irq(&ring->lock);
	return ret;
}

static irqreturn_t bad_handler(int irq, void *data)
{
	struct ring *ring = data;

	ring->event = kmalloc(16, GFP_KERNEL); /* audit: sleep_in_atomic: bad_handler() is called by */
	return IRQ_HANDLED;
}

static irqreturn_t good_thread(int irq, void *data)
{
	struct ring *ring = data;

	ring->event = kmalloc(16, GFP_KERNEL);
	return IRQ_HANDLED;
}

static int good_probe(struct ring *ring)
{
	int ret = request_irq(ring->irq, bad_handler, 0, "ring", ring);

	if (ret)
		return ret;
	return request_threaded_irq(ring->irq + 1, NULL, good_thread, 0, "ring", ring);
}

static void good_atomic(struct ring *ring)
{
	spin_lock(&ring->lock);
	ring->data = kmalloc(64, GFP_ATOMIC);
	spin_unlock(&ring->lock);
}

/* Before, after, and in between where the lock is dropped. */
static void good_dropped(struct ring *ring)
{
	ring->data = kmalloc(64, GFP_KERNEL);
	spin_lock(&ring->lock);
	while (ring->busy) {
		spin_unlock(&ring->lock);
		ring->more = kmalloc(64, GFP_KERNEL);
		spin_lock(&ring->lock);
	}
	if (!ring->more) {
		spin_unlock(&ring->lock);
		helper(ring);
		return;
	}
	spin_unlock(&ring->lock);
	ring->rest = kmalloc(64, GFP_KERNEL);
}

/* The back-edge leads from the unlock to the allocation. */
static void good_loop(struct ring *ring)
{
	struct entry *entry;

	for (;;) {
		entry = kmalloc(sizeof(*entry), GFP_KERNEL);
		if (!entry)
			continue;
		spin_lock(&ring->lock);
		list_add(&entry->list, &ring->list);
		spin_unlock(&ring->lock);
	}
}

/* Dropped by a function of the driver's own, by name and by what it does. */
static void ring_kick(struct ring *ring)
{
	list_del(&ring->list);
	spin_unlock(&ring->lock);
	ring_start(ring);
}

static void good_wrapper(struct ring *ring)
{
	spin_lock(&ring->lock);
	ring_unlock(ring);
	ring->data = kmalloc(64, GFP_KERNEL);
	spin_lock(&ring->lock);
	ring_kick(ring);
	ring->data = kmalloc(64, GFP_KERNEL);
}

/* The context decides on the mask, or the caller. */
static void good_mask(struct ring *ring, gfp_t mask)
{
	spin_lock(&ring->lock);
	ring->data = kmalloc(64, ring->polled ? GFP_ATOMIC : GFP_KERNEL);
	ring->more = kmalloc(64, GFP_KERNEL & ~__GFP_DIRECT_RECLAIM);
	ring->rest = kmalloc(64, mask);
	INIT_RADIX_TREE(&ring->tree, GFP_KERNEL);
	ring->list = node_zonelist(ring->node, GFP_KERNEL);
	spin_unlock(&ring->lock);
	xa_lock_irq(&ring->xa);
	__xa_store(&ring->xa, 1, ring, GFP_KERNEL);
	xa_unlock_irq(&ring->xa);
}

/* A mutex is no matter; and where the scope ends, the lock does. */
static void good_guard(struct ring *ring)
{
	guard(mutex)(&ring->mutex);
	scoped_guard(spinlock, &ring->lock) {
		ring->nr++;
	}
	ring->data = kmalloc(64, GFP_KERNEL);
	{
		guard(rcu)();
		ring->nr++;
	}
	helper(ring);
}

/* Sleeping RCU, sleeping locks. */
static void good_srcu(struct ring *ring)
{
	int index = srcu_read_lock(&ring->srcu);

	down_read(&ring->sem);
	lock_sock(ring->sk);
	ring->data = kmalloc(64, GFP_KERNEL);
	release_sock(ring->sk);
	up_read(&ring->sem);
	srcu_read_unlock(&ring->srcu, index);
}

/* The condition that takes the lock keeps the allocation away. */
static void good_apart(struct ring *ring, bool locked)
{
	if (locked)
		spin_lock(&ring->lock);
	if (!locked)
		ring->data = kmalloc(64, GFP_KERNEL);
	if (locked)
		spin_unlock(&ring->lock);
}

static void good_apart_else(struct ring *ring, unsigned long flags)
{
	if (ring->shared) {
		ring->nr++;
		spin_lock_irqsave(&ring->lock, flags);
	}
	if (ring->shared) {
		ring->data = kmalloc(64, GFP_ATOMIC);
	} else {
		ring->data = kmalloc(64, GFP_KERNEL);
		ring->nr++;
	}
	if (ring->shared)
		spin_unlock_irqrestore(&ring->lock, flags);
}

static void bad_other_condition(struct ring *ring, bool locked, bool full)
{
	if (locked)
		spin_lock(&ring->lock);
	if (!full)
		ring->data = kmalloc(64, GFP_KERNEL); /* audit: sleep_in_atomic */
	if (locked)
		spin_unlock(&ring->lock);
}
