# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Summaries of all objects of one kind; what is odd about one of them is that one's matter. Pure."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .cluster import Kind, Object
from .guard import Fault, guarded
from .readable import has_a_name, readable
from .summaries import UNREADABLE


class Snapshot:
    """`items` maps namespace/name to what `summarize` made of the object as it can be read, UNREADABLE where it made nothing."""

    def __init__(self, kind: Kind, summarize: Callable[[Object], Any]) -> None:
        self.kind = kind
        self.items: dict[str, Any] = {}
        self.unreadable: dict[str, str] = {}    # why, by key: no summary could be made
        self.odd: dict[str, str] = {}           # what, by key: something was taken out before a summary was made
        self.unnamed = 0                        # what was no object at all
        self._summary = guarded(lambda item: summarize(self._read(item)), self._failed)

    def names(self, item: object) -> bool:
        """It is an object of this kind; anything else is counted."""
        named = has_a_name(self.kind, item)
        self.unnamed += not named
        return named

    def put(self, item: Object) -> bool:
        """The object as it is now. True: its summary differs from before."""
        key = key_of(item)
        self._forget(key)
        before, after = self.items.get(key, self), self._summary(item)
        self.items[key] = after
        return bool(before != after)

    def drop(self, item: Object) -> bool:
        """The object is gone. True: it was there."""
        self._forget(key_of(item))
        return self.items.pop(key_of(item), self) is not self

    def faults(self) -> list[str]:
        """A sentence for each object that has no summary, and one for all that are none."""
        nameless = [f"{self.unnamed} of what was listed or watched has no name, uid or version"] if self.unnamed else []
        return [*nameless, *(f"{key} cannot be read: {why}" for key, why in self.unreadable.items())]

    def _read(self, item: Object) -> Object:
        found, faults = readable(self.kind, item)
        if faults:
            self.odd[key_of(item)] = faults[0]
        return found

    def _failed(self, item: Object, fault: Fault) -> Any:
        self.unreadable[key_of(item)] = fault.why.message
        return UNREADABLE

    def _forget(self, key: str) -> None:
        self.unreadable.pop(key, None)
        self.odd.pop(key, None)


def key_of(item: Object) -> str:
    """namespace/name of an object; /name without a namespace."""
    metadata = item["metadata"]
    return f"{metadata.get('namespace') or ''}/{metadata['name']}"
