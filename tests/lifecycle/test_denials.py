# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What policies of others deny concerns one generator: it says so, holds nothing, and is asked again slowly; everybody else goes on."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import kube, names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import GENERATOR, HOST, NMSTATE, SECRET, Kind
from ansible_collections.baremetal.generator.plugins.module_utils.times import parse_time
from tests.cluster.metal3_rules import metal3
from tests.cluster.policies import Policies
from tests.lifecycle.world import HOST_NAME, World
from tests.simulators.kubernetes import CREATE, DELETE, UPDATE, Review, Rule

WEBHOOK, POLICY = "policy.example.com", "no-such-things"
BY_WEBHOOK = f'admission webhook "{WEBHOOK}" denied the request'
BY_POLICY = f"ValidatingAdmissionPolicy '{POLICY}' with binding '{POLICY}-binding' denied request"


@dataclass(frozen=True)
class Way:
    """How somebody denies, and what of it a status says."""

    said: str
    answer: dict[str, Any] = field(default_factory=dict)
    by_policy: bool = False


WAYS = {
    "controller-runtime": Way(f"{BY_WEBHOOK}: no such thing", {"text": "no such thing"}),
    "gatekeeper": Way(f"{BY_WEBHOOK}: [racks] no rack [owners] no owner", {"text": "[racks] no rack\n[owners] no owner"}),
    "kyverno": Way(f"{BY_WEBHOOK}: blocked by these policies racks: rack: 'no rack'", {
        "text": "\n\nblocked by these policies \n\nracks:\n  rack: 'no rack'\n", "code": 0, "reason": ""}),
    "its words as the reason": Way(f"{BY_WEBHOOK}: no such thing", {"text": "", "reason": "no such thing"}),
    "words of RBAC": Way(f'{BY_WEBHOOK}: User "eve" cannot create resource "pods" either', {"text": 'User "eve" cannot create resource "pods" either'}),
    "409 for ever": Way(f"{BY_WEBHOOK}: come again", {"text": "come again", "code": 409, "reason": "Conflict"}),
    "policy, invalid": Way(f"{BY_POLICY}: no such thing", {"text": "no such thing", "reason": "Invalid"}, by_policy=True),
    "policy, forbidden": Way(f"{BY_POLICY}: no such thing", {"text": "no such thing", "reason": "Forbidden"}, by_policy=True),
    "policy, too large": Way(f"{BY_POLICY}: no such thing", {"text": "no such thing", "reason": "RequestEntityTooLarge"}, by_policy=True),
}
TWO_WAYS = ["controller-runtime", "policy, invalid"]


def deny(policies: Policies, way: str, kind: Kind, operations: tuple[str, ...] = (CREATE,), name: str = HOST_NAME, subresource: str = "") -> None:
    """From now on."""
    rule = Rule(kind, operations, subresource, name=name, **WAYS[way].answer)
    if WAYS[way].by_policy:
        policies.policy(POLICY, rule)
    else:
        policies.webhook(rule, name=WEBHOOK)


def three_for_two_slots(world: World, **spec: Any) -> None:
    """The first in line will be denied."""
    world.buffer(cap=2)
    for number in (1, 2, 3):
        world.generator(f"g{number}", f"node-{number}", **spec)


def phases(world: World, *others: str) -> dict[str, str]:
    """Of the three."""
    return {name: world.phase(name) for name in ("g1", *(others or ("g2", "g3")))}


def assert_says_denied(world: World, said: str, name: str = "g1", seconds_ago: float = 0) -> None:
    """Failed, in the words of who denied, in one line, and when it is asked again: slowly."""
    status, ready = world.status(name), world.condition("Ready", name)
    assert (status["phase"], ready["status"], ready["reason"]) == (names.FAILED, "False", "Denied"), status
    assert said in status["message"] and status["message"].isprintable(), status["message"]
    assert "A right is missing" not in status["message"]
    again = parse_time(status["nextAttemptAt"])
    assert again is not None and 30 - seconds_ago < (again - world.now()).total_seconds() < 2400


def assert_holds_nothing(world: World) -> None:
    """No entry, no host, no Secret, no NMStateConfig of node-1."""
    assert world.entries() == []
    assert [one for one in world.leftovers() if one.endswith(HOST_NAME)] == []


def assert_comes_in_when_it_may(world: World, policies: Policies) -> None:
    """Not before its time; then by itself."""
    policies.lift()
    world.buffer(cap=3)
    world.onboard()
    assert world.phase() == names.FAILED, "not before its time"
    world.later(4000)
    world.onboard()
    assert world.phase() == names.COMPLETED and HOST_NAME in world.hosts(), world.status()


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


# --- a webhook that is down -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("special", [False, True], ids=["ordinary", "tried before"])
def test_a_webhook_that_is_down(world: World, policies: Policies, special: bool) -> None:
    """The status says which call fails, for as long as it does; never Failed; and when it is up, all go on."""
    more: dict[str, Any] = {"labels": {"rack": "r1"}} if special else {}
    for number in (1, 2):
        world.generator(f"g{number}", f"node-{number}", **more)
    webhook = policies.webhook(Rule(HOST, (CREATE, UPDATE), name="nobody"))
    with policies.down(webhook):
        for _run in range(4):
            world.onboard()
            for name in ("g1", "g2"):
                status = world.status(name)
                assert status["phase"] in (names.PROCESSING, names.BUFFERED), status
                assert 'failed calling webhook "baremetalhost.metal3.io"' in status["message"], status
                assert world.condition("Ready", name)["reason"] == "ClusterUnavailable"
            assert world.hosts() == []
            world.later(800)
    world.later(4000)
    world.onboard()
    assert phases(world, "g2") == {"g1": names.COMPLETED, "g2": names.COMPLETED} and world.entries() == []


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


