# SPDX-License-Identifier: GPL-2.0
"""Which pages of a driver can be a zone's: the judgement behind migrate.cocci.

All places that a page gets to are taken together, and every page in them has to be the
zone's, every use of them one that is understood; or else all of them stay as they are.
"""

import re
import sys

from pages_code import CAST, NAME, Driver, declares, is_prototype, skip_indices, start
from pages_left import why_not_done_with

# Allocation: its order's place and that of its mask, or none; an address, or a page?
ALLOC = {
    "alloc_page": (0, None, False), "alloc_pages": (0, 1, False),
    "__dev_alloc_page": (0, None, False), "__dev_alloc_pages": (0, 1, False),
    "dev_alloc_page": (None, None, False), "dev_alloc_pages": (None, 0, False),
    "__get_free_page": (0, None, True), "__get_free_pages": (0, 1, True),
    "get_zeroed_page": (0, None, True), "alloc_pages_node": (1, 2, False),
}
FREE = {"put_page": None, "__free_page": None, "__free_pages": 1,
        "free_page": None, "free_pages": 1}
FREES_ADDRESS = ("free_page", "free_pages")
# Where a page goes to the network stack, and which argument it is.
LEAVES = {"skb_fill_page_desc": 2, "skb_fill_page_desc_noacc": 2, "__skb_fill_page_desc": 2,
          "skb_add_rx_frag": 2, "skb_frag_set_page": 2, "__skb_frag_set_page": 1,
          "skb_frag_fill_page_desc": 1}
# These look at a page, and keep nothing.
LOOKS = set("""
    likely unlikely WARN_ON WARN_ON_ONCE BUG_ON VM_BUG_ON
    dma_map_page dma_map_page_attrs pci_map_page dma_mapping_error
    page_to_pfn page_to_phys page_to_nid page_count page_ref_count page_is_pfmemalloc
    page_size page_private set_page_private PageHighMem PageCompound
    clear_highpage copy_highpage memcpy_to_page memcpy_from_page memzero_page zero_user
    flush_dcache_page kunmap prefetch prefetchw
    dev_dbg dev_info dev_warn dev_err netdev_dbg netdev_info netdev_warn netdev_err
    netif_dbg netif_info netif_warn netif_err pr_debug pr_info pr_warn pr_err printk
""".split())
# These say where it is.
ADDRESS = set("page_address page_to_virt kmap kmap_atomic kmap_local_page".split())
LOOKS_AT_ADDRESS = set("""
    likely unlikely WARN_ON WARN_ON_ONCE BUG_ON
    memcpy memset memcmp memmove strcpy strncpy strscpy strlen snprintf scnprintf sprintf
    clear_page copy_page dma_map_single dma_map_single_attrs pci_map_single virt_to_phys
    __pa kunmap_atomic kunmap_local prefetch prefetchw net_prefetch net_prefetchw
    skb_put_data skb_copy_to_linear_data skb_store_bits skb_copy_bits eth_get_headlen
    is_broadcast_ether_addr is_multicast_ether_addr is_valid_ether_addr is_zero_ether_addr
    ether_addr_equal ether_addr_copy
    copy_from_user copy_to_user csum_partial crc32 crc32_le print_hex_dump ioread32_rep
    cpu_to_le64 cpu_to_le32 cpu_to_be64
""".split())
ATOMIC = {"GFP_ATOMIC"}
# Without a meaning for one page that is the kernel's own and not waited for.
NO_MATTER = {"__GFP_NOWARN", "__GFP_COMP", "__GFP_NORETRY", "__GFP_HIGHMEM"}
ZERO = "LABYRINTH_QUALITY_ZERO"
NONE = "LABYRINTH_QUALITY_NONE"
# Their users have them; lru is how a list holds a page.
FIELDS = {"private", "index", "mapping", "flags"}

BUILDS = set("build_skb napi_build_skb slab_build_skb __build_skb build_skb_around".split())
UNFREED = "nothing here frees it or passes it on"

drivers = {}


