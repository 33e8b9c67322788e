// SPDX-License-Identifier: GPL-2.0
/// Charged memory that is kept in a pool.
///
/// What __GFP_ACCOUNT has charged stays charged to the first user's memory cgroup, and to
/// its parent once that is gone, until it is freed. A pool hands it to the next user
/// instead, and to the one after: the first pays for all.
///
//# A pool is known by its name (pool, cache, spare, recycle, free list, rx ring), or by what
//# keeps it (mempool, ptr_ring). A pool that belongs to one user, and goes when they go, is
//# reported as well.
///
// Confidence: Low
// Advice: Take what a pool keeps without __GFP_ACCOUNT; charge what is handed out, or leave it
//   uncharged and the pool small.
// Needs: GFP_ACCOUNT|GFP_KERNEL_ACCOUNT|SLAB_ACCOUNT
// URL: Documentation/audit.md#account_pool
// Options: --no-includes --include-headers

virtual report
virtual org

@initialize:python@
@@

import re

POOL = re.compile(r"pool|cache|spare|recycl|free_?list|reserve|(rx|tx|page)_?ring|stash|stock", re.I)
tell = coccilib.report.print_report
seen = set()

def tidy(text):
    return re.sub(r"^[&(]+", "", re.sub(r" ?(->|\.|\[|\]|&|\() ?", r"\1", text))

def say(place, f, where):
    key = (place.file, place.line, place.column)
    if key not in seen:
        seen.add(key)
        tell(place, f"{f}() charges what is kept in {where} for others")

@initialize:python depends on org@
@@

tell = coccilib.org.print_todo

// Straight into it.
@stored@
expression D;
identifier f;
position p;
@@

 D = f@p(..., <+... \(__GFP_ACCOUNT\|GFP_KERNEL_ACCOUNT\) ...+>, ...)

@script:python depends on report || org@
D << stored.D;
f << stored.f;
p << stored.p;
@@

# An array that is called so is the pool's own book-keeping, an element of it is kept there.
if re.search(r"\]$", D.strip()) and POOL.search(tidy(D)):
    say(p[0], f, tidy(D))

// By way of a variable.
@moved exists@
local idexpression x;
expression D;
identifier f, m, put = {list_add, list_add_tail, llist_add, hlist_add_head, ptr_ring_produce,
	__ptr_ring_produce, ptr_ring_produce_bh, ptr_ring_produce_irq};
position p;
@@

 x = f@p(..., <+... \(__GFP_ACCOUNT\|GFP_KERNEL_ACCOUNT\) ...+>, ...)
 ... when != x = ...
(
 put(&x->m, D)
|
 put(D, x)
|
 D = x
)

@script:python depends on report || org@
x << moved.x;
D << moved.D;
f << moved.f;
p << moved.p;
@@

if POOL.search(tidy(D)) and not POOL.search(x):
    say(p[0], f, tidy(D))

@mempool@
identifier f = {mempool_alloc, mempool_create, mempool_create_node, mempool_init_node};
position p;
@@

 f@p(..., <+... \(__GFP_ACCOUNT\|GFP_KERNEL_ACCOUNT\) ...+>, ...)

@script:python depends on report || org@
f << mempool.f;
p << mempool.p;
@@

say(p[0], f, "a mempool")

@charged_slab@
expression cache;
identifier f = {kmem_cache_create, kmem_cache_create_usercopy};
position p;
@@

 cache = f@p(..., <+... SLAB_ACCOUNT ...+>, ...)

@slab_pool@
expression charged_slab.cache;
identifier g = {mempool_create_slab_pool, mempool_init_slab_pool};
@@

 g(..., cache)

@script:python depends on slab_pool && (report || org)@
f << charged_slab.f;
p << charged_slab.p;
@@

say(p[0], f, "a mempool")
