# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Server-side apply: who owns which field, conflicts, and the merge of what was applied into what is there."""
from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .errors import ApiError
from .kinds import Resource

Object = dict[str, Any]
Path = tuple[str, ...]
_NOBODYS = {("f:apiVersion",), ("f:kind",), ("f:metadata", "f:name"), ("f:metadata", "f:namespace"), *(("f:metadata", f"f:{key}") for key in (
    "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "managedFields", "selfLink",
    "generateName"))}
_MAP: Object = {"type": "object", "additionalProperties": {"type": "string"}}
_METADATA: Object = {"type": "object", "properties": {
    "labels": _MAP, "annotations": _MAP, "finalizers": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
    "ownerReferences": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["uid"], "items": {
        "type": "object", "x-kubernetes-map-type": "atomic"}}}}


@dataclass
class Manager:
    """One owner of fields, as managedFields names it."""

    name: str
    operation: str
    api_version: str
    subresource: str
    time: str
    paths: set[Path] = field(default_factory=set)

    def same(self, other: Manager) -> bool:
        """Is it the same entry?"""
        return (self.name, self.operation, self.subresource) == (other.name, other.operation, other.subresource)

    def shown(self) -> str:
        """As a conflict names it."""
        subresource = f" with subresource {json.dumps(self.subresource)}" if self.subresource else ""
        version = f" using {self.api_version}" if self.operation == "Update" else ""
        return f"{json.dumps(self.name)}{subresource}{version}"

    def object(self) -> Object:
        """As it stands in managedFields."""
        fields: Object = {}
        for path in sorted(self.paths):
            node = fields
            for step in path:
                node = node.setdefault(step, {})
        return {"manager": self.name, "operation": self.operation, "apiVersion": self.api_version, "time": self.time, "fieldsType": "FieldsV1",
                "fieldsV1": fields, **({"subresource": self.subresource} if self.subresource else {})}


def schema_of(resource: Resource) -> Object:
    """The schema of whole objects, metadata included."""
    return {"type": "object", **resource.schema, "properties": {**resource.schema.get("properties", {}), "metadata": _METADATA}}


def leaves(value: Any, schema: Object, path: Path = ()) -> dict[Path, Any]:
    """Every field that may have an owner, with its value."""
    return dict(_leaves(value, schema, path))


def _leaves(value: Any, schema: Object, path: Path) -> Iterator[tuple[Path, Any]]:
    if path in _NOBODYS:
        return
    if isinstance(value, dict) and value and schema.get("x-kubernetes-map-type") != "atomic":
        for key, inner in value.items():
            yield from _leaves(inner, _inner(schema, key), (*path, f"f:{key}"))
    elif isinstance(value, list) and value and (keys := _list_steps(value, schema)):
        for step, entry in zip(keys, value):
            if step.startswith("v:"):
                yield (*path, step), entry
            else:
                yield (*path, step, "."), None
                yield from _leaves(entry, schema.get("items", {}), (*path, step))
    else:
        yield path, value


def _inner(schema: Object, key: str) -> Object:
    extra = schema.get("additionalProperties")
    return schema.get("properties", {}).get(key) or (extra if isinstance(extra, dict) else {})


def _list_steps(value: list[Any], schema: Object) -> list[str]:
    """How the entries of a list are told apart; nothing for an atomic list."""
    kind = schema.get("x-kubernetes-list-type")
    if kind == "set":
        return [f"v:{json.dumps(entry)}" for entry in value]
    if kind == "map":
        items = schema.get("items", {}).get("properties", {})
        keys = schema["x-kubernetes-list-map-keys"]
        return ["k:" + json.dumps({key: entry.get(key, items.get(key, {}).get("default")) for key in keys}, separators=(",", ":")) for entry in value]
    return []


