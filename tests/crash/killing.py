# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL at one call of the API, or at one request to a management system."""
from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any

from tests.simulators.kubernetes.faults import Faults
from tests.simulators.serving import Ask, Simulator

SIDES = ("before", "after")
SECONDS = 30.0


class Strike:
    """Armed: when a certain call comes, somebody is killed."""

    def __init__(self, when: str) -> None:
        self._when = when
        self.call: Any = None
        self._failure: BaseException | None = None
        self._kill: Callable[[Any], None] | None = None
        self._aimed, self._done = threading.Event(), threading.Event()

    def aim(self, kill: Callable[[Any], None]) -> None:
        """Who is to be killed; the call waits for it."""
        self._kill = kill
        self._aimed.set()

    def strike(self, call: Any) -> None:
        """This is the call."""
        self.call = call
        try:
            assert self._aimed.wait(SECONDS) and self._kill is not None, "nobody aimed"
            self._kill(call)
        except BaseException as error:  # pylint: disable=broad-exception-caught  # this is a thread of a server: whoever looks is told
            self._failure = error
        finally:
            self._done.set()

    @property
    def happened(self) -> bool:
        """Somebody came to that call, and was killed."""
        if self.call is None:
            return False
        assert self._done.wait(SECONDS), f"{self.told}: not done"
        if self._failure is not None:
            raise self._failure
        return True

    @property
    def told(self) -> str:
        """Where it struck, for a person."""
        return f"killed {self._when}" + (f", {self.call.method} {self.call.path}" if self.call else "")


class ApiStrike(Strike):
    """At the call of this number (from 0). Before: the call is dropped; after: it was carried out, and nobody is answered.

    survived: the caller is not the one who is killed, and gets its answer.
    """

    def __init__(self, faults: Faults, index: int, side: str, survived: bool = False) -> None:
        super().__init__(f"{side} call {index}")
        faults.add("call", skip=index, **{side: self.strike})
        if not survived:
            faults.add("drop" if side == "before" else "lost", skip=index)


class ManagerStrike(Strike):
    """At the request of this number (from 0), which is carried out nevertheless: it was on its way."""

    def __init__(self, manager: Simulator, index: int) -> None:
        super().__init__(f"at request {index} to {manager.name}")
        self._numbers, self._index = itertools.count(), index
        manager.before_answer = self._look

    def _look(self, ask: Ask) -> None:
        if next(self._numbers) == self._index:
            self.strike(ask)
