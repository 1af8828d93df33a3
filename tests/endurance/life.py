# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Thirty minutes of a site, compressed: each is over as soon as nothing is left to do in it."""
from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timezone
from typing import Any

import psutil
from ansible_collections.baremetal.generator.plugins.module_utils import names

from tests.bench.world import NAMESPACE, SYSTEMS, World
from tests.fixtures.rulebook import Rulebook
from tests.model.invariants import counts, entries
from tests.simulators.metal3 import COLLECTED, Metal3
from tests.waiting import until

MINUTES = 30
MINUTE_SECONDS = 120.0                   # the longest that one may take
OUTAGES = {4: ("oneview", "unavailable"), 10: ("ome", "reset"), 14: ("ucs", "bad_gateway"), 18: ("oneview", "reset"), 24: ("ome", "unavailable")}
RESTARTS = (6, 12, 16, 22, 28)           # of the API, in the middle of an onboarding
LONG_RESTART = 16                        # stays away until the onboarding has given up, and the next one begins
CAPS = {3: 0.5, 8: 2.0, 12: 0.0, 15: 1.0, 20: 0.3, 23: 3.0, 27: 1.0}      # times as many as come in two minutes
METAL3_WATCHES = len(COLLECTED) + 3       # hosts, their Secrets, namespaces
Object = dict[str, Any]


