# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same work for many items, a few at a time."""
from __future__ import annotations

import threading

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.parallel import as_done, each


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_results_come_in_the_order_of_the_items(limit: int) -> None:
    assert each(lambda number: number * 2, range(50), limit) == [number * 2 for number in range(50)]


def test_what_ends_first_is_there_first() -> None:
    first_may_end = threading.Event()
    results = as_done(lambda number: first_may_end.wait(10) if number == 0 else True, range(2), 2)
    assert next(results)[0] == 1
    first_may_end.set()
    assert next(results)[0] == 0


def test_an_error_is_raised_and_stops_what_has_not_begun() -> None:
    begun = []

    def work(number: int) -> None:
        begun.append(number)
        raise ValueError(number)

    with pytest.raises(ValueError):
        each(work, range(1000), 2)
    assert len(begun) < 1000
