// SPDX-License-Identifier: GPL-2.0
/* Zones and tickets in and out of atomic context. */

static int bad_create(struct ring *ring)
{
	spin_lock_bh(&ring->lock);
	if (!ring->zone)
		ring->zone = labyrinth_zone_create(&params); /* audit: labyrinth_zone_atomic: inside spin_lock_bh() */
	spin_unlock_bh(&ring->lock);
	return PTR_ERR_OR_ZERO(ring->zone);
}

static void bad_destroy(struct ring *ring)
{
	rcu_read_lock();
	labyrinth_zone_destroy(rcu_dereference(ring->zone)); /* audit: labyrinth_zone_atomic: labyrinth_zone_destroy() sleeps */
	rcu_read_unlock();
}

static int bad_resize(struct ring *ring, unsigned int reserve)
{
	guard(spinlock_irqsave)(&ring->lock);
	return labyrinth_zone_resize(ring->zone, reserve); /* audit: labyrinth_zone_atomic: inside guard(spinlock_irqsave) */
}

static int bad_ticket(struct ring *ring)
{
	int ret = 0;

	scoped_guard(raw_spinlock_irqsave, &ring->lock) {
		ret = labyrinth_ticket_reserve(ring->zone, 4, 0, &ring->ticket); /* audit: labyrinth_zone_atomic */
	}
	return ret;
}

static int reserve(struct ring *ring)
{
	return labyrinth_ticket_reserve(ring->zone, 4, HZ, &ring->ticket);
}

static int bad_call(struct ring *ring)
{
	int ret;

	preempt_disable();
	ret = reserve(ring); /* audit: labyrinth_zone_atomic: reserve() sleeps in labyrinth_ticket_reserve() */
	preempt_enable();
	return ret;
}

static void bad_timer(struct timer_list *timer)
{
	struct ring *ring = container_of(timer, struct ring, timer);

	if (ring->starved)
		labyrinth_zone_resize(ring->zone, 512); /* audit: labyrinth_zone_atomic: bad_timer() is called by */
}

static netdev_tx_t bad_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct ring *ring = netdev_priv(dev);

	if (labyrinth_ticket_reserve(ring->zone, 1, 0, &ring->ticket)) /* audit: labyrinth_zone_atomic: .ndo_start_xmit */
		return NETDEV_TX_BUSY;
	return NETDEV_TX_OK;
}

static const struct net_device_ops ops = {
	.ndo_open = good_open,
	.ndo_start_xmit = bad_xmit,
};

/* What is made for atomic context, and a mutex. */
static int good_open(struct net_device *dev)
{
	struct ring *ring = netdev_priv(dev);

	timer_setup(&ring->timer, bad_timer, 0);
	mutex_lock(&ring->mutex);
	ring->zone = labyrinth_zone_create(&params);
	mutex_unlock(&ring->mutex);
	spin_lock(&ring->lock);
	if (!IS_ERR(ring->zone))
		ring->page = labyrinth_alloc_page_atomic(ring->zone, LABYRINTH_QUALITY_NONE);
	labyrinth_ticket_release(&ring->ticket);
	spin_unlock(&ring->lock);
	return PTR_ERR_OR_ZERO(ring->zone);
}

/* The zone is taken under the lock, and destroyed behind it. */
static void good_destroy(struct ring *ring)
{
	struct labyrinth_zone *zone;

	spin_lock(&ring->lock);
	zone = ring->zone;
	ring->zone = NULL;
	spin_unlock(&ring->lock);
	labyrinth_zone_destroy(zone);
}

/* Dropped on the way that sleeps. */
static int good_dropped(struct ring *ring)
{
	int ret = 0;

	spin_lock(&ring->lock);
	if (ring->short_of) {
		spin_unlock(&ring->lock);
		ret = reserve(ring);
		spin_lock(&ring->lock);
	}
	spin_unlock(&ring->lock);
	return ret;
}

static int good_loop(struct ring *ring)
{
	int ret;

	do {
		ret = labyrinth_ticket_reserve(ring->zone, 4, HZ, &ring->ticket);
		spin_lock(&ring->lock);
		ring->tries++;
		spin_unlock(&ring->lock);
	} while (ret == -ETIMEDOUT);
	return ret;
}

static int good_guard(struct ring *ring)
{
	guard(mutex)(&ring->mutex);
	scoped_guard(spinlock, &ring->lock) {
		ring->tries++;
	}
	return labyrinth_zone_resize(ring->zone, 512);
}

/* The driver's own unlock. */
static int good_wrapper(struct ring *ring)
{
	spin_lock(&ring->lock);
	ring->tries++;
	ring_unlock(ring);
	return reserve(ring);
}

static irqreturn_t good_thread(int irq, void *data)
{
	struct ring *ring = data;

	labyrinth_zone_resize(ring->zone, 512);
	return IRQ_HANDLED;
}

static int good_request(struct ring *ring)
{
	return request_threaded_irq(ring->irq, NULL, good_thread, IRQF_ONESHOT, "ring", ring);
}
