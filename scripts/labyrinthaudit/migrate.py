# SPDX-License-Identifier: GPL-2.0
"""Move a driver's atomic single pages to a Labyrinth zone: labyrinth-audit --migrate.

scripts/coccinelle/migrate.cocci changes the calls; what a driver needs besides is put in
here: the header, the import, the zone's declaration, and with `create` its life. A
directory is one driver, and so is a file by itself.
"""

import difflib
import json
import os
import re
import shutil
import subprocess
import tempfile

from labyrinthtool.source import Problem

from .spatch import NO_PYTHON, WITHOUT_PYTHON, macro_options, program

TOP = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
COCCI = os.path.join(TOP, "coccinelle", "migrate.cocci")
MACROS = os.path.join(os.path.dirname(COCCI), "macros.h")
NAME_MAX = 31
PROBE = 60          # seconds for spatch to say its version, however busy the machine
TIMEOUT = 1800      # seconds for one driver; the largest of the kernel's take minutes
SPLIT_ELSE = r"\}\n[ \t]*else \{"
KEYWORDS = set("""auto break case char const continue default do double else enum extern float for goto
    if inline int long register return short signed sizeof static struct switch typedef union
    unsigned void volatile while""".split())
# What a zone may be called by: it is put, as it is, into every call.
ZONE = re.compile(r"[A-Za-z_]\w*((->|\.)[A-Za-z_]\w*|\[\w+\])*")
# module_<bus>_driver(driver): who registers it, and who takes that back.
BUSES = {
    "pci": ("pci_register_driver", "pci_unregister_driver"),
    "platform": ("platform_driver_register", "platform_driver_unregister"),
    "usb": ("usb_register", "usb_deregister"),
    "i2c": ("i2c_add_driver", "i2c_del_driver"),
    "spi": ("spi_register_driver", "spi_unregister_driver"),
    "virtio": ("register_virtio_driver", "unregister_virtio_driver"),
    "auxiliary": ("auxiliary_driver_register", "auxiliary_driver_unregister"),
}
# What a module begins with, in whatever way; and those of them that are understood.
ENTRY = r"^[ \t]*(module_init|module_\w*driver\w*|builtin_\w*driver\w*|\w*initcall\w*)[ \t]*\("
BUS_ENTRY = r"module_(%s)_driver\(\s*(\w+)\s*\);[ \t]*(?:\n|$)" % "|".join(BUSES)
INIT_ENTRY = r"module_init\(\s*(\w+)\s*\);[ \t]*(?:\n|$)"
EXIT_ENTRY = r"module_exit\(\s*(\w+)\s*\);[ \t]*(?:\n|$)"
LIFE = """\
/* Pages that the zone keeps in reserve; 0: labyrinth's default_reserve. */
static unsigned int {reserve};
module_param({reserve}, uint, 0444);
MODULE_PARM_DESC({reserve}, "pages that zone {name} keeps in reserve; 0: labyrinth's default_reserve");

static int __init {init}(void)
{{
	const struct labyrinth_zone_params params = {{
		.name = "{name}",
		.reserve = {reserve},
		.node = NUMA_NO_NODE,
	}};
	int err;

	{zone} = labyrinth_zone_create(&params);
	if (IS_ERR({zone}))
		return PTR_ERR({zone});
	err = {call};
	if (err)
		labyrinth_zone_destroy({zone});
	return err;
}}
module_init({init});
"""
DEATH = """\
static void __exit {exit}(void)
{{
	{call};
	labyrinth_zone_destroy({zone});
}}
module_exit({exit});
"""


class Refused(Exception):
    """What was given cannot be worked with; the message says what can."""


def named(paths):
    return paths[0] if len(paths) == 1 else "%s and %d more" % (paths[0], len(paths) - 1)


def read(path):
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        return file.read()


def code_of(text):
    """The same without comments and strings, every character where it was."""
    return re.sub(r"//[^\n]*|/\*.*?\*/|\"(\\.|[^\"\\\n])*\"", lambda m: re.sub(r"[^\n]", " ", m.group()),
                  text, flags=re.S)