# --- hosts that are there, and hosts that ask for more ----------------------------------------------------------------------------------------


def test_adopting_a_host_that_todays_webhook_refuses(world: World, policies: Policies) -> None:
    """Any PATCH of it is denied, a label's too: its generator says what to change on the host, and takes it over when that is done."""
    world.host()
    world.api.patch(HOST, "metal", HOST_NAME, {"spec": {"rootDeviceHints": {"deviceName": "/dev/disk/by-id/wwn-0x5000c500a1b2c3d4"}}})
    before = world.get(HOST, HOST_NAME)
    policies.webhook(metal3())
    world.generator("g1", HOST_NAME)
    world.generator("g2", "node-2")
    world.reconcile()
    assert phases(world, "g2") == {"g1": names.FAILED, "g2": names.COMPLETED}
    assert_says_denied(world, 'device name of root device hint must be path in /dev/ or /dev/disk/by-path/, not "/dev/disk/by-id/wwn-0x5000c500a1b2c3d4"')
    assert f"metal/{HOST_NAME}" in world.status()["message"] and "on the host" in world.status()["message"], world.status()["message"]
    assert world.get(HOST, HOST_NAME) == before
    world.api.patch(HOST, "metal", HOST_NAME, {"spec": {"rootDeviceHints": None}})
    world.later(4000)
    world.reconcile()
    assert world.phase() == names.COMPLETED and world.get(HOST, HOST_NAME)["metadata"]["uid"] == before["metadata"]["uid"]


def test_what_metal3s_webhook_refuses_is_known_without_asking_it(world: World, policies: Policies) -> None:
    """Its own rules are ours too: nothing is sent."""
    webhook = policies.webhook(metal3())
    world.generator(host={"rootDeviceHints": {"deviceName": "/dev/disk/by-id/wwn-0x5000c500a1b2c3d4"}})
    world.generator("g2", "node-2")
    world.onboard()
    assert phases(world, "g2") == {"g1": names.FAILED, "g2": names.COMPLETED}
    assert world.condition("Ready")["reason"] == "InvalidSpec" and "by-id" in world.status()["message"]
    assert [one.name for one in webhook.asked if one.name == HOST_NAME] == []


def no_hints_no_racks(review: Review) -> str | None:
    """A policy that our rules cannot know."""
    assert review.new is not None
    hints, labels = review.new["spec"].get("rootDeviceHints"), review.new["metadata"].get("labels") or {}
    return "hints are not wanted" if hints else f"rack {labels['rack']} is full" if "rack" in labels else None


@pytest.mark.parametrize(("spec", "said"), [
    ({"host": {"rootDeviceHints": {"deviceName": "/dev/sda"}}}, "hints are not wanted"), ({"labels": {"rack": "r9"}}, "rack r9 is full"),
], ids=["hints", "labels"])
def test_a_denial_is_found_before_a_place_is_used(world: World, policies: Policies, spec: dict[str, Any], said: str) -> None:
    """What asks for more than the ordinary is tried first, as it will be; there is no slot, and it is Failed already."""
    world.buffer(cap=0)
    webhook = policies.webhook(Rule(HOST, (CREATE, UPDATE), judge=no_hints_no_racks))
    world.generator("g1", HOST_NAME, **spec)
    world.generator("g2", "node-2")
    world.resolve()
    assert phases(world, "g2") == {"g1": names.FAILED, "g2": names.BUFFERED}
    assert_says_denied(world, said)
    assert_holds_nothing(world)
    assert [(one.name, one.operation, one.dry_run) for one in webhook.asked] == [(HOST_NAME, CREATE, True)], "one try, and none for the ordinary one"
    tried = webhook.asked[0].new
    assert tried is not None and tried["metadata"]["labels"].get(names.INFRAENV_LABEL) == "site-a"


def test_what_was_tried_is_not_tried_again(world: World, policies: Policies) -> None:
    """One dry run for a host that asks for more, none for one that does not, however many runs follow."""
    webhook = policies.webhook(Rule(HOST, (CREATE, UPDATE), judge=lambda _review: None))
    world.buffer(cap=0)
    world.generator("g1", HOST_NAME, labels={"rack": "r1"})
    world.generator("g2", "node-2")
    world.onboard()
    world.buffer(cap=2)
    world.onboard()
    assert phases(world, "g2") == {"g1": names.COMPLETED, "g2": names.COMPLETED}
    asked = [(one.name, one.operation, one.dry_run) for one in webhook.asked]
    assert sorted(asked) == [
        (HOST_NAME, CREATE, False), (HOST_NAME, CREATE, True), (HOST_NAME, UPDATE, False), ("node-2", CREATE, False), ("node-2", UPDATE, False)]
