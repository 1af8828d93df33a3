# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a login may be tried again, and by what name its account is remembered."""
from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.managers.tries import NAME, Try, object_name, tries_of, verdict
from ansible_collections.baremetal.generator.plugins.module_utils.times import stamp

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=timezone.utc)


def ago(seconds: float, refused: bool = True) -> Try:
    return Try(NOW - timedelta(seconds=seconds), f"run-{seconds}", refused)


@pytest.mark.parametrize(("tries", "may", "until"), [
    ([], True, None),
    ([ago(10), ago(5)], True, None),
    ([ago(600), ago(10), ago(5)], False, 300),
    ([ago(800), ago(600), ago(10), ago(5)], False, 300),
])
def test_three_within_a_quarter_of_an_hour(tries: list[Try], may: bool, until: float | None) -> None:
    answer = verdict(tries, NOW)
    assert answer.may is may and answer.until == (NOW + timedelta(seconds=until) if until else None)


@pytest.mark.parametrize(("tries", "waits"), [
    ([ago(20), ago(10), ago(1, refused=False)], True), ([ago(200), ago(100), ago(90, refused=False)], False), ([ago(20), ago(10), ago(1)], False)])
def test_the_end_of_those_under_way_is_awaited_but_not_of_those_that_were_killed(tries: list[Try], waits: bool) -> None:
    assert verdict(tries, NOW).open is waits


@pytest.mark.parametrize("odd", [
    None, [], "x", 7, [None], [7], ["x"], [{}], [{"at": 7}], [{"at": "soon"}], [{"at": "9999-12-31T23:59:59.999999Z", "refused": True}],
    [{"at": stamp(NOW - timedelta(seconds=901)), "actor": "a", "refused": True}],
])
def test_what_cannot_be_read_or_is_over_does_not_count(odd: Any) -> None:
    assert tries_of({"status": {"logins": odd}}, NOW) == [] and tries_of({"status": odd}, NOW) == []


def test_what_is_remembered_can_be_read_again() -> None:
    tries = [ago(30), ago(20, refused=False)]
    assert tries_of({"status": {"logins": [one.as_status() for one in reversed(tries)]}}, NOW) == tries


@pytest.mark.parametrize("name", ["oneview-east", "ome", "ucs.site-a", "OneView East", "ome_1", "x" * 300, "Größe", "-", "a..b", "ÄÖÜ", "東京"])
def test_every_manager_has_a_name_that_an_object_may_have(name: str) -> None:
    for part in ("", "domains"):
        called = object_name(name, part)
        assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", called) and len(called) <= 80, called
    if NAME.fullmatch(name) and ".." not in name:
        assert object_name(name) == name
    assert object_name(name) != object_name(f"{name}_") != object_name(f"{name} ")
