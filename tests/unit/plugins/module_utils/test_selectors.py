# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels that fulfil a label selector."""
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.selectors import selecting_labels


def demand(operator: str, *values: str, key: str = "a") -> dict[str, Any]:
    return {"key": key, "operator": operator, "values": list(values)}


@pytest.mark.parametrize(("selector", "more"), [
    ({"matchLabels": {"a": "1"}}, {"a": "1"}), ({"matchExpressions": [demand("In", "x", "y"), demand("NotIn", "x")]}, {"a": "y"}),
    ({"matchExpressions": [demand("Exists"), demand("NotIn", "true")]}, {"a": "selected"}),
    ({"matchExpressions": [demand("Exists"), demand("NotIn", "selected", "selected-0")]}, {"a": "selected-1"}),
    ({"matchExpressions": [demand("NotIn", "x"), demand("DoesNotExist", key="b")]}, {}),
    ({"matchExpressions": [demand("Exists", key="own")]}, {}),
])
def test_labels_are_chosen_so_that_the_selector_selects(selector: dict[str, Any], more: dict[str, str]) -> None:
    assert selecting_labels(selector, {"own": "o"}) == ({"own": "o", **more}, None)


@pytest.mark.parametrize("selector", [
    {"matchLabels": {"own": "other"}}, {"matchExpressions": [demand("DoesNotExist", key="own")]}, {"matchLabels": {"a": 1}},
    {"matchExpressions": [demand("In", "x"), demand("In", "y")]}, {"matchExpressions": [demand("Like", "x")]}, {"matchExpressions": [demand("In")]},
    {"matchExpressions": ["x"]}, {"matchExpressions": "x"}, {"matchLabels": ["x"]},
])
def test_what_no_labels_fulfil_is_said(selector: dict[str, Any]) -> None:
    labels, fault = selecting_labels(selector, {"own": "o"})
    assert labels["own"] == "o" and fault
