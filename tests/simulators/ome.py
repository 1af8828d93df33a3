# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dell OpenManage Enterprise on loopback: sessions, OData lists with their oddities, NIC inventories, errors."""
from __future__ import annotations

import base64
import binascii
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.simulators.inventory import generate
from tests.simulators.inventory_ome import SERVER, OmeInventory
from tests.simulators.ome_filter import BadFilter, Filter, WrongType
from tests.simulators.serving import Ask, Quirks, Reply, Simulator, argument_parser, json_reply, serve_until_signal, simulator_options

Json = dict[str, Any]

SESSIONS = "/api/SessionService/Sessions"
PROFILES = "/api/ProfileService/Profiles"
DEVICES = "/api/DeviceService/Devices"
PROFILE_FILTERS: Mapping[str, type] = {
    "ProfileName": str, "TemplateName": str, "TargetTypeId": int, "TargetName": str, "ChassisName": str, "ProfileState": int, "LastRunStatus": int,
    "ProfileModified": int,
}
# assumed beyond Id, Type, DeviceName, DeviceServiceTag
DEVICE_FILTERS: Mapping[str, type] = {
    "Id": int, "Type": int, "DeviceName": str, "DeviceServiceTag": str, "Identifier": str, "ChassisServiceTag": str, "Model": str, "PowerState": int,
    "ManagedState": int, "Status": int, "AssetTag": str,
}
MESSAGES = {
    "CGEN1001": "Unable to complete the operation because the user is not authenticated.",
    "CGEN1002": "Unable to complete the operation because the URI is not valid.",
    "CGEN1004": "Unable to complete the request because the device ID is not valid.",
    "CGEN1006": "Unable to complete the request because the resource URI does not exist or is not implemented.",
    "CGEN1014": "Unable to complete the operation because an invalid value is entered for the property {} .",
    "CGEN6002": "Unable to complete the request because the input value for {} is missing or an invalid value is entered.",
    "CGEN1013": "Unable to complete the operation because the user does not have the privilege.",                # assumed
    "CURS1209": "Unable to create a new session because the maximum number of sessions for this user has been reached.",
    "GEN1234": "Unable to process the request because an error occurred.",
}
RESOLUTIONS = {
    "CGEN1006": "Enter a valid URI and retry the operation.",
    "CGEN1014": "Enter a valid value for the property and retry the operation.",
    "CURS1209": "Logout of one of this user's sessions and retry creating a new session for this user.",
}
RETRY = "Retry the operation. If the issue persists, contact your system administrator."


@dataclass
class OmeQuirks(Quirks):
    """What differs between appliances, and what nobody confirmed."""

    idle_seconds: float = 30 * 60.0
    sessions_per_user: int = 100
    default_page: int = 50
    page_cap: int = 1000                            # assumed: 1000 works in the field, 2000 was seen
    top_needs_skip: bool = True                     # $top alone is not honoured: one user got 50 until $skip=0 was sent too
    next_link_keeps_filter: bool = False            # it was seen to lose it
    or_on_names: bool = True                        # assumed
    filter_case_sensitive: bool = True              # assumed
    refuses_select: bool = True                     # assumed: $select and $expand do not exist; a 400, or no effect
    unauthorized_id: str = "CGEN1001"               # assumed: also GEN1234 was seen
    refused_login_id: str = "GEN1234"               # assumed
    session_limit_status: int = 400                 # assumed
    unknown_uri_status: int = 404                   # seen with 400 as well
    unknown_device_status: int = 400                # seen with 404 as well
    basic_authentication: bool = True


