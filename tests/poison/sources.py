# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event sources of a case, in process: real reflectors over real streams, whose connection is the store."""
from __future__ import annotations

import asyncio
import json
import runpy
from collections.abc import AsyncIterator
from functools import cache
from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils.cluster import AGENT, BUFFER, GENERATOR, HOST, Kind, Object
from ansible_collections.baremetal.generator.plugins.module_utils.reflector import Pace
from ansible_collections.baremetal.generator.plugins.module_utils.streams import Streams
from ansible_collections.baremetal.generator.plugins.module_utils.watch import Watch
from tests.model.cluster import Store
from tests.tools.places import name_the_collection

PLUGINS = name_the_collection() / "ansible_collections" / "baremetal" / "generator" / "extensions" / "eda" / "plugins" / "event_source"
WATCHED = (GENERATOR, BUFFER, HOST, AGENT)
TURNS = 400


@cache
def plugin(name: str) -> dict[str, Any]:
    """A source as the engine loads it."""
    return runpy.run_path(str(PLUGINS / f"{name}.py"))


class Reply:
    """An answer of the API to a list, or an endless one to a watch."""

    status = 200

    def __init__(self, body: bytes = b"", lines: asyncio.Queue[bytes] | None = None) -> None:
        self._body, self._lines = body, lines
        self.content = self
        self.headers: dict[str, str] = {}

    async def __aenter__(self) -> Reply:
        return self

    async def __aexit__(self, *_error: object) -> None:
        return None

    async def read(self, _most: int = -1) -> bytes:
        """All of it."""
        return self._body

    async def readany(self) -> bytes:
        """A chunk of the watch."""
        assert self._lines is not None
        return await self._lines.get()

    async def iter_any(self) -> AsyncIterator[bytes]:
        """Every chunk of the watch."""
        while True:
            yield await self.readany()


class ModelStreams(Streams):
    """What lies behind the session is the store. odd: by plural, what lists have besides their objects, and what a watch says at once."""

    def __init__(self, store: Store, odd: dict[str, list[Any]]) -> None:
        super().__init__(lambda: None)
        self.store, self.odd = store, odd
        self.watchers: dict[str, asyncio.Queue[bytes]] = {}

    def now(self) -> float:
        return self.store.now().timestamp()

    async def close(self) -> None:
        """Nothing is open."""

    async def _get(self, kind: Kind, query: dict[str, str], _seconds: float, *_rest: Any, **_more: Any) -> Any:
        self.requests += 1
        if "watch" not in query:
            items = [*self.odd.get(kind.plural, []), *self.store.of(kind)]
            return Reply(json.dumps({"metadata": {"resourceVersion": str(self.store.number)}, "items": items}).encode())
        lines = self.watchers[kind.plural] = asyncio.Queue()
        for item in self.odd.get(kind.plural, []):
            lines.put_nowait(json.dumps({"type": "ADDED", "object": item}).encode() + b"\n")
        return Reply(lines=lines)

    def tell(self, kind: Kind, before: Object | None, after: Object | None) -> None:
        """A change, to whom it concerns."""
        if kind.plural in self.watchers:
            what = "DELETED" if after is None else "ADDED" if before is None else "MODIFIED"
            self.watchers[kind.plural].put_nowait(json.dumps({"type": what, "object": after or before}).encode() + b"\n")


class Sources:
    """Both sources, as far as they see and decide; nothing is put anywhere."""

    def __init__(self, store: Store, odd: dict[str, list[Any]]) -> None:
        self.loop = asyncio.new_event_loop()
        self.store = store
        self.troubles: list[str] = []
        self._changes: list[tuple[Kind, Object | None, Object | None]] = []
        store.watchers.append(self._remember)
        self.loop.run_until_complete(self._open(odd))

    def _remember(self, _actor: str, kind: Kind, before: Object | None, after: Object | None) -> None:
        if kind in WATCHED:
            self._changes.append((kind, before, after))

    async def _open(self, odd: dict[str, list[Any]]) -> None:
        self.watch = Watch({}, Pace(first_pause=0.0, longest_pause=0.0))
        self.watch.streams = self.streams = ModelStreams(self.store, odd)
        for kind in WATCHED:
            self.watch.start(kind)
        await self._turn()

    async def _turn(self) -> None:
        for turn in range(TURNS):
            await asyncio.sleep(0)
            if turn > 8 and all(one.listed for one in self.watch.reflectors.values()) and all(lines.empty() for lines in self.streams.watchers.values()):
                return

    def see(self) -> dict[str, set[str]]:
        """What they see now: the keys of what is due, by stage, and the buffers with work. Raises what would end a source."""
        changes, self._changes = self._changes, []
        for kind, before, after in changes:
            self.streams.tell(kind, before, after)
        self.loop.run_until_complete(self._turn())
        self.watch.check(WATCHED)
        due, _next = plugin("generators")["due_work"](self.watch)[:2]
        sights = plugin("buffer_check")["look"](self.watch)[0]
        self.troubles = self.watch.health.troubles()
        unlisted = [kind.plural for kind in WATCHED if not self.watch.reflectors[kind].listed]
        assert not unlisted, f"the sources never got a list of {unlisted}"
        return {**{stage: set(work) for stage, work in due.items()}, "buffers": {name for name, sight in sights.items() if sight.has_work}}

    def close(self) -> None:
        """Nothing runs on."""
        self.loop.run_until_complete(self.watch.close())
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