def insert(text, offset, lines):
    return text[:offset] + lines + text[offset:]


# --- the files of a driver -----------------------------------------------------------


def check_lines(sources, headers):
    """spatch keeps the ends of the lines that it leaves alone, only."""
    for path in sources + headers + [there for _, there in local_headers(sources)]:
        if "\r" in read(path):
            raise Refused("'%s' has lines that end in CR LF: allowed are those that end in LF" % path)


def modules_of(sources):
    return [path for path in sources if re.search(r"^MODULE_LICENSE\b", code_of(read(path)), re.M)]


def check_name(zone, sources, headers):
    """A variable that is to be the zone must not be something else already."""
    files = sources + headers + [there for _, there in local_headers(sources)]
    texts = {path: code_of(read(path)) for path in files}
    if re.fullmatch(r"\w+", zone) and not any(declares(text, zone) for text in texts.values()):
        for path, text in texts.items():
            found = re.search(r"\b%s\b" % zone, text)
            if found:
                raise Refused("zone '%s': %s has that name in line %d, and for no zone: allowed is one that is free" %
                              (zone, path, text.count("\n", 0, found.start()) + 1))


def driver_files(path):
    """(what is migrated, what is looked at besides)"""
    if os.path.isfile(path):
        if not path.endswith(".c"):
            raise Refused("'%s' is no C source: allowed are .c files and directories with some" % path)
        return [path], []
    if not os.path.isdir(path):
        raise Refused("'%s' does not exist: allowed are .c files and directories with some" % path)
    found = sorted(os.path.join(path, name) for name in os.listdir(path))
    sources = [name for name in found if name.endswith(".c") and not name.endswith(".mod.c")]
    if not sources:
        raise Refused("'%s' has no .c file in it (a directory is one driver, those below are not looked at)" % path)
    modules = modules_of(sources)
    if len(modules) > 1:
        raise Refused("'%s' holds %d modules, %s among them: allowed are the directory of one, and single files" %
                      (path, len(modules), os.path.basename(modules[0])))
    return sources, [name for name in found if name.endswith(".h")]


def local_headers(sources):
    """(what stands in #include "…", where that is)"""
    for path in sources:
        for name in re.findall(r'^\s*#\s*include\s+"([^"]+)"', read(path), re.M):
            there = os.path.join(os.path.dirname(path), name)
            if os.path.isfile(there):
                yield name, there


def outside(sources, headers):
    """What else there is beside and below them, and beside the headers that they share."""
    shared = [there for _, there in local_headers(sources)]
    looked_at = {os.path.realpath(path) for path in sources + headers + shared}
    for place in dict.fromkeys(os.path.dirname(path) for path in sources + shared):
        for here, below, names in os.walk(place or "."):
            if place not in map(os.path.dirname, sources):
                below.clear()
            for name in sorted(names):
                path = os.path.normpath(os.path.join(here, name))
                if name.endswith((".c", ".h")) and not name.endswith(".mod.c") and os.path.isfile(path) and \
                        os.path.realpath(path) not in looked_at:
                    yield path


def words_outside(sources, headers):
    """Who has a member's name, or any, of those that are not looked at: for pages_code.py."""
    members, names = {}, {}
    for path in outside(sources, headers):
        code = code_of(read(path))
        for name in re.findall(r"(?:->|\.)\s*([A-Za-z_]\w*)", code):
            members.setdefault(name, path)
        for name in re.findall(r"[A-Za-z_]\w*", code):
            names.setdefault(name, path)
    return {"members": members, "names": names}


