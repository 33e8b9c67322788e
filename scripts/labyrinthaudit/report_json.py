# SPDX-License-Identifier: GPL-2.0
"""Findings for programs."""

import json


def report(findings, rules, about):  # pylint: disable=unused-argument
    """A list with an object for each."""
    # What is not UTF-8 in a name or a line is escaped, like all that is not ASCII.
    return json.dumps([{
        "rule": finding.rule.name, "file": finding.file.given, "line": finding.line,
        "column": finding.column, "message": finding.message, "confidence": finding.rule.confidence,
        "title": finding.rule.title, "why": finding.rule.why, "advice": finding.rule.advice,
        "url": finding.rule.url, "function": finding.function, "source": finding.excerpt,
        "fingerprint": finding.fingerprint,
    } for finding in findings], indent=2) + "\n"
