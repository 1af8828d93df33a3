# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of refusals share: the ways in which others deny, and what has to be true of who is denied."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import Kind
from ansible_collections.baremetal.generator.plugins.module_utils.times import parse_time
from tests.cluster.policies import Policies
from tests.lifecycle.world import HOST_NAME, World
from tests.simulators.kubernetes import CREATE, Rule

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
