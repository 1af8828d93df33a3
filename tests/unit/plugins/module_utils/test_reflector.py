# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reflector's picture stays true whatever the API does, and no failure makes it ask in a hot loop."""
from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import GENERATOR, Kind
from ansible_collections.baremetal.generator.plugins.module_utils.errors import Forbidden, InvalidArgument, KindMissing
from ansible_collections.baremetal.generator.plugins.module_utils.kube_access import read_configuration
from ansible_collections.baremetal.generator.plugins.module_utils.reflector import Pace, Reflector
from ansible_collections.baremetal.generator.plugins.module_utils.errors import Unauthorized, Untrusted
from ansible_collections.baremetal.generator.plugins.module_utils.streams import Streams

from tests.simulators.kubernetes import KubernetesSimulator

CRDS = [Path(__file__).parents[4] / "roles" / "install" / "files", Path(__file__).parents[3] / "simulators" / "crds"]
PATH = "/baremetalhostgenerators$"
QUICK = Pace(page=10, watch_seconds=30, relist_seconds=60, first_pause=0.02, longest_pause=0.5, steady_seconds=0.3)


@pytest.fixture(name="api")
def api_fixture() -> Iterator[KubernetesSimulator]:
    with KubernetesSimulator(crds=CRDS) as api:
        yield api


def create(api: KubernetesSimulator, name: str) -> dict[str, Any]:
    return api.create({
        "apiVersion": "infra.example.com/v1alpha1", "kind": "BareMetalHostGenerator", "metadata": {"name": name, "namespace": "default"},
        "spec": {"infraEnv": "site"},
    })


def truth(api: KubernetesSimulator) -> dict[str, str]:
    return {f"default/{item['metadata']['name']}": item["metadata"]["resourceVersion"] for item in api.list("BareMetalHostGenerator")}


def version_of(item: dict[str, Any]) -> str:
    return item["metadata"]["resourceVersion"]


@contextlib.asynccontextmanager
async def reflecting(api: KubernetesSimulator, pace: Pace = QUICK, kind: Kind = GENERATOR, **params: Any) -> AsyncIterator[Reflector]:
    streams = Streams(lambda: read_configuration({"host": api.url, "api_key": api.token, **params}))
    reflector = Reflector(streams, kind, version_of, lambda: None, pace)
    task = asyncio.create_task(reflector.run())
    try:
        await until(lambda: reflector.listed or task.done())
        if task.done():
            await task
        yield reflector
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await streams.close()


