# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections through a SOCKS proxy; PySocks is needed for these alone."""
from __future__ import annotations

import socket
from typing import Any

from .errors import InvalidArgument
from .http_library import PoolManager
from .http_pools import BoundedPool, BoundedTlsPool, bounded
from .http_proxy import Proxy

try:
    import socks  # noqa: F401  # pylint: disable=unused-import  # urllib3 uses it, and writes a warning where it is missing
except ImportError:
    SOCKS_MISSING = True
else:
    SOCKS_MISSING = False
    from urllib3.contrib.socks import SOCKSConnection, SOCKSHTTPSConnection, SOCKSProxyManager


def open_socks_pools(proxy: Proxy, options: dict[str, Any]) -> PoolManager:
    """Connections that are kept open, through this proxy."""
    if SOCKS_MISSING:
        raise InvalidArgument(f"The proxy {proxy.url} speaks SOCKS, and the Python library PySocks, which that takes, is not installed; install it where "
                              "managers are asked, or use an HTTP proxy.")

    class Connection(SOCKSConnection):
        """To http://."""

        def _new_conn(self) -> socket.socket:
            return bounded(super()._new_conn())

    class TlsConnection(SOCKSHTTPSConnection):
        """To https://."""

        def _new_conn(self) -> socket.socket:
            return bounded(super()._new_conn())

    class Pool(BoundedPool):
        """Of http://."""

        ConnectionCls = Connection

    class TlsPool(BoundedTlsPool):
        """Of https://."""

        ConnectionCls = TlsConnection

    pools = SOCKSProxyManager(proxy.url, username=proxy.username or None, password=proxy.password or None, **options)
    pools.pool_classes_by_scheme = {"http": Pool, "https": TlsPool}
    return pools
