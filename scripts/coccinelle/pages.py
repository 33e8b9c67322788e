# SPDX-License-Identifier: GPL-2.0
"""Which pages of a driver can be a zone's: the judgement behind migrate.cocci.

migrate.cocci finds allocations, frees, assignments, calls and the like; what follows from
them for all of a driver is worked out here.
"""

import os
import re
import sys

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

UNFREED = "nothing here frees it or passes it on"

NAME = r"[A-Za-z_]\w*"
CAST = re.compile(r"^\( [\w ]+(\* ?)*\) ")
drivers = {}


class Text:
    """One file: what is code in it, in the places where it is."""

    def __init__(self, path):
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read()
        blank = lambda m: re.sub(r"[^\n]", " ", m.group())
        self.code = re.sub(r"//[^\n]*|/\*.*?\*/|\"(\\.|[^\"\\\n])*\"|'(\\.|[^'\\\n])*'",
                           blank, text, flags=re.S)
        self.starts = [0] + [m.end() for m in re.finditer("\n", self.code)]

    def offset(self, line, column):
        return self.starts[line - 1] + column

    def place(self, offset):
        low, high = 0, len(self.starts)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.starts[middle] <= offset else (low, middle)
        return low + 1, offset - self.starts[low]

    def behind(self, offset, pairs="()"):
        """Where the bracket that opens at, or after blanks behind, an offset is closed."""
        depth = 0
        for at in range(self.code.index(pairs[0], offset), len(self.code)):
            depth += (self.code[at] == pairs[0]) - (self.code[at] == pairs[1])
            if not depth:
                return at + 1
        return len(self.code)


class Driver:
    """What is known of the files that are looked at together."""

    def __init__(self, paths):
        self.texts = {path: Text(path) for path in paths}
        for path in paths:
            for name in re.findall(r'^\s*#\s*include\s+"([^"]+)"', open(path, encoding="utf-8",
                                   errors="surrogateescape").read(), re.M):
                header = os.path.join(os.path.dirname(path), name)
                if os.path.isfile(header) and header not in self.texts:
                    self.texts[header] = Text(header)
        self.macros = {}
        for text in self.texts.values():
            self.macros.update(re.findall(r"^\s*#\s*define\s+(\w+)[ \t]+([^\n]*?)[ \t]*$", text.code, re.M))
        self.functions = {}   # name: file, where it begins and ends, static
        self.parameters = {}  # name: {place: key}
        self.arguments = {}   # (file, end): [(function, place)]
        self.calls = {}       # function: [(place, text, function it is in, position)]
        self.assigned = []    # (key, source, its start, its end, position, function)
        self.returned = []
        self.fine = set()     # (file, end): compared or tested
        self.derefs = set()
        self.allocs = {}      # start: fact
        self.frees = {}
        self.leaves = {}
        self.again = {}       # (kind, function): places, in a later stage
        self.decided = False

    # Of one variable, or of the members of one name: for a local one, its function is part
    # of the key; a trailing index is part of it too.
    def key(self, text, file, function):
        text = CAST.sub("", text.strip())
        depth = 0
        while text.endswith("]"):
            level = 0
            for at in range(len(text) - 1, -1, -1):
                level += (text[at] == "]") - (text[at] == "[")
                if not level:
                    break
            text = text[:at].rstrip()
            depth += 1
        if re.fullmatch(NAME, text):
            return (file, "" if self.at_file_scope(file, text) else function, text, depth)
        member = re.search(r"(?:->|\.) (%s)$" % NAME, text)
        # As a whole an expression of this one postfix chain, or else it is no place.
        if member and re.match(r"[\w(*]", text) and not re.search(r"[?=<>!&|+/%,] (?!.*\])", text.replace("->", "")):
            return ("", "", member.group(1), depth)
        return None

    def at_file_scope(self, file, name):
        return re.search(r"^(?![ \t#}/*])(?!typedef|return)[\w \t*]*[ \t*]%s[ \t]*(\[[^\]]*\][ \t]*)*(=[^\n]*)?;" % re.escape(name),
                         self.texts[file].code, re.M) is not None


def driver(files):
    paths = tuple(files)
    if paths not in drivers:
        drivers[paths] = Driver(paths)
    return drivers[paths]


def end(p):
    return (p[0].file, int(p[0].line_end), int(p[0].column_end))


