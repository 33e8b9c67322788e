# SPDX-License-Identifier: GPL-2.0
"""Figures and tables for people."""

import json
import sys


def number(value):
    """1234567 as 1,234,567"""
    return f"{value:,}"


def plural(count, noun):
    """1 page, 2 pages"""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def size(count):
    """Bytes in the largest unit that leaves a figure of 1 or more."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            break
        count /= 1024
    return f"{count:.0f} {unit}" if unit in ("B", "KiB") or count >= 100 else f"{count:.1f} {unit}"


def kib(count):
    """Bytes in KiB, whole."""
    return f"{number(-(-count // 1024))} KiB"


def age(milliseconds):
    """From 12 ms to 3 d 4 h, two units at most."""
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    seconds = milliseconds / 1000
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def duration_us(microseconds):
    """What was measured in microseconds."""
    if microseconds < 1000:
        return f"{microseconds} us"
    if microseconds < 10000:
        return f"{microseconds / 1000:.1f} ms"
    return age(microseconds // 1000)


def rate(value):
    """Per second, short enough for a column."""
    if value >= 1e6:
        return f"{value / 1e6:.1f}M"
    if value >= 1e5:
        return f"{value / 1e3:.0f}k"
    if value >= 100 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.1f}"


def table(head, rows, left=(0,)):
    """Lines of a table; columns in $left stand to the left, numbers to the right."""
    cells = [list(head)] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    return ["  ".join(cell.ljust(width) if i in left else cell.rjust(width)
                      for i, (cell, width) in enumerate(zip(row, widths))).rstrip()
            for row in cells]


def clean(string):
    """Without what a terminal would obey: names come from elsewhere."""
    return "".join(c if c.isprintable() else "?" for c in string)


def say(*lines):
    """Lines to stdout, at once: somebody may follow."""
    for line in lines:
        print(line)
    sys.stdout.flush()


def say_json(value, indent=2):
    """One document; with indent None one line of many."""
    say(json.dumps(value, indent=indent, ensure_ascii=False))
