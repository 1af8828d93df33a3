# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dell servers as OpenManage Enterprise shows them: profiles, devices and NIC inventories, built together with their true answers."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.simulators.inventory import DELL, FOUND, Inventory, SimServer, lower

Json = dict[str, Any]

DELL_OUI, MELLANOX, INTEL = "B0:7B:25", "00:62:0B", "B4:96:91"
SERVER, CHASSIS, IO_MODULE = 1000, 2000, 4000           # Type of a device
IDRAC = 2                                               # ManagementType
NOTHING = "00:00:00:00:00:00"
INVENTORY_TIME, STATUS_TIME = "2026-11-22 23:01:11.412", "2026-11-23 07:55:00.120"
CAPABILITIES = [*range(1, 10), *range(11, 19), *range(30, 36), 41, 1009, 1010]


class OmeInventory(Inventory):
    """The lists of one appliance. network: device id -> InventoryInfo, which does not come in slot order."""

    vendor = DELL
    prefix = "dell-node"

    def __init__(self, seed: int = 1) -> None:
        super().__init__(seed)
        self.profiles: list[Json] = []
        self.devices: list[Json] = []
        self.network: dict[int, list[Json]] = {}
        self.bare_lists: set[int] = set()               # devices whose inventory comes as a list without its envelope

    # --- the usual

    def add_usual(self, names: Iterable[str]) -> None:
        builders = (
            self.rack, self.rack_two_addresses, self.gpu, self.rack, self.sled, self.rack_partitioned, self.rack_dns_only, self.rack,
            self.rack_ipv6, self.rack_virtual_mac,
        )
        for number, name in enumerate(names):
            builders[number % len(builders)](name)

    def add_background(self) -> None:
        chassis = self._device("PowerEdge MX7000", [self.numbers.ipv4()], name="mx7000-1", kind=CHASSIS)
        module = self._device("MX9116n Fabric Engine", [], name="IOM-A1", kind=IO_MODULE)
        module["DeviceServiceTag"] = None
        self.network[chassis["Id"]] = self.network[module["Id"]] = []
        spare = self._device("PowerEdge R660", [self.numbers.ipv4()], name="idrac-spare")
        self.network[spare["Id"]] = [_card("NIC.Embedded.1", "Broadcom Corp", "BCM5720", self.numbers.macs(2, DELL_OUI))]
        self._profile("template-copy", None)

    def add_odd(self, prefix: str) -> None:
        self.unassigned(f"{prefix}-unassigned")
        self.without_inventory(f"{prefix}-no-inventory")
        self.without_ethernet(f"{prefix}-no-ethernet")
        self.without_address(f"{prefix}-no-address")
        self.device_only(f"{prefix}-device-only")
        self.device_twice(f"{prefix}-twice")
        self.bare_list(f"{prefix}-bare-list")
        self.rack_ipv6(f"{prefix}-ipv6-only")

    def rack(self, name: str) -> SimServer:
        """Integrated, embedded and slot NICs; the device is named as its address."""
        return self._server(name, "PowerEdge R660", [self.numbers.ipv4()], *self._rack_cards(), kind="rack")

    def rack_two_addresses(self, name: str) -> SimServer:
        """Two entries for the iDRAC, IPv6 and IPv4, in either order."""
        address = self.numbers.ipv4()
        return self._server(name, "PowerEdge R760", self.numbers.shuffled([f"[{self.numbers.ipv6()}]", address]), *self._rack_cards(),
                            best=address, kind="rack-two-addresses")

    def rack_ipv6(self, name: str) -> SimServer:
        """The iDRAC has IPv6 only, in brackets; its IPv4 entry is unset."""
        address = self.numbers.ipv6()
        return self._server(name, "PowerEdge R660", ["[::]", f"[{address}]"], *self._rack_cards(), best=address, kind="rack-ipv6")

    def rack_dns_only(self, name: str) -> SimServer:
        """The iDRAC is known by its name alone."""
        address = f"idrac-{name}.example.com"
        return self._server(name, "PowerEdge R660", [address], *self._rack_cards(), device_name=address, best=address, kind="rack-dns")

    def rack_virtual_mac(self, name: str) -> SimServer:
        """The profile gave the first port another MAC than the one it left the factory with."""
        cards, macs = self._rack_cards()
        virtual = self.numbers.mac("02:42:0A")
        first = next(card for card in cards if card["NicId"] == "NIC.Integrated.1")["Ports"][0]["Partitions"][0]
        first.update(CurrentMacAddress=virtual, VirtualMacAddress=virtual)
        return self._server(name, "PowerEdge R650", [self.numbers.ipv4()], cards, [virtual, *macs[1:]], kind="rack-virtual-mac")

    def rack_partitioned(self, name: str) -> SimServer:
        """Ports cut in partitions, one of them for storage only; NicMode tells nothing."""
        numbers = self.numbers
        ether, storage, embedded = numbers.macs(4, INTEL), numbers.macs(2, INTEL), numbers.macs(2, DELL_OUI)
        card = _card("NIC.Integrated.1", "Intel Corporation", "Intel(R) Ethernet 25G 2P XXV710", [ether[0], ether[2]])
        for port, (second, third) in zip(card["Ports"], ((ether[1], storage[0]), (ether[3], storage[1])), strict=True):
            port["Partitions"] += [
                _partition(f"{port['PortId']}-2", second),
                _partition(f"{port['PortId']}-3", third, NicMode="Disabled", IscsiMode="Enabled"),
            ]
            port["Partitions"].reverse()
        plain = _card("NIC.Embedded.1", "Broadcom Corp", "Broadcom Gigabit Ethernet BCM5720", embedded)
        for port in plain["Ports"]:
            port["LinkStatus"] = "Unknown"
            port["Partitions"][0].update(NicMode="Disabled", FcoeMode="Disabled", IscsiMode="Disabled", VirtualMacAddress=NOTHING)
        return self._server(name, "PowerEdge R750", [numbers.ipv4()], [plain, card], [*ether, *embedded], kind="rack-partitioned")

    def gpu(self, name: str) -> SimServer:
        """Cards in slots 2 and 10, InfiniBand in slot 7: order as text is not order as numbers."""
        numbers = self.numbers
        embedded, two, ten = numbers.macs(2, DELL_OUI), numbers.macs(2, MELLANOX), numbers.macs(1, MELLANOX)
        infiniband = _card("InfiniBand.Slot.7", "Mellanox Technologies", "Nvidia ConnectX-7 NDR", numbers.macs(1, MELLANOX))
        infiniband["Ports"][0].update(PortId="InfiniBand.Slot.7-1", Partitions=[], LinkStatus="")
        cards = numbers.shuffled([
            _card("NIC.Slot.10", "Mellanox Technologies", "Nvidia ConnectX-6 Dx 1x 100G", ten),
            _card("NIC.Slot.2", "Mellanox Technologies", "Nvidia ConnectX-6 Dx 2x 100G", two, reverse=True),
            _card("NIC.Embedded.1", "Broadcom Corp", "Broadcom Gigabit Ethernet BCM5720", embedded, mode="Unknown"),
            infiniband,
        ])
        return self._server(name, "PowerEdge XE9680", [numbers.ipv4()], cards, [*embedded, *two, *ten], kind="gpu")

    def sled(self, name: str) -> SimServer:
        """A sled of a chassis: its ports are on mezzanine cards."""
        numbers = self.numbers
        first, second = numbers.macs(2, INTEL), numbers.macs(2, INTEL)
        cards = [
            _card("NIC.Mezzanine.1B", "QLogic", "QL41232HMKR 2x25GE", second),
            _card("NIC.Mezzanine.1A", "QLogic", "QL41232HMKR 2x25GE", first),
        ]
        return self._server(name, "PowerEdge MX740c", [numbers.ipv4()], cards, [*first, *second], chassis="mx7000-1", kind="sled")

    # --- the odd

    def unassigned(self, name: str) -> SimServer:
        """A profile without a target."""
        self._profile(name, None)
        return self.remember(SimServer(name, DELL, outcome="Unassigned", kind="unassigned"))

    def without_inventory(self, name: str) -> SimServer:
        """The device was discovered, its inventory never ran."""
        return self._server(name, "PowerEdge R660", [self.numbers.ipv4()], [], [], outcome="NoMac", kind="no-inventory")

    def without_ethernet(self, name: str) -> SimServer:
        """InfiniBand is all it has."""
        card = _card("InfiniBand.Slot.7", "Mellanox Technologies", "Nvidia ConnectX-7 NDR", [NOTHING])
        card["Ports"][0]["Partitions"] = []
        return self._server(name, "PowerEdge XE8640", [self.numbers.ipv4()], [card], [], outcome="NoMac", kind="no-ethernet")

    def without_address(self, name: str) -> SimServer:
        """Its iDRAC's only address is unset."""
        server = self._server(name, "PowerEdge R660", ["[::]"], *self._rack_cards(), device_name=name, outcome="NoBmcAddress", kind="no-address")
        server.bmc_address = None
        return server

    def device_only(self, name: str) -> SimServer:
        """No profile: the device itself has this name."""
        address = self.numbers.ipv4()
        cards, macs = self._rack_cards()
        device = self._device("PowerEdge R660", [address], name=name)
        self.network[device["Id"]] = cards
        return self.remember(SimServer(name, DELL, device["DeviceServiceTag"], device["Model"], address, macs[0].lower(), lower(macs), kind="device-only"))

    def device_twice(self, name: str) -> SimServer:
        """Two devices of one name, as after a replaced board."""
        for _device in range(2):
            device = self._device("PowerEdge R660", [self.numbers.ipv4()], name=name)
            self.network[device["Id"]] = self._rack_cards()[0]
        return self.remember(SimServer(name, DELL, outcome="Ambiguous", kind="twice"))

    def profile_again(self, name: str, spelling: str) -> SimServer:
        """A second profile whose name differs by case only: ambiguous from now on."""
        known = self[name]
        known.outcome, known.kind = "Ambiguous", "twice"
        self._profile(spelling, None)
        return known

    def bare_list(self, name: str) -> SimServer:
        """Its NIC inventory comes as a bare list."""
        server = self.rack(name)
        self.bare_lists.add(self.devices[-1]["Id"])
        return server

    # --- the records

    def remove_first(self) -> None:
        for members in (self.profiles, self.devices):
            if members:
                members.pop(0)

    def add_first(self) -> None:
        self._profile(f"new-{self.numbers.count()}", None)
        self.profiles.insert(0, self.profiles.pop())
        self._device("PowerEdge R660", [self.numbers.ipv4()], name=f"new-{self.numbers.count()}")
        self.devices.insert(0, self.devices.pop())

    def _rack_cards(self) -> tuple[list[Json], list[str]]:
        """Cards out of order, and the MACs in order."""
        numbers = self.numbers
        integrated, embedded, slot = numbers.macs(2, DELL_OUI), numbers.macs(2, DELL_OUI), numbers.macs(2, MELLANOX)
        cards = numbers.shuffled([
            _card("NIC.Integrated.1", "Broadcom Inc. and subsidiaries", "Broadcom Adv. Dual 25Gb Ethernet", integrated, up=1),
            _card("NIC.Slot.8", "Mellanox Technologies", "Nvidia ConnectX-6 Dx 2x 100G QSFP56", slot),
            _card("NIC.Embedded.1", "Broadcom Corp", "Broadcom Gigabit Ethernet BCM5720", embedded, up=0),
        ])
        return cards, [*integrated, *embedded, *slot]

    def _server(
        self, name: str, model: str, addresses: list[str], cards: list[Json], macs: list[str], *, device_name: str | None = None,
        best: str | None = None, chassis: str | None = None, outcome: str = FOUND, kind: str = "",
    ) -> SimServer:
        """A profile on its device. best: the address that must be found."""
        device = self._device(model, addresses, device_name or addresses[0].strip("[]"), chassis=chassis)
        self.network[device["Id"]] = cards
        self._profile(name, device, chassis)
        return self.remember(SimServer(
            name, DELL, device["DeviceServiceTag"], model, best or addresses[0], macs[0].lower() if macs else None, lower(macs), outcome, kind))

    def _profile(self, name: str, device: Json | None, chassis: str | None = None) -> Json:
        key = 71000 + self.numbers.count()
        profile = {
            "@odata.type": "#ProfileService.Profile",
            "@odata.id": f"/api/ProfileService/Profiles({key})",
            "Id": key,
            "ProfileName": name,
            "ProfileDescription": "",
            "TemplateId": 8,
            "TemplateName": "Template",
            "DataSchemaId": 8,
            "TargetId": device["Id"] if device else 0,
            "TargetName": device["DeviceName"] if device else None,
            "TargetTypeId": device["Type"] if device else 0,
            "DeviceIdInSlot": 0,
            "ChassisId": 0,
            "ChassisName": chassis,
            "GroupId": 0,
            "GroupName": None,
            "NetworkBootToIso": None,
            "ProfileState": 4 if device else 0,
            "DeploymentTaskId": 0,
            "LastRunStatus": 2060 if device else 2200,
            "ProfileModified": 0,
            "CreatedBy": "admin",
            "EditedBy": None,
            "CreatedDate": "2026-09-26 13:56:41.924966",
            "LastEditDate": "2026-09-26 13:56:41.924966",
            "LastDeployDate": "2026-09-26 14:10:00.000000" if device else "",
        }
        self.profiles.append(profile)
        return profile

    def _device(self, model: str, addresses: list[str], name: str, kind: int = SERVER, chassis: str | None = None) -> Json:
        key = 25000 + self.numbers.count()
        tag = self.numbers.serial("", 7)
        path = f"/api/DeviceService/Devices({key})"
        device = {
            "@odata.type": "#DeviceService.Device",
            "@odata.id": path,
            "Id": key,
            "Type": kind,
            "Identifier": tag,
            "DeviceServiceTag": tag,
            "ChassisServiceTag": "MX70001" if chassis else None,
            "Model": model,
            "PowerState": 17,
            "ManagedState": 3000,
            "Status": 1000,
            "ConnectionState": True,
            "AssetTag": None,
            "SystemId": 2813,
            "DeviceName": name,
            "LastInventoryTime": INVENTORY_TIME,
            "LastStatusTime": STATUS_TIME,
            "DeviceSubscription": None,
            "DeviceCapabilities": CAPABILITIES,
            "SlotConfiguration": {"ChassisName": chassis},
            "DeviceManagement": [self._management(address, tag) for address in addresses],
            "Actions": None,
            "SensorHealth@odata.navigationLink": f"{path}/SensorHealth",
            "InventoryDetails@odata.navigationLink": f"{path}/InventoryDetails",
            "InventoryTypes": {"@odata.id": f"{path}/InventoryTypes"},
        }
        self.devices.append(device)
        return device

    def _management(self, address: str, tag: str) -> Json:
        key = 5000 + self.numbers.count()
        is_set = address != "[::]"
        is_name = address.endswith(".example.com")
        return {
            "ManagementId": key,
            "NetworkAddress": address,
            "MacAddress": self.numbers.mac("D0:8E:79"),
            "ManagementType": IDRAC,
            "InstrumentationName": address if is_set else "",
            "DnsName": address if is_name else "",
            "ManagementProfile": [{
                "ManagementProfileId": key,
                "ManagementId": key,
                "ProfileId": "",
                "AgentName": "iDRAC",
                "Version": "7.10.30.00",
                "ManagementURL": f"https://{address}:443" if is_set else "unknown",
                "HasCreds": 0,
                "Status": 1000,
                "StatusDateTime": STATUS_TIME,
            }],
        }


