# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a OneView profile and hardware to a server."""
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.managers.elements import OddAnswer
from ansible_collections.baremetal.generator.plugins.module_utils.managers.oneview_server import bmc_address, server
from ansible_collections.baremetal.generator.plugins.module_utils.models import Nic, Reason, Server
from ansible_collections.baremetal.generator.plugins.module_utils.nics import Choice, NicPolicy, choose


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


def nics(profile: dict[str, Any] | None, hardware: dict[str, Any]) -> list[Nic]:
    found = server("n1", "east", "east", profile, hardware)
    assert isinstance(found, Server), found
    return list(found.nics)


HARDWARE = {
    **addressed(("192.0.2.21", "Static")),
    "serialNumber": "2M1", "model": "Synergy 480 Gen10",
    "portMap": {"deviceSlots": [
        slot("Mezz", 10, port(1, "94:40:C9:00:0A:01")),
        slot("Mezz", 3, port(2, "94:40:C9:00:03:02"), port(1, None, functions=("94:40:C9:00:03:A1", "94:40:C9:00:03:B1")), port(3, "", kind="SAS")),
        slot("Lom", 1, port(1, "00:FD:45:00:01:01"), port(10, "00:FD:45:00:01:10"), port(2, "00:FD:45:00:01:02")),
    ]},
}


ODD = "odd"


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


@pytest.mark.parametrize(("pairs", "expected"), [
    ([(None, "Static"), ("192.0.2.22", "DHCP")], ODD),
    ([("nonsense", "Static"), ("192.0.2.22", "DHCP")], ODD),
    ([("nonsense", "SLAAC"), ("192.0.2.22", "DHCP")], "192.0.2.22"),
    ([("nonsense", "SLAAC"), ("2001:db8::6", "DHCP")], ODD),
    ([("", "Static"), ("192.0.2.22", "DHCP")], "192.0.2.22"),
    ([("nonsense", "Static")], None),
    ([("192.0.2.21", "Other"), ("192.0.2.22", "DHCP")], ODD),
    ([("192.0.2.21", None)], "192.0.2.21"),
    ([("192.0.2.21", "Other"), ("fe80::1", "LinkLocal")], "192.0.2.21"),
])
def test_an_address_that_cannot_be_read_is_odd_where_it_may_be_the_better_one(pairs: Any, expected: str | None) -> None:
    hardware = addressed(*pairs)
    if expected == ODD:
        with pytest.raises(OddAnswer):
            bmc_address(hardware)
    else:
        assert bmc_address(hardware) == expected


def test_without_a_profile_ports_come_in_the_order_in_which_they_boot_numbers_as_numbers() -> None:
    found = nics(None, HARDWARE)
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


def test_a_physical_connection_without_a_mac_takes_its_ports() -> None:
    found = nics(with_connections(connection(1, "Mezz 3:1-b", None, macType="Physical"), connection(2, "Mezz 3:2-a", "", macType="Physical"),
                                  connection(3, "Auto", None, macType="Physical")), HARDWARE)
    assert [(nic.name, nic.mac, nic.virtual) for nic in found] == [
        ("Mezz 3:1-b", "94:40:c9:00:03:b1", False), ("Mezz 3:2-a", "94:40:c9:00:03:02", False), ("connection 3", "", False)]


@pytest.mark.parametrize("mac_type", ["Virtual", "UserDefined"])
@pytest.mark.parametrize("mac", [None, "", "00:00:00:00:00:00"])
def test_a_connection_of_the_profile_without_a_mac_never_has_the_hardwares(mac_type: str, mac: str | None) -> None:
    boots = connection(1, "Mezz 3:1-a", mac, macType=mac_type, boot={"priority": "Primary"})
    choice = choose(nics(with_connections(boots, connection(2, "Mezz 3:2-a", "9A:A0:22:90:00:02")), HARDWARE))
    assert isinstance(choice, Reason) and choice.reason == "NoMac" and "profile has no MAC yet for network port 'Mezz 3:1-a'" in choice.message
    assert server("n1", "east", "east", with_connections(boots), HARDWARE) == Reason(
        "NoMac", "east knows no MAC address of 'n1': the profile has no MAC yet; let OneView finish the profile, it is asked again by itself.")


