# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OME's session: login, reads, logout, and what its errors say."""
from __future__ import annotations

from typing import Any
from urllib.parse import quote

from ..errors import InvalidAnswer, LoginRefused, ManagerError, ManagerUnreachable
from ..http import Answer, HttpSession
from .base import Account, Session
from .config import ManagerConfig

Json = dict[str, Any]

SESSIONS = "/api/SessionService/Sessions"
PARALLEL = 8
SESSION_LIMIT = "CURS1209"


class OmeSession:
    """Authenticated reads of one appliance."""

    def __init__(self, config: ManagerConfig, account: Account | None = None) -> None:
        self.http = HttpSession(config.name, config.url, validate_certs=config.validate_certs, ca_path=config.ca_path, proxy=config.proxy,
                                parallel=PARALLEL, secrets=(config.password,))
        self.where = config.where
        self._config = config
        self._session: Session[tuple[str, str]] = Session(config.where, self._log_in, self._log_out, account, self.http.left)

    def login(self) -> None:
        """Opens a session of the API kind."""
        self._session.token()

    def logout(self) -> None:
        """Ends the session; a user has 100 of them at most."""
        try:
            self._session.close()
        finally:
            self.http.close()

    def _log_in(self) -> tuple[str, str]:
        body = {"UserName": self._config.username, "Password": self._config.password, "SessionType": "API"}
        answer = self.http.request("POST", SESSIONS, body=body, repeat=False)
        if answer.status in (200, 201):
            token, session = answer.headers.get("X-Auth-Token"), mapping(answer).get("Id")
            if not token or not session:
                raise answer.invalid("a session")
            self.http.keep_secret(token)
            return token, str(session)
        code, message = self._words_at_login(answer)
        if code == SESSION_LIMIT:
            raise ManagerUnreachable(f"{self.where} has no free session for user {self._config.username!r}: {message}; it is asked again later.")
        if answer.status in (400, 401, 403):
            raise LoginRefused(f"{self.where} refused the login of user {self._config.username!r}: {message}; correct username and password of "
                               "this manager.")
        raise self.unexpected(answer, "the login")

    def _log_out(self, token: tuple[str, str]) -> None:
        answer = self.http.request("DELETE", f"{SESSIONS}('{quote(token[1], safe='')}')", headers={"X-Auth-Token": token[0]}, closing=True)
        if answer.status >= 400 and answer.status not in (401, 404):
            raise self.unexpected(answer, "the logout")

    def get(self, path: str) -> Answer:
        """An authenticated read; logs in again, once, when the session is gone."""
        while True:
            token = self._session.token()
            answer = self.http.request("GET", path, headers={"X-Auth-Token": token[0], "Accept": "application/json"})
            if answer.status != 401 or not self._session.renew(token):
                break
        if answer.status in (401, 403):
            raise LoginRefused(f"{self.where} does not let user {self._config.username!r} read {path.partition('?')[0]}; give the user the right to read it.")
        return answer

    def _error(self, answer: Answer) -> tuple[str, str]:
        """Id and message of an error body; what it says at the top is the same for every error."""
        error = mapping(answer).get("error")
        error = error if isinstance(error, dict) else {"message": error}
        infos = error.get("@Message.ExtendedInfo")
        details: Json = next((info for info in infos if isinstance(info, dict)), {}) if isinstance(infos, list) else {}
        message = details.get("Message") or error.get("message") or f"HTTP {answer.status}"
        return str(details.get("MessageId") or ""), self.http.clean(str(message)).rstrip(". ")

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
        code, message = self._error(answer)
        if answer.status >= 500:
            return ManagerUnreachable(f"{self.where} answered {what} with HTTP {answer.status}: {message}; it is asked again later.")
        return InvalidAnswer(f"{self.where} answered {what} with HTTP {answer.status}, {code or 'no code'}: {message}.")


def mapping(answer: Answer) -> Json:
    """The body, which must be an object."""
    body = answer.json()
    if not isinstance(body, dict):
        raise answer.invalid("a JSON object")
    return body
