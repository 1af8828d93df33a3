# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an OME device and its inventory to a server."""
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.managers.ome_server import bmc_address, nics, server
from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason, Server


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
    ({"DeviceManagement": None}, None),
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
    assert nics([{"NicId": "InfiniBand.Slot.7-1", "Ports": [{"PortId": "InfiniBand.Slot.7-1", "Partitions": []}]}, {"NicId": "x", "Ports": None}]) == []


def test_a_server_has_its_service_tag_and_model() -> None:
    found = server("n1", "ome", "ome", DEVICE, [card("NIC.Slot.1-1-1", "b0:7b:25:00:00:01")])
    assert isinstance(found, Server) and (found.vendor, found.serial, found.model) == ("DELL", "AAAA001", "PowerEdge R660")


def test_a_missing_inventory_is_told_from_one_without_ethernet() -> None:
    assert server("n1", "ome", "ome", DEVICE, []) == Reason(
        "NoMac", "ome knows no MAC address of 'n1': its network inventory is missing; run the inventory of this device in OME.")
    assert server("n1", "ome", "ome", DEVICE, [{"Ports": []}]) == Reason(
        "NoMac", "ome knows no MAC address of 'n1': its network inventory shows no Ethernet port with one; run the inventory of this device in OME.")


def test_no_usable_address_is_said() -> None:
    assert server("n1", "ome", "ome", managed("[::]"), []) == Reason(
        "NoBmcAddress", "ome knows no usable address of the iDRAC of 'n1'; give it one that is not link-local, then refresh the server there.")
