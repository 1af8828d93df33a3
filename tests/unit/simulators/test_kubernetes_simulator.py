# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The in-memory Kubernetes API as tests use it: objects in process, faults, records, history, watches; kubectl and the Python client work."""
from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes
import pytest
import requests

from tests.simulators.kubernetes import ApiError, KubernetesSimulator, Recorded
from tests.simulators.kubernetes.claims import CORE, GROUPS, PATHS
from tests.waiting import until

Object = dict[str, Any]
ROOT = Path(__file__).resolve().parents[3]
CRDS = (ROOT / "tests/simulators/crds", ROOT / "roles/install/files")
HOSTS = "/apis/metal3.io/v1alpha1/namespaces/default/baremetalhosts"


def host(name: str, **metadata: Any) -> Object:
    return {"apiVersion": "metal3.io/v1alpha1", "kind": "BareMetalHost", "metadata": {"name": name, "namespace": "default", **metadata},
            "spec": {"online": True}}


@pytest.fixture(name="api")
def api_fixture() -> Iterator[KubernetesSimulator]:
    with KubernetesSimulator(crds=CRDS) as simulator:
        yield simulator


def call(api: KubernetesSimulator, method: str, path: str, body: Object | None = None, **query: str) -> requests.Response:
    return requests.request(method, api.url + path, json=body, params=query, timeout=10)


def watched(api: KubernetesSimulator, path: str, **query: str) -> list[Object]:
    answer = call(api, "GET", path, watch="true", timeoutSeconds="1", **query)
    return [json.loads(line) for line in answer.text.splitlines()]


def test_objects_can_be_handled_in_process(api: KubernetesSimulator) -> None:
    made = api.apply({**host("a"), "status": {"operationalStatus": "OK", "errorMessage": "", "poweredOn": True, "provisioning": {"state": "x", "ID": ""}}})
    assert made["status"]["provisioning"]["state"] == "x"
    assert api.apply(host("a", labels={"x": "y"}))["metadata"]["labels"] == {"x": "y"}
    assert [entry["metadata"]["name"] for entry in api.list("baremetalhosts")] == ["a"]
    with pytest.raises(ApiError, match="already exists"):
        api.create(host("a"))
    api.delete("BareMetalHost", "default", "a")
    assert api.get("BareMetalHost", "default", "a") is None


def test_every_version_is_kept(api: KubernetesSimulator) -> None:
    api.create(host("a"))
    api.patch("BareMetalHost", "default", "a", {"spec": {"online": False}})
    api.delete("BareMetalHost", "default", "a")
    assert [(change.type, change.key) for change in api.history[-3:]] == [("ADDED", "default/a"), ("MODIFIED", "default/a"), ("DELETED", "default/a")]
    assert [version["spec"]["online"] for version in api.versions("BareMetalHost", "default", "a")] == [True, False, False]


def test_a_backup_can_be_put_back(api: KubernetesSimulator) -> None:
    before = api.create(host("a"))
    backup = api.backup()
    api.patch("BareMetalHost", "default", "a", {"spec": {"online": False}})
    api.create(host("b"))
    version = api.store.version
    api.restore(backup)
    assert api.list("BareMetalHost") == [before]
    api.restore(backup)
    changed = api.patch("BareMetalHost", "default", "a", {"spec": {"online": False}})
    assert int(changed["metadata"]["resourceVersion"]) > version
    assert call(api, "GET", HOSTS, resourceVersion=str(version), resourceVersionMatch="Exact").status_code == 410


def test_calls_are_recorded(api: KubernetesSimulator) -> None:
    call(api, "POST", HOSTS, host("a"), fieldManager="me")
    seen = api.requests[-1]
    assert (seen.method, seen.path, seen.query, seen.user, seen.status) == ("POST", HOSTS, {"fieldManager": "me"}, "admin", 201)
    assert seen.body["kind"] == "BareMetalHost"


def test_a_status_may_be_asked_for(api: KubernetesSimulator) -> None:
    api.faults.add("status", method="POST", path="baremetalhosts$", code=429, reason="TooManyRequests", message="slow down", retry_after=3)
    refused = call(api, "POST", HOSTS, host("a"))
    assert (refused.status_code, refused.headers["Retry-After"], refused.json()["message"]) == (429, "3", "slow down")
    assert call(api, "POST", HOSTS, host("a")).status_code == 201


def test_an_answer_may_be_lost_although_it_was_done(api: KubernetesSimulator) -> None:
    api.faults.add("lost", method="POST")
    with pytest.raises(requests.ConnectionError):
        call(api, "POST", HOSTS, host("a"))
    assert api.get("BareMetalHost", "default", "a") is not None


def test_a_connection_may_be_dropped_before_anything_is_done(api: KubernetesSimulator) -> None:
    api.faults.add("drop", method="POST")
    with pytest.raises(requests.ConnectionError):
        call(api, "POST", HOSTS, host("a"))
    assert api.get("BareMetalHost", "default", "a") is None


