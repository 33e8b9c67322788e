/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The registry: can a page stand in two slots, or a slot be taken for another page's?
 *
 * mirrors src/registry.c labyrinth_registry_find 8b763a090cef
 * mirrors src/registry.c labyrinth_registry_replace 4ac6153e9364
 * mirrors src/registry.c labyrinth_group_join 60c5f67d698b
 * mirrors src/registry.c labyrinth_registry_join 6766f38ca3f8
 * mirrors src/registry.c labyrinth_registry_lose 654f97e8df66
 * mirrors src/registry.c labyrinth_registry_leave 2fd224289511
 * mirrors src/free.c labyrinth_claim_page 41e0a9a55ad2
 * mirrors src/free.c labyrinth_free_claimed_page 5f6e0134d195
 * mirrors src/system.c labyrinth_system_give f387dae49b85
 * mirrors src/system.c labyrinth_system_give_idle 930ab4c19b11
 *
 * Bounds: PROCS processes (CPUs, or interrupts of one, which interleave less) with
 * any number of operations each; PAGES pages of the system; two groups of GROUP
 * slots, so that the pages compete for all of them. With GROUP=1 there are fewer
 * slots than pages, and some find none.
 *
 * A page is the system's, or live and somebody's, or idle: in a cache or on a
 * stack, which is one set here. Any process may free any live page, take or let go
 * any idle one. Which group a page tries first is left open, whatever the hash, the
 * room in them, and the races about that say. With BEHIND a live page may be given
 * to the system behind the zone's back, which leaves a stale record.
 *
 * With DOUBLE a page is freed by somebody who does not hold it any more, and who is
 * still looking while it leaves and its slot is taken by another page. What he has
 * claimed is put back; its holder's own free can come within those few steps, and is
 * then told off and not done: that page is lost to the zone, and it is the only thing
 * that is.
 *
 * Not here: an idle page that is freed behind the zone's back and comes from the
 * system again (labyrinth_desc_kept()).
 *
 * Memory is sequentially consistent here. The code relies on: the compare-and-
 * exchange that joins, and the one that claims a descriptor, are fully ordered; the
 * release in leave, by which a slot is clean before it is empty; whatever orders a
 * page's being freed before its being allocated again, in the system, by which its
 * slot is empty before its next owner looks for it.
 *
 * run registry -DPROCS=2 -DPAGES=2 -DGROUP=2 -DBEHIND
 * run registry-full -DPROCS=2 -DPAGES=3 -DGROUP=1
 * run registry-double -DPROCS=2 -DPAGES=2 -DGROUP=1 -DDOUBLE
 * plant system-before-leave
 * plant slot-free-before-clean
 * plant no-look-before-join -DBEHIND
 * plant claim-not-checked -DDOUBLE
 */
#ifndef PROCS
#define PROCS	2
#endif
#ifndef PAGES
#define PAGES	2
#endif
#ifndef GROUP
#define GROUP	2
#endif
#define SLOTS	(2 * GROUP)
#define NOSLOT	SLOTS

/* Where a page can stand: GROUP slots from each of these on, in this order. */
#define HOME(p)		((p) % 2 * GROUP + (p) / 2 % GROUP)
#define SECOND(p)	(((p) + 1) % 2 * GROUP)
#define BESIDE(s, i)	((s) / GROUP * GROUP + ((s) + (i)) % GROUP)

/* The table: a page's number and one, 0 for none. */
byte table[SLOTS];
#define NONE	0
#define IDLE	1
#define LEAVING	2
#define LIVE	4
byte state[SLOTS];

/* What must be: whose each page is. BUSY: some process is about to change that. */
mtype = { SYSTEM, HELD, POOL, BUSY, LOST };
mtype whose[PAGES] = SYSTEM;
bit stale[PAGES];
#ifdef DOUBLE
byte meddled = NOSLOT;
#endif

/* labyrinth_registry_find() into @desc */
inline find()
{
	desc = NOSLOT;
	i = 0;
	do
	:: atomic {
		i < GROUP ->
		if
		:: table[BESIDE(HOME(page), i)] == page + 1 ->
			desc = BESIDE(HOME(page), i);
			break
		:: else
		fi
	   };
	   atomic {
		if
		:: table[BESIDE(SECOND(page), i)] == page + 1 ->
			desc = BESIDE(SECOND(page), i);
			break
		:: else -> i++
		fi
	   }
	:: i == GROUP -> break
	od;
	i = 0
}

