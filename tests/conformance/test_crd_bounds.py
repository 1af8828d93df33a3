# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every field of our kinds has bounds, which the API server keeps and which stop nobody who writes what a stage or the operator writes."""
from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.simulators.kubernetes.errors import Cause
from tests.simulators.kubernetes.schema import validate
from tests.tools.places import ROOT

from . import crd_samples as samples
from .crd_samples import BUFFER, GENERATOR, INSTEAD, Object

CRDS = ROOT / "roles" / "install" / "files"
SAMPLES = {"generator": GENERATOR, "buffer": BUFFER, "manager": samples.MANAGER}
FILES = {"generator": "baremetalhostgenerators.yaml", "buffer": "baremetalhostbuffers.yaml", "manager": "baremetalhostmanagers.yaml"}


def schema_of(kind: str) -> Object:
    """Its schema, as the role brings it."""
    crd = yaml.safe_load((CRDS / FILES[kind]).read_text(encoding="utf-8"))
    (version,) = crd["spec"]["versions"]
    return version["schema"]["openAPIV3Schema"]


def leaves(schema: Object, path: str) -> Iterator[tuple[str, Object]]:
    """Every text, number, list and map below, with its path; [] is an item of a list, {} a value of a map."""
    for name, inner in schema.get("properties", {}).items():
        where = f"{path}.{name}"
        if inner.get("type") != "object" or "additionalProperties" in inner:
            yield where, inner
        yield from leaves(inner, where)
    for mark, inner in (("[]", schema.get("items")), ("{}", schema.get("additionalProperties"))):
        if isinstance(inner, dict):
            if inner.get("type") != "object":
                yield f"{path}{mark}", inner
            yield from leaves(inner, f"{path}{mark}")


LEAVES = [
    (kind, where, leaf) for kind in FILES for part in ("spec", "status") for where, leaf in leaves(schema_of(kind)["properties"][part], part)
    if leaf.get("type") != "boolean"
]


def test_every_kind_of_ours_is_looked_at() -> None:
    assert set(FILES.values()) == {path.name for path in CRDS.glob("baremetalhost*.yaml")}


def absurd(leaf: Object) -> list[Any]:
    """Values of the right type that nobody could mean."""
    texts, numbers = ["9" * 100_000], [2**62, -(2**62)]
    if leaf.get("x-kubernetes-int-or-string"):
        return [*texts, *numbers]
    sample = {"string": "a", "integer": 1, "object": {"type": "a", "status": "True", "at": "2026-01-01T00:00:00Z", "actor": "a"}}
    match leaf["type"]:
        case "string":
            return texts
        case "integer":
            return numbers
        case "array":
            return [[sample[leaf["items"].get("type", "string")]] * 5000]
        case _:
            return [{f"key-{number}": "a" for number in range(5000)}]


def with_value(kind: str, where: str, value: Any) -> Object:
    """The sample with this value at this place."""
    item = copy.deepcopy(SAMPLES[kind])
    parent_path, _dot, _last = where.rpartition(".")
    base = re.sub(r"(\[\]|\{\})$", "", where)
    if base in INSTEAD:
        spec, field = item, base.split(".")[1]
        spec["spec"].pop("networkConfig", None)
        spec["spec"][field] = copy.deepcopy(INSTEAD[base])
    steps = re.findall(r"[^.\[\]{}]+|\[\]|\{\}", where)
    parent: Any = item
    for step in steps[:-1]:
        parent = parent[0] if step == "[]" else next(iter(parent.values())) if step == "{}" else parent[step]
    if steps[-1] == "[]":
        parent[0] = value
    else:
        parent[next(iter(parent)) if steps[-1] == "{}" else steps[-1]] = value
    return item


def refusals(kind: str, item: Object) -> list[Cause]:
    """What the API says to a write that changes an object with an empty status into this one."""
    before = {key: value for key, value in SAMPLES[kind].items() if key != "status"}
    return validate(item, before, schema_of(kind), [])


@pytest.mark.parametrize(("kind", "where", "leaf"), LEAVES, ids=[f"{kind}.{where}" for kind, where, _leaf in LEAVES])
def test_every_field_has_a_bound(kind: str, where: str, leaf: Object) -> None:
    """Lengths stand in the schema itself, where the cost of rules is reckoned from them; numbers may be bounded by a rule."""
    match leaf.get("type"):
        case "string":
            assert "maxLength" in leaf or "enum" in leaf
        case "array":
            assert "maxItems" in leaf
        case "object":
            assert "maxProperties" in leaf
    for value in absurd(leaf):
        plain = where.removesuffix("{}")
        named = [cause for cause in refusals(kind, with_value(kind, where, value)) if of(cause, plain)]
        assert named, f"{where}: {str(value)[:30]} is accepted"


def of(cause: Cause, where: str) -> bool:
    """It is about this field, or a rule of the whole object about the ledger."""
    field = re.sub(r"\[\d+\]", "[]", cause.field)
    return field.startswith(where) or (where.startswith("status.reservations[]") and "reservation" in cause.message)


@pytest.mark.parametrize(("kind", "where", "leaf"), LEAVES, ids=[f"{kind}.{where}" for kind, where, _leaf in LEAVES])
def test_every_field_says_its_type_and_has_a_sample(kind: str, where: str, leaf: Object) -> None:
    if not where.endswith(("[]", "{}")):
        assert re.search(r"\((string|integer|list|map|boolean)", leaf["description"]), leaf["description"]
    item = with_value(kind, where, None)          # KeyError where the sample lacks the field's parents
    assert item and refusals(kind, SAMPLES[kind]) == []
    assert where in INSTEAD or re.sub(r"(\[\]|\{\})$", "", where) in INSTEAD or has(SAMPLES[kind], where)


def has(item: Any, where: str) -> bool:
    """The sample has a value at this place."""
    for step in re.findall(r"[^.\[\]{}]+|\[\]|\{\}", where):
        if not item or (step not in ("[]", "{}") and step not in item):
            return False
        item = item[0] if step == "[]" else next(iter(item.values())) if step == "{}" else item[step]
    return True
