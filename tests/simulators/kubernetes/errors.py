# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals in the words of a kube-apiserver: every error is a Status object with its HTTP code."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .kinds import Resource

Object = dict[str, Any]


@dataclass
class ApiError(Exception):
    """One refusal. plain: the body is this text instead of a Status, as for a path that is nobody's."""

    code: int
    reason: str
    message: str
    details: Object | None = None
    retry_after: int | None = None
    plain: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def status(self) -> Object:
        """The Status object of the answer."""
        body: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": self.message}
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None or self.retry_after is not None:
            body["details"] = dict(self.details or {})
            if self.retry_after is not None:
                body["details"]["retryAfterSeconds"] = self.retry_after
        return {**body, "code": self.code}


@dataclass(frozen=True)
class Cause:
    """One complaint about one field. `shown` is what stands after the field's name in the whole message."""

    field: str
    reason: str
    message: str

    def text(self) -> str:
        """As it stands in the message of the Status."""
        return f"{self.field}: {self.message}"

    def object(self) -> Object:
        """As it stands among details.causes."""
        return {"reason": self.reason, "message": self.message, "field": self.field}


def _details(resource: Resource, name: str, causes: Sequence[Object] = (), kind: str | None = None) -> Object:
    details: Object = {}
    if name:
        details["name"] = name
    if resource.group:
        details["group"] = resource.group
    details["kind"] = kind or resource.plural
    if causes:
        details["causes"] = list(causes)
    return details


def not_found(resource: Resource, name: str) -> ApiError:
    """No such object."""
    return ApiError(404, "NotFound", f'{resource.group_resource} "{name}" not found', _details(resource, name))


def no_such_resource() -> ApiError:
    """A group of Kubernetes' own has no such resource: the answer is a Status."""
    return ApiError(404, "NotFound", "the server could not find the requested resource", {})


def no_such_path() -> ApiError:
    """Nobody serves this path: the answer is plain text."""
    return ApiError(404, "NotFound", "the server could not find the requested resource", {}, plain="404 page not found\n")


def already_exists(resource: Resource, name: str, deleting: bool) -> ApiError:
    """Create of what is there."""
    going = "object is being deleted: " if deleting else ""
    return ApiError(409, "AlreadyExists", f'{going}{resource.group_resource} "{name}" already exists', _details(resource, name))


def conflict(resource: Resource, name: str, why: str) -> ApiError:
    """Changed meanwhile, or a precondition does not hold."""
    return ApiError(409, "Conflict", f'Operation cannot be fulfilled on {resource.group_resource} "{name}": {why}', _details(resource, name))


def precondition(resource: Resource, name: str, why: str) -> ApiError:
    """A precondition of a DELETE does not hold: here the server names the kind, not the resource."""
    who = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
    return ApiError(409, "Conflict", f'Operation cannot be fulfilled on {who} "{name}": {why}', _details(resource, name, kind=resource.kind))


def stale(resource: Resource, name: str) -> ApiError:
    """A write with an old resourceVersion."""
    return conflict(resource, name, "the object has been modified; please apply your changes to the latest version and try again")


def bad_request(message: str) -> ApiError:
    """400 with this text."""
    return ApiError(400, "BadRequest", message)


def invalid(resource: Resource, name: str, causes: Sequence[Cause]) -> ApiError:
    """422: the object breaks its schema or its rules."""
    texts = list(dict.fromkeys(cause.text() for cause in causes))
    listed = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    who = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
    return ApiError(
        422, "Invalid", f'{who} "{name}" is invalid: {listed}',
        _details(resource, name, [cause.object() for cause in causes], kind=resource.kind),
    )


def no_version(resource: Resource, name: str) -> ApiError:
    """A PUT that does not say which version it replaces."""
    cause = Cause("metadata.resourceVersion", "FieldValueInvalid", "Invalid value: 0: must be specified for an update")
    return ApiError(422, "Invalid", f'{resource.group_resource} "{name}" is invalid: {cause.text()}', _details(resource, name, [cause.object()]))


def invalid_options(kind: str, cause: Cause) -> ApiError:
    """The options of a request are refused."""
    return invalid(Resource("meta.k8s.io", "v1", kind.lower(), kind), "", [cause])


def forbidden(resource: Resource, name: str, why: str, causes: Sequence[Object] = ()) -> ApiError:
    """403 with this reason."""
    who = f'{resource.group_resource} "{name}"' if name else resource.group_resource
    return ApiError(403, "Forbidden", f"{who} is forbidden: {why}", _details(resource, name, causes))


def expired(message: str) -> ApiError:
    """410: this version is known no more."""
    return ApiError(410, "Expired", message)


def too_large_version(wanted: int, current: int) -> ApiError:
    """A version from the future was asked for."""
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    return ApiError(504, "Timeout", f"Too large resource version: {wanted}, current: {current}", {"causes": [cause]}, retry_after=1)
