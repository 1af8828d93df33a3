# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a management system sent back: read as JSON, told in words when it is something else. Pure."""
from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timezone
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, NoReturn
from urllib.parse import urljoin, urlsplit

from .errors import InvalidAnswer

BUSY = frozenset({429, 502, 503, 504})
MAY_PASS = frozenset({408, 425, 429})       # and all from 500 on
NOTHING_DONE = frozenset({408, 425, 429, 502, 503})     # whoever says so did not even begin: asking again does no harm, whatever is asked
REDIRECTS = frozenset({300, 301, 302, 303, 305, 307, 308})


@dataclass(frozen=True)
class Answer:
    """What came back, read to its end. headers: their names in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    where: str

    @property
    def may_pass(self) -> bool:
        """By its status alone: a later answer may well be another one."""
        return self.status in MAY_PASS or self.status >= 500

    @property
    def is_redirect(self) -> bool:
        """It names another address instead of answering."""
        return self.status in REDIRECTS

    def json(self) -> Any:
        """The body as JSON; an HTML page, half an answer or one that nobody can read is an InvalidAnswer."""
        return self._document

    @cached_property
    def _document(self) -> Any:
        try:
            return json.loads(self.content, parse_float=_finite, parse_constant=_refused)
        except (ValueError, RecursionError, MemoryError) as error:
            raise self.invalid("JSON") from error

    def shown(self) -> str:
        """What the body is, in words, without any of its own."""
        start = self.content[:200].lstrip().lower()
        if start.startswith((b"<!doctype html", b"<html")):
            return "an HTML page"
        return "something else" if start else "an empty body"

    def invalid(self, wanted: str) -> InvalidAnswer:
        """The error that says what stood there instead of what was wanted."""
        return InvalidAnswer(f"{self.where} answered with {self.shown()} instead of {wanted} (HTTP {self.status}); check that url and type name the right "
                             "system.")

    def redirected(self, url: str) -> InvalidAnswer:
        """The error for a redirect, which is not followed. url: what was asked."""
        return InvalidAnswer(f"{self.where} redirects to {self.target(url)}, which is not followed, lest the password come to another system; write that "
                             "address as url if it is the one that is meant.")

    def target(self, url: str) -> str:
        """Where it redirects to: scheme, host and path, never a user or a query; "nowhere" when that cannot be read."""
        try:
            parts = urlsplit(urljoin(url, self.headers.get("location", "")))
            host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
            shown = f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "") + parts.path
        except ValueError:
            return "nowhere"
        return shown[:300] if host and shown.isprintable() and not any(letter.isspace() for letter in shown) else "nowhere"


def seconds_of(retry_after: str | None) -> float:
    """Seconds that a Retry-After header asks for, as a number or a date; 0 without one, and for one that is neither."""
    if not retry_after:
        return 0.0
    try:
        seconds = float(retry_after)
    except ValueError:
        seconds = _until(retry_after)
    return 0.0 if math.isnan(seconds) else max(0.0, seconds)


def _until(date: str) -> float:
    try:
        moment = parsedate_to_datetime(date)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
        return moment.timestamp() - time.time()
    except (ValueError, OverflowError, TypeError, OSError, IndexError, AttributeError):     # what the standard library meets in an odd date
        return 0.0


def _finite(digits: str) -> float:
    """A number that one can count with: 1e999 is none, although it is written as one."""
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number beyond all bounds")
    return number


def _refused(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")
