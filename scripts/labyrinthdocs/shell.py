# SPDX-License-Identifier: GPL-2.0
"""What is typed in a block: lines of a shell, and the simple commands they are made of."""

import dataclasses
import re
import shlex

SUBSTITUTION = re.compile(r"\$\((?:[^()]|\([^()]*\))*\)")
KEYWORDS = {"if", "then", "else", "elif", "fi", "do", "done", "while", "until", "!", "{", "}", "time"}
ENDS = {"|", "||", "&&", ";", "&", "|&", ";;", "(", ")"}
ASSIGNMENT = re.compile(r"^\w+=")


@dataclasses.dataclass
class Command:
    words: list         # without assignments before it, sudo and redirections
    files: list         # that are redirected to or from


def closed(text):
    """Whether each quotation ends on the lines so far."""
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return False
    return True


def typed(block):
    """(line, text) of each thing typed: no output, no comment, continued lines in one."""
    lines, number = [], block.line
    pending, end = None, None
    # The first line of a session has the prompt: what else begins with # may be output.
    prompt = re.match(r"^([\w@~:.-]*[#$] )", block.text)
    for line in block.text.splitlines():
        if end is not None:
            end = None if line.strip() == end else end
        elif pending is not None:
            pending = (pending[0], pending[1] + "\n" + re.sub(r"^> ", "", line))
        elif block.language == "console":
            pending = (number, line[prompt.end():]) if prompt and line.startswith(prompt.group(1)) else None
        elif line.strip() and not line.lstrip().startswith("#"):
            pending = (number, line)
        if pending and not pending[1].endswith("\\") and closed(pending[1]):
            here = re.search(r"<<-?\s*(['\"]?)(\w+)\1", pending[1])
            end = here.group(2) if here else None
            lines.append(pending)
            pending = None
        number += 1
    # A quotation that never ends, for commands() to say so.
    return lines + ([pending] if pending else [])


def commands(text):
    """The simple commands of a line; ValueError if no shell would take it."""
    text = SUBSTITUTION.sub("SUBSTITUTED", text.replace("\\\n", " "))
    lexer = shlex.shlex(text, posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split = True
    words, files, redirected = [], [], False
    for token in list(lexer) + [";"]:
        if token in ENDS:
            if words and words[0] not in ("for", "case", "function"):
                yield Command(words, files)
            words, files = [], []
        elif re.match(r"^[<>&|]+$", token):
            redirected = True
            # 2>file: the 2 is no word.
            if words and re.match(r"^\d$", words[-1]):
                words.pop()
        elif redirected:
            files.append(token)
            redirected = False
        elif not words and (token in KEYWORDS or ASSIGNMENT.match(token) or token == "sudo"):
            pass
        else:
            words.append(token)
