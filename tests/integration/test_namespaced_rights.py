# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user of the playbooks who has all rights in one namespace and lacks some in others: rc 0, and each namespace told for itself."""
from __future__ import annotations

from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import GENERATOR
from tests.fixtures.site import NAMESPACE, Site, rights

READS = ("get", "list", "watch")
# namespace -> the resource and the verbs that are missing in it, and what a status says then
MISSING = {
    "no-secrets": ("secrets", ("get", "create"), "get secrets"),
    "no-hosts": ("baremetalhosts", ("create",), "create baremetalhosts.metal3.io"),
    "no-generators": ("baremetalhostgenerators", ("patch",), "patch baremetalhostgenerators.infra.example.com"),
    "no-statuses": ("baremetalhostgenerators/status", ("update", "patch"), "update baremetalhostgenerators/status.infra.example.com"),
}


def without(resource: str, verbs: tuple[str, ...]) -> list[dict[str, Any]]:
    """All rights but these."""
    split = [{**rule, "resources": [one]} for rule in rights() for one in rule["resources"]]
    kept = [{**rule, "verbs": [verb for verb in rule["verbs"] if rule["resources"] != [resource] or verb not in verbs]} for rule in split]
    return [rule for rule in kept if rule["verbs"]]


def test_a_right_that_is_missing_stops_one_namespace(site: Site, door: str) -> None:
    """Secrets that may not be read, hosts that may not be made, generators or their statuses that may not be written, each in its namespace."""
    reads = [{**rule, "verbs": [verb for verb in rule["verbs"] if verb in READS]} for rule in without("secrets", ("get",))]
    ledgers = {"apiGroups": [names.GROUP], "resources": ["baremetalhostbuffers", "baremetalhostbuffers/status"], "verbs": ["patch", "update"]}
    user = site.api.user([*(rule for rule in reads if rule["verbs"]), ledgers])
    for namespace, (resource, verbs, _named) in MISSING.items():
        site.api.allow(user.name, without(resource, verbs), namespace)
        site.infra_env(namespace=namespace)
    site.api.allow(user.name, rights(), NAMESPACE)
    for number, namespace in enumerate((*MISSING, NAMESPACE), start=1):
        site.generator("one", {"serverName": f"hpe-node-0{number}"}, namespace)
    kubeconfig = site.api.kubeconfig(site.playbooks.folder / "by-namespace", user.token)
    run = site.run("reconcile", door, generator_kubeconfig=kubeconfig).succeeded()
    assert site.status("one")["phase"] == "Completed" and list(site.hosts()) == [f"hpe-node-0{len(MISSING) + 1}"]
    for namespace, (_resource, _verbs, named) in MISSING.items():
        sentence = f"A right is missing: {named} in namespace {namespace}."
        assert any(line.startswith(f"{namespace}/one: ") and sentence in line for line in run.told), (namespace, run.told)
        if namespace == "no-statuses":
            continue                                   # which cannot say so itself
        status = site.status("one", namespace)
        ready = next(one for one in status["conditions"] if one["type"] == "Ready")
        assert (status["phase"] in ("Processing", "Buffered"), ready["reason"]) == (True, "Forbidden"), status
        assert sentence in status["message"] and f'User "{user.name}" cannot ' in status["message"]


def test_who_may_not_list_hosts_is_told_at_once(site: Site, door: str) -> None:
    """At cluster scope: the run ends with verb, resource, and who lacks the right."""
    site.generator("one", {"serverName": "hpe-node-01"})
    user = site.api.user(without("baremetalhosts", ("list",)))
    sentence = site.run("onboard", door, generator_kubeconfig=site.api.kubeconfig(site.playbooks.folder / "no-lists", user.token)).failed()
    assert "A right is missing: list baremetalhosts.metal3.io in all namespaces. Grant it to the user of this run" in sentence
    assert f'User "{user.name}" cannot list resource "baremetalhosts" in API group "metal3.io" at the cluster scope' in sentence
    found = site.api.get(GENERATOR, NAMESPACE, "one")
    assert found is not None and "status" not in found
