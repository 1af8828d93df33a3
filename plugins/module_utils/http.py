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
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from .deadline import Deadline
from .errors import InvalidAnswer, ManagerUnreachable
from .http_failures import CONNECT_SECONDS, REQUESTS_MISSING, Broken, TooLate, failure_of, too_late

if not REQUESTS_MISSING:
    import requests
    from requests import exceptions as failures
    from urllib3.exceptions import HTTPError        # requests lets some of them through

READ_SECONDS = 30.0
CLOSING_SECONDS = 5.0                       # for a logout, whatever else has run out
ATTEMPTS = 5
MOST_BYTES = 256 << 20                      # of one answer; the largest known ones have a few MB
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
        """The body as JSON; an HTML page, half an answer or one that is nested without end is an InvalidAnswer."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError) as error:
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

    def left(self) -> float:
        """Seconds until the deadline of the moment."""
        return self.deadline.left()

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
                with nullcontext() if closing else self._gate:          # a logout does not wait behind answers that nobody wants any more
                    answer = self._once(method, path, headers, body, text, deadline)
            except Broken as error:
                if last or not repeat or not self._wait(attempt, None, deadline):
                    raise (too_late(self.where, deadline) if deadline.passed() else error.final) from error
                continue
            if answer.status not in BUSY:
                return answer
            if last or not self._wait(attempt, answer.headers.get("Retry-After"), deadline):
                raise (ManagerUnreachable if last else TooLate)(f"{self.where} is too busy (HTTP {answer.status}); it is asked again later.")
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
        left = deadline.left()
        if left <= 0:
            raise too_late(self.where, deadline)
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
                parts, size = [], 0
                for part in response.iter_content(1 << 16):
                    parts.append(part)
                    size += len(part)
                    if deadline.passed():
                        raise too_late(self.where, deadline)
                    if size > MOST_BYTES:
                        raise InvalidAnswer(f"{self.where} sends an answer that does not end; check that url and type name the right system.")
                return Answer(response.status_code, response.headers, b"".join(parts), self.where)
        except (failures.RequestException, HTTPError) as error:
            raise failure_of(error, self.where, self.clean, deadline, self._read_seconds, hurried=left <= self._read_seconds) from error
        except ValueError as error:         # a URL or header that cannot be sent
            raise InvalidAnswer(f"{self.where} cannot be asked: {self.clean(str(error))}") from error


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
    except (ValueError, OverflowError, TypeError):
        return 0.0
