/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a zone ends: is it freed once, after its last user, and with every page back?
 *
 * mirrors src/zone.c labyrinth_zone_sweep 1c6262edb96f
 * mirrors src/zone.c labyrinth_zone_quiesce 3c516ebb961d
 * mirrors src/zone.c labyrinth_zone_release d1101ef08fdd
 * mirrors src/zone.c labyrinth_zone_gone fb1187a866f0
 * mirrors src/zone.c labyrinth_zone_unpin 5c4aad210502
 * mirrors src/zone.c labyrinth_zone_stop ad9c2e2308d3
 * mirrors src/zone.c labyrinth_zone_destroy 8e87c51affac
 * mirrors src/refill.c labyrinth_kicked 0b52b3340689
 * mirrors src/refill.c labyrinth_refill_stop bd329c90156c
 * mirrors src/internal.h labyrinth_kick 4fc423ee9c28
 * mirrors src/free.c labyrinth_claim_page 41e0a9a55ad2
 * mirrors src/free.c labyrinth_free_claimed_page 5f6e0134d195
 * mirrors src/free.c labyrinth_free_one 0c07dff271f3
 * mirrors src/free.c labyrinth_free_calm 12ba4ac58a1f
 * mirrors src/alloc.c labyrinth_alloc_begin 09c968982e74
 * mirrors src/alloc.c labyrinth_alloc_one a4ef164734ed
 * mirrors src/system.c labyrinth_system_give f387dae49b85
 * mirrors src/system.c labyrinth_system_drain_exit ed6efc1f45b1
 *
 * Bounds: two users (a CPU each, or an interrupt of one: those interleave less)
 * that allocate and free; PAGES pages; a zone that is destroyed once, at any time;
 * two CPUs on which the irq_work can run; the three work items. A user may keep
 * pages for ever, and may allocate while destroy is under way if a live page of its
 * own keeps the zone there: it is refused then. A ticket's pin is like an orphan's.
 * A cache is a set here (see tryflag.pml), a stack another (see stack.pml), the
 * registry one slot for each page (see registry.pml).
 *
 * All at once is too much. With INSTANT users allocate and free any number of times,
 * and a kick does at once what the irq_work would do. With FREE_ONLY each page is
 * live at the start and is freed once, and the irq_work is as it is.
 *
 * A grace period waits for exactly those readers that were inside when it began.
 * Readers are sections with preemption off, rcu_read_lock(), and hard interrupts,
 * thus the irq_work, too. The irq_work's flags are the kernel's own
 * (kernel/irq_work.c): it may be queued again, and run on another CPU, while its
 * function still runs, and then BUSY is cleared by whoever is done first.
 *
 * Memory is sequentially consistent here. The code relies on: the barriers of
 * synchronize_rcu(), by which whoever comes later sees the marks and whoever came
 * earlier is seen; on the claim of a descriptor and ->pins being fully ordered
 * read-modify-writes that return a value, so a pin is seen before the mark which it
 * belongs to; on the order of test_and_set_bit() of ->kicks before the irq_work's
 * flags, which both are such, too.
 *
 * run destroy -DPAGES=1 -DINSTANT
 * run destroy-interrupts -DPAGES=2 -DFREE_ONLY
 * run destroy-refused -DPAGES=1 -DFREE_ONLY
 * plant no-rcu-wait -DPAGES=1 -DINSTANT
 * plant pin-after-mark -DPAGES=1 -DINSTANT
 * plant no-wait-before-release -DPAGES=2 -DFREE_ONLY
 * plant irq-work-not-waited -DPAGES=2 -DFREE_ONLY
 * plant handler-not-waited -DPAGES=2 -DFREE_ONLY
 * plant cleanup-not-cancelled -DPAGES=2 -DFREE_ONLY
 */
#ifndef PAGES
#define PAGES	1
#endif
#define USERS	2
#define NOBODY	USERS

/* A descriptor's state. */
#define NONE	0
#define IDLE	1
#define LEAVING	2
#define LIVE	4
#define ORPHAN	5	/* | LIVE */

