// SPDX-License-Identifier: GPL-2.0
/// A page is mapped and not unmapped on an error path.
///
/// A mapping for DMA that is not given back holds its entry of the IOMMU or its bounce buffer
/// until the next boot, and the device may still write to a page that was freed. A page mapped
/// with kmap_local_page() and not unmapped leaves the task's mappings out of order.
///
//# Mappings that another function undoes by a copy of the address are not followed: an address
//# that is stored in a ring, a descriptor or a structure is left alone unless the same function
//# unmaps it on another path, and files that unmap nothing are. Correlated conditions mislead it; a return
//# that an unmapping under a condition or in a loop may precede is not reported, so it misses some.
///
// Confidence: Moderate
// Advice: Unmap on the error path, with the same size and direction, before the page is freed; or map
//   last, when nothing can fail any more.
// Needs: dma_map_(single|page)|skb_frag_dma_map|kmap_local_page|kmap_atomic|[^a-z_]kmap\(
// URL: Documentation/audit.md#unmap_missing
// Options: --no-includes --include-headers

virtual report
virtual org

@initialize:python@
@@

import re

seen = set()

def say(p, message):
    pass

# Expressions come with a space around everything.
def tidy(text):
    return re.sub(r" ?(->|\.|\[) ?|(?<=\w) (?=\()|(?<=\() | (?=[\])])",
                  lambda m: m.group(1) or "", text)

def tell(p, name, f, end):
    if (end.file, end.line) in seen:
        return
    seen.add((end.file, end.line))
    say(end, f"{tidy(name)} of {f}() on line {p.line} is still mapped when this returns")

@script:python depends on report@
@@

say = coccilib.report.print_report

@script:python depends on org@
@@

say = coccilib.org.print_todo

// A file that unmaps nothing means it, or leaves it to another one.
@unmaps@
identifier unmap =~ "dma_unmap_|unmap_single|unmap_page";
@@

 unmap(...)

// A local address that nothing but the check has seen: nobody else can unmap it.
@mapped depends on unmaps@
local idexpression address;
identifier f = {dma_map_single, dma_map_page, dma_map_single_attrs, dma_map_page_attrs,
	skb_frag_dma_map, ib_dma_map_single, ib_dma_map_page};
position p;
@@

 address = f@p(...)

@checked exists@
local idexpression mapped.address;
identifier mapped.f;
position mapped.p, end;
identifier check = {dma_mapping_error, ib_dma_mapping_error};
identifier undo =~ "^(?!k(v|mem_cache_)?free|vfree|devm_kfree|(__)?free_pages?$|(dev_|napi_|__)*(kfree|consume)_skb|skb_(free_frag|put)|(put_page|bio_put|put_device|module_put|of_node_put|fput)$|pm_runtime_put|mempool_free|dma_(pool_)?free|free_netdev|bitmap_free|release_firmware|netif_).*(unmap|free|clean|release|destroy|unwind|teardown|reset|stop|fini|exit|abort|undo|drop|put|remove|error|fail|done|complete|flush|purge|list_add|enqueue|submit)";
expression device;
statement S;
constant C != {EINPROGRESS, EIOCBQUEUED};
identifier error;
local idexpression count, held;
expression e;
@@

 f@p(...)
 ... when != address
 if (unlikely(check(device, address))) S
 ... when != address
     when != undo(...)
     when != count--
     when != --count
(
 return@end -C;
|
 return@end NULL;
|
 return@end ERR_PTR(...);
|
 return@end \(NETDEV_TX_BUSY\|SCSI_MLQUEUE_HOST_BUSY\|BLK_STS_RESOURCE\|BLK_STS_IOERR\);
|
 error = -C
 ... when != undo(...)
     when != address
     when != count--
     when != --count
     when != error = e
 return@end error;
|
 if (unlikely(\(error\|error < 0\|error != 0\))) {
   ... when != undo(...)
        when != address
        when != count--
        when != --count
   return@end error;
 }
|
 if (IS_ERR(held)) {
   ... when != undo(...)
        when != address
        when != count--
        when != --count
   return@end PTR_ERR(held);
 }
)

