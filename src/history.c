// SPDX-License-Identifier: GPL-2.0
/*
 * The last few hundred notable events of a zone, kept without a lock.
 *
 * Notable is what begins or ends, and what is wrong: one note for a burst, not one for
 * each page of it; of misuse an eighth of the ring in 50 s, and of what reclaim takes a
 * 32nd. Any context may write, NMI included, and a note never waits. Each
 * takes the next number, and the number's slot if nobody is still writing there: it is
 * lost if somebody was interrupted in a note for as long as it took all others to go
 * round once. A slot says the number of its note twice over, odd while it is written,
 * so that a reader, who stops nobody either, knows whether what he has copied is whole.
 *
 * What two CPUs note in the same instant may be numbered in one order and timed in the
 * other: readers sort by time.
 */
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/ratelimit.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/timekeeping.h>

#include "internal.h"

#define LABYRINTH_NOTES		256U

struct labyrinth_note {
	u32				seq;
	enum labyrinth_note_type	type;
	u64				time;	/* ns, CLOCK_MONOTONIC */
	unsigned long			caller;
	unsigned long			a;
	unsigned long			b;
};

struct labyrinth_history {
	atomic_t		head;
	struct ratelimit_state	misuse;
	struct ratelimit_state	trimmed;
	struct labyrinth_note	note[LABYRINTH_NOTES];
};

/* How each is shown: its name, and what its figures are; a misuse shows its own. */
static const struct {
	const char	*name;
	const char	*a;
	const char	*b;
} labyrinth_notes[] = {
	[LABYRINTH_NOTE_CREATED] = { "created", "reserve", "max_pages" },
	[LABYRINTH_NOTE_RESIZED] = { "resized", "from", "to" },
	[LABYRINTH_NOTE_LATCHED] = { "latched", "reserve", "target" },
	[LABYRINTH_NOTE_UNLATCHED] = { "unlatched", "reserve", "target" },
	[LABYRINTH_NOTE_BURST] = { "burst", "reserve", "target" },
	[LABYRINTH_NOTE_STARVED] = { "starved", "pages", "starvations" },
	[LABYRINTH_NOTE_RECOVERED] = { "recovered", "reserve", "target" },
	[LABYRINTH_NOTE_MISUSE] = { "misuse" },
	[LABYRINTH_NOTE_REFILL_FAILED] = { "refill_failed", "reserve", "target" },
	[LABYRINTH_NOTE_STALLED] = { "stalled", "reserve", "target" },
	[LABYRINTH_NOTE_TRIMMED] = { "trimmed", "pages" },
	[LABYRINTH_NOTE_OOM] = { "oom", "pages" },
};

/* So many in a while; what is left out is no news for the log. */
static void labyrinth_history_limit(struct ratelimit_state *limit, int burst)
{
	ratelimit_state_init(limit, 10 * DEFAULT_RATELIMIT_INTERVAL, burst);
	ratelimit_set_flags(limit, RATELIMIT_MSG_ON_RELEASE);
}

int labyrinth_history_init(struct labyrinth_zone *zone)
{
	BUILD_BUG_ON(ARRAY_SIZE(labyrinth_notes) != LABYRINTH_NR_NOTES);
	zone->history = kvzalloc(sizeof(*zone->history), GFP_KERNEL);
	if (!zone->history)
		return -ENOMEM;
	labyrinth_history_limit(&zone->history->misuse, LABYRINTH_NOTES / 8);
	labyrinth_history_limit(&zone->history->trimmed, LABYRINTH_NOTES / 32);
	return 0;
}

void labyrinth_history_free(struct labyrinth_zone *zone)
{
	kvfree(zone->history);
}

/* What a slot says while note @nr is written, and afterwards; never what it says at first. */
static u32 labyrinth_note_writing(u32 nr)
{
	return 2 * nr + 1;
}

static u32 labyrinth_note_written(u32 nr)
{
	return 2 * nr + 2;
}

/* What others bring about as often as they like must not push all else out. */
static bool labyrinth_note_due(struct labyrinth_zone *zone, enum labyrinth_note_type type)
{
	switch (type) {
	case LABYRINTH_NOTE_MISUSE:
		return __ratelimit(&zone->history->misuse);
	case LABYRINTH_NOTE_TRIMMED:
		return __ratelimit(&zone->history->trimmed);
	default:
		return true;
	}
}

