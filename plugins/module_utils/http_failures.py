# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request that got no answer means: a sentence, and whether asking again may help."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException

from .deadline import Deadline
from .errors import InvalidAnswer, ManagerError, ManagerUnreachable
from .http_answers import Answer
from .http_library import failures

CONNECT_SECONDS = 5.0
ATTEMPTS = 5
ODD_ATTEMPTS = 3            # at an answer that is none: a page of a system that is just starting, or of one that is no manager at all
LOST = (ConnectionResetError, BrokenPipeError, ConnectionAbortedError)


class Broken(Exception):
    """No answer of use came, and asking again may help; `final` is what to raise when it does not, unless there is an answer that says more.

    nothing_done: the manager did not even begin, so that whatever was asked may be asked again.
    """

    def __init__(self, final: ManagerError, answer: Answer | None = None, attempts: int = ATTEMPTS, nothing_done: bool = False, busy: bool = False) -> None:
        super().__init__(str(final))
        self.final = final
        self.answer = answer
        self.attempts = attempts
        self.nothing_done = nothing_done
        self.busy = busy


class TooLate(ManagerUnreachable):
    """The deadline of the run came before the answer, or before the question."""


@dataclass(frozen=True)
class Asking:
    """One request that is being made. hurried: the deadline leaves less time than an answer may take. begun: the head of the answer has come."""

    where: str
    clean: Callable[[str], str]
    deadline: Deadline
    read_seconds: float
    hurried: bool = False
    begun: bool = False
    proxy: str = ""

    @property
    def way(self) -> str:
        """Who was asked, and through which proxy."""
        return f"{self.where}, asked through the proxy {self.proxy}," if self.proxy else self.where

    @property
    def check(self) -> str:
        """Where to look when there is no way."""
        return "its url and the option proxy" if self.proxy else "its url"


def too_late(where: str, deadline: Deadline) -> TooLate:
    """The deadline came before the answer."""
    return TooLate(f"{where} did not answer within {deadline.seconds:g} s; it is asked again later.")


def failure_of(error: Exception, asking: Asking) -> ManagerError | Broken:
    """The error to raise: final, or Broken when asking again may help."""
    chain = _chain(error)
    where, clean, cause = asking.way, asking.clean, chain[-1]
    if isinstance(error, failures.ProxyError):
        no_way = ManagerUnreachable(f"{asking.where} cannot be reached through its proxy {asking.proxy}: {clean(_words(cause))}; check the option proxy.")
        return Broken(no_way) if isinstance(cause, LOST) else no_way
    if isinstance(error, failures.SSLError):
        return _certificate(cause, where, clean)
    if isinstance(error, failures.NewConnectionError):
        return ManagerUnreachable(f"{where} cannot be reached: {clean(_words(cause))}; check {asking.check}, and that it runs.")
    if isinstance(error, failures.ConnectTimeoutError) or "handshake" in str(cause):
        if asking.deadline.passed():
            return too_late(where, asking.deadline)
        return ManagerUnreachable(f"{where} cannot be reached: no answer to connecting within {min(CONNECT_SECONDS, asking.deadline.seconds):g} s; "
                                  f"check {asking.check} and the network.")
    if isinstance(error, failures.TimeoutError) or "timed out" in str(error):
        return too_late(where, asking.deadline) if asking.hurried or asking.deadline.passed() else ManagerUnreachable(
            f"{where} did not answer within {asking.read_seconds:g} s; it is asked again later.")
    if isinstance(error, failures.ProtocolError) and asking.begun:
        return Broken(ManagerUnreachable(f"{where} broke off in the middle of its answer, however often it was asked; it is asked again later."))
    if isinstance(cause, OSError) and not isinstance(cause, LOST):
        return ManagerUnreachable(f"{where} cannot be reached: {clean(_words(cause))}; check {asking.check}, and that it runs.")
    if any(isinstance(layer, HTTPException) and not isinstance(layer, LOST) for layer in chain):
        return InvalidAnswer(f"{where} does not speak HTTP as expected; check that url and type name the right system.")
    if isinstance(error, failures.ProtocolError):
        return Broken(ManagerUnreachable(f"{where} closed the connection without an answer; it is asked again later."))
    return ManagerUnreachable(f"{where} cannot be asked: {type(error).__name__}; check {asking.check}.")


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


def _chain(error: BaseException) -> list[BaseException]:
    """What was raised, and what it was raised from, layer by layer; the last is what really happened: nothing below an error of the system matters."""
    found: list[BaseException] = []
    inner: object = error
    while isinstance(inner, BaseException) and inner not in found:
        found.append(inner)
        if isinstance(inner, (OSError, HTTPException)):
            break
        inner = next((part for part in reversed(inner.args) if isinstance(part, BaseException)), inner.__cause__ or inner.__context__)
    return found


def _words(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
