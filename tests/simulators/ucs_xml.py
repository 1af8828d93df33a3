# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The XML API that UCS Manager and UCS Central share: one element in, one out, HTTP 200 whatever happens."""
from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from xml.etree.ElementTree import Element, ParseError, XMLParser, fromstring

from tests.simulators.inventory_ucs import UcsInventory
from tests.simulators.serving import Ask, Quirks, Reply, Simulator
from tests.simulators.ucs_tree import BadFilter, Mo, Test, Tree, filter_test, quoted

# Classes that may be asked for although no object of theirs exists.
EMPTY_CLASSES = frozenset({"vnicIpV6StaticAddr", "vnicIpV4MgmtPooledAddr", "vnicIpV6MgmtPooledAddr", "vnicIpV4StaticAddr", "vnicIpV4PooledAddr",
                           "vnicIpV4ProfDerivedAddr", "computeRackUnit", "computeBlade", "lsbootLanImagePath", "adaptorHostEthIf", "mgmtIf", "vnicFc",
                           "lsServer", "vnicEther", "lsbootDef", "lsbootPolicy", "faultInst", "equipmentChassis"})


class Refused(Exception):
    """The request is answered with an error."""

    def __init__(self, code: str, result: str, description: str, whole: bool = False) -> None:
        super().__init__(description)
        self.code = code
        self.result = result
        self.description = description
        self.whole = whole                              # <error/> instead of the method's own element


def not_understood(what: str) -> Refused:
    """A request that the schema does not allow; the text is assumed."""
    return Refused("ERR-xml-parse-error", "594", f"XML PARSING ERROR: {what}", whole=True)


@dataclass
class UcsQuirks(Quirks):
    """What differs between systems, and what nobody confirmed."""

    idle_seconds: float = 7200.0
    sessions_per_user: int = 32                         # assumed: factory setting
    sessions_total: int = 256                           # assumed: factory setting
    refresh_period: int = 600
    session_limit_code: str = "572"                     # assumed
    forbidden_code: str = "ERR-insufficient-privilege"  # assumed
    most_filter_parts: int | None = None                # assumed: that UCS takes more than 10 in one and/or
    redirect_to: str = ""                               # then every POST is answered with 302


