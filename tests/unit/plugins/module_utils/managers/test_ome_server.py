# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an OME device and its inventory to a server."""
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.managers.elements import OddAnswer
from ansible_collections.baremetal.generator.plugins.module_utils.managers.ome_nics import cards, nics
from ansible_collections.baremetal.generator.plugins.module_utils.managers.ome_server import bmc_address, server
from ansible_collections.baremetal.generator.plugins.module_utils.models import Nic, Reason, Server
from ansible_collections.baremetal.generator.plugins.module_utils.nics import Choice, NicPolicy, choose


def managed(*addresses: str, dns: str = "", kind: int = 2) -> dict[str, Any]:
    return {"DeviceManagement": [{"ManagementType": kind, "NetworkAddress": address, "DnsName": dns} for address in addresses]}


def card(fqdd: str, mac: str, link: str = "Up", **more: str) -> dict[str, Any]:
    partition = {"Fqdd": fqdd, "CurrentMacAddress": mac, "PermanentMacAddress": mac, "VirtualMacAddress": "00:00:00:00:00:00",
                 "NicMode": "Enabled", "IscsiMode": "Disabled", "FcoeMode": "Disabled", **more}
    port = {"PortId": fqdd, "ProductName": f"Fast NIC - {mac}", "LinkStatus": link, "Partitions": [partition]}
    return {"NicId": fqdd, "VendorName": "Maker", "Ports": [port]}


DEVICE = {**managed("192.0.2.41"), "DeviceServiceTag": "AAAA001", "Model": "PowerEdge R660"}


@pytest.mark.parametrize(("device", "expected"), [
    (managed("[2001:db8::43]", "192.0.2.41"), "192.0.2.41"),
    (managed("192.0.2.41", "[2001:db8::43]"), "192.0.2.41"),
    (managed("[2001:db8::43]"), "2001:db8::43"),
    (managed("[::]", dns="idrac-1.example.com"), "idrac-1.example.com"),
    (managed("idrac-1.example.com"), "idrac-1.example.com"),
    (managed("192.0.2.41", kind=1), None),
    (managed("[::]", "fe80::1"), None),
    (managed("0.0.0.0", "169.254.0.3", "[fe80::1%eth0]", "ff02::1", "127.0.0.1", ""), None),
    (managed("idrac-AAAA001"), None),
    (managed("[::]", dns="idrac-AAAA001"), None),
    (managed("idrac-AAAA001", dns="idrac-1.example.com"), "idrac-1.example.com"),
    ({"DeviceManagement": []}, None),
])
def test_the_bmc_address_is_the_idracs_ipv4_then_ipv6_then_its_name(device: dict[str, Any], expected: str | None) -> None:
    assert bmc_address(device) == expected


def test_nics_come_by_class_and_number_not_as_the_inventory_has_them() -> None:
    names = ["NIC.Slot.10-1-1", "InfiniBand.Slot.7-1", "NIC.Slot.8-2-1", "NIC.Slot.8-1-1", "NIC.Mezzanine.1A-1-1", "NIC.Embedded.1-1-1",
             "NIC.Integrated.1-10-1", "NIC.Integrated.1-2-1"]
    found = nics([card(name, f"b0:7b:25:00:00:{at:02x}") for at, name in enumerate(names)])
    assert [nic.name for nic in found] == [
        "NIC.Integrated.1-2-1", "NIC.Integrated.1-10-1", "NIC.Embedded.1-1-1", "NIC.Mezzanine.1A-1-1", "NIC.Slot.8-1-1", "NIC.Slot.8-2-1", "NIC.Slot.10-1-1",
        "InfiniBand.Slot.7-1"]


def test_the_current_mac_counts_and_a_virtual_one_is_said_to_be_so() -> None:
    plain, moved = nics([card("NIC.Slot.1-1-1", "B0:7B:25:00:00:01"),
                         card("NIC.Slot.1-2-1", "B0:7B:25:00:00:02", CurrentMacAddress="02:00:00:00:00:02", VirtualMacAddress="02:00:00:00:00:02")])
    assert (plain.mac, plain.virtual, plain.location) == ("b0:7b:25:00:00:01", False, "Fast NIC")
    assert (moved.mac, moved.virtual) == ("02:00:00:00:00:02", True)


@pytest.mark.parametrize(("status", "link"), [("Up", True), ("Down", False), ("", None), ("Unknown", None)])
def test_a_link_may_be_unknown(status: str, link: bool | None) -> None:
    assert nics([card("NIC.Slot.1-1-1", "b0:7b:25:00:00:01", link=status)])[0].link is link


