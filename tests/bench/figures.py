# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was measured, beside what is allowed."""
from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

BUSY_CORES = 0.3


def _everybody() -> float:
    """Seconds of processor time that this machine has spent, waiting and idling left out."""
    spent = psutil.cpu_times()
    return float(sum(getattr(spent, kind, 0.0) for kind in ("user", "nice", "system", "irq", "softirq", "steal")))


def _ours() -> float:
    """The same of this process and of all that it started and that has ended."""
    return sum(os.times()[:4])


@dataclass(frozen=True)
class Figure:
    """One line of the table. ok: within its budget, None where there is no budget."""

    what: str
    operator: str
    budget: str
    ours: str
    ok: bool | None = None

    @property
    def verdict(self) -> str:
        """One word."""
        return {True: "ok", False: "OVER", None: ""}[self.ok]


@dataclass
class Book:
    """The figures so far, and a line on the screen for each step."""

    quick: bool = False
    full: bool = False
    figures: list[Figure] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)
    busy: list[str] = field(default_factory=list)         # what others used of the machine, by part

    def say(self, text: str) -> None:
        """Where the bench is."""
        print(f"[{time.monotonic() - self.begun:5.0f} s] {text}", flush=True)

    def add(self, what: str, operator: str, budget: str, ours: str, ok: bool | None = None) -> None:
        """Note a figure."""
        figure = Figure(what, operator, budget, ours, ok)
        self.figures.append(figure)
        self.say(f"  {what}: {ours}{f' (budget {budget})' if budget else ''} {figure.verdict}".rstrip())

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """A part of the bench; what others use of the machine meanwhile is noted, since times are too long then."""
        self.say(name)
        begun, everybody, ours = time.monotonic(), _everybody(), _ours()
        yield
        cores = (_everybody() - everybody - (_ours() - ours)) / (time.monotonic() - begun)
        if cores > BUSY_CORES:
            self.busy.append(f"{cores:.1f} cores during {name}")
            self.say(f"  others used {cores:.1f} cores meanwhile: times are too long")

    def seconds(self, what: str, operator: str, measured: float, budget: float, note: str = "") -> None:
        """Note a time."""
        self.add(what, operator, f"<= {budget:g} s", f"{measured:.1f} s{f', {note}' if note else ''}", measured <= budget)

    def number(self, what: str, operator: str, measured: float, budget: float, note: str = "") -> None:
        """Note a count."""
        self.add(what, operator, f"<= {budget:g}", f"{measured:g}{f', {note}' if note else ''}", measured <= budget)

    @property
    def over(self) -> list[Figure]:
        """Those that are not within their budget."""
        return [figure for figure in self.figures if figure.ok is False]

    def table(self) -> str:
        """All of them."""
        rows = [("figure", "the operator", "budget", "ours", "")]
        rows += [(one.what, one.operator, one.budget, one.ours, one.verdict) for one in self.figures]
        widths = [max(len(row[column]) for row in rows) for column in range(5)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])
