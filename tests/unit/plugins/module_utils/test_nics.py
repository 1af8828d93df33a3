# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which NIC boots is decided by the policy alone."""
from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.models import Nic, Reason
from ansible_collections.baremetal.generator.plugins.module_utils.nics import Choice, NicPolicy, choose

NICS = [Nic(f"00:25:b5:00:00:0{number}", f"eth{number}", boot=number == 1) for number in range(4)]


def chosen(policy: NicPolicy, nics: list[Nic] = NICS) -> list[tuple[str, str]]:
    choice = choose(nics, policy)
    assert isinstance(choice, Choice), choice
    return [(one.nic_name, one.nic.name) for one in choice.selected]


def refused(policy: NicPolicy, nics: list[Nic] = NICS) -> str:
    reason = choose(nics, policy)
    assert isinstance(reason, Reason) and reason.reason == "InvalidSpec", reason
    return reason.message


def test_without_a_policy_the_managers_boot_nic_is_taken_and_it_says_so() -> None:
    choice = choose(NICS)
    assert isinstance(choice, Choice)
    assert (choice.boot.name, choice.selected[0].index, choice.why) == ("eth1", 1, "the manager boots the server from it")


def test_without_a_boot_nic_the_first_is_taken() -> None:
    assert chosen(NicPolicy(), NICS[2:]) == [("", "eth2")]


def test_a_name_without_an_index_names_the_boot_nic() -> None:
    assert chosen(NicPolicy(names=("eno1",))) == [("eno1", "eth1")]


@pytest.mark.parametrize(("index", "name"), [("first", "eth0"), ("LAST", "eth3"), ("0", "eth0"), ("2", "eth2")])
def test_an_index_is_first_last_or_a_position_from_0(index: str, name: str) -> None:
    assert chosen(NicPolicy(("ens8",), (index,))) == [("ens8", name)]


def test_pairs_keep_their_order_and_the_first_boots() -> None:
    policy = NicPolicy(("a", "b"), ("last", "0"))
    assert chosen(policy) == [("a", "eth3"), ("b", "eth0")]
    choice = choose(NICS, policy)
    assert isinstance(choice, Choice) and choice.boot == NICS[3] and choice.nics == (NICS[3], NICS[0])


def test_indices_without_names_only_choose() -> None:
    assert chosen(NicPolicy(indices=("1", "2"))) == [("", "eth1"), ("", "eth2")]


def test_unequal_names_and_indices_are_refused() -> None:
    assert refused(NicPolicy(("a", "b"), ("0",))) == "2 NIC names and 1 MAC indices are given; give as many of each."
    assert refused(NicPolicy(("a", "b"))) == "2 NIC names and 0 MAC indices are given; give as many of each."


@pytest.mark.parametrize("index", ["", "-1", "1.0", "second", "²", "eth0"])
def test_a_word_that_is_no_index_is_refused(index: str) -> None:
    assert refused(NicPolicy(("a",), (index,))) == f"macIndex {index!r} is neither first, last nor a number from 0; correct it."


def test_an_index_beyond_the_last_port_is_refused_however_long_it_is() -> None:
    assert refused(NicPolicy(("a",), ("4",))) == "macIndex 4 is too high: the server has 4 network ports, counted from 0; correct it."
    assert "too high" in refused(NicPolicy(("a",), ("9" * 5000,)))


def test_one_port_cannot_be_chosen_twice() -> None:
    assert refused(NicPolicy(("a", "b"), ("0", "first"))) == "macIndex first names a port that is chosen already; name each port once."


def test_a_server_without_nics_has_no_mac() -> None:
    assert choose([]) == Reason("NoMac", "The server has no network port with a MAC address.")


def without_mac(policy: NicPolicy, *nics: Nic) -> str:
    reason = choose(nics, policy)
    assert isinstance(reason, Reason) and reason.reason == "NoMac", reason
    return reason.message


def test_a_boot_nic_without_a_mac_is_never_replaced_by_another() -> None:
    boots = replace(NICS[1], mac="", virtual=True)
    assert without_mac(NicPolicy(), NICS[0], boots, NICS[2]) == (
        "The profile has no MAC yet for network port 'eth1' (the manager boots the server from it); let the manager finish the profile, "
        "or give its pool of MACs free ones. It is asked again by itself.")
    assert without_mac(NicPolicy(), replace(NICS[0], mac=""), NICS[2]) == (
        "The manager knows no MAC yet of network port 'eth0' (the first network port); let it take the inventory of the server. It is asked again by itself.")


def test_a_nic_without_a_mac_keeps_its_place_in_the_count() -> None:
    nics = [NICS[0], replace(NICS[1], mac="", boot=False), NICS[2]]
    assert chosen(NicPolicy(indices=("2", "0")), nics) == [("", "eth2"), ("", "eth0")]
    for index in ("1", "0 1", "1 0"):
        assert "'eth1' (chosen by macIndex 1)" in without_mac(NicPolicy(indices=tuple(index.split())), *nics)


def test_what_does_not_boot_comes_after_all_that_may_unless_the_policy_names_it() -> None:
    nics = [replace(NICS[0], bootable=False), NICS[2]]
    assert chosen(NicPolicy(), nics) == [("", "eth2")]
    assert chosen(NicPolicy(indices=("first",)), nics) == [("", "eth0")]
    choice = choose(nics[:1])
    assert isinstance(choice, Choice) and (choice.boot.name, choice.why) == ("eth0", "the first network port, as none is bootable")
    assert "'eth2' (the first network port)" in without_mac(NicPolicy(), nics[0], replace(NICS[2], mac=""))