def merge(live: Any, applied: Any, schema: Object) -> Any:
    """What was applied, laid over what is there."""
    if isinstance(live, dict) and isinstance(applied, dict) and schema.get("x-kubernetes-map-type") != "atomic":
        for key, inner in applied.items():
            live[key] = merge(live[key], inner, _inner(schema, key)) if key in live else copy.deepcopy(inner)
        return live
    if isinstance(live, list) and isinstance(applied, list) and (steps := _list_steps(applied, schema)):
        places = {step: index for index, step in enumerate(_list_steps(live, schema))}
        for step, entry in zip(steps, applied):
            if step in places:
                live[places[step]] = merge(live[places[step]], entry, schema.get("items", {}))
            else:
                live.append(copy.deepcopy(entry))
        return live
    return copy.deepcopy(applied)


def remove(body: Any, path: Path, schema: Object) -> None:
    """Take one field out, and what is empty without it."""
    step = path[0]
    if isinstance(body, list):
        steps = _list_steps(body, schema)
        if step not in steps:
            return
        index = steps.index(step)
        if step.startswith("v:") or path[1:] == (".",):
            del body[index]
        else:
            remove(body[index], path[1:], schema.get("items", {}))
    elif isinstance(body, dict) and step[2:] in body:
        key = step[2:]
        if len(path) == 1:
            del body[key]
            return
        remove(body[key], path[1:], _inner(schema, key))
        if body[key] in ({}, []):
            del body[key]


def record_update(managers: list[Manager], writer: Manager, before: Object | None, after: Object, schema: Object) -> None:
    """A write that is no apply: what it changed is its own now."""
    old, new = leaves(before or {}, schema), leaves(after, schema)
    wrote = {path for path, value in new.items() if path not in old or old[path] != value}
    gone = wrote | {path for path in old if path not in new}
    for manager in managers:
        if not manager.same(writer):
            manager.paths -= gone
    own = next((manager for manager in managers if manager.same(writer)), None)
    if own is not None:
        own.paths = (own.paths - gone) | wrote
        if wrote:
            own.time = writer.time
    elif wrote:
        writer.paths = wrote
        managers.append(writer)
    managers[:] = [manager for manager in managers if manager.paths]


def applied_over(resource: Resource, live: Object, applied: Object, managers: list[Manager], writer: Manager, force: bool) -> Object:
    """The object after the apply; `managers` is brought up to date. Raises the conflict."""
    schema = schema_of(resource)
    now, wanted = leaves(live, schema), leaves(applied, schema)
    differing = {path for path, value in wanted.items() if path not in now or now[path] != value}
    others = [manager for manager in managers if not manager.same(writer)]
    conflicts = [(manager, sorted(manager.paths & differing)) for manager in others if manager.paths & differing]
    if conflicts and not force:
        raise _conflict(conflicts)
    for manager in others:
        manager.paths -= differing
    own = next((manager for manager in managers if manager.same(writer)), None)
    body = merge(live, applied, schema)
    if own is not None:
        held = set().union(*(manager.paths for manager in others)) if others else set()
        for path in sorted(own.paths - set(wanted) - held, reverse=True):
            remove(body, path, schema)
        if own.paths != set(wanted):
            own.paths, own.time = set(wanted), writer.time
    else:
        writer.paths = set(wanted)
        managers.append(writer)
    managers[:] = [manager for manager in managers if manager.paths]
    return body


def _conflict(conflicts: list[tuple[Manager, list[Path]]]) -> ApiError:
    found = [(manager.shown(), [_shown(path) for path in paths]) for manager, paths in conflicts]
    causes = [{"reason": "FieldManagerConflict", "message": f"conflict with {who}", "field": text} for who, texts in found for text in texts]
    if len(causes) == 1:
        message = f"Apply failed with 1 conflict: {causes[0]['message']}: {causes[0]['field']}"
    else:
        listed = "\n".join("\n- ".join([f"conflicts with {who}:", *texts]) for who, texts in found)
        message = f"Apply failed with {len(causes)} conflicts: {listed}"
    return ApiError(409, "Conflict", message, {"causes": causes})


def _shown(path: Path) -> str:
    text = ""
    for step in path:
        kind, _colon, rest = step.partition(":")
        if kind == "f":
            text += f".{rest}"
        elif kind == "k":
            text += "[" + ",".join(f"{key}={json.dumps(value)}" for key, value in json.loads(rest).items()) + "]"
        elif kind == "v":
            text += f"[={rest}]"
    return text
