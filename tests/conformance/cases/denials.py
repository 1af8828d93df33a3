# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What policies of others deny: webhooks as they are made with controller-runtime and otherwise, and ValidatingAdmissionPolicies."""
from __future__ import annotations

from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils.cluster import GENERATOR, HOST, SECRET
from tests.simulators.kubernetes import CREATE, DELETE, UPDATE, Rule

from ..asking import MERGE, Ask

Object = dict[str, Any]
SPACE = "denials"
HOSTS = f"/apis/metal3.io/v1alpha1/namespaces/{SPACE}/baremetalhosts"
GENERATORS = f"/apis/infra.example.com/v1alpha1/namespaces/{SPACE}/baremetalhostgenerators"
SECRETS = f"/api/v1/namespaces/{SPACE}/secrets"
STATUS = {
    "operationalStatus": "OK", "errorMessage": "", "poweredOn": True, "errorCount": 0, "provisioning": {"state": "available", "ID": "1"}}
KYVERNO = "\n\nresource BareMetalHost/denials/kyverno was blocked due to the following policies \n\nracks:\n  rack: 'validation error: no rack.'\n"
ALWAYS = (CREATE, UPDATE, DELETE)


def _no_label(review: Any) -> str | None:
    return None if review.new["metadata"].get("labels") else "[racks] a host has a label\n[owners] and an owner"


WEBHOOK = (
    Rule(HOST, name="runtime", text="no good"),
    Rule(HOST, name="gatekeeper", judge=_no_label),
    Rule(HOST, name="kyverno", text=KYVERNO, code=0, reason=""),
    Rule(HOST, name="older", text="", code=403, reason="no good at all"),        # the text in the place of the reason
    Rule(HOST, name="silent", text="", code=0, reason=""),
    Rule(HOST, name="for-ever", text="come again", code=409, reason="Conflict"),
    Rule(HOST, name="busy", text="too many", code=429, reason="TooManyRequests"),
    Rule(HOST, name="broken", text="boom", code=500, reason="InternalError"),
    Rule(HOST, (UPDATE, DELETE), name="first", text="hands off"),
    Rule(HOST, (UPDATE,), "status", name="first", text="hands off its status"),
    Rule(SECRET, ALWAYS, name="secret", text="no Secrets here"),
)
POLICIES = (
    ("no-policy-hosts", Rule(HOST, ALWAYS, name="policy", text="hosts of this name are not wanted", reason="Invalid")),
    ("no-forbidden-hosts", Rule(HOST, ALWAYS, name="forbidden", text="hosts of this name are not wanted", reason="Forbidden")),
    ("no-long-hosts", Rule(HOST, name="long", text="hosts of this name are not wanted", reason="RequestEntityTooLarge")),
    ("no-statuses", Rule(GENERATOR, (UPDATE,), "status", name="g", namespace=SPACE, text="statuses are not wanted", reason="Invalid")),
    ("no-runtime-hosts", Rule(HOST, (DELETE,), name="runtime", text="never asked", reason="Invalid")),
)


def host(name: str, **spec: Any) -> Object:
    """A body for it."""
    return {"apiVersion": "metal3.io/v1alpha1", "kind": "BareMetalHost", "metadata": {"name": name}, "spec": {"online": True, **spec}}


