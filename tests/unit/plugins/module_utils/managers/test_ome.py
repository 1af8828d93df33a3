# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OME's session, paging and filters, where they do not go as documented."""
from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.errors import InvalidAnswer, LoginRefused, ManagerError, ManagerUnreachable
from ansible_collections.baremetal.generator.plugins.module_utils.managers.config import ManagerConfig
from ansible_collections.baremetal.generator.plugins.module_utils.managers.ome import DEVICES, PROFILES, OmeManager
from ansible_collections.baremetal.generator.plugins.module_utils.managers.ome_session import SESSIONS
from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason, Server
from tests.fixtures.scripted_http import Asked, Say, ScriptedServer


def profile(name: str, number: int = 1, target: int = 1) -> dict[str, Any]:
    return {"Id": 100 + number, "ProfileName": name, "TargetId": target, "TargetName": "192.0.2.99"}


def device(number: int = 1, name: str = "idrac", **more: Any) -> dict[str, Any]:
    return {"Id": number, "Type": 1000, "DeviceServiceTag": f"TAG{number}", "DeviceName": name, "Model": "PowerEdge R660",
            "DeviceManagement": [{"ManagementType": 2, "NetworkAddress": f"192.0.2.{number}", "DnsName": ""}], **more}


def error(message_id: str, message: str, status: int) -> Say:
    details = {"MessageId": message_id, "Message": message, "Resolution": "Do something."}
    return Say({"error": {"code": "Base.1.0.GeneralError", "message": "A general error has occurred. See ExtendedInfo for more information.",
                          "@Message.ExtendedInfo": [details]}}, status=status)


INVENTORY = [{"NicId": "NIC.Slot.1", "Ports": [{"PortId": "NIC.Slot.1-1", "LinkStatus": "Up", "ProductName": "Fast", "Partitions": [
    {"Fqdd": "NIC.Slot.1-1-1", "CurrentMacAddress": "B0:7B:25:00:00:01"}]}]}]


class Ome:
    """A small appliance: lists with $skip, $top, a page cap, and `eq` filters joined by or."""

    def __init__(self, profiles: list[dict[str, Any]], devices: list[dict[str, Any]], cap: int = 1000, filters: bool = True) -> None:
        self.lists = {PROFILES: profiles, DEVICES: devices}
        self.cap, self.filters = cap, filters
        self.inventory: Any = {"InventoryType": "serverNetworkInterfaces", "InventoryInfo": INVENTORY}
        self.special: dict[str, list[Say]] = {}

    def __call__(self, asked: Asked) -> Say:
        path = urlsplit(asked.path).path
        special = self.special.get(f"{asked.method} {path}")
        if special:
            return special.pop(0)
        if path.startswith(SESSIONS):
            return Say({"Id": "7b72", "UserName": "u"}, 201, {"X-Auth-Token": "token-1"}) if asked.method == "POST" else Say(status=204)
        if path in self.lists:
            return self.listed(self.lists[path], asked.path)
        if path.endswith("/InventoryDetails('serverNetworkInterfaces')"):
            return Say(self.inventory)
        return error("CGEN1006", "The resource URI does not exist.", 404)

    def listed(self, items: list[dict[str, Any]], path: str) -> Say:
        assert "+" not in path, "a plus sign is no space for this appliance"
        query = parse_qs(urlsplit(path).query)
        condition = query.get("$filter", [""])[0]
        if condition:
            if not self.filters:
                return error("CGEN1014", "Invalid value.", 400)
            pairs = re.findall(r"(\w+) eq (?:'([^']*)'|(\d+))", condition)
            items = [one for one in items if any(str(one[key]) == (text or number) for key, text, number in pairs)]
        start = int(query["$skip"][0])
        return Say({"@odata.count": len(items), "value": items[start:start + min(self.cap, int(query["$top"][0]))],
                    "@odata.nextLink": f"{urlsplit(path).path}?$skip=1&$top=1"})


@contextmanager
def asking(appliance: Ome) -> Iterator[tuple[OmeManager, ScriptedServer]]:
    with ScriptedServer(appliance) as server:
        manager = OmeManager(ManagerConfig("ome", "ome", server.url, "automation", "pa55", validate_certs=False))
        try:
            yield manager, server
        finally:
            manager.logout()


