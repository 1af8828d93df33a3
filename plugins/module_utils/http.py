# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One kept-open HTTPS session with one management system; each of its failures becomes one of errors.py."""
from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from threading import BoundedSemaphore
from typing import Any, TypeVar

from .deadline import Deadline
from .errors import InvalidAnswer, InvalidArgument, ManagerUnreachable
from .http_answers import BUSY, NOTHING_DONE, Answer, seconds_of
from .http_body import body_of
from .http_failures import ATTEMPTS, CONNECT_SECONDS, ODD_ATTEMPTS, Asking, Broken, TooLate, failure_of, too_late
from .http_library import Timeout, failures
from .http_pools import ALLOWANCE, TooMuch, open_pools
from .http_proxy import read_proxy
from .showing import USERINFO
from .tls import client_context

READ_SECONDS = 30.0
CLOSING_SECONDS = 5.0                       # for a logout, whatever else has run out
MOST_BYTES = 64 << 20                       # of one answer; the largest known ones, all classes of a big UCS domain, have half of that
HEAD_BYTES = 1 << 20                        # and what may come around it
SENTENCE = 300                              # characters of a manager's own words that are passed on
SECRET_WORDS = re.compile(r'((?:in)?password|x-auth-token|auth|(?:in|out)?cookie|sessionkey|sessionid)("?\s*[=:]\s*"?)[^"\s,}>]+', re.IGNORECASE)
Result = TypeVar("Result")


