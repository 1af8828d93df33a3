# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's own cluster as the demo's: looked at first, changed only after a yes, and left as it was found."""
from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import yaml
from kubernetes import client

from tests.demo.processes import DemoFailed
from tests.demo.view import BUFFERS, GENERATORS

CHECKOUT = Path(__file__).resolve().parents[2]
STAND_INS = CHECKOUT / "tests/simulators/crds"
OURS = ("baremetalhostgenerators.infra.example.com", "baremetalhostbuffers.infra.example.com", "baremetalhostmanagers.infra.example.com")
GONE_SECONDS = 120


def kubeconfig() -> str:
    """Where kubectl would look: KUBECONFIG, else ~/.kube/config."""
    return os.environ.get("KUBECONFIG") or str(Path.home() / ".kube/config")


class OwnCluster:
    """What the demo adds to a cluster that is not its own, and takes away again."""

    def __init__(self, api: client.ApiClient, namespace: str, say: Callable[[str], None]) -> None:
        self._api, self._namespace, self._say = api, namespace, say
        self._crds = client.ApiextensionsV1Api(api)
        self._custom = client.CustomObjectsApi(api)
        self._added: list[str] = []
        self.has_operator = True        # Metal3 was there before

    def prepare(self) -> None:
        """Refuses to meddle with generators of others; asks before any CRD is installed."""
        there = {crd.metadata.name for crd in self._crds.list_custom_resource_definition().items}
        if OURS[0] in there:
            others = self._custom.list_cluster_custom_object(*GENERATORS, limit=1)["items"]
            if others:
                raise DemoFailed("this cluster has BareMetalHostGenerators already, which the demo would take for its own; use a cluster without them")
        foreign = [crd for path in sorted(STAND_INS.glob("*.yaml")) for crd in yaml.safe_load_all(path.read_text()) if crd["metadata"]["name"] not in there]
        self.has_operator = "baremetalhosts.metal3.io" in there
        missing = [crd["metadata"]["name"] for crd in foreign] + [name for name in OURS if name not in there]
        if missing:
            self._ask(missing)
        for crd in foreign:
            self._crds.create_custom_resource_definition(crd)
        self._added = missing

    def _ask(self, missing: list[str]) -> None:
        where = self._api.configuration.host
        if not sys.stdin.isatty():
            raise DemoFailed(f"the cluster at {where} lacks {', '.join(missing)}; install them, or run the demo on a terminal, where it asks whether it may")
        print(f"\nThe demo would install these kinds in the cluster at {where}, and remove them at its end:\n  " + "\n  ".join(missing))
        if input("Go on? [y/N] ").strip().lower() not in ("y", "yes"):
            raise DemoFailed("nothing was changed")

    def make_buffer(self, cap: int) -> None:
        """A pool of the demo's own."""
        self._custom.create_cluster_custom_object(*BUFFERS, {
            "apiVersion": "infra.example.com/v1alpha1", "kind": "BareMetalHostBuffer", "metadata": {"name": self._namespace}, "spec": {"maxAvailable": cap}})

    def clean(self, run_playbook: Callable[[str], object]) -> None:
        """Generators first, by the playbook that removes what they made; then the namespace, the buffer and the kinds that were added."""
        self._say(f"removing namespace {self._namespace} and what is in it")
        group, version, plural = GENERATORS
        taken_too = {"metadata": {"annotations": {"infra.example.com/delete-in-use": "true"}}}
        for generator in self._generators():
            self._custom.patch_namespaced_custom_object(group, version, self._namespace, plural, generator, taken_too)
            self._custom.delete_namespaced_custom_object(group, version, self._namespace, plural, generator)
        deadline = time.monotonic() + GONE_SECONDS
        while self._generators():
            if time.monotonic() > deadline:
                raise DemoFailed(f"generators of the demo were still there after {GONE_SECONDS} s; look with kubectl get bmhgen -n {self._namespace}")
            run_playbook("remove")
        core = client.CoreV1Api(self._api)
        core.delete_namespace(self._namespace)
        try:
            self._custom.delete_cluster_custom_object(*BUFFERS, self._namespace)
        except client.ApiException as error:
            if error.status != 404:
                raise
        run_playbook("buffer_check")        # lets the buffer go
        for name in self._added:
            try:
                self._crds.delete_custom_resource_definition(name)
            except client.ApiException as error:
                if error.status != 404:
                    raise

    def _generators(self) -> list[str]:
        group, version, plural = GENERATORS
        try:
            return [one["metadata"]["name"] for one in self._custom.list_namespaced_custom_object(group, version, self._namespace, plural)["items"]]
        except client.ApiException as error:
            if error.status == 404:
                return []
            raise
