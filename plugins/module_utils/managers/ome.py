# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers as Dell OpenManage Enterprise knows them: its lists and filters."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from ..deadline import Deadline
from ..errors import InvalidAnswer
from ..guard import Fault, guarded, one_by_one
from ..http_failures import TooLate, too_late
from ..models import Reason
from ..names import DELL
from ..parallel import as_done
from . import ome_server
from .base import Accounts, Manager, Outcome
from .config import ManagerConfig
from .elements import OddAnswer, elements, object_at, text, whole_number
from .ome_session import PARALLEL, OmeSession, mapping
from .outcomes import ambiguous, failed, not_asked, not_found, unassigned

Json = dict[str, Any]

PROFILES = "/api/ProfileService/Profiles"
DEVICES = "/api/DeviceService/Devices"
PAGE = 1000                 # asked for; the appliance may give fewer
FILTERED_NAMES = 20         # up to so many are asked for by filter; more names than this, and the whole list takes fewer requests
PORTION = 40                # servers handed on together, while the inventories of the others are still being read
SERVER_TYPE = 1000


class OmeManager(Manager):
    """One OpenManage Enterprise appliance."""

    vendor = DELL

    def __init__(self, config: ManagerConfig, accounts: Accounts | None = None) -> None:
        super().__init__(config.name, config.where)
        self._session = OmeSession(config, accounts(config, "") if accounts else None)

    def login(self) -> None:
        """Opens a session of the API kind."""
        self._session.login()

    def close(self) -> None:
        """Ends the session."""
        self._session.logout()

    # --- lists

    def _items(self, path: str, condition: str = "") -> list[Json]:
        """Every element once. $skip and $top are always sent, and the filter each time: the link to the next page may drop what was asked."""
        query = "&$filter=" + quote(condition, safe="'()=,") if condition else ""
        seen: dict[Any, Json] = {}
        for _reading in range(2):
            counts: set[int] = set()
            seen, passed = {}, 0
            while True:
                listed, count = self._page(path, f"{path}?$skip={len(seen) + passed}&$top={PAGE}{query}", bool(condition))
                found = self.without_odd_ones(listed, path)
                fresh = {key: item for at, item in enumerate(found) if (key := _key(item, len(seen) + at)) not in seen}
                seen.update(fresh)
                passed += len(listed) - len(found)
                counts.add(len(seen) + passed if count is None else count)
                if not fresh or len(seen) + passed >= (count or 0):
                    break
            if len(counts) < 2:         # else the list changed while it was paged, and an element may have slipped through
                break
        return list(seen.values())

    def _page(self, path: str, query: str, filtered: bool) -> tuple[list[Any], int | None]:
        """One page's elements, and how many there are in all."""
        answer = self._session.get(query)
        if answer.status != 200:
            if filtered and answer.status in (400, 404, 414, 500, 501):
                raise _FilterRefused()
            raise self._session.unexpected(answer, f"GET {path}")
        body = mapping(answer)
        try:
            return elements(body.get("value"), "value"), whole_number(body.get("@odata.count"), "@odata.count")
        except OddAnswer as odd:
            raise InvalidAnswer(odd.told(self.where, f"GET {path}")) from odd

    # --- names

    def answers(self, names: Iterable[str], deadline: Deadline) -> Iterator[dict[str, Outcome]]:
        """Profiles by name; for names without one, devices by service tag or name; then the network ports of each, in the order of names."""
        self._session.http.deadline = deadline
        wanted = list(dict.fromkeys(names))
        few = len(wanted) <= FILTERED_NAMES
        profiles = _by(self._profiles(wanted, few), "ProfileName")
        targets = dict(one_by_one(wanted, lambda name: self._target(name, profiles.get(name.casefold(), [])), self.of_one))
        ids = [target for target in targets.values() if isinstance(target, int)]
        devices = self._devices(ids, few and None not in targets.values())
        by_id = {device.get("Id"): device for device in devices if isinstance(device.get("Id"), int)}
        servers = _Servers(devices)
        machines = dict(one_by_one(wanted, lambda name: self._machine(name, targets[name], by_id, servers), self.of_one))
        found = {name: machine for name, machine in machines.items() if isinstance(machine, Reason)}
        yield dict(found)
        yield from self._in_turns({name: machine for name, machine in machines.items() if not isinstance(machine, Reason)}, len(found), deadline)

    def _target(self, name: str, hits: list[Json]) -> int | Reason | None:
        """The id of the device that the profile of this name is deployed to; None without such a profile."""
        if not hits:
            return None
        if len(hits) > 1:
            return ambiguous(name, self.where, (f"profile {text(hit.get('ProfileName'), 'ProfileName')}, id {text(hit.get('Id'), 'Id')}" for hit in hits))
        if not hits[0].get("TargetId"):
            return unassigned(name, self.where, "profile")
        return whole_number(hits[0]["TargetId"], "TargetId")

    def _machine(self, name: str, target: int | Reason | None, by_id: dict[Any, Json], servers: _Servers) -> Json | Reason:
        if isinstance(target, Reason):
            return target
        if target is None:
            return self._by_device(name, servers)
        if target not in by_id:
            return Reason("InvalidAnswer", f"{self.where} deploys profile {name!r} to device {target}, which it does not show; give the user the right to "
                                           "read it.")
        return by_id[target]

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

    def _profiles(self, names: list[str], few: bool) -> list[Json]:
        """Profiles of these names, by filter while they are few. One that the filter misses may differ in case only: then all are read."""
        if few:
            condition = " or ".join("ProfileName eq '" + name.replace("'", "''") + "'" for name in names)
            try:
                hits = self._items(PROFILES, condition)
                if set(_by(hits, "ProfileName")) >= {name.casefold() for name in names}:
                    return hits
            except _FilterRefused:
                pass
        return self._items(PROFILES)

    def _devices(self, ids: list[int], few: bool) -> list[Json]:
        if few:
            if not ids:
                return []
            try:
                hits = self._items(DEVICES, " or ".join(f"Id eq {one}" for one in dict.fromkeys(ids)))
                if {hit.get("Id") for hit in hits if isinstance(hit.get("Id"), int)} >= set(ids):
                    return hits
            except _FilterRefused:
                pass
        return self._items(DEVICES)

    def _by_device(self, name: str, servers: _Servers) -> Json | Reason:
        for index in servers.indices:
            hits = index.get(name.casefold(), [])
            if len(hits) > 1:
                shown = (f"{text(hit.get('DeviceName'), 'DeviceName')}, service tag {text(hit.get('DeviceServiceTag'), 'DeviceServiceTag')}" for hit in hits)
                return ambiguous(name, self.where, shown)
            if hits:
                return hits[0]
        return not_found(name, self.where)

    def _inventory(self, device: Json) -> object:
        """The cards of one server: there is no bulk read of inventories. Empty where none has run."""
        number = whole_number(device.get("Id"), "Id")
        answer = self._session.get(f"{DEVICES}({number})/InventoryDetails('serverNetworkInterfaces')")
        if answer.status in (400, 404):
            return []
        if answer.status != 200:
            raise self._session.unexpected(answer, f"the inventory of device {number}")
        body = answer.json()
        return body if isinstance(body, list) else object_at(body, "the inventory").get("InventoryInfo")


class _Servers:
    """The devices that are servers, by service tag and by name."""

    def __init__(self, devices: Iterable[Json]) -> None:
        servers = [device for device in devices if device.get("Type") == SERVER_TYPE]
        self.indices = [_by(servers, attribute) for attribute in ("DeviceServiceTag", "DeviceName")]


class _FilterRefused(Exception):
    """The appliance does not take this filter; what it would have given must be read whole."""


def _key(item: Json, place: int) -> Any:
    """What tells an element from the others; its place where it has no id that could."""
    identity = item.get("Id")
    return identity if isinstance(identity, (int, str)) else ("without an id", place)


def _by(items: Iterable[Json], attribute: str) -> dict[str, list[Json]]:
    index: dict[str, list[Json]] = defaultdict(list)
    for item in items:
        if item.get(attribute) and isinstance(item[attribute], (str, int)):
            index[str(item[attribute]).casefold()].append(item)
    return index
