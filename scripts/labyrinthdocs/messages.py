# SPDX-License-Identifier: GPL-2.0
"""Whether each message of the log is explained to those who read it."""

import glob
import os
import re
import sys

from . import tree

PAGE = "Documentation/operations.rst"
CALL = re.compile(r"\bpr_(?:err|warn|notice|info)\(((?:\s*(?:\"(?:[^\"\\]|\\.)*\"|LABYRINTH_[A-Z_]+))+)")
STRING = re.compile(r"\"((?:[^\"\\]|\\.)*)\"")
SPECIFIER = re.compile(r"%[-0-9.*#]*(?:ll|l|z|h)?[a-zA-Z](?:(?<=p)(?:Gg|S))?")
# The page leaves it out; it says that nearly all begin so.
ZONE = "zone %s: "
# So many letters of a message, from its beginning, have to stand in the page.
LETTERS = 6


def messages(source):
    """(line, format) of what a source prints."""
    for match in CALL.finditer(source):
        text = "".join(STRING.findall(match.group(1))).replace("\\n", "").replace("\\\"", "\"")
        yield source.count("\n", 0, match.start()) + 1, text.removeprefix(ZONE)


def beginning(text):
    """A regular expression for the beginning of a message in the page, or None: it is all figures."""
    parts, letters = [], 0
    for part in SPECIFIER.split(text):
        parts.append(part)
        letters += sum(character.isalpha() for character in part)
        if letters >= LETTERS:
            return "[^`]{1,40}?".join(re.escape(part) for part in parts)
    return None


def untold(page, source):
    """(line, message) of each that the page does not have."""
    page = re.sub(r"\s+", " ", page)
    for line, text in messages(source):
        wanted = beginning(text)
        if wanted and not re.search(r"``[^`]*?" + wanted, page):
            yield line, text


def main(top):
    page, wrong, seen = tree.read(top, PAGE), [], 0
    for path in sorted(glob.glob(os.path.join(top, "src/*.[ch]"))):
        name = os.path.relpath(path, top)
        source = tree.read(top, name)
        seen += len(list(messages(source)))
        wrong += [f"{name}:{line}: {PAGE} does not say what it means: {text}"
                  for line, text in untold(page, source)]
    if not seen:
        wrong.append("no message was found in src/: this check finds none any more")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
