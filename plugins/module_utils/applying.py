# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects that a user describes, brought to be there or not to be there; for the modules that work on single kinds, not for the stages."""
from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from .cluster import Cluster, Kind, Object
from .errors import AlreadyExists, ClusterError, GeneratorError, ObjectNotFound, WriteConflict

TRIES = 5


def difference(current: Any, wanted: Any) -> Any:
    """The merge patch after which current contains wanted; {} when it does already. What wanted does not name stays; None in it takes away."""
    patch = {}
    for name, value in wanted.items():
        old = current.get(name)
        if isinstance(value, dict) and isinstance(old, dict):
            inner = difference(old, value)
            if inner:
                patch[name] = inner
        elif isinstance(value, list) and isinstance(old, list) and contains(old, value):
            continue
        elif value != old and not (value is None and name not in current) and not (value in ({}, []) and not old):
            patch[name] = value
    return patch


def contains(current: Any, wanted: Any) -> bool:
    """Every wanted field is there, in every entry of a list too; what a server adds by itself is no difference."""
    if isinstance(wanted, dict) and isinstance(current, dict):
        return all(name in current and contains(current[name], value) for name, value in wanted.items())
    if isinstance(wanted, list) and isinstance(current, list):
        return len(wanted) == len(current) and all(contains(old, new) for old, new in zip(current, wanted))
    return bool(current == wanted)


def apply(cluster: Cluster, kind: Kind, wanted: Object) -> Object:
    """The object, made or patched so that it contains what is wanted."""
    metadata = wanted["metadata"]
    namespace, name = metadata.get("namespace"), metadata["name"]

    def once() -> Object:
        current = cluster.get(kind, namespace, name)
        if current is None:
            return cluster.create(kind, without_none(wanted))
        patch = difference(current, wanted)
        if not patch:
            return current
        seen = {"uid": current["metadata"]["uid"], "resourceVersion": current["metadata"]["resourceVersion"]}
        return cluster.patch(kind, namespace, name, {**patch, "metadata": {**patch.get("metadata", {}), **seen}})

    return _again_on_conflict(once)


def remove(cluster: Cluster, kind: Kind, namespace: str | None, name: str, allowed: Callable[[Object], str | None] = lambda _found: None) -> bool:
    """Asks for its deletion, unless `allowed` answers with a sentence why not. False when there is nothing to delete."""

    def once() -> bool:
        current = cluster.get(kind, namespace, name)
        if current is None or current["metadata"].get("deletionTimestamp"):
            return False
        refused = allowed(current)
        if refused:
            raise GeneratorError(refused)
        try:
            cluster.delete(kind, namespace, name, current["metadata"]["uid"], current["metadata"]["resourceVersion"])
        except ObjectNotFound:
            return False
        return True

    return _again_on_conflict(once)


def wait_until(holds: Callable[[], bool], seconds: float, sentence: str, clock: Callable[[], float] = time.monotonic) -> None:
    """Looks with growing pauses until it holds; after so many seconds the sentence is the error."""
    end, pause = clock() + seconds, 0.2
    while not holds():
        if clock() + pause > end:
            raise GeneratorError(f"{sentence} (waited {seconds:g} s).")
        time.sleep(pause * random.uniform(0.8, 1.0))
        pause = min(pause * 1.5, 3.0)


def without_none(wanted: Any) -> Any:
    """A merge patch takes a field away by None; in a new object it is left out."""
    if isinstance(wanted, dict):
        return {name: without_none(value) for name, value in wanted.items() if value is not None}
    return wanted


def _again_on_conflict(once: Callable[[], Any]) -> Any:
    for number in range(TRIES):
        try:
            return once()
        except (AlreadyExists, WriteConflict) as error:
            last: ClusterError = error
            time.sleep(random.uniform(0.05, 0.2) * (number + 1))
    raise last
