# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Delete: from every phase, and never what is in use or not ours."""
from __future__ import annotations

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import GENERATOR, HOST, NMSTATE, SECRET
from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason
from tests.lifecycle.world import HOST_NAME, Object, World


def test_of_a_completed_one_takes_everything_along(world: World) -> None:
    """Host, Secret, NMStateConfig, then the generator, beside a living Metal3."""
    world.metal3()
    world.generator(networkConfig={"vlanId": 7})
    world.settle()
    assert len(world.leftovers()) == 3
    world.delete()
    world.remove()
    assert world.there(GENERATOR, "g1"), "its host is still on its way out"
    assert world.condition("Ready")["reason"] == "Removing"
    world.until_gone()
    assert world.leftovers() == []


def test_before_anybody_looked_at_it(world: World) -> None:
    """There is no finalizer of ours yet, so it goes at once."""
    world.generator()
    world.delete()
    assert not world.there(GENERATOR, "g1")
    assert world.remove()["generators"] == []


def test_while_it_is_looked_up_and_the_manager_is_down(world: World) -> None:
    """No manager is needed to go."""
    world.managers.down = Reason("ManagerUnreachable", "oneview-east is down.")
    world.generator()
    world.onboard()
    assert world.phase() == names.PROCESSING
    world.delete()
    world.remove()
    assert not world.there(GENERATOR, "g1") and world.leftovers() == []


def test_of_a_completed_one_while_the_manager_is_down(world: World) -> None:
    """The same after it was made."""
    world.generator()
    world.onboard()
    world.managers.down = Reason("ManagerUnreachable", "oneview-east is down.")
    world.delete()
    world.until_gone()
    assert world.leftovers() == []


def test_while_it_waits_in_line(world: World) -> None:
    """Its NMStateConfig goes, nobody behind it moves but by its going."""
    world.buffer(cap=0)
    for number in (1, 2):
        world.generator(f"g{number}", f"node-{number}", networkConfig={"vlanId": 7})
    world.onboard()
    world.delete("g1")
    world.remove()
    assert not world.there(GENERATOR, "g1") and world.leftovers() == ["NMStateConfig nmstate-config-node-2"]
    world.buffer(cap=1)
    world.admit()
    assert world.hosts() == ["node-2"]


@pytest.mark.parametrize("call", ["create", "patch", "replace_status"])
def test_while_its_reservation_is_open(world: World, call: str) -> None:
    """Granted, created, or active but not yet said so: nothing is left, the slot is free."""
    world.generator(networkConfig={"vlanId": 7})
    world.resolve()
    world.admit_until_killed(call)
    assert [entry["state"] for entry in world.entries()] == ["granted" if call == "create" else "created"]
    world.delete()
    world.until_gone()
    assert world.entries() == [] and world.leftovers() == []


def test_after_it_failed(world: World) -> None:
    """Nothing was made, nothing is left."""
    world.managers.reasons[HOST_NAME] = Reason("NotFound", "Nobody knows node-1.")
    world.generator()
    world.onboard()
    assert world.phase() == names.FAILED
    world.delete()
    world.until_gone()


def test_while_its_host_hangs_in_a_finalizer(world: World) -> None:
    """It says what it waits for, holds nothing up, and goes when the host has gone; the Secret stays until then."""
    world.generator("g1", "node-1")
    world.generator("g2", "node-2")
    world.onboard()
    world.mark_host("node-1", finalizers=[names.HOST_FINALIZER])
    world.delete("g1")
    world.delete("g2")
    world.remove()
    world.later(700)
    world.remove()
    assert not world.there(GENERATOR, "g2") and world.there(GENERATOR, "g1")
    assert world.there(SECRET, "hp-cred-node-1"), "Metal3 needs it to power off"
    assert "node-1" in world.status("g1")["message"] and world.status("g1")["attempts"] >= 2
    world.mark_host("node-1", finalizers=None)
    world.until_gone("g1")
    assert world.leftovers() == []


def test_of_a_host_in_use_waits_until_it_is_free(world: World) -> None:
    """HostInUse, however often it is looked at."""
    world.generator()
    world.onboard()
    world.take()
    world.delete()
    for _time in range(3):
        world.later(700)
        world.remove()
    assert world.hosts() == [HOST_NAME] and world.condition("Ready")["reason"] == "HostInUse"
    assert names.DELETE_IN_USE in world.status()["message"]
    assert "deletionTimestamp" not in world.get(HOST, HOST_NAME)["metadata"]
    world.give_back()
    world.until_gone()
    assert world.leftovers() == []


