# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redeploy: a host is made anew within the cap, once for each request, and never taken from who uses it."""
from __future__ import annotations

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, HOST, SECRET
from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason
from tests.lifecycle.world import HOST_NAME, World


@pytest.mark.parametrize("token", ["true", "2026-11-24"])
def test_from_completed_the_host_is_made_anew_once(world: World, token: str) -> None:
    """The old host goes first, the new one has another uid; "true" is taken off, a token stays and asks no more."""
    world.metal3()
    world.generator(networkConfig={"vlanId": 7})
    world.settle()
    old = world.get(HOST, HOST_NAME)["metadata"]["uid"]
    world.annotate(redeploy=token)
    world.resolve()
    status = world.status()
    assert (status["phase"], status["replaces"], status["redeploying"]) == ("Buffered", old, token)
    assert world.get(HOST, HOST_NAME)["metadata"]["uid"] == old, "resolve never takes a host away"
    world.settle()
    new = world.get(HOST, HOST_NAME)["metadata"]["uid"]
    status = world.status()
    assert new != old and status["redeployed"] == token and "redeploying" not in status and "replaces" not in status
    marks = world.get(GENERATOR, "g1")["metadata"].get("annotations") or {}
    assert marks.get("redeploy") == (None if token == "true" else token)
    world.reconcile()
    assert world.get(HOST, HOST_NAME)["metadata"]["uid"] == new and world.phase() == names.COMPLETED
    owners = world.get(SECRET, f"hp-cred-{HOST_NAME}")["metadata"].get("ownerReferences") or [{"uid": new}]
    assert [one["uid"] for one in owners] == [new]


def test_every_new_token_asks_once_and_true_asks_each_time(world: World) -> None:
    """GitOps changes the value; a user gives "true" again."""
    world.generator()
    world.onboard()
    uids = [world.get(HOST, HOST_NAME)["metadata"]["uid"]]
    for token in ("a", "b", "true", "true"):
        world.annotate(redeploy=token)
        world.settle()
        uids.append(world.get(HOST, HOST_NAME)["metadata"]["uid"])
    assert len(set(uids)) == 5, uids


def test_an_older_token_that_comes_back_asks_again_only_when_it_is_not_the_last(world: World) -> None:
    """Only the last one that was done is remembered."""
    world.generator()
    world.onboard()
    world.annotate(redeploy="a")
    world.settle()
    uid = world.get(HOST, HOST_NAME)["metadata"]["uid"]
    world.annotate(redeploy=None)
    world.reconcile()
    world.annotate(redeploy="a")
    world.reconcile()
    assert world.get(HOST, HOST_NAME)["metadata"]["uid"] == uid


@pytest.mark.parametrize("token", ["true", "1"])
def test_from_failed(world: World, token: str) -> None:
    """A generator that failed gets a new ticket, its server is looked up anew."""
    world.managers.reasons[HOST_NAME] = Reason("Ambiguous", "Two servers answer to node-1; rename one.")
    world.generator()
    world.onboard()
    assert world.phase() == names.FAILED
    world.managers.reasons.clear()
    world.onboard()
    assert world.phase() == names.FAILED, "an ambiguous name is not asked again by itself"
    world.annotate(redeploy=token)
    world.settle()
    assert world.hosts() == [HOST_NAME] and world.status()["redeployed"] == token


@pytest.mark.parametrize("phase", ["", "Processing", "Buffered"])
def test_before_there_is_a_host_it_is_made_once(world: World, phase: str) -> None:
    """Asked for in a phase that has nothing to make anew: "true" is only taken off, and one host is made."""
    if phase == "Processing":
        world.managers.down = Reason("ManagerUnreachable", "oneview-east is down.")
    if phase == "Buffered":
        world.buffer(cap=0)
    world.generator()
    if phase:
        world.onboard()
    assert world.phase() == phase
    world.annotate(redeploy="true")
    world.managers.down = None
    world.buffer(cap=20)
    world.settle()
    uid = world.get(HOST, HOST_NAME)["metadata"]["uid"]
    world.settle()
    assert world.get(HOST, HOST_NAME)["metadata"]["uid"] == uid
    assert "redeploy" not in (world.get(GENERATOR, "g1")["metadata"].get("annotations") or {})