/* labyrinth_registry_leave(), then put_page() */
inline leave()
{
#ifdef PLANT_SYSTEM_BEFORE_LEAVE
	whose[page] = SYSTEM;
#endif
#ifdef PLANT_SLOT_FREE_BEFORE_CLEAN
	atomic { assert(table[desc] == page + 1); table[desc] = 0 }
	state[desc] = NONE;
#else
	atomic { assert(table[desc] == page + 1); state[desc] = NONE }
	table[desc] = 0;
#endif
#ifndef PLANT_SYSTEM_BEFORE_LEAVE
	whose[page] = SYSTEM;
#endif
}

active [PROCS] proctype cpu()
{
	byte page, desc, first, i;

end_idle:
	atomic {
		select (page : 0 .. PAGES - 1);
		if
		:: whose[page] == SYSTEM -> whose[page] = BUSY; goto join
		:: whose[page] == HELD -> whose[page] = BUSY; goto give
#ifdef BEHIND
		:: whose[page] == HELD && !stale[page] ->
			stale[page] = 1;
			whose[page] = SYSTEM;
			goto again
#endif
		:: whose[page] == POOL -> whose[page] = BUSY; goto take
		:: else -> goto again
		fi
	}

join:
	/* labyrinth_registry_join() */
#ifndef PLANT_NO_LOOK_BEFORE_JOIN
	find();
#else
	desc = NOSLOT;
#endif
	if
	:: desc != NOSLOT ->
		/* labyrinth_registry_replace() */
		atomic {
			assert(stale[page]);
			assert(table[desc] == page + 1 && state[desc] == LIVE);
			state[desc] = LEAVING;
			stale[page] = 0;
			goto joined
		}
	:: else
	fi;
	if
	:: first = HOME(page)
	:: first = SECOND(page)
	fi;
	/* labyrinth_group_join() for one group, then the other */
	do
	:: i < 2 * GROUP ->
		if
		:: i == GROUP -> first = (first / GROUP == HOME(page) / GROUP -> SECOND(page) : HOME(page))
		:: else
		fi;
		desc = BESIDE(first, i % GROUP);
		if
		:: table[desc] -> i++
		:: else ->
			atomic {
				if
				:: table[desc] == 0 ->
					/* A clean slot, and the only one of the page. */
					assert(state[desc] == NONE);
					table[desc] = page + 1;
					first = 0;
					i = 0;
					do
					:: i < SLOTS ->
						first = first + (table[i] == page + 1);
						i++
					:: else -> break
					od;
					assert(first == 1);
					goto joined
				:: else -> i++
				fi
			}
		fi
	:: else -> break
	od;
	/* There is no slot for it. */
	atomic { whose[page] = SYSTEM; goto again }
joined:
	atomic {
		i = 0;
		first = 0;
		assert(table[desc] == page + 1);
		state[desc] = IDLE
	}
	if
	:: atomic { whose[page] = POOL; goto again }
	:: goto hand_out
	fi;

take:
	/* An idle page was popped: its slot is known. */
	atomic {
		desc = 0;
		do
		:: desc < SLOTS && table[desc] != page + 1 -> desc++
		:: else -> break
		od;
		assert(desc < SLOTS && state[desc] == IDLE)
	}
	if
	:: goto hand_out
	:: atomic {
		/* labyrinth_system_give_idle() */
		assert(state[desc] == IDLE);
		state[desc] = LEAVING
	   };
	   leave();
	   goto again
	fi;
hand_out:
	atomic { state[desc] = LIVE; whose[page] = HELD; goto again }

give:
	/* labyrinth_free_slow(), claim and the rest, by who holds the page */
	find();
	atomic {
		assert(desc != NOSLOT);
		assert(table[desc] == page + 1);
#ifdef DOUBLE
		if
		:: meddled == desc -> whose[page] = LOST; goto again
		:: else
		fi;
#endif
		assert(state[desc] == LIVE);
		state[desc] = LEAVING
	}
	if
	:: leave()
	:: state[desc] = IDLE;
	   whose[page] = POOL
	fi;
again:
	atomic { page = 0; desc = 0; first = 0; i = 0; goto end_idle }
}

#ifdef DOUBLE
/* labyrinth_free_slow(), claim and the rest, by who does not hold the page any more, once */
active proctype rogue()
{
	byte page, desc, i;

	select (page : 0 .. PAGES - 1);
	find();
	if
	:: desc == NOSLOT -> goto done
	:: else
	fi;
	atomic {
		if
		:: state[desc] != LIVE -> goto done
		/* The page was handed out again: this is as good as its holder's free. */
		:: state[desc] == LIVE && table[desc] == page + 1 -> goto done
		:: else -> state[desc] = LEAVING; meddled = desc
		fi
	}
#ifdef PLANT_CLAIM_NOT_CHECKED
	assert(table[desc] == page + 1);
#else
	atomic {
		assert(table[desc] != page + 1 && state[desc] == LEAVING);
		state[desc] = LIVE;
		meddled = NOSLOT
	}
#endif
done:
	skip
}
#endif
