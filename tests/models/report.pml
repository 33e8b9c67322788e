/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ring of events and the kick: is everything that is recorded reported, once?
 *
 * mirrors src/report.c labyrinth_record e4f7d2bfee9e
 * mirrors src/report.c labyrinth_report_work 5391ec31a402
 * mirrors src/internal.h labyrinth_kicked_already d3b36400f388
 * mirrors src/internal.h labyrinth_kick 4fc423ee9c28
 * mirrors src/refill.c labyrinth_kicked 0b52b3340689
 *
 * Bounds: WRITERS contexts on two CPUs, each of which records EVENTS events; a ring
 * of RING slots; the irq_work on either CPU, with the kernel's own flags
 * (kernel/irq_work.c: it may be queued again, and run elsewhere, while its function
 * still runs), and the work item that reads. The counters do not wrap, as nobody
 * is outlasted by 2^32 events.
 *
 * Memory is sequentially consistent here. The code relies on: the release of ->ready
 * and its acquire, for the fields; the release of ->events_tail and its acquire, for
 * a slot's having been read before it is written again; on the smp_mb() before ->kicks
 * is looked at, with xchg() as its partner; on test_and_set_bit() of
 * ->kicks and the irq_work's own, both fully ordered, the first before the second,
 * with the smp_mb() after PENDING is cleared as partner; on queue_work() and the
 * start of a work being ordered by the work's own PENDING in the same way.
 *
 * run report -DWRITERS=2 -DEVENTS=2
 * run report-three -DWRITERS=3 -DEVENTS=1
 * plant asked-after-queued
 * plant ready-not-checked
 * plant ready-before-complete
 * plant tail-before-read
 * plant head-unsigned
 */
#ifndef WRITERS
#define WRITERS	2
#endif
#ifndef EVENTS
#define EVENTS	2
#endif
#define RING	2
#define CPUS	2

/* The ring; two fields stand for all of an event's. */
byte head, tail;
byte page[RING];
byte caller[RING];
bit ready[RING];

/* zone->kick, of which the bit is LABYRINTH_KICK_REPORT, and the work. */
bit asked;
bit pending, busy;
bit raised[CPUS];
bit work_pending;

/* What must be: which event each slot holds, and how many there were. */
byte holds[RING];
byte recorded, dropped, reported;

/* Is there no room, as far as a writer knows? As unsigned numbers, or as signed. */
#ifdef PLANT_HEAD_UNSIGNED
#define FULL	(at - seen >= RING || at < seen)
#else
#define FULL	(at - seen >= RING)
#endif

inline irq_work_queue()
{
	atomic {
		raised[_pid % CPUS] = raised[_pid % CPUS] | !pending;
		pending = 1;
		busy = 1
	}
}

active [WRITERS] proctype writer()
{
	byte at, seen, event, i;

	do
	:: i < EVENTS ->
		i++;
		/* labyrinth_record() */
		at = head;
retry:
		atomic {
			seen = tail;
			if
			:: FULL ->
				/* Dropped, but only if there was no room. */
				assert(head - seen >= RING);
				dropped++;
				goto next
			:: else -> seen = 0
			fi
		}
		atomic {
			if
			:: head == at ->
				head++;
				event = _pid * EVENTS + i;
				at = at % RING;
				holds[at] = event;
				recorded++
			:: else -> at = head; goto retry
			fi
		}
#ifdef PLANT_READY_BEFORE_COMPLETE
		ready[at] = 1;
#endif
		page[at] = event;
		caller[at] = event;
#ifndef PLANT_READY_BEFORE_COMPLETE
		ready[at] = 1;
#endif
		/* labyrinth_kick() */
#ifdef PLANT_ASKED_AFTER_QUEUED
		irq_work_queue();
		asked = 1;
#else
		/* labyrinth_kicked_already(), test_and_set_bit() */
		if
		:: atomic { asked -> goto next }
		:: atomic { !asked }
		fi;
		atomic {
			if
			:: asked -> goto next
			:: else -> asked = 1
			fi
		}
		irq_work_queue();
#endif
next:
		atomic { at = 0; seen = 0; event = 0 }
	:: else -> break
	od
}

/* irq_work_single() and labyrinth_kicked() */
active [CPUS] proctype interrupt()
{
	bit what;

end_wait:
	atomic { raised[_pid % CPUS]; raised[_pid % CPUS] = 0; pending = 0 }
	atomic { what = asked; asked = 0 }
	atomic {
		if
		:: what -> work_pending = 1; what = 0
		:: else
		fi
	}
	/* atomic_cmpxchg(flags, BUSY, 0) */
	atomic { busy = pending; goto end_wait }
}

/* labyrinth_report_work() */
active proctype work()
{
	byte first, second;

end_wait:
	atomic { work_pending; work_pending = 0 }
next:
	if
	:: atomic { tail == head -> goto end_wait }
	:: atomic { tail != head }
	fi;
#ifndef PLANT_READY_NOT_CHECKED
	if
	:: atomic { !ready[tail % RING] -> goto end_wait }
	:: atomic { ready[tail % RING] }
	fi;
#endif
#ifdef PLANT_TAIL_BEFORE_READ
	tail++;
#define AT	((tail - 1) % RING)
#else
#define AT	(tail % RING)
#endif
	first = page[AT];
	second = caller[AT];
	atomic {
		assert(first == second && first == holds[AT]);
		first = 0;
		second = 0;
		reported++;
		ready[AT] = 0
	}
#ifndef PLANT_TAIL_BEFORE_READ
	tail++;
#endif
	goto next
}

/* When nothing happens any more. */
active proctype account()
{
	timeout;
	assert(!asked && !busy);
	assert(reported == recorded && tail == head);
	assert(recorded + dropped == WRITERS * EVENTS)
}
