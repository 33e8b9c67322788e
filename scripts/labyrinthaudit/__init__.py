# SPDX-License-Identifier: GPL-2.0
"""What scripts/labyrinth-audit is made of.

cli reads the command line; rules and files say what is looked for and where; engine has
spatch do it, a chunk of files at a time; source turns what it prints into findings;
baseline takes away those that are known; report_… print the rest.
"""
