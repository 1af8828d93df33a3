# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session's failures: what is tried again, for how long, and what the sentence says."""
from __future__ import annotations

import ssl
import threading
import warnings
from pathlib import Path

import pytest
import trustme

from ansible_collections.baremetal.generator.plugins.module_utils import http, http_socks
from ansible_collections.baremetal.generator.plugins.module_utils.deadline import Deadline
from ansible_collections.baremetal.generator.plugins.module_utils.errors import InvalidAnswer, InvalidArgument, ManagerUnreachable
from ansible_collections.baremetal.generator.plugins.module_utils.http import Answer, HttpSession, seconds_of
from tests.fixtures.scripted_http import Asked, Say, ScriptedServer, in_turn

FINE = Say({"fine": True})


class Pauses:
    """Notes how long it should have waited."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def session(server: ScriptedServer, pause: Pauses | None = None, seconds: float = 20, **options: object) -> HttpSession:
    made = HttpSession("east", server.url, pause=pause or Pauses(), **options)      # type: ignore[arg-type]
    made.deadline = Deadline(seconds)
    return made


PASSING = [*(Say(status=status) for status in (408, 425, 429, 500, 501, 502, 503, 504, 505, 599)), Say(reset=True), Say({"a": "b" * 99}, cut=True),
           Say("<html>starting</html>"), Say('{"a": [1, 2'), Say(b"")]


@pytest.mark.parametrize("trouble", PASSING)
def test_what_may_pass_is_asked_again(trouble: Say) -> None:
    with ScriptedServer(in_turn(trouble, trouble, FINE)) as server:
        pauses = Pauses()
        assert session(server, pauses).ask("GET", "/x", Answer.json) == {"fine": True}
        assert len(server.asked) == 3
        assert 0.1 <= pauses.seconds[0] <= 0.2 <= pauses.seconds[1] <= 0.4


def test_it_gives_up_after_some_attempts_and_says_that_it_is_busy() -> None:
    with ScriptedServer(in_turn(Say(status=503))) as server:
        with pytest.raises(ManagerUnreachable) as caught:
            session(server).request("GET", "/x")
        assert str(caught.value) == f"east ({server.url}) is too busy (HTTP 503); it is asked again later."
        assert len(server.asked) == http.ATTEMPTS


@pytest.mark.parametrize("trouble", [Say(reset=True), Say({"a": "b" * 99}, cut=True)])
def test_what_must_not_happen_twice_is_not_sent_again_after_a_broken_connection(trouble: Say) -> None:
    with ScriptedServer(in_turn(trouble, FINE)) as server:
        with pytest.raises((ManagerUnreachable, InvalidAnswer)):
            session(server).request("POST", "/login", body={}, repeat=False)
        assert len(server.asked) == 1


@pytest.mark.parametrize("status", [500, 504, 599])
def test_nor_after_an_answer_that_leaves_open_what_was_done(status: int) -> None:
    with ScriptedServer(in_turn(Say(status=status), FINE)) as server:
        try:
            assert session(server).request("POST", "/login", body={}, repeat=False).status == status
        except ManagerUnreachable as error:
            assert str(error) == f"east ({server.url}) is too busy (HTTP 504); it is asked again later."
        assert len(server.asked) == 1


@pytest.mark.parametrize("status", [408, 425, 429, 502, 503])
def test_but_it_is_after_one_that_says_that_nothing_was_done(status: int) -> None:
    with ScriptedServer(in_turn(Say(status=status), FINE)) as server:
        assert session(server).request("POST", "/login", body={}, repeat=False).status == 200


def test_the_status_comes_before_the_body_when_all_attempts_are_over() -> None:
    with ScriptedServer(in_turn(Say("<html>broken</html>", 500))) as server:
        assert session(server).ask("GET", "/x", lambda answer: answer.status) == 500
        assert len(server.asked) == http.ODD_ATTEMPTS


def test_it_waits_as_long_as_it_is_told_to() -> None:
    with ScriptedServer(in_turn(Say(status=429, headers={"Retry-After": "7"}), FINE)) as server:
        pauses = Pauses()
        session(server, pauses).request("GET", "/x")
        assert pauses.seconds == [7.0]


def test_it_does_not_wait_beyond_the_deadline() -> None:
    with ScriptedServer(in_turn(Say(status=429, headers={"Retry-After": "60"}), FINE)) as server:
        pauses = Pauses()
        with pytest.raises(ManagerUnreachable, match="is too busy"):
            session(server, pauses).request("GET", "/x")
        assert pauses.seconds == []


def test_a_slow_answer_ends_at_the_deadline() -> None:
    never = threading.Event()
    with ScriptedServer(in_turn(Say(wait=never))) as server:
        with pytest.raises(ManagerUnreachable) as caught:
            session(server, seconds=0.2).request("GET", "/x")
        never.set()
        assert str(caught.value) == f"east ({server.url}) did not answer within 0.2 s; it is asked again later."


def test_nothing_is_asked_after_the_deadline_but_a_logout_still_is() -> None:
    with ScriptedServer(in_turn(FINE)) as server:
        made = session(server, seconds=0)
        with pytest.raises(ManagerUnreachable):
            made.request("GET", "/x")
        assert made.request("DELETE", "/session", closing=True).status == 200
        assert server.paths("DELETE") == ["/session"] and server.paths("GET") == []


def test_a_manager_that_is_not_there_is_named_and_not_asked_again() -> None:
    with ScriptedServer(in_turn(FINE)) as server:
        pass
    pauses = Pauses()
    with pytest.raises(ManagerUnreachable) as caught:
        session(server, pauses).request("GET", "/x")
    assert str(caught.value) == f"east ({server.url}) cannot be reached: Connection refused; check its url, and that it runs."
    assert pauses.seconds == []


@pytest.mark.parametrize(("body", "got"), [
    ("<!DOCTYPE html><html></html>", "an HTML page"), ("  <html>", "an HTML page"), ("", "an empty body"), ("{half", "something else")])
def test_what_is_no_json_is_an_invalid_answer(body: str, got: str) -> None:
    with ScriptedServer(in_turn(Say(body))) as server:
        with pytest.raises(InvalidAnswer) as caught:
            session(server).request("GET", "/x").json()
        assert str(caught.value) == f"east ({server.url}) answered with {got} instead of JSON (HTTP 200); check that url and type name the right system."


def test_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    with ScriptedServer(in_turn(FINE)) as server:
        session(server).request("GET", "/x")
        assert "Authorization" not in server.asked[0].headers


def test_a_proxy_is_used_when_it_is_given() -> None:
    with ScriptedServer(in_turn(FINE)) as proxy:
        made = HttpSession("east", "http://192.0.2.1", proxy=proxy.url)
        assert made.request("GET", "/x").json() == {"fine": True}
        assert proxy.paths() == ["http://192.0.2.1/x"]


def test_a_proxy_gets_its_user_and_nobody_else_does() -> None:
    with ScriptedServer(in_turn(Say(status=407))) as proxy:
        address = proxy.url.removeprefix("http://")
        made = HttpSession("east", "https://192.0.2.1", proxy=f"somebody:p%40ss@{address}")
        with pytest.raises(ManagerUnreachable) as caught:
            made.request("GET", "/x")
        assert str(caught.value).startswith(f"east (https://192.0.2.1) cannot be reached through its proxy {proxy.url}: ")
        assert str(caught.value).endswith("; check the option proxy.")
        shown = made.clean("sent p@ss and c29tZWJvZHk6cEBzcw== to http://somebody:other@host/")
        assert shown == "sent *** and *** to http://***@host/"
        assert made.clean("to http://somebody:o/t@her@host/, asked") == "to http://***@host/, asked"
    with ScriptedServer(in_turn(FINE)) as proxy:
        address = proxy.url.removeprefix("http://")
        HttpSession("east", "http://192.0.2.1", proxy=f"http://somebody:p%40ss@{address}").request("GET", "/x")
        sent = {name.lower(): value for name, value in proxy.asked[0].headers.items()}
        assert sent["proxy-authorization"] == "Basic c29tZWJvZHk6cEBzcw=="


@pytest.mark.parametrize("proxy", [
    "ftp://u:s3cret@host", "http://u:s3cret@host:port", "http://u:s3cret@host/path", "http://u:s3cret@[::1", "u:s3cret@", "http://u:s3 cret@host:1"])
def test_a_proxy_that_cannot_be_read_is_refused_without_being_quoted(proxy: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        HttpSession("east", "https://192.0.2.1", proxy=proxy)
    assert str(caught.value).startswith("Manager 'east': its proxy cannot be read; write http://host:port, ") and "cret" not in str(caught.value)


def test_a_socks_proxy_without_its_library_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_socks, "SOCKS_MISSING", True)
    with pytest.raises(InvalidArgument) as caught:
        HttpSession("east", "https://192.0.2.1", proxy="socks5h://u:s3cret@host:1080")
    assert str(caught.value) == (
        "Manager 'east': The proxy socks5h://host:1080 speaks SOCKS, and the Python library PySocks, which that takes, is not installed; install it where "
        "managers are asked, or use an HTTP proxy.")


def test_messages_say_that_a_proxy_was_used() -> None:
    with ScriptedServer(in_turn(Say(reset=True), Say("x" * 99, cut=True))) as proxy:
        with pytest.raises(ManagerUnreachable) as caught:
            made = HttpSession("east", "http://192.0.2.1", proxy=proxy.url, pause=Pauses())
            made.request("GET", "/x")
        assert str(caught.value) == (
            f"east (http://192.0.2.1), asked through the proxy {proxy.url}, broke off in the middle of its answer, however often it was "
            "asked; it is asked again later.")


def test_a_token_that_no_header_can_hold_is_told_without_it() -> None:
    with ScriptedServer(in_turn(FINE)) as server:
        with pytest.raises(InvalidAnswer) as caught:
            session(server).request("GET", "/x", headers={"auth": "the-token\r\nX: 1"})
        assert "the-token" not in str(caught.value)


def test_redirects_are_not_followed_with_a_session_in_the_headers() -> None:
    with ScriptedServer(in_turn(Say(status=302, headers={"Location": "http://192.0.2.1/"}))) as server:
        assert session(server).request("GET", "/x", headers={"auth": "token"}).status == 302


def test_no_more_requests_run_at_once_than_are_allowed() -> None:
    lock = threading.Lock()
    running, peak = 0, 0
    release = threading.Event()

    def answer(_asked: Asked) -> Say:
        nonlocal running, peak
        with lock:
            running += 1
            peak = max(peak, running)
            if running == 2:
                release.set()
        release.wait(5)
        with lock:
            running -= 1
        return FINE

    with ScriptedServer(answer) as server:
        made = session(server, parallel=2)
        threads = [threading.Thread(target=made.request, args=("GET", "/x")) for _number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(server.asked), peak) == (8, 2)


def test_words_of_a_manager_are_passed_on_without_secrets_and_in_one_line() -> None:
    made = HttpSession("east", "https://192.0.2.1", secrets=("pa55",))
    made.keep_secret("the-token")
    text = made.clean('bad\n request pa55 the-token inPassword="other" X-Auth-Token: abc, auth=xyz cookie="1/2" ' + "x" * 500)
    assert text.startswith('bad request *** *** inPassword="***" X-Auth-Token: ***, auth=*** cookie="***" xxx')
    assert len(text) == http.SENTENCE + 3


@pytest.mark.parametrize(("header", "seconds"), [(None, 0), ("", 0), ("3", 3), ("-1", 0), ("soon", 0), ("Thu, 01 Jan 1970 00:00:00 GMT", 0)])
def test_retry_after_is_a_number_or_a_date_or_ignored(header: str | None, seconds: float) -> None:
    assert seconds_of(header) == seconds


class TestCertificates:
    """Checked by default, with the environment's opinion left aside."""

    @staticmethod
    def serve(server: ScriptedServer, host: str, authority: trustme.CA) -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(host).configure_cert(context)
        server._server.socket = context.wrap_socket(server._server.socket, server_side=True)
        return server.url.replace("http://", "https://")

    def ask(self, host: str, tmp_path: Path, **options: object) -> tuple[str, str]:
        """What came of a request: the status, or the error; and the URL."""
        authority = trustme.CA()
        bundle = tmp_path / "ca.pem"
        authority.cert_pem.write_to_path(str(bundle))
        server = ScriptedServer(in_turn(FINE))
        url = self.serve(server, host, authority)
        with server:
            made = HttpSession("east", url, **{"ca_path": str(bundle), **options})      # type: ignore[arg-type]
            try:
                return str(made.request("GET", "/x").status), url
            except ManagerUnreachable as error:
                return str(error), url

    def test_a_certificate_of_a_known_ca_is_trusted(self, tmp_path: Path) -> None:
        assert self.ask("127.0.0.1", tmp_path)[0] == "200"

    def test_an_unknown_ca_is_not_and_the_sentence_says_what_to_set(self, tmp_path: Path) -> None:
        text, url = self.ask("127.0.0.1", tmp_path, ca_path=None)
        assert text == (f"east ({url}) shows a certificate that is not trusted (unable to get local issuer certificate); set ca_path to the file of the CA "
                        "that signed it.")

    def test_a_certificate_for_another_host_is_refused(self, tmp_path: Path) -> None:
        text, url = self.ask("other.example.com", tmp_path)
        assert text == (f"east ({url}) shows a certificate that is made for another host; use the name that stands in it as url, "
                        "or get it a certificate for this one.")

    def test_the_check_can_be_left_out_even_where_the_environment_names_a_bundle(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
        with warnings.catch_warnings():
            warnings.simplefilter("error")          # a thread that writes one may wait for ever for whoever holds standard error
            assert self.ask("other.example.com", tmp_path, validate_certs=False, ca_path=None)[0] == "200"

    def test_what_the_system_trusts_is_trusted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))           # where OpenSSL finds it instead of its own
        assert self.ask("127.0.0.1", tmp_path, ca_path=None)[0] == "200"

    def test_a_file_of_authorities_that_is_none_is_the_managers(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidArgument, match="Manager 'east': .*nowhere"):
            HttpSession("east", "https://192.0.2.1", ca_path=str(tmp_path / "nowhere"))

    def test_a_bundle_of_the_environment_does_not_widen_what_is_trusted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
        assert "is not trusted" in self.ask("127.0.0.1", tmp_path, ca_path=None)[0]
