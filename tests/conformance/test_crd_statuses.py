# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which statuses both API servers take and refuse, in the same words, and that what an older CRD let in stops nobody."""
from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, Kind
from ansible_collections.baremetal.generator.plugins.module_utils.times import parse_time

from tests.cluster.api import KubernetesApi
from tests.cluster.client import MERGE, ApiClient, ApiRefused, path
from tests.cluster.real import RealCluster
from tests.fixtures.cluster import crds
from tests.simulators.kubernetes import KubernetesSimulator
from tests.waiting import until

from . import crd_samples as samples
from .crd_samples import ENTRY, TIME, Object

SECONDS = 20.0
KINDS = {"generator": (GENERATOR, samples.GENERATOR), "buffer": (BUFFER, samples.BUFFER)}
FIRST = {"maxLength", "minLength", "pattern", "enum", "minimum", "maximum", "maxItems", "maxProperties", "required", "x-kubernetes-validations"}


def at(kind: Kind, sample: Object, subresource: str = "status") -> str:
    """The path of the sample, or of its status."""
    return path(kind, sample["metadata"].get("namespace"), sample["metadata"]["name"], subresource)


def made(client: ApiClient) -> ApiClient:
    """Both samples are there, without a status."""
    for kind, sample in KINDS.values():
        client.apply({key: value for key, value in sample.items() if key != "status"})
        assert client.get(kind, sample["metadata"].get("namespace"), sample["metadata"]["name"]) is not None
    return client


@pytest.fixture(scope="module")
def memory_client() -> Iterator[ApiClient]:
    """The in-memory API with the CRDs and both samples."""
    with KubernetesSimulator(tls=True) as simulator:
        for crd in crds():
            simulator.apply(crd)
        yield made(ApiClient(simulator.url, simulator.token, simulator.ca_cert))


@pytest.fixture
def real_client(real_cluster: RealCluster) -> ApiClient:
    """The real one, likewise; whatever is asked of it is a dry run."""
    return made(real_cluster.client)


def refusal(client: ApiClient, kind: str, change: Object, method: str = "PATCH") -> str:
    """What it says to this merge patch of a status as a dry run, "" when it takes it."""
    what, sample = KINDS[kind]
    try:
        client.request(method, at(what, sample), {"status": change}, MERGE, dryRun="All", fieldValidation="Strict")
    except ApiRefused as refused:
        assert (refused.code, refused.reason) == (422, "Invalid"), refused
        return refused.message
    return ""


def without(entry: Object, *fields: str) -> Object:
    """An entry that lacks these."""
    return {key: value for key, value in entry.items() if key not in fields}


