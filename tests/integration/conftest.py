# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of these tests a lane runs."""
from __future__ import annotations

import pytest
from ansible.release import __version__

from tests.fixtures.cluster import chosen


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What would be the same again is left out: of a real cluster what uses none, of an old ansible-core what runs no playbook."""
    real = chosen() == "real"
    needed = {"kubernetes_api"} if real else {"playbooks"} if __version__.startswith("2.16.") else set[str]()
    kept = [
        item for item in items if (needed <= set(getattr(item, "fixturenames", ())) or item.get_closest_marker("of_ansible"))
        and not (real and item.get_closest_marker("of_variables"))]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept
