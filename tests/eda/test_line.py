# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped rulebook under the real ansible-rulebook: generators become hosts, storms stay few runs, nothing is lost when everything is killed."""
from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import GENERATOR, HOST

from tests.fixtures.rulebook import Rulebook, variables_file
from tests.fixtures.site import INFRA_ENV, NAMESPACE, OURS, Site
from tests.simulators.metal3 import Metal3
from tests.waiting import until

ARRIVES = 40.0


@pytest.fixture(name="line")
def line_fixture(site: Site, rulebook: Rulebook) -> Rulebook:
    """The rulebook with the site's cluster, managers and credentials."""
    rulebook.environment["K8S_AUTH_KUBECONFIG"] = site.kubeconfig
    rulebook.environment["GENERATOR_VARS"] = variables_file(rulebook.folder, site.variables)
    return rulebook


@pytest.fixture(name="metal3")
def metal3_fixture(site: Site) -> Iterator[Metal3]:
    with Metal3(site.admin_kubeconfig, 0.1, 0.2) as metal3:
        yield metal3


def phases(site: Site) -> dict[str, str]:
    return {one["metadata"]["name"]: (one.get("status") or {}).get("phase", "") for one in site.api.list(GENERATOR)}


def all_are(site: Site, *wanted: str) -> Callable[[], bool]:
    return lambda: set(phases(site).values()) <= set(wanted)


def ask(site: Site, name: str, server: str, **spec: Any) -> None:
    """Create one without a look at what is there: quicker than apply."""
    site.api.create(GENERATOR, {
        "apiVersion": OURS, "kind": "BareMetalHostGenerator", "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"infraEnv": INFRA_ENV, "serverName": server, **spec}})


def hosts(site: Site) -> dict[str, Any]:
    return {host["metadata"]["name"]: host for host in site.api.list(HOST)}


def sessions(site: Site) -> int:
    return site.oneview.counters.open_sessions + site.ome.counters.open_sessions


def stopped_cleanly(site: Site, line: Rulebook) -> None:
    assert line.stop() == 0, line.output
    assert line.alive() == []
    assert line.left_in_tmp() == []
    assert not line.heartbeat.exists(), "the finally of the sources has run"
    assert sessions(site) == 0


def test_generators_become_hosts_and_go_again_and_the_rulebook_stops_cleanly(site, line, metal3):
    line.start()
    for number in range(1, 4):
        site.generator(f"hpe-node-{number:02d}", {"server_vendor": "HP"})
        site.generator(f"dell-node-{number:02d}")
    until(all_are(site, "Completed"), ARRIVES, "six generators are Completed")
    assert len(hosts(site)) == 6
    site.api.delete(GENERATOR, NAMESPACE, "hpe-node-02")
    until(lambda: "hpe-node-02" not in phases(site), ARRIVES, "the deleted generator is gone")
    assert "hpe-node-02" not in hosts(site)
    stopped_cleanly(site, line)
    assert "ERROR" not in line.output.replace("Cannot find any rulesExecutor", "").replace("ERROR org.drools", "")
