# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts occupy a slot, state by state."""
from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.availability import in_use, is_inert, occupies_slot, paused_by_others, usage, use_of

NOW = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


def host(
    state: str | None = "available", name: str = "h", status: dict[str, Any] | None = None, metadata: dict[str, Any] | None = None, **spec: Any
) -> dict[str, Any]:
    seen = {} if state is None else {"status": {"operationalStatus": "OK", "provisioning": {"state": state}, **(status or {})}}
    return {"metadata": {"namespace": "n", "name": name, "uid": f"uid-{name}", **(metadata or {})}, "spec": spec, **seen}


def buffer(name: str = "default", entries: list[dict[str, Any]] | None = None, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": spec, "status": {"reservations": entries or []}}


@pytest.mark.parametrize("state", [
    None, "", "registering", "inspecting", "preparing", "available", "ready", "match profile", "provisioning", "deprovisioning", "tomorrow's",
])
def test_a_host_that_is_or_will_be_available_counts(state: str | None) -> None:
    assert occupies_slot(host(state), buffer())


@pytest.mark.parametrize("one", [
    host("provisioned"), host("externally provisioned"), host("powering off before delete"), host("deleting"), host("unmanaged"),
    host(consumerRef={"name": "x"}), host(externallyProvisioned=True), host(status={"operationalStatus": "detached"}),
    host(metadata={"deletionTimestamp": "x"}), host(metadata={"annotations": {names.BUFFER_EXEMPT: "true"}}),
    host(metadata={"labels": {names.BUFFER_EXEMPT: "true"}}), host(metadata={"labels": {names.BUFFER_LABEL: "other"}}),
])
def test_a_host_that_is_taken_going_exempt_or_of_another_pool_does_not(one: dict[str, Any]) -> None:
    assert not occupies_slot(one, buffer())


@pytest.mark.parametrize(("one", "use"), [
    (host(), ""), (host(None), ""), (host("unmanaged"), ""), (host("inspecting"), ""), (host(consumerRef={"name": "x"}), "somebody has taken it"),
    (host("externally provisioned"), "externally provisioned"), (host("registering", externallyProvisioned=True), "externally provisioned"),
    (host(externallyProvisioned=False), ""), (host(status={"operationalStatus": "detached"}), "detached from Metal3"),
    (host("deprovisioning"), "deprovisioning"),
])
def test_what_runs_is_in_use_and_by_what_that_is_seen(one: dict[str, Any], use: str) -> None:
    assert use_of(one) == use and in_use(one) is bool(use)


@pytest.mark.parametrize(("state", "counts"), [
    (None, True), ("registering", True), ("provisioning", True), ("inspecting", False), ("preparing", False), ("available", False),
])
def test_legacy_counting_sees_what_the_operator_saw(state: str | None, counts: bool) -> None:
    assert occupies_slot(host(state), buffer(counting="legacy")) is counts


def test_a_host_in_error_counts_until_the_buffer_says_otherwise() -> None:
    failing = host("registering", status={"operationalStatus": "error", "lastUpdated": "2026-01-01T11:59:00Z"})
    memory = [{"uid": "uid-h", "since": "2026-01-01T10:00:00.000000Z"}]

    def remembering(**spec: str) -> dict[str, Any]:
        one = buffer(**spec)
        return {**one, "status": {**one["status"], "hostsInError": memory}}

    assert occupies_slot(failing, remembering(), now=NOW)
    assert occupies_slot(failing, remembering(excludeErrorAfter="3h"), now=NOW)
    assert not occupies_slot(failing, remembering(excludeErrorAfter="90m"), now=NOW)
    assert occupies_slot(failing, buffer(excludeErrorAfter="90m"), now=NOW), "nobody has seen it before"
    assert occupies_slot(host("registering"), remembering(excludeErrorAfter="90m"), now=NOW), "it has recovered, and nobody has written that yet"


def test_a_bound_agent_takes_its_host_out_where_the_buffer_asks_for_agents() -> None:
    agent = {"metadata": {"namespace": "n", "name": "a", "labels": {names.AGENT_HOST_LABEL: "h"}}, "spec": {"clusterDeploymentName": {"name": "c"}}}
    assert occupies_slot(host("provisioning"), buffer(), [agent])
    assert not occupies_slot(host("provisioning"), buffer(agentAware=True), [agent])
    assert in_use(host(), {"n/h"}) and not in_use(host())


def test_an_inert_host_of_ours_counts_whatever_the_rules_say() -> None:
    inert = host(None, metadata={"annotations": {names.RID: "r", names.PAUSED: names.PAUSED_BY_ADMISSION, names.BUFFER_EXEMPT: "true"}})
    assert is_inert(inert) and not paused_by_others(inert) and occupies_slot(inert, buffer())
    assert not is_inert(host("registering", metadata=inert["metadata"]))


def entry(key: str, rid: str, uid: str, **more: str) -> dict[str, Any]:
    """As a stage writes it."""
    granted = {"namespace": "n", "name": uid, "uid": uid, "generation": 1}
    return {"key": key, "rid": rid, "bufferedAt": "2026-01-01T00:00:00.000000Z", "generator": granted, **more}


def test_a_replaced_host_and_its_entry_are_one_slot_even_if_their_keys_differ() -> None:
    entries = [entry("n/new", "r", "g", replaces="uid-old"), entry("n/next", "q", "f")]
    seen = usage(buffer(entries=entries, maxAvailable=5), [host(name="old"), host("registering", "b", {"operationalStatus": "error"}), host(None, "c")], [])
    assert (seen.used, seen.free, seen.reserved, seen.occupied, seen.in_error, seen.without_status) == (4, 1, 2, 3, 1, 1)
