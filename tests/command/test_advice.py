# SPDX-License-Identifier: GPL-2.0
"""leaks and size: what is judged."""

import os
import random

from tree import PAGE, Tree
from labyrinthtool import leaks, sizing


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
        self.assertEqual(self.verdict([20000, 90000, 300000], 3), leaks.LIKELY)
        resting = dict(self.BUSY, busy=False)
        self.assertEqual(self.verdict([20000, 90000, 300000], 4, resting), leaks.POSSIBLE)

    def test_some_taken_one_by_one_are_possible_if_there_were_more(self):
        ages = [20000 + 9000 * i for i in range(20)]
        self.assertEqual(self.verdict(ages, 22), leaks.POSSIBLE)
        self.assertEqual(self.verdict(ages, 20), leaks.HELD)

    def test_what_only_grows_is_possible(self):
        figures = {"allocs": 340, "frees": 0}
        self.assertEqual(self.verdict([100 * i for i in range(340)], 340, figures), leaks.POSSIBLE)
        self.assertEqual(self.verdict([20000 + 100 * i for i in range(340)], 340, figures),
                         leaks.POSSIBLE)

    def test_pages_of_a_random_life_are_not_suspected(self):
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

    def test_what_was_denied_before_the_evidence_is_none(self):
        self.put("labyrinth/idle.0/denied", "17\n")
        self.assertEqual(self.json("size", "idle.0")["zones"][0]["advice"], "no-evidence")

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
