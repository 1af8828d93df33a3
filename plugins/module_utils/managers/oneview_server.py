# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a OneView profile and hardware to a server: its BMC address and its NICs. Pure."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .. import addresses
from ..models import Nic, Reason, Server
from ..names import HP
from .elements import object_at, objects, text
from .outcomes import no_bmc_address, no_mac

Json = dict[str, Any]

# Kinds of iLO addresses, best first; what is not here (LinkLocal, LinkLocal_Required) is of no use from elsewhere.
ADDRESS_KINDS = ("static", "dhcp", "lookup", "slaac", "undefined")
LOCATIONS = ("lom", "flb", "flr", "ocp", "mezz", "pci")      # the order in which ports boot; anything else comes after
NO_PORTS = ("OneView has no port map of this server; refresh the server hardware there, or give its profile connections, whose MACs OneView knows")
NO_MACS = "its ports and connections show none; refresh the server hardware there"


def server(name: str, manager: str, where: str, profile: Json | None, hardware: Json) -> Server | Reason:
    """The server, or what it lacks."""
    address = bmc_address(hardware)
    if address is None:
        return no_bmc_address(name, where, "iLO")
    found = nics(profile or {}, hardware)
    if not found:
        return no_mac(name, where, NO_MACS if hardware.get("portMap") else NO_PORTS)
    return Server(
        name=name,
        vendor=HP,
        manager=manager,
        bmc_address=address,
        nics=tuple(found),
        serial=text(hardware.get("serialNumber"), "serialNumber"),
        model=text(hardware.get("model"), "model"),
    )


def bmc_address(hardware: Json) -> str | None:
    """The iLO's best address: by how it was given, IPv4 before IPv6."""
    info = object_at(hardware.get("mpHostInfo"), "mpHostInfo")
    usable: list[tuple[int, bool, str]] = []
    for entry in objects(info.get("mpIpAddresses"), "mpHostInfo.mpIpAddresses"):
        kind = text(entry.get("type") or "Undefined", "mpHostInfo.mpIpAddresses.type").casefold()
        address = addresses.ip(entry.get("address"))
        if address and kind in ADDRESS_KINDS:
            usable.append((ADDRESS_KINDS.index(kind), ":" in address, address))
    ipv4 = [entry for entry in usable if not entry[1]]
    best = min(ipv4 or usable, default=None)
    return best[2] if best else None


def nics(profile: Json, hardware: Json) -> list[Nic]:
    """The profile's Ethernet connections, whose MACs are what the server sends; without any, the hardware's own ports."""
    ports = list(_ports(hardware))
    settings = object_at(profile.get("connectionSettings"), "connectionSettings")
    connections = objects(settings.get("connections") or profile.get("connections"), "connections")
    ethernet = [one for one in connections if str(one.get("functionType")).casefold() == "ethernet"]
    by_name = {name.casefold(): mac for name, mac in _every_port(hardware)}
    found = []
    for one in sorted(ethernet, key=lambda one: _number(one.get("id"))):
        port = text(one.get("portId"), "connections.portId")
        mac = addresses.mac(one.get("mac")) or by_name.get(port.casefold())
        if mac:
            found.append(Nic(
                mac=mac,
                name=port or f"connection {text(one.get('id'), 'connections.id')}",
                location=text(one.get("name") or one.get("networkName"), "connections.name"),
                virtual=str(one.get("macType")).casefold() in ("virtual", "userdefined"),
                boot=str(object_at(one.get("boot"), "connections.boot").get("priority")).casefold() == "primary",
            ))
    return found or ports


def _slots(hardware: Json) -> Iterator[tuple[str, int, str, Json]]:
    """Location, slot number, device and port of every Ethernet port, in the order in which they boot."""
    ordered = []
    for at, slot in enumerate(objects(object_at(hardware.get("portMap"), "portMap").get("deviceSlots"), "portMap.deviceSlots")):
        path = f"portMap.deviceSlots[{at}]"
        location = text(slot.get("location") or "Unknown", f"{path}.location")
        rank = LOCATIONS.index(location.casefold()) if location.casefold() in LOCATIONS else len(LOCATIONS)
        number = _number(slot.get("slotNumber"))
        device = text(slot.get("deviceName"), f"{path}.deviceName")
        for port in objects(slot.get("physicalPorts"), f"{path}.physicalPorts"):
            if str(port.get("type")).casefold() == "ethernet":
                ordered.append((rank, number, _number(port.get("portNumber")), location, device, port))
    for _rank, number, _port_number, location, device, port in sorted(ordered, key=lambda one: one[:3]):
        yield location, number, device, port


def _ports(hardware: Json) -> Iterator[Nic]:
    for location, number, device, port in _slots(hardware):
        name = _name(location, number, port)
        mac = addresses.mac(port.get("mac"))
        if mac is None:
            functions = sorted(objects(port.get("virtualPorts"), "virtualPorts"), key=lambda one: str(one.get("portFunction")))
            shown = ((text(one.get("portFunction"), "virtualPorts.portFunction"), addresses.mac(one.get("mac"))) for one in functions)
            function, mac = next(((letter, address) for letter, address in shown if address), ("", None))
            name = f"{name}-{function}"
        if mac:
            yield Nic(mac=mac, name=name, location=device or f"{location} {number}")


def _every_port(hardware: Json) -> Iterator[tuple[str, str]]:
    """Name and MAC of every port and function, named as profiles name them: "Mezz 3:1" and "Mezz 3:1-a"."""
    for location, number, _device, port in _slots(hardware):
        name = _name(location, number, port)
        mac = addresses.mac(port.get("mac"))
        if mac:
            yield name, mac
            yield f"{name}-a", mac          # the first function has the port's own, unless it shows another below
        for function in objects(port.get("virtualPorts"), "virtualPorts"):
            of_function = addresses.mac(function.get("mac"))
            if of_function:
                yield f"{name}-{text(function.get('portFunction'), 'virtualPorts.portFunction')}", of_function


def _name(location: str, number: int, port: Json) -> str:
    """Mezz 3:1"""
    return f"{location} {number}:{text(port.get('portNumber'), 'physicalPorts.portNumber')}"


def _number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return 1 << 30
