# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The world of a case: good generators of three vendors in two namespaces and two buffers, and one more, the victim, to whom the bad thing happens."""
from __future__ import annotations

from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import AGENT, BUFFER, GENERATOR, HOST, INFRAENV, NMSTATE, SECRET, Kind, Object
from ansible_collections.baremetal.generator.plugins.module_utils.models import Nic, Server
from tests.model.cluster import Store, merged

VICTIM, VICTIM_SERVER, VICTIM_BUFFER, VICTIM_NAMESPACE = "poisoned", "venom-7", "a-line", "site-c"
MATE = "new-mate"
INFRA_ENV, VICTIM_ENV, VICTIM_AGENT = "env", "own-env", "own-agent"
NAMESPACES = ("site-a", "site-b")
# Good generators: namespace, vendor, buffer, and more of their spec. `default` has room for two of its three, who are of one vendor: which manager answers
# first must not say who waits.
GOOD: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "old-1": ("site-a", names.HP, "other", {}),                                                             # to be redeployed
    "old-2": ("site-b", names.DELL, "other", {"networkConfig": {"vlanId": "105"}}),                         # to be deleted
    "old-3": ("site-b", names.CISCO, "other", {}),                                                          # rests
    "new-1": ("site-a", names.DELL, "default", {"networkConfig": {"vlanId": "101"}}),
    "new-2": ("site-b", names.DELL, "default", {"labels": {"rack": "7"}}),
    "new-3": ("site-a", names.DELL, "default", {}),
    "new-4": ("site-b", names.CISCO, "other", {"network": {"nicNames": ["eno1", "eno2"], "macIndices": ["0", "1"]}}),
    MATE: ("site-b", names.HP, VICTIM_BUFFER, {}),                                                          # in one buffer with the victim
    "new-5": ("site-a", names.HP, "other", {"host": {"rootDeviceHints": {"deviceName": "/dev/sda"}, "role": "worker"}}),
}
CAPS = {"default": 2, "other": 6, VICTIM_BUFFER: 4}
NOT_COMPARED = frozenset({
    "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp", "managedFields", names.RID, names.GENERATOR_UID, "bufferedAt", "lastTransitionTime",
    "nextAttemptAt", "ownerReferences", "status",
})


def servers() -> dict[str, Server]:
    """Every server, by its name; its addresses follow from its place in the list."""
    found = {}
    for number, (name, vendor) in enumerate([*((f"srv-{name}", one[1]) for name, one in GOOD.items()), (VICTIM_SERVER, names.HP)], 1):
        nics = tuple(Nic(f"02:00:00:00:{number:02x}:{port:02x}", f"port {port}", boot=not port) for port in range(2))
        found[name] = Server(name, vendor, vendor.lower(), f"192.0.2.{number}", nics, f"SN{number}", "model")
    return found


