# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of servers as managers show them: blanks, signs, quotes, other scripts. Each is found as it stands, and none is anything but a name."""
from __future__ import annotations

import random

import pytest

from tests.fixtures.asking import ask, assert_answers_are_true, closed, config
from tests.simulators.inventory import Inventory, generate
from tests.simulators.ome import OmeSimulator
from tests.simulators.oneview import OneViewSimulator
from tests.simulators.ucs_manager import UcsManagerSimulator

SIMULATORS = {"oneview": OneViewSimulator, "ome": OmeSimulator, "ucs": UcsManagerSimulator}
USUAL = {"oneview": "rack_dhcp", "ome": "rack", "ucs": "pooled"}            # what builds a server without any peculiarity
NAMES = [
    "Encl1, bay 3", "esxi_host_01", "org-root/ls-web 01", "rack/7/3", "it's", "'", "''", '"', 'the "big" one', "`id`", "a|b", "(a", "a.*", "^a$",
    "[a-z]", "a\\b", "$filter", "a' or '1' eq '1", "a&filter=b", "a#b", "a?b=c", "a%27b", "a+b", "<a/>", "a]]>b", "&amp;", "{{ 1 + 1 }}", "{% raw %}",
    "größe", "機架 7", "😀", "a=b;c", "%", "_", "-", "two  blanks", "!", "@host", "*", "x" * 64,
]
SIGNS = "abAB01 -_.,/\\'\"`|()[]{}^$*+?&#%=;:<>!@~äß機😀"


def built(vendor: str, names: list[str]) -> Inventory:
    """Servers of these names in one system. In UCS a slash parts the components of a DN, so no profile has one in its name."""
    inventory: Inventory = generate(vendor, 0, **({"domains": 1} if vendor == "ucs" else {}))
    for name in names:
        if vendor != "ucs" or "/" not in name:
            getattr(inventory, USUAL[vendor])(name)
    return inventory


def made_up(seed: int, count: int) -> list[str]:
    """Names of signs that mean something somewhere, the same ones every time; no two differ by case only."""
    chance = random.Random(seed)
    found: dict[str, str] = {}
    while len(found) < count:
        name = "".join(chance.choice(SIGNS) for _sign in range(chance.randint(1, 20))).strip()
        if name:
            found.setdefault(name.casefold(), name)
    return list(found.values())


@pytest.mark.parametrize("vendor", SIMULATORS)
@pytest.mark.parametrize("names", [NAMES, made_up(1, 60), made_up(2, 12)], ids=["known", "made up", "few"])
def test_every_printable_name_is_found_as_it_stands(vendor: str, names: list[str]) -> None:
    inventory = built(vendor, names)
    names = [server.name for server in inventory.servers]
    with SIMULATORS[vendor](inventory) as simulator:
        manager = config(vendor, simulator)
        assert_answers_are_true(inventory, ask([manager], names))
        for name in names[:12]:
            assert_answers_are_true(inventory, ask([manager], [name]))
        assert closed(simulator)


@pytest.mark.parametrize("vendor", SIMULATORS)
def test_a_name_is_no_pattern_for_others(vendor: str) -> None:
    inventory = built(vendor, ["node-1", "node_1", "a'b", "axb"])
    wanted = ["node.1", "node%1", ".*", "node-1|node_1", "a.b", 'a"b', "a' or 'x' eq 'x", "%", "*", "a?b"]
    with SIMULATORS[vendor](inventory) as simulator:
        for names in (wanted, *([name] for name in wanted)):
            found = ask([config(vendor, simulator)], names)
            assert {name: getattr(outcome, "reason", "Server") for name, outcome in found.items()} == dict.fromkeys(names, "NotFound")


def test_a_dn_of_ucs_is_a_name_too() -> None:
    inventory = built("ucs", ["web 01", "it's"])
    with UcsManagerSimulator(inventory) as simulator:
        names = ["org-root/ls-web 01", "ORG-ROOT/ls-it's"]
        found = ask([config("ucs", simulator)], names)
        assert [getattr(found[name], "serial", found[name]) for name in names] == [server.serial for server in inventory.servers]
