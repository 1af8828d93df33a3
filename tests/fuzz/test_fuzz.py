# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a manager sends, every name gets the right MAC or a reason of the list, nothing leaves a thread, nothing hangs (N cases a vendor, from SEED on)."""
from __future__ import annotations

import multiprocessing
import os
import random
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.fuzz import running
from tests.fuzz.mutations import mutate
from tests.simulators.serving import Reply

CASES = int(os.environ.get("N") or 3000)
SEED = int(os.environ.get("SEED") or 1)
SHARES = 4                  # of each vendor; more than processors, so that none waits for the slowest


@pytest.mark.timeout(1500)
def test_every_name_gets_the_right_mac_or_a_reason(record_property: pytest.RecordProperty) -> None:
    figures = running.Figures()
    with ProcessPoolExecutor(max_workers=os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
        for share in [pool.submit(running.run_share, kind, CASES, SEED, share, SHARES) for kind in running.KINDS for share in range(SHARES)]:
            figures.add(share.result())
    record_property("figures", figures.line)
    assert not figures.wrong, "\n".join([*figures.wrong[:20], figures.line])
    assert figures.cases == CASES * len(running.KINDS) and figures.right > figures.cases // 4 and figures.reasons.total() > figures.cases // 4, figures.line


def test_a_wrong_mac_would_be_seen() -> None:
    """The judge is no use otherwise: it is shown the MAC of another port."""
    figures = running.Figures()
    with running.started("ome") as system:
        name = system.inventory.names[0]
        outcome = running.ask(system, [name])[name]
        assert not running.fault_of(system.inventory, name, outcome, figures)
        system.inventory[name].boot_mac = "02:00:00:00:00:01"
        assert "instead of 02:00:00:00:00:01" in running.fault_of(system.inventory, name, outcome, figures)
    assert running.fault_of(system.inventory, name, None, figures)


@pytest.mark.parametrize("body", [b'{"a": [1, {"b": "c"}]}', b'<a b="c"><d e="f"/></a>'])
def test_every_mutation_changes_something_and_a_seed_draws_the_same(body: bytes) -> None:
    reply = Reply(200, body)
    drawn = [mutate(reply, random.Random(seed)) for seed in range(300)]
    assert drawn == [mutate(reply, random.Random(seed)) for seed in range(300)]
    assert sum(other == reply for other, _what in drawn) < 15 and all(what for _other, what in drawn)
