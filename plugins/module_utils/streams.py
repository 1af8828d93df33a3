# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paged lists and watch streams of the Kubernetes API over aiohttp: what a reflector reads; nothing here retries."""
from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from .cluster import Kind
from .errors import ClusterError, ClusterUnavailable, InvalidArgument
from .kube_access import Connection
from .kube_clock import ServerClock
from .kube_errors import Answer, Request, quoted, refusal, unreachable, untrusted

try:
    import aiohttp
except ImportError:
    aiohttp = None

CONNECT_SECONDS = 10
ANSWER_SECONDS = 60                 # for one page, to its last byte
LIST_SECONDS = 300                  # for all of them
WATCH_GRACE_SECONDS = 15            # the server ends a watch by itself; this much later the connection counts as dead, whatever drips out of it
LONGEST_LINE = 16 * 1024 * 1024     # no object of etcd is that big
ODD_LINES = 20                      # lines in a row that are no events: what answers is no Kubernetes API


class Expired(ClusterError):
    """410, as a status or inside a stream: the version is too old, list again."""


class Streams:
    """One session with the API server. `read_configuration` may block and may raise; it is asked again after a 401."""

    def __init__(self, read_configuration: Callable[[], Connection]) -> None:
        self._read_configuration = read_configuration
        self._connection: Connection | None = None
        self._address = "the configured address"
        self._session: aiohttp.ClientSession | None = None
        self._opening = asyncio.Lock()
        self._clock = ServerClock()
        self.requests = 0

    def now(self) -> float:
        """The API server's clock, as a timestamp; this machine's as long as it has not answered."""
        now = self._clock.now()
        return time.time() if now is None else now.timestamp()

    async def close(self) -> None:
        """Close every connection."""
        session, self._session, self._connection = self._session, None, None
        if session is not None:
            await session.close()

    async def pages(self, kind: Kind, limit: int) -> AsyncIterator[tuple[list[Any], str]]:
        """All that is listed of the kind, page by page, each page with the version of the list. Whether an item is an object is for the reader to see."""
        token, end = "", time.monotonic() + LIST_SECONDS
        while True:
            left = end - time.monotonic()
            if left <= 0:
                raise ClusterUnavailable(f"the list of {kind.plural} from {self._address} had no end after {LIST_SECONDS} s")
            query = {"limit": str(limit), **({"continue": token} if token else {})}
            async with await self._get(kind, query, min(ANSWER_SECONDS, left)) as response:
                try:
                    items, version, token = _page(json.loads(await response.read()))
                except (ValueError, RecursionError, aiohttp.ClientError, asyncio.TimeoutError) as error:
                    raise ClusterUnavailable(f"the list of {kind.plural} from {self._address} was cut short or is none ({_brief(error)})") from error
            yield items, version
            if not token:
                return

    async def events(self, kind: Kind, version: str, seconds: float, heard: Callable[[], None]) -> AsyncIterator[dict[str, Any]]:
        """Watch events since `version` until the server closes the stream, which it is asked to do after `seconds`, {} for a line that is none.

        `heard` is called when the stream opens and at each line: bytes that make no line say nothing.
        """
        query = {"watch": "true", "allowWatchBookmarks": "true", "resourceVersion": version, "timeoutSeconds": str(max(int(seconds), 1))}
        async with await self._get(kind, query, seconds + WATCH_GRACE_SECONDS) as response:
            heard()
            rest, odd, lively = b"", 0, False
            try:
                async for chunk in response.content.iter_any():
                    *lines, rest = (rest + chunk).split(b"\n") if b"\n" in chunk else (rest + chunk,)
                    if len(rest) > LONGEST_LINE:
                        raise ClusterUnavailable(f"the watch of {kind.plural} at {self._address} sent a line without end")
                    for line in filter(None, lines):
                        heard()
                        event, lively = _event(line), True
                        odd = 0 if event else odd + 1
                        if odd > ODD_LINES:
                            raise ClusterUnavailable(f"the watch of {kind.plural} at {self._address} sent {odd} lines in a row that are no events")
                        yield event
            except asyncio.TimeoutError as error:
                if not lively:
                    raise ClusterUnavailable(f"the watch of {kind.plural} at {self._address} fell silent ({_brief(error)})") from error
            except (ValueError, aiohttp.ClientError) as error:
                raise ClusterUnavailable(f"the watch of {kind.plural} at {self._address} broke off ({_brief(error)})") from error

    async def _get(self, kind: Kind, query: dict[str, str], seconds: float) -> aiohttp.ClientResponse:
        """The answer to a GET once its status is known to be good: an error's body is never read as a stream. Its last byte has to come within `seconds`."""
        session, connection, options = await self._open()
        request = Request("watch" if "watch" in query else "list", kind, where=self._address)
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)
        self.requests += 1
        try:
            response = await session.get(f"{connection.host}{request.path}", params=query, timeout=timeout, allow_redirects=False, **options)
        except aiohttp.ClientConnectorCertificateError as error:
            raise untrusted(self._address) from error
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError) as error:
            raise unreachable(self._address, _why(error)) from error
        self._clock.hear(response.headers.get("Date"))
        if response.status == 200:
            return response
        async with response:
            raise await self._failure(request, response)

    async def _failure(self, request: Request, response: aiohttp.ClientResponse) -> ClusterError:
        try:
            body = await response.content.read(65536)
        except (aiohttp.ClientError, asyncio.TimeoutError):
            body = b""
        if response.status == 401:
            self._connection = None         # the credentials may have been renewed meanwhile
        error = refusal(request, Answer(response.status, body, {name.lower(): value for name, value in response.headers.items()}))
        return Expired(str(error), 410) if response.status == 410 else error

    async def _open(self) -> tuple[aiohttp.ClientSession, Connection, dict[str, Any]]:
        """The session, where it leads, and what every request needs. Reading credentials may run a program or read files, so it happens in a thread."""
        async with self._opening:
            if self._connection is None or self._session is None:
                if aiohttp is None:
                    raise InvalidArgument("the event sources need the Python package aiohttp: install it beside ansible-rulebook")
                connection, tls = await asyncio.to_thread(_configure, self._read_configuration)
                await self.close()
                self._connection, self._address, self._session = connection, connection.shown, _session(connection, tls)
            session, connection = self._session, self._connection
            headers = await asyncio.to_thread(connection.login.headers)
        return session, connection, _options(connection, headers)


