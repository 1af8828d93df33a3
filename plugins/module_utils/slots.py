# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a buffer has to be looked at: at once when a slot comes free while someone waits, else at every interval with something to do. Pure; times are given."""
from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from .availability import Usage

SETTLE_SECONDS = 0.25           # hosts and ledgers are watched by two streams: so long they may contradict each other
FIRST_GAP = 2.0                 # between two events: shorter than a playbook takes, so the second waits behind the first anyway
LONGEST_GAP = 8.0               # the gap is doubled as long as the ledger does not move
AT_WORK_SECONDS = 3.0           # the ledger moved so lately that a stage is surely at work: the interval's check waits a little
IN_VAIN = 3                     # so many events, an interval apart, for numbers that no run has corrected: the stage fails
GRACE_SECONDS = 10.0            # that the last of them gets


@dataclass(frozen=True)
class Sight:
    """A buffer as it is seen at one moment."""

    usage: Usage
    inert: int                  # hosts made, and not yet activated
    leaving: int                # hosts being deleted
    status: dict[str, Any]
    progress: Hashable          # changes when a stage wrote the ledger
    held: bool = False          # the buffer itself is being deleted, and waits for a stage to let it go
    forgetful: bool = False     # hosts are in error, or no longer, and its status does not remember it so
    sure: bool = True           # all that counts is seen as a stage sees it

    @property
    def can_release(self) -> bool:
        """Someone waits and a slot is free."""
        return self.usage.waiting > 0 and self.usage.free > 0

    @property
    def is_outdated(self) -> bool:
        """The numbers in its status are not those that are seen: any run of the stage corrects them."""
        return self.forgetful or (self.status.get("occupied"), self.status.get("waiting")) != (self.usage.occupied, self.usage.waiting)

    @property
    def has_work(self) -> bool:
        """What the check at every interval looks for."""
        return self.can_release or self.held or self.usage.reserved > 0 or self.inert > 0 or self.is_outdated


class SlotWatch:
    """Told what is seen (observe), it knows whether an event should go out (wants); announced() when it has gone. One for each buffer."""

    def __init__(self, interval_seconds: float, now: float) -> None:
        self._interval = interval_seconds
        self._next_check = now
        self._sight: Sight | None = None
        self._freed_since: float | None = None      # a slot came free, or a host went, and nobody was told
        self._free_before = 0
        self._outstanding_since: float | None = None
        self._gap = FIRST_GAP
        self._moved_at = float("-inf")
        self._vain, self._vain_at = 0, float("-inf")

    def observe(self, sight: Sight, now: float) -> None:
        """What is seen now."""
        last, self._sight = self._sight, sight
        if last is None:
            return
        if sight.progress != last.progress:
            self._moved_at, self._outstanding_since, self._gap = now, None, FIRST_GAP
        if sight.progress != last.progress or not sight.is_outdated:
            self._vain = 0
        if sight.usage.free > last.usage.free:
            before = 0 if self._outstanding_since is not None else last.usage.free
            self._free_before = before if self._freed_since is None else min(before, self._free_before)
            self._freed_since = self._freed_since or now
        elif sight.leaving < last.leaving and sight.usage.reserved:
            self._free_before = -1
            self._freed_since = self._freed_since or now
        if self._freed_since is not None and not self._still_freed(sight):
            self._freed_since = None

    def _still_freed(self, sight: Sight) -> bool:
        if self._free_before < 0 and sight.usage.reserved:
            return True
        return sight.can_release and sight.usage.free > self._free_before

    def wants(self, now: float) -> bool:
        """An event should go out now. At the time of the interval's check this also sets the time of the next."""
        if self._sight is None:
            return False
        if self._freed_since is not None and now >= self._freed_at():
            return True
        if now < self._check_at():
            return False
        if self._sight.has_work:
            return True
        self._plan(now)
        return False

    def announced(self, now: float) -> None:
        """An event has been taken."""
        unanswered = self._outstanding_since is not None and now - self._outstanding_since < 2 * LONGEST_GAP
        self._gap = min(self._gap * 2, LONGEST_GAP) if unanswered else FIRST_GAP
        self._outstanding_since, self._freed_since = now, None
        if self._sight is not None and self._sight.is_outdated and self._sight.sure and now - self._vain_at >= 0.45 * self._interval:
            self._vain, self._vain_at = self._vain + 1, now
        self._plan(now)

    def is_untouched(self, now: float) -> bool:
        """Three events went out for numbers that are outdated, and no run has written any."""
        return self._vain >= IN_VAIN and now >= self._vain_at + self._grace

    def look_at(self, now: float) -> float:
        """When `wants` or `is_untouched` may change although nothing is observed."""
        vain_at = self._vain_at + self._grace
        return min(self.wake_at(), vain_at if vain_at > now else float("inf"))

    @property
    def _grace(self) -> float:
        return min(GRACE_SECONDS, self._interval)

    def wake_at(self) -> float:
        """When an event may have to go out if nothing else is observed."""
        return min(self._check_at(), self._freed_at() if self._freed_since is not None else float("inf"))

    def _plan(self, now: float) -> None:
        self._next_check = max(self._next_check + self._interval, now + self._interval / 2)

    def _check_at(self) -> float:
        """A stage at work puts the check off, by one more interval at most."""
        return max(self._next_check, min(self._moved_at + AT_WORK_SECONDS, self._next_check + self._interval))

    def _freed_at(self) -> float:
        settled = (self._freed_since or 0.0) + SETTLE_SECONDS
        return settled if self._outstanding_since is None else max(settled, self._outstanding_since + self._gap)
