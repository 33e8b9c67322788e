# SPDX-License-Identifier: GPL-2.0
"""report: one page with everything, for a bug report.

Self-contained: a style sheet, pictures as SVG, no script, nothing from elsewhere. What
the reader may not read, or the module does not have, is named as missing.
"""

import sys
import time

from . import leaks, sizing, text
from .charts import bar_chart, column_chart, escape, line_chart, stacked_bar
from .metrics import replace
from .show import SECTIONS, state, unit
from .source import Gone, Problem

OWNERS = 20
EVENTS = 100
STYLE = """
:root{--bg:#fbfbfa;--fg:#1c1e21;--dim:#666d75;--line:#dfe1e4;--card:#fff;--good:#2c8a4b;--warn:#b97a00;
--bad:#c4302b;--c1:#2f6fb3;--c2:#3fa08f;--c3:#8a63b8;--c4:#d08a1d;--c5:#c4302b;--c6:#7d8791}
@media(prefers-color-scheme:dark){:root{--bg:#15181c;--fg:#e3e6e9;--dim:#98a1ab;--line:#31373e;
--card:#1d2126;--good:#53b879;--warn:#dca53c;--bad:#ee6f68;--c1:#6aa5e3;--c2:#5fc3b1;--c3:#b18fdd;
--c4:#e2ad56;--c5:#ee6f68;--c6:#98a1ab}}
*{box-sizing:border-box}body{margin:0 auto;padding:24px;max-width:1080px;background:var(--bg);
color:var(--fg);font:15px/1.5 system-ui,"DejaVu Sans",sans-serif}h1{margin:0 0 4px;font-size:26px}
h2{margin:36px 0 10px;font-size:21px;border-bottom:2px solid var(--line);padding-bottom:6px}
h3{margin:22px 0 8px;font-size:15px}p{margin:6px 0}.dim,small{color:var(--dim)}
table{border-collapse:collapse;width:100%;font-size:13px}th{text-align:left;color:var(--dim);
font-weight:600;border-bottom:1px solid var(--line);padding:4px 10px 4px 0}
td{padding:4px 10px 4px 0;border-bottom:1px solid var(--line);vertical-align:top}
.n{text-align:right;font-variant-numeric:tabular-nums}.mono,code{font-family:ui-monospace,
"DejaVu Sans Mono",monospace;font-size:12.5px;overflow-wrap:anywhere}
.good{color:var(--good)}.warn{color:var(--warn)}.bad{color:var(--bad)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:14px 0}
.card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 14px}
.card b{display:block;font-size:22px;font-weight:600}.card span{color:var(--dim);font-size:13px}
.box{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px 16px;margin:10px 0}
pre{margin:6px 0;overflow-x:auto;font-size:12.5px}svg{width:100%;height:auto;display:block}
svg text{fill:var(--fg);font:10px system-ui,"DejaVu Sans",sans-serif}svg text.mono{font-family:ui-monospace,
"DejaVu Sans Mono",monospace;font-size:9.5px}.grid{stroke:var(--line)}.line{fill:none!important;
stroke-width:2}.legend{font-size:13px}.key{margin-right:18px;white-space:nowrap}.key i{display:inline-block;
width:10px;height:10px;margin-right:6px}details{margin:10px 0}summary{cursor:pointer;color:var(--dim)}
""" + "".join(f".c{i}{{fill:var(--c{i});background:var(--c{i})}}.line.c{i}{{stroke:var(--c{i})}}\n"
              for i in range(1, 7))
SOURCES = (("caches", "from_cache", "c2"), ("system", "from_system", "c1"),
           ("reserve", "from_reserve", "c4"), ("tickets", "from_ticket", "c3"),
           ("nothing: failed", "failed", "c5"))


# --- what it is made from ----------------------------------------------------

def sample(source, seconds):
    """Levels of all zones, a reading each tenth of a second at most."""
    pause = max(0.1, seconds / 200)
    start, samples = time.monotonic(), {}
    while True:
        now = time.monotonic() - start
        for zone in source.all_stats():
            samples.setdefault(zone["zone"], []).append(
                {"seconds": round(now, 3), "reserve": zone["reserve"], "live": zone["live"],
                 "cached": zone["cached"]})
        if now >= seconds:
            return samples
        time.sleep(min(pause, max(0.0, seconds - now)))


def debug_part(source, zone, file, missing):
    """A table of debugfs, or why there is none."""
    try:
        return source.table(zone, file, "report")
    except Problem as problem:
        missing.append(str(problem))
        return None


