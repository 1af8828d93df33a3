# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adoption: hosts and generators of the older operator are taken over without touching the host; what is somebody else's is left."""
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, HOST, NMSTATE, SECRET
from tests.lifecycle.world import HOST_NAME, World, bmc_of, mac_of
from tests.waiting import until

# As the operator wrote it: no conditions, no generations.
OLD_STATUS = {
    "phase": "Completed", "message": "BareMetalHost created", "macAddress": mac_of(1), "ipmiAddress": bmc_of(1),
    "bmhName": HOST_NAME, "bmhNamespace": "metal", "serverVendor": "HP"}


def touched(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What changed of a host besides our marks and what the server counts."""
    def rest(host: dict[str, Any]) -> dict[str, Any]:
        metadata = {
            name: {mark: value for mark, value in part.items() if not mark.startswith(names.GROUP)} if name in ("labels", "annotations") else part
            for name, part in {"annotations": {}, "labels": {}, **host["metadata"]}.items() if name not in ("resourceVersion", "managedFields")}
        return {**host, "metadata": metadata}
    return {part: value for part, value in rest(after).items() if rest(before).get(part) != value}


@pytest.mark.parametrize("status", [OLD_STATUS, None, {"phase": "Processing"}], ids=["completed", "restored without status", "half-way"])
def test_what_the_operator_made_is_taken_over(world: World, status: dict[str, Any] | None) -> None:
    """Its finalizer goes, ours comes; the host gets our marks and nothing else, no slot label, no ticket."""
    world.metal3()
    world.api.apply({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"hp-cred-{HOST_NAME}", "namespace": "metal"},
        "stringData": {"username": "u", "password": "p"}})
    world.host()
    until(lambda: (world.get(HOST, HOST_NAME).get("status") or {}).get("provisioning", {}).get("state") == "available", 10, "Metal3 is done with the host")
    world.generator(status=status, finalizers=[names.OPERATOR_FINALIZER])
    before, secret = world.get(HOST, HOST_NAME), world.get(SECRET, f"hp-cred-{HOST_NAME}")["data"]
    world.resolve()
    host, generator = world.get(HOST, HOST_NAME), world.get(GENERATOR, "g1")
    assert host["metadata"]["generation"] == before["metadata"]["generation"] and host["spec"] == before["spec"]
    assert names.BUFFER_LABEL not in host["metadata"]["labels"] and host["metadata"]["annotations"][names.ADOPTED] == "true"
    assert generator["metadata"]["finalizers"] == [names.FINALIZER]
    assert generator["status"]["phase"] == names.COMPLETED and world.condition("Ready")["status"] == "True" and "bufferedAt" not in generator["status"]
    assert world.get(SECRET, f"hp-cred-{HOST_NAME}")["data"] == secret
    world.reconcile()
    assert world.get(HOST, HOST_NAME)["spec"] == before["spec"] and names.BUFFER_LABEL not in world.get(HOST, HOST_NAME)["metadata"]["labels"]
    assert (world.get(BUFFER, "default").get("status") or {}).get("lastTicket") is None


def test_nothing_of_the_host_but_our_marks_changes(world: World) -> None:
    """Compared field by field, with nobody else at work."""
    world.host(annotations={"team": "blue"}, labels={"rack": "r1"})
    world.host_status(state="provisioned")
    before = world.get(HOST, HOST_NAME)
    world.generator(status=OLD_STATUS, finalizers=[names.OPERATOR_FINALIZER], labels={"rack": "r1"})
    world.reconcile()
    world.reconcile()
    assert touched(before, world.get(HOST, HOST_NAME)) == {}
    assert world.phase() == names.COMPLETED


def test_a_host_named_after_the_generator(world: World) -> None:
    """The operator named hosts after the CR as well."""
    world.host(name="g1", number=1)
    world.generator("g1", "node-1", status={**OLD_STATUS, "bmhName": "g1"}, finalizers=[names.OPERATOR_FINALIZER])
    world.reconcile()
    assert world.hosts() == ["g1"] and world.status()["bmhName"] == "g1" and world.phase() == names.COMPLETED
    assert world.condition("Ready")["status"] == "True"


def test_a_host_named_after_the_generator_without_any_status(world: World) -> None:
    """Found by the generator's own name."""
    world.host(name="g1", number=1)
    world.generator("g1", "node-1")
    world.reconcile()
    assert world.hosts() == ["g1"] and world.status()["bmhName"] == "g1" and world.phase() == names.COMPLETED


def test_the_operators_line_is_taken_over_with_its_places(world: World) -> None:
    """Buffered CRs of the operator keep their time; its times have no zone and fewer digits."""
    world.buffer(cap=1)
    for name, number, moment in (("late", 1, "2026-11-20T10:00:02.5"), ("early", 2, "2026-11-20T10:00:01.123456")):
        status = {"phase": "Buffered", "bufferedAt": moment, "macAddress": mac_of(number), "ipmiAddress": bmc_of(number), "serverVendor": "HP"}
        world.generator(name, f"node-{number}", status=status, finalizers=[names.OPERATOR_FINALIZER])
    world.onboard()
    assert (world.phase("early"), world.phase("late")) == (names.COMPLETED, names.BUFFERED)


@pytest.mark.parametrize("field, host", [
    ("MAC", {"number": 50, "bmc_number": 1}), ("BMC", {"number": 1, "bmc_number": 50}), ("InfraEnv", {"infra_env": "site-b"})])
def test_a_host_of_that_name_that_is_another_one(world: World, field: str, host: dict[str, Any]) -> None:
    """Conflict, which says what differs; nothing is overwritten."""
    world.host(**host)
    before = world.get(HOST, HOST_NAME)
    world.generator()
    world.onboard()
    assert (world.phase(), world.condition("Ready")["reason"]) == (names.FAILED, "Conflict")
    assert field in world.status()["message"], world.status()["message"]
    assert world.get(HOST, HOST_NAME) == before and not world.leftovers()
    assert world.status()["nextAttemptAt"], "it is asked again slowly"


@pytest.mark.parametrize("same", ["MAC", "BMC"])
def test_a_host_of_another_name_with_our_mac_or_bmc(world: World, same: str) -> None:
    """One server is one host: Conflict, nothing made; when the other goes, it is made."""
    world.host(name="other", **{"number": 1, "bmc_number": 50} if same == "MAC" else {"number": 50, "bmc_number": 1})
    before = world.get(HOST, "other")
    world.generator()
    world.onboard()
    assert (world.phase(), world.condition("Ready")["reason"]) == (names.FAILED, "Conflict") and "other" in world.status()["message"]
    assert world.get(HOST, "other") == before and world.hosts() == ["other"]
    world.api.delete(HOST, "metal", "other")
    world.later(3000)
    world.onboard()
    assert world.phase() == names.COMPLETED and world.hosts() == [HOST_NAME]


def test_a_secret_of_that_name_that_is_not_ours(world: World) -> None:
    """Conflict before anything is made, its content untouched."""
    name = f"hp-cred-{HOST_NAME}"
    world.api.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "metal"}, "stringData": {"username": "someone"}})
    before = world.get(SECRET, name)
    world.generator(networkConfig={"vlanId": 7})
    world.onboard()
    assert (world.phase(), world.condition("Ready")["reason"]) == (names.FAILED, "Conflict") and name in world.status()["message"]
    assert world.get(SECRET, name) == before and world.hosts() == [] and not world.there(NMSTATE, f"nmstate-config-{HOST_NAME}")


