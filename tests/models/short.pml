/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The hint that the reserve is short: is it ever clear for good while it is? And does
 * who starved hear of the page that comes back?
 *
 * mirrors src/reserve.c labyrinth_reserve_settle 42e8fd4f07ac
 * mirrors src/reserve.c labyrinth_reserve_take 94baa9a463b3
 * mirrors src/reserve.h labyrinth_reserve_taken 3ecbc52818b4
 * mirrors src/reserve.c labyrinth_reserve_give_linked 2a52686f89d1
 * mirrors src/reserve.c labyrinth_reserve_give 9cc81ccb557e
 * mirrors src/reserve.c labyrinth_reserve_target_set 3a83b57f0d61
 * mirrors src/internal.h labyrinth_reserve_lack 9d2c6d056799
 * mirrors src/alloc.c labyrinth_alloc_reserve 11cf4b7cf30a
 * mirrors src/free.c labyrinth_free_short 26291baa9cfd
 * mirrors src/free.c labyrinth_free_full cea85b56d14e
 * mirrors src/free.c labyrinth_free_starved 7726ae827039
 * mirrors src/internal.h labyrinth_starved_kick 89bd39facce7
 * mirrors src/alloc.c labyrinth_failed c04379d7cc4a
 * mirrors src/refill.c labyrinth_refill_settle 474b6b6b926f
 * mirrors src/cache.c labyrinth_surplus_give 58effcf80f96
 * mirrors src/free.c labyrinth_give_idle 9f40b8729c78
 *
 * Bounds: TAKERS and GIVERS that take or free a page any number of times, a worker
 * that fills whenever it was asked and memory is there, and one who sets the target
 * to 1 or 2, any number of times, under the mutex, but with FIXED. Each is a CPU or an
 * interrupt. The
 * stack is its depth (see stack.pml), a kick a bit that is never lost (see
 * report.pml).
 *
 * What is asked is asked whenever nobody is under way: then the bit is set if pages
 * are missing, and the worker has been asked unless it has found that there is no
 * memory: it tries again by itself then. That a pause is under way is not a state
 * here but what may begin at any time. Or all of max_pages are owned; who gives one of
 * them up asks for the worker, which is not in here.
 *
 * Who found nothing has marked that he starved. The mark goes when the worker sees a
 * page; nobody may be left with it while there is one and nobody is asked.
 *
 * Memory is sequentially consistent here. The code relies on: the compare-and-
 * exchange that takes a page being fully ordered before the test of the bit;
 * smp_mb__after_atomic() between clearing it and looking again; the compare-and-
 * exchange that gives a page back being fully ordered before the look at the mark, and
 * the smp_mb() of labyrinth_kick() being between the mark and the question.
 *
 * run short -DTAKERS=1 -DGIVERS=1
 * run short-three -DTAKERS=2 -DGIVERS=1 -DFIXED
 * run short-givers -DTAKERS=1 -DGIVERS=2 -DFIXED
 * plant no-second-look
 * plant set-before-take
 * plant starved-before-push
 */
#ifndef TAKERS
#define TAKERS	1
#endif
#ifndef GIVERS
#define GIVERS	1
#endif
#define MOST	2

byte depth = MOST;
byte target = MOST;
bit is_short;
bit asked;
bit paused;	/* the worker will try again by itself */
bit capped;	/* or cannot, before somebody gives up a page and says so */
bit starved;

/* Who is in the middle of something. */
byte under_way;
#define BEGIN	under_way++
#define END	under_way--

/* labyrinth_reserve_lack(): two reads */
inline reserve_lack(lack)
{
	want = target;
	atomic { lack = (depth < want); want = 0 }
}

