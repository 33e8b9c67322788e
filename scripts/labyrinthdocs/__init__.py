# SPDX-License-Identifier: GPL-2.0
"""The documentation as a site: the pages that Sphinx is given, and what is checked of them."""
