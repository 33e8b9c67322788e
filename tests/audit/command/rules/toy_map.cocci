// SPDX-License-Identifier: GPL-2.0
/// A page is mapped.
///
/// This one is off by default.
///
// Confidence: Low
// Advice: Do not.
// Needs: kmap_atomic
// URL: Documentation/audit.md#toy_map
// Options: --no-includes --include-headers

virtual report
virtual org

@r@
expression e;
position p;
@@
kmap_atomic@p(e)

@script:python depends on report@
p << r.p;
e << r.e;
@@
coccilib.report.print_report(p[0], f"{e} is mapped")

@script:python depends on org@
p << r.p;
@@
coccilib.org.print_todo(p[0], "mapped")
