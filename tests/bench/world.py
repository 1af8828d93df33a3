# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Around the bench: the API in this process, vendors at 200 ms a request in processes of their own, the installed collection, the real rulebook."""
from __future__ import annotations

import json
import secrets
import ssl
import sys
import urllib.request
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.baremetal.generator.plugins.module_utils.arguments import ADMIT_ARGS, RESOLVE_ARGS
from ansible_collections.baremetal.generator.plugins.module_utils.stages import attempt
from ansible_collections.baremetal.generator.plugins.module_utils.stages.admit import admit
from ansible_collections.baremetal.generator.plugins.module_utils.stages.resolve import resolve

from tests.bench.eye import Eye
from tests.demo.processes import Processes
from tests.fixtures.cluster import crds
from tests.fixtures.rulebook import Rulebook, variables_file
from tests.simulators.certificates import authority
from tests.simulators.kubernetes import KubernetesSimulator
from tests.tools.collection import build
from tests.waiting import until

Object = dict[str, Any]
LATENCY = 0.2
NAMESPACE = "bench"
INFRA_ENV = "site-bench"
OURS = "infra.example.com/v1alpha1"
SYSTEMS = {"HP": ("oneview", "oneview", "hpe-rack"), "DELL": ("ome", "ome", "dell-rack"), "CISCO": ("ucs", "ucs_central", "ucs-blade")}
NO_CAP = 1_000_000


