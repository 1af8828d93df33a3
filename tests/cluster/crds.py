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


class Crds:
    """The CRDs that a cluster is to have: just these, as they are given. Those found untouched since last time cost nothing."""

    def __init__(self, wanted: Iterable[Object]) -> None:
        self._wanted = {crd["metadata"]["name"]: crd for crd in wanted}
        self._marks: dict[str, tuple[str, int]] = {}

    def put(self, client: ApiClient) -> None:
        """Returns when every kind can be listed."""
        there = {crd["metadata"]["name"]: crd for crd in client.list(CRD)}
        for name, crd in there.items():
            if name not in self._wanted:
                client.delete(CRD, None, name)
            if name not in self._wanted or crd["metadata"].get("deletionTimestamp"):
                until(lambda name=name: client.get(CRD, None, name) is None, SERVED_SECONDS, f"the CRD {name} is gone")
        changed = [name for name in self._wanted if name not in there or self._marks.get(name) != _mark(there[name])]
        for name in changed:
            self._marks[name] = _mark(client.apply(self._wanted[name]))
        for kind in (kind for name in changed for kind in served(self._wanted[name])):
            until(lambda kind=kind: _is_listed(client, kind), SERVED_SECONDS, f"{kind.plural}.{kind.group} is served", LOOK_SECONDS)


def served(crd: Object) -> Iterator[Resource]:
    """Its kinds, one for each served version."""
    spec = crd["spec"]
    for version in spec["versions"]:
        if version["served"]:
            yield Resource(spec["names"]["kind"], spec["names"]["plural"], spec["group"], version["name"], spec["scope"] == "Namespaced")


def _mark(crd: Object) -> tuple[str, int]:
    return crd["metadata"]["uid"], crd["metadata"]["generation"]


def _is_listed(client: ApiClient, kind: Resource) -> bool:
    try:
        client.ask_once("GET", path(kind), limit="1")
    except ApiRefused as error:
        if error.code not in (404, 429, 503):
            raise
        return False
    return True
