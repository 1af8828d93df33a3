# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request of the table is, and how it is asked of a server."""
from __future__ import annotations

import http.client
import json
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

JSON = "application/json"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
ADMIN, SOMEONE, WRONG, NOBODY = "admin", "someone", "wrong", ""


class Cluster(Protocol):
    """Both servers, as the probe sees them."""

    url: str
    ca_cert: Any
    tokens: dict[str, str]

    def compact(self) -> None: ...


@dataclass(frozen=True)
class Ask:
    """One request. "{name}" in path, query and body stands for what an earlier answer gave under `save`.

    only: the answer's fields that are compared (all when empty).  watch: the answer is a stream, read to its end.  again: asked until its code is
    this one, for what a real server does a moment later.  compact: history is forgotten before it is asked.
    """

    what: str
    method: str
    path: str
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)
    content: str = JSON
    accept: str = JSON
    user: str = ADMIN
    save: dict[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    watch: bool = False
    again: int = 0
    compact: bool = False


@dataclass(frozen=True)
class Told:
    """One answer."""

    code: int
    body: Any
    warnings: tuple[str, ...] = ()
    retry_after: str | None = None


class Asker:
    """Asks one server, one request after the other."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.saved: dict[str, str] = {}
        self._tokens = {ADMIN: cluster.tokens[ADMIN], SOMEONE: cluster.tokens[SOMEONE], WRONG: "no-such-token"}
        host = urlsplit(cluster.url)
        self._connection = http.client.HTTPSConnection(
            host.hostname or "", host.port, timeout=30, context=ssl.create_default_context(cafile=str(cluster.ca_cert)))

    def ask(self, request: Ask) -> Told:
        """Ask it once; what is to be saved is saved."""
        if request.compact:
            self._cluster.compact()
        query = {key: self._filled(value) for key, value in request.query.items()}
        path = quote(self._filled(request.path), safe="/:") + (f"?{urlencode(query)}" if query else "")
        data = request.body if isinstance(request.body, str) or request.body is None else json.dumps(self._filled(request.body))
        headers = {"Accept": request.accept, "User-Agent": "probe"}
        if data is not None:
            headers["Content-Type"] = request.content
        if request.user:
            headers["Authorization"] = f"Bearer {self._tokens[request.user]}"
        self._connection.request(request.method, path, data, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        told = Told(answer.status, _decoded(text, request.watch), tuple(answer.headers.get_all("Warning") or ()), answer.headers.get("Retry-After"))
        for name, place in request.save.items():
            self.saved[name] = str(at(told.body, place))
        return told

    def _filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._filled(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._filled(inner) for inner in value]
        if isinstance(value, str):
            return re.sub(r"\{([a-z]\w*)\}", lambda found: self.saved.get(found[1], found[0]), value)
        return value


def _decoded(text: str, stream: bool) -> Any:
    if stream:
        return [json.loads(line) for line in text.splitlines() if line]
    try:
        return json.loads(text)
    except ValueError:
        return text


def at(body: Any, place: str) -> Any:
    """The value at a dotted path; None where there is none."""
    for step in place.split("."):
        if isinstance(body, list):
            body = body[int(step)] if int(step) < len(body) else None
        else:
            body = body.get(step) if isinstance(body, dict) else None
    return body


_VOLATILE = {"uid", "creationTimestamp", "deletionTimestamp", "lastTransitionTime", "continue", "resourceVersion", "time"}
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def comparable(told: Told, request: Ask, saved: dict[str, str]) -> Any:
    """The answer without what differs from server to server by nature: times, uids, versions (a version that was saved shows its name)."""
    body = told.body
    if request.only:
        body = {place: at(body, place) for place in request.only}
    elif isinstance(body, dict) and body.get("kind") == "Status":
        body = _in_order(body)
    names = {value: f"{{{name}}}" for name, value in saved.items()}
    return {"code": told.code, "warnings": list(told.warnings), "retryAfter": told.retry_after, "body": _plain(body, names, "")}


def _in_order(status: dict[str, Any]) -> dict[str, Any]:
    """Several causes come in no order of their own, in the message too."""
    causes = (status.get("details") or {}).get("causes") or []
    if len(causes) < 2:
        return status
    texts = sorted({f"{cause['field']}: {cause['message']}" for cause in causes})
    message, whole = str(status["message"]), all(text in status["message"] for text in texts)
    ordered = sorted(causes, key=lambda cause: (cause["field"], cause["message"]))
    return {**status, "details": {**status["details"], "causes": ordered},
            "message": f"{message.partition('[')[0]}{texts}" if whole and message.endswith("]") else message}


def _plain(value: Any, names: dict[str, str], key: str) -> Any:
    if isinstance(value, dict):
        return {inner: _plain(entry, names, inner) for inner, entry in value.items() if inner != "managedFields"}
    if isinstance(value, list):
        return [_plain(entry, names, "") for entry in value]
    if not isinstance(value, str):
        return value
    short = key.rpartition(".")[2]
    if short in _VOLATILE and value:
        return names.get(value, f"<{short}>")
    value = re.sub(r"\b(precondition|record) \(\d+\)", r"\1 (<version>)", value)
    for known, name in names.items():
        if len(known) > 2:
            value = re.sub(rf"(?<![\w.]){re.escape(known)}(?![\w.])", name, value)
    return _TIME.sub("<time>", _UUID.sub("<uid>", value))


def differences(memory: Any, real: Any, place: str = "") -> Iterator[str]:
    """Where two comparable answers differ, a line each."""
    if isinstance(memory, dict) and isinstance(real, dict):
        for key in dict.fromkeys([*real, *memory]):
            where = f"{place}.{key}" if place else key
            if key not in memory:
                yield f"{where}: memory has none, real {json.dumps(real[key])}"
            elif key not in real:
                yield f"{where}: memory {json.dumps(memory[key])}, real has none"
            else:
                yield from differences(memory[key], real[key], where)
    elif isinstance(memory, list) and isinstance(real, list) and len(memory) == len(real):
        for index, (mine, its) in enumerate(zip(memory, real)):
            yield from differences(mine, its, f"{place}[{index}]")
    elif memory != real or type(memory) is not type(real):
        yield f"{place}: memory {json.dumps(memory)}\n{' ' * 8}real   {json.dumps(real)}"
