# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Structural schemas: unknown fields, pruning, defaults, and validation in the words of the API server."""
from __future__ import annotations

import copy
import ipaddress
import json
import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from .errors import Cause
from .rules import broken_rules, has_rules

Object = dict[str, Any]
_TOP = ("apiVersion", "kind", "metadata")
_MAC = re.compile(r"^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$")


def prune(value: Any, schema: Object, top: bool = True) -> list[str]:
    """Take out what the schema does not know; the answer names it, as strict decoding does."""
    return sorted(_prune(value, schema, "", top))


def wrong_type(value: Any, schema: Object) -> Cause | None:
    """The first value of a wrong type, for kinds whose decoder refuses it."""
    return next((cause for cause in _check(value, None, schema, "", top=True) if cause.reason == "FieldValueTypeInvalid"), None)


def _prune(value: Any, schema: Object, path: str, top: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        if schema.get("x-kubernetes-embedded-resource"):
            top = True
        properties, extra = schema.get("properties", {}), schema.get("additionalProperties")
        keep = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
        for key in list(value):
            where = f"{path}.{key}" if path else key
            if top and key in _TOP:
                continue
            if key in properties:
                yield from _prune(value[key], properties[key], where)
            elif isinstance(extra, dict):
                yield from _prune(value[key], extra, where)
            elif not keep and extra is not True:
                del value[key]
                yield where
    elif isinstance(value, list):
        items = schema.get("items", {})
        if items:
            for index, entry in enumerate(value):
                yield from _prune(entry, items, f"{path}[{index}]")


def default(value: Any, schema: Object) -> None:
    """Fill in the schema's defaults; nulls that are not allowed go first."""
    if isinstance(value, dict):
        properties, extra = schema.get("properties", {}), schema.get("additionalProperties")
        for key, inner in properties.items():
            if value.get(key, ...) is None and not inner.get("nullable"):
                del value[key]
            if key not in value and "default" in inner:
                value[key] = copy.deepcopy(inner["default"])
            if key in value:
                default(value[key], inner)
        if isinstance(extra, dict):
            for key in [key for key in value if key not in properties]:
                if value[key] is None and not extra.get("nullable"):
                    del value[key]
                else:
                    default(value[key], extra)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for entry in value:
            default(entry, schema["items"])


_BLOCKING = frozenset(("FieldValueNotSupported", "FieldValueRequired", "FieldValueTooLong", "FieldValueTooMany", "FieldValueTypeInvalid"))
_UNCHECKED = Cause("<nil>", "FieldValueInvalid", (
    "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"))


def validate(new: Object, old: Object | None, schema: Object, before: list[Cause], subresource: str = "") -> list[Cause]:
    """Every complaint about `new`, after those that there are already; what stands in `old` unchanged is not complained about again."""
    part = schema.get("properties", {}).get(subresource)
    if part is None or subresource not in new:
        causes = [*before, *_check(new, old, schema, "", top=True)]
    else:
        found = _check(new[subresource], (old or {}).get(subresource), part, "")       # of which the body is this part alone
        named = {"": subresource, "<nil>": subresource}
        causes = [*before, *(Cause(named.get(one.field) or f"{subresource}.{one.field}", one.reason, one.message) for one in found)]
    if not has_rules(schema):
        return causes
    if any(cause.reason in _BLOCKING for cause in causes):
        return [*causes, _UNCHECKED]
    return [*causes, *broken_rules(new, old, schema)]


def _shown(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return json.dumps(value, separators=(",", ":"))
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)


def _type_name(value: Any) -> str:
    if value is None:
        return "null"
    return {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}[type(value)]


def _is(value: Any, wanted: str) -> bool:
    if wanted == "integer":
        return not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))
    if wanted == "number":
        return not isinstance(value, bool) and isinstance(value, (int, float))
    return _type_name(value) == wanted


