# SPDX-License-Identifier: GPL-2.0
"""Words on the command line, and how everything ends."""

import argparse
import importlib
import json
import os
import signal
import sys
import traceback
import time

from labyrinthtool import text
from labyrinthtool.metrics import replace
from labyrinthtool.source import Problem
from labyrinthtool.version import Version

from . import baseline, rules, skipped
from .engine import Engine, Settings
from .files import Files
from .progress import Progress
from .source import Finding, finish

HERE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(BaseException):
    """By a signal."""


def number(low, high, unit):
    """A whole number within bounds."""
    def convert(given):
        try:
            value = int(given)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"'{given}'; allowed are {low} to {high} {unit}".rstrip())
        return value
    return convert


def parser():
    """The command line of labyrinth-audit(1)."""
    top = argparse.ArgumentParser(
        prog="labyrinth-audit", allow_abbrev=False, usage="labyrinth-audit [OPTION]… PATH…",
        description="Find the pitfalls of atomic page allocation in C sources: files, or directories.",
        epilog="Exit status: 0 nothing was found; 1 something was; 2 something could not be checked, "
               "or the command line is wrong. More in labyrinth-audit(1).")
    top.add_argument("paths", metavar="PATH", nargs="*", help=argparse.SUPPRESS)
    formats = top.add_mutually_exclusive_group()
    formats.add_argument("--json", action="store_const", const="json", dest="format", help="a list of objects")
    formats.add_argument("--sarif", action="store_const", const="sarif", dest="format",
                         help="SARIF 2.1.0, for editors and forges")
    formats.add_argument("--html", action="store_const", const="html", dest="format", help="one page")
    top.add_argument("-o", "--output", metavar="FILE", help="instead of stdout")
    top.add_argument("--rule", metavar="NAME", action="append", default=[],
                     help="that one only, whatever its confidence; may be repeated")
    top.add_argument("--confidence", choices=("high", "moderate", "low"), default="moderate",
                     help="of the rules that are run, at least (moderate)")
    top.add_argument("--baseline", metavar="FILE", help="say only what is not in it")
    top.add_argument("--write-baseline", metavar="FILE", help="remember what is found")
    top.add_argument("--strict", action="store_true",
                     help="what could not be parsed within a file is an error, too")
    top.add_argument("--jobs", metavar="N", type=number(1, 1024, ""), help="at once (a CPU each)")
    top.add_argument("--timeout", metavar="S", type=number(1, 3600, "seconds"), default=60,
                     help="for a file and a rule, seconds (60)")
    top.add_argument("--memory", metavar="MIB", type=number(512, 1 << 20, "MiB"), default=2048,
                     help="for everything, MiB (2048)")
    top.add_argument("--no-cache", action="store_true",
                     help="parse each file again for each rule: slow, and takes no disk")
    top.add_argument("--rules", metavar="DIR", default=os.path.join(HERE, "coccinelle"),
                     help="with other rules than those of Labyrinth")
    top.add_argument("--statistics", metavar="FILE", help="write what each rule took, JSON")
    top.add_argument("--list", action="store_true", help="the rules, and nothing else")
    top.add_argument("--version", action=Version)
    migrate = top.add_argument_group("moving to Labyrinth, instead of looking for pitfalls")
    migrate.add_argument("--migrate", metavar="ZONE",
                         help="allocations and frees become calls on that zone: show how")
    migrate.add_argument("--write", action="store_true", help="do it")
    migrate.add_argument("--create", action="store_true", help="add the zone's creation, too")
    return top


def warn(*lines):
    """To stderr, whatever bytes a name has."""
    for line in lines:
        print(f"labyrinth-audit: {line}", file=sys.stderr)
    sys.stderr.flush()


def list_rules(known, options):
    """The table of them."""
    if options.format == "json":
        text.say_json([{"rule": rule.name, "confidence": rule.confidence, "title": rule.title, "why": rule.why,
                        "limits": rule.limits, "advice": rule.advice, "url": rule.url}
                       for _, rule in sorted(known.items())])
    else:
        text.say(*text.table(("rule", "confidence", "what is wrong"),
                             [(rule.name, rule.confidence.lower(), rule.title)
                              for _, rule in sorted(known.items())], left=(0, 1, 2)))


