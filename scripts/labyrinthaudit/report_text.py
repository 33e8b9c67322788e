# SPDX-License-Identifier: GPL-2.0
"""Findings for people and editors: a line each as gcc's, then what they mean."""

import textwrap

from labyrinthtool import text


def report(findings, rules, about):
    """Lines, and a summary by pitfall."""
    out = [f"{finding.place}: {finding.rule.name}: {text.clean(finding.message)}" for finding in findings]
    counts = {}
    for finding in findings:
        counts[finding.rule.name] = counts.get(finding.rule.name, 0) + 1
    if out:
        out.append("")
    for rule in sorted((rule for rule in rules if rule.name in counts), key=lambda r: (-counts[r.name], r.name)):
        out.append(f"{rule.name}: {text.plural(counts[rule.name], 'finding')}, confidence {rule.confidence.lower()}")
        for line in (rule.title, rule.why, f"What to do: {rule.advice}", f"More: {rule.url}"):
            out += textwrap.wrap(line, 88, initial_indent="    ", subsequent_indent="    ",
                                 break_long_words=False, break_on_hyphens=False)
        out.append("")
    out.append(about)
    return "\n".join(out) + "\n"
