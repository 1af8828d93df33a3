# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests see of a Kubernetes API, the same whether it is in memory or real; every call goes over HTTP as a user's would."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .client import MERGE, ApiClient, Named, Object, path
from .kubeconfig import write_kubeconfig

RBAC = "rbac.authorization.k8s.io/v1"
USERS = tuple(f"user-{number}" for number in range(1, 7))


@dataclass(frozen=True)
class Login:
    """One plain user."""

    name: str
    token: str = field(repr=False)


@dataclass
class KubernetesApi:
    """kind: "memory" or "real". simulator: the in-memory API itself (faults, requests, history), None for a real one."""

    kind: str
    url: str
    token: str = field(repr=False)
    ca_cert: Path
    users: Mapping[str, str] = field(repr=False)
    simulator: Any = None
    _taken: list[str] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self.client = ApiClient(self.url, self.token, self.ca_cert)

    def kubeconfig(self, target: Path | str, token: str | None = None) -> str:
        """Write a kubeconfig, the administrator's unless a token is given; the answer is its path."""
        write_kubeconfig(Path(target), self.url, token or self.token, self.ca_cert)
        return str(target)

    def as_user(self, token: str) -> ApiClient:
        """A client with somebody's token."""
        return ApiClient(self.url, token, self.ca_cert)

    def user(self, rules: Iterable[Object] = (), namespace: str | None = None) -> Login:
        """A user who may do just that: RBAC rules, in one namespace or everywhere."""
        name = next(name for name in USERS if name not in self._taken)
        self._taken.append(name)
        self.allow(name, rules, namespace)
        return Login(name, self.users[name])

    def allow(self, user: str, rules: Iterable[Object], namespace: str | None = None) -> None:
        """A role and its binding for one user; may be called again, for another namespace say."""
        role = "Role" if namespace else "ClusterRole"
        metadata = {"name": f"{user}-may", **({"namespace": namespace} if namespace else {})}
        if namespace:
            self.namespace(namespace)
        self.client.apply({"apiVersion": RBAC, "kind": role, "metadata": metadata, "rules": list(rules)})
        self.client.apply({
            "apiVersion": RBAC, "kind": f"{role}Binding", "metadata": metadata,
            "roleRef": {"apiGroup": RBAC.partition("/")[0], "kind": role, "name": metadata["name"]},
            "subjects": [{"kind": "User", "apiGroup": RBAC.partition("/")[0], "name": user}],
        })

    def namespace(self, name: str) -> str:
        """Make it when it is not there."""
        self.client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        return name

    def apply(self, body: Object) -> Object:
        """Create or change an object, its status as well when it has one; its namespace is made when it is not there."""
        namespace = body["metadata"].get("namespace")
        if namespace:
            self.namespace(namespace)
        resource = self.client.resource(body["apiVersion"], body["kind"])
        applied = self.client.apply({key: value for key, value in body.items() if key != "status"})
        if "status" not in body:
            return applied
        where = path(resource, applied["metadata"].get("namespace"), applied["metadata"]["name"], "status")
        return self.client.request("PATCH", where, {"status": body["status"]}, MERGE)

    def create(self, kind: Named, body: Object, **query: str) -> Object:
        """POST of one object."""
        return self.client.create(kind, body, **query)

    def get(self, kind: Named, namespace: str | None, name: str) -> Object | None:
        """The object, None where there is none."""
        return self.client.get(kind, namespace, name)

    def list(self, kind: Named, namespace: str | None = None, **query: str) -> list[Object]:
        """All objects of a kind, of one namespace or of all."""
        return self.client.list(kind, namespace, **query)

    def patch(self, kind: Named, namespace: str | None, name: str, body: Object, subresource: str = "") -> Object:
        """Merge patch."""
        return self.client.patch(kind, namespace, name, body, subresource)

    def delete(self, kind: Named, namespace: str | None, name: str) -> None:
        """Ask that an object goes; one that is gone already is fine."""
        self.client.delete(kind, namespace, name)
