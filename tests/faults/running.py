# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of fault, one to eight in a row, at each request of each flow of each vendor, and at logout; what comes of it is judged.

python -m tests.faults.running [KIND=ome] [ONLY=part-of-a-case] [SHOW=20]
"""
from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from tests.tools.places import name_the_collection

if str(name_the_collection()) not in sys.path:
    sys.path.insert(0, str(name_the_collection()))

from ansible_collections.baremetal.generator.plugins.module_utils.managers import ManagerConfig, Outcome, Wanted, open_managers  # noqa: E402
from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason  # noqa: E402
from tests.fixtures.asking import assert_answers_are_true, config  # noqa: E402
from tests.simulators import judging  # noqa: E402
from tests.simulators.inventory import FOUND, Inventory  # noqa: E402
from tests.simulators.serving import Ask, Fault, Reply, Simulator  # noqa: E402

KINDS = judging.KINDS
IN_A_ROW = (1, 2, 3, 4, 5, 6, 7, 8)
# Statuses that pass, with whatever body, and answers that are none.
PAGE = b"<html><body>Down for maintenance</body></html>"
PASSING: dict[str, Reply | None] = {
    **{f"HTTP {status}": Reply(status, body, kind) for status, body, kind in (
        (408, b"", "text/plain"), (425, PAGE, "text/html"), (429, b'{"message": "slow down"}', "application/json"), (500, b"", "text/plain"),
        (502, PAGE, "text/html"), (503, b'{"message": "maintenance"}', "application/json"), (504, PAGE, "text/html"), (599, b"<error/>", "text/xml"))},
    "a page": Reply(200, PAGE, "text/html"),
    "half a document": None, "reset": None, "hang": None,
}
ODD = {
    "an object": Reply(200, b'{"message": "maintenance"}'), "an empty object": Reply(200, b"{}"), "a list": Reply(200, b"[]"), "null": Reply(200, b"null"),
    "a feed": Reply(200, b"<rss/>", "text/xml"), "nothing": Reply(200, b""), "a redirect": Reply(302, b"", headers={"Location": "https://elsewhere.invalid/"}),
    "another method's answer": Reply(200, b'<configResolveOther cookie="" response="yes"><outConfigs/></configResolveOther>', "text/xml"),
    "a list that has more": Reply(200, b'{"members": [], "count": 0, "total": 1000, "value": [], "@odata.count": 1000}'),
}
REFUSALS = {"HTTP 401": 401, "HTTP 403": 403, "wrong password": 0}
SESSION_LOST = "session lost"
# What says that there is no such session any more.
DONE_AT_LOGOUT = frozenset({"HTTP 401"})
HANGS = (1,)                # one hang outlasts a run, so more are the same
SECONDS = 10.0
SECONDS_OF_HANGS = 1.0


@dataclass(frozen=True)
class Case:
    """So many faults of a kind, from a request of a flow on."""

    kind: str
    flow: str
    fault: str
    at: int
    times: int

    @property
    def what(self) -> str:
        """In words."""
        return f"{self.kind}, {self.flow}: {self.fault} {self.times} times from request {self.at} on"


@dataclass
class System:
    """A simulated management system, and the requests of each flow when nothing is amiss."""

    kind: str
    config: ManagerConfig
    inventory: Inventory
    simulators: list[Simulator]
    flows: dict[str, list[str]]
    requests: dict[str, list[str]] = field(default_factory=dict)
    answers: dict[str, Outcome] = field(default_factory=dict)


@dataclass
class Figures(judging.Figures):
    """Of many cases."""

    warned: int = 0

    @property
    def line(self) -> str:
        """For the closing lines."""
        return (f"faults: {self.cases} cases, {self.right} answered in spite of it, {self.with_a_reason}, "
                f"{self.warned} sessions that could not be closed were warned of, {len(self.wrong)} wrong; {self.seconds:.0f} s")

    def add(self, other: judging.Figures) -> None:
        """Of one more share."""
        super().add(other)
        self.warned += other.warned if isinstance(other, Figures) else 0


class Breaker:
    """The faults of a case, at their requests."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self.case: Case | None = None
        self.seen: list[str] = []
        self.hit_at_logout = 0
        self.refused_logins = 0
        self.hit_at_login = 0

    def start(self, case: Case | None) -> None:
        """A new run."""
        self.case, self._count, self.seen = case, 0, []
        self.hit_at_login, self.hit_at_logout, self.refused_logins = 0, 0, 0

    def __call__(self, simulator: Simulator, ask: Ask) -> Fault | Reply | None:
        """What happens to this request."""
        with self._lock:
            number, self._count = self._count, self._count + 1
            self.seen.append(f"{'login: ' if is_login(ask) else ''}{simulator.label(ask)}")
            case = self.case
            if case is None or not case.at <= number < case.at + case.times:
                return None
            self.hit_at_logout += is_logout(ask)
            self.hit_at_login += is_login(ask)
            self.refused_logins += is_login(ask) and case.fault in REFUSALS
        if case.fault == SESSION_LOST:
            simulator.sessions.forget()
            return None
        if case.fault == "wrong password":
            simulator.faults.clear()
            simulator.faults.add("wrong_password", times=1)
            return None
        if case.fault in REFUSALS:
            return simulator.http_error(REFUSALS[case.fault])
        if case.fault in ("half a document", "reset", "hang"):
            return Fault("truncated" if case.fault == "half a document" else case.fault)
        return replace(PASSING.get(case.fault) or ODD[case.fault])


def is_login(ask: Ask) -> bool:
    """Of any vendor."""
    return ask.method == "POST" and ("session" in ask.path.casefold() or b"aaaLogin" in ask.body)


