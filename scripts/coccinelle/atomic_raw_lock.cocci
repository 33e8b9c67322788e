// SPDX-License-Identifier: GPL-2.0
/// An allocation under a raw spinlock, or with interrupts or preemption off.
///
/// On PREEMPT_RT the page and slab allocators take spinlock_t, which sleeps there: with
/// GFP_ATOMIC, too, they must not be entered with a raw_spinlock_t held or with interrupts
/// or preemption disabled by hand. Under a spinlock_t they may.
///
//# An allocation behind a call is not seen, nor a driver that cannot be built with
//# PREEMPT_RT. For small objects, kernels since 6.18 offer kmalloc_nolock() for this.
///
// Confidence: Moderate
// Advice: Allocate before the section, or keep objects aside for it; where it can be a
//   spinlock_t or local_lock_t, make it one.
// Needs: raw_spin_lock|raw_spinlock|local_irq_(save|disable)|preempt_disable|get_cpu
// URL: Documentation/audit.md#atomic_raw_lock
// Options: --no-includes --include-headers

virtual report
virtual org

@initialize:python@
@@
import re

places = {}

def key(p):
    return (p.file, int(p.line), int(p.column))

def found(p, section, name, args):
    text = str(args)
    if re.search(r"GFP_(KERNEL|NOIO|NOFS|USER)", text):
        return
    places.setdefault(key(p), (p, "%s() inside %s is not allowed on PREEMPT_RT" % (name, section)))

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
places.clear()

@raw exists@
identifier lock = {raw_spin_lock,raw_spin_lock_irq,raw_spin_lock_irqsave,raw_spin_lock_bh,raw_spin_lock_nested};
identifier unlock =~ "unlock|release";
identifier f = {kmalloc,kzalloc,kcalloc,kmalloc_array,kmalloc_node,kzalloc_node,kmalloc_obj,kzalloc_obj,kmalloc_objs,kzalloc_objs,kmalloc_flex,kzalloc_flex,krealloc,kmemdup,kstrdup,kstrndup,kasprintf,kvmalloc,kvzalloc,kmem_cache_alloc,kmem_cache_zalloc,kmem_cache_alloc_node,mempool_alloc,alloc_page,alloc_pages,alloc_pages_node,dev_alloc_page,dev_alloc_pages,__get_free_page,__get_free_pages,get_zeroed_page,__get_dma_pages,alloc_skb,dev_alloc_skb,netdev_alloc_skb,netdev_alloc_skb_ip_align,napi_alloc_skb,__netdev_alloc_skb,skb_clone,skb_copy,build_skb,dma_alloc_coherent,dma_pool_alloc,dma_pool_zalloc,nlmsg_new,genlmsg_new,usb_alloc_urb,idr_alloc,xa_alloc,page_frag_alloc};
expression list args;
position p;
@@
lock(...)
... when != unlock(...)
f@p(args)

@script:python@
p << raw.p;
lock << raw.lock;
f << raw.f;
args << raw.args;
@@
found(p[0], lock + "()", f, args)

@off exists@
identifier lock = {local_irq_save,local_irq_disable,raw_local_irq_save,raw_local_irq_disable,preempt_disable,preempt_disable_notrace,get_cpu,get_cpu_var,get_cpu_ptr};
identifier unlock =~ "(irq|preempt|hardirq)s?_(restore|enable|on)|put_cpu|unlock_irq|^preempt_enable";
identifier f = {kmalloc,kzalloc,kcalloc,kmalloc_array,kmalloc_node,kzalloc_node,kmalloc_obj,kzalloc_obj,kmalloc_objs,kzalloc_objs,kmalloc_flex,kzalloc_flex,krealloc,kmemdup,kstrdup,kstrndup,kasprintf,kvmalloc,kvzalloc,kmem_cache_alloc,kmem_cache_zalloc,kmem_cache_alloc_node,mempool_alloc,alloc_page,alloc_pages,alloc_pages_node,dev_alloc_page,dev_alloc_pages,__get_free_page,__get_free_pages,get_zeroed_page,__get_dma_pages,alloc_skb,dev_alloc_skb,netdev_alloc_skb,netdev_alloc_skb_ip_align,napi_alloc_skb,__netdev_alloc_skb,skb_clone,skb_copy,build_skb,dma_alloc_coherent,dma_pool_alloc,dma_pool_zalloc,nlmsg_new,genlmsg_new,usb_alloc_urb,idr_alloc,xa_alloc,page_frag_alloc};
expression list args;
position p;
@@
lock(...)
... when != unlock(...)
f@p(args)

@script:python@
p << off.p;
lock << off.lock;
f << off.f;
args << off.args;
@@
found(p[0], lock + "()", f, args)

