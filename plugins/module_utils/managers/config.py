# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user says about a management system, checked before anybody is asked."""
from __future__ import annotations

import re
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..errors import InvalidArgument
from ..names import CISCO, DELL, HP
from ..texts import need_text

VENDOR_OF_TYPE = {"oneview": HP, "ome": DELL, "ucs": CISCO, "ucsm": CISCO}
NETWORKS = ("oob", "inband")
OPTIONS_OF_TYPE = {
    "oneview": frozenset({"login_domain", "api_version"}),
    "ome": frozenset(),
    "ucs": frozenset({"domain_username", "domain_password", "domains", "bmc_network"}),
    "ucsm": frozenset({"bmc_network"}),
}


@dataclass(frozen=True)
class ManagerConfig:
    """One management system and how to log in to it."""

    name: str
    type: str
    url: str                                            # https://host[:port], nothing behind it
    username: str
    password: str = field(repr=False)
    validate_certs: bool = True
    ca_path: str | None = None
    proxy: str | None = field(default=None, repr=False)         # may hold a user and a password
    login_domain: str | None = None                     # OneView: the directory of the user
    api_version: int | None = None                      # OneView: X-API-Version, instead of asking for it
    domain_username: str | None = None                  # UCS Central: for the UCS Managers of its domains
    domain_password: str | None = field(default=None, repr=False)
    domains: Mapping[str, str] = field(default_factory=dict)    # UCS Central: domain -> address, instead of what Central says
    bmc_network: str = "oob"

    @property
    def vendor(self) -> str:
        """Whose servers it knows."""
        return VENDOR_OF_TYPE[self.type]

    @property
    def where(self) -> str:
        """How messages name it."""
        return f"{self.name} ({self.url})"


COMMON = frozenset(one.name for one in fields(ManagerConfig)) - frozenset().union(*OPTIONS_OF_TYPE.values())


def read_managers(entries: Iterable[Mapping[str, Any]] | None) -> list[ManagerConfig]:
    """The entries of `managers`; the first that cannot be used is named in one sentence."""
    if entries is None or isinstance(entries, (str, Mapping)):
        entries = entries or []
        if isinstance(entries, (str, Mapping)) and entries:
            raise InvalidArgument("managers must be a list of management systems, each with name, type, url, username and password.")
    configs = [_read(entry, number) for number, entry in enumerate(entries, start=1)]
    if not configs:
        raise InvalidArgument("No managers are given; list at least one, with name, type, url, username and password.")
    seen: set[str] = set()
    for config in configs:
        if config.name.casefold() in seen:
            raise InvalidArgument(f"Two managers are named {config.name!r}; give each a name of its own.")
        seen.add(config.name.casefold())
    return configs


def _read(entry: Mapping[str, Any], number: int) -> ManagerConfig:
    if not isinstance(entry, Mapping):
        raise InvalidArgument(f"Manager {number} must be a mapping with name, type, url, username and password.")
    given = {str(key): value for key, value in entry.items() if value is not None}
    name = str(given.get("name", "")).strip()
    if not name:
        raise InvalidArgument(f"Manager {number} has no name; give it one of your choice.")
    kind = str(given.get("type", ""))
    if kind not in VENDOR_OF_TYPE:
        raise InvalidArgument(f"Manager {name!r}: type {kind!r} is unknown; use one of {', '.join(VENDOR_OF_TYPE)}.")
    unknown = sorted(set(given) - COMMON - OPTIONS_OF_TYPE[kind])
    if unknown:
        allowed = ", ".join(sorted(COMMON | OPTIONS_OF_TYPE[kind]))
        raise InvalidArgument(f"Manager {name!r}: {', '.join(unknown)} is no option of type {kind}; the options are {allowed}.")
    for needed in ("url", "username", "password"):
        if not str(given.get(needed, "")):
            raise InvalidArgument(f"Manager {name!r}: {needed} is missing; give it.")
    return ManagerConfig(
        name=name,
        type=kind,
        url=https_url(name, str(given["url"]), validated=_truth(name, given.get("validate_certs", True))),
        username=str(given["username"]),
        password=str(given["password"]),
        validate_certs=_truth(name, given.get("validate_certs", True)),
        ca_path=_ca(name, given.get("ca_path")),
        proxy=given.get("proxy"),
        login_domain=given.get("login_domain"),
        api_version=_number(name, given.get("api_version")),
        domain_username=given.get("domain_username"),
        domain_password=given.get("domain_password"),
        domains=_domains(name, given.get("domains", {})),
        bmc_network=_network(name, given.get("bmc_network", "oob")),
    )


def https_url(name: str, text: str, *, validated: bool) -> str:
    """https://host[:port] of an address or URL; a path, user or query in it is refused, and http:// where certificates would be checked."""
    text = text.strip()
    if "://" not in text:
        text = f"https://[{text}]" if re.fullmatch(r"[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*", text) else f"https://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise InvalidArgument(f"Manager {name!r}: its url cannot be read; write https://host or https://host:port.") from error
    if parts.username is not None or parts.password is not None:
        raise InvalidArgument(f"Manager {name!r}: its url contains a user; put it into username and password.")
    if not parts.hostname or parts.scheme not in ("http", "https") or parts.path.strip("/") or parts.query or parts.fragment or re.search(r"\s", text):
        raise InvalidArgument(f"Manager {name!r}: its url cannot be read; write https://host or https://host:port.")
    if parts.scheme == "http" and validated:
        raise InvalidArgument(f"Manager {name!r}: http:// would send the password unprotected; use https://, or set validate_certs to false.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def _ca(name: str, path: Any) -> str | None:
    if not path:
        return None
    place = Path(str(path)).expanduser()
    if place.is_dir():
        return str(place)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=str(place))
    except (OSError, ssl.SSLError) as error:
        raise InvalidArgument(f"Manager {name!r}: ca_path {str(place)!r} is no readable file of certificates (PEM); correct it.") from error
    return str(place)


def _truth(name: str, value: Any) -> bool:
    words = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    word = str(value).strip().lower()
    if word not in words:
        raise InvalidArgument(f"Manager {name!r}: validate_certs must be true or false.")
    return words[word]


def _number(name: str, value: Any) -> int | None:
    if value is None:
        return None
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"Manager {name!r}: api_version must be a number.") from error


def _domains(name: str, value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise InvalidArgument(f"Manager {name!r}: domains must map the name of a domain to the address of its UCS Manager.")
    for number, (domain, address) in enumerate(value.items(), start=1):
        need_text(f"Manager {name!r}", f"domains, name {number},", domain)
        need_text(f"Manager {name!r}", f"domains, {domain}", address)
    return {domain: str(address or "") for domain, address in value.items()}


def _network(name: str, value: Any) -> str:
    if value not in NETWORKS:
        raise InvalidArgument(f"Manager {name!r}: bmc_network {value!r} is unknown; use one of {', '.join(NETWORKS)}.")
    return str(value)