def _check(value: Any, old: Any, schema: Object, path: str, top: bool = False) -> Iterator[Cause]:
    if old is not None and old == value:
        return
    if value is None and schema.get("nullable"):
        return
    wanted = schema.get("type")
    if schema.get("x-kubernetes-int-or-string"):
        if not (_is(value, "integer") or isinstance(value, str)):
            yield _wrong_type(value, "integer,string", path)
            return
    elif wanted and not _is(value, wanted):
        if wanted == "integer" and isinstance(value, float):
            yield from _fraction(schema, path)
        else:
            yield _wrong_type(value, wanted, path)
        return
    if isinstance(value, str):
        yield from _check_text(value, schema, path)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _check_number(value, schema, path)
    elif isinstance(value, list):
        yield from _check_list(value, old, schema, path)
    elif isinstance(value, dict):
        yield from _check_object(value, old, schema, path, top)
    if "enum" in schema and value not in schema["enum"]:
        supported = ", ".join(json.dumps(entry) for entry in schema["enum"])
        yield Cause(path, "FieldValueNotSupported", f"Unsupported value: {_shown(value)}: supported values: {supported}")
    yield from _check_combined(value, schema, path)


def _wrong_type(value: Any, wanted: str, path: str) -> Cause:
    shown = _type_name(value)
    return Cause(path, "FieldValueTypeInvalid", f'Invalid value: "{shown}": {path} in body must be of type {wanted}: "{shown}"')


def _fraction(schema: Object, path: str) -> Iterator[Cause]:
    """A fraction where a whole number is wanted is told twice, in words that depend on the format."""
    wide = schema.get("format") == "int64"
    shown, wanted, form = ("float64", "int64", "with format int64") if wide else ("number", "integer", "(default format)")
    yield Cause(path, "FieldValueTypeInvalid", f'Invalid value: "{shown}": {path} in body must be of type {wanted}: "{shown}"')
    yield Cause("<nil>", "FieldValueInvalid", f'Invalid value: "": Checked value must be of type integer {form} in {path}')


def _bad(value: Any, path: str, why: str) -> Cause:
    return Cause(path, "FieldValueInvalid", f"Invalid value: {_shown(value)}: {path} in body {why}")


def _check_text(value: str, schema: Object, path: str) -> Iterator[Cause]:
    if "maxLength" in schema and len(value) > schema["maxLength"]:
        yield Cause(path, "FieldValueTooLong", f"Too long: may not be more than {schema['maxLength']} bytes")
    elif "minLength" in schema and len(value) < schema["minLength"]:
        yield _bad(value, path, f"should be at least {schema['minLength']} chars long")
    elif "pattern" in schema and not _pattern(schema["pattern"]).search(value):
        yield _bad(value, path, f"should match '{schema['pattern']}'")
    wanted = schema.get("format")
    if wanted and not _has_format(value, wanted):
        yield Cause(path, "FieldValueTypeInvalid", f'Invalid value: {_shown(value)}: {path} in body must be of type {wanted}: {_shown(value)}')


@lru_cache(maxsize=256)
def _pattern(pattern: str) -> re.Pattern[str]:
    """As Go reads it: classes are ASCII, and `$` is the end of the text, not the line feed before it."""
    return re.compile(re.sub(r"(?<!\\)\$(?![^\[]*\])", r"\\Z", pattern), re.ASCII)


def _has_format(value: str, wanted: str) -> bool:
    try:
        if wanted == "date-time":
            datetime.fromisoformat(value.replace("Z", "+00:00"))
            return "T" in value
        if wanted == "ipv4":
            ipaddress.IPv4Address(value)
        elif wanted == "ipv6":
            ipaddress.IPv6Address(value)
        elif wanted == "mac":
            return bool(_MAC.match(value))
    except ValueError:
        return False
    return True


