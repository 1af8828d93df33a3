# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OneView's lists: whole, filtered, or a few objects one by one, and whether somebody may be missing from them."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ..errors import InvalidAnswer
from ..guard import Fault, fault_of, guarded
from ..http import Answer
from ..parallel import each
from .elements import OddAnswer, elements, link, needed, only_text, place
from .json_lists import FilterRefused, JsonLists
from .oneview_session import PARALLEL, OneViewSession, mapping

Json = dict[str, Any]

PROFILES = "/rest/server-profiles"
HARDWARE = "/rest/server-hardware"
TYPES = {PROFILES: "serverprofilelist", HARDWARE: "serverhardwarelist"}     # how the type of a list begins, without hyphens
PAGE = 256                  # the most that is documented for profiles; the appliance may give fewer
CHUNK = 100                 # names in one filter
FILTER_BYTES = 3600         # and what its URL may take
SINGLE_READS = 8            # objects read one by one before a whole list is
TOO_MUCH = frozenset({400, 414, 431})      # a filter that the appliance does not take


@dataclass(frozen=True)
class Listing:
    """Members of a list, each once. doubt: why it does not say that somebody is unknown, "" when it does. is_cut: some are not in it at all."""

    members: tuple[Json, ...] = ()
    doubt: str = ""
    is_cut: bool = False

    def __add__(self, other: Listing) -> Listing:
        return Listing(tuple(by_uri([*self.members, *other.members]).values()), self.doubt or other.doubt, self.is_cut or other.is_cut)


class Lists(JsonLists[OneViewSession, Listing]):
    """Reads of one OneView."""

    def _read(self, path: str, query: str) -> Listing:
        members: dict[str, Json] = {}
        totals: list[int] = []
        odd = 0
        page = f"{path}?start=0&count={PAGE}{query}"
        pages: set[str] = set()
        while page and page not in pages:
            pages.add(page)
            listed, total, page = self._page(path, page, bool(query))
            found = self._objects_of(listed, path)
            odd += len(listed) - len(found)
            for member in found:
                members[uri_of(member) or f"without an address, {len(members)}"] = member
            totals.append(total)
        doubt = ""
        if odd:
            doubt = f"{odd} of {totals[-1]} cannot be read"
        elif len(members) < totals[-1]:
            doubt = f"it counts {totals[-1]} and lists {len(members)}"
        elif len(set(totals)) > 1:
            doubt = "the list changed while it was read"
        return Listing(tuple(members.values()), doubt, is_cut=len(members) + odd < totals[-1] or len(set(totals)) > 1)

    def _page(self, path: str, page: str, filtered: bool) -> tuple[list[object], int, str]:
        """The elements, how many there are on all pages, and the path of the next page, "" after the last."""
        answer = self._session.get(page)
        if answer.status in TOO_MUCH and filtered:
            raise FilterRefused()
        if answer.status != 200:
            raise self._session.unexpected(answer, f"GET {path}")
        body = mapping(answer)
        try:
            _check_kind(body, path)
            total = place(body.get("total"), "total")
            members = elements(body.get("members") if total == 0 else needed(body.get("members"), "members"), "members")
        except OddAnswer as odd:
            raise InvalidAnswer(odd.told(self._session.where, f"GET {path}")) from odd
        return members, total, _next_page(body, path, answer)

    def matching(self, path: str, attribute: str, values: Iterable[str], start: str = "^", end: str = "$") -> Listing:
        """Members whose attribute is one of the values, as the filter sees it: the caller compares for itself."""
        queries = []
        for chunk in chunks(list(dict.fromkeys(values)), lambda value: len(quote(_regex(value))) + 3):
            pattern = f"{start}({'|'.join(_regex(value) for value in chunk)}){end}"
            queries.append("&filter=" + quote(f"\"'{attribute}' regex '{pattern}'\"", safe="/:'$^()"))
        return sum(each(lambda query: self.whole(path, query), queries, PARALLEL), Listing())

    def objects(self, path: str, uris: Iterable[str]) -> dict[str, Json | Fault]:
        """Each readable object of these URIs, lower case: read alone when they are few, else from the whole list; or why it cannot be read."""
        wanted = list(dict.fromkeys(uri for uri in uris if uri.casefold().startswith(f"{path}/")))
        if len(wanted) > SINGLE_READS:
            listing = self.whole(path)
            known = by_uri(listing.members)
            missing = fault_of(InvalidAnswer(self.told(path, listing.doubt))) if listing.doubt else None
            found = {uri.casefold(): known.get(uri.casefold(), missing) for uri in wanted}
        else:
            answers = each(guarded(self._object, lambda _uri, fault: fault), wanted, PARALLEL)
            found = {uri.casefold(): answer for uri, answer in zip(wanted, answers)}
        return {uri: answer for uri, answer in found.items() if answer is not None}

    def _object(self, uri: str) -> Json | Fault | None:
        """The object, None where there is none that this user may see."""
        answer = self._session.get(uri)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise self._session.unexpected(answer, f"GET {uri}")
        body = mapping(answer)
        if needed(link(body.get("uri"), "uri"), "uri").casefold() != uri.casefold():
            raise OddAnswer("uri is another object's")
        return body


def chunks(values: list[str], size: Callable[[str], int], count: int = CHUNK, bytes_: int = FILTER_BYTES) -> Iterator[list[str]]:
    """The values in portions that one URL can carry."""
    portion: list[str] = []
    used = 0
    for value in values:
        if portion and (len(portion) >= count or used + size(value) > bytes_):
            yield portion
            portion, used = [], 0
        portion.append(value)
        used += size(value)
    if portion:
        yield portion


def uri_of(member: Json, attribute: str = "uri") -> str:
    """The address of an object, "" where it shows none."""
    value = member.get(attribute)
    return value if isinstance(value, str) else ""


def by_uri(members: Iterable[Json]) -> dict[str, Json]:
    """The same members by where they are, lower case; each once."""
    return {uri_of(member).casefold() or f"without an address, {at}": member for at, member in enumerate(members)}


def _check_kind(body: Json, path: str) -> None:
    """A page of another list is no answer about this one."""
    category = only_text(body.get("category"), "category")
    kind = only_text(body.get("type"), "type").casefold().replace("-", "")
    if (category and category.casefold() != path.rpartition("/")[2]) or (kind and not kind.startswith(TYPES[path])):
        raise OddAnswer("it is a list of another kind")


def _next_page(body: Json, path: str, answer: Answer) -> str:
    """The next page's path; null, empty or this page's own means that there is none."""
    following = body.get("nextPageUri")
    if not following or following == body.get("uri"):
        return ""
    if not isinstance(following, str) or not re.fullmatch(re.escape(path) + r"\?[!-~]+", following):
        raise answer.invalid("the path of the next page")
    return following


def _regex(value: str) -> str:
    """The value as a pattern that means itself; a hyphen is no special sign outside brackets.

    A quote would end the filter, and some read a plus as a blank: any sign may stand there, for the caller compares for itself.
    """
    return "".join("." if sign in "'\"+" else sign if sign in "- " else re.escape(sign) for sign in value)
