# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A snapshot of one kind that stays true: list, watch, list again; of each object it keeps a small summary."""
from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Hashable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from .cluster import Kind, Object
from .errors import ClusterUnavailable, Forbidden, GeneratorError, InvalidArgument, KindMissing, Unauthorized, Untrusted
from .guard import fault_of
from .kube_errors import quoted
from .snapshots import Snapshot
from .streams import Expired, Streams

logger = logging.getLogger(__name__)

# What nobody but a person can heal. At the start it ends the source, loudly; later it is waited out, since rights and tokens come back.
PERMANENT = (Unauthorized, Forbidden, KindMissing, Untrusted, InvalidArgument)
BARREN_PAGES = 3                        # pages in a row that bring nothing new: the list has no end
CHANGES = ("ADDED", "MODIFIED", "DELETED")


@dataclass(frozen=True)
class Pace:
    """How often a reflector asks."""

    page: int = 250
    watch_seconds: float = 55           # a connection that died unseen is noticed streams.WATCH_GRACE_SECONDS later: 70 s after its last byte at most
    relist_seconds: float = 600
    doubt_seconds: float = 60           # after something that is no event everything is listed so soon: it may have been about an object
    first_pause: float = 0.25
    longest_pause: float = 30
    steady_seconds: float = 5           # a watch that lived this long shows that all is well


