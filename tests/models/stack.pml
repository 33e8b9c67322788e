/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tagged stack of src/stack.h: can a descriptor be on it twice, or get lost?
 *
 * mirrors src/stack.h labyrinth_desc_link 7333a27645a6
 * mirrors src/stack.h labyrinth_desc_unlink 9ec0b5d55f95
 * mirrors src/stack.h labyrinth_head_next 9011a87ac53f
 * mirrors src/stack.h labyrinth_stack_unchanged 707adbe0ad98
 * mirrors src/stack.h labyrinth_stack_push cb991054e111
 * mirrors src/stack.h labyrinth_stack_pop 09b8a5d29cd8
 * mirrors src/stack.h labyrinth_stack_push_one 2f864534a357
 * mirrors src/stack.h labyrinth_stack_pop_one df854ec1ba67
 * mirrors src/stack.h labyrinth_desc_free_linked dc998b66a7ed
 * mirrors src/stack.h labyrinth_desc_alloc_linked c2e3b8c0ee66
 * mirrors src/stack.h labyrinth_stack_pop_all 40c1243b103d
 * mirrors src/stack.h labyrinth_stack_depth fc4c9fc11671
 * mirrors src/stack.h labyrinth_stack_next 4653dc9336de
 * mirrors src/reserve.c labyrinth_reserve_give 9cc81ccb557e
 *
 * Bounds: PROCS processes with any number of operations each, in any order;
 * NODES descriptors. A process is a CPU, or an interrupt of one: those interleave
 * less than two CPUs do. The reserve's side of the stack: each node weighs 1; the
 * depot's batches are in batch.pml.
 *
 * labyrinth_stack_push_one() and pop_one() are push and pop without what comes after a
 * refusal: their callers go on to those. To claim and unclaim a page together with its
 * state is to do so.
 *
 * A node may be pushed by anyone at any time, as if each page were freed again
 * and again: nothing but labyrinth_desc_link() stands between that and the stack.
 * ELSEWHERE is the node's life on another stack, which can leave any depth and any
 * valid index in it, so that whoever reads it through a stale head can read that.
 *
 * The tag is not kept as a number. A compare-and-exchange compares the tag that a
 * process has read with the one that is there, and the difference of the two is
 * the number of changes since, modulo the size of the tag's space: age[]. TAGS=0
 * is a tag that never wraps, and says all there is to say about one that is not
 * outlasted: "it changed". With TAGS=n it wraps after n changes, and nobody is outlasted by
 * n of them unless that is the planted fault.
 *
 * Memory is sequentially consistent here. The code relies on: every successful
 * compare-and-exchange is fully ordered, so a node's ->below and ->depth are there
 * before the head that leads to them; the smp_rmb() of unchanged, which keeps the
 * reads of a node before the second read of the head; the release of unlink, which
 * keeps the reads of the links before the claim is given up. A failed
 * compare-and-exchange orders nothing, and nothing is concluded from one: what was
 * read through its head is thrown away.
 *
 * run stack -DPROCS=2 -DNODES=3
 * run stack-elsewhere -DPROCS=2 -DNODES=2 -DLIMIT=2 -DELSEWHERE
 * run stack-three -DPROCS=3 -DNODES=2
 * run stack-wrap -DPROCS=2 -DNODES=3 -DTAGS=2
 * plant tag-not-bumped
 * plant tag-outlasted -DTAGS=4
 * plant refusal-not-confirmed
 * plant link-not-claimed
 */
#ifndef PROCS
#define PROCS	2
#endif
#ifndef NODES
#define NODES	3
#endif
#ifndef TAGS
#define TAGS	0
#endif
#define NIL	NODES
#ifndef LIMIT
#define LIMIT	(NODES - 1)
#endif
#define KEEP	1

/* The stack and its nodes. */
byte head = NIL;
byte below[NODES];
byte depth[NODES];
bit weight[NODES];

/* The tag; NOHEAD: holds no head. */
#define NOHEAD	255
byte age[PROCS] = NOHEAD;

/* What must be: the nodes in the order in which they were stacked. */
byte stacked[NODES];
byte height;
bit there[NODES];

