/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The flag of a per-CPU cache: does it hold against the interrupts of its own CPU?
 *
 * mirrors src/internal.h labyrinth_flag_try fc663be37719
 * mirrors src/internal.h labyrinth_flag_drop 2ebef0d84083
 * mirrors src/alloc.c labyrinth_alloc_pop f1856a88d124
 * mirrors src/alloc.c labyrinth_alloc_cached 7229071f0038
 * mirrors src/alloc.c labyrinth_alloc_refill 5de5a598d6bd
 * mirrors src/alloc.c labyrinth_alloc_begin 09c968982e74
 * mirrors src/alloc.c labyrinth_alloc_one a4ef164734ed
 * mirrors src/free.c labyrinth_free_push 759a4bdc4e5e
 * mirrors src/free.c labyrinth_free_rest 7fdb0098e5ed
 * mirrors src/free.c labyrinth_free_far 5a626f802b2d
 * mirrors src/free.c labyrinth_free_spill 29a983e9bc6f
 * mirrors src/free.c labyrinth_free_some 58c6f7a3e20b
 * mirrors src/alloc.c labyrinth_bulk_more f1a9ca0ff138
 * mirrors src/free.c labyrinth_free_one 0c07dff271f3
 * mirrors src/free.c labyrinth_free_calm 12ba4ac58a1f
 * mirrors src/cache.c labyrinth_cache_fill 812e8d8e22bd
 * mirrors src/cache.c labyrinth_cache_load 82826d0d70db
 * mirrors src/cache.c labyrinth_cache_pop 5702486460e6
 * mirrors src/cache.c labyrinth_cache_take 8cc65c8d9ea1
 * mirrors src/cache.c labyrinth_cache_spill 1384a2d05baa
 * mirrors src/cache.c labyrinth_cache_give 4caa98a66af6
 * mirrors src/cache.c labyrinth_cache_drain_some 76794e832dd7
 * mirrors src/cache.c labyrinth_cache_drain_dead 9b9189062558
 * mirrors src/cache.c labyrinth_cache_drain_work ffa12abb69f0
 *
 * Bounds: one CPU (nobody else ever touches its cache, but for the callback after
 * its death) with a task and LEVELS kinds of interrupt that nest, such as softirq,
 * hard interrupt, NMI. Each allocates and frees any number of times; an interrupt
 * comes between any two steps of whatever is below it, and goes before that
 * continues. A second task is the work that empties the cache; the two change
 * places at any step outside a section with preemption off. The CPU can go offline
 * and come back any number of times. PAGES pages, a cache of SIZE, batches of one
 * page; the depot is a set (see stack.pml and batch.pml). Pages are freed by who
 * holds them only: what two CPUs can do to one descriptor is in registry.pml.
 *
 * A CPU sees its own accesses in order, and so do its interrupts; what the compiler
 * may not move is kept in place by the barrier() of trylock and unlock. Within the
 * flag the order of accesses is of no account, hence plain accesses will do. The
 * callback is ordered after all that the dead CPU has done by the hotplug code.
 *
 * run tryflag -DLEVELS=2 -DPAGES=2 -DSIZE=2
 * run tryflag-spill -DLEVELS=1 -DPAGES=3 -DSIZE=2
 * run tryflag-three -DLEVELS=3 -DPAGES=2 -DSIZE=1
 * plant flag-released-early
 * plant flag-released-early-by-free
 * plant flag-not-checked
 * plant preemption-on
 */
#ifndef LEVELS
#define LEVELS	2
#endif
#ifndef PAGES
#define PAGES	2
#endif
#ifndef SIZE
#define SIZE	2
#endif
#define NOPAGE	PAGES

/* The cache. */
bit busy;
byte nr;
byte slot[SIZE];

/* The descriptors' states: LIVE if not IDLE. */
bit idle[PAGES] = 1;

/* What must be: where each page is. HAND: one context has it, between two places. */
mtype = { ELSEWHERE, CACHE, HAND, HELD };
mtype where[PAGES] = ELSEWHERE;

/* What runs on the CPU: 0 a task, above that interrupts; who has preemption off. */
byte level;
#define TASK	1
#define WORKER	2
byte preempt;
bit online = 1;

/* The cache as it is, against what it must be. */
inline check_whole()
{
	d_step {
		i = 0;
		do
		:: i < PAGES ->
			found = 0;
			j = 0;
			do
			:: j < nr -> found = found + (slot[j] == i); j++
			:: else -> break
			od;
			assert(found == (where[i] == CACHE));
			assert(!found || idle[i]);
			i++
		:: else -> break
		od;
		i = 0; j = 0; found = 0
	}
}

#ifdef PLANT_PREEMPTION_ON
#define PREEMPT_OFF(who)	skip
#else
#define PREEMPT_OFF(who)	preempt = who
#endif
#define PREEMPT_ON		preempt = 0

/* preempt_disable() and, as this is not the cache of any other CPU, this_cpu_ptr() */
#define ENTER								\
	if								\
	:: _pid == 0 -> PREEMPT_OFF(TASK)				\
	:: else								\
	fi
#define LEAVE								\
	if								\
	:: _pid == 0 -> PREEMPT_ON					\
	:: else								\
	fi

/* Nobody but an interrupt ever finds the flag taken. */
#ifdef PLANT_FLAG_NOT_CHECKED
#define TAKEN	(busy && _pid == 0)
#else
#define TAKEN	busy
#endif

