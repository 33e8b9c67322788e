// SPDX-License-Identifier: GPL-2.0
/*
 * Sampled stacks of who took a page: the debugfs files "stack_sample" and "stacks".
 *
 * A call site in a helper that everybody calls does not tell who leaks. While sampling
 * is on, each n-th page handed out has its stack kept; the zone's attention bit then
 * sends all requests to the slow paths, and nothing of this is on the fast ones.
 *
 * Who hands out cannot allocate, nor enter the stack depot, whose lock may be held by
 * what it has interrupted. It saves the raw stack into a ring, whose slots are taken and
 * published as those of src/report.c are; if that is full, or in NMI, where not every
 * unwinder may be used, the page goes without. A worker moves stacks to the depot and
 * notes the handle by the page's slot in the registry.
 *
 * A note is of one allocation, told by call site and jiffy: a page that was freed and
 * taken once more by the same function within the jiffy shows the earlier stack. So
 * nothing has to be done to notes when pages are freed.
 *
 * Locking: ->stacks_lock makes one switch at a time and keeps the tables for readers;
 * ->lock in them is for the notes, between the worker and readers. Whoever hands out is
 * in a read-side section of RCU, which switching off waits for.
 */
#define pr_fmt(fmt) "labyrinth: " fmt

#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/stackdepot.h>
#include <linux/stacktrace.h>
#include <linux/uaccess.h>

#include "owners.h"
#include "stacks.h"

/* Whoever switches it on pays: 16 bytes for each slot of the registry, and the ring. */
#define LABYRINTH_STACKS_GFP	(GFP_KERNEL_ACCOUNT | __GFP_NOWARN)

#define LABYRINTH_STACKS_RING	64U
#define LABYRINTH_STACKS_DEPTH	16U	/* of a stack, from the call site on */
#define LABYRINTH_STACKS_OWN	8U	/* frames of this module's above that, at most */

/**
 * struct labyrinth_stacks_raw - a stack that is not in the depot yet
 * @slot: of the page in the registry
 * @nr: entries
 * @caller: who took the page
 * @when: and when
 * @entry: the stack, this module's own functions included
 * @ready: the fields above are complete
 */
struct labyrinth_stacks_raw {
	u32		slot;
	unsigned int	nr;
	unsigned long	caller;
	unsigned long	when;
	unsigned long	entry[LABYRINTH_STACKS_OWN + LABYRINTH_STACKS_DEPTH];
	bool		ready;
};

/**
 * struct labyrinth_stacks_note - the stack of the page in a slot of the registry
 * @handle: of the depot; 0: none
 * @when: of the allocation, the low half of it
 * @caller: likewise
 */
struct labyrinth_stacks_note {
	depot_stack_handle_t	handle;
	u32			when;
	unsigned long		caller;
};

/**
 * struct labyrinth_stacks - what a zone has while its stacks are sampled
 * @every: each so many-th page
 * @count: pages handed out
 * @head: next slot of @ring to be taken
 * @tail: and to be read
 * @lock: of @note
 * @note: by slot of the registry
 * @ring: for the worker
 */
struct labyrinth_stacks {
	unsigned int			every;
	atomic_t			count;
	atomic_t			head;
	unsigned int			tail;
	struct mutex			lock;	/* of the notes */
	struct labyrinth_stacks_note	*note;
	struct labyrinth_stacks_raw	ring[LABYRINTH_STACKS_RING];
};

/* --- whoever hands out --------------------------------------------------------- */

static struct labyrinth_stacks_raw *labyrinth_stacks_claim(struct labyrinth_stacks *stacks)
{
	int head = atomic_read(&stacks->head);

	do {
		/* Pairs with the release of ->tail: the slot was read. */
		/* A head that the worker has overtaken is stale, not a full ring. */
		if ((int)(head - smp_load_acquire(&stacks->tail)) >=
		    (int)LABYRINTH_STACKS_RING)
			return NULL;
	} while (!atomic_try_cmpxchg(&stacks->head, &head, head + 1));
	return &stacks->ring[(unsigned int)head % LABYRINTH_STACKS_RING];
}

