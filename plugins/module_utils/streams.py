# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paged lists and watch streams of the Kubernetes API over aiohttp: what a reflector reads; nothing here retries."""
from __future__ import annotations

import asyncio
import json
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment

from . import names
from .cluster import Kind
from .errors import ClusterError, ClusterUnavailable, Forbidden, InvalidArgument, KindMissing, Unauthorized, Untrusted
from .kube_access import forget_files
from .kube_errors import quoted

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
INSTALLED_BY = {names.GROUP: "ansible-playbook baremetal.generator.install", "metal3.io": "it is part of Metal3"}

_configuring = threading.Lock()


class Expired(ClusterError):
    """410, as a status or inside a stream: the version is too old, list again."""


class Streams:
    """One session with the API server. `read_configuration` may block and may raise; it is asked again after a 401."""

    def __init__(self, read_configuration: Callable[[], Any]) -> None:
        self._read_configuration = read_configuration
        self._configuration: Any = None
        self._address = "the configured address"
        self._session: aiohttp.ClientSession | None = None
        self._opening = asyncio.Lock()
        self._clock_offset = 0.0
        self.requests = 0

    def now(self) -> float:
        """The API server's clock, as a timestamp: its last Date header and the time gone since."""
        return time.time() + self._clock_offset

    async def close(self) -> None:
        """Close every connection."""
        session, self._session, self._configuration = self._session, None, None
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
        session, options = await self._open()
        path = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)
        self.requests += 1
        try:
            response = await session.get(f"{self._address}{path}/{kind.plural}", params=query, timeout=timeout, **options)
        except aiohttp.ClientConnectorCertificateError as error:
            raise Untrusted(
                f"the certificate of the Kubernetes API at {self._address} is not trusted: give its CA as 'ca_cert' (K8S_AUTH_SSL_CA_CERT) or in the kubeconfig"
            ) from error
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            raise ClusterUnavailable(f"the Kubernetes API at {self._address} cannot be reached ({_brief(error)})") from error
        if "Date" in response.headers:
            self._clock_offset = _timestamp(response.headers["Date"], time.time() + self._clock_offset) - time.time()
        if response.status == 200:
            return response
        async with response:
            raise await self._failure(kind, response)

    async def _failure(self, kind: Kind, response: aiohttp.ClientResponse) -> ClusterError:
        status = response.status
        try:
            message = quoted(json.loads(await response.content.read(65536)).get("message", ""))
        except (ValueError, AttributeError, RecursionError, aiohttp.ClientError, asyncio.TimeoutError):
            message = ""
        if status == 401:
            self._configuration = None
            return Unauthorized(
                f"the Kubernetes API at {self._address} refused the credentials (401): "
                "renew the token or the kubeconfig ('kubeconfig', 'api_key', K8S_AUTH_*)", 401
            )
        if status == 403:
            return Forbidden(f"the Kubernetes API at {self._address} does not allow to list and watch {kind.plural} (403): {message or 'grant the right'}", 403)
        if status == 404:
            how = INSTALLED_BY.get(kind.group, "it is part of the assisted installer")
            return KindMissing(f"the Kubernetes API at {self._address} has no {kind.plural}.{kind.group}: install its CRD ({how})", 404)
        if status == 410:
            return Expired(f"the version is too old ({message})", 410)
        sentence = f"the Kubernetes API at {self._address} answered {status} ({message})"
        return ClusterUnavailable(sentence, status, retry_after=_seconds(response.headers.get("Retry-After")))

    async def _open(self) -> tuple[aiohttp.ClientSession, dict[str, Any]]:
        """The session and what every request needs. Reading credentials may run a program or read files, so it happens in a thread."""
        async with self._opening:
            if self._configuration is None:
                if aiohttp is None:
                    raise InvalidArgument("the event sources need the Python package aiohttp: install it beside ansible-rulebook")
                configuration, tls = await asyncio.to_thread(_configure, self._read_configuration)
                await self.close()
                self._configuration, self._address = configuration, configuration.host.rstrip("/")
                self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls), headers={"Accept": "application/json"}, trust_env=False)
            configuration = self._configuration
            auth = await asyncio.to_thread(configuration.auth_settings)
        headers = {entry["key"]: entry["value"] for entry in auth.values() if entry.get("in") == "header" and entry.get("value")}
        if not headers and configuration.username:
            headers = {"authorization": configuration.get_basic_auth_token()}
        options: dict[str, Any] = {"headers": headers}
        proxy, host = getattr(configuration, "proxy", None), urlsplit(configuration.host).hostname or ""
        if proxy and not proxy_bypass_environment(host, {"no": getattr(configuration, "no_proxy", None) or ""}):
            options["proxy"] = proxy
        if getattr(configuration, "tls_server_name", None):
            options["server_hostname"] = configuration.tls_server_name
        return self._session, options


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


def _configure(read_configuration: Callable[[], Any]) -> tuple[Any, ssl.SSLContext]:
    """The files that the client wrote out of a kubeconfig are read, and gone again before anybody else configures."""
    with _configuring:
        try:
            configuration = read_configuration()
            return configuration, _tls(configuration)
        finally:
            forget_files()


def _tls(configuration: Any) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=configuration.ssl_ca_cert or None)
        if not configuration.verify_ssl:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if configuration.cert_file:
            context.load_cert_chain(configuration.cert_file, configuration.key_file or None)
    except (OSError, ssl.SSLError) as error:
        raise InvalidArgument(
            f"the certificate files named for the Kubernetes API cannot be used ({_brief(error)}): see 'ca_cert' and the kubeconfig") from error
    return context


def _timestamp(date: str, otherwise: float) -> float:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError, OverflowError):
        return otherwise


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after and retry_after.isdigit() else None


def _brief(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
