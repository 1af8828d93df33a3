# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API server's clock, as its answers tell it: everybody in the cluster goes by that one."""
from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

STEP = timedelta(seconds=90)        # no answer is on its way for so long: the server's own clock was put back


class ServerClock:
    """The Date of answers, and the time gone since by this process's monotonic clock."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._ahead: timedelta | None = None
        self._lock = threading.Lock()

    def now(self) -> datetime | None:
        """None as long as no answer had a Date."""
        ahead = self._ahead
        return None if ahead is None else self._here() + ahead

    def hear(self, date: str | None) -> None:
        """Date has whole seconds and is old by the way it came, so the answer that puts the clock furthest ahead is the nearest to the truth."""
        try:
            told = parsedate_to_datetime(date or "")
            ahead = told.replace(tzinfo=told.tzinfo or timezone.utc).astimezone(timezone.utc) - self._here()
        except (TypeError, ValueError, OverflowError):
            return
        with self._lock:
            if self._ahead is None or ahead > self._ahead or self._ahead - ahead > STEP:
                self._ahead = ahead

    def _here(self) -> datetime:
        return datetime.fromtimestamp(self._monotonic(), timezone.utc)
