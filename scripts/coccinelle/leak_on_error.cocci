// SPDX-License-Identifier: GPL-2.0
/// A page is allocated, and a later error path returns without freeing it.
///
/// Nobody else knows of the page, so it is lost until the next boot, and error paths are taken
/// again and again by whoever finds out how.
///
//# A page counts as kept once its variable, or a name it was given, is stored, returned or handed
//# to a function that is not known to leave it alone; so a leak after such a call is not seen.
//# Fields are not followed: their owner usually frees them later.
///
// Confidence: Moderate
// Advice: free the page on that path, with the others' label, or declare its variable __free().
// Needs: (alloc_page|get_(free|zeroed|dma)_page|folio_alloc)s?(_node|_exact)? *\(
// URL: Documentation/audit.md#leak_on_error
// Options: --no-includes --include-headers

virtual report
virtual org

@initialize:python@
@@
import os
import re
import sys

# The rule's directory holds the module, too.
rule = next(each for each in open("/proc/self/cmdline").read().split("\0") if each.endswith(".cocci"))
sys.path.insert(0, os.path.dirname(os.path.abspath(rule)))
import orders

reported = set()

FREE = r"\b\w*(?:free|put|release|destroy|kunmap)\w*\s*\([^;]*\b{x}\b[^;]*\)\s*;"

def temporary(body, x):
    """The function frees it at its end, whatever came of it: nobody it was lent to keeps it."""
    frees = list(re.finditer(FREE.format(x=x), body))
    if not frees:
        return False
    before, after = body[:frees[-1].start()], body[frees[-1].end():]
    if re.search(r"\b(?:if|while|for|goto|switch)\b", after):
        return False
    labels = re.split(r"\n\s?\w+:[ \t]*(?=\n)", before)
    for block in labels[:-1]:
        # What is above the label goes by it: only errors come here.
        if re.search(r"\n\t(?:return\b[^;]*|goto\s+\w+);\s*$", block):
            return False
    return bool(re.search(rf"(?:^|\n)\t(?:if\s*\([^;{{]*\b{x}\b[^;{{]*\)\s*)?$", before))

def kept(body, x):
    """Its address, or the page itself, has another name, which may be the one that is freed."""
    return re.search(rf"[^=!<>]=\s*(?:\([^()]*\)\s*)?(?:page_address\s*\(\s*)?{x}\b\s*\)?\s*[;+]", body)

def freed_beside(p, r, x):
    """One branch of the block that the return ends frees it: the other has a reason not to."""
    lines = orders.text(r.file).split("\n")
    depth = 0
    for number in range(int(r.line) - 2, int(p.line) - 1, -1):
        depth += lines[number].count("}") - lines[number].count("{")
        if depth < 0:
            return re.search(FREE.format(x=x), "\n".join(lines[number:int(r.line) - 1]))
    return None

def message(p, r, x, f, lent=False, mapped=False):
    """What to say of a return; None: nothing, or it was said already."""
    body = orders.function(p.file, p.line)
    value = orders.value("\n".join(orders.text(r.file).split("\n")[int(r.line) - 1:][:20]), 0)
    returned = value.removeprefix("return").strip()
    if (re.search(rf"\b{x}\s+__free\s*\(|\bstatic\b[^;()]*\b{x}\b", body.partition("{")[2])
            or re.search(rf"\b{x}\b", value) or returned in ("", "0", "true") or (r.file, r.line) in reported):
        return None
    # if (err) free(x); return err;
    if returned.isidentifier() and re.search(
            rf"\bif\s*\(\s*(?:unlikely\()?!?{returned}\b[^;{{]*\)\s*(?:\{{[^}}]*|[^;{{]*)\b{x}\b", body):
        return None
    between = "\n".join(orders.text(p.file).split("\n")[int(p.line) - 1:int(r.line)])
    if freed_beside(p, r, x):
        return None
    if lent and not temporary(body, x) or mapped and kept(between, x):
        return None
    reported.add((r.file, r.line))
    return f"{x}, which {f}() returned on line {p.line}, is not freed before this return"

@taken@
local idexpression x;
identifier f = {alloc_page, alloc_pages, alloc_pages_node, __alloc_pages_node, dev_alloc_page,
                dev_alloc_pages, __dev_alloc_page, __dev_alloc_pages, folio_alloc, __get_free_page,
                __get_free_pages, get_zeroed_page, __get_dma_pages, alloc_pages_exact};
type T;
position p;
@@

(
 x = f@p(...)
|
 x = (T)f@p(...)
)

@looked@
local idexpression taken.x;
identifier safe = {memset, memcpy, clear_page, clear_highpage, clear_user_page, copy_page, copy_highpage,
                   kmap, kmap_atomic, kmap_local_page, kunmap, kunmap_local, PageHighMem, strcpy, strscpy,
                   sprintf, snprintf, scnprintf, copy_from_user, copy_to_user, lock_page, unlock_page,
                   SetPageUptodate, zero_user, zero_user_segment, dev_dbg, dev_err, pr_debug, pr_err, printk};
type T;
position n;
@@

(
 safe(..., x@n, ...)
|
 safe(..., (T)x@n, ...)
)

@leak exists@
local idexpression taken.x;
identifier taken.f, l;
type T;
expression e;
position taken.p, r;
position n != looked.n;
@@

(
 x = f@p(...)
|
 x = (T)f@p(...)
)
 ... when != x@n
(
 if (x == NULL) return ...;
|
 if (x == NULL) { ... return ...; }
|
 if (x == NULL) goto l;
|
 if (x == NULL) { ... goto l; }
)
 ... when != x@n
(
 return@r e;
|
 return@r;
)

