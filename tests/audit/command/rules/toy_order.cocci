// SPDX-License-Identifier: GPL-2.0
/// Two pages or more are asked for at once.
///
/// They run out first,
/// and <b>early</b>.
///
//# A variable is believed to be an order above 0.
///
// Confidence: High
// Advice: Ask for one page,
//   and for the next one then.
// Needs: \<alloc_pages\(
// URL: Documentation/audit.md#toy_order
// Options: --no-includes --include-headers

virtual report
virtual org

@r@
expression order != 0;
expression flags;
position p;
@@
alloc_pages@p(flags, order)

@script:python depends on report@
p << r.p;
order << r.order;
@@
coccilib.report.print_report(p[0], f"order {order} is more than one page")

@script:python depends on org@
p << r.p;
@@
coccilib.org.print_todo(p[0], "more than one page")
