# SPDX-License-Identifier: GPL-2.0
"""A driver as migrate.cocci has found it: its text, its functions, who calls whom with what.

A place that holds pages, or may, is told by its key: (file, function, name, depth) for a
variable, without a function if it is the file's; ("", "", name, depth) for the
members of a name, whatever they are members of; and (file, function, "", 0) for
what a function returns. The depth is that of its indices.
"""

import json
import os
import re

NAME = r"[A-Za-z_]\w*"
# A macro: what it is called, its parameters, what it stands for.
DEFINE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)(\([^)]*\))?((?:[^\n]*\\\n)*[^\n]*)", re.M)
CAST = re.compile(r"^\( [\w ]+(\* ?)*\) ")

class Text:
    """One file: what is code in it, in the places where it is."""

    def __init__(self, path):
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read()
        self.includes = re.findall(r'^\s*#\s*include\s+"([^"]+)"', text, re.M)
        self.code = re.sub(r"//[^\n]*|/\*.*?\*/|\"(\\.|[^\"\\\n])*\"|'(\\.|[^'\\\n])*'",
                           lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)
        self.defines = [(m.group(1), set(re.findall(NAME, m.group(2) or "")), m.start(3), m.end(3))
                        for m in DEFINE.finditer(self.code)]
        self.starts = [0] + [m.end() for m in re.finditer("\n", self.code)]

    def offset(self, line, column):
        return self.starts[line - 1] + column

    def place(self, offset):
        low, high = 0, len(self.starts)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.starts[middle] <= offset else (low, middle)
        return low + 1, offset - self.starts[low]

    def line(self, offset):
        return self.place(offset)[0]

    def members(self):
        """The names that are declared in a structure."""
        return {name for m in re.finditer(r"\b(?:struct|union)\b[^;{}()]*\{", self.code)
                for name in re.findall(r"(\w+)\s*(?:\[[^\]]*\]\s*)*(?=[;,:])",
                                       self.code[m.end():self.behind(m.start(), "{}")])}

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
            for name in self.texts[path].includes:
                header = os.path.join(os.path.dirname(path), name)
                if os.path.isfile(header) and header not in self.texts:
                    self.texts[header] = Text(header)
        # What stands in files that are not looked at: --migrate knows of them.
        self.outside = {"members": {}, "names": {}}
        if os.environ.get("LABYRINTH_OUTSIDE"):
            with open(os.environ["LABYRINTH_OUTSIDE"], encoding="ascii") as file:
                self.outside = json.load(file)
        self.macros = {}
        for text in self.texts.values():
            self.macros.update(re.findall(r"^\s*#\s*define\s+(\w+)[ \t]+([^\n]*?)[ \t]*$", text.code, re.M))
        self.functions = {}   # (file, function): where it begins, ends, is named; is it static?
        self.parameters = {}  # (file, function): {place: key}
        self.arguments = {}   # (file, end): [(function, place)]
        self.calls = {}       # function: [(place, text, function it is in, start, end)]
        self.assigned = []    # (key, source, its start, its end, place, function)
        self.returned = []    # (file, function, text, end, line)
        self.fine = set()     # (file, end): compared or tested
        self.derefs = set()   # (file, end): what is behind an address
        self.allocs = {}      # start: fact
        self.frees = {}
        self.leaves = {}
        self.again = {}       # (kind, function): starts, in a later stage
        self.scopes = {}      # (file, name): is it a variable of the file's?
        self.judged = None    # what becomes of it all

    def key(self, text, file, function):
        """Of an expression that names a place, None for others."""
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
        # One chain of members and indices; of an operator outside of them it is a part.
        outside = re.search(r"[?=<>!&|+/%,] (?!.*\])", text.replace("->", ""))
        if member and re.match(r"[\w(*]", text) and not outside:
            return ("", "", member.group(1), depth)
        return None

    def at_file_scope(self, file, name):
        if (file, name) not in self.scopes:
            self.scopes[file, name] = re.search(
                r"^(?![ \t#}/*])(?!typedef|return)[\w \t*]*[ \t*]%s[ \t]*(\[[^\]]*\][ \t]*)*(=[^\n]*)?;" % re.escape(name),
                self.texts[file].code, re.M) is not None
        return self.scopes[file, name]

    def occurrences(self, key):
        """(file, where the name begins, where it ends), wherever the key can be meant"""
        file, function, name, _ = key
        for path, text in self.texts.items():
            if file and file != path and (function or self.is_static(file, name)):
                continue
            begin, finish = self.functions[file, function][:2] if function else (0, len(text.code))
            for m in re.compile(r"\b%s\b" % re.escape(name)).finditer(text.code, begin, finish):
                before = text.code[max(0, m.start() - 40):m.start()].rstrip()
                is_member = before.endswith("->") or before.endswith(".") and not before.endswith("..")
                if is_member != (not file) or re.search(r"\b(struct|union|enum)$", before):
                    continue
                yield path, m.start(), m.end()

    def in_macros(self, key):
        """(file, line, macro) of each that has the name in it: where it is used nobody sees."""
        file, function, name, _ = key
        for path, text in self.texts.items():
            for macro, parameters, begin, finish in text.defines:
                body = text.code[begin:finish]
                for m in re.finditer(r"\b%s\b" % re.escape(name), body):
                    if body[:m.start()].rstrip().endswith(("->", ".")):
                        meant = not file
                    elif name in parameters:
                        meant = False
                    elif file:
                        meant = not function or self.may_expand(macro, file, function)
                    else:
                        meant = body.strip() == name or "offsetof" in body
                    if meant:
                        yield path, text.line(begin + m.start()), macro

    def used_outside(self, key):
        """The file that makes use of it and is not looked at, None if there is none."""
        file, function, name, _ = key
        if file:
            return None if function or self.is_static(file, name) else self.outside["names"].get(name)
        inside = [path for path, text in self.texts.items() if name in text.members()]
        if inside and all(path.endswith(".c") for path in inside):
            return None
        return self.outside["members"].get(name)

    def may_expand(self, macro, file, function):
        """Is it, or one that it is a part of, named in a function?"""
        names, size = {macro}, 0
        while size != len(names):
            size = len(names)
            for text in self.texts.values():
                names |= {outer for outer, _, begin, finish in text.defines
                          if not names.isdisjoint(re.findall(NAME, text.code[begin:finish]))}
        begin, finish = self.functions[file, function][:2]
        return not names.isdisjoint(re.findall(NAME, self.texts[file].code[begin:finish]))

    def is_static(self, file, name):
        return re.search(r"^static\b[^\n]*\b%s\b" % re.escape(name), self.texts[file].code, re.M) is not None


