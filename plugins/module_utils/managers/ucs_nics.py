# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From vNICs and a boot order to network ports: in which order they come, which MAC each has, which one boots. Pure."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

from .. import addresses
from ..models import Nic
from .elements import MOST_DIGITS, OddAnswer, needed, text
from .ucs_xml import Mo

ORDERS = ("operVcon", "operOrder", "order")
NO_ORDER = frozenset({"any", "unspecified"})
LAST = 1 << 30                                      # where these come
DERIVED = "derived"                                 # the MAC is the hardware's
UNSET = frozenset({DERIVED, "0", "", "00:00:00:00:00:00"})
PRIMARY = "primary"
BOOT_TYPES = frozenset({PRIMARY, "secondary"})


def nics_of(vnics: Sequence[Mo], host_ports: Mapping[str, Mo], boot_paths: Sequence[Mo]) -> list[Nic]:
    """All vNICs in the order in which UCS shows them to the server; one without a MAC keeps its place. Raises OddAnswer where that cannot be told."""
    numbered = [attribute for attribute in ORDERS if any(attribute in vnic.attributes for vnic in vnics)]
    ordered = sorted(vnics, key=lambda vnic: (*(_order(vnic, attribute) for attribute in numbered), _name(vnic)))
    boots = boot_vnic(boot_paths)
    if boots and vnics and boots not in {_name(vnic) for vnic in vnics}:
        raise OddAnswer(f"the boot order names vNIC {text(boots, 'its vNIC')!r}, and there is none of that name")
    return [_nic(vnic, host_ports.get(vnic.dn), boots) for vnic in ordered]


def boot_vnic(paths: Sequence[Mo]) -> str:
    """The vNIC that a boot order names first; "" where it names none."""
    named = ""
    for path in paths:
        kind = needed(path["type"], f"type of {_of(path)}")
        if kind not in BOOT_TYPES:
            raise OddAnswer(f"type of {_of(path)} is neither primary nor secondary")
        if "vnicName" not in path.attributes:
            raise OddAnswer(f"vnicName of {_of(path)} is missing")
        if kind == PRIMARY:
            named = path["vnicName"]
    return named


def _nic(vnic: Mo, port: Mo | None, boots: str) -> Nic:
    own = _mac(vnic)
    physical = (addresses.mac(port["mac"]) or "") if port is not None else ""
    link = {"up": True, "down": False}.get(port["linkState"]) if port is not None else None
    return Nic(
        mac=own or physical,
        name=text(_name(vnic), "the name of a vNIC"),
        location=f"fabric {text(vnic['switchId'], 'switchId')}" if vnic["switchId"] else "",
        link=link,
        virtual=bool(own or not physical),
        boot=bool(boots) and vnic["name"] == boots,
    )


def _mac(vnic: Mo) -> str:
    """Its own MAC, "" while it has none."""
    if "addr" not in vnic.attributes:
        raise OddAnswer(f"addr of {_of(vnic)} is missing")
    given = vnic["addr"].strip()
    if given.casefold() in UNSET:
        return ""
    found = addresses.mac(given)
    if found is None:
        raise OddAnswer(f"addr of {_of(vnic)} is no MAC address")
    return found


def _name(vnic: Mo) -> str:
    return str(needed(vnic["name"], f"name of {_of(vnic)}"))


def _order(vnic: Mo, attribute: str) -> int:
    given = needed(vnic[attribute], f"{attribute} of {_of(vnic)}").strip().casefold()
    if given in NO_ORDER:
        return LAST
    if not (given.isascii() and given.isdigit() and len(given) <= MOST_DIGITS):
        raise OddAnswer(f"{attribute} of {_of(vnic)} is no place in an order")
    return int(given)


def _of(item: Mo) -> str:
    return text(item.dn, "dn") or f"a {item.kind} without a DN"
