# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading what a request carries: JSON as the server takes it, and the options in its query."""
from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import yaml

from . import errors, protobuf
from .errors import ApiError, Cause

Object = dict[str, Any]
PROTOBUF = "application/vnd.kubernetes.protobuf"
_POLICIES = ("Background", "Foreground", "Orphan")
_VALIDATIONS = ("Ignore", "Strict", "Warn")


class _Twice(dict[str, Any]):
    """A JSON object in which keys stood twice."""

    twice: tuple[str, ...] = ()


def read(body: bytes, content_type: str) -> tuple[Any, list[str]]:
    """The value, and the paths of fields that stood twice; the last one wins."""
    kind = content_type.partition(";")[0].strip()
    if kind == PROTOBUF:
        return protobuf.decode(body), []
    try:
        value = yaml.safe_load(body) if "yaml" in kind else json.loads(body or b"{}", object_pairs_hook=_pairs, parse_float=_number)
    except (ValueError, yaml.YAMLError) as error:
        raise errors.bad_request(f"couldn't get version/kind; json parse error: {error}") from error
    return value, list(_twice(value, ""))


def _pairs(pairs: list[tuple[str, Any]]) -> Object:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    marked = _Twice(found)
    keys = [key for key, _value in pairs]
    marked.twice = tuple(key for key in found if keys.count(key) > 1)
    return marked


def _twice(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value, _Twice):
            yield from (f"{path}.{key}".lstrip(".") for key in value.twice)
        for key, inner in value.items():
            if isinstance(inner, (dict, list)):
                yield from _twice(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _twice(inner, f"{path}[{index}]")


def _number(text: str) -> int | float:
    """3.0 is kept, and shown, as 3."""
    number = float(text)
    return int(number) if number.is_integer() else number


def whole(query: dict[str, str], key: str) -> int:
    """A number in the query, 0 when it is not there."""
    text = query.get(key) or "0"
    if not text.lstrip("-").isdigit():
        raise errors.bad_request(f'unable to decode "{text}" into {key}: strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(text)


def check_list_options(query: dict[str, str]) -> None:
    """resourceVersionMatch goes with a version, and with no continue."""
    match, version = query.get("resourceVersionMatch"), query.get("resourceVersion")
    if not match or "watch" in query:
        return
    if match not in ("Exact", "NotOlderThan"):
        raise _list_refused(f'Unsupported value: "{match}": supported values: "", "Exact", "NotOlderThan"', "FieldValueNotSupported")
    if query.get("continue"):
        raise _list_refused("Forbidden: resourceVersionMatch is forbidden when continue is provided")
    if not version:
        raise _list_refused("Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided")
    if match == "Exact" and version == "0":
        raise _list_refused('Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"')


def _list_refused(message: str, reason: str = "FieldValueForbidden") -> ApiError:
    return errors.invalid_options("ListOptions", Cause("resourceVersionMatch", reason, message))


def field_validation(query: dict[str, str], method: str) -> str:
    """How strict the decoder is to be."""
    wanted = query.get("fieldValidation") or "Warn"
    if wanted not in _VALIDATIONS:
        kind = {"POST": "CreateOptions", "PUT": "UpdateOptions"}.get(method, "PatchOptions")
        supported = ", ".join(f'"{entry}"' for entry in ("", *_VALIDATIONS))
        raise errors.invalid_options(kind, Cause(
            "fieldValidation", "FieldValueNotSupported", f'Unsupported value: "{wanted}": supported values: {supported}'))
    return wanted


def check_delete_options(options: Object) -> None:
    """propagationPolicy is one of three."""
    policy = options.get("propagationPolicy")
    if policy and policy not in _POLICIES:
        supported = ", ".join(f'"{entry}"' for entry in (*_POLICIES, "nil"))
        raise errors.invalid_options("DeleteOptions", Cause(
            "propagationPolicy", "FieldValueNotSupported", f'Unsupported value: "{policy}": supported values: {supported}'))
