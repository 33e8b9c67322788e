# SPDX-License-Identifier: GPL-2.0
"""The blocks of code in a page: where, in what language, and what is said of them for us.

A remark for the checks stands before a block, in a comment of the page's language:

    .. check-docs: c <linux/interrupt.h> static void fill(void *to);
    <!-- check-docs: not run: needs a machine with Secure Boot -->

"c" is followed by what the block needs before it, "not compiled" and "not run" by the
reason; "output" and "text" say that it is neither code nor a command.
"""

import dataclasses
import re
import textwrap

REMARK = re.compile(r"^\s*(?:\.\. check-docs:|<!-- check-docs:)\s*(.*?)\s*(?:-->)?$")
FENCE = re.compile(r"^(\s*)(```+|~~~+)\s*([\w+-]*).*$")
DIRECTIVE = re.compile(r"^(\s*)\.\. (?:code-block|code|sourcecode|highlight)::\s*(\S*)\s*$")
SHELL = ("sh", "bash", "shell")
CONSOLE = ("console", "shell-session", "sh-session")
# What a block begins with that is not said to be anything, if it is for a shell.
COMMAND = re.compile(
    r"^(?:sudo |\w+=\S+ )*(?:make|git|cd|cat|echo|ls|insmod|rmmod|modprobe|modinfo|apt|apt-get|dkms|dpkg|mokutil|perf|trace-cmd|"
    r"bpftrace|man|systemctl|install|sysctl|udevadm|update-initramfs|grep|dmesg|depmod|spatch|"
    r"openssl|labyrinth|labyrinth-[a-z]+|(?:\./|\.\./)?scripts/[\w./-]+)(?:\s|$)")
C_LINE = re.compile(r"(?:;|\{)\s*(?:/\*.*\*/)?$")


@dataclasses.dataclass
class Block:
    page: str
    line: int           # of its first line
    language: str       # c, sh, console, text, or what the page says
    text: str
    remark: str

    @property
    def where(self):
        return f"{self.page}:{self.line}"

    def said(self, word):
        """What follows a word of the remark, or None."""
        match = re.match(re.escape(word) + r"\b:?\s*(.*)$", self.remark)
        return match.group(1) if match else None


def guess(text, prompts):
    """The language of a block that is not said to be anything."""
    lines = [line for line in text.splitlines() if line.strip()]
    prompt = re.match(r"^[\w@~:.-]*[#$] ", lines[0])
    if prompts and prompt and COMMAND.match(lines[0][prompt.end():]):
        return "console"
    commands = [line for line in lines if not line.startswith("#")]
    if commands and COMMAND.match(commands[0]):
        return "sh"
    if any(C_LINE.search(line) for line in lines):
        return "c"
    return "text"


def blocks(page, text):
    """Every block of a page."""
    reader = in_markdown if page.endswith(".md") else in_rst
    return list(reader(page, text.expandtabs(8).splitlines() if reader is in_rst else text.splitlines()))


def made(page, line, language, lines, remark, prompts):
    text = textwrap.dedent("\n".join(lines)).strip("\n") + "\n"
    if not text.strip():
        return []
    language = language.lower()
    if remark.startswith(("output", "text")):
        language = "text"
    elif not language:
        language = guess(text, prompts)
    elif language in SHELL:
        language = "sh"
    elif language in CONSOLE:
        language = "console"
    return [Block(page, line, language, text, remark)]


def in_markdown(page, lines):
    remark, number = "", 0
    while number < len(lines):
        line = lines[number]
        said = REMARK.match(line)
        fence = FENCE.match(line)
        if said:
            remark = said.group(1)
        elif fence:
            first = number + 1
            number = first
            while number < len(lines) and lines[number].strip() != fence.group(2):
                number += 1
            yield from made(page, first + 1, fence.group(3), lines[first:number], remark, False)
            remark = ""
        elif line.startswith("    ") and (number == 0 or not lines[number - 1].strip()) and not in_list(lines, number):
            first = number
            while number < len(lines) and (lines[number].startswith("    ") or not lines[number].strip()):
                number += 1
            yield from made(page, first + 1, "", lines[first:number], remark, False)
            remark = ""
            continue
        elif line.strip():
            remark = ""
        number += 1


def in_list(lines, number):
    """Whether an indented line goes on with an item of a list."""
    for line in reversed(lines[:number]):
        if line.strip() and not line.startswith(" "):
            return bool(re.match(r"^(?:[-*+]|\d+[.)]) ", line))
    return False


def in_rst(page, lines):
    remark, number = "", 0
    while number < len(lines):
        line = lines[number]
        said = REMARK.match(line)
        directive = DIRECTIVE.match(line)
        literal = line.rstrip().endswith("::") and not line.lstrip().startswith(".. ")
        if said:
            remark = said.group(1)
        elif directive or literal:
            indent = len(line) - len(line.lstrip())
            first = number + 1
            number = first
            while number < len(lines) and (not lines[number].strip() or
                                           len(lines[number]) - len(lines[number].lstrip()) > indent):
                number += 1
            body = lines[first:number]
            # Options of the directive.
            skipped = 0
            while body[skipped:] and (not body[skipped].strip() or directive and body[skipped].strip().startswith(":")):
                skipped += 1
            language = directive.group(2) if directive else ""
            yield from made(page, first + skipped + 1, language, body[skipped:], remark, True)
            remark = ""
            continue
        elif line.strip():
            remark = ""
        number += 1
