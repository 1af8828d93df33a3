# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""URLs and host:port pairs as Go's net/url and net (Go 1.26) read them, for Metal3 judges addresses by these: pure.

They are more lenient than RFC 3986 in places (any port, blanks in a path, no host at all), stricter in others.
"""
from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PORT = re.compile(r"(:[0-9]*)?")
_USER = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*")
_NEVER_IN_HOST = re.compile(r"[\x00-\x20#/?@\\^`{|}\x7f]")
_HOST_ESCAPE = re.compile(r"%(?!25|[89A-Fa-f][0-9A-Fa-f])")  # only bytes beyond ASCII, and the percent sign itself
_ZONE_ESCAPE = re.compile(r"%(?!25|20)(?=[0189A-Fa-f][0-9A-Fa-f]|2[3Ff]|3[Ff]|40|5[CcEe]|60|7[BbCcDdFf])")


@dataclass(frozen=True)
class GoUrl:
    """scheme: lower case. host: with its port, IPv6 in brackets. opaque: what follows a scheme without a slash."""

    scheme: str = ""
    host: str = ""
    opaque: str = ""

    @property
    def hostname(self) -> str:
        """The host without port and brackets."""
        host, colon, port = self.host.rpartition(":")
        bare = host if colon and _PORT.fullmatch(colon + port) else self.host
        return bare[1:-1] if bare.startswith("[") and bare.endswith("]") else bare


def parse(text: str, of_a_request: bool = False) -> GoUrl:
    """As url.Parse does, of_a_request: as url.ParseRequestURI does. Raises ValueError with the reason."""
    fragment = ""
    if not of_a_request:
        text, _hash, fragment = text.partition("#")
    if _CONTROL.search(text):
        raise ValueError("it has a control character")
    if of_a_request and not text:
        raise ValueError("it is empty")
    if text == "*":
        return GoUrl()
    scheme, rest = _split_scheme(text)
    rest = rest.partition("?")[0]
    if not rest.startswith("/"):
        if scheme:
            _check_escapes(fragment)
            return GoUrl(scheme, opaque=rest)
        if of_a_request:
            raise ValueError("it has no scheme and is no path")
        if ":" in rest.partition("/")[0]:
            raise ValueError("its first part has a colon")
    host = ""
    if rest.startswith("//") and (scheme or not (of_a_request or rest.startswith("///"))):
        authority, slash, path = rest[2:].partition("/")
        host, rest = _authority(scheme, authority), slash + path
    _check_escapes(rest)
    _check_escapes(fragment)
    return GoUrl(scheme, host)


def is_host_and_port(text: str) -> bool:
    """net.SplitHostPort would take it. The port may be any text."""
    last = text.rfind(":")
    if last < 0:
        return False
    if not text.startswith("["):
        return ":" not in text[:last] and "[" not in text and "]" not in text
    end = text.find("]")
    return 0 <= end == last - 1 and "[" not in text[1:] and "]" not in text[end + 1 :]


def is_ip(text: str) -> bool:
    """net.ParseIP would take it: no zone, no brackets."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _split_scheme(text: str) -> tuple[str, str]:
    if text.startswith(":"):
        raise ValueError("it has no scheme before its colon")
    found = _SCHEME.fullmatch(text)
    return (found.group(1).lower(), found.group(2)) if found else ("", text)


def _authority(scheme: str, authority: str) -> str:
    user, at, host = authority.rpartition("@")
    host = _host(scheme, host)
    if at:
        if not _USER.fullmatch(user):
            raise ValueError("its user part has characters that do not belong there")
        _check_escapes(user)
    return host


def _host(scheme: str, host: str) -> str:
    opening = host.rfind("[")
    if opening > 0:
        raise ValueError("it has a bracket within its host")
    if opening == 0:
        return _literal(host)
    first, last = host.find(":"), host.rfind(":")
    port = host[first if scheme in ("http", "https") else last :] if last >= 0 else ""
    _check_port(port)
    return _unescaped(host, _HOST_ESCAPE)


def _literal(host: str) -> str:
    inside, closing, port = host[1:].rpartition("]")
    if not closing:
        raise ValueError("it lacks a ']' in its host")
    _check_port(port)
    address, percent, zone = inside.partition("%25")
    name = _unescaped(address, _HOST_ESCAPE) + (_unescaped(percent + zone, _ZONE_ESCAPE) if percent else "")
    try:
        ipaddress.IPv6Address(name)
    except ValueError as error:
        raise ValueError("it has no IPv6 address between its brackets") from error
    return f"[{name}]{port}"


def _check_port(port: str) -> None:
    if not _PORT.fullmatch(port):
        raise ValueError("its port is no number")


def _check_escapes(text: str) -> None:
    if _BAD_ESCAPE.search(text):
        raise ValueError("it has a '%' that is not followed by two hexadecimal digits")


def _unescaped(text: str, refused: re.Pattern[str]) -> str:
    _check_escapes(text)
    if _NEVER_IN_HOST.search(text) or refused.search(text):
        raise ValueError("its host has characters that do not belong there")
    return re.sub(r"%([0-9A-Fa-f]{2})", lambda found: chr(int(found.group(1), 16)), text)
