# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects as an older kind let them in: what is stored already is there, whatever the kind takes today."""
from __future__ import annotations

import copy
from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils.cluster import CRD, Kind
from tests.lifecycle.world import NAMESPACE, World

OPEN = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def store(world: World, kind: Kind, name: str, **parts: Any) -> None:
    """spec or status of an object as an older kind would have let them in: anything goes."""
    name_of_kind = f"{kind.plural}.{kind.group}"
    strict = world.api.get(CRD, None, name_of_kind)
    assert strict is not None and world.api.simulator is not None, "the in-memory API takes a change of a kind at once"
    older = copy.deepcopy(strict)
    older["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = {"type": "object", "properties": {"spec": OPEN, "status": OPEN}}
    world.api.client.request("PUT", f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name_of_kind}", older)
    try:
        namespace = NAMESPACE if kind.namespaced else None
        if "spec" in parts:
            world.api.patch(kind, namespace, name, {"spec": parts["spec"]})
        if "status" in parts:
            world.api.patch(kind, namespace, name, {"status": parts["status"]}, "status")
    finally:
        current = world.api.get(CRD, None, name_of_kind)
        assert current is not None
        current["spec"] = strict["spec"]
        world.api.client.request("PUT", f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name_of_kind}", current)
