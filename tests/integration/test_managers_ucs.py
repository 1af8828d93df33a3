# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""UCS over the wire: Central with its domains, and a UCS Manager alone."""
from __future__ import annotations

import re
import time
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason, Server
from ansible_collections.baremetal.generator.plugins.module_utils.nics import choose
from tests.fixtures.asking import ask, assert_answers_are_true, config, closed
from tests.simulators.inventory import FOUND, generate
from tests.simulators.inventory_ucs import UcsInventory
from tests.simulators.serving import Reply
from tests.simulators.ucs_central import UcsCentralSimulator, UcsSystem
from tests.simulators.ucs_manager import UcsManagerSimulator


def everything_closed(system: UcsSystem) -> bool:
    return all(closed(one) for one in system.all)


def test_every_kind_of_server_gets_its_true_answer() -> None:
    inventory = generate("ucs", 30, odd=True)
    with UcsSystem(inventory) as system:
        assert_answers_are_true(inventory, ask([config("ucs", system.central)], [server.name.upper() for server in inventory.servers]))
        assert everything_closed(system)


def test_each_alone_gets_the_same_answer() -> None:
    inventory = generate("ucs", 12, odd=True)
    with UcsSystem(inventory) as system:
        for server in inventory.servers:
            assert_answers_are_true(inventory, ask([config("ucs", system.central)], [server.name]))
        assert everything_closed(system)


@pytest.mark.parametrize("kind", ["ucs", "ucsm"])
@pytest.mark.parametrize("alone", [True, False])
def test_a_ucs_manager_alone_gives_the_same_answers_for_its_servers(kind: str, alone: bool) -> None:
    inventory = generate("ucs", 20, odd=True)
    with UcsManagerSimulator(inventory) as simulator:
        here = [server["name"] for server in simulator.servers() if server["outcome"] != "Ambiguous"]
        for names in [[name] for name in here] if alone else [here]:
            assert_answers_are_true(inventory, ask([config(kind, simulator)], names))
        assert closed(simulator)


@pytest.mark.parametrize("count", [2, 100, 200, 1000])
def test_no_system_is_asked_more_than_six_times(count: int) -> None:
    inventory = generate("ucs", 1000)
    with UcsSystem(inventory, latency=0.01) as system:
        assert_answers_are_true(inventory, ask([config("ucs", system.central)], inventory.names[:count]))
        for one in system.all:
            assert one.counters.requests <= 6, one.counters.by_call
            assert one.counters.peak_parallel <= 2 and one.counters.logins <= 1
        assert everything_closed(system)


def test_one_name_does_not_read_the_whole_inventory() -> None:
    inventory = generate("ucs", 1000)
    with UcsSystem(inventory) as system:
        assert_answers_are_true(inventory, ask([config("ucs", system.central)], [inventory.names[7]]))
        assert sum(one.counters.bytes_sent for one in system.all) < 60_000
        assert max(one.counters.requests for one in system.all) <= 8


def test_domains_are_asked_in_parallel() -> None:
    inventory = generate("ucs", 80, domains=8)
    with UcsSystem(inventory, latency=0.2) as system:
        start = time.monotonic()
        assert_answers_are_true(inventory, ask([config("ucs", system.central)], inventory.names))
        assert time.monotonic() - start < 3.0           # 8 domains one after the other would take 0.6 s each, and Central 0.8 s
        assert everything_closed(system)


@pytest.mark.parametrize("quirks", [{"classes_work": False}, {"most_filter_parts": 10}, {"requests_per_connection": 2, "announce_close": False}])
def test_systems_differ_and_the_answers_do_not(quirks: dict[str, Any]) -> None:
    inventory = generate("ucs", 20, odd=True)
    with UcsSystem(inventory) as system:
        for one in system.all:
            for name, value in quirks.items():
                if hasattr(one.quirks, name):
                    setattr(one.quirks, name, value)
        for names in ([server.name for server in inventory.servers], inventory.names[:1]):
            assert_answers_are_true(inventory, ask([config("ucs", system.central)], names))
        assert everything_closed(system)


@pytest.mark.parametrize("fault", ["throttled", "bad_gateway", "unavailable", "gateway_timeout", "reset", "truncated", "session_expired"])
@pytest.mark.parametrize("where", ["central", "domains"])
def test_what_passes_is_lived_through(fault: str, where: str) -> None:
    inventory = generate("ucs", 12)
    with UcsSystem(inventory) as system:
        for one in [system.central] if where == "central" else system.managers:
            one.faults.add(fault, times=1, path="configResolve")
        assert_answers_are_true(inventory, ask([config("ucs", system.central)], inventory.names))
        assert everything_closed(system)


FAULTS = [("wrong_password", "LoginRefused"), ("sessions_full", "ManagerUnreachable"), ("html", "InvalidAnswer"), ("garbage", "InvalidAnswer"),
          ("reset", "ManagerUnreachable"), ("unavailable", "ManagerUnreachable"), ("hang", "ManagerUnreachable")]


@pytest.mark.parametrize(("fault", "reason"), FAULTS)
def test_what_does_not_pass_is_one_reason_for_all_names(fault: str, reason: str) -> None:
    inventory = generate("ucs", 12)
    with UcsSystem(inventory) as system:
        system.central.faults.add(fault)
        found = ask([config("ucs", system.central)], inventory.names, seconds=1)
        assert {outcome.reason for outcome in found.values() if isinstance(outcome, Reason)} == {reason}
        assert len({outcome.message for outcome in found.values() if isinstance(outcome, Reason)}) == 1
        assert system.central.counters.failed_logins <= 1


