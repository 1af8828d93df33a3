# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OneView's session, paging and filters, where they do not go as documented."""
from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.deadline import Deadline
from ansible_collections.baremetal.generator.plugins.module_utils.errors import InvalidAnswer, LoginRefused, ManagerError, ManagerUnreachable
from ansible_collections.baremetal.generator.plugins.module_utils.managers import Wanted, open_managers
from ansible_collections.baremetal.generator.plugins.module_utils.managers.config import ManagerConfig
from ansible_collections.baremetal.generator.plugins.module_utils.managers.oneview import OneViewManager
from ansible_collections.baremetal.generator.plugins.module_utils.managers.oneview_lists import chunks
from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason, Server
from tests.fixtures.scripted_http import Asked, Say, ScriptedServer

VERSION = {"currentVersion": 8000, "minimumVersion": 120}


def profile(name: str, number: int = 1, hardware: str | None = "h1") -> dict[str, Any]:
    return {"uri": f"/rest/server-profiles/p{number}", "name": name, "serverHardwareUri": f"/rest/server-hardware/{hardware}" if hardware else None,
            "connectionSettings": {"connections": []}}


def machine(name: str, number: int = 1, profile_uri: str | None = None, **more: Any) -> dict[str, Any]:
    ports = [{"type": "Ethernet", "portNumber": 1, "mac": f"00:FD:45:00:00:{number:02x}"}]
    return {"uri": f"/rest/server-hardware/h{number}", "name": name, "serialNumber": f"SN{number}", "serverName": None, "serverProfileUri": profile_uri,
            "mpHostInfo": {"mpIpAddresses": [{"address": f"192.0.2.{number}", "type": "Static"}]},
            "portMap": {"deviceSlots": [{"location": "Lom", "slotNumber": 1, "physicalPorts": ports}]}, **more}


def page(members: list[dict[str, Any]], total: int | None = None, following: str | None = None) -> dict[str, Any]:
    return {"members": members, "count": len(members), "total": len(members) if total is None else total, "nextPageUri": following, "uri": "/rest/this"}


class OneView:
    """A small appliance: lists, and a filter that compares as the regex says."""

    def __init__(self, profiles: list[dict[str, Any]], hardware: list[dict[str, Any]], filters: bool = True) -> None:
        self.lists = {"/rest/server-profiles": profiles, "/rest/server-hardware": hardware}
        self.filters = filters
        self.special: dict[str, list[Say]] = {}         # "GET /rest/x": what comes first instead

    def __call__(self, asked: Asked) -> Say:
        path = urlsplit(asked.path).path
        special = self.special.get(f"{asked.method} {path}")
        if special:
            return special.pop(0)
        if path == "/rest/version":
            return Say(VERSION)
        if path == "/rest/login-sessions":
            return Say({"sessionID": "token-1", "partnerData": {}}) if asked.method == "POST" else Say(status=204)
        if path in self.lists:
            return self.listed(self.lists[path], asked.path)
        found = next((one for members in self.lists.values() for one in members if one["uri"] == path), None)
        return Say(found) if found else Say({"errorCode": "RESOURCE_NOT_FOUND", "message": "No."}, status=404)

    def listed(self, members: list[dict[str, Any]], path: str) -> Say:
        wanted = parse_qs(urlsplit(path).query).get("filter", [""])[0]
        if wanted and not self.filters:
            return Say({"errorCode": "INVALID_FILTER", "message": "No such filter."}, status=400)
        if wanted:
            attribute, pattern = re.fullmatch(r"\"'(\w+)' regex '(.*)'\"", wanted).groups()      # type: ignore[union-attr]
            members = [one for one in members if re.fullmatch(pattern, str(one.get(attribute)), re.IGNORECASE)]
        return Say(page(members))


@contextmanager
def asking(appliance: OneView, **options: Any) -> Iterator[tuple[OneViewManager, ScriptedServer]]:
    with ScriptedServer(appliance) as server:
        manager = OneViewManager(ManagerConfig("east", "oneview", server.url, "automation", "pa55", validate_certs=False, **options))
        try:
            yield manager, server
        finally:
            manager.logout()


def failure(appliance: OneView, kind: type[ManagerError], **options: Any) -> str:
    with asking(appliance, **options) as (manager, server):
        with pytest.raises(kind) as caught:
            manager.find(["n1"])
        return str(caught.value).replace(server.url, "URL")


