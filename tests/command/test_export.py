# SPDX-License-Identifier: GPL-2.0
"""report and metrics: what leaves the machine."""

import html.parser
import os
import re
import shutil
import time

from tree import Tree
from labyrinthtool import metrics


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
