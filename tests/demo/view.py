# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the cluster holds at this moment, as the demo's own watches see it; the cap is checked at every single version."""
from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import urllib3
from kubernetes import client, watch

Object = dict[str, Any]
GENERATORS = ("infra.example.com", "v1alpha1", "baremetalhostgenerators")
BUFFERS = ("infra.example.com", "v1alpha1", "baremetalhostbuffers")
HOSTS = ("metal3.io", "v1alpha1", "baremetalhosts")
NMSTATES = ("agent-install.openshift.io", "v1beta1", "nmstateconfigs")
RID = "infra.example.com/rid"


@dataclass
class View:
    """Objects by name, when objects went, and the most hosts that ever were available or on their way there."""

    generators: dict[str, Object] = field(default_factory=dict)
    hosts: dict[str, Object] = field(default_factory=dict)
    nmstates: dict[str, Object] = field(default_factory=dict)
    secrets: dict[str, Object] = field(default_factory=dict)
    buffer: Object = field(default_factory=dict)
    gone: dict[tuple[str, str], int] = field(default_factory=dict)      # (kind, name) -> resourceVersion of its deletion
    came: list[str] = field(default_factory=list)                     # names of hosts, in the order of their creation
    most: int = 0

    def line(self) -> list[str]:
        """Names of the generators that wait, first come first."""
        waiting = [item for item in self.generators.values() if phase(item) == "Buffered"]
        return [name(item) for item in sorted(waiting, key=lambda item: (item["status"].get("bufferedAt", ""), name(item)))]

    def occupying(self) -> list[str]:
        """Hosts that hold a slot: nobody has taken them and nobody deletes them."""
        return [name(host) for host in self.hosts.values() if not host["spec"].get("consumerRef") and not host["metadata"].get("deletionTimestamp")]


def name(item: Object) -> str:
    """metadata.name"""
    return item["metadata"]["name"]


def phase(item: Object) -> str:
    """status.phase, or "" when the generator is new."""
    return (item.get("status") or {}).get("phase") or ""


def state(host: Object | None) -> str:
    """The state of a host in one word."""
    if host is None:
        return ""
    if host["metadata"].get("deletionTimestamp"):
        return "deleting"
    if host["spec"].get("consumerRef"):
        return "taken"
    return ((host.get("status") or {}).get("provisioning") or {}).get("state") or ("inert" if RID in (host["metadata"].get("annotations") or {}) else "new")


class Watcher:
    """Keeps a View up to date from watches of its own."""

    def __init__(self, api: client.ApiClient, namespace: str, buffer: str, on_change: Callable[[View, str, Object | None, Object], None]) -> None:
        self.view = View()
        self.changed = threading.Condition()
        self._api, self._namespace, self._buffer, self._on_change = api, namespace, buffer, on_change
        self._closing = False
        self._threads = [threading.Thread(target=self._follow, args=(kind,), daemon=True, name=f"watch-{kind}")
                         for kind in ("generators", "hosts", "nmstates", "secrets", "buffers")]

    def __enter__(self) -> Watcher:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._closing = True

    def wait(self, condition: Callable[[View], bool], seconds: float, alive: Callable[[], None]) -> bool:
        """Until the condition holds; False after so many seconds. `alive` raises when waiting has no sense any more."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while not condition(self.view):
                alive()
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self.changed.wait(min(left, 0.5))
        return True

    def _call(self, kind: str) -> tuple[Callable[..., Any], tuple[str, ...]]:
        custom = client.CustomObjectsApi(self._api)
        if kind == "secrets":
            return client.CoreV1Api(self._api).list_namespaced_secret, (self._namespace,)
        if kind == "buffers":
            return custom.list_cluster_custom_object, BUFFERS
        group, version, plural = {"generators": GENERATORS, "hosts": HOSTS, "nmstates": NMSTATES}[kind]
        return custom.list_namespaced_custom_object, (group, version, self._namespace, plural)

    def _follow(self, kind: str) -> None:
        call, arguments = self._call(kind)
        while not self._closing:
            try:
                for event in watch.Watch().stream(call, *arguments, timeout_seconds=300):
                    if event["type"] in ("ADDED", "MODIFIED", "DELETED"):
                        self._take(kind, event["type"], event["raw_object"])
                    if self._closing:
                        return
            except (client.ApiException, urllib3.exceptions.HTTPError, OSError):
                if self._closing:
                    return
                time.sleep(0.2)

    def _take(self, kind: str, what: str, item: Object) -> None:
        with self.changed:
            if kind == "buffers":
                if name(item) == self._buffer:
                    self.view.buffer = item
            else:
                self._note(kind, what, item)
            self.changed.notify_all()

    def _note(self, kind: str, what: str, item: Object) -> None:
        known: dict[str, Object] = getattr(self.view, kind)
        before = known.get(name(item))
        if what == "DELETED":
            known.pop(name(item), None)
            self.view.gone[kind, name(item)] = int(item["metadata"]["resourceVersion"])
        else:
            known[name(item)] = item
            if kind == "hosts" and before is None:
                self.view.came.append(name(item))
        self.view.most = max(self.view.most, len(self.view.occupying()))
        self._on_change(self.view, kind, before, item)
