# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all simulated management systems share: an HTTPS server in a thread, sessions, counters, faults, a command line."""
from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import secrets
import signal
import socket
import ssl
import struct
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote

from aiohttp import web

LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Log in</title></head><body><form method='post'>User Password</form></body></html>"
CONTROL = "/_simulator/"

# Faults that every system can show, whatever it speaks.
TRANSPORT_FAULTS = {
    "slow": "answers after `seconds`",
    "hang": "takes the request and never answers",
    "reset": "resets the connection instead of answering",
    "truncated": "breaks off in the middle of the answer",
    "html": "answers with a login page and status 200",
    "garbage": "answers with status 200 and neither JSON nor XML",
    "throttled": "HTTP 429; `seconds` is its Retry-After, none without",
    "server_error": "HTTP 500",
    "bad_gateway": "HTTP 502",
    "unavailable": "HTTP 503; `seconds` is its Retry-After, none without",
    "gateway_timeout": "HTTP 504",
}
STATUS_FAULTS = {"throttled": 429, "server_error": 500, "bad_gateway": 502, "unavailable": 503, "gateway_timeout": 504}
# And those that each system words in its own way.
SYSTEM_FAULTS = {
    "wrong_password": "refuses the login although the password is right",
    "sessions_full": "has no free session at login",
    "session_expired": "forgets every session before it answers",
    "forbidden": "says that this user may not do this",
    "filter_refused": "does not take the filter",
    "item_added": "answers, then gets a new first object: pages shift by one",
    "item_removed": "answers, then loses the first object of the list: pages shift by one",
}
FAULTS = TRANSPORT_FAULTS | SYSTEM_FAULTS


@dataclass(frozen=True)
class Certificate:
    """Files of a server's certificate (with its chain) and of its key."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Ask:
    """One request, read to its end. query: as sent, percent signs decoded, plus signs not."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Any
    body: bytes
    client: str

    def parameter(self, name: str) -> str | None:
        """The first value of a query parameter."""
        return next((value for key, value in self.query if key == name), None)

    def parameters(self, name: str) -> list[str]:
        """All values of a query parameter."""
        return [value for key, value in self.query if key == name]


@dataclass
class Reply:
    """One answer."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Fault:
    """Something that goes wrong for requests whose label holds `path`: the first `after` of them pass, then `times` (None: all) fail."""

    kind: str
    times: int | None = None
    path: str = ""
    seconds: float | None = None
    after: int = 0
    happened: int = 0


class Faults:
    """The faults that a simulator is told to show."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, kind: str, times: int | None = None, path: str = "", seconds: float | None = None, after: int = 0) -> Fault:
        """From now on; see FAULTS for the kinds."""
        if kind not in FAULTS:
            raise ValueError(f"no fault {kind!r}; there are {', '.join(FAULTS)}")
        fault = Fault(kind, times, path, seconds, after)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """All is well again."""
        with self._lock:
            self._faults.clear()

    def take(self, kinds: Sequence[str] | dict[str, str], label: str) -> Fault | None:
        """The next fault of these kinds for this request, which is thereby used up once."""
        taken: Fault | None = None
        with self._lock:
            for fault in self._faults:
                if fault.kind not in kinds or fault.path not in label:
                    continue
                if fault.after > 0:
                    fault.after -= 1
                elif taken is None and (fault.times is None or fault.happened < fault.times):
                    fault.happened += 1
                    taken = fault
        return taken


@dataclass
class Counters:
    """What a simulator was asked. Only its own thread writes here; requests below /_simulator/ are not counted."""

    requests: int = 0
    by_path: Counter[str] = field(default_factory=Counter)          # "/rest/server-profiles"
    by_call: Counter[str] = field(default_factory=Counter)          # "GET /rest/server-profiles", "configResolveClass lsServer"
    by_status: Counter[int] = field(default_factory=Counter)
    logins: int = 0
    failed_logins: int = 0
    logouts: int = 0
    expired_sessions: int = 0
    open_sessions: int = 0
    peak_sessions: int = 0
    in_flight: int = 0
    peak_parallel: int = 0
    connections: int = 0
    bytes_sent: int = 0

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {name: dict(value) if isinstance(value, Counter) else value for name, value in vars(self).items()}


@dataclass
class _Session:
    user: str
    client: str
    used: float
    started: float = field(default_factory=time.time)


