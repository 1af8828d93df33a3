# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Admission control: what policies of others say to a write that its schema allows, in the words of a kube-apiserver.

A Webhook and a Policy are data. In memory they judge what comes over HTTP; tests/cluster/policies.py puts the same ones on a real API server.
"""
from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from . import errors
from .errors import ApiError
from .kinds import Resource

Object = dict[str, Any]
CREATE, UPDATE, DELETE = "CREATE", "UPDATE", "DELETE"
BAD_REQUEST = 400
CODES = {"Invalid": 422, "Forbidden": 403, "RequestEntityTooLarge": 413}     # of a ValidatingAdmissionPolicy, by the reason of its validation


class Named(Protocol):
    """What a rule wants to know of a kind; plugins/module_utils/cluster.py has these."""

    @property
    def group(self) -> str:
        """Empty for the oldest kinds."""

    @property
    def plural(self) -> str:
        """As in its path."""


@dataclass(frozen=True)
class Review:
    """One write, as admission sees it: a PATCH is an UPDATE, what is deleted has no new object, what is created no old one."""

    operation: str
    group: str
    plural: str
    subresource: str
    namespace: str
    name: str
    new: Object | None = None
    old: Object | None = None
    dry_run: bool = False


Judge = Callable[[Review], "str | None"]


@dataclass(frozen=True)
class Rule:
    """What is denied, and how that is told.

    kind, operations, subresource: what is looked at; name, namespace: of which object, any when empty.
    judge: why this write is denied, None when it is not; without it each of them is.
    code, reason: of the answer. controller-runtime and Gatekeeper deny with 403 Forbidden, Kyverno with neither (0, ""), which comes out as 400.
    """

    kind: Named
    operations: tuple[str, ...] = (CREATE,)
    subresource: str = ""
    name: str = ""
    namespace: str = ""
    text: str = "no such object is wanted here"
    judge: Judge | None = None
    code: int = 403
    reason: str = "Forbidden"

    @property
    def resource(self) -> str:
        """As rules of webhooks and policies name it: baremetalhosts/status."""
        return f"{self.kind.plural}/{self.subresource}" if self.subresource else self.kind.plural

    def looks_at(self, review: Review) -> bool:
        """Such writes are sent to who has this rule."""
        return (self.kind.group, self.kind.plural, self.subresource) == (review.group, review.plural, review.subresource) and (
            review.operation in self.operations)

    def why_denied(self, review: Review) -> str | None:
        """None: this rule has nothing against it."""
        if not self.looks_at(review) or (self.name and self.name != review.name) or (self.namespace and self.namespace != review.namespace):
            return None
        return self.judge(review) if self.judge else self.text


@dataclass
class Webhook:
    """A validating webhook with failurePolicy Fail. down: nobody answers at its address. asked: what it was sent, dry runs too."""

    name: str = "baremetalhost.metal3.io"
    rules: list[Rule] = field(default_factory=list)
    url: str = "https://127.0.0.1:9443/validate"
    down: bool = False
    asked: list[Review] = field(default_factory=list)

    def denying(self, review: Review) -> tuple[Rule, str] | None:
        """The rule that denies, and what it says."""
        self.asked.append(review)
        for rule in list(self.rules):
            text = rule.why_denied(review)
            if text is not None:
                return rule, text
        return None

    def refusal(self, review: Review) -> ApiError | None:
        """As the API server passes it on."""
        if not any(rule.looks_at(review) for rule in list(self.rules)):
            return None
        if self.down:
            return webhook_is_down(self.name, self.url)
        denied = self.denying(review)
        return denied_by_webhook(self.name, denied[1], denied[0].code, denied[0].reason) if denied else None


@dataclass(frozen=True)
class Policy:
    """A ValidatingAdmissionPolicy and its binding (NAME-binding, action Deny). Its rule names one object and has no judge; its reason is one of CODES."""

    name: str
    rule: Rule

    def refusal(self, review: Review) -> ApiError | None:
        """As the API server tells it."""
        text = self.rule.why_denied(review)
        return denied_by_policy(review, self.name, text, self.rule.reason) if text is not None else None


class Admission:
    """All that judge now. Policies are asked before webhooks."""

    def __init__(self) -> None:
        self.policies: list[Policy] = []
        self.webhooks: list[Webhook] = []
        self._lock = threading.Lock()

    @property
    def is_idle(self) -> bool:
        """Nobody judges."""
        return not self.policies and not self.webhooks

    def judge(self, review: Review) -> None:
        """Raises the first refusal."""
        with self._lock:
            for one in (*self.policies, *self.webhooks):
                refusal = one.refusal(review)
                if refusal is not None:
                    raise refusal


def review_of(
    operation: str, resource: Resource, subresource: str, new: Object | None, old: Object | None, dry_run: bool
) -> Review:
    """A write of an object of this kind, as it is now."""
    meta = (new or old or {}).get("metadata", {})
    return Review(
        operation, resource.group, resource.plural, subresource, meta.get("namespace", ""), meta.get("name", ""), copy.deepcopy(new), copy.deepcopy(old),
        dry_run)


def denied_by_webhook(webhook: str, text: str, code: int, reason: str) -> ApiError:
    """What a webhook answers is passed on, with a few words before; a refusal without a code is a 400."""
    said = f": {text or reason}" if text or reason else " without explanation"
    return ApiError(max(code, BAD_REQUEST), reason, f'admission webhook "{webhook}" denied the request{said}')


def webhook_is_down(webhook: str, url: str) -> ApiError:
    """Nobody listens at its address."""
    address = url.partition("//")[2].partition("/")[0]
    why = f'failed calling webhook "{webhook}": failed to call webhook: Post "{url}?timeout=5s": dial tcp {address}: connect: connection refused'
    return ApiError(500, "InternalError", f"Internal error occurred: {why}", {"causes": [{"message": why}]})


def denied_by_policy(review: Review, policy: str, text: str, reason: str) -> ApiError:
    """It says "is forbidden" whatever the code."""
    resource = Resource(review.group, "", review.plural, "")
    why = f"ValidatingAdmissionPolicy '{policy}' with binding '{policy}-binding' denied request: {text}"
    error = errors.forbidden(resource, review.name, why, [{"message": why}])
    return ApiError(CODES[reason], reason, error.message, error.details)