// An error path that undoes something is taken to undo what it has to, in a loop or under a
// condition that stands for the one of the mapping.
@guarded_checked exists@
identifier mapped.f;
position mapped.p, checked.end, q;
identifier undo =~ "^(?!k(v|mem_cache_)?free|vfree|devm_kfree|(__)?free_pages?$|(dev_|napi_|__)*(kfree|consume)_skb|skb_(free_frag|put)|(put_page|bio_put|put_device|module_put|of_node_put|fput)$|pm_runtime_put|mempool_free|dma_(pool_)?free|free_netdev|bitmap_free|release_firmware|netif_).*(unmap|free|clean|release|destroy|unwind|teardown|reset|stop|fini|exit|abort|undo|drop|put|remove|error|fail|done|complete|flush|purge|list_add|enqueue|submit)";
expression c;
statement S;
iterator each;
@@

 f@p(...)
 ... when any
(
 if (c) undo(...);
|
 if (c) {
   ... undo(...)
   ... when != return ...;
 }
|
 if (c) {
   ... undo(...)
   ... when != return ...;
 } else S
|
 while (c) { ... undo(...) ... }
|
 for (...;...;...) { ... undo(...) ... }
|
 each(...) { ... undo(...) ... }
)
 ... when any
 return@end@q ...;

@script:python@
end << checked.end;
q << guarded_checked.q;
@@

seen.add((end[0].file, end[0].line))

@script:python@
p << mapped.p;
f << mapped.f;
address << mapped.address;
end << checked.end;
@@

tell(p[0], address, f, end[0])

@unchecked exists@
local idexpression mapped.address;
identifier mapped.f;
position mapped.p, end;
identifier undo =~ "^(?!k(v|mem_cache_)?free|vfree|devm_kfree|(__)?free_pages?$|(dev_|napi_|__)*(kfree|consume)_skb|skb_(free_frag|put)|(put_page|bio_put|put_device|module_put|of_node_put|fput)$|pm_runtime_put|mempool_free|dma_(pool_)?free|free_netdev|bitmap_free|release_firmware|netif_).*(unmap|free|clean|release|destroy|unwind|teardown|reset|stop|fini|exit|abort|undo|drop|put|remove|error|fail|done|complete|flush|purge|list_add|enqueue|submit)";
constant C != {EINPROGRESS, EIOCBQUEUED};
identifier error;
local idexpression count, held;
expression e;
@@

 f@p(...)
 ... when != address
     when != undo(...)
     when != count--
     when != --count
(
 return@end -C;
|
 return@end NULL;
|
 return@end ERR_PTR(...);
|
 return@end \(NETDEV_TX_BUSY\|SCSI_MLQUEUE_HOST_BUSY\|BLK_STS_RESOURCE\|BLK_STS_IOERR\);
|
 error = -C
 ... when != undo(...)
     when != address
     when != count--
     when != --count
     when != error = e
 return@end error;
|
 if (unlikely(\(error\|error < 0\|error != 0\))) {
   ... when != undo(...)
        when != address
        when != count--
        when != --count
   return@end error;
 }
|
 if (IS_ERR(held)) {
   ... when != undo(...)
        when != address
        when != count--
        when != --count
   return@end PTR_ERR(held);
 }
)

@guarded_unchecked exists@
identifier mapped.f;
position mapped.p, unchecked.end, q;
identifier undo =~ "^(?!k(v|mem_cache_)?free|vfree|devm_kfree|(__)?free_pages?$|(dev_|napi_|__)*(kfree|consume)_skb|skb_(free_frag|put)|(put_page|bio_put|put_device|module_put|of_node_put|fput)$|pm_runtime_put|mempool_free|dma_(pool_)?free|free_netdev|bitmap_free|release_firmware|netif_).*(unmap|free|clean|release|destroy|unwind|teardown|reset|stop|fini|exit|abort|undo|drop|put|remove|error|fail|done|complete|flush|purge|list_add|enqueue|submit)";
expression c;
statement S;
iterator each;
@@

 f@p(...)
 ... when any
