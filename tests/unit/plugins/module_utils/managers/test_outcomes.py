# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One name, several managers: which of their answers counts."""
from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.errors import LoginRefused, ManagerUnreachable
from ansible_collections.baremetal.generator.plugins.module_utils.managers.outcomes import decide, failed, not_found, refused_name, unassigned
from ansible_collections.baremetal.generator.plugins.module_utils.models import Nic, Reason, Server

HIT = Server("n1", "HP", "east", "192.0.2.1", (Nic("00:fd:45:00:00:01", "Lom 1:1"),))
MISS = not_found("n1", "west")
DOWN = failed(ManagerUnreachable("west is down."))
BARRED = failed(LoginRefused("north refused."))


def test_one_hit_counts_when_all_others_do_not_know_the_name() -> None:
    assert decide("n1", {"east": HIT, "west": MISS}, ["east", "west"]) is HIT


def test_nothing_is_final_while_another_may_still_know_it() -> None:
    assert decide("n1", {"east": HIT}, ["east", "west"]) is None
    assert decide("n1", {"east": MISS}, ["east", "west"]) is None


def test_two_hits_are_ambiguous_at_once_also_when_one_is_a_server_that_lacks_something() -> None:
    for second in (HIT, unassigned("n1", "west", "profile")):
        assert decide("n1", {"east": HIT, "west": second}, ["east", "west", "north"]) == Reason(
            "Ambiguous", "Several managers know a server named 'n1': east and west; name the vendor, or rename all but one.")


def test_two_hits_of_one_vendor_are_told_apart_by_what_helps() -> None:
    vendors = {"east": "HP", "west": "HP"}
    first, second = replace(HIT, serial="CZ1"), replace(HIT, serial="CZ2", manager="west")
    assert decide("n1", {"west": second, "east": first}, ["east", "west"], vendors) == Reason(
        "Ambiguous", "Several managers know a server named 'n1': east (serial CZ1) and west (serial CZ2); write the serial number of the one that is meant, "
                     "or rename all but one.")
    for other in (HIT, unassigned("n1", "west", "profile")):
        assert decide("n1", {"east": first, "west": other}, ["east", "west"], vendors) == Reason(
            "Ambiguous", "Several managers know a server named 'n1': east and west; rename all but one.")


def test_one_server_that_two_managers_show_is_one() -> None:
    first = replace(HIT, serial="CZ1")
    second = replace(first, manager="west")
    assert decide("n1", {"west": second}, ["east", "west", "north"]) is None
    assert decide("n1", {"west": second, "east": first}, ["east", "west", "north"]) is None
    assert decide("n1", {"west": second, "east": first, "north": MISS}, ["east", "west", "north"]) is first
    other = replace(second, bmc_address="192.0.2.9")
    assert getattr(decide("n1", {"west": other, "east": first}, ["east", "west"]), "reason", "") == "Ambiguous"


def test_a_hit_waits_for_a_manager_that_could_not_be_asked() -> None:
    assert decide("n1", {"east": HIT, "west": DOWN}, ["east", "west"]) == Reason(
        "ManagerUnreachable", "east knows 'n1', but another may know it too: west is down. Or name the vendor, so that only one is asked.")


def test_a_failure_that_may_pass_comes_before_one_that_does_not() -> None:
    assert decide("n1", {"east": MISS, "north": BARRED, "west": DOWN}, ["east", "north", "west"]) == Reason(
        "ManagerUnreachable", "Nobody who could be asked knows 'n1': west is down.")


def test_a_single_managers_word_stands_as_it_is() -> None:
    assert decide("n1", {"west": DOWN}, ["west"]) is DOWN
    assert decide("n1", {"west": MISS}, ["west"]) is MISS


def test_nobody_knows_it_and_it_says_who_was_asked() -> None:
    assert decide("n1", {"east": MISS, "west": MISS}, ["east", "west"]) == Reason(
        "NotFound", "No manager knows a server named 'n1' (asked: east, west); correct the name, or create the server.")


@pytest.mark.parametrize(("name", "what"), [
    ("", "is empty"), (" ", "is empty"), ("a\nb", "contains characters that cannot be printed"),
    ("a\u0000", "contains characters that cannot be printed"), (" a", "begins or ends with a blank")])
def test_a_name_that_nobody_can_have_is_not_asked_for(name: str, what: str) -> None:
    assert refused_name(name) == Reason("InvalidSpec", f"The server name {name!r} {what}; write it as the manager shows it.")


def test_a_name_of_300_characters_is_refused_without_repeating_it() -> None:
    assert refused_name("x" * 300) == Reason(
        "InvalidSpec", f"The server name {'x' * 40 + '...'!r} has 300 characters, and 255 are the most; write it as the manager shows it.")


@pytest.mark.parametrize("name", ["node-01", "Encl1, bay 3", "192.0.2.9", "node.*", "(a|b)", "x" * 255, "größe", "it's", 'a"b', "`", "org-root/ls-web 01"])
def test_any_other_name_is_asked_for(name: str) -> None:
    assert refused_name(name) is None
