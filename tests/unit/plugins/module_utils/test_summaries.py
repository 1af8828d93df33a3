# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Event sources remember little of an object, and all that decides whether there is work."""
from __future__ import annotations

import tracemalloc
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.baremetal.generator.plugins.module_utils import summaries
from ansible_collections.baremetal.generator.plugins.module_utils.availability import errors_to_remember, is_inert, occupies_slot, usage

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
BUFFER = {"metadata": {"name": "default"}, "spec": {"maxAvailable": 20}}


def generator(name: str = "g", status: dict[str, Any] | None = None, **metadata: Any) -> dict[str, Any]:
    return {
        "metadata": {"namespace": "metal", "name": name, "uid": f"uid-{name}", "generation": 1, "finalizers": ["infra.example.com/generator"], **metadata},
        "spec": {"infraEnv": "site"}, "status": status or {},
    }


def finished(name: str = "g", **metadata: Any) -> dict[str, Any]:
    status = {"phase": "Completed", "observedGeneration": 1, "resolvedGeneration": 1, "bmhName": name, "message": "Host is there.",
              "conditions": [{"type": kind, "status": "True", "observedGeneration": 1, "message": "m" * 60} for kind in ("Resolved", "Admitted", "Ready")]}
    return generator(name, status, **metadata)


def host(name: str = "h", metadata: dict[str, Any] | None = None, spec: dict[str, Any] | None = None, status: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"metadata": {"namespace": "metal", "name": name, "uid": f"uid-{name}", **(metadata or {})}, "spec": spec or {}, "status": status or {}}


def in_state(state: str, operational: str = "OK", **more: Any) -> dict[str, Any]:
    return {"provisioning": {"state": state}, "operationalStatus": operational, **more}


def test_a_finished_generator_is_remembered_by_name_only():
    assert summaries.of_generator(finished()) is None


def test_ten_thousand_finished_generators_and_their_hosts_need_a_few_megabytes():
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = {}
    for number in range(10_000):
        name = f"server-{number:05d}"
        kept[f"generators/metal/{name}"] = summaries.of_generator(finished(name))
        kept[f"hosts/metal/{name}"] = summaries.of_host(host(name, spec={"consumerRef": {"name": name}}, status=in_state("provisioned")))
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert len(kept) == 20_000
    assert grown < 8e6


def test_a_new_generator_is_due_at_once():
    summary = summaries.of_generator(generator())
    assert (summary.due, summary.due_at, summary.waiting_in) == ("resolve", 0.0, "")


def test_one_to_be_tried_again_is_due_when_its_time_comes():
    resolved = {"type": "Resolved", "status": "False", "observedGeneration": 1}
    summary = summaries.of_generator(generator(status={"phase": "Processing", "nextAttemptAt": "2026-01-01T00:00:00.000000Z", "conditions": [resolved]}))
    assert (summary.due, summary.due_at) == ("resolve", NOW.timestamp())


def test_one_in_a_line_is_counted_for_its_buffer():
    waiting = finished()
    waiting["status"]["phase"], waiting["spec"]["buffer"] = "Buffered", "gpu"
    summary = summaries.of_generator(waiting)
    assert (summary.due, summary.waiting_in) == ("", "gpu")


def test_a_removal_remembers_the_host_that_it_waits_for():
    leaving = finished(deletionTimestamp="2026-01-01T00:00:00Z")
    leaving["status"]["conditions"] = [{"type": "Ready", "status": "False", "reason": "Removing"}]
    leaving["status"]["nextAttemptAt"] = "2026-01-01T00:01:00.000000Z"
    summary = summaries.of_generator(leaving)
    assert (summary.due, summary.host, summary.due_at) == ("remove", "metal/g", NOW.timestamp() + 60)


@pytest.mark.parametrize("change", [
    {"generation": 2}, {"annotations": {"redeploy": "true"}}, {"uid": "another"},
])
def test_what_its_user_asks_anew_is_another_ask(change):
    assert summaries.of_generator(generator(**change)).ask != summaries.of_generator(generator()).ask


def test_a_retry_is_told_from_what_is_due_anyway():
    asked = finished(annotations={"retry": ""})
    assert (summaries.of_generator(asked).due, summaries.of_generator(asked).retry) == ("resolve", "retry=")
    assert not summaries.of_generator(asked).has_come(NOW.timestamp()), "for that annotation alone"
    new = summaries.of_generator(generator(annotations={"retry": "now"}))
    assert new.has_come(NOW.timestamp()) and new.ask == summaries.of_generator(generator()).ask
    leaving = summaries.of_generator(finished(deletionTimestamp="2026-01-01T00:00:00Z", annotations={"retry": "now"}))
    assert (leaving.due, leaving.retry) == ("remove", "")


