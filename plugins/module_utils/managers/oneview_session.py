# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OneView's session: version, login, reads, logout, and what its errors say."""
from __future__ import annotations

import re
from typing import Any

from ..errors import InvalidAnswer, LoginRefused, ManagerError, ManagerUnreachable
from ..http import Answer, HttpSession
from .base import Account, Session
from .config import ManagerConfig

Json = dict[str, Any]

LOGIN = "/rest/login-sessions"
NEWEST_API = 8000           # the newest API whose answers are known here
PARALLEL = 4
SESSION_LIMIT = re.compile(r"SESSION.*LIMIT", re.IGNORECASE)


class OneViewSession:
    """Authenticated reads of one appliance."""

    def __init__(self, config: ManagerConfig, account: Account | None = None) -> None:
        self.http = HttpSession(config.name, config.url, validate_certs=config.validate_certs, ca_path=config.ca_path, proxy=config.proxy,
                                parallel=PARALLEL, secrets=(config.password,))
        self.where = config.where
        self._config = config
        self._version: int | None = config.api_version
        self._session: Session[str] = Session(config.where, self._log_in, self._log_out, account, self.http.left)

    def login(self) -> None:
        """Asks for the API version unless it is given, then logs in."""
        self._session.token()

    def logout(self) -> None:
        """Ends the session: a forgotten one lives for a day and counts against the appliance's limit."""
        try:
            self._session.close()
        finally:
            self.http.close()

    def _log_in(self) -> str:
        body: Json = {"userName": self._config.username, "password": self._config.password, "loginMsgAck": True}
        if self._config.login_domain:
            body["authLoginDomain"] = self._config.login_domain
        answer = self.http.request("POST", LOGIN, headers=self._headers(), body=body, repeat=False)
        if answer.status == 200:
            token = mapping(answer).get("sessionID")
            if not isinstance(token, str) or not token:
                raise answer.invalid("a session")
            self.http.keep_secret(token)
            return token
        code, message = self._words_at_login(answer)
        if SESSION_LIMIT.search(code):
            raise ManagerUnreachable(f"{self.where} has no free session for user {self._config.username!r}: {message}; it is asked again later.")
        if answer.status in (400, 401, 403):
            raise LoginRefused(f"{self.where} refused the login of user {self._config.username!r}: {message}; correct username, password or "
                               "login_domain of this manager.")
        raise self.unexpected(answer, "the login")

    def _log_out(self, token: str) -> None:
        answer = self.http.request("DELETE", LOGIN, headers={**self._headers(), "auth": token}, body={}, closing=True)
        if answer.status >= 400 and answer.status not in (401, 404):
            raise self.unexpected(answer, "the logout")

    def _headers(self) -> dict[str, str]:
        if self._version is None:
            answer = self.http.request("GET", "/rest/version")
            if answer.status != 200:
                raise self.unexpected(answer, "the question for its version")
            versions = mapping(answer)
            current, oldest = versions.get("currentVersion"), versions.get("minimumVersion")
            if not isinstance(current, int):
                raise answer.invalid("the versions of OneView")
            self._version = min(current, NEWEST_API)
            if isinstance(oldest, int) and self._version < oldest:
                raise InvalidAnswer(f"{self.where} speaks API {oldest} and newer, and {NEWEST_API} is the newest that is known here; set api_version.")
        return {"X-API-Version": str(self._version), "Accept": "application/json"}

    def get(self, path: str) -> Answer:
        """An authenticated read; logs in again, once, when the session is gone."""
        while True:
            token = self._session.token()
            answer = self.http.request("GET", path, headers={**self._headers(), "auth": token})
            if answer.status != 401 or not self._session.renew(token):
                break
        if answer.status in (401, 403):
            raise LoginRefused(f"{self.where} does not let user {self._config.username!r} read {path.partition('?')[0]}; give the user the right to read it.")
        if answer.status == 412:
            raise InvalidAnswer(f"{self.where} does not speak API version {self._version}; correct api_version of this manager, or leave it out.")
        return answer

    def _error(self, answer: Answer) -> tuple[str, str]:
        """Code and message of an error body."""
        body = mapping(answer)
        return str(body.get("errorCode") or ""), self.http.clean(str(body.get("message") or f"HTTP {answer.status}")).rstrip(".")

    def _words_at_login(self, answer: Answer) -> tuple[str, str]:
        """The same; a refusal is one in whatever words, or none."""
        try:
            return self._error(answer)
        except InvalidAnswer:
            if answer.status not in (401, 403):
                raise
            return "", f"HTTP {answer.status}"

    def unexpected(self, answer: Answer, what: str) -> ManagerError:
        """The error for a status that nothing foresees."""
        _code, message = self._error(answer)
        kind = ManagerUnreachable if answer.status >= 500 else InvalidAnswer
        return kind(f"{self.where} answered {what} with HTTP {answer.status}: {message}.")


def mapping(answer: Answer) -> Json:
    """The body, which must be an object."""
    body = answer.json()
    if not isinstance(body, dict):
        raise answer.invalid("a JSON object")
    return body