/* A page is handed out. Any context, under rcu_read_lock(). */
void labyrinth_stacks_sample(struct labyrinth_zone *zone, const struct labyrinth_desc *desc)
{
	struct labyrinth_stacks *stacks = rcu_dereference(zone->stacks);
	struct labyrinth_stacks_raw *raw;

	if (!stacks || in_nmi() ||
	    (unsigned int)atomic_inc_return(&stacks->count) % READ_ONCE(stacks->every))
		return;
	raw = labyrinth_stacks_claim(stacks);
	if (!raw)
		return;
	raw->slot = desc - zone->table;
	raw->caller = desc->caller;
	raw->when = desc->when;
	raw->nr = labyrinth_stacks_save(raw->entry, ARRAY_SIZE(raw->entry));
	/* Pairs with the acquire in the worker. */
	smp_store_release(&raw->ready, true);
	labyrinth_kick(zone, LABYRINTH_KICK_STACKS);
}

/* --- the worker ------------------------------------------------------------------ */

/*
 * From the call site on: what of this module stands above it depends on the compiler. A
 * kernel whose unwinder does not find it has no more to offer than the call site.
 */
static depot_stack_handle_t labyrinth_stacks_deposit(struct labyrinth_stacks_raw *raw)
{
	unsigned int skip = 0;

	while (skip < raw->nr && raw->entry[skip] != raw->caller)
		skip++;
	if (skip == raw->nr) {
		raw->entry[0] = raw->caller;
		raw->nr = 1;
		skip = 0;
	}
	return labyrinth_stacks_depot(raw->entry + skip,
				      min(raw->nr - skip, LABYRINTH_STACKS_DEPTH));
}

static void labyrinth_stacks_note(struct labyrinth_stacks *stacks,
				  struct labyrinth_stacks_raw *raw)
{
	struct labyrinth_stacks_note note = {
		.handle = labyrinth_stacks_deposit(raw),
		.when = raw->when, .caller = raw->caller,
	};

	mutex_lock(&stacks->lock);
	stacks->note[raw->slot] = note;
	mutex_unlock(&stacks->lock);
}

static void labyrinth_stacks_drain(struct labyrinth_stacks *stacks)
{
	struct labyrinth_stacks_raw *raw;

	while (stacks->tail != (unsigned int)atomic_read(&stacks->head)) {
		raw = &stacks->ring[stacks->tail % LABYRINTH_STACKS_RING];
		/* Its writer was interrupted: it kicks again when it is done. */
		if (!smp_load_acquire(&raw->ready))
			break;
		labyrinth_stacks_note(stacks, raw);
		raw->ready = false;
		/* Pairs with the acquire in labyrinth_stacks_claim(). */
		smp_store_release(&stacks->tail, stacks->tail + 1);
		cond_resched();
	}
}

void labyrinth_stacks_work(struct work_struct *work)
{
	struct labyrinth_zone *zone = container_of(work, struct labyrinth_zone, stacks_work);
	/* Who frees them has waited for this work before. */
	struct labyrinth_stacks *stacks = rcu_dereference_check(zone->stacks, true);
	unsigned int noio;

	if (!stacks)
		return;
	/* Destroy waits for it, and reclaim may wait for the driver that destroys. */
	noio = memalloc_noio_save();
	labyrinth_stacks_drain(stacks);
	memalloc_noio_restore(noio);
}

/* --- on and off ------------------------------------------------------------------- */

static void labyrinth_stacks_free(struct labyrinth_stacks *stacks)
{
	kvfree(stacks->note);
	mutex_destroy(&stacks->lock);
	kvfree(stacks);
}

