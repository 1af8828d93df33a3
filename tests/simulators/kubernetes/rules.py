# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CEL rules of a schema (x-kubernetes-validations), evaluated by a CEL library."""
from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from cel_expr_python import cel
from cel_expr_python.ext import ext_bindings, ext_strings

from .errors import Cause

Object = dict[str, Any]
_RESERVED = frozenset((
    "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
    "namespace", "return", "var", "void", "while"))
_ESCAPES = (("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__"))
_REASONS = {"FieldValueInvalid", "FieldValueForbidden", "FieldValueRequired", "FieldValueDuplicate"}


def _text_functions() -> list[Any]:
    """The functions that Kubernetes adds to CEL and that CRDs of this project may use."""
    text, truth, texts = cel.Type.STRING, cel.Type.BOOL, cel.Type.List(cel.Type.STRING)
    return [
        cel.FunctionDecl("find", [cel.Overload("string_find", text, [text, text], True, impl=_find)]),
        cel.FunctionDecl("findAll", [cel.Overload("string_find_all", texts, [text, text], True, impl=lambda subject, pattern: re.findall(pattern, subject))]),
        cel.FunctionDecl("isSorted", [cel.Overload("list_is_sorted", truth, [cel.Type.LIST], True, impl=lambda values: list(values) == sorted(values))]),
    ]


def _find(subject: str, pattern: str) -> str:
    found = re.search(pattern, subject)
    return found.group(0) if found else ""


@lru_cache(maxsize=1)
def _environment() -> cel.Env:
    names = {"self": cel.Type.DYN, "oldSelf": cel.Type.DYN}
    return cel.NewEnv(variables=names, extensions=[ext_strings.ExtStrings(), ext_bindings.ExtBindings(), cel.CelExtension("kubernetes", _text_functions())])


@lru_cache(maxsize=4096)
def compiled(expression: str) -> cel.Expression:
    """The rule, ready to evaluate; RuntimeError with the reason when it is no CEL."""
    return _environment().compile(expression)


def _escaped(name: str) -> str:
    if name in _RESERVED:
        return f"__{name}__"
    for plain, escaped in _ESCAPES:
        name = name.replace(plain, escaped)
    return name


def _bound(value: Any, schema: Object) -> Any:
    """The value as CEL sees it: declared properties under their escaped names, numbers of the declared type."""
    if isinstance(value, dict):
        properties, extra = schema.get("properties", {}), schema.get("additionalProperties")
        inner = extra if isinstance(extra, dict) else {}
        return {_escaped(key) if key in properties else key: _bound(entry, properties.get(key, inner)) for key, entry in value.items()}
    if isinstance(value, list):
        return [_bound(entry, schema.get("items", {})) for entry in value]
    if schema.get("type") == "integer" and isinstance(value, float):
        return int(value)
    if schema.get("type") == "number" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def broken_rules(new: Object, old: Object | None, schema: Object) -> Iterator[Cause]:
    """The rules that do not hold, from the root inwards."""
    if has_rules(schema):
        yield from _walk(new, old, schema, "")


def has_rules(schema: Object) -> bool:
    """Are there rules anywhere in it? (Found out once a schema; schemas never change.)"""
    known = schema.get("x-simulator-has-rules")
    if known is None:
        known = schema["x-simulator-has-rules"] = "x-kubernetes-validations" in json.dumps(schema)
    return known


def _walk(new: Any, old: Any, schema: Object, path: str) -> Iterator[Cause]:
    unchanged = old is not None and old == new
    for rule in schema.get("x-kubernetes-validations", ()):
        transition = re.search(r"\boldSelf\b", rule["rule"]) is not None
        if (transition and old is None and not rule.get("optionalOldSelf")) or (unchanged and not transition):
            continue
        yield from _evaluate(rule, new, old, schema, path)
    if isinstance(new, dict):
        before = old if isinstance(old, dict) else {}
        extra = schema.get("additionalProperties")
        for key, value in new.items():
            inner = schema.get("properties", {}).get(key) or (extra if isinstance(extra, dict) else None)
            if inner:
                yield from _walk(value, before.get(key), inner, f"{path}.{key}" if path else key)
    elif isinstance(new, list) and isinstance(schema.get("items"), dict):
        before_entries = _correlated(old, schema)
        for index, entry in enumerate(new):
            yield from _walk(entry, before_entries.get(_key(entry, schema)), schema["items"], f"{path}[{index}]")


def _key(entry: Any, schema: Object) -> str:
    return json.dumps([entry.get(key) for key in schema.get("x-kubernetes-list-map-keys", ())]) if isinstance(entry, dict) else ""


def _correlated(old: Any, schema: Object) -> dict[str, Any]:
    if schema.get("x-kubernetes-list-type") != "map" or not isinstance(old, list):
        return {}
    return {_key(entry, schema): entry for entry in old}


def _evaluate(rule: Object, new: Any, old: Any, schema: Object, path: str) -> Iterator[Cause]:
    data = {"self": _bound(new, schema), "oldSelf": _bound(old, schema)}
    result = compiled(rule["rule"]).eval(data=data)
    value = result.plain_value() if result.type() == cel.Type.BOOL else None
    if value is True:
        return
    message = rule.get("message") or f"failed rule: {rule['rule']}"
    if value is None:
        message = f"rule evaluation error: {result.value()}"
    elif "messageExpression" in rule:
        said = compiled(rule["messageExpression"]).eval(data=data)
        message = said.plain_value() if said.type() == cel.Type.STRING else message
    where = path + rule["fieldPath"] if rule.get("fieldPath") else path
    reason = rule.get("reason", "FieldValueInvalid")
    yield Cause(where.lstrip(".") or "<nil>", reason if reason in _REASONS else "FieldValueInvalid", _worded(reason, new, message))


def _worded(reason: str, value: Any, message: str) -> str:
    shown = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if reason == "FieldValueForbidden":
        return f"Forbidden: {message}"
    if reason == "FieldValueRequired":
        return f"Required value: {message}"
    if reason == "FieldValueDuplicate":
        return f"Duplicate value: {shown}"
    return f"Invalid value: {message}" if isinstance(value, (dict, list)) else f"Invalid value: {shown}: {message}"