@pytest.mark.parametrize(("priorities", "boots"), [
    (("NotBootable", "Primary", "Primary"), 2), (("NotBootable", "Secondary", "NotBootable"), 2), (("Secondary", "NotBootable", "Primary"), 3),
    (("NotBootable", "NotBootable", "NotBootable"), 1), ((None, None, None), 1), (("NotBootable", None, "Primary"), 3),
])
def test_which_connection_boots(priorities: tuple[str | None, ...], boots: int) -> None:
    """The first primary one by id, else the first that may boot, else the first."""
    connections = [connection(number, f"Mezz 3:{number}-a", f"9A:A0:22:90:00:0{number}", boot={"priority": priority} if priority else None)
                   for number, priority in enumerate(priorities, start=1)]
    choice = choose(nics(with_connections(*connections[::-1]), HARDWARE))
    assert isinstance(choice, Choice) and choice.boot.name == f"Mezz 3:{boots}-a"


def test_a_profile_without_ethernet_connections_is_no_reason_to_guess_a_port() -> None:
    for function in ("FibreChannel", "iSCSI"):
        assert server("n1", "east", "east", with_connections(connection(1, "Mezz 3:1-b", None, functionType=function)), HARDWARE) == Reason(
            "NoMac", "east knows no MAC address of 'n1': its profile has connections, but none of them is Ethernet; add the one that it boots from.")


def test_a_port_without_a_mac_keeps_its_place_and_another_boots() -> None:
    hardware = {**HARDWARE, "portMap": {"deviceSlots": [slot("Lom", 1, port(1, None), port(2, "00:FD:45:00:01:02"), port(2, "00:FD:45:00:01:02"))]}}
    found = nics(None, hardware)
    assert [(nic.name, nic.mac, nic.bootable) for nic in found] == [("Lom 1:1", "", False), ("Lom 1:2", "00:fd:45:00:01:02", True)]
    choice = choose(found)
    assert isinstance(choice, Choice) and choice.boot.name == "Lom 1:2"
    assert isinstance(choose(found, NicPolicy(indices=("0",))), Reason)


WRONG = [3, 1.5, float("inf"), True, [], ["x"], {}, {"x": 1}]
ODD_PLACES = [float("nan"), -1, 1e999, 10 ** 30, "one", None, "", [], {}, True]


def odd(profile: dict[str, Any] | None, hardware: dict[str, Any]) -> str:
    with pytest.raises(OddAnswer) as caught:
        server("n1", "east", "east", profile, hardware)
    return str(caught.value)


@pytest.mark.parametrize("value", [*WRONG, None, ""])
def test_a_word_that_decides_is_never_guessed(value: Any) -> None:
    assert "functionType" in odd(with_connections(connection(1, "Mezz 3:1-a", None, functionType=value)), HARDWARE)
    assert "macType" in odd(with_connections(connection(1, "Mezz 3:1-a", None, macType=value)), HARDWARE)
    assert "location" in odd(None, {**HARDWARE, "portMap": {"deviceSlots": [{**slot("Lom", 1, port(1, None)), "location": value}]}})
    assert "type" in odd(None, {**HARDWARE, "portMap": {"deviceSlots": [slot("Lom", 1, {**port(1, None), "type": value})]}})


@pytest.mark.parametrize("value", [None, "", 3, True, {}, ["x"]])
def test_ports_that_cannot_be_read_are_not_no_ports(value: Any) -> None:
    assert "physicalPorts" in odd(None, {**HARDWARE, "portMap": {"deviceSlots": [{**slot("Lom", 1), "physicalPorts": value}]}})


@pytest.mark.parametrize("value", ODD_PLACES)
def test_a_number_that_orders_is_never_guessed(value: Any) -> None:
    assert "connections[0].id" in odd(with_connections(connection(value, "Mezz 3:1-a", "9A:A0:22:90:00:01")), HARDWARE)
    assert "slotNumber" in odd(None, {**HARDWARE, "portMap": {"deviceSlots": [slot("Lom", value, port(1, None))]}})
    assert "portNumber" in odd(None, {**HARDWARE, "portMap": {"deviceSlots": [slot("Lom", 1, port(value, None))]}})


