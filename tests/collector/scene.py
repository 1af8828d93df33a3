# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One generator whose host goes and comes again beside the real garbage collector, and the proof that its Secret outlives every visit of that one."""
from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psutil
import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.cluster import HOST, SECRET, Kind
from ansible_collections.baremetal.generator.plugins.module_utils.kube import KubeCluster
from tests.cluster.binaries import COLLECTOR
from tests.cluster.real import RealCluster
from tests.lifecycle.world import HOST_NAME, NAMESPACE, Killed, Object, World
from tests.waiting import until

VISIT_SECONDS = 90.0          # a collector that does not know a kind yet asks for new kinds every 30 s
SECRET_NAME = f"hp-cred-{HOST_NAME}"
AT_ONCE, HOST_GONE, HOST_NEW, HOST_UNSEEN = MOMENTS = (
    "at once", "when the old host is gone", "when the new host stands", "when the new host stands and Metal3 has not seen it yet")


class SecretLost(AssertionError):
    """The host has no Secret, or one that it cannot use."""


class Scene:
    """`world`, its collector, and counts: `kept` Secrets, and objects that the collector took."""

    def __init__(self, world: World, cluster: RealCluster, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world, self.kept = world, 0
        self._collector = collector_of(cluster)
        self._probes = 0
        self._standing = ""                                    # uid of the Secret that was checked last
        self._taken_by_us: set[str] = set()
        self._old_secrets: set[str] = set()
        self._record_deletes(monkeypatch)

    @property
    def collected(self) -> int:
        """Probes, and Secrets of earlier hosts that the stages did not delete themselves."""
        return self._probes + len(self._old_secrets - self._taken_by_us)

    def wait_for_the_collector(self) -> None:
        """Until it takes what belongs to a host that went."""
        self.world.host("probed", number=9)
        host = self.world.get(HOST, "probed")
        probe = self.probe("first", host)
        self.world.api.delete(HOST, NAMESPACE, "probed")
        self.until_collected(probe)

    def leave(self) -> None:
        """The generator and its host go, the collector runs on."""
        self.world.close()
        self.start_metal3()
        self.world.delete()
        self.world.until_gone()
        self.world.close()

    # --- what happens to the host ---------------------------------------------------------------------------------------------------------

    def redeploy(self, moment: str) -> None:
        """The host is made anew; the collector comes by at this moment."""
        def ask() -> None:
            self.world.annotate(redeploy="true")
            self.world.resolve()
            with suppress(Killed), self.world.killed_at("create", SECRET):       # it asks the old host to go, and does no more
                self.world.admit()

        self._again(moment, ask, self.world.settle)

    def delete_and_apply(self, moment: str) -> None:
        """The generator goes with its host, and is applied again."""
        def ask() -> None:
            self.world.delete()
            self.world.remove()

        def make() -> None:
            self.world.until_gone()
            self.world.generator()
            self.world.settle()

        self._again(moment, ask, make)

    def _again(self, moment: str, ask: Callable[[], None], make: Callable[[], None]) -> None:
        old, secret = self.world.get(HOST, HOST_NAME), self.world.get(SECRET, SECRET_NAME)
        until(lambda: owned_by(self.world.get(SECRET, SECRET_NAME), old), 10, "Metal3 has put its ownerReference on the Secret")
        if self._standing not in ("", secret["metadata"]["uid"]):
            raise SecretLost(f"{SECRET_NAME} was taken after all, and made once more")
        self._old_secrets.add(secret["metadata"]["uid"])
        early = self.probe("early", old)
        if moment == AT_ONCE:
            ask()
            make()
        else:
            with self.held():
                ask()
                self.until_host_gone(old)
                if moment == HOST_UNSEEN:
                    self.world.close()                     # Metal3 stands still, and no living host owns the Secret
                if moment != HOST_GONE:
                    make()
                assert self.world.there(SECRET, early), "the collector was held, and yet it came by"
            if moment == HOST_GONE:
                make()
        self.check(old, early)
        if moment == HOST_UNSEEN:
            self.start_metal3()

    def start_metal3(self) -> None:
        """Without a collector of its own."""
        self.world.metal3(collector_seconds=None)

    # --- what must hold -------------------------------------------------------------------------------------------------------------------

    def check(self, old: Object, early: str) -> None:
        """The Secret of the new host is there and right, and is the same one still when the collector has done with the old host."""
        before = self.secret_of(old)
        self.until_collected(early)
        self.until_collected(self.probe("late", old))          # it came after all that the collector had to do
        after = self.secret_of(old)
        if before["metadata"]["uid"] != after["metadata"]["uid"]:
            raise SecretLost(f"{SECRET_NAME} was taken by the collector, and made once more")
        self.kept, self._standing = self.kept + 1, after["metadata"]["uid"]

    def secret_of(self, old: Object) -> Object:
        """The Secret that the host names which stands in the old one's place. Raises SecretLost."""
        host = self.world.get(HOST, HOST_NAME)
        assert host["metadata"]["uid"] != old["metadata"]["uid"], "the host was never made anew"
        secret = self.world.api.get(SECRET, NAMESPACE, host["spec"]["bmc"]["credentialsName"])
        if secret is None or secret["metadata"].get("deletionTimestamp"):
            raise SecretLost(f"{SECRET_NAME} is gone")
        told = {name: base64.b64decode(value).decode() for name, value in secret["data"].items()}
        if (told.get("username"), told.get("password")) != self.world.credentials["HP"]:
            raise SecretLost(f"{SECRET_NAME} does not hold the credentials")
        return secret

    # --- the collector --------------------------------------------------------------------------------------------------------------------

    def probe(self, what: str, owner: Object) -> str:
        """A Secret that belongs to this host alone, dead or alive: the collector takes it when it has come by."""
        self._probes += 1
        name = f"probe-{self._probes}-{what}"
        reference = {"apiVersion": HOST.api_version, "kind": HOST.kind, "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"]}
        self.world.api.create(SECRET, {"metadata": {"name": name, "namespace": NAMESPACE, "ownerReferences": [reference]}})
        return name

    def until_collected(self, probe: str) -> None:
        """The positive sign: nobody else deletes it."""
        until(lambda: not self.world.there(SECRET, probe), VISIT_SECONDS, f"the collector has taken {probe}", 0.01)

    def until_host_gone(self, old: Object) -> None:
        """Its controller has let it go."""
        def gone() -> bool:
            there = self.world.api.get(HOST, NAMESPACE, HOST_NAME)
            return there is None or there["metadata"]["uid"] != old["metadata"]["uid"]

        until(gone, 10, "the old host is gone", 0.01)

    @contextmanager
    def held(self) -> Iterator[None]:
        """The collector stands still."""
        self._collector.suspend()
        until(lambda: self._collector.status() == psutil.STATUS_STOPPED, 5, "the collector stands still", 0.01)
        try:
            yield
        finally:
            self._collector.resume()

    def _record_deletes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real = KubeCluster.delete

        def delete(cluster: KubeCluster, kind: Kind, namespace: str | None, name: str, uid: str, *version: Any) -> None:
            real(cluster, kind, namespace, name, uid, *version)
            self._taken_by_us.add(uid)

        monkeypatch.setattr(KubeCluster, "delete", delete)


def owned_by(item: Object, owner: Object) -> bool:
    """It names this owner."""
    return any(one["uid"] == owner["metadata"]["uid"] for one in item["metadata"].get("ownerReferences") or [])


def collector_of(cluster: RealCluster) -> psutil.Process:
    """Its process."""
    return next(process for process in psutil.Process(cluster.guard_pid).children() if process.name().startswith(COLLECTOR[:15]))