@pytest.mark.parametrize("call", ["create", "patch", "replace_status"])
def test_while_its_reservation_is_open(world: World, call: str) -> None:
    """The run that was making it anew dies; asked again in that state the host is still made once, and not finished by the old one."""
    world.generator()
    world.onboard()
    old = world.get(HOST, HOST_NAME)["metadata"]["uid"]
    world.annotate(redeploy="a")
    world.resolve()
    world.admit()
    if world.entries():
        world.admit_until_killed(call)
        assert world.entries(), "its entry is open"
    world.annotate(redeploy="b")
    world.settle()
    world.settle()
    assert world.get(HOST, HOST_NAME)["metadata"]["uid"] != old
    assert world.status()["redeployed"] == "b" and not world.entries()


def test_it_stands_in_line_like_everyone_but_needs_no_second_slot(world: World) -> None:
    """Its old host holds a slot: it is made anew in place, though the pool is full; those who wait stay in order."""
    world.buffer(cap=1)
    world.generator("g1", "node-1")
    world.onboard()
    world.generator("g2", "node-2")
    world.onboard()
    old = world.get(HOST, "node-1")["metadata"]["uid"]
    world.annotate("g1", redeploy="true")
    world.settle("g1")
    assert world.get(HOST, "node-1")["metadata"]["uid"] != old
    assert world.hosts() == ["node-1"] and world.phase("g2") == names.BUFFERED


def test_a_redeploy_without_a_host_needs_a_slot(world: World) -> None:
    """From Failed, or when the host went by hand: the cap counts."""
    world.buffer(cap=1)
    world.generator("g1", "node-1")
    world.onboard()
    world.api.delete(HOST, "metal", "node-1")
    world.generator("g2", "node-2")
    world.onboard()
    assert (world.phase("g2"), world.condition("Ready", "g1")["reason"]) == (names.COMPLETED, "HostGone")
    world.annotate("g1", redeploy="true")
    world.onboard()
    world.admit()
    assert world.phase("g1") == names.BUFFERED and world.hosts() == ["node-2"]
    world.take("node-2")
    world.admit()
    assert world.phase("g1") == names.COMPLETED


def test_the_name_changes_with_the_redeploy(world: World) -> None:
    """One slot for both; the old host and its Secret go, the new one has the new name."""
    world.metal3()
    world.buffer(cap=1)
    world.generator("g1", "node-1")
    world.settle()
    world.edit(serverName="node-5")
    world.resolve()
    assert world.condition("Ready")["reason"] == "SpecChanged"
    world.annotate(redeploy="true")
    world.settle()
    world.admit(sweep=True)
    assert world.hosts() == ["node-5"] and world.status()["bmhName"] == "node-5"
    most = max(len((one.get("status") or {}).get("reservations") or []) for one in [world.get(BUFFER, "default")])
    assert most == 0


def test_a_host_in_use_is_never_taken_away(world: World) -> None:
    """HostInUse, without a slot or an entry, until it is free."""
    world.generator()
    world.onboard()
    world.take()
    old = world.get(HOST, HOST_NAME)["metadata"]["uid"]
    world.annotate(redeploy="true")
    world.onboard()
    world.admit()
    status = world.status()
    assert status["phase"] == names.BUFFERED and world.condition("Admitted")["reason"] == "HostInUse" and not world.entries()
    assert "in use" in status["message"] and world.get(HOST, HOST_NAME)["metadata"]["uid"] == old
    world.give_back()
    world.settle()
    assert world.get(HOST, HOST_NAME)["metadata"]["uid"] != old


def test_a_host_paused_by_others_is_never_taken_away(world: World) -> None:
    """HostPaused, until it is no longer."""
    world.generator()
    world.onboard()
    world.mark_host(annotations={names.PAUSED: "administrator"})
    old = world.get(HOST, HOST_NAME)["metadata"]["uid"]
    world.annotate(redeploy="true")
    world.onboard()
    assert world.condition("Admitted")["reason"] == "HostPaused" and world.get(HOST, HOST_NAME)["metadata"]["uid"] == old
    world.mark_host(annotations={names.PAUSED: None})
    world.settle()
    assert world.get(HOST, HOST_NAME)["metadata"]["uid"] != old


def test_a_host_that_hangs_in_a_finalizer_is_waited_for(world: World) -> None:
    """Its place is kept, nothing is made beside it, and it goes on when the host is gone."""
    world.generator()
    world.onboard()
    world.mark_host(finalizers=[names.HOST_FINALIZER])
    old = world.get(HOST, HOST_NAME)["metadata"]["uid"]
    world.annotate(redeploy="true")
    world.onboard()
    world.admit()
    assert world.get(HOST, HOST_NAME)["metadata"]["uid"] == old and world.phase() == names.BUFFERED
    world.mark_host(finalizers=None)
    world.settle()
    assert world.get(HOST, HOST_NAME)["metadata"]["uid"] != old
