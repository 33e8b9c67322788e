# SPDX-License-Identifier: GPL-2.0
"""Only what is new."""

import json
import os

from audit import BAD, GOOD, LOOP, Audit

TWO = BAD.replace("return page", "page = alloc_pages(GFP_ATOMIC, 2);\n\treturn page")


class Baseline(Audit):
    """A project that has some findings already."""

    def known(self, *words, status=0):
        """Remember what there is."""
        got, _, err = self.run_it("--write-baseline", "base", *words or ("a.c",))
        self.assertEqual((got, err), (status, ""))

    def new(self, *words, **more):
        """Lines of what is new."""
        return [f["line"] for f in self.json("--baseline", os.path.join(self.src, "base"), *words or ("a.c",), **more)]

    def test_what_is_known_is_not_said_and_is_no_failure(self):
        self.write("a.c", BAD + LOOP)
        self.known()
        status, out, _ = self.run_it("--baseline", "base", "a.c")
        self.assertEqual((status, out), (0, "0 findings in 0 files; looked at 1 file for 2 pitfalls. "
                                            "2 findings known from the baseline.\n"))

    def test_lines_may_move_and_be_indented_anew(self):
        self.write("a.c")
        self.known()
        self.write("a.c", "/* new */\n\nint other(void)\n{\n\treturn 0;\n}\n\n" + BAD.replace("\tpage =", "\t\tpage  ="))
        self.assertEqual(self.new(status=0), [])

    def test_what_is_changed_or_added_is_new(self):
        self.write("a.c")
        self.known()
        self.write("a.c", BAD.replace("2)", "3)"))
        self.assertEqual(self.new(), [5])
        self.write("a.c", BAD + BAD.replace("fill", "refill"))
        self.assertEqual(self.new(), [12])
        self.write("b.c")
        self.assertEqual(self.new("b.c"), [5])

    def test_a_second_one_like_the_first_is_new(self):
        self.write("a.c")
        self.known()
        self.write("a.c", TWO)
        self.assertEqual(self.new(), [6])

    def test_from_wherever_it_is_called(self):
        self.write("dir/a.c")
        self.known("dir")
        self.assertEqual(self.new("a.c", cwd=os.path.join(self.src, "dir"), status=0), [])
        self.assertEqual(self.new(os.path.join(self.src, "dir"), cwd="/", status=0), [])

    def test_what_is_gone_is_told_of_and_can_be_forgotten(self):
        self.write("a.c", TWO)
        self.write("b.c")
        self.known(".")
        self.write("a.c", GOOD)
        self.assertIn("1 finding known from the baseline, 2 of it gone (--write-baseline forgets them).",
                      self.run_it("--baseline", "base", ".")[1])
        # Of what is not looked at nothing is known.
        self.assertNotIn("gone", self.run_it("--baseline", "base", "b.c")[1])
        self.assertNotIn("gone", self.run_it("--baseline", "base", "--rule", "toy_loop", ".")[1])
        status, out, _ = self.run_it("--baseline", "base", "--write-baseline", "base", ".")
        self.assertEqual(status, 0)
        self.assertIn("0 findings", out)
        with open(os.path.join(self.src, "base"), encoding="utf-8") as file:
            self.assertEqual([entry["file"] for entry in json.load(file)["findings"]], ["b.c"])

    def test_a_baseline_that_cannot_be_one_is_an_error(self):
        self.write("a.c")
        for content, why in ((None, "cannot be read: No such file or directory"), ("{", "is no JSON"),
                             ("[]", "was not made by labyrinth-audit"), ("\xff", "is no JSON"),
                             ('{"labyrinth-audit": 9}', "is of version 9, not 1"),
                             ('{"labyrinth-audit": 1, "findings": [{}]}', "has findings that are not understood")):
            if content is not None:
                self.write("base", content.encode("latin-1"))
            said = self.refused("--baseline", "base", "a.c")
            self.assertIn(f"labyrinth-audit: baseline 'base': {why}", said)
            self.assertIn("--write-baseline makes one", said)

    def test_one_that_cannot_be_written_is_an_error(self):
        self.write("a.c")
        self.assertIn("cannot write 'no/base'", self.refused("--write-baseline", "no/base", "a.c"))

    def test_what_could_not_be_checked_is_no_success(self):
        self.write("a.c")
        status, _, err = self.run_it("--write-baseline", "base", "a.c", "no.c")
        self.assertEqual(status, 2)
        self.assertIn("no.c: no such file or directory", err)
