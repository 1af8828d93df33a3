# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is odd in a manager's answer concerns the server that it is about, and nobody else; a logout that fails loses nothing."""
from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.managers import Outcome, Wanted, open_managers
from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason, Server
from tests.fixtures.asking import config
from tests.simulators.inventory import generate
from tests.simulators.ome import OmeSimulator
from tests.simulators.oneview import OneViewSimulator
from tests.simulators.serving import Ask, Reply, Simulator
from tests.simulators.ucs_central import UcsSystem

Json = dict[str, Any]
DEEP = b"[" * 100_000 + b"]" * 100_000
SECONDS = 10            # far beyond what any of this takes: an answer that waits for the patience would show


@contextmanager
def oneview() -> Iterator[OneViewSimulator]:
    with OneViewSimulator(generate("oneview", 6, prefix="h")) as simulator:
        yield simulator


@contextmanager
def ome() -> Iterator[OmeSimulator]:
    with OmeSimulator(generate("ome", 6, prefix="d")) as simulator:
        yield simulator


def spoil(simulator: Simulator, label: str, change: Callable[[Ask, Reply], Reply | None]) -> None:
    """Answers to requests whose label holds `label` are what change() makes of them; None leaves one as it is."""
    honest = simulator.answer

    def answer(ask: Ask) -> Reply:
        reply = honest(ask)
        return (change(ask, reply) or reply) if label in simulator.label(ask) else reply

    simulator.answer = answer       # type: ignore[method-assign]


def ask(kind: str, simulator: Simulator, names: Any) -> tuple[Mapping[str, Outcome], list[str]]:
    with open_managers([config(kind, simulator)], SECONDS) as managers:
        found = managers.find(Wanted(name) for name in names)
    return found, managers.warnings


def only_one_is_hurt(found: Mapping[str, Outcome], name: str, *words: str) -> None:
    reason = found[name]
    assert isinstance(reason, Reason) and reason.reason == "InvalidAnswer", reason
    assert all(word in reason.message for word in (repr(name), *words)), reason.message
    assert reason.message.count(". ") == 0 and reason.message.endswith(".")
    assert all(isinstance(outcome, Server) for other, outcome in found.items() if other != name), found


def _hardware(simulator: OneViewSimulator, name: str) -> Json:
    profile = next(profile for profile in simulator.inventory.profiles if profile["name"] == name)
    return next(one for one in simulator.inventory.hardware if one["uri"] == profile["serverHardwareUri"])


def _null_slot(hardware: Json) -> None:
    hardware["portMap"]["deviceSlots"].insert(0, None)


def _text_for_ports(hardware: Json) -> None:
    hardware["portMap"]["deviceSlots"][0]["physicalPorts"] = "s3cret-value"


def _number_for_an_address(hardware: Json) -> None:
    hardware["mpHostInfo"]["mpIpAddresses"].append(7)


def _list_for_a_serial(hardware: Json) -> None:
    hardware["serialNumber"] = ["s3cret-value"]


@pytest.mark.parametrize(("spoiled", "words"), [
    (_null_slot, ("portMap.deviceSlots[0] is null instead of an object",)),
    (_text_for_ports, ("portMap.deviceSlots[0].physicalPorts is a text instead of a list",)),
    (_number_for_an_address, ("mpHostInfo.mpIpAddresses", "is a number instead of an object")),
    (_list_for_a_serial, ("serialNumber is a list instead of a text",)),
])
@pytest.mark.parametrize("alone", [False, True])
def test_an_odd_part_of_one_oneview_server_is_that_servers(spoiled: Callable[[Json], None], words: tuple[str, ...], alone: bool) -> None:
    with oneview() as simulator:
        name = simulator.inventory.names[2]
        spoiled(_hardware(simulator, name))
        found, _warnings = ask("oneview", simulator, [name] if alone else simulator.inventory.names)
        only_one_is_hurt(found, name, "oneview (http", *words)
        assert "s3cret" not in str(found)


