# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers as HPE OneView knows them: its lists and filters."""
from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote

from ..deadline import Deadline
from ..errors import ManagerError
from ..http import Answer
from ..models import Reason
from ..names import HP
from ..parallel import each
from . import oneview_server
from .base import Manager, Outcome
from .config import ManagerConfig
from .oneview_session import PARALLEL, OneViewSession, mapping
from .outcomes import ambiguous, not_found, unassigned

Json = dict[str, Any]

PROFILES = "/rest/server-profiles"
HARDWARE = "/rest/server-hardware"
PAGE = 256                  # the most that is documented for profiles; the appliance may give fewer
CHUNK = 100                 # names in one filter
FILTER_BYTES = 3600         # and what its URL may take
SWEEP_ABOVE = 300           # with more names than this, reading everything takes fewer requests
SINGLE_READS = 8            # objects read one by one before a whole list is
TOO_MUCH = frozenset({400, 414, 431})      # a filter that the appliance does not take


class OneViewManager(Manager):
    """One OneView appliance."""

    vendor = HP

    def __init__(self, config: ManagerConfig) -> None:
        super().__init__(config.name, config.where)
        self._session = OneViewSession(config)

    def login(self) -> None:
        """Asks for the API version unless it is given, then logs in."""
        self._session.login()

    def logout(self) -> None:
        """Ends the session."""
        try:
            self._session.logout()
        except ManagerError as error:
            self.left_open(error)

    # --- lists

    def _members(self, path: str, query: str = "") -> list[Json]:
        """All members, each once; read anew when the list changed while it was paged."""
        for _reading in range(2):
            members: dict[str, Json] = {}
            totals = set()
            page: str | None = f"{path}?start=0&count={PAGE}{query}"
            pages: set[str] = set()
            while page and page not in pages:
                pages.add(page)
                answer = self._session.get(page)
                if answer.status in TOO_MUCH and query:
                    raise _FilterRefused()
                if answer.status != 200:
                    raise self._session.unexpected(answer, f"GET {path}")
                body = mapping(answer)
                for member in body.get("members") or []:
                    members[str(member.get("uri"))] = member
                totals.add(body.get("total"))
                page = _next_page(body, answer)
            if len(totals) < 2:
                break
        return list(members.values())

    def _matching(self, path: str, attribute: str, values: Iterable[str], start: str = "^", end: str = "$") -> list[Json]:
        """Members whose attribute is one of the values, as the filter sees it: the caller compares for itself."""
        queries = []
        for chunk in chunks(list(values), lambda value: len(quote(_regex(value))) + 3):
            pattern = f"{start}({'|'.join(_regex(value) for value in chunk)}){end}"
            queries.append("&filter=" + quote(f"\"'{attribute}' regex '{pattern}'\"", safe="/:'$^()"))
        return [member for part in each(lambda query: self._members(path, query), queries, PARALLEL) for member in part]

    def _one_by_one(self, path: str, uris: list[str]) -> list[Json]:
        """The objects of these URIs: each read alone when they are few, else the whole list."""
        if len(uris) > SINGLE_READS:
            wanted = set(uris)
            return [member for member in self._members(path) if member.get("uri") in wanted]
        answers = each(self._session.get, [uri for uri in uris if uri.startswith("/rest/")], PARALLEL)
        return [mapping(answer) for answer in answers if answer.status == 200]

    # --- names

    def answers(self, names: Iterable[str], deadline: Deadline) -> Iterator[dict[str, Outcome]]:
        """Profiles by name; for names without one, hardware by its name, serial number or server name."""
        self._session.http.deadline = deadline
        wanted = list(dict.fromkeys(names))
        profiles = _by(self._profiles(wanted), "name")
        found: dict[str, Outcome] = {}
        assigned: dict[str, Json] = {}
        for name in wanted:
            hits = profiles.get(name.casefold(), [])
            if len(hits) > 1:
                found[name] = ambiguous(name, self.where, (str(hit.get("name")) for hit in hits))
            elif hits and not hits[0].get("serverHardwareUri"):
                found[name] = unassigned(name, self.where, "profile")
            elif hits:
                assigned[name] = hits[0]
        yield found
        others = [name for name in wanted if name not in found and name not in assigned]
        hardware = self._hardware_of(list(assigned.values()), others, whole=len(wanted) > SWEEP_ABOVE)
        by_uri = {str(member.get("uri")): member for member in hardware}
        yield {name: self._outcome(name, profile, by_uri.get(profile["serverHardwareUri"])) for name, profile in assigned.items()}
        if others:
            yield self._without_profile_name(others, hardware)

    def _profiles(self, names: list[str]) -> list[Json]:
        if len(names) <= SWEEP_ABOVE:
            try:
                return self._matching(PROFILES, "name", names)
            except _FilterRefused:
                pass                    # documented, and yet not every appliance takes it: read all
        return self._members(PROFILES)

    def _hardware_of(self, profiles: list[Json], others: list[str], whole: bool) -> list[Json]:
        """The hardware of these profiles, and whatever may be meant by the other names."""
        if whole:
            return self._members(HARDWARE)
        try:
            found = self._of_profiles(profiles)
            for attribute in ("name", "serialNumber", "serverName") if others else ():
                found += self._matching(HARDWARE, attribute, others)
        except _FilterRefused:
            return self._members(HARDWARE)
        known = {member.get("uri") for member in found}
        return found + self._one_by_one(HARDWARE, [profile["serverHardwareUri"] for profile in profiles if profile["serverHardwareUri"] not in known])

    def _of_profiles(self, profiles: list[Json]) -> list[Json]:
        if len(profiles) <= 1:
            return []                   # one is read by its URI
        ids = [str(profile["uri"]).rpartition("/")[2] for profile in profiles]
        return self._matching(HARDWARE, "serverProfileUri", ids, start=f"^{PROFILES}/")

    def _without_profile_name(self, names: list[str], hardware: list[Json]) -> dict[str, Outcome]:
        """Names of machines rather than profiles. Their MACs may still come from a profile."""
        found: dict[str, Outcome] = {}
        machines: dict[str, Json] = {}
        attributes = ("name", "serialNumber", "serverName")
        indices = {attribute: _by(hardware, attribute) for attribute in attributes}
        for name in names:
            hits = next((indices[attribute][name.casefold()] for attribute in attributes if name.casefold() in indices[attribute]), [])
            if not hits:
                found[name] = not_found(name, self.where)
            elif len(hits) > 1:
                found[name] = ambiguous(name, self.where, (f"{hit.get('name')}, serial {hit.get('serialNumber')}" for hit in hits))
            else:
                machines[name] = hits[0]
        uris = list(dict.fromkeys(str(machine["serverProfileUri"]) for machine in machines.values() if machine.get("serverProfileUri")))
        profiles = {str(profile.get("uri")): profile for profile in self._one_by_one(PROFILES, uris)}
        for name, machine in machines.items():
            uri = machine.get("serverProfileUri")
            found[name] = self._outcome(name, profiles.get(str(uri)), machine) if not uri or uri in profiles else self._hidden(f"profile to server {name!r}")
        return found

    def _outcome(self, name: str, profile: Json | None, hardware: Json | None) -> Outcome:
        if hardware is None:
            return self._hidden(f"server to profile {name!r}")
        return oneview_server.server(name, self.name, self.where, profile, hardware)

    def _hidden(self, what: str) -> Reason:
        return Reason("InvalidAnswer", f"{self.where} assigns a {what} that it does not show; give the user the right to read it.")


class _FilterRefused(Exception):
    """The appliance does not take this filter; what it would have given must be read whole."""


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


def _regex(value: str) -> str:
    """The value as a pattern that means itself, nothing else; a hyphen is no special sign outside brackets."""
    return re.escape(value).replace("\\-", "-").replace("\\ ", " ")


def _by(members: Iterable[Json], attribute: str) -> dict[str, list[Json]]:
    index: dict[str, list[Json]] = defaultdict(list)
    for member in {str(member.get("uri")): member for member in members}.values():
        if isinstance(member.get(attribute), str) and member[attribute]:
            index[member[attribute].casefold()].append(member)
    return index


def _next_page(body: Json, answer: Answer) -> str | None:
    """The next page's path; null, empty or this page's own means that there is none."""
    following = body.get("nextPageUri")
    if not following or following == body.get("uri"):
        return None
    if not str(following).startswith("/rest/"):
        raise answer.invalid("the path of the next page")
    return str(following)
