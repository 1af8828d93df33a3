# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold after every step of anyone, and at rest; judged from the objects alone, never by asking admission."""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, HOST, SECRET, Kind, Object

from .cluster import ModelCluster, Store
from .world import NAMESPACE, World, server

STRANGERS = ("world", "user", "collector")
GONE = ("provisioned", "externally provisioned", "powering off before delete", "deleting", "unmanaged")


class Broken(BaseException):
    """An invariant does not hold. No Exception: nothing that is tested may catch it."""


def marks(item: Object) -> dict[str, str]:
    """Annotations."""
    return item["metadata"].get("annotations") or {}


def uid(item: Object) -> str:
    """Its uid."""
    return item["metadata"]["uid"]


def inert(host: Object) -> bool:
    """Made, not yet activated."""
    return names.RID in marks(host) and names.INFRAENV_LABEL not in (host["metadata"].get("labels") or {})


def provisioning(host: Object) -> str:
    """Its state."""
    return ((host.get("status") or {}).get("provisioning") or {}).get("state", "")


def used_by_hand(host: Object) -> bool:
    """Somebody works with it."""
    running = ("provisioning", "provisioned", "deprovisioning", "externally provisioned")
    return bool(host["spec"].get("consumerRef") or host["spec"].get("externallyProvisioned")) or provisioning(host) in running


def counts(host: Object) -> bool:
    """An active host that occupies a slot, by the default rules."""
    return not inert(host) and not host["metadata"].get("deletionTimestamp") and not host["spec"].get("consumerRef") and provisioning(host) not in GONE


def entries(buffer: Object) -> list[dict[str, Any]]:
    """Of its ledger, those that can be read."""
    needed = {"key", "rid", "generator", "bufferedAt"}
    return [entry for entry in _ledger(buffer) if isinstance(entry, dict) and needed <= entry.keys() and isinstance(entry["rid"], str)]


def aside(buffer: Object) -> list[Any]:
    """Of its ledger, those that cannot be read."""
    known = entries(buffer)
    return [entry for entry in _ledger(buffer) if entry not in known]


def kept_aside(buffer: Object) -> set[str]:
    """Keys of entries that cannot be read: each holds a slot."""
    return {entry["key"].split("/")[1] for entry in aside(buffer) if isinstance(entry, dict) and isinstance(entry.get("key"), str)}


def _ledger(buffer: Object) -> list[Any]:
    return (buffer.get("status") or {}).get("reservations") or []


def pool(host: Object) -> str:
    """Whose slot."""
    return (host["metadata"].get("labels") or {}).get(names.BUFFER_LABEL, "default")


def slots(buffer: Object, hosts: Iterable[Object]) -> set[str]:
    """Keys that count against its cap: active hosts and entries, a replaced host and its entry once."""
    replaced = {entry["replaces"] for entry in entries(buffer) if entry.get("replaces")}
    active = {host["metadata"]["name"] for host in hosts if counts(host) and pool(host) == buffer["metadata"]["name"] and uid(host) not in replaced}
    return active | kept_aside(buffer) | {entry["key"].split("/")[1] for entry in entries(buffer)}


