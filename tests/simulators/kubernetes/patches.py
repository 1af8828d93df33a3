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
        return patch + [value for value in target if value not in patch]
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
        try:
            target = _operate(target, entry)
        except (KeyError, IndexError) as error:
            raise _rejected() from error
    return target


def _rejected() -> ApiError:
    return ApiError(422, "Invalid", "the server rejected our request due to an error in our request", {})


def _operate(target: Any, entry: dict[str, Any]) -> Any:
    """One operation. KeyError or IndexError: it does not apply."""
    operation, path = entry.get("op"), _pointer(entry["path"])
    match operation:
        case "test":
            if _get(target, path) != entry.get("value"):
                raise _rejected()
        case "add":
            return _add(target, path, entry.get("value"))
        case "remove":
            _remove(target, path)
        case "replace":
            _get(target, path)
            return _set(target, path, entry.get("value"))
        case "copy":
            return _add(target, path, copy.deepcopy(_get(target, _pointer(entry["from"]))))
        case "move":
            value = _get(target, _pointer(entry["from"]))
            _remove(target, _pointer(entry["from"]))
            return _add(target, path, value)
        case _:
            raise _rejected()
    return target


def _pointer(path: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]


def _index(step: str) -> int:
    if not step.isdigit():
        raise KeyError(step)
    return int(step)


def _get(target: Any, path: list[str]) -> Any:
    for step in path:
        if isinstance(target, list):
            target = target[_index(step)]
        elif isinstance(target, dict):
            target = target[step]
        else:
            raise KeyError(step)
    return target


def _set(target: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    parent = _get(target, path[:-1])
    if isinstance(parent, list):
        parent[_index(path[-1])] = value
    else:
        parent[path[-1]] = value
    return target


def _add(target: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    parent = _get(target, path[:-1])
    if isinstance(parent, dict):
        parent[path[-1]] = value
    elif isinstance(parent, list):
        index = len(parent) if path[-1] == "-" else _index(path[-1])
        if index > len(parent):
            raise IndexError(index)
        parent.insert(index, value)
    else:
        raise KeyError(path[-1])
    return target


def _remove(target: Any, path: list[str]) -> None:
    _get(target, path)
    parent = _get(target, path[:-1])
    if isinstance(parent, list):
        del parent[_index(path[-1])]
    else:
        del parent[path[-1]]