@pytest.mark.parametrize("when", ["2026-01-01T01:00:01Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "soon", 7])
def test_a_next_attempt_further_away_than_any_stage_pauses_has_come(when):
    tried = {"type": "Resolved", "status": "False", "observedGeneration": 1}
    summary = summaries.of_generator(generator(status={"phase": "Processing", "nextAttemptAt": when, "conditions": [tried]}))
    assert summary.due == "resolve" and summary.has_come(NOW.timestamp())


def test_a_next_attempt_within_the_hour_has_not_come():
    tried = {"type": "Resolved", "status": "False", "observedGeneration": 1}
    summary = summaries.of_generator(generator(status={"phase": "Processing", "nextAttemptAt": "2026-01-01T00:59:59Z", "conditions": [tried]}))
    assert summary.due == "resolve" and not summary.has_come(NOW.timestamp()) and summary.has_come(NOW.timestamp() + 3599)


def test_what_a_stage_writes_is_progress_and_a_label_is_neither():
    first = summaries.of_generator(generator())
    written = summaries.of_generator(generator(status={"phase": "Processing", "attempts": 1}))
    assert written.progress != first.progress and written.ask == first.ask
    assert summaries.of_generator(generator(labels={"a": "b"}, annotations={"note": "x"}, resourceVersion="9")) == first


INERT = {"annotations": {"infra.example.com/rid": "r1", "baremetalhost.metal3.io/paused": "infra.example.com/admission"}}
HOSTS = [
    host(), host(metadata=INERT), host(metadata={"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["baremetalhost.metal3.io"]}),
    host(metadata={**INERT, "finalizers": ["baremetalhost.metal3.io"]}), host(metadata={"annotations": {"infra.example.com/buffer-exempt": "true"}}),
    host(metadata={"labels": {"infra.example.com/buffer-exempt": "true"}}), host(metadata={"labels": {"infra.example.com/buffer": "gpu"}}),
    host(metadata={**INERT, "labels": {"infraenvs.agent-install.openshift.io": "site"}}),
    host(spec={"consumerRef": {"name": "m"}}), host(spec={"externallyProvisioned": True}),
    *(host(status=in_state(state)) for state in ("registering", "inspecting", "preparing", "available", "provisioning", "provisioned", "deprovisioning",
                                                 "externally provisioned", "powering off before delete", "deleting", "unmanaged", "something new")),
    host(status=in_state("provisioned", "detached")), host(status=in_state("available", "detached")),
    host(status=in_state("registering", "error", lastUpdated="2025-12-31T00:00:00Z")),
    host(status=in_state("registering", "error", lastUpdated="2025-12-31T23:59:00Z")),
    host(status=in_state("registering", "error", errorCount=3)), host(status=in_state("registering", errorCount=3)),
    host(status=in_state("available", errorCount=3)), host(status=in_state("available", errorCount=3, lastUpdated="2025-12-31T23:59:00Z")),
    host(status=in_state("available", errorCount=3, lastUpdated="2025-12-31T23:00:00Z")),
]


@pytest.mark.parametrize("spec", [{}, {"counting": "legacy"}, {"agentAware": True}, {"excludeErrorAfter": "1h"}])
@pytest.mark.parametrize("number", range(len(HOSTS)))
def test_a_summary_occupies_a_slot_exactly_when_its_host_does(number, spec):
    whole = HOSTS[number]
    kept = summaries.of_host(whole).as_object("metal/h")
    agents = [{"metadata": {"namespace": "metal", "name": "a", "labels": {"agent-install.openshift.io/bmh": "h"}},
               "spec": {"clusterDeploymentName": {"name": "c", "namespace": "metal"}}}]
    buffer = {**BUFFER, "spec": spec, "status": {"hostsInError": [{"uid": "uid-h", "since": "2025-12-31T22:00:00Z"}]}}
    kept_agents = [summaries.of_agent(agent) for agent in agents]
    assert occupies_slot(kept, buffer, kept_agents, NOW) == occupies_slot(whole, buffer, agents, NOW)
    assert is_inert(kept) == is_inert(whole)
    assert usage(buffer, [kept], (), kept_agents, NOW) == usage(buffer, [whole], (), agents, NOW)
    assert errors_to_remember(buffer, [kept], kept_agents, NOW) == errors_to_remember(buffer, [whole], agents, NOW)