def start(p):
    return (p[0].file, int(p[0].line), int(p[0].column))


class Pages:
    """What holds pages, put together by who gives them to whom."""

    def __init__(self, known):
        self.d = known
        self.parent = {}
        self.blocked = {}  # root: [(file, line, why)]
        self.keys = {}

    def root(self, key):
        self.parent.setdefault(key, key)
        while self.parent[key] != key:
            key = self.parent[key]
        return key

    def join(self, one, other):
        one, other = self.root(one), self.root(other)
        if one != other:
            self.parent[other] = one
            self.blocked.setdefault(one, []).extend(self.blocked.pop(other, []))

    def block(self, key, file, line, why):
        self.blocked.setdefault(self.root(key), []).append((file, line, why))


def spelled(key):
    return key[2] + "[]" * key[3]


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


def occurrences(d, key):
    """(file, offset of the name, offset behind it with the indices of its kind)"""
    file, function, name, depth = key
    for path, text in d.texts.items():
        if file and file != path and (function or re.search(r"^static\b[^\n]*\b%s\b" % name, d.texts[file].code, re.M)):
            continue
        if function:
            begin, finish = d.functions[(file, function)][:2]
        else:
            begin, finish = 0, len(text.code)
        for m in re.compile(r"\b%s\b" % re.escape(name)).finditer(text.code, begin, finish):
            before = text.code[:m.start()].rstrip()[-2:]
            is_member = before.endswith("->") or before.endswith(".") and before != ".."
            if is_member != (not file) or re.search(r"\b(struct|union|enum)\s+$", text.code[max(0, m.start() - 20):m.start()]):
                continue
            yield path, m.start(), m.end()


def skip_indices(text, offset, depth):
    while depth:
        m = re.compile(r"\s*\[").match(text.code, offset)
        if not m:
            return None
        offset = text.behind(offset, "[]")
        depth -= 1
    return offset


def declares(text, name_at, name_end, function_at):
    """Is this the name's declaration, not a use of it?"""
    line = text.code[text.code.rfind("\n", 0, name_at) + 1:name_at]
    rest = text.code[name_end:name_end + 200].lstrip()
    return (re.search(r"(^\s*|[(,;{]\s*)(static |const |volatile )*(struct \w+|unsigned \w+|[us](8|16|32|64)|\w+_t|void|char|int|long|__le\d+|unsigned|%s)( const)?[ *]+(\w+ *(= *\w+)? *, *[* ]*)*$" % NAME, line) is not None
            and not re.search(r"\b(return|goto|else|case|sizeof)\s*\**$", line)
            and rest[:1] in "=;,)[")