class World:
    """Objects, and those who act besides us: users and Metal3."""

    def __init__(self, store: Store) -> None:
        self.store = store

    # --- users ----------------------------------------------------------------------------------------------------------------------------

    def furnish(self) -> None:
        """What every cluster has."""
        for buffer, cap in CAPS.items():
            self.create(BUFFER, {"metadata": {"name": buffer}, "spec": {"maxAvailable": cap, "counting": "default", "agentAware": buffer == VICTIM_BUFFER}})
        for namespace, name in (*((namespace, INFRA_ENV) for namespace in NAMESPACES), (VICTIM_NAMESPACE, VICTIM_ENV)):
            self.create(INFRAENV, {"metadata": {"namespace": namespace, "name": name}, "spec": {
                "nmStateConfigLabelSelector": {"matchLabels": {names.INFRAENV_LABEL: name}}}})
        self.create(AGENT, {"metadata": {"namespace": VICTIM_NAMESPACE, "name": VICTIM_AGENT, "labels": {names.AGENT_HOST_LABEL: VICTIM_SERVER}},
                            "spec": {"approved": True}})

    def create(self, kind: Kind, body: Object) -> Object:
        """As a user does; its status too where it has one."""
        made = self.store.create("user", kind, {"apiVersion": kind.api_version, "kind": kind.kind, **body})
        return made

    def good(self, *some: str) -> None:
        """These generators."""
        for name in some:
            namespace, vendor, buffer, more = GOOD[name]
            spec = {"infraEnv": INFRA_ENV, "serverName": f"srv-{name}", "buffer": buffer, "server_vendor": vendor, **more}
            self.create(GENERATOR, {"metadata": {"namespace": namespace, "name": name}, "spec": spec})

    def victim(self) -> None:
        """The one more."""
        spec = {"infraEnv": VICTIM_ENV, "serverName": VICTIM_SERVER, "buffer": VICTIM_BUFFER, "server_vendor": names.HP, "labels": {"rack": "9"},
                "networkConfig": {"vlanId": "107", "nicName": "eno1", "macIndex": "first"},
                "host": {"role": "worker", "rootDeviceHints": {"deviceName": "/dev/sda", "rotational": False}}}
        self.create(GENERATOR, {"metadata": {"namespace": VICTIM_NAMESPACE, "name": VICTIM, "annotations": {}, "labels": {}}, "spec": spec})

    def change(self, kind: Kind, item: Object, patch: Object) -> None:
        """By anybody but us."""
        metadata = item["metadata"]
        self.store.update("world", kind, metadata.get("namespace"), metadata["name"], lambda before: merged(before, patch))

    def redeploy(self, name: str, namespace: str) -> None:
        """kubectl annotate."""
        item = self.store.get(GENERATOR, namespace, name)
        assert item is not None
        self.change(GENERATOR, item, {"metadata": {"annotations": {names.REDEPLOY: "true"}}})

    def delete(self, name: str, namespace: str) -> None:
        """kubectl delete --wait=false."""
        self.store.delete("user", GENERATOR, namespace, name)

    # --- Metal3 and the garbage collector -------------------------------------------------------------------------------------------------

    def rest(self) -> None:
        """They do what is to do."""
        for _round in range(12):
            before = self.store.number
            for host in list(self.store.of(HOST)):
                self._metal3(host)
            self._collector()
            if self.store.number == before:
                return

    def _metal3(self, host: Object) -> None:
        metadata = host["metadata"]
        if names.PAUSED in (metadata.get("annotations") or {}):
            return
        login = str(_inside(host, "spec", "bmc", "credentialsName") or "")
        secret = self.store.get(SECRET, metadata["namespace"], login) if login else None
        if metadata.get("deletionTimestamp"):
            if secret is not None and secret["metadata"].get("finalizers"):
                self.change(SECRET, secret, {"metadata": {"finalizers": None}})
            self.change(HOST, host, {"metadata": {"finalizers": None}})
        elif names.HOST_FINALIZER not in (metadata.get("finalizers") or []):
            self.change(HOST, host, {"metadata": {"finalizers": [*(metadata.get("finalizers") or []), names.HOST_FINALIZER]}})
        elif secret is not None and not secret["metadata"].get("ownerReferences") and not secret["metadata"].get("deletionTimestamp"):
            self.change(SECRET, secret, {"metadata": {"finalizers": [names.SECRET_FINALIZER], "ownerReferences": [
                {"apiVersion": "metal3.io/v1alpha1", "kind": "BareMetalHost", "name": metadata["name"], "uid": metadata["uid"]}]}})
        elif host.get("status") is None:
            self.change(HOST, host, {"status": {"operationalStatus": "OK", "errorMessage": "", "provisioning": {"state": "available"}}})

    def _collector(self) -> None:
        living = {host["metadata"]["uid"] for host in self.store.of(HOST)}
        for secret in list(self.store.of(SECRET)):
            owners = secret["metadata"].get("ownerReferences") or []
            if owners and not any(owner["uid"] in living for owner in owners) and not secret["metadata"].get("deletionTimestamp"):
                self.store.delete("collector", SECRET, secret["metadata"]["namespace"], secret["metadata"]["name"])

    # --- what it came to ------------------------------------------------------------------------------------------------------------------

    def good_state(self) -> dict[str, Any]:
        """Of every good generator: its status, and every object that it made; without what differs from run to run."""
        found: dict[str, Any] = {}
        for name, (namespace, _vendor, _buffer, _more) in GOOD.items():
            one = self.store.objects.get(Store.place(GENERATOR, namespace, name))
            found[name] = None if one is None else {
                "metadata": _compared(one["metadata"]), "status": _compared(one.get("status") or {}),
                "host": _of(self.store, HOST, namespace, f"srv-{name}"), "secrets": self._secrets(namespace, name),
                "nmstate": [_compared(item) for item in self.store.of(NMSTATE) if _made_by(item, namespace, name)]}
        return found

    def _secrets(self, namespace: str, name: str) -> list[Any]:
        return [_compared(item) for item in self.store.of(SECRET) if _made_by(item, namespace, name)]

    def victim_state(self) -> dict[str, Any]:
        """The same of the victim."""
        one = self.store.objects.get(Store.place(GENERATOR, VICTIM_NAMESPACE, VICTIM))
        host = _of(self.store, HOST, VICTIM_NAMESPACE, VICTIM_SERVER)
        return {"there": one is not None, "phase": _inside(one or {}, "status", "phase"), "ready": ready(one or {}), "host": host}


def ready(generator: Object) -> tuple[Any, Any]:
    """Status and reason of its condition Ready."""
    conditions = _inside(generator, "status", "conditions")
    for one in conditions if isinstance(conditions, list) else []:
        if isinstance(one, dict) and one.get("type") == "Ready":
            return one.get("status"), one.get("reason")
    return None, None


def _inside(item: Any, *path: str) -> Any:
    for step in path:
        item = item.get(step) if isinstance(item, dict) else None
    return item


def _made_by(item: Object, namespace: str, name: str) -> bool:
    marks = item["metadata"].get("annotations") or {}
    return (marks.get(names.GENERATOR_NAMESPACE), marks.get(names.GENERATOR_NAME)) == (namespace, name)


def _of(store: Store, kind: Kind, namespace: str, name: str) -> Any:
    item = store.objects.get(Store.place(kind, namespace, name))
    return None if item is None else _compared(item)


def _compared(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _compared(one) for name, one in value.items() if name not in NOT_COMPARED or (name == "status" and isinstance(one, str))}
    return [_compared(one) for one in value] if isinstance(value, list) else value


ALL_KINDS = {kind.plural: kind for kind in (GENERATOR, BUFFER, HOST, AGENT, INFRAENV, NMSTATE, SECRET)}
