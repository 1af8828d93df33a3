# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""More names than a manager can answer in its time: nobody fails for it, nobody pauses, and whoever waited longest is asked first."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import names
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import GENERATOR
from ansible_collections.baremetal.generator.plugins.module_utils.generators import due
from ansible_collections.baremetal.generator.plugins.module_utils.managers import Managers, open_managers
from ansible_collections.baremetal.generator.plugins.module_utils.managers.ome_session import PARALLEL
from ansible_collections.baremetal.generator.plugins.module_utils.stages import resolve as resolving
from ansible_collections.baremetal.generator.plugins.module_utils.times import parse_time
from tests.simulators.inventory import generate
from tests.simulators.ome import OmeSimulator

from .world import World

COUNT = 95
SECONDS = 2.0               # of the manager's time: 200 ms for a request, eight at once, so 80 requests
PER_REQUEST = 0.2 / PARALLEL


@pytest.fixture
def appliance(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[OmeSimulator]:
    """An OME whose every request takes 200 ms by the clock of the managers, and none by that of the wall."""
    with OmeSimulator(generate("ome", COUNT, prefix="dell"), username="automation", password="ome-login") as simulator:
        def opened(configs: Any, seconds: float, *more: Any) -> Managers:
            return open_managers(configs, seconds, *more, clock=lambda: simulator.counters.requests * PER_REQUEST)

        monkeypatch.setattr(resolving, "open_managers", opened)
        world.options.update(manager_seconds=SECONDS, managers=[{
            "name": "ome", "type": "ome", "url": simulator.url, "username": "automation", "password": "ome-login", "validate_certs": False}])
        yield simulator


def is_due_now(world: World) -> Callable[[dict[str, Any]], bool]:
    now = parse_time(max(one["lastTransitionTime"] for item in world.api.list(GENERATOR) for one in (item.get("status") or {}).get("conditions") or []))
    assert now is not None
    return lambda item: "resolve" in due(item, now)


def skipped(order: list[str], done: list[str]) -> int:
    """How many of `order` come before the last one done and are not: those that were under way when the time was over, however slow their thread."""
    return 1 + order.index(max(done, key=order.index)) - len(done)


def test_more_than_a_run_can_ask_for_are_asked_in_one_go(world: World, appliance: OmeSimulator) -> None:
    for name in appliance.inventory.names:
        world.generator(name, name, server_vendor="DELL")
    runs, left = 0, [item["metadata"]["name"] for item in world.api.list(GENERATOR)]
    before: dict[str, Any] = {}
    while left:
        runs += 1
        assert runs <= 4, left
        world.resolve()
        items = world.api.list(GENERATOR)
        assert all(not (item["status"].get("attempts") or "nextAttemptAt" in item["status"]) for item in items)
        late = [item for item in items if item["status"]["phase"] != names.BUFFERED]
        assert {item["status"]["phase"] for item in late} <= {names.PROCESSING}
        assert all(is_due_now(world)(item) for item in late), "without a pause"
        for item in late:
            reason = next(one for one in item["status"]["conditions"] if one["type"] == "Resolved")
            assert reason["reason"] == "NotAsked" and item["status"]["message"].startswith("ome (http")
            assert "did not come to this one" in item["status"]["message"] and "Next time it is among the first (number " in item["status"]["message"]
            assert item["status"] != before.get(item["metadata"]["name"]), "the source sees progress"
        before = {item["metadata"]["name"]: item["status"] for item in late}
        left = [item["metadata"]["name"] for item in late]
    assert runs >= 2
    assert appliance.counters.by_call["GET /api/DeviceService/Devices(id)/InventoryDetails('serverNetworkInterfaces')"] <= COUNT + PARALLEL * runs


def test_the_oldest_are_asked_first_and_next_time_those_that_were_not(world: World, appliance: OmeSimulator) -> None:
    world.options["manager_seconds"] = 32 * PER_REQUEST
    for name in appliance.inventory.names[:75]:
        world.generator(name, name, server_vendor="DELL")
    order = sorted(appliance.inventory.names[:75])                   # made within one second: by name
    world.resolve()
    done = [name for name in order if world.phase(name) == names.BUFFERED]
    assert done and skipped(order, done) <= PARALLEL, "in order, but for those under way"
    for name in appliance.inventory.names[75:85]:
        world.generator(f"a-{name}", name, server_vendor="DELL")      # new, and first by name
    world.resolve()
    late = [name for name in order if name not in done]
    done_now = [name for name in late if world.phase(name) == names.BUFFERED]
    assert len(done_now) > PARALLEL and skipped(late, done_now) <= PARALLEL
    assert all(world.phase(f"a-{name}") != names.BUFFERED for name in appliance.inventory.names[75:85])


def test_a_manager_that_gives_no_answer_at_all_is_unreachable_as_ever(world: World, appliance: OmeSimulator) -> None:
    world.options["manager_seconds"] = 3 * PER_REQUEST                # spent before the first inventory
    for name in appliance.inventory.names[:25]:
        world.generator(name, name, server_vendor="DELL")
    world.resolve()
    for name in appliance.inventory.names[:25]:
        status = world.status(name)
        assert (status["phase"], world.condition("Resolved", name)["reason"], status["attempts"]) == (names.PROCESSING, "ManagerUnreachable", 1)


def test_names_that_differ_in_case_only_are_one_question_with_an_answer_for_each(world: World, appliance: OmeSimulator) -> None:
    name = appliance.inventory.names[0]
    world.options["manager_seconds"] = 20
    world.generator("lower", name.lower())
    world.generator("upper", name.upper())
    world.resolve()
    assert appliance.counters.by_call["GET /api/DeviceService/Devices(id)/InventoryDetails('serverNetworkInterfaces')"] == 1
    reasons = {one: (world.phase(one), world.condition("Resolved", one)["reason"]) for one in ("lower", "upper")}
    assert sorted(reasons.values()) in ([("Buffered", "Found"), ("Failed", "Conflict")], [("Buffered", "Found"), ("Failed", "Found")]), reasons


def test_a_bug_about_one_generator_is_told_of_that_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = resolving.facts

    def broken(request: Any, *more: Any) -> Any:
        if request.server_name == "node-2":
            raise ZeroDivisionError("s3cret-value")
        return honest(request, *more)

    monkeypatch.setattr(resolving, "facts", broken)
    for number in (1, 2, 3):
        world.generator(f"g{number}", f"node-{number}")
    world.resolve()
    assert [world.phase(f"g{number}") for number in (1, 2, 3)] == [names.BUFFERED, names.FAILED, names.BUFFERED]
    assert world.condition("Resolved", "g2")["reason"] == "Bug" and "ZeroDivisionError at " in world.status("g2")["message"]
    assert "s3cret" not in str(world.get(GENERATOR, "g2"))
