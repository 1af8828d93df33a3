# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A denial is known before a place in line or a slot is used: by Metal3's own rules, by a try, and of hosts that are there already."""
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import GENERATOR, HOST
from tests.cluster.metal3_rules import metal3
from tests.cluster.policies import Policies
from tests.lifecycle.denying import assert_holds_nothing, assert_says_denied, phases
from tests.lifecycle.older import store
from tests.lifecycle.world import HOST_NAME, World
from tests.simulators.kubernetes import CREATE, UPDATE, Review, Rule


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
    world.generator()
    store(world, GENERATOR, "g1", spec={"host": {"rootDeviceHints": {"deviceName": "/dev/disk/by-id/wwn-0x5000c500a1b2c3d4"}}})     # by an older kind
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
