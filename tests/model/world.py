# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The world around admission: users, Metal3, the garbage collector, those who take hosts; each act is one step."""
from __future__ import annotations

import random
from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.availability import annotations, in_use, is_inert, state
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, HOST, INFRAENV, SECRET, Object
from ansible_collections.baremetal.generator.plugins.module_utils.generators import is_deleting, phase, status_of
from ansible_collections.baremetal.generator.plugins.module_utils.models import Nic, Server

from .cluster import Store, merged

NAMESPACE = "site"
SERVERS = 7


def server(name: str) -> Server:
    """What the manager knows. Two names answer for one machine, so that two generators may want it."""
    number = int(name.removeprefix("s").removesuffix("-twin"))
    return Server(name, names.HP, "manager", f"192.0.2.{number}", (Nic(f"02:00:00:00:00:{number:02x}", "nic"),))


class World:
    """What happens to the cluster that is not our doing."""

    def __init__(self, store: Store, chance: random.Random, buffers: int, log: list[str]) -> None:
        self.store, self.chance, self.log = store, chance, log
        self.buffers = ["default", "other"][:buffers]
        self.doomed: set[tuple[str, str]] = set()      # Secrets that the collector has seen without a living owner: (name, uid)
        self.odd: random.Random | None = None          # somebody writes into ledgers what nobody can read
        self.stuck = False                             # Ironic is down: no host is let go
        self.redeploys: list[tuple[str, str, str | None]] = []      # generator, its uid, uid of the host that must go
        self.wishes: dict[str, int] = {}               # uid of a generator: how often its host may be made
        for name in self.buffers:
            store.create("user", BUFFER, {"metadata": {"name": name}, "spec": {"maxAvailable": chance.randint(1, 3)}})
        store.create("user", INFRAENV, {"metadata": {"namespace": NAMESPACE, "name": "env"}, "spec": {}})

    def say(self, what: str) -> None:
        """One line of the history."""
        self.log.append(f"world: {what}")

    def act(self) -> None:
        """One act at random."""
        acts = (
            (self.apply, 5), (self.metal3, 12), (self.collector, 5), (self.take, 4), (self.give_back, 2), (self.delete_generator, 2), (self.rename, 1.5),
            (self.move, 2.5), (self.redeploy, 3), (self.edit_cap, 1.5), (self.time_passes, 1.5), (self.delete_host, 0.5), (self.lose_ledger, 0.3),
            (self.pause, 0.6), (self.touch, 1.5), (self.relabel, 0.5), (self.lose_status, 0.2),
        )
        if self.odd is not None and self.odd.random() < 0.01:
            self.spoil_ledger(self.odd)
        act = self.chance.choices([one for one, _weight in acts], [weight for _one, weight in acts])[0]
        act()

    # --- users ----------------------------------------------------------------------------------------------------------------------------

    def _some(self, kind: Any, where: Any = None) -> Object | None:
        items = [item for item in self.store.of(kind) if where is None or where(item)]
        return self.chance.choice(items) if items else None

    def _change(self, kind: Any, item: Object, patch: dict) -> None:
        metadata = item["metadata"]
        self.store.update("world", kind, metadata.get("namespace"), metadata["name"], lambda before: merged(before, patch))

    def apply(self, name: str | None = None) -> None:
        """A generator appears, maybe under a name that was there before."""
        name = name or f"s{self.chance.randrange(SERVERS)}"
        spec = {"infraEnv": "env", "buffer": self.chance.choice(self.buffers)}
        if self.chance.random() < 0.12:
            spec["serverName"] = f"s{self.chance.randrange(SERVERS)}{self.chance.choice(['', '-twin'])}"
        if self.store.get(GENERATOR, NAMESPACE, name) is None:
            item = self.store.create("user", GENERATOR, {"metadata": {"namespace": NAMESPACE, "name": name}, "spec": spec})
            self.wishes[item["metadata"]["uid"]] = 1
            self.say(f"apply {name} {spec}")

    def delete_generator(self) -> None:
        """kubectl delete bmhgen."""
        item = self._some(GENERATOR, lambda one: not is_deleting(one))
        if item is not None:
            self.say(f"delete generator {item['metadata']['name']}")
            self.store.delete("user", GENERATOR, NAMESPACE, item["metadata"]["name"])

    def rename(self) -> None:
        """Another server is wanted."""
        item = self._some(GENERATOR, lambda one: not is_deleting(one))
        if item is not None:
            name = f"s{self.chance.randrange(SERVERS)}"
            self.say(f"{item['metadata']['name']} wants {name}")
            self._change(GENERATOR, item, {"spec": {"serverName": name}})

    def move(self) -> None:
        """To another buffer."""
        item = self._some(GENERATOR, lambda one: not is_deleting(one))
        if item is not None and len(self.buffers) > 1:
            buffer = self.chance.choice(self.buffers)
            self.say(f"{item['metadata']['name']} moves to {buffer}")
            self._change(GENERATOR, item, {"spec": {"buffer": buffer}})

    def relabel(self) -> None:
        """Labels alone."""
        item = self._some(GENERATOR, lambda one: not is_deleting(one))
        if item is not None:
            self._change(GENERATOR, item, {"spec": {"labels": {"rack": str(self.chance.randrange(5))}}})

    def redeploy(self, item: Object | None = None) -> None:
        """kubectl annotate redeploy, "true" or a token."""
        item = item or self._some(GENERATOR, lambda one: not is_deleting(one))
        if item is None:
            return
        uid = item["metadata"]["uid"]
        value = "true" if self.chance.random() < 0.7 else f"token-{self.store.clock:.2f}"
        self.say(f"redeploy {item['metadata']['name']} {value}")
        had = (annotations(item)).get(names.REDEPLOY)
        self._change(GENERATOR, item, {"metadata": {"annotations": {names.REDEPLOY: value}}})
        self.wishes[uid] = self.wishes.get(uid, 1) + 1
        own = next((host for host in self.store.of(HOST) if annotations(host).get(names.GENERATOR_UID) == uid and not is_inert(host)), None)
        if phase(item) in (names.COMPLETED, names.FAILED) and had != value and not status_of(item).get("redeploying") and own is not None:
            self.redeploys.append((item["metadata"]["name"], uid, own["metadata"]["uid"]))

    def edit_cap(self) -> None:
        """kubectl edit bmhbuf."""
        item = self._some(BUFFER)
        if item is not None:
            cap = self.chance.choice([0, 1, 1, 2, 2, 3])
            self.say(f"cap of {item['metadata']['name']} is {cap}")
            self._change(BUFFER, item, {"spec": {"maxAvailable": cap}})

    def touch(self) -> None:
        """Somebody writes something else: all who read before are refused."""
        item = self._some(self.chance.choice([BUFFER, GENERATOR, HOST, SECRET]))
        if item is not None:
            kind = next(one for one in (BUFFER, GENERATOR, HOST, SECRET) if self.store.objects.get(one_place(one, item)) is item)
            self._change(kind, item, {"metadata": {"annotations": {"touched": str(self.store.number)}}})

    def lose_ledger(self) -> None:
        """A buffer restored from a backup has no status."""
        item = self._some(BUFFER)
        if item is not None:
            self.say(f"the ledger of {item['metadata']['name']} is lost")
            self._change(BUFFER, item, {"status": None})

    def spoil_ledger(self, odd: random.Random) -> None:
        """An entry that nobody can read, with or without a key; or one that could be read loses a field."""
        name = odd.choice(self.buffers)
        item = self.store.get(BUFFER, None, name)
        if item is None:
            return
        kept = (item.get("status") or {}).get("reservations") or []
        entry = odd.choice([{}, {"key": f"{NAMESPACE}/nobody-{self.store.number}"}, {"key": f"{NAMESPACE}/nobody-{self.store.number}", "rid": 7}, "x"])
        self.say(f"the ledger of {name} gets {entry!r}")
        self._change(BUFFER, item, {"status": {"reservations": [*kept, entry]}})

    def lose_status(self) -> None:
        """A generator restored from a backup has no status."""
        item = self._some(GENERATOR, lambda one: not is_deleting(one) and not status_of(one).get("replaces"))
        if item is not None:
            self.say(f"the status of {item['metadata']['name']} is lost")
            self._change(GENERATOR, item, {"status": None})
            self.redeploys = [one for one in self.redeploys if one[1] != item["metadata"]["uid"]]      # the request went with it
            self.wishes[item["metadata"]["uid"]] = self.wishes.get(item["metadata"]["uid"], 1) + 1

    def time_passes(self) -> None:
        """Long enough for somebody to take over, or to try again."""
        self.store.clock += self.chance.choice([5, 20, 20, 60, 700])

    # --- hosts ----------------------------------------------------------------------------------------------------------------------------

    def take(self, item: Object | None = None) -> None:
        """Somebody takes a host."""
        item = item or self._some(HOST, lambda one: state(one) == "available" and not is_deleting(one))
        if item is not None:
            if self.store.number % 4 == 0:                       # not by chance, which would make every history another one
                self.say(f"host {item['metadata']['name']} is installed by others")
                self._change(HOST, item, {"spec": {"externallyProvisioned": True}, "status": {"provisioning": {"state": "externally provisioned"}}})
                return
            self.say(f"host {item['metadata']['name']} is taken")
            self._change(HOST, item, {"spec": {"consumerRef": {"name": "cluster"}}, "status": {"provisioning": {"state": "provisioned"}}})

    def give_back(self, item: Object | None = None) -> None:
        """And gives it back."""
        item = item or self._some(HOST, lambda one: in_use(one) and not is_deleting(one))
        if item is not None:
            self.say(f"host {item['metadata']['name']} is given back")
            self._change(HOST, item, {"spec": {"consumerRef": None, "externallyProvisioned": None}, "status": {"provisioning": {"state": "available"}}})

    def pause(self) -> None:
        """An administrator pauses a host, or lets it go on."""
        item = self._some(HOST, lambda one: not is_inert(one) and not is_deleting(one))
        if item is not None:
            paused = names.PAUSED in annotations(item)
            self.say(f"host {item['metadata']['name']} is {'no longer ' if paused else ''}paused")
            self._change(HOST, item, {"metadata": {"annotations": {names.PAUSED: None if paused else "admin"}}})

    def delete_host(self) -> None:
        """By hand."""
        item = self._some(HOST, lambda one: not is_inert(one) and not in_use(one))
        if item is not None:
            self.say(f"host {item['metadata']['name']} is deleted by hand")
            owner = annotations(item).get(names.GENERATOR_UID, "")
            self.wishes[owner] = self.wishes.get(owner, 1) + 1        # made again if its reservation is still open
            self.store.delete("user", HOST, NAMESPACE, item["metadata"]["name"])

    # --- controllers ----------------------------------------------------------------------------------------------------------------------

    def metal3(self, item: Object | None = None) -> None:
        """One step of one host: finalizer, Secret owned, available; or, deleting, its Secret and itself let go."""
        item = item or self._some(HOST, self._metal3_has_work)
        if item is None or not self._metal3_has_work(item):
            return
        metadata = item["metadata"]
        credentials = self.store.get(SECRET, NAMESPACE, item["spec"]["bmc"]["credentialsName"])
        if is_deleting(item):
            if credentials is not None and names.SECRET_FINALIZER in (credentials["metadata"].get("finalizers") or []) and any(
                    owner["uid"] == metadata["uid"] for owner in credentials["metadata"].get("ownerReferences") or []):
                self._change(SECRET, credentials, {"metadata": {"finalizers": None}})
            else:
                self._change(HOST, item, {"metadata": {"finalizers": None}})
            return
        if names.HOST_FINALIZER not in (metadata.get("finalizers") or []):
            self._change(HOST, item, {"metadata": {"finalizers": [names.HOST_FINALIZER]}})
        elif credentials is not None and not credentials["metadata"].get("ownerReferences") and not is_deleting(credentials):
            self._change(SECRET, credentials, {"metadata": {
                "finalizers": [names.SECRET_FINALIZER], "ownerReferences": [{"kind": "BareMetalHost", "name": metadata["name"], "uid": metadata["uid"]}]}})
        else:
            self._change(HOST, item, {"status": {"operationalStatus": "OK", "provisioning": {"state": "available"}}})

    def _metal3_has_work(self, item: Object) -> bool:
        if names.PAUSED in annotations(item):
            return False
        if is_deleting(item):
            return not self.stuck
        return state(item) == "" or names.HOST_FINALIZER not in (item["metadata"].get("finalizers") or [])

    def collector(self) -> None:
        """Two steps, a moment apart: it sees that no owner lives; later it deletes, by uid alone."""
        living = {host["metadata"]["uid"] for host in self.store.of(HOST)}
        if self.doomed and self.chance.random() < 0.5:
            name, uid = sorted(self.doomed)[0]
            self.doomed.remove((name, uid))
            secret = self.store.get(SECRET, NAMESPACE, name)
            if secret is not None and secret["metadata"]["uid"] == uid:
                self.say(f"the collector deletes {name}")
                self.store.delete("collector", SECRET, NAMESPACE, name, uid)
            return
        for secret in self.store.of(SECRET):
            owners = secret["metadata"].get("ownerReferences") or []
            if owners and not any(owner["uid"] in living for owner in owners):
                self.doomed.add((secret["metadata"]["name"], secret["metadata"]["uid"]))
                return

    def rest(self) -> None:
        """Everything that is not our doing comes to its end."""
        for _round in range(60):
            before = self.store.number
            for host in list(self.store.of(HOST)):
                if self.store.objects.get(("baremetalhosts", NAMESPACE, host["metadata"]["name"])) is host:
                    self.metal3(host)
            for _twice in range(4):
                self.collector()
            if self.store.number == before and not self.doomed:
                return


def one_place(kind: Any, item: Object) -> tuple[str, str, str]:
    """Where it would stand if it were of this kind."""
    return Store.place(kind, item["metadata"].get("namespace"), item["metadata"]["name"])
