// SPDX-License-Identifier: GPL-2.0
/// Memory that a user has the kernel keep, and that is charged to nobody.
///
/// A file operation takes memory that stays when the call has returned, as often as a user
/// likes to call, and no memory cgroup counts it: a container can take all that the machine
/// has, and the OOM killer then looks elsewhere.
///
//# Advisory. It sees what a file operation itself stores in a structure; whether there is
//# another limit (one opener at a time, a quota, privileges) it does not see, and there
//# often is one.
///
// Confidence: Low
// Advice: GFP_KERNEL_ACCOUNT for what lives as long as the user wants, if nothing else limits it.
// Needs: struct[[:space:]]+file_operations
// URL: Documentation/audit.md#account_missing
// Options: --no-includes --include-headers

virtual report
virtual org

@initialize:python@
@@

import os

tell = coccilib.report.print_report
operation = {}
root_only = set()
seen = set()

def say(p, f, where):
    of = operation.get((p[0].file, p[0].current_element))
    place = p[0].file, p[0].line, p[0].column
    if of and place not in seen:
        seen.add(place)
        tell(p[0], f"{f}() for {where} is charged to nobody, whoever calls {of}")

@initialize:python depends on org@
@@

tell = coccilib.org.print_todo

@debugfs@
expression a, b, c, d;
identifier ops, f = {debugfs_create_file, debugfs_create_file_unsafe, debugfs_create_file_size};
position p;
@@

 f(a, b, c, d, &ops@p, ...)

@script:python depends on report || org@
ops << debugfs.ops;
p << debugfs.p;
@@

root_only.add((p[0].file, ops))

@operations@
identifier ops, handler, o = {open, unlocked_ioctl, compat_ioctl, write, write_iter, mmap};
position p;
@@

 struct file_operations ops = { .o = handler@p, };

@script:python depends on report || org@
handler << operations.handler;
ops << operations.ops;
o << operations.o;
p << operations.p;
@@

# Files of debugfs are root's alone, and often in a source of their own.
if (p[0].file, ops) not in root_only and "debug" not in os.path.basename(p[0].file):
    operation[p[0].file, handler] = o

@charged@
identifier f;
position q;
@@

 f@q(..., <+... \(__GFP_ACCOUNT\|GFP_KERNEL_ACCOUNT\) ...+>, ...)

@stored@
expression E;
identifier m;
identifier f =~ "^(alloc_pages?|__get_free_pages?|get_zeroed_page|kv?[mzc]alloc(_array|_objs?)?|v[mz]alloc|kmemdup|memdup_user)$";
position p != charged.q;
@@

 E->m = f@p(...)

@script:python depends on report || org@
f << stored.f;
p << stored.p;
E << stored.E;
m << stored.m;
@@

say(p, f, E.replace(" ", "") + "->" + m)

// By way of a variable.
@moved exists@
local idexpression x;
expression E;
identifier m;
identifier f =~ "^(alloc_pages?|__get_free_pages?|get_zeroed_page|kv?[mzc]alloc(_array|_objs?)?|v[mz]alloc|kmemdup|memdup_user)$";
position p != charged.q;
@@

 x = f@p(...)
 ... when != x = ...
 E->m = x

@script:python depends on report || org@
f << moved.f;
p << moved.p;
E << moved.E;
m << moved.m;
@@

say(p, f, E.replace(" ", "") + "->" + m)