def failure(appliance: Ome, kind: type[ManagerError]) -> str:
    with asking(appliance) as (manager, server):
        with pytest.raises(kind) as caught:
            manager.find(["n1"])
        return str(caught.value).replace(server.url, "URL")


def test_one_name_takes_five_requests_and_the_session_is_closed() -> None:
    with asking(Ome([profile("n1")], [device()])) as (manager, server):
        assert isinstance(manager.find(["n1"])["n1"], Server)
        manager.logout()
        assert [f"{asked.method} {urlsplit(asked.path).path}" for asked in server.asked] == [
            f"POST {SESSIONS}", f"GET {PROFILES}", f"GET {DEVICES}", f"GET {DEVICES}(1)/InventoryDetails('serverNetworkInterfaces')",
            f"DELETE {SESSIONS}('7b72')"]
        assert {asked.headers.get("X-Auth-Token") for asked in server.asked[1:]} == {"token-1"}


def test_skip_and_top_are_always_sent_and_so_is_the_filter() -> None:
    appliance = Ome([profile(f"n{at}", at, at) for at in range(1, 8)], [device(at) for at in range(1, 8)], cap=2)
    with asking(appliance) as (manager, server):
        found = manager.find([f"n{at}" for at in range(1, 6)])
        assert all(isinstance(one, Server) for one in found.values())
        lists = [path for path in server.paths() if "?" in path]
        assert all("$skip=" in path and "$top=1000" in path and "$filter=" in path for path in lists) and len(lists) == 6


def test_more_names_than_a_filter_takes_are_found_in_the_whole_list() -> None:
    with asking(Ome([profile(f"n{at}", at, at) for at in range(1, 31)], [device(at) for at in range(1, 31)])) as (manager, server):
        assert all(isinstance(one, Server) for one in manager.find([f"n{at}" for at in range(1, 31)]).values())
        assert len([path for path in server.paths() if "?" in path]) == 2 and "filter" not in "".join(server.paths())


@pytest.mark.parametrize("filters", [True, False])
def test_a_name_in_another_case_is_found_whatever_the_filter_thinks_of_it(filters: bool) -> None:
    with asking(Ome([profile("n1")], [device()], filters=filters)) as (manager, _server):
        assert isinstance(manager.find(["N1"])["N1"], Server)


def test_the_profile_leads_to_its_device_by_id_never_by_the_name_shown() -> None:
    with asking(Ome([profile("n1", 1, 2)], [device(1, "192.0.2.99"), device(2)])) as (manager, _server):
        found = manager.find(["n1"])["n1"]
        assert isinstance(found, Server) and found.bmc_address == "192.0.2.2"


@pytest.mark.parametrize("name", ["tag2", "IDRAC-2.example.com"])
def test_a_device_is_found_by_service_tag_and_name(name: str) -> None:
    with asking(Ome([], [device(1), device(2, "idrac-2.example.com"), {**device(3, "tag2"), "Type": 2000}])) as (manager, _server):
        found = manager.find([name])[name]
        assert isinstance(found, Server) and found.serial == "TAG2"


def test_two_devices_of_one_name_are_ambiguous() -> None:
    with asking(Ome([], [device(1, "twin"), device(2, "TWIN")])) as (manager, server):
        assert manager.find(["twin"])["twin"] == Reason(
            "Ambiguous", f"ome ({server.url}) knows several servers named 'twin' (TWIN, service tag TAG2, twin, service tag TAG1); write the service tag of "
                         "the device that is meant, or remove all but one there.")
        assert [getattr(manager.find([tag])[tag], "serial", "") for tag in ("tag1", "tag2")] == ["TAG1", "TAG2"]


def test_two_profiles_of_one_name_are_ambiguous_and_the_service_tag_tells_them_apart() -> None:
    with asking(Ome([profile("n1", 1, 1), profile("N1", 2, 2)], [device(1), device(2)], filters=False)) as (manager, server):
        assert manager.find(["n1"])["n1"] == Reason(
            "Ambiguous", f"ome ({server.url}) knows several servers named 'n1' (profile N1, id 102, profile n1, id 101); rename all but one, or write the "
                         "service tag of the server that is meant.")
        assert getattr(manager.find(["TAG2"])["TAG2"], "bmc_address", "") == "192.0.2.2"