ACCEPTED: list[tuple[str, str, Object]] = [
    ("generator", "every field", samples.GENERATOR["status"]),
    *(("generator", f"of the operator, {what}", status) for what, status in samples.OPERATOR),
    *(("generator", f"a time as {time}", {"nextAttemptAt": time}) for time in (
        "2000-01-01T00:00:00Z", "9899-12-31T23:59:59.999999Z", "2026-08-20 07:43:59", "2026-08-20t07:43:59z", "2026-08-20T07:43:59+02:00",
        "2026-08-20T07:43:59-0230")),
    ("generator", "indices as numbers", {"selectedMacIndices": [0, 2], "selectedMacIndex": 2}),
    ("generator", "the longest message", {"message": "ü" * 32768}),
    ("buffer", "every field", samples.BUFFER["status"]),
    ("buffer", "an empty ledger", {"reservations": []}),
    ("buffer", "a full ledger", {"reservations": [{**ENTRY, "rid": f"r{number}", "key": f"n/h{number}"} for number in range(200)]}),
    ("buffer", "an entry of a newer version", {"reservations": [{**ENTRY, "state": "activated", "weight": 3, "generator": {**ENTRY["generator"], "x": "y"}}]}),
    ("buffer", "an entry without what is optional", {"reservations": [without(ENTRY, "bufferedAt", "hostUid", "replaces", "actor")]}),
    ("buffer", "an entry without a ticket, MAC and BMC", {"reservations": [{**ENTRY, "bufferedAt": "", "mac": "", "bmc": ""}]}),
]
REFUSED: list[tuple[str, str, Object, str]] = [
    ("generator", "a phase of another kind", {"phase": "Weird"}, "status.phase: Unsupported value"),
    *(("generator", f"a time such as {time[:30]!r}", {"nextAttemptAt": time}, "status.nextAttemptAt") for time in (
        "9999-12-31T23:59:59-23:59", "9900-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "soon", "", "2026-08-20", f"{TIME}\n",
        "٢٠26-08-20T07:43:59Z", "2026-08-20T24:00:00Z", "2026-08-20T07:43:59.1234567890Z", f"{TIME}{'0' * 100}")),
    ("generator", "a ticket that is no time", {"bufferedAt": "first"}, "status.bufferedAt"),
    ("generator", "attempts below 0", {"attempts": -1}, "status.attempts"),
    ("generator", "attempts and a half", {"attempts": 1.5}, "attempts"),
    ("generator", "attempts as a text", {"attempts": "1"}, "status.attempts"),
    ("generator", "a text for a list", {"macAddresses": "aa:bb:cc:dd:ee:01"}, "status.macAddresses"),
    ("generator", "a list for a text", {"message": ["m"]}, "status.message"),
    ("buffer", "a text for an entry", {"reservations": ["a"]}, "status.reservations[0]"),
    ("buffer", "a number for a key", {"reservations": [{**ENTRY, "key": 7}]}, "status.reservations[0].key"),
    ("generator", "attempts without end", {"attempts": 2**53}, "status.attempts"),
    ("generator", "a generation below 0", {"resolvedGeneration": -1}, "status.resolvedGeneration"),
    ("generator", "no VLAN", {"vlanId": 4095}, "status.vlanId"),
    ("generator", "an endless message", {"message": "m" * 32769}, "status.message: Too long"),
    ("generator", "an endless address", {"ipmiAddress": "a" * 254}, "status.ipmiAddress: Too long"),
    ("generator", "an endless list", {"macAddresses": ["aa:bb:cc:dd:ee:01"] * 17}, "status.macAddresses: Too many"),
    ("generator", "an endless item", {"selectedNicNames": ["n" * 254]}, "status.selectedNicNames[0]: Too long"),
    ("generator", "an index out of bounds", {"selectedMacIndices": [1000]}, "status.selectedMacIndices[0]"),
    ("generator", "an endless index", {"selectedMacIndex": "1" * 64}, "status.selectedMacIndex: Too long"),
    ("generator", "a condition that neither holds nor does not", {"conditions": [{**samples.CONDITION, "status": "Maybe"}]}, "status.conditions[0].status"),
    ("generator", "a reason of many words", {"conditions": [{**samples.CONDITION, "reason": "Not found"}]}, "status.conditions[0].reason"),
    ("generator", "a condition of no time", {"conditions": [{**samples.CONDITION, "lastTransitionTime": "now"}]}, "status.conditions[0].lastTransitionTime"),
    ("buffer", "an empty entry", {"reservations": [{}]}, "each of status.reservations must have a key"),
    *(("buffer", f"an entry without {field}", {"reservations": [without(ENTRY, field)]}, "each of status.reservations must have a key")
      for field in ("key", "rid", "generator", "mac", "bmc", "state", "grantedAt")),
    *(("buffer", f"an entry whose generator has no {field}", {"reservations": [{**ENTRY, "generator": without(ENTRY["generator"], field)}]}, "a generator (")
      for field in ("namespace", "name", "uid", "generation")),
    *(("buffer", f"an entry with {field} {str(value)[:20]!r}", {"reservations": [{**ENTRY, field: value}]}, "each of status.reservations")
      for field, value in (
          ("key", "no-slash"), ("key", "a/b/c"), ("key", "Ns/host"), ("key", f"ns/{'h' * 320}"), ("rid", ""), ("rid", "r" * 129), ("state", ""),
          ("grantedAt", "9999-12-31T23:59:59Z"), ("grantedAt", "then"), ("bufferedAt", "9999-12-31T23:59:59Z"), ("actor", "a" * 254),
          ("hostUid", "u" * 129), ("generator", {**ENTRY["generator"], "generation": -1}))),
    ("buffer", "an entry of 1025 characters", {"reservations": [{**ENTRY, "actor": "a" * 1025}]}, "status.reservations[0].actor: Too long"),
    ("buffer", "one entry too many", {"reservations": [ENTRY] * 201}, "status.reservations: Too many"),
    ("buffer", "a ticket at the end of time", {"lastTicket": "9999-12-31T23:59:59.999999Z"}, "status.lastTicket"),
    ("buffer", "a sweep that never was", {"sweptAt": "never"}, "status.sweptAt"),
    *(("buffer", f"{field} below 0", {field: -1}, f"status.{field}") for field in ("occupied", "reserved", "waiting", "inError", "withoutStatus")),
]


