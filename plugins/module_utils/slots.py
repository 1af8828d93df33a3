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
UNANSWERED_SECONDS = 5.0        # an event that moved nothing holds back the next one so long, then twice as long
LONGEST_UNANSWERED = 60.0
AT_WORK_SECONDS = 3.0           # the ledger moved so lately that a stage is surely at work: the interval's check waits a little


@dataclass(frozen=True)
class Sight:
    """A buffer as it is seen at one moment."""

    usage: Usage
    inert: int                  # hosts made, and not yet activated
    leaving: int                # hosts being deleted
    status: dict[str, Any]
    progress: Hashable          # changes when a stage wrote the ledger
    held: bool = False          # the buffer itself is being deleted, and waits for a stage to let it go

    @property
    def can_release(self) -> bool:
        """Someone waits and a slot is free."""
        return self.usage.waiting > 0 and self.usage.free > 0

    @property
    def has_work(self) -> bool:
        """What the check at every interval looks for."""
        told = (self.status.get("occupied"), self.status.get("waiting"))
        return self.can_release or self.held or self.usage.reserved > 0 or self.inert > 0 or told != (self.usage.occupied, self.usage.waiting)


class SlotWatch:
    """Told what is seen (observe), it knows whether an event should go out (wants); announced() when it has gone. One for each buffer."""

    def __init__(self, interval_seconds: float, now: float) -> None:
        self._interval = interval_seconds
        self._next_check = now
        self._sight: Sight | None = None
        self._freed_since: float | None = None      # a slot came free, or a host went, and nobody was told
        self._free_before = 0
        self._outstanding_since: float | None = None
        self._unanswered = UNANSWERED_SECONDS
        self._moved_at = float("-inf")

    def observe(self, sight: Sight, now: float) -> None:
        """What is seen now."""
        last, self._sight = self._sight, sight
        if last is None:
            return
        if sight.progress != last.progress:
            self._moved_at, self._outstanding_since, self._unanswered = now, None, UNANSWERED_SECONDS
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
        self._unanswered = min(self._unanswered * 2, LONGEST_UNANSWERED) if self._outstanding_since is not None else UNANSWERED_SECONDS
        self._outstanding_since, self._freed_since = now, None
        self._plan(now)

    def wake_at(self) -> float:
        """When `wants` may change although nothing is observed."""
        return min(self._check_at(), self._freed_at() if self._freed_since is not None else float("inf"))

    def _plan(self, now: float) -> None:
        self._next_check = max(self._next_check + self._interval, now + self._interval / 2)

    def _check_at(self) -> float:
        """A stage at work puts the check off, by one more interval at most."""
        return max(self._next_check, min(self._moved_at + AT_WORK_SECONDS, self._next_check + self._interval))

    def _freed_at(self) -> float:
        settled = (self._freed_since or 0.0) + SETTLE_SECONDS
        return settled if self._outstanding_since is None else max(settled, self._outstanding_since + self._unanswered)
