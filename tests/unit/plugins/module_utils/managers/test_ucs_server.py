# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From UCS objects to a server."""
from __future__ import annotations

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.managers.ucs_hits import unreadable
from ansible_collections.baremetal.generator.plugins.module_utils.managers.ucs_server import Inventory, Source, is_complete, server
from ansible_collections.baremetal.generator.plugins.module_utils.managers.ucs_xml import Mo
from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason, Server

PROFILE = "org-root/ls-n1"
BLADE = "sys/chassis-1/blade-1"


def vnic(name: str, addr: str, vcon: str = "1", oper: str = "1", order: str = "1") -> Mo:
    return Mo("vnicEther", f"{PROFILE}/ether-{name}", {"name": name, "addr": addr, "operVcon": vcon, "operOrder": oper, "order": order, "switchId": "A-B"})


def address(kind: str, dn: str, addr: str) -> Mo:
    return Mo(kind, dn, {"addr": addr})


def boot_path(owner: str, name: str, kind: str = "primary") -> Mo:
    return Mo("lsbootLanImagePath", f"{owner}/lan/path-{kind}", {"type": kind, "vnicName": name})


def source(*objects: Mo, policy: str = "") -> Source:
    return Source(Inventory(objects), PROFILE, BLADE, policy)


POOLED = address("vnicIpV4PooledAddr", f"{PROFILE}/ipv4-pooled-addr", "192.0.2.51")
ETH0 = vnic("eth0", "00:25:B5:00:00:00")


def test_vnics_come_by_vcon_and_order_as_numbers_with_any_and_unspecified_last() -> None:
    found, whole = source(
        vnic("eth10", "00:25:b5:00:00:10", oper="10"), vnic("eth2", "00:25:b5:00:00:02", oper="2"),
        vnic("eth3", "00:25:b5:00:00:03", oper="unspecified", order="9"),
        vnic("eth4", "00:25:b5:00:00:04", vcon="any", oper="0"), vnic("eth5", "00:25:b5:00:00:05", vcon="2", oper="1")).nics()
    assert ([nic.name for nic in found], whole) == (["eth2", "eth10", "eth3", "eth5", "eth4"], True)
    assert all(nic.virtual for nic in found) and found[0].location == "fabric A-B"


@pytest.mark.parametrize("unset", ["derived", "0", "", "00:00:00:00:00:00"])
def test_a_vnic_without_a_mac_of_its_own_has_the_one_of_its_port_if_that_is_known(unset: str) -> None:
    eth1 = vnic("eth1", unset, order="2")
    assert source(ETH0, eth1).nics()[1] is False
    port = Mo("adaptorHostEthIf", f"{BLADE}/adaptor-1/host-eth-2", {"vnicDn": eth1.dn, "mac": "70:0f:6a:00:00:01", "linkState": "up"})
    found, whole = source(ETH0, eth1, port).nics()
    assert whole and (found[1].mac, found[1].virtual, found[1].link) == ("70:0f:6a:00:00:01", False, True)


@pytest.mark.parametrize("owner", [f"{PROFILE}/boot-policy", PROFILE, "org-root/boot-policy-pxe"])
def test_the_boot_vnic_is_named_by_the_profile_or_its_boot_policy(owner: str) -> None:
    found, _whole = source(ETH0, vnic("eth1", "00:25:b5:00:00:01", order="2"), boot_path(owner, "eth1"), boot_path(owner, "eth0", kind="secondary"),
                           boot_path("org-root/boot-policy-other", "eth0"), policy="org-root/boot-policy-pxe").nics()
    assert [(nic.name, nic.boot) for nic in found] == [("eth0", False), ("eth1", True)]


