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
from ..errors import ManagerError
from ..models import Reason
from ..names import DELL
from ..parallel import as_done
from . import ome_server
from .base import Manager, Outcome
from .config import ManagerConfig
from .ome_session import PARALLEL, OmeSession, mapping
from .outcomes import ambiguous, failed, not_found, unassigned

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

    def __init__(self, config: ManagerConfig) -> None:
        super().__init__(config.name, config.where)
        self._session = OmeSession(config)

    def login(self) -> None:
        """Opens a session of the API kind."""
        self._session.login()

    def logout(self) -> None:
        """Ends the session."""
        try:
            self._session.logout()
        except ManagerError as error:
            self.left_open(error)

    # --- lists

    def _items(self, path: str, condition: str = "") -> list[Json]:
        """Every element once. $skip and $top are always sent, and the filter each time: the link to the next page may drop what was asked."""
        query = "&$filter=" + quote(condition, safe="'()=,") if condition else ""
        seen: dict[Any, Json] = {}
        for _reading in range(2):
            counts: set[int] = set()
            seen = {}
            while True:
                answer = self._session.get(f"{path}?$skip={len(seen)}&$top={PAGE}{query}")
                if answer.status != 200:
                    if condition and answer.status in (400, 404, 414, 500, 501):
                        raise _FilterRefused()
                    raise self._session.unexpected(answer, f"GET {path}")
                body = mapping(answer)
                fresh = [item for item in body.get("value") or [] if item.get("Id") not in seen]
                seen.update((item.get("Id"), item) for item in fresh)
                counts.add(int(body.get("@odata.count", len(seen))))
                if not fresh or len(seen) >= int(body.get("@odata.count", 0)):
                    break
            if len(counts) < 2:         # else the list changed while it was paged, and an element may have slipped through
                break
        return list(seen.values())

    # --- names

    def answers(self, names: Iterable[str], deadline: Deadline) -> Iterator[dict[str, Outcome]]:
        """Profiles by name; for names without one, devices by service tag or name; then the network ports of each."""
        self._session.http.deadline = deadline
        wanted = list(dict.fromkeys(names))
        few = len(wanted) <= FILTERED_NAMES
        profiles = _by(self._profiles(wanted, few), "ProfileName")
        found: dict[str, Outcome] = {}
        targets: dict[str, Any] = {}
        for name in wanted:
            hits = profiles.get(name.casefold(), [])
            if len(hits) > 1:
                found[name] = ambiguous(name, self.where, (f"profile {hit['ProfileName']}, id {hit['Id']}" for hit in hits))
            elif hits and not hits[0].get("TargetId"):
                found[name] = unassigned(name, self.where, "profile")
            elif hits:
                targets[name] = hits[0]["TargetId"]
        others = [name for name in wanted if name not in found and name not in targets]
        devices = self._devices(list(targets.values()), few and not others)
        by_id = {device.get("Id"): device for device in devices}
        machines: dict[str, Json] = {}
        for name, target in targets.items():
            if target in by_id:
                machines[name] = by_id[target]
            else:
                found[name] = Reason("InvalidAnswer", f"{self.where} deploys profile {name!r} to device {target}, which it does not show; give the user the "
                                                      "right to read it.")
        for name in others:
            outcome = self._by_device(name, devices)
            if isinstance(outcome, Reason):
                found[name] = outcome
            else:
                machines[name] = outcome
        yield found
        names_of = list(machines)
        part: dict[str, Outcome] = {}
        for at, outcome in as_done(lambda item: self._outcome(*item), machines.items(), PARALLEL):
            part[names_of[at]] = outcome
            if len(part) >= PORTION:
                yield part
                part = {}
        yield part

    def _profiles(self, names: list[str], few: bool) -> list[Json]:
        """Profiles of these names, by filter while they are few. One that the filter misses may differ in case only: then all are read."""
        if few:
            condition = " or ".join(f"ProfileName eq '{name}'" for name in names)    # names with quotes never come here
            try:
                hits = self._items(PROFILES, condition)
                if {str(hit.get("ProfileName")).casefold() for hit in hits} >= {name.casefold() for name in names}:
                    return hits
            except _FilterRefused:
                pass
        return self._items(PROFILES)

    def _devices(self, ids: list[Any], few: bool) -> list[Json]:
        if few:
            if not ids:
                return []
            try:
                hits = self._items(DEVICES, " or ".join(f"Id eq {int(one)}" for one in dict.fromkeys(ids)))
                if {hit.get("Id") for hit in hits} >= set(ids):
                    return hits
            except _FilterRefused:
                pass
        return self._items(DEVICES)

    def _by_device(self, name: str, devices: list[Json]) -> Json | Reason:
        servers = [device for device in devices if device.get("Type") == SERVER_TYPE]
        for attribute in ("DeviceServiceTag", "DeviceName"):
            hits = _by(servers, attribute).get(name.casefold(), [])
            if len(hits) > 1:
                return ambiguous(name, self.where, (f"{hit.get('DeviceName')}, service tag {hit.get('DeviceServiceTag')}" for hit in hits))
            if hits:
                return hits[0]
        return not_found(name, self.where)

    def _outcome(self, name: str, device: Json) -> Outcome:
        """One server. A failure here is about its inventory alone, and the others have theirs."""
        try:
            return ome_server.server(name, self.name, self.where, device, self._inventory(device))
        except ManagerError as error:
            return failed(error)

    def _inventory(self, device: Json) -> list[Json]:
        """The cards of one server: there is no bulk read of inventories. Empty where none has run."""
        answer = self._session.get(f"{DEVICES}({int(device['Id'])})/InventoryDetails('serverNetworkInterfaces')")
        if answer.status in (400, 404):
            return []
        if answer.status != 200:
            raise self._session.unexpected(answer, f"the inventory of device {device['Id']}")
        body = answer.json()
        return body if isinstance(body, list) else body.get("InventoryInfo") or []


class _FilterRefused(Exception):
    """The appliance does not take this filter; what it would have given must be read whole."""


def _by(items: Iterable[Json], attribute: str) -> dict[str, list[Json]]:
    index: dict[str, list[Json]] = defaultdict(list)
    for item in items:
        if item.get(attribute):
            index[str(item[attribute]).casefold()].append(item)
    return index
