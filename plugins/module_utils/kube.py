# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules' way to the cluster: known addresses, plain dicts, no discovery."""
from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from . import parallel
from .cluster import NAMESPACE, Kind, Object
from .deadline import Deadline
from .errors import ClusterError, ClusterUnavailable, Denied, InvalidArgument, KindMissing, ObjectNotFound
from .http_library import URLLIB3_MISSING, HTTPHeaderDict, Timeout, failures
from .http_pools import ALLOWANCE, open_pools
from .kube_access import Connection, authorization, read_configuration
from .kube_clock import ServerClock
from .kube_errors import Answer, Request, quoted, refusal, unreachable, untrusted
from .readable_cluster import ReadableCluster

__all__ = ["KubeCluster", "authorization", "open_cluster"]

T = TypeVar("T")
R = TypeVar("R")

PAGE = 500                  # objects that a list asks for at once
THREADS = 16
CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
ANSWER_SECONDS = 60.0       # for a whole answer, also when it drips
LEAST_SECONDS = 5.0         # for an answer that is asked for when the run's time is over
LIST_SECONDS = 300.0        # for all pages of a list
EMPTY_PAGES = 3             # in a row that bring nothing new, and still say that there is more
LONGEST_ANSWER = 256 * 1024 * 1024
HEAD_BYTES = 4 * 1024 * 1024         # and what may come around it
PIECE = 1 << 18             # bytes that are read at once
RETRY_SECONDS = 10.0        # how long a request is tried again that cannot have happened
REFUSED_TRIES = 4           # of a create that is answered 409 though nothing of that name is there
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 3.0
JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"


def open_cluster(params: Mapping[str, Any], deadline: Deadline | None = None) -> ReadableCluster:
    """The cluster that options and environment name; it is not asked yet. deadline: of the run, which no answer may hold up for long."""
    return ReadableCluster(KubeCluster(read_configuration(params), deadline=deadline))


def can_be_a_name(text: str) -> bool:
    """It can stand in a path. Anything else would ask for another path, and the answer would say that the kind is missing."""
    return text not in ("", ".", "..") and not any(sign in text for sign in "/%") and text.isprintable()


def open_connections(connection: Connection, threads: int = THREADS) -> Any:
    """The pool of connections, through the proxy that is on the way. Certificates and keys are in memory, and in no file of ours."""
    if URLLIB3_MISSING:
        raise InvalidArgument("The Python package urllib3 is missing: install it where this runs (pip install kubernetes brings it).")
    pools = open_pools(connection.proxy, connection.tls(), threads)
    if connection.tls_server_name:
        pools.connection_pool_kw["server_hostname"] = connection.tls_server_name
    return pools


