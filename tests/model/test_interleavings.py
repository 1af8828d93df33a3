# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Admission holds its invariants through random histories (N of them, from SEED on) and through the schedules made by hand."""
from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.model import directed, interleavings
from tests.model.interleavings import History

HISTORIES = int(os.environ.get("N") or 2000)
FIRST = int(os.environ.get("SEED") or 1)
PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.timeout(1500)
def test_random_histories_break_nothing(part: int, capsys: pytest.CaptureFixture[str]) -> None:
    share = -(-HISTORIES // PARTS)
    line, broken = interleavings.run_many(share, FIRST + part * share)
    with capsys.disabled():
        print(f"\n{line}")
    assert broken is None, "\n".join([*broken.log, line])


@pytest.mark.parametrize("schedule", directed.SCHEDULES, ids=lambda schedule: schedule.__name__)
def test_schedules_by_hand_break_nothing(schedule: Callable[[History], None]) -> None:
    History(1, script=schedule).run()


def test_a_seed_gives_the_same_steps_each_time() -> None:
    first, second = History(11), History(11)
    first.run()
    second.run()
    assert first.log == second.log
