# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event sources' way to the cluster: both run in one process and share one reflector for each kind, one session and one state of health."""
from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
import weakref
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any

from . import summaries
from .cluster import AGENT, BUFFER, GENERATOR, HOST, Kind
from .errors import InvalidArgument
from .health import Health, Place
from .kube_access import read_configuration
from .reflector import Pace, Reflector
from .source_options import SourceOptions, make_variables_absolute
from .streams import Streams

SUMMARIES = {GENERATOR: summaries.of_generator, HOST: summaries.of_host, BUFFER: summaries.of_buffer, AGENT: summaries.of_agent}

_open: dict[tuple[Any, ...], Watch] = {}        # by connection; the second source finds here what the first one opened
_calm: weakref.WeakSet[asyncio.AbstractEventLoop] = weakref.WeakSet()      # loops that run the handlers of signals themselves


class Watch:
    """Reflectors of one cluster, started when first asked for, and those who follow them."""

    def __init__(self, connection: Mapping[str, Any], pace: Pace) -> None:
        self.streams = Streams(lambda: read_configuration(connection))
        self.health = Health(self)
        self.reflectors: dict[Kind, Reflector] = {}
        self.users = 0
        self._pace = pace
        self._tasks: dict[Kind, asyncio.Task[None]] = {}
        self._followers: list[Follower] = []

    def items(self, kind: Kind) -> dict[str, Any]:
        """Summaries by namespace/name, UNREADABLE for one of which none could be made; empty as long as nothing could be listed."""
        return self.reflectors[kind].items if kind in self.reflectors else {}

    def readable(self, kind: Kind) -> Iterator[tuple[str, Any]]:
        """Those that could be made."""
        return ((key, summary) for key, summary in self.items(kind).items() if summary is not summaries.UNREADABLE)

    def sees_all(self, *kinds: Kind) -> bool:
        """Every object of these kinds could be listed and read."""
        return all(kind in self.reflectors and self.reflectors[kind].listed and not self.reflectors[kind].snapshot.faults() for kind in kinds)

    def start(self, kind: Kind, optional: bool = False) -> Reflector:
        """The reflector of this kind; optional: nothing that happens to it ends a source."""
        if kind not in self.reflectors:
            self.reflectors[kind] = Reflector(self.streams, kind, SUMMARIES[kind], self._changed, self._pace, optional)
            self._tasks[kind] = asyncio.create_task(self.reflectors[kind].run(), name=f"watch {kind.plural}")
            self._tasks[kind].add_done_callback(lambda _task: self._changed())
        return self.reflectors[kind]

    def follow(self, kinds: Iterable[Kind]) -> Follower:
        """One who is told of every change of these kinds."""
        follower = Follower(self, tuple(kinds))
        self._followers.append(follower)
        return follower

    def _changed(self) -> None:
        for follower in self._followers:
            follower.wake.set()

    def check(self, kinds: Iterable[Kind]) -> None:
        """Raise what ended a reflector: a missing right at the start, or a fault of ours."""
        for kind in kinds:
            task = self._tasks[kind]
            if task.done() and not task.cancelled():
                task.result()

    async def close(self) -> None:
        """End every reflector and every connection."""
        await self.health.close()
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self.streams.close()


class Follower:
    """Waits for changes."""

    def __init__(self, watch: Watch, kinds: tuple[Kind, ...]) -> None:
        self.wake = asyncio.Event()
        self._watch, self._kinds = watch, kinds
        for kind in kinds:
            watch.start(kind)

    async def listed(self) -> None:
        """Return when every kind was listed once. Raises what cannot heal."""
        while True:
            self.wake.clear()
            self._watch.check(self._kinds)
            if all(self._watch.reflectors[kind].listed for kind in self._kinds):
                return
            await self.wake.wait()

    async def change(self, seconds: float) -> None:
        """Return at the next change (of anything since the last return), or after so many seconds."""
        timer = asyncio.get_running_loop().call_later(max(seconds, 0), self.wake.set)     # wait_for() may forget that it was cancelled
        try:
            await self.wake.wait()
        finally:
            timer.cancel()
        self.wake.clear()
        self._watch.check(self._kinds)


@contextlib.asynccontextmanager
async def open_watch(options: SourceOptions) -> AsyncIterator[Watch]:
    """The watch of the cluster that these options name. The last source that leaves closes it, whatever made it leave. Raises InvalidArgument."""
    make_variables_absolute()
    signals_between_steps()
    key = (id(asyncio.get_running_loop()), *sorted(options.connection.items()))
    watch = _open.get(key) or _open.setdefault(key, Watch(options.connection, Pace(relist_seconds=options.relist_seconds)))
    watch.users += 1
    try:
        await _serve(watch, options)
        yield watch
    finally:
        watch.users -= 1
        if not watch.users:
            _open.pop(key, None)
            await watch.close()


async def _serve(watch: Watch, options: SourceOptions) -> None:
    if options.heartbeat_file:
        watch.health.beat_into(options.heartbeat_file)
    if options.port is None:
        return
    for other in _open.values():
        if other.health.place is not None:
            raise InvalidArgument(
                f"{options.source}: 'port' is set on source {other.health.place.source} as well: set 'host' and 'port' on one source, it answers for both")
    await watch.health.serve(Place(options.source, options.host, options.port))


def signals_between_steps() -> None:
    """From now on the handlers of SIGTERM and SIGINT run in the event loop, between two steps of its tasks; who raises there ends the loop.

    Python runs a handler wherever it is at that moment, and the engine's raises KeyboardInterrupt. In a source that passes for the source's own end, in
    the rules it is swallowed, and in the loop itself it loses a task, whose end is then waited for: in each case the process would never stop.
    """
    loop = asyncio.get_running_loop()
    if loop in _calm or threading.current_thread() is not threading.main_thread():         # Python handles signals in its main thread alone
        return
    _calm.add(loop)
    for number in (signal.SIGTERM, signal.SIGINT):
        handler = signal.getsignal(number)
        if callable(handler):
            loop.add_signal_handler(number, handler, number, None)
