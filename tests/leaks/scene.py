# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One world with a marker for every credential, runs of ansible-playbook in it, and the search through all that they touch."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml

from ansible_collections.baremetal.generator.plugins.module_utils.cluster import GENERATOR
from tests.fixtures.site import NAMESPACE, PASSWORDS, Site
from tests.simulators.ucs_central import UcsSystem

from .searching import Searcher

SECONDS = 90
UCS = {"password": "ucs-login-8Vb", "domain_password": "ucs-domain-6Jd"}
MARKERS = {
    **{f"password of {name}": secret for name, secret in PASSWORDS.items()}, "password of ucs": UCS["password"],
    "password of the domains": UCS["domain_password"], "password of CISCO": "cisco-bmc-5Lp", "password of a profile's BMCs": "gpu-bmc-1Gs",
    "password of a proxy": "proxy/p:w-4Hn", "misspelt password": "misspelt-8Cw", "vault password": "vault-word-3Ye", "token of another": "other-token-7Uf",
    "client key": "client-key-2Mx", "template": "tem{{plate-9Ra",
}


class Watched:
    """Command lines and environments of all that a process starts, for as long as it runs."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.seen: set[str] = set()
        self._process, self._thread = process, threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        root = psutil.Process(self._process.pid)
        while self._process.poll() is None:
            try:
                for one in [root, *root.children(recursive=True)]:
                    self._add(one)
            except psutil.NoSuchProcess:
                return
            threading.Event().wait(0.02)

    def _add(self, process: psutil.Process) -> None:
        try:
            self.seen.add("\0".join([*process.cmdline(), *(f"{name}={value}" for name, value in process.environ().items())]))
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            return

    def end(self) -> str:
        """All that was seen."""
        self._thread.join()
        return "\n".join(self.seen)


@dataclass
class Case:
    """One run: what is written into the file of variables, and what goes wrong."""

    playbook: str = "onboard"
    arguments: tuple[str, ...] = ("-vvvv", "--diff")
    variables: Mapping[str, Any] = field(default_factory=dict)      # instead of those of the world
    text: str = ""                                                  # stands behind them as it is
    fault: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


class Scene:
    """The site, a UCS besides, and a folder for all that runs leave behind."""

    def __init__(self, site: Site, ucs: UcsSystem, core: Path, door: str) -> None:
        self.site, self.ucs, self._core, self.door = site, ucs, core, door
        self.searcher = Searcher({**MARKERS, "token": site.login.token})
        self.runs = 0
        self.left = site.playbooks.folder / "left"
        self.left.mkdir()
        manager = {**site.manager("ucs", ucs.central), "domain_username": "domains", "domain_password": UCS["domain_password"]}
        credentials = {
            **site.variables["generator_bmc_credentials"], "CISCO": {"username": "root", "password": MARKERS["password of CISCO"]},
            "gpu-bmc": {"username": "root", "password": MARKERS["password of a profile's BMCs"]}}
        self.variables: dict[str, Any] = {
            "generator_managers": [*site.variables["generator_managers"], manager], "generator_bmc_credentials": credentials,
            "generator_manager_seconds": 3, "generator_login_now": True,
            "generator_profiles": [{"pattern": "hpe-node-02", "bmc_credentials": "gpu-bmc"}]}
        for name, server in (("hp", "hpe-node-01"), ("gpu", "hpe-node-02"), ("dell", "dell-node-03"), ("cisco", ucs.inventory.names[0])):
            site.generator(name, {"serverName": server})

    def manager(self, **changed: Any) -> list[dict[str, Any]]:
        """generator_managers with the first one changed."""
        first, *others = self.variables["generator_managers"]
        return [{name: value for name, value in {**first, **changed}.items() if value is not None}, *others]

    def run(self, case: Case) -> list[str]:
        """Every secret that stands anywhere afterwards."""
        for name in ("hp", "gpu", "dell", "cisco"):
            self.site.api.patch(GENERATOR, NAMESPACE, name, {"metadata": {"annotations": {"retry": str(self.runs)}}})
        self.runs += 1
        values = self.site.playbooks.folder / f"variables-{self.runs}.yml"
        values.touch(0o600)
        values.write_text(yaml.safe_dump({**self.variables, **case.variables}) + case.text, encoding="utf-8")
        surroundings = {
            "GENERATOR_VARS": str(values), "TMPDIR": str(self.left), "ANSIBLE_LOCAL_TEMP": str(self.left / "local"), "ANSIBLE_HOME": str(self.left / "home"),
            "ANSIBLE_REMOTE_TMP": str(self.left / "remote"), **case.environment}
        command, environment, record = self.site.playbooks.prepare(f"baremetal.generator.{case.playbook}", None, "action", case.arguments, surroundings)
        command[0] = str(self._core / "bin" / "ansible-playbook")
        if self.door == "module":
            command += ["-e", f"ansible_python_interpreter={self._core}/bin/../bin/python"]
        output = record.with_name("output")
        with output.open("wb") as printed:
            process = subprocess.Popen(
                command, env=environment, cwd=self.site.playbooks.folder, stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.STDOUT)
            self._spoil(case.fault, process)
            watched = Watched(process)
            process.wait(SECONDS)
        self._mend()
        hits = [*self.searcher.hits("a command line or environment", watched.end()), *self.searcher.hits_in_files([record.parent, self.left])]
        return [f"{case.playbook} ({case.fault or case.text or 'as it is'}): {hit}" for hit in [*hits, *self.searcher.hits("the cluster", self.told())]]

    def told(self) -> str:
        """Every version of every object but Secrets, Events among them."""
        return "\n".join(change.last.text for change in self.site.api.simulator.history if change.last.object["kind"] != "Secret")

    def printed(self) -> str:
        """By the last run."""
        return (self.site.playbooks.folder / f"run-{self.runs}" / "output").read_text(encoding="utf-8")

    def _spoil(self, fault: str, process: subprocess.Popen[bytes]) -> None:
        systems = (self.site.oneview, self.site.ome, *self.ucs.all)

        def kill(_call: Any) -> None:
            family = psutil.Process(process.pid)
            for one in [family, *family.children(recursive=True)]:
                os.kill(one.pid, signal.SIGKILL)

        if fault == "killed at a login":
            self.site.ome.before_answer = kill
        elif fault.startswith("killed at call "):
            self.site.api.simulator.faults.add("call", skip=int(fault.removeprefix("killed at call ")), before=kill)
        elif fault == "the password comes back":
            for one in systems:
                one.answer = _echo(one)                              # type: ignore[method-assign]
        elif fault:
            for one in systems:
                one.faults.add(fault)

    def _mend(self) -> None:
        for one in (self.site.oneview, self.site.ome, *self.ucs.all):
            one.faults.clear()
            one.before_answer = None
            vars(one).pop("answer", None)
        self.site.api.simulator.faults.clear()


def _echo(system: Any) -> Any:
    """What a careless system answers: all that it was sent, the login among it."""
    from tests.simulators.serving import Ask, Reply

    def answer(ask: Ask) -> Reply:
        said = ask.body.decode(errors="replace")
        return Reply(400, yaml.safe_dump({"message": said, "error": {"@Message.ExtendedInfo": [{"Message": said}]}}).encode())

    return answer


def here() -> Path:
    """The environment of this Python."""
    return Path(sys.executable).parents[1]
