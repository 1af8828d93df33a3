# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Growth is told from noise."""
from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.endurance.measures import Sample, courses

FLAT = {"memory": 140.0, "open_files": 17, "threads": 16, "children": 0, "files": 2, "watches": 11, "sessions": 0}
Change = Callable[[int], float]


def grown(name: str, more: Change) -> list[str]:
    """What is said to grow in a life in which this measure is so much higher at each minute."""
    samples = [Sample(**{**FLAT, name: FLAT[name] + more(minute)}) for minute in range(30)]
    return [course.name for course in courses(samples) if course.grew]


@pytest.mark.parametrize(("name", "more"), [
    ("memory", lambda minute: 1.0 * minute), ("memory", lambda minute: 15.0 * (minute >= 26)), ("open_files", lambda minute: minute // 5),
    ("threads", lambda minute: minute // 5), ("children", lambda minute: minute >= 20), ("files", lambda minute: minute // 3),
    ("watches", lambda minute: minute // 6), ("sessions", lambda minute: minute >= 22),
], ids=["slow leak", "late step", "open file a restart", "thread a restart", "child", "files left", "watch a restart", "session"])
def test_growth_is_noticed(name: str, more: Change) -> None:
    assert grown(name, more) == [name]


@pytest.mark.parametrize(("name", "more"), [
    ("memory", lambda minute: 40.0 * (minute < 4)), ("memory", lambda minute: 60.0 * (minute == 17)), ("memory", lambda minute: 0.4 * minute),
    ("open_files", lambda minute: minute % 2), ("threads", lambda minute: minute >= 9), ("files", lambda minute: 13 * (minute == 23)),
], ids=["less than at the start", "one peak", "less than a tenth", "one more or less", "one thread", "a run that is just ending"])
def test_noise_is_not(name: str, more: Change) -> None:
    assert not grown(name, more)
