# SPDX-License-Identifier: GPL-2.0
"""What goes wrong with spatch, with a rule, with us."""

import io
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from unittest import mock

from audit import BAD, COMMAND, RULES, SIGNALS, Audit
from labyrinthaudit import progress

HANG = 'open({pid!r}, "w").write(str(os.getpid())); time.sleep(100)'


class Spatch(Audit):
    """It is not there, or not well."""

    def test_none(self):
        self.write("a.c")
        said = self.refused("a.c", spatch="/no/spatch")
        self.assertEqual(said, "labyrinth-audit: '/no/spatch' cannot be run: "
                               "install Debian's package coccinelle, or set SPATCH\n")

    def test_what_somebody_has_at_home_does_not_count(self):
        self.write("a.c")
        with open(os.path.join(self.dir, ".cocciconfig"), "w", encoding="utf-8") as file:
            file.write("[spatch]\n\toptions = --timeout x --nonsense\n")
        with mock.patch.dict(os.environ, HOME=self.dir):
            self.assertEqual(self.places("a.c"), [("toy_order", "a.c", 5)])

    def test_something_else(self):
        self.write("a.c")
        for content, why in (("#!/bin/sh\n", "is no spatch"), ("#!/bin/sh\nexit 3\n", "ends with status 3"),
                             ("#!/bin/sh\nsleep 30\n", "does not end"), ("nonsense", "cannot be run")):
            said = self.refused("--timeout", "2", "a.c", spatch=self.script(content))
            self.assertIn(why, said)
            self.assertIn("coccinelle" if why != "cannot be run" else "Exec format", said)

    def fatal(self, fault, *words):
        """What is said when spatch meets fatal.c with a fault; the files around are checked."""
        for name in ("a.c", "fatal.c", "z.c"):
            self.write(name)
        status, out, err = self.run_it("--rule", "toy_order", *words, ".", spatch=self.fake(fault))
        self.assertEqual(status, 2)
        self.assertEqual([line for line in out.splitlines() if ": toy_order: " in line],
                         [f"./{name}.c:5:9: toy_order: order 2 is more than one page" for name in "az"])
        return err

    def test_it_crashes(self):
        self.assertEqual(self.fatal("os.kill(os.getpid(), signal.SIGSEGV)"),
                         "labyrinth-audit: ./fatal.c: not checked for toy_order: spatch failed, killed by SIGSEGV\n")

    def test_no_python(self):
        """Debian's coccinelle needs a library that none of its dependencies brings."""
        why = "Py.find_library: unable to find the Python library [libpython3.11m.so returned libpython3.11m.so]"
        self.assertEqual(self.fatal(f"sys.exit({why!r})"),
                         "labyrinth-audit: ./fatal.c: not checked for toy_order: "
                         "spatch finds no library of Python: install Debian's package libpython3-dev\n")

    def test_it_fails_with_a_word(self):
        self.assertEqual(self.fatal('sys.exit("no idea")'), "labyrinth-audit: ./fatal.c: not checked for toy_order: "
                                                            "spatch failed, status 1: no idea\n")

    def test_it_has_an_exception(self):
        self.assertEqual(self.fatal('print("EXN: Not_found in", path, file=sys.stderr); continue'),
                         "labyrinth-audit: ./fatal.c: not checked for toy_order: spatch failed: Not_found\n")

    def test_it_gives_up_by_itself(self):
        fault = 'print("EXN: Coccinelle_modules.Common.Timeout in", path, file=sys.stderr); continue'
        self.assertEqual(self.fatal(fault, "--timeout", "7"),
                         "labyrinth-audit: ./fatal.c: not checked for toy_order: took more than 7 s\n")

    def test_it_hangs(self):
        pid = os.path.join(self.dir, "pid")
        self.assertEqual(self.fatal(HANG.format(pid=pid), "--timeout", "2"),
                         "labyrinth-audit: ./fatal.c: not checked for toy_order: took more than 2 s\n")
        self.gone(pid)

    def test_it_is_out_of_memory(self):
        self.assertIn("./fatal.c: not checked for toy_order: spatch failed, status 1: MemoryError",
                      self.fatal("x = bytearray(3 << 30)", "--memory", "512", "--jobs", "1"))
        self.assertIn("needs more than 384 MiB", self.fatal(
            'print("Fatal error: out of memory", file=sys.stderr); os.abort()', "--memory", "512", "--jobs", "1"))

    def test_it_has_more_memory_alone(self):
        for name in ("a.c", "fatal.c"):
            self.write(name)
        # More than a half, less than all.
        fault = """try:
            x = bytearray(600 << 20)
        except MemoryError:
            print("Fatal error: out of memory", file=sys.stderr)
            os.abort()"""
        words = ("--rule", "toy_order", "--memory", "1024", "--jobs", "2")
        self.assertEqual(self.places(*words, ".", spatch=self.fake(fault)),
                         [("toy_order", "./a.c", 5), ("toy_order", "./fatal.c", 5)])

    def gone(self, file):
        """The process whose id is in there has ended."""
        with open(file, encoding="ascii") as pid:
            number = int(pid.read())
        for _ in range(50):
            if not os.path.exists(f"/proc/{number}"):
                return
            time.sleep(0.1)
        self.fail("spatch is still there")


