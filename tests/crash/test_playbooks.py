# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Through ansible-playbook and both doors: SIGKILL to a stage, to it and its parents, or to ansible-playbook alone, at random calls of the API."""
from __future__ import annotations

import os
import random
import shutil
import signal

import pytest

from tests.fixtures.ansible import DOORS, Playbooks

from .cases import Bench
from .killing import SIDES, ApiStrike
from .leftovers import Leftovers
from .playbook_run import BOTH, PARENT, STAGE, PlaybookRun
from .scenarios import SCENARIOS, Scenario
from .world import World

KILLS = int(os.environ.get("N") or 30)
SEED = int(os.environ.get("SEED") or 1)
SHARES = {scenario.name: len(range(number, KILLS, len(SCENARIOS))) for number, scenario in enumerate(SCENARIOS)}


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_killed_through_ansible_playbook(world: World, playbooks: Playbooks, scenario: Scenario, record_property: pytest.RecordProperty) -> None:
    """N kills of stages over all scenarios, and one of ansible-playbook alone in each."""
    bench, chance = Bench(world, scenario), random.Random(f"{SEED} {scenario}")
    calls, sessions = bench.calls(), 0
    for whom in [*chance.choices([STAGE, BOTH], k=SHARES[scenario.name]), PARENT]:
        index, side, door, left = calls, chance.choice(SIDES), chance.choice(DOORS), None
        while left is None:                                     # a run may make a call less than the one that was counted
            index = chance.randrange(index)
            left = kill_at(bench, playbooks, index, side, door, whom)
        sessions += left
    record_property("kills", SHARES[scenario.name] + 1)
    record_property("through ansible-playbook", SHARES[scenario.name] + 1)
    record_property("sessions", sessions)


def kill_at(bench: Bench, playbooks: Playbooks, index: int, side: str, door: str, whom: str) -> int | None:
    """One case: how many sessions were left; None when the run ended before it came to that call."""
    world = bench.world
    bench.put_back()
    shutil.rmtree(world.temporary)
    world.temporary.mkdir()
    strike = ApiStrike(world.simulator.faults, index, side, survived=whom == PARENT)
    run = PlaybookRun(world, playbooks, door)
    strike.aim(lambda call: run.kill(whom, call))
    code = run.end()
    steps = f"SEED={SEED}: {bench.scenario}, {door} door: {whom} {strike.told}; then {bench.scenario.rounds} ordinary runs"
    if not strike.happened:
        assert code == 0, f"{steps}: exit code {code}\n{run.printed}"
        return None
    assert code == -signal.SIGKILL if whom != STAGE else code > 0, f"{steps}: exit code {code}\n{run.printed}"
    came = world.quiet() - run.calls
    assert whom == PARENT or came == 0, f"{steps}: {came} calls came after the kill"
    left = Leftovers(world, world.temporary)
    bench.go_on(metal3_first=side == SIDES[0])
    wrong = bench.what_is_wrong() + left.what_is_wrong(run.told)
    if whom == PARENT and left.sessions:
        wrong.append("a stage whose parent died left its session open")
    assert not wrong, "\n".join([steps, *wrong])
    return left.sessions
