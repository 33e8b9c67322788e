/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What has happened in a zone lately: debugfs' events. See src/history.c.
 */
#ifndef LABYRINTH_HISTORY_H
#define LABYRINTH_HISTORY_H

#include <linux/types.h>

struct labyrinth_zone;
struct seq_file;

/* What happened; @a and @b of labyrinth_note() are said beside each. */
enum labyrinth_note_type {
	LABYRINTH_NOTE_CREATED,		/* reserve, max_pages */
	LABYRINTH_NOTE_RESIZED,		/* from, to */
	LABYRINTH_NOTE_LATCHED,		/* reserve, target */
	LABYRINTH_NOTE_UNLATCHED,	/* likewise */
	LABYRINTH_NOTE_BURST,		/* likewise */
	LABYRINTH_NOTE_STARVED,		/* pages asked for, starvations until it was told */
	LABYRINTH_NOTE_RECOVERED,	/* reserve, target */
	LABYRINTH_NOTE_MISUSE,		/* type of event, page */
	LABYRINTH_NOTE_REFILL_FAILED,	/* reserve, target */
	LABYRINTH_NOTE_STALLED,		/* likewise */
	LABYRINTH_NOTE_TRIMMED,		/* pages */
	LABYRINTH_NOTE_OOM,		/* pages given back */
	LABYRINTH_NR_NOTES
};

int labyrinth_history_init(struct labyrinth_zone *zone);
void labyrinth_history_free(struct labyrinth_zone *zone);
void labyrinth_note(struct labyrinth_zone *zone, enum labyrinth_note_type type,
		    unsigned long caller, unsigned long a, unsigned long b);
void labyrinth_note_at(struct labyrinth_zone *zone, enum labyrinth_note_type type,
		       u64 time, unsigned long caller, unsigned long a, unsigned long b);
void labyrinth_note_level(struct labyrinth_zone *zone, enum labyrinth_note_type type,
			  unsigned long caller);
int labyrinth_history_show(struct seq_file *seq, void *unused);

#endif /* LABYRINTH_HISTORY_H */
