// SPDX-License-Identifier: GPL-2.0
/// GFP_ATOMIC for a request that has a fallback.
///
/// GFP_ATOMIC may use up the reserve that interrupts depend on when memory is short. A
/// request that can do without should be the first to fail: with GFP_NOWAIT it does, and
/// leaves the reserve to those who have nothing else.
///
//# Only a fallback that does not run dry counts: another allocation, or what was to be
//# copied. Whether a slower one is worth the reserve is the driver's to know. That a
//# request matters to nobody, as one for a statistic, cannot be seen.
///
// Confidence: Moderate
// Advice: Use GFP_NOWAIT | __GFP_NOWARN for the attempt, and keep GFP_ATOMIC for what is
//   lost if it fails.
// Needs: GFP_ATOMIC
// URL: Documentation/audit.md#atomic_optional
// Options: --no-includes --include-headers

virtual report
virtual org

@initialize:python@
@@
import re

places = {}

def key(p):
    return (p.file, int(p.line), int(p.column))

def atomic(args):
    """Whether GFP_ATOMIC is there in any case, and its reserve not given up already."""
    text = str(args)
    return not re.search(r"[?~]|__GFP_NOMEMALLOC|__GFP_NOFAIL", text)

def another(expression):
    """Whether it is an allocation in its turn, and not the same again."""
    return bool(re.match(r"(\([\w* ]+\) ?)?\w*(alloc|get_free_page|kmemdup|kstrdup)\w* \(.*GFP_", expression)) \
        and "GFP_ATOMIC" not in expression

def original(f, args, expression):
    """Whether it is what was to be copied."""
    return bool(re.search(r"clone|copy|dup", f)) and str(args).split(" ,")[0] == expression

def said(expression):
    """A call by its name, all else as it is written."""
    for wide, narrow in ((" -> ", "->"), (" . ", "."), (" [ ", "["), (" ]", "]"), ("& ", "&")):
        expression = expression.replace(wide, narrow)
    return re.sub(r"^(?:\([\w* ]+\) ?)?(\w+) \(.*", r"\1()", expression)

def found(p, f, fallback, line):
    places.setdefault(key(p), (p, "%s(GFP_ATOMIC) has a fallback, %s in line %s" %
                               (f, fallback, line)))

// One run of spatch reads many files.
@script:python@
@@
places.clear()

@allocated@
identifier f =~ "alloc|get_free_page|get_zeroed_page|get_dma_pages|kmemdup|kstrdup|skb_clone|skb_copy|build_skb";
expression x;
expression list args;
type T, C;
identifier i;
position p;
@@
(
x = (C)\( f@p(args) \& f(..., <+... GFP_ATOMIC ...+>, ...) \);
|
T i = (C)\( f@p(args) \& f(..., <+... GFP_ATOMIC ...+>, ...) \);
)

// A variable that is declared with its result, and any other target, are one below.
@script:python target@
args << allocated.args;
assigned << allocated.x = "";
declared << allocated.i = "";
x;
@@
if (assigned or declared) and atomic(args):
    coccinelle.x = cocci.make_expr(assigned or declared)
else:
    cocci.include_match(False)

// On NULL, the pointer gets another value; and it is not to be as before an error.
@fallback exists@
position allocated.p, q;
constant c;
expression target.x;
expression e;
identifier f;
@@
f@p(...)
... when != x
if (\(!x\|x == NULL\|unlikely(!x)\|unlikely(x == NULL)\)) {
	... when != x
	x@q = e;
	... when != return -c;
}

@script:python@
e << fallback.e;
f << fallback.f;
args << allocated.args;
p << allocated.p;
q << fallback.q;
@@
if another(e) or original(f, args, e):
    found(p[0], f, said(e), q[0].line)

@script:python depends on report@
@@
for place in sorted(places):
    coccilib.report.print_report(*places[place])

@script:python depends on org@
@@
for place in sorted(places):
    coccilib.org.print_todo(*places[place])
