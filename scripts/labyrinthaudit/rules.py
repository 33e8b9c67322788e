# SPDX-License-Identifier: GPL-2.0
"""The rules, as the headers of their semantic patches describe them.

The header is the kernel's own (`///`, `//#`, Confidence, Options), with three words more:
Advice, Needs and URL.
"""

import glob
import os
import re
import subprocess

from labyrinthtool.source import Problem

CONFIDENCES = ("High", "Moderate", "Low")
# Not a pitfall: what --migrate applies.
OTHERS = {"migrate"}
FIELDS = ("Confidence", "Advice", "Needs", "URL", "Options")
# What is run with each file; others would change what is printed, or where.
OPTIONS = {"--no-includes", "--include-headers"}


class Rule:
    """One pitfall."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.title = ""
        self.why = ""
        self.limits = ""
        self.fields = {}
        self._read()
        self.confidence = self.fields["Confidence"]
        self.advice = self.fields["Advice"]
        self.needs = self.fields["Needs"]
        self.url = self.fields["URL"]

    def _problem(self, text):
        return Problem(f"rule {self.path}: {text}")

    def _read(self):
        """The header: every comment line up to the first that is none."""
        slashes, limits, last = [], [], None
        try:
            with open(self.path, encoding="utf-8") as file:
                lines = file.read().splitlines()
        except (OSError, UnicodeError) as error:
            raise self._problem(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
        for line in lines:
            if not line.startswith("//"):
                break
            field = re.match(r"// ([A-Z][A-Za-z]*): *(.*)", line)
            if line.startswith("///"):
                slashes.append(line[3:].strip())
            elif line.startswith("//#"):
                limits.append(line[3:].strip())
            elif field and field[1] in FIELDS:
                last = field[1]
                self.fields[last] = field[2].strip()
            elif last and line.startswith("//   "):
                self.fields[last] += " " + line[5:].strip()
        self._judge("\n".join(slashes).strip().split("\n\n", 1), " ".join(limits), lines)

    def _judge(self, parts, limits, lines):
        """Each part is there, or the rule is of no use to anybody."""
        self.title, self.limits = parts[0].strip(), limits
        self.why = " ".join(parts[1].split()) if len(parts) > 1 else ""
        missing = [name for name in FIELDS if not self.fields.get(name)]
        if missing:
            raise self._problem(f"its header lacks {', '.join(missing)}")
        if not self.title or "\n" in self.title or not self.why:
            raise self._problem("its header lacks a title of one line, '///' alone, and why it matters")
        if self.fields["Confidence"] not in CONFIDENCES:
            raise self._problem(f"Confidence is '{self.fields['Confidence']}'; "
                                f"allowed: {', '.join(CONFIDENCES)}")
        if not set(self.fields["Options"].split()) <= OPTIONS:
            raise self._problem(f"Options are '{self.fields['Options']}'; "
                                f"allowed: {' '.join(sorted(OPTIONS))}")
        if "virtual report" not in lines:
            raise self._problem("has no 'virtual report'")
        if subprocess.run(["grep", "-qE", "--", self.fields["Needs"]], input="", text=True, check=False,
                          stderr=subprocess.DEVNULL).returncode > 1:
            raise self._problem(f"Needs is no regular expression for grep -E: '{self.fields['Needs']}'")

    @property
    def headers(self):
        """It reads headers, too."""
        return "--include-headers" in self.fields["Options"].split()


def load(directory):
    """All rules by name, and what is wrong with the others."""
    found, problems = {}, []
    for path in sorted(glob.glob(os.path.join(glob.escape(directory), "*.cocci"))):
        if os.path.splitext(os.path.basename(path))[0] in OTHERS:
            continue
        try:
            rule = Rule(path)
            found[rule.name] = rule
        except Problem as problem:
            problems.append(str(problem))
    if not found and not problems:
        raise Problem(f"no rule (*.cocci) in '{directory}'")
    return found, problems


def choose(rules, names, confidence):
    """Those that were named, or all that are good enough."""
    for name in names:
        if name not in rules:
            raise Problem(f"unknown rule '{name}'; allowed: {', '.join(sorted(rules))}")
    if names:
        return [rules[name] for name in sorted(set(names))]
    good = CONFIDENCES[:CONFIDENCES.index(confidence.capitalize()) + 1]
    return [rule for _, rule in sorted(rules.items()) if rule.confidence in good]
