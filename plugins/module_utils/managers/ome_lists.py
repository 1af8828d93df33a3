# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OME's lists: whole or filtered, and whether somebody may be missing from them."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from ..errors import InvalidAnswer
from ..guard import one_by_one
from .elements import OddAnswer, elements, needed, only_text, place
from .json_lists import FilterRefused, JsonLists
from .ome_session import OmeSession, mapping

Json = dict[str, Any]

PROFILES = "/api/ProfileService/Profiles"
DEVICES = "/api/DeviceService/Devices"
PAGE = 1000                 # asked for; the appliance may give fewer
REFUSALS = frozenset({400, 404, 414, 500, 501})     # of a filter that the appliance does not take


@dataclass(frozen=True)
class Listing:
    """Elements of a list. missing: why some may not be in it; unreadable: why one that is in it may be anybody's; "" when that cannot be."""

    items: tuple[Json, ...] = ()
    missing: str = ""
    unreadable: str = ""

    @property
    def doubt(self) -> str:
        """Why it does not say that somebody is unknown."""
        return self.missing or self.unreadable

    def with_doubt_about(self, is_odd: Callable[[Json], bool], what: str) -> Listing:
        """The same list; an element that cannot be told from a wanted one leaves open whether it is."""
        odd = sum(is_in_doubt for _item, is_in_doubt in one_by_one(self.items, is_odd, lambda _item, _fault: True))
        return replace(self, unreadable=f"{odd} of {len(self.items)} show no {what} that can be read") if odd and not self.doubt else self


class Lists(JsonLists[OmeSession, Listing]):
    """Reads of one OME."""

    def read(self, path: str, condition: str = "") -> Listing:
        """The elements for which this OData condition holds, or all."""
        return self.whole(path, "&$filter=" + quote(condition, safe="'()=,") if condition else "")

    def _read(self, path: str, query: str) -> Listing:
        """$skip and $top are always sent, and the filter each time: the link to the next page may drop what was asked."""
        seen: dict[object, Json] = {}
        counts: list[int] = []
        odd = 0
        while True:
            listed, count = self._page(path, f"{path}?$skip={len(seen) + odd}&$top={PAGE}{query}", bool(query))
            found = self._objects_of(listed, path)
            fresh = {key: item for key, item in _keyed(found, len(seen)) if key not in seen}
            seen.update(fresh)
            odd += len(listed) - len(found)
            counts.append(count)
            if not fresh or len(seen) + odd >= count:
                break
        missing, unreadable = "", f"{odd} of {counts[-1]} cannot be read" if odd else ""
        if len(set(counts)) > 1:
            missing = "the list changed while it was read"
        elif len(seen) + odd < counts[-1]:
            missing = f"it counts {counts[-1]} and lists {len(seen)}"
        elif len(seen) + odd > counts[-1]:
            unreadable = f"it counts {counts[-1]} and lists {len(seen)}"
        return Listing(tuple(seen.values()), missing, unreadable)

    def _page(self, path: str, query: str, filtered: bool) -> tuple[list[object], int]:
        """One page's elements, and how many there are in all."""
        answer = self._session.get(query)
        if answer.status != 200:
            if filtered and answer.status in REFUSALS:
                raise FilterRefused()
            raise self._session.unexpected(answer, f"GET {path}")
        body = mapping(answer)
        try:
            _check_kind(body, path)
            count = place(body.get("@odata.count"), "@odata.count")
            return elements(needed(body.get("value"), "value"), "value"), count
        except OddAnswer as odd:
            raise InvalidAnswer(odd.told(self._session.where, f"GET {path}")) from odd


def by(items: Iterable[Json], attribute: str) -> dict[str, list[Json]]:
    """The elements that show a text there, by that text without regard to case."""
    index: dict[str, list[Json]] = defaultdict(list)
    for item in items:
        if isinstance(item.get(attribute), str) and item[attribute]:
            index[item[attribute].casefold()].append(item)
    return index


def number_of(item: Json) -> int | None:
    """The Id of an element, None where it shows none that could be one."""
    try:
        return place(item.get("Id"), "Id")
    except OddAnswer:
        return None


def _keyed(found: list[Json], before: int) -> Iterable[tuple[object, Json]]:
    """Each element with what tells it from others: its id, or its place where it has none, or one that its own page has twice."""
    here: set[int] = set()
    for at, item in enumerate(found):
        number = number_of(item)
        yield (number if number is not None and number not in here else ("at", before + at)), item
        if number is not None:
            here.add(number)


def _check_kind(body: Json, path: str) -> None:
    """A page of another list is no answer about this one."""
    context = only_text(body.get("@odata.context"), "@odata.context")
    if context and f"({path.split('/')[2]}." not in context:
        raise OddAnswer("it is a list of another kind")
