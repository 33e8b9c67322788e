# SPDX-License-Identifier: GPL-2.0
"""watch: a zone's events as they come.

Root follows the zone's own record in debugfs. Everybody else, and whose module has no
such record, sees what moves in sysfs from one look to the next.
"""

import time

from . import text
from .source import Gone, Problem

# What is worth a line when it grows, and what it is called.
MOVING = (("starvations", "starved"), ("fallbacks", "fallback"), ("misuse", "misuse"),
          ("verify_failures", "verify_failure"), ("stolen", "stolen"),
          ("refill_failures", "refill_failed"), ("stalls", "stalled"))


class Record:
    """The events file: what is new in it since the last look."""

    def __init__(self, source, zone):
        self.source, self.zone = source, zone
        self.last = None

    def look(self, first):
        """Events in their order; the first look has those there are already."""
        rows = self.source.table(self.zone, "events", f"watch {self.zone}")
        new, lost = self.since(rows)
        if rows:
            self.last = rows[-1]
        events = [dict(row, time=float(row["time"]), zone=self.zone) for row in new]
        if lost and not first:
            events.insert(0, event(self.zone, "lost", "more events than the record holds"))
        return events

    def since(self, rows):
        """What follows the last one seen; all, and that some are lost, if it is gone."""
        if self.last is None:
            return rows, False
        for index in range(len(rows) - 1, -1, -1):
            if rows[index] == self.last:
                return rows[index + 1:], False
        return rows, True


def event(zone, name, detail):
    """One that this command has seen, in the form of the kernel's."""
    return {"time": time.clock_gettime(time.CLOCK_MONOTONIC), "event": name, "caller": "-",
            "detail": detail, "zone": zone}


class Levels:
    """sysfs: what has moved since the last look."""

    def __init__(self, source, zone):
        self.source, self.zone = source, zone
        self.before = None

    def look(self, _first):
        """An event for each thing that moved."""
        now, before = self.source.stats(self.zone), self.before
        self.before = now
        if before is None:
            return [event(self.zone, "level", f"reserve={now['reserve']} "
                          f"target={now['reserve_target']} latched={now.get('latched', 0)}")]
        events = [event(self.zone, name, f"count={now[file] - before[file]} total={now[file]}")
                  for file, name in MOVING if now.get(file, 0) > before.get(file, 0)]
        if now["reserve_target"] != before["reserve_target"]:
            events.append(event(self.zone, "resized", f"from={before['reserve_target']} "
                                f"to={now['reserve_target']}"))
        if now.get("latched") != before.get("latched"):
            events.append(event(self.zone, "latched" if now.get("latched") else "unlatched", ""))
        if now["reserve"] != before["reserve"]:
            events.append(event(self.zone, "level", f"reserve={now['reserve']} "
                                f"target={now['reserve_target']}"))
        return events


def follower(source, zone):
    """The record if it can be read; (what to ask, why it is not the record)."""
    try:
        record = Record(source, zone)
        record.source.debug_text(zone, "events", f"watch {zone}")
        return record, None
    except Gone:
        raise Problem(f"zone {zone} was destroyed just now") from None
    except Problem as problem:
        return Levels(source, zone), str(problem)


def watch(source, options):
    """Until the zone goes, or it has been enough."""
    zone = options.zone
    source.check_zone(zone)
    asked, why = follower(source, zone)
    if why and not options.json:
        text.say(f"# levels only: {why}")
    left, first = options.count, True
    while True:
        try:
            events = asked.look(first)
        except Gone:
            events = [event(zone, "destroyed", "the zone is gone")]
        for entry in events:
            if options.json:
                text.say_json(entry, indent=None)
            else:
                text.say(f"{entry['time']:14.6f}  {text.clean(entry['event']):<14} "
                         f"{text.clean(entry['caller'])}  {text.clean(entry['detail'])}".rstrip())
            left = None if left is None else left - 1
            if left == 0:
                return
        if events and events[-1]["event"] == "destroyed":
            return
        first = False
        time.sleep(options.delay)
