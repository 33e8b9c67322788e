// SPDX-License-Identifier: GPL-2.0
/* Results of atomic allocations, checked and not. */

/* Used at once. */
static void bad_field(struct ring *ring)
{
	struct entry *entry;

	entry = kzalloc(sizeof(*entry), GFP_ATOMIC);
	entry->ring = ring; /* audit: atomic_unchecked: entry is used though kzalloc() may */
}

/* Used on a later line, by a function that follows the pointer. */
static int bad_skb(struct net_device *dev, const void *data, int len)
{
	struct sk_buff *skb = netdev_alloc_skb(dev, len + NET_IP_ALIGN);

	dev->stats.rx_packets++;
	skb_reserve(skb, NET_IP_ALIGN); /* audit: atomic_unchecked */
	skb_put_data(skb, data, len);
	return 0;
}

/* The mask is or-ed, the result kept in a structure. */
static void bad_member(struct ring *ring, int i)
{
	ring->slot[i].info = kmalloc(64, GFP_ATOMIC | __GFP_NOWARN);
	memset(ring->slot[i].info, 0, 64); /* audit: atomic_unchecked: ring->slot[i].info */
}

static void bad_object(struct ring *ring)
{
	struct entry *entry;

	entry = kmalloc_obj(*entry, GFP_ATOMIC);
	entry->ring = ring; /* audit: atomic_unchecked */
}

/* Used in the very branch. */
static int bad_failing(struct ring *ring)
{
	struct entry *entry;

	entry = kzalloc(sizeof(*entry), GFP_ATOMIC);
	if (!entry) {
		pr_err("no entry %d\n", ring->nr);
		entry->state = FAILED; /* audit: atomic_unchecked: where kzalloc() has returned NULL */
		return -ENOMEM;
	}
	entry->ring = ring;
	return 0;
}

/* Complains, and goes on. */
static void bad_goes_on(struct ring *ring)
{
	struct entry *entry = kzalloc(sizeof(struct entry), GFP_ATOMIC);

	if (!entry)
		pr_err("no entry\n");
	entry->ring = ring; /* audit: atomic_unchecked: where kzalloc() has returned NULL */
}

/* The error path frees what the pointer points at. */
static int bad_unwind(struct ring *ring)
{
	struct entry *entry;
	int ret = -ENOMEM;

	entry = kzalloc(sizeof(*entry), GFP_ATOMIC);
	if (!entry)
		goto out;
	entry->data = kzalloc(16, GFP_ATOMIC);
	if (!entry->data)
		goto out;
	return 0;
out:
	kfree(entry->data); /* audit: atomic_unchecked */
	kfree(entry);
	return ret;
}

/* By a cast. */
static void bad_cast(struct ring *ring)
{
	u8 *header = (u8 *)__get_free_page(GFP_ATOMIC);

	header[0] = 0; /* audit: atomic_unchecked: header is used */
	ring->table = (u32 *)kmalloc(64, GFP_ATOMIC);
	*ring->table = 0; /* audit: atomic_unchecked: ring->table */
}

/* Through a pointer to the pointer. */
static void bad_pointer(struct ring *ring)
{
	struct batch **batch = this_cpu_ptr(ring->batches);

	if (!*batch) {
		*batch = (struct batch *)__get_free_page(GFP_ATOMIC);
		(*batch)->index = 0; /* audit: atomic_unchecked: *batch is used */
	}
}

static int good_checked(struct ring *ring)
{
	struct entry *entry;

	entry = kzalloc(sizeof(*entry), GFP_ATOMIC);
	if (!entry)
		return -ENOMEM;
	entry->ring = ring;
	return 0;
}

/* On a later line. */
static int good_later(struct ring *ring)
{
	struct entry *a = kzalloc(sizeof(*a), GFP_ATOMIC);
	struct entry *b = kzalloc(sizeof(*b), GFP_ATOMIC);

	if (!a || !b) {
		kfree(a);
		kfree(b);
		return -ENOMEM;
	}
	a->next = b;
	b->next = a;
	return 0;
}

/* In the condition itself, and in what is or-ed with the test. */
static int good_condition(struct ring *ring)
{
	struct entry *entry, *other;

	if (!(entry = kzalloc(sizeof(*entry), GFP_ATOMIC)))
		return -ENOMEM;
	entry->ring = ring;

	other = alloc_entry(ring, GFP_ATOMIC);
	if (!other || other->broken || ring->broken && other->ring)
		return -EIO;
	other->ring = ring;

	other = alloc_entry(ring, GFP_ATOMIC);
	ring->first = other ? other->next : NULL;
	return 0;
}

