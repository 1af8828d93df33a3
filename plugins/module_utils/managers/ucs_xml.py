# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The XML API that UCS Central and UCS Manager share: session, queries, filters."""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

from ..deadline import Deadline
from ..errors import InvalidAnswer, LoginRefused, ManagerUnreachable
from ..http import Answer, HttpSession
from .base import Account, Session

CENTRAL = "/xmlIM/central-mgr"
MANAGER = "/nuova"
PARALLEL = 2
READ_SECONDS = 120.0            # a class of a big domain comes as one document
LEAVES = 10                     # in one <or>; more are nested
CHUNK = 100                     # names in one query
MOST_REDIRECTS = 3
DEEPEST = 100                   # objects in objects; a server's are a dozen deep
REFUSED = "551"
EXPIRED = "552"
GONE = "555"
SESSION_LIMIT = "572"
NO_RIGHT = re.compile(r"privilege|not permitted", re.IGNORECASE)        # no source names the code
FORBIDDEN = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True)
class Mo:
    """A managed object: its class, where it is in the tree, and its attributes."""

    kind: str
    dn: str
    attributes: Mapping[str, str]

    def __getitem__(self, attribute: str) -> str:
        return self.attributes.get(attribute, "")


class QueryRefused(Exception):
    """The system answered a query with an error: it does not know this query, or not in this form."""


class XmlClient:
    """One UCS Central or UCS Manager."""

    def __init__(self, name: str, url: str, username: str, password: str, endpoints: Sequence[str], remedy: str = "username and password of this manager",
                 account: Account | None = None, **options: Any) -> None:
        self._http = HttpSession(name, url, parallel=PARALLEL, read_seconds=READ_SECONDS, secrets=(password,), **options)
        self.where = self._http.where
        self._username, self._password, self._remedy = username, password, remedy
        self._endpoints = list(endpoints)       # where it may answer, until a login has shown which it is
        self._redirects: dict[str, str] = {}
        self._session: Session[str] = Session(self.where, self._log_in, self._log_out, account, self._http.left)

    def start(self, deadline: Deadline) -> None:
        """What is asked from now on is asked before this deadline."""
        self._http.deadline = deadline

    @property
    def is_central(self) -> bool:
        """It answered as UCS Central; known after login."""
        return self._endpoints[0] == CENTRAL

    def login(self) -> None:
        """Logs in unless that is done."""
        self._session.token()

    def logout(self) -> None:
        """Logs out, if logged in, and closes the connections."""
        try:
            self._session.close()
        finally:
            self._http.close()

    def _log_in(self) -> str:
        request = ElementTree.Element("aaaLogin", {"inName": self._username, "inPassword": self._password})
        while True:
            try:
                answer = self._post(request, repeat=False)
                break
            except _NobodyThere:
                if len(self._endpoints) < 2:
                    raise
                del self._endpoints[0]          # nobody of that kind here, so nobody saw the login
        code, words = answer.get("errorCode", ""), self._words(answer)
        if code == SESSION_LIMIT or re.search(r"(max|limit).*session|session.*(max|limit)", words, re.IGNORECASE):
            raise ManagerUnreachable(f"{self.where} has no free session for user {self._username!r}: {words}; it is asked again later.")
        if answer.tag != "aaaLogin":
            raise self._odd(answer, "the login")
        if code:
            raise LoginRefused(f"{self.where} refused the login of user {self._username!r}: {words} (code {self._http.clean(code)}); correct {self._remedy}.")
        cookie = answer.get("outCookie", "")
        if not cookie:
            raise InvalidAnswer(f"{self.where} accepted the login without giving a session; check that url names a UCS system.")
        self._http.keep_secret(cookie)
        del self._endpoints[1:]
        return cookie

    def _log_out(self, cookie: str) -> None:
        answer = self._post(ElementTree.Element("aaaLogout", {"inCookie": cookie}), closing=True)
        code = answer.get("errorCode", "")
        if code in (GONE, EXPIRED):
            return
        if code or answer.tag != "aaaLogout" or answer.get("outStatus", "success") != "success":
            raise self._odd(answer, "the logout")

    def query(self, method: str, attributes: Mapping[str, str], content: ElementTree.Element | None = None) -> list[Mo]:
        """The objects of the answer, children included; logs in again when the session is gone."""
        def ask(cookie: str) -> ElementTree.Element:
            request = ElementTree.Element(method, {"cookie": cookie, **attributes})
            if content is not None:
                request.append(content)
            return self._post(request)

        answer = self._session.use(ask, lambda got: got.get("errorCode", "") == EXPIRED)
        code = answer.get("errorCode", "")
        if code in (EXPIRED, REFUSED) or code and NO_RIGHT.search(f"{code} {answer.get('errorDescr', '')}"):
            raise LoginRefused(f"{self.where} does not let user {self._username!r} read: {self._words(answer)} (code {self._http.clean(code)}); give the user "
                               "that right.")
        if answer.tag not in (method, "error"):
            raise self._odd(answer, method)
        if code or answer.tag == "error":
            raise QueryRefused(f"{self.where} answered {method} with code {self._http.clean(code)}: {self._words(answer)}.")
        parts = [part for part in answer if part.tag in ("outConfigs", "outConfig")]
        if answer.get("response") != "yes" or not parts:
            raise InvalidAnswer(f"{self.where} answered {method} without a list of objects; check that url and type name the right system.")
        return [one for part in parts for top in part for one in _flat(top, self.where)]

    def _odd(self, answer: ElementTree.Element, what: str) -> InvalidAnswer:
        """The error for a document that is no answer to this, or one with a code that nothing foresees."""
        code = answer.get("errorCode", "")
        told = f"code {self._http.clean(code)}: {self._words(answer)}" if code else f"an element {self._http.clean(answer.tag)[:40]!r}"
        return InvalidAnswer(f"{self.where} answered {what} with {told}; check that url and type name the right system.")

    def _words(self, answer: ElementTree.Element) -> str:
        return self._http.clean(answer.get("errorDescr") or answer.get("invocationResult") or "no text").rstrip(". ")

    def _post(self, request: ElementTree.Element, repeat: bool = True, closing: bool = False) -> ElementTree.Element:
        """The root of the answer. A redirect is followed on the same host only: what is sent holds a password or a session."""
        path = self._endpoints[0]
        for _redirect in range(MOST_REDIRECTS):
            answer = self._http.ask("POST", self._redirects.get(path, path), _document, text=ElementTree.tostring(request), repeat=repeat, closing=closing,
                                    headers={"Content-Type": "application/x-www-form-urlencoded"})
            if isinstance(answer, ElementTree.Element):
                return answer
            if not answer.is_redirect:
                break
            self._redirects[path] = self._redirect(answer)
        if answer.is_redirect:
            raise InvalidAnswer(f"{self.where} redirects without end; check that url and type name the right system.")
        if answer.may_pass:
            raise ManagerUnreachable(f"{self.where} answered with HTTP {answer.status}; it is asked again later.")
        if answer.status in (401, 403):
            raise LoginRefused(f"{self.where} does not let user {self._username!r} in (HTTP {answer.status}); correct {self._remedy}, or give the user the "
                               "right to read.")
        if answer.status in (404, 405):
            raise _NobodyThere(str(answer.invalid("XML")))
        raise answer.invalid("XML")

    def _redirect(self, answer: Answer) -> str:
        asked, target = urlsplit(self._http.url), answer.target(self._http.url)
        meant = urlsplit(target)
        if meant.hostname != asked.hostname or meant.scheme not in (asked.scheme, "https"):
            raise answer.redirected(self._http.url)
        return target


