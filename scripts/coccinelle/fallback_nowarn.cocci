// SPDX-License-Identifier: GPL-2.0
/// An attempt to allocate that has a fallback lacks __GFP_NOWARN.
///
/// Where the caller can do with less, failing is expected: in atomic context, or for more than
/// a page. Without __GFP_NOWARN each failure still writes a stack trace and the state of all of
/// memory to the log, from interrupts too, just when the machine is short of memory; and it
/// looks like a bug to whoever reads it.
///
//# A fallback in the caller is not seen, nor a mask that the caller passes in or that a macro
//# hides. GFP_NOWAIT implies __GFP_NOWARN in 6.12, not in 6.1, and is never reported. A
//# first attempt whose size can only be small is reported though it hardly fails.
///
// Confidence: High
// Advice: Add __GFP_NOWARN to the attempt that has a fallback, and leave it out of the last one, so
//   that a real failure is still reported; kvmalloc() does both for kmalloc() with vmalloc().
// Needs: GFP_ATOMIC|alloc_pages(_node)?\(|get_free_pages\(|[^k]v[mz]alloc(_node)?\(
// URL: Documentation/audit.md#fallback_nowarn
// Options: --no-includes --include-headers

virtual report
virtual org

@initialize:python@
@@

import re

seen = set()
assigned = {}

SLEEPS = {"GFP_KERNEL", "GFP_USER", "GFP_NOIO", "GFP_NOFS", "GFP_HIGHUSER",
          "GFP_HIGHUSER_MOVABLE", "GFP_KERNEL_ACCOUNT", "__GFP_DIRECT_RECLAIM", "__GFP_RECLAIM"}
PAGES = {"alloc_page", "__get_free_page", "get_zeroed_page", "__dev_alloc_page"}
VIRTUAL = {"vmalloc", "vzalloc", "__vmalloc", "vmalloc_node", "vzalloc_node", "kvmalloc",
           "kvzalloc", "kvcalloc", "vmalloc_32", "vmalloc_user"}
# Where in the arguments the mask is, if it is not the last one.
AT = {"alloc_pages": 0, "__get_free_pages": 0, "alloc_pages_node": 1, "__alloc_pages": 0,
      "kmalloc_node": 1, "kzalloc_node": 1, "kcalloc_node": 2, "kmalloc_array_node": 2,
      "kmem_cache_alloc_node": 1, "__dev_alloc_pages": 0}
ORDER = {"alloc_pages": 1, "__get_free_pages": 1, "alloc_pages_node": 2, "__alloc_pages": 1,
         "__dev_alloc_pages": 1}

# Expressions come with a space around everything.
def tidy(text):
    return re.sub(r" ?(->|\.|\[) ?|(?<=\w) (?=\()|(?<=\() | (?=[\])])",
                  lambda m: m.group(1) or "", text)

def arguments(text):
    parts, depth, part = [], 0, ""
    for c in text:
        depth += (c in "([{") - (c in ")]}")
        if c == "," and not depth:
            parts.append(part.strip())
            part = ""
        else:
            part += c
    return parts + [part.strip()]

# The flags of a mask if all of them are known, the assignments to a variable taken together.
def flags(p, mask):
    if re.fullmatch(r"\w+", mask) and not re.match(r"(__)?GFP_", mask):
        texts = assigned.get((p.file, p.current_element, mask))
        if not texts:
            return None
        mask = "|".join(texts)
    if "~" in mask or "?" in mask:
        return None
    found = set(re.findall(r"\w+", mask))
    if all(re.match(r"(__)?GFP_[A-Z0-9_]+$", word) for word in found):
        return found
    return None

# Why the attempt may well fail; second is None where it is not known yet.
def why(p, first, args, second=None):
    args = arguments(args.expr)
    at = AT.get(first, len(args) - 1)
    if at >= len(args):
        return None
    mask = flags(p, args[at])
    if mask is None or "__GFP_NOWARN" in mask or "__GFP_NOFAIL" in mask:
        return None
    if not mask & SLEEPS:
        return "in atomic context" if "GFP_ATOMIC" in mask else None
    order = args[ORDER[first]] if first in ORDER and ORDER[first] < len(args) else "0"
    if order != "0":
        return "for order " + tidy(order)
    if first not in PAGES and (second is None or second in VIRTUAL):
        return "for a size that wants vmalloc() as well"
    return None

def tell(p, name, first, args, second, say):
    reason = why(p, first, args, second)
    if reason is None or (p.file, p.line) in seen:
        return
    seen.add((p.file, p.line))
    if second:
        second += "()"
    else:
        second = "a smaller order"
    say(p, f"{first}() of {tidy(name)} {reason} falls back to {second}, but lacks __GFP_NOWARN")

def smaller(first, args, order):
    args = arguments(args.expr)
    return first in ORDER and ORDER[first] < len(args) and order in args[ORDER[first]]

@variable@
identifier gfp =~ "gfp|flags|mask|prio";
expression mask;
position p;
@@

(
 gfp@p = mask
|
 gfp@p |= mask
)

@script:python@
p << variable.p;
gfp << variable.gfp;
mask << variable.mask;
@@

