# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the suites share that judge managers by thousands of cases: simulators that are asked without a pause, and their figures."""
from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.baremetal.generator.plugins.module_utils.http import HttpSession
from tests.simulators.inventory import Inventory, generate
from tests.simulators.ome import OmeSimulator
from tests.simulators.oneview import OneViewSimulator
from tests.simulators.serving import Simulator
from tests.simulators.ucs_central import UcsSystem

KINDS = ("oneview", "ome", "ucs")
SERVERS = 6


@contextmanager
def without_pauses(kind: str) -> Iterator[tuple[Inventory, Any, list[Simulator]]]:
    """A management system with servers of every kind, odd ones too: what it holds, whom to ask, and all simulators of it. A retry comes at once."""
    logging.getLogger("simulators").setLevel(logging.CRITICAL)         # what a simulator says of clients that hang up is no print of theirs
    inventory = generate(kind, SERVERS, odd=True)
    pauses = HttpSession.__init__.__kwdefaults__
    before = dict(pauses)
    with ExitStack() as stack:
        if kind == "ucs":
            system = stack.enter_context(UcsSystem(inventory))          # type: ignore[arg-type]
            front, simulators = system.central, [*system.all]
        else:
            front = stack.enter_context((OneViewSimulator if kind == "oneview" else OmeSimulator)(inventory))      # type: ignore[arg-type]
            simulators = [front]
        pauses["pause"] = lambda _seconds: None
        try:
            yield inventory, front, simulators
        finally:
            pauses.update(before)


@dataclass
class Figures:
    """Of many cases."""

    cases: int = 0
    right: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def with_a_reason(self) -> str:
        """How many, and with which."""
        return f"{self.reasons.total()} with a reason ({', '.join(f'{count} {reason}' for reason, count in self.reasons.most_common())})"

    def add(self, other: Figures) -> None:
        """Of one more share."""
        self.cases += other.cases
        self.right += other.right
        self.reasons += other.reasons
        self.wrong += other.wrong
        self.seconds = max(self.seconds, other.seconds)
