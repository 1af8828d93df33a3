# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Ethernet ports of a server as OneView's port map shows them, in the order in which they boot. Pure."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..models import Nic
from .elements import ethernet_mac, needed, object_at, objects, only_text, place, text, word

Json = dict[str, Any]

LOCATIONS = ("lom", "flb", "flr", "ocp", "mezz", "pci")      # the order in which ports boot; anything else comes after


@dataclass(frozen=True)
class Port:
    """An Ethernet port of the hardware, named as profiles name it: "Mezz 3:1". functions: letter and MAC of each, in their order."""

    order: tuple[int, int, int]
    name: str
    location: str
    mac: str
    functions: tuple[tuple[str, str], ...]


def _ports(hardware: Json) -> list[Port]:
    """Every Ethernet port, in the order in which they boot."""
    slots = objects(object_at(hardware.get("portMap"), "portMap").get("deviceSlots"), "portMap.deviceSlots")
    ports = [port for at, slot in enumerate(slots) for port in _ports_of_slot(slot, f"portMap.deviceSlots[{at}]")]
    return sorted(dict.fromkeys(ports), key=lambda port: port.order)        # one that is listed twice would move the others


def _ports_of_slot(slot: Json, path: str) -> Iterator[Port]:
    inner = f"{path}.physicalPorts"
    for at, port in enumerate(objects(needed(slot.get("physicalPorts"), inner), inner)):
        if word(port.get("type"), f"{inner}[{at}].type") != "ethernet":
            continue
        location = text(needed(only_text(slot.get("location"), f"{path}.location"), f"{path}.location"), f"{path}.location")
        rank = LOCATIONS.index(location.casefold()) if location.casefold() in LOCATIONS else len(LOCATIONS)
        number = place(slot.get("slotNumber"), f"{path}.slotNumber")
        port_number = place(port.get("portNumber"), f"{inner}[{at}].portNumber")
        functions = [
            (word(function.get("portFunction"), "virtualPorts.portFunction"), ethernet_mac(function.get("mac"), "virtualPorts.mac"))
            for function in objects(port.get("virtualPorts"), f"{inner}[{at}].virtualPorts")]
        yield Port(
            order=(rank, number, port_number),
            name=f"{location} {number}:{port_number}",
            location=text(slot.get("deviceName"), f"{path}.deviceName") or f"{location} {number}",
            mac=ethernet_mac(port.get("mac"), f"{inner}[{at}].mac"),
            functions=tuple(sorted(functions)),
        )


def port_nics(hardware: Json) -> list[Nic]:
    """The hardware's own ports, by themselves or by their first function. One without a MAC keeps its place in the count, and another boots."""
    found = []
    for port in _ports(hardware):
        letter, mac = next(((letter, mac) for letter, mac in port.functions if mac and letter == "a"), ("", "")) if not port.mac else ("", port.mac)
        found.append(Nic(mac=mac, name=f"{port.name}-{letter}" if letter else port.name, location=port.location, bootable=bool(mac)))
    return found


def macs_by_port(hardware: Json) -> dict[str, str]:
    """MAC of every port and function by its name, lower case: "mezz 3:1" and "mezz 3:1-a". A name that two ports have means neither."""
    macs: dict[str, set[str]] = defaultdict(set)
    for port in _ports(hardware):
        functions = {f"{port.name}-{letter}": mac for letter, mac in port.functions if mac}
        # The first function has the port's own, unless it shows another.
        for name, mac in {port.name: port.mac, f"{port.name}-a": port.mac, **functions}.items():
            macs[name.casefold()].add(mac)
    return {name: next(iter(known)) for name, known in macs.items() if len(known) == 1}