class KubeCluster:
    """A Cluster over HTTP. Reads, and writes that were surely not carried out, are tried again for RETRY_SECONDS."""

    def __init__(self, connection: Connection, threads: int = THREADS, sleep: Callable[[float], None] = time.sleep, deadline: Deadline | None = None) -> None:
        self._deadline = deadline
        self._connection = connection
        self._where = connection.shown
        self._http = open_connections(connection, threads)
        self._threads = threads
        self._sleep = sleep
        self._clock = ServerClock()

    @property
    def address(self) -> str:
        """Of the API server."""
        return self._connection.host

    # --- Cluster --------------------------------------------------------------------------------------------------------------------------

    def list(self, kind: Kind, namespace: str | None = None, label_selector: str | None = None, field_selector: str | None = None) -> list[Object]:
        """All of them, in pages; begun again when the cluster forgets the list half-way."""
        query = {"limit": str(PAGE)}
        if label_selector:
            query["labelSelector"] = label_selector
        if field_selector:
            query["fieldSelector"] = field_selector
        for _try in range(3):
            try:
                return self._pages(kind, namespace, dict(query))
            except ClusterError as error:
                if error.status != 410:
                    raise
        return self._pages(kind, namespace, {name: value for name, value in query.items() if name != "limit"})

    def _pages(self, kind: Kind, namespace: str | None, query: dict[str, str]) -> list[Object]:
        found: list[Object] = []
        request = Request("list", kind, namespace, where=self._where)
        seen: set[str] = set()
        empty, deadline = 0, Deadline(LIST_SECONDS)
        while True:
            page = self._ask("GET", request, query)
            items, metadata = page.get("items"), page.get("metadata")
            if not isinstance(items, (list, type(None))) or not isinstance(metadata, (dict, type(None))):
                raise ClusterUnavailable(f"The Kubernetes API at {self._where} answered a list of {request.resource} with something that is none.")
            for item in items or []:
                if isinstance(item, dict):
                    item.setdefault("apiVersion", kind.api_version)
                    item.setdefault("kind", kind.kind)
                found.append(item)
            token = (metadata or {}).get("continue")
            if not token:
                return found
            empty = empty + 1 if not items or token in seen else 0
            if empty >= EMPTY_PAGES or deadline.passed() or self._out_of_time():
                raise ClusterUnavailable(f"The list of {request.resource} from the Kubernetes API at {self._where} does not come to its end.")
            seen.add(token)
            query["continue"] = token

    def _out_of_time(self) -> bool:
        return self._deadline is not None and self._deadline.passed()

    def get(self, kind: Kind, namespace: str | None, name: str) -> Object | None:
        """The object, or None when there is none."""
        try:
            return self._ask("GET", Request("get", kind, namespace, name, where=self._where))
        except ObjectNotFound:
            return None

    def create(self, kind: Kind, body: Object, dry_run: bool = False) -> Object:
        """POST. With dry_run the server checks everything and keeps nothing."""
        metadata = body["metadata"]
        request = Request("create", kind, metadata.get("namespace"), metadata["name"], where=self._where)
        full = {"apiVersion": kind.api_version, "kind": kind.kind, **body}
        return self._ask("POST", request, {"dryRun": "All"} if dry_run else {}, full)

    def replace_status(self, kind: Kind, body: Object) -> Object:
        """PUT of the status, for the resourceVersion in the body."""
        metadata = body["metadata"]
        request = Request("update", kind, metadata.get("namespace"), metadata["name"], "status", self._where)
        return self._ask("PUT", request, {}, {"apiVersion": kind.api_version, "kind": kind.kind, **body})

    def patch(self, kind: Kind, namespace: str | None, name: str, body: Object) -> Object:
        """Merge patch; uid and resourceVersion in it are preconditions."""
        return self._ask("PATCH", Request("patch", kind, namespace, name, where=self._where), {}, body)

    def patch_status(self, kind: Kind, namespace: str | None, name: str, body: Object) -> Object:
        """Merge patch of the status; uid and resourceVersion in it are preconditions."""
        return self._ask("PATCH", Request("patch", kind, namespace, name, "status", self._where), {}, body)

    def delete(self, kind: Kind, namespace: str | None, name: str, uid: str, resource_version: str | None = None) -> None:
        """DELETE of just this object, as it was seen."""
        preconditions = {"uid": uid, **({"resourceVersion": resource_version} if resource_version else {})}
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions}
        self._ask("DELETE", Request("delete", kind, namespace, name, where=self._where), {}, options)

    def now(self) -> datetime:
        """The API server's clock; it is asked when it has not answered anything yet."""
        if self._clock.now() is None:
            self._send("GET", Request("get", NAMESPACE, where=self._where), f"{self.address}/version", None)
        now = self._clock.now()
        if now is None:
            raise ClusterError(f"The Kubernetes API at {self._where} answers without a Date header, so there is no clock to go by.")
        return now

    def each(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """In threads, as many as there are connections."""
        return parallel.each(work, items, self._threads)

    # --- HTTP -----------------------------------------------------------------------------------------------------------------------------

    def _ask(self, method: str, request: Request, query: Mapping[str, str] | None = None, body: Object | None = None) -> Object:
        """The answer to one request, tried again while it surely did not happen and time is left."""
        kind = request.kind
        for part in (request.namespace, request.name):
            if part is not None and not can_be_a_name(part):
                raise ObjectNotFound(f"{kind.kind} {part[:80]!r} cannot exist: that is no name of an object.", 404, "NotFound")
        url = f"{self.address}{request.path}"
        if query:
            url = f"{url}?{urlencode(query)}"
        end = time.monotonic() + RETRY_SECONDS
        pause = FIRST_PAUSE
        tries = 0
        while True:
            error, happened = self._once(method, request, url, body)
            tries += 1
            if not isinstance(error, ClusterError):
                return error
            if isinstance(error, ClusterUnavailable) and error.status == 409 and (tries >= REFUSED_TRIES or self._out_of_time()):
                raise Denied(f"The cluster denies to {request.verb} {request.object}, each time it is tried: {error}", 409, error.reason, error.causes)
            wait = max(error.retry_after or 0.0, pause * random.uniform(0.5, 1.0))
            if not isinstance(error, ClusterUnavailable) or happened or time.monotonic() + wait > end or self._out_of_time():
                raise error
            self._sleep(wait)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _once(self, method: str, request: Request, url: str, body: Object | None) -> tuple[Object | ClusterError, bool]:
        """What came of it, and whether it may have been carried out although it failed."""
        reading = method == "GET"
        try:
            answer = self._send(method, request, url, body)
        except ClusterUnavailable as error:
            return error, not reading and error.maybe_applied
        if answer.status < 300:
            try:
                found = json.loads(answer.body)
            except ValueError:
                found = None
            if isinstance(found, dict):
                return found, True
            return KindMissing(f"{self._where} answers, but not as a Kubernetes API does: check host and kubeconfig.", answer.status), True
        error = refusal(request, answer)
        return error, not reading and answer.status not in (409, 429)

    def _send(self, method: str, request: Request, url: str, body: Object | None) -> Answer:
        headers = HTTPHeaderDict({"Accept": JSON, "User-Agent": "baremetal.generator"})
        for name, value in self._connection.login.headers():
            headers.add(name, value)
        data = None
        if body is not None:
            headers["Content-Type"] = MERGE_PATCH if method == "PATCH" else JSON
            data = json.dumps(body).encode()
        left = ANSWER_SECONDS if self._deadline is None else min(ANSWER_SECONDS, max(self._deadline.left(), LEAST_SECONDS))
        timeout = Timeout(connect=min(CONNECT_SECONDS, left), read=min(READ_SECONDS, left))
        deadline = Deadline(left)
        try:
            with ALLOWANCE.of(deadline, LONGEST_ANSWER + HEAD_BYTES):
                response = self._http.request(
                    method, url, body=data, headers=headers, timeout=timeout, retries=False, redirect=False, preload_content=False)
                content = self._whole(response, deadline)
        except failures.HTTPError as error:
            raise self._unreachable(error, deadline) from error
        self._clock.hear(response.headers.get("Date"))
        return Answer(response.status, content, {name.lower(): value for name, value in response.headers.items()})

    def _whole(self, response: Any, deadline: Deadline) -> bytes:
        """All of an answer, before the deadline; its connection is used again only where it was read to its end."""
        pieces, size = [], 0
        try:
            for piece in response.stream(PIECE):
                pieces.append(piece)
                size += len(piece)
                if size > LONGEST_ANSWER or deadline.passed():
                    what = "is longer than any list is" if size > LONGEST_ANSWER else f"did not come to its end within {deadline.seconds:g} s"
                    raise ClusterUnavailable(f"An answer of the Kubernetes API at {self._where} {what}; it is asked again later.")
        except BaseException:
            response.close()
            raise
        response.release_conn()
        return b"".join(pieces)

    def _unreachable(self, error: Exception, deadline: Deadline) -> ClusterError:
        """No answer: why, and whether the request may have arrived."""
        cause: BaseException = getattr(error, "reason", None) or error
        behind_proxy = isinstance(cause, failures.ProxyError)
        if behind_proxy:
            cause = getattr(cause, "original_error", None) or cause
        if isinstance(cause, (failures.SSLError, OSError)) and "certificate" in str(cause).lower():
            return untrusted(self._where)
        if isinstance(cause, failures.NewConnectionError):
            text = "the proxy does not answer" if self._connection.proxy else "nobody answers at this address"
        elif isinstance(cause, failures.ConnectTimeoutError):
            text = f"no connection within {CONNECT_SECONDS:g} s"
        elif isinstance(cause, failures.ReadTimeoutError):
            text = f"no whole answer within {deadline.seconds:g} s" if deadline.passed() else f"no answer within {READ_SECONDS:g} s"
        else:
            text = f"the proxy refuses: {quoted(cause)}" if behind_proxy else "the connection broke"
        failure = unreachable(self._where, text)
        never_left = (failures.NewConnectionError, failures.ConnectTimeoutError)
        failure.maybe_applied = not behind_proxy and not isinstance(cause, never_left)
        return failure