/* The zone. */
bit freed;
byte state[PAGES];
bit cached[PAGES];		/* in a cache, depot or reserve */
bit leaving[PAGES];		/* on the exit stack */
bit alloc_attention;
bit zone_dying;
bit free_dying;
byte pins = 1;
byte kicks;
#define REFILL	1
#define CLEANUP	2
#define GONE	4

/* zone->kick: flags, and the CPUs that will run it. */
bit pending, busy;
bit raised[USERS];

/* The work items. */
bit refill_pending, refill_running;
bit cleanup_pending, cleanup_running;
bit gone_pending;

/* Readers inside, and those that the grace period waits for. */
#define READERS		(2 * USERS)
bit inside[READERS];
bit awaited[READERS];

/* Outside the zone: pages that the system has, and who holds the live ones. */
bit system[PAGES] = 1;
byte holder[PAGES] = NOBODY;
byte held[USERS];
bit destroying;
bit finishing;
bit destroyed;

/* Whoever touches the zone says so. */
#define ZONE	assert(!freed)

#define READ_LOCK(r)	inside[r] = 1
#define READ_UNLOCK(r)	inside[r] = 0; awaited[r] = 0
#define NOT_AWAITED	(!awaited[0] && !awaited[1] && !awaited[2] && !awaited[3])

inline synchronize_rcu()
{
	d_step {
		assert(NOT_AWAITED);
		awaited[0] = inside[0]; awaited[1] = inside[1];
		awaited[2] = inside[2]; awaited[3] = inside[3]
	}
	NOT_AWAITED
}

inline irq_work_sync()
{
	!busy
}

/* labyrinth_kick() on the CPU of user @cpu */
inline kick(what, cpu)
{
#ifdef INSTANT
	atomic {
		ZONE;
		refill_pending = refill_pending | (what == REFILL && !zone_dying);
		cleanup_pending = cleanup_pending | (what == CLEANUP);
		gone_pending = gone_pending | (what == GONE)
	}
#else
	atomic { ZONE; kicks = kicks | what }
	atomic {
		ZONE;
		raised[cpu] = raised[cpu] | !pending;
		pending = 1;
		busy = 1
	}
#endif
}

/* The page leaves the registry, then it is the system's. */
inline put_page(p)
{
	d_step {
		ZONE;
		assert(!cached[p] && !leaving[p] && !system[p] && holder[p] == NOBODY);
		state[p] = NONE;
		system[p] = 1
	}
}

/* labyrinth_system_drain_exit() */
inline drain_exit(p)
{
	p = 0;
	do
	:: atomic {
		p < PAGES ->
		ZONE;
		if
		:: leaving[p] -> assert(state[p] == LEAVING); leaving[p] = 0; put_page(p)
		:: else
		fi;
		p++
	   }
	:: atomic { p == PAGES -> p = 0; break }
	od
}

