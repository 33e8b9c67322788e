# SPDX-License-Identifier: GPL-2.0
"""What is known already, so that a project hears of what is new."""

import json

from labyrinthtool import text
from labyrinthtool.metrics import replace
from labyrinthtool.source import Problem

VERSION = 1
KEYS = ("fingerprint", "rule", "file")


def write(path, findings):
    """A line for each, in order: differences between two are easily read."""
    lines = [json.dumps({"fingerprint": finding.fingerprint, "rule": finding.rule.name,
                         "file": finding.relative, "function": finding.function})
             for finding in sorted(findings, key=lambda f: (f.relative, f.rule.name, f.line, f.column))]
    body = "[\n" + ",\n".join(lines) + "\n]" if lines else "[]"
    replace(path, f'{{"labyrinth-audit": {VERSION}, "findings": {body}}}\n')


def read(path):
    """Fingerprints and what is known of each."""
    def bad(why):
        return Problem(f"baseline '{path}': {why}; --write-baseline makes one")

    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except OSError as error:
        raise bad(f"cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise bad(f"is no JSON: {error}") from None
    if not isinstance(content, dict) or "labyrinth-audit" not in content:
        raise bad("was not made by labyrinth-audit")
    if content["labyrinth-audit"] != VERSION:
        raise bad(f"is of version {content['labyrinth-audit']}, not {VERSION}")
    entries = content.get("findings")
    if not isinstance(entries, list) or not all(
            isinstance(entry, dict) and all(isinstance(entry.get(key), str) for key in KEYS) for entry in entries):
        raise bad("has findings that are not understood")
    return {entry["fingerprint"]: entry for entry in entries}


def new(old, findings, rules, files):
    """Findings that are not in it, and a sentence on those that are, and on those that are gone."""
    left = [finding for finding in findings if finding.fingerprint not in old]
    words = f"{text.plural(len(findings) - len(left), 'finding')} known from the baseline"
    # Of what was not looked at nothing is known.
    seen, names = {finding.fingerprint for finding in findings}, {rule.name for rule in rules}
    looked = files.relative()
    gone = sum(1 for fingerprint, entry in old.items()
               if fingerprint not in seen and entry["rule"] in names and entry["file"] in looked)
    if gone:
        words += f", {text.number(gone)} of it gone (--write-baseline forgets them)"
    return left, words
