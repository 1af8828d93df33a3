# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster in memory, an HPE OneView, and the modules as processes: what every test of crashes stands on."""
from __future__ import annotations

import base64
import itertools
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests
import yaml

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, HOST, SECRET
from tests.cluster.api import KubernetesApi
from tests.fixtures.site import BMC_USER, INFRA_ENV, NAMESPACE, PASSWORDS, rights
from tests.model.invariants import inert
from tests.simulators.certificates import Authority, Certificate
from tests.simulators.inventory_oneview import OneViewInventory
from tests.simulators.metal3 import Metal3
from tests.simulators.oneview import OneViewSimulator
from tests.waiting import until

from .module_process import ModuleProcess

Object = dict[str, Any]
RESOLVE, ADMIT, REMOVE = "generator_resolve", "buffer_admit", "generator_remove"
ORDINARY = (REMOVE, RESOLVE, ADMIT)             # as playbook reconcile does them
AT_ONCE = 0.0                                   # takeover_seconds
STEP_SECONDS = 0.002                            # of Metal3


class Clock:
    """The machine's, which can be put on."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


class World:
    """Nobody else talks to the API, but for Metal3 while settle() lets it."""

    def __init__(self, api: KubernetesApi, folder: Path, authority: Authority) -> None:
        self.api, self.folder, self.authority, self.simulator = api, folder, authority, api.simulator
        self.temporary, self._outputs = folder / "tmp", folder / "outputs"
        for one in (self.temporary, self._outputs):
            one.mkdir()
        self._numbers = itertools.count(1)
        self.login = api.user(rights())
        self.kubeconfig = api.kubeconfig(folder / "kubeconfig", self.login.token)
        key = _add_client_certificate(Path(self.kubeconfig), authority.issue(["someone"]))
        self._admin = api.kubeconfig(folder / "admin-kubeconfig")
        self.clock = Clock()
        inventory = OneViewInventory(7)
        inventory.add_usual(f"node-{number:02d}" for number in range(1, 61))
        self.oneview = OneViewSimulator(
            inventory, certificate=authority.issue(), username="automation", password=PASSWORDS["oneview"], clock=self.clock)
        self.bmc_credentials = {"HP": {"username": BMC_USER, "password": PASSWORDS["HP"]}}
        self.secrets = [PASSWORDS["oneview"], PASSWORDS["HP"], self.login.token, key]

    def furnish(self) -> None:
        """What every cluster has."""
        self.api.namespace(NAMESPACE)
        self.api.apply({
            "apiVersion": "agent-install.openshift.io/v1beta1", "kind": "InfraEnv", "metadata": {"name": INFRA_ENV, "namespace": NAMESPACE},
            "spec": {"pullSecretRef": {"name": "pull-secret"}, "nmStateConfigLabelSelector": {"matchLabels": {names.INFRAENV_LABEL: INFRA_ENV}}}})

    # --- objects --------------------------------------------------------------------------------------------------------------------------

    def cap(self, most: int) -> None:
        """Of the one buffer."""
        self.simulator.apply({"apiVersion": names.API_VERSION, "kind": BUFFER.kind, "metadata": {"name": "default"}, "spec": {"maxAvailable": most}})

    def generator(self, name: str, server: str, **spec: Any) -> None:
        """Applies one."""
        self.simulator.apply({
            "apiVersion": names.API_VERSION, "kind": GENERATOR.kind, "metadata": {"name": name, "namespace": NAMESPACE},
            "spec": {"infraEnv": INFRA_ENV, "serverName": server, "server_vendor": "HP", **spec}})

    def status(self, name: str) -> Object:
        """Of a generator."""
        return (self.simulator.get(GENERATOR.kind, NAMESPACE, name) or {}).get("status") or {}

    def phase(self, name: str) -> str:
        """Of a generator."""
        return str(self.status(name).get("phase") or "")

    def entries(self) -> list[Object]:
        """The open entries of the ledger."""
        return (self.simulator.get(BUFFER.kind, "", "default").get("status") or {}).get("reservations") or []

    # --- runs -----------------------------------------------------------------------------------------------------------------------------

    def options(self, module: str) -> dict[str, Any]:
        """What a user gives to a module."""
        credentials = [{"name": name, "login": login} for name, login in self.bmc_credentials.items()]
        if module == RESOLVE:
            return {"kubeconfig": self.kubeconfig, "managers": [self.manager], "bmc_credentials": credentials}
        if module == ADMIT:
            return {"kubeconfig": self.kubeconfig, "bmc_credentials": credentials, "takeover_seconds": AT_ONCE, "sweep": True}
        return {"kubeconfig": self.kubeconfig}

    @property
    def manager(self) -> dict[str, Any]:
        """OneView as a user describes it."""
        return {
            "name": "oneview", "type": "oneview", "url": self.oneview.url, "username": self.oneview.username, "password": self.oneview.password,
            "ca_path": str(self.authority.ca_pem_path)}

    def process(self, module: str, temporary: Path | None = None, **more: Any) -> ModuleProcess:
        """A module that is yet to start."""
        options: Mapping[str, Any] = {**self.options(module), **more}
        return ModuleProcess(module, options, temporary or self.temporary, self._outputs / f"{next(self._numbers)}-{module}.json")

    def run(self, *modules: str) -> list[dict[str, Any]]:
        """These modules, one after the other, to their ends."""
        return [self.process(module).start().result() for module in modules]

    def quiet(self) -> int:
        """How many calls came, once all that was sent has been answered: the API reads what has arrived before it takes a new caller in."""
        self.api.client.request("GET", "/_simulator/counters")
        return len(self.simulator.requests)

    def sessions(self) -> list[str]:
        """Tokens of OneView's open sessions, once all that was sent has been answered."""
        requests.get(f"{self.oneview.url}/_simulator/counters", verify=str(self.authority.ca_pem_path), timeout=30).raise_for_status()
        self.oneview.sessions.full("")          # lets those expire whose time has come
        return self.oneview.sessions.tokens()

    # --- Metal3 ---------------------------------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Metal3 and the garbage collector do what there is to do for them."""
        if not self.work_for_metal3():
            return
        with Metal3(self._admin, STEP_SECONDS, STEP_SECONDS):
            until(lambda: not self.work_for_metal3(), 20, "Metal3 has nothing left to do", pause=0.01)

    def work_for_metal3(self) -> list[str]:
        """Hosts that are to come or to go, and Secrets whose owner has gone."""
        hosts = self.simulator.list(HOST.kind)
        alive = {host["metadata"]["uid"] for host in hosts}
        work = [f"host {host['metadata']['name']}" for host in hosts if not inert(host) and not _at_rest(host)]
        for secret in self.simulator.list(SECRET.kind):
            owners = {owner["uid"] for owner in secret["metadata"].get("ownerReferences") or []}
            if owners and not owners & alive:
                work.append(f"Secret {secret['metadata']['name']}")
        return work


def _add_client_certificate(kubeconfig: Path, certificate: Certificate) -> str:
    """The kubeconfig holds a key, as those of administrators do, which the client puts into a file; a line of it."""
    content, key = yaml.safe_load(kubeconfig.read_text(encoding="utf-8")), certificate.key.read_bytes()
    content["users"][0]["user"].update({
        "client-certificate-data": base64.b64encode(certificate.certificate.read_bytes()).decode(), "client-key-data": base64.b64encode(key).decode()})
    kubeconfig.write_text(yaml.safe_dump(content), encoding="utf-8")
    return key.decode().splitlines()[1]


def _at_rest(host: Object) -> bool:
    status = host.get("status") or {}
    known = (status.get("provisioning") or {}).get("state") in ("available", "provisioned") or status.get("operationalStatus") == "error"
    return known and not host["metadata"].get("deletionTimestamp")
