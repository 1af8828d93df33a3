# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The story of the demo: apply, fill the buffer, take five hosts, delete one; and after each part, whether the cluster holds what it should."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kubernetes import client

from tests.demo import scenario
from tests.demo.processes import DemoFailed
from tests.demo.screen import Screen
from tests.demo.view import GENERATORS, HOSTS, View, Watcher, name, phase, state
from tests.demo.world import World

TAKEN = 5
WAIT_SECONDS = 120


class Checks:
    """Counts what was looked at; the first that does not hold ends the demo."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, holds: object, what: str, log: str | None = "rulebook") -> None:
        self.count += 1
        if not holds:
            raise DemoFailed(what, log=log)


class Story:
    """Plays the demo in a world and checks its outcomes."""

    def __init__(self, world: World, watcher: Watcher, screen: Screen, check: Checks) -> None:
        self._world, self._watcher, self._screen, self._check = world, watcher, screen, check
        self._api = client.CustomObjectsApi(world.api)
        self._view = watcher.view

    def play(self) -> None:
        """All parts in order."""
        self._apply()
        self._fill()
        self._compare_servers()
        self._take()
        self._delete()
        self._check(self._view.most <= scenario.CAP, f"the cap of {scenario.CAP} was passed: {self._view.most} hosts at one moment")

    def _wait(self, condition: Callable[[View], bool], what: str) -> None:
        self._check(self._watcher.wait(condition, WAIT_SECONDS, self._world.alive), f"not seen within {WAIT_SECONDS} s: {what}")

    def _create(self, item: dict[str, Any]) -> None:
        group, version, plural = GENERATORS
        if self._world.buffer != "default":
            item["spec"]["buffer"] = self._world.buffer
        self._api.create_namespaced_custom_object(group, version, self._world.namespace, plural, item, field_validation="Strict")

    def _apply(self) -> None:
        namespace, servers = self._world.namespace, self._world.servers
        chosen = {vendor: [server["name"] for server in servers[vendor][: scenario.PER_VENDOR]] for vendor in scenario.SHORT}
        good = scenario.good(namespace, chosen)
        self._screen.say(f"applying {len(good)} generators, ten a vendor, and three bad ones; the cap is {scenario.CAP}")
        for item in good + scenario.failing(namespace, self._world.twin):
            self._create(item)
        try:
            self._create(scenario.refused(namespace, servers["HP"][0]["name"]))
        except client.ApiException as refusal:
            self._check(refusal.status == 422 and "4094" in str(refusal.body), f"VLAN 5000 was refused, but not for its VLAN: {refusal.reason}")
        else:
            self._check(False, "a generator with VLAN 5000 was accepted")

    def _fill(self) -> None:
        cap, waiting = scenario.CAP, scenario.PER_VENDOR * 3 - scenario.CAP
        self._wait(lambda view: self._available(view) == cap and len(view.line()) == waiting, f"{cap} hosts available and {waiting} generators waiting")
        for bad, reason in ((scenario.UNKNOWN, "no"), (scenario.TWINS, "two")):
            self._wait(lambda view, bad=bad: phase(view.generators[bad]) == "Failed", f"{bad} Failed")
            status = self._view.generators[bad]["status"]
            ready = [condition["reason"] for condition in status.get("conditions", []) if condition["status"] == "False"]
            wanted = {scenario.UNKNOWN: "NotFound", scenario.TWINS: "Ambiguous"}[bad]
            self._check(wanted in ready and status.get("message"), f"{bad} failed without reason {wanted} ({reason} server has its name): {status}")
        self._check(len(self._view.hosts) == cap, f"{len(self._view.hosts)} hosts instead of {cap}")
        self._screen.say(f"{cap} hosts are available, {waiting} generators wait in line, two failed and say why")

    def _available(self, view: View) -> int:
        """Hosts that somebody may take; where a real Metal3 would have to reach simulated BMCs, those that are handed to it."""
        free = [host for host in view.hosts.values() if not host["spec"].get("consumerRef")]
        return sum(1 for host in free if state(host) == "available" or not self._world.stands_in and state(host) not in ("inert", "deleting"))

    def _compare_servers(self) -> None:
        """Every host has the MAC and BMC address that the simulated manager knows to be right."""
        truth = {server["name"].lower(): server for servers in self._world.servers.values() for server in servers}
        bonded = self._view.generators[scenario.BOND]["status"]["bmhName"]
        for host in self._view.hosts.values():
            server = truth[name(host)]
            wished = server["nics"][0] if name(host) == bonded else server["boot_mac"]      # macIndices "0", "1"
            self._check(host["spec"]["bootMACAddress"] == wished, f"{name(host)} has another boot MAC than its server")
            self._check(server["bmc_address"] in host["spec"]["bmc"]["address"], f"{name(host)} has another BMC address than its server")
            credentials = host["spec"]["bmc"]["credentialsName"]
            self._check(credentials in self._view.secrets, f"{name(host)} has no Secret")
        bond = self._view.generators[scenario.BOND]["status"]
        config = next((item for item in self._view.nmstates.values() if bond["bmhName"] in name(item)), None)
        self._check(config, f"{scenario.BOND} has no NMStateConfig")
        interfaces = {interface["type"]: interface for interface in (config or {})["spec"]["config"]["interfaces"]}
        self._check(len(interfaces["bond"]["link-aggregation"]["port"]) == 2, "the bond has not two ports")
        self._check(interfaces["vlan"]["vlan"]["id"] == scenario.BOND_VLAN, f"the bond has not VLAN {scenario.BOND_VLAN}")
        asked = self._view.generators[scenario.ASKED]["status"]
        self._check(asked.get("serverVendor") == "DELL", f"the vendor of {scenario.ASKED} was not found out")

    def _take(self) -> None:
        line = self._view.line()
        deletable = self._view.generators[scenario.BOND]["status"]["bmhName"]
        taken = sorted(host for host in self._view.occupying() if host != deletable)[:TAKEN]
        self._screen.say(f"{TAKEN} hosts are taken; the next in line should be {', '.join(line[:TAKEN])}")
        came = len(self._view.came)
        group, version, plural = HOSTS
        for host in taken:
            consumer = {"apiVersion": "v1", "kind": "Node", "name": f"worker-{host}"}
            self._api.patch_namespaced_custom_object(group, version, self._world.namespace, plural, host, {"spec": {"consumerRef": consumer}})
        self._wait(lambda view: self._available(view) == scenario.CAP and len(view.line()) == len(line) - TAKEN, "the five freed slots filled")
        hosts = [self._view.generators[one]["status"]["bmhName"] for one in line[:TAKEN]]
        self._check(sorted(self._view.came[came:]) == sorted(hosts), f"not the first five of the line came, but {self._view.came[came:]}")
        self._check(self._view.line() == line[TAKEN:], "the line behind them has changed its order")

    def _delete(self) -> None:
        status, line = self._view.generators[scenario.BOND]["status"], self._view.line()
        host = status["bmhName"]
        secret = self._view.hosts[host]["spec"]["bmc"]["credentialsName"]
        config = next(one for one in self._view.nmstates if host in one)
        self._screen.say(f"{scenario.BOND} is deleted: its host goes first, then Secret and NMStateConfig, the generator last")
        group, version, plural = GENERATORS
        self._api.delete_namespaced_custom_object(group, version, self._world.namespace, plural, scenario.BOND)
        self._wait(lambda view: ("generators", scenario.BOND) in view.gone, f"{scenario.BOND} gone")
        gone = self._view.gone
        for one in (("secrets", secret), ("nmstates", config)):
            self._wait(lambda view, one=one: one in view.gone, f"{one[1]} gone")
            self._check(gone["hosts", host] < gone[one] < gone["generators", scenario.BOND], f"{one[1]} went before its host, or after the generator")
        self._wait(lambda view: self._available(view) == scenario.CAP and view.line() == line[1:], "the freed slot filled")
