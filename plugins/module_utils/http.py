# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One kept-open HTTPS session with one management system; each of its failures becomes one of errors.py."""
from __future__ import annotations

import json
import random
import re
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from .deadline import Deadline
from .errors import InvalidAnswer, ManagerError, ManagerUnreachable

try:
    import requests
    from requests import exceptions as failures
except ImportError:
    REQUESTS_MISSING: str | None = traceback.format_exc()
else:
    REQUESTS_MISSING = None

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
CLOSING_SECONDS = 5.0                       # for a logout, whatever else has run out
ATTEMPTS = 5
BUSY = frozenset({429, 502, 503, 504})
SENTENCE = 300                              # characters of a manager's own words that are passed on
SECRET_WORDS = re.compile(r'((?:in)?password|x-auth-token|auth|(?:in|out)?cookie|sessionkey|sessionid)("?\s*[=:]\s*"?)[^"\s,}>]+', re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """What came back, read to its end."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    where: str

    def json(self) -> Any:
        """The body as JSON; an HTML page or half an answer is an InvalidAnswer."""
        try:
            return json.loads(self.content)
        except ValueError as error:
            raise self.invalid("JSON") from error

    def invalid(self, wanted: str) -> InvalidAnswer:
        """The error that says what stood there instead of what was wanted."""
        start = self.content[:200].lstrip().lower()
        got = "an HTML page" if start.startswith((b"<!doctype html", b"<html")) else "an empty body" if not start else "something else"
        return InvalidAnswer(f"{self.where} answered with {got} instead of {wanted} (HTTP {self.status}); check that url and type name the right system.")


class HttpSession:
    """Requests to one system: its limits on parallel requests, timeouts, certificates, retries; all of it before one deadline.

    The environment is not looked at: no proxy, no .netrc, no REQUESTS_CA_BUNDLE turns up by surprise; `proxy` and `ca_path` say what holds.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        validate_certs: bool = True,
        ca_path: str | None = None,
        proxy: str | None = None,
        parallel: int = 4,
        read_seconds: float = READ_SECONDS,
        secrets: tuple[str, ...] = (),
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url
        self.where = f"{name} ({url})"
        self.deadline = Deadline(READ_SECONDS)
        self.parallel = parallel
        self._verify: bool | str = (ca_path or True) if validate_certs else False
        self._proxies = {"http": proxy, "https": proxy} if proxy else {}
        self._read_seconds = read_seconds
        self._secrets = {secret for secret in secrets if secret}
        self._pause = pause
        self._gate = threading.BoundedSemaphore(parallel)
        self._session = requests.Session()
        self._session.trust_env = False
        adapter = requests.adapters.HTTPAdapter(pool_connections=2, pool_maxsize=parallel)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def keep_secret(self, text: str) -> None:
        """From now on this text, a session's token, is blotted out of every sentence."""
        if text:
            self._secrets.add(text)

    def clean(self, text: str) -> str:
        """A manager's own words, fit for a sentence: one line, not long, no secret."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = " ".join(SECRET_WORDS.sub(r"\1\2***", text).split())
        return text if len(text) <= SENTENCE else text[:SENTENCE] + "..."

    def close(self) -> None:
        """Closes the connections."""
        self._session.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        text: bytes | None = None,
        repeat: bool = True,
        closing: bool = False,
    ) -> Answer:
        """Asks once, or as often as a busy or broken-off answer allows.

        body is sent as JSON, text as it is. repeat: asking twice does no harm, so a broken connection is tried again; without it only
        a system that says that it is too busy (and so did nothing) is asked again. closing: a logout, which has a few seconds of its own.
        """
        deadline = Deadline(CLOSING_SECONDS) if closing else self.deadline
        for attempt in range(1, ATTEMPTS + 1):
            last = attempt == ATTEMPTS
            try:
                answer = self._once(method, path, headers, body, text, deadline)
            except _Broken as error:
                if last or not repeat or not self._wait(attempt, None, deadline):
                    raise error.final from error
                continue
            if answer.status not in BUSY:
                return answer
            if last or not self._wait(attempt, answer.headers.get("Retry-After"), deadline):
                raise ManagerUnreachable(f"{self.where} is too busy (HTTP {answer.status}); it is asked again later.")
        raise AssertionError("the last attempt returns or raises")

    def _wait(self, attempt: int, retry_after: str | None, deadline: Deadline) -> bool:
        """Pauses before the next attempt; False when the deadline comes first."""
        pause = 0.2 * 2 ** (attempt - 1) * random.uniform(0.5, 1.0)
        pause = max(pause, seconds_of(retry_after))
        if pause >= deadline.left():
            return False
        self._pause(pause)
        return True

    def _once(
        self, method: str, path: str, headers: Mapping[str, str] | None, body: Any, text: bytes | None, deadline: Deadline
    ) -> Answer:
        with self._gate:
            left = deadline.left()
            if left <= 0:
                raise self._too_late(deadline)
            timeout = (min(CONNECT_SECONDS, left), min(self._read_seconds, left))
            try:
                with self._session.request(
                    method,
                    path if path.startswith("http") else self.url + path,
                    headers=dict(headers or {}),
                    json=body,
                    data=text,
                    timeout=timeout,
                    verify=self._verify,        # on each request: a session's own can be overruled by the environment
                    proxies=self._proxies,
                    allow_redirects=False,
                    stream=True,
                ) as response:
                    parts = []
                    for part in response.iter_content(1 << 16):
                        parts.append(part)
                        if deadline.passed():
                            raise self._too_late(deadline)
                    return Answer(response.status_code, response.headers, b"".join(parts), self.where)
            except failures.RequestException as error:
                raise self._failure(error, deadline) from error
            except ValueError as error:         # a URL or header that cannot be sent
                raise InvalidAnswer(f"{self.where} cannot be asked: {self.clean(str(error))}") from error

    def _too_late(self, deadline: Deadline) -> ManagerUnreachable:
        return ManagerUnreachable(f"{self.where} did not answer within {deadline.seconds:g} s; it is asked again later.")

    def _failure(self, error: requests.exceptions.RequestException, deadline: Deadline) -> ManagerError | _Broken:
        """The error for a request that got no answer: final, or _Broken when asking again may help."""
        cause = _innermost(error)
        if isinstance(error, failures.ProxyError):
            return ManagerUnreachable(f"{self.where} cannot be reached through its proxy: {self.clean(_words(cause))}; check the option proxy.")
        if isinstance(error, failures.SSLError):
            return self._certificate(cause)
        if isinstance(error, failures.ConnectTimeout):
            return ManagerUnreachable(f"{self.where} cannot be reached: no answer to connecting within {min(CONNECT_SECONDS, deadline.seconds):g} s; "
                                      "check its url and the network.")
        if isinstance(error, failures.Timeout) or "timed out" in str(error):
            return self._too_late(deadline) if deadline.passed() else ManagerUnreachable(
                f"{self.where} did not answer within {self._read_seconds:g} s; it is asked again later.")
        if isinstance(error, (failures.ChunkedEncodingError, failures.ContentDecodingError)):
            return _Broken(InvalidAnswer(f"{self.where} broke off in the middle of an answer; it is asked again later."))
        if isinstance(error, failures.ConnectionError):
            if isinstance(cause, OSError) and not isinstance(cause, (ConnectionResetError, BrokenPipeError, ConnectionAbortedError)):
                return ManagerUnreachable(f"{self.where} cannot be reached: {self.clean(_words(cause))}; check its url, and that it runs.")
            return _Broken(ManagerUnreachable(f"{self.where} closed the connection without an answer; it is asked again later."))
        return ManagerUnreachable(f"{self.where} cannot be asked: {type(error).__name__}; check its url.")

    def _certificate(self, cause: BaseException) -> ManagerUnreachable:
        words = _words(cause)
        if "mismatch" in words.lower() or "doesn't match" in words or "not valid for" in words:
            return ManagerUnreachable(f"{self.where} shows a certificate that is made for another host; use the name that stands in it as url, "
                                      "or get it a certificate for this one.")
        if "certificate" in words.lower():
            reason = words.partition("certificate verify failed: ")[2].partition(" (_ssl")[0] or words
            return ManagerUnreachable(f"{self.where} shows a certificate that is not trusted ({self.clean(reason)}); set ca_path to the file of the CA "
                                      "that signed it.")
        return ManagerUnreachable(f"{self.where} does not speak TLS as expected ({self.clean(words)}); check the port in its url.")


class _Broken(Exception):
    """No whole answer came, and asking again may help; `final` is what to raise when it does not."""

    def __init__(self, final: ManagerError) -> None:
        super().__init__(str(final))
        self.final = final


def _innermost(error: BaseException) -> BaseException:
    """What really happened, below the layers of requests and urllib3."""
    seen: set[int] = set()
    while id(error) not in seen:
        seen.add(id(error))
        inner = getattr(error, "reason", None) or error.__cause__ or error.__context__
        if not isinstance(inner, BaseException):
            inner = next((part for part in reversed(error.args) if isinstance(part, BaseException)), None)
        if inner is None:
            break
        error = inner
    return error


def _words(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def seconds_of(retry_after: str | None) -> float:
    """Seconds that a Retry-After header asks for, as a number or a date; 0 without one."""
    if not retry_after:
        return 0.0
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return 0.0


def netloc_of(url: str) -> str:
    """host:port of a URL, as messages and comparisons use it."""
    return urlsplit(url).netloc
