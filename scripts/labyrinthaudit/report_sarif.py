# SPDX-License-Identifier: GPL-2.0
"""Findings as SARIF 2.1.0: what editors and forges read.

Files are named from the root of their tree, %SRCROOT%, so that whoever has it elsewhere
finds them; what is outside of it has its full name.
"""

import json
import os
import urllib.parse

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"High": "error", "Moderate": "warning", "Low": "note"}
PRECISIONS = {"High": "high", "Moderate": "medium", "Low": "low"}


def uri(path):
    """Bytes of a name that no URI has are quoted."""
    return urllib.parse.quote(os.fsencode(path))


def described(rule):
    """A rule for the list of them."""
    more = [rule.why, f"What to do: {rule.advice}"] + ([f"What misleads it: {rule.limits}"] if rule.limits else [])
    return {
        "id": rule.name,
        "name": "".join(word.capitalize() for word in rule.name.split("_")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": f"{rule.title} {rule.why}"},
        "help": {"text": "\n\n".join([*more, f"More: {rule.url}"]),
                 "markdown": "\n\n".join([f"**{rule.title}**", *more, f"More: `{rule.url}`"])},
        "defaultConfiguration": {"level": LEVELS[rule.confidence], "enabled": rule.confidence != "Low"},
        "properties": {"precision": PRECISIONS[rule.confidence], "tags": ["memory", "atomic-allocation"]},
    }


def base_of(findings):
    """The tree that most of them are in; what is in another one keeps its full name."""
    roots = [finding.root for finding in findings if finding.root != os.sep]
    return max(sorted(set(roots)), key=roots.count, default=os.path.realpath(os.getcwd()))


def where(finding, base):
    """The file as others find it, too."""
    if finding.root != base:
        return {"uri": "file://" + uri(finding.file.path)}
    return {"uri": uri(finding.relative), "uriBaseId": "%SRCROOT%"}


def result(finding, index, base):
    """One finding."""
    # What is no character anywhere is one that says so.
    line = finding.excerpt.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return {
        "ruleId": finding.rule.name, "ruleIndex": index, "level": LEVELS[finding.rule.confidence],
        "message": {"text": finding.message},
        "locations": [{
            "physicalLocation": {
                "artifactLocation": where(finding, base),
                "region": {"startLine": finding.line, "startColumn": finding.column,
                           "endColumn": finding.end, "snippet": {"text": line}}},
            **({"logicalLocations": [{"name": finding.function, "kind": "function"}]} if finding.function else {})}],
        "partialFingerprints": {"labyrinthAudit/v1": finding.fingerprint},
    }


def report(findings, rules, about):  # pylint: disable=unused-argument
    """One run."""
    order = {rule.name: index for index, rule in enumerate(rules)}
    base = base_of(findings)
    return json.dumps({
        "version": "2.1.0", "$schema": SCHEMA,
        "runs": [{
            "tool": {"driver": {"name": "labyrinth-audit", "rules": [described(rule) for rule in rules]}},
            "originalUriBaseIds": {"%SRCROOT%": {"uri": "file://" + uri(base).rstrip("/") + "/"}},
            "columnKind": "unicodeCodePoints",
            "results": [result(finding, order[finding.rule.name], base) for finding in findings],
        }]}, indent=2) + "\n"
