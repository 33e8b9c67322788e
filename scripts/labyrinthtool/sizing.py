# SPDX-License-Identifier: GPL-2.0
"""size and resize."""

import errno
import os

from . import text
from .source import Missing, Problem

# Less than this is no day's worst: nothing is taken away on its ground.
ENOUGH_SECONDS = 86400
FILES = ("reserve_recommended", "reserve_peak", "denied", "drain_1ms", "drain_10ms",
         "drain_100ms", "refill_latency_us", "starvation_longest_us", "evidence_seconds")


def advise(figures):
    """What size says about a zone, as a dictionary: the keys of --json."""
    missing = [file for file in FILES if file not in figures]
    if missing:
        raise Missing(f"this module has no '{missing[0]}' for zone {figures['zone']}: "
                      "it is older than this command and gathers no evidence")
    target, wanted = figures["reserve_target"], figures["reserve_recommended"]
    # The level counts as evidence too, for a read that falls into the first burst. What
    # was denied does not: that goes back to when the zone was made.
    touched = figures["reserve_peak"] or figures["reserve_min_seen"] < target
    if not touched:
        verdict = "no-evidence"
    elif wanted > target:
        verdict = "grow"
    elif wanted < target:
        verdict = "shrink"
    else:
        verdict = "keep"
    advice = {file: figures[file] for file in FILES}
    advice.update(zone=figures["zone"], reserve_target=target, advice=verdict,
                  reserve_min_seen=figures["reserve_min_seen"], max_pages=figures["max_pages"],
                  page_bytes=figures["page_bytes"], starvations=figures["starvations"],
                  cost_kib=(wanted - target) * figures["page_bytes"] // 1024,
                  fits=wanted <= figures["max_pages"])
    advice["command"] = command(advice)
    advice["reasons"] = reasons(advice)
    return advice


def command(advice):
    """How to get what is recommended, or None."""
    if advice["advice"] not in ("grow", "shrink"):
        return None
    if not advice["fits"]:
        return f"modprobe labyrinth zones={advice['zone']}:reserve={advice['reserve_recommended']}"
    return f"labyrinth resize {advice['zone']} {advice['reserve_recommended']}"


def reasons(advice):
    """The figures that it rests on, a sentence each."""
    since = text.age(advice["evidence_seconds"] * 1000) if advice["evidence_seconds"] else "no time"
    if advice["advice"] == "no-evidence":
        return [f"No evidence yet: nothing was taken from the reserve in {since}. "
                "Its size has not been put to the test."]
    said = [f"In {since} {text.plural(advice['reserve_peak'], 'page')} were needed at once, of a "
            f"reserve of {text.number(advice['reserve_target'])}; its lowest level was "
            f"{text.number(advice['reserve_min_seen'])}.",
            f"Most pages taken, or asked for in vain, were {text.number(advice['drain_1ms'])} "
            f"within 1 ms, {text.number(advice['drain_10ms'])} within 10 ms, "
            f"{text.number(advice['drain_100ms'])} within 100 ms."]
    if advice["refill_latency_us"]:
        said.append("From the first page missing until it was full again it took "
                    f"{text.duration_us(advice['refill_latency_us'])} at the longest.")
    if advice["starvation_longest_us"]:
        said.append("There were no pages for "
                    f"{text.duration_us(advice['starvation_longest_us'])} at the longest; critical "
                    f"requests did not get {text.plural(advice['denied'], 'page')} since the zone "
                    "was made.")
    elif not advice["starvations"]:
        said.append("No critical request ever went without.")
    if advice["advice"] == "shrink" and advice["evidence_seconds"] < ENOUGH_SECONDS:
        said.append("That is less than a day: see its busiest hours before giving pages back.")
    return said


def headline(advice):
    """One line for a zone."""
    target, wanted = advice["reserve_target"], advice["reserve_recommended"]
    if advice["advice"] in ("no-evidence", "keep"):
        return f"Zone {advice['zone']}: keep {text.plural(target, 'page')}"
    cost = text.number(abs(advice["cost_kib"]))
    return (f"Zone {advice['zone']}: {text.plural(wanted, 'page')} rather than "
            f"{text.number(target)}, " +
            (f"{cost} KiB more" if wanted > target else f"{cost} KiB less"))