def test_the_nth_call_may_call_back(api: KubernetesSimulator) -> None:
    order: list[str] = []

    def before(record: Recorded) -> None:
        order.append(f"before {record.body['metadata']['name']}: {len(api.list('BareMetalHost'))}")

    def after(record: Recorded) -> None:
        order.append(f"after {record.body['metadata']['name']}: {len(api.list('BareMetalHost'))}")

    api.faults.add("call", method="POST", skip=1, before=before, after=after)
    for name in "abc":
        call(api, "POST", HOSTS, host(name))
    assert order == ["before b: 1", "after b: 2"]


def test_latency_can_be_asked_for(api: KubernetesSimulator) -> None:
    api.faults.add("latency", seconds=0.3)
    begun = time.monotonic()
    call(api, "GET", HOSTS)
    assert time.monotonic() - begun >= 0.3


def test_a_watch_ends_after_so_many_events(api: KubernetesSimulator) -> None:
    for name in "abc":
        api.create(host(name))
    api.faults.add("drop-watch", events=2)
    connection = http.client.HTTPConnection(api.url.removeprefix("http://"), timeout=10)
    connection.request("GET", f"{HOSTS}?watch=true")
    answer = connection.getresponse()
    lines = [answer.readline(), answer.readline()]
    assert [json.loads(line)["object"]["metadata"]["name"] for line in lines] == ["a", "b"]
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        answer.read()


def test_a_watch_may_expire(api: KubernetesSimulator) -> None:
    api.create(host("a"))
    version = call(api, "GET", HOSTS).json()["metadata"]["resourceVersion"]
    api.faults.add("expire", method="WATCH")
    told = watched(api, HOSTS, resourceVersion=version)
    assert (told[0]["type"], told[0]["object"]["code"], told[0]["object"]["reason"]) == ("ERROR", 410, "Expired")
    assert not watched(api, HOSTS, resourceVersion=version)


def test_a_version_outside_the_window_is_410() -> None:
    with KubernetesSimulator(crds=CRDS, window=5) as api:
        version = call(api, "GET", HOSTS).json()["metadata"]["resourceVersion"]
        for number in range(10):
            api.create(host(f"h{number}"))
        assert watched(api, HOSTS, resourceVersion=version)[0]["object"]["code"] == 410


def test_bookmarks_come_now_and_then() -> None:
    with KubernetesSimulator(crds=CRDS, bookmark_seconds=0.2) as api:
        told = watched(api, HOSTS, resourceVersion=str(api.store.version), allowWatchBookmarks="true")
    assert told
    assert {(event["type"], event["object"]["metadata"]["resourceVersion"]) for event in told} == {("BOOKMARK", str(api.store.version))}


def begin_to_watch(api: KubernetesSimulator) -> threading.Event:
    """Set when the connection breaks."""
    ended = threading.Event()

    def watch() -> None:
        try:
            call(api, "GET", HOSTS, watch="true")
        except requests.RequestException:
            ended.set()

    threading.Thread(target=watch, daemon=True).start()
    until(lambda: api.open_watches, 5, "the watch is open")
    return ended


def test_open_watches_end_when_told(api: KubernetesSimulator) -> None:
    ended = begin_to_watch(api)
    api.drop_watches()
    assert ended.wait(5)


def test_a_restart_breaks_every_connection_and_keeps_address_objects_and_versions(api: KubernetesSimulator) -> None:
    api.create(host("a"))
    before, address = call(api, "GET", HOSTS).json(), api.url
    ended = begin_to_watch(api)
    with api.away():
        assert ended.wait(5)
        with pytest.raises(requests.ConnectionError):
            requests.get(address + HOSTS, timeout=5)
    assert api.url == address and api.open_watches == 0
    assert call(api, "GET", HOSTS).json() == before
    api.create(host("b"))
    told = watched(api, HOSTS, resourceVersion=before["metadata"]["resourceVersion"])
    assert [event["object"]["metadata"]["name"] for event in told] == ["b"], "a watch goes on from a version before the restart"


@pytest.mark.parametrize("path", [
    *PATHS, *(f"/apis/{group}/v1" for group in sorted(GROUPS)), *(f"/api/v1/namespaces/default/{plural}" for plural in sorted(CORE))])
def test_what_is_not_claimed_is_501(api: KubernetesSimulator, path: str) -> None:
    assert call(api, "GET", path).status_code == 501


def test_a_crd_that_is_not_claimed_is_501(api: KubernetesSimulator) -> None:
    crd = api.list("CustomResourceDefinition")[0]
    version = crd["spec"]["versions"][0]
    crd["spec"]["versions"] = [version, {**version, "name": "v9", "storage": False}]
    with pytest.raises(ApiError, match="more than one version"):
        api.patch("CustomResourceDefinition", "", crd["metadata"]["name"], {"spec": crd["spec"]})


def test_thousands_are_listed_at_once(api: KubernetesSimulator) -> None:
    for number in range(3000):
        api.create(host(f"h{number}"))
    begun = time.process_time()
    listed = call(api, "GET", HOSTS).content
    assert time.process_time() - begun < 0.5
    assert listed.count(b'"kind":"BareMetalHost"') == 3000


