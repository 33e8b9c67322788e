/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ring of notes that nobody waits for: does a reader see whole notes only, each
 * under its own number?
 *
 * mirrors src/history.c labyrinth_note_at 93a0354d4956
 * mirrors src/history.c labyrinth_note_read 0e964dc0f9da
 * mirrors src/history.c labyrinth_note_writing f852fb74cea9
 * mirrors src/history.c labyrinth_note_written ba845933bbdb
 *
 * Bounds: WRITERS contexts that write NOTES notes each, any of which may be interrupted
 * for good in the middle of one; a ring of RING slots; a reader that goes through it
 * twice. The numbers do not wrap: nobody is outlasted by 2^31 notes.
 *
 * Memory is sequentially consistent here. The code relies on: the exchange that claims
 * a slot coming before the fields, as it is fully ordered, with the smp_rmb() of the
 * reader as partner; on the release of ->seq and its acquire, for the fields.
 *
 * run history -DWRITERS=3 -DNOTES=1
 * run history-two -DWRITERS=2 -DNOTES=2
 * plant claimed-by-store
 * plant odd-not-heeded
 * plant overtaken-not-heeded
 * plant read-once
 */
#ifndef WRITERS
#define WRITERS	3
#endif
#ifndef NOTES
#define NOTES	1
#endif
#define RING	1
#define TOTAL	(WRITERS * NOTES)

#define WRITING(nr)	(2 * (nr) + 1)
#define WRITTEN(nr)	(2 * (nr) + 2)

byte head;
byte seq[RING];
/* Two fields stand for all of a note's: what belongs there is its number and one. */
byte first[RING];
byte second[RING];

byte kept, lost, given_up;

/* labyrinth_note_at() */
active [WRITERS] proctype writer()
{
	byte nr, at, old, i;

	do
	:: i < NOTES ->
		i++;
		atomic { nr = head; head++; at = nr % RING }
		old = seq[at];
#ifndef PLANT_ODD_NOT_HEEDED
		if
		:: old & 1 -> lost++; goto next
		:: else
		fi;
#endif
#ifndef PLANT_OVERTAKEN_NOT_HEEDED
		if
		:: old > WRITING(nr) -> lost++; goto next
		:: else
		fi;
#endif
#ifdef PLANT_CLAIMED_BY_STORE
		seq[at] = WRITING(nr);
#else
		atomic {
			if
			:: seq[at] == old ->
				/* A slot's number never goes back. */
				assert(old < WRITING(nr));
				seq[at] = WRITING(nr)
			:: else -> lost++; goto next
			fi
		}
#endif
		first[at] = nr + 1;
		if
		:: second[at] = nr + 1
		/* Interrupted, and never seen again. */
		:: given_up++; goto end_interrupted
		fi;
		atomic {
			assert(seq[at] == WRITING(nr));
			seq[at] = WRITTEN(nr);
			kept++
		}
next:
		atomic { at = 0; old = 0; nr = 0 }
	:: else -> break
	od;
end_interrupted:
	false	/* unreached */
}

/* labyrinth_note_read(), for whatever number the slot may have */
active proctype reader()
{
	byte nr, at, said, a, b, i;

	do
	:: i < 2 ->
		i++;
		atomic {
			nr = 0;
			do
			:: nr + 1 < head -> nr++
			:: break
			od;
			at = nr % RING
		}
		said = seq[at];
		if
		:: said != WRITTEN(nr) -> goto next
		:: else
		fi;
		a = first[at];
		b = second[at];
#ifndef PLANT_READ_ONCE
		if
		:: atomic { seq[at] != said -> goto next }
		:: atomic { seq[at] == said }
		fi;
#endif
		assert(a == nr + 1 && b == nr + 1);
next:
		atomic { nr = 0; at = 0; said = 0; a = 0; b = 0 }
	:: else -> break
	od
}

/* When nothing happens any more. */
active proctype account()
{
	timeout;
	assert(kept + lost + given_up <= TOTAL);
	assert(given_up || kept >= 1)
}
