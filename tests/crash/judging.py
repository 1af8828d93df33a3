# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold after a crash: judged from the objects and their whole history, never by asking the code under test."""
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, HOST, NMSTATE, SECRET, Kind
from tests.model.invariants import counts, entries, inert, marks, slots, uid
from tests.simulators.kubernetes import KubernetesSimulator
from tests.simulators.kubernetes.store import Backup, Change

Object = dict[str, Any]
KINDS = {(kind.group, kind.plural): kind for kind in (GENERATOR, BUFFER, HOST, SECRET, NMSTATE)}
MADE = (HOST, SECRET, NMSTATE)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|\+00:00)")
UNIQUE = ("uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "ID", "lastTransitionTime", "nextAttemptAt", "bufferedAt",
          names.RID, names.GENERATOR_UID, "selectedMacIndices", "selectedMacIndex")


class Story:
    """Everything that happened since a backup, looked at change by change."""

    def __init__(self, simulator: KubernetesSimulator, backup: Backup, changes: list[Change]) -> None:
        self._simulator = simulator
        self.objects: dict[Kind, dict[str, Object]] = {
            kind: {key: stored.object for key, stored in backup.get(table, {}).items()} for table, kind in KINDS.items()}
        self.wrong: list[str] = []
        self.activated: Counter[str] = Counter()            # by name of the generator
        self.granted: dict[str, str] = {}                   # generators in the order of their first reservations, and their tickets
        for change in changes:
            if change.table in KINDS:
                self._follow(KINDS[change.table], change)

    def _follow(self, kind: Kind, change: Change) -> None:
        before = change.before.object if change.before else None
        after = change.after.object if change.after else None
        if after is None:
            self.objects[kind].pop(change.key, None)
        else:
            self.objects[kind][change.key] = after
        if kind is BUFFER and after is not None:
            self._look_at_the_line(before, after)
        if kind is HOST and after is not None and not inert(after) and (before is None or inert(before)):
            self.activated[marks(after).get(names.GENERATOR_NAME, "")] += 1
        if kind in (BUFFER, HOST):
            self._look_at_the_cap()

    def _look_at_the_cap(self) -> None:
        hosts = list(self.objects[HOST].values())
        for buffer in self.objects[BUFFER].values():
            used, most = slots(buffer, hosts), buffer["spec"]["maxAvailable"]
            if len(used) > most:
                self.wrong.append(f"the cap is passed: {sorted(used)} are more than {most}")
        addresses = Counter(host["spec"].get("bootMACAddress") for host in hosts if not inert(host) and not host["metadata"].get("deletionTimestamp"))
        self.wrong += [f"{number} hosts have the MAC {mac}" for mac, number in addresses.items() if number > 1]

    def _look_at_the_line(self, before: Object | None, after: Object) -> None:
        """Who is granted stood first; a redeploy in place takes nobody's slot."""
        known = {entry["rid"] for entry in entries(before or {})}
        fresh = [entry for entry in entries(after) if entry["rid"] not in known]
        for entry in fresh:
            if not entry.get("replaces"):
                self.granted.setdefault(entry["generator"]["name"], entry["bufferedAt"])
        last = max((entry["bufferedAt"] for entry in fresh if not entry.get("replaces")), default="")
        holding = {entry["generator"]["uid"] for entry in entries(after)}
        for one in self.objects[GENERATOR].values():
            status = one.get("status") or {}
            waits = status.get("phase") == names.BUFFERED and uid(one) not in holding and not one["metadata"].get("deletionTimestamp")
            ready = status.get("resolvedGeneration") == one["metadata"]["generation"] and not self._has_a_host(one)
            if waits and ready and status["bufferedAt"] < last:
                self.wrong.append(f"{one['metadata']['name']} stood in line before one who was granted")

    def _has_a_host(self, generator: Object) -> bool:
        return any(marks(host).get(names.GENERATOR_UID) == uid(generator) for host in self.objects[HOST].values())

    # --- at the end -----------------------------------------------------------------------------------------------------------------------

    def of(self, kind: Kind) -> Iterator[Object]:
        """All of a kind, as they are at the end."""
        yield from self.objects[kind].values()

    def phases(self) -> dict[str, str]:
        """Of every generator."""
        return {one["metadata"]["name"]: str((one.get("status") or {}).get("phase") or "") for one in self.of(GENERATOR)}

    def belongings(self) -> dict[str, dict[str, Any]]:
        """Each generator, its status and all that was made for it, without what differs from run to run; "" has what nobody owns."""
        by_uid = {uid(one): one["metadata"]["name"] for one in self.of(GENERATOR)}
        found: dict[str, dict[str, Any]] = {one["metadata"]["name"]: {"generator": plain(one)} for one in self.of(GENERATOR)}
        for kind in MADE:
            for one in self.of(kind):
                owner = by_uid.get(marks(one).get(names.GENERATOR_UID, ""), "")
                found.setdefault(owner, {})[f"{kind.kind} {one['metadata']['name']}"] = plain(one)
        return found

    def out_of_line(self) -> list[str]:
        """Reservations that did not go by the order of tickets."""
        order = list(self.granted)
        return [f"reservations went to {order}, whose tickets stand in another order"] if sorted(order, key=self.granted.__getitem__) != order else []

    def at_rest(self) -> list[str]:
        """What is left that should not be."""
        left = [f"an open reservation of {entry['generator']['name']}" for buffer in self.of(BUFFER) for entry in entries(buffer)]
        left += [f"the inert host {host['metadata']['name']}" for host in self.of(HOST) if inert(host)]
        left += [f"{what} of nobody" for what in self.belongings().get("", {})]
        for buffer in self.of(BUFFER):
            status, used = buffer.get("status") or {}, sum(map(counts, self.of(HOST)))
            waiting = sum(phase == names.BUFFERED for phase in self.phases().values())
            if (status.get("occupied"), status.get("waiting"), status.get("reserved")) != (used, waiting, 0):
                left.append(f"a buffer that tells {status} though {used} hosts and {waiting} waiting are there")
        return left


def plain(value: Any) -> Any:
    """Without what differs from run to run."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items() if name not in UNIQUE}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return TIME.sub("<time>", value) if isinstance(value, str) else value
