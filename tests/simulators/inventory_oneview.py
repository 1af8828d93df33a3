# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HPE servers as OneView shows them: profiles and hardware, built together with their true answers."""
from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

from tests.simulators.inventory import FOUND, HP, Inventory, SimServer, lower

Json = dict[str, Any]

VIRTUAL, SYNERGY, PROLIANT = "9A:A0:22", "94:40:C9", "00:FD:45"         # the last starts with 00, as many do
HARDWARE_TYPE = "/rest/server-hardware-types/FE50A6FE-0000-4000-8000-B73CA8CC0CD2"
NETWORK = "/rest/ethernet-networks/19638712-0000-4000-8000-c7cb6c7bf718"
CREATED, MODIFIED = "2026-05-01T10:00:00.000Z", "2026-06-01T10:00:00.000Z"


class OneViewInventory(Inventory):
    """The two lists of an appliance."""

    vendor = HP
    prefix = "hpe-node"

    def __init__(self, seed: int = 1) -> None:
        super().__init__(seed)
        self.profiles: list[Json] = []
        self.hardware: list[Json] = []

    # --- the usual

    def add_usual(self, names: Iterable[str]) -> None:
        builders = (
            self.blade, self.blade_booting_from_second, self.rack_dhcp, self.rack_static, self.blade,
            self.blade_with_physical_macs, self.rack_many_cards, self.rack_dhcp, self.blade_without_port_map, self.rack_ipv6,
        )
        for number, name in enumerate(names):
            builders[number % len(builders)](name)

    def add_background(self) -> None:
        for _spare in range(2):
            serial = self.numbers.serial("CZ", 10)
            self._hardware(serial, "ProLiant DL360 Gen9", [("Static", self.numbers.ipv4())], None, None)
        self._profile("template-for-racks", None, [])

    def add_odd(self, prefix: str) -> None:
        self.unassigned(f"{prefix}-unassigned")
        self.rack_without_port_map(f"{prefix}-no-port-map")
        self.rack_link_local_only(f"{prefix}-link-local-only")
        self.blade_without_macs(f"{prefix}-no-macs")
        self.rack_ipv6(f"{prefix}-ipv6-only")
        self.hardware_only(f"{prefix}-hardware-only")
        self.hardware_twice(f"{prefix}-twice")
        self.stale_associated_server(f"{prefix}-stale-serial")
        self.virtual_serial(f"{prefix}-virtual-serial")
        self.blade_being_created(f"{prefix}-creating")
        self.blade_booting_without_mac(f"{prefix}-boot-without-mac")
        self.blade_with_storage_only(f"{prefix}-storage-only")

    def blade(self, name: str, boot: int = 1) -> SimServer:
        """A Synergy blade: the profile's virtual MACs are what it sends; connections come in any order, storage among them."""
        numbers = self.numbers
        virtual = numbers.macs(3, VIRTUAL)
        ports, _physical = self._mezzanine()
        connections = [
            self._connection(number, mac, f"Mezz 3:{1 + (number - 1) % 2}-{'abc'[(number - 1) // 2]}", "Primary" if number == boot else "NotBootable")
            for number, mac in enumerate(virtual, start=1)
        ]
        connections.append(self._connection(7, numbers.mac(VIRTUAL), "Mezz 3:1-b", "NotBootable", function="FibreChannel"))
        connections.append(self._connection(8, numbers.mac(VIRTUAL), "Mezz 3:2-b", "NotBootable", function="iSCSI"))
        return self._pair(
            name, "Synergy 480 Gen10", [("LinkLocal", _link_local(numbers.mac())), ("Static", numbers.ipv4())], {"deviceSlots": ports},
            numbers.shuffled(connections), virtual, boot_mac=virtual[boot - 1], kind="blade")

    def blade_booting_from_second(self, name: str) -> SimServer:
        """A blade whose profile boots from its second connection."""
        return self.blade(name, boot=2)

    def blade_with_physical_macs(self, name: str) -> SimServer:
        """A blade whose connections keep the MACs of the hardware; nothing is marked as primary."""
        ports, physical = self._mezzanine()
        connections = [self._connection(number, mac, f"Mezz 3:{number}-a", "NotBootable", mac_type="Physical") for number, mac in enumerate(physical, start=1)]
        addresses = [("Static", self.numbers.ipv4()), ("LinkLocal", _link_local(self.numbers.mac()))]
        return self._pair(name, "Synergy 480 Gen10", addresses, {"deviceSlots": ports}, self.numbers.shuffled(connections), physical, kind="blade-physical")

    def blade_without_port_map(self, name: str) -> SimServer:
        """No port map, but the profile knows the MACs."""
        virtual = self.numbers.macs(2, VIRTUAL)
        connections = [self._connection(number, mac, f"Mezz 3:{number}-a", "Primary" if number == 1 else "Secondary")
                       for number, mac in enumerate(virtual, start=1)]
        return self._pair(name, "Synergy 660 Gen10", [("Static", self.numbers.ipv4())], None, connections, virtual, kind="blade-no-port-map")

    def rack_dhcp(self, name: str) -> SimServer:
        """A rack server without connections; its iLO has a DHCP and a SLAAC address, in either order."""
        lom, flb = self.numbers.macs(4, PROLIANT), self.numbers.macs(2, SYNERGY)
        slots = [
            _slot("HPE Ethernet 10/25Gb 2-port 640FLR-SFP28", "Flb", 1, flb),
            _slot("HPE Ethernet 1Gb 4-port 331i Adapter", "Lom", 1, lom),
        ]
        addresses = self.numbers.shuffled([("DHCP", self.numbers.ipv4()), ("SLAAC", self.numbers.ipv6()), ("LinkLocal", _link_local(lom[0]))])
        return self._pair(name, "ProLiant DL380 Gen10", addresses, {"deviceSlots": slots}, [], [*lom, *flb], best="DHCP", kind="rack-dhcp")

    def rack_static(self, name: str) -> SimServer:
        """A rack server whose first port shows no MAC."""
        ocp, pci = self.numbers.macs(1, SYNERGY), self.numbers.macs(2, PROLIANT)
        first = _slot("BCM 57412 OCP3", "Ocp", 1, [None, *ocp])
        slots = [_slot("Intel E810-XXVDA2", "Pci", 2, pci), first, _slot("HPE Smart Array P408i-a", "Pci", 12, [None], kind="SAS")]
        addresses = [("DHCP", self.numbers.ipv4()), ("Static", self.numbers.ipv4())]
        return self._pair(name, "ProLiant DL380 Gen10 Plus", addresses, {"deviceSlots": slots}, [], ["", *ocp, *pci], best="Static",
                          boot_mac=ocp[0], kind="rack-static")

    def rack_many_cards(self, name: str) -> SimServer:
        """A GPU server: cards in slots 2 and 10, InfiniBand, ports in no order."""
        numbers = self.numbers
        ocp, two, ten = numbers.macs(2, SYNERGY), numbers.macs(2, PROLIANT), numbers.macs(2, SYNERGY)
        slots = numbers.shuffled([
            _slot("Mellanox MCX653106A", "Pci", 10, ten, reverse=True), _slot("Mellanox MCX653106A", "Pci", 2, two),
            _slot("BCM 57412 OCP3", "OCP", 1, ocp, reverse=True), _slot("Mellanox MCX75310AAS-NEAT", "Pci", 4, numbers.macs(1, "B8:3F:D2"), kind="InfiniBand"),
        ])
        addresses = [("Lookup", numbers.ipv4()), ("SLAAC", numbers.ipv6())]
        return self._pair(name, "ProLiant DL385 Gen11", addresses, {"deviceSlots": slots}, [], [*ocp, *two, *ten], best="Lookup", kind="rack-many-cards")

    def rack_ipv6(self, name: str) -> SimServer:
        """Its iLO has IPv6 only, written long as OneView does."""
        macs = self.numbers.macs(2, PROLIANT)
        addresses = [("LinkLocal", _link_local(macs[0])), ("SLAAC", self.numbers.ipv6()), ("Static", self.numbers.ipv6())]
        slots = [_slot("HPE Ethernet 1Gb 2-port 368i Adapter", "Lom", 1, macs)]
        return self._pair(name, "ProLiant DL360 Gen10", addresses, {"deviceSlots": slots}, [], macs, best="Static", kind="rack-ipv6")

    # --- the odd

    def unassigned(self, name: str) -> SimServer:
        """A profile without hardware."""
        self._profile(name, None, [])
        return self.remember(SimServer(name, HP, outcome="Unassigned", kind="unassigned"))

    def rack_without_port_map(self, name: str) -> SimServer:
        """No port map and no connections: OneView does not know a MAC."""
        return self._pair(name, "ProLiant DL360 Gen9", [("Static", self.numbers.ipv4())], None, [], [], outcome="NoMac", kind="no-port-map")

    def rack_link_local_only(self, name: str) -> SimServer:
        """Nobody reaches its iLO from elsewhere."""
        macs = self.numbers.macs(2, PROLIANT)
        addresses = [("LinkLocal", _link_local(macs[0])), ("LinkLocal_Required", _link_local(macs[1]))]
        return self._pair(name, "ProLiant DL360 Gen10", addresses, {"deviceSlots": [_slot("331i", "Lom", 1, macs)]}, [], macs,
                          outcome="NoBmcAddress", kind="link-local-only")

    def blade_without_macs(self, name: str) -> SimServer:
        """Ports and connections are there, their MACs are not."""
        connections = [self._connection(1, None, "Mezz 3:1-a", "Primary")]
        slots = [_slot("HPE Synergy 3820C", "Mezz", 3, [None, ""])]
        return self._pair(name, "Synergy 480 Gen10", [("Static", self.numbers.ipv4())], {"deviceSlots": slots}, connections, [],
                          outcome="NoMac", kind="no-macs")

    def blade_being_created(self, name: str) -> SimServer:
        """A profile that is not finished: its connections have no MACs yet, the hardware's ports have theirs."""
        slots, _physical = self._mezzanine()
        connections = [self._connection(number, None, f"Mezz 3:{number}-a", "Primary" if number == 1 else "NotBootable", mac_type=mac_type)
                       for number, mac_type in enumerate(("Virtual", "UserDefined"), start=1)]
        server = self._pair(name, "Synergy 480 Gen10", [("Static", self.numbers.ipv4())], {"deviceSlots": slots}, connections, [],
                            outcome="NoMac", kind="creating")
        self.profiles[-1].update(state="Creating", inProgress=True)
        return server

    def blade_booting_without_mac(self, name: str) -> SimServer:
        """The connection that boots has no MAC, its neighbour and the hardware have one."""
        slots, _physical = self._mezzanine()
        connections = [self._connection(1, self.numbers.mac(VIRTUAL), "Mezz 3:1-a", "NotBootable"), self._connection(2, None, "Mezz 3:2-a", "Primary")]
        return self._pair(name, "Synergy 480 Gen10", [("Static", self.numbers.ipv4())], {"deviceSlots": slots}, connections, [],
                          outcome="NoMac", kind="boot-without-mac")

    def blade_with_storage_only(self, name: str) -> SimServer:
        """Its profile has connections, and none of them is a network."""
        slots, _physical = self._mezzanine()
        connections = [self._connection(1, self.numbers.mac(VIRTUAL), "Mezz 3:1-b", "Primary", function="FibreChannel")]
        return self._pair(name, "Synergy 480 Gen10", [("Static", self.numbers.ipv4())], {"deviceSlots": slots}, connections, [],
                          outcome="NoMac", kind="storage-only")

    def hardware_only(self, name: str, assigned: bool = False) -> SimServer:
        """No profile has this name; it is what the operating system calls itself."""
        macs = self.numbers.macs(2, PROLIANT)
        address = self.numbers.ipv4()
        profile = self._profile(f"other-{name}", None, []) if assigned else None
        hardware = self._hardware(self.numbers.serial("CZ", 10), "ProLiant DL360 Gen10", [("Static", address)],
                                  {"deviceSlots": [_slot("331i", "Lom", 1, macs)]}, profile, server_name=name)
        return self.remember(SimServer(name, HP, hardware["serialNumber"], hardware["model"], address, macs[0].lower(), lower(macs), kind="hardware-only"))

    def hardware_twice(self, name: str) -> SimServer:
        """Two machines call themselves so."""
        for spelling in (name, name.upper()):
            self._hardware(self.numbers.serial("CZ", 10), "ProLiant DL360 Gen10", [("Static", self.numbers.ipv4())],
                           {"deviceSlots": [_slot("331i", "Lom", 1, self.numbers.macs(2, PROLIANT))]}, None, server_name=spelling)
        return self.remember(SimServer(name, HP, outcome="Ambiguous", kind="twice"))

    def profile_again(self, name: str, spelling: str | None = None) -> SimServer:
        """A second profile of an existing name, perhaps in another case: the name is ambiguous from now on."""
        known = self[name]
        known.outcome, known.kind = "Ambiguous", "twice"
        self._profile(spelling or name, None, [])
        return known

    def stale_associated_server(self, name: str) -> SimServer:
        """Its associatedServer is the serial number of somebody else's hardware."""
        server = self.rack_static(name)
        self.profiles[-1]["associatedServer"] = "CZ0STALE00"
        return server

    def virtual_serial(self, name: str) -> SimServer:
        """The profile's serial number is virtual: VCG..., not the hardware's."""
        server = self.blade(name)
        virtual = self.numbers.serial("VCG", 10)
        self.profiles[-1].update(serialNumber=virtual, serialNumberType="Virtual")
        self.hardware[-1]["virtualSerialNumber"] = virtual
        return server

    # --- the records

    def remove_first(self) -> None:
        for members in (self.profiles, self.hardware):
            if members:
                members.pop(0)

    def add_first(self) -> None:
        self.profiles.insert(0, self._profile(f"new-{self.numbers.count()}", None, []))
        self.profiles.pop()
        self._hardware(self.numbers.serial("CZ", 10), "ProLiant DL360 Gen10", [("Static", self.numbers.ipv4())], None, None)
        self.hardware.insert(0, self.hardware.pop())

    def _pair(
        self, name: str, model: str, addresses: list[tuple[str, str]], port_map: Json | None, connections: list[Json], macs: list[str], *,
        best: str = "Static", boot_mac: str | None = None, outcome: str = FOUND, kind: str = "",
    ) -> SimServer:
        """A profile on its hardware. best: the kind of the address that must be found."""
        serial = self.numbers.serial("2M" if model.startswith("Synergy") else "CZ", 10)
        profile = self._profile(name, serial, connections)
        self._hardware(serial, model, addresses, port_map, profile, f"{name}.example.com" if model.startswith("Synergy") else None)
        address = next((address for kind_, address in addresses if kind_ == best), None)
        boots = boot_mac or (macs[0] if macs else None)
        return self.remember(SimServer(name, HP, serial, model, address, boots.lower() if boots else None, lower(macs), outcome, kind))

    def _profile(self, name: str, serial: str | None, connections: list[Json]) -> Json:
        key = self.numbers.uuid()
        virtual = any(connection["macType"] == "Virtual" for connection in connections)
        profile = {
            "type": "ServerProfileV12",
            "uri": f"/rest/server-profiles/{key}",
            "name": name,
            "description": "",
            "serialNumber": serial or self.numbers.serial("VCG", 10),
            "uuid": key,
            "serverProfileTemplateUri": None,
            "templateCompliance": "Unknown",
            "serverHardwareUri": None,
            "serverHardwareTypeUri": HARDWARE_TYPE,
            "enclosureGroupUri": None,
            "enclosureUri": None,
            "enclosureBay": None,
            "affinity": None,
            "associatedServer": None,
            "macType": "Virtual" if virtual else "Physical",
            "wwnType": "Physical",
            "serialNumberType": "Physical" if serial else "Virtual",
            "category": "server-profiles",
            "created": CREATED,
            "modified": MODIFIED,
            "status": "OK",
            "state": "Normal",
            "inProgress": False,
            "connectionSettings": {"reapplyState": "NotApplying", "connections": connections},
            "bootMode": {"manageMode": True, "mode": "UEFI", "pxeBootPolicy": "Auto", "secureBoot": "Disabled"},
            "boot": {"manageBoot": True, "order": ["PXE", "HardDisk"] if connections else ["HardDisk"]},
            "scopesUri": f"/rest/scopes/resources/rest/server-profiles/{key}",
            "eTag": "1526058827348/42",
            "refreshState": "NotRefreshing",
        }
        self.profiles.append(profile)
        return profile

    def _hardware(
        self, serial: str, model: str, addresses: list[tuple[str, str]], port_map: Json | None, profile: Json | None, server_name: str | None = None,
    ) -> Json:
        key = self.numbers.uuid().upper()
        number = self.numbers.count()
        uri = f"/rest/server-hardware/{key}"
        blade = model.startswith("Synergy")
        generation = next(word for word in model.split() if word.startswith("Gen"))
        hardware = {
            "type": "server-hardware-13",
            "uri": uri,
            "name": f"Encl{1 + number // 12}, bay {1 + number % 12}" if blade else f"ILO{serial}.example.com" if number % 2 else addresses[0][1],
            "serverName": server_name,
            "uuid": key,
            "virtualUuid": None,
            "serialNumber": serial,
            "virtualSerialNumber": "",
            "category": "server-hardware",
            "assetTag": "",
            "model": model,
            "shortModel": model.partition(" ")[2],
            "generation": generation,
            "formFactor": "HalfHeight" if blade else "2U",
            "locationUri": None,
            "position": 0,
            "mpModel": "iLO6" if generation == "Gen11" else "iLO4" if generation == "Gen9" else "iLO5",
            "mpFirmwareVersion": "2.72 Sep 04 2022",
            "mpState": "OK",
            "mpHostInfo": {
                "mpHostName": f"ILO{serial}",
                "mpIpAddresses": [{"address": _long(address), "type": kind} for kind, address in addresses],
            },
            "powerState": "On",
            "state": "ProfileApplied" if profile else "NoProfileApplied" if blade else "Monitored",
            "stateReason": "NotApplicable",
            "status": "OK",
            "maintenanceMode": False,
            "serverProfileUri": profile["uri"] if profile else None,
            "serverHardwareTypeUri": HARDWARE_TYPE,
            "serverGroupUri": None,
            "portMap": port_map,
            "licensingIntent": "OneView",
            "refreshState": "NotRefreshing",
            "romVersion": "U30 v2.62 (03/08/2022)",
            "uidState": "Off",
            "scopesUri": f"/rest/scopes/resources{uri}",
            "created": CREATED,
            "modified": MODIFIED,
            "eTag": "1748772000000",
        }
        if profile:
            profile["serverHardwareUri"] = uri
        self.hardware.append(hardware)
        return hardware

    def _mezzanine(self) -> tuple[list[Json], list[str]]:
        """The slots of a blade, and the MACs of its two ports."""
        one, two = self.numbers.macs(2, SYNERGY)
        slots = [
            _slot("Smart Array P542D Controller", "Mezz", 1, [None, None], kind="SAS"),
            {"deviceName": "", "deviceNumber": 2, "location": "Mezz", "slotNumber": 2, "physicalPorts": []},
            _slot("HPE Synergy 3820C 10/20Gb Converged Network Adapter", "Mezz", 3, [one, two]),
        ]
        for port in slots[2]["physicalPorts"]:
            port["virtualPorts"] += [
                {**port["virtualPorts"][0], "portNumber": number, "portFunction": letter, "mac": self.numbers.mac(SYNERGY)}
                for number, letter in ((2, "b"), (3, "c"))
            ]
        return slots, [one, two]

    def _connection(
        self, number: int, mac: str | None, port: str, priority: str, function: str = "Ethernet", mac_type: str = "Virtual",
    ) -> Json:
        storage = function == "FibreChannel"
        return {
            "id": number,
            "name": f"net-{number}",
            "functionType": function,
            "networkUri": NETWORK,
            "portId": port,
            "requestedVFs": "0",
            "allocatedVFs": 0,
            "interconnectUri": "/rest/interconnects/f3b2b71e-0000-4000-8000-5f621459c87b",
            "macType": mac_type,
            "wwpnType": mac_type,
            "mac": mac,
            "wwnn": "10:00:9a:a0:22:90:00:01" if storage else None,
            "wwpn": "10:00:9a:a0:22:90:00:02" if storage else None,
            "requestedMbps": "2500",
            "allocatedMbps": 2500,
            "maximumMbps": 20000,
            "ipv4": None,
            "boot": {"priority": priority},
            "state": "Deployed",
            "status": "OK",
            "managed": True,
            "networkName": None,
            "lagName": None,
        }


