# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several pools, caps that move, what counts, and buffers and generators that come back from a backup."""
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.baremetal.generator.extensions.eda.plugins.event_source import buffer_check
from ansible_collections.baremetal.generator.plugins.module_utils import names, summaries
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, HOST, NMSTATE
from ansible_collections.baremetal.generator.plugins.module_utils.times import stamp
from tests.lifecycle.world import World


def line_up(world: World, count: int, first: int = 1, **spec: Any) -> None:
    """So many generators, one after the other, so that their order is known."""
    for number in range(first, first + count):
        world.generator(f"g{number}", f"node-{number}", **spec)
        world.resolve()


def completed(world: World) -> list[str]:
    """Names of those that have their host."""
    return sorted(one["metadata"]["name"] for one in world.api.list(GENERATOR) if (one.get("status") or {}).get("phase") == names.COMPLETED)


def test_the_cap_moves_while_it_is_in_use(world: World) -> None:
    """Up: the next in line. Down: nobody is evicted, nobody comes. 0: nobody comes. Up again: in order."""
    world.buffer(cap=1)
    line_up(world, 6)
    world.admit()
    assert completed(world) == ["g1"]
    world.buffer(cap=3)
    world.admit()
    assert completed(world) == ["g1", "g2", "g3"]
    world.buffer(cap=2)
    world.admit()
    assert len(world.hosts()) == 3
    world.take("node-1")
    world.admit()
    assert completed(world) == ["g1", "g2", "g3"], "two are left, which is the cap"
    world.buffer(cap=0)
    world.take("node-2")
    world.admit()
    assert completed(world) == ["g1", "g2", "g3"]
    status = world.get(BUFFER, "default")["status"]
    assert (status["occupied"], status["waiting"], status["reserved"]) == (1, 3, 0)
    world.buffer(cap=2)
    world.admit()
    assert completed(world) == ["g1", "g2", "g3", "g4"]


def test_pools_do_not_see_each_other(world: World) -> None:
    """Each has its own cap, line and numbers; hosts without a label count to default."""
    world.buffer(cap=1)
    world.buffer("gpu", cap=2)
    world.host("foreign", number=90)
    line_up(world, 1)
    line_up(world, 3, first=2, buffer="gpu")
    world.admit()
    assert completed(world) == ["g2", "g3"]
    told = {one["name"]: (one["used"], one["cap"], one["waiting"]) for one in world.admit()["buffers"]}
    assert told == {"default": (1, 1, 1), "gpu": (2, 2, 1)}


def test_a_move_to_another_buffer_keeps_the_place_by_time(world: World) -> None:
    """Behind those who came before it, before those who came after, to the second that an API's clock has."""
    world.buffer(cap=0)
    world.buffer("gpu", cap=0)
    for number, buffer in enumerate(("gpu", "default", "gpu"), start=1):
        line_up(world, 1, first=number, buffer=buffer)
        world.later(2)
    world.edit("g2", buffer="gpu")
    world.resolve()
    told = next(one for one in world.admit()["buffers"] if one["name"] == "gpu")
    assert told["line"] == ["metal/g1", "metal/g2", "metal/g3"]


@pytest.mark.parametrize("spec, change, counts", [
    ({}, {"state": "available"}, True),
    ({}, {"state": "preparing"}, True),
    ({}, {"state": "deprovisioning"}, True),
    ({}, {"state": "a state of tomorrow"}, True),
    ({}, {"state": "provisioned"}, False),
    ({}, {"state": "externally provisioned"}, False),
    ({}, {"operationalStatus": "detached"}, False),
    ({"counting": "legacy"}, {"state": "available"}, False),
    ({"counting": "legacy"}, {"state": "inspecting"}, False),
    ({"counting": "legacy"}, {"state": "registering"}, True),
    ({"counting": "legacy"}, {"state": "provisioning"}, True),
    ({}, {"operationalStatus": "error", "errorMessage": "BMC away", "errorType": "power management error"}, True),
    ({"excludeErrorAfter": "1h"}, {"operationalStatus": "error", "errorMessage": "BMC away", "errorType": "power management error"}, True),
])
def test_what_holds_a_slot(world: World, spec: dict[str, Any], change: dict[str, Any], counts: bool) -> None:
    """By state; the second in line comes in when the first one's host does not count."""
    world.buffer(cap=1, **spec)
    line_up(world, 2)
    world.admit()
    world.host_status("node-1", lastUpdated=stamp(world.now())[:19] + "Z", **change)
    world.admit()
    assert (world.phase("g2") == names.BUFFERED) == counts


