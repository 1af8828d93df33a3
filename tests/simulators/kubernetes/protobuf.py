# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies in protobuf, which kubectl create sends: the few messages of the kinds that it creates, as plain objects."""
from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from . import claims
from .errors import bad_request

Object = dict[str, Any]
_PREFIX = b"k8s\0"
# field number -> (name, type); a type in brackets is repeated, a dict is a message, "map"/"bytesmap" are maps of texts or bytes.
_METADATA: dict[int, tuple[str, Any]] = {
    1: ("name", "text"), 2: ("generateName", "text"), 3: ("namespace", "text"), 5: ("uid", "text"), 6: ("resourceVersion", "text"), 11: ("labels", "map"),
    12: ("annotations", "map"), 14: ("finalizers", ["text"])}
_MESSAGES: dict[str, dict[int, tuple[str, Any]]] = {
    "Namespace": {1: ("metadata", _METADATA), 2: ("spec", {1: ("finalizers", ["text"])})},
    "Secret": {1: ("metadata", _METADATA), 2: ("data", "bytesmap"), 3: ("type", "text"), 4: ("stringData", "map"), 5: ("immutable", "bool")},
    "ConfigMap": {1: ("metadata", _METADATA), 2: ("data", "map"), 3: ("binaryData", "bytesmap"), 4: ("immutable", "bool")},
    "ServiceAccount": {1: ("metadata", _METADATA)},
    "DeleteOptions": {1: ("gracePeriodSeconds", "int"), 2: ("preconditions", {1: ("uid", "text"), 2: ("resourceVersion", "text")}),
                      4: ("propagationPolicy", "text"), 5: ("dryRun", ["text"])},
}


def decode(body: bytes) -> Object:
    """The object in the envelope. 501 for kinds that are not in the list."""
    if not body.startswith(_PREFIX):
        raise bad_request("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    envelope = _message(body[len(_PREFIX):], {1: ("type", {1: ("apiVersion", "text"), 2: ("kind", "text")}), 2: ("raw", "bytes")})
    kind = envelope.get("type", {}).get("kind", "")
    if kind not in _MESSAGES:
        raise claims.not_claimed(f"bodies of kind {kind} in protobuf")
    return {**envelope["type"], **_message(envelope.get("raw", b""), _MESSAGES[kind])}


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Numbers and raw values, as they stand on the wire."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        if tag & 7 == 0:
            value, position = _varint(data, position)
            yield tag >> 3, value
        elif tag & 7 == 2:
            length, position = _varint(data, position)
            yield tag >> 3, data[position:position + length]
            position += length
        else:
            raise bad_request(f"proto: illegal wireType {tag & 7}")


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(data):
            raise bad_request("unexpected EOF")
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, position


def _message(data: bytes, known: dict[int, tuple[str, Any]]) -> Object:
    found: Object = {}
    for number, raw in _fields(data):
        if number not in known:
            continue
        name, kind = known[number]
        if isinstance(kind, list):
            found.setdefault(name, []).append(raw.decode())
        elif kind in ("map", "bytesmap"):
            entry = _message(raw, {1: ("key", "text"), 2: ("value", "bytes")})
            value = entry.get("value", b"")
            found.setdefault(name, {})[entry.get("key", "")] = value.decode() if kind == "map" else base64.b64encode(value).decode()
        elif isinstance(kind, dict):
            found[name] = _message(raw, kind)
        else:
            found[name] = raw.decode() if kind == "text" else bool(raw) if kind == "bool" else raw
    return {name: value for name, value in found.items() if value != "" or name == "value"}
