# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Annotations of a host that Metal3's webhook reads: inspection, reboot, hardware details, status. Pure."""
from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from . import names
from .times import parse_time

REBOOT = "reboot.metal3.io"
HARDWARE = "inspect.metal3.io/hardwaredetails"
STATUS = "baremetalhost.metal3.io/status"
REBOOT_MODES = ("", "hard", "soft")
OPERATIONAL_STATUS = ("", "OK", "discovered", "error", "delayed", "detached")
ERROR_TYPES = (
    "",
    "provisioned registration error",
    "registration error",
    "inspection error",
    "preparation error",
    "provisioning error",
    "power management error",
)

# Types of fields: a type, "time", [of a list], {of an object}. Metal3 refuses fields that it does not know.
Shape = Any
TIME = "time"
_SECRET = {"name": str, "namespace": str}
_HINTS = {
    **dict.fromkeys(
        ("deviceName", "hctl", "model", "vendor", "serialNumber", "wwn", "wwnWithExtension", "wwnVendorExtension"), str
    ),
    "minSizeGigabytes": int,
    "rotational": bool,
}
_IMAGE = dict.fromkeys(("url", "checksum", "checksumType", "format", "ociAuthSecretName"), str)
_CREDENTIALS = {"credentials": _SECRET, "credentialsVersion": str}
_DURATION = {"start": TIME, "end": TIME}
REBOOT_SHAPE = {"mode": str, "force": bool}
HARDWARE_SHAPE = {
    "systemVendor": {"manufacturer": str, "productName": str, "serialNumber": str},
    "firmware": {"bios": {"date": str, "vendor": str, "version": str}},
    "ramMebibytes": int,
    "nics": [
        {
            "name": str,
            "model": str,
            "mac": str,
            "ip": str,
            "speedGbps": int,
            "vlans": [{"id": int, "name": str}],
            "vlanId": int,
            "pxe": bool,
            "pciAddress": str,
            "lldp": {"switchID": str, "portID": str, "switchSystemName": str},
        }
    ],
    "storage": [
        {
            **dict.fromkeys(
                (
                    "name",
                    "type",
                    "vendor",
                    "model",
                    "serialNumber",
                    "wwn",
                    "wwnVendorExtension",
                    "wwnWithExtension",
                    "hctl",
                ),
                str,
            ),
            "alternateNames": [str],
            "rotational": bool,
            "sizeBytes": int,
        }
    ],
    "cpu": {"arch": str, "model": str, "clockMegahertz": float, "flags": [str], "count": int},
    "hostname": str,
}
STATUS_SHAPE = {
    **dict.fromkeys(("operationalStatus", "errorType", "errorMessage", "hardwareProfile"), str),
    "lastUpdated": TIME,
    "hardware": HARDWARE_SHAPE,
    "provisioning": {
        "state": str,
        "ID": str,
        "image": _IMAGE,
        "rootDeviceHints": _HINTS,
        "bootMode": str,
        "customDeploy": {"method": str},
        "firmware": dict.fromkeys(
            ("virtualizationEnabled", "simultaneousMultithreadingEnabled", "sriovEnabled"), bool
        ),
        "raid": {
            "hardwareRAIDVolumes": [
                {
                    "sizeGibibytes": int,
                    "level": str,
                    "name": str,
                    "rotational": bool,
                    "numberOfPhysicalDisks": int,
                    "controller": str,
                    "physicalDisks": [str],
                }
            ],
            "softwareRAIDVolumes": [
                {"sizeGibibytes": int, "level": str, "physicalDisks": [_HINTS], "rootVolume": bool}
            ],
        },
    },
    "goodCredentials": _CREDENTIALS,
    "triedCredentials": _CREDENTIALS,
    "poweredOn": bool,
    "errorCount": int,
    "provisioningFailCount": int,
    "lastAttemptedImage": _IMAGE,
    "operationHistory": dict.fromkeys(("register", "inspect", "provision", "deprovision"), _DURATION),
    "conditions": [
        {
            "type": str,
            "status": str,
            "reason": str,
            "message": str,
            "lastTransitionTime": TIME,
            "observedGeneration": int,
        }
    ],
}


