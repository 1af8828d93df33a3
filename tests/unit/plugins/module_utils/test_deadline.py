# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A deadline passes by itself, or is brought here."""
from __future__ import annotations

from ansible_collections.baremetal.generator.plugins.module_utils.deadline import Deadline


def test_it_passes_with_time_and_never_has_less_than_nothing_left() -> None:
    now = 100.0
    deadline = Deadline(5, clock=lambda: now)
    assert (deadline.left(), deadline.passed()) == (5, False)
    now = 107.0
    assert (deadline.left(), deadline.passed()) == (0, True)


def test_it_can_be_brought_here() -> None:
    deadline = Deadline(60)
    deadline.cancel()
    assert deadline.passed()
