# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts, and what a real API server with the CRD and the webhook of Metal3 (August 2026) answered to each: data.

The answer is the HTTP code of the create: 201 accepted, 403 denied by the webhook, 422 refused by the CRD.
"""
from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]
VIRTUAL = "redfish-virtualmedia"
UUID = "3b7e6c1a-1f4b-4c3e-9d54-0a1b2c3d4e5f"
INSPECT, HARDWARE, STATUS, REBOOT, DETACHED = (
    "inspect.metal3.io", "inspect.metal3.io/hardwaredetails", "baremetalhost.metal3.io/status", "reboot.metal3.io", "baremetalhost.metal3.io/detached")
BASE: Object = {
    "apiVersion": "metal3.io/v1alpha1",
    "kind": "BareMetalHost",
    "metadata": {"name": "n1", "namespace": "default", "annotations": {INSPECT: "disabled"}},
    "spec": {
        "online": True, "bootMACAddress": "aa:bb:cc:00:00:01",
        "bmc": {"address": f"{VIRTUAL}://10.0.0.1/redfish/v1/Systems/1", "credentialsName": "n1"},
    },
}


@dataclass(frozen=True)
class Case:
    """A host that differs from BASE in these fields (None takes one away). seen: how the record of the real answers calls it."""

    seen: str
    code: int
    spec: Object = field(default_factory=dict)
    bmc: Object = field(default_factory=dict)
    name: str = "n1"
    annotations: Object = field(default_factory=dict)

    def host(self) -> Object:
        """As it is sent."""
        host = copy.deepcopy(BASE)
        host["metadata"]["name"] = self.name
        for fields, changes in ((host["spec"]["bmc"], self.bmc), (host["spec"], self.spec), (host["metadata"]["annotations"], self.annotations)):
            for key, value in changes.items():
                if value is None:
                    fields.pop(key, None)
                else:
                    fields[key] = value
        return host


def addresses(code: int, *given: str) -> Iterator[Case]:
    """Hosts with these BMC addresses."""
    for address in given:
        shown = repr(address) if len(address) < 100 else f"{address[:40]!r}…{len(address)}"
        yield Case(f"addr {shown}", code, bmc={"address": address})


def macs(code: int, *given: str | None) -> Iterator[Case]:
    """Hosts with these boot MACs."""
    for mac in given:
        yield Case(f"mac {mac!r}", code, {"bootMACAddress": mac})


def inspected(code: int, driver: str, address: str) -> Case:
    """A host without MAC that Metal3 inspects."""
    return Case(f"mac none, inspection on ({driver})", code, {"bootMACAddress": None}, {"address": address}, annotations={INSPECT: None})


def called(code: int, *given: str) -> Iterator[Case]:
    """Hosts with these names."""
    for name in given:
        repeated = len(set(name)) == 1 and len(name) > 1 or name.startswith("urn:")
        yield Case(f"name {name[0]}*{len(name)}" if repeated else f"name {name}", code, name=name)


def hints(code: int, *given: Object) -> Iterator[Case]:
    """Hosts with these root device hints."""
    for hint in given:
        yield Case(f"hints {json.dumps(hint)}", code, {"rootDeviceHints": hint})


def devices(code: int, *given: str) -> Iterator[Case]:
    """Hosts with this root device."""
    yield from hints(code, *({"deviceName": device} for device in given))


def marked(code: int, key: str, *given: str) -> Iterator[Case]:
    """Hosts with such an annotation."""
    for value in given:
        yield Case(f"annotation {key}={value}", code, annotations={key: value})


def inspect(code: int, mark: str, mode: str | None) -> Case:
    """A host that says twice whether it is inspected."""
    return Case(f"inspect annotation {mark!r} mode {mode}", code, {"inspectionMode": mode}, annotations={INSPECT: mark})


def booting(code: int, seen: str, mode: str, address: str) -> Case:
    """A host that boots so, by this driver."""
    return Case(seen, code, {"bootMode": mode}, {"address": address})


DISK = {"sizeGibibytes": 100, "level": "1"}
CASES = [
    Case("ok", 201),
    # No URL at all is an address of ipmi.
    *addresses(201, "10.0.0.1", "10.0.0.1:623", "[fd00::1]:623", "bmc.example.com", "ipmi://10.0.0.1", "ipmi://10.0.0.1:623", "ipmi://[fd00::1]:623", ""),
    *addresses(403, "fd00::1", "ipmi+http://10.0.0.1", "ipmi://fd00::1", "ipmi://[fe80::1%25eth0]"),
    # Drivers, in any case, with a transport where the driver speaks HTTP.
    *addresses(
        201, "libvirt://10.0.0.1", "IPMI://10.0.0.1", "redfish://10.0.0.1", "redfish://10.0.0.1/", "redfish://10.0.0.1/redfish/v1/Systems/1",
        "Redfish://10.0.0.1/redfish/v1/Systems/1", "redfish+http://10.0.0.1/x", "redfish+https://10.0.0.1/x", f"{VIRTUAL}+http://h/x",
        f"{VIRTUAL}+https://[fd00::1]:8443/x", "redfish-uefihttp://10.0.0.1/x", "redfish-uefihttp+http://10.0.0.1/x", "idrac-redfish://10.0.0.1/x",
        "idrac-virtualmedia://10.0.0.1/redfish/v1/Systems/System.Embedded.1", "idrac-virtualmedia+https://10.0.0.1/x", "ilo5-redfish://10.0.0.1/x",
        "ilo5-virtualmedia://10.0.0.1/x", "ilo5-virtualmedia+http://10.0.0.1/x"),
    *addresses(
        403, "idrac://10.0.0.1", "ilo4://10.0.0.1", "ilo4-virtualmedia://10.0.0.1", "ilo5://10.0.0.1", "irmc://10.0.0.1", "ibmc://10.0.0.1/x",
        "https://10.0.0.1/x", "http://10.0.0.1", "redfish-foo://10.0.0.1/x", f"{VIRTUAL}+ftp://10.0.0.1/x"),
    # Hosts.
    *addresses(
        403, f"{VIRTUAL}://fd00::1/redfish/v1/Systems/1", f"{VIRTUAL}://[fd00::1/redfish/v1/Systems/1", f"{VIRTUAL}://host_name/x",
        f"{VIRTUAL}://host-.example.com/x", f"{VIRTUAL}://-host/x", f"{VIRTUAL}://host./x", f"{VIRTUAL}://{'a' * 64}.example.com/x",
        f"{VIRTUAL}://ünï.example/x"),
    *addresses(
        201, f"{VIRTUAL}:///redfish/v1/Systems/1", f"{VIRTUAL}:10.0.0.1/x", f"{VIRTUAL}://user:pw@10.0.0.1/x", f"{VIRTUAL}://10.0.0.300/x",
        f"{VIRTUAL}://999/x", f"{VIRTUAL}://{'.'.join(['a' * 60] * 5)}/x"),
    # Ports, paths, blanks.
    *addresses(201, f"{VIRTUAL}://10.0.0.1:99999/x", f"{VIRTUAL}://10.0.0.1:/x", f"{VIRTUAL}://10.0.0.1/a b"),
    *addresses(403, f"{VIRTUAL}://10.0.0.1:abc/x", f"{VIRTUAL}://10.0.0.1/%zz", " redfish://10.0.0.1/x", "redfish://10.0.0.1/x\n"),
    # MACs.
    *macs(201, "AA:BB:CC:00:00:01", "aa:bb:cc:00:00:01:02:03", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"),
    *macs(403, None, "aa:bb:cc:00:00:01:02", "xaa:bb:cc:00:00:01", "aa:bb:cc:00:00:01 "),
    *macs(422, "", "aa:bb:cc:00:00:0", "aa-bb-cc-00-00-01", "aabb.cc00.0001", "zz:bb:cc:00:00:01", "aabbcc000001"),
    inspected(201, "virtualmedia", f"{VIRTUAL}://10.0.0.1/x"), inspected(201, "redfish ipxe", "redfish://10.0.0.1/x"),
    inspected(201, "ipmi", "ipmi://10.0.0.1"), inspected(403, "libvirt", "libvirt://10.0.0.1"),
    # Names.
    *called(201, "n1.rack-2", "a" * 63, "a" * 64, "a" * 253, "1"),
    *called(403, UUID, UUID.replace("-", "")),
    *called(422, "UPPER", "a_b", "n1-", f"urn:uuid:{UUID}", f"{{{UUID}}}"),
    # The disk to install to.
    *devices(201, "/dev/sda", "/dev/disk/by-path/pci-0000:01:00.0-scsi-0:2:0:0", "/dev/", "/dev/disk/by-path/", "/dev/..", ""),
    *devices(
        403, "/dev/disk/by-id/wwn-0x5", "/dev/mapper/mpatha", "/dev/disk/by-uuid/x", "/dev/md/root", "/dev/disk/by-path/a/b", "sda", "/sda", "/dev/../etc",
        "/dev//sda"),
    *hints(
        201, {"wwn": "x"}, {"serialNumber": "x"}, {"rotational": True}, {"minSizeGigabytes": 100}, {"unknown": "x"},
        {"hctl": "0:0:0:0", "model": "m", "vendor": "v", "wwnWithExtension": "w", "wwnVendorExtension": "e"}),
    *hints(422, {"minSizeGigabytes": -1}),
    # How it boots.
    booting(201, "secureboot redfish-vm", "UEFISecureBoot", f"{VIRTUAL}://10.0.0.1/x"),
    booting(201, "secureboot redfish-uefihttp", "UEFISecureBoot", "redfish-uefihttp://10.0.0.1/x"),
    booting(201, "legacy + uefihttp", "legacy", "redfish-uefihttp://10.0.0.1/x"),
    booting(403, "secureboot ipmi", "UEFISecureBoot", "ipmi://10.0.0.1"), booting(403, "secureboot bare ip", "UEFISecureBoot", "10.0.0.1"),
    booting(403, "secureboot libvirt", "UEFISecureBoot", "libvirt://10.0.0.1"), booting(422, "bootMode bios", "bios", f"{VIRTUAL}://10.0.0.1/x"),
    # Inspection.
    inspect(201, "disabled", "disabled"), inspect(201, "", "agent"), inspect(201, "", "disabled"),
    inspect(403, "disabled", "agent"), inspect(403, "disabled", "fast"), inspect(403, "true", None), inspect(403, "agent", None),
    Case("inspectionMode fast redfish-vm", 201, {"inspectionMode": "fast"}, annotations={INSPECT: None}),
    Case("inspectionMode fast ipmi", 403, {"inspectionMode": "fast"}, {"address": "ipmi://10.0.0.1"}, annotations={INSPECT: None}),
    Case("inspectionMode bogus", 422, {"inspectionMode": "bogus"}, annotations={INSPECT: None}),
    Case("inspectionMode disabled no MAC", 403, {"inspectionMode": "disabled", "bootMACAddress": None}, annotations={INSPECT: None}),
    # Annotations.
    *marked(201, REBOOT, "", "{}", '{"mode":"hard"}'), *marked(403, REBOOT, '{"mode":"odd"}', "{bad"),
    *marked(201, f"{REBOOT}/x", '{"mode":"soft","force":true}'), *marked(403, f"{REBOOT}/x", "bad"), *marked(201, f"{REBOOT}x", "bad"),
    *marked(201, HARDWARE, "{}", '{"hostname":"x"}'), *marked(403, HARDWARE, "{bad", '{"unknown":1}'),
    *marked(201, DETACHED, "", "{bad", '{"deleteAction":"delay"}', '{"deleteAction":"odd"}'),
    *marked(201, STATUS, "{}"),
    *marked(403, STATUS, "{bad", '{"unknown":1}', '{"operationalStatus":"odd"}', '{"errorType":"odd"}', '{"operationalStatus":"servicing"}'),
    Case("hardwaredetails, inspection on", 403, annotations={INSPECT: None, HARDWARE: "{}"}),
    # The rest of the spec.
    Case("firmware", 403, {"firmware": {"sriovEnabled": True}}),
    Case("raid hw+sw", 403, {"raid": {"hardwareRAIDVolumes": [DISK], "softwareRAIDVolumes": [DISK]}}),
    Case("raid hw ipmi", 403, {"raid": {"hardwareRAIDVolumes": [DISK]}}, {"address": "ipmi://10.0.0.1"}),
    Case("raid disks no controller", 403, {"raid": {"hardwareRAIDVolumes": [{**DISK, "physicalDisks": ["d1", "d2"]}]}}),
    Case("raid sw root + hints", 403, {"raid": {"softwareRAIDVolumes": [{**DISK, "rootVolume": True}]}, "rootDeviceHints": {"deviceName": "/dev/sda"}}),
    Case("raid sw root level 0", 403, {"raid": {"softwareRAIDVolumes": [{**DISK, "level": "0", "rootVolume": True}]}}),
    Case("online false + disablePowerOff", 403, {"online": False, "disablePowerOff": True}),
    Case("externallyProvisioned at create", 201, {"externallyProvisioned": True}),
    Case("image bad url", 403, {"image": {"url": "no url", "checksum": "c", "checksumType": "md5"}}),
    Case("image no checksum", 403, {"image": {"url": "http://images.example/x"}}),
    Case("userData other ns", 403, {"userData": {"name": "x", "namespace": "other"}}),
    Case("customDeploy", 201, {"customDeploy": {"method": "start_assisted_install"}}),
    Case("customDeploy + image", 201, {
        "customDeploy": {"method": "x"}, "image": {"url": "http://images.example/x", "checksum": "c", "checksumType": "md5"}}),
    Case("automatedCleaningMode full", 422, {"automatedCleaningMode": "full"}),
    Case("credentialsName empty", 201, bmc={"credentialsName": ""}),
    Case("networkInterfaces none", 403, {"networkInterfaces": [{}]}),
    Case("consumerRef", 201, {"consumerRef": {"kind": "x", "name": "y"}}),
    Case("unknown spec field", 201, {"somethingNew": 1}),
    Case("architecture odd", 201, {"architecture": "odd"}),
    Case("bmc none", 201, {"bmc": None}),
]