// The section of a guard() ends with the block that it is in.
@guarded exists@
identifier class =~ "^raw_spinlock|^(preempt|irq|irqsave)(_notrace)?$";
identifier f = {kmalloc,kzalloc,kcalloc,kmalloc_array,kmalloc_node,kzalloc_node,kmalloc_obj,kzalloc_obj,kmalloc_objs,kzalloc_objs,kmalloc_flex,kzalloc_flex,krealloc,kmemdup,kstrdup,kstrndup,kasprintf,kvmalloc,kvzalloc,kmem_cache_alloc,kmem_cache_zalloc,kmem_cache_alloc_node,mempool_alloc,alloc_page,alloc_pages,alloc_pages_node,dev_alloc_page,dev_alloc_pages,__get_free_page,__get_free_pages,get_zeroed_page,__get_dma_pages,alloc_skb,dev_alloc_skb,netdev_alloc_skb,netdev_alloc_skb_ip_align,napi_alloc_skb,__netdev_alloc_skb,skb_clone,skb_copy,build_skb,dma_alloc_coherent,dma_pool_alloc,dma_pool_zalloc,nlmsg_new,genlmsg_new,usb_alloc_urb,idr_alloc,xa_alloc,page_frag_alloc};
expression list args;
position p, pl;
@@
guard@pl(class)(...);
... when any
f@p(args)

@script:python@
p << guarded.p;
pl << guarded.pl;
class_ << guarded.class;
f << guarded.f;
args << guarded.args;
@@
if int(p[0].line) <= scope_end(pl[0]):
    found(p[0], "guard(%s)" % class_, f, args)

@scoped@
iterator name scoped_guard;
identifier class =~ "^raw_spinlock|^(preempt|irq|irqsave)(_notrace)?$";
identifier f = {kmalloc,kzalloc,kcalloc,kmalloc_array,kmalloc_node,kzalloc_node,kmalloc_obj,kzalloc_obj,kmalloc_objs,kzalloc_objs,kmalloc_flex,kzalloc_flex,krealloc,kmemdup,kstrdup,kstrndup,kasprintf,kvmalloc,kvzalloc,kmem_cache_alloc,kmem_cache_zalloc,kmem_cache_alloc_node,mempool_alloc,alloc_page,alloc_pages,alloc_pages_node,dev_alloc_page,dev_alloc_pages,__get_free_page,__get_free_pages,get_zeroed_page,__get_dma_pages,alloc_skb,dev_alloc_skb,netdev_alloc_skb,netdev_alloc_skb_ip_align,napi_alloc_skb,__netdev_alloc_skb,skb_clone,skb_copy,build_skb,dma_alloc_coherent,dma_pool_alloc,dma_pool_zalloc,nlmsg_new,genlmsg_new,usb_alloc_urb,idr_alloc,xa_alloc,page_frag_alloc};
expression list args, locks;
position p;
@@
scoped_guard(class, locks) {
<... f@p(args)
...>
}

@script:python@
p << scoped.p;
class_ << scoped.class;
f << scoped.f;
args << scoped.args;
@@
found(p[0], "scoped_guard(%s)" % class_, f, args)

// Another way leads there on which interrupts are on again: what tells them apart is
// the driver's to know.
@free exists@
identifier unlock = {local_irq_restore,local_irq_enable,preempt_enable,raw_spin_unlock,raw_spin_unlock_irq,raw_spin_unlock_irqrestore,put_cpu};
identifier lock = {local_irq_save,local_irq_disable,preempt_disable,raw_spin_lock,raw_spin_lock_irq,raw_spin_lock_irqsave,get_cpu};
identifier f = {kmalloc,kzalloc,kcalloc,kmalloc_array,kmalloc_node,kzalloc_node,kmalloc_obj,kzalloc_obj,kmalloc_objs,kzalloc_objs,kmalloc_flex,kzalloc_flex,krealloc,kmemdup,kstrdup,kstrndup,kasprintf,kvmalloc,kvzalloc,kmem_cache_alloc,kmem_cache_zalloc,kmem_cache_alloc_node,mempool_alloc,alloc_page,alloc_pages,alloc_pages_node,dev_alloc_page,dev_alloc_pages,__get_free_page,__get_free_pages,get_zeroed_page,__get_dma_pages,alloc_skb,dev_alloc_skb,netdev_alloc_skb,netdev_alloc_skb_ip_align,napi_alloc_skb,__netdev_alloc_skb,skb_clone,skb_copy,build_skb,dma_alloc_coherent,dma_pool_alloc,dma_pool_zalloc,nlmsg_new,genlmsg_new,usb_alloc_urb,idr_alloc,xa_alloc,page_frag_alloc};
position p : script:python() { key(p[0]) in places };
@@
unlock(...)
... when != lock(...)
f@p(...)

@script:python@
p << free.p;
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