def test_two_devices_of_one_service_tag_are_told_apart_by_their_names() -> None:
    with asking(Ome([], [device(1, "old"), {**device(2, "new"), "DeviceServiceTag": "TAG1"}])) as (manager, _server):
        found = manager.find(["tag1"])["tag1"]
        assert isinstance(found, Reason) and found.reason == "Ambiguous" and "write the name of the device that is meant" in found.message
        assert getattr(manager.find(["new"])["new"], "bmc_address", "") == "192.0.2.2"


@pytest.mark.parametrize("body", [
    {}, {"message": "maintenance"}, [], "text", 7, None, {"value": []}, {"@odata.count": 0}, {"value": [], "@odata.count": 1000},
    {"value": {}, "@odata.count": 0},
    {"value": None, "@odata.count": 1}, {"value": [], "@odata.count": None}, {"value": [], "@odata.count": -1}, {"value": [], "@odata.count": "many"},
    {"value": [], "@odata.count": float("inf")}, {"value": [], "@odata.count": float("nan")}, {"value": [], "@odata.count": True},
    {"value": ["x"], "@odata.count": 1}, {"value": [{}], "@odata.count": 1}, {"value": [{"Id": 1, "ProfileName": 7}], "@odata.count": 1},
    {"value": [], "@odata.count": 0, "@odata.context": "/api/$metadata#Collection(JobService.Job)"}, {"value": [], "@odata.count": 0, "@odata.context": []},
    {"error": {"code": "Base.1.0.GeneralError"}},
], ids=repr)
@pytest.mark.parametrize("path", [PROFILES, DEVICES])
@pytest.mark.parametrize("count", [1, 30])
def test_nothing_but_a_full_list_says_that_a_server_is_unknown(body: Any, path: str, count: int) -> None:
    appliance = Ome([], [])
    appliance.special[f"GET {path}"] = [Say(body) for _reading in range(9)]
    with asking(appliance) as (manager, _server):
        try:
            said = manager.find([f"n{at}" for at in range(count)])["n0"]
        except InvalidAnswer:
            return
        assert isinstance(said, Reason) and said.reason == "InvalidAnswer", said


def test_a_list_that_counts_more_than_it_shows_leaves_the_unseen_open_and_the_seen_found() -> None:
    appliance = Ome([profile("n1")], [device()])
    appliance.special[f"GET {PROFILES}"] = [Say({"@odata.count": 5, "value": [profile("n1")]}), Say({"@odata.count": 5, "value": []})] * 4
    with asking(appliance) as (manager, server):
        found = manager.find(["n1", "n2"])
        assert isinstance(found["n1"], Server)
        assert found["n2"] == Reason(
            "InvalidAnswer", f"ome ({server.url}) does not show all that GET {PROFILES} should list: it counts 5 and lists 1; it is asked again later.")


@pytest.mark.parametrize("odd", ["x", None, {}, {"Id": 9, "ProfileName": [[]]}, {"Id": 9}])
def test_a_profile_that_cannot_be_read_leaves_those_open_that_nothing_else_names(odd: Any) -> None:
    appliance = Ome([], [device(1, "known")])
    appliance.special[f"GET {PROFILES}"] = [Say({"@odata.count": 1, "value": [odd]})] * 4
    with asking(appliance) as (manager, server):
        found = manager.find(["known", "tag1", "unknown"])
        assert isinstance(found["known"], Server) and isinstance(found["tag1"], Server)
        assert isinstance(found["unknown"], Reason) and found["unknown"].reason == "InvalidAnswer"
        assert f"{server.url}) does not show all that GET {PROFILES} should list: 1 of 1 " in found["unknown"].message


def test_profiles_that_a_cut_list_does_not_show_leave_names_of_devices_open() -> None:
    appliance = Ome([], [device(1, "known")])
    appliance.special[f"GET {PROFILES}"] = [Say({"@odata.count": 2, "value": []})] * 4
    with asking(appliance) as (manager, _server):
        found = manager.find(["known"])["known"]
        assert isinstance(found, Reason) and found.reason == "InvalidAnswer" and "it counts 2 and lists 0" in found.message


