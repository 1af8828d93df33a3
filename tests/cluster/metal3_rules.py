# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Some rules of baremetal-operator's own webhook (of 2026-08), in its words: those that hosts made under older versions break."""
from __future__ import annotations

from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils.cluster import HOST
from tests.simulators.kubernetes import CREATE, UPDATE, Review, Rule

Object = dict[str, Any]
GONE = ("idrac", "ilo4", "ilo4-virtualmedia", "ilo5", "irmc", "ibmc")


def metal3() -> Rule:
    """It judges what a host is to be, at a PATCH of one label too."""
    return Rule(HOST, (CREATE, UPDATE), judge=_judge)


def _judge(review: Review) -> str | None:
    spec = (review.new or {}).get("spec") or {}
    scheme = str((spec.get("bmc") or {}).get("address") or "").partition("://")[0]
    if scheme in GONE:
        return f"Unknown BMC type '{scheme}' for address {spec['bmc']['address']}"
    if spec.get("firmware"):
        return "the Firmware field is no longer supported, use HostFirmwareSettings resource instead"
    return _of_root_device((spec.get("rootDeviceHints") or {}).get("deviceName") or "")


def _of_root_device(name: str) -> str | None:
    below = name.removeprefix("/dev/")
    if name and name == below:
        return f'device name of root device hint must be a /dev/ path, not "{name}"'
    if "/" in below.removeprefix("disk/by-path/"):
        return f'device name of root device hint must be path in /dev/ or /dev/disk/by-path/, not "{name}"'
    return None
