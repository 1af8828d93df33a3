# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of these tests a lane runs."""
from __future__ import annotations

import pytest

from tests.fixtures.cluster import chosen


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On a real cluster only those that use one: the others, of managers alone, would be the same again."""
    if chosen() != "real":
        return
    kept = [item for item in items if "kubernetes_api" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept
