# SPDX-License-Identifier: GPL-2.0
"""Which files are looked at."""

import os
import shutil
import subprocess
import sys

from audit import BAD, BROKEN, CLEANUP, COMMAND, GOOD, ODD_LOOP, RULES, TOP, Audit


class Files(Audit):
    """Paths of all kinds."""

    def files(self, *words, **more):
        """In which something was found."""
        return [file for _, file, _ in self.places(*words, **more)]

    def test_a_directory_with_what_is_below_it(self):
        for name in ("a.c", "dir/b.c", "dir/deep/c.h"):
            self.write(name)
        for name in ("dir/d.mod.c", ".git/e.c", "dir/.tmp_f.c", "notes.txt", "asm.S"):
            self.write(name)
        self.assertEqual(self.files("."), ["./a.c", "./dir/b.c", "./dir/deep/c.h"])

    def test_names_are_those_that_were_given(self):
        self.write("dir/a.c")
        full = os.path.join(self.src, "dir/a.c")
        self.assertEqual(self.files("dir/../dir/a.c"), ["dir/../dir/a.c"])
        self.assertEqual(self.files(full), [full])
        self.assertEqual(self.files("../src/dir/", cwd=self.src), ["../src/dir/a.c"])

    def test_each_file_once(self):
        self.write("a.c")
        os.symlink("a.c", os.path.join(self.src, "0.c"))
        os.symlink(".", os.path.join(self.src, "loop"))
        self.assertEqual(self.files(".", "a.c", "loop/a.c"), ["./a.c"])
        self.assertEqual(self.files("0.c", "."), ["0.c"])

    def test_odd_names(self):
        names = ["a b.c", "it's.c", '"q".c', "$(touch x).c", ";touch x;.c", "a:1:2.c", "-D.c", "*.c", "\udcff.c", "é.c"]
        for name in names:
            self.write(f"dir/{name}")
        self.assertEqual(self.files("dir"), sorted(f"dir/{name}" for name in names))
        self.assertEqual(self.files("--", "-D.c", cwd=os.path.join(self.src, "dir")), ["-D.c"])
        self.assertFalse(os.path.exists(os.path.join(self.src, "x")))
        self.assertIn(b"dir/\xff.c:5:9: toy_order",
                      os.fsencode(self.run_it("dir")[1]))

    def test_a_name_of_two_lines_is_refused(self):
        self.write("a\nb.c")
        self.write("c.c")
        status, out, err = self.run_it(".")
        self.assertEqual(status, 2)
        self.assertIn("./a?b.c: its name holds a control character", err)
        self.assertIn("./c.c:5:9", out)

    def test_what_cleans_up_by_itself_is_parsed(self):
        macros = os.path.join(TOP, "scripts/coccinelle/macros.h")
        rules = os.path.join(self.dir, "rules")
        shutil.copytree(RULES, rules)
        shutil.copy(macros, rules)
        self.write("a.c", CLEANUP)
        status, out, err = self.run_it("--strict", "a.c", rules=rules)
        self.assertEqual((status, err), (1, ""))
        self.assertIn("a.c:12:19: toy_order", out)

    def test_a_link_to_the_command_will_do(self):
        self.write("a.c")
        link = os.path.join(self.dir, "audit")
        os.symlink(COMMAND, link)
        done = subprocess.run([sys.executable, link, "--rules", RULES, "a.c"], cwd=self.src, check=False,
                              capture_output=True, text=True, env=dict(os.environ, TMPDIR=self.tmp))
        self.assertEqual((done.returncode, done.stderr), (1, ""))

    def test_a_tree_with_an_odd_name(self):
        rules = os.path.join(self.dir, "my rules")
        os.symlink(RULES, rules)
        self.write("a.c")
        self.assertEqual(self.files("a.c", rules=rules), ["a.c"])

    def test_many_files_are_as_good_as_one(self):
        for number in range(230):
            self.write(f"{number:03}.c", BAD if number % 10 == 0 else GOOD)
        self.assertEqual(self.files("--rule", "toy_order", "."), [f"./{n:03}.c" for n in range(0, 230, 10)])

    def test_what_another_rule_has_parsed_changes_nothing(self):
        self.write("a.c", ODD_LOOP + BAD)
        found = [self.json("--confidence", "low", "--jobs", "1", *more, "a.c") for more in ((), ("--no-cache",))]
        self.assertEqual(found[0], found[1])
        # And that is no matter of course: without the rule's word it is no loop, and not parsed.
        self.assertEqual([f["rule"] for f in found[0]], ["toy_loop", "toy_order"])


