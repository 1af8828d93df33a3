# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated OneView keeps the rules of the real one: versions, sessions, pages, filters, errors."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.fixtures.vendor_samples import key_paths
from tests.simulators.inventory import generate
from tests.simulators.oneview import OneViewSimulator

PROFILES, HARDWARE, LOGIN = "/rest/server-profiles", "/rest/server-hardware", "/rest/login-sessions"
ERROR_KEYS = {"errorCode", "message", "details", "recommendedActions", "nestedErrors", "errorSource", "data"}
LIST_KEYS = {"type", "category", "count", "total", "start", "uri", "prevPageUri", "nextPageUri", "members", "eTag", "created", "modified"}


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def simulator(clock: Clock) -> Iterator[OneViewSimulator]:
    with OneViewSimulator(generate("oneview", 100, odd=True), clock=clock) as running:
        yield running


class Appliance:
    """Asks it as a client does."""

    def __init__(self, simulator: OneViewSimulator, plain_client: requests.Session) -> None:
        self.url, self.client = simulator.url, plain_client
        self.headers = {"X-API-Version": "8000"}

    def login(self, **changes: Any) -> requests.Response:
        body = {"userName": "admin", "password": "secret", "authLoginDomain": "LOCAL", "loginMsgAck": True} | changes
        answer = self.client.post(self.url + LOGIN, json=body, headers=self.headers)
        if answer.status_code == 200:
            self.headers["auth"] = answer.json()["sessionID"]
        return answer

    def get(self, path: str, filters: str | list[str] | None = None, **query: Any) -> requests.Response:
        parameters = query | ({"filter": filters} if filters else {})
        return self.client.get(self.url + path, params=parameters, headers=self.headers)

    def names(self, filters: str | list[str]) -> set[str]:
        answer = self.get(PROFILES, filters, start=0, count=256)
        assert answer.status_code == 200, answer.text
        return {member["name"] for member in answer.json()["members"]}


@pytest.fixture
def appliance(simulator: OneViewSimulator, plain_client: requests.Session) -> Appliance:
    ours = Appliance(simulator, plain_client)
    assert ours.login().status_code == 200
    return ours


def assert_error(answer: requests.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["errorCode"]) == (status, code)
    assert set(answer.json()) == ERROR_KEYS


def test_version_needs_neither_login_nor_header(simulator: OneViewSimulator, plain_client: requests.Session) -> None:
    assert plain_client.get(simulator.url + "/rest/version").json() == {"currentVersion": 8000, "minimumVersion": 120}


def test_a_version_that_it_does_not_speak_is_a_412(appliance: Appliance) -> None:
    for version in ("8001", "119"):
        appliance.headers["X-API-Version"] = version
        assert appliance.get(PROFILES).status_code == 412


def test_old_versions_show_old_schemas(appliance: Appliance) -> None:
    appliance.headers["X-API-Version"] = "500"
    assert "connections" in appliance.get(PROFILES).json()["members"][0]
    del appliance.headers["X-API-Version"]                  # as if it were the oldest
    assert "mpIpAddress" in appliance.get(HARDWARE).json()["members"][0]


def test_a_missing_version_may_be_a_404(simulator: OneViewSimulator, appliance: Appliance) -> None:
    simulator.quirks.without_version = "404"
    del appliance.headers["X-API-Version"]
    assert_error(appliance.get(PROFILES), 404, "RESOURCE_NOT_FOUND")


def test_login_is_refused_with_400(simulator: OneViewSimulator, appliance: Appliance) -> None:
    assert_error(appliance.login(password="wrong"), 400, "AUTHN_AUTH_FAIL")
    assert_error(appliance.login(authLoginDomain="nowhere"), 400, "AUTHN_AUTH_FAIL_LOGINDOMAINNOTFOUND")
    simulator.quirks.login_banner = "Be good."
    answer = appliance.login(loginMsgAck=False)
    assert answer.status_code == 400 and "Message: Be good." in answer.json()["message"]
    assert simulator.counters.failed_logins == 2


def test_a_session_ends_by_logout_and_by_idleness(simulator: OneViewSimulator, appliance: Appliance, clock: Clock) -> None:
    assert appliance.client.put(appliance.url + LOGIN, data="null", headers=appliance.headers).json()["sessionID"] == appliance.headers["auth"]
    assert simulator.counters.open_sessions == 1
    assert appliance.client.delete(appliance.url + LOGIN, json={}, headers=appliance.headers).status_code == 204
    assert_error(appliance.get(PROFILES), 401, "AUTHORIZATION")
    appliance.login()
    clock.now += 24 * 3600 - 1
    assert appliance.get(PROFILES).status_code == 200
    clock.now += 24 * 3600 + 1
    assert_error(appliance.get(PROFILES), 401, "AUTHORIZATION")
    assert simulator.counters.open_sessions == 0


def test_there_is_a_limit_of_sessions(simulator: OneViewSimulator, appliance: Appliance) -> None:
    simulator.quirks.sessions_per_user = 1
    assert_error(appliance.login(), 400, "AUTHN_SESSION_CLIENT_LIMIT_CROSSED")


def test_lists_come_in_pages_smaller_than_asked(simulator: OneViewSimulator, appliance: Appliance) -> None:
    simulator.quirks.page_cap = 40
    first = appliance.get(PROFILES, start=0, count=256).json()
    assert set(first) == LIST_KEYS
    assert (first["count"], first["total"], first["start"]) == (40, len(simulator.inventory.profiles), 0)
    assert first["nextPageUri"] == f"{PROFILES}?start=40&count=40" and first["prevPageUri"] is None
    seen, page = [member["uri"] for member in first["members"]], first
    while page["nextPageUri"]:
        page = appliance.get(page["nextPageUri"]).json()
        seen += [member["uri"] for member in page["members"]]
    assert seen == [profile["uri"] for profile in simulator.inventory.profiles]
    assert page["prevPageUri"]


