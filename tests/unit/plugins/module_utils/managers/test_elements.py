# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of an answer is what such systems give, or one sentence; nothing else is ever raised."""
from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.managers import elements
from ansible_collections.baremetal.generator.plugins.module_utils.managers.elements import OddAnswer

READERS: tuple[Callable[[Any, str], Any], ...] = (
    elements.elements, elements.objects, elements.object_at, elements.text, elements.whole_number, elements.needed, elements.word, elements.only_text,
    elements.mac_address, elements.ethernet_mac, elements.place, elements.link)
STRANGE = [
    None, True, False, 0, -1, 10 ** 4000, 0.5, float("inf"), float("-inf"), float("nan"), "", " ", "x" * 100_000, "\x00\ud800\u202e", "²", "9" * 5000,
    [], [None], [[]], {}, {"": None}, json.loads("[" * 400 + "]" * 400), json.loads('{"a":' * 400 + "1" + "}" * 400)]


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
@pytest.mark.parametrize("value", STRANGE, ids=lambda value: type(value).__name__)
def test_nothing_but_an_odd_answer_is_raised_and_it_never_shows_the_value(read: Callable[[Any, str], Any], value: Any) -> None:
    try:
        read(value, "the.part")
    except OddAnswer as odd:
        assert str(odd).startswith("the.part") and len(str(odd)) < 100


def test_what_is_needed_is_there() -> None:
    assert (elements.needed(0, "x"), elements.needed([], "x"), elements.needed(False, "x")) == (0, [], False)
    for missing in (None, ""):
        with pytest.raises(OddAnswer, match="^x is missing$"):
            elements.needed(missing, "x")


@pytest.mark.parametrize(("value", "expected"), [(0, 0), (7, 7), ("12", 12), (999_999_999, 999_999_999)])
def test_a_place_is_a_small_whole_number(value: Any, expected: int) -> None:
    assert elements.place(value, "x") == expected


@pytest.mark.parametrize("value", [-1, 10 ** 9, 1.0, "1.0", "-1", "one", True, None, "", [1], float("inf")])
def test_anything_else_is_no_place(value: Any) -> None:
    with pytest.raises(OddAnswer, match="^x is "):
        elements.place(value, "x")


def test_a_word_is_a_text_without_its_case() -> None:
    assert elements.word(" Ethernet ", "x") == "ethernet"
    for value in (3, "", "\x00", None, ["Ethernet"]):
        with pytest.raises(OddAnswer, match="^x is "):
            elements.word(value, "x")


def test_a_link_is_a_path_or_nothing() -> None:
    assert [elements.link(value, "x") for value in ("/rest/a/B-1", None, "")] == ["/rest/a/B-1", "", ""]
    for value in (3, "rest/a", "/rest/a b", "/rest/\n", "/" + "x" * 2000, "/größe", ["/rest"], "https://192.0.2.1/rest"):
        with pytest.raises(OddAnswer, match="^x is "):
            elements.link(value, "x")


def test_a_mac_address_is_one_or_none_is_set() -> None:
    assert [elements.mac_address(value, "x") for value in ("00:FD:45:00:00:01", "00:00:00:00:00:00", "", None, "garbage")] == [
        "00:fd:45:00:00:01", "", "", "", ""]
    with pytest.raises(OddAnswer, match="^x is a number instead of a text$"):
        elements.mac_address(12, "x")


@pytest.mark.parametrize(("given", "expected"), [
    (None, ""), ("", ""), (" ", ""), ("00:00:00:00:00:00", ""), ("FF-FF-FF-FF-FF-FF", ""), ("94:40:C9:50:00:3E", "94:40:c9:50:00:3e")])
def test_what_can_have_no_other_address_has_a_mac_or_none(given: object, expected: str) -> None:
    assert elements.ethernet_mac(given, "mac") == expected


@pytest.mark.parametrize("given", ["n/a", "AA:BB:CC:DD:EE", "80:00:02:08:fe:80:00:00:00:00:00:00:00:02:c9:03:00:0e:b5:d1", 7, ["x"]])
def test_a_mac_that_cannot_be_read_is_odd(given: object) -> None:
    with pytest.raises(OddAnswer, match="mac is"):
        elements.ethernet_mac(given, "mac")
