# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The small definitions of others' kinds, by which a clone is tested that has no published ones beside it, know every field that we read or write."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.cluster import AGENT, HOST, INFRAENV, NMSTATE, Kind
from ansible_collections.baremetal.generator.plugins.module_utils.generators import Request, asks
from ansible_collections.baremetal.generator.plugins.module_utils.hosts import SPEC_OF_OPTION
from ansible_collections.baremetal.generator.plugins.module_utils.manifests import Facts, inert_host, nmstate_config
from ansible_collections.baremetal.generator.plugins.module_utils.profiles import Profiles
from ansible_collections.baremetal.generator.plugins.module_utils.readable import SHAPES, Shape
from tests.cluster.real import read_crds
from tests.fixtures.cluster import METAL3_MINIMAL
from tests.simulators.kubernetes import KubernetesSimulator

Schema = Mapping[str, Any]
TYPES = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}
KINDS = (HOST, INFRAENV, AGENT, NMSTATE)
# What the code reads or writes of a host without readable.py (only whether it is there, or as it is).
HOST_BESIDES = {
    *(f"spec.{field}" for field in SPEC_OF_OPTION.values()), "spec.consumerRef", "spec.consumerRef.kind", "spec.consumerRef.name", "spec.inspectionMode",
    "spec.customDeploy.method", "spec.bmc.disableCertificateVerification", "status.poweredOn", "status.errorCount"}


def schema_of(kind: Kind) -> Schema:
    """The one of the small definition."""
    crd, = (one for one in read_crds([METAL3_MINIMAL]) if one["metadata"]["name"] == f"{kind.plural}.{kind.group}")
    version, = crd["spec"]["versions"]
    assert (crd["spec"]["names"]["kind"], version["name"]) == (kind.kind, kind.version)
    return version["schema"]["openAPIV3Schema"]


def inner(schema: Schema, name: str) -> Schema | None:
    """Of one field; of what a map holds where the schema knows no names."""
    known = (schema.get("properties") or {}).get(name)
    return known if known is not None else schema["additionalProperties"] if isinstance(schema.get("additionalProperties"), dict) else None


def missing(shape: Shape, schema: Schema | None, path: str) -> Iterator[str]:
    """Paths that a shape names and the schema does not have, or has of another type."""
    if schema is None:
        yield path
        return
    if not schema.get("x-kubernetes-int-or-string") and TYPES[schema["type"]] not in shape.types:
        yield f"{path} ({schema['type']}, not {shape.what})"
        return
    for name, known in shape.fields.items():
        yield from missing(known, inner(schema, name), f"{path}.{name}" if path else name)
    if shape.items is not None and schema["type"] == "array":
        yield from missing(shape.items, schema["items"], f"{path}[]")
    elif shape.items is not None:
        values = schema.get("properties") or {"*": inner(schema, "*")}
        for name, below in values.items():
            yield from missing(shape.items, below, f"{path}.{name}")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_every_field_that_is_made_readable_is_there(kind: Kind) -> None:
    """With the type that the code relies on."""
    assert list(missing(SHAPES[kind], schema_of(kind), "")) == []


def test_a_field_that_is_not_there_is_seen() -> None:
    """By the test above: without errorCount an error would end with each retry."""
    schema = schema_of(HOST)
    status = {name: one for name, one in schema["properties"]["status"]["properties"].items() if name != "errorCount"}
    without = {**schema, "properties": {**schema["properties"], "status": {**schema["properties"]["status"], "properties": status}}}
    assert list(missing(SHAPES[HOST], without, "")) == ["status.errorCount"]
    turned = {**schema, "properties": {**schema["properties"], "spec": {"type": "string"}}}
    assert list(missing(SHAPES[HOST], turned, "")) == ["spec (string, not an object)"]


@pytest.mark.parametrize("path", sorted(HOST_BESIDES))
def test_the_other_fields_of_a_host_are_there(path: str) -> None:
    """Those of which the code asks only whether they are set."""
    schema: Schema | None = schema_of(HOST)
    for name in path.split("."):
        assert schema is not None
        schema = inner(schema, name)
    assert schema is not None


def wanted() -> tuple[dict[str, Any], dict[str, Any]]:
    """A host and an NMStateConfig with everything that a generator and a profile may ask for."""
    hints = {
        "deviceName": "/dev/sda", "hctl": "1:0:0:0", "model": "m", "vendor": "v", "serialNumber": "s", "minSizeGigabytes": 1, "wwn": "0x5000c500a1b2c3d4",
        "wwnWithExtension": "w", "wwnVendorExtension": "x", "rotational": False}
    generator = {
        "metadata": {"namespace": "n", "name": "node7", "uid": "u", "generation": 2},
        "spec": {"infraEnv": "env", "networkConfig": {"vlanId": 24, "nicNames": ["eno1", "eno2"], "macIndices": ["0", "1"]},
                 "host": {"rootDeviceHints": hints, "bootMode": "legacy", "automatedCleaningMode": "metadata"}}}
    request = asks(generator, Profiles.parse([{"default": True, "custom_deploy": "install_coreos"}]))
    assert isinstance(request, Request), request
    macs = ("aa:bb:cc:dd:ee:01", "aa:bb:cc:dd:ee:02")
    found = Facts("HP", "192.0.2.7", "redfish-virtualmedia://192.0.2.7/redfish/v1/Systems/1", macs, ("eno1", "eno2"), vlan_id=24)
    config = nmstate_config(request, found, generator, {"spec": {"nmStateConfigLabelSelector": {"matchLabels": {"a": "b"}}}})
    assert config is not None
    return inert_host(request, found, generator, "rid-1"), config


def test_what_is_made_is_kept_whole() -> None:
    """Nothing of it is pruned."""
    with KubernetesSimulator() as simulator:
        for crd in read_crds([METAL3_MINIMAL]):
            simulator.apply(crd)
        simulator.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}})
        for body in wanted():
            assert simulator.create(body)["spec"] == body["spec"]
