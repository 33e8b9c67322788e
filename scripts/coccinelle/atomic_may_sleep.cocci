// SPDX-License-Identifier: GPL-2.0
/// GFP_ATOMIC where the caller may sleep.
///
/// Such a request draws on the reserves that interrupts depend on, and fails where one
/// with GFP_KERNEL would reclaim memory and succeed. The function can sleep there: it has
/// done so before, does so afterwards with no lock dropped in between, or is called in
/// process context only.
///
//# A lock taken by a function whose name does not tell is not seen. On the way of a block
//# request that memory reclaim may wait for, the right mask is GFP_NOIO.
///
// Confidence: High
// Advice: Use GFP_KERNEL, or GFP_NOIO where memory reclaim may wait for the caller.
// Needs: GFP_ATOMIC
// URL: Documentation/audit.md#atomic_may_sleep
// Options: --no-includes --include-headers

virtual report
virtual org

@initialize:python@
@@
import re

# By a mask, or of the name alone: what nobody does in atomic context.
NO_ALLOCATION = re.compile(r"RADIX_TREE|gfp|xa_init|__xa_|idr_init|mempool_init|^(if|while|switch)$")
callbacks, reasons, places = {}, {}, {}

def key(p):
    return (p.file, int(p.line), int(p.column))

def atomic(args):
    """Whether one of the arguments is GFP_ATOMIC in any case, alone or or-ed."""
    for argument in str(args).split(","):
        words = [w.strip(" ()") for w in argument.split("|")]
        if "GFP_ATOMIC" in words and not any(re.search(r"\W", w) for w in words):
            return True
    return False

def candidate(p, f, args, reason):
    if atomic(args) and not NO_ALLOCATION.search(f):
        places.setdefault(key(p), (p, "%s() has GFP_ATOMIC where it may sleep: %s" % (f, reason)))

// One run of spatch reads many files.
@script:python@
@@
callbacks.clear()
places.clear()

// It has slept before.
@before exists@
identifier sleeper = {mutex_lock,mutex_lock_interruptible,mutex_lock_killable,down,down_interruptible,down_read,down_write,msleep,ssleep,msleep_interruptible,usleep_range,fsleep,wait_for_completion,wait_for_completion_timeout,wait_for_completion_interruptible,wait_for_completion_interruptible_timeout,wait_event,wait_event_timeout,wait_event_interruptible,wait_event_interruptible_timeout,wait_event_killable,schedule_timeout,schedule_timeout_interruptible,schedule_timeout_uninterruptible,copy_from_user,copy_to_user,memdup_user,memdup_user_nul,rtnl_lock,lock_sock,flush_work,flush_workqueue,flush_delayed_work,cancel_work_sync,cancel_delayed_work_sync,synchronize_rcu,synchronize_net,synchronize_irq,vmalloc,vzalloc,request_firmware,usb_control_msg,usb_bulk_msg,kthread_stop,free_irq,request_irq,request_threaded_irq,register_netdev,unregister_netdev,device_lock,inode_lock,might_sleep,alloc_workqueue,create_singlethread_workqueue,alloc_etherdev,alloc_etherdev_mqs,alloc_netdev};
identifier f;
expression list args;
position p, ps;
@@
sleeper@ps(...)
... when any
\( f@p(args) \& f(..., <+... GFP_ATOMIC ...+>, ...) \)

@script:python@
p << before.p;
ps << before.ps;
sleeper << before.sleeper;
f << before.f;
args << before.args;
@@
candidate(p[0], f, args, "%s() has slept before, in line %s" % (sleeper, ps[0].line))

@before_mask exists@
identifier mask = {GFP_KERNEL,GFP_KERNEL_ACCOUNT,GFP_NOIO,GFP_NOFS,GFP_USER};
identifier f, sleeper;
expression list args;
expression e, e1;
position p, ps;
@@
sleeper@ps(..., \(mask\|mask | e\|mask | e | e1\), ...)
... when any
\( f@p(args) \& f(..., <+... GFP_ATOMIC ...+>, ...) \)

@script:python@
p << before_mask.p;
ps << before_mask.ps;
sleeper << before_mask.sleeper;
mask << before_mask.mask;
f << before_mask.f;
args << before_mask.args;
@@
if not NO_ALLOCATION.search(sleeper):
    candidate(p[0], f, args, "%s(%s) may have slept before, in line %s" %
              (sleeper, mask, ps[0].line))