@pytest.mark.parametrize("field", ["serverHardwareUri", "uri", "name"])
@pytest.mark.parametrize("value", [None, 7, ["x"], {"a": 1}, True])
def test_an_odd_profile_is_nobody_elses_trouble(field: str, value: Any) -> None:
    with oneview() as simulator:
        name = simulator.inventory.names[0]

        def change(_ask: Ask, reply: Reply) -> Reply | None:
            body = json.loads(reply.body)
            for member in body.get("members") or []:
                if member.get("name") == name:
                    member[field] = value
            return Reply(reply.status, json.dumps(body).encode())

        spoil(simulator, "GET /rest/server-profiles", change)
        found, _warnings = ask("oneview", simulator, simulator.inventory.names)
        assert [other for other, outcome in found.items() if not isinstance(outcome, Server)] in ([name], [])
        assert len(found) == 6


def _number_for_a_card(cards: list[Any]) -> None:
    cards.insert(1, 7)


def _null_port(cards: list[Any]) -> None:
    cards[0]["Ports"].append(None)


def _text_for_partitions(cards: list[Any]) -> None:
    cards[0]["Ports"][0]["Partitions"] = "s3cret-value"


def _object_for_a_name(cards: list[Any]) -> None:
    cards[0]["Ports"][0]["Partitions"][0]["Fqdd"] = {"s3cret-value": 1}


@pytest.mark.parametrize(("spoiled", "words"), [
    (_number_for_a_card, ("InventoryInfo[1] is a number instead of an object",)),
    (_null_port, ("InventoryInfo[0].Ports[", "is null instead of an object")),
    (_text_for_partitions, ("InventoryInfo[0].Ports[0].Partitions is a text instead of a list",)),
    (_object_for_a_name, ("InventoryInfo[0].Ports[0].Partitions[0].Fqdd is an object instead of a text",)),
])
@pytest.mark.parametrize("alone", [False, True])
def test_an_odd_part_of_one_ome_server_is_that_servers(spoiled: Callable[[list[Any]], None], words: tuple[str, ...], alone: bool) -> None:
    with ome() as simulator:
        name = simulator.inventory.names[3]
        target = next(profile["TargetId"] for profile in simulator.inventory.profiles if profile["ProfileName"] == name)
        spoiled(simulator.inventory.network[target])
        found, _warnings = ask("ome", simulator, [name] if alone else simulator.inventory.names)
        only_one_is_hurt(found, name, "ome (http", *words)
        assert "s3cret" not in str(found)


@pytest.mark.parametrize("value", ["x", ["x"], {"a": 1}, True, 7.5])
def test_an_odd_device_of_a_profile_is_that_profiles(value: Any) -> None:
    with ome() as simulator:
        name = simulator.inventory.names[1]
        next(profile for profile in simulator.inventory.profiles if profile["ProfileName"] == name)["TargetId"] = value
        found, _warnings = ask("ome", simulator, simulator.inventory.names)
        only_one_is_hurt(found, name, "TargetId is ")


def test_a_number_that_nobody_can_count_with_is_one_ucs_servers() -> None:
    with UcsSystem(generate("ucs", 6, prefix="c")) as system:
        name = system.inventory.names[0]
        for tree in (system.inventory.central, *(domain.tree for domain in system.inventory.domains)):
            for vnic in tree.by_kind["vnicEther"]:
                if f"/ls-{name}/" in vnic.dn:
                    vnic.set(operOrder="9" * 5000)
        found, _warnings = ask("ucs", system.central, system.inventory.names)
        only_one_is_hurt(found, name, "ucs", "operOrder of ", "no place in an order")