class Life:
    """Generators come, their hosts are taken and given back, they go; managers fail and return, the API restarts, the cap moves."""

    def __init__(self, world: World, rulebook: Rulebook, metal3: Metal3, count: int, seed: int) -> None:
        self.world, self.rulebook, self.metal3, self.count = world, rulebook, metal3, count
        self.chance = random.Random(seed)
        self.steps: list[str] = []
        self.came: dict[str, int] = {}            # name of a generator -> its last minute
        self.gone: set[str] = set()
        self.failing = ""
        self.felt = 0                             # outages that left a generator waiting for its manager
        self.most_waiting = 0                     # in line, at the end of a minute
        self.cap = self.common = max(2, 2 * -(-count // MINUTES))
        self.steps.append(f"the cap is {self.cap}")
        world.buffer("default", self.cap)

    def minute(self, number: int) -> None:
        """One of them."""
        if self.failing:
            self._heal()
        if number in OUTAGES:
            self._fail(*OUTAGES[number])
        if number in CAPS:
            self._move_cap(int(self.common * CAPS[number]))
        self._use_hosts(number)
        if number % 2:
            self._leave(number)
        else:
            self._come(number)
        if number in RESTARTS:
            self._restart(number == LONG_RESTART)
        until(self.is_calm, MINUTE_SECONDS, f"minute {number} is over", pause=0.1)
        phases = self.phases()
        self.felt += number in OUTAGES and phases["Processing"] > 0
        self.most_waiting = max(self.most_waiting, phases["Buffered"])

    def end(self) -> None:
        """Everything is well again, and there is room for all."""
        if self.failing:
            self._heal()
        self._move_cap(10 * self.common)
        until(lambda: self.is_calm() and set(self.phases()) == {"Completed"}, MINUTE_SECONDS, "everyone who stayed has a host", pause=0.1)

    # --- what happens ---------------------------------------------------------------------------------------------------------------------

    def _say(self, what: str) -> None:
        self.steps.append(what)

    def _come(self, number: int) -> None:
        """Some more, of all vendors; each stays for one to seven minutes, the last ones for good."""
        more = self.count * (number + 2) // MINUTES - self.count * number // MINUTES
        for _one in range(more):
            vendor = list(SYSTEMS)[len(self.came) % len(SYSTEMS)]
            name = self.world.generator(*self.world.some(vendor, 1), vendor)
            self.came[name] = number + self.chance.choice([1, 3, 3, 5, 7])
        self._say(f"minute {number}: {more} come")

    def _leave(self, number: int) -> None:
        """A host in use goes along when somebody says so."""
        leaving = [name for name, last in self.came.items() if last == number]
        for name in leaving:
            if self._is_used(name):
                self.world.api.patch("baremetalhostgenerators", NAMESPACE, name, {"metadata": {"annotations": {names.DELETE_IN_USE: "true"}}})
            self.world.api.delete("baremetalhostgenerators", NAMESPACE, name)
            self.gone.add(name)
        self._say(f"minute {number}: {', '.join(leaving) or 'nobody'} goes")

    def _use_hosts(self, number: int) -> None:
        """Every second host is taken in the minute after it was made; some are given back."""
        for name, host in list(self.world.eye.host_of.items()):
            if name in self.gone or self._state(host) not in ("available", "provisioning"):
                continue
            if self._state(host) == "available" and self.chance.random() < 0.5:
                self.metal3.take(host, NAMESPACE)
                self._say(f"minute {number}: {host} is taken")
            elif self._state(host) == "provisioning" and self.chance.random() < 0.3:
                self.metal3.give_back(host, NAMESPACE)
                self._say(f"minute {number}: {host} is given back")

    def _fail(self, system: str, fault: str) -> None:
        self.failing = system
        self.world.fail(system, fault)
        self._say(f"{system} fails: {fault}")

    def _heal(self) -> None:
        self.world.heal(self.failing)
        self._say(f"{self.failing} is well again")
        self.failing = ""

    def _move_cap(self, cap: int) -> None:
        self.cap = cap
        self.world.buffer("default", cap)
        self._say(f"the cap is {cap}")

    def _restart(self, long: bool) -> None:
        """While a playbook is at work."""
        until(self._at_work, MINUTE_SECONDS, "a playbook is at work", pause=0.01)
        begun = len(self.rulebook.starts)
        with self.world.api.away():
            self._say("the API is away")
            if long:
                until(lambda: len(self.rulebook.starts) > begun, MINUTE_SECONDS, "the playbook has given up, and another one tries")
        self._say("the API is back")

    # --- how things stand -----------------------------------------------------------------------------------------------------------------

    def phases(self) -> Counter[str]:
        """Of all generators that are there."""
        return Counter((one.get("status") or {}).get("phase", "") for one in self.world.api.list("baremetalhostgenerators"))

    def _at_work(self) -> bool:
        assert self.rulebook.process is not None and self.rulebook.process.poll() is None, f"the rulebook ended by itself:\n{self.rulebook.output}"
        return bool(psutil.Process(self.rulebook.process.pid).children()) or any(self.rulebook.tmp.glob("eda*"))

    def is_calm(self) -> bool:
        """Nobody works, and nobody could; and all watches are open."""
        if self._at_work() or not self._all_watch():
            return False
        (buffer,) = self.world.api.list("baremetalhostbuffers")
        is_full = sum(map(counts, self.world.api.list("baremetalhosts"))) >= self.cap
        return not entries(buffer) and all(self._may_rest(one, is_full) for one in self.world.api.list("baremetalhostgenerators"))

    @staticmethod
    def _may_rest(generator: Object, is_full: bool) -> bool:
        """It has a host, or waits for a slot, or is tried again later since its manager failed."""
        status = generator.get("status") or {}
        match status.get("phase"):
            case _ if generator["metadata"].get("deletionTimestamp"):
                return False
            case "Completed":
                return True
            case "Buffered":
                return is_full
            case "Processing":
                return bool(status.get("nextAttemptAt")) and datetime.fromisoformat(status["nextAttemptAt"]) > datetime.now(timezone.utc)
        return False

    def _all_watch(self) -> bool:
        """The rulebook and Metal3."""
        return self.world.api.open_watches == len(self.rulebook.health().get("kinds", {})) + METAL3_WATCHES

    def _state(self, host: str) -> str:
        found = self.world.api.get("baremetalhosts", NAMESPACE, host) or {}
        return ((found.get("status") or {}).get("provisioning") or {}).get("state", "")

    def _is_used(self, name: str) -> bool:
        host = self.world.eye.host_of.get(name)
        return host is not None and self._state(host) not in ("available", "")
