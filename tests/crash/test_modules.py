# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules as processes: SIGKILL before and after every single call of the API, at every request to a manager, then ordinary runs."""
from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from .cases import Bench
from .killing import SIDES, ApiStrike, ManagerStrike, Strike
from .leftovers import Leftovers
from .scenarios import SCENARIOS, Scenario
from .world import RESOLVE, World


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_killed_at_every_call(world: World, scenario: Scenario, side: str, record_property: pytest.RecordProperty) -> None:
    """The calls go on until the module comes to its end unharmed: then every one of them has been the last."""
    kills, sessions = kill_at_each(Bench(world, scenario), lambda index: ApiStrike(world.simulator.faults, index, side), side == SIDES[0])
    record_property("kills", kills)
    record_property("calls", kills if side == SIDES[0] else 0)
    record_property("sessions", sessions)


@pytest.mark.parametrize("scenario", [scenario for scenario in SCENARIOS if scenario.module == RESOLVE], ids=str)
def test_killed_at_every_request_to_the_manager(world: World, scenario: Scenario, record_property: pytest.RecordProperty) -> None:
    """From the login to the logout."""
    kills, sessions = kill_at_each(Bench(world, scenario), lambda index: ManagerStrike(world.oneview, index), True)
    assert sessions, "nobody was killed while logged in"
    record_property("kills", kills)
    record_property("requests", kills)
    record_property("sessions", sessions)


def kill_at_each(bench: Bench, arm: Callable[[int], Strike], metal3_first: bool) -> tuple[int, int]:
    """How many kills there were, and how many sessions they left."""
    left: list[Leftovers] = []
    while True:
        bench.put_back()
        one = kill(bench, arm(len(left)), metal3_first)
        if one is None:
            assert left, "no call was reached"
            return len(left), sum(here.sessions for here in left)
        left.append(one)


def kill(bench: Bench, strike: Strike, metal3_first: bool) -> Leftovers | None:
    """One case: what was left; None when the module ended before it came to that call."""
    world = bench.world
    victim = world.process(bench.scenario.module).start()
    strike.aim(lambda _call: victim.kill())
    code = victim.end()
    if not strike.happened:
        assert code == 0, victim.printed
        return None
    assert code == -signal.SIGKILL, f"{strike.told}: exit code {code}, {victim.printed}"
    world.quiet()
    left = Leftovers(world, world.temporary)
    bench.go_on(metal3_first)
    wrong = bench.what_is_wrong() + left.what_is_wrong()
    assert not wrong, "\n".join([f"{bench.scenario}: {bench.scenario.module} was {strike.told}; then {bench.scenario.rounds} ordinary runs", *wrong])
    return left
