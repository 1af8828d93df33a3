# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both event sources, loaded as the engine loads them, in one process against the in-memory API."""
from __future__ import annotations

import asyncio
import contextlib
import json
import os
import runpy
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
import psutil
import pytest
import yaml
from ansible_collections.baremetal.generator.plugins.module_utils import source_options, watch
from ansible_collections.baremetal.generator.plugins.module_utils.errors import Forbidden, InvalidArgument, KindMissing

from tests.simulators.kubernetes import KubernetesSimulator
from tests.tools.places import ROOT, name_the_collection
from tests.waiting import until

CRDS = [ROOT / "roles" / "install" / "files", ROOT / "tests" / "simulators" / "crds"]
PLUGINS = name_the_collection() / "ansible_collections" / "baremetal" / "generator" / "extensions" / "eda" / "plugins" / "event_source"
OURS = "infra.example.com/v1alpha1"
KINDS = ("baremetalhostgenerators", "baremetalhostbuffers", "baremetalhosts")


@pytest.fixture(name="api")
def api_fixture() -> Iterator[KubernetesSimulator]:
    with KubernetesSimulator(crds=CRDS) as api:
        api.create({"apiVersion": OURS, "kind": "BareMetalHostBuffer", "metadata": {"name": "default"}, "spec": {"maxAvailable": 2}})
        write_buffer(api, occupied=0, waiting=0)
        yield api
    assert not watch._open, "the last source has closed the watch"


def write_buffer(api: KubernetesSimulator, **status: Any) -> None:
    api.patch_status("BareMetalHostBuffer", "", "default", status)


def generator(api: KubernetesSimulator, name: str, status: dict[str, Any] | None = None) -> None:
    api.apply({
        "apiVersion": OURS, "kind": "BareMetalHostGenerator", "spec": {"infraEnv": "site"}, **({"status": status} if status else {}),
        "metadata": {"name": name, "namespace": "default", "finalizers": ["infra.example.com/generator"]},
    })


def resolved(phase: str, **more: Any) -> dict[str, Any]:
    condition = {
        "type": "Resolved", "status": "True", "reason": "Resolved", "message": "", "observedGeneration": 1, "lastTransitionTime": "2026-01-01T00:00:00Z"}
    return {"phase": phase, "resolvedGeneration": 1, "observedGeneration": 1, "conditions": [condition], **more}


def host(api: KubernetesSimulator, name: str, **spec: Any) -> None:
    api.apply({
        "apiVersion": "metal3.io/v1alpha1", "kind": "BareMetalHost", "metadata": {"name": name, "namespace": "default"}, "spec": {"online": True, **spec}})