class Sessions:
    """Who is logged in. A session ends by logout, or when it was idle for too long."""

    def __init__(self, counters: Counters, quirks: Quirks, clock: Callable[[], float]) -> None:
        self._counters = counters
        self._quirks = quirks
        self._clock = clock
        self._open: dict[str, _Session] = {}

    def full(self, user: str) -> bool:
        """No further session for this user."""
        self._expire()
        of_user = sum(session.user == user for session in self._open.values())
        return len(self._open) >= self._quirks.sessions_total or of_user >= self._quirks.sessions_per_user

    def start(self, user: str, client: str, token: str | None = None) -> str:
        """A new session; its token."""
        token = token or secrets.token_urlsafe(27)
        self._open[token] = _Session(user, client, self._clock())
        self._counters.logins += 1
        self._count()
        return token

    def replace(self, old: str, new: str) -> None:
        """The session goes on under a new token; the old one is dead."""
        self._open[new] = self._open.pop(old)

    def use(self, token: str | None) -> str | None:
        """The user of a living session, which thereby lives on; None for any other token."""
        self._expire()
        session = self._open.get(token or "")
        if session is None:
            return None
        session.used = self._clock()
        return session.user

    def end(self, token: str) -> bool:
        """Logout; False when there was no such session."""
        ended = self._open.pop(token, None) is not None
        self._counters.logouts += ended
        self._count()
        return ended

    def forget(self) -> None:
        """All sessions end without a logout."""
        self._counters.expired_sessions += len(self._open)
        self._open.clear()
        self._count()

    def tokens(self) -> list[str]:
        """Of all open sessions."""
        return list(self._open)

    def _expire(self) -> None:
        oldest = self._clock() - self._quirks.idle_seconds
        for token in [token for token, session in self._open.items() if session.used < oldest]:
            del self._open[token]
            self._counters.expired_sessions += 1
        self._count()

    def _count(self) -> None:
        self._counters.open_sessions = len(self._open)
        self._counters.peak_sessions = max(self._counters.peak_sessions, len(self._open))


@dataclass
class Quirks:
    """Behaviour that differs between appliances; each system adds its own."""

    idle_seconds: float = 1800.0
    sessions_per_user: int = 100
    sessions_total: int = 1000
    requests_per_connection: int | None = None      # then the connection is closed
    announce_close: bool = True                     # say so in the last answer
    keep_alive_seconds: float = 15.0


