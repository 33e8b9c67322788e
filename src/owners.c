// SPDX-License-Identifier: GPL-2.0
/*
 * Who has the pages: the debugfs file "owners", and what the leak report counts by.
 *
 * Nothing is counted when a page is handed out or freed. Who wants to know walks the
 * registry, which has each live page with its call site, and sums up. A table holds so
 * many call sites; what is taken by others is counted in one figure.
 *
 * Hence the most that a call site has had at once is the most that any count has found:
 * a sampled maximum. Counts are made when the file is read, and by a worker when a burst
 * begins or somebody starves, and each second while that lasts, for that is when one
 * will want to know. What was found is kept from the first count on, for as many call
 * sites as a table holds, together with the table that the worker counts in: when pages
 * are short is no time to ask for one.
 */
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "owners.h"

/* Better no count than somebody killed for it. */
#define LABYRINTH_OWNERS_GFP	(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN)

/**
 * struct labyrinth_owners_kept - what a zone keeps, under ->owners_lock
 * @ever: @most of each call site that was ever found, nothing else
 * @now: for the worker
 */
struct labyrinth_owners_kept {
	struct labyrinth_owners	ever;
	struct labyrinth_owners	now;
};

/* --- counting ---------------------------------------------------------------- */

struct labyrinth_owners *labyrinth_owners_alloc(void)
{
	return kvzalloc(sizeof(struct labyrinth_owners), LABYRINTH_OWNERS_GFP);
}
EXPORT_SYMBOL_LABYRINTH_PRIVATE(labyrinth_owners_alloc);

static struct labyrinth_owner *labyrinth_owners_site(struct labyrinth_owners *owners,
						     unsigned long key)
{
	unsigned int i = hash_long(key, LABYRINTH_OWNERS_ORDER + 1);
	struct labyrinth_owner *site;

	/* At most half of it is in use. */
	while (owners->place[i]) {
		site = &owners->site[owners->place[i] - 1];
		if (site->key == key)
			return site;
		i = (i + 1) % ARRAY_SIZE(owners->place);
	}
	if (owners->nr == LABYRINTH_OWNERS)
		return &owners->others;
	site = &owners->site[owners->nr++];
	owners->place[i] = owners->nr;
	site->key = key;
	return site;
}

void labyrinth_owners_add(struct labyrinth_owners *owners, unsigned long key,
			  unsigned int pages, unsigned long since)
{
	struct labyrinth_owner *site = labyrinth_owners_site(owners, key);

	if (!site->pages || time_before(since, site->since))
		site->since = since;
	site->pages += pages;
}
EXPORT_SYMBOL_LABYRINTH_PRIVATE(labyrinth_owners_add);

/* Most pages first; of those with as many who has had one the longest. */
static int labyrinth_owners_cmp(const void *a, const void *b)
{
	const struct labyrinth_owner *left = a, *right = b;

	if (left->pages != right->pages)
		return left->pages < right->pages ? 1 : -1;
	return time_after(left->since, right->since) - time_before(left->since, right->since);
}

void labyrinth_owners_sort(struct labyrinth_owners *owners)
{
	sort(owners->site, owners->nr, sizeof(owners->site[0]), labyrinth_owners_cmp, NULL);
}
EXPORT_SYMBOL_LABYRINTH_PRIVATE(labyrinth_owners_sort);

/* What does this page count? */
static unsigned int labyrinth_owners_weight(const struct labyrinth_desc *copy,
					    enum labyrinth_owned owned)
{
	bool split = copy->state & LABYRINTH_DESC_FRAG;

	switch (owned) {
	case LABYRINTH_OWNED_WHOLE:
		return !split;
	case LABYRINTH_OWNED_FRAGMENTS:
		return split ? labyrinth_frag_live(copy) : 0;
	case LABYRINTH_OWNED_LIVE:
	case LABYRINTH_OWNED_TICKET:
		break;
	}
	return 1;
}

/* @moment: see labyrinth_registry_moment(). */
void labyrinth_owners_count(struct labyrinth_zone *zone, enum labyrinth_owned owned,
			    unsigned long moment, struct labyrinth_owners *owners)
{
	u32 wanted = owned == LABYRINTH_OWNED_TICKET ? LABYRINTH_DESC_TICKET :
						       LABYRINTH_DESC_LIVE;
	struct labyrinth_desc copy;
	unsigned int weight;
	u32 slot = 0;

	memset(owners, 0, sizeof(*owners));
	while (labyrinth_registry_walk(zone, wanted, moment, &slot, &copy)) {
		weight = labyrinth_owners_weight(&copy, owned);
		if (weight)
			labyrinth_owners_add(owners, copy.caller, weight, copy.when);
	}
	owners->counted = jiffies;
}
EXPORT_SYMBOL_LABYRINTH_PRIVATE(labyrinth_owners_count);

/* --- the most that was found -------------------------------------------------- */

static bool labyrinth_owners_keep(struct labyrinth_zone *zone)
{
	lockdep_assert_held(&zone->owners_lock);
	if (!zone->owners)
		zone->owners = kvzalloc(sizeof(*zone->owners), LABYRINTH_OWNERS_GFP);
	return zone->owners;
}

static void labyrinth_owner_remember(struct labyrinth_owner *ever,
				     struct labyrinth_owner *found)
{
	ever->most = max(ever->most, found->pages);
	found->most = ever->most;
}

