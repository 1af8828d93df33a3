# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster of a case: it counts what is asked, refuses what it is told to refuse, and may list what is no object."""
from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils.cluster import EVENT, Kind, Object
from ansible_collections.baremetal.generator.plugins.module_utils.errors import ClusterError, ClusterUnavailable, ObjectNotFound
from ansible_collections.baremetal.generator.plugins.module_utils.kube_errors import Answer, Request, refusal
from tests.model.cluster import ModelCluster, Store, copied

ADDRESS = "https://model.example:6443"


class Wedged(BaseException):
    """A run that has no end."""


@dataclass(frozen=True)
class Rule:
    """Each write of this verb to such objects is refused. verb: as RBAC says it; name: "" for every name, with a trailing * for a prefix."""

    verb: str
    kind: Kind
    namespace: str
    name: str
    say: Callable[[Request], ClusterError]
    status: bool = False                # of the status subresource
    applied: bool = False               # it has happened nevertheless

    def is_about(self, request: Request) -> bool:
        """Whether this write is refused."""
        if (self.verb, self.kind, self.status) != (request.verb, request.kind, request.subresource == "status"):
            return False
        if self.namespace and self.namespace != request.namespace:
            return False
        name = request.name or ""
        return name.startswith(self.name[:-1]) if self.name.endswith("*") else self.name in ("", name)


def saying(code: int, message: str, reason: str = "", causes: tuple[str, ...] = ()) -> Callable[[Request], ClusterError]:
    """What an API server answers in this way is to the product. {verb}, {resource}, {namespace} and {name} in the message are filled in."""
    def say(request: Request) -> ClusterError:
        words = {"verb": request.verb, "resource": request.resource, "plural": request.kind.plural, "group": request.kind.group,
                 "namespace": request.namespace or "", "name": request.name or ""}
        text = message
        for word, value in words.items():
            text = text.replace("{" + word + "}", value)
        body = {"kind": "Status", "status": "Failure", "message": text, "reason": reason, "code": code, "details": {
            "name": request.name, "group": request.kind.group, "kind": request.kind.plural,
            "causes": [{"reason": cause, "message": text} for cause in causes]}}
        return refusal(request, Answer(code, json.dumps(body).encode()))
    return say


def no_answer(_request: Request) -> ClusterError:
    """A time-out."""
    return ClusterUnavailable(f"The Kubernetes API at {ADDRESS} cannot be reached: no answer within 30 s. Check the address and that the cluster is up.")


class PoisonedCluster(ModelCluster):
    """What a stage sees. odd: by plural, what a list has besides its objects."""

    def __init__(self, store: Store, rules: list[Rule], odd: dict[str, list[Any]], limit: int) -> None:
        super().__init__(store, "stage")
        self.rules, self.odd, self.limit = rules, odd, limit
        self.address = ADDRESS
        self.requests = self.refused = 0
        self.race: tuple[str, Callable[[], None]] | None = None       # before this request somebody else does something, once

    def step(self, what: str) -> None:
        """One request."""
        self.requests += 1
        self.store.clock += 0.002
        if self.race is not None and what == self.race[0]:
            act, self.race = self.race[1], None
            act()
        if self.requests > self.limit:
            raise Wedged(f"more than {self.limit} requests, the last one: {what}")

    def sleep(self, seconds: float) -> None:
        """A pause of a stage is a request that it did not make: many of them are no end, either."""
        self.store.clock += seconds
        self.step("sleep")
        self.requests -= 1
        self.limit -= 1

    def list(self, kind: Kind, namespace: str | None = None, label_selector: str | None = None, field_selector: str | None = None) -> list[Object]:
        self.step(f"LIST {kind.plural}")
        items = self.store.of(kind)
        if namespace:
            items = [item for item in items if item["metadata"].get("namespace") == namespace]
        if label_selector:
            items = [item for item in items if label_selector in (item["metadata"].get("labels") or {})]
        odd = self.odd.get(kind.plural, [])
        # As KubeCluster does: what is an object gets its kind.
        found = [*odd[: len(odd) // 2], *items, *odd[len(odd) // 2:]]
        return [{"apiVersion": kind.api_version, "kind": kind.kind, **copied(item)} if isinstance(item, dict) else item for item in found]

    def get(self, kind: Kind, namespace: str | None, name: str) -> Object | None:
        found = super().get(kind, namespace, name)
        return None if found is None else {"apiVersion": kind.api_version, "kind": kind.kind, **found}

    def _write(self, request: Request, write: Callable[[], Any]) -> Any:
        rule = next((one for one in self.rules if one.is_about(request)), None)
        if rule is None:
            return write()
        if request.verb != "create" and (request.kind.plural, request.namespace or "", request.name) not in self.store.objects:
            raise ObjectNotFound(f"{request.object} is not there.", 404, "NotFound")
        self.refused += 1
        if rule.applied:
            write()
        raise rule.say(request)

    def create(self, kind: Kind, body: Object, dry_run: bool = False) -> Object:
        metadata = body["metadata"]
        request = Request("create", kind, metadata.get("namespace"), metadata["name"], where=ADDRESS)
        full = {"apiVersion": kind.api_version, "kind": kind.kind, **body}
        if dry_run:
            self.step("POST dryRun")
            return self._write(request, lambda: {**copied(full), "metadata": {**copied(metadata), "uid": "dry", "resourceVersion": "0"}})
        return self._write(request, lambda: super(PoisonedCluster, self).create(kind, full))

    def replace_status(self, kind: Kind, body: Object) -> Object:
        metadata = body["metadata"]
        request = Request("update", kind, metadata.get("namespace"), metadata["name"], "status", ADDRESS)
        return self._write(request, lambda: super(PoisonedCluster, self).replace_status(kind, body))

    def patch(self, kind: Kind, namespace: str | None, name: str, body: Object) -> Object:
        return self._write(Request("patch", kind, namespace, name, where=ADDRESS), lambda: super(PoisonedCluster, self).patch(kind, namespace, name, body))

    def patch_status(self, kind: Kind, namespace: str | None, name: str, body: Object) -> Object:
        request = Request("patch", kind, namespace, name, "status", ADDRESS)
        return self._write(request, lambda: super(PoisonedCluster, self).patch_status(kind, namespace, name, body))

    def delete(self, kind: Kind, namespace: str | None, name: str, uid: str, resource_version: str | None = None) -> None:
        self._write(Request("delete", kind, namespace, name, where=ADDRESS),
                    lambda: super(PoisonedCluster, self).delete(kind, namespace, name, uid, resource_version))

    def events(self) -> list[Object]:
        """All Kubernetes Events so far."""
        return self.store.of(EVENT)