class Simulator:
    """A management system on a port of 127.0.0.1. A subclass answers one request at a time; waiting is done here, so requests overlap."""

    name: ClassVar[str] = "simulator"
    quirks_type: ClassVar[type[Quirks]] = Quirks
    chunked: ClassVar[bool] = False

    def __init__(
        self,
        inventory: Any = None,
        port: int = 0,
        certificate: Certificate | None = None,
        latency: float = 0.0,
        username: str = "admin",
        password: str = "secret",
        clock: Callable[[], float] = time.monotonic,
        host: str = "127.0.0.1",
        **quirks: Any,
    ) -> None:
        self.inventory = inventory
        self.latency = latency
        self.username = username
        self.password = password
        self.certificate = certificate
        self.quirks = self.quirks_type(**quirks)
        self.counters = Counters()
        self.faults = Faults()
        self.before_answer: Callable[[Ask], None] | None = None     # is told of every request, which waits meanwhile
        self.change: Callable[[Ask, Reply], Reply] | None = None    # what is sent instead of an answer
        self.breaks: Callable[[Simulator, Ask], Fault | Reply | None] | None = None     # what comes instead, before anything is done
        self.sessions = Sessions(self.counters, self.quirks, clock)
        self.url = ""
        self._host = host
        self._port = port
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._failure: BaseException | None = None
        self._handlers: web.Server[Any] | None = None
        self._served: dict[Any, int] = {}                   # requests by connection

    # --- what a subclass says

    def answer(self, ask: Ask) -> Reply:
        """The answer to a request. Must not wait."""
        raise NotImplementedError

    def label(self, ask: Ask) -> str:
        """What faults and counters call this request."""
        return f"{ask.method} {ask.path}"

    def http_error(self, status: int) -> Reply:
        """An error that comes before the system's own logic."""
        return Reply(status, b"<html><body><h1>Service temporarily not available</h1></body></html>", "text/html")

    def servers(self) -> list[dict[str, Any]]:
        """The expected answers, for /_simulator/servers."""
        return self.inventory.answers() if self.inventory is not None else []

    # --- running

    def __enter__(self) -> Any:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listens; returns when requests are answered."""
        listener = socket.create_server((self._host, self._port), backlog=512)
        port = listener.getsockname()[1]
        self.url = f"{'https' if self.certificate else 'http'}://{self._host}:{port}"
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listener, ready), name=f"simulator-{self.name}-{port}", daemon=True)
        self._thread.start()
        ready.wait()
        if self._failure is not None:
            self._thread.join()
            listener.close()
            raise RuntimeError(f"the {self.name} simulator does not start: {self._failure}") from self._failure

    def stop(self) -> None:
        """Closes every connection and ends the thread; a second call does nothing."""
        if self._thread is None or self._loop is None or self._stopping is None:
            return
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(timeout=10)
        if self._thread.is_alive():
            raise RuntimeError(f"the {self.name} simulator does not stop")
        self._thread = None

    def _run(self, listener: socket.socket, ready: threading.Event) -> None:
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            runner.run(self._serve(listener, ready))

    async def _serve(self, listener: socket.socket, ready: threading.Event) -> None:
        self._stopping = asyncio.Event()
        try:
            context = None
            if self.certificate is not None:
                context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                context.load_cert_chain(self.certificate.certificate, self.certificate.key)
            handlers = self._handlers = web.Server(
                self._handle, access_log=None, logger=logging.getLogger("simulators"), keepalive_timeout=self.quirks.keep_alive_seconds)
            options: dict[str, Any] = {"ssl": context, "ssl_shutdown_timeout": 1.0} if context else {}
            server = await asyncio.get_running_loop().create_server(handlers, sock=listener, **options)
        except (OSError, ValueError) as error:
            self._failure = error
            ready.set()
            return
        ready.set()
        await self._stopping.wait()
        server.close()
        for connection in list(handlers.connections):
            if connection.transport is not None:
                connection.transport.abort()
        await handlers.shutdown(timeout=1.0)
        await server.wait_closed()

    # --- one request

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path, _rest, query = request.raw_path.partition("?")
        ask = Ask(
            method=request.method,
            path=unquote(path),
            query=tuple((unquote(key), unquote(value)) for key, _rest, value in (pair.partition("=") for pair in query.split("&") if pair)),
            headers=request.headers,
            body=await request.read(),
            client=request.remote or "",
        )
        if ask.path.startswith(CONTROL):
            return self._response(self._control(ask))
        counters = self.counters
        label = self.label(ask)
        counters.requests += 1
        counters.by_path[ask.path] += 1
        counters.by_call[label] += 1
        counters.in_flight += 1
        counters.peak_parallel = max(counters.peak_parallel, counters.in_flight)
        try:
            if self.before_answer is not None:
                await asyncio.get_running_loop().run_in_executor(None, self.before_answer, ask)
            return await self._answer(request, ask, f"{label} {ask.method} {ask.path}")
        finally:
            counters.in_flight -= 1

    async def _answer(self, request: web.BaseRequest, ask: Ask, label: str) -> web.StreamResponse:
        served = self._count_on_connection(request.protocol)
        slow = self.faults.take(("slow",), label)
        await self._pause(self.latency + (slow.seconds or 0.0 if slow else 0.0))
        broken = self.breaks(self, ask) if self.breaks is not None else None
        fault = broken if isinstance(broken, Fault) else self.faults.take([kind for kind in TRANSPORT_FAULTS if kind != "slow"], label)
        kind = fault.kind if fault else ""
        if kind == "hang":
            await self._pause(None)
        if kind in ("hang", "reset"):
            _reset(request)
            return web.Response()
        if isinstance(broken, Reply):
            reply = broken
        elif fault and kind in STATUS_FAULTS:
            reply = self.http_error(STATUS_FAULTS[kind])
            if fault.seconds is not None:
                reply.headers["Retry-After"] = f"{fault.seconds:g}"
        elif kind == "html":
            reply = Reply(200, LOGIN_PAGE, "text/html")
        elif kind == "garbage":
            reply = Reply(200, b"\x00\x01 not what you asked for {<")
        else:
            if self.faults.take(("session_expired",), label):
                self.sessions.forget()
            reply = self.answer(ask)
            if self.change is not None:
                reply = self.change(ask, reply)
        self.counters.by_status[reply.status] += 1
        self.counters.bytes_sent += len(reply.body)
        return await self._send(request, reply, served, truncated=kind == "truncated")

    def _count_on_connection(self, connection: Any) -> int:
        """How many requests have come on this connection."""
        if connection not in self._served:
            living = set(self._handlers.connections) if self._handlers else set()
            self._served = {one: count for one, count in self._served.items() if one in living} | {connection: 0}
            self.counters.connections += 1
        self._served[connection] += 1
        return self._served[connection]

    async def _send(self, request: web.BaseRequest, reply: Reply, served: int, truncated: bool) -> web.StreamResponse:
        limit = self.quirks.requests_per_connection
        last = limit is not None and served >= limit
        if limit is not None and not last:
            reply.headers["Keep-Alive"] = f"timeout={self.quirks.keep_alive_seconds:g}, max={limit - served}"
        response = self._response(reply)
        if last and self.quirks.announce_close:
            response.force_close()
        if not truncated and not (last and not self.quirks.announce_close):
            return response
        stream = web.StreamResponse(status=reply.status, headers=response.headers)
        if "Content-Length" not in stream.headers and not self.chunked:
            stream.content_length = len(reply.body)
        elif self.chunked:
            stream.enable_chunked_encoding()
        await stream.prepare(request)
        await stream.write(reply.body[:len(reply.body) // 2] if truncated else reply.body)
        if not truncated:
            await stream.write_eof()
        if request.transport is not None:
            request.transport.close()
        return stream

    def _response(self, reply: Reply) -> web.Response:
        headers = {"Content-Type": reply.content_type, **reply.headers}
        response = web.Response(status=reply.status, body=reply.body, headers=headers)
        if self.chunked and reply.body:
            response.enable_chunked_encoding()
        return response

    async def _pause(self, seconds: float | None) -> None:
        """Waits, but not beyond the end of the simulator."""
        if (seconds is None or seconds > 0) and self._stopping is not None:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), seconds)

    # --- for other processes

    def _control(self, ask: Ask) -> Reply:
        match ask.method, ask.path.removeprefix(CONTROL):
            case "GET", "counters":
                return json_reply(self.counters.as_dict())
            case "GET", "servers":
                return json_reply(self.servers())
            case "POST", "faults":
                try:
                    return json_reply(asdict(self.faults.add(**json.loads(ask.body))))
                except (TypeError, ValueError) as error:
                    return json_reply({"error": str(error)}, 400)
            case "DELETE", "faults":
                self.faults.clear()
                return json_reply({})
            case "POST", "quirks":
                return self._set_quirks(ask)
        return json_reply({"error": "there are GET counters, GET servers, POST and DELETE faults, POST quirks"}, 404)

    def _set_quirks(self, ask: Ask) -> Reply:
        known = {one.name for one in fields(self.quirks)}
        wanted = json.loads(ask.body)
        unknown = sorted(set(wanted) - known)
        if unknown:
            return json_reply({"error": f"no quirk {', '.join(unknown)}; there are {', '.join(sorted(known))}"}, 400)
        for name, value in wanted.items():
            setattr(self.quirks, name, value)
        return json_reply(asdict(self.quirks))


def _reset(request: web.BaseRequest) -> None:
    """Ends the connection as a crashed peer does: RST, no goodbye."""
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()


def json_reply(body: Any, status: int = 200, **headers: str) -> Reply:
    """An answer in JSON."""
    return Reply(status, json.dumps(body).encode(), "application/json", dict(headers))


class LoginPageSimulator(Simulator):
    """Some other web server: whatever it is asked, it shows its login page with status 200."""

    name = "login-page"

    def answer(self, ask: Ask) -> Reply:
        return Reply(200, LOGIN_PAGE, "text/html")


@contextlib.contextmanager
def silent_server() -> Iterator[str]:
    """The URL of a server that takes connections and never says a word, not even that of TLS."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"