(
 if (c) undo(...);
|
 if (c) {
   ... undo(...)
   ... when != return ...;
 }
|
 if (c) {
   ... undo(...)
   ... when != return ...;
 } else S
|
 while (c) { ... undo(...) ... }
|
 for (...;...;...) { ... undo(...) ... }
|
 each(...) { ... undo(...) ... }
)
 ... when any
 return@end@q ...;

@script:python@
end << unchecked.end;
q << guarded_unchecked.q;
@@

seen.add((end[0].file, end[0].line))

@script:python@
p << mapped.p;
f << mapped.f;
address << mapped.address;
end << unchecked.end;
@@

tell(p[0], address, f, end[0])

// An address that the function unmaps on one path and on another one not.
@kept depends on unmaps@
expression address;
identifier f = {dma_map_single, dma_map_page, dma_map_single_attrs, dma_map_page_attrs,
	skb_frag_dma_map, ib_dma_map_single, ib_dma_map_page};
position p;
@@

 address = f@p(...)

@undone exists@
expression e;
expression kept.address;
identifier kept.f;
position kept.p;
identifier unmap = {dma_unmap_single, dma_unmap_page, dma_unmap_single_attrs,
	dma_unmap_page_attrs, ib_dma_unmap_single, ib_dma_unmap_page};
@@

 f@p(...)
 ... when != address = e
 unmap(..., address, ...)

@forgotten depends on undone exists@
expression e;
expression kept.address;
identifier kept.f;
position kept.p, end;
identifier check = {dma_mapping_error, ib_dma_mapping_error};
identifier undo =~ "^(?!k(v|mem_cache_)?free|vfree|devm_kfree|(__)?free_pages?$|(dev_|napi_|__)*(kfree|consume)_skb|skb_(free_frag|put)|(put_page|bio_put|put_device|module_put|of_node_put|fput)$|pm_runtime_put|mempool_free|dma_(pool_)?free|free_netdev|bitmap_free|release_firmware|netif_).*(unmap|free|clean|release|destroy|unwind|teardown|reset|stop|fini|exit|abort|undo|drop|put|remove|error|fail|done|complete|flush|purge|list_add|enqueue|submit)";
expression device;
statement S;
constant C != {EINPROGRESS, EIOCBQUEUED};
identifier error;
local idexpression count, held;
@@

 f@p(...)
 ... when != address
 if (unlikely(check(device, address))) S
 ... when != address = e
     when != undo(...)
     when != count--
     when != --count
(
 return@end -C;
|
 return@end NULL;
|
 return@end ERR_PTR(...);
|
 return@end \(NETDEV_TX_BUSY\|SCSI_MLQUEUE_HOST_BUSY\|BLK_STS_RESOURCE\|BLK_STS_IOERR\);
|
 error = -C
 ... when != undo(...)
     when != count--
     when != --count
     when != error = e
 return@end error;
|
 if (unlikely(\(error\|error < 0\|error != 0\))) {
   ... when != undo(...)
        when != count--
        when != --count
   return@end error;
 }
|
 if (IS_ERR(held)) {
   ... when != undo(...)
        when != count--
        when != --count
   return@end PTR_ERR(held);
 }
)

@guarded_forgotten exists@
identifier kept.f;
position kept.p, forgotten.end, q;
identifier undo =~ "^(?!k(v|mem_cache_)?free|vfree|devm_kfree|(__)?free_pages?$|(dev_|napi_|__)*(kfree|consume)_skb|skb_(free_frag|put)|(put_page|bio_put|put_device|module_put|of_node_put|fput)$|pm_runtime_put|mempool_free|dma_(pool_)?free|free_netdev|bitmap_free|release_firmware|netif_).*(unmap|free|clean|release|destroy|unwind|teardown|reset|stop|fini|exit|abort|undo|drop|put|remove|error|fail|done|complete|flush|purge|list_add|enqueue|submit)";
expression c;
statement S;
iterator each;
@@

 f@p(...)
 ... when any
