# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What went wrong with the operator before, each as it happened there: ten at once, a lock whose holder dies, fifty in the line."""
from __future__ import annotations

import signal
import threading
from collections import Counter

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import HOST
from tests.fixtures.site import NAMESPACE
from tests.simulators.kubernetes.store import Backup
from tests.waiting import until

from .judging import Story
from .world import ADMIT, AT_ONCE, RESOLVE, World

LEDGER = "baremetalhostbuffers/default/status"
SECONDS = 30.0


def story(world: World, backup: Backup, began: int) -> Story:
    """What happened since."""
    return Story(world.simulator, backup, world.simulator.history[began:])


@pytest.mark.parametrize("takeover_seconds", [15.0, AT_ONCE])
def test_ten_generators_at_once(world: World, takeover_seconds: float) -> None:
    """Ten onboard ten with a cap of three, all at the same time; they may even take each other's work over. The cap is exact, each host is made once."""
    world.cap(3)
    for number in range(1, 11):
        world.generator(f"g-{number:02d}", f"node-{number:02d}")
    backup, began = world.simulator.backup(), len(world.simulator.history)
    for module in (RESOLVE, ADMIT):
        meeting, since = threading.Barrier(2), world.quiet()
        world.simulator.faults.add("call", method="PUT", path=LEDGER, times=2, before=lambda _call, here=meeting: here.wait(SECONDS))
        more = {"takeover_seconds": takeover_seconds} if module == ADMIT else {}
        runs = [world.process(module, **more).start() for _run in range(10)]
        for run in runs:
            run.result()
        refused = [call for call in world.simulator.requests[since:] if call.path.endswith(LEDGER) and call.status == 409]
        assert refused and not meeting.broken, "no two of them came to the ledger at once"
    seen = story(world, backup, began)
    assert seen.wrong + seen.out_of_line() + seen.at_rest() == []
    assert Counter(seen.phases().values()) == {names.COMPLETED: 3, names.BUFFERED: 7}
    assert seen.activated == Counter(list(seen.granted)) and len(seen.granted) == 3
    world.cap(10)
    world.run(ADMIT)
    seen = story(world, backup, began)
    assert seen.wrong + seen.out_of_line() + seen.at_rest() == []
    assert seen.activated == {name: 1 for name in seen.phases()} and set(seen.phases().values()) == {names.COMPLETED}


def test_lock_holder_crashes(world: World) -> None:
    """Who dies with open reservations keeps their slots for a while, and nobody else from anything: there is no lock."""
    world.cap(3)
    for number in range(1, 3):
        world.generator(f"g-{number}", f"node-0{number}")
    world.run(RESOLVE)
    backup, began = world.simulator.backup(), len(world.simulator.history)
    aimed = threading.Event()
    dying = world.process(ADMIT)
    world.simulator.faults.add("call", method="PUT", path=LEDGER, after=lambda _call: aimed.wait(SECONDS) and dying.kill())
    dying.start()
    aimed.set()
    assert dying.end() == -signal.SIGKILL
    held = world.entries()
    assert [entry["generator"]["name"] for entry in held] == ["g-1", "g-2"]

    world.generator("g-3", "node-03")
    world.run(RESOLVE)
    assert world.phase("g-3") == names.BUFFERED
    patient = world.process(ADMIT, takeover_seconds=3600.0).start()
    until(lambda: world.phase("g-3") == names.COMPLETED, SECONDS, "who came later has the free slot")
    until(lambda: world.entries() == held, SECONDS, "only the reservations of the dead one are left")
    assert patient.running and {world.phase("g-1"), world.phase("g-2")} == {names.BUFFERED}

    world.run(ADMIT)
    assert {world.phase(f"g-{number}") for number in range(1, 4)} == {names.COMPLETED}
    patient.result()
    world.run(ADMIT)
    seen = story(world, backup, began)
    assert seen.wrong + seen.at_rest() == []
    assert seen.activated == {"g-1": 1, "g-2": 1, "g-3": 1}
    assert not [call for call in world.simulator.requests if "lease" in call.path]


def test_fifty_buffered(world: World) -> None:
    """Fifty wait behind five; whenever a host is taken, the next in line gets one, and nobody else."""
    world.cap(5)
    for number in range(1, 56):
        world.generator(f"g-{number:02d}", f"node-{number:02d}")
    backup, began = world.simulator.backup(), len(world.simulator.history)
    world.run(RESOLVE, ADMIT)
    line = [name for name, phase in sorted(story(world, backup, began).phases().items()) if phase == names.BUFFERED]
    assert line == [f"g-{number:02d}" for number in range(6, 56)]
    for number, following in enumerate(line, start=1):
        take(world, f"node-{number:02d}")
        result, = world.run(ADMIT)
        completed = [one["name"] for one in result["generators"] if one["action"] == "completed"]
        assert completed == [following], f"host {number} was taken: {result['summary']}"
    seen = story(world, backup, began)
    assert seen.wrong + seen.out_of_line() + seen.at_rest() == []
    assert set(seen.phases().values()) == {names.COMPLETED} and set(seen.activated.values()) == {1}


def take(world: World, host: str) -> None:
    """Somebody uses it from now on."""
    consumer = {"apiVersion": "infrastructure.cluster.x-k8s.io/v1beta1", "kind": "Metal3Machine", "name": f"machine-{host}", "namespace": NAMESPACE}
    world.simulator.patch(HOST.kind, NAMESPACE, host, {"spec": {"consumerRef": consumer}})
