# SPDX-License-Identifier: GPL-2.0
"""Reading sysfs and debugfs, and saying in one line what is in the way."""

import errno
import os
import re
import time

SYSFS = "/sys/kernel/labyrinth"


class Problem(Exception):
    """What the user is told, in one line."""


class Gone(Exception):
    """The zone has been destroyed while it was read."""


class Missing(Problem):
    """A file that this module does not have: it is older than the command."""


def split_row(line, columns):
    """A value for each column. The last may have spaces, a caller a [module]."""
    values, rest = [], line.strip()
    for column in columns[:-1]:
        match = re.match(r"\S+( \[[^] ]+\])?" if column == "caller" else r"\S+", rest)
        if not match:
            break
        values.append(match[0])
        rest = rest[match.end():].lstrip()
    if not values:
        return None
    return values + [rest] + [""] * (len(columns) - len(values) - 1)


def gone(error):
    """Removed from under the reader: no such file any more, or sysfs' -ENODEV."""
    return error.errno in (errno.ENOENT, errno.ENODEV)


class Source:
    """Where the files are. Below --sysfs and --debugfs in tests."""

    def __init__(self, sysfs=None, debugfs=None):
        self.sysfs = sysfs or SYSFS
        kernel = os.path.dirname(os.path.abspath(self.sysfs))
        self.debugfs = debugfs or os.path.join(kernel, "debug", "labyrinth")
        self.module = os.path.join(os.path.dirname(kernel), "module", "labyrinth")
        # The page size of the machine that is asked, not of who asks: the same.
        self.page_size = os.sysconf("SC_PAGE_SIZE")

    @staticmethod
    def now():
        """Seconds of the clock that events have."""
        return time.clock_gettime(time.CLOCK_MONOTONIC)

    # --- sysfs ---------------------------------------------------------------

    def zones(self):
        """Names of the zones there are now."""
        try:
            names = os.listdir(self.sysfs)
        except FileNotFoundError:
            raise Problem(f"labyrinth is not loaded: there is no {self.sysfs}; "
                          "'modprobe labyrinth' loads it") from None
        except OSError as error:
            raise Problem(f"cannot read {self.sysfs}: {error.strerror}") from None
        return sorted(name for name in names
                      if os.path.isdir(os.path.join(self.sysfs, name)))

    def check_zone(self, name):
        """A zone that there is, or a line that names those there are."""
        zones = self.zones()
        if name not in zones:
            raise Problem(f"there is no zone '{name}'; " +
                          (f"there are: {', '.join(zones)}" if zones else "there are none"))

    def chosen(self, name):
        """The zone of that name, or all."""
        if name is None:
            return self.zones()
        self.check_zone(name)
        return [name]

    def stats(self, name):
        """All files of a zone, numbers as such; files of later modules, too."""
        directory = os.path.join(self.sysfs, name)
        figures = {"zone": name}
        try:
            files = sorted(os.listdir(directory))
        except OSError as error:
            if gone(error):
                raise Gone(name) from None
            raise Problem(f"cannot read {directory}: {error.strerror}") from None
        # A pair read in this order never has more frees than allocs.
        files.sort(key=lambda file: {"frees": 0, "frag_frees": 0}.get(file, 1))
        for file in files:
            path = os.path.join(directory, file)
            if not os.path.isfile(path):
                continue
            try:
                with open(path, encoding="ascii", errors="replace") as text:
                    value = text.read().strip()
            except OSError as error:
                if gone(error):
                    raise Gone(name) from None
                continue
            figures[file] = int(value) if re.fullmatch(r"-?\d+", value) else value
        if "reserve_target" not in figures:
            # The directory of a zone that is being removed is empty for a moment.
            raise Gone(name)
        figures = dict(sorted(figures.items()))
        figures["page_bytes"] = self.page_bytes(figures)
        return figures

    def page_bytes(self, figures):
        """All counts are of pages of the zone's order, or of its buffers."""
        pages = figures.get("buffer_pages") or 1 << figures.get("order", 0)
        return self.page_size * pages

    def all_stats(self, name=None):
        """The figures of the zone, or of all; without those that go meanwhile."""
        found = []
        for zone in self.chosen(name):
            try:
                found.append(self.stats(zone))
            except Gone:
                if name is not None:
                    raise Problem(f"zone {name} was destroyed just now") from None
        return found

    def write(self, name, file, value):
        """The OSError that the kernel answers is the caller's to explain."""
        fd = os.open(os.path.join(self.sysfs, name, file), os.O_WRONLY | os.O_TRUNC)
        try:
            os.write(fd, value.encode())
        finally:
            os.close(fd)

    # --- debugfs -------------------------------------------------------------

    def debug_text(self, name, file, command):
        """One of a zone's files in debugfs. $command is what needs it."""
        path = os.path.join(self.debugfs, name, file)
        try:
            with open(path, encoding="utf-8", errors="replace") as text:
                return text.read()
        except PermissionError:
            if os.geteuid() == 0:
                raise Problem(f"the kernel does not let even root read {path}: "
                              "is it locked down (see kernel_lockdown(7))?") from None
            raise Problem(f"{command} needs root, as {self.debugfs} is for root only: "
                          f"try 'sudo labyrinth {command}'") from None
        except OSError as error:
            if not gone(error):
                raise Problem(f"cannot read {path}: {error.strerror}") from None
        self._explain_missing(name, file)

    def _explain_missing(self, name, file):
        if not os.path.isdir(self.debugfs):
            mount = os.path.dirname(self.debugfs)
            try:
                mounted = bool(os.listdir(mount))
            except OSError:
                mounted = False
            if not mounted:
                raise Problem(f"debugfs is not mounted on {mount}: "
                              f"'mount -t debugfs debugfs {mount}' does that")
            raise Problem(f"there is no {self.debugfs}: labyrinth is not loaded, or its "
                          "kernel is without debugfs")
        if not os.path.isdir(os.path.join(self.sysfs, name)) or \
                not os.path.isdir(os.path.join(self.debugfs, name)):
            raise Gone(name)
        raise Missing(f"this module has no '{file}' for zone {name} in debugfs: "
                      "it is older than this command")

    def table(self, name, file, command):
        """Rows of a file whose first line, a comment, names the columns."""
        lines = self.debug_text(name, file, command).splitlines()
        if not lines or not lines[0].startswith("#"):
            raise Problem(f"{file} of zone {name} does not begin with a line of its columns")
        columns = lines[0][1:].split()
        rows = []
        for line in lines[1:]:
            values = split_row(line, columns)
            if not values:
                continue
            rows.append({column: int(value) if value.isdigit() else value
                         for column, value in zip(columns, values)})
        return rows

    def stacks(self, name, command):
        """[{pages, oldest_ms, frames}] of the pages whose stack was kept."""
        found = []
        for block in self.debug_text(name, "stacks", command).split("\n\n"):
            lines = [line for line in block.splitlines()
                     if line.strip() and not line.startswith("#")]
            match = lines and re.match(r"(\d+) pages?, oldest (\d+) ms", lines[0])
            if match:
                found.append({"pages": int(match[1]), "oldest_ms": int(match[2]),
                              "frames": [line.strip() for line in lines[1:]]})
        return found

    def optional(self, read, *args):
        """What read() has to say, or None if this reader may not or cannot."""
        try:
            return read(*args)
        except (Problem, Gone):
            return None

    # --- the module ----------------------------------------------------------

    def about(self):
        """Release, version and parameters, for who reads a report elsewhere."""
        parameters = {}
        directory = os.path.join(self.module, "parameters")
        for name in sorted(os.listdir(directory)) if os.path.isdir(directory) else []:
            parameters[name] = self._line(os.path.join(directory, name))
        return {"kernel": os.uname().release, "machine": os.uname().machine,
                "version": self._line(os.path.join(self.module, "version")),
                "parameters": parameters, "date": time.strftime("%Y-%m-%d %H:%M:%S %z")}

    @staticmethod
    def _line(path):
        try:
            with open(path, encoding="utf-8", errors="replace") as text:
                return text.read().strip()
        except OSError:
            return None
