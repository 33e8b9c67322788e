# SPDX-License-Identifier: GPL-2.0
"""Where the page or the address that a function frees comes from, within the file.

A name is followed to what is assigned to it: a local variable within its function, a field
or a static variable within the file. If anything of that is not an allocation known here,
nothing is said about any: another structure may have a field of that name.
"""
import copy
import functools
import re

import orders

# Where each takes its order; None: it is 0.
PAGES = {"alloc_page": None, "alloc_pages": 1, "alloc_pages_node": 2, "__alloc_pages_node": 2,
         "dev_alloc_page": None, "__dev_alloc_page": None, "dev_alloc_pages": 0, "__dev_alloc_pages": 1}
ADDRESSES = {"__get_free_page": None, "get_zeroed_page": None, "__get_free_pages": 1, "__get_dma_pages": 1}
EXACT = ("alloc_pages_exact", "alloc_pages_exact_nid")
SLAB = ("kmalloc", "kzalloc", "kcalloc", "kmalloc_array", "kmalloc_node", "kzalloc_node", "kmemdup",
        "kstrdup", "kmalloc_obj", "kzalloc_obj", "kmalloc_objs", "kzalloc_objs", "kmalloc_flex", "kzalloc_flex")
CALL = re.compile(r"(\w+)\s*\((.*)\)\s*", re.S)
CAST = re.compile(r"\(\s*(?:(?:const|unsigned|struct|union|enum|volatile|__\w+)\s+)*\w+[\s*]*\)\s*(?=[\w(&*])")
NUMBER = re.compile(r"cpu_to_\w+|[lb]e\d+_to_\w+|sizeof|ARRAY_SIZE|swab\d+")
INDICES = re.compile(r"(?:\[[^][]*\])*$")
ALIAS = ("page_address", "virt_to_page", "virt_to_head_page", "likely", "unlikely", "kmap", "lowmem_page_address")


class Origin:
    """One allocation: its function, arguments and place."""

    def __init__(self, path, line, name, arguments):
        self.path, self.line, self.name, self.arguments = path, line, name, orders.split(arguments)
        self.page = name in PAGES	# a struct page, not an address
        self.wrapped = False	# its order may depend on what the wrapper is called with

    def seen_as(self, alias):
        """The same memory by its page, or by its address."""
        other = copy.copy(self)
        if alias.startswith("virt_to_"):
            other.page = True
        elif alias in ("page_address", "lowmem_page_address", "kmap"):
            other.page = False
        return other

    @property
    def kind(self):
        """pages, exact or slab."""
        return "exact" if self.name in EXACT else "slab" if self.name in SLAB else "pages"

    @property
    def order(self):
        """The order's text; "0" for a page."""
        at = {**PAGES, **ADDRESSES}.get(self.name)
        return "0" if at is None else self.arguments[at] if at < len(self.arguments) else ""

    @property
    def orders(self):
        """The numbers that the order may be; None: not to be known."""
        return orders.values(self.path, self.order, self.line)

    def several(self):
        return orders.several(self.path, self.line, self.order)

    def compound(self):
        """The pages carry __GFP_COMP, or may: the mask is the caller's."""
        if self.name.lstrip("_").startswith("dev_"):
            return True
        gfp = self.arguments[1 if self.name.endswith("_node") else 0]
        masks = orders.masks(self.path, self.line, gfp)
        if masks is None:
            head = orders.function(self.path, self.line).partition("{")[0]
            return "static" not in head or "__GFP_COMP" in orders.text(self.path)
        # A field, a call or another variable may hold anything.
        return any("__GFP_COMP" in each or re.fullmatch(r"[a-z_]\w*|.*[a-z]{3}.*\(.*|.*->.*", each)
                   for each in masks if each != gfp or len(masks) == 1)


def closing(expression, at=0):
    """Where the bracket that opens there is closed; -1: nowhere."""
    depth = 0
    for end in range(at, len(expression)):
        depth += (expression[end] in "([{") - (expression[end] in ")]}")
        if not depth:
            return end
    return -1


def bare(expression):
    """An expression without casts and brackets around it."""
    while True:
        expression = expression.strip()
        cast = CAST.match(expression)
        if cast:
            expression = expression[cast.end():]
        elif expression.startswith("(") and closing(expression) == len(expression) - 1:
            expression = expression[1:-1]
        else:
            return expression


