# SPDX-License-Identifier: GPL-2.0
"""All rules over all files, in parallel, within bounds of memory, disk and time.

Parsing is most of the work, so spatch keeps what it has parsed for the next rule over the
same file: a megabyte a file. Files are therefore taken in chunks, and what is kept of a
chunk is removed with it.

spatch parses with the typedefs, iterators and declarers that a rule names, and does not
mind that kept trees were made with others. What a file has been parsed with is noted here,
therefore, and a tree goes if the next rule names other words that are in the file.
"""

import copy
import os
import queue
import re
import shutil
import subprocess
import tempfile
import threading
import time

from labyrinthtool.source import Problem

from . import spatch

CHUNK = 100             # files; a run of spatch costs 0.15 s whatever it is for
ROOM = 2 << 20          # bytes a file that keeping it may take, with some to spare
LEAST_MEMORY = 200 << 20    # for a spatch; 150 MiB are usual over a large driver
OURS = 128 << 20        # what Python itself may need
NAMES = re.compile(r"^\s*(?:typedef|(?:iterator|declarer|attribute)\s+name)\s+([^;@]*);", re.M)


class Settings:
    """How spatch is to be run."""

    def __init__(self, rules_directory, jobs, memory, timeout):
        self.spatch = spatch.program(timeout)
        macros = os.path.join(rules_directory, "macros.h")
        self.macros = macros if os.path.exists(macros) else None
        self.macro_options = []     # once there is a directory for what is temporary
        most = max(1, ((memory << 20) - OURS) // LEAST_MEMORY)
        self.jobs = jobs or max(1, min(len(os.sched_getaffinity(0)), most))
        self.memory = max(LEAST_MEMORY, ((memory << 20) - OURS) // self.jobs)
        self.timeout = timeout
        self.all_memory = (memory << 20) - OURS

    def alone(self):
        """The same for one job that has everything."""
        other = copy.copy(self)
        other.jobs, other.memory = 1, self.all_memory
        return other


def scratch(need):
    """A directory for what is temporary, on a disk with room; whether there is as much as wanted."""
    where = [os.environ["TMPDIR"]] if os.environ.get("TMPDIR") else ["/var/tmp", "/tmp"]
    room = {}
    for path in where:
        try:
            room[path] = shutil.disk_usage(path).free
        except OSError:
            continue
    for path, free in room.items():
        if free >= need:
            return make_scratch(path), True
    best = max(room, key=room.get, default=where[0])
    return make_scratch(best), False


def make_scratch(path):
    """There, for nobody else to look into."""
    try:
        return tempfile.mkdtemp(prefix="labyrinth-audit-", dir=os.path.abspath(path))
    except OSError as error:
        raise Problem(f"cannot make a directory in '{path}' (TMPDIR): {error.strerror}") from None


class Engine:
    """The work of one call."""

    def __init__(self, settings, rules, files, progress, cached=True):
        self.settings = self.now = settings
        self.rules = sorted(rules, key=lambda rule: (sorted(names_of(rule)), rule.name))
        self.files = files
        self.progress = progress
        self.lock = threading.Lock()
        self.stop = threading.Event()
        self.units = queue.SimpleQueue()
        self.reports = []           # rule, path, line, column, end, message
        self.failures = {}          # path, why: names of rules
        self.broken = {}            # rule: why
        self.hungry = []            # rule, file: once more, with more memory
        self.unparsed = {}          # path, line: Unparsed
        self.spent = {}             # rule: what its runs have taken
        self.working = 0            # workers
        self.error = None
        self.cached = cached
        self.names = {rule.name: names_of(rule) for rule in rules}

    def run(self):
        """All of it; what was found is in the fields. Raises what a worker has met."""
        units = self._split()
        need = min(ROOM * CHUNK * self.settings.jobs, ROOM * len(self.files.list))
        directory, room = scratch(need if self.cached else 0)
        self.cached = self.cached and room
        try:
            if self.settings.macros:
                self.settings.macro_options = spatch.macro_options(self.settings.spatch, self.settings.macros, directory)
            self.files.name_for_spatch(directory)
            self.progress.start(len(self.files.list), sum(weight for _, _, weight in units))
            self._run(units, self.settings.jobs, directory)
            # What wants more memory than its share has all of it, alone.
            self.now = self.settings.alone()
            hungry, self.hungry = self.hungry, None
            self._run([([file], [rule], 0) for rule, file in hungry], 1, directory)
        finally:
            shutil.rmtree(directory, ignore_errors=True)
            self.progress.end()

    def _run(self, units, jobs, directory):
        """Some of it, by so many workers."""
        workers = []
        try:
            for unit in units:
                self.units.put(unit)
            for number in range(min(jobs, len(units))):
                worker = threading.Thread(target=self._work, args=(os.path.join(directory, str(number)),),
                                          name=f"worker {number}")
                workers.append(worker)
                with self.lock:
                    self.working += 1
                worker.start()
            # No join(): one that a signal ends takes the thread for finished (Python 3.11).
            while self.working:
                time.sleep(0.1)
                self.progress.show()
        except BaseException:
            self.stop.set()
            raise
        finally:
            for worker in workers:
                if worker.ident:
                    worker.join()
        if self.error:
            raise self.error

    def _split(self):
        """Chunks of files; few files are done by all workers, some rules each."""
        jobs = self.settings.jobs
        files = self.files.list
        # Large files take longest: the last chunk is not to be the longest, too.
        size = max(1, min(CHUNK, -(-len(files) // (jobs * 2))))
        if len(files) <= 4 * jobs:
            parts = [self.rules[i::jobs] for i in range(jobs)]
            return [(files, part, len(files) / jobs) for part in parts if part and files]
        return [(files[i:i + size], self.rules, len(files[i:i + size])) for i in range(0, len(files), size)]

    # --- workers -------------------------------------------------------------

    def _work(self, directory):
        try:
            os.makedirs(directory, exist_ok=True)
            while not self.stop.is_set():
                try:
                    files, rules, weight = self.units.get_nowait()
                except queue.Empty:
                    return
                Chunk(self, files, rules, weight, directory).run()
        except Exception as error:  # pylint: disable=broad-except
            self.error = error
            self.stop.set()
        finally:
            with self.lock:
                self.working -= 1

    def take(self, rule, run):
        """What a run has found."""
        with self.lock:
            for report in run.reports:
                self.reports.append((rule, *report))
            for path, why in run.failures:
                if path is None:
                    self.broken.setdefault(rule.name, why)
                elif why.startswith(spatch.HUNGRY) and self.hungry is not None and self.settings.jobs > 1:
                    self.hungry.append((rule, next(file for file in self.files.list if file.spatch == path)))
                else:
                    self.failures.setdefault((path, why), set()).add(rule.name)
            for part in run.unparsed:
                self.unparsed.setdefault((part.path, part.line), part)
            spent = self.spent.setdefault(rule.name, {"files": 0, "cpu": 0.0, "memory": 0})
            spent["files"] += len(run.handled)
            spent["cpu"] += run.cpu
            spent["memory"] = max(spent["memory"], run.memory)
            self.progress.found = len(self.reports)


class Chunk:
    """Some files, one after the other rule."""

    def __init__(self, engine, files, rules, weight, directory):
        self.engine = engine
        self.rules = rules
        self.weight = weight
        self.directory = directory
        self.paths = [file.spatch for file in files]
        self.cache = os.path.join(directory, "cache") if engine.cached else None
        self.words = {}     # path: words in it that some rule has spatch parse otherwise
        self.parsed = {}    # path: those that it was parsed with

    def run(self):
        """All rules that have something to look for in these files."""
        engine = self.engine
        todo = [(rule, self.candidates(rule)) for rule in self.rules]
        total = sum(len(paths) for _, paths in todo) or 1
        self.find_words(sorted({path for _, paths in todo for path in paths}))
        for rule, paths in todo:
            if engine.stop.is_set():
                break
            if not paths or rule.name in engine.broken:
                continue
            self.forget(rule, paths)
            share = self.weight * len(paths) / total
            ahead = [0.0]

            def one_more(share=share, each=share / len(paths), ahead=ahead):
                step = min(each, share - ahead[0])
                ahead[0] += step
                engine.progress.add(step)

            run = spatch.Run(engine.now, rule, engine.stop.is_set)
            run.over(paths, self.directory, self.cache, one_more)
            engine.take(rule, run)
            engine.progress.add(share - ahead[0])
            if run.failures:
                # It may have been about to write a tree.
                self.drop()
            else:
                for path in run.handled:
                    self.parsed[path] = self.words[path] & engine.names[rule.name]
        if not any(paths for _, paths in todo):
            engine.progress.add(self.weight)
        self.drop()

    def candidates(self, rule):
        """The files in which there is what the rule needs."""
        paths = self.paths if rule.headers else [path for path in self.paths if path.endswith(".c")]
        if not paths:
            return []
        found = subprocess.run(["grep", "-lZaE", "-e", rule.needs, "--", *paths], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
                               env=dict(os.environ, LC_ALL="C"), start_new_session=True).stdout
        return [os.fsdecode(path) for path in found.split(b"\0") if path]

    # --- what was parsed -----------------------------------------------------

    def find_words(self, paths):
        """Which of the words that change parsing are in which file."""
        every = set().union(*self.engine.names.values())
        pattern = re.compile(rb"\b(?:" + b"|".join(re.escape(name.encode()) for name in sorted(every)) + rb")\b")
        for path in paths:
            self.words[path] = set()
            try:
                with open(path, "rb") as file:
                    self.words[path] = {word.decode() for word in pattern.findall(file.read())} if every else set()
            except OSError as error:
                # It was there a moment ago.
                with self.engine.lock:
                    self.engine.failures[path, f"cannot be read: {error.strerror}"] = {"every rule"}

    def forget(self, rule, paths):
        """Trees that were parsed with other words than this rule's."""
        for path in paths:
            if path in self.parsed and self.parsed[path] != self.words[path] & self.engine.names[rule.name]:
                for suffix in (".ast_raw", ".depend_raw"):
                    try:
                        os.unlink(self.cache + path + suffix)
                    except (OSError, TypeError):
                        pass
                del self.parsed[path]

    def drop(self):
        """All of them."""
        self.parsed = {}
        if self.cache:
            shutil.rmtree(self.cache, ignore_errors=True)


def names_of(rule):
    """The words that the rule has spatch parse otherwise."""
    with open(rule.path, encoding="utf-8") as file:
        text = file.read()
    return {name for names in NAMES.findall(text) for name in re.findall(r"\w+", names)}