def error(code: str, message: str, status: int) -> Say:
    return Say({"errorCode": code, "message": message, "details": "", "recommendedActions": []}, status=status)


def test_one_name_takes_five_requests_and_the_session_is_closed() -> None:
    with asking(OneView([profile("n1")], [machine("bay 1")])) as (manager, server):
        assert isinstance(manager.find(["N1"])["N1"], Server)
        manager.logout()
        assert [f"{asked.method} {urlsplit(asked.path).path}" for asked in server.asked] == [
            "GET /rest/version", "POST /rest/login-sessions", "GET /rest/server-profiles", "GET /rest/server-hardware/h1", "DELETE /rest/login-sessions"]
        assert {asked.headers.get("X-API-Version") for asked in server.asked[1:]} == {"8000"}
        assert server.asked[-1].headers["auth"] == "token-1"


def test_the_login_acknowledges_the_banner_and_names_the_directory_only_when_it_is_given() -> None:
    for options, expected in (({}, b'"loginMsgAck": true}'), ({"login_domain": "LOCAL"}, b'"authLoginDomain": "LOCAL"}')):
        with asking(OneView([], []), **options) as (manager, server):
            manager.login()
            assert server.asked[1].body.endswith(expected)


def test_a_given_api_version_saves_the_question() -> None:
    with asking(OneView([], []), api_version=3000) as (manager, server):
        manager.find(["n1"])
        assert "/rest/version" not in server.paths() and server.asked[0].headers["X-API-Version"] == "3000"


def test_wrong_password() -> None:
    appliance = OneView([], [])
    appliance.special["POST /rest/login-sessions"] = [error("AUTHN_AUTH_FAIL", "Invalid username or password or directory.", 400)]
    assert failure(appliance, LoginRefused) == (
        "east (URL) refused the login of user 'automation': Invalid username or password or directory; correct username, password or login_domain of this "
        "manager.")


def test_a_refused_login_is_never_tried_again() -> None:
    appliance = OneView([], [])
    appliance.special["POST /rest/login-sessions"] = [error("AUTHN_AUTH_FAIL", "No.", 400)]
    with asking(appliance) as (manager, server):
        for _time in range(2):
            with pytest.raises(LoginRefused):
                manager.find(["n1"])
        assert len(server.paths("POST")) == 1


def test_a_full_session_table_may_pass() -> None:
    appliance = OneView([], [])
    appliance.special["POST /rest/login-sessions"] = [error("AUTHN_SESSION_CLIENT_LIMIT_CROSSED", "Too many sessions.", 400)]
    assert failure(appliance, ManagerUnreachable) == "east (URL) has no free session for user 'automation': Too many sessions; it is asked again later."


def test_html_instead_of_json() -> None:
    appliance = OneView([], [])
    appliance.special["GET /rest/version"] = [Say("<!DOCTYPE html><html>Welcome</html>")] * 3
    assert failure(appliance, InvalidAnswer) == (
        "east (URL) answered with an HTML page instead of JSON (HTTP 200); check that url and type name the right system.")


@pytest.mark.parametrize("status", [401, 403])
def test_a_version_that_nobody_may_ask_for_is_no_refused_login(status: int) -> None:
    appliance = OneView([], [])
    appliance.special["GET /rest/version"] = [error("AUTHORIZATION", "Not here.", status)]
    assert failure(appliance, InvalidAnswer) == (
        f"east (URL) does not let anybody ask for its version (HTTP {status}: Not here); look at what lies between, or set api_version.")


def test_an_api_version_that_the_appliance_does_not_speak() -> None:
    appliance = OneView([], [])
    appliance.special["GET /rest/server-profiles"] = [error("UNSUPPORTED_API_VERSION", "No.", 412)]
    assert failure(appliance, InvalidAnswer, api_version=9999) == (
        "east (URL) does not speak API version 9999; correct api_version of this manager, or leave it out.")
    appliance.special["GET /rest/version"] = [Say({"currentVersion": 12000, "minimumVersion": 9000})]
    assert failure(appliance, InvalidAnswer) == "east (URL) speaks API 9000 and newer, and 8000 is the newest that is known here; set api_version."


def test_a_session_that_expired_is_renewed_once_and_the_old_one_closed_first() -> None:
    appliance = OneView([profile("n1")], [machine("bay 1")])
    appliance.special["GET /rest/server-profiles"] = [error("AUTHORIZATION", "User not authorized for this operation.", 401)]
    with asking(appliance) as (manager, server):
        assert isinstance(manager.find(["n1"])["n1"], Server)
        manager.logout()
        assert [asked.method for asked in server.asked if "login" in asked.path] == ["POST", "DELETE", "POST", "DELETE"]


