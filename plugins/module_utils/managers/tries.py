# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a login may be tried again, from the tries that are remembered; and by what name an account is. Pure."""
from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..cluster import Object
from ..times import after, parse_time, stamp

TRIES = 3
WINDOW_SECONDS = 900.0
OPEN_SECONDS = 60.0         # a login that began longer ago has ended, whoever made it
AHEAD_SECONDS = 60.0        # a try that is further in the future is none: no clock of ours wrote it
MOST_KEPT = 20
CHECK_ROUNDS = 100_000
AGAIN_SECONDS = 3600.0      # after which the same credentials are tried again by themselves: an account may have been unlocked
NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?")


@dataclass(frozen=True)
class Try:
    """A login that is open, or was refused. check: see check_of(); "" where an older version tried."""

    at: datetime
    actor: str
    refused: bool
    check: str = ""

    def as_status(self) -> dict[str, Any]:
        """As the object has it."""
        return {"at": stamp(self.at), "actor": self.actor, "refused": self.refused, **({"check": self.check} if self.check else {})}


@dataclass(frozen=True)
class Verdict:
    """May a login be tried now? until: not before this time. open: nobody knows yet how some of the tries end."""

    may: bool
    until: datetime | None = None
    open: bool = False
    refused: int = 0


def tries_of(item: Object, now: datetime) -> list[Try]:
    """Those that count now, oldest first; what cannot be read does not."""
    status = item.get("status")
    listed = status.get("logins") if isinstance(status, dict) else None
    found = []
    for entry in listed if isinstance(listed, list) else []:
        moment = parse_time(entry.get("at")) if isinstance(entry, dict) else None
        if moment is not None and -AHEAD_SECONDS <= (now - moment).total_seconds() < WINDOW_SECONDS:
            check = entry.get("check")
            found.append(Try(moment, str(entry.get("actor") or ""), entry.get("refused") is True, check if isinstance(check, str) else ""))
    return sorted(found, key=lambda one: one.at)


def check_of(uid: str, username: str, password: str) -> str:
    """Tells a corrected user or password from the one that was refused, in 4,095 of 4,096 cases; 12 bits are too few to find a password by."""
    return hashlib.pbkdf2_hmac("sha256", f"{username}\0{password}".encode(), uid.encode(), CHECK_ROUNDS).hex()[:3]


def verdict(tries: list[Try], now: datetime, check: str = "") -> Verdict:
    """Fewer than three with these credentials: yes. Else when the oldest of the last three no longer counts."""
    tries = [one for one in tries if not check or one.check in ("", check)]
    refused = sum(one.refused for one in tries)
    if len(tries) < TRIES:
        return Verdict(True, refused=refused)
    under_way = any(not one.refused and (now - one.at).total_seconds() < OPEN_SECONDS for one in tries)
    return Verdict(False, after(tries[-TRIES].at, WINDOW_SECONDS), under_way, refused)


def object_name(manager: str, part: str = "") -> str:
    """The manager's name where an object can be called so, else as near to it as can be, with a short hash that keeps it apart from others."""
    name = manager
    if not NAME.fullmatch(name) or ".." in name:
        near = re.sub(r"[^a-z0-9]+", "-", name.lower())[:40].strip("-") or "manager"
        name = f"{near}-{_hash(manager)}"
    return f"{name}.{part}" if part else name


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