@pytest.mark.parametrize("state", ["provisioning", "provisioned", "deprovisioning", "externally provisioned"])
def test_of_a_host_in_use_goes_when_its_user_says_so(world: World, state: str) -> None:
    """The annotation is looked at at once, whatever nextAttemptAt says."""
    world.generator()
    world.onboard()
    world.host_status(state=state)
    world.delete()
    world.remove()
    assert world.condition("Ready")["reason"] == "HostInUse"
    world.annotate(**{names.DELETE_IN_USE: "yes"})
    world.remove()
    assert world.hosts() == [HOST_NAME], 'only "true" says so'
    world.annotate(**{names.DELETE_IN_USE: "true"})
    world.remove()
    world.until_gone()
    assert world.leftovers() == []


@pytest.mark.parametrize("status", [{}, {"operationalStatus": "detached"}])
def test_of_a_machine_that_runs_though_nobody_has_taken_its_host(world: World, status: Object) -> None:
    """Externally provisioned, before Metal3 has said so, or detached: neither delete nor redeploy touches it until it is free."""
    world.metal3()
    world.generator()
    world.settle()
    if status:
        world.host_status(**status)
    else:
        world.api.patch(HOST, "metal", HOST_NAME, {"spec": {"externallyProvisioned": True}})
    before = world.get(HOST, HOST_NAME)["metadata"]["uid"]
    world.annotate(redeploy="true")
    for _time in range(3):
        world.later(700)
        world.reconcile()
    host = world.get(HOST, HOST_NAME)["metadata"]
    assert world.condition("Admitted")["reason"] == "HostInUse" and (host["uid"], host.get("deletionTimestamp")) == (before, None)
    world.delete()
    world.remove()
    assert world.condition("Ready")["reason"] == "HostInUse" and "deletionTimestamp" not in world.get(HOST, HOST_NAME)["metadata"]
    assert ("detached" if status else "externally provisioned") in world.status()["message"]
    world.annotate(**{names.DELETE_IN_USE: "true"})
    world.until_gone()
    assert world.leftovers() == []


def test_of_a_host_with_a_bound_agent(world: World) -> None:
    """It is in use although nothing at the host says so."""
    world.generator()
    world.onboard()
    world.api.apply({
        "apiVersion": "agent-install.openshift.io/v1beta1", "kind": "Agent",
        "metadata": {"name": "agent-1", "namespace": "metal", "labels": {names.AGENT_HOST_LABEL: HOST_NAME}},
        "spec": {"approved": True, "role": "worker", "clusterDeploymentName": {"name": "cluster-1", "namespace": "metal"}}})
    world.delete()
    world.remove()
    assert world.condition("Ready")["reason"] == "HostInUse" and world.hosts() == [HOST_NAME]


def test_of_a_host_paused_by_others(world: World) -> None:
    """Metal3 would not let it go: HostPaused, until it is no longer; delete-in-use is not about that."""
    world.generator()
    world.onboard()
    world.mark_host(annotations={names.PAUSED: ""})
    world.annotate(**{names.DELETE_IN_USE: "true"})
    world.delete()
    world.remove()
    assert world.condition("Ready")["reason"] == "HostPaused" and "deletionTimestamp" not in world.get(HOST, HOST_NAME)["metadata"]
    world.mark_host(annotations={names.PAUSED: None})
    world.until_gone()
    assert world.leftovers() == []


def test_says_what_is_waited_for_while_the_host_goes(world: World) -> None:
    """Powered off first; but not a detached one, and nothing happens to a paused one."""
    world.generator()
    world.onboard()
    world.mark_host(finalizers=[names.HOST_FINALIZER])
    world.delete()
    world.remove()
    assert "powers it off first" in world.status()["message"]
    world.host_status(operationalStatus="detached")
    world.later(700)
    world.remove()
    assert "without powering it off" in world.status()["message"] and names.DETACHED in world.status()["message"]
    world.mark_host(annotations={names.PAUSED: "admin"})
    world.later(700)
    world.remove()
    assert "is paused by somebody else" in world.status()["message"] and "power" not in world.status()["message"]
    assert world.condition("Ready")["reason"] == "Removing"


