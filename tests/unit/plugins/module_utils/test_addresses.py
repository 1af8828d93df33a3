# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MAC and IP addresses come in many spellings, and some mean that there is none."""
from __future__ import annotations

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import addresses


@pytest.mark.parametrize("text", ["00:FD:45:20:00:0A", "00-fd-45-20-00-0a", "00fd.4520.000a", "00FD4520000A", " 00:fd:45:20:00:0a "])
def test_a_mac_is_lower_case_with_colons_whatever_it_was(text: str) -> None:
    assert addresses.mac(text) == "00:fd:45:20:00:0a"


@pytest.mark.parametrize("text", [None, "", "0", "derived", "00:00:00:00:00:00", "FF:FF:FF:FF:FF:FF", "01:00:5e:00:00:01", "00:11:22:33:44", 17,
                                  "80:00:02:08:fe:80:00:00:00:00:00:00:00:02:c9:03:00:0e:b5:d1"])
def test_what_is_no_mac_of_a_port_is_none(text: object) -> None:
    assert addresses.mac(text) is None


@pytest.mark.parametrize(("text", "expected"), [
    ("192.0.2.21", "192.0.2.21"),
    ("2001:db8:0:0:0:0:0:43", "2001:db8::43"),
    ("[2001:db8::43]", "2001:db8::43"),
    ("::ffff:192.0.2.21", "192.0.2.21"),
    ("2001:db8::43%eth0", "2001:db8::43"),
    ("[2001:db8::43%1]", "2001:db8::43"),
])
def test_an_address_comes_in_its_short_form_without_brackets(text: str, expected: str) -> None:
    assert addresses.ip(text) == expected


@pytest.mark.parametrize("text", [None, "", "0.0.0.0", "::", "[::]", "fe80:0:0:0:9640:c9ff:fe10:ff", "fe80::1%eth0", "169.254.1.1", "224.0.0.1", "unknown",
                                  "idrac.example.com", "fe80::1%25eth0", "[fe80::1%eth0]", "[fe80::1]%eth0", "febf::1", "ff02::1", "::1", "127.0.0.1",
                                  "127.8.9.1", "0.1.2.3", "255.255.255.255", "240.0.0.1", "::ffff:0.0.0.0", "::ffff:169.254.1.1", "::ffff:127.0.0.1", " ",
                                  "[]", "%", 17, ["192.0.2.1"]])
def test_what_nobody_can_be_reached_at_is_none(text: object) -> None:
    assert addresses.ip(text) is None


def test_a_name_may_stand_for_an_address_but_a_mistyped_address_may_not() -> None:
    assert addresses.host_name("idrac-1.example.com.") == "idrac-1.example.com"
    assert [addresses.host_name(text) for text in ("", None, "10.0.0.999", "two words", "[::]", "a" * 300)] == [None] * 6


@pytest.mark.parametrize("text", ["idrac-1", "idrac-1.", "idrac-AAAA001", "localhost", "localhost.localdomain", "idrac.localhost", "Localhost.example.com"])
def test_a_name_that_others_may_read_otherwise_is_none(text: str) -> None:
    assert addresses.host_name(text) is None


def test_ipv4_comes_before_ipv6() -> None:
    assert addresses.ipv4_first(["2001:db8::1", "192.0.2.1", "2001:db8::2"]) == ["192.0.2.1", "2001:db8::1", "2001:db8::2"]


@pytest.mark.parametrize("text", [
    "a:ab:bc:cd:de:ef:f", "aa:bb-cc:dd-ee:ff", "aabb.ccdd-eeff", "aa bb cc dd ee f0", "aa:bb:cc:dd:ee", "aa:bb:cc:dd:ee:f0:11:22"])
def test_signs_in_odd_places_make_no_mac(text: str) -> None:
    assert addresses.mac(text) is None


@pytest.mark.parametrize("text", [
    "94:40:C9:50:00:3E", "94-40-c9-50-00-3e", "9440.c950.003e", "9440-C950-003E", "9440c9-50003e", "9440c950003e", " 94.40.c9.50.00.3e\n"])
def test_a_mac_in_every_usual_spelling(text: str) -> None:
    assert addresses.mac(text) == addresses.comparable_mac(text) == "94:40:c9:50:00:3e"