@pytest.mark.parametrize("value", WRONG)
def test_an_address_of_another_type_is_odd(value: Any) -> None:
    assert "connections[0].mac" in odd(with_connections(connection(1, "Mezz 3:1-a", value)), HARDWARE)
    assert "mac" in odd(None, {**HARDWARE, "portMap": {"deviceSlots": [slot("Lom", 1, port(1, value))]}})
    assert "mpIpAddresses.address" in odd(None, {**HARDWARE, **addressed((value, "Static"))})


@pytest.mark.parametrize("profile", [
    {}, {"connectionSettings": None}, {"connectionSettings": {}}, {"connectionSettings": {"connections": None}}, {"connections": None},
    {"connectionSettings": {"connections": {}}}, {"connectionSettings": []}, {"connectionSettings": {"connections": [None]}},
])
def test_connections_that_cannot_be_read_are_not_no_connections(profile: dict[str, Any]) -> None:
    assert "connection" in odd(profile, HARDWARE)


def test_two_connections_of_one_id_and_a_boot_order_with_a_gap_are_odd() -> None:
    one = connection(1, "Mezz 3:1-a", "9A:A0:22:90:00:01")
    assert odd(with_connections(one, one), HARDWARE) == "connections[1].id is another connection's too"
    assert odd(with_connections(one, connection(2, "Mezz 3:2-a", "9A:A0:22:90:00:02", boot=None)), HARDWARE) == "connections.boot.priority is missing"
    for boot in ([], "Primary", {"priority": {}}, {"priority": ["Primary"]}):
        assert "connections.boot" in odd(with_connections(connection(1, "Mezz 3:1-a", "9A:A0:22:90:00:01", boot=boot)), HARDWARE)


@pytest.mark.parametrize(("profile_of", "hardware_of"), [("h2", "p1"), ("h1", "p2")])
def test_a_profile_that_moved_between_two_reads_is_read_again(profile_of: str, hardware_of: str) -> None:
    profile = {**with_connections(connection(1, "Mezz 3:1-a", "9A:A0:22:90:00:01")), "uri": "/rest/server-profiles/p1",
               "serverHardwareUri": f"/rest/server-hardware/{profile_of}"}
    hardware = {**HARDWARE, "uri": "/rest/server-hardware/h1", "serverProfileUri": f"/rest/server-profiles/{hardware_of}"}
    assert "names another object than the one that names it" in odd(profile, hardware)


def test_connections_of_the_older_api_are_read_too() -> None:
    assert [nic.mac for nic in nics({"connections": [connection(1, "Mezz 3:1-a", "9A:A0:22:90:00:01")]}, HARDWARE)] == ["9a:a0:22:90:00:01"]


def test_a_server_has_its_serial_and_model() -> None:
    found = server("n1", "east", "east (https://x)", None, HARDWARE)
    assert isinstance(found, Server) and (found.vendor, found.serial, found.model, found.bmc_address) == ("HP", "2M1", "Synergy 480 Gen10", "192.0.2.21")


def test_no_port_map_is_said_with_what_to_do_but_connections_do_without_it() -> None:
    bare = {**HARDWARE, "portMap": None}
    assert server("n1", "east", "east", None, bare) == Reason(
        "NoMac", "east knows no MAC address of 'n1': OneView has no port map of this server; refresh the server hardware there, or give its profile "
                 "connections, whose MACs OneView knows.")
    assert isinstance(server("n1", "east", "east", with_connections(connection(1, "Mezz 3:1-a", "9A:A0:22:90:00:01")), bare), Server)


def test_no_usable_address_is_said() -> None:
    assert server("n1", "east", "east", None, {**HARDWARE, "mpHostInfo": None}) == Reason(
        "NoBmcAddress", "east knows no usable address of the iLO of 'n1'; give it one that is not link-local, then refresh the server there.")
