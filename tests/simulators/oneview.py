# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HPE OneView on loopback: sessions, X-API-Version, lists in pages, filters, errors."""
from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tests.simulators.inventory import generate
from tests.simulators.inventory_oneview import OneViewInventory
from tests.simulators.serving import Ask, Quirks, Reply, Simulator, argument_parser, json_reply, serve_until_signal, simulator_options

Json = dict[str, Any]

PROFILES = "/rest/server-profiles"
HARDWARE = "/rest/server-hardware"
LOGIN = "/rest/login-sessions"
CONNECTION_SETTINGS_SINCE, ADDRESS_LIST_SINCE = 600, 200                # API versions
PROFILE_FILTERS = frozenset({
    "name", "description", "serialNumber", "uuid", "affinity", "macType", "wwnType", "serialNumberType", "serverProfileTemplateUri",
    "templateCompliance", "status", "state",
})
# assumed: which attributes of hardware can be filtered stands in no public document
HARDWARE_FILTERS = frozenset({
    "name", "serialNumber", "serverName", "uuid", "virtualUuid", "virtualSerialNumber", "model", "shortModel", "generation", "formFactor", "assetTag",
    "state", "status", "powerState", "position", "mpModel", "mpState", "mpHostInfo.mpHostName", "serverProfileUri", "serverHardwareTypeUri",
    "serverGroupUri", "locationUri", "licensingIntent", "refreshState",
})
FILTER = re.compile(
    r"""\s*(?P<negated>not\s+)?
        (?: '(?P<quoted>[^']+)' | (?P<bare>[\w.]+) ) \s*
        (?P<operator> == | <> | = | \b(?:eq|seq|ne|sne|matches|smatches|regex|sregex)\b ) \s*
        (?: '(?P<text>[^']*)' | (?P<word>[^\s'"]+) ) \s*""",
    re.IGNORECASE | re.VERBOSE)


@dataclass
class OneViewQuirks(Quirks):
    """What differs between appliances, and what nobody confirmed."""

    idle_seconds: float = 24 * 3600.0
    sessions_per_user: int = 960                    # really per client address; all clients of a test share one
    sessions_total: int = 2400
    requests_per_connection: int | None = 100
    current_version: int = 8000
    minimum_version: int = 120
    without_version: str = "old"                    # the header is missing: "old" schema was seen, "404" is what HPE says
    default_count: dict[str, int] = field(default_factory=lambda: {PROFILES: 64, HARDWARE: 32})
    page_cap: int | None = 256                      # assumed for hardware; documented for profiles
    last_page: str = "null"                         # nextPageUri of the last page: "null", "self" or "empty"
    regex_filter: bool = True                       # assumed: that every appliance takes `regex`
    filter_bytes: int = 4096                        # assumed: the longest URL; beyond it 414
    filters_sometimes_ignored: bool = False         # the SDK's authors saw a filter without effect
    login_banner: str = ""                          # then a login must say loginMsgAck
    directories: tuple[str, ...] = ("LOCAL", "example.com")
    session_limit_status: int = 400                 # assumed
    banner_status: int = 400                        # assumed


