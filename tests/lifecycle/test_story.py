# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user sees: status, conditions and Events at each step, and how kubectl tells it."""
from __future__ import annotations

import shutil
import subprocess

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import EVENT, GENERATOR, HOST
from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason
from tests.lifecycle.world import HOST_NAME, World

CONDITIONS = ("Resolved", "Admitted", "ResourcesReady", "Ready")


def conditions(world: World, name: str = "g1") -> dict[str, str]:
    """type: reason, with a minus before those that do not hold."""
    found = {kind: world.condition(kind, name) for kind in CONDITIONS}
    return {kind: f"{'' if one['status'] == 'True' else '-'}{one['reason']}" for kind, one in found.items() if one}


def test_the_whole_way_step_by_step(world: World) -> None:
    """A manager that is away, a place in line, a host, its use, a redeploy that waits, and the end: each says what waits, why, and since when."""
    world.buffer(cap=0)
    world.managers.down = Reason("ManagerUnreachable", "oneview-east (https://oneview.example.com) did not answer; it is asked again later.")
    world.generator()
    world.onboard()
    status = world.status()
    assert (status["phase"], status["attempts"]) == ("Processing", 1) and status["nextAttemptAt"]
    assert conditions(world) == {"Resolved": "-ManagerUnreachable", "Ready": "-ManagerUnreachable"}

    world.managers.down = None
    world.later(60)
    world.onboard()
    status = world.status()
    assert (status["phase"], status["attempts"], status["message"]) == ("Buffered", 0, "Waits in the line of buffer default for a free slot.")
    assert "nextAttemptAt" not in status and len(status["bufferedAt"]) == 27
    assert conditions(world) == {"Resolved": "Found", "Admitted": "-Buffered", "ResourcesReady": "-Buffered", "Ready": "-Buffered"}
    since = world.condition("Admitted")["lastTransitionTime"]
    world.later(60)
    world.admit()
    assert world.condition("Admitted")["lastTransitionTime"] == since

    world.buffer(cap=1)
    world.admit()
    status = world.status()
    assert (status["phase"], status["message"]) == ("Completed", f"Host metal/{HOST_NAME} is there.")
    assert conditions(world) == {"Resolved": "Found", "Admitted": "Completed", "ResourcesReady": "Completed", "Ready": "Completed"}
    assert status["observedGeneration"] == status["resolvedGeneration"] == 1 and "bufferedAt" not in status

    world.take()
    world.annotate(redeploy="true")
    world.onboard()
    assert world.status()["message"] == f"Host metal/{HOST_NAME} is in use (somebody has taken it); waits until it is free."
    assert conditions(world) == {"Resolved": "Found", "Admitted": "-HostInUse", "ResourcesReady": "-Buffered", "Ready": "-HostInUse"}
    world.give_back()
    world.admit()
    world.settle()
    assert conditions(world)["Ready"] == "Completed"

    world.mark_host(finalizers=[names.HOST_FINALIZER])
    world.delete()
    world.remove()
    assert conditions(world)["Ready"] == "-Removing" and HOST_NAME in world.status()["message"]
    told = [reason for reason, _count in world.events()]
    for reason in ("ManagerUnreachable", "Enqueued", "Completed", "Redeployed", "HostInUse"):
        assert told.count(reason) >= 1, told


def test_nothing_is_written_for_those_who_wait_when_the_line_moves(world: World) -> None:
    """Places change for all at each release: they are worked out by who asks, not written."""
    world.buffer(cap=1)
    for number in range(1, 6):
        world.generator(f"g{number}", f"node-{number}")
        world.resolve()
    world.admit()
    before = {number: world.get(GENERATOR, f"g{number}")["metadata"]["resourceVersion"] for number in (3, 4, 5)}
    world.take("node-1")
    told = " ".join(world.admit()["summary"])
    assert world.phase("g2") == names.COMPLETED and "1 of 1 slots held" in told and "3 wait in line" in told
    assert {number: world.get(GENERATOR, f"g{number}")["metadata"]["resourceVersion"] for number in (3, 4, 5)} == before


def test_a_run_with_nothing_to_do_writes_nothing(world: World) -> None:
    """In every phase: no status, no Event, no ledger."""
    world.buffer(cap=1)
    world.managers.reasons["node-3"] = Reason("NotFound", "Nobody knows node-3.")
    world.managers.reasons["node-4"] = Reason("ManagerUnreachable", "oneview-east did not answer.")
    for number in range(1, 5):
        world.generator(f"g{number}", f"node-{number}")
    world.onboard()
    world.reconcile()

    def versions() -> dict[tuple[str, str], str]:
        return {
            (kind.kind, one["metadata"]["name"]): one["metadata"]["resourceVersion"]
            for kind in (GENERATOR, HOST, EVENT) for one in world.api.list(kind)}

    before = versions()
    for stage in (world.remove, world.resolve, world.admit):
        assert not stage()["changed"], stage
    assert versions() == before


def test_no_storm_of_events(world: World) -> None:
    """The same step again is counted: forty tries in vain make one Event."""
    world.managers.down = Reason("ManagerUnreachable", "oneview-east did not answer.")
    world.generator()
    for _attempt in range(40):
        world.resolve()
        world.later(800)
    assert world.events() == [("ManagerUnreachable", 40)]


def test_a_removal_that_waits_long_makes_one_event(world: World) -> None:
    """However often it is looked at."""
    world.generator()
    world.onboard()
    world.take()
    world.delete()
    for _attempt in range(10):
        world.remove()
        world.later(700)
    assert [one for one in world.events() if one[0] == "HostInUse"] == [("HostInUse", 1)]


def test_kubectl_describe_reads_as_a_story(world: World) -> None:
    """The real kubectl, on a generator that had a manager away, waited, and got its host."""
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not on PATH")
    world.buffer(cap=0)
    world.managers.down = Reason("ManagerUnreachable", "oneview-east did not answer; it is asked again later.")
    world.generator()
    world.onboard()
    world.managers.down = None
    world.later(60)
    world.onboard()
    world.buffer(cap=1)
    world.admit()
    text = kubectl(world, "describe", "bmhgen", "g1")
    story = text[text.index("Events:"):]
    steps = ["Warning  ManagerUnreachable", "Normal   Enqueued", "Normal   Completed"]
    assert all(step in story for step in steps), story
    assert "oneview-east did not answer" in story and "baremetal-generator" in story and f"Host metal/{HOST_NAME} is there." in story
    for word in ("Phase:", "Message:", "Bmh Name:", "Mac Address:", "Conditions:"):
        assert word in text, text
    table = kubectl(world, "get", "bmhgen,bmhbuf", "-o", "wide")
    assert HOST_NAME in table and "Completed" in table and "OCCUPIED" in table


def kubectl(world: World, *arguments: str) -> str:
    """What it prints."""
    command = ["kubectl", "--kubeconfig", world.kubeconfig, "--namespace", "metal", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
