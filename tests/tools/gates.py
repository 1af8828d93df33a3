# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make test`: runs the steps of steps.py, tools beside tests, and ends with one summary. ONLY names steps, ARGS go to their tool."""
from __future__ import annotations

import os
import shlex
import sys
import threading
import time

from tests.tools.collection import build
from tests.tools.places import RESULTS, ROOT
from tests.tools.prepare import SetUpFailed, prepare
from tests.tools.programs import bring
from tests.tools.report import Outcome, closing_lines, summary
from tests.tools.running import Runner
from tests.tools.steps import STEPS, Step
from tests.tools.tree import refresh_copy


def main() -> int:
    """0 when every step is well."""
    try:
        steps = chosen(os.environ.pop("ONLY", ""))
        arguments = read_arguments(os.environ.pop("ARGS", ""), steps)
        for packages in sorted(set().union(*(step.all_packages for step in steps if not step.left_out())) - {"test"}):
            prepare(packages)
        RESULTS.mkdir(parents=True, exist_ok=True)
        refresh_copy()
        if any(step.needs_installed for step in steps):
            os.environ["GENERATOR_INSTALLED"] = str(build()[1])
        missing = bring(steps)
    except (ValueError, SetUpFailed, RuntimeError) as error:
        print(f"make test: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    begin = time.monotonic()
    outcomes = run(steps, Runner(arguments, missing))
    seconds = time.monotonic() - begin
    outcomes.sort(key=lambda outcome: [step.name for step in steps].index(outcome.name))
    print("\n".join(summary(outcomes, seconds)), flush=True)
    (RESULTS / "closing.txt").write_text("".join(f"{line}\n" for line in closing_lines(outcomes, seconds)), encoding="utf-8")
    return 0 if all(outcome.ok for outcome in outcomes) else 1


def chosen(only: str) -> list[Step]:
    """The steps that ONLY names, all without it."""
    names, known = only.replace(",", " ").split(), {step.name: step for step in STEPS}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"there is no step {unknown[0]}; the steps are: {' '.join(known)}")
    return [step for step in STEPS if not names or step.name in names]


def read_arguments(text: str, steps: list[Step]) -> list[str]:
    """ARGS as words."""
    if text and len(steps) == len(STEPS):
        raise ValueError("ARGS needs ONLY=step, since it goes to the tool of that step")
    return shlex.split(text)


def run(steps: list[Step], runner: Runner) -> list[Outcome]:
    """All of them. Tools run one after the other beside the tests, which leaves a second core to them; what measures time comes when they are done."""
    lanes, tools = [step for step in steps if step.is_lane], [step for step in steps if step.beside]
    outcomes: list[Outcome] = []
    if not lanes:
        return [show(runner.run(step, live=True), runner) for step in steps]
    beside = threading.Thread(target=lambda: outcomes.extend(runner.run(tool, live=False) for tool in tools), name="tools")
    beside.start()
    try:
        for step in sorted((step for step in steps if not step.beside), key=lambda step: step.quiet_machine):
            if step.quiet_machine and beside.is_alive():
                print("-- waiting for the tools that run beside the tests", flush=True)
                beside.join()
            outcomes.append(show(runner.run(step, live=True), runner))
        beside.join()
    except KeyboardInterrupt:
        runner.stop()
        beside.join()
        sys.exit(130)
    for outcome in outcomes:
        if outcome.name in {tool.name for tool in tools}:
            show(outcome, runner)
            if not outcome.ok:
                print(runner.tail(outcome.name), flush=True)
    return outcomes


def show(outcome: Outcome, runner: Runner) -> Outcome:
    """One line when a step is done."""
    where = "" if outcome.ok or not outcome.ran else f", read {runner.log(outcome.name).relative_to(ROOT)}"
    print(f"-- {outcome.name}: {outcome.word} in {outcome.seconds:.1f} s{f' ({outcome.why})' if outcome.why else ''}{where}", flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main())
