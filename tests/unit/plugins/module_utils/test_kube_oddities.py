# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An API that answers oddly: it holds up no run, and one odd object of a list is passed over and told."""
from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from ansible_collections.baremetal.generator.plugins.module_utils import kube
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import GENERATOR, HOST
from ansible_collections.baremetal.generator.plugins.module_utils.deadline import Deadline
from ansible_collections.baremetal.generator.plugins.module_utils.errors import ClusterError, ClusterUnavailable, Denied
from ansible_collections.baremetal.generator.plugins.module_utils.kube_access import read_configuration
from ansible_collections.baremetal.generator.plugins.module_utils.readable_cluster import ReadableCluster

GOOD = {"metadata": {"name": "good", "namespace": "metal", "uid": "u", "resourceVersion": "1"}, "spec": {}}
Answer = Callable[[BaseHTTPRequestHandler, int], None]


@contextlib.contextmanager
def api(answer: Answer, **options: Any) -> Iterator[tuple[kube.KubeCluster, list[str]]]:
    """A client, and the calls that reached its API, each answered by answer(handler, its number)."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        """One call."""

        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            asked.append(f"{self.command} {self.path}")
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with contextlib.suppress(OSError):
                answer(self, len(asked))

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

        def log_message(self, *_given: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        configuration = read_configuration({"host": f"http://127.0.0.1:{server.server_port}", "api_key": "x"})
        yield kube.KubeCluster(configuration, sleep=lambda _seconds: None, **options), asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def says(body: Any, code: int = 200) -> Answer:
    """A whole document, always the same."""
    return lambda handler, _number: send(handler, body, code)


def send(handler: BaseHTTPRequestHandler, body: Any, code: int = 200) -> None:
    """With its length."""
    data = json.dumps(body).encode()
    handler.send_response(code)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def listing(*items: Any, **metadata: Any) -> dict[str, Any]:
    """A list as the API gives it."""
    return {"kind": "List", "metadata": {"resourceVersion": "7", **metadata}, "items": list(items)}


@pytest.mark.parametrize("items", [
    [None], [3], ["text"], [[]], [{}], [{"metadata": None}], [{"metadata": {"name": 5}}], [{"metadata": {"name": "a", "namespace": "metal", "uid": "u"}}],
])
def test_what_has_no_name_is_passed_over_and_told(items: list[Any]) -> None:
    """The good ones are there."""
    with api(says(listing(GOOD, *items))) as (client, _asked):
        cluster = ReadableCluster(client)
        assert [item["metadata"]["name"] for item in cluster.list(HOST)] == ["good"]
        assert len(cluster.told()) == 1 and cluster.told()[0].startswith("1 of the BareMetalHosts that the Kubernetes API listed have no name")


@pytest.mark.parametrize("body", [listing(GOOD, **{"continue": ""}), {"items": [GOOD], "metadata": None}, {"items": [GOOD]}])
def test_a_list_without_metadata_is_a_list(body: dict[str, Any]) -> None:
    """And null is an empty one."""
    with api(says(body)) as (client, _asked):
        assert len(client.list(HOST)) == 1
    with api(says({**body, "items": None})) as (client, _asked):
        assert client.list(HOST) == []


@pytest.mark.parametrize("body", [{"items": "none"}, {"items": {}, "metadata": {}}, {"items": [], "metadata": "x"}])
def test_a_list_that_is_none_is_never_an_empty_one(body: dict[str, Any]) -> None:
    """Hosts that are not counted would pass the cap."""
    with api(says(body)) as (client, _asked), pytest.raises(ClusterUnavailable, match="with something that is none"):
        client.list(HOST)


def test_an_answer_about_one_object_that_is_none_is_asked_again_later() -> None:
    """It is that one's failure."""
    with api(says({"metadata": {"name": "g1"}})) as (client, _asked), pytest.raises(ClusterUnavailable, match="no BareMetalHostGenerator"):
        ReadableCluster(client).get(GENERATOR, "metal", "g1")


@pytest.mark.parametrize("page", [listing(**{"continue": "on"}), listing(GOOD, **{"continue": "on"})], ids=["empty", "the same"])
def test_a_list_without_end_ends(page: dict[str, Any]) -> None:
    """After a few pages that bring nothing new."""
    with api(says(page)) as (client, asked):
        with pytest.raises(ClusterUnavailable, match="does not come to its end"):
            client.list(HOST)
        assert len(asked) < 8


def test_a_list_whose_pages_are_always_new_ends_with_the_run() -> None:
    """However many there are."""
    deadline = Deadline(60)

    def more(handler: BaseHTTPRequestHandler, number: int) -> None:
        if number == 20:
            deadline.cancel()
        send(handler, listing(GOOD, **{"continue": f"page-{number}"}))

    with api(more, deadline=deadline) as (client, asked):
        with pytest.raises(ClusterUnavailable, match="does not come to its end"):
            client.list(HOST)
        assert len(asked) == 20


def test_an_answer_that_drips_ends_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time, the whole never does."""
    monkeypatch.setattr(kube, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(kube, "RETRY_SECONDS", 0.0)
    monkeypatch.setattr(kube, "PIECE", 1)

    def drip(handler: BaseHTTPRequestHandler, _number: int) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000000")
        handler.end_headers()
        while True:
            handler.wfile.write(b" " * 1000)
            handler.wfile.flush()

    with api(drip) as (client, _asked), pytest.raises(ClusterUnavailable, match="did not come to its end within 0.2 s"):
        client.list(HOST)


def test_an_answer_without_bound_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is not the API's to fill."""
    monkeypatch.setattr(kube, "LONGEST_ANSWER", 1000)
    monkeypatch.setattr(kube, "RETRY_SECONDS", 0.0)
    with api(says(listing(*[GOOD] * 100))) as (client, _asked), pytest.raises(ClusterUnavailable, match="longer than any list"):
        client.list(HOST)


def test_a_create_that_meets_409_each_time_is_denied() -> None:
    """Nothing of that name is there, and no version is in the way."""
    with api(says({"kind": "Status", "reason": "Conflict", "message": "no, and no again"}, 409)) as (client, asked):
        with pytest.raises(Denied, match="no, and no again"):
            client.create(HOST, {"metadata": {"name": "h", "namespace": "metal"}})
        assert len(asked) == kube.REFUSED_TRIES


@pytest.mark.parametrize("body", ["text", [], None, 3, {"kind": "Status"}])
def test_an_error_with_an_odd_body_is_an_error(body: Any) -> None:
    """Whatever stands in it."""
    with api(says(body, 422)) as (client, _asked), pytest.raises(ClusterError):
        client.create(HOST, {"metadata": {"name": "h", "namespace": "metal"}})


@pytest.mark.parametrize("details", ["text", [], {"causes": "text"}, {"causes": [None, 3, {"reason": 5}]}, {"causes": {"reason": "x"}}])
def test_a_status_with_odd_details_is_a_refusal(details: Any) -> None:
    """It is the message that counts."""
    body = {"kind": "Status", "reason": ["Forbidden"], "message": {"no": 1}, "details": details}
    with api(says(body, 403)) as (client, _asked), pytest.raises(Denied):
        client.create(HOST, {"metadata": {"name": "h", "namespace": "metal"}})