async def until(condition: Callable[[], Any], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it has not come true in time"
        await asyncio.sleep(0.005)


async def becomes_true(reflector: Reflector, api: KubernetesSimulator) -> None:
    await until(lambda: reflector.items == truth(api))


def asked(api: KubernetesSimulator, watch: bool) -> int:
    return sum(record.path.endswith("/baremetalhostgenerators") and ("watch" in record.query) == watch for record in api.requests)


def test_a_list_is_read_in_pages_and_then_watched(api):
    for number in range(35):
        create(api, f"g{number}")

    async def story() -> None:
        async with reflecting(api) as reflector:
            assert reflector.items == truth(api)
            assert asked(api, watch=False) == 4
            await until(lambda: api.open_watches)
            create(api, "later")
            api.patch("BareMetalHostGenerator", "default", "g3", {"metadata": {"labels": {"a": "b"}}})
            api.delete("BareMetalHostGenerator", "default", "g4")
            await becomes_true(reflector, api)
            assert asked(api, watch=False) == 4 and asked(api, watch=True) == 1
    asyncio.run(story())


def test_a_watch_that_ends_is_taken_up_where_it_ended(api):
    async def story() -> None:
        async with reflecting(api) as reflector:
            for number in range(5):
                await until(lambda: api.open_watches)
                api.drop_watches()
                create(api, f"g{number}")
                await becomes_true(reflector, api)
            assert reflector.lists == 1
    asyncio.run(story())


def test_what_was_deleted_while_no_watch_could_tell_is_gone(api):
    for number in range(5):
        create(api, f"g{number}")

    async def story() -> None:
        async with reflecting(api) as reflector:
            await until(lambda: api.open_watches)
            fault = api.faults.add("status", method="WATCH", path=PATH, times=None, code=503)
            api.drop_watches()
            api.delete("BareMetalHostGenerator", "default", "g1")
            create(api, "g9")
            api.store.compact()
            api.faults.clear()
            assert fault.code == 503
            await becomes_true(reflector, api)
            assert "default/g1" not in reflector.items and reflector.lists == 2
    asyncio.run(story())


def test_an_expired_version_in_the_stream_leads_to_a_new_list(api):
    async def story() -> None:
        async with reflecting(api) as reflector:
            await until(lambda: api.open_watches)
            api.faults.add("expire", method="WATCH", path=PATH)
            api.drop_watches()
            create(api, "g1")
            await becomes_true(reflector, api)
            assert reflector.lists == 2
    asyncio.run(story())


def test_a_list_whose_next_page_has_expired_is_begun_again(api):
    for number in range(25):
        create(api, f"g{number}")
    api.faults.add("expire", method="GET", path=PATH, skip=1)

    async def story() -> None:
        async with reflecting(api) as reflector:
            assert len(reflector.items) == 25
    asyncio.run(story())


@pytest.mark.parametrize(("kind", "options"), [
    ("status", {"code": 503}), ("status", {"code": 500}), ("status", {"code": 429, "retry_after": 1}), ("status", {"code": 401}), ("status", {"code": 403}),
    ("status", {"code": 404}), ("drop", {}), ("drop-watch", {}), ("expire", {}),
])
def test_no_failure_makes_a_hot_loop_and_all_are_survived(api, kind, options, caplog):
    async def story() -> None:
        async with reflecting(api, Pace(page=10, first_pause=0.05, longest_pause=1, steady_seconds=0.5)) as reflector:
            await until(lambda: api.open_watches)
            api.faults.add(kind, method="WATCH", path=PATH, times=None, **options)
            before = len(api.requests)
            api.drop_watches()
            created = time.monotonic()
            create(api, "g1")
            await until(lambda: time.monotonic() - created > 2)
            assert len(api.requests) - before <= 20, "at most ten rounds of a list and a watch in two seconds"
            api.faults.clear()
            await becomes_true(reflector, api)
            create(api, "g2")
            await becomes_true(reflector, api)
    with caplog.at_level(logging.WARNING):
        asyncio.run(story())
    assert len(caplog.records) <= 6, "one line when trouble begins, one when it ends, not one for each try"


def test_an_api_that_is_away_at_the_start_is_waited_for():
    gone = KubernetesSimulator(crds=CRDS)
    with gone:
        url = gone.url
    back = KubernetesSimulator(port=int(url.rpartition(":")[2]), crds=CRDS, token=gone.token)

    async def story() -> None:
        async def come_back() -> None:
            await asyncio.sleep(0.3)
            back.start()
        coming = asyncio.create_task(come_back())
        async with reflecting(back, host=url) as reflector:
            assert reflector.failures > 0
        await coming
    try:
        asyncio.run(story())
    finally:
        back.stop()


def test_a_restart_of_the_api_is_survived(api):
    create(api, "g1")

    async def story() -> None:
        async with reflecting(api, host=api.url) as reflector:
            await until(lambda: api.open_watches)
            api.faults.add("drop", path=PATH, times=3)
            api.drop_watches()
            create(api, "g2")
            await becomes_true(reflector, api)
    asyncio.run(story())


def test_everything_is_listed_again_from_time_to_time_in_case_a_watch_lied(api):
    async def story() -> None:
        async with reflecting(api, Pace(relist_seconds=1, steady_seconds=0.1, first_pause=0.01)) as reflector:
            reflector.items["default/ghost"] = "1"
            await until(lambda: "default/ghost" not in reflector.items)
    asyncio.run(story())


def test_a_silent_connection_is_given_up(api, monkeypatch):
    monkeypatch.setattr("ansible_collections.baremetal.generator.plugins.module_utils.streams.WATCH_GRACE_SECONDS", -0.8)

    async def story() -> None:
        async with reflecting(api, Pace(watch_seconds=1, first_pause=0.01, steady_seconds=0.1)) as reflector:
            await until(lambda: reflector.watches > 2)
            assert "broke off" in reflector.trouble or reflector.failures
    asyncio.run(story())


def test_bookmarks_move_the_version_on():
    with KubernetesSimulator(crds=CRDS, bookmark_seconds=0.1) as api:
        async def story() -> None:
            async with reflecting(api) as reflector:
                await until(lambda: api.open_watches)
                for number in range(3):
                    api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c{number}", "namespace": "default"}})
                newest = api.get("configmaps", "default", "c2")["metadata"]["resourceVersion"]
                await until(lambda: int(reflector._version or 0) >= int(newest))
                api.store.compact()
                api.drop_watches()
                await until(lambda: reflector.watches == 2)
                create(api, "g1")
                await becomes_true(reflector, api)
                assert reflector.lists == 1
        asyncio.run(story())


def test_an_object_of_a_megabyte_is_one_line_of_a_watch(api):
    async def story() -> None:
        async with reflecting(api, kind=Kind("ConfigMap", "configmaps", "", "v1")) as reflector:
            await until(lambda: api.open_watches)
            api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "big", "namespace": "default"}, "data": {"a": "x" * 900_000}})
            await until(lambda: "default/big" in reflector.items)
    asyncio.run(story())