@tested exists@
local idexpression taken.x;
identifier taken.f, l;
type T;
expression e;
position taken.p, r;
position n != looked.n;
@@

(
 if (\((x = f@p(...)) == NULL\|(x = (T)f@p(...)) == NULL\)) return ...;
|
 if (\((x = f@p(...)) == NULL\|(x = (T)f@p(...)) == NULL\)) { ... return ...; }
|
 if (\((x = f@p(...)) == NULL\|(x = (T)f@p(...)) == NULL\)) goto l;
|
 if (\((x = f@p(...)) == NULL\|(x = (T)f@p(...)) == NULL\)) { ... goto l; }
)
 ... when != x@n
(
 return@r e;
|
 return@r;
)

@both exists@
local idexpression taken.x;
identifier taken.f;
type T;
expression e, other;
position taken.p, r;
@@

(
 x = f@p(...)
|
 x = (T)f@p(...)
)
 ... when != x
 if (\(x == NULL || other\|other || x == NULL\)) {
 ... when != x
(
 return@r e;
|
 return@r;
)
 }

@mapped exists@
local idexpression taken.x;
identifier taken.f;
type T;
expression e, dma;
identifier map = {dma_map_page, dma_map_single, dma_map_page_attrs, dma_map_single_attrs, pci_map_page};
position taken.p, r;
@@

(
 x = f@p(...)
|
 x = (T)f@p(...)
)
 ... when any
     when != x = e
 dma = map(..., <+... x ...+>, ...)
 ... when != x
 if (<+... dma_mapping_error(..., dma) ...+>) {
 ... when != x
(
 return@r e;
|
 return@r;
)
 }

@lent exists@
local idexpression taken.x;
identifier taken.f, l;
identifier g =~ "free|put|release|destroy";
type T;
expression e, e2;
position taken.p, r;
@@

(
 x = f@p(...)
|
 x = (T)f@p(...)
)
 ... when != x
(
 if (x == NULL) return ...;
|
 if (x == NULL) { ... return ...; }
|
 if (x == NULL) goto l;
|
 if (x == NULL) { ... goto l; }
)
 ... when != g(..., <+... x ...+>, ...)
     when != x = e2
     when != x == NULL
     when != x != NULL
     when != x == e2
     when != x != e2
(
 return@r e;
|
 return@r;
)

@owner exists@
local idexpression o;
identifier fld, l;
identifier f = {alloc_page, alloc_pages, alloc_pages_node, __alloc_pages_node, dev_alloc_page,
                dev_alloc_pages, __dev_alloc_page, __dev_alloc_pages, folio_alloc, __get_free_page,
                __get_free_pages, get_zeroed_page, __get_dma_pages, alloc_pages_exact};
identifier g;
type T;
position r;
@@

(
 o->fld = f(...)
|
 o->fld = (T)f(...)
)
 ... when != o->fld
(
 if (o->fld == NULL) return ...;
|
 if (o->fld == NULL) { ... return ...; }
|
 if (o->fld == NULL) goto l;
|
 if (o->fld == NULL) { ... goto l; }
)
 ... when != o->fld
     when != g(..., o, ...)
 kfree@r(o)

@script:python depends on report@
p << taken.p;
f << taken.f;
x << taken.x;
r << leak.r;
@@
said = message(p[0], r[0], x, f)
if said:
    coccilib.report.print_report(r[0], said)

@script:python depends on report@
p << taken.p;
f << taken.f;
x << taken.x;
r << tested.r;
@@
said = message(p[0], r[0], x, f)
if said:
    coccilib.report.print_report(r[0], said)

@script:python depends on report@
p << taken.p;
f << taken.f;
x << taken.x;
r << both.r;
@@
said = message(p[0], r[0], x, f)
if said:
    coccilib.report.print_report(r[0], said)

@script:python depends on report@
p << taken.p;
f << taken.f;
x << taken.x;
r << mapped.r;
@@
said = message(p[0], r[0], x, f, mapped=True)
if said:
    coccilib.report.print_report(r[0], said)

@script:python depends on report@
p << taken.p;
f << taken.f;
x << taken.x;
r << lent.r;
@@
said = message(p[0], r[0], x, f, lent=True)
if said:
    coccilib.report.print_report(r[0], said)

@script:python depends on report@
f << owner.f;
fld << owner.fld;
o << owner.o;
r << owner.r;
@@
coccilib.report.print_report(r[0], f"{o} is freed, but not its {fld}, which {f}() returned")

@script:python depends on org@
p << taken.p;
f << taken.f;
x << taken.x;
r << leak.r;
@@
said = message(p[0], r[0], x, f)
if said:
    coccilib.org.print_todo(r[0], said)

@script:python depends on org@
p << taken.p;
f << taken.f;
x << taken.x;
r << tested.r;
@@
said = message(p[0], r[0], x, f)
if said:
    coccilib.org.print_todo(r[0], said)

@script:python depends on org@
p << taken.p;
f << taken.f;
x << taken.x;
r << both.r;
@@
said = message(p[0], r[0], x, f)
if said:
    coccilib.org.print_todo(r[0], said)

@script:python depends on org@
p << taken.p;
f << taken.f;
x << taken.x;
r << mapped.r;
@@
said = message(p[0], r[0], x, f, mapped=True)
if said:
    coccilib.org.print_todo(r[0], said)

@script:python depends on org@
p << taken.p;
f << taken.f;
x << taken.x;
r << lent.r;
@@
said = message(p[0], r[0], x, f, lent=True)
if said:
    coccilib.org.print_todo(r[0], said)

@script:python depends on org@
f << owner.f;
fld << owner.fld;
o << owner.o;
r << owner.r;
@@
coccilib.org.print_todo(r[0], f"{o} is freed, but not its {fld}, which {f}() returned")
