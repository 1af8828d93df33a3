# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the lifecycle share: objects made in one line, the stages called in process, a clock that can be put on, a stage that dies half-way."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, EVENT, GENERATOR, HOST, NMSTATE, SECRET, Kind
from ansible_collections.baremetal.generator.plugins.module_utils.kube import KubeCluster
from ansible_collections.baremetal.generator.plugins.module_utils.managers import Outcome, Wanted
from ansible_collections.baremetal.generator.plugins.module_utils.models import Nic, Reason, Server
from ansible_collections.baremetal.generator.plugins.module_utils.stages.admit import admit
from ansible_collections.baremetal.generator.plugins.module_utils.stages.remove import remove
from ansible_collections.baremetal.generator.plugins.module_utils.stages import resolve as resolving
from tests.cluster.api import KubernetesApi
from tests.simulators.metal3 import Metal3
from tests.waiting import until

Object = dict[str, Any]
NAMESPACE = "metal"
INFRA_ENV = "site-a"
HOST_NAME = "node-1"
METHOD_OF = {"create": HOST, "patch": HOST, "replace_status": GENERATOR}
STATUS = {
    "operationalStatus": "OK", "errorMessage": "", "poweredOn": True, "errorCount": 0, "provisioning": {"state": "available", "ID": "1"}}


class Killed(BaseException):
    """A stage ends here, as by SIGKILL: nothing of it runs on."""


class FakeManagers:
    """Every server whose name a test made up; `down` and `reasons` say what goes wrong."""

    def __init__(self) -> None:
        self.servers: dict[tuple[str, str], Server] = {}
        self.reasons: dict[str, Reason] = {}
        self.down: Reason | None = None
        self.warnings: list[str] = []
        self.asked: list[str] = []

    def __enter__(self) -> FakeManagers:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def answers(self, wanted: Iterable[Wanted]) -> Iterator[dict[str, Outcome]]:
        """All at once."""
        found: dict[str, Outcome] = {}
        for one in wanted:
            self.asked.append(one.name)
            found[one.name] = self.down or self.reasons.get(one.name) or self.server(one.name, one.vendor)
        yield found

    def server(self, name: str, vendor: str | None = None) -> Server:
        """Two NICs, a BMC; addresses follow from the number at the end of the name, so that tests can foretell them."""
        key = (name.lower(), vendor or names.HP)
        if key not in self.servers:
            number = int("".join(sign for sign in name if sign.isdigit()) or 0) % 50_000
            nics = tuple(Nic(mac_of(number, port), f"port {port + 1}", boot=not port) for port in range(2))
            self.servers[key] = Server(name, key[1], "oneview-east", bmc_of(number), nics, f"SN{number}", "DL360")
        return self.servers[key]


def mac_of(number: int, port: int = 0) -> str:
    """The MAC address of a port of node-<number>."""
    return f"02:00:00:{number // 256:02x}:{number % 256:02x}:{port:02x}"


def bmc_of(number: int) -> str:
    """The BMC address of node-<number>."""
    return f"192.{number // 62_500}.{2 + number // 250 % 250}.{number % 250 + 1}"


