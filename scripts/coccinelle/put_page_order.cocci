// SPDX-License-Identifier: GPL-2.0
/// A reference is put on pages in one piece (order > 0) that are no compound page.
///
/// put_page() and its kin see the first page only: it is freed as a single one once its count
/// falls to 0, and those that follow it are lost for good. No warning tells of it.
///
//# What is put is followed by its name to all that is assigned to it: a local variable in its
//# function, a field or a static variable in its file. Nothing is said unless all of that are
//# such allocations. An order that is not known is believed to be more than 0.
///
// Confidence: Moderate
// Advice: allocate with __GFP_COMP, or free with __free_pages() and the order once nobody else has the pages.
// Needs: (alloc_pages(_node)?|get_free_pages|get_dma_pages) *\(
// URL: Documentation/audit.md#put_page_order
// Options: --no-includes --include-headers

virtual report
virtual org

@initialize:python@
@@
import os
import sys

# The rule's directory holds the modules, too.
rule = next(each for each in open("/proc/self/cmdline").read().split("\0") if each.endswith(".cocci"))
sys.path.insert(0, os.path.dirname(os.path.abspath(rule)))
import orders
import origins

reported = set()

def whole(origin):
    """Pages that only __free_pages() frees as what they are."""
    return (origin.kind == "pages" and origin.several() and not origin.wrapped and not origin.compound()
            and "split_page" not in orders.function(origin.path, origin.line))

def lost(p, put, what):
    """The message, or None."""
    found = origins.origins(p.file, p.line, str(what))
    if not found or not all(map(whole, found)) or (p.file, p.line) in reported:
        return None
    reported.add((p.file, p.line))
    return (f"{put}() frees only the first page of {origins.bare(str(what))}, "
            f"which has order {found[0].order} and no __GFP_COMP")

@put@
identifier g = {put_page, folio_put, page_frag_free, skb_free_frag, put_user_page, unpin_user_page};
expression what;
position q;
@@

(
 g@q(what)
|
 g@q(page_folio(what))
)

@script:python depends on report@
q << put.q;
g << put.g;
what << put.what;
@@
message = lost(q[0], g, what)
if message:
    coccilib.report.print_report(q[0], message)

@script:python depends on org@
q << put.q;
g << put.g;
what << put.what;
@@
message = lost(q[0], g, what)
if message:
    coccilib.org.print_todo(q[0], message)