def _card(nic: str, vendor: str, product: str, macs: list[str], up: int | None = None, mode: str = "Enabled", reverse: bool = False) -> Json:
    """A card with one partition a port; the first `up` ports have a link."""
    ports = [
        {
            "PortId": f"{nic}-{number}",
            "ProductName": f"{product} - {mac}",
            "InitiatorIpAddress": "",
            "InitiatorSubnetMask": "",
            "InitiatorGateway": "",
            "InitiatorName": "",
            "InitiatorPrimaryDns": "",
            "InitiatorSecondaryDns": "",
            "TargetFcoeWwpn": "",
            "TargetIpAddress": "",
            "LinkStatus": "Up" if up is None or number <= up else "Down",
            "LinkSpeed": 25000 if up is None or number <= up else 0,
            "Partitions": [_partition(f"{nic}-{number}-1", mac, NicMode=mode)],
        }
        for number, mac in enumerate(macs, start=1)
    ]
    return {"NicId": nic, "VendorName": vendor, "Ports": ports[::-1] if reverse else ports}


def _partition(fqdd: str, mac: str, **modes: str) -> Json:
    return {
        "Fqdd": fqdd,
        "CurrentMacAddress": mac,
        "PermanentMacAddress": mac,
        "PermanentIscsiMacAddress": "",
        "PermanentFcoeMacAddress": "",
        "Wwn": None,
        "Wwpn": None,
        "VirtualWwn": None,
        "VirtualWwpn": None,
        "VirtualMacAddress": "",
        "NicMode": "Enabled",
        "FcoeMode": "Disabled",
        "IscsiMode": "Disabled",
        "MinBandwidth": 0,
        "MaxBandwidth": 100,
        "VirtualFipMacAddress": "",
        "VirtualIscsiMacAddress": "",
        **modes,
    }