@pytest.mark.parametrize(("modes", "counts"), [
    ({"NicMode": "Disabled"}, True), ({"NicMode": "Unknown"}, True), ({"NicMode": "Disabled", "IscsiMode": "Enabled"}, False),
    ({"NicMode": "Disabled", "FcoeMode": "Enabled"}, False), ({"NicMode": "Enabled", "IscsiMode": "Enabled"}, True)])
def test_only_a_partition_for_storage_alone_is_left_out(modes: dict[str, str], counts: bool) -> None:
    assert bool(nics([card("NIC.Slot.1-1-1", "b0:7b:25:00:00:01", **modes)])) is counts


def test_a_card_without_partitions_has_no_mac() -> None:
    assert nics([{"NicId": "InfiniBand.Slot.7", "Ports": [{"PortId": "InfiniBand.Slot.7-1", "Partitions": []}]}, {"NicId": "FC.Slot.1", "Ports": []}]) == []


def test_a_server_has_its_service_tag_and_model() -> None:
    found = server("n1", "ome", "ome", DEVICE, [card("NIC.Slot.1-1-1", "b0:7b:25:00:00:01")])
    assert isinstance(found, Server) and (found.vendor, found.serial, found.model) == ("DELL", "AAAA001", "PowerEdge R660")


def test_a_missing_inventory_is_told_from_one_without_ethernet() -> None:
    assert server("n1", "ome", "ome", DEVICE, {"InventoryInfo": []}) == Reason(
        "NoMac", "ome knows no MAC address of 'n1': its network inventory is missing; run the inventory of this device in OME.")
    assert server("n1", "ome", "ome", DEVICE, [{"NicId": "InfiniBand.Slot.7", "Ports": []}]) == Reason(
        "NoMac", "ome knows no MAC address of 'n1': its network inventory shows no Ethernet port with one; run the inventory of this device in OME.")


def test_no_usable_address_is_said() -> None:
    assert server("n1", "ome", "ome", managed("[::]"), []) == Reason(
        "NoBmcAddress", "ome knows no usable address of the iDRAC of 'n1'; give it one that is not link-local, then refresh the server there.")


# --- right or absent

INFINITE = float("inf")
ODD = [None, True, 7, 1.5, INFINITE, float("nan"), 10 ** 40, "", "x", [], [[]], {}, {"a": []}]


def odd(*usual: type) -> list[Any]:
    """Values that are none of these types."""
    return [value for value in ODD if type(value) not in usual]


@pytest.mark.parametrize("entries", [*odd(list), [None], ["x"], [[]], [{}], *([{"ManagementType": kind}] for kind in odd(int)),
                                     [{"ManagementType": 10 ** 40}], [{"ManagementType": -2}], [{"ManagementType": 2, "NetworkAddress": 7}],
                                     [{"ManagementType": 2, "NetworkAddress": ["192.0.2.1"]}], [{"ManagementType": 2, "DnsName": {}}]])
def test_management_that_cannot_be_read_is_no_guess(entries: Any) -> None:
    with pytest.raises(OddAnswer, match="DeviceManagement"):
        bmc_address({"DeviceManagement": entries})


@pytest.mark.parametrize("body", [*odd(list, dict), {}, {"message": "maintenance"}, {"InventoryInfo": {}}, {"InventoryInfo": None}, {"InventoryInfo": "x"},
                                  [None], ["x"], {"InventoryType": "serverProcessors", "InventoryInfo": []}, {"InventoryType": [], "InventoryInfo": []}])
def test_what_is_no_inventory_is_not_an_empty_one(body: Any) -> None:
    with pytest.raises(OddAnswer):
        cards(body)


def two_ports() -> list[dict[str, Any]]:
    return [card("NIC.Integrated.1-1-1", "b0:7b:25:00:00:01"), card("NIC.Integrated.1-2-1", "b0:7b:25:00:00:02")]


