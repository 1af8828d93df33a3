# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The versioned store: objects never change once stored; each write makes a new version under one counter."""
from __future__ import annotations

import json
from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]
Table = tuple[str, str]


@dataclass(frozen=True)
class Stored:
    """One version of one object, with its JSON text: written once, sent to many."""

    object: Object
    text: str
    version: int

    def copy(self) -> Object:
        """A copy that may be changed."""
        return json.loads(self.text)


@dataclass(frozen=True)
class Change:
    """One write: before is None for a new object, after is None for one that went; `last` is what a watch sends."""

    version: int
    table: Table
    key: str
    before: Stored | None
    after: Stored | None
    last: Stored

    @property
    def type(self) -> str:
        """As a watch names it."""
        if self.after is None:
            return "DELETED"
        return "MODIFIED" if self.before else "ADDED"


Backup = dict[Table, dict[str, Stored]]     # all objects as they were at one moment


def dump(value: Any) -> str:
    """Compact JSON, as sent and stored."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def key_of(namespace: str, name: str) -> str:
    """The order of lists: by namespace, then name, as etcd sorts its keys."""
    return f"{namespace}/{name}"


class Store:
    """Tables of objects, the changes of the window that watches may ask for, and the history of everything."""

    def __init__(self, window: int = 100_000) -> None:
        self.version = 1
        self.compacted = 1                       # versions before this one are known no more
        self.window = window
        self.history: list[Change] = []
        self.keep_history = True
        self._tables: dict[Table, dict[str, Stored]] = {}
        self._keys: dict[Table, list[str]] = {}
        self._changes: deque[Change] = deque()
        self._listeners: list[Callable[[Change], None]] = []

    def get(self, table: Table, key: str) -> Stored | None:
        """The object as it is now."""
        return self._tables.get(table, {}).get(key)

    def count(self, table: Table) -> int:
        """How many there are."""
        return len(self._tables.get(table, {}))

    def tables(self) -> list[Table]:
        """Every table that ever held something."""
        return list(self._tables)

    def range(self, table: Table, namespace: str = "", after: str = "") -> Iterator[tuple[str, Stored]]:
        """The objects in order, of one namespace when given, behind a key when given."""
        keys, objects = self._keys.get(table, []), self._tables.get(table, {})
        low, high = 0, len(keys)
        if namespace:
            low, high = bisect_left(keys, namespace + "/"), bisect_left(keys, namespace + "0")     # "0" follows "/"
        if after:
            low = max(low, bisect_right(keys, after))
        for index in range(low, high):
            yield keys[index], objects[keys[index]]

    def snapshot(self, table: Table, version: int, namespace: str = "", after: str = "") -> list[tuple[str, Stored]]:
        """The objects as they were at an earlier version (not compacted yet)."""
        now = dict(self.range(table, namespace, after))
        for change in reversed(self._changes):
            if change.version <= version:
                break
            if change.table != table or (namespace and not change.key.startswith(namespace + "/")) or (after and change.key <= after):
                continue
            if change.before is None:
                now.pop(change.key, None)
            else:
                now[change.key] = change.before
        return sorted(now.items())

    def put(self, table: Table, key: str, body: Object) -> Stored:
        """Store a new version; metadata.resourceVersion is written into `body`."""
        self.version += 1
        body["metadata"]["resourceVersion"] = str(self.version)
        stored = Stored(body, dump(body), self.version)
        objects = self._tables.setdefault(table, {})
        before = objects.get(key)
        objects[key] = stored
        if before is None:
            insort(self._keys.setdefault(table, []), key)
        self._record(Change(self.version, table, key, before, stored, stored))
        return stored

    def remove(self, table: Table, key: str) -> Stored:
        """Take it out; the answer is its last state at the version of its going."""
        before = self._tables[table].pop(key)
        keys = self._keys[table]
        del keys[bisect_left(keys, key)]
        self.version += 1
        body = before.copy()
        body["metadata"]["resourceVersion"] = str(self.version)
        gone = Stored(body, dump(body), self.version)
        self._record(Change(self.version, table, key, before, None, gone))
        return gone

    def since(self, table: Table, version: int) -> list[Change]:
        """The changes of a table after a version."""
        found: list[Change] = []
        for change in reversed(self._changes):
            if change.version <= version:
                break
            if change.table == table:
                found.append(change)
        return found[::-1]

    def compact(self) -> None:
        """Forget every change up to now: older versions answer 410 from here on."""
        self._changes.clear()
        self.compacted = self.version

    def backup(self) -> Backup:
        """Everything as it is now; objects never change once stored."""
        return {table: dict(objects) for table, objects in self._tables.items()}

    def restore(self, backup: Backup) -> None:
        """Everything as it was, as when the database is put back: versions go on counting, and watches have to list again. Kinds stay as they are."""
        self._tables = {table: dict(objects) for table, objects in backup.items()}
        self._keys = {table: sorted(objects) for table, objects in backup.items()}
        self.version += 1
        self.compact()

    def listen(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call `listener` at each change, under the lock of the writer; the answer ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _record(self, change: Change) -> None:
        self._changes.append(change)
        while len(self._changes) > self.window:
            self.compacted = self._changes.popleft().version
        if self.keep_history:
            self.history.append(change)
        for listener in list(self._listeners):
            listener(change)
