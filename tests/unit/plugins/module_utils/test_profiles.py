# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles and BMC credentials are refused in one sentence when they cannot be used, and never show a secret."""
from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.credentials import Credentials
from ansible_collections.baremetal.generator.plugins.module_utils.errors import InvalidArgument
from ansible_collections.baremetal.generator.plugins.module_utils.generators import Request, asks
from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason
from ansible_collections.baremetal.generator.plugins.module_utils.profiles import Profiles


@pytest.mark.parametrize(("given", "sentence"), [
    ([{"pattern": "a", "nic": "x"}], "generator_profiles, entry 1: unknown key 'nic'; known are"),
    ([{"nic_name": "x"}], "generator_profiles, entry 1: give either a pattern or 'default: true'."),
    ([{"default": True}, {"default": True}], "generator_profiles: more than one profile says 'default: true'; keep one of them."),
    ([{"default": True, "bmc_scheme": "http"}], "generator_profiles, entry 1: bmc_scheme must be one of"),
    ([{"default": True, "bmc_port": 70000}], "generator_profiles, entry 1: bmc_port must be 1 to 65535."),
    ([{"default": True, "mac_index": "third"}], 'generator_profiles, entry 1: mac_index must be "first", "last" or a position counted from "0".'),
    ({"profile": []}, "generator_profiles: unknown key 'profile'; give a list of profiles, or a mapping with the key 'profiles'."),
    ("x", "generator_profiles must be a list of profiles."),
])
def test_profiles_that_cannot_be_used(given: Any, sentence: str) -> None:
    with pytest.raises(InvalidArgument, match="^" + re.escape(sentence)):
        Profiles.parse(given)


def test_the_first_pattern_wins_and_a_vendor_narrows_it() -> None:
    profiles = Profiles.parse([
        {"pattern": "gpu", "server_vendor": "dell", "nic_name": "a"}, {"pattern": "gpu", "nic_name": "b"}, {"default": True, "nic_name": "c"}])
    asked = (("GPU-1", "DELL"), ("gpu-1", "HP"), ("gpu-1", None), ("cpu", None))
    assert [profiles.for_name(name, vendor).nic_name for name, vendor in asked] == ["a", "b", "a", "c"]


def request(**profile: str) -> Request:
    generator = {"metadata": {"namespace": "n", "name": "a", "uid": "u", "generation": 1}, "spec": {"infraEnv": "env"}}
    asked = asks(generator, Profiles.parse([{"default": True, **profile}]))
    assert isinstance(asked, Request)
    return asked


def test_credentials_go_by_vendor_or_by_the_profiles_name_and_are_trimmed() -> None:
    credentials = Credentials.parse({"hp": {"username": " root ", "password": "calvin\n"}, "gpu-bmc": {"username": "gpu", "password": "x"}})
    assert credentials.data(request(), "HP") == {"username": "cm9vdA==", "password": "Y2Fsdmlu"}
    assert credentials.data(request(bmc_credentials="gpu-bmc"), "HP") == {"username": "Z3B1", "password": "eA=="}
    assert credentials.data(request(), "DELL") == Reason("NoBmcCredentials", "generator_bmc_credentials has no username and password for DELL; add them there.")
    assert "calvin" not in repr(credentials)


def test_credentials_with_an_unknown_key_are_refused_without_their_values() -> None:
    with pytest.raises(InvalidArgument) as refused:
        Credentials.parse({"HP": {"username": "root", "passwort": "calvin"}})
    assert "HP" in str(refused.value) and "calvin" not in str(refused.value)