class Sources:
    """The two sources, and the events that they put."""

    def __init__(self, api: KubernetesSimulator) -> None:
        self.api, self.events, self.tasks = api, [], []

    async def put(self, event: dict[str, Any]) -> None:
        """As the engine's queue."""
        assert len(json.dumps(event)) < 1000
        self.events.append(event)

    def main(self, name: str, **args: Any) -> Coroutine[Any, Any, None]:
        """The entry point of a source, called."""
        return runpy.run_path(str(PLUGINS / f"{name}.py"))["main"](self, {"kubernetes_host": self.api.url, "api_key": self.api.token, **args})

    def start(self, name: str, **args: Any) -> asyncio.Task[None]:
        self.tasks.append(asyncio.create_task(self.main(name, **args)))
        return self.tasks[-1]

    def count(self, kind: str) -> int:
        return sum(kind in (*event, *event.get("generators", ())) for event in self.events)

    async def until(self, condition: Callable[[], Any], seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            for task in self.tasks:
                assert not task.done() or task.cancelled(), task.exception()
            assert time.monotonic() < deadline, f"it has not come true in time; events: {self.events}"
            await asyncio.sleep(0.01)

    async def stays(self, condition: Callable[[], Any], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert condition(), self.events
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def running(api: KubernetesSimulator, **args: Any) -> AsyncIterator[Sources]:
    sources = Sources(api)
    sources.start("generators", **args)
    sources.start("buffer_check")
    try:
        await sources.until(lambda: api.open_watches >= 3)
        yield sources
    finally:
        for task in sources.tasks:
            task.cancel()
        await asyncio.gather(*sources.tasks, return_exceptions=True)


def lists(api: KubernetesSimulator) -> dict[str, int]:
    return {kind: sum(record.path.endswith(f"/{kind}") and "watch" not in record.query for record in api.requests) for kind in KINDS}


def connections(api: KubernetesSimulator) -> list[Any]:
    port = int(api.url.rpartition(":")[2])
    return [one for one in psutil.Process().net_connections("tcp") if one.raddr and one.raddr.port == port and one.status == psutil.CONN_ESTABLISHED]


def test_both_sources_share_one_list_and_one_watch_of_each_kind(api):
    async def story() -> None:
        async with running(api) as sources:
            generator(api, "g1")
            await sources.until(lambda: sources.count("generators"))
            assert lists(api) == dict.fromkeys(KINDS, 1)
            assert api.open_watches == 3
    asyncio.run(story())
    until(lambda: not connections(api), 5, "every connection is closed")


def test_no_string_of_a_generator_enters_an_event(api):
    async def story() -> None:
        async with running(api) as sources:
            generator(api, "planted", {"phase": "Processing", "message": "{{ lookup('pipe', 'id') }}"})
            await sources.until(lambda: sources.count("to_resolve"))
            assert sources.events == [{"generators": {"to_resolve": 1}}]
    asyncio.run(story())


def test_one_that_is_to_be_tried_again_later_is_announced_when_its_time_has_come(api):
    async def story() -> None:
        async with running(api) as sources:
            soon = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() + 2))
            generator(api, "g1", resolved("Processing", nextAttemptAt=soon))
            await sources.stays(lambda: not sources.count("to_resolve"), 0.8)
            await sources.until(lambda: sources.count("to_resolve"), 3.5)
    asyncio.run(story())


def test_a_removal_goes_on_when_the_host_is_gone(api):
    async def story() -> None:
        later = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() + 600))
        host(api, "g1")
        generator(api, "g1", resolved("Completed", bmhName="g1", bmhNamespace="default"))
        async with running(api) as sources:
            api.delete("BareMetalHostGenerator", "default", "g1")
            await sources.until(lambda: sources.count("to_remove") == 1)
            ready = {"type": "Ready", "status": "False", "reason": "Removing", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}
            api.patch_status("BareMetalHostGenerator", "default", "g1", {"nextAttemptAt": later, "conditions": [ready]})
            await sources.stays(lambda: sources.count("to_remove") == 1, 1.5)
            api.delete("BareMetalHost", "default", "g1")
            await sources.until(lambda: sources.count("to_remove") == 2)
    asyncio.run(story())


def test_a_taken_host_lets_the_next_in_line_be_announced_at_once(api):
    async def story() -> None:
        for name in ("a", "b"):
            host(api, name)
        generator(api, "g1", resolved("Buffered", bufferedAt="2026-01-01T00:00:00.000000Z"))
        write_buffer(api, occupied=2, waiting=1)
        async with running(api) as sources:
            await sources.stays(lambda: not sources.count("buffer"), 1)
            begin = time.monotonic()
            host(api, "a", consumerRef={"kind": "Metal3Machine", "name": "m"})
            await sources.until(lambda: sources.count("buffer"))
            assert time.monotonic() - begin < 1
            assert sources.events == [{"buffer": {"name": "default", "waiting": 1, "free": 1}}]
    asyncio.run(story())


def test_an_agent_that_is_bound_frees_a_slot_where_the_buffer_says_so(api):
    async def story() -> None:
        for name in ("a", "b"):
            host(api, name)
        api.patch("BareMetalHostBuffer", "", "default", {"spec": {"agentAware": True}})
        generator(api, "g1", resolved("Buffered", bufferedAt="2026-01-01T00:00:00.000000Z"))
        write_buffer(api, occupied=2, waiting=1)
        async with running(api) as sources:
            await sources.until(lambda: api.open_watches == 4)
            agent = {"labels": {"agent-install.openshift.io/bmh": "a"}, "name": "uid-of-a", "namespace": "default"}
            api.create({"apiVersion": "agent-install.openshift.io/v1beta1", "kind": "Agent", "metadata": agent,
                        "spec": {"approved": True, "role": "worker", "clusterDeploymentName": {"name": "c", "namespace": "default"}}})
            await sources.until(lambda: sources.count("buffer"))
    asyncio.run(story())


