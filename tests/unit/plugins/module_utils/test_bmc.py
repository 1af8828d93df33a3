# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of BMCs as Metal3, and Go, read them."""
from __future__ import annotations

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.bmc import bmc_host, bmc_url, driver_of
from ansible_collections.baremetal.generator.plugins.module_utils.go_urls import is_host_and_port, parse
from ansible_collections.baremetal.generator.plugins.module_utils.models import Nic, Reason, Server
from ansible_collections.baremetal.generator.plugins.module_utils.profiles import Profile


@pytest.mark.parametrize(("address", "host"), [
    ("10.0.0.1", "10.0.0.1"), ("10.0.0.1:623", "10.0.0.1"), ("FD00::0:1", "fd00::1"), ("[fd00::1]", "fd00::1"), ("[fd00::1]:623", "fd00::1"),
    ("BMC.example.com", "bmc.example.com"), ("bmc.example.com:443", "bmc.example.com"), ("IPMI://10.0.0.1", "10.0.0.1"),
    ("redfish-virtualmedia:10.0.0.1/x", "10.0.0.1"), ("redfish://user:pw@10.0.0.1:99999/x", "10.0.0.1"), ("redfish://[FD00::1]:8443/x", "fd00::1"),
    ("https://10.0.0.1/x", "10.0.0.1"), ("", ""), ("redfish:///x", ""), ("redfish://[fd00::1/x", ""), ("a b", ""),
    ("redfish+http:10.0.0.1:8000/x", "10.0.0.1"), ("REDFISH+HTTPS://BMC.Example.com./x", "bmc.example.com"), ("bmc.example.com.", "bmc.example.com"),
    ("ipmi://[::ffff:10.0.0.1]", "10.0.0.1"), ("ipmi://fd00::1", "fd00::1"), ("BMC:623", "bmc"), ("libvirt://10.0.0.1:6230/", "10.0.0.1"),
])
def test_addresses_of_one_bmc_give_one_host(address: str, host: str) -> None:
    assert bmc_host(address) == host


@pytest.mark.parametrize(("address", "driver"), [
    ("10.0.0.1", "ipmi"), ("Redfish+HTTP://h/x", "redfish"), ("libvirt://h", "libvirt"), ("", ""), ("redfish://[fd00::1/x", ""),
])
def test_the_driver_of_an_address(address: str, driver: str) -> None:
    assert driver_of(address) == driver


@pytest.mark.parametrize("text", [
    "redfish://h:1:2x/", "redfish://a[::1]/", "redfish://[10.0.0.1]/", "redfish://[::1/", "redfish://h%41/", "redfish://h%zz/", "redfish://a b/",
    "redfish://u r@h/", "redfish://u%zz@h/", "redfish://h/%z", "redfish://h/#%z", ":x", "a:b:c/\x1f", "1:2/x", "https://a:1:2/", "redfish://[fe80::1%25%2f]/",
])
def test_what_go_cannot_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse(text)


@pytest.mark.parametrize(("text", "scheme", "hostname"), [
    ("Redfish://H:99999/a b?%zz", "redfish", "H"), ("redfish://h:/x", "redfish", "h"), ("redfish://a:b@h/x", "redfish", "h"), ("redfish:h/x", "redfish", ""),
    ("//h/x", "", "h"), ("///h/x", "", ""), ("h/x:y", "", ""), ("*", "", ""), ("redfish://[fe80::1%25eth0]:1/", "redfish", "fe80::1%eth0"),
    ("redfish://a:1:2/", "redfish", "a:1"), ("redfish://h%c3%bc/", "redfish", "h\xc3\xbc"),
])
def test_what_go_reads_has_these_parts(text: str, scheme: str, hostname: str) -> None:
    found = parse(text)
    assert (found.scheme, found.hostname) == (scheme, hostname)


@pytest.mark.parametrize("text", ["", "no url", "x/y", "http://h/%z"])
def test_a_request_needs_a_whole_url(text: str) -> None:
    with pytest.raises(ValueError):
        parse(text, of_a_request=True)


@pytest.mark.parametrize(("text", "is_pair"), [
    ("h:1", True), ("h:", True), ("h:x/y", True), ("[::1]:1", True), ("[a]:1", True), ("h", False), ("a:b:1", False), ("[::1]", False), ("[::1]x:1", False),
    ("[::1:1", False), ("[[::1]:1", False), ("[::1]:1]", False), ("h]:1", False),
])
def test_pairs_of_host_and_port(text: str, is_pair: bool) -> None:
    assert is_host_and_port(text) is is_pair


def test_an_address_that_no_status_could_hold_is_said() -> None:
    server = Server("node7", "HP", "manager", "192.0.2.7", (Nic("aa:bb:cc:dd:ee:01", "p"),), serial="S" * 3000)
    answer = bmc_url(server, Profile(bmc_path="/x/{serial}"))
    assert isinstance(answer, Reason) and answer.reason == "NoBmcAddress" and len(answer.message) < 400
