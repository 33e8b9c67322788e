# SPDX-License-Identifier: GPL-2.0
"""What number an order or a size stands for, for the rules that depend on it.

spatch sees an identifier where the compiler sees a number, and the macros of a driver
are in headers that spatch does not read. Pages are taken to have 4 KiB.
"""
import ast
import functools
import math
import operator
import os
import re

PAGE_SHIFT = 12
DEPTH = 3	# includes of includes of includes: enough for drivers
KNOWN = {
    "PAGE_SHIFT": PAGE_SHIFT, "PAGE_SIZE": 1 << PAGE_SHIFT, "L1_CACHE_BYTES": 64,
    "SMP_CACHE_BYTES": 64, "PAGE_ALLOC_COSTLY_ORDER": 3, "SKB_FRAG_PAGE_ORDER": 3,
    "HPAGE_PMD_ORDER": 9, "MAX_ORDER": 10, "MAX_PAGE_ORDER": 10,
}
OPERATORS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.LShift: operator.lshift, ast.RShift: operator.rshift, ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_, ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
    ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Invert: operator.invert,
}
SIZES = {"struct skb_shared_info": 320, "void *": 8, "u8": 1, "u16": 2, "u32": 4, "u64": 8, "__le32": 4,
         "__le64": 8, "__be32": 4, "__be64": 8, "int": 4, "long": 8, "unsigned int": 4, "unsigned long": 8}
SIZEOF = re.compile(r"sizeof\s*\(\s*([\w\s]+?(?:\s*\*+)?)\s*\)")
FIELD = re.compile(r"(?:\b\w+(?:\[[^][]*\])?\s*(?:->|\.)\s*)+(\w+)\b(?!\s*\()")
CAST = re.compile(r"\(\s*(?:const\s+)?(?:unsigned|signed|int|long|short|size_t|ssize_t|uint|ulong|gfp_t|"
                  r"_*[us](?:8|16|32|64)|u?int(?:8|16|32|64)_t)(?:\s+(?:int|long|short))*\s*\)")
SUFFIX = re.compile(r"\b(0[xX][0-9a-fA-F]+|[0-9]+)[uUlL]+\b")
OCTAL = re.compile(r"\b0([0-7]+)\b")


class Unknown(Exception):
    """The text holds what only the compiler, or the running kernel, knows."""


def get_order(size):
    """As the kernel's; 0 bytes have no order there either."""
    return max(0, (size - 1).bit_length() - PAGE_SHIFT) if size > 0 else 0


