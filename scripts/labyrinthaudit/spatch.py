# SPDX-License-Identifier: GPL-2.0
"""One run of spatch: a rule over a list of files, whatever becomes of it.

spatch goes on with the next file after an exception or a timeout of its own, and says so;
should it die or hang, it is started again behind the file that it was at.
"""

import os
import re
import resource
import select
import shutil
import signal
import subprocess
import time

from labyrinthtool.source import Problem

REPORT = re.compile(r"(/[^:]*):(\d+):(\d+)-(\d+): (.*)")
FAILED = re.compile(r"EXN: ?(.*) in (/\S*)$")
PARSE = re.compile(r' = File "([^"]*)", line (\d+), column')
BAD_RULE = re.compile(r'File "[^"]*\.cocci", line (\d+)')
STANDARD = re.compile(r"--macro-file-builtins\s+<file> \(default=(.*?)\)")
HUNGRY = "needs more than"
# Debian's coccinelle depends on Python, but not on what spatch wants of it.
NO_PYTHON = "Py.find_library"
WITHOUT_PYTHON = "spatch finds no library of Python: install Debian's package libpython3-dev"
GRACE = 10      # seconds over spatch's own limit, at most, before it is taken for dead


def program(timeout):
    """The spatch to run, as coccicheck chooses it, after a look whether it is one."""
    given = os.environ.get("SPATCH") or "spatch"
    found = shutil.which(given)
    if not found:
        raise Problem(f"'{given}' cannot be run: install Debian's package coccinelle, or set SPATCH")
    found = os.path.abspath(found)
    try:
        # A .cocciconfig, at home or here, is somebody's for something else.
        done = subprocess.run([found, "--version"], cwd="/", env=dict(os.environ, HOME="/"), check=False,
                              capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL,
                              timeout=timeout, start_new_session=True)
    except subprocess.TimeoutExpired:
        raise Problem(f"'{found} --version' does not end: is it spatch, of Debian's package coccinelle?") from None
    except OSError as error:
        raise Problem(f"'{found}' cannot be run: {error.strerror}") from None
    if done.returncode or "spatch version" not in done.stdout:
        raise Problem(f"'{found}' is no spatch, of Debian's package coccinelle: "
                      f"--version ends with status {done.returncode}")
    return found


def macro_options(spatch, macros, directory):
    """The options by which spatch knows the macros in a file, with one of its own in $directory.

    Those of --macro-file are but for a second try, when a function could not be parsed, and
    by then a word in the first may have passed for a type, up to the file's end. Those
    of --macro-file-builtins count from the beginning, in place of spatch's standard ones.
    """
    try:
        done = subprocess.run([spatch, "--longhelp"], cwd="/", env=dict(os.environ, HOME="/"), check=False,
                              capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, timeout=10)
        standard = STANDARD.search(done.stdout + done.stderr)
        with open(standard[1] if standard else "", encoding="utf-8", errors="surrogateescape") as file:
            text = file.read()
    except (OSError, subprocess.TimeoutExpired):
        return ["--macro-file", macros]
    both = os.path.join(directory, "macros.h")
    with open(macros, encoding="utf-8") as ours, open(both, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text + ours.read())
    return ["--macro-file-builtins", both]


class Unparsed:
    """A part of a file that spatch has skipped."""

    def __init__(self, path, line):
        self.path = path
        self.line = line    # where it went wrong, then where the skipped part begins
        self.lines = []