def run_spatch(spatch, zone, sources, headers, err):
    """({path: its new text}, of the files that change; was everything understood?)"""
    with tempfile.TemporaryDirectory(prefix="labyrinth-migrate.") as scratch:
        # A copy, since only then spatch gives back files and not a patch to be applied.
        copies = {}
        for number, path in enumerate(sources + headers):
            name = os.path.basename(path)
            # A name with a blank, or what else spatch makes more of, it does not get to see.
            if not re.fullmatch(r"\w[\w.+-]*", name, re.A):
                name = "labyrinth-%d%s" % (number, os.path.splitext(name)[1])
            copies[path] = os.path.join(scratch, name)
            shutil.copyfile(path, copies[path])
        given = {os.path.realpath(path) for path in headers}
        for name, there in local_headers(sources):
            here = os.path.join(scratch, name)
            if not name.startswith("..") and not os.path.exists(here) and os.path.realpath(there) not in given:
                os.makedirs(os.path.dirname(here), exist_ok=True)
                shutil.copyfile(there, here)
        before = {path: read(copy) for path, copy in copies.items()}
        # A driver may well have a macros.h of its own.
        aside = os.path.join(scratch, ".labyrinth")
        os.mkdir(aside)
        others = os.path.join(aside, "outside")
        with open(others, "w", encoding="ascii") as file:
            json.dump(words_outside(sources, headers), file)
        command = [spatch, "--very-quiet", "--no-show-diff", "--no-includes", "-D", "patch", "-D", "zone=" + zone,
                   "--in-place", *macro_options(spatch, MACROS, aside), "--cocci-file", COCCI, *copies.values()]
        try:
            # A .cocciconfig, at home or here, is somebody's for something else.
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False,
                                  encoding="utf-8", errors="surrogateescape", timeout=TIMEOUT,
                                  cwd=scratch, env=dict(os.environ, LC_ALL="C", HOME=scratch, TMPDIR=scratch,
                                                        LABYRINTH_OUTSIDE=others))
        except subprocess.TimeoutExpired:
            raise Refused("%s was not done with %s after %d s" % (spatch, named(sources), TIMEOUT)) from None
        here = os.path.dirname(sources[0])
        said = done.stderr
        for path, copy in sorted(copies.items(), key=lambda each: -len(each[1])):
            said = said.replace(copy, path)
        said = said.replace(scratch + os.sep, os.path.join(here, ""))
        err.write(said)
        if NO_PYTHON in said:
            raise Refused(WITHOUT_PYTHON)
        if done.returncode:
            raise Refused("%s ended with status %d, nothing of %s is migrated" %
                          (spatch, done.returncode, named(sources)))
        after = {path: read(copy) for path, copy in copies.items()}
        # spatch's braces around what was one statement.
        for path, text in after.items():
            if not re.search(SPLIT_ELSE, before[path]):
                after[path] = re.sub(SPLIT_ELSE, "} else {", text)
        understood = not re.search(r"EXN|left alone: spatch has not understood", said)
        return {path: text for path, text in after.items() if text != before[path]}, understood


# --- what it needs besides -----------------------------------------------------------


def include_lines(text, header):
    """(where it begins, where it ends, is it <linux/…>), of each #include that no #if
    decides on: but for that which keeps a header from being read twice."""
    depth, at = 0, 0
    for line in code_of(text).splitlines(keepends=True):
        if re.match(r"\s*#\s*if", line):
            depth += 1
        elif re.match(r"\s*#\s*endif", line):
            depth -= 1
        elif re.match(r"\s*#\s*include\b", line) and depth <= header:
            yield at, at + len(line), "<linux/" in line
        at += len(line)


def top_of(text):
    """Behind the comment that a file begins with, and what guards a header."""
    code = code_of(text)
    guard = re.search(r"\A\s*#\s*ifndef\s+(\w+)\s*\n\s*#\s*define\s+\1\b.*\n", code)
    if guard:
        return guard.end()
    return re.match(r"\s*", code).end()


def add_includes(text, names, header):
    """Behind the last <linux/…>, or before what else is included."""
    code = code_of(text)
    names = [name for name in names if not re.search(r"^\s*#\s*include\s+<%s>" % re.escape(name), code, re.M)]
    found = list(include_lines(text, header))
    kernel = [end for _, end, linux in found if linux]
    at = kernel[-1] if kernel else found[0][0] if found else top_of(text)
    return insert(text, at, "".join("#include <%s>\n" % name for name in names))


