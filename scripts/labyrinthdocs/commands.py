# SPDX-License-Identifier: GPL-2.0
"""Whether each command of the documentation is one: targets, scripts, options, files.

What is typed at this tree, its commands and its files is checked here; what shows a zone is
run in a guest as well, by scripts/docs-guest. All else is somebody else's command, and needs a
line in scripts/check-docs.elsewhere that says who runs it, or why nobody does.
"""

import argparse
import contextlib
import functools
import importlib
import io
import os
import re
import subprocess
import sys

from . import blocks, shell, tree

ELSEWHERE = "scripts/check-docs.elsewhere"
# They do no more than read and write the files that are given, which are looked at.
PLAIN = {"awk", "cat", "dmesg", "cd", "echo", "ls", "grep", "head", "tail", "sleep", "less", "sort", "sysctl", "true",
         "uname"}
KBUILD = {"W", "C", "LLVM", "V", "ARCH", "CC", "KCFLAGS", "KBUILD_EXTRA_SYMBOLS", "M", "CROSS_COMPILE"}
IN_A_GUEST = re.compile(r"/sys/kernel/(?:debug/)?labyrinth|/sys/kernel/tracing/events/labyrinth|\b(?:labyrinth|insmod labyrinth\.ko) \w|/proc/|^sysctl ", re.M)