def test_at_rest_nothing_is_asked_and_nothing_said(api):
    for number in range(30):
        generator(api, f"g{number}", resolved("Completed"))

    async def story() -> None:
        async with running(api) as sources:
            asked = len(api.requests)
            await sources.stays(lambda: not sources.events and len(api.requests) == asked, 2)
    asyncio.run(story())


async def fetch(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.text()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_health_and_metrics_answer_for_both_sources_and_a_heartbeat_is_written(api, tmp_path):
    port, beat = free_port(), tmp_path / "beat.json"

    async def story() -> None:
        async with running(api, host="127.0.0.1", port=port, heartbeat_file=str(beat)) as sources:
            generator(api, "g1")
            await sources.until(lambda: sources.count("to_resolve"))
            assert await fetch(f"http://127.0.0.1:{port}/healthz") == (200, "ok\n")
            _status, text = await fetch(f"http://127.0.0.1:{port}/metrics")
            assert 'generator_source_events{source="generators"} 1' in text.splitlines()
            assert 'generator_source_to_resolve{source="generators"} 1' in text.splitlines()
            assert 'generator_source_free{source="buffer_check"} 2' in text.splitlines()
            assert 'generator_watch_objects{kind="baremetalhostbuffers"} 1' in text.splitlines()
            assert json.loads(beat.read_text())["ok"] is True
    asyncio.run(story())
    assert not beat.exists()
    assert not beat.with_name("beat.json.new").exists()


def test_health_says_what_is_not_well(api, monkeypatch):
    port = free_port()
    monkeypatch.setattr("ansible_collections.baremetal.generator.plugins.module_utils.health.BEAT_SECONDS", 0.2)

    async def story() -> None:
        async with running(api, port=port) as sources:
            api.faults.add("status", path="/baremetalhosts$", times=None, code=503)
            api.drop_watches()
            await asyncio.sleep(0.5)
            status, text = await fetch(f"http://127.0.0.1:{port}/healthz")
            assert status == 503 and text.startswith("baremetalhosts: nothing heard for ") and "(503)" in text
            assert sources
    asyncio.run(story())


def ends(api: KubernetesSimulator, error: type[Exception], **args: Any) -> str:
    async def story() -> None:
        sources = Sources(api)
        task = sources.start("generators", **args)
        other = sources.start("buffer_check", port=args.get("second_port")) if args.pop("second_port", None) else None
        await asyncio.wait_for(other or task, 10)
    with pytest.raises(error) as raised:
        asyncio.run(story())
    return str(raised.value)


def test_a_source_ends_loudly_for_what_cannot_heal(api):
    assert ends(api, InvalidArgument, retry_seconds="soon") == "generators: 'retry_seconds' must be a number of seconds, 1 or more, not 'soon'"
    assert ends(api, Forbidden, api_key=api.add_user("nobody")).startswith("A right is missing: list baremetalhostgenerators.infra.example.com ")
    with KubernetesSimulator() as bare:
        assert "run ansible-playbook baremetal.generator.install first" in ends(bare, KindMissing)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert ends(api, InvalidArgument, port=port).startswith(f"generators: 'host' and 'port' cannot be listened on (127.0.0.1:{port}, ")


def test_a_port_on_both_sources_is_refused_by_name(api):
    async def story() -> None:
        async with running(api, port=free_port()) as sources:
            second = sources.start("buffer_check", port=free_port())
            sources.tasks.remove(second)
            with pytest.raises(InvalidArgument, match=r"^buffer_check: 'port' is set on source generators as well: set 'host' and 'port' on one source"):
                await second
    asyncio.run(story())


class Interrupted(Sources):
    """A signal comes while a source puts an event."""

    put_whole = False

    async def put(self, event: dict[str, Any]) -> None:
        self.events.append(event)
        os.kill(os.getpid(), signal.SIGTERM)
        self.put_whole = True

    async def watched(self, name: str, seen: list[type[BaseException]]) -> None:
        """What the engine sees of the source."""
        try:
            await self.main(name)
        except BaseException as error:
            seen.append(type(error))
            raise


@pytest.fixture
def raising() -> Iterator[None]:
    """The handler of SIGTERM that the engine has."""
    def handler(number: int, _frame: Any) -> None:
        raise KeyboardInterrupt(f"Signal {number} received")

    before = signal.signal(signal.SIGTERM, handler)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("name", ["generators", "buffer_check"])
def test_a_signal_that_comes_while_something_computes_ends_the_event_loop_between_two_steps(api, raising, name):
    generator(api, "new")
    generator(api, "waiting", resolved("Buffered", bufferedAt="2026-01-01T00:00:00.000001Z", macAddress="02:00:00:00:00:01"))
    seen: list[type[BaseException]] = []
    sources = Interrupted(api)
    with pytest.raises(KeyboardInterrupt, match="Signal 15 received"):
        asyncio.run(sources.watched(name, seen))
    assert len(sources.events) == 1 and sources.put_whole
    assert seen == [asyncio.CancelledError], "seen by the engine as the source's own end, it would never stop"


def test_a_source_in_another_thread_than_that_of_signals_leaves_their_handlers_alone(api, raising):
    generator(api, "new")
    before = signal.getsignal(signal.SIGTERM)

    async def story() -> int:
        async with running(api) as sources:
            await sources.until(lambda: sources.count("to_resolve"))
            return len(sources.events)

    with ThreadPoolExecutor(1) as another:
        assert another.submit(asyncio.run, story()).result() >= 1
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_files_can_be_loaded_alone_as_the_engine_does(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("generators", "buffer_check"):
        loaded = runpy.run_path(str(PLUGINS / f"{name}.py"))
        assert asyncio.iscoroutinefunction(loaded["main"]) and loaded["DOCUMENTATION"] and loaded["EXAMPLES"]


@pytest.mark.parametrize("name", ["generators", "buffer_check"])
def test_documentation_schema_and_code_take_the_same_arguments_with_the_same_defaults(name):
    documented = yaml.safe_load(runpy.run_path(str(PLUGINS / f"{name}.py"))["DOCUMENTATION"])["options"]
    schema = json.loads((PLUGINS / "schemas" / f"{name}.json").read_text(encoding="utf-8"))
    assert set(documented) == set(schema["properties"]) == {*source_options.SHARED, *source_options.OWN[name]}
    defaults = {option: entry["default"] for option, entry in documented.items() if "default" in entry}
    assert defaults == {option: entry["default"] for option, entry in schema["properties"].items() if "default" in entry}
    assert defaults == {option: getattr(source_options.SourceOptions, option) for option in defaults}


@pytest.mark.parametrize("name", ["generators", "generators_controller"])
def test_the_sources_of_the_rulebooks_take_what_they_are_given_and_conditions_exclude_each_other(name):
    rulesets = yaml.safe_load((ROOT / "rulebooks" / f"{name}.yml").read_text(encoding="utf-8"))
    for ruleset in rulesets:
        [source] = ruleset["sources"]
        plugin = next(key for key in source if key != "name").rpartition(".")[2]
        assert set(source[f"baremetal.generator.{plugin}"]) <= {*source_options.SHARED, *source_options.OWN[plugin]}
        conditions = [rule["condition"] for rule in ruleset["rules"]]
        assert len(set(conditions)) == len(conditions) and ruleset["hosts"] == "localhost"
        events = [{"to_resolve": 1}, {"to_remove": 1}] if plugin == "generators" else [{"name": "default"}]
        for event in events:
            assert sum(condition.rpartition(".")[2].split()[0] in event for condition in conditions) == 1
    assert not (ROOT / "extensions" / "eda" / "rulebooks").exists()
