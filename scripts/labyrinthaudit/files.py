# SPDX-License-Identifier: GPL-2.0
"""Which files are looked at, and what each is called for whom."""

import os
import re

SUFFIXES = (".c", ".h")
# What spatch, its shell and the lines of its report bear; any other gets a name for the time.
PLAIN = re.compile(r"/[A-Za-z0-9_./+,@%=~^-]*")


class File:
    """A source: as it was given, where it is, and as spatch is told."""

    __slots__ = ("given", "path", "spatch", "size", "refused")

    def __init__(self, given, path):
        self.given = given
        self.path = path
        self.spatch = path
        self.size = os.stat(path).st_size
        self.refused = False


class Files:
    """Every source below some paths, once, in order; what could not be taken is in problems."""

    def __init__(self, paths):
        self.list = []
        self.problems = []
        self._seen = set()
        for path in paths:
            self._take(path)

    def _take(self, path):
        before = len(self.list) + len(self.problems)
        if not path:
            self.problems.append("'' is no path")
        elif os.path.isdir(path):
            duplicates = len(self._seen)
            links = []
            self._walk(path, links)
            # A link is another name for what may be here under its own.
            for link in links:
                self._add(link)
            if len(self.list) + len(self.problems) == before and not self._known(path, duplicates):
                self.problems.append(f"{path}: no C source in it (*{', *'.join(SUFFIXES)})")
        elif os.path.lexists(path) and not os.path.exists(path):
            self.problems.append(f"{path}: is a link to what does not exist")
        elif not os.path.exists(path):
            self.problems.append(f"{path}: no such file or directory")
        elif not os.path.isfile(path):
            self.problems.append(f"{path}: is neither a file nor a directory")
        elif not path.endswith(SUFFIXES):
            self.problems.append(f"{path}: is no C source (*{', *'.join(SUFFIXES)})")
        else:
            self._add(path)

    def _known(self, path, count):
        """Everything in it was given before."""
        real = os.path.realpath(path) + os.sep
        return count and any(each.startswith(real) for each in self._seen)

    def _walk(self, top, links):
        def failed(error):
            self.problems.append(f"{error.filename}: {error.strerror.lower()}")

        for directory, below, names in os.walk(top, onerror=failed):
            below[:] = sorted(name for name in below if not name.startswith("."))
            for name in sorted(names):
                # What kbuild makes is not anybody's to mend.
                if name.startswith(".") or not name.endswith(SUFFIXES) or name.endswith(".mod.c"):
                    continue
                path = os.path.join(directory, name)
                if os.path.islink(path):
                    links.append(path)
                else:
                    self._add(path)

    def _add(self, path):
        real = os.path.realpath(path)
        if real in self._seen:
            return
        self._seen.add(real)
        if not path.isprintable() and any(ord(c) < 32 or ord(c) == 127 for c in path):
            self.problems.append(f"{''.join(c if c.isprintable() else '?' for c in path)}: "
                                 "its name holds a control character")
            return
        try:
            with open(real, "rb"):
                self.list.append(File(path, real))
        except OSError as error:
            self.problems.append(f"{path}: cannot be read: {error.strerror}")

    def relative(self):
        """Their names in the trees that they belong to."""
        return {os.path.relpath(file.path, project_of(file.path)) for file in self.list}

    def name_for_spatch(self, directory):
        """Names that need no quoting anywhere, as links where they are not so by themselves."""
        for number, file in enumerate(self.list):
            if not PLAIN.fullmatch(file.path):
                file.spatch = os.path.join(directory, f"{number}{os.path.splitext(file.path)[1]}")
                os.symlink(file.path, file.spatch)


def project_of(path, cache={}):  # pylint: disable=dangerous-default-value
    """The root of the tree that a file belongs to: a repository, a kernel, or where we are."""
    directory = os.path.dirname(path)
    if directory not in cache:
        here = os.path.realpath(os.getcwd())
        at, found = directory, None
        while not found:
            if os.path.exists(os.path.join(at, ".git")) or all(
                    os.path.exists(os.path.join(at, name)) for name in ("Kbuild", "MAINTAINERS")):
                found = at
            elif os.path.dirname(at) == at:
                found = here if (directory + os.sep).startswith(here.rstrip(os.sep) + os.sep) else os.sep
            at = os.path.dirname(at)
        cache[directory] = found
    return cache[directory]