def _session(connection: Connection, tls: ssl.SSLContext) -> aiohttp.ClientSession:
    """The environment is not looked at: what it says of proxies is in the connection already."""
    proxy = connection.proxy
    if proxy is None or not proxy.is_socks:
        connector: Any = aiohttp.TCPConnector(ssl=tls)
    else:
        try:
            from aiohttp_socks import ProxyConnector  # pylint: disable=import-outside-toplevel  # only who has such a proxy needs it
        except ImportError:
            raise InvalidArgument(
                f"The proxy {proxy.url} needs the Python package aiohttp-socks: install it beside ansible-rulebook (pip install aiohttp-socks).") from None
        address = f"socks5://{proxy.url.partition('://')[2]}"
        connector = ProxyConnector.from_url(address, username=proxy.username or None, password=proxy.password or None, rdns=True, ssl=tls)
    return aiohttp.ClientSession(connector=connector, headers={"Accept": "application/json", "User-Agent": "baremetal.generator"}, trust_env=False)


def _options(connection: Connection, login: list[tuple[str, str]]) -> dict[str, Any]:
    """Who we are, and the way through the proxy."""
    options: dict[str, Any] = {}
    proxy = connection.proxy
    if proxy is not None and not proxy.is_socks:
        options["proxy"] = proxy.url
        if connection.host.startswith("https:"):
            options["proxy_headers"] = proxy.headers()
        else:
            login = [*login, *proxy.headers().items()]        # nothing but the request itself goes to the proxy
    if connection.tls_server_name:
        options["server_hostname"] = connection.tls_server_name
    return {"headers": login, **options}


def _page(body: Any) -> tuple[list[Any], str, str]:
    """What a list answered: its items, its version, and how it goes on; ValueError when it is no list."""
    match body:
        case {"metadata": {"resourceVersion": str() as version} as metadata} if version:
            items, token = body.get("items") or [], metadata.get("continue") or ""
            if isinstance(items, list) and isinstance(token, str):
                return items, version, token
    raise ValueError("not a list of objects")


def _event(line: bytes) -> dict[str, Any]:
    """One line of a watch, {} when it is not an event."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def _configure(read_configuration: Callable[[], Connection]) -> tuple[Connection, ssl.SSLContext]:
    connection = read_configuration()
    return connection, connection.tls()


def _why(error: BaseException) -> str:
    """In words that the modules' client uses as well."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy refuses: {error.status} {quoted(error.message)}"
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return "the proxy does not answer"
    if isinstance(error, aiohttp.ServerTimeoutError):
        return f"no connection within {CONNECT_SECONDS} s"
    if isinstance(error, asyncio.TimeoutError):
        return "no answer in time"
    if isinstance(error, aiohttp.ClientConnectorError) and not isinstance(error, aiohttp.ClientSSLError):
        return "nobody answers at this address"
    return f"the connection broke ({_brief(error)})"


def _brief(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
