// SPDX-License-Identifier: GPL-2.0
/* GFP_ATOMIC where the caller may sleep, and where it may not. */

/* It has just slept, and holds a mutex only. */
static int bad_mutex(struct ring *ring)
{
	struct entry *entry;

	mutex_lock(&ring->mutex);
	entry = kzalloc(sizeof(*entry), GFP_ATOMIC); /* audit: atomic_may_sleep: mutex_lock() has slept before */
	mutex_unlock(&ring->mutex);
	return entry ? 0 : -ENOMEM;
}

/* One that may sleep beside one that may not. */
static int bad_mixed(struct ring *ring)
{
	ring->a = kzalloc(64, GFP_KERNEL | __GFP_NOWARN);
	if (!ring->a)
		return -ENOMEM;
	ring->b = kmalloc_obj(*ring->b, GFP_ATOMIC); /* audit: atomic_may_sleep: kzalloc(GFP_KERNEL) may have slept */
	return ring->b ? 0 : -ENOMEM;
}

/* The lock is dropped before. */
static int bad_dropped(struct ring *ring, void __user *arg)
{
	struct page *page;

	if (copy_from_user(&ring->request, arg, sizeof(ring->request)))
		return -EFAULT;
	spin_lock_irq(&ring->lock);
	ring->nr++;
	spin_unlock_irq(&ring->lock);
	page = alloc_page(GFP_ATOMIC | __GFP_ZERO); /* audit: atomic_may_sleep */
	return page ? 0 : -ENOMEM;
}

/* It sleeps afterwards. */
static int bad_after(struct ring *ring)
{
	struct request *request;

	request = kmalloc(sizeof(*request), GFP_ATOMIC); /* audit: atomic_may_sleep: sleeps afterwards */
	if (!request)
		return -ENOMEM;
	submit(ring, request);
	wait_for_completion(&request->done);
	kfree(request);
	return 0;
}

static int bad_probe(struct platform_device *pdev)
{
	struct ring *ring;

	ring = devm_kzalloc(&pdev->dev, sizeof(*ring), GFP_ATOMIC); /* audit: atomic_may_sleep: called in process context */
	if (!ring)
		return -ENOMEM;
	platform_set_drvdata(pdev, ring);
	return 0;
}

static void bad_work(struct work_struct *work)
{
	struct ring *ring = container_of(work, struct ring, work);

	ring->skb = alloc_skb(128, GFP_ATOMIC); /* audit: atomic_may_sleep */
	if (ring->skb)
		send(ring->skb);
}

static void start(struct ring *ring)
{
	INIT_WORK(&ring->work, bad_work);
	INIT_WORK(&ring->other, good_work);
}

static struct platform_driver driver = {
	.probe = bad_probe,
};

/* The mutex, and then a spinlock. */
static int good_spinlock(struct ring *ring)
{
	struct entry *entry;

	mutex_lock(&ring->mutex);
	spin_lock_bh(&ring->lock);
	entry = kzalloc(sizeof(*entry), GFP_ATOMIC);
	spin_unlock_bh(&ring->lock);
	mutex_unlock(&ring->mutex);
	return entry ? 0 : -ENOMEM;
}

/* The inner of two locks is dropped, the outer one is not. */
static int good_two_locks(struct ring *ring)
{
	struct entry *entry;

	mutex_lock(&ring->mutex);
	spin_lock(&ring->lock);
	spin_lock(&ring->list_lock);
	list_del(&ring->list);
	spin_unlock(&ring->list_lock);
	entry = kzalloc(sizeof(*entry), GFP_ATOMIC);
	spin_unlock(&ring->lock);
	mutex_unlock(&ring->mutex);
	return entry ? 0 : -ENOMEM;
}

/* The driver's own lock. */
static void good_work(struct work_struct *work)
{
	struct ring *ring = container_of(work, struct ring, other);

	ring_lock(ring);
	ring->skb = alloc_skb(128, GFP_ATOMIC);
	ring_unlock(ring);
}

