# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every management system's class has, and the one login that its threads share."""
from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar

from ..deadline import Deadline
from ..errors import ManagerError, ManagerUnreachable
from ..guard import Fault, guarded, one_by_one
from ..http import CLOSING_SECONDS
from ..models import Reason
from .config import ManagerConfig
from .elements import kind_of
from .outcomes import Outcome, of_one

LATER = "; it is asked again later"         # how the sentences of failures that may pass end
MOST_RENEWALS = 5           # of a session in one run: a manager that forgets it more often is not helped by the next login
Token = TypeVar("Token")
Answered = TypeVar("Answered")


class Account(Protocol):
    """Decides whether a login may be tried now, see logins.py."""

    def log_in(self, login: Callable[[], Token], left: Callable[[], float]) -> Token:
        """login(), or LoginRefused. left: seconds that may be waited."""


Accounts = Callable[[ManagerConfig, str], Account]      # by manager, and the part of it that has users of its own


class Manager:
    """One management system. answers() and close() are what a vendor writes."""

    vendor = ""

    def __init__(self, name: str, where: str) -> None:
        self.name = name
        self.where = where
        self.warnings: list[str] = []

    def login(self) -> None:
        """Opens the session; answers() does it when it is first needed."""
        raise NotImplementedError

    def answers(self, names: Iterable[str], deadline: Deadline) -> Iterator[dict[str, Outcome]]:
        """Every wanted name once, in parts, each as soon as it is known: the server that answers to it, or why there is none."""
        raise NotImplementedError

    def find(self, names: Iterable[str], deadline: Deadline | None = None) -> dict[str, Outcome]:
        """answers(), put together."""
        found: dict[str, Outcome] = {}
        for part in self.answers(names, deadline or Deadline(20)):
            found.update(part)
        return found

    def close(self) -> None:
        """Closes what is open, also when the deadline has passed; a second call does nothing."""
        raise NotImplementedError

    def logout(self) -> None:
        """close(). Whatever fails becomes a warning: what was found is there already."""
        guarded(lambda _manager: self.close(), lambda _manager, fault: self.left_open(fault))(self)

    def left_open(self, fault: Fault) -> None:
        """A session that could not be closed is worth a warning: it counts against a limit until the manager ends it."""
        self.warnings.append(f"A session is left open until its time is over: {fault.why.message.replace(LATER, '')}")

    def each_name(self, names: Iterable[str], work: Callable[[str], Outcome]) -> dict[str, Outcome]:
        """work(name) of each; whatever is raised about one is that one's reason."""
        return dict(one_by_one(names, work, self.of_one))

    def of_one(self, name: str, fault: Fault) -> Reason:
        """What was raised about one name, in words."""
        return of_one(name, self.where, fault)

    def without_odd_ones(self, listed: Iterable[object], path: str) -> list[dict[str, object]]:
        """The elements of a list that are objects; the others belong to no name that could be told, so the run warns of them."""
        found, odd = [], []
        for element in listed:
            if isinstance(element, dict):
                found.append(element)
            else:
                odd.append(kind_of(element))
        if odd:
            what = f"{len(odd)} elements that are no objects" if len(odd) > 1 else "1 element that is no object"
            warning = f"{self.where} listed {what} ({', '.join(sorted(set(odd)))}) at {path}, passed over: report it with the version of that system."
            if warning not in self.warnings:
                self.warnings.append(warning)
        return found


class Session(Generic[Token]):
    """One login that threads share: made when first needed, again when the manager has forgotten it, closed for good by close()."""

    def __init__(
        self, where: str, login: Callable[[], Token], logout: Callable[[Token], None], account: Account | None = None,
        left: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """account: who decides whether a login may be tried now; left: seconds that it may take about that."""
        self._where = where
        self._login: Callable[[], Token] = (lambda: account.log_in(login, left)) if account else login
        self._logout = logout
        self._lock = threading.RLock()
        self._token: Token | None = None
        self._failure: ManagerError | None = None
        self._renewals = 0
        self._in_vain = False           # renewed, and the new session has not been accepted for anything yet
        self._closed = False

    def token(self) -> Token:
        """What requests carry. A login that failed is remembered, and not tried again by whoever waits for it too."""
        with self._lock:
            self._refuse_when_closed()
            if self._failure is not None:
                raise self._failure
            if self._token is not None:
                return self._token
            try:
                token = self._login()
            except ManagerError as error:
                self._failure = error
                raise
            if self._closed:                            # meanwhile; whoever closes may have stopped waiting
                self._logout(token)
                self._refuse_when_closed()
            self._token = token
            return token

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise ManagerUnreachable(f"{self._where} is no longer asked: the run is ending.")

    def use(self, ask: Callable[[Token], Answered], lost: Callable[[Answered], bool]) -> Answered:
        """ask(token); again with a new session as long as the answer says that the session was lost, and another can be had."""
        while True:
            token = self.token()
            answer = ask(token)
            if not lost(answer):
                self.worked(token)
                return answer
            if not self.renew(token):
                return answer

    def worked(self, token: Token) -> None:
        """The manager accepted this token."""
        with self._lock:
            if self._token == token:
                self._in_vain = False

    def renew(self, stale: Token) -> bool:
        """After the manager did not accept this token: True when there is another to try with, False when a fresh one was not accepted either.

        The old session is logged out first: some managers say "not logged in" and mean "not allowed", and the session lives on.
        """
        with self._lock:
            if self._token != stale:
                return True
            if self._in_vain or self._renewals >= MOST_RENEWALS:
                return False
            self._renewals += 1
            self._in_vain = True
            self._token = None
            guarded(self._logout, lambda _stale, _fault: None)(stale)       # it was gone, as it should be
            self.token()
            return True

    def close(self) -> None:
        """Logs out, once; waits a little for a login that is under way, so that its session is not left behind."""
        self._closed = True
        if not self._lock.acquire(timeout=CLOSING_SECONDS):
            raise ManagerUnreachable(f"{self._where} has not answered the login yet.")
        try:
            token, self._token = self._token, None
        finally:
            self._lock.release()
        if token is not None:
            self._logout(token)