/* A context of the CPU: its number is the level on which it runs. */
active [LEVELS + 1] proctype context()
	provided (level <= _pid && (_pid > 0 || preempt != WORKER))
{
	byte page, n, below, i, j, found;

end_outside:
	/* An interrupt comes, or the task calls. */
	atomic {
		page = 0;
		n = 0;
		if
		:: _pid == 0 && online && preempt == 0
		:: _pid > 0 && level < _pid && online -> below = level; level = _pid
		fi;
		ENTER;
		if
		:: goto alloc
		:: select (page : 0 .. PAGES - 1);
		   if
		   :: where[page] == HELD -> where[page] = HAND; goto give
		   :: else -> goto leave
		   fi
		fi
	}

alloc:
	/* labyrinth_alloc_one() */
	if
	:: atomic { TAKEN -> assert(_pid > 0); goto alloc_elsewhere }
	:: atomic { !TAKEN }
	fi;
	busy = 1;
	/* labyrinth_alloc_pop(), of which the slots begin at 1 */
	n = nr;
	if
	:: n == 0 -> goto take
	:: else
	fi;
	page = slot[n - 1];
	assert(idle[page] && where[page] == CACHE);
#ifdef PLANT_FLAG_RELEASED_EARLY
	busy = 0;
#endif
	atomic { nr = n - 1; where[page] = HAND }
	atomic { idle[page] = 0; where[page] = HELD }
	goto unlock

take:
	/*
	 * labyrinth_alloc_refill() or labyrinth_cache_take(), and fill(); for several
	 * pages labyrinth_bulk_more(). The flag was given up and taken again in between:
	 * that it was free once more, is seen at alloc.
	 */
	atomic {
		select (page : 0 .. PAGES - 1);
		if
		:: where[page] == ELSEWHERE -> where[page] = HAND
		:: else -> page = 0; goto unlock
		fi
	}
	n = nr;
	slot[n] = page;
	atomic { nr = n + 1; where[page] = CACHE; page = 0 }
	/* labyrinth_cache_pop() */
	atomic { nr--; n = nr; page = slot[n]; where[page] = HAND }
	assert(idle[page]);
	atomic { idle[page] = 0; where[page] = HELD }
	goto unlock

alloc_elsewhere:
	/* labyrinth_depot_take(), or any other source */
	atomic {
		select (page : 0 .. PAGES - 1);
		if
		:: where[page] == ELSEWHERE ->
			where[page] = HELD;
			idle[page] = 0
		:: else
		fi;
		goto leave
	}

give:
	/* labyrinth_free_one(); the page is the caller's to free, once. */
	if
	:: atomic { TAKEN -> assert(_pid > 0); goto give_elsewhere }
	:: atomic { !TAKEN }
	fi;
	busy = 1;
	/* labyrinth_free_push() */
	n = nr;
	if
	:: n >= SIZE -> goto spill
	:: else
	fi;
	atomic { assert(!idle[page]); idle[page] = 1 }
	slot[n] = page;
#ifdef PLANT_FLAG_RELEASED_EARLY_BY_FREE
	busy = 0;
#endif
	atomic { nr = n + 1; where[page] = CACHE }
	goto unlock

spill:
	/*
	 * labyrinth_free_spill(), or slow() and labyrinth_cache_give(), with spill(), a
	 * batch of one. That the flag was given up in between is seen at give; whether
	 * the page is claimed before its room is made or after is of no account.
	 */
	atomic { assert(!idle[page]); idle[page] = 1 }
	atomic { n = slot[0]; where[n] = HAND }
	nr--;
#if SIZE > 1
	slot[0] = slot[1];
#endif
	if
	:: atomic { where[n] = ELSEWHERE }
	:: atomic { slot[nr] = n };	/* the depot is full after all */
	   atomic { nr++; where[n] = CACHE };
	   atomic { where[page] = ELSEWHERE; goto unlock }
	fi;
	n = nr;
	slot[n] = page;
	atomic { nr = n + 1; where[page] = CACHE }
	goto unlock

give_elsewhere:
	atomic { assert(!idle[page]); idle[page] = 1; where[page] = ELSEWHERE; goto leave }

unlock:
#if !defined(PLANT_FLAG_RELEASED_EARLY) && !defined(PLANT_FLAG_RELEASED_EARLY_BY_FREE)
	assert(busy);
#endif
	atomic { check_whole(); busy = 0 }
leave:
	atomic {
		LEAVE;
		if
		:: _pid > 0 -> level = below; below = 0
		:: else
		fi;
		page = 0;
		n = 0;
		goto end_outside
	}
}

/* labyrinth_cache_drain_some(), a page at a time */
inline drain_some()
{
	n = 0;
	/* In task context it is always free, and so it is of a dead CPU. */
	assert(!busy);
	busy = 1;
	n = (nr > 0 -> 1 : 0);
	if
	:: n ->
		nr--;
		atomic { page = slot[nr]; where[page] = HAND }
	:: else
	fi;
	atomic { check_whole(); busy = 0 }
}

/* labyrinth_cache_drain_work() on the CPU itself */
active proctype worker()
	provided (level == 0 && preempt != TASK)
{
	byte page, n, i, j, found;

end_outside:
	atomic { online && preempt == 0; PREEMPT_OFF(WORKER) }
	drain_some();
	PREEMPT_ON;
	if
	:: n -> atomic { where[page] = ELSEWHERE }
	:: else
	fi;
	atomic { page = 0; n = 0; goto end_outside }
}

/* The CPU dies when nothing of the above has it; labyrinth_cache_drain_dead() */
active proctype hotplug()
{
	byte page, n, i, j, found;

end_online:
	atomic { level == 0 && preempt == 0; online = 0 }
	do
	:: drain_some();
	   if
	   :: n -> where[page] = ELSEWHERE
	   :: else -> break
	   fi
	od;
	atomic { assert(nr == 0); page = 0; n = 0; online = 1; goto end_online }
}
