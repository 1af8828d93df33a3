# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The world of the scenarios: an API server, three management systems and a stand-in for Metal3, in one process.

Run as `python -m extensions.molecule.world FOLDER world.yml`.

Writes into the folder what a user has: a kubeconfig, and the file of variables; in world.yml, last of all, where they are. Serves until SIGTERM.
"""
from __future__ import annotations

import signal
import sys
import threading
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from tests.simulators.certificates import authority
from tests.simulators.inventory_ome import OmeInventory
from tests.simulators.inventory_oneview import OneViewInventory
from tests.simulators.inventory_ucs import UcsInventory
from tests.simulators.kubernetes import KubernetesSimulator
from tests.simulators.metal3 import Metal3
from tests.simulators.ome import OmeSimulator
from tests.simulators.oneview import OneViewSimulator
from tests.simulators.ucs_manager import UcsManagerSimulator
from tests.tools.places import ROOT

NAMESPACE = "site-a"
LOGIN = {"username": "svc-generator", "password": "only-in-this-world"}
SYSTEMS = {
    "oneview": (OneViewInventory, OneViewSimulator, "hpe-node"),
    "ome": (OmeInventory, OmeSimulator, "dell-node"),
    "ucs": (partial(UcsInventory, domains=1), UcsManagerSimulator, "cisco-node"),
}
BEFORE = (
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
    {"apiVersion": "agent-install.openshift.io/v1beta1", "kind": "InfraEnv", "metadata": {"name": NAMESPACE, "namespace": NAMESPACE},
     "spec": {"pullSecretRef": {"name": "pull-secret"}, "nmStateConfigLabelSelector": {"matchLabels": {"infraenvs.agent-install.openshift.io": NAMESPACE}}}},
)


def crds() -> list[dict[str, Any]]:
    """What a cluster with Metal3 and the assisted installer has; ours come with the first playbook."""
    return [crd for path in sorted((ROOT / "tests" / "simulators" / "crds").glob("*.yaml")) for crd in yaml.safe_load_all(path.read_text(encoding="utf-8"))]


def main() -> None:
    """Up, until it is asked to end."""
    folder, described = Path(sys.argv[1]), Path(sys.argv[2])
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with ExitStack() as stack:
        trust = authority(folder / "ca")
        api = stack.enter_context(KubernetesSimulator(tls=True))
        for thing in (*crds(), *BEFORE):
            api.apply(thing)
        kubeconfig = api.kubeconfig(folder / "kubeconfig")
        managers = []
        for kind, (make_inventory, simulator, prefix) in SYSTEMS.items():
            inventory = make_inventory(7)
            inventory.add_usual(f"{prefix}-{number:02d}" for number in range(1, 11))
            system = stack.enter_context(simulator(inventory, certificate=trust.issue(), **LOGIN))
            managers.append({"name": f"{kind}-a", "type": kind, "url": system.url, "ca_path": str(trust.ca_pem_path), **LOGIN})
        stack.enter_context(Metal3(str(kubeconfig)))
        variables = folder / "managers.yml"
        variables.touch(mode=0o600)
        logins = {vendor: {"username": "root", "password": "only-on-this-bmc"} for vendor in ("HP", "DELL", "CISCO")}
        variables.write_text(yaml.safe_dump({"generator_managers": managers, "generator_bmc_credentials": logins}), encoding="utf-8")
        world = {"kubeconfig": str(kubeconfig), "variables": str(variables), "url": api.url, "token": api.token, "ca_cert": str(api.ca_cert)}
        unfinished = described.with_suffix(".part")
        unfinished.write_text(yaml.safe_dump({"world": world}), encoding="utf-8")
        unfinished.rename(described)
        stop.wait()


if __name__ == "__main__":
    main()
