# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the BMC of a server is, as Metal3 writes it, and what Metal3 accepts: pure."""
from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from . import names
from .models import Reason, Server
from .profiles import SCHEMES, Profile

DEFAULT_SCHEMES = {names.HP: "redfish-virtualmedia", names.DELL: "idrac-virtualmedia", names.CISCO: "redfish-virtualmedia"}
SYSTEMS = "/redfish/v1/Systems/"
_DNS_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?)*")


def bmc_url(server: Server, profile: Profile) -> str | Reason:
    """The address with scheme, port and path; IPv6 in brackets. A Cisco server whose serial is not known falls back to ipmi."""
    if not is_host(server.bmc_address):
        return Reason("NoBmcAddress", f"{server.manager} gives {server.bmc_address!r} as BMC address of {server.name}, which is neither an IP address "
                                      "nor a DNS name; correct it there.")
    scheme = profile.bmc_scheme or DEFAULT_SCHEMES[server.vendor]
    if not profile.bmc_scheme and server.vendor == names.CISCO and not server.serial:
        scheme = "ipmi"
    port = profile.bmc_port or (623 if scheme == "ipmi" else None)
    address = f"{scheme}://{bracketed(server.bmc_address)}" + (f":{port}" if port else "")
    if scheme == "ipmi":
        return address
    path = (profile.bmc_path or SYSTEMS + _system_id(server)).replace("{serial}", server.serial)
    return address + (path if path.startswith("/") else f"/{path}")


def _system_id(server: Server) -> str:
    return {names.HP: "1", names.DELL: "System.Embedded.1"}.get(server.vendor, server.serial)


def bracketed(address: str) -> str:
    """As URLs want it."""
    return f"[{address}]" if ":" in address else address


def is_host(address: str) -> bool:
    """An IP address without a zone, or a DNS name."""
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return not re.fullmatch(r"[0-9.]+", address) and bool(_DNS_NAME.fullmatch(address))
    return "%" not in address


def bmc_host(address: str) -> str:
    """The host alone, in one spelling, so that two addresses of one BMC compare equal; "" when there is none."""
    try:
        bare = bracketed(address) if address.count(":") > 1 and "[" not in address else address
        host = urlsplit(address if "://" in address else f"ipmi://{bare}").hostname or ""
    except ValueError:
        return ""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host.lower()


def address_fault(address: str) -> str | None:
    """Why Metal3's webhook would refuse this address."""
    if "://" not in address:
        return f"BMC address {address!r} has no scheme"
    scheme = address.split("://", 1)[0]
    base, _plus, transport = scheme.partition("+")
    if base not in SCHEMES or transport not in ("", "http", "https") or (base == "ipmi" and transport):
        return f"BMC address {address!r} has the unknown scheme {scheme!r}"
    if not is_host(bmc_host(address)):
        return f"BMC address {address!r} names neither an IP address nor a DNS name"
    if base != "ipmi" and len(urlsplit(address).path) < 2:
        return f"BMC address {address!r} has no path to the system"
    return None
