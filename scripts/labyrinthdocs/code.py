# SPDX-License-Identifier: GPL-2.0
"""Each block of C in the documentation as a source file, for kbuild to compile."""

import os
import re
import sys

from . import blocks, tree

# A block that is no list of statements has one of these at the beginning of a line.
AT_FILE_SCOPE = re.compile(r"^(?:#include|static|struct \w+ \{|enum \w+ \{|typedef|extern|[A-Z_]+(?:\(.*\))?;$|"
                           r"(?:\w+[ *]+)+\w+\([^;]*\)$)", re.M)
INCLUDE = re.compile(r"<[\w/.-]+\.h>")

# rx is to have an owner, for there to be something to see.
MODULE = """// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
#line {line} "README.md"
{block}
#line 1 "documented"
static struct page *held;

static int __init documented_init(void)
{{
	int ret = rx_start();

	if (!ret)
		held = rx_page();
	return ret;
}}

static void __exit documented_exit(void)
{{
	labyrinth_free_page(zone, held);
	labyrinth_zone_destroy(zone);
}}

module_init(documented_init);
module_exit(documented_exit);
MODULE_DESCRIPTION("What README.md shows");
MODULE_LICENSE("GPL");
"""


def source(block, before):
    """A file of its own, whose lines are those of the page."""
    includes = INCLUDE.findall(before)
    declared = INCLUDE.sub("", before).strip()
    text = ["#include <linux/labyrinth.h>"] + [f"#include {name}" for name in includes]
    place = f'#line {block.line} "{block.page}"\n{block.text}'
    if AT_FILE_SCOPE.search(block.text):
        text += [declared, place]
    else:
        text += ["void documented(void);", "void documented(void)", "{", declared, place, "}"]
    return "\n".join(text) + "\n"


def module(top, out):
    """Writes OUT/documented.c, a module of the README's driver, and OUT/Kbuild."""
    readme = [block for block in blocks.blocks("README.md", tree.read(top, "README.md"))
              if block.language == "c" and "rx_start(void)" in block.text]
    if len(readme) != 1:
        print(f"README.md has {len(readme)} blocks of C with rx_start(), which this check is to load")
        return 1
    with open(os.path.join(out, "documented.c"), "w", encoding="utf-8") as file:
        file.write(MODULE.format(block=readme[0].text, line=readme[0].line))
    with open(os.path.join(out, "Kbuild"), "w", encoding="utf-8") as file:
        file.write(f"ccflags-y += -I{top}/include -Werror\nobj-m += documented.o\n")
    return 0


def main(top, out):
    """Writes OUT/block-N.c and OUT/Kbuild; prints how many, and which are not compiled and why."""
    names, left_out, wrong = [], [], 0
    for page in tree.pages(top):
        for block in blocks.blocks(page, tree.read(top, page)):
            reason = block.said("not compiled")
            if block.language != "c":
                continue
            if reason is not None:
                if not reason:
                    print(f"{block.where}: 'not compiled' without a reason")
                    wrong += 1
                left_out.append(f"{block.where}: {reason}")
                continue
            names.append(f"block-{len(names) + 1}")
            with open(os.path.join(out, names[-1] + ".c"), "w", encoding="utf-8") as file:
                file.write(source(block, block.said("c") or ""))
    with open(os.path.join(out, "Kbuild"), "w", encoding="utf-8") as file:
        # Several blocks show how one declares what nobody goes on to use.
        file.write(f"ccflags-y += -I{top}/include -Werror -Wno-unused -Wno-missing-prototypes "
                   "-Wno-missing-declarations\n")
        file.writelines(f"obj-m += {name}.o\n" for name in names)
    with open(os.path.join(out, "left-out"), "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in left_out)
    print(*(name + ".o" for name in names), file=open(os.path.join(out, "objects"), "w", encoding="utf-8"))
    return 1 if wrong or not names else 0


if __name__ == "__main__":
    sys.exit(module(*sys.argv[2:]) if sys.argv[1] == "--module" else main(*sys.argv[1:]))
