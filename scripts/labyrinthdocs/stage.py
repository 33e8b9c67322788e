# SPDX-License-Identifier: GPL-2.0
"""Lay out what Sphinx reads: Documentation, README.md and CHANGELOG.md in one directory.

On a forge's view of the tree a link leads to a file; on the site it leads to the page made
of it. Pages keep the first form, and get the second one here. A file that is not a page
itself and that some page links to becomes one: manual pages by mandoc, ABI files by entry,
a directory as the list of its files, anything else as its text.
"""

import json
import os
import re
import subprocess
import sys

from . import tree

ABI_FIELD = re.compile(r"^(What|Date|KernelVersion|Contact|Description|Users):\s*", re.M)
LANGUAGES = {".c": "c", ".h": "c", ".py": "python", ".sh": "sh", ".yml": "yaml", 
             ".service": "ini", ".timer": "ini"}


def heading(text, line="="):
    return f"{text}\n{line * max(len(text), 3)}\n\n"


def escape(text):
    return re.sub(r"([\\*`_|<>])", r"\\\1", text)


class Stage:
    def __init__(self, top, out):
        self.top = top
        self.out = out
        self.written = set()
        self.listed = {}        # path in the tree -> name of its page
        self.waiting = []

    def write(self, name, content):
        """Only what has changed: Sphinx goes by the time of a file."""
        path = os.path.join(self.out, name)
        data = content if isinstance(content, bytes) else content.encode()
        self.written.add(os.path.normpath(path))
        if os.path.exists(path):
            with open(path, "rb") as file:
                if file.read() == data:
                    return
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)

    def copy(self, path, name):
        with open(os.path.join(self.top, path), "rb") as file:
            self.write(name, file.read())

    def page_of(self, path):
        """The file that stands for a path of the tree on the site, or None if there is none."""
        if path in tree.TOP_PAGES:
            return tree.TOP_PAGES[path]
        full = os.path.join(self.top, path)
        if not os.path.exists(full) or path.startswith(".."):
            return None
        inside = path[len("Documentation/"):] if path.startswith("Documentation/") else None
        if inside and path.endswith(tree.PAGES + tree.IMAGES):
            return inside
        if inside and path.startswith(("Documentation/man/", "Documentation/ABI/")) and os.path.isfile(full):
            name = inside + ".rst"
        else:
            name = f"tree/{path}.rst"
        if path not in self.listed:
            self.listed[path] = name
            self.waiting.append(path)
        return name

    # --- pages ---------------------------------------------------------------

    def links_of(self, page, name, text):
        def moved(before, target, after):
            found = tree.resolve(page, target)
            there = found and target[0] != "#" and self.page_of(found[0])
            if not there:
                return before + target + after
            where = os.path.relpath(there, os.path.dirname(name) or ".")
            if page.endswith(".rst") and there.endswith(tree.PAGES):
                where = os.path.splitext(where)[0] + ".html"
            return before + where + ("#" + found[1] if found[1] else "") + after

        spared = tree.without_code(page, text)
        if page.endswith(".md"):
            pattern, groups = tree.MD_LINK, ((1, 2, 3),)
        else:
            pattern, groups = tree.RST_LINK, ((1, 2, 3), (4, 5, None))
        parts, end = [], 0
        for match in pattern.finditer(spared):
            first, middle, last = next(group for group in groups if match.group(group[1]))
            parts.append(text[end:match.start()])
            parts.append(moved(match.group(first), match.group(middle),
                               match.group(last) if last else ""))
            end = match.end()
        return "".join(parts) + text[end:]

    def files_of(self, page, text):
        """What a page includes is read from a copy."""
        def included(match):
            path = tree.resolve(page, match.group(2))[0]
            if not os.path.isfile(os.path.join(self.top, path)):
                return match.group(0)
            self.copy(path, "_tree/" + path)
            return f"{match.group(1)}/_tree/{path}"
        return tree.RST_FILE.sub(included, text)

    def add_page(self, page):
        name = self.page_of(page)
        text = self.links_of(page, name, tree.read(self.top, page))
        if page.endswith(".rst"):
            text = self.files_of(page, text)
        self.write(name, text)

    def add_images(self):
        for where, _, files in os.walk(os.path.join(self.top, "Documentation")):
            for file in files:
                if file.endswith(tree.IMAGES):
                    path = os.path.relpath(os.path.join(where, file), self.top)
                    self.copy(path, path[len("Documentation/"):])

    # --- what is no page in the tree -----------------------------------------

    def manual(self, path):
        html = subprocess.run(["mandoc", "-T", "html", "-O", "fragment", os.path.join(self.top, path)],
                              check=True, stdout=subprocess.PIPE).stdout.decode()
        # The page has a heading of its own above those of the manual.
        html = re.sub(r"<(/?)h([1-5])\b", lambda m: f"<{m.group(1)}h{int(m.group(2)) + 1}", html)
        html = re.sub(r"<table class=\"(head|foot)\">.*?</table>\n?", "", html, flags=re.S)
        name, section = os.path.splitext(os.path.basename(path))
        return heading(f"{name}({section[1:]})") + ".. raw:: html\n\n" + re.sub(
            r"^", "   ", f'<div class="manual">\n{html}</div>', flags=re.M)

    def abi(self, path):
        fields = ABI_FIELD.split(tree.read(self.top, path).strip() + "\n")[1:]
        text = []
        for field, value in zip(fields[::2], fields[1::2]):
            if field == "What":
                text.append(f"``{value.strip()}``\n")
            elif field == "Description":
                lines = [line.strip() for line in value.strip().splitlines()]
                text.append("".join(f"    {escape(line)}\n" if line else "\n" for line in lines) + "\n")
        return heading("Files in " + ("debugfs" if "debugfs" in path else "sysfs")) + "".join(text)

    def directory(self, path):
        text = heading(path + "/")
        skipped = ("__pycache__",)
        for name in sorted(os.listdir(os.path.join(self.top, path))):
            inside = os.path.join(path, name)
            if name in skipped or name.endswith((".o", ".ko", ".mod", ".mod.c", ".cmd", ".pyc")) or name[0] == ".":
                continue
            there = self.page_of(inside)
            where = os.path.relpath(os.path.splitext(there)[0], os.path.dirname(f"tree/{path}"))
            text += f"* `{escape(name)} <{where}.html>`__\n"
        return text

    def plain(self, path):
        with open(os.path.join(self.top, path), "rb") as file:
            data = file.read()
        if b"\0" in data or not data.strip():
            return heading(path) + ("Empty.\n" if not data.strip() else "Not text.\n")
        first = data.split(b"\n", 1)[0]
        language = LANGUAGES.get(os.path.splitext(path)[1], "none")
        if first.startswith(b"#!"):
            language = "python" if b"python" in first else "sh"
        self.write("_tree/" + path, data)
        return heading(path) + f".. literalinclude:: /_tree/{path}\n   :language: {language}\n"

    def add_listed(self, path):
        full = os.path.join(self.top, path)
        if path.startswith("Documentation/man/"):
            make = self.manual
        elif path.startswith("Documentation/ABI/") and os.path.isfile(full):
            make = self.abi
        else:
            make = self.directory if os.path.isdir(full) else self.plain
        orphan = "" if make in (self.manual, self.abi) else ":orphan:\n\n"
        self.write(self.listed[path], orphan + make(path))

    # --- all together --------------------------------------------------------

    def run(self):
        for where in ("man", "ABI/testing"):
            for name in sorted(os.listdir(os.path.join(self.top, "Documentation", where))):
                self.page_of(f"Documentation/{where}/{name}")
        self.page_of("LICENSE")
        for page in tree.pages(self.top):
            self.add_page(page)
        self.add_images()
        while self.waiting:
            self.add_listed(self.waiting.pop(0))
        # For conf.py, which makes links of paths that are only named.
        names = {path: os.path.splitext(self.page_of(path))[0] for path in tree.pages(self.top)}
        names.update({path: os.path.splitext(name)[0] for path, name in self.listed.items()})
        self.write("_tree/pages.json", json.dumps(names, indent=1, sort_keys=True))
        for where, _, files in os.walk(self.out):
            for name in files:
                path = os.path.normpath(os.path.join(where, name))
                if path not in self.written:
                    os.remove(path)


if __name__ == "__main__":
    Stage(sys.argv[1], sys.argv[2]).run()
