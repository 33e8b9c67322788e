// SPDX-License-Identifier: GPL-2.0
/// An allocation that may sleep is made in atomic context.
///
/// Under a spinlock, with interrupts or preemption off, or in an RCU read-side section
/// nothing may sleep, and with GFP_KERNEL the allocator does as soon as memory is short.
/// That is rare, so tests pass; then the machine dead-locks, or RCU frees what is in use.
///
//# A lock is followed within one function, and into functions of the same file that are
//# called under it. One that a function of another file takes or drops is not seen, nor
//# are two conditions, other than c and !c, that keep lock and allocation apart, a mask
//# in a variable, or a function that is given a mask and makes no use of it.
///
// Confidence: Moderate
// Advice: Allocate before the lock is taken, or after it is dropped; only where
//   neither can be done, use GFP_ATOMIC and be ready for NULL.
// Needs: GFP_(KERNEL|USER|NOIO|NOFS|HIGHUSER)
// URL: Documentation/audit.md#sleep_in_atomic
// Options: --no-includes --include-headers

virtual report
virtual org

@initialize:python@
@@
import re

SLEEPS = re.compile(r"GFP_(KERNEL|KERNEL_ACCOUNT|USER|NOIO|NOFS|HIGHUSER|HIGHUSER_MOVABLE)$")
# Take a mask and do not allocate by it, or know by themselves when to drop the lock.
NO_ALLOCATION = re.compile(r"INIT_RADIX_TREE|might_|gfp|xa_init|__xa_|idr_init|RADIX_TREE"
                           r"|zonelist|mapping_set|memalloc|fs_reclaim|^(if|while|switch)$")

may_sleep, releasing, places = {}, set(), {}

def arguments(text):
    """The arguments of a call, split at the commas of its own level."""
    depth, start, found = 0, 0, []
    for i, c in enumerate(text):
        depth += (c in "([{") - (c in ")]}")
        if c == "," and not depth:
            found.append(text[start:i])
            start = i + 1
    return found + [text[start:]]

def sleeping_mask(text):
    """The flag by which an argument lets the allocator sleep, in any case; else None."""
    for argument in arguments(text):
        words = [w.strip(" ()") for w in argument.split("|")]
        if any(re.search(r"\W", w) for w in words):
            continue
        for word in words:
            if SLEEPS.match(word):
                return word
    return None

def sleeping_call(name, args):
    """How a call sleeps, said in words; None: it does not allocate, or does not sleep."""
    mask = None if NO_ALLOCATION.search(name) else sleeping_mask(str(args))
    return mask and "%s(%s)" % (name, mask)

def found(p, section, name, args):
    what = sleeping_call(name, args)
    if what:
        places.setdefault((p.file, int(p.line), int(p.column)),
                          (p, "%s may sleep, but is called inside %s" % (what, section)))

def found_call(p, section, name):
    places.setdefault((p.file, int(p.line), int(p.column)),
                      (p, "%s() may sleep in %s, but is called inside %s" %
                       (name, may_sleep[name][0], section)))

