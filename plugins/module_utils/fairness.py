# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order generators have their servers looked up, and what stands in the status of one whose turn did not come: pure."""
from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import chain, zip_longest
from typing import Any, TypeVar

from . import names
from .cluster import Object
from .generators import condition, phase, status_of
from .guard import one_by_one
from .models import Reason
from .status import changed
from .times import normal

T = TypeVar("T")
Place = tuple[int, str, str, str]

NOT_ASKED = "NotAsked"
TURN_IS_OVERDUE, NEVER_TRIED, TRIED = range(3)


def waits_since(generator: Object) -> Place:
    """By what they are ordered: whose turn did not come last time, who was never tried, and who was, by when it became due."""
    metadata, status = generator["metadata"], status_of(generator)
    made = normal(metadata.get("creationTimestamp"))
    resolved = condition(generator, "Resolved")
    if resolved.get("reason") == NOT_ASKED:
        rank, since = TURN_IS_OVERDUE, made
    elif not resolved:
        rank, since = NEVER_TRIED, made
    else:
        rank, since = TRIED, normal(status.get("nextAttemptAt")) or normal(resolved.get("lastTransitionTime"))
    return rank, since, metadata["namespace"], metadata["name"]


def by_turns(generators: Iterable[tuple[Object, T]]) -> list[tuple[Object, T]]:
    """Those that waited longest first, namespaces by turns: many in one namespace delay those of another by no more than one each."""
    placed = one_by_one(generators, lambda pair: waits_since(pair[0]), lambda pair, _fault: _last(pair[0]))
    of_namespace: dict[str, list[tuple[Object, T]]] = {}
    for (generator, more), _place in sorted(placed, key=lambda pair: pair[1]):
        of_namespace.setdefault(generator["metadata"]["namespace"], []).append((generator, more))
    rounds = zip_longest(*of_namespace.values())
    return [pair for pair in chain.from_iterable(rounds) if pair is not None]


def _last(generator: Object) -> Place:
    """Of one whose status cannot be read."""
    return TRIED + 1, "", generator["metadata"]["namespace"], generator["metadata"]["name"]


def not_asked(generator: Object, why: Reason, now: datetime) -> dict[str, Any]:
    """Its status: due at once, with no attempt counted. It keeps its place in line, or its host; else it is Processing."""
    present = phase(generator)
    kept = present if present in (names.BUFFERED, names.COMPLETED) else names.PROCESSING
    conditions = {"Resolved": (False, NOT_ASKED, why.message)}
    if present != names.COMPLETED:
        conditions["Ready"] = (False, NOT_ASKED, why.message)
    return changed(generator, {"phase": kept, "message": why.message, "nextAttemptAt": None}, conditions, now)