/* Guards. */
static int good_guard(struct ring *ring)
{
	struct entry *entry;

	guard(mutex)(&ring->mutex);
	msleep(1);
	guard(spinlock_irqsave)(&ring->lock);
	entry = kzalloc(sizeof(*entry), GFP_ATOMIC);
	return entry ? 0 : -ENOMEM;
}

static int good_scoped_guard(struct ring *ring)
{
	struct entry *entry = NULL;

	msleep(1);
	scoped_guard(spinlock_irqsave, &ring->lock) {
		entry = kzalloc(sizeof(*entry), GFP_ATOMIC);
	}
	return entry ? 0 : -ENOMEM;
}

/* Asked not to sleep, it does not: who calls decides. */
static int good_either(struct ring *ring, bool wait)
{
	struct entry *entry;

	if (wait)
		mutex_lock(&ring->mutex);
	entry = kzalloc(sizeof(*entry), GFP_ATOMIC);
	if (!entry)
		return -ENOMEM;
	submit(ring, entry);
	if (wait)
		wait_for_completion(&entry->done);
	return 0;
}

/* The caller's lock is dropped after the allocation. */
static int good_caller(struct ring *ring)
{
	struct entry *entry;

	entry = kzalloc(sizeof(*entry), GFP_ATOMIC);
	if (!entry)
		return -ENOMEM;
	spin_unlock_irq(&ring->lock);
	wait_for_completion(&entry->done);
	spin_lock_irq(&ring->lock);
	return 0;
}

/* A sleep would make the task runnable again. */
static void good_prepared(struct ring *ring)
{
	DEFINE_WAIT(wait);

	mutex_lock(&ring->mutex);
	prepare_to_wait(&ring->queue, &wait, TASK_UNINTERRUPTIBLE);
	ring->entry = kzalloc(64, GFP_ATOMIC);
	schedule();
	finish_wait(&ring->queue, &wait);
	mutex_unlock(&ring->mutex);
}

/* Chosen by the context, and chosen by the caller. */
static void good_mask(struct ring *ring, gfp_t mask)
{
	mutex_lock(&ring->mutex);
	ring->a = kzalloc(64, ring->polled ? GFP_ATOMIC : GFP_KERNEL);
	ring->b = kzalloc(64, mask);
	INIT_RADIX_TREE(&ring->tree, GFP_ATOMIC);
	xa_lock_irq(&ring->xa);
	__xa_store(&ring->xa, 1, ring, GFP_ATOMIC);
	xa_unlock_irq(&ring->xa);
	mutex_unlock(&ring->mutex);
}

/* The loop's back-edge leads from the sleep to the locked allocation. */
static void good_loop(struct ring *ring)
{
	for (;;) {
		rcu_read_lock();
		ring->entry = kzalloc(64, GFP_ATOMIC);
		rcu_read_unlock();
		if (ring->entry)
			break;
		msleep(10);
	}
}

/* Members that are called in atomic context, too, though others of the structure are not. */
static void good_swap_slot(struct block_device *bdev, unsigned long index)
{
	void *record = kzalloc(64, GFP_ATOMIC);

	if (record)
		note_slot(bdev, index, record);
}

static const struct block_device_operations good_block_operations = {
	.swap_slot_free_notify = good_swap_slot,
};

static int good_runtime(struct device *dev)
{
	void *record = kzalloc(64, GFP_ATOMIC);

	return record ? note_power(dev, record) : -ENOMEM;
}

static const struct dev_pm_ops good_power = {
	.runtime_resume = good_runtime,
	.resume = good_runtime,
};

static int bad_power(struct device *dev)
{
	void *record = kzalloc(64, GFP_ATOMIC); /* audit: atomic_may_sleep: struct dev_pm_ops */

	return record ? note_power(dev, record) : -ENOMEM;
}

static const struct dev_pm_ops bad_power_operations = {
	.suspend = bad_power,
};
