// SPDX-License-Identifier: GPL-2.0
/// A zone is created, resized or destroyed, or a ticket reserved, in atomic context.
///
/// Labyrinth hands pages out in any context, and to be able to do so it fills, waits and
/// takes leave in process context only. What it does there sleeps each time, not only
/// when memory is short: with a lock held that is a dead-lock or a crash.
///
//# A lock is followed within one function, and into functions of the same file that are
//# called under it. One that a function of another file takes or drops is not seen.
///
// Confidence: Moderate
// Advice: Create, resize and destroy zones, and reserve tickets, where nothing is held: in
//   probe() and remove(), in a work item, before the lock is taken.
// Needs: labyrinth_(zone_(create|destroy|resize|inject)|ticket_reserve)
// URL: Documentation/audit.md#labyrinth_zone_atomic
// Options: --no-includes --include-headers

virtual report
virtual org

@initialize:python@
@@
import re

may_sleep, releasing, places = {}, set(), {}

def found(p, section, name):
    places.setdefault((p.file, int(p.line), int(p.column)),
                      (p, "%s() sleeps, but is called inside %s" % (name, section)))

def found_call(p, section, name):
    places.setdefault((p.file, int(p.line), int(p.column)),
                      (p, "%s() sleeps in %s(), but is called inside %s" %
                       (name, may_sleep[name][0], section)))

def found_handler(name, how):
    what, p = may_sleep[name]
    places.setdefault((p.file, int(p.line), int(p.column)),
                      (p, "%s() sleeps, but %s() is called by what %s names" %
                       (what, name, how)))

def scope_end(p):
    """The line on which the block around a position ends."""
    depth = 0
    with open(p.file, errors="replace") as source:
        lines = source.read().split("\n")
    for number in range(int(p.line) - 1, len(lines)):
        text = lines[number][int(p.column_end) if number == int(p.line) - 1 else 0:]
        for c in re.sub(r"'\\?.'|\"(\\.|[^\"])*\"", "", text):
            depth += (c == "{") - (c == "}")
            if depth < 0:
                return number + 1
    return len(lines)

// One run of spatch reads many files.
@script:python@
@@
may_sleep.clear()
releasing.clear()
places.clear()

// A function that drops a lock that it has not taken.
@releases exists@
identifier lock =~ "(spin|read|write|bh|tx|xa|task|sock|rcu)(_read)?_lock|^(local_irq|preempt|local_bh)_(save|disable)|get_cpu$";
identifier unlock =~ "(spin|read|write|bh|tx|xa|task|sock|rcu)(_read)?_unlock|^(local_irq|preempt|local_bh)_(restore|enable)|put_cpu$";
identifier g;
@@
g(...)
{
	... when != lock(...)
	unlock(...)
	... when any
}

@script:python@
g << releases.g;
@@
releasing.add(str(g))

// What a function of this file does before it takes or drops any lock.
@inner exists@
identifier unlock =~ "(?i)lock|release|acquire|disable|enable|guard";
identifier g;
identifier f = {labyrinth_zone_create,devm_labyrinth_zone_create,labyrinth_zone_destroy,labyrinth_zone_resize,labyrinth_zone_inject,labyrinth_ticket_reserve};
position p;
@@
g(...)
{
	... when != unlock(...)
	f@p(...)
	... when any
}

@script:python@
g << inner.g;
f << inner.f;
p << inner.p;
@@
may_sleep.setdefault(g, (f, p[0]))

@spin exists@
identifier lock = {spin_lock,spin_lock_bh,spin_lock_irq,spin_lock_irqsave,spin_lock_nested,spin_lock_irqsave_nested,raw_spin_lock,raw_spin_lock_bh,raw_spin_lock_irq,raw_spin_lock_irqsave,read_lock,read_lock_bh,read_lock_irq,read_lock_irqsave,write_lock,write_lock_bh,write_lock_irq,write_lock_irqsave,bh_lock_sock,netif_tx_lock,netif_tx_lock_bh,netif_addr_lock,netif_addr_lock_bh,task_lock,write_seqlock,write_seqlock_bh,write_seqlock_irq,write_seqlock_irqsave};
identifier unlock =~ "^(?!mutex_|rcu_|up_|srcu_|rtnl_|device_|inode_).*(unlock|release|relock)";
identifier dropping : script:python() { str(dropping) in releasing };
identifier f = {labyrinth_zone_create,devm_labyrinth_zone_create,labyrinth_zone_destroy,labyrinth_zone_resize,labyrinth_zone_inject,labyrinth_ticket_reserve};
position p;
@@
lock(...)
... when != unlock(...)
    when != dropping(...)
f@p(...)

@script:python@
p << spin.p;
lock << spin.lock;
f << spin.f;
@@
found(p[0], lock + "()", f)

@rcu exists@
identifier lock = {rcu_read_lock,rcu_read_lock_bh,rcu_read_lock_sched};
identifier unlock =~ "^(?!mutex_|(raw_)?(spin|read|write)_|up_|rtnl_|device_|inode_).*(unlock|release|relock)";
identifier dropping : script:python() { str(dropping) in releasing };
identifier f = {labyrinth_zone_create,devm_labyrinth_zone_create,labyrinth_zone_destroy,labyrinth_zone_resize,labyrinth_zone_inject,labyrinth_ticket_reserve};
position p;
@@
lock(...)
... when != unlock(...)
    when != dropping(...)
f@p(...)

@script:python@
p << rcu.p;
lock << rcu.lock;
f << rcu.f;
@@
found(p[0], lock + "()", f)

