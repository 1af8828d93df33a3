# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both event sources, with objects and answers that nobody should have let in: they live, others are announced at once, and /healthz tells the truth."""
from __future__ import annotations

import asyncio
import contextlib
import json
import os
import runpy
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import aiohttp
import pytest
from ansible_collections.baremetal.generator.plugins.module_utils import announcing, health, watch
from ansible_collections.baremetal.generator.plugins.module_utils.errors import InvalidArgument

from tests.simulators.kubernetes import KubernetesSimulator
from tests.simulators.watched import FreezingProxy, ScriptedApi, page
from tests.tools.places import ROOT, name_the_collection

CRDS = [ROOT / "roles" / "install" / "files", ROOT / "tests" / "simulators" / "crds"]
PLUGINS = name_the_collection() / "ansible_collections" / "baremetal" / "generator" / "extensions" / "eda" / "plugins" / "event_source"
TRIED = {"type": "Resolved", "status": "False", "reason": "NotFound", "message": "", "observedGeneration": 1, "lastTransitionTime": "2026-01-01T00:00:00Z"}
AT_REST = {
    "phase": "Completed", "resolvedGeneration": 1, "observedGeneration": 1,
    "conditions": [{**TRIED, "status": "True", "reason": "Found"}, {**TRIED, "type": "Ready", "status": "True", "reason": "Completed"}]}


