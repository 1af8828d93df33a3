# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`world`: a cluster in memory, a OneView, the modules as processes; and the one line of figures of this suite."""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.api import KubernetesApi
from tests.simulators.certificates import authority

from .world import World

FIGURES = ("calls", "requests", "kills", "through ansible-playbook", "sessions")


@pytest.fixture
def world(memory_api: KubernetesApi, tmp_path: Path) -> Iterator[World]:
    """Furnished, nobody in line."""
    made = World(memory_api, tmp_path, authority(tmp_path / "ca"))
    made.furnish()
    with made.oneview:
        yield made


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What all tests together did, whichever worker ran them."""
    figures: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", []):
        for name, number in report.user_properties:
            figures[name] += number if name in FIGURES else 0
    failed = len(terminalreporter.stats.get("failed", []))
    verdict = f"{failed} tests found something wrong" if failed else "0 lost, 0 double"
    if figures["kills"]:
        terminalreporter.write_line(
            f"crash: {figures['kills']} kills, before and after {figures['calls']} API calls of resolve, admit, remove and redeploy, "
            f"at {figures['requests']} requests to OneView, {figures['through ansible-playbook']} through ansible-playbook; "
            f"{figures['sessions']} sessions left to expire, {verdict}")
