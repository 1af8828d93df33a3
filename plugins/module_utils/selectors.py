# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels that fulfil a label selector, as far as any do: pure."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ANY_VALUE = "selected"          # of a label that only has to exist


def selecting_labels(selector: Mapping[str, Any], fixed: Mapping[str, str]) -> tuple[dict[str, str], str | None]:
    """The fixed labels and those by which the selector selects them, and why it does not, where it cannot."""
    demands = _demands(selector)
    if isinstance(demands, str):
        return dict(fixed), demands
    labels = dict(fixed)
    for key in {key: None for key, operator, _values in demands if operator in ("In", "Exists")}:
        mine = [(operator, values) for name, operator, values in demands if name == key]
        offered = [value for operator, values in mine if operator == "In" for value in values] or [
            ANY_VALUE, *(f"{ANY_VALUE}-{number}" for number in range(1 + sum(len(values) for _operator, values in mine)))]
        fitting = next((value for value in offered if all(_holds(value, *demand) for demand in mine)), None)
        if fitting is not None:
            labels.setdefault(key, fitting)
    for key, operator, values in demands:
        if not _holds(labels.get(key), operator, values):
            wanted = f"{operator} {', '.join(values)}" if values else operator
            return labels, f"its demand on label {key!r} ({wanted}) cannot be fulfilled together with the others and with the labels that are set for you"
    return labels, None


def _demands(selector: Mapping[str, Any]) -> list[tuple[str, str, list[str]]] | str:
    """(label, operator, values) each, or why they cannot be read."""
    pairs, expressions = selector.get("matchLabels") or {}, selector.get("matchExpressions") or []
    if not isinstance(pairs, dict) or not isinstance(expressions, list):
        return "matchLabels must be a mapping and matchExpressions a list"
    demands = [(key, "In", [value]) for key, value in pairs.items()]
    for expression in expressions:
        if not isinstance(expression, dict) or not isinstance(expression.get("key"), str):
            return "each of matchExpressions must be a mapping with a key"
        operator, values = expression.get("operator"), expression.get("values") or []
        if operator not in ("In", "NotIn", "Exists", "DoesNotExist") or not isinstance(values, list):
            return f"the operator for label {expression['key']!r} must be In, NotIn, Exists or DoesNotExist, and its values a list"
        if (operator in ("In", "NotIn")) != bool(values):
            return f"operator {operator} for label {expression['key']!r} has values where it takes none, or none where it needs some"
        demands.append((expression["key"], operator, values))
    if not all(isinstance(value, str) for _key, _operator, values in demands for value in values):
        return "the values of its labels must be text"
    return demands


def _holds(value: str | None, operator: str, values: list[str]) -> bool:
    match operator:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case _:
            return value is None