def test_a_device_that_a_cut_list_does_not_show_may_be_there() -> None:
    appliance = Ome([profile("n1", 1, 7)], [device()])
    appliance.special[f"GET {DEVICES}"] = [Say({"@odata.count": 2, "value": [device()]}), Say({"@odata.count": 2, "value": []})] * 4
    with asking(appliance) as (manager, _server):
        found = manager.find(["n1"])["n1"]
        assert isinstance(found, Reason) and "it counts 2 and lists 1" in found.message


@pytest.mark.parametrize("target", [None, "", "x", -1, True, 1.5, 10 ** 30, [], {}])
def test_a_target_that_cannot_be_read_is_no_guess(target: Any) -> None:
    with asking(Ome([{**profile("n1"), "TargetId": target}, profile("n2", 2, 2)], [device(1), device(2)])) as (manager, _server):
        found = manager.find(["n1", "n2"])
        assert isinstance(found["n1"], Reason) and found["n1"].reason == "InvalidAnswer" and "TargetId" in found["n1"].message
        assert isinstance(found["n2"], Server)


@pytest.mark.parametrize("change", [{"Type": 2000}, {"Type": None}, {"Type": "server"}, {"Type": True}, {"DeviceManagement": None}, {"DeviceManagement": {}},
                                    {"Id": "one"}, {"Id": True}])
def test_a_device_that_cannot_be_read_is_no_guess(change: dict[str, Any]) -> None:
    with asking(Ome([profile("n1"), profile("n2", 2, 2)], [{**device(1), **change}, device(2)])) as (manager, _server):
        found = manager.find(["n1", "n2"])
        assert isinstance(found["n1"], Reason) and found["n1"].reason == "InvalidAnswer" and isinstance(found["n2"], Server)


def test_an_id_that_two_devices_have_is_no_guess() -> None:
    twins = [device(1, "a"), device(1, "b", DeviceManagement=[{"ManagementType": 2, "NetworkAddress": "192.0.2.77"}])]
    for name, profiles in (("n1", [profile("n1")]), ("a", [])):
        with asking(Ome(profiles, twins)) as (manager, _server):
            found = manager.find([name])[name]
            assert isinstance(found, Reason) and found.reason == "InvalidAnswer" and "device 1 is listed twice" in found.message


def test_names_with_quotes_are_asked_for_as_odata_writes_them() -> None:
    name = "it's \"web\" & co + 1"
    with asking(Ome([profile(name)], [device()])) as (manager, server):
        assert isinstance(manager.find([name])[name], Server)
        assert any("ProfileName%20eq%20'it''s%20%22web%22%20%26%20co%20%2B%201'" in path for path in server.paths())


def test_profiles_without_device_with_a_hidden_one_and_names_that_nobody_has() -> None:
    with asking(Ome([profile("n1", 1, 0), profile("n2", 2, 77)], [device(1)])) as (manager, server):
        found = manager.find(["n1", "n2", "n3"])
        assert found["n1"] == Reason("Unassigned", f"ome ({server.url}) has the profile 'n1', but no server is assigned to it; assign one.")
        assert found["n2"].reason == "InvalidAnswer" and "device 77" in found["n2"].message         # type: ignore[union-attr]
        assert found["n3"] == Reason("NotFound", f"ome ({server.url}) knows no server named 'n3'; correct the name, or create the server there.")


def test_an_item_that_slips_between_pages_is_found_by_reading_again() -> None:
    appliance = Ome([], [device(1), device(2)])
    appliance.special[f"GET {PROFILES}"] = [Say({"@odata.count": 3, "value": [profile("a", 5), profile("b", 6)]}), Say({"@odata.count": 2, "value": []}),
                                            Say({"@odata.count": 2, "value": [profile("a", 5), profile("n1", 1)]})]
    with asking(appliance) as (manager, _server):
        assert isinstance(manager.find([f"n{at}" for at in range(1, 25)])["n1"], Server)


@pytest.mark.parametrize("inventory", [INVENTORY, {"InventoryInfo": INVENTORY}])
def test_an_inventory_may_be_a_bare_list(inventory: Any) -> None:
    appliance = Ome([profile("n1")], [device()])
    appliance.inventory = inventory
    with asking(appliance) as (manager, _server):
        assert isinstance(manager.find(["n1"])["n1"], Server)


