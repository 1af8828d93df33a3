# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The line of figures of this suite, whichever workers made it."""
from __future__ import annotations

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Once, for all of them."""
    counts = [value for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, []) for name, value in report.user_properties
              if name == "leaks"]
    if counts:
        runs, secrets, hits = zip(*counts)
        terminalreporter.write_line(f"leaks: {sum(runs)} runs, {max(secrets)} secrets, {sum(hits)} hits")