/* A count that is not sorted yet. */
static void labyrinth_owners_remember(struct labyrinth_zone *zone,
				      struct labyrinth_owners *found)
{
	struct labyrinth_owners *ever = &zone->owners->ever;
	struct labyrinth_owner *site;
	unsigned int i;

	lockdep_assert_held(&zone->owners_lock);
	for (i = 0; i < found->nr; i++) {
		site = labyrinth_owners_site(ever, found->site[i].key);
		/* There was no room for it before: what it has now is all that is known. */
		if (site == &ever->others)
			found->site[i].most = found->site[i].pages;
		else
			labyrinth_owner_remember(site, &found->site[i]);
	}
	labyrinth_owner_remember(&ever->others, &found->others);
}

/* Has the worker not counted within a second? One caller at a time. */
bool labyrinth_owners_due(struct labyrinth_zone *zone)
{
	if (time_before(jiffies, zone->owners_counted + HZ))
		return false;
	zone->owners_counted = jiffies;
	return true;
}

void labyrinth_owners_work(struct work_struct *work)
{
	struct labyrinth_zone *zone = container_of(work, struct labyrinth_zone, owners_work);
	unsigned int noio;

	/* Destroy waits for it, and reclaim may wait for the driver that destroys. */
	noio = memalloc_noio_save();
	mutex_lock(&zone->owners_lock);
	if (labyrinth_owners_keep(zone)) {
		labyrinth_owners_count(zone, LABYRINTH_OWNED_LIVE,
				       labyrinth_registry_moment(), &zone->owners->now);
		labyrinth_owners_remember(zone, &zone->owners->now);
	}
	mutex_unlock(&zone->owners_lock);
	memalloc_noio_restore(noio);
}

/* --- the file ------------------------------------------------------------------ */

/* A count of live pages as the file has it, the caller's to kvfree(), or -ENOMEM. */
struct labyrinth_owners *labyrinth_owners_read(struct labyrinth_zone *zone)
{
	struct labyrinth_owners *owners = labyrinth_owners_alloc();
	bool kept;

	if (!owners)
		return ERR_PTR(-ENOMEM);
	labyrinth_owners_count(zone, LABYRINTH_OWNED_LIVE, labyrinth_registry_moment(), owners);
	mutex_lock(&zone->owners_lock);
	kept = labyrinth_owners_keep(zone);
	if (kept)
		labyrinth_owners_remember(zone, owners);
	mutex_unlock(&zone->owners_lock);
	if (!kept) {
		kvfree(owners);
		return ERR_PTR(-ENOMEM);
	}
	labyrinth_owners_sort(owners);
	return owners;
}
EXPORT_SYMBOL_LABYRINTH_PRIVATE(labyrinth_owners_read);

/* The header is line 0, then the call sites, and the others if there are any. */
static void *labyrinth_owners_at(const struct labyrinth_owners *owners, loff_t *pos)
{
	return *pos <= owners->nr + !!owners->others.pages ? pos : NULL;
}

void *labyrinth_owners_start(struct seq_file *seq, loff_t *pos)
{
	return labyrinth_owners_at(seq->private, pos);
}

void *labyrinth_owners_next(struct seq_file *seq, void *v, loff_t *pos)
{
	++*pos;
	return labyrinth_owners_at(seq->private, pos);
}

void labyrinth_owners_stop(struct seq_file *seq, void *v)
{
}

static int labyrinth_owners_show(struct seq_file *seq, void *v)
{
	const struct labyrinth_zone *zone = file_inode(seq->file)->i_private;
	const struct labyrinth_owners *owners = seq->private;
	const struct labyrinth_owner *owner = &owners->others;
	char caller[LABYRINTH_CALLER_LEN] = "(others)";
	loff_t pos = *(loff_t *)v;

	if (pos == 0) {
		seq_puts(seq, "# pages bytes oldest_ms most caller\n");
		return 0;
	}
	if (pos <= owners->nr) {
		owner = &owners->site[pos - 1];
		labyrinth_caller_name(caller, owner->key);
	}
	seq_printf(seq, "%u %zu %llu %u %s\n", owner->pages,
		   owner->pages * labyrinth_bytes(zone),
		   jiffies64_to_msecs(owners->counted - owner->since), owner->most, caller);
	return 0;
}

static const struct seq_operations labyrinth_owners_sops = {
	.start = labyrinth_owners_start,
	.next = labyrinth_owners_next,
	.stop = labyrinth_owners_stop,
	.show = labyrinth_owners_show,
};

/*
 * A file is opened that lists @owners, an error instead is returned. Whoever reads on in
 * small pieces reads on in one and the same count.
 */
int labyrinth_owners_list(struct file *file, struct labyrinth_owners *owners,
			  const struct seq_operations *sops)
{
	int ret;

	if (IS_ERR(owners))
		return PTR_ERR(owners);
	ret = seq_open(file, sops);
	if (ret)
		kvfree(owners);
	else
		((struct seq_file *)file->private_data)->private = owners;
	return ret;
}

static int labyrinth_owners_open(struct inode *inode, struct file *file)
{
	return labyrinth_owners_list(file, labyrinth_owners_read(inode->i_private),
				     &labyrinth_owners_sops);
}

/* The zone may be gone. */
int labyrinth_owners_release(struct inode *inode, struct file *file)
{
	kvfree(((struct seq_file *)file->private_data)->private);
	return seq_release(inode, file);
}

const struct file_operations labyrinth_owners_fops = {
	.owner = THIS_MODULE,
	.open = labyrinth_owners_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = labyrinth_owners_release,
};
