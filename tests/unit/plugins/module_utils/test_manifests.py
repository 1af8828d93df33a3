# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made for a server, and what Metal3 would refuse."""
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.bmc import bmc_host, bmc_url
from ansible_collections.baremetal.generator.plugins.module_utils.generators import Request, asks
from ansible_collections.baremetal.generator.plugins.module_utils.manifests import (
    LONGEST_FACT, Facts, activation, facts, inert_host, nmstate_config, own_rules)
from ansible_collections.baremetal.generator.plugins.module_utils.models import Nic, Reason, Server
from ansible_collections.baremetal.generator.plugins.module_utils.nics import Choice, SelectedNic, choose, name_fault, vlan_interface
from ansible_collections.baremetal.generator.plugins.module_utils.profiles import Profile, Profiles

NICS = tuple(Nic(f"AA:BB:CC:DD:EE:0{port}", f"port{port}") for port in (1, 2))


def server(vendor: str = "HP", address: str = "192.0.2.7", serial: str = "SN7") -> Server:
    return Server("Node7", vendor, "manager", address, NICS, serial, "DL380")


def made(spec: dict[str, Any] | None = None, profile: dict[str, Any] | None = None, of: Server | None = None) -> tuple[Request, Facts, dict[str, Any]]:
    generator = {"metadata": {"namespace": "n", "name": "node7", "uid": "u", "generation": 2}, "spec": {"infraEnv": "env", **(spec or {})}}
    request = asks(generator, Profiles.parse([{"default": True, **(profile or {})}]))
    assert isinstance(request, Request), request
    choice = choose(NICS, request.nics)
    assert isinstance(choice, Choice)
    found = facts(request, of or server(), choice)
    assert isinstance(found, Facts), found
    return request, found, generator


@pytest.mark.parametrize(("of", "profile", "url"), [
    (server("HP"), {}, "redfish-virtualmedia://192.0.2.7/redfish/v1/Systems/1"),
    (server("DELL"), {}, "idrac-virtualmedia://192.0.2.7/redfish/v1/Systems/System.Embedded.1"),
    (server("CISCO"), {}, "redfish-virtualmedia://192.0.2.7/redfish/v1/Systems/SN7"),
    (server("CISCO", serial=""), {}, "ipmi://192.0.2.7:623"),
    (server("HP", "2001:db8::7"), {}, "redfish-virtualmedia://[2001:db8::7]/redfish/v1/Systems/1"),
    (server("HP", "ilo7.example.com"), {"bmc_scheme": "redfish+http", "bmc_port": 8000}, "redfish+http://ilo7.example.com:8000/redfish/v1/Systems/1"),
    (server("CISCO"), {"bmc_scheme": "redfish", "bmc_path": "redfish/v1/Systems/x-{serial}"}, "redfish://192.0.2.7/redfish/v1/Systems/x-SN7"),
])
def test_the_address_of_a_bmc(of: Server, profile: dict[str, Any], url: str) -> None:
    assert bmc_url(of, Profile(**profile)) == url
    assert bmc_host(url) == of.bmc_address


def test_an_address_that_is_none_is_said() -> None:
    answer = bmc_url(server(address="fe80::1%eth0"), Profile())
    assert isinstance(answer, Reason) and answer.reason == "NoBmcAddress"


def test_a_host_is_made_inert_and_activated_by_one_patch() -> None:
    request, found, generator = made({"labels": {"rack": "7"}, "host": {"role": "worker", "rootDeviceHints": {"deviceName": "/dev/sda"}}})
    host = inert_host(request, found, generator, "rid-1")
    metadata, spec = host["metadata"], host["spec"]
    assert metadata["annotations"][names.PAUSED] == names.PAUSED_BY_ADMISSION and metadata["annotations"][names.RID] == "rid-1"
    assert names.INFRAENV_LABEL not in metadata["labels"] and metadata["labels"][names.BUFFER_LABEL] == "default"
    assert metadata["annotations"][names.ROLE] == "worker" and spec["inspectionMode"] == "disabled" and names.INSPECT not in metadata["annotations"]
    assert spec["online"] and spec["bootMACAddress"] == "aa:bb:cc:dd:ee:01" and spec["bmc"]["credentialsName"] == "hp-cred-node7"
    marks = {names.RID: None, names.PAUSED: None}
    assert activation(request, host) == {"metadata": {"annotations": marks, "labels": {"rack": "7", names.INFRAENV_LABEL: "env"}}}
    older = {**host, "spec": {field: value for field, value in spec.items() if field != "inspectionMode"}}
    assert activation(request, older)["metadata"]["annotations"] == {**marks, names.INSPECT: "disabled"}
    assert own_rules(host) is None


@pytest.mark.parametrize(("change", "part"), [
    ({"name": "0123456789abcdef0123456789abcdef"}, "is a UUID"), ({"name": "a b"}, "has other characters"),
    ({"bootMACAddress": "aa:bb"}, "is no MAC address"), ({"address": "http://x/y"}, "unknown scheme"), ({"address": "ipmi+http://x"}, "unknown scheme"),
    ({"address": "redfish://x"}, "has no path"), ({"address": "ipmi://192.0.2.1", "bootMode": "UEFISecureBoot"}, "does not go with"),
    ({"rootDeviceHints": {"deviceName": "sda"}}, "is not a path under /dev/"),
    ({"rootDeviceHints": {"deviceName": "/dev/disk/by-id/wwn-0x5"}}, "/dev/disk/by-path/NAME"), ({"address": ""}, "has no scheme"),
])
def test_what_metal3s_webhook_refuses_is_refused_before(change: dict[str, Any], part: str) -> None:
    request, found, generator = made()
    host = inert_host(request, found, generator, "r")
    for key, value in change.items():
        where = {"name": host["metadata"], "address": host["spec"]["bmc"]}.get(key, host["spec"])
        where[key] = value
    refused = own_rules(host)
    assert refused is not None and refused.reason == "InvalidSpec" and part in refused.message


