# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts are not inspected unless a profile says so: by spec.inspectionMode, or by the annotation where the kind is too old for that; never by both."""
from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import CRD, HOST
from tests.lifecycle.world import HOST_NAME, World

AGENT_PROFILE = [{"default": True, "inspection": "agent"}]
CRD_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/baremetalhosts.metal3.io"


@pytest.fixture(name="kind", params=["with the field", "before the field"])
def _kind(world: World, request: pytest.FixtureRequest) -> Any:
    """The kind BareMetalHost of Metal3, of today and of before 0.12."""
    if request.param == "with the field":
        yield request.param
        return
    today = world.api.get(CRD, None, "baremetalhosts.metal3.io")
    assert today is not None and world.api.simulator is not None, "the in-memory API takes a change of a kind at once"
    older = copy.deepcopy(today)
    for version in older["spec"]["versions"]:
        version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"].pop("inspectionMode")
    world.api.client.request("PUT", CRD_PATH, older)
    yield request.param
    current = world.api.get(CRD, None, "baremetalhosts.metal3.io")
    assert current is not None
    world.api.client.request("PUT", CRD_PATH, {**current, "spec": today["spec"]})


def said(world: World) -> tuple[str | None, str | None]:
    """What the host says of its inspection: the field, the annotation."""
    host = world.get(HOST, HOST_NAME)
    return host["spec"].get("inspectionMode"), host["metadata"].get("annotations", {}).get(names.INSPECT)


def test_a_host_that_is_not_inspected_says_so_once(world: World, kind: str) -> None:
    """And before Metal3 may look at it; the second host, of a redeploy, as well."""
    world.metal3()
    world.generator()
    world.settle()
    assert said(world) == (("disabled", None) if kind == "with the field" else (None, "disabled"))
    world.annotate(redeploy="true")
    world.settle()
    assert said(world) == (("disabled", None) if kind == "with the field" else (None, "disabled"))


def test_a_host_that_is_inspected_says_nothing(world: World, kind: str) -> None:
    """Metal3 inspects by default."""
    world.generator()
    world.resolve(profiles=AGENT_PROFILE)
    world.admit(profiles=AGENT_PROFILE)
    assert kind and said(world) == (None, None)


def test_an_adopted_host_keeps_what_it_has(world: World, kind: str) -> None:
    """The operator's annotation, say."""
    world.host(annotations={names.INSPECT: "disabled"})
    world.generator()
    world.onboard()
    assert kind and said(world) == (None, "disabled") and world.phase() == names.COMPLETED


def test_a_host_of_an_earlier_version_that_is_under_way_keeps_its_annotation(world: World) -> None:
    """Its run died after the create; the run of this version activates it."""
    world.generator()
    world.resolve()
    world.admit_until_killed("patch")
    world.mark_host(annotations={names.INSPECT: "disabled"})
    world.api.patch(HOST, "metal", HOST_NAME, {"spec": {"inspectionMode": None}})
    world.later(60)
    world.admit()
    assert said(world) == (None, "disabled") and world.phase() == names.COMPLETED