@pytest.mark.parametrize(("field", "values"), [
    ("NicId", [None, 7, [], "", "x", "NIC"]), ("Ports", [*odd(list)]),
    ("PortId", [None, 7, [], "", "x"]), ("Partitions", [*odd(list)]),
    ("Fqdd", [None, 7, [], "", "x", "NIC.", "1-1-1"]), ("CurrentMacAddress", [7, True, [], {}, INFINITE]), ("PermanentMacAddress", [[], 7]),
    ("VirtualMacAddress", [[], 7]), ("NicMode", [7, [], {}]), ("IscsiMode", [7, [], {}]), ("FcoeMode", [True, []]),
])
def test_a_part_of_the_inventory_that_decides_and_cannot_be_read_is_no_guess(field: str, values: list[Any]) -> None:
    for value in values:
        inventory = two_ports()
        first = inventory[0]
        for part in (first, first["Ports"][0], first["Ports"][0]["Partitions"][0]):
            if field in part:
                part[field] = value
        with pytest.raises(OddAnswer):
            nics(inventory)


@pytest.mark.parametrize("modes", [
    {"IscsiMode": "Enabled", "NicMode": None}, {"NicMode": "Disabled", "IscsiMode": None}, {"NicMode": "Disabled", "FcoeMode": None}])
def test_a_mode_must_be_there_where_it_decides(modes: dict[str, Any]) -> None:
    with pytest.raises(OddAnswer, match="Mode is missing"):
        nics([card("NIC.Slot.1-1-1", "b0:7b:25:00:00:01", **modes)])


@pytest.mark.parametrize(("macs", "mac", "virtual"), [
    ({"CurrentMacAddress": "00:00:00:00:00:00"}, "b0:7b:25:00:00:01", False),
    ({"CurrentMacAddress": "", "VirtualMacAddress": ""}, "b0:7b:25:00:00:01", False),
    ({"CurrentMacAddress": "", "VirtualMacAddress": "02:00:00:00:00:02"}, "", True),
    ({"CurrentMacAddress": "", "VirtualMacAddress": None}, "", False),
    ({"CurrentMacAddress": None}, "", False),
    ({"CurrentMacAddress": "B0:7B:25"}, "", False),
    ({"CurrentMacAddress": "01:00:5e:00:00:01"}, "", False),
    ({"CurrentMacAddress": "", "PermanentMacAddress": ""}, "", False),
])
def test_a_port_has_its_own_mac_or_none(macs: dict[str, Any], mac: str, virtual: bool) -> None:
    found = nics([card("NIC.Slot.1-1-1", "b0:7b:25:00:00:01", **macs)])
    assert [(nic.mac, nic.virtual) for nic in found] == [(mac, virtual)]


def missing_macs() -> dict[str, list[dict[str, Any]]]:
    """The first port has no MAC, in four ways."""
    nothing, no_partition, no_port = two_ports(), two_ports(), two_ports()
    nothing[0]["Ports"][0]["Partitions"][0].update(CurrentMacAddress="", PermanentMacAddress="")
    no_partition[0]["Ports"][0]["Partitions"] = []
    no_port[0]["Ports"] = []
    virtual = two_ports()
    virtual[0]["Ports"][0]["Partitions"][0].update(CurrentMacAddress="", VirtualMacAddress="02:00:00:00:00:07")
    return {"nothing": nothing, "no partition": no_partition, "no port": no_port, "virtual": virtual}


@pytest.mark.parametrize("how", missing_macs())
def test_an_index_never_means_the_neighbour_of_a_port_without_a_mac(how: str) -> None:
    found = nics(missing_macs()[how])
    assert [nic.mac for nic in found] == ["", "b0:7b:25:00:00:02"]
    for policy in (NicPolicy(), NicPolicy(indices=("first",)), NicPolicy(indices=("0",))):
        reason = choose(found, policy)
        assert isinstance(reason, Reason) and reason.reason == "NoMac", reason
    second = choose(found, NicPolicy(indices=("1",)))
    assert isinstance(second, Choice) and second.boot.mac == "b0:7b:25:00:00:02"


def test_a_card_that_is_listed_twice_moves_nobody_and_two_macs_of_one_port_are_no_guess() -> None:
    assert [nic.mac for nic in nics([*two_ports(), *two_ports()])] == ["b0:7b:25:00:00:01", "b0:7b:25:00:00:02"]
    with pytest.raises(OddAnswer, match="another MAC"):
        nics([*two_ports(), card("NIC.Integrated.1-1-1", "b0:7b:25:00:00:09")])


def test_a_port_of_another_kind_without_a_mac_is_none() -> None:
    infiniband = card("InfiniBand.Slot.7-1-1", "80:00:02:08:fe:80:00:00:00:00:00:00:00:02:c9:03:00:0e:b5:d1")
    assert nics([infiniband]) == [] and [type(nic) for nic in nics([*two_ports(), infiniband])] == [Nic, Nic]
