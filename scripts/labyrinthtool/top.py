# SPDX-License-Identifier: GPL-2.0
"""top: levels, rates and owners, live.

What a screen says is composed as lines of (text, style) and drawn by curses or, with
-b, printed: both show the same. Rates are between two readings.
"""

import locale
import sys
import time

from . import text
from .show import state, unit
from .source import Gone, Problem

RATES = ("allocs", "frees", "fallbacks", "starvations")
SORTS = ("name", "short", "allocs", "fallbacks", "starvations", "memory")
BAR = 22
OWNERS = 8
EVENTS = 5


class Reading:
    """All zones at a time, beside the reading before."""

    def __init__(self, source, before=None):
        self.zones = source.all_stats()
        self.when = time.monotonic()
        # A zone of the same name that counts from 0 again is another one.
        past = {zone["zone"]: zone for zone in before.zones} if before else {}
        self.seconds = self.when - before.when if before else 0
        for zone in self.zones:
            old = past.get(zone["zone"])
            known = old and self.seconds > 0 and old["allocs"] <= zone["allocs"]
            zone["rates"] = {file: (zone[file] - old[file]) / self.seconds if known else 0.0
                             for file in RATES}
            zone["state"] = state(zone)

    def sort(self, how):
        """The most telling first; by name among equals."""
        keys = {"name": lambda zone: 0,
                "short": lambda zone: zone["reserve"] / max(zone["reserve_target"], 1),
                "memory": lambda zone: -zone["owned"] * zone["page_bytes"]}
        key = keys.get(how, lambda zone: -zone["rates"].get(how, 0))
        self.zones.sort(key=lambda zone: (key(zone), zone["zone"]))


def bar_style(zone):
    """Green, yellow, red: whole, short, nearly gone."""
    full = zone["reserve"] / max(zone["reserve_target"], 1)
    return "bad" if full < 0.25 else "warn" if full < 1 else "good"