inline settle()
{
	reserve_lack(lack);
	if
	:: lack -> atomic { is_short = 1; lack = 0 }
	:: else ->
		if
		:: atomic { !is_short }
		:: atomic { is_short };
		   is_short = 0;
#ifndef PLANT_NO_SECOND_LOOK
		   reserve_lack(lack);
		   if
		   :: lack ->
			is_short = 1;
			asked = 1;
			lack = 0
		   :: else
		   fi
#endif
		fi
	fi
}

/* labyrinth_reserve_give() */
inline reserve_give()
{
	/* READ_ONCE(zone->reserve_target), then the push */
	want = target;
	atomic {
		if
		:: depth + 1 <= want -> depth++; gave = 1
		:: else
		fi;
		want = 0
	}
	settle()
}

/* labyrinth_starved_kick(), labyrinth_free_starved() */
inline starved_kick()
{
#ifndef PLANT_STARVED_BEFORE_PUSH
	if
	:: atomic { gave && starved -> gave = 0 }; asked = 1
	:: atomic { !gave || !starved -> gave = 0 }
	fi
#else
	gave = 0
#endif
}

active [TAKERS] proctype taker()
{
end_idle:
	atomic { BEGIN }
#ifdef PLANT_SET_BEFORE_TAKE
	is_short = 1;
#endif
	atomic {
		if
		:: depth > 0 -> depth--
		:: else -> goto failed
		fi
	}
#ifndef PLANT_SET_BEFORE_TAKE
	if
	:: atomic { is_short }
	:: atomic { !is_short }; is_short = 1
	fi;
#endif
	asked = 1;
	atomic { END; goto end_idle }

failed:
	/* labyrinth_failed() */
	starved = 1;
	asked = 1;
	atomic { END; goto end_idle }
}

/*
 * labyrinth_give_idle() and labyrinth_surplus_give(), or labyrinth_free_short(), which
 * leaves the bit alone
 */
active [GIVERS] proctype giver()
{
	byte want;
	bit lack, gave;

end_idle:
	atomic { BEGIN }
#ifdef PLANT_STARVED_BEFORE_PUSH
	if
	:: atomic { starved }; asked = 1
	:: atomic { !starved }
	fi;
#endif
	if
	:: atomic { is_short }; reserve_give(); starved_kick()
	:: atomic { is_short };
	   want = target;
	   if
	   :: atomic { depth + 1 <= want -> depth++; gave = 1; want = 0 }
	   :: atomic { depth + 1 > want -> want = 0 };
	      reserve_give()
	   fi;
	   starved_kick()
	:: atomic { !is_short }
	fi;
	atomic { END; goto end_idle }
}

/* The worker: fills what it finds missing. */
active proctype worker()
{
	byte want;
	bit lack, gave;

end_idle:
	atomic { asked || paused; BEGIN; asked = 0; paused = 0; capped = 0 }
	do
	:: reserve_lack(lack);
	   if
	   :: lack ->
		lack = 0;
		if
		:: reserve_give(); gave = 0
		:: paused = 1; break	/* there is no memory */
		:: capped = 1; break	/* all of max_pages are owned */
		fi
	   :: else -> break
	   fi
	od;
	/* labyrinth_refill_settle() */
	if
	:: atomic { depth > 0 }; starved = 0
	:: atomic { depth == 0 }
	fi;
	atomic { END; goto end_idle }
}

#ifndef FIXED
/* labyrinth_reserve_target_set(); growing, the caller fills, or asks the worker. */
active proctype setter()
{
	byte want;
	bit lack;

end_idle:
	atomic { BEGIN }
	if
	:: target = 1
	:: target = 2
	fi;
	settle();
	asked = 1;
	atomic { END; goto end_idle }
}
#endif

active proctype account()
{
end_watch:
	atomic {
		under_way == 0 && !asked && !paused &&
		((depth < target && !(is_short && capped)) || (depth > 0 && starved));
		/* unreached, as the condition never holds */
		assert(depth == target || (is_short && capped));	/* unreached */
		assert(depth == 0 || !starved)				/* unreached */
	}
}
