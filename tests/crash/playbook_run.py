# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-playbook with a stage under way, and who of it is to be killed."""
from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil

from tests.fixtures.ansible import Playbooks
from tests.simulators.kubernetes.faults import Recorded
from tests.waiting import is_dead, until

from .world import AT_ONCE, World

SECONDS = 60.0
STAGE, BOTH, PARENT = "the stage", "the stage and its parents", "ansible-playbook"


class PlaybookRun:
    """Playbook reconcile, through one of the two doors."""

    def __init__(self, world: World, playbooks: Playbooks, door: str) -> None:
        self._world = world
        folder = world.temporary
        surroundings = {
            "K8S_AUTH_KUBECONFIG": world.kubeconfig, "TMPDIR": str(folder), "ANSIBLE_LOCAL_TEMP": str(folder), "ANSIBLE_HOME": str(folder / "home"),
            "ANSIBLE_REMOTE_TMP": str(folder / "remote")}
        variables: dict[str, Any] = {"generator_managers": [world.manager], "generator_bmc_credentials": world.bmc_credentials}
        command, environment, self._record = playbooks.prepare(
            "baremetal.generator.reconcile", variables, door, ["-e", f"buffer_takeover_seconds={AT_ONCE}"], surroundings)
        self._output = Path(self._record).with_name("output")
        with self._output.open("wb") as output:
            self._run = subprocess.Popen(
                command, env=environment, cwd=playbooks.folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        self._family = [psutil.Process(self._run.pid)]
        self.calls = -1                                   # that had come when the killed ones were dead

    def kill(self, whom: str, call: Recorded) -> None:
        """SIGKILL, at this call of the stage's; returns when they are dead, and whatever they had sent has been answered."""
        playbook = self._family[0]
        self._family = [playbook, *playbook.children(recursive=True)]
        stage = owner_of(call.port, self._family)
        parent = stage.parent()
        assert stage != playbook and parent in self._family, f"{stage} is no stage of {playbook}"
        victims = {STAGE: [stage], BOTH: [playbook, parent, stage], PARENT: [playbook]}[whom]     # a parent would end by itself after its child
        for one in dict.fromkeys(victims):
            os.kill(one.pid, signal.SIGKILL)
        until(lambda: all(map(is_dead, victims)), SECONDS, f"{victims} are dead", pause=0.005)
        self.calls = self._world.quiet()

    def end(self) -> int:
        """Its exit code, when nothing of it is left."""
        try:
            code = self._run.wait(SECONDS)
            until(lambda: all(map(is_dead, self._family)), SECONDS, "all that it started has ended")
        finally:
            for one in self._family:
                if not is_dead(one):
                    one.kill()
            self._run.wait()
        return code

    @property
    def printed(self) -> str:
        """All that it printed."""
        return self._output.read_text(encoding="utf-8")

    @property
    def told(self) -> list[Path]:
        """Files in which it tells what it did: no secret may stand there."""
        return [self._output, Path(self._record)]


def owner_of(port: int, family: Iterable[psutil.Process]) -> psutil.Process:
    """Whose socket has this port."""
    for one in family:
        try:
            if any(connection.laddr.port == port for connection in one.net_connections("tcp")):
                return one
        except psutil.NoSuchProcess:
            continue
    raise AssertionError(f"port {port} belongs to none of {list(family)}")
