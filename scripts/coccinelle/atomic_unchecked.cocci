// SPDX-License-Identifier: GPL-2.0
/// The result of an atomic allocation is used though it may be NULL.
///
/// GFP_ATOMIC does not wait: in a burst of traffic, or with memory fragmented, NULL is
/// a normal answer. What is done without looking at it works on an idle machine and
/// crashes a busy one.
///
//# Only the first use after the allocation is looked at, and only one that dereferences:
//# a result that is passed on, stored or returned unchecked is not reported. A test that
//# a function or macro makes of another expression for the same pointer is not seen.
///
// Confidence: High
// Advice: Test the result before its first use, and leave on NULL by a path that does
//   not touch it: drop the packet, count it, try again later.
// Needs: GFP_ATOMIC|GFP_NOWAIT|(netdev|dev|napi)_alloc_(skb|page|frag)
// URL: Documentation/audit.md#atomic_unchecked
// Options: --no-includes --include-headers

virtual report
virtual org

@initialize:python@
@@
import re

places = {}

def key(p):
    return (p.file, int(p.line), int(p.column))

def may_fail(args):
    """Whether a call with these arguments is atomic whatever else holds, and may fail."""
    text = str(args)
    return "__GFP_NOFAIL" not in text and not re.search(r"GFP_\w+ *[:?]|[:?] *\(*GFP_", text)

def set_elsewhere(condition):
    """Whether what a condition tests may be set by other than an assignment to a variable."""
    return bool(re.search(r"->|\.|[(*&]", str(condition)))

def found(p, message):
    places.setdefault(key(p), (p, message))

// One run of spatch reads many files.
@script:python@
@@
places.clear()

@allocated@
identifier mask = {GFP_ATOMIC,GFP_NOWAIT};
identifier implied = {netdev_alloc_skb,netdev_alloc_skb_ip_align,dev_alloc_skb,napi_alloc_skb,dev_alloc_page,dev_alloc_pages,netdev_alloc_frag,napi_alloc_frag};
identifier f != {ERR_PTR,ERR_CAST};
expression x;
expression list args;
type T, C;
identifier i;
position p;
@@
(
x = (C)\( f@p(args) \& \( f(..., <+... mask ...+>, ...) \| implied(...) \) \);
|
T i = (C)\( f@p(args) \& \( f(..., <+... mask ...+>, ...) \| implied(...) \) \);
)

// A variable that is declared with its result, and any other target, are one below.
@script:python target@
args << allocated.args;
assigned << allocated.x = "";
declared << allocated.i = "";
x;
@@
if (assigned or declared) and may_fail(args):
    coccinelle.x = cocci.make_expr(assigned or declared)
else:
    cocci.include_match(False)

@unchecked exists@
position allocated.p, q;
expression target.x;
identifier f, fld;
identifier user = {memcpy,memset,memmove,memcpy_fromio,memset_io,strcpy,strncpy,strscpy,strlcpy,sprintf,snprintf,skb_put,__skb_put,skb_put_data,skb_put_zero,skb_put_u8,skb_reserve,skb_push,skb_pull,skb_copy_to_linear_data,skb_copy_to_linear_data_offset,skb_reset_mac_header,skb_reset_network_header,skb_reset_transport_header,skb_set_network_header,skb_set_mac_header,eth_type_trans,INIT_LIST_HEAD,spin_lock_init,sg_init_table,get_page,skb_add_rx_frag,skb_trim,skb_tailroom,skb_headroom};
expression e;
@@
f@p(...)
... when != x
(
 (x@q)->fld
|
 *x@q
|
x@q[e]
|
user(x@q, ...)
)

@script:python@
x << target.x;
f << unchecked.f;
q << unchecked.q;
@@
found(q[0], "%s is used though %s() may have returned NULL" % (x.replace(" ", ""), f))

