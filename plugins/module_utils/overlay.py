# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Cluster for check mode: reads come from the real one, writes stay in memory, so that an algorithm runs to its end and nothing happened."""
from __future__ import annotations

import copy
import itertools
import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from typing import Any, TypeVar

from .cluster import AGENT, BUFFER, CRD, EVENT, GENERATOR, HOST, INFRAENV, MANAGER, NAMESPACE, NMSTATE, SECRET, Cluster, Kind, Object
from .errors import AlreadyExists, KindMissing, ObjectNotFound, WriteConflict

T = TypeVar("T")
R = TypeVar("R")
Key = tuple[Kind, str, str]

KINDS = {(kind.api_version, kind.kind): kind for kind in (GENERATOR, BUFFER, MANAGER, HOST, NMSTATE, INFRAENV, AGENT, SECRET, EVENT, NAMESPACE, CRD)}
STATUS_APART = (GENERATOR, BUFFER, MANAGER, HOST)        # a create or a plain patch does not touch their status


def key_of(kind: Kind, body: Object) -> Key:
    """By what an object is known."""
    metadata = body["metadata"]
    return kind, metadata.get("namespace") or "", metadata["name"]


def merged(target: Any, patch: Any) -> Any:
    """JSON merge patch (RFC 7396), on a copy."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


class OverlayCluster:
    """Reads: the real cluster under what was written here. Preconditions, uids and finalizers behave as in the real one."""

    def __init__(self, inner: Cluster, assumed: Iterable[Object] = ()) -> None:
        self._inner = inner
        self._written: dict[Key, Object | None] = {}        # None: deleted here
        self._seen: dict[Key, Object] = {}
        self._counter = itertools.count(1)
        self._lock = threading.RLock()
        for body in assumed:
            kind = KINDS[body["apiVersion"], body["kind"]]
            self._written[key_of(kind, body)] = body if not body.get("deleted") else None

    def written(self) -> list[Object]:
        """Everything that was written, for the next stage's `assumed`."""
        with self._lock:
            return [copy.deepcopy(body) if body is not None else
                    {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"namespace": namespace, "name": name}, "deleted": True}
                    for (kind, namespace, name), body in sorted(self._written.items(), key=lambda one: (one[0][0].kind, *one[0][1:]))]

    # --- Cluster --------------------------------------------------------------------------------------------------------------------------

    def list(self, kind: Kind, namespace: str | None = None, label_selector: str | None = None, field_selector: str | None = None) -> list[Object]:
        """The real list, with what was written here instead of it."""
        try:
            found = self._inner.list(kind, namespace, label_selector, field_selector)
        except KindMissing:
            if not self._kind_was_written(kind):
                raise
            found = []
        with self._lock:
            kept = {key_of(kind, body): body for body in found}
            self._seen.update((key, copy.deepcopy(body) if kind == BUFFER else body) for key, body in kept.items())
            for key, body in self._written.items():
                if key[0] != kind or (namespace and key[1] != namespace):
                    continue
                kept.pop(key, None)
                if body is not None and _selected(body, label_selector, field_selector):
                    kept[key] = copy.deepcopy(body)
            return list(kept.values())

    def get(self, kind: Kind, namespace: str | None, name: str) -> Object | None:
        """What was written here, else the real one."""
        key = (kind, namespace or "", name)
        with self._lock:
            if key in self._written:
                return copy.deepcopy(self._written[key])
        try:
            found = self._inner.get(kind, namespace, name)
        except KindMissing:
            if not self._kind_was_written(kind):
                raise
            return None
        if found is not None:
            with self._lock:
                self._seen[key] = copy.deepcopy(found)
        return found

    def create(self, kind: Kind, body: Object, dry_run: bool = False) -> Object:
        """Tried out at the server, where its namespace, quota and schema are checked; then kept here, unless it is only a dry run."""
        key = key_of(kind, body)
        if self._written.get(key) is not None:
            raise AlreadyExists(f"{kind.kind} {body['metadata']['name']} exists already.", 409, "AlreadyExists")
        number = next(self._counter)
        # One that was deleted here is still at the server: its successor is tried out under another name.
        name = f"check-{number}" if key in self._written else key[2]
        made = self._tried_out(kind, {**body, "metadata": {**body["metadata"], "name": name}})
        if dry_run:
            return made
        if kind in STATUS_APART:
            made.pop("status", None)
        metadata = {field: value for field, value in made["metadata"].items() if field != "managedFields"}
        made["metadata"] = {
            **metadata, "name": key[2], "uid": f"check-{number}", "resourceVersion": f"check-{number}", "generation": 1,
            "creationTimestamp": self.now().astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")}
        with self._lock:
            self._written[key] = made
        return copy.deepcopy(made)

    def _tried_out(self, kind: Kind, body: Object) -> Object:
        """The object with the server's defaults; as it is where it stands on something that was only made here."""
        try:
            return self._inner.create(kind, body, dry_run=True)
        except KindMissing:
            if not self._kind_was_written(kind):
                raise
        except ObjectNotFound:
            if not self._written.get((NAMESPACE, "", body["metadata"].get("namespace") or "")):
                raise
        return {"apiVersion": kind.api_version, "kind": kind.kind, **copy.deepcopy(body)}

    def replace_status(self, kind: Kind, body: Object) -> Object:
        """As the real one: only status is taken."""
        with self._lock:
            current = self._current(key_of(kind, body), body["metadata"])
            return self._keep(kind, {**current, "status": copy.deepcopy(body.get("status") or {})})

    def patch(self, kind: Kind, namespace: str | None, name: str, body: Object) -> Object:
        """As the real one: everything but status is taken."""
        with self._lock:
            current = self._current((kind, namespace or "", name), body.get("metadata") or {})
            result = merged(current, {part: value for part, value in body.items() if part != "status" or kind not in STATUS_APART})
            if result.get("spec") != current.get("spec"):
                result["metadata"]["generation"] = int(current["metadata"].get("generation") or 1) + 1
            return self._keep(kind, result)

    def patch_status(self, kind: Kind, namespace: str | None, name: str, body: Object) -> Object:
        """As the real one: only status is taken."""
        with self._lock:
            current = self._current((kind, namespace or "", name), body.get("metadata") or {})
            return self._keep(kind, merged(current, {"status": body.get("status")}))

    def delete(self, kind: Kind, namespace: str | None, name: str, uid: str, resource_version: str | None = None) -> None:
        """Gone, or marked while finalizers hold it."""
        with self._lock:
            key = (kind, namespace or "", name)
            current = self._current(key, {"uid": uid, "resourceVersion": resource_version})
            if current["metadata"].get("finalizers"):
                marked = merged(current, {"metadata": {"deletionTimestamp": self.now().strftime("%Y-%m-%dT%H:%M:%SZ")}})
                self._keep(kind, marked)
            else:
                self._written[key] = None

    def now(self) -> datetime:
        """The API server's clock."""
        return self._inner.now()

    def each(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """As the real one."""
        return self._inner.each(work, items)

    # --- the store ------------------------------------------------------------------------------------------------------------------------

    def _kind_was_written(self, kind: Kind) -> bool:
        """Its definition was made here, so the server cannot know it."""
        return self._written.get((CRD, "", f"{kind.plural}.{kind.group}")) is not None

    def _current(self, key: Key, preconditions: Object) -> Object:
        """What a write starts from; its preconditions hold."""
        if key in self._written:
            current = self._written[key]
        else:
            current = self._seen.get(key) or self._inner.get(*key)
        if current is None:
            raise ObjectNotFound(f"{key[0].kind} {key[2]} is not there.", 404, "NotFound")
        for field in ("uid", "resourceVersion"):
            if preconditions.get(field) and preconditions[field] != current["metadata"].get(field):
                raise WriteConflict(f"{key[0].kind} {key[2]} was changed meanwhile.", 409, "Conflict")
        return current

    def _keep(self, kind: Kind, body: Object) -> Object:
        key = key_of(kind, body)
        metadata = body["metadata"] = dict(body["metadata"])
        if metadata.get("deletionTimestamp") and not metadata.get("finalizers"):
            self._written[key] = None
            return body
        metadata["resourceVersion"] = f"check-{next(self._counter)}"
        self._written[key] = body
        return copy.deepcopy(body)


def _selected(body: Object, label_selector: str | None, field_selector: str | None) -> bool:
    """Selectors as this collection uses them: comma-separated a=b, a!=b, a, !a."""
    labels = body["metadata"].get("labels") or {}
    return all(_holds(part, labels.get) for part in _parts(label_selector)) and all(
        _holds(part, lambda path: _at(body, path)) for part in _parts(field_selector))


def _parts(selector: str | None) -> list[str]:
    return [part.strip() for part in (selector or "").split(",") if part.strip()]


def _holds(part: str, value_of: Callable[[str], Any]) -> bool:
    if "!=" in part:
        name, _sign, wanted = part.partition("!=")
        return (value_of(name) or "") != wanted
    if "=" in part:
        name, _sign, wanted = part.replace("==", "=").partition("=")
        return (value_of(name) or "") == wanted
    if part.startswith("!"):
        return value_of(part[1:]) is None
    return value_of(part) is not None


def _at(body: Object, path: str) -> Any:
    value: Any = body
    for name in path.strip(".").split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
