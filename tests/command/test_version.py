# SPDX-License-Identifier: GPL-2.0
"""--version: the header's, in the tree and where it is installed."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from tree import SCRIPTS

COMMANDS = ("labyrinth", "labyrinth-audit")


def said(command):
    """What --version prints; it needs neither a zone nor a path."""
    done = subprocess.run([sys.executable, command, "--version"], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


class Version(unittest.TestCase):
    """In the tree, and without it."""

    def test_commands_say_what_the_header_says(self):
        """scripts/version reads the header itself."""
        version = subprocess.run([os.path.join(SCRIPTS, "version")], capture_output=True, text=True, check=True).stdout
        for command in COMMANDS:
            self.assertEqual(said(os.path.join(SCRIPTS, command)), f"{command} {version}")

    def test_installed_commands_say_what_was_installed(self):
        """Without a header, through links, from the file that scripts/install-tools leaves."""
        top = tempfile.mkdtemp(prefix="labyrinth-test-")
        self.addCleanup(shutil.rmtree, top, ignore_errors=True)
        scripts = os.path.join(top, "share/labyrinth/scripts")
        for part in ("labyrinthtool", "labyrinthaudit"):
            shutil.copytree(os.path.join(SCRIPTS, part), os.path.join(scripts, part))
        with open(os.path.join(scripts, "labyrinthtool/VERSION"), "w", encoding="ascii") as out:
            out.write("1.2.3\n")
        os.mkdir(os.path.join(top, "bin"))
        for command in COMMANDS:
            shutil.copy(os.path.join(SCRIPTS, command), scripts)
            link = os.path.join(top, "bin", command)
            os.symlink(os.path.join("../share/labyrinth/scripts", command), link)
            self.assertEqual(said(link), f"{command} 1.2.3\n")