class Run:
    """What one rule says of some files."""

    def __init__(self, settings, rule, stopped):
        self.settings = settings
        self.rule = rule
        self.stopped = stopped
        self.reports = []       # path, line, column, end, message
        self.failures = []      # path, why; path None: the rule itself
        self.unparsed = []
        self.handled = set()
        self.cpu = 0.0          # seconds
        self.memory = 0         # bytes, at most

    def over(self, paths, directory, cache, progress):
        """All of $paths. $directory is for what is temporary, $cache for parsed files or None."""
        left = list(paths)
        while left and not self.stopped():
            last, why = self._once(left, directory, cache, progress)
            if why is None:
                return
            if last is None:
                # Dead before the first file: it is not the files' fault.
                self.failures.append((None, why))
                return
            self.failures.append((last, why))
            left = left[left.index(last) + 1:]

    def _command(self, groups, cache):
        # No scanner: it has a shell read the files' names. No saved typedefs: what a file is
        # found to have would depend on those before it.
        limits = self.settings
        command = [limits.spatch, "-D", "report", *self.rule.fields["Options"].split(), "--no-show-diff",
                   "--no-scanner", "--no-saved-typedefs", "--parse-error-msg", "--verbose-parsing",
                   "--timeout", str(limits.timeout), "--cocci-file", self.rule.path, "--file-groups", groups]
        command += limits.macro_options
        if cache:
            command += ["--use-cache", "--cache-prefix", cache, "--cache-limit", "100000"]
        return command

    def _once(self, paths, directory, cache, progress):
        """Start spatch, read it to its end. The file it died at and why, or None, None."""
        groups, output = os.path.join(directory, "groups"), os.path.join(directory, "report")
        with open(groups, "w", encoding="ascii") as file:
            file.write("".join(f"{path}\n\n" for path in paths))
        with open(output, "wb") as out:
            child = subprocess.Popen(  # pylint: disable=consider-using-with
                self._command(groups, cache), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE,
                cwd=directory, start_new_session=True,
                env=dict(os.environ, LC_ALL="C", PYTHONUNBUFFERED="1", PYTHONDONTWRITEBYTECODE="1", TMPDIR=directory,
                         HOME=directory))
        try:
            try:
                # Data, not addresses: what is mapped and never touched costs nothing.
                resource.prlimit(child.pid, resource.RLIMIT_DATA, (self.settings.memory, self.settings.memory))
            except ProcessLookupError:
                pass
            reader = Reader(self, set(paths), progress)
            hung = reader.read(child)
        finally:
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            child.stderr.close()
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = status = os.waitstatus_to_exitcode(status)
            self.cpu += used.ru_utime + used.ru_stime
            self.memory = max(self.memory, used.ru_maxrss << 10)
        self._take_reports(output, set(paths))
        if self.stopped():
            return None, None
        self.unparsed += reader.unparsed
        if hung:
            return reader.current, f"took more than {self.settings.timeout} s"
        if status:
            return reader.current, self._reason(status, reader.bad_rule or reader.last)
        return None, None

    def _reason(self, status, last):
        if NO_PYTHON in last:
            return WITHOUT_PYTHON
        if "out of memory" in last.lower():
            return f"{HUNGRY} {self.settings.memory >> 20} MiB"
        how = f"killed by {signal.Signals(-status).name}" if status < 0 else f"status {status}"
        return f"spatch failed, {how}" + (f": {last}" if last else "")

    def explain(self, exception, last):
        """spatch's word for an exception, in ours; $last is what it said before."""
        if "Timeout" in exception:
            return f"took more than {self.settings.timeout} s"
        if "Out_of_memory" in exception:
            return f"{HUNGRY} {self.settings.memory >> 20} MiB"
        return f"spatch failed: {exception}" + (f": {last}" if "Python" in exception and last else "")

    def _take_reports(self, output, paths):
        with open(output, encoding="utf-8", errors="surrogateescape") as file:
            for line in file:
                found = REPORT.match(line)
                if found and found[1] in paths:
                    self.reports.append([found[1], int(found[2]), int(found[3]), int(found[4]), found[5]])
                elif self.reports and line.strip():
                    # An expression over several lines.
                    self.reports[-1][4] += " " + line.strip()


class Reader:
    """What spatch says while it works."""

    def __init__(self, run, paths, progress):
        self.run = run
        self.paths = paths
        self.progress = progress
        self.current = None
        self.last = ""
        self.bad_rule = ""
        self.unparsed = []
        self.part = None

    def read(self, child):
        """To the end. True: it has not said anything for so long that it must hang."""
        fd, rest = child.stderr.fileno(), b""
        limit = self.run.settings.timeout + min(GRACE, self.run.settings.timeout)
        heard = time.monotonic()
        while not self.run.stopped():
            ready, _, _ = select.select([fd], [], [], 0.2)
            if not ready:
                if time.monotonic() - heard > limit:
                    return True
                continue
            data = os.read(fd, 1 << 16)
            if not data:
                break
            heard = time.monotonic()
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                self._line(line.decode("utf-8", "surrogateescape").rstrip("\r"))
        self._line(rest.decode("utf-8", "surrogateescape"))
        # It may have closed its stderr and go on; it is not to be reaped here.
        while not self.run.stopped() and not os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            if time.monotonic() - heard > limit:
                return True
            time.sleep(0.01)
        return False

    def _line(self, line):
        if line.startswith("HANDLING: ") and line[10:] in self.paths:
            self.current = line[10:]
            self.part = None
            self.last = ""
            self.run.handled.add(self.current)
            self.progress()
        elif line.startswith("EXN:"):
            found = FAILED.match(line)
            if found and found[2] in self.paths:
                self.run.failures.append((found[2], self.run.explain(found[1], self.last)))
            elif self.current:
                self.run.failures.append((self.current, self.run.explain(line[4:].strip(), self.last)))
        elif not self.current and BAD_RULE.search(line):
            self.bad_rule = f"its line {BAD_RULE.search(line)[1]} cannot be parsed"
        elif PARSE.match(line):
            found = PARSE.match(line)
            self.part = Unparsed(found[1], int(found[2]))
            self.unparsed.append(self.part)
        elif self.part and line.startswith(("bad: ", "BAD:!!!!! ")):
            if line.startswith("BAD"):
                # This is the line that was named; what came before counts back from it.
                self.part.line -= len(self.part.lines)
            self.part.lines.append(line.split(" ", 1)[1])
        elif line.strip() and not line.startswith("(ONCE)"):
            self.last = line.strip()