@pytest.mark.parametrize(("objects", "expected"), [
    ([POOLED], "192.0.2.51"),
    ([POOLED, address("vnicIpV4StaticAddr", f"{PROFILE}/ipv4-static-addr", "192.0.2.58")], "192.0.2.58"),
    ([address("vnicIpV4StaticAddr", f"{BLADE}/mgmt/ipv4-static-addr", "192.0.2.59"), POOLED], "192.0.2.51"),
    ([address("vnicIpV4PooledAddr", f"{PROFILE}/ipv4-pooled-addr", "0.0.0.0"),
      address("vnicIpV4ProfDerivedAddr", f"{BLADE}/mgmt/ipv4-prof-addr", "192.0.2.51")], "192.0.2.51"),
    ([Mo("mgmtIf", f"{BLADE}/mgmt/if-1", {"extIp": "192.0.2.60", "adminState": "enable"})], "192.0.2.60"),
    ([Mo("mgmtIf", f"{BLADE}/mgmt/if-1", {"extIp": "192.0.2.60", "adminState": "enabled"})], "192.0.2.60"),
    ([Mo("mgmtIf", f"{BLADE}/mgmt/if-1", {"extIp": "192.0.2.60", "adminState": "disable"})], None),
    ([address("vnicIpV6StaticAddr", f"{BLADE}/mgmt/ipv6-static-addr", "2001:db8::9")], "2001:db8::9"),
    ([address("vnicIpV6StaticAddr", f"{BLADE}/mgmt/ipv6-static-addr", "::")], None),
    ([address("vnicIpV4PooledAddr", "org-root/ls-other/ipv4-pooled-addr", "192.0.2.70")], None),
])
def test_the_out_of_band_address_is_the_profiles_then_the_servers(objects: list[Mo], expected: str | None) -> None:
    assert source(*objects).bmc_address("oob") == expected


IN_BAND = [address("vnicIpV4MgmtPooledAddr", f"{PROFILE}/iface-in-band/network/ipv4-pooled-addr", "198.51.100.51"),
           address("vnicIpV4StaticAddr", f"{BLADE}/mgmt/spiface-in-band/network/ipv4-static-addr", "198.51.100.52")]


def test_only_the_dn_tells_in_band_from_out_of_band() -> None:
    both = source(ETH0, POOLED, *IN_BAND)
    assert (both.bmc_address("oob"), both.bmc_address("inband")) == ("192.0.2.51", "198.51.100.51")


def test_the_other_network_is_taken_when_the_wanted_one_has_no_address() -> None:
    found = server("n1", "ucs", "ucs", [source(ETH0, *IN_BAND)], "oob")
    assert isinstance(found, Server) and found.bmc_address == "198.51.100.51"
    assert not is_complete(source(ETH0, *IN_BAND), "oob")           # another system may know one of the wanted kind


def test_each_fact_comes_from_the_first_system_that_knows_it() -> None:
    central = source(ETH0, vnic("eth1", "derived"), POOLED)
    domain = source(ETH0, vnic("eth1", "00:25:b5:00:00:01", order="2"), Mo("computeBlade", BLADE, {"serial": "FLM1", "model": "UCSB-B200-M5"}))
    found = server("n1", "ucs", "ucs", [central, domain], "oob")
    assert isinstance(found, Server)
    assert (found.vendor, found.bmc_address, [nic.name for nic in found.nics], found.serial, found.model) == (
        "CISCO", "192.0.2.51", ["eth0", "eth1"], "FLM1", "UCSB-B200-M5")


def test_what_is_missing_is_said() -> None:
    assert server("n1", "ucs", "ucs", [source(ETH0)], "oob") == Reason(
        "NoBmcAddress", "ucs knows no usable address of the management controller of 'n1'; give it one that is not link-local, then refresh the server there.")
    assert server("n1", "ucs", "ucs", [source(POOLED, vnic("eth0", "derived"))], "oob") == Reason(
        "NoMac", "ucs knows no MAC address of 'n1': its vNICs have none yet; associate the service profile with a server, and give its MAC pool free "
                 "addresses.")


@pytest.mark.parametrize(("attributes", "odd"), [
    ({"assignedToDn": "org-root/ls-n1"}, False), ({"assignedToDn": ""}, False), ({"assignedToDn": "Infinity"}, True), ({}, True),
])
def test_a_machine_that_does_not_say_whose_it_is_may_be_anybodys(attributes: dict[str, str], odd: bool) -> None:
    told = unreadable([Mo("computeBlade", "compute/sys-1/chassis-1/blade-1", {"assignedToDn": ""}), Mo("computeBlade", BLADE, attributes)])
    assert told == (f"assignedToDn of {BLADE} is no DN of a service profile" if odd else "")
