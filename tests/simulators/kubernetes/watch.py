# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watches: from a version on, with bookmarks, and 410 when the version is known no more."""
from __future__ import annotations

from typing import Any

from . import errors
from .api import WatchCall
from .errors import ApiError
from .kinds import Resource
from .objects import Objects
from .store import Change, Stored, dump
from .table import as_table, table_version

Object = dict[str, Any]
INITIAL_END = "k8s.io/initial-events-end"


class Watch:
    """What one watch sends, as lines; the transport is not its concern."""

    def __init__(self, objects: Objects, call: WatchCall) -> None:
        self._objects = objects
        self._call = call
        self._resource: Resource = call.target.resource
        self._prefix = f"{call.target.namespace}/" if call.target.namespace else ""
        self.bookmarks = call.query.get("allowWatchBookmarks", "").lower() in ("true", "1")
        self.seen = 0

    def begin(self) -> list[str]:
        """The lines to send at once. Call it under the lock, together with the subscription. Raises ApiError(410) as the stream's first event."""
        store, query = self._objects.store, self._call.query
        text = query.get("resourceVersion", "")
        initial = query.get("sendInitialEvents")
        if initial is not None and query.get("resourceVersionMatch") != "NotOlderThan":
            raise errors.invalid_options("ListOptions", errors.Cause(
                "resourceVersionMatch", "FieldValueForbidden", "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"))
        if text and not text.isdigit():
            raise ApiError(500, "", f'Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax')
        version = int(text or 0)
        if initial == "true" or (initial is None and version == 0):
            self.seen = store.version
            lines = [self._line("ADDED", stored) for _key, stored in store.range(self._resource.table, self._call.target.namespace)
                     if self._call.match(stored.object)]
            return lines + ([self.bookmark(store.version, {INITIAL_END: "true"})] if initial == "true" and self.bookmarks else [])
        if initial == "false" and version == 0:
            version = store.version
        if version < store.compacted:
            raise errors.expired(f"too old resource version: {version} ({store.compacted})")
        if version > store.version:
            raise errors.too_large_version(version, store.version)
        self.seen = version
        return [line for change in store.since(self._resource.table, version) for line in self.lines(change)]

    def lines(self, change: Change) -> list[str]:
        """What this change is to this watch: nothing, or one event."""
        if change.table != self._resource.table or change.version <= self.seen or not change.key.startswith(self._prefix):
            return []
        self.seen = change.version
        match = self._call.match
        before = change.before is not None and match(change.before.object)
        after = change.after is not None and match(change.after.object)
        if after:
            return [self._line("MODIFIED" if before else "ADDED", change.last)]
        if before:
            return [self._line("DELETED", change.last if change.after is None else _old_at(change))]
        return []

    def bookmark(self, version: int, annotations: dict[str, str] | None = None) -> str:
        """A bookmark line."""
        meta: Object = {"resourceVersion": str(version)}
        if not self._resource.custom:
            meta["creationTimestamp"] = None
        if annotations:
            meta["annotations"] = annotations
        return dump({"type": "BOOKMARK", "object": {"kind": self._resource.kind, "apiVersion": self._resource.api_version, "metadata": meta}}) + "\n"

    def _line(self, kind: str, stored: Stored) -> str:
        if table_version(self._call.accept):
            meta = {"resourceVersion": stored.object["metadata"]["resourceVersion"]}
            body = as_table(self._resource, [stored.object], meta, self._call.query, self._objects.clock())
            if self.seen and kind != "ADDED":
                body["columnDefinitions"] = None
            return dump({"type": kind, "object": body}) + "\n"
        text = stored.text if stored.object.get("apiVersion") == self._resource.api_version else dump(
            self._objects.versioned(self._resource, stored.copy()))
        return f'{{"type":"{kind}","object":{text}}}\n'


def _old_at(change: Change) -> Stored:
    """An object that left the selection: as it was, at the version of the change."""
    assert change.before is not None
    body = change.before.copy()
    body["metadata"]["resourceVersion"] = str(change.version)
    return Stored(body, dump(body), change.version)


def error_line(error: ApiError) -> str:
    """An error inside the stream."""
    return dump({"type": "ERROR", "object": error.status()}) + "\n"
