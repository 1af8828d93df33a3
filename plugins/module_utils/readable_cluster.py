# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Cluster whose objects can be read: what is odd about one is taken out and remembered, so that a stage can tell it; what has no name is passed over."""
from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from .cluster import Cluster, Kind, Object
from .errors import ClusterUnavailable
from .readable import has_a_name, readable

T = TypeVar("T")
R = TypeVar("R")
Key = tuple[Kind, str, str]


class ReadableCluster:
    """Passes everything on; every object that comes back is made readable."""

    def __init__(self, inner: Cluster) -> None:
        self._inner = inner
        self._lock = threading.Lock()
        self.faults: dict[Key, tuple[Object, tuple[str, ...]]] = {}     # the object as it can be read, and what was taken out of it
        self.unnamed: Counter[str] = Counter()                          # by kind: what a list had that was no object

    @property
    def address(self) -> str:
        """Of the API server."""
        return str(getattr(self._inner, "address", "the Kubernetes API"))

    def told(self) -> list[str]:
        """A sentence for each kind of which the API listed what is no object."""
        return [f"{count} of the {kind}s that the Kubernetes API listed have no name, uid or version, and were passed over: look at what lies between it "
                "and here." for kind, count in sorted(self.unnamed.items())]

    def _read(self, kind: Kind, item: Object) -> Object:
        found, faults = readable(kind, item)
        metadata = found.get("metadata") or {}
        key = (kind, str(metadata.get("namespace") or ""), str(metadata.get("name") or ""))
        if faults or key in self.faults:
            with self._lock:
                self.faults.pop(key, None)
                if faults:
                    self.faults[key] = (found, faults)
        return found

    def _one(self, kind: Kind, item: Object) -> Object:
        """The one that was asked for; an answer that is none may be right next time."""
        if not has_a_name(kind, item):
            raise ClusterUnavailable(f"The Kubernetes API at {self.address} answered with something that is no {kind.kind}; it is asked again later.")
        return self._read(kind, item)

    # --- Cluster --------------------------------------------------------------------------------------------------------------------------

    def list(self, kind: Kind, namespace: str | None = None, label_selector: str | None = None, field_selector: str | None = None) -> list[Object]:
        """As the inner one, without what is no object."""
        items = self._inner.list(kind, namespace, label_selector, field_selector)
        named = [item for item in items if has_a_name(kind, item)]
        with self._lock:
            self.unnamed[kind.kind] = len(items) - len(named)
            self.unnamed += Counter()
        return [self._read(kind, item) for item in named]

    def get(self, kind: Kind, namespace: str | None, name: str) -> Object | None:
        """As the inner one."""
        found = self._inner.get(kind, namespace, name)
        return None if found is None else self._one(kind, found)

    def create(self, kind: Kind, body: Object, dry_run: bool = False) -> Object:
        """As the inner one."""
        made = self._inner.create(kind, body, dry_run)
        return made if dry_run else self._one(kind, made)

    def replace_status(self, kind: Kind, body: Object) -> Object:
        """As the inner one."""
        return self._one(kind, self._inner.replace_status(kind, body))

    def patch(self, kind: Kind, namespace: str | None, name: str, body: Object) -> Object:
        """As the inner one."""
        return self._one(kind, self._inner.patch(kind, namespace, name, body))

    def patch_status(self, kind: Kind, namespace: str | None, name: str, body: Object) -> Object:
        """As the inner one."""
        return self._one(kind, self._inner.patch_status(kind, namespace, name, body))

    def delete(self, kind: Kind, namespace: str | None, name: str, uid: str, resource_version: str | None = None) -> None:
        """As the inner one."""
        self._inner.delete(kind, namespace, name, uid, resource_version)

    def now(self) -> datetime:
        """As the inner one."""
        return self._inner.now()

    def each(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """As the inner one."""
        return self._inner.each(work, items)
