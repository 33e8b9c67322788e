# SPDX-License-Identifier: GPL-2.0
"""metrics: the figures as Prometheus reads them.

Counters end in _total and begin at 0 when the zone is made; all else is a gauge, in
base units. Pages are counted in pages of the zone: labyrinth_page_bytes is what one has.
"""

import os
import tempfile

from . import text
from .source import Problem

# File of a zone: name, help. The kernel's documentation of the file is the long form.
COUNTERS = (
    ("allocs", "allocs", "Pages handed out."),
    ("frees", "frees", "Pages taken back."),
    ("from_cache", "from_cache", "Pages served by a per-CPU cache or the depot."),
    ("from_clean", "from_clean", "Of from_cache, pages that had been cleared in advance."),
    ("from_system", "from_system", "Pages served by the page allocator."),
    ("from_reserve", "from_reserve", "Pages served by the reserve."),
    ("from_ticket", "from_ticket", "Pages served for tickets."),
    ("fallbacks", "fallbacks", "Of from_reserve, pages served because the system could not."),
    ("failed", "failed", "Requests that got nothing, critical ones and others."),
    ("starvations", "starvations", "Critical requests that got nothing."),
    ("denied", "denied", "Pages that critical requests did not get."),
    ("misuse", "misuse", "Wrong calls of the zone's driver."),
    ("verify_failures", "verify_failures", "Pages found written to after they had been freed."),
    ("stolen", "stolen", "Idle pages found freed or taken behind the zone's back."),
    ("detached", "detached", "Pages that left because somebody else held a reference."),
    ("refilled", "refilled", "Pages put into the reserve."),
    ("refill_failures", "refill_failures", "Passes of the refill worker that found no memory."),
    ("stalls", "stalls", "Times that the refill worker did not get to run for seconds."),
    ("capped", "capped", "Pages not asked of the system because of max_pages."),
    ("taken", "taken", "Pages the system gave to the zone."),
    ("returned", "returned", "Pages the zone gave back to the system."),
    ("unjoined", "unjoined", "Pages given back because the registry had no slot."),
    ("passed_on", "passed_on", "Of frees, pages that their driver has passed on."),
    ("recycled", "recycled", "Of taken, pages that a driver has brought in."),
    ("handed_off", "handed_off", "Pages queued for process context."),
    ("dma_errors", "dma_errors", "Pages that could not be mapped for the zone's device."),
    ("frag_allocs", "frag_allocs", "Fragments handed out."),
    ("frag_frees", "frag_frees", "Fragments taken back."),
)
GAUGES = (
    ("live", "live_pages", "Pages handed out and not yet taken back."),
    ("reserve", "reserve_pages", "Pages in the reserve."),
    ("reserve_target", "reserve_target_pages", "Pages that the reserve is kept at."),
    ("reserve_min_seen", "reserve_min_seen_pages", "Lowest level of the reserve."),
    ("reserve_recommended", "reserve_recommended_pages", "Pages the evidence recommends."),
    ("reserve_peak", "reserve_peak_pages", "Most pages that were needed at once."),
    ("cached", "cached_pages", "Idle pages in per-CPU caches and depot."),
    ("ticketed", "ticketed_pages", "Pages that open tickets hold."),
    ("owned", "owned_pages", "Pages the zone owns."),
    ("max_pages", "owned_max_pages", "Most pages the zone may own."),
    ("latched", "latched", "1 while requests do not ask the system, which had nothing."),
    ("page_bytes", "page_bytes", "Size of one of the zone's pages."),
    ("evidence_seconds", "evidence_seconds", "Time that evidence was gathered in."),
)
MICROSECONDS = (
    ("refill_latency_us", "refill_latency_seconds",
     "Longest time until the reserve was full again."),
    ("starvation_longest_us", "starvation_longest_seconds", "Longest starvation."),
)
DRAINS = (("drain_1ms", "0.001"), ("drain_10ms", "0.01"), ("drain_100ms", "0.1"))


def family(name, kind, help_text, samples):
    """A metric with its samples, [(labels, value)]."""
    return {"name": "labyrinth_" + name, "type": kind, "help": help_text,
            "samples": [{"labels": labels, "value": value} for labels, value in samples]}


def gather(zones, about):
    """All families that these zones have something for."""
    found = [family("loaded", "gauge", "1 if the module is loaded.", [({}, 1)]),
             family("info", "gauge", "Version of the module, release of its kernel.",
                    [({"version": about["version"] or "", "kernel": about["kernel"]}, 1)])]

    def per_zone(file, change=lambda value: value):
        return [({"zone": zone["zone"]}, change(zone[file])) for zone in zones
                if isinstance(zone.get(file), int)]

    found.append(family("zone_info", "gauge", "What a zone was made with.",
                        [({"zone": zone["zone"], "policy": str(zone.get("policy", "")),
                           "order": str(zone.get("order", ""))}, 1) for zone in zones]))
    for file, name, help_text in COUNTERS:
        found.append(family(name + "_total", "counter", help_text, per_zone(file)))
    for file, name, help_text in GAUGES:
        found.append(family(name, "gauge", help_text, per_zone(file)))
    for file, name, help_text in MICROSECONDS:
        found.append(family(name, "gauge", help_text, per_zone(file, lambda us: us / 1e6)))
    found.append(family("drain_pages", "gauge",
                        "Most pages taken or denied within the window, in seconds.",
                        [({"zone": zone["zone"], "window": window}, zone[file])
                         for zone in zones for file, window in DRAINS if file in zone]))
    return [entry for entry in found if entry["samples"]]


def escape(value):
    """A label's value, as the exposition format wants it."""
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def exposition(families):
    """The text format, version 0.0.4."""
    lines = []
    for entry in families:
        lines.append(f"# HELP {entry['name']} {entry['help']}")
        lines.append(f"# TYPE {entry['name']} {entry['type']}")
        for sample in entry["samples"]:
            labels = ",".join(f'{key}="{escape(value)}"'
                              for key, value in sample["labels"].items())
            lines.append(f"{entry['name']}{'{' + labels + '}' if labels else ''} "
                         f"{sample['value']}")
    return "\n".join(lines) + "\n"


def replace(path, content):
    """Readers see the old file or the new one, nothing between."""
    directory = os.path.dirname(os.path.abspath(path))
    temporary = None
    try:
        # node_exporter reads what ends in .prom only: this does not.
        fd, temporary = tempfile.mkstemp(dir=directory, prefix=".labyrinth-", suffix=".tmp")
        with os.fdopen(fd, "w", encoding="utf-8") as out:
            out.write(content)
            os.fchmod(out.fileno(), 0o644)
        os.replace(temporary, path)
    except OSError as error:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        raise Problem(f"cannot write '{path}': {error.strerror}") from None


def metrics(source, options):
    """To stdout or a file."""
    try:
        families = gather(source.all_stats(), source.about())
    except Problem:
        # Yesterday's figures would look like today's.
        if options.output and not options.json:
            replace(options.output, exposition(
                [family("loaded", "gauge", "1 if the module is loaded.", [({}, 0)])]))
        raise
    if options.json:
        text.say_json({"metrics": families})
    elif options.output:
        replace(options.output, exposition(families))
    else:
        text.say(exposition(families).rstrip("\n"))
