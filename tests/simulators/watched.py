# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What event sources ask of an API, answered as a test says, however odd; and a way to the API on which bytes can stop."""
from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterable
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

Object = dict[str, Any]


def page(items: Any, version: Any = "1", **metadata: Any) -> Object:
    """The answer to a list."""
    return {"kind": "List", "metadata": {"resourceVersion": version, **metadata}, "items": items}


class ScriptedApi:
    """Runs in the event loop of the test. `answers` of a list: the next one each time, the last one for ever; raw bytes drip, one each `drip` seconds.

    A watch sends the `lines` that are there, then what say() adds, until the time is over that it was asked for.
    """

    def __init__(self, answers: Iterable[Any] = (), lines: Iterable[Any] = (), drip: float = 0.02) -> None:
        self.answers, self.lines, self.drip = list(answers) or [page([])], list(lines), drip
        self.lists: list[dict[str, str]] = []
        self.watches: list[dict[str, str]] = []
        self._queues: list[asyncio.Queue[Any]] = []

    def say(self, *lines: Any) -> None:
        """To every watch that is open."""
        for queue in self._queues:
            for line in lines:
                queue.put_nowait(line)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Its address."""
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if "watch" in request.query:
            return await self._watch(request)
        self.lists.append(dict(request.query))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        answer = answer(request) if callable(answer) else answer
        if not isinstance(answer, bytes):
            return web.json_response(answer)
        response = web.StreamResponse()
        await response.prepare(request)
        for number in range(len(answer)):
            await response.write(answer[number:number + 1])
            await asyncio.sleep(self.drip)
        return response

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        self.watches.append(dict(request.query))
        response, queue = web.StreamResponse(), asyncio.Queue()
        await response.prepare(request)
        end = asyncio.get_running_loop().time() + float(request.query["timeoutSeconds"])
        self._queues.append(queue)
        try:
            for line in self.lines:
                await response.write(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n")
            with contextlib.suppress(asyncio.TimeoutError):
                while True:
                    line = await asyncio.wait_for(queue.get(), end - asyncio.get_running_loop().time())
                    await response.write(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n")
        finally:
            self._queues.remove(queue)
        return response


class FreezingProxy:
    """Hands bytes to and fro; freeze() stops those of the connections that are open, and closes none, as a firewall does that forgot them."""

    def __init__(self, url: str) -> None:
        self._there = urlsplit(url)
        self._frozen: set[asyncio.Task[None]] = set()
        self._going: set[asyncio.Task[None]] = set()
        self.connections = 0

    def freeze(self) -> None:
        """From now on nothing comes through on what is open now."""
        self._frozen |= self._going

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Its address."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()
            for task in [*self._going]:
                task.cancel()
            await asyncio.gather(*self._going, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        inner_reader, inner_writer = await asyncio.open_connection(self._there.hostname, self._there.port)
        for source, target in ((reader, inner_writer), (inner_reader, writer)):
            task = asyncio.create_task(self._pump(source, target))
            self._going.add(task)
            task.add_done_callback(self._going.discard)

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        me = asyncio.current_task()
        try:
            while data := await source.read(65536):
                if me not in self._frozen:
                    target.write(data)
        except OSError:
            pass
        finally:
            if me not in self._frozen:
                target.close()
