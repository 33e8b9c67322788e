// SPDX-License-Identifier: GPL-2.0
/// A charged allocation where there is nobody to charge.
///
/// __GFP_ACCOUNT charges the memory cgroup of the current task. An interrupt, a timer, a
/// tasklet or NAPI runs on top of whoever happened to be there, and the kernel charges
/// nobody then; a work item runs in a kernel thread, which belongs to no user's cgroup. The
/// flag promises a limit that is not there.
///
//# Sees functions that are registered as handlers in the same file, not what they call.
//# A work item that charges somebody else's cgroup, by set_active_memcg(), is left alone.
///
// Confidence: Moderate
// Advice: Charge where the user's request comes in, in its task; or charge the cgroup kept from
//   there, between set_active_memcg() and its counterpart; else leave __GFP_ACCOUNT out.
// Needs: GFP_ACCOUNT|GFP_KERNEL_ACCOUNT
// URL: Documentation/audit.md#account_atomic
// Options: --no-includes --include-headers

virtual report
virtual org

@initialize:python@
@@

tell = coccilib.report.print_report
context = {}
seen = set()

@initialize:python depends on org@
@@

tell = coccilib.org.print_todo

@interrupt@
identifier handler;
expression a, b, c;
position p;
@@

(
 request_irq(a, handler@p, ...)
|
 devm_request_irq(a, b, handler@p, ...)
|
 request_percpu_irq(a, handler@p, ...)
|
 request_threaded_irq(a, handler@p, ...)
|
 devm_request_threaded_irq(a, b, handler@p, ...)
|
 netif_napi_add(a, b, handler@p, ...)
|
 netif_napi_add_weight(a, b, handler@p, ...)
|
 netif_napi_add_tx(a, b, handler@p, ...)
|
 timer_setup(a, handler@p, c)
|
 hrtimer_setup(a, handler@p, ...)
|
 tasklet_setup(a, handler@p)
|
 tasklet_init(a, handler@p, c)
|
 init_irq_work(a, handler@p)
)

@script:python depends on report || org@
handler << interrupt.handler;
p << interrupt.p;
@@

context[p[0].file, handler] = "which an interrupt runs"

@timer@
struct hrtimer E;
identifier handler;
position p;
@@

 E.function = handler@p

@script:python depends on report || org@
handler << timer.handler;
p << timer.p;
@@

context[p[0].file, handler] = "which an interrupt runs"

@declared@
declarer name DEFINE_TIMER;
identifier x, handler;
position p;
@@

 DEFINE_TIMER(x, handler@p);

@script:python depends on report || org@
handler << declared.handler;
p << declared.p;
@@

context[p[0].file, handler] = "which an interrupt runs"

@work@
identifier handler;
expression a;
position p;
@@

(
 INIT_WORK(a, handler@p)
|
 INIT_DELAYED_WORK(a, handler@p)
|
 kthread_init_work(a, handler@p)
)

@script:python depends on report || org@
handler << work.handler;
p << work.p;
@@

context[p[0].file, handler] = "a work item"

@declared_work@
declarer name DECLARE_WORK, DECLARE_DELAYED_WORK;
identifier x, handler;
position p;
@@

(
 DECLARE_WORK(x, handler@p);
|
 DECLARE_DELAYED_WORK(x, handler@p);
)

@script:python depends on report || org@
handler << declared_work.handler;
p << declared_work.p;
@@

context[p[0].file, handler] = "a work item"

// A cgroup that was kept for this.
@another@
identifier set = {set_active_memcg, kthread_use_mm, kthread_associate_blkcg};
position p;
@@

 set@p(...)

@script:python depends on report || org@
p << another.p;
@@

context.pop((p[0].file, p[0].current_element), None)

@r@
identifier f;
position p;
@@

 f@p(..., <+... \(__GFP_ACCOUNT\|GFP_KERNEL_ACCOUNT\) ...+>, ...)

@script:python depends on report || org@
f << r.f;
p << r.p;
@@

handler = p[0].current_element
place = p[0].file, p[0].line, p[0].column
if (p[0].file, handler) in context and place not in seen:
    seen.add(place)
    tell(p[0], f"{f}() with __GFP_ACCOUNT in {handler}(), {context[p[0].file, handler]}, charges nobody")
