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
from ..errors import InvalidAnswer
from ..guard import Fault, guarded, one_by_one
from ..http import Answer
from ..models import Reason
from ..names import HP
from ..parallel import each
from . import oneview_server
from .base import Accounts, Manager, Outcome
from .config import ManagerConfig
from .elements import OddAnswer, elements, kind_of, text
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

    def __init__(self, config: ManagerConfig, accounts: Accounts | None = None) -> None:
        super().__init__(config.name, config.where)
        self._session = OneViewSession(config, accounts(config, "") if accounts else None)

    def login(self) -> None:
        """Asks for the API version unless it is given, then logs in."""
        self._session.login()

    def close(self) -> None:
        """Ends the session."""
        self._session.logout()

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
                try:
                    listed = self.without_odd_ones(elements(body.get("members"), "members"), path)
                except OddAnswer as odd:
                    raise InvalidAnswer(odd.told(self.where, f"GET {path}")) from odd
                for member in listed:
                    members[_uri(member) or f"without an address, {len(members)}"] = member
                totals.add(str(body.get("total")))
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

    def _one_by_one(self, path: str, uris: list[str]) -> dict[str, Json | Fault]:
        """The objects of these URIs: each read alone when they are few, else the whole list. What cannot be read has the reason instead."""
        if len(uris) > SINGLE_READS:
            wanted = set(uris)
            return {_uri(member): member for member in self._members(path) if _uri(member) in wanted}

        def read(uri: str) -> Json | Fault | None:
            answer = self._session.get(uri)
            return mapping(answer) if answer.status == 200 else None

        asked = [uri for uri in dict.fromkeys(uris) if uri.startswith("/rest/")]
        answers = each(guarded(read, lambda _uri, fault: fault), asked, PARALLEL)
        return {uri: answer for uri, answer in zip(asked, answers) if answer is not None}

    # --- names

    def answers(self, names: Iterable[str], deadline: Deadline) -> Iterator[dict[str, Outcome]]:
        """Profiles by name; for names without one, hardware by its name, serial number or server name."""
        self._session.http.deadline = deadline
        wanted = list(dict.fromkeys(names))
        profiles = _by(self._profiles(wanted), "name")
        looked_up = dict(one_by_one(wanted, lambda name: self._profile_of(name, profiles.get(name.casefold(), [])), self.of_one))
        yield {name: profile for name, profile in looked_up.items() if isinstance(profile, Reason)}
        assigned = {name: profile for name, profile in looked_up.items() if isinstance(profile, dict)}
        others = [name for name, profile in looked_up.items() if profile is None]
        by_uri = self._hardware_of(list(assigned.values()), others, whole=len(wanted) > SWEEP_ABOVE)
        yield self.each_name(assigned, lambda name: self._outcome(name, assigned[name], by_uri.get(_uri(assigned[name], "serverHardwareUri"))))
        if others:
            yield self._without_profile_name(others, [member for member in by_uri.values() if not isinstance(member, Fault)])

    def _profile_of(self, name: str, hits: list[Json]) -> Json | Reason | None:
        """The profile of this name, with a server; None when there is none."""
        if len(hits) > 1:
            return ambiguous(name, self.where, (str(hit.get("name")) for hit in hits))
        if not hits:
            return None
        if not hits[0].get("serverHardwareUri"):
            return unassigned(name, self.where, "profile")
        if not _uri(hits[0], "serverHardwareUri"):
            raise OddAnswer(f"serverHardwareUri of its profile is {kind_of(hits[0]['serverHardwareUri'])} instead of a text")
        return hits[0]

    def _profiles(self, names: list[str]) -> list[Json]:
        if len(names) <= SWEEP_ABOVE:
            try:
                return self._matching(PROFILES, "name", names)
            except _FilterRefused:
                pass                    # documented, and yet not every appliance takes it: read all
        return self._members(PROFILES)

    def _hardware_of(self, profiles: list[Json], others: list[str], whole: bool) -> dict[str, Json | Fault]:
        """The hardware of these profiles, and whatever may be meant by the other names, by URI."""
        if whole:
            return _by_uri(self._members(HARDWARE))
        try:
            found = self._of_profiles(profiles)
            for attribute in ("name", "serialNumber", "serverName") if others else ():
                found += self._matching(HARDWARE, attribute, others)
        except _FilterRefused:
            return _by_uri(self._members(HARDWARE))
        known = _by_uri(found)
        missing = [uri for uri in (_uri(profile, "serverHardwareUri") for profile in profiles) if uri not in known]
        return {**known, **self._one_by_one(HARDWARE, missing)}

    def _of_profiles(self, profiles: list[Json]) -> list[Json]:
        if len(profiles) <= 1:
            return []                   # one is read by its URI
        ids = [_uri(profile).rpartition("/")[2] for profile in profiles]
        return self._matching(HARDWARE, "serverProfileUri", [one for one in ids if one], start=f"^{PROFILES}/")

    def _without_profile_name(self, names: list[str], hardware: list[Json]) -> dict[str, Outcome]:
        """Names of machines rather than profiles. Their MACs may still come from a profile."""
        attributes = ("name", "serialNumber", "serverName")
        indices = [_by(hardware, attribute) for attribute in attributes]
        looked_up = dict(one_by_one(names, lambda name: self._machine(name, indices), self.of_one))
        machines = {name: machine for name, machine in looked_up.items() if isinstance(machine, dict)}
        uris = list(dict.fromkeys(uri for uri in (_uri(machine, "serverProfileUri") for machine in machines.values()) if uri))
        profiles = self._one_by_one(PROFILES, uris)
        found = {name: machine for name, machine in looked_up.items() if isinstance(machine, Reason)}
        return {**found, **self.each_name(machines, lambda name: self._of_machine(name, machines[name], profiles))}

    def _machine(self, name: str, indices: list[dict[str, list[Json]]]) -> Json | Reason:
        hits = next((index[name.casefold()] for index in indices if name.casefold() in index), [])
        if not hits:
            return not_found(name, self.where)
        if len(hits) > 1:
            return ambiguous(name, self.where, (f"{text(hit.get('name'), 'name')}, serial {text(hit.get('serialNumber'), 'serialNumber')}" for hit in hits))
        return hits[0]

    def _of_machine(self, name: str, machine: Json, profiles: dict[str, Json | Fault]) -> Outcome:
        if not machine.get("serverProfileUri"):
            return self._outcome(name, None, machine)
        profile = profiles.get(_uri(machine, "serverProfileUri"))
        if profile is None:
            return self._hidden(f"profile to server {name!r}")
        return self.of_one(name, profile) if isinstance(profile, Fault) else self._outcome(name, profile, machine)

    def _outcome(self, name: str, profile: Json | None, hardware: Json | Fault | None) -> Outcome:
        if hardware is None:
            return self._hidden(f"server to profile {name!r}")
        if isinstance(hardware, Fault):
            return self.of_one(name, hardware)
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


def _uri(member: Json, attribute: str = "uri") -> str:
    """The address of an object, "" where it shows none."""
    value = member.get(attribute)
    return value if isinstance(value, str) else ""


def _by_uri(members: Iterable[Json]) -> dict[str, Json | Fault]:
    return {_uri(member) or f"without an address, {at}": member for at, member in enumerate(members)}


def _by(members: Iterable[Json], attribute: str) -> dict[str, list[Json]]:
    index: dict[str, list[Json]] = defaultdict(list)
    for member in {_uri(member) or f"without an address, {at}": member for at, member in enumerate(members)}.values():
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
