# SPDX-License-Identifier: GPL-2.0
"""Every link leads somewhere: those that pages are written with, and those of the site."""

import html.parser
import os
import re
import sys
import urllib.parse

from . import tree

MD_HEADING = re.compile(r"^#{1,6} +(.*?)#*$", re.M)
# What a forge makes an anchor of: letters, digits, - and _, the rest is left out.
NOT_IN_ANCHOR = re.compile(r"[^\w\- ]")
URL = re.compile(r"\bhttps?://[^\s<>\"'`)\]|]*[^\s<>\"'`)\]|.,;:]")
FORM = re.compile(r"^https://[a-z0-9](?:[a-z0-9.-]*\.)[a-z]{2,}(?::\d+)?(?:[/?#]\S*)?$")
# Elements that a browser loads at once.
LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "object": "data"}


def anchors_of(text):
    """Those that a forge makes of Markdown's headings."""
    found = set()
    for heading in MD_HEADING.findall(text):
        plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip()
        found.add(NOT_IN_ANCHOR.sub("", plain.lower()).replace(" ", "-"))
    return found


def of_sources(top):
    """Links in the pages as they stand in the tree."""
    links = 0
    for page in tree.pages(top):
        text = tree.read(top, page)
        for line, target in tree.links(page, text):
            links += 1
            where = f"{page}:{line}"
            found = tree.resolve(page, target)
            if found is None:
                if not FORM.match(target):
                    yield f"{where}: '{target}' is no URL with https://"
                continue
            path, anchor = found
            if path.startswith("..") or not os.path.exists(os.path.join(top, path)):
                yield f"{where}: there is no {path} in this tree"
            elif anchor and path.endswith(".md") and anchor not in anchors_of(tree.read(top, path)):
                yield f"{where}: {path} has no heading for #{anchor}"
        for match in URL.finditer(text):
            # By name, a machine of an example.
            if not FORM.match(match.group(0)) and "://localhost" not in match.group(0):
                yield f"{page}:{text.count(chr(10), 0, match.start()) + 1}: '{match.group(0)}' is no URL with https://"
    print(f"{links} links in the pages of the tree")
    if not links:
        yield "no link was found in any page: this check finds none any more"


class Page(html.parser.HTMLParser):
    """What a page of the site offers, and what it asks for."""

    def __init__(self):
        super().__init__()
        self.ids, self.links, self.wrong, self.levels = set(), [], [], []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if given.get("id"):
            self.ids.add(given["id"])
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        wanted = given.get(LOADED.get(tag, ""), None)
        if wanted and not (tag == "link" and given.get("rel") in ("index", "search", "next", "prev", "author")):
            if re.match(r"[a-z]+:|//", wanted) and not wanted.startswith("data:"):
                self.wrong.append(f"<{tag}> loads {wanted} from elsewhere")
            self.links.append(wanted)
        if tag == "img" and not (given.get("alt") or "").strip():
            self.wrong.append(f"{given.get('src')} has no alternative text")
        elif tag == "img" and given["alt"] == given.get("src"):
            self.wrong.append(f"the alternative text of {given['src']} is its name")
        if tag == "html" and not given.get("lang"):
            self.wrong.append("<html> has no language")
        if re.match(r"h[1-6]$", tag):
            self.levels.append(int(tag[1]))


def of_site(site):
    """Links between the pages that were built, and what a reader without eyes needs of them."""
    pages = {}
    for where, _, files in os.walk(site):
        for name in sorted(files):
            if name.endswith(".html"):
                path = os.path.join(where, name)
                page = Page()
                with open(path, encoding="utf-8") as file:
                    page.feed(file.read())
                pages[os.path.normpath(path)] = page
    links = 0
    for path, page in sorted(pages.items()):
        name = os.path.relpath(path, site)
        yield from (f"{name}: {wrong}" for wrong in page.wrong)
        if name not in ("search.html", "genindex.html"):
            if page.levels.count(1) != 1 or page.levels[0] != 1:
                yield f"{name}: it has {page.levels.count(1)} headings of the first level, or begins with another"
            for before, after in zip(page.levels, page.levels[1:]):
                if after > before + 1:
                    yield f"{name}: a heading of level {after} after one of level {before}"
        for link in page.links:
            if re.match(r"[a-z]+:", link):
                if not FORM.match(link) and not link.startswith(("data:", "mailto:")):
                    yield f"{name}: '{link}' is no URL with https://"
                continue
            links += 1
            there, _, anchor = link.partition("#")
            target = urllib.parse.unquote(there.partition("?")[0])
            target = os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path
            if not os.path.exists(target):
                yield f"{name}: there is no page {link}"
            elif anchor and target in pages and urllib.parse.unquote(anchor) not in pages[target].ids:
                yield f"{name}: {link}: nothing there has that anchor"
    print(f"{links} links in {len(pages)} pages of the site")
    for name in os.listdir(os.path.join(site, "_static")):
        if name.endswith(".css"):
            with open(os.path.join(site, "_static", name), encoding="utf-8") as file:
                if re.search(r"(?:url\(|@import)\s*['\"]?(?:https?:|//|/)", file.read()):
                    yield f"_static/{name}: it loads something from elsewhere"
    if not links:
        yield "no link was found in the site"


def main(kind, place):
    wrong = list(of_sources(place) if kind == "sources" else of_site(place))
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
