# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL at one call of the API: before it is carried out, or when it was and nobody has been told."""
from __future__ import annotations

import threading
from collections.abc import Callable

from tests.simulators.kubernetes.faults import Faults, Recorded

SIDES = ("before", "after")
SECONDS = 30.0


class Strike:
    """Armed: at the call of this number (from 0) somebody is killed. Before: the call is dropped; after: it was carried out, and nobody is answered.

    survived: the caller is not the one who is killed, and gets its answer.
    """

    def __init__(self, faults: Faults, index: int, side: str, survived: bool = False) -> None:
        self.index, self.side = index, side
        self.call: Recorded | None = None
        self.failure: BaseException | None = None
        self._kill: Callable[[Recorded], None] | None = None
        self._aimed, self._done = threading.Event(), threading.Event()
        faults.add("call", skip=index, **{side: self._strike})
        if not survived:
            faults.add("drop" if side == "before" else "lost", skip=index)

    def aim(self, kill: Callable[[Recorded], None]) -> None:
        """What is to be killed; the call waits for it."""
        self._kill = kill
        self._aimed.set()

    def _strike(self, call: Recorded) -> None:
        self.call = call
        try:
            assert self._aimed.wait(SECONDS) and self._kill is not None, "nobody aimed"
            self._kill(call)
        except BaseException as error:  # pylint: disable=broad-exception-caught  # this is a thread of the API: whoever looks is told
            self.failure = error
        finally:
            self._done.set()

    @property
    def happened(self) -> bool:
        """Somebody came to that call, and was killed."""
        if self.call is None:
            return False
        assert self._done.wait(SECONDS), f"{self.told}: not done"
        if self.failure is not None:
            raise self.failure
        return True

    @property
    def told(self) -> str:
        """Where it struck, for a person."""
        return f"killed {self.side} call {self.index}" + (f", {self.call.method} {self.call.path}" if self.call else "")