def gather(source, seconds):
    """Everything, as --json has it."""
    levels = sample(source, seconds)
    zones = []
    for figures in source.all_stats():
        zone, missing = figures["zone"], []
        try:
            entry = {"figures": dict(figures, state=state(figures)), "levels": levels.get(zone, []),
                     **{file: debug_part(source, zone, file, missing)
                        for file in ("owners", "ages", "placement", "events")}}
            entry["leaks"] = source.optional(leaks.examine, source, zone, int(leaks.OLDER * 1000))
            try:
                entry["size"] = sizing.advise(figures)
            except Problem as problem:
                entry["size"] = None
                missing.append(str(problem))
        except Gone:
            continue
        entry["missing"] = sorted(set(missing))
        zones.append(entry)
    # What is wrong somewhere is what the page was made for.
    zones.sort(key=lambda entry: [-entry["figures"].get(file, 0)
                                  for file in ("misuse", "starvations", "fallbacks")])
    return {"about": source.about(), "seconds": seconds, "zones": zones}


# --- the page ----------------------------------------------------------------

def html_table(head, rows, numbers=(), mono=()):
    """A table; every cell is escaped."""
    def css(index):
        return (' class="n"' if index in numbers else ' class="mono"' if index in mono else "")

    out = ["<table><tr>", *(f"<th{css(i)}>{escape(name)}</th>" for i, name in enumerate(head)), "</tr>"]
    for row in rows:
        out += ["<tr>", *(f"<td{css(i)}>{escape(cell)}</td>" for i, cell in enumerate(row)), "</tr>"]
    return "".join(out) + "</table>"


def card(value, what, css=""):
    """A figure to be seen first."""
    return f'<div class="card"><b class="{css}">{escape(value)}</b><span>{escape(what)}</span></div>'


def cards(figures):
    """The figures of a zone that matter most."""
    level = figures["reserve"] / max(figures["reserve_target"], 1)
    return '<div class="cards">' + "".join((
        card(f"{text.number(figures['reserve'])} / {text.number(figures['reserve_target'])}",
             "reserve now", "bad" if level < .25 else "warn" if level < 1 else "good"),
        card(text.number(figures["reserve_min_seen"]), "its lowest level"),
        card(text.number(figures["live"]), "live pages"),
        card(text.size(figures["owned"] * figures["page_bytes"]), "memory in all"),
        card(text.number(figures["fallbacks"]), "times the reserve had to serve",
             "warn" if figures["fallbacks"] else ""),
        card(text.number(figures["starvations"]), "starvations",
             "bad" if figures["starvations"] else "good"))) + "</div>"


def section(title, body, otherwise):
    """A heading, and what is there or that there is nothing."""
    return f"<h3>{escape(title)}</h3>" + (body or f'<p class="dim">{escape(otherwise)}</p>')


def sizing_part(advice):
    """What `labyrinth size` says."""
    if not advice:
        return ""
    body = f"<p><b>{escape(sizing.headline(advice))}</b></p>" + "".join(
        f"<p>{escape(reason)}</p>" for reason in advice["reasons"])
    if advice["command"]:
        body += f"<pre><code>{escape(advice['command'])}</code></pre>"
    return f'<div class="box">{body}</div>'


def leaks_part(found):
    """What `labyrinth leaks` says."""
    if not found:
        return ""
    out = []
    for site in found["sites"]:
        if site["verdict"] == leaks.HELD:
            continue
        stack = site["stacks"][0]["frames"] if site["stacks"] else []
        out.append(f'<div class="box"><p><code>{escape(site["caller"])}</code>: <b class="'
                   f'{"bad" if site["verdict"] == leaks.LIKELY else "warn"}">'
                   f'{escape(leaks.WORDS[site["verdict"]])}</b></p>'
                   f"<p>{escape(text.plural(site['count'], 'page'))}, the oldest "
                   f"{escape(text.age(site['oldest_ms']))}. {escape(site['why'])}</p>"
                   + (f"<pre><code>{escape(chr(10).join(stack))}</code></pre>" if stack else "")
                   + "</div>")
    return "".join(out) or "<p>Nothing looks lost.</p>"


def ages_part(rows):
    """A histogram from the first age that any page has."""
    rows = list(rows or [])
    while rows and not rows[0]["pages"]:
        rows.pop(0)
    return column_chart("live pages by age", [
        (f"< {text.age(row['to_ms'])}" if isinstance(row["to_ms"], int)
         else f"> {text.age(row['from_ms'])}", row["pages"]) for row in rows])


def placement_part(rows):
    """Shares of nodes and memory zones."""
    parts = []
    for index, row in enumerate(rows or []):
        parts.append((f"node {row['node']} {row['memzone']}", row["live"] + row["idle"],
                      f"c{index % 6 + 1}"))
    return stacked_bar("pages by node and memory zone", parts)


def figures_part(figures):
    """All files of the zone, as `labyrinth show` has them."""
    meanings = {file: meaning.strip() for _, entries in SECTIONS for file, meaning in entries}
    rows = [(file, text.number(value) if isinstance(value, int) else value, meanings.get(file, ""))
            for file, value in figures.items() if file not in ("zone", "state")]
    return ("<details><summary>All figures</summary>" +
            html_table(("file", "value", "meaning"), rows, numbers=(1,), mono=(0,)) + "</details>")