class Sources:
    """The two sources, and the events that they put."""

    def __init__(self, url: str, token: str) -> None:
        self.events: list[dict[str, Any]] = []
        self.at: list[float] = []
        self.tasks: list[asyncio.Task[None]] = []
        self._where = {"kubernetes_host": url, "api_key": token}

    async def put(self, event: dict[str, Any]) -> None:
        """As the engine's queue."""
        self.events.append(event)
        self.at.append(time.monotonic())

    def start(self, name: str, **args: Any) -> asyncio.Task[None]:
        self.tasks.append(asyncio.create_task(runpy.run_path(str(PLUGINS / f"{name}.py"))["main"](self, {**self._where, **args})))
        return self.tasks[-1]

    def last(self, what: str) -> int:
        """The count of the newest such event."""
        return next((event["generators"][what] for event in reversed(self.events) if what in event.get("generators", ())), 0)

    async def until(self, condition: Callable[[], Any], seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            self.live()
            assert time.monotonic() < deadline, f"it has not come true in time; events: {self.events}"
            await asyncio.sleep(0.01)

    def live(self) -> None:
        """Both do."""
        for task in self.tasks:
            assert not task.done(), task


@contextlib.asynccontextmanager
async def running(url: str, token: str = "any", **args: Any) -> AsyncIterator[Sources]:
    sources = Sources(url, token)
    interval = args.pop("interval_seconds", 30)
    sources.start("generators", **args)
    sources.start("buffer_check", interval_seconds=interval)
    try:
        yield sources
        sources.live()
    finally:
        for task in sources.tasks:
            task.cancel()
        await asyncio.gather(*sources.tasks, return_exceptions=True)


@pytest.fixture(name="api")
def api_fixture() -> Iterator[KubernetesSimulator]:
    with KubernetesSimulator(crds=CRDS) as api:
        api.create({"apiVersion": "infra.example.com/v1alpha1", "kind": "BareMetalHostBuffer", "metadata": {"name": "default"}, "spec": {"maxAvailable": 2}})
        api.patch_status("BareMetalHostBuffer", "", "default", {"occupied": 0, "waiting": 0})
        yield api
    assert not watch._open, "the last source has closed the watch"


def generator(name: str, status: Any = None, **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "infra.example.com/v1alpha1", "kind": "BareMetalHostGenerator", "spec": {"infraEnv": "site"},
        **({} if status is None else {"status": status}),
        "metadata": {"name": name, "namespace": "default", "finalizers": ["infra.example.com/generator"], **metadata}}


def store(api: KubernetesSimulator, plural: str, name: str, **change: Any) -> None:
    """As a CRD of another day would have let it in: nothing is checked."""
    table = next(table for table in api.store.tables() if plural in table)
    with api.api.objects.lock:
        key, stored = next((key, one) for key, one in api.store.range(table) if key.endswith(f"/{name}"))
        api.store.put(table, key, {**stored.copy(), **change})


async def fetch(port: int, path: str = "healthz") -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/{path}") as response:
        return response.status, await response.text()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


ODD_STATUSES = [
    {"nextAttemptAt": "9999-12-31T23:59:59-23:59", "phase": "Processing", "conditions": [TRIED]},
    {"nextAttemptAt": "9999-12-31T23:59:59.999999Z", "phase": "Processing", "conditions": [TRIED]},
    {"nextAttemptAt": "0001-01-01T00:00:00+23:59", "phase": "Processing", "conditions": [TRIED]},
    {"nextAttemptAt": {"a": 1}, "conditions": [None, 7, {"type": None}]}, {"conditions": "x"}, [], "x", 7, {"phase": ["Buffered"]},
    {"phase": "Buffered", "bufferedAt": "9999-12-31T23:59:59-23:59"}, {"phase": "\u0000\ud7ff", "attempts": 10 ** 400},
]


@pytest.mark.parametrize("status", ODD_STATUSES)
def test_an_odd_status_of_a_generator_harms_no_other(api, status):
    async def story() -> None:
        api.create(generator("poison"))
        store(api, "baremetalhostgenerators", "poison", status=status)
        async with running(api.url, api.token) as sources:
            await sources.until(lambda: api.open_watches >= 3)
            before = len(sources.events)
            api.create(generator("good"))
            begin = time.monotonic()
            await sources.until(lambda: sources.last("to_resolve") and len(sources.events) > before)
            assert time.monotonic() - begin < announcing.FIRST_GAP + 1.5
            store(api, "baremetalhostgenerators", "poison", status={**(status if isinstance(status, dict) else {}), "message": "again"})
            await sources.until(lambda: sources.last("to_resolve"))
    asyncio.run(story())


@pytest.mark.parametrize("status", [
    {"reservations": [{}]}, {"reservations": [None, 7, {"key": 7}]}, {"reservations": "x"},
    {"lastTicket": "9999-12-31T23:59:59.999999Z", "waiting": "x"}, [], "x",
    {"reservations": [{"key": "default/a", "rid": "r", "grantedAt": "9999-12-31T23:59:59-23:59"}], "occupied": {}},
])
def test_an_odd_ledger_harms_no_other_buffer(api, status):
    async def story() -> None:
        for name in ("gpu", "poison"):
            api.create({"apiVersion": "infra.example.com/v1alpha1", "kind": "BareMetalHostBuffer", "metadata": {"name": name}, "spec": {"maxAvailable": 2}})
        store(api, "baremetalhostbuffers", "poison", status=status)
        api.patch_status("BareMetalHostBuffer", "", "gpu", {"occupied": 0, "waiting": 0})
        async with running(api.url, api.token, interval_seconds=1) as sources:
            api.create({**generator("waits", {**AT_REST, "phase": "Buffered", "bufferedAt": "2026-01-01T00:00:00.000000Z"}),
                        "spec": {"infraEnv": "site", "buffer": "gpu"}})
            await sources.until(lambda: {"buffer": {"name": "gpu", "waiting": 1, "free": 2}} in sources.events)
            await sources.until(lambda: any(event.get("buffer", {}).get("name") == "poison" for event in sources.events), 4)
    asyncio.run(story())


ODD_ITEMS = [None, 7, {}, {"metadata": None}, {"metadata": {"name": 7}}]


def test_odd_items_of_every_kind_and_odd_answers_at_the_start_end_no_source(tmp_path, monkeypatch):
    """The first answers are none; then there is one good object among those that are none."""
    beat = tmp_path / "beat.json"
    monkeypatch.setattr(health, "BEAT_SECONDS", 0.1)

    def answer(request: Any) -> Any:
        if len(api.lists) < 8:
            return {"metadata": None, "items": [None]}
        good = {**generator("good"), "metadata": {"name": "good", "namespace": "default", "uid": "u", "resourceVersion": "1"}}
        return page([*ODD_ITEMS, good] if "generators" in request.path else ODD_ITEMS)

    async def story() -> None:
        async with api.serving() as url, running(url, heartbeat_file=str(beat), port=port) as sources:
            await sources.until(lambda: sources.last("to_resolve") == 1)
            await sources.until(lambda: len(api.watches) >= 3)
            lines = (await fetch(port, "metrics"))[1].splitlines()
            for plural in ("baremetalhostgenerators", "baremetalhostbuffers", "baremetalhosts"):
                assert f'generator_watch_unreadable{{kind="{plural}"}} {len(ODD_ITEMS)}' in lines
            api.say({"type": "ADDED", "object": None}, b"no JSON\n", {"type": "DELETED", "object": {"metadata": {
                "name": "good", "namespace": "default", "uid": "u", "resourceVersion": "9"}}})
            await sources.until(lambda: json.loads(beat.read_text())["sources"]["generators"].get("to_resolve") == 0)
    api, port = ScriptedApi([answer]), free_port()
    asyncio.run(story())


def test_a_retry_that_nobody_takes_off_and_a_stuck_generator_hold_back_no_new_one(api):
    async def story() -> None:
        for number in range(5):
            api.create(generator(f"done{number}", annotations={"retry": "now"}))
            store(api, "baremetalhostgenerators", f"done{number}", status=AT_REST)
        api.create(generator("stuck"))
        async with running(api.url, api.token) as sources:
            await sources.until(lambda: sources.last("to_resolve") == 6)
            for number in range(3):
                quiet = time.monotonic()
                await sources.until(lambda quiet=quiet: time.monotonic() - quiet > announcing.FIRST_GAP + 0.1)
                api.create(generator(f"new{number}"))
                begin, before = time.monotonic(), len(sources.events)
                await sources.until(lambda before=before: len(sources.events) > before, 3)
                assert time.monotonic() - begin < 1
                store(api, "baremetalhostgenerators", f"new{number}", status=AT_REST)
            assert len(sources.events) == 4
    asyncio.run(story())


def test_health_is_red_when_no_run_touches_the_work_and_green_again_by_itself(api, tmp_path, monkeypatch):
    monkeypatch.setattr(announcing, "GRACE_SECONDS", 0.5)
    port, beat = free_port(), tmp_path / "beat.json"
    monkeypatch.setattr(health, "BEAT_SECONDS", 0.2)

    async def turns(red_wanted: bool) -> str:
        for _try in range(400):
            status, text = await fetch(port)
            if (status == 503) == red_wanted:
                return text
            await asyncio.sleep(0.05)
        raise AssertionError(f"/healthz did not turn {'red' if red_wanted else 'green'}")

    async def story() -> None:
        async with running(api.url, api.token, retry_seconds=1, port=port, heartbeat_file=str(beat)) as sources:
            api.create(generator("g1"))
            await sources.until(lambda: sources.events)
            text = await turns(red_wanted=True)
            assert text.startswith("source generators: work was announced three times (1 to resolve), and no run of its playbook has touched any: ")
            assert text.count("\n") == 1 and len(sources.events) == 3
            assert 'generator_source_untouched{source="generators"} 1' in (await fetch(port, "metrics"))[1].splitlines()
            assert 'generator_source_stages_fail{source="generators"} 1' in (await fetch(port, "metrics"))[1].splitlines()
            await sources.until(lambda: json.loads(beat.read_text())["ok"] is False)
            assert json.loads(beat.read_text())["sources"]["generators"]["stages_fail"] is True
            store(api, "baremetalhostgenerators", "g1", status=AT_REST)
            assert await turns(red_wanted=False) == "ok\n"
    asyncio.run(story())


def test_health_is_red_when_no_run_corrects_the_numbers_of_a_buffer(api, monkeypatch):
    monkeypatch.setattr("ansible_collections.baremetal.generator.plugins.module_utils.slots.GRACE_SECONDS", 0.5)
    port = free_port()

    async def story() -> None:
        async with running(api.url, api.token, interval_seconds=1, port=port) as sources:
            await sources.until(lambda: api.open_watches >= 3)
            api.create(generator("waits", {**AT_REST, "phase": "Buffered", "bufferedAt": "2026-01-01T00:00:00.000000Z"}))
            status, text = 200, ""
            begin = time.monotonic()
            while status == 200 and time.monotonic() - begin < 15:
                status, text = await fetch(port)
                await asyncio.sleep(0.05)
            assert text.startswith("source buffer_check: the status of buffer default was outdated at three events, and no run of playbook buffer_check ")
            api.patch_status("BareMetalHostBuffer", "", "default", {"occupied": 0, "waiting": 1})
            while status == 503 and time.monotonic() - begin < 20:
                status, text = await fetch(port)
                await asyncio.sleep(0.05)
            assert text == "ok\n"
            sources.live()
    asyncio.run(story())


def test_health_is_red_while_a_half_open_connection_says_nothing(api, monkeypatch):
    monkeypatch.setattr(health, "SILENT_SECONDS", 0.7)
    port = free_port()

    async def story() -> None:
        proxy = FreezingProxy(api.url)
        async with proxy.serving() as url, running(url, api.token, port=port) as sources:
            await sources.until(lambda: api.open_watches >= 3)
            assert (await fetch(port))[0] == 200
            proxy.freeze()
            status, text, begin = 200, "", time.monotonic()
            while status == 200 and time.monotonic() - begin < 5:
                status, text = await fetch(port)
                await asyncio.sleep(0.05)
            assert status == 503 and text.startswith("baremetalhost") and ": nothing heard for " in text
    asyncio.run(story())


@pytest.mark.parametrize("named", ["/nowhere/managers.yml", "~/nowhere.yml", "nowhere.yml", "."])
def test_variables_that_are_no_file_end_a_source_at_its_start(api, tmp_path, monkeypatch, named):
    monkeypatch.setenv("GENERATOR_VARS", named)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    async def story() -> None:
        await asyncio.wait_for(Sources(api.url, api.token).start("generators"), 10)
    with pytest.raises(InvalidArgument, match=r"^GENERATOR_VARS names /.*, which is no file that can be read: correct it, or make that file readable"):
        asyncio.run(story())


@pytest.mark.parametrize("named", ["managers.yml", "~/managers.yml", "./managers.yml"])
def test_a_file_of_variables_may_be_named_from_where_one_stands_or_from_home(api, tmp_path, monkeypatch, named):
    """The playbooks of ansible-rulebook run elsewhere."""
    (tmp_path / "managers.yml").touch()
    monkeypatch.setenv("GENERATOR_VARS", named)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    async def story() -> None:
        async with running(api.url, api.token) as sources:
            await sources.until(lambda: api.open_watches >= 3)
            assert os.environ["GENERATOR_VARS"] == str(tmp_path / "managers.yml")
    asyncio.run(story())
