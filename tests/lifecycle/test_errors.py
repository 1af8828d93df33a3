# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""excludeErrorAfter, beside the statuses that the baremetal operator writes.

Each of its tries is OK at first and moves lastUpdated; errorCount stays until a step has succeeded.
"""
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, HOST
from ansible_collections.baremetal.generator.plugins.module_utils.failing import MOST_REMEMBERED
from ansible_collections.baremetal.generator.plugins.module_utils.times import stamp
from tests.lifecycle.older import store
from tests.lifecycle.world import World

KINDS = {
    "registration error": "registering", "inspection error": "inspecting", "preparation error": "preparing",
    "provisioning error": "deprovisioning", "power management error": "available", "detach error": "available",
}


def line_up(world: World, count: int, first: int = 1, **spec: Any) -> None:
    """Generators, in one line; the first has its host."""
    world.buffer(cap=1, **spec)
    for number in range(first, first + count):
        world.generator(f"g{number}", f"node-{number}")
        world.resolve()
    world.admit()


def writes(world: World, name: str, state: str, error: str | None, count: int) -> None:
    """The operator writes a host's status."""
    moment = stamp(world.now())[:19] + "Z"
    history = {"register": {"start": moment, "end": None}} if error == "registration error" else {}
    kind = None if error == "detach error" else error       # the operator has that type, and its kind does not list it
    world.host_status(
        name, state, operationalStatus="error" if error else "OK", errorType=kind, errorMessage="It failed." if error else "",
        errorCount=count, lastUpdated=moment, operationHistory=history)


def remembered(world: World) -> list[str]:
    """Uids of the hosts that the buffer remembers."""
    return [entry["uid"] for entry in world.get(BUFFER, "default")["status"].get("hostsInError") or []]


@pytest.mark.parametrize(("error", "state"), KINDS.items())
def test_an_error_counts_from_when_it_was_first_seen_through_every_retry(world: World, error: str, state: str) -> None:
    """It holds its slot for 50 minutes, then never again until it has recovered; one slot is freed, once."""
    line_up(world, 4, excludeErrorAfter="50m")
    completed = []
    for count in range(1, 9):                   # a retry every 20 minutes
        writes(world, "node-1", state, error, count)
        world.admit()
        completed.append(world.phase("g2") == names.COMPLETED)
        world.later(1195)
        writes(world, "node-1", state, None, count)
        world.later(5)
        world.admit()
        completed.append(world.phase("g2") == names.COMPLETED)
    assert completed == [False] * 5 + [True] * 11
    assert world.phase("g3") == names.BUFFERED, "one slot, however often it is tried"
    writes(world, "node-1", "available", None, 0)
    world.admit()
    numbers = world.get(BUFFER, "default")["status"]
    assert (numbers["occupied"], remembered(world), world.phase("g3")) == (2, [], names.BUFFERED)


def test_a_host_that_recovers_in_time_never_left_its_slot(world: World) -> None:
    """The next error counts from its own beginning."""
    line_up(world, 2, excludeErrorAfter="1h")
    for _time in range(3):
        writes(world, "node-1", "available", "power management error", 1)
        world.admit()
        world.later(3500)
        writes(world, "node-1", "available", None, 1)       # the power is as wanted: errorCount is left behind
        world.later(700)
        world.admit()
        assert remembered(world) == []
    assert world.phase("g2") == names.BUFFERED


def test_nothing_is_written_while_nothing_changes(world: World) -> None:
    """Only when a host comes into error or out of it; and the memory goes with the limit."""
    line_up(world, 1, excludeErrorAfter="1h")
    writes(world, "node-1", "available", "power management error", 1)
    world.admit()
    assert remembered(world) == [world.get(HOST, "node-1")["metadata"]["uid"]]
    version = world.get(BUFFER, "default")["metadata"]["resourceVersion"]
    world.later(60)
    writes(world, "node-1", "available", "power management error", 2)
    assert not world.admit()["changed"] and world.get(BUFFER, "default")["metadata"]["resourceVersion"] == version
    world.buffer(cap=1, excludeErrorAfter=None)
    world.admit()
    assert "hostsInError" not in world.get(BUFFER, "default")["status"]


def test_a_host_of_another_buffer_or_in_use_is_not_remembered(world: World) -> None:
    """The list is of those that hold a slot but for their error."""
    line_up(world, 1, excludeErrorAfter="1h")
    world.host("node-8", 8, labels={names.BUFFER_LABEL: "other"})
    for name in ("node-1", "node-8"):
        writes(world, name, "available", "power management error", 1)
    world.take("node-1")
    world.admit()
    assert remembered(world) == []


def test_more_than_can_be_remembered_hold_their_slots(world: World) -> None:
    """Those longest in error are remembered; what nobody can read of it does no harm."""
    line_up(world, 2, excludeErrorAfter="1h")
    host = world.get(HOST, "node-1")
    status = world.get(BUFFER, "default")["status"]
    uid = host["metadata"]["uid"]
    odd = [7, {}, {"uid": uid, "since": "yesterday"}, {"uid": uid, "since": "2099-01-01T00:00:00Z"}]
    gone = [{"uid": f"gone-{at}", "since": "2020-01-01T00:00:00Z"} for at in range(2000)]
    store(world, BUFFER, "default", status={**status, "hostsInError": [*odd, *gone]})
    writes(world, "node-1", "available", "power management error", 1)
    world.admit()
    assert remembered(world) == [host["metadata"]["uid"]] and MOST_REMEMBERED == 1000
    world.later(3605)
    world.admit()
    assert world.phase("g2") == names.COMPLETED