def driver(files):
    paths = tuple(files)
    if paths not in drivers:
        drivers[paths] = Driver(paths)
    return drivers[paths]


# --- what is asked for -----------------------------------------------------------------


def mask_of(text, macros):
    """The quality that a gfp mask comes to, or None and why."""
    quality = NONE
    atomic = False
    for word in re.sub(r"[()]", " ", text).split("|"):
        word = word.strip()
        if re.fullmatch(NAME, word) and word in macros:
            inner, why = mask_of(macros[word], {})
            if not inner:
                return None, why
            quality = ZERO if inner == ZERO else quality
            atomic = True
        elif word in ATOMIC:
            atomic = True
        elif word == "__GFP_ZERO":
            quality = ZERO
        elif word not in NO_MATTER:
            if word.startswith("__GFP_"):
                return None, "a zone has no '%s' per page" % word
            if word.startswith("GFP_"):
                return None, "'%s' is not GFP_ATOMIC" % word
            return None, "what '%s' asks for is not known here" % word
    return (quality, "") if atomic else (None, "it is not GFP_ATOMIC")


def is_order_0(text, macros):
    text = macros.get(text.strip(), text)
    return re.sub(r"[()\sUuLl]", "", text) in ("0", "0x0")


def judge_alloc(fact, macros):
    mask, order, address = ALLOC[fact["name"]]
    args = fact["args"]
    fact["address"] = address
    if fact["name"] == "alloc_pages_node":
        quality, why = mask_of(args[1], macros)
        fact["why"] = "a zone chooses the node, not a call" if quality else why
        fact["silent"] = not quality
        return
    text = args[mask] if mask is not None else "GFP_ATOMIC"
    quality, why = mask_of(text, macros)
    fact["silent"] = "GFP_ATOMIC" not in text and re.fullmatch(r"[(]?\s*(GFP_\w+|__GFP_\w+|[ |()])+", text.strip())
    if not quality:
        fact["why"] = why
    elif order is not None and not is_order_0(args[order], macros):
        fact["why"] = "order '%s' is not 0" % args[order]
    else:
        fact["quality"] = ZERO if fact["name"] == "get_zeroed_page" else quality


# --- the judgement ---------------------------------------------------------------------


def spelled(key):
    return key[2] + "[]" * key[3]


def plain(text):
    """As people write it, not as spatch does."""
    text = re.sub(r" ?(->|\.) ?", r"\1", text)
    return re.sub(r" (?=[\]\[(),])|(?<=[\[(]) ", "", text)


def inside(text, names):
    """What stands in the call of one of `names`, None if it is no such call."""
    call = re.match(r"(%s) \( (.*) \)$" % NAME, CAST.sub("", text))
    return call.group(2) if call and call.group(1) in names else None


