# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One odd item, event, line or answer never ends a reflector nor harms what else it sees, silence is noticed, and nothing makes a storm of requests."""
from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from ansible_collections.baremetal.generator.plugins.module_utils import health, reflector, streams
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import GENERATOR
from ansible_collections.baremetal.generator.plugins.module_utils.kube_access import read_configuration
from ansible_collections.baremetal.generator.plugins.module_utils.reflector import Pace, Reflector
from ansible_collections.baremetal.generator.plugins.module_utils.streams import Streams
from ansible_collections.baremetal.generator.plugins.module_utils.summaries import UNREADABLE

from tests.simulators.kubernetes import KubernetesSimulator
from tests.simulators.watched import FreezingProxy, ScriptedApi, page
from tests.tools.places import ROOT

QUICK = Pace(page=10, watch_seconds=30, relist_seconds=60, doubt_seconds=60, first_pause=0.02, longest_pause=0.3, steady_seconds=0.2)
CRDS = [ROOT / "roles" / "install" / "files"]


def item(name: str, version: str = "1", **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "default", "uid": f"uid-{name}", "resourceVersion": version, **metadata}}


def event(what: str, name: str, version: str, **metadata: Any) -> dict[str, Any]:
    return {"type": what, "object": item(name, version, **metadata)}


def version_of(one: dict[str, Any]) -> str:
    return one["metadata"]["resourceVersion"]


