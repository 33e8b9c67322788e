# SPDX-License-Identifier: GPL-2.0
"""How far it is: a bar on a terminal, a line now and then elsewhere."""

import os
import sys
import threading
import time

from labyrinthtool import text

QUIET = 20      # seconds between two lines


def left(seconds):
    """Whole seconds; what is guessed has no tenths."""
    whole = max(1, round(seconds))
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s" if whole < 3600 else text.age(whole * 1000)


class Progress:
    """What the workers have done, told by the main thread."""

    def __init__(self, file=sys.stderr):
        self.file = file
        self.bar = file.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.lock = threading.Lock()
        self.files = self.found = 0
        self.done = self.total = 0.0
        self.started = self.told = 0.0
        self.width = 0

    def start(self, files, total):
        """So many files are ahead, of that weight in all."""
        self.files, self.total = files, total or 1
        self.started = self.told = time.monotonic()

    def add(self, weight):
        """A step."""
        with self.lock:
            self.done += weight

    def line(self, now):
        """42 %, 600 of 1,440 files, 12 findings, 2 min 3 s left"""
        share = min(self.done / self.total, 1.0)
        done = text.number(int(share * self.files))
        parts = [f"{100 * share:.0f} %", f"{done} of {text.plural(self.files, 'file')}",
                 text.plural(self.found, "finding")]
        spent = now - self.started
        if share > 0.02 and spent > 3:
            parts.append(f"{left(spent * (1 - share) / share)} left")
        return share, ", ".join(parts)

    def show(self):
        """Now and then."""
        now = time.monotonic()
        if not self.total or now - self.told < (0.2 if self.bar else QUIET):
            return
        self.told = now
        share, words = self.line(now)
        if self.bar:
            try:
                columns = os.get_terminal_size(self.file.fileno()).columns or 80
            except OSError:
                columns = 80
            room = min(30, columns - len(words) - 5)
            bar = f"[{'#' * round(share * room):<{room}}] " if room >= 10 else ""
            shown = (bar + words)[:columns - 1]
            self.file.write("\r" + shown.ljust(self.width))
            self.width = len(shown)
        else:
            self.file.write(f"labyrinth-audit: {words}\n")
        self.file.flush()

    def end(self):
        """Nothing of it stays on a terminal."""
        if self.bar and self.width:
            self.file.write("\r" + " " * self.width + "\r")
            self.file.flush()
        self.total = 0.0