class World:
    """A cluster, its stages and its managers."""

    def __init__(self, api: KubernetesApi, kubeconfig: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.api, self.kubeconfig, self._monkeypatch = api, kubeconfig, monkeypatch
        self.managers = FakeManagers()
        self.ahead = timedelta()
        self.credentials: dict[str, tuple[str, str]] = {"HP": ("bmc-user", "bmc-password"), "DELL": ("bmc-user", "bmc-password")}
        self.options: dict[str, Any] = {}
        self._stack = ExitStack()
        monkeypatch.setattr(resolving, "open_managers", lambda *_given: self.managers)
        real_now = KubeCluster.now
        monkeypatch.setattr(KubeCluster, "now", lambda cluster: real_now(cluster) + self.ahead)

    def close(self) -> None:
        """Ends what a test started."""
        self._stack.close()

    def furnish(self) -> None:
        """What every cluster has."""
        self.api.namespace(NAMESPACE)
        self.infra_env()
        self.buffer()

    # --- objects --------------------------------------------------------------------------------------------------------------------------

    def infra_env(self, name: str = INFRA_ENV, namespace: str = NAMESPACE) -> Object:
        """One that selects the NMStateConfigs that are made for it."""
        return self.api.apply({
            "apiVersion": "agent-install.openshift.io/v1beta1", "kind": "InfraEnv", "metadata": {"name": name, "namespace": namespace},
            "spec": {"pullSecretRef": {"name": "pull-secret"}, "nmStateConfigLabelSelector": {"matchLabels": {names.INFRAENV_LABEL: name}}}})

    def buffer(self, name: str = "default", cap: int = 20, **spec: Any) -> Object:
        """A buffer, or its spec anew."""
        return self.api.apply({"apiVersion": names.API_VERSION, "kind": BUFFER.kind, "metadata": {"name": name}, "spec": {"maxAvailable": cap, **spec}})

    def generator(
        self, name: str = "g1", server: str = HOST_NAME, annotations: Mapping[str, str] | None = None, status: Object | None = None,
        finalizers: Iterable[str] = (), **spec: Any
    ) -> Object:
        """A generator as a user applies it; its status too where it comes from a backup or from the operator."""
        metadata: Object = {"name": name, "namespace": NAMESPACE, "annotations": dict(annotations or {})}
        if finalizers:
            metadata["finalizers"] = list(finalizers)
        body: Object = {
            "apiVersion": names.API_VERSION, "kind": GENERATOR.kind, "metadata": metadata,
            "spec": {"infraEnv": INFRA_ENV, "serverName": server, **spec}}
        if status is not None:
            body["status"] = status
        return self.api.apply(body)

    def host(
        self, name: str = HOST_NAME, number: int = 1, bmc_number: int | None = None, infra_env: str | None = INFRA_ENV, **metadata: Any
    ) -> Object:
        """A host that somebody else made, with the MAC address of node-<number>, and its BMC address or that of node-<bmc_number>."""
        labels = {**({names.INFRAENV_LABEL: infra_env} if infra_env else {}), **metadata.pop("labels", {})}
        bmc = bmc_of(number if bmc_number is None else bmc_number)
        return self.api.apply({
            "apiVersion": "metal3.io/v1alpha1", "kind": HOST.kind, "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels, **metadata},
            "spec": {
                "online": True, "bootMACAddress": mac_of(number).upper(), "automatedCleaningMode": "disabled",
                "bmc": {"address": f"redfish-virtualmedia://{bmc}/redfish/v1/Systems/1", "credentialsName": f"hp-cred-{name}"}}})

    def get(self, kind: Kind, name: str) -> Object:
        """An object that is there."""
        found = self.api.get(kind, NAMESPACE if kind.namespaced else None, name)
        assert found is not None, f"{kind.kind} {name} is not there"
        return found

    def there(self, kind: Kind, name: str) -> bool:
        """Whether it is."""
        return self.api.get(kind, NAMESPACE if kind.namespaced else None, name) is not None

    def status(self, name: str = "g1") -> Object:
        """Of a generator."""
        return self.get(GENERATOR, name).get("status") or {}

    def phase(self, name: str = "g1") -> str:
        """Of a generator, "" before the first."""
        return str(self.status(name).get("phase") or "")

    def condition(self, kind: str, name: str = "g1") -> Object:
        """One condition of a generator."""
        return next((one for one in self.status(name).get("conditions") or [] if one["type"] == kind), {})

    def entries(self, buffer: str = "default") -> list[Object]:
        """The open entries of a ledger."""
        return (self.get(BUFFER, buffer).get("status") or {}).get("reservations") or []

    def hosts(self) -> list[str]:
        """Names of all hosts."""
        return sorted(one["metadata"]["name"] for one in self.api.list(HOST, NAMESPACE))

    def leftovers(self) -> list[str]:
        """Everything that generators make and that is still there."""
        def ours(one: dict) -> bool:
            return names.GENERATOR_UID in (one["metadata"].get("labels") or {})

        return sorted(f"{kind.kind} {one['metadata']['name']}" for kind in (HOST, SECRET, NMSTATE) for one in self.api.list(kind) if ours(one))

    def events(self, name: str = "g1") -> list[tuple[str, int]]:
        """Reasons of the Events on a generator, with how often."""
        found = [one for one in self.api.list(EVENT, NAMESPACE) if one["involvedObject"]["name"] == name]
        return [(one["reason"], one["count"]) for one in found]

    # --- what users and others do -------------------------------------------------------------------------------------------------------------

    def annotate(self, name: str = "g1", **marks: str | None) -> None:
        """kubectl annotate."""
        self.api.patch(GENERATOR, NAMESPACE, name, {"metadata": {"annotations": marks}})

    def edit(self, name: str = "g1", **spec: Any) -> None:
        """kubectl edit."""
        self.api.patch(GENERATOR, NAMESPACE, name, {"spec": spec})

    def delete(self, name: str = "g1") -> None:
        """kubectl delete --wait=false."""
        self.api.delete(GENERATOR, NAMESPACE, name)

    def mark_host(self, name: str = HOST_NAME, **metadata: Any) -> None:
        """Somebody writes the metadata of a host."""
        self.api.patch(HOST, NAMESPACE, name, {"metadata": metadata})

    def host_status(self, name: str = HOST_NAME, state: str = "available", **fields: Any) -> None:
        """Metal3 writes a host's status."""
        status = {**STATUS, **fields, "provisioning": {**STATUS["provisioning"], "state": state}}
        self.api.patch(HOST, NAMESPACE, name, {"status": status}, "status")

    def take(self, name: str = HOST_NAME) -> None:
        """Somebody takes a host."""
        consumer = {"apiVersion": "infrastructure.cluster.x-k8s.io/v1beta1", "kind": "Metal3Machine", "name": "m1", "namespace": NAMESPACE}
        self.api.patch(HOST, NAMESPACE, name, {"spec": {"consumerRef": consumer}})

    def give_back(self, name: str = HOST_NAME) -> None:
        """And lets it go."""
        self.api.patch(HOST, NAMESPACE, name, {"spec": {"consumerRef": None}})

    def metal3(self, step_seconds: float = 0.01, collector_seconds: float | None = 0.05) -> Metal3:
        """The stand-in for Metal3 and the garbage collector, until the test ends."""
        return self._stack.enter_context(Metal3(self.kubeconfig, step_seconds, collector_seconds))

    # --- the stages -----------------------------------------------------------------------------------------------------------------------

    def later(self, seconds: float) -> None:
        """Time goes by, for the stages."""
        self.ahead += timedelta(seconds=seconds)

    def now(self) -> datetime:
        """The stages' time."""
        return datetime.now().astimezone() + self.ahead

    def _options(self, more: Mapping[str, Any]) -> dict[str, Any]:
        manager = {"name": "oneview-east", "type": "oneview", "url": "https://127.0.0.1:1", "username": "automation", "password": "not-used"}
        logins = [{"name": name, "login": {"username": user, "password": word}} for name, (user, word) in self.credentials.items()]
        return {
            "kubeconfig": self.kubeconfig, "managers": [manager], "manager_seconds": 5.0, "profiles": None, "host_namespaces": [],
            "bmc_credentials": logins, "buffers": None, "takeover_seconds": 0.001, "deadline_seconds": 60.0, "sweep": False, "assume": [],
            "keep_resources": False, **self.options, **more}

    def resolve(self, check: bool = False, **more: Any) -> Object:
        """The first stage."""
        return resolving.resolve(self._options(more), check, True)

    def admit(self, check: bool = False, **more: Any) -> Object:
        """The second."""
        return admit(self._options(more), check, True)

    def remove(self, check: bool = False, **more: Any) -> Object:
        """The third."""
        return remove(self._options(more), check, True)

    def onboard(self) -> None:
        """The first two, as playbook onboard does."""
        self.resolve()
        self.admit()

    def reconcile(self) -> None:
        """All three."""
        self.remove()
        self.onboard()

    def settle(self, name: str = "g1", seconds: float = 10) -> None:
        """All three, again and again, until a generator is Completed by a host that lives."""
        def done() -> bool:
            self.later(20)
            self.reconcile()
            return self.phase(name) == names.COMPLETED and self.condition("Ready", name).get("status") == "True"
        until(done, seconds, f"{name} is Completed")

    def until_gone(self, name: str = "g1", seconds: float = 10) -> None:
        """The third, again and again, until a generator has gone."""
        def gone() -> bool:
            self.later(700)
            self.remove()
            return not self.there(GENERATOR, name)
        until(gone, seconds, f"{name} is gone")

    def admit_until_killed(self, method: str) -> None:
        """admit dies at its first call of this kind: "create" (of a host: granted), "patch" (of a host: created), "replace_status" (of a generator: active)."""
        with self.killed_at(method, METHOD_OF[method]):
            try:
                self.admit()
            except Killed:
                return
        raise AssertionError(f"admit never came to {method}")

    def killed_at(self, method: str, kind: Kind) -> AbstractContextManager[None]:
        """A stage dies before its first call of this kind is sent."""
        return self.failing(method, kind, Killed(f"at {method} of {kind.kind}"))

    @contextmanager
    def failing(self, method: str, kind: Kind, error: BaseException, name: str = "") -> Iterator[None]:
        """Every call of this kind (about an object of this name) fails, and nothing happens."""
        real = getattr(KubeCluster, method)

        def call(cluster: KubeCluster, of: Kind, *rest: Any, **more: Any) -> Any:
            named = [one.get("metadata", {}).get("name") if isinstance(one, dict) else one for one in rest]
            if of == kind and (not name or name in named):
                raise error
            return real(cluster, of, *rest, **more)

        with self._monkeypatch.context() as patch:
            patch.setattr(KubeCluster, method, call)
            yield
