# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects are as their kind says, or without what is not; and each fault is one sentence."""
from __future__ import annotations

import copy
from typing import Any

import pytest
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import BUFFER, GENERATOR, HOST, Kind
from ansible_collections.baremetal.generator.plugins.module_utils.readable import GENERATOR_SPEC, faults_of, has_a_name, readable, whole_number

METADATA = {"name": "a", "namespace": "n", "uid": "u", "resourceVersion": "1"}


def test_a_sound_object_is_the_same_object() -> None:
    item = {"metadata": METADATA, "spec": {"infraEnv": "x"}, "status": {"attempts": 3, "conditions": [{"type": "Ready"}], "unknown": [1, None]}}
    found, faults = readable(GENERATOR, item)
    assert found is item and faults == ()


@pytest.mark.parametrize("kind, item, without, fault", [
    (GENERATOR, {"status": {"attempts": "3"}}, {"status": {"attempts": 0}}, "status.attempts must be a whole number, not a text"),
    (GENERATOR, {"status": {"attempts": True}}, {"status": {"attempts": 0}}, "status.attempts must be a whole number, not true or false"),
    (GENERATOR, {"status": {"attempts": 1 << 70}}, {"status": {"attempts": 0}}, "status.attempts must be a whole number, not such a number"),
    (GENERATOR, {"status": {"phase": {"a": 1}}}, {"status": {}}, "status.phase must be a text, not an object"),
    (GENERATOR, {"status": []}, {}, "status must be an object, not a list"),
    (GENERATOR, {"status": {"macAddresses": ["m", None, 3]}}, {"status": {"macAddresses": ["m"]}}, "status.macAddresses[1] must be a text, not null"),
    (BUFFER, {"spec": {"maxAvailable": -1}}, {"spec": {"maxAvailable": 0}}, "spec.maxAvailable must be a whole number, not such a number"),
    (BUFFER, {"status": {"reservations": [{}, 3]}}, {"status": {"reservations": [{}]}}, "status.reservations[1] must be an object, not a number"),
    (HOST, {"spec": {"bmc": "text"}}, {"spec": {}}, "spec.bmc must be an object, not a text"),
    (HOST, {"status": {"errorCount": 1.5}}, {"status": {}}, "status.errorCount must be a whole number, not a number with a fraction"),
])
def test_what_cannot_be_read_is_taken_out_and_told(kind: Kind, item: dict[str, Any], without: dict[str, Any], fault: str) -> None:
    """What was given stays as it was: others may hold it."""
    before = copy.deepcopy(item)
    found, faults = readable(kind, {"metadata": METADATA, **item})
    assert found == {"metadata": METADATA, **without} and fault in faults
    assert item == before


def test_a_null_is_no_fault() -> None:
    assert readable(HOST, {"metadata": {**METADATA, "labels": None}, "spec": None, "status": {"provisioning": None}})[1] == ()


@pytest.mark.parametrize("item", [
    None, 3, [], {}, {"metadata": None}, {"metadata": {}}, {"metadata": {**METADATA, "uid": ""}}, {"metadata": {**METADATA, "name": 1}},
])
def test_what_has_no_name_is_no_object(item: object) -> None:
    assert not has_a_name(HOST, item)
    assert has_a_name(HOST, {"metadata": METADATA})


def test_nothing_is_taken_out_of_a_spec_that_is_only_judged() -> None:
    spec = {"labels": ["a"], "networkConfig": {"nicNames": "eth0"}, "host": {"rootDeviceHints": {"rotational": "yes"}}}
    assert faults_of(GENERATOR_SPEC, spec, "spec") == [
        "spec.labels must be a map, not a list", "spec.networkConfig.nicNames must be a list, not a text",
        "spec.host.rootDeviceHints.rotational must be true or false, not a text"]


@pytest.mark.parametrize("text, number", [
    ("7", 7), ("007", 7), ("", None), ("²", None), ("٣", None), ("-1", None), ("9" * 19, None), ("1" * 4301, None), (7, None),
])
def test_only_plain_digits_are_a_number(text: object, number: int | None) -> None:
    assert whole_number(text) == number
