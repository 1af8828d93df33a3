# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lists of managers that speak JSON have in common: read anew while they leave something open, and how that is said."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, Protocol, TypeVar

from .json_session import JsonSession

Json = dict[str, Any]

READINGS = 2                # of a list that changes while it is paged


class Doubtful(Protocol):
    """A list that may leave something open."""

    @property
    def doubt(self) -> str:
        """Why it does not say that somebody is unknown, "" when it does."""


Found = TypeVar("Found", bound=Doubtful)
AnySession = TypeVar("AnySession", bound=JsonSession[Any])


class FilterRefused(Exception):
    """The appliance does not take this filter; what it would have given must be read whole."""


class JsonLists(Generic[AnySession, Found]):
    """Reads of one appliance. objects_of: the elements that are objects; the manager warns of the others. A vendor writes _read()."""

    def __init__(self, session: AnySession, objects_of: Callable[[Iterable[object], str], list[Json]]) -> None:
        self._session = session
        self._objects_of = objects_of

    def _read(self, path: str, query: str) -> Found:
        """All pages, once."""
        raise NotImplementedError

    def whole(self, path: str, query: str = "") -> Found:
        """All elements; read anew when the list changed while it was paged, or shows another number than it counts."""
        listing = self._read(path, query)
        for _again in range(READINGS - 1):
            if not listing.doubt:
                break
            listing = self._read(path, query)
        return listing

    def told(self, path: str, doubt: str) -> str:
        """The sentence that a list leaves something open."""
        return f"{self._session.where} does not show all that GET {path} should list: {doubt}; it is asked again later."