class OmeSimulator(Simulator):
    """One appliance."""

    name = "ome"
    quirks_type = OmeQuirks
    quirks: OmeQuirks
    inventory: OmeInventory

    def __init__(self, inventory: OmeInventory | None = None, *arguments: Any, **options: Any) -> None:
        super().__init__(inventory if inventory is not None else generate("ome", 30), *arguments, **options)
        self._ids: dict[str, str] = {}              # token -> session id

    def label(self, ask: Ask) -> str:
        return f"{ask.method} " + re.sub(r"Devices\(\d+\)", "Devices(id)", re.sub(r"Sessions\('[^']*'\)", "Sessions('id')", ask.path))

    def http_error(self, status: int) -> Reply:
        return error(status, "GEN1234")

    # --- a request on its way

    def answer(self, ask: Ask) -> Reply:
        label = self.label(ask)
        if (ask.method, ask.path) == ("POST", SESSIONS):
            return self._login(ask, label)
        token = ask.headers.get("X-Auth-Token", "")
        if self.sessions.use(token) is None and not self._is_basic(ask):
            return error(401, self.quirks.unauthorized_id)
        if self.faults.take(("forbidden",), label):
            return error(403, "CGEN1013")
        reply = self._resource(ask, token)
        for kind, move in (("item_removed", self.inventory.remove_first), ("item_added", self.inventory.add_first)):
            if self.faults.take((kind,), label):
                move()
        return reply

    def _resource(self, ask: Ask, token: str) -> Reply:
        inventory = self.inventory
        match ask.method, ask.path:
            case "GET", "/api/ProfileService/Profiles":
                return self._list(ask, inventory.profiles, PROFILE_FILTERS, "ProfileService.Profile")
            case "GET", "/api/DeviceService/Devices":
                return self._list(ask, inventory.devices, DEVICE_FILTERS, "DeviceService.Device")
            case "GET", "/api/SessionService/SessionConfiguration":
                return odata(self._session_configuration())
            case "GET", "/api/SessionService/Sessions":
                return odata(collection("SessionService.Session", [self._session(key, "") for key in self._ids.values()]))
            case "POST", "/api/SessionService/Actions/SessionService.Logoff":
                self._logout(token)
                return Reply(204)
        if match := re.fullmatch(r"/api/SessionService/Sessions\('([^']+)'\)", ask.path):
            return self._one_session(ask, match[1])
        if match := re.fullmatch(r"/api/ProfileService/Profiles\((\d+)\)", ask.path):
            return self._one(ask, inventory.profiles, int(match[1]), "ProfileService.Profile")
        if match := re.fullmatch(r"/api/DeviceService/Devices\((\d+)\)(?:/(.*))?", ask.path):
            if match[2] is None:
                return self._one(ask, inventory.devices, int(match[1]), "DeviceService.Device")
            if match[2] == "InventoryDetails('serverNetworkInterfaces')" and ask.method == "GET":
                return self._network(int(match[1]), ask.path)
        return error(self.quirks.unknown_uri_status, "CGEN1006")

    # --- sessions

    def _login(self, ask: Ask, label: str) -> Reply:
        try:
            body = json.loads(ask.body)
        except ValueError:
            return error(400, "CGEN1014", "the request body")
        missing = next((key for key in ("UserName", "Password", "SessionType") if not isinstance(body.get(key), str)), None)
        if missing:
            return error(400, "CGEN6002", missing)
        if not self._knows(body["UserName"], body["Password"]) or self.faults.take(("wrong_password",), label):
            self.counters.failed_logins += 1
            return error(401, self.quirks.refused_login_id)
        if self.sessions.full(body["UserName"].casefold()) or self.faults.take(("sessions_full",), label):
            return error(self.quirks.session_limit_status, "CURS1209")
        token = self.sessions.start(body["UserName"].casefold(), ask.client, str(uuid.uuid4()))
        key = str(uuid.uuid4())
        living = set(self.sessions.tokens())
        self._ids = {one: other for one, other in self._ids.items() if one in living} | {token: key}
        return odata(
            {"@odata.context": "/api/$metadata#SessionService.Session", **self._session(key, ask.client)}, 201,
            **{"X-Auth-Token": token, "Location": f"/api/SessionService/Sessions('{key}')"})

    def _knows(self, user: str, password: str) -> bool:
        return (user.casefold(), password) == (self.username.casefold(), self.password)

    def _is_basic(self, ask: Ask) -> bool:
        """HTTP Basic is taken on each request, and logs in on each."""
        scheme, _rest, text = ask.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic" or not self.quirks.basic_authentication:
            return False
        try:
            user, _rest, password = base64.b64decode(text, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        if not self._knows(user, password):
            self.counters.failed_logins += 1
            return False
        self.counters.logins += 1
        self.counters.logouts += 1
        return True

    def _session(self, key: str, client: str) -> Json:
        return {
            "@odata.type": "#SessionService.Session",
            "@odata.id": f"/api/SessionService/Sessions('{key}')",
            "Id": key,
            "Description": self.username,
            "Name": "API",
            "UserName": self.username,
            "UserId": 10086,
            "Password": None,
            "Roles": ["ADMINISTRATOR"],
            "IpAddress": client,
            "StartTimeStamp": "2026-11-23 08:07:12.357",
            "LastAccessedTimeStamp": "2026-11-23 08:07:12.357",
            "DirectoryGroup": [],
        }

    def _one_session(self, ask: Ask, key: str) -> Reply:
        token = next((token for token, known in self._ids.items() if known == key), None)
        if token is None:
            return error(404, "CGEN1006")
        if ask.method == "DELETE":
            self._logout(token)
            return Reply(204)
        return odata({"@odata.context": "/api/$metadata#SessionService.Session", **self._session(key, ask.client)})

    def _logout(self, token: str) -> None:
        self.sessions.end(token)
        self._ids.pop(token, None)

    def _session_configuration(self) -> Json:
        def limits(kind: str, most: int, timeout: int, shortest: int, longest: int, settable: bool) -> Json:
            return {
                "@odata.type": "#SessionService.SessionConfiguration",
                "SessionType": kind,
                "MaxSessions": most,
                "SessionTimeout": timeout,
                "MinSessionTimeout": shortest,
                "MaxSessionTimeout": longest,
                "MinSessionsAllowed": 1 if settable else 0,
                "MaxSessionsAllowed": 6 if kind == "GUI" else 100 if settable else 0,
                "MaxSessionsConfigurable": settable,
                "SessionTimeoutConfigurable": True,
            }

        return collection("SessionService.SessionConfiguration", [
            limits("GUI", 6, 1800000, 60000, 7200000, True),
            limits("API", self.quirks.sessions_per_user, int(self.quirks.idle_seconds * 1000), 60000, 86400000, True),
            limits("UniversalTimeout", 0, -1, -1, 86400000, False),
        ])

    # --- lists

    def _list(self, ask: Ask, members: list[Json], attributes: Mapping[str, type], kind: str) -> Reply:
        if self.quirks.refuses_select and (ask.parameter("$select") or ask.parameter("$expand")):
            return error(400, "CGEN1002")
        try:
            skip, top = (None if (text := ask.parameter(name)) is None else int(text) for name in ("$skip", "$top"))
        except ValueError:
            return error(400, "CGEN1014", "$skip or $top")
        chosen = list(members)
        text = ask.parameter("$filter")
        if text is not None:
            if self.faults.take(("filter_refused",), self.label(ask)):
                return error(400, "CGEN1002")
            try:
                wanted = Filter(text, attributes, self.quirks.filter_case_sensitive, self.quirks.or_on_names)
            except WrongType as problem:
                given, needed = ("STRING", "Edm.Int64") if attributes[str(problem)] is int else ("NUMBER", "Edm.String")
                return error(400, "CGEN1014", f"Invalid json type: {given} for {needed} property: {problem}")
            except BadFilter:
                return error(400, "CGEN1002")
            chosen = [member for member in chosen if wanted.test(member)]
        order = ask.parameter("$orderby")
        if order:
            attribute, _rest, direction = order.partition(" ")
            if attribute not in attributes:
                return error(400, "CGEN1002")
            chosen.sort(key=lambda member: (member[attribute] is not None, member[attribute]), reverse=direction == "desc")
        size = self.quirks.default_page if top is None or (skip is None and self.quirks.top_needs_skip) else min(top, self.quirks.page_cap)
        start = skip or 0
        body = collection(kind, chosen[start:start + size], len(chosen))
        if start + size < len(chosen):
            kept = "".join(f"&{key}={quote(value, safe='')}" for key, value in ask.query if key in ("$filter", "$orderby"))
            body["@odata.nextLink"] = f"{ask.path}?$skip={start + size}&$top={size}{kept if self.quirks.next_link_keeps_filter else ''}"
        return odata(body)

    def _one(self, ask: Ask, members: list[Json], key: int, kind: str) -> Reply:
        member = next((member for member in members if member["Id"] == key), None)
        if member is None or ask.method != "GET":
            return error(self.quirks.unknown_device_status, "CGEN1004")
        return odata({"@odata.context": f"/api/$metadata#{kind}/$entity", **member})

    def _network(self, key: int, path: str) -> Reply:
        device = next((device for device in self.inventory.devices if device["Id"] == key), None)
        if device is None:
            return error(self.quirks.unknown_device_status, "CGEN1004")
        cards = self.inventory.network.get(key, []) if device["Type"] == SERVER else []
        if key in self.inventory.bare_lists:
            return odata(cards)
        return odata({
            "@odata.context": "/api/$metadata#DeviceService.InventoryDetail/$entity",
            "@odata.type": "#DeviceService.InventoryDetail",
            "@odata.id": path,
            "InventoryType": "serverNetworkInterfaces",
            "InventoryInfo": cards,
        })


# --- bodies

def collection(kind: str, members: list[Json], total: int | None = None) -> Json:
    """A list; its count is that of the whole, asked for or not."""
    return {
        "@odata.context": f"/api/$metadata#Collection({kind})",
        "@odata.count": len(members) if total is None else total,
        "value": members,
    }


def odata(body: Any, status: int = 200, **headers: str) -> Reply:
    """An answer as OData marks it."""
    reply = json_reply(body, status, **{"OData-Version": "4.0", **headers})
    reply.content_type = "application/json;odata.metadata=minimal;charset=UTF-8"
    return reply


def error(status: int, message_id: str, *arguments: str) -> Reply:
    """The envelope of every error."""
    return odata({"error": {
        "code": "Base.1.0.GeneralError",
        "message": "A general error has occurred. See ExtendedInfo for more information.",
        "@Message.ExtendedInfo": [{
            "MessageId": message_id,
            "RelatedProperties": [],
            "Message": MESSAGES[message_id].format(*arguments),
            "MessageArgs": list(arguments),
            "Severity": "Critical",
            "Resolution": RESOLUTIONS.get(message_id, RETRY),
        }],
    }}, status)


def main() -> None:
    """python -m tests.simulators.ome"""
    options = argument_parser("A simulated Dell OpenManage Enterprise.", OmeInventory.prefix).parse_args()
    simulator = OmeSimulator(generate("ome", options.servers, options.seed, options.prefix, options.odd), **simulator_options(options))
    serve_until_signal([simulator], lambda: {"url": simulator.url})


if __name__ == "__main__":
    main()
