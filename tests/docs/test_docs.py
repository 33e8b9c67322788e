# SPDX-License-Identifier: GPL-2.0
"""What is wrong in a page is found, and what is right is not: run by scripts/check-docs."""

import os
import tempfile
import textwrap
import unittest

from labyrinthdocs import blocks, code, commands, links, messages, names, shell, stage, tree

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def block(text, language="sh", remark=""):
    return blocks.Block("page.rst", 1, language, textwrap.dedent(text), remark)


class Tree(unittest.TestCase):
    """A tree of a few files."""

    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        self.top = self.place.name
        self.addCleanup(self.place.cleanup)
        self.put("README.md", "# Name\n")
        os.mkdir(os.path.join(self.top, "Documentation"))

    def put(self, path, text):
        path = os.path.join(self.top, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(text))


class Messages(unittest.TestCase):
    SOURCE = """pr_err("zone %s: order is %u; allowed are "
\t       "0 to %u\\n", name, order, most);
\tpr_warn("zone %s: %u %s by %s\\n", zone->name, nr, what, caller);
"""

    def test_what_is_explained(self):
        for page in ("``order is N; allowed``", "see ``order\n  is N``"):
            self.assertEqual(list(messages.untold(page, self.SOURCE)), [], page)

    def test_what_is_not(self):
        for page in ("", "the order is told", "``order``: it is"):
            self.assertEqual(list(messages.untold(page, self.SOURCE)),
                             [(1, "order is %u; allowed are 0 to %u")], page)


class Commands(unittest.TestCase):
    def setUp(self):
        self.checker = commands.Checker(TOP)
        self.checker.guests = []

    def wrong(self, text, **given):
        return list(self.checker.block(block(text, **given)))

    def test_what_is_right(self):
        for text in ("make check KERNEL=debug", "make W=1 C=2 LLVM=1", "scripts/torture --seed 7",
                     "sudo labyrinth top -n 2", "labyrinth-audit --migrate rx --create me.c >me.patch",
                     "cat /sys/kernel/labyrinth/rx/reserve_min_seen", "modprobe labyrinth cache_size=64",
                     "echo 0 >/sys/kernel/debug/labyrinth/rx/fail_system/verbose",
                     "cd /sys/kernel/labyrinth/rx\ncat live reserve >/dev/null"):
            self.assertEqual(self.wrong(text), [], text)

    def test_what_is_wrong(self):
        for text, said in (("make checkx", "no target checkx"), ("make check KERNELX=debug", "no KERNELX="),
                           ("scripts/tortur", "no command scripts/tortur"),
                           ("scripts/torture --sede 7", "no option --sede"),
                           ("labyrinth tpo", "invalid choice"), ("labyrinth top --colour", "unrecognized"),
                           ("labyrinth-audit --migrat rx me.c", "unrecognized"),
                           ("cat /sys/kernel/labyrinth/rx/reserve_min", "no /sys/kernel/labyrinth/rx/reserve_min"),
                           ("echo 1 >/sys/kernel/debug/labyrinth/rx/sample", "debug/labyrinth/rx/sample"),
                           ("cat /sys/module/labyrinth/parameters/cache", "no parameter cache"),
                           ("insmod labyrinth.ko reserves=9", "no parameter reserves"),
                           ("cd /sys/kernel/labyrinth/rx\ncat lvie", "rx/lvie"),
                           ("cat Documentation/nowhere.rst", "no Documentation/nowhere.rst"),
                           ("frobnicate --all", "who runs it"), ("echo 'open", "quotation")):
            found = self.wrong(text)
            self.assertTrue(any(said in problem for problem in found), f"{text}: {found}")

    def test_a_reason_is_wanted(self):
        self.assertEqual(self.wrong("frobnicate", remark="not run: needs a frob"), [])
        self.assertIn("without a reason", self.wrong("frobnicate", remark="not run")[0])

    def test_what_a_guest_can_run(self):
        self.wrong("cat /sys/kernel/labyrinth/rx/live")
        self.wrong("make check\ncat /sys/kernel/labyrinth/rx/live")
        self.assertEqual(len(self.checker.guests), 1)

    def test_a_console_has_output(self):
        session = "# cat file\n- output\n$ no prompt of this session\n# echo 'a\nb' \\\n  c\n"
        self.assertEqual([line for line, _ in shell.typed(block(session, "console"))], [1, 4])

    def test_quotation_over_lines(self):
        typed = shell.typed(block("echo 'a\nb'\nls\n"))
        self.assertEqual(typed, [(1, "echo 'a\nb'"), (3, "ls")])

    def test_parts_of_a_line(self):
        found = [command.words for command in shell.commands("A=1 sudo x $(y z) 2>err | q && for f in a; do w; done")]
        self.assertEqual(found, [["x", "SUBSTITUTED"], ["q"], ["w"]])


