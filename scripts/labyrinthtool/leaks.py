# SPDX-License-Identifier: GPL-2.0
"""leaks: who holds pages for longer than is usual there.

An old page is no leak: a ring holds its 256 as long as the device is up. A leak is a
page that was forgotten beside others that were given back. So pages are judged by
their call site, by what the ages of all its pages say of how it treats them:

    few, and far older than all others of their call site: it gives its pages back,
    these it has not;
    all that is left of many more that it once had at once;
    few, taken one at a time, while the zone has seen thousands given back;
    everything kept, for as long as the zone has been seen to live: it only grows.

Whatever was taken in one go is held on purpose, and ages without a gap between them
are a ring that is turned over. Each judgement says what it rests on.
"""

import time

from . import text
from .source import Gone, Problem

# Seconds below which nothing is old.
OLDER = 10.0
# A gap between two neighbouring ages: with more than a handful of pages, taken and
# given back at random, it is about never as wide as this by chance.
GAP = 4
# So many pages beside the old ones say how the call site treats its pages.
BESIDE = 8
# As many and more are rather a ring.
MANY = 64
# Given back by the zone, for each page left: it is turned over.
TURNED_OVER = 1000
# Seconds in which a zone that is in use hands out a page.
MOMENT = 0.25
# Taken within this share of their age, pages were taken in one go.
AT_ONCE = 0.05

LIKELY, POSSIBLE, HELD = "likely", "possible", "held"
RANK = {LIKELY: 0, POSSIBLE: 1, HELD: 2}


class Site:
    """The live pages that one call site has taken."""

    def __init__(self, caller):
        self.caller = caller
        self.ages = []

    def add(self, row):
        """A row of the registry."""
        self.ages.append((row["age_ms"], row["context"]))


def old_beside(ages, older_ms):
    """How many of the oldest stand apart: $ages rises."""
    for index in range(1, len(ages)):
        # Ages have the grain of a tick: nothing is younger than 10 ms.
        if ages[index] >= older_ms and ages[index] >= GAP * max(ages[index - 1], 10):
            return len(ages) - index
    return 0


def judge(ages, most, figures, older_ms, zone_age_ms):
    """(verdict, pages that it is about, sentence). $ages rises, has one at least.

    $most is the most pages that the site had at once, None if nobody knows.
    """
    live, oldest = len(ages), ages[-1]
    given_back = figures["frees"]
    few = old_beside(ages, older_ms)
    if few and few * 2 <= live:
        rest = live - few
        sentence = (f"{text.number(few)} of {text.plural(live, 'page')} "
                    f"{'is' if few == 1 else 'are'} {text.age(ages[rest])} old or older, the "
                    f"other {text.number(rest)} at most {text.age(max(ages[rest - 1], 10))}: it gives its "
                    f"pages back, but not {'this one' if few == 1 else 'these'}")
        sure = rest >= BESIDE and few * 10 <= live and given_back >= live
        return LIKELY if sure else POSSIBLE, few, sentence
    old = sum(age >= older_ms for age in ages)
    if old == live:
        return judge_all_old(ages, most, figures, zone_age_ms)
    if only_grows(ages, figures):
        return (POSSIBLE, old, f"{text.plural(live, 'page')} taken over {text.age(oldest)} and "
                f"next to nothing given back by the zone ({text.number(given_back)} of "
                f"{text.number(figures['allocs'])}): it only grows, on purpose or not")
    return HELD, old, "ages of all sizes, without a gap: it is turned over"


def only_grows(ages, figures):
    """Nobody gives back, and it was not one go."""
    return (len(ages) >= BESIDE and figures["frees"] * 10 < figures["allocs"] and
            not at_once(ages))


def at_once(ages):
    """Taken in one go, as a ring is filled. One page always is."""
    return ages[-1] - ages[0] <= AT_ONCE * ages[-1]


