# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Label and field selectors."""
from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .errors import ApiError, bad_request

Object = dict[str, Any]
Match = Callable[[Object], bool]
_TERM = re.compile(
    r"\s*(?:(?P<absent>!)\s*(?P<no>[^\s,=!()<>]+)"
    r"|(?P<key>[^\s,=!()<>]+)(?:\s+(?P<op>in|notin)\s*\((?P<set>[^)]*)\)|\s*(?P<eq>==|=|!=|>|<)\s*(?P<value>[^\s,=!()<>]*))?)\s*(?:,|$)"
)
_VALUE = re.compile(r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")


def everything(_body: Object) -> bool:
    """No selector."""
    return True


def label_selector(text: str) -> Match:
    """A test of an object's labels."""
    if not text.strip():
        return everything
    tests: list[Callable[[dict[str, str]], bool]] = []
    position = 0
    while position < len(text):
        found = _TERM.match(text, position)
        if not found or found.end() == position:
            raise _unparsable(text)
        position = found.end()
        tests.append(_label_test(found))
    return lambda body: _all(tests, body["metadata"].get("labels") or {})


def _all(tests: list[Callable[[dict[str, str]], bool]], labels: dict[str, str]) -> bool:
    return all(test(labels) for test in tests)


def _unparsable(text: str) -> ApiError:
    return bad_request(f'unable to parse requirement: found \'{text}\', expected: !, identifier, or \'end of string\'')


def _label_test(found: re.Match[str]) -> Callable[[dict[str, str]], bool]:
    if found["absent"]:
        missing = found["no"]
        return lambda labels: missing not in labels
    key = found["key"]
    if found["op"]:
        values = {value.strip() for value in found["set"].split(",")}
        if found["op"] == "in":
            return lambda labels: labels.get(key) in values if key in labels else False
        return lambda labels: key not in labels or labels[key] not in values
    if found["eq"] is None:
        return lambda labels: key in labels
    value = found["value"]
    if not _VALUE.match(value):
        raise _unparsable(value)
    if found["eq"] in ("=", "=="):
        return lambda labels: labels.get(key) == value
    if found["eq"] == "!=":
        return lambda labels: labels.get(key) != value
    if not value.isdigit():
        raise _unparsable(value)
    limit, greater = int(value), found["eq"] == ">"
    return lambda labels: key in labels and labels[key].isdigit() and (int(labels[key]) > limit if greater else int(labels[key]) < limit)


def field_selector(text: str, fields: tuple[str, ...]) -> Match:
    """A test of the fields that this kind allows to select by."""
    if not text.strip():
        return everything
    wanted: list[tuple[list[str], bool, str]] = []
    for term in text.split(","):
        if not term:
            continue
        found = re.match(r"^(?P<path>[^=!]+)(?P<op>!=|==|=)(?P<value>.*)$", term)
        if not found:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{term}'")
        path = found["path"]
        if path not in fields:
            raise bad_request(f"field label not supported: {path}")
        wanted.append((path.split("."), found["op"] != "!=", found["value"]))
    return lambda body: all((_at(body, path) == value) is equal for path, equal, value in wanted)


def _at(body: Any, path: list[str]) -> str:
    for step in path:
        body = body.get(step) if isinstance(body, dict) else None
        if body is None:
            return ""
    if isinstance(body, bool):
        return "true" if body else "false"
    return str(body)
