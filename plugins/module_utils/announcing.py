# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When to say that there is work: at most one event of a kind is outstanding, so that no storm becomes a queue of playbooks. Pure; times are given."""
from __future__ import annotations

from collections.abc import Container, Hashable, Mapping
from typing import NamedTuple

SETTLE_SECONDS = 0.3        # a stage writes its results in a burst: what it is about to write is not announced again
LONGEST_SETTLE = 1.0
UNTOUCHED_SECONDS = 5.0     # all announced work was taken back by its users: so long until a new event may follow
SLOWEST_RETRY = 8           # times retry_seconds


class Work(NamedTuple):
    """One thing that is due. `ask` changes when its user asks anew, `progress` when a stage wrote something about it."""

    ask: Hashable
    progress: Hashable


class Announcer:
    """Told of all due work at every change (observe), it knows whether an event should go out (wants); announced() when it has gone.

    An event is outstanding until a stage moved something, or until retry_seconds without any movement; then new work, if there is some, goes out
    at once, and work that was announced before only when nothing has moved for retry_seconds, each time for longer.
    """

    def __init__(self, retry_seconds: float, vanishing_moves: bool = False) -> None:
        self._retry_seconds = retry_seconds
        self._vanishing_moves = vanishing_moves     # for work whose end is that the object goes
        self._seen: dict[str, Work] = {}
        self._told: dict[str, Work] = {}
        self._outstanding_since: float | None = None
        self._first_move = self._last_move = float("-inf")
        self._retry_at = float("-inf")
        self._pause = retry_seconds

    @property
    def outstanding(self) -> bool:
        """An event has gone out and nothing has moved since."""
        return self._outstanding_since is not None

    def observe(self, due: Mapping[str, Work], present: Container[str], now: float) -> None:
        """All work that is due now, by key; `present`: the keys of every object that exists."""
        moved = False
        for key, before in self._seen.items():
            after = due.get(key)
            if after is None:
                moved |= self._vanishing_moves or key in present
                self._told.pop(key, None)
            elif after.progress != before.progress:
                moved = True
        self._seen = dict(due)
        if moved:
            self._first_move = now if self.outstanding or now - self._last_move > SETTLE_SECONDS else self._first_move
            self._last_move = now
            self._outstanding_since, self._pause = None, self._retry_seconds
            self._retry_at = now + self._pause
        elif self._outstanding_since is not None and not self._told and now - self._outstanding_since >= UNTOUCHED_SECONDS:
            self._outstanding_since = None

    def wants(self, now: float) -> bool:
        """An event should go out now."""
        if not self._seen:
            return False
        return now >= self._retry_at or (self._fresh() and not self.outstanding and now >= self._settled_at())

    def announced(self, now: float) -> None:
        """An event for all work seen last has been taken."""
        again = not self._fresh()
        self._told = dict(self._seen)
        self._outstanding_since = now
        self._pause = min(self._pause * 2, self._retry_seconds * SLOWEST_RETRY) if again else self._retry_seconds
        self._retry_at = now + self._pause

    def wake_at(self) -> float:
        """When `wants` may change although nothing is observed."""
        if not self._seen:
            return float("inf")
        if not self._fresh():
            return self._retry_at
        if self._outstanding_since is None:
            return min(self._retry_at, self._settled_at())
        return min(self._retry_at, self._outstanding_since + UNTOUCHED_SECONDS) if not self._told else self._retry_at

    def _fresh(self) -> bool:
        return any(key not in self._told or self._told[key].ask != work.ask for key, work in self._seen.items())

    def _settled_at(self) -> float:
        return min(self._last_move + SETTLE_SECONDS, self._first_move + LONGEST_SETTLE)
