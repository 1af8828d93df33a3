# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One case: a state, a kill, ordinary runs, and what came of it beside an undisturbed run."""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.simulators.kubernetes.store import Backup

from .judging import Story
from .scenarios import Scenario
from .world import ORDINARY, World


class Bench:
    """A scenario that is set up once, and put back before every case."""

    def __init__(self, world: World, scenario: Scenario) -> None:
        self.world, self.scenario = world, scenario
        scenario.begin(world)
        self._backup: Backup = world.simulator.backup()
        self._began = 0
        self._ends = [self._undisturbed(cap) for cap in (None, 99, 0)]     # as it is; with a slot for everybody; with none
        if scenario.users_part is not None:
            self._ends.append(self._undisturbed(None, user_first=True))    # as if it was killed before it did anything

    def put_back(self) -> None:
        """Everything as it was at the beginning."""
        self.world.simulator.faults.clear()
        self.world.oneview.before_answer = None
        self.world.simulator.restore(self._backup)
        self._began = len(self.world.simulator.history)

    def _undisturbed(self, cap: int | None, user_first: bool = False) -> Story:
        """How it ends when nobody kills."""
        self.put_back()
        if cap is not None:
            self.world.cap(cap)
        if not user_first:
            self.world.run(self.scenario.module)
        self.go_on(metal3_first=True)
        return self.story()

    def calls(self) -> int:
        """How many calls of the API one ordinary run makes from here."""
        self.put_back()
        before = self.world.quiet()
        self.world.run(*ORDINARY)
        return self.world.quiet() - before

    def go_on(self, metal3_first: bool) -> None:
        """What happens after a crash, or after none."""
        if metal3_first:
            self.world.settle()
        if self.scenario.users_part is not None:
            self.scenario.users_part(self.world)
        for _round in range(self.scenario.rounds):
            self.world.run(*ORDINARY)
            self.world.settle()

    def story(self) -> Story:
        """Everything since the beginning."""
        return Story(self.world.simulator, self._backup, self.world.simulator.history[self._began:])

    def what_is_wrong(self) -> list[str]:
        """Lost, double, over the cap, out of line, left over."""
        story, end = self.story(), self._ends[0]
        wrong = story.wrong + story.out_of_line() + story.at_rest()
        phases = story.phases()
        if sorted(phases) != sorted(end.phases()) or Counter(phases.values()) != Counter(end.phases().values()):
            return [*wrong, f"phases are {phases}, not {end.phases()}"]
        for name, has in story.belongings().items():
            # Who got a slot may differ where tickets were drawn in another order; what a generator has in its phase may not.
            as_ever = [one.belongings()[name] for one in self._ends if one.phases().get(name) == phases.get(name)]
            if name and has not in as_ever:
                nearest = min((list(differences(has, should)) for should in as_ever), key=len, default=["as in no other run"])
                wrong.append(f"{name} is {phases[name]}, {'; '.join(nearest)}")
        as_often = {one.activated.total() for one in (self._ends[0], self._ends[-1])}
        if story.activated.total() not in as_often or any(number > 1 for number in story.activated.values()):
            wrong.append(f"hosts were activated {dict(story.activated)} times, not {dict(end.activated)} times")
        return wrong


def differences(has: Any, should: Any, where: str = "") -> Iterator[str]:
    """Leaf by leaf, for a person."""
    if isinstance(has, dict) and isinstance(should, dict):
        for name in sorted(set(has) | set(should)):
            yield from differences(has.get(name), should.get(name), f"{where}.{name}" if where else name)
    elif has != should:
        yield f"{where}: {has} instead of {should}"