def start_fails(api: KubernetesSimulator, error: type[Exception], kind: Kind = GENERATOR, **params: Any) -> str:
    async def story() -> None:
        async with reflecting(api, kind=kind, **params):
            pass
    with pytest.raises(error) as raised:
        asyncio.run(story())
    return str(raised.value)


def test_what_nobody_can_heal_ends_it_at_the_start_with_one_sentence(api):
    assert start_fails(api, KindMissing, Kind("X", "baremetalhostgeneratorz", "infra.example.com", "v1alpha1")) == (
        f"The cluster at {api.url} has no X (baremetalhostgeneratorz.infra.example.com, v1alpha1): run ansible-playbook baremetal.generator.install first.")
    assert start_fails(api, KindMissing, Kind("X", "things", "metal3.io", "v1alpha1")) == (
        f"The cluster at {api.url} has no X (things.metal3.io, v1alpha1): install the Bare Metal Operator (Metal3) first.")
    assert start_fails(api, Unauthorized, api_key="wrong") == (
        f"The Kubernetes API at {api.url} does not accept the credentials (401): the token has expired or is wrong. Log in again.")
    sentence = start_fails(api, Forbidden, api_key=api.add_user("nobody"))
    assert sentence.startswith("A right is missing: list baremetalhostgenerators.infra.example.com in all namespaces. ") and "nobody" in sentence
    assert start_fails(api, InvalidArgument, host="", api_key="", kubeconfig="/no/such/file").startswith("There is no kubeconfig at /no/such/file")


def test_a_certificate_that_is_not_trusted_ends_it_at_the_start():
    with KubernetesSimulator(crds=CRDS, tls=True) as api:
        assert start_fails(api, Untrusted) == (
            f"The certificate of the Kubernetes API at {api.url} is not trusted: give ca_cert (or validate_certs: false, which is unsafe).")

        async def story(**params: Any) -> None:
            async with reflecting(api, **params) as reflector:
                assert reflector.listed
        asyncio.run(story(ca_cert=str(api.ca_cert)))
        asyncio.run(story(validate_certs=False))


def test_a_token_that_was_renewed_in_the_kubeconfig_is_read_again(api, tmp_path):
    config = api.kubeconfig(tmp_path / "config", token=api.token)

    async def story() -> None:
        async with reflecting(api, host=None, api_key=None, kubeconfig=config) as reflector:
            await until(lambda: api.open_watches)
            api.users["renewed"] = api.users.pop(api.token)
            api.drop_watches()
            await until(lambda: "401" in reflector.trouble)
            api.kubeconfig(config, token="renewed")
            create(api, "g1")
            await becomes_true(reflector, api)
    asyncio.run(story())


def test_a_missing_certificate_file_is_named(api, tmp_path):
    broken = tmp_path / "ca.pem"
    broken.write_text("no certificate")
    assert "'ca_cert'" in start_fails(api, InvalidArgument, ca_cert=str(broken))
