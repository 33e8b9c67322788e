# SPDX-License-Identifier: GPL-2.0
"""The labyrinth command, one concern a file."""
