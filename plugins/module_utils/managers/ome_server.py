# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an OME device and its network inventory to a server: its BMC address, its NICs, its own names. Pure."""
from __future__ import annotations

from typing import Any

from .. import addresses
from ..models import Reason, Server
from ..names import DELL
from .elements import OddAnswer, needed, objects, only_text, place, text
from .ome_nics import cards, nics
from .outcomes import no_bmc_address, no_mac

Json = dict[str, Any]

IDRAC = 2                                                       # ManagementType
NO_INVENTORY = "its network inventory is missing; run the inventory of this device in OME"
NO_PORTS = "its network inventory shows no Ethernet port with one; run the inventory of this device in OME"


def server(name: str, manager: str, where: str, device: Json, inventory: object) -> Server | Reason:
    """The server, or what it lacks."""
    address = bmc_address(device)
    if address is None:
        return no_bmc_address(name, where, "iDRAC")
    known = cards(inventory)
    found = nics(known)
    if not any(nic.mac for nic in found):
        return no_mac(name, where, NO_PORTS if known else NO_INVENTORY)
    return Server(
        name=name,
        vendor=DELL,
        manager=manager,
        bmc_address=address,
        nics=tuple(found),
        serial=text(device.get("DeviceServiceTag"), "DeviceServiceTag"),
        model=text(device.get("Model"), "Model"),
    )


def bmc_address(device: Json) -> str | None:
    """The iDRAC's address: IPv4, then IPv6, then a DNS name. Two entries are normal, in either order."""
    path = "DeviceManagement"
    entries = objects(needed(device.get(path), path), path)
    idracs = [entry for at, entry in enumerate(entries) if place(entry.get("ManagementType"), f"{path}[{at}].ManagementType") == IDRAC]
    if any("NetworkAddress" not in entry for entry in idracs):
        raise OddAnswer(f"NetworkAddress of an entry of {path} is missing")
    shown = {key: [only_text(entry.get(key), f"{path}.{key}") for entry in idracs] for key in ("NetworkAddress", "DnsName")}
    literal = [address for address in map(addresses.ip, shown["NetworkAddress"]) if address]
    named = [host for hosts in shown.values() for host in map(addresses.host_name, hosts) if host]
    return next(iter([*addresses.ipv4_first(literal), *named]), None)
