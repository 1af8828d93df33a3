# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP side: aiohttp in a thread of its own, faults, records, and the streams of watches."""
from __future__ import annotations

import asyncio
import json
import random
import socket
import ssl
import threading
import time
from typing import Any

from aiohttp import web

from .api import Answer, Api, Request, refusal
from .errors import ApiError, expired
from .faults import Fault, Faults, Recorded
from .store import Change
from .watch import Watch, error_line


class Server:
    """Serves an Api on 127.0.0.1 until it is stopped."""

    def __init__(self, api: Api, faults: Faults, records: list[Recorded], bookmark_seconds: float = 60.0) -> None:
        self._api, self._faults, self._records = api, faults, records
        self._bookmark_seconds = bookmark_seconds
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="kubernetes-api", daemon=True)
        self._started = threading.Event()
        self._stopping: asyncio.Event | None = None
        self._failure: BaseException | None = None
        self._watches: set[asyncio.Queue[Change | None]] = set()
        self.port = 0

    def start(self, at: int | socket.socket, tls: ssl.SSLContext | None) -> None:
        """Listen at this port (0: a free one), or on this socket that is bound; returns when it does."""
        self._options = (at, tls)
        self._thread.start()
        self._started.wait()
        if self._failure:
            raise self._failure

    def stop(self) -> None:
        """Close everything; returns when the thread has ended."""
        if self._thread.is_alive() and self._stopping:
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)

    def drop_watches(self) -> None:
        """End every open watch now, without a word, as a restart of the server does."""
        def end() -> None:
            for queue in self._watches:
                queue.put_nowait(None)
        self._loop.call_soon_threadsafe(end)

    @property
    def open_watches(self) -> int:
        """How many watches are open."""
        return len(self._watches)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        except OSError as error:
            self._failure = error
            self._started.set()
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        at, tls = self._options
        self._stopping = asyncio.Event()
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site: web.BaseSite = (
            web.SockSite(runner, at, ssl_context=tls, backlog=1024) if isinstance(at, socket.socket)
            else web.TCPSite(runner, "127.0.0.1", at, ssl_context=tls, backlog=1024))
        await site.start()
        self.port = runner.addresses[0][1]
        self._started.set()
        await self._stopping.wait()
        for queue in self._watches:
            queue.put_nowait(None)
        await runner.cleanup()

    async def _handle(self, call: web.Request) -> web.StreamResponse:
        begun = time.perf_counter()
        request = Request(
            method=call.method, path=call.rel_url.raw_path if "%" not in call.rel_url.raw_path else call.path, query=dict(call.query),
            body=await call.read(), content_type=call.headers.get("Content-Type", ""), accept=call.headers.get("Accept", "application/json"),
            token=_token(call.headers.get("Authorization")), user_agent=call.headers.get("User-Agent", ""))
        watching = request.method == "GET" and request.query.get("watch", "").lower() in ("true", "1") and not _names_one(request.path)
        method = "WATCH" if watching else request.method
        record = Recorded(method, request.path, request.query, body=_parsed(request.body), user_agent=request.user_agent, port=_port(call))
        if request.path.startswith("/_simulator/"):
            return self._control(request)
        self._records.append(record)
        faults = self._faults.take(method, request.path)
        for fault in faults:
            if fault.kind == "latency":
                await asyncio.sleep(fault.seconds)
            elif fault.kind == "drop":
                return self._drop(call)
            elif fault.kind == "call" and fault.before:
                await self._loop.run_in_executor(None, fault.before, record)
        try:
            if watching:
                return await self._watch(call, request, record, faults)
            answer = self._faulty(faults, request) or self._api.answer(request)
        except ApiError as error:
            answer = refusal(error)
        record.status, record.user = answer.code, request.user.name if request.user else ""
        record.answer = answer.text
        record.seconds = time.perf_counter() - begun
        for fault in faults:
            if fault.kind == "call" and fault.after:
                await self._loop.run_in_executor(None, fault.after, record)
            elif fault.kind == "lost":
                return self._drop(call)
        return _response(answer)

    @staticmethod
    def _faulty(faults: list[Fault], request: Request) -> Answer | None:
        for fault in faults:
            if fault.kind == "status":
                details: dict[str, Any] | None = {"causes": fault.causes} if fault.causes else None
                raise ApiError(fault.code, fault.reason, fault.message, details, retry_after=fault.retry_after)
            if fault.kind == "expire" and request.query.get("continue"):
                raise expired("The provided continue parameter is too old to display a consistent list result.")
        return None

    @staticmethod
    def _drop(call: web.Request) -> web.Response:
        if call.transport:
            call.transport.abort()
        return web.Response()

    def _control(self, request: Request) -> web.Response:
        """For other processes: what was asked, and faults to come."""
        if request.path == "/_simulator/faults" and request.method == "POST":
            self._faults.add(**json.loads(request.body))
            return web.json_response({})
        if request.path == "/_simulator/counters":
            by_path: dict[str, int] = {}
            for record in self._records:
                by_path[f"{record.method} {record.path}"] = by_path.get(f"{record.method} {record.path}", 0) + 1
            return web.json_response({"requests": len(self._records), "by_path": by_path, "open_watches": self.open_watches})
        if request.path == "/_simulator/compact":
            with self._api.objects.lock:
                self._api.objects.store.compact()
            return web.json_response({})
        return web.json_response({}, status=404)

    # -- watches

    async def _watch(self, call: web.Request, request: Request, record: Recorded, faults: list[Fault]) -> web.StreamResponse:
        self._faulty(faults, request)
        opened = self._api.open_watch(request)
        record.user, record.status = request.user.name if request.user else "", 200
        watch = Watch(self._api.objects, opened)
        queue: asyncio.Queue[Change | None] = asyncio.Queue()
        store = self._api.objects.store
        allowed = next((fault.events for fault in faults if fault.kind == "drop-watch"), None)
        failure: ApiError | None = None
        lines: list[str] = []
        with self._api.objects.lock:
            stop = store.listen(lambda change: self._loop.call_soon_threadsafe(queue.put_nowait, change))
            try:
                if any(fault.kind == "expire" for fault in faults):
                    raise expired(f"too old resource version: {request.query.get('resourceVersion', '0')} ({store.version})")
                lines = watch.begin()
            except ApiError as error:
                failure = error
        if failure and failure.code not in (410, 504):
            stop()
            raise failure
        self._watches.add(queue)
        response = web.StreamResponse(headers={"Content-Type": "application/json", "Cache-Control": "no-cache, private"})
        try:
            await response.prepare(call)
            if failure:
                await response.write(error_line(failure).encode())
                return response
            await self._stream(call, response, watch, queue, lines, allowed)
        except ConnectionResetError:
            record.answer = "the client went away"
        finally:
            self._watches.discard(queue)
            stop()
        return response

    async def _stream(
        self, call: web.Request, response: web.StreamResponse, watch: Watch, queue: asyncio.Queue[Change | None], lines: list[str], allowed: int | None,
    ) -> None:
        seconds = float(call.query.get("timeoutSeconds") or 0) or random.uniform(1800, 3600)
        end = self._loop.time() + seconds
        next_bookmark = self._next_bookmark(end)
        sent = 0
        while True:
            if lines:
                if allowed is not None and sent + len(lines) > allowed:
                    lines = lines[:allowed - sent]
                await response.write("".join(lines).encode())
                sent += len(lines)
                lines = []
            if allowed is not None and sent >= allowed:
                self._drop(call)
                return
            now = self._loop.time()
            if now >= end:
                return
            until = min(end, next_bookmark) if watch.bookmarks else end
            try:
                change = await asyncio.wait_for(queue.get(), max(0.0, until - now))
            except TimeoutError:
                if watch.bookmarks and self._loop.time() >= next_bookmark:
                    lines = [watch.bookmark(self._current(watch))]
                    next_bookmark = self._next_bookmark(end)
                continue
            if change is None:
                self._drop(call)
                return
            lines = watch.lines(change)
            while not queue.empty():
                change = queue.get_nowait()
                if change is None:
                    self._drop(call)
                    return
                lines += watch.lines(change)

    def _next_bookmark(self, end: float) -> float:
        """Now and then, and once more two seconds before the end."""
        now = self._loop.time()
        regular = now + self._bookmark_seconds
        return min(regular, end - 2) if end - 2 > now else regular

    def _current(self, watch: Watch) -> int:
        with self._api.objects.lock:
            return max(self._api.objects.store.version, watch.seen)


def _names_one(path: str) -> bool:
    """A path that ends in a name: the server knows no watch of one object there."""
    parts = [part for part in path.split("/") if part][2 if path.startswith("/api/") else 3:]
    return len(parts) in (2, 4, 5) and not (len(parts) == 2 and parts[0] == "namespaces" and path.startswith("/apis/"))


def _port(call: web.Request) -> int:
    """Whose socket it came from; 0 when that is closed already."""
    peer = call.transport.get_extra_info("peername") if call.transport else None
    return peer[1] if peer else 0


def _token(header: str | None) -> str | None:
    if not header or not header.lower().startswith("bearer "):
        return None
    return header[7:].strip()


def _parsed(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


def _response(answer: Answer) -> web.Response:
    response = web.Response(status=answer.code, body=answer.text.encode(), headers={"Content-Type": answer.content_type, "Cache-Control": "no-cache, private"})
    for name, value in answer.headers:
        response.headers.add(name, value)
    return response
