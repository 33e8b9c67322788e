// SPDX-License-Identifier: GPL-2.0
/// The flags of an allocation contradict each other, or the function they are given to.
///
/// Flags are bits: GFP_ATOMIC | GFP_KERNEL sleeps, GFP_NOIO | GFP_USER starts I/O, and two zones
/// at once are none. __GFP_NOFAIL without direct reclaim cannot be kept. Functions that return
/// an address cannot return highmem, the slab caches drop __GFP_DMA32 with a warning, and
/// modifiers alone neither reclaim nor wake kswapd.
///
//# Masks in variables, macros and ternary expressions are not followed, nor flags that are
//# removed. GFP_DMA | GFP_KERNEL and GFP_ATOMIC | __GFP_NOMEMALLOC mean something and are not
//# reported; nor is __GFP_NORETRY with GFP_NOWAIT, which is only redundant; nor kvmalloc() with
//# GFP_ATOMIC, which is mere kmalloc() in 6.1 and falls back to vmalloc() in newer kernels.
///
// Confidence: High
// Advice: Take one base (GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_NOWAIT or GFP_ATOMIC) for the context and add
//   to it only modifiers that the function and the base can heed.
// Needs: GFP_[A-Z0-9_]+[[:space:]]*[|&]|\|[[:space:]]*(__)?GFP_|alloc[a-z_]*\(.*(__GFP_|GFP_DMA|GFP_HIGH)|(zeroed_page|free_pages?)\(.*(__GFP_|GFP_DMA|GFP_HIGH)|preload\(.*GFP_(ATOMIC|NOWAIT)|^[[:space:]]*(__GFP|GFP_DMA|GFP_HIGH)[A-Z0-9_]*\)
// URL: Documentation/audit.md#gfp_conflict
// Options: --no-includes --include-headers

virtual report
virtual org

@initialize:python@
@@

import re

seen = set()

ATOMIC = {"GFP_ATOMIC", "GFP_NOWAIT"}
HIGH = {"__GFP_HIGHMEM", "GFP_HIGHUSER", "GFP_HIGHUSER_MOVABLE"}
ALL_IO = {"GFP_KERNEL", "GFP_USER", "GFP_KERNEL_ACCOUNT", "GFP_HIGHUSER", "GFP_HIGHUSER_MOVABLE"}
SLEEPS = ALL_IO | {"GFP_NOIO", "GFP_NOFS", "__GFP_DIRECT_RECLAIM", "__GFP_RECLAIM"}
DMA = {"GFP_DMA", "__GFP_DMA"}
DMA32 = {"GFP_DMA32", "__GFP_DMA32"}
# Says nothing of what the allocator may do to find memory.
MODIFIERS = DMA | DMA32 | {"__GFP_ZERO", "__GFP_COMP", "__GFP_ACCOUNT"}

PAIRS = [
    (SLEEPS, ATOMIC, "{0} lets the allocation sleep in spite of {1}"),
    ({"GFP_NOIO"}, ALL_IO | {"GFP_NOFS"}, "{1} allows the I/O that {0} forbids"),
    ({"GFP_NOFS"}, ALL_IO, "{1} allows the calls of file systems that {0} forbids"),
    ({"__GFP_NOFAIL"}, ATOMIC, "{0} cannot be kept with {1}, which may not reclaim"),
    ({"__GFP_NOFAIL"}, {"__GFP_NORETRY", "__GFP_RETRY_MAYFAIL"}, "{0} and {1} exclude each other"),
    ({"__GFP_NORETRY"}, {"__GFP_RETRY_MAYFAIL"}, "{0} and {1} exclude each other"),
    ({"__GFP_MEMALLOC"}, {"__GFP_NOMEMALLOC"}, "{1} overrides {0}"),
    (DMA, DMA32, "{0} and {1} name two zones"),
    (DMA | DMA32, HIGH, "{0} and {1} name two zones"),
]

SLAB = {"kmalloc", "kzalloc", "kcalloc", "kmalloc_array", "kmalloc_node", "kzalloc_node", "kmemdup",
        "kmem_cache_alloc", "kmem_cache_zalloc", "kmem_cache_alloc_node"}
ADDRESS = SLAB | {"__get_free_page", "__get_free_pages", "get_zeroed_page"}
ZEROES = {"kzalloc", "kcalloc", "kzalloc_node", "kmem_cache_zalloc", "get_zeroed_page", "kvzalloc", "kvcalloc"}
PAGES = {"alloc_page", "alloc_pages", "alloc_pages_node", "alloc_pages_exact"}
# Where in the arguments the mask is, if it is not the last one.
AT = {"alloc_pages": 0, "__get_free_pages": 0, "alloc_pages_node": 1, "kmalloc_node": 1,
      "kzalloc_node": 1, "kmem_cache_alloc_node": 1,
      "idr_preload": 0, "radix_tree_preload": 0}