(
 if (c) undo(...);
|
 if (c) {
   ... undo(...)
   ... when != return ...;
 }
|
 if (c) {
   ... undo(...)
   ... when != return ...;
 } else S
|
 while (c) { ... undo(...) ... }
|
 for (...;...;...) { ... undo(...) ... }
|
 each(...) { ... undo(...) ... }
)
 ... when any
 return@end@q ...;

@script:python@
end << forgotten.end;
q << guarded_forgotten.q;
@@

seen.add((end[0].file, end[0].line))

@script:python@
p << kept.p;
f << kept.f;
address << kept.address;
end << forgotten.end;
@@

tell(p[0], address, f, end[0])

// The same for the kernel's own mappings, which may be used in between.
@kmapped@
local idexpression address;
identifier f = {kmap_local_page, kmap_local_folio, kmap_atomic, kmap};
position p;
@@

 address = f@p(...)

@other@
local idexpression kmapped.address;
expression e, e1;
identifier fld;
@@

(
 e->fld = address
|
 *e = address
|
 e[e1] = address
|
 e.fld = address
)

@still depends on !other exists@
expression e;
local idexpression kmapped.address;
identifier kmapped.f;
position kmapped.p, end;
identifier undo =~ "^(?!k(v|mem_cache_)?free|vfree|devm_kfree|(__)?free_pages?$|(dev_|napi_|__)*(kfree|consume)_skb|skb_(free_frag|put)|(put_page|bio_put|put_device|module_put|of_node_put|fput)$|pm_runtime_put|mempool_free|dma_(pool_)?free|free_netdev|bitmap_free|release_firmware|netif_).*(unmap|free|clean|release|destroy|unwind|teardown|reset|stop|fini|exit|abort|undo|drop|put|remove|error|fail|done|complete|flush|purge|list_add|enqueue|submit)";
constant C != {EINPROGRESS, EIOCBQUEUED};
identifier error;
local idexpression count;
@@

 f@p(...)
 ... when != undo(...)
     when != address == NULL
     when != address = e
(
 return@end -C;
|
 return@end NULL;
|
 return@end ERR_PTR(...);
|
 return@end \(NETDEV_TX_BUSY\|SCSI_MLQUEUE_HOST_BUSY\|BLK_STS_RESOURCE\|BLK_STS_IOERR\);
|
 error = -C
 ... when != undo(...)
     when != count--
     when != --count
     when != error = e
 return@end error;
|
 if (unlikely(\(error\|error < 0\|error != 0\))) {
   ... when != undo(...)
        when != count--
        when != --count
   return@end error;
 }
)

@guarded_still exists@
identifier kmapped.f;
position kmapped.p, still.end, q;
identifier undo =~ "^(?!k(v|mem_cache_)?free|vfree|devm_kfree|(__)?free_pages?$|(dev_|napi_|__)*(kfree|consume)_skb|skb_(free_frag|put)|(put_page|bio_put|put_device|module_put|of_node_put|fput)$|pm_runtime_put|mempool_free|dma_(pool_)?free|free_netdev|bitmap_free|release_firmware|netif_).*(unmap|free|clean|release|destroy|unwind|teardown|reset|stop|fini|exit|abort|undo|drop|put|remove|error|fail|done|complete|flush|purge|list_add|enqueue|submit)";
expression c;
statement S;
iterator each;
@@

 f@p(...)
 ... when any
(
 if (c) undo(...);
|
 if (c) {
   ... undo(...)
   ... when != return ...;
 }
|
 if (c) {
   ... undo(...)
   ... when != return ...;
 } else S
|
 while (c) { ... undo(...) ... }
|
 for (...;...;...) { ... undo(...) ... }
|
 each(...) { ... undo(...) ... }
)
 ... when any
 return@end@q ...;

@script:python@
end << still.end;
q << guarded_still.q;
@@

seen.add((end[0].file, end[0].line))

@script:python@
p << kmapped.p;
f << kmapped.f;
address << kmapped.address;
end << still.end;
@@

tell(p[0], address, f, end[0])
