# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all simulators share, shown on OneView: parallel answers, TLS, faults, counters, a clean end, the command line."""
from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.simulators.certificates import authority, self_signed
from tests.simulators.inventory import generate
from tests.simulators.oneview import OneViewSimulator
from tests.simulators.serving import LoginPageSimulator, closed_port, silent_server
from tests.tools.places import ROOT

VERSION = "/rest/version"
GOOD = {"currentVersion": 8000, "minimumVersion": 120}


@pytest.fixture
def simulator() -> Iterator[OneViewSimulator]:
    with OneViewSimulator(generate("oneview", 3)) as running:
        yield running


def test_slow_answers_overlap(plain_client: requests.Session) -> None:
    with OneViewSimulator(generate("oneview", 1), latency=0.2) as simulator, ThreadPoolExecutor(8) as pool:
        started = time.monotonic()
        assert list(pool.map(lambda _number: requests.get(simulator.url + VERSION, timeout=10, proxies={"http": ""}).json(), range(8))) == [GOOD] * 8
        assert time.monotonic() - started < 8 * 0.2
        assert simulator.counters.peak_parallel > 1


def test_nothing_is_left_when_it_ends(tmp_path: Path, plain_client: requests.Session) -> None:
    certificates = authority(tmp_path)
    with OneViewSimulator(generate("oneview", 1), certificate=certificates.issue()) as simulator:
        assert plain_client.get(simulator.url + VERSION, verify=str(certificates.ca_pem_path)).json() == GOOD       # its connection stays open
        simulator.faults.add("hang")
        with pytest.raises(requests.exceptions.ReadTimeout):
            plain_client.get(simulator.url + VERSION, verify=str(certificates.ca_pem_path), timeout=0.2)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("simulator-")]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(simulator.url.rpartition(":")[2])), timeout=5)
    simulator.stop()                                # once more does no harm


def test_a_taken_port_is_said_at_once(simulator: OneViewSimulator) -> None:
    with pytest.raises(OSError, match="Address already in use"):
        OneViewSimulator(generate("oneview", 1), port=int(simulator.url.rpartition(":")[2])).start()


def test_certificates_that_must_be_refused(tmp_path: Path, plain_client: requests.Session) -> None:
    certificates = authority(tmp_path)
    for certificate, complaint in ((certificates.wrong_host(), "doesn't match|mismatch|not valid for"), (self_signed(tmp_path), "self.signed")):
        with OneViewSimulator(generate("oneview", 1), certificate=certificate) as simulator:
            with pytest.raises(requests.exceptions.SSLError, match=complaint):
                plain_client.get(simulator.url + VERSION, verify=str(certificates.ca_pem_path))


def test_a_connection_ends_after_a_hundred_requests(simulator: OneViewSimulator, plain_client: requests.Session) -> None:
    answers = [plain_client.get(simulator.url + VERSION) for _rest in range(101)]
    assert answers[0].headers["Transfer-Encoding"] == "chunked" and answers[0].headers["Keep-Alive"] == "timeout=15, max=99"
    assert [number for number, answer in enumerate(answers, start=1) if answer.headers.get("Connection") == "close"] == [100]
    assert simulator.counters.connections == 2


def test_it_may_end_without_a_word(simulator: OneViewSimulator, plain_client: requests.Session) -> None:
    simulator.quirks.requests_per_connection, simulator.quirks.announce_close = 3, False
    answers = 0
    while answers < 7:
        try:
            assert plain_client.get(simulator.url + VERSION).json() == GOOD
            answers += 1
        except requests.exceptions.ConnectionError:
            pass                                    # the client noticed too late, which is what this is for
    assert simulator.counters.connections == 3


@pytest.mark.parametrize(("kind", "error"), [
    ("reset", requests.exceptions.ConnectionError), ("truncated", requests.exceptions.ChunkedEncodingError),
])
def test_broken_connections(simulator: OneViewSimulator, plain_client: requests.Session, kind: str, error: type[Exception]) -> None:
    simulator.faults.add(kind, times=1)
    with pytest.raises(error):
        plain_client.get(simulator.url + VERSION)
    assert plain_client.get(simulator.url + VERSION).json() == GOOD


