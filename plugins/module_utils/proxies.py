# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a request goes through a proxy, and which: pure, as Go's httpproxy decides it, so the same as for kubectl, whatever client then asks."""
from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from .errors import InvalidArgument
from .http_proxy import Proxy

SCHEMES = ("http", "https", "socks5", "socks5h")
PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def read(value: str, setting: str) -> Proxy:
    """The proxy that a setting names. Raises InvalidArgument, without its user and password."""
    value = value.strip()
    if not _SCHEME.match(value):
        shown = value.rpartition("@")[2]
        raise InvalidArgument(f"{setting}: the proxy {shown!r} has no scheme: write http://{shown}")
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme)
    except ValueError:
        raise InvalidArgument(f"{setting}: that is no URL of a proxy: write http://HOST:PORT") from None
    if parts.scheme not in SCHEMES:
        raise InvalidArgument(f"{setting}: a proxy is spoken to by {', '.join(SCHEMES)}, not by {parts.scheme}")
    if not host or not parts.netloc.isprintable() or any(sign in host for sign in " \\<>\"'"):
        raise InvalidArgument(f"{setting}: the URL of the proxy has no host that can be used: write {parts.scheme}://HOST:PORT")
    scheme = "socks5h" if parts.scheme == "socks5" else parts.scheme        # names are looked up by the proxy, as kubectl has it
    return Proxy(f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}", unquote(parts.username or ""), unquote(parts.password or ""))


def choose(url: str, proxy: str | None, no_proxy: str | None, environment: Mapping[str, str], setting: str = "proxy") -> Proxy | None:
    """The proxy on the way to this URL, None for the direct way.

    `proxy` and `no_proxy` were given for just this server; without them the usual variables count, and then never for this machine itself.
    """
    parts = urlsplit(url)
    scheme, host, port = parts.scheme, (parts.hostname or "").rstrip("."), parts.port or PORTS.get(parts.scheme, 443)
    if no_proxy is None:
        no_proxy = _variable(environment, "NO_PROXY")
    if is_excepted(host, port, no_proxy):
        return None
    if proxy:
        return read(proxy, setting)
    variable = f"{scheme.upper()}_PROXY"
    value = _variable(environment, variable)
    if scheme not in ("http", "https") or not value or _is_this_machine(host):
        return None
    return read(value if _SCHEME.match(value) else f"http://{value}", variable)     # without a scheme there, as everybody reads it


def is_excepted(host: str, port: int, no_proxy: str) -> bool:
    """NO_PROXY says so: `*`, names with all below them, suffixes, addresses and CIDRs, each but a CIDR perhaps with a port."""
    host, address = host.lower(), _address(host)
    return any(_matches(entry.lower(), host, port, address) for entry in re.split(r"[,\s]+", no_proxy) if entry)


def _variable(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name) or environment.get(name.lower()) or ""


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_this_machine(host: str) -> bool:
    address = _address(host)
    return host.lower() == "localhost" or address is not None and address.is_loopback


def _matches(entry: str, host: str, port: int, address: ipaddress.IPv4Address | ipaddress.IPv6Address | None) -> bool:
    if entry == "*":
        return True
    if "/" in entry:
        try:
            network = ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
        return address is not None and address.version == network.version and address in network
    name, wanted_port = _split(entry)
    if not name or wanted_port not in ("", str(port)):
        return False
    if _address(name) is not None or address is not None:
        return _address(name) == address
    if name.startswith("*."):
        name = name[1:]
    return host.endswith(name) if name.startswith(".") else host == name or host.endswith(f".{name}")


def _split(entry: str) -> tuple[str, str]:
    """Host and port, the port empty where none is said."""
    if entry.startswith("["):
        name, _bracket, rest = entry[1:].partition("]")
        return name, rest.removeprefix(":")
    if entry.count(":") == 1:
        name, _colon, port = entry.partition(":")
        return name, port
    return entry, ""
