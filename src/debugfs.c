// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/debug/labyrinth/<zone>/, and the file "registry" in there: each live page,
 * a line each. The other files are in the rooms whose business they are.
 *
 * The listing walks the registry's slots without stopping anybody: a page taken
 * or freed meanwhile may or may not be in it, one that is live all the time is.
 * debugfs itself makes removal wait for a reader that is inside.
 */
#include <linux/debugfs.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/seq_file.h>

#include "listing.h"
#include "owners.h"
#include "stacks.h"

static struct dentry *labyrinth_debugfs;

static void *labyrinth_registry_at(struct labyrinth_zone *zone, loff_t *pos)
{
	/* The header is line 0, slot n comes at position n + 1. */
	return *pos <= labyrinth_registry_slots(zone) ? pos : NULL;
}

static void *labyrinth_registry_start(struct seq_file *seq, loff_t *pos)
{
	return labyrinth_registry_at(seq->private, pos);
}

static void *labyrinth_registry_next(struct seq_file *seq, void *v, loff_t *pos)
{
	++*pos;
	return labyrinth_registry_at(seq->private, pos);
}

static void labyrinth_registry_stop(struct seq_file *seq, void *v)
{
}

static int labyrinth_registry_show(struct seq_file *seq, void *v)
{
	struct labyrinth_zone *zone = seq->private;
	char caller[LABYRINTH_CALLER_LEN];
	struct labyrinth_desc copy;
	loff_t pos = *(loff_t *)v;

	if (pos == 0) {
		seq_puts(seq, "# pfn order age_ms context fragments caller\n");
		return 0;
	}
	if (!labyrinth_registry_read(zone, pos - 1, LABYRINTH_DESC_LIVE, &copy))
		return SEQ_SKIP;
	seq_printf(seq, "%lu %u %u %s ", page_to_pfn(copy.page), zone->order,
		   jiffies_to_msecs(jiffies - copy.when),
		   labyrinth_context_name(copy.context));
	if (copy.state & LABYRINTH_DESC_FRAG)
		seq_printf(seq, "%u ", labyrinth_frag_live(&copy));
	else
		seq_puts(seq, "- ");
	seq_printf(seq, "%s\n", labyrinth_caller_name(caller, copy.caller));
	return 0;
}

static const struct seq_operations labyrinth_registry_sops = {
	.start = labyrinth_registry_start,
	.next = labyrinth_registry_next,
	.stop = labyrinth_registry_stop,
	.show = labyrinth_registry_show,
};

DEFINE_SEQ_ATTRIBUTE(labyrinth_registry);

DEFINE_SHOW_ATTRIBUTE(labyrinth_history);
DEFINE_SHOW_ATTRIBUTE(labyrinth_ages);
DEFINE_SHOW_ATTRIBUTE(labyrinth_placement);

void labyrinth_debugfs_add(struct labyrinth_zone *zone)
{
	zone->debugfs = debugfs_create_dir(zone->name, labyrinth_debugfs);
	debugfs_create_file("registry", 0400, zone->debugfs, zone,
			    &labyrinth_registry_fops);
	debugfs_create_file("events", 0400, zone->debugfs, zone, &labyrinth_history_fops);
	debugfs_create_file("owners", 0400, zone->debugfs, zone, &labyrinth_owners_fops);
	debugfs_create_file("ages", 0400, zone->debugfs, zone, &labyrinth_ages_fops);
	debugfs_create_file("placement", 0400, zone->debugfs, zone,
			    &labyrinth_placement_fops);
	debugfs_create_file("stack_sample", 0600, zone->debugfs, zone,
			    &labyrinth_stack_sample_fops);
	debugfs_create_file("stacks", 0400, zone->debugfs, zone, &labyrinth_stacks_fops);
	labyrinth_inject_debugfs(zone);
}

void labyrinth_debugfs_remove(struct labyrinth_zone *zone)
{
	debugfs_remove(zone->debugfs);
}

void labyrinth_debugfs_init(void)
{
	labyrinth_debugfs = debugfs_create_dir("labyrinth", NULL);
}

void labyrinth_debugfs_exit(void)
{
	debugfs_remove(labyrinth_debugfs);
}