class Reflector:
    """`items` maps namespace/name to what `summarize` made of the object; `changed` is called when any of it differs from before.

    run() never returns. It raises what cannot heal (PERMANENT) only before the first list succeeded, and not at all when the kind is optional.
    Anything else that is raised makes a failed round, with a growing pause, and is told.
    """

    def __init__(self, streams: Streams, kind: Kind, summarize: Callable[[Object], Hashable], changed: Callable[[], None], pace: Pace = Pace(),
                 optional: bool = False) -> None:
        self.kind = kind
        self.optional = optional
        self.started = time.monotonic()
        self.snapshot = Snapshot(kind, summarize)
        self.listed = False
        self.lists = self.watches = self.failures = 0
        self.last_heard: float | None = None        # monotonic; None: never
        self.connected = False                      # a watch is open
        self.trouble = ""                           # the sentence of the last failure; empty when all is well
        self._streams, self._summarize, self._changed, self._pace = streams, summarize, changed, pace
        self._version: str | None = None
        self._relist_at = 0.0
        self._pause = 0.0
        self._round_began = 0.0
        self._said = self._said_odd = False         # somebody was told of the trouble, of what cannot be read

    @property
    def items(self) -> dict[str, Any]:
        """Summaries by namespace/name."""
        return self.snapshot.items

    async def run(self) -> None:
        """Keep the snapshot true until cancelled."""
        while True:
            self._round_began = time.monotonic()
            [outcome] = await asyncio.gather(self._round(), return_exceptions=True)
            self.connected = False
            await self._rest(self._ended(outcome))

    async def _round(self) -> None:
        if self._version is None or self._round_began >= self._relist_at:
            await self._list()
        await self._watch()

    def _ended(self, outcome: BaseException | None) -> float | None:
        """What a round came to; the answer is how many seconds the server wants us to wait. Raises what ends the source."""
        if isinstance(outcome, Expired):
            self._version = None
        elif isinstance(outcome, PERMANENT):
            if not self.listed and not self.optional:
                raise outcome
            self._failed(str(outcome))
        elif isinstance(outcome, GeneratorError):
            self._failed(str(outcome))
        elif isinstance(outcome, Exception):
            self._version = None
            self._failed(fault_of(outcome).why.message)
        elif outcome is not None:
            raise outcome
        return outcome.retry_after if isinstance(outcome, ClusterUnavailable) else None

    def _steady(self) -> bool:
        return time.monotonic() - self._round_began >= self._pace.steady_seconds

    def _failed(self, why: str) -> None:
        """One line when trouble begins, not one for each try; a watch that broke once after a good time is no trouble."""
        self.failures += 1
        again, self.trouble = bool(self.trouble) or not self._steady(), why
        if again and not self._said:
            self._said = True
            logger.warning("%s: %s; trying again", self.kind.plural, why)

    def _heard(self) -> None:
        self.last_heard = time.monotonic()
        if self._said and self._steady():
            self._said = False
            logger.warning("%s: the Kubernetes API answers again", self.kind.plural)
        if not self._said:
            self.trouble = ""

    def _watching(self) -> None:
        self.connected = True
        self._heard()

    def _tell_odd(self) -> None:
        """One line when something cannot be read, and one when everything can again."""
        faults = self.snapshot.faults()
        if bool(faults) == self._said_odd:
            return
        self._said_odd = bool(faults)
        if faults:
            more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
            logger.warning("%s: %s%s; all others are seen as ever", self.kind.plural, quoted(faults[0]), more)
        else:
            logger.warning("%s: all can be read again", self.kind.plural)

    async def _rest(self, retry_after: float | None) -> None:
        """A pause that grows with each round that was short, whatever ended it, so that nothing makes a hot loop."""
        pace = self._pace
        if self._steady():
            self._pause = pace.first_pause if self.trouble else 0.0
        else:
            self._pause = min(max(self._pause * 2, pace.first_pause), pace.longest_pause)
        await asyncio.sleep(max(self._pause * random.uniform(0.5, 1.5), min(retry_after or 0, 10 * pace.longest_pause)))

    async def _list(self) -> None:
        """Every object once. What is not there any more is taken out: also what went while no watch could tell."""
        self.lists += 1
        found, version, barren = Snapshot(self.kind, self._summarize), "", 0
        async with aclosing(self._streams.pages(self.kind, self._pace.page)) as pages:
            async for objects, version in pages:
                self._heard()
                before = len(found.items)
                for item in objects:
                    if found.names(item):
                        found.put(item)
                barren = 0 if len(found.items) > before else barren + 1
                if barren > BARREN_PAGES:
                    raise ClusterUnavailable(f"the list of {self.kind.plural} has no end: {barren} pages in a row brought nothing new")
        differs = found.items != self.items or not self.listed
        self.snapshot, self.listed, self._version = found, True, version
        self._relist_at = time.monotonic() + self._pace.relist_seconds * random.uniform(0.9, 1.1)
        self._tell_odd()
        if differs:
            self._changed()

    async def _watch(self) -> None:
        self.watches += 1
        seconds = min(self._pace.watch_seconds, max(self._relist_at - time.monotonic(), 1))
        async with aclosing(self._streams.events(self.kind, self._version or "", seconds, self._watching)) as events:
            async for event in events:
                self._hear(event)

    def _hear(self, event: dict[str, Any]) -> None:
        what, item = event.get("type"), event.get("object")
        if what == "ERROR":
            self._version = None
            raise self._error(item if isinstance(item, dict) else {})
        if what == "BOOKMARK":
            self._version = _version(item) or self._version
        elif self.snapshot.names(item) and what in CHANGES:
            self._version = item["metadata"]["resourceVersion"]
            if self.snapshot.drop(item) if what == "DELETED" else self.snapshot.put(item):
                self._changed()
        else:
            self._relist_at = min(self._relist_at, time.monotonic() + self._pace.doubt_seconds)
        self._tell_odd()

    def _error(self, status: dict[str, Any]) -> Exception:
        """The API ends a watch inside of the stream."""
        message, code = quoted(status.get("message") or "no explanation"), status.get("code")
        if str(code) == "410" or status.get("reason") in ("Expired", "Gone"):
            return Expired(message, 410)
        return ClusterUnavailable(f"the watch of {self.kind.plural} ended with an error ({message})", code if isinstance(code, int) else 0)


def _version(item: object) -> str:
    """Of a bookmark, "" when it has none."""
    metadata = item.get("metadata") if isinstance(item, dict) else None
    version = metadata.get("resourceVersion") if isinstance(metadata, dict) else None
    return version if isinstance(version, str) else ""
