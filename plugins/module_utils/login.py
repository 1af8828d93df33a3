# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who we are for the API server: the headers of each request, asked for anew each time, since tokens in files and of login helpers are renewed."""
from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from . import exec_login, provider_login
from .errors import InvalidArgument, Unauthorized
from .exec_login import Credential
from .kubeconfig import Chosen, Entry

_IN_HEADER_NAMES = "!#$&'*+^`|~"        # beside letters, digits and -._ : what need not be escaped there


@dataclass
class Login:
    """What logs in: a token, else a user and password, else a helper; a certificate may come beside it."""

    token: str = ""
    token_file: Path | None = None
    username: str = ""
    password: str = ""
    helper: Callable[[], Credential] | None = None
    certificate: bytes | None = None
    key: bytes | None = None
    impersonation: list[tuple[str, str]] = field(default_factory=list)
    _credential: Credential | None = field(default=None, repr=False)
    _asking: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def headers(self) -> list[tuple[str, str]]:
        """Who we are, and as whom we act; a name may be there several times. May run the helper. Raises Unauthorized when there is no way to log in."""
        value = self.authorization()
        return [*([("Authorization", value)] if value else []), *self.impersonation]

    def authorization(self) -> str:
        """The value of that header, empty where nothing logs in by it."""
        token = self._current_token()
        if token:
            return f"Bearer {_fit_for_header(token, 'the token')}"
        if self.username or self.password:
            return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        return ""

    def prepare(self) -> None:
        """Find out now what can be found out without the API server: a file that is missing, a helper that fails, the certificate that it brings."""
        self.headers()
        if self._credential is not None and self._credential.certificate:
            self.certificate, self.key = self._credential.certificate, self._credential.key

    def _current_token(self) -> str:
        if self.token_file is not None:
            try:
                token = self.token_file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                if not self.token:
                    why = getattr(error, "strerror", None) or "it is no text"
                    raise Unauthorized(f"The token file {self.token_file} cannot be read: {why}.") from None
            else:
                if token:
                    return token
        if self.token or self.username or self.password or self.helper is None:
            return self.token.strip()
        with self._asking:
            if self._credential is None or not self._credential.is_fresh(time.time()):
                self._credential = self.helper()
            return self._credential.token


def of_kubeconfig(chosen: Chosen) -> Login:
    """As kubectl takes it from the user's entry."""
    user = chosen.user
    login = Login(
        token=user.text("token"), token_file=user.path("tokenFile"), username=user.text("username"), password=user.text("password"),
        certificate=user.content("client-certificate"), key=user.content("client-key"),
        impersonation=impersonation(user.text("as"), user.texts("as-groups"), user.text("as-uid"), _extra(user), user.what))
    if user.mapping("exec"):
        login.helper = lambda: exec_login.ask(user, chosen.cluster)
    elif user.mapping("auth-provider") and not login.token and login.token_file is None:
        login.token = provider_login.token_of(chosen)
    return login


def _extra(user: Entry) -> dict[str, list[str]]:
    inner = Entry(f"as-user-extra of {user.what}", user.mapping("as-user-extra"))
    return {str(name): inner.texts(name) for name in inner.values}


def impersonation(user: str, groups: Iterable[str], uid: str = "", extra: dict[str, list[str]] | None = None, what: str = "") -> list[tuple[str, str]]:
    """The headers by which the API server lets us act as somebody else."""
    found = [("Impersonate-Group", group) for group in groups]
    found += [("Impersonate-Uid", uid)] if uid else []
    for name, values in (extra or {}).items():
        found += [(f"Impersonate-Extra-{quote(name.lower(), safe=_IN_HEADER_NAMES)}", value) for value in values]
    if found and not user:
        raise InvalidArgument(f"In {what}, groups, uid or extras to act as are named without a user: name the user as well.")
    found = [("Impersonate-User", user), *found] if user else []
    return [(name, _fit_for_header(value, f"{name} of {what}")) for name, value in found]


def _fit_for_header(value: str, what: str) -> str:
    if not value.isascii() or not value.isprintable():
        raise InvalidArgument(f"In {what} there are signs that cannot be sent in a header (line breaks, letters beyond ASCII): correct it.")
    return value