// Another way leads there on which it has not slept: for all we know, for those who must not.
@unslept exists@
identifier sleeper = {mutex_lock,mutex_lock_interruptible,mutex_lock_killable,down,down_interruptible,down_read,down_write,msleep,ssleep,msleep_interruptible,usleep_range,fsleep,wait_for_completion,wait_for_completion_timeout,wait_for_completion_interruptible,wait_for_completion_interruptible_timeout,wait_event,wait_event_timeout,wait_event_interruptible,wait_event_interruptible_timeout,wait_event_killable,schedule_timeout,schedule_timeout_interruptible,schedule_timeout_uninterruptible,copy_from_user,copy_to_user,memdup_user,memdup_user_nul,rtnl_lock,lock_sock,flush_work,flush_workqueue,flush_delayed_work,cancel_work_sync,cancel_delayed_work_sync,synchronize_rcu,synchronize_net,synchronize_irq,vmalloc,vzalloc,request_firmware,usb_control_msg,usb_bulk_msg,kthread_stop,free_irq,request_irq,request_threaded_irq,register_netdev,unregister_netdev,device_lock,inode_lock,might_sleep,alloc_workqueue,create_singlethread_workqueue,alloc_etherdev,alloc_etherdev_mqs,alloc_netdev};
identifier mask = {GFP_KERNEL,GFP_KERNEL_ACCOUNT,GFP_NOIO,GFP_NOFS,GFP_USER};
identifier fn, f, g;
expression e, e1;
position p : script:python() { key(p[0]) in places };
@@
fn(...)
{
	... when != sleeper(...)
	    when != g(..., \(mask\|mask | e\|mask | e | e1\), ...)
	f@p(...)
	... when any
}

@script:python@
p << unslept.p;
@@
places.pop(key(p[0]), None)

// It sleeps afterwards, on every way that is no error's, and drops no lock before.
@after@
identifier sleeper = {mutex_lock,mutex_lock_interruptible,mutex_lock_killable,down,down_interruptible,down_read,down_write,msleep,ssleep,msleep_interruptible,usleep_range,fsleep,wait_for_completion,wait_for_completion_timeout,wait_for_completion_interruptible,wait_for_completion_interruptible_timeout,wait_event,wait_event_timeout,wait_event_interruptible,wait_event_interruptible_timeout,wait_event_killable,schedule_timeout,schedule_timeout_interruptible,schedule_timeout_uninterruptible,copy_from_user,copy_to_user,memdup_user,memdup_user_nul,rtnl_lock,lock_sock,flush_work,flush_workqueue,flush_delayed_work,cancel_work_sync,cancel_delayed_work_sync,synchronize_rcu,synchronize_net,synchronize_irq,vmalloc,vzalloc,request_firmware,usb_control_msg,usb_bulk_msg,kthread_stop,free_irq,request_irq,request_threaded_irq,register_netdev,unregister_netdev,device_lock,inode_lock,might_sleep,alloc_workqueue,create_singlethread_workqueue,alloc_etherdev,alloc_etherdev_mqs,alloc_netdev};
identifier unlock =~ "(?i)unlock|enable|restore|put_cpu|_end$|finish_wait|kunmap|release|drop|relax|resume|schedule";
identifier f;
expression list args;
position p, ps;
@@
\( f@p(args) \& f(..., <+... GFP_ATOMIC ...+>, ...) \)
... when != unlock(...)
sleeper@ps(...)

@script:python@
p << after.p;
ps << after.ps;
sleeper << after.sleeper;
f << after.f;
args << after.args;
@@
candidate(p[0], f, args, "%s() sleeps afterwards, in line %s" % (sleeper, ps[0].line))

// It is called where nothing is held.
@member@
identifier ops, fn;
identifier kind =~ "_driver$";
identifier slot = {probe,remove,disconnect,suspend,resume,shutdown};
@@
struct kind ops = { .slot = fn, };

@script:python@
fn << member.fn;
@@
callbacks[fn] = "the driver's probe(), remove() or the like"

@netdev@
identifier ops, fn;
identifier slot = {ndo_open,ndo_stop,ndo_init,ndo_uninit,ndo_change_mtu,ndo_do_ioctl,ndo_eth_ioctl};
@@
struct net_device_ops ops = { .slot = fn, };

@script:python@
fn << netdev.fn;
@@
callbacks[fn] = "the device's open() or the like"

@table@
identifier ops, fn, slot;
identifier kind = {file_operations,ethtool_ops,block_device_operations,proc_ops,cfg80211_ops,dev_pm_ops};
@@
struct kind ops = { .slot = fn, };

@script:python@
fn << table.fn;
kind << table.kind;
@@
callbacks[fn] = "it belongs to a struct %s" % kind

