// SPDX-License-Identifier: GPL-2.0
/// A page is mapped with kmap_atomic(), which disables preemption and page faults.
///
/// kmap_atomic() is deprecated. It makes everything up to kunmap_atomic() atomic, on kernels
/// without highmem too, where nothing is mapped at all; on PREEMPT_RT it pins the task to
/// its CPU. kmap_local_page() costs the same, may be used in any context, and lets its user
/// sleep and be preempted.
///
//# Wrappers are reported where they call kmap_atomic(), not where they are called. The patch
//# mode leaves alone what calls anything that it does not know to be indifferent to preemption
//# and page faults, or passes the address on: those want a look by a person.
///
// Confidence: High
// Advice: Use kmap_local_page() and kunmap_local(), the last mapped unmapped first; where the code
//   relied on page faults or preemption being disabled, add pagefault_disable() or
//   preempt_disable() itself; copy whole ranges with memcpy_from_page() and its sisters.
// Needs: kmap_atomic(_prot|_pfn)?[[:space:]]*\(
// URL: Documentation/audit.md#kmap_atomic
// Options: --no-includes --include-headers

virtual report
virtual org
virtual context
virtual patch

@initialize:python@
@@

import re

seen = set()

# Expressions come with a space around everything.
def tidy(text):
    text = re.sub(r" ?(->|\.|\(|\[) ?| (?=[\])])", r"\1", text)
    return re.sub(r"(?<![\w)\]] )([*&]) ", r"\1", text)

def once(p):
    place = (p.file, p.line, p.column)
    if place in seen:
        return False
    seen.add(place)
    return True

@r depends on !patch@
identifier map = {kmap_atomic, kmap_atomic_prot, kmap_atomic_pfn};
expression page;
position p;
@@

 map@p(page, ...)

// What runs in between and needs what kmap_atomic() disabled.
@relies depends on !patch exists@
position r.p;
identifier r.map;
expression r.page;
identifier user = {__copy_from_user_inatomic, __copy_to_user_inatomic, copy_page_from_iter_atomic,
	__get_user_inatomic, __put_user_inatomic, smp_processor_id, this_cpu_ptr,
	__this_cpu_read, __this_cpu_write, __this_cpu_add, __this_cpu_inc, __this_cpu_dec,
	raw_cpu_ptr};
@@

 map@p(page, ...)
 ... when != kunmap_atomic(...)
 user(...)

@depends on context@
position r.p;
identifier r.map;
expression r.page;
@@

* map@p(page, ...)

@script:python depends on report@
p << r.p;
map << r.map;
page << r.page;
user << relies.user;
@@

if once(p[0]):
    coccilib.report.print_report(p[0],
        f"{tidy(page)} is mapped by {map}(), which disables preemption and page faults, and {user}() relies on that")

@script:python depends on report@
p << r.p;
map << r.map;
page << r.page;
@@

if once(p[0]):
    coccilib.report.print_report(p[0],
        f"{tidy(page)} is mapped by {map}(), which disables preemption and page faults")

@script:python depends on org@
p << r.p;
map << r.map;
page << r.page;
@@

if once(p[0]):
    coccilib.org.print_todo(p[0], f"{tidy(page)} is mapped by {map}()")

// Only what is certain: a local address that goes nowhere, and nothing in between but what
// neither sleeps nor minds.
@depends on patch@
local idexpression address;
expression page, e, o;
identifier f1;
type T;
identifier f != {memcpy, memmove, memset, memcmp, memchr_inv, memzero_explicit, strlen, min, max,
	min_t, max_t, clear_page, copy_page, crc32, crc32c, crc32_le, crc32_be, crc32c_le,
	le16_to_cpu, le32_to_cpu, le64_to_cpu, cpu_to_le16, cpu_to_le32, cpu_to_le64,
	be16_to_cpu, be32_to_cpu, be64_to_cpu, cpu_to_be16, cpu_to_be32, cpu_to_be64,
	offset_in_page, sg_page, skb_frag_page, skb_frag_off, skb_frag_size, flush_dcache_page,
	swab32, test_bit, __set_bit, __clear_bit, test_bit_le, set_bit, clear_bit,
	set_bit_le, clear_bit_le, csum_partial, likely, unlikely, kmap_atomic, kunmap_atomic};
@@

(
 address =
- kmap_atomic
+ kmap_local_page
  (page);
|
 address =
- kmap_atomic
+ kmap_local_page
  (page) + o;
|
 address = (T)
- kmap_atomic
+ kmap_local_page
  (page);
)
 ... when != f(...)
     when != e->f1 = address
     when != *e = address
     when != address = e
     when != return ...;
     when strict
     when forall
- kunmap_atomic(address);
+ kunmap_local(address);

@depends on patch@
identifier address;
expression page, e, o;
identifier f1;
type T, T1;
identifier f != {memcpy, memmove, memset, memcmp, memchr_inv, memzero_explicit, strlen, min, max,
	min_t, max_t, clear_page, copy_page, crc32, crc32c, crc32_le, crc32_be, crc32c_le,
	le16_to_cpu, le32_to_cpu, le64_to_cpu, cpu_to_le16, cpu_to_le32, cpu_to_le64,
	be16_to_cpu, be32_to_cpu, be64_to_cpu, cpu_to_be16, cpu_to_be32, cpu_to_be64,
	offset_in_page, sg_page, skb_frag_page, skb_frag_off, skb_frag_size, flush_dcache_page,
	swab32, test_bit, __set_bit, __clear_bit, test_bit_le, set_bit, clear_bit,
	set_bit_le, clear_bit_le, csum_partial, likely, unlikely, kmap_atomic, kunmap_atomic};
@@

(
 T address =
- kmap_atomic
+ kmap_local_page
  (page);
|
 T address =
- kmap_atomic
+ kmap_local_page
  (page) + o;
|
 T address = (T1)
- kmap_atomic
+ kmap_local_page
  (page);
)
 ... when != f(...)
     when != e->f1 = address
     when != *e = address
     when != address = e
     when != return ...;
     when strict
     when forall
- kunmap_atomic(address);
+ kunmap_local(address);