static int labyrinth_stacks_begin(struct labyrinth_zone *zone, unsigned int every)
{
	struct labyrinth_stacks *stacks;
	int ret;

	ret = labyrinth_stacks_depot_init();
	if (ret)
		return ret;
	stacks = kvzalloc(sizeof(*stacks), LABYRINTH_STACKS_GFP);
	if (!stacks)
		return -ENOMEM;
	mutex_init(&stacks->lock);
	stacks->every = every;
	stacks->note = kvcalloc(labyrinth_registry_slots(zone), sizeof(*stacks->note),
				LABYRINTH_STACKS_GFP);
	if (!stacks->note) {
		labyrinth_stacks_free(stacks);
		return -ENOMEM;
	}
	rcu_assign_pointer(zone->stacks, stacks);
	set_bit(LABYRINTH_ZONE_SAMPLED, &zone->state);
	labyrinth_attention_settle(zone);
	return 0;
}

static void labyrinth_stacks_end(struct labyrinth_zone *zone, struct labyrinth_stacks *stacks)
{
	clear_bit(LABYRINTH_ZONE_SAMPLED, &zone->state);
	labyrinth_attention_settle(zone);
	RCU_INIT_POINTER(zone->stacks, NULL);
	/* Whoever still samples, its kick, and then the worker. */
	synchronize_rcu();
	irq_work_sync(&zone->kick);
	cancel_work_sync(&zone->stacks_work);
	labyrinth_stacks_free(stacks);
}

/* Keep the stack of each so many-th page handed out; 0: of none, and forget those kept. */
int labyrinth_stacks_set(struct labyrinth_zone *zone, unsigned int every)
{
	struct labyrinth_stacks *stacks;
	int ret = 0;

	might_sleep();
	mutex_lock(&zone->stacks_lock);
	stacks = rcu_dereference_protected(zone->stacks, lockdep_is_held(&zone->stacks_lock));
	if (!stacks && every)
		ret = labyrinth_stacks_begin(zone, every);
	else if (every)
		WRITE_ONCE(stacks->every, every);
	else if (stacks)
		labyrinth_stacks_end(zone, stacks);
	mutex_unlock(&zone->stacks_lock);
	return ret;
}
EXPORT_SYMBOL_LABYRINTH_PRIVATE(labyrinth_stacks_set);

static unsigned int labyrinth_stacks_every(struct labyrinth_zone *zone)
{
	struct labyrinth_stacks *stacks;
	unsigned int every;

	rcu_read_lock();
	stacks = rcu_dereference(zone->stacks);
	every = stacks ? READ_ONCE(stacks->every) : 0;
	rcu_read_unlock();
	return every;
}

/* --- the files --------------------------------------------------------------------- */

static bool labyrinth_stacks_supported(const struct labyrinth_zone *zone)
{
	if (!IS_ENABLED(CONFIG_STACKDEPOT))
		pr_err("zone %s: no stacks; this kernel has none to offer (CONFIG_STACKDEPOT)\n",
		       zone->name);
	return IS_ENABLED(CONFIG_STACKDEPOT);
}

static depot_stack_handle_t labyrinth_stacks_of(struct labyrinth_stacks *stacks, u32 slot,
						const struct labyrinth_desc *copy)
{
	struct labyrinth_stacks_note note;

	mutex_lock(&stacks->lock);
	note = stacks->note[slot];
	mutex_unlock(&stacks->lock);
	return note.when == (u32)copy->when && note.caller == copy->caller ? note.handle : 0;
}

static void labyrinth_stacks_count(struct labyrinth_zone *zone,
				   struct labyrinth_stacks *stacks,
				   struct labyrinth_owners *owners)
{
	unsigned long moment = labyrinth_registry_moment();
	depot_stack_handle_t handle;
	struct labyrinth_desc copy;
	u32 slot = 0;

	while (labyrinth_registry_walk(zone, LABYRINTH_DESC_LIVE, moment, &slot, &copy)) {
		handle = labyrinth_stacks_of(stacks, slot - 1, &copy);
		if (handle)
			labyrinth_owners_add(owners, handle, 1, copy.when);
	}
	owners->counted = jiffies;
	labyrinth_owners_sort(owners);
}

/* Live pages by the handle of their stack, the caller's to kvfree(), or -ENOMEM. */
struct labyrinth_owners *labyrinth_stacks_read(struct labyrinth_zone *zone)
{
	struct labyrinth_owners *owners = labyrinth_owners_alloc();
	struct labyrinth_stacks *stacks;