class HttpSession:
    """Requests to one system: its limits on parallel requests, timeouts, certificates, retries; all of it before one deadline.

    The environment is not looked at: no proxy, no .netrc, no REQUESTS_CA_BUNDLE turns up by surprise; `proxy` and `ca_path` say what holds. Nothing
    is followed, and no cookie is kept.
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
        """Raises InvalidArgument where proxy or ca_path cannot be used."""
        self.url = url
        self.where = f"{name} ({url})"
        self.deadline = Deadline(READ_SECONDS)
        self.parallel = parallel
        self._proxy = read_proxy(name, proxy)
        self._read_seconds = read_seconds
        self._secrets = {secret for secret in (*secrets, *(self._proxy.secrets() if self._proxy else ())) if secret}
        self._pause = pause
        self._gate = BoundedSemaphore(parallel)
        try:
            self._pools = open_pools(self._proxy, client_context(validate_certs, ca_path), parallel)
        except InvalidArgument as error:
            raise InvalidArgument(f"Manager {name!r}: {error}") from error

    def keep_secret(self, text: str) -> None:
        """From now on this text, a session's token, is blotted out of every sentence."""
        if text:
            self._secrets.add(text)

    def clean(self, text: str) -> str:
        """A manager's own words, fit for a sentence: one line, not long, no secret."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        text = SECRET_WORDS.sub(r"\1\2***", USERINFO.sub("***@", text[:20 * SENTENCE]))
        text = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
        return text if len(text) <= SENTENCE else text[:SENTENCE] + "..."

    def left(self) -> float:
        """Seconds until the deadline of the moment."""
        return self.deadline.left()

    def close(self) -> None:
        """Closes the connections."""
        self._pools.clear()

    def request(self, method: str, path: str, **options: Any) -> Answer:
        """ask(), for whoever looks at the answer himself."""
        return self.ask(method, path, lambda answer: answer, **options)

    def ask(
        self,
        method: str,
        path: str,
        read: Callable[[Answer], Result],
        *,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        text: bytes | None = None,
        repeat: bool = True,
        closing: bool = False,
        at_once: frozenset[int] = frozenset(),
    ) -> Result:
        """read(answer). Asks once, or as often as a busy system, a broken-off answer, or one that read() finds invalid, allows.

        body is sent as JSON, text as it is. repeat: asking twice does no harm; without it only a system that says that it did nothing is asked
        again. closing: a logout, which has a few seconds of its own. at_once: statuses that are not asked again, though they usually pass.
        """
        deadline = Deadline(CLOSING_SECONDS) if closing else self.deadline
        sent = {"accept-encoding": "gzip", "user-agent": "baremetal.generator", **(headers or {})}
        if body is not None:
            text, sent["content-type"] = json.dumps(body).encode(), "application/json"
        attempt = 0
        while True:
            attempt += 1
            try:
                with nullcontext() if closing else self._gate:          # a logout does not wait behind answers that nobody wants any more
                    answer = self._once(method, path, sent, text, deadline)
                return read(answer) if answer.status in at_once else _judged(answer, read)
            except Broken as broken:
                last = attempt >= broken.attempts
                retry_after = broken.answer.headers.get("retry-after") if broken.answer else None
                if (repeat or broken.nothing_done) and not last and self._wait(attempt, retry_after, deadline):
                    continue
                if broken.answer is not None and not broken.busy:
                    return read(broken.answer)                          # which knows how to word it
                if broken.busy:
                    raise (ManagerUnreachable if last else TooLate)(str(broken.final)) from broken
                raise (too_late(self.where, deadline) if deadline.passed() else broken.final) from broken

    def _wait(self, attempt: int, retry_after: str | None, deadline: Deadline) -> bool:
        """Pauses before the next attempt; False when the deadline comes first."""
        pause = 0.2 * 2 ** (attempt - 1) * random.uniform(0.5, 1.0)
        pause = max(pause, seconds_of(retry_after))
        if pause >= deadline.left():
            return False
        self._pause(pause)
        return True

    def _once(self, method: str, path: str, headers: Mapping[str, str], text: bytes | None, deadline: Deadline) -> Answer:
        left = deadline.left()
        if left <= 0:
            raise too_late(self.where, deadline)
        response = None
        try:
            with ALLOWANCE.of(deadline, MOST_BYTES + HEAD_BYTES):
                try:
                    response = self._pools.request(
                        method, path if path.startswith("http") else self.url + path, body=text, headers=dict(headers),
                        timeout=Timeout(connect=min(CONNECT_SECONDS, left), read=min(self._read_seconds, left)),
                        redirect=False, retries=False, preload_content=False, decode_content=False, enforce_content_length=True)
                    content = body_of(response, MOST_BYTES, self.where)
                    return Answer(response.status, {name.lower(): value for name, value in response.headers.items()}, content, self.where)
                finally:
                    if response is not None:
                        response.close()            # whole answers have given their connection back before
        except TooMuch as error:
            raise InvalidAnswer(f"{self.where} sends an answer of more than {MOST_BYTES >> 20} MB; check that url and type name the right system.") from error
        except (failures.HTTPError, OSError) as error:
            asking = Asking(self.where, self.clean, deadline, self._read_seconds, left <= self._read_seconds, response is not None,
                            self._proxy.url if self._proxy else "")
            raise failure_of(error, asking) from error
        except ValueError as error:         # a URL or header that cannot be sent; its words may quote the header
            raise InvalidAnswer(f"{self.where} cannot be asked: its address or session holds signs that HTTP does not know; check its url.") from error
        except MemoryError as error:
            raise InvalidAnswer(f"{self.where} sends more than the memory of this machine holds; check that url and type name the right system.") from error


def _judged(answer: Answer, read: Callable[[Answer], Result]) -> Result:
    """read(answer). Raises Broken when asking again may help: the status is looked at before the body."""
    if answer.may_pass:
        busy = ManagerUnreachable(f"{answer.where} is too busy (HTTP {answer.status}); it is asked again later.")
        is_busy = answer.status in BUSY
        raise Broken(busy, answer, ATTEMPTS if is_busy else ODD_ATTEMPTS, answer.status in NOTHING_DONE, is_busy)
    try:
        return read(answer)
    except InvalidAnswer as odd:
        raise Broken(odd, attempts=ODD_ATTEMPTS) from odd
