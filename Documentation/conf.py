# SPDX-License-Identifier: GPL-2.0
"""Sphinx's configuration. scripts/htmldocs lays the pages out and runs it."""

import json
import os
import re

from docutils import nodes
from sphinx import addnodes

# --- what it is --------------------------------------------------------------

project = "Labyrinth"
author = copyright = "The Labyrinth developers"
version = release = os.environ["LABYRINTH_VERSION"]
language = "en"

# --- what is read ------------------------------------------------------------

extensions = ["myst_parser"]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
exclude_patterns = ["_tree"]
# Anchors as forges make them.
myst_heading_anchors = 4
# A literal block is C, a command or a log, and mostly says which.
highlight_language = "none"
primary_domain = "c"
# kernel-doc names the kernel's own types, which have their page elsewhere.
nitpick_ignore_regex = [
    ("c:identifier", r"(?!labyrinth).*"),
    ("c:type", r"(?!labyrinth).*"),
    ("c:func", r"(?!labyrinth).*"),
    ("c:struct", r"(?!labyrinth).*"),
]

# --- what is written ---------------------------------------------------------

html_theme = "labyrinth"
html_theme_path = ["_theme"]
html_title = f"Labyrinth {release}"
html_copy_source = False
html_domain_indices = False

# --- links that nobody has to write ------------------------------------------

FUNCTION = re.compile(r"\b(labyrinth_\w+)\(|\b(?:struct|enum) (labyrinth_\w+)")
PATH = re.compile(r"^[\w.+-]+(?:/[\w.+-]+)*/?$")
# What is a link already, would be one in a table of contents, or is code.
NOT_IN = (nodes.reference, nodes.title, nodes.literal_block, addnodes.desc_signature, addnodes.pending_xref)


def link_to(app, docname, page, anchor=""):
    return nodes.reference("", "", internal=True, refuri=app.builder.get_relative_uri(docname, page) + anchor)


def of_interface(app, docname, match):
    """A link to a function or a structure, or None if there is no such."""
    function, structure = match.groups()
    wanted = ("function", "macro") if function else ("struct", "enum")
    for name, _, kind, page, anchor, _ in app.env.get_domain("c").get_objects():
        if name == (function or structure) and kind in wanted:
            return link_to(app, docname, page, "#" + anchor)
    return None


def inside(node, kinds):
    while node is not None and not isinstance(node, kinds):
        node = node.parent
    return node is not None


def link_literals(app, doctree, docname):
    """A function of the interface and a file of the tree, where a page names them."""
    pages = app.env.labyrinth_pages
    for literal in list(doctree.findall(nodes.literal)):
        if inside(literal, NOT_IN):
            continue
        text, link = literal.astext(), None
        match = FUNCTION.match(text)
        if match:
            link = of_interface(app, docname, match)
        elif PATH.match(text) and pages.get(text.rstrip("/"), docname) != docname:
            link = link_to(app, docname, pages[text.rstrip("/")])
        if link is not None:
            literal.replace_self(link)
            link.append(literal)


def link_words(app, doctree, docname):
    """The same in kernel-doc, which has no literals for functions."""
    for text in list(doctree.findall(nodes.Text)):
        if inside(text, NOT_IN + (nodes.literal,)):
            continue
        parts, end = [], 0
        for match in FUNCTION.finditer(text):
            link = of_interface(app, docname, match)
            if link is not None:
                # Its arguments, if it has some there, are not of the name.
                last = match.end() + (1 if text.startswith(")", match.end()) else -1) if match.group(1) else match.end()
                link.append(nodes.Text(text[match.start():last]))
                parts += [nodes.Text(text[end:match.start()]), link]
                end = last
        if parts:
            text.parent.replace(text, parts + [nodes.Text(text[end:])])


def wrap_tables(app, doctree, docname):
    """A table that is wider than the screen moves in a frame of its own."""
    for table in list(doctree.findall(nodes.table)):
        frame = nodes.container(classes=["wide"])
        table.replace_self(frame)
        frame.append(table)


def read_pages(app):
    with open(os.path.join(app.srcdir, "_tree", "pages.json"), encoding="utf-8") as file:
        app.env.labyrinth_pages = json.load(file)


def setup(app):
    app.connect("builder-inited", read_pages)
    app.connect("doctree-resolved", link_literals)
    app.connect("doctree-resolved", link_words)
    app.connect("doctree-resolved", wrap_tables)
    return {"parallel_read_safe": True}
