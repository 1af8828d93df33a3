# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What policies of others deny concerns one generator: it says so, holds nothing, and is asked again slowly; everybody else goes on."""
from __future__ import annotations

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, HOST, NMSTATE, SECRET, Kind
from tests.cluster.policies import Policies
from tests.lifecycle.denying import (
    TWO_WAYS, WAYS, assert_comes_in_when_it_may, assert_holds_nothing, assert_says_denied, deny, phases, three_for_two_slots,
)
from tests.lifecycle.world import HOST_NAME, World
from tests.simulators.kubernetes import CREATE, DELETE, UPDATE


@pytest.mark.parametrize("way", WAYS)
def test_a_host_that_is_denied(world: World, policies: Policies, way: str) -> None:
    """Whoever denies, in whatever way; its slot goes to the next in line in the same run."""
    three_for_two_slots(world)
    deny(policies, way, HOST)
    world.onboard()
    assert phases(world) == {"g1": names.FAILED, "g2": names.COMPLETED, "g3": names.COMPLETED}
    assert_says_denied(world, WAYS[way].said)
    assert_holds_nothing(world)
    assert_comes_in_when_it_may(world, policies)


@pytest.mark.parametrize("way", TWO_WAYS)
@pytest.mark.parametrize(("kind", "operation", "name"), [
    (SECRET, CREATE, f"hp-cred-{HOST_NAME}"), (NMSTATE, CREATE, f"nmstate-config-{HOST_NAME}"), (HOST, UPDATE, HOST_NAME), (GENERATOR, UPDATE, "g1"),
], ids=["Secret", "NMStateConfig", "activation", "finalizer"])
def test_another_write_on_the_way_that_is_denied(world: World, policies: Policies, way: str, kind: Kind, operation: str, name: str) -> None:
    """The same: what was made for it so far is gone again."""
    three_for_two_slots(world, networkConfig={"vlanId": 7})
    deny(policies, way, kind, (operation,), name)
    world.onboard()
    assert phases(world) == {"g1": names.FAILED, "g2": names.COMPLETED, "g3": names.COMPLETED}
    assert_says_denied(world, WAYS[way].said)
    assert world.entries() == [] and HOST_NAME not in world.hosts() and f"Secret hp-cred-{HOST_NAME}" not in world.leftovers()
    if kind is not GENERATOR:                          # whose other writes were not denied
        world.delete()
        world.until_gone()
        assert_holds_nothing(world)
    else:
        assert_comes_in_when_it_may(world, policies)


def test_a_status_that_is_denied_before_it_stands_in_line(world: World, policies: Policies) -> None:
    """It cannot say so itself; the run does, and nobody waits for it."""
    three_for_two_slots(world)
    deny(policies, "controller-runtime", GENERATOR, (UPDATE,), "g1", "status")
    told = world.resolve()["generators"]
    world.admit()
    assert phases(world) == {"g1": "", "g2": names.COMPLETED, "g3": names.COMPLETED}
    assert_holds_nothing(world)
    of_it = [one for one in told if one["name"] == "g1"]
    assert [(one["action"], one["reason"]) for one in of_it] == [("failed", "Denied")], told
    assert WAYS["controller-runtime"].said in of_it[0]["message"]


def test_a_status_that_is_denied_when_its_host_is_there(world: World, policies: Policies) -> None:
    """The host holds the one slot that it needs; nothing is made twice, and the others go on."""
    three_for_two_slots(world)
    world.resolve()
    deny(policies, "controller-runtime", GENERATOR, (UPDATE,), "g1", "status")
    told = [one for _run in range(3) for one in world.admit()["generators"] if one["name"] == "g1"]
    assert phases(world, "g2") == {"g1": names.BUFFERED, "g2": names.COMPLETED}
    assert world.phase("g3") in (names.BUFFERED, names.COMPLETED)
    assert len(world.hosts()) + len([one for one in world.entries() if not one.get("hostUid")]) <= 2, "the cap"
    assert any(WAYS["controller-runtime"].said in one["message"] for one in told), told
    policies.lift()
    world.buffer(cap=3)
    world.later(4000)
    world.reconcile()
    assert phases(world) == dict.fromkeys(("g1", "g2", "g3"), names.COMPLETED) and len(world.hosts()) == 3 and world.entries() == []


@pytest.mark.parametrize("subresource", ["", "status"], ids=["finalizer", "ledger"])
def test_a_buffer_that_may_not_be_written(world: World, policies: Policies, subresource: str) -> None:
    """Each run tells of it, those of other buffers are let in, and no run ends."""
    world.buffer("other")
    world.generator("g1", "node-1")
    world.generator("g2", "node-2", buffer="other")
    deny(policies, "controller-runtime", BUFFER, (UPDATE,), "default", subresource)
    for _run in range(2):
        told = [*world.resolve()["summary"], *world.admit()["summary"], world.status()["message"]]
        assert phases(world, "g2")["g2"] == names.COMPLETED and world.phase() != names.COMPLETED and world.hosts() == ["node-2"]
        assert any(WAYS["controller-runtime"].said in line for line in told), told
        world.later(400)
    policies.lift()
    world.later(4000)
    world.reconcile()
    assert phases(world, "g2") == {"g1": names.COMPLETED, "g2": names.COMPLETED}


# --- going ----------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "operation", "name"), [
    (HOST, DELETE, HOST_NAME), (SECRET, DELETE, f"hp-cred-{HOST_NAME}"), (NMSTATE, DELETE, f"nmstate-config-{HOST_NAME}"), (GENERATOR, UPDATE, "g1"),
], ids=["host", "Secret", "NMStateConfig", "finalizer"])
@pytest.mark.parametrize("way", TWO_WAYS)
def test_a_delete_that_is_denied(world: World, policies: Policies, way: str, kind: Kind, operation: str, name: str) -> None:
    """It waits and says for whom; the others go."""
    for number in (1, 2):
        world.generator(f"g{number}", f"node-{number}", networkConfig={"vlanId": 7})
    world.onboard()
    deny(policies, way, kind, (operation,), name)
    for number in (1, 2):
        world.delete(f"g{number}")
    for _run in range(2):
        world.later(700)
        world.remove()
    assert world.there(GENERATOR, "g1") and not world.there(GENERATOR, "g2")
    assert world.condition("Ready")["reason"] == "Denied" and WAYS[way].said in world.status()["message"], world.status()
    policies.lift()
    world.until_gone()
    assert world.leftovers() == []


def test_a_redeploy_whose_old_host_may_not_be_deleted(world: World, policies: Policies) -> None:
    """The old host stays, the slot is free, the other is made anew; when it may, so is this one."""
    world.buffer(cap=2)
    for number in (1, 2):
        world.generator(f"g{number}", f"node-{number}")
    world.onboard()
    before = {name: world.get(HOST, name)["metadata"]["uid"] for name in world.hosts()}
    deny(policies, "controller-runtime", HOST, (DELETE,))
    for number in (1, 2):
        world.annotate(f"g{number}", redeploy="anew")
    for _run in range(4):
        world.later(20)
        world.reconcile()
    after = {name: world.get(HOST, name)["metadata"]["uid"] for name in world.hosts()}
    assert after["node-1"] == before["node-1"] and after["node-2"] != before["node-2"]
    assert world.phase("g2") == names.COMPLETED and world.entries() == []
    assert_says_denied(world, WAYS["controller-runtime"].said, seconds_ago=60)
    policies.lift()
    world.later(4000)
    world.settle()
    assert world.get(HOST, HOST_NAME)["metadata"]["uid"] != before["node-1"]
