# SPDX-License-Identifier: GPL-2.0
"""What the driver author's guide shows: each sample called wrong is found, the others are not."""

import os
import re
import textwrap

from audit import TOP, Audit

PAGE = os.path.join(TOP, "Documentation/guide.rst")
BLOCK = re.compile(r"^\.\. code-block:: c\n\n((?: {4}.*\n|\n)+)", re.M)
WRONG = re.compile(r"/\* Wrong, (\w+): ")
RULES = os.path.join(TOP, "scripts/coccinelle")


class Guide(Audit):
    """With all rules, however sure they are."""

    def setUp(self):
        super().setUp()
        with open(PAGE, encoding="utf-8") as page:
            samples = [textwrap.dedent(block) for block in BLOCK.findall(page.read())]
        # The two would have functions of the same name.
        self.wrong = [sample for sample in samples if "/* Wrong" in sample]
        self.right = [sample for sample in samples if "/* Wrong" not in sample]
        self.write("wrong.c", "".join(self.wrong))
        self.write("right.c", "".join(self.right))

    def test_what_is_called_wrong_is_found_and_nothing_else(self):
        expected, line = [], 1
        for sample in self.wrong:
            end = line + sample.count("\n")
            expected += [(rule, "wrong.c", range(line, end)) for rule in WRONG.findall(sample)]
            line = end
        # Or this compares nothing with nothing.
        self.assertGreaterEqual(len(expected), 8)
        self.assertGreaterEqual(len(self.right), 8)
        found = sorted(self.places("--confidence", "low", "wrong.c", "right.c", rules=RULES),
                       key=lambda place: place[1:])
        self.assertEqual([place[:2] for place in found], [place[:2] for place in expected])
        for (rule, _, at), (_, _, lines) in zip(found, expected):
            self.assertIn(at, lines, rule)