def test_a_second_401_is_a_missing_right() -> None:
    appliance = OneView([], [])
    appliance.special["GET /rest/server-profiles"] = [error("AUTHORIZATION", "Not authorized.", 401)] * 3
    assert failure(appliance, LoginRefused) == (
        "east (URL) does not let user 'automation' read /rest/server-profiles; give the user the right to read it.")


def test_a_logout_that_fails_is_a_warning() -> None:
    appliance = OneView([], [])
    appliance.special["DELETE /rest/login-sessions"] = [error("X", "Broken.", 500)] * 3
    with asking(appliance) as (manager, server):
        manager.login()
        manager.logout()
        assert manager.warnings == [f"A session is left open until its time is over: east ({server.url}) answered the logout with HTTP 500, X: Broken."]


@pytest.mark.parametrize("names", [1, 2])
def test_an_appliance_without_the_filter_is_read_whole(names: int) -> None:
    appliance = OneView([profile(f"n{at}", at, f"h{at}") for at in range(1, 4)], [machine(f"bay {at}", at) for at in range(1, 4)], filters=False)
    with asking(appliance) as (manager, _server):
        assert all(isinstance(found, Server) for found in manager.find([f"n{at + 1}" for at in range(names)]).values())


def test_a_filter_that_gives_other_members_gives_no_other_server() -> None:
    appliance = OneView([profile("n1"), profile("n2", 2)], [machine("bay 1")])
    with asking(appliance) as (manager, _server):
        appliance.listed = lambda members, path: Say(page(members))         # type: ignore[method-assign]
        found = manager.find(["n", "n1"])
        assert isinstance(found["n1"], Server) and found["n"].reason == "NotFound"       # type: ignore[union-attr]


@pytest.mark.parametrize("last", [None, "", "/rest/this"])
def test_pages_are_followed_until_the_next_is_none_empty_or_the_page_itself(last: str | None) -> None:
    appliance = OneView([], [machine("bay 1")])
    appliance.special["GET /rest/server-profiles"] = [
        Say(page([profile("a", 2)], 2, "/rest/server-profiles?start=1&count=1")), Say(page([profile("n1")], 2, last))]
    with asking(appliance) as (manager, server):
        assert isinstance(manager.find(["n1"])["n1"], Server)
        assert server.paths()[2] == "/rest/server-profiles?start=1&count=1"


def test_a_next_page_elsewhere_is_not_asked_for() -> None:
    appliance = OneView([], [])
    appliance.special["GET /rest/server-profiles"] = [Say(page([], 1, "https://192.0.2.1/rest/steal"))]
    assert "instead of the path of the next page" in failure(appliance, InvalidAnswer)


def test_a_list_that_changes_while_it_is_paged_is_read_again() -> None:
    appliance = OneView([profile("n1")], [machine("bay 1")])
    appliance.special["GET /rest/server-profiles"] = [Say(page([profile("a", 2)], 3, "/rest/server-profiles?start=1")), Say(page([], 2))]
    with asking(appliance) as (manager, _server):
        assert isinstance(manager.find(["n1"])["n1"], Server)


@pytest.mark.parametrize("asked_for", ["Encl1, bay 1", "sn1", "N1.EXAMPLE.COM"])
def test_a_machine_is_found_by_name_serial_and_server_name_with_its_profiles_macs(asked_for: str) -> None:
    assigned = profile("whatever")
    assigned["connectionSettings"]["connections"] = [
        {"id": 1, "functionType": "Ethernet", "macType": "Virtual", "mac": "9A:A0:22:90:00:01", "portId": "Mezz 3:1-a"}]
    with asking(OneView([assigned], [machine("Encl1, bay 1", 1, assigned["uri"], serverName="n1.example.com")])) as (manager, _server):
        found = manager.find([asked_for])[asked_for]
        assert isinstance(found, Server) and found.nics[0].mac == "9a:a0:22:90:00:01"


def test_a_virtual_serial_of_a_profile_is_no_name() -> None:
    with asking(OneView([{**profile("x"), "serialNumber": "VCG123"}], [machine("bay 1")])) as (manager, _server):
        assert manager.find(["VCG123"])["VCG123"].reason == "NotFound"      # type: ignore[union-attr]


