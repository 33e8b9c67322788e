// SPDX-License-Identifier: GPL-2.0
/// More than one page in one piece is asked for in atomic context, and nothing smaller is tried.
///
/// An atomic request can neither reclaim nor compact. Pages in one piece run out long before
/// memory does, once it is fragmented: such a request fails on a machine with gigabytes free,
/// and does so for as long as the fragmentation lasts, not for a moment.
///
//# An order that is a variable or a field is believed to be more than 0 unless all that the file
//# assigns to it is known to be 0. A mask that the caller passes in is not looked at. A fallback
//# in a caller is not seen; neither is one that does without the memory, nor what is in a function
//# that spatch cannot parse (BPF_CALL_1() and the like).
///
// Confidence: High
// Advice: take single pages (order 0), fall back to them with __GFP_NORETRY | __GFP_NOWARN on the
//   first attempt, or allocate the piece beforehand, where sleeping is allowed.
// Needs: (alloc_pages|get_free_pages|get_dma_pages|folio_alloc|k[mz]alloc\([^;]*(SIZE|SZ_|LEN|MAX|[0-9]{5}).*GFP_(ATOMIC|NOWAIT))
// URL: Documentation/audit.md#atomic_order
// Options: --no-includes --include-headers

virtual report
virtual org

@initialize:python@
@@
import os
import sys

# The rule's directory holds the module, too.
rule = next(each for each in open("/proc/self/cmdline").read().split("\0") if each.endswith(".cocci"))
sys.path.insert(0, os.path.dirname(os.path.abspath(rule)))
import orders

SLAB = 2 << orders.PAGE_SHIFT	# what is larger, kmalloc() takes from the page allocator
fallbacks = set()
reported = set()

def place(p):
    return p.file, p.line, p.column

def asked(p, f, arguments):
    """How the piece is called that is asked for here; None: one page, or not in atomic context."""
    where = p.file, p.line
    gfp, order, size = orders.call(f, arguments)
    masks = ["GFP_ATOMIC"] if gfp is None else orders.local(*where, gfp) or [gfp]
    if not all("GFP_ATOMIC" in mask or "GFP_NOWAIT" in mask for mask in masks):
        return None
    if size is not None:
        number = orders.largest(p.file, size, p.line)
        limit = SLAB if f.startswith("k") else 1 << orders.PAGE_SHIFT
        return f"{number} bytes in one piece" if number is not None and number > limit else None
    if not orders.several(*where, order) or orders.decreases(*where, order):
        return None
    return f"order {order}"

def once(p):
    if place(p) in fallbacks or (p.file, p.line) in reported:
        return False
    reported.add((p.file, p.line))
    return True

@ask@
identifier f = {alloc_pages, __get_free_pages, __get_dma_pages, __dev_alloc_pages, folio_alloc,
                alloc_pages_node, __alloc_pages_node, dev_alloc_pages, alloc_pages_exact, kmalloc,
                kzalloc};
expression list arguments;
position p;
@@

f@p(arguments)

@script:python big@
p << ask.p;
f << ask.f;
arguments << ask.arguments;
piece;
@@
found = asked(p[0], f, arguments)
if found is None:
    cocci.include_match(False)
else:
    coccinelle.piece = cocci.make_ident(found)

@smaller exists@
expression x;
type T;
identifier ask.f;
identifier g = {alloc_page, __get_free_page, get_zeroed_page, dev_alloc_page, __dev_alloc_page,
                alloc_pages, __get_free_pages, vmalloc, vzalloc, __vmalloc, kvmalloc, kvzalloc};
position ask.p;
position other;
@@

(
 x = f@p(...)
|
 x = (T)f@p(...)
)
 ... when any
(
 x = g@other(...)
|
 x = (T)g@other(...)
)

@script:python@
p << ask.p;
other << smaller.other;
@@
if place(p[0]) != place(other[0]):
    fallbacks.add(place(p[0]))

@otherwise exists@
expression x, e;
type T;
identifier ask.f;
position ask.p;
@@

(
 x = f@p(...)
|
 x = (T)f@p(...)
)
 ... when != x
 if (x == NULL) {
 ... when any
 x = e
 ... when any
 }

@script:python@
p << ask.p;
e << otherwise.e;
@@
fallbacks.add(place(p[0]))

@script:python depends on report@
p << ask.p;
f << ask.f;
piece << big.piece;
@@
if once(p[0]):
    coccilib.report.print_report(
        p[0], f"{f}() asks for {piece} in atomic context and has no smaller fallback")

@script:python depends on org@
p << ask.p;
f << ask.f;
piece << big.piece;
@@
if once(p[0]):
    coccilib.org.print_todo(p[0], f"{f}() asks for {piece} in atomic context and has no smaller fallback")
