# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lane of pytest came to, from its own report; and the summary of all steps."""
from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

CLOSING = re.compile(r"^=+ .*\bin [\d.]+s.* =+$")


@dataclass
class Outcome:
    """Of one step."""

    name: str
    code: int
    seconds: float
    passed: int = 0
    failed: int = 0
    skips: Counter[str] = field(default_factory=Counter)
    closing: str = ""                    # pytest's own last line
    why: str = ""                        # it failed, though no test did
    ran: bool = True

    @property
    def ok(self) -> bool:
        """Nothing went wrong."""
        return self.code == 0 and not self.failed

    @property
    def word(self) -> str:
        """One word for it."""
        return "FAILED" if not self.ok else "ok" if self.passed or not self.skips else "skipped"


def read_lane(outcome: Outcome, junit: Path, output: Path) -> Outcome:
    """Add what pytest wrote down."""
    lines = output.read_text(encoding="utf-8", errors="replace").splitlines()
    outcome.closing = next((line for line in reversed(lines) if CLOSING.match(line)), "")
    if junit.exists():
        for case in ElementTree.parse(junit).iter("testcase"):
            kinds = {child.tag: child for child in case}
            if "failure" in kinds or "error" in kinds:
                outcome.failed += 1
            elif "skipped" in kinds:
                outcome.skips[kinds["skipped"].get("message", "no reason given").strip()] += 1
            else:
                outcome.passed += 1
    if outcome.code == 5:
        outcome.why = "no test was found"
    elif outcome.code and not outcome.failed:
        outcome.why = f"pytest ended with exit code {outcome.code}"
    return outcome


def closing_lines(outcomes: list[Outcome], seconds: float) -> list[str]:
    """pytest's closing line of each lane, and their sum with the tools: each tool counts as one."""
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.failed or (0 if outcome.ok else 1) for outcome in outcomes)
    skipped = sum(sum(outcome.skips.values()) for outcome in outcomes)
    lines = [f"{outcome.name}: {outcome.closing.strip('= ')}" for outcome in outcomes if outcome.closing]
    return [*lines, f"{passed} passed, {failed} failed, {skipped} skipped in {seconds:.1f}s"]


def summary(outcomes: list[Outcome], seconds: float) -> list[str]:
    """What each step took, what was skipped and why, what failed and where to read on."""
    lines = ["", "== summary"]
    for outcome in outcomes:
        counts = f"{outcome.passed} passed, {outcome.failed} failed, {sum(outcome.skips.values())} skipped" if outcome.closing else ""
        lines.append(f"  {outcome.name:<17} {outcome.word:<7} {outcome.seconds:6.1f} s  {counts}".rstrip())
        if outcome.why:
            lines.append(f"    {outcome.why}")
        if outcome.ran and not outcome.ok:
            lines.append(f"    read .cache/results/{outcome.name}.log")
    return [*lines, *skip_lines(outcomes), "", *closing_lines(outcomes, seconds)]


def skip_lines(outcomes: list[Outcome]) -> list[str]:
    """Each reason once, however many steps have it."""
    steps: dict[str, list[str]] = {}
    for outcome in outcomes:
        for reason in outcome.skips:
            steps.setdefault(reason, []).append(outcome.name)
    return [f"  skipped: {reason} ({', '.join(names)})" for reason, names in sorted(steps.items())]