def test_the_python_client_works(api: KubernetesSimulator, tmp_path: Path) -> None:
    client = kubernetes.config.new_client_from_config(api.kubeconfig(tmp_path / "kubeconfig"))
    core, custom = kubernetes.client.CoreV1Api(client), kubernetes.client.CustomObjectsApi(client)
    core.create_namespaced_secret("default", kubernetes.client.V1Secret(metadata=kubernetes.client.V1ObjectMeta(name="s"), string_data={"a": "b"}))
    assert core.read_namespaced_secret("s", "default").data == {"a": "Yg=="}
    custom.create_namespaced_custom_object("metal3.io", "v1alpha1", "default", "baremetalhosts", host("a"))
    with pytest.raises(kubernetes.client.ApiException) as refused:
        custom.create_namespaced_custom_object("metal3.io", "v1alpha1", "default", "baremetalhosts", host("a"))
    assert refused.value.status == 409
    seen = [event["object"]["metadata"]["name"] for event in kubernetes.watch.Watch().stream(
        custom.list_namespaced_custom_object, "metal3.io", "v1alpha1", "default", "baremetalhosts", timeout_seconds=1)]
    assert seen == ["a"]


GENERATOR = """
apiVersion: infra.example.com/v1alpha1
kind: BareMetalHostGenerator
metadata: {name: g}
spec: {infraEnv: env, serverName: %s}
"""


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on PATH")
def test_kubectl_works(tmp_path: Path) -> None:
    with KubernetesSimulator(crds=CRDS, tls=True) as api:
        environment = {**os.environ, "KUBECONFIG": api.kubeconfig(tmp_path / "kubeconfig"), "HOME": str(tmp_path), "EDITOR": "sed -i s/second/third/"}

        def kubectl(*arguments: str, stdin: str = "", code: int = 0) -> str:
            done = subprocess.run(["kubectl", *arguments], env=environment, input=stdin, capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == code, done.stderr
            return done.stdout + done.stderr

        assert "created" in kubectl("apply", "-f", "-", stdin=GENERATOR % "first")
        assert "unchanged" in kubectl("apply", "-f", "-", stdin=GENERATOR % "first")
        assert "configured" in kubectl("apply", "-f", "-", stdin=GENERATOR % "second")
        assert "edited" in kubectl("edit", "bmhgen", "g")
        assert "third" in kubectl("get", "bmhgen")
        assert "MESSAGE" in kubectl("get", "bmhgen", "-o", "wide")
        assert "Server Name:  third" in kubectl("describe", "bmhgen", "g")
        assert "labeled" in kubectl("label", "bmhgen", "g", "a=b")
        assert "annotated" in kubectl("annotate", "bmhgen", "g", "a=b")
        assert "patched" in kubectl("patch", "bmhgen", "g", "--type=merge", "-p", '{"spec":{"serverName":"fourth"}}')
        assert "vlanId" in kubectl("explain", "bmhgen.spec.networkConfig")
        assert "unknown field" in kubectl("apply", "-f", "-", stdin=GENERATOR % "x, colour: red", code=1)
        assert "conflict" in kubectl("apply", "--server-side", "-f", "-", stdin=GENERATOR % "fifth", code=1)
        assert "serverside-applied" in kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=GENERATOR % "fifth")
        assert "created" in kubectl("create", "secret", "generic", "s", "--from-literal=a=b")
        assert "No events" in kubectl("events")
        with subprocess.Popen(["kubectl", "get", "bmhgen", "g", "-w", "--no-headers"], env=environment, stdout=subprocess.PIPE, text=True) as watching:
            assert watching.stdout is not None
            try:
                until(lambda: api.open_watches, 10, "kubectl watches")
                api.patch_status("BareMetalHostGenerator", "default", "g", {"phase": "Failed", "message": "no"})
                seen = [watching.stdout.readline() for _line in range(2)]
            finally:
                watching.kill()
            assert "Failed" in seen[1]
        api.patch("BareMetalHostGenerator", "default", "g", {"metadata": {"finalizers": ["infra.example.com/hold"]}})
        api.faults.add("call", method="WATCH", before=lambda _record: api.patch(
            "BareMetalHostGenerator", "default", "g", {"metadata": {"finalizers": None}}))
        assert "deleted" in kubectl("delete", "bmhgen", "g", "--wait")
        assert api.get("BareMetalHostGenerator", "default", "g") is None


def test_it_serves_alone_until_it_is_told_to_end(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.simulators.kubernetes", "--tls", "--kubeconfig", str(tmp_path / "kubeconfig"), *(
        part for path in CRDS for part in ("--crd", str(path)))]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        client = kubernetes.config.new_client_from_config(told["kubeconfig"])
        listed = kubernetes.client.CustomObjectsApi(client).list_cluster_custom_object("metal3.io", "v1alpha1", "baremetalhosts")
        assert listed["items"] == []
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
