/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A page split into fragments: does it go back once, and only when nothing of it is
 * live nor will be cut any more?
 *
 * mirrors src/frag.c labyrinth_frag_cut 1a2c1746743f
 * mirrors src/frag.c labyrinth_frag_close 7fb1bd80e23c
 * mirrors src/frag.c labyrinth_frag_clear 8b8ac82bf8cd
 * mirrors src/frag.c labyrinth_frag_free b7d3ea442c1f
 * mirrors src/frag.c labyrinth_frag_give_page 07cd656393a5
 *
 * Bounds: one CPU that opens a page, cuts one fragment or two and closes it; a CPU
 * for each fragment that frees it, and another that frees the first one as well, at
 * any time. Where the page has gone back, its record may be another page's, with a
 * fragment at the very same place. The words of the two pages are never alike: were
 * they, a free for the second time could take the one for the other, as src/frag.c
 * says. That an open page without fragments is used again from its start is the
 * opener's affair alone: nobody else can do anything to it then.
 *
 * Memory is sequentially consistent here. The code relies on the exchange of ->frags
 * being fully ordered, and on ->page and ->state, which are one here, being read after
 * it, by an acquire.
 *
 * run frag
 * plant last-by-second-look
 * plant closed-in-two-steps
 * plant not-marked-open
 * plant page-before-word
 */
#define OPEN	8
#define FIRST	1
#define SECOND	2
#define THIRD	4

#define NONE	0
#define OURS	1
#define OTHERS	2

/* The record. */
byte page = OURS;
#ifdef PLANT_NOT_MARKED_OPEN
byte frags = FIRST;
#else
byte frags = OPEN | FIRST;
#endif

/* What is so: fragments not freed by anybody yet, and what is still cut. */
byte live = FIRST;
bit cutting = 1;
bit second_wanted = 1;
byte given;
byte misuse;

/* The last bit is gone. */
inline give_page()
{
	atomic {
		assert(page == OURS && !live && !cutting);
		given++;
		page = NONE
	}
}

proctype cutter()
{
	byte old;

	if
	:: atomic {
		/* One step, as only this CPU sets bits. */
		assert(page == OURS);
		frags = frags | SECOND;
		live = live | SECOND
	   }
	:: second_wanted = 0
	fi;
	/* Nothing is cut from here on, whatever the word says yet. */
	cutting = 0;
#ifdef PLANT_CLOSED_IN_TWO_STEPS
	old = frags;
	frags = old & ~OPEN;
#else
	d_step { old = frags; frags = frags & ~OPEN }
#endif
#ifndef PLANT_NOT_MARKED_OPEN
	if
	:: old == OPEN -> give_page()
	:: else
	fi
#endif
}

proctype freer(byte bits)
{
	byte word, whose;
	bit done;

	/* Who has it gives it up before it is freed. */
	live = live & ~bits;
	do
	:: done -> break
	:: else ->
#ifdef PLANT_PAGE_BEFORE_WORD
		whose = page;
		word = frags;
#else
		word = frags;
		whose = page;
#endif
		if
		:: !(word & bits) || whose != OURS ->
			misuse++;
			break
		:: else
		fi;
		d_step {
			done = frags == word;
			frags = (done -> word & ~bits : frags)
		}
	od;
	if
	:: done ->
#ifdef PLANT_LAST_BY_SECOND_LOOK
		word = frags;
		if
		:: word == 0 -> give_page()
		:: else
		fi
#else
		if
		:: word == bits -> give_page()
		:: else
		fi
#endif
	:: else
	fi
}

/* The record's next page. */
proctype other()
{
	atomic {
		page == NONE ->
		page = OTHERS;
		frags = OPEN | FIRST | THIRD
	}
}

init
{
	atomic {
		run cutter();
		run other();
		run freer(FIRST);
		run freer(FIRST)
	}
	if
	:: live & SECOND -> run freer(SECOND)
	:: !second_wanted
	fi;
	/* All but this one have ended. */
	_nr_pr == 1;
	assert(given == 1 && misuse == 1);
	assert(page == OTHERS && frags == (OPEN | FIRST | THIRD))
}