/* By a helper, by a macro, and by whoever gets the alias. */
static int good_helper(struct ring *ring)
{
	struct entry *entry, *first;

	entry = kzalloc(sizeof(*entry), GFP_ATOMIC);
	if (entry_missing(entry))
		return -ENOMEM;
	entry->ring = ring;

	entry = kzalloc(sizeof(*entry), GFP_ATOMIC);
	RETURN_IF_NULL(entry);
	entry->ring = ring;

	entry = kzalloc(sizeof(*entry), GFP_ATOMIC);
	first = entry;
	if (!first)
		return -ENOMEM;
	entry->ring = ring;
	return 0;
}

/* sizeof() looks at no memory. */
static int good_sizeof(struct ring *ring)
{
	struct entry *entry, *copy;

	entry = kzalloc(sizeof(*entry), GFP_ATOMIC);
	copy = kzalloc(sizeof(*entry), GFP_ATOMIC);
	if (!entry || !copy)
		return -ENOMEM;
	return 0;
}

/* The fallback fills the same variable. */
static int good_fallback(struct ring *ring)
{
	struct entry *entry;

	entry = kzalloc(sizeof(*entry), GFP_ATOMIC);
	if (!entry) {
		entry = ring->spare;
		ring->spare = NULL;
	}
	if (!entry)
		entry = &ring->emergency;
	entry->ring = ring;
	return 0;
}

/* In a loop: what is used at its top was checked at its bottom. */
static int good_loop(struct ring *ring)
{
	struct entry *entry = ring->first;
	int i;

	for (i = 0; i < ring->nr; i++) {
		entry->ring = ring;
		entry = kzalloc(sizeof(*entry), GFP_ATOMIC);
		if (!entry)
			break;
		entry->nr = i;
	}
	return i;
}

/* The label's code tests before it follows. */
static int good_unwind(struct ring *ring)
{
	struct entry *entry;

	entry = kzalloc(sizeof(*entry), GFP_ATOMIC);
	if (!entry)
		goto out;
	entry->ring = ring;
	return 0;
out:
	if (entry)
		kfree(entry->data);
	return -ENOMEM;
}

/* Cannot fail. */
static void good_nofail(struct ring *ring, bool sleep)
{
	struct entry *entry;

	entry = kzalloc(sizeof(*entry), GFP_NOWAIT | __GFP_NOFAIL);
	entry->ring = ring;
}

/* The flag keeps the use away; and so does what the label's code asks for. */
static int good_flag(struct ring *ring)
{
	struct entry *entry;
	int ret = 0;

	entry = kzalloc(sizeof(*entry), GFP_ATOMIC);
	if (!entry)
		ret = -ENOMEM;
	if (ret)
		goto out;
	entry->ring = ring;
out:
	return ret;
}

static void good_success(struct ring *ring)
{
	struct entry *entry;
	bool success = false;

	entry = kzalloc(sizeof(*entry), GFP_ATOMIC);
	if (!entry)
		goto done;
	success = true;
done:
	if (success)
		entry->ring = ring;
}

/* A fallback in the branch, and another one behind its message. */
static void good_fallbacks(struct ring *ring)
{
	struct entry *entry;

	entry = kzalloc(sizeof(*entry), GFP_ATOMIC);
	if (!entry) {
		entry = ring->spare;
		note(ring);
	}
	entry->ring = ring;

	entry = mempool_alloc(ring->pool, GFP_ATOMIC);
	if (unlikely(!entry))
		entry = kmalloc(sizeof(*entry), GFP_NOIO | __GFP_NOFAIL);
	entry->ring = ring;
}

/* A member's address is no look at it. */
static struct base *good_address(struct ring *ring)
{
	struct entry *entry = kzalloc(sizeof(struct entry), GFP_ATOMIC);
	struct base *base = &entry->base;

	if (!entry)
		return NULL;
	entry->ring = ring;
	return base;
}

/* What the branch for NULL sets, in a member or by a call, keeps the rest from the use. */
static int good_flag_member(struct ring *ring)
{
	struct entry *entry = kzalloc(sizeof(*entry), GFP_ATOMIC);

	if (!entry)
		ring->error = -ENOMEM;
	if (ring->error)
		return ring->error;
	entry->ring = ring;
	return 0;
}

static int good_flag_called(struct ring *ring, int *error)
{
	struct entry *entry = kzalloc(sizeof(*entry), GFP_ATOMIC);

	if (!entry) {
		*error = 1;
		set_failed(ring);
	}
	if (has_failed(ring))
		return 0;
	entry->ring = ring;
	return 0;
}

static void bad_noted(struct ring *ring)
{
	struct entry *entry = kzalloc(sizeof(*entry), GFP_ATOMIC);

	if (!entry)
		set_failed(ring);
	entry->ring = ring; /* audit: atomic_unchecked: where kzalloc() has returned NULL */
}
