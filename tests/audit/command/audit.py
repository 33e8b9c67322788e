# SPDX-License-Identifier: GPL-2.0
"""A directory with sources in it, and the command run over them."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
COMMAND = os.path.join(TOP, "scripts/labyrinth-audit")
RULES = os.path.join(TOP, "tests/audit/command/rules")
sys.path.insert(0, os.path.join(TOP, "scripts"))

BAD = """int fill(struct ring *ring)
{
	struct page *page;

	page = alloc_pages(GFP_ATOMIC, 2);
	return page ? 0 : -ENOMEM;
}
"""
GOOD = BAD.replace(", 2)", ", 0)")
# Line 3 is as good as any for a parser to give up.
BROKEN = """int broken(struct ring *ring)
{
	if (ring ) ) {
		alloc_pages(GFP_ATOMIC, 3);
	}
}
"""
# Since Linux 6.6; the name of a function may pass for that of a type from there on.
CLEANUP = """static int a(struct foo *f)
{
	struct page *page __free(free_page) = NULL;

	page = alloc_pages(GFP_ATOMIC, 2);
	if (!page)
		return -ENOMEM;
	return 0;
}
static int b(void *old)
{
	struct page *p = alloc_pages(GFP_ATOMIC, 2);

	free_page((unsigned long)old);
	return 0;
}
"""
LOOP = """int sum(struct list *list)
{
	each_page(list) {
		add(kmap_atomic(list->page));
	}
	return 0;
}
"""
# No word for a loop that spatch would guess: a rule has to name it.
ODD_LOOP = LOOP.replace("each_page", "pages_in")
# Does as the real one, one file after the other, but for a file called fatal.c.
FAKE = """#!/usr/bin/python3
import os, signal, subprocess, sys, time
words = sys.argv[1:]
real = {real!r}
if "--version" in words:
    sys.exit(subprocess.call([real, *words]))
at = words.index("--file-groups") + 1
for path in open(words[at]).read().split():
    if path.endswith("fatal.c"):
        print("HANDLING:", path, file=sys.stderr, flush=True)
        {fault}
    one = words[at] + ".one"
    open(one, "w").write(path + chr(10))
    subprocess.call([real, *words[:at], one, *words[at + 1:]])
"""


class Audit(unittest.TestCase):
    """Each test has a directory, and another one for what is temporary."""

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="audit-test-")
        self.addCleanup(shutil.rmtree, self.dir)
        self.tmp = os.path.join(self.dir, "tmp")
        self.src = os.path.join(self.dir, "src")
        os.mkdir(self.tmp)
        os.mkdir(self.src)
        # A tree of its own, wherever tests are run.
        os.mkdir(os.path.join(self.src, ".git"))

    def write(self, name, content=BAD):
        """A source below src."""
        path = os.path.join(os.fsencode(self.src), os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        return os.fsdecode(path)

    def script(self, content):
        """Something to be run."""
        path = os.path.join(self.dir, "fake")
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        os.chmod(path, stat.S_IRWXU)
        return path

    def fake(self, fault):
        """A spatch that does $fault when it comes to fatal.c."""
        return self.script(FAKE.format(real=shutil.which("spatch"), fault=fault))

    def start(self, *words, spatch=None, cwd=None, rules=RULES, command=COMMAND, **more):
        """The command, under way."""
        env = {key: value for key, value in os.environ.items() if key != "SPATCH"}
        env.update(TMPDIR=self.tmp, **({"SPATCH": spatch} if spatch else {}))
        return subprocess.Popen([sys.executable, command, "--rules", rules, *words], cwd=cwd or self.src, env=env,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)

    def run_it(self, *words, **more):
        """Status, stdout, stderr. Nothing temporary may be left, whatever became of it."""
        child = self.start(*words, **more)
        out, err = child.communicate(timeout=120)
        self.assertEqual(os.listdir(self.tmp), [])
        self.assertNotIn(b"Traceback", err)
        return child.returncode, out.decode("utf-8", "surrogateescape"), err.decode("utf-8", "surrogateescape")

    def json(self, *words, status=1, **more):
        """Findings, with the status that goes with them."""
        got, out, err = self.run_it("--json", *words, **more)
        self.assertEqual(got, status, err)
        return json.loads(out)

    def places(self, *words, **more):
        """Findings in short."""
        return [(f["rule"], f["file"], f["line"]) for f in self.json(*words, **more)]

    def refused(self, *words, **more):
        """Status 2 and nothing on stdout; what was said."""
        status, out, err = self.run_it(*words, **more)
        self.assertEqual((status, out), (2, ""), err)
        return err


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
