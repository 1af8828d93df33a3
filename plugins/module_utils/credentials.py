# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user names and passwords of BMCs, by vendor or by the name that a profile gives them."""
from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from .errors import InvalidArgument
from .generators import Request
from .models import Reason


class Credentials:
    """generator_bmc_credentials. Its text never shows a secret."""

    def __init__(self, entries: Mapping[str, tuple[str, str]] | None = None) -> None:
        self._entries = dict(entries or {})

    def __repr__(self) -> str:
        return f"Credentials({sorted(self._entries)})"

    def __len__(self) -> int:
        return len(self._entries)

    @classmethod
    def parse(cls, given: Any) -> Credentials:
        """From {HP: {username: ..., password: ...}, gpu-bmc: ...}; blanks around a value are trimmed, as Metal3 does."""
        if not isinstance(given or {}, Mapping):
            raise InvalidArgument("generator_bmc_credentials must be a mapping such as {HP: {username: ..., password: ...}}.")
        entries = {}
        for name, one in (given or {}).items():
            if not isinstance(one, Mapping) or set(one) - {"username", "password"}:
                raise InvalidArgument(f"generator_bmc_credentials: {name} must have the keys username and password, and no others.")
            username, password = (str(one.get(field) or "").strip() for field in ("username", "password"))
            if username and password:
                entries[str(name).upper()] = (username, password)
        return cls(entries)

    def data(self, request: Request, vendor: str) -> dict[str, str] | Reason:
        """The data of the host's Secret, or NoBmcCredentials."""
        name = request.profile.bmc_credentials or vendor
        found = self._entries.get(name.upper())
        if found is None:
            return Reason("NoBmcCredentials", f"generator_bmc_credentials has no username and password for {name}; add them there.")
        return {field: base64.b64encode(value.encode()).decode() for field, value in zip(("username", "password"), found)}
