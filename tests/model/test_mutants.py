# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each step of admission that is left out is noticed: by a random history, or by a schedule made by hand."""
from __future__ import annotations

import os

import pytest

from tests.model.mutants import MUTANTS, Mutant, killed_by

BUDGET = int(os.environ.get("MUTANT_HISTORIES") or 600)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
@pytest.mark.timeout(600)
def test_admission_without_it_breaks(mutant: Mutant, capsys: pytest.CaptureFixture[str]) -> None:
    killer = killed_by(mutant, range(1, BUDGET + 1))
    with capsys.disabled():
        print(f"\nmutants: without {mutant.name}: {'killed by ' + killer if killer else 'SURVIVES'}")
    assert killer is not None, f"admission without {mutant.name} breaks nothing in {BUDGET} histories"