@pytest.mark.parametrize(("kind", "status"), [
    ("throttled", 429), ("server_error", 500), ("bad_gateway", 502), ("unavailable", 503), ("gateway_timeout", 504),
])
def test_busy_answers(simulator: OneViewSimulator, plain_client: requests.Session, kind: str, status: int) -> None:
    simulator.faults.add(kind, times=1, seconds=2, after=1)
    simulator.faults.add(kind, times=1, after=2)
    answers = [plain_client.get(simulator.url + VERSION) for _rest in range(4)]
    assert [answer.status_code for answer in answers] == [200, status, status, 200]
    assert [answer.headers.get("Retry-After") for answer in answers] == [None, "2", None, None]


def test_faults_choose_their_requests(simulator: OneViewSimulator, plain_client: requests.Session) -> None:
    fault = simulator.faults.add("html", path="/rest/server-profiles")
    assert plain_client.get(simulator.url + VERSION).json() == GOOD
    assert "<html>" in plain_client.get(simulator.url + "/rest/server-profiles").text and fault.happened == 1
    simulator.faults.clear()
    assert plain_client.get(simulator.url + "/rest/server-profiles").status_code == 401
    with pytest.raises(ValueError, match="no fault 'boredom'"):
        simulator.faults.add("boredom")


def test_sessions_are_forgotten_in_the_middle(simulator: OneViewSimulator, plain_client: requests.Session) -> None:
    plain_client.headers["X-API-Version"] = "8000"
    answer = plain_client.post(simulator.url + "/rest/login-sessions", json={"userName": "admin", "password": "secret"})
    plain_client.headers["auth"] = answer.json()["sessionID"]
    simulator.faults.add("session_expired", times=1, after=1)
    assert [plain_client.get(simulator.url + "/rest/server-profiles").status_code for _rest in range(3)] == [200, 401, 401]
    assert (simulator.counters.expired_sessions, simulator.counters.open_sessions) == (1, 0)


def test_servers_that_are_something_else(plain_client: requests.Session) -> None:
    with LoginPageSimulator() as other:
        answer = plain_client.post(other.url + "/rest/login-sessions", json={})
        assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, "text/html")
    with silent_server() as url, pytest.raises(requests.exceptions.Timeout):
        plain_client.get(url, timeout=0.3)
    with closed_port() as url, pytest.raises(requests.exceptions.ConnectionError):
        plain_client.get(url, timeout=5)


@pytest.mark.parametrize("vendor", ["oneview", "ome", "ucs"])
def test_a_seed_says_all(vendor: str) -> None:
    first, again, other = generate(vendor, 20, 5, odd=True), generate(vendor, 20, 5, odd=True), generate(vendor, 20, 6)
    assert first.answers() == again.answers()
    assert len(generate(vendor, 20, 5).names) == 20
    macs = [mac for inventory in (first, other) for server in inventory.servers for mac in server.nics if mac]
    assert len(set(macs)) == len(macs)
    addresses = [server.bmc_address for server in first.servers if server.bmc_address]
    assert len(set(addresses)) == len(addresses)
    assert len({server.kind for server in first.servers}) > 8


def test_alone_it_says_where_it_is_and_can_be_meddled_with(tmp_path: Path, plain_client: requests.Session) -> None:
    certificates = authority(tmp_path)
    files = certificates.issue()
    password = tmp_path / "password"
    password.write_text("alone\n", encoding="utf-8")
    plain_client.verify = str(certificates.ca_pem_path)
    argv = [sys.executable, "-m", "tests.simulators.oneview", "--servers", "2", "--prefix", "it", "--certificate", str(files.certificate),
            "--key", str(files.key), "--username", "me", "--password-file", str(password)]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["url"]
            login = {"userName": "me", "password": "alone"}
            assert plain_client.post(url + "/rest/login-sessions", json=login, headers={"X-API-Version": "800"}).status_code == 200
            control = url + "/_simulator/"
            assert [server["name"] for server in plain_client.get(control + "servers").json()] == ["it-01", "it-02"]
            assert plain_client.post(control + "faults", json={"kind": "unavailable", "times": 1}).status_code == 200
            assert plain_client.get(url + VERSION).status_code == 503
            assert plain_client.post(control + "faults", json={"kind": "nonsense"}).status_code == 400
            assert plain_client.post(control + "quirks", json={"page_cap": 3}).json()["page_cap"] == 3
            assert plain_client.post(control + "quirks", json={"nonsense": 3}).status_code == 400
            counters = plain_client.get(control + "counters").json()
            assert (counters["logins"], counters["open_sessions"], counters["requests"]) == (1, 1, 2)
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
