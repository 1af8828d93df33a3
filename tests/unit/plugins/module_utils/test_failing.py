# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a buffer remembers of hosts in error."""
from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.baremetal.generator.plugins.module_utils import failing
from ansible_collections.baremetal.generator.plugins.module_utils.times import stamp

NOW = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
BEFORE = "2026-01-01T09:00:00.000000Z"


def host(uid: str, operational: str = "error", **status: Any) -> dict[str, Any]:
    return {"metadata": {"name": uid, "uid": uid}, "status": {"operationalStatus": operational, **status}}


def patience(*remembered: tuple[str, str]) -> failing.Patience:
    status = {"hostsInError": [{"uid": uid, "since": since} for uid, since in remembered]}
    return failing.Patience({"spec": {"excludeErrorAfter": "1h"}, "status": status}, NOW)


def test_those_longest_in_error_are_kept_when_there_are_too_many() -> None:
    known = patience(*((f"old-{at:04}", BEFORE) for at in range(700)))
    memory = known.memory([host(f"new-{at:04}") for at in range(700)] + [host(f"old-{at:04}") for at in range(700)])
    assert memory is not None and len(memory) == failing.MOST_REMEMBERED
    assert [entry["uid"] for entry in memory[:700]] == [f"old-{at:04}" for at in range(700)]


def test_a_time_to_come_is_none() -> None:
    assert patience(("h", "2027-01-01T00:00:00Z")).memory([host("h")]) == [{"uid": "h", "since": stamp(NOW)}]


def test_a_host_that_cannot_be_judged_is_not_remembered_and_the_others_are(monkeypatch: pytest.MonkeyPatch) -> None:
    real = failing.in_error

    def broken(one: dict[str, Any]) -> bool:
        if one["metadata"]["uid"] == "odd":
            raise KeyError("odd")
        return real(one)

    monkeypatch.setattr(failing, "in_error", broken)
    assert patience().memory([host("odd"), host("h")]) == [{"uid": "h", "since": stamp(NOW)}]


def test_without_a_limit_nothing_is_remembered() -> None:
    assert failing.Patience({"spec": {}, "status": {}}, NOW).memory([host("h")]) is None
