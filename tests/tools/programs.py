# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of a real cluster, brought before the first step that starts them: there the building can be watched, inside a test it cannot."""
from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from tests.cluster.binaries import SERVERS, ClusterMissing, find_or_build
from tests.tools.prepare import say
from tests.tools.steps import Step


def bring(steps: Sequence[Step]) -> dict[str, str]:
    """Steps that cannot run here, by name, each with the one line that says why."""
    lacking: dict[str, str] = {}
    if os.environ.get("CLUSTER") == "real":
        _bring(SERVERS, lacking)
    why = {step.name: _bring(step.programs, lacking) for step in steps if step.cluster or step.programs}
    return {step.name: why[step.name] for step in steps if step.cluster and why[step.name]}


def _bring(programs: Iterable[str], lacking: dict[str, str]) -> str:
    """Why one of them is not to be had, empty when all are; each is tried once."""
    for name in programs:
        if name not in lacking:
            try:
                find_or_build((name,), say)
                lacking[name] = ""
            except ClusterMissing as error:
                lacking[name] = str(error)
    return next((lacking[name] for name in programs if lacking[name]), "")
