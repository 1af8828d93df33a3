# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster small and quick enough for a hundred thousand histories: versions, generations, preconditions, finalizers, merge patches."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, HOST, Kind, Object
from ansible_collections.baremetal.generator.plugins.module_utils.errors import AlreadyExists, ObjectNotFound, WriteConflict

Place = tuple[str, str, str]
BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)


def copied(value: Any) -> Any:
    """A deep copy of JSON, quicker than deepcopy."""
    if isinstance(value, dict):
        return {key: copied(one) for key, one in value.items()}
    if isinstance(value, list):
        return [copied(one) for one in value]
    return value


def merged(before: Any, patch: Any) -> Any:
    """JSON merge patch."""
    if not isinstance(patch, dict):
        return copied(patch)
    result = dict(before) if isinstance(before, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


class Store:
    """The objects of the world, and who looks at each change."""

    def __init__(self) -> None:
        self.objects: dict[Place, Object] = {}
        self.clock = 0.0
        self.number = 0
        self.watchers: list[Callable[[str, Kind, Object | None, Object | None], None]] = []

    def now(self) -> datetime:
        """Whole seconds, as a Date header has."""
        return BEGIN + timedelta(seconds=int(self.clock))

    def _next(self) -> int:
        self.number += 1
        return self.number

    @staticmethod
    def place(kind: Kind, namespace: str | None, name: str) -> Place:
        """Where an object stands."""
        return (kind.plural, namespace or "", name)

    def list(self, kind: Kind) -> list[Object]:
        """All of a kind."""
        return [copied(item) for (plural, _namespace, _name), item in self.objects.items() if plural == kind.plural]

    def of(self, kind: Kind) -> list[Object]:
        """The same without copies, to be looked at only."""
        return [item for place, item in self.objects.items() if place[0] == kind.plural]

    def get(self, kind: Kind, namespace: str | None, name: str) -> Object | None:
        """One, or None."""
        item = self.objects.get(self.place(kind, namespace, name))
        return copied(item) if item is not None else None

    def create(self, actor: str, kind: Kind, body: Object) -> Object:
        """POST."""
        place = self.place(kind, body["metadata"].get("namespace"), body["metadata"]["name"])
        if place in self.objects:
            raise AlreadyExists("already exists", 409, "AlreadyExists")
        item = copied(body)
        item.pop("status", None)
        stamp = self.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        item["metadata"].update(uid=f"uid-{self._next():05d}", resourceVersion=str(self._next()), generation=1, creationTimestamp=stamp)
        return self._write(actor, kind, place, None, item)

    def update(self, actor: str, kind: Kind, namespace: str | None, name: str, change: Callable[[Object], Object]) -> Object:
        """Any write to an object that is there."""
        place = self.place(kind, namespace, name)
        before = self.objects.get(place)
        if before is None:
            raise ObjectNotFound("not found", 404, "NotFound")
        after = change(copied(before))
        after["metadata"] = {**after["metadata"], **{key: before["metadata"][key] for key in ("uid", "creationTimestamp")}}
        for field in ("deletionTimestamp",):
            if field in before["metadata"]:
                after["metadata"][field] = before["metadata"][field]
            else:
                after["metadata"].pop(field, None)
        after["metadata"]["generation"] = before["metadata"]["generation"] + (after.get("spec") != before.get("spec"))
        after["metadata"]["resourceVersion"] = before["metadata"]["resourceVersion"]
        if after == before:
            return copied(before)                      # a write that changes nothing makes no new version
        after["metadata"]["resourceVersion"] = str(self._next())
        return self._write(actor, kind, place, before, after)

    def delete(self, actor: str, kind: Kind, namespace: str | None, name: str, uid: str | None = None, version: str | None = None) -> None:
        """DELETE; finalizers hold it."""
        place = self.place(kind, namespace, name)
        before = self.objects.get(place)
        if before is None:
            raise ObjectNotFound("not found", 404, "NotFound")
        self.check(before, uid, version)
        if not before["metadata"].get("finalizers"):
            self._gone(actor, kind, place, before)
        elif not before["metadata"].get("deletionTimestamp"):
            after = copied(before)
            after["metadata"].update(deletionTimestamp=self.now().strftime("%Y-%m-%dT%H:%M:%SZ"), resourceVersion=str(self._next()))
            self._write(actor, kind, place, before, after)

    @staticmethod
    def check(item: Object, uid: str | None, version: str | None) -> None:
        """Preconditions."""
        if (uid is not None and item["metadata"]["uid"] != uid) or (version is not None and item["metadata"]["resourceVersion"] != version):
            raise WriteConflict("conflict", 409, "Conflict")

    def _write(self, actor: str, kind: Kind, place: Place, before: Object | None, after: Object) -> Object:
        if after["metadata"].get("deletionTimestamp") and not after["metadata"].get("finalizers"):
            self._gone(actor, kind, place, before)
            return copied(after)
        self.objects[place] = after
        for watcher in self.watchers:
            watcher(actor, kind, before, after)
        return copied(after)

    def _gone(self, actor: str, kind: Kind, place: Place, before: Object | None) -> None:
        del self.objects[place]
        for watcher in self.watchers:
            watcher(actor, kind, before, None)


class ModelCluster:
    """The Cluster interface over a Store. `step` is called before each request, and may raise; so may `after`, when the write has happened."""

    def __init__(self, store: Store, actor: str = "test") -> None:
        self.store, self.actor = store, actor
        self.seen: dict[str, list[Object]] = {}        # the last list of each kind, for those who judge decisions
        self.last = ""                                 # the last request
        self.failed: set[str] = set()                  # names of objects of which a write failed in this run: whoever they are may be passed over for it
        self.listed_hosts_at = 0                       # the store's number then
        self.reads: Callable[[str, str], None] | None = None      # told of each buffer that is read

    def step(self, what: str) -> None:
        """Before a request."""

    def after(self, what: str) -> None:
        """After a write."""

    def sleep(self, seconds: float) -> None:
        """Nobody else acts meanwhile."""
        self.store.clock += seconds

    def list(self, kind: Kind, namespace: str | None = None, label_selector: str | None = None, field_selector: str | None = None) -> list[Object]:
        """LIST; the selector is the existence of a label."""
        self.step(f"LIST {kind.plural}")
        self.last = f"LIST {kind.plural}"
        items = self.store.list(kind)
        if label_selector:
            items = [item for item in items if label_selector in (item["metadata"].get("labels") or {})]
        self.seen[kind.plural] = items
        if kind is HOST:
            self.listed_hosts_at = self.store.number
        return [copied(item) for item in items]

    def get(self, kind: Kind, namespace: str | None, name: str) -> Object | None:
        """GET."""
        self.step(f"GET {kind.plural} {name}")
        self.last = f"GET {kind.plural} {name}"
        if kind is BUFFER and self.reads is not None:
            self.reads(self.actor, name)
        return self.store.get(kind, namespace, name)

    def create(self, kind: Kind, body: Object, dry_run: bool = False) -> Object:
        """POST."""
        self.step(f"{'TRY' if dry_run else 'POST'} {kind.plural} {body['metadata']['name']}")
        if dry_run:
            return copied(body)
        item = self.store.create(self.actor, kind, body)
        self.after(f"POST {kind.plural}")
        return item

    def replace_status(self, kind: Kind, body: Object) -> Object:
        """PUT of the status subresource."""
        metadata = body["metadata"]
        self.step(f"PUT {kind.plural}/status {metadata['name']}")

        def change(item: Object) -> Object:
            self.store.check(item, metadata.get("uid"), metadata["resourceVersion"])
            return {**item, "status": copied(body.get("status") or {})}

        item = self.store.update(self.actor, kind, metadata.get("namespace"), metadata["name"], change)
        self.after(f"PUT {kind.plural}/status")
        return item

    def patch(self, kind: Kind, namespace: str | None, name: str, body: Object) -> Object:
        """Merge PATCH."""
        self.step(f"PATCH {kind.plural} {name}")
        metadata = dict(body.get("metadata") or {})
        uid, version = metadata.pop("uid", None), metadata.pop("resourceVersion", None)

        def change(item: Object) -> Object:
            self.store.check(item, uid, version)
            return merged(item, {**{key: value for key, value in body.items() if key != "status"}, "metadata": metadata})

        item = self.store.update(self.actor, kind, namespace, name, change)
        self.after(f"PATCH {kind.plural}")
        return item

    def patch_status(self, kind: Kind, namespace: str | None, name: str, body: Object) -> Object:
        """Merge PATCH of the status subresource."""
        self.step(f"PATCH {kind.plural}/status {name}")
        metadata = body.get("metadata") or {}

        def change(item: Object) -> Object:
            self.store.check(item, metadata.get("uid"), metadata.get("resourceVersion"))
            return {**item, "status": merged(item.get("status"), body.get("status") or {})}

        item = self.store.update(self.actor, kind, namespace, name, change)
        self.after(f"PATCH {kind.plural}/status")
        return item

    def delete(self, kind: Kind, namespace: str | None, name: str, uid: str, resource_version: str | None = None) -> None:
        """DELETE."""
        self.step(f"DELETE {kind.plural} {name}")
        self.store.delete(self.actor, kind, namespace, name, uid, resource_version)
        self.after(f"DELETE {kind.plural}")

    def now(self) -> datetime:
        """The world's clock."""
        return self.store.now()

    def each(self, work: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
        """One after the other."""
        return [work(item) for item in items]
