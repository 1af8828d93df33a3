# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules that the tests' webhook has of Metal3's: as the real one answered."""
from __future__ import annotations

from typing import Any

import pytest

from tests.cluster.metal3_rules import metal3
from tests.simulators.kubernetes import Review


@pytest.mark.parametrize(("spec", "denied"), [
    ({}, None),
    *(({"rootDeviceHints": {"deviceName": name}}, None) for name in ("/dev/sda", "/dev/disk/by-path/pci-0000:01:00.0-scsi-0:2:0:0", "/dev/", "")),
    *(({"rootDeviceHints": {"deviceName": name}}, f'device name of root device hint must be path in /dev/ or /dev/disk/by-path/, not "{name}"')
      for name in ("/dev/disk/by-id/wwn-0x5", "/dev/mapper/mpatha", "/dev/disk/by-path/a/b", "/dev//sda")),
    ({"rootDeviceHints": {"deviceName": "sda"}}, 'device name of root device hint must be a /dev/ path, not "sda"'),
    ({"bmc": {"address": "redfish://10.0.0.1/redfish/v1/Systems/1"}}, None),
    ({"bmc": {"address": "ilo4://10.0.0.1"}}, "Unknown BMC type 'ilo4' for address ilo4://10.0.0.1"),
    ({"firmware": {"virtualizationEnabled": True}}, "the Firmware field is no longer supported, use HostFirmwareSettings resource instead"),
])
def test_as_the_real_webhook_answers(spec: dict[str, Any], denied: str | None) -> None:
    assert metal3().why_denied(Review("CREATE", "metal3.io", "baremetalhosts", "", "metal", "n1", {"spec": spec})) == denied
