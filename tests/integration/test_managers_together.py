# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All managers at once over the wire: vendors found out by asking, budgets kept, nobody waits for a sick one."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.managers import ManagerConfig, Wanted, open_managers
from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason, Server
from tests.fixtures.asking import ask, assert_answers_are_true, closed, config
from tests.simulators.inventory import generate
from tests.simulators.ome import OmeSimulator
from tests.simulators.oneview import OneViewSimulator
from tests.simulators.ucs_central import UcsSystem


class Park:
    """One system of each vendor."""

    def __init__(self, stack: ExitStack, count: int) -> None:
        self.oneview = stack.enter_context(OneViewSimulator(generate("oneview", count, prefix="h")))
        self.ome = stack.enter_context(OmeSimulator(generate("ome", count, prefix="d")))
        self.ucs = stack.enter_context(UcsSystem(generate("ucs", count, prefix="c")))
        self.everything: list[Any] = [self.oneview, self.ome, *self.ucs.all]

    @property
    def configs(self) -> list[ManagerConfig]:
        return [config("oneview", self.oneview), config("ome", self.ome), config("ucs", self.ucs.central)]

    @property
    def inventories(self) -> list[Any]:
        return [self.oneview.inventory, self.ome.inventory, self.ucs.inventory]


@pytest.fixture
def park(request: pytest.FixtureRequest) -> Iterator[Park]:
    """As many servers of each vendor as the test asks for."""
    with ExitStack() as stack:
        yield Park(stack, request.param)


@pytest.mark.parametrize("park", [40], indirect=True)
def test_vendors_are_found_out_by_asking_everybody(park: Park) -> None:
    found = ask(park.configs, [name for inventory in park.inventories for name in inventory.names])
    for inventory in park.inventories:
        assert_answers_are_true(inventory, {name: found[name] for name in inventory.names})
    assert all(closed(one) for one in park.everything)


@pytest.mark.parametrize("park", [1000], indirect=True)
def test_two_hundred_names_that_nobody_knows_keep_every_budget(park: Park) -> None:
    found = ask(park.configs, [f"nobody-{number}" for number in range(200)])
    assert {outcome.reason for outcome in found.values() if isinstance(outcome, Reason)} == {"NotFound"} and len(found) == 200
    assert park.oneview.counters.requests <= 4 + 4 * 2
    assert park.ome.counters.requests <= 6
    assert all(one.counters.requests <= 6 for one in park.ucs.all)
    assert all(one.counters.logins <= 1 and closed(one) for one in park.everything)


@pytest.mark.parametrize("park", [5], indirect=True)
@pytest.mark.parametrize("sick", ["oneview", "ome"])
def test_names_of_the_others_come_while_a_sick_manager_is_still_waited_for(park: Park, sick: str) -> None:
    getattr(park, sick).faults.add("hang")
    vendors = {"HP": park.oneview, "DELL": park.ome, "CISCO": park.ucs}
    wanted = [Wanted(name, vendor) for vendor, system in vendors.items() for name in system.inventory.names]
    order: list[str] = []
    with open_managers(park.configs, 1.5) as managers:
        for part in managers.answers(wanted):
            order += part
            for name, outcome in part.items():
                assert isinstance(outcome, Server) is (name not in getattr(park, sick).inventory.names), outcome
    assert set(order[-5:]) == set(getattr(park, sick).inventory.names)


@pytest.mark.parametrize("park", [3], indirect=True)
def test_a_server_of_two_managers_is_ambiguous_until_a_vendor_is_named(park: Park) -> None:
    name = park.oneview.inventory.names[0]
    park.ome.inventory.rack(name)
    found = ask(park.configs, [name])
    assert found[name] == Reason("Ambiguous", f"Several managers know a server named {name!r}: ome and oneview; name the vendor, or rename all but one.")
    assert isinstance(ask(park.configs, [name], vendor="HP")[name], Server)


def test_two_consoles_of_one_vendor_are_told_apart_by_the_service_tag_and_show_one_server_as_one() -> None:
    east, west = generate("ome", 3, seed=1), generate("ome", 3, seed=2)
    name = east.names[0]
    tags = [inventory[name].serial for inventory in (east, west)]
    with OmeSimulator(east) as first, OmeSimulator(west) as second, OmeSimulator(east) as again:
        configs = [config("ome", first, "east"), config("ome", second, "west")]
        assert ask(configs, [name])[name] == Reason(
            "Ambiguous", f"Several managers know a server named {name!r}: east (serial {tags[0]}) and west (serial {tags[1]}); write the serial number of the "
                         "one that is meant, or rename all but one.")
        assert {tag: getattr(found, "serial", found) for tag, found in ask(configs, tags).items()} == dict(zip(tags, tags))
        found = ask([configs[0], config("ome", again, "again")], [name])[name]
        assert isinstance(found, Server) and (found.manager, found.serial) == ("east", tags[0])