def test_names_that_differ_in_case_only_are_ambiguous() -> None:
    with asking(OneView([profile("n1"), profile("N1", 2)], [])) as (manager, server):
        assert manager.find(["n1"])["n1"] == Reason(
            "Ambiguous", f"east ({server.url}) knows several servers named 'n1' (N1, n1); "
                         "rename all but one, or write the serial number of the server that is meant.")


def test_a_profile_without_hardware_and_one_whose_hardware_is_hidden() -> None:
    with asking(OneView([profile("n1", 1, None), profile("n2", 2, "h9")], [])) as (manager, server):
        found = manager.find(["n1", "n2"])
        assert found["n1"] == Reason("Unassigned", f"east ({server.url}) has the profile 'n1', but no server is assigned to it; assign one.")
        assert found["n2"] == Reason(
            "InvalidAnswer", f"east ({server.url}) assigns a server to profile 'n2' that it does not show; give the user the right to read it.")


@pytest.mark.parametrize("name", [".*", "n.", "(n1|n2)", "n1|n2", "^n1$", "n1) or (x", "a\\b", "[n]1", "n+1"])
def test_a_name_that_looks_like_a_pattern_means_only_itself(name: str) -> None:
    with asking(OneView([profile("n1"), profile("n2", 2), profile(name, 3)], [machine("bay 1")])) as (manager, server):
        found = manager.find([name, "nobody"])
        assert isinstance(found[name], Server), found
        assert len([path for path in server.paths() if "regex" in unquote(path) and "profiles" in path]) == 1


def test_long_names_are_split_over_urls_that_stay_short() -> None:
    portions = list(chunks(["x" * 100] * 100, len, bytes_=1000))
    assert [len(portion) for portion in portions] == [10] * 10
    with asking(OneView([], [])) as (manager, server):
        manager.find([f"{'x' * 200}{at}" for at in range(50)], Deadline(20))
        assert max(len(path) for path in server.paths()) < 4096


def outcomes(appliance: OneView, *names: str) -> dict[str, Any]:
    """Through the manager as a run asks it: whatever is raised is every name's reason."""
    with ScriptedServer(appliance) as server, open_managers(
            [ManagerConfig("east", "oneview", server.url, "automation", "pa55", validate_certs=False)], 5) as managers:
        return dict(managers.find(Wanted(name) for name in names))


def reasons(appliance: OneView, *names: str) -> set[str]:
    return {outcome.reason for outcome in outcomes(appliance, *names).values()}


NOT_THE_ANSWER: list[Any] = [
    {}, {"message": "maintenance"}, [], 3, None, "x", {"members": [], "total": 1000}, {"members": None, "total": 1}, {"members": {}, "total": 0},
    {"members": []}, {"members": [], "total": None}, {"members": [], "total": -1}, {"members": [], "total": 1e999}, {"members": [], "total": "many"},
    {"members": [], "total": 0, "category": "tasks"}, {"members": [], "total": 0, "type": "TaskList"}, {"members": [None], "total": 1},
    {"members": [[]], "total": 1}, {"members": [{}], "total": 1}, {"members": [{"name": 3}], "total": 1}, {"members": [], "total": 10 ** 30},
    {"members": [], "total": 0, "nextPageUri": 3}, {"members": [], "total": 0, "nextPageUri": "/rest/elsewhere?start=1"},
    {"members": [], "total": 5, "nextPageUri": "/rest/server-profiles?start=0&count=256"},
]


@pytest.mark.parametrize("body", NOT_THE_ANSWER)
@pytest.mark.parametrize("path", ["profiles", "hardware"])
def test_a_document_that_is_not_the_answer_never_means_that_nobody_is_there(path: str, body: Any) -> None:
    appliance = OneView([], [])
    appliance.special[f"GET /rest/server-{path}"] = [Say(body)] * 20
    assert reasons(appliance, "n1", "n2") == {"InvalidAnswer"}


def test_a_list_that_counts_more_than_it_lists_hides_nobody_who_is_in_it() -> None:
    appliance = OneView([], [machine("bay 1")])
    appliance.special["GET /rest/server-profiles"] = [Say(page([profile("n1")], 2))] * 2
    found = outcomes(appliance, "n1", "n2")
    assert isinstance(found["n1"], Server) and found["n2"].reason == "InvalidAnswer"
    assert "does not show all that GET /rest/server-profiles should list: it counts 2 and lists 1; it is asked again later." in found["n2"].message