class OneViewSimulator(Simulator):
    """One appliance."""

    name = "oneview"
    quirks_type = OneViewQuirks
    chunked = True
    quirks: OneViewQuirks
    inventory: OneViewInventory

    def __init__(self, inventory: OneViewInventory | None = None, *arguments: Any, **options: Any) -> None:
        super().__init__(inventory if inventory is not None else generate("oneview", 30), *arguments, **options)

    def label(self, ask: Ask) -> str:
        return f"{ask.method} " + re.sub(r"(/rest/server-[a-z]+/)[^/]+", r"\1{id}", ask.path)

    def http_error(self, status: int) -> Reply:
        return error(status, f"GENERIC_HTTP_{status}", "The appliance is not able to handle the request.", "Try again later.")

    # --- a request on its way

    def answer(self, ask: Ask) -> Reply:
        if (ask.method, ask.path) == ("GET", "/rest/version"):
            return json_reply({"currentVersion": self.quirks.current_version, "minimumVersion": self.quirks.minimum_version})
        version = self._version(ask)
        if isinstance(version, Reply):
            return version
        if (ask.method, ask.path) == ("POST", LOGIN):
            return self._login(ask)
        label = self.label(ask)
        token = ask.headers.get("auth", "")
        if self.sessions.use(token) is None or self.faults.take(("forbidden",), label):
            return unauthorized()                   # the same for "who are you" and "you may not"
        if len(ask.path) + sum(len(quote(key + value)) + 2 for key, value in ask.query) > self.quirks.filter_bytes:
            return Reply(414, b"<html><body><h1>Request-URI Too Long</h1></body></html>", "text/html")
        reply = self._resource(ask, version, token)
        for kind, move in (("item_removed", self.inventory.remove_first), ("item_added", self.inventory.add_first)):
            if self.faults.take((kind,), label):
                move()
        return reply

    def _version(self, ask: Ask) -> int | Reply:
        wanted = ask.headers.get("X-API-Version")
        if wanted is None:
            return self.quirks.minimum_version if self.quirks.without_version == "old" else not_found()
        if not wanted.isdigit():
            return error(400, "INVALID_API_VERSION", f"The API version {wanted} is not valid.", "Send a number in X-API-Version.")   # assumed
        if not self.quirks.minimum_version <= int(wanted) <= self.quirks.current_version:
            return error(412, "UNSUPPORTED_API_VERSION", f"The API version {wanted} is not supported.",                                # code assumed
                         f"Use a version from {self.quirks.minimum_version} to {self.quirks.current_version}.")
        return int(wanted)

    def _resource(self, ask: Ask, version: int, token: str) -> Reply:
        lists = {
            PROFILES: (self.inventory.profiles, PROFILE_FILTERS, "ServerProfileListV12", "server-profiles"),
            HARDWARE: (self.inventory.hardware, HARDWARE_FILTERS, "server-hardware-list-13", "server-hardware"),
        }
        match ask.method, ask.path:
            case "PUT", "/rest/login-sessions":
                return json_reply({"partnerData": {}, "sessionID": token})
            case "DELETE", "/rest/login-sessions":
                self.sessions.end(token)
                return Reply(204)
            case "POST", "/rest/sessions/idle-timeout":
                return json_reply({})
            case "GET", path if path in lists:
                return self._list(ask, version, *lists[path])
        collection, _rest, rest = ask.path.removeprefix("/rest/").partition("/")
        collection = f"/rest/{collection}"
        if ask.method == "GET" and collection in lists:
            key, _rest, part = rest.partition("/")
            member = next((one for one in lists[collection][0] if one["uri"].casefold() == f"{collection}/{key}".casefold()), None)
            if member is not None and not part:
                return json_reply(in_schema(member, version))
            if member is not None and part == "remoteConsoleUrl":
                return json_reply(remote_console(member))
            if member is None and collection == PROFILES:
                return error(404, "ProfileNotFoundException", "The requested profile cannot be retrieved.", "Verify the profile exists and try again.")
        return not_found()

    # --- sessions

    def _login(self, ask: Ask) -> Reply:
        try:
            body = json.loads(ask.body)
            user, password = str(body["userName"]), str(body["password"])
        except (ValueError, KeyError, TypeError):
            return error(400, "INVALID_JSON", "The request body is not valid.", "Send userName and password.")                # code assumed
        directory = body.get("authLoginDomain")
        label = self.label(ask)
        if directory and str(directory).casefold() not in (known.casefold() for known in self.quirks.directories):
            self.counters.failed_logins += 1
            # status assumed
            return error(400, "AUTHN_AUTH_FAIL_LOGINDOMAINNOTFOUND", f"The directory {directory} is not found.", "Choose another directory.")
        if (user.casefold(), password) != (self.username.casefold(), self.password) or self.faults.take(("wrong_password",), label):
            self.counters.failed_logins += 1
            return error(400, "AUTHN_AUTH_FAIL", "Invalid username or password or directory.",                               # code assumed
                         "Enter correct credentials and try again. To obtain a username or password, contact your administrator.")
        if self.quirks.login_banner and body.get("loginMsgAck") is not True:
            return error(self.quirks.banner_status, "AUTHN_LOGIN_MESSAGE_ACK_REQUIRED",                                      # code assumed
                         f"Acknowledgment of login message is required. Message: {self.quirks.login_banner}", "Send loginMsgAck.")
        if self.sessions.full(user.casefold()) or self.faults.take(("sessions_full",), label):
            return error(self.quirks.session_limit_status, "AUTHN_SESSION_CLIENT_LIMIT_CROSSED",
                         "The maximum number of sessions of this client is reached.", "Log out of sessions that are no longer used.")
        return json_reply({"partnerData": {}, "sessionID": self.sessions.start(user.casefold(), ask.client)})

    # --- lists

    def _list(self, ask: Ask, version: int, members: list[Json], filterable: frozenset[str], kind: str, category: str) -> Reply:
        try:
            start, wanted = int(ask.parameter("start") or 0), int(ask.parameter("count") or -1)
        except ValueError:
            return error(400, "INVALID_PARAMETER", "start and count must be numbers.", "Correct the query.")                 # code assumed
        chosen = list(members)
        filters = [value.replace("+", " ") for value in ask.parameters("filter")]
        for text in filters:
            test = None if self.faults.take(("filter_refused",), self.label(ask)) else self._filter(text, filterable)
            if test is None:
                return error(400, "INVALID_FILTER", f"The filter {text} is not valid.", "Correct the filter and try again.")
            if not self.quirks.filters_sometimes_ignored:
                chosen = [member for member in chosen if test(member)]
        sort = ask.parameter("sort")
        if sort:
            attribute, _rest, direction = sort.partition(":")
            chosen.sort(key=lambda member: str(member.get(attribute)), reverse=direction.startswith("desc"))
        size = self.quirks.default_count[ask.path] if wanted < 0 else wanted
        if self.quirks.page_cap is not None:
            size = min(size, self.quirks.page_cap)
        page = chosen[start:start + size]
        more = "".join(f"&{key}={quote(value, safe='')}" for key, value in ask.query if key in ("filter", "sort"))

        def uri(first: int, count: int) -> str:
            return f"{ask.path}?start={first}&count={count}{more}"

        own = uri(start, size if wanted >= 0 else -1)
        last = {"null": None, "self": own, "empty": ""}[self.quirks.last_page]
        return json_reply({
            "type": kind,
            "category": category,
            "count": len(page),
            "total": len(chosen),
            "start": start,
            "prevPageUri": uri(max(0, start - size), size) if start > 0 else None,
            "nextPageUri": uri(start + size, size) if start + size < len(chosen) and page else last,
            "uri": own,
            "eTag": None,
            "created": None,
            "modified": None,
            "members": [in_schema(member, version) for member in page],
        })

    def _filter(self, text: str, filterable: frozenset[str]) -> Callable[[Json], bool] | None:
        """The test that a filter stands for; None when OneView would refuse it. There is no "or" inside one filter."""
        text = text.strip()
        if len(text) > 1 and text[0] == text[-1] == '"':
            text = text[1:-1]
        match = FILTER.fullmatch(text)
        if match is None:
            return None
        attribute = match["quoted"] or match["bare"]
        operator = match["operator"].casefold()
        wanted = match["text"] if match["text"] is not None else match["word"]
        if attribute not in filterable or (operator.endswith("regex") and not self.quirks.regex_filter):
            return None
        test = _comparison(operator, wanted)
        if test is None:
            return None
        negated = bool(match["negated"])

        def matches(member: Json) -> bool:
            value: Any = member
            for key in attribute.split("."):
                value = value.get(key) if isinstance(value, dict) else None
            return value is not None and test(str(value)) != negated

        return matches