@functools.lru_cache(maxsize=1024)
def lines_of(path, pattern):
    """(line, value, indices) of each assignment in the file itself; the pattern ends with its =."""
    content = orders.text(path)
    return tuple((content.count("\n", 0, found.end()) + 1, orders.value(content, found.end()), found[0].count("["))
                 for found in re.finditer(pattern, content, re.M))


def field_pattern(name):
    return rf"(?:->|\.)\s*{re.escape(name)}(?:\s*\[[^][]*\])*\s*=(?!=)"


def variable_pattern(name):
    return rf"(?<![\w.>]){re.escape(name)}(?:\s*\[[^][]*\])*\s*=(?!=)"


def assigned(path, line, name):
    """As lines_of(), for a variable; None: its value comes from elsewhere."""
    for start, end, body in orders.functions(path):
        if start <= line <= end:
            head, _, inner = body.partition("{")
            if re.search(rf"\b{re.escape(name)}\s*(?:\[\s*\]\s*)?[,)]", head):
                return None
            found = [each for each in lines_of(path, variable_pattern(name)) if start <= each[0] <= end]
            if re.search(rf"&\s*{re.escape(name)}\b(?!\s*(?:->|\.|\[))", inner):
                return None	# somebody else may set it
            end_of_name = rf"\b{re.escape(name)}[ \t]*(?:\[[^][]*\])*[ \t]*[;,=]"
            if re.search(rf"^[ \t]+[A-Za-z_][\w \t]*[ \t*](?:[\w \t*=]*,)*[ \t*]*{end_of_name}", inner, re.M):
                return found
            if re.search(rf"^static\b[^()\n]*{end_of_name}", orders.text(path), re.M):
                return list(lines_of(path, variable_pattern(name)))
            return None
    return None


def returned(path, name, depth):
    """What a function of the file returns."""
    for start, end, body in orders.functions(path):
        head, _, inner = body.partition("{")
        if re.search(rf"\b{re.escape(name)}\s*\(", head):
            found = [(start + body.count("\n", 0, len(head) + each.start()), each[1])
                     for each in re.finditer(r"\breturn\b\s*([^;]+);", inner)]
            every = union(path, found, depth)
            for each in every or ():
                each.wrapped = True
            return every
    return None


def union(path, found, depth):
    """The origins of all of several expressions; None if one is unknown, or none is an allocation."""
    every = []
    for line, value in found:
        one = origins(path, line, value, depth)
        if one is None:
            return None
        every += one
    return every or None


def of_element(found, expression):
    """(line, value) of the assignments to what has as many indices; None: one is to the array it is in."""
    wanted = INDICES.search(expression)[0].count("[") - expression.startswith("&")
    if any(indices < wanted for _, _, indices in found or ()):
        return None	# who fills the array is not known
    return [each[:2] for each in found or () if each[2] == wanted]


def origins(path, line, expression, depth=4):
    """The allocations that an expression may come from; None: something unknown is among them."""
    line = int(line)
    expression = bare(re.sub(r"\s*(->|\.|\[|\])\s*", r"\1", expression))
    if expression in ("NULL", "0", "0UL") or re.fullmatch(r"ERR_PTR\s*\(.*\)", expression):
        return []
    call = CALL.fullmatch(expression)
    if call and closing(expression, expression.index("(")) == len(expression.rstrip()) - 1:
        name, arguments = call[1], call[2]
        if name in PAGES or name in ADDRESSES or name in EXACT or name in SLAB:
            return [Origin(path, line, name, arguments)]
        if name in ALIAS:
            found = origins(path, line, arguments, depth)
            return found and [each.seen_as(name) for each in found]
        if NUMBER.fullmatch(name):
            return []
        return returned(path, name, depth - 1) if depth else None
    if not depth:
        return None
    if re.fullmatch(r"[A-Za-z_]\w*(?:\[[^][]*\])*", expression):
        found = assigned(path, line, expression.partition("[")[0])
    else:
        field = re.fullmatch(r"[\w.>\-\[\]*&() +]*?(?:->|\.)(\w+)(?:\[[^][]*\])*", expression)
        if not field:
            return None
        found = lines_of(path, field_pattern(field[1]))
    return union(path, of_element(found, expression) or (), depth - 1)
