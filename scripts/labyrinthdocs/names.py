# SPDX-License-Identifier: GPL-2.0
"""What pages name exists: files of this tree or of the kernel's, of sysfs, functions, flags."""

import glob
import os
import re
import sys

from . import commands, tree

# Not as a part of a longer path, or of a URL.
PATH = re.compile(r"(?<![\w/.~$<>{}*-])((?:scripts|Documentation|samples|src|tests|include|mm|kernel|lib|drivers|net|block|arch)"
                  r"/[\w./*+-]*[\w*])")
SYSFS = re.compile(r"/sys/(?:kernel/(?:debug/|tracing/events/)?labyrinth|module/labyrinth/parameters)/[\w<>./*-]*[\w>*]")
FUNCTION = re.compile(r"\b(labyrinth_\w+)\(")
FLAG = re.compile(r"\bLABYRINTH_\w*[A-Z0-9]\b")


class Names:
    def __init__(self, top):
        self.top = top
        self.linux = os.path.join(top, "build", "linux-source")
        self.checker = commands.Checker(top)
        self.functions = self.words(("include", "src"), (".c", ".h")) | \
            self.words(("tests/kunit",), (".h",))
        self.flags = self.words(("include", "src", "scripts", "samples", "Kbuild", "Makefile"), (".c", ".h", ".mk", ""))

    def words(self, places, endings):
        """All of Labyrinth's names in the files there."""
        found = set()
        for place in places:
            place = os.path.join(self.top, place)
            files = [place] if os.path.isfile(place) else [
                os.path.join(where, name) for where, _, names in os.walk(place) for name in names
                if os.path.splitext(name)[1] in endings]
            for file in files:
                with open(file, encoding="utf-8", errors="replace") as text:
                    found.update(re.findall(r"\b(?:labyrinth|LABYRINTH)_\w+", text.read()))
        return found

    def exists(self, path):
        """In this tree, or in the kernel's of which the pages speak."""
        return any(glob.glob(os.path.join(place, path)) for place in (self.top, self.linux))

    def of_page(self, page):
        text = tree.read(self.top, page)

        def where(match):
            return f"{page}:{text.count(chr(10), 0, match.start()) + 1}"

        for match in PATH.finditer(text):
            path = match.group(1).rstrip(".")
            # An example's own driver, and a path that goes on after a gap.
            if path.startswith("drivers/") and path.endswith("/me") or text[match.end():match.end() + 1] in "<…{$":
                continue
            if not self.exists(path) and not self.exists(os.path.join(os.path.dirname(page), path)):
                yield f"{where(match)}: neither this tree nor the kernel's has {path}"
        for match in SYSFS.finditer(text):
            for problem in self.checker.sysfs(match.group(0)):
                yield f"{where(match)}: {problem}"
        for match in FUNCTION.finditer(text):
            if match.group(1) not in self.functions:
                yield f"{where(match)}: there is no {match.group(1)}()"
        for match in FLAG.finditer(text):
            if match.group(0) not in self.flags:
                yield f"{where(match)}: there is no {match.group(0)}"


def main(top):
    names = Names(top)
    if not os.path.isdir(names.linux):
        print("build/linux-source is missing; scripts/kernel-uml source unpacks it")
        return 1
    wrong = [problem for page in tree.pages(top) for problem in names.of_page(page)]
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