def test_profiles_that_a_cut_list_does_not_show_leave_names_of_machines_open() -> None:
    appliance = OneView([], [machine("bay 1")])
    appliance.special["GET /rest/server-profiles"] = [Say(page([], 2))] * 2
    found = outcomes(appliance, "bay 1")["bay 1"]
    assert isinstance(found, Reason) and found.reason == "InvalidAnswer" and "it counts 2 and lists 0" in found.message


def test_a_machine_whose_name_cannot_be_read_may_be_the_second_of_that_name() -> None:
    twins = [machine("bay 1", 1, serverName="n1"), machine("bay 2", 2, serverName=["n1"])]
    found = outcomes(OneView([], twins, filters=False), "n1", "bay 1", "SN2")
    assert found["n1"].reason == "InvalidAnswer" and "serverName of one of them is a list instead of a text" in found["n1"].message
    assert isinstance(found["bay 1"], Server) and isinstance(found["SN2"], Server)


@pytest.mark.parametrize(("say", "reason"), [
    (Say({"errorCode": "X", "message": "Busy."}, status=500), "ManagerUnreachable"),
    (Say({"errorCode": "X", "message": "No."}, status=418), "InvalidAnswer"),
    *((Say(body), "InvalidAnswer") for body in ({}, [], {"message": "maintenance"}, machine("bay 2", 2))),
])
def test_a_single_read_that_fails_is_told_as_it_is_and_concerns_one_name(say: Say, reason: str) -> None:
    appliance = OneView([profile("n1"), profile("n2", 2, "h2")], [machine("bay 1"), machine("bay 2", 2, "/rest/server-profiles/p2")])
    appliance.special["GET /rest/server-hardware/h1"] = [say] * 9
    found = outcomes(appliance, "n1", "n2")
    assert found["n1"].reason == reason and "give the user the right" not in found["n1"].message
    assert isinstance(found["n2"], Server)


@pytest.mark.parametrize("value", ["", 3, [], {}, True, "h1", "/rest/elsewhere/h1", "/rest/server-hardware/\ud800"])
def test_a_link_that_cannot_be_followed_is_odd(value: Any) -> None:
    odd = {**profile("n1"), "serverHardwareUri": value}
    assert outcomes(OneView([odd], [machine("bay 1")]), "n1")["n1"].reason == ("Unassigned" if value == "" else "InvalidAnswer")
    del odd["serverHardwareUri"]
    assert reasons(OneView([odd], [machine("bay 1")]), "n1") == {"InvalidAnswer"}


def test_a_machine_that_does_not_say_whether_it_has_a_profile_is_odd() -> None:
    without = machine("bay 1")
    del without["serverProfileUri"]
    assert reasons(OneView([], [without]), "bay 1") == {"InvalidAnswer"}


def test_what_an_ambiguous_name_may_be_replaced_by_works() -> None:
    twins = [machine("bay 1", 1), machine("Bay 1", 2)]
    found = outcomes(OneView([], twins), "bay 1", "SN1", "sn2")
    assert found["bay 1"].reason == "Ambiguous" and "rename all but one, or write the serial number of the one that is meant." in found["bay 1"].message
    assert [found[name].bmc_address for name in ("SN1", "sn2")] == ["192.0.2.1", "192.0.2.2"]
    found = outcomes(OneView([], [machine("bay 1", 1), {**machine("bay 2", 2), "serialNumber": "SN1"}]), "sn1", "bay 2")
    assert "or write the name of the server hardware that is meant" in found["sn1"].message and found["bay 2"].bmc_address == "192.0.2.2"
    found = outcomes(OneView([profile("n1"), profile("N1", 2, "h2")], twins), "n1", "sn2")
    assert "or write the serial number of the server that is meant" in found["n1"].message and found["sn2"].bmc_address == "192.0.2.2"


@pytest.mark.parametrize("name", ["Encl1, bay 3", "esxi_host_01", "rack/4", "a b_c,d/e", "n~1#2&3", "50%", "größe", "a;b:c@d!e*f"])
def test_names_with_signs_are_found_by_the_filter(name: str) -> None:
    for appliance in (OneView([profile(name), profile("n2", 2)], [machine("bay 1")]), OneView([], [machine(name), machine("other", 2)]),
                      OneView([], [machine("x", serverName=name), machine("other", 2)])):
        assert isinstance(outcomes(appliance, name)[name], Server)