# Before anything is in force.
BEFORE: list[Ask] = [
    Ask("a namespace", "POST", "/api/v1/namespaces", {"metadata": {"name": SPACE}}, only=("metadata.name",)),
    Ask("a host", "POST", HOSTS, host("first"), only=("metadata.name",)),
    Ask("a generator", "POST", GENERATORS, {
        "apiVersion": "infra.example.com/v1alpha1", "kind": "BareMetalHostGenerator", "metadata": {"name": "g"}, "spec": {"infraEnv": "env"}},
        only=("metadata.name",)),
]
CASES: list[Ask] = [
    *(Ask(f"denied: {rule.name}", "POST", HOSTS, host(rule.name)) for rule in WEBHOOK[:8]),
    *(Ask(f"denied when it is only tried: {rule.name}", "POST", HOSTS, host(rule.name), query={"dryRun": "All"}) for rule in WEBHOOK[:3]),
    Ask("a predicate has nothing against it", "POST", HOSTS, {**host("gatekeeper"), "metadata": {"name": "gatekeeper", "labels": {"a": "b"}}},
        only=("metadata.name",)),
    Ask("the schema comes first", "POST", HOSTS, {**host("runtime"), "spec": {}}),
    Ask("the namespace comes first", "POST", HOSTS.replace(SPACE, "nowhere"), host("runtime")),
    Ask("a patch", "PATCH", f"{HOSTS}/first", {"metadata": {"labels": {"a": "b"}}}, content=MERGE),
    Ask("a patch that is only tried", "PATCH", f"{HOSTS}/first", {"metadata": {"labels": {"a": "b"}}}, content=MERGE, query={"dryRun": "All"}),
    Ask("a patch of nothing", "PATCH", f"{HOSTS}/first", {}, content=MERGE),
    Ask("a patch of an older version", "PATCH", f"{HOSTS}/first", {"metadata": {"resourceVersion": "1", "labels": {"a": "b"}}}, content=MERGE),
    Ask("a patch that the schema refuses", "PATCH", f"{HOSTS}/first", {"spec": {"online": None}}, content=MERGE),
    Ask("a status", "PATCH", f"{HOSTS}/first/status", {"status": STATUS}, content=MERGE),
    Ask("a delete", "DELETE", f"{HOSTS}/first"),
    Ask("a delete that is only tried", "DELETE", f"{HOSTS}/first", query={"dryRun": "All"}),
    Ask("a delete of another one", "DELETE", f"{HOSTS}/first", {"preconditions": {"uid": "x"}}),
    Ask("a delete of nothing", "DELETE", f"{HOSTS}/nothing"),
    Ask("what exists is denied first", "POST", HOSTS, host("first"), only=("code", "reason")),
    Ask("a Secret", "POST", SECRETS, {"metadata": {"name": "secret"}}),
    Ask("another Secret", "POST", SECRETS, {"metadata": {"name": "other"}}, only=("metadata.name",)),
    *(Ask(f"by policy: {rule.name}", "POST", HOSTS, host(rule.name)) for _name, rule in POLICIES[:3]),
    Ask("by policy, only tried", "POST", HOSTS, host("policy"), query={"dryRun": "All"}),
    Ask("a status, by policy", "PATCH", f"{GENERATORS}/g/status", {"status": {"phase": "Processing"}}, content=MERGE),
    Ask("its spec is nobody's business", "PATCH", f"{GENERATORS}/g", {"spec": {"labels": {"a": "b"}}}, content=MERGE, only=("metadata.generation",)),
]
# While the webhook is down.
DOWN: list[Ask] = [
    Ask("a host that nobody would deny", "POST", HOSTS, host("good")),
    Ask("only tried", "POST", HOSTS, host("good"), query={"dryRun": "All"}),
    Ask("a patch", "PATCH", f"{HOSTS}/first", {"metadata": {"labels": {"a": "b"}}}, content=MERGE),
    Ask("a delete", "DELETE", f"{HOSTS}/first"),
    Ask("what the webhook does not look at", "PATCH", f"{GENERATORS}/g", {"spec": {"labels": {"a": "c"}}}, content=MERGE, only=("metadata.generation",)),
    Ask("a policy is asked before", "POST", HOSTS, host("policy")),
]
# When it is up again, and then when all are lifted.
AFTER: list[Ask] = [
    Ask("it denies as before", "POST", HOSTS, host("runtime")),
    Ask("and lets through as before", "POST", HOSTS, host("good"), only=("metadata.name",)),
]
LIFTED: list[Ask] = [
    Ask("nobody denies", "POST", HOSTS, host("runtime"), only=("metadata.name",)),
    Ask("nobody denies by policy", "POST", HOSTS, host("policy"), only=("metadata.name",)),
    Ask("nobody denies a delete", "DELETE", f"{HOSTS}/first", only=("status",)),
]
