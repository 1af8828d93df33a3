# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers whose names no host can have: the host has its generator's name, and remembers which server it is."""
from __future__ import annotations

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import GENERATOR, HOST, NMSTATE, SECRET

from .site import Site


def completed(server_name: str | None = "Encl1, bay 3") -> Site:
    """One generator, g1, with its host."""
    site = Site()
    site.apply("g1", networkConfig={"vlanId": 24}, **({"serverName": server_name} if server_name else {}))
    site.resolve()
    site.admit()
    assert site.reason("g1") == "Completed", site.status("g1")
    return site


def test_host_secret_and_network_have_the_generators_name() -> None:
    site = completed()
    host = site.list(HOST)[0]["metadata"]
    assert (host["name"], host["annotations"][names.SERVER_NAME_INFO], host["annotations"][names.HOSTNAME]) == ("g1", "Encl1, bay 3", "g1")
    assert [site.list(kind)[0]["metadata"]["name"] for kind in (SECRET, NMSTATE)] == ["hp-cred-g1", "nmstate-config-g1"]
    assert site.status("g1")["bmhName"] == "g1"


def test_a_host_that_has_its_servers_name_needs_no_reminder() -> None:
    assert names.SERVER_NAME_INFO not in completed("Node-3").list(HOST)[0]["metadata"]["annotations"]


@pytest.mark.parametrize(("before", "after"), [
    ("Encl1, bay 3", "Encl1, bay 4"), ("Encl1, bay 3", "node-4"), ("Encl1, bay 3", "g1"), ("Encl1, bay 3", None), (None, "Encl1, bay 4"),
    ("g1", "Encl1, bay 4"), ("node-3", "Encl1, bay 3"),
])
def test_another_server_is_seen_though_the_host_would_have_the_same_name(before: str | None, after: str | None) -> None:
    site = completed(before)
    site.change(GENERATOR, "g1", {"spec": {"serverName": after}})
    site.resolve()
    assert site.reason("g1") == "SpecChanged" and "serverName" in site.status("g1")["message"]
    site.change(GENERATOR, "g1", {"spec": {"serverName": before}})
    site.resolve()
    assert site.reason("g1") == "Completed"


def test_the_same_server_in_another_case_is_no_change() -> None:
    site = completed()
    site.change(GENERATOR, "g1", {"spec": {"serverName": "ENCL1, BAY 3"}})
    site.resolve()
    assert site.reason("g1") == "Completed"


def test_two_generators_of_one_server_are_told_and_so_are_two_of_one_host() -> None:
    site = completed()
    site.apply("g2", serverName="encl1, bay 3")
    site.apply("g5", serverName="g1")
    site.resolve()
    assert [site.reason(name) for name in ("g1", "g2", "g5")] == ["Completed", "Conflict", "Conflict"]
    assert len(site.list(HOST)) == 1


def test_a_redeploy_takes_the_new_server() -> None:
    site = completed()
    site.change(GENERATOR, "g1", {"spec": {"serverName": "Encl1, bay 4"}, "metadata": {"annotations": {"redeploy": "true"}}})
    for _turn in range(3):
        site.resolve()
        site.admit()
    host = site.list(HOST)[0]
    assert (host["spec"]["bootMACAddress"], host["metadata"]["annotations"][names.SERVER_NAME_INFO]) == ("02:00:00:00:00:0e", "Encl1, bay 4")


def test_a_host_that_was_there_remembers_it_from_then_on() -> None:
    site = Site(cap=0)
    spec = {"bootMACAddress": "02:00:00:00:00:0d", "bmc": {"address": "ipmi://192.0.2.13:623", "credentialsName": "x"}, "online": True}
    site.store.create("operator", HOST, {"metadata": {"namespace": "site", "name": "g1", "labels": {names.INFRAENV_LABEL: "env"}}, "spec": spec})
    site.apply("g1", serverName="Encl1, bay 3")
    site.resolve()
    host = site.list(HOST)[0]
    assert site.reason("g1") == "Completed" and host["metadata"]["annotations"][names.SERVER_NAME_INFO] == "Encl1, bay 3"
    site.change(GENERATOR, "g1", {"spec": {"serverName": "Encl1, bay 4"}})
    site.resolve()
    assert site.reason("g1") == "SpecChanged"