def behind_includes(text, header):
    """Where the first declarations stand."""
    found = [end for _, end, _ in include_lines(text, header)]
    return found[-1] if found else top_of(text)


def declares(text, zone):
    return re.search(r"\bstruct\s+labyrinth_zone\s*\*\s*%s\b" % re.escape(zone), code_of(text)) is not None


def add_import(text):
    code = code_of(text)
    if "LABYRINTH_IMPORT_NS" in code:
        return text
    found = re.search(r"^MODULE_LICENSE\b[^;]*;[^\n]*\n?", code, re.M)
    if not found:
        return text.rstrip("\n") + "\n\nLABYRINTH_IMPORT_NS;\n"
    return insert(text, found.end(), ("" if found.group().endswith("\n") else "\n") + "LABYRINTH_IMPORT_NS;\n")


def free_name(codes, name):
    """None that a file of the driver has, be it what it may."""
    while any(re.search(r"\b%s\b" % name, code) for code in codes):
        name += "_zone"
    return name


def conditions(code, offset):
    """The #if that decide on a place."""
    open_ones = []
    for m in re.finditer(r"^[ \t]*#[ \t]*(if|else|elif|endif)[^\n]*", code[:offset], re.M):
        if m.group(1).startswith("if"):
            open_ones.append(m)
        elif m.group(1) == "endif" and open_ones:
            open_ones.pop()
    return open_ones


def entry_of(sources):
    """(path, where its module_init() or module_<bus>_driver() stands); that is all there is."""
    entries = []
    for path in sources:
        code = code_of(read(path))
        entries += [(path, code, m) for m in re.finditer(ENTRY, code, re.M)]
    if not entries:
        raise Refused("%s: there is no init that creates the zone: allowed are module_init() and "
                      "module_<bus>_driver() of %s" % (named(sources), ", ".join(sorted(BUSES))))
    places = ["%s:%d" % (path, code.count("\n", 0, m.start()) + 1) for path, code, m in entries]
    path, code, found = entries[-1]
    if len(entries) > 1:
        raise Refused("%s: an init besides that of %s: only a module with one can have its zone created" %
                      (places[1], places[0]))
    if conditions(code, found.start()):
        raise Refused("%s: an #if decides on %s(): the zone cannot be created there" % (places[0], found.group(1)))
    if not re.match(r"(?:%s|%s)" % (BUS_ENTRY, INIT_ENTRY), code[found.start():]):
        raise Refused("%s: %s() is no init that can create the zone: allowed are module_init(function) and "
                      "module_<bus>_driver(driver) of %s" % (places[0], found.group(1), ", ".join(sorted(BUSES))))
    exits = [m for m in re.finditer(r"^[ \t]*module_exit\b", code, re.M)]
    if len(exits) > 1 or any(conditions(code, m.start()) for m in exits) or \
            exits and not re.match(EXIT_ENTRY, code[exits[0].start():]):
        raise Refused("%s: its module_exit() is not one by itself, as module_exit(function): the zone cannot be "
                      "destroyed there" % path)
    return path


def add_life(text, zone, codes):
    """The zone is there before the module's own init and after its exit."""
    code = code_of(text)
    words = {"zone": zone, "name": zone.lstrip("_")}
    for word in ("init", "exit", "reserve"):
        words[word] = free_name(codes, "%s_%s" % (zone, word))
    bus = re.search("^" + BUS_ENTRY, code, re.M)
    if bus:
        register, unregister = BUSES[bus.group(1)]
        life = LIFE.format(call="%s(&%s)" % (register, bus.group(2)), **words) + "\n" + \
            DEATH.format(call="%s(&%s)" % (unregister, bus.group(2)), **words)
        return text[:bus.start()] + life + text[bus.end():]
    start = re.search("^" + INIT_ENTRY, code, re.M)
    stop = re.search("^" + EXIT_ENTRY, code, re.M)
    changes = [(start, LIFE.format(call=start.group(1) + "()", **words))]
    if stop:
        changes.append((stop, DEATH.format(call=stop.group(1) + "()", **words)))
    for found, lines in sorted(changes, key=lambda change: -change[0].start()):
        before = text[:found.start()]
        lines = lines if before.endswith("\n\n") else "\n" + lines
        text = before + lines + text[found.end():]
    return text