def decide(d):
    """Which allocations, frees and farewells are the zone's; notes on the others."""
    d.decided = True
    d.notes = []
    d.migrated = {}
    pages = Pages(d)
    for fact in d.allocs.values():
        judge_alloc(fact, d.macros)
    by_end = {(f["file"],) + f["end"]: f for f in d.allocs.values()}

    # Who gives a page to whom: assignments, arguments, results.
    copies, aliases, others = [], [], []
    result_starts = set()
    taken = {name for name in {f[1] for f in d.functions}
             if any(re.search(r"\b%s\b(?!\s*\()" % re.escape(name), t.code) for t in d.texts.values())}

    def private(name, file):
        entry = d.functions.get((file, name))
        return entry is not None and entry[2] and name not in taken

    for key, source, first, last, p, function in d.assigned:
        file, line = p[0], p[1]
        fact = by_end.get(last)
        bare = CAST.sub("", source)
        call = re.match(r"(%s) \(" % NAME, bare)
        source_key = d.key(source, file, function)
        if fact and call and call.group(1) == fact["name"]:
            fact["to"] = key
        elif source in ("NULL", "0", "0UL"):
            pass
        elif source_key:
            copies.append((key, source_key, last, file, line))
        elif call and call.group(1) in ADDRESS:
            inner = re.match(r"%s \( (.*) \)$" % NAME, bare)
            inner_key = inner and d.key(inner.group(1), file, function)
            if inner_key:
                aliases.append((key, inner_key, first))
            others.append((key, file, line, source))
        elif call and private(call.group(1), file):
            copies.append((key, (file, call.group(1), "", 0), None, file, line))
            result_starts.add(d.texts[file].code.index(call.group(1), d.texts[file].offset(first[1], first[2])))
        else:
            others.append((key, file, line, source))
    for file, function, text, last, line in d.returned:
        source_key = d.key(text, file, function)
        if source_key:
            copies.append(((file, function, "", 0), source_key, last, file, line))
        elif text not in ("NULL", "0"):
            fact = by_end.get(last)
            if fact and CAST.sub("", text).startswith(fact["name"] + " ("):
                fact["to"] = (file, function, "", 0)
            else:
                others.append(((file, function, "", 0), file, line, text))
    for (file, name), parameters in d.parameters.items():
        for place, key in parameters.items():
            for n, text, function, p, last in d.calls.get(name, []):
                if n != place or not private(name, file) or p[0] != file:
                    continue
                source_key = d.key(text, p[0], function)
                if source_key:
                    copies.append((key, source_key, last, p[0], p[1]))
                elif text != "NULL":
                    inner = re.match(r"(%s) \( (.*) \)$" % NAME, CAST.sub("", text))
                    inner_key = inner and inner.group(1) in ADDRESS and d.key(inner.group(2), p[0], function)
                    if inner_key:
                        aliases.append((key, inner_key, None))
                    fact = by_end.get(last)
                    others.append((key, p[0], p[1], text))

    # Everything that a page of interest gets to, or comes from.
    candidates = [f for f in d.allocs.values() if f.get("quality")]
    copied = {last: True for _, _, last, _, _ in copies if last}
    for fact in candidates:
        if "to" not in fact:
            fact["why"] = "its result is not simply assigned"
            fact.pop("quality")
    candidates = [f for f in candidates if f.get("quality")]
    holders = {f["to"] for f in candidates}
    address = {}
    grew = True
    while grew:
        grew = False
        for one, other, *_ in copies:
            if (one in holders) != (other in holders):
                holders |= {one, other}
                grew = True
    for one, other, *_ in copies:
        if one in holders:
            pages.join(one, other)
    for fact in candidates:
        address.setdefault(pages.root(fact["to"]), fact["address"])
        if address[pages.root(fact["to"])] != fact["address"]:
            pages.block(fact["to"], fact["file"], fact["line"], "it is a page here and an address there")
    # Places from which a page is only looked at.
    views = {}
    grew = True
    while grew:
        grew = False
        for one, other, *_ in aliases:
            if other in holders and one not in holders and one not in views:
                views[one] = other
                grew = True
        for one, other, *_ in copies:
            if other in views and one not in views and one not in holders:
                views[one] = views[other]
                grew = True
    for one, other, first in aliases:
        if one in holders and other in holders:
            pages.block(one, first[0], first[1], "%s holds a page's address" % spelled(one))

    # Every page in them has to be the zone's.
    for key, file, line, source in others:
        if key in holders:
            pages.block(key, file, line, "%s also gets '%s'" % (spelled(key), re.sub(r" (?=[(),.\[\]])|(?<=[(.\[]) | ?-> ?", lambda m: "->" if "-" in m.group() else "", source)))
    for fact in d.allocs.values():
        if fact.get("to") in holders and not fact.get("quality"):
            pages.block(fact["to"], fact["file"], fact["line"], "%s() there stays: %s" % (fact["name"], fact["why"]))

    # Every use has to be understood.
    def use(key, path, at, behind, view):
        text = d.texts[path]
        is_address = view or address.get(pages.root(key))
        line, column = text.place(at)
        if declares(text, at, behind, 0) and key[0]:
            return None
        last = skip_indices(text, behind, key[3])
        if last is None:
            return "all of %s is used" % spelled(key)
        last_place = (path,) + text.place(last)
        follows = text.code[last:last + 60].lstrip()
        if follows.startswith("["):
            return None if is_address else "it is indexed"
        if follows.startswith("->"):
            field = re.match(r"->\s*(\w+)", follows).group(1)
            return None if is_address or field in FIELDS else "its '%s' is used" % field
        if re.match(r"=(?!=)", follows):
            return None
        if last_place in d.fine or is_address and last_place in d.derefs:
            return None
        if is_address and re.search(r"\*\s*\(\s*$", text.code[max(0, at - 40):at]):
            return None
        if last_place in copied:
            return None
        for name, n in d.arguments.get(last_place, []):
            if name in (LOOKS_AT_ADDRESS if is_address else LOOKS):
                return None
            if not is_address and name in ADDRESS:
                return None if address_is_seen(path, text, at, name) else "what %s() gives is kept" % name
            if name in FREE and not view and (name in FREES_ADDRESS) == bool(is_address):
                return None
            if name in LEAVES and not is_address and LEAVES[name] == n:
                return None
            if name in FREE or name in LEAVES:
                return "%s() of it" % name
            if name in ("build_skb", "napi_build_skb", "__build_skb", "build_skb_around"):
                return "it leaves by %s()" % name
            if private(name, path) and n in d.parameters.get((path, name), {}):
                return None
            return "it is handed to %s(), which is not understood" % name
        if last_place in returned:
            return None
        return "a use that is not understood"

    returned = {last for _, _, text, last, _ in d.returned}
    alias_starts = {(f,) + (l, c) for _, _, s in aliases if s for f, l, c in [s]}

    # page_address(page) at once: an argument, or assigned to what is followed as well.
    def address_is_seen(path, text, at, name):
        begin = text.code.rindex(name, 0, at)
        place = text.place(begin)
        last = (path,) + text.place(text.behind(begin))
        if (path,) + place in alias_starts or last in d.derefs or last in d.fine:
            return True
        # A cast before it.
        if any(s[0] == path and s[1] == place[0] and s[2] <= place[1] for s in alias_starts):
            return True
        for outer, n in d.arguments.get(last, []):
            if outer in LOOKS_AT_ADDRESS or private(outer, path) and n in d.parameters.get((path, outer), {}):
                return True
        follows = text.code[text.behind(begin):][:2].lstrip()
        return False

    for key in sorted(holders | set(views)):
        holder = views.get(key, key)
        if not key[2]:
            file, function = key[0], key[1]
            if not private(function, file):
                pages.block(holder, file, d.texts[file].place(d.functions[(file, function)][0])[0],
                            "%s() returns it to who is not known" % function)
                continue
            text = d.texts[file]
            begin, finish, _, named = d.functions[(file, function)]
            for m in re.finditer(r"\b%s\s*\(" % function, text.code):
                prototype = re.match(r"\s*;", text.code[text.behind(m.start()):]) and \
                    re.match(r"(static|struct|void|unsigned|inline)\b", text.code[text.code.rfind("\n", 0, m.start()) + 1:])
                if m.start() != named and m.start() not in result_starts and not prototype:
                    pages.block(holder, file, text.place(m.start())[0], "the result of %s() is not simply assigned" % function)
            continue
        if key[1] and (key[0], key[1]) not in d.functions:
            pages.block(holder, key[0], 0, "%s() is not understood" % key[1])
            continue
        for path, at, behind in occurrences(d, key):
            why = use(key, path, at, behind, key in views)
            if why:
                pages.block(holder, path, d.texts[path].place(at)[0], "%s: %s" % (spelled(key), why))
    # Parameters: who else calls?
    for (file, name), parameters in d.parameters.items():
        for place, key in parameters.items():
            if key in holders and not private(name, file):
                pages.block(key, file, d.texts[file].place(d.functions[(file, name)][0])[0],
                            "%s() is called from elsewhere, too" % name)

    # Somebody has to give it back, or pass it on.
    ends = set()
    for table in (d.frees, d.leaves):
        for fact in table.values():
            fact["key"] = d.key(fact["text"], fact["file"], fact["function"])
            if fact["key"] in holders:
                ends.add(pages.root(fact["key"]))
                if "order" in fact and not is_order_0(fact["order"], d.macros):
                    pages.block(fact["key"], fact["file"], fact["line"], "%s() of order '%s'" % (fact["name"], fact["order"]))
                if fact in d.leaves.values():
                    if re.search(r"\+\+|--|\(", fact["text"]):
                        pages.block(fact["key"], fact["file"], fact["line"], "'%s' does more than name a page" % fact["text"])
                    elif not fact.get("statement"):
                        pages.block(fact["key"], fact["file"], fact["line"], "%s() is not a statement of its own" % fact["name"])
    for fact in candidates:
        if pages.root(fact["to"]) not in ends:
            pages.block(fact["to"], fact["file"], fact["line"], UNFREED)

    def reason(key, file):
        why = pages.blocked[pages.root(key)]
        path, line, text = min(why, key=lambda w: (w[2] == UNFREED, w[0] != file, w[0], w[1]))
        return "%s (line %d%s)" % (text, line, "" if path == file else " of " + path)

    for place, fact in sorted(d.allocs.items()):
        if fact.get("quality") and not pages.blocked.get(pages.root(fact["to"])):
            d.migrated[place] = fact["quality"]
        elif fact.get("quality"):
            d.notes.append((fact, "%s() left alone: %s" % (fact["name"], reason(fact["to"], fact["file"]))))
        elif not fact["silent"]:
            d.notes.append((fact, "%s() left alone: %s" % (fact["name"], fact["why"])))
    for table in (d.frees, d.leaves):
        for place, fact in sorted(table.items()):
            if fact["key"] not in holders:
                continue
            if not pages.blocked.get(pages.root(fact["key"])):
                d.migrated[place] = fact["name"]
                if table is d.leaves:
                    d.notes.append((fact, "%s leaves the driver by %s(): detached first" %
                                    (re.sub(r" ?(->|[][.()]) ?", r"\1", fact["text"]), fact["name"])))
            elif table is d.frees:
                d.notes.append((fact, "%s() left alone: the page may not be the zone's" % fact["name"]))
    # What spatch could not read it has not shown.
    for path, text in d.texts.items():
        for m in re.finditer(r"\b(%s)\s*\(" % "|".join(ALLOC), text.code):
            line, column = text.place(m.start())
            if (path, line, column) not in d.allocs and "GFP_ATOMIC" in text.code[m.start():text.behind(m.start())] + ("GFP_ATOMIC" if m.group(1).startswith("dev_") else ""):
                d.notes.append(({"file": path, "line": line, "column": column},
                                "%s() left alone: spatch has not understood the code around it" % m.group(1)))


