# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Forty bad things at once, through ansible-playbook and through ansible-rulebook, on the API that CLUSTER chooses."""
from __future__ import annotations

import os
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.cluster import GENERATOR, HOST
from tests.cluster.api import KubernetesApi
from tests.cluster.crds import Crds
from tests.fixtures.ansible import Playbooks, Run
from tests.fixtures.cluster import crds
from tests.fixtures.rulebook import Rulebook, variables_file
from tests.fixtures.site import NAMESPACE, Site
from tests.poison import crowd
from tests.simulators.certificates import authority
from tests.simulators.inventory_ome import OmeInventory
from tests.simulators.inventory_oneview import OneViewInventory
from tests.simulators.metal3 import Metal3
from tests.simulators.ome import OmeSimulator
from tests.simulators.oneview import OneViewSimulator
from tests.waiting import until

SEED = int(os.environ.get("SEED") or 1)
# The line of `default` is of one vendor: which manager answers first must not say who waits.
GOOD = {**{f"hpe-node-{number:02d}": {"server_vendor": "HP"} for number in (1, 2, 3)},
        **{f"dell-node-{number:02d}": {"buffer": "early"} for number in (1, 2, 3)}}
CAP = 2
LOOSE = ("baremetalhostgenerators.infra.example.com", "baremetalhostbuffers.infra.example.com", "baremetalhosts.metal3.io")


class Crowd:
    """The site with older CRDs, good ones and bad ones."""

    def __init__(self, site: Site, playbooks: Playbooks) -> None:
        self.site, self.playbooks, self.bad = site, playbooks, crowd.forty(SEED)
        self.said = ""

    def arrive(self) -> None:
        """Two good ones have a host already: one is deployed anew, one is deleted. Then all others come, the bad ones first."""
        self.site.buffer("default", CAP)
        self.site.buffer("early", 8)
        for name in ("hpe-node-07", "dell-node-07"):
            self.site.generator(name, {"buffer": "early"})
        self.run("onboard").succeeded()
        for number, one in enumerate(self.bad):
            if one.kind is GENERATOR:
                self.site.buffer(f"bad-line-{number:02d}", 2)
        crowd.apply(self.site.api, self.bad)
        for name, spec in GOOD.items():
            self.site.generator(name, spec)
        self.site.api.patch(GENERATOR, NAMESPACE, "hpe-node-07", {"metadata": {"annotations": {"redeploy": "again-1"}}})
        self.site.api.delete(GENERATOR, NAMESPACE, "dell-node-07")

    def run(self, playbook: str) -> Run:
        """One run; what it says is kept."""
        run = self.site.run(playbook)
        self.said += run.output
        return run

    def phases(self) -> dict[str, str]:
        """Of the good ones."""
        statuses = {one["metadata"]["name"]: one.get("status") for one in self.site.api.list(GENERATOR)}
        return {name: (statuses[name] or {}).get("phase", "") for name in (*GOOD, "hpe-node-07", "dell-node-07") if name in statuses}

    def verdicts(self) -> dict[str, list[crowd.Bad]]:
        """What became of each of the forty."""
        return crowd.verdicts(self.site.api, self.bad, self.said)

    def judge(self, good: dict[str, str]) -> str:
        """Every good one, and each of the forty; the answer is the line of figures."""
        assert self.phases() == good
        hosts = {host["metadata"]["name"]: host for host in self.site.api.list(HOST)}
        for name, phase in good.items():
            assert (name in hosts) == (phase == "Completed"), name
        found = self.verdicts()
        assert not found["silent"], "\n".join(f"{one.kind.kind} {one.name}: {one.what}" for one in found["silent"])
        return f"{len(self.bad)} cases, {len(found['named'])} poisons named, 0 others harmed"


AT_REST = {**dict.fromkeys([*GOOD, "hpe-node-07"], "Completed"), "hpe-node-03": "Buffered"}


@pytest.fixture
def older_api(kubernetes_api: KubernetesApi) -> KubernetesApi:
    """CLUSTER's API with older CRDs; on a real one, they are put back afterwards."""
    Crds([crowd.older(crd) if crd["metadata"]["name"] in LOOSE else crd for crd in crds()]).put(kubernetes_api.client)
    return kubernetes_api


@pytest.fixture
def crowded(older_api: KubernetesApi, playbooks: Playbooks, tmp_path: Path) -> Iterator[Crowd]:
    """Everything in its place."""
    certificates = authority(tmp_path / "ca")
    hpe, dell = OneViewInventory(7), OmeInventory(7)
    for inventory, prefix in ((hpe, "hpe-node"), (dell, "dell-node")):
        inventory.add_usual(f"{prefix}-{number:02d}" for number in range(1, 31))
    with OneViewSimulator(hpe, certificate=certificates.issue(), username="automation", password="ov-login-3Kx") as oneview, \
            OmeSimulator(dell, certificate=certificates.issue(), username="automation", password="ome-login-7Qz") as ome:
        site = Site(older_api, playbooks, certificates, oneview, ome)
        older_api.namespace(NAMESPACE)
        site.infra_env()
        with Metal3(site.admin_kubeconfig, 0.05, 0.1):
            made = Crowd(site, playbooks)
            made.arrive()
            yield made


@pytest.mark.timeout(600)
def test_forty_bad_things_at_once_stop_no_playbook(crowded: Crowd, older_api: KubernetesApi, record_property: pytest.RecordProperty) -> None:
    for playbook in ("remove", "onboard", "remove", "onboard", "onboard"):
        crowded.run(playbook).succeeded()
    record_property("figures", f"poison through ansible-playbook, API {older_api.kind}: {crowded.judge(AT_REST)}")


@pytest.mark.timeout(600)
def test_forty_bad_things_at_once_stop_no_rulebook(
        crowded: Crowd, older_api: KubernetesApi, rulebook: Rulebook, record_property: pytest.RecordProperty) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    rulebook.environment["K8S_AUTH_KUBECONFIG"] = crowded.site.kubeconfig
    rulebook.environment["GENERATOR_VARS"] = variables_file(rulebook.folder, crowded.site.variables)
    rulebook.variables |= {"generator_health_host": "127.0.0.1", "generator_health_port": port, "generator_retry_seconds": 5, "generator_interval_seconds": 2}
    rulebook.start()
    until(lambda: crowded.phases() == AT_REST, 90, "the good ones are at rest")
    crowded.site.generator("hpe-node-09", {"buffer": "early", "server_vendor": "HP"})
    until(lambda: _phase(crowded.site, "hpe-node-09") == "Completed", 60, "one that came later is Completed")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
        assert answer.status == 200, answer.read()
    until(lambda: not crowded.verdicts()["silent"], 30, "each of the forty has had its turn")
    figures = crowded.judge(AT_REST)
    assert rulebook.process is not None and rulebook.process.poll() is None, rulebook.output
    assert rulebook.stop() == 0, rulebook.output
    record_property("figures", f"poison through ansible-rulebook, API {older_api.kind}: {figures}")


def _phase(site: Site, name: str) -> Any:
    return (site.status(name) or {}).get("phase")
