# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our reading of Metal3's webhook says what the real one said."""
from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.hosts import checked
from ansible_collections.baremetal.generator.plugins.module_utils.manifests import own_rules, webhook_rules
from ansible_collections.baremetal.generator.plugins.module_utils.webhook import device_name_fault

from tests.tools.places import ROOT
from tests.unit.plugins.module_utils.webhook_cases import CASES, UUID, VIRTUAL, Case

RECORD = ROOT.parent / "shared" / "bmo-webhook-cases.txt"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.seen[:60].encode("ascii", "backslashreplace").decode())
def test_a_host_is_accepted_or_refused_as_the_real_webhook_did(case: Case) -> None:
    refused = webhook_rules(case.host())
    assert (refused is None) == (case.code == 201), refused
    assert refused is None or (refused.reason == "InvalidSpec" and refused.message.endswith("; correct it."))


def recorded() -> dict[str, int]:
    """What the record says, by the names of its cases; nothing where it is not at hand."""
    lines = RECORD.read_text(encoding="utf-8").splitlines() if RECORD.is_file() else []
    answers: dict[str, int] = {}
    for before, line in zip(lines, lines[1:]):
        answer = re.match(r" {5}real (\d{3}):", line)
        if answer:
            answers[before] = int(answer.group(1))
    return answers


@pytest.mark.skipif(not RECORD.is_file(), reason="the record of the real webhook's answers is not beside this repository")
def test_the_cases_are_those_of_the_record() -> None:
    assert {case.seen: case.code for case in CASES} == recorded()


@pytest.mark.parametrize("case", [case for case in CASES if case.code == 201 and case.bmc.get("address") != "" and case.host()["spec"].get("bmc")],
                         ids=lambda case: case.seen[:60].encode("ascii", "backslashreplace").decode())
def test_module_baremetal_host_makes_whatever_metal3_accepts(case: Case) -> None:
    host = case.host()
    host["spec"]["bmc"].setdefault("credentialsName", "bmc")
    host["spec"]["bmc"]["credentialsName"] = host["spec"]["bmc"]["credentialsName"] or "bmc"
    assert checked(host) == host


def changed(spec: dict[str, Any] | None = None, name: str = "n1", **bmc: Any) -> Any:
    return Case("", 0, spec or {}, bmc, name).host()


@pytest.mark.parametrize("host", [
    changed(name=f"x{UUID}y"), changed(name="a..b"), changed(name="a" * 254),
    changed({"raid": {"hardwareRAIDVolumes": [{"physicalDisks": ["a"], "controller": "c", "numberOfPhysicalDisks": 2}]}}),
    changed({"raid": {"softwareRAIDVolumes": [{"rootVolume": True, "level": "1"}] * 2}}),
    changed({"image": {"url": "oci://r/x", "checksum": "c"}}), changed({"image": {"url": "ftp://h/x", "checksum": "c"}}),
    changed({"image": {"url": "http://h/x", "checksum": "c", "checksumType": "crc"}}),
    changed({"networkInterfaces": [{"name": "a", "macAddress": "b"}]}), changed({"networkInterfaces": [{"name": "a"}, {"name": "A"}]}),
    changed({"bootMACAddress": 7}), changed({"bootMACAddress": []}), changed({"bootMode": 0}), changed({"image": []}),
    changed({"rootDeviceHints": "sda"}), changed({"rootDeviceHints": {"deviceName": 7}}),
    changed({"raid": {"hardwareRAIDVolumes": [{}]}}, address="libvirt://h"), changed(address="redfish://h\x00"), changed(address=7),
    Case("", 0, annotations={"reboot.metal3.io": '{"force": "yes"}'}).host(), Case("", 0, annotations={"reboot.metal3.io": "{} more"}).host(),
    Case("", 0, annotations={"baremetalhost.metal3.io/status": '{"errorCount": 1.5}'}).host(),
    Case("", 0, annotations={"baremetalhost.metal3.io/status": "[" * 100_000}).host(),
    Case("", 0, annotations={"baremetalhost.metal3.io/status": '{"errorCount": ' + "1" * 5000 + "}"}).host(),
    Case("", 0, annotations={"inspect.metal3.io/hardwaredetails": '{"nics": [{"speed": 1}]}'}).host(),
    Case("", 0, annotations={"inspect.metal3.io/hardwaredetails": '{"cpu": {"count": NaN}}'}).host(),
])
def test_other_rules_of_the_webhook_and_odd_types_are_refused(host: Any) -> None:
    assert webhook_rules(host) is not None


