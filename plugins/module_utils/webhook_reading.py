# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a host for the rules of Metal3's webhook, which has typed fields that are never missing: pure."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import names
from .cluster import Object

CHOICES = {
    "bootMode": ("UEFI", "UEFISecureBoot", "legacy"),
    "automatedCleaningMode": ("metadata", "disabled"),
    "inspectionMode": ("disabled", "agent", "fast"),
}


TEXTS = ("bootMACAddress", *CHOICES)
OBJECTS = ("bmc", "raid", "rootDeviceHints", "image", "userData", "networkData", "metaData")
TEXTS_IN = (("bmc", "address"), ("rootDeviceHints", "deviceName"), ("image", "url"), ("image", "checksum"))


def type_fault(host: Object) -> str | None:
    """A wrong type, which the CRD would refuse; no other rule has to expect one after this."""
    spec = spec_of(host)
    for field in OBJECTS:
        if not isinstance(spec.get(field), (Mapping, type(None))):
            return f"{field} must be an object"
    for path, value in (
        *((field, spec.get(field)) for field in TEXTS),
        *((f"{where}.{field}", object_in(spec, where).get(field)) for where, field in TEXTS_IN),
    ):
        if not isinstance(value, (str, type(None))):
            return f"{path} must be a text"
    return None


def spec_of(host: Object) -> Mapping[str, Any]:
    """Its spec, empty when there is none."""
    return host.get("spec") or {}


def marks_of(host: Object) -> Mapping[str, str]:
    """Its annotations, empty when there are none."""
    return host["metadata"].get("annotations") or {}


def object_in(parent: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    """A field that is an object, empty when it is not there."""
    return parent.get(field) or {}


def objects_in(parent: Mapping[str, Any], field: str) -> list[Mapping[str, Any]]:
    """A field that is a list of objects; what is none is passed over, and the CRD's to refuse."""
    return [one for one in list_in(parent, field) if isinstance(one, Mapping)]


def list_in(parent: Mapping[str, Any], field: str) -> list[Any]:
    """A field that is a list, empty when it is none."""
    given = parent.get(field)
    return given if isinstance(given, list) else []


def bmc_address(host: Object) -> str:
    """The address of its BMC, "" when there is none."""
    return object_in(spec_of(host), "bmc").get("address") or ""


def is_not_inspected(host: Object) -> bool:
    """Inspection is disabled, by field or by annotation."""
    return spec_of(host).get("inspectionMode") == "disabled" or marks_of(host).get(names.INSPECT) == "disabled"


def is_true(value: object) -> bool:
    """As Go's decoder has it: nothing but true."""
    return value is True