def test_two_generators_for_one_server(world: World) -> None:
    """The older one has it; the other is told whose it is, and gets it when that one goes."""
    world.generator("a", "node-1")
    world.onboard()
    world.generator("b", "node-1")
    world.onboard()
    assert (world.phase("a"), world.phase("b")) == (names.COMPLETED, names.FAILED)
    assert world.condition("Ready", "b")["reason"] == "Conflict"
    world.delete("a")
    world.until_gone("a")
    world.later(3000)
    world.onboard()
    assert world.phase("b") == names.COMPLETED


def test_a_host_whose_generator_is_gone_is_taken_over(world: World) -> None:
    """Deleted with --cascade=orphan, a finalizer taken off by hand, a restored cluster: the uid is no longer anybody's."""
    world.generator()
    world.onboard()
    uid = world.get(HOST, HOST_NAME)["metadata"]["uid"]
    world.delete()
    world.api.patch(GENERATOR, "metal", "g1", {"metadata": {"finalizers": None}})
    assert not world.there(GENERATOR, "g1")
    world.generator()
    world.reconcile()
    assert world.phase() == names.COMPLETED and world.get(HOST, HOST_NAME)["metadata"]["uid"] == uid


@pytest.mark.parametrize("server, spec, says", [
    ("123e4567-e89b-12d3-a456-426614174000", {}, "UUID"),
    ("a123e4567-e89b-12d3-a456-426614174000z", {}, "UUID"),          # Metal3 takes any two characters for braces
], ids=["uuid", "uuid-in-braces"])
def test_what_metal3s_webhook_would_refuse(world: World, server: str, spec: dict[str, Any], says: str) -> None:
    """Failed with a sentence, before an NMStateConfig, a Secret or a host is written."""
    world.generator(server=server, networkConfig={"vlanId": 7}, **spec)
    world.onboard()
    assert world.phase() == names.FAILED and world.condition("Ready")["reason"] == "InvalidSpec"
    assert says in world.status()["message"] and world.leftovers() == [] and world.entries() == []
