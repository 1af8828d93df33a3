# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A race as the API saw it, judged version by version: the cap, the order of the line, how often each host was made; never by asking admission."""
from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils import names

from tests.model.invariants import counts, entries, inert, marks
from tests.simulators.kubernetes.store import Change

Object = dict[str, Any]
STEPS = 100


class Broken(AssertionError):
    """A promise was broken at one version; with the steps up to there."""


class Replay:
    """One buffer through the API's history. line: uids of those who waited when it began, head first. title: what a complaint begins with."""

    def __init__(self, line: list[str], title: str, buffer: str = "default") -> None:
        self.line, self.title, self.buffer = line, title, buffer
        self.versions = self.cap = self.most = 0
        self.taken: list[int] = []                        # versions at which somebody took a host
        self.granted: list[str] = []                      # uids, in the order of their first grants
        self.grants: Counter[str] = Counter()             # by uid
        self.activated: Counter[str] = Counter()          # by uid
        self.servers: Counter[str] = Counter()            # activated, by MAC
        self._holds: dict[str, bool] = {}                 # key of a host -> it holds a slot
        self._entries: dict[str, Object] = {}             # by rid
        self._steps: deque[str] = deque(maxlen=STEPS)

    def watch(self, history: Iterable[Change], begun: int = 0) -> Replay:
        """All of it, judged from the change of this number on; raises Broken."""
        for number, change in enumerate(history):
            if "baremetalhosts" in change.table:
                self._host(change)
            elif "baremetalhostbuffers" in change.table and change.after is not None and change.after.object["metadata"]["name"] == self.buffer:
                self._ledger(change.version, change.after.object)
            if number >= begun:
                self.versions += 1
                self._slots(change.version)
        return self

    def _host(self, change: Change) -> None:
        before, after = (one.object if one is not None else None for one in (change.before, change.after))
        name = change.key.rpartition("/")[2]
        if after is None:
            self._holds.pop(change.key, None)
            self._step(change.version, f"host {name} goes")
            return
        held, holds = self._holds.get(change.key, False), inert(after) or counts(after)
        self._holds[change.key] = holds
        if before is None:
            self._step(change.version, f"host {name} is made")
        if not inert(after) and (before is None or inert(before)):
            self.activated[marks(after).get(names.GENERATOR_UID, "")] += 1
            self.servers[after["spec"]["bootMACAddress"]] += 1
            self._step(change.version, f"host {name} is active")
        elif held and not holds:
            self.taken.append(change.version)
            self._step(change.version, f"host {name} is taken")

    def _ledger(self, version: int, buffer: Object) -> None:
        self.cap = buffer["spec"]["maxAvailable"]
        before, self._entries = self._entries, {entry["rid"]: entry for entry in entries(buffer)}
        new = [entry for rid, entry in self._entries.items() if rid not in before]
        self._step(version, f"ledger: {len(new)} granted, {len(before.keys() - self._entries.keys())} out, {len(self._entries)} open, cap {self.cap}")
        first = [entry["generator"]["uid"] for entry in new if not self.grants[entry["generator"]["uid"]]]
        if first != self.line[len(self.granted):len(self.granted) + len(first)]:
            raise self._broken(version, f"{', '.join(entry['generator']['name'] for entry in new)} were not the next in line")
        self.granted += first
        self.grants.update(entry["generator"]["uid"] for entry in new)

    def _slots(self, version: int) -> None:
        """Hosts that hold a slot, inert ones too, and entries: each key once."""
        used = {key for key, holds in self._holds.items() if holds} | {entry["key"] for entry in self._entries.values()}
        self.most = max(self.most, len(used))
        if len(used) > self.cap:
            raise self._broken(version, f"{len(used)} hosts and entries pass the cap of {self.cap}")

    def _step(self, version: int, what: str) -> None:
        self._steps.append(f"version {version}: {what}")

    def _broken(self, version: int, what: str) -> Broken:
        return Broken("\n".join([f"{self.title}, the last {len(self._steps)} steps:", *self._steps, f"at version {version} {what}"]))
