# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the in-memory API does not claim to do: the one list. Whoever asks for it is answered 501, never wrongly."""
from __future__ import annotations

from typing import Any

from .errors import ApiError

Object = dict[str, Any]
GROUPS = frozenset((
    "admissionregistration.k8s.io", "apiregistration.k8s.io", "apps", "authentication.k8s.io", "authorization.k8s.io", "autoscaling", "batch",
    "certificates.k8s.io", "discovery.k8s.io", "events.k8s.io", "flowcontrol.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io", "policy",
    "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io"))
CORE = frozenset((
    "bindings", "componentstatuses", "endpoints", "limitranges", "nodes", "persistentvolumeclaims", "persistentvolumes", "pods", "podtemplates",
    "replicationcontrollers", "resourcequotas", "services"))
PATHS = ("/openapi/v2", "/metrics", "/logs", "/debug", "/api/v1/watch", "/.well-known")
QUERIES = ("shardSelector", "ignoreStoreReadErrorWithClusterBreakingPotential")
IN_CRDS = "CRDs with a conversion webhook, a scale subresource, or more than one version"
OTHERS = (
    "bodies in protobuf but for the kinds that kubectl create and delete send: Namespace, Secret, ConfigMap, ServiceAccount, DeleteOptions",
    "metadata.managedFields of objects that nobody applied server-side",
    "checking the schemas of CRDs themselves",
    "CEL functions that neither CEL itself nor its strings and bindings extensions have, but find, findAll and isSorted",
    "the order of several causes in one refusal",
    "the controllers of Kubernetes: tests/simulators/metal3.py collects garbage and empties namespaces",
)


def refuse(path: str, query: dict[str, str], accept: str) -> None:
    """Raise 501 for what is not claimed."""
    parts = [part for part in path.split("/") if part]
    if any(path == entry or path.startswith(entry + "/") for entry in PATHS):
        raise not_claimed(path)
    if parts[:1] == ["apis"] and len(parts) > 1 and parts[1] in GROUPS:
        raise not_claimed(f"the API group {parts[1]}")
    if parts[:2] == ["api", "v1"] and len(parts) > 2:
        resource = parts[4] if parts[2] == "namespaces" and len(parts) > 4 else parts[2]
        if resource in CORE:
            raise not_claimed(f"the kind of {resource}")
    for entry in QUERIES:
        if entry in query:
            raise not_claimed(f"the option {entry}")
    if "as=PartialObjectMetadata" in accept:
        raise not_claimed("lists of metadata alone")


def refuse_crd(crd: Object) -> None:
    """Raise 501 for a CRD of a kind that is not claimed."""
    spec = crd.get("spec") or {}
    versions = spec.get("versions") or []
    converted = (spec.get("conversion") or {}).get("strategy", "None") != "None"
    scaled = any("scale" in (version.get("subresources") or {}) for version in versions)
    if converted or scaled or len(versions) > 1:
        raise not_claimed(IN_CRDS)


def not_claimed(what: str) -> ApiError:
    """501, naming what it is."""
    return ApiError(501, "NotImplemented", f"the in-memory API does not claim {what}")
