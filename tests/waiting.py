# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for what another process does, or for its end: until it is so, or a deadline has passed."""
from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import psutil

Answer = TypeVar("Answer")


def until(condition: Callable[[], Answer], seconds: float, what: str, pause: float = 0.05) -> Answer:
    """The first true answer of `condition`; raises AssertionError that says `what` has not come when the deadline passes."""
    deadline = time.monotonic() + seconds
    while True:
        late = time.monotonic() > deadline
        if answer := condition():
            return answer
        if late:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(pause)


def is_dead(process: psutil.Process) -> bool:
    """It does nothing any more."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
