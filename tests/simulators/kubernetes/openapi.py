# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenAPI v3 as far as kubectl reads it: the schemas for explain, and which parameters a PATCH knows."""
from __future__ import annotations

from typing import Any

from .kinds import Kinds, Resource

Object = dict[str, Any]
_METADATA: Object = {
    "type": "object", "description": "Standard object's metadata.",
    "properties": {
        "annotations": {"type": "object", "additionalProperties": {"type": "string"}, "description": "Unstructured key value map."},
        "creationTimestamp": {"type": "string", "format": "date-time", "description": "When it was created."},
        "deletionTimestamp": {"type": "string", "format": "date-time", "description": "When it was asked to go."},
        "finalizers": {"type": "array", "items": {"type": "string"}, "description": "What must be done before it goes."},
        "generateName": {"type": "string", "description": "A prefix of the name to make."},
        "generation": {"type": "integer", "format": "int64", "description": "Counts changes of the desired state."},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}, "description": "Map to organize and select by."},
        "name": {"type": "string", "description": "Unique within a namespace."},
        "namespace": {"type": "string", "description": "The space in which the name is unique."},
        "ownerReferences": {"type": "array", "items": {"type": "object"}, "description": "Objects that this one depends on."},
        "resourceVersion": {"type": "string", "description": "The version of the object."},
        "uid": {"type": "string", "description": "Unique in time and space."},
    },
}
_PARAMETERS = [{"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
               for name in ("dryRun", "fieldManager", "fieldValidation", "force")]


def answer(kinds: Kinds, path: str, version: str) -> Object | None:
    """The index, or the document of one group and version. /openapi/v2 is not claimed."""
    if path == "/openapi/v3":
        return {"paths": {_folder(entry): {"serverRelativeURL": f"/openapi/v3/{_folder(entry)}?hash={_hash(kinds, entry)}"} for entry in kinds.all()}}
    wanted = path.removeprefix("/openapi/v3/")
    found = [entry for entry in kinds.all() if _folder(entry) == wanted]
    if not found:
        return None
    paths: Object = {}
    schemas: Object = {"io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": _METADATA}
    for entry in found:
        schemas[_schema_name(entry)] = _schema(entry)
        paths.update(_paths(entry))
    return {"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": version}, "paths": paths, "components": {"schemas": schemas}}


def _folder(resource: Resource) -> str:
    return f"apis/{resource.group}/{resource.version}" if resource.group else f"api/{resource.version}"


def _hash(kinds: Kinds, resource: Resource) -> str:
    return format(abs(hash(tuple(entry.plural for entry in kinds.all() if _folder(entry) == _folder(resource)))), "X")


def _schema_name(resource: Resource) -> str:
    return ".".join([*reversed(resource.group.split(".") if resource.group else ["core", "api", "k8s", "io"]), resource.version, resource.kind])


def _gvk(resource: Resource) -> Object:
    return {"group": resource.group, "version": resource.version, "kind": resource.kind}


def _schema(resource: Resource) -> Object:
    properties = dict(resource.schema.get("properties", {}))
    properties["apiVersion"] = {"type": "string", "description": "The versioned schema of this representation of an object."}
    properties["kind"] = {"type": "string", "description": "The REST resource that this object represents."}
    properties["metadata"] = {"description": "Standard object's metadata.",
                              "allOf": [{"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}], "default": {}}
    known = {key: value for key, value in resource.schema.items() if key in ("description", "required")}
    return {"type": "object", **known, "properties": properties, "x-kubernetes-group-version-kind": [_gvk(resource)]}


def _paths(resource: Resource) -> Object:
    root = "/apis/" + resource.api_version if resource.group else "/api/" + resource.version
    base = f"{root}/namespaces/{{namespace}}/{resource.plural}" if resource.namespaced else f"{root}/{resource.plural}"
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{_schema_name(resource)}"}}}
    found: Object = {}
    for path, verbs in ((base, (("get", "list"), ("post", "post"))), (base + "/{name}", (("get", "get"), ("put", "put"), ("patch", "patch")))):
        found[path] = {
            method: {"x-kubernetes-action": action, "x-kubernetes-group-version-kind": _gvk(resource), "parameters": _PARAMETERS,
                     "responses": {"200": {"description": "OK", "content": content}}}
            for method, action in verbs}
    return found
