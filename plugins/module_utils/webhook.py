# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Metal3's webhook (of August 2026) and its CRD would say to a host, for both may be absent: pure.

Rules for all hosts, ours or not. What we demand of hosts of our own besides stands in manifests.py.
"""
from __future__ import annotations

import re
from collections.abc import Callable

from . import names
from .bmc import address_fault, driver_of
from .cluster import Object
from .go_urls import parse
from .webhook_annotations import annotation_fault
from .webhook_reading import (
    CHOICES, bmc_address, is_not_inspected, is_true, list_in, marks_of, object_in, objects_in, spec_of, type_fault)

NO_HARDWARE = frozenset({"ipmi", "libvirt"})  # drivers without secure boot, RAID and inspection out of band
NEEDS_MAC = frozenset({"libvirt"})  # even where the host is inspected
IMAGE_SCHEMES = ("http", "https", "oci")
CHECKSUM_TYPES = ("", "md5", "sha256", "sha512", "auto")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
# With a character around it (braces, for which the webhook does not look) it is one too.
_UUID = re.compile(
    r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}.",
    re.IGNORECASE,
)
_MAC = re.compile(
    r"([0-9a-f]{2}:){5}[0-9a-f]{2}|([0-9a-f]{2}:){7}[0-9a-f]{2}|([0-9a-f]{2}:){19}[0-9a-f]{2}", re.IGNORECASE
)
# Printable, without slash, not just dots.
DEVICE_NAME = re.compile(r"/dev/(disk/by-path/)?[!-.0-~]*[!-\-0-~][!-.0-~]*")
_CRD_MAC = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")


def webhook_fault(host: Object) -> str | None:
    """The first rule that the host does not keep, None when it is accepted."""
    for rule in RULES:
        fault = rule(host)
        if fault:
            return fault
    return None


def device_fault(device: str) -> str | None:
    """Why this is no root device for Metal3: a file of /dev/ or of /dev/disk/by-path/. "" is no hint."""
    below = device.removeprefix("/dev/")
    if device and below == device:
        return f"rootDeviceHints.deviceName {device[:253]!r} is not a path under /dev/"
    if "/" in below.removeprefix("disk/by-path/"):
        return f"rootDeviceHints.deviceName {device[:253]!r} is neither /dev/NAME nor /dev/disk/by-path/NAME"
    return None


def device_name_fault(text: object) -> str | None:
    """Why this cannot be the host.rootDeviceHints.deviceName of a generator, a sentence without its end; None where it can.

    What Metal3 would take too, but names no disk (the folders themselves, "..", blanks), is refused here.
    """
    if isinstance(text, str) and len(text) <= 253 and DEVICE_NAME.fullmatch(text):
        return None
    return (
        "deviceName must be /dev/NAME or /dev/disk/by-path/NAME, for Metal3 takes no other path "
        f"(none of /dev/disk/by-id/ or /dev/mapper/), not {repr(text)[:80]}"
    )


# --- rules, in the webhook's order --------------------------------------------------------------------------------


def _name(host: Object) -> str | None:
    name = host["metadata"]["name"]
    if len(name) > 253 or not _NAME.fullmatch(name):
        return (
            f"its name {name[:80]!r} is not 1 to 253 lower-case letters, digits, dashes or dots, "
            "beginning and ending with a letter or digit, or has other characters"
        )
    return f"its name {name!r} is a UUID, alone or between two more characters" if _UUID.fullmatch(name) else None


def _address(host: Object) -> str | None:
    return address_fault(bmc_address(host))


def _firmware(host: Object) -> str | None:
    return (
        "spec.firmware is no longer supported, a HostFirmwareSettings object takes its place"
        if spec_of(host).get("firmware") is not None
        else None
    )


def _secrets(host: Object) -> str | None:
    for field in ("userData", "networkData", "metaData"):
        namespace = object_in(spec_of(host), field).get("namespace")
        if namespace and namespace != host["metadata"].get("namespace"):
            return f"{field} names a Secret of another namespace"
    return None


def _raid(host: Object) -> str | None:
    raid = object_in(spec_of(host), "raid")
    hardware, software = objects_in(raid, "hardwareRAIDVolumes"), objects_in(raid, "softwareRAIDVolumes")
    if hardware and software:
        return "raid has hardware and software volumes, keep one kind"
    for at, volume in enumerate(hardware):
        disks, count = list_in(volume, "physicalDisks"), volume.get("numberOfPhysicalDisks")
        if disks and not volume.get("controller"):
            return f"raid.hardwareRAIDVolumes[{at}] has physicalDisks and no controller"
        if disks and count is not None and count != len(disks):
            return (
                f"raid.hardwareRAIDVolumes[{at}] has {len(disks)} physicalDisks and says numberOfPhysicalDisks {count}"
            )
    roots = [at for at, volume in enumerate(software) if is_true(volume.get("rootVolume"))]
    if len(roots) > 1:
        return "raid.softwareRAIDVolumes has more than one with rootVolume"
    if roots and spec_of(host).get("rootDeviceHints") is not None:
        return "raid.softwareRAIDVolumes with rootVolume and rootDeviceHints do not go together"
    if roots and software[roots[0]].get("level") != "1":
        return f"raid.softwareRAIDVolumes[{roots[0]}] has rootVolume, so its level must be 1"
    driver = driver_of(bmc_address(host))
    return f"BMC driver {driver} cannot make a hardware RAID" if hardware and driver in NO_HARDWARE else None


def _mac(host: Object) -> str | None:
    mac, driver = spec_of(host).get("bootMACAddress"), driver_of(bmc_address(host))
    if not mac and driver in NEEDS_MAC:
        return f"bootMACAddress is missing, BMC driver {driver} needs it"
    if not mac and driver and is_not_inspected(host):
        return "bootMACAddress is missing, a host that is not inspected needs it"
    if mac == "" or (mac and not _CRD_MAC.search(mac)) or (mac and driver and not _MAC.fullmatch(mac)):
        return f"bootMACAddress {mac[:80]!r} is no MAC address"
    return None


def _secure_boot(host: Object) -> str | None:
    driver = driver_of(bmc_address(host))
    if spec_of(host).get("bootMode") == "UEFISecureBoot" and driver in NO_HARDWARE:
        return f"bootMode UEFISecureBoot does not go with a BMC address of scheme {driver}"
    return None


def _choices(host: Object) -> str | None:
    for field, choices in CHOICES.items():
        value = spec_of(host).get(field)
        if value is not None and value not in choices:
            return f"{field} {value[:80]!r} is none of {', '.join(choices)}"
    return None


def _root_device(host: Object) -> str | None:
    hints = object_in(spec_of(host), "rootDeviceHints")
    least = hints.get("minSizeGigabytes")
    if least is not None and (not isinstance(least, int) or isinstance(least, bool) or least < 0):
        return "rootDeviceHints.minSizeGigabytes must be a whole number, 0 or more"
    return device_fault(hints.get("deviceName") or "")


def _image(host: Object) -> str | None:
    if spec_of(host).get("image") is None:
        return None
    image = object_in(spec_of(host), "image")
    url, checksum = image.get("url") or "", image.get("checksum") or ""
    try:
        scheme = parse(url, of_a_request=True).scheme
    except ValueError as error:
        return f"image.url cannot be used: {error}"
    if scheme not in IMAGE_SCHEMES:
        return f"image.url has the scheme {scheme!r}, not one of {', '.join(IMAGE_SCHEMES)}"
    if url.lower().startswith("oci://"):
        return "image.checksum does not go with an OCI image" if checksum else None
    if image.get("format") == "live-iso":
        return None
    if not checksum:
        return "image.checksum is missing"
    return (
        None if (image.get("checksumType") or "") in CHECKSUM_TYPES else "image.checksumType is none that Metal3 knows"
    )


def _annotations(host: Object) -> str | None:
    for key, value in marks_of(host).items():
        fault = annotation_fault(key, value, is_not_inspected(host))
        if fault:
            return fault
    return None


def _inspection(host: Object) -> str | None:
    mark, mode = marks_of(host).get(names.INSPECT), spec_of(host).get("inspectionMode")
    driver = driver_of(bmc_address(host))
    if mark and mode and mode != "disabled":
        return f"inspectionMode {mode} contradicts the annotation that disables inspection"
    if mode == "fast" and driver in NO_HARDWARE:
        return f"inspectionMode fast does not go with a BMC address of scheme {driver}"
    return None


def _power(host: Object) -> str | None:
    spec = spec_of(host)
    return (
        "online is false and disablePowerOff true, which contradict each other"
        if is_true(spec.get("disablePowerOff")) and not spec.get("online")
        else None
    )


def _interfaces(host: Object) -> str | None:
    seen: set[str] = set()
    for at, interface in enumerate(objects_in(spec_of(host), "networkInterfaces")):
        name, mac = interface.get("name") or "", interface.get("macAddress") or ""
        if bool(name) == bool(mac):
            return f"networkInterfaces[{at}] must have either name or macAddress"
        if str(name or mac).lower() in seen:
            return f"networkInterfaces[{at}] is given twice"
        seen.add(str(name or mac).lower())
    return None


RULES: tuple[Callable[[Object], str | None], ...] = (
    type_fault,
    _name,
    _address,
    _firmware,
    _secrets,
    _raid,
    _mac,
    _secure_boot,
    _choices,
    _root_device,
    _image,
    _annotations,
    _inspection,
    _power,
    _interfaces,
)
