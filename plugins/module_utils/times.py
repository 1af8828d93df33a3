# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times as objects in the cluster write them."""
from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

FARTHEST_SECONDS = 3600.0       # the longest pause is 39 minutes (status.LONGEST_SLOW_PAUSE, jittered)
FIRST_YEAR, LAST_YEAR = 2000, 9899
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|z|[+-]\d\d:?\d\d)?")


def stamp(moment: datetime) -> str:
    """UTC with six digits, always: such stamps sort as text."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_time(text: object) -> datetime | None:
    """Any RFC 3339 time of the years that our kinds take; without an offset it is UTC (the operator wrote such). None when it is no such time."""
    found = _TIME.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        return None
    day, clock, fraction, offset = found.groups()
    zone = "+00:00" if offset in (None, "Z", "z") else offset if ":" in offset else f"{offset[:3]}:{offset[3:]}"
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '0')[:6]:0<6}{zone}").astimezone(timezone.utc)
    except (ValueError, OverflowError):         # no such day, or one that UTC puts outside of the calendar
        return None
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None


def normal(text: object) -> str:
    """The same time as stamp() writes it, "" when it is no time."""
    moment = parse_time(text)
    return stamp(moment) if moment else ""


def after(moment: datetime, seconds: float) -> datetime:
    """So many seconds later."""
    return moment + timedelta(seconds=seconds)


def is_far_ahead(moment: datetime, now: datetime, seconds: float = FARTHEST_SECONDS) -> bool:
    """None of ours: nothing here is ever written for longer than so many seconds from now."""
    return (moment - now).total_seconds() > seconds
