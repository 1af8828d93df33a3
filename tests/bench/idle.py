# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`idle`: a rulebook that watches ten thousand generators that are Completed."""
from __future__ import annotations

import threading
import time
from pathlib import Path

from ansible_collections.baremetal.generator.plugins.module_utils import names

from tests.bench.figures import Book
from tests.bench.world import INFRA_ENV, NAMESPACE, OURS, Object, World
from tests.demo.processes import Processes


def idle(book: Book, folder: Path, processes: Processes) -> None:
    """Each with its host, half of them taken."""
    count, seconds = (2_000, 15.0) if book.quick else (10_000, 90.0)
    with World(folder / "idle", processes) as world:
        world.variables["generator_managers"] = []
        book.say(f"making {count:,} Completed generators with their hosts")
        for number in range(count):
            completed(world, number)
        rulebook = world.rulebook()
        rulebook.start()
        memory: list[float] = []
        pause = threading.Event()
        settled = time.monotonic()
        while len(memory) < 4 * 10 or time.monotonic() - settled < 10:     # the first check of the buffer writes its numbers
            memory.append(rulebook.memory())
            pause.wait(0.25)
        world.at_rest()
        world.api.requests.clear()
        before, end = len(rulebook.starts), time.monotonic() + seconds
        while time.monotonic() < end:
            memory.append(rulebook.memory())
            pause.wait(0.25)
        lists = sum(one.method == "GET" and not one.path.startswith("/version") for one in world.api.requests)
        runs = len(rulebook.starts) - before
        book.number(f"idle, {count:,} Completed: lists in {seconds:.0f} s", "4 a minute", lists, 0)
        book.number(f"idle, {count:,} Completed: playbooks started", "", runs, 0)
        book.add(f"idle, {count:,} Completed: memory of the rulebook process", "", "<= 190 MB", f"{memory[-1]:.0f} MB, at most {max(memory):.0f}",
                 max(memory) <= 190)
        assert rulebook.stop() == 0, rulebook.output


def completed(world: World, number: int) -> None:
    """One as the stages leave it, and its host."""
    name = f"server-{number:05d}"
    mac = f"02:00:{number >> 24 & 255:02x}:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
    address = f"redfish-virtualmedia://198.18.{number // 250 % 256}.{number % 250 + 1}/redfish/v1/Systems/1"
    at = "2026-11-20T10:00:00Z"
    conditions = [{"type": kind, "status": "True", "reason": kind, "message": f"{kind}: this is so since it was made.", "lastTransitionTime": at,
                   "observedGeneration": 1} for kind in ("Resolved", "Admitted", "ResourcesReady", "Ready")]
    generator = world.api.create({
        "apiVersion": OURS, "kind": "BareMetalHostGenerator", "metadata": {"name": name, "namespace": NAMESPACE, "finalizers": [names.FINALIZER]},
        "spec": {"infraEnv": INFRA_ENV, "serverName": name, "server_vendor": "HP"},
        "status": {
            "phase": names.COMPLETED, "message": "Its host is made.", "macAddress": mac, "macAddresses": [mac], "bmcAddress": address, "bmhName": name,
            "bmhNamespace": NAMESPACE, "serverVendor": "HP", "resolvedGeneration": 1, "observedGeneration": 1, "conditions": conditions}})
    taken: Object = {"consumerRef": {"name": name, "namespace": NAMESPACE, "kind": "Metal3Machine", "apiVersion": "infrastructure.cluster.x-k8s.io/v1beta1"}}
    world.api.create({
        "apiVersion": "metal3.io/v1alpha1", "kind": "BareMetalHost",
        "metadata": {
            "name": name, "namespace": NAMESPACE, "labels": {names.INFRAENV_LABEL: INFRA_ENV, names.BUFFER_LABEL: "default"},
            "annotations": {names.GENERATOR_UID: generator["metadata"]["uid"], names.GENERATOR_NAME: name, names.GENERATOR_NAMESPACE: NAMESPACE,
                            names.GENERATOR_GENERATION: "1"}},
        "spec": {"online": True, "bootMACAddress": mac, "bmc": {"address": address, "credentialsName": f"hp-cred-{name}"}, **(taken if number % 2 else {})},
        "status": {"operationalStatus": "OK", "errorMessage": "", "errorCount": 0, "poweredOn": True,
                   "provisioning": {"state": "provisioned" if number % 2 else "available", "ID": name}}})
