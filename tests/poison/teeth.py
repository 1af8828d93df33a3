# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Teeth: the boundary is taken out at one place after the other, and some poison must harm others then.

python -m tests.poison.teeth [N=1500] [ONLY=part-of-a-place]
"""
from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from . import cases, others, vendors
from .boundary import Place, places, watched
from .running import Harm, judged, product

FIRST = "first, "
TRIED = 12                  # of the cases that come to a place: faults of our own first, they come again and again
# What runs in no stage and in nothing that is called here; each is tested where it belongs.
ELSEWHERE = {
    ("buffer_check.py", "look"): "a summary that cannot be judged was told by the reflector before: tests/unit/extensions",
    ("generators.py", "due_work"): "the same",
    ("buffer_check.py", "check"): "the loop of the source itself: tests/unit/extensions",
    ("server_info.py", "ask"): "the module server_info: tests/integration",
    ("base.py", "Session.renew"): "a session that the manager forgot: tests/unit/module_utils",
    ("oneview_lists.py", "Lists.objects"): "a few objects that are read alone: tests/unit/plugins/module_utils/managers",
    ("failing.py", "Patience.memory"): "a host in error that cannot be judged: tests/unit/plugins/module_utils/test_failing.py",
    ("out_of_the_line.py", "_grant_each"): "a ledger that the API does not take with one of its entries: tests/unit/plugins/module_utils/admission",
}
# Not bitten yet: nothing drawn comes there, or what is raised there ends the work on one buffer for this run only, which the next pass makes good.
OPEN = {
    ("resolve.py", "tell_not_asked"), ("materializing.py", "materialize"), ("materializing.py", "marked"), ("materializing.py", "_taking_back"),
    ("removing.py", "settle_entries")}
# Where the functions are that a file goes through many with.
CALLED_BY = {
    "sweeping": {"availability"}, "availability": {"failing"}, "materializing": {"availability"}, "resolve": {"generators", "manifests"},
    "reading": {"generators", "story"}}
ENOUGH = 5                  # cases that reach a place, before no more are looked for
MANAGERS = "plugins/module_utils/managers/"
Case = tuple[str, Callable[[], str]]
Reaching = dict[Place, list[tuple[str, Callable[[], str], str]]]       # what, how it is judged, and what it comes to with the boundary


@dataclass
class Bite:
    """What came of each place."""

    killed: dict[Place, str] = field(default_factory=dict)
    survives: dict[Place, list[str]] = field(default_factory=dict)      # with the cases that reach it
    tried: int = 0

    @property
    def line(self) -> str:
        """For the closing lines."""
        return (f"poison: the boundary taken out at each of {len(self.killed) + len(self.survives)} places, "
                f"{len(self.killed)} found by {self.tried} cases; {len(OPEN)} open")


@contextmanager
def all_cases(of_managers: bool, most: int) -> Iterator[list[Case]]:
    """Those that may reach a place: faults of our own code before all."""
    if of_managers:
        systems = vendors.Systems()
        try:
            odd = vendors.cases(systems)
            random.Random(1).shuffle(odd)
            flaws: list[Case] = [(one.what, lambda one=one: vendors.judged_flaw(systems, one)) for one in vendors.flaws()]
            wholes: list[Case] = [(one.what, lambda one=one: vendors.judged_whole(systems, one)) for one in vendors.wholes()]
            random.Random(1).shuffle(flaws)
            yield [*wholes, *flaws, *((one.what, lambda one=one: vendors.judged(systems, one)) for one in odd[:max(100, most - len(flaws) - len(wholes))])]
        finally:
            systems.close()
        return
    with product():
        # First what is refused in one or two ways: each of these writes has a place of its own.
        refused = [one for one in others.doubles() + others.refusals() if one.what.endswith((": 403 of a webhook", ": 500 for ever")) or one.race]
        faults, oddities = others.bugs(), others.lists() + others.refusals()
        for some in (refused, faults, oddities):
            random.Random(1).shuffle(some)
        every = [*faults, *oddities[:200], *(one for one in cases.drawn(most, 1) if one.family not in ("bugs", "lists", "writes"))]
        yield [(f"{first}{one.family}: {one.what}", lambda one=one: judged(one, slack=0))
               for first, some in ((FIRST, refused), ("", every)) for one in some]


def bite(of_managers: bool, most: int, only: str = "") -> Bite:
    """Every place of the managers, or every other one."""
    wanted = [place for place in places() if place.file.startswith(MANAGERS) == of_managers and only in str(place)
              and (place.file.rpartition("/")[2], place.function) not in ELSEWHERE.keys() | OPEN]
    found = Bite()
    if not wanted:
        return found
    with all_cases(of_managers, most) as every:
        reaching = _reaching(wanted, every, found, most)
        for place in wanted:
            some = sorted(reaching[place], key=lambda one: "bugs: " not in one[0])[:TRIED]
            killer = next((what for what, verdict, before in some if _harms(place, verdict, before)), None)
            if killer is None:
                found.survives[place] = [what for what, _verdict, _before in reaching[place]]
            else:
                found.killed[place] = killer
    return found


def _reaching(wanted: list[Place], every: list[Case], found: Bite, most: int) -> Reaching:
    """For each place some cases whose poison comes to it; they harm nobody while the boundary is there."""
    reaching: Reaching = {place: [] for place in wanted}
    with watched() as product_with_all:
        for what, verdict in _nearest_first(every, reaching):
            if found.tried >= most:
                break
            product_with_all.hits.clear()
            found.tried += 1
            try:
                before = verdict()
            except Harm:
                continue
            for place in product_with_all.hits & reaching.keys():
                reaching[place].append((what, verdict, before))
    return reaching


def _nearest_first(every: list[Case], reaching: Reaching) -> Iterator[Case]:
    """As long as a place is not reached: first faults in the files of such places, then faults and others by turns."""
    waiting, turn = list(every), False
    while waiting:
        files = {place.file.rpartition("/")[2].removesuffix(".py") for place, some in reaching.items() if len(some) < ENOUGH}
        if not files:
            return
        files |= {called for file in files for called in CALLED_BY.get(file, ())}
        if waiting[0][0].startswith(FIRST):
            yield waiting.pop(0)
            continue
        nearest = (at for at, (what, _verdict) in enumerate(waiting) if what.startswith("bugs: ") and files & set(what.split(" ")[2].split(".")))
        turn = not turn
        rest = (at for at, (what, _verdict) in enumerate(waiting) if what.startswith("bugs: ") == turn)
        at = next(nearest, next(rest, 0))
        yield waiting.pop(at)


def _harms(place: Place, verdict: Callable[[], str], before: str) -> bool:
    """Others are harmed, or fewer of them are answered as ever."""
    with watched(place):
        try:
            return verdict() != before
        except Harm:
            return True


def told(found: Bite) -> list[str]:
    """Each place that nobody misses."""
    return [f"{place}: {'nobody misses it: ' + '; '.join(some) if some else 'no poison comes to it'}" for place, some in found.survives.items()]


def main(arguments: list[str]) -> int:
    """Prints what killed each place, what survives, and the line."""
    given, began = dict(one.split("=", 1) for one in arguments), time.monotonic()
    lost = 0
    for of_managers in (False, True):
        found = bite(of_managers, int(given.get("N", 1500)), given.get("ONLY", ""))
        for place, killer in found.killed.items():
            print(f"  {place}: {killer}")
        print(*told(found), sep="\n")
        print(f"{found.line}, {time.monotonic() - began:.0f} s")
        lost += len(found.survives)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