class Judgement:
    """What becomes of a driver's pages."""

    def __init__(self, d):
        self.d = d
        self.migrated = {}      # start: what becomes of it
        self.notes = []         # (fact, text)
        self.parent = {}        # of a place, another one that it is taken together with
        self.blocked = {}       # root: [(file, line, why)]
        self.copies = []        # (to, from, end of the latter)
        self.views = {}         # place from which pages are looked at: places of these
        self.looks = []         # (place, place of the page, start of what gives its address)
        self.others = []        # (to, file, line, what else it gets)
        self.results = set()    # (file, start) of calls whose result is assigned
        self.holders = set()
        self.address = {}       # root: is it one?
        for fact in d.allocs.values():
            judge_alloc(fact, d.macros)
        self.find_public()
        self.follow()
        self.find_holders()
        self.find_views()
        self.judge_sources()
        self.judge_uses()
        self.judge_ends()
        self.conclude()

    def root(self, key):
        self.parent.setdefault(key, key)
        while self.parent[key] != key:
            key = self.parent[key]
        return key

    def join(self, one, other):
        self.parent[self.root(other)] = self.root(one)

    def block(self, key, file, line, why):
        self.blocked.setdefault(self.root(key), []).append((file, line, why))

    def is_blocked(self, key):
        return self.root(key) in self.blocked

    # --- functions ---

    def find_public(self):
        """Those that are called, or may be, where spatch does not see it."""
        d = self.d
        self.public = {name for name in {name for _, name in d.functions}
                       if any(re.search(r"\b%s\b(?!\s*\()" % name, text.code) for text in d.texts.values())}
        for text in d.texts.values():
            for define in re.findall(r"^[ \t]*#[ \t]*define\b(?:[^\n]*\\\n)*[^\n]*", text.code, re.M):
                self.public.update(re.findall(NAME, define))
        for file, name in d.parameters:
            text = d.texts[file]
            calls = [m for m in re.finditer(r"\b%s\s*\(" % name, text.code)
                     if not is_prototype(text, m.start(), d.functions[file, name][2])]
            if len(calls) != sum(1 for n, _, _, p, _ in d.calls.get(name, []) if n == 0 and p[0] == file):
                self.public.add(name)

    def private(self, name, file):
        function = self.d.functions.get((file, name))
        return function is not None and function[3] and name not in self.public

    def line_of(self, file, function):
        return self.d.texts[file].line(self.d.functions[file, function][2])

    # --- who gives a page to whom ---

    def follow(self):
        """Assignments, results, arguments."""
        d = self.d
        self.by_end = {(fact["file"],) + fact["end"]: fact for fact in d.allocs.values()}
        for key, source, first, last, place, function in d.assigned:
            self.give(key, source, first, last, place[1], function)
        for file, function, source, last, line in d.returned:
            self.give((file, function, "", 0), source, None, last, line, function)
        for (file, name), parameters in d.parameters.items():
            if not self.private(name, file):
                continue
            for n, source, function, first, last in d.calls.get(name, []):
                if n in parameters and first[0] == file:
                    self.give(parameters[n], source, first, last, first[1], function)
        # foo(page = alloc_page(…)): the place is written to, and its value goes on.
        for name, calls in d.calls.items():
            for n, source, function, first, _ in calls:
                key = self.written(source, first[0], function)
                if key and name not in LOOKS and not self.takes(name, n, first[0]):
                    self.others.append((key, first[0], first[1], source))
        self.copied = {last for _, _, last in self.copies}
        self.look_starts = {first for _, _, first in self.looks}

    def give(self, key, source, first, last, line, function):
        file = last[0]
        bare = CAST.sub("", source)
        fact = self.by_end.get(last)
        call = re.match(r"(%s) \(" % NAME, bare)
        source_key = self.d.key(source, file, function)
        if fact and call and call.group(1) == fact["name"]:
            fact["to"] = key
        elif source in ("NULL", "0", "0UL"):
            pass
        elif source_key:
            self.copies.append((key, source_key, last))
        elif self.written(source, file, function):
            self.copies.append((key, self.written(source, file, function), None))
        elif call and first and key[2] and self.private(call.group(1), file):
            self.copies.append((key, (file, call.group(1), "", 0), None))
            text = self.d.texts[file]
            self.results.add((file, text.code.index(call.group(1), text.offset(first[1], first[2]))))
        else:
            page = self.d.key(inside(source, ADDRESS) or "", file, function)
            if page:
                self.looks.append((key, page, first or last))
            self.others.append((key, file, line, source))

    def written(self, text, file, function):
        """The place of an assignment that is a part of something else."""
        inner = re.match(r"([^=!<>?]*[^=!<>? ]) = ", text.replace("->", "\0"))
        return self.d.key(inner.group(1).replace("\0", "->"), file, function) if inner else None

    def find_holders(self):
        """All places that a page of interest gets to, or comes from."""
        for fact in self.d.allocs.values():
            if fact.get("quality") and "to" not in fact:
                fact["why"] = "its result is not simply assigned"
                del fact["quality"]
        self.wanted = [fact for fact in self.d.allocs.values() if fact.get("quality")]
        self.holders = {fact["to"] for fact in self.wanted}
        size = 0
        while size != len(self.holders):
            size = len(self.holders)
            for one, other, _ in self.copies:
                if one in self.holders or other in self.holders:
                    self.holders |= {one, other}
        for one, other, _ in self.copies:
            if one in self.holders:
                self.join(one, other)
        for fact in self.wanted:
            if self.address.setdefault(self.root(fact["to"]), fact["address"]) != fact["address"]:
                self.block(fact["to"], fact["file"], fact["line"], "it is a page here and an address there")

    def find_views(self):
        """Variables with the address of what a page contains."""
        size = -1
        while size != sum(map(len, self.views.values())):
            size = sum(map(len, self.views.values()))
            for one, page, _ in self.looks:
                if page in self.holders and one not in self.holders:
                    self.views.setdefault(one, set()).add(page)
            for one, other, _ in self.copies:
                if other in self.views and one not in self.holders:
                    self.views.setdefault(one, set()).update(self.views[other])
        for one, page, first in self.looks:
            if one in self.holders and page in self.holders:
                self.block(one, first[0], first[1], "%s holds a page's address" % spelled(one))

    # --- every page in them has to be the zone's ---

    def judge_sources(self):
        for key, file, line, source in self.others:
            if key in self.holders:
                self.block(key, file, line, "%s also gets '%s'" % (spelled(key) or key[1] + "()", plain(source)))
        for fact in self.d.allocs.values():
            if fact.get("to") in self.holders and not fact.get("quality"):
                self.block(fact["to"], fact["file"], fact["line"],
                           "%s() there stays: %s" % (fact["name"], fact["why"]))
        for (file, name), parameters in self.d.parameters.items():
            for key in parameters.values():
                if key in self.holders and not self.private(name, file):
                    self.block(key, file, self.line_of(file, name), "%s() is called from elsewhere, too" % name)

    # --- every use of them has to be understood ---

    def judge_uses(self):
        for key in sorted(self.holders | set(self.views)):
            pages = self.views.get(key, {key})
            if not key[2]:
                bad = self.uses_of_result(key)
            elif key[1] and key[:2] not in self.d.functions:
                bad = [(key[0], 0, "%s() is not understood" % key[1])]
            else:
                bad = self.uses(key)
            for file, line, why in bad:
                for page in pages:
                    self.block(page, file, line, why)

    def uses_of_result(self, key):
        file, function = key[:2]
        text = self.d.texts[file]
        if not self.private(function, file):
            yield file, self.line_of(file, function), "%s() returns it to who is not known" % function
            return
        for m in re.finditer(r"\b%s\s*\(" % function, text.code):
            own = is_prototype(text, m.start(), self.d.functions[key[:2]][2])
            if not own and (file, m.start()) not in self.results:
                yield file, text.line(m.start()), "the result of %s() is not simply assigned" % function

    def uses(self, key):
        other = self.d.used_outside(key)
        if other:
            path, at, _ = next(self.d.occurrences(key))
            yield path, self.d.texts[path].line(at), ("%s: '%s' has it, too, and is not looked at: give one directory "
                                                      "with all of the driver" % (spelled(key), other))
        for path, line, macro in self.d.in_macros(key):
            yield path, line, "%s: it is in the macro %s" % (spelled(key), macro)
        for path, at, behind in self.d.occurrences(key):
            why = self.use(key, path, at, behind)
            if why:
                yield path, self.d.texts[path].line(at), "%s: %s" % (spelled(key), why)

    def use(self, key, path, at, behind):
        """None if it is understood, or else what it is."""
        d, text = self.d, self.d.texts[path]
        view = key in self.views
        is_address = view or self.address.get(self.root(key))
        if key[0] and declares(text, at, behind):
            return self.declaration(key, text, behind)
        last = skip_indices(text, behind, key[3])
        if last is None:
            return "all of %s is used" % spelled(key)
        place = (path,) + text.place(last)
        follows = text.code[last:last + 60].lstrip()
        if follows.startswith("["):
            return None if is_address else "it is indexed"
        if follows.startswith("->"):
            field = re.match(r"->\s*(\w+)", follows).group(1)
            return None if is_address or field in FIELDS else "its '%s' is used" % field
        if re.match(r"=(?!=)", follows) or place in d.fine or place in self.copied:
            return None
        if is_address and (place in d.derefs or re.search(r"\*\s*\(\s*$", text.code[max(0, at - 40):at])):
            return None
        for name, n in d.arguments.get(place, []):
            return self.argument(name, n, path, at, is_address, view)
        return "a use that is not understood"

    def declaration(self, key, text, behind):
        """The same, of where a variable is declared: pages that are reached by what
        somebody else has, too, are reached by another name."""
        if not key[3]:
            return None
        if key[:3] + (0,) in self.d.parameters.get(key[:2], {}).values():
            return "the array is its caller's"
        value = re.compile(r"\s*(\[[^\]]*\]\s*)*=\s*(\{[^}]*\}|[^;,]*)").match(text.code, behind)
        if not value or re.fullmatch(r"NULL|0|\{\s*(NULL|0)?\s*,?\s*\}", value.group(2).strip()):
            return None
        return "it is declared to be '%s'" % " ".join(value.group(2).split())

    def argument(self, name, n, path, at, is_address, view):
        """The same, of what is handed to a function."""
        if name in (LOOKS_AT_ADDRESS if is_address else LOOKS) or self.takes(name, n, path):
            return None
        if name in ADDRESS and not is_address:
            return None if self.address_is_seen(path, at, name) else "what %s() gives is kept" % name
        if name in FREE and not view and (name in FREES_ADDRESS) == bool(is_address):
            return None
        if LEAVES.get(name) == n and not is_address:
            return None
        if name in FREE or name in LEAVES:
            return "%s() of it" % name
        if name in BUILDS:
            return "it leaves by %s()" % name
        return "it is handed to %s(), which is not understood" % name

    def takes(self, name, n, path):
        """Is this a parameter that is followed itself?"""
        return self.private(name, path) and n in self.d.parameters.get((path, name), {})

    def address_is_seen(self, path, at, name):
        """page_address(page) is used at once, or assigned to what is followed."""
        text = self.d.texts[path]
        begin = text.code.rindex(name, 0, at)
        line, column = text.place(begin)
        last = (path,) + text.place(text.behind(begin))
        # There may be a cast before it.
        if any(first[:2] == (path, line) and first[2] <= column for first in self.look_starts):
            return True
        return last in self.d.derefs or last in self.d.fine or any(
            outer in LOOKS_AT_ADDRESS for outer, _ in self.d.arguments.get(last, []))

    # --- somebody has to give it back, or pass it on ---

    def judge_ends(self):
        d = self.d
        ended = set()
        for fact in list(d.frees.values()) + list(d.leaves.values()):
            key = fact["key"] = d.key(fact["text"], fact["file"], fact["function"])
            if key not in self.holders:
                continue
            ended.add(self.root(key))
            why = None
            if "order" in fact and not is_order_0(fact["order"], d.macros):
                why = "%s() of order '%s'" % (fact["name"], fact["order"])
            elif fact["name"] in LEAVES and re.search(r"\+\+|--|\(", fact["text"]):
                why = "'%s' does more than name a page" % plain(fact["text"])
            elif fact["name"] in LEAVES and not fact.get("alone"):
                why = "%s() is not a statement of its own" % fact["name"]
            if why:
                self.block(key, fact["file"], fact["line"], why)
            elif fact["name"] in LEAVES:
                again = why_not_done_with(d, self.copies, fact)
                if again:
                    self.block(key, fact["file"], *again)
        for fact in self.wanted:
            if self.root(fact["to"]) not in ended:
                self.block(fact["to"], fact["file"], fact["line"], UNFREED)

    # --- and then ---

    def conclude(self):
        for place, fact in self.d.allocs.items():
            if fact.get("quality") and not self.is_blocked(fact["to"]):
                self.migrated[place] = fact["quality"]
            elif fact.get("quality"):
                self.notes.append((fact, "%s() left alone: %s" % (fact["name"], self.reason(fact))))
            elif not fact["silent"]:
                self.notes.append((fact, "%s() left alone: %s" % (fact["name"], fact["why"])))
        for place, fact in list(self.d.frees.items()) + list(self.d.leaves.items()):
            if fact["key"] not in self.holders:
                continue
            if not self.is_blocked(fact["key"]):
                self.migrated[place] = fact["name"]
                if fact["name"] in LEAVES:
                    self.notes.append((fact, "%s leaves the driver by %s(): detached first" %
                                       (plain(fact["text"]), fact["name"])))
            elif fact["name"] in FREE:
                self.notes.append((fact, "%s() left alone: the page may not be the zone's" % fact["name"]))
        for path, text in self.d.texts.items():
            self.tell_unread(path, text)

    def reason(self, fact):
        """The one that is told: what is nearest."""
        file = fact["file"]
        path, line, text = min(self.blocked[self.root(fact["to"])],
                               key=lambda why: (why[2] == UNFREED, why[0] != file, why[0], why[1]))
        return "%s (line %d%s)" % (text, line, "" if path == file else " of " + path)

    def tell_unread(self, path, text):
        """What spatch could not read it has not shown."""
        for m in re.finditer(r"\b(%s)\s*\(" % "|".join(ALLOC), text.code):
            line, column = text.place(m.start())
            name = m.group(1)
            atomic = name.startswith("dev_") or "GFP_ATOMIC" in text.code[m.start():text.behind(m.start())]
            if atomic and (path, line, column) not in self.d.allocs:
                self.notes.append(({"file": path, "line": line, "column": column, "name": name},
                                   "%s() left alone: spatch has not understood the code around it" % name))


