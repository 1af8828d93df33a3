# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OME over the wire: right answers, few requests, nothing left open, faults that end in one reason."""
from __future__ import annotations

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason, Server
from tests.fixtures.asking import ask, assert_answers_are_true, config, closed
from tests.simulators.inventory import generate
from tests.simulators.ome import OmeSimulator


def test_every_kind_of_server_gets_its_true_answer() -> None:
    inventory = generate("ome", 30, odd=True)
    with OmeSimulator(inventory) as simulator:
        assert_answers_are_true(inventory, ask([config("ome", simulator)], [server.name.upper() for server in inventory.servers]))
        assert closed(simulator)


def test_each_alone_gets_the_same_answer() -> None:
    inventory = generate("ome", 10, odd=True)
    with OmeSimulator(inventory) as simulator:
        for server in inventory.servers:
            assert_answers_are_true(inventory, ask([config("ome", simulator)], [server.name]))
        assert closed(simulator)


@pytest.mark.parametrize("count", [1, 100, 200, 1000])
def test_requests_are_six_and_one_for_each_server(count: int) -> None:
    inventory = generate("ome", 1000)
    with OmeSimulator(inventory, latency=0.005) as simulator:
        found = ask([config("ome", simulator)], inventory.names[:count])
        assert_answers_are_true(inventory, found)
        counters = simulator.counters
        assert counters.requests <= 6 + count, counters.by_call
        assert (counters.logins, counters.peak_parallel <= 8) == (1, True)
        assert closed(simulator)


@pytest.mark.parametrize("quirks", [
    {"or_on_names": False}, {"page_cap": 7}, {"filter_case_sensitive": False}, {"next_link_keeps_filter": True}, {"unknown_uri_status": 400},
    {"requests_per_connection": 3}, {"requests_per_connection": 2, "announce_close": False},
])
@pytest.mark.parametrize("count", [4, 40])
def test_appliances_differ_and_the_answers_do_not(quirks: dict[str, object], count: int) -> None:
    inventory = generate("ome", 30, odd=True)
    with OmeSimulator(inventory, **quirks) as simulator:
        assert_answers_are_true(inventory, ask([config("ome", simulator)], [server.name for server in inventory.servers][-count:]))
        assert closed(simulator)


@pytest.mark.parametrize("fault", ["throttled", "bad_gateway", "unavailable", "gateway_timeout", "reset", "truncated", "session_expired", "filter_refused"])
@pytest.mark.parametrize("path", ["Profiles", "Devices", "InventoryDetails"])
def test_what_passes_is_lived_through(fault: str, path: str) -> None:
    inventory = generate("ome", 5)
    with OmeSimulator(inventory) as simulator:
        simulator.faults.add(fault, times=1, path=path)
        assert_answers_are_true(inventory, ask([config("ome", simulator)], inventory.names))
        assert closed(simulator)


@pytest.mark.parametrize(("fault", "reason"), [("wrong_password", "LoginRefused"), ("forbidden", "LoginRefused"), ("sessions_full", "ManagerUnreachable"),
                                               ("html", "InvalidAnswer"), ("garbage", "InvalidAnswer"), ("reset", "ManagerUnreachable"),
                                               ("unavailable", "ManagerUnreachable"), ("hang", "ManagerUnreachable")])
def test_what_does_not_pass_is_one_reason_for_all_names(fault: str, reason: str) -> None:
    inventory = generate("ome", 5)
    with OmeSimulator(inventory) as simulator:
        simulator.faults.add(fault, path="ProfileService" if fault == "forbidden" else "")
        found = ask([config("ome", simulator)], inventory.names, seconds=1)
        assert {outcome.reason for outcome in found.values() if isinstance(outcome, Reason)} == {reason}
        assert len({outcome.message for outcome in found.values() if isinstance(outcome, Reason)}) == 1
        assert simulator.counters.failed_logins <= 1
        assert closed(simulator, attempts=True)


def test_inventories_that_are_not_read_in_time_fail_their_own_servers_only() -> None:
    inventory = generate("ome", 60)
    with OmeSimulator(inventory) as simulator:
        simulator.faults.add("slow", path="InventoryDetails", after=30, seconds=30)
        found = ask([config("ome", simulator)], inventory.names, seconds=1)
        assert sum(isinstance(outcome, Server) for outcome in found.values()) == 30
        reasons = [outcome.reason for outcome in found.values() if isinstance(outcome, Reason)]
        assert set(reasons) <= {"ManagerUnreachable", "NotAsked"} and reasons.count("NotAsked") >= 22    # all but those whose question was under way
        assert closed(simulator)


@pytest.mark.parametrize("fault", ["item_removed", "item_added"])
def test_a_list_that_moves_while_it_is_paged_hides_nobody(fault: str) -> None:
    inventory = generate("ome", 100)
    wanted = inventory.names[50:]
    with OmeSimulator(inventory, page_cap=20) as simulator:
        simulator.faults.add(fault, times=1, path="Profiles")
        found = ask([config("ome", simulator)], wanted)
        assert all(isinstance(outcome, Server) for outcome in found.values())