/* What happened at @time, ns of CLOCK_MONOTONIC. Any context. */
void labyrinth_note_at(struct labyrinth_zone *zone, enum labyrinth_note_type type,
		       u64 time, unsigned long caller, unsigned long a, unsigned long b)
{
	struct labyrinth_history *history = zone->history;
	struct labyrinth_note *note;
	u32 nr, seq;

	if (unlikely(!labyrinth_note_due(zone, type)))
		return;
	nr = atomic_fetch_inc(&history->head);
	note = &history->note[nr % LABYRINTH_NOTES];
	seq = READ_ONCE(note->seq);
	/* Somebody is writing, or has been overtaken by a whole round as we are now. */
	if (unlikely((seq & 1) || (s32)(seq - labyrinth_note_writing(nr)) > 0 ||
		     !try_cmpxchg(&note->seq, &seq, labyrinth_note_writing(nr))))
		return;
	/* The exchange comes first: pairs with the smp_rmb() of the reader. */
	WRITE_ONCE(note->type, type);
	WRITE_ONCE(note->time, time);
	WRITE_ONCE(note->caller, caller);
	WRITE_ONCE(note->a, a);
	WRITE_ONCE(note->b, b);
	/* Pairs with the acquire of the reader. */
	smp_store_release(&note->seq, labyrinth_note_written(nr));
}

void labyrinth_note(struct labyrinth_zone *zone, enum labyrinth_note_type type,
		    unsigned long caller, unsigned long a, unsigned long b)
{
	labyrinth_note_at(zone, type, ktime_get_mono_fast_ns(), caller, a, b);
}
EXPORT_SYMBOL_LABYRINTH_PRIVATE(labyrinth_note);

/* With how full the reserve is. */
void labyrinth_note_level(struct labyrinth_zone *zone, enum labyrinth_note_type type,
			  unsigned long caller)
{
	labyrinth_note(zone, type, caller, labyrinth_reserve_level(zone),
		       READ_ONCE(zone->reserve_target));
}

static bool labyrinth_note_read(const struct labyrinth_history *history, u32 nr,
				struct labyrinth_note *copy)
{
	const struct labyrinth_note *note = &history->note[nr % LABYRINTH_NOTES];

	/* Pairs with the release of the writer. */
	copy->seq = smp_load_acquire(&note->seq);
	if (copy->seq != labyrinth_note_written(nr))
		return false;
	copy->type = READ_ONCE(note->type);
	copy->time = READ_ONCE(note->time);
	copy->caller = READ_ONCE(note->caller);
	copy->a = READ_ONCE(note->a);
	copy->b = READ_ONCE(note->b);
	smp_rmb();	/* the copy before the second look */
	return READ_ONCE(note->seq) == copy->seq;
}

static int labyrinth_note_cmp(const void *a, const void *b)
{
	const struct labyrinth_note *left = a, *right = b;

	if (left->time != right->time)
		return left->time < right->time ? -1 : 1;
	return (s32)(left->seq - right->seq) < 0 ? -1 : 1;
}

static void labyrinth_note_show(struct seq_file *seq, const struct labyrinth_note *note)
{
	char caller[LABYRINTH_CALLER_LEN];
	u64 us = div_u64(note->time, NSEC_PER_USEC);
	u32 rest;

	us = div_u64_rem(us, USEC_PER_SEC, &rest);
	seq_printf(seq, "%llu.%06u %s %s", us, rest, labyrinth_notes[note->type].name,
		   note->caller ? labyrinth_caller_name(caller, note->caller) : "-");
	if (note->type == LABYRINTH_NOTE_MISUSE)
		seq_printf(seq, " type=%s page=%p", labyrinth_event_name(note->a),
			   (void *)note->b);
	else
		seq_printf(seq, " %s=%lu", labyrinth_notes[note->type].a, note->a);
	if (labyrinth_notes[note->type].b)
		seq_printf(seq, " %s=%lu", labyrinth_notes[note->type].b, note->b);
	seq_putc(seq, '\n');
}

int labyrinth_history_show(struct seq_file *seq, void *unused)
{
	struct labyrinth_zone *zone = seq->private;
	struct labyrinth_note *copy;
	unsigned int i, got = 0;
	u32 head;

	copy = kvmalloc_array(LABYRINTH_NOTES, sizeof(*copy), GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	head = atomic_read(&zone->history->head);
	/* The first one is number 0. */
	for (i = min(head, LABYRINTH_NOTES); i; i--)
		got += labyrinth_note_read(zone->history, head - i, &copy[got]);
	sort(copy, got, sizeof(*copy), labyrinth_note_cmp, NULL);
	seq_puts(seq, "# time event caller detail\n");
	for (i = 0; i < got; i++)
		labyrinth_note_show(seq, &copy[i]);
	kvfree(copy);
	return 0;
}
