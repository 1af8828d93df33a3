# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The in-memory API answers the whole table as the real one does; where there is no real one, that is said, and in CI it is a failure."""
from __future__ import annotations

import pytest

from tests.cluster.binaries import ClusterMissing, in_ci

from .asking import Ask, Told, comparable, differences
from .cases import TABLE
from .probe import run


def test_memory_answers_as_the_real_server_does(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        answered = list(run(TABLE))
    except ClusterMissing as error:
        if in_ci():
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))
    different = [f"{request.what}: {request.method} {request.path}: {line}" for request, found in answered for line in found]
    assert not different, "\n".join(different)
    with capsys.disabled():
        print(f"\nconformance: {len(answered)} requests, memory = real")


def test_a_different_answer_is_noticed() -> None:
    asked = Ask("x", "GET", "/x")
    memory = comparable(Told(409, {"metadata": {"uid": "1", "resourceVersion": "5"}, "reason": "Conflict"}), asked, {})
    real = comparable(Told(422, {"metadata": {"uid": "2", "resourceVersion": "6"}, "reason": "Invalid"}), asked, {})
    assert [line.partition(":")[0] for line in differences(memory, real)] == ["code", "body.reason"]


def test_versions_that_were_saved_are_told_apart() -> None:
    asked = Ask("x", "GET", "/x")
    same = comparable(Told(200, {"metadata": {"resourceVersion": "1234"}}), asked, {"first": "1234"})
    other = comparable(Told(200, {"metadata": {"resourceVersion": "1235"}}), asked, {"first": "1234"})
    assert list(differences(same, other))
