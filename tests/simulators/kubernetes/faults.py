# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on demand: what goes wrong, for which calls, how often; and what was asked so far."""
from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

KINDS = ("status", "lost", "drop", "drop-watch", "expire", "latency", "call")


@dataclass
class Fault:
    """One fault.

    status: answer `code` with `reason` and `message` (and Retry-After), nothing is done.  lost: it is done, then the connection closes without an answer.
    drop: the connection closes, nothing is done.  drop-watch: a watch ends after `events` events.  expire: 410 for a list that goes on or a watch.
    latency: the answer comes `seconds` later.  call: `before(request)` and `after(request)` are called around it.
    """

    kind: str
    method: str = ""                      # "" is any; a watch is WATCH
    path: str = ""                        # a regular expression, searched in the path
    times: int | None = 1                 # None is for ever
    skip: int = 0                         # so many matching calls go well first
    code: int = 500
    reason: str = "InternalError"
    message: str = "a fault was asked for"
    causes: list[dict[str, Any]] = field(default_factory=list)
    retry_after: int | None = None
    seconds: float = 0.0
    events: int = 0
    before: Callable[["Recorded"], None] | None = None
    after: Callable[["Recorded"], None] | None = None

    def fits(self, method: str, path: str) -> bool:
        """Is this call meant?"""
        return (not self.method or self.method == method) and re.search(self.path, path) is not None


@dataclass
class Recorded:
    """One call as it was asked and answered. user is "" before it is known."""

    method: str
    path: str
    query: dict[str, str]
    user: str = ""
    status: int = 0
    body: Any = None
    answer: Any = None
    seconds: float = 0.0
    user_agent: str = ""
    port: int = 0                         # of the client


class Faults:
    """The faults that wait for their call."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, kind: str, **options: Any) -> Fault:
        """Ask for a fault; see Fault for what there is."""
        if kind not in KINDS:
            raise ValueError(f"no such fault: {kind!r}; there are {', '.join(KINDS)}")
        fault = Fault(kind, **options)
        with self._lock:
            self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        """All is well again."""
        with self._lock:
            self._waiting.clear()

    def take(self, method: str, path: str) -> list[Fault]:
        """The faults that this call meets; each is counted."""
        met = []
        with self._lock:
            for fault in list(self._waiting):
                if not fault.fits(method, path):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                met.append(fault)
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
        return met
