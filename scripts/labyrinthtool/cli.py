# SPDX-License-Identifier: GPL-2.0
"""Words on the command line, and how everything ends."""

import argparse
import importlib
import os
import signal
import sys

from .source import Gone, Problem, Source
from .version import Version

# Module and function: only what is asked for is loaded, curses not on a machine without.
COMMANDS = {
    "list": ("show", "list_zones", "a line for each zone"),
    "show": ("show", "show_zone", "everything about a zone"),
    "top": ("top", "top", "levels, rates and owners, live"),
    "leaks": ("leaks", "leaks", "call sites that hold pages for longer than is usual there; root"),
    "size": ("sizing", "size", "how large a reserve should be, and why"),
    "resize": ("sizing", "resize", "change the reserve of a zone; root"),
    "watch": ("watch", "watch", "events as they come"),
    "report": ("report", "report", "one HTML page about everything, for a bug report"),
    "metrics": ("metrics", "metrics", "all figures in Prometheus' text format"),
}


def positive(given):
    """A number of seconds above 0."""
    value = float(given)
    if not 0.05 <= value <= 86400:
        raise argparse.ArgumentTypeError(f"'{given}'; allowed are 0.05 to 86400 seconds")
    return value


def count(given):
    """A whole number above 0."""
    value = int(given)
    if value < 1:
        raise argparse.ArgumentTypeError(f"'{given}'; allowed are 1 and more")
    return value


def parser():
    """The command line of labyrinth(8)."""
    common = argparse.ArgumentParser(add_help=False)
    # After the command as well as before it; the former must not undo the latter.
    for option, text in (("--sysfs", "instead of /sys/kernel/labyrinth"),
                         ("--debugfs", "instead of /sys/kernel/debug/labyrinth")):
        common.add_argument(option, metavar="DIR", help=text, default=argparse.SUPPRESS)
    common.add_argument("--json", action="store_true", default=argparse.SUPPRESS,
                        help="for programs: labyrinth(8) has the keys")
    top = argparse.ArgumentParser(
        prog="labyrinth", parents=[common], allow_abbrev=False,
        description="See into Labyrinth, page pools for atomic context.",
        epilog="Exit status: 0; 1 if it cannot be done; 2 for a wrong command line. "
               "More in labyrinth(8).")
    top.add_argument("--version", action=Version)
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    made = {name: commands.add_parser(name, help=entry[2], description=entry[2][0].upper() + entry[2][1:] + ".",
                                      parents=[common], allow_abbrev=False)
            for name, entry in COMMANDS.items()}

    for name in ("show", "resize", "watch"):
        made[name].add_argument("zone", metavar="ZONE")
    for name in ("leaks", "size"):
        made[name].add_argument("zone", metavar="ZONE", nargs="?", help="all of them if not given")
    made["resize"].add_argument("pages", metavar="N", help="pages for the reserve")
    made["leaks"].add_argument("--older", metavar="SECONDS",
                               help="name whoever holds pages older than that, whatever they are "
                                    "for (without it: what looks lost, older than 10)")
    made["size"].add_argument("--reset", action="store_true", help="gather the evidence anew")
    made["top"].add_argument("-d", "--delay", type=positive, default=2.0, metavar="SECONDS",
                             help="between two readings (2)")
    made["top"].add_argument("-n", "--count", type=count, metavar="COUNT",
                             help="so many readings, then end")
    made["top"].add_argument("-b", "--batch", action="store_true",
                             help="print, one reading after the other")
    made["watch"].add_argument("-n", "--count", type=count, metavar="COUNT",
                               help="so many lines, then end")
    made["watch"].add_argument("-d", "--delay", type=positive, default=0.5, metavar="SECONDS",
                               help="between two looks (0.5)")
    made["report"].add_argument("-o", "--output", metavar="FILE",
                                help="labyrinth-report.html; - is stdout")
    made["report"].add_argument("--seconds", type=positive, default=5.0, metavar="N",
                                help="for which levels are followed (5)")
    made["metrics"].add_argument("-o", "--output", metavar="FILE",
                                 help="replaced in one go, for node_exporter's textfile collector")
    return top


def run(words):
    """The command; Problems are the caller's."""
    options = parser().parse_args(words)
    options.words = words
    options.json = getattr(options, "json", False)
    source = Source(getattr(options, "sysfs", None), getattr(options, "debugfs", None))
    module, function, _ = COMMANDS[options.command]
    command = getattr(importlib.import_module(f"labyrinthtool.{module}"), function)
    command(source, options)


def main(words=None):
    """The exit status."""
    # Whoever reads through a pipe and has seen enough ends this quietly.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        # Symbols and names are ASCII; a bar in a C locale would not be.
        sys.stdout.reconfigure(errors="replace")
        run(sys.argv[1:] if words is None else words)
        sys.stdout.flush()
    except KeyboardInterrupt:
        # As a shell expects of what was interrupted.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except Problem as problem:
        print(f"labyrinth: {problem}", file=sys.stderr)
        return 1
    except Gone as zone:
        print(f"labyrinth: zone {zone} was destroyed just now", file=sys.stderr)
        return 1
    return 0