@off exists@
identifier lock = {local_irq_save,local_irq_disable,local_bh_disable,preempt_disable,get_cpu,get_cpu_var,get_cpu_ptr,raw_local_irq_save,raw_local_irq_disable};
identifier unlock =~ "(irq|preempt|bh|hardirq)_(restore|enable|on)|put_cpu|unlock_(irq|bh)";
identifier dropping : script:python() { str(dropping) in releasing };
identifier f = {labyrinth_zone_create,devm_labyrinth_zone_create,labyrinth_zone_destroy,labyrinth_zone_resize,labyrinth_zone_inject,labyrinth_ticket_reserve};
position p;
@@
lock(...)
... when != unlock(...)
    when != dropping(...)
f@p(...)

@script:python@
p << off.p;
lock << off.lock;
f << off.f;
@@
found(p[0], lock + "()", f)

@call depends on inner exists@
identifier lock = {spin_lock,spin_lock_bh,spin_lock_irq,spin_lock_irqsave,spin_lock_nested,spin_lock_irqsave_nested,raw_spin_lock,raw_spin_lock_bh,raw_spin_lock_irq,raw_spin_lock_irqsave,read_lock,read_lock_bh,read_lock_irq,read_lock_irqsave,write_lock,write_lock_bh,write_lock_irq,write_lock_irqsave,bh_lock_sock,netif_tx_lock,netif_tx_lock_bh,netif_addr_lock,netif_addr_lock_bh,task_lock,write_seqlock,write_seqlock_bh,write_seqlock_irq,write_seqlock_irqsave,rcu_read_lock,rcu_read_lock_bh,rcu_read_lock_sched,local_irq_save,local_irq_disable,local_bh_disable,preempt_disable,get_cpu,get_cpu_var,get_cpu_ptr,raw_local_irq_save,raw_local_irq_disable};
identifier unlock =~ "^(?!mutex_|up_|srcu_|rtnl_|device_|inode_).*(unlock|release|relock)|(irq|preempt|bh|hardirq)_(restore|enable|on)|put_cpu";
identifier dropping : script:python() { str(dropping) in releasing };
identifier f : script:python() { str(f) in may_sleep };
position p;
@@
lock(...)
... when != unlock(...)
    when != dropping(...)
f@p(...)

@script:python@
p << call.p;
lock << call.lock;
f << call.f;
@@
found_call(p[0], lock + "()", f)

// What is run in interrupts by its nature: handlers, timers, tasklets, transmission.
@registered depends on inner@
identifier how = {request_irq,request_threaded_irq,timer_setup,timer_setup_on_stack,tasklet_setup,setup_timer,tasklet_init};
identifier managed = {devm_request_irq,devm_request_threaded_irq};
identifier handler : script:python() { str(handler) in may_sleep };
expression e1, e2;
@@
(
how(e1, \(handler\|&handler\), ...)
|
managed(e1, e2, \(handler\|&handler\), ...)
)

@script:python@
how << registered.how = "devm_request_irq";
handler << registered.handler;
@@
found_handler(handler, how + "()")

@transmit depends on inner@
identifier s;
identifier handler : script:python() { str(handler) in may_sleep };
@@
struct net_device_ops s = { .ndo_start_xmit = handler, };

@script:python@
handler << transmit.handler;
@@
found_handler(handler, ".ndo_start_xmit")

// The section of a guard() ends with the block that it is in.
@guarded exists@
identifier class =~ "^(raw_)?spinlock|^(read|write)_lock|^(rcu|preempt|irq|irqsave|bh)(_notrace)?$";
identifier f = {labyrinth_zone_create,devm_labyrinth_zone_create,labyrinth_zone_destroy,labyrinth_zone_resize,labyrinth_zone_inject,labyrinth_ticket_reserve};
position p, pl;
@@
guard@pl(class)(...);
... when any
f@p(...)

@script:python@
p << guarded.p;
pl << guarded.pl;
class_ << guarded.class;
f << guarded.f;
@@
if int(p[0].line) <= scope_end(pl[0]):
    found(p[0], "guard(%s)" % class_, f)

@guarded_call exists@
identifier class =~ "^(raw_)?spinlock|^(read|write)_lock|^(rcu|preempt|irq|irqsave|bh)(_notrace)?$";
identifier f : script:python() { str(f) in may_sleep };
position p, pl;
@@
guard@pl(class)(...);
... when any
f@p(...)

@script:python@
p << guarded_call.p;
pl << guarded_call.pl;
class_ << guarded_call.class;
f << guarded_call.f;
@@
if int(p[0].line) <= scope_end(pl[0]):
    found_call(p[0], "guard(%s)" % class_, f)

@scoped@
iterator name scoped_guard;
identifier class =~ "^(raw_)?spinlock|^(read|write)_lock|^(rcu|preempt|irq|irqsave|bh)(_notrace)?$";
identifier f = {labyrinth_zone_create,devm_labyrinth_zone_create,labyrinth_zone_destroy,labyrinth_zone_resize,labyrinth_zone_inject,labyrinth_ticket_reserve};
expression list locks;
position p;
@@
scoped_guard(class, locks) {
<... f@p(...)
...>
}

@script:python@
p << scoped.p;
class_ << scoped.class;
f << scoped.f;
@@
found(p[0], "scoped_guard(%s)" % class_, f)

@script:python depends on report@
@@
for place in sorted(places):
    coccilib.report.print_report(*places[place])

@script:python depends on org@
@@
for place in sorted(places):
    coccilib.org.print_todo(*places[place])
