# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a OneView profile and hardware to a server: its BMC address and its NICs. Pure."""
from __future__ import annotations

from typing import Any

from .. import addresses
from ..models import Nic, Reason, Server
from ..names import HP
from .elements import OddAnswer, ethernet_mac, link, needed, object_at, objects, only_text, place, text, word
from .oneview_ports import macs_by_port, port_nics
from .outcomes import no_bmc_address, no_mac

Json = dict[str, Any]

ADDRESS_KINDS = ("static", "dhcp", "lookup", "slaac", "undefined")     # of the iLO, best first
UNUSABLE_KINDS = ("linklocal", "linklocal_required")                    # from elsewhere
UNKNOWN_KIND = len(ADDRESS_KINDS)
PHYSICAL = "physical"
OF_PROFILES = ("virtual", "userdefined")                     # macType of connections that send what the profile says, never what the hardware has
NO_PORTS = ("OneView has no port map of this server; refresh the server hardware there, or give its profile connections, whose MACs OneView knows")
NO_MACS = "its ports show none; refresh the server hardware there"
NO_MACS_YET = "the profile has no MAC yet; let OneView finish the profile, it is asked again by itself"
NO_ETHERNET = "its profile has connections, but none of them is Ethernet; add the one that it boots from"


def server(name: str, manager: str, where: str, profile: Json | None, hardware: Json) -> Server | Reason:
    """The server, or what it lacks."""
    if profile is not None:
        _check_that_they_belong(profile, hardware)
    address = bmc_address(hardware)
    if address is None:
        return no_bmc_address(name, where, "iLO")
    connections = _connections(profile) if profile is not None else []
    found = nics(connections, hardware)
    if not any(nic.mac for nic in found):
        return no_mac(name, where, _why_no_mac(connections, found, hardware))
    return Server(
        name=name,
        vendor=HP,
        manager=manager,
        bmc_address=address,
        nics=tuple(found),
        serial=text(hardware.get("serialNumber"), "serialNumber"),
        model=text(hardware.get("model"), "model"),
    )


def _check_that_they_belong(profile: Json, hardware: Json) -> None:
    """Between two reads a profile may move to another server, and nobody's MAC may be told beside another's address."""
    for owner, attribute, target in ((profile, "serverHardwareUri", hardware), (hardware, "serverProfileUri", profile)):
        named, own = link(owner.get(attribute), attribute), link(target.get("uri"), "uri")
        if named and own and named.casefold() != own.casefold():
            raise OddAnswer(f"{attribute} names another object than the one that names it")


def _why_no_mac(connections: list[Json], found: list[Nic], hardware: Json) -> str:
    if any(nic.virtual for nic in found):
        return NO_MACS_YET
    if connections and not found:
        return NO_ETHERNET
    return NO_MACS if hardware.get("portMap") else NO_PORTS


def bmc_address(hardware: Json) -> str | None:
    """The iLO's best address: IPv4 before IPv6, then by how it was given. What cannot be read and may be a better one is odd."""
    info = object_at(hardware.get("mpHostInfo"), "mpHostInfo")
    path = "mpHostInfo.mpIpAddresses"
    usable: list[tuple[bool, int, str]] = []
    unreadable: list[int] = []
    for entry in objects(info.get("mpIpAddresses"), path):
        kind = only_text(entry.get("type"), f"{path}.type").casefold()
        written = only_text(entry.get("address"), f"{path}.address")
        rank = ADDRESS_KINDS.index(kind) if kind in ADDRESS_KINDS else UNKNOWN_KIND
        address = addresses.ip(written)
        if kind in UNUSABLE_KINDS or entry.get("address") == "":
            continue
        if address:
            usable.append((":" in address, rank, address))
        elif not addresses.is_ip(written):
            unreadable.append(rank)
    if not usable:
        return None
    is_ipv6, rank, address = min(usable)
    if any(is_ipv6 or other < rank for other in unreadable):
        raise OddAnswer(f"{path}.address is no address")
    if any(other == UNKNOWN_KIND for family, other, _address in usable if family == is_ipv6) and len(usable) > 1:
        raise OddAnswer(f"{path}.type is none that is known")
    return address


# --- NICs


def nics(connections: list[Json], hardware: Json) -> list[Nic]:
    """The profile's Ethernet connections, whose MACs are what the server sends; the hardware's own ports when there is no connection at all."""
    if not connections:
        return port_nics(hardware)
    ethernet: dict[int, tuple[Json, str]] = {}
    for at, connection in enumerate(connections):
        path = f"connections[{at}]"
        if word(connection.get("functionType"), f"{path}.functionType") == "ethernet":
            number = place(connection.get("id"), f"{path}.id")
            if number in ethernet:
                raise OddAnswer(f"{path}.id is another connection's too")
            ethernet[number] = connection, path
    _check_boot_order([connection for connection, _path in ethernet.values()])
    return [_connection_nic(number, *ethernet[number], hardware) for number in sorted(ethernet)]


def _connections(profile: Json) -> list[Json]:
    """All connections; a profile says that it has none by an empty list. Until API 600 they stand in the profile itself."""
    if "connectionSettings" in profile:
        settings = object_at(needed(profile["connectionSettings"], "connectionSettings"), "connectionSettings")
        return objects(needed(settings.get("connections"), "connectionSettings.connections"), "connectionSettings.connections")
    return objects(needed(profile.get("connections"), "connections"), "connections")


def _connection_nic(number: int, connection: Json, path: str, hardware: Json) -> Nic:
    port = text(only_text(connection.get("portId"), f"{path}.portId"), f"{path}.portId")
    mac = ethernet_mac(connection.get("mac"), f"{path}.mac")
    mac_type = only_text(connection.get("macType"), f"{path}.macType").casefold()
    if mac_type not in ("", *OF_PROFILES, PHYSICAL):
        raise OddAnswer(f"{path}.macType is none of {', '.join(sorted(OF_PROFILES))} and {PHYSICAL}")
    if not mac and needed(mac_type, f"{path}.macType") == PHYSICAL:
        mac = macs_by_port(hardware).get(port.casefold(), "")
    priority = _priority(connection)
    return Nic(
        mac=mac,
        name=port if port.casefold() not in ("", "auto", "none") else f"connection {number}",
        location=text(connection.get("name") or connection.get("networkName"), f"{path}.name"),
        virtual=mac_type in OF_PROFILES,
        boot=priority == "primary",
        bootable=priority != "notbootable",
    )


def _priority(connection: Json) -> str:
    """primary, secondary, notbootable; "" where it is not said."""
    return only_text(object_at(connection.get("boot"), "connections.boot").get("priority"), "connections.boot.priority").casefold()


def _check_boot_order(connections: list[Json]) -> None:
    """Where no connection is the primary one, and some do not say what they are, one of those may be it."""
    priorities = [_priority(connection) for connection in connections]
    if "primary" not in priorities and "" in priorities and any(priorities):
        raise OddAnswer("connections.boot.priority is missing")
