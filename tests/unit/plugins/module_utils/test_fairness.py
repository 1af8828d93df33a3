# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is asked for first, and what the status of one says whose turn did not come."""
from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.fairness import by_turns, not_asked
from ansible_collections.baremetal.generator.plugins.module_utils.generators import due
from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason
from ansible_collections.baremetal.generator.plugins.module_utils.status import unresolved
from ansible_collections.baremetal.generator.plugins.module_utils.times import stamp

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=timezone.utc)
WHY = Reason("NotAsked", "ome was busy with 800 others for 20 s and did not come to this one.")
AWAY = Reason("ManagerUnreachable", "ome did not answer.")
UNKNOWN = Reason("NotFound", "ome knows no such server.")


def generator(name: str, minutes_old: int = 0, namespace: str = "metal", **status: Any) -> dict[str, Any]:
    made = (NOW - timedelta(minutes=minutes_old)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"metadata": {"name": name, "namespace": namespace, "creationTimestamp": made, "generation": 1}, "spec": {}, "status": status}


def with_status(item: dict[str, Any], status: dict[str, Any]) -> dict[str, Any]:
    return {**item, "status": status}


def order(*items: dict[str, Any]) -> list[str]:
    shuffled = list(items)
    random.Random(3).shuffle(shuffled)
    return [item["metadata"]["name"] for item, _more in by_turns((item, None) for item in shuffled)]


def test_never_tried_come_by_their_age_and_before_those_that_were_tried() -> None:
    tried = [with_status(generator(name, 90), unresolved(generator(name, 90), AWAY, NOW - timedelta(minutes=ago), random.Random(1)))
             for name, ago in (("tried-late", 2), ("tried-early", 30))]
    assert order(generator("young", 1), *tried, generator("old", 60)) == ["old", "young", "tried-early", "tried-late"]


def test_whose_turn_did_not_come_is_first_next_time() -> None:
    tried = with_status(generator("tried", 90), unresolved(generator("tried", 90), AWAY, NOW, random.Random(1)))
    overdue = with_status(tried, not_asked(tried, WHY, NOW))
    overdue = {**overdue, "metadata": {**overdue["metadata"], "name": "overdue"}}
    assert order(generator("new", 60), tried, overdue) == ["overdue", "new", "tried"]


def test_namespaces_take_turns() -> None:
    many = [generator(f"a{number}", 100 - number, "a") for number in range(5)]
    few = [generator("b0", 5, "b"), generator("b1", 4, "b"), generator("c0", 1, "c")]
    assert order(*many, *few) == ["a0", "b0", "c0", "a1", "b1", "a2", "a3", "a4"]


def test_one_that_cannot_be_read_is_last_in_its_namespace_and_disturbs_nobody() -> None:
    odd = generator("odd", 200, conditions=[7])
    assert order(odd, generator("g1", 2), generator("g2", 1)) == ["g1", "g2", "odd"]


@pytest.mark.parametrize(("before", "phase"), [({}, "Processing"), ({"phase": "Processing"}, "Processing"), ({"phase": "Failed", "attempts": 3}, "Processing"),
                                               ({"phase": "Buffered", "bufferedAt": stamp(NOW), "resolvedGeneration": 0}, "Buffered"),
                                               ({"phase": "Completed"}, "Completed")])
def test_not_asked_is_no_failure_and_due_at_once(before: dict[str, Any], phase: str) -> None:
    item = generator("g1", 5, **before)
    item["status"]["nextAttemptAt"] = stamp(NOW - timedelta(seconds=1))
    status = not_asked(item, WHY, NOW)
    assert status["phase"] == phase and status["message"] == WHY.message and "nextAttemptAt" not in status
    assert status.get("attempts") == before.get("attempts") and status.get("bufferedAt") == before.get("bufferedAt")
    (resolved,) = [one for one in status["conditions"] if one["type"] == "Resolved"]
    assert (resolved["status"], resolved["reason"], resolved["observedGeneration"]) == ("False", "NotAsked", 1)
    assert due(with_status(item, status), NOW) == {"resolve"}
    assert not_asked(with_status(item, status), WHY, NOW + timedelta(minutes=1)) == status      # the same is not written twice


def test_a_refusal_that_was_answered_slowly_is_due_again_at_once() -> None:
    failed = unresolved(generator("g1"), UNKNOWN, NOW, random.Random(1))
    assert failed["phase"] == "Failed" and due(with_status(generator("g1"), failed), NOW) == set()
    assert due(with_status(generator("g1"), not_asked(with_status(generator("g1"), failed), WHY, NOW)), NOW) == {"resolve"}
