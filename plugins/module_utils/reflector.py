# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture of one kind that stays true: list, watch, list again; of each object it keeps a small summary."""
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
from .streams import Expired, Streams

logger = logging.getLogger(__name__)

# What nobody but a person can heal. At the start it ends the source, loudly; later it is waited out, since rights and tokens come back.
PERMANENT = (Unauthorized, Forbidden, KindMissing, Untrusted, InvalidArgument)


@dataclass(frozen=True)
class Pace:
    """How often a reflector asks."""

    page: int = 250
    watch_seconds: float = 120          # a connection that died unseen is noticed this late, and a little
    relist_seconds: float = 600
    first_pause: float = 0.25
    longest_pause: float = 30
    steady_seconds: float = 5           # a watch that lived this long shows that all is well


class Reflector:
    """`items` maps namespace/name to what `summarize` made of the object; `changed` is called when any of it differs from before.

    run() never returns. It raises what cannot heal (PERMANENT) only before the first list succeeded, and not at all when the kind is optional.
    """

    def __init__(self, streams: Streams, kind: Kind, summarize: Callable[[Object], Hashable], changed: Callable[[], None], pace: Pace = Pace(),
                 optional: bool = False) -> None:
        self.kind = kind
        self.optional = optional
        self.started = time.monotonic()
        self.items: dict[str, Any] = {}
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
        self._said = False                          # somebody was told of the trouble

    async def run(self) -> None:
        """Keep the picture true until cancelled."""
        while True:
            self._round_began = time.monotonic()
            retry_after = None
            try:
                if self._version is None or self._round_began >= self._relist_at:
                    await self._list()
                await self._watch()
            except Expired:
                self._version = None
            except PERMANENT as error:
                if not self.listed and not self.optional:
                    raise
                self._failed(error)
            except ClusterUnavailable as error:
                self._failed(error)
                retry_after = error.retry_after
            self.connected = False
            await self._rest(retry_after)

    def _steady(self) -> bool:
        return time.monotonic() - self._round_began >= self._pace.steady_seconds

    def _failed(self, error: GeneratorError) -> None:
        """One line when trouble begins, not one for each try; a watch that broke once after a good time is no trouble."""
        self.failures += 1
        again, self.trouble = bool(self.trouble) or not self._steady(), str(error)
        if again and not self._said:
            self._said = True
            logger.warning("%s: %s; trying again", self.kind.plural, error)

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
        found: dict[str, Any] = {}
        version = ""
        async with aclosing(self._streams.pages(self.kind, self._pace.page)) as pages:
            async for objects, version in pages:
                self._heard()
                for item in objects:
                    found[key_of(item)] = self._summarize(item)
        differs = found != self.items or not self.listed
        self.items, self.listed, self._version = found, True, version
        self._relist_at = time.monotonic() + self._pace.relist_seconds * random.uniform(0.9, 1.1)
        if differs:
            self._changed()

    async def _watch(self) -> None:
        self.watches += 1
        seconds = min(self._pace.watch_seconds, max(self._relist_at - time.monotonic(), 1))
        async with aclosing(self._streams.events(self.kind, self._version or "", seconds, self._watching)) as events:
            async for event in events:
                self._hear(event["type"], event["object"])

    def _hear(self, what: str, item: Object) -> None:
        if what == "ERROR":
            self._version = None
            message, code = str(item.get("message", ""))[:200], int(item.get("code") or 0)
            raise Expired(message, 410) if code == 410 else ClusterUnavailable(f"the watch of {self.kind.plural} ended with an error ({message})", code)
        self._version = item["metadata"]["resourceVersion"]
        if what != "BOOKMARK":
            self._take(what, item)

    def _take(self, what: str, item: Object) -> None:
        key = key_of(item)
        if what == "DELETED":
            if self.items.pop(key, self) is not self:
                self._changed()
            return
        summary = self._summarize(item)
        if self.items.get(key, self) != summary:
            self.items[key] = summary
            self._changed()


def key_of(item: Object) -> str:
    """namespace/name of an object; /name without a namespace."""
    metadata = item["metadata"]
    return f"{metadata.get('namespace', '')}/{metadata['name']}"