def found_handler(name, how):
    what, p = may_sleep[name]
    places.setdefault((p.file, int(p.line), int(p.column)),
                      (p, "%s may sleep, but %s() is called by what %s names" %
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

// What a function of this file allocates before it takes or drops any lock.
@inner exists@
identifier unlock =~ "(?i)lock|release|acquire|disable|enable|guard";
identifier gfp = {GFP_KERNEL,GFP_KERNEL_ACCOUNT,GFP_USER,GFP_NOIO,GFP_NOFS,GFP_HIGHUSER};
identifier g, f;
expression list args;
position p;
@@
g(...)
{
	... when != unlock(...)
	\( f@p(args) \& f(..., <+... gfp ...+>, ...) \)
	... when any
}

@script:python@
g << inner.g;
f << inner.f;
p << inner.p;
args << inner.args;
@@
what = sleeping_call(f, args)
if what:
    may_sleep.setdefault(g, (what, p[0]))

@spin exists@
identifier lock = {spin_lock,spin_lock_bh,spin_lock_irq,spin_lock_irqsave,spin_lock_nested,spin_lock_irqsave_nested,raw_spin_lock,raw_spin_lock_bh,raw_spin_lock_irq,raw_spin_lock_irqsave,read_lock,read_lock_bh,read_lock_irq,read_lock_irqsave,write_lock,write_lock_bh,write_lock_irq,write_lock_irqsave,bh_lock_sock,netif_tx_lock,netif_tx_lock_bh,netif_addr_lock,netif_addr_lock_bh,task_lock,write_seqlock,write_seqlock_bh,write_seqlock_irq,write_seqlock_irqsave};
identifier unlock =~ "^(?!mutex_|rcu_|up_|srcu_|rtnl_|device_|inode_).*(unlock|release|relock)";
identifier gfp = {GFP_KERNEL,GFP_KERNEL_ACCOUNT,GFP_USER,GFP_NOIO,GFP_NOFS,GFP_HIGHUSER};
identifier dropping : script:python() { str(dropping) in releasing };
identifier f;
expression list args;
position p;
@@
lock(...)
... when != unlock(...)
    when != dropping(...)
\( f@p(args) \& f(..., <+... gfp ...+>, ...) \)

@script:python@
p << spin.p;
lock << spin.lock;
f << spin.f;
args << spin.args;
@@
found(p[0], lock + "()", f, args)

@rcu exists@
identifier lock = {rcu_read_lock,rcu_read_lock_bh,rcu_read_lock_sched};
identifier unlock =~ "^(?!mutex_|(raw_)?(spin|read|write)_|up_|rtnl_|device_|inode_).*(unlock|release|relock)";
identifier gfp = {GFP_KERNEL,GFP_KERNEL_ACCOUNT,GFP_USER,GFP_NOIO,GFP_NOFS,GFP_HIGHUSER};
identifier dropping : script:python() { str(dropping) in releasing };
identifier f;
expression list args;
position p;
@@
lock(...)
... when != unlock(...)
    when != dropping(...)
\( f@p(args) \& f(..., <+... gfp ...+>, ...) \)

@script:python@
p << rcu.p;
lock << rcu.lock;
f << rcu.f;
args << rcu.args;
@@
found(p[0], lock + "()", f, args)

@off exists@
identifier lock = {local_irq_save,local_irq_disable,local_bh_disable,preempt_disable,get_cpu,get_cpu_var,get_cpu_ptr,raw_local_irq_save,raw_local_irq_disable};
identifier unlock =~ "(irq|preempt|bh|hardirq)_(restore|enable|on)|put_cpu|unlock_(irq|bh)";
identifier gfp = {GFP_KERNEL,GFP_KERNEL_ACCOUNT,GFP_USER,GFP_NOIO,GFP_NOFS,GFP_HIGHUSER};
identifier dropping : script:python() { str(dropping) in releasing };
identifier f;
expression list args;
position p;
@@
lock(...)
... when != unlock(...)
    when != dropping(...)
\( f@p(args) \& f(..., <+... gfp ...+>, ...) \)

@script:python@
p << off.p;
lock << off.lock;
f << off.f;
args << off.args;
@@
found(p[0], lock + "()", f, args)

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
identifier gfp = {GFP_KERNEL,GFP_KERNEL_ACCOUNT,GFP_USER,GFP_NOIO,GFP_NOFS,GFP_HIGHUSER};
identifier f;
expression list args;
position p, pl;
@@
guard@pl(class)(...);
... when any
\( f@p(args) \& f(..., <+... gfp ...+>, ...) \)

@script:python@
p << guarded.p;
pl << guarded.pl;
class_ << guarded.class;
f << guarded.f;
args << guarded.args;
@@
if int(p[0].line) <= scope_end(pl[0]):
    found(p[0], "guard(%s)" % class_, f, args)

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
identifier gfp = {GFP_KERNEL,GFP_KERNEL_ACCOUNT,GFP_USER,GFP_NOIO,GFP_NOFS,GFP_HIGHUSER};
identifier f;
expression list args, locks;
position p;
@@
scoped_guard(class, locks) {
<... \( f@p(args) \& f(..., <+... gfp ...+>, ...) \)
...>
}

@script:python@
p << scoped.p;
class_ << scoped.class;
f << scoped.f;
args << scoped.args;
@@
found(p[0], "scoped_guard(%s)" % class_, f, args)

// The condition under which the lock is taken keeps the allocation away.
@apart disable drop_else exists@
identifier lock =~ "^(raw_)?(spin|read|write)_lock|^rcu_read_lock|^local_(irq|bh)_|^preempt_disable$";
identifier unlock =~ "unlock|restore|enable";
identifier f;
expression c;
statement S;
position p : script:python() { (p[0].file, int(p[0].line), int(p[0].column)) in places };
@@
if (c) {
	... when any
	lock(...);
	... when any
	    when != unlock(...)
}
... when any
(
if (!c) { <+... f@p(...) ...+> }
|
if (c) S else { <+... f@p(...) ...+> }
)

@script:python@
p << apart.p;
@@
places.pop((p[0].file, int(p[0].line), int(p[0].column)), None)

@script:python depends on report@
@@
for place in sorted(places):
    coccilib.report.print_report(*places[place])

@script:python depends on org@
@@
for place in sorted(places):
    coccilib.org.print_todo(*places[place])
