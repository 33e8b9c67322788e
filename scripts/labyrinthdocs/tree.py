# SPDX-License-Identifier: GPL-2.0
"""What belongs to the documentation, and where a link in it leads."""

import os
import re

# Pages that stand at the top of the tree, where people and forges look for them.
TOP_PAGES = {"README.md": "readme.md", "CHANGELOG.md": "changelog.md"}
PAGES = (".md", ".rst")
IMAGES = (".png", ".svg")

MD_LINK = re.compile(r"(\]\()([^)\s]+)((?:\s+\"[^\"]*\")?\))")
# `text <target>`_ with or without a second underscore, and .. _name: target
RST_LINK = re.compile(r"(`[^`<>]*<)([^`<>]+)(>`__?)|(^\.\. _[^:\n]+:[ \t]+)(\S+)", re.M)
RST_FILE = re.compile(r"^([ \t]*\.\. (?:literalinclude|include)::[ \t]+)(\S+)", re.M)
SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:")


def pages(top):
    """Every page, by its path in the tree."""
    found = [page for page in TOP_PAGES if os.path.exists(os.path.join(top, page))]
    for where, dirs, files in os.walk(os.path.join(top, "Documentation")):
        dirs.sort()
        found += [os.path.relpath(os.path.join(where, name), top) for name in sorted(files)
                  if name.endswith(PAGES)]
    return found


def read(top, path):
    with open(os.path.join(top, path), encoding="utf-8") as file:
        return file.read()


def resolve(page, target):
    """A link's target as a path in the tree and an anchor; None for one that leads out of it."""
    if SCHEME.match(target) or target.startswith("//"):
        return None
    path, _, anchor = target.partition("#")
    if not path:
        return page, anchor
    return os.path.normpath(os.path.join(os.path.dirname(page), path)), anchor


def links(page, text):
    """(line, target) for each link written in a page."""
    text = without_code(page, text)
    if page.endswith(".md"):
        found = [(match.start(), match.group(2)) for match in MD_LINK.finditer(text)]
    else:
        found = [(match.start(), match.group(2) or match.group(5)) for match in RST_LINK.finditer(text)]
    return [(text.count("\n", 0, start) + 1, target) for start, target in found
            if not target.endswith("_")]


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def without_code(page, text):
    """The text with what is code in it made blank, so that positions stay."""
    if page.endswith(".md"):
        text = re.sub(r"^ {0,3}(```+|~~~+).*?^ {0,3}\1[ \t]*$", blank, text, flags=re.M | re.S)
        text = re.sub(r"(?<=\n\n)(?: {4}[^\n]*\n|\n(?= {4}))+", blank, text)
        return re.sub(r"(?<!`)(`+)(?!`)[^\n`]*?(?<!`)\1(?!`)", blank, text)
    return re.sub(r"``[^`]+``", blank, text)
