# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fault of a manager, wherever it comes and however often in a row, ends in the right answer or the right reason, with no session left."""
from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import pytest

from tests.faults import running
from tests.faults.running import Case

SHARES = 4                  # of each vendor; more than processors, so that none waits for the slowest


@pytest.mark.timeout(1500)
def test_faults_at_every_request(record_property: pytest.RecordProperty) -> None:
    figures = running.Figures()
    with ProcessPoolExecutor(max_workers=os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
        for share in [pool.submit(running.run_share, kind, share, SHARES) for kind in running.KINDS for share in range(SHARES)]:
            figures.add(share.result())
    record_property("figures", figures.line)
    assert not figures.wrong, "\n".join([*figures.wrong[:20], figures.line])
    assert figures.cases > 8000 and figures.right > 2000 and {"ManagerUnreachable", "InvalidAnswer", "LoginRefused"} <= set(figures.reasons), figures.line


@pytest.mark.parametrize("kind", running.KINDS)
def test_a_wrong_end_would_be_seen(kind: str) -> None:
    """The judge is no use otherwise: it is shown another answer, another reason, and no warning of a session that is left."""
    with running.started(kind) as (system, breaker):
        flow = "one by name"
        (name,) = system.flows[flow]
        case = Case(kind, flow, "HTTP 500", 1, 1)
        found, warnings = running.ask(system, [name], running.SECONDS)

        def told(**answer: object) -> list[str]:
            answers = {name: found[name], **answer}
            return list(running.faults_of(system, breaker, case, [name], answers, warnings, running.Figures()))      # type: ignore[arg-type]

        assert not told()
        assert "a wrong answer" in told(**{name: replace(found[name], bmc_address="192.0.2.1")})[0]       # type: ignore[type-var]
        assert "NotFound, not ManagerUnreachable" in told(**{name: running.Reason("NotFound", "Nobody knows it.")})[0]
        system.simulators[0].sessions.start("somebody", "127.0.0.1")
        assert "sessions are left" in told()[0]
