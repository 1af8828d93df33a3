# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What clients ask before they ask for objects: groups, versions, resources, the version, health."""
from __future__ import annotations

from typing import Any

from . import openapi
from .kinds import NAMESPACE, VERBS, Kinds, Resource

Object = dict[str, Any]


def answer(kinds: Kinds, path: str, version: str) -> Object | str | None:
    """The body for a path of discovery; text for health; None when the path is none of these."""
    path = path.rstrip("/") or "/"
    if path in ("/healthz", "/livez", "/readyz"):
        return "ok"
    if path == "/version":
        return _version(version)
    if path == "/":
        return {"paths": ["/api", "/api/v1", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"]}
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
    if path == "/apis":
        groups = sorted({entry.group for entry in kinds.all() if entry.group})
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(kinds, group) for group in groups]}
    if path.startswith("/openapi/"):
        return openapi.answer(kinds, path, version)
    parts = path.split("/")[1:]
    if parts[0] == "apis" and len(parts) == 2 and any(entry.group == parts[1] for entry in kinds.all()):
        return {"kind": "APIGroup", "apiVersion": "v1", **_group(kinds, parts[1])}
    if (parts[0] == "api" and len(parts) == 2) or (parts[0] == "apis" and len(parts) == 3):
        group, wanted = ("", parts[1]) if parts[0] == "api" else (parts[1], parts[2])
        found = [entry for entry in kinds.all() if (entry.group, entry.version) == (group, wanted)]
        if found:
            return {"kind": "APIResourceList", **({"apiVersion": "v1"} if group else {}), "groupVersion": found[0].api_version,
                    "resources": [listed for entry in found for listed in _resources(entry)]}
    return None


def _version(version: str) -> Object:
    major, minor = version.lstrip("v").split(".")[:2]
    return {"major": major, "minor": minor, "gitVersion": version, "gitCommit": "", "gitTreeState": "", "buildDate": "1970-01-01T00:00:00Z",
            "goVersion": "", "compiler": "", "platform": "in-memory"}


def _group(kinds: Kinds, group: str) -> Object:
    versions = list(dict.fromkeys(entry.version for entry in kinds.all() if entry.group == group))
    listed = [{"groupVersion": f"{group}/{version}", "version": version} for version in versions]
    return {"name": group, "versions": listed, "preferredVersion": listed[0]}


def _resources(resource: Resource) -> list[Object]:
    main: Object = {"name": resource.plural, "singularName": resource.singular or resource.kind.lower(), "namespaced": resource.namespaced,
                    "kind": resource.kind, "verbs": list(VERBS)}
    if resource.short_names:
        main["shortNames"] = list(resource.short_names)
    if resource.categories:
        main["categories"] = list(resource.categories)
    found = [main]
    if resource.status:
        found.append({"name": f"{resource.plural}/status", "singularName": "", "namespaced": resource.namespaced, "kind": resource.kind,
                      "verbs": ["get", "patch", "update"]})
    if resource is NAMESPACE:
        found.append({"name": "namespaces/finalize", "singularName": "", "namespaced": False, "kind": "Namespace", "verbs": ["update"]})
    return found