class World:
    """Context manager. `api` is the in-memory API, `eye` what happens there, `names` the servers by vendor."""

    def __init__(self, folder: Path, processes: Processes, servers: int = 0, latency: float = LATENCY, history: bool = False) -> None:
        folder.mkdir()
        self.folder, self.processes, self._servers, self._latency = folder, processes, servers, latency
        self.api = KubernetesSimulator(tls=True)
        self.api.store.keep_history = history
        self.eye = Eye(self.api.store)
        self.names: dict[str, list[str]] = {}
        self.urls: dict[str, str] = {}
        self.variables: dict[str, Any] = {}
        self._taken: dict[str, int] = {}
        self._numbers = 0
        self._stack = ExitStack()
        self._rulebook: Rulebook | None = None

    def __enter__(self) -> World:
        self._stack.enter_context(self.api)
        for crd in crds():
            self.api.apply(crd)
        self.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        self.api.create({
            "apiVersion": "agent-install.openshift.io/v1beta1", "kind": "InfraEnv", "metadata": {"name": INFRA_ENV, "namespace": NAMESPACE},
            "spec": {"pullSecretRef": {"name": "pull-secret"},
                     "nmStateConfigLabelSelector": {"matchLabels": {"infraenvs.agent-install.openshift.io": INFRA_ENV}}}})
        self.buffer("default", NO_CAP)
        self.kubeconfig = self.api.kubeconfig(self.folder / "kubeconfig")
        if self._servers:
            self._start_vendors()
        login = {"username": "admin", "password": secrets.token_urlsafe(12)}
        self.variables["generator_bmc_credentials"] = dict.fromkeys(SYSTEMS, login)
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._rulebook:
            self._rulebook.kill()
        for name in self.urls:
            if name in self._started:
                self.processes.stop(name)
        self._stack.close()

    # --- vendors

    def _start_vendors(self) -> None:
        certificates = authority(self.folder / "ca")
        issued, password = certificates.issue(), secrets.token_urlsafe(12)
        secret = self.folder / "vendor-password"
        secret.touch(mode=0o600)
        secret.write_text(password)
        self._trust = ssl.create_default_context(cafile=str(certificates.ca_pem_path))
        self._started = [name for name, _module, _prefix in SYSTEMS.values()]
        managers = []
        for vendor, (name, module, prefix) in SYSTEMS.items():
            domains = ["--domains", "2"] if name == "ucs" else []
            told: Object = self.processes.start(name, [
                sys.executable, "-m", f"tests.simulators.{module}", "--servers", str(self._servers), "--seed", "7", "--prefix", prefix,
                "--latency", str(self._latency), "--certificate", str(issued.certificate), "--key", str(issued.key),
                "--username", "bench", "--password-file", str(secret), *domains], ready_seconds=90)
            self.urls[name] = told["url"]
            self.urls.update({f"domain {domain}": url for domain, url in told.get("domains", {}).items()})
            self.names[vendor] = [one["name"] for one in self.ask(name, "servers") if one["outcome"] == "Server"]
            managers.append({"name": name, "type": name, "url": told["url"], "username": "bench", "password": password,
                             "ca_path": str(certificates.ca_pem_path)})
        managers[-1].update(domain_username="bench", domain_password=password)
        self.variables["generator_managers"] = managers

    def ask(self, system: str, what: str) -> Any:
        """A simulator's own account of itself."""
        with urllib.request.urlopen(f"{self.urls[system]}/_simulator/{what}", timeout=30, context=self._trust) as answer:
            return json.load(answer)

    def fail(self, system: str, fault: str) -> None:
        """From now on, whatever it is asked."""
        self._tell(system, "POST", json.dumps({"kind": fault}).encode())

    def heal(self, system: str) -> None:
        """It is well again."""
        self._tell(system, "DELETE")

    def _tell(self, system: str, method: str, body: bytes | None = None) -> None:
        request = urllib.request.Request(f"{self.urls[system]}/_simulator/faults", body, method=method)
        with urllib.request.urlopen(request, timeout=30, context=self._trust):
            pass

    def counters(self) -> dict[str, Object]:
        """Of every system."""
        return {name: self.ask(name, "counters") for name in self.urls}

    def some(self, vendor: str, count: int) -> list[str]:
        """Servers that nobody has asked for yet."""
        begin = self._taken.get(vendor, 0)
        self._taken[vendor] = begin + count
        found = self.names[vendor][begin:begin + count]
        assert len(found) == count, f"the bench needs more than {len(self.names[vendor])} servers of {vendor}"
        return found

    def mixed(self, count: int) -> list[tuple[str, str]]:
        """Servers of all vendors by turns, each with its vendor."""
        vendors = list(SYSTEMS)
        each = {vendor: iter(self.some(vendor, count // 3 + (number < count % 3))) for number, vendor in enumerate(vendors)}
        return [(next(each[vendors[number % 3]]), vendors[number % 3]) for number in range(count)]

    # --- the cluster

    def buffer(self, name: str, cap: int, **spec: Any) -> None:
        """Makes one, or changes it."""
        self.api.apply({"apiVersion": OURS, "kind": "BareMetalHostBuffer", "metadata": {"name": name}, "spec": {"maxAvailable": cap, **spec}})

    def seen_in_error(self, name: str, hosts: list[str], since: datetime) -> None:
        """The buffer remembers that a stage saw these hosts in error then."""
        uids = [found["metadata"]["uid"] for host in hosts if (found := self.api.get("baremetalhosts", NAMESPACE, host)) is not None]
        moment = since.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self.api.patch_status("baremetalhostbuffers", "", name, {"hostsInError": [{"uid": uid, "since": moment} for uid in uids]})

    def generator(self, server: str, vendor: str, **spec: Any) -> str:
        """A new generator for this server; its name."""
        self._numbers += 1
        name = f"generator-{self._numbers:05d}"
        self.api.create({"apiVersion": OURS, "kind": "BareMetalHostGenerator", "metadata": {"name": name, "namespace": NAMESPACE},
                         "spec": {"infraEnv": INFRA_ENV, "serverName": server, "server_vendor": vendor, **spec}})
        return name

    def generators(self, count: int, **spec: Any) -> list[str]:
        """So many, of all vendors."""
        return [self.generator(server, vendor, **spec) for server, vendor in self.mixed(count)]

    def take(self, host: str) -> None:
        """Somebody uses it now."""
        consumer = {"apiVersion": "infrastructure.cluster.x-k8s.io/v1beta1", "kind": "Metal3Machine", "name": host, "namespace": NAMESPACE}
        self.api.patch("baremetalhosts", NAMESPACE, host, {"spec": {"consumerRef": consumer}})

    # --- the collection

    def rulebook(self, **variables: Any) -> Rulebook:
        """The shipped one, not started yet."""
        made = Rulebook(self.folder / "rulebook", build()[1])
        made.environment["K8S_AUTH_KUBECONFIG"] = self.kubeconfig
        made.environment["GENERATOR_VARS"] = variables_file(made.folder, self.variables)
        made.variables.update(variables)
        self._rulebook = made
        return made

    def options(self, arguments: Object, **given: Any) -> Object:
        """The options of a stage, as its module would read them."""
        known: Object = {"kubeconfig": self.kubeconfig, **given}
        if "managers" in arguments:
            known["managers"] = self.variables["generator_managers"]
        known["bmc_credentials"] = [{"name": name, "login": login} for name, login in self.variables["generator_bmc_credentials"].items()]
        checked = ArgumentSpecValidator(arguments).validate(known)
        assert not checked.error_messages, checked.error_messages
        return checked.validated_parameters

    def resolve(self) -> Object:
        """The first stage, in this process."""
        return self._well(attempt(resolve, self.options(RESOLVE_ARGS), False, False))

    def admit(self) -> Object:
        """The second stage, in this process."""
        return self._well(attempt(admit, self.options(ADMIT_ARGS), False, False))

    @staticmethod
    def _well(result: Object) -> Object:
        assert not result.get("failed"), result["msg"]
        return result

    def at_rest(self) -> None:
        """Until no playbook has run for a second."""
        line = self._rulebook
        assert line is not None
        calm = 0

        def quiet() -> bool:
            nonlocal calm
            busy = any("ansible-playbook" in " ".join(process.cmdline()[:2]) for process in line.alive())
            calm = 0 if busy else calm + 1
            return calm >= 4
        until(quiet, 120, "the rulebook is at rest", pause=0.25)

    def writes(self) -> list[Any]:
        """What the collection wrote so far, Events left out."""
        return [one for one in self.api.requests if one.method not in ("GET", "WATCH") and not one.path.endswith("/events") and "/events/" not in one.path]
