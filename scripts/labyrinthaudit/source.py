# SPDX-License-Identifier: GPL-2.0
"""Findings, and the lines of source they are at."""

import functools
import hashlib
import os
import re

from .files import project_of


@functools.lru_cache(maxsize=8)
def lines_of(path):
    """The lines of a file, from 1; what is not UTF-8 keeps its place."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return ("",)
    return ("", *content.decode("utf-8", "surrogateescape").split("\n"))


def line_of(path, number):
    """One line, without its end."""
    lines = lines_of(path)
    return lines[number].rstrip("\r") if 0 < number < len(lines) else ""


HEAD = re.compile(r"[A-Za-z_][^;=]*?\b([A-Za-z_]\w*)\s*\(")


def function_at(path, number):
    """The function around a line; empty outside of any. Kernel style: it begins in column 0."""
    lines = lines_of(path)
    for at in range(min(number, len(lines) - 1), 0, -1):
        line = lines[at]
        if line.startswith("}") and at < number:
            return ""
        if not line or line[0] in " \t#/*{}\r" or re.match(r"\w+:(?!:)", line):
            continue
        head = HEAD.match(line)
        if head:
            return head[1]
    return ""


TIDY = ((re.compile(r"\b(\w*_\w*) \( "), r"\1("), (re.compile(r"\( "), "("), (re.compile(r" ([),\]])"), r"\1"),
        (re.compile(r" ?\[ "), "["), (re.compile(r" (->|\.) "), r"\1"), (re.compile(r"\s+"), " "))


def tidy(message):
    """Expressions as one writes them; spatch has spaces between all words of C."""
    for pattern, instead in TIDY:
        message = pattern.sub(instead, message)
    return message.strip()


class Finding:
    """One place with one pitfall."""

    def __init__(self, rule, file, line, column, end, message):
        self.rule = rule
        self.file = file
        self.line = line
        text = line_of(file.path, line)
        self.excerpt = text
        # spatch counts bytes from 0.
        self.column = self._characters(text, column) + 1
        self.end = max(self._characters(text, end) + 1, self.column + 1)
        self.message = tidy(message)
        self.root = project_of(file.path)
        self.relative = os.path.relpath(file.path, self.root)
        self.function = function_at(file.path, line)
        self.fingerprint = ""

    @staticmethod
    def _characters(text, count):
        if text.isascii():
            return count
        return len(text.encode("utf-8", "surrogateescape")[:count].decode("utf-8", "surrogateescape"))

    @property
    def key(self):
        """Order of reports; what is equal here is one finding."""
        return self.file.given, self.line, self.column, self.rule.name

    @property
    def place(self):
        """For people and editors."""
        return f"{self.file.given}:{self.line}:{self.column}"


def finish(findings):
    """In order, each once, with the name under which a baseline knows it.

    That is neither the line's number, which every edit above changes, nor the message, which
    a better rule words otherwise; the nth of equal ones in a function has an n.
    """
    found = sorted({finding.key: finding for finding in findings}.values(), key=lambda f: f.key)
    counts = {}
    for finding in found:
        same = (finding.rule.name, finding.relative, finding.function, "".join(finding.excerpt.split()))
        counts[same] = counts.get(same, 0) + 1
        finding.fingerprint = hashlib.sha256("\0".join((*same, str(counts[same]))).encode(
            "utf-8", "surrogateescape")).hexdigest()[:32]
    return found
