# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Empties a real cluster after a test, so that the next one finds it as if it were new: quicker than to start another."""
from __future__ import annotations

from .client import MERGE, ApiClient, ApiRefused, Object, Resource, path
from .crds import CRD, Crds, served
from .policies import BINDINGS, POLICIES, WEBHOOKS

NAMESPACE = Resource("Namespace", "namespaces", "", "v1", namespaced=False)
RBAC = "rbac.authorization.k8s.io"
BUILT_IN = (
    Resource("Secret", "secrets", "", "v1"),
    Resource("ConfigMap", "configmaps", "", "v1"),
    Resource("ResourceQuota", "resourcequotas", "", "v1"),
    Resource("Event", "events", "", "v1"),
    Resource("ServiceAccount", "serviceaccounts", "", "v1"),
    Resource("Lease", "leases", "coordination.k8s.io", "v1"),
    Resource("Role", "roles", RBAC, "v1"),
    Resource("RoleBinding", "rolebindings", RBAC, "v1"),
    Resource("ClusterRole", "clusterroles", RBAC, "v1", namespaced=False),
    Resource("ClusterRoleBinding", "clusterrolebindings", RBAC, "v1", namespaced=False),
)
KEPT_NAMESPACES = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
OF_THE_SERVER = "kubernetes.io/bootstrapping"


def reset(client: ApiClient, crds: Crds) -> None:
    """Take everything away that the server did not make itself, and put the CRDs back as they were."""
    custom = [next(served(crd)) for crd in client.list(CRD) if not crd["metadata"].get("deletionTimestamp")]
    for kind in (WEBHOOKS, BINDINGS, POLICIES, *custom, *BUILT_IN):      # policies first, they might deny the rest
        for item in client.list(kind):
            if not _is_the_servers(item):
                _remove(client, kind, item)
    for item in client.list(NAMESPACE):
        if item["metadata"]["name"] not in KEPT_NAMESPACES:
            _end_namespace(client, item)
    crds.put(client)


def _is_the_servers(item: Object) -> bool:
    metadata = item["metadata"]
    return metadata.get("namespace") in KEPT_NAMESPACES - {"default"} or OF_THE_SERVER in (metadata.get("labels") or {})


def _remove(client: ApiClient, kind: Resource, item: Object) -> None:
    """DELETE, and without waiting for anybody's finalizer."""
    metadata = item["metadata"]
    where = path(kind, metadata.get("namespace"), metadata["name"])
    try:
        if metadata.get("finalizers"):
            client.request("PATCH", where, {"metadata": {"finalizers": None}}, MERGE)
        client.request("DELETE", where)
    except ApiRefused as error:
        if error.code != 404:
            raise


def _end_namespace(client: ApiClient, item: Object) -> None:
    """No controller runs that would end it, so its finalizer is taken off here."""
    _remove(client, NAMESPACE, item)
    name = item["metadata"]["name"]
    if client.get(NAMESPACE, None, name):
        client.request("PUT", path(NAMESPACE, None, name, "finalize"), {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}, "spec": {}})
