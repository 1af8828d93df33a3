# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MAC and IP addresses as every part of this project writes them."""
from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

# Pairs, fours or sixes with one separator, or none.
MAC = re.compile(
    r"[0-9a-f]{12}|[0-9a-f]{2}([:.-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}|[0-9a-f]{4}([:.-])[0-9a-f]{4}\2[0-9a-f]{4}|[0-9a-f]{6}[:.-][0-9a-f]{6}")
UNSET = frozenset({"000000000000", "ffffffffffff"})
THIS_NETWORK = ipaddress.ip_network("0.0.0.0/8")
HOST_NAME = re.compile(r"(?=.{1,253}\.?$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\.?", re.IGNORECASE)


def mac(text: object) -> str | None:
    """aa:bb:cc:dd:ee:ff of whatever way to write it, or None where none is set."""
    if not isinstance(text, str):
        return None
    given = text.strip().lower()
    digits = re.sub(r"[:.-]", "", given)
    if not MAC.fullmatch(given) or digits in UNSET or int(digits[:2], 16) & 1:    # the last: a group address is no NIC
        return None
    return ":".join(digits[at:at + 2] for at in range(0, 12, 2))


def is_unset_mac(text: str) -> bool:
    """All zeros, or all ones: how systems write that there is none."""
    return re.sub(r"[:.-]", "", text.strip().lower()) in UNSET


def comparable_mac(given: object) -> str:
    """As two are compared, whichever way they are written; what is no MAC is compared as it stands."""
    return mac(given) or str(given or "").lower()


def ip(text: object) -> str | None:
    """The address in its short form, without brackets and zone; None for what is no address, or none by which another machine is reached.

    Such are the unset (0.0.0.0, ::), link-local, loopback, group and broadcast addresses, in IPv6's spelling of IPv4 too.
    """
    address = _parsed(text)
    if address is None:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    address = mapped or address
    if isinstance(address, ipaddress.IPv4Address) and (address in THIS_NETWORK or address.is_reserved):
        return None
    if address.is_unspecified or address.is_link_local or address.is_multicast or address.is_loopback:
        return None
    return str(address)


def is_ip(text: object) -> bool:
    """Whether it is an address at all, of whatever use."""
    return _parsed(text) is not None


def _parsed(text: object) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if not isinstance(text, str):
        return None
    bare, _percent, zone = text.strip().removeprefix("[").removesuffix("]").partition("%")
    try:
        return ipaddress.ip_address(bare.removesuffix("]") if zone else bare)
    except ValueError:
        return None


def host_name(text: object) -> str | None:
    """A fully qualified DNS name, which means the same machine to everybody; None for addresses, short names and for what is neither."""
    if not isinstance(text, str) or not HOST_NAME.fullmatch(text.strip()):
        return None
    name = text.strip().rstrip(".")
    last = name.rpartition(".")[2]
    if "." not in name or last.isdigit() or "localhost" in name.lower().split("."):     # "10.0.0.999" is a mistyped address
        return None
    return name


def ipv4_first(addresses: Iterable[str]) -> list[str]:
    """The same addresses, IPv4 before IPv6, otherwise in their order."""
    return sorted(addresses, key=lambda address: ":" in address)