def is_logout(ask: Ask) -> bool:
    """Of any vendor."""
    return ask.method == "DELETE" or b"aaaLogout" in ask.body


@contextmanager
def started(kind: str) -> Iterator[tuple[System, Breaker]]:
    """With the requests of each flow, and what is true."""
    breaker = Breaker()
    with judging.without_pauses(kind) as (inventory, front, simulators):
        for one in simulators:
            one.breaks = breaker
        names = [server.name for server in inventory.servers if server.outcome == FOUND]
        flows = {"one by name": names[:1], "several": [*names[:4], "nobody-knows-it"]}
        if kind != "ucs":                                               # which does not look for serial numbers
            flows["one by serial number"] = [inventory[names[1]].serial]
        made = System(kind, config(kind, front), inventory, simulators, flows)
        for flow, wanted in flows.items():
            breaker.start(None)
            found, _warnings = ask(made, wanted, SECONDS)
            made.answers.update(found)
            assert_answers_are_true(inventory, {name: outcome for name, outcome in found.items() if name in names})
            made.requests[flow] = list(breaker.seen)
        yield made, breaker


def ask(system: System, names: list[str], seconds: float) -> tuple[dict[str, Outcome], list[str]]:
    """One run: answers and warnings."""
    with open_managers([system.config], seconds) as managers:
        found = managers.find(Wanted(name) for name in names)
    return found, managers.warnings


def cases(system: System) -> list[Case]:
    """All of a vendor."""
    found = []
    for flow, requests in system.requests.items():
        for at in range(len(requests)):
            for fault in (*PASSING, *ODD, *REFUSALS, SESSION_LOST):
                for times in HANGS if fault == "hang" else IN_A_ROW:
                    found.append(Case(system.kind, flow, fault, at, times))
    return found


def judged(system: System, breaker: Breaker, case: Case, figures: Figures) -> None:
    """One case."""
    names = system.flows[case.flow]
    for one in system.simulators:
        one.sessions.forget()
        one.faults.clear()
    breaker.start(case)
    try:
        found, warnings = ask(system, names, SECONDS_OF_HANGS if case.fault == "hang" else SECONDS)
        faults = list(faults_of(system, breaker, case, names, found, warnings, figures))
    except Exception as error:  # pylint: disable=broad-exception-caught  # whatever it is, it is what this suite looks for
        faults = [f"{type(error).__name__} left the run: {str(error)[:300]}"]
    figures.cases += 1
    if breaker.refused_logins > 1:
        faults.append(f"{breaker.refused_logins} logins were refused")
    if faults:
        figures.wrong.append(f"{case.what} ({system.requests[case.flow][case.at]})\n    {faults[0]}")


def faults_of(
    system: System, breaker: Breaker, case: Case, names: list[str], found: dict[str, Outcome], warnings: list[str], figures: Figures,
) -> Iterator[str]:
    """What is wrong with how it ended."""
    allowed = reasons_of(case, system.requests[case.flow][case.at])
    for name in names:
        outcome: Any = found.get(name)
        if outcome is None:
            yield f"{name} has no answer"
        elif outcome == system.answers[name]:
            figures.right += 1
        elif not isinstance(outcome, Reason):
            yield f"{name}: a wrong answer: {outcome}"
        else:
            figures.reasons[outcome.reason] += 1
            if outcome.reason not in allowed:
                yield f"{name}: {outcome.reason}, not {' or '.join(sorted(allowed))}: {outcome.message[:300]}"
            at_login = system.requests[case.flow][case.at].startswith("login")      # which may have been carried out, and is not sent twice
            if case.times == 1 and not at_login and (case.fault in PASSING and case.fault != "hang" or case.fault == SESSION_LOST):
                yield f"{name}: one {case.fault} was not got over: {outcome.reason}: {outcome.message[:300]}"
    still_open = sum(one.counters.open_sessions for one in system.simulators)
    unknown = breaker.hit_at_login and case.fault in ("hang", "reset", "half a document")     # a session whose name never came
    if still_open and not breaker.hit_at_logout and not unknown:
        yield f"{still_open} sessions are left"
    if still_open and breaker.hit_at_logout and not unknown and not (system.kind != "ucs" and case.fault in DONE_AT_LOGOUT):
        figures.warned += 1
        if not warnings:
            yield f"{still_open} sessions are left, and there is no warning"


def reasons_of(case: Case, request: str) -> set[str]:
    """What it may come to, where it is not got over."""
    if case.fault in REFUSALS:
        before_any_login = "/rest/version" in request and case.fault != "wrong password"
        return {"InvalidAnswer" if before_any_login else "LoginRefused"}
    if case.fault == SESSION_LOST:
        return {"LoginRefused", "ManagerUnreachable"}
    if case.fault in ODD or case.fault in ("a page", "half a document"):
        return {"InvalidAnswer", "ManagerUnreachable"}
    return {"ManagerUnreachable"}


def run_share(kind: str, share: int, shares: int, only: str = "") -> Figures:
    """Some of the cases of a vendor."""
    figures, began = Figures(), time.monotonic()
    with started(kind) as (system, breaker):
        for case in [one for one in cases(system) if only in one.what][share::shares]:
            judged(system, breaker, case, figures)
    figures.seconds = time.monotonic() - began
    return figures


def main(arguments: list[str]) -> int:
    """Prints what was wrong, and the line of figures."""
    given = dict(one.split("=", 1) for one in arguments)
    figures = Figures()
    for kind in [given["KIND"]] if "KIND" in given else KINDS:
        figures.add(run_share(kind, 0, 1, given.get("ONLY", "")))
    print(*figures.wrong[:int(given.get("SHOW", 20))], sep="\n")
    print(figures.line)
    return 1 if figures.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