proctype user(byte me)
{
#ifdef FREE_ONLY
	bit asked;
#endif
	byte p, s;

end_idle:
	atomic {
		p = 0;
		s = 0;
		if
		:: goto done
#ifndef FREE_ONLY
		:: !destroying || held[me] > 0 -> READ_LOCK(me); goto allocate
#elif PAGES == 1
		/* Refused, and the worker is asked to tell: once, to bound the search. */
		:: held[me] > 0 && !asked -> asked = 1; READ_LOCK(me); goto refused
#endif
		:: held[me] > 0 ->
			select (p : 0 .. PAGES - 1);
			if
			:: holder[p] == me -> READ_LOCK(me); goto give
			:: else -> goto end_idle
			fi
		fi
	}

#ifndef FREE_ONLY
allocate:
	/* labyrinth_alloc_one(): the fast path */
	atomic {
		ZONE;
		if
		:: alloc_attention -> goto alloc_slow
		:: else
		fi
	}
	atomic {
		ZONE;
		select (p : 0 .. PAGES - 1);
		if
		:: cached[p] -> cached[p] = 0
		:: else -> goto alloc_slow
		fi
	}
hand_out:
	atomic {
		ZONE;
		assert(state[p] == IDLE && !system[p] && holder[p] == NOBODY);
		state[p] = LIVE;
		holder[p] = me;
		held[me]++;
		READ_UNLOCK(me);
		goto end_idle
	}
alloc_slow:
	/* preempt_enable(); a call that was refused has no claim to the zone any more */
	atomic {
		READ_UNLOCK(me);
		p = 0;
		if
		:: destroying && held[me] == 0 -> goto end_idle
		:: else -> READ_LOCK(me)
		fi
	}
	/* labyrinth_alloc_slow() */
	atomic {
		ZONE;
		if
		:: free_dying -> goto refused
		:: else
		fi
	}
	atomic {
		ZONE;
		select (p : 0 .. PAGES - 1);
		if
		:: system[p] -> assert(state[p] == NONE); system[p] = 0
		:: else -> p = 0; goto refused
		fi
	}
	atomic { ZONE; state[p] = IDLE; goto hand_out }
#endif
#if PAGES == 1 || !defined(FREE_ONLY)
refused:
	kick(REFILL, me);
	atomic { READ_UNLOCK(me); goto end_idle }
#endif

give:
	/* labyrinth_free_one(): the fast path */
	atomic {
		ZONE;
		if
		:: free_dying -> goto free_slow
		:: else
		fi
	}
	if
	:: atomic {
		state[p] == LIVE ->
		ZONE;
		state[p] = IDLE;
		holder[p] = NOBODY;
		held[me]--
	   }
	:: goto free_slow	/* the cache is full, or its flag taken */
	fi;
	atomic { ZONE; cached[p] = 1; READ_UNLOCK(me); goto end_idle }
free_slow:
	atomic { READ_UNLOCK(me); READ_LOCK(me) }
	/* labyrinth_free_slow(): claim and the rest */
	atomic { ZONE; s = state[p]; assert(s == LIVE || s == ORPHAN) }
claim:
	atomic {
		ZONE;
		if
		:: state[p] == s ->
			state[p] = LEAVING;
			holder[p] = NOBODY;
			held[me]--
		:: else -> s = state[p]; assert(s == ORPHAN); goto claim
		fi
	}
	atomic {
		ZONE;
		if
		:: free_dying -> goto leave
		:: else -> assert(s == LIVE)
		fi
	}
	if
	:: goto leave		/* not recyclable */
	:: atomic { ZONE; state[p] = IDLE }
	fi;
	atomic { ZONE; cached[p] = 1; READ_UNLOCK(me); goto end_idle }
leave:
	/* labyrinth_system_give() */
	if
	:: put_page(p)
	:: atomic { ZONE; leaving[p] = 1 };
	   kick(CLEANUP, me)
	fi;
	atomic {
		ZONE;
		p = 0;
		if
		:: s != ORPHAN -> READ_UNLOCK(me); goto end_idle
		:: else -> s = 0
		fi;
		/* labyrinth_zone_unpin() */
		assert(pins);
		pins--;
		if
		:: pins -> READ_UNLOCK(me); goto end_idle
		:: else
		fi
	}
	kick(GONE, me);
	atomic { READ_UNLOCK(me); goto end_idle }

done:
	skip
}

/* irq_work_single() and labyrinth_kicked() */
proctype interrupt(byte cpu)
{
	byte what;

end_wait:
	atomic {
		raised[cpu];
		raised[cpu] = 0;
		READ_LOCK(USERS + cpu);
		ZONE;
		pending = 0
	}
	atomic { ZONE; what = kicks; kicks = 0 }
	atomic {
		ZONE;
		if
		:: (what & REFILL) && zone_dying -> what = what - REFILL
		:: else
		fi
	}
	atomic {
		ZONE;
		refill_pending = refill_pending | ((what & REFILL) != 0);
		cleanup_pending = cleanup_pending | ((what & CLEANUP) != 0);
		gone_pending = gone_pending | ((what & GONE) != 0)
	}
	/* atomic_cmpxchg(flags, BUSY, 0) */
	atomic {
		ZONE;
		busy = pending;
		what = 0;
		READ_UNLOCK(USERS + cpu);
		goto end_wait
	}
}

