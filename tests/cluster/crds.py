# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CRDs on a cluster, until they are really served: that takes a real server a moment."""
from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.waiting import until

from .client import ApiClient, ApiRefused, Object, Resource, path

CRD = Resource("CustomResourceDefinition", "customresourcedefinitions", "apiextensions.k8s.io", "v1", namespaced=False)
SERVED_SECONDS = 20.0
LOOK_SECONDS = 0.02


def put_crds(client: ApiClient, crds: Iterable[Object]) -> None:
    """Just these and as they are given; returns when every kind can be listed."""
    wanted = {crd["metadata"]["name"]: crd for crd in crds}
    there = {crd["metadata"]["name"]: crd for crd in client.list(CRD)}
    for name, crd in there.items():
        if name not in wanted:
            client.delete(CRD, None, name)
        if name not in wanted or crd["metadata"].get("deletionTimestamp"):
            until(lambda name=name: client.get(CRD, None, name) is None, SERVED_SECONDS, f"the CRD {name} is gone")
    changed = [crd for name, crd in wanted.items() if client.apply(crd)["metadata"]["resourceVersion"] != _version(there.get(name))]
    for crd in changed:
        for kind in served(crd):
            until(lambda kind=kind: _is_listed(client, kind), SERVED_SECONDS, f"{kind.plural}.{kind.group} is served", LOOK_SECONDS)


def served(crd: Object) -> Iterator[Resource]:
    """Its kinds, one for each served version."""
    spec = crd["spec"]
    for version in spec["versions"]:
        if version["served"]:
            yield Resource(spec["names"]["kind"], spec["names"]["plural"], spec["group"], version["name"], spec["scope"] == "Namespaced")


def _version(crd: Object | None) -> str:
    return crd["metadata"]["resourceVersion"] if crd else ""


def _is_listed(client: ApiClient, kind: Resource) -> bool:
    try:
        client.request("GET", path(kind), limit="1")
    except ApiRefused as error:
        if error.code not in (404, 429, 503):
            raise
        return False
    return True
