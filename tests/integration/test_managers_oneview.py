# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OneView over the wire: right answers, few requests, nothing left open, faults that end in one reason."""
from __future__ import annotations

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason, Server
from ansible_collections.baremetal.generator.plugins.module_utils.nics import Choice, choose
from tests.fixtures.asking import ask, assert_answers_are_true, config, closed
from tests.simulators.inventory import generate
from tests.simulators.oneview import OneViewSimulator


def test_every_kind_of_server_gets_its_true_answer() -> None:
    inventory = generate("oneview", 30, odd=True)
    with OneViewSimulator(inventory) as simulator:
        assert_answers_are_true(inventory, ask([config("oneview", simulator)], [server.name.upper() for server in inventory.servers]))
        assert closed(simulator)


def test_each_alone_gets_the_same_answer() -> None:
    inventory = generate("oneview", 10, odd=True)
    with OneViewSimulator(inventory) as simulator:
        for server in inventory.servers:
            assert_answers_are_true(inventory, ask([config("oneview", simulator)], [server.name]))
        assert closed(simulator)


@pytest.mark.parametrize(("count", "most"), [(1, 5), (100, 8), (200, 12), (1000, 44)])
def test_requests_are_counted_by_the_hundred_not_by_the_name(count: int, most: int) -> None:
    inventory = generate("oneview", 1000)
    with OneViewSimulator(inventory, latency=0.01) as simulator:
        found = ask([config("oneview", simulator)], inventory.names[:count])
        assert_answers_are_true(inventory, found)
        counters = simulator.counters
        assert counters.requests <= most, counters.by_call
        assert (counters.logins, counters.peak_parallel <= 4) == (1, True)
        assert closed(simulator)


def test_names_of_machines_and_misspelt_ones_do_not_take_more_requests() -> None:
    inventory = generate("oneview", 1000)
    hardware = {machine["serialNumber"]: machine["name"] for machine in inventory.hardware}
    servers = inventory.servers[:80]
    wanted = {server.name: server for server in servers[:20]}
    wanted |= {server.serial.lower(): server for server in servers[20:50]}
    wanted |= {hardware[server.serial]: server for server in servers[50:80]}
    typos = [f"typo-{number}" for number in range(20)]
    with OneViewSimulator(inventory, latency=0.01) as simulator:
        found = ask([config("oneview", simulator)], [*wanted, *typos])
        for name, server in wanted.items():
            outcome = found[name]
            assert isinstance(outcome, Server) and (outcome.serial, outcome.bmc_address) == (server.serial, server.bmc_address)
            choice = choose(outcome.nics)
            assert isinstance(choice, Choice) and choice.boot.mac == server.boot_mac
        assert {outcome.reason for name in typos if isinstance(outcome := found[name], Reason)} == {"NotFound"}
        assert simulator.counters.requests <= 8, simulator.counters.by_call
        assert closed(simulator)


@pytest.mark.parametrize("quirks", [
    {"regex_filter": False}, {"filters_sometimes_ignored": True}, {"page_cap": 7}, {"last_page": "self"}, {"last_page": "empty"}, {"filter_bytes": 300},
    {"current_version": 500}, {"current_version": 9000}, {"requests_per_connection": 3}, {"requests_per_connection": 2, "announce_close": False},
    {"login_banner": "Be careful."},
])
def test_appliances_differ_and_the_answers_do_not(quirks: dict[str, object]) -> None:
    inventory = generate("oneview", 20, odd=True)
    with OneViewSimulator(inventory, **quirks) as simulator:
        assert_answers_are_true(inventory, ask([config("oneview", simulator)], [server.name for server in inventory.servers]))
        assert closed(simulator)


@pytest.mark.parametrize("fault", ["throttled", "bad_gateway", "unavailable", "gateway_timeout", "reset", "truncated", "session_expired", "filter_refused"])
def test_what_passes_is_lived_through(fault: str) -> None:
    inventory = generate("oneview", 5)
    with OneViewSimulator(inventory) as simulator:
        simulator.faults.add(fault, times=1, path="server-profiles")
        if fault != "session_expired":              # once in a run; twice looks like a missing right
            simulator.faults.add(fault, times=1, path="server-hardware")
        assert_answers_are_true(inventory, ask([config("oneview", simulator)], inventory.names))
        assert closed(simulator)


@pytest.mark.parametrize(("fault", "reason"), [("wrong_password", "LoginRefused"), ("forbidden", "LoginRefused"), ("sessions_full", "ManagerUnreachable"),
                                               ("html", "InvalidAnswer"), ("garbage", "InvalidAnswer"), ("reset", "ManagerUnreachable"),
                                               ("unavailable", "ManagerUnreachable"), ("hang", "ManagerUnreachable")])
def test_what_does_not_pass_is_one_reason_for_all_names(fault: str, reason: str) -> None:
    inventory = generate("oneview", 5)
    with OneViewSimulator(inventory) as simulator:
        simulator.faults.add(fault)
        found = ask([config("oneview", simulator)], inventory.names, seconds=1)
        assert {outcome.reason for outcome in found.values() if isinstance(outcome, Reason)} == {reason}
        assert len({outcome.message for outcome in found.values() if isinstance(outcome, Reason)}) == 1
        assert simulator.counters.failed_logins <= 1
        simulator.faults.clear()
        assert closed(simulator, attempts=True)


@pytest.mark.parametrize("fault", ["item_removed", "item_added"])
def test_a_list_that_moves_while_it_is_paged_hides_nobody(fault: str) -> None:
    inventory = generate("oneview", 400)
    wanted = inventory.names[100:]
    with OneViewSimulator(inventory, regex_filter=False, page_cap=50) as simulator:
        simulator.faults.add(fault, times=1, path="server-profiles")
        found = ask([config("oneview", simulator)], wanted)
        assert all(isinstance(outcome, Server) for outcome in found.values())
