# SPDX-License-Identifier: GPL-2.0
"""top and watch."""

import fcntl
import json
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time

from tree import COMMAND, Tree
from labyrinthtool import top, watch


class Watch(Tree):
    """Nothing is missed, nothing told twice."""

    def test_events_there_are(self):
        lines = [json.loads(line) for line in self.good("--json", "watch", "map", "-n", "5").splitlines()]
        self.assertEqual([line["event"] for line in lines],
                         ["created", "burst", "latched", "starved", "refill_failed"])
        self.assertEqual(lines[3]["detail"], "reserve=0 starvations=1")
        self.assertEqual(lines[3]["caller"], "map_record+0xee/0x150 [maze]")
        self.assertAlmostEqual(lines[3]["time"], 6890.301002)

    def test_new_ones_only(self):
        record = watch.Record(self.source, "map")
        self.assertEqual(len(record.look(True)), 5)
        self.assertEqual(record.look(False), [])
        self.put("debug/labyrinth/map/events", self.read("debug/labyrinth/map/events") +
                 "6900.000001 recovered - reserve=9 longest_us=61300\n")
        self.assertEqual([event["event"] for event in record.look(False)], ["recovered"])

    def test_what_was_overwritten_is_said(self):
        record = watch.Record(self.source, "map")
        record.look(True)
        self.put("debug/labyrinth/map/events", "# time event caller detail\n7000.1 trimmed - pages=9\n")
        self.assertEqual([event["event"] for event in record.look(False)], ["lost", "trimmed"])

    def test_levels(self):
        levels = watch.Levels(self.source, "map")
        self.assertEqual(levels.look(True)[0]["event"], "level")
        self.put("labyrinth/map/starvations", "20\n")
        self.put("labyrinth/map/latched", "0\n")
        self.put("labyrinth/map/reserve", "40\n")
        found = {event["event"]: event["detail"] for event in levels.look(False)}
        self.assertEqual(found, {"starved": "count=3 total=20", "unlatched": "",
                                 "level": "reserve=40 target=256"})

    def test_the_end_of_a_zone_ends_it(self):
        with subprocess.Popen([sys.executable, COMMAND, "--sysfs", self.sysfs, "--json", "watch", "rx",
                               "-d", "0.05"], stdout=subprocess.PIPE, text=True) as process:
            self.end_in_time(process)
            process.stdout.readline()
            shutil.rmtree(os.path.join(self.debugfs, "rx"))
            shutil.rmtree(os.path.join(self.sysfs, "rx"))
            out, _ = process.communicate()
        self.assertEqual(process.returncode, 0)
        self.assertEqual(json.loads(out.splitlines()[-1])["event"], "destroyed")


class Top(Tree):
    """Rates, order, zones that come and go."""

    def rates(self, **files):
        """Of zone rx when these have changed within two seconds."""
        before = top.Reading(self.source)
        before.when -= 2.0
        for file, value in files.items():
            self.put(f"labyrinth/rx/{file}", f"{value}\n")
        after = top.Reading(self.source, before)
        return next(zone["rates"] for zone in after.zones if zone["zone"] == "rx")

    def test_rates_are_per_second(self):
        rates = self.rates(allocs=1000363 + 2000, frees=1000000 + 1000)
        self.assertAlmostEqual(rates["allocs"], 1000, delta=50)
        self.assertAlmostEqual(rates["frees"], 500, delta=25)

    def test_a_zone_that_was_made_anew_has_no_rate(self):
        self.assertEqual(self.rates(allocs=5, frees=5)["allocs"], 0)

    def test_batch(self):
        out = self.good("top", "-b", "-n", "2", "-d", "0.05")
        self.assertEqual(out.count("labyrinth top"), 2)
        self.assertRegex(out, r"(?m)^map .* 12/256 ")

    def test_json_lines(self):
        lines = self.good("--json", "top", "-n", "2", "-d", "0.05").splitlines()
        self.assertEqual(len(lines), 2)
        self.assertEqual(json.loads(lines[0])["zones"][0]["rates"]["allocs"], 0)

    def test_order(self):
        reading = top.Reading(self.source)
        reading.sort("short")
        self.assertEqual(reading.zones[0]["zone"], "map")
        reading.sort("memory")
        self.assertEqual(reading.zones[0]["zone"], "rx")

    def test_the_selection_follows_its_zone(self):
        view = top.View(False)
        view.settle(["a", "b", "c"])
        view.move(["a", "b", "c"], 2)
        self.assertEqual(view.zone, "c")
        view.settle(["c", "d"])
        self.assertEqual((view.zone, view.index), ("c", 0))
        view.settle(["d"])
        self.assertEqual(view.zone, "d")

    def test_bars(self):
        zone = {"reserve": 50, "reserve_target": 100, "reserve_min_seen": 100}
        self.assertEqual(top.bar(zone, 10, False), "#####.....")
        zone.update(reserve=200, reserve_min_seen=0)
        self.assertEqual(top.bar(zone, 10, False), "|#########")
        self.assertEqual(len(top.bar(dict(zone, reserve_target=0), 10, True)), 10)

    def test_no_terminal(self):
        self.assertIn("top -b", self.refused("top"))


class Terminal(Tree):
    """top in a terminal: keys, sizes, and zones that go."""

    def setUp(self):
        super().setUp()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm", LC_ALL="C.UTF-8")
            os.execv(sys.executable, [sys.executable, COMMAND, "--sysfs", self.sysfs, "top", "-d", "0.1"])
        self.addCleanup(self.clean_up)
        self.resize(30, 130)
        self.seen = ""

    def clean_up(self):
        """However a case ended, nothing goes on to draw."""
        os.close(self.fd)
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass

    def resize(self, rows, columns):
        """As a terminal emulator does it: the kernel sends SIGWINCH."""
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def until(self, words):
        """Read on until it draws that."""
        end = time.monotonic() + 30
        while words not in self.seen:
            self.assertLess(time.monotonic(), end, f"no {words!r} in {self.seen[-3000:]!r}")
            if select.select([self.fd], [], [], 0.1)[0]:
                self.seen += os.read(self.fd, 65536).decode(errors="replace")
        self.seen = ""

    def end(self):
        """q, and the exit status. What it still draws has to be read."""
        os.write(self.fd, b"q")
        while True:
            try:
                if not os.read(self.fd, 65536):
                    break
            except OSError:
                break
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def test_keys(self):
        self.until("labyrinth top")
        os.write(self.fd, b"j")
        self.until("map_record")
        os.write(self.fd, b"s")
        self.until("short")
        self.assertEqual(self.end(), 0)

    def test_sizes_from_nothing_to_much(self):
        self.until("labyrinth top")
        for size in ((2, 10), (1, 1), (5, 200), (60, 300), (24, 80)):
            self.resize(*size)
            time.sleep(0.3)
        self.until("idle.0")
        self.assertEqual(self.end(), 0)

    def test_the_chosen_zone_goes_and_all_go(self):
        self.until("idle.0")
        shutil.rmtree(os.path.join(self.sysfs, "idle.0"))
        shutil.rmtree(os.path.join(self.debugfs, "idle.0"))
        self.until("map_record")
        for zone in ("map", "rx"):
            shutil.rmtree(os.path.join(self.sysfs, zone))
        self.until("has no zones")
        self.assertEqual(self.end(), 0)

    def test_the_module_goes(self):
        self.until("labyrinth top")
        shutil.rmtree(self.sysfs)
        self.until("labyrinth is not loaded")
        os.waitpid(self.pid, 0)
