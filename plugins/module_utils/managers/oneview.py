# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers as HPE OneView knows them: by the names of profiles, and of machines."""
from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from ..deadline import Deadline
from ..errors import InvalidAnswer
from ..guard import Fault, fault_of, one_by_one
from ..models import Reason
from ..names import HP
from . import oneview_server
from .base import Accounts, Manager, Outcome
from .config import ManagerConfig
from .elements import OddAnswer, kind_of, link, text
from .oneview_lists import HARDWARE, PROFILES, FilterRefused, Listing, Lists, by_uri, uri_of
from .oneview_session import OneViewSession
from .outcomes import ambiguous, not_found, unassigned

Json = dict[str, Any]

SWEEP_ABOVE = 300           # with more names than this, reading everything takes fewer requests
MACHINE_NAMES = ("name", "serialNumber", "serverName")
SERIAL = re.compile(r"[\w.-]{1,64}")       # what a filter can carry


class OneViewManager(Manager):
    """One OneView appliance."""

    vendor = HP

    def __init__(self, config: ManagerConfig, accounts: Accounts | None = None) -> None:
        super().__init__(config.name, config.where)
        self._session = OneViewSession(config, accounts(config, "") if accounts else None)
        self._lists = Lists(self._session, self.without_odd_ones)

    def login(self) -> None:
        """Asks for the API version unless it is given, then logs in."""
        self._session.login()

    def close(self) -> None:
        """Ends the session."""
        self._session.logout()

    def answers(self, names: Iterable[str], deadline: Deadline) -> Iterator[dict[str, Outcome]]:
        """Profiles by name; for names without one, hardware by its name, serial number or server name."""
        self._session.http.deadline = deadline
        wanted = list(dict.fromkeys(names))
        listing = self._profiles(wanted)
        doubt = listing.doubt or _unreadable(listing, "name", always=True)
        profiles = _by(listing, "name")
        looked_up = dict(one_by_one(wanted, lambda name: self._profile_of(name, profiles.get(name.casefold(), []), listing), self.of_one))
        yield {name: profile for name, profile in looked_up.items() if isinstance(profile, Reason)}
        assigned = {name: profile for name, profile in looked_up.items() if isinstance(profile, dict)}
        others = [name for name, profile in looked_up.items() if profile is None]
        if not assigned and not others:
            return
        hardware, listed = self._hardware_of(list(assigned.values()), others, whole=len(wanted) > SWEEP_ABOVE)
        yield self.each_name(assigned, lambda name: self._outcome(name, assigned[name], hardware.get(_key(assigned[name], "serverHardwareUri"))))
        if others:
            open_question = self._lists.told(PROFILES, doubt) if doubt else ""
            yield from self._without_profile_name(others, listed, listing, open_question)

    # --- profiles

    def _profiles(self, names: list[str]) -> Listing:
        if len(names) <= SWEEP_ABOVE:
            try:
                return self._lists.matching(PROFILES, "name", names)
            except FilterRefused:
                pass                    # documented, and yet not every appliance takes it: read all
        return self._lists.whole(PROFILES)

    def _profile_of(self, name: str, hits: list[Json], listing: Listing) -> Json | Reason | None:
        """The profile of this name, with a server; None when there is none. A machine's name may be that of a profile that the list does not show."""
        if len(hits) > 1:
            remedy = "rename all but one, or write the serial number of the server that is meant"
            return ambiguous(name, self.where, (str(hit.get("name")) for hit in hits), remedy)
        if not hits:
            return Reason("InvalidAnswer", self._lists.told(PROFILES, listing.doubt)) if listing.is_cut else None
        if not _link(hits[0], "serverHardwareUri", HARDWARE):
            return unassigned(name, self.where, "profile")
        return hits[0]

    def _profiles_of(self, machines: list[Json], known: Listing) -> dict[str, Json | Fault]:
        """The profiles of these machines, found by serial numbers: the filter knows no addresses."""
        wanted = {_key(machine, "serverProfileUri") for machine in machines} - {""}
        found: dict[str, Json | Fault] = {uri: profile for uri, profile in by_uri(known.members).items() if uri in wanted}
        missing = [machine for machine in machines if _key(machine, "serverProfileUri") in wanted - set(found)]
        if len(missing) > 1:
            serials = [serial for attribute in ("serialNumber", "virtualSerialNumber") for serial in _serials(missing, attribute)]
            try:
                listed = by_uri(self._lists.matching(PROFILES, "serialNumber", serials).members)
            except FilterRefused:
                listed = {}
            found.update((uri, profile) for uri, profile in listed.items() if uri in wanted)
        uris = (uri_of(machine, "serverProfileUri") for machine in missing)
        return {**found, **self._lists.objects(PROFILES, (uri for uri in uris if uri.casefold() not in found))}

    # --- hardware

    def _hardware_of(self, profiles: list[Json], others: list[str], whole: bool) -> tuple[dict[str, Json | Fault], dict[str, Listing]]:
        """The hardware of these profiles by URI, and what each kind of name of a machine may mean."""
        try:
            listed = {} if whole else self._filtered_hardware(profiles, others)
        except FilterRefused:
            whole = True
        if whole:
            everything = self._lists.whole(HARDWARE)
            listed = {attribute: _judged(everything, attribute, always=attribute == "name") for attribute in MACHINE_NAMES}
        listing = sum(listed.values(), Listing())
        found: dict[str, Json | Fault] = dict(by_uri(listing.members))
        missing = [uri for uri in (uri_of(profile, "serverHardwareUri") for profile in profiles) if uri.casefold() not in found]
        if not whole:
            found.update(self._lists.objects(HARDWARE, missing))
        elif everything.doubt:
            open_question = fault_of(InvalidAnswer(self._lists.told(HARDWARE, everything.doubt)))
            found.update((uri.casefold(), open_question) for uri in missing)
        return found, listed

    def _filtered_hardware(self, profiles: list[Json], others: list[str]) -> dict[str, Listing]:
        """What is asked for names of machines brings the hardware of profiles along, where those have its serial numbers."""
        listed: dict[str, Listing] = {}
        for attribute in MACHINE_NAMES if others else ():
            values = [*others, *_serials(profiles, "serialNumber")] if attribute == "serialNumber" else others
            listed[attribute] = _judged(self._lists.matching(HARDWARE, attribute, values), attribute, always=attribute == "name")
        known = by_uri(sum(listed.values(), Listing()).members)
        ids = [uri_of(profile).rpartition("/")[2] for profile in profiles if _key(profile, "serverHardwareUri") not in known]
        if len(ids) > 1:                    # one is read by its URI
            listed["serverProfileUri"] = self._lists.matching(HARDWARE, "serverProfileUri", filter(None, ids), start=f"^{PROFILES}/")
        return listed

    def _without_profile_name(self, names: list[str], listed: dict[str, Listing], profiles: Listing, open_question: str) -> Iterator[dict[str, Outcome]]:
        """Names of machines rather than profiles. Their MACs may still come from a profile. open_question: why one may be a profile's after all."""
        everything = sum(listed.values(), Listing())
        indices = {attribute: _by(everything, attribute) for attribute in MACHINE_NAMES}
        doubts = {attribute: self._lists.told(HARDWARE, listed[attribute].doubt) if listed[attribute].doubt else "" for attribute in MACHINE_NAMES}
        looked_up = dict(one_by_one(names, lambda name: self._machine(name, indices, doubts, open_question), self.of_one))
        machines = {name: machine for name, machine in looked_up.items() if isinstance(machine, dict)}
        yield {name: machine for name, machine in looked_up.items() if isinstance(machine, Reason)}
        of_machines = self._profiles_of(list(machines.values()), profiles)
        yield self.each_name(machines, lambda name: self._of_machine(name, machines[name], of_machines))

    def _machine(self, name: str, indices: dict[str, dict[str, list[Json]]], doubts: dict[str, str], open_question: str) -> Json | Reason:
        """The machine of this name, unless one that cannot be read may have it as well."""
        for attribute in MACHINE_NAMES:
            hits = indices[attribute].get(name.casefold(), [])
            if hits and doubts[attribute]:
                return Reason("InvalidAnswer", doubts[attribute])
            if hits:
                return hits[0] if len(hits) == 1 else self._several(name, attribute, hits)
        unclear = next(filter(None, (open_question, *doubts.values())), "")
        return Reason("InvalidAnswer", unclear) if unclear else not_found(name, self.where)

    def _several(self, name: str, attribute: str, hits: list[Json]) -> Reason:
        words = [(text(hit.get("name"), "name"), text(hit.get("serialNumber"), "serialNumber")) for hit in hits]
        what = "name of the server hardware" if attribute == "serialNumber" else "serial number of the one"
        shown = (f"{known}, serial {serial}" for known, serial in words)
        return ambiguous(name, self.where, shown, f"rename all but one, or write the {what} that is meant")

    # --- servers

    def _of_machine(self, name: str, machine: Json, profiles: dict[str, Json | Fault]) -> Outcome:
        if not _link(machine, "serverProfileUri", PROFILES):
            return self._outcome(name, None, machine)
        profile = profiles.get(_key(machine, "serverProfileUri"))
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


