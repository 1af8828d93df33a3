# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an OME device and its network inventory to a server: its BMC address and its NICs. Pure."""
from __future__ import annotations

import re
from typing import Any

from .. import addresses
from ..models import Nic, Reason, Server
from ..names import DELL
from .elements import objects, text
from .outcomes import no_bmc_address, no_mac

Json = dict[str, Any]

IDRAC = 2                                                       # ManagementType
CLASSES = ("integrated", "embedded", "mezzanine", "slot")       # of a NIC's name, in the order in which they boot
LINKS = {"up": True, "down": False}
NO_INVENTORY = "its network inventory is missing; run the inventory of this device in OME"
NO_PORTS = "its network inventory shows no Ethernet port with one; run the inventory of this device in OME"


def server(name: str, manager: str, where: str, device: Json, inventory: object) -> Server | Reason:
    """The server, or what it lacks."""
    address = bmc_address(device)
    if address is None:
        return no_bmc_address(name, where, "iDRAC")
    found = nics(inventory)
    if not found:
        return no_mac(name, where, NO_PORTS if inventory else NO_INVENTORY)
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
    entries = [entry for entry in objects(device.get("DeviceManagement"), "DeviceManagement") if entry.get("ManagementType") == IDRAC]
    literal = [address for address in (addresses.ip(entry.get("NetworkAddress")) for entry in entries) if address]
    named = [host for key in ("NetworkAddress", "DnsName") for host in (addresses.host_name(entry.get(key)) for entry in entries) if host]
    return next(iter([*addresses.ipv4_first(literal), *named]), None)


def nics(inventory: object) -> list[Nic]:
    """Every Ethernet partition with a MAC, integrated ones first, numbers as numbers; the inventory has them in no order."""
    found = []
    for card_at, card in enumerate(objects(inventory, "InventoryInfo")):
        path = f"InventoryInfo[{card_at}].Ports"
        for port_at, port in enumerate(objects(card.get("Ports"), path)):
            inner = f"{path}[{port_at}]"
            for partition in objects(port.get("Partitions"), f"{inner}.Partitions"):
                mac = addresses.mac(partition.get("CurrentMacAddress")) or addresses.mac(partition.get("PermanentMacAddress"))
                if mac is None or _storage_only(partition):
                    continue
                found.append(Nic(
                    mac=mac,
                    name=text(partition.get("Fqdd") or port.get("PortId") or card.get("NicId") or "", f"the name of a port at {inner}"),
                    location=text(port.get("ProductName") or card.get("VendorName") or "", f"{inner}.ProductName").partition(" - ")[0],
                    link=LINKS.get(str(port.get("LinkStatus")).casefold()),
                    virtual=mac == addresses.mac(partition.get("VirtualMacAddress")),
                ))
    return sorted(found, key=lambda nic: _position(nic.name))


def _storage_only(partition: Json) -> bool:
    """NicMode alone says nothing: ordinary ports show it as Disabled or Unknown."""
    on = [str(partition.get(mode)).casefold() == "enabled" for mode in ("IscsiMode", "FcoeMode")]
    return str(partition.get("NicMode")).casefold() == "disabled" and any(on)


def _position(fqdd: str) -> tuple[int, list[tuple[int, str]]]:
    """NIC.Slot.8-1-1: by class, then slot, port and partition."""
    kind = fqdd.casefold().split(".")[1:2]
    is_nic = fqdd.casefold().startswith("nic.")
    rank = CLASSES.index(kind[0]) if is_nic and kind and kind[0] in CLASSES else len(CLASSES)
    return rank, [(int((number or "0")[:9]), word) for number, word in re.findall(r"(\d+)|([^\d.-]+)", fqdd.casefold())]