# --- what the rules find ---------------------------------------------------------------


def end(p):
    return (p[0].file, int(p[0].line_end), int(p[0].column_end))


def start(p):
    return (p[0].file, int(p[0].line), int(p[0].column))


def add_function(d, name, p):
    file, line, column = start(p)
    text = d.texts[file]
    named = text.offset(line, column)
    begin = max(text.code.rfind(c, 0, named) for c in ";}#") + 1
    close = re.compile(r"^}", re.M).search(text.code, named)
    d.functions[file, name] = (begin, close.end() if close else len(text.code), named,
                               re.search(r"\bstatic\b", text.code[begin:named]) is not None)


def add_call(d, table, name, p, **more):
    file, line, column = start(p)
    text = d.texts[file]
    begin = text.offset(line, column)
    table[start(p)] = dict(name=name, file=file, line=line, column=column, function=p[0].current_element,
                           end=text.place(text.behind(begin)), **more)


# --- questions to the text -------------------------------------------------------------

TYPE = r"(struct \w+|union \w+|unsigned \w+|[us](8|16|32|64)|\w+_t|void|char|int|long|__le\d+|unsigned|%s)" % NAME
# What stands on a line before a name that is declared there.
DECLARED = re.compile(r"(^\s*|[(,;{]\s*)(static |const |volatile )*%s( const)?[ *]+(\w+ *(= *\w+)? *, *[* ]*)*$" % TYPE)


def skip_indices(text, offset, depth):
    """Behind so many indices, None if there are less."""
    while depth:
        if not re.compile(r"\s*\[").match(text.code, offset):
            return None
        offset = text.behind(offset, "[]")
        depth -= 1
    return offset


def declares(text, name_at, name_end):
    """Is this the name's declaration, not a use of it?"""
    line = text.code[text.code.rfind("\n", 0, name_at) + 1:name_at]
    return (DECLARED.search(line) is not None and
            not re.search(r"\b(return|goto|else|case|sizeof)\s*\**$", line) and
            text.code[name_end:name_end + 200].lstrip()[:1] in "=;,)[")


def is_prototype(text, at, named):
    """Of a function whose own name, where it is defined, is at `named`: that, or a declaration."""
    line = text.code[text.code.rfind("\n", 0, at) + 1:at]
    return at == named or (re.match(r"\s*;", text.code[text.behind(at):]) is not None and
                           re.fullmatch(r"(\w+[ \t*]+)+", line) is not None and
                           not re.match(r"\s*(return|else|goto)\b", line))
