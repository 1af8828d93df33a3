# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers as Dell OpenManage Enterprise knows them: its lists and filters."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..deadline import Deadline
from ..guard import Fault, guarded, one_by_one
from ..http_failures import TooLate, too_late
from ..models import Reason
from ..names import DELL
from ..parallel import as_done
from . import ome_server
from .base import Accounts, Manager, Outcome
from .config import ManagerConfig
from .elements import OddAnswer, place, text
from .ome_lists import DEVICES, PROFILES, FilterRefused, Listing, Lists, by, number_of
from .ome_session import PARALLEL, OmeSession
from .outcomes import ambiguous, failed, not_asked, not_found, unassigned

Json = dict[str, Any]

FILTERED_NAMES = 20         # up to so many are asked for by filter; more names than this, and the whole list takes fewer requests
PORTION = 40                # servers handed on together, while the inventories of the others are still being read
SERVER_TYPE = 1000
NO_SUCH_INVENTORY = ("CGEN1004", "CGEN1006")        # MessageIds: of an unknown device, of an unknown part of one


class OmeManager(Manager):
    """One OpenManage Enterprise appliance."""

    vendor = DELL

    def __init__(self, config: ManagerConfig, accounts: Accounts | None = None) -> None:
        super().__init__(config.name, config.where)
        self._session = OmeSession(config, accounts(config, "") if accounts else None)
        self._lists = Lists(self._session, self.without_odd_ones)

    def login(self) -> None:
        """Opens a session of the API kind."""
        self._session.login()

    def close(self) -> None:
        """Ends the session."""
        self._session.logout()

    # --- names

    def answers(self, names: Iterable[str], deadline: Deadline) -> Iterator[dict[str, Outcome]]:
        """Profiles by name; for names without one, devices by service tag or name; then the network ports of each, in the order of names."""
        self._session.http.deadline = deadline
        wanted = list(dict.fromkeys(names))
        few = len(wanted) <= FILTERED_NAMES
        profiles = self._profiles(wanted, few)
        hits = by(profiles.items, "ProfileName")
        targets = dict(one_by_one(wanted, lambda name: self._target(name, hits.get(name.casefold(), []), profiles.missing), self.of_one))
        ids = [target for target in targets.values() if isinstance(target, int)]
        open_question = self._lists.told(PROFILES, profiles.unreadable) if profiles.unreadable else ""
        devices = _Devices(self._devices(ids, few and None not in targets.values()))
        machines = dict(one_by_one(wanted, lambda name: self._machine(name, targets[name], devices, open_question), self.of_one))
        found = {name: machine for name, machine in machines.items() if isinstance(machine, Reason)}
        yield dict(found)
        yield from self._in_turns({name: machine for name, machine in machines.items() if not isinstance(machine, Reason)}, len(found), deadline)

    def _target(self, name: str, hits: list[Json], missing: str) -> int | Reason | None:
        """The id of the device that the profile of this name is deployed to; None without such a profile."""
        if not hits:
            return Reason("InvalidAnswer", self._lists.told(PROFILES, missing)) if missing else None
        if len(hits) > 1:
            _refuse_one_twice(hits, "profile")
            shown = (f"profile {text(hit.get('ProfileName'), 'ProfileName')}, id {text(hit.get('Id'), 'Id')}" for hit in hits)
            return ambiguous(name, self.where, shown, "rename all but one, or write the service tag of the server that is meant")
        target = place(hits[0].get("TargetId"), "TargetId")
        return target or unassigned(name, self.where, "profile")

    def _machine(self, name: str, target: int | Reason | None, devices: _Devices, open_question: str) -> Json | Reason:
        """The device of this name. open_question: why a name that no device has may be a profile's after all."""
        if isinstance(target, Reason):
            return target
        if target is None:
            return self._by_device(name, devices, open_question)
        hits = devices.by_id.get(target, [])
        if not hits and devices.doubt:
            return Reason("InvalidAnswer", self._lists.told(DEVICES, devices.doubt))
        if not hits:
            return Reason("InvalidAnswer", f"{self.where} deploys profile {name!r} to device {target}, which it does not show; give the user the right to "
                                           "read it.")
        _refuse_one_twice(hits, "device")
        if place(hits[0].get("Type"), "Type") != SERVER_TYPE:
            return Reason("InvalidAnswer", f"{self.where} deploys profile {name!r} to device {target}, which is no server; correct the profile there.")
        return hits[0]

    def _by_device(self, name: str, devices: _Devices, open_question: str) -> Json | Reason:
        for index, other in ((devices.by_tag, "name"), (devices.by_name, "service tag")):
            hits = index.get(name.casefold(), [])
            if len(hits) > 1:
                _refuse_one_twice(hits, "device")
                shown = (f"{text(hit.get('DeviceName'), 'DeviceName')}, service tag {text(hit.get('DeviceServiceTag'), 'DeviceServiceTag')}" for hit in hits)
                return ambiguous(name, self.where, shown, f"write the {other} of the device that is meant, or remove all but one there")
            if hits:
                _refuse_one_twice(devices.by_id[place(hits[0].get("Id"), "Id")], "device")
                return hits[0]
        unclear = open_question or (self._lists.told(DEVICES, devices.doubt) if devices.doubt else "")
        return Reason("InvalidAnswer", unclear) if unclear else not_found(name, self.where)

    def _in_turns(self, machines: dict[str, Json], answered: int, deadline: Deadline) -> Iterator[dict[str, Outcome]]:
        """The servers, each by a request of its own, in the order of names; whose turn did not come before the deadline was not asked."""
        left = dict.fromkeys(machines)
        begun: dict[str, float] = {}            # seconds that were left when its turn came
        why: dict[str, Reason] = {}

        def ask(name: str) -> Outcome | None:
            begun[name] = deadline.left()
            return ome_server.server(name, self.name, self.where, machines[name], self._inventory(machines[name]))

        def of_one(name: str, fault: Fault) -> Outcome | None:
            why[name] = self.of_one(name, fault)
            return None if isinstance(fault.error, TooLate) else why[name]

        names = list(machines)
        part: dict[str, Outcome] = {}
        for at, outcome in as_done(guarded(ask, of_one), names, PARALLEL, until=deadline):
            if outcome is None:
                continue
            del left[names[at]]
            part[names[at]] = outcome
            if len(part) >= PORTION:
                yield part
                part = {}
        answered += len(machines) - len(left)
        for name in left:
            late = begun.get(name, 0.0) < deadline.seconds / 2      # it had not the time that an answer may take
            unreachable = why.get(name) or failed(too_late(self.where, deadline))
            part[name] = not_asked(self.where, answered, deadline.seconds) if late and answered else unreachable
        yield part

    # --- reads

    def _profiles(self, names: list[str], few: bool) -> Listing:
        """Profiles of these names, by filter while they are few. One that the filter misses may differ in case only: then all are read."""
        if few:
            condition = " or ".join("ProfileName eq '" + name.replace("'", "''") + "'" for name in names)
            try:
                hits = self._lists.read(PROFILES, condition)
                if not hits.doubt and set(by(hits.items, "ProfileName")) >= {name.casefold() for name in names}:
                    return hits
            except FilterRefused:
                pass
        return self._lists.read(PROFILES).with_doubt_about(_is_nameless_profile, "name")

    def _devices(self, ids: list[int], few: bool) -> Listing:
        if few:
            if not ids:
                return Listing()
            try:
                hits = self._lists.read(DEVICES, " or ".join(f"Id eq {number}" for number in dict.fromkeys(ids)))
                if not hits.doubt and set(map(number_of, hits.items)) >= set(ids):
                    return hits
            except FilterRefused:
                pass
        return self._lists.read(DEVICES).with_doubt_about(_is_unreadable_device, "id, type, name or service tag")

    def _inventory(self, device: Json) -> object:
        """The cards of one server: there is no bulk read of inventories. Empty where none has run."""
        number = place(device.get("Id"), "Id")
        answer = self._session.get(f"{DEVICES}({number})/InventoryDetails('serverNetworkInterfaces')")
        if answer.status in (400, 404) and self._session.words(answer)[0] in NO_SUCH_INVENTORY:
            return {"InventoryInfo": []}
        if answer.status != 200:
            raise self._session.unexpected(answer, f"the inventory of device {number}")
        return answer.json()


