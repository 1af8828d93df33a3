# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins and logouts of all vendors: an odd answer is told as it came and tried once, a lost session is renewed, and no password follows a redirect."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils.errors import InvalidArgument
from ansible_collections.baremetal.generator.plugins.module_utils.managers import Outcome, Wanted, open_managers
from ansible_collections.baremetal.generator.plugins.module_utils.models import Reason, Server
from tests.fixtures.asking import config
from tests.fixtures.scripted_http import Asked, Say, ScriptedServer
from tests.simulators.inventory import generate
from tests.simulators.ome import OmeSimulator
from tests.simulators.oneview import OneViewSimulator
from tests.simulators.serving import Ask, Reply, Simulator
from tests.simulators.ucs_central import UcsSystem

KINDS = ("oneview", "ome", "ucs")
LOGIN = {"oneview": "POST /rest/login-sessions", "ome": "POST /api/SessionService/Sessions", "ucs": "aaaLogin"}
LOGOUT = {"oneview": "DELETE /rest/login-sessions", "ome": "DELETE /api/SessionService/Sessions", "ucs": "aaaLogout"}
READ = {"oneview": "GET /rest/server-", "ome": "GET /api/", "ucs": "configResolve"}
LATER_READ = {"oneview": "GET /rest/server-hardware", "ome": "InventoryDetails", "ucs": "configResolveDns"}
PAGE = b"<!DOCTYPE html><html><body>Please wait</body></html>"
MAINTENANCE = b'{"message": "maintenance"}'


@contextmanager
def simulated(kind: str) -> Iterator[tuple[Simulator, list[str]]]:
    inventory: Any = generate(kind, 6)
    if kind == "ucs":
        with UcsSystem(inventory) as system:
            yield system.central, inventory.names
    else:
        with (OneViewSimulator if kind == "oneview" else OmeSimulator)(inventory) as simulator:
            yield simulator, inventory.names


class Script:
    """The first answers to requests with this label are these; the simulator does not get to know of them. None leaves one as it is."""

    def __init__(self, simulator: Simulator, label: str, *replies: Reply | None) -> None:
        self.asked = 0
        self._replies = list(replies)
        honest = simulator.answer

        def answer(ask: Ask) -> Reply:
            if label not in simulator.label(ask):
                return honest(ask)
            self.asked += 1
            return (self._replies.pop(0) if self._replies else None) or honest(ask)

        simulator.answer = answer       # type: ignore[method-assign]


def ask(kind: str, simulator: Any, names: list[str]) -> tuple[Mapping[str, Outcome], list[str]]:
    with open_managers([config(kind, simulator)], 20) as managers:
        found = managers.find(Wanted(name) for name in names)
    return found, managers.warnings


def the_reason(found: Mapping[str, Outcome]) -> Reason:
    reasons = {outcome for outcome in found.values() if isinstance(outcome, Reason)}
    assert len(reasons) == 1 and not any(isinstance(outcome, Server) for outcome in found.values()), found
    return reasons.pop()


def all_found(found: Mapping[str, Outcome]) -> bool:
    return len(found) == 6 and all(isinstance(outcome, Server) for outcome in found.values())


ODD_LOGINS = [
    (Reply(500, PAGE, "text/html"), "ManagerUnreachable"), (Reply(504, PAGE, "text/html"), "ManagerUnreachable"), (Reply(501, b""), "ManagerUnreachable"),
    (Reply(500, MAINTENANCE), "ManagerUnreachable"), (Reply(200, PAGE, "text/html"), "InvalidAnswer"), (Reply(200, b"{}"), "InvalidAnswer"),
    (Reply(200, MAINTENANCE), "InvalidAnswer"), (Reply(200, b"<rss/>", "text/xml"), "InvalidAnswer"), (Reply(200, b"[]"), "InvalidAnswer"),
    (Reply(200, b'{"sessionID": 7, "Id": 7}'), "InvalidAnswer"), (Reply(200, b"{" * 100_000), "InvalidAnswer"), (Reply(204, b""), "InvalidAnswer"),
    (Reply(400, PAGE, "text/html"), "InvalidAnswer"), (Reply(418, b"teapot"), "InvalidAnswer"),
    (Reply(200, b"<aaaLogout response='yes' outStatus='success'/>", "text/xml"), "InvalidAnswer"),
    (Reply(200, b"<error cookie='' response='yes' errorCode='ERR-xml-parse-error' errorDescr='no'/>", "text/xml"), "InvalidAnswer"),
    (Reply(200, b"<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body><e:Fault/></e:Body></e:Envelope>", "text/xml"), "InvalidAnswer"),
]


@pytest.mark.parametrize(("reply", "reason"), ODD_LOGINS)
@pytest.mark.parametrize("kind", KINDS)
def test_an_odd_answer_to_a_login_is_told_as_it_came_and_tried_once(kind: str, reply: Reply, reason: str) -> None:
    with simulated(kind) as (simulator, names):
        login = Script(simulator, LOGIN[kind], *[reply] * 9)
        told = the_reason(ask(kind, simulator, names)[0])
        assert (told.reason, login.asked) == (reason, 1), told
        assert told.message.startswith(f"{kind} (http") and told.message.count(". ") == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("kind", KINDS)