proctype refill()
{
end_wait:
	atomic { refill_pending -> ZONE; refill_pending = 0; refill_running = 1 }
	atomic {
		ZONE;
		if
		:: !zone_dying && system[0] -> system[0] = 0
		:: else -> goto out
		fi
	}
	atomic { ZONE; assert(state[0] == NONE); state[0] = IDLE }
	atomic { ZONE; cached[0] = 1 }
out:
	atomic { ZONE; refill_running = 0; goto end_wait }
}

proctype cleanup()
{
	byte p;

end_wait:
	atomic { cleanup_pending -> ZONE; cleanup_pending = 0; cleanup_running = 1 }
	drain_exit(p);
	atomic { ZONE; cleanup_running = 0; goto end_wait }
}

/* labyrinth_zone_quiesce() and labyrinth_zone_release() */
inline finish(p)
{
	atomic { assert(!finishing); finishing = 1 }
#ifndef PLANT_NO_WAIT_BEFORE_RELEASE
	synchronize_rcu();
#endif
#ifndef PLANT_IRQ_WORK_NOT_WAITED
	irq_work_sync();
#endif
#ifndef PLANT_HANDLER_NOT_WAITED
	synchronize_rcu();
#endif
	/* cancel_work_sync() */
#ifndef PLANT_CLEANUP_NOT_CANCELLED
	atomic { ZONE; cleanup_pending = 0 }
	!cleanup_running;
#endif
	drain_exit(p);
	atomic { assert(!freed); freed = 1 }
}

proctype gone()
{
	byte p;

end_wait:
	atomic { gone_pending -> ZONE; gone_pending = 0 }
	finish(p);
	goto end_wait
}

proctype destroy()
{
	byte p, s;

	atomic { ZONE; destroying = 1 }
	/* labyrinth_zone_stop() */
	atomic { ZONE; alloc_attention = 1 }
	atomic { ZONE; zone_dying = 1 }
	atomic { ZONE; free_dying = 1 }
#ifndef PLANT_NO_RCU_WAIT
	synchronize_rcu();
#endif
	irq_work_sync();
	atomic { ZONE; refill_pending = 0 }
	!refill_running;
	/* labyrinth_zone_sweep() */
	do
	:: atomic {
		p < PAGES ->
		ZONE;
		s = state[p]
	   };
	   if
	   :: atomic { s == IDLE -> cached[p] = 0; put_page(p) }
	   :: s == LIVE ->
#ifdef PLANT_PIN_AFTER_MARK
		atomic {
			ZONE;
			if
			:: state[p] == LIVE -> state[p] = ORPHAN
			:: else -> goto next
			fi
		}
		atomic { ZONE; pins++ }
#else
		atomic { ZONE; pins++ }
		atomic {
			ZONE;
			if
			:: state[p] == LIVE -> state[p] = ORPHAN; goto next
			:: else
			fi
		}
		atomic { ZONE; assert(pins > 1); pins-- }
#endif
	   :: else
	   fi;
next:
	   p++
	:: atomic { p == PAGES -> p = 0; s = 0; break }
	od;
	atomic {
		ZONE;
		destroyed = 1;
		assert(pins);
		pins--;
		if
		:: pins -> goto out
		:: else
		fi
	}
	finish(p);
out:
	skip
}

/* When nothing happens any more. */
proctype account()
{
	byte p, live;

	timeout;
	atomic {
		assert(destroyed);
		do
		:: p < PAGES ->
			if
			:: holder[p] != NOBODY ->
				assert(!system[p] && state[p] == ORPHAN);
				live++
			:: else -> assert(system[p])
			fi;
			p++
		:: else -> break
		od;
		assert(freed == (live == 0));
		assert(freed || pins == live)
	}
}

init {
	byte p;

	atomic {
#ifdef FREE_ONLY
		/* Each page has been handed out, to one user after the other. */
		do
		:: p < PAGES ->
			system[p] = 0;
			state[p] = LIVE;
			holder[p] = p % USERS;
			held[p % USERS]++;
			p++
		:: else -> break
		od;
#endif
		run refill();
		run cleanup();
		run gone();
		run destroy();
		run account();
		run user(0);
		run user(1);
		run interrupt(0);
		run interrupt(1)
	}
}