#ifdef PLANT_REFUSAL_NOT_CONFIRMED
/* Was the stack, at some moment of this call, as the refusal says? */
byte wants[PROCS];
bit rightly[PROCS];
#define LOOK(p)								\
	if								\
	:: wants[p] == 1 && height + 1 > LIMIT -> rightly[p] = 1	\
	:: wants[p] >= 2 && height < wants[p] - 1 -> rightly[p] = 1	\
	:: else								\
	fi
#define BEGIN(w)	wants[_pid] = w; rightly[_pid] = 0; LOOK(_pid)
#define REFUSED(why)	assert(rightly[_pid]); wants[_pid] = 0; rightly[_pid] = 0
#else
#define LOOK(p)		skip
#define BEGIN(w)	skip
#define REFUSED(why)	assert(why)
#endif

/* atomic64_read() of the head, and what a failed compare-and-exchange returns. */
#define READ_HEAD	old = head; age[_pid] = 0
#define SAME_HEAD	(head == old && age[_pid] == 0)
#define DROP_HEAD	old = 0; age[_pid] = NOHEAD

/* Can the head change now, without somebody being outlasted? */
#if TAGS && !defined(PLANT_TAG_OUTLASTED)
#define SPARES(p)	(p >= PROCS || p == _pid || age[p % PROCS] != TAGS - 1)
#define MAY_CHANGE	(SPARES(0) && SPARES(1) && SPARES(2))
#else
#define MAY_CHANGE	true
#endif

inline change(new)
{
	head = new;
	i = 0;
	do
	:: i < PROCS ->
		LOOK(i);
		if
		:: age[i] == NOHEAD
		:: else ->
#ifdef PLANT_TAG_NOT_BUMPED
			skip
#elif TAGS
			age[i] = (age[i] + 1) % TAGS
#else
			age[i] = 1
#endif
		fi;
		i++
	:: else -> break
	od;
	i = 0
}

/* The stack as it is, against what it must be. */
inline check_whole()
{
	i = 0;
	last = head;
	do
	:: i < height ->
		assert(last == stacked[height - 1 - i]);
		assert(depth[last] == height - i);
		assert(weight[last] == 1);
		last = below[last];
		i++
	:: else -> break
	od;
	assert(last == NIL);
	i = 0;
	last = 0
}

inline note_pop(n)
{
	i = 0;
	do
	:: i < n -> height--; there[stacked[height]] = 0; stacked[height] = 0; i++
	:: else -> break
	od;
	i = 0
}