if "GFP" in mask:
    assigned.setdefault((p[0].file, p[0].current_element, gfp), []).append(mask)

@declared@
identifier gfp;
expression mask;
position p;
@@

 gfp_t gfp@p = mask;

@script:python@
p << declared.p;
gfp << declared.gfp;
mask << declared.mask;
@@

assigned.setdefault((p[0].file, p[0].current_element, gfp), []).append(mask)

@attempt@
expression x;
expression list args;
identifier first = {kmalloc, kzalloc, kcalloc, kmalloc_array, kmalloc_node, kzalloc_node,
	kmem_cache_alloc, kmem_cache_zalloc, kmem_cache_alloc_node, kmemdup, kmalloc_obj, kzalloc_obj,
	alloc_page, alloc_pages, alloc_pages_node, __alloc_pages, __get_free_page, __get_free_pages,
	get_zeroed_page, __dev_alloc_page, __dev_alloc_pages, alloc_skb, __netdev_alloc_skb};
position p;
type T;
@@

 x = (T)first@p(args)

@script:python@
p << attempt.p;
first << attempt.first;
args << attempt.args;
@@

if why(p[0], first, args) is None:
    cocci.include_match(False)

// if (!x) x = …
@within exists@
expression attempt.x, y;
expression list attempt.args;
identifier attempt.first;
identifier second = {kmalloc, kzalloc, kcalloc, kmalloc_array, kmalloc_node, kzalloc_node,
	kmem_cache_alloc, kmem_cache_zalloc, kmem_cache_alloc_node, kmemdup, kmalloc_obj, kzalloc_obj,
	alloc_page, alloc_pages, alloc_pages_node, __alloc_pages, __get_free_page, __get_free_pages,
	get_zeroed_page, dev_alloc_page, __dev_alloc_page, dev_alloc_pages, __dev_alloc_pages,
	alloc_skb, dev_alloc_skb, netdev_alloc_skb, __netdev_alloc_skb, mempool_alloc,
	vmalloc, vzalloc, __vmalloc, vmalloc_node, vzalloc_node, kvmalloc, kvzalloc, kvcalloc,
	vmalloc_32, vmalloc_user};
position attempt.p;
type T;
@@

 first@p(args)
 ... when != x
 if (unlikely(x == NULL)) {
   ... when != return ...;
(
   y = (T)second(...);
|
   return (T)second(...);
)
   ... when any
 }

@script:python depends on report@
p << attempt.p;
x << attempt.x;
first << attempt.first;
args << attempt.args;
second << within.second;
@@

tell(p[0], x, first, args, second, coccilib.report.print_report)

@script:python depends on org@
p << attempt.p;
x << attempt.x;
first << attempt.first;
args << attempt.args;
second << within.second;
@@

tell(p[0], x, first, args, second, coccilib.org.print_todo)

// if (x) return x; x = …
@after exists@
expression attempt.x;
expression list attempt.args;
identifier attempt.first;
identifier second = {kmalloc, kzalloc, kcalloc, kmalloc_array, kmalloc_node, kzalloc_node,
	kmem_cache_alloc, kmem_cache_zalloc, kmem_cache_alloc_node, kmemdup, kmalloc_obj, kzalloc_obj,
	alloc_page, alloc_pages, alloc_pages_node, __alloc_pages, __get_free_page, __get_free_pages,
	get_zeroed_page, dev_alloc_page, __dev_alloc_page, dev_alloc_pages, __dev_alloc_pages,
	alloc_skb, dev_alloc_skb, netdev_alloc_skb, __netdev_alloc_skb, mempool_alloc,
	vmalloc, vzalloc, __vmalloc, vmalloc_node, vzalloc_node, kvmalloc, kvzalloc, kvcalloc,
	vmalloc_32, vmalloc_user};
position attempt.p;
type T;
@@

 first@p(args)
 ... when != x
 if (likely(x != NULL)) { ... return ...; }
 ... when != x
     when != return ...;
(
 x = (T)second(...);
|
 return (T)second(...);
)

@script:python depends on report@
p << attempt.p;
x << attempt.x;
first << attempt.first;
args << attempt.args;
second << after.second;
@@

tell(p[0], x, first, args, second, coccilib.report.print_report)

@script:python depends on org@
p << attempt.p;
x << attempt.x;
first << attempt.first;
args << attempt.args;
second << after.second;
@@

tell(p[0], x, first, args, second, coccilib.org.print_todo)

// A smaller order in the next round.
@shrinks exists@
expression attempt.x;
identifier attempt.first;
expression list attempt.args;
position attempt.p;
expression order;
@@

 first@p(args)
 ... when != x = NULL
(
 order--
|
 --order
|
 order -= 1
|
 order = order - 1
)
 ...
 first@p(args)

@script:python depends on report@
p << attempt.p;
x << attempt.x;
first << attempt.first;
args << attempt.args;
order << shrinks.order;
@@

if smaller(first, args, order):
    tell(p[0], x, first, args, None, coccilib.report.print_report)

@script:python depends on org@
p << attempt.p;
x << attempt.x;
first << attempt.first;
args << attempt.args;
order << shrinks.order;
@@

if smaller(first, args, order):
    tell(p[0], x, first, args, None, coccilib.org.print_todo)
