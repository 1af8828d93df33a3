# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated OME keeps the rules, and the oddities, of the real one."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests

from tests.fixtures.vendor_samples import key_paths
from tests.simulators.inventory import generate
from tests.simulators.ome import OmeSimulator

SESSIONS, PROFILES, DEVICES = "/api/SessionService/Sessions", "/api/ProfileService/Profiles", "/api/DeviceService/Devices"


@pytest.fixture
def simulator() -> Iterator[OmeSimulator]:
    with OmeSimulator(generate("ome", 120, odd=True)) as running:
        yield running


class Appliance:
    """Asks it as a client does: queries are sent as they are written."""

    def __init__(self, simulator: OmeSimulator, plain_client: requests.Session) -> None:
        self.url, self.client, self.headers, self.session = simulator.url, plain_client, {}, ""

    def login(self, **changes: Any) -> requests.Response:
        answer = self.client.post(self.url + SESSIONS, json={"UserName": "admin", "Password": "secret", "SessionType": "API"} | changes)
        if answer.status_code == 201:
            self.headers, self.session = {"X-Auth-Token": answer.headers["X-Auth-Token"]}, answer.json()["Id"]
        return answer

    def get(self, path: str) -> requests.Response:
        return self.client.get(self.url + path, headers=self.headers)

    def found(self, path: str, text: str) -> list[dict[str, Any]]:
        answer = self.get(f"{path}?$skip=0&$top=1000&$filter={quote(text)}")
        assert answer.status_code == 200, answer.text
        return answer.json()["value"]


@pytest.fixture
def appliance(simulator: OmeSimulator, plain_client: requests.Session) -> Appliance:
    ours = Appliance(simulator, plain_client)
    assert ours.login().status_code == 201
    return ours


def assert_error(answer: requests.Response, status: int, message_id: str) -> None:
    error = answer.json()["error"]
    assert (answer.status_code, error["@Message.ExtendedInfo"][0]["MessageId"]) == (status, message_id)
    assert set(error) == {"code", "message", "@Message.ExtendedInfo"}
    assert set(error["@Message.ExtendedInfo"][0]) == {"MessageId", "Message", "MessageArgs", "Severity", "Resolution", "RelatedProperties"}


def test_the_token_comes_in_a_header_and_dies_at_logout(simulator: OmeSimulator, appliance: Appliance) -> None:
    path = f"{SESSIONS}('{appliance.session}')"
    assert appliance.get(path).json()["Id"] == appliance.session
    assert appliance.client.delete(appliance.url + path, headers=appliance.headers).status_code == 204
    assert_error(appliance.get(DEVICES), 401, "CGEN1001")
    assert (simulator.counters.logins, simulator.counters.logouts, simulator.counters.open_sessions) == (1, 1, 0)


def test_the_other_way_to_log_out(simulator: OmeSimulator, appliance: Appliance) -> None:
    answer = appliance.client.post(appliance.url + "/api/SessionService/Actions/SessionService.Logoff", headers=appliance.headers)
    assert answer.status_code == 204 and simulator.counters.open_sessions == 0


def test_logins_that_are_refused(simulator: OmeSimulator, appliance: Appliance) -> None:
    assert appliance.login(Password="wrong").status_code == 401
    assert_error(appliance.login(SessionType=None), 400, "CGEN6002")
    simulator.quirks.sessions_per_user = 1
    assert_error(appliance.login(), 400, "CURS1209")


def test_basic_authentication_logs_in_each_time(simulator: OmeSimulator, appliance: Appliance) -> None:
    for _rest in range(2):
        assert appliance.client.get(appliance.url + DEVICES, auth=("admin", "secret")).status_code == 200
    assert appliance.client.get(appliance.url + DEVICES, auth=("admin", "wrong")).status_code == 401
    assert simulator.counters.logins == 3


def test_fifty_come_unless_both_skip_and_top_are_sent(appliance: Appliance) -> None:
    sizes = {query: len(appliance.get(DEVICES + query).json()["value"]) for query in ("", "?$top=100", "?$skip=0&$top=100", "?$skip=120&$top=100")}
    total = appliance.get(DEVICES).json()["@odata.count"]
    assert sizes == {"": 50, "?$top=100": 50, "?$skip=0&$top=100": 100, "?$skip=120&$top=100": total - 120}


def test_the_server_may_give_less_than_asked(simulator: OmeSimulator, appliance: Appliance) -> None:
    simulator.quirks.page_cap = 7
    assert len(appliance.get(f"{PROFILES}?$skip=0&$top=100").json()["value"]) == 7


def test_the_next_link_loses_the_filter(simulator: OmeSimulator, appliance: Appliance) -> None:
    query = f"{DEVICES}?$skip=0&$top=10&$filter=Type%20eq%201000"
    assert appliance.get(query).json()["@odata.nextLink"] == f"{DEVICES}?$skip=10&$top=10"
    simulator.quirks.next_link_keeps_filter = True
    assert appliance.get(query).json()["@odata.nextLink"] == f"{DEVICES}?$skip=10&$top=10&$filter=Type%20eq%201000"
    assert "@odata.nextLink" not in appliance.get(f"{DEVICES}?$skip=0&$top=1000").json()


