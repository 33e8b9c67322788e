# SPDX-License-Identifier: GPL-2.0
"""Charts as inline SVG. Every text in them is escaped here, and nowhere else.

Colours are classes of the page's style sheet, which knows of light and dark.
"""

import html
import math

from . import text


def escape(value):
    """Text of anybody, in a page."""
    return html.escape(str(value), quote=True)


def ticks(most, count=4):
    """Round figures from 0 to the first at or above $most."""
    if most <= 0:
        return [0, 1]
    raw = most / count
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw)
    if step < 1:
        step = 1
    last = math.ceil(most / step)
    return [int(step * index) if float(step * index).is_integer() else step * index
            for index in range(last + 1)]


def svg(width, height, label, body):
    """A picture that scales with the page, and says what it shows."""
    return (f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">'
            f"<title>{escape(label)}</title>{body}</svg>")


def words(x, y, content, css="", anchor="start"):
    """A text."""
    return (f'<text x="{x:.1f}" y="{y:.1f}" class="{css}" text-anchor="{anchor}">'
            f"{escape(content)}</text>")


def line_chart(label, series, bounds=None):
    """[(name, class, [(x, y)])] over seconds."""
    width, height, left, bottom, head = 720, 190, 60, 28, 26
    points = [point for _, _, line in series for point in line]
    if not points:
        return ""
    x_most = max(x for x, _ in points) or 1
    marks = ticks(bounds or max(y for _, y in points))
    plot_w, plot_h = width - left - 16, height - bottom - head

    def at(x, y):
        return (left + x / x_most * plot_w, head + plot_h - y / marks[-1] * plot_h)

    body = []
    for mark in marks:
        y = at(0, mark)[1]
        body.append(f'<line class="grid" x1="{left}" x2="{width - 16}" y1="{y:.1f}" y2="{y:.1f}"/>')
        body.append(words(left - 8, y + 4, text.number(mark), "small", "end"))
    for index in range(6):
        x = x_most * index / 5
        body.append(words(at(x, 0)[0], height - 10, f"{x:.1f} s", "small", "middle"))
    legend = left
    for name, css, line in series:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in line))
        body.append(f'<polyline class="line {css}" points="{path}"/>')
        body.append(f'<rect class="{css}" x="{legend}" y="6" width="10" height="10"/>')
        body.append(words(legend + 15, 15, name, "small"))
        legend += 34 + 7 * len(name)
    return svg(width, height, label, "".join(body))


def bar_chart(label, rows, shown=text.number):
    """[(name, value, class)], a bar each."""
    if not rows:
        return ""
    width, row, left = 720, 26, 300
    most = max(value for _, value, _ in rows) or 1
    body = []
    for index, (name, value, css) in enumerate(rows):
        y = index * row
        short = name if len(name) <= 42 else name[:41] + "…"
        length = (width - left - 120) * value / most
        body.append(words(left - 10, y + 17, short, "small mono", "end"))
        body.append(f'<rect class="{css}" x="{left}" y="{y + 5}" width="{max(length, 1):.1f}" '
                    f'height="{row - 9}"><title>{escape(name)}: {escape(shown(value))}</title></rect>')
        body.append(words(left + length + 8, y + 17, shown(value), "small"))
    return svg(width, len(rows) * row + 4, label, "".join(body))


def column_chart(label, rows):
    """[(name, value)], a column each, names below."""
    if not rows:
        return ""
    width, height, left, bottom, head = 720, 170, 60, 36, 12
    marks = ticks(max(value for _, value in rows))
    plot_h = height - bottom - head
    step = (width - left - 10) / len(rows)
    body = []
    for mark in marks:
        y = head + plot_h - mark / marks[-1] * plot_h
        body.append(f'<line class="grid" x1="{left}" x2="{width - 10}" y1="{y:.1f}" y2="{y:.1f}"/>')
        body.append(words(left - 8, y + 4, text.number(mark), "small", "end"))
    # Names that would run into each other are left out.
    every = max(1, math.ceil(len(rows) * 62 / (width - left)))
    for index, (name, value) in enumerate(rows):
        x = left + index * step
        tall = value / marks[-1] * plot_h
        body.append(f'<rect class="c1" x="{x + step * .12:.1f}" y="{head + plot_h - tall:.1f}" '
                    f'width="{step * .76:.1f}" height="{tall:.1f}"><title>{escape(name)}: '
                    f"{escape(text.number(value))}</title></rect>")
        if index % every == 0:
            body.append(words(x + step / 2, height - 22, name, "small", "middle"))
    return svg(width, height, label, "".join(body))


def stacked_bar(label, parts):
    """[(name, value, class)] as shares of one bar, with a legend."""
    parts = [part for part in parts if part[1] > 0]
    total = sum(value for _, value, _ in parts)
    if not total:
        return ""
    width, x, body, legend = 720, 0.0, [], []
    for name, value, css in parts:
        length = width * value / total
        body.append(f'<rect class="{css}" x="{x:.1f}" y="0" width="{length:.1f}" height="24">'
                    f"<title>{escape(name)}: {escape(text.number(value))}</title></rect>")
        x += length
        legend.append(f'<span class="key"><i class="{css}"></i>{escape(name)} '
                      f"{escape(text.number(value))} ({value / total:.1%})</span>")
    return svg(width, 24, label, "".join(body)) + f'<p class="legend">{"".join(legend)}</p>'
