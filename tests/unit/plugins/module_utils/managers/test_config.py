# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user says about managers is checked before anybody is asked; each mistake is one sentence."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.errors import InvalidArgument
from ansible_collections.baremetal.generator.plugins.module_utils.managers.config import ManagerConfig, read_managers

GOOD = {"name": "east", "type": "oneview", "url": "https://oneview.example.com", "username": "automation", "password": "pa55"}


def refused(*entries: Any) -> str:
    with pytest.raises(InvalidArgument) as caught:
        read_managers(list(entries))
    return str(caught.value)


def test_a_full_entry_is_read_with_its_defaults() -> None:
    [config] = read_managers([{**GOOD, "ca_path": None, "api_version": "5000"}])
    assert config == ManagerConfig("east", "oneview", "https://oneview.example.com", "automation", "pa55", api_version=5000)
    assert (config.validate_certs, config.vendor, config.where) == (True, "HP", "east (https://oneview.example.com)")


def test_passwords_are_in_no_text() -> None:
    [config] = read_managers([{**GOOD, "type": "ucs", "domain_password": "pa56"}])
    assert "pa5" not in repr(config) + str(config)


@pytest.mark.parametrize(("url", "expected"), [
    ("oneview.example.com", "https://oneview.example.com"),
    ("192.0.2.1:8443", "https://192.0.2.1:8443"),
    ("https://oneview.example.com/", "https://oneview.example.com"),
    ("2001:db8::1", "https://[2001:db8::1]"),
    ("https://[2001:db8::1]:444", "https://[2001:db8::1]:444"),
])
def test_an_address_is_enough_of_a_url(url: str, expected: str) -> None:
    assert read_managers([{**GOOD, "url": url}])[0].url == expected


@pytest.mark.parametrize("url", ["ftp://x", "https://", "https://x/rest", "https://x?y", "https://x:port", "https://x y", "https://["])
def test_a_url_that_is_none_is_refused(url: str) -> None:
    assert refused({**GOOD, "url": url}) == "Manager 'east': its url cannot be read; write https://host or https://host:port."


def test_a_user_in_the_url_is_refused_without_repeating_it() -> None:
    assert refused({**GOOD, "url": "https://me:pa55@x"}) == "Manager 'east': its url contains a user; put it into username and password."


def test_a_password_is_not_sent_unprotected_by_accident() -> None:
    assert refused({**GOOD, "url": "http://x"}) == (
        "Manager 'east': http:// would send the password unprotected; use https://, or set validate_certs to false.")
    assert read_managers([{**GOOD, "url": "http://x", "validate_certs": False}])[0].url == "http://x"


@pytest.mark.parametrize("entries", [None, [], ()])
def test_no_managers_given(entries: Any) -> None:
    with pytest.raises(InvalidArgument) as caught:
        read_managers(entries)
    assert str(caught.value) == "No managers are given; list at least one, with name, type, url, username and password."


def test_managers_that_are_no_list() -> None:
    with pytest.raises(InvalidArgument) as caught:
        read_managers(GOOD)         # type: ignore[arg-type]
    assert str(caught.value) == "managers must be a list of management systems, each with name, type, url, username and password."
    assert refused("oneview") == "Manager 1 must be a mapping with name, type, url, username and password."


def test_two_managers_of_one_name() -> None:
    assert refused(GOOD, {**GOOD, "name": "EAST"}) == "Two managers are named 'EAST'; give each a name of its own."


def test_an_unknown_type() -> None:
    assert refused({**GOOD, "type": "idrac"}) == "Manager 'east': type 'idrac' is unknown; use one of oneview, ome, ucs, ucsm."


def test_an_unknown_key_and_one_of_another_type() -> None:
    assert refused({**GOOD, "pasword": "x", "domains": {}}) == (
        "Manager 'east': domains, pasword is no option of type oneview; the options are api_version, ca_path, login_domain, name, password, proxy, type, "
        "url, username, validate_certs.")


@pytest.mark.parametrize("key", ["url", "username", "password"])
def test_a_missing_key(key: str) -> None:
    assert refused({**GOOD, key: ""}) == f"Manager 'east': {key} is missing; give it."


def test_a_missing_name() -> None:
    assert refused({**GOOD, "name": " "}) == "Manager 1 has no name; give it one of your choice."


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_path_that_cannot_be_used(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert refused({**GOOD, "ca_path": str(path)}) == f"Manager 'east': ca_path '{path}' is no readable file of certificates (PEM); correct it."


def test_odd_values_of_other_options() -> None:
    assert refused({**GOOD, "validate_certs": "maybe"}) == "Manager 'east': validate_certs must be true or false."
    assert refused({**GOOD, "api_version": "new"}) == "Manager 'east': api_version must be a number."
    assert refused({**GOOD, "type": "ucs", "bmc_network": "lan"}) == "Manager 'east': bmc_network 'lan' is unknown; use one of oob, inband."
    assert refused({**GOOD, "type": "ucs", "domains": ["a"]}) == "Manager 'east': domains must map the name of a domain to the address of its UCS Manager."


def test_the_domains_of_a_ucs_are_text() -> None:
    assert refused({**GOOD, "type": "ucs", "domains": {"a": 10}}) == "Manager 'east': domains, a must be text, and YAML made a number of it: put it in quotes."
    assert refused({**GOOD, "type": "ucs", "domains": {12: "x"}}) == (
        "Manager 'east': domains, name 1, must be text, and YAML made a number of it: put it in quotes.")


def test_the_user_of_a_proxy_is_in_no_text() -> None:
    assert "pa57" not in repr(read_managers([{**GOOD, "proxy": "http://me:pa57@proxy"}]))
