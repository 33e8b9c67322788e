#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The labyrinth command over a tree of files as the module has them."""

import html
import html.parser
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPTS = os.path.join(os.path.dirname(os.path.dirname(HERE)), "scripts")
COMMAND = os.path.join(SCRIPTS, "labyrinth")
sys.path.insert(0, SCRIPTS)

# pylint: disable=wrong-import-position
from labyrinthtool import leaks, metrics, sizing, text, top, watch  # noqa: E402
from labyrinthtool.source import Gone, Source  # noqa: E402

PAGE = os.sysconf("SC_PAGE_SIZE")


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
        for words, why in ((["leaks"], "leaks needs root"), (["resize", "rx", "8"], "resize needs root"),
                           (["size", "--reset"], "size --reset needs root")):
            done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                                   sys.executable, COMMAND, "--sysfs", self.sysfs, *words],
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
        with subprocess.Popen([sys.executable, COMMAND, "--sysfs", self.sysfs, "watch", "rx"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            process.stdout.readline()
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, err), (-signal.SIGINT, ""))


class Leaks(Tree):
    """Planted leaks are named, rings are not."""

    BUSY = {"allocs": 1000000, "frees": 999000}

    def verdict(self, ages, most=None, figures=None, made=None):
        """Of pages of these ages."""
        return leaks.judge(sorted(ages), most, figures or self.BUSY, 10000, made)[0]

    def test_three_of_a_million_come_first_and_alone(self):
        zone, = self.json("leaks", "rx")["zones"]
        site, = zone["sites"]
        self.assertEqual(site["caller"], "rx_parse+0x31/0x80 [labnet]")
        self.assertEqual((site["verdict"], site["count"], site["bytes"]), ("likely", 3, 3 * PAGE))
        self.assertEqual((site["oldest_ms"], site["youngest_ms"]), (40522910, 61230))
        self.assertEqual((site["site_live"], site["share"]), (43, round(3 / 43, 4)))
        self.assertEqual(site["contexts"], {"softirq": 3})
        self.assertEqual(site["stacks"][0]["pages"], 2)
        self.assertEqual(site["stacks"][0]["frames"][1], "labnet_poll+0x1d2/0x420 [labnet]")
        self.assertEqual([held["caller"] for held in zone["held"]], ["tx_ring_setup+0x44/0xd0 [labnet]"])

    def test_people_are_told_the_same(self):
        told = self.good("leaks", "rx")
        self.assertIn("rx_parse+0x31/0x80 [labnet]: likely a leak", told)
        self.assertIn("3 pages", told)
        self.assertIn("__napi_poll", told)
        self.assertNotIn("rx_fill", told)

    def test_older_names_all_with_the_suspect_first(self):
        zone, = self.json("leaks", "rx", "--older", "0")["zones"]
        self.assertEqual([(site["caller"].split("+")[0], site["verdict"]) for site in zone["sites"]],
                         [("rx_parse", "likely"), ("tx_ring_setup", "held"), ("rx_fill", "held")])

    def test_older_leaves_out_the_young(self):
        zone, = self.json("leaks", "rx", "--older", "80000")["zones"]
        self.assertEqual([site["caller"].split("+")[0] for site in zone["sites"]], ["tx_ring_setup"])
        self.assertEqual(self.json("leaks", "rx", "--older", "1e6")["zones"][0]["sites"], [])

    def test_a_ring_taken_in_one_go_is_held(self):
        self.assertEqual(self.verdict([3600000 + i % 40 for i in range(256)], 256), leaks.HELD)

    def test_a_ring_that_is_turned_over_is_held(self):
        self.assertEqual(self.verdict([100 * i for i in range(256)], 256), leaks.HELD)

    def test_a_ring_at_rest_is_held(self):
        self.assertEqual(self.verdict([60000 + 100 * i for i in range(256)], 256), leaks.HELD)

    def test_a_ring_of_which_some_were_replaced_is_held(self):
        self.assertEqual(self.verdict([3600000 + i for i in range(200)] + [20 * i for i in range(56)]),
                         leaks.HELD)

    def test_one_setup_page_since_the_zone_was_made_is_held(self):
        self.assertEqual(self.verdict([3600000], 1, made=3601000), leaks.HELD)

    def test_one_page_of_later_is_possible(self):
        self.assertEqual(self.verdict([1800000], 1, made=3601000), leaks.POSSIBLE)

    def test_old_ones_of_different_ages_beside_young_ones(self):
        self.assertEqual(leaks.judge([10] * 60 + [20000, 100000, 5000000], None, self.BUSY, 10000,
                                     None)[:2], (leaks.LIKELY, 3))

    def test_a_handful_beside_few_is_only_possible(self):
        self.assertEqual(self.verdict([10, 20, 30, 40, 90000]), leaks.POSSIBLE)

    def test_what_is_left_of_many(self):
        self.assertEqual(self.verdict([50000, 50001], 64), leaks.LIKELY)

    def test_a_few_taken_one_by_one_in_a_busy_zone(self):
        self.assertEqual(self.verdict([20000, 90000, 300000], 4), leaks.LIKELY)
        resting = dict(self.BUSY, busy=False)
        self.assertEqual(self.verdict([20000, 90000, 300000], 4, resting), leaks.POSSIBLE)

    def test_what_only_grows_is_possible(self):
        figures = {"allocs": 340, "frees": 0}
        self.assertEqual(self.verdict([100 * i for i in range(340)], 340, figures), leaks.POSSIBLE)
        self.assertEqual(self.verdict([20000 + 100 * i for i in range(340)], 340, figures),
                         leaks.POSSIBLE)

    def test_pages_of_a_random_life_are_not_suspected(self):
        import random  # pylint: disable=import-outside-toplevel
        chance, likely = random.Random(1), 0
        for _ in range(200):
            ages = [int(chance.expovariate(1 / 8000)) for _ in range(200)]
            likely += self.verdict(ages) != leaks.HELD
        self.assertEqual(likely, 0)

    def test_a_million_pages(self):
        rows = "".join(f"{i} 0 {i % 900} softirq - busy+0x1/0x2 [m]\n" for i in range(100000))
        self.put("debug/labyrinth/rx/registry",
                 "# pfn order age_ms context fragments caller\n" + rows +
                 "7 0 99999999 nmi - lost+0x3/0x4 [m]\n" + "8 0 12 nmi - lost+0x3/0x4 [m]\n" * 20)
        zone, = self.json("leaks", "rx")["zones"]
        self.assertEqual([site["caller"] for site in zone["sites"]], ["lost+0x3/0x4 [m]"])