class Missing(Audit):
    """What is not there is told, and the rest checked."""

    def but(self, *words, sentence=""):
        """Status 2, the sentence, and a.c all the same."""
        self.write("a.c")
        status, out, err = self.run_it("a.c", *words)
        self.assertEqual(status, 2)
        self.assertIn("a.c:5:9: toy_order", out)
        self.assertIn(sentence, err)

    def test_paths(self):
        self.but("no.c", sentence="labyrinth-audit: no.c: no such file or directory\n")

    def test_empty_directory(self):
        os.mkdir(os.path.join(self.src, "empty"))
        self.but("empty", sentence="labyrinth-audit: empty: no C source in it (*.c, *.h)\n")

    def test_not_c(self):
        self.write("notes.txt")
        self.but("notes.txt", sentence="notes.txt: is no C source (*.c, *.h)\n")

    def test_neither_file_nor_directory(self):
        os.mkfifo(os.path.join(self.src, "pipe.c"))
        self.but("pipe.c", sentence="pipe.c: is neither a file nor a directory\n")

    def test_a_link_to_nothing(self):
        os.symlink("no.c", os.path.join(self.src, "link.c"))
        self.but("link.c", sentence="link.c: is a link to what does not exist\n")

    def test_a_link_to_nothing_below_a_directory(self):
        self.write("dir/b.c", GOOD)
        os.symlink("no.c", os.path.join(self.src, "dir/link.c"))
        self.but("dir", sentence="dir/link.c: cannot be read: No such file or directory\n")

    def test_what_may_not_be_read(self):
        if os.geteuid() == 0:
            self.skipTest("root may read everything")
        self.unreadable()

    def test_what_may_not_be_read_by_nobody(self):
        if os.geteuid():
            self.skipTest("only root can become somebody else")
        # The tree may be below root's home, where nobody gets to nothing.
        tool = os.path.join(self.dir, "tool")
        os.mkdir(tool)
        for path in (self.dir, self.tmp, self.src, tool):
            os.chmod(path, 0o777)
        for name in ("labyrinthaudit", "labyrinthtool", "coccinelle"):
            shutil.copytree(os.path.join(TOP, "scripts", name), os.path.join(tool, name),
                            ignore=shutil.ignore_patterns("__pycache__"))
        rules = shutil.copytree(RULES, os.path.join(tool, "rules"))
        self.unreadable(command=shutil.copy(COMMAND, tool), rules=rules, user=65534, group=65534, extra_groups=[])

    def unreadable(self, **who):
        """A file, and a directory."""
        for name in ("a.c", "dir/b.c", "dir/sub/c.c"):
            self.write(name)
        os.chmod(os.path.join(self.src, "dir/b.c"), 0)
        os.chmod(os.path.join(self.src, "dir/sub"), 0)
        status, out, err = self.run_it("a.c", "dir", **who)
        self.assertEqual(status, 2, err)
        self.assertIn("a.c:5:9", out)
        self.assertIn("dir/b.c: cannot be read: Permission denied", err)
        self.assertIn("dir/sub: permission denied", err)


class Unparsable(Audit):
    """Whatever spatch does not understand."""

    def test_a_part_is_told_and_is_no_failure(self):
        self.write("a.c", GOOD + BROKEN + GOOD.replace("fill", "refill"))
        status, out, err = self.run_it("a.c")
        self.assertEqual((status, err), (0, "a.c:8: note: could not be parsed, 6 lines not checked\n"))
        self.assertIn("6 lines in 1 part of files could not be parsed.", out)

    def test_unless_that_is_asked_for(self):
        self.write("a.c", GOOD + BROKEN)
        self.assertEqual(self.run_it("--strict", "a.c")[0], 2)

    def test_what_is_around_it_is_checked(self):
        self.write("a.c", BAD + BROKEN + BAD.replace("fill", "refill"))
        self.assertEqual([line for _, _, line in self.places("a.c")], [5, 18])

    def test_a_part_in_which_nobody_looks_for_anything_is_not_told(self):
        self.write("a.c", GOOD + BROKEN.replace("alloc_pages", "other"))
        status, out, err = self.run_it("--strict", "a.c")
        self.assertEqual((status, err), (0, ""))
        self.assertNotIn("parsed", out)

    def test_a_file_of_which_nothing_is_understood(self):
        for name, content in (("broken.c", BROKEN), ("open.c", BAD.replace("return", "/* return")),
                              ("prose.c", "Here alloc_pages(1, 2) is {{ no C at all ) ;\n")):
            self.write(name, content)
        self.write("a.c")
        status, out, err = self.run_it(".")
        self.assertEqual(status, 2)
        self.assertEqual(err, "".join(f"labyrinth-audit: ./{name}.c: nothing of it could be parsed, it is not "
                                      "checked\n" for name in ("broken", "open", "prose")))
        self.assertIn("./a.c:5:9", out)

    def test_empty_files_and_ends_of_lines_are_fine(self):
        self.write("empty.c", "")
        self.write("dos.c", BAD.replace("\n", "\r\n"))
        self.assertEqual(self.places("."), [("toy_order", "./dos.c", 5)])
