# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubernetes' own kinds: Secrets, ConfigMaps, Namespaces, Leases, Events."""
from __future__ import annotations

from typing import Any

from ..asking import MERGE, STRATEGIC, TABLE, Ask
from .objects import namespace, widget

Object = dict[str, Any]
SECRETS = "/api/v1/namespaces/builtins/secrets"
MAPS = "/api/v1/namespaces/builtins/configmaps"


def secret(name: str, **rest: Any) -> Object:
    """A Secret."""
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, **rest}


CASES: list[Ask] = [
    Ask("a namespace of one's own", "POST", "/api/v1/namespaces", {**namespace("builtins"), "spec": {"finalizers": ["probe.example.com/x"]},
        "status": {"phase": "Terminating"}}),
    Ask("a namespace with a bad name", "POST", "/api/v1/namespaces", namespace("a.b")),
    Ask("a Secret with texts", "POST", SECRETS, secret("texts", stringData={"username": "a", "password": "b c"}), save={"secret": "metadata.resourceVersion"}),
    Ask("a Secret with data", "POST", SECRETS, secret("data", data={"username": "YQ=="}, type="Opaque", immutable=False)),
    Ask("texts win over data", "POST", SECRETS, secret("both", data={"a": "YQ==", "b": "Yg=="}, stringData={"a": "x"})),
    Ask("bad base64", "POST", SECRETS, secret("bad", data={"a": "not base64!"})),
    Ask("base64 that lacks its end", "POST", SECRETS, secret("bad", data={"a": "YWE"})),
    Ask("data that is no text", "POST", SECRETS, secret("bad", data={"a": 1}), only=("code", "reason")),
    Ask("a bad key", "POST", SECRETS, secret("bad", data={"a b": "YQ=="})),
    Ask("an unknown field, strictly", "POST", SECRETS, secret("bad", colour="red"), query={"fieldValidation": "Strict"}),
    Ask("an unknown field", "POST", SECRETS, secret("unknown", colour="red")),
    Ask("a Secret without kind and version", "POST", SECRETS, {"metadata": {"name": "plain"}, "data": {}}),
    Ask("a Secret twice", "POST", SECRETS, secret("texts")),
    Ask("replace without a version", "PUT", f"{SECRETS}/texts", secret("texts", stringData={"username": "c"})),
    Ask("replace with a stale version", "PUT", f"{SECRETS}/texts", {**secret("texts"), "metadata": {"name": "texts", "resourceVersion": "{secret}"}}),
    Ask("another type", "PUT", f"{SECRETS}/texts", secret("texts", type="other")),
    Ask("merge", "PATCH", f"{SECRETS}/texts", {"stringData": {"password": "d"}, "metadata": {"labels": {"a": "b"}}}, content=MERGE),
    Ask("strategic merge", "PATCH", f"{SECRETS}/texts", {"data": {"username": None, "x": "eA=="},
        "metadata": {"finalizers": ["probe.example.com/a"]}}, content=STRATEGIC),
    Ask("strategic merge joins finalizers", "PATCH", f"{SECRETS}/texts", {"metadata": {"finalizers": ["probe.example.com/b"]}}, content=STRATEGIC),
    Ask("strategic merge takes one off", "PATCH", f"{SECRETS}/texts", {"metadata": {"$deleteFromPrimitiveList/finalizers": ["probe.example.com/a"]}},
        content=STRATEGIC),
    Ask("strategic merge joins owners", "PATCH", f"{SECRETS}/texts", {"metadata": {"ownerReferences": [
        {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "22222222-2222-2222-2222-222222222222"}]}}, content=STRATEGIC),
    Ask("an owner that lacks fields", "PATCH", f"{SECRETS}/texts", {"metadata": {"ownerReferences": [{"name": "x"}]}}, content=MERGE, only=("code", "reason")),
    Ask("immutable", "PATCH", f"{SECRETS}/data", {"immutable": True}, content=MERGE),
    Ask("immutable is immutable", "PATCH", f"{SECRETS}/data", {"data": {"username": "Yg=="}}, content=MERGE),
    Ask("immutable stays", "PATCH", f"{SECRETS}/data", {"immutable": None}, content=MERGE),
    Ask("delete a Secret with another uid", "DELETE", f"{SECRETS}/both", {"preconditions": {"uid": "11111111-1111-1111-1111-111111111111"}}),
    Ask("merge of a Secret with another uid", "PATCH", f"{SECRETS}/both", {"metadata": {"uid": "11111111-1111-1111-1111-111111111111"}}, content=MERGE),
    Ask("replace of a Secret with another uid", "PUT", f"{SECRETS}/both", {
        **secret("both"), "metadata": {"name": "both", "uid": "11111111-1111-1111-1111-111111111111"}}),
    Ask("delete a Secret", "DELETE", f"{SECRETS}/both"),
    Ask("delete a held Secret", "DELETE", f"{SECRETS}/texts"),
    Ask("it may go", "PATCH", f"{SECRETS}/texts", {"metadata": {"finalizers": None}}, content=MERGE, only=("metadata.name",)),
    Ask("it is gone", "GET", f"{SECRETS}/texts"),
    Ask("Secrets", "GET", SECRETS),
    Ask("Secrets of a type", "GET", SECRETS, query={"fieldSelector": "type=Opaque"}, only=("items.0.metadata.name", "kind")),
    Ask("a ConfigMap", "POST", MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "map"}, "data": {"a": "b"}, "binaryData": {"c": "ZA=="}}),
    Ask("a value that is no text", "POST", MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "bad"}, "data": {"a": 1}},
        only=("code", "reason")),
    Ask("a ServiceAccount", "POST", "/api/v1/namespaces/builtins/serviceaccounts", {"apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": "account"}}),
    Ask("a RoleBinding", "POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/builtins/rolebindings", {
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "binding"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "role"}, "subjects": [
            {"kind": "ServiceAccount", "name": "account", "namespace": "builtins"}, {"kind": "User", "name": "someone",
                                                                                     "apiGroup": "rbac.authorization.k8s.io"}]}),
    Ask("a Lease", "POST", "/apis/coordination.k8s.io/v1/namespaces/builtins/leases", {
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "lease"}, "spec": {
            "holderIdentity": "me", "leaseDurationSeconds": 15, "renewTime": "2026-01-02T03:04:05.000006Z", "leaseTransitions": 1}},
        save={"lease": "metadata.resourceVersion"}),
    Ask("a Lease of another", "PUT", "/apis/coordination.k8s.io/v1/namespaces/builtins/leases/lease", {
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "lease", "resourceVersion": "{lease}"},
        "spec": {"holderIdentity": "you"}}),
    Ask("a Lease of no length", "POST", "/apis/coordination.k8s.io/v1/namespaces/builtins/leases", {
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "none"}, "spec": {"leaseDurationSeconds": 0}}),
    Ask("an Event", "POST", "/api/v1/namespaces/builtins/events", {
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": "event"}, "reason": "Waits", "message": "for a slot", "type": "Normal", "count": 1,
        "involvedObject": {"kind": "BareMetalHostGenerator", "name": "g", "namespace": "builtins", "apiVersion": "infra.example.com/v1alpha1"},
        "firstTimestamp": "2026-01-02T03:04:05Z", "lastTimestamp": "2026-01-02T03:04:05Z", "source": {"component": "probe"}}),
    Ask("an Event of another namespace", "POST", "/api/v1/namespaces/builtins/events", {
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": "elsewhere"}, "reason": "Waits", "message": "x",
        "involvedObject": {"kind": "Secret", "name": "g", "namespace": "default"}}, only=("code", "reason")),
    Ask("Events of an object", "GET", "/api/v1/namespaces/builtins/events",
        query={"fieldSelector": "involvedObject.name=g,involvedObject.kind=BareMetalHostGenerator"},
        only=("kind", "items.0.metadata.name", "items.1.metadata.name")),
    *(Ask(f"a Table of {path.rpartition('/')[2]}", "GET", path, accept=TABLE, query={"limit": "1"}, only=(
        *(f"columnDefinitions.{number}.{key}" for number in range(11) for key in ("name", "type", "format", "priority")),
        *(f"rows.0.cells.{number}" for number in range(11) if number not in ages), "rows.0.object.kind"))
      for path, ages in (
        ("/api/v1/namespaces/builtins/secrets", (3,)), ("/api/v1/namespaces/builtins/configmaps", (2,)), ("/api/v1/namespaces/builtins/events", (0, 7)),
        ("/apis/coordination.k8s.io/v1/namespaces/builtins/leases", (2,)), ("/api/v1/namespaces", (2,)), ("/api/v1/namespaces/builtins/serviceaccounts", (1,)),
        ("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", ()), ("/apis/rbac.authorization.k8s.io/v1/namespaces/builtins/rolebindings", (2,)))),
    # a namespace goes
    Ask("a namespace that will go", "POST", "/api/v1/namespaces", namespace("going"), only=("metadata.name",)),
    Ask("something in it", "POST", "/api/v1/namespaces/going/secrets", secret("inside"), only=("metadata.name",)),
    Ask("it is to go", "DELETE", "/api/v1/namespaces/going", only=("kind", "metadata.name", "spec", "status.phase")),
    Ask("nothing new in it", "POST", "/api/v1/namespaces/going/secrets", secret("late")),
    Ask("no custom object either", "POST", "/apis/probe.example.com/v1/namespaces/going/widgets", widget("late")),
    Ask("changes go on", "PATCH", "/api/v1/namespaces/going/secrets/inside", {"metadata": {"labels": {"a": "b"}}}, content=MERGE, only=("metadata.labels",)),
    Ask("it waits for its controller", "GET", "/api/v1/namespaces/going", only=("spec", "status.phase")),
    Ask("its finalizer off", "PUT", "/api/v1/namespaces/going/finalize", {**namespace("going"), "spec": {"finalizers": []}}, only=("kind", "metadata.name")),
    Ask("it is gone", "GET", "/api/v1/namespaces/going", again=404),
    Ask("a namespace that stays", "DELETE", "/api/v1/namespaces/kube-system"),
    Ask("a namespace's labels", "PATCH", "/api/v1/namespaces/builtins", {"metadata": {"labels": {"a": "b", "kubernetes.io/metadata.name": None}}},
        content=MERGE,
        only=("metadata.labels", "status.phase")),
]
