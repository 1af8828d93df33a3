# Copyright: (c) 2026, the baremetal.generator contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies of others on a Kubernetes API, in memory or real: webhooks and ValidatingAdmissionPolicies, in force when a call returns."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from tests.simulators.kubernetes import Policy, Rule, Webhook
from tests.waiting import until

from .api import KubernetesApi
from .client import ApiRefused, Resource, path
from .webhook import WebhookServer

Object = dict[str, Any]
GROUP = "admissionregistration.k8s.io"
WEBHOOKS = Resource("ValidatingWebhookConfiguration", "validatingwebhookconfigurations", GROUP, "v1", namespaced=False)
POLICIES = Resource("ValidatingAdmissionPolicy", "validatingadmissionpolicies", GROUP, "v1", namespaced=False)
BINDINGS = Resource("ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", GROUP, "v1", namespaced=False)
CONFIG_MAP = Resource("ConfigMap", "configmaps", "", "v1")
IN_FORCE_SECONDS = 20.0
LOOK_SECONDS = 0.02


class Policies:
    """Context manager; all are lifted at its end."""

    def __init__(self, api: KubernetesApi) -> None:
        self._api = api
        self._stack = ExitStack()
        self._servers: dict[str, WebhookServer] = {}

    def __enter__(self) -> Policies:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def webhook(self, *rules: Rule, name: str = "baremetalhost.metal3.io") -> Webhook:
        """One that looks at what these rules look at. Its rules may be taken away later, or others put in for the same kinds and operations."""
        webhook = Webhook(name, list(rules))
        if self._api.simulator is not None:
            _while_listed(self._stack, self._api.simulator.admission.webhooks, webhook)
            return webhook
        server = self._stack.enter_context(WebhookServer(webhook))
        self._servers[name] = server
        looked_at = list(rules)
        webhook.rules.append(Rule(CONFIG_MAP, name=name))
        self._stack.callback(self._wait, name, denied=False)
        self._put(WEBHOOKS, name, {"webhooks": [{
            "name": name, "clientConfig": {"url": webhook.url, "caBundle": server.ca_bundle}, "failurePolicy": "Fail", "sideEffects": "None",
            "admissionReviewVersions": ["v1"], "timeoutSeconds": 5, "rules": _resource_rules(looked_at)}]})
        self._wait(name, denied=True)
        webhook.asked.clear()
        return webhook

    @contextmanager
    def down(self, webhook: Webhook) -> Iterator[None]:
        """Nobody answers at its address."""
        webhook.down = True
        try:
            with self._servers[webhook.name].away() if webhook.name in self._servers else ExitStack():
                yield
        finally:
            webhook.down = False

    def policy(self, name: str, rule: Rule) -> Policy:
        """A ValidatingAdmissionPolicy with its binding."""
        policy = Policy(name, rule)
        if self._api.simulator is not None:
            _while_listed(self._stack, self._api.simulator.admission.policies, policy)
            return policy
        self._stack.callback(self._wait, name, denied=False)
        validation = {"expression": _expression(policy), "message": rule.text, "reason": rule.reason}
        self._put(POLICIES, name, {"spec": {
            "failurePolicy": "Fail", "matchConstraints": {"resourceRules": _resource_rules([rule])}, "validations": [validation]}})
        self._put(BINDINGS, f"{name}-binding", {"spec": {"policyName": name, "validationActions": ["Deny"]}})
        self._wait(name, denied=True)
        return policy

    def lift(self) -> None:
        """All of them are gone."""
        self._stack.close()

    def _put(self, kind: Resource, name: str, body: Object) -> None:
        self._api.create(kind, {"kind": kind.kind, "metadata": {"name": name}, **body})
        self._stack.callback(self._api.delete, kind, None, name)

    def _wait(self, name: str, denied: bool) -> None:
        """Each policy looks at ConfigMaps of its own name too, which nobody keeps: so one sees whether it is in force."""
        until(lambda: self._is_denied(name) == denied, IN_FORCE_SECONDS, f"{name} is {'in force' if denied else 'lifted'}", LOOK_SECONDS)

    def _is_denied(self, name: str) -> bool:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
        try:
            self._api.client.ask_once("POST", path(CONFIG_MAP, "default"), body, dryRun="All")
        except ApiRefused as refused:
            if name not in refused.message or refused.code == 500:
                raise
            return True
        return False


def _while_listed(stack: ExitStack, where: list[Any], one: Any) -> None:
    where.append(one)
    stack.callback(where.remove, one)


def _resource_rules(rules: list[Rule]) -> list[Object]:
    wanted = [*rules, Rule(CONFIG_MAP)]
    return [{"apiGroups": [rule.kind.group], "apiVersions": ["*"], "operations": list(rule.operations), "resources": [rule.resource]} for rule in wanted]


def _expression(policy: Policy) -> str:
    """CEL: what is allowed."""
    rule = policy.rule
    assert rule.judge is None, "a ValidatingAdmissionPolicy is not written in Python"
    meant = [f"request.{part} == '{value}'" for part, value in (("name", rule.name), ("namespace", rule.namespace)) if value]
    denied = " && ".join(meant) or "true"
    return f"request.resource.resource == 'configmaps' ? request.name != '{policy.name}' : !({denied})"
