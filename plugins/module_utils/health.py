# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Are the event sources alive: a heartbeat file, /healthz and /metrics. The rulebook engine itself says nothing of a source that has died."""
from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .errors import InvalidArgument
from .kube_errors import quoted
from .snapshots import Snapshot

try:
    from aiohttp import web
except ImportError:
    web = None

if TYPE_CHECKING:
    from .watch import Watch

logger = logging.getLogger(__name__)

BEAT_SECONDS = 10
SILENT_SECONDS = 75         # longer than a watch lives without any word
STUCK_SECONDS = 120         # a source comes round at least this often
BUSY_SECONDS = 1800         # and waits for the engine to take an event at most this long


@dataclass(frozen=True)
class Place:
    """Where to listen, and which source was told to."""

    source: str
    host: str
    port: int


@dataclass
class SourceHealth:
    """What one source tells of itself."""

    name: str
    round_at: float = field(default_factory=time.monotonic)
    putting_since: float | None = None
    events: int = 0
    last_event_at: float | None = None      # timestamp
    work: dict[str, int] = field(default_factory=dict)
    untouched: str = ""                     # the sentence about work that no run touches; empty when all is well
    unreadable: dict[str, str] = field(default_factory=dict)    # of what this source could make nothing, and why

    def round(self, work: dict[str, int], untouched: str = "", unreadable: Mapping[str, str] | None = None) -> None:
        """Once more through the loop, what was seen to do, and what is wrong. One line when something begins to be unreadable, and one when it ends."""
        before, self.unreadable = self.unreadable, dict(unreadable or {})
        self.round_at, self.untouched = time.monotonic(), untouched
        self.work = {**work, "unreadable": len(self.unreadable)}
        if self.unreadable and not before:
            what, why = next(iter(self.unreadable.items()))
            more = f", and {len(self.unreadable) - 1} more" if len(self.unreadable) > 1 else ""
            logger.warning("%s: %s is passed over%s: %s", self.name, what, more, quoted(why))
        elif before and not self.unreadable:
            logger.warning("%s: nothing is passed over any more", self.name)

    @contextlib.contextmanager
    def putting(self) -> Iterator[None]:
        """While the engine has not taken the event."""
        self.putting_since = time.monotonic()
        try:
            yield
        finally:
            self.putting_since, self.round_at = None, time.monotonic()
        self.events += 1
        self.last_event_at = time.time()

    def trouble(self) -> str:
        """Why it is not well, or ""."""
        now = time.monotonic()
        if self.putting_since is not None:
            return f"the rulebook engine has not taken an event for {now - self.putting_since:.0f} s" if now - self.putting_since > BUSY_SECONDS else ""
        return f"it has stood still for {now - self.round_at:.0f} s" if now - self.round_at > STUCK_SECONDS else self.untouched


class Health:
    """Of one watch and the sources that use it."""

    def __init__(self, watch: Watch) -> None:
        self.place: Place | None = None
        self._watch = watch
        self._sources: dict[str, SourceHealth] = {}
        self._files: list[str] = []
        self._beating: asyncio.Task[None] | None = None
        self._runner: Any = None

    def of(self, name: str) -> SourceHealth:
        """The part of one source."""
        return self._sources.setdefault(name, SourceHealth(name))

    def troubles(self) -> list[str]:
        """One sentence, on one line, for each thing that is not well."""
        found = [f"source {source.name}: {trouble}" for source in self._sources.values() if (trouble := source.trouble())]
        for reflector in self._watch.reflectors.values():
            if reflector.optional and not reflector.listed:
                continue
            silent = time.monotonic() - max(reflector.last_heard or 0.0, reflector.started)
            if silent > SILENT_SECONDS or (reflector.trouble and not reflector.connected and silent > BEAT_SECONDS):
                found.append(f"{reflector.kind.plural}: nothing heard for {silent:.0f} s; {quoted(reflector.trouble) or 'no error either'}")
        return found

    def report(self) -> dict[str, Any]:
        """All of it, for the heartbeat file."""
        troubles = self.troubles()
        return {
            "ok": not troubles, "troubles": troubles, "time": round(time.time(), 3),
            "sources": {
                source.name: {"events": source.events, "last_event_at": source.last_event_at,
                              "waiting_for_engine": source.putting_since is not None, "stages_fail": bool(source.untouched), **source.work}
                for source in self._sources.values()
            },
            "kinds": {
                reflector.kind.plural: {"objects": len(reflector.items), "listed": reflector.listed, "lists": reflector.lists,
                                        "watches": reflector.watches, "failures": reflector.failures, **_told_of(reflector.snapshot)}
                for reflector in self._watch.reflectors.values()
            },
        }

    def metrics(self) -> str:
        """In the text format of Prometheus."""
        report = self.report()
        lines = ["# TYPE generator_source_up gauge", f"generator_source_up {int(report['ok'])}"]
        for name, values in report["sources"].items():
            lines += [f'generator_source_{key}{{source="{name}"}} {float(value or 0):g}' for key, value in values.items()]
        for plural, values in report["kinds"].items():
            lines += [f'generator_watch_{key}{{kind="{plural}"}} {float(value):g}' for key, value in values.items()]
        return "\n".join(lines) + "\n"

    def beat_into(self, path: str) -> None:
        """Write the report into this file every few seconds."""
        if path not in self._files:
            _write(path, self.report())
            self._files.append(path)
        if self._beating is None:
            self._beating = asyncio.create_task(self._beat(), name="heartbeat")

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            for path in self._files:
                try:
                    _write(path, self.report())
                except InvalidArgument as error:
                    logger.warning("%s", error)

    async def serve(self, place: Place) -> None:
        """Answer /healthz and /metrics."""
        if web is None:
            raise InvalidArgument(f"{place.source}: 'port' needs the Python package aiohttp: install it beside ansible-rulebook")
        self.place = place
        app = web.Application()
        app.add_routes([web.get("/healthz", self._healthz), web.get("/metrics", self._metrics)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        self._runner = runner
        try:
            await web.TCPSite(runner, place.host, place.port).start()
        except (OSError, OverflowError) as error:
            raise InvalidArgument(f"{place.source}: 'host' and 'port' cannot be listened on ({place.host}:{place.port}, {error.strerror or error}): "
                                  "choose a free port") from error

    async def _healthz(self, _request: web.Request) -> web.Response:
        troubles = self.troubles()
        return web.Response(text="\n".join(troubles or ["ok"]) + "\n", status=503 if troubles else 200)

    async def _metrics(self, _request: web.Request) -> web.Response:
        return web.Response(text=self.metrics(), content_type="text/plain")

    async def close(self) -> None:
        """Stop listening and beating; the heartbeat file goes."""
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)
        for path in self._files:
            with contextlib.suppress(OSError):
                os.unlink(path)
        if self._runner is not None:
            await self._runner.cleanup()


def _told_of(snapshot: Snapshot) -> dict[str, int]:
    """unreadable: no summary could be made, or it is no object at all; odd: a summary was made without what cannot be read of it."""
    return {"unreadable": len(snapshot.unreadable) + snapshot.unnamed, "odd": len(snapshot.odd)}


def _write(path: str, report: dict[str, Any]) -> None:
    """Whole or not at all."""
    try:
        with open(f"{path}.new", "w", encoding="utf-8") as file:
            json.dump(report, file)
        os.replace(f"{path}.new", path)
    except OSError as error:
        raise InvalidArgument(f"'heartbeat_file' {path} cannot be written: {error.strerror}") from error
