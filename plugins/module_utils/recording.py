# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Cluster that remembers what a run changed, for `changed` and `--diff`; the same for a real run and for check mode."""
from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from .cluster import BUFFER, EVENT, SECRET, Cluster, Kind, Object
from .names import GROUP
from .overlay import Key, OverlayCluster, key_of

T = TypeVar("T")
R = TypeVar("R")

# What the server counts and keeps for itself.
NOISE = ("resourceVersion", "uid", "generation", "creationTimestamp", "managedFields", "selfLink")
LOOKED_AT = ("lastCheck", "sweptAt")
SECRET_FIELDS = ("data", "stringData")
HIDDEN = "(hidden)"
HIDDEN_CHANGED = "(hidden, changed)"


class RecordingCluster:
    """Passes everything on. Whoever lists objects does not edit them in place (ledgers may be): they are the `before` of the diff."""

    def __init__(self, inner: Cluster, check_mode: bool = False, assumed: Iterable[Object] = ()) -> None:
        self.check_mode = check_mode
        self._given = inner
        self._overlay = OverlayCluster(inner, assumed) if check_mode else None
        self._inner: Cluster = self._overlay or inner
        self._seen: dict[Key, Object] = {}
        self._changes: dict[Key, tuple[Object | None, Object | None]] = {}      # first before, last after
        self._lock = threading.Lock()

    @property
    def odd(self) -> Mapping[Key, tuple[Object, tuple[str, ...]]]:
        """Objects of which something could not be read: as they are taken, and what that was."""
        return getattr(self._given, "faults", {})

    def told(self) -> list[str]:
        """Warnings about what the API listed."""
        return self._given.told() if hasattr(self._given, "told") else []

    @property
    def changed(self) -> bool:
        """Something is not as it was. Events are no change: they tell of one."""
        return any(_essence(before) != _essence(after) for (kind, _namespace, _name), (before, after) in self._changes.items() if kind != EVENT)

    def assumed(self) -> list[Object]:
        """In check mode: what the next stage has to assume as written. Never a Secret's content."""
        return [body for body in self._overlay.written() if body["kind"] not in (SECRET.kind, EVENT.kind)] if self._overlay else []

    def uid(self, kind: Kind, namespace: str, name: str) -> str:
        """Of an object that this run read or wrote, "" when it did neither."""
        found = self._seen.get((kind, namespace, name)) or {}
        return str((found.get("metadata") or {}).get("uid") or "")

    def diff(self) -> list[dict[str, str]]:
        """Each changed object before and after, as Ansible prints it."""
        shown = []
        for (kind, namespace, name), (before, after) in sorted(self._changes.items(), key=lambda change: (change[0][0].kind, *change[0][1:])):
            if kind == EVENT or _essence(before) == _essence(after):
                continue
            title = f"{kind.kind} {namespace + '/' if namespace else ''}{name}"
            first, last = _presentable(kind, before, after)
            shown.append({"before_header": title, "after_header": title, "before": _text(first), "after": _text(last)})
        return shown

    # --- Cluster --------------------------------------------------------------------------------------------------------------------------

    def list(self, kind: Kind, namespace: str | None = None, label_selector: str | None = None, field_selector: str | None = None) -> list[Object]:
        """As the inner one."""
        found = self._inner.list(kind, namespace, label_selector, field_selector)
        with self._lock:
            # Ledgers are changed in place before they are written; the rest is not, and copying thousands would take its time.
            self._seen.update((key_of(kind, body), copy.deepcopy(body) if kind == BUFFER else body) for body in found)
        return found

    def get(self, kind: Kind, namespace: str | None, name: str) -> Object | None:
        """As the inner one."""
        found = self._inner.get(kind, namespace, name)
        if found is not None:
            with self._lock:
                self._seen[key_of(kind, found)] = copy.deepcopy(found)
        return found

    def create(self, kind: Kind, body: Object, dry_run: bool = False) -> Object:
        """As the inner one."""
        made = self._inner.create(kind, body, dry_run)
        if dry_run:
            return made
        self._record(key_of(kind, made), None, made)
        return made

    def replace_status(self, kind: Kind, body: Object) -> Object:
        """As the inner one."""
        return self._write(key_of(kind, body), lambda: self._inner.replace_status(kind, body))

    def patch(self, kind: Kind, namespace: str | None, name: str, body: Object) -> Object:
        """As the inner one."""
        return self._write((kind, namespace or "", name), lambda: self._inner.patch(kind, namespace, name, body))

    def patch_status(self, kind: Kind, namespace: str | None, name: str, body: Object) -> Object:
        """As the inner one."""
        return self._write((kind, namespace or "", name), lambda: self._inner.patch_status(kind, namespace, name, body))

    def delete(self, kind: Kind, namespace: str | None, name: str, uid: str, resource_version: str | None = None) -> None:
        """As the inner one."""
        key = (kind, namespace or "", name)
        before = self._seen.get(key)
        self._inner.delete(kind, namespace, name, uid, resource_version)
        self._record(key, before, None)

    def now(self) -> datetime:
        """As the inner one."""
        return self._inner.now()

    def each(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """As the inner one."""
        return self._inner.each(work, items)

    # --- what changed ---------------------------------------------------------------------------------------------------------------------

    def _write(self, key: Key, write: Callable[[], Object]) -> Object:
        before = self._seen.get(key)
        after = write()
        self._record(key, before, after)
        return after

    def _record(self, key: Key, before: Object | None, after: Object | None) -> None:
        with self._lock:
            first = self._changes[key][0] if key in self._changes else before
            self._changes[key] = (first, copy.deepcopy(after))
            if after is None:
                self._seen.pop(key, None)
            else:
                self._seen[key] = copy.deepcopy(after)


def _essence(body: Object | None) -> Object | None:
    """The object without what the server counts, without when a buffer was looked at, and without the empty lists and maps of metadata, which it drops."""
    if body is None:
        return None
    if body["kind"] == BUFFER.kind and body.get("status"):
        body = {**body, "status": {name: value for name, value in body["status"].items() if name not in LOOKED_AT}}
    metadata = {name: value for name, value in body["metadata"].items() if name not in NOISE and value not in ({}, [])}
    return {**body, "metadata": metadata}


def _presentable(kind: Kind, before: Object | None, after: Object | None) -> tuple[Object | None, Object | None]:
    """Both without noise; the content of a Secret is replaced by whether it changed."""
    first, last = _essence(before), _essence(after)
    if kind != SECRET:
        return first, last
    for field in SECRET_FIELDS:
        _hide(first, last, field)
    _hide((first or {}).get("metadata"), (last or {}).get("metadata"), "annotations", kept=f"{GROUP}/")
    return first, last


def _hide(first: dict[str, Any] | None, last: dict[str, Any] | None, field: str, kept: str | None = None) -> None:
    """What a field maps is replaced by whether it changed. kept: how names of values begin that are shown; annotations of others may quote a Secret."""
    def hidden(name: str, value: Any, old: Mapping[str, Any]) -> Any:
        if kept is not None and name.startswith(kept):
            return value
        return HIDDEN if name not in old or old[name] == value else HIDDEN_CHANGED

    before, after = (first or {}).get(field) or {}, (last or {}).get(field) or {}
    for body, values, old in ((first, before, before), (last, after, before)):
        if body is not None and values:
            body[field] = {name: hidden(name, value, old) for name, value in values.items()}


def _text(body: Any) -> str:
    return "" if body is None else json.dumps(body, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
