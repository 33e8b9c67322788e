// SPDX-License-Identifier: GPL-2.0
/// An allocation with __GFP_NOWARN fails and nobody is told.
///
/// __GFP_NOWARN says that the caller deals with the failure. Where it neither falls back nor counts
/// nor returns an error, work is dropped with no trace at all: not in the log, not in the
/// statistics, not at the caller. Such a loss is only ever found by guessing.
///
//# Work that is optional, or tried again soon, is lost without harm and reported all the same, unless
//# GFP_NOWAIT or __GFP_NORETRY says so; and so is what the caller notices by a side effect. Failures that
//# are told in a helper on the failing path are seen as such. Masks in variables are followed within
//# the function only.
///
// Confidence: Low
// Advice: Count the failure where an administrator sees it, return an error, or fall back; or leave out
//   __GFP_NOWARN.
// Needs: __GFP_NOWARN
// URL: Documentation/audit.md#nowarn_silent
// Options: --no-includes --include-headers

virtual report
virtual org

@initialize:python@
@@

import re

seen = set()

# Expressions come with a space around everything.
def tidy(text):
    return re.sub(r" ?(->|\.|\[) ?|(?<=\w) (?=\()|(?<=\() | (?=[\])])",
                  lambda m: m.group(1) or "", text)

def tell(p, name, f, say):
    if (p.file, p.line) not in seen:
        seen.add((p.file, p.line))
        say(p, f"{f}() of {tidy(name)} fails without a warning, a count or an error")

// Whoever does not even wait, or not try hard, can do without.
@optional@
identifier f =~ "alloc|get_free_page|get_zeroed_page|kmemdup|kstrdup";
position p;
@@

 f@p(..., <+... \(GFP_NOWAIT\|__GFP_NORETRY\) ...+>, ...)

@quiet@
expression x;
identifier f =~ "alloc|get_free_page|get_zeroed_page|kmemdup|kstrdup";
position p != optional.p;
type T;
@@

 x = (T)f@p(..., <+... __GFP_NOWARN ...+>, ...)

@silent@
expression quiet.x;
identifier quiet.f;
position quiet.p, q;
@@

 f@p(...)
 ... when != x
(
 if@q (unlikely(x == NULL)) return;
|
 if@q (unlikely(x == NULL)) { return; }
|
 if@q (unlikely(x == NULL)) return \(NETDEV_TX_OK\|IRQ_HANDLED\|IRQ_NONE\);
|
 if@q (unlikely(x == NULL)) { return \(NETDEV_TX_OK\|IRQ_HANDLED\|IRQ_NONE\); }
)

@script:python depends on report@
p << quiet.p;
q << silent.q;
x << quiet.x;
f << quiet.f;
@@

tell(p[0], x, f, coccilib.report.print_report)

@script:python depends on org@
p << quiet.p;
q << silent.q;
x << quiet.x;
f << quiet.f;
@@

tell(p[0], x, f, coccilib.org.print_todo)

// The same with a mask that the function has put together itself.
@mask exists@
identifier gfp, f =~ "alloc|get_free_page|get_zeroed_page|kmemdup|kstrdup";
type T2;
expression x;
position p;
@@

(
 gfp = <+... __GFP_NOWARN ...+>
|
 gfp |= <+... __GFP_NOWARN ...+>
)
 ...
 x = (T2)f@p(..., <+... gfp ...+>, ...)

@silent_mask@
expression mask.x;
identifier mask.f;
position mask.p, q;
@@

 f@p(...)
 ... when != x
(
 if@q (unlikely(x == NULL)) return;
|
 if@q (unlikely(x == NULL)) { return; }
|
 if@q (unlikely(x == NULL)) return \(NETDEV_TX_OK\|IRQ_HANDLED\|IRQ_NONE\);
|
 if@q (unlikely(x == NULL)) { return \(NETDEV_TX_OK\|IRQ_HANDLED\|IRQ_NONE\); }
)

@script:python depends on report@
p << mask.p;
q << silent_mask.q;
x << mask.x;
f << mask.f;
@@

tell(p[0], x, f, coccilib.report.print_report)

@script:python depends on org@
p << mask.p;
q << silent_mask.q;
x << mask.x;
f << mask.f;
@@

tell(p[0], x, f, coccilib.org.print_todo)

// A round without it, unless the next one tries with another size.
@skipped_quiet disable sizeof_type_expr exists@
expression quiet.x;
identifier quiet.f;
position quiet.p, q;
@@

(
 f@p(..., <+... sizeof(...) ...+>, ...)
|
 alloc_page@p(...)
)
 ... when != x
(
 if@q (unlikely(x == NULL)) continue;
|
 if@q (unlikely(x == NULL)) { continue; }
)

@script:python depends on report@
p << quiet.p;
q << skipped_quiet.q;
x << quiet.x;
f << quiet.f;
@@

tell(p[0], x, f, coccilib.report.print_report)

@script:python depends on org@
p << quiet.p;
q << skipped_quiet.q;
x << quiet.x;
f << quiet.f;
@@

tell(p[0], x, f, coccilib.org.print_todo)

// A round without it, unless the next one tries with another size.
@skipped_mask disable sizeof_type_expr exists@
expression mask.x;
identifier mask.f;
position mask.p, q;
@@

(
 f@p(..., <+... sizeof(...) ...+>, ...)
|
 alloc_page@p(...)
)
 ... when != x
(
 if@q (unlikely(x == NULL)) continue;
|
 if@q (unlikely(x == NULL)) { continue; }
)

@script:python depends on report@
p << mask.p;
q << skipped_mask.q;
x << mask.x;
f << mask.f;
@@

tell(p[0], x, f, coccilib.report.print_report)

@script:python depends on org@
p << mask.p;
q << skipped_mask.q;
x << mask.x;
f << mask.f;
@@

tell(p[0], x, f, coccilib.org.print_todo)
