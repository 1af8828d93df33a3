# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the BMC of a server is, as Metal3 writes it, and what Metal3 accepts: pure."""
from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from . import names
from .go_urls import GoUrl, is_host_and_port, is_ip, parse
from .models import Reason, Server
from .profiles import SCHEMES, Profile

DEFAULT_SCHEMES = {names.HP: "redfish-virtualmedia", names.DELL: "idrac-virtualmedia", names.CISCO: "redfish-virtualmedia"}
SYSTEMS = "/redfish/v1/Systems/"
WITHOUT_TRANSPORT = frozenset({"ipmi", "libvirt"})           # no +http, no +https
METAL3_SCHEMES = frozenset({*SCHEMES, "libvirt"})
LONGEST_ADDRESS = 2048
_LABELS = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?")     # of any length, as Metal3 has it
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
    address += path if path.startswith("/") else f"/{path}"
    if len(address) > LONGEST_ADDRESS:
        return Reason("NoBmcAddress", f"The BMC address of {server.name} would have {len(address)} characters, more than {LONGEST_ADDRESS}; correct the "
                                      f"bmc_path of its profile, or its serial number in {server.manager}.")
    return address


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
    """The host alone, in one spelling, so that two addresses of one BMC compare equal; "" when there is none.

    It reads more than Metal3 accepts today: hosts may be older than its rules, or made while its webhook was away.
    """
    scheme, colon, rest = address.strip().partition(":")
    if not colon or not (rest.startswith("//") or scheme.lower().partition("+")[0] in METAL3_SCHEMES):
        rest = address.strip()
    authority = re.split(r"[/?#]", rest.removeprefix("//"), maxsplit=1)[0].rpartition("@")[2]
    bare = authority if is_ip(authority) else re.sub(r":[^:\]]*$", "", authority)
    if bare.startswith("[") and bare.endswith("]"):
        bare = bare[1:-1]
    if is_ip(bare):
        parsed = ipaddress.ip_address(bare)
        return str(getattr(parsed, "ipv4_mapped", None) or parsed)
    host = bare.removesuffix(".")
    return host.lower() if _LABELS.fullmatch(host) else ""


def read_address(address: str) -> GoUrl:
    """As Metal3 reads it: what is no URL is the host of an ipmi address. Raises ValueError with the reason when there is no way to read it."""
    try:
        found = parse(address)
    except ValueError:
        if ":" in address and not is_host_and_port(address):
            raise
        found = GoUrl("ipmi", address)
    else:
        if found.opaque:
            found = parse(address.replace(":", "://", 1))
        if not found.scheme and not found.hostname:
            found = parse(f"ipmi://{address}")
    if found.hostname and not is_ip(found.hostname) and not _LABELS.fullmatch(found.hostname):
        raise ValueError("its host is neither an IP address nor a DNS name")
    return found


def driver_of(address: str) -> str:
    """Metal3's name of the driver for an address that it accepts: the scheme without transport, "" for none."""
    try:
        return read_address(address).scheme.partition("+")[0] if address else ""
    except ValueError:
        return ""


def address_fault(address: str) -> str | None:
    """Why Metal3's webhook would refuse this address. It takes none at all, addresses without scheme (ipmi), path or even host, and any port."""
    if not address:
        return None
    try:
        scheme = read_address(address).scheme
    except ValueError as error:
        return f"BMC address {shown(address)} cannot be used: {error}"
    base, plus, transport = scheme.partition("+")
    if base not in METAL3_SCHEMES or (plus and (base in WITHOUT_TRANSPORT or transport not in ("http", "https"))):
        return f"BMC address {shown(address)} has the unknown scheme {scheme!r}"
    return None


def own_address_fault(address: str) -> str | None:
    """Why an address that we made would not do, though Metal3 may take it: it has to name a BMC, and a system of it."""
    fault = address_fault(address)
    if fault:
        return fault
    base = driver_of(address)
    if "://" not in address or base not in SCHEMES:
        return f"BMC address {shown(address)} has no scheme"
    if not is_host(bmc_host(address)):
        return f"BMC address {shown(address)} names neither an IP address nor a DNS name"
    if base != "ipmi" and len(urlsplit(address).path) < 2:
        return f"BMC address {shown(address)} has no path to the system"
    return None


def shown(address: str) -> str:
    """For a sentence: quoted, not too long, without user and password."""
    bare = re.sub(r"^([A-Za-z0-9+.-]*://)?.*@", r"\1", address, flags=re.DOTALL)
    return repr(bare) if len(bare) <= 120 else f"{bare[:100]!r}... ({len(bare)} characters)"