CALLS = {
    "get_order": lambda size: get_order(size), "ilog2": lambda n: n.bit_length() - 1,
    "max": max, "min": min, "max_t": lambda _, a, b: max(a, b), "min_t": lambda _, a, b: min(a, b),
    "ALIGN": lambda n, to: -(-n // to) * to, "PAGE_ALIGN": lambda n: -(-n >> PAGE_SHIFT) << PAGE_SHIFT,
    "roundup": lambda n, to: -(-n // to) * to, "DIV_ROUND_UP": lambda n, by: -(-n // by),
    "roundup_pow_of_two": lambda n: 1 << (n - 1).bit_length() if n > 0 else 1,
    "SKB_DATA_ALIGN": lambda n: -(-n // 64) * 64,
    "BIT": lambda n: 1 << n, "fls": int.bit_length,
    "array_size": operator.mul, "size_mul": operator.mul,
    "const_ilog2": lambda n: n.bit_length() - 1,
    "order_base_2": lambda n: (n - 1).bit_length() if n > 0 else 0,
}


def split(arguments):
    """The arguments of a call, each by itself."""
    found, depth = [""], 0
    for character in str(arguments):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and not depth:
            found.append("")
        else:
            found[-1] += character
    return [each.strip() for each in found]


def joined(found):
    """A continued line as one, and as many lines as before."""
    return found[0].replace("\\\n", " ") + "\n" * found[0].count("\n")


@functools.lru_cache(maxsize=256)
def text(path):
    """A file without its comments and with its continued lines joined; the others keep their numbers."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            content = file.read()
    except OSError:
        return ""
    content = re.sub(r"/\*.*?\*/", lambda found: " " + "\n" * found[0].count("\n"), content, flags=re.S)
    content = re.sub(r"//[^\n]*", "", content)
    return re.sub(r"(?:[^\n]*\\\n)+[^\n]*", joined, content)


@functools.lru_cache(maxsize=256)
def sources(path, depth=DEPTH):
    """The file and the headers it includes by "…", the nearest first."""
    found = [path]
    if depth:
        for name in re.findall(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', text(path), re.M):
            header = os.path.normpath(os.path.join(os.path.dirname(path), name))
            if os.path.isfile(header):
                found += [each for each in sources(header, depth - 1) if each not in found]
    return tuple(found)


@functools.lru_cache(maxsize=4096)
def definitions(path, name):
    """What the name is defined as, in each branch of an #if."""
    macro = re.compile(rf"^[ \t]*#[ \t]*define[ \t]+{re.escape(name)}(?:[ \t]+(.*))?$", re.M)
    constant = re.compile(rf"^(?:static\s+)?const\s[\w\s]*\b{re.escape(name)}\s*=\s*([^;]+);", re.M)
    member = re.compile(rf"^\s*{re.escape(name)}\s*=\s*([^,;=}}]+?)\s*[,}}]", re.M)
    for kind in (macro, constant, member) if name.isupper() else (macro, constant):
        for source in sources(path):
            content = text(source)
            if name in content:
                found = [each.strip() for each in kind.findall(content)]
                if found:
                    return found
    return []


def value(content, at):
    """What stands there, to the end of the statement or of the brackets around it."""
    depth = 0
    for end in range(at, min(len(content), at + 2000)):
        character = content[end]
        depth += (character in "([{") - (character in ")]}")
        if depth < 0 or depth == 0 and character in ",;":
            break
    return re.sub(r"\s+", " ", content[at:end]).strip()


@functools.lru_cache(maxsize=1024)
def assignments(path, field):
    """What a file and its headers assign to a field, whoever's it is."""
    pattern = re.compile(rf"(?:->|\.)\s*{re.escape(field)}(?:\s*\[[^][]*\])*\s*=(?!=)")
    return tuple(value(text(source), found.end())
                 for source in sources(path) for found in pattern.finditer(text(source)))


@functools.lru_cache(maxsize=64)
def functions(path):
    """Where the bodies of a file's functions begin and end: lines, from 1; and their texts with the heads."""
    lines = text(path).split("\n")
    found, start = [], None
    for number, line in enumerate(lines, 1):
        if line.startswith("{") and start is None:
            start = number
        elif line.startswith("}") and start is not None:
            head = start - 1
            while head and re.match(r"[^#\s/*}].*[^;]$|\s+\S.*[^;/]$", lines[head - 1]):
                head -= 1
            found.append((head + 1, number, "\n".join(lines[head:number])))
            start = None
    return tuple(found)


def function(path, line):
    """The function that a line is in, with its head; empty outside of one."""
    return next((body for start, end, body in functions(path) if start <= int(line) <= end), "")


def local(path, line, name):
    """What a function assigns to its variable; empty if the value comes from elsewhere."""
    body = function(path, line)
    return [value(body, found.end()) for found in
            re.finditer(rf"(?<![\w.>]){re.escape(name)}(?:\s*\[[^][]*\])*\s*=(?!=)", body)]


def decreases(path, line, name):
    """The function tries again with less."""
    name = re.escape(name)
    return bool(re.search(rf"(?:--\s*{name}\b|\b{name}\s*(?:--|-=|>>=|/=|=\s*0\b|=\s*{name}\s*(?:-|>>)))",
                          function(path, line).partition("{")[2]))


def plain(expression):
    """C as far as Python reads it, too."""
    expression = SIZEOF.sub(lambda found: str(SIZES.get(re.sub(r"\s+", " ", found[1]), found[0])), expression)
    expression = FIELD.sub(r"field__\1", expression)
    expression = SUFFIX.sub(r"\1", CAST.sub("", expression))
    return OCTAL.sub(r"0o\1", expression).replace("/", "//").strip()


def fields(path, name, seen):
    """The numbers that a field is given, if all are known or one is more than 0."""
    numbers, unknown = set(), False
    for each in assignments(path, name.removeprefix("field__")):
        try:
            numbers |= parse(each, path, seen | {name})
        except Unknown:
            unknown = True
    if not numbers or unknown and max(numbers) <= 0:
        raise Unknown
    return numbers


def evaluate(node, path, seen):
    """The numbers that a tree may stand for."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return {node.value}
    if isinstance(node, ast.Name):
        if node.id in KNOWN:
            return {KNOWN[node.id]}
        size = re.fullmatch(r"SZ_(\d+)([KM]?)", node.id)
        if size:
            return {int(size[1]) << {"": 0, "K": 10, "M": 20}[size[2]]}
        if node.id in seen or len(seen) > 20:
            raise Unknown
        if node.id.startswith("field__"):
            return fields(path, node.id, seen)
        found = definitions(path, node.id)
        if not found:
            raise Unknown
        return set().union(*(parse(each, path, seen | {node.id}) for each in found))
    if isinstance(node, ast.UnaryOp) and type(node.op) in OPERATORS:
        return {OPERATORS[type(node.op)](n) for n in evaluate(node.operand, path, seen)}
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        left, right = evaluate(node.left, path, seen), evaluate(node.right, path, seen)
        if isinstance(node.op, (ast.LShift, ast.RShift)) and not all(0 <= n < 64 for n in right):
            raise Unknown
        if isinstance(node.op, (ast.FloorDiv, ast.Mod)) and 0 in right:
            raise Unknown
        return {OPERATORS[type(node.op)](a, b) for a in left for b in right}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
        arguments = node.args
        known = [{None}] if node.func.id.endswith("_t") else []	# the type comes first
        known += [evaluate(each, path, seen) for each in arguments[len(known):]]
        if math.prod(map(len, known)) > 256:
            raise Unknown
        results = [[]]
        for values in known:
            results = [each + [value] for each in results for value in values]
        try:
            return {CALLS[node.func.id](*each) for each in results}
        except (TypeError, ValueError, ZeroDivisionError) as error:
            raise Unknown from error
    raise Unknown


def parse(expression, path, seen):
    try:
        return evaluate(ast.parse(plain(expression), mode="eval").body, path, seen)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unknown from error


def values(path, expression, line=None):
    """The numbers that an expression of a file may stand for; None: not to be known here."""
    try:
        return parse(expression, path, frozenset())
    except Unknown:
        pass
    if line is None or not re.fullmatch(r"[A-Za-z_]\w*", expression):
        return None
    numbers = set()
    for each in local(path, line, expression):
        found = values(path, each)
        if found is None:
            return None
        numbers |= found
    return numbers or None


def largest(path, expression, line=None):
    """The largest of them; None: not to be known here."""
    found = values(path, expression, line)
    return max(found) if found else None


# Where the mask, the order and the size stand among the arguments.
ARGUMENTS = {
    "alloc_pages": (0, 1, None), "__get_free_pages": (0, 1, None), "__get_dma_pages": (0, 1, None),
    "__dev_alloc_pages": (0, 1, None), "folio_alloc": (0, 1, None), "alloc_pages_node": (1, 2, None),
    "__alloc_pages_node": (1, 2, None), "dev_alloc_pages": (None, 0, None),
    "alloc_pages_exact": (1, None, 0), "kmalloc": (1, None, 0), "kzalloc": (1, None, 0),
}


def call(name, arguments):
    """Mask, order and size of an allocation, each None where the function takes none."""
    found = split(arguments)
    return tuple(None if n is None else found[n] for n in ARGUMENTS[name])


def several(path, line, order):
    """The order may be more than 0. What is not known is: a driver that means one page says so."""
    number = largest(path, order, line)
    return number is None or number > 0


def masks(path, line, gfp):
    """What a mask may be made of: itself, or what its variable is given and has added; None: a caller's."""
    if not re.fullmatch(r"[a-z_]\w*", gfp):
        return [gfp]
    body = function(path, line)
    found = local(path, line, gfp)
    if not found and re.search(rf"\b{gfp}\s*[,)]", body.partition("{")[0]):
        # Nobody else calls a static function: what its file never names is not passed.
        return None
    return (found or [gfp]) + re.findall(rf"\b{gfp}\s*\|=\s*([^;]+);", body)