@pytest.mark.parametrize("answer", [Say({"InventoryInfo": []}), error("CGEN1004", "Invalid id.", 400), error("CGEN1006", "No.", 404)])
def test_a_missing_inventory_is_a_reason_of_its_own(answer: Say) -> None:
    appliance = Ome([profile("n1")], [device()])
    appliance.special[f"GET {DEVICES}(1)/InventoryDetails('serverNetworkInterfaces')"] = [answer]
    with asking(appliance) as (manager, _server):
        found = manager.find(["n1"])["n1"]
        assert isinstance(found, Reason) and found.reason == "NoMac" and "run the inventory" in found.message


@pytest.mark.parametrize("answer", [
    Say({"message": "maintenance"}), Say({}), Say([]), Say({"InventoryInfo": None}), Say("<html>Welcome</html>", 404), Say({"message": "x"}, 404),
    Say({}, 400)])
def test_what_is_no_inventory_is_not_a_missing_one(answer: Say) -> None:
    appliance = Ome([profile("n1")], [device()])
    appliance.special[f"GET {DEVICES}(1)/InventoryDetails('serverNetworkInterfaces')"] = [answer] * 9
    with asking(appliance) as (manager, _server):
        found = manager.find(["n1"])["n1"]
        assert isinstance(found, Reason) and found.reason == "InvalidAnswer", found


def test_wrong_password() -> None:
    appliance = Ome([], [])
    appliance.special[f"POST {SESSIONS}"] = [error("CGEN1001", "the user is not authenticated", 401)]
    assert failure(appliance, LoginRefused) == (
        "ome (URL) refused the login of user 'automation': the user is not authenticated; correct username and password of this manager.")


def test_a_full_session_table_may_pass() -> None:
    appliance = Ome([], [])
    appliance.special[f"POST {SESSIONS}"] = [error("CURS1209", "Too many sessions.", 400)]
    assert failure(appliance, ManagerUnreachable) == "ome (URL) has no free session for user 'automation': Too many sessions; it is asked again later."


def test_html_instead_of_json() -> None:
    appliance = Ome([], [])
    appliance.special[f"GET {PROFILES}"] = [Say("<html>Welcome</html>")] * 6
    assert failure(appliance, InvalidAnswer) == (
        "ome (URL) answered with an HTML page instead of JSON (HTTP 200); check that url and type name the right system.")


def test_an_expired_session_is_renewed_once_for_all_threads_and_none_is_left() -> None:
    appliance = Ome([profile(f"n{at}", at, at) for at in range(1, 31)], [device(at) for at in range(1, 31)])
    tokens = iter(f"token-{at}" for at in range(9))

    def expiring(asked: Asked) -> Say:
        if asked.method == "POST":
            return Say({"Id": "7b72"}, 201, {"X-Auth-Token": next(tokens)})
        if "Inventory" in asked.path and asked.headers["X-Auth-Token"] == "token-0":
            return error("GEN1234", "Expired.", 401)
        return appliance(asked)

    with ScriptedServer(expiring) as server:
        manager = OmeManager(ManagerConfig("ome", "ome", server.url, "automation", "pa55", validate_certs=False))
        try:
            assert all(isinstance(one, Server) for one in manager.find([f"n{at}" for at in range(1, 31)]).values())
        finally:
            manager.logout()
        assert (len(server.paths("POST")), len(server.paths("DELETE"))) == (2, 2)


def test_a_second_401_is_a_missing_right() -> None:
    appliance = Ome([], [])
    appliance.special[f"GET {PROFILES}"] = [error("GEN1234", "No.", 401)] * 3
    assert failure(appliance, LoginRefused) == f"ome (URL) does not let user 'automation' read {PROFILES}; give the user the right to read it."


def test_an_inventory_that_cannot_be_read_fails_its_own_server_only() -> None:
    appliance = Ome([profile("n1", 1, 1), profile("n2", 2, 2)], [device(1), device(2)])
    appliance.special[f"GET {DEVICES}(1)/InventoryDetails('serverNetworkInterfaces')"] = [error("CGEN6000", "Database trouble.", 500)] * 3
    with asking(appliance) as (manager, server):
        found = manager.find(["n1", "n2"])
        assert isinstance(found["n2"], Server)
        assert found["n1"] == Reason(
            "ManagerUnreachable", f"ome ({server.url}) answered the inventory of device 1 with HTTP 500, CGEN6000: Database trouble; it is asked again later.")