def choosy(one: dict[str, Any]) -> str:
    """Trips over one of them."""
    return str(1 // (one["metadata"]["name"] != "poison")) + version_of(one)


@contextlib.asynccontextmanager
async def reflecting(
    url: str, pace: Pace = QUICK, summarize: Callable[[Any], Any] = version_of, token: str = "any",
) -> AsyncIterator[Reflector]:
    sessions = Streams(lambda: read_configuration({"host": url, "api_key": token}))
    made = Reflector(sessions, GENERATOR, summarize, lambda: None, pace)
    task = asyncio.create_task(made.run())
    try:
        yield made
        assert not task.done(), "it lives"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await sessions.close()


async def until(condition: Callable[[], Any], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it has not come true in time"
        await asyncio.sleep(0.005)


def against(api: ScriptedApi, story: Callable[[Reflector], Any], pace: Pace = QUICK, summarize: Callable[[Any], Any] = version_of) -> None:
    async def run() -> None:
        async with api.serving() as url, reflecting(url, pace, summarize) as made:
            await story(made)
    asyncio.run(run())


NO_OBJECTS = [None, 7, "x", [], {}, {"metadata": None}, {"metadata": {"name": None, "namespace": "default"}}, {"metadata": {"name": "no-version"}}]


@pytest.mark.parametrize("odd", NO_OBJECTS)
def test_what_is_no_object_in_a_list_is_counted_and_the_others_are_seen(odd, caplog):
    async def story(made: Reflector) -> None:
        await until(lambda: made.listed and made.connected)
        assert made.items == {"default/a": "1", "default/b": "1"}
        assert made.snapshot.unnamed == 1 and made.lists == 1
    against(ScriptedApi([page([item("a"), odd, item("b")])]), story)
    assert [record.message for record in caplog.records] == [
        "baremetalhostgenerators: 1 of what was listed or watched has no name, uid or version; all others are seen as ever"]


@pytest.mark.parametrize("answer", [
    {"metadata": None, "items": []}, {"items": []}, {}, [], None, "text", 7, page([], version=None), page([], version=7), page({"a": 1}),
    page([], **{"continue": 7}), {"kind": "Status", "status": "Failure"},
])
def test_an_answer_that_is_no_list_is_asked_for_again(answer):
    async def story(made: Reflector) -> None:
        await until(lambda: made.listed)
        assert made.items == {"default/a": "1"} and made.failures == 3
    against(ScriptedApi([answer, answer, answer, page([item("a")])]), story)


def test_a_list_of_nothing_may_be_null():
    async def story(made: Reflector) -> None:
        await until(lambda: made.connected)
        assert made.items == {} and made.failures == 0
    against(ScriptedApi([page(None)]), story)


@pytest.mark.parametrize("odd", [
    *({"type": "ADDED", "object": one} for one in NO_OBJECTS), {"type": "ADDED"}, {"type": None, "object": item("x")}, {"type": "NEW", "object": item("x")},
    {}, [], None, 7, b"no JSON\n", b"\xff\xfe\n", b"[" * 5000 + b"\n", {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": None}}},
    {"type": "BOOKMARK", "object": None}, {"type": "BOOKMARK"},
])
def test_an_odd_event_is_passed_over_and_the_next_one_is_heard(odd):
    async def story(made: Reflector) -> None:
        await until(lambda: made.connected)
        api.say(odd, event("ADDED", "b", "5"))
        await until(lambda: "default/b" in made.items)
        assert made.items == {"default/a": "1", "default/b": "5"}
        assert made.watches == 1 and made.failures == 0
    api = ScriptedApi([page([item("a")])])
    against(api, story)


def test_after_something_that_is_no_event_everything_is_listed_soon():
    """It may have been about an object."""
    async def story(made: Reflector) -> None:
        await until(lambda: made.connected)
        api.say(b"no JSON\n")
        await until(lambda: made.items == {"default/b": "9"}, 5)
        assert made.lists == 2 and made.snapshot.unnamed == 0
    api = ScriptedApi([page([item("a")]), page([item("b", "9")])])
    against(api, story, Pace(watch_seconds=1, doubt_seconds=0.5, first_pause=0.02, steady_seconds=0.1))


@pytest.mark.parametrize("error", [
    None, {}, {"code": "x"}, {"code": None, "message": None}, {"code": [410]}, {"message": {"a": "b"}}, "text", {"code": "410"}, {"reason": "Expired"}])
def test_an_error_in_a_watch_leads_to_a_new_list_whatever_it_says(error):
    async def story(made: Reflector) -> None:
        await until(lambda: made.connected)
        api.say({"type": "ERROR", "object": error})
        await until(lambda: made.lists == 2 and made.connected)
        api.say(event("MODIFIED", "a", "7"))
        await until(lambda: made.items == {"default/a": "7"})
    api = ScriptedApi([page([item("a")])])
    against(api, story)


def test_an_object_of_which_no_summary_can_be_made_is_known_to_be_there_and_told_with_the_place_in_our_code(caplog):
    async def story(made: Reflector) -> None:
        await until(lambda: made.connected)
        assert made.items == {"default/a": "11", "default/poison": UNREADABLE, "default/b": "11"}
        api.say(event("MODIFIED", "poison", "3"), event("MODIFIED", "a", "4"))
        await until(lambda: made.items["default/a"] == "14")
        assert list(made.snapshot.unreadable) == ["default/poison"] and health._told_of(made.snapshot) == {"unreadable": 1, "odd": 0}
        api.say(event("DELETED", "poison", "5"), event("MODIFIED", "a", "6"))
        await until(lambda: made.items["default/a"] == "16")
        assert made.items == {"default/a": "16", "default/b": "11"} and not made.snapshot.unreadable
        assert made.lists == made.watches == 1
    api = ScriptedApi([page([item("a"), item("poison"), item("b")])])
    against(api, story, summarize=choosy)
    assert [record.message.partition(" at ")[0] for record in caplog.records] == [
        "baremetalhostgenerators: default/poison cannot be read: This is a bug in baremetal.generator, please report it: ZeroDivisionError",
        "baremetalhostgenerators: all can be read again"]


def test_what_cannot_be_read_of_an_object_is_taken_out_before_it_is_summarised_and_counted():
    async def story(made: Reflector) -> None:
        await until(lambda: made.connected)
        assert made.items == {"default/a": {}} and made.snapshot.odd == {"default/a": "metadata.labels must be a map, not a list"}
        assert health._told_of(made.snapshot) == {"unreadable": 0, "odd": 1}
    against(ScriptedApi([page([item("a", labels=["x"])])]), story, summarize=lambda one: one["metadata"].get("labels") or {})


def test_a_fault_of_ours_in_a_round_is_a_failed_round(monkeypatch, caplog):
    """Not the end of the source."""
    async def broken(self: Streams, *_any: Any) -> Any:
        if self is not None:
            raise KeyError("secret")
        yield

    async def story(made: Reflector) -> None:
        monkeypatch.setattr(Streams, "pages", broken)
        await until(lambda: made.failures >= 3)
        assert not made.listed and "secret" not in made.trouble
        assert made.trouble.startswith("This is a bug in baremetal.generator, please report it: KeyError at ")
        monkeypatch.undo()
        await until(lambda: made.listed)
    with caplog.at_level(logging.WARNING):
        against(ScriptedApi([page([item("a")])]), story)


# --- no storm, no wedge ---------------------------------------------------------------------------------------------------------------------


def test_a_continue_that_never_ends_makes_no_storm_and_what_is_known_stays():
    async def story(made: Reflector) -> None:
        await until(lambda: made.failures >= 4)
        assert len(api.lists) <= made.lists * (reflector.BARREN_PAGES + 2)
        assert "has no end" in made.trouble
        begin, before = time.monotonic(), len(api.lists)
        await until(lambda: time.monotonic() - begin > 1)
        assert len(api.lists) - before <= 12 * (reflector.BARREN_PAGES + 2), "rounds are paced"
    api = ScriptedApi([page([item("a")], **{"continue": "more"})])
    against(api, story)


def test_a_list_that_goes_on_and_on_with_new_items_is_given_up(monkeypatch):
    monkeypatch.setattr(streams, "LIST_SECONDS", 0.3)
    numbers = iter(range(10 ** 9))

    async def story(made: Reflector) -> None:
        await until(lambda: made.failures)
        assert "no end" in made.trouble or "cannot be reached" in made.trouble or "cut short" in made.trouble
        assert not made.listed
    against(ScriptedApi([lambda _request: page([item(f"g{next(numbers)}")], **{"continue": "more"})]), story)


def test_dripping_bytes_hold_no_list(monkeypatch):
    monkeypatch.setattr(streams, "ANSWER_SECONDS", 0.3)

    async def story(made: Reflector) -> None:
        begin = time.monotonic()
        await until(lambda: made.listed)
        assert made.failures == 1 and time.monotonic() - begin < 3
    against(ScriptedApi([b'{"metadata": {"resourceVersion": "1"}, "items": ' + b" " * 10_000, page([item("a")])]), story)


def test_dripping_bytes_hold_no_watch_and_say_nothing(monkeypatch):
    monkeypatch.setattr(streams, "WATCH_GRACE_SECONDS", -0.5)

    async def story(made: Reflector) -> None:
        async def drip() -> None:
            while True:
                api.say(b" ")
                await asyncio.sleep(0.02)
        await until(lambda: made.connected)
        opened, dripping = made.last_heard, asyncio.create_task(drip())
        await until(lambda: made.failures)
        assert opened is not None and made.last_heard == opened
        dripping.cancel()
    api = ScriptedApi([page([item("a")])])
    against(api, story, Pace(watch_seconds=1, first_pause=0.02, steady_seconds=0.1))


def test_lines_without_end_that_are_no_events_end_the_watch():
    async def story(made: Reflector) -> None:
        await until(lambda: made.failures >= 3)
        assert "are no events" in made.trouble
        assert made.watches <= 20
    against(ScriptedApi([page([])], lines=[b"<html>\n" * 200]), story)


def test_a_change_behind_a_half_open_connection_is_noticed_and_makes_no_storm(monkeypatch):
    """Bytes stop on what is open; nothing is closed; a new connection works."""
    monkeypatch.setattr(streams, "WATCH_GRACE_SECONDS", 0.5)
    pace = Pace(watch_seconds=1, first_pause=0.02, longest_pause=0.3, steady_seconds=0.2)

    async def story() -> None:
        with KubernetesSimulator(crds=CRDS) as api:
            proxy = FreezingProxy(api.url)
            async with proxy.serving() as url, reflecting(url, pace, token=api.token) as made:
                await until(lambda: made.connected and api.open_watches)
                proxy.freeze()
                frozen, asked = time.monotonic(), len(api.requests)
                api.create({"apiVersion": "infra.example.com/v1alpha1", "kind": "BareMetalHostGenerator", "spec": {"infraEnv": "site"},
                            "metadata": {"name": "g1", "namespace": "default"}})
                await until(lambda: "default/g1" in made.items, 5)
                assert time.monotonic() - frozen < 1 + 0.5 + 1
                assert len(api.requests) - asked <= 6
    asyncio.run(story())


def test_the_seconds_that_ship_add_up():
    """A change behind a half-open connection is noticed within 75 s, and /healthz is red from then on."""
    assert Pace().watch_seconds + streams.WATCH_GRACE_SECONDS <= 75
    assert Pace().watch_seconds + Pace().first_pause < health.SILENT_SECONDS <= 75
