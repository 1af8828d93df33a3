# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table: requests in the order in which they are asked; each file begins with a namespace of its own."""
from __future__ import annotations

from ..asking import Ask
from . import apply, builtins, definitions, lists, objects, rights, validation, watches

TABLE: list[Ask] = [
    *definitions.CASES, *objects.CASES, *validation.CASES, *lists.CASES, *watches.CASES, *builtins.CASES, *apply.CASES, *rights.CASES, *definitions.LAST,
]
