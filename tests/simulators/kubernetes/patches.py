# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON merge patch, JSON patch, and as much of the strategic merge patch as kubectl needs for the built-in kinds."""
from __future__ import annotations

import copy
from typing import Any

from .errors import ApiError, bad_request


def merge(target: Any, patch: Any) -> Any:
    """RFC 7386; `target` is changed where it can be."""
    if not isinstance(patch, dict):
        return patch
    if not isinstance(target, dict):
        target = {}
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        else:
            target[key] = merge(target.get(key), value)
    return target


# Lists that a strategic merge joins instead of replacing: field -> merge key (None: a set of plain values).
_MERGE_KEYS: dict[str, str | None] = {"ownerReferences": "uid", "finalizers": None, "conditions": "type", "secrets": "name", "imagePullSecrets": "name"}


def strategic(target: Any, patch: Any, name: str = "") -> Any:
    """A strategic merge of built-in kinds: maps merge, the few lists with a merge key join, $patch and $deleteFromPrimitiveList are known."""
    if isinstance(patch, list):
        return _strategic_list(target if isinstance(target, list) else [], patch, name)
    if not isinstance(patch, dict):
        return patch
    if patch.get("$patch") == "replace":
        return {key: value for key, value in patch.items() if key != "$patch"}
    if not isinstance(target, dict):
        target = {}
    for key, value in patch.items():
        if key.startswith("$deleteFromPrimitiveList/"):
            listed = key.partition("/")[2]
            target[listed] = [entry for entry in target.get(listed, []) if entry not in value]
            if not target[listed]:
                del target[listed]
        elif key.startswith("$"):
            continue
        elif value is None:
            target.pop(key, None)
        else:
            target[key] = strategic(target.get(key), value, key)
    return target


def _strategic_list(target: list[Any], patch: list[Any], name: str) -> list[Any]:
    if name not in _MERGE_KEYS:
        return copy.deepcopy(patch)
    by = _MERGE_KEYS[name]
    if by is None:
        return target + [value for value in patch if value not in target]
    result = list(target)
    for entry in patch:
        place = next((index for index, old in enumerate(result) if old.get(by) == entry.get(by)), None)
        if entry.get("$patch") == "delete":
            if place is not None:
                del result[place]
        elif place is None:
            result.append(entry)
        else:
            result[place] = strategic(result[place], entry)
    return result


def json_patch(target: Any, operations: Any) -> Any:
    """RFC 6902 on `target`, which is changed."""
    if not isinstance(operations, list):
        raise bad_request("error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    for entry in operations:
        target = _operate(target, entry)
    return target


def _unprocessable(message: str) -> ApiError:
    return ApiError(422, "Invalid", message, {})


def _operate(target: Any, entry: dict[str, Any]) -> Any:
    operation, path = entry.get("op"), _pointer(entry.get("path", ""))
    if operation == "test":
        try:
            same = _get(target, path) == entry.get("value")
        except KeyError:
            same = entry.get("value") is None
        if not same:
            raise _unprocessable(_rejected(f"testing path {entry['path']}: test failed"))
        return target
    if operation in ("move", "copy"):
        source = _pointer(entry["from"])
        value = copy.deepcopy(_existing(target, source, entry["from"], operation))
        if operation == "move":
            target = _remove(target, source, entry["from"])
        return _add(target, path, value, entry["path"])
    if operation == "remove":
        return _remove(target, path, entry["path"])
    if operation == "replace":
        _existing(target, path, entry["path"], "replace")
        return _set(target, path, entry.get("value"))
    if operation == "add":
        return _add(target, path, entry.get("value"), entry["path"])
    raise _unprocessable(_rejected(f"Unexpected kind: {operation}"))


def _rejected(why: str) -> str:
    return f"the server rejected our request due to an error in our request: {why}"


def _pointer(path: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]


def _get(target: Any, path: list[str]) -> Any:
    for step in path:
        if isinstance(target, list):
            if not step.lstrip("-").isdigit() or int(step) >= len(target):
                raise KeyError(step)
            target = target[int(step)]
        elif isinstance(target, dict):
            target = target[step]
        else:
            raise KeyError(step)
    return target


def _existing(target: Any, path: list[str], shown: str, operation: str) -> Any:
    try:
        return _get(target, path)
    except KeyError:
        raise _unprocessable(_rejected(f"{operation} operation does not apply: doc is missing path: {shown}")) from None


def _parent(target: Any, path: list[str], shown: str, operation: str) -> Any:
    return _existing(target, path[:-1], shown, operation)


def _set(target: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    parent = _get(target, path[:-1])
    if isinstance(parent, list):
        parent[int(path[-1])] = value
    else:
        parent[path[-1]] = value
    return target


def _add(target: Any, path: list[str], value: Any, shown: str) -> Any:
    if not path:
        return value
    parent = _parent(target, path, shown, "add")
    if isinstance(parent, list):
        index = len(parent) if path[-1] == "-" else int(path[-1])
        if index > len(parent):
            raise _unprocessable(_rejected(f"add operation does not apply: doc is missing path: {shown}"))
        parent.insert(index, value)
    elif isinstance(parent, dict):
        parent[path[-1]] = value
    else:
        raise _unprocessable(_rejected(f"add operation does not apply: doc is missing path: {shown}"))
    return target


def _remove(target: Any, path: list[str], shown: str) -> Any:
    _existing(target, path, shown, "remove")
    parent = _get(target, path[:-1])
    if isinstance(parent, list):
        del parent[int(path[-1])]
    else:
        del parent[path[-1]]
    return target
