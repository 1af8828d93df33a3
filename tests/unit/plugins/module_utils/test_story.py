# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers in words, and what makes an object differ from what is wanted."""
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.baremetal.generator.plugins.module_utils.applying import difference
from ansible_collections.baremetal.generator.plugins.module_utils.availability import Usage
from ansible_collections.baremetal.generator.plugins.module_utils.story import generator_facts, ordinal, slots


@pytest.mark.parametrize(("number", "word"), [
    (1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"), (21, "21st"), (111, "111th"), (102, "102nd")])
def test_ordinals(number: int, word: str) -> None:
    """As people say them."""
    assert ordinal(number) == word


def test_slots_tell_what_holds_them() -> None:
    """Only what there is."""
    usage = Usage(cap=20, used=20, free=0, reserved=0, waiting=17, in_error=3, without_status=0, occupied=20)
    assert slots(usage) == "20 of 20 slots held, 3 of them by hosts in error"


@pytest.mark.parametrize(("status", "told"), [
    ({"phase": "Failed", "message": "Why."}, "Failed. Why. Tried again after an edit, or after annotation retry."),
    ({"phase": "Failed", "message": "Why.", "nextAttemptAt": "2026-03-01T08:09:10.123456Z"}, "Failed. Why. Tried again at 2026-03-01 08:09:10 UTC."),
    ({"phase": "Processing", "message": "Why.", "nextAttemptAt": "2026-03-01T08:09:10Z"}, "Processing. Why. Tried again at 2026-03-01 08:09:10 UTC."),
    ({"phase": "Completed", "message": "There."}, "Completed. There."),
    ({"phase": "Completed", "message": "There.", "conditions": [{"type": "Ready", "status": "True", "reason": "Completed"}]}, "Completed. There."),
    ({"phase": "Completed", "message": "There.", "conditions": [{"type": "Ready", "status": "False", "reason": "HostGone", "message": "Gone."}]},
     "Completed, but not ready (HostGone). Gone."),
    ({}, "New. Nobody has looked at it yet."),
])
def test_a_generator_that_is_in_trouble_tells_when_it_is_tried_again(status: dict[str, Any], told: str) -> None:
    """Or what it takes."""
    generator = {"metadata": {"namespace": "metal", "name": "a"}, "status": status}
    assert generator_facts(generator, {})["summary"] == f"metal/a: {told}"


@pytest.mark.parametrize(("current", "wanted", "patch"), [
    ({"a": {"b": 1, "other": 2}}, {"a": {"b": 1}}, {}),
    ({"a": {"b": 1}}, {"a": {"b": 2}}, {"a": {"b": 2}}),
    ({}, {"labels": {}}, {}),
    ({}, {"a": None}, {}),
    ({"a": 1}, {"a": None}, {"a": None}),
    ({"a": [{"b": 1, "default": 2}]}, {"a": [{"b": 1}]}, {}),
    ({"a": [1, 2]}, {"a": [1]}, {"a": [1]}),
])
def test_difference(current: Any, wanted: Any, patch: Any) -> None:
    """What a server adds by itself is none."""
    assert difference(current, wanted) == patch