def zone_part(entry):
    """A zone's chapter."""
    figures, levels = entry["figures"], entry["levels"]
    owners = (entry["owners"] or [])[:OWNERS]
    events = (entry["events"] or [])[-EVENTS:]
    reading = [("reserve", "c4"), ("live", "c1"), ("cached", "c2")]
    level = section("Levels while this was made", line_chart(
        f"levels of zone {figures['zone']}",
        [(name, css, [(row["seconds"], row[name]) for row in levels]) for name, css in reading]),
        "it was not there long enough")
    missing = "".join(f'<p class="dim">Missing: {escape(line)}</p>' for line in entry["missing"])
    return "".join((
        f'<h2 id="zone-{escape(figures["zone"])}">Zone {escape(figures["zone"])}</h2>'
        f'<p class="dim">{escape(unit(figures))}, policy '
        f"{escape(figures.get('policy', 'unknown'))}, {escape(figures['state'])}</p>",
        cards(figures), level,
        section("Where its pages came from", stacked_bar("sources of pages", [
            (name, figures.get(file, 0), css) for name, file, css in SOURCES]),
            "no page has been asked for"),
        section("Size of the reserve", sizing_part(entry["size"]), "not known"),
        section("Leaks", leaks_part(entry["leaks"]), "not known"),
        section("Owners of live pages", bar_chart("live pages by call site", [
            (row["caller"], row["pages"], "c1") for row in owners]) +
            (html_table(("pages", "memory", "oldest", "most at once", "call site"),
                        [(text.number(row["pages"]), text.size(row["bytes"]),
                          text.age(row["oldest_ms"]), text.number(row["most"]), row["caller"])
                         for row in owners], numbers=(0, 1, 2, 3), mono=(4,)) if owners else ""),
            "no live page, or not known"),
        section("Ages of live pages", ages_part(entry["ages"]), "no live page, or not known"),
        section("Where its pages are", placement_part(entry["placement"]), "not known"),
        section("Events", html_table(("time", "event", "detail", "call site"),
                                     [(row["time"], row["event"], row["detail"], row["caller"])
                                      for row in reversed(events)], mono=(0, 1, 2, 3))
                if events else "", "none, or not known"),
        missing, figures_part(figures)))


def page(data):
    """The whole of it."""
    about = data["about"]
    overview = html_table(
        ("zone", "state", "reserve", "lowest", "live", "memory", "fallbacks", "starvations"),
        [(z["zone"], z["state"], f"{text.number(z['reserve'])}/{text.number(z['reserve_target'])}",
          text.number(z["reserve_min_seen"]), text.number(z["live"]),
          text.size(z["owned"] * z["page_bytes"]), text.number(z["fallbacks"]),
          text.number(z["starvations"])) for z in (entry["figures"] for entry in data["zones"])],
        numbers=(2, 3, 4, 5, 6, 7))
    levels = bar_chart("levels of the reserves", [
        (entry["figures"]["zone"],
         round(100 * entry["figures"]["reserve"] / max(entry["figures"]["reserve_target"], 1)),
         "c2" if entry["figures"]["reserve"] >= entry["figures"]["reserve_target"] else "c4")
        for entry in data["zones"]], shown=lambda value: f"{value} %")
    parameters = html_table(("parameter", "value"), sorted(
        (name, value if value is not None else "(not readable)")
        for name, value in about["parameters"].items()), mono=(0, 1))
    return "".join((
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "style-src 'unsafe-inline'\">"
        f"<title>Labyrinth report, {escape(about['date'])}</title><style>{STYLE}</style></head>"
        "<body><h1>Labyrinth report</h1>"
        f'<p class="dim">{escape(about["date"])} · labyrinth {escape(about["version"] or "unknown")}'
        f' · Linux {escape(about["kernel"])} {escape(about["machine"])} · levels followed for '
        f"{data['seconds']:g} s</p>",
        section("Zones", overview if data["zones"] else "", "labyrinth is loaded and has no zones"),
        section("Reserves, per cent of their targets", levels, "none") if levels else "",
        *(zone_part(entry) for entry in data["zones"]),
        "<h2>Module</h2>", section("Parameters", parameters if about["parameters"] else "",
                                   "not known"),
        "</body></html>\n"))


def report(source, options):
    """To a file, or stdout for -."""
    data = gather(source, options.seconds)
    if options.json:
        text.say_json(data)
        return
    content = page(data)
    path = options.output or "labyrinth-report.html"
    if path == "-":
        sys.stdout.buffer.write(content.encode())
        sys.stdout.flush()
        return
    replace(path, content)
    text.say(f"{path}: {text.plural(len(data['zones']), 'zone')}, "
             f"{text.size(len(content.encode()))}")