def size(source, options):
    """Advice for a zone, or all of them."""
    if options.reset:
        reset(source, options)
        return
    found = [advise(figures) for figures in source.all_stats(options.zone)]
    if options.json:
        text.say_json({"zones": found})
        return
    if not found:
        text.say("labyrinth is loaded and has no zones")
    for index, advice in enumerate(found):
        text.say(*([""] if index else []), headline(advice),
                 *("  " + line for line in advice["reasons"]))
        if advice["command"] and not advice["fits"]:
            text.say(f"  The zone may own {text.number(advice['max_pages'])} pages only; "
                     "when labyrinth is loaded the next time:")
        if advice["command"]:
            text.say("", f"    {advice['command']}")


def root_needed(options, what):
    """For who may not write."""
    again = " ".join(word for word in options.words)
    return Problem(f"{what} needs root: try 'sudo labyrinth {again}'")


def reset(source, options):
    """Begin to gather anew."""
    done = []
    for figures in source.all_stats(options.zone):
        zone = figures["zone"]
        advise(figures)
        path = os.path.join(source.sysfs, zone, "reserve_min_seen")
        try:
            if not os.stat(path).st_mode & 0o222:
                raise Missing(f"this module cannot restart the evidence of zone {zone}: "
                              "it is older than this command")
            source.write(zone, "reserve_min_seen", "1\n")
        except PermissionError:
            raise root_needed(options, "size --reset") from None
        except OSError as error:
            raise Problem(f"the evidence of zone {zone} was not restarted: "
                          f"{error.strerror}") from None
        done.append(zone)
    if options.json:
        text.say_json({"restarted": done})
    else:
        text.say(*(f"Zone {zone}: evidence is gathered anew from now on" for zone in done))


# --- resize ------------------------------------------------------------------

class Log:
    """What the kernel says from here on; nothing if this reader may not know."""

    def __init__(self):
        self.fd = -1
        try:
            self.fd = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
            os.lseek(self.fd, 0, os.SEEK_END)
        except OSError:
            self.close()

    def close(self):
        """Once is enough."""
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1

    def about(self, zone):
        """The last line about a zone."""
        found = None
        while self.fd >= 0:
            try:
                record = os.read(self.fd, 8192).decode(errors="replace")
            except BrokenPipeError:
                continue
            except OSError:
                break
            message = record.partition(";")[2].partition("\n")[0]
            start = f"labyrinth: zone {zone}: "
            if message.startswith(start):
                found = message[len(start):]
        return found


def resize(source, options):
    """Write reserve_target, and explain a refusal."""
    source.check_zone(options.zone)
    figures = source.all_stats(options.zone)[0]
    allowed = f"allowed are 1 to {text.number(figures['max_pages'])} less the zone's caches"
    try:
        pages = int(options.pages)
        if pages < 1:
            raise ValueError
    except ValueError:
        raise Problem(f"'{options.pages}' is no number of pages for a reserve; "
                      f"{allowed}") from None
    log = Log()
    try:
        source.write(options.zone, "reserve_target", f"{pages}\n")
    except PermissionError:
        raise root_needed(options, "resize") from None
    except OSError as error:
        raise Problem(f"zone {options.zone}: " + refusal(error, pages, allowed,
                                                         log.about(options.zone))) from None
    finally:
        log.close()
    if options.json:
        text.say_json({"zone": options.zone, "from": figures["reserve_target"], "to": pages})
    else:
        text.say(f"Zone {options.zone}: a reserve of {text.plural(pages, 'page')}, "
                 f"it was {text.number(figures['reserve_target'])}")


def refusal(error, pages, allowed, said):
    """The kernel's own sentence is the best there is."""
    if said:
        return said
    if error.errno in (errno.ERANGE, errno.EINVAL):
        return f"a reserve of {text.plural(pages, 'page')}; {allowed}"
    if error.errno == errno.ENOMEM:
        return f"the system has no memory for a reserve of {text.plural(pages, 'page')}"
    if error.errno == errno.ENOSPC:
        return (f"a reserve of {text.plural(pages, 'page')} is more than the module parameter "
                "memory_limit leaves")
    return f"a reserve of {text.plural(pages, 'page')} was refused: {error.strerror}"
