# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A race: processes admit one line over HTTP with the least rights, while hosts are taken."""
from __future__ import annotations

import json
import os
import random
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests.actors.judge import Replay
from tests.actors.process import AT_THE_GATE
from tests.bench.world import NAMESPACE, World
from tests.demo.processes import Processes
from tests.simulators.kubernetes.rbac import User
from tests.tools.places import ROOT, name_the_collection
from tests.waiting import until

Object = dict[str, Any]
ACTORS = 8
CAP = 200
GROUP = "actors"
GATE_SECONDS = 120.0
FIRST_WRITE_SECONDS = 1.0


class Race:
    """Context manager: `count` generators wait in a buffer that grants nothing yet, and the processes stand at the gate. run() lets them go."""

    def __init__(self, folder: Path, processes: Processes, count: int, seed: int) -> None:
        self.world = World(folder, processes, servers=count // 3 + 10, latency=0.0, history=True)
        self.count, self.seed, self.cap = count, seed, min(CAP, max(1, count // 5))
        self.line: list[str] = []                 # uids of those who wait, head first
        self.begun = 0                            # versions before the race
        self.seconds = 0.0
        self.told: list[Object] = []              # what each process said at its end
        self._gate = folder / "gate"

    def __enter__(self) -> Race:
        world = self.world.__enter__()
        try:
            world.api.load([ROOT / "roles" / "install" / "files" / "rbac.yaml"])
            world.api.create({
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": GROUP},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "baremetal-generator"},
                "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": GROUP}]})
            world.buffer("default", 0)
            world.generators(self.count)
            world.resolve()
            waiting = [one["status"].get("bufferedAt") for one in world.api.list("baremetalhostgenerators")]
            assert all(waiting) and len(waiting) == self.count, f"{sum(map(bool, waiting))} of {self.count} wait in line"
            self.line = [one["metadata"]["uid"] for one in sorted(world.api.list("baremetalhostgenerators"), key=lambda one: one["status"]["bufferedAt"])]
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self.world.__exit__()

    def run(self, seconds: float) -> None:
        """They look while the cap is 0, then it rises, their first writes meet, and they work until nobody waits."""
        world = self.world
        os.mkfifo(self._gate)
        gate = os.open(self._gate, os.O_RDWR)
        try:
            names = [self._start(number) for number in range(ACTORS)]
            until(lambda: all(AT_THE_GATE in world.processes.tail(name, 1) for name in names), GATE_SECONDS, "every process stands at the gate")
            world.api.requests.clear()
            self.begun = len(world.api.history)
            world.api.faults.add("latency", method="PUT", path="/baremetalhostbuffers/", times=ACTORS, seconds=FIRST_WRITE_SECONDS)
            world.buffer("default", self.cap)
        finally:
            os.close(gate)
        begun = time.monotonic()
        with Taker(world, self.seed):
            self.told = [self._said(name, begun + seconds) for name in names]
        self.seconds = time.monotonic() - begun

    def judged(self) -> Replay:
        """Its history, version by version; raises Broken."""
        return Replay(self.line, f"actors: seed {self.seed}").watch(self.world.api.history, self.begun)

    def _start(self, number: int) -> str:
        world, name = self.world, f"actor-{number}"
        token = world.api.add_user(User(name, (GROUP,)))
        options = world.folder / f"{name}.json"
        options.touch(mode=0o600)
        options.write_text(json.dumps({
            "gate": str(self._gate), "kubeconfig": world.api.kubeconfig(world.folder / f"{name}.kubeconfig", token),
            "bmc_credentials": [{"name": vendor, "login": login} for vendor, login in world.variables["generator_bmc_credentials"].items()],
        }), encoding="utf-8")
        world.processes.start(name, [sys.executable, "-m", "tests.actors.process", str(options)],
                              environment={"PYTHONPATH": f"{ROOT}:{name_the_collection()}"})
        return name

    def _said(self, name: str, deadline: float) -> Object:
        processes = self.world.processes
        code = processes.wait(name, max(0.0, deadline - time.monotonic()))
        assert code == 0, f"{name} ended with exit code {code}:\n{processes.tail(name)}"
        return json.loads(processes.tail(name, 1))


class Taker:
    """Whoever uses hosts: takes a few of those that are there, again and again, some by consumerRef and some by their state alone."""

    def __init__(self, world: World, seed: int) -> None:
        self._world, self._chance = world, random.Random(seed)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._work, name="taker")

    def __enter__(self) -> Taker:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._done.set()
        self._thread.join()

    def _work(self) -> None:
        taken: set[str] = set()
        while not self._done.wait(self._chance.uniform(0.01, 0.1)):
            there = [host for host in list(self._world.eye.active) if host not in taken]
            for host in self._chance.sample(there, min(len(there), self._chance.randint(1, 12))):
                taken.add(host)
                self._take(host)

    def _take(self, host: str) -> None:
        if self._chance.random() < 0.5:
            self._world.take(host)
        else:
            self._world.api.patch_status("baremetalhosts", NAMESPACE, host, {
                "operationalStatus": "OK", "errorMessage": "", "errorCount": 0, "poweredOn": True, "provisioning": {"state": "provisioned", "ID": host}})