// Called under a spinlock by those who swap, or with interrupts off by pm_runtime_irq_safe() devices.
@elsewhere@
identifier ops, fn;
identifier slot =~ "^(swap_slot_free_notify|runtime_(suspend|resume|idle))$";
identifier kind = {block_device_operations,dev_pm_ops};
@@
struct kind ops = { .slot = fn, };

@script:python@
fn << elsewhere.fn;
@@
callbacks.pop(fn, None)

@registered@
identifier fn;
expression e, e1;
identifier init = {module_init,subsys_initcall,fs_initcall,late_initcall,device_initcall,arch_initcall};
identifier work = {INIT_WORK,INIT_DELAYED_WORK,INIT_DEFERRABLE_WORK,DECLARE_WORK,DECLARE_DELAYED_WORK};
identifier thread = {kthread_run,kthread_create};
identifier irq = {request_threaded_irq};
@@
(
 init(fn);
|
 work(e, \(fn\|&fn\))
|
 thread(\(fn\|&fn\), ...)
|
 irq(e, e1, fn, ...)
)

@script:python@
fn << registered.fn;
@@
callbacks[fn] = "it is a work item, a thread or an initialiser"

@called@
identifier fn : script:python() { str(fn) in callbacks };
identifier f;
expression list args;
position p;
@@
fn(...)
{
<...
\( f@p(args) \& f(..., <+... GFP_ATOMIC ...+>, ...) \)
...>
}

@script:python@
fn << called.fn;
p << called.p;
f << called.f;
args << called.args;
@@
candidate(p[0], f, args, "%s() is called in process context, %s" % (fn, callbacks[fn]))

// A lock, or what is like one, is held there; by name, to be on the safe side.
@held exists@
identifier lock =~ "^(?!mutex_|rtnl_|lock_sock|device_lock|inode_lock|.*unlock|.*lockdep|.*lock_init|block|.*_block|.*clock|clk_).*([Ll]ock|LOCK)|irq_?save|(irq|bh|preempt|pagefault)s?_disable$|get_cpu|kmap_atomic|preload|prepare_to_wait|set_current_state|add_wait_queue|atomic_begin|_enter$|acquire";
identifier unlock =~ "([Uu]n|UN)[Ll]?(ock|OCK)|enable|restore|put_cpu|preload_end|finish_wait|remove_wait_queue|kunmap|_end$|_exit$|release";
identifier f;
expression E;
position p : script:python() { key(p[0]) in places };
@@
lock(E, ...)
... when != unlock(E, ...)
f@p(...)

@script:python@
p << held.p;
@@
places.pop(key(p[0]), None)

@held_alone exists@
identifier lock =~ "^(?!mutex_|rtnl_|lock_sock|device_lock|inode_lock|.*unlock|.*lockdep|.*lock_init|block|.*_block|.*clock|clk_).*([Ll]ock|LOCK)|irq_?save|(irq|bh|preempt|pagefault)s?_disable$|get_cpu|kmap_atomic|preload|prepare_to_wait|set_current_state|add_wait_queue|atomic_begin|_enter$|acquire";
identifier unlock =~ "([Uu]n|UN)[Ll]?(ock|OCK)|enable|restore|put_cpu|preload_end|finish_wait|remove_wait_queue|kunmap|_end$|_exit$|release";
identifier f;
position p : script:python() { key(p[0]) in places };
@@
lock()
... when != unlock()
f@p(...)

@script:python@
p << held_alone.p;
@@
places.pop(key(p[0]), None)

@guarded exists@
identifier class !~ "mutex|rwsem|device|srcu";
identifier f;
position p : script:python() { key(p[0]) in places };
@@
guard(class)(...);
... when any
f@p(...)

@script:python@
p << guarded.p;
@@
places.pop(key(p[0]), None)

@scoped@
iterator name scoped_guard;
identifier class !~ "mutex|rwsem|device|srcu";
expression list locks;
identifier f;
position p : script:python() { key(p[0]) in places };
@@
scoped_guard(class, locks) {
<...
f@p(...)
...>
}

@script:python@
p << scoped.p;
@@
places.pop(key(p[0]), None)

// It asks in what context it is.
@asks exists@
identifier asks = {in_interrupt,in_atomic,in_irq,in_softirq,in_hardirq,in_task,irqs_disabled,preemptible,in_serving_softirq};
identifier fn, f;
position p : script:python() { key(p[0]) in places };
@@
fn(...)
{
	... when any
	asks(...)
	... when any
	f@p(...)
	... when any
}

@script:python@
p << asks.p;
@@
places.pop(key(p[0]), None)

@script:python depends on report@
@@
for place in sorted(places):
    coccilib.report.print_report(*places[place])

@script:python depends on org@
@@
for place in sorted(places):
    coccilib.org.print_todo(*places[place])
