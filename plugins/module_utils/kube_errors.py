# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API server's refusals mean, each in one sentence: pure."""
from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from . import names
from .cluster import Kind
from .errors import (
    AlreadyExists, ClusterError, ClusterUnavailable, Denied, Forbidden, Invalid, KindMissing, ObjectNotFound, Unauthorized, Untrusted, WriteConflict,
)

QUOTA = "QuotaExceeded"     # given among the causes of a Denied, where the API itself only says it in words
TERMINATING = "NamespaceTerminating"
LONGEST_QUOTE = 500         # characters of what others say; a policy may write pages
ANONYMOUS = "system:anonymous"      # whom the API server sees in somebody who did not log in
LOG_IN = "give api_key (K8S_AUTH_API_KEY), or a kubeconfig whose user has a token, a login helper or a certificate"
# RBAC's own refusal: baremetalhosts.metal3.io "n1" is forbidden: User "x" cannot patch resource "baremetalhosts" in API group ... A webhook's denial may quote
# the same words, but begins with others.
_RBAC = re.compile(r'[\w.\-/]*(?: "[^"]*")? ?(?:is )?forbidden: User "[^"]*" cannot [a-z]+ (?:resource|path) |User "[^"]*" cannot [a-z]+ (?:resource|path) ')
# A webhook chooses the code of its denial freely: 404 and 409 of one are no missing kind and no conflict.
_WEBHOOK = re.compile(r'admission webhook "[^"]*" denied the request')
_QUOTA = re.compile(r'[\w.\-/]+(?: "[^"]*")? is forbidden: exceeded quota')
INSTALL = {
    names.GROUP: "run ansible-playbook baremetal.generator.install first",
    "metal3.io": "install the Bare Metal Operator (Metal3) first",
    "agent-install.openshift.io": "install the assisted installer first",
}


@dataclass(frozen=True)
class Request:
    """What was asked of the API server."""

    verb: str                       # as RBAC says it: list, get, create, update, patch, delete
    kind: Kind
    namespace: str | None = None
    name: str | None = None
    subresource: str = ""
    where: str = ""                 # address of the API server, for sentences

    @property
    def path(self) -> str:
        """Where it is asked for; what is created has no name there yet."""
        parts = ["apis", self.kind.group, self.kind.version] if self.kind.group else ["api", self.kind.version]
        if self.namespace and self.kind.namespaced:
            parts += ["namespaces", self.namespace]
        parts += [self.kind.plural, "" if self.verb == "create" else self.name or "", self.subresource]
        return "".join(f"/{quote(part, safe='')}" for part in parts if part)

    @property
    def resource(self) -> str:
        """As RBAC rules name it: baremetalhosts.metal3.io."""
        plural = f"{self.kind.plural}/{self.subresource}" if self.subresource else self.kind.plural
        return f"{plural}.{self.kind.group}" if self.kind.group else plural

    @property
    def object(self) -> str:
        """The object in words: BareMetalHost metal3/node1."""
        return " ".join(filter(None, (self.kind.kind, "/".join(filter(None, (self.namespace, self.name))))))


