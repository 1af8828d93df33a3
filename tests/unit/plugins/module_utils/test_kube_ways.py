# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules and event sources take the same way to the cluster, show the same login there, and word what goes wrong alike."""
from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from ansible_collections.baremetal.generator.plugins.module_utils import kube
from ansible_collections.baremetal.generator.plugins.module_utils.cluster import HOST
from ansible_collections.baremetal.generator.plugins.module_utils.errors import ClusterUnavailable, GeneratorError, InvalidArgument, Unauthorized, Untrusted
from ansible_collections.baremetal.generator.plugins.module_utils.kube_access import read_configuration
from ansible_collections.baremetal.generator.plugins.module_utils.streams import Streams
from tests.cluster.api import KubernetesApi
from tests.fixtures.proxying import ForwardProxy

NAME = "api.cluster.example"        # that only the proxy knows
EMPTY = b'{"metadata": {"resourceVersion": "1"}, "items": []}'
Ask = Callable[[dict[str, Any]], list[Any]]


def by_module(options: dict[str, Any]) -> list[Any]:
    """As a module lists hosts; nothing is tried again."""
    return kube.KubeCluster(read_configuration(options), sleep=lambda _seconds: None).list(HOST)


def by_source(options: dict[str, Any]) -> list[Any]:
    """As a source does."""
    async def story() -> list[Any]:
        streams = Streams(lambda: read_configuration(options))
        try:
            return [item async for items, _version in streams.pages(HOST, 100) for item in items]
        finally:
            await streams.close()
    return asyncio.run(story())


@pytest.fixture(params=[by_module, by_source])
def ask(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Both clients, one after the other."""
    monkeypatch.setattr(kube, "RETRY_SECONDS", 0.0)
    for name in list(os.environ):
        if name.upper().endswith("_PROXY") or name.startswith(("K8S_AUTH_", "KUBE")):
            monkeypatch.delenv(name)
    return request.param


@pytest.fixture
def kubeconfig(memory_api: KubernetesApi, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Options with a kubeconfig of a cluster that only the proxy can reach."""
    def make(**changes: Any) -> dict[str, Any]:
        path = tmp_path / "kubeconfig"
        content = yaml.safe_load(Path(memory_api.kubeconfig(path)).read_text(encoding="utf-8"))
        content["clusters"][0]["cluster"].update({"server": f"https://{NAME}:6443", "tls-server-name": "localhost", **changes})
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        return {"kubeconfig": str(path)}
    return make


@pytest.fixture
def proxy(memory_api: KubernetesApi) -> Iterator[ForwardProxy]:
    """Leads to that cluster."""
    with ForwardProxy(urlsplit(memory_api.url).port or 0) as running:
        yield running


def test_the_way_through_a_proxy(ask: Ask, kubeconfig: Callable[..., dict[str, Any]], proxy: ForwardProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """proxy-url of the kubeconfig, the option, and both cases of the variable, with a user or without."""
    assert ask(kubeconfig(**{"proxy-url": f"http://{proxy.address}"})) == []
    assert ask({**kubeconfig(), "proxy": f"http://user:p%40ss@{proxy.address}"}) == []
    monkeypatch.setenv("https_proxy", proxy.address)
    assert ask(kubeconfig()) == []
    assert [entry for number, entry in enumerate(proxy.asked) if not number or entry != proxy.asked[number - 1]] == [
        ("CONNECT", f"{NAME}:6443", None), ("CONNECT", f"{NAME}:6443", "Basic dXNlcjpwQHNz"), ("CONNECT", f"{NAME}:6443", None)]


@pytest.mark.parametrize("no_proxy", [NAME, ".cluster.example", "*", f"{NAME}:6443"])
def test_no_proxy_means_the_direct_way(
        ask: Ask, kubeconfig: Callable[..., dict[str, Any]], proxy: ForwardProxy, no_proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which leads nowhere here; the sentence names no proxy."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
    for variable in ("NO_PROXY", "no_proxy", "K8S_AUTH_NO_PROXY"):
        with monkeypatch.context() as patch:
            patch.setenv(variable, no_proxy)
            with pytest.raises(ClusterUnavailable, match=f"at https://{NAME}:6443 cannot be reached: nobody answers at this address") as raised:
                ask(kubeconfig())
    assert proxy.asked == [] and "proxy" not in str(raised.value)


def test_a_proxy_is_named_when_it_does_not_answer_or_refuses(ask: Ask, kubeconfig: Callable[..., dict[str, Any]]) -> None:
    """Without its user and password."""
    with ForwardProxy(0, refuse=407) as refusing:
        address = refusing.address
        for words in (f"through the proxy http://{address}.* cannot be reached: the proxy refuses: .*407", "the proxy does not answer"):
            with pytest.raises(ClusterUnavailable, match=words) as raised:
                ask({**kubeconfig(), "proxy": f"http://user:hidden@{address}"})
            assert "hidden" not in str(raised.value)
            refusing.__exit__(None, None, None)


@pytest.mark.parametrize(("proxy_url", "words"), [("proxy:3128", "has no scheme: write http://proxy:3128"), ("socks5://proxy:1080", "PySocks|aiohttp-socks")])
def test_a_proxy_that_cannot_be_used_is_a_sentence(ask: Ask, kubeconfig: Callable[..., dict[str, Any]], proxy_url: str, words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        ask(kubeconfig(**{"proxy-url": proxy_url}))


def test_whom_to_trust_and_who_we_are(ask: Ask, memory_api: KubernetesApi) -> None:
    """Two refusals of each client, in the same words."""
    ours = {"host": memory_api.url, "api_key": memory_api.token}
    with pytest.raises(Untrusted) as raised:
        ask({**ours, "ca_cert": ""})
    assert str(raised.value) == (
        f"The certificate of the Kubernetes API at {memory_api.url} is not trusted: give ca_cert (or validate_certs: false, which is unsafe).")
    assert ask({**ours, "ca_cert": str(memory_api.ca_cert), "validate_certs": True}) == ask({**ours, "validate_certs": False}) == []
    with pytest.raises(Unauthorized, match="does not accept the credentials"):
        ask({**ours, "api_key": "wrong", "validate_certs": False})


def test_without_a_token_the_sentence_says_so(ask: Ask, memory_api: KubernetesApi, tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    content = yaml.safe_load(Path(memory_api.kubeconfig(path)).read_text(encoding="utf-8"))
    content["users"] = [{"name": "tests", "user": None}]
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(GeneratorError, match="No token was sent to the Kubernetes API at .* system:anonymous .* give api_key"):
        ask({"kubeconfig": str(path)})


def test_every_header_of_the_login_arrives(ask: Ask) -> None:
    """Also those that are there twice."""
    heard: list[list[tuple[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        """An empty list, and what was sent with the question."""

        def do_GET(self) -> None:
            """The list."""
            heard.append([(name, value) for name, value in self.headers.items() if name.startswith(("Authorization", "Impersonate"))])
            self.send_response(200)
            self.send_header("Content-Length", str(len(EMPTY)))
            self.end_headers()
            self.wfile.write(EMPTY)

        def log_message(self, format: str, *args: object) -> None:  # pylint: disable=redefined-builtin
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        assert ask({"host": f"http://127.0.0.1:{server.server_port}", "api_key": "t\n", "impersonate_user": "jane", "impersonate_groups": ["a", "b"]}) == []
    finally:
        server.shutdown()
        server.server_close()
    assert heard == [[("Authorization", "Bearer t"), ("Impersonate-User", "jane"), ("Impersonate-Group", "a"), ("Impersonate-Group", "b")]]