	if (!owners)
		return ERR_PTR(-ENOMEM);
	mutex_lock(&zone->stacks_lock);
	stacks = rcu_dereference_protected(zone->stacks, lockdep_is_held(&zone->stacks_lock));
	if (stacks)
		labyrinth_stacks_count(zone, stacks, owners);
	mutex_unlock(&zone->stacks_lock);
	return owners;
}
EXPORT_SYMBOL_LABYRINTH_PRIVATE(labyrinth_stacks_read);

static void labyrinth_stacks_print(struct seq_file *seq, depot_stack_handle_t handle)
{
	char name[LABYRINTH_CALLER_LEN];
	unsigned long *entry;
	unsigned int nr, i;

	nr = labyrinth_stacks_fetch(handle, &entry);
	for (i = 0; i < nr; i++)
		seq_printf(seq, "  %s\n", labyrinth_caller_name(name, entry[i]));
}

static int labyrinth_stacks_show(struct seq_file *seq, void *v)
{
	const struct labyrinth_owners *owners = seq->private;
	const struct labyrinth_owner *owner = &owners->others;
	loff_t pos = *(loff_t *)v;

	if (pos == 0) {
		seq_puts(seq, "# live pages whose stack was sampled, by stack\n");
		return 0;
	}
	if (pos <= owners->nr)
		owner = &owners->site[pos - 1];
	seq_printf(seq, "%s%u pages, oldest %llu ms\n", pos > 1 ? "\n" : "", owner->pages,
		   jiffies64_to_msecs(owners->counted - owner->since));
	if (pos <= owners->nr)
		labyrinth_stacks_print(seq, owner->key);
	else
		seq_puts(seq, "  (others)\n");
	return 0;
}

static const struct seq_operations labyrinth_stacks_sops = {
	.start = labyrinth_owners_start,
	.next = labyrinth_owners_next,
	.stop = labyrinth_owners_stop,
	.show = labyrinth_stacks_show,
};

static int labyrinth_stacks_open(struct inode *inode, struct file *file)
{
	if (!labyrinth_stacks_supported(inode->i_private))
		return -EOPNOTSUPP;
	return labyrinth_owners_list(file, labyrinth_stacks_read(inode->i_private),
				     &labyrinth_stacks_sops);
}

const struct file_operations labyrinth_stacks_fops = {
	.owner = THIS_MODULE,
	.open = labyrinth_stacks_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = labyrinth_owners_release,
};

static int labyrinth_stack_sample_show(struct seq_file *seq, void *unused)
{
	seq_printf(seq, "%u\n", labyrinth_stacks_every(seq->private));
	return 0;
}

static int labyrinth_stack_sample_open(struct inode *inode, struct file *file)
{
	if (!labyrinth_stacks_supported(inode->i_private))
		return -EOPNOTSUPP;
	return single_open(file, labyrinth_stack_sample_show, inode->i_private);
}

static ssize_t labyrinth_stack_sample_write(struct file *file, const char __user *given,
					    size_t size, loff_t *pos)
{
	struct labyrinth_zone *zone = file_inode(file)->i_private;
	char text[32] = "";
	unsigned int every;
	int ret;

	if (copy_from_user(text, given, min(size, sizeof(text) - 1)))
		return -EFAULT;
	ret = size < sizeof(text) ? kstrtouint(text, 0, &every) : -EINVAL;
	if (!ret && every > LABYRINTH_STACKS_EVERY_MAX)
		ret = -ERANGE;
	if (ret) {
		pr_err("zone %s: stack_sample '%.*s'; allowed are 0 (off) to %u: the stack of each so many-th page is kept\n",
		       zone->name, labyrinth_given(text), text, LABYRINTH_STACKS_EVERY_MAX);
		return ret;
	}
	ret = labyrinth_stacks_set(zone, every);
	return ret ?: size;
}

const struct file_operations labyrinth_stack_sample_fops = {
	.owner = THIS_MODULE,
	.open = labyrinth_stack_sample_open,
	.read = seq_read,
	.write = labyrinth_stack_sample_write,
	.llseek = seq_lseek,
	.release = single_release,
};