class Invariants:
    """Watches the store; raises Broken at the step that breaks something."""

    def __init__(self, store: Store, world: World) -> None:
        self.store, self.world = store, world
        self.used: dict[str, int] = {}
        self.activated: Counter[str] = Counter()                  # by uid of the generator
        self.specs: dict[tuple[str, int], dict[str, Any]] = {}    # what a generator asked for, by uid and generation
        self.judged: dict[str, ModelCluster] = {}                 # actor -> what it saw last
        self.drawn_in: dict[str, str] = {}                        # generator -> in whose line its ticket was drawn
        self.returned: dict[str, int] = {}                        # host -> when others gave it back
        self.checked = 0
        self.stood: dict[tuple[str, str], dict[str, str]] = {}    # actor and line -> who stood in it, and where, when it read that ledger last
        store.watchers.append(self.look)

    # --- after every step -----------------------------------------------------------------------------------------------------------------

    def look(self, actor: str, kind: Kind, before: Object | None, after: Object | None) -> None:
        """One write by anyone."""
        self.checked += 1
        if kind is GENERATOR and after is not None:
            self.specs[(uid(after), after["metadata"]["generation"])] = after["spec"]
        ours = actor.split(".")[0] not in STRANGERS
        if kind is HOST and not ours and after is not None and before is not None and counts(after) and not counts(before):
            self.returned[uid(after)] = self.store.number
        if kind in (BUFFER, HOST):
            self._cap(ours, actor)
        if not ours:
            return
        if kind is HOST:
            if after is None or (after["metadata"].get("deletionTimestamp") and not (before or after)["metadata"].get("deletionTimestamp")):
                self._host_deleted(actor, before)
            elif before is None or inert(before):
                if not inert(after):
                    self._activated(after)
            elif names.GENERATOR_UID not in marks(before) and names.ADOPTED not in marks(after):
                raise Broken(f"host {before['metadata']['name']} was patched though it is not ours")
        elif kind is SECRET and before is not None:
            self._secret_changed(before, after)
        elif kind is BUFFER and before is not None and after is not None:
            if after.get("status") != before.get("status") and len(aside(after)) > len(kept_aside(after)):
                raise Broken(f"an entry without a key outlives a write of the ledger of {after['metadata']['name']}: {aside(after)}")
            self._granted(actor, before, after)
        elif kind is GENERATOR and before is not None and after is not None:
            self._ticket(actor, before, after)

    def _cap(self, ours: bool, actor: str) -> None:
        """1. Active hosts and entries never grow past the cap by our doing; what others give back after it was looked at may exceed it."""
        hosts = self.store.of(HOST)
        for buffer in self.store.of(BUFFER):
            name, now = buffer["metadata"]["name"], len(slots(buffer, hosts))
            if ours and now > self.used.get(name, 0) and now > buffer["spec"]["maxAvailable"]:
                looked = self.judged[actor].listed_hosts_at if actor in self.judged else 0
                known = slots(buffer, [host for host in hosts if self.returned.get(uid(host), 0) <= looked])
                if len(known) > buffer["spec"]["maxAvailable"]:
                    raise Broken(f"the cap is passed: {now} slots of {buffer['spec']['maxAvailable']} in {name}: {sorted(known)}")
            self.used[name] = now

    def _granted(self, actor: str, before: Object, after: Object) -> None:
        """2. Nobody is granted before one who stood before him, but for a stated reason; nobody is granted twice."""
        known = {entry["rid"] for entry in entries(before)}
        fresh = [entry for entry in entries(after) if entry["rid"] not in known]
        if not fresh or actor not in self.judged:
            return
        seen = self.judged[actor].seen
        generators = {uid(one): one for one in seen.get("baremetalhostgenerators", [])}
        elsewhere = {entry["generator"]["uid"] for buffer in seen.get("baremetalhostbuffers", []) for entry in entries(buffer)}
        for entry in fresh:
            if entry["generator"]["uid"] in elsewhere:
                raise Broken(f"{entry['generator']['name']} is granted though it was seen to have an entry")
        active = {uid(host) for host in seen.get("baremetalhosts", []) if counts(host) and pool(host) == after["metadata"]["name"]}
        new = {entry["generator"]["uid"] for entry in fresh}
        last = max((entry["bufferedAt"] for entry in fresh if entry.get("replaces") not in active), default="")
        for one in generators.values():
            status = one.get("status") or {}
            if one["metadata"]["name"] in self.judged[actor].failed:
                continue                                               # it is told so, and this run is done with it
            if uid(one) not in new and uid(one) not in elsewhere and self._may_be_granted(one, seen, after["metadata"]["name"]) and status["bufferedAt"] < last:
                raise Broken(f"{one['metadata']['name']} stood in line before one who was granted")

    def _may_be_granted(self, one: Object, seen: dict[str, list[Object]], buffer: str) -> bool:
        status = one.get("status") or {}
        if status.get("phase") != "Buffered" or one["metadata"].get("deletionTimestamp") or (one["spec"].get("buffer") or "default") != buffer:
            return False
        if status.get("resolvedGeneration") != one["metadata"]["generation"] or marks(one).get(names.REDEPLOY) == "true" or status.get("nextAttemptAt"):
            return False
        hosts = seen.get("baremetalhosts", [])
        if any(marks(host).get(names.GENERATOR_UID) == uid(one) or host["metadata"]["name"] == status.get("bmhName") for host in hosts):
            return False                                          # has a host of its own, or one that goes first
        wanted = (status.get("bmhName"), status.get("macAddress"), status.get("ipmiAddress"))
        for other in seen.get("baremetalhostgenerators", []):
            theirs = other.get("status") or {}
            if uid(other) != uid(one) and set(wanted) & {theirs.get("bmhName"), theirs.get("macAddress"), theirs.get("ipmiAddress")} - {None}:
                return False                                      # another one wants the same
        return not any(host["spec"]["bootMACAddress"] == status.get("macAddress") for host in hosts)

    def ledger_read(self, actor: str, line: str) -> None:
        """Remembers who stands in line when a ticket may be drawn; who moved here stands by the time that he brought."""
        self.stood[(actor, line)] = {
            uid(one): one["status"]["bufferedAt"] for one in self.store.of(GENERATOR)
            if (one.get("status") or {}).get("phase") == "Buffered" and (one["spec"].get("buffer") or "default") == line == self.drawn_in.get(uid(one))
        }

    def _ticket(self, actor: str, before: Object, after: Object) -> None:
        """2. A ticket comes after everybody who stood in that line when it was drawn; a place in line is kept."""
        was, now = before.get("status") or {}, after.get("status") or {}
        if now.get("phase") == "Buffered" and not was.get("bufferedAt"):
            line = self.drawn_in[uid(after)] = after["spec"].get("buffer") or "default"
            for other, place in self.stood.get((actor, line), {}).items():
                if other != uid(after) and place >= now["bufferedAt"]:
                    raise Broken(f"{after['metadata']['name']} jumps the line")
        if was.get("phase") == now.get("phase") == "Buffered" and was.get("bufferedAt") != now.get("bufferedAt"):
            raise Broken(f"{after['metadata']['name']} loses its place in line")
        if was.get("phase") == "Completed" and now.get("phase") == "Failed":
            raise Broken(f"{after['metadata']['name']} is Failed though it was Completed")

    def _host_deleted(self, actor: str, host: Object | None) -> None:
        """3. Only what is ours; an active host only by delete and redeploy, and never in use."""
        assert host is not None
        name, owner = host["metadata"]["name"], marks(host).get(names.GENERATOR_UID)
        if owner is None:
            raise Broken(f"host {name} was deleted though it is not ours")
        if inert(host):
            # Who takes an entry back reads this very host before; all others must have found its rid in no ledger.
            taken_back = actor in self.judged and self.judged[actor].last == f"GET {HOST.plural} {name}"
            if not taken_back and any(entry["rid"] == marks(host)[names.RID] for buffer in self.store.of(BUFFER) for entry in entries(buffer)):
                raise Broken(f"live inert host {name} was deleted")
            return
        if used_by_hand(host) or names.PAUSED in marks(host):
            raise Broken(f"host {name} was deleted while in use or paused")
        generator = next((one for one in self.store.of(GENERATOR) if uid(one) == owner), None)
        replaced = any(entry.get("replaces") == uid(host) for buffer in self.store.of(BUFFER) for entry in entries(buffer))
        if not replaced and (generator is None or not generator["metadata"].get("deletionTimestamp")):
            raise Broken(f"active host {name} was deleted, neither by delete nor by redeploy")

    def _secret_changed(self, before: Object, after: Object | None) -> None:
        """3. Never a foreign Secret, never that of a living host."""
        name = before["metadata"]["name"]
        gone = after is None or (after["metadata"].get("deletionTimestamp") and not before["metadata"].get("deletionTimestamp"))
        if names.GENERATOR_UID not in marks(before):
            raise Broken(f"Secret {name} was changed though it is not ours")
        if not gone:
            return
        owners = {owner["uid"] for owner in before["metadata"].get("ownerReferences") or []}
        for host in self.store.of(HOST):
            living = not inert(host) and not host["metadata"].get("deletionTimestamp")
            if living and host["spec"]["bmc"]["credentialsName"] == name and (not owners or uid(host) in owners):
                raise Broken(f"Secret {name} of a living host was deleted")

    def _activated(self, host: Object) -> None:
        """5 and 6. One host per server and per generator, made from facts of one generation, as often as was asked."""
        name, owner = host["metadata"]["name"], marks(host).get(names.GENERATOR_UID, "")
        known, generation = server(name), int(marks(host)[names.GENERATOR_GENERATION])
        if host["spec"]["bootMACAddress"] != known.nics[0].mac or known.bmc_address not in host["spec"]["bmc"]["address"]:
            raise Broken(f"host {name} was made from another server's facts")
        spec = self.specs[(owner, generation)]
        asked = spec.get("serverName") or next((one["metadata"]["name"] for one in self.store.of(GENERATOR) if uid(one) == owner), name)
        if asked != name or (spec.get("buffer") or "default") != pool(host):
            raise Broken(f"host {name} in {pool(host)} was made from half-edited facts: generation {generation} asks for {asked} in {spec.get('buffer')}")
        for other in self.store.of(HOST):
            if uid(other) == uid(host) or inert(other) or other["metadata"].get("deletionTimestamp"):
                continue
            if other["spec"]["bootMACAddress"] == host["spec"]["bootMACAddress"]:
                raise Broken(f"hosts {name} and {other['metadata']['name']} have one MAC")
            if marks(other).get(names.GENERATOR_UID) == owner:
                raise Broken(f"hosts {name} and {other['metadata']['name']} are of one generator")
        self.activated[owner] += 1
        if self.activated[owner] > self.world.wishes.get(owner, 1):
            raise Broken(f"host {name} was made {self.activated[owner]} times, asked for {self.world.wishes.get(owner, 1)} times")

    # --- at rest --------------------------------------------------------------------------------------------------------------------------

    def at_rest(self) -> None:
        """4 and 6."""
        hosts, generators, buffers = self.store.of(HOST), self.store.of(GENERATOR), self.store.of(BUFFER)
        by_uid = {uid(one): one for one in generators}
        for buffer in buffers:
            if entries(buffer):
                raise Broken(f"at rest: {buffer['metadata']['name']} has an open entry of {entries(buffer)[0]['generator']['name']}")
        for host in hosts:
            name = host["metadata"]["name"]
            if inert(host):
                raise Broken(f"at rest: host {name} is inert")
            secret = self.store.get(SECRET, NAMESPACE, host["spec"]["bmc"]["credentialsName"])
            active = names.GENERATOR_UID in marks(host) and not host["metadata"].get("deletionTimestamp")
            if active and (secret is None or secret["metadata"].get("deletionTimestamp")):
                raise Broken(f"at rest: host {name} has no Secret")
        for secret in self.store.of(SECRET):
            if marks(secret).get(names.GENERATOR_UID) not in by_uid and not any(
                    host["spec"]["bmc"]["credentialsName"] == secret["metadata"]["name"] for host in hosts):
                raise Broken(f"at rest: Secret {secret['metadata']['name']} has no generator")
        for buffer in buffers:
            self._slots_used(buffer, hosts, generators)
        for generator in generators:
            self._generator_at_rest(generator, hosts, generators)
        self._redeploys_done(by_uid, hosts)

    def _slots_used(self, buffer: Object, hosts: list[Object], generators: list[Object]) -> None:
        name = buffer["metadata"]["name"]
        if buffer["spec"]["maxAvailable"] <= len(slots(buffer, hosts)):
            return
        seen = {"baremetalhosts": hosts, "baremetalhostgenerators": generators}
        for one in generators:
            relevant = {**one, "status": {key: value for key, value in (one.get("status") or {}).items() if key != "nextAttemptAt"}}
            if self._may_be_granted(relevant, seen, name):
                raise Broken(f"at rest: {one['metadata']['name']} waits though {name} has a free slot")

    def _generator_at_rest(self, generator: Object, hosts: list[Object], generators: list[Object]) -> None:
        name, status = generator["metadata"]["name"], generator.get("status") or {}
        own = [host for host in hosts if marks(host).get(names.GENERATOR_UID) == uid(generator)]
        if generator["metadata"].get("deletionTimestamp"):
            if not any(used_by_hand(host) or names.PAUSED in marks(host) for host in own):
                raise Broken(f"at rest: generator {name} does not go")
            return
        if status.get("phase") == "Failed" and any(not host["metadata"].get("deletionTimestamp") and uid(host) != status.get("replaces") for host in own):
            raise Broken(f"at rest: generator {name} is Failed ({status.get('message')}) though its host is active")
        if status.get("phase") == "Buffered" and any(counts(host) and uid(host) != status.get("replaces") for host in own):
            raise Broken(f"at rest: generator {name} waits though its host is active")
        reason = next((one["reason"] for one in status.get("conditions") or [] if one["type"] == "Ready"), "")
        if reason == "Conflict":
            wanted = {status.get("macAddress"), status.get("bmhName")} - {None}
            others = [other for other in generators if uid(other) != uid(generator)]
            rivals = any(wanted & {(other.get("status") or {}).get("macAddress"), (other.get("status") or {}).get("bmhName")} for other in others)
            strangers = any(host["spec"]["bootMACAddress"] in wanted or host["metadata"]["name"] in wanted for host in hosts if host not in own)
            if not rivals and not strangers:
                raise Broken(f"at rest: generator {name} is in conflict with nobody: {status.get('message')}")
        if status.get("phase") not in ("Buffered", "Completed", "Failed"):
            raise Broken(f"at rest: generator {name} is {status.get('phase')}")

    def _redeploys_done(self, by_uid: dict[str, Object], hosts: list[Object]) -> None:
        alive = {uid(host): host for host in hosts}
        for name, generator_uid, old in self.world.redeploys:
            generator = by_uid.get(generator_uid)
            host = alive.get(old or "")
            if generator is None or host is None or generator["metadata"].get("deletionTimestamp"):
                continue
            if (generator.get("status") or {}).get("phase") == "Completed":
                raise Broken(f"at rest: the redeploy of {name} was lost")
