# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MAC and IP addresses as every part of this project writes them."""
from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

HEX = re.compile(r"[0-9a-f]{12}")
UNSET = frozenset({"000000000000", "ffffffffffff"})
HOST_NAME = re.compile(r"(?=.{1,253}\.?$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\.?", re.IGNORECASE)


def mac(text: object) -> str | None:
    """aa:bb:cc:dd:ee:ff of whatever way to write it, or None where none is set."""
    if not isinstance(text, str):
        return None
    digits = re.sub(r"[:.\-\s]", "", text).lower()
    if not HEX.fullmatch(digits) or digits in UNSET or int(digits[:2], 16) & 1:    # the last: a group address is no NIC
        return None
    return ":".join(digits[at:at + 2] for at in range(0, 12, 2))


def ip(text: object) -> str | None:
    """The address in its short form, without brackets; None for what is no address, unset, link-local or a group."""
    if not isinstance(text, str):
        return None
    try:
        address = ipaddress.ip_address(text.strip().strip("[]").partition("%")[0])
    except ValueError:
        return None
    if address.is_unspecified or address.is_link_local or address.is_multicast:
        return None
    return str(address)


def host_name(text: object) -> str | None:
    """A DNS name that may stand for an address; None for addresses and for what is neither."""
    if not isinstance(text, str) or not HOST_NAME.fullmatch(text.strip()):
        return None
    name = text.strip().rstrip(".")
    return None if name.rpartition(".")[2].isdigit() else name     # "10.0.0.999" is a mistyped address


def ipv4_first(addresses: Iterable[str]) -> list[str]:
    """The same addresses, IPv4 before IPv6, otherwise in their order."""
    return sorted(addresses, key=lambda address: ":" in address)