class _NobodyThere(InvalidAnswer):
    """There is a web server, and nothing at this path."""


def _document(answer: Answer) -> ElementTree.Element | Answer:
    """The root of an answer; another status has none worth reading."""
    return parse(answer) if answer.status == 200 else answer


def parse(answer: Answer) -> ElementTree.Element:
    """The document; one that declares a DTD or entities is refused before it is read."""
    text = answer.content
    if FORBIDDEN.search(text) and not text.lstrip()[:14].lower().startswith(b"<!doctype html"):
        raise InvalidAnswer(f"{answer.where} sent XML with a DOCTYPE or ENTITY, which no UCS system does; check what answers at this url.")
    try:
        element = ElementTree.fromstring(text.decode("utf-8"))  # as text: no other encoding can hide a declaration
    except (ElementTree.ParseError, UnicodeDecodeError, ValueError, RecursionError, MemoryError) as error:
        raise answer.invalid("XML") from error
    if element.tag.casefold().endswith("html"):                 # a page may well be XML too
        raise answer.invalid("XML")
    return element


def _flat(top: ElementTree.Element, where: str) -> Iterator[Mo]:
    """The object and all below it; children of a hierarchical answer carry only the last part of their DN."""
    left: list[tuple[ElementTree.Element, str, int]] = [(top, "", 1)]       # a list rather than calls: an answer may be nested deeper than calls may be
    while left:
        element, parent, depth = left.pop()
        if depth > DEEPEST:                 # each DN holds all above it
            raise InvalidAnswer(f"{where} nests objects in objects without end; check that url and type name the right system.")
        dn = element.get("dn", "") or (f"{parent}/{element.get('rn', '')}" if parent else element.get("rn", ""))
        yield Mo(element.tag, dn, dict(element.attrib))
        left += [(child, dn, depth + 1) for child in reversed(element)]


def values(tag: str, item: str, texts: Iterable[str]) -> ElementTree.Element:
    """<tag><item value="..."/>...</tag>"""
    element = ElementTree.Element(tag)
    for text in texts:
        ElementTree.SubElement(element, item, {"value": text})
    return element


def any_of(kind: str, patterns: Sequence[tuple[str, str]], **exact: str) -> ElementTree.Element:
    """A filter: one of the (property, pattern) pairs fits, and every exact property has its value."""
    leaves = [ElementTree.Element("wcard", {"class": kind, "property": name, "value": pattern}) for name, pattern in patterns]
    while len(leaves) > LEAVES:
        leaves = [_joined("or", leaves[at:at + LEAVES]) for at in range(0, len(leaves), LEAVES)]
    wanted = leaves[0] if len(leaves) == 1 else _joined("or", leaves)
    equal = [ElementTree.Element("eq", {"class": kind, "property": name, "value": value}) for name, value in exact.items()]
    return _joined("inFilter", [_joined("and", [*equal, wanted]) if equal else wanted])


def _joined(tag: str, children: Iterable[ElementTree.Element]) -> ElementTree.Element:
    element = ElementTree.Element(tag)
    element.extend(children)
    return element


def caseless(text: str, start: str = "^", end: str = "$") -> str:
    """A pattern for exactly this text, in any case: wcard knows no other way."""
    letters = (f"[{letter.upper()}{letter.lower()}]" if letter.isalpha() and letter.isascii() else re.escape(letter).replace("\\-", "-") for letter in text)
    return start + "".join(letters) + end
