# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies of others in the in-memory API: what is looked at, by whom, and that their words are passed on."""
from __future__ import annotations

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.cluster import GENERATOR, HOST
from tests.cluster.api import KubernetesApi
from tests.cluster.client import ApiRefused
from tests.cluster.policies import Policies
from tests.simulators.kubernetes import DELETE, UPDATE, Review, Rule

BODY = {"apiVersion": "metal3.io/v1alpha1", "kind": "BareMetalHost", "metadata": {"name": "n1", "namespace": "default"}, "spec": {"online": True}}


def renamed_rack(review: Review) -> str | None:
    """A rule that needs both: what is there, and what it is to be."""
    assert review.new is not None and review.old is not None
    before, after = (one["metadata"].get("labels", {}).get("rack") for one in (review.old, review.new))
    return f"rack {before} may not become {after}" if before and before != after else None


def test_a_predicate_sees_what_is_there_and_what_it_is_to_be(memory_api: KubernetesApi) -> None:
    memory_api.apply(BODY)
    with Policies(memory_api) as policies:
        webhook = policies.webhook(Rule(HOST, (UPDATE,), judge=renamed_rack))
        memory_api.patch(HOST, "default", "n1", {"metadata": {"labels": {"rack": "r1"}}})
        with pytest.raises(ApiRefused, match='403 Forbidden: admission webhook "baremetalhost.metal3.io" denied the request: rack r1 may not become r2'):
            memory_api.patch(HOST, "default", "n1", {"metadata": {"labels": {"rack": "r2"}}})
        assert [(one.operation, one.name, one.dry_run) for one in webhook.asked] == [("UPDATE", "n1", False)] * 2
        webhook.rules.clear()
        memory_api.patch(HOST, "default", "n1", {"metadata": {"labels": {"rack": "r2"}}})


def test_only_what_a_rule_names_is_denied(memory_api: KubernetesApi) -> None:
    """Kind, operation, subresource, name and namespace."""
    with Policies(memory_api) as policies:
        policies.webhook(Rule(HOST, (DELETE,)), Rule(HOST, (UPDATE,), "status"), Rule(HOST, name="n2"), Rule(HOST, name="n3", namespace="other"))
        for name in ("n1", "n3"):
            memory_api.apply({**BODY, "metadata": {**BODY["metadata"], "name": name}})
        memory_api.apply(BODY)
        for denied in (
            lambda: memory_api.delete(HOST, "default", "n1"),
            lambda: memory_api.patch(HOST, "default", "n1", {"status": {"operationalStatus": "OK"}}, "status"),
            lambda: memory_api.apply({**BODY, "metadata": {**BODY["metadata"], "name": "n2"}}),
        ):
            with pytest.raises(ApiRefused):
                denied()
    memory_api.delete(HOST, "default", "n1")
    assert [one["metadata"]["name"] for one in memory_api.list(HOST)] == ["n3"]


def test_what_is_only_tried_is_judged_as_well_and_leaves_nothing(memory_api: KubernetesApi) -> None:
    with Policies(memory_api) as policies:
        webhook = policies.webhook(Rule(HOST, name="n2"))
        memory_api.create(HOST, BODY, dryRun="All")
        with pytest.raises(ApiRefused):
            memory_api.create(HOST, {**BODY, "metadata": {**BODY["metadata"], "name": "n2"}}, dryRun="All")
        assert [one.dry_run for one in webhook.asked] == [True, True] and memory_api.list(HOST) == []


def test_what_a_test_writes_in_process_passes_by(memory_api: KubernetesApi) -> None:
    """As it passes by users and rights."""
    with Policies(memory_api) as policies:
        policies.policy("none", Rule(GENERATOR, text="none are wanted", reason="Invalid"))
        memory_api.simulator.create({
            "apiVersion": "infra.example.com/v1alpha1", "kind": "BareMetalHostGenerator", "metadata": {"name": "g"}, "spec": {"infraEnv": "env"}})
    assert memory_api.get(GENERATOR, "default", "g")
