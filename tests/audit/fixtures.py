# SPDX-License-Identifier: GPL-2.0
"""Rules over their fixtures: each marked line is reported, and no other.

usage: fixtures.py RULES FIXTURES PAGE KERNEL SCRATCH, each a path; KERNEL is the source of
a kernel, for its own `make coccicheck`. A line for each rule, and what was wrong under it.
"""

import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "scripts"))

# pylint: disable=wrong-import-position
from labyrinthaudit.rules import OTHERS, Rule  # noqa: E402
from labyrinthaudit.source import tidy  # noqa: E402
from labyrinthtool.source import Problem  # noqa: E402

MARKER = re.compile(r"/\* audit: (\w+)(?:: (.*?))? \*/")
REPORT = re.compile(r"(\S+?):(\d+):(\d+)-(\d+): (.*)")
ORG = re.compile(r"\* TODO \[\[view:(\S+?)::face=[\w-]+::linb=(\d+)::colb=\d+::cole=\d+\]\[(.*)\]\]")
# What spatch has to say of its own files, and of isomorphisms that do not apply.
QUIET = re.compile(r"Warning: PARSING: type defaults|warning: iso \S+ does not match the code below")
BAD, GOOD = 3, 6    # functions of each kind


def run(*command, **more):
    """Both outputs and the status."""
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                          timeout=120, check=False, **more)


class Check:
    """One rule."""

    def __init__(self, path, fixtures, page, kernel, scratch):
        self.path = path
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.fixture = os.path.join(fixtures, f"{self.name}.c")
        self.page, self.kernel = page, kernel
        self.scratch = os.path.join(scratch, self.name)
        self.macros = os.path.join(os.path.dirname(path), "macros.h")
        self.wrong = []
        self.wanted = {}

    def all(self):
        """What is wrong with it."""
        try:
            rule = Rule(self.path)
        except Problem as problem:
            return [str(problem)]
        if rule.url != f"Documentation/audit.md#{self.name}":
            self.wrong.append(f"URL is '{rule.url}' instead of 'Documentation/audit.md#{self.name}'")
        self.documented()
        self.parses()
        if not os.path.exists(self.fixture):
            self.wrong.append(f"{self.fixture} is missing")
            return self.wrong
        self.markers()
        self.needed(rule)
        spatch = ("spatch", "--very-quiet", "--no-includes", "--include-headers", "--macro-file", self.macros,
                  "--cocci-file", self.path, self.fixture)
        self.compare("report", run(*spatch, "-D", "report"), REPORT, 5)
        self.compare("org", run(*spatch, "-D", "org"), ORG, 3)
        self.coccicheck()
        return self.wrong

    def documented(self):
        """It has a heading of its own, to which its URL leads."""
        with open(self.page, encoding="utf-8") as file:
            if not re.search(rf"^#+ `?{self.name}`?\s*$|<a (id|name)=\"{self.name}\">", file.read(), re.M):
                self.wrong.append(f"{os.path.relpath(self.page, TOP)} has no heading '{self.name}'")
            file.seek(0)
            # Written by scripts/audit-proof.
            if f"| [{self.name}](#{self.name}) |" not in file.read():
                self.wrong.append(f"{os.path.relpath(self.page, TOP)} has no figures of '{self.name}'")

    def parses(self):
        """Without a word of complaint, whatever is asked of it."""
        with open(self.path, encoding="utf-8") as file:
            modes = re.findall(r"^virtual (\w+)$", file.read(), re.M)
        for mode in ("report", "org"):
            if mode not in modes:
                self.wrong.append(f"has no 'virtual {mode}'")
        for mode in modes:
            done = run("spatch", "--parse-cocci", self.path, "-D", mode)
            # stdout has the rule itself, in which there may be errors of all kinds.
            said = [line for line in done.stderr.splitlines() if re.search("(?i)warning|error", line)]
            said += [line for line in done.stdout.splitlines() if re.match("(?i)warning: ", line)]
            said = [line for line in said if not QUIET.match(line)]
            if done.returncode or said:
                self.wrong.append(f"--parse-cocci -D {mode} ends with {done.returncode}: {'; '.join(said)}")

    def markers(self):
        """Lines that must be reported, and enough functions, or objects, of both kinds."""
        good = bad = 0
        marked = inside = False
        with open(self.fixture, encoding="utf-8") as file:
            lines = file.read().split("\n")
        for number, line in enumerate(lines, 1):
            marker = MARKER.search(line)
            if marker:
                if marker[1] != self.name:
                    self.wrong.append(f"{self.fixture}:{number}: is marked for {marker[1]}")
                self.wanted[number] = marker[2] or ""
            # Kernel style: what is in braces begins and ends in column 0.
            marked |= bool(marker)
            inside |= line.startswith("{") or bool(re.match(r"\w.*=\s*\{", line))
            if line.startswith("}"):
                good, bad = good + (inside and not marked), bad + (inside and marked)
                marked = inside = False
        if bad < BAD or good < GOOD:
            self.wrong.append(f"{self.fixture}: has {bad} bad and {good} good functions; {BAD} and {GOOD} at least")

    def needed(self, rule):
        """The filter lets the fixture through, or users would see nothing."""
        if run("grep", "-qE", "-e", rule.needs, "--", self.fixture).returncode:
            self.wrong.append(f"its Needs '{rule.needs}' is not in the fixture")

    def compare(self, how, done, pattern, message, fixture=None):
        """What was reported with what was to be."""
        got = {}
        for line in done.stdout.splitlines():
            found = pattern.fullmatch(line)
            if not found or not os.path.samefile(found[1], fixture or self.fixture):
                self.wrong.append(f"{how}: odd output '{line}'")
                continue
            number = int(found[2])
            if number in got:
                self.wrong.append(f"{how}: line {number} is reported twice")
            got[number] = found[message]
            if how == "report" and found[5].endswith("."):
                self.wrong.append(f"{how}: '{found[5]}' ends with a full stop")
        if done.returncode or (how != "make" and done.stderr.strip()):
            self.wrong.append(f"{how}: status {done.returncode} {done.stderr.strip()[:300]}")
        for number in sorted(set(self.wanted) - set(got)):
            self.wrong.append(f"{how}: line {number} is not reported")
        for number in sorted(set(got) - set(self.wanted)):
            self.wrong.append(f"{how}: line {number} is reported: {got[number]}")
        for number in sorted(set(got) & set(self.wanted)):
            if tidy(self.wanted[number]) not in tidy(got[number]) and how != "org":
                self.wrong.append(f"{how}: line {number}: '{got[number]}' lacks '{self.wanted[number]}'")

    def coccicheck(self):
        """As a kernel developer does."""
        os.makedirs(self.scratch)
        fixture = os.path.join(self.scratch, f"{self.name}.c")
        shutil.copy(self.fixture, fixture)
        # They may include each other.
        for header in glob.glob(os.path.join(os.path.dirname(self.fixture), "*.h")):
            shutil.copy(header, self.scratch)
        done = run("make", "-s", "-C", self.kernel, "coccicheck", f"COCCI={self.path}", "MODE=report", "J=1",
                   f"M={self.scratch}",
                   # The kernel has spatch ask git which files there are; these are in no repository.
                   f"SPFLAGS=--use-coccigrep --macro-file {self.macros}",
                   env={key: value for key, value in os.environ.items() if not key.startswith("MAKE")})
        done.stdout = "".join(f"{line}\n" for line in done.stdout.splitlines() if line.startswith(self.scratch))
        self.compare("make", done, REPORT, 5, fixture)


