# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's kinds, its default buffer and its rights: put into a cluster, and taken out again."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import names
from .applying import apply, remove, wait_until
from .cluster import BUFFER, CRD, GENERATOR, NAMESPACE, Cluster, Kind, Object
from .errors import GeneratorError, InvalidArgument, KindMissing

RBAC = "rbac.authorization.k8s.io"
KINDS = {kind.kind: kind for kind in (
    CRD,
    NAMESPACE,
    Kind("ServiceAccount", "serviceaccounts", "", "v1"),
    Kind("ClusterRole", "clusterroles", RBAC, "v1", namespaced=False),
    Kind("ClusterRoleBinding", "clusterrolebindings", RBAC, "v1", namespaced=False),
    Kind("Role", "roles", RBAC, "v1"),
    Kind("RoleBinding", "rolebindings", RBAC, "v1"),
)}


def install(cluster: Cluster, definitions: Iterable[Object], manifests: Iterable[Object], buffers: Iterable[Mapping[str, Any]], wait_seconds: float,
            check_mode: bool) -> None:
    """Kinds first; a buffer is made when it is absent, and never changed: its cap belongs to the operations team."""
    for body in definitions:
        if body.get("kind") != CRD.kind:
            raise InvalidArgument(f"definitions: {body.get('kind') or 'an entry without kind'} is no {CRD.kind}; put it into manifests.")
        apply(cluster, CRD, body)
        if not check_mode:
            name = body["metadata"]["name"]
            wait_until(lambda name=name: _established(cluster, name), wait_seconds, f"The API server does not serve {name} yet")
    for body in manifests:
        apply(cluster, _kind_of(body), body)
    for one in buffers:
        _make_buffer(cluster, one)


def uninstall(cluster: Cluster, definitions: Iterable[Object], manifests: Iterable[Object], wait_seconds: float, check_mode: bool) -> None:
    """Refuses while a generator exists, since its deletion would be lost with its kind. Hosts stay."""
    try:
        left = cluster.list(GENERATOR)
        buffers = cluster.list(BUFFER)
    except KindMissing:
        left, buffers = [], []
    if left:
        shown = ", ".join(f"{one['metadata']['namespace']}/{one['metadata']['name']}" for one in left[:5])
        more = f" and {len(left) - 5} more" if len(left) > 5 else ""
        raise GeneratorError(f"{len(left)} {GENERATOR.kind} still exist ({shown}{more}): delete them first, and let role remove finish.")
    for one in buffers:
        _remove_buffer(cluster, one)
    for body in [*manifests, *definitions]:
        if body.get("kind") != NAMESPACE.kind:      # others may live in it
            remove(cluster, _kind_of(body), body["metadata"].get("namespace"), body["metadata"]["name"])
    if not check_mode:
        for body in definitions:
            name = body["metadata"]["name"]
            wait_until(lambda name=name: cluster.get(CRD, None, name) is None, wait_seconds, f"{name} is still being deleted")


def _kind_of(body: Object) -> Kind:
    kind = KINDS.get(str(body.get("kind")))
    if kind is None or body.get("apiVersion") != kind.api_version or not (body.get("metadata") or {}).get("name"):
        raise InvalidArgument(f"manifests: {body.get('kind') or 'an entry without kind'} cannot be installed; known are {', '.join(sorted(KINDS))}.")
    return kind


def _established(cluster: Cluster, name: str) -> bool:
    found = cluster.get(CRD, None, name) or {}
    return any(one.get("type") == "Established" and one.get("status") == "True" for one in (found.get("status") or {}).get("conditions") or [])


def _make_buffer(cluster: Cluster, wanted: Mapping[str, Any]) -> None:
    if cluster.get(BUFFER, None, wanted["name"]) is not None:
        return
    apply(cluster, BUFFER, {
        "apiVersion": BUFFER.api_version, "kind": BUFFER.kind, "metadata": {"name": wanted["name"]}, "spec": {"maxAvailable": wanted["max_available"]}})


def _remove_buffer(cluster: Cluster, buffer: Object) -> None:
    """With no generator there can be no open reservation that the finalizer would guard."""
    metadata = buffer["metadata"]
    remove(cluster, BUFFER, None, metadata["name"])
    kept = [one for one in metadata.get("finalizers") or [] if one != names.BUFFER_FINALIZER]
    if names.BUFFER_FINALIZER in (metadata.get("finalizers") or []):
        cluster.patch(BUFFER, None, metadata["name"], {"metadata": {"uid": metadata["uid"], "finalizers": kept or None}})