class _Devices:
    """The devices by id, and those that are servers by service tag and by name."""

    def __init__(self, listing: Listing) -> None:
        self.doubt = listing.doubt
        self.by_id: dict[int | None, list[Json]] = {}
        for device in listing.items:
            self.by_id.setdefault(number_of(device), []).append(device)
        servers = [device for device, is_server in one_by_one(listing.items, _is_server, lambda _device, _fault: False) if is_server]
        self.by_tag, self.by_name = (by(servers, attribute) for attribute in ("DeviceServiceTag", "DeviceName"))


def _is_server(device: Json) -> bool:
    kind = device.get("Type")
    return isinstance(kind, int) and kind == SERVER_TYPE


def _is_nameless_profile(profile: Json) -> bool:
    return not isinstance(profile.get("ProfileName"), str) or not profile["ProfileName"]


def _is_unreadable_device(device: Json) -> bool:
    """Nobody can say whether it is the server that is asked for. Chassis and switches may lack a tag."""
    if number_of(device) is None or not isinstance(device.get("Type"), int):
        return True
    tag, name = device.get("DeviceServiceTag"), device.get("DeviceName")
    return _is_server(device) and not (isinstance(name, str) and name and (tag is None or isinstance(tag, str)))


def _refuse_one_twice(hits: list[Json], what: str) -> None:
    """One and the same id, listed twice: which of the two holds cannot be said."""
    numbers = [number_of(hit) for hit in hits]
    if len(set(numbers)) < len(numbers):
        raise OddAnswer(f"{what} {next(number for number in numbers if numbers.count(number) > 1)} is listed twice")