class Blocks(unittest.TestCase):
    def test_languages(self):
        page = ".. check-docs: c struct s;\n\n::\n\n    int f(void)\n    {\n    }\n\nSo::\n\n\t~# cat x\n\n" \
               ".. code-block:: sh\n   :caption: x\n\n   frob\n\n::\n\n    +---+\n"
        found = [(one.line, one.language, one.remark) for one in blocks.blocks("p.rst", page)]
        self.assertEqual(found, [(5, "c", "c struct s;"), (11, "console", ""), (16, "sh", ""), (20, "text", "")])

    def test_markdown(self):
        page = "```c\nint x;\n```\n\n    make check\n\n* item\n\n    more of it;\n"
        found = [(one.line, one.language) for one in blocks.blocks("p.md", page)]
        self.assertEqual(found, [(2, "c"), (5, "sh")])

    def test_statements_get_a_function(self):
        self.assertIn("void documented(void)", code.source(block("x = 1;\n", "c"), "int x;"))
        self.assertNotIn("documented", code.source(block("static int f(void)\n{\n}\n", "c"), ""))


class Links(Tree):
    def wrong(self):
        return [problem.split(": ", 1)[1] for problem in links.of_sources(self.top)]

    def test_of_pages(self):
        self.put("Documentation/a.md", "# A b_c, `d`\n\n[x](../README.md#name) [y](#a-b_c-d) [z](a.md)\n")
        self.assertEqual(self.wrong(), [])
        self.put("Documentation/a.md", "# A\n\n[x](../README.md#names) [y](b.md) ![z](z.png)\n\n"
                                       "[t](http://example.org/x) [u](../../elsewhere)\n")
        self.assertEqual(len(self.wrong()), 6)

    def test_of_the_site(self):
        good = '<html lang="en"><h1 id="a">A</h1><a href="b.html#b">b</a></html>'
        self.put("_static/x.css", "")
        self.put("a.html", good)
        self.put("b.html", good.replace('"a"', '"b"'))
        self.assertEqual(list(links.of_site(self.top)), [])
        for wrong in ('<a href="c.html">c</a>', '<a href="b.html#c">c</a>', '<img src="a.html">', "<h3>x</h3>",
                      "<h1>x</h1>", '<script src="https://example.org/x.js"></script>',
                      '<a href="http://example.org/">x</a>'):
            self.put("a.html", good + wrong)
            self.assertNotEqual(list(links.of_site(self.top)), [], wrong)


class Names(unittest.TestCase):
    def wrong(self, text):
        checker = names.Names(TOP)
        read, tree.read = tree.read, lambda top, page: text
        try:
            return list(checker.of_page("Documentation/page.rst"))
        finally:
            tree.read = read

    def test_names(self):
        self.assertEqual(self.wrong("labyrinth_free_page() LABYRINTH_QUALITY_ZERO scripts/check src/*.c "
                                    "mm/page_alloc.c /sys/kernel/labyrinth/<zone>/live drivers/net/ethernet/me"), [])
        for text in ("labyrinth_free_pages()", "LABYRINTH_QUALITY_NULL", "scripts/checkx", "src/nowhere.c",
                     "/sys/kernel/labyrinth/<zone>/lives", "/sys/module/labyrinth/parameters/caches"):
            self.assertEqual(len(self.wrong(f"See ``{text}``.")), 1, text)


class Stage(Tree):
    def test_links_lead_to_pages(self):
        self.put("scripts/tool", "#!/bin/sh\n")
        self.put("LICENSE", "GPL\n")
        self.put("Documentation/a.rst", "`R <../README.md>`_ `T <../scripts/tool>`_ `U <https://example.org>`_\n")
        self.put("README.md", "[a](Documentation/a.rst#x) `[a](LICENSE)`\n\n```\n[a](LICENSE)\n```\n")
        for where in ("man", "ABI/testing"):
            os.makedirs(os.path.join(self.top, "Documentation", where))
        out = os.path.join(self.top, "build")
        stage.Stage(self.top, out).run()
        self.assertEqual(tree.read(out, "a.rst"),
                         "`R <readme.html>`_ `T <tree/scripts/tool.html>`_ `U <https://example.org>`_\n")
        self.assertEqual(tree.read(out, "readme.md"), "[a](a.rst#x) `[a](LICENSE)`\n\n```\n[a](LICENSE)\n```\n")
        self.assertTrue(os.path.exists(os.path.join(out, "tree/scripts/tool.rst")))
        # What is gone in the tree is gone here.
        os.remove(os.path.join(self.top, "Documentation/a.rst"))
        self.put("README.md", "# Name\n")
        stage.Stage(self.top, out).run()
        self.assertEqual(sorted(name for name in os.listdir(out) if name != "_tree"), ["readme.md", "tree"])


if __name__ == "__main__":
    unittest.main()
