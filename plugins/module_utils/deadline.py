# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long something may still take."""
from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from .errors import InvalidArgument


class Deadline:
    """A point in time that no work passes; cancel() brings it here at once."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end = clock() + seconds

    def left(self) -> float:
        """Seconds that remain, never below 0."""
        return max(0.0, self._end - self._clock())

    def passed(self) -> bool:
        """No time is left."""
        return self.left() <= 0

    def cancel(self) -> None:
        """Whoever works towards it stops at the next step."""
        self._end = self._clock()


def seconds_of(options: Mapping[str, Any], name: str, default: float = 0.0, positive: bool = False) -> float:
    """An option that is a number of seconds, 0 or more (positive: not 0 either); default when it is not given. Raises InvalidArgument."""
    given = options.get(name)
    seconds = default if given is None else float(given)
    if not math.isfinite(seconds) or seconds < 0 or (positive and not seconds):
        raise InvalidArgument(f"{name} must be a number of seconds, {'more than 0' if positive else '0 or more'}, not {seconds:g}; correct it.")
    return seconds
