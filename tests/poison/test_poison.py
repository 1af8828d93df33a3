# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A world with one poisoned thing ends as it does without it (N of them, from SEED on); and the boundary is missed wherever it is taken out."""
from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.poison import boundary, cases, teeth

CASES = int(os.environ.get("N") or 3000)
SEED = int(os.environ.get("SEED") or 1)
SHARES = 8                  # more than processors, so that none waits for the slowest


@pytest.mark.timeout(1500)
def test_one_bad_thing_stops_one_thing(record_property: pytest.RecordProperty) -> None:
    figures = cases.Figures()
    with ProcessPoolExecutor(max_workers=os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
        for share in [pool.submit(cases.run_share, CASES, SEED, share, SHARES) for share in range(SHARES)]:
            figures.add(share.result())
    record_property("figures", figures.line)
    assert not figures.harms, "\n".join([*cases.told(figures.harms), figures.line])
    assert figures.named > figures.cases // 4, f"too few of them were any poison: {figures.line}"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("part", ["managers", "stages and sources"])
def test_the_boundary_is_missed_wherever_it_is_taken_out(part: str, record_property: pytest.RecordProperty) -> None:
    found = teeth.bite(part == "managers", 2000)
    record_property("figures", found.line)
    assert not found.survives, "\n".join([*teeth.told(found), found.line])


def test_the_places_of_the_boundary_are_found() -> None:
    assert len(boundary.places()) > 20
    assert all(place.function for place in boundary.places())


def test_a_seed_draws_the_same_cases_each_time() -> None:
    first, again, other = ([case.what for case in cases.drawn(200, seed)] for seed in (5, 5, 6))
    assert first == again != other
    assert len(set(first)) == len(first)
