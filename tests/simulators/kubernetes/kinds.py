# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds that the API serves: a few of Kubernetes' own, and whatever CRDs are created."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]
VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")


@dataclass(frozen=True)
class Column:
    """One column of a Table."""

    name: str
    type: str
    path: str
    priority: int = 0
    description: str = ""
    format: str = ""


@dataclass(frozen=True)
class Resource:
    """One resource in one served version."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    singular: str = ""
    list_kind: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    status: bool = False
    custom: bool = False
    schema: Object = field(default_factory=dict, compare=False, hash=False)
    selectable: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    storage_version: str = ""
    generation: bool = False

    @property
    def table(self) -> tuple[str, str]:
        """Where its objects are kept, whatever the version."""
        return (self.group, self.plural)

    @property
    def api_version(self) -> str:
        """As objects name it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def group_resource(self) -> str:
        """As error messages name it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


def _map(values: Object) -> Object:
    return {"type": "object", "additionalProperties": values}


TEXT: Object = {"type": "string"}
MAYBE: Object = {"type": "string", "nullable": True}
ANY: Object = {"x-kubernetes-preserve-unknown-fields": True}
TEXTS: Object = {"type": "array", "items": TEXT}
REFERENCE: Object = {"type": "object", "properties": {
    key: TEXT for key in ("apiVersion", "fieldPath", "kind", "name", "namespace", "resourceVersion", "uid")}}
SUBJECTS: Object = {"type": "array", "items": {"type": "object", "properties": {key: TEXT for key in ("apiGroup", "kind", "name", "namespace")}}}
RULES: Object = {"type": "array", "items": {"type": "object", "properties": {
    key: TEXTS for key in ("apiGroups", "nonResourceURLs", "resourceNames", "resources", "verbs")}}}
ROLE_REF: Object = {"type": "object", "properties": {key: TEXT for key in ("apiGroup", "kind", "name")}}


def _object(**properties: Object) -> Object:
    return {"type": "object", "properties": properties}


AGE = Column("Age", "string", ".metadata.creationTimestamp", description="How long ago it was created.", format="age")
CUSTOM_AGE = Column("Age", "date", ".metadata.creationTimestamp", description=(
    "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order "
    "across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. "
    "Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata"))
CREATED_AT = Column("Created At", "date", ".metadata.creationTimestamp", description="When it was created.", format="time")

SUBJECT_COLUMNS = tuple(Column(f"{kind}s", "string", f".subjects:{kind}", 1) for kind in ("User", "Group", "ServiceAccount"))
BUILT_IN = (
    Resource("", "v1", "namespaces", "Namespace", namespaced=False, short_names=("ns",), status=True,
             schema=_object(spec=_object(finalizers=TEXTS), status=_object(phase=TEXT, conditions=ANY)),
             columns=(Column("Status", "string", ".status.phase"), AGE)),
    Resource("", "v1", "secrets", "Secret",
             schema=_object(data=_map(TEXT), stringData=_map(TEXT), type=TEXT, immutable={"type": "boolean"}),
             columns=(Column("Type", "string", ".type"), Column("Data", "string", ".data"), AGE)),
    Resource("", "v1", "configmaps", "ConfigMap", short_names=("cm",),
             schema=_object(data=_map(TEXT), binaryData=_map(TEXT), immutable={"type": "boolean"}),
             columns=(Column("Data", "string", ".data"), AGE)),
    Resource("", "v1", "events", "Event", short_names=("ev",), schema=_object(
        involvedObject=REFERENCE, reason=TEXT, message=TEXT, source=_object(component=TEXT, host=TEXT), firstTimestamp=MAYBE, lastTimestamp=MAYBE,
        count={"type": "integer"}, type=TEXT, eventTime=MAYBE, series=_object(count={"type": "integer"}, lastObservedTime=TEXT), action=TEXT,
        related=REFERENCE, reportingComponent=TEXT, reportingInstance=TEXT), columns=(
            Column("Last Seen", "string", ".lastTimestamp", format="age"), Column("Type", "string", ".type"), Column("Reason", "string", ".reason"),
            Column("Object", "string", ".involvedObject"), Column("Subobject", "string", ".involvedObject.fieldPath", 1),
            Column("Source", "string", ".source.component", 1), Column("Message", "string", ".message"),
            Column("First Seen", "string", ".firstTimestamp", 1, format="age"), Column("Count", "string", ".count", 1),
            Column("Name", "string", ".metadata.name", 1, format="name"))),
    Resource("", "v1", "serviceaccounts", "ServiceAccount", short_names=("sa",), schema=_object(
        secrets={"type": "array", "items": REFERENCE}, imagePullSecrets=ANY, automountServiceAccountToken={"type": "boolean"}),
        columns=(AGE,)),
    Resource("coordination.k8s.io", "v1", "leases", "Lease", schema=_object(spec=_object(
        holderIdentity=TEXT, leaseDurationSeconds={"type": "integer"}, acquireTime=TEXT, renewTime=TEXT, leaseTransitions={"type": "integer"},
        strategy=TEXT, preferredHolder=TEXT)), columns=(Column("Holder", "string", ".spec.holderIdentity"), AGE)),
    Resource("rbac.authorization.k8s.io", "v1", "roles", "Role", schema=_object(rules=RULES),
             columns=(CREATED_AT,)),
    Resource("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", schema=_object(subjects=SUBJECTS, roleRef=ROLE_REF),
             columns=(Column("Role", "string", ".roleRef"), AGE, *SUBJECT_COLUMNS)),
    Resource("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", namespaced=False, schema=_object(rules=RULES, aggregationRule=ANY),
             columns=(CREATED_AT,)),
    Resource("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False,
             schema=_object(subjects=SUBJECTS, roleRef=ROLE_REF), columns=(Column("Role", "string", ".roleRef"), AGE, *SUBJECT_COLUMNS)),
    Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False, short_names=("crd", "crds"),
             categories=("api-extensions",), status=True, generation=True, schema=_object(spec=ANY, status=ANY),
             columns=(CREATED_AT,)),
)
NAMESPACE, SECRET, CONFIG_MAP, EVENT = BUILT_IN[0], BUILT_IN[1], BUILT_IN[2], BUILT_IN[3]
CRD = BUILT_IN[-1]
# Fields that field selectors know, beside metadata.name and metadata.namespace.
BUILT_IN_SELECTABLE = {
    ("", "namespaces"): ("status.phase",),
    ("", "secrets"): ("type",),
    ("", "events"): ("involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion",
                     "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type"),
}


def from_crd(crd: Object) -> Iterator[Resource]:
    """The resources, one a served version, that a CRD defines."""
    spec = crd["spec"]
    names = spec["names"]
    storage = next((version["name"] for version in spec["versions"] if version.get("storage")), spec["versions"][0]["name"])
    for version in spec["versions"]:
        if not version.get("served"):
            continue
        columns = tuple(
            Column(entry["name"], entry["type"], entry["jsonPath"], entry.get("priority", 0), entry.get("description", ""), entry.get("format", ""))
            for entry in version.get("additionalPrinterColumns", [])
        )
        yield Resource(
            group=spec["group"], version=version["name"], plural=names["plural"], kind=names["kind"], namespaced=spec["scope"] == "Namespaced",
            singular=names.get("singular") or names["kind"].lower(), list_kind=names.get("listKind") or names["kind"] + "List",
            short_names=tuple(names.get("shortNames", ())), categories=tuple(names.get("categories", ())),
            status="status" in version.get("subresources", {}), custom=True, schema=version.get("schema", {}).get("openAPIV3Schema", {}),
            selectable=tuple(entry["jsonPath"].lstrip(".") for entry in version.get("selectableFields", [])),
            columns=columns or (CUSTOM_AGE,), storage_version=storage, generation=True,
        )


class Kinds:
    """What is served now."""

    def __init__(self) -> None:
        self._served: dict[tuple[str, str, str], Resource] = {(kind.group, kind.version, kind.plural): kind for kind in BUILT_IN}

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        """The resource of a path, when it is served."""
        return self._served.get((group, version, plural))

    def of_object(self, api_version: str, kind: str) -> Resource | None:
        """The resource of an object."""
        return next((entry for entry in self._served.values() if entry.api_version == api_version and entry.kind == kind), None)

    def of_table(self, table: tuple[str, str]) -> Resource | None:
        """Any served version of this table."""
        return next((entry for entry in self._served.values() if entry.table == table), None)

    def all(self) -> list[Resource]:
        """Everything served."""
        return list(self._served.values())

    def learn(self, crd: Object) -> None:
        """Serve what the CRD says, and no more what it said before."""
        self.forget(crd)
        for entry in from_crd(crd):
            self._served[(entry.group, entry.version, entry.plural)] = entry

    def forget(self, crd: Object) -> None:
        """Serve it no more."""
        spec = crd["spec"]
        for key in [key for key in self._served if key[0] == spec["group"] and key[2] == spec["names"]["plural"]]:
            del self._served[key]