class Rule(Audit):
    """One that is no good does not keep the others from being run."""

    def rules(self, change, rule="toy_loop"):
        """Ours, with a change to one."""
        directory = os.path.join(self.dir, "rules")
        shutil.copytree(RULES, directory, dirs_exist_ok=True)
        path = os.path.join(directory, f"{rule}.cocci")
        with open(path, encoding="utf-8") as file:
            content = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(change(content))
        return directory

    def but(self, change, *sentences):
        """Status 2 with that sentence, and toy_order is run."""
        self.write("a.c", BAD.replace("page = ", "kmap_atomic(page);each_page(x) { kmap_atomic(x); } page = "))
        status, out, err = self.run_it("a.c", rules=self.rules(change))
        self.assertEqual(status, 2, out)
        self.assertIn(": toy_order: ", out)
        for sentence in sentences:
            self.assertIn(sentence, err)

    def test_syntax(self):
        self.but(lambda text: text + "\n@ bad\n", "labyrinth-audit: rule toy_loop could not be run: spatch failed, status 255: its line ",
                 " cannot be parsed")

    def test_script(self):
        self.but(lambda text: text.replace("coccilib.report", "coccilob.report"),
                 "labyrinth-audit: a.c: not checked for toy_loop: spatch failed", "NameError: name 'coccilob'")

    def test_header(self):
        for change, sentence in ((("// Advice:", "// Device:"), "its header lacks Advice"),
                                 (("Moderate", "Sure"), "Confidence is 'Sure'; allowed: High, Moderate, Low"),
                                 (("Needs: ", "Needs: ("), "Needs is no regular expression for grep -E: '(kmap_atomic'"),
                                 (("--no-includes", "--all-includes"), "allowed: --include-headers --no-includes"),
                                 (("virtual report", ""), "has no 'virtual report'"),
                                 (("///\n/// It", "/// It"), "its header lacks a title of one line")):
            self.but(lambda text, change=change: text.replace(*change, 1), sentence)

    def test_no_rule_at_all(self):
        self.write("a.c")
        self.assertIn(f"no rule (*.cocci) in '{self.tmp}'", self.refused("a.c", rules=self.tmp))


class Interrupted(Audit):
    """By a signal: nothing is left."""

    def test_nothing_is_left(self):
        self.write("fatal.c")
        pid = os.path.join(self.dir, "pid")
        spatch = self.fake(HANG.format(pid=pid))
        for signum in SIGNALS:
            # Who runs this by nohup ignores some, and what is ignored is inherited.
            before = signal.signal(signum, signal.SIG_DFL)
            self.addCleanup(signal.signal, signum, before)
            child = self.start("fatal.c", spatch=spatch)
            signal.signal(signum, before)
            for _ in range(200):
                if os.path.exists(pid) and os.path.getsize(pid):
                    break
                time.sleep(0.1)
            child.send_signal(signum)
            out, err = child.communicate(timeout=20)
            self.assertEqual((child.returncode, out, err), (-signum, b"", b"labyrinth-audit: interrupted\n"))
            self.assertEqual(os.listdir(self.tmp), [])
            Spatch.gone(self, pid)
            os.unlink(pid)

    def test_no_place_for_what_is_temporary(self):
        self.write("a.c")
        os.rmdir(self.tmp)
        self.addCleanup(os.mkdir, self.tmp)
        child = self.start("a.c")
        self.assertIn(b"cannot make a directory in '" + self.tmp.encode(), child.communicate(timeout=20)[1])
        self.assertEqual(child.returncode, 2)


class Progress(Audit):
    """How far it is."""

    def test_on_a_terminal_there_is_a_bar_that_goes_away(self):
        for number in range(12):
            self.write(f"{number}.c")
        master, slave = pty.openpty()
        with mock.patch.dict(os.environ, TERM="xterm"):
            env = dict(os.environ, TMPDIR=self.tmp)
        child = subprocess.Popen([sys.executable, COMMAND, "--rules", RULES, "."], cwd=self.src, env=env,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=slave)
        os.close(slave)
        shown = b""
        try:
            while True:
                shown += os.read(master, 4096)
        except OSError:
            pass
        os.close(master)
        self.assertEqual(child.wait(30), 1)
        self.assertRegex(shown.decode(), r"\[#* *\] \d+ %, \d+ of 12 files, \d+ findings?")
        self.assertRegex(shown.decode(), r"\r +\r$")

    def test_elsewhere_there_is_a_line_now_and_then(self):
        with mock.patch("time.monotonic") as now:
            now.return_value = 100
            told = progress.Progress(io.StringIO())
            told.start(400, 400)
            told.add(100)
            told.found = 3
            for second in range(100, 150):
                now.return_value = second
                told.show()
            told.end()
        self.assertEqual(told.file.getvalue(),
                         "labyrinth-audit: 25 %, 100 of 400 files, 3 findings, 1 min 0 s left\n"
                         "labyrinth-audit: 25 %, 100 of 400 files, 3 findings, 2 min 0 s left\n")
