# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asks, and what Roles, ClusterRoles and their bindings let them do."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from . import errors
from .errors import ApiError
from .kinds import Resource
from .store import Store, key_of

Object = dict[str, Any]
GROUP = "rbac.authorization.k8s.io"
MASTERS = "system:masters"


@dataclass(frozen=True)
class User:
    """One user, known by a bearer token."""

    name: str
    groups: tuple[str, ...] = ()

    @property
    def all_groups(self) -> tuple[str, ...]:
        """With the group of everyone that is known."""
        return (*self.groups, "system:unauthenticated" if self.name == ANONYMOUS else "system:authenticated")


ANONYMOUS = "system:anonymous"
ADMIN = User("admin", (MASTERS,))


def allowed(store: Store, user: User, verb: str, resource: Resource, namespace: str, name: str, subresource: str = "") -> bool:
    """Does any rule let the user do that?"""
    if MASTERS in user.groups:
        return True
    asked = f"{resource.plural}/{subresource}" if subresource else resource.plural
    return any(_covers(rule, verb, resource.group, asked, name) for rule in _rules(store, user, namespace))


def allowed_path(store: Store, user: User, verb: str, path: str) -> bool:
    """The same for a path that is no resource; discovery is open to all that are known, health to everyone."""
    if MASTERS in user.groups or path in ("/version", "/healthz", "/livez", "/readyz"):
        return True
    if verb == "get" and user.name != ANONYMOUS and path.split("/")[1] in ("api", "apis", "openapi", "version"):
        return True
    return any(verb in rule.get("verbs", []) and any(_path_fits(entry, path) for entry in rule.get("nonResourceURLs", []))
               for rule in _rules(store, user, ""))


def refusal(user: User, verb: str, resource: Resource, namespace: str, name: str, subresource: str = "") -> ApiError:
    """403 in the server's words."""
    asked = f"{resource.plural}/{subresource}" if subresource else resource.plural
    where = f' in the namespace "{namespace}"' if namespace else " at the cluster scope"
    return errors.forbidden(resource, name, f'User "{user.name}" cannot {verb} resource "{asked}" in API group "{resource.group}"{where}')


def path_refusal(user: User, verb: str, path: str) -> ApiError:
    """403 for a path that is no resource."""
    return ApiError(403, "Forbidden", f'forbidden: User "{user.name}" cannot {verb} path "{path}"', {})


def _path_fits(pattern: str, path: str) -> bool:
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else pattern == path


def _covers(rule: Object, verb: str, group: str, resource: str, name: str) -> bool:
    subresource = resource.partition("/")[2]
    return (
        any(entry in ("*", verb) for entry in rule.get("verbs", []))
        and any(entry in ("*", group) for entry in rule.get("apiGroups", []))
        and any(entry in ("*", resource) or (subresource and entry == f"*/{subresource}") for entry in rule.get("resources", []))
        and (not rule.get("resourceNames") or name in rule["resourceNames"])
    )


def _rules(store: Store, user: User, namespace: str) -> Iterator[Object]:
    for _key, binding in store.range((GROUP, "clusterrolebindings")):
        if _binds(binding.object, user, ""):
            yield from _role_rules(store, binding.object["roleRef"], "")
    if namespace:
        for _key, binding in store.range((GROUP, "rolebindings"), namespace):
            if _binds(binding.object, user, namespace):
                yield from _role_rules(store, binding.object["roleRef"], namespace)


def _binds(binding: Object, user: User, namespace: str) -> bool:
    for subject in binding.get("subjects", []):
        if subject["kind"] == "User" and subject["name"] == user.name:
            return True
        if subject["kind"] == "Group" and subject["name"] in user.all_groups:
            return True
        if subject["kind"] == "ServiceAccount" and user.name == f"system:serviceaccount:{subject.get('namespace', namespace)}:{subject['name']}":
            return True
    return False


def _role_rules(store: Store, reference: Object, namespace: str) -> list[Object]:
    plural, where = ("roles", namespace) if reference["kind"] == "Role" else ("clusterroles", "")
    role = store.get((GROUP, plural), key_of(where, reference["name"]))
    return role.object.get("rules", []) if role else []
