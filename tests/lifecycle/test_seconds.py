# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""takeover_seconds means what it says at 0 as well; what is no number of seconds, and a deadline of 0, are refused."""
from __future__ import annotations

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.admission import Policy
from ansible_collections.baremetal.generator.plugins.module_utils.errors import InvalidArgument
from tests.lifecycle.world import World

AN_HOUR = 3600.0


class Waits(BaseException):
    """A run waits: nothing of it goes on."""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for another run gives itself away."""
    def sleep(_seconds: float) -> None:
        raise Waits

    defaults = list(Policy.__init__.__defaults__ or ())
    fields = [name for name, field in Policy.__dataclass_fields__.items() if field.init][1:]
    at = fields.index("sleep")
    monkeypatch.setattr(Policy.__init__, "__defaults__", (*defaults[:at], sleep, *defaults[at + 1:]))


def dead_run(world: World) -> None:
    """g1 was granted a slot by a run that died before it made the host."""
    world.generator("g1", "node-1")
    world.resolve()
    world.admit_until_killed("create")
    assert [entry["state"] for entry in world.entries()] == ["granted"]


@pytest.mark.parametrize("behind", [0.0, AN_HOUR])
def test_takeover_0_finishes_at_once_what_another_run_began(world: World, behind: float) -> None:
    """Even where that run's clock was ahead, so that its grant is still to come."""
    dead_run(world)
    world.later(-behind)
    world.admit(takeover_seconds=0.0)
    assert world.phase("g1") == names.COMPLETED and world.entries() == []


def test_a_younger_grant_is_waited_for(world: World) -> None:
    """The test above would notice a run that waits."""
    dead_run(world)
    with pytest.raises(Waits):
        world.admit(takeover_seconds=AN_HOUR)


@pytest.mark.parametrize(("option", "seconds", "sentence"), [
    ("takeover_seconds", -2.0, "0 or more, not -2"), ("takeover_seconds", float("nan"), "0 or more, not nan"),
    ("takeover_seconds", float("inf"), "0 or more, not inf"), ("deadline_seconds", -2.0, "more than 0, not -2"),
    ("deadline_seconds", float("nan"), "more than 0, not nan"), ("deadline_seconds", 0.0, "more than 0, not 0"),
])
def test_what_is_no_number_of_seconds_is_refused(world: World, option: str, seconds: float, sentence: str) -> None:
    """Before the cluster is asked for anything. A run that must begin nothing at all would never finish what others left."""
    with pytest.raises(InvalidArgument) as refused:
        world.admit(**{option: seconds, "kubeconfig": "/nowhere"})
    assert str(refused.value) == f"{option} must be a number of seconds, {sentence}; correct it."
