# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The XML API that UCS Central and UCS Manager share: session, queries, filters."""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit
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
            except InvalidAnswer:
                if len(self._endpoints) < 2:
                    raise
                del self._endpoints[0]          # nobody of that kind here
        code, words = answer.get("errorCode", ""), self._words(answer)
        if code == SESSION_LIMIT or re.search(r"(max|limit).*session|session.*(max|limit)", words, re.IGNORECASE):
            raise ManagerUnreachable(f"{self.where} has no free session for user {self._username!r}: {words}; it is asked again later.")
        if code:
            raise LoginRefused(f"{self.where} refused the login of user {self._username!r}: {words} (code {code}); correct {self._remedy}.")
        cookie = answer.get("outCookie", "")
        if not cookie:
            raise InvalidAnswer(f"{self.where} accepted the login without giving a session; check that url names a UCS system.")
        self._http.keep_secret(cookie)
        del self._endpoints[1:]
        return cookie

    def _log_out(self, cookie: str) -> None:
        answer = self._post(ElementTree.Element("aaaLogout", {"inCookie": cookie}), closing=True)
        code = answer.get("errorCode", "")
        if code not in ("", GONE, EXPIRED):
            raise InvalidAnswer(f"{self.where} answered the logout with code {code}: {self._words(answer)}.")

    def query(self, method: str, attributes: Mapping[str, str], content: ElementTree.Element | None = None) -> list[Mo]:
        """The objects of the answer, children included; logs in again, once, when the session is gone."""
        while True:
            cookie = self._session.token()
            request = ElementTree.Element(method, {"cookie": cookie, **attributes})
            if content is not None:
                request.append(content)
            answer = self._post(request)
            code = answer.get("errorCode", "")
            if code != EXPIRED or not self._session.renew(cookie):
                break
        if code in (EXPIRED, REFUSED) or NO_RIGHT.search(f"{code} {answer.get('errorDescr', '')}"):
            raise LoginRefused(f"{self.where} does not let user {self._username!r} read: {self._words(answer)} (code {code}); give the user that right.")
        if code or answer.tag == "error":
            raise QueryRefused(f"{self.where} answered {method} with code {code}: {self._words(answer)}.")
        return [one for part in answer if part.tag in ("outConfigs", "outConfig") for top in part for one in _flat(top, "")]

    def _words(self, answer: ElementTree.Element) -> str:
        return self._http.clean(answer.get("errorDescr") or answer.get("invocationResult") or "no text").rstrip(". ")

    def _post(self, request: ElementTree.Element, repeat: bool = True, closing: bool = False) -> ElementTree.Element:
        path = self._endpoints[0]
        for _redirect in range(3):
            answer = self._http.request("POST", self._redirects.get(path, path), text=ElementTree.tostring(request), repeat=repeat, closing=closing,
                                        headers={"Content-Type": "application/x-www-form-urlencoded"})
            if answer.status not in (301, 302, 307, 308):
                break
            self._redirects[path] = self._redirect(answer)      # to the interconnect that leads now
        if answer.status >= 500:
            raise ManagerUnreachable(f"{self.where} answered with HTTP {answer.status}; it is asked again later.")
        if answer.status != 200:
            raise answer.invalid("XML")
        return parse(answer)

    def _redirect(self, answer: Answer) -> str:
        target = urljoin(self._http.url, answer.headers.get("Location", ""))
        if urlsplit(target).scheme != urlsplit(self._http.url).scheme and urlsplit(target).scheme != "https":
            raise InvalidAnswer(f"{self.where} redirects to an address without TLS; write the url of the system that is meant.")
        return target


def parse(answer: Answer) -> ElementTree.Element:
    """The document; one that declares a DTD or entities is refused before it is read."""
    text = answer.content
    if FORBIDDEN.search(text) and not text.lstrip()[:14].lower().startswith(b"<!doctype html"):
        raise InvalidAnswer(f"{answer.where} sent XML with a DOCTYPE or ENTITY, which no UCS system does; check what answers at this url.")
    try:
        element = ElementTree.fromstring(text.decode("utf-8"))  # as text: no other encoding can hide a declaration
    except (ElementTree.ParseError, UnicodeDecodeError, ValueError) as error:
        raise answer.invalid("XML") from error
    if element.tag.casefold().endswith("html"):                 # a page may well be XML too
        raise answer.invalid("XML")
    return element


def _flat(element: ElementTree.Element, parent: str) -> Iterator[Mo]:
    """The object and all below it; children of a hierarchical answer carry only the last part of their DN."""
    left: list[tuple[ElementTree.Element, str]] = [(element, parent)]          # a list rather than calls: an answer may be nested deeper than calls may be
    while left:
        element, parent = left.pop()
        dn = element.get("dn", "") or (f"{parent}/{element.get('rn', '')}" if parent else element.get("rn", ""))
        yield Mo(element.tag, dn, dict(element.attrib))
        left += [(child, dn) for child in reversed(element)]


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
