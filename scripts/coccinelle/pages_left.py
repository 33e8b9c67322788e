# SPDX-License-Identifier: GPL-2.0
"""Is a page done with where a driver passes it on?

A page that is detached is the network stack's. Whoever takes it back, from a fragment
that is taken away again, or by the name that it still has, frees it as if it were the
zone's; so that name has to get something else before it is used again.
"""

import re

from pages_code import NAME, declares, skip_indices

TAKEN_BACK = re.compile(r"\bnr_frags\s*(=(?!=)|-=|--)|--\s*[^;,{}]*\bnr_frags\b")
BRANCH = re.compile(r"\b(if|else|for|while|switch)\b|\?|&&|\|\|")
LOOP = re.compile(r"\b(for|while|do)\b")
WORD = re.compile(r"[{}]|(?<![\w])" + NAME)


class Walk:
    """What may come after a place in a function, in the order of the text."""

    def __init__(self, d, key, file, function):
        self.d = d
        self.key = key
        self.text = d.texts[file]
        self.code = self.text.code
        _, self.finish, named = d.functions[file, function][:3]
        self.body = self.code.index("{", self.text.behind(named))
        self.found = {at: behind for path, at, behind in d.occurrences(key)
                      if path == file and self.body < at < self.finish}
        self.clears = {name for (where, name) in d.functions if where == file and name != function and
                       any(each[0] == key and each[5] == name for each in d.assigned)}
        self.blocks = self.find_blocks()
        self.left = []
        self.seen = set()

    def find_blocks(self):
        """[(where it opens, where it closes, where the statement begins that it belongs to)]"""
        blocks, opened = [], []
        for m in re.compile("[{}]").finditer(self.code, self.body, self.finish):
            if m.group() == "{":
                opened.append(m.start())
            elif opened:
                blocks.append((opened[-1], m.start(), self.statement(opened.pop())))
        return sorted(blocks)

    def statement(self, at):
        """Where the one begins that a place is in."""
        depth = 0
        while at > self.body:
            c = self.code[at - 1]
            depth += (c == ")") - (c == "(")
            if c in "{};" and depth <= 0 and not (c == ";" and depth < 0):
                break
            at -= 1
        return at

    def is_certain(self, at):
        return not BRANCH.search(self.code[self.statement(at):at])

    def around(self, at, wanted=None):
        """The innermost block around a place, of those that begin with a wanted word."""
        found = [b for b in self.blocks if b[0] < at <= b[1] and
                 (not wanted or re.search(wanted, self.code[b[2]:b[0]]))]
        return found[-1] if found else (self.body, self.finish, self.body)

    def statement_end(self, at):
        at += len(self.code[at:]) - len(self.code[at:].lstrip())
        head = re.compile(r"(if|for|while|switch)\b").match(self.code, at)
        if self.code[at] == "{":
            return self.text.behind(at, "{}")
        if head:
            return self.skip_else(self.statement_end(self.text.behind(at)))
        return self.code.index(";", at) + 1

    def skip_else(self, at):
        m = re.compile(r"\s*else\b").match(self.code, at)
        return self.statement_end(m.end()) if m else at

    def used_after(self, call):
        """The place of the next use of what the call is given, None if there is none."""
        end = self.code.index(";", self.text.behind(call)) + 1
        self.left = [self.skip_else(end)]
        first = self.statement(call)
        if LOOP.search(self.code[first:call]):
            self.left.append(first)
        while self.left:
            at = self.left.pop()
            if at not in self.seen:
                self.seen.add(at)
                used = self.walk(at)
                if used is not None:
                    return used
        return None

    def used_within(self, begin, finish):
        return next((at for at in sorted(self.found) if begin < at < finish), None)

    def walk(self, at):
        depth = 0
        while True:
            m = WORD.search(self.code, at, self.finish)
            if not m:
                return None
            at, word = m.end(), m.group()
            over = False    # does nothing more come of this branch?
            if word == "{":
                depth += 1
            elif word == "}" and depth:
                depth -= 1
            elif word == "}":
                block = next((b for b in self.blocks if b[1] == m.start()), None)
                if not block or block[0] == self.body:
                    return None
                if LOOP.search(self.code[block[2]:block[0]]):
                    self.left.append(block[2])
                at = self.skip_else(at)
            elif word in ("return", "goto", "break", "continue"):
                used = self.used_within(m.start(), self.code.index(";", at))
                if used is not None:
                    return used
                self.jump(word, m.start(), at)
                over = self.is_certain(m.start())
            elif m.start() in self.found:
                behind = skip_indices(self.text, self.found[m.start()], self.key[3])
                fresh = self.key[0] and declares(self.text, m.start(), self.found[m.start()])
                if not fresh and (behind is None or not re.compile(r"\s*=(?!=)").match(self.code, behind)):
                    return m.start()
                used = self.used_within(m.start(), self.code.index(";", at))
                if used is not None:
                    return used
                over = fresh or self.is_certain(m.start())
            elif word in self.clears and self.code[at:at + 1] == "(":
                used = self.used_within(at, self.text.behind(at))
                if used is not None:
                    return used
                over = self.is_certain(m.start())
            if over and not depth:
                return None
            if over:
                at = self.around(at)[1]

    def jump(self, word, begin, at):
        if word == "goto":
            label = re.compile(r"\s*(\w+)").match(self.code, at)
            there = label and re.compile(r"^\s*%s\s*:" % label.group(1), re.M).search(
                self.code, self.body, self.finish)
            if there:
                self.left.append(there.end())
        elif word == "break":
            self.left.append(self.around(begin, r"\b(for|while|do|switch)\b")[1] + 1)
        elif word == "continue":
            self.left.append(self.around(begin, LOOP)[2])


def names_of(d, copies, fact):
    """The places that have the same page in a function."""
    begin, finish = d.functions[fact["file"], fact["function"]][:2]
    names, size = {fact["key"]}, 0
    while size != len(names):
        size = len(names)
        for one, other, last in copies:
            if last and last[0] == fact["file"] and begin <= d.texts[last[0]].offset(*last[1:]) <= finish and \
                    one[2] and other[2] and not names.isdisjoint((one, other)):
                names |= {one, other}
    return names


def why_not_done_with(d, copies, fact):
    """None if it is, or else (line, why)."""
    text = d.texts[fact["file"]]
    try:
        begin, finish = d.functions[fact["file"], fact["function"]][:2]
        taken = TAKEN_BACK.search(text.code, begin, finish)
        if taken:
            return text.line(taken.start()), "nr_frags is set where it leaves by %s()" % fact["name"]
        for key in sorted(names_of(d, copies, fact)):
            walk = Walk(d, key, fact["file"], fact["function"])
            used = walk.used_after(text.offset(fact["line"], fact["column"]))
            if used is not None:
                return text.line(used), "%s is used after it has left by %s()" % (key[2] + "[]" * key[3], fact["name"])
    except (KeyError, ValueError, IndexError):
        # No such function, no bracket or semicolon where one has to be: macros.
        return fact["line"], "what comes after %s() is not understood" % fact["name"]
    return None
