/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Batches in the depot: does each come out as it went in, whatever is freed twice?
 *
 * mirrors src/cache.c labyrinth_depot_pop 5ce00acd9f17
 * mirrors src/cache.c labyrinth_batch_next 3479980e5547
 * mirrors src/cache.c labyrinth_batch_make f220bf3b1c13
 * mirrors src/cache.c labyrinth_cache_fill 812e8d8e22bd
 * mirrors src/cache.c labyrinth_cache_load 82826d0d70db
 * mirrors src/cache.c labyrinth_depot_gather abb64f2f89dc
 * mirrors src/cache.c labyrinth_depot_return 0d598c6e85c8
 * mirrors src/cache.c labyrinth_cache_spill 1384a2d05baa
 * mirrors src/cache.c labyrinth_depot_give 74fdf85617e9
 * mirrors src/cache.c labyrinth_depot_take 7ae989c1f408
 * mirrors src/stack.h labyrinth_desc_link 7333a27645a6
 * mirrors src/stack.h labyrinth_stack_push cb991054e111
 * mirrors src/stack.h labyrinth_stack_pop 09b8a5d29cd8
 *
 * Bounds: PROCS processes with any number of operations each; NODES descriptors; a
 * batch is made of up to two, a limit of LIMIT pages. A process may make a batch of
 * any descriptors at any time, of the same one twice as well, as if every page were
 * freed again and again. Who gathers several batches pops them one by one, and returns
 * each by a push, as here.
 *
 * The stack is that of stack.pml, with weights; its tag does not wrap here, and says
 * whether the head has changed since a process read it: changed[].
 *
 * Memory is sequentially consistent here. The code relies on, besides what stack.pml
 * says: the links and the weight of a batch being written before the compare-and-
 * exchange that pushes it, which is fully ordered, and read after the one that pops
 * it; the release of unlink.
 *
 * run batch -DNODES=2 -DLIMIT=2
 * run batch-full -DNODES=2 -DLIMIT=1
 * plant link-not-claimed
 * plant tag-not-bumped
 * plant unlinked-before-read
 */
#define PROCS	2
#ifndef NODES
#define NODES	2
#endif
#ifndef LIMIT
#define LIMIT	2
#endif
#define NIL	NODES

byte head = NIL;
bit changed[PROCS];

byte below[NODES];
byte depth[NODES];
byte weight[NODES];
byte next[NODES];

/* What must be: the pages stacked, and the batch that each leads. */
byte pages;
bit there[NODES];
byte length[NODES];
byte follows[NODES];

#define READ_HEAD	old = head; changed[_pid] = 0
#define SAME_HEAD	(head == old && !changed[_pid])
#ifdef PLANT_TAG_NOT_BUMPED
#define CHANGE(new)	head = new
#else
#define CHANGE(new)	head = new; changed[0] = 1; changed[1] = 1
#endif

