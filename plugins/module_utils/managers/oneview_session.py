# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OneView's session: version, login, logout, and how it words errors."""
from __future__ import annotations

import re

from ..errors import InvalidAnswer
from ..http import Answer
from .base import Account
from .config import ManagerConfig
from .json_session import Json, JsonSession, document, is_token, mapping

__all__ = ["PARALLEL", "OneViewSession", "mapping"]

LOGIN = "/rest/login-sessions"
NEWEST_API = 8000           # the newest API whose answers are known here
PARALLEL = 4
SESSION_LIMIT = re.compile(r"SESSION.*LIMIT", re.IGNORECASE)


class OneViewSession(JsonSession[str]):
    """Authenticated reads of one appliance. Its sessions live for a day when they are forgotten."""

    def __init__(self, config: ManagerConfig, account: Account | None = None) -> None:
        super().__init__(config, PARALLEL, account)
        self._version: int | None = config.api_version

    def log_in(self) -> str:
        """Asks for the API version unless it is given or known, then logs in."""
        body: Json = {"userName": self.config.username, "password": self.config.password, "loginMsgAck": True}
        if self.config.login_domain:
            body["authLoginDomain"] = self.config.login_domain
        if self._version is None:
            self._version = self._ask_for_version()
        answer = self.http.request("POST", LOGIN, headers=self._common(), body=body, repeat=False)
        if answer.status == 200:
            token = mapping(answer).get("sessionID")
            if not is_token(token):
                raise answer.invalid("a session")
            self.http.keep_secret(str(token))
            return str(token)
        code, message = self.words(answer)
        if SESSION_LIMIT.search(code):
            raise self.no_free_session(message)
        raise self.refused(answer, "username, password or login_domain")

    def log_out(self, token: str) -> None:
        """Ends the session."""
        self.http.ask("DELETE", LOGIN, self.logged_out, headers=self.headers(token), body={}, closing=True)

    def headers(self, token: str) -> dict[str, str]:
        """What a read carries."""
        return {**self._common(), "auth": token}

    def _common(self) -> dict[str, str]:
        return {"X-API-Version": str(self._version), "Accept": "application/json"}

    def _ask_for_version(self) -> int:
        """The newest that the appliance and we both speak."""
        answer = self.http.ask("GET", "/rest/version", document)
        if answer.status in (401, 403):
            # No password was sent, so this is no refused login: it must not count towards the tries after which accounts are locked.
            raise InvalidAnswer(f"{self.where} does not let anybody ask for its version (HTTP {answer.status}: {self.words(answer)[1]}); look at what "
                                "lies between, or set api_version.")
        if answer.status != 200:
            raise self.unexpected(answer, "the question for its version")
        current, oldest = mapping(answer).get("currentVersion"), mapping(answer).get("minimumVersion")
        if not isinstance(current, int) or isinstance(current, bool) or current <= 0:
            raise answer.invalid("the versions of OneView")
        version = min(current, NEWEST_API)
        if isinstance(oldest, int) and version < oldest:
            raise InvalidAnswer(f"{self.where} speaks API {str(oldest)[:20]} and newer, and {NEWEST_API} is the newest that is known here; set api_version.")
        return version

    def get(self, path: str) -> Answer:
        """An authenticated read; logs in again when the session is gone."""
        answer = super().get(path)
        if answer.status == 412:
            raise InvalidAnswer(f"{self.where} does not speak API version {self._version}; correct api_version of this manager, or leave it out.")
        return answer

    def error_of(self, body: Json) -> tuple[str, str]:
        """Code and message of an error body."""
        return str(body.get("errorCode") or ""), str(body.get("message") or "")
