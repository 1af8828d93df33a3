# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OME's session: login, logout, and how it words errors."""
from __future__ import annotations

from urllib.parse import quote

from .base import Account
from .config import ManagerConfig
from .json_session import Json, JsonSession, is_token, mapping

__all__ = ["PARALLEL", "OmeSession", "mapping"]

SESSIONS = "/api/SessionService/Sessions"
PARALLEL = 8
SESSION_LIMIT = "CURS1209"
FILTER_REFUSED = frozenset({500, 501})      # what some versions answer to a filter that they do not take


class OmeSession(JsonSession[tuple[str, str]]):
    """Authenticated reads of one appliance. A user has 100 sessions at most."""

    def __init__(self, config: ManagerConfig, account: Account | None = None) -> None:
        super().__init__(config, PARALLEL, account)

    def log_in(self) -> tuple[str, str]:
        """Opens a session of the API kind."""
        body = {"UserName": self.config.username, "Password": self.config.password, "SessionType": "API"}
        answer = self.http.request("POST", SESSIONS, body=body, repeat=False)
        if answer.status in (200, 201):
            token, session = answer.headers.get("x-auth-token"), mapping(answer).get("Id")
            if token is None or not is_token(token) or not isinstance(session, (str, int)) or not session:
                raise answer.invalid("a session")
            self.http.keep_secret(token)
            return token, str(session)
        code, message = self.words(answer)
        if code == SESSION_LIMIT:
            raise self.no_free_session(message)
        raise self.refused(answer, "username and password")

    def log_out(self, token: tuple[str, str]) -> None:
        """Ends the session."""
        self.http.ask("DELETE", f"{SESSIONS}('{quote(token[1], safe='')}')", self.logged_out, headers=self.headers(token), closing=True)

    def headers(self, token: tuple[str, str]) -> dict[str, str]:
        """What a read carries."""
        return {"X-Auth-Token": token[0], "Accept": "application/json"}

    def answered_at_once(self, path: str) -> frozenset[int]:
        """A filter that it does not take: reading all is the way on."""
        return FILTER_REFUSED if "$filter=" in path else frozenset()

    def error_of(self, body: Json) -> tuple[str, str]:
        """Id and message of an error body; what it says at the top is the same for every error."""
        error = body.get("error")
        error = error if isinstance(error, dict) else {"message": error}
        infos = error.get("@Message.ExtendedInfo")
        details: Json = next((info for info in infos if isinstance(info, dict)), {}) if isinstance(infos, list) else {}
        return str(details.get("MessageId") or ""), str(details.get("Message") or error.get("message") or "")