def test_a_bond_with_a_vlan() -> None:
    request, found, generator = made({"networkConfig": {"vlanId": 24, "nicNames": ["eno1", "eno2"], "macIndices": ["last", "first"]}})
    config = nmstate_config(request, found, generator, {"spec": {"nmStateConfigLabelSelector": {"matchLabels": {"pool": "x"}}}})
    assert config is not None
    assert config["spec"]["interfaces"] == [{"name": "eno1", "macAddress": "aa:bb:cc:dd:ee:02"}, {"name": "eno2", "macAddress": "aa:bb:cc:dd:ee:01"}]
    assert [one["name"] for one in config["spec"]["config"]["interfaces"]] == ["eno1", "eno2", "bond0", "bond0.24"]
    assert [one["ipv4"]["enabled"] for one in config["spec"]["config"]["interfaces"]] == [False, False, False, True]
    assert config["metadata"]["labels"] == {"pool": "x", names.INFRAENV_LABEL: "env", names.GENERATOR_UID: "u"}


def test_nothing_is_asked_for_nothing_is_made() -> None:
    assert nmstate_config(*made(), {}) is None


def test_the_name_of_a_vlan_interface_fits_the_kernel() -> None:
    assert (vlan_interface("eno12399np0", 100), vlan_interface("eno12399np0", 1000)) == ("eno12399np0.100", "vlan1000")


def test_facts_stand_in_a_status_and_come_back() -> None:
    request, found, _generator = made({"networkConfig": {"vlanId": 24, "nicName": "eno1", "macIndex": "1"}})
    status = {field: value for field, value in found.to_status(request).items() if value is not None}
    assert Facts.from_status(status) == found and status["selectedNicName"] == "eno1" and status["bmhName"] == "node7"


def test_the_operators_status_is_enough_to_adopt() -> None:
    old = {"phase": "Completed", "macAddress": "AA:BB:CC:DD:EE:01", "ipmiAddress": "192.0.2.7", "serverVendor": "HP", "vlanId": "24", "bmhName": "node7"}
    found = Facts.from_status(old)
    assert found is not None and (found.mac, found.bmc_address, found.vlan_id) == ("aa:bb:cc:dd:ee:01", "192.0.2.7", 24)


@pytest.mark.parametrize(("text", "vlan"), [("24", 24), (24, 24), ("", None), ("²", None), ("1" * 4301, None), ("-1", None)])
def test_a_vlan_in_an_old_status_is_read_or_is_none(text: object, vlan: int | None) -> None:
    found = Facts.from_status({"macAddress": "aa:bb:cc:dd:ee:01", "ipmiAddress": "192.0.2.7", "serverVendor": "HP", "vlanId": text})
    assert found is not None and found.vlan_id == vlan


def test_what_a_manager_says_at_length_is_cut_to_what_a_status_holds() -> None:
    request, _found, _generator = made()
    choice = choose((Nic("aa:bb:cc:dd:ee:01", "p" * 999),), request.nics)
    assert isinstance(choice, Choice)
    found = facts(request, Server("Node7", "HP", "m" * 999, "192.0.2.7", NICS, "S" * 999, "M" * 999), choice)
    assert isinstance(found, Facts)
    assert {len(found.model), len(found.serial), len(found.manager)} == {LONGEST_FACT}


@pytest.mark.parametrize(("nics", "vlan", "part"), [
    (("lo",), None, "loopback"), (("bond0", "eno2"), None, "the bond"), (("eno1", "bond0.100"), 100, "the bond"), (("vlan1000", "eno2"), None, None),
    (("eno1", "bond0.100"), None, "the bond"), (("eno12399np0", "vlan1000"), 1000, None), (("vlan1000", "vlan1000x"), 1000, None),
    (("e" * 16,), None, "no Linux interface name"), (("eno 1",), None, "no Linux interface name"), (("",), None, "no Linux interface name"),
    (("bond0",), None, None), (("eno1", "eno2"), 100, None), ((), 100, None),
])
def test_interfaces_that_collide_with_what_is_made_of_them_are_refused(nics: tuple[str, ...], vlan: int | None, part: str | None) -> None:
    fault = name_fault(nics, vlan)
    assert fault is None if part is None else part in str(fault)


def test_two_ports_with_one_mac_are_no_bond() -> None:
    request, _found, _generator = made()
    choice = Choice((SelectedNic("eno1", Nic("aa:bb:cc:dd:ee:01", "p1"), 0), SelectedNic("eno2", Nic("AA:BB:CC:DD:EE:01", "p2"), 1)), "chosen")
    found = facts(request, server(), choice)
    assert isinstance(found, Reason) and found.reason == "InvalidAnswer" and "one MAC address to two" in found.message