@dataclass(frozen=True)
class Answer:
    """What the API server answered."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)     # lower-case names

    def status_object(self) -> dict[str, Any]:
        """The Status that explains a refusal, {} when the body is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) and found.get("kind") == "Status" else {}

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server wants us to wait."""
        value = self.headers.get("retry-after", "")
        return float(value) if value.isascii() and value.isdigit() and len(value) < 10 else None


def refusal(request: Request, answer: Answer) -> ClusterError:
    """The error that this answer is."""
    status = answer.status_object()
    details = status["details"] if isinstance(status.get("details"), dict) else {}
    said = quoted(status.get("message") or answer.body[:2000].decode("utf-8", "replace")) or "no explanation"
    reason = str(status.get("reason") or "")
    causes = tuple(_reasons(details.get("causes")))
    common: dict[str, Any] = {"status": answer.status, "reason": reason, "causes": causes, "retry_after": answer.retry_after}
    match answer.status:
        case 401 | 403 if ANONYMOUS in said and not _WEBHOOK.match(said):
            return Unauthorized(f"No token was sent to the Kubernetes API at {request.where}, which sees {ANONYMOUS} ({answer.status}): {LOG_IN}.", **common)
        case code if code < 500 and code not in (403, 429) and _WEBHOOK.match(said):
            return _denied(request, said, common)
        case 401:
            return Unauthorized(
                f"The Kubernetes API at {request.where} does not accept the credentials (401): the token has expired or is wrong. Log in again.", **common)
        case 403:
            return _refused(request, said, common)
        case 404:
            return _missing(request, details, said, common)
        case 409 if reason == "AlreadyExists":
            return AlreadyExists(f"{request.object} exists already.", **common)
        case 409 if request.verb == "create":
            return ClusterUnavailable(f"{request.object} could not be made now: {said}.", **common)    # a quota that changed meanwhile
        case 409:
            return WriteConflict(f"{request.object} was changed by someone else meanwhile: {said}.", **common)
        case 400 | 405 | 413 | 415 | 422:
            return Invalid(f"The Kubernetes API does not accept {request.object}: {said}.", **common)
        case 410:
            return ClusterError(f"The Kubernetes API no longer has this list of {request.resource}: {said}.", **common)
        case code if code == 429 or code >= 500:
            return ClusterUnavailable(f"The Kubernetes API at {request.where} could not {request.verb} {request.object} ({code}): {said}.", **common)
    return ClusterError(f"The Kubernetes API at {request.where} refused to {request.verb} {request.object} ({answer.status}): {said}.", **common)


def unreachable(where: str, why: str) -> ClusterUnavailable:
    """No answer."""
    return ClusterUnavailable(f"The Kubernetes API at {where} cannot be reached: {why}. Check the address and that the cluster is up.")


def untrusted(where: str) -> Untrusted:
    """Another certificate than one of those we trust."""
    return Untrusted(f"The certificate of the Kubernetes API at {where} is not trusted: give ca_cert (or validate_certs: false, which is unsafe).")


def _reasons(causes: object) -> Iterator[str]:
    for cause in causes if isinstance(causes, list) else ():
        if isinstance(cause, dict) and cause.get("reason"):
            yield str(cause["reason"])


def quoted(text: object) -> str:
    """What others say, fit for a sentence: one line, printable, not long, without the full stop."""
    words = " ".join("".join(sign if sign.isprintable() else " " for sign in str(text)).split())
    return (words if len(words) <= LONGEST_QUOTE else words[:LONGEST_QUOTE].rstrip() + "...").rstrip(". ")


def _refused(request: Request, said: str, common: dict[str, Any]) -> ClusterError:
    """403: a missing right; a namespace that takes no more; or somebody's policy about this one object."""
    if TERMINATING in common["causes"] or "because it is being terminated" in said:
        common["causes"] = tuple(dict.fromkeys((*common["causes"], TERMINATING)))
        return Denied(f"Namespace {request.namespace} is being deleted, nothing can be made in it: wait until it is gone, or use another one.", **common)
    if _RBAC.match(said):
        return _right_missing(request, said, common)
    if _QUOTA.match(said):
        common["causes"] = (*common["causes"], QUOTA)
        return Denied(f"A quota of namespace {request.namespace} is full: {said}. Raise it, or remove something.", **common)
    return _denied(request, said, common)


def _denied(request: Request, said: str, common: dict[str, Any]) -> Denied:
    return Denied(f"The cluster denies to {request.verb} {request.object}: {said}.", **common)


def _right_missing(request: Request, said: str, common: dict[str, Any]) -> Forbidden:
    scope = f"in namespace {request.namespace}" if request.namespace else "in all namespaces" if request.kind.namespaced else "in the cluster"
    subject = f"{request.verb} {request.resource} {scope}"
    error = Forbidden(
        f"A right is missing: {subject}. Grant it to the user of this run (role install can: install_rbac). The API said: {said}.", **common)
    error.ends_the_run = request.verb == "list" and not request.namespace
    return error


def _missing(request: Request, details: dict[str, Any], said: str, common: dict[str, Any]) -> ClusterError:
    if details.get("kind") == "namespaces":
        common["causes"] = (*common["causes"], "NamespaceMissing")
        return ObjectNotFound(f"Namespace {details.get('name') or request.namespace} does not exist, make it first ({said}).", **common)
    if details.get("name"):
        return ObjectNotFound(f"{request.object} is not there.", **common)
    remedy = INSTALL.get(request.kind.group, "is this a Kubernetes API?")
    return KindMissing(f"The cluster at {request.where} has no {request.kind.kind} ({request.resource}, {request.kind.version}): {remedy}.", **common)
