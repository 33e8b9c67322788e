# SPDX-License-Identifier: GPL-2.0
"""list, show, and every error."""

import html
import os
import shutil
import signal
import subprocess
import sys
import unittest

from tree import COMMAND, PAGE, Tree
from labyrinthtool import text
from labyrinthtool.source import Gone, Source


class Reading(Tree):
    """list and show."""

    def test_list_has_a_line_for_each_zone(self):
        lines = self.good("list").splitlines()
        self.assertEqual([line.split()[0] for line in lines], ["ZONE", "idle.0", "map", "rx"])
        self.assertIn("12/256", lines[2])
        self.assertTrue(lines[2].endswith("latched"))

    def test_list_json_has_every_file_as_number_or_word(self):
        zones = {zone["zone"]: zone for zone in self.json("list")["zones"]}
        self.assertEqual(zones["rx"]["allocs"], 1000363)
        self.assertEqual(zones["rx"]["policy"], "system_first")
        self.assertEqual(zones["idle.0"]["page_bytes"], 4 * PAGE)
        self.assertEqual(set(os.listdir(os.path.join(self.sysfs, "rx"))) - set(zones["rx"]), set())

    def test_a_page_of_a_buffer_zone_is_a_buffer(self):
        self.put("labyrinth/rx/buffer_pages", "7\n")
        self.assertEqual(self.json("show", "rx")["page_bytes"], 7 * PAGE)
        self.assertIn("buffers of 7 pages", self.good("show", "rx"))

    def test_show_has_every_file(self):
        shown = self.good("show", "map")
        for file in os.listdir(os.path.join(self.sysfs, "map")):
            if file not in ("policy", "order", "buffer_pages", "latched"):
                self.assertRegex(shown, rf"(?m) {file}$")
        self.assertIn("policy system_first", shown)

    def test_show_has_files_of_a_newer_module(self):
        self.put("labyrinth/rx/brand_new", "42\n")
        self.assertRegex(self.good("show", "rx"), r"(?m)^ +42 +brand_new$")

    def test_no_zones(self):
        shutil.rmtree(self.sysfs)
        os.mkdir(self.sysfs)
        for command in ("list", "leaks", "size"):
            self.assertIn("has no zones", self.good(command))
        self.assertEqual(self.json("list"), {"zones": []})

    def test_a_zone_that_goes_is_left_out(self):
        for file in os.listdir(os.path.join(self.sysfs, "rx")):
            os.unlink(os.path.join(self.sysfs, "rx", file))
        self.assertEqual([zone["zone"] for zone in self.json("list")["zones"]], ["idle.0", "map"])
        self.assertIn("zone rx was destroyed", self.refused("show", "rx"))
        with self.assertRaises(Gone):
            self.source.stats("rx")

    def test_frees_are_read_before_allocs(self):
        order = []

        class Noted(Source):
            """Keeps in mind what was opened."""

        source, real = Noted(self.sysfs), open

        def noting(path, *args, **kwargs):
            order.append(os.path.basename(path))
            return real(path, *args, **kwargs)

        import labyrinthtool.source as module  # pylint: disable=import-outside-toplevel
        module.open = noting
        self.addCleanup(delattr, module, "open")
        source.stats("rx")
        self.assertLess(order.index("frees"), order.index("allocs"))