def complete(zone, changed, sources, headers, create):
    """Header, import and declaration for the files that spatch has changed."""
    texts = dict(changed)
    home = (create and [entry_of(sources)] or modules_of(sources) or [path for path in sorted(changed) if path in sources] or sources)[0]
    shared = any(path != home for path in changed)
    known = [zone for _, header in local_headers(sources) if declares(read(header), zone)]
    text = texts.get(home) or read(home)
    if create:
        codes = [code_of(read(path)) for path in dict.fromkeys(
            sources + headers + [there for _, there in local_headers(sources)])]
        text = add_life(text, zone, codes)
    imported = any("LABYRINTH_IMPORT_NS" in code_of(read(path)) for path in sources)
    texts[home] = text if imported else add_import(text)
    for path in sorted(texts):
        header = path.endswith(".h")
        names = ["linux/err.h"] if "labyrinth_zone_create" in texts[path] else []
        text = add_includes(texts[path], names + ["linux/labyrinth.h"], header)
        if re.fullmatch(r"\w+", zone) and not known and not declares(text, zone):
            word = "extern " if path != home else "" if shared else "static "
            text = insert(text, behind_includes(text, header),
                          "\n%sstruct labyrinth_zone *%s;\n" % (word, zone))
        texts[path] = text
    return texts


# --- all together --------------------------------------------------------------------


def replace(path, text):
    """In one go, or not at all."""
    path = os.path.realpath(path)
    part = path + ".labyrinth-part"
    try:
        with open(part, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(text)
        shutil.copymode(path, part)
        os.replace(part, path)
    finally:
        if os.path.exists(part):
            os.unlink(part)


def show_diff(path, text, out):
    lines = difflib.unified_diff(read(path).splitlines(keepends=True), text.splitlines(keepends=True),
                                 "a/" + path.lstrip("/"), "b/" + path.lstrip("/"))
    for line in lines:
        out.write(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n")


def check_zone(zone, create):
    if not ZONE.fullmatch(zone) or zone in KEYWORDS:
        raise Refused("zone '%s': allowed is a variable or a member of one, as rx_zone or adapter->zone" % zone)
    if create and not re.fullmatch(r"\w+", zone):
        raise Refused("zone '%s': only one that is a variable can be created, as rx_zone" % zone)
    name = zone.lstrip("_")
    if create and not 1 <= len(name) <= NAME_MAX:
        raise Refused("zone '%s': a name has 1 to %d characters, underscores in front not counted" % (zone, NAME_MAX))


def migrate(zone, paths, *, write, create, out, err):
    """Migrate each of `paths`; the exit status is 0 if nothing went wrong.

    What cannot be migrated is said on `err` and is nothing wrong; that spatch has not
    understood something is."""
    status = 0
    for stream in (out, err):
        # A file need not be UTF-8, and its diff is to be applied.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="surrogateescape")
    try:
        check_zone(zone, create)
        spatch = program(PROBE)
        if not paths:
            raise Refused("no path: allowed are .c files and directories with some")
    except (Refused, Problem) as refused:
        err.write("labyrinth-audit: %s\n" % refused)
        return 2
    for path in paths:
        try:
            sources, headers = driver_files(path)
            check_lines(sources, headers)
            check_name(zone, sources, headers)
            changed, understood = run_spatch(spatch, zone, sources, headers, err)
            status = status if understood else 2
            if not changed:
                err.write("%s: nothing to migrate\n" % path)
                continue
            for name, text in sorted(complete(zone, changed, sources, headers, create).items()):
                if write:
                    replace(name, text)
                else:
                    show_diff(name, text, out)
        except (Refused, OSError) as refused:
            err.write("labyrinth-audit: %s\n" % refused)
            status = 2
    return status