@failing exists@
position allocated.p, q;
expression target.x;
identifier f, fld;
identifier user = {memcpy,memset,memmove,memcpy_fromio,strcpy,strncpy,strscpy,strlcpy,sprintf,snprintf,skb_put,__skb_put,skb_put_data,skb_put_zero,skb_reserve,skb_push,skb_pull,eth_type_trans,INIT_LIST_HEAD};
expression e;
@@
f@p(...)
... when != x
if (\(!x\|x == NULL\|unlikely(!x)\|unlikely(x == NULL)\)) {
	... when != x
(
	 (x@q)->fld
|
	*x@q
|
	x@q[e]
|
	user(x@q, ...)
)
	... when any
}

@script:python@
x << target.x;
f << failing.f;
q << failing.q;
@@
found(q[0], "%s is used where %s() has returned NULL" % (x.replace(" ", ""), f))

// Where the branch for NULL ends, and goes on. One that assigns the pointer has a fallback; one
// that assigns anything else, or calls what does, may set what keeps the rest from its use.
@tested exists@
position allocated.p, leave;
expression target.x;
identifier f, l, flag;
expression e, e1;
@@
f@p(...)
... when != x
if (\(!x\|x == NULL\|unlikely(!x)\|unlikely(x == NULL)\))
(
	goto@leave l;
|
	e@leave;
|
	{ ... when != flag = e1
	      when != x
(
	goto@leave l;
|
	e@leave;
)
	}
)

@script:python@
e << tested.e = "";
x << target.x;
@@
if e.startswith(x + " =") or re.match(r"(panic|BUG|do_exit)\b|\w+ [-+*/|&^]?= ", e):
    cocci.include_match(False)

@left exists@
position tested.leave, q;
identifier fld, l;
statement S;
identifier user = {memcpy,memset,memmove,memcpy_fromio,strcpy,strncpy,strscpy,strlcpy,sprintf,snprintf,skb_put,__skb_put,skb_put_data,skb_put_zero,skb_reserve,skb_push,skb_pull,eth_type_trans,INIT_LIST_HEAD};
expression target.x, e, c;
@@
goto@leave l;
... when != x
    when != if (c) S
(
 (x@q)->fld
|
 *x@q
|
x@q[e]
|
user(x@q, ...)
)

@script:python@
x << target.x;
f << tested.f;
q << left.q;
@@
found(q[0], "%s is used where %s() has returned NULL" % (x.replace(" ", ""), f))

@gone_on exists@
position tested.leave, q;
identifier fld;
identifier user = {memcpy,memset,memmove,memcpy_fromio,strcpy,strncpy,strscpy,strlcpy,sprintf,snprintf,skb_put,__skb_put,skb_put_data,skb_put_zero,skb_reserve,skb_push,skb_pull,eth_type_trans,INIT_LIST_HEAD};
statement S;
expression target.x, e, e1;
expression c : script:python() { set_elsewhere(c) };
@@
e1@leave;
... when != x
    when != if (c) S
    when != while (c) S
(
 (x@q)->fld
|
 *x@q
|
x@q[e]
|
user(x@q, ...)
)

@script:python@
x << target.x;
f << tested.f;
q << gone_on.q;
@@
found(q[0], "%s is used where %s() has returned NULL" % (x.replace(" ", ""), f))

// sizeof() does not look; and what stands right of a test of the pointer is tested.
@looked@
expression x, e;
position q : script:python() { key(q[0]) in places };
@@
(
sizeof(<+... x@q ...+>)
|
 (<+... x ...+>) && <+... x@q ...+>
|
 (<+... x ...+>) || <+... x@q ...+>
|
 (<+... x ...+>) ? <+... x@q ...+> : e
|
 (<+... x ...+>) ? e : <+... x@q ...+>
)

@script:python@
q << looked.q;
@@
places.pop(key(q[0]), None)

// Nor does the address of a member that is only kept.
@addressed@
expression x, e;
identifier fld, i;
type T;
position q : script:python() { key(q[0]) in places };
@@
(
e = &(x@q)->fld;
|
T i = &(x@q)->fld;
)

@script:python@
q << addressed.q;
@@
places.pop(key(q[0]), None)

@script:python depends on report@
@@
for place in sorted(places):
    coccilib.report.print_report(*places[place])

@script:python depends on org@
@@
for place in sorted(places):
    coccilib.org.print_todo(*places[place])