def check(path, *more):
    """The rule and what is wrong."""
    each = Check(path, *more)
    try:
        return each, each.all()
    except subprocess.TimeoutExpired as error:
        return each, [f"{error.cmd[0]} does not end"]


def main():
    """A line for each rule; no rule at all is a failure."""
    # make goes elsewhere.
    rules, fixtures, page, kernel, scratch = (os.path.abspath(path) for path in sys.argv[1:])
    paths = [path for path in sorted(glob.glob(os.path.join(rules, "*.cocci")))
             if os.path.splitext(os.path.basename(path))[0] not in OTHERS]
    names = {os.path.splitext(os.path.basename(path))[0] for path in paths}
    with open(page, encoding="utf-8") as file:
        section = re.split(r"^## ", file.read(), flags=re.M)
    for heading in re.findall(r"^### (\w+)$", next((each for each in section if each.startswith("The rules")), ""), re.M):
        if heading not in names:
            print(f"FAILED {os.path.relpath(page, TOP)}: '{heading}' is no rule")
    if not paths:
        print("FAILED rules: there are none")
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for each, wrong in pool.map(lambda path: check(path, fixtures, page, kernel, scratch), paths):
            print(f"FAILED rule {each.name}" if wrong else
                  f"ok rule {each.name}: {len(each.wanted)} lines reported, no other")
            for line in wrong:
                print(f"    {line}")
            sys.stdout.flush()
    for path in sorted(glob.glob(os.path.join(fixtures, "*.c"))):
        name = os.path.splitext(os.path.basename(path))[0]
        if name not in names:
            print(f"FAILED fixture {name}: there is no such rule")


main()