def test_leaves_a_foreign_host_of_that_name_alone(world: World) -> None:
    """Conflict before; nothing of it is touched, not by resolve, admit or remove."""
    world.host(number=9)
    before = world.get(HOST, HOST_NAME)
    world.generator()
    world.onboard()
    assert (world.phase(), world.condition("Ready")["reason"]) == (names.FAILED, "Conflict")
    world.delete()
    world.until_gone()
    assert world.get(HOST, HOST_NAME) == before


def test_leaves_a_foreign_secret_and_nmstate_config_alone(world: World) -> None:
    """What others made under our names is not ours to delete."""
    world.generator()
    world.onboard()
    world.api.patch(SECRET, "metal", f"hp-cred-{HOST_NAME}", {"metadata": {"annotations": {names.GENERATOR_UID: "another"}}})
    world.api.apply({
        "apiVersion": "agent-install.openshift.io/v1beta1", "kind": "NMStateConfig",
        "metadata": {"name": f"nmstate-config-{HOST_NAME}", "namespace": "metal"},
        "spec": {"interfaces": [{"name": "eth0", "macAddress": "02:00:00:00:00:99"}]}})
    world.delete()
    world.until_gone()
    assert world.there(SECRET, f"hp-cred-{HOST_NAME}") and world.there(NMSTATE, f"nmstate-config-{HOST_NAME}")


def test_with_keep_resources_only_our_marks_go(world: World) -> None:
    """Host, Secret and NMStateConfig stay as they are, even in use; the generator goes at once."""
    world.generator(networkConfig={"vlanId": 7})
    world.onboard()
    world.take()
    before = world.get(HOST, HOST_NAME)
    world.delete()
    world.remove(keep_resources=True)
    assert not world.there(GENERATOR, "g1")
    host = world.get(HOST, HOST_NAME)
    assert host["metadata"]["uid"] == before["metadata"]["uid"] and host["spec"] == before["spec"]
    assert not [mark for part in ("annotations", "labels") for mark in host["metadata"].get(part) or {} if mark.startswith(names.GROUP)]
    assert host["metadata"]["labels"][names.INFRAENV_LABEL] == "site-a"
    assert world.there(SECRET, f"hp-cred-{HOST_NAME}") and world.there(NMSTATE, f"nmstate-config-{HOST_NAME}")
    world.admit(sweep=True)
    assert world.there(SECRET, f"hp-cred-{HOST_NAME}") and world.there(NMSTATE, f"nmstate-config-{HOST_NAME}"), "its host still needs them"


def test_leaves_an_adopted_host(world: World) -> None:
    """It was there before us: only our marks go."""
    world.host()
    before = world.get(HOST, HOST_NAME)
    world.generator()
    world.onboard()
    assert world.phase() == names.COMPLETED
    world.delete()
    assert f"Host metal/{HOST_NAME} was there before and stays as it is" in str(world.remove())
    assert not world.there(GENERATOR, "g1")
    after = world.get(HOST, HOST_NAME)
    assert (after["metadata"].get("labels"), after["metadata"].get("annotations") or {}, after["spec"]) == (
        before["metadata"]["labels"], {}, before["spec"])


def test_then_applied_again_keeps_its_secret(world: World) -> None:
    """The collector may still be about to take the first one's Secret."""
    world.metal3(collector_seconds=0.2)
    for _time in range(3):
        world.generator()
        world.settle()
        world.delete()
        world.until_gone()
    world.generator()
    world.settle()
    host = world.get(HOST, HOST_NAME)
    owners = world.get(SECRET, f"hp-cred-{HOST_NAME}")["metadata"].get("ownerReferences") or []
    assert {one["uid"] for one in owners} <= {host["metadata"]["uid"]}


def test_of_a_redeploy_that_waits_for_its_old_host(world: World) -> None:
    """Both that wish and the host go."""
    world.generator()
    world.onboard()
    world.take()
    world.annotate(redeploy="true")
    world.onboard()
    world.delete()
    world.remove()
    assert world.condition("Ready")["reason"] == "HostInUse"
    world.give_back()
    world.until_gone()
    assert world.leftovers() == [] and world.entries() == []
