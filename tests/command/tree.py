# SPDX-License-Identifier: GPL-2.0
"""What all cases need: the command, and a tree of files as the module has them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPTS = os.path.join(os.path.dirname(os.path.dirname(HERE)), "scripts")
COMMAND = os.path.join(SCRIPTS, "labyrinth")
PAGE = os.sysconf("SC_PAGE_SIZE")
sys.path.insert(0, SCRIPTS)

# pylint: disable=wrong-import-position
from labyrinthtool.source import Source  # noqa: E402


class Tree(unittest.TestCase):
    """A copy of the fixture that a case may spoil."""

    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="labyrinth-test-")
        self.addCleanup(shutil.rmtree, self.top, ignore_errors=True)
        shutil.copytree(os.path.join(HERE, "fixture"), self.top, dirs_exist_ok=True)
        self.sysfs = os.path.join(self.top, "sys/kernel/labyrinth")
        self.debugfs = os.path.join(self.top, "sys/kernel/debug/labyrinth")
        self.source = Source(self.sysfs)

    def put(self, path, content):
        """A file below the tree's sys/kernel."""
        with open(os.path.join(self.top, "sys/kernel", path), "w", encoding="utf-8") as out:
            out.write(content)

    def read(self, path):
        """The same."""
        with open(os.path.join(self.top, "sys/kernel", path), encoding="utf-8") as text_file:
            return text_file.read()

    def run_command(self, *words):
        """(status, stdout, stderr)"""
        done = subprocess.run([sys.executable, COMMAND, "--sysfs", self.sysfs, *words],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertNotIn("Traceback", done.stderr)
        return done.returncode, done.stdout, done.stderr

    def good(self, *words):
        """stdout of what must succeed."""
        status, out, err = self.run_command(*words)
        self.assertEqual((status, err), (0, ""), words)
        return out

    def end_in_time(self, process):
        """Killed after a minute: leaving Popen's with block waits for ever."""
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        self.addCleanup(watchdog.cancel)

    def json(self, *words):
        """What it is for programs."""
        return json.loads(self.good("--json", *words))

    def refused(self, *words):
        """The one line of what must fail."""
        status, out, err = self.run_command(*words)
        self.assertEqual((status, out), (1, ""), words)
        self.assertEqual(err.count("\n"), 1, err)
        self.assertTrue(err.startswith("labyrinth: "), err)
        return err