class Errors(Tree):
    """One line each, and what is allowed."""

    def test_not_loaded(self):
        shutil.rmtree(self.sysfs)
        for words in (["list"], ["show", "rx"], ["leaks"], ["size"], ["resize", "rx", "8"],
                      ["watch", "rx"], ["report"], ["metrics"], ["top", "-b"]):
            self.assertIn("labyrinth is not loaded", self.refused(*words))

    def test_unknown_zone_names_those_there_are(self):
        for words in (["show", "nix"], ["leaks", "nix"], ["size", "nix"], ["resize", "nix", "8"],
                      ["watch", "nix"], ["show", "../labyrinth/rx"]):
            self.assertIn("there are: idle.0, map, rx", self.refused(*words))

    def test_debugfs_not_mounted(self):
        shutil.rmtree(self.debugfs)
        self.assertIn("debugfs is not mounted", self.refused("leaks"))

    def test_older_module(self):
        os.unlink(os.path.join(self.sysfs, "rx/drain_1ms"))
        self.assertIn("this module has no 'drain_1ms'", self.refused("size", "rx"))
        os.unlink(os.path.join(self.debugfs, "rx/registry"))
        self.assertIn("this module has no 'registry'", self.refused("leaks", "rx"))

    def test_older_module_has_the_rest(self):
        for file in ("owners", "ages", "placement", "events", "stacks", "stack_sample"):
            os.unlink(os.path.join(self.debugfs, "rx", file))
        self.assertIn("rx_parse", self.good("leaks", "rx"))
        self.assertIn("this module has no 'owners'",
                      html.unescape(self.good("report", "--seconds", "0.1", "-o", "-")))
        self.assertIn("levels only", self.good("watch", "rx", "-n", "1"))

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "only root can become nobody")
    def test_without_rights(self):
        os.chmod(self.top, 0o755)
        os.chmod(self.debugfs, 0o700)
        # The tree may be below root's home, where nobody gets to nothing.
        tool = os.path.join(self.top, "tool")
        shutil.copytree(os.path.join(os.path.dirname(COMMAND), "labyrinthtool"), os.path.join(tool, "labyrinthtool"))
        command = shutil.copy(COMMAND, tool)
        for words, why in ((["leaks"], "leaks needs root"), (["resize", "rx", "8"], "resize needs root"),
                           (["size", "--reset"], "size --reset needs root")):
            done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                                   sys.executable, command, "--sysfs", self.sysfs, *words],
                                  capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, rf"^labyrinth: {why}.*sudo labyrinth.*\n$")

    def test_numbers(self):
        for given in ("0", "-3", "many", "1.5", ""):
            self.assertIn("allowed are 1 to 2,048", self.refused("resize", "rx", "--", given))
        self.assertIn("allowed are 0 to", self.refused("leaks", "--older", "soon"))

    def test_usage_is_2(self):
        for words in ([], ["fly"], ["show"], ["resize", "rx"], ["top", "-n", "0"], ["list", "--nix"],
                      ["top", "-d", "0"]):
            status, out, err = self.run_command(*words)
            self.assertEqual((status, out), (2, ""), words)
            self.assertIn("usage: ", err)

    def test_a_closed_pipe_is_quiet(self):
        done = subprocess.run(
            f"{sys.executable} {COMMAND} --sysfs {self.sysfs} top -b -d 0.05 | head -n 1",
            shell=True, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.stderr, "")

    def test_an_interrupt_is_quiet(self):
        # Who runs this in the background of a shell ignores it, and what is ignored is inherited.
        before = signal.signal(signal.SIGINT, signal.SIG_DFL)
        self.addCleanup(signal.signal, signal.SIGINT, before)
        with subprocess.Popen([sys.executable, COMMAND, "--sysfs", self.sysfs, "watch", "rx"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            self.end_in_time(process)
            process.stdout.readline()
            process.send_signal(signal.SIGINT)
            _, err = process.communicate()
        self.assertEqual((process.returncode, err), (-signal.SIGINT, ""))


class Text(unittest.TestCase):
    """Units."""

    def test_ages(self):
        self.assertEqual([text.age(ms) for ms in (7, 1500, 61000, 3600000, 90000000)],
                         ["7 ms", "1.5 s", "1 min 1 s", "1 h 0 min", "1 d 1 h"])

    def test_sizes(self):
        self.assertEqual([text.size(n) for n in (12, 4096, 1 << 20, 300 << 20)],
                         ["12 B", "4 KiB", "1.0 MiB", "300 MiB"])

    def test_nothing_that_a_terminal_obeys(self):
        self.assertEqual(text.clean("a\x1b[31mb\n"), "a?[31mb?")