def test_a_host_long_in_error_gives_its_slot_back(world: World) -> None:
    """excludeErrorAfter, from when a run first saw the error; without it the slot is held, and told."""
    world.buffer(cap=1)
    line_up(world, 2)
    world.admit()
    world.host_status(
        "node-1", operationalStatus="error", errorMessage="BMC away", errorType="power management error", lastUpdated=stamp(world.now())[:19] + "Z")
    world.later(7200)
    assert "1 of them by hosts in error" in " ".join(world.admit()["summary"]) and world.phase("g2") == names.BUFFERED
    world.buffer(cap=1, excludeErrorAfter="1h")
    world.admit()
    assert world.phase("g2") == names.BUFFERED
    world.later(3605)
    world.admit()
    assert world.phase("g2") == names.COMPLETED


@pytest.mark.parametrize("part", ["annotations", "labels"])
def test_an_exempt_host_holds_no_slot(world: World, part: str) -> None:
    """Marked by hand; taking the mark off may pass the cap, and evicts nobody."""
    world.buffer(cap=1)
    line_up(world, 2)
    world.admit()
    world.mark_host("node-1", **{part: {names.BUFFER_EXEMPT: "true"}})
    world.admit()
    assert completed(world) == ["g1", "g2"]
    world.mark_host("node-1", **{part: {names.BUFFER_EXEMPT: None}})
    line_up(world, 1, first=3)
    world.admit()
    assert completed(world) == ["g1", "g2"] and world.hosts() == ["node-1", "node-2"]


def test_agent_aware(world: World) -> None:
    """A host whose Agent is bound to a cluster is out, only where the buffer says so."""
    world.buffer(cap=1)
    line_up(world, 2)
    world.admit()
    world.api.apply({
        "apiVersion": "agent-install.openshift.io/v1beta1", "kind": "Agent",
        "metadata": {"name": "agent-1", "namespace": "metal", "labels": {names.AGENT_HOST_LABEL: "node-1"}},
        "spec": {"approved": True, "role": "worker", "clusterDeploymentName": {"name": "cluster-1", "namespace": "metal"}}})
    world.admit()
    assert completed(world) == ["g1"]
    world.buffer(cap=1, agentAware=True)
    world.admit()
    assert completed(world) == ["g1", "g2"]


# --- buffers that go and come ---------------------------------------------------------------------------------------------------------------


def test_a_buffer_is_deleted(world: World) -> None:
    """With nothing open it goes at the next look; who waits in it stays in line, and is told on the next try; made anew, the line goes on in order."""
    world.buffer(cap=1)
    line_up(world, 3)
    world.admit()
    world.api.delete(BUFFER, "", "default")
    world.admit()
    assert not world.there(BUFFER, "default")
    world.generator("g4", "node-4")
    world.onboard()
    assert world.condition("Ready", "g4")["reason"] == "BufferMissing" and world.phase("g4") == names.FAILED
    assert world.phase("g2") == names.BUFFERED
    world.buffer(cap=2)
    world.later(3000)
    world.onboard()
    assert completed(world) == ["g1", "g2"], "the host of the first still counts"
    world.buffer(cap=4)
    world.admit()
    assert completed(world) == ["g1", "g2", "g3", "g4"]


@pytest.mark.parametrize("call", ["create", "patch", "replace_status"])
def test_a_buffer_is_deleted_while_entries_are_open(world: World, call: str) -> None:
    """It is held until they are settled, grants nothing more, then goes."""
    world.buffer(cap=1)
    line_up(world, 2)
    world.admit_until_killed(call)
    assert world.entries()
    world.api.delete(BUFFER, "", "default")
    assert world.there(BUFFER, "default"), "our finalizer holds it"
    world.admit()
    world.admit()
    assert not world.there(BUFFER, "default")
    assert len(world.hosts()) <= 1 and world.phase("g2") == names.BUFFERED
    world.buffer(cap=2)
    world.settle("g1")
    world.settle("g2")
    assert world.hosts() == ["node-1", "node-2"]


def test_a_buffer_that_waits_to_be_let_go_is_announced(world: World) -> None:
    """Only while our finalizer holds it; with somebody else's there is nothing to do for us. It offers no slot."""
    line_up(world, 1)
    world.admit()
    assert not sight(world).has_work
    world.api.patch(BUFFER, "", "default", {"metadata": {"finalizers": [names.BUFFER_FINALIZER, "example.com/other"]}})
    world.api.delete(BUFFER, "", "default")
    assert sight(world).has_work and sight(world).usage.free == 0
    world.admit()
    assert buffer_check.look(watch(world)) == ({}, {})


