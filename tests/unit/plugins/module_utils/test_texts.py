# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is meant as text and came as something else is refused by its place, and its value is not repeated."""
from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.arguments import ADMIT_ARGS, HOST_ARGS, OME_ARGS, RESOLVE_ARGS, SECRET_ARGS
from ansible_collections.baremetal.generator.plugins.module_utils.errors import InvalidArgument
from ansible_collections.baremetal.generator.plugins.module_utils.texts import Text, need_texts, texts

MANAGER = {"name": "east", "type": "ome", "url": "x", "username": "u", "password": "p"}


def refused(spec: Any, values: Any) -> str:
    with pytest.raises(InvalidArgument) as caught:
        need_texts(spec, values)
    return str(caught.value)


@pytest.mark.parametrize(("value", "made"), [
    (83, "a number"), (1e3, "a number"), (True, "true or false"), (date(2024, 1, 1), "a date"), (["a"], "a list"), ({"a": 1}, "a mapping")])
def test_the_sentence_says_where_what_and_what_to_do(value: Any, made: str) -> None:
    said = refused(RESOLVE_ARGS, {"managers": [MANAGER, {**MANAGER, "name": "west", "password": value}]})
    assert said == f"Manager 'west': password must be text, and YAML made {made} of it: put it in quotes."


@pytest.mark.parametrize(("spec", "values", "place"), [
    (RESOLVE_ARGS, {"managers": [{**MANAGER, "name": 7}]}, "Manager 1: name must"),
    (ADMIT_ARGS, {"bmc_credentials": [{"name": "HP", "login": {"username": 0, "password": "x"}}]}, "BMC credentials 'HP': username must"),
    (ADMIT_ARGS, {"buffers": ["a", 7]}, "buffers, entry 2, must"),
    (ADMIT_ARGS, {"api_key": 7}, "api_key must"),
    (SECRET_ARGS, {"secrets": [{"namespace": "a", "name": "b", "username": "c", "password": False}]}, "Secret 'b': password must"),
    (HOST_ARGS, {"hosts": [{"namespace": "a", "name": "b", "boot_mac": 7}]}, "Host 'b': boot_mac must"),
    (OME_ARGS, {"names": ["a"], "password": 7}, "password must"),
])
def test_every_text_is_looked_at(spec: Any, values: Any, place: str) -> None:
    assert refused(spec, values).startswith(place)


def test_text_what_is_absent_and_what_may_be_a_number_pass() -> None:
    need_texts(RESOLVE_ARGS, {"managers": [{**MANAGER, "password": "0123", "login_domain": None}], "manager_seconds": 5})
    need_texts(OME_ARGS, {"names": ["1"], "mac_index": 2})


@pytest.mark.parametrize("managers", [None, "text", 7, {"name": 7}, [None], ["text"], [[7]]])
def test_another_shape_is_left_to_whoever_checks_shapes(managers: Any) -> None:
    if managers == {"name": 7}:
        assert refused(RESOLVE_ARGS, {"managers": managers})
    else:
        need_texts(RESOLVE_ARGS, {"managers": managers})


def test_documentation_calls_the_type_str_and_it_converts_nothing() -> None:
    spec = texts({"a": {"type": "str"}, "b": {"type": "list", "elements": "str"}, "c": {"type": "str", "choices": ["x"]}, "mac_index": {"type": "str"}})
    assert (spec["a"]["type"], spec["b"]["elements"]) == ("str", "str") and spec["a"]["type"](83) == 83
    assert not isinstance(spec["c"]["type"], Text) and not isinstance(spec["mac_index"]["type"], Text)