class Size(Tree):
    """The advice has its figures."""

    def test_grow(self):
        advice, = self.json("size", "map")["zones"]
        self.assertEqual((advice["advice"], advice["cost_kib"], advice["command"]),
                         ("grow", 88 * PAGE // 1024, "labyrinth resize map 344"))
        told = self.good("size", "map")
        for figure in ("344 pages rather than 256", "273", "38 within 10 ms", "214 ms", "17 pages",
                       "labyrinth resize map 344"):
            self.assertIn(figure, told)

    def test_shrink(self):
        advice, = self.json("size", "rx")["zones"]
        self.assertEqual((advice["advice"], advice["cost_kib"]), ("shrink", -192 * PAGE // 1024))
        self.put("labyrinth/rx/evidence_seconds", "600\n")
        self.assertIn("less than a day", self.good("size", "rx"))

    def test_keep(self):
        self.put("labyrinth/rx/reserve_recommended", "256\n")
        advice, = self.json("size", "rx")["zones"]
        self.assertEqual((advice["advice"], advice["command"]), ("keep", None))

    def test_no_evidence(self):
        advice, = self.json("size", "idle.0")["zones"]
        self.assertEqual((advice["advice"], advice["command"]), ("no-evidence", None))
        self.assertIn("No evidence yet", self.good("size", "idle.0"))

    def test_more_than_the_zone_may_own(self):
        self.put("labyrinth/map/reserve_recommended", "5000\n")
        self.assertIn("modprobe labyrinth zones=map:reserve=5000", self.good("size", "map"))

    def test_reset(self):
        self.assertEqual(self.json("size", "--reset", "map"), {"restarted": ["map"]})
        self.assertTrue(self.read("labyrinth/map/reserve_min_seen").strip())
        os.chmod(os.path.join(self.sysfs, "rx/reserve_min_seen"), 0o444)
        self.assertIn("cannot restart", self.refused("size", "--reset", "rx"))

    def test_resize(self):
        self.assertEqual(self.json("resize", "rx", "300"), {"zone": "rx", "from": 256, "to": 300})
        self.assertEqual(self.read("labyrinth/rx/reserve_target"), "300\n")

    def test_refusals(self):
        error = OSError(34, "Numerical result out of range")
        self.assertIn("allowed are 1 to 9", sizing.refusal(error, 99, "allowed are 1 to 9", None))
        self.assertEqual(sizing.refusal(error, 99, "", "the kernel's own"), "the kernel's own")


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
            process.stdout.readline()
            shutil.rmtree(os.path.join(self.debugfs, "rx"))
            shutil.rmtree(os.path.join(self.sysfs, "rx"))
            out, _ = process.communicate(timeout=60)
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


class Page(html.parser.HTMLParser):
    """Tags that are opened are closed."""

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.links = [], set(), []

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        self.links += [value for name, value in attrs if name in ("src", "href", "xlink:href")]
        if tag not in ("meta", "line", "rect", "polyline", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in ("line", "rect", "polyline"):
            return
        if not self.open or self.open.pop() != tag:
            raise AssertionError(f"</{tag}> closes nothing")


class Report(Tree):
    """A page on its own."""

    def page(self):
        """The page as text."""
        return self.good("report", "--seconds", "0.1", "-o", "-")

    def test_it_is_well_formed_and_self_contained(self):
        content, parsed = self.page(), Page()
        parsed.feed(content)
        self.assertEqual(parsed.open, [])
        self.assertEqual(parsed.links, [])
        self.assertNotIn("script", parsed.seen)
        self.assertNotRegex(content, r"https?://|url\(|@import")
        self.assertIn("svg", parsed.seen)
        self.assertIn("prefers-color-scheme:dark", content)

    def test_it_has_what_a_maintainer_asks_for(self):
        content = self.page()
        for words in ("Zone rx", "Zone map", os.uname().release, "0.1.0", "default_reserve",
                      "rx_parse+0x31/0x80 [labnet]", "map_record", "refill_failed", "344 pages rather",
                      "likely a leak", "node 0 Normal", time.strftime("%Y-%m-%d")):
            self.assertIn(words, content)

    def test_everything_is_escaped(self):
        evil = "<script>alert('1')</script>&\"x"
        self.put("debug/labyrinth/rx/registry", "# pfn order age_ms context fragments caller\n" +
                 f"1 0 99999999 {evil[:8]} - {evil}\n" + f"1 0 1 task - {evil}\n" * 40)
        self.put("debug/labyrinth/rx/owners", f"# pages bytes oldest_ms most caller\n41 1 1 41 {evil}\n")
        self.put("debug/labyrinth/rx/events", f"# time event caller detail\n1.0 {evil} {evil} {evil}\n")
        self.put("debug/labyrinth/rx/placement", f"# node memzone live idle\n{evil} {evil} 3 4\n")
        self.put("debug/labyrinth/rx/stacks", f"1 pages, oldest 3 ms\n  {evil}\n")
        self.put("labyrinth/rx/policy", evil)
        self.put("../module/labyrinth/parameters/zones", evil)
        self.put("../module/labyrinth/version", evil)
        content, parsed = self.page(), Page()
        parsed.feed(content)
        self.assertNotIn("script", parsed.seen)
        self.assertNotIn("<script", content)
        self.assertIn("&lt;script&gt;", content)

    def test_a_file(self):
        path = os.path.join(self.top, "out.html")
        self.good("report", "--seconds", "0.1", "-o", path)
        self.assertTrue(os.path.getsize(path) > 10000)
        self.assertIn("cannot write", self.refused("report", "--seconds", "0.1", "-o", "/no/such/dir/x"))

    def test_json(self):
        data = self.json("report", "--seconds", "0.3")
        self.assertEqual(set(data), {"about", "seconds", "zones"})
        self.assertEqual(set(data["zones"][0]), {"figures", "levels", "owners", "ages", "placement",
                                                 "events", "leaks", "size", "missing"})
        self.assertGreaterEqual(len(data["zones"][0]["levels"]), 3)


class Metrics(Tree):
    """The exposition format."""

    LINE = re.compile(r'([a-z_]+)(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? (-?[0-9.e-]+)$')

    def test_format(self):
        kinds, seen = {}, set()
        for line in self.good("metrics").splitlines():
            if line.startswith("# HELP "):
                self.assertGreater(len(line.split(None, 3)), 3)
                continue
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split()
                self.assertNotIn(name, kinds)
                kinds[name] = kind
                continue
            match = self.LINE.match(line)
            self.assertTrue(match, line)
            self.assertIn(match[1], kinds)
            self.assertEqual(kinds[match[1]] == "counter", match[1].endswith("_total"), line)
            self.assertNotIn((match[1], match[2]), seen)
            seen.add((match[1], match[2]))
        self.assertIn(("labyrinth_allocs_total", '{zone="rx"}'), seen)

    def test_figures(self):
        out = self.good("metrics")
        for line in ('labyrinth_starvations_total{zone="map"} 17', 'labyrinth_reserve_pages{zone="map"} 12',
                     'labyrinth_refill_latency_seconds{zone="map"} 0.2148',
                     'labyrinth_drain_pages{zone="map",window="0.01"} 38', "labyrinth_loaded 1"):
            self.assertIn(line + "\n", out)

    def test_every_number_of_a_zone_is_in(self):
        families = self.json("metrics")["metrics"]
        names = {entry["name"] for entry in families}
        for file in os.listdir(os.path.join(self.sysfs, "rx")):
            if file in ("policy", "order", "buffer_pages"):
                continue
            stem = re.sub(r"_(us|1ms|10ms|100ms)$", "", file)
            stem = {"max_pages": "owned_max"}.get(stem, stem)
            self.assertTrue(any(name.startswith(f"labyrinth_{stem}") for name in names), file)

    def test_labels_are_escaped(self):
        entry = metrics.family("x", "gauge", "X.", [({"zone": 'a"b\\c\nd'}, 1)])
        self.assertIn('labyrinth_x{zone="a\\"b\\\\c\\nd"} 1', metrics.exposition([entry]))

    def test_a_file_is_replaced_in_one_go(self):
        path = os.path.join(self.top, "labyrinth.prom")
        self.assertEqual(self.good("metrics", "-o", path), "")
        first = os.stat(path)
        self.assertEqual(first.st_mode & 0o777, 0o644)
        self.good("metrics", "-o", path)
        self.assertNotEqual(os.stat(path).st_ino, first.st_ino)
        self.assertEqual([name for name in os.listdir(self.top) if "tmp" in name], [])

    def test_old_figures_do_not_outlive_the_module(self):
        path = os.path.join(self.top, "labyrinth.prom")
        self.good("metrics", "-o", path)
        shutil.rmtree(self.sysfs)
        self.assertIn("not loaded", self.refused("metrics", "-o", path))
        with open(path, encoding="ascii") as out:
            self.assertTrue(out.read().endswith("labyrinth_loaded 0\n"))


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


if __name__ == "__main__":
    unittest.main()