def _slot(device: str, location: str, slot: int, macs: list[Any], kind: str = "Ethernet", reverse: bool = False) -> Json:
    """A card and its ports."""
    ports = [
        {
            "type": kind,
            "portNumber": number,
            "mac": mac,
            "wwn": None,
            "interconnectUri": None,
            "interconnectPort": 0,
            "physicalInterconnectUri": None,
            "physicalInterconnectPort": 0,
            "virtualPorts": [] if kind != "Ethernet" else [{
                "portNumber": 1, "portFunction": "a", "mac": mac, "wwnn": None, "wwpn": None, "currentAllocatedVirtualFunctionCount": -1,
            }],
        }
        for number, mac in enumerate(macs, start=1)
    ]
    return {"deviceName": device, "deviceNumber": slot, "location": location, "slotNumber": slot, "physicalPorts": ports[::-1] if reverse else ports}


def _link_local(mac: str) -> str:
    parts = [int(part, 16) for part in mac.split(":")]
    return f"fe80::{parts[0] ^ 2:x}{parts[1]:02x}:{parts[2]:x}ff:fe{parts[3]:02x}:{parts[4]:x}{parts[5]:02x}"


def _long(address: str) -> str:
    """IPv6 without its short form: fe80:0:0:0:..."""
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    return ":".join(f"{int(part, 16):x}" for part in parsed.exploded.split(":"))
