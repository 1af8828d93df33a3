# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small client for tests: plain requests, plain dicts, and nothing of the code under test."""
from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

import urllib3

Object = dict[str, Any]
MERGE = "application/merge-patch+json"
ANSWER_SECONDS = 30
PATIENCE_SECONDS = 60.0      # how long a server may say "come again"
BUSY = 429


class ApiRefused(Exception):
    """The API said no: `code`, `reason` and `message` as in its Status object."""

    def __init__(self, code: int, status: Object, retry_after: float | None = None) -> None:
        self.code, self.reason, self.message = code, str(status.get("reason", "")), str(status.get("message", ""))
        self.retry_after = retry_after
        super().__init__(f"{code} {self.reason}: {self.message}")


class Named(Protocol):
    """What is known of a kind; plugins/module_utils/cluster.py has these."""

    @property
    def plural(self) -> str:
        """As in its path."""

    @property
    def group(self) -> str:
        """Empty for the oldest kinds."""

    @property
    def version(self) -> str:
        """As in its path."""

    @property
    def namespaced(self) -> bool:
        """Whether its objects live in namespaces."""


@dataclass(frozen=True)
class Resource:
    """A kind as the API itself describes it."""

    kind: str
    plural: str
    group: str
    version: str
    namespaced: bool = True


@dataclass
class ApiClient:
    """One user of one API."""

    url: str
    token: str = field(repr=False)
    ca_cert: Path | None = None
    _resources: dict[str, list[Object]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._http = urllib3.PoolManager(maxsize=8, retries=False, timeout=ANSWER_SECONDS, ca_certs=str(self.ca_cert) if self.ca_cert else None)

    def request(self, method: str, path: str, body: Any = None, content: str = "application/json", **query: str) -> Any:
        """The answer's JSON (its text where it is none). Raises ApiRefused, and OSError when nobody answers.

        A server that is not ready yet (one whose CRDs were just made, say) tells when to come again, and it is done as it says.
        """
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self.ask_once(method, path, body, content, **query)
            except ApiRefused as refused:
                if refused.code != BUSY or refused.retry_after is None or time.monotonic() + refused.retry_after > end:
                    raise
                time.sleep(refused.retry_after)

    def ask_once(self, method: str, path: str, body: Any = None, content: str = "application/json", **query: str) -> Any:
        """The same, for who would rather look again by itself."""
        headers = {"Accept": "application/json", "Authorization": f"Bearer {self.token}"}
        data = None
        if body is not None:
            headers["Content-Type"], data = content, json.dumps(body).encode()
        url = f"{self.url}{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            answer = self._http.request(method, url, body=data, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise OSError(f"no answer from {self.url}: {error}") from error
        told = _decoded(answer.data)
        if answer.status >= 400:
            wait = answer.headers.get("Retry-After", "")
            raise ApiRefused(answer.status, told if isinstance(told, dict) else {"message": str(told)}, float(wait) if wait.isdigit() else None)
        return told

    def apply(self, body: Object) -> Object:
        """Create it, or merge it into what is there; strictly: an unknown field is refused."""
        resource = self.resource(body["apiVersion"], body["kind"])
        metadata = body["metadata"]
        namespace = metadata.get("namespace", "default") if resource.namespaced else None
        try:
            return self.request("POST", path(resource, namespace), body, fieldValidation="Strict")
        except ApiRefused as error:
            if error.reason != "AlreadyExists":
                raise
        return self.request("PATCH", path(resource, namespace, metadata["name"]), body, MERGE, fieldValidation="Strict")

    def create(self, kind: Named, body: Object, **query: str) -> Object:
        """POST of one object."""
        full = {"apiVersion": f"{kind.group}/{kind.version}" if kind.group else kind.version, **body}
        return self.request("POST", path(kind, body["metadata"].get("namespace")), full, **query)

    def get(self, kind: Named, namespace: str | None, name: str) -> Object | None:
        """The object, None where there is none."""
        try:
            return self.request("GET", path(kind, namespace, name))
        except ApiRefused as error:
            if error.code != 404:
                raise
            return None

    def list(self, kind: Named, namespace: str | None = None, **query: str) -> list[Object]:
        """All objects of a kind, of one namespace or of all."""
        return self.request("GET", path(kind, namespace), **query)["items"]

    def patch(self, kind: Named, namespace: str | None, name: str, body: Object, subresource: str = "") -> Object:
        """Merge patch."""
        return self.request("PATCH", path(kind, namespace, name, subresource), body, MERGE)

    def delete(self, kind: Named, namespace: str | None, name: str) -> None:
        """Ask that an object goes; one that is gone already is fine."""
        try:
            self.request("DELETE", path(kind, namespace, name))
        except ApiRefused as error:
            if error.code != 404:
                raise

    def resource(self, api_version: str, kind: str) -> Resource:
        """Where a kind is, by discovery. Raises KeyError when the API has no such kind."""
        for again in (False, True):
            for item in self._discovered(api_version, again):
                if item["kind"] == kind and "/" not in item["name"]:
                    group, _slash, version = api_version.rpartition("/")
                    return Resource(kind, item["name"], group, version, item["namespaced"])
        raise KeyError(f"{api_version} {kind}")

    def _discovered(self, api_version: str, again: bool) -> list[Object]:
        if again or api_version not in self._resources:
            try:
                self._resources[api_version] = self.request("GET", f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}")["resources"]
            except ApiRefused as error:
                if error.code != 404:
                    raise
                return []
        return self._resources[api_version]


def path(kind: Named, namespace: str | None = None, name: str = "", subresource: str = "") -> str:
    """The path of a kind, of its objects in a namespace, or of one object."""
    parts = ["/apis", kind.group, kind.version] if kind.group else ["/api", kind.version]
    parts += ["namespaces", namespace] if namespace and kind.namespaced else []
    return "/".join([*parts, kind.plural, *([name] if name else []), *([subresource] if subresource else [])])


def _decoded(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return data.decode(errors="replace")
