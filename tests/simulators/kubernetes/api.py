# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a request to its answer: paths, users, rights, verbs, and how lists and single objects are written."""
from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import claims, discovery, errors, patches, rbac, reading
from .errors import ApiError
from .kinds import BUILT_IN, BUILT_IN_SELECTABLE, NAMESPACE, Resource
from .objects import Object, Objects, Options
from .rbac import ANONYMOUS, User
from .selectors import Match, everything, field_selector, label_selector
from .store import Stored, dump
from .table import as_table, table_version

JSON = "application/json"
_PATCHES = ("application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json", "application/apply-patch+yaml")


@dataclass
class Request:
    """One call."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    content_type: str = JSON
    accept: str = JSON
    token: str | None = None
    user_agent: str = ""
    user: User | None = None


@dataclass
class Answer:
    """What goes back; `stored` lets an object be sent as the text it is kept in."""

    code: int
    text: str
    content_type: str = JSON
    headers: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Target:
    """What a path names."""

    resource: Resource
    namespace: str
    name: str
    subresource: str


@dataclass(frozen=True)
class WatchCall:
    """A watch that may begin."""

    target: Target
    match: Match
    query: dict[str, str]
    accept: str


class Api:
    """All that a server of HTTP needs: `answer` for a call, `open_watch` for a watch."""

    def __init__(self, objects: Objects, users: dict[str, User], allow: Callable[[User, str, Target], bool] | None = None,
                 anonymous: User | None = None) -> None:
        self.objects = objects
        self.users = users
        self.allow = allow
        self.anonymous = anonymous or User(ANONYMOUS)
        self.version = "v1.36.3"

    # -- calls

    def answer(self, request: Request) -> Answer:
        """The answer to anything but a watch."""
        try:
            with self.objects.lock:
                return self._route(request)
        except ApiError as error:
            return refusal(error)

    def open_watch(self, request: Request) -> WatchCall:
        """A watch that is allowed; ApiError otherwise."""
        with self.objects.lock:
            request.user = self._user(request)
            target = self._target(request.path, "WATCH", request.user)
            self._authorize(request.user, "watch", target)
            return WatchCall(target, self._match(target, request.query), request.query, request.accept)

    def _route(self, request: Request) -> Answer:
        request.user = self._user(request)
        claims.refuse(request.path, request.query, request.accept)
        found = discovery.answer(self.objects.kinds, request.path, self.version)
        if found is not None:
            verb = request.method.lower()
            if not rbac.allowed_path(self.objects.store, request.user, verb, request.path):
                raise rbac.path_refusal(request.user, verb, request.path)
            return Answer(200, found, "text/plain; charset=utf-8") if isinstance(found, str) else Answer(200, dump(found))
        target = self._target(request.path, request.method, request.user)
        verb = _verb(request.method, target)
        self._authorize(request.user, verb, target)
        work = getattr(self, f"_{verb}")
        return work(target, request)

    def _user(self, request: Request) -> User:
        if request.token is None:
            return self.anonymous
        user = self.users.get(request.token)
        if user is None:
            raise ApiError(401, "Unauthorized", "Unauthorized")
        return user

    def _target(self, path: str, method: str, user: User) -> Target:
        """What a path names. 403 comes before 404: who may not ask is not told what there is."""
        found = _split(path)
        if found is None:
            if not rbac.allowed_path(self.objects.store, user, method.lower(), path):
                raise rbac.path_refusal(user, method.lower(), path)
            raise errors.no_such_path()
        group, version, namespace, plural, name, subresource = found
        resource = self.objects.kinds.find(group, version, plural)
        if (
            resource is None
            or (namespace and not resource.namespaced)
            or (subresource and not (subresource == "status" and resource.status) and not (subresource == "finalize" and resource is NAMESPACE))
            or (resource.namespaced and not namespace and (name or method == "POST"))
        ):
            unknown = Target(resource or Resource(group, version, plural, plural), namespace, name, subresource)
            self._authorize(user, "watch" if method == "WATCH" else _verb(method, unknown, strict=False), unknown)
            if resource and resource.custom and subresource == "status":
                self.objects.get(resource, namespace, name)
                raise errors.no_such_resource()
            own = any((kind.group, kind.version) == (group, version) for kind in BUILT_IN)
            raise errors.no_such_resource() if own else errors.no_such_path()
        return Target(resource, namespace, name, subresource)

    def _authorize(self, user: User, verb: str, target: Target) -> None:
        namespace = target.name if target.resource is NAMESPACE else target.namespace
        if self.allow is not None and self.allow(user, verb, target):
            return
        if not rbac.allowed(self.objects.store, user, verb, target.resource, namespace, target.name, target.subresource):
            raise rbac.refusal(user, verb, target.resource, namespace, target.name, target.subresource)

    # -- reading

    def _get(self, target: Target, request: Request) -> Answer:
        stored = self.objects.get(target.resource, target.namespace, target.name)
        return self._one(200, target.resource, stored, request)

    def _list(self, target: Target, request: Request) -> Answer:
        resource, query, store = target.resource, request.query, self.objects.store
        match = self._match(target, query)
        reading.check_list_options(query)
        limit = reading.whole(query, "limit")
        after, version = "", store.version
        if query.get("continue"):
            if query.get("resourceVersion") and query["resourceVersion"] != "0":
                raise errors.bad_request("specifying resource version is not allowed when using continue")
            version, after = _read_token(query["continue"])
            if version < store.compacted:
                raise errors.expired("The provided continue parameter is too old to display a consistent list result. You can start a new list without "
                                     "the continue parameter.")
        elif query.get("resourceVersion") not in (None, "", "0"):
            version = self._exact(query)
        source = store.range(resource.table, target.namespace, after) if version == store.version else iter(
            store.snapshot(resource.table, version, target.namespace, after))
        if match is not everything:
            source = ((key, stored) for key, stored in source if match(stored.object))
        chosen: list[Stored] = []
        last, token, remaining = "", "", 0
        for key, stored in source:
            if limit and len(chosen) == limit:
                token = _write_token(version, last)
                remaining = 1 + sum(1 for _entry in source)
                break
            chosen.append(stored)
            last = key
        meta: Object = {"resourceVersion": str(version)}
        if resource.custom:
            meta = {"continue": "", **meta}
        if token:
            meta["continue"] = token
            if match is everything:
                meta["remainingItemCount"] = remaining
        if table_version(request.accept):
            if not token:
                meta.pop("continue", None)
            return Answer(200, dump(as_table(resource, [entry.object for entry in chosen], meta, query, self.objects.clock())))
        if resource.custom:
            items = ",".join(self._text(resource, stored) for stored in chosen)
        else:
            items = ",".join(_without_kind(stored) for stored in chosen)
        kind = resource.list_kind or resource.kind + "List"
        return Answer(200, f'{{"kind":"{kind}","apiVersion":"{resource.api_version}","metadata":{dump(meta)},"items":[{items}]}}')

    def _exact(self, query: dict[str, str]) -> int:
        store = self.objects.store
        text = query["resourceVersion"]
        if not text.isdigit():
            raise errors.bad_request(f'Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax')
        wanted = int(text)
        if wanted > store.version:
            raise errors.too_large_version(wanted, store.version)
        if query.get("resourceVersionMatch") == "Exact":
            if wanted < store.compacted:
                raise errors.expired("The resourceVersion for the provided list is too old.")
            return wanted
        return store.version

    def _match(self, target: Target, query: dict[str, str]) -> Match:
        resource = target.resource
        labels = label_selector(query.get("labelSelector", ""))
        known = ("metadata.name", *(("metadata.namespace",) if resource.namespaced or not resource.custom else ()),
                 *resource.selectable, *BUILT_IN_SELECTABLE.get(resource.table, ()))
        fields = field_selector(query.get("fieldSelector", ""), known)
        if labels is everything:
            return fields
        return labels if fields is everything else _both(labels, fields)

    # -- writing

    def _create(self, target: Target, request: Request) -> Answer:
        options = self._options(request)
        stored = self.objects.create(target.resource, target.namespace, self._body(request, target, options), options)
        return self._one(201, target.resource, stored, request, options)

    def _update(self, target: Target, request: Request) -> Answer:
        options = self._options(request)
        body = self._body(request, target, options)
        if target.subresource == "finalize":
            return self._one(200, target.resource, self.objects.finalize_namespace(target.name, body), request)
        stored = self.objects.update(target.resource, target.namespace, target.name, body, options, target.subresource)
        return self._one(200, target.resource, stored, request, options)

    def _patch(self, target: Target, request: Request) -> Answer:
        kind = request.content_type.partition(";")[0].strip()
        if kind not in _PATCHES or (kind == _PATCHES[2] and target.resource.custom):
            known = ", ".join(_PATCHES if not target.resource.custom else (_PATCHES[0], _PATCHES[1], _PATCHES[3]))
            raise ApiError(415, "UnsupportedMediaType",
                           f"the body of the request was in an unknown format - accepted media types include: {known}")
        options = self._options(request)
        patch, _twice = reading.read(request.body, request.content_type)
        if kind == _PATCHES[3]:
            return self._apply(target, request, options, patch)
        change = {
            _PATCHES[0]: lambda body: patches.json_patch(body, patch),
            _PATCHES[1]: lambda body: patches.merge(body, patch),
            _PATCHES[2]: lambda body: patches.strategic(body, patch),
        }[kind]
        if kind != _PATCHES[0] and not isinstance(patch, dict):
            raise errors.bad_request("json: cannot unmarshal array into Go value of type map[string]interface {}")
        stored = self.objects.patch(target.resource, target.namespace, target.name, change, options, target.subresource)
        return self._one(200, target.resource, stored, request, options)

    def _apply(self, target: Target, request: Request, options: Options, applied: Any) -> Answer:
        if "fieldManager" not in request.query:
            raise errors.invalid_options("PatchOptions", errors.Cause(
                "fieldManager", "FieldValueRequired", "Required value: is required for apply patch"))
        if not isinstance(applied, dict):
            raise errors.bad_request("error decoding YAML: json: cannot unmarshal array into Go value of type map[string]interface {}")
        stored, new = self.objects.apply(
            target.resource, target.namespace, target.name, applied, options, target.subresource, request.query.get("force") == "true")
        return self._one(201 if new else 200, target.resource, stored, request, options)

    def _delete(self, target: Target, request: Request) -> Answer:
        options = self._delete_options(request)
        stored, gone = self.objects.delete(target.resource, target.namespace, target.name, options, request.user.name if request.user else "")
        resource = target.resource
        if not gone or resource is NAMESPACE:
            return self._one(200, resource, stored, request)
        details: Object = {"name": target.name, **({"group": resource.group} if resource.group else {}), "kind": resource.plural,
                           "uid": stored.object["metadata"]["uid"]}
        return Answer(200, dump({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}))

    def _deletecollection(self, target: Target, request: Request) -> Answer:
        match = self._match(target, request.query)
        options = self._delete_options(request)
        chosen = [stored for _key, stored in self.objects.store.range(target.resource.table, target.namespace) if match(stored.object)]
        for stored in chosen:
            meta = stored.object["metadata"]
            self.objects.delete(target.resource, meta.get("namespace", ""), meta["name"], options, request.user.name if request.user else "")
        kind = target.resource.list_kind or target.resource.kind + "List"
        items = ",".join(self._text(target.resource, stored) for stored in chosen)
        meta_text = dump({"resourceVersion": str(self.objects.store.version)})
        return Answer(200, f'{{"kind":"{kind}","apiVersion":"{target.resource.api_version}","metadata":{meta_text},"items":[{items}]}}')

    # -- small parts

    @staticmethod
    def _body(request: Request, target: Target, options: Options) -> Object:
        kind = request.content_type.partition(";")[0].strip()
        if kind not in ("", JSON, "application/yaml", reading.PROTOBUF, "application/x-www-form-urlencoded", "application/octet-stream"):
            raise ApiError(415, "UnsupportedMediaType", "the body of the request was in an unknown format - accepted media types include: "
                           "application/json, application/yaml")
        body, twice = reading.read(request.body, request.content_type)
        if not isinstance(body, dict):
            raise errors.bad_request("couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct")
        complaints = [f'duplicate field "{path}"' for path in twice]
        if complaints and options.field_validation == "Strict":
            resource = target.resource
            raise errors.bad_request(f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: strict decoding error: '
                                     + ", ".join(complaints))
        if options.field_validation == "Warn":
            options.warnings += complaints
        return body

    @staticmethod
    def _options(request: Request) -> Options:
        return Options(
            field_validation=reading.field_validation(request.query, request.method), dry_run="dryRun" in request.query,
            manager=request.query.get("fieldManager") or request.user_agent.split("/")[0] or "unknown", user=request.user.name if request.user else "")

    def _delete_options(self, request: Request) -> Object:
        options: Object = reading.read(request.body, request.content_type)[0] if request.body.strip() else {}
        for key in ("propagationPolicy", "dryRun"):
            if key in request.query:
                options[key] = request.query[key]
        reading.check_delete_options(options)
        return options

    def _one(self, code: int, resource: Resource, stored: Stored, request: Request, options: Options | None = None) -> Answer:
        headers = [("Warning", f"299 - {json.dumps(text)}") for text in (options.warnings if options else [])]
        if table_version(request.accept):
            meta = {"resourceVersion": stored.object["metadata"]["resourceVersion"]}
            return Answer(code, dump(as_table(resource, [stored.object], meta, request.query, self.objects.clock())), headers=headers)
        return Answer(code, self._text(resource, stored), headers=headers)

    def _text(self, resource: Resource, stored: Stored) -> str:
        if stored.object.get("apiVersion") == resource.api_version:
            return stored.text
        return dump(self.objects.versioned(resource, stored.copy()))


def refusal(error: ApiError) -> Answer:
    """An error as an answer."""
    headers = list(error.headers.items())
    if error.retry_after is not None:
        headers.append(("Retry-After", str(error.retry_after)))
    if error.plain is not None:
        return Answer(error.code, error.plain, "text/plain; charset=utf-8", headers)
    return Answer(error.code, dump(error.status()), JSON, headers)


def _split(path: str) -> tuple[str, str, str, str, str, str] | None:
    """group, version, namespace, plural, name, subresource; None when the path is none of a resource."""
    parts = [part for part in path.split("/") if part]
    if parts[:1] == ["api"]:
        parts = ["", *parts[1:]]
    elif parts[:1] == ["apis"]:
        parts = parts[1:]
    else:
        return None
    group, version, rest = (parts[0], parts[1], parts[2:]) if len(parts) > 2 else ("", "", [])
    namespace = ""
    if rest[:1] == ["namespaces"] and len(rest) > 2 and not (group == "" and rest[2] in ("status", "finalize")):
        namespace, rest = rest[1], rest[2:]
    if not rest or len(rest) > 3:
        return None
    return group, version, namespace, rest[0], rest[1] if len(rest) > 1 else "", rest[2] if len(rest) > 2 else ""


def _verb(method: str, target: Target, strict: bool = True) -> str:
    named = {"GET": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete", "POST": "create"}
    verb = (named if target.name else {"GET": "list", "POST": "create", "DELETE": "deletecollection"}).get(method)
    if verb is not None:
        return verb
    if strict and method in ("PUT", "PATCH"):
        raise errors.bad_request("name must be provided")
    if strict:
        raise ApiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {})
    return named.get(method, method.lower())


def _both(first: Match, second: Match) -> Match:
    return lambda body: first(body) and second(body)


def _without_kind(stored: Stored) -> str:
    body = dict(stored.object)
    body.pop("kind", None)
    body.pop("apiVersion", None)
    return dump(body)


def _write_token(version: int, key: str) -> str:
    text = dump({"v": "meta.k8s.io/v1", "rv": version, "start": key + "\0"})
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_token(token: str) -> tuple[int, str]:
    try:
        found = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return int(found["rv"]), str(found["start"]).rstrip("\0")
    except (ValueError, KeyError, TypeError) as error:
        raise errors.bad_request(f"continue key is not valid: {error}") from error