def test_filters(simulator: OmeSimulator, appliance: Appliance) -> None:
    first, second = simulator.inventory.devices[:2]
    assert appliance.found(DEVICES, f"DeviceServiceTag eq '{first['DeviceServiceTag']}'") == [first]
    assert appliance.found(DEVICES, f"Id eq {first['Id']} or Id eq {second['Id']}") == [first, second]
    assert {device["Type"] for device in appliance.found(DEVICES, "Type eq 2000 or Type eq 4000")} == {2000, 4000}
    assert len(appliance.found(PROFILES, "contains(ProfileName,'node-01')")) == 10
    assert appliance.found(PROFILES, "ProfileName eq 'it''s'") == []
    assert appliance.found(PROFILES, "ProfileName eq 'DELL-NODE-001'") == []
    simulator.quirks.filter_case_sensitive = False
    assert [profile["ProfileName"] for profile in appliance.found(PROFILES, "ProfileName eq 'DELL-NODE-001'")] == ["dell-node-001"]


def test_a_plus_is_no_space(appliance: Appliance) -> None:
    assert_error(appliance.get(f"{DEVICES}?$filter=Type+eq+1000"), 400, "CGEN1002")


@pytest.mark.parametrize("query", ["$filter=TargetId%20eq%201", "$filter=Id%20eq%201", "$filter=ProfileName", "$select=Id", "$expand=x", "$orderby=Id"])
def test_queries_on_profiles_that_it_does_not_take(appliance: Appliance, query: str) -> None:
    assert_error(appliance.get(f"{PROFILES}?{query}"), 400, "CGEN1002")


def test_or_on_names_may_be_refused(simulator: OmeSimulator, appliance: Appliance) -> None:
    simulator.quirks.or_on_names = False
    assert_error(appliance.get(f"{PROFILES}?$filter=" + quote("ProfileName eq 'a' or ProfileName eq 'b'")), 400, "CGEN1002")


def test_devices_without_nics_and_unknown_ones(simulator: OmeSimulator, appliance: Appliance) -> None:
    chassis = next(device for device in simulator.inventory.devices if device["Type"] == 2000)
    inventory = "InventoryDetails('serverNetworkInterfaces')"
    assert appliance.get(f"{DEVICES}({chassis['Id']})/{inventory}").json()["InventoryInfo"] == []
    assert_error(appliance.get(f"{DEVICES}(1)"), 400, "CGEN1004")
    assert_error(appliance.get(f"{DEVICES}(1)/{inventory}"), 400, "CGEN1004")
    assert_error(appliance.get("/api/Nothing"), 404, "CGEN1006")
    bare = next(iter(simulator.inventory.bare_lists))
    assert isinstance(appliance.get(f"{DEVICES}({bare})/{inventory}").json(), list)


def test_order_by_name(appliance: Appliance) -> None:
    names = [profile["ProfileName"] for profile in appliance.get(f"{PROFILES}?$skip=0&$top=1000&$orderby=ProfileName%20desc").json()["value"]]
    assert names == sorted(names, reverse=True)


def test_lists_look_as_recorded(appliance: Appliance, vendor_sample: Callable[[str], Any]) -> None:
    for path, name in ((PROFILES, "profiles"), (DEVICES, "devices-page1"), ("/api/SessionService/SessionConfiguration", "session-configuration")):
        assert key_paths(vendor_sample(f"ome/{name}.json")) <= key_paths(appliance.get(path).json()), name


def test_objects_look_as_recorded(simulator: OmeSimulator, appliance: Appliance, vendor_sample: Callable[[str], Any]) -> None:
    path = f"{DEVICES}({simulator.inventory.devices[0]['Id']})"
    assert key_paths(vendor_sample("ome/device-one.json")) <= key_paths(appliance.get(path).json())
    inventory = appliance.get(f"{path}/InventoryDetails('serverNetworkInterfaces')").json()
    assert key_paths(vendor_sample("ome/inventory-server-network-interfaces.json")) <= key_paths(inventory)


def test_login_and_errors_look_as_recorded(simulator: OmeSimulator, appliance: Appliance, vendor_sample: Callable[[str], Any]) -> None:
    assert key_paths(vendor_sample("ome/session-response.json")) == key_paths(appliance.login().json())
    assert vendor_sample("ome/error-404.json") == appliance.get("/api/x").json()
    assert vendor_sample("ome/error-400-value.json") == appliance.get(f"{DEVICES}?$filter=Id%20eq%20'x'").json()
    assert vendor_sample("ome/error-401.json") == appliance.login(Password="wrong").json()
    simulator.faults.add("sessions_full")
    assert vendor_sample("ome/error-session-limit.json") == appliance.login().json()