def test_without_a_count_a_first_page_of_its_own_size_comes(appliance: Appliance) -> None:
    assert appliance.get(PROFILES, count=-1).json()["count"] == 64
    assert appliance.get(HARDWARE).json()["count"] == 32


@pytest.mark.parametrize(("style", "expected"), [("null", None), ("empty", ""), ("self", f"{PROFILES}?start=0&count=256")])
def test_the_last_page_says_so_in_three_ways(simulator: OneViewSimulator, appliance: Appliance, style: str, expected: str | None) -> None:
    simulator.quirks.last_page = style
    page = appliance.get(PROFILES, start=0, count=256).json()
    assert page["nextPageUri"] == expected and expected in (None, "", page["uri"])


def test_the_next_page_keeps_the_filter(appliance: Appliance) -> None:
    page = appliance.get(PROFILES, "\"'name' matches 'hpe-node-0_1'\"", start=0, count=4).json()
    assert page["total"] == 10
    rest = [appliance.get(page["nextPageUri"]).json()]
    rest.append(appliance.get(rest[0]["nextPageUri"]).json())
    assert [part["count"] for part in rest] == [4, 2] and rest[1]["total"] == 10


@pytest.mark.parametrize("text", [
    "\"'name' = 'HPE-node-007'\"", "\"name='hpe-node-007'\"", "'name'='hpe-node-007'", "name eq 'HPE-NODE-007'", "\"'name' == 'hpe-node-007'\"",
    "\"'name' seq 'hpe-node-007'\"", "name matches 'HPE%007'", "\"'name' regex '^(HPE-node-007)$'\"", "name regex ^hpe-node-007$", "\"'name' sregex 'e-007$'\"",
])
def test_filters_that_find_one(appliance: Appliance, text: str) -> None:
    assert appliance.names(text) == {"hpe-node-007"}


def test_several_filters_must_all_hold(appliance: Appliance) -> None:
    assert appliance.names(["name matches 'hpe-node-00_'", "name regex '[12]$'"]) == {"hpe-node-001", "hpe-node-002"}


def test_case_counts_for_some_operators(appliance: Appliance) -> None:
    for operator in ("==", "seq", "smatches", "sregex"):
        assert appliance.names(f"name {operator} 'HPE-NODE-007'") == set()
    assert "hpe-node-007" not in appliance.names("name <> 'HPE-NODE-007'")
    assert appliance.names("not name matches 'hpe-node%'") == {"template-for-racks"}


@pytest.mark.parametrize("text", [
    "serverHardwareUri = 'x'", "uri = 'x'", "nonsense = 'x'", "name matches ''", "name regex '('", "name = 'a' or name = 'b'", "name ~ 'a'",
    "name = 'it's'", "",
])
def test_filters_that_it_does_not_take(appliance: Appliance, text: str) -> None:
    assert_error(appliance.client.get(appliance.url + PROFILES, params={"filter": text}, headers=appliance.headers), 400, "INVALID_FILTER")


def test_an_appliance_without_regex_and_one_with_long_filters(simulator: OneViewSimulator, appliance: Appliance) -> None:
    assert appliance.get(PROFILES, "name regex '" + "x" * 5000 + "'").status_code == 414
    simulator.quirks.regex_filter = False
    assert_error(appliance.get(PROFILES, "name regex 'a'"), 400, "INVALID_FILTER")


def test_single_objects_and_missing_ones(simulator: OneViewSimulator, appliance: Appliance) -> None:
    hardware = simulator.inventory.hardware[0]
    assert appliance.get(hardware["uri"]).json() == hardware
    assert appliance.get(hardware["uri"] + "/remoteConsoleUrl").json()["remoteConsoleUrl"].startswith("hplocons://addr=198.")
    assert_error(appliance.get(PROFILES + "/none"), 404, "ProfileNotFoundException")
    assert_error(appliance.get("/rest/nothing"), 404, "RESOURCE_NOT_FOUND")


def test_a_list_moves_while_it_is_paged(simulator: OneViewSimulator, appliance: Appliance) -> None:
    total = len(simulator.inventory.profiles)
    simulator.faults.add("item_removed", times=1, path=PROFILES)
    assert [appliance.get(PROFILES).json()["total"] for _rest in range(2)] == [total, total - 1]
    simulator.faults.add("item_added", times=1, path=PROFILES)
    assert [appliance.get(PROFILES).json()["total"] for _rest in range(2)] == [total - 1, total]


def test_profiles_look_as_recorded(appliance: Appliance, vendor_sample: Callable[[str], Any]) -> None:
    assert key_paths(vendor_sample("oneview/server-profiles.json")) <= key_paths(appliance.get(PROFILES, start=0, count=256).json())


def test_hardware_looks_as_recorded(appliance: Appliance, vendor_sample: Callable[[str], Any]) -> None:
    assert key_paths(vendor_sample("oneview/server-hardware.json")) <= key_paths(appliance.get(HARDWARE, start=0, count=256).json())


def test_login_and_errors_look_as_recorded(appliance: Appliance, vendor_sample: Callable[[str], Any]) -> None:
    assert key_paths(vendor_sample("oneview/login-response.json")) == key_paths(appliance.login().json())
    assert vendor_sample("oneview/error-404.json") == appliance.get("/rest/x").json()
    assert vendor_sample("oneview/error-404-profile.json") == appliance.get(PROFILES + "/x").json()
    assert vendor_sample("oneview/error-400-login.json") == appliance.login(password="wrong").json()
    appliance.headers["auth"] = "stale"
    assert vendor_sample("oneview/error-401.json") == appliance.get(PROFILES).json()
