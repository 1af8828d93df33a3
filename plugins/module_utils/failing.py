# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts in error: since when, as the buffer's status remembers it, and for how long a buffer bears that. Pure.

No time that Metal3 writes tells it: for most errors there is lastUpdated alone, which moves with each retry. And an
error has not ended where operationalStatus is OK for a moment: Metal3 clears it while it tries again, but keeps
errorCount until the step has succeeded.
"""
from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from .cluster import Object
from .guard import one_by_one
from .readable import whole_number
from .times import after, normal, parse_time, stamp

MOST_REMEMBERED = 1000      # of one buffer, as its kind bounds the list: those longest in error; more hold their slots
STEADY = frozenset({"available", "ready"})  # no step is under way there whose success would set errorCount back
RETRY_SECONDS = 600.0       # a power management error of a steady host is tried again within this time
REWRITE_SECONDS = 600.0     # a kind of an earlier version drops the list: so long nobody is asked to write it again
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def in_error(host: Object) -> bool:
    """Metal3 reports an error; the state does not tell."""
    return (host.get("status") or {}).get("operationalStatus") == "error"


def is_troubled(host: Object, now: datetime) -> bool:
    """In error, or Metal3 is just trying again what ended in one."""
    status = host.get("status") or {}
    if in_error(host):
        return True
    if not (status.get("errorCount") or 0) > 0:
        return False
    written = parse_time(status.get("lastUpdated"))
    state = (status.get("provisioning") or {}).get("state")
    return state not in STEADY or written is not None and (now - written).total_seconds() < RETRY_SECONDS


def remembered(buffer: Object) -> dict[str, str]:
    """Since when hosts are in error, by uid."""
    kept = (buffer.get("status") or {}).get("hostsInError") or []
    return {entry["uid"]: since for entry in kept if entry.get("uid") and (since := normal(entry.get("since")))}


class Patience:
    """How long a buffer lets its hosts be in error before they no longer hold a slot."""

    def __init__(self, buffer: Object, now: datetime | None) -> None:
        limit = str((buffer.get("spec") or {}).get("excludeErrorAfter") or "")
        number, unit = whole_number(limit[:-1]), _SECONDS.get(limit[-1:])
        self._seconds = None if number is None or unit is None else number * unit
        self._since = remembered(buffer) if self._seconds is not None else {}
        self._now = now

    @property
    def has_a_limit(self) -> bool:
        """Its user gave one that can be read."""
        return self._seconds is not None

    def has_ended(self, host: Object) -> bool:
        """This host has been in error for longer."""
        since = parse_time(self._since.get(host["metadata"].get("uid") or ""))
        if since is None or self._now is None or self._seconds is None or not is_troubled(host, self._now):
            return False
        return (self._now - since).total_seconds() >= self._seconds

    def memory(self, holding: Iterable[Object]) -> list[dict[str, Any]] | None:
        """What the status should remember, None without a limit. holding: hosts that hold a slot but for their error."""
        if self._seconds is None or self._now is None:
            return None
        now = self._now
        moments = one_by_one(holding, lambda host: self._since_of(host, now), lambda _host, _fault: "")
        ordered = sorted((since, host["metadata"]["uid"]) for host, since in moments if since)
        return [{"uid": uid, "since": since} for since, uid in ordered[:MOST_REMEMBERED]]

    def _since_of(self, host: Object, now: datetime) -> str:
        """The first time that it was seen in error, "" when it is not, or no longer."""
        known = self._since.get(host["metadata"]["uid"])
        if known and is_troubled(host, now):
            return min(known, stamp(now))
        return stamp(now) if in_error(host) else ""


def is_outdated(buffer: Object, memory: list[dict[str, Any]] | None) -> bool:
    """The status remembers other hosts than it should."""
    return [entry["uid"] for entry in memory or []] != list(remembered(buffer))


def may_be_dropped(buffer: Object, now: datetime) -> bool:
    """The status was written lately, and without the list: its kind may be of an earlier version, which knows none."""
    status = buffer.get("status") or {}
    return "hostsInError" not in status and (status.get("lastCheck") or "") >= stamp(after(now, -REWRITE_SECONDS))
