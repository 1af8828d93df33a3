# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a peer sends, and however slowly: a request ends at its deadline, takes no more than it may, and prints nothing."""
from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable

import pytest

from ansible_collections.baremetal.generator.plugins.module_utils import http
from ansible_collections.baremetal.generator.plugins.module_utils.deadline import Deadline
from ansible_collections.baremetal.generator.plugins.module_utils.errors import InvalidAnswer, ManagerUnreachable
from ansible_collections.baremetal.generator.plugins.module_utils.http import HttpSession
from tests.fixtures.raw_server import DRIPS, RawServer, dripping, ok

HEAD = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: %d\r\n" % DRIPS
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def session(url: str, seconds: float = 20.0, **options: object) -> HttpSession:
    made = HttpSession("east", url, pause=lambda _seconds: None, **options)       # type: ignore[arg-type]
    made.deadline = Deadline(seconds)
    return made


DRIPPING = {
    "the status line": dripping(b"HTTP/1.1 200 ", b"\r\n\r\n"),
    "a header": dripping(HEAD + b"X-Long: ", b"\r\nContent-Length: 0\r\n\r\n"),
    "many answers that it goes on": dripping(b"", HEAD + b"Content-Length: 0\r\n\r\n", drop=b"HTTP/1.1 100 Continue\r\n\r\n"),
    "the body": dripping(HEAD + LENGTH + b"\r\n"),
    "a body in chunks": dripping(CHUNKED, b"0\r\n\r\n", drop=b"1\r\nx\r\n"),
    "the size of a chunk": dripping(CHUNKED, b"1\r\nx\r\n0\r\n\r\n", drop=b"0"),
    "what comes after the chunks": dripping(CHUNKED + b"0\r\n", b"\r\n", drop=b"X-More: 1\r\n"),
    "the body of a redirect": dripping(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n" + LENGTH + b"\r\n"),
}


@pytest.mark.parametrize("what", DRIPPING)
def test_a_request_ends_at_its_deadline_however_it_drips(what: str) -> None:
    with RawServer(lambda _request: DRIPPING[what]) as server:
        with pytest.raises(ManagerUnreachable) as caught:
            session(server.url, 0.2).request("GET", "/x")
        assert str(caught.value) == f"east ({server.url}) did not answer within 0.2 s; it is asked again later."


@pytest.mark.parametrize("what", DRIPPING)
def test_so_does_a_logout_within_its_own_seconds(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "CLOSING_SECONDS", 0.2)
    with RawServer(lambda _request: DRIPPING[what]) as server:
        with pytest.raises(ManagerUnreachable, match="did not answer within 0.2 s"):
            session(server.url, 0).request("DELETE", "/session", closing=True)


def test_so_does_a_handshake_of_tls() -> None:
    record = b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03"
    with RawServer(lambda _request: dripping(record, b"\x15\x03\x03\x00\x02\x02\x28"), greet=True) as server:
        with pytest.raises(ManagerUnreachable, match="did not answer within 0.2 s"):
            session(server.url.replace("http:", "https:"), 0.2).request("GET", "/x")


def test_so_does_a_proxy() -> None:
    with RawServer(lambda _request: dripping(b"HTTP/1.1 200 ", b"\r\n\r\n")) as proxy:
        with pytest.raises(ManagerUnreachable, match="did not answer within 0.2 s|cannot be reached through its proxy"):
            session("https://192.0.2.1", 0.2, proxy=proxy.url).request("GET", "/x")
        assert proxy.asked[0].startswith(b"CONNECT 192.0.2.1:443 ")


@pytest.mark.parametrize("head", [
    b"".join(b"X-%d: 1\r\n" % number for number in range(200)), b"X-Long: " + b"x" * 70_000 + b"\r\n", b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
])
def test_heads_that_no_manager_sends_end_in_a_sentence(head: bytes) -> None:
    with RawServer(lambda _request: [HEAD + head + b"\r\n"]) as server:
        with pytest.raises((InvalidAnswer, ManagerUnreachable)) as caught:
            session(server.url).request("GET", "/x")
        assert str(caught.value).startswith(f"east ({server.url}) ") and str(caught.value).count(". ") == 0


@pytest.mark.parametrize("text", [b"SSH-2.0-OpenSSH_9.6\r\n", b"\x15\x03\x01\x00\x02\x02\x46\n", b"HTTP/9 x\r\n\r\n"])
def test_who_does_not_speak_http_is_told_so_at_once(text: bytes) -> None:
    with RawServer(lambda _request: [text]) as server:
        with pytest.raises(InvalidAnswer, match="does not speak HTTP as expected; check that url and type name the right system"):
            session(server.url).request("GET", "/x")
        assert len(server.asked) == 1


ODD_HEADERS = [
    "Set-Cookie: a=b; expires=Fri, 99 Foo 99999999 99:99:99 GMT; Max-Age=1e999; Version=x", "Set-Cookie: =;;;=", "Location: http://[::1", "Location: //",
    "Retry-After: Mon, 01 Jan 0001 00:00:00 -2359", "no colon here", ": no name", "Content-Type: \xff\xfe", "Content-Encoding: identity",
    "Connection: close, keep-alive", "Set-Cookie: a=" + "b" * 60_000,
]


@pytest.mark.parametrize("header", ODD_HEADERS)
@pytest.mark.parametrize("status", [200, 302, 401])
def test_odd_headers_neither_fail_an_answer_nor_print_anything(header: str, status: int, capfd: pytest.CaptureFixture[str]) -> None:
    answer = ok(b"{}", header).replace(b"200 OK", b"%d Odd" % status)
    with RawServer(lambda _request: [answer]) as server:
        assert session(server.url).request("GET", "/x").status == status
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("date", [
    "1e999", "nan", "-inf", "Mon, 01 Jan 0001 00:00:00 -2359", "Fri, 31 Dec 9999 23:59:59 -2359", "Mon, 01 Jan 0001 00:00:00", ",", "1 " * 5000, "\xb2"])
def test_a_moment_that_nobody_can_wait_for_is_no_reason_to_fail(date: str) -> None:
    answers = iter([ok(b"", f"Retry-After: {date}").replace(b"200 OK", b"503 Busy"), ok(b"{}")])
    with RawServer(lambda _request: [next(answers)]) as server:
        try:
            assert session(server.url).request("GET", "/x").json() == {}
        except ManagerUnreachable as error:
            assert "is too busy (HTTP 503)" in str(error)


def test_a_packed_answer_is_unpacked() -> None:
    with RawServer(lambda _request: [ok(gzip.compress(b'{"a": "' + b"b" * 500_000 + b'"}'), "Content-Encoding: gzip")]) as server:
        assert session(server.url).request("GET", "/x").json() == {"a": "b" * 500_000}
        assert b"accept-encoding: gzip\r\n" in server.asked[0].lower()


PACKED = {
    "a bomb": (gzip.compress(b" " * (3 << 20)), "gzip", "sends an answer of more than 1 MB"),
    "plain": (b" " * (3 << 20), "identity", "sends an answer of more than 1 MB"),
    "a bomb in a bomb": (gzip.compress(gzip.compress(b" " * (3 << 20))), "gzip, gzip", "packed as nobody asked for"),
    "deflate": (zlib.compress(b"{}"), "deflate", "packed as nobody asked for"),
    "brotli": (b"x", "br", "packed as nobody asked for"),
    "garbage": (b"no gzip", "gzip", "cannot be unpacked"),
}


@pytest.mark.parametrize("what", PACKED)
def test_an_answer_has_a_greatest_size_and_one_way_to_be_packed(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    body, coding, words = PACKED[what]
    monkeypatch.setattr(http, "MOST_BYTES", 1 << 20)
    with RawServer(lambda _request: [ok(body, f"Content-Encoding: {coding}")]) as server:
        with pytest.raises(InvalidAnswer, match=words):
            session(server.url).request("GET", "/x")
        assert len(server.asked) == 1


def test_a_head_that_does_not_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MOST_BYTES", 1 << 20)
    forever: Iterable[bytes] = [b"HTTP/1.1 100 Continue\r\nX: " + b"y" * 60_000 + b"\r\n\r\n"] * 100
    with RawServer(lambda _request: forever) as server:
        with pytest.raises(InvalidAnswer, match="sends an answer of more than 1 MB"):
            session(server.url).request("GET", "/x")


def test_half_a_packed_answer_is_asked_for_again() -> None:
    whole = gzip.compress(b'{"a": 1}')
    answers = iter([ok(whole[:-6], "Content-Encoding: gzip"), ok(whole, "Content-Encoding: gzip")])
    with RawServer(lambda _request: [next(answers)]) as server:
        assert session(server.url).request("GET", "/x").json() == {"a": 1}


@pytest.mark.parametrize("text", [
    "1e999", "-1e999", "NaN", "Infinity", '{"a": [-Infinity]}', "1" * 5000, "[" * 100_000 + "]" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000, "\xff"])
def test_numbers_and_nesting_beyond_all_bounds_are_no_json(text: str) -> None:
    with RawServer(lambda _request: [ok(text.encode("latin-1"))]) as server:
        with pytest.raises(InvalidAnswer, match="instead of JSON"):
            session(server.url).ask("GET", "/x", lambda answer: answer.json())
        assert len(server.asked) == http.ODD_ATTEMPTS