def judged(d):
    d.judged = d.judged or Judgement(d)
    return d.judged


# --- what the rules do with it ---------------------------------------------------------

# What was found before anything was changed, and is found again after some of it was: the
# nth of its kind in a function.
KINDS = {
    "allocs": lambda d: d.allocs,
    "frees": lambda d: d.frees,
    "address_frees": lambda d: {at: f for at, f in d.frees.items() if f["name"] in FREES_ADDRESS},
    "leaves": lambda d: d.leaves,
}


def again(d, kind, p):
    d.again.setdefault((kind, p[0].current_element), set()).add(start(p))


def migrates(d, kind, p):
    """What becomes of the call at a place, None if nothing."""
    function = p[0].current_element
    found = sorted(d.again[kind, function])
    known = sorted(at for at, fact in KINDS[kind](d).items() if fact["function"] == function)
    if len(found) != len(known):
        sys.exit("%s: %s() has %d calls that give or take pages, where %d were expected" %
                 (p[0].file, function, len(found), len(known)))
    return judged(d).migrated.get(known[found.index(start(p))])


def alloc_call(d, p, zone):
    quality = migrates(d, "allocs", p)
    if not quality:
        return None
    address = d.allocs[start(p)]["address"]
    return ("(unsigned long)labyrinth_alloc_atomic(%s, %s)" if address else
            "labyrinth_alloc_page_atomic(%s, %s)") % (zone, quality)


def report(d):
    """What could be done, for who only wants to know."""
    return [(fact, "%s() can be a zone's" % fact["name"])
            for place, fact in d.allocs.items() if place in judged(d).migrated]


def say(reporting):
    """The notes of everything that was looked at, a line each."""
    for d in drivers.values():
        notes = judged(d).notes + (report(d) if reporting else [])
        for fact, text in sorted(notes, key=lambda note: (note[0]["file"], note[0]["line"], note[0]["column"])):
            print("%s:%d:%d-%d: %s" % (fact["file"], fact["line"], fact["column"],
                                       fact["column"] + len(fact["name"]), text),
                  file=sys.stdout if reporting else sys.stderr)
    sys.stdout.flush()
