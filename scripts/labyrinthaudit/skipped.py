# SPDX-License-Identifier: GPL-2.0
"""Parts of files that spatch could not parse.

Real trees are full of them: macros that only the compiler understands. So a part is told
if there is something in it that a rule looks for, is an error for --strict only, and a file
of which nothing could be parsed is one always.
"""

import re
import subprocess

from labyrinthtool import text

from .source import lines_of

CODE = re.compile(r"\w")


class Part:
    """Lines that nobody has checked."""

    def __init__(self, file, line, lines):
        self.file = file
        self.line = line
        self.lines = lines

    @property
    def note(self):
        """For people and editors."""
        return (f"{self.file.given}:{self.line}: note: could not be parsed, "
                f"{text.plural(len(self.lines), 'line')} not checked")


class Parts:
    """All of them."""

    def __init__(self):
        self.list = []      # with something that a rule looks for
        self.quiet = 0      # without
        self.whole = []     # sentences on files that are nothing else

    def notes(self, strict):
        """A line each, as gcc's."""
        return [part.note + (" (--strict: an error)" if strict else "") for part in self.list]

    def summary(self):
        """For the last line."""
        if not self.list:
            return []
        lines = sum(len(part.lines) for part in self.list)
        return [f"{text.plural(lines, 'line')} in {text.plural(len(self.list), 'part')} "
                "of files could not be parsed"]


def place(unparsed):
    """Where the part begins: spatch names the line it stumbled over, or the one after the last."""
    source, wanted = lines_of(unparsed.path), [line.rstrip("\r") for line in unparsed.lines]
    for first in range(unparsed.line, max(0, unparsed.line - len(wanted) - 2), -1):
        if wanted and [line.rstrip("\r") for line in source[first:first + len(wanted)]] == wanted:
            break
    else:
        first = max(1, unparsed.line)
    # What it found at the end of the function before belongs there.
    while wanted and not CODE.search(wanted[0]):
        first += 1
        wanted.pop(0)
    return first, wanted


def interesting(lines, rules):
    """Some rule looks for what is in there."""
    words = [word for rule in rules for word in ("-e", rule.needs)]
    return subprocess.run(["grep", "-qaE", *words], input="\n".join(lines), encoding="utf-8",
                          errors="surrogateescape", check=False).returncode == 0


def code_lines(lines):
    """Those with code in them, roughly: no comments, no preprocessor."""
    content = re.sub(r"/\*.*?\*/|//[^\n]*|^[ \t]*#(?:\\\n|[^\n])*", "", "\n".join(lines), flags=re.S | re.M)
    return sum(1 for line in content.split("\n") if CODE.search(line))


def parts(engine, files, rules):
    """What the engine has heard of, judged."""
    names = {file.spatch: file for file in files.list}
    found, by_file = Parts(), {}
    for unparsed in engine.unparsed.values():
        file = names.get(unparsed.path)
        if file:
            first, lines = place(unparsed)
            by_file.setdefault(file, {})[first] = Part(file, first, lines)
    for file, places in sorted(by_file.items(), key=lambda each: each[0].given):
        bad = sum(code_lines(part.lines) for part in places.values())
        if bad and bad >= code_lines(lines_of(file.path)):
            found.whole.append(f"{file.given}: nothing of it could be parsed, it is not checked")
            continue
        for _, part in sorted(places.items()):
            if interesting(part.lines, rules):
                found.list.append(part)
            else:
                found.quiet += 1
    return found