def watch(world: World) -> SimpleNamespace:
    """What the event source sees of this cluster."""
    seen = {BUFFER: {one["metadata"]["name"]: summaries.of_buffer(one) for one in world.api.list(BUFFER)}}
    return SimpleNamespace(
        items=lambda kind: seen.get(kind, {}), readable=lambda kind: seen.get(kind, {}).items(), sees_all=lambda *_kinds: True,
        start=lambda *_given, **_more: None, streams=SimpleNamespace(now=world.now().timestamp))


def sight(world: World) -> Any:
    """Of the default buffer, alone in the cluster."""
    world.api.patch(BUFFER, "", "default", {"status": {"occupied": 0, "waiting": 0}}, "status")
    return buffer_check.look(watch(world))[0]["default"]


@pytest.mark.parametrize("call", ["create", "patch", "replace_status"])
def test_a_buffer_comes_back_from_a_backup_without_its_ledger(world: World, call: str) -> None:
    """Its entries are lost: an inert host goes, a living one counts; each is made once and the cap is kept."""
    world.buffer(cap=1)
    line_up(world, 2)
    world.admit_until_killed(call)
    world.api.patch(BUFFER, "", "default", {"metadata": {"finalizers": None}})
    world.api.delete(BUFFER, "", "default")
    assert not world.there(BUFFER, "default")
    world.buffer(cap=1)
    world.reconcile()
    world.reconcile()
    assert completed(world) == ["g1"] and world.hosts() == ["node-1"]


def test_tickets_come_after_those_who_wait_though_the_ledger_is_lost(world: World) -> None:
    """lastTicket is gone, the times of those in line are not: even with a clock that went back nobody jumps the line."""
    world.buffer(cap=0)
    world.later(3600)
    line_up(world, 2)
    world.admit()
    world.api.delete(BUFFER, "", "default")
    world.later(-3600)
    world.admit()
    world.buffer(cap=0)
    line_up(world, 1, first=3)
    tickets = [world.status(f"g{number}")["bufferedAt"] for number in (1, 2, 3)]
    assert tickets == sorted(tickets)


def test_generators_come_back_from_a_backup_without_status(world: World) -> None:
    """Hosts are found again and belong to the new uids, without a slot more; those without one get in line."""
    world.buffer(cap=2)
    line_up(world, 3, networkConfig={"vlanId": 7})
    world.admit()
    before = {name: world.get(HOST, name)["metadata"]["uid"] for name in world.hosts()}
    for number in (1, 2, 3):
        world.api.patch(GENERATOR, "metal", f"g{number}", {"metadata": {"finalizers": None}})
        world.delete(f"g{number}")
    assert world.api.list(GENERATOR) == []
    line_up(world, 3, networkConfig={"vlanId": 7})
    world.reconcile()
    world.admit(sweep=True)
    assert {name: world.get(HOST, name)["metadata"]["uid"] for name in world.hosts()} == before
    assert completed(world) == ["g1", "g2"] and world.phase("g3") == names.BUFFERED
    assert len(world.api.list(NMSTATE)) == 3
    for number in (1, 2, 3):
        world.delete(f"g{number}")
        world.until_gone(f"g{number}")
    world.admit(sweep=True)
    assert world.leftovers() == [], "they were ours before, so they go"


def test_a_host_that_went_by_hand(world: World) -> None:
    """HostGone is said; made anew only by redeploy; its slot is free."""
    world.buffer(cap=1)
    line_up(world, 2)
    world.admit()
    world.api.delete(HOST, "metal", "node-1")
    world.admit()
    world.reconcile()
    assert (world.phase("g1"), world.condition("Ready", "g1")["reason"]) == (names.COMPLETED, "HostGone")
    assert world.hosts() == ["node-2"]


def test_leftovers_go_by_themselves_every_ten_minutes(world: World) -> None:
    """Nobody has to run reconcile by hand; the status of the first buffer tells when they were last looked for, which is no change of itself."""
    def leave_one() -> None:
        world.generator("gone", networkConfig={"vlanId": 7})
        world.resolve()
        world.api.patch(GENERATOR, "metal", "gone", {"metadata": {"finalizers": None}})
        world.delete("gone")
        assert world.leftovers() == ["NMStateConfig nmstate-config-node-1"]

    world.buffer(cap=0)
    leave_one()
    assert world.admit()["changed"] and world.leftovers() == []
    swept = world.get(BUFFER, "default")["status"]["sweptAt"]
    leave_one()
    world.later(540)
    world.admit()
    assert world.leftovers() and world.get(BUFFER, "default")["status"]["sweptAt"] == swept, "not so soon"
    world.later(120)
    world.admit()
    assert world.leftovers() == [] and world.get(BUFFER, "default")["status"]["sweptAt"] > swept
    world.later(660)
    assert not world.admit()["changed"]
