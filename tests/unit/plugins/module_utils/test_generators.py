# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a generator asks for, in both dialects, and when it is due."""
from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.generators import Request, asks, due, line, redeploy_wanted
from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason
from ansible_collections.baremetal.generator.plugins.module_utils.nics import NicPolicy
from ansible_collections.baremetal.generator.plugins.module_utils.profiles import Profiles

NOW = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
OPERATORS = {"profiles": [{"pattern": "h100", "nic_name": "ens8f0np0", "mac_index": "2"}, {"default": True, "nic_name": "eno12399np0", "mac_index": "first"}]}


def generator(name: str = "rack1-h100", annotations: dict[str, str] | None = None, status: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = {"namespace": "site", "name": name, "uid": "u1", "generation": 3, "annotations": annotations or {}}
    return {"metadata": metadata, "spec": {"infraEnv": "env", **spec}, "status": status or {}}


def request(item: dict[str, Any], *args: Any) -> Request:
    asked = asks(item, *args)
    assert isinstance(asked, Request), asked
    return asked


@pytest.mark.parametrize("item", [
    generator(networkConfig={"vlanId": 24}), generator(network={"vlanId": 24}), generator("a", {"vlanId": "24"}), generator("a", {"vlan_id": "24"}),
], ids=["networkConfig", "network", "vlanId", "vlan_id"])
def test_a_vlan_may_stand_in_four_places(item: dict[str, Any]) -> None:
    assert request(item).vlan_id == 24


def test_names_are_lowered_and_default_to_the_generators_own() -> None:
    asked = request(generator(serverName="MXQ123.Rack"))
    assert (asked.server_name, asked.host_name, asked.key) == ("MXQ123.Rack", "mxq123.rack", "site/mxq123.rack")
    assert request(generator()).host_name == "rack1-h100"


def test_a_single_nic_and_a_list_of_them() -> None:
    one = request(generator(networkConfig={"nicName": "eno1", "macIndex": "last"}))
    two = request(generator(networkConfig={"nicNames": ["eno1", "eno2"], "macIndices": ["first", "1"]}))
    assert one.nics == NicPolicy(("eno1",), ("last",)) and one.own_nics
    assert two.nics == NicPolicy(("eno1", "eno2"), ("first", "1"))


def test_the_operators_profiles_work_as_they_are() -> None:
    profiles = Profiles.parse(OPERATORS)
    assert request(generator("RACK1-H100".lower()), profiles).nics == NicPolicy(("ens8f0np0",), ("2",))
    assert request(generator("plain"), profiles).nics == NicPolicy(("eno12399np0",), ("first",))


@pytest.mark.parametrize("given", ["dell", "Dell", "DELL"])
def test_a_vendor_in_any_case_by_field_or_annotation(given: str) -> None:
    assert request(generator(server_vendor=given)).vendor == request(generator("a", {"server_vendor": given})).vendor == "DELL"


@pytest.mark.parametrize(("item", "sentence"), [
    (generator(networkConfig={"vlanId": 0}), "vlanId must be a VLAN from 1 to 4094, not 0; correct it."),
    (generator(networkConfig={"vlanId": 4095}), "vlanId must be a VLAN from 1 to 4094, not 4095; correct it."),
    (generator("a", {"vlanId": "abc"}), "vlanId must be a VLAN from 1 to 4094, not 'abc'; correct it."),
    (generator(networkConfig={"nicNames": ["a", "b"], "macIndices": ["0"]}),
     "nicNames and macIndices must be equally long, but there are 2 and 1; correct one of them."),
    (generator(networkConfig={"nicName": "eno1"}), "nicName and macIndex go together, give both or none."),
    (generator(server_vendor="IBM"), "server_vendor must be HP, DELL or CISCO, not 'IBM'; correct it, or leave it out to ask every manager."),
    (generator(server_vendor="intersight"), "server_vendor must be HP, DELL or CISCO; INTERSIGHT comes with a later version of this collection."),
    (generator(namespace="other"), "namespace other is not the generator's own (site) and generator_host_namespaces does not list it; "
                                   "list it there, or leave the field out."),
    (generator(labels={"infra.example.com/buffer": "x"}), "labels must not name infraenvs.agent-install.openshift.io or any of infra.example.com, "
                                                          "these are set for you; take 'infra.example.com/buffer' out."),
])
def test_what_cannot_be_is_said_in_one_sentence(item: dict[str, Any], sentence: str) -> None:
    assert asks(item) == Reason("InvalidSpec", sentence)


@pytest.mark.parametrize("name", ["", " ", " a", "a ", "a\n", "a\tb", "a\u2028b", "x" * 256])
def test_a_name_that_no_server_can_have_is_refused(name: str) -> None:
    refused = asks(generator(serverName=name))
    assert isinstance(refused, Reason) and refused.message.startswith("serverName must be 1 to 255 printable characters") and len(refused.message) < 260


@pytest.mark.parametrize("name", ["a'b", 'a"b', "a.*", "x" * 64, "UPPER_case", "-a", "a..b", "Encl1, bay 3", "org-root/ls-web 01", "{{ x }}", "größe"])
def test_a_host_that_cannot_have_its_servers_name_has_its_generators(name: str) -> None:
    asked = request(generator(serverName=name))
    assert (asked.server_name, asked.host_name, asked.other_server_name) == (name, "rack1-h100", name)


def test_profiles_go_by_the_name_of_the_server_not_of_the_host() -> None:
    assert request(generator("n1", serverName="GPU H100, bay 3"), Profiles.parse(OPERATORS)).profile.pattern == "h100"
    assert request(generator(serverName="Encl1, bay 3"), Profiles.parse(OPERATORS)).profile.default


def test_a_name_too_long_for_a_host_needs_a_server_name_that_is_one() -> None:
    assert request(generator("n" * 64, serverName="node")).host_name == "node"
    assert asks(generator("n" * 64, serverName="Encl1, bay 3")) == Reason(
        "InvalidSpec", "without a spec.serverName that is a DNS name of at most 63 characters the host takes the name of this object, which must not be longer "
                       "than 63 characters; give the generator a shorter name.")


def test_another_namespace_is_used_where_it_is_allowed() -> None:
    assert request(generator(namespace="other"), None, ["other"]).host_namespace == request(generator(namespace="other"), None, ["*"]).host_namespace == "other"


def resolved(generation: int) -> list[dict[str, Any]]:
    return [{"type": "Resolved", "status": "True", "observedGeneration": generation}]


@pytest.mark.parametrize(("status", "annotations", "finalizer", "expected"), [
    ({}, {}, False, True),
    ({"phase": "Processing", "conditions": resolved(3), "nextAttemptAt": "2026-01-01T13:00:00Z"}, {}, False, False),
    ({"phase": "Processing", "conditions": resolved(3), "nextAttemptAt": "2026-01-01T11:00:00Z"}, {}, False, True),
    ({"phase": "Processing", "conditions": resolved(2), "nextAttemptAt": "2026-01-01T13:00:00Z"}, {}, False, True),
    ({"phase": "Buffered", "resolvedGeneration": 3}, {}, True, False),
    ({"phase": "Buffered", "resolvedGeneration": 2}, {}, True, True),
    ({"phase": "Failed", "conditions": resolved(3)}, {}, False, False),
    ({"phase": "Failed", "conditions": resolved(3)}, {"retry": "now"}, False, True),
    ({"phase": "Failed", "conditions": resolved(3), "nextAttemptAt": "2026-01-01T11:00:00Z"}, {}, False, True),
    ({"phase": "Completed", "observedGeneration": 3}, {}, True, False),
    ({"phase": "Completed", "observedGeneration": 3}, {}, False, True),
    ({"phase": "Completed", "observedGeneration": 2}, {}, True, True),
    ({"phase": "Completed", "observedGeneration": 3}, {"redeploy": "true"}, True, True),
    ({"phase": "Completed", "observedGeneration": 3, "redeployed": "v1"}, {"redeploy": "v1"}, True, False),
    ({"phase": "Buffered", "resolvedGeneration": 3, "redeploying": "true"}, {"redeploy": "true"}, True, True),
], ids=["new", "waits", "its time has come", "edited while it waits", "in line", "edited in line", "failed", "retried", "asked again slowly", "completed",
        "the operator's", "edited", "redeploy", "redeployed already", "annotation to be taken off"])
def test_who_is_to_be_resolved(status: dict[str, Any], annotations: dict[str, str], finalizer: bool, expected: bool) -> None:
    item = generator("a", annotations, status)
    item["metadata"]["finalizers"] = [names.FINALIZER] if finalizer else []
    assert (due(item, NOW) == {"resolve"}) is expected


@pytest.mark.parametrize(("finalizers", "status", "expected"), [
    ([names.FINALIZER], {}, {"remove"}), ([names.OPERATOR_FINALIZER], {}, {"remove"}), ([], {}, set()), (["somebody/else"], {}, set()),
    ([names.FINALIZER], {"nextAttemptAt": "2026-01-01T13:00:00Z", "conditions": [{"type": "Ready", "reason": "Removing"}]}, set()),
])
def test_who_is_to_be_removed(finalizers: list[str], status: dict[str, Any], expected: set[str]) -> None:
    item = generator(status=status)
    item["metadata"].update(finalizers=finalizers, deletionTimestamp="2026-01-01T11:00:00Z")
    assert due(item, NOW) == expected


def test_a_line_is_ordered_by_ticket_and_then_by_age_and_name() -> None:
    def waiting(name: str, ticket: str, created: str) -> dict[str, Any]:
        item = generator(name, status={"phase": "Buffered", "bufferedAt": ticket})
        item["metadata"]["creationTimestamp"] = created
        return item

    first = waiting("z", "2026-01-01T00:00:00Z", "3")
    second, third = waiting("b", "2026-01-01T00:00:00.000001Z", "1"), waiting("a", "2026-01-01T00:00:00.000001Z", "2")
    assert line([third, second, first, generator("other", buffer="other", status={"phase": "Buffered"})], "default") == [first, second, third]


def test_a_token_asks_when_it_is_neither_under_way_nor_done() -> None:
    def asked(**status: str) -> bool:
        return redeploy_wanted(generator("a", {"redeploy": "v2"}, {"phase": "Completed", **status}))

    assert asked() and asked(redeployed="v1") and not asked(redeploying="v2") and not asked(redeployed="v2")


@pytest.mark.parametrize(("wish", "value", "fits"), [
    *(("role", role, True) for role in ("master", "worker", "arbiter", "auto-assign", "")),
    *(("role", role, False) for role in ("Master", "control-plane", "worker\n", "bootstrap", "{{ role }}")),
    *(("clusterReference", reference, True) for reference in ("metal/one", f"{'n' * 63}/c.{'b' * 251}", "")),
    *(("clusterReference", reference, False) for reference in (
        "one", "a/b/c", "a/", "/b", "A/b", "a/B", "a b/c", "a.b/c", "a/-b", "a/b..c", f"{'n' * 64}/c", "a/b\n", "{{ x }}/y")),
])
def test_role_and_cluster_are_what_the_assisted_installer_takes(wish: str, value: str, fits: bool) -> None:
    asked = asks({"metadata": {"name": "g", "namespace": "metal", "uid": "u", "generation": 1}, "spec": {"infraEnv": "site", "host": {wish: value}}})
    assert isinstance(asked, Request) if fits else isinstance(asked, Reason) and f"host.{wish} must be" in asked.message


@pytest.mark.parametrize(("reason", "is_due"), [("NotFound", True), ("NoMac", True), ("LoginRefused", True), ("InvalidSpec", False)])
def test_a_failed_one_that_does_not_say_when_is_asked_again_where_its_reason_is(reason: str, is_due: bool) -> None:
    """An older version wrote no nextAttemptAt for some; another may have been taken out as unreadable."""
    conditions = [{"type": kind, "status": "False", "reason": reason, "observedGeneration": 1} for kind in ("Resolved", "Ready")]
    item = {"metadata": {"name": "g", "namespace": "metal", "uid": "u", "generation": 1}, "status": {"phase": "Failed", "conditions": conditions}}
    assert due(item, datetime(2026, 1, 1, tzinfo=timezone.utc)) == ({"resolve"} if is_due else set())
