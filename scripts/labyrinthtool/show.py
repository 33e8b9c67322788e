# SPDX-License-Identifier: GPL-2.0
"""list and show."""

from . import text

# What show says, in this order: heading, then file and what it is. Files that stand
# nowhere here come last, under their own names: a newer module has them.
SECTIONS = (
    ("Pages now", (
        ("live", "handed out"),
        ("reserve", "in the reserve"),
        ("reserve_target", "that the reserve is kept at"),
        ("reserve_min_seen", "lowest level of the reserve"),
        ("cached", "idle in caches and depot"),
        ("ticketed", "held by tickets"),
        ("owned", "owned in all"),
        ("max_pages", "that it may own"))),
    ("Requests", (
        ("allocs", "pages handed out"),
        ("from_cache", "  from the caches"),
        ("from_clean", "    cleared in advance"),
        ("from_system", "  from the system"),
        ("from_reserve", "  from the reserve"),
        ("fallbacks", "    because the system had none"),
        ("from_ticket", "  for tickets"),
        ("failed", "requests that got nothing"),
        ("starvations", "  critical ones"),
        ("denied", "pages that critical ones did not get"),
        ("frees", "pages taken back"),
        ("passed_on", "  passed on by their driver"),
        ("frag_allocs", "fragments handed out"),
        ("frag_frees", "fragments taken back"))),
    ("Traffic with the system", (
        ("taken", "pages from it"),
        ("recycled", "  brought in by the driver"),
        ("returned", "pages given back"),
        ("detached", "pages that left, somebody else held them"),
        ("handed_off", "pages queued for process context"),
        ("refilled", "pages put into the reserve"),
        ("refill_failures", "passes that could not fill it"),
        ("stalls", "times the worker did not get to run"),
        ("capped", "pages not asked for, at max_pages"),
        ("unjoined", "pages given back, no slot for them"),
        ("dma_errors", "pages that could not be mapped"))),
    ("Evidence for its size", (
        ("evidence_seconds", "seconds that it was gathered in"),
        ("reserve_recommended", "pages recommended"),
        ("reserve_peak", "most pages needed at once"),
        ("drain_1ms", "most pages taken within 1 ms"),
        ("drain_10ms", "within 10 ms"),
        ("drain_100ms", "within 100 ms"),
        ("refill_latency_us", "us, longest until it was full again"),
        ("starvation_longest_us", "us, longest starvation"))),
    ("Bugs of its driver", (
        ("misuse", "wrong calls"),
        ("verify_failures", "pages written to after they were freed"),
        ("stolen", "pages freed behind the zone's back"))),
)
HEADED = {"zone", "policy", "order", "buffer_pages", "latched", "page_bytes"}

STATES = {"ok": "reserve full", "refilling": "reserve being refilled",
          "latched": "latched: the system is not asked until the worker has found memory",
          "empty": "reserve empty", "misused": "misused by its driver: the log has who"}


def state(figures):
    """In a word, the worst first."""
    if figures["reserve"] == 0:
        return "empty"
    if figures.get("misuse") or figures.get("verify_failures") or figures.get("stolen"):
        return "misused"
    if figures.get("latched"):
        return "latched"
    if figures["reserve"] < figures["reserve_target"]:
        return "refilling"
    return "ok"


def list_zones(source, options):
    """A line for each zone."""
    zones = source.all_stats()
    if options.json:
        text.say_json({"zones": [dict(zone, state=state(zone)) for zone in zones]})
        return
    if not zones:
        text.say("labyrinth is loaded and has no zones")
        return
    rows = [(zone["zone"],
             f"{text.number(zone['reserve'])}/{text.number(zone['reserve_target'])}",
             text.number(zone["reserve_min_seen"]), text.number(zone["live"]),
             text.number(zone["cached"]), text.number(zone["owned"]),
             text.size(zone["owned"] * zone["page_bytes"]), text.number(zone["allocs"]),
             text.number(zone["fallbacks"]), text.number(zone["starvations"]), state(zone))
            for zone in zones]
    text.say(*text.table(("ZONE", "RESERVE", "LEAST", "LIVE", "CACHED", "OWNED", "MEMORY",
                          "ALLOCS", "FALLBACKS", "STARVED", "STATE"), rows, left=(0, 10)))


def unit(figures):
    """What its figures count."""
    if figures.get("buffer_pages"):
        return f"buffers of {text.plural(figures['buffer_pages'], 'page')}"
    if figures.get("order"):
        return f"pages of order {figures['order']}"
    return "single pages"


def show_zone(source, options):
    """All that sysfs has about a zone."""
    figures = source.all_stats(options.zone)[0]
    if options.json:
        text.say_json(dict(figures, state=state(figures)))
        return
    text.say(f"Zone {figures['zone']}: {unit(figures)}, "
             f"{text.size(figures['owned'] * figures['page_bytes'])} in all, "
             f"policy {figures.get('policy', 'unknown')}"
             f", {STATES[state(figures)]}")
    known = set(HEADED)
    for heading, entries in SECTIONS:
        lines = [(figures[file], meaning, file) for file, meaning in entries if file in figures]
        known.update(file for file, _ in entries)
        if lines:
            say_section(heading, lines)
    rest = [(value, "", file) for file, value in figures.items() if file not in known]
    if rest:
        say_section("More", rest)


def say_section(heading, lines):
    """Figures to the right, what they are to the left, the file's name at the end."""
    text.say("", heading)
    for value, meaning, file in lines:
        shown = text.number(value) if isinstance(value, int) else value
        text.say(f"  {shown:>15}  {meaning:<42} {file}".rstrip())