def annotation_fault(key: str, value: str, not_inspected: bool) -> str | None:
    """Why the webhook would refuse this annotation. not_inspected: inspection is disabled, by annotation or field."""
    if not isinstance(value, str):
        return f"annotation {key} must be a text"
    if key == names.INSPECT:
        return None if value in ("", "disabled") else f'annotation {key} must be "disabled" or ""'
    if not value:
        return None
    if key == REBOOT or key.startswith(f"{REBOOT}/"):
        found, fault = _read(key, value, REBOOT_SHAPE, strict=False)
        return fault or (
            None
            if _text(found, "mode") in REBOOT_MODES
            else f'the mode in annotation {key} must be "hard", "soft" or ""'
        )
    if key == HARDWARE:
        return (
            _read(key, value, HARDWARE_SHAPE)[1]
            if not_inspected
            else f"annotation {key} is given, so inspection must be disabled"
        )
    if key == STATUS:
        found, fault = _read(key, value, STATUS_SHAPE)
        for field, allowed in (("operationalStatus", OPERATIONAL_STATUS), ("errorType", ERROR_TYPES)):
            fault = fault or (
                None if _text(found, field) in allowed else f"{field} in annotation {key} is none that may be set"
            )
        return fault
    return None


def _read(key: str, value: str, shape: Shape, strict: bool = True) -> tuple[Any, str | None]:
    """As Go decodes it. Strict: unknown fields are refused, and only the first value of the text is looked at."""
    decoder = json.JSONDecoder(parse_constant=_no_number)
    try:
        found = decoder.raw_decode(value.lstrip(" \t\r\n"))[0] if strict else decoder.decode(value)
    except (ValueError, RecursionError):
        return {}, f"annotation {key} is no JSON"
    fault = _shape_fault(found, shape, strict, "it")
    return found, fault and f"annotation {key} does not fit: {fault}"


def _no_number(word: str) -> float:
    raise ValueError(word)


def _shape_fault(value: Any, shape: Shape, strict: bool, where: str) -> str | None:
    if value is None:
        return None
    if isinstance(shape, Mapping):
        return _object_fault(value, shape, strict, where)
    if isinstance(shape, list):
        if not isinstance(value, list):
            return f"{where} must be a list"
        return next(
            (
                fault
                for at, one in enumerate(value)
                if (fault := _shape_fault(one, shape[0], strict, f"{where}[{at}]"))
            ),
            None,
        )
    if shape == TIME:
        return None if isinstance(value, str) and parse_time(value) else f"{where} must be a time"
    if shape is float:
        fits = isinstance(value, (int, float)) and not isinstance(value, bool)
    elif shape is int:
        fits = isinstance(value, int) and not isinstance(value, bool) and -(1 << 63) <= value < 1 << 63
    else:
        fits = isinstance(value, shape)
    return None if fits else f"{where} has the wrong type"


def _object_fault(value: Any, shape: Mapping[str, Shape], strict: bool, where: str) -> str | None:
    if not isinstance(value, Mapping):
        return f"{where} must be an object"
    known = {name.casefold(): inner for name, inner in shape.items()}  # Go does not look at the case of names
    for name, one in value.items():
        inner = known.get(name.casefold())
        if inner is None and strict:
            return f"{where} has the unknown field {name[:80]!r}"
        fault = None if inner is None else _shape_fault(one, inner, strict, f"{where}.{name}")
        if fault:
            return fault
    return None


def _text(found: Any, field: str) -> str:
    """The value of a field, the last one where its name is written in several ways."""
    given = (
        [value for name, value in found.items() if name.casefold() == field.casefold()]
        if isinstance(found, Mapping)
        else []
    )
    return str(given[-1] or "") if given else ""