def test_no_password_follows_a_redirect_to_another_host(kind: str, status: int) -> None:
    def answer(_asked: Asked) -> Say:
        return Say()

    with simulated(kind) as (simulator, names), ScriptedServer(answer) as other:
        address = other.url.replace("127.0.0.1", "localhost")
        login = Script(simulator, LOGIN[kind], *[Reply(status, b"", "text/html", {"Location": f"{address}/there?user=x"})] * 9)
        told = the_reason(ask(kind, simulator, names)[0])
        assert told == Reason("InvalidAnswer", f"{kind} ({simulator.url}) redirects to {address}/there, which is not followed, lest the password come to "
                                               "another system; write that address as url if it is the one that is meant.")
        assert other.asked == [] and login.asked == 1


@pytest.mark.parametrize("reply", [
    Reply(500, PAGE, "text/html"), Reply(503, b""), Reply(502, MAINTENANCE), Reply(408, b""), Reply(200, PAGE, "text/html"), Reply(200, b"{" * 50)])
@pytest.mark.parametrize("kind", KINDS)
def test_a_logout_is_tried_again_when_it_failed_for_the_moment(kind: str, reply: Reply) -> None:
    with simulated(kind) as (simulator, names):
        logout = Script(simulator, LOGOUT[kind], reply, reply)
        found, warnings = ask(kind, simulator, names)
        assert all_found(found) and warnings == [] and logout.asked == 3
        assert simulator.counters.open_sessions == 0


@pytest.mark.parametrize("reply", [
    Reply(500, PAGE, "text/html"), Reply(503, b""), Reply(200, PAGE, "text/html"), Reply(404, PAGE, "text/html"), Reply(302, b"", "text/html", {
        "Location": "https://192.0.2.1/"}), Reply(400, b"{" * 100_000), Reply(200, b"<rss/>", "text/xml"), Reply(302, b""),
    Reply(200, b""), Reply(200, b"{}"), Reply(404, b"[]"),
    Reply(403, b"", headers={"Retry-After": "Mon, 01 Jan 0001 00:00:00 -2359"}), Reply(503, b"", headers={"Retry-After": "1e999"})])
@pytest.mark.parametrize("kind", KINDS)
def test_a_logout_that_fails_for_good_is_a_warning_and_loses_nothing(kind: str, reply: Reply) -> None:
    with simulated(kind) as (simulator, names):
        Script(simulator, LOGOUT[kind], *[reply] * 9)
        found, warnings = ask(kind, simulator, names)
        assert all_found(found)
        assert len(warnings) == 1 and warnings[0].startswith(f"A session is left open until its time is over: {kind} (http"), warnings


@pytest.mark.parametrize("kind", KINDS)
def test_a_session_that_is_lost_twice_in_one_run_is_renewed_twice(kind: str) -> None:
    with simulated(kind) as (simulator, names):
        lost: set[str] = set()

        def forget_at_the_first_read_and_at_a_later_one(ask: Ask) -> None:
            for label in (READ[kind], LATER_READ[kind]):
                if label in simulator.label(ask) and label not in lost and "Session" not in simulator.label(ask):
                    lost.add(label)
                    simulator.sessions.forget()
                    return

        simulator.before_answer = forget_at_the_first_read_and_at_a_later_one
        found, warnings = ask(kind, simulator, names[:1] if kind == "ucs" else names)
        assert all(isinstance(outcome, Server) for outcome in found.values()) and warnings == [], found
        assert (simulator.counters.logins, simulator.counters.open_sessions) == (3, 0)


@pytest.mark.parametrize("status", [500, 501, 503, 408, 429])
@pytest.mark.parametrize("kind", KINDS)
def test_the_status_of_a_read_is_looked_at_before_its_body(kind: str, status: int) -> None:
    with simulated(kind) as (simulator, names):
        Script(simulator, READ[kind], *[Reply(status, PAGE, "text/html")] * 99)
        assert the_reason(ask(kind, simulator, names)[0]).reason == "ManagerUnreachable"


@pytest.mark.parametrize("body", [b"{}", MAINTENANCE, b"[]", b'{"currentVersion": true}', b'{"currentVersion": "8000"}', b'{"currentVersion": -1}'])
def test_a_version_of_oneview_that_is_none_is_told_before_any_password_is_sent(body: bytes) -> None:
    with simulated("oneview") as (simulator, names):
        Script(simulator, "GET /rest/version", *[Reply(200, body)] * 9)
        login = Script(simulator, LOGIN["oneview"])
        assert the_reason(ask("oneview", simulator, names)[0]).reason == "InvalidAnswer"
        assert login.asked == 0


def test_seconds_that_are_none_are_refused() -> None:
    with simulated("ome") as (simulator, _names):
        for seconds in (0.0, -1.0, float("nan"), float("inf")):
            with pytest.raises(InvalidArgument, match="manager_seconds must be a number of seconds, more than 0, not"):
                open_managers([config("ome", simulator)], seconds)
