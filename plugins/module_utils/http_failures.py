# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request that got no answer means: a sentence, and whether asking again may help."""
from __future__ import annotations

import traceback
from collections.abc import Callable

from .deadline import Deadline
from .errors import InvalidAnswer, ManagerError, ManagerUnreachable

try:
    from requests import exceptions as failures
except ImportError:
    REQUESTS_MISSING: str | None = traceback.format_exc()
else:
    REQUESTS_MISSING = None

CONNECT_SECONDS = 5.0


class Broken(Exception):
    """No whole answer came, and asking again may help; `final` is what to raise when it does not."""

    def __init__(self, final: ManagerError) -> None:
        super().__init__(str(final))
        self.final = final


class TooLate(ManagerUnreachable):
    """The deadline of the run came before the answer, or before the question."""


def too_late(where: str, deadline: Deadline) -> TooLate:
    """The deadline came before the answer."""
    return TooLate(f"{where} did not answer within {deadline.seconds:g} s; it is asked again later.")


def failure_of(
    error: Exception, where: str, clean: Callable[[str], str], deadline: Deadline, read_seconds: float, hurried: bool = False
) -> ManagerError | Broken:
    """The error to raise: final, or Broken when asking again may help. hurried: the deadline left less time than an answer may take."""
    cause = _innermost(error)
    if isinstance(error, failures.ProxyError):
        return ManagerUnreachable(f"{where} cannot be reached through its proxy: {clean(_words(cause))}; check the option proxy.")
    if isinstance(error, failures.SSLError):
        return _certificate(cause, where, clean)
    if isinstance(error, failures.ConnectTimeout):
        return ManagerUnreachable(f"{where} cannot be reached: no answer to connecting within {min(CONNECT_SECONDS, deadline.seconds):g} s; "
                                  "check its url and the network.")
    if isinstance(error, failures.Timeout) or "timed out" in str(error):
        return too_late(where, deadline) if hurried or deadline.passed() else ManagerUnreachable(
            f"{where} did not answer within {read_seconds:g} s; it is asked again later.")
    if isinstance(error, (failures.ChunkedEncodingError, failures.ContentDecodingError)):
        return Broken(InvalidAnswer(f"{where} broke off in the middle of its answer, however often it was asked; check that system, and what lies between."))
    if isinstance(error, failures.ConnectionError):
        if isinstance(cause, OSError) and not isinstance(cause, (ConnectionResetError, BrokenPipeError, ConnectionAbortedError)):
            return ManagerUnreachable(f"{where} cannot be reached: {clean(_words(cause))}; check its url, and that it runs.")
        return Broken(ManagerUnreachable(f"{where} closed the connection without an answer; it is asked again later."))
    return ManagerUnreachable(f"{where} cannot be asked: {type(error).__name__}; check its url.")


def _certificate(cause: BaseException, where: str, clean: Callable[[str], str]) -> ManagerUnreachable:
    words = _words(cause)
    if "mismatch" in words.lower() or "doesn't match" in words or "not valid for" in words:
        return ManagerUnreachable(f"{where} shows a certificate that is made for another host; use the name that stands in it as url, "
                                  "or get it a certificate for this one.")
    if "certificate" in words.lower():
        reason = words.partition("certificate verify failed: ")[2].partition(" (_ssl")[0] or words
        return ManagerUnreachable(f"{where} shows a certificate that is not trusted ({clean(reason)}); set ca_path to the file of the CA "
                                  "that signed it.")
    return ManagerUnreachable(f"{where} does not speak TLS as expected ({clean(words)}); check the port in its url.")


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
