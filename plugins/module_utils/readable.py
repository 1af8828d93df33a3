# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects as the API gives them, made safe to read: what we look at has the type that its schema gives it, or is not there, and is told. Pure.

An older CRD, another version of this collection or a hand on a status may have let in anything. Everything behind this file relies on types.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .cluster import AGENT, BUFFER, GENERATOR, HOST, INFRAENV, NMSTATE, SECRET, Kind, Object

GREATEST = 1 << 63          # of an int64


@dataclass(frozen=True)
class Shape:
    """What a value has to be. fields: of an object, other fields are left alone; items: of a list or of the values of a map."""

    what: str
    types: tuple[type, ...]
    fields: Mapping[str, Shape] = field(default_factory=dict)
    items: Shape | None = None


TEXT = Shape("a text", (str,))
NUMBER = Shape("a whole number", (int,))
FLAG = Shape("true or false", (bool,))
TEXT_OR_NUMBER = Shape("a text or a whole number", (str, int))


def object_of(**fields: Shape) -> Shape:
    """An object with at least these fields known."""
    return Shape("an object", (dict,), fields)


def list_of(items: Shape) -> Shape:
    """A list of such."""
    return Shape("a list", (list,), items=items)


def map_of(items: Shape) -> Shape:
    """A map from text to such."""
    return Shape("a map", (dict,), items=items)


ENTRY = Shape("an object", (dict,))             # availability.py tells which of them can be read
ENTRY_FIELDS = object_of(
    **dict.fromkeys(("key", "rid", "bufferedAt", "mac", "bmc", "state", "hostUid", "replaces", "actor", "grantedAt"), TEXT),
    generator=object_of(namespace=TEXT, name=TEXT, uid=TEXT, generation=NUMBER),
)
OWNER = object_of(uid=TEXT, name=TEXT, kind=TEXT)
METADATA = object_of(
    name=TEXT, namespace=TEXT, uid=TEXT, resourceVersion=TEXT, generation=NUMBER, creationTimestamp=TEXT, deletionTimestamp=TEXT,
    labels=map_of(TEXT), annotations=map_of(TEXT), finalizers=list_of(TEXT), ownerReferences=list_of(OWNER),
)
CONDITIONS = list_of(object_of(type=TEXT, status=TEXT, reason=TEXT, message=TEXT, lastTransitionTime=TEXT, observedGeneration=NUMBER))
# What a generator's spec has to look like; a fault there is its user's to correct, so nothing is taken out of it.
GENERATOR_SPEC = object_of(
    infraEnv=TEXT, serverName=TEXT, namespace=TEXT, server_vendor=TEXT, labels=map_of(TEXT), buffer=TEXT,
    **dict.fromkeys(("network", "networkConfig"), object_of(
        vlanId=TEXT_OR_NUMBER, nicName=TEXT, macIndex=TEXT_OR_NUMBER, nicNames=list_of(TEXT), macIndices=list_of(TEXT_OR_NUMBER))),
    host=object_of(
        role=TEXT, clusterReference=TEXT, bootMode=TEXT, automatedCleaningMode=TEXT, bmcCredentials=TEXT, rootDeviceHints=object_of(
            deviceName=TEXT, hctl=TEXT, model=TEXT, vendor=TEXT, serialNumber=TEXT, minSizeGigabytes=NUMBER, wwn=TEXT, wwnWithExtension=TEXT,
            wwnVendorExtension=TEXT, rotational=FLAG)),
)
GENERATOR_STATUS = object_of(
    **dict.fromkeys((
        "phase", "message", "bufferedAt", "macAddress", "ipmiAddress", "bmcAddress", "bmhName", "bmhNamespace", "serverVendor", "serverModel", "variablesHash",
        "serverSerial", "manager", "selectedNicName", "nextAttemptAt", "replaces", "redeploying", "redeployed"), TEXT),
    **dict.fromkeys(("attempts", "resolvedGeneration", "observedGeneration"), NUMBER),
    macAddresses=list_of(TEXT), vlanId=TEXT_OR_NUMBER, selectedNicNames=list_of(TEXT), selectedMacIndices=list_of(TEXT_OR_NUMBER),
    selectedMacIndex=TEXT_OR_NUMBER, conditions=CONDITIONS,
)
SHAPES: Mapping[Kind, Shape] = {
    GENERATOR: object_of(spec=object_of(), status=GENERATOR_STATUS),
    BUFFER: object_of(
        spec=object_of(maxAvailable=NUMBER, counting=TEXT, agentAware=FLAG, excludeErrorAfter=TEXT),
        status=object_of(
            lastTicket=TEXT, sweptAt=TEXT, lastCheck=TEXT, reservations=list_of(ENTRY), conditions=CONDITIONS,
            hostsInError=list_of(object_of(uid=TEXT, since=TEXT)),
            **dict.fromkeys(("occupied", "reserved", "waiting", "inError", "withoutStatus"), NUMBER))),
    HOST: object_of(
        spec=object_of(
            bootMACAddress=TEXT, bmc=object_of(address=TEXT, credentialsName=TEXT), externallyProvisioned=FLAG, inspectionMode=TEXT,
            rootDeviceHints=object_of()),
        status=object_of(
            operationalStatus=TEXT, errorMessage=TEXT, errorType=TEXT, lastUpdated=TEXT, provisioning=object_of(state=TEXT),
            errorCount=NUMBER)),
    AGENT: object_of(spec=object_of()),
    INFRAENV: object_of(spec=object_of(nmStateConfigLabelSelector=object_of(matchLabels=map_of(TEXT)))),
    NMSTATE: object_of(),
    SECRET: object_of(data=map_of(TEXT)),
}
WITH_METADATA = object_of(metadata=METADATA)
WHOLE = {kind: object_of(metadata=METADATA, **shape.fields) for kind, shape in SHAPES.items()}
NEVER_NEGATIVE = frozenset({"maxAvailable", "attempts", "occupied", "reserved", "waiting", "inError", "withoutStatus"})