# What was found before anything was changed, and is found again after some of it was: the
# nth of its kind in a function.
KINDS = {
    "allocs": lambda d: d.allocs,
    "frees": lambda d: d.frees,
    "address_frees": lambda d: {at: f for at, f in d.frees.items() if f["name"] in FREES_ADDRESS},
    "leaves": lambda d: d.leaves,
}


def again(d, kind, p):
    if not d.decided:
        decide(d)
    d.again.setdefault((kind, p[0].current_element), set()).add(start(p))


def migrates(d, kind, p):
    """What becomes of the call at a place, None if nothing."""
    function = p[0].current_element
    found = sorted(d.again[kind, function])
    known = sorted(at for at, fact in KINDS[kind](d).items() if fact["function"] == function)
    if len(found) != len(known):
        sys.exit("%s: %s() has %d calls that give or take pages, where %d were expected" %
                 (p[0].file, function, len(found), len(known)))
    return d.migrated.get(known[found.index(start(p))])


def alloc_call(d, p, zone):
    quality = migrates(d, "allocs", p)
    if not quality:
        return None
    address = d.allocs[start(p)]["address"]
    return ("(unsigned long)labyrinth_alloc_atomic(%s, %s)" if address else
            "labyrinth_alloc_page_atomic(%s, %s)") % (zone, quality)


def add_function(d, name, p):
    file, line, column = start(p)
    text = d.texts[file]
    named = text.offset(line, column)
    begin = max(text.code.rfind(c, 0, named) for c in ";}#") + 1
    close = re.compile(r"^}", re.M).search(text.code, named)
    d.functions[(file, name)] = (begin, close.end() if close else len(text.code),
                                 re.search(r"\bstatic\b", text.code[begin:named]) is not None, named)


def add_call(d, table, name, p, **more):
    file, line, column = start(p)
    text = d.texts[file]
    begin = text.offset(line, column)
    table[start(p)] = dict(name=name, file=file, line=line, column=column, function=p[0].current_element,
                           end=text.place(text.behind(begin)), **more)
    return table[start(p)]




def say():
    """The notes of everything that was looked at, a line each, as reports are."""
    for d in drivers.values():
        if not d.decided:
            decide(d)
        for fact, text in sorted(d.notes, key=lambda n: (n[0]["file"], n[0]["line"], n[0]["column"])):
            print("%s:%d:%d: %s" % (fact["file"], fact["line"], fact["column"], text), file=sys.stderr)