def _check_number(value: float, schema: Object, path: str) -> Iterator[Cause]:
    if "minimum" in schema and (value < schema["minimum"] or (schema.get("exclusiveMinimum") and value == schema["minimum"])):
        word = "greater than" if schema.get("exclusiveMinimum") else "greater than or equal to"
        yield _bad(value, path, f"should be {word} {schema['minimum']}")
    if "maximum" in schema and (value > schema["maximum"] or (schema.get("exclusiveMaximum") and value == schema["maximum"])):
        word = "less than" if schema.get("exclusiveMaximum") else "less than or equal to"
        yield _bad(value, path, f"should be {word} {schema['maximum']}")
    if "multipleOf" in schema and value % schema["multipleOf"]:
        yield _bad(value, path, f"should be a multiple of {schema['multipleOf']}")


def item_key(entry: Any, schema: Object) -> str | None:
    """What tells the entries of a list map or a set apart."""
    if schema.get("x-kubernetes-list-type") == "map" and isinstance(entry, dict):
        items = schema.get("items", {}).get("properties", {})
        return json.dumps({key: entry.get(key, items.get(key, {}).get("default")) for key in schema["x-kubernetes-list-map-keys"]}, separators=(",", ":"))
    if schema.get("x-kubernetes-list-type") == "set":
        return json.dumps(entry, sort_keys=True)
    return None


def _check_list(value: list[Any], old: Any, schema: Object, path: str) -> Iterator[Cause]:
    if "maxItems" in schema and len(value) > schema["maxItems"]:
        yield Cause(path, "FieldValueTooMany", f"Too many: {len(value)}: must have at most {schema['maxItems']} items")
    if "minItems" in schema and len(value) < schema["minItems"]:
        yield _bad(len(value), path, f"should have at least {schema['minItems']} items")
    before = {item_key(entry, schema): entry for entry in old} if isinstance(old, list) and schema.get("x-kubernetes-list-type") == "map" else {}
    seen: set[str] = set()
    for index, entry in enumerate(value):
        key = item_key(entry, schema)
        if key is not None and key in seen:
            yield Cause(f"{path}[{index}]", "FieldValueDuplicate", f"Duplicate value: {key}")
        elif key is not None:
            seen.add(key)
        yield from _check(entry, before.get(key), schema.get("items", {}), f"{path}[{index}]")
    if schema.get("uniqueItems") and len({json.dumps(entry, sort_keys=True) for entry in value}) != len(value):
        yield _bad(value, path, "shouldn't contain duplicates")


def _check_object(value: Object, old: Any, schema: Object, path: str, top: bool) -> Iterator[Cause]:
    before = old if isinstance(old, dict) else {}
    properties, extra = schema.get("properties", {}), schema.get("additionalProperties")
    for key in schema.get("required", ()):
        if key not in value:
            where = f"{path}.{key}" if path else key
            yield Cause(where, "FieldValueRequired", "Required value")
    if "maxProperties" in schema and len(value) > schema["maxProperties"]:
        yield Cause(path, "FieldValueTooMany", f"Too many: {len(value)}: must have at most {schema['maxProperties']} items")
    if "minProperties" in schema and len(value) < schema["minProperties"]:
        yield _bad(len(value), path, f"should have at least {schema['minProperties']} properties")
    for key, inner in sorted(value.items()):
        if top and key in _TOP:
            continue
        where = f"{path}.{key}" if path else key
        if key in properties:
            yield from _check(inner, before.get(key), properties[key], where)
        elif isinstance(extra, dict):
            yield from _check(inner, before.get(key), extra, where)


def _check_combined(value: Any, schema: Object, path: str) -> Iterator[Cause]:
    for inner in schema.get("allOf", ()):
        yield from _check(value, None, inner, path)
    if "anyOf" in schema and not any(not list(_check(value, None, inner, path)) for inner in schema["anyOf"]):
        yield _bad(value, path, "must validate at least one schema (anyOf)")
    if "oneOf" in schema and sum(not list(_check(value, None, inner, path)) for inner in schema["oneOf"]) != 1:
        yield _bad(value, path, "must validate one and only one schema (oneOf)")
    if "not" in schema and not list(_check(value, None, schema["not"], path)):
        yield _bad(value, path, "must not validate the schema (not)")