def deliver(content, output):
    """To stdout or to a file that is there completely or as it was."""
    if output and output != "-":
        # A name that is not UTF-8 cannot be in a file that is.
        replace(output, content.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    else:
        sys.stdout.write(content)
        sys.stdout.flush()


def findings_of(engine, files):
    """Findings out of reports: spatch's names are not the user's."""
    names = {file.spatch: file for file in files.list}
    return finish(Finding(rule, names[path], line, column, end, message)
                  for rule, path, line, column, end, message in engine.reports)


def failures_of(engine, files):
    """A sentence for each file that something did not end well for, and for each rule."""
    names = {file.spatch: file.given for file in files.list}
    return [f"rule {name} could not be run: {why}" for name, why in sorted(engine.broken.items())] + sorted(
        f"{names[path]}: not checked for {', '.join(sorted(which))}: {why}"
        for (path, why), which in engine.failures.items())


def statistics(engine, files, spent):
    """What scripts/audit-proof wants to know: seconds of CPU, bytes of memory."""
    return json.dumps({"files": len(files.list), "c_files": sum(file.path.endswith(".c") for file in files.list),
                       "seconds": round(spent, 1), "jobs": engine.settings.jobs,
                       "rules": dict(sorted(engine.spent.items()))}, indent=2) + "\n"


def audit(options, known, problems):
    """The exit status."""
    chosen = rules.choose(known, options.rule, options.confidence)
    # A file that cannot be used is better known before the work than after.
    old = baseline.read(options.baseline) if options.baseline else None
    settings = Settings(options.rules, options.jobs, options.memory, options.timeout)
    files = Files(options.paths)
    warn(*problems, *files.problems)
    start = time.monotonic()
    engine = Engine(settings, chosen, files, Progress(), not options.no_cache)
    if files.list:
        engine.run()
    findings = findings_of(engine, files)
    parts = skipped.parts(engine, files, chosen)
    failures = failures_of(engine, files) + parts.whole
    for note in parts.notes(options.strict):
        print(note, file=sys.stderr)
    warn(*failures)
    if options.write_baseline:
        baseline.write(options.write_baseline, findings)
    about = []
    if old is not None:
        findings, words = baseline.new(old, findings, chosen, files)
        about.append(words)
    about.insert(0, f"{text.plural(len(findings), 'finding')} in "
                    f"{text.plural(len({f.file.given for f in findings}), 'file')}; looked at "
                    f"{text.plural(len(files.list), 'file')} for {text.plural(len(chosen), 'pitfall')}")
    about += parts.summary()
    report = importlib.import_module(f"labyrinthaudit.report_{options.format or 'text'}").report
    deliver(report(findings, chosen, ". ".join(about) + "."), options.output)
    if options.statistics:
        replace(options.statistics, statistics(engine, files, time.monotonic() - start))
    if problems or files.problems or failures or (options.strict and parts.list):
        return 2
    return 1 if findings and not options.write_baseline else 0


def migrate(options):
    """Somebody else's work."""
    try:
        module = importlib.import_module("labyrinthaudit.migrate")
    except ModuleNotFoundError:
        raise Problem("--migrate is not part of this tree") from None
    return module.migrate(options.migrate, options.paths, write=options.write, create=options.create,
                          out=sys.stdout, err=sys.stderr)


def run(words):
    """The command; Problems are the caller's."""
    top = parser()
    options = top.parse_args(words)
    if not options.paths and not options.list:
        top.error("which PATH?")
    if options.migrate is None and (options.write or options.create):
        top.error("--write and --create go with --migrate ZONE")
    if options.migrate is not None:
        return migrate(options)
    options.rules = os.path.abspath(options.rules)
    known, problems = rules.load(options.rules)
    if options.list:
        list_rules(known, options)
        warn(*problems)
        return 2 if problems else 0
    return audit(options, known, problems)


def ended(signum, _):
    """So that everything that was started ends, and what is temporary goes."""
    for each in ENDS:
        signal.signal(each, signal.SIG_IGN)
    raise Ended(signum)


def main(words=None):
    """The exit status."""
    # Whoever reads through a pipe and has seen enough ends this quietly.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for signum in ENDS:
        if signal.getsignal(signum) != signal.SIG_IGN:
            signal.signal(signum, ended)
    try:
        # File names are bytes, and come out as they went in.
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")
        return run(sys.argv[1:] if words is None else words)
    except Ended as signum:
        warn("interrupted")
        # As a shell expects of what was interrupted.
        signal.signal(signum.args[0], signal.SIG_DFL)
        os.kill(os.getpid(), signum.args[0])
    except Problem as problem:
        warn(problem)
    except BrokenPipeError:
        pass
    except OSError as error:
        warn(f"{error.filename or 'what is printed'}: {error.strerror or error}")
    except Exception:  # pylint: disable=broad-except
        # Python would end with 1, which says that something was found.
        traceback.print_exc()
        warn("this is a fault of the command's own, please report it")
    return 2
