# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actors that take turns: each runs in a thread of its own and stops before every request, until the schedule lets it go on."""
from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence

from ansible_collections.baremetal.generator.plugins.module_utils.errors import ClusterUnavailable, Denied

from .cluster import ModelCluster, Store

READS = ("GET", "LIST")


class Killed(BaseException):
    """The process died at this request."""


class Chances:
    """How often what goes wrong; all zero at rest."""

    def __init__(self, crash: float = 0.0, lost: float = 0.0, applied: float = 0.0, denied: float = 0.0) -> None:
        self.crash, self.lost, self.applied, self.denied = crash, lost, applied, denied

    def none(self) -> None:
        """Nothing goes wrong any more."""
        self.crash = self.lost = self.applied = self.denied = 0.0


class Actor(ModelCluster):
    """One process. `work` is called again and again, each call is one run of a stage."""

    def __init__(self, store: Store, name: str, work: Callable[[Actor], None], chance: random.Random, chances: Chances, log: list[str]) -> None:
        super().__init__(store, name)
        self.work, self.chance, self.chances, self.log = work, chance, chances, log
        self.turn, self.done = threading.Lock(), threading.Lock()
        self.turn.acquire()
        self.done.acquire()
        self.pending = ""                 # the request that it stands before
        self.wakes_at = 0.0
        self.runs = 0
        self.idle = False
        self.error: BaseException | None = None
        self.ended = False
        self.stopping = False
        self.thread = threading.Thread(target=self._live, daemon=True)
        self.thread.start()

    # --- in the actor's thread ------------------------------------------------------------------------------------------------------------

    def _live(self) -> None:
        try:
            self._wait()
            while True:
                self.runs += 1
                self.failed.clear()
                try:
                    self.work(self)
                except Killed:
                    self.log.append(f"{self.actor} killed")
                    self._forget()
                except ClusterUnavailable as error:
                    self.log.append(f"{self.actor} ended: {error}")
                self.idle, self.pending = True, ""
                self._pause()
                self.idle = False
        except SystemExit:
            pass
        except BaseException as error:  # pylint: disable=broad-exception-caught  # carried to the test, raised there
            self.error = error
        self.ended = True
        self.done.release()

    def _forget(self) -> None:
        """A new process knows nothing of the old one, not even its name."""
        self.seen.clear()
        self.actor = f"{self.actor.split('.')[0]}.{self.runs}"

    def _wait(self) -> None:
        self.turn.acquire()
        if self.stopping:
            raise SystemExit

    def _pause(self) -> None:
        self.done.release()
        self._wait()

    def sleep(self, seconds: float) -> None:
        """As Policy.sleep."""
        self.wakes_at = self.store.clock + seconds
        self._pause()

    def step(self, what: str) -> None:
        """Before a request: others may act first; the process may die; a write may fail though nothing happened."""
        self.pending = what
        self._pause()
        if self.chances.crash and self.chance.random() < self.chances.crash:
            raise Killed
        self.log.append(f"{self.actor} {what}")
        if self.chances.lost and not what.startswith(READS) and self.chance.random() < self.chances.lost:
            self.log.append("  failed, not applied")
            self._fails()
            raise ClusterUnavailable("503", 503)
        self._may_be_denied(what)

    def _fails(self) -> None:
        self.failed.add(self.pending.rpartition(" ")[2])

    def _may_be_denied(self, what: str) -> None:
        if self.chances.denied and not what.startswith(READS) and self.chance.random() < self.chances.denied:
            self.log.append("  denied")
            self._fails()
            raise Denied(f"The cluster denies {what}: a policy.", 403, "Forbidden")

    def after(self, what: str) -> None:
        """After a write: the process may die before it reads the answer; the answer may be lost."""
        if self.chances.crash and self.chance.random() < self.chances.crash:
            raise Killed
        if self.chances.applied and self.chance.random() < self.chances.applied:
            self.log.append("  timed out, applied")
            self._fails()
            raise ClusterUnavailable("timed out", 0)

    # --- in the scheduler's thread --------------------------------------------------------------------------------------------------------

    def go_on(self) -> None:
        """Until its next request."""
        self.turn.release()
        self.done.acquire()
        if self.error is not None:
            raise self.error

    def end(self) -> None:
        """Its thread goes."""
        if not self.ended:
            self.stopping = True
            self.turn.release()
            self.done.acquire()
        self.thread.join()


class Schedule:
    """Who acts next."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def choose(self, ready: Sequence[int]) -> int:
        """Uniform."""
        return self.chance.choice(ready)


class Priorities(Schedule):
    """The highest priority acts, until at a few random steps it falls to the bottom: finds what needs few, but particular, preemptions."""

    def __init__(self, chance: random.Random, count: int, length: int) -> None:
        super().__init__(chance)
        self.order = list(range(count))
        chance.shuffle(self.order)
        self.changes = set(chance.sample(range(length), min(length, chance.randint(2, 8))))
        self.steps = 0

    def choose(self, ready: Sequence[int]) -> int:
        self.steps += 1
        best = min(ready, key=self.order.index)
        if self.steps in self.changes:
            self.order.remove(best)
            self.order.append(best)
            best = min(ready, key=self.order.index)
        # Those who only repeat themselves would starve all others.
        return best if self.chance.random() < 0.9 else self.chance.choice(ready)


class Stalls(Schedule):
    """Uniform, but now and then somebody stands still for a long while in the middle of what it does."""

    def __init__(self, chance: random.Random, count: int) -> None:
        super().__init__(chance)
        self.stalled = [0] * count

    def choose(self, ready: Sequence[int]) -> int:
        self.stalled = [max(0, left - 1) for left in self.stalled]
        awake = [one for one in ready if not self.stalled[one]] or list(ready)
        one = self.chance.choice(awake)
        if self.chance.random() < 0.04:
            self.stalled[one] = self.chance.randint(15, 120)
        return one
