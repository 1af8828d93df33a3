# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A webhook that is down, one that is too busy, an answer that never came: nobody is Failed for it, it is said, and all go on afterwards."""
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import kube, names
from ansible_collections.baremetal.generator.plugins.module_utils.availability import is_inert
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import GENERATOR, HOST, NMSTATE, SECRET
from tests.cluster.policies import Policies
from tests.lifecycle.denying import phases
from tests.lifecycle.world import HOST_NAME, World
from tests.simulators.kubernetes import CREATE, DELETE, UPDATE, Rule


DOWN: dict[str, tuple[tuple[Rule, ...], dict[str, Any]]] = {
    "of hosts": ((Rule(HOST, (CREATE, UPDATE), name="nobody"),), {}),
    "of hosts that are tried before": ((Rule(HOST, (CREATE, UPDATE), name="nobody"),), {"labels": {"rack": "r1"}}),
    "of changed hosts": ((Rule(HOST, (UPDATE,), name="nobody"),), {}),
    "of Secrets": ((Rule(SECRET, name="nobody"),), {}),
    "of NMStateConfigs": ((Rule(NMSTATE, name="nobody"),), {"networkConfig": {"vlanId": 7}}),
    "of generators": ((Rule(GENERATOR, (UPDATE,), name="nobody"),), {}),
}


@pytest.mark.parametrize("what", DOWN)
def test_a_webhook_that_is_down(world: World, policies: Policies, what: str) -> None:
    """The status says which call fails, for as long as it does; never Failed; and when it is up, all go on."""
    rules, spec = DOWN[what]
    for number in (1, 2):
        world.generator(f"g{number}", f"node-{number}", **spec)
    webhook = policies.webhook(*rules)
    with policies.down(webhook):
        for _run in range(4):
            world.onboard()
            for name in ("g1", "g2"):
                status = world.status(name)
                assert status["phase"] in (names.PROCESSING, names.BUFFERED), status
                assert 'failed calling webhook "baremetalhost.metal3.io"' in status["message"], status
                assert world.condition("Ready", name)["reason"] == "ClusterUnavailable"
            world.later(800)
        assert all(is_inert(world.get(HOST, name)) for name in world.hosts())
    world.later(4000)
    world.onboard()
    assert phases(world, "g2") == {"g1": names.COMPLETED, "g2": names.COMPLETED} and world.entries() == []


def test_a_webhook_that_is_down_when_all_is_to_go(world: World, policies: Policies) -> None:
    """Nothing goes, each says why; when it is up, all go."""
    for number in (1, 2):
        world.generator(f"g{number}", f"node-{number}")
    world.onboard()
    webhook = policies.webhook(Rule(HOST, (DELETE,), name="nobody"))
    with policies.down(webhook):
        for number in (1, 2):
            world.delete(f"g{number}")
        world.remove()
        for name in ("g1", "g2"):
            assert world.condition("Ready", name)["reason"] == "ClusterUnavailable"
            assert 'failed calling webhook "baremetalhost.metal3.io"' in world.status(name)["message"]
    for name in ("g1", "g2"):
        world.until_gone(name)
    assert world.leftovers() == []


def test_a_policy_that_is_too_busy(world: World, policies: Policies, monkeypatch: pytest.MonkeyPatch) -> None:
    """429 passes, however long it takes: never Failed, the others go on, and it is said."""
    monkeypatch.setattr(kube, "RETRY_SECONDS", 0.0)
    for number in (1, 2):
        world.generator(f"g{number}", f"node-{number}")
    webhook = policies.webhook(Rule(HOST, name=HOST_NAME, text="too many at once", code=429, reason="TooManyRequests"))
    for _run in range(3):
        world.onboard()
        assert phases(world, "g2") == {"g1": names.BUFFERED, "g2": names.COMPLETED}
        assert world.condition("Ready")["reason"] == "ClusterUnavailable" and "too many at once" in world.status()["message"], world.status()
        world.later(700)
    webhook.rules[0] = Rule(HOST, name="nobody")
    world.later(4000)
    world.onboard()
    assert world.phase() == names.COMPLETED and world.entries() == []


@pytest.mark.parametrize(("method", "path"), [
    ("POST", "/nmstateconfigs$"), ("POST", "/secrets$"), ("POST", "/baremetalhosts$"), ("PATCH", "/baremetalhosts/node-1$"),
    ("PATCH", "/baremetalhostgenerators/g1$"), ("PUT", "/baremetalhostgenerators/g1/status$"), ("PUT", "/baremetalhostbuffers/default/status$"),
])
def test_an_answer_that_never_came_though_it_happened(world: World, method: str, path: str) -> None:
    """Nobody is Failed for it, nothing is made twice, and the next run has everything in place at the latest."""
    if world.api.simulator is None:
        pytest.skip("a real API server always answers")
    for number in (1, 2):
        world.generator(f"g{number}", f"node-{number}", networkConfig={"vlanId": 7})
    world.api.simulator.faults.add("lost", method=method, path=path)
    for _run in range(2):
        world.onboard()
        assert names.FAILED not in phases(world, "g2").values(), world.status()
        world.later(60)
    assert phases(world, "g2") == {"g1": names.COMPLETED, "g2": names.COMPLETED} and world.entries() == []
    for kind, name in ((HOST, HOST_NAME), (SECRET, f"hp-cred-{HOST_NAME}")):
        assert len({one["metadata"]["uid"] for one in world.api.simulator.versions(kind.kind, "metal", name)}) == 1, name


def test_a_config_whose_answer_was_lost_is_not_swept_by_the_same_run(world: World) -> None:
    """It is made, its generator does not know yet: taken away and made anew, it would make the InfraEnv's image twice."""
    if world.api.simulator is None:
        pytest.skip("only the in-memory API can lose an answer")
    world.generator(networkConfig={"vlanId": 24})
    world.api.simulator.faults.add("lost", method="POST", path="/nmstateconfigs$")
    world.resolve()
    assert world.phase() == names.PROCESSING
    made = world.get(NMSTATE, f"nmstate-config-{HOST_NAME}")["metadata"]["uid"]
    world.admit(sweep=True)
    world.later(60)
    world.onboard()
    assert world.phase() == names.COMPLETED
    assert world.get(NMSTATE, f"nmstate-config-{HOST_NAME}")["metadata"]["uid"] == made