def judge_all_old(ages, most, figures, zone_age_ms):
    """No young ones beside them that would tell."""
    live, oldest = len(ages), ages[-1]
    given_back = figures["frees"]
    if most is not None and most >= 4 * live and most >= live + BESIDE:
        return (LIKELY, live, f"it had {text.number(most)} at once and has given all back but "
                f"{'this one' if live == 1 else f'these {text.number(live)}'}")
    turned_over = given_back >= TURNED_OVER * live
    # A ring at rest looks the same: it is not of a handful of pages, as a rule, and the
    # most that was ever counted there is what it has.
    some = live < BESIDE or (live < MANY and (most is None or most > live))
    if turned_over and some and not at_once(ages):
        sure = live < BESIDE and figures.get("busy", True)
        return (LIKELY if sure else POSSIBLE, live,
                f"the zone was given back {text.plural(given_back, 'page')}, but "
                f"{'this one' if live == 1 else f'not these {text.number(live)}'}, taken one "
                f"by one over {text.age(oldest - ages[0])}" +
                ("" if sure else "; or it is a ring, at rest now"))
    # Held since the zone was made is what a driver sets up; later is another matter.
    if turned_over and live < BESIDE and zone_age_ms and oldest < 0.9 * zone_age_ms:
        return (POSSIBLE, live, f"the zone was given back {text.plural(given_back, 'page')}, but "
                f"{'this one' if live == 1 else f'not these {text.number(live)}'}, taken "
                f"{text.age(zone_age_ms - oldest)} after it was made")
    if only_grows(ages, figures):
        return (POSSIBLE, live, f"{text.plural(live, 'page')} taken one by one and next to "
                f"nothing given back by the zone ({text.number(given_back)} of "
                f"{text.number(figures['allocs'])}): it only grew, on purpose or not")
    if at_once(ages):
        return HELD, live, "all of about the same age: taken in one go, as a ring is filled"
    return HELD, live, "all old, none beside them that was given back: held"


def zone_age(source, zone):
    """Milliseconds since it was made, as far as its events still tell."""
    rows = source.optional(source.table, zone, "events", "leaks")
    if not rows or rows[0].get("event") != "created":
        return None
    return max(0, source.now() - float(rows[0]["time"])) * 1000


def stacks_of(stacks, caller):
    """Those that go through the call site; inlined, its function may not be first."""
    function = caller.partition("+")[0]
    exact = [stack for stack in stacks if caller in stack["frames"]]
    return exact or [stack for stack in stacks
                     if any(frame.partition("+")[0] == function for frame in stack["frames"])]


def busy(source, zone, figures, sites, older_ms):
    """Are pages being taken? Only asked where all of a call site's are old."""
    if not any(min(site.ages)[0] >= older_ms for site in sites):
        return True
    time.sleep(MOMENT)
    return source.stats(zone)["allocs"] != figures["allocs"]


def examine(source, zone, older_ms):
    """All call sites of a zone with an old page, judged: what --json has of it."""
    figures = source.stats(zone)
    sites = {}
    for row in source.table(zone, "registry", "leaks"):
        sites.setdefault(row["caller"], Site(row["caller"])).add(row)
    owners = source.optional(source.table, zone, "owners", "leaks") or []
    # Counted now and then only: that it had more at times goes unnoticed.
    most = {row["caller"]: row["most"] for row in owners}
    figures["busy"] = busy(source, zone, figures, sites.values(), older_ms)
    stacks = source.optional(source.stacks, zone, "leaks") or []
    made = zone_age(source, zone)
    found = []
    for site in sites.values():
        site.ages.sort()
        ages = [age for age, _ in site.ages]
        if ages[-1] < older_ms:
            continue
        verdict, count, why = judge(ages, most.get(site.caller), figures, older_ms, made)
        # The oldest ones are those that the sentence speaks of.
        about = site.ages[-count:]
        contexts = {}
        for _, context in about:
            contexts[context] = contexts.get(context, 0) + 1
        found.append({
            "zone": zone, "caller": site.caller, "verdict": verdict, "count": count,
            "bytes": count * figures["page_bytes"], "oldest_ms": about[-1][0],
            "youngest_ms": about[0][0], "site_live": len(ages),
            "share": round(count / len(ages), 4), "most": most.get(site.caller),
            "contexts": contexts, "why": why, "stacks": stacks_of(stacks, site.caller)})
    found.sort(key=lambda row: (RANK[row["verdict"]], row["share"], row["count"],
                                -row["oldest_ms"]))
    return {"zone": zone, "live": figures["live"], "allocs": figures["allocs"],
            "frees": figures["frees"], "call_sites": len(sites), "sites": found}


