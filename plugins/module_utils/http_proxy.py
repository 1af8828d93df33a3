# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy as a user writes it, read once. Pure."""
from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from .errors import InvalidArgument

SOCKS = ("socks4", "socks4a", "socks5", "socks5h")
SCHEMES = ("http", "https", *SOCKS)


@dataclass(frozen=True)
class Proxy:
    """Where it is, and who uses it."""

    url: str                        # scheme://host[:port], no user in it
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def is_socks(self) -> bool:
        """It forwards connections rather than requests."""
        return self.url.startswith("socks")

    def headers(self) -> dict[str, str]:
        """What it wants to see before it forwards anything."""
        return {"proxy-authorization": f"Basic {self._basic()}"} if self.username else {}

    def secrets(self) -> tuple[str, ...]:
        """What no sentence may show."""
        return (self.password, self._basic()) if self.username else ()

    def _basic(self) -> str:
        return base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


def read_proxy(name: str, text: str | None) -> Proxy | None:
    """The option `proxy` of a manager; a host alone is one that speaks HTTP. None without it. Raises InvalidArgument, which never quotes it."""
    if not text:
        return None
    unreadable = InvalidArgument(f"Manager {name!r}: its proxy cannot be read; write http://host:port, with user:password@ before the host if it wants "
                                 f"them. These may stand for http: {', '.join(SCHEMES[1:])}.")
    text = str(text).strip()
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise unreadable from None          # what it says may quote the password
    if parts.scheme.lower() not in SCHEMES or not host or parts.path.strip("/") or parts.query or parts.fragment or re.search(r"\s", text):
        raise unreadable
    shown = f"[{host}]" if ":" in host else host
    url = f"{parts.scheme.lower()}://{shown}" + (f":{port}" if port else "")
    return Proxy(url, unquote(parts.username or ""), unquote(parts.password or ""))