active [PROCS] proctype cpu()
{
	byte old, node, other, nr, d, limit, i;

end_idle:
	atomic {
		limit = LIMIT;
		if
		:: goto make
		:: nr = 0; goto pop	/* labyrinth_cache_fill() */
		:: nr = 1; goto pop	/* labyrinth_depot_take() */
		fi
	}

make:
	/* labyrinth_batch_make() of one or two */
	atomic { select (node : 0 .. NODES - 1); i = 0; nr = 0; old = NIL }
	do
	:: i < 2 ->
		atomic {
			i++;
#ifdef PLANT_LINK_NOT_CLAIMED
			weight[node] = 1;
#else
			if
			:: weight[node] -> goto skipped	/* freed twice */
			:: else -> weight[node] = 1
			fi
#endif
		}
		atomic { next[node] = (old == NIL -> 0 : old); old = node; nr++ }
skipped:
		atomic { select (node : 0 .. NODES - 1) }
	:: break
	od;
	atomic {
		i = 0;
		node = old;
		old = 0;
		if
		:: nr == 0 -> goto done
		:: else
		fi
	}
	weight[node] = nr;

push:
	/* labyrinth_stack_push() */
	atomic { READ_HEAD }
push_again:
	atomic {
		d = (old == NIL -> 0 : depth[old]);
		if
		:: d + weight[node] > limit -> d = 0; goto push_refuse
		:: else
		fi
	}
	below[node] = old;
	atomic { depth[node] = d + weight[node]; d = 0 }
	atomic {
		if
		:: SAME_HEAD ->
			assert(pages + nr <= limit && depth[node] == pages + nr);
			assert(weight[node] == nr);
			pages = pages + nr;
			length[node] = nr;
			i = nr;
			other = node;
			do
			:: i > 0 ->
				/* Claimed, and on the stack once. */
				assert(!there[other] && weight[other]);
				there[other] = 1;
				i--;
				follows[other] = (i > 0 -> next[other] : 0);
				other = next[other]
			:: else -> break
			od;
			other = 0;
			CHANGE(node);
			goto done
		:: else -> READ_HEAD; goto push_again
		fi
	}
push_refuse:
	atomic {
		if
		:: SAME_HEAD -> assert(pages + nr > limit); changed[_pid] = 1
		:: else -> goto push
		fi
	}
	goto take_apart

pop:
	/* labyrinth_stack_pop() of one node */
	atomic { limit = nr; nr = 0; READ_HEAD }
pop_again:
	atomic {
		if
		:: old == NIL -> goto done
		:: else -> d = depth[old]
		fi
	}
	atomic {
		nr = weight[old];
		if
		:: d < nr -> goto pop_refuse
		:: else -> d = d - nr
		fi
	}
	other = below[old];
	atomic {
		if
		:: SAME_HEAD ->
			node = old;
			assert(there[node] && d == pages - length[node]);
			pages = d;
			d = 0;
			CHANGE(other);
			assert(pages == (head == NIL -> 0 : depth[head]));
			i = length[node];
			other = node;
			do
			:: i > 0 ->
				assert(there[other] && weight[other]);
				there[other] = 0;
				i--;
				assert(i == 0 || next[other] == follows[other]);
				follows[other] = 0;
				other = next[other]
			:: else -> break
			od;
			other = 0;
			old = 0
		:: else -> other = 0; d = 0; nr = 0; READ_HEAD; goto pop_again
		fi
	}
	/* labyrinth_depot_pop(): the weight is read once more, now that it is ours */
	nr = weight[node];
	atomic {
		assert(nr == length[node]);
		length[node] = 0;
		if
		:: limit == 0 -> goto take_apart
		:: else
		fi
	}
	/* labyrinth_depot_take(): the first, and the rest goes back */
	other = next[node];
	atomic { assert(!there[node] && weight[node]); weight[node] = 0; next[node] = 0; node = 0; nr-- }
	if
	:: nr > 0 -> atomic { node = other; other = 0; weight[node] = nr };
	   limit = 2 * NODES;
	   goto push
	:: else -> goto done
	fi;
pop_refuse:
	atomic {
		if
		:: SAME_HEAD -> assert(pages < nr); goto done	/* unreached */
		:: else -> d = 0; nr = 0
		fi
	}
	atomic { READ_HEAD; goto pop_again }

take_apart:
	/* labyrinth_batch_next() for each */
	do
	:: nr > 0 ->
#ifdef PLANT_UNLINKED_BEFORE_READ
		weight[node] = 0;
		other = next[node];
#else
		other = next[node];
		atomic { assert(!there[node] && weight[node]); weight[node] = 0; next[node] = 0 }
#endif
		atomic { nr--; node = other; other = 0 }
	:: else -> break
	od;
done:
	atomic {
		old = 0; node = 0; other = 0; nr = 0; d = 0; i = 0;
		changed[_pid] = 1;
		goto end_idle
	}
}
