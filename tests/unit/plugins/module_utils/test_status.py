# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a status says after each step: conditions keep their times, the operator's fields stay, a pause grows."""
from __future__ import annotations

import random
from datetime import datetime, timezone

from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason
from ansible_collections.baremetal.generator.plugins.module_utils.status import buffered, completed, failed, pause, unresolved
from ansible_collections.baremetal.generator.plugins.module_utils.times import normal, parse_time, stamp

NOW, LATER = (datetime(2026, 1, 1, hour, tzinfo=timezone.utc) for hour in (1, 2))
CHANCE = random.Random(1)


def generator(status: dict | None = None) -> dict:
    return {"metadata": {"namespace": "n", "name": "a", "uid": "u", "generation": 4}, "spec": {}, "status": status or {}}


def ready(status: dict) -> dict:
    return next(one for one in status["conditions"] if one["type"] == "Ready")


def test_a_condition_keeps_its_time_until_its_status_changes() -> None:
    first = unresolved(generator(), Reason("ManagerUnreachable", "one"), NOW, CHANCE)
    second = unresolved(generator(first), Reason("ManagerUnreachable", "two"), LATER, CHANCE)
    third = completed(generator(second), {}, "there", LATER)
    assert [ready(one)["lastTransitionTime"] for one in (first, second, third)] == [stamp(NOW), stamp(NOW), stamp(LATER)]
    assert ready(second)["message"] == "two" and ready(third)["observedGeneration"] == 4


def test_what_passes_keeps_its_phase_and_the_rest_fails() -> None:
    down, unknown, wrong = (Reason(word, "x") for word in ("ManagerUnreachable", "NotFound", "InvalidSpec"))
    assert unresolved(generator(), down, NOW, CHANCE)["phase"] == "Processing"
    assert unresolved(generator({"phase": "Buffered", "bufferedAt": "t"}), down, NOW, CHANCE)["bufferedAt"] == "t"
    slow, ended = unresolved(generator(), unknown, NOW, CHANCE), unresolved(generator(), wrong, NOW, CHANCE, "abc")
    assert (slow["phase"], ended["phase"]) == ("Failed", "Failed") and slow["nextAttemptAt"]
    assert not {"nextAttemptAt", "variablesHash"} & set(ended)


def test_what_other_variables_may_mend_is_asked_again_and_remembers_these() -> None:
    status = unresolved(generator(), Reason("InvalidSpec", "x", of_variables=True), NOW, CHANCE, "abc")
    assert status["phase"] == "Failed" and status["nextAttemptAt"] and status["variablesHash"] == "abc"
    for after in (buffered(generator(status), {}, "ticket", NOW), completed(generator(status), {}, "there", NOW)):
        assert "variablesHash" not in after


def test_failed_and_completed_leave_the_line_and_failed_keeps_what_it_replaces() -> None:
    waiting = {"phase": "Buffered", "bufferedAt": "t", "replaces": "old", "redeploying": "v1", "somebodys": "field"}
    gone, made = failed(generator(waiting), Reason("Conflict", "x"), NOW, CHANCE), completed(generator(waiting), {}, "there", NOW)
    assert "bufferedAt" not in gone and gone["replaces"] == "old" and gone["somebodys"] == made["somebodys"] == "field"
    assert not {"bufferedAt", "replaces", "redeploying"} & set(made) and made["redeployed"] == "v1"


def test_the_facts_of_the_line_are_of_this_generation() -> None:
    status = buffered(generator({"attempts": 3}), {"macAddress": "m"}, "ticket", NOW)
    assert (status["phase"], status["bufferedAt"], status["resolvedGeneration"], status["attempts"]) == ("Buffered", "ticket", 4, 0)


def test_a_pause_grows_to_its_limit_and_is_never_the_same_for_all() -> None:
    pauses = [pause(attempts, 10, 600, CHANCE) for attempts in range(12)]
    assert 7 <= pauses[0] <= 13 and 420 <= pauses[-1] <= 780
    assert len({pause(3, 10, 600, CHANCE) for _many in range(10)}) == 10


def test_times_of_any_spelling_become_one() -> None:
    assert normal("2026-01-01T00:00:00Z") == normal("2026-01-01T01:00:00+01:00") == normal("2026-01-01T00:00:00") == "2026-01-01T00:00:00.000000Z"
    assert normal("2026-01-01 00:00:00.12345") == "2026-01-01T00:00:00.123450Z" and parse_time("yesterday") is None and parse_time(7) is None


def test_a_bmc_that_is_known_by_its_name_only_is_told() -> None:
    note = " Its BMC is known by a DNS name only: idrac-1.example.com."
    waiting = buffered(generator(), {"ipmiAddress": "idrac-1.example.com"}, "ticket", NOW)
    made = completed(generator(waiting), {}, "Host n/a is there.", NOW)
    assert waiting["message"] == f"Waits in the line of buffer default for a free slot.{note}" and made["message"] == f"Host n/a is there.{note}"
    assert ready(made)["message"] == made["message"]
    assert completed(generator({"ipmiAddress": "192.0.2.1"}), {}, "there", NOW)["message"] == "there"