@contextlib.contextmanager
def closed_port() -> Iterator[str]:
    """The URL of a port where nobody listens; it stays reserved meanwhile."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield f"https://127.0.0.1:{reserved.getsockname()[1]}"


# --- alone

def argument_parser(description: str, prefix: str) -> argparse.ArgumentParser:
    """The options that all simulators have when they run alone."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.simulators.{Path(sys.argv[0]).stem}", description=description, epilog=(
        "When it answers, one line of JSON with its url goes to standard output; SIGTERM or SIGINT ends it. "
        f"{CONTROL}counters, {CONTROL}servers (GET), {CONTROL}faults and {CONTROL}quirks (POST) are for looking and for meddling. "
        f"Faults: {', '.join(FAULTS)}."))
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one (default)")
    parser.add_argument("--servers", type=int, default=30, help="how many servers it manages (30)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same servers (1)")
    parser.add_argument("--prefix", default=prefix, help=f"how their names start ({prefix})")
    parser.add_argument("--odd", action="store_true", help="add one server of each odd kind")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that each request takes (0)")
    parser.add_argument("--certificate", type=Path, help="certificate chain in PEM; without it plain HTTP is spoken")
    parser.add_argument("--key", type=Path, help="the certificate's key in PEM")
    parser.add_argument("--username", default="admin", help="who may log in (admin)")
    parser.add_argument("--password-file", type=Path, help="file with the password (without it: secret)")
    return parser


def simulator_options(options: argparse.Namespace) -> dict[str, Any]:
    """What argument_parser() read, as arguments of a simulator."""
    return {
        "port": options.port,
        "latency": options.latency,
        "username": options.username,
        "password": options.password_file.read_text(encoding="utf-8").rstrip("\n") if options.password_file else "secret",
        "certificate": Certificate(options.certificate, options.key or options.certificate) if options.certificate else None,
    }


def serve_until_signal(simulators: Sequence[Simulator], ready: Callable[[], dict[str, Any]]) -> None:
    """Runs until SIGTERM or SIGINT; prints what ready() says when all of them answer."""
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_arguments: done.set())
    with contextlib.ExitStack() as stack:
        for simulator in simulators:
            stack.enter_context(simulator)
        print(json.dumps(ready()), flush=True)
        done.wait()
