# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules as processes: SIGKILL before and after every single call of the API, then ordinary runs."""
from __future__ import annotations

import itertools
import signal

import pytest

from .cases import Bench
from .killing import SIDES, Strike
from .leftovers import Leftovers
from .scenarios import SCENARIOS, Scenario
from .world import World


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_killed_at_every_call(world: World, scenario: Scenario, side: str, record_property: pytest.RecordProperty) -> None:
    """The calls go on until the module comes to its end unharmed: then every one of them has been the last."""
    bench, sessions = Bench(world, scenario), 0
    for index in itertools.count():
        left = kill_at(bench, index, side)
        if left is None:
            break
        sessions += left.sessions
    assert index, "no call was reached"
    record_property("kills", index)
    record_property("calls", index if side == SIDES[0] else 0)
    record_property("sessions", sessions)


def kill_at(bench: Bench, index: int, side: str) -> Leftovers | None:
    """One case: what was left; None when the module ended before it came to that call."""
    world = bench.world
    bench.put_back()
    strike = Strike(world.simulator.faults, index, side)
    victim = world.process(bench.scenario.module).start()
    strike.aim(lambda _call: victim.kill())
    code = victim.end()
    if not strike.happened:
        assert code == 0, victim.printed
        return None
    assert code == -signal.SIGKILL, f"{strike.told}: exit code {code}, {victim.printed}"
    world.quiet()
    left = Leftovers(world, world.temporary)
    bench.go_on(metal3_first=side == SIDES[0])
    wrong = bench.what_is_wrong() + left.what_is_wrong()
    assert not wrong, "\n".join([f"{bench.scenario}: {bench.scenario.module} was {strike.told}; then {bench.scenario.rounds} ordinary runs", *wrong])
    return left