active [PROCS] proctype cpu()
{
	byte old, node, last, d, nr, keep, i;

idle:
	atomic {
		assert(old == 0 && node == 0 && last == 0 && d == 0 && nr == 0 && i == 0);
		if
		:: goto push
		:: nr = 1; goto pop
		:: nr = 2; goto pop
		:: nr = 1; keep = KEEP; goto pop
		:: goto pop_all
		:: goto look
#ifdef ELSEWHERE
		:: goto elsewhere
#endif
		fi
	}

push:
	/* labyrinth_reserve_give(): claim any node, idle or not. */
	atomic {
		select (node : 0 .. NODES - 1);
#ifdef PLANT_LINK_NOT_CLAIMED
		weight[node] = 1;
#else
		if
		:: weight[node] -> node = 0; goto idle
		:: else -> weight[node] = 1
		fi;
#endif
		BEGIN(1)
	}
	/* labyrinth_stack_push() */
	atomic { READ_HEAD }
push_again:
	atomic {
		if
		:: old == NIL -> d = 0
		:: else -> d = depth[old]
		fi;
		if
		:: d + 1 > LIMIT -> goto push_refuse
		:: else
		fi
	}
	below[node] = old;
	atomic { depth[node] = d + 1; d = 0 }
	atomic {
		if
		:: SAME_HEAD && MAY_CHANGE ->
			assert(!there[node]);
			assert(height + 1 <= LIMIT);
			stacked[height] = node;
			height++;
			there[node] = 1;
			change(node);
			check_whole();
			DROP_HEAD;
			node = 0;
			goto idle
		:: !SAME_HEAD -> READ_HEAD; goto push_again
		fi
	}
push_refuse:
	atomic {
		d = 0;
#ifndef PLANT_REFUSAL_NOT_CONFIRMED
		if
		:: SAME_HEAD
		:: else -> goto push_reread
		fi;
#endif
		REFUSED(height + 1 > LIMIT);
		DROP_HEAD
	}
	atomic { weight[node] = 0; node = 0; goto idle }
push_reread:
	atomic { READ_HEAD; goto push_again }

pop:
	/* labyrinth_stack_pop(); keep with nr 1 only, as its users do. */
	atomic { BEGIN(1 + nr + keep); READ_HEAD }
pop_again:
	atomic {
		if
		:: old == NIL ->
			/* It was so when the head was read: see check_whole(). */
			DROP_HEAD; nr = 0; keep = 0;
			goto idle
		:: else -> d = depth[old]
		fi
	}
	atomic {
		/* The weight is read for a single node only. */
		i = (nr > 1 -> nr : weight[old]);
		if
		:: d < i || d - i < keep -> goto pop_refuse
		:: else -> d = d - i
		fi;
		i = 1;
		last = old
	}
	do
	:: atomic {
		i < nr ->
		last = below[last];
		if
		:: last == NIL -> goto pop_refuse
		:: else -> i++
		fi
	   }
	:: else -> break
	od;
	/* The second read of ->below, then the compare-and-exchange. */
	atomic { i = below[last] }
	atomic {
		if
		:: SAME_HEAD && MAY_CHANGE ->
			assert(height >= nr + keep);
			assert(old == stacked[height - 1]);
			assert(last == stacked[height - nr]);
			assert(d == height - nr);
			d = i;
			i = 0;
			note_pop(nr);
			change(d);
			d = last;
			check_whole();
			last = d;
			d = 0;
			node = old;
			keep = 0;
			DROP_HEAD
		:: !SAME_HEAD -> i = 0; last = 0; d = 0; READ_HEAD; goto pop_again
		fi
	}
	/* labyrinth_stack_next() for each of the chain. */
	do
	:: nr > 1 ->
		atomic { d = below[node]; assert(d == last && !there[d]) }
		atomic {
			assert(weight[node] && !there[node]);
			weight[node] = 0;
			node = d;
			d = 0;
			nr--
		}
	:: else -> break
	od;
	atomic {
		assert(weight[node] && !there[node]);
		weight[node] = 0;
		node = 0; last = 0; nr = 0;
		goto idle
	}
pop_refuse:
	atomic {
		d = 0; last = 0; i = 0;
#ifndef PLANT_REFUSAL_NOT_CONFIRMED
		if
		:: SAME_HEAD
		:: else -> goto pop_reread
		fi;
#endif
		REFUSED(height < nr + keep);
		DROP_HEAD; nr = 0; keep = 0;
		goto idle
	}
pop_reread:
	atomic { READ_HEAD; goto pop_again }

pop_all:
	/* labyrinth_stack_pop_all(), drained as labyrinth_system_drain_exit() does */
	atomic {
		READ_HEAD;
		if
		:: old == NIL -> assert(height == 0); DROP_HEAD; goto idle
		:: else
		fi
	}
	atomic {
		if
		:: SAME_HEAD && MAY_CHANGE ->
			node = old;
			nr = height;
			note_pop(nr);
			change(NIL);
			DROP_HEAD
		:: !SAME_HEAD -> goto pop_all
		fi
	}
	do
	:: node != NIL ->
		atomic {
			/* As long, and in the order, in which they were stacked. */
			assert(nr > 0 && depth[node] == nr);
			d = below[node]
		}
		atomic {
			assert(weight[node] && !there[node]);
			weight[node] = 0;
			node = d;
			d = 0;
			nr--
		}
	:: else -> break
	od;
	atomic { assert(nr == 0); node = 0; goto idle }

look:
	/* labyrinth_stack_depth() */
	atomic {
		READ_HEAD;
		if
		:: old == NIL -> assert(height == 0); DROP_HEAD; goto idle
		:: else
		fi
	}
	d = depth[old];
	atomic {
		if
		:: SAME_HEAD -> assert(d == height); d = 0; DROP_HEAD; goto idle
		:: else -> d = 0; goto look
		fi
	}

#ifdef ELSEWHERE
elsewhere:
	atomic {
		select (node : 0 .. NODES - 1);
		if
		:: weight[node] -> node = 0; goto idle
		:: else -> weight[node] = 1
		fi
	}
	atomic {
		select (d : 0 .. NIL);
		below[node] = d;
		select (d : 1 .. NODES);
		depth[node] = d;
		d = 0
	}
	atomic { weight[node] = 0; node = 0; goto idle }
#endif
}
