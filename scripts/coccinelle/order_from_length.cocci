// SPDX-License-Identifier: GPL-2.0
/// How much memory is taken in one piece is up to whoever makes the request: its length is not bounded.
///
/// A length from user space, or from a request, decides on the order. What is larger than a few
/// pages fails once memory is fragmented; what is larger than the page allocator's largest piece
/// makes it warn, which a user can have as often as he likes, and which ends a machine that has
/// panic_on_warn set.
///
//# Lengths are those that follow a __user pointer or a sockptr_t among a function's parameters,
//# the fields of a structure copied from user space, and what a SCSI command, a bio, a block
//# request or an iov_iter says of itself. Any comparison of the length in the function before
//# the allocation counts as its bound, whatever is compared, and so does a macro of the driver's
//# around it. A bound in a caller, in a helper or in the core of a subsystem is not seen.
///
// Confidence: High
// Advice: bound the length first, or take memory that needs not be in one piece: kvmalloc(), vmemdup_user(), a list of pages.
// Needs: (__user|sockptr_t|copy_from_user|scsi_bufflen|bi_size|blk_rq_bytes|iov_iter_count|msg_data_left|get_order)
// URL: Documentation/audit.md#order_from_length
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

USER = re.compile(r"(?:__user\s*\*+\s*\w+|sockptr_t\s+\w+)\s*,\s*(?:(?:unsigned|const|signed|long|int|size_t|ssize_t|u32|u64)\s+)+(\w+)")
COPIED = re.compile(r"\b(?:copy_from_user|copy_from_sockptr|get_user)\s*\(\s*&?(\w+)\s*,")
REQUEST = re.compile(r"\b(?:scsi_bufflen|blk_rq_bytes|iov_iter_count|msg_data_left)\s*\([^()]*\)|"
                     r"\b\w+(?:->|\.)bi_iter\.bi_size\b")
ROUNDING = {"ALIGN", "PAGE_ALIGN", "DIV_ROUND_UP", "SKB_DATA_ALIGN", "BITS_TO_LONGS", "PFN_UP", "MAX"}
reported = set()
tell = coccilib.report.print_report

def before(p):
    """The function's parameters, and its text up to the allocation."""
    for start, end, body in orders.functions(p.file):
        if start <= int(p.line) <= end:
            head, _, inner = body.partition("{")
            return head, "\n".join(body.split("\n")[:int(p.line) - start])[len(head):]
    return "", ""

def bounded(length, text):
    """The text compares the length, or has it, or what it is a field of, checked."""
    name = re.escape(length) + r"(?!\w)"
    whole = re.escape(re.split(r"->|\.", length)[0]) + r"\b"
    return re.search(rf"{name}\s*(?:[<>]=?|[!=]=\s*(?!0\b))(?![<>])|[\w)]\s*(?:[<>]=?|[!=]=)\s*(?:\([^()]*\)\s*)?{name}|"
                     rf"\b(?:\w*min|\w*max|clamp|min_t|clamp_t|clamp_val)\s*\([^;]*{name}|switch\s*\(\s*{name}|"
                     rf"\b\w*(?:valid|check|verify)\w*\s*\([^;]*\b{whole}", text)

def unbounded(p, size):
    """The length that decides on the size and that nobody has bounded, or None."""
    expression = re.sub(r"\s*(->|\.|\(|\))\s*", r"\1", str(size))
    head, text = before(p)
    if expression.isidentifier():
        given = re.findall(rf"(?<![\w.>]){expression}\s*=\s*([^=;][^;]*);", text)
        if bounded(expression, text):
            return None
        expression = given[-1] if given else expression
    if re.search(r"\b(?:\w*min|clamp)\w*\(|(?<![&(])\s*&(?!&)\s*\w|%", expression):
        return None
    if any(each not in ROUNDING for each in re.findall(r"\b([A-Z][A-Z0-9_]+)\(", expression)):
        return None	# a macro may take but some bits of it
    found = [each for each in USER.findall(head) if re.search(rf"(?<![\w.>]){each}\b(?!->|\.)", expression)]
    if not re.search(r"\bstatic\b", head):
        found = []	# a helper: whoever calls it has looked
    copied = set(COPIED.findall(text))
    found += [each[0] for each in re.finditer(r"\b(\w+)(?:(?:->|\.)\w+)+|\b\w+\b", expression) if (each[1] or each[0]) in copied]
    found += [each[0] for each in REQUEST.finditer(expression)]
    return next((each for each in found if not bounded(each, text) and f"sizeof({each}" not in expression), None)

def message(p, f, size):
    length = unbounded(p, size)
    if length is None or (p.file, p.line) in reported:
        return None
    reported.add((p.file, p.line))
    return f"{length}, which nobody has bounded here, decides how much {f}() takes in one piece"

@initialize:python depends on org@
@@

tell = coccilib.org.print_todo

@sized@
identifier f = {kmalloc, kzalloc, kmalloc_node, kzalloc_node, alloc_pages_exact};
expression size, gfp;
position p;
@@

f@p(size, gfp, ...)

@paged@
identifier f = {alloc_pages, __get_free_pages, __dev_alloc_pages};
expression order, gfp;
position p;
@@

f@p(gfp, order)

@counted@
identifier f = {kmalloc_array, kcalloc};
expression n, size, gfp;
position p;
@@

f@p(n, size, gfp)

@script:python depends on report || org@
p << sized.p;
f << sized.f;
size << sized.size;
gfp << sized.gfp;
@@
said = None if "NOWARN" in gfp else message(p[0], f, size)
if said:
    tell(p[0], said)

@script:python depends on report || org@
p << paged.p;
f << paged.f;
order << paged.order;
@@
said = message(p[0], f, order)
if said:
    tell(p[0], said)

@script:python depends on report || org@
p << counted.p;
f << counted.f;
n << counted.n;
gfp << counted.gfp;
@@
said = None if "NOWARN" in gfp else message(p[0], f, n)
if said:
    tell(p[0], said)