@pytest.mark.parametrize("host", [
    changed({"bootMACAddress": ":".join(["aa"] * 20)}), changed({"image": {"url": "http://h/x", "format": "live-iso"}}),
    changed({"image": {"url": "OCI://r/x"}}), changed(address="redfish:"), changed(address="ipmi://h?privilegelevel=OPERATOR"),
    Case("", 0, annotations={"baremetalhost.metal3.io/status": '{"ErrorCount": 1, "poweredOn": null} more'}).host(),
    Case("", 0, annotations={"inspect.metal3.io/hardwaredetails": '{"cpu": {"clockMegahertz": 2000, "count": 4}}'}).host(),
])
def test_what_the_webhook_takes_besides_is_accepted(host: Any) -> None:
    assert webhook_rules(host) is None


@pytest.mark.parametrize(("host", "part"), [
    (changed(address=""), "has no scheme"), (changed(address="10.0.0.1"), "has no scheme"), (changed(address="libvirt://10.0.0.1"), "has no scheme"),
    (changed(address="redfish://10.0.0.1"), "has no path"), (changed(address="redfish:///x"), "names neither an IP address nor a DNS name"),
    (changed(address="redfish://10.0.0.300/x"), "names neither"), (changed({"bootMACAddress": "AA:BB:CC:00:00:01"}), "lower-case"),
    (changed({"bootMACAddress": ":".join(["aa"] * 8)}), "six pairs"), (changed({"bootMACAddress": ""}), "bootMACAddress is missing"),
])
def test_hosts_of_ours_have_to_name_a_system_of_a_bmc_and_a_mac(host: Any, part: str) -> None:
    refused = own_rules(host)
    assert refused is not None and part in refused.message


def test_a_refused_address_is_told_without_user_and_password() -> None:
    for address in (f"{VIRTUAL}://admin:secret@10.0.0.1:abc/x", "x://admin:sec@ret@10.0.0.1/x", "redfish://admin-secret@h/%zz", "admin:secret@h_",
                    f"//a:secret@h{'o' * 200}_/x"):
        refused = webhook_rules(changed(address=address))
        assert refused is not None and "sec" not in refused.message and len(refused.message) < 400


@pytest.mark.parametrize("device", ["/dev/sda", "/dev/nvme0n1", "/dev/disk/by-path/pci-0000:01:00.0-scsi-0:2:0:0", "/dev/a..b", "/dev/.hidden"])
def test_a_generator_may_name_a_disk(device: str) -> None:
    assert device_name_fault(device) is None


@pytest.mark.parametrize("device", [
    "/dev/disk/by-id/wwn-0x5000c500a1b2c3d4", "/dev/mapper/mpatha", "/dev/../sda", "/dev//sda", "/dev/disk/by-path/a/b", "/dev/", "/dev/..", "/dev/.",
    "/dev/disk/by-path/", "/dev/disk/by-path/..", "sda", "", "/dev/sd a", "/dev/sda\n", "/dev/dïsk", f"/dev/{'a' * 249}", 7, None])
def test_a_generator_may_not_name_what_is_no_disk_for_metal3(device: object) -> None:
    fault = device_name_fault(device)
    assert fault is not None and "/dev/disk/by-path/NAME" in fault and len(fault) < 300
