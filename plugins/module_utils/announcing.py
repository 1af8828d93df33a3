# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When to say that there is work: new work at once, whatever else is due; what does not move again and again, each for itself. Pure; times are given."""
from __future__ import annotations

from collections.abc import Container, Hashable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

SETTLE_SECONDS = 0.3        # a stage writes its results in a burst: what it is about to write is not announced again
LONGEST_SETTLE = 1.0
FIRST_GAP = 2.0             # between two events for new work: shorter than a playbook takes, so the second waits behind the first anyway
LONGEST_GAP = 8.0           # the gap is doubled as long as nothing is finished of what the last event was for
RETRY_GAP = 12.0            # between two events for nothing but `retry` annotations
SLOWEST_RETRY = 8           # times retry_seconds
IN_VAIN = 3                 # so many times announced, and untouched: the stages fail
GRACE_SECONDS = 10.0        # that the last of them gets


class Work(NamedTuple):
    """One thing that is due. `ask` changes when its user asks anew, `progress` when a stage wrote something about it."""

    ask: Hashable
    progress: Hashable
    retry: str = ""         # the value of its `retry` annotation
    hurried: bool = False   # it is due for that annotation alone


@dataclass
class Told:
    """What was last announced of one item."""

    work: Work
    times: int              # so many announcements, retry_seconds apart, that no stage has answered
    counted_at: float
    retry_at: float


class Announcer:
    """Told of all due work at every change (observe), it knows whether an event should go out (wants); announced() when it has gone.

    An event stands for all that is due. Items are apart: one that no stage moves is announced again after retry_seconds, each time for longer, and
    that holds back no other. One that a stage wrote about, and that is due at once all the same, is new work.
    """

    def __init__(self, retry_seconds: float, vanishing_moves: bool = False) -> None:
        self._retry_seconds = retry_seconds
        self._vanishing_moves = vanishing_moves     # for work whose end is that the object goes
        self._seen: dict[str, Work] = {}
        self._told: dict[str, Told] = {}
        self._latest: set[str] = set()              # what the last event was for, as long as nothing of it is finished
        self._outstanding = False
        self._first_move = self._last_move = float("-inf")
        self._no_retry_before = float("-inf")
        self._event_at = self._retries_at = float("-inf")
        self._gap = FIRST_GAP
        self._vain, self._vain_at = 0, float("-inf")

    @property
    def outstanding(self) -> bool:
        """An event has gone out and nothing has moved since."""
        return self._outstanding

    def observe(self, due: Mapping[str, Work], present: Container[str], now: float) -> None:
        """All work that is due now, by key; `present`: the keys of every object that exists."""
        moved = False
        for key, before in self._seen.items():
            after = due.get(key)
            if after is None:
                finished = self._vanishing_moves or key in present
                moved |= finished
                self._told.pop(key, None)
                if finished and key in self._latest:
                    self._latest, self._gap = set(), FIRST_GAP
            elif after.progress != before.progress:
                moved = True
        self._seen = dict(due)
        if moved:
            self._first_move = now if self._outstanding or now - self._last_move > SETTLE_SECONDS else self._first_move
            self._last_move = now
            self._outstanding, self._vain = False, 0
            self._no_retry_before = now + self._retry_seconds

    def wants(self, now: float) -> bool:
        """An event should go out now."""
        return now >= self.wake_at()

    def wake_at(self) -> float:
        """When an event has to go out if nothing else is observed."""
        at = float("inf")
        new_at = max(min(self._last_move + SETTLE_SECONDS, self._first_move + LONGEST_SETTLE), self._event_at + self._gap)
        for key, work in self._seen.items():
            told = self._told.get(key)
            if self._is_new(told, work):
                at = min(at, new_at)
            elif _is_hurried(told, work):
                at = min(at, max(new_at, self._retries_at + RETRY_GAP))
            elif told is not None:
                at = min(at, max(told.retry_at, self._no_retry_before))
        return at

    def announced(self, now: float) -> None:
        """An event for all work seen last has been taken."""
        fresh = {key for key, work in self._seen.items() if self._is_new(self._told.get(key), work) or _is_hurried(self._told.get(key), work)}
        if any(_is_hurried(self._told.get(key), self._seen[key]) for key in fresh):
            self._retries_at = now
        self._told = {key: self._retold(key, work, now, key in fresh) for key, work in self._seen.items()}
        if fresh:
            unanswered = bool(self._latest) and now - self._event_at < 2 * LONGEST_GAP
            self._gap = min(self._gap * 2, LONGEST_GAP) if unanswered else FIRST_GAP
            self._latest = fresh
        self._event_at, self._outstanding = now, True
        if not self._vain or self._is_spaced(self._vain_at, now):
            self._vain, self._vain_at = self._vain + 1, now

    def _retold(self, key: str, work: Work, now: float, fresh: bool) -> Told:
        before = self._told.get(key)
        if fresh or before is None:
            return Told(work, 1, now, now + self._retry_seconds)
        spaced = self._is_spaced(before.counted_at, now)
        times, counted_at = (before.times + 1, now) if spaced else (before.times, before.counted_at)
        return Told(work, times, counted_at, now + self._retry_seconds * min(2 ** min(times - 1, 10), SLOWEST_RETRY))

    def _is_spaced(self, before: float, now: float) -> bool:
        return now - before >= 0.99 * self._retry_seconds

    def untouched(self, now: float) -> int:
        """How many items were announced three times although no run has touched anything since: 0 as long as anything moves."""
        if self._vain < IN_VAIN or now < self._vain_at + self._grace:
            return 0
        return sum(told.times >= IN_VAIN for key, told in self._told.items() if key in self._seen)

    def look_at(self, now: float) -> float:
        """When `wants` or `untouched` may change although nothing is observed."""
        vain_at = self._vain_at + self._grace
        return min(self.wake_at(), vain_at if vain_at > now else float("inf"))

    @property
    def _grace(self) -> float:
        return min(GRACE_SECONDS, self._retry_seconds)

    @staticmethod
    def _is_new(told: Told | None, work: Work) -> bool:
        if told is None:
            return not work.hurried
        return told.work.ask != work.ask or (not work.hurried and (told.work.hurried or told.work.progress != work.progress))


def _is_hurried(told: Told | None, work: Work) -> bool:
    """Its user asks for a try at once, and nothing else is new."""
    if told is None:
        return work.hurried
    return (bool(work.retry) and told.work.retry != work.retry) or (work.hurried and told.work.progress != work.progress)