@pytest.mark.parametrize(("fault", "reason"), FAULTS)
def test_a_domain_in_trouble_is_the_trouble_of_its_own_servers_only(fault: str, reason: str) -> None:
    inventory = generate("ucs", 24)
    with UcsSystem(inventory) as system:
        sick = system.managers[0]
        sick.faults.add(fault)
        found = ask([config("ucs", system.central)], inventory.names, seconds=2)
        assert {outcome.reason for outcome in found.values() if isinstance(outcome, Reason)} == {reason}
        there = {server["name"] for server in sick.servers()}
        assert {name for name, outcome in found.items() if isinstance(outcome, Reason)} <= there
        assert_answers_are_true(inventory, {name: outcome for name, outcome in found.items() if isinstance(outcome, Server)})
        assert closed(system.central) and closed(system.managers[1])


def test_the_state_of_a_lost_domain_is_said() -> None:
    inventory = generate("ucs", 24)
    with UcsSystem(inventory) as system:
        lost = system.managers[0]
        inventory.lose_domain(lost.domain.name)
        lost.stop()
        found = ask([config("ucs", system.central)], inventory.names, seconds=2)
        reasons = [outcome for outcome in found.values() if isinstance(outcome, Reason)]
        assert reasons and all(reason.message.endswith("UCS Central says that this domain is lost-visibility.") for reason in reasons)


def test_domains_have_an_account_of_their_own_and_an_address_from_the_user() -> None:
    inventory = generate("ucs", 24)
    with UcsSystem(inventory, domain_username="reader", domain_password="other-secret") as system:
        addresses = {one.domain.name: one.url for one in system.managers}
        for one in system.managers:
            inventory.moved(one.domain, "192.0.2.254")              # where Central would send us
        options = {"domain_username": "reader", "domain_password": "other-secret", "domains": addresses}
        assert_answers_are_true(inventory, ask([config("ucs", system.central, **options)], inventory.names))
        assert everything_closed(system)


def test_the_address_in_band_can_be_preferred() -> None:
    inventory = generate("ucs", 24, odd=True)
    with UcsSystem(inventory) as system:
        with_both = [server for server in inventory.servers if server.inband_address and server.outcome == FOUND]
        found = ask([config("ucs", system.central, bmc_network="inband")], [server.name for server in with_both])
        assert with_both and {name: outcome.bmc_address for name, outcome in found.items() if isinstance(outcome, Server)} == {
            server.name: server.inband_address for server in with_both}


def test_central_without_the_right_to_read_is_a_refusal() -> None:
    inventory = generate("ucs", 4)
    with UcsCentralSimulator(inventory) as simulator:
        simulator.faults.add("forbidden", path="configResolve")
        found = ask([config("ucs", simulator)], inventory.names)
        assert {outcome.reason for outcome in found.values() if isinstance(outcome, Reason)} == {"LoginRefused"}


@pytest.mark.parametrize("alone", [True, False])
def test_profiles_of_one_dn_in_two_domains_are_told_apart_by_their_hardware(alone: bool) -> None:
    """The sentence names what to write, and writing that works."""
    inventory = UcsInventory(3)
    first, second = (inventory.local("web01") for _domain in range(2))
    other = inventory.pooled("other")
    with UcsSystem(inventory) as system:
        def asked(name: str) -> Server | Reason:
            return ask([config("ucs", system.central)], [name] if alone else [name, "other"])[name]

        told = asked("web01")
        assert isinstance(told, Reason) and told.reason == "Ambiguous" and "ask for one of them by its DN" in told.message
        dns = re.findall(r"compute/sys-\d+/[a-z0-9/-]+", told.message)
        assert len(set(dns)) == 2
        found = [asked(dn) for dn in dns]
        assert {choose(server.nics).boot.mac for server in found} == {first.boot_mac, second.boot_mac} and other.boot_mac        # type: ignore[union-attr]
        assert {server.bmc_address for server in found} == {first.bmc_address, second.bmc_address}                             # type: ignore[union-attr]
        assert everything_closed(system)


@pytest.mark.parametrize("document", [
    '<configResolveClass response="yes"/>', "<configResolveClass/>", '<configResolveClass response="yes"><fault/></configResolveClass>',
    "<configResolveClass><outConfigs/></configResolveClass>", "<rss/>", '<configResolveDn response="yes"><outConfig/></configResolveDn>',
    '<configResolveClass response="yes"><outConfigs><vnicEther dn="org-root/ls-a/ether-b"/></outConfigs></configResolveClass>',
])
def test_no_document_but_the_answer_says_that_a_server_is_unknown(document: str) -> None:
    with UcsManagerSimulator(generate("ucs", 4)) as simulator:
        name = next(server["name"] for server in simulator.servers() if server["outcome"] == FOUND)
        simulator.change = lambda asked, reply: Reply(200, document.encode(), "text/xml") if b"lsServer" in asked.body else reply
        found = ask([config("ucsm", simulator)], [name])[name]
        assert isinstance(found, Reason) and found.reason == "InvalidAnswer", found
