# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which way a request takes, as Go decides it."""
from __future__ import annotations

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import proxies
from ansible_collections.baremetal.generator.plugins.module_utils.errors import InvalidArgument
from ansible_collections.baremetal.generator.plugins.module_utils.http_proxy import Proxy

API = "https://api.example.com:6443"


@pytest.mark.parametrize(("host", "port", "no_proxy", "direct"), [
    ("api.example.com", 6443, "", False),
    ("api.example.com", 6443, "*", True),
    ("api.example.com", 6443, "example.com", True),
    ("example.com", 443, "example.com", True),
    ("example.com", 443, ".example.com", False),
    ("api.example.com", 6443, " other.com , .EXAMPLE.com ", True),
    ("api.example.com", 6443, "*.example.com", True),
    ("badexample.com", 443, "example.com", False),
    ("api.example.com", 6443, "api.example.com:6443", True),
    ("api.example.com", 6443, "api.example.com:443", False),
    ("API.example.com", 6443, "api.example.com", True),
    ("10.1.2.3", 6443, "10.0.0.0/8", True),
    ("10.1.2.3", 6443, "10.1.2.3", True),
    ("10.1.2.3", 6443, "10.1.2.3:6443", True),
    ("10.1.2.3", 6443, "10.1.2.3:80", False),
    ("11.1.2.3", 6443, "10.0.0.0/8,10/8,nonsense/99", False),
    ("fd00::1", 6443, "fd00::/8", True),
    ("fd00::1", 6443, "[fd00::1]:6443", True),
    ("fd00::1", 6443, "fd00:0:0::1", True),
    ("api.example.com", 6443, "10.0.0.0/8", False),
    ("api.example.com", 6443, ":6443", False),
])
def test_no_proxy(host: str, port: int, no_proxy: str, direct: bool) -> None:
    assert proxies.is_excepted(host, port, no_proxy) is direct


@pytest.mark.parametrize(("url", "environment", "address"), [
    (API, {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
    (API, {"https_proxy": "http://p:1"}, "http://p:1"),
    (API, {"HTTPS_PROXY": "http://upper:1", "https_proxy": "http://lower:1"}, "http://upper:1"),
    (API, {"HTTP_PROXY": "http://p:1"}, None),
    ("http://api.example.com", {"http_proxy": "http://p"}, "http://p:80"),
    (API, {"HTTPS_PROXY": "p:3128"}, "http://p:3128"),
    (API, {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "example.com"}, None),
    (API, {"HTTPS_PROXY": "http://p:1", "no_proxy": "example.com"}, None),
    ("https://127.0.0.1:6443", {"HTTPS_PROXY": "http://p:1"}, None),
    ("https://localhost:6443", {"HTTPS_PROXY": "http://p:1"}, None),
    ("https://[::1]:6443", {"HTTPS_PROXY": "http://p:1"}, None),
])
def test_the_usual_variables(url: str, environment: dict[str, str], address: str | None) -> None:
    proxy = proxies.choose(url, None, None, environment)
    assert (proxy.url if proxy else None) == address


def test_what_is_given_for_this_server_wins() -> None:
    environment = {"HTTPS_PROXY": "http://other:1", "NO_PROXY": "elsewhere"}
    given = proxies.choose("https://127.0.0.1:6443", "https://user:p%40ss@proxy:8443", None, environment)
    assert given == Proxy("https://proxy:8443", "user", "p@ss")
    assert proxies.choose(API, "http://p:1", "example.com", environment) is None
    assert proxies.choose(API, "http://p:1", None, {"NO_PROXY": "example.com"}) is None
    assert proxies.choose(API, None, "elsewhere", {**environment, "NO_PROXY": "example.com"}) is not None


@pytest.mark.parametrize(("value", "words"), [
    ("proxy:3128", "write http://proxy:3128"), ("user:hidden@proxy:3128", "write http://proxy:3128"), ("ftp://user:hidden@proxy", "not by ftp"),
    ("http://user:hidden@proxy:port", "no URL of a proxy"), ("http://", "no host"), ("http://user:hidden@pro xy", "no host"), ("http://[::1", "no URL"),
])
def test_what_is_no_proxy_is_said_without_its_password(value: str, words: str) -> None:
    with pytest.raises(InvalidArgument, match=words) as raised:
        proxies.choose(API, value, None, {}, "K8S_AUTH_PROXY")
    assert "hidden" not in str(raised.value) and str(raised.value).startswith("K8S_AUTH_PROXY: ")
