# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sessions of managers that speak JSON have in common: reads, and what an answer means that is none. The status is looked at before the body."""
from __future__ import annotations

from typing import Any

from ..errors import InvalidAnswer, LoginRefused, ManagerError, ManagerUnreachable
from ..http import Answer, HttpSession
from .base import Account, Session, Token
from .config import ManagerConfig

Json = dict[str, Any]


class JsonSession(Session[Token]):
    """Authenticated reads of one appliance. A vendor writes log_in(), log_out(), headers() and error_of()."""

    def __init__(self, config: ManagerConfig, parallel: int, account: Account | None = None) -> None:
        self.http = HttpSession(config.name, config.url, validate_certs=config.validate_certs, ca_path=config.ca_path, proxy=config.proxy,
                                parallel=parallel, secrets=(config.password,))
        self.where = config.where
        self.config = config
        super().__init__(config.where, self.log_in, self.log_out, account, self.http.left)

    def log_in(self) -> Token:
        """Opens a session."""
        raise NotImplementedError

    def log_out(self, token: Token) -> None:
        """Ends it."""
        raise NotImplementedError

    def headers(self, token: Token) -> dict[str, str]:
        """What a read carries."""
        raise NotImplementedError

    def error_of(self, body: Json) -> tuple[str, str]:
        """Code and message of an error body, each "" where there is none."""
        raise NotImplementedError

    def login(self) -> None:
        """Opens the session unless it is open."""
        self.token()

    def logout(self) -> None:
        """Ends the session: a forgotten one counts against the appliance's limit."""
        try:
            self.close()
        finally:
            self.http.close()

    def get(self, path: str) -> Answer:
        """An authenticated read; logs in again when the session is gone. What comes with status 200 is JSON."""
        once = self.answered_at_once(path)
        answer = self.use(lambda token: self.http.ask("GET", path, document, headers=self.headers(token), at_once=once), lambda got: got.status == 401)
        if answer.status in (401, 403):
            raise LoginRefused(f"{self.where} does not let user {self.config.username!r} read {path.partition('?')[0]}; give the user the right to read it.")
        return answer

    def answered_at_once(self, _path: str) -> frozenset[int]:
        """Statuses that usually pass, and yet say something about this path: they are not asked again."""
        return frozenset()

    def words(self, answer: Answer) -> tuple[str, str]:
        """Code and message of an answer that is an error; what it looks like where it is not worded as this system words them."""
        try:
            body = answer.json()
        except InvalidAnswer:
            return "", answer.shown()
        code, message = self.error_of(body) if isinstance(body, dict) else ("", "")
        return self.http.clean(code), self.http.clean(message).rstrip(". ") or f"HTTP {answer.status}"

    def refused(self, answer: Answer, options: str) -> ManagerError:
        """The error for a login that did not open a session. options: which of the manager's are to be corrected."""
        code, message = self.words(answer)
        if answer.status in (401, 403) or answer.status == 400 and code:
            return LoginRefused(f"{self.where} refused the login of user {self.config.username!r}: {message}; correct {options} of this manager.")
        return self.unexpected(answer, "the login")

    def no_free_session(self, message: str) -> ManagerUnreachable:
        """The error for a login that is right, and one too many."""
        return ManagerUnreachable(f"{self.where} has no free session for user {self.config.username!r}: {message}; it is asked again later.")

    def logged_out(self, answer: Answer) -> None:
        """Looks whether the answer to a logout says that the session is gone. Raises ManagerError when it does not."""
        if answer.status == 204:
            return
        if answer.status not in (200, 401, 404):
            raise self.unexpected(answer, "the logout")
        if answer.status == 200 or answer.content.strip() and not isinstance(answer.json(), dict):
            raise answer.invalid("nothing")             # whoever sits in between has answered: that is no logout

    def unexpected(self, answer: Answer, what: str) -> ManagerError:
        """The error for a status that nothing foresees."""
        if answer.is_redirect:
            return answer.redirected(self.http.url)
        code, message = self.words(answer)
        told = f"{self.where} answered {what} with HTTP {answer.status}{', ' + code if code else ''}: {message}"
        return ManagerUnreachable(f"{told}; it is asked again later.") if answer.may_pass else InvalidAnswer(f"{told}.")


def document(answer: Answer) -> Answer:
    """The answer, once it is certain that an answer of status 200 is an object or a list of JSON."""
    if answer.status == 200 and not isinstance(answer.json(), (dict, list)):
        raise answer.invalid("a JSON object")
    return answer


def mapping(answer: Answer) -> Json:
    """The body, which must be an object."""
    body = answer.json()
    if not isinstance(body, dict):
        raise answer.invalid("a JSON object")
    return body


def is_token(text: object) -> bool:
    """It can stand in a header."""
    return isinstance(text, str) and text.isascii() and text.isprintable() and bool(text.strip())