@pytest.mark.parametrize(("kind", "status"), [case[::2] for case in ACCEPTED], ids=[f"{case[0]}: {case[1]}" for case in ACCEPTED])
def test_both_servers_take_it(kind: str, status: Object, memory_client: ApiClient, real_client: ApiClient) -> None:
    assert (refusal(memory_client, kind, status), refusal(real_client, kind, status)) == ("", "")


@pytest.mark.parametrize(("kind", "status", "part"), [(case[0], *case[2:]) for case in REFUSED], ids=[f"{case[0]}: {case[1]}".encode(
    "ascii", "backslashreplace").decode() for case in REFUSED])
def test_both_servers_refuse_it_in_the_same_words(kind: str, status: Object, part: str, memory_client: ApiClient, real_client: ApiClient) -> None:
    memory, real = refusal(memory_client, kind, status), refusal(real_client, kind, status)
    assert part in real
    assert memory == real


@pytest.mark.parametrize("time", [case[2]["nextAttemptAt"] for case in ACCEPTED if "a time as" in case[1]])
def test_a_time_that_the_servers_take_can_be_read(time: str) -> None:
    assert parse_time(time) is not None


# --- what an older CRD let in ------------------------------------------------------------------------------------------------------------


def loosened(schema: Any) -> Any:
    """The schema without bounds and rules, as an older CRD had it."""
    if isinstance(schema, list):
        return [loosened(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    names = set(schema.get("properties", {})) if isinstance(schema.get("properties"), dict) else set()
    return {
        key: {name: loosened(inner) for name, inner in value.items()} if key == "properties" and names else loosened(value)
        for key, value in schema.items() if key not in FIRST or (key == "required" and "type" in value)}


def older(crd: Object) -> Object:
    """The CRD as it was before it had bounds."""
    crd = copy.deepcopy(crd)
    for version in crd["spec"]["versions"]:
        version["schema"]["openAPIV3Schema"] = loosened(version["schema"]["openAPIV3Schema"])
    return crd


ODD_GENERATOR: Object = {
    "phase": "Weird", "nextAttemptAt": "9999-12-31T23:59:59-23:59", "attempts": -7, "message": "m" * 40_000, "macAddresses": ["x" * 100] * 20,
    "conditions": [{"type": "Other", "status": "Maybe", "reason": "two words", "lastTransitionTime": "once"}],
}
ODD_ENTRIES: list[Object] = [
    {}, {"key": "metal/a"}, {**ENTRY, "rid": "odd-1", "grantedAt": "then", "weight": 3}, {"key": "KEY", "rid": "", "generator": {"name": "n", "x": [1]}},
    {**without(ENTRY, "mac"), "rid": "odd-2"},
]
ODD_BUFFER: Object = {"lastTicket": "9999-12-31T23:59:59.999999Z", "occupied": -3, "reservations": ODD_ENTRIES}


@pytest.fixture
def with_odd_statuses(each_api: KubernetesApi) -> KubernetesApi:
    """Both kinds with statuses that came in under an older CRD; then the CRDs of today."""
    client, ours = each_api.client, [crd for crd in crds() if crd["spec"]["group"] == "infra.example.com"]
    for crd in ours:
        client.apply(older(crd))
    made(client)
    for (kind, sample), status in zip(KINDS.values(), (ODD_GENERATOR, ODD_BUFFER)):
        until(lambda kind=kind, sample=sample, status=status: _taken(client, kind, sample, status), SECONDS, "the odd status is there")
    for crd in ours:
        client.apply(crd)
    until(lambda: refusal(client, "generator", {"phase": "Odd"}) and refusal(client, "buffer", {"reserved": -1}), SECONDS, "the CRDs have bounds again")
    return each_api


def _taken(client: ApiClient, kind: Kind, sample: Object, status: Object) -> bool:
    try:
        client.request("PATCH", at(kind, sample), {"status": status}, MERGE)
    except ApiRefused as refused:
        if refused.code != 422:
            raise
        return False
    return True


def put(client: ApiClient, kind: str, **fields: Any) -> Object:
    """A stage's write: read, change some fields of the status, PUT the whole. Raises ApiRefused."""
    what, sample = KINDS[kind]
    found = client.request("GET", at(what, sample, ""))
    found["status"].update(fields)
    return client.request("PUT", at(what, sample), found, fieldValidation="Strict")["status"]


def test_an_odd_status_that_is_stored_stops_no_write_of_other_fields(with_odd_statuses: KubernetesApi) -> None:
    client = with_odd_statuses.client
    conditions = [*ODD_GENERATOR["conditions"], samples.CONDITION]
    assert put(client, "generator", serverVendor="HP", conditions=conditions) == {**ODD_GENERATOR, "serverVendor": "HP", "conditions": conditions}
    assert put(client, "buffer", waiting=4) == {**ODD_BUFFER, "waiting": 4}
    spec = client.patch(GENERATOR, "default", "node-1", {"metadata": {"annotations": {"retry": "now"}}, "spec": {"buffer": "other"}})["spec"]
    assert spec["buffer"] == "other"
    assert client.patch(BUFFER, None, "default", {"spec": {"maxAvailable": 3}})["spec"]["maxAvailable"] == 3


def test_a_ledger_with_odd_entries_can_be_written(with_odd_statuses: KubernetesApi) -> None:
    """Entries are granted, moved on and settled beside them, with all their fields, in any order; they may go, too."""
    client = with_odd_statuses.client
    for entries in ([*ODD_ENTRIES, ENTRY], [{**ENTRY, "state": "activated"}, *reversed(ODD_ENTRIES)], ODD_ENTRIES[1:], ODD_ENTRIES[2:3]):
        assert put(client, "buffer", reservations=entries)["reservations"] == entries


def test_an_entry_whose_rid_is_known_may_be_moved_on_though_it_is_odd(with_odd_statuses: KubernetesApi) -> None:
    moved = [{**entry, "state": "created", "hostUid": "u"} for entry in ODD_ENTRIES if entry.get("rid", "").startswith("odd")]
    assert put(with_odd_statuses.client, "buffer", reservations=moved)["reservations"] == moved


@pytest.mark.parametrize("entries", [
    [*ODD_ENTRIES, {"key": "metal/b"}], [*ODD_ENTRIES, {**without(ENTRY, "mac"), "rid": "new"}], [{"key": "metal/a", "rid": "now"}],
    [{**ODD_ENTRIES[2], "key": "no-slash"}],
], ids=["a new one without all", "a new one without MAC", "an odd one changed", "a key taken away"])
def test_what_is_new_about_a_ledger_is_held_to_the_rules(with_odd_statuses: KubernetesApi, entries: list[Object]) -> None:
    with pytest.raises(ApiRefused) as refused:
        put(with_odd_statuses.client, "buffer", reservations=entries)
    assert refused.value.code == 422 and "each of status.reservations" in refused.value.message
