# SPDX-License-Identifier: GPL-2.0
"""The version, which the public header says."""

import argparse
import os
import re

HERE = os.path.dirname(os.path.realpath(__file__))


def version():
    """Of the tree that this is in or, installed, what scripts/install-tools has left."""
    try:
        with open(os.path.join(HERE, "VERSION"), encoding="ascii") as installed:
            return installed.read().strip()
    except FileNotFoundError:
        pass
    with open(os.path.join(HERE, "../../include/linux/labyrinth.h"), encoding="utf-8") as header:
        return re.search(r'^#define LABYRINTH_VERSION\s+"([^"]+)"', header.read(), re.MULTILINE).group(1)


class Version(argparse.Action):
    """--version; nothing is read unless it is asked for."""

    def __init__(self, option_strings, dest, **others):
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, help="print the version", **others)

    def __call__(self, parser, namespace, values, option_string=None):
        print(parser.prog, version())
        parser.exit()