def words(text):
    if re.search(r"[?~&(]", text):
        return set()
    return set(re.findall(r"\b(?:__)?GFP_[A-Z0-9_]+\b", text))

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

def pair(left, flag):
    have = words(left.replace("(", " ").replace(")", " ") if not re.search(r"\w \(", left) else left)
    if flag in have:
        return None
    for one, other, message in PAIRS:
        if flag in other and have & one:
            return message.format(sorted(have & one)[0], flag)
        if flag in one and have & other:
            return message.format(flag, sorted(have & other)[0])
    return None

def given(name, args):
    args = arguments(args.expr)
    at = AT.get(name, len(args) - 1)
    if at >= len(args):
        return None
    mask = args[at]
    have = words(mask)
    if not have:
        return None
    def first(flags):
        return sorted(have & flags)[0]
    if name in ADDRESS and have & HIGH:
        return f"{first(HIGH)} is given to {name}(), which returns an address"
    if name in SLAB and have & DMA32:
        return f"{first(DMA32)} is given to {name}(), whose caches drop it with a warning"
    if name == "mempool_alloc" and "__GFP_ZERO" in have:
        return f"__GFP_ZERO is given to {name}(), whose reserve is not zeroed"
    if name.endswith("preload") and have & ATOMIC:
        return f"{first(ATOMIC)} is given to {name}(), whose use is to sleep beforehand"
    if name in ZEROES and "__GFP_ZERO" in have:
        return f"__GFP_ZERO is given to {name}(), which zeroes as it is"
    if name in ADDRESS | PAGES and have <= MODIFIERS and re.fullmatch(r"[\w| ]+", mask) and \
       set(re.findall(r"\w+", mask)) == have:
        return f"{mask} is given to {name}() without a base such as GFP_KERNEL"
    return None

def cleared(base, flags):
    gone = set(re.findall(r"\w+", flags))
    if not all(re.match(r"__GFP_", flag) for flag in gone):
        return None
    if gone & {"__GFP_HIGH", "__GFP_ATOMIC", "__GFP_KSWAPD_RECLAIM", "__GFP_RECLAIM", "__GFP_NOWARN"}:
        return None
    return f"{base} has no {sorted(gone)[0]} that could be cleared"

def tell(p, message, say):
    if message and (p.file, p.line, message) not in seen:
        seen.add((p.file, p.line, message))
        say(p, message)

// A set of flags that is asked for or removed is not one that is given.
@asked@
expression mask, left;
constant flag =~ "^(__)?GFP_";
position p;
@@

(
 mask & (<+... left | flag@p ...+>)
|
 mask &= <+... left | flag@p ...+>
|
 ~(<+... left | flag@p ...+>)
)

@named@
identifier set =~ "MASK|BITS|FLAGS";
expression left;
constant flag =~ "^(__)?GFP_";
position p;
@@

#define set <+... left | flag@p ...+>

// The last operand that makes the contradiction is the place.
@pairs disable bitor_comm@
expression left;
constant flag =~ "^(__)?GFP_";
position p != {asked.p, named.p};
@@

 left | flag@p

@calls@
expression list args;
identifier f = {kmalloc, kzalloc, kcalloc, kmalloc_array, kmalloc_node, kzalloc_node, kmemdup,
	kmem_cache_alloc, kmem_cache_zalloc, kmem_cache_alloc_node, __get_free_page,
	__get_free_pages, get_zeroed_page, alloc_page, alloc_pages, alloc_pages_node,
	alloc_pages_exact, kvzalloc, kvcalloc, mempool_alloc, radix_tree_preload, idr_preload};
position p;
@@

 f@p(args)

@clears@
constant base = {GFP_ATOMIC, GFP_NOWAIT};
expression flags;
position p;
@@

 base@p & ~flags

@script:python depends on report@
p << pairs.p;
left << pairs.left;
flag << pairs.flag;
@@

tell(p[0], pair(left, flag), coccilib.report.print_report)

@script:python depends on report@
p << calls.p;
f << calls.f;
args << calls.args;
@@

tell(p[0], given(f, args), coccilib.report.print_report)

@script:python depends on report@
p << clears.p;
base << clears.base;
flags << clears.flags;
@@

tell(p[0], cleared(base, flags), coccilib.report.print_report)

@script:python depends on org@
p << pairs.p;
left << pairs.left;
flag << pairs.flag;
@@

tell(p[0], pair(left, flag), coccilib.org.print_todo)

@script:python depends on org@
p << calls.p;
f << calls.f;
args << calls.args;
@@

tell(p[0], given(f, args), coccilib.org.print_todo)

@script:python depends on org@
p << clears.p;
base << clears.base;
flags << clears.flags;
@@

tell(p[0], cleared(base, flags), coccilib.org.print_todo)
