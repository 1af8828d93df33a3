# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters and answers of the UCS XML API."""
from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.errors import InvalidAnswer
from ansible_collections.baremetal.generator.plugins.module_utils.http import Answer
from ansible_collections.baremetal.generator.plugins.module_utils.managers.ucs_xml import any_of, caseless, parse


def answer(content: bytes) -> Answer:
    return Answer(200, {}, content, "ucs (https://ucs)")


@pytest.mark.parametrize("name", ["node-01", "NODE-01", "a.b:c_d-e", "x*(y)[z]", "a|b", "^$", "größe"])
def test_a_pattern_means_its_name_in_any_case_and_nothing_else(name: str) -> None:
    pattern = caseless(name)
    assert re.search(pattern, name.upper() if name.isascii() else name) and re.search(pattern, name)
    assert not re.search(pattern, name + "0") and not re.search(pattern, "0" + name)


def test_a_pattern_can_be_the_end_of_a_dn() -> None:
    assert re.search(caseless("n1", start="/ls-"), "org-root/org-a/ls-N1") and not re.search(caseless("n1", start="/ls-"), "org-root/ls-n10")


@pytest.mark.parametrize("count", [1, 10, 11, 100])
def test_no_part_of_a_filter_has_more_than_ten_parts(count: int) -> None:
    element = any_of("lsServer", [("name", f"n{number}") for number in range(count)], type="instance")
    assert max(len(part) for part in element.iter()) <= 10
    assert [leaf.get("value") for leaf in element.iter("wcard")] == [f"n{number}" for number in range(count)]
    assert element[0].tag == "and" and element[0][0].attrib == {"class": "lsServer", "property": "type", "value": "instance"}


def test_names_are_escaped_in_xml() -> None:
    text = ElementTree.tostring(any_of("lsServer", [("name", '<&"x')])).decode()
    assert "&lt;&amp;&quot;x" in text and "<&" not in text


@pytest.mark.parametrize("content", [b"", b"<half", b"\xff\xfe<\x00a\x00", b"no xml", b"<html><body/></html>",
                                     b'<?xml version="1.0" encoding="utf-16"?><a>\xff</a>'])
def test_what_is_no_xml_is_an_invalid_answer(content: bytes) -> None:
    with pytest.raises(InvalidAnswer, match="instead of XML"):
        parse(answer(content))


@pytest.mark.parametrize("content", [b"<!DOCTYPE a><a/>", b'<!doctype a [<!ENTITY x "y">]><a>&x;</a>', b"<a/><!-- <!ENTITY -->"])
def test_document_types_and_entities_are_refused(content: bytes) -> None:
    with pytest.raises(InvalidAnswer, match="DOCTYPE or ENTITY"):
        parse(answer(content))


def test_attributes_may_be_quoted_and_ordered_as_they_like() -> None:
    assert parse(answer(b"<?xml version='1.0'?>\n<aaaLogin  outCookie='1/2'  response=\"yes\"></aaaLogin>")).get("outCookie") == "1/2"
