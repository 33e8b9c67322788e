// SPDX-License-Identifier: GPL-2.0
/// A page is mapped in a loop.
///
/// It has spatch parse pages_in() as a loop, which it is to no other rule here.
///
// Confidence: Moderate
// Advice: Map all of them.
// Needs: kmap_atomic
// URL: Documentation/audit.md#toy_loop
// Options: --no-includes --include-headers

virtual report
virtual org

@r@
iterator name each_page, pages_in;
expression e, a;
position p;
@@
(
each_page(a) { <... kmap_atomic@p(e) ...> }
|
pages_in(a) { <... kmap_atomic@p(e) ...> }
)

@script:python depends on report@
p << r.p;
@@
coccilib.report.print_report(p[0], "mapped in a loop")

@script:python depends on org@
p << r.p;
@@
coccilib.org.print_todo(p[0], "mapped in a loop")
