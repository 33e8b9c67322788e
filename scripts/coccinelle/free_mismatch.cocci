// SPDX-License-Identifier: GPL-2.0
/// Memory is freed with another order than it was allocated with, or by another family's function.
///
/// free_page() of what has an order leaks all but the first page; a larger order than the
/// allocation's frees pages that belong to others; kfree() of a page, free_pages() of what
/// kmalloc() returned, or a struct page given for an address corrupt the allocator.
///
//# What is freed is followed by its name to all that is assigned to it: a local variable in its
//# function, a field or a static variable in its file. Nothing is said unless all of that are
//# allocations and none of them fits, so a field of one name in two structures hides a mistake.
//# An element is followed only if elements are assigned to: who else fills an array is not known.
//# Two orders of which one is unknown are believed to be equal, unless the other is 0.
///
// Confidence: High
// Advice: free by the counterpart of the allocation, with its order or size: best kept beside the pointer.
// Needs: (alloc_page(s|s_node|s_exact)?|get_(free|zeroed|dma)_pages?) *\(
// URL: Documentation/audit.md#free_mismatch
// Options: --no-includes --include-headers

virtual report
virtual org

@initialize:python@
@@
import os
import re
import sys

# The rule's directory holds the modules, too.
rule = next(each for each in open("/proc/self/cmdline").read().split("\0") if each.endswith(".cocci"))
sys.path.insert(0, os.path.dirname(os.path.abspath(rule)))
import orders
import origins

SINGLE = {"free_page": False, "__free_page": True}	# whether they take a struct page
ORDERED = {"free_pages": False, "__free_pages": True}
SLAB = ("kfree", "kvfree", "kfree_sensitive")

reported = set()

def fits(p, free, arguments, origin):
    """Whether that is the way to free it, as far as can be told."""
    if origin.kind == "slab" or free in SLAB:
        return origin.kind == "slab" and free in SLAB
    if origin.kind == "exact":
        return free not in ORDERED
    if free == "free_pages_exact":
        return not origin.several()
    if origin.page != {**SINGLE, **ORDERED}[free]:
        return False
    if "split_page" in orders.function(origin.path, origin.line):
        return True
    order = arguments[1] if free in ORDERED else "0"
    if "".join(order.split()) == "".join(origin.order.split()):
        return True
    freed, taken = orders.values(p.file, order, p.line), origin.orders
    if freed is not None and taken is not None:
        return bool(freed & taken)
    return freed != {0} or taken is not None or origin.wrapped

def mismatch(p, free, arguments):
    """The message, or None."""
    arguments = orders.split(arguments)
    found = origins.origins(p.file, p.line, arguments[0])
    if not found or any(fits(p, free, arguments, each) for each in found) or (p.file, p.line) in reported:
        return None
    reported.add((p.file, p.line))
    origin = found[0]
    what = re.sub(r" ?(->|\.|\[) ?| (?=\])", r"\1", origins.bare(arguments[0]))
    order = f" of order {origin.order}" if origin.kind == "pages" and origin.order != "0" else ""
    return f"{what} is freed by {free}(), but comes from {origin.name}(){order}"

@freed@
identifier g = {free_page, __free_page, free_pages, __free_pages, free_pages_exact, kfree, kvfree,
                kfree_sensitive};
expression list arguments;
position q;
@@

g@q(arguments)

@script:python depends on report@
q << freed.q;
g << freed.g;
arguments << freed.arguments;
@@
message = mismatch(q[0], g, arguments)
if message:
    coccilib.report.print_report(q[0], message)

@script:python depends on org@
q << freed.q;
g << freed.g;
arguments << freed.arguments;
@@
message = mismatch(q[0], g, arguments)
if message:
    coccilib.org.print_todo(q[0], message)