class Checker:
    def __init__(self, top):
        self.top = top
        self.makefile = tree.read(top, "Makefile")
        self.known = self.elsewhere()
        self.used = set()
        self.seen = 0
        self.directory = None       # of the block at hand, where `cd` has been
        self.files = self.abi()

    # --- what there is -------------------------------------------------------

    def elsewhere(self):
        """(pattern, reason) of each line."""
        found = []
        for number, line in enumerate(tree.read(self.top, ELSEWHERE).splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                pattern, _, reason = line.partition("\t")
                if not reason.strip():
                    raise SystemExit(f"{ELSEWHERE}:{number}: no tab and reason after the pattern")
                found.append((re.compile(pattern), reason.strip()))
        return found

    def abi(self):
        """Patterns for the files below /sys that the ABI files have."""
        text = "".join(tree.read(self.top, f"Documentation/ABI/testing/{name}")
                       for name in os.listdir(os.path.join(self.top, "Documentation/ABI/testing")))
        return [re.compile(re.escape(path.rstrip("/")).replace("<zone>", r"[^/]+") + "/?$")
                for path in re.findall(r"^What:\s+(/sys/\S+)", text, re.M)]

    @functools.cached_property
    def parameters(self):
        """Of labyrinth.ko."""
        sources = "".join(tree.read(self.top, f"src/{name}")
                          for name in os.listdir(os.path.join(self.top, "src")) if name.endswith(".c"))
        return set(re.findall(r"MODULE_PARM_DESC\(\s*(\w+)", sources)) - {"param"} | \
            set(re.findall(r"^LABYRINTH_\w*PARAM\w*\((\w+)", sources, re.M))

    @functools.cached_property
    def targets(self):
        """Of the Makefile."""
        return set(" ".join(re.findall(r"^\.PHONY:(.*)$", self.makefile, re.M)).split())

    @functools.lru_cache(maxsize=None)
    def help_of(self, script):
        done = subprocess.run([os.path.join(self.top, script), "--help"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
        return done.stdout.decode() if done.returncode == 0 else None

    # --- one command ---------------------------------------------------------

    def sysfs(self, path):
        """What is wrong with the name of a file, if it is one of ours."""
        path = path.rstrip("/") or path
        if re.match(r"/sys/module/labyrinth/parameters/\w+$", path):
            if os.path.basename(path) not in self.parameters:
                yield f"labyrinth.ko has no parameter {os.path.basename(path)}"
        elif re.match(r"/sys/kernel/(?:debug/)?labyrinth/[^/]+/[^*?]+$", path):
            # What is below a directory of the fault injection's is the kernel's.
            if not any(pattern.match(path) or pattern.match(os.path.dirname(path) + "/") and "/fail_" in path
                       for pattern in self.files):
                yield f"Documentation/ABI has no {path}"
        elif re.match(r"/sys/kernel/(?:debug/)?tracing/events/labyrinth/", path):
            event = path.split("/events/labyrinth/")[1].split("/")[0]
            if event.startswith("labyrinth_") and event not in self.events:
                yield f"there is no event {event}"

    @functools.cached_property
    def events(self):
        text = tree.read(self.top, "include/trace/events/labyrinth.h")
        return set(re.findall(r"(?:TRACE_EVENT|DEFINE_EVENT)\w*\(\s*(?:\w+,\s*)?(labyrinth_\w+)", text))

    def make(self, words):
        given = [word for word in words if "=" in word]
        rest = [word for word in words if "=" not in word]
        if "-C" in rest or any(word.startswith("-C") for word in rest):
            allowed = KBUILD
            rest = [word for number, word in enumerate(rest) if word != "-C" and rest[number - 1:number] != ["-C"]]
            targets = {"modules", "modules_install", "clean"}
        else:
            allowed = KBUILD | set(re.findall(r"\$[({](\w+)[)}]", self.makefile)) | \
                set(re.findall(r"^(\w+) *[?:]?=", self.makefile, re.M))
            targets = self.targets
        for word in given:
            if word.split("=")[0] not in allowed:
                yield f"make knows no {word.split('=')[0]}="
        for word in rest:
            if word.startswith("-") and not re.match(r"-(?:j\d*|k|s)$", word):
                yield f"make's option {word}: not one that is looked for"
            elif not word.startswith("-") and word not in targets:
                yield f"the Makefile has no target {word}"

    def parsed(self, module, words):
        """By the command's own parser."""
        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
                importlib.import_module(module).parser().parse_args(words)
        except SystemExit as end:
            if end.code:
                yield said.getvalue().strip().splitlines()[-1]
        except argparse.ArgumentTypeError as problem:
            yield str(problem)

    def script(self, path, words):
        name = path.split("/")[-1]
        if name == "labyrinth":
            yield from self.parsed("labyrinthtool.cli", words)
            return
        if name == "labyrinth-audit":
            yield from self.parsed("labyrinthaudit.cli", words)
            return
        if not os.access(os.path.join(self.top, path), os.X_OK):
            yield f"there is no command {path} in this tree"
            return
        text = self.help_of(path)
        if text is None:
            yield f"{path} --help fails"
            return
        for word in words:
            if re.match(r"--?[a-z]", word) and not re.search(re.escape(word.split("=")[0]) + r"(?![\w-])", text):
                yield f"{path} --help has no option {word}"

    def module(self, words):
        for word in words:
            if "=" in word and word.split("=")[0] not in self.parameters:
                yield f"labyrinth.ko has no parameter {word.split('=')[0]}"

    def file(self, word):
        """A file that a command is given."""
        place = word if word.startswith("/") or not (self.directory or "").startswith("/sys") \
            else os.path.normpath(os.path.join(self.directory, word))
        yield from self.sysfs(place)
        if re.match(r"(?:scripts|Documentation|samples|src|tests|include)/", word) and \
                not os.path.exists(os.path.join(self.top, word)):
            yield f"there is no {word} in this tree"

    def command(self, command):
        """What is wrong with it. None for what this tree has nothing to do with."""
        name, words = command.words[0], command.words[1:]
        wrong = []
        if name == "cd" and words:
            self.directory = words[0] if words[0].startswith("/") else None
        if self.directory and self.directory.startswith("/sys") and name in PLAIN - {"echo"}:
            wrong += [problem for word in words if re.match(r"[a-z_]", word) for problem in self.file(word)]
        for word in words + command.files:
            wrong += self.file(word) if word in command.files or "/" in word else []
        if name == "make":
            return wrong + list(self.make(words))
        if name in ("labyrinth", "labyrinth-audit") or re.match(r"(?:\./)?scripts/", name):
            return wrong + list(self.script(name.removeprefix("./"), words))
        if name in ("insmod", "modprobe") and words and re.match(r"(?:.*/)?labyrinth(?:\.ko)?$", words[0]):
            return wrong + list(self.module(words[1:]))
        if name == "man" and words[:1] == ["-l"]:
            return wrong
        if name in PLAIN:
            return wrong
        return wrong or None

    # --- all of them ---------------------------------------------------------

    def excused(self, line):
        """Whether a line has its entry in the list of what is run elsewhere."""
        found = [pattern for pattern, _ in self.known if pattern.search(line)]
        self.used.update(found)
        return bool(found)

    def block(self, block):
        self.directory = None
        in_guest = bool(IN_A_GUEST.search(block.text))
        reason = block.said("not run")
        if reason is not None:
            if not reason:
                yield f"{block.where}: 'not run' without a reason"
            in_guest = False
        for line, text in shell.typed(block):
            try:
                found = list(shell.commands(text))
            except ValueError as problem:
                yield f"{block.page}:{line}: {problem}: {text}"
                continue
            for command in found:
                self.seen += 1
                whole = " ".join(command.words)
                excused = self.excused(whole)
                wrong = [] if excused else self.command(command)
                if wrong is None and reason is None:
                    yield f"{block.page}:{line}: '{whole}' is not of this tree: who runs it? {ELSEWHERE} is to say"
                for problem in wrong or []:
                    yield f"{block.page}:{line}: {problem}"
                if excused or command.words[0] not in PLAIN | {"labyrinth", "insmod"}:
                    in_guest = False
        if in_guest:
            self.guests.append(block)

    def run(self, out):
        self.guests = []
        for page in tree.pages(self.top):
            text = tree.read(self.top, page)
            for block in blocks.blocks(page, text):
                if block.language in ("sh", "console"):
                    yield from self.block(block)
            for match in re.finditer(r"`+make ([a-z][\w-]*)", text):
                if match.group(1) not in self.targets | {"coccicheck", "modules_install"}:
                    yield f"{page}:{text.count(chr(10), 0, match.start()) + 1}: the Makefile has no target {match.group(1)}"
        for pattern, _ in self.known:
            if pattern not in self.used:
                yield f"{ELSEWHERE}: '{pattern.pattern}' is nowhere any more, remove it"
        if not self.seen:
            yield "no command was found in any page: this check finds none any more"
        for number, block in enumerate(self.guests, 1):
            with open(os.path.join(out, f"{number:03}.sh"), "w", encoding="utf-8") as file:
                file.write(f"# {block.where}\n")
                file.writelines(text + "\n" for _, text in shell.typed(block))
        print(f"{self.seen} commands, {len(self.guests)} blocks for the guest")


def main(top, out):
    sys.path.insert(0, os.path.join(top, "scripts"))
    wrong = list(Checker(top).run(out))
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
