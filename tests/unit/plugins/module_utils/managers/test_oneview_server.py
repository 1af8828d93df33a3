# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a OneView profile and hardware to a server."""
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.managers.oneview_server import bmc_address, nics, server
from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason, Server


def addressed(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"mpHostInfo": {"mpHostName": "ILO1", "mpIpAddresses": [{"address": address, "type": kind} for address, kind in pairs]}}


def slot(location: str, number: int, *ports: dict[str, Any]) -> dict[str, Any]:
    return {"location": location, "slotNumber": number, "deviceName": f"card {location}", "physicalPorts": list(ports)}


def port(number: int, mac: str | None, kind: str = "Ethernet", functions: tuple[str, ...] = ()) -> dict[str, Any]:
    virtual = [{"portNumber": at, "portFunction": "abcdefgh"[at], "mac": one} for at, one in enumerate(functions)]
    return {"type": kind, "portNumber": number, "mac": mac, "virtualPorts": virtual}


def connection(number: int, port_id: str, mac: str | None, **more: Any) -> dict[str, Any]:
    return {"id": number, "portId": port_id, "mac": mac, "functionType": "Ethernet", "macType": "Virtual", "boot": {"priority": "NotBootable"}, **more}


def with_connections(*connections: dict[str, Any]) -> dict[str, Any]:
    return {"connectionSettings": {"connections": list(connections)}}


HARDWARE = {
    **addressed(("192.0.2.21", "Static")),
    "serialNumber": "2M1", "model": "Synergy 480 Gen10",
    "portMap": {"deviceSlots": [
        slot("Mezz", 10, port(1, "94:40:C9:00:0A:01")),
        slot("Mezz", 3, port(2, "94:40:C9:00:03:02"), port(1, None, functions=("94:40:C9:00:03:A1", "94:40:C9:00:03:B1")), port(3, "", kind="SAS")),
        slot("Lom", 1, port(1, "00:FD:45:00:01:01"), port(10, "00:FD:45:00:01:10"), port(2, "00:FD:45:00:01:02")),
    ]},
}


@pytest.mark.parametrize(("pairs", "expected"), [
    ([("fe80:0:0:0:9640:c9ff:fe10:ff", "LinkLocal"), ("192.0.2.21", "Static")], "192.0.2.21"),
    ([("192.0.2.22", "DHCP"), ("192.0.2.21", "Static")], "192.0.2.21"),
    ([("2001:db8:0:0:0:0:0:5", "SLAAC"), ("192.0.2.22", "DHCP")], "192.0.2.22"),
    ([("2001:db8:0:0:0:0:0:5", "SLAAC"), ("2001:db8:0:0:0:0:0:6", "Static")], "2001:db8::6"),
    ([("192.0.2.23", "Undefined"), ("192.0.2.24", "Lookup")], "192.0.2.24"),
    ([("192.0.2.23", "LinkLocal_Required"), ("fe80::1", "SLAAC"), ("0.0.0.0", "Static")], None),
    ([], None),
])
def test_the_bmc_address_is_the_best_usable_one(pairs: list[tuple[str, str]], expected: str | None) -> None:
    assert bmc_address(addressed(*pairs)) == expected


def test_without_a_profile_ports_come_in_the_order_in_which_they_boot_numbers_as_numbers() -> None:
    found = nics({}, HARDWARE)
    assert [nic.name for nic in found] == ["Lom 1:1", "Lom 1:2", "Lom 1:10", "Mezz 3:1-a", "Mezz 3:2", "Mezz 10:1"]
    assert found[0].mac == "00:fd:45:00:01:01" and not any(nic.virtual or nic.boot for nic in found)
    assert found[3].mac == "94:40:c9:00:03:a1"      # a port without a MAC of its own shows its first function's


def test_a_profiles_virtual_macs_come_before_what_the_hardware_has() -> None:
    found = nics(with_connections(
        connection(2, "Mezz 3:2-a", "9A:A0:22:90:00:02"),
        connection(1, "Mezz 3:1-a", "9A:A0:22:90:00:01"),
        connection(3, "Mezz 4:1", "9A:A0:22:90:00:03", functionType="FibreChannel"),
    ), HARDWARE)
    assert [(nic.name, nic.mac, nic.virtual) for nic in found] == [("Mezz 3:1-a", "9a:a0:22:90:00:01", True), ("Mezz 3:2-a", "9a:a0:22:90:00:02", True)]


def test_the_primary_connection_boots() -> None:
    found = nics(with_connections(connection(1, "Mezz 3:1-a", "9A:A0:22:90:00:01"),
                                  connection(2, "Mezz 3:2-a", "9A:A0:22:90:00:02", boot={"priority": "Primary"})), HARDWARE)
    assert [nic.boot for nic in found] == [False, True]


def test_a_connection_without_a_mac_takes_its_ports() -> None:
    found = nics(with_connections(connection(1, "Mezz 3:1-b", None, macType="Physical"), connection(2, "Mezz 3:2-a", "", macType="Physical"),
                                  connection(3, "Auto", None)), HARDWARE)
    assert [(nic.mac, nic.virtual) for nic in found] == [("94:40:c9:00:03:b1", False), ("94:40:c9:00:03:02", False)]


def test_connections_of_the_older_api_are_read_too() -> None:
    assert [nic.mac for nic in nics({"connections": [connection(1, "Mezz 3:1-a", "9A:A0:22:90:00:01")]}, HARDWARE)] == ["9a:a0:22:90:00:01"]


def test_a_server_has_its_serial_and_model() -> None:
    found = server("n1", "east", "east (https://x)", {}, HARDWARE)
    assert isinstance(found, Server) and (found.vendor, found.serial, found.model, found.bmc_address) == ("HP", "2M1", "Synergy 480 Gen10", "192.0.2.21")


def test_no_port_map_is_said_with_what_to_do_but_connections_do_without_it() -> None:
    bare = {**HARDWARE, "portMap": None}
    assert server("n1", "east", "east", {}, bare) == Reason(
        "NoMac", "east knows no MAC address of 'n1': OneView has no port map of this server; refresh the server hardware there, or give its profile "
                 "connections, whose MACs OneView knows.")
    assert isinstance(server("n1", "east", "east", with_connections(connection(1, "Mezz 3:1-a", "9A:A0:22:90:00:01")), bare), Server)


def test_no_usable_address_is_said() -> None:
    assert server("n1", "east", "east", {}, {**HARDWARE, "mpHostInfo": None}) == Reason(
        "NoBmcAddress", "east knows no usable address of the iLO of 'n1'; give it one that is not link-local, then refresh the server there.")
