# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps that need a real cluster, where there is nothing to run one with: one line, in CI a failure."""
from __future__ import annotations

import pytest

from tests.cluster.binaries import COLLECTOR, NOT_RUN, SERVERS, ClusterMissing
from tests.tools import programs
from tests.tools.report import Outcome, summary
from tests.tools.running import not_run
from tests.tools.steps import Step

UNIT = Step("unit", "", tests="tests/unit")
COMPARED = Step("conformance", "", tests="tests/conformance", programs=SERVERS)
REAL = Step("integration-real", "", tests="tests/integration", cluster="real", programs=SERVERS)
COLLECTED = Step("collector", "", tests="tests/collector", cluster="real", programs=(*SERVERS, COLLECTOR))
STEPS = (UNIT, COMPARED, REAL, COLLECTED)


@pytest.fixture
def lacking(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What cannot be had, and why; `asked` lists what was tried."""
    reasons: dict[str, str] = {}

    def find_or_build(names: tuple[str, ...], *_say: object) -> None:
        asked.extend(names)
        if names[0] in reasons:
            raise ClusterMissing(reasons[names[0]])

    asked: list[str] = []
    monkeypatch.setattr(programs, "find_or_build", find_or_build)
    monkeypatch.delenv("CLUSTER", raising=False)
    monkeypatch.setattr(programs, "asked", asked, raising=False)
    return reasons


def test_each_program_is_tried_once(lacking: dict[str, str]) -> None:
    """However many steps start it."""
    assert programs.bring(STEPS) == {}
    assert programs.asked == [*SERVERS, COLLECTOR]


def test_steps_that_do_not_need_them_build_nothing(lacking: dict[str, str]) -> None:
    """A unit test starts at once."""
    assert programs.bring([UNIT]) == {} and programs.asked == []


def test_a_chosen_real_cluster_is_brought_for_any_step(lacking: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """As in make test ONLY=integration CLUSTER=real."""
    monkeypatch.setenv("CLUSTER", "real")
    programs.bring([UNIT])
    assert programs.asked == [*SERVERS]


def test_without_them_the_steps_that_need_them_do_not_run(lacking: dict[str, str]) -> None:
    """The others do, and say themselves what they left out."""
    lacking["kube-apiserver"] = NOT_RUN
    assert programs.bring(STEPS) == {"integration-real": NOT_RUN, "collector": NOT_RUN}


def test_a_step_is_left_out_for_what_it_needs_itself(lacking: dict[str, str]) -> None:
    """The collector alone may be missing."""
    lacking[COLLECTOR] = "no collector"
    assert programs.bring(STEPS) == {"collector": "no collector"}


def test_left_out_is_one_line_whatever_the_number_of_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the machine of somebody without Go."""
    monkeypatch.delenv("CI", raising=False)
    outcomes = [not_run(step, NOT_RUN) for step in (REAL, COLLECTED)]
    assert all(outcome.ok and outcome.word == "skipped" for outcome in outcomes)
    lines = [line for line in summary(outcomes, 1.0) if NOT_RUN in line]
    assert lines == [f"  skipped: {NOT_RUN} (integration-real, collector)"]


def test_in_ci_it_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which says the same."""
    monkeypatch.setenv("CI", "true")
    outcome = not_run(REAL, NOT_RUN)
    assert not outcome.ok and f"    {NOT_RUN}" in summary([outcome], 1.0)


def test_what_this_python_cannot_run_is_no_failure_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """An older ansible-core, say."""
    monkeypatch.setenv("CI", "true")
    outcome: Outcome = not_run(UNIT, "unit needs Python 3.12 or older")
    assert outcome.ok and outcome.skips.total() == 1