def _link(member: Json, attribute: str, path: str) -> str:
    """Where the other half of a server is, "" where there is none, which the appliance says by null."""
    if attribute not in member:
        raise OddAnswer(f"{attribute} is missing")
    uri = link(member[attribute], attribute)
    if uri and not uri.casefold().startswith(f"{path}/"):
        raise OddAnswer(f"{attribute} is no path below {path}")
    return uri


def _key(member: Json, attribute: str) -> str:
    return uri_of(member, attribute).casefold()


def _serials(members: Iterable[Json], attribute: str) -> list[str]:
    """Serial numbers that a filter can carry."""
    return [serial for serial in (uri_of(member, attribute) for member in members) if SERIAL.fullmatch(serial)]


def _by(listing: Listing, attribute: str) -> dict[str, list[Json]]:
    """Members by what they are called, lower case."""
    index: dict[str, list[Json]] = defaultdict(list)
    for member in listing.members:
        if isinstance(member.get(attribute), str) and member[attribute]:
            index[member[attribute].casefold()].append(member)
    return index


def _judged(listing: Listing, attribute: str, always: bool) -> Listing:
    """The same, in doubt where a member shows no readable name of this kind."""
    return replace(listing, doubt=listing.doubt or _unreadable(listing, attribute, always))


def _unreadable(listing: Listing, attribute: str, always: bool) -> str:
    """Why a member may have a name that does not show: what it is, "" when all can be read. always: each has one."""
    for value in (member.get(attribute) for member in listing.members):
        if not isinstance(value, str) and (always or value is not None):
            return f"{attribute} of one of them is {kind_of(value)} instead of a text"
    return ""