class UcsSimulator(Simulator):
    """What both have; a subclass names its tree and where it listens."""

    quirks_type = UcsQuirks
    quirks: UcsQuirks
    inventory: UcsInventory
    paths: ClassVar[re.Pattern[str]]
    version: ClassVar[str]
    privilege: ClassVar[str] = "read-only"
    channel: ClassVar[str] = "noencssl"

    @property
    def tree(self) -> Tree:
        """The objects that it shows."""
        raise NotImplementedError

    def label(self, ask: Ask) -> str:
        start = ask.body[:2000].decode(errors="replace")
        method = re.search(r"<([A-Za-z]\w*)", start)
        target = re.search(r"""\b(?:classId|inClass)\s*=\s*["'](\w+)""", start) if method and method[1] != "configResolveClasses" else None
        return " ".join(part[1] for part in (method, target) if part) or f"{ask.method} {ask.path}"

    # --- a request on its way

    def answer(self, ask: Ask) -> Reply:
        if not self.paths.fullmatch(ask.path):
            return Reply(404, b"<html><body><h1>Not Found</h1></body></html>", "text/html")
        if ask.method != "POST":
            return Reply(405, b"<html><body><h1>Method Not Allowed</h1></body></html>", "text/html")
        if self.quirks.redirect_to:
            return Reply(302, b"", "text/html", {"Location": self.quirks.redirect_to + ask.path})
        label = self.label(ask)
        request: Element | None = None
        try:
            request = _parsed(ask.body)
            text = self._answered(request, ask, label)
        except Refused as refused:
            error = f'errorCode="{refused.code}" invocationResult="{refused.result}" errorDescr="{quoted(refused.description)}"'
            if request is None or refused.whole:
                text = f'<error cookie="" response="yes" {error}></error>'
            else:
                text = f"<{request.tag} {self._echo(request)} {error}></{request.tag}>"
        for kind, move in (("item_removed", self.inventory.remove_first), ("item_added", self.inventory.add_first)):
            if self.faults.take((kind,), label):
                move()
        return Reply(200, text.encode(), "application/soap+xml")

    def _answered(self, request: Element, ask: Ask, label: str) -> str:
        session = {"aaaLogin": self._login, "aaaLogout": self._logout, "aaaRefresh": self._refresh, "aaaKeepAlive": self._keep_alive}
        if request.tag in session:
            return session[request.tag](request, ask, label)
        method = self.methods().get(request.tag)
        if method is None:
            raise not_understood(f"Element '{request.tag}': This element is not expected.")
        if self.sessions.use(request.get("cookie")) is None:
            raise Refused("552", "service-unavailable", "Authorization required")
        if self.faults.take(("forbidden",), label):
            raise Refused(self.quirks.forbidden_code, "unidentified-fail", "You are not allowed to read this.")
        if request.find("inFilter") is not None and self.faults.take(("filter_refused",), label):
            raise not_understood("Element 'inFilter': This element is not expected.")
        text = method(request)
        return f"<{request.tag} {self._echo(request)}{self.more_attributes(request)}>{text}</{request.tag}>"

    def more_attributes(self, _request: Element) -> str:
        """What else stands in the answer's own tag, with a space before it."""
        return ""

    def methods(self) -> dict[str, Callable[[Element], str]]:
        """The queries by name; each gives what stands inside the answer."""
        return {
            "configResolveClass": self._class,
            "configResolveClasses": self._classes,
            "configResolveDn": self._dn,
            "configResolveDns": self._dns,
            "configResolveChildren": self._children,
            "configScope": self._scope,
            "configFindDnsByClassId": self._find_dns,
        }

    @staticmethod
    def _echo(request: Element) -> str:
        """What an answer repeats of its request."""
        kept = "".join(f'{name}="{quoted(request.get(name, ""))}" ' for name in ("dn",) if request.get(name) is not None)
        cookie = request.get("cookie", "")
        kind = f' classId="{quoted(request.get("classId", ""))}"' if request.get("classId") else ""
        return f'{kept}cookie="{quoted(cookie)}" response="yes"{kind}'

    # --- sessions

    def _login(self, request: Element, ask: Ask, label: str) -> str:
        name = request.get("inName", "")
        if not self._knows(request) or self.faults.take(("wrong_password",), label):
            self.counters.failed_logins += 1
            raise Refused("551", "unidentified-fail", "Authentication failed")
        if self.sessions.full(name) or self.faults.take(("sessions_full",), label):
            raise Refused(self.quirks.session_limit_code, "service-unavailable", "Maximum number of sessions reached")
        cookie = self.sessions.start(name, ask.client, _new_cookie())
        return (f'<aaaLogin cookie="" response="yes" outCookie="{cookie}" outRefreshPeriod="{self.quirks.refresh_period}" outPriv="{self.privilege}" '
                f'outDomains="" outChannel="{self.channel}" outEvtChannel="{self.channel}" outSessionId="web_{self.counters.logins}_A" '
                f'outVersion="{self.version}" outName="{quoted(name)}" outPasswdExpiryStatus="None" outPasswdExpiryDuration="0"></aaaLogin>')

    def _knows(self, request: Element) -> bool:
        return (request.get("inName"), request.get("inPassword")) == (self.username, self.password)

    def _logout(self, request: Element, _ask: Ask, _label: str) -> str:
        if not self.sessions.end(request.get("inCookie", "")):
            raise Refused("555", "unidentified-fail", "Session not found")
        return '<aaaLogout cookie="" response="yes" outStatus="success"></aaaLogout>'

    def _refresh(self, request: Element, _ask: Ask, _label: str) -> str:
        old = request.get("inCookie", "")
        if self.sessions.use(old) is None:
            raise Refused("552", "service-unavailable", "Authorization required")
        if not self._knows(request):
            raise Refused("551", "unidentified-fail", "Authentication failed")
        cookie = _new_cookie()
        self.sessions.replace(old, cookie)
        return (f'<aaaRefresh cookie="" response="yes" outCookie="{cookie}" outRefreshPeriod="{self.quirks.refresh_period}" outPriv="{self.privilege}" '
                f'outDomains="" outChannel="{self.channel}" outEvtChannel="{self.channel}" outName="{quoted(self.username)}"></aaaRefresh>')

    def _keep_alive(self, request: Element, _ask: Ask, _label: str) -> str:
        if self.sessions.use(request.get("cookie")) is None:
            raise Refused("552", "service-unavailable", "Authorization required")
        return f'<aaaKeepAlive cookie="{quoted(request.get("cookie", ""))}" response="yes"></aaaKeepAlive>'

    # --- queries

    def _of_class(self, kind: str | None) -> list[Mo]:
        """All objects of a class; one that the model does not have is refused as the schema would."""
        if not kind or (kind not in self.tree.by_kind and kind not in EMPTY_CLASSES):
            raise not_understood(f"attribute 'classId': The value '{kind}' is not an element of the set.")         # assumed
        return self.tree.by_kind.get(kind, [])

    def _test(self, request: Element) -> Test:
        try:
            return filter_test(request.find("inFilter"), self.quirks.most_filter_parts)
        except BadFilter as error:
            raise not_understood(f"Element '{error}': This filter is not expected.") from error                    # assumed

    def _class(self, request: Element) -> str:
        test = self._test(request)
        return self._configs([mo for mo in self._of_class(request.get("classId")) if test(mo)], request)

    def _classes(self, request: Element) -> str:
        kinds = [element.get("value") for element in request.iterfind("inIds/classId")]
        return self._configs([mo for kind in kinds for mo in self._of_class(kind)], request)

    def _dn(self, request: Element) -> str:
        mo = self.tree.by_dn.get(request.get("dn", ""))
        return f"<outConfig> {self.tree.written([mo] if mo else [], is_true(request.get('inHierarchical')))} </outConfig>"

    def _dns(self, request: Element) -> str:
        wanted = [element.get("value", "") for element in request.iterfind("inDns/dn")]
        found = [self.tree.by_dn[dn] for dn in wanted if dn in self.tree.by_dn]
        unknown = "".join(f'<dn value="{quoted(dn)}"/>' for dn in wanted if dn not in self.tree.by_dn)
        return f"{self._configs(found, request)} <outUnresolved> {unknown} </outUnresolved>"

    def _children(self, request: Element) -> str:
        test = self._test(request)
        return self._configs([mo for mo in self.tree.children(request.get("inDn", ""), request.get("classId", "")) if test(mo)], request)

    def _scope(self, request: Element) -> str:
        test = self._test(request)
        dn, kind = request.get("dn", ""), request.get("inClass", "")
        found = self.tree.below(dn, kind) if is_true(request.get("inRecursive")) else self.tree.children(dn, kind)
        return self._configs([mo for mo in found if test(mo)], request)

    def _find_dns(self, request: Element) -> str:
        test = self._test(request)
        dns = "".join(f'<dn value="{quoted(mo.dn)}"/>' for mo in self._of_class(request.get("classId")) if test(mo))
        return f"<outDns> {dns} </outDns>"

    def _configs(self, found: list[Mo], request: Element) -> str:
        return f"<outConfigs> {self.tree.written(found, is_true(request.get('inHierarchical')))} </outConfigs>"


def _parsed(body: bytes) -> Element:
    """The request; document types and entities are never in one."""
    if b"<!" in body:
        raise not_understood("Document type declarations are not expected.")
    try:
        return fromstring(body, parser=XMLParser(encoding="utf-8"))
    except (ParseError, ValueError) as error:
        raise not_understood(str(error)) from error


def _new_cookie() -> str:
    return f"{int(time.time())}/{uuid.uuid4()}"


def is_true(value: Any) -> bool:
    """As the XML API writes truth."""
    return str(value).lower() in ("true", "yes")