def whole_number(text: object) -> int | None:
    """A number written in ASCII digits that an int64 surely holds; None for anything else. (int() takes "²" amiss, and refuses 4,301 digits.)"""
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 18 else None


def has_a_name(kind: Kind, item: object) -> bool:
    """It is an object of this kind at all: anything else cannot be told from another, nor written to."""
    metadata = item.get("metadata") if isinstance(item, dict) else None
    if not isinstance(metadata, dict):
        return False
    wanted = ("name", "uid", "resourceVersion", *(("namespace",) if kind.namespaced else ()))
    return all(isinstance(metadata.get(one), str) and metadata[one] for one in wanted)


def readable(kind: Kind, item: Object) -> tuple[Object, tuple[str, ...]]:
    """The object without what cannot be read, and what that was, each in words. The same object where nothing is wrong."""
    shape = WHOLE.get(kind, WITH_METADATA)
    if _is_sound(shape, item, ""):                      # nearly all are, and ten thousand are gone through at once
        return item, ()
    faults: list[str] = []
    return _read(shape, item, "", faults), tuple(faults)


def faults_of(shape: Shape, value: object, path: str) -> list[str]:
    """What is wrong with a value, each in words; nothing is taken out."""
    faults: list[str] = []
    _read(shape, value, path, faults)
    return faults


def _is_sound(shape: Shape, value: Any, name: str) -> bool:
    """Nothing in it is anything but what it has to be."""
    if not _fits(shape, value, name):
        return False
    if isinstance(value, dict):
        fields, items = shape.fields, shape.items
        return all(
            one is None or (inner := fields.get(field_name, items)) is None or _is_sound(inner, one, field_name) for field_name, one in value.items())
    return not isinstance(value, list) or shape.items is None or all(_is_sound(shape.items, one, "") for one in value)


def _read(shape: Shape, value: Any, path: str, faults: list[str]) -> Any:
    """The value with what fits; None where it does not fit itself (the API takes null for absent, too)."""
    if not _fits(shape, value, path.rpartition(".")[2]):
        faults.append(f"{path or 'the object'} must be {shape.what}, not {_type_of(shape, value)}")
        return None
    if isinstance(value, dict):
        return _read_object(shape, value, path, faults)
    if isinstance(value, list) and shape.items:
        read = [_read(shape.items, one, f"{path}[{at}]", faults) for at, one in enumerate(value)]
        return [one for one in read if one is not None]
    return value


def _read_object(shape: Shape, value: dict[Any, Any], path: str, faults: list[str]) -> dict[str, Any]:
    read = {}
    for name, one in value.items():
        inner = shape.fields.get(name, shape.items)
        where = f"{path}.{name}" if path else str(name)
        kept = one if inner is None or one is None else _read(inner, one, where, faults)
        if kept is not None or one is None:
            read[name] = kept
        elif name in NEVER_NEGATIVE:
            read[name] = 0                              # a cap that cannot be read lets nobody in
    return read


def _fits(shape: Shape, value: object, name: str) -> bool:
    if isinstance(value, bool):
        return bool in shape.types
    if isinstance(value, int):
        least = 0 if name in NEVER_NEGATIVE else -GREATEST
        return int in shape.types and least <= value < GREATEST
    return isinstance(value, shape.types)


def _type_of(shape: Shape, value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int):
        return "such a number" if int in shape.types else "a number"
    kinds = {str: "a text", float: "a number with a fraction", list: "a list", dict: "an object", type(None): "null"}
    return kinds.get(type(value), "something else")


def can_be_named(item: Object) -> str:
    """Namespace and name, for a sentence."""
    metadata = item["metadata"]
    return "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))