def examine_all(source, chosen, older_ms):
    """Zones that go meanwhile are left out."""
    zones = []
    for zone in source.chosen(chosen):
        try:
            zones.append(examine(source, zone, older_ms))
        except Gone:
            if chosen is not None:
                raise Problem(f"zone {zone} was destroyed just now") from None
    return zones


def seconds(given):
    """--older as milliseconds."""
    if given is None:
        return int(OLDER * 1000)
    try:
        value = float(given)
        if not 0 <= value <= 1e9:
            raise ValueError
    except ValueError:
        raise Problem(f"--older '{given}' is no number of seconds; allowed are 0 to "
                      "1000000000") from None
    return int(value * 1000)


def leaks(source, options):
    """Name them. What is held on purpose is named with --older only."""
    older_ms = seconds(options.older)
    zones = examine_all(source, options.zone, older_ms)
    if options.json:
        for zone in zones:
            if options.older is None:
                zone["held"] = [site for site in zone["sites"] if site["verdict"] == HELD]
                zone["sites"] = [site for site in zone["sites"] if site["verdict"] != HELD]
        text.say_json({"older_ms": older_ms, "zones": zones})
        return
    if not zones:
        text.say("labyrinth is loaded and has no zones")
    for zone in zones:
        say_zone(zone, older_ms, options.older is not None)


def say_zone(zone, older_ms, everything):
    """What was found in one zone."""
    wanted = [site for site in zone["sites"] if everything or site["verdict"] != HELD]
    held = [site for site in zone["sites"] if site not in wanted]
    summary = (f"Zone {zone['zone']}: {text.plural(zone['live'], 'page')} live from "
               f"{text.plural(zone['call_sites'], 'call site')}, "
               f"{text.number(zone['frees'])} of {text.number(zone['allocs'])} given back")
    if not wanted:
        text.say(f"{summary}; " + (f"none older than {text.age(older_ms)}" if not held else
                                   "nothing looks lost"))
    else:
        text.say(summary)
    for site in wanted:
        say_site(site)
    if held:
        pages = sum(site["count"] for site in held)
        text.say(f"  held, not lost: {text.plural(pages, 'page')} older than "
                 f"{text.age(older_ms)} from {text.plural(len(held), 'call site')}"
                 f" ({', '.join(text.clean(site['caller']) for site in held[:3])}"
                 f"{', ...' if len(held) > 3 else ''}); --older {older_ms / 1000:g} has them")


WORDS = {LIKELY: "likely a leak", POSSIBLE: "possibly a leak", HELD: "probably held on purpose"}


def say_site(site):
    """One call site."""
    contexts = ", ".join(f"{text.clean(name)} {text.number(count)}" if len(site["contexts"]) > 1
                         else text.clean(name) for name, count in sorted(site["contexts"].items()))
    ages = text.age(site["oldest_ms"])
    if text.age(site["youngest_ms"]) != ages:
        ages = f"{text.age(site['youngest_ms'])} to {ages}"
    text.say("", f"  {text.clean(site['caller'])}: {WORDS[site['verdict']]}",
             f"    {text.plural(site['count'], 'page')}, {text.size(site['bytes'])}, {ages} old, "
             f"taken in {contexts}; {site['share']:.1%} of the {text.number(site['site_live'])} "
             "live that it took",
             f"    {site['why']}")
    for stack in site["stacks"][:3]:
        text.say(f"    stack of {text.plural(stack['pages'], 'page')}, oldest "
                 f"{text.age(stack['oldest_ms'])}:",
                 *("      " + text.clean(frame) for frame in stack["frames"]))
