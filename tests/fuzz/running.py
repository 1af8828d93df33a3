# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real manager class asks a simulator over the wire, one answer of which is another one; what comes of it is judged.

python -m tests.fuzz.running N=3000 [KIND=ome] [SEED=1] [CASE=17] [SHOW=20]
"""
from __future__ import annotations

import io
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import Any

from tests.tools.places import name_the_collection

if str(name_the_collection()) not in sys.path:
    sys.path.insert(0, str(name_the_collection()))

from ansible_collections.baremetal.generator.plugins.module_utils.managers import ManagerConfig, Outcome, Wanted, open_managers  # noqa: E402
from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason  # noqa: E402
from ansible_collections.baremetal.generator.plugins.module_utils.nics import choose  # noqa: E402
from tests.fixtures.asking import config  # noqa: E402
from tests.simulators import judging  # noqa: E402
from tests.simulators.inventory import FOUND, Inventory  # noqa: E402
from tests.simulators.serving import Ask, Reply, Simulator  # noqa: E402
from tests.fuzz.mutations import mutate  # noqa: E402

KINDS = judging.KINDS
# What a manager may say of a name; a Bug of ours is none of them.
REASONS = frozenset({"NotFound", "Ambiguous", "Unassigned", "NoBmcAddress", "NoMac", "InvalidAnswer", "ManagerUnreachable", "LoginRefused"})
SECONDS = 5.0           # for a manager
HANG_SECONDS = 120.0    # after which a case hangs, on however slow a machine


@dataclass
class System:
    """A simulated management system."""

    kind: str
    config: ManagerConfig
    inventory: Inventory
    simulators: list[Simulator]
    subsets: list[list[str]] = field(default_factory=list)
    requests: dict[int, int] = field(default_factory=dict)      # of each subset's flow, when nothing is amiss


class Figures(judging.Figures):
    """Of many cases."""

    @property
    def line(self) -> str:
        """For the closing lines."""
        return f"fuzz: {self.cases} cases, {self.right} names right, {self.with_a_reason}, {len(self.wrong)} wrong; {self.seconds:.0f} s"


@contextmanager
def started(kind: str) -> Iterator[System]:
    """With the requests of each flow counted."""
    with judging.without_pauses(kind) as (inventory, front, simulators):
        names = list(dict.fromkeys(server.name for server in inventory.servers))
        made = System(kind, config(kind, front), inventory, simulators, [*([name] for name in names), names[:3], names[-6:], names])
        for number, subset in enumerate(made.subsets):
            before_it = sum(one.counters.requests for one in simulators)
            ask(made, subset)
            made.requests[number] = sum(one.counters.requests for one in simulators) - before_it
        yield made


def ask(system: System, names: list[str]) -> dict[str, Outcome]:
    """One run."""
    with open_managers([system.config], SECONDS) as managers:
        return managers.find(Wanted(name) for name in names)


class Changer:
    """The answer to one of the requests is another one."""

    def __init__(self, at: int, chance: random.Random) -> None:
        self._left, self._chance = at, chance
        self._lock = threading.Lock()
        self.told = ""

    def __call__(self, asked: Ask, reply: Reply) -> Reply:
        with self._lock:
            self._left -= 1
            if self._left != -1:
                return reply
            other, what = mutate(reply, self._chance)
            self.told = f"{asked.method} {asked.path} {asked.body[:120].decode('utf-8', 'replace') if asked.body.startswith(b'<') else ''}: {what}"
            return other


def judged(system: System, seed: int, number: int, figures: Figures) -> None:
    """One case: which names, which request, what is other."""
    chance = random.Random(f"{system.kind}/{seed}/{number}")
    subset = chance.randrange(len(system.subsets))
    names = system.subsets[subset]
    changer = Changer(chance.randrange(system.requests[subset]), chance)
    for one in system.simulators:
        one.sessions.forget()
        one.change = changer
    left_threads: list[str] = []
    hook, threading.excepthook = threading.excepthook, lambda args: left_threads.append(f"{args.exc_type.__name__} left thread {args.thread}")
    printed = io.StringIO()
    found: dict[str, Any] = {}

    def run() -> None:
        try:
            found.update(ask(system, names))
        except BaseException as error:  # pylint: disable=broad-exception-caught  # whatever it is, it is what this suite looks for
            left_threads.append(f"{type(error).__name__} left the run: {str(error)[:200]}")

    try:
        with redirect_stderr(printed), redirect_stdout(printed):
            thread = threading.Thread(target=run, daemon=True)
            thread.start()
            thread.join(HANG_SECONDS)
    finally:
        threading.excepthook = hook
        for one in system.simulators:
            one.change = None
    what = f"{system.kind} case {number} ({len(names)} names), {changer.told}"
    figures.cases += 1
    faults = [*left_threads, *(["it hangs"] if thread.is_alive() else []), *([f"it printed {printed.getvalue()[-300:]!r}"] if printed.getvalue() else [])]
    if not faults:
        faults = [fault for name in names if (fault := fault_of(system.inventory, name, found.get(name), figures))]
    if faults:
        figures.wrong.append(f"{what}\n    {faults[0]}")


def fault_of(inventory: Inventory, name: str, outcome: Any, figures: Figures) -> str:
    """What is wrong with this answer; "" when it is right, or a reason."""
    if outcome is None:
        return f"{name} has no answer"
    choice = outcome if isinstance(outcome, Reason) else choose(outcome.nics)
    if isinstance(choice, Reason):
        figures.reasons[choice.reason] += 1
        wrong = choice.reason not in REASONS or choice.reason == "NotFound"         # all are there: an odd answer is no reason to say otherwise
        return f"{name}: {choice.reason}: {choice.message[:300]}" if wrong else ""
    expected = inventory[name]
    if expected.outcome != FOUND:
        return f"{name} has no server ({expected.outcome}), and this is said to be it: {outcome}"
    if (choice.boot.mac, outcome.bmc_address) != (expected.boot_mac, expected.bmc_address):
        return f"{name}: MAC {choice.boot.mac}, BMC {outcome.bmc_address} instead of {expected.boot_mac}, {expected.bmc_address}"
    figures.right += 1
    return ""


def run_share(kind: str, count: int, seed: int, share: int, shares: int) -> Figures:
    """Some of the cases of a vendor."""
    figures, began = Figures(), time.monotonic()
    with started(kind) as system:
        for number in range(share, count, shares):
            judged(system, seed, number, figures)
    figures.seconds = time.monotonic() - began
    return figures


def main(arguments: list[str]) -> int:
    """Prints what was wrong, and the line of figures."""
    given = dict(one.split("=", 1) for one in arguments)
    figures, seed = Figures(), int(given.get("SEED", 1))
    for kind in [given["KIND"]] if "KIND" in given else KINDS:
        if "CASE" in given:
            with started(kind) as system:
                judged(system, seed, int(given["CASE"]), figures)
        else:
            figures.add(run_share(kind, int(given.get("N", 3000)), seed, 0, 1))
    print(*figures.wrong[:int(given.get("SHOW", 20))], sep="\n")
    print(figures.line)
    return 1 if figures.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
