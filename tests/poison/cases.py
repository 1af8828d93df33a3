# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which cases are run: a share of each family, drawn by the seed.

python -m tests.poison.cases N=3000 SEED=1 [ONLY=part-of-what] [SHOW=3]
"""
from __future__ import annotations

import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.tools.places import name_the_collection

if str(name_the_collection()) not in sys.path:
    sys.path.insert(0, str(name_the_collection()))

from ansible_collections.baremetal.generator.plugins.module_utils.cluster import AGENT, BUFFER, GENERATOR, HOST, INFRAENV, NMSTATE  # noqa: E402

from . import fields, others, vendors  # noqa: E402
from .running import Harm, Poison, judged, product  # noqa: E402

# Of a thousand cases.
SHARES: dict[Callable[[], list[Poison]], int] = {
    lambda: fields.of_kind(GENERATOR): 330, lambda: fields.of_kind(BUFFER): 90, lambda: fields.of_kind(HOST): 120,
    lambda: [one for kind in (AGENT, INFRAENV, NMSTATE) for one in fields.of_kind(kind)]: 30,
    fields.marks: 110, fields.ledgers: 90, others.refusals: 80, others.doubles: 10, others.answers: 50, others.lists: 40, others.bugs: 50,
}


def drawn(count: int, seed: int) -> list[Poison]:
    """So many cases, each once; the same for the same seed."""
    chosen: list[Poison] = []
    for number, (make, share) in enumerate(SHARES.items()):
        with product():
            every = make()
        random.Random(seed * 100 + number).shuffle(every)
        chosen += every[:max(1, round(count * share / sum(SHARES.values())))]
    random.Random(seed).shuffle(chosen)
    return chosen


@dataclass
class Figures:
    """Of many cases."""

    cases: int = 0
    named: int = 0
    harmless: int = 0
    harms: list[str] = field(default_factory=list)
    families: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def line(self) -> str:
        """For the closing lines."""
        kinds = ", ".join(f"{number} {family}" for family, number in sorted(self.families.items()))
        return f"poison: {self.cases} cases, {self.named} poisons named, {len(self.harms)} others harmed ({kinds}; {self.seconds:.0f} s)"

    def add(self, other: Figures) -> None:
        """Of one more share."""
        self.cases += other.cases
        self.named += other.named
        self.harmless += other.harmless
        self.harms += other.harms
        self.families += other.families
        self.seconds = max(self.seconds, other.seconds)

    def judge(self, family: str, what: str, verdict: Callable[[], str]) -> None:
        """One more case."""
        self.cases += 1
        self.families[family] += 1
        try:
            found = verdict()
        except Harm as harm:
            self.harms.append(f"{family}: {what}\n    {harm}")
            return
        self.named += found.startswith("named")
        self.harmless += found == "harmless"


def run(cases: Iterable[Poison]) -> Figures:
    """Each of them, judged."""
    figures, began = Figures(), time.monotonic()
    with product():
        for case in cases:
            figures.judge(case.family, case.what, lambda case=case: judged(case))
    figures.seconds = time.monotonic() - began
    return figures


def run_vendors(count: int, seed: int, share: int, shares: int, only: str = "") -> Figures:
    """Managers with odd answers: most are oddities on the wire, the others faults of our readers."""
    figures, began, systems = Figures(), time.monotonic(), vendors.Systems()
    try:
        odd, flaws = vendors.cases(systems), vendors.flaws()
        random.Random(seed).shuffle(odd)
        random.Random(seed).shuffle(flaws)
        flaws = flaws[:count // 4]
        for odd_one in [one for one in odd[:count - len(flaws) - count // 6][share::shares] if only in f"vendors: {one.what}"]:
            figures.judge("vendors", odd_one.what, lambda one=odd_one: vendors.judged(systems, one))
        for flaw in [one for one in flaws[share::shares] if only in f"vendors: {one.what}"]:
            figures.judge("vendors", flaw.what, lambda one=flaw: vendors.judged_flaw(systems, one))
        wholes = vendors.wholes()
        random.Random(seed).shuffle(wholes)
        for whole in [one for one in wholes[:count // 6][share::shares] if only in f"vendors: {one.what}"]:
            figures.judge("vendors", whole.what, lambda one=whole: vendors.judged_whole(systems, one))
    finally:
        systems.close()
    figures.seconds = time.monotonic() - began
    return figures


def run_share(count: int, seed: int, share: int, shares: int, only: str = "") -> Figures:
    """One of so many shares of all cases; a tenth of them are managers that answer oddly."""
    few = count // 10
    figures = run(case for case in drawn(count - few, seed)[share::shares] if only in f"{case.family}: {case.what}")
    more = run_vendors(few, seed, share, shares, only)
    more.seconds += figures.seconds
    figures.add(more)
    return figures


def told(harms: list[str], most: int = 3) -> list[str]:
    """Every kind of harm once, with how often and a few of the poisons that did it."""
    kinds: dict[str, list[str]] = {}
    for harm in harms:
        what, _line, text = harm.partition("\n")
        kinds.setdefault(re.sub(r"'[^']*'|\d+|\[.*\]", "..", text.rpartition("(at ")[2] if "(at " in text else text)[:160], []).append(f"{what}\n{text}")
    return [f"{len(some)} times, such as: {one}" for some in sorted(kinds.values(), key=len, reverse=True) for one in some[:most]]


def main(arguments: list[str]) -> int:
    """Prints what was harmed, and the line of figures."""
    given = dict(one.split("=", 1) for one in arguments)
    figures = run_share(int(given.get("N", 3000)), int(given.get("SEED", 1)), 0, 1, given.get("ONLY", ""))
    print(*told(figures.harms, int(given.get("SHOW", 3))), sep="\n")
    print(figures.line)
    return 1 if figures.harms else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
