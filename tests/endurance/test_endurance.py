# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One rulebook lives thirty compressed minutes (N generators come and go): it holds no more at their end than after five, and nobody is forgotten."""
from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.baremetal.generator.plugins.module_utils import names

from tests.bench.world import World
from tests.demo.processes import Processes
from tests.endurance.life import CAPS, MINUTES, OUTAGES, RESTARTS, Life
from tests.endurance.measures import Sample, courses, figures, sample
from tests.fixtures.rulebook import Rulebook
from tests.model.invariants import entries, inert, marks
from tests.simulators.metal3 import Metal3
from tests.tools.places import ROOT

COUNT = int(os.environ.get("N") or 90)
SEED = int(os.environ.get("SEED") or 1)
TWELVEFOLD = {"generator_interval_seconds": 2.5, "generator_retry_seconds": 2.5, "generator_relist_seconds": 50}      # as time goes by in this life


@pytest.fixture(name="world")
def world_fixture(tmp_path: Path) -> Iterator[World]:
    """An API, and three vendors that answer at once."""
    (tmp_path / "logs").mkdir()
    processes = Processes(tmp_path / "logs", {**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        with World(tmp_path / "world", processes, servers=COUNT // 3 + 10, latency=0.0) as world:
            yield world
    finally:
        processes.stop_all()


@pytest.mark.timeout(1400)
def test_thirty_minutes_leave_nothing_behind_and_nobody_out(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert COUNT >= 45, "N must be 45 or more, so that servers of every vendor come in each outage"
    rulebook = world.rulebook(**TWELVEFOLD)
    begun = time.monotonic()
    with Metal3(world.kubeconfig, 0.05, 0.1) as metal3:
        rulebook.start()
        life = Life(world, rulebook, metal3, COUNT, SEED)
        samples = live(life)
        with capsys.disabled():
            print(f"\nendurance: {MINUTES} minutes in {time.monotonic() - begun:.0f} s, {len(life.came)} generators came, {len(life.gone)} went, "
                  f"{len(OUTAGES)} outages of managers, {len(RESTARTS)} restarts of the API, {len(CAPS)} caps, {len(rulebook.starts)} playbooks; "
                  f"from the fifth minute on: {figures(samples)}; seed {SEED}")
        grown = [course for course in courses(samples) if course.grew]
        assert not grown, told(life, f"grew by more than a tenth: {grown}")
        assert life.felt == len(OUTAGES) and life.most_waiting, told(life, "every outage was felt, and the cap too")
        assert all(kind["watches"] > len(RESTARTS) for kind in rulebook.health()["kinds"].values()), "every restart broke the watches"
        nobody_is_left_out(world, life)
    stopped_cleanly(world, rulebook)


def live(life: Life) -> list[Sample]:
    """All minutes, one sample at the end of each."""
    samples = []
    try:
        for number in range(MINUTES):
            life.minute(number)
            samples.append(sample(life.world, life.rulebook))
        life.end()
    except AssertionError as error:
        raise AssertionError(told(life, f"{error}; {dict(life.phases())}")) from error
    return samples


def told(life: Life, what: str) -> str:
    """With the seed and the steps."""
    return "\n".join([f"endurance: seed {SEED}, the steps:", *life.steps, what])


def nobody_is_left_out(world: World, life: Life) -> None:
    """Each generator that stayed has the one host that is its own, with its Secret; of the others nothing is left."""
    generators, hosts = world.api.list("baremetalhostgenerators"), world.api.list("baremetalhosts")
    assert {one["metadata"]["name"] for one in generators} == set(life.came) - life.gone
    assert sorted(marks(host)[names.GENERATOR_NAME] for host in hosts) == sorted(one["metadata"]["name"] for one in generators)
    assert not any(inert(host) for host in hosts) and not any(entries(buffer) for buffer in world.api.list("baremetalhostbuffers"))
    assert {secret["metadata"]["name"] for secret in world.api.list("secrets")} == {host["spec"]["bmc"]["credentialsName"] for host in hosts}


def stopped_cleanly(world: World, rulebook: Rulebook) -> None:
    """Nothing of it lives on, anywhere."""
    assert rulebook.stop() == 0, rulebook.output
    assert rulebook.alive() == [] and rulebook.left_in_tmp() == [] and not rulebook.heartbeat.exists()
    assert not any(counters["open_sessions"] for counters in world.counters().values())