def bar(zone, width, wide_glyphs):
    """[######      ], the lowest level as a mark in it."""
    target = max(zone["reserve_target"], 1)
    filled = min(width, zone["reserve"] * width // target)
    least = min(width - 1, zone["reserve_min_seen"] * width // target)
    full, empty, mark = ("█", "░", "▏") if wide_glyphs else ("#", ".", "|")
    cells = [full] * filled + [empty] * (width - filled)
    if least >= filled or not wide_glyphs:
        if zone["reserve_min_seen"] < zone["reserve_target"]:
            cells[least] = mark
    return "".join(cells)


HEAD = (f"{'ZONE':<16} {'RESERVE':<{BAR}} {'LEVEL':>13} {'LEAST':>6} {'LIVE':>8} {'MEMORY':>8} "
        f"{'ALLOC/s':>8} {'FREE/s':>8} {'FALLB/s':>8} {'STARVE/s':>8}  STATE")
STATES = {"ok": "good", "refilling": "warn", "latched": "warn", "empty": "bad", "misused": "bad"}


def zone_line(zone, selected, wide_glyphs):
    """A zone's row."""
    rates = zone["rates"]
    starving = "bad" if rates["starvations"] else ""
    name = zone["zone"] if len(zone["zone"]) <= 16 else zone["zone"][:15] + "~"
    return [(f"{name:<16}", "selected" if selected else "name"), (" ", ""),
            (bar(zone, BAR, wide_glyphs), bar_style(zone)),
            (f" {zone['reserve']:>6}/{zone['reserve_target']:<6} {zone['reserve_min_seen']:>6} "
             f"{zone['live']:>8} {text.size(zone['owned'] * zone['page_bytes']):>8} "
             f"{text.rate(rates['allocs']):>8} {text.rate(rates['frees']):>8} ", ""),
            (f"{text.rate(rates['fallbacks']):>8} ", "warn" if rates["fallbacks"] else ""),
            (f"{text.rate(rates['starvations']):>8}  ", starving),
            (zone["state"], STATES[zone["state"]])]


def header_lines(reading, options, how):
    """Everything in two lines, then the names of the columns."""
    zones = reading.zones
    memory = sum(zone["owned"] * zone["page_bytes"] for zone in zones)
    allocs = sum(zone["rates"]["allocs"] for zone in zones)
    starved = sum(zone["starvations"] for zone in zones)
    return [[("labyrinth top", "name"), (f"  {time.strftime('%H:%M:%S')}  "
             f"{text.plural(len(zones), 'zone')}, {text.size(memory)}, "
             f"{text.rate(allocs)} allocations/s, ", ""),
             (f"{text.plural(starved, 'starvation')} so far", "bad" if starved else "")],
            [(f"sorted by {how}, every {options.delay:g} s" +
              ("" if options.batch else "   q quit, s sort, up and down: zone"), "dim")],
            [], [(HEAD, "head")]]


def detail_lines(source, zone):
    """Owners and the last events of the selected zone; for root."""
    lines = [[], [(f"Zone {zone['zone']}", "name"),
                  (f": {unit(zone)}, policy {zone.get('policy', 'unknown')}, "
                   f"{text.number(zone['cached'])} cached, {text.number(zone['owned'])} of "
                   f"{text.number(zone['max_pages'])} owned", "")]]
    try:
        lines += owner_lines(source.table(zone["zone"], "owners", "top"))
    except Gone:
        return lines
    except Problem as problem:
        lines.append([(f"no owners: {problem}", "dim")])
    events = source.optional(source.table, zone["zone"], "events", "top")
    if events:
        lines += [[], [(f"{'TIME':>14}  {'EVENT':<13} {'DETAIL':<36} CALLER", "head")]]
        for row in events[-EVENTS:]:
            lines.append([(f"{row['time']:>14}  ", "dim"), (f"{text.clean(row['event']):<13} ", ""),
                          (f"{text.clean(row['detail']):<36} ", ""),
                          (text.clean(row["caller"]) if row["caller"] != "-" else "", "name")])
    return lines


def owner_lines(owners):
    """Those with the most pages."""
    lines = [[(f"{'PAGES':>8} {'MEMORY':>8} {'OLDEST':>12} {'MOST':>8}  OWNER", "head")]]
    for row in owners[:OWNERS]:
        lines.append([(f"{row['pages']:>8} {text.size(row['bytes']):>8} "
                       f"{text.age(row['oldest_ms']):>12} {row['most']:>8}  ", ""),
                      (text.clean(row["caller"]), "name")])
    if not owners:
        lines.append([("    none: no page is live", "dim")])
    return lines


def compose(source, reading, options, view):
    """The screen."""
    lines = header_lines(reading, options, view.how)
    if not reading.zones:
        return lines + [[("labyrinth is loaded and has no zones", "dim")]]
    view.settle([zone["zone"] for zone in reading.zones])
    shown = reading.zones
    if view.height:
        # Room for the selected zone's owners: the list scrolls.
        room = max(1, view.height - len(lines) - OWNERS - 4) if len(shown) > 4 else len(shown)
        start = max(0, min(view.index - room // 2, len(shown) - room))
        shown = shown[start:start + room]
    lines += [zone_line(zone, zone["zone"] == view.zone and not options.batch, view.wide_glyphs)
              for zone in shown]
    return lines + detail_lines(source, reading.zones[view.index])


class View:
    """What is looked at: order, zone, height; a zone that goes hands on to the next."""

    def __init__(self, wide_glyphs):
        self.how, self.zone, self.index, self.height = "name", None, 0, 0
        self.wide_glyphs = wide_glyphs

    def settle(self, names):
        """Follow the zone to where it stands now."""
        if self.zone in names:
            self.index = names.index(self.zone)
        self.index = max(0, min(self.index, len(names) - 1))
        self.zone = names[self.index]

    def move(self, names, by):
        """Arrow keys."""
        if names:
            self.settle(names)
            self.index = max(0, min(self.index + by, len(names) - 1))
            self.zone = names[self.index]

    def next_sort(self):
        """The s key."""
        self.how = SORTS[(SORTS.index(self.how) + 1) % len(SORTS)]


def batch(source, options):
    """Without a terminal. The first reading has no rates: one is made to have some."""
    view = View((sys.stdout.encoding or "").lower().startswith("utf"))
    reading = Reading(source)
    left = options.count
    while left is None or left > 0:
        time.sleep(options.delay)
        reading = Reading(source, reading)
        reading.sort(view.how)
        if options.json:
            text.say_json({"time": time.time(), "seconds": reading.seconds,
                           "zones": reading.zones}, indent=None)
        else:
            text.say(*("".join(part for part, _ in line).rstrip()
                       for line in compose(source, reading, options, view)), "")
        left = None if left is None else left - 1


def top(source, options):
    """Curses where there is a terminal for it, else as with -b."""
    source.zones()
    if options.json or options.batch:
        options.batch = True
        batch(source, options)
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Problem("top needs a terminal; 'labyrinth top -b' prints")
    locale.setlocale(locale.LC_ALL, "")
    try:
        import curses  # pylint: disable=import-outside-toplevel
    except ImportError:
        raise Problem("this Python has no curses; 'labyrinth top -b' prints") from None
    try:
        curses.wrapper(lambda screen: Screen(curses, screen).run(source, options))
    except curses.error as error:
        raise Problem(f"the terminal cannot show this ({error}); "
                      "'labyrinth top -b' prints") from None


class Screen:
    """Curses, and nothing that knows of zones."""

    def __init__(self, curses, screen):
        self.curses, self.screen = curses, screen
        self.view = View("utf" in locale.getpreferredencoding(False).lower())
        self.styles = {"": 0, "name": curses.A_BOLD, "dim": curses.A_DIM,
                       "head": curses.A_REVERSE, "selected": curses.A_REVERSE | curses.A_BOLD}
        colours = {"good": curses.COLOR_GREEN, "warn": curses.COLOR_YELLOW,
                   "bad": curses.COLOR_RED}
        if curses.has_colors():
            curses.use_default_colors()
            for index, (style, colour) in enumerate(colours.items(), 1):
                curses.init_pair(index, colour, -1)
                self.styles[style] = curses.color_pair(index)
        try:
            curses.curs_set(0)
        except curses.error:
            pass

    def draw(self, lines):
        """As much as fits. The size may have changed since: then the next time."""
        height, width = self.screen.getmaxyx()
        self.screen.erase()
        for y, line in enumerate(lines[:height]):
            x = 0
            for part, style in line:
                part = part[:max(0, width - x - (y == height - 1))]
                try:
                    self.screen.addstr(y, x, part, self.styles.get(style, 0))
                except self.curses.error:
                    break
                x += len(part)
        self.screen.refresh()

    def run(self, source, options):
        """Until q, or as many readings as were asked for."""
        curses, reading, left = self.curses, Reading(source), options.count
        # The first rates come soon, the others when they are due.
        pause = min(options.delay, 0.5)
        while True:
            due = time.monotonic() + pause
            while True:
                self.view.height = self.screen.getmaxyx()[0]
                reading.sort(self.view.how)
                self.draw(compose(source, reading, options, self.view))
                self.screen.timeout(max(0, int((due - time.monotonic()) * 1000)))
                key = self.screen.getch()
                names = [zone["zone"] for zone in reading.zones]
                if key in (ord("q"), ord("Q"), 27):
                    return
                if key == ord("s"):
                    self.view.next_sort()
                elif key in (curses.KEY_UP, ord("k")):
                    self.view.move(names, -1)
                elif key in (curses.KEY_DOWN, ord("j")):
                    self.view.move(names, 1)
                elif key == curses.KEY_RESIZE:
                    curses.update_lines_cols()
                elif key == -1 or time.monotonic() >= due:
                    break
            if left is not None:
                left -= 1
                if left == 0:
                    return
            reading = Reading(source, reading)
            pause = options.delay