def _comparison(operator: str, wanted: str) -> Callable[[str], bool] | None:
    """By the operator's name: those that start with s, and ==, look at the case."""
    if operator in ("matches", "smatches", "regex", "sregex"):
        if not wanted:
            return None
        pattern = wanted if operator.endswith("regex") else "".join({"%": ".*", "_": "."}.get(sign, re.escape(sign)) for sign in wanted)
        try:
            compiled = re.compile(pattern, 0 if operator.startswith("s") else re.IGNORECASE)
        except re.error:
            return None
        if operator.endswith("regex"):
            return lambda value: compiled.search(value) is not None         # assumed: matches anywhere unless anchored
        return lambda value: compiled.fullmatch(value) is not None
    if operator in ("==", "seq"):
        return lambda value: value == wanted
    if operator == "sne":
        return lambda value: value != wanted
    if operator in ("<>", "ne"):
        return lambda value: value.casefold() != wanted.casefold()
    return lambda value: value.casefold() == wanted.casefold()


# --- bodies

def in_schema(member: Json, version: int) -> Json:
    """The object as this API version shows it."""
    if version >= CONNECTION_SETTINGS_SINCE:
        return member
    old = dict(member)
    if "connectionSettings" in old:
        old["type"] = "ServerProfileV5"
        old["connections"] = old.pop("connectionSettings")["connections"]
    elif version < ADDRESS_LIST_SINCE:
        old["type"] = "server-hardware-3"
        info = old.pop("mpHostInfo")
        usable = [entry["address"] for entry in info["mpIpAddresses"] if not entry["type"].startswith("LinkLocal")]
        old["mpIpAddress"] = next((address for address in usable if ":" not in address), next(iter(usable), None))
        old["mpDnsName"] = info["mpHostName"]
    return old


def remote_console(hardware: Json) -> Json:
    """Where its console is, with a session of the iLO."""
    address = next((entry["address"] for entry in hardware["mpHostInfo"]["mpIpAddresses"] if not entry["type"].startswith("LinkLocal")), "")
    return {"remoteConsoleUrl": f"hplocons://addr={address}&sessionkey={hardware['uuid'].replace('-', '').lower()}"}


def error(status: int, code: str, message: str, action: str, details: str = "") -> Reply:
    """OneView's one error body."""
    return json_reply({
        "errorCode": code,
        "message": message,
        "details": details,
        "recommendedActions": [action],
        "nestedErrors": [],
        "errorSource": None,
        "data": {},
    }, status)


def unauthorized() -> Reply:
    """No session, or no right."""
    return error(401, "AUTHORIZATION", "Authorization error: User not authorized for this operation.",
                 "Please verify your credentials and re-authenticate before attempting the operation again.", "User not authorized for this operation.")


def not_found() -> Reply:
    """No such resource."""
    return error(404, "RESOURCE_NOT_FOUND", "The specified resource could not be found.", "Check the resource URI and try again.")


def main() -> None:
    """python -m tests.simulators.oneview"""
    options = argument_parser("A simulated HPE OneView.", OneViewInventory.prefix).parse_args()
    simulator = OneViewSimulator(generate("oneview", options.servers, options.seed, options.prefix, options.odd), **simulator_options(options))
    serve_until_signal([simulator], lambda: {"url": simulator.url})


if __name__ == "__main__":
    main()