@pytest.mark.parametrize("odd", [[None], [7, "s3cret-value"], [[1], True, None]])
def test_what_is_no_object_in_a_list_is_passed_over_and_told_as_a_warning(odd: list[Any]) -> None:
    def change(key: str) -> Callable[[Ask, Reply], Reply | None]:
        def more(_ask: Ask, reply: Reply) -> Reply | None:
            body = json.loads(reply.body)
            body[key] = [*odd, *body[key]]
            if "@odata.count" in body:
                body["@odata.count"] += len(odd)
            return Reply(reply.status, json.dumps(body).encode())
        return more

    for kind, system, label, key in (("oneview", oneview, "GET /rest/server-profiles", "members"), ("ome", ome, "Profiles", "value")):
        with system() as simulator:         # type: ignore[operator]
            spoil(simulator, label, change(key))
            found, warnings = ask(kind, simulator, simulator.inventory.names)
            assert all(isinstance(outcome, Server) for outcome in found.values()) and len(found) == 6, found
            assert len(warnings) == 1 and "passed over" in warnings[0] and warnings[0].startswith(f"{kind} (http"), warnings
            assert "s3cret" not in warnings[0]


@pytest.mark.parametrize(("kind", "label"), [("oneview", "server-profiles"), ("ome", "Profiles"), ("ome", "InventoryDetails")])
def test_an_answer_nested_without_end_is_told_at_once(kind: str, label: str) -> None:
    with (oneview if kind == "oneview" else ome)() as simulator:        # type: ignore[attr-defined]
        spoil(simulator, label, lambda _ask, _reply: Reply(200, DEEP))
        found, _warnings = ask(kind, simulator, simulator.inventory.names)
        assert {outcome.reason for outcome in found.values() if isinstance(outcome, Reason)} == {"InvalidAnswer"} and len(found) == 6


def test_xml_nested_without_end_does_not_end_the_thread() -> None:
    with UcsSystem(generate("ucs", 6, prefix="c")) as system:
        nested = b"<a rn='a'>" * 100_000 + b"</a>" * 100_000
        deep = b"<configResolveClasses cookie='' response='yes'><outConfigs>" + nested + b"</outConfigs></configResolveClasses>"
        spoil(system.central, "configResolveClasses", lambda _ask, _reply: Reply(200, deep, "text/xml"))
        found, _warnings = ask("ucs", system.central, system.inventory.names)
        assert {outcome.reason for outcome in found.values() if isinstance(outcome, Reason)} == {"InvalidAnswer"} and len(found) == 6


@pytest.mark.parametrize("reply", [
    Reply(503, b'{"error": "busy"}'), Reply(500, b'{"error": "busy"}'), Reply(500, b'{"error": ["busy"]}'), Reply(500, b'[]'), Reply(500, b"null"),
    Reply(500, b"<html>busy</html>", "text/html"), Reply(400, DEEP), Reply(500, b'{"error": {"@Message.ExtendedInfo": [null]}}'),
])
@pytest.mark.parametrize("kind", ["oneview", "ome"])
def test_a_logout_that_fails_is_a_warning_and_loses_nothing(kind: str, reply: Reply) -> None:
    with (oneview if kind == "oneview" else ome)() as simulator:        # type: ignore[attr-defined]
        spoil(simulator, "DELETE", lambda _ask, _reply: reply)
        found, warnings = ask(kind, simulator, simulator.inventory.names)
        assert all(isinstance(outcome, Server) for outcome in found.values()) and len(found) == 6
        assert len(warnings) == 1 and warnings[0].startswith("A session is left open until its time is over: "), warnings


@pytest.mark.parametrize("text", [b'{"error": "busy"}', b"<html>busy</html>", b"<aaaLogout errorCode='1' errorDescr='busy'/>"])
def test_a_logout_of_ucs_that_fails_is_a_warning_too(text: bytes) -> None:
    with UcsSystem(generate("ucs", 6, prefix="c")) as system:
        for simulator in system.all:
            spoil(simulator, "aaaLogout", lambda _ask, _reply: Reply(200, text, "text/xml"))
        found, warnings = ask("ucs", system.central, system.inventory.names)
        assert all(isinstance(outcome, Server) for outcome in found.values()) and len(found) == 6
        assert warnings and all(warning.startswith("A session is left open") for warning in warnings)
