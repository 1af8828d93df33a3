# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections that keep a request's bounds: no wait goes beyond its deadline, and no more bytes come than it may take, however they drip or pour.

urllib3 bounds each single wait; a peer that sends a byte now and then, in headers or in a TLS handshake, would hold a thread for hours.
"""
from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .deadline import Deadline
from .http_library import (
    VERSION, HTTPConnection, HTTPConnectionPool, HTTPSConnection, HTTPSConnectionPool, PoolManager, ProxyManager, failures,
)
from .http_proxy import Proxy

LONGEST_WAIT = 3600.0           # of one call; some systems know no more than so many seconds
LOGGERS = ("urllib3.connection", "urllib3.connectionpool", "urllib3.poolmanager", "urllib3.response", "urllib3.util.retry")


class TooMuch(Exception):
    """More bytes come than an answer may have."""


class Allowance(threading.local):
    """What the request that this thread is making may still take."""

    deadline: Deadline | None = None
    size = 0

    @contextmanager
    def of(self, deadline: Deadline, size: int) -> Iterator[None]:
        """For the length of one request."""
        self.deadline, self.size = deadline, size
        try:
            yield
        finally:
            self.deadline = None

    def seconds(self) -> float:
        """How long one call may wait. Raises TimeoutError when the time is over."""
        left = LONGEST_WAIT if self.deadline is None else min(LONGEST_WAIT, self.deadline.left())
        if left <= 0:
            raise TimeoutError("timed out")
        return left

    def take(self, size: int) -> None:
        """So many bytes have come."""
        if self.deadline is not None:
            self.size -= size
            if self.size < 0:
                raise TooMuch()


ALLOWANCE = Allowance()


class _Bounded(socket.socket):
    """A socket that waits as long as it is told to, and never longer than the request of its thread may."""

    patience: float | None = None

    def settimeout(self, value: float | None) -> None:
        """For each single wait."""
        self.patience = value
        super().settimeout(value)

    def _brace(self, patience: float | None) -> None:
        left = ALLOWANCE.seconds()
        super().settimeout(left if patience is None else min(patience, left))

    def recv_into(self, *arguments: Any, **options: Any) -> int:
        """As a socket does it, within bounds."""
        self._brace(self.patience)
        size = super().recv_into(*arguments, **options)
        ALLOWANCE.take(size)
        return size

    def recv(self, *arguments: Any, **options: Any) -> bytes:
        """As a socket does it, within bounds."""
        self._brace(self.patience)
        received = super().recv(*arguments, **options)
        ALLOWANCE.take(len(received))
        return received

    def sendall(self, *arguments: Any, **options: Any) -> None:
        """As a socket does it, within bounds. The patience is that of the request before, so it does not count."""
        self._brace(None)
        super().sendall(*arguments, **options)


class BoundedSocket(_Bounded):
    """Without TLS."""


class BoundedTlsSocket(_Bounded, ssl.SSLSocket):
    """With TLS."""

    def do_handshake(self, block: bool = False) -> None:
        """As a socket does it, within bounds."""
        self._brace(self.patience)
        super().do_handshake(block)


def bounded(plain: socket.socket) -> BoundedSocket:
    """The same connection, within bounds from now on."""
    patience = plain.gettimeout()
    connection = BoundedSocket(fileno=plain.detach())
    connection.settimeout(patience)
    return connection


class _Connecting(HTTPConnection):
    """Tries each address of a host in turn, all of them before the deadline."""

    def _new_conn(self) -> socket.socket:
        try:
            return self._first_that_answers()
        except TimeoutError as error:
            raise failures.ConnectTimeoutError(self, "no answer to connecting") from error
        except (OSError, UnicodeError) as error:
            raise failures.NewConnectionError(self, "no connection") from error

    def _first_that_answers(self) -> socket.socket:
        failure = OSError("the name has no address")
        for family, kind, protocol, _name, address in socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM):
            connection = BoundedSocket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    connection.setsockopt(*option)
                patience = self.timeout if isinstance(self.timeout, (int, float)) else LONGEST_WAIT
                connection.settimeout(min(patience, ALLOWANCE.seconds()))
                connection.connect(address)
                return connection
            except OSError as error:
                connection.close()
                failure = error
        raise failure


class _Quiet(HTTPSConnectionPool):
    """Connects without urllib3's warning where certificates are not checked: who sets validate_certs to false has said so."""

    def _validate_conn(self, conn: Any) -> None:
        if getattr(conn, "sock", None) is None:
            conn.connect()


class BoundedConnection(_Connecting):
    """To http://."""


class BoundedTlsConnection(_Connecting, HTTPSConnection):
    """To https://."""


class BoundedPool(HTTPConnectionPool):
    """Of http://."""

    ConnectionCls = BoundedConnection


class BoundedTlsPool(_Quiet):
    """Of https://."""

    ConnectionCls = BoundedTlsConnection


def open_pools(proxy: Proxy | None, context: ssl.SSLContext, parallel: int) -> PoolManager:
    """Connections that are kept open, straight or through a proxy."""
    context.sslsocket_class = BoundedTlsSocket
    if VERSION.startswith("1."):
        context.check_hostname = False      # urllib3 1.26 compares the names itself, and hands no IP address on to be compared
    options: dict[str, Any] = {"num_pools": 2, "maxsize": parallel, "ssl_context": context, "cert_reqs": context.verify_mode}
    if proxy is not None and proxy.is_socks:
        from .http_socks import open_socks_pools    # its library is needed by nobody else

        return open_socks_pools(proxy, options)
    pools = ProxyManager(proxy.url, proxy_headers=proxy.headers(), proxy_ssl_context=context, **options) if proxy else PoolManager(**options)
    pools.pool_classes_by_scheme = {"http": BoundedPool, "https": BoundedTlsPool}
    return pools


def _not_ours(_record: logging.LogRecord) -> bool:
    """urllib3's log, but for the requests that are made here: what matters about them is an error or in no need of words."""
    return ALLOWANCE.deadline is None


for _logger in LOGGERS:
    logging.getLogger(_logger).addFilter(_not_ours)
