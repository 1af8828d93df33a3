# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sees every change in the API at the moment when it is made: counts and times come from here, without a request."""
from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable

from ansible_collections.baremetal.generator.plugins.module_utils.names import GENERATOR_NAME, RID

from tests.simulators.kubernetes.store import Change, Store


class Eye:
    """`phases` of the generators; `active`: when each host was first seen active; `host_of`: the host of a generator."""

    def __init__(self, store: Store) -> None:
        self.phases: dict[str, str] = {}
        self.active: dict[str, float] = {}
        self.host_of: dict[str, str] = {}
        self._changed = threading.Condition()
        store.listen(self._see)

    def _see(self, change: Change) -> None:
        kind, name = change.table[-1], change.key.rpartition("/")[2]
        if "baremetalhostgenerators" in kind or "baremetalhostgenerators" in change.table:
            with self._changed:
                if change.after is None:
                    self.phases.pop(name, None)
                else:
                    self.phases[name] = (change.after.object.get("status") or {}).get("phase", "")
                self._changed.notify_all()
        elif "baremetalhosts" in change.table and change.after is not None:
            marks = change.after.object["metadata"].get("annotations") or {}
            with self._changed:
                if RID not in marks and name not in self.active:
                    self.active[name] = time.monotonic()
                    self.host_of[marks.get(GENERATOR_NAME, "")] = name
                self._changed.notify_all()

    def wait(self, condition: Callable[[], bool], seconds: float, what: str) -> float:
        """The time at which the condition held; raises when it does not within so many seconds."""
        end = time.monotonic() + seconds
        with self._changed:
            while not condition():
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"not within {seconds:g} s: {what}; {dict(Counter(self.phases.values()))}, {len(self.active)} hosts")
                self._changed.wait(min(left, 1.0))
            return time.monotonic()

    def are(self, names: list[str], phase: str, count: int | None = None) -> Callable[[], bool]:
        """So many of these generators (all of them, without a count) are in this phase."""
        wanted = len(names) if count is None else count
        return lambda: sum(self.phases.get(name) == phase for name in names) >= wanted
